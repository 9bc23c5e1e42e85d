// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is fetched when, how often, and what becomes of it: by a clock that the test
 * moves; DNS, the servers and the cache are the test.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/base/clock.h"
#include "ctrl/daemon/fetches.h"
#include "ctrl/pki/ocsp.h"

#define NOW_S 1800000000

struct lab {
	struct fetches *fetches;
	struct fetches_now now;
	unsigned int lookups, begun, told, kept;
	char host[HTTP_HOST_MAX];
	uint64_t token; /* of the last lookup or fetch */
	struct helper_msg_fetch message;
	struct addr addr;
	int cannot; /* connect */
	uint8_t id[FETCHES_ID];
	char octets[64], why[ERROR_MAX_BYTES];
	const char *cached;
	int64_t until_s;
};

static int on_lookup(void *ctx, uint64_t token, const char *host,
		     struct error *e)
{
	struct lab *lab = ctx;

	(void)e;
	lab->lookups++;
	lab->token = token;
	snprintf(lab->host, sizeof(lab->host), "%s", host);
	return 0;
}

static int on_fetch(void *ctx, const struct helper_msg_fetch *m,
		    const struct addr *addr, struct error *e)
{
	struct lab *lab = ctx;

	if (lab->cannot) {
		lab->cannot--;
		return error_set(e, -ENETUNREACH, "no way to it");
	}
	lab->begun++;
	lab->token = m->token;
	lab->message = *m;
	lab->addr = *addr;
	return 0;
}

/* 203.0.113.0/24 is this host's. */
static bool is_own(void *ctx, const struct addr *addr)
{
	const uint8_t *o = addr->octets;

	(void)ctx;
	return addr_is_v4(addr) && o[12] == 203 && o[13] == 0 && o[14] == 113;
}

static void on_fetched(void *ctx, const uint8_t id[FETCHES_ID],
		       struct slice octets, const char *why)
{
	struct lab *lab = ctx;

	lab->told++;
	memcpy(lab->id, id, FETCHES_ID);
	assert_true(!octets.len == (why[0] != '\0'));
	snprintf(lab->octets, sizeof(lab->octets), "%.*s", (int)octets.len,
		 octets.len ? (const char *)octets.ptr : "");
	snprintf(lab->why, sizeof(lab->why), "%s", why);
}

static void on_keep(void *ctx, const uint8_t id[FETCHES_ID], int64_t until_s,
		    struct slice octets)
{
	struct lab *lab = ctx;

	(void)id;
	assert_true(octets.len > 0);
	lab->kept++;
	lab->until_s = until_s;
}

static bool on_recall(void *ctx, const uint8_t id[FETCHES_ID], int64_t now_s,
		      uint8_t **octets, size_t *len)
{
	const struct lab *lab = ctx;

	(void)id;
	(void)now_s;
	if (!lab->cached)
		return false;
	*octets = (uint8_t *)strdup(lab->cached);
	*len = strlen(lab->cached);
	return true;
}

static int setup(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	const struct fetches_calls calls = { .lookup = on_lookup,
					     .fetch = on_fetch,
					     .is_own = is_own,
					     .fetched = on_fetched,
					     .keep = on_keep,
					     .recall = on_recall,
					     .ctx = lab };

	lab->now = (struct fetches_now){ 1000 * NS_PER_S, NOW_S };
	lab->fetches = fetches_new(&calls);
	fetches_set_ready(lab->fetches, true, lab->now);
	*state = lab;
	return 0;
}

static int teardown(void **state)
{
	struct lab *lab = *state;

	fetches_free(lab->fetches);
	free(lab);
	return 0;
}

static struct fetch_wish wish(uint8_t id, const char *url)
{
	struct fetch_wish w = { .id = { id }, .kind = FETCH_CRL };
	struct error e;

	assert_int_equal(http_url_read(url, &w.url, &e), 0);
	return w;
}

