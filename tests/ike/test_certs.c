// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKE_AUTH by signatures, with certificates and raw public keys: every key and scheme,
 * who is believed and who is not, and that nothing stays of a refusal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_certs.h"
#include "tests/support/ike_forge.h"
#include "tests/support/ike_look.h"
#include "tests/support/ike_settle.h"
#include "tests/support/pki.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* --- every key and every scheme */

static void peers_without_rfc_7427(struct ike_lab *lab)
{
	while (!forge_sa(lab, 0)->spi_r)
		assert_true(lab_step(lab));
	forge_sa(lab, 0)->peer_hashes = forge_sa(lab, 1)->peer_hashes = 0;
}

static void every_key_signs_and_is_believed(void **state)
{
	static const struct {
		const char *sun;
		bool is_old; /* without RFC 7427 */
		uint32_t ike;
		enum sign_id want;
	} rows[] = {
		{ "sun_rsa", false, 0, SIGN_PSS_SHA512 },
		{ "sun_rsa", false, 1U << SIGN_PSS_SHA256, SIGN_PSS_SHA256 },
		{ "sun_rsa", false, 1U << SIGN_RSA_SHA256, SIGN_RSA_SHA256 },
		{ "sun_rsa", false, 1U << SIGN_RSA_SHA384, SIGN_RSA_SHA384 },
		{ "sun_rsa", false, 1U << SIGN_RSA_SHA1, SIGN_RSA_SHA1 },
		{ "sun_rsa", true, 1U << SIGN_RSA_SHA1, SIGN_RSA_SHA1 },
		{ "sun", false, 0, SIGN_ECDSA_SHA512 },
		{ "sun", false, 1U << SIGN_ECDSA_SHA256, SIGN_ECDSA_SHA256 },
		{ "sun_384", false, 0, SIGN_ECDSA_SHA512 },
		{ "sun_521", false, 0, SIGN_ECDSA_SHA512 },
		{ "sun", true, 0, SIGN_ECDSA_256 },
		{ "sun_384", true, 0, SIGN_ECDSA_384 },
		{ "sun_521", true, 0, SIGN_ECDSA_521 },
		{ "sun_25519", false, 0, SIGN_ED25519 },
		{ "sun_448", false, 0, SIGN_ED448 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ike_lab *lab = certs_lab_of("moon", rows[i].sun);
		struct conn_conf c = certs_conn_of(lab, 0);

		c.remote_auth.rules.ike = rows[i].ike;
		certs_load_conn(lab, 0, &c);
		c = certs_conn_of(lab, 1);
		c.local_auth.rules.ike = rows[i].ike;
		certs_load_conn(lab, 1, &c);
		certs_begin(lab);
		if (rows[i].is_old)
			peers_without_rfc_7427(lab);
		assert_true(lab_run(lab, 10 * LAB_S));
		certs_assert_up(lab, sign_by_id(rows[i].want)->name);
		assert_int_equal(lab->side[1].asked.scheme, rows[i].want);
		assert_int_equal(lab->verified, 2);
		lab_free(lab);
	}
}

/* charon.rsa_pss = no. */
static void rsa_signs_by_pkcs1_where_it_may_if_told_so(void **state)
{
	static const struct {
		const char *sun;
		uint32_t ike;
		enum sign_id want;
	} rows[] = {
		{ "sun_rsa", 0, SIGN_RSA_SHA512 },
		{ "sun_rsa", 1U << SIGN_PSS_SHA256 | 1U << SIGN_PSS_SHA384,
		  SIGN_PSS_SHA384 },
		{ "sun_rsa", 1U << SIGN_PSS_SHA512 | 1U << SIGN_RSA_SHA256,
		  SIGN_RSA_SHA256 },
		{ "sun", 0, SIGN_ECDSA_SHA512 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ike_lab *lab = certs_lab_of("moon", rows[i].sun);
		struct ike_options options = lab->options;
		struct conn_conf c = certs_conn_of(lab, 0);

		options.rsa_pss = false;
		engine_set_options(lab->side[1].engine, &options);
		certs_load_conn(lab, 0, &c);
		c = certs_conn_of(lab, 1);
		c.local_auth.rules.ike = rows[i].ike;
		certs_load_conn(lab, 1, &c);
		certs_initiate(lab);
		certs_assert_up(lab, sign_by_id(rows[i].want)->name);
		assert_int_equal(lab->side[1].asked.scheme, rows[i].want);
		lab_free(lab);
	}
}

static void initiator_signs_with_every_key_too(void **state)
{
	static const char *const suns[] = { "sun_rsa", "sun", "sun_25519",
					    "sun_448" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(suns); i++) {
		struct ike_lab *lab = certs_lab_plain("moon_rsa", suns[i]);

		assert_int_equal(engine_initiate(lab->side[1].engine, "peer",
						 NULL, lab->now_ns),
				 0);
		assert_true(lab_run(lab, 10 * LAB_S));
		certs_assert_up(lab, suns[i]);
		lab_free(lab);
	}
}

/* RFC 8247 section 3.2: SHA-1 must be named; RFC 8420 has no other way. */
static void key_that_has_no_scheme_for_both_is_told(void **state)
{
	static const char *const suns[] = { "sun_rsa", "sun_25519", "sun_448" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(suns); i++) {
		struct ike_lab *lab = certs_lab_plain("moon", suns[i]);

		certs_begin(lab);
		peers_without_rfc_7427(lab);
		assert_true(lab_run(lab, 60 * LAB_S));
		certs_assert_refused(lab, 1, "our key signs by nothing",
				     suns[i]);
		lab_free(lab);
	}
}

/* --- chains, raw keys, one side by PSK */

static void intermediate_is_sent_behind_the_certificate(void **state)
{
	struct ike_lab *lab = certs_lab_plain("moon", "sun_chain");

	(void)state;
	certs_add(lab, 1, CRED_INTERMEDIATE, "between");
	certs_initiate(lab);
	certs_assert_up(lab, "chain");
	lab_free(lab);
}

static void raw_keys_are_believed_where_they_are_named(void **state)
{
	static const enum send_cert sends[] = { SEND_CERT_IF_ASKED,
						SEND_CERT_ALWAYS,
						SEND_CERT_NEVER };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sends); i++) {
		struct ike_lab *lab = certs_lab(1);

		for (unsigned int k = 0; k < 2; k++) {
			struct conn_conf c = certs_conn_of(lab, k);

			certs_own_key(lab, k, k ? "sun" : "moon");
			certs_add(lab, k, CRED_PUBKEY, k ? "moon" : "sun");
			c.send_cert = sends[i];
			c.local_auth.n_pubkeys = c.remote_auth.n_pubkeys = 1;
			c.local_auth.pubkeys[0] =
				certs_key_fingerprint(k ? "sun" : "moon");
			c.remote_auth.pubkeys[0] =
				certs_key_fingerprint(k ? "moon" : "sun");
			certs_load_conn(lab, k, &c);
		}
		certs_initiate(lab);
		certs_assert_up(lab, "raw keys");
		lab_free(lab);
	}
}

