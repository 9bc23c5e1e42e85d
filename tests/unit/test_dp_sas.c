// SPDX-License-Identifier: BSD-2-Clause
/* SAs of the data path, packed for ctl and found there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "ctrl/daemon/dp_sas.h"

static struct dp_sa sa_of(uint32_t spi)
{
	struct dp_sa sa = {
		.id = { .daddr = { .octets = { 1, 2, 3 } },
			.spi = spi,
			.dir = spi & 1 ? SADB_IN : SADB_OUT },
		.policy = spi + 1,
		.orphan = spi & 2,
		.status = {
			.spi = spi,
			.pkts = spi + 2,
			.bytes = UINT64_MAX - spi,
			.seq = spi + 3,
			.idle_s = STATUS_NEVER_S,
			.lost = spi + 4,
			.path_mtu = spi + 5,
		},
	};

	return sa;
}

static void must_add(struct dp_sas *s, struct dp_msg_sas *m)
{
	assert_int_equal(dp_sas_add(s, m), 0);
	m->len = 0;
}

static void assert_same(const struct dp_sa *a, const struct dp_sa *b)
{
	assert_memory_equal(&a->id, &b->id, sizeof(a->id));
	assert_int_equal(a->policy, b->policy);
	assert_int_equal(a->orphan, b->orphan);
	assert_memory_equal(&a->status, &b->status, sizeof(a->status));
}

static void every_field_comes_as_it_went(void **state)
{
	struct dp_msg_sas m = { .len = 0 };
	struct dp_sa all = sa_of(7), out;
	struct dp_sas s = { .n = 0 };

	(void)state;
	for (size_t i = 0; i < DROP_MAX; i++)
		all.status.drops[i] = 1000 + i;
	assert_true(dp_sas_put(&m, &all));
	must_add(&s, &m);
	assert_true(dp_sas_find(&s, &all.id, &out));
	assert_same(&out, &all);
	dp_sas_free(&s);
}

/* So the messages of a look are a sixth of what they would be. */
static void of_drops_those_alone_that_there_were_take_room(void **state)
{
	struct dp_msg_sas with = { .len = 0 }, without = { .len = 0 };
	struct dp_sa sa = sa_of(7), out;
	struct dp_sas s = { .n = 0 };

	(void)state;
	assert_true(dp_sas_put(&without, &sa));
	sa.status.drops[DROP_REPLAY] = 3;
	sa.status.drops[DROP_MAX - 1] = 4;
	assert_true(dp_sas_put(&with, &sa));
	assert_int_equal(dp_sas_bytes(&with), dp_sas_bytes(&without) + 32);
	assert_true(dp_sas_bytes(&without) < sizeof(struct sa_status) / 4);
	must_add(&s, &with);
	assert_true(dp_sas_find(&s, &sa.id, &out));
	assert_same(&out, &sa);
	dp_sas_free(&s);
}

static void thousands_in_many_messages_are_found(void **state)
{
	struct dp_msg_sas m = { .len = 0 };
	struct dp_sas s = { .n = 0 };
	unsigned int messages = 1;
	struct dp_sa out;
	size_t at = 0, n = 0;

	(void)state;
	for (uint32_t spi = 0; spi < 5000; spi++) {
		const struct dp_sa sa = sa_of(spi);

		if (!dp_sas_put(&m, &sa)) {
			must_add(&s, &m);
			messages++;
			assert_true(dp_sas_put(&m, &sa));
		}
	}
	must_add(&s, &m);
	assert_in_range(messages, 20, 50);
	for (uint32_t spi = 0; spi < 5000; spi++) {
		const struct dp_sa sa = sa_of(spi);

		assert_true(dp_sas_find(&s, &sa.id, &out));
		assert_same(&out, &sa);
	}
	while (dp_sas_next(&s, &at, &out))
		assert_int_equal(out.status.spi, n++);
	assert_int_equal(n, 5000);
	dp_sas_free(&s);
}

static void one_that_differs_in_its_direction_alone_is_another(void **state)
{
	struct dp_msg_sas m = { .len = 0 };
	struct dp_sa sa = sa_of(7), out;
	struct dp_sas s = { .n = 0 };

	(void)state;
	assert_false(dp_sas_find(&s, &sa.id, &out));
	assert_true(dp_sas_put(&m, &sa));
	must_add(&s, &m);
	sa.id.dir = SADB_OUT;
	assert_false(dp_sas_find(&s, &sa.id, &out));
	dp_sas_free(&s);
}

static void a_message_that_was_cut_is_refused(void **state)
{
	struct dp_msg_sas m = { .len = 0 };
	struct dp_sa sa = sa_of(7), second = sa_of(9), out;
	struct dp_sas s = { .n = 0 };

	(void)state;
	sa.status.drops[DROP_REPLAY] = 3;
	assert_true(dp_sas_put(&m, &second));
	assert_true(dp_sas_put(&m, &sa));
	m.len--;
	assert_int_equal(dp_sas_add(&s, &m), -EINVAL);
	assert_true(dp_sas_find(&s, &second.id, &out));
	assert_false(dp_sas_find(&s, &sa.id, &out));
	m.len = DP_SAS_OCTETS + 1;
	assert_int_equal(dp_sas_add(&s, &m), -EINVAL);
	dp_sas_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_comes_as_it_went),
		cmocka_unit_test(of_drops_those_alone_that_there_were_take_room),
		cmocka_unit_test(thousands_in_many_messages_are_found),
		cmocka_unit_test(
			one_that_differs_in_its_direction_alone_is_another),
		cmocka_unit_test(a_message_that_was_cut_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
