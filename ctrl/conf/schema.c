// SPDX-License-Identifier: BSD-2-Clause
/*
 * The sections gateway, manual and policies: one row a key. Whoever wants to
 * know what the configuration takes reads the tables, here and in schema_conn.c
 * and schema_psk.c; below them stands what no single key can tell: lengths of
 * keys, SPIs used twice, names that must exist. Each check reports the place of
 * the value that is at fault.
 */
#include "ctrl/conf/schema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/conf/fail.h"
#include "ctrl/conf/keys.h"
#include "ctrl/conf/named.h"
#include "ctrl/conf/near.h"
#include "ctrl/conf/schema_conn.h"
#include "ctrl/conf/schema_psk.h"
#include "ctrl/conf/values.h"
#include "ctrl/conf/values_gateway.h"
#include "ctrl/conf/values_manual.h"
#include "ctrl/sadb/replay.h"
#include "include/proto.h"

#define DEFAULT_SOCKET	      "/run/cygnet/vici"
#define DEFAULT_REPLAY_WINDOW 64 /* RFC 4303 section 3.4.3: the default */
#define MANUAL_MAX	      (SAD_MAX / 2) /* two SAs each */

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define FORM_IFACES                                                \
	"interface names of 1 to 15 characters without '/', ':', " \
	"separated by commas"
#define FORM_ADDRESS "one unicast IPv4 address"
#define FORM_PREFIX  "one IPv4 prefix such as 10.1.0.0/24"
#define FORM_SECRET  "0x and hexadecimal digits, two for each octet"
#define FORM_TUNNEL  "but only tunnel is supported yet; remove the line"
#define FORM_SA	     "a section with spi, encr_key and integ_key"

