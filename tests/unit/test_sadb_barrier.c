// SPDX-License-Identifier: BSD-2-Clause
/*
 * The drain barrier: its three numbers, one grace period for all that wait,
 * several workers, and what a worker has to empty before it says so.
 */
#include <errno.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include <linux/virtio_net.h>

#include "ctrl/dp/barrier.h"
#include "include/proto.h"
#include "tests/unit/sadb_fixture.h"

/* A grace period of the kernel that lasts as long as the case likes. */
struct held_grace {
	sem_t entered, over;
	int times;
};

static void wait_for_it(void *ctx)
{
	struct held_grace *g = ctx;

	g->times++;
	sem_post(&g->entered);
	while (sem_wait(&g->over) && errno == EINTR)
		;
}

static struct barrier *barrier_with(struct held_grace *g)
{
	const struct barrier_spec spec = { g ? wait_for_it : NULL, g };
	struct barrier *b;
	struct error e;

	if (g) {
		g->times = 0;
		sem_init(&g->entered, 0, 0);
		sem_init(&g->over, 0, 0);
	}
	assert_int_equal(barrier_new(&spec, &b, &e), 0);
	return b;
}

/* As a worker does that has nothing to empty. */
static void ack(struct drain *d)
{
	atomic_store(&d->acked, atomic_load(d->graced));
}

/* Returns when the barrier woke that worker. */
static void await_wake(const struct drain *d)
{
	uint64_t count;

	assert_int_equal(read(d->wake_fd, &count, sizeof(count)), sizeof(count));
}

static void without_workers_the_grace_period_is_all(void **state)
{
	struct barrier *b = barrier_with(NULL);

	(void)state;
	assert_int_equal(barrier_reached(b), 0);
	assert_int_equal(barrier_ask(b), 1);
	assert_int_equal(barrier_ask(b), 2);
	assert_int_equal(barrier_reached(b), 2);
	barrier_free(b);
}

static void slowest_worker_says_how_far_it_is(void **state)
{
	struct barrier *b = barrier_with(NULL);
	struct drain one = { 0 }, two = { 0 };

	(void)state;
	barrier_ask(b);
	barrier_add(b, &one, -1);
	barrier_add(b, &two, -1);
	assert_int_equal(barrier_reached(b), 1);
	assert_int_equal(barrier_ask(b), 2);
	assert_int_equal(barrier_reached(b), 1);
	ack(&one);
	assert_int_equal(barrier_reached(b), 1);
	ack(&two);
	assert_int_equal(barrier_reached(b), 2);
	barrier_ask(b);
	ack(&one);
	barrier_remove(b, &two);
	assert_int_equal(barrier_reached(b), 3);
	barrier_remove(b, &one);
	barrier_free(b);
}

static void asked_during_a_grace_period_waits_for_the_next(void **state)
{
	struct held_grace g;
	struct barrier *b = barrier_with(&g);
	struct drain d = { 0 };

	(void)state;
	barrier_add(b, &d, eventfd(0, EFD_CLOEXEC));
	assert_int_equal(barrier_ask(b), 1);
	sem_wait(&g.entered);
	assert_int_equal(barrier_ask(b), 2);
	sem_post(&g.over);
	await_wake(&d);
	ack(&d);
	assert_int_equal(barrier_reached(b), 1);
	sem_wait(&g.entered);
	sem_post(&g.over);
	await_wake(&d);
	ack(&d);
	assert_int_equal(barrier_reached(b), 2);
	barrier_remove(b, &d);
	barrier_free(b);
	close(d.wake_fd);
}

static void one_grace_period_serves_all_that_wait(void **state)
{
	struct held_grace g;
	struct barrier *b = barrier_with(&g);
	struct drain d = { 0 };

	(void)state;
	barrier_add(b, &d, eventfd(0, EFD_CLOEXEC));
	barrier_ask(b);
	sem_wait(&g.entered);
	for (int i = 0; i < 1000; i++)
		barrier_ask(b);
	for (int i = 0; i < 2; i++) {
		sem_post(&g.over);
		await_wake(&d);
		ack(&d);
		if (i == 0)
			sem_wait(&g.entered);
	}
	assert_int_equal(barrier_reached(b), 1001);
	assert_int_equal(g.times, 2);
	barrier_remove(b, &d);
	barrier_free(b);
	close(d.wake_fd);
}

