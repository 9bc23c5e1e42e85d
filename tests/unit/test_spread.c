// SPDX-License-Identifier: BSD-2-Clause
/*
 * An outbound SA that two workers use at once: each sends what it received, no
 * number is sent twice or skipped, and limits, counters and tellings hold as if
 * there were one worker. With each backend, for a key may be one thread's.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "include/proto.h"
#include "tests/support/gateway.h"

#define ROUNDS 50U
#define BURST  512U /* of each worker; both together fill the peer's window */
#define SOFT   (UINT32_MAX / 4 * 3)

struct pair {
	struct gateway *g[2];
	struct sa_rt *sa;
};

static const struct gateway_spec gcm = {
	.encr = "aes128gcm16",
	.frames = GATEWAY_FRAMES_MAX,
};
static const struct gateway_spec cbc = {
	.encr = "aes128",
	.integ = "sha256",
	.frames = GATEWAY_FRAMES_MAX,
};

/* The second uses the first one's SAs. */
static struct pair *pair_new(const struct gateway_spec *spec,
			     const struct crypto_backend *backend)
{
	struct pair *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	for (uint32_t i = 0; i < 2; i++) {
		p->g[i] = gateway_new_spread(spec, backend);
		gateway_know_all(p->g[i]);
		worker_serve(&p->g[i]->w, p->g[0]->sad, i);
	}
	p->g[1]->w.policies = &p->g[0]->policies;
	p->sa = p->g[0]->out;
	return p;
}

static void pair_free(struct pair *p)
{
	gateway_free(p->g[1]);
	gateway_free(p->g[0]);
	free(p);
}

static int setup(void **state)
{
	const struct crypto_backend *backend;

	if (crypto_choose(CRYPTO_AUTO, &backend))
		return -1;
	*state = pair_new(&gcm, backend);
	return 0;
}

static int teardown(void **state)
{
	pair_free(*state);
	return 0;
}

/* n packets to be protected, by that worker's queue. */
static void give(struct pair *p, uint32_t worker, uint32_t n)
{
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];

	gateway_packet(l3, &inner);
	while (n--)
		gateway_give(p->g[worker], DIR_OUT, l3, inner.total_bytes);
}

static void step(struct pair *p, uint32_t worker)
{
	worker_step(&p->g[worker]->w);
}

static uint32_t seq_of(const struct pair *p, uint32_t worker, uint32_t index)
{
	uint32_t bytes, seq_be;
	const uint8_t *l3 = gateway_sent(&p->g[worker]->outside, index, &bytes);

	memcpy(&seq_be, l3 + IPV4_HEADER_BYTES + 4, sizeof(seq_be));
	return ntohl(seq_be);
}

static uint32_t sent(const struct pair *p)
{
	return p->g[0]->outside.tx_n + p->g[1]->outside.tx_n;
}

static uint64_t dropped(const struct pair *p, enum drop_reason reason)
{
	return p->g[0]->drops[reason].pkts + p->g[1]->drops[reason].pkts;
}

/* first, first + 1, … each once, and from each worker in ascending order. */
static void assert_numbers(const struct pair *p, uint32_t first)
{
	bool seen[2 * BURST] = { false };
	uint32_t seq, before;

	assert_true(sent(p) <= 2 * BURST);
	for (uint32_t w = 0; w < 2; w++) {
		before = 0;
		for (uint32_t i = 0; i < p->g[w]->outside.tx_n; i++) {
			seq = seq_of(p, w, i);
			assert_true(seq > before);
			assert_in_range(seq, first, first + sent(p) - 1);
			assert_false(seen[seq - first]);
			seen[seq - first] = true;
			before = seq;
		}
	}
}

static void reset(struct pair *p)
{
	gateway_reset(p->g[0]);
	gateway_reset(p->g[1]);
}