static void raw_key_that_nobody_named_is_refused(void **state)
{
	struct ike_lab *lab = certs_lab_of("moon", "sun");
	struct conn_conf c = certs_conn_of(lab, 1);

	(void)state;
	certs_add(lab, 1, CRED_PUBKEY, "sun");
	certs_add(lab, 0, CRED_PUBKEY, "sun"); /* known, but of nobody here */
	c.local_auth.n_pubkeys = 1;
	c.local_auth.pubkeys[0] = certs_key_fingerprint("sun");
	c.send_cert = SEND_CERT_ALWAYS;
	certs_load_conn(lab, 1, &c);
	certs_load_plain(lab, 0);
	certs_initiate(lab);
	certs_assert_refused(lab, 0, "is none of 'pubkeys'", "raw");
	lab_free(lab);
}

static void one_side_may_have_a_key_and_the_other_a_certificate(void **state)
{
	(void)state;
	for (unsigned int psk = 0; psk < 2; psk++) {
		struct ike_lab *lab = certs_lab_of("moon", "sun");

		for (unsigned int i = 0; i < 2; i++) {
			struct conn_conf c = certs_conn_of(lab, i);

			if (i == psk)
				c.local_auth.by = AUTH_BY_PSK;
			else
				c.remote_auth.by = AUTH_BY_PSK;
			certs_load_conn(lab, i, &c);
		}
		certs_initiate(lab);
		certs_assert_up(lab, "psk one way");
		assert_int_equal(lab->verified, 1);
		lab_free(lab);
	}
}

