// SPDX-License-Identifier: BSD-2-Clause
/*
 * Outbound SAs for each CPU (RFC 9611) of a gateway with two workers: BPF names the
 * fall-back, each worker seals by its own, and who has none asks for it and has the
 * fall-back's owner seal.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "include/proto.h"
#include "tests/unit/sadb_fixture.h"

#define FALL_BACK   0x1000U
#define OWN(worker) (0x1001U + (worker))
#define NOBODY	    99U

struct two {
	struct side *s;
	uint32_t policy;
	struct sadb_selector all;
};

static int setup(void **state)
{
	struct policy p = side_policy("10.1.0.0/16", "10.2.0.0/16");
	static struct two t;

	t.s = side_new_two(NULL);
	p.on_demand = true;
	t.policy = one_policy(t.s, p);
	t.all = p.selector;
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	struct two *t = *state;
	const bool balance = worker_frames_balance(&t->s->w) &&
			     worker_frames_balance(&t->s->second->w);

	side_free(t->s);
	return balance ? 0 : -1;
}

static struct worker *worker_of(const struct two *t, uint32_t i)
{
	return i ? &t->s->second->w : &t->s->w;
}

static struct port_mem *outside_of(const struct two *t, uint32_t i)
{
	return i ? &t->s->second->outside : &t->s->outside;
}

static void step(const struct two *t)
{
	for (uint32_t i = 0; i < 6; i++)
		worker_step(worker_of(t, i % 2));
	side_poll(t->s);
}

static int ask(struct two *t, struct sadb_request *q)
{
	const uint64_t token = side_ask(t->s, q);
	const struct sadb_answer *a = NULL;

	for (uint32_t i = 0; !a && i < 100; i++) {
		step(t);
		a = side_answer(t->s, token);
	}
	assert_non_null(a);
	t->s->n_answers = 0;
	return a->err;
}

static struct sadb_request add(struct two *t, uint32_t spi, uint8_t cpu)
{
	struct sadb_request q =
		side_add(SADB_OUT, false, spi, t->policy, &t->all);

	q.sa.of_cpus = true;
	q.sa.cpu = cpu;
	assert_int_equal(ask(t, &q), 0);
	return q;
}

static void verb(struct two *t, const struct sadb_request *of, enum sadb_verb v)
{
	struct sadb_request q = side_verb(of, v);

	assert_int_equal(ask(t, &q), 0);
}

static struct sadb_request bind_one(struct two *t, uint32_t spi, uint8_t cpu)
{
	struct sadb_request q = add(t, spi, cpu);

	verb(t, &q, SADB_UPDATE);
	return q;
}

static void bind_all(struct two *t)
{
	bind_one(t, FALL_BACK, 0);
	bind_one(t, OWN(0), 1);
	bind_one(t, OWN(1), 2);
}

static void give(struct two *t, uint32_t worker, const char *from)
{
	static const uint8_t ethernet[ETH_HEADER_BYTES] = { 2, 0, 0, 0, 0, 1, 2,
							    0, 0, 0, 0, 2, 8 };
	uint8_t frame[FRAME_BYTES];
	struct dp_meta meta;

	memcpy(frame, ethernet, sizeof(ethernet));
	side_packet(frame + ETH_HEADER_BYTES, from, "10.2.0.7", PACKET_BYTES);
	assert_true(side_meta_out(t->s, frame + ETH_HEADER_BYTES, &meta));
	assert_true(port_mem_give(worker ? &t->s->second->inside : &t->s->inside,
				  &meta, sizeof(meta), frame,
				  ETH_HEADER_BYTES + PACKET_BYTES));
}

static uint32_t spi_sent(const struct port_mem *port)
{
	uint32_t bytes, spi_be;
	const uint8_t *frame = port_mem_sent(port, 0, &bytes);

	memcpy(&spi_be, frame + ETH_HEADER_BYTES + IPV4_HEADER_BYTES, 4);
	return ntohl(spi_be);
}

/* n packets that come to that worker: all leave by that one, by that SA. */
static void assert_sent(struct two *t, uint32_t worker, uint32_t n, uint32_t by,
			uint32_t spi)
{
	for (uint32_t i = 0; i < n; i++)
		give(t, worker, "10.1.0.5");
	step(t);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(outside_of(t, i)->tx_n, i == by ? n : 0);
	if (by != NOBODY)
		assert_int_equal(spi_sent(outside_of(t, by)), spi);
	for (uint32_t i = 0; i < 2; i++)
		port_mem_reset(outside_of(t, i));
	port_mem_reset(&t->s->inside);
	port_mem_reset(&t->s->second->inside);
}

/* Who owns the fall-back: the SAD gives its SAs in turn. */
static uint32_t owner_of(const struct two *t, const struct sadb_request *q)
{
	for (uint32_t id = 0; id < 16; id++) {
		const struct sa_rt *sa = sad_get(
			t->s->sad, (struct sa_ref){ .id = id, .gen = 1 });

		if (sa && sa->spi_be == htonl(q->id.spi))
			return sa_owner(sa);
	}
	fail();
	return 0;
}

