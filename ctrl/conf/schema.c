// SPDX-License-Identifier: BSD-2-Clause
/*
 * The sections gateway and policies: one row a key. Whoever wants to know what
 * the configuration takes reads the tables, here and in schema_manual.c,
 * schema_conn.c and schema_psk.c; below them stands what no single key can tell:
 * lengths of keys, SPIs used twice, names that must exist. Each check reports the
 * place of the value that is at fault.
 */
#include "ctrl/conf/schema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/conf/fail.h"
#include "ctrl/conf/keys.h"
#include "ctrl/conf/named.h"
#include "ctrl/conf/notes.h"
#include "ctrl/conf/schema_authority.h"
#include "ctrl/conf/schema_bundle.h"
#include "ctrl/conf/schema_charon.h"
#include "ctrl/conf/schema_conn.h"
#include "ctrl/conf/schema_key.h"
#include "ctrl/conf/schema_manual.h"
#include "ctrl/conf/schema_pool.h"
#include "ctrl/conf/schema_plugins.h"
#include "ctrl/conf/schema_psk.h"
#include "ctrl/conf/schema_token.h"
#include "ctrl/conf/values.h"
#include "ctrl/conf/values_gateway.h"
#include "ctrl/conf/values_policy.h"
#include "ctrl/sadb/policy.h"
#include "ctrl/wire/ip.h"
#include "include/proto.h"

#define DEFAULT_SOCKET	  "/run/cygnet/vici"
#define DEFAULT_STATE_DIR "/var/lib/cygnet"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define FORM_IFACES                                                \
	"interface names of 1 to 15 characters without '/', ':', " \
	"separated by commas"
#define FORM_RANGE                                                          \
	"one prefix such as 10.1.0.0/24 or 2001:db8::/48, or a range such " \
	"as 10.1.0.5-10.1.0.9"
#define FORM_PORTS "a port, or a range such as 1024-2048"

static const struct word default_words[] = {
	{ "bypass", SPD_BYPASS, NULL },
	{ "discard", SPD_DISCARD, NULL },
	{ .text = NULL },
};

static const struct word forward_words[] = {
	{ "direct", FORWARD_DIRECT, NULL },
	{ "kernel", FORWARD_KERNEL, NULL },
	{ .text = NULL },
};

static const struct word bootstrap_words[] = {
	{ "dns", BOOTSTRAP_DNS, NULL },
	{ "none", BOOTSTRAP_NONE, NULL },
	{ .text = NULL },
};

static const struct word xdp_words[] = {
	{ "exclusive", XDP_EXCLUSIVE, NULL },
	{ "dispatcher", XDP_DISPATCHER, NULL },
	{ .text = NULL },
};

static const struct word crypto_words[] = {
	{ "ipsec-mb", CRYPTO_IPSEC_MB, NULL },
	{ "openssl", CRYPTO_OPENSSL, NULL },
	{ .text = NULL },
};

static const struct word action_words[] = {
	{ "protect", SPD_PROTECT, NULL },
	{ "bypass", SPD_BYPASS, NULL },
	{ "discard", SPD_DISCARD, NULL },
	{ .text = NULL },
};

static const struct word direction_words[] = {
	{ "out", SPD_OUT, NULL },
	{ "in", SPD_IN, NULL },
	{ "both", SPD_BOTH, NULL },
	{ .text = NULL },
};

_Static_assert(PROVIDERS_MAX == 4, "the form says so");

#define AT(type, field) .offset = offsetof(struct type, field)

