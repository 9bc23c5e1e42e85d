// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/schema_charon.h"

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

/* clang-format off */
static const struct key keys[] = {
	{ .name = "fragment_size", .form = "a number of octets from 192 to 8192",
	  .read = value_number,	   .min = FRAGMENT_SIZE_MIN,
	  .max = FRAGMENT_SIZE_MAX, AT(fragment_size) },
	{ .name = "follow_redirects", .form = "yes or no", .read = value_bool,
	  AT(follow_redirects) },
	{ .name = "inactivity_close_ike", .form = "yes or no",
	  .read = value_bool,	   AT(inactivity_close_ike) },
	{ .name = "make_before_break", .form = "yes or no", .read = value_bool,
	  AT(make_before_break) },
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

static const struct sub later[] = {
	LATER("accept_private_algs"),	LATER("block_threshold"),
	LATER("cache_crls"),		LATER("cert_cache"),
	LATER("close_ike_on_child_failure"), LATER("cookie_threshold"),
	LATER("cookie_threshold_ip"),	LATER("delete_rekeyed"),
	LATER("delete_rekeyed_delay"),	LATER("dns1"),
	LATER("dns2"),			LATER("filelog"),
	LATER("group"),
	LATER("half_open_timeout"),	LATER("hash_and_url"),
	LATER("ikesa_limit"),		LATER("init_limit_half_open"),	LATER("install_routes"),
	LATER("interfaces_ignore"),	LATER("interfaces_use"),
	LATER("keep_alive"),		LATER("keep_alive_dpd_margin"),
	LATER("load"),			LATER("load_modular"),
	LATER("max_packet"),		LATER("multiple_authentication"), LATER("nbns1"),
	LATER("nbns2"),			LATER("plugins"),
	LATER("port"),			LATER("port_nat_t"),
	LATER("prefer_configured_proposals"), LATER("process_route"),
	LATER("replay_window"),		LATER("retry_initiate_interval"),
	LATER("reuse_ikesa"),		LATER("routing_table"),
	LATER("routing_table_prio"),	LATER("rsa_pss"),
	LATER("send_vendor_id"),	LATER("signature_authentication"),
	LATER("spi_max"),		LATER("spi_min"),
	LATER("syslog"),		LATER("threads"),
	LATER("user"),
};
/* clang-format on */

const struct keys charon_table = {
	.keys = keys,
	.n_keys = ROWS(keys),
	.subs = later,
	.n_subs = ROWS(later),
};