static void each_worker_sends_what_it_received(void **state)
{
	struct pair *p = *state;

	give(p, 1, 1);
	step(p, 1);
	assert_int_equal(p->g[1]->outside.tx_n, 1);
	give(p, 0, 1);
	step(p, 0);
	assert_int_equal(p->g[0]->outside.tx_n, 1);
	assert_int_equal(seq_of(p, 1, 0), 1);
	assert_int_equal(seq_of(p, 0, 0), 2);
	assert_int_equal(sa_seq(p->sa), 2);
}

static void each_number_is_sent_once_whoever_is_next(void **state)
{
	struct pair *p = *state;

	for (uint32_t i = 0; i < 20; i++) {
		give(p, 0, 1 + i % 7);
		give(p, 1, 1 + i % 3);
		step(p, i % 2);
		step(p, !(i % 2));
	}
	assert_numbers(p, 1);
	assert_int_equal(sa_seq(p->sa), sent(p));
	assert_int_equal(atomic_load(&p->sa->count.pkts), sent(p));
}

/* RFC 4303 section 3.3.3: there is no number after it. */
static void last_number_is_sent_once(void **state)
{
	struct pair *p = *state;

	atomic_store(&p->sa->seq, UINT32_MAX - 3);
	give(p, 0, 2);
	give(p, 1, 2);
	step(p, 0);
	step(p, 1);
	assert_int_equal(seq_of(p, 1, 0), UINT32_MAX);
	give(p, 0, 1);
	step(p, 0);
	assert_int_equal(sent(p), 3);
	assert_int_equal(dropped(p, DROP_SEQ_EXHAUSTED), 2);
	assert_int_equal(sa_seq(p->sa), UINT32_MAX);
}

static void workers_keep_one_limit_and_ask_once(void **state)
{
	struct pair *p = *state;
	_Atomic uint64_t used = 0;
	struct seq_kept kept = { .used = &used, .limit = 5, .low = 1 };
	uint64_t asked = 0;

	kept.wake_fd = eventfd(0, EFD_NONBLOCK);
	p->sa->kept = &kept;
	give(p, 0, 4);
	give(p, 1, 4);
	step(p, 0);
	step(p, 1);
	assert_int_equal(sent(p), 5);
	assert_int_equal(dropped(p, DROP_SEQ_RESERVED), 3);
	assert_int_equal(atomic_load(&used), 5);
	assert_int_equal(read(kept.wake_fd, &asked, sizeof(asked)),
			 sizeof(asked));
	assert_int_equal(asked, 1);
	p->sa->kept = NULL;
	close(kept.wake_fd);
}

/* Who is behind says nothing of who is further. */
static void number_that_is_kept_never_goes_back(void **state)
{
	struct pair *p = *state;
	_Atomic uint64_t used = 1000;
	struct seq_kept kept = {
		.used = &used,
		.limit = UINT64_MAX,
		.low = UINT64_MAX,
	};

	p->sa->kept = &kept;
	give(p, 0, 4);
	step(p, 0);
	assert_int_equal(sent(p), 4);
	assert_int_equal(atomic_load(&used), 1000);
	p->sa->kept = NULL;
}

static uint32_t told(struct tell *t)
{
	struct telling what;
	uint32_t n = 0;

	while (tell_take(t, &what)) {
		assert_int_equal(what.kind, TELL_ENDING);
		n++;
	}
	return n;
}

static void that_numbers_end_is_told_once(void **state)
{
	struct pair *p = *state;
	const struct telling other = { .kind = TELL_ENDING };
	struct tell tell[2];

	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(tell_init(&tell[i], eventfd(0, EFD_NONBLOCK)),
				 0);
		p->g[i]->w.tell = &tell[i];
	}
	while (tell_put(&tell[0], &other))
		;
	atomic_store(&p->sa->seq, SOFT);
	give(p, 0, 1);
	step(p, 0); /* has no room to say so */
	told(&tell[0]);
	for (uint32_t i = 0; i < 3; i++) {
		give(p, 0, 1);
		give(p, 1, 1);
		step(p, 1);
		step(p, 0);
	}
	assert_int_equal(told(&tell[0]), 0);
	assert_int_equal(told(&tell[1]), 1);
	for (uint32_t i = 0; i < 2; i++) {
		p->g[i]->w.tell = NULL;
		close(tell[i].fd);
		tell_fini(&tell[i]);
	}
}

