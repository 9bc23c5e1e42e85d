// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a packet costs beside its cipher: ticks of the pipeline, from the
 * filled RX descriptor array to the TX descriptor array, over ports of plain
 * memory, and ticks of the crypto backend alone on the same batches, in turn
 * in the same run. Resolve, path MTU, ESP, next hop, counters and the round's
 * own clock and event descriptor are in; the kernel's rings are not.
 *
 *     bench_pipeline [--json]
 *
 * Filling the ports and sealing what is to be opened happen outside of the
 * timed part, and leave the packets in the cache for both. Ticks are TSC
 * ticks: of time, not of this core's clock.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <x86intrin.h>

#include "ctrl/dp/esp.h"
#include "include/proto.h"
#include "tests/support/gateway.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define ROUNDS	     11U
#define BATCHES	     64U /* in a round */
#define FRAMES	     1024U
#define OUTER_OFFSET 512U /* of a raw packet in its frame, as a port's */

/* Ticks per packet of each round. */
struct samples {
	double at[ROUNDS];
};

struct result {
	const char *suite;
	enum dp_dir dir;
	uint32_t inner_bytes;
	struct samples pipeline, raw, ratio;
};

/* One suite and size, and one batch of it in both forms. */
struct bench {
	struct gateway *g;
	uint8_t *raw; /* BATCH_MAX frames, owned */
	struct crypto_op ops[BATCH_MAX];
	uint8_t inner[FRAME_BYTES];
	uint32_t inner_bytes;
	uint8_t text[FRAME_BYTES];
	uint32_t text_bytes;
};

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench_pipeline: %s\n", what);
	exit(1);
}

