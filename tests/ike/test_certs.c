// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKE_AUTH by signatures, with certificates and raw public keys: every key and scheme,
 * who is believed and who is not, and that nothing stays of a refusal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_certs.h"
#include "tests/support/ike_forge.h"
#include "tests/support/ike_look.h"
#include "tests/support/ike_settle.h"
#include "tests/support/pki.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define CA	     "basicConstraints=critical,CA:TRUE"
#define MOON	     "subjectAltName=DNS:moon"
#define SUN	     "subjectAltName=DNS:sun"

static const struct pki_cert certs[] = {
	{ .name = "root", .exts = { CA, "subjectKeyIdentifier=hash" } },
	{ .name = "other_root", .exts = { CA } },
	{ .name = "between", "root", .exts = { CA } },
	{ .name = "moon", "root", .exts = { MOON } },
	{ .name = "sun", "root", .exts = { SUN } },
	{ .name = "moon_rsa", "root", .key = "rsa2048", .exts = { MOON } },
	{ .name = "sun_rsa", "root", .key = "rsa2048", .exts = { SUN } },
	{ .name = "sun_384", "root", .key = "P-384", .exts = { SUN } },
	{ .name = "sun_521", "root", .key = "P-521", .exts = { SUN } },
	{ .name = "sun_25519", "root", .key = "ed25519", .exts = { SUN } },
	{ .name = "sun_448", "root", .key = "ed448", .exts = { SUN } },
	{ .name = "sun_chain", "between", .exts = { SUN } },
	{ .name = "sun_other", "other_root", .exts = { SUN } },
	{ .name = "sun_old", "root", .from_h = -10, .until_h = -1, .exts = { SUN } },
	{ .name = "sun_1024", "root", .key = "rsa1024", .exts = { SUN } },
	{ .name = "sun_mail",
	  "root",
	  .exts = { SUN, "extendedKeyUsage=emailProtection" } },
	{ .name = "sun_forged", "root", .exts = { SUN }, .has_bad_signature = 1 },
	{ .name = "sun_alone", .exts = { SUN } },
	{ .name = "sun_revoked", "root", .exts = { SUN } },
};

static const struct pki_crl crls[] = {
	{ .name = "crl",
	  "root",
	  .from_h = -1,
	  .until_h = 2,
	  .revoked = { "sun_revoked" },
	  .number = 1 },
};

static int make_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(certs); i++)
		pki_make(&certs[i]);
	for (size_t i = 0; i < ARRAY_LEN(crls); i++)
		pki_make_crl(&crls[i]);
	return 0;
}

static int end_all(void **state)
{
	(void)state;
	pki_end();
	return 0;
}

/* --- side 0 is moon, side 1 is sun */

static void set_id(struct identity *id, const char *text)
{
	struct error e;

	assert_int_equal(identity_parse(text, id, &e), 0);
}

static struct conn_conf conn_of(const struct ike_lab *lab, unsigned int side)
{
	struct conn_conf c = certs_conn(lab, side);

	set_id(&c.local_id, side ? "sun" : "moon");
	set_id(&c.remote_id, side ? "moon" : "sun");
	return c;
}

static void load(struct ike_lab *lab, unsigned int side, struct conn_conf *c)
{
	lab_load(lab, side, c);
	conn_fini(c);
}

static void load_plain(struct ike_lab *lab, unsigned int side)
{
	struct conn_conf c = conn_of(lab, side);

	load(lab, side, &c);
}

/* Both trust the root; connections are the test's. */
static struct ike_lab *lab_of(const char *moon, const char *sun)
{
	struct ike_lab *lab = certs_lab(1);

	for (unsigned int i = 0; i < 2; i++) {
		certs_add(lab, i, CRED_CA, "root");
		certs_own(lab, i, i ? sun : moon);
	}
	return lab;
}

static struct ike_lab *lab_plain(const char *moon, const char *sun)
{
	struct ike_lab *lab = lab_of(moon, sun);

	load_plain(lab, 0);
	load_plain(lab, 1);
	return lab;
}

static void begin(struct ike_lab *lab)
{
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
}

static void initiate(struct ike_lab *lab)
{
	begin(lab);
	assert_true(lab_run(lab, 60 * LAB_S)); /* half-open ones are gone */
}

static unsigned int ike_sas(const struct ike_lab *lab)
{
	return settle_ike_sas(lab, 0) + settle_ike_sas(lab, 1);
}

