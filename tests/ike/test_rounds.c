// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKE_AUTH in several rounds (RFC 4739): every mix of methods and numbers comes up, and
 * a round too few, one too many or one that proves the wrong thing leaves nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/ike/rounds.h"
#include "tests/support/ike_certs.h"
#include "tests/support/ike_forge.h"
#include "tests/support/ike_settle.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* What each side is, round by round: 'c' by a certificate, 'p' by a pre-shared key. */
struct mix {
	const char *moon, *sun;
};

static enum auth_by by_of(char method)
{
	return method == 'p' ? AUTH_BY_PSK : AUTH_BY_PUBKEY;
}

/* Its name; behind the first round with a certificate, which is of that, another one. */
static void name_of(unsigned int side, const char *methods, size_t round,
		    struct identity *out)
{
	char name[32];

	snprintf(name, sizeof(name), "%s%zu", side ? "sun" : "moon", round + 1);
	if (methods[round] == 'c' || !round)
		name[strlen(name) - 1] = '\0';
	certs_set_id(out, name);
}

static void put_side(struct conn_conf *c, enum conn_side which,
		     unsigned int side, const char *methods)
{
	size_t n = strlen(methods);
	struct auth_round *more = which == CONN_LOCAL
					  ? c->more_rounds
					  : c->more_rounds + c->n_more_local;

	if (which == CONN_LOCAL)
		c->local_auth.by = by_of(methods[0]);
	else
		c->remote_auth.by = by_of(methods[0]);
	for (size_t i = 1; i < n; i++) {
		more[i - 1].auth.by = by_of(methods[i]);
		name_of(side, methods, i, &more[i - 1].id);
	}
}

static struct conn_conf conn_of(const struct ike_lab *lab, unsigned int side,
				const struct mix *mix)
{
	const char *local = side ? mix->sun : mix->moon;
	const char *remote = side ? mix->moon : mix->sun;
	struct conn_conf c = certs_conn_of(lab, side);

	c.n_more_local = (uint8_t)(strlen(local) - 1);
	c.n_more_remote = (uint8_t)(strlen(remote) - 1);
	c.more_rounds = calloc(2 * AUTH_ROUNDS_MAX, sizeof(*c.more_rounds));
	assert_non_null(c.more_rounds);
	put_side(&c, CONN_LOCAL, side, local);
	put_side(&c, CONN_REMOTE, !side, remote);
	return c;
}

static void load(struct ike_lab *lab, unsigned int side, const struct mix *mix)
{
	struct conn_conf c = conn_of(lab, side, mix);

	certs_load_conn(lab, side, &c);
}

static struct ike_lab *lab_of(const struct mix *moon, const struct mix *sun)
{
	struct ike_lab *lab = certs_lab_of("moon", "sun_rsa");

	load(lab, 0, moon);
	load(lab, 1, sun);
	return lab;
}

static size_t longer(const struct mix *mix)
{
	size_t i = strlen(mix->moon), r = strlen(mix->sun);

	return i > r ? i : r;
}

static unsigned int signatures(const struct mix *mix)
{
	unsigned int n = 0;

	for (const char *at = mix->moon; *at; at++)
		n += *at == 'c';
	for (const char *at = mix->sun; *at; at++)
		n += *at == 'c';
	return n;
}

static const struct mix mixes[] = {
	{ "cp", "cp" }, { "pc", "pc" },	  { "cp", "c" },   { "c", "cp" },
	{ "pc", "p" },	{ "p", "pc" },	  { "pp", "pp" },  { "cc", "cc" },
	{ "cp", "pc" }, { "cpcp", "pc" }, { "p", "cpcp" }, { "ccc", "pp" },
};

/* --- they come up */

static void every_mix_of_rounds_comes_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(mixes); i++)
		for (unsigned int first = 0; first < 2; first++) {
			const struct mix *mix = &mixes[i];
			struct ike_lab *lab = lab_of(mix, mix);

			assert_int_equal(engine_initiate(lab->side[first].engine,
							 "peer", NULL,
							 lab->now_ns),
					 0);
			assert_true(lab_run(lab, 10 * LAB_S));
			certs_assert_up(lab, mix->moon);
			assert_int_equal(lab->verified, signatures(mix));
			assert_int_equal(lab->datagrams, 2 + 2 * longer(mix));
			lab_free(lab);
		}
}

