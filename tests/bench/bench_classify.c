// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the SPD costs a packet, from 10 to 100,000 policies with the same mix of
 * masks (tests/support/policies.h): nanoseconds as the kernel's accounting has
 * them for `edge` at the unprotected side, less those of an empty program, run in turn with it.
 * Every packet is of another flow, so that no cache knows it, and between two
 * packets the system call of a test run goes through the CPU's own caches. Then
 * a few flows that the flow cache knows.
 *
 * And what a list costs who changes it: to compile it, and to put it in force,
 * with the grace period of the kernel that this waits for.
 */
#include <bpf/bpf.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/program_run.h"
#include "tests/bpf/fixture.h"
#include "tests/bpf/flow_frame.h"
#include "tests/support/policies.h"

#define FLOWS 32768U /* of one round */
#define HITS  256U   /* flows that the flow cache has */

static const uint32_t sizes[] = { 1, 10, 100, 1000, 10000, 100000 };

struct result {
	uint32_t policies;
	struct samples cold, hit; /* nanoseconds per packet */
	double compile_ms, replace_ms, kib;
};

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct policy *list_of(uint32_t n)
{
	struct policy *list = calloc(n, sizeof(*list));

	must(list, "no memory");
	policies_hub(list, n);
	return list;
}

static void replace(struct programs *p, const struct policy *list,
		    struct result *r)
{
	struct spd_image image;
	double from = now_ms();

	must(classify_compile(list, r->policies, POLICY_GEN, &image) == 0,
	     "policies are refused");
	r->compile_ms = now_ms() - from;
	r->kib = (double)image.n * SPD_BLOCK_BYTES / 1024;
	from = now_ms();
	must(programs_set_policies(p, &image) == 0, "policies are refused");
	r->replace_ms = now_ms() - from;
	image_free(&image);
}

/* flows: so many, again and again. */
static double run_flows(int fd, int empty_fd, const struct result *r,
			uint32_t first, uint32_t flows)
{
	const uint32_t ifindex = if_nametoindex("unprot");
	const struct account before = account_of(fd);
	const struct account empty = account_of(empty_fd);
	struct frame f;

	for (uint32_t i = 0; i < FLOWS; i++) {
		const struct flow flow =
			policies_hub_flow(r->policies, first + i % flows);

		flow_frame(&flow, DIR_IN, &f);
		program_run(fd, &f, ifindex);
		program_run(empty_fd, &f, ifindex);
	}
	return account_per_packet(fd, &before, FLOWS) -
	       account_per_packet(empty_fd, &empty, FLOWS);
}

static void measure(struct programs *p, uint32_t rounds, struct result *r)
{
	const int fd = programs_xdp_fd(p);
	const int empty_fd = program_empty(BPF_PROG_TYPE_XDP);
	struct policy *list = list_of(r->policies);

	replace(p, list, r);
	free(list);
	for (uint32_t i = 0; i < rounds; i++) {
		samples_add(&r->cold,
			    run_flows(fd, empty_fd, r, i * FLOWS, FLOWS));
		samples_add(&r->hit, run_flows(fd, empty_fd, r, 0, HITS));
	}
	samples_sort(&r->cold);
	samples_sort(&r->hit);
	close(empty_fd);
}

static void print_row(struct report *out, const struct result *r, double ten)
{
	const double ratio = ten > 0 ? samples_median(&r->cold) / ten : 0;

	fprintf(out->table, "%8u", r->policies);
	table_samples(out, &r->cold, 0);
	fprintf(out->table, " %6.2f", ratio);
	table_samples(out, &r->hit, 0);
	fprintf(out->table, " %10.1f %10.1f %10.1f\n", r->kib, r->compile_ms,
		r->replace_ms);
	if (!out->json)
		return;
	json_row(out);
	fprintf(out->json,
		"\"policies\": %u, \"ratio_to_10\": %.3f, \"kib\": %.1f, \"compile_ms\": %.2f, \"replace_ms\": %.2f",
		r->policies, ratio, r->kib, r->compile_ms, r->replace_ms);
	json_samples(out, "cold_ns", &r->cold);
	json_samples(out, "hit_ns", &r->hit);
}

int main(int argc, char **argv)
{
	struct report out = report_start(argc, argv);
	const uint32_t rounds = bench_rounds();
	struct fixture fx = { 0 };
	double ten = 0;

	must_be_root();
	bench_pin();
	must(fixture_start(&fx), "no gateway to measure");
	must(bpf_enable_stats(BPF_STATS_RUN_TIME) >= 0,
	     "the kernel does not account for BPF programs");
	fprintf(out.table,
		"the SPD, nanoseconds a packet: median of %u rounds (min to max)\n\n",
		rounds);
	fprintf(out.table, "%8s %-*s%7s %-*s%11s %10s %10s\n", "policies",
		TABLE_CELL, "another flow each", "to 10", TABLE_CELL,
		"known flows", "KiB", "compile ms", "replace ms");
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct result r = { .policies = sizes[i] };

		measure(fx.programs[GW_BYPASS], rounds, &r);
		if (sizes[i] == 10)
			ten = samples_median(&r.cold);
		print_row(&out, &r, ten);
	}
	report_end(&out);
	fixture_stop(&fx);
	return 0;
}
