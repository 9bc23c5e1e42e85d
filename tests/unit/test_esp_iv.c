// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where the IVs of outbound ESP come from, with every cipher: for CBC the random
 * generator, which is what makes them unpredictable (RFC 3602 section 3), for a
 * counter mode the sequence number, which makes them distinct (RFC 4106 section
 * 3.1). RAND_bytes() below stands before libcrypto's, keeps what it gave, and fails
 * when told to.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/rand.h>

#include "include/proto.h"
#include "tests/support/gateway.h"

#define FRAMES	     256U
#define PKTS	     32U
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define IV_AT	     (IPV4_HEADER_BYTES + ESP_HEADER_BYTES)

static struct {
	uint8_t given[RANDOM_POOL_BYTES]; /* first */
	size_t n;
	bool broken;
} generator;

int RAND_bytes(unsigned char *buf, int num)
{
	if (generator.broken)
		return 0;
	for (int i = 0; i < num; i++) {
		buf[i] = (uint8_t)random();
		if (generator.n < sizeof(generator.given))
			generator.given[generator.n++] = buf[i];
	}
	return 1;
}

static struct gateway *gateway_of(const char *encr, const char *integ, bool esn)
{
	const struct gateway_spec spec = { encr, integ, esn, FRAMES };
	struct gateway *g = gateway_new(&spec);

	memset(&generator, 0, sizeof(generator));
	gateway_know_all(g);
	return g;
}

/* As many packets, in two batches. */
static void send_packets(struct gateway *g)
{
	const struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];

	gateway_packet(l3, &inner);
	for (uint32_t i = 0; i < PKTS; i++) {
		gateway_give(g, DIR_OUT, l3, inner.total_bytes);
		if (i == PKTS / 2)
			worker_step(&g->w);
	}
	worker_step(&g->w);
}

static const uint8_t *iv_of(const struct gateway *g, uint32_t index)
{
	uint32_t bytes;

	return gateway_sent(&g->outside, index, &bytes) + IV_AT;
}

static void end(struct gateway *g)
{
	assert_true(gateway_books_balance(g));
	gateway_free(g);
}

/* One after the other what the generator gave. */
static void assert_drawn(struct gateway *g)
{
	const uint32_t bytes = g->out->iv_bytes;

	send_packets(g);
	assert_int_equal(g->outside.tx_n, PKTS);
	for (uint32_t i = 0; i < PKTS; i++)
		assert_memory_equal(iv_of(g, i), generator.given + bytes * i,
				    bytes);
	end(g);
}

static const char *mac_beside(const struct encr_alg *encr)
{
	return encr_is_aead(encr) ? NULL : "sha256";
}

static void iv_of_a_chained_mode_is_the_generators_own(void **state)
{
	(void)state;
	for (size_t i = 0; encr_at(i); i++) {
		const struct encr_alg *encr = encr_at(i);

		if (encr->iv_bytes && !encr->counter_mode)
			assert_drawn(gateway_of(encr->name, mac_beside(encr),
						false));
	}
	assert_drawn(gateway_of("aes128", NULL, false));
}

static void without_random_numbers_nothing_leaves_by_a_chained_mode(void **state)
{
	static const char *const names[] = { "aes256", "3des", "des" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct gateway *g = gateway_of(names[i], "sha1", false);

		generator.broken = true;
		send_packets(g);
		assert_int_equal(g->outside.tx_n, 0);
		assert_int_equal(g->drops[DROP_CRYPTO].pkts, PKTS);
		end(g);
	}
}

static void null_needs_no_iv(void **state)
{
	struct gateway *g = gateway_of("null", "sha1", false);

	(void)state;
	generator.broken = true;
	send_packets(g);
	assert_int_equal(g->outside.tx_n, PKTS);
	assert_int_equal(g->out->iv_bytes, 0);
	end(g);
}

/* From a number on, whatever the generator does. */
static void assert_counted(struct gateway *g, uint64_t seq)
{
	generator.broken = true;
	g->out->seq = seq;
	send_packets(g);
	assert_int_equal(g->outside.tx_n, PKTS);
	for (uint32_t i = 0; i < PKTS; i++) {
		uint32_t half_be[2];

		memcpy(half_be, iv_of(g, i), sizeof(half_be));
		seq++;
		assert_int_equal(ntohl(half_be[0]), seq >> 32);
		assert_int_equal(ntohl(half_be[1]), (uint32_t)seq);
	}
	end(g);
}

/* Every one: those of the table that count. */
static void assert_all_counted(bool esn, uint64_t seq)
{
	for (size_t i = 0; encr_at(i); i++) {
		const struct encr_alg *encr = encr_at(i);

		if (encr->counter_mode)
			assert_counted(gateway_of(encr->name, mac_beside(encr),
						  esn),
				       seq);
	}
}

static void iv_of_a_counter_mode_is_the_sequence_number(void **state)
{
	(void)state;
	assert_all_counted(false, 0);
}

/* The low halves come again: an IV of them alone would be used twice. */
static void iv_of_a_counter_mode_has_both_halves_of_an_extended_number(void **state)
{
	(void)state;
	assert_all_counted(true, UINT32_MAX - PKTS / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(iv_of_a_chained_mode_is_the_generators_own),
		cmocka_unit_test(
			without_random_numbers_nothing_leaves_by_a_chained_mode),
		cmocka_unit_test(null_needs_no_iv),
		cmocka_unit_test(iv_of_a_counter_mode_is_the_sequence_number),
		cmocka_unit_test(
			iv_of_a_counter_mode_has_both_halves_of_an_extended_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
