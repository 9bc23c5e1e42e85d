// SPDX-License-Identifier: BSD-2-Clause
/*
 * An SA carries what its limits allow and not more, both ways, and whoever made
 * it is told of each limit once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/gateway.h"

#define FRAMES 256U
#define MANY   8U
#define BYTES  100U /* of each packet */

struct lab {
	struct gateway *g;
	struct tell tell;
};

static void be_limited(struct sa_rt *sa)
{
	memset(&sa->limits, 0xff, sizeof(sa->limits));
	sa->limited = true;
}

static int setup(void **state)
{
	static const struct gateway_spec spec = { "aes128gcm16", NULL, false,
						  FRAMES };
	static struct lab lab;
	int fd = eventfd(0, EFD_NONBLOCK);

	lab.g = gateway_new(&spec);
	gateway_know_all(lab.g);
	be_limited(lab.g->out);
	be_limited(lab.g->in);
	if (fd < 0 || tell_init(&lab.tell, fd))
		return -1;
	lab.g->w.tell = &lab.tell;
	*state = &lab;
	return 0;
}

static int teardown(void **state)
{
	struct lab *lab = *state;
	bool balance = gateway_books_balance(lab->g);

	gateway_free(lab->g);
	close(lab->tell.fd);
	tell_fini(&lab->tell);
	return balance ? 0 : -1;
}

/* In one batch; how many left. */
static uint32_t send_many(struct lab *lab, uint32_t n)
{
	const struct ip_header h = gateway_inner();
	uint32_t sent = lab->g->outside.tx_n;
	uint8_t l3[FRAME_BYTES];

	gateway_packet(l3, &h);
	for (uint32_t i = 0; i < n; i++)
		gateway_give(lab->g, DIR_OUT, l3, h.total_bytes);
	worker_step(&lab->g->w);
	return lab->g->outside.tx_n - sent;
}

/* So many, sealed with the next numbers, come in one batch; how many passed. */
static uint32_t receive_many(struct lab *lab, uint32_t n, bool forged)
{
	const struct ip_header h = gateway_inner();
	uint32_t sent = lab->g->inside.tx_n, bytes;
	uint8_t inner[FRAME_BYTES], text[FRAME_BYTES], l3[FRAME_BYTES];

	gateway_packet(inner, &h);
	for (uint32_t i = 0; i < n; i++) {
		bytes = gateway_text(lab->g, inner, h.total_bytes, text);
		bytes = gateway_seal(lab->g, text, bytes, l3);
		l3[bytes - 1] ^= forged;
		gateway_give(lab->g, DIR_IN, l3, bytes);
	}
	worker_step(&lab->g->w);
	return lab->g->inside.tx_n - sent;
}

static uint64_t ended(const struct lab *lab)
{
	return lab->g->drops[DROP_LIFETIME].pkts;
}

/* The only thing that was told; false: nothing was. */
static bool take_told(struct lab *lab, struct telling *what)
{
	struct telling more;

	do {
		if (!tell_take(&lab->tell, what))
			return false;
	} while (what->kind != TELL_ENDING);
	assert_false(tell_take(&lab->tell, &more));
	return true;
}

static void assert_told(struct lab *lab, bool hard, enum sadb_cause cause)
{
	struct telling what;

	assert_true(take_told(lab, &what));
	assert_int_equal(what.hard, hard);
	assert_int_equal(what.cause, cause);
}

static void assert_quiet(struct lab *lab)
{
	struct telling what;

	assert_false(take_told(lab, &what));
}

static void packets_are_sent_up_to_the_limit(void **state)
{
	struct lab *lab = *state;

	lab->g->out->limits.hard.pkts = 5;
	assert_int_equal(send_many(lab, 3), 3);
	assert_quiet(lab);
	assert_int_equal(send_many(lab, MANY), 2);
	assert_int_equal(ended(lab), MANY - 2);
	assert_told(lab, true, SADB_BY_PKTS);
	assert_int_equal(send_many(lab, 1), 0);
	assert_quiet(lab);
	assert_int_equal(sa_seq(lab->g->out), 5);
}

static void packet_that_reaches_the_limit_of_bytes_is_the_last(void **state)
{
	struct lab *lab = *state;

	lab->g->out->limits.hard.bytes = 2 * BYTES + 1;
	assert_int_equal(send_many(lab, MANY), 3);
	assert_told(lab, true, SADB_BY_BYTES);
}