/* clang-format off */
static const struct key gateway_keys[] = {
	/* Protected ones first, as the model wants them. */
	{ .name = "protected",	   .form = FORM_IFACES,
	  .read = value_protected },
	{ .name = "unprotected",   .required = true, .form = FORM_IFACES,
	  .read = value_unprotected },
	{ .name = "default",	   .form = "bypass or discard", .read = value_word,
	  .words = default_words,  AT(gateway_conf, default_action) },
	{ .name = "forward",	   .form = "direct or kernel", .read = value_word,
	  .words = forward_words,  AT(gateway_conf, forward) },
	{ .name = "mark",	   .form = "a number from 1 to 4294967295", .read = value_number,
	  .min = 1, .max = UINT32_MAX, AT(gateway_conf, mark) },
	{ .name = "xdp",	   .form = "exclusive or dispatcher", .read = value_word,
	  .words = xdp_words,	   AT(gateway_conf, xdp) },
	{ .name = "xdp_priority",  .form = "a number from 0 to 4294967295", .read = value_number,
	  .min = 0, .max = UINT32_MAX, AT(gateway_conf, xdp_priority) },
	{ .name = "crypto",	   .form = "ipsec-mb or openssl", .read = value_word,
	  .words = crypto_words,   AT(gateway_conf, crypto) },
	{ .name = "openssl_providers", .list = true,
	  .form = "up to 4 names of OpenSSL's providers, separated by commas, default or fips among them",
	  .read = value_providers, AT(gateway_conf, providers) },
	{ .name = "mss_clamp",	   .form = "yes or no", .read = value_bool,
	  AT(gateway_conf, mss_clamp) },
	{ .name = "keepalive",	   .form = FORM_TIME, .read = value_time,
	  AT(gateway_conf, keepalive_s) },
	{ .name = "audit",	   .form = "yes or no", .read = value_bool,
	  AT(gateway_conf, audit) },
	{ .name = "icmp_quote_check", .form = "yes or no", .read = value_bool,
	  AT(gateway_conf, icmp_quote_check) },
	{ .name = "workers",	   .form = "a number from 1 to 64", .read = value_number,
	  .min = 1, .max = WORKERS_MAX, AT(gateway_conf, workers) },
	{ .name = "sas",	   .form = "a number from 1024 to 1048576", .read = value_number,
	  .min = 1024, .max = SAD_MAX, AT(gateway_conf, sas) },
	{ .name = "bootstrap",	   .form = "dns or none", .read = value_word,
	  .words = bootstrap_words, AT(gateway_conf, bootstrap) },
	{ .name = "resolvers",	   .list = true, .form = "up to 3 addresses, separated by commas",
	  .read = value_resolvers },
	{ .name = "metrics",	   .form = "unix:// and an absolute path, or an address and a port such as 127.0.0.1:9465",
	  .read = value_metrics,   AT(gateway_conf, metrics) },
	{ .name = "tcp_port",	   .form = "a number from 0 to 65535", .read = value_number,
	  .min = 0, .max = UINT16_MAX, AT(gateway_conf, tcp_port) },
	{ .name = "socket",	   .form = "an absolute path, or unix:// and an absolute path",
	  .read = value_socket,	   AT(gateway_conf, socket) },
	{ .name = "state_dir",	   .form = "an absolute path",
	  .read = value_folder,	   AT(gateway_conf, state_dir) },
	{ .name = "allow_manual_counter_mode", .form = "yes or no",
	  .read = value_bool,	   AT(gateway_conf, allow_manual_counter_mode) },
	{ .name = "allow_weak_algorithms", .form = "yes or no",
	  .read = value_bool,	   AT(gateway_conf, allow_weak_algorithms) },
};

static const struct key policy_keys[] = {
	{ .name = "action",	   .required = true, .form = "protect, bypass or discard",
	  .read = value_word,	   .words = action_words, AT(policy_conf, action) },
	{ .name = "direction",	   .form = "out, in or both",
	  .read = value_word,	   .words = direction_words, AT(policy_conf, dirs) },
	{ .name = "local_ts",	   .required = true, .form = FORM_RANGE,
	  .read = value_local_range },
	{ .name = "remote_ts",	   .required = true, .form = FORM_RANGE,
	  .read = value_remote_range },
	{ .name = "protocol",	   .form = "any, a protocol's name such as tcp or gre, or a number from 1 to 255",
	  .read = value_protocol,  AT(policy_conf, selector.protocol) },
	{ .name = "local_ports",   .form = FORM_PORTS, .read = value_local_ports },
	{ .name = "remote_ports",  .form = FORM_PORTS, .read = value_remote_ports },
	{ .name = "icmp",	   .form = "a type such as 8, with a code such as 3/4, or a range such as 3/0-3/15",
	  .read = value_icmp },
	{ .name = "mh",		   .form = "a type of Mobility Header such as 5, or a range such as 5-6",
	  .read = value_mh },
	{ .name = "manual",	   .form = "the name of a section of manual" },
};
/* clang-format on */

static const struct keys gateway_table = {
	.keys = gateway_keys,
	.n_keys = ROWS(gateway_keys),
};

static const struct keys policy_table = {
	.keys = policy_keys,
	.n_keys = ROWS(policy_keys),
};

#define IDLE(text)                                                           \
	{                                                                    \
		.name = text, .kind = SUB_IDLE, .form = "of another program" \
	}