static void want(struct lab *lab, uint8_t id, const char *url)
{
	const struct fetch_wish w = wish(id, url);

	fetches_want(lab->fetches, &w, lab->now);
}

static void move_time(struct lab *lab, unsigned int s)
{
	lab->now.ns += s * NS_PER_S;
	lab->now.s += s;
	if (fetches_deadline(lab->fetches) <= lab->now.ns)
		fetches_timeout(lab->fetches, lab->now);
}

static void found(struct lab *lab, const char *addr, const char *second)
{
	struct lookup_result r = { .outcome = LOOKUP_FOUND };

	if (addr)
		assert_int_equal(addr_parse(addr, &r.addrs[r.n++]), 0);
	else
		r.outcome = LOOKUP_SILENT;
	if (second)
		assert_int_equal(addr_parse(second, &r.addrs[r.n++]), 0);
	fetches_found(lab->fetches, lab->token, &r, lab->now);
}

static void ends(struct lab *lab, enum fetch_outcome outcome, const char *text,
		 int64_t next_update_s)
{
	struct helper_msg_fetched m = { .token = lab->token,
					.outcome = outcome,
					.next_update_s = next_update_s };

	if (outcome == FETCH_DONE) {
		fetches_piece(lab->fetches, lab->token, slice_of(text, 1),
			      lab->now);
		fetches_piece(lab->fetches, lab->token,
			      slice_of(text + 1, strlen(text) - 1), lab->now);
		m.n = (uint32_t)strlen(text);
	} else {
		snprintf(m.text, sizeof(m.text), "%s", text);
	}
	fetches_done(lab->fetches, &m, lab->now);
}

static void assert_addr(const struct lab *lab, const char *wanted)
{
	char text[ADDR_STR_MAX];

	assert_string_equal(addr_str(&lab->addr, text), wanted);
}

static void what_is_wanted_is_fetched_once_and_kept(void **state)
{
	struct lab *lab = *state;

	want(lab, 1, "http://ca.example:81/crl");
	want(lab, 1, "http://ca.example:81/crl");
	assert_int_equal(lab->lookups, 1);
	assert_string_equal(lab->host, "ca.example");
	found(lab, "192.0.2.1", NULL);
	want(lab, 1, "http://ca.example:81/crl");
	assert_int_equal(lab->begun, 1);
	assert_addr(lab, "192.0.2.1");
	assert_int_equal(lab->message.url.port, 81);
	assert_true(lab->token & FETCHES_TOKEN);
	ends(lab, FETCH_DONE, "list", NOW_S + 7200);
	assert_int_equal(lab->told, 1);
	assert_int_equal(lab->id[0], 1);
	assert_string_equal(lab->octets, "list");
	assert_int_equal(lab->until_s, NOW_S + 7200);
	lab->cached = "list";
	want(lab, 1, "http://ca.example:81/crl");
	assert_int_equal(lab->told, 2);
	assert_int_equal(lab->lookups, 1);
	lab->cached = NULL; /* it is out of time */
	want(lab, 1, "http://ca.example:81/crl");
	assert_int_equal(lab->lookups, 2);
}

static void time_that_a_list_says_has_its_bounds(void **state)
{
	struct lab *lab = *state;

	want(lab, 1, "http://192.0.2.1/");
	ends(lab, FETCH_DONE, "list", NOW_S - 100);
	assert_int_equal(lab->until_s, NOW_S + FETCHES_LEAST_S);
	want(lab, 1, "http://192.0.2.1/");
	ends(lab, FETCH_DONE, "list", INT64_MIN);
	assert_int_equal(lab->until_s, NOW_S + FETCHES_LEAST_S);
	want(lab, 1, "http://192.0.2.1/");
	ends(lab, FETCH_DONE, "list", INT64_MAX);
	assert_int_equal(lab->until_s, NOW_S + FETCHES_UNSAID_S);
	want(lab, 1, "http://192.0.2.1/");
	ends(lab, FETCH_DONE, "list", INT64_MAX - 1);
	assert_int_equal(lab->until_s, NOW_S + FETCHES_MOST_S);
}

