// SPDX-License-Identifier: BSD-2-Clause
/*
 * Certificates that may be revoked: what is wanted for them, what becomes of a handshake
 * that waits for it, and who is believed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_certs.h"
#include "tests/support/ike_forge.h"
#include "tests/support/ike_look.h"
#include "tests/support/ike_settle.h"
#include "tests/support/pki.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define CA	     "basicConstraints=critical,CA:TRUE"
#define CRL_AT	     "crlDistributionPoints=URI:http://crl.example/root"
#define CRL_AT_TOP   "crlDistributionPoints=URI:http://crl.example/top"
#define OCSP_AT	     "authorityInfoAccess=OCSP;URI:http://ocsp.example/"
#define MOON	     "subjectAltName=DNS:moon"
#define SUN	     "subjectAltName=DNS:sun"
#define HOUR_S	     3600

static const struct pki_cert certs[] = {
	{ .name = "moon_crl", "root", .exts = { MOON, CRL_AT } },
	{ .name = "sun_crl", "root", .exts = { SUN, CRL_AT } },
	{ .name = "sun_ocsp", "root", .exts = { SUN, OCSP_AT } },
	{ .name = "sun_both", "root", .exts = { SUN, OCSP_AT, CRL_AT } },
	{ .name = "sun_dead", "root", .exts = { SUN, CRL_AT } },
	{ .name = "moon_dead", "root", .exts = { MOON, CRL_AT } },
	{ .name = "between_crl", "root", .exts = { CA, CRL_AT_TOP } },
	{ .name = "sun_below", "between_crl", .exts = { SUN, CRL_AT } },
	{ .name = "sun_stranger", "other_root", .exts = { SUN, CRL_AT } },
};

static const struct pki_crl crls[] = {
	{ .name = "fresh",
	  "root",
	  .from_h = -1,
	  .until_h = 2,
	  .revoked = { "sun_dead", "moon_dead" },
	  .number = 1 },
	{ .name = "below", "between_crl", .from_h = -1, .until_h = 2, .number = 1 },
	{ .name = "stale", "root", .from_h = -3, .until_h = -1, .number = 1 },
	{ .name = "of_other",
	  "other_root",
	  .from_h = -1,
	  .until_h = 2,
	  .number = 1 },
	{ .name = "forged",
	  "root",
	  .from_h = -1,
	  .until_h = 2,
	  .number = 2,
	  .has_bad_signature = true },
	{ .name = "by_other",
	  "root",
	  "other_root",
	  .from_h = -1,
	  .until_h = 2,
	  .number = 3 },
};

static const struct pki_ocsp responses[] = {
	{ .name = "says_good",
	  "root",
	  .about = { "sun_ocsp", "sun_both" },
	  .from_h = -1,
	  .until_h = 2 },
	{ .name = "says_revoked",
	  "root",
	  .about = { "sun_ocsp" },
	  .status = 1,
	  .from_h = -1,
	  .until_h = 2 },
	{ .name = "says_other",
	  "root",
	  .about = { "moon" },
	  .from_h = -1,
	  .until_h = 2 },
};

static int make(void **state)
{
	certs_make(state);
	for (size_t i = 0; i < ARRAY_LEN(certs); i++)
		pki_make(&certs[i]);
	for (size_t i = 0; i < ARRAY_LEN(crls); i++)
		pki_make_crl(&crls[i]);
	for (size_t i = 0; i < ARRAY_LEN(responses); i++)
		pki_make_ocsp(&responses[i]);
	return 0;
}

/* --- who is asked for what, and what comes */

static struct {
	/* Of a kind, or of a certificate: "" for nothing to be had; NULL: silence. */
	const char *crl, *ocsp, *crl_of_between;
	uint64_t after_ns;
	unsigned int wanted[2]; /* so far, by enum status_kind */
	enum status_kind last;
	size_t request; /* octets of the last one */
	size_t n_path;	/* and how long its path was */
} web;

static const char *const plain[] = { "moon", "sun" }; /* no address in it */

