// SPDX-License-Identifier: BSD-2-Clause
/* What a taken-over ike may ask of the SAD: a good ADD with one thing changed,
 * and other verbs for what is not its own. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/fake_ike.h"

#define SPI_OUT 0x0badca11U
#define SPI_IN	0x0badca12U
#define KEY_LEN 20 /* AES-128 and a salt */

static struct addr last_of(const struct prefix *p)
{
	uint32_t mask_be = prefix_mask_v4_be(p);

	return addr_from_v4(addr_v4_be(&p->net) | ~mask_be);
}

struct sadb_request fake_add(const struct fake *f, enum sadb_dir dir,
			     uint32_t spi)
{
	const struct addr us = f->conn.local_addrs[0].net.net;
	const struct addr peer = f->conn.remote_addrs[0].net.net;
	const struct prefix *local = &f->child.local_ts[0].net;
	const struct prefix *remote = &f->child.remote_ts[0].net;
	struct sadb_request q = {
		.verb = SADB_ADD,
		.id = { .daddr = dir == SADB_IN ? us : peer,
			.spi = spi,
			.dir = (uint8_t)dir },
		.sa = { .saddr = dir == SADB_IN ? peer : us,
			.policy = f->child.policy,
			.encr = ENCR_AES_GCM_16,
			.encr_key_bits = 128,
			.encr_key_len = KEY_LEN,
			.n_selectors = 1,
			.replay_window = 64,
			.selectors = { {
				.local_min = local->net,
				.local_max = last_of(local),
				.remote_min = remote->net,
				.remote_max = last_of(remote),
				.local_port_max = UINT16_MAX,
				.remote_port_max = UINT16_MAX,
			} } },
	};

	memset(q.sa.encr_key, (int)(spi & 0xff), KEY_LEN);
	return q;
}

struct change {
	const char *name;
	void (*make)(struct sadb_request *q);
};

static struct addr stranger(void)
{
	struct addr a = { .octets = { 0 } };

	addr_parse("192.0.2.9", &a);
	return a;
}

static void policy_beyond(struct sadb_request *q)
{
	q->sa.policy = SPD_MAX;
}

static void policy_unknown(struct sadb_request *q)
{
	q->sa.policy = SPD_MAX - 1;
}

static void wider(struct sadb_request *q)
{
	memset(&q->sa.selectors[0].remote_max.octets[12], 0xff, 4);
}

static void selectors_none(struct sadb_request *q)
{
	q->sa.n_selectors = 0;
}

static void selectors_17(struct sadb_request *q)
{
	q->sa.n_selectors = SADB_SELECTORS_MAX + 1;
}

static void selectors_255(struct sadb_request *q)
{
	q->sa.n_selectors = UINT8_MAX;
}

static void spi_255(struct sadb_request *q)
{
	q->id.spi = 255;
}

static void third_direction(struct sadb_request *q)
{
	q->id.dir = 2;
}

static void to_stranger(struct sadb_request *q)
{
	q->id.daddr = stranger();
}

static void from_stranger(struct sadb_request *q)
{
	q->sa.saddr = stranger();
}

static void ipv6(struct sadb_request *q)
{
	addr_parse("2001:db8::1", &q->id.daddr);
}

static void unknown_encr(struct sadb_request *q)
{
	q->sa.encr = UINT16_MAX;
}

static void encr_null(struct sadb_request *q)
{
	q->sa.encr = 11;
}

static void des(struct sadb_request *q)
{
	q->sa.encr = 2;
}

static void no_integrity(struct sadb_request *q)
{
	q->sa.encr = ENCR_AES_CBC;
	q->sa.encr_key_len = 16;
}

static void other_cipher(struct sadb_request *q)
{
	q->sa.encr_key_bits = 256;
	q->sa.encr_key_len = 36;
}

static void long_numbers(struct sadb_request *q)
{
	q->sa.esn = 1;
}

static void encrypts_nothing(struct sadb_request *q)
{
	q->sa.encr = ENCR_NULL;
	q->sa.encr_key_bits = q->sa.encr_key_len = 0;
	q->sa.integ = INTEG_HMAC_SHA2_256_128;
	q->sa.integ_key_len = 32;
}

