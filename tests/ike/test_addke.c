// SPDX-License-Identifier: BSD-2-Clause
/*
 * Additional key exchanges (RFC 9370): what is chosen, and IKE_FOLLOWUP_KE behind
 * CREATE_CHILD_SA, with keys against libcrypto's own HMAC.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_derive.h"
#include "tests/support/ike_forge.h"
#include "tests/support/ike_settle.h"

#define IKE SETTLE_IKE "-ke1_ecp256"
#define ESP "aes128gcm16-x25519-ke1_ecp256-ke3_modp2048"

/* --- what is chosen */

static void set(struct proposals *p, const char *text)
{
	char *words = strdup(text), *rest = words, *one;
	struct error e;

	p->n = 0;
	while ((one = strsep(&rest, " ")))
		assert_int_equal(proposal_parse(one, IKE_PROTO_ESP,
						&p->at[p->n++], &e),
				 0);
	free(words);
}

/* As an operator would write it; "": nothing. */
static void choose(const char *ours, const char *theirs, char out[128])
{
	struct proposals mine, peers;
	uint8_t room[2048];
	struct ike_builder m;
	struct slice body = slice_of(room, 0);
	const struct ike_header h = { .spi_i = 1 };
	struct chosen c;

	set(&mine, ours);
	set(&peers, theirs);
	ike_begin(&m, room, sizeof(room), &h);
	proposals_put(&m, &peers, slice_of("spi4", 4), true);
	body = slice_of(room + 32, m.b.len - 32);
	out[0] = '\0';
	if (!proposals_choose(&mine, body, true, &c))
		return;
	snprintf(out, 128, "%s", c.ke ? c.ke->name : "none");
	for (unsigned int i = 0; i < IKE_ADDKES; i++)
		if (c.addke[i] != KE_NONE)
			snprintf(out + strlen(out), 128 - strlen(out),
				 " ke%u_%s", i + 1, ke_by_id(c.addke[i])->name);
}

#define A "aes128gcm16-"

static void choice_is_the_best_in_which_all_are_different(void **state)
{
	static const struct {
		const char *ours, *theirs, *chosen;
	} rows[] = {
		{ A "ecp256", A "ecp256", "ecp256" },
		{ A "ecp256-ke1_x25519", A "ecp256-ke1_x25519",
		  "ecp256 ke1_curve25519" },
		/* What one side does not know can only be none. */
		{ A "ecp256-ke1_x25519", A "ecp256", "" },
		{ A "ecp256-ke1_x25519-ke1_none", A "ecp256", "ecp256" },
		{ A "ecp256", A "ecp256-ke1_x25519", "" },
		{ A "ecp256", A "ecp256-ke1_x25519-ke1_none", "ecp256" },
		{ A "ecp256-ke1_x25519", A "ecp256-ke2_x25519", "" },
		{ A "ecp256-ke2_x25519", A "ecp256-ke2_x25519",
		  "ecp256 ke2_curve25519" },
		/* Ours decides, but for what would be there twice. */
		{ A "ecp256-ke1_x25519-ke1_x448",
		  A "ecp256-ke1_x448-ke1_x25519", "ecp256 ke1_curve25519" },
		{ A "ecp256-x25519-ke1_ecp256", A "ecp256-x25519-ke1_ecp256",
		  "curve25519 ke1_ecp256" },
		{ A "ecp256-ke1_x25519-ke1_x448-ke2_x25519",
		  A "ecp256-ke1_x25519-ke1_x448-ke2_x25519",
		  "ecp256 ke1_curve448 ke2_curve25519" },
		{ A "ecp256-ke1_x25519-ke2_x25519-ke2_none",
		  A "ecp256-ke1_x25519-ke2_x25519-ke2_none",
		  "ecp256 ke1_curve25519" },
		{ A "ecp256-ke1_x25519-ke2_x448",
		  A "ecp256-ke1_x25519-ke1_x448-ke2_x25519", "" },
		{ A "ecp256-ke1_none-ke1_x25519",
		  A "ecp256-ke1_x25519-ke1_none", "ecp256" },
		/* Without a first one there are none. */
		{ A "ecp256-none-ke1_x25519", A "ecp256-none-ke1_x25519",
		  "ecp256 ke1_curve25519" },
		{ A "none-x448-ke1_x25519", A "ecp256-none-ke1_x25519", "" },
		{ A "none-x448-ke1_x25519-ke1_none", A "none", "none" },
		/* The second proposal where the first does not fit. */
		{ A "ecp256-ke1_x25519 " A "ecp256", A "ecp256", "ecp256" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char chosen[128];

		choose(rows[i].ours, rows[i].theirs, chosen);
		if (strcmp(chosen, rows[i].chosen) != 0)
			fail_msg("row %zu: '%s', not '%s'", i, chosen,
				 rows[i].chosen);
	}
}

static void what_can_not_be_is_refused_at_once(void **state)
{
	static const char *const texts[] = {
		A "ke1_x25519",
		A "none-ke1_x25519",
		A "x25519-ke1_x25519",
		A "ecp256-ke1_x25519-ke2_x25519",
		A "ecp256-ke0_x25519",
		A "ecp256-ke8_x25519",
		A "ecp256-ke1_sha256",
		A "ecp256-ke1_",
		A "ecp256-ke1",
		A "ecp256-k",
		A "ecp256-ke1_x25519-ke1_x448-ke1_ecp384-ke1_ecp521-ke1_none",
	};
	struct proposal p;
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_true(proposal_parse(texts[i], IKE_PROTO_ESP, &p, &e) < 0);
}

static void what_is_written_reads_back_the_same(void **state)
{
	static const char text[] =
		"aes128gcm16-ecp256-ke1_curve25519-ke1_none-ke7_modp3072";
	char buf[PROPOSAL_STR_MAX];
	struct proposal p;
	struct error e;

	(void)state;
	assert_int_equal(proposal_parse(text, IKE_PROTO_ESP, &p, &e), 0);
	assert_string_equal(proposal_str(&p, buf), text);
}

/* --- IKE_FOLLOWUP_KE */

static struct ike_lab *lab_of(const char *ike, const char *esp, uint64_t seed)
{
	struct ike_lab *lab = lab_new(seed);

	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = lab_conn(lab, i, ike, esp);

		c.dpd_delay = 60;
		lab_load(lab, i, &c);
		conn_fini(&c);
		lab_keep(lab, i, true);
	}
	return lab;
}