static pthread_barrier_t both;

static void *run(void *ctx)
{
	pthread_barrier_wait(&both);
	worker_run(ctx);
	return NULL;
}

/* Both at once, until they have sent what they were given. */
static void burst(struct pair *p)
{
	pthread_t thread[2];

	for (uint32_t i = 0; i < 2; i++) {
		give(p, i, BURST);
		atomic_store(&p->g[i]->w.stop, false);
		assert_int_equal(
			pthread_create(&thread[i], NULL, run, &p->g[i]->w), 0);
	}
	for (uint32_t i = 0; i < 2; i++) {
		while (!atomic_load(&p->g[i]->w.asleep))
			sched_yield();
		worker_stop(&p->g[i]->w);
		pthread_join(thread[i], NULL);
	}
}

/* The peer's view of it: all is authentic, and nothing a replay. */
static void assert_peer_takes_all(struct pair *p)
{
	struct gateway *g = p->g[0];
	uint32_t n = sent(p), bytes;

	for (uint32_t w = 0; w < 2; w++) {
		for (uint32_t i = 0; i < p->g[w]->outside.tx_n; i++) {
			const uint8_t *l3 =
				gateway_sent(&p->g[w]->outside, i, &bytes);
			uint8_t outer[FRAME_BYTES];

			memcpy(outer, l3, bytes);
			gateway_give(g, DIR_IN, outer, bytes);
			step(p, 0);
		}
	}
	assert_int_equal(g->inside.tx_n, n);
}

static void bursts(const struct gateway_spec *spec,
		   const struct crypto_backend *backend)
{
	struct pair *p = pair_new(spec, backend);
	_Atomic uint64_t used = 0;
	struct seq_kept kept = {
		.used = &used,
		.limit = UINT64_MAX,
		.low = UINT64_MAX,
	};

	pthread_barrier_init(&both, NULL, 2);
	p->sa->kept = &kept;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		burst(p);
		assert_int_equal(sent(p), 2 * BURST);
		assert_numbers(p, 1 + i * 2 * BURST);
		assert_int_equal(atomic_load(&used), (i + 1) * 2 * BURST);
		if (i == 0)
			assert_peer_takes_all(p);
		reset(p);
	}
	assert_int_equal(sa_seq(p->sa), ROUNDS * 2 * BURST);
	assert_int_equal(atomic_load(&p->sa->count.pkts), ROUNDS * 2 * BURST);
	assert_int_equal(atomic_load(&p->sa->count.bytes),
			 ROUNDS * 2 * BURST * gateway_inner().total_bytes);
	p->sa->kept = NULL;
	pthread_barrier_destroy(&both);
	pair_free(p);
}

static void threads_send_each_number_once(void **state)
{
	const struct crypto_backend *backend;

	(void)state;
	assert_int_equal(crypto_choose(CRYPTO_AUTO, &backend), 0);
	bursts(&gcm, backend);
	bursts(&cbc, backend);
}

static void threads_have_keys_of_their_own_with_openssl(void **state)
{
	(void)state;
	bursts(&gcm, &crypto_openssl);
	bursts(&cbc, &crypto_openssl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		CASE(each_worker_sends_what_it_received),
		CASE(each_number_is_sent_once_whoever_is_next),
		CASE(last_number_is_sent_once),
		CASE(workers_keep_one_limit_and_ask_once),
		CASE(number_that_is_kept_never_goes_back),
		CASE(that_numbers_end_is_told_once),
#undef CASE
		cmocka_unit_test(threads_send_each_number_once),
		cmocka_unit_test(threads_have_keys_of_their_own_with_openssl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
