// SPDX-License-Identifier: BSD-2-Clause
/*
 * Traffic flow confidentiality: packets that are padded to a size, and dummies
 * that are sent at a rate. After every case the books of frames and packets must
 * balance.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/dp/esp.h"
#include "ctrl/dp/pmtu.h"
#include "ctrl/dp/tfc.h"
#include "ctrl/wire/ipv4.h"
#include "include/proto.h"
#include "tests/support/gateway.h"

#define FRAMES	256U
#define BEGIN_S 1000U
#define RATE	50U

static int setup_suite(void **state, const char *encr, const char *integ)
{
	const struct gateway_spec spec = { encr, integ, false, FRAMES };
	struct gateway *g = gateway_new(&spec);

	gateway_know_all(g);
	memset(g->w.umem.area, 0xa5, (size_t)FRAMES * FRAME_BYTES);
	g->w.now_ns = BEGIN_S * NS_PER_S;
	*state = g;
	return 0;
}

static int setup(void **state)
{
	return setup_suite(state, "aes128", "sha256");
}

static int setup_gcm(void **state)
{
	return setup_suite(state, "aes128gcm16", NULL);
}

static int teardown(void **state)
{
	struct gateway *g = *state;
	bool balance = gateway_books_balance(g);

	gateway_free(g);
	return balance ? 0 : -1;
}

/* --- what stands between IV and ICV --- */

/* Of what was sent; its octets, and where they stand in l3. */
static uint32_t open_sent(struct gateway *g, uint32_t index, uint8_t *l3,
			  const uint8_t **text)
{
	const struct sa_rt *sa = g->in;
	uint32_t bytes;
	const uint8_t *sent = gateway_sent(&g->outside, index, &bytes);
	struct crypto_op op = {
		.esp = l3 + sa->outer.bytes,
		.text_bytes = bytes - esp_outer_bytes(sa, 0),
	};

	memcpy(l3, sent, bytes);
	sa->backend->open(g->w.crypto, sa->key, &op, 1);
	assert_true(op.ok);
	*text = op.esp + ESP_HEADER_BYTES + sa->iv_bytes;
	return op.text_bytes;
}

static void give(struct gateway *g, struct ip_header h, uint32_t bytes)
{
	uint8_t l3[FRAME_BYTES];

	h.total_bytes = bytes;
	gateway_packet(l3, &h);
	gateway_give(g, DIR_OUT, l3, bytes);
}

/* Such a packet leaves as if it had so many octets, those behind it are zeros. */
static void assert_padded(struct gateway *g, struct ip_header h, uint32_t bytes,
			  uint32_t want)
{
	uint8_t l3[FRAME_BYTES];
	const uint8_t *text;
	uint32_t n, sent;

	give(g, h, bytes);
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, 1);
	gateway_sent(&g->outside, 0, &sent);
	assert_int_equal(sent,
			 esp_outer_bytes(g->out, esp_text_bytes(g->out, want)));
	n = open_sent(g, 0, l3, &text);
	assert_int_equal(text[n - 1], h.version == 4 ? PROTO_IPIP : PROTO_IPV6);
	assert_int_equal(n - ESP_TRAILER_BYTES - text[n - 2], want);
	for (uint32_t i = bytes; i < want; i++)
		assert_int_equal(text[i], 0);
	gateway_reset(g);
}

static void packet_is_padded_up_to_the_size(void **state)
{
	struct gateway *g = *state;

	g->out->tfc_bytes = 777;
	assert_padded(g, gateway_inner(), 60, 777);
	assert_padded(g, gateway_inner(), 776, 777);
	assert_padded(g, gateway_inner_v6(), 100, 777);
}

static void larger_packet_stays_as_it_is(void **state)
{
	struct gateway *g = *state;

	g->out->tfc_bytes = 777;
	assert_padded(g, gateway_inner(), 777, 777);
	assert_padded(g, gateway_inner(), 778, 778);
}

static void packet_is_padded_as_far_as_the_path_lets(void **state)
{
	struct gateway *g = *state;
	uint32_t mtu = pmtu_inner(g->out, GATEWAY_MTU);

	g->out->tfc_bytes = SADB_TFC_MTU;
	assert_padded(g, gateway_inner(), 40, mtu);
	assert_padded(g, gateway_inner(), mtu, mtu);
	g->out->tfc_bytes = (uint16_t)(mtu + 1);
	assert_padded(g, gateway_inner(), 40, mtu);
}

