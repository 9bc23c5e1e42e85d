// SPDX-License-Identifier: BSD-2-Clause
/*
 * Who is not believed, with a certificate or without: the one that judges says why, the
 * other is told nothing more, and nothing stays.
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
#include "tests/support/ike_settle.h"
#include "tests/support/pki.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

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
	certs_set_id(&moon->remote_id, "mars");
	certs_set_id(&sun->local_id, "mars");
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

static void want_ca_id(struct ike_lab *lab, struct conn_conf *moon,
		       struct conn_conf *sun)
{
	(void)lab;
	(void)sun;
	certs_set_id(&moon->remote_auth.ca_id, "C=CH, CN=other_root");
}

/* The leaf is no CA, whatever its name. */
static void want_itself_as_ca(struct ike_lab *lab, struct conn_conf *moon,
			      struct conn_conf *sun)
{
	(void)lab;
	(void)sun;
	certs_set_id(&moon->remote_auth.ca_id, "C=CH, CN=sun");
}

/* Both must hold. */
static void want_ca_and_other_id(struct ike_lab *lab, struct conn_conf *moon,
				 struct conn_conf *sun)
{
	want_ca_id(lab, moon, sun);
	moon->remote_auth.cas[0] = certs_fingerprint("root");
	moon->remote_auth.n_cas = 1;
}

static void pin_and_want_ca_id(struct ike_lab *lab, struct conn_conf *moon,
			       struct conn_conf *sun)
{
	certs_add(lab, 0, CRED_PEER, "sun");
	want_ca_id(lab, moon, sun);
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
	{ "sun", "none of the CAs that the connection names", want_ca_id },
	{ "sun", "none of the CAs that the connection names", want_itself_as_ca },
	{ "sun", "none of the CAs", want_ca_and_other_id },
	{ "sun", "none of the CAs", pin_and_want_ca_id },
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
	struct ike_lab *lab = certs_lab_of("moon", r->sun);
	struct conn_conf moon = certs_conn_of(lab, 0),
			 sun = certs_conn_of(lab, 1);

	if (r->change)
		r->change(lab, &moon, &sun);
	certs_load_conn(lab, 0, &moon);
	certs_load_conn(lab, 1, &sun);
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
		certs_assert_refused(lab, 0, r->why, r->why);
		assert_non_null(strstr(lab_text(&lab->side[1], IKE_EV_FAILED),
				       r->change == sun_by_psk
					       ? "compare the pre-shared keys"
					       : "the CA of our certificate"));
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

		certs_begin(lab);
		assert_true(lab_run(lab, 300 * LAB_S));
		certs_assert_refused(lab, 0, r->why, r->why);
		lab_free(lab);
	}
}

static struct lab_fate lose_all(struct ike_lab *lab, unsigned int n)
{
	(void)lab;
	(void)n;
	return (struct lab_fate){ .copies = 0 };
}

/* Its end is told once: who ended it then waited for another word. */
static void attempt_that_was_given_up_is_not_there_to_be_ended(void **state)
{
	struct ike_lab *lab = certs_lab_plain("moon", "sun_old");
	struct engine *e = lab->side[0].engine;

	(void)state;
	certs_begin(lab);
	while (!lab_count(&lab->side[0], IKE_EV_FAILED))
		assert_true(lab_step(lab));
	lab->fate = lose_all;
	assert_non_null(forge_sa(lab, 0)); /* until the peer has answered */
	assert_int_equal(engine_terminate(e, "peer", NULL, lab->now_ns), 0);
	assert_true(lab_run(lab, 400 * LAB_S));
	assert_int_equal(settle_ike_sas(lab, 0), 0);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 1);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_DOWN), 0);
	lab_free(lab);
}

static void side_without_the_private_key_says_so(void **state)
{
	struct ike_lab *lab = certs_lab_plain("moon", "sun");

	(void)state;
	sun_has_another_key(lab, NULL, NULL);
	certs_initiate(lab);
	certs_assert_refused(lab, 1, "no private key for our certificate",
			     "key");
	lab_free(lab);
}

static void side_without_a_certificate_says_so(void **state)
{
	struct ike_lab *lab = certs_lab(1);

	(void)state;
	certs_load_plain(lab, 0);
	certs_load_plain(lab, 1);
	certs_initiate(lab);
	certs_assert_refused(lab, 0, "no certificate is loaded", "nothing");
	lab_free(lab);
	lab = certs_lab(1);
	certs_load_plain(lab, 0);
	certs_load_plain(lab, 1);
	certs_own(lab, 0, "sun");
	certs_initiate(lab);
	certs_assert_refused(lab, 0, "no certificate of our identity", "sun's");
	lab_free(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(responder_says_nothing_but_that_it_failed),
		cmocka_unit_test(initiator_gives_up_whom_it_does_not_believe),
		cmocka_unit_test(
			attempt_that_was_given_up_is_not_there_to_be_ended),
		cmocka_unit_test(side_without_the_private_key_says_so),
		cmocka_unit_test(side_without_a_certificate_says_so),
	};

	return cmocka_run_group_tests(tests, certs_make, certs_end);
}
