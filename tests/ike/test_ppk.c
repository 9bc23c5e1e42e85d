// SPDX-License-Identifier: BSD-2-Clause
/*
 * Post-quantum pre-shared keys (RFC 8784): when one is used, when the two sides do
 * without, and that the keys are the RFC's, by libcrypto's own HMAC.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cmocka.h>

#include "ctrl/daemon/keystore.h"
#include "tests/support/ike_forge.h"
#include "tests/support/ike_look.h"
#include "tests/support/ike_settle.h"

#define PPK_ID	 "ppk-1.example.org"
#define OTHER_ID "ppk-2.example.org"
#define PPK	 "what a quantum computer does not find out"
#define PRF_LEN	 32U /* SETTLE_IKE's */

/* One side: what its connection says, and whether its keystore has the PPK. */
struct ours {
	const char *id; /* NULL: none */
	bool required;
	const char *key; /* NULL: none */
	const char *owner;
};

static const struct ours nothing = { .id = NULL };
static const struct ours optional = { PPK_ID, false, PPK, PPK_ID };
static const struct ours required = { PPK_ID, true, PPK, PPK_ID };

static struct identity who(const char *text)
{
	struct identity id;
	struct error e;

	assert_int_equal(identity_parse(text, &id, &e), 0);
	return id;
}

static void set_up(struct ike_lab *lab, unsigned int side, const struct ours *o,
		   struct identity *owner)
{
	struct conn_conf c = lab_conn(lab, side, SETTLE_IKE, SETTLE_PFS);
	struct lab_side *s = &lab->side[side];
	struct ike_options options = lab->options;

	if (o->id)
		c.ppk_id = who(o->id);
	c.ppk_required = o->required;
	options.has_ppks = o->key;
	engine_set_options(s->engine, &options);
	if (o->key) {
		*owner = who(o->owner);
		s->ppk = (struct psk_conf){ .is_ppk = true,
					    .owners = owner,
					    .n_owners = 1 };
		s->ppk.key.len = strlen(o->key);
		memcpy(s->ppk.key.octets, o->key, s->ppk.key.len);
	}
	lab_load(lab, side, &c);
	conn_fini(&c);
}

/* owners: of two, for as long as the laboratory. */
static struct ike_lab *lab_with(const struct ours *a, const struct ours *b,
				struct identity *owners)
{
	struct ike_lab *lab = lab_new(1);

	for (unsigned int i = 0; i < 2; i++) {
		set_up(lab, i, i ? b : a, &owners[i]);
		lab_keep(lab, i, true);
	}
	return lab;
}

static void initiate(struct ike_lab *lab)
{
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, 10 * LAB_S));
}

/* --- keys */

/* HMAC-SHA-256(PPK, sk' | 0x01): RFC 8784 section 3, prf+ of one block. */
static void assert_mixed(const uint8_t *plain, const uint8_t *made)
{
	uint8_t text[PRF_LEN + 1], mac[PRF_LEN];
	unsigned int len = sizeof(mac);

	memcpy(text, plain, PRF_LEN);
	text[PRF_LEN] = 1;
	assert_non_null(HMAC(EVP_sha256(), PPK, (int)strlen(PPK), text,
			     sizeof(text), mac, &len));
	assert_memory_equal(made, mac, PRF_LEN);
}

static void keys_of_both_sides_are_mixed_as_the_rfc_says(void **state)
{
	struct identity owners[2];
	struct ike_lab *lab = lab_with(&required, &optional, owners);

	(void)state;
	initiate(lab);
	assert_true(lab_agree(lab, 1));
	for (unsigned int i = 0; i < 2; i++) {
		const struct ike_sa *sa = forge_sa(lab, i);
		const struct keystore_request *q = &lab->side[i].mixed;

		assert_true(sa->uses_ppk);
		assert_mixed(q->sk[KEYSTORE_SK_D], sa->keys.sk_d);
		assert_mixed(q->sk[KEYSTORE_SK_PI], sa->keys.sk_pi);
		assert_mixed(q->sk[KEYSTORE_SK_PR], sa->keys.sk_pr);
	}
	lab_free(lab);
}

/* --- who uses it */

