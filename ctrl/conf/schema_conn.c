// SPDX-License-Identifier: BSD-2-Clause
/*
 * The section connections: IKEv2, by pre-shared keys or signatures. Every key of
 * swanctl.conf(5), as of strongSwan 5.9.8, has a row: what is taken above, what
 * is refused by its name below. Of words that mean what is not there yet some
 * are refused with the remedy, and those that mean nothing else are taken.
 */
#include "ctrl/conf/schema_conn.h"

#include <errno.h>
#include <stdlib.h>

#include "ctrl/conf/fail.h"
#include "ctrl/conf/keys.h"
#include "ctrl/conf/named.h"
#include "ctrl/conf/schema_auth.h"
#include "ctrl/conf/schema_sa.h"
#include "ctrl/conf/values.h"
#include "ctrl/conf/values_conn.h"
#include "ctrl/conf/values_outer.h"
#include "ctrl/conf/values_pool.h"
#include "ctrl/conf/values_ts.h"
#include "ctrl/conf/values_updown.h"
#include "ctrl/model/sadb.h"
#include "ctrl/sadb/replay.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define FORM_ADDRS                                                 \
	"up to 4 unicast addresses, prefixes or ranges, or %any, " \
	"separated by commas"
#define FORM_PEERS     FORM_ADDRS ", or one name"
#define FORM_PORT      "a port from 1 to 65535"
#define FORM_PROPOSALS "proposals such as aes256gcm16-ecp384, or default"
#define FORM_AH	       "proposals such as sha256-ecp256, or default"
#define FORM_TS                                           \
	"up to 8 prefixes, ranges or dynamic, each with " \
	"[protocol/port] or without, separated by commas"
#define FORM_POPULATE                                                   \
	"some of local_address, remote_address, protocol, local_port, " \
	"remote_port and ports, separated by commas"
#define FORM_ACTION "none, trap, start or trap|start"
_Static_assert(CONN_ADDRS_MAX == 4 && CONN_TS_MAX == 8, "the forms say so");
_Static_assert(CONN_VIPS_MAX == 4 && CONN_POOLS_MAX == 4, "and of these");
_Static_assert(CONN_NAME_MAX == CONF_NAME_MAX, "named_take()");

/* --- words */

#define NO_IKEV1 "but only IKEv2 is supported; write 2"
#define NO_MODE	 "but only tunnel and transport are supported; remove the line"
#define NO_SHUNT "which is no tunnel; write a policy with action = "

static const struct word version_words[] = {
	{ "0", 0, NULL },
	{ "2", 0, NULL },
	{ "1", 0, NO_IKEV1 },
	{ .text = NULL },
};

static const struct word fragmentation_words[] = {
	{ "yes", FRAGMENTATION_YES, NULL },
	{ "accept", FRAGMENTATION_ACCEPT, NULL },
	{ "force", FRAGMENTATION_FORCE, NULL },
	{ "no", FRAGMENTATION_NO, NULL },
	{ .text = NULL },
};

static const struct word unique_words[] = {
	{ "no", UNIQUE_NO, NULL },
	{ "never", UNIQUE_NEVER, NULL },
	{ "keep", UNIQUE_KEEP, NULL },
	{ "replace", UNIQUE_REPLACE, NULL },
	{ .text = NULL },
};

static const struct word childless_words[] = {
	{ "allow", CHILDLESS_ALLOW, NULL },
	{ "prefer", CHILDLESS_PREFER, NULL },
	{ "force", CHILDLESS_FORCE, NULL },
	{ "never", CHILDLESS_NEVER, NULL },
	{ .text = NULL },
};

static const struct word tcp_encap_words[] = {
	{ "no", TCP_ENCAP_NO, NULL },
	{ "fallback", TCP_ENCAP_FALLBACK, NULL },
	{ "yes", TCP_ENCAP_YES, NULL },
	{ .text = NULL },
};

static const struct word mode_words[] = {
	{ "tunnel", SADB_TUNNEL, NULL },
	{ "transport", SADB_TRANSPORT, NULL },
	{ "transport_proxy", 0, NO_MODE },
	{ "beet", 0, NO_MODE },
	{ "pass", 0, NO_SHUNT "bypass" },
	{ "drop", 0, NO_SHUNT "discard" },
	{ .text = NULL },
};