static void assert_up(struct ike_lab *lab, const char *what)
{
	for (unsigned int i = 0; i < 2; i++)
		if (*lab_text(&lab->side[i], IKE_EV_FAILED))
			fail_msg("%s: side %u: %s", what, i,
				 lab_text(&lab->side[i], IKE_EV_FAILED));
	if (!lab_agree(lab, 1) || ike_sas(lab) != 2)
		fail_msg("%s: no tunnel", what);
}

/* The one that judges says why; nothing is left of either. */
static void assert_refused(struct ike_lab *lab, unsigned int judge,
			   const char *why, const char *what)
{
	const char *text = lab_text(&lab->side[judge], IKE_EV_FAILED);

	if (!strstr(text, why))
		fail_msg("%s: \"%s\" is not in \"%s\"", what, why, text);
	if (ike_sas(lab) || lab_sas(&lab->side[0], false) ||
	    lab_sas(&lab->side[1], false) || lab_sas(&lab->side[0], true) ||
	    lab_sas(&lab->side[1], true))
		fail_msg("%s: something is left", what);
}

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
		struct ike_lab *lab = lab_of("moon", rows[i].sun);
		struct conn_conf c = conn_of(lab, 0);

		c.remote_auth.rules.ike = rows[i].ike;
		load(lab, 0, &c);
		c = conn_of(lab, 1);
		c.local_auth.rules.ike = rows[i].ike;
		load(lab, 1, &c);
		begin(lab);
		if (rows[i].is_old)
			peers_without_rfc_7427(lab);
		assert_true(lab_run(lab, 10 * LAB_S));
		assert_up(lab, sign_by_id(rows[i].want)->name);
		assert_int_equal(lab->side[1].asked.scheme, rows[i].want);
		assert_int_equal(lab->verified, 2);
		lab_free(lab);
	}
}

static void initiator_signs_with_every_key_too(void **state)
{
	static const char *const suns[] = { "sun_rsa", "sun", "sun_25519",
					    "sun_448" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(suns); i++) {
		struct ike_lab *lab = lab_plain("moon_rsa", suns[i]);

		assert_int_equal(engine_initiate(lab->side[1].engine, "peer",
						 NULL, lab->now_ns),
				 0);
		assert_true(lab_run(lab, 10 * LAB_S));
		assert_up(lab, suns[i]);
		lab_free(lab);
	}
}

/* RFC 8247 section 3.2: SHA-1 must be named; RFC 8420 has no other way. */
static void key_that_has_no_scheme_for_both_is_told(void **state)
{
	static const char *const suns[] = { "sun_rsa", "sun_25519", "sun_448" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(suns); i++) {
		struct ike_lab *lab = lab_plain("moon", suns[i]);

		begin(lab);
		peers_without_rfc_7427(lab);
		assert_true(lab_run(lab, 60 * LAB_S));
		assert_refused(lab, 1, "our key signs by nothing", suns[i]);
		lab_free(lab);
	}
}

/* --- who is not believed */

struct refusal {
	const char *sun;
	const char *why;
	void (*change)(struct ike_lab *lab, struct conn_conf *moon,
		       struct conn_conf *sun);
};

static void forge(struct ike_lab *lab, struct conn_conf *moon,
		  struct conn_conf *sun)
{
	(void)moon;
	(void)sun;
	lab->sign = certs_sign_wrongly;
}

static void want_other_name(struct ike_lab *lab, struct conn_conf *moon,
			    struct conn_conf *sun)
{
	(void)lab;
	set_id(&moon->remote_id, "mars");
	set_id(&sun->local_id, "mars");
	sun->local_auth.certs[0] = certs_fingerprint("sun");
	sun->local_auth.n_certs = 1;
}

static void want_sha384(struct ike_lab *lab, struct conn_conf *moon,
			struct conn_conf *sun)
{
	(void)lab;
	moon->remote_auth.rules.ike = 1U << SIGN_ECDSA_SHA384;
	sun->local_auth.rules.ike = 1U << SIGN_ECDSA_256;
}

static void want_other_ca(struct ike_lab *lab, struct conn_conf *moon,
			  struct conn_conf *sun)
{
	(void)sun;
	certs_add(lab, 0, CRED_CA, "other_root");
	moon->remote_auth.cas[0] = certs_fingerprint("other_root");
	moon->remote_auth.n_cas = 1;
}

static void want_missing_ca(struct ike_lab *lab, struct conn_conf *moon,
			    struct conn_conf *sun)
{
	(void)lab;
	sun->send_cert = SEND_CERT_ALWAYS; /* there is none to be asked for */
	moon->remote_auth.cas[0] = certs_fingerprint("other_root");
	moon->remote_auth.n_cas = 1;
}