static void certificate_that_is_here_need_not_be_sent(void **state)
{
	struct ike_lab *lab = certs_lab_of("moon", "sun_alone");
	struct conn_conf c = certs_conn_of(lab, 1);

	(void)state;
	certs_add(lab, 0, CRED_PEER, "sun_alone");
	c.send_cert = SEND_CERT_NEVER;
	certs_load_conn(lab, 1, &c);
	certs_load_plain(lab, 0);
	certs_initiate(lab);
	certs_assert_up(lab, "pinned");
	lab_free(lab);
}

/* --- identities and choices */

static void without_an_identity_it_is_the_certificates_subject(void **state)
{
	struct ike_lab *lab = certs_lab_of("moon", "sun");
	struct conn_conf c = certs_conn_of(lab, 1);

	(void)state;
	c.local_id = (struct identity){ .type = 0 };
	certs_load_conn(lab, 1, &c);
	c = certs_conn_of(lab, 0);
	certs_set_id(&c.remote_id, "C=CH, CN=*");
	certs_load_conn(lab, 0, &c);
	certs_initiate(lab);
	certs_assert_up(lab, "subject");
	assert_int_equal(forge_sa(lab, 0)->peer_id.type, IKE_ID_DER_ASN1_DN);
	lab_free(lab);
}

static void certificate_is_the_one_whose_authority_is_asked_for(void **state)
{
	static const char *const firsts[] = { "sun", "sun_other" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct ike_lab *lab = certs_lab(1);

		certs_add(lab, 0, CRED_CA, "other_root");
		certs_own(lab, 0, "moon");
		certs_add(lab, 1, CRED_CA, "root");
		certs_own(lab, 1, firsts[i]);
		certs_own(lab, 1, firsts[!i]);
		certs_add(lab, 1, CRED_CA, "other_root");
		certs_load_plain(lab, 0);
		certs_load_plain(lab, 1);
		certs_initiate(lab);
		certs_assert_up(lab, firsts[i]);
		lab_free(lab);
	}
}

/* The CA may be known here, or come from the peer alone; its name may be a pattern. */
static void ca_that_is_named_may_be_anywhere_in_the_path(void **state)
{
	static const char *const ids[] = { "C=CH, CN=root", "C=CH, CN=between",
					   "C=CH, CN=*" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		struct ike_lab *lab = certs_lab_of("moon", "sun_chain");
		struct conn_conf c = certs_conn_of(lab, 0);

		certs_set_id(&c.remote_auth.ca_id, ids[i]);
		certs_load_conn(lab, 0, &c);
		if (!i) /* who is known is still to be below it */
			certs_add(lab, 0, CRED_PEER, "sun_chain");
		certs_load_plain(lab, 1);
		certs_add(lab, 1, CRED_INTERMEDIATE, "between");
		certs_initiate(lab);
		certs_assert_up(lab, ids[i]);
		lab_free(lab);
	}
}

/* --- the network and the time */

static void handshake_survives_every_fault_of_every_datagram(void **state)
{
	(void)state;
	for (unsigned int f = 0; f < SETTLE_FAULTS; f++)
		for (unsigned int n = 0; n < 4; n++) {
			struct ike_lab *lab = certs_lab_plain("moon", "sun_rsa");

			settle_set_fault(lab, &settle_faults[f], n);
			lab->fate = settle_fate;
			certs_begin(lab);
			assert_true(lab_run(lab, 120 * LAB_S));
			if (!lab_agree(lab, 1) || certs_ike_sas(lab) != 2)
				fail_msg("%u: %s", n, settle_faults[f].name);
			lab_free(lab);
		}
}

static void long_chain_comes_in_fragments(void **state)
{
	struct ike_lab *lab = certs_lab_plain("moon_rsa", "sun_chain");

	(void)state;
	certs_add(lab, 1, CRED_INTERMEDIATE, "between");
	lab_set_fragment_size(lab, 576);
	certs_initiate(lab);
	certs_assert_up(lab, "fragments");
	assert_true(lab->datagrams > 6);
	lab_free(lab);
}