static const char *name_of(struct slice cert)
{
	for (size_t i = 0; i < ARRAY_LEN(certs); i++) {
		struct slice der = pki_der(certs[i].name);

		if (der.len == cert.len &&
		    memcmp(der.ptr, cert.ptr, der.len) == 0)
			return certs[i].name;
	}
	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		struct slice der = pki_der(plain[i]);

		if (der.len == cert.len &&
		    memcmp(der.ptr, cert.ptr, der.len) == 0)
			return plain[i];
	}
	fail_msg("a certificate that nobody sent");
	return NULL;
}

static void on_want(struct lab_side *s, const struct status_want *w)
{
	static const uint8_t garbage[] = { 0x30, 0x03, 0x02, 0x01, 0x01 };
	const char *name = name_of(w->path[0]);
	const char *comes = w->kind == STATUS_OCSP ? web.ocsp : web.crl;
	struct slice octets = slice_of(NULL, 0);

	web.wanted[w->kind]++;
	web.last = w->kind;
	web.request = w->request.len;
	web.n_path += w->n_path;
	if (strcmp(name, "between_crl") == 0)
		comes = web.crl_of_between;
	if (!comes)
		return;
	if (strcmp(comes, "malformed") == 0)
		octets = slice_of(garbage, sizeof(garbage));
	else if (*comes)
		octets = pki_der(comes);
	lab_fetched(s, pki_der(name), w->kind, octets,
		    web.after_ns ? web.after_ns : 1);
}

static unsigned int n_wanted(void)
{
	return web.wanted[STATUS_CRL] + web.wanted[STATUS_OCSP];
}

/* The judge demands so much of the other one. */
static struct ike_lab *lab_of(const char *moon, const char *sun,
			      unsigned int judge, enum revocation demands)
{
	struct ike_lab *lab = certs_lab_of(moon, sun);

	memset(&web, 0, sizeof(web));
	lab->want = on_want;
	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = certs_conn_of(lab, i);

		if (i == judge)
			c.remote_auth.revocation = demands;
		certs_load_conn(lab, i, &c);
	}
	return lab;
}

/* --- what comes */

static void peer_is_let_in_when_a_crl_comes(void **state)
{
	static const enum revocation demands[] = { REVOCATION_STRICT,
						   REVOCATION_IFURI,
						   REVOCATION_RELAXED };

	(void)state;
	for (unsigned int judge = 0; judge < 2; judge++)
		for (size_t i = 0; i < ARRAY_LEN(demands); i++) {
			struct ike_lab *lab =
				judge ? lab_of("moon_crl", "sun", 1, demands[i])
				      : lab_of("moon", "sun_crl", 0, demands[i]);

			web.crl = "fresh";
			web.after_ns = LAB_S;
			certs_initiate(lab);
			certs_assert_up(lab, "CRL");
			assert_int_equal(web.wanted[STATUS_CRL], 1);
			assert_int_equal(n_wanted(), 1);
			assert_int_equal(web.request, 0);
			assert_string_equal(
				lab_text(&lab->side[judge], IKE_EV_IKE_UP), "");
			lab_free(lab);
		}
}

static void responder_of_ocsp_is_asked_before_a_crl(void **state)
{
	static const char *const suns[] = { "sun_ocsp", "sun_both" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(suns); i++) {
		struct ike_lab *lab =
			lab_of("moon", suns[i], 0, REVOCATION_STRICT);

		web.ocsp = "says_good";
		web.crl = "fresh";
		certs_initiate(lab);
		certs_assert_up(lab, suns[i]);
		assert_int_equal(web.wanted[STATUS_OCSP], 1);
		assert_int_equal(n_wanted(), 1);
		assert_in_range(web.request, 1, 512);
		lab_free(lab);
	}
}

static void crl_is_wanted_where_ocsp_tells_nothing(void **state)
{
	static const char *const ocsps[] = { "", "malformed", "says_other" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ocsps); i++) {
		struct ike_lab *lab =
			lab_of("moon", "sun_both", 0, REVOCATION_STRICT);

		web.ocsp = ocsps[i];
		web.crl = "fresh";
		certs_initiate(lab);
		certs_assert_up(lab, ocsps[i]);
		assert_int_equal(web.wanted[STATUS_OCSP], 1);
		assert_int_equal(web.wanted[STATUS_CRL], 1);
		lab_free(lab);
	}
}

