// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a packet costs beside its cipher: ticks of the pipeline, from the
 * filled RX descriptor array to the TX descriptor array, over ports of plain
 * memory, and ticks of the crypto backend alone on the same batches, in turn
 * in the same run; with each backend. Resolve, path MTU, ESP, next hop, counters and the round's
 * own clock and event descriptor are in; the kernel's rings are not. `over` is out
 * by way of a second worker that owns the SA: both take their rounds in turn, so
 * that what is measured is the work, and not what two cores have of each other.
 *
 *     bench_pipeline [--json]
 *
 * Filling the ports and sealing what is to be opened happen outside of the
 * timed part, and leave the packets in the cache for both. Ticks are TSC
 * ticks: of time, not of this core's clock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <x86intrin.h>

#include "ctrl/dp/esp.h"
#include "ctrl/dp/handoff.h"
#include "include/proto.h"
#include "tests/bench/bench.h"
#include "tests/support/gateway.h"

#define BATCHES	     64U /* in a round */
#define FRAMES	     1024U
#define OUTER_OFFSET 512U /* of a raw packet in its frame, as a port's */

enum way {
	WAY_OUT,
	WAY_IN,
	WAY_OVER,
};

struct result {
	const struct crypto_backend *backend;
	const char *suite;
	enum way way;
	uint32_t inner_bytes;
	struct samples pipeline, raw; /* ticks per packet */
	struct samples beside;	      /* of these the first less the second */
	struct samples ratio;
};

/* One suite and size, and one batch of it in both forms. */
struct bench {
	struct gateway *g;
	struct gateway *owner; /* of its outbound SA, where that is another's */
	struct handoffs *handoffs;
	uint8_t *raw; /* BATCH_MAX frames, owned */
	struct crypto_op ops[BATCH_MAX];
	uint8_t inner[FRAME_BYTES];
	uint32_t inner_bytes;
	uint8_t text[FRAME_BYTES];
	uint32_t text_bytes;
};

static struct gateway *new_worker(const struct gateway_spec *spec,
				  const struct crypto_backend *backend)
{
	struct gateway *g = gateway_new_with(spec, backend);

	close(g->w.host.fd);
	g->w.host.fd = -1;
	gateway_know_all(g);
	return g;
}

static void give_away(struct bench *b, const struct gateway_spec *spec,
		      const struct crypto_backend *backend)
{
	struct gateway *owner = new_worker(spec, backend);
	struct worker *const both[2] = { &b->g->w, &owner->w };

	worker_serve(&owner->w, b->g->sad, 1);
	owner->w.policies = &b->g->policies;
	b->g->out->owner = 1;
	b->owner = owner;
	must(!handoffs_new(both, 2, &b->handoffs), "handoffs_new");
}

static void bench_init(struct bench *b, const struct gateway_spec *spec,
		       const struct result *r)
{
	const uint32_t inner_bytes = r->inner_bytes;
	struct ip_header inner = gateway_inner();

	*b = (struct bench){ .g = new_worker(spec, r->backend) };
	if (r->way == WAY_OVER)
		give_away(b, spec, r->backend);
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
	handoffs_free(b->handoffs);
	if (b->owner)
		gateway_free(b->owner);
	gateway_free(b->g);
	free(b->raw);
}

/* BATCH_MAX packets stand in the port of that way. */
static void fill_ports(struct bench *b, enum way way)
{
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes;

	gateway_reset(b->g);
	if (b->owner)
		gateway_reset(b->owner);
	for (uint32_t i = 0; i < BATCH_MAX; i++) {
		if (way != WAY_IN) {
			gateway_give(b->g, DIR_OUT, b->inner, b->inner_bytes);
			continue;
		}
		bytes = gateway_seal(b->g, b->text, b->text_bytes, l3);
		gateway_give(b->g, DIR_IN, l3, bytes);
	}
}

static const struct port_mem *leaves_by(const struct bench *b, enum way way)
{
	switch (way) {
	case WAY_OUT:
		return &b->g->outside;
	case WAY_IN:
		return &b->g->inside;
	case WAY_OVER:
		break;
	}
	return &b->owner->outside;
}

/* Frames that were handed over are back in the next round. */
static uint64_t time_pipeline(struct bench *b, enum way way)
{
	uint64_t start;

	fill_ports(b, way);
	start = __rdtsc();
	worker_step(&b->g->w);
	if (b->owner)
		worker_step(&b->owner->w);
	start = __rdtsc() - start;
	must(leaves_by(b, way)->tx_n == BATCH_MAX,
	     "packets were lost in the pipeline");
	return start;
}

/* Plaintext in every frame; sealed already when it is to be opened. */
static void fill_raw(struct bench *b, enum way way)
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
	if (way == WAY_IN)
		sa->backend->seal(b->g->w.crypto, sa->key, b->ops, BATCH_MAX);
}