/* As in strongSwan: an IKE SA is of whoever was proved last. */
static void ike_sa_has_the_identities_of_the_last_rounds(void **state)
{
	static const struct mix mix = { "cp", "pp" };
	struct ike_lab *lab = lab_of(&mix, &mix);
	struct identity moon, sun;

	(void)state;
	certs_set_id(&moon, "moon2");
	certs_set_id(&sun, "sun2");
	certs_initiate(lab);
	certs_assert_up(lab, "names");
	assert_true(identity_equal(&forge_sa(lab, 0)->local_id, &moon));
	assert_true(identity_equal(&forge_sa(lab, 0)->peer_id, &sun));
	assert_true(identity_equal(&forge_sa(lab, 1)->local_id, &sun));
	assert_true(identity_equal(&forge_sa(lab, 1)->peer_id, &moon));
	lab_free(lab);
}

static void one_round_says_nothing_of_others(void **state)
{
	static const struct mix one = { "c", "c" };
	struct ike_lab *lab = lab_of(&one, &one);

	(void)state;
	certs_initiate(lab);
	certs_assert_up(lab, "one");
	assert_int_equal(lab->datagrams, 4);
	lab_free(lab);
}

/* --- refusals */

struct refusal {
	struct mix moon, sun; /* as each of them has it */
	unsigned int judge;
	const char *why;
};

static const struct refusal refusals[] = {
	/* sun wants more of moon than moon has, and the other way round. */
	{ { "c", "c" }, { "cp", "c" }, 1, "leaves out a round" },
	{ { "c", "cp" }, { "c", "c" }, 0, "leaves out a round" },
	{ { "cp", "c" }, { "cpp", "c" }, 1, "leaves out a round" },
	{ { "cp", "c" }, { "c", "c" }, 1, "wants another round" },
	{ { "c", "cp" }, { "c", "cpp" }, 0, "wants another round" },
	{ { "cpp", "cpp" }, { "cp", "cpp" }, 1, "wants another round" },
	{ { "cp", "cp" }, { "cp", "cpp" }, 0, "wants another round" },
	/* moon has one, and says of none that it takes more. */
	{ { "c", "c" }, { "c", "cp" }, 1, "takes no several rounds" },
	/* By another method than is wanted in that round. */
	{ { "cp", "c" }, { "cc", "c" }, 1, "by a pre-shared key, and not" },
	{ { "pp", "p" }, { "pc", "p" }, 1, "by a pre-shared key, and not" },
	{ { "cc", "c" }, { "cp", "c" }, 1, "not authenticate by a pre-shared" },
	{ { "c", "cc" }, { "c", "cp" }, 0, "by a pre-shared key, and not" },
};

static void other_rounds_than_the_connections_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		const struct refusal *r = &refusals[i];
		struct ike_lab *lab = lab_of(&r->moon, &r->sun);

		certs_initiate(lab);
		assert_true(lab_run(lab, 300 * LAB_S));
		certs_assert_refused(lab, r->judge, r->why, r->why);
		lab_free(lab);
	}
}

static const struct mix two = { "cp", "pc" };

/* What is wrong with a second round, of moon's or of sun's. */
static void other_name(struct ike_lab *lab, unsigned int of)
{
	struct conn_conf c = conn_of(lab, of, &two);

	certs_set_id(&c.more_rounds[0].id, "mars");
	c.more_rounds[0].auth.n_certs = of; /* it has no other one */
	c.more_rounds[0].auth.certs[0] = certs_fingerprint("sun_rsa");
	certs_load_conn(lab, of, &c);
}

static void other_signature(struct ike_lab *lab, unsigned int of)
{
	(void)of;
	lab->sign = certs_sign_wrongly; /* sun's */
}

static void other_ca(struct ike_lab *lab, unsigned int of)
{
	struct conn_conf c = conn_of(lab, !of, &two);
	struct auth_conf *peer = &c.more_rounds[c.n_more_local].auth;

	certs_add(lab, !of, CRED_CA, "other_root");
	peer->cas[0] = certs_fingerprint("other_root");
	peer->n_cas = 1;
	certs_load_conn(lab, !of, &c);
}