/* clang-format off */
static const struct sub root_subs[] = {
	{ .name = "gateway",	 .required = true,
	  .form = "a section with unprotected",
	  .table = &gateway_table, AT(config, gateway) },
	{ .name = "charon",	 .form = "a section",
	  .table = &charon_table, AT(config, ike) },
	{ .name = "manual",	 .kind = SUB_NAMED,
	  .form = "a section of named sections, one for each pair of SAs" },
	{ .name = "policies",	 .kind = SUB_NAMED,
	  .form = "a section of named sections, one for each policy" },
	{ .name = "connections", .kind = SUB_NAMED,
	  .form = "a section of named sections, one for each connection" },
	{ .name = "secrets",	 .form = "a section of sections such as ike*, ppk* and private*",
	  .table = &psk_names },
	{ .name = "pools",	 .kind = SUB_NAMED,
	  .form = "a section of named sections, one for each pool" },
	{ .name = "authorities", .kind = SUB_NAMED,
	  .form = "a section of named sections, one for each CA" },
	/* Of strongswan.conf(5), where one is included. */
	IDLE("aikgen"),
	IDLE("attest"),
	IDLE("attr-sql"),
	IDLE("charon-cmd"),
	IDLE("charon-nm"),
	IDLE("charon-svc"),
	IDLE("charon-systemd"),
	IDLE("imv_policy_manager"),
	IDLE("libimcv"),
	IDLE("libtls"),
	IDLE("libtnccs"),
	IDLE("manager"),
	IDLE("medcli"),
	IDLE("medsrv"),
	IDLE("pki"),
	IDLE("pool"),
	IDLE("pt-tls-client"),
	IDLE("scepclient"),
	IDLE("sec-updater"),
	IDLE("starter"),
	IDLE("sw-collector"),
	IDLE("swanctl"),
};
/* clang-format on */

static const struct keys root_table = {
	.subs = root_subs,
	.n_subs = ROWS(root_subs),
};

_Static_assert(TREE_ENTRIES_MAX <= SPD_MAX, "a section has no more policies");

/* --- policies */

/* RFC 4301 section 4.1: between gateways, transport mode is for their own. */
static int check_mode(const struct value *v, const struct config *c,
		      const struct policy_conf *p, struct error *e)
{
	const struct manual_conf *m = &c->manual[p->manual];
	char local[ADDR_STR_MAX], remote[ADDR_STR_MAX];

	if (manual_suits(m, p))
		return 0;
	return value_fail(
		e, v, -EINVAL,
		"names a pair in transport mode, which has no header to carry "
		"networks' addresses: it is for what this gateway itself and "
		"its peer say to each other; write local_ts = %s and remote_ts "
		"= %s, or mode = tunnel there",
		addr_str(&m->local, local), addr_str(&m->remote, remote));
}

/* A packet has both its addresses in one header. */
static int check_families(const struct section *sec,
			  const struct policy_conf *p, struct error *e)
{
	if (addr_is_v4(&p->selector.local_min) ==
	    addr_is_v4(&p->selector.remote_min))
		return 0;
	return value_fail(e, tree_value(sec, "remote_ts"), -EINVAL,
			  "is of another family than local_ts; write a policy "
			  "for each family");
}

/* RFC 4301 section 4.4.1.1: each with the protocols that have it. */
static int check_ports(const struct section *sec, const struct policy_conf *p,
		       struct error *e)
{
	const struct value *local = tree_value(sec, "local_ports");
	const struct value *ports =
		local ? local : tree_value(sec, "remote_ports");
	const struct value *icmp = tree_value(sec, "icmp");
	const struct value *mh = tree_value(sec, "mh");

	if (ports && !protocol_has_ports(p->selector.protocol))
		return value_fail(e, ports, -EINVAL,
				  "needs a protocol with ports; add protocol = "
				  "tcp, udp, sctp, dccp or udplite");
	if (icmp && p->selector.protocol != PROTO_ICMP &&
	    p->selector.protocol != PROTO_ICMPV6)
		return value_fail(e, icmp, -EINVAL,
				  "needs ICMP; add protocol = icmp or "
				  "ipv6-icmp");
	if (mh && p->selector.protocol != PROTO_MH)
		return value_fail(e, mh, -EINVAL,
				  "needs the Mobility Header; add protocol = "
				  "mobility-header");
	if (ports && !selector_ports_sound(&p->selector))
		return value_fail(e, ports, -EINVAL,
				  "takes what shows no ports on one side, and on "
				  "the other what does; write opaque for both");
	return 0;
}

static int fill_policy(const struct section *sec, const struct config *c,
		       struct policy_conf *p, struct error *e)
{
	const struct value *manual = tree_value(sec, "manual");
	int err;

