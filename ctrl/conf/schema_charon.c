// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/schema_charon.h"

#include "ctrl/conf/schema_plugins.h"
#include "ctrl/conf/values.h"
#include "ctrl/conf/values_gateway.h"
#include "ctrl/model/ike_options.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

_Static_assert(FRAGMENT_SIZE_MIN == 192 && FRAGMENT_SIZE_MAX == 8192 &&
		       RETRANSMIT_TRIES_MAX == 100,
	       "the forms say so");

#define AT(field) .offset = offsetof(struct ike_options, field)
#define LATER(text)                             \
	{                                       \
		.name = text, .kind = SUB_LATER \
	}
#define NEVER(text, why)                                     \
	{                                                    \
		.name = text, .kind = SUB_NEVER, .form = why \
	}
#define IDLE(text, why)                                     \
	{                                                   \
		.name = text, .kind = SUB_IDLE, .form = why \
	}

/* Complete "has no effect: it is ...". */
#define NO_CACHE \
	"of charon's caches; certificates and CRLs are read with the configuration here"
#define NO_OCSP_SENT "of OCSP within IKE; write ocsp into the connection"
#define NO_RDN \
	"of how subjects are compared; here each RDN counts, in its place"
#define NO_TRAILER "of an encoding of PSS that RFC 8017 asks to leave out"
#define NO_RFC7427 \
	"of RFC 7427, which is used here with every peer that knows it"
#define NO_CONSTRAINTS \
	"of what 'auth' means; here its hashes hold for signatures of IKE as well"
#define NO_X509	 "of charon's plugin x509; what is critical has to be known here"
#define NO_IKEV1 "of IKEv1, and this is IKEv2"
#define NO_EAP	 "of EAP, TLS and TNC, which are not spoken here"
#define BY_ROUNDS \
	"for connections to say: those with several sections local or remote"
#define NO_THREADS \
	"of charon's threads; workers of the data path are gateway.workers"
#define NO_LOGS \
	"of charon's log; here it goes to standard error and so to the journal, and cygnet debug says more"
#define NO_SOCKETS \
	"of charon's own sockets and routes; the kernel's routing rules hold here"
#define NO_TESTS  "for tests of charon"
#define NO_VENDOR "of strongSwan's vendor ID, and this is not strongSwan"
#define NO_USER \
	"of charon's one process; here what hears strangers is the users cygnet-ike and cygnet-helper"

#define IN_POOL(attr)                             \
	"would be told to all peers; write " attr \
	" = ADDRESS into a section of pools, and its name into pools of the connection"

#define FORM_MANY "a number up to 1048576, or 0 for no limit"
#define MANY	  .read = value_number, .max = 1048576

/* ESP in UDP is told from IKE by its port, in the programs too. */
static const struct word port_words[] = {
	{ "500", 0, NULL },
	{ .text = NULL },
};

static const struct word natt_words[] = {
	{ "4500", 0, NULL },
	{ .text = NULL },
};

static const struct word zero_words[] = {
	{ "0", 0, NULL },
	{ "0s", 0, NULL },
	{ .text = NULL },
};

static const struct word table_words[] = {
	{ "220", 0, NULL },
	{ .text = NULL },
};