static void nothing_is_sent_after_the_last_moment(void **state)
{
	struct lab *lab = *state;

	lab->g->out->limits.hard.at_ns = clock_ns() + 3600 * NS_PER_S;
	assert_int_equal(send_many(lab, 2), 2);
	assert_quiet(lab);
	lab->g->out->limits.hard.at_ns = 1;
	assert_int_equal(send_many(lab, 2), 0);
	assert_told(lab, true, SADB_BY_TIME);
	assert_int_equal(ended(lab), 2);
}

static void packets_are_taken_up_to_the_limit(void **state)
{
	struct lab *lab = *state;

	lab->g->in->limits.hard.pkts = 3;
	assert_int_equal(receive_many(lab, MANY, false), 3);
	assert_int_equal(ended(lab), MANY - 3);
	assert_told(lab, true, SADB_BY_PKTS);
	assert_int_equal(receive_many(lab, 1, false), 0);
	assert_quiet(lab);
}

static void forged_packets_use_up_nothing(void **state)
{
	struct lab *lab = *state;

	lab->g->in->limits.hard.pkts = 3;
	lab->g->in->limits.soft.pkts = 1;
	assert_int_equal(receive_many(lab, MANY, true), 0);
	assert_quiet(lab);
	assert_int_equal(receive_many(lab, 3, false), 3);
}

static void soft_limit_is_told_once_and_all_is_carried(void **state)
{
	struct lab *lab = *state;

	lab->g->out->limits.soft.bytes = 2 * BYTES;
	assert_int_equal(send_many(lab, 1), 1);
	assert_quiet(lab);
	assert_int_equal(send_many(lab, 1), 1);
	assert_told(lab, false, SADB_BY_BYTES);
	assert_int_equal(send_many(lab, MANY), MANY);
	assert_quiet(lab);
}

static void each_limit_is_told_of(void **state)
{
	struct lab *lab = *state;

	lab->g->in->limits.soft.pkts = 1;
	lab->g->in->limits.hard.pkts = 2;
	receive_many(lab, 1, false);
	assert_told(lab, false, SADB_BY_PKTS);
	receive_many(lab, 1, false);
	assert_told(lab, true, SADB_BY_PKTS);
}

static void what_could_not_be_told_is_told_later(void **state)
{
	const struct telling other = { .kind = TELL_ACQUIRE };
	struct lab *lab = *state;
	struct telling what;

	while (tell_put(&lab->tell, &other))
		;
	lab->g->out->limits.hard.pkts = 1;
	assert_int_equal(send_many(lab, 1), 1);
	while (tell_take(&lab->tell, &what))
		assert_int_equal(what.kind, TELL_ACQUIRE);
	assert_int_equal(send_many(lab, 1), 0);
	assert_told(lab, true, SADB_BY_PKTS);
}

static void walk_dropped(struct gateway *g)
{
	const struct ip_header inner = gateway_inner();
	struct batch b = { .n = 1 };
	struct packet *p = &b.pkt[0];

	*p = (struct packet){ .state = PKT_CLEAR,
			      .sa = g->out,
			      .bytes = inner.total_bytes };
	assert_true(frame_get(&g->w.umem, &p->frame));
	p->l3 = umem_at(&g->w.umem, p->frame) + FRAME_L3_AT;
	gateway_packet(p->l3, &inner);
	assert_true(ip_parse(slice_of(p->l3, p->bytes), &p->ip));
	packet_drop(p, DROP_LIFETIME);
	g->given++;
	worker_walk(&g->w, &b);
}

/* Whether its next hop is known or not. */
static void packet_that_was_dropped_neither_waits_nor_leaves(void **state)
{
	const struct lab *lab = *state;
	struct gateway *g = lab->g;

	atomic_fetch_add(&g->link.fib.gen, 1);
	walk_dropped(g);
	assert_int_equal(g->w.held, 0);
	gateway_know_all(g);
	walk_dropped(g);
	assert_int_equal(g->outside.tx_n, 0);
	assert_int_equal(sa_seq(g->out), 0);
	assert_int_equal(g->drops[DROP_LIFETIME].pkts, 2);
	assert_int_equal(gateway_dropped(g), 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(packets_are_sent_up_to_the_limit),
		CASE(packet_that_reaches_the_limit_of_bytes_is_the_last),
		CASE(nothing_is_sent_after_the_last_moment),
		CASE(packets_are_taken_up_to_the_limit),
		CASE(forged_packets_use_up_nothing),
		CASE(soft_limit_is_told_once_and_all_is_carried),
		CASE(each_limit_is_told_of),
		CASE(what_could_not_be_told_is_told_later),
		CASE(packet_that_was_dropped_neither_waits_nor_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
