// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKE_INTERMEDIATE (RFC 9242) with additional key exchanges (RFC 9370 section 2.2.2):
 * keys, IntAuth and AUTH against libcrypto's own HMAC, from what was on the wire; and
 * peers that do something else than was agreed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_derive.h"
#include "tests/support/ike_forge.h"
#include "tests/support/ike_settle.h"

#define TWO SETTLE_IKE "-ke1_ecp256-ke2_modp2048"
#define SEVEN                                                        \
	SETTLE_IKE "-ke1_ecp256-ke2_ecp384-ke3_ecp521-ke4_curve448-" \
		   "ke5_ecp256bp-ke6_ecp384bp-ke7_ecp512bp"

static struct ike_lab *lab_with(const char *a, const char *b)
{
	struct ike_lab *lab = lab_new(1);

	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = lab_conn(lab, i, i ? b : a, SETTLE_ESP);

		lab_load(lab, i, &c);
		conn_fini(&c);
		lab_keep(lab, i, true);
	}
	return lab;
}

static void initiate(struct ike_lab *lab)
{
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
}

/* --- what was on the wire, opened */

/* What IKE_INTERMEDIATE exchanges said, of each side. */
struct seen {
	unsigned int n[2]; /* exchanges */
	unsigned int datagrams;
	uint8_t covered[2][8][4096]; /* IntAuth_*A | IntAuth_*P */
	size_t len[2][8];
	uint8_t nonces[2][64];
	size_t nonce_len[2];
	struct derive_nonces of;
	/* IntAuth so far, made as they came. */
	uint8_t auth[2][DERIVE_PRF_BYTES];
};

/* In one piece, or the next one: with the header that a whole one would have. */
static void cover(struct seen *s, unsigned int side, const struct ike_header *h,
		  uint16_t number, uint8_t first, struct slice payloads)
{
	uint8_t *to;
	size_t *len;

	if (number <= 1)
		s->n[side]++;
	to = s->covered[side][s->n[side] - 1];
	len = &s->len[side][s->n[side] - 1];
	if (number <= 1) {
		struct builder b = wr_init(to, 32);

		wr_u64(&b, h->spi_i);
		wr_u64(&b, h->spi_r);
		wr_u32(&b, (uint32_t)46 << 24 | (uint32_t)0x20 << 16 |
				   43U << 8 | h->flags);
		wr_u32(&b, h->message_id);
		wr_u32(&b, 0);
		wr_u32(&b, (uint32_t)first << 24);
		*len = 32;
	}
	memcpy(to + *len, payloads.ptr, payloads.len);
	*len += payloads.len;
	/* Lengths of the message and of SK, without IV, padding and ICV. */
	to[26] = (uint8_t)(*len >> 8);
	to[27] = (uint8_t)*len;
	to[30] = (uint8_t)((*len - 28) >> 8);
	to[31] = (uint8_t)(*len - 28);
}

/* With the initiator's keys, which are others only when it has the response. */
static void open(const struct ike_lab *lab, unsigned int side, struct slice d,
		 struct seen *s)
{
	static uint8_t room[LAB_DATAGRAM_MAX];
	const struct ike_sa *sa = forge_sa(lab, 0);
	struct keys keys = sa->keys;
	struct slice rest = slice_of(room, d.len), header;
	struct slice inner = slice_of(NULL, 0);
	struct ike_fragment f = { .number = 0 };
	struct ike_payloads clear;
	struct ike_header h;
	struct ike_sk sk;

	memcpy(room, d.ptr, d.len);
	keys.initiator = side != 0;
	assert_true(ike_header_parse(rest, &h) &&
		    rd_slice(&rest, IKE_HEADER_BYTES, &header));
	assert_int_equal(ike_payloads_parse(rest, h.next_payload,
					    IKE_PART_CLEAR, &clear),
			 IKE_PARSE_OK);
	if (clear.at[0].type == IKE_PL_SKF)
		assert_true(ike_fragment_parse(clear.at[0].body, &f));
	else
		f.body = clear.at[0].body;
	assert_true(ike_sk_split(room, f.body, keys.encr->iv_bytes,
				 keys.encr->block_bytes, keys_icv_bytes(&keys),
				 &sk) &&
		    keys_open(&keys,
			      &(const struct sk_text){
				      .message = sk.message,
				      .aad_bytes = sk.aad_bytes,
				      .text_bytes = sk.text_bytes }) &&
		    ike_sk_inner(&sk, &inner));
	cover(s, side, &h, f.number, clear.sk_first, inner);
}

