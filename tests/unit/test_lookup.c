// SPDX-License-Identifier: BSD-2-Clause
/*
 * A lookup, and resolvers that are the far ends of socket pairs: what it asks of
 * whom, and what it makes of the answers. No time passes.
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/daemon/lookup.h"

#define NAME	 "gw.example.net"
#define QUESTION 32 /* octets of one for it */
#define RECORD	 16 /* of an A record */

struct lab {
	struct event_base *base;
	struct lookup *lookup;
	int far[RESOLVERS_MAX];
	size_t n;
	bool done;
	struct lookup_result result;
};

struct question {
	uint8_t octets[QUESTION];
	bool six;
};

static void on_done(void *ctx, const struct lookup_result *r)
{
	struct lab *lab = ctx;

	lab->done = true;
	lab->lookup = NULL;
	lab->result = *r;
}

static struct lab lab_new(size_t n)
{
	struct lab lab = { .base = event_base_new(), .n = n };

	assert_non_null(lab.base);
	return lab;
}

static void begin(struct lab *lab)
{
	int near[RESOLVERS_MAX];

	for (size_t i = 0; i < lab->n; i++) {
		int pair[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK,
					    0, pair),
				 0);
		near[i] = pair[0];
		lab->far[i] = pair[1];
	}
	lab->lookup = lookup_new(lab->base, NAME, near, lab->n, on_done, lab);
	assert_non_null(lab->lookup);
}

static void lab_end(struct lab *lab)
{
	lookup_free(lab->lookup);
	for (size_t i = 0; i < lab->n; i++)
		close(lab->far[i]);
	event_base_free(lab->base);
}

/* Of A, or of AAAA, whichever comes; false: nothing was asked there. */
static bool asked(const struct lab *lab, size_t server, struct question *q)
{
	ssize_t n = recv(lab->far[server], q->octets, sizeof(q->octets), 0);

	if (n < 0)
		return false;
	assert_int_equal(n, QUESTION);
	q->six = q->octets[QUESTION - 3] == DNS_TYPE_AAAA;
	return true;
}

/* The first one of that type. */
static struct question take(const struct lab *lab, size_t server, bool six)
{
	struct question q = { .six = !six };

	while (q.six != six)
		assert_true(asked(lab, server, &q));
	return q;
}

static void reply(struct lab *lab, size_t server, const struct question *q,
		  uint8_t rcode, const uint8_t *v4)
{
	static const uint8_t record[RECORD] = { 0xc0, 12, 0, DNS_TYPE_A, 0, 1,
						0,    0,  0, 60,	 0, 4 };
	uint8_t out[QUESTION + RECORD];
	size_t len = QUESTION;

	memcpy(out, q->octets, QUESTION);
	out[2] = 0x81;
	out[3] = (uint8_t)(0x80 | rcode);
	if (v4) {
		out[7] = 1;
		memcpy(out + len, record, RECORD);
		memcpy(out + len + RECORD - 4, v4, 4);
		len += RECORD;
	}
	assert_int_equal(send(lab->far[server], out, len, 0), len);
	event_base_loop(lab->base, EVLOOP_NONBLOCK);
}

/* Both questions that one server has, and what it says to each; of AAAA nothing. */
static void reply_both(struct lab *lab, size_t server, uint8_t six_rcode,
		       uint8_t four_rcode, const uint8_t *v4)
{
	const struct question six = take(lab, server, true);
	const struct question four = take(lab, server, false);

	reply(lab, server, &six, six_rcode, NULL);
	reply(lab, server, &four, four_rcode, v4);
}

static const uint8_t good[4] = { 192, 0, 2, 2 };

static void assert_found(const struct lab *lab)
{
	assert_true(lab->done);
	assert_int_equal(lab->result.outcome, LOOKUP_FOUND);
	assert_int_equal(lab->result.n, 1);
	assert_memory_equal(lab->result.addrs[0].octets + 12, good, 4);
}

static void assert_outcome(const struct lab *lab, enum lookup_outcome want)
{
	assert_true(lab->done);
	assert_int_equal(lab->result.outcome, want);
	assert_int_equal(lab->result.n, 0);
}

static void both_kinds_of_addresses_are_asked_for(void **state)
{
	struct lab lab = lab_new(2);
	struct question six, four, more;

	(void)state;
	begin(&lab);
	assert_true(asked(&lab, 0, &six) && six.six);
	assert_true(asked(&lab, 0, &four) && !four.six);
	assert_false(asked(&lab, 1, &more));
	reply(&lab, 0, &four, 0, good);
	assert_false(lab.done);
	reply(&lab, 0, &six, 0, NULL);
	assert_found(&lab);
	lab_end(&lab);
}