static void ah(struct sadb_request *q)
{
	encrypts_nothing(q);
	q->sa.protocol = IKE_PROTO_AH;
}

static void key_too_long(struct sadb_request *q)
{
	q->sa.encr_key_len = UINT16_MAX;
}

static void key_too_short(struct sadb_request *q)
{
	q->sa.encr_key_len = 4;
}

static void one_port(struct sadb_request *q)
{
	q->sa.encap_sport = 4500;
}

static void window_of_all(struct sadb_request *q)
{
	q->sa.replay_window = UINT32_MAX;
}

static const struct change out_changes[] = {
	{ "ADD policy beyond", policy_beyond },
	{ "ADD policy unknown", policy_unknown },
	{ "ADD wider than the child", wider },
	{ "ADD without selectors", selectors_none },
	{ "ADD with 17 selectors", selectors_17 },
	{ "ADD with 255 selectors", selectors_255 },
	{ "ADD SPI 255", spi_255 },
	{ "ADD third direction", third_direction },
	{ "ADD to a stranger", to_stranger },
	{ "ADD from an address of a stranger", from_stranger },
	{ "ADD IPv6", ipv6 },
	{ "ADD unknown cipher", unknown_encr },
	{ "ADD no cipher", encr_null },
	{ "ADD DES", des },
	{ "ADD no integrity", no_integrity },
	{ "ADD a cipher that the child has not", other_cipher },
	{ "ADD numbers of 64 bits", long_numbers },
	{ "ADD what encrypts nothing", encrypts_nothing },
	{ "ADD AH", ah },
	{ "ADD key too long", key_too_long },
	{ "ADD key too short", key_too_short },
	{ "ADD one port of UDP", one_port },
};

static const struct change in_changes[] = {
	{ "ADD in, from a stranger", from_stranger },
	{ "ADD in, to an address of a stranger", to_stranger },
	{ "ADD in, a window of all numbers", window_of_all },
	{ "ADD in, what encrypts nothing", encrypts_nothing },
	{ "ADD in, AH", ah },
};

static void run_add(struct fake *f, enum sadb_dir dir, const struct change *c)
{
	struct sadb_request q =
		fake_add(f, dir, dir == SADB_IN ? SPI_IN : SPI_OUT);
	struct sadb_answer a;

	c->make(&q);
	fake_say_err(c->name, fake_sadb_ask(f, &q, &a));
}

/* Those before the child's: manual, bypass, discard, in this order. */
static void add_for_others(struct fake *f)
{
	for (uint32_t policy = 0; policy < f->child.policy; policy++) {
		struct sadb_request q = fake_add(f, SADB_OUT, SPI_OUT);
		struct sadb_answer a;
		char name[32];

		q.sa.policy = policy;
		snprintf(name, sizeof(name), "ADD for policy %u", policy);
		fake_say_err(name, fake_sadb_ask(f, &q, &a));
	}
}

static void run_adds(struct fake *f, const char *name)
{
	(void)name;
	add_for_others(f);
	for (size_t i = 0; i < sizeof(out_changes) / sizeof(out_changes[0]); i++)
		run_add(f, SADB_OUT, &out_changes[i]);
	for (size_t i = 0; i < sizeof(in_changes) / sizeof(in_changes[0]); i++)
		run_add(f, SADB_IN, &in_changes[i]);
}

static int ask_verb(struct fake *f, uint8_t verb, const struct sadb_id *id)
{
	struct sadb_request q = { .verb = verb, .id = *id };
	struct sadb_answer a;

	return fake_sadb_ask(f, &q, &a);
}