static void take_nonces(const struct ike_sa *sa, struct seen *s)
{
	const struct nonce *n[] = { &sa->ni, &sa->nr };

	for (unsigned int i = 0; i < 2; i++) {
		s->nonce_len[i] = n[i]->len;
		memcpy(s->nonces[i], n[i]->octets, n[i]->len);
	}
	s->of = (struct derive_nonces){
		.ni = slice_of(s->nonces[0], s->nonce_len[0]),
		.nr = slice_of(s->nonces[1], s->nonce_len[1]),
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
	};
}

static bool on_sent(struct ike_lab *lab, unsigned int side,
		    const struct ike_path *path, struct slice d)
{
	struct seen *s = lab->owner;
	struct ike_header h;

	(void)path;
	assert_true(ike_header_parse(d, &h));
	if (h.exchange != IKE_EXCH_IKE_INTERMEDIATE)
		return true;
	s->datagrams++;
	take_nonces(forge_sa(lab, 0), s);
	open(lab, side, d, s);
	return true;
}

/* --- against it */

/* All keys there have been, the last one in out; IntAuth goes along. */
static void derive(const struct lab_side *l, struct seen *s, struct derived *out)
{
	uint8_t skeyseed[DERIVE_PRF_BYTES];

	derive_first(slice_of(l->shared[0].octets, l->shared[0].len), &s->of,
		     skeyseed);
	derive_keys(skeyseed, &s->of, out);
	for (unsigned int i = 0; i < s->n[0]; i++) {
		const struct slice parts[] = {
			slice_of(l->shared[i + 1].octets, l->shared[i + 1].len),
			s->of.ni,
			s->of.nr,
		};

		for (unsigned int n = 0; n < 2; n++) {
			const struct slice said[] = {
				slice_of(s->auth[n], i ? DERIVE_PRF_BYTES : 0),
				slice_of(s->covered[n][i], s->len[n][i]),
			};

			derive_hmac(slice_of(n ? out->sk_pr : out->sk_pi,
					     DERIVE_PRF_BYTES),
				    said, 2, s->auth[n]);
		}
		derive_hmac(slice_of(out->sk_d, DERIVE_PRF_BYTES), parts, 3,
			    skeyseed);
		derive_keys(skeyseed, &s->of, out);
	}
}

static void assert_keys(const struct keys *k, const struct derived *d)
{
	assert_memory_equal(k->sk_d, d->sk_d, sizeof(d->sk_d));
	assert_memory_equal(k->sk_ei, d->sk_ei, sizeof(d->sk_ei));
	assert_memory_equal(k->sk_er, d->sk_er, sizeof(d->sk_er));
	assert_memory_equal(k->sk_pi, d->sk_pi, sizeof(d->sk_pi));
	assert_memory_equal(k->sk_pr, d->sk_pr, sizeof(d->sk_pr));
}

/* The last question is the check of the responder's AUTH, or the making of it. */
static void assert_auth(const struct lab_side *checks, const struct seen *s,
			const struct derived *d)
{
	const struct keystore_request *q = &checks->asked;
	uint8_t id[DERIVE_PRF_BYTES], key[DERIVE_PRF_BYTES],
		auth[DERIVE_PRF_BYTES],
		mid[4] = { 0, 0, 0, (uint8_t)(s->n[0] + 1) };
	const struct slice pad =
		slice_of((const uint8_t *)"Key Pad for IKEv2", 17);
	const struct slice body = slice_of(q->id_body, q->id_len);
	const struct slice octets[] = {
		slice_of(q->message, q->message_len),
		slice_of(s->nonces[0], s->nonce_len[0]),
		slice_of(id, sizeof(id)),
		slice_of(s->auth[0], sizeof(s->auth[0])),
		slice_of(s->auth[1], sizeof(s->auth[1])),
		slice_of(mid, sizeof(mid)),
	};

	assert_int_equal(q->op, KEYSTORE_PSK_CHECK);
	derive_hmac(slice_of(d->sk_pr, sizeof(d->sk_pr)), &body, 1, id);
	derive_hmac(slice_of(checks->psk.octets, checks->psk.len), &pad, 1, key);
	derive_hmac(slice_of(key, sizeof(key)), octets, 6, auth);
	assert_int_equal(q->auth_len, sizeof(auth));
	assert_memory_equal(q->auth, auth, sizeof(auth));
}

