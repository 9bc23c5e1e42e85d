// SPDX-License-Identifier: BSD-2-Clause
/*
 * A hundred thousand SAs at once: what a walk over all of them for each would
 * make unbearable, and no test of a few would show. BPF's maps are two counters
 * and the list of slots that they were given.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/dp/sadb.h"
#include "include/limits.h"
#include "include/proto.h"
#include "tests/support/side.h"

#define MANY	100000U
#define KEY_LEN 36U /* ChaCha20 and a salt */
#define FIRST	0x10000000U
#define POLL_MS 5000
#define LIFE_S	60U

struct many {
	struct policy_view view;
	struct sad *sad;
	struct sadb *sadb;
	struct policy policy;
	struct sa_ref armed[MANY]; /* by their SPI */
	uint32_t n_armed, n_bound, n_answers, n_expired;
	int err;      /* of the last answer */
	uint32_t spi; /* likewise */
};

static int map_policies(void *ctx, const struct spd_image *list)
{
	(void)ctx;
	(void)list;
	return 0;
}

static int map_bind(void *ctx, uint32_t policy_id, struct sa_ref sa)
{
	struct many *m = ctx;

	(void)policy_id;
	m->n_bound += sa.gen != 0;
	return 0;
}

static int map_add(void *ctx, const struct sad_key *key, struct sa_ref sa)
{
	struct many *m = ctx;

	m->armed[ntohl(key->spi) - FIRST] = sa;
	m->n_armed++;
	return 0;
}

static int map_del(void *ctx, const struct sad_key *key)
{
	struct many *m = ctx;

	(void)key;
	m->n_armed--;
	return 0;
}

static void on_answer(void *ctx, const struct sadb_answer *a)
{
	struct many *m = ctx;

	m->err = a->err;
	m->spi = a->id.spi;
	m->n_answers++;
}

static void on_event(void *ctx, const struct sadb_event *e)
{
	struct many *m = ctx;

	m->n_expired += e->verb == SADB_EXPIRE && e->hard;
}

static int setup(void **state)
{
	struct many *m = calloc(1, sizeof(*m));
	const struct sadb_maps maps = { .set_policies = map_policies,
					.bind = map_bind,
					.add_inbound = map_add,
					.del_inbound = map_del,
					.ctx = m };
	const struct sadb_calls calls = { on_answer, on_event, m };
	const struct crypto_backend *backend;
	struct error e;

	assert_non_null(m);
	assert_int_equal(crypto_choose(CRYPTO_AUTO, &backend), 0);
	m->sad = sad_new(backend, 1);
	assert_non_null(m->sad);
	assert_int_equal(sadb_new(&(struct sadb_spec){ .sad = m->sad,
						       .view = &m->view,
						       .maps = &maps,
						       .max_sas = SAD_MAX },
				  &m->sadb, &e),
			 0);
	sadb_serve(m->sadb, &calls, NS_PER_S);
	m->policy = side_policy("10.1.0.0/16", "10.2.0.0/16");
	assert_int_equal(sadb_set_policies(m->sadb, &m->policy, 1), 0);
	*state = m;
	return 0;
}

static int teardown(void **state)
{
	struct many *m = *state;

	sadb_free(m->sadb);
	sad_free(m->sad);
	free(m);
	return 0;
}

/* So many questions were asked before: until all of them are answered. */
static void wait_for(struct many *m, uint32_t answers, uint64_t now_ns)
{
	struct pollfd ready = { .fd = sadb_fd(m->sadb), .events = POLLIN };

	while (m->n_answers < answers) {
		assert_int_equal(poll(&ready, 1, POLL_MS), 1);
		sadb_poll(m->sadb, now_ns);
	}
	m->n_answers = 0;
}

static struct sadb_request request(const struct many *m, enum sadb_verb verb,
				   enum sadb_dir dir, uint32_t i)
{
	const struct addr us = addr_from_v4(inet_addr("192.0.2.1"));
	const struct addr peer = addr_from_v4(inet_addr("192.0.2.2"));
	const bool in = dir == SADB_IN;
	struct sadb_request q = {
		.token = 1,
		.verb = (uint8_t)verb,
		.id = { .daddr = in ? us : peer,
			.spi = FIRST + i,
			.dir = (uint8_t)dir },
		.sa = { .saddr = in ? peer : us,
			.policy = m->policy.id,
			.encr = ENCR_CHACHA20_POLY1305,
			.encr_key_bits = 256,
			.encr_key_len = KEY_LEN,
			.integ = INTEG_NONE,
			.n_selectors = 1,
			.replay_window = 64,
			.selectors = { m->policy.selector } },
	};

	memcpy(q.sa.encr_key, &i, sizeof(i));
	return q;
}

static void ask_all(struct many *m, enum sadb_verb verb, enum sadb_dir dir)
{
	for (uint32_t i = 0; i < MANY; i++) {
		const struct sadb_request q = request(m, verb, dir, i);

		sadb_request(m->sadb, &q, NS_PER_S);
	}
	wait_for(m, MANY, NS_PER_S);
	assert_int_equal(m->err, 0);
}