/* What was sent comes in again. */
static void give_back(struct gateway *g)
{
	uint32_t bytes;
	const uint8_t *sent = gateway_sent(&g->outside, 0, &bytes);

	gateway_give(g, DIR_IN, sent, bytes);
}

static void padding_is_counted_nowhere_and_comes_off(void **state)
{
	struct gateway *g = *state;
	uint32_t bytes;

	g->out->tfc_bytes = 1000;
	give(g, gateway_inner(), 100);
	worker_step(&g->w);
	assert_int_equal(atomic_load(&g->out->count.bytes), 100);
	give_back(g);
	worker_step(&g->w);
	assert_int_equal(g->inside.tx_n, 1);
	gateway_sent(&g->inside, 0, &bytes);
	assert_int_equal(bytes, 100);
	assert_int_equal(atomic_load(&g->in->count.bytes), 100);
	assert_int_equal(gateway_dropped(g), 0);
}

/* Where the first fragment was made of the whole, it was there before. */
static void fragments_are_padded_too(void **state)
{
	struct gateway *g = *state;
	uint32_t mtu = pmtu_inner(g->out, GATEWAY_MTU), bytes;
	struct ip_header h = gateway_inner();

	g->out->tfc_bytes = SADB_TFC_MTU;
	h.fragment = 0;
	give(g, h, mtu + 100);
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, 2);
	for (uint32_t i = 0; i < 2; i++) {
		gateway_sent(&g->outside, i, &bytes);
		assert_int_equal(bytes,
				 esp_outer_bytes(g->out,
						 esp_text_bytes(g->out, mtu)));
	}
}

/* --- dummies --- */

static void begin_dummies(struct gateway *g, uint16_t rate)
{
	g->out->dummies = rate;
	assert_true(tfc_put(&g->policies, g->out->ref));
	atomic_fetch_add(&g->policies.changed, 1);
	tfc_step(&g->w);
}

/* How many are sent in that time, looked for so often. */
static uint32_t sent_in(struct gateway *g, uint64_t ns, uint64_t step_ns)
{
	uint64_t end = g->w.now_ns + ns;
	uint32_t sent = 0;

	while (g->w.now_ns < end) {
		g->w.now_ns += step_ns;
		tfc_step(&g->w);
		sent += g->outside.tx_n;
		gateway_reset(g);
	}
	return sent;
}

static void dummies_are_sent_at_their_rate(void **state)
{
	static const uint16_t rates[] = { 1, 3, RATE, 999, SADB_DUMMIES_MAX };
	struct gateway *g = *state;

	begin_dummies(g, 1);
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		g->out->dummies = rates[i];
		atomic_fetch_add(&g->policies.changed, 1);
		assert_int_equal(sent_in(g, 10 * NS_PER_S, NS_PER_MS),
				 10 * rates[i]);
	}
	assert_int_equal(gateway_dropped(g), 0);
}

static void dummies_are_apart_by_the_time_between_two(void **state)
{
	struct gateway *g = *state;
	uint64_t last = 0;

	begin_dummies(g, RATE);
	for (uint32_t i = 0; i < 2000; i++) {
		if (sent_in(g, NS_PER_MS, NS_PER_MS) != 1)
			continue;
		if (last)
			assert_int_equal(g->w.now_ns - last, NS_PER_S / RATE);
		last = g->w.now_ns;
	}
	assert_true(last);
}

static void two_sas_do_not_send_at_the_same_time(void **state)
{
	struct gateway *g = *state;

	g->in->dummies = RATE;
	assert_true(tfc_put(&g->policies, g->in->ref));
	begin_dummies(g, RATE);
	for (uint32_t i = 0; i < 1000; i++)
		assert_in_range(sent_in(g, NS_PER_MS, NS_PER_MS), 0, 1);
	assert_int_equal(g->passes[PASS_WORKER_DUMMY].pkts, 2 * RATE);
}

