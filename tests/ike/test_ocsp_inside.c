// SPDX-License-Identifier: BSD-2-Clause
/*
 * OCSP within IKE (RFC 4806): who asks for it, who gets it, and what it is worth.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/ike/staple.h"
#include "tests/support/ike_certs.h"
#include "tests/support/pki.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define OCSP_AT	     "authorityInfoAccess=OCSP;URI:http://ocsp.example/"

static const struct pki_cert certs[] = {
	{ .name = "moon_ocsp",
	  "root",
	  .exts = { "subjectAltName=DNS:moon", OCSP_AT } },
	{ .name = "sun_ocsp",
	  "root",
	  .exts = { "subjectAltName=DNS:sun", OCSP_AT } },
};

static const struct pki_ocsp responses[] = {
	{ .name = "says_good",
	  "root",
	  .about = { "moon_ocsp", "sun_ocsp" },
	  .from_h = -1,
	  .until_h = 2 },
	{ .name = "says_revoked",
	  "root",
	  .about = { "moon_ocsp", "sun_ocsp" },
	  .status = 1,
	  .from_h = -1,
	  .until_h = 2 },
	{ .name = "says_other",
	  "root",
	  .about = { "moon" },
	  .from_h = -1,
	  .until_h = 2 },
	{ .name = "said_good",
	  "root",
	  .about = { "moon_ocsp", "sun_ocsp" },
	  .from_h = -3,
	  .until_h = -1 },
	{ .name = "forged",
	  "root",
	  .about = { "moon_ocsp", "sun_ocsp" },
	  .from_h = -1,
	  .until_h = 2,
	  .has_bad_signature = true },
	{ .name = "by_other",
	  "root",
	  "other_root",
	  .about = { "moon_ocsp", "sun_ocsp" },
	  .from_h = -1,
	  .until_h = 2 },
};

static int make(void **state)
{
	certs_make(state);
	for (size_t i = 0; i < ARRAY_LEN(certs); i++)
		pki_make(&certs[i]);
	for (size_t i = 0; i < ARRAY_LEN(responses); i++)
		pki_make_ocsp(&responses[i]);
	return 0;
}

static struct {
	unsigned int judge;
	/* What the judge gets by itself, and the other one of its own certificate: a
	 * response, or "" for nothing to be had. */
	const char *fetches, *has;
	unsigned int wants[2]; /* of the judge, and of the other one */
} web;

static void on_want(struct lab_side *s, const struct status_want *w)
{
	static const uint8_t garbage[] = { 0x30, 0x03, 0x02, 0x01, 0x01 };
	bool is_own = s->index != web.judge;
	const char *comes = is_own ? web.has : web.fetches;
	struct slice octets = slice_of(NULL, 0);

	assert_int_equal(w->kind, STATUS_OCSP);
	assert_int_equal(w->n_path, 1);
	assert_in_range(w->request.len, 1, 512);
	web.wants[is_own]++;
	if (strcmp(comes, "malformed") == 0)
		octets = slice_of(garbage, sizeof(garbage));
	else if (*comes)
		octets = pki_der(comes);
	lab_fetched(s, w->path[0], STATUS_OCSP, octets, 1);
}

static struct ike_lab *lab_of(unsigned int judge, enum ocsp_inside judges,
			      enum ocsp_inside others)
{
	struct ike_lab *lab = certs_lab_of(judge ? "moon_ocsp" : "moon",
					   judge ? "sun" : "sun_ocsp");

	memset(&web, 0, sizeof(web));
	web.judge = judge;
	web.fetches = web.has = "";
	lab->want = on_want;
	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = certs_conn_of(lab, i);

		c.ocsp = i == judge ? judges : others;
		if (i == judge)
			c.remote_auth.revocation = REVOCATION_STRICT;
		certs_load_conn(lab, i, &c);
	}
	return lab;
}

/* The other one has its response, because somebody has asked for it before. */
static void prime(struct ike_lab *lab)
{
	struct lab_side *s = &lab->side[!web.judge];
	struct fingerprint f =
		certs_fingerprint(web.judge ? "moon_ocsp" : "sun_ocsp");

	staple_want(s->engine, s->creds,
		    creds_by_id(s->creds, CRED_OWN, &f)->cert);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(web.wants[1], 1);
}