static void what_failed_is_not_tried_again_at_once(void **state)
{
	struct lab *lab = *state;

	want(lab, 1, "http://192.0.2.1/");
	ends(lab, FETCH_FAILED, "the server says 404", 0);
	assert_int_equal(lab->told, 1);
	assert_string_equal(lab->why, "the server says 404");
	move_time(lab, FETCHES_FAILED_S - 1);
	want(lab, 1, "http://192.0.2.1/");
	assert_int_equal(lab->told, 2);
	assert_int_equal(lab->begun, 1);
	assert_string_equal(lab->why, "the server says 404");
	move_time(lab, 1);
	want(lab, 1, "http://192.0.2.1/");
	assert_int_equal(lab->begun, 2);
}

static void what_failed_may_be_tried_again_once_flushed(void **state)
{
	struct lab *lab = *state;

	want(lab, 1, "http://192.0.2.1/");
	ends(lab, FETCH_FAILED, "the server says 404", 0);
	fetches_flush(lab->fetches);
	want(lab, 1, "http://192.0.2.1/");
	assert_int_equal(lab->begun, 2);
	fetches_flush(lab->fetches); /* what is under way goes on */
	ends(lab, FETCH_DONE, "list", NOW_S + 100);
	assert_string_equal(lab->octets, "list");
}

static void addresses_are_tried_one_after_the_other(void **state)
{
	struct lab *lab = *state;

	want(lab, 1, "http://ca.example/");
	lab->cannot = 1;
	found(lab, "2001:db8::1", "192.0.2.1");
	assert_addr(lab, "192.0.2.1");
	ends(lab, FETCH_FAILED, "the connection: refused", 0);
	assert_int_equal(lab->told, 1);
	want(lab, 2, "http://cb.example/");
	found(lab, "192.0.2.1", "192.0.2.2");
	ends(lab, FETCH_FAILED, "the connection: refused", 0);
	assert_int_equal(lab->told, 1);
	assert_addr(lab, "192.0.2.2");
	ends(lab, FETCH_DONE, "list", NOW_S + 100);
	assert_string_equal(lab->octets, "list");
	want(lab, 3, "http://cc.example/");
	lab->cannot = 2;
	found(lab, "192.0.2.1", "192.0.2.2");
	assert_string_equal(lab->why, "no way to it");
	want(lab, 4, "http://cd.example/");
	found(lab, NULL, NULL);
	assert_non_null(strstr(lab->why, "no address"));
}

static void it_is_followed_three_times(void **state)
{
	struct lab *lab = *state;

	want(lab, 1, "http://192.0.2.1/");
	ends(lab, FETCH_MOVED, "http://cb.example:81/x", 0);
	assert_string_equal(lab->host, "cb.example");
	found(lab, "192.0.2.2", NULL);
	assert_string_equal(lab->message.url.path, "/x");
	ends(lab, FETCH_MOVED, "http://192.0.2.3/", 0);
	ends(lab, FETCH_MOVED, "http://192.0.2.4/", 0);
	assert_int_equal(lab->told, 0);
	ends(lab, FETCH_MOVED, "http://192.0.2.5/", 0);
	assert_non_null(strstr(lab->why, "three times"));
	want(lab, 2, "http://192.0.2.1/");
	ends(lab, FETCH_MOVED, "https://192.0.2.3/", 0);
	assert_non_null(strstr(lab->why, "https"));
	want(lab, 3, "http://192.0.2.1/");
	ends(lab, FETCH_MOVED, "/x", 0);
	assert_true(lab->told == 3 && lab->why[0]);
}

/* --- certificates, which are wanted for strangers */

static void want_cert(struct lab *lab, uint8_t id, const char *url)
{
	struct fetch_wish w = wish(id, url);

	w.kind = FETCH_CERT;
	fetches_want(lab->fetches, &w, lab->now);
}

