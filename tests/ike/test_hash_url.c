// SPDX-License-Identifier: BSD-2-Clause
/*
 * Certificates by hash and URL (RFC 7296 section 3.6): who sends them so, what is fetched
 * then, and what becomes of a handshake that waits for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/ike/sa.h"
#include "tests/support/ike_certs.h"
#include "tests/support/ike_settle.h"
#include "tests/support/pki.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define WANTED	     16U

/* What is at the addresses: "" for nothing; NULL: silence. By the name that is wanted. */
static struct {
	const char *leaf, *between;
	uint64_t after_ns;
	unsigned int n_wanted;
	uint8_t request[WANTED][512]; /* until they are answered */
} web;

static bool is_of(const char *name, const uint8_t *hash)
{
	uint8_t sha1[HASH_SHA1_BYTES];

	assert_true(hash_sha1(pki_der(name), sha1));
	return memcmp(sha1, hash, sizeof(sha1)) == 0;
}

/* The address says which one it is. */
static void assert_request(struct slice request)
{
	const char *url = (const char *)request.ptr + HASH_SHA1_BYTES;
	size_t base = strlen(CERTS_AT);
	char digits[2 * HASH_SHA1_BYTES + 1];

	assert_int_equal(request.len, 3 * HASH_SHA1_BYTES + base);
	assert_memory_equal(url, CERTS_AT, base);
	for (size_t i = 0; i < HASH_SHA1_BYTES; i++)
		snprintf(digits + 2 * i, 3, "%02x", request.ptr[i]);
	assert_memory_equal(url + base, digits, 2 * HASH_SHA1_BYTES);
}

static void on_want(struct lab_side *s, const struct status_want *w)
{
	struct slice octets = slice_of(NULL, 0);
	const char *comes;
	uint8_t *room;

	assert_int_equal(w->kind, STATUS_CERT);
	assert_int_equal(w->n_path, 0);
	assert_in_range(web.n_wanted, 0, WANTED - 1);
	assert_request(w->request);
	room = web.request[web.n_wanted++];
	memcpy(room, w->request.ptr, w->request.len);
	comes = is_of("between", room) ? web.between : web.leaf;
	if (!comes)
		return;
	if (strcmp(comes, "rubbish") == 0)
		octets = slice_of("rubbish", 7);
	else if (*comes)
		octets = pki_der(comes);
	lab_fetched(s, slice_of(room, w->request.len), w->kind, octets,
		    web.after_ns ? web.after_ns : 1);
}

static void set_fetches(struct ike_lab *lab, unsigned int side, bool does)
{
	struct ike_options options = lab->options;

	options.hash_and_url = does;
	engine_set_options(lab->side[side].engine, &options);
}

/* The judge fetches; the other one's CA says where its certificates are. */
static struct ike_lab *lab_of(const char *moon, const char *sun,
			      unsigned int judge)
{
	struct ike_lab *lab = certs_lab_plain(moon, sun);

	memset(&web, 0, sizeof(web));
	lab->want = on_want;
	certs_add(lab, !judge, CRED_CERTS_AT, "root");
	set_fetches(lab, judge, true);
	return lab;
}

/* --- what comes */

static void peer_is_let_in_when_its_certificate_comes(void **state)
{
	(void)state;
	for (unsigned int judge = 0; judge < 2; judge++) {
		struct ike_lab *lab = lab_of("moon", "sun", judge);

		web.leaf = judge ? "moon" : "sun";
		web.after_ns = 5 * LAB_S;
		certs_initiate(lab);
		certs_assert_up(lab, "by hash and URL");
		assert_int_equal(web.n_wanted, 1);
		lab_free(lab);
	}
}

static void all_of_a_path_may_be_elsewhere(void **state)
{
	struct ike_lab *lab = lab_of("moon", "sun_chain", 0);

	(void)state;
	certs_add(lab, 1, CRED_INTERMEDIATE, "between");
	certs_add(lab, 1, CRED_CERTS_AT, "between");
	web.leaf = "sun_chain";
	web.between = "between";
	certs_initiate(lab);
	certs_assert_up(lab, "two");
	assert_int_equal(web.n_wanted, 2);
	lab_free(lab);
	lab = lab_of("moon", "sun_chain", 0); /* the intermediate alone */
	certs_add(lab, 1, CRED_INTERMEDIATE, "between");
	web.between = "between";
	certs_initiate(lab);
	certs_assert_up(lab, "one");
	assert_int_equal(web.n_wanted, 1);
	lab_free(lab);
}

static void who_does_not_ask_for_it_gets_the_certificate(void **state)
{
	(void)state;
	for (unsigned int judge = 0; judge < 2; judge++) {
		struct ike_lab *lab = lab_of("moon", "sun", judge);

		set_fetches(lab, judge, false);
		certs_initiate(lab);
		certs_assert_up(lab, "itself");
		assert_int_equal(web.n_wanted, 0);
		lab_free(lab);
		lab = certs_lab_plain("moon", "sun"); /* nobody says where */
		lab->want = on_want;
		set_fetches(lab, judge, true);
		certs_initiate(lab);
		certs_assert_up(lab, "nowhere");
		lab_free(lab);
	}
}

static void certificate_that_is_here_is_not_fetched(void **state)
{
	struct ike_lab *lab = lab_of("moon", "sun_chain", 0);

	(void)state;
	certs_add(lab, 1, CRED_INTERMEDIATE, "between");
	certs_add(lab, 1, CRED_CERTS_AT, "between");
	certs_add(lab, 0, CRED_PEER, "sun_chain");
	certs_add(lab, 0, CRED_INTERMEDIATE, "between");
	certs_initiate(lab);
	certs_assert_up(lab, "here");
	assert_int_equal(web.n_wanted, 0);
	lab_free(lab);
}