static const struct word action_words[] = {
	{ "none", CHILD_NONE, NULL },
	{ "clear", CHILD_NONE, NULL },
	{ "trap", CHILD_TRAP, NULL },
	{ "route", CHILD_TRAP, NULL },
	{ "start", CHILD_START, NULL },
	{ "restart", CHILD_START, NULL },
	{ "trap|start", CHILD_TRAP_START, NULL },
	{ "start|trap", CHILD_TRAP_START, NULL },
	{ .text = NULL },
};

static const struct word ocsp_words[] = {
	{ "reply", OCSP_INSIDE_REPLY, NULL },
	{ "request", OCSP_INSIDE_REQUEST, NULL },
	{ "both", OCSP_INSIDE_BOTH, NULL },
	{ "never", OCSP_INSIDE_NEVER, NULL },
	{ .text = NULL },
};

static const struct word send_cert_words[] = {
	{ "ifasked", SEND_CERT_IF_ASKED, NULL },
	{ "always", SEND_CERT_ALWAYS, NULL },
	{ "never", SEND_CERT_NEVER, NULL },
	{ "yes", SEND_CERT_ALWAYS, NULL },
	{ "no", SEND_CERT_NEVER, NULL },
	{ .text = NULL },
};

/* In strongSwan it is a boolean with a third value. */
static const struct word per_cpu_words[] = {
	{ "no", PER_CPU_NO, NULL },	  { "yes", PER_CPU_YES, NULL },
	{ "encap", PER_CPU_ENCAP, NULL }, { "true", PER_CPU_YES, NULL },
	{ "false", PER_CPU_NO, NULL },	  { "1", PER_CPU_YES, NULL },
	{ "0", PER_CPU_NO, NULL },	  { .text = NULL },
};

static const struct word zero_words[] = {
	{ "0", 0, NULL },
	{ .text = NULL },
};

#define NO_OFFLOAD "but no NIC does ESP for packets of AF_XDP; write auto"

static const struct word offload_words[] = {
	{ "no", 0, NULL },	     { "auto", 0, NULL },
	{ "yes", 0, NO_OFFLOAD },    { "crypto", 0, NO_OFFLOAD },
	{ "packet", 0, NO_OFFLOAD }, { .text = NULL },
};

_Static_assert(sizeof(enum child_action) == sizeof(unsigned int) &&
		       sizeof(enum unique) == sizeof(unsigned int) &&
		       sizeof(enum childless) == sizeof(unsigned int) &&
		       sizeof(enum send_cert) == sizeof(unsigned int) &&
		       sizeof(enum ocsp_inside) == sizeof(unsigned int) &&
		       sizeof(enum tcp_encap) == sizeof(unsigned int) &&
		       sizeof(enum sadb_mode) == sizeof(unsigned int),
	       "value_word()");

/* --- keys */

#define AT(type, field) .offset = offsetof(struct type, field)
#define NEVER(text, why)                                     \
	{                                                    \
		.name = text, .kind = SUB_NEVER, .form = why \
	}

#define NO_MARKS \
	"is of marks that netfilter sets and XFRM asks for; here local_ts and remote_ts say what a child protects, or the interface with if_id_out: remove it"
#define NO_MEDIATION \
	"is of strongSwan's mediation extension, which never became an RFC; remove it"