static void assert_as_the_rfcs_say(const char *ike, unsigned int exchanges,
				   uint32_t fragment_size)
{
	struct ike_lab *lab = lab_with(ike, ike);
	struct seen *s = calloc(1, sizeof(*s));
	struct derived d;

	assert_non_null(s);
	lab->owner = s;
	lab->sent = on_sent;
	if (fragment_size)
		lab_set_fragment_size(lab, fragment_size);
	initiate(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_int_equal(s->n[0], exchanges);
	assert_int_equal(s->n[1], exchanges);
	if (fragment_size)
		assert_true(s->datagrams > 2 * exchanges);
	else
		assert_int_equal(s->datagrams, 2 * exchanges);
	derive(&lab->side[0], s, &d);
	for (unsigned int i = 0; i < 2; i++)
		assert_keys(&forge_sa(lab, i)->keys, &d);
	assert_auth(&lab->side[0], s, &d);
	lab_free(lab);
	free(s);
}

static void keys_and_auth_are_those_of_the_rfcs(void **state)
{
	(void)state;
	assert_as_the_rfcs_say(TWO, 2, 0);
	assert_as_the_rfcs_say(SEVEN, 7, 0);
}

/* RFC 9242 section 3.3.2: as if it had been in one piece. */
static void fragments_are_covered_as_the_whole_is(void **state)
{
	(void)state;
	assert_as_the_rfcs_say(TWO, 2, FRAGMENT_SIZE_MIN);
}

/* --- ways through it */

static struct lab_fate chaos(struct ike_lab *lab, unsigned int n)
{
	struct lab_fate fate = { .copies = (unsigned int)lab_roll(lab, 3) };

	(void)n;
	for (unsigned int i = 0; i < 4; i++)
		fate.delay_ns[i] = 1 + lab_roll(lab, 2 * LAB_S);
	return fate;
}

static void it_comes_up_on_a_network_that_loses_and_doubles(void **state)
{
	unsigned int up = 0;

	(void)state;
	for (unsigned int seed = 0; seed < 60; seed++) {
		struct ike_lab *lab = lab_with(TWO, TWO);

		lab->seed = seed;
		lab->fate = chaos;
		lab->answer_max_ns = LAB_S / 2;
		if (seed % 2)
			lab_set_fragment_size(lab, FRAGMENT_SIZE_MIN);
		initiate(lab);
		assert_true(lab_run(lab, 60 * LAB_S));
		lab->fate = NULL;
		assert_true(lab_run(lab, 400 * LAB_S));
		up += settle_ike_sas(lab, 0);
		settle_assert_same(lab, "chaos", seed);
		lab_free(lab);
	}
	assert_true(up > 20);
}

/* Each single datagram of the handshake, once. */
static struct lab_fate lose_one(struct ike_lab *lab, unsigned int n)
{
	return (struct lab_fate){ .copies = n != lab->lost,
				  .delay_ns = { LAB_S / 1000 } };
}

static void any_datagram_may_be_lost(void **state)
{
	(void)state;
	for (unsigned int lost = 0; lost < 8; lost++) {
		struct ike_lab *lab = lab_with(TWO, TWO);

		lab->lost = lost;
		lab->fate = lose_one;
		initiate(lab);
		assert_true(lab_run(lab, 20 * LAB_S));
		settle_assert(lab, "lost", lost, 1, 1);
		lab_free(lab);
	}
}

static void behind_a_nat_it_goes_to_port_4500(void **state)
{
	struct ike_lab *lab = lab_new(1);

	(void)state;
	lab->nat = true;
	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = lab_conn(lab, i, TWO, SETTLE_ESP);

		c.remote_addrs[0].any = i;
		lab_load(lab, i, &c);
		conn_fini(&c);
	}
	initiate(lab);
	while (!forge_sa(lab, 0)->has_keys)
		assert_true(lab_step(lab));
	assert_true(lab_run(lab, LAB_S / 1000));
	assert_int_equal(lab->side[0].sent_by.local_port, IKE_NATT_PORT);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

/* --- peers that do something else */

static struct ike_lab *at_intermediate(const char *ike)
{
	struct ike_lab *lab = lab_with(ike, ike);

	initiate(lab);
	while (!forge_sa(lab, 0)->has_keys)
		assert_true(lab_step(lab));
	return lab;
}

static void assert_refused(struct ike_lab *lab, const char *why)
{
	assert_null(forge_sa(lab, 1));
	assert_non_null(strstr(lab_text(&lab->side[1], IKE_EV_FAILED), why));
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_int_equal(settle_ike_sas(lab, 1), 0);
	lab_free(lab);
}

static void put_ke(struct ike_builder *m, const char *name, size_t bytes)
{
	static const uint8_t octets[KE_PUBLIC_MAX_BYTES] = { 9 };

	ike_ke_put(m, (uint16_t)ke_by_name(name)->id, slice_of(octets, bytes));
}

static void auth_before_all_key_exchanges_is_refused(void **state)
{
	struct ike_lab *lab = at_intermediate(TWO);
	const struct ike_path path = forge_path(lab, 1);
	const struct ike_id id = { .type = IKE_ID_FQDN,
				   .data = slice_of((const uint8_t *)"a", 1) };
	struct ike_builder m;

	(void)state;
	forge_begin(forge_sa(lab, 0), &m, IKE_EXCH_IKE_AUTH, false, 1);
	ike_id_put(&m, IKE_PL_ID_I, &id);
	forge_send(lab, forge_sa(lab, 0), &m, &path);
	assert_refused(lab, "leaves out additional key exchanges");
}

static void key_exchange_of_another_method_is_refused(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct ike_lab *lab = at_intermediate(TWO);
		const struct ike_path path = forge_path(lab, 1);
		struct ike_builder m;

		forge_begin(forge_sa(lab, 0), &m, IKE_EXCH_IKE_INTERMEDIATE,
			    false, 1);
		if (i == 0)
			put_ke(&m, "modp2048", 256); /* the second one's */
		if (i == 1)
			put_ke(&m, "ecp256", 64); /* off the curve */
		forge_send(lab, forge_sa(lab, 0), &m, &path);
		assert_true(lab_run(lab, LAB_S / 1000));
		assert_refused(lab, i == 1 ? "is not valid"
					   : "another key exchange");
	}
}

