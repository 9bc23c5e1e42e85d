// SPDX-License-Identifier: BSD-2-Clause
/*
 * When names are asked for, how often, and what is told of them: by a clock that
 * the test moves, and a DNS that is the test.
 */
#include <arpa/inet.h>
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
#include "ctrl/daemon/names.h"

#define HOST "gw.example.net"

struct lab {
	struct names *names;
	uint64_t now_ns;
	uint64_t token; /* of the last lookup */
	uint32_t slot;
	char host[CONN_HOST_MAX];
	unsigned int begun, over, told;
	bool cannot; /* begin one */
	struct conn_peer peer;
	unsigned int gateways; /* that were told of; the last one: */
	char gateway[CONN_HOST_MAX];
	uint32_t n_addrs;
	struct addr addr;
	char why[512];
};

static int on_begin(void *ctx, uint32_t slot, uint64_t token, const char *host,
		    struct error *e)
{
	struct lab *lab = ctx;

	lab->begun++;
	lab->slot = slot;
	lab->token = token;
	strcpy(lab->host, host);
	return lab->cannot ? error_set(e, -ENOENT, "there is no resolver") : 0;
}

static void on_over(void *ctx, uint32_t slot)
{
	struct lab *lab = ctx;

	(void)slot;
	lab->over++;
}

static void on_resolved(void *ctx, const struct conn_peer *peer, const char *why)
{
	struct lab *lab = ctx;

	lab->told++;
	lab->peer = *peer;
	strcpy(lab->why, why);
}

static void on_gateway(void *ctx, const char *host, const struct addr *addrs,
		       uint32_t n, const char *why)
{
	struct lab *lab = ctx;

	lab->gateways++;
	strcpy(lab->gateway, host);
	lab->n_addrs = n;
	lab->addr = n ? addrs[0] : (struct addr){ { 0 } };
	strcpy(lab->why, why);
}

static void on_explain(void *ctx, enum lookup_outcome outcome, struct error *out)
{
	(void)ctx;
	error_set(out, -ENOENT, "outcome %u", outcome);
}

static struct lab *lab_new(void)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	const struct names_calls calls = { .begin = on_begin,
					   .over = on_over,
					   .resolved = on_resolved,
					   .gateway = on_gateway,
					   .explain = on_explain,
					   .ctx = lab };

	assert_non_null(lab);
	lab->now_ns = 1000 * NS_PER_S;
	lab->names = names_new(&calls);
	assert_non_null(lab->names);
	return lab;
}

static void lab_free(struct lab *lab)
{
	names_free(lab->names);
	free(lab);
}

static struct conn_conf conn(const char *name, const char *host)
{
	struct conn_conf c;

	conn_init(&c);
	strcpy(c.name, name);
	strcpy(c.remote_host, host);
	conn_resolve(&c, NULL, 0);
	return c;
}

static void set_one(struct lab *lab, const char *host)
{
	const struct conn_conf c = conn("c", host);

	assert_int_equal(names_set(lab->names, &c, 1, lab->now_ns), 0);
}

/* A connection is loaded, and the name of its peer asked for. */
static struct lab *lab_asked(void)
{
	struct lab *lab = lab_new();

	names_set_ready(lab->names, true, lab->now_ns);
	set_one(lab, HOST);
	return lab;
}

static void wait_s(struct lab *lab, uint64_t s)
{
	lab->now_ns += s * NS_PER_S;
	names_timeout(lab->names, lab->now_ns);
}

static void ask(struct lab *lab, bool urgent)
{
	names_ask(lab->names, "c", urgent, lab->now_ns);
}

/* Addresses 192.0.2.first and the n - 1 behind it. */
static void answer(struct lab *lab, uint32_t first, uint32_t n)
{
	struct lookup_result r = { .outcome = n ? LOOKUP_FOUND : LOOKUP_NO_NAME,
				   .n = n };

	for (uint32_t i = 0; i < n; i++)
		r.addrs[i] = addr_from_v4(htonl(0xc0000200 + first + i));
	names_done(lab->names, lab->token, &r, lab->now_ns);
}