static void each_certificate_of_the_path_is_asked_for(void **state)
{
	struct ike_lab *lab = lab_of("moon", "sun_below", 0, REVOCATION_STRICT);

	(void)state;
	certs_add(lab, 1, CRED_INTERMEDIATE, "between_crl");
	web.crl = "below";
	web.crl_of_between = "fresh";
	certs_initiate(lab);
	certs_assert_up(lab, "chain");
	assert_int_equal(web.wanted[STATUS_CRL], 2);
	assert_int_equal(web.n_path, 2 + 1);
	lab_free(lab);
}

static void chain_with_one_crl_alone_is_refused(void **state)
{
	struct ike_lab *lab = lab_of("moon", "sun_below", 0, REVOCATION_STRICT);

	(void)state;
	certs_add(lab, 1, CRED_INTERMEDIATE, "between_crl");
	web.crl = "below";
	web.crl_of_between = "";
	certs_initiate(lab);
	certs_assert_refused(lab, 0, "CN=between_crl\" may be revoked", "one");
	assert_int_equal(n_wanted(), 2);
	lab_free(lab);
}

static void revoked_peer_is_refused_when_that_comes(void **state)
{
	static const enum revocation demands[] = { REVOCATION_STRICT,
						   REVOCATION_IFURI,
						   REVOCATION_RELAXED };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(demands); i++)
		for (unsigned int judge = 0; judge < 2; judge++) {
			struct ike_lab *lab = judge ? lab_of("moon_dead", "sun",
							     1, demands[i])
						    : lab_of("moon", "sun_dead",
							     0, demands[i]);

			web.crl = "fresh";
			certs_initiate(lab);
			certs_assert_refused(lab, judge, "is revoked", "CRL");
			lab_free(lab);
		}
}

static void ocsp_revokes_likewise(void **state)
{
	struct ike_lab *lab = lab_of("moon", "sun_ocsp", 0, REVOCATION_RELAXED);

	(void)state;
	web.ocsp = "says_revoked";
	certs_initiate(lab);
	certs_assert_refused(lab, 0, "is revoked", "OCSP");
	lab_free(lab);
}

/* What a peer that is refused causes again and again is fetched once. */
static void revoked_peer_that_comes_again_fetches_nothing(void **state)
{
	struct ike_lab *lab = lab_of("moon", "sun_dead", 0, REVOCATION_STRICT);

	(void)state;
	web.crl = "fresh";
	for (unsigned int i = 0; i < 3; i++) {
		certs_initiate(lab);
		certs_assert_refused(lab, 0, "is revoked", "again");
	}
	assert_int_equal(n_wanted(), 1);
	lab_free(lab);
}

/* --- what does not help */

static bool is_kept(const struct ike_lab *lab, const char *name)
{
	struct certificate *c;
	struct status *s;
	struct error e;

	assert_int_equal(certificate_read(pki_der(name), &c, &e), 0);
	s = statuses_find(lab->side[0].engine->statuses, c, STATUS_CRL,
			  lab->clock_s);
	certificate_free(c);
	status_unref(s);
	return s != NULL;
}

static void lie_tells_nothing(void **state)
{
	static const char *const lies[] = { "of_other", "forged", "by_other",
					    "stale",	"below",  "malformed",
					    "says_good" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
		struct ike_lab *lab =
			lab_of("moon", "sun_crl", 0, REVOCATION_STRICT);

		web.crl = lies[i];
		certs_initiate(lab);
		certs_assert_refused(lab, 0, "may be revoked", lies[i]);
		assert_int_equal(n_wanted(), 1);
		assert_false(is_kept(lab, "sun_crl"));
		web.crl = "fresh";
		certs_initiate(lab);
		assert_true(lab_agree(lab, 1));
		assert_int_equal(n_wanted(), 2);
		assert_true(is_kept(lab, "sun_crl"));
		lab_free(lab);
	}
}

static void without_an_answer_the_connection_decides(void **state)
{
	static const char *const silences[] = { "", NULL };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(silences); i++)
		for (unsigned int demands = 0; demands < 3; demands++) {
			struct ike_lab *lab = lab_of("moon", "sun_both", 0,
						     (enum revocation)demands);

			web.crl = web.ocsp = silences[i];
			certs_initiate(lab);
			if (demands != REVOCATION_RELAXED) {
				certs_assert_refused(lab, 0, "may be revoked",
						     "no answer");
				lab_free(lab);
				continue;
			}
			certs_assert_up(lab, "relaxed");
			assert_non_null(
				strstr(lab_text(&lab->side[0], IKE_EV_IKE_UP),
				       "neither CRL nor OCSP tells"));
			lab_free(lab);
		}
}