static struct ike_lab *lab_up(uint64_t seed)
{
	struct ike_lab *lab = lab_of(IKE, ESP, seed);

	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 1));
	return lab;
}

static void rekey(struct ike_lab *lab, unsigned int side, const char *child)
{
	assert_int_equal(engine_rekey(lab->side[side].engine, "peer", child,
				      lab->now_ns),
			 1);
}

/* The nonces of the exchange of that side, which goes on. */
static void take_nonces(struct ike_lab *lab, unsigned int side,
			uint8_t nonces[2][64], size_t len[2])
{
	const struct exchange *x = &forge_sa(lab, side)->ours;

	while (!x->nr.len)
		assert_true(lab_step(lab));
	for (unsigned int i = 0; i < 2; i++) {
		const struct nonce *n = i ? &x->nr : &x->ni;

		len[i] = n->len;
		memcpy(nonces[i], n->octets, n->len);
	}
}

/* SK(0) | Ni | Nr | SK(1) | … of the last key exchanges, RFC 9370 section 2.2.4. */
static struct slice seed_of(const struct lab_side *s, unsigned int first,
			    unsigned int n, uint8_t nonces[2][64],
			    const size_t len[2], uint8_t room[4096])
{
	struct builder b = wr_init(room, 4096);

	for (unsigned int i = 0; i < n; i++) {
		wr_bytes(&b, s->shared[first + i].octets,
			 s->shared[first + i].len);
		if (i)
			continue;
		wr_bytes(&b, nonces[0], len[0]);
		wr_bytes(&b, nonces[1], len[1]);
	}
	assert_true(wr_ok(&b));
	return slice_of(room, b.len);
}

static const struct lab_sa *bound(const struct lab_side *s)
{
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		if (s->sas[i].used && s->sas[i].bound)
			return &s->sas[i];
	return NULL;
}

static void keymat_is_that_of_the_rfc(void **state)
{
	(void)state;
	for (unsigned int side = 0; side < 2; side++) {
		struct ike_lab *lab = lab_up(1);
		struct lab_side *s = &lab->side[side];
		unsigned int first = s->n_shared;
		uint8_t nonces[2][64], room[4096], keymat[40];
		size_t len[2];
		struct slice seed;

		rekey(lab, side, "net");
		take_nonces(lab, side, nonces, len);
		assert_true(lab_run(lab, 10 * LAB_S));
		settle_assert(lab, "rekeyed", side, 1, 1);
		assert_int_equal(s->n_shared, first + 3);
		seed = seed_of(s, first, 3, nonces, len, room);
		derive_plus(slice_of(forge_sa(lab, side)->keys.sk_d, 32), seed,
			    keymat, sizeof(keymat));
		assert_memory_equal(bound(s)->sa.encr_key, keymat, 20);
		assert_memory_equal(bound(&lab->side[!side])->sa.encr_key,
				    keymat + 20, 20);
		lab_free(lab);
	}
}