static void again(struct ike_lab *lab)
{
	assert_int_equal(engine_reauth(lab->side[0].engine, "peer", lab->now_ns),
			 1);
	assert_true(lab_run(lab, 60 * LAB_S));
	certs_assert_up(lab, "again");
}

static void what_came_is_kept_of_who_is_believed(void **state)
{
	struct ike_lab *lab = lab_of("moon", "sun", 0);

	(void)state;
	web.leaf = "sun";
	certs_initiate(lab);
	certs_assert_up(lab, "first");
	again(lab);
	assert_int_equal(web.n_wanted, 1);
	engine_fetch_anew(lab->side[0].engine);
	again(lab);
	assert_int_equal(web.n_wanted, 2);
	lab_free(lab);
}

static void what_came_of_others_is_not_kept(void **state)
{
	struct ike_lab *lab = lab_of("moon", "sun", 0);

	(void)state;
	web.leaf = "sun";
	lab->sign = certs_sign_wrongly;
	for (unsigned int i = 1; i <= 2; i++) {
		certs_initiate(lab);
		certs_assert_refused(lab, 0, "signature", "a wrong signature");
		assert_int_equal(web.n_wanted, i);
	}
	lab_free(lab);
}

/* --- what does not */

static void what_is_not_the_certificate_is_refused(void **state)
{
	static const struct {
		const char *comes, *why;
	} rows[] = {
		{ "other_root", "whose SHA-1 is another one" },
		{ "rubbish", "whose SHA-1 is another one" },
		{ "", "is not to be had from " CERTS_AT },
		{ NULL, "is not to be had from " CERTS_AT },
	};

	(void)state;
	for (unsigned int judge = 0; judge < 2; judge++)
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			struct ike_lab *lab = lab_of("moon", "sun", judge);

			web.leaf = rows[i].comes;
			certs_initiate(lab);
			certs_assert_refused(lab, judge, rows[i].why,
					     rows[i].why);
			assert_int_equal(web.n_wanted, 1);
			lab_free(lab);
		}
}

static void path_without_its_intermediate_is_refused(void **state)
{
	struct ike_lab *lab = lab_of("moon", "sun_chain", 0);

	(void)state;
	certs_add(lab, 1, CRED_INTERMEDIATE, "between");
	web.between = "";
	certs_initiate(lab);
	certs_assert_refused(lab, 0, "by one whose certificate is neither",
			     "none");
	lab_free(lab);
}

/* Who they are nobody knows yet. */
static void of_one_address_few_wait(void **state)
{
	struct ike_lab *lab = lab_of("moon", "sun", 1);

	(void)state;
	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(lab_initiate(lab->side[0].engine, "peer", NULL,
					      lab->now_ns),
				 0);
	assert_true(lab_run(lab, 5 * LAB_S));
	assert_int_equal(web.n_wanted, 1);
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_FAILED), 2);
	assert_non_null(strstr(lab_text(&lab->side[1], IKE_EV_FAILED),
			       "did not come in time"));
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_FAILED), 10);
	assert_int_equal(certs_ike_sas(lab), 0);
	lab_free(lab);
}

/* A quarter of what may be under way: what is wanted for others goes on. */
static void strangers_have_a_part_of_what_is_under_way(void **state)
{
	struct ike_lab *lab = lab_of("moon", "sun", 1);
	struct engine *e = lab->side[1].engine;
	const uint8_t first[CERTIFICATE_SHA256] = { 1 };

	(void)state;
	for (uint8_t i = 0; i < WANTED_MAX / 4; i++)
		e->wanted[i] = (struct wanted_status){
			.kind = STATUS_CERT,
			.sha256 = { (uint8_t)(i + 1) },
			.key = { (uint8_t)(i + 1) },
			.until_ns = lab->now_ns + 1000 * LAB_S,
		};
	web.leaf = "moon";
	certs_begin(lab);
	assert_true(lab_run(lab, 5 * LAB_S));
	assert_int_equal(lab->verified, 1);
	assert_int_equal(web.n_wanted, 0);
	engine_fetched(e, first, STATUS_CERT, slice_of(NULL, 0), lab->now_ns);
	assert_int_equal(web.n_wanted, 1);
	assert_true(lab_run(lab, LAB_S));
	certs_assert_up(lab, "when there is room");
	lab_free(lab);
}

static void engine_ends_while_it_waits(void **state)
{
	struct ike_lab *lab = lab_of("moon", "sun", 0);

	(void)state;
	certs_begin(lab);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(web.n_wanted, 1);
	lab_free(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(peer_is_let_in_when_its_certificate_comes),
		cmocka_unit_test(all_of_a_path_may_be_elsewhere),
		cmocka_unit_test(who_does_not_ask_for_it_gets_the_certificate),
		cmocka_unit_test(certificate_that_is_here_is_not_fetched),
		cmocka_unit_test(what_came_is_kept_of_who_is_believed),
		cmocka_unit_test(what_came_of_others_is_not_kept),
		cmocka_unit_test(what_is_not_the_certificate_is_refused),
		cmocka_unit_test(path_without_its_intermediate_is_refused),
		cmocka_unit_test(of_one_address_few_wait),
		cmocka_unit_test(strangers_have_a_part_of_what_is_under_way),
		cmocka_unit_test(engine_ends_while_it_waits),
	};

	return cmocka_run_group_tests(tests, certs_make, certs_end);
}
