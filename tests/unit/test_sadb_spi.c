// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which SPIs GETSPI gives: each with a slot of its own in BPF's map, none
 * foreseen, and none again soon.
 */
#include "include/limits.h"
#include "include/proto.h"
#include "tests/unit/sadb_fixture.h"

#define SLOT_OF(spi) ((spi) & (SIDE_SAS - 1)) /* it is a power of two */
#define ABOVE(spi)   ((spi) & ~(SIDE_SAS - 1))
#define AGAIN	     (1U << 18)

static uint32_t spi_of(struct side *s)
{
	struct sadb_request q = {
		.verb = SADB_GETSPI,
		.id = { .daddr = addr_from_v4(inet_addr("192.0.2.2")),
			.dir = SADB_IN },
	};
	struct sadb_answer a = side_call(s, &q);

	assert_int_equal(a.err, 0);
	assert_true(a.id.spi > SPI_RESERVED_MAX);
	s->n_answers = 0;
	return a.id.spi;
}

static void give_back(struct side *s, uint32_t spi)
{
	struct sadb_request q = {
		.verb = SADB_DELETE,
		.id = { .daddr = addr_from_v4(inet_addr("192.0.2.2")),
			.spi = spi,
			.dir = SADB_IN },
	};

	assert_int_equal(side_call(s, &q).err, 0);
	s->n_answers = 0;
}

static int order(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* How many of them are different; they are sorted. */
static uint32_t different(uint32_t *at, uint32_t n)
{
	uint32_t found = 1;

	qsort(at, n, sizeof(*at), order);
	for (uint32_t i = 1; i < n; i++)
		found += at[i] != at[i - 1];
	return found;
}

static void each_has_a_slot_of_its_own(void **state)
{
	struct pair *p = *state;
	uint32_t slot[SIDE_SAS / 2];

	for (uint32_t i = 0; i < SIDE_SAS / 2; i++)
		slot[i] = SLOT_OF(spi_of(p->a));
	assert_int_equal(different(slot, SIDE_SAS / 2), SIDE_SAS / 2);
}

/* An operator chose its SPI. */
static void slot_of_an_sa_that_was_added_is_not_given(void **state)
{
	struct pair *p = *state;
	struct sadb_request add =
		side_add(SADB_IN, false, 0x10000000, p->policy_a, &p->narrow_a);

	for (uint32_t i = 0; i < SIDE_SAS / 2; i++) {
		add.id.spi = 0x10000000 + i;
		assert_int_equal(side_call(p->a, &add).err, 0);
	}
	p->a->n_answers = 0;
	for (uint32_t i = 0; i < SIDE_SAS / 4; i++)
		assert_true(SLOT_OF(spi_of(p->a)) >= SIDE_SAS / 2);
}

static void one_is_given_where_all_slots_are_taken(void **state)
{
	struct pair *p = *state;
	uint32_t spi[SIDE_SAS];

	for (uint32_t i = 0; i < SIDE_SAS; i++)
		spi[i] = spi_of(p->a);
	assert_int_equal(different(spi, SIDE_SAS), SIDE_SAS);
}

/* By chance about eight of so many would be given twice. */
static void one_that_was_given_back_does_not_come_again(void **state)
{
	struct pair *p = *state;
	uint32_t *spi = malloc(AGAIN * sizeof(*spi));

	assert_non_null(spi);
	for (uint32_t i = 0; i < AGAIN; i++) {
		spi[i] = spi_of(p->a);
		give_back(p->a, spi[i]);
	}
	assert_int_equal(different(spi, AGAIN), AGAIN);
	free(spi);
}

/* Neither by those of before, nor by those of another gateway. */
static void none_can_be_foreseen(void **state)
{
	struct pair *p = *state;
	uint32_t slot[64], above[64], step[64], n_same = 0, last = 0;

	for (uint32_t i = 0; i < 64; i++) {
		const uint32_t spi = spi_of(p->a);

		n_same += spi == spi_of(p->b);
		slot[i] = SLOT_OF(spi) - SLOT_OF(last);
		above[i] = ABOVE(spi);
		step[i] = ABOVE(spi) - ABOVE(last);
		last = spi;
	}
	assert_int_equal(n_same, 0);
	assert_true(different(slot, 64) > 48);
	assert_true(different(above, 64) > 48);
	assert_true(different(step, 64) > 48);
}

/* From an SPI to the next one of its slot. */
static uint32_t step_of(struct side *s)
{
	uint32_t last[SIDE_SAS] = { 0 }, *at, spi = 0;

	do {
		if (spi)
			*at = spi;
		spi = spi_of(s);
		give_back(s, spi);
		at = &last[SLOT_OF(spi)];
	} while (!*at);
	return spi - *at;
}

static void neither_can_the_next_of_a_slot(void **state)
{
	struct pair *p = *state;

	assert_int_not_equal(step_of(p->a), step_of(p->b));
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_has_a_slot_of_its_own),
		CASE(slot_of_an_sa_that_was_added_is_not_given),
		CASE(one_is_given_where_all_slots_are_taken),
		CASE(one_that_was_given_back_does_not_come_again),
		CASE(none_can_be_foreseen),
		CASE(neither_can_the_next_of_a_slot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