/* Of the tunnel that the configuration has keys for. */
static void run_manual(struct fake *f, const char *name)
{
	static const struct {
		const char *name;
		enum sadb_dir dir;
		uint8_t verb;
	} tries[] = {
		{ "UPDATE manual out", SADB_OUT, SADB_UPDATE },
		{ "UPDATE manual in", SADB_IN, SADB_UPDATE },
		{ "DELETE manual out", SADB_OUT, SADB_DELETE },
		{ "DELETE manual in", SADB_IN, SADB_DELETE },
		{ "CLAIM manual out", SADB_OUT, SADB_CLAIM },
		{ "CLAIM manual in", SADB_IN, SADB_CLAIM },
		{ "QUERY manual out", SADB_OUT, SADB_QUERY },
		{ "QUERY manual in", SADB_IN, SADB_QUERY },
		{ "MOVE manual out", SADB_OUT, SADB_MOVE },
		{ "MOVE manual in", SADB_IN, SADB_MOVE },
		{ "ADD over manual out", SADB_OUT, SADB_ADD },
		{ "ADD over manual in", SADB_IN, SADB_ADD },
	};

	(void)name;
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		struct sadb_request q = fake_add(
			f, tries[i].dir,
			tries[i].dir == SADB_IN ? f->manual_in : f->manual_out);
		struct sadb_answer a;

		q.verb = tries[i].verb;
		fake_say_err(tries[i].name, fake_sadb_ask(f, &q, &a));
	}
}

static void run_verbs(struct fake *f, const char *name)
{
	const struct sadb_request q = fake_add(f, SADB_OUT, SPI_OUT);

	(void)name;
	fake_say_err("UPDATE of nothing", ask_verb(f, SADB_UPDATE, &q.id));
	fake_say_err("DELETE of nothing", ask_verb(f, SADB_DELETE, &q.id));
	fake_say_err("CLAIM of nothing", ask_verb(f, SADB_CLAIM, &q.id));
	fake_say_err("QUERY of nothing", ask_verb(f, SADB_QUERY, &q.id));
	fake_say_err("MOVE of nothing", ask_verb(f, SADB_MOVE, &q.id));
	fake_say_err("GETSPI out", ask_verb(f, SADB_GETSPI, &q.id));
	fake_say_err("the verb ACQUIRE", ask_verb(f, SADB_ACQUIRE, &q.id));
	fake_say_err("the verb 255", ask_verb(f, UINT8_MAX, &q.id));
}

/* Under another SPI, and after the end of the SA that it was for. */
static void run_key(struct fake *f, const char *name)
{
	struct sadb_request first = fake_add(f, SADB_OUT, SPI_OUT);
	struct sadb_request second = first;
	struct sadb_request move = { .verb = SADB_MOVE };
	struct sadb_answer a;

	(void)name;
	second.id.spi++;
	fake_say_err("ADD good", fake_sadb_ask(f, &first, &a));
	fake_say_err("UPDATE good", ask_verb(f, SADB_UPDATE, &first.id));
	move.id = first.id;
	move.sa.saddr = first.sa.saddr;
	move.daddr = addr_from_v4(inet_addr("203.0.113.9"));
	fake_say_err("MOVE to a stranger", fake_sadb_ask(f, &move, &a));
	fake_say_err("ADD key of another SA", fake_sadb_ask(f, &second, &a));
	fake_say_err("DELETE good", ask_verb(f, SADB_DELETE, &first.id));
	fake_say_err("ADD key of an SA that was", fake_sadb_ask(f, &first, &a));
}

/* All that are larval at once are taken, and given back. */
static void run_getspi(struct fake *f, const char *name)
{
	struct sadb_id given[LARVAL_MAX + 1];
	struct sadb_request q;
	struct sadb_answer a;
	size_t n = 0;
	int err = 0;

	while (n <= LARVAL_MAX) {
		q = fake_add(f, SADB_IN, 0);
		q.verb = SADB_GETSPI;
		err = fake_sadb_ask(f, &q, &a);
		if (err)
			break;
		given[n++] = a.id;
	}
	fake_say_err(name, err);
	while (n)
		ask_verb(f, SADB_DELETE, &given[--n]);
}

const struct attempt fake_sadb[] = {
	{ "sadb-add", run_adds },      { "sadb-manual", run_manual },
	{ "sadb-verbs", run_verbs },   { "sadb-key", run_key },
	{ "sadb-getspi", run_getspi }, { NULL, NULL },
};