static void skeyseed_of_rekeying_is_that_of_the_rfc(void **state)
{
	(void)state;
	for (unsigned int side = 0; side < 2; side++) {
		struct ike_lab *lab = lab_up(1);
		struct lab_side *s = &lab->side[side];
		unsigned int first = s->n_shared;
		uint8_t nonces[2][64], room[4096], old[32], skeyseed[32];
		struct derive_nonces n;
		struct derived d;
		size_t len[2];
		struct slice seed;

		memcpy(old, forge_sa(lab, side)->keys.sk_d, 32);
		rekey(lab, side, NULL);
		take_nonces(lab, side, nonces, len);
		assert_true(lab_run(lab, 300 * LAB_S));
		settle_assert(lab, "rekeyed", side, 1, 1);
		assert_int_equal(s->n_shared, first + 2);
		seed = seed_of(s, first, 2, nonces, len, room);
		derive_hmac(slice_of(old, 32), &seed, 1, skeyseed);
		n = (struct derive_nonces){
			.ni = slice_of(nonces[0], len[0]),
			.nr = slice_of(nonces[1], len[1]),
			.spi_i = forge_sa(lab, side)->spi_i,
			.spi_r = forge_sa(lab, side)->spi_r,
		};
		derive_keys(skeyseed, &n, &d);
		for (unsigned int i = 0; i < 2; i++) {
			const struct keys *k = &forge_sa(lab, i)->keys;

			assert_memory_equal(k->sk_d, d.sk_d, 32);
			assert_memory_equal(k->sk_ei, d.sk_ei, 20);
			assert_memory_equal(k->sk_er, d.sk_er, 20);
		}
		lab_free(lab);
	}
}

/* Each single datagram, once, and each moment of a takeover. */
static struct lab_fate lose_one(struct ike_lab *lab, unsigned int n)
{
	return (struct lab_fate){ .copies = n != lab->lost,
				  .delay_ns = { LAB_S / 1000 } };
}

static void any_datagram_may_be_lost(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 20; i++) {
		struct ike_lab *lab = lab_up(i);

		lab->lost = lab->datagrams + i / 2;
		lab->fate = lose_one;
		rekey(lab, i / 4 % 2, i % 2 ? "net" : NULL);
		assert_true(lab_run(lab, 400 * LAB_S));
		settle_assert(lab, "lost", i, 1, 1);
		lab_free(lab);
	}
}

static uint16_t seen_ike[IKE_ADDKES], seen_child[IKE_ADDKES];

static void on_ike_view(void *ctx, const struct ike_sa_view *v)
{
	(void)ctx;
	memcpy(seen_ike, v->addke, sizeof(seen_ike));
}

static void on_child_view(void *ctx, const struct child_sa_view *v)
{
	(void)ctx;
	memcpy(seen_child, v->addke, sizeof(seen_child));
}

/* Of IKE SA and child, by who rekeyed them and by a successor. */
static void they_are_seen_as_long_as_the_sa_lives(void **state)
{
	static const uint16_t ike[IKE_ADDKES] = { KE_ECP_256 };
	static const uint16_t child[IKE_ADDKES] = { KE_ECP_256, KE_NONE,
						    KE_MODP_2048 };

	(void)state;
	for (unsigned int i = 0; i < 8; i++) {
		struct ike_lab *lab = lab_up(i);
		unsigned int side = i & 1;
		struct engine *e;

		rekey(lab, i / 2 % 2, "net");
		assert_true(lab_run(lab, 30 * LAB_S));
		if (i & 4) {
			lab_kill(lab, side);
			lab_take_over(lab, side);
			assert_true(lab_run(lab, LAB_S));
		}
		e = lab->side[side].engine;
		memset(seen_ike, 0, sizeof(seen_ike));
		memset(seen_child, 0, sizeof(seen_child));
		e->calls.ike_view = on_ike_view;
		e->calls.child_view = on_child_view;
		engine_show(e);
		assert_memory_equal(seen_ike, ike, sizeof(ike));
		assert_memory_equal(seen_child, child, sizeof(child));
		e->calls.ike_view = NULL;
		e->calls.child_view = NULL;
		lab_free(lab);
	}
}

