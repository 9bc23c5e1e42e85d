// SPDX-License-Identifier: BSD-2-Clause
/*
 * A worker with every algorithm: packets of lengths at each side of a block, out and
 * in again, as long on the wire as RFC 4303 section 2.4 wants them; and what is
 * forged, which encryption alone cannot tell.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "include/proto.h"
#include "tests/support/gateway.h"

#define FRAMES	     256U
#define LONGEST	     1200U
#define ESP_AT	     IPV4_HEADER_BYTES
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static struct gateway *gateway_of(const struct encr_alg *encr,
				  const struct integ_alg *integ, bool esn)
{
	const struct gateway_spec spec = {
		encr->name, integ->id == INTEG_NONE ? NULL : integ->name, esn,
		FRAMES
	};
	struct gateway *g = gateway_new(&spec);

	gateway_know_all(g);
	return g;
}

static void end(struct gateway *g)
{
	assert_true(gateway_books_balance(g));
	gateway_free(g);
}

static struct ip_header inner_of(uint32_t bytes)
{
	struct ip_header h = gateway_inner();

	h.total_bytes = bytes;
	return h;
}

/* Between the headers and the ICV. */
static uint32_t text_bytes(const struct gateway *g, uint32_t bytes)
{
	return bytes - ESP_AT - ESP_HEADER_BYTES - g->out->iv_bytes -
	       g->out->icv_bytes;
}

static void assert_sent(struct gateway *g, uint32_t inner_bytes)
{
	const struct ip_header inner = inner_of(inner_bytes);
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes, text;

	gateway_packet(l3, &inner);
	gateway_give(g, DIR_OUT, l3, inner_bytes);
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, 1);
	gateway_sent(&g->outside, 0, &bytes);
	text = text_bytes(g, bytes);
	assert_int_equal(text % g->out->align_bytes, 0);
	assert_true(text >= inner_bytes + ESP_TRAILER_BYTES);
	assert_true(text < inner_bytes + ESP_TRAILER_BYTES + g->out->align_bytes);
	gateway_reset(g);
}

static uint32_t seal(struct gateway *g, uint32_t inner_bytes, uint8_t *l3)
{
	const struct ip_header inner = inner_of(inner_bytes);
	uint8_t packet[FRAME_BYTES], text[FRAME_BYTES];

	gateway_packet(packet, &inner);
	return gateway_seal(g, text, gateway_text(g, packet, inner_bytes, text),
			    l3);
}

static void assert_received(struct gateway *g, uint32_t inner_bytes)
{
	const struct ip_header inner = inner_of(inner_bytes);
	uint8_t want[FRAME_BYTES], l3[FRAME_BYTES];
	const uint8_t *got;
	uint32_t bytes = seal(g, inner_bytes, l3);

	gateway_packet(want, &inner);
	gateway_give(g, DIR_IN, l3, bytes);
	worker_step(&g->w);
	assert_int_equal(g->inside.tx_n, 1);
	got = gateway_sent(&g->inside, 0, &bytes);
	assert_int_equal(bytes, inner_bytes);
	assert_memory_equal(got + IPV4_HEADER_BYTES, want + IPV4_HEADER_BYTES,
			    inner_bytes - IPV4_HEADER_BYTES);
	gateway_reset(g);
}

static void run_pair(const struct encr_alg *encr, const struct integ_alg *integ)
{
	for (unsigned int esn = 0; esn < 2; esn++) {
		struct gateway *g = gateway_of(encr, integ, esn);

		for (uint32_t n = 60; n < 78; n++) {
			assert_sent(g, n);
			assert_received(g, n);
		}
		assert_sent(g, LONGEST);
		assert_received(g, LONGEST);
		end(g);
	}
}

static void every_algorithm_carries_packets_of_any_length(void **state)
{
	(void)state;
	for (size_t i = 0; encr_at(i); i++)
		run_pair(encr_at(i),
			 encr_is_aead(encr_at(i)) ? &integ_none : integ_at(0));
	for (size_t i = 0; integ_at(i); i++)
		if (!integ_at(i)->iv_bytes) {
			run_pair(encr_by_name("aes256"), integ_at(i));
			run_pair(encr_by_name("null"), integ_at(i));
		}
}

/* One bit at each place from the SPI to the ICV, but the SPI. */
static void forged_packet_is_dropped_by_every_algorithm(void **state)
{
	(void)state;
	for (size_t i = 0; encr_at(i); i++) {
		struct gateway *g = gateway_of(
			encr_at(i),
			encr_is_aead(encr_at(i)) ? &integ_none : integ_at(0),
			false);
		uint8_t l3[FRAME_BYTES];
		uint32_t bytes = seal(g, 64, l3), n = 0;

		for (uint32_t at = ESP_AT + 8; at < bytes; at += 3) {
			l3[at] ^= 0x10;
			gateway_give(g, DIR_IN, l3, bytes);
			worker_step(&g->w);
			l3[at] ^= 0x10;
			n++;
		}
		assert_int_equal(g->inside.tx_n, 0);
		assert_int_equal(g->drops[DROP_ICV].pkts, n);
		end(g);
	}
}

/* RFC 4303 section 3.4.3: what anybody can forge moves no window. */
static void encryption_alone_looks_for_no_replays(void **state)
{
	static const char *const names[] = { "aes128", "3des", "des" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct gateway *g =
			gateway_of(encr_by_name(names[i]), &integ_none, false);
		uint8_t l3[FRAME_BYTES];
		uint32_t bytes = seal(g, 100, l3);

		assert_int_equal(g->in->replay.window, 0);
		assert_int_equal(g->out->icv_bytes, 0);
		for (unsigned int n = 0; n < 2; n++) {
			gateway_give(g, DIR_IN, l3, bytes);
			worker_step(&g->w);
		}
		assert_int_equal(g->inside.tx_n, 2);
		assert_int_equal(g->drops[DROP_REPLAY].pkts, 0);
		gateway_reset(g);
		assert_sent(g, 77);
		end(g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_algorithm_carries_packets_of_any_length),
		cmocka_unit_test(forged_packet_is_dropped_by_every_algorithm),
		cmocka_unit_test(encryption_alone_looks_for_no_replays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