static void ends_while_something_is_asked_for(void **state)
{
	struct held_grace g;
	struct barrier *b = barrier_with(&g);

	(void)state;
	barrier_ask(b);
	sem_post(&g.over);
	sem_post(&g.over);
	barrier_free(b);
}

/* --- a worker's part --- */

static void host_give(struct pair *p)
{
	const struct host_tag tag = {
		.magic = SIDE_MAGIC,
		.policy_id = p->policy_a,
		.policy_gen = p->a->list.block[0].head.gen,
	};
	const size_t vnet = sizeof(struct virtio_net_hdr);
	ssize_t n = (ssize_t)(vnet + ETH_HEADER_BYTES + PACKET_BYTES);
	uint8_t frame[FRAME_BYTES] = { 0 };

	memcpy(frame + vnet, &tag, sizeof(tag));
	frame[vnet + 12] = 8;
	side_packet(frame + vnet + ETH_HEADER_BYTES, "10.1.0.5", "10.2.0.7",
		    PACKET_BYTES);
	assert_int_equal(write(p->a->host_fd, frame, (size_t)n), n);
}

/* The guard's frames name the policy, so they take the SA of now. */
static void host_interface_is_read_to_its_end_before(void **state)
{
	struct pair *p = *state;
	struct sadb_request old = add_pair(p, 0x1001), gone;
	uint64_t token;

	add_pair(p, 0x1002);
	for (uint32_t i = 0; i < BATCH_MAX + 6; i++)
		host_give(p);
	gone = side_verb(&old, SADB_DELETE);
	token = side_ask(p->a, &gone);
	worker_step(&p->a->w);
	side_poll(p->a);
	assert_null(side_answer(p->a, token));
	worker_step(&p->a->w);
	side_poll(p->a);
	assert_non_null(side_answer(p->a, token));
	assert_int_equal(p->a->outside.tx_n, BATCH_MAX + 6);
	assert_int_equal(side_dropped(p->a), 0);
}

static void host_interface_that_never_ends_does_not_hold_it_up(void **state)
{
	struct pair *p = *state;
	struct sadb_request old = add_pair(p, 0x1001), gone;
	const struct sadb_answer *a = NULL;
	uint64_t token;

	add_pair(p, 0x1002);
	gone = side_verb(&old, SADB_DELETE);
	token = side_ask(p->a, &gone);
	for (uint32_t i = 0; i < 100 && !a; i++) {
		for (uint32_t j = 0; j < BATCH_MAX + 1; j++)
			host_give(p);
		worker_step(&p->a->w);
		port_mem_reset(&p->a->outside);
		side_poll(p->a);
		a = side_answer(p->a, token);
		while (worker_step(&p->a->w) && !a && i < 2)
			port_mem_reset(&p->a->outside);
	}
	assert_non_null(a);
}

static void without_a_free_frame_the_host_interface_is_not_empty(void **state)
{
	struct pair *p = *state;
	struct sadb_request old = add_pair(p, 0x1001), gone;
	struct umem *u = &p->a->w.umem;
	uint32_t frames = u->free_count;
	uint64_t token;

	add_pair(p, 0x1002);
	host_give(p);
	gone = side_verb(&old, SADB_DELETE);
	token = side_ask(p->a, &gone);
	u->free_count = 0;
	assert_true(worker_step(&p->a->w)); /* it does not sleep over it */
	side_poll(p->a);
	assert_null(side_answer(p->a, token));
	u->free_count = frames;
	worker_step(&p->a->w);
	side_poll(p->a);
	assert_non_null(side_answer(p->a, token));
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_workers_the_grace_period_is_all),
		cmocka_unit_test(slowest_worker_says_how_far_it_is),
		cmocka_unit_test(asked_during_a_grace_period_waits_for_the_next),
		cmocka_unit_test(one_grace_period_serves_all_that_wait),
		cmocka_unit_test(ends_while_something_is_asked_for),
		CASE(host_interface_is_read_to_its_end_before),
		CASE(host_interface_that_never_ends_does_not_hold_it_up),
		CASE(without_a_free_frame_the_host_interface_is_not_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
