/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the benchmarks have in common: a CPU of their own, rounds, medians with
 * their spread, and a report as a table and as JSON.
 *
 *     bench_NAME [--json]
 *
 * The table goes to standard output. With --json JSON does, a list of rows,
 * and the same table to standard error. BENCH_ROUNDS in the environment says
 * how many rounds are run instead of ROUNDS_MAX.
 *
 * Nothing is handed back: what fails ends the program.
 */
#ifndef CYG_TESTS_BENCH_H
#define CYG_TESTS_BENCH_H

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define ROUNDS_MAX   11U
#define TABLE_CELL   24

/* The exit status of a benchmark that needs root and has not got it. */
#define EXIT_NEEDS_ROOT 77

/* One figure of each round. */
struct samples {
	uint32_t n;
	double at[ROUNDS_MAX];
};

struct report {
	FILE *table;
	FILE *json; /* NULL: not asked for */
	uint32_t rows;
};

static inline void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
	exit(1);
}

static inline void must_be_root(void)
{
	if (geteuid() == 0)
		return;
	fprintf(stderr, "%s: needs root; run: sudo make bench\n",
		program_invocation_short_name);
	exit(EXIT_NEEDS_ROOT);
}

static inline void bench_pin_to(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fprintf(stderr, "%s: not pinned, no CPU %u\n",
			program_invocation_short_name, cpu);
}

/*
 * CPU 1 where there is one, for CPU 0 takes most interrupts; and before all that is
 * not of real time there, where we may: who shares a CPU or its caches in the middle of
 * a batch is measured with it.
 */
static inline void bench_pin(void)
{
	const struct sched_param first = { .sched_priority = 1 };

	bench_pin_to(1);
	(void)sched_setscheduler(0, SCHED_FIFO, &first);
}

static inline uint32_t bench_rounds(void)
{
	const char *text = getenv("BENCH_ROUNDS");
	unsigned long n = text ? strtoul(text, NULL, 10) : ROUNDS_MAX;

	must(n >= 1 && n <= ROUNDS_MAX, "BENCH_ROUNDS is not 1 to 11");
	return (uint32_t)n;
}

static inline void samples_add(struct samples *s, double value)
{
	must(s->n < ROUNDS_MAX, "more samples than rounds");
	s->at[s->n++] = value;
}

static inline int samples_order(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Before the figures are read: the first is the least. */
static inline void samples_sort(struct samples *s)
{
	qsort(s->at, s->n, sizeof(s->at[0]), samples_order);
}

static inline double samples_median(const struct samples *s)
{
	return s->at[s->n / 2];
}

static inline double samples_max(const struct samples *s)
{
	return s->at[s->n - 1];
}

static inline struct report report_start(int argc, char **argv)
{
	const bool json = argc == 2 && strcmp(argv[1], "--json") == 0;

	must(argc == 1 || json, "the only option is --json");
	return (struct report){
		.table = json ? stderr : stdout,
		.json = json ? stdout : NULL,
	};
}

/* A cell of the table, of TABLE_CELL characters. */
static inline void table_samples(const struct report *r,
				 const struct samples *s, int decimals)
{
	fprintf(r->table, " %6.*f (%5.*f to %5.*f)", decimals,
		samples_median(s), decimals, s->at[0], decimals, samples_max(s));
}

/* The opening of a row, up to its first member. */
static inline void json_row(struct report *r)
{
	fputs(r->rows++ ? "},\n  {" : "[\n  {", r->json);
}

static inline void json_samples(struct report *r, const char *name,
				const struct samples *s)
{
	fprintf(r->json,
		", \"%s\": {\"median\": %.3f, \"min\": %.3f, \"max\": %.3f}",
		name, samples_median(s), s->at[0], samples_max(s));
}

static inline void report_end(const struct report *r)
{
	if (r->json)
		fputs("}\n]\n", r->json);
}

#endif
