// SPDX-License-Identifier: BSD-2-Clause
/*
 * What an SA counts of what it loses, reason by reason, by several workers at
 * once.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/sadb/sa.h"
#include "tests/support/meet.h"

#define SAS   1000U
#define DROPS 100U /* for each reason */

/* SAs that have lost nothing yet, where workers meet. */
struct at_once {
	struct meeting meeting;
	struct sa_counters sa[SAS];
};

static enum drop_reason reason(uint32_t i)
{
	return (enum drop_reason)(DROP_SA_FIRST + i);
}

static void count(struct sa_counters *c, enum drop_reason r, uint32_t n)
{
	while (n--)
		sa_count_drop(c, r);
}

static void each_reason_has_a_count_of_its_own(void **state)
{
	struct sa_counters c = { 0 };

	(void)state;
	for (uint32_t i = SA_DROPS_MAX; i-- > 0;)
		count(&c, reason(i), i);
	for (uint32_t i = 0; i < DROP_SA_MAX; i++)
		assert_int_equal(sa_drops(&c, reason(i)),
				 i < SA_DROPS_MAX ? i : 0);
}

static void more_reasons_than_there_is_room_for_leave_the_first_right(void **state)
{
	struct sa_counters c = { 0 };

	(void)state;
	for (uint32_t n = 0; n < 2; n++)
		for (uint32_t i = 0; i < DROP_SA_MAX; i++)
			count(&c, reason(i), i + 1);
	for (uint32_t i = 0; i < DROP_SA_MAX; i++)
		assert_int_equal(sa_drops(&c, reason(i)),
				 i < SA_DROPS_MAX ? 2 * (i + 1) : 0);
}

static void what_is_no_sas_is_not_counted(void **state)
{
	const struct sa_counters none = { 0 };
	struct sa_counters c = { 0 };

	(void)state;
	sa_count_drop(&c, DROP_NONE);
	sa_count_drop(&c, DROP_SPI_UNKNOWN);
	sa_count_drop(&c, DROP_XSK_RX);
	assert_memory_equal(&c, &none, sizeof(c));
	assert_int_equal(sa_drops(&c, DROP_NONE), 0);
}

static void *count_all(void *ctx)
{
	struct at_once *a = ctx;

	for (uint32_t i = 0; i < SAS; i++) {
		meet(&a->meeting, i + 1);
		for (uint32_t j = 0; j < DROPS * SA_DROPS_MAX; j++)
			sa_count_drop(&a->sa[i], reason(j % SA_DROPS_MAX));
	}
	return NULL;
}

static void workers_at_once_lose_no_count(void **state)
{
	static struct at_once a;
	pthread_t worker[MEET_THREADS];

	(void)state;
	for (uint32_t i = 0; i < MEET_THREADS; i++)
		assert_int_equal(pthread_create(&worker[i], NULL, count_all, &a),
				 0);
	for (uint32_t i = 0; i < MEET_THREADS; i++)
		pthread_join(worker[i], NULL);
	for (uint32_t i = 0; i < SAS * SA_DROPS_MAX; i++)
		assert_int_equal(sa_drops(&a.sa[i / SA_DROPS_MAX],
					  reason(i % SA_DROPS_MAX)),
				 MEET_THREADS * DROPS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reason_has_a_count_of_its_own),
		cmocka_unit_test(
			more_reasons_than_there_is_room_for_leave_the_first_right),
		cmocka_unit_test(what_is_no_sas_is_not_counted),
		cmocka_unit_test(workers_at_once_lose_no_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