static uint8_t last_of(const struct addr *a)
{
	return a->octets[15];
}

static void name_is_asked_for_when_its_connection_is_loaded(void **state)
{
	struct lab *lab = lab_new();

	(void)state;
	set_one(lab, HOST);
	assert_int_equal(lab->begun, 0);
	names_set_ready(lab->names, true, lab->now_ns);
	assert_int_equal(lab->begun, 1);
	assert_string_equal(lab->host, HOST);
	answer(lab, 2, 1);
	assert_int_equal(lab->over, 1);
	assert_string_equal(lab->peer.conn, "c");
	assert_int_equal(lab->peer.n_now, 1);
	assert_int_equal(last_of(&lab->peer.now[0]), 2);
	assert_string_equal(lab->why, "");
	lab_free(lab);
}

static void addresses_are_nobodys_name(void **state)
{
	struct lab *lab = lab_new();
	struct conn_conf c = conn("c", "");

	(void)state;
	names_set_ready(lab->names, true, lab->now_ns);
	assert_int_equal(names_set(lab->names, &c, 1, lab->now_ns), 0);
	assert_true(names_are_none(lab->names));
	assert_int_equal(lab->begun, 0);
	lab_free(lab);
}

static void who_waits_has_it_asked_for_anew_after_a_second(void **state)
{
	struct lab *lab = lab_asked();

	(void)state;
	ask(lab, true); /* it is under way */
	assert_int_equal(lab->begun, 1);
	answer(lab, 2, 1);
	ask(lab, true);
	assert_int_equal(lab->begun, 1);
	assert_true(names_deadline(lab->names) == lab->now_ns + NS_PER_S);
	wait_s(lab, 1);
	assert_int_equal(lab->begun, 2);
	answer(lab, 3, 1);
	assert_int_equal(last_of(&lab->peer.now[0]), 3);
	lab_free(lab);
}

static void for_a_stranger_it_is_asked_for_every_ten_seconds(void **state)
{
	struct lab *lab = lab_asked();

	(void)state;
	answer(lab, 2, 1);
	wait_s(lab, 9);
	ask(lab, false);
	wait_s(lab, 0);
	assert_int_equal(lab->begun, 1);
	wait_s(lab, 1);
	ask(lab, false);
	assert_int_equal(lab->begun, 2);
	lab_free(lab);
}

static void after_failures_it_waits_twice_as_long_each_time(void **state)
{
	static const uint64_t waits_s[] = { 1, 2, 4, 8, 8 };
	struct lab *lab = lab_asked();

	(void)state;
	for (size_t i = 0; i < sizeof(waits_s) / sizeof(waits_s[0]); i++) {
		answer(lab, 0, 0);
		assert_string_equal(lab->why,
				    "cannot resolve " HOST ": outcome 1");
		assert_int_equal(lab->peer.n_now, 0);
		ask(lab, true);
		wait_s(lab, waits_s[i] - 1);
		assert_int_equal(lab->begun, 1 + i);
		wait_s(lab, 1);
		assert_int_equal(lab->begun, 2 + i);
	}
	answer(lab, 2, 1);
	ask(lab, true);
	wait_s(lab, 1);
	assert_int_equal(lab->begun, 7);
	lab_free(lab);
}

static void what_it_was_stays_known_behind_what_it_is(void **state)
{
	struct lab *lab = lab_asked();

	(void)state;
	answer(lab, 2, 2);
	for (uint32_t i = 0; i < 2; i++) {
		ask(lab, true);
		wait_s(lab, 1);
		answer(lab, 9, 1);
		assert_int_equal(lab->peer.n_now, 1);
		assert_int_equal(lab->peer.n_known, 3);
		assert_int_equal(last_of(&lab->peer.known[0]), 9);
		assert_int_equal(last_of(&lab->peer.known[2]), 3);
	}
	ask(lab, true);
	wait_s(lab, 1);
	answer(lab, 20, 8);
	assert_int_equal(lab->peer.n_now, CONN_ADDRS_MAX);
	assert_int_equal(lab->peer.n_known, CONN_ADDRS_MAX);
	assert_int_equal(last_of(&lab->peer.known[3]), 23);
	lab_free(lab);
}