static void verdict_about_who_is_gone_is_dropped(void **state)
{
	struct ike_lab *lab = certs_lab_plain("moon", "sun");

	(void)state;
	lab->answer_max_ns = LAB_S / 10;
	certs_begin(lab);
	while (lab->verified < 1)
		assert_true(lab_step(lab));
	sa_close(forge_sa(lab, 1), "gone");
	sa_reap(lab->side[1].engine);
	assert_true(lab_run(lab, 400 * LAB_S));
	assert_int_equal(certs_ike_sas(lab), 0);
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_IKE_UP), 0);
	lab_free(lab);
}

/* A handshake keeps what it began with. */
static void creds_may_change_while_it_is_under_way(void **state)
{
	struct ike_lab *lab = certs_lab_plain("moon", "sun");

	(void)state;
	lab->answer_max_ns = LAB_S / 10;
	certs_begin(lab);
	while (lab->verified < 1)
		assert_true(lab_step(lab));
	engine_set_creds(lab->side[0].engine, NULL);
	engine_set_creds(lab->side[1].engine, NULL);
	assert_true(lab_run(lab, 10 * LAB_S));
	certs_assert_up(lab, "other creds");
	lab_free(lab);
}

/* Whatever was done when it was killed: there is a tunnel in the end, of one engine or
 * the other. */
static void engine_that_is_killed_at_any_step_is_taken_over(void **state)
{
	(void)state;
	for (unsigned int at = 1; at < 40; at++) {
		struct ike_lab *lab = certs_lab_plain("moon", "sun");
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

static void rekeying_and_reauthentication_go_on(void **state)
{
	struct ike_lab *lab = certs_lab_plain("moon", "sun");

	(void)state;
	certs_initiate(lab);
	certs_assert_up(lab, "before");
	assert_int_equal(
		engine_rekey(lab->side[0].engine, "peer", NULL, lab->now_ns), 1);
	assert_true(lab_run(lab, 30 * LAB_S));
	certs_assert_up(lab, "rekeyed");
	assert_int_equal(lab->verified, 2);
	assert_int_equal(engine_reauth(lab->side[0].engine, "peer", lab->now_ns),
			 1);
	assert_true(lab_run(lab, 60 * LAB_S));
	certs_assert_up(lab, "reauthenticated");
	assert_int_equal(lab->verified, 4);
	lab_free(lab);
}

/* --- with what else a handshake may have */

static void load_ppk(struct ike_lab *lab, unsigned int side, bool has_it)
{
	struct ike_options options = lab->options;
	struct conn_conf c = certs_conn_of(lab, side);

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

/* RFC 8784 section 3: without, there is a second signature, in NO_PPK_AUTH. */
static void signatures_go_with_a_ppk_and_without_it(void **state)
{
	(void)state;
	for (unsigned int both = 0; both < 2; both++) {
		struct ike_lab *lab = certs_lab_of("moon", "sun_rsa");

		load_ppk(lab, 0, true);
		load_ppk(lab, 1, both);
		certs_initiate(lab);
		certs_assert_up(lab, "PPK");
		assert_int_equal(forge_sa(lab, 0)->uses_ppk, both);
		assert_int_equal(forge_sa(lab, 1)->uses_ppk, both);
		assert_int_equal(lab->verified, 2);
		lab_free(lab);
	}
}

/* RFC 9242 section 3.3.2: what was said in between is signed, too. */
static void signatures_cover_ike_intermediate(void **state)
{
	struct ike_lab *lab = certs_lab_of("moon", "sun_rsa");
	struct error e;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = certs_conn_of(lab, i);

		assert_int_equal(
			proposal_parse("aes128-sha256-x25519-ke1_ecp256",
				       IKE_PROTO_IKE, &c.proposals.at[0], &e),
			0);
		certs_load_conn(lab, i, &c);
	}
	certs_initiate(lab);
	certs_assert_up(lab, "additional key exchange");
	assert_int_not_equal(lab->side[0].asked.int_auth_len, 0);
	lab_free(lab);
}

/* RFC 5723 section 5: what a ticket proves nobody signs again. */
static void ticket_takes_the_place_of_signatures(void **state)
{
	struct ike_lab *lab = certs_lab_of("moon", "sun");

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = certs_conn_of(lab, i);

		c.resumption = true;
		certs_load_conn(lab, i, &c);
	}
	certs_initiate(lab);
	certs_assert_up(lab, "at first");
	for (unsigned int i = 0; i < 2; i++) {
		sa_close(forge_sa(lab, i), "gone");
		sa_reap(lab->side[i].engine);
	}
	certs_initiate(lab);
	certs_assert_up(lab, "resumed");
	assert_string_equal(lab_text(&lab->side[1], IKE_EV_IKE_UP),
			    "resumed by a ticket");
	assert_int_equal(lab->verified, 2);
	lab_free(lab);
}

/* Whoever is named as the sender of a request gets no flood. */
static void many_authorities_make_no_long_answer_to_a_stranger(void **state)
{
	static char names[18][8];
	struct ike_lab *lab = certs_lab_plain("moon", "sun");
	size_t request;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_LEN(names); i++) {
		struct pki_cert ca = {
			.name = names[i],
			.exts = { "basicConstraints=critical,CA:TRUE" }
		};

		snprintf(names[i], sizeof(names[i]), "ca%u", i);
		pki_make(&ca);
		certs_add(lab, 1, CRED_CA, names[i]);
	}
	forge_init(lab, &(const struct forge_init){
				.spi_i = 1,
				.proposal = "aes128-sha256-x25519",
				.method = "x25519",
			});
	while (!lab->side[1].sent)
		assert_true(lab_step(lab));
	request = forge_sa(lab, 1)->first_i.len;
	assert_in_range(lab->side[1].last_len, request, 3 * request);
	lab_free(lab);
}