static uint32_t acquires(const struct two *t, struct sadb_event *last)
{
	return side_events(t->s, SADB_ACQUIRE, last);
}

/* --- which SA */

static void each_worker_seals_by_its_own(void **state)
{
	struct two *t = *state;
	struct sadb_event e;

	bind_all(t);
	for (uint32_t worker = 0; worker < 2; worker++)
		assert_sent(t, worker, 3, worker, OWN(worker));
	assert_int_equal(acquires(t, &e), 0);
	assert_int_equal(side_dropped(t->s), 0);
}

static void without_its_own_the_fall_backs_owner_seals(void **state)
{
	struct two *t = *state;
	const struct sadb_request f = bind_one(t, FALL_BACK, 0);
	const uint32_t owner = owner_of(t, &f);

	for (uint32_t worker = 0; worker < 2; worker++)
		assert_sent(t, worker, 3, owner, FALL_BACK);
	assert_int_equal(side_dropped(t->s), 0);
}

static void what_is_handed_over_goes_by_the_fall_back(void **state)
{
	struct two *t = *state;
	const struct sadb_request f = bind_one(t, FALL_BACK, 0);
	const uint32_t owner = owner_of(t, &f);

	bind_one(t, OWN(owner), (uint8_t)(owner + 1));
	assert_sent(t, owner, 3, owner, OWN(owner));
	assert_sent(t, !owner, 3, owner, FALL_BACK);
}

static void own_one_that_ends_leaves_its_packets_to_the_fall_back(void **state)
{
	struct two *t = *state;
	const struct sadb_request f = bind_one(t, FALL_BACK, 0);
	const uint32_t owner = owner_of(t, &f), other = !owner;
	struct sadb_request own = bind_one(t, OWN(other), (uint8_t)(other + 1));

	assert_sent(t, other, 2, other, OWN(other));
	verb(t, &own, SADB_DELETE);
	assert_sent(t, other, 2, owner, FALL_BACK);
	assert_int_equal(side_dropped(t->s), 0);
}

static void without_a_fall_back_who_has_none_hands_over(void **state)
{
	struct two *t = *state;
	const struct sadb_request f = bind_one(t, FALL_BACK, 0);
	struct sadb_request q;

	bind_one(t, OWN(1), 2);
	q = f;
	verb(t, &q, SADB_DELETE);
	for (uint32_t worker = 0; worker < 2; worker++)
		assert_sent(t, worker, 2, 1, OWN(1));
	assert_int_equal(side_dropped(t->s), 0);
}

static void one_that_is_rekeyed_takes_the_place_of_its_own_alone(void **state)
{
	struct two *t = *state;

	bind_all(t);
	bind_one(t, 0x2000, 2);
	assert_sent(t, 1, 2, 1, 0x2000);
	assert_sent(t, 0, 2, 0, OWN(0));
	bind_one(t, 0x2001, 0);
	assert_sent(t, 1, 2, 1, 0x2000);
	assert_sent(t, 0, 2, 0, OWN(0));
}

static void sa_like_any_takes_the_place_of_all(void **state)
{
	struct two *t = *state;
	struct sadb_request q =
		side_add(SADB_OUT, false, 0x2000, t->policy, &t->all);

	bind_all(t);
	assert_int_equal(ask(t, &q), 0);
	verb(t, &q, SADB_UPDATE);
	for (uint32_t worker = 0; worker < 2; worker++)
		assert_sent(t, worker, 2, owner_of(t, &q), 0x2000);
}

/* The peer takes less for one of them. */
static void narrow_one_has_what_it_takes_and_the_fall_back_the_rest(void **state)
{
	struct two *t = *state;
	const struct sadb_request f = bind_one(t, FALL_BACK, 0);
	const uint32_t owner = owner_of(t, &f), other = !owner;

	t->all = side_policy("10.1.0.0/24", "10.2.0.0/16").selector;
	bind_one(t, OWN(other), (uint8_t)(other + 1));
	give(t, other, "10.1.7.5");
	step(t);
	assert_int_equal(spi_sent(outside_of(t, owner)), FALL_BACK);
	port_mem_reset(outside_of(t, owner));
	assert_sent(t, other, 2, other, OWN(other));
	assert_int_equal(side_dropped(t->s), 0);
}

static void worker_that_is_not_there_has_one_that_nobody_uses(void **state)
{
	struct two *t = *state;
	const struct sadb_request f = bind_one(t, FALL_BACK, 0);

	bind_one(t, OWN(6), 7);
	for (uint32_t worker = 0; worker < 2; worker++)
		assert_sent(t, worker, 2, owner_of(t, &f), FALL_BACK);
}

/* --- who asks */

