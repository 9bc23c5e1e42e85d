// SPDX-License-Identifier: BSD-2-Clause
/*
 * What it costs that many SAs are busy at once: nanoseconds of the crypto backend
 * for one packet, each under another key than the one before, of so many keys.
 * With one key it is the raw cipher. Their order is one that no cache foresees;
 * the packets are few and stay in the cache.
 *
 *     bench_keys [--json]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "include/proto.h"
#include "tests/bench/bench.h"
#include "ctrl/crypto/crypto.h"

#define KEYS_MAX 100000U
#define PACKETS	 20000U /* of one round */
#define IN_CACHE 64U
#define ROOM	 2048U /* of a packet */

struct suite {
	const char *name;
	const char *encr, *integ;
};

struct result {
	const struct crypto_backend *backend;
	const struct suite *suite;
	uint32_t bytes, keys;
	struct samples seal; /* nanoseconds */
};

struct bench {
	struct crypto_thread *thread;
	uint32_t keys;
	struct crypto_key *key[KEYS_MAX];
	uint8_t packet[IN_CACHE][ROOM];
};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* No two alike. */
static void make_keys(struct bench *b, const struct result *r)
{
	const struct integ_alg *integ = integ_by_name(r->suite->integ);
	struct secret encr_key = { 0 }, integ_key = { 0 };
	const struct crypto_key_spec spec = {
		.encr = encr_by_name(r->suite->encr),
		.integ = integ ? integ : &integ_none,
		.encr_key = &encr_key,
		.integ_key = &integ_key,
	};

	encr_key.len = encr_key_bytes(spec.encr);
	integ_key.len = spec.integ->key_bytes;
	must(!r->backend->thread_new(&b->thread), "no thread");
	for (b->keys = 0; b->keys < r->keys; b->keys++) {
		memcpy(encr_key.octets, &b->keys, sizeof(b->keys));
		must(!r->backend->key_new(b->thread, &spec, &b->key[b->keys]),
		     "no key");
	}
}

static void free_keys(struct bench *b, const struct crypto_backend *backend)
{
	while (b->keys) {
		backend->key_forget(b->thread, b->key[--b->keys]);
		backend->key_free(b->key[b->keys]);
	}
	backend->thread_free(b->thread);
}

/* An odd step again, over all that there are. */
static double run_round(struct bench *b, const struct result *r, uint32_t round)
{
	const double from = now_ns();

	for (uint32_t i = 0; i < PACKETS; i++) {
		const uint64_t at =
			(uint64_t)(round * PACKETS + i) * 40503U % b->keys;
		struct crypto_op op = { .esp = b->packet[i % IN_CACHE],
					.text_bytes = r->bytes };

		r->backend->seal(b->thread, b->key[at], &op, 1);
		must(op.ok, "the raw cipher failed");
	}
	return (now_ns() - from) / PACKETS;
}

static void measure(uint32_t rounds, struct result *r)
{
	static struct bench b;

	make_keys(&b, r);
	run_round(&b, r, 0);
	for (uint32_t i = 0; i < rounds; i++)
		samples_add(&r->seal, run_round(&b, r, i + 1));
	free_keys(&b, r->backend);
	samples_sort(&r->seal);
}

static void print_row(struct report *out, const struct result *r, double one)
{
	const double ratio = samples_median(&r->seal) / one;

	fprintf(out->table, "%-8s %-16s %5u %6u", r->backend->name,
		r->suite->name, r->bytes, r->keys);
	table_samples(out, &r->seal, 0);
	fprintf(out->table, " %6.2f\n", ratio);
	if (!out->json)
		return;
	json_row(out);
	fprintf(out->json,
		"\"backend\": \"%s\", \"suite\": \"%s\", \"text_bytes\": %u, \"keys\": %u, \"ratio_to_1\": %.3f",
		r->backend->name, r->suite->name, r->bytes, r->keys, ratio);
	json_samples(out, "seal_ns", &r->seal);
}

/* From one key on. */
static void run_suite(struct report *out, struct result with, uint32_t rounds)
{
	static const uint32_t keys[] = { 1, 1024, 16384, KEYS_MAX };
	double one = 0;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct result r = with;

		r.keys = keys[i];
		measure(rounds, &r);
		if (r.keys == 1)
			one = samples_median(&r.seal);
		print_row(out, &r, one);
	}
}

int main(int argc, char **argv)
{
	static const struct suite suites[] = {
		{ "aes128-sha256", "aes128", "sha256" },
		{ "aes128gcm16", "aes128gcm16", "" },
		{ "aes256gcm16", "aes256gcm16", "" },
		{ "chacha20poly1305", "chacha20poly1305", "" },
	};
	static const uint32_t sizes[] = { 64, 1424 };
	struct report out = report_start(argc, argv);
	const uint32_t rounds = bench_rounds();
	const struct crypto_backend *backend;

	bench_pin();
	must(!crypto_choose(CRYPTO_AUTO, &backend), "no backend");
	fprintf(out.table,
		"a packet under another key each, nanoseconds: median of %u rounds (min to max)\n\n",
		rounds);
	fprintf(out.table, "%-8s %-16s %5s %6s %-*s%s\n", "backend", "suite",
		"bytes", "keys", TABLE_CELL, "seal", "to 1");
	for (size_t i = 0; i < ARRAY_LEN(suites) * ARRAY_LEN(sizes); i++) {
		const struct result r = {
			.backend = backend,
			.suite = &suites[i / ARRAY_LEN(sizes)],
			.bytes = sizes[i % ARRAY_LEN(sizes)],
		};

		run_suite(&out, r, rounds);
	}
	report_end(&out);
	return 0;
}