/* What the keystore refuses, or any other, once at every question. */
static void refused_question_leaves_nothing(void **state)
{
	(void)state;
	for (unsigned int n = 1; n < 20; n++) {
		struct ike_lab *lab = certs_lab_plain("moon", "sun");

		lab->refused = n;
		certs_begin(lab);
		assert_true(lab_run(lab, 400 * LAB_S));
		assert_true(certs_ike_sas(lab) == 0 || certs_ike_sas(lab) == 2);
		lab_free(lab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_signs_and_is_believed),
		cmocka_unit_test(rsa_signs_by_pkcs1_where_it_may_if_told_so),
		cmocka_unit_test(initiator_signs_with_every_key_too),
		cmocka_unit_test(key_that_has_no_scheme_for_both_is_told),
		cmocka_unit_test(intermediate_is_sent_behind_the_certificate),
		cmocka_unit_test(raw_keys_are_believed_where_they_are_named),
		cmocka_unit_test(raw_key_that_nobody_named_is_refused),
		cmocka_unit_test(
			one_side_may_have_a_key_and_the_other_a_certificate),
		cmocka_unit_test(certificate_that_is_here_need_not_be_sent),
		cmocka_unit_test(
			without_an_identity_it_is_the_certificates_subject),
		cmocka_unit_test(
			certificate_is_the_one_whose_authority_is_asked_for),
		cmocka_unit_test(ca_that_is_named_may_be_anywhere_in_the_path),
		cmocka_unit_test(
			handshake_survives_every_fault_of_every_datagram),
		cmocka_unit_test(long_chain_comes_in_fragments),
		cmocka_unit_test(verdict_about_who_is_gone_is_dropped),
		cmocka_unit_test(creds_may_change_while_it_is_under_way),
		cmocka_unit_test(engine_that_is_killed_at_any_step_is_taken_over),
		cmocka_unit_test(rekeying_and_reauthentication_go_on),
		cmocka_unit_test(signatures_go_with_a_ppk_and_without_it),
		cmocka_unit_test(signatures_cover_ike_intermediate),
		cmocka_unit_test(ticket_takes_the_place_of_signatures),
		cmocka_unit_test(
			many_authorities_make_no_long_answer_to_a_stranger),
		cmocka_unit_test(refused_question_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, certs_make, certs_end);
}