/* However many SAs have how many dummies. */
static void worker_looks_no_more_often_than_each_millisecond(void **state)
{
	struct gateway *g = *state;

	g->in->dummies = SADB_DUMMIES_MAX;
	assert_true(tfc_put(&g->policies, g->in->ref));
	begin_dummies(g, SADB_DUMMIES_MAX - 1);
	for (uint32_t i = 0; i < 1000; i++) {
		assert_true(g->w.tfc.due_ns >= g->w.now_ns + NS_PER_MS);
		sent_in(g, NS_PER_MS, NS_PER_MS);
	}
}

static void worker_sleeps_until_the_next_one_is_due(void **state)
{
	struct gateway *g = *state;
	uint32_t looked = 0;

	assert_int_equal(tfc_poll_ms(&g->w), -1);
	begin_dummies(g, RATE);
	for (uint32_t sent = 0; sent < 100; looked++) {
		uint64_t ms = (uint64_t)tfc_poll_ms(&g->w);

		assert_true(ms >= 1 && ms <= 1000 / RATE);
		sent += sent_in(g, ms * NS_PER_MS, ms * NS_PER_MS);
	}
	assert_in_range(looked, 100, 101);
}

static void worker_that_was_late_skips_what_it_missed(void **state)
{
	struct gateway *g = *state;

	begin_dummies(g, RATE);
	assert_int_equal(sent_in(g, 60 * NS_PER_S, 60 * NS_PER_S), 4);
	assert_int_equal(sent_in(g, NS_PER_S, NS_PER_MS), RATE);
}

/* RFC 4303 section 2.6. */
static void dummy_says_that_there_is_no_next_header(void **state)
{
	struct gateway *g = *state;
	uint8_t l3[FRAME_BYTES];
	const uint8_t *text;
	uint32_t n;

	begin_dummies(g, SADB_DUMMIES_MAX);
	g->w.now_ns += NS_PER_MS;
	tfc_step(&g->w);
	assert_int_equal(g->outside.tx_n, 1);
	n = open_sent(g, 0, l3, &text);
	assert_int_equal(text[n - 1], PROTO_NONE);
	assert_int_equal(g->passes[PASS_WORKER_DUMMY].pkts, 1);
	assert_int_equal(atomic_load(&g->out->count.pkts), 0);
	assert_int_equal(atomic_load(&g->out->count.last_ns), 0);
	assert_int_equal(sa_seq(g->out), 1);
}

static void dummy_is_discarded_by_who_gets_it(void **state)
{
	struct gateway *g = *state;

	begin_dummies(g, SADB_DUMMIES_MAX);
	g->w.now_ns += NS_PER_MS;
	tfc_step(&g->w);
	give_back(g);
	g->out->dummies = 0;
	tfc_take(&g->policies, g->out->ref);
	worker_step(&g->w);
	assert_int_equal(g->inside.tx_n, 0);
	assert_int_equal(g->drops[DROP_DUMMY].pkts, 1);
	assert_int_equal(gateway_dropped(g), 1);
	assert_int_equal(atomic_load(&g->in->count.pkts), 0);
}

static void dummies_have_any_size_that_fits(void **state)
{
	struct gateway *g = *state;
	bool seen[GATEWAY_MTU + 1] = { false };
	uint32_t sizes = 0;

	begin_dummies(g, SADB_DUMMIES_MAX);
	for (uint32_t i = 0; i < 2000; i++) {
		uint32_t bytes;

		g->w.now_ns += NS_PER_MS;
		tfc_step(&g->w);
		gateway_sent(&g->outside, 0, &bytes);
		assert_true(bytes <= GATEWAY_MTU);
		sizes += !seen[bytes];
		seen[bytes] = true;
		gateway_reset(g);
	}
	assert_true(sizes > 2 * GATEWAY_MTU / g->out->align_bytes / 3);
}

static void dummies_look_like_padded_packets(void **state)
{
	struct gateway *g = *state;
	uint32_t bytes;

	g->out->tfc_bytes = 500;
	begin_dummies(g, SADB_DUMMIES_MAX);
	for (uint32_t i = 0; i < 100; i++) {
		g->w.now_ns += NS_PER_MS;
		tfc_step(&g->w);
		gateway_sent(&g->outside, 0, &bytes);
		assert_int_equal(bytes,
				 esp_outer_bytes(g->out,
						 esp_text_bytes(g->out, 500)));
		gateway_reset(g);
	}
}

