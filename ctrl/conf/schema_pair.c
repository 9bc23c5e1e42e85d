// SPDX-License-Identifier: BSD-2-Clause
/*
 * A pair of the section manual: one row a key, and below what no single key can
 * tell.
 */
#include "ctrl/conf/schema_pair.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctrl/conf/fail.h"
#include "ctrl/conf/keys.h"
#include "ctrl/conf/named.h"
#include "ctrl/conf/schema_sa.h"
#include "ctrl/conf/values.h"
#include "ctrl/conf/values_manual.h"
#include "ctrl/conf/values_outer.h"
#include "ctrl/sadb/replay.h"
#include "include/ike.h"
#include "include/proto.h"

#define DEFAULT_REPLAY_WINDOW 64 /* RFC 4303 section 3.4.3: the default */

#define ALGS_MAX 64 /* of two keywords, and more */

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define FORM_ADDRESS "one unicast address"
#define FORM_SECRET  "0x and hexadecimal digits, two for each octet"
#define FORM_ESP     "one proposal such as aes256-sha256"
#define FORM_MODE    "tunnel or transport"
#define NO_BEET	     "but only tunnel and transport are supported; remove the line"

static const struct word mode_words[] = {
	{ "tunnel", SADB_TUNNEL, NULL },
	{ "transport", SADB_TRANSPORT, NULL },
	{ "beet", 0, NO_BEET },
	{ .text = NULL },
};

#define AT(type, field) .offset = offsetof(struct type, field)

/* clang-format off */
static const struct key sa_keys[] = {
	{ .name = "spi",	   .required = true, .form = "a number from 256 to 0xffffffff",
	  .read = value_number,	   .min = SPI_RESERVED_MAX + 1, .max = UINT32_MAX,
	  AT(manual_keys, spi) },
	{ .name = "encr_key",	   .form = FORM_SECRET,
	  .read = value_key,	   AT(manual_keys, encr_key) },
	{ .name = "integ_key",	   .form = FORM_SECRET,
	  .read = value_key,	   AT(manual_keys, integ_key) },
};

static const struct key manual_keys[] = {
	{ .name = "local_addrs",   .required = true, .form = FORM_ADDRESS,
	  .read = value_address,   AT(manual_conf, local) },
	{ .name = "remote_addrs",  .required = true, .form = FORM_ADDRESS,
	  .read = value_address,   AT(manual_conf, remote) },
	{ .name = "mode",	   .form = FORM_MODE, .read = value_word,
	  .words = mode_words,	   AT(manual_conf, mode) },
	{ .name = "esp_proposals", .form = FORM_ESP,
	  .read = value_proposal },
	{ .name = "ah_proposals",  .form = "one proposal such as sha256",
	  .read = value_ah_proposal },
	{ .name = "bundle",	   .form = "the name of a section of manual" },
	{ .name = "replay_window", .form = "a number of packets from 0 (off) to 65536",
	  .read = value_number,	   .max = REPLAY_WINDOW_MAX, AT(manual_conf, replay_window) },
	{ .name = "encap",	   .form = "yes or no", .read = value_bool,
	  AT(manual_conf, encap) },
	{ .name = "remote_port",   .form = "a port from 1 to 65535", .read = value_port,
	  AT(manual_conf, remote_port) },
	{ .name = "follow",	   .form = "yes or no", .read = value_bool,
	  AT(manual_conf, follow) },
	{ .name = "spread",	   .form = "yes or no", .read = value_bool,
	  AT(manual_conf, spread) },
	{ .name = "fragment",	   .form = "before or after", .read = value_before,
	  AT(manual_conf, fragment_after) },
	{ .name = "soft_time",	   .form = FORM_TIME, .read = value_time,
	  AT(manual_conf, soft.time_s) },
	{ .name = "life_time",	   .form = FORM_TIME, .read = value_time,
	  AT(manual_conf, hard.time_s) },
	{ .name = "soft_bytes",	   .form = FORM_BYTES, .read = value_bytes,
	  AT(manual_conf, soft.bytes) },
	{ .name = "life_bytes",	   .form = FORM_BYTES, .read = value_bytes,
	  AT(manual_conf, hard.bytes) },
	{ .name = "soft_packets",  .form = FORM_COUNT, .read = value_count,
	  AT(manual_conf, soft.pkts) },
	{ .name = "life_packets",  .form = FORM_COUNT, .read = value_count,
	  AT(manual_conf, hard.pkts) },
	OUTER_KEYS(manual_conf, outer),
	IF_ID_KEYS(manual_conf),
	{ .name = "policies",	   .form = FORM_POLICIES },
};
/* clang-format on */

