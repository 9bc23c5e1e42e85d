// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sequence numbers that arrive, through a worker, at the edges of a narrow window and
 * of the widest: ESP and AH, in either mode, with extended numbers and without; and
 * many packets at once.
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

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define FRAMES	     1024U
#define BORDER	     (1ULL << 32)
#define FORGED	     17U
#define BURST	     257U
#define AT_ONCE	     4U

static const uint32_t windows[] = { 64, REPLAY_WINDOW_MAX };

static const struct form {
	const char *encr; /* NULL: AH */
	const char *integ;
	bool transport;
} forms[] = {
	{ "aes128gcm16", NULL, false },	    { "aes128", "sha256", true },
	{ "chacha20poly1305", NULL, true }, { "null", "sha1", false },
	{ "aes256ctr", "aesxcbc", false },  { NULL, "sha512", false },
	{ NULL, "aescmac", true },
};

static struct gateway *gateway_of(const struct form *f, uint32_t window,
				  bool esn)
{
	const struct gateway_spec spec = { f->encr, f->integ, esn, FRAMES };
	struct gateway *g = gateway_new(&spec);

	if (f->transport)
		gateway_transport(g);
	gateway_know_all(g);
	replay_free(&g->in->replay);
	assert_int_equal(replay_init(&g->in->replay, window, esn), 0);
	return g;
}

static void end(struct gateway *g)
{
	assert_true(gateway_books_balance(g));
	gateway_free(g);
}

static void give_clear(struct gateway *g)
{
	const struct host_tag tag = gateway_tag();
	struct ip_header h = gateway_inner();
	uint8_t l3[FRAME_BYTES];

	if (!g->out->transport) {
		gateway_packet(l3, &h);
		return gateway_give(g, DIR_OUT, l3, h.total_bytes);
	}
	h.saddr = g->out->saddr;
	h.daddr = g->out->daddr;
	gateway_packet(l3, &h);
	gateway_host_give(g, &tag, l3, h.total_bytes);
}

/* The peer's packet with that number; its octets. */
static uint32_t make(struct gateway *g, uint64_t seq, uint8_t *l3)
{
	const uint8_t *sent;
	uint32_t bytes;

	g->out->seq = seq - 1;
	give_clear(g);
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, 1);
	sent = gateway_sent(&g->outside, 0, &bytes);
	memcpy(l3, sent, bytes);
	gateway_reset(g);
	return bytes;
}

static uint64_t taken(const struct gateway *g)
{
	return atomic_load(&g->in->count.pkts);
}

/* What comes in one batch, of which so many are taken and the others dropped. */
static void assert_batch(struct gateway *g, const uint64_t *seqs, uint32_t n,
			 uint32_t good, enum drop_reason reason)
{
	const uint64_t before = taken(g), lost = g->drops[reason].pkts;
	uint8_t l3[AT_ONCE][FRAME_BYTES];
	uint32_t bytes[AT_ONCE];

	for (uint32_t i = 0; i < n; i++)
		bytes[i] = make(g, seqs[i], l3[i]);
	for (uint32_t i = 0; i < n; i++)
		gateway_give(g, DIR_IN, l3[i], bytes[i]);
	worker_step(&g->w);
	assert_int_equal(taken(g), before + good);
	if (reason != DROP_NONE)
		assert_int_equal(g->drops[reason].pkts, lost + n - good);
}

static void assert_taken(struct gateway *g, uint64_t seq)
{
	assert_batch(g, &seq, 1, 1, DROP_NONE);
}

static void assert_dropped(struct gateway *g, uint64_t seq,
			   enum drop_reason reason)
{
	assert_batch(g, &seq, 1, 0, reason);
}

/* With extended numbers one left of the window is taken for that of the next turn of
 * the low half, which its ICV is not. */
static enum drop_reason left_of_window(bool esn)
{
	return esn ? DROP_ICV : DROP_REPLAY;
}

/* As often as there are forms, windows, and numbers. */
static void each(void (*check)(struct gateway *g, uint32_t window, bool esn))
{
	for (size_t i = 0; i < ARRAY_LEN(forms) * ARRAY_LEN(windows) * 2; i++) {
		uint32_t window = windows[i / 2 % ARRAY_LEN(windows)];
		bool esn = i % 2;
		struct gateway *g = gateway_of(
			&forms[i / (2 * ARRAY_LEN(windows))], window, esn);

		check(g, window, esn);
		end(g);
	}
}