static void every_second_proof_is_judged_as_the_first(void **state)
{
	/* What the judge says as a responder, and as an initiator. */
	static const struct {
		unsigned int of;
		void (*change)(struct ike_lab *lab, unsigned int of);
		const char *why[2];
	} rows[] = {
		{ 0, other_name, { "in a further round", "identity than" } },
		{ 1, other_name, { "is not of mars", "identity than" } },
		{ 1, other_signature, { "not by the key of", "not by the key" } },
		{ 1, other_ca, { "CN=sun_rsa", "CN=sun_rsa" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (unsigned int first = 0; first < 2; first++) {
			struct ike_lab *lab = lab_of(&two, &two);
			const char *why = rows[i].why[first != rows[i].of];

			rows[i].change(lab, rows[i].of);
			assert_int_equal(engine_initiate(lab->side[first].engine,
							 "peer", NULL,
							 lab->now_ns),
					 0);
			assert_true(lab_run(lab, 300 * LAB_S));
			certs_assert_refused(lab, !rows[i].of, why, why);
			lab_free(lab);
		}
}

static void every_pre_shared_key_is_checked(void **state)
{
	static const struct mix of_one[] = {
		{ "cp", "c" }, { "c", "cp" }, { "p", "c" }, { "cpc", "c" }
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(of_one); i++) {
		struct ike_lab *lab = lab_of(&of_one[i], &of_one[i]);
		bool of_moon = strchr(of_one[i].moon, 'p');

		lab->side[0].psk.octets[0] ^= 1;
		certs_initiate(lab);
		assert_true(lab_run(lab, 300 * LAB_S));
		certs_assert_refused(lab, of_moon, "compare the pre-shared keys",
				     of_one[i].moon);
		lab_free(lab);
	}
}

static void peer_without_rfc_4739_is_refused_before_anything_is_said(void **state)
{
	struct ike_lab *lab = lab_of(&two, &two);

	(void)state;
	certs_begin(lab);
	while (!forge_sa(lab, 0)->spi_r)
		assert_true(lab_step(lab));
	forge_sa(lab, 0)->takes_rounds = false;
	assert_true(lab_run(lab, 60 * LAB_S));
	certs_assert_refused(lab, 0, "takes no several rounds", "not known");
	assert_int_equal(lab->datagrams, 2);
	lab_free(lab);
}

/* Section 2.2: who has not said that it takes several may not begin one. */
static void round_without_support_is_refused(void **state)
{
	struct ike_lab *lab = lab_of(&two, &two);

	(void)state;
	lab->answer_max_ns = LAB_S / 10;
	certs_begin(lab);
	while (!lab->verified)
		assert_true(lab_step(lab));
	forge_sa(lab, 1)->takes_rounds =
		false; /* its proof is being looked at */
	assert_true(lab_run(lab, 60 * LAB_S));
	certs_assert_refused(lab, 1, "takes no several rounds", "not said");
	lab_free(lab);
}

/* --- who goes on as it should not */

/* With an additional key exchange, in IKE_INTERMEDIATE. */
static struct ike_lab *lab_addke(const struct mix *mix)
{
	struct ike_lab *lab = certs_lab_of("moon", "sun_rsa");
	struct error e;

	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = conn_of(lab, i, mix);

		assert_int_equal(
			proposal_parse("aes128-sha256-x25519-ke1_ecp256",
				       IKE_PROTO_IKE, &c.proposals.at[0], &e),
			0);
		certs_load_conn(lab, i, &c);
	}
	return lab;
}

/* Until side 1 waits for the second round. */
static void run_between(struct ike_lab *lab)
{
	certs_begin(lab);
	while (!forge_sa(lab, 1) || !forge_sa(lab, 1)->round)
		assert_true(lab_step(lab));
}

static struct ike_lab *lab_between(const struct mix *mix)
{
	struct ike_lab *lab = lab_of(mix, mix);

	run_between(lab);
	return lab;
}

static void forge_auth(struct ike_lab *lab, bool id, bool auth, uint16_t notify)
{
	static const uint8_t octets[32];
	const struct ike_auth proof = { .method = IKE_AUTH_PSK,
					.data = slice_of(octets, 32) };
	const struct ike_id i = { .type = IKE_ID_FQDN,
				  .data = slice_of((const uint8_t *)"moon2", 5) };
	const struct ike_notify n = { .type = notify };
	struct ike_path path = forge_path(lab, 1);
	struct ike_sa *a = forge_sa(lab, 0);
	struct ike_builder m;

	forge_begin(a, &m, IKE_EXCH_IKE_AUTH, false, 2);
	if (id)
		ike_id_put(&m, IKE_PL_ID_I, &i);
	if (auth)
		ike_auth_put(&m, &proof);
	if (notify)
		ike_notify_put(&m, &n);
	forge_send(lab, a, &m, &path);
	lab->fate = NULL;
}

static struct lab_fate lose_all(struct ike_lab *lab, unsigned int n)
{
	(void)lab;
	(void)n;
	return (struct lab_fate){ .copies = 0 };
}

static void second_round_that_proves_nothing_ends_it(void **state)
{
	static const struct {
		const struct mix mix;
		bool id, auth;
		uint16_t notify;
		const char *why;
	} rows[] = {
		{ { "cp", "c" }, false, false, 0, "no identity" },
		{ { "cp", "c" }, true, false, 0, "wants EAP" },
		{ { "cp", "c" }, true, true, 0, "compare the pre-shared keys" },
		{ { "cp", "c" }, false, true, 0, "no identity" },
		{ { "cp", "c" },
		  true,
		  true,
		  IKE_N_ANOTHER_AUTH_FOLLOWS,
		  "compare the pre-shared keys" },
		{ { "c", "cp" }, true, true, 0, "wants another round" },
		{ { "c", "cp" },
		  false,
		  false,
		  IKE_N_ANOTHER_AUTH_FOLLOWS,
		  "wants another round" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ike_lab *lab = lab_between(&rows[i].mix);

		lab->fate = lose_all; /* what moon says itself */
		assert_true(lab_run(lab, LAB_S / 100));
		forge_auth(lab, rows[i].id, rows[i].auth, rows[i].notify);
		assert_true(lab_run(lab, 400 * LAB_S));
		certs_assert_refused(lab, 1, rows[i].why, rows[i].why);
		lab_free(lab);
	}
}

/* Section 2.21.2: then it says so, and needs no second round. */
static void initiator_that_does_not_believe_the_first_round_says_so(void **state)
{
	static const struct mix mix = { "cp", "cp" };
	struct ike_lab *lab = lab_of(&mix, &mix);
	struct conn_conf c = conn_of(lab, 0, &mix);

	(void)state;
	certs_add(lab, 0, CRED_CA, "other_root");
	c.remote_auth.cas[0] = certs_fingerprint("other_root");
	c.remote_auth.n_cas = 1;
	certs_load_conn(lab, 0, &c);
	certs_initiate(lab);
	certs_assert_refused(lab, 0, "CN=sun_rsa", "first round");
	certs_assert_refused(lab, 1, "refuses our authentication", "told");
	assert_int_equal(lab->datagrams, 6);
	lab_free(lab);
}

/* Nothing but IKE_AUTH may follow; nor another key exchange, where one was before. */
static void other_exchange_between_two_rounds_ends_it(void **state)
{
	static const struct {
		enum ike_exchange exchange;
		const char *why;
	} others[] = {
		{ IKE_EXCH_INFORMATIONAL, "leaves out a round" },
		{ IKE_EXCH_CREATE_CHILD_SA, "not well formed" },
		{ IKE_EXCH_IKE_INTERMEDIATE, "was not agreed on" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		struct ike_lab *lab = lab_addke(&two);
		struct ike_path path = forge_path(lab, 1);
		struct ike_builder m;
		struct ike_sa *a;

		run_between(lab);
		a = forge_sa(lab, 0);
		lab->fate = lose_all;
		assert_true(lab_run(lab, LAB_S / 100));
		forge_begin(a, &m, others[i].exchange, false, 3);
		forge_send(lab, a, &m, &path);
		lab->fate = NULL;
		assert_true(lab_run(lab, 400 * LAB_S));
		certs_assert_refused(lab, 1, others[i].why, others[i].why);
		lab_free(lab);
	}
}

static void peer_that_stops_between_two_rounds_is_forgotten(void **state)
{
	struct ike_lab *lab = lab_between(&two);

	(void)state;
	lab->fate = lose_all;
	assert_true(lab_run(lab, 400 * LAB_S));
	assert_int_equal(certs_ike_sas(lab), 0);
	assert_int_equal(lab_sas(&lab->side[0], false) +
				 lab_sas(&lab->side[1], false),
			 0);
	assert_int_equal(
		lab_sas(&lab->side[0], true) + lab_sas(&lab->side[1], true), 0);
	lab_free(lab);
}

/* --- the network, the end of a process, and what is refused */

static void handshake_survives_every_fault_of_every_datagram(void **state)
{
	(void)state;
	for (unsigned int f = 0; f < SETTLE_FAULTS; f++)
		for (unsigned int n = 0; n < 6; n++) {
			struct ike_lab *lab = lab_of(&two, &two);

			settle_set_fault(lab, &settle_faults[f], n);
			lab->fate = settle_fate;
			certs_begin(lab);
			assert_true(lab_run(lab, 120 * LAB_S));
			if (!lab_agree(lab, 1) || certs_ike_sas(lab) != 2)
				fail_msg("%u: %s", n, settle_faults[f].name);
			lab_free(lab);
		}
}

static void engine_that_is_killed_at_any_step_leaves_nothing_half_done(void **state)
{
	(void)state;
	for (unsigned int at = 1; at < 60; at++) {
		struct ike_lab *lab = lab_of(&two, &two);
		unsigned int half_open;

		lab_keep(lab, 0, true);
		lab_keep(lab, 1, true);
		certs_begin(lab);
		for (unsigned int i = 0; i < at && lab_step(lab); i++)
			;
		lab_kill(lab, at % 2);
		lab_take_over(lab, at % 2);
		assert_true(lab_run(lab, 400 * LAB_S));
		for (unsigned int i = 0; i < 2; i++) {
			(void)engine_count(lab->side[i].engine, &half_open);
			assert_int_equal(half_open, 0);
		}
		lab_free(lab);
	}
}

static void data_path_that_forgets_in_between_is_no_end(void **state)
{
	(void)state;
	for (unsigned int at = 1; at < 60; at++)
		for (unsigned int side = 0; side < 2; side++) {
			struct ike_lab *lab = lab_of(&two, &two);

			certs_begin(lab);
			for (unsigned int i = 0; i < at && lab_step(lab); i++)
				;
			lab_new_epoch(lab, side);
			assert_true(lab_run(lab, 400 * LAB_S));
			if (!lab_agree(lab, 1) || certs_ike_sas(lab) != 2)
				fail_msg("step %u, side %u", at, side);
			lab_free(lab);
		}
}

static void refused_question_leaves_nothing(void **state)
{
	(void)state;
	for (unsigned int n = 1; n < 26; n++) {
		struct ike_lab *lab = lab_of(&two, &two);

		lab->refused = n;
		certs_begin(lab);
		assert_true(lab_run(lab, 400 * LAB_S));
		assert_true(certs_ike_sas(lab) == 0 || certs_ike_sas(lab) == 2);
		lab_free(lab);
	}
}

/* --- with what else a handshake may have */

static void all_that_was_asked_for_is_given_with_the_last(void **state)
{
	static const struct mix mix = { "cp", "cpp" };
	struct ike_lab *lab = lab_of(&mix, &mix);
	struct conn_conf c = conn_of(lab, 0, &mix);

	(void)state;
	c.vips[0] = addr_from_v4(0); /* any */
	c.n_vips = 1;
	c.childless = CHILDLESS_NEVER;
	certs_load_conn(lab, 0, &c);
	lab_load_pool(lab, 1, "pool", "10.3.0.0/28");
	c = conn_of(lab, 1, &mix);
	strcpy(c.pools[0], "pool");
	c.n_pools = 1;
	c.reauth_time = 3600;
	certs_load_conn(lab, 1, &c);
	certs_initiate(lab);
	certs_assert_up(lab, "all of it");
	assert_int_equal(lab->side[1].n_leases, 1);
	assert_true(forge_sa(lab, 0)->mobike && forge_sa(lab, 1)->mobike);
	assert_int_not_equal(forge_sa(lab, 0)->reauth_ns, 0);
	lab_free(lab);
}

static void ike_sa_without_a_child_may_have_several(void **state)
{
	struct ike_lab *lab = certs_lab_of("moon", "sun_rsa");

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = conn_of(lab, i, &two);

		c.childless = CHILDLESS_FORCE;
		certs_load_conn(lab, i, &c);
	}
	certs_initiate(lab);
	certs_assert_up(lab, "childless");
	lab_free(lab);
}

static void load_ppk(struct ike_lab *lab, unsigned int side, bool has_it)
{
	struct ike_options options = lab->options;
	struct conn_conf c = conn_of(lab, side, &two);

	certs_set_id(&c.ppk_id, "keyid:ppk-1");
	certs_load_conn(lab, side, &c);
	options.has_ppks = true;
	engine_set_options(lab->side[side].engine, &options);
	if (has_it)
		lab->side[side].ppk = (struct psk_conf){
			.is_ppk = true,
			.key = { .len = 3, .octets = "PPK" },
		};
}

static void ppk_is_agreed_in_the_first_and_holds_for_all(void **state)
{
	(void)state;
	for (unsigned int both = 0; both < 2; both++) {
		struct ike_lab *lab = lab_of(&two, &two);

		load_ppk(lab, 0, true);
		load_ppk(lab, 1, both);
		certs_initiate(lab);
		certs_assert_up(lab, "PPK");
		assert_int_equal(forge_sa(lab, 0)->uses_ppk, both);
		assert_int_equal(forge_sa(lab, 1)->uses_ppk, both);
		lab_free(lab);
	}
}

static void rounds_cover_ike_intermediate(void **state)
{
	struct ike_lab *lab = lab_addke(&two);

	(void)state;
	certs_initiate(lab);
	certs_assert_up(lab, "additional key exchange");
	assert_int_not_equal(lab->side[0].asked.int_auth_len, 0);
	lab_free(lab);
}

/* INITIAL_CONTACT is of who is proved last: a new one beside it says none. */
static void rekeying_and_reauthentication_go_on(void **state)
{
	struct ike_lab *lab = lab_of(&two, &two);
	struct ike_options options = lab->options;

	(void)state;
	options.make_before_break = true;
	lab_set_options(lab, &options);
	certs_initiate(lab);
	certs_assert_up(lab, "before");
	assert_int_equal(
		engine_rekey(lab->side[0].engine, "peer", NULL, lab->now_ns), 1);
	assert_true(lab_run(lab, 30 * LAB_S));
	certs_assert_up(lab, "rekeyed");
	assert_int_equal(engine_reauth(lab->side[0].engine, "peer", lab->now_ns),
			 1);
	assert_true(lab_run(lab, 60 * LAB_S));
	certs_assert_up(lab, "reauthenticated");
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_FAILED), 0);
	assert_null(strstr(lab_text(&lab->side[1], IKE_EV_IKE_DOWN),
			   "begins anew"));
	lab_free(lab);
}

static void peer_that_begins_anew_is_known_by_its_last_round(void **state)
{
	struct ike_lab *lab = lab_of(&two, &two);

	(void)state;
	certs_initiate(lab);
	certs_assert_up(lab, "before");
	sa_close(forge_sa(lab, 0), "gone");
	sa_reap(lab->side[0].engine);
	certs_initiate(lab);
	certs_assert_up(lab, "anew");
	assert_non_null(strstr(lab_text(&lab->side[1], IKE_EV_IKE_DOWN),
			       "begins anew"));
	lab_free(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mix_of_rounds_comes_up),
		cmocka_unit_test(ike_sa_has_the_identities_of_the_last_rounds),
		cmocka_unit_test(one_round_says_nothing_of_others),
		cmocka_unit_test(other_rounds_than_the_connections_are_refused),
		cmocka_unit_test(every_second_proof_is_judged_as_the_first),
		cmocka_unit_test(every_pre_shared_key_is_checked),
		cmocka_unit_test(
			peer_without_rfc_4739_is_refused_before_anything_is_said),
		cmocka_unit_test(round_without_support_is_refused),
		cmocka_unit_test(second_round_that_proves_nothing_ends_it),
		cmocka_unit_test(
			initiator_that_does_not_believe_the_first_round_says_so),
		cmocka_unit_test(other_exchange_between_two_rounds_ends_it),
		cmocka_unit_test(peer_that_stops_between_two_rounds_is_forgotten),
		cmocka_unit_test(
			handshake_survives_every_fault_of_every_datagram),
		cmocka_unit_test(
			engine_that_is_killed_at_any_step_leaves_nothing_half_done),
		cmocka_unit_test(data_path_that_forgets_in_between_is_no_end),
		cmocka_unit_test(refused_question_leaves_nothing),
		cmocka_unit_test(all_that_was_asked_for_is_given_with_the_last),
		cmocka_unit_test(ike_sa_without_a_child_may_have_several),
		cmocka_unit_test(ppk_is_agreed_in_the_first_and_holds_for_all),
		cmocka_unit_test(rounds_cover_ike_intermediate),
		cmocka_unit_test(rekeying_and_reauthentication_go_on),
		cmocka_unit_test(
			peer_that_begins_anew_is_known_by_its_last_round),
	};

	return cmocka_run_group_tests(tests, certs_make, certs_end);
}