static void response_that_the_peer_sends_is_enough(void **state)
{
	static const enum ocsp_inside asks[] = { OCSP_INSIDE_REQUEST,
						 OCSP_INSIDE_BOTH };
	static const enum ocsp_inside replies[] = { OCSP_INSIDE_REPLY,
						    OCSP_INSIDE_BOTH };

	(void)state;
	for (unsigned int judge = 0; judge < 2; judge++)
		for (size_t i = 0; i < 2; i++) {
			struct ike_lab *lab = lab_of(judge, asks[i], replies[i]);

			web.has = "says_good";
			prime(lab);
			certs_initiate(lab);
			certs_assert_up(lab, "within IKE");
			assert_int_equal(web.wants[0], 0);
			lab_free(lab);
		}
}

static void revoked_it_is_refused(void **state)
{
	(void)state;
	for (unsigned int judge = 0; judge < 2; judge++) {
		struct ike_lab *lab =
			lab_of(judge, OCSP_INSIDE_REQUEST, OCSP_INSIDE_REPLY);

		web.has = "says_revoked";
		prime(lab);
		certs_initiate(lab);
		certs_assert_refused(lab, judge, "is revoked", "within IKE");
		assert_int_equal(web.wants[0], 0);
		lab_free(lab);
	}
}

/* The peer may send what it likes. */
static void what_tells_nothing_is_fetched(void **state)
{
	static const char *const lies[] = { "says_other", "said_good", "forged",
					    "by_other", "malformed" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lies); i++)
		for (unsigned int judge = 0; judge < 2; judge++) {
			struct ike_lab *lab = lab_of(judge, OCSP_INSIDE_REQUEST,
						     OCSP_INSIDE_REPLY);

			web.has = lies[i];
			prime(lab);
			certs_initiate(lab);
			certs_assert_refused(lab, judge, "may be revoked",
					     lies[i]);
			assert_int_equal(web.wants[0], 1);
			web.fetches = "says_good";
			certs_initiate(lab);
			assert_true(lab_agree(lab, 1));
			assert_int_equal(web.wants[0], 2);
			lab_free(lab);
		}
}

static void who_does_not_ask_or_reply_goes_without(void **state)
{
	static const enum ocsp_inside rows[][2] = {
		{ OCSP_INSIDE_REPLY, OCSP_INSIDE_BOTH },
		{ OCSP_INSIDE_NEVER, OCSP_INSIDE_BOTH },
		{ OCSP_INSIDE_BOTH, OCSP_INSIDE_NEVER },
		{ OCSP_INSIDE_BOTH, OCSP_INSIDE_REQUEST },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (unsigned int judge = 0; judge < 2; judge++) {
			struct ike_lab *lab =
				lab_of(judge, rows[i][0], rows[i][1]);

			web.fetches = web.has = "says_good";
			prime(lab);
			certs_initiate(lab);
			certs_assert_up(lab, "without");
			assert_int_equal(web.wants[0], 1);
			assert_int_equal(web.wants[1], 1);
			lab_free(lab);
		}
}

static void own_one_is_wanted_when_it_is_asked_for(void **state)
{
	struct ike_lab *lab = lab_of(1, OCSP_INSIDE_REQUEST, OCSP_INSIDE_REPLY);

	(void)state;
	web.fetches = web.has = "says_good";
	certs_initiate(lab);
	certs_assert_up(lab, "first");
	assert_int_equal(web.wants[1], 1);
	for (unsigned int i = 0; i < 2; i++) {
		engine_fetch_anew(lab->side[1].engine);
		web.has = "";
		assert_true(lab_run(lab, 61 * LAB_S));
		assert_int_equal(engine_reauth(lab->side[0].engine, "peer",
					       lab->now_ns),
				 1);
		assert_true(lab_run(lab, 30 * LAB_S));
		certs_assert_up(lab, "what there was stays");
		assert_int_equal(web.wants[1], 2 + i);
	}
	engine_fetch_anew(lab->side[0].engine);
	lab_free(lab);
}

static void without_a_responder_none_is_wanted(void **state)
{
	struct ike_lab *lab = lab_of(0, OCSP_INSIDE_BOTH, OCSP_INSIDE_BOTH);

	(void)state;
	web.fetches = web.has = "says_good";
	certs_initiate(lab);
	certs_assert_up(lab, "moon names none");
	assert_int_equal(web.wants[1], 1); /* sun does */
	lab_free(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(response_that_the_peer_sends_is_enough),
		cmocka_unit_test(revoked_it_is_refused),
		cmocka_unit_test(what_tells_nothing_is_fetched),
		cmocka_unit_test(who_does_not_ask_or_reply_goes_without),
		cmocka_unit_test(own_one_is_wanted_when_it_is_asked_for),
		cmocka_unit_test(without_a_responder_none_is_wanted),
	};

	return cmocka_run_group_tests(tests, make, certs_end);
}
