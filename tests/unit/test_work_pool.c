// SPDX-License-Identifier: BSD-2-Clause
/* Key exchanges and signatures go to their threads and come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/event.h>

#include "ctrl/daemon/work_pool.h"

#define N_JOBS 20

struct seen {
	struct event_base *base;
	unsigned int times[N_JOBS];
	unsigned int n;
	unsigned int failed;
	uint8_t shared[N_JOBS][32];
};

static void on_done(void *ctx, struct ke_job *job)
{
	struct seen *s = ctx;

	s->times[job->token]++;
	s->failed += job->err != 0;
	assert_int_equal(ke_shared(job->ke).len, 32);
	memcpy(s->shared[job->token], ke_shared(job->ke).ptr, 32);
	ke_job_free(job);
	if (++s->n == N_JOBS)
		event_base_loopbreak(s->base);
}

static void on_verified(void *ctx, struct verify_job *job)
{
	struct seen *s = ctx;

	s->times[job->token]++;
	s->failed += job->err != 0;
	verify_job_free(job);
	if (++s->n == N_JOBS)
		event_base_loopbreak(s->base);
}

static struct work_pool *pool_new(struct seen *s)
{
	const struct work_done done = { .ke = on_done,
					.verify = on_verified,
					.ctx = s };

	return work_pool_new(s->base, &done);
}

/* Without a signature: it is refused. */
static struct verify_job *verify_new(uint64_t token)
{
	const struct ike_payloads none = { .n = 0 };
	struct verify_job *job = verify_job_new(&none);

	assert_non_null(job);
	assert_int_equal(creds_new(&job->creds), 0);
	job->token = token;
	return job;
}

static struct ke_job *job_new(uint64_t token)
{
	struct ke_job *job = calloc(1, sizeof(*job));

	assert_non_null(job);
	job->token = token;
	job->alg = ke_by_name("x25519");
	return job;
}

static void give_peer(struct ke_job *job, const struct ke *peer)
{
	struct slice public_value = ke_public(peer);

	memcpy(job->peer, public_value.ptr, public_value.len);
	job->peer_len = public_value.len;
}

static void every_job_comes_back_once(void **state)
{
	struct event_base *base = event_base_new();
	struct seen seen = { .base = base };
	struct work_pool *pool = pool_new(&seen);
	struct ke *peer;

	(void)state;
	assert_non_null(pool);
	assert_int_equal(ke_new(ke_by_name("x25519"), &peer), 0);
	for (uint64_t i = 0; i < N_JOBS; i++) {
		struct ke_job *job = job_new(i);

		give_peer(job, peer);
		work_pool_ke(pool, job);
	}
	event_base_dispatch(base);
	assert_int_equal(seen.n, N_JOBS);
	assert_int_equal(seen.failed, 0);
	for (size_t i = 0; i < N_JOBS; i++)
		assert_int_equal(seen.times[i], 1);
	assert_memory_not_equal(seen.shared[0], seen.shared[1], 32);
	ke_free(peer);
	work_pool_free(pool);
	event_base_free(base);
}

static void signatures_come_back_among_key_exchanges(void **state)
{
	struct event_base *base = event_base_new();
	struct seen seen = { .base = base };
	struct work_pool *pool = pool_new(&seen);
	struct ke *peer;

	(void)state;
	assert_non_null(pool);
	assert_int_equal(ke_new(ke_by_name("x25519"), &peer), 0);
	for (uint64_t i = 0; i < N_JOBS; i += 2) {
		struct ke_job *job = job_new(i);

		give_peer(job, peer);
		work_pool_ke(pool, job);
		work_pool_verify(pool, verify_new(i + 1));
	}
	event_base_dispatch(base);
	assert_int_equal(seen.n, N_JOBS);
	assert_int_equal(seen.failed, N_JOBS / 2);
	for (size_t i = 0; i < N_JOBS; i++)
		assert_int_equal(seen.times[i], 1);
	ke_free(peer);
	work_pool_free(pool);
	event_base_free(base);
}

/* The sanitizer sees what is lost. */
static void pool_that_ends_frees_what_it_was_given(void **state)
{
	struct event_base *base = event_base_new();
	struct seen seen = { .base = base };
	struct work_pool *pool = pool_new(&seen);

	(void)state;
	assert_non_null(pool);
	for (uint64_t i = 0; i < N_JOBS; i++)
		if (i % 2)
			work_pool_ke(pool, job_new(i));
		else
			work_pool_verify(pool, verify_new(i));
	work_pool_free(pool);
	assert_int_equal(seen.n, 0);
	event_base_free(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_job_comes_back_once),
		cmocka_unit_test(signatures_come_back_among_key_exchanges),
		cmocka_unit_test(pool_that_ends_frees_what_it_was_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