static void name_that_is_not_there_is_asked_for_once(void **state)
{
	struct lab lab = lab_new(2);
	struct question q = { .six = false };

	(void)state;
	begin(&lab);
	q = take(&lab, 0, false);
	reply(&lab, 0, &q, 3, NULL);
	assert_outcome(&lab, LOOKUP_NO_NAME);
	lab_end(&lab);
}

static void name_without_addresses_has_none(void **state)
{
	struct lab lab = lab_new(1);

	(void)state;
	begin(&lab);
	reply_both(&lab, 0, 0, 0, NULL);
	assert_outcome(&lab, LOOKUP_NO_ADDRESS);
	lab_end(&lab);
}

static void address_that_no_peer_can_have_is_none(void **state)
{
	static const uint8_t loopback[4] = { 127, 0, 0, 1 };
	struct lab lab = lab_new(1);

	(void)state;
	begin(&lab);
	reply_both(&lab, 0, 0, 0, loopback);
	assert_outcome(&lab, LOOKUP_UNUSABLE);
	lab_end(&lab);
}

static void who_refuses_has_the_next_one_asked(void **state)
{
	struct lab lab = lab_new(2);
	struct question six, four;

	(void)state;
	begin(&lab);
	six = take(&lab, 0, true);
	four = take(&lab, 0, false);
	reply(&lab, 0, &six, 5, NULL);
	assert_false(asked(&lab, 1, &six)); /* the other answer may come */
	reply(&lab, 0, &four, 5, NULL);
	reply_both(&lab, 1, 0, 0, good);
	assert_found(&lab);
	lab_end(&lab);
}

static void address_of_one_kind_is_enough_where_the_other_is_refused(void **state)
{
	struct lab lab = lab_new(1);

	(void)state;
	begin(&lab);
	reply_both(&lab, 0, 2, 0, good);
	assert_found(&lab);
	lab_end(&lab);
}

static void who_always_refuses_is_asked_twice(void **state)
{
	struct lab lab = lab_new(1);
	struct question q = { .six = false };
	unsigned int n = 0;

	(void)state;
	begin(&lab);
	while (!lab.done && asked(&lab, 0, &q)) {
		reply(&lab, 0, &q, 5, NULL);
		n++;
	}
	assert_int_equal(n, 2 * LOOKUP_ROUNDS);
	assert_outcome(&lab, LOOKUP_REFUSED);
	lab_end(&lab);
}

/* And counts: it is guessing. */
static void answer_with_another_id_is_left_out(void **state)
{
	struct lab lab = lab_new(1);
	struct question six, four, wrong;

	(void)state;
	begin(&lab);
	six = take(&lab, 0, true);
	four = wrong = take(&lab, 0, false);
	wrong.octets[0] ^= 0x40;
	wrong.octets[1] ^= 0x40;
	for (int i = 0; i < 10; i++)
		reply(&lab, 0, &wrong, 0, good);
	assert_false(lab.done);
	reply(&lab, 0, &six, 0, NULL);
	reply(&lab, 0, &four, 0, good);
	assert_found(&lab);
	lab_end(&lab);
}

static void who_guesses_for_long_is_heard_no_more(void **state)
{
	struct lab lab = lab_new(1);
	struct question wrong;

	(void)state;
	begin(&lab);
	wrong = take(&lab, 0, false);
	wrong.octets[QUESTION - 1] ^= 4; /* of another class */
	for (int i = 0; i < 16 * LOOKUP_ROUNDS && !lab.done; i++)
		reply(&lab, 0, &wrong, 0, good);
	assert_false(lab.done); /* its last turn runs out */
	lab_end(&lab);
}

static void answer_comes_once(void **state)
{
	static const uint8_t other[4] = { 192, 0, 2, 3 };
	struct lab lab = lab_new(1);
	struct question six, four;

	(void)state;
	begin(&lab);
	six = take(&lab, 0, true);
	four = take(&lab, 0, false);
	reply(&lab, 0, &four, 0, good);
	reply(&lab, 0, &four, 0, other);
	reply(&lab, 0, &six, 0, NULL);
	assert_found(&lab);
	lab_end(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_kinds_of_addresses_are_asked_for),
		cmocka_unit_test(name_that_is_not_there_is_asked_for_once),
		cmocka_unit_test(name_without_addresses_has_none),
		cmocka_unit_test(address_that_no_peer_can_have_is_none),
		cmocka_unit_test(who_refuses_has_the_next_one_asked),
		cmocka_unit_test(
			address_of_one_kind_is_enough_where_the_other_is_refused),
		cmocka_unit_test(who_always_refuses_is_asked_twice),
		cmocka_unit_test(answer_with_another_id_is_left_out),
		cmocka_unit_test(who_guesses_for_long_is_heard_no_more),
		cmocka_unit_test(answer_comes_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
