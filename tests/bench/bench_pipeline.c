// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a packet costs beside its cipher: ticks of the pipeline, from the
 * filled RX descriptor array to the TX descriptor array, over ports of plain
 * memory, and ticks of the crypto backend alone on the same batches, in turn
 * in the same run; with each backend. Resolve, path MTU, ESP, next hop, counters and the round's
 * own clock and event descriptor are in; the kernel's rings are not.
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
#include "include/proto.h"
#include "tests/bench/bench.h"
#include "tests/support/gateway.h"

#define BATCHES	     64U /* in a round */
#define FRAMES	     1024U
#define OUTER_OFFSET 512U /* of a raw packet in its frame, as a port's */

struct result {
	const struct crypto_backend *backend;
	const char *suite;
	enum dp_dir dir;
	uint32_t inner_bytes;
	struct samples pipeline, raw; /* ticks per packet */
	struct samples beside;	      /* of these the first less the second */
	struct samples ratio;
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

static void bench_init(struct bench *b, const struct gateway_spec *spec,
		       const struct result *r)
{
	const uint32_t inner_bytes = r->inner_bytes;
	struct ip_header inner = gateway_inner();

	b->g = gateway_new_with(spec, r->backend);
	close(b->g->w.host.fd);
	b->g->w.host.fd = -1;
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
		sa->backend->seal(b->g->w.crypto, sa->key, b->ops, BATCH_MAX);
}

static uint64_t time_raw(struct bench *b, enum dp_dir dir)
{
	const struct sa_rt *sa = dir == DIR_OUT ? b->g->out : b->g->in;
	uint64_t start;

	fill_raw(b, dir);
	start = __rdtsc();
	if (dir == DIR_OUT)
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
		pipeline += time_pipeline(b, r->dir);
		raw += time_raw(b, r->dir);
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
		time_pipeline(&b, r->dir);
		time_raw(&b, r->dir);
	}
	for (uint32_t i = 0; i < rounds; i++)
		run_round(&b, r);
	samples_sort(&r->pipeline);
	samples_sort(&r->raw);
	samples_sort(&r->beside);
	samples_sort(&r->ratio);
	bench_fini(&b);
}

static const char *dir_name(enum dp_dir dir)
{
	return dir == DIR_OUT ? "out" : "in";
}

static void print_head(const struct report *out, uint32_t rounds)
{
	fprintf(out->table,
		"ticks per packet: median of %u rounds (min to max)\n\n",
		rounds);
	fprintf(out->table, "%-8s %-16s %-3s %5s %-*s%-*s%-*s%s\n", "backend",
		"suite", "dir", "bytes", TABLE_CELL, "pipeline", TABLE_CELL,
		"raw cipher", TABLE_CELL, "beside it", "ratio");
}

static void print_row(const struct report *out, const struct result *r)
{
	fprintf(out->table, "%-8s %-16s %-3s %5u", r->backend->name, r->suite,
		dir_name(r->dir), r->inner_bytes);
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
		r->backend->name, r->suite, dir_name(r->dir), r->inner_bytes);
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
	static const enum dp_dir dirs[] = { DIR_OUT, DIR_IN };
	const struct crypto_backend *backends[2];
	const size_t n_backends = backends_of(backends);
	const size_t n_rows =
		ARRAY_LEN(suites) * ARRAY_LEN(sizes) * ARRAY_LEN(dirs);
	struct report out = report_start(argc, argv);
	const uint32_t rounds = bench_rounds();

	bench_pin();
	print_head(&out, rounds);
	for (size_t i = 0; i < n_rows * n_backends; i++) {
		const size_t row = i / n_backends,
			     suite = row / 2 / ARRAY_LEN(sizes);
		struct result r = {
			.backend = backends[i % n_backends],
			.suite = suites[suite].name,
			.dir = dirs[row % 2],
			.inner_bytes = sizes[row / 2 % ARRAY_LEN(sizes)],
		};

		run_row(&suites[suite].spec, rounds, r, &out);
	}
	report_end(&out);
	return 0;
}