static void want_pinned(struct ike_lab *lab, struct conn_conf *moon,
			struct conn_conf *sun)
{
	(void)lab;
	(void)sun;
	moon->remote_auth.certs[0] = certs_fingerprint("sun_rsa");
	moon->remote_auth.n_certs = 1;
}

static void send_none(struct ike_lab *lab, struct conn_conf *moon,
		      struct conn_conf *sun)
{
	(void)lab;
	(void)moon;
	sun->send_cert = SEND_CERT_NEVER;
}

static void know_crl(struct ike_lab *lab, struct conn_conf *moon,
		     struct conn_conf *sun)
{
	(void)moon;
	(void)sun;
	certs_add(lab, 0, CRED_CRL, "crl");
}

static void want_status(struct ike_lab *lab, struct conn_conf *moon,
			struct conn_conf *sun)
{
	(void)lab;
	(void)sun;
	moon->remote_auth.revocation = REVOCATION_STRICT;
}

static void sun_by_psk(struct ike_lab *lab, struct conn_conf *moon,
		       struct conn_conf *sun)
{
	(void)lab;
	(void)moon;
	sun->local_auth.by = AUTH_BY_PSK;
}

static void moon_wants_psk(struct ike_lab *lab, struct conn_conf *moon,
			   struct conn_conf *sun)
{
	(void)lab;
	(void)sun;
	moon->remote_auth.by = AUTH_BY_PSK;
}

/* Neither has the key of a certificate that it sends. */
static void sun_has_another_key(struct ike_lab *lab, struct conn_conf *moon,
				struct conn_conf *sun)
{
	(void)moon;
	(void)sun;
	lab->side[1].keys_of[0] = "moon";
}

static const struct refusal refusals[] = {
	{ "sun", "the peer's signature is not by the key of", forge },
	{ "sun", "\"C=CH, CN=sun\" is not of mars", want_other_name },
	{ "sun", "which 'auth' of its section remote does not take",
	  want_sha384 },
	{ "sun_other", "CN=sun_other", NULL },
	{ "sun", "CN=sun", want_other_ca },
	{ "sun", "none of 'cacerts'", want_missing_ca },
	{ "sun", "none of 'certs' and 'pubkeys'", want_pinned },
	{ "sun", "the peer sends no certificate", send_none },
	{ "sun_old", "CN=sun_old", NULL },
	{ "sun_1024", "CN=sun_1024", NULL },
	{ "sun_mail", "CN=sun_mail", NULL },
	{ "sun_forged", "CN=sun_forged", NULL },
	{ "sun_alone", "CN=sun_alone", NULL },
	{ "sun_chain", "CN=sun_chain", NULL }, /* without what is between */
	{ "sun_revoked", "CN=sun_revoked", know_crl },
	{ "sun", "CN=sun", want_status },
	{ "sun", "by a pre-shared key, and not by a certificate", sun_by_psk },
	{ "sun", "does not authenticate by a pre-shared key", moon_wants_psk },
};

static struct ike_lab *lab_refused(const struct refusal *r)
{
	struct ike_lab *lab = lab_of("moon", r->sun);
	struct conn_conf moon = conn_of(lab, 0), sun = conn_of(lab, 1);

	if (r->change)
		r->change(lab, &moon, &sun);
	load(lab, 0, &moon);
	load(lab, 1, &sun);
	return lab;
}

/* Section 2.21.2: the other one is told that it failed, and nothing more. */
static void responder_says_nothing_but_that_it_failed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		const struct refusal *r = &refusals[i];
		struct ike_lab *lab = lab_refused(r);

		assert_int_equal(engine_initiate(lab->side[1].engine, "peer",
						 NULL, lab->now_ns),
				 0);
		assert_true(lab_run(lab, 300 * LAB_S));
		assert_refused(lab, 0, r->why, r->why);
		assert_non_null(strstr(lab_text(&lab->side[1], IKE_EV_FAILED),
				       "refuses our authentication"));
		assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 1);
		lab_free(lab);
	}
}

static void initiator_gives_up_whom_it_does_not_believe(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		const struct refusal *r = &refusals[i];
		struct ike_lab *lab = lab_refused(r);

		begin(lab);
		assert_true(lab_run(lab, 300 * LAB_S));
		assert_refused(lab, 0, r->why, r->why);
		lab_free(lab);
	}
}

static void side_without_the_private_key_says_so(void **state)
{
	struct ike_lab *lab = lab_plain("moon", "sun");

	(void)state;
	sun_has_another_key(lab, NULL, NULL);
	initiate(lab);
	assert_refused(lab, 1, "no private key for our certificate", "key");
	lab_free(lab);
}