static void answer_that_nobody_can_have_is_a_failure(void **state)
{
	struct lookup_result r = { .outcome = LOOKUP_FOUND, .n = 1 };
	struct lab *lab = lab_asked();

	(void)state;
	r.addrs[0] = addr_from_v4(htonl(INADDR_LOOPBACK));
	names_done(lab->names, lab->token, &r, lab->now_ns);
	assert_int_equal(lab->peer.n_now, 0);
	assert_string_equal(lab->why, "cannot resolve " HOST ": outcome 3");
	lab_free(lab);
}

static void answer_of_a_lookup_that_is_over_is_nobodys(void **state)
{
	struct lab *lab = lab_asked();

	(void)state;
	answer(lab, 2, 1);
	answer(lab, 3, 1);
	assert_int_equal(lab->told, 1);
	assert_int_equal(lab->over, 1);
	lab_free(lab);
}

static void lookup_that_never_ends_is_given_up(void **state)
{
	struct lab *lab = lab_asked();

	(void)state;
	wait_s(lab, NAMES_LATE_NS / NS_PER_S + 1);
	assert_int_equal(lab->over, 1);
	assert_int_equal(lab->told, 1);
	assert_non_null(strstr(lab->why, "does not answer"));
	lab_free(lab);
}

static void lookup_that_cannot_begin_fails(void **state)
{
	struct lab *lab = lab_new();

	(void)state;
	lab->cannot = true;
	names_set_ready(lab->names, true, lab->now_ns);
	set_one(lab, HOST);
	assert_string_equal(lab->why,
			    "cannot resolve " HOST ": there is no resolver");
	assert_int_equal(lab->over, 1);
	lab_free(lab);
}

static void when_nobody_can_ask_any_more_all_fail(void **state)
{
	struct lab *lab = lab_asked();

	(void)state;
	names_fail_all(lab->names, "it ended", lab->now_ns);
	assert_int_equal(lab->over, 1);
	assert_string_equal(lab->why, "cannot resolve " HOST ": it ended");
	ask(lab, true);
	wait_s(lab, 100);
	assert_int_equal(lab->begun, 1);
	names_set_ready(lab->names, true, lab->now_ns);
	assert_int_equal(lab->begun, 2);
	lab_free(lab);
}

static void name_of_a_connection_that_is_gone_is_forgotten(void **state)
{
	struct lab *lab = lab_asked();

	(void)state;
	assert_int_equal(names_set(lab->names, NULL, 0, lab->now_ns), 0);
	assert_true(names_are_none(lab->names));
	assert_int_equal(lab->over, 1);
	answer(lab, 2, 1);
	assert_int_equal(lab->told, 0);
	lab_free(lab);
}

static void another_name_of_the_same_connection_is_new(void **state)
{
	struct lab *lab = lab_asked();
	struct conn_conf c = conn("c", "GW.example.net");

	(void)state;
	answer(lab, 2, 1);
	set_one(lab, "GW.example.net");
	assert_int_equal(lab->begun, 1);
	names_fill(lab->names, &c, 1);
	assert_int_equal(c.n_remote_addrs, 1);
	set_one(lab, "other.example.net");
	assert_int_equal(lab->begun, 2);
	c = conn("c", "other.example.net");
	names_fill(lab->names, &c, 1);
	assert_int_equal(c.n_remote_addrs, 0);
	lab_free(lab);
}