static void certificate_is_fetched_and_not_kept(void **state)
{
	struct lab *lab = *state;

	lab->cached = "what is kept";
	want_cert(lab, 1, "http://192.0.2.1/");
	assert_int_equal(lab->begun, 1);
	assert_int_equal(lab->message.kind, FETCH_CERT);
	assert_int_equal(lab->message.n, 0);
	ends(lab, FETCH_DONE, "cert", INT64_MAX);
	assert_string_equal(lab->octets, "cert");
	assert_int_equal(lab->kept, 0);
	want_cert(lab, 2, "http://127.0.0.1/");
	assert_non_null(strstr(lab->why, "where no certificate may send us"));
	assert_int_equal(lab->begun, 1);
}

static void certificates_leave_room_for_others(void **state)
{
	struct lab *lab = *state;
	unsigned int refused;

	for (uint8_t i = 1; i <= FETCHES_CERTS_MAX; i++)
		want_cert(lab, i, "http://192.0.2.1/");
	assert_int_equal(lab->begun, FETCHES_CERTS_AT_ONCE);
	refused = lab->told;
	want_cert(lab, 100, "http://192.0.2.1/");
	assert_int_equal(lab->told, refused + 1);
	assert_non_null(strstr(lab->why, "too much is wanted"));
	for (uint8_t i = 200; i < 200 + FETCHES_AT_ONCE; i++)
		want(lab, i, "http://192.0.2.2/");
	assert_int_equal(lab->begun, FETCHES_AT_ONCE);
	assert_int_equal(lab->message.kind, FETCH_CRL);
	ends(lab, FETCH_DONE, "list", NOW_S + 100); /* the next is a CRL, too */
	assert_int_equal(lab->begun, FETCHES_AT_ONCE + 1);
	assert_int_equal(lab->message.kind, FETCH_CRL);
}

/* 20 after a pause, then 2 a second; CRLs go on. */
static void certificates_have_a_pace_of_their_own(void **state)
{
	struct lab *lab = *state;
	uint8_t id = 1;

	for (; lab->begun < 20; id++) {
		want_cert(lab, id, "http://192.0.2.1/");
		ends(lab, FETCH_FAILED, "the server says 404", 0);
	}
	want_cert(lab, id++, "http://192.0.2.1/");
	want_cert(lab, id++, "http://192.0.2.1/");
	assert_int_equal(lab->begun, 20);
	want(lab, id++, "http://192.0.2.2/");
	assert_int_equal(lab->begun, 21);
	move_time(lab, 1);
	assert_int_equal(lab->begun, 23);
}

static void certificate_leads_to_no_address_of_this_host(void **state)
{
	static const char *const urls[] = {
		"http://127.0.0.1/",	   "http://[::1]/",
		"http://[fe80::1]/",	   "http://0.0.0.0/",
		"http://169.254.169.254/", "http://224.0.0.1/",
		"http://203.0.113.5/",	   "http://[ff02::1]/"
	};
	const uint8_t n = sizeof(urls) / sizeof(urls[0]);
	struct lab *lab = *state;
	struct fetch_wish w;

	for (uint8_t i = 0; i < n; i++) {
		want(lab, i, urls[i]);
		assert_int_equal(lab->told, i + 1);
		assert_non_null(strstr(lab->why, "authority"));
	}
	want(lab, n, "http://ca.example/");
	found(lab, "127.0.0.1", "203.0.113.5");
	want(lab, n + 1, "http://192.0.2.1/");
	ends(lab, FETCH_MOVED, "http://127.0.0.1/", 0);
	want(lab, n + 2, "http://192.0.2.1/");
	ends(lab, FETCH_MOVED, "http://203.0.113.6/", 0);
	assert_non_null(strstr(lab->why, "this host's own"));
	assert_int_equal(lab->begun, 2);
	assert_int_equal(lab->told, n + 3);
	w = wish(n + 3, urls[0]);
	w.is_configured = true;
	fetches_want(lab->fetches, &w, lab->now);
	assert_addr(lab, "127.0.0.1");
	ends(lab, FETCH_MOVED, "http://127.0.0.1/x", 0);
	assert_int_equal(lab->begun, 3);
	assert_non_null(strstr(lab->why, "authority"));
}