static void sa_of_another_worker_is_not_touched(void **state)
{
	struct gateway *g = *state;

	g->out->owner = 1;
	begin_dummies(g, SADB_DUMMIES_MAX);
	assert_int_equal(sent_in(g, NS_PER_S, NS_PER_MS), 0);
	assert_int_equal(tfc_poll_ms(&g->w), -1);
}

static void sa_that_is_no_longer_in_use_sends_none(void **state)
{
	struct gateway *g = *state;

	begin_dummies(g, SADB_DUMMIES_MAX);
	assert_int_equal(sent_in(g, NS_PER_S, NS_PER_MS), SADB_DUMMIES_MAX);
	tfc_take(&g->policies, g->out->ref);
	atomic_fetch_add(&g->policies.changed, 1);
	assert_int_equal(sent_in(g, NS_PER_S, NS_PER_MS), 0);
	assert_int_equal(tfc_poll_ms(&g->w), -1);
}

static void dummies_need_a_next_hop_and_ask_for_it(void **state)
{
	struct gateway *g = *state;
	struct nexthop_query query;

	atomic_fetch_add(&g->link.fib.gen, 1);
	begin_dummies(g, SADB_DUMMIES_MAX);
	assert_int_equal(sent_in(g, NS_PER_S, NS_PER_MS), 0);
	assert_int_equal(g->passes[PASS_WORKER_DUMMY].pkts, 0);
	assert_true(gateway_asked(g, &query));
	assert_true(addr_equal(&query.dst, &g->out->daddr));
}

static void dummies_take_no_frame_that_is_not_free(void **state)
{
	struct gateway *g = *state;
	uint32_t free_count = g->w.umem.free_count;

	g->w.umem.free_count = 0;
	begin_dummies(g, SADB_DUMMIES_MAX);
	assert_int_equal(sent_in(g, NS_PER_MS, NS_PER_MS), 0);
	g->w.umem.free_count = free_count;
}

static void table_takes_so_many_sas_and_has_room_again(void **state)
{
	static struct policy_view view;
	struct sa_ref sa = { 0, 1 };

	(void)state;
	for (sa.id = 0; sa.id < DUMMIES_MAX; sa.id++)
		assert_true(tfc_put(&view, sa));
	assert_false(tfc_put(&view, sa));
	tfc_take(&view, (struct sa_ref){ 7, 1 });
	assert_true(tfc_put(&view, sa));
	assert_true(tfc_put(&view, sa));
	assert_false(tfc_put(&view, (struct sa_ref){ 7, 1 }));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define GCM(name)  cmocka_unit_test_setup_teardown(name, setup_gcm, teardown)

int main(void)
{
	static const struct CMUnitTest cases[] = {
		CASE(packet_is_padded_up_to_the_size),
		GCM(packet_is_padded_up_to_the_size),
		CASE(larger_packet_stays_as_it_is),
		GCM(larger_packet_stays_as_it_is),
		CASE(packet_is_padded_as_far_as_the_path_lets),
		GCM(packet_is_padded_as_far_as_the_path_lets),
		CASE(padding_is_counted_nowhere_and_comes_off),
		CASE(fragments_are_padded_too),
		CASE(dummies_are_sent_at_their_rate),
		CASE(dummies_are_apart_by_the_time_between_two),
		CASE(two_sas_do_not_send_at_the_same_time),
		CASE(worker_looks_no_more_often_than_each_millisecond),
		CASE(worker_sleeps_until_the_next_one_is_due),
		CASE(worker_that_was_late_skips_what_it_missed),
		CASE(dummy_says_that_there_is_no_next_header),
		CASE(dummy_is_discarded_by_who_gets_it),
		CASE(dummies_have_any_size_that_fits),
		CASE(dummies_look_like_padded_packets),
		CASE(sa_of_another_worker_is_not_touched),
		CASE(sa_that_is_no_longer_in_use_sends_none),
		CASE(dummies_need_a_next_hop_and_ask_for_it),
		CASE(dummies_take_no_frame_that_is_not_free),
		cmocka_unit_test(table_takes_so_many_sas_and_has_room_again),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