static void more_names_than_slots_are_asked_for_in_turn(void **state)
{
	struct conn_conf conns[LOOKUPS_MAX + 2];
	struct lab *lab = lab_new();

	(void)state;
	for (size_t i = 0; i < LOOKUPS_MAX + 2; i++) {
		char name[8] = { (char)('a' + i) };

		conns[i] = conn(name, HOST);
	}
	names_set_ready(lab->names, true, lab->now_ns);
	assert_int_equal(
		names_set(lab->names, conns, LOOKUPS_MAX + 2, lab->now_ns), 0);
	assert_int_equal(lab->begun, LOOKUPS_MAX);
	answer(lab, 2, 1);
	assert_int_equal(lab->begun, LOOKUPS_MAX + 1);
	answer(lab, 2, 1);
	assert_int_equal(lab->begun, LOOKUPS_MAX + 2);
	lab_free(lab);
}

/* --- gateways to which peers redirect us */

static void ask_gateway(struct lab *lab, const char *host)
{
	names_ask_gateway(lab->names, host, lab->now_ns);
}

static struct lab *lab_ready(void)
{
	struct lab *lab = lab_new();

	names_set_ready(lab->names, true, lab->now_ns);
	return lab;
}

/* gw0.example.net and the n - 1 behind it. */
static void ask_gateways(struct lab *lab, unsigned int first, unsigned int n)
{
	char host[32];

	for (unsigned int i = first; i < first + n; i++) {
		snprintf(host, sizeof(host), "gw%u.example.net", i);
		ask_gateway(lab, host);
	}
}

static void gateway_is_asked_for_and_told_of_as_one(void **state)
{
	struct lab *lab = lab_ready();

	(void)state;
	ask_gateway(lab, HOST);
	ask_gateway(lab, "GW.example.net"); /* it is under way */
	assert_int_equal(lab->begun, 1);
	assert_string_equal(lab->host, HOST);
	answer(lab, 7, 6);
	assert_int_equal(lab->told, 0);
	assert_int_equal(lab->gateways, 1);
	assert_string_equal(lab->gateway, HOST);
	assert_int_equal(lab->n_addrs, CONN_ADDRS_MAX);
	assert_int_equal(last_of(&lab->addr), 7);
	assert_string_equal(lab->why, "");
	lab_free(lab);
}

static void gateway_without_an_address_fails_in_words(void **state)
{
	struct lab *lab = lab_ready();

	(void)state;
	ask_gateway(lab, HOST);
	answer(lab, 0, 0);
	assert_int_equal(lab->told, 0);
	assert_int_equal(lab->n_addrs, 0);
	assert_string_equal(lab->why,
			    "cannot resolve " HOST
			    ", to which the peer redirects us: outcome 1");
	ask_gateway(lab, HOST);
	assert_int_equal(lab->begun, 1);
	wait_s(lab, 1);
	assert_int_equal(lab->begun, 2);
	lab_free(lab);
}

static void gateway_is_asked_for_when_somebody_can(void **state)
{
	struct lab *lab = lab_new();

	(void)state;
	ask_gateway(lab, HOST);
	assert_int_equal(lab->begun, 0);
	names_set_ready(lab->names, true, lab->now_ns);
	assert_int_equal(lab->begun, 1);
	names_fail_all(lab->names, "it ended", lab->now_ns);
	assert_int_equal(lab->gateways, 1);
	assert_non_null(strstr(lab->why, "it ended"));
	lab_free(lab);
}

/* IKE chooses them, and may be taken over. */
static void few_gateways_are_asked_for_at_a_time(void **state)
{
	struct lab *lab = lab_ready();

	(void)state;
	ask_gateways(lab, 0, NAMES_GATEWAYS_MAX);
	assert_int_equal(lab->begun, NAMES_GATEWAYS_ASKED);
	assert_int_equal(lab->gateways, 0);
	/* The clock is not asked for what waits for another's end. */
	assert_true(names_deadline(lab->names) > lab->now_ns);
	set_one(lab, HOST); /* of a connection, it has its place */
	assert_int_equal(lab->begun, NAMES_GATEWAYS_ASKED + 1);
	answer(lab, 2, 1);
	assert_int_equal(lab->told, 1);
	lab_free(lab);
}