static void both_sides_decide(void **state)
{
	static const struct ours unnamed = { PPK_ID, false, NULL, NULL };
	static const struct ours any = { NULL, false, PPK, PPK_ID };
	static const struct ours must = { NULL, true, PPK, PPK_ID };
	static const struct ours others = { OTHER_ID, false, PPK, OTHER_ID };
	static const struct ours narrow = { OTHER_ID, false, PPK, PPK_ID };
	static const struct ours wide = { "*.example.org", false, PPK,
					  "*.example.org" };
	static const struct ours wrong = { PPK_ID, false, "wrong", PPK_ID };
	static const struct ours wrong_too = { PPK_ID, true, "wrong", PPK_ID };
	static const struct ours lost = { PPK_ID, true, NULL, NULL };
	static const struct {
		const struct ours *a, *b;
		bool up, uses;
	} rows[] = {
		{ &nothing, &nothing, true, false },
		{ &nothing, &optional, true, false },
		{ &nothing, &required, false, false },
		{ &optional, &nothing, true, false },
		{ &optional, &optional, true, true },
		{ &optional, &required, true, true },
		{ &required, &nothing, false, false },
		{ &required, &optional, true, true },
		{ &required, &required, true, true },
		{ &optional, &any, true, true },
		{ &required, &must, true, true },
		{ &nothing, &must, false, false },
		{ &optional, &others, true, false },
		{ &required, &others, false, false },
		{ &optional, &narrow, true, false },
		{ &required, &narrow, false, false },
		{ &optional, &wide, true, true },
		/* It names one that it has not got. */
		{ &unnamed, &optional, true, false },
		{ &unnamed, &required, false, false },
		{ &lost, &optional, false, false },
		/* The same name, and another key: nobody can tell. */
		{ &optional, &wrong, false, false },
		{ &required, &wrong_too, false, false },
		/* It requires what it does not name. */
		{ &must, &optional, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct identity owners[2];
		struct ike_lab *lab = lab_with(rows[i].a, rows[i].b, owners);

		initiate(lab);
		assert_true(lab_run(lab, 60 * LAB_S));
		settle_assert(lab, "row", i, rows[i].up, rows[i].up);
		assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED),
				 !rows[i].up);
		for (unsigned int n = 0; rows[i].up && n < 2; n++)
			assert_int_equal(forge_sa(lab, n)->uses_ppk,
					 rows[i].uses);
		lab_free(lab);
	}
}

static void rekeying_and_reauthentication_go_on_with_it(void **state)
{
	struct identity owners[2];
	struct ike_lab *lab = lab_with(&required, &required, owners);

	(void)state;
	initiate(lab);
	for (unsigned int i = 0; i < 2; i++) {
		engine_rekey(lab->side[i].engine, "peer", NULL, lab->now_ns);
		assert_true(lab_run(lab, 10 * LAB_S));
		engine_rekey(lab->side[i].engine, "peer", "net", lab->now_ns);
		assert_true(lab_run(lab, 300 * LAB_S));
		settle_assert(lab, "rekeyed", i, 1, 1);
		assert_true(forge_sa(lab, i)->uses_ppk);
	}
	engine_reauth(lab->side[0].engine, "peer", lab->now_ns);
	assert_true(lab_run(lab, 300 * LAB_S));
	settle_assert(lab, "authenticated again", 0, 1, 1);
	assert_true(forge_sa(lab, 1)->uses_ppk);
	lab_free(lab);
}

static void successor_goes_on_with_it(void **state)
{
	struct identity owners[2];
	struct ike_lab *lab = lab_with(&required, &required, owners);

	(void)state;
	initiate(lab);
	for (unsigned int i = 0; i < 2; i++) {
		lab_kill(lab, i);
		lab_take_over(lab, i);
		assert_true(forge_sa(lab, i)->uses_ppk);
		engine_rekey(lab->side[i].engine, "peer", "net", lab->now_ns);
		assert_true(lab_run(lab, 30 * LAB_S));
		settle_assert(lab, "taken over", i, 1, 1);
	}
	lab_free(lab);
}