/* clang-format off */
static const struct key conn_keys[] = {
	{ .name = "version",	   .form = "2, or 0, which is the same here",
	  .read = value_fixed,	   .words = version_words },
	{ .name = "local_addrs",   .list = true, .form = FORM_ADDRS,
	  .read = value_local_addrs },
	{ .name = "remote_addrs",  .list = true, .form = FORM_PEERS,
	  .read = value_remote_addrs },
	{ .name = "local_port",	   .form = FORM_PORT, .read = value_port,
	  AT(conn_conf, local_port) },
	{ .name = "remote_port",   .form = FORM_PORT, .read = value_port,
	  AT(conn_conf, remote_port) },
	{ .name = "proposals",	   .list = true, .form = "proposals such as aes256gcm16-prfsha384-ecp384, or default",
	  .read = value_ike_proposals, AT(conn_conf, proposals) },
	{ .name = "encap",	   .form = "yes or no", .read = value_bool,
	  AT(conn_conf, encap) },
	{ .name = "tcp_encap",	   .form = "no, fallback or yes", .read = value_word,
	  .words = tcp_encap_words, AT(conn_conf, tcp_encap) },
	IF_ID_KEYS(conn_conf),
	{ .name = "mobike",	   .form = "yes or no", .read = value_bool,
	  AT(conn_conf, mobike) },
	{ .name = "fragmentation", .form = "yes, accept, force or no",
	  .read = value_word,	   .words = fragmentation_words,
	  AT(conn_conf, fragmentation) },
	{ .name = "unique",	   .form = "no, never, keep or replace",
	  .read = value_word,	   .words = unique_words, AT(conn_conf, unique) },
	{ .name = "childless",	   .form = "allow, prefer, force or never",
	  .read = value_word,	   .words = childless_words, AT(conn_conf, childless) },
	{ .name = "ppk_id",	   .form = "the identity of a section ppk of secrets",
	  .read = value_identity,  AT(conn_conf, ppk_id) },
	{ .name = "ppk_required",  .form = "yes or no", .read = value_bool,
	  AT(conn_conf, ppk_required) },
	{ .name = "aggressive", .idle = true, .read = value_no,
	  REFUSAL("which is of IKEv1 alone, and lets who listens guess the key; write no") },
	{ .name = "pull", .idle = true, .read = value_yes,
	  REFUSAL("and IKEv2 has no push mode; write yes") },
	{ .name = "dscp",	   .form = "six binary digits such as 110000",
	  .read = value_dscp,	   AT(conn_conf, dscp) },
	/* By retransmissions, in IKEv2. */
	{ .name = "dpd_timeout", .idle = true, .form = FORM_TIME, .read = value_unused_time },
	{ .name = "send_certreq",  .form = "yes or no", .read = value_bool,
	  AT(conn_conf, send_certreq) },
	{ .name = "send_cert",	   .form = "ifasked, always or never",
	  .read = value_word,	   .words = send_cert_words, AT(conn_conf, send_cert) },
	{ .name = "ocsp",	   .form = "reply, request, both or never",
	  .read = value_word,	   .words = ocsp_words, AT(conn_conf, ocsp) },
	{ .name = "mediation", .idle = true, .read = value_no, REFUSAL("which " NO_MEDIATION) },
	{ .name = "resumption",	   .form = "yes or no", .read = value_bool,
	  AT(conn_conf, resumption) },
	{ .name = "dpd_delay",	   .form = FORM_TIME, .read = value_time,
	  AT(conn_conf, dpd_delay) },
	{ .name = "keyingtries",   .form = "a number of attempts, or 0 for no end of them",
	  .read = value_number,	   .max = UINT32_MAX, AT(conn_conf, keyingtries) },
	{ .name = "vips",	   .list = true, .form = "up to 4 addresses to ask for, or 0.0.0.0 and :: for any, separated by commas",
	  .read = value_vips },
	{ .name = "pools",	   .list = true, .form = "up to 4 names of sections of pools, separated by commas",
	  .read = value_pool_names },
	{ .name = "rekey_time",	   .form = FORM_TIME, .read = value_time,
	  AT(conn_conf, rekey_time) },
	{ .name = "reauth_time",   .form = FORM_TIME, .read = value_time,
	  AT(conn_conf, reauth_time) },
	{ .name = "over_time",	   .form = FORM_TIME, .read = value_time,
	  AT(conn_conf, over_time) },
	{ .name = "rand_time",	   .form = FORM_TIME, .read = value_time,
	  AT(conn_conf, rand_time) },
};