static const struct keys sa_table = {
	.keys = sa_keys,
	.n_keys = ROWS(sa_keys),
};

/* clang-format off */
static const struct sub manual_subs[] = {
	{ .name = "in",	 .form = FORM_SA,
	  .table = &sa_table, AT(manual_conf, in) },
	{ .name = "out", .form = FORM_SA,
	  .table = &sa_table, AT(manual_conf, out) },
};
/* clang-format on */

static const struct keys manual_table = {
	.keys = manual_keys,
	.n_keys = ROWS(manual_keys),
	.subs = manual_subs,
	.n_subs = ROWS(manual_subs),
};

_Static_assert(REPLAY_WINDOW_MAX == 65536, "replay_window's text says so");

/* --- keys */

static bool is_one_octet(const struct secret *key)
{
	bool same = key->len > 0;

	for (size_t i = 1; same && i < key->len; i++)
		same = key->octets[i] == key->octets[0];
	return same;
}

/* What a key must be like for its algorithm. */
struct wanted_key {
	const char *name;
	const char *alg;
	uint32_t bytes; /* 0: there must be none */
};

static int check_no_key(const struct value *v, const struct wanted_key *want,
			struct error *e)
{
	return v ? value_fail(e, v, -EINVAL,
			      "does not go with %s, which needs none; remove "
			      "the line",
			      want->alg)
		 : 0;
}

static int check_key(const struct section *sa, const struct wanted_key *want,
		     const struct secret *key, struct error *e)
{
	const struct value *v = tree_value(sa, want->name);
	char path[TREE_PATH_MAX];

	if (!want->bytes)
		return check_no_key(v, want, e);
	if (!v) {
		tree_path(sa, path);
		return conf_fail(e, &sa->place, -EINVAL,
				 "%s.%s is missing; it must be " FORM_SECRET,
				 path, want->name);
	}
	if (key->len != want->bytes)
		return value_fail(e, v, -EINVAL, "is %zu octets, %s needs %u",
				  key->len, want->alg, want->bytes);
	if (is_one_octet(key))
		return value_fail(e, v, -EINVAL,
				  "is one octet again and again, which anybody "
				  "can guess; make one with: openssl rand -hex "
				  "%u",
				  want->bytes);
	return 0;
}

/* One direction, if it is there, of which the proposal tells how long its keys must be. */
static int check_sa(const struct manual_conf *m, const struct section *sa,
		    struct manual_keys *keys, struct error *e)
{
	const bool alone = m->integ->id == INTEG_NONE;
	const bool ah = m->protocol == IKE_PROTO_AH;
	const struct wanted_key encr = { "encr_key", ah ? "AH" : m->encr->name,
					 encr_key_bytes(m->encr) };
	const struct wanted_key integ = { "integ_key",
					  alone ? m->encr->name : m->integ->name,
					  m->integ->key_bytes };
	int err;

	if (!sa)
		return 0;
	keys->place = sa->place;
	err = check_key(sa, &encr, &keys->encr_key, e);
	return err ? err : check_key(sa, &integ, &keys->integ_key, e);
}

/* --- a pair */

/* What to write instead. */
static const char *unbroken(const struct manual_conf *m)
{
	return m->protocol == IKE_PROTO_AH ? "sha256" : "aes256-sha256";
}

static const struct value *proposal_of(const struct section *sec)
{
	const struct value *v = tree_value(sec, "esp_proposals");

	return v ? v : tree_value(sec, "ah_proposals");
}

/* "aes128-sha256", or for AH "sha256"; text: room for ALGS_MAX. */
static const char *algs_of(const struct manual_conf *m, char *text)
{
	const bool alone = m->integ->id == INTEG_NONE;
	const bool ah = m->protocol == IKE_PROTO_AH;

	snprintf(text, ALGS_MAX, "%s%s%s", ah ? "" : m->encr->name,
		 ah || alone ? "" : "-", alone ? "" : m->integ->name);
	return text;
}