static void side_without_a_certificate_says_so(void **state)
{
	struct ike_lab *lab = certs_lab(1);

	(void)state;
	load_plain(lab, 0);
	load_plain(lab, 1);
	initiate(lab);
	assert_refused(lab, 0, "no certificate is loaded", "nothing");
	lab_free(lab);
	lab = certs_lab(1);
	load_plain(lab, 0);
	load_plain(lab, 1);
	certs_own(lab, 0, "sun");
	initiate(lab);
	assert_refused(lab, 0, "no certificate of our identity", "sun's");
	lab_free(lab);
}

/* --- chains, raw keys, one side by PSK */

static void intermediate_is_sent_behind_the_certificate(void **state)
{
	struct ike_lab *lab = lab_plain("moon", "sun_chain");

	(void)state;
	certs_add(lab, 1, CRED_INTERMEDIATE, "between");
	initiate(lab);
	assert_up(lab, "chain");
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
			struct conn_conf c = conn_of(lab, k);

			certs_own_key(lab, k, k ? "sun" : "moon");
			certs_add(lab, k, CRED_PUBKEY, k ? "moon" : "sun");
			c.send_cert = sends[i];
			c.local_auth.n_pubkeys = c.remote_auth.n_pubkeys = 1;
			c.local_auth.pubkeys[0] =
				certs_key_fingerprint(k ? "sun" : "moon");
			c.remote_auth.pubkeys[0] =
				certs_key_fingerprint(k ? "moon" : "sun");
			load(lab, k, &c);
		}
		initiate(lab);
		assert_up(lab, "raw keys");
		lab_free(lab);
	}
}

static void raw_key_that_nobody_named_is_refused(void **state)
{
	struct ike_lab *lab = lab_of("moon", "sun");
	struct conn_conf c = conn_of(lab, 1);

	(void)state;
	certs_add(lab, 1, CRED_PUBKEY, "sun");
	certs_add(lab, 0, CRED_PUBKEY, "sun"); /* known, but of nobody here */
	c.local_auth.n_pubkeys = 1;
	c.local_auth.pubkeys[0] = certs_key_fingerprint("sun");
	c.send_cert = SEND_CERT_ALWAYS;
	load(lab, 1, &c);
	load_plain(lab, 0);
	initiate(lab);
	assert_refused(lab, 0, "is none of 'pubkeys'", "raw");
	lab_free(lab);
}

static void one_side_may_have_a_key_and_the_other_a_certificate(void **state)
{
	(void)state;
	for (unsigned int psk = 0; psk < 2; psk++) {
		struct ike_lab *lab = lab_of("moon", "sun");

		for (unsigned int i = 0; i < 2; i++) {
			struct conn_conf c = conn_of(lab, i);

			if (i == psk)
				c.local_auth.by = AUTH_BY_PSK;
			else
				c.remote_auth.by = AUTH_BY_PSK;
			load(lab, i, &c);
		}
		initiate(lab);
		assert_up(lab, "psk one way");
		assert_int_equal(lab->verified, 1);
		lab_free(lab);
	}
}

static void certificate_that_is_here_need_not_be_sent(void **state)
{
	struct ike_lab *lab = lab_of("moon", "sun_alone");
	struct conn_conf c = conn_of(lab, 1);

	(void)state;
	certs_add(lab, 0, CRED_PEER, "sun_alone");
	c.send_cert = SEND_CERT_NEVER;
	load(lab, 1, &c);
	load_plain(lab, 0);
	initiate(lab);
	assert_up(lab, "pinned");
	lab_free(lab);
}

/* --- identities and choices */

static void without_an_identity_it_is_the_certificates_subject(void **state)
{
	struct ike_lab *lab = lab_of("moon", "sun");
	struct conn_conf c = conn_of(lab, 1);

	(void)state;
	c.local_id = (struct identity){ .type = 0 };
	load(lab, 1, &c);
	c = conn_of(lab, 0);
	set_id(&c.remote_id, "C=CH, CN=*");
	load(lab, 0, &c);
	initiate(lab);
	assert_up(lab, "subject");
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
		load_plain(lab, 0);
		load_plain(lab, 1);
		initiate(lab);
		assert_up(lab, firsts[i]);
		lab_free(lab);
	}
}

/* --- the network and the time */