static const struct key child_keys[] = {
	{ .name = "local_ts",	   .list = true, .form = FORM_TS,
	  .read = value_local_ts },
	{ .name = "remote_ts",	   .list = true, .form = FORM_TS,
	  .read = value_remote_ts },
	{ .name = "esp_proposals", .list = true, .form = FORM_PROPOSALS,
	  .read = value_esp_proposals, AT(child_conf, proposals) },
	{ .name = "ah_proposals",  .list = true, .form = FORM_AH,
	  .read = value_ah_proposals, AT(child_conf, proposals) },
	{ .name = "mode",	   .form = "tunnel or transport", .read = value_word,
	  .words = mode_words,	   AT(child_conf, mode) },
	{ .name = "start_action",  .form = FORM_ACTION, .read = value_word,
	  .words = action_words,   AT(child_conf, start_action) },
	{ .name = "dpd_action",	   .form = "clear, trap, restart or trap|start", .read = value_word,
	  .words = action_words,   AT(child_conf, dpd_action) },
	{ .name = "close_action",  .form = FORM_ACTION, .read = value_word,
	  .words = action_words,   AT(child_conf, close_action) },
	{ .name = "rekey_time",	   .form = FORM_TIME, .read = value_time,
	  AT(child_conf, rekey_time) },
	{ .name = "life_time",	   .form = FORM_TIME, .read = value_time,
	  AT(child_conf, life_time) },
	{ .name = "rand_time",	   .form = FORM_TIME, .read = value_time,
	  AT(child_conf, rand_time) },
	{ .name = "inactivity",	   .form = FORM_TIME, .read = value_time,
	  AT(child_conf, inactivity) },
	{ .name = "rekey_bytes",   .form = FORM_BYTES, .read = value_bytes,
	  AT(child_conf, bytes.rekey) },
	{ .name = "life_bytes",	   .form = FORM_BYTES, .read = value_bytes,
	  AT(child_conf, bytes.life) },
	{ .name = "rand_bytes",	   .form = FORM_BYTES, .read = value_bytes,
	  AT(child_conf, bytes.rand) },
	{ .name = "rekey_packets", .form = FORM_COUNT, .read = value_count,
	  AT(child_conf, packets.rekey) },
	{ .name = "life_packets",  .form = FORM_COUNT, .read = value_count,
	  AT(child_conf, packets.life) },
	{ .name = "rand_packets",  .form = FORM_COUNT, .read = value_count,
	  AT(child_conf, packets.rand) },
	{ .name = "replay_window", .form = "a number of packets from 0 (off) to 65536",
	  .read = value_number,	   .max = REPLAY_WINDOW_MAX, AT(child_conf, replay_window) },
	{ .name = "updown",	   .form = "an absolute path, and words for it, of up to 159 octets in all",
	  .read = value_updown,	   AT(child_conf, updown) },
	{ .name = "hostaccess",	   .form = "yes or no", .read = value_bool,
	  AT(child_conf, hostaccess) },
	{ .name = "reqid",	   .form = "a number from 0 (none) to 4294967295",
	  .read = value_number,	   .max = UINT32_MAX, AT(child_conf, reqid) },
	{ .name = "policies", .idle = true, .read = value_yes,
	  REFUSAL("and a child without one would let its traffic out in the clear; remove it") },
	/* One policy holds for what is sent, received and forwarded. */
	{ .name = "policies_fwd_out", .idle = true, .form = "yes or no", .read = value_either },
	{ .name = "priority", .idle = true, .form = "0: policies come before connections, and what stands first in the file goes first",
	  .read = value_fixed,	   .words = zero_words },
	{ .name = "sha256_96", .idle = true, .read = value_no,
	  REFUSAL("a truncation that a draft had and RFC 4868 has not; have the peer write sha256 with 128 bits") },
	{ .name = "ipcomp", .idle = true, .read = value_no,
	  REFUSAL("but compressing before encrypting tells of what is inside (RFC 7457 section 2.6), and no peer depends on it; write no") },
	{ .name = "hw_offload", .idle = true, .form = "no or auto", .read = value_fixed,
	  .words = offload_words },
	{ .name = "per_cpu_sas",   .form = "yes, no or encap", .read = value_word,
	  .words = per_cpu_words,  AT(child_conf, per_cpu) },
	/* Ours alone: not of swanctl.conf. */
	{ .name = "spread",	   .form = "yes or no", .read = value_bool,
	  AT(child_conf, spread) },
	{ .name = "populate",	   .list = true, .form = FORM_POPULATE,
	  .read = value_populate },
	{ .name = "populate_limit", .form = "a number of pairs of SAs from 1 to 1024",
	  .read = value_number,	   .min = 1, .max = 1024, AT(child_conf, pfp_limit) },
	OUTER_KEYS(child_conf, outer),
	IF_ID_KEYS(child_conf),
	{ .name = "fragment",	   .form = "before or after", .read = value_before,
	  AT(child_conf, fragment_after) },
};

static const struct sub child_later[] = {
	NEVER("interface", "is not for here: all children are of the interfaces in gateway.unprotected; remove it"),
	NEVER("label", "is a label of SELinux, which XDP packets have not; remove it"),
	NEVER("label_mode", "is of label, which is not for here; remove it"),
	NEVER("mark_in", NO_MARKS),	NEVER("mark_in_sa", NO_MARKS),
	NEVER("mark_out", NO_MARKS),	NEVER("set_mark_in", NO_MARKS),
	NEVER("set_mark_out", NO_MARKS),
};
/* clang-format on */