static int check_protocol(const struct section *sec, struct error *e)
{
	const struct value *esp = tree_value(sec, "esp_proposals");
	const struct value *ah = tree_value(sec, "ah_proposals");
	char path[TREE_PATH_MAX];

	if (esp && ah)
		return value_fail(e, ah, -EINVAL,
				  "stands beside esp_proposals, but the SAs of "
				  "a pair are of one protocol; remove one of "
				  "the two");
	if (esp || ah)
		return 0;
	tree_path(sec, path);
	return conf_fail(e, &sec->place, -EINVAL,
			 "%s.esp_proposals is missing; it must be " FORM_ESP
			 ", or ah_proposals in its place one such as sha256",
			 path);
}

/* AH covers the addresses that a NAT changes, and has no padding for RFC 4303
 * section 2.7. */
static int check_ah(const struct section *sec, const struct manual_conf *m,
		    struct error *e)
{
	static const char *const esp_alone[] = { "encap", "remote_port",
						 "tfc_padding", "tfc_dummies" };
	const struct value *v = NULL;

	if (m->protocol != IKE_PROTO_AH)
		return 0;
	for (size_t i = 0; !v && i < ROWS(esp_alone); i++)
		v = tree_value(sec, esp_alone[i]);
	return v ? value_fail(e, v, -EINVAL,
			      "does not go with ah_proposals: AH is never in "
			      "UDP, since it covers the addresses that a NAT "
			      "changes (RFC 3948 section 1), and pads nothing; "
			      "remove the line, or write esp_proposals")
		 : 0;
}

/*
 * The same keys come back with every start, and a counter with them: whoever
 * asks for that has to know what keeps the counter from coming back too.
 */
static int check_mode(const struct gateway_conf *g, const struct section *sec,
		      const struct manual_conf *m, struct error *e)
{
	char algs[ALGS_MAX];

	if (!manual_counts(m) || g->allow_manual_counter_mode)
		return 0;
	return value_fail(
		e, proposal_of(sec), -EINVAL,
		"can't be %s with keys by hand: a counter that is used twice "
		"under one key reveals both packets (RFC 4106 section 2, RFC "
		"8221 section 3), and keys by hand outlive a restart; use "
		"IKE, or %s, or set "
		"gateway.allow_manual_counter_mode = yes if state_dir is on a "
		"disk that is never rolled back",
		algs_of(m, algs),
		m->protocol == IKE_PROTO_AH
			? "a MAC without a counter such as sha256"
			: "a CBC proposal such as aes256-sha256");
}

/* What is broken has to be asked for twice. */
static int check_weak(const struct gateway_conf *g, const struct section *sec,
		      const struct manual_conf *m, struct error *e)
{
	const char *weakness = esp_pair_weakness(m->encr, m->integ);
	char algs[ALGS_MAX];

	if (!weakness || g->allow_weak_algorithms)
		return 0;
	return value_fail(
		e, proposal_of(sec), -EINVAL,
		"can't be %s, which is weak (%s); use %s, or set " ALLOW_WEAK,
		algs_of(m, algs), weakness, unbroken(m));
}

/* RFC 4303 section 3.4.3: replays are not looked for where forgeries aren't. */
static int fill_window(const struct section *sec, struct manual_conf *m,
		       struct error *e)
{
	const struct value *v = tree_value(sec, "replay_window");

	if (esp_icv_bytes(m->encr, m->integ))
		return 0;
	if (m->esn || (v && m->replay_window))
		return value_fail(e, v ? v : tree_value(sec, "esp_proposals"),
				  -EINVAL,
				  "asks for what needs integrity: without it "
				  "neither replays are found nor extended "
				  "numbers; write %s and replay_window = 0",
				  m->encr->name);
	m->replay_window = 0;
	return 0;
}

/* RFC 4303 section 3.3.3: no ESN where nothing keeps track of it. */
static int check_esn(const struct section *sec, const struct manual_conf *m,
		     struct error *e)
{
	if (!m->esn || m->replay_window)
		return 0;
	return value_fail(e, tree_value(sec, "replay_window"), -EINVAL,
			  "can't be 0 with esn: the window tells the half of a "
			  "number that is in no packet; give it 32 or more");
}

static int fill_encap(const struct section *sec, struct manual_conf *m,
		      struct error *e)
{
	if (m->remote_port && !m->encap)
		return value_fail(e, tree_value(sec, "remote_port"), -EINVAL,
				  "is one of UDP, and ESP is not in UDP here; "
				  "write encap = yes as well, or remove the "
				  "line");
	if (m->follow && !esp_icv_bytes(m->encr, m->integ))
		return value_fail(e, tree_value(sec, "follow"), -EINVAL,
				  "asks for what needs integrity: without it "
				  "anybody is the peer; remove the line");
	if (m->follow && !m->encap)
		return value_fail(e, tree_value(sec, "follow"), -EINVAL,
				  "is for a peer behind a NAT, and ESP is not in "
				  "UDP here; write encap = yes as well, or "
				  "remove the line");
	if (m->encap && !m->remote_port)
		m->remote_port = IKE_NATT_PORT;
	return 0;
}