/* The answer to whichever is under way. */
static void answer_all_gateways(struct lab *lab, unsigned int n)
{
	const struct lookup_result r = { .outcome = LOOKUP_NO_NAME };
	const uint64_t last = lab->token;

	for (uint64_t token = last + 1 - NAMES_GATEWAYS_ASKED;
	     token < last + 1 - NAMES_GATEWAYS_ASKED + n; token++)
		names_done(lab->names, token, &r, lab->now_ns);
}

static void gateways_beyond_that_are_refused_for_ten_seconds(void **state)
{
	struct lab *lab = lab_ready();

	(void)state;
	ask_gateways(lab, 0, NAMES_GATEWAYS_MAX);
	answer_all_gateways(lab, NAMES_GATEWAYS_MAX);
	assert_int_equal(lab->begun, NAMES_GATEWAYS_MAX);
	assert_int_equal(lab->gateways, NAMES_GATEWAYS_MAX);
	ask_gateway(lab, "more.example.net");
	assert_int_equal(lab->begun, NAMES_GATEWAYS_MAX);
	assert_string_equal(lab->gateway, "more.example.net");
	assert_non_null(strstr(lab->why, "too many names"));
	wait_s(lab, 9);
	ask_gateway(lab, "more.example.net");
	assert_int_equal(lab->begun, NAMES_GATEWAYS_MAX);
	wait_s(lab, 1);
	ask_gateway(lab, "more.example.net");
	assert_int_equal(lab->begun, NAMES_GATEWAYS_MAX + 1);
	assert_string_equal(lab->host, "more.example.net");
	lab_free(lab);
}

static void gateways_stay_when_connections_change(void **state)
{
	struct lab *lab = lab_asked();

	(void)state;
	ask_gateway(lab, HOST);
	assert_int_equal(lab->begun, 2);
	assert_int_equal(names_set(lab->names, NULL, 0, lab->now_ns), 0);
	assert_int_equal(lab->over, 1); /* the connection's */
	answer(lab, 7, 1);
	assert_int_equal(lab->gateways, 1);
	assert_int_equal(lab->told, 0);
	names_tell_all(lab->names);
	assert_int_equal(lab->told, 0);
	names_ask(lab->names, "", true, lab->now_ns); /* whose name is "" */
	wait_s(lab, 100);
	assert_int_equal(lab->begun, 2);
	lab_free(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(name_is_asked_for_when_its_connection_is_loaded),
		cmocka_unit_test(addresses_are_nobodys_name),
		cmocka_unit_test(who_waits_has_it_asked_for_anew_after_a_second),
		cmocka_unit_test(
			for_a_stranger_it_is_asked_for_every_ten_seconds),
		cmocka_unit_test(after_failures_it_waits_twice_as_long_each_time),
		cmocka_unit_test(what_it_was_stays_known_behind_what_it_is),
		cmocka_unit_test(answer_that_nobody_can_have_is_a_failure),
		cmocka_unit_test(answer_of_a_lookup_that_is_over_is_nobodys),
		cmocka_unit_test(lookup_that_never_ends_is_given_up),
		cmocka_unit_test(lookup_that_cannot_begin_fails),
		cmocka_unit_test(when_nobody_can_ask_any_more_all_fail),
		cmocka_unit_test(name_of_a_connection_that_is_gone_is_forgotten),
		cmocka_unit_test(another_name_of_the_same_connection_is_new),
		cmocka_unit_test(more_names_than_slots_are_asked_for_in_turn),
		cmocka_unit_test(gateway_is_asked_for_and_told_of_as_one),
		cmocka_unit_test(gateway_without_an_address_fails_in_words),
		cmocka_unit_test(gateway_is_asked_for_when_somebody_can),
		cmocka_unit_test(few_gateways_are_asked_for_at_a_time),
		cmocka_unit_test(
			gateways_beyond_that_are_refused_for_ten_seconds),
		cmocka_unit_test(gateways_stay_when_connections_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