/* clang-format off */
static const struct sub conn_subs[] = {
	{ .name = "local",	   .kind = SUB_EACH, .required = true, .prefix = true,
	  .form = "a section with auth and id" },
	{ .name = "remote",	   .kind = SUB_EACH, .required = true, .prefix = true,
	  .form = "a section with auth and id" },
	{ .name = "children",	   .kind = SUB_NAMED,
	  .form = "a section of named sections, one for each CHILD SA" },
	NEVER("mediated_by", NO_MEDIATION),
	NEVER("mediation_peer", NO_MEDIATION),
};
/* clang-format on */

const struct keys conn_table = {
	.keys = conn_keys,
	.n_keys = ROWS(conn_keys),
	.subs = conn_subs,
	.n_subs = ROWS(conn_subs),
};

const struct keys conn_child_table = {
	.keys = child_keys,
	.n_keys = ROWS(child_keys),
	.subs = child_later,
	.n_subs = ROWS(child_later),
};

_Static_assert(REPLAY_WINDOW_MAX == 65536, "replay_window's text says so");

/* --- children */

static int check_pairs(const struct section *sec, const struct child_conf *c,
		       struct error *e)
{
	size_t n = child_pairs(c);
	char path[TREE_PATH_MAX];

	tree_path(sec, path);
	if (n == 0)
		return conf_fail(e, &sec->place, -EINVAL,
				 "%s: no selector of local_ts has family and "
				 "protocol in common with one of remote_ts; "
				 "write the same on both sides",
				 path);
	if (n > SADB_SELECTORS_MAX)
		return conf_fail(e, &sec->place, -E2BIG,
				 "%s: local_ts and remote_ts make %zu pairs of "
				 "selectors, and an SA has at most %d; write a "
				 "child for some of them",
				 path, n, SADB_SELECTORS_MAX);
	return 0;
}

/* The SAs of a child are of one protocol, and AH's packets stay as long as they are. */
static int check_protocol(const struct section *sec, const struct child_conf *c,
			  struct error *e)
{
	const struct value *ah = tree_value(sec, "ah_proposals");
	const char *tfc = c->outer.tfc_bytes ? "tfc_padding" : "tfc_dummies";

	if (ah && tree_value(sec, "esp_proposals"))
		return value_fail(e, ah, -EINVAL,
				  "stands beside esp_proposals, but the SAs of "
				  "a child are of one protocol; remove one of "
				  "the two");
	if (ah && (c->outer.tfc_bytes || c->outer.dummies))
		return value_fail(e, tree_value(sec, tfc), -EINVAL,
				  "does not go with ah_proposals: AH hides "
				  "nothing (RFC 4302); remove the line");
	return 0;
}

static bool is_host(const struct ts_conf *ts)
{
	const struct range all = ts_conf_range(ts);

	return ts->dynamic || addr_equal(&all.min, &all.max);
}

/* RFC 4301 section 4.1: between gateways, transport mode is for their own. */
static int check_hosts(const struct section *sec, const char *key,
		       const struct ts_conf *ts, size_t n, struct error *e)
{
	for (size_t i = 0; i < n; i++)
		if (!is_host(&ts[i]))
			return value_fail(
				e, tree_value(sec, key), -EINVAL,
				"has a network, and mode is transport, which "
				"has no header to carry networks' addresses: "
				"write dynamic, which is the address of the "
				"side, or mode = tunnel");
	return 0;
}

/* A packet keeps its header and, for RFC 4303 section 2.7, its size. */
static int check_kept(const struct section *sec, struct error *e)
{
	const struct value *v = NULL;

	for (size_t i = 0; !v && i < ROWS(child_keys); i++)
		if (child_keys[i].offset == offsetof(struct child_conf, outer))
			v = tree_value(sec, child_keys[i].name);
	return v ? value_fail(e, v, -EINVAL,
			      "does not go with mode = transport, in which "
			      "packets keep the header that they have; remove "
			      "the line")
		 : 0;
}

/* It is Linux that cuts, before there is anything to protect; and one route is there
 * for what is protected and what is not. */