static int ask(struct many *m, const struct sadb_request *q)
{
	sadb_request(m->sadb, q, NS_PER_S);
	wait_for(m, 1, NS_PER_S);
	return m->err;
}

static void each_is_found_in_its_slot_and_none_when_it_is_gone(void **state)
{
	struct many *m = *state;

	ask_all(m, SADB_ADD, SADB_IN);
	assert_int_equal(sad_count(m->sad), MANY);
	assert_int_equal(m->n_armed, MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		const struct sa_rt *sa = sad_get(m->sad, m->armed[i]);

		assert_non_null(sa);
		assert_int_equal(ntohl(sa->spi_be), FIRST + i);
	}
	ask_all(m, SADB_DELETE, SADB_IN);
	assert_int_equal(sad_count(m->sad), 0);
	assert_int_equal(m->n_armed, 0);
	for (uint32_t i = 0; i < MANY; i++)
		assert_null(sad_get(m->sad, m->armed[i]));
}

/* The table of slots grows by use alone. */
static void slots_that_became_free_are_used_again_in_another_life(void **state)
{
	struct many *m = *state;
	const struct sadb_request add = request(m, SADB_ADD, SADB_IN, 0);
	const struct sadb_request del = request(m, SADB_DELETE, SADB_IN, 0);
	struct sa_ref before;

	for (uint32_t i = 0; i < 1000; i++) {
		before = m->armed[0];
		assert_int_equal(ask(m, &add), 0);
		assert_int_equal(m->armed[0].id, 0);
		assert_int_not_equal(m->armed[0].gen, before.gen);
		assert_null(sad_get(m->sad, before));
		assert_int_equal(ask(m, &del), 0);
	}
}

/* Those that are there, and the last ones that were. */
static void key_of_any_of_them_is_known_again(void **state)
{
	struct many *m = *state;
	struct sadb_request again;

	ask_all(m, SADB_ADD, SADB_OUT);
	ask_all(m, SADB_UPDATE, SADB_OUT);
	for (uint32_t i = 0; i < MANY; i += MANY / 10) {
		again = request(m, SADB_ADD, SADB_OUT, i);
		again.id.spi += MANY;
		assert_int_equal(ask(m, &again), -EKEYREVOKED);
	}
	ask_all(m, SADB_DELETE, SADB_OUT);
	assert_int_equal(sad_count(m->sad), 0);
	for (uint32_t i = 0; i < MANY; i += MANY / 10) {
		again = request(m, SADB_ADD, SADB_OUT, i);
		assert_int_equal(ask(m, &again), -EKEYREVOKED);
	}
}

/* One that was added and never bound has encrypted nothing. */
static void key_that_encrypted_nothing_may_be_used(void **state)
{
	struct many *m = *state;

	ask_all(m, SADB_ADD, SADB_OUT);
	ask_all(m, SADB_DELETE, SADB_OUT);
	ask_all(m, SADB_ADD, SADB_OUT);
	assert_int_equal(sad_count(m->sad), MANY);
}

static void spis_that_are_no_sa_are_as_many_as_the_limit(void **state)
{
	struct many *m = *state;
	struct sadb_request q = request(m, SADB_GETSPI, SADB_IN, 0);
	struct sadb_request add = request(m, SADB_ADD, SADB_IN, 0);

	for (uint32_t i = 0; i < LARVAL_MAX; i++)
		sadb_request(m->sadb, &q, NS_PER_S);
	wait_for(m, LARVAL_MAX, NS_PER_S);
	assert_int_equal(m->err, 0);
	assert_int_equal(ask(m, &q), -ENOSPC);
	/* What somebody else chose the SPI of is none of them. */
	assert_int_equal(ask(m, &add), 0);
	assert_int_equal(ask(m, &q), -ENOSPC);
}

/* BPF reads what is in few lines of a cache, however large its map is. */
static void slots_of_few_spis_stand_close_together(void **state)
{
	struct many *m = *state;
	const struct sadb_request q = request(m, SADB_GETSPI, SADB_IN, 0);

	for (uint32_t i = 0; i < 100; i++) {
		assert_int_equal(ask(m, &q), 0);
		assert_true((m->spi & (SAD_MAX - 1)) < 1U << 14);
	}
}

/* The others' ends are not its own. */
static void each_ends_at_its_own_time(void **state)
{
	struct many *m = *state;

	for (uint32_t i = 0; i < LIFE_S; i++) {
		struct sadb_request q = request(m, SADB_ADD, SADB_IN, i);

		q.sa.hard.time_s = LIFE_S - i;
		assert_int_equal(ask(m, &q), 0);
	}
	for (uint32_t s = 1; s <= LIFE_S; s++) {
		sadb_poll(m->sadb, NS_PER_S + s * NS_PER_S);
		assert_int_equal(m->n_expired, s);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_is_found_in_its_slot_and_none_when_it_is_gone),
		CASE(slots_that_became_free_are_used_again_in_another_life),
		CASE(key_of_any_of_them_is_known_again),
		CASE(key_that_encrypted_nothing_may_be_used),
		CASE(spis_that_are_no_sa_are_as_many_as_the_limit),
		CASE(slots_of_few_spis_stand_close_together),
		CASE(each_ends_at_its_own_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