/* With a CRL that is wanted only then it is no longer, either. */
static void it_is_waited_for_fifteen_seconds(void **state)
{
	static const char *const ocsps[] = { NULL, "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ocsps); i++) {
		struct ike_lab *lab =
			lab_of("moon", "sun_both", 0, REVOCATION_RELAXED);

		web.ocsp = ocsps[i];
		web.after_ns = 9 * LAB_S;
		certs_begin(lab);
		assert_true(lab_run(lab, 15 * LAB_S));
		assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_UP), 0);
		assert_true(lab_run(lab, LAB_S));
		certs_assert_up(lab, "after a while");
		assert_int_equal(n_wanted(), 1 + i);
		lab_free(lab);
	}
}

static void without_an_address_nothing_is_wanted(void **state)
{
	struct ike_lab *lab = lab_of("moon", "sun", 0, REVOCATION_IFURI);

	(void)state;
	certs_initiate(lab);
	certs_assert_up(lab, "no URI");
	assert_int_equal(n_wanted(), 0);
	assert_string_equal(lab_text(&lab->side[0], IKE_EV_IKE_UP), "");
	lab_free(lab);
}

static void authority_knows_what_a_certificate_does_not_say(void **state)
{
	(void)state;
	for (unsigned int judge = 0; judge < 2; judge++) {
		struct ike_lab *lab =
			lab_of("moon", "sun", judge, REVOCATION_IFURI);

		certs_add(lab, judge, CRED_OCSP_AT, "root");
		certs_add(lab, judge, CRED_CRL_AT, "root");
		web.ocsp = "";
		web.crl = "fresh";
		certs_initiate(lab);
		certs_assert_up(lab, "of the authority");
		assert_int_equal(web.wanted[STATUS_OCSP], 1);
		assert_int_equal(web.wanted[STATUS_CRL], 1);
		lab_free(lab);
		lab = lab_of("moon", "sun", judge, REVOCATION_IFURI);
		certs_add(lab, judge, CRED_CRL_AT, "root");
		web.crl = "";
		certs_initiate(lab);
		certs_assert_refused(lab, judge, "may be revoked", "nowhere");
		lab_free(lab);
		lab = lab_of("moon", "sun", judge, REVOCATION_IFURI);
		certs_add(lab, judge, CRED_CRL_AT, "other_root");
		certs_initiate(lab);
		certs_assert_up(lab, "of another authority");
		assert_int_equal(n_wanted(), 0);
		lab_free(lab);
	}
}

static void nothing_is_fetched_for_strangers(void **state)
{
	struct ike_lab *lab = lab_of("moon", "sun_crl", 0, REVOCATION_STRICT);
	struct conn_conf c;

	(void)state;
	lab->sign = certs_sign_wrongly;
	certs_initiate(lab);
	certs_assert_refused(lab, 0, "signature", "a wrong signature");
	lab_free(lab);
	lab = lab_of("moon", "sun_stranger", 0, REVOCATION_STRICT);
	certs_add(lab, 1, CRED_CA, "other_root");
	c = certs_conn_of(lab, 1);
	c.send_cert = SEND_CERT_ALWAYS;
	certs_load_conn(lab, 1, &c);
	certs_initiate(lab);
	certs_assert_refused(lab, 0, "neither here nor sent", "another CA");
	assert_int_equal(n_wanted(), 0);
	lab_free(lab);
	lab = lab_of("moon_crl", "sun", 1, REVOCATION_STRICT);
	c = certs_conn_of(lab, 1);
	certs_set_id(&c.remote_id, "mars");
	certs_load_conn(lab, 1, &c);
	certs_initiate(lab);
	certs_assert_refused(lab, 1, "no connection", "nobody's peer");
	assert_int_equal(n_wanted(), 0);
	lab_free(lab);
}