static void all_of_it_has_ten_seconds(void **state)
{
	struct lab *lab = *state;
	uint64_t token;

	want(lab, 1, "http://192.0.2.1/");
	move_time(lab, 6);
	ends(lab, FETCH_MOVED, "http://192.0.2.2/", 0);
	token = lab->token;
	move_time(lab, 3);
	assert_int_equal(lab->told, 0);
	move_time(lab, 1);
	assert_int_equal(lab->told, 1);
	assert_non_null(strstr(lab->why, "10 s"));
	assert_true(fetches_deadline(lab->fetches) == UINT64_MAX);
	lab->token = token;
	ends(lab, FETCH_DONE, "late", NOW_S + 100);
	assert_int_equal(lab->told, 1);
	assert_int_equal(lab->kept, 0);
}

static void few_are_fetched_at_once(void **state)
{
	struct lab *lab = *state;

	for (uint8_t i = 0; i < FETCHES_AT_ONCE + 2; i++)
		want(lab, i, "http://192.0.2.1/");
	assert_int_equal(lab->begun, FETCHES_AT_ONCE);
	ends(lab, FETCH_DONE, "list", NOW_S + 100);
	assert_int_equal(lab->begun, FETCHES_AT_ONCE + 1);
	fetches_set_ready(lab->fetches, false, lab->now);
	assert_int_equal(lab->told, 1 + FETCHES_AT_ONCE);
	assert_int_equal(lab->begun, FETCHES_AT_ONCE + 1);
	fetches_set_ready(lab->fetches, true, lab->now);
	assert_int_equal(lab->begun, FETCHES_AT_ONCE + 2);
}

static void who_wants_without_end_is_refused(void **state)
{
	struct lab *lab = *state;

	for (int i = 0; i < FETCHES_MAX; i++)
		want(lab, (uint8_t)i, "http://192.0.2.1/");
	assert_int_equal(lab->told, 0);
	want(lab, 200, "http://192.0.2.1/");
	assert_non_null(strstr(lab->why, "too much"));
	move_time(lab, FETCHES_LATE_S);
	assert_int_equal(lab->told, 1 + FETCHES_MAX);
	lab->begun = 0;
	for (int i = 0; i < 1000; i++) {
		want(lab, (uint8_t)(100 + i % 150), "http://192.0.2.1/");
		ends(lab, FETCH_FAILED, "no", 0);
	}
	assert_true(lab->begun > 50 && lab->begun <= 250);
}

static void what_is_beyond_the_rate_waits_for_its_turn(void **state)
{
	struct lab *lab = *state;
	unsigned int burst;

	for (int i = 0; i < 200 && lab->told == lab->begun; i++) {
		want(lab, (uint8_t)i, "http://192.0.2.1/");
		if (lab->begun > lab->told)
			ends(lab, FETCH_DONE, "list", NOW_S + 100);
		else
			break;
	}
	burst = lab->begun;
	assert_in_range(burst, 50, 150);
	want(lab, 201, "http://192.0.2.1/");
	assert_int_equal(lab->told, burst);
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t at_ns = fetches_deadline(lab->fetches);

		assert_in_range(at_ns, lab->now.ns + 1,
				lab->now.ns + NS_PER_S / 2);
		lab->now.ns = at_ns;
		fetches_timeout(lab->fetches, lab->now);
		assert_int_equal(lab->begun, burst + 1 + i);
		ends(lab, FETCH_DONE, "list", NOW_S + 100);
		assert_int_equal(lab->id[0], i ? 201 : burst);
		assert_string_equal(lab->octets, "list");
	}
	assert_true(fetches_deadline(lab->fetches) == UINT64_MAX);
}