/* Whatever the network and the order of answers do. */
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
	(void)state;
	for (unsigned int seed = 0; seed < 40; seed++) {
		struct identity owners[2];
		struct ike_lab *lab =
			lab_with(seed % 2 ? &optional : &required,
				 seed % 3 ? &required : &optional, owners);

		lab->seed = seed;
		lab->fate = chaos;
		lab->answer_max_ns = LAB_S / 2;
		initiate(lab);
		lab->fate = NULL;
		assert_true(lab_run(lab, 120 * LAB_S));
		if (settle_ike_sas(lab, 0))
			assert_true(forge_sa(lab, 0)->uses_ppk);
		settle_assert_same(lab, "chaos", seed);
		lab_free(lab);
	}
}

/* --- what strangers and takeovers may learn */

/* The same answer, and as many questions. */
static void unknown_ppk_is_answered_like_an_unknown_peer(void **state)
{
	struct identity owners[2];
	struct ike_lab *known = lab_with(&required, &required, owners);
	struct ike_lab *unknown = lab_with(&required, &required, owners);
	struct conn_conf c = lab_conn(unknown, 1, SETTLE_IKE, SETTLE_PFS);

	(void)state;
	known->side[1].ppk.owners[0] = who(OTHER_ID);
	c.remote_id = who("somebody.example.org");
	c.ppk_id = who(PPK_ID);
	lab_load(unknown, 1, &c);
	conn_fini(&c);
	initiate(known);
	initiate(unknown);
	assert_int_equal(known->side[1].asked.op, KEYSTORE_PSK_CHECK);
	assert_int_equal(unknown->side[1].asked.op, KEYSTORE_PSK_CHECK);
	assert_int_equal(known->side[1].mixed.op, KEYSTORE_PPK_MIX);
	assert_int_equal(unknown->side[1].mixed.op, KEYSTORE_PPK_MIX);
	assert_int_equal(known->datagrams, unknown->datagrams);
	assert_int_equal(known->side[1].last_len, unknown->side[1].last_len);
	assert_string_equal(lab_text(&known->side[0], IKE_EV_FAILED),
			    lab_text(&unknown->side[0], IKE_EV_FAILED));
	lab_free(known);
	lab_free(unknown);
}

static void keystore_says_nothing_of_a_ppk_that_is_not_there(void **state)
{
	const uint8_t zeros[KEYSTORE_PRF_MAX] = { 0 };
	struct identity owner = who(PPK_ID);
	struct psk_conf keys[2] = {
		{ .key = { .len = 3, .octets = "psk" } },
		{ .key = { .len = 3, .octets = "ppk" },
		  .is_ppk = true,
		  .owners = &owner,
		  .n_owners = 1 },
	};
	struct keystore_request q = { .token = 5,
				      .op = KEYSTORE_PPK_MIX,
				      .prf = PRF_HMAC_SHA2_256,
				      .remote = who(OTHER_ID) };
	struct keystore_answer a;

	(void)state;
	keystore_serve(keys, 2, &q, &a);
	assert_int_equal(a.err, -ENOKEY);
	assert_memory_equal(a.sk[0], zeros, sizeof(zeros));
	keystore_serve(keys, 1, &q, &a);
	assert_int_equal(a.err, -ENOKEY); /* a PSK is none */
	q.remote = who(PPK_ID);
	keystore_serve(keys, 2, &q, &a);
	assert_int_equal(a.err, 0);
	assert_int_equal(a.token, 5);
	assert_int_equal(a.auth_len, 0);
	q.remote.len = IKE_ID_MAX + 1;
	keystore_serve(keys, 2, &q, &a);
	assert_int_equal(a.err, -EINVAL);
	q.op = KEYSTORE_PSK_MAKE;
	q.remote = who(PPK_ID);
	q.message_len = q.nonce_len = q.id_len = 8;
	keystore_serve(keys + 1, 1, &q, &a);
	assert_int_equal(a.err, -ENOKEY); /* and a PPK is no PSK */
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(keys_of_both_sides_are_mixed_as_the_rfc_says),
		cmocka_unit_test(both_sides_decide),
		cmocka_unit_test(rekeying_and_reauthentication_go_on_with_it),
		cmocka_unit_test(successor_goes_on_with_it),
		cmocka_unit_test(it_comes_up_on_a_network_that_loses_and_doubles),
		cmocka_unit_test(unknown_ppk_is_answered_like_an_unknown_peer),
		cmocka_unit_test(
			keystore_says_nothing_of_a_ppk_that_is_not_there),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