static void answer_that_nobody_waits_for_is_dropped(void **state)
{
	struct ike_lab *lab = lab_of("moon", "sun_crl", 0, REVOCATION_STRICT);

	(void)state;
	lab_fetched(&lab->side[0], pki_der("sun_crl"), STATUS_CRL,
		    pki_der("fresh"), 1);
	assert_true(lab_run(lab, LAB_S));
	certs_begin(lab);
	while (!n_wanted())
		assert_true(lab_step(lab));
	lab_fetched(&lab->side[0], pki_der("sun_crl"), STATUS_OCSP,
		    pki_der("says_good"), 1);
	lab_fetched(&lab->side[0], pki_der("sun_both"), STATUS_CRL,
		    pki_der("fresh"), 2);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_UP), 0);
	for (unsigned int i = 0; i < 2; i++) /* only the first one counts */
		lab_fetched(&lab->side[0], pki_der("sun_crl"), STATUS_CRL,
			    pki_der(i ? "of_other" : "fresh"), 1 + i);
	assert_true(lab_run(lab, LAB_S));
	certs_assert_up(lab, "after all");
	lab_free(lab);
}

/* --- what is kept */

static void what_came_is_kept_for_others_until_its_next_update(void **state)
{
	struct ike_lab *lab = lab_of("moon", "sun_crl", 0, REVOCATION_STRICT);

	(void)state;
	web.crl = "fresh";
	certs_initiate(lab);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(engine_reauth(lab->side[0].engine, "peer",
					       lab->now_ns),
				 1);
		assert_true(lab_run(lab, 60 * LAB_S));
		certs_assert_up(lab, "again");
		assert_int_equal(n_wanted(), 1 + i);
		lab->clock_s += 2 * HOUR_S + 1;
		pki_make_crl(&(const struct pki_crl){ .name = "next",
						      "root",
						      .from_h = 2,
						      .until_h = 4,
						      .number = 2 });
		web.crl = "next";
	}
	lab_free(lab);
}

static void what_is_flushed_is_wanted_again(void **state)
{
	struct ike_lab *lab = lab_of("moon", "sun_crl", 0, REVOCATION_STRICT);

	(void)state;
	web.crl = "fresh";
	certs_initiate(lab);
	certs_assert_up(lab, "first");
	engine_fetch_anew(lab->side[0].engine);
	assert_int_equal(engine_reauth(lab->side[0].engine, "peer", lab->now_ns),
			 1);
	assert_true(lab_run(lab, 60 * LAB_S));
	certs_assert_up(lab, "again");
	assert_int_equal(n_wanted(), 2);
	lab_free(lab);
}

/* --- while it waits */

static void begin_to_wait(struct ike_lab *lab)
{
	certs_begin(lab);
	while (!n_wanted())
		assert_true(lab_step(lab));
}

static void handshake_that_waits_is_half_open(void **state)
{
	struct ike_lab *lab = lab_of("moon_crl", "sun", 1, REVOCATION_STRICT);
	unsigned int half_open;

	(void)state;
	begin_to_wait(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_int_equal(engine_count(lab->side[1].engine, &half_open), 1);
	assert_int_equal(half_open, 1);
	lab_free(lab);
}

/* The initiator sends its IKE_AUTH again and again; it is one to us. */
static void request_that_comes_again_meanwhile_changes_nothing(void **state)
{
	struct ike_lab *lab = lab_of("moon_crl", "sun", 1, REVOCATION_STRICT);
	unsigned int before;

	(void)state;
	web.crl = "fresh";
	web.after_ns = 14 * LAB_S;
	begin_to_wait(lab);
	before = lab->side[0].sent;
	assert_true(lab_run(lab, 13 * LAB_S));
	assert_true(lab->side[0].sent > before);
	assert_true(lab_run(lab, 5 * LAB_S));
	certs_assert_up(lab, "sent again");
	assert_int_equal(n_wanted(), 1);
	assert_int_equal(lab->verified, 3);
	lab_free(lab);
}

/* Both are let in by one CRL, which is under way once. */
static void what_several_wait_for_is_wanted_once(void **state)
{
	struct ike_lab *lab = lab_of("moon_crl", "sun", 1, REVOCATION_STRICT);

	(void)state;
	web.crl = "fresh";
	web.after_ns = 5 * LAB_S;
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(lab_initiate(lab->side[0].engine, "peer", NULL,
					      lab->now_ns),
				 0);
	assert_true(lab_run(lab, 4 * LAB_S));
	assert_int_equal(lab->verified, 2);
	assert_int_equal(n_wanted(), 1);
	assert_true(lab_run(lab, 2 * LAB_S));
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_IKE_UP), 2);
	assert_int_equal(n_wanted(), 1);
	lab_free(lab);
}