static uint64_t time_raw(struct bench *b, enum way way)
{
	const struct sa_rt *sa = way == WAY_IN ? b->g->in : b->g->out;
	uint64_t start;

	fill_raw(b, way);
	start = __rdtsc();
	if (way != WAY_IN)
		sa->backend->seal(b->g->w.crypto, sa->key, b->ops, BATCH_MAX);
	else
		sa->backend->open(b->g->w.crypto, sa->key, b->ops, BATCH_MAX);
	start = __rdtsc() - start;
	for (uint32_t i = 0; i < BATCH_MAX; i++)
		must(b->ops[i].ok, "the raw cipher failed");
	return start;
}

/* The two in turn, batch by batch, so that noise meets both. */
static void run_round(struct bench *b, struct result *r)
{
	uint64_t pipeline = 0, raw = 0;
	const double pkts = BATCHES * BATCH_MAX;

	for (uint32_t i = 0; i < BATCHES; i++) {
		pipeline += time_pipeline(b, r->way);
		raw += time_raw(b, r->way);
	}
	samples_add(&r->pipeline, (double)pipeline / pkts);
	samples_add(&r->raw, (double)raw / pkts);
	samples_add(&r->beside, ((double)pipeline - (double)raw) / pkts);
	samples_add(&r->ratio, (double)pipeline / (double)raw);
}

static void measure(const struct gateway_spec *spec, uint32_t rounds,
		    struct result *r)
{
	static struct bench b;

	bench_init(&b, spec, r);
	for (uint32_t i = 0; i < 2 * BATCHES; i++) {
		time_pipeline(&b, r->way);
		time_raw(&b, r->way);
	}
	for (uint32_t i = 0; i < rounds; i++)
		run_round(&b, r);
	samples_sort(&r->pipeline);
	samples_sort(&r->raw);
	samples_sort(&r->beside);
	samples_sort(&r->ratio);
	bench_fini(&b);
}

static const char *way_name(enum way way)
{
	static const char *const names[] = { "out", "in", "over" };

	return names[way];
}

static void print_head(const struct report *out, uint32_t rounds)
{
	fprintf(out->table,
		"ticks per packet: median of %u rounds (min to max)\n\n",
		rounds);
	fprintf(out->table, "%-8s %-16s %-4s %5s %-*s%-*s%-*s%s\n", "backend",
		"suite", "dir", "bytes", TABLE_CELL, "pipeline", TABLE_CELL,
		"raw cipher", TABLE_CELL, "beside it", "ratio");
}

static void print_row(const struct report *out, const struct result *r)
{
	fprintf(out->table, "%-8s %-16s %-4s %5u", r->backend->name, r->suite,
		way_name(r->way), r->inner_bytes);
	table_samples(out, &r->pipeline, 0);
	table_samples(out, &r->raw, 0);
	table_samples(out, &r->beside, 0);
	table_samples(out, &r->ratio, 2);
	fputc('\n', out->table);
}

static void print_json(struct report *out, const struct result *r)
{
	json_row(out);
	fprintf(out->json,
		"\"backend\": \"%s\", \"suite\": \"%s\", \"dir\": \"%s\", \"inner_bytes\": %u",
		r->backend->name, r->suite, way_name(r->way), r->inner_bytes);
	json_samples(out, "pipeline_ticks", &r->pipeline);
	json_samples(out, "raw_ticks", &r->raw);
	json_samples(out, "beside_ticks", &r->beside);
	json_samples(out, "ratio", &r->ratio);
}

/* OpenSSL alone where this CPU can't run ipsec-mb. */
static size_t backends_of(const struct crypto_backend *out[2])
{
	size_t n = 0;

	if (!crypto_choose(CRYPTO_IPSEC_MB, &out[n]))
		n++;
	out[n++] = &crypto_openssl;
	return n;
}

static void run_row(const struct gateway_spec *spec, uint32_t rounds,
		    struct result r, struct report *out)
{
	measure(spec, rounds, &r);
	print_row(out, &r);
	if (out->json)
		print_json(out, &r);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		struct gateway_spec spec;
	} suites[] = {
		{ "aes128-sha256", { "aes128", "sha256", false, FRAMES } },
		{ "chacha20poly1305",
		  { "chacha20poly1305", NULL, false, FRAMES } },
		{ "aes128gcm16", { "aes128gcm16", NULL, false, FRAMES } },
	};
	static const uint32_t sizes[] = { 64, 512, 1420 };
	static const enum way ways[] = { WAY_OUT, WAY_IN, WAY_OVER };
	const struct crypto_backend *backends[2];
	const size_t n_backends = backends_of(backends);
	const size_t n_rows =
		ARRAY_LEN(suites) * ARRAY_LEN(sizes) * ARRAY_LEN(ways);
	struct report out = report_start(argc, argv);
	const uint32_t rounds = bench_rounds();

	bench_pin();
	print_head(&out, rounds);
	for (size_t i = 0; i < n_rows * n_backends; i++) {
		const size_t row = i / n_backends,
			     suite = row / ARRAY_LEN(ways) / ARRAY_LEN(sizes);
		struct result r = {
			.backend = backends[i % n_backends],
			.suite = suites[suite].name,
			.way = ways[row % ARRAY_LEN(ways)],
			.inner_bytes =
				sizes[row / ARRAY_LEN(ways) % ARRAY_LEN(sizes)],
		};

		run_row(&suites[suite].spec, rounds, r, &out);
	}
	report_end(&out);
	return 0;
}