static void check_edges(struct gateway *g, uint32_t window, bool esn)
{
	const uint64_t top = window + 100;
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes;

	for (uint64_t seq = 1; seq <= 33; seq++)
		assert_taken(g, seq);
	for (uint64_t seq = 1; seq <= 33; seq++)
		assert_dropped(g, seq, DROP_REPLAY);
	assert_taken(g, top);
	assert_dropped(g, top, DROP_REPLAY);
	bytes = make(g, top + 1000, l3);
	l3[bytes - 1] ^= 1;
	for (uint32_t i = 0; i < FORGED; i++)
		gateway_give(g, DIR_IN, l3, bytes);
	worker_step(&g->w);
	assert_int_equal(g->drops[DROP_ICV].pkts, FORGED);
	assert_int_equal(g->in->replay.top, top);
	assert_taken(g, top - window + 1);
	assert_dropped(g, top - window + 1, DROP_REPLAY);
	assert_dropped(g, top - window, left_of_window(esn));
	assert_taken(g, top - 1);
	assert_taken(g, top + 1);
	assert_dropped(g, top - window + 1, left_of_window(esn));
}

static void numbers_are_taken_once_up_to_the_left_edge(void **state)
{
	(void)state;
	each(check_edges);
}

/* 4 is taken at the check, and is left of the window once its neighbour has moved it:
 * what fails early in a batch costs the others nothing. */
static void check_batches(struct gateway *g, uint32_t window, bool esn)
{
	const uint64_t moved[] = { window + 10, 4, window + 11, window + 12 };
	const uint64_t early[] = { window + 12, 3, window + 13 };
	const uint64_t copies[] = { window + 14, window + 14, window + 14 };

	(void)esn;
	assert_taken(g, 1);
	assert_batch(g, moved, 4, 3, DROP_REPLAY);
	assert_batch(g, early, 3, 1, DROP_NONE);
	assert_batch(g, copies, 3, 1, DROP_REPLAY);
}

static void what_fails_in_a_batch_costs_the_others_nothing(void **state)
{
	(void)state;
	each(check_batches);
}

static void check_border(struct gateway *g, uint32_t window, bool esn)
{
	if (!esn) {
		assert_taken(g, BORDER - 1);
		assert_dropped(g, BORDER - 1, DROP_REPLAY);
		return;
	}
	assert_taken(g, BORDER - 10);
	assert_taken(g, BORDER + 5);
	assert_taken(g, BORDER - 3);
	assert_dropped(g, BORDER - 3, DROP_REPLAY);
	assert_taken(g, BORDER + 5 - window + 1);
	assert_dropped(g, BORDER + 5 - window, DROP_ICV);
	/* The window still reaches over the border: it is taken for one behind it. */
	assert_dropped(g, 2 * BORDER + 999, DROP_ICV);
	assert_taken(g, BORDER + window + 0x555);
	assert_taken(g, 2 * BORDER + 0x444);
	assert_dropped(g, BORDER + window + 0x556, DROP_ICV);
	/* As far as one can go without it being taken for another turn. */
	assert_taken(g, 2 * BORDER + 0x80000001);
	assert_dropped(g, 2 * BORDER + 0x44000001, DROP_ICV);
	assert_taken(g, 3 * BORDER + 0x80000001 - window);
}

static void window_goes_over_the_border_of_the_low_half(void **state)
{
	(void)state;
	each(check_border);
}

static void without_a_window_nothing_is_a_copy(void **state)
{
	static const uint64_t seqs[] = { 5, 5, 1, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct gateway *g = gateway_of(&forms[i], 0, false);

		assert_batch(g, seqs, 4, 4, DROP_NONE);
		assert_taken(g, 5);
		assert_int_equal(g->in->replay.lost, 0);
		end(g);
	}
}

/* More than a worker takes in one round, each way. */
static void burst_goes_through_whole(void **state)
{
	static uint8_t l3[BURST][FRAME_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct gateway *g = gateway_of(&forms[i], 64, i % 2);
		uint32_t bytes[BURST];

		for (uint32_t k = 0; k < BURST; k++)
			bytes[k] = make(g, k + 1, l3[k]);
		for (uint32_t k = 0; k < BURST; k++)
			gateway_give(g, DIR_IN, l3[k], bytes[k]);
		while (taken(g) < BURST && !gateway_dropped(g))
			worker_step(&g->w);
		assert_int_equal(taken(g), BURST);
		assert_int_equal(g->in->replay.top, BURST);
		assert_int_equal(g->in->replay.lost, 0);
		end(g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_taken_once_up_to_the_left_edge),
		cmocka_unit_test(what_fails_in_a_batch_costs_the_others_nothing),
		cmocka_unit_test(window_goes_over_the_border_of_the_low_half),
		cmocka_unit_test(without_a_window_nothing_is_a_copy),
		cmocka_unit_test(burst_goes_through_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