static int check_transport(const struct section *sec,
			   const struct child_conf *c, struct error *e)
{
	const struct value *fragment = tree_value(sec, "fragment");
	char path[TREE_PATH_MAX];
	int err;

	if (c->mode != SADB_TRANSPORT)
		return 0;
	err = check_hosts(sec, "local_ts", c->local_ts, c->n_local_ts, e);
	if (!err)
		err = check_hosts(sec, "remote_ts", c->remote_ts,
				  c->n_remote_ts, e);
	if (!err)
		err = check_kept(sec, e);
	if (err)
		return err;
	if (fragment && !c->fragment_after)
		return value_fail(e, fragment, -EINVAL,
				  "is before, and mode is transport, in which "
				  "only whole packets are protected (RFC 4303 "
				  "section 3.3.4); write after, or remove the "
				  "line");
	if (!c->if_id_in && !c->if_id_out)
		return 0;
	tree_path(sec, path);
	return conf_fail(e, &sec->place, -EINVAL,
			 "%s: mode is transport, and if_id_in or if_id_out is "
			 "of a tunnel interface: a route to it would lead what "
			 "is protected there again; remove it, or write mode = "
			 "tunnel",
			 path);
}

/* Without a trap they come at the peer's wish alone, as in strongSwan. */
static int check_per_cpu(const struct section *sec, const struct child_conf *c,
			 struct error *e)
{
	const char *beside = c->spread	  ? "spread"
			     : c->pfp	  ? "populate"
			     : c->n_pools ? "pools of the connection"
					  : NULL;

	if (!c->per_cpu || !beside)
		return 0;
	return value_fail(e, tree_value(sec, "per_cpu_sas"), -EINVAL,
			  "stands beside %s: SAs for each CPU have one worker "
			  "each and the same selectors; remove one of the two",
			  beside);
}

static int fill_child(const struct section *sec, const struct conn_conf *conn,
		      struct child_conf *c, struct error *e)
{
	int err;

	child_init(c);
	c->n_pools = (uint8_t)conn->n_pools;
	c->rekey_time = TIME_UNSET;
	c->life_time = TIME_UNSET;
	c->rand_time = TIME_UNSET;
	c->bytes = c->packets = (struct volume_conf){
		VOLUME_UNSET,
		VOLUME_UNSET,
		VOLUME_UNSET,
	};
	err = named_take(sec, c->name, e);
	if (!err)
		err = keys_read(&conn_child_table, sec, c, e);
	if (!err)
		err = check_pairs(sec, c, e);
	if (!err)
		err = check_protocol(sec, c, e);
	if (!err)
		err = populate_check(sec, c, e);
	if (!err)
		err = check_per_cpu(sec, c, e);
	child_times(c);
	return err ? err : sa_check_child(sec, c, e);
}

/* What a child does not say, its connection does. */
static void inherit_if_ids(const struct conn_conf *c, struct child_conf *child)
{
	if (!child->if_id_in)
		child->if_id_in = c->if_id_in;
	if (!child->if_id_out)
		child->if_id_out = c->if_id_out;
}

static int fill_children(const struct section *list, struct conn_conf *c,
			 struct error *e)
{
	size_t n = named_count(list);
	int err = 0;

	if (n == 0)
		return 0;
	c->children = calloc(n, sizeof(*c->children));
	if (!c->children)
		return conf_no_memory(e);
	for (const struct section *s = list->sections; s && !err; s = s->next) {
		struct child_conf *child = &c->children[c->n_children++];

		err = fill_child(s, c, child, e);
		inherit_if_ids(c, child);
		if (!err)
			err = check_transport(s, child, e);
	}
	return err;
}

/* --- connections */

static bool has_peer(const struct conn_conf *c)
{
	for (size_t i = 0; i < c->n_remote_addrs; i++)
		if (conn_addr_is_host(&c->remote_addrs[i]))
			return true;
	return conn_is_named(c);
}

/* Who begins needs an address to go to. */
static int check_peer(const struct section *sec, const struct conn_conf *c,
		      struct error *e)
{
	const struct section *s = tree_section(sec, "children");

	if (has_peer(c))
		return 0;
	s = s ? s->sections : NULL;
	for (size_t i = 0; i < c->n_children; i++, s = s->next) {
		if (c->children[i].start_action == CHILD_NONE)
			continue;
		return value_fail(e, tree_value(s, "start_action"), -EINVAL,
				  "needs an address to go to; write the peer's "
				  "into remote_addrs of the connection");
	}
	return 0;
}

static bool is_dynamic(const struct ts_conf *ts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ts[i].dynamic)
			return true;
	return false;
}