static void worker_asks_for_its_own_beside_the_fall_back(void **state)
{
	struct two *t = *state;
	const struct sadb_request f = bind_one(t, FALL_BACK, 0);
	const uint32_t owner = owner_of(t, &f), other = !owner;
	struct sadb_event e;

	assert_sent(t, other, 1, owner, FALL_BACK);
	assert_int_equal(acquires(t, &e), 1);
	assert_int_equal(e.cpu, other + 1);
	assert_int_equal(e.policy, t->policy);
	assert_sent(t, other, 3, owner, FALL_BACK);
	assert_int_equal(acquires(t, &e), 1);
	worker_of(t, other)->acquire[t->policy].next_ns = 0; /* 1 s later */
	assert_sent(t, other, 1, owner, FALL_BACK);
	assert_int_equal(acquires(t, &e), 2);
	bind_one(t, OWN(other), (uint8_t)(other + 1));
	worker_of(t, other)->acquire[t->policy].next_ns = 0;
	assert_sent(t, other, 3, other, OWN(other));
	assert_int_equal(acquires(t, &e), 2);
	assert_sent(t, owner, 1, owner, FALL_BACK);
	assert_int_equal(acquires(t, &e), 3);
	assert_int_equal(e.cpu, owner + 1);
}

/* Which asked a moment before it got it, and is not told to make a second one. */
static void question_that_comes_late_is_not_passed_on(void **state)
{
	struct two *t = *state;
	const struct sadb_request f = bind_one(t, FALL_BACK, 0);
	const uint32_t other = !owner_of(t, &f);
	struct sadb_request own = add(t, OWN(other), (uint8_t)(other + 1));
	struct sadb_event e;

	own.verb = SADB_UPDATE;
	give(t, other, "10.1.0.5");
	worker_step(worker_of(t, other));
	side_ask(t->s, &own);
	step(t);
	assert_int_equal(acquires(t, &e), 0);
	port_mem_reset(outside_of(t, !other));
	assert_sent(t, other, 1, other, OWN(other));
}

static void where_there_is_none_one_for_nobody_is_asked_for(void **state)
{
	struct two *t = *state;
	struct sadb_request f;
	struct sadb_event e;

	assert_sent(t, 1, 1, NOBODY, 0);
	assert_int_equal(acquires(t, &e), 1);
	assert_int_equal(e.cpu, 0);
	f = add(t, FALL_BACK, 0);
	verb(t, &f, SADB_UPDATE);
	step(t);
	assert_int_equal(outside_of(t, owner_of(t, &f))->tx_n, 1);
	port_mem_reset(outside_of(t, owner_of(t, &f)));
	port_mem_reset(&t->s->second->inside);
	assert_sent(t, 1, 1, owner_of(t, &f), FALL_BACK);
	assert_int_equal(acquires(t, &e), 2);
	assert_int_equal(e.cpu, 2);
	verb(t, &f, SADB_DELETE);
	assert_sent(t, 1, 1, NOBODY, 0);
	assert_int_equal(acquires(t, &e), 3);
	assert_int_equal(e.cpu, 0);
}

/* --- what is refused */

static void getspi_says_how_many_workers_there_are(void **state)
{
	struct two *t = *state;
	struct sadb_request q = side_add(SADB_IN, false, 0, t->policy, &t->all);
	const struct sadb_answer *a;

	q.verb = SADB_GETSPI;
	side_ask(t->s, &q);
	side_poll(t->s);
	a = side_answer(t->s, q.token);
	assert_non_null(a);
	assert_int_equal(a->workers, 2);
}

static void worker_that_no_gateway_has_is_refused(void **state)
{
	struct two *t = *state;
	struct sadb_request q =
		side_add(SADB_OUT, false, 0x2000, t->policy, &t->all);

	q.sa.cpu = 1; /* of none */
	assert_int_equal(ask(t, &q), -EINVAL);
	q.sa.of_cpus = true;
	q.sa.cpu = WORKERS_MAX + 1;
	assert_int_equal(ask(t, &q), -EINVAL);
	q.sa.cpu = WORKERS_MAX;
	assert_int_equal(ask(t, &q), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_worker_seals_by_its_own),
		TEST(without_its_own_the_fall_backs_owner_seals),
		TEST(what_is_handed_over_goes_by_the_fall_back),
		TEST(own_one_that_ends_leaves_its_packets_to_the_fall_back),
		TEST(without_a_fall_back_who_has_none_hands_over),
		TEST(one_that_is_rekeyed_takes_the_place_of_its_own_alone),
		TEST(sa_like_any_takes_the_place_of_all),
		TEST(narrow_one_has_what_it_takes_and_the_fall_back_the_rest),
		TEST(worker_that_is_not_there_has_one_that_nobody_uses),
		TEST(worker_asks_for_its_own_beside_the_fall_back),
		TEST(question_that_comes_late_is_not_passed_on),
		TEST(where_there_is_none_one_for_nobody_is_asked_for),
		TEST(getspi_says_how_many_workers_there_are),
		TEST(worker_that_no_gateway_has_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