/* CPU 1 where there is one: CPU 0 takes most interrupts. */
static void pin(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(1, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fprintf(stderr, "bench_pipeline: not pinned, no CPU 1\n");
}

static void bench_init(struct bench *b, const struct gateway_spec *spec,
		       uint32_t inner_bytes)
{
	struct ipv4 inner = gateway_inner();

	b->g = gateway_new(spec);
	close(b->g->w.host_fd);
	b->g->w.host_fd = -1;
	gateway_know_all(b->g);
	inner.total_bytes = (uint16_t)inner_bytes;
	gateway_packet(b->inner, &inner);
	b->inner_bytes = inner_bytes;
	b->text_bytes = gateway_text(b->g, b->inner, inner_bytes, b->text);
	b->raw = aligned_alloc(FRAME_BYTES, BATCH_MAX * FRAME_BYTES);
	must(b->raw, "out of memory");
	memset(b->raw, 0, BATCH_MAX * FRAME_BYTES);
}

static void bench_fini(struct bench *b)
{
	gateway_free(b->g);
	free(b->raw);
}

/* BATCH_MAX packets stand in the port of that direction. */
static void fill_ports(struct bench *b, enum dp_dir dir)
{
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes;

	gateway_reset(b->g);
	for (uint32_t i = 0; i < BATCH_MAX; i++) {
		if (dir == DIR_OUT) {
			gateway_give(b->g, dir, b->inner, b->inner_bytes);
			continue;
		}
		bytes = gateway_seal(b->g, b->text, b->text_bytes, l3);
		gateway_give(b->g, dir, l3, bytes);
	}
}

static uint64_t time_pipeline(struct bench *b, enum dp_dir dir)
{
	const struct port_mem *to =
		dir == DIR_OUT ? &b->g->outside : &b->g->inside;
	uint64_t start;

	fill_ports(b, dir);
	start = __rdtsc();
	worker_step(&b->g->w);
	start = __rdtsc() - start;
	must(to->tx_n == BATCH_MAX, "packets were lost in the pipeline");
	return start;
}

/* Plaintext in every frame; sealed already when it is to be opened. */
static void fill_raw(struct bench *b, enum dp_dir dir)
{
	const struct sa_rt *sa = b->g->out;

	for (uint32_t i = 0; i < BATCH_MAX; i++) {
		uint8_t *esp = b->raw + i * FRAME_BYTES + OUTER_OFFSET;

		memcpy(esp, &sa->spi_be, 4);
		memcpy(esp + ESP_HEADER_BYTES, &i, sizeof(i));
		memcpy(esp + ESP_HEADER_BYTES + sa->iv_bytes, b->text,
		       b->text_bytes);
		b->ops[i] = (struct crypto_op){
			.esp = esp,
			.text_bytes = b->text_bytes,
		};
	}
	if (dir == DIR_IN)
		sa->backend->seal(sa->key, b->ops, BATCH_MAX);
}

static uint64_t time_raw(struct bench *b, enum dp_dir dir)
{
	const struct sa_rt *sa = dir == DIR_OUT ? b->g->out : b->g->in;
	uint64_t start;

	fill_raw(b, dir);
	start = __rdtsc();
	if (dir == DIR_OUT)
		sa->backend->seal(sa->key, b->ops, BATCH_MAX);
	else
		sa->backend->open(sa->key, b->ops, BATCH_MAX);
	start = __rdtsc() - start;
	for (uint32_t i = 0; i < BATCH_MAX; i++)
		must(b->ops[i].ok, "the raw cipher failed");
	return start;
}

/* The two in turn, batch by batch, so that noise meets both. */
static void run_round(struct bench *b, struct result *r, uint32_t round)
{
	uint64_t pipeline = 0, raw = 0;
	const double pkts = BATCHES * BATCH_MAX;

	for (uint32_t i = 0; i < BATCHES; i++) {
		pipeline += time_pipeline(b, r->dir);
		raw += time_raw(b, r->dir);
	}
	r->pipeline.at[round] = (double)pipeline / pkts;
	r->raw.at[round] = (double)raw / pkts;
	r->ratio.at[round] = (double)pipeline / (double)raw;
}

static int ascending(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void sort(struct samples *s)
{
	qsort(s->at, ROUNDS, sizeof(s->at[0]), ascending);
}

static void measure(const struct gateway_spec *spec, struct result *r)
{
	static struct bench b;

	bench_init(&b, spec, r->inner_bytes);
	for (uint32_t i = 0; i < 2 * BATCHES; i++) {
		time_pipeline(&b, r->dir);
		time_raw(&b, r->dir);
	}
	for (uint32_t i = 0; i < ROUNDS; i++)
		run_round(&b, r, i);
	sort(&r->pipeline);
	sort(&r->raw);
	sort(&r->ratio);
	bench_fini(&b);
}

static const char *dir_name(enum dp_dir dir)
{
	return dir == DIR_OUT ? "out" : "in";
}

static void print_head(void)
{
	printf("ticks per packet: median of %u rounds (min to max)\n\n", ROUNDS);
	printf("%-14s %-3s %5s  %-22s %-22s %s\n", "suite", "dir", "bytes",
	       "pipeline", "raw cipher", "ratio");
}

static void print_row(const struct result *r)
{
	const struct samples *all[] = { &r->pipeline, &r->raw };

	printf("%-14s %-3s %5u ", r->suite, dir_name(r->dir), r->inner_bytes);
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		printf(" %6.0f (%5.0f to %5.0f)", all[i]->at[ROUNDS / 2],
		       all[i]->at[0], all[i]->at[ROUNDS - 1]);
	printf(" %5.2f (%.2f to %.2f)\n", r->ratio.at[ROUNDS / 2],
	       r->ratio.at[0], r->ratio.at[ROUNDS - 1]);
}

static void print_samples(const char *name, const struct samples *s)
{
	printf(", \"%s\": {\"median\": %.3f, \"min\": %.3f, \"max\": %.3f}",
	       name, s->at[ROUNDS / 2], s->at[0], s->at[ROUNDS - 1]);
}

static void print_json(const struct result *r, bool first)
{
	printf("%s\n  {\"suite\": \"%s\", \"dir\": \"%s\", \"inner_bytes\": %u",
	       first ? "[" : ",", r->suite, dir_name(r->dir), r->inner_bytes);
	print_samples("pipeline_ticks", &r->pipeline);
	print_samples("raw_ticks", &r->raw);
	print_samples("ratio", &r->ratio);
	printf("}");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		struct gateway_spec spec;
	} suites[] = {
		{ "aes128-sha256", { "aes128", "sha256", false, FRAMES } },
		{ "aes128gcm16", { "aes128gcm16", NULL, false, FRAMES } },
	};
	static const uint32_t sizes[] = { 64, 512, 1400 };
	const bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
	const size_t rows = ARRAY_LEN(suites) * ARRAY_LEN(sizes) * 2;

	must(argc == 1 || json, "usage: bench_pipeline [--json]");
	pin();
	if (!json)
		print_head();
	for (size_t i = 0; i < rows; i++) {
		size_t suite = i / 2 / ARRAY_LEN(sizes);
		struct result r = {
			.suite = suites[suite].name,
			.dir = i % 2 ? DIR_IN : DIR_OUT,
			.inner_bytes = sizes[i / 2 % ARRAY_LEN(sizes)],
		};

		measure(&suites[suite].spec, &r);
		if (json)
			print_json(&r, i == 0);
		else
			print_row(&r);
	}
	if (json)
		printf("\n]\n");
	return 0;
}