/* It was not spoken of, or there are none left. */
static void exchange_that_was_not_agreed_on_is_refused(void **state)
{
	struct ike_lab *lab = at_intermediate(SETTLE_IKE);
	const struct ike_path path = forge_path(lab, 1);
	struct ike_builder m;

	(void)state;
	forge_begin(forge_sa(lab, 0), &m, IKE_EXCH_IKE_INTERMEDIATE, false, 1);
	forge_send(lab, forge_sa(lab, 0), &m, &path);
	assert_refused(lab, "was not agreed on");
}

/* One that says nothing is answered by one that says nothing, some times. */
static void empty_exchanges_are_answered_some_times(void **state)
{
	struct ike_lab *lab = lab_with(SETTLE_IKE "-ke1_none-ke1_ecp256",
				       SETTLE_IKE "-ke1_none-ke1_ecp256");
	unsigned int n;

	(void)state;
	initiate(lab);
	while (!forge_sa(lab, 0)->has_keys)
		assert_true(lab_step(lab));
	for (n = 1; n < 100 && forge_sa(lab, 1); n++) {
		const struct ike_path path = forge_path(lab, 1);
		struct ike_builder m;

		forge_begin(forge_sa(lab, 0), &m, IKE_EXCH_IKE_INTERMEDIATE,
			    false, n);
		forge_send(lab, forge_sa(lab, 0), &m, &path);
	}
	assert_int_equal(n, 18);
	assert_refused(lab, "was not agreed on");
}

/* A stranger that knows the SPIs makes no difference. */
static void what_is_not_sealed_is_nobodys(void **state)
{
	struct ike_lab *lab = at_intermediate(TWO);
	const struct ike_path path = forge_path(lab, 1);
	struct ike_sa *b = forge_sa(lab, 1);
	uint8_t datagram[64] = { 0 };
	struct builder w = wr_init(datagram, sizeof(datagram));

	(void)state;
	wr_u64(&w, b->spi_i);
	wr_u64(&w, b->spi_r);
	wr_u32(&w, (uint32_t)IKE_PL_SK << 24 | (uint32_t)IKE_VERSION << 16 |
			   IKE_EXCH_IKE_INTERMEDIATE << 8 | IKE_FLAG_I);
	wr_u32(&w, 1);
	wr_u32(&w, sizeof(datagram));
	wr_u32(&w, sizeof(datagram) - IKE_HEADER_BYTES);
	engine_input(lab->side[1].engine, &path, datagram, sizeof(datagram),
		     lab->now_ns);
	assert_true(lab_run(lab, 10 * LAB_S));
	settle_assert(lab, "forged", 0, 1, 1);
	lab_free(lab);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(keys_and_auth_are_those_of_the_rfcs),
		cmocka_unit_test(fragments_are_covered_as_the_whole_is),
		cmocka_unit_test(it_comes_up_on_a_network_that_loses_and_doubles),
		cmocka_unit_test(any_datagram_may_be_lost),
		cmocka_unit_test(behind_a_nat_it_goes_to_port_4500),
		cmocka_unit_test(auth_before_all_key_exchanges_is_refused),
		cmocka_unit_test(key_exchange_of_another_method_is_refused),
		cmocka_unit_test(exchange_that_was_not_agreed_on_is_refused),
		cmocka_unit_test(empty_exchanges_are_answered_some_times),
		cmocka_unit_test(what_is_not_sealed_is_nobodys),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