static int check_addresses(const struct section *sec,
			   const struct manual_conf *m, struct error *e)
{
	if (addr_equal(&m->local, &m->remote))
		return value_fail(e, tree_value(sec, "remote_addrs"), -EINVAL,
				  "is the same as local_addrs; write the "
				  "peer's address");
	if (addr_is_v4(&m->local) != addr_is_v4(&m->remote))
		return value_fail(e, tree_value(sec, "remote_addrs"), -EINVAL,
				  "is of another family than local_addrs; "
				  "packets between them are of one");
	return 0;
}

/* In transport mode a packet keeps its header and, for RFC 4303 section 2.7, its
 * size. */
static int check_outer(const struct section *sec, const struct manual_conf *m,
		       struct error *e)
{
	const struct value *v = NULL;

	if (m->mode != SADB_TRANSPORT)
		return 0;
	for (size_t i = 0; !v && i < ROWS(manual_keys); i++)
		if (manual_keys[i].offset == offsetof(struct manual_conf, outer))
			v = tree_value(sec, manual_keys[i].name);
	return v ? value_fail(e, v, -EINVAL,
			      "does not go with mode = transport, in which "
			      "packets keep the header that they have; remove "
			      "the line")
		 : 0;
}

/* In transport mode what goes out is for the peer's own address, with a header of ESP
 * or without: one route is there for both, to the interface or past it. */
static int check_if_id(const struct section *sec, const struct manual_conf *m,
		       struct error *e)
{
	const struct value *in = tree_value(sec, "if_id_in");

	if (m->mode != SADB_TRANSPORT || (!m->if_id_in && !m->if_id_out))
		return 0;
	return value_fail(e, m->if_id_in ? in : tree_value(sec, "if_id_out"),
			  -EINVAL,
			  "does not go with mode = transport: a route to the "
			  "interface would lead what is protected there again; "
			  "remove the line, or write mode = tunnel");
}

/* In transport mode it is Linux that cuts, before there is anything to protect. */
static int check_life(const struct section *sec, const struct manual_conf *m,
		      struct error *e)
{
	const struct sa_lives lives = { .prefix = "soft",
					.soft = m->soft,
					.hard = m->hard };
	const struct value *v = tree_value(sec, "fragment");
	int err = sa_check_lives(sec, &lives, e);

	if (err)
		return err;
	if (v && !m->fragment_after && m->mode == SADB_TRANSPORT)
		return value_fail(e, v, -EINVAL,
				  "is before, and mode is transport, in which "
				  "only whole packets are protected (RFC 4303 "
				  "section 3.3.4); write after, or remove the "
				  "line");
	return sa_check_outer(sec, &m->outer, m->fragment_after,
			      sa_small_blocks(m->encr) ? m->encr : NULL, e);
}

int pair_fill(const struct section *sec, const struct config *c,
	      struct manual_conf *m, struct error *e)
{
	int err;

	m->place = sec->place;
	m->replay_window = DEFAULT_REPLAY_WINDOW;
	err = named_take(sec, m->name, e);
	if (!err)
		err = keys_read(&manual_table, sec, m, e);
	if (!err)
		err = check_protocol(sec, e);
	if (!err)
		err = check_mode(&c->gateway, sec, m, e);
	if (!err)
		err = check_weak(&c->gateway, sec, m, e);
	if (!err)
		err = fill_window(sec, m, e);
	if (!err)
		err = check_esn(sec, m, e);
	if (!err)
		err = check_outer(sec, m, e);
	if (!err)
		err = check_if_id(sec, m, e);
	if (!err)
		err = check_ah(sec, m, e);
	if (!err)
		err = check_life(sec, m, e);
	if (!err)
		err = fill_encap(sec, m, e);
	if (!err)
		err = check_addresses(sec, m, e);
	if (err)
		return err;
	err = check_sa(m, tree_section(sec, "in"), &m->in, e);
	return err ? err : check_sa(m, tree_section(sec, "out"), &m->out, e);
}

const struct key *pair_policies_key(void)
{
	const struct key *k = manual_keys;

	while (strcmp(k->name, "policies") != 0)
		k++;
	return k;
}