static void handshake_survives_every_fault_of_every_datagram(void **state)
{
	(void)state;
	for (unsigned int f = 0; f < SETTLE_FAULTS; f++)
		for (unsigned int n = 0; n < 4; n++) {
			struct ike_lab *lab = lab_plain("moon", "sun_rsa");

			settle_set_fault(lab, &settle_faults[f], n);
			lab->fate = settle_fate;
			begin(lab);
			assert_true(lab_run(lab, 120 * LAB_S));
			if (!lab_agree(lab, 1) || ike_sas(lab) != 2)
				fail_msg("%u: %s", n, settle_faults[f].name);
			lab_free(lab);
		}
}

static void long_chain_comes_in_fragments(void **state)
{
	struct ike_lab *lab = lab_plain("moon_rsa", "sun_chain");

	(void)state;
	certs_add(lab, 1, CRED_INTERMEDIATE, "between");
	lab_set_fragment_size(lab, 576);
	initiate(lab);
	assert_up(lab, "fragments");
	assert_true(lab->datagrams > 6);
	lab_free(lab);
}

static void verdict_about_who_is_gone_is_dropped(void **state)
{
	struct ike_lab *lab = lab_plain("moon", "sun");

	(void)state;
	lab->answer_max_ns = LAB_S / 10;
	begin(lab);
	while (lab->verified < 1)
		assert_true(lab_step(lab));
	sa_close(forge_sa(lab, 1), "gone");
	sa_reap(lab->side[1].engine);
	assert_true(lab_run(lab, 400 * LAB_S));
	assert_int_equal(ike_sas(lab), 0);
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_IKE_UP), 0);
	lab_free(lab);
}

/* A handshake keeps what it began with. */
static void creds_may_change_while_it_is_under_way(void **state)
{
	struct ike_lab *lab = lab_plain("moon", "sun");

	(void)state;
	lab->answer_max_ns = LAB_S / 10;
	begin(lab);
	while (lab->verified < 1)
		assert_true(lab_step(lab));
	engine_set_creds(lab->side[0].engine, NULL);
	engine_set_creds(lab->side[1].engine, NULL);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_up(lab, "other creds");
	lab_free(lab);
}

/* Whatever was done when it was killed: there is a tunnel in the end, of one engine or
 * the other. */
static void engine_that_is_killed_at_any_step_is_taken_over(void **state)
{
	(void)state;
	for (unsigned int at = 1; at < 40; at++) {
		struct ike_lab *lab = lab_plain("moon", "sun");
		unsigned int half_open;

		lab_keep(lab, 0, true);
		lab_keep(lab, 1, true);
		begin(lab);
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
	struct ike_lab *lab = lab_plain("moon", "sun");

	(void)state;
	initiate(lab);
	assert_up(lab, "before");
	assert_int_equal(
		engine_rekey(lab->side[0].engine, "peer", NULL, lab->now_ns), 1);
	assert_true(lab_run(lab, 30 * LAB_S));
	assert_up(lab, "rekeyed");
	assert_int_equal(lab->verified, 2);
	assert_int_equal(engine_reauth(lab->side[0].engine, "peer", lab->now_ns),
			 1);
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_up(lab, "reauthenticated");
	assert_int_equal(lab->verified, 4);
	lab_free(lab);
}

/* What the keystore refuses, or any other, once at every question. */
static void refused_question_leaves_nothing(void **state)
{
	(void)state;
	for (unsigned int n = 1; n < 20; n++) {
		struct ike_lab *lab = lab_plain("moon", "sun");

		lab->refused = n;
		begin(lab);
		assert_true(lab_run(lab, 400 * LAB_S));
		assert_true(ike_sas(lab) == 0 || ike_sas(lab) == 2);
		lab_free(lab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_signs_and_is_believed),
		cmocka_unit_test(initiator_signs_with_every_key_too),
		cmocka_unit_test(key_that_has_no_scheme_for_both_is_told),
		cmocka_unit_test(responder_says_nothing_but_that_it_failed),
		cmocka_unit_test(initiator_gives_up_whom_it_does_not_believe),
		cmocka_unit_test(side_without_the_private_key_says_so),
		cmocka_unit_test(side_without_a_certificate_says_so),
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
		cmocka_unit_test(
			handshake_survives_every_fault_of_every_datagram),
		cmocka_unit_test(long_chain_comes_in_fragments),
		cmocka_unit_test(verdict_about_who_is_gone_is_dropped),
		cmocka_unit_test(creds_may_change_while_it_is_under_way),
		cmocka_unit_test(engine_that_is_killed_at_any_step_is_taken_over),
		cmocka_unit_test(rekeying_and_reauthentication_go_on),
		cmocka_unit_test(refused_question_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, make_all, end_all);
}