/* clang-format off */
static const struct key keys[] = {
	{ .name = "fragment_size", .form = "a number of octets from 192 to 8192",
	  .read = value_number,	   .min = FRAGMENT_SIZE_MIN,
	  .max = FRAGMENT_SIZE_MAX, AT(fragment_size) },
	{ .name = "follow_redirects", .form = "yes or no", .read = value_bool,
	  AT(follow_redirects) },
	{ .name = "rsa_pss", .form = "yes or no", .read = value_bool,
	  AT(rsa_pss) },
	{ .name = "hash_and_url", .form = "yes or no", .read = value_bool,
	  AT(hash_and_url) },
	{ .name = "block_threshold", .form = FORM_MANY, MANY,
	  AT(block_threshold) },
	{ .name = "close_ike_on_child_failure", .form = "yes or no",
	  .read = value_bool,	   AT(close_ike_on_child_failure) },
	{ .name = "cookie_threshold", .form = FORM_MANY, MANY,
	  AT(cookie_threshold) },
	{ .name = "cookie_threshold_ip", .form = FORM_MANY, MANY,
	  AT(cookie_threshold_ip) },
	{ .name = "delete_rekeyed_delay", .form = "seconds up to 3600",
	  .read = value_number,	   .max = 3600, AT(delete_rekeyed_delay) },
	{ .name = "dos_protection", .idle = true, .read = value_yes,
	  REFUSAL("and nothing here goes without; write cookie_threshold = 0 and block_threshold = 0, or remove it") },
	{ .name = "half_open_timeout", .form = "seconds from 1 to 3600",
	  .read = value_number,	   .min = 1, .max = 3600, AT(half_open_timeout) },
	{ .name = "ignore_acquire_ts", .form = "yes or no", .read = value_bool,
	  AT(ignore_acquire_ts) },
	{ .name = "ikesa_limit", .form = FORM_MANY, MANY, AT(ikesa_limit) },
	{ .name = "init_limit_half_open", .form = FORM_MANY, MANY,
	  AT(init_limit_half_open) },
	{ .name = "initiator_only", .form = "yes or no", .read = value_bool,
	  AT(initiator_only) },
	{ .name = "install_routes", .idle = true, .read = value_yes,
	  REFUSAL("but without its routes no packet of this host finds a tunnel; remove it, and of children that are to have none, write if_id_out") },
	{ .name = "keep_alive", .form = FORM_TIME },
	{ .name = "keep_alive_dpd_margin", .idle = true, .form = "0, as keepalives are sent whether or not the peer lives",
	  .read = value_fixed, .words = zero_words },
	{ .name = "port", .idle = true, .form = "500, which is where peers look for it",
	  .read = value_fixed, .words = port_words },
	{ .name = "port_nat_t", .idle = true, .form = "4500, by which ESP in UDP is known",
	  .read = value_fixed, .words = natt_words },
	{ .name = "prefer_configured_proposals", .idle = true, .read = value_yes,
	  REFUSAL("but what is configured is in the order of preference; remove it") },
	{ .name = "inactivity_close_ike", .form = "yes or no",
	  .read = value_bool,	   AT(inactivity_close_ike) },
	{ .name = "make_before_break", .form = "yes or no", .read = value_bool,
	  AT(make_before_break) },
	{ .name = "reuse_ikesa", .form = "yes or no", .read = value_bool,
	  AT(reuse_ikesa) },
	{ .name = "routing_table", .idle = true, .form = "220, the table of the tunnels' routes",
	  .read = value_fixed, .words = table_words },
	{ .name = "routing_table_prio", .idle = true, .form = "220, the first of its rules",
	  .read = value_fixed, .words = table_words },
	{ .name = "retransmit_tries", .form = "a number from 1 to 100",
	  .read = value_number,	   .min = 1, .max = RETRANSMIT_TRIES_MAX,
	  AT(retransmit_tries) },
	{ .name = "retransmit_timeout", .form = "seconds from 0.1 to 600, such as 4.0",
	  .read = value_thousandths, .min = 100, .max = 600000,
	  AT(retransmit_timeout_ms) },
	{ .name = "retransmit_base", .form = "a factor from 1 to 10, such as 1.8",
	  .read = value_thousandths, .min = 1000, .max = 10000,
	  AT(retransmit_base_1000) },
	{ .name = "retransmit_jitter", .form = "per cent from 0 to 20",
	  .read = value_number,	   .max = 20, AT(retransmit_jitter_percent) },
	{ .name = "retransmit_limit", .form = "seconds up to 86400, or 0 for no limit",
	  .read = value_thousandths, .max = 86400000, AT(retransmit_limit_ms) },
	{ .name = "install_virtual_ip", .form = "yes or no", .read = value_bool,
	  AT(install_virtual_ip) },
	{ .name = "install_virtual_ip_on", .form = "the name of an interface",
	  .read = value_iface_name, AT(install_virtual_ip_on) },
};