/* AH is over the addresses, and RFC 9329 has no place for it. */
static int check_tcp(const struct section *sec, const struct conn_conf *c,
		     struct error *e)
{
	const struct section *s = tree_section(sec, "children");

	s = s ? s->sections : NULL;
	for (size_t i = 0; i < c->n_children; i++, s = s->next)
		if (c->tcp_encap && tree_value(s, "ah_proposals"))
			return value_fail(
				e, tree_value(s, "ah_proposals"), -EINVAL,
				"does not go with tcp_encap of the connection: TCP carries ESP alone (RFC 9329); remove one of the two");
	return 0;
}

/* What is protected does not change with what DNS says. */
static int check_name(const struct section *sec, const struct conn_conf *c,
		      struct error *e)
{
	const struct section *s = tree_section(sec, "children");

	s = s ? s->sections : NULL;
	for (size_t i = 0; i < c->n_children; i++, s = s->next)
		if (conn_is_named(c) && !c->n_pools &&
		    is_dynamic(c->children[i].remote_ts,
			       c->children[i].n_remote_ts))
			return conf_fail(
				e, &s->place, -EINVAL,
				"connections.%s.children.%s: remote_ts is dynamic, and the peer has a name; write its networks into remote_ts",
				c->name, c->children[i].name);
	return 0;
}

int conn_fill(const struct section *sec, const struct cert_source *src,
	      struct conn_conf *c, struct error *e)
{
	int err;

	conn_init(c);
	c->rekey_time = TIME_UNSET;
	c->reauth_time = TIME_UNSET;
	c->over_time = TIME_UNSET;
	c->rand_time = TIME_UNSET;
	err = named_take(sec, c->name, e);
	if (!err)
		err = keys_read(&conn_table, sec, c, e);
	if (!err)
		err = auth_fill(sec, src, c, e);
	if (!err)
		err = fill_children(tree_section(sec, "children"), c, e);
	if (!err)
		err = check_peer(sec, c, e);
	if (!err)
		err = check_name(sec, c, e);
	if (!err)
		err = check_tcp(sec, c, e);
	conn_times(c);
	return err;
}

/* One entry of the SPD for each pair of selectors, behind the policies. */
static int check_room(const struct section *sec, const struct config *c,
		      struct error *e)
{
	size_t n = c->n_policies;

	for (size_t i = 0; i < c->n_conns; i++)
		for (size_t j = 0; j < c->conns[i].n_children; j++)
			n += child_pairs(&c->conns[i].children[j]);
	if (n <= SPD_MAX)
		return 0;
	return conf_fail(e, &sec->place, -E2BIG,
			 "connections.%s: with it policies and pairs of "
			 "selectors are %zu, and the SPD takes %u; remove some",
			 sec->name, n, SPD_MAX);
}

/* Where the weakness stands: no default has any. */
static const struct value *weak_value(const struct section *sec,
				      const struct conn_conf *c,
				      const struct weakness *w)
{
	const struct section *list = tree_section(sec, "children");
	const struct section *s = list ? list->sections : NULL;

	if (!w->child)
		return tree_value(sec, "proposals");
	for (const struct child_conf *child = c->children; child < w->child;
	     child++)
		s = s->next;
	return tree_value(s, "esp_proposals");
}

/* What is broken has to be asked for twice. */
static int check_weak(const struct section *sec, const struct config *out,
		      const struct conn_conf *c, struct error *e)
{
	struct weakness w;

	if (out->gateway.allow_weak_algorithms || !conn_weakness(c, &w))
		return 0;
	return value_fail(e, weak_value(sec, c, &w), -EINVAL,
			  "has %s, which is weak (%s); remove it, or "
			  "set " ALLOW_WEAK,
			  w.name, w.why);
}

int conns_fill(const struct section *list, const struct cert_source *src,
	       struct config *out, struct error *e)
{
	size_t n = named_count(list);
	int err = 0;

	if (n == 0)
		return 0;
	out->conns = calloc(n, sizeof(*out->conns));
	if (!out->conns)
		return conf_no_memory(e);
	for (const struct section *s = list->sections; s && !err; s = s->next) {
		struct conn_conf *conn = &out->conns[out->n_conns++];

		err = conn_fill(s, src, conn, e);
		if (!err)
			err = check_weak(s, out, conn, e);
		if (!err)
			err = check_room(s, out, e);
	}
	return err;
}