static void either_side_may_be_taken_over_at_any_moment(void **state)
{
	unsigned int rekeyed = 0;

	(void)state;
	for (unsigned int i = 0; i < 400; i++) {
		struct ike_lab *lab = lab_up(i);
		uint32_t before = bound(&lab->side[0])->id.spi;

		lab->answer_max_ns = LAB_S / 1000;
		rekey(lab, i % 2, i / 4 % 2 ? "net" : NULL);
		for (unsigned int n = 0; n < i / 8; n++)
			lab_step(lab);
		lab_kill(lab, i / 2 % 2);
		lab_take_over(lab, i / 2 % 2);
		assert_true(lab_run(lab, 900 * LAB_S));
		settle_assert(lab, "taken over", i, 1, 1);
		rekeyed += bound(&lab->side[0])->id.spi != before;
		lab_free(lab);
	}
	assert_true(rekeyed > 150);
}

static struct lab_fate chaos(struct ike_lab *lab, unsigned int n)
{
	struct lab_fate fate = { .copies = (unsigned int)lab_roll(lab, 3) };

	(void)n;
	for (unsigned int i = 0; i < 4; i++)
		fate.delay_ns[i] = 1 + lab_roll(lab, LAB_S);
	return fate;
}

static void both_sides_may_rekey_at_once(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 200; i++) {
		struct ike_lab *lab = lab_up(i);

		lab->answer_max_ns = LAB_S / 10;
		lab->fate = i % 2 ? chaos : NULL;
		rekey(lab, 0, i / 2 % 2 ? "net" : NULL);
		lab_run(lab, lab_roll(lab, LAB_S));
		engine_rekey(lab->side[1].engine, "peer",
			     i / 4 % 2 ? "net" : NULL, lab->now_ns);
		assert_true(lab_run(lab, 60 * LAB_S));
		lab->fate = NULL;
		assert_true(lab_run(lab, 900 * LAB_S));
		settle_assert_same(lab, "at once", i);
		lab_free(lab);
	}
}

static void link_that_nobody_gave_is_not_found(void **state)
{
	struct ike_lab *lab = lab_up(1);
	static const uint8_t value[64] = { 9 };
	const struct ike_path path = forge_path(lab, 1);
	const struct ike_notify link = { .type = IKE_N_ADDITIONAL_KEY_EXCHANGE,
					 .data = slice_of(value, 8) };
	struct ike_sa *a = forge_sa(lab, 0);
	struct ike_builder m;

	(void)state;
	forge_begin(a, &m, IKE_EXCH_IKE_FOLLOWUP_KE, false, a->next_ours++);
	ike_ke_put(&m, KE_ECP_256, slice_of(value, sizeof(value)));
	ike_notify_put(&m, &link);
	forge_send(lab, a, &m, &path);
	assert_true(lab_run(lab, LAB_S));
	settle_assert(lab, "not found", 0, 1, 1);
	lab_free(lab);
}

/* The peer begins, and never goes on. */
static bool hide_followups(struct ike_lab *lab, unsigned int side,
			   const struct ike_path *path, struct slice d)
{
	struct ike_header h;

	(void)lab;
	(void)side;
	(void)path;
	return ike_header_parse(d, &h) && h.exchange != IKE_EXCH_IKE_FOLLOWUP_KE;
}

static void what_is_put_aside_is_forgotten_after_a_minute(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct ike_lab *lab = lab_up(1);
		struct ike_sa *b = forge_sa(lab, 1);

		lab->sent = hide_followups;
		rekey(lab, 0, i ? "net" : NULL);
		assert_true(lab_run(lab, LAB_S));
		assert_non_null(b->aside);
		assert_int_equal(lab_sas(&lab->side[1], true), i);
		assert_true(lab_run(lab, 61 * LAB_S));
		assert_null(b->aside);
		assert_int_equal(lab_sas(&lab->side[1], true), 0);
		assert_true(settle_ike_sas(lab, 1) == 1);
		lab_free(lab);
	}
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(choice_is_the_best_in_which_all_are_different),
		cmocka_unit_test(what_can_not_be_is_refused_at_once),
		cmocka_unit_test(what_is_written_reads_back_the_same),
		cmocka_unit_test(keymat_is_that_of_the_rfc),
		cmocka_unit_test(skeyseed_of_rekeying_is_that_of_the_rfc),
		cmocka_unit_test(any_datagram_may_be_lost),
		cmocka_unit_test(they_are_seen_as_long_as_the_sa_lives),
		cmocka_unit_test(either_side_may_be_taken_over_at_any_moment),
		cmocka_unit_test(both_sides_may_rekey_at_once),
		cmocka_unit_test(link_that_nobody_gave_is_not_found),
		cmocka_unit_test(what_is_put_aside_is_forgotten_after_a_minute),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