static void what_has_no_place_is_wanted_when_there_is_one(void **state)
{
	struct ike_lab *lab = lab_of("moon_crl", "sun", 1, REVOCATION_STRICT);
	struct engine *e = lab->side[1].engine;
	const uint8_t fourth[CERTIFICATE_SHA256] = { 4 };

	(void)state;
	for (uint8_t i = 0; i < WANTED_MAX; i++)
		e->wanted[i] = (struct wanted_status){
			.kind = STATUS_CRL,
			.sha256 = { (uint8_t)(i + 1) },
			.key = { (uint8_t)(i + 1) },
			.until_ns = lab->now_ns + 1000 * LAB_S,
		};
	web.crl = "fresh";
	certs_begin(lab);
	assert_true(lab_run(lab, 5 * LAB_S));
	assert_int_equal(lab->verified, 1);
	assert_int_equal(n_wanted(), 0);
	engine_fetched(e, fourth, STATUS_CRL, slice_of(NULL, 0), lab->now_ns);
	assert_int_equal(n_wanted(), 1);
	assert_true(lab_run(lab, 5 * LAB_S));
	certs_assert_up(lab, "a place");
	assert_true(TAILQ_EMPTY(&e->unasked));
	lab_free(lab);
}

/* Who has gone leaves its place in the queue to the next. */
static void who_is_gone_is_not_in_the_queue(void **state)
{
	struct ike_lab *lab = lab_of("moon_crl", "sun", 1, REVOCATION_STRICT);
	struct engine *e = lab->side[1].engine;

	(void)state;
	for (uint8_t i = 0; i < WANTED_MAX; i++)
		e->wanted[i].until_ns = lab->now_ns + 1000 * LAB_S;
	certs_begin(lab);
	while (TAILQ_EMPTY(&e->unasked))
		assert_true(lab_step(lab));
	sa_linger(forge_sa(lab, 1), "gone");
	sa_reap(e);
	assert_true(TAILQ_EMPTY(&e->unasked));
	engine_fetch_again(e, lab->now_ns);
	assert_int_equal(n_wanted(), 0);
	lab_free(lab);
}

/* Of the first one nothing comes any more. */
static void what_is_not_answered_is_wanted_of_the_next(void **state)
{
	struct ike_lab *lab = lab_of("moon_crl", "sun", 1, REVOCATION_STRICT);

	(void)state;
	engine_fetch_again(lab->side[1].engine, lab->now_ns);
	assert_int_equal(n_wanted(), 0);
	begin_to_wait(lab);
	assert_true(lab_run(lab, 5 * LAB_S));
	web.crl = "fresh";
	engine_fetch_again(lab->side[1].engine, lab->now_ns);
	assert_int_equal(n_wanted(), 2);
	assert_true(lab_run(lab, 5 * LAB_S));
	certs_assert_up(lab, "the next");
	engine_fetch_again(lab->side[1].engine, lab->now_ns);
	assert_int_equal(n_wanted(), 2);
	lab_free(lab);
}

static void handshake_survives_every_fault_of_every_datagram(void **state)
{
	(void)state;
	for (unsigned int f = 0; f < SETTLE_FAULTS; f++)
		for (unsigned int n = 0; n < 4; n++) {
			struct ike_lab *lab = lab_of("moon_crl", "sun_both", 1,
						     REVOCATION_STRICT);

			web.ocsp = "says_good";
			web.crl = "fresh";
			web.after_ns = 3 * LAB_S;
			settle_set_fault(lab, &settle_faults[f], n);
			lab->fate = settle_fate;
			certs_begin(lab);
			assert_true(lab_run(lab, 120 * LAB_S));
			if (!lab_agree(lab, 1) || certs_ike_sas(lab) != 2)
				fail_msg("%u: %s", n, settle_faults[f].name);
			lab_free(lab);
		}
}