static const struct sub others[] = {
	NEVER("accept_private_algs",
	      "would take numbers for private use, which mean something else to each vendor; write an algorithm that has a number of its own into proposals"),
	IDLE("accept_unencrypted_mainmode_messages", NO_IKEV1),
	IDLE("cache_crls", NO_CACHE),
	IDLE("cert_cache", NO_CACHE),
	LATER("check_current_path"),
	IDLE("cisco_flexvpn", NO_IKEV1),
	IDLE("cisco_unity", NO_IKEV1),
	IDLE("crypto_test", NO_PLUGINS),
	IDLE("delete_rekeyed", NO_IKEV1),
	IDLE("dh_exponent_ansi_x9_42", NO_PLUGINS),
	IDLE("dlopen_use_rtld_now", NO_PLUGINS),
	NEVER("dns1", IN_POOL("dns")),
	NEVER("dns2", IN_POOL("dns")),
	IDLE("ecp_x_coordinate_only", NO_PLUGINS),
	IDLE("filelog", NO_LOGS),
	IDLE("flush_auth_cfg", NO_EAP),
	IDLE("force_eap_only_authentication", NO_EAP),
	IDLE("group", NO_USER),
	IDLE("host_resolver", NO_THREADS),
	IDLE("i_dont_care_about_security_and_use_aggressive_mode_psk", NO_IKEV1),
	IDLE("ignore_routing_tables", NO_SOCKETS),
	IDLE("ikesa_table_segments", NO_THREADS),
	IDLE("ikesa_table_size", NO_THREADS),
	IDLE("imcv", NO_EAP),
	IDLE("init_limit_job_load", NO_THREADS),
	IDLE("integrity_test", NO_PLUGINS),
	NEVER("interfaces_ignore",
	      "is not for here: IKE is heard at every address of this host, and what is protected is said by gateway.protected and gateway.unprotected; remove it"),
	NEVER("interfaces_use",
	      "is not for here: IKE is heard at every address of this host, and what is protected is said by gateway.protected and gateway.unprotected; write local_addrs into the connection"),
	IDLE("leak_detective", NO_PLUGINS),
	IDLE("load", NO_PLUGINS),
	IDLE("load_modular", NO_PLUGINS),
	IDLE("max_ikev1_exchanges", NO_IKEV1),
	IDLE("max_packet", NO_SOCKETS),
	IDLE("multiple_authentication", BY_ROUNDS),
	NEVER("nbns1", IN_POOL("nbns")),
	NEVER("nbns2", IN_POOL("nbns")),
	IDLE("ocsp", NO_OCSP_SENT),
	{ .name = "plugins", .form = "a section of sections, one for each plugin",
	  .table = &plugins_table },
	LATER("prefer_best_path"),
	IDLE("prefer_temporary_addrs", NO_SOCKETS),
	IDLE("process_route", NO_SOCKETS),
	IDLE("processor", NO_THREADS),
	IDLE("rdn_matching", NO_RDN),
	IDLE("receive_delay", NO_TESTS),
	IDLE("receive_delay_request", NO_TESTS),
	IDLE("receive_delay_response", NO_TESTS),
	IDLE("receive_delay_type", NO_TESTS),
	NEVER("replay_window",
	      "would be of all children; write replay_window into those that need another one than 32"),
	NEVER("retry_initiate_interval",
	      "is said for each connection here: write keyingtries = 0 there, and it is tried again, after 10 s and then more"),
	IDLE("rsa_pss_trailerfield", NO_TRAILER),
	IDLE("send_delay", NO_TESTS),
	IDLE("send_delay_request", NO_TESTS),
	IDLE("send_delay_response", NO_TESTS),
	IDLE("send_delay_type", NO_TESTS),
	IDLE("send_vendor_id", NO_VENDOR),
	IDLE("signature_authentication", NO_RFC7427),
	IDLE("signature_authentication_constraints", NO_CONSTRAINTS),
	NEVER("spi_label",
	      "is not for here: IKE's SPIs are random numbers; remove it"),
	NEVER("spi_mask",
	      "is not for here: IKE's SPIs are random numbers; remove it"),
	NEVER("spi_max",
	      "is not for here: SPIs are random numbers above 255, whichever the peer would like; remove it"),
	NEVER("spi_min",
	      "is not for here: SPIs are random numbers above 255, whichever the peer would like; remove it"),
	NEVER("start-scripts",
	      "would be run by a shell; write ExecStartPost into cygnet.service"),
	NEVER("stop-scripts",
	      "would be run by a shell; write ExecStopPost into cygnet.service"),
	IDLE("syslog", NO_LOGS),
	IDLE("threads", NO_THREADS),
	IDLE("tls", NO_EAP),
	IDLE("tnc", NO_EAP),
	IDLE("user", NO_USER),
	IDLE("x509", NO_X509),
};
/* clang-format on */

const struct keys charon_table = {
	.keys = keys,
	.n_keys = ROWS(keys),
	.subs = others,
	.n_subs = ROWS(others),
};