	p->place = sec->place;
	p->dirs = SPD_BOTH;
	p->selector.local_port_max = p->selector.remote_port_max = UINT16_MAX;
	err = named_take(sec, p->name, e);
	if (!err)
		err = keys_read(&policy_table, sec, p, e);
	if (!err)
		err = check_families(sec, p, e);
	if (!err)
		err = check_ports(sec, p, e);
	if (err)
		return err;
	if (p->action == SPD_PROTECT && !manual)
		return conf_fail(e, &sec->place, -EINVAL,
				 "policies.%s.manual is missing; action = "
				 "protect needs the name of a section of manual",
				 sec->name);
	if (p->action == SPD_PROTECT) {
		err = manual_find(manual, c, "add that section", &p->manual, e);
		if (err)
			return err;
		p->if_id_in = c->manual[p->manual].if_id_in;
		p->if_id_out = c->manual[p->manual].if_id_out;
		return check_mode(manual, c, p, e);
	}
	if (manual)
		return value_fail(e, manual, -EINVAL,
				  "goes with action = protect only; remove it");
	return 0;
}

static int fill_policies(const struct section *list, struct config *c,
			 struct error *e)
{
	size_t n = named_count(list);
	int err;

	if (n == 0)
		return 0;
	c->policies = calloc(n, sizeof(*c->policies));
	if (!c->policies)
		return conf_no_memory(e);
	for (const struct section *s = list->sections; s; s = s->next) {
		err = fill_policy(s, c, &c->policies[c->n_policies++], e);
		if (err)
			return err;
	}
	return 0;
}

/* strongSwan's word for gateway.keepalive, which goes before it. */
static int take_keep_alive(const struct section *root, struct config *out,
			   struct error *e)
{
	static const struct key row = { .name = "keep_alive",
					.form = FORM_TIME };
	const struct section *charon = tree_section(root, "charon");
	const struct value *v = charon ? tree_value(charon, row.name) : NULL;
	uint32_t s = 0;
	int err = v ? value_time(&row, v, &s, e) : 0;

	if (v && !tree_value(tree_section(root, "gateway"), "keepalive"))
		out->gateway.keepalive_s = s;
	return err;
}

static int take_notes(const struct section *root, struct config *out,
		      struct error *e)
{
	const struct section *charon = tree_section(root, "charon");
	const struct section *plugins =
		charon ? tree_section(charon, "plugins") : NULL;
	int err = notes_take(&root_table, "", root, out, e);

	if (charon && !err)
		err = notes_take(&charon_table, "charon", charon, out, e);
	if (plugins && !err)
		err = notes_take(&plugins_table, "charon.plugins", plugins, out,
				 e);
	return err;
}

/* Certificates before those who name them. */
static int fill_conns(const struct section *root, bool reads_files,
		      struct config *out, struct error *e)
{
	const struct cert_source src = { .files = reads_files ? out : NULL,
					 .to = &out->certs };
	int err = cert_files_read_folders(&src, e);

	if (!err)
		err = authorities_fill(tree_section(root, "authorities"), &src,
				       out, e);
	return err ? err
		   : conns_fill(tree_section(root, "connections"), &src, out, e);
}

int schema_fill(const struct section *root, bool reads_files,
		struct config *out, struct error *e)
{
	int err;

	out->ike = ike_options_default();
	out->gateway.default_action = SPD_BYPASS;
	out->gateway.forward = FORWARD_DIRECT;
	out->gateway.mark = GATEWAY_MARK;
	out->gateway.xdp = XDP_EXCLUSIVE;
	out->gateway.crypto = CRYPTO_AUTO;
	out->gateway.mss_clamp = true;
	out->gateway.keepalive_s = GATEWAY_KEEPALIVE_S;
	out->gateway.audit = true;
	strcpy(out->gateway.socket, DEFAULT_SOCKET);
	strcpy(out->gateway.state_dir, DEFAULT_STATE_DIR);
	err = keys_read(&root_table, root, out, e);
	if (!err)
		err = take_keep_alive(root, out, e);
	if (!err)
		err = take_notes(root, out, e);
	if (err)
		return err;
	err = manual_fill(tree_section(root, "manual"), out, e);
	if (!err)
		err = fill_policies(tree_section(root, "policies"), out, e);
	if (!err)
		err = bundles_fill(root, out, e);
	if (!err)
		err = fill_conns(root, reads_files, out, e);
	if (!err)
		err = pools_fill(tree_section(root, "pools"), out, e);
	if (!err)
		err = psks_fill(tree_section(root, "secrets"), out, e);
	if (!err)
		err = key_sections_fill(tree_section(root, "secrets"), out, e);
	if (!err)
		err = tokens_fill(root, out, e);
	return err;
}