static void answer_for_who_is_gone_is_dropped(void **state)
{
	(void)state;
	for (unsigned int judge = 0; judge < 2; judge++) {
		struct ike_lab *lab =
			judge ? lab_of("moon_crl", "sun", 1, REVOCATION_STRICT)
			      : lab_of("moon", "sun_crl", 0, REVOCATION_STRICT);

		web.crl = "fresh";
		web.after_ns = 5 * LAB_S;
		begin_to_wait(lab);
		for (unsigned int i = 0; i < 2; i++) {
			sa_linger(forge_sa(lab, i), "gone");
			sa_reap(lab->side[i].engine);
		}
		assert_true(TAILQ_EMPTY(&lab->side[judge].engine->fetching));
		assert_true(lab_run(lab, 400 * LAB_S));
		assert_int_equal(certs_ike_sas(lab), 0);
		lab_free(lab);
	}
}

static void engine_ends_while_it_waits(void **state)
{
	struct ike_lab *lab = lab_of("moon", "sun_crl", 0, REVOCATION_STRICT);

	(void)state;
	begin_to_wait(lab);
	lab_free(lab); /* nothing is lost, says who looks for that */
}

/* The half-open one goes; the answer is of no use to the next engine. */
static void engine_that_is_killed_meanwhile_is_taken_over(void **state)
{
	(void)state;
	for (unsigned int judge = 0; judge < 2; judge++) {
		struct ike_lab *lab =
			judge ? lab_of("moon_crl", "sun", 1, REVOCATION_STRICT)
			      : lab_of("moon", "sun_crl", 0, REVOCATION_STRICT);
		unsigned int half_open;

		web.crl = "fresh";
		web.after_ns = 5 * LAB_S;
		lab_keep(lab, 0, true);
		lab_keep(lab, 1, true);
		begin_to_wait(lab);
		lab_kill(lab, judge);
		lab_take_over(lab, judge);
		assert_true(lab_run(lab, 400 * LAB_S));
		for (unsigned int i = 0; i < 2; i++) {
			(void)engine_count(lab->side[i].engine, &half_open);
			assert_int_equal(half_open, 0);
		}
		lab_free(lab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(peer_is_let_in_when_a_crl_comes),
		cmocka_unit_test(responder_of_ocsp_is_asked_before_a_crl),
		cmocka_unit_test(crl_is_wanted_where_ocsp_tells_nothing),
		cmocka_unit_test(each_certificate_of_the_path_is_asked_for),
		cmocka_unit_test(chain_with_one_crl_alone_is_refused),
		cmocka_unit_test(revoked_peer_is_refused_when_that_comes),
		cmocka_unit_test(ocsp_revokes_likewise),
		cmocka_unit_test(revoked_peer_that_comes_again_fetches_nothing),
		cmocka_unit_test(lie_tells_nothing),
		cmocka_unit_test(without_an_answer_the_connection_decides),
		cmocka_unit_test(it_is_waited_for_fifteen_seconds),
		cmocka_unit_test(without_an_address_nothing_is_wanted),
		cmocka_unit_test(authority_knows_what_a_certificate_does_not_say),
		cmocka_unit_test(nothing_is_fetched_for_strangers),
		cmocka_unit_test(answer_that_nobody_waits_for_is_dropped),
		cmocka_unit_test(
			what_came_is_kept_for_others_until_its_next_update),
		cmocka_unit_test(what_is_flushed_is_wanted_again),
		cmocka_unit_test(handshake_that_waits_is_half_open),
		cmocka_unit_test(
			request_that_comes_again_meanwhile_changes_nothing),
		cmocka_unit_test(what_several_wait_for_is_wanted_once),
		cmocka_unit_test(what_has_no_place_is_wanted_when_there_is_one),
		cmocka_unit_test(who_is_gone_is_not_in_the_queue),
		cmocka_unit_test(what_is_not_answered_is_wanted_of_the_next),
		cmocka_unit_test(
			handshake_survives_every_fault_of_every_datagram),
		cmocka_unit_test(answer_for_who_is_gone_is_dropped),
		cmocka_unit_test(engine_ends_while_it_waits),
		cmocka_unit_test(engine_that_is_killed_meanwhile_is_taken_over),
	};

	return cmocka_run_group_tests(tests, make, certs_end);
}