static void who_had_no_turn_may_come_again_at_once(void **state)
{
	struct lab *lab = *state;

	for (uint8_t i = 0; i <= FETCHES_AT_ONCE; i++)
		want(lab, i, "http://192.0.2.1/");
	move_time(lab, FETCHES_QUEUED_S);
	assert_int_equal(lab->told, 1 + FETCHES_AT_ONCE);
	assert_int_equal(lab->id[0], FETCHES_AT_ONCE);
	assert_non_null(strstr(lab->why, "too much"));
	assert_int_equal(lab->begun, FETCHES_AT_ONCE);
	want(lab, FETCHES_AT_ONCE, "http://192.0.2.1/");
	assert_int_equal(lab->begun, FETCHES_AT_ONCE + 1);
}

/* What waited for its turn has all its time from then on. */
static void time_begins_with_the_turn(void **state)
{
	struct lab *lab = *state;

	for (uint8_t i = 0; i <= FETCHES_AT_ONCE; i++)
		want(lab, i, "http://192.0.2.1/");
	move_time(lab, FETCHES_QUEUED_S - 1);
	ends(lab, FETCH_DONE, "list", NOW_S + 100);
	assert_int_equal(lab->begun, FETCHES_AT_ONCE + 1);
	move_time(lab, FETCHES_LATE_S - 1);
	assert_int_equal(lab->told, FETCHES_AT_ONCE);
	move_time(lab, 1);
	assert_int_equal(lab->told, FETCHES_AT_ONCE + 1);
	assert_non_null(strstr(lab->why, "10 s"));
}

static void lies_of_helper_are_not_believed(void **state)
{
	static const uint8_t big[OCSP_MAX_BYTES + 1];
	struct helper_msg_fetched m = { .outcome = FETCH_DONE, .n = 5 };
	struct lab *lab = *state;
	struct fetch_wish w = wish(2, "http://192.0.2.1/");

	want(lab, 1, "http://192.0.2.1/");
	m.token = lab->token + 1;
	fetches_done(lab->fetches, &m, lab->now);
	assert_int_equal(lab->told, 0);
	m.token = lab->token;
	fetches_piece(lab->fetches, lab->token, slice_of("four", 4), lab->now);
	fetches_done(lab->fetches, &m, lab->now);
	assert_non_null(strstr(lab->why, "lost"));
	fetches_piece(lab->fetches, lab->token, slice_of("four", 4), lab->now);
	w.kind = FETCH_OCSP;
	fetches_want(lab->fetches, &w, lab->now);
	fetches_piece(lab->fetches, lab->token, slice_of(big, sizeof(big)),
		      lab->now);
	assert_non_null(strstr(lab->why, "no room"));
	w.id[0] = 3;
	fetches_want(lab->fetches, &w, lab->now);
	m.token = lab->token;
	m.n = 0;
	fetches_done(lab->fetches, &m, lab->now);
	assert_non_null(strstr(lab->why, "lost"));
	assert_int_equal(lab->kept, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(what_is_wanted_is_fetched_once_and_kept),
		CASE(time_that_a_list_says_has_its_bounds),
		CASE(what_failed_is_not_tried_again_at_once),
		CASE(what_failed_may_be_tried_again_once_flushed),
		CASE(addresses_are_tried_one_after_the_other),
		CASE(it_is_followed_three_times),
		CASE(certificate_is_fetched_and_not_kept),
		CASE(certificates_leave_room_for_others),
		CASE(certificates_have_a_pace_of_their_own),
		CASE(certificate_leads_to_no_address_of_this_host),
		CASE(all_of_it_has_ten_seconds),
		CASE(few_are_fetched_at_once),
		CASE(who_wants_without_end_is_refused),
		CASE(what_is_beyond_the_rate_waits_for_its_turn),
		CASE(who_had_no_turn_may_come_again_at_once),
		CASE(time_begins_with_the_turn),
		CASE(lies_of_helper_are_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