static const struct word default_words[] = {
	{ "bypass", SPD_BYPASS, NULL },
	{ "discard", SPD_DISCARD, NULL },
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

static const struct word mode_words[] = {
	{ "tunnel", 0, NULL },
	{ "transport", 0, FORM_TUNNEL },
	{ "beet", 0, FORM_TUNNEL },
	{ .text = NULL },
};

#define AT(type, field) .offset = offsetof(struct type, field)

/* clang-format off */
static const struct key gateway_keys[] = {
	/* Protected ones first, as the model wants them. */
	{ .name = "protected",	   .required = true, .form = FORM_IFACES,
	  .read = value_protected },
	{ .name = "unprotected",   .required = true, .form = FORM_IFACES,
	  .read = value_unprotected },
	{ .name = "default",	   .form = "bypass or discard", .read = value_word,
	  .words = default_words,  AT(gateway_conf, default_action) },
	{ .name = "crypto",	   .form = "ipsec-mb or openssl", .read = value_word,
	  .words = crypto_words,   AT(gateway_conf, crypto) },
	{ .name = "mss_clamp",	   .form = "yes or no", .read = value_bool,
	  AT(gateway_conf, mss_clamp) },
	{ .name = "workers",	   .form = "a number from 1 to 64", .read = value_number,
	  .min = 1, .max = WORKERS_MAX, AT(gateway_conf, workers) },
	{ .name = "socket",	   .form = "an absolute path, or unix:// and an absolute path",
	  .read = value_socket,	   AT(gateway_conf, socket) },
};

static const struct key sa_keys[] = {
	{ .name = "spi",	   .required = true, .form = "a number from 256 to 0xffffffff",
	  .read = value_number,	   .min = SPI_RESERVED_MAX + 1, .max = UINT32_MAX,
	  AT(manual_keys, spi) },
	{ .name = "encr_key",	   .required = true, .form = FORM_SECRET,
	  .read = value_key,	   AT(manual_keys, encr_key) },
	{ .name = "integ_key",	   .required = true, .form = FORM_SECRET,
	  .read = value_key,	   AT(manual_keys, integ_key) },
};

static const struct key manual_keys[] = {
	{ .name = "local_addrs",   .required = true, .form = FORM_ADDRESS,
	  .read = value_address,   AT(manual_conf, local) },
	{ .name = "remote_addrs",  .required = true, .form = FORM_ADDRESS,
	  .read = value_address,   AT(manual_conf, remote) },
	{ .name = "mode",	   .form = "tunnel", .read = value_fixed,
	  .words = mode_words },
	{ .name = "esp_proposals", .required = true, .form = "one proposal such as aes256-sha256",
	  .read = value_proposal },
	{ .name = "replay_window", .form = "a number of packets from 0 (off) to 65536",
	  .read = value_number,	   .max = REPLAY_WINDOW_MAX, AT(manual_conf, replay_window) },
};

static const struct key policy_keys[] = {
	{ .name = "action",	   .required = true, .form = "protect, bypass or discard",
	  .read = value_word,	   .words = action_words, AT(policy_conf, action) },
	{ .name = "local_ts",	   .required = true, .form = FORM_PREFIX,
	  .read = value_prefix,	   AT(policy_conf, local_ts) },
	{ .name = "remote_ts",	   .required = true, .form = FORM_PREFIX,
	  .read = value_prefix,	   AT(policy_conf, remote_ts) },
	{ .name = "protocol",	   .form = "any, a protocol's name such as tcp or gre, or a number from 1 to 255",
	  .read = value_protocol,  AT(policy_conf, protocol) },
	{ .name = "manual",	   .form = "the name of a section of manual" },
};
/* clang-format on */

static const struct keys gateway_table = {
	.keys = gateway_keys,
	.n_keys = ROWS(gateway_keys),
};

static const struct keys sa_table = {
	.keys = sa_keys,
	.n_keys = ROWS(sa_keys),
};

static const struct keys policy_table = {
	.keys = policy_keys,
	.n_keys = ROWS(policy_keys),
};

/* clang-format off */
static const struct sub manual_subs[] = {
	{ .name = "in",	 .required = true, .form = FORM_SA,
	  .table = &sa_table, AT(manual_conf, in) },
	{ .name = "out", .required = true, .form = FORM_SA,
	  .table = &sa_table, AT(manual_conf, out) },
};
/* clang-format on */

static const struct keys manual_table = {
	.keys = manual_keys,
	.n_keys = ROWS(manual_keys),
	.subs = manual_subs,
	.n_subs = ROWS(manual_subs),
};

/* clang-format off */
static const struct sub root_subs[] = {
	{ .name = "gateway",	 .required = true,
	  .form = "a section with protected and unprotected",
	  .table = &gateway_table, AT(config, gateway) },
	{ .name = "manual",	 .kind = SUB_NAMED,
	  .form = "a section of named sections, one for each pair of SAs" },
	{ .name = "policies",	 .kind = SUB_NAMED,
	  .form = "a section of named sections, one for each policy" },
	{ .name = "connections", .kind = SUB_NAMED,
	  .form = "a section of named sections, one for each connection" },
	{ .name = "secrets",	 .form = "a section of sections ike*",
	  .table = &psk_names },
	{ .name = "pools",	 .kind = SUB_LATER },
	{ .name = "authorities", .kind = SUB_LATER },
};
/* clang-format on */

static const struct keys root_table = {
	.subs = root_subs,
	.n_subs = ROWS(root_subs),
};

_Static_assert(REPLAY_WINDOW_MAX == 65536, "replay_window's text says so");

/* --- manual */

static int check_key_length(const struct value *v, const struct secret *key,
			    uint32_t need, const char *alg, struct error *e)
{
	if (key->len == need)
		return 0;
	return value_fail(e, v, -EINVAL, "is %zu octets, %s needs %u", key->len,
			  alg, need);
}

/* One direction, of which the proposal tells how long its keys must be. */
static int check_sa(const struct manual_conf *m, const struct section *sa,
		    struct manual_keys *keys, struct error *e)
{
	int err;

	keys->place = sa->place;
	err = check_key_length(tree_value(sa, "encr_key"), &keys->encr_key,
			       encr_key_bytes(m->encr), m->encr->name, e);
	if (err)
		return err;
	return check_key_length(tree_value(sa, "integ_key"), &keys->integ_key,
				m->integ->key_bytes, m->integ->name, e);
}

static int fill_pair(const struct section *sec, struct manual_conf *m,
		     struct error *e)
{
	int err;

	m->place = sec->place;
	m->replay_window = DEFAULT_REPLAY_WINDOW;
	err = named_take(sec, m->name, e);
	if (err)
		return err;
	err = keys_read(&manual_table, sec, m, e);
	if (err)
		return err;
	if (addr_equal(&m->local, &m->remote))
		return value_fail(e, tree_value(sec, "remote_addrs"), -EINVAL,
				  "is the same as local_addrs; write the "
				  "peer's address");
	err = check_sa(m, tree_section(sec, "in"), &m->in, e);
	if (err)
		return err;
	return check_sa(m, tree_section(sec, "out"), &m->out, e);
}

static int fail_spi(const struct section *sec, const struct section *other,
		    const char *dir, const char *reason, struct error *e)
{
	const struct value *v = tree_value(tree_section(sec, dir), "spi");
	const struct value *first = tree_value(tree_section(other, dir), "spi");
	char path[TREE_PATH_MAX];

	value_path(first, path);
	return value_fail(e, v, -EINVAL, "is the same as %s at line %u; %s",
			  path, first->place.line, reason);
}

/* Inbound an SA is found by SPI, outbound the peer finds it so. */
static int check_spis(const struct section *list, const struct config *c,
		      struct error *e)
{
	const struct section *sec = list->sections;

	for (size_t i = 0; i < c->n_manual; i++, sec = sec->next) {
		const struct manual_conf *m = &c->manual[i];
		const struct section *other = list->sections;

		for (size_t j = 0; j < i; j++, other = other->next) {
			const struct manual_conf *o = &c->manual[j];

			if (m->in.spi == o->in.spi)
				return fail_spi(sec, other, "in",
						"inbound SPIs must differ", e);
			if (m->out.spi == o->out.spi &&
			    addr_equal(&m->remote, &o->remote))
				return fail_spi(sec, other, "out",
						"SPIs to one peer must differ",
						e);
		}
	}
	return 0;
}

static int fill_manual(const struct section *list, struct config *c,
		       struct error *e)
{
	size_t n = named_count(list);
	int err;

	if (n == 0)
		return 0;
	if (n > MANUAL_MAX)
		return named_fail_many(list, MANUAL_MAX, e);
	c->manual = calloc(n, sizeof(*c->manual));
	if (!c->manual)
		return conf_no_memory(e);
	for (const struct section *s = list->sections; s; s = s->next) {
		err = fill_pair(s, &c->manual[c->n_manual++], e);
		if (err)
			return err;
	}
	return check_spis(list, c, e);
}

/* --- policies */

static int find_manual(const struct value *v, const struct config *c,
		       size_t *out, struct error *e)
{
	const char *best = NULL;

	for (size_t i = 0; i < c->n_manual; i++) {
		if (strcmp(c->manual[i].name, v->text) == 0) {
			*out = i;
			return 0;
		}
		near_try(v->text, c->manual[i].name, &best);
	}
	if (best)
		return value_fail(e, v, -EINVAL,
				  "names no section of manual; did you mean "
				  "'%s'?",
				  best);
	return value_fail(e, v, -EINVAL,
			  "names no section of manual; add that section");
}

static int fill_policy(const struct section *sec, const struct config *c,
		       struct policy_conf *p, struct error *e)
{
	const struct value *manual = tree_value(sec, "manual");
	int err;

	p->place = sec->place;
	err = named_take(sec, p->name, e);
	if (err)
		return err;
	err = keys_read(&policy_table, sec, p, e);
	if (err)
		return err;
	if (p->action == SPD_PROTECT && !manual)
		return conf_fail(e, &sec->place, -EINVAL,
				 "policies.%s.manual is missing; action = "
				 "protect needs the name of a section of manual",
				 sec->name);
	if (p->action == SPD_PROTECT)
		return find_manual(manual, c, &p->manual, e);
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
	if (n > SPD_MAX)
		return named_fail_many(list, SPD_MAX, e);
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

int schema_fill(const struct section *root, struct config *out, struct error *e)
{
	int err;

	out->gateway.default_action = SPD_BYPASS;
	out->gateway.crypto = CRYPTO_AUTO;
	out->gateway.mss_clamp = true;
	strcpy(out->gateway.socket, DEFAULT_SOCKET);
	err = keys_read(&root_table, root, out, e);
	if (err)
		return err;
	err = fill_manual(tree_section(root, "manual"), out, e);
	if (!err)
		err = fill_policies(tree_section(root, "policies"), out, e);
	if (!err)
		err = conns_fill(tree_section(root, "connections"), out, e);
	if (!err)
		err = psks_fill(tree_section(root, "secrets"), out, e);
	return err;
}
