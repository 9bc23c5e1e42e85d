// SPDX-License-Identifier: BSD-2-Clause
/*
 * Of a policy's CHILD SAs those that may meet one are found without a search over
 * thousands, and none is left out that does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/child.h"
#include "ctrl/ike/child_for.h"
#include "ctrl/ike/child_near.h"

#define SOME 60U
#define MANY 5000U

/* An engine of which nothing is used but its lists. */
struct fixture {
	struct engine *e;
	struct ike_sa sa;
	struct child_conf conf[2]; /* of two policies of one bucket */
	struct child_sa all[MANY];
	uint64_t dice;
};

static uint32_t roll(struct fixture *f, uint32_t below)
{
	f->dice = f->dice * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(f->dice >> 33) % below;
}

static void set_ts(struct ts_kept *k, uint32_t first, uint32_t last)
{
	k->at[k->n++] = (struct ike_ts){
		.type = IKE_TS_IPV4_RANGE,
		.port_max = UINT16_MAX,
		.addr_min = addr_from_v4(htobe32(first)),
		.addr_max = addr_from_v4(htobe32(last)),
	};
}

static void make(struct fixture *f, struct child_sa *c, unsigned int conf)
{
	*c = (struct child_sa){ .conf = &f->conf[conf],
				.spi_in = (uint32_t)(c - f->all) + 1 };
	c->local_ts.at = calloc(1, sizeof(struct ike_ts));
	c->remote_ts.at = calloc(2, sizeof(struct ike_ts));
	assert_non_null(c->local_ts.at);
	assert_non_null(c->remote_ts.at);
	set_ts(&c->local_ts, 0x0a010000, 0x0a01ffff);
}

/* A host, a network or a range, of few addresses: most meet some. */
static void make_any(struct fixture *f, struct child_sa *c)
{
	static const uint32_t sizes[] = { 1, 2, 3, 5, 8, 16, 50, 200 };

	make(f, c, roll(f, 2));
	for (uint32_t n = 1 + roll(f, 2); n; n--) {
		uint32_t first = 0x0a400000 + roll(f, 256);

		set_ts(&c->remote_ts, first, first + sizes[roll(f, 8)] - 1);
	}
}

static void put(struct fixture *f, struct child_sa *c)
{
	if (roll(f, 2))
		child_listed(&f->sa, c);
	if (roll(f, 2))
		child_set_bound(&f->sa, c);
}

static void take(struct child_sa *c)
{
	child_clear_bound(c);
	child_unlisted(c);
}

static void forget(struct fixture *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		take(&f->all[i]);
		free(f->all[i].local_ts.at);
		free(f->all[i].remote_ts.at);
	}
}

/* Once each. */
static unsigned int times_found(const struct fixture *f,
				const struct child_sa *of,
				const struct child_sa *c, bool bound)
{
	struct child_near near = child_near(f->e, of, bound);
	const struct child_sa *at;
	unsigned int n = 0;

	while ((at = child_near_next(&near)))
		n += at == c;
	return n;
}

static void assert_all_are_found(const struct fixture *f,
				 const struct child_sa *of)
{
	for (size_t i = 0; i < SOME; i++) {
		const struct child_sa *c = &f->all[i];
		const bool listed = c->of_spi.le_prev;

		if (!child_meets(c, of))
			continue;
		assert_int_equal(times_found(f, of, c, false), listed);
		assert_int_equal(times_found(f, of, c, true), c->bound);
	}
}

static void whoever_meets_one_is_found(void **state)
{
	struct fixture *f = *state;

	for (unsigned int round = 0; round < 20; round++) {
		for (size_t i = 0; i < SOME; i++) {
			make_any(f, &f->all[i]);
			put(f, &f->all[i]);
		}
		for (size_t i = 0; i < SOME; i++)
			assert_all_are_found(f, &f->all[i]);
		for (size_t i = 0; i < SOME; i += 2)
			take(&f->all[i]);
		for (size_t i = 0; i < SOME; i++)
			assert_all_are_found(f, &f->all[i]);
		forget(f, SOME);
	}
}

/* What a packet gave to its SA may be of any peer's. */
static void one_for_values_of_a_packet_meets_others_elsewhere(void **state)
{
	struct fixture *f = *state;

	f->conf[0].pfp = PFP_LOCAL;
	for (uint32_t i = 0; i < 2; i++) {
		make(f, &f->all[i], 0);
		set_ts(&f->all[i].remote_ts, i << 24, i << 24);
		child_listed(&f->sa, &f->all[i]);
	}
	assert_true(child_meets(&f->all[0], &f->all[1]));
	assert_int_equal(times_found(f, &f->all[0], &f->all[1], false), 1);
	forget(f, 2);
}

/* A handshake looked at all of them, several times. */
static void those_of_other_peers_are_not_looked_at(void **state)
{
	struct fixture *f = *state;
	unsigned int looked_at = 0;

	for (uint32_t i = 0; i < MANY; i++) {
		const uint32_t net = 0x0a000000 + (i << 8);

		make(f, &f->all[i], 0);
		set_ts(&f->all[i].remote_ts, net, net + 255);
		child_listed(&f->sa, &f->all[i]);
		child_set_bound(&f->sa, &f->all[i]);
	}
	for (size_t i = 0; i < MANY; i += MANY / 50) {
		for (int bound = 0; bound < 2; bound++) {
			struct child_near near =
				child_near(f->e, &f->all[i], bound);

			while (child_near_next(&near))
				looked_at++;
		}
		assert_true(f->all[i].bound);
	}
	assert_in_range(looked_at, 2 * 50, 10 * 50);
	forget(f, MANY);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->e = calloc(1, sizeof(*f->e));
	assert_non_null(f->e);
	f->sa.e = f->e;
	f->dice = 1;
	f->conf[0].policy = 7;
	f->conf[1].policy = 7 + BOUND_BUCKETS;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	free(f->e);
	free(f);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whoever_meets_one_is_found,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			one_for_values_of_a_packet_meets_others_elsewhere,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			those_of_other_peers_are_not_looked_at, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
