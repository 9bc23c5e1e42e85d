// SPDX-License-Identifier: BSD-2-Clause
/* ICMP errors that a packet was too big, many of them: what a worker gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/base/clock.h"
#include "tests/bpf/rows_quote.h"
#include "tests/bpf/run.h"

#define MANY  5000U
#define BURST 200U  /* of bpf/quote.h */
#define PER_S 1000U /* likewise */

static struct fixture fx;

static const struct row known = {
	.frame = { TOO_BIG, ESP_OUT },
};
static const struct row unknown = {
	.frame = { TOO_BIG, .about_protocol = PROTO_ESP,
		   .about_spi = SPI_OUT + 1 },
};

/* What was counted of so many, and how long it took. */
static uint64_t flood(const struct row *row, struct counters *out)
{
	const struct row_case c = { &fx, PROGRAM_UNPROTECTED, row };
	struct counters before = { 0 }, after = { 0 };
	uint64_t begin_ns = clock_ns();
	struct frame f;
	struct run run;

	row_build(&c, &f);
	programs_counters(fx.programs[GW_BYPASS], &before);
	for (uint32_t i = 0; i < MANY; i++)
		run_xdp(&c, &f, &run);
	programs_counters(fx.programs[GW_BYPASS], &after);
	for (uint32_t i = 0; i < DROP_MAX; i++)
		out->drops[i].pkts = after.drops[i].pkts - before.drops[i].pkts;
	for (uint32_t i = 0; i < PASS_MAX; i++)
		out->passes[i].pkts =
			after.passes[i].pkts - before.passes[i].pkts;
	return clock_ns() - begin_ns;
}

/* It may run on one CPU after another, each with its own. */
static void worker_gets_so_many_in_a_second_and_no_more(void **state)
{
	struct counters n = { 0 };
	uint64_t ns = flood(&known, &n);
	uint64_t cpus = (uint64_t)sysconf(_SC_NPROCESSORS_CONF);
	uint64_t most = cpus * (BURST + 1 + ns * PER_S / NS_PER_S);

	(void)state;
	assert_true(n.passes[PASS_STEER_ICMP].pkts >= BURST);
	assert_true(n.passes[PASS_STEER_ICMP].pkts <= most);
	assert_int_equal(n.passes[PASS_STEER_ICMP].pkts +
				 n.drops[DROP_ICMP_LIMIT].pkts,
			 MANY);
}

static void worker_gets_none_with_an_spi_of_nobody(void **state)
{
	struct counters n = { 0 };

	(void)state;
	flood(&unknown, &n);
	assert_int_equal(n.drops[DROP_ICMP_SPI].pkts, MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worker_gets_none_with_an_spi_of_nobody),
		cmocka_unit_test(worker_gets_so_many_in_a_second_and_no_more),
	};
	int failed = 1;

	if (fixture_start(&fx))
		failed = cmocka_run_group_tests_name("too_big", tests, NULL,
						     NULL);
	fixture_stop(&fx);
	return failed;
}
