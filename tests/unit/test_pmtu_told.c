// SPDX-License-Identifier: BSD-2-Clause
/*
 * Routers that say how large a packet the path takes, as a worker hears them: what
 * is told to the control thread, and what is a lie. After every case the books of
 * frames and packets balance.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/wire/icmp.h"
#include "include/proto.h"
#include "tests/support/gateway.h"
#include "tests/support/told.h"

#define FRAMES	     1024U
#define MTU	     1500U
#define NARROW	     1400U
#define QUOTED	     36U   /* outer IPv4, UDP or ESP, and ESP in UDP */
#define TELL_ROOM    1024U /* of tell.c */
#define TOLD_NUMBERS (1U << 22)

static struct tell ear;

static int setup_of(void **state, const struct gateway_spec *spec)
{
	struct gateway *g = gateway_new(spec);

	if (tell_init(&ear, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)))
		return -1;
	gateway_know_all(g);
	g->w.tell = &ear;
	*state = g;
	return 0;
}

static int setup(void **state)
{
	const struct gateway_spec spec = { "aes128", "sha256", false, FRAMES };

	return setup_of(state, &spec);
}

static int setup_ah(void **state)
{
	const struct gateway_spec spec = { NULL, "sha256", false, FRAMES };

	return setup_of(state, &spec);
}

static int teardown(void **state)
{
	struct gateway *g = *state;
	bool balance = gateway_books_balance(g);

	close(ear.fd);
	tell_fini(&ear);
	gateway_free(g);
	return balance ? 0 : -1;
}

/* --- what is sent, and what a router says of it --- */

struct report {
	uint8_t l3[TOLD_MAX];
	uint32_t bytes;
};

/* The first octets of what the SA sends next. */
static void send_one(struct gateway *g, uint8_t packet[QUOTED + 20])
{
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes;

	gateway_packet(l3, &inner);
	gateway_give(g, DIR_OUT, l3, inner.total_bytes);
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, 1);
	memcpy(packet, gateway_sent(&g->outside, 0, &bytes), QUOTED + 20);
	gateway_reset(g);
}

static struct report error_about(const uint8_t *packet, uint32_t mtu)
{
	uint32_t n = packet[0] >> 4 == 4 ? QUOTED : QUOTED + 20;
	struct report e;

	e.bytes = told_build(e.l3, slice_of(packet, n), n, mtu);
	return e;
}

static void hear(struct gateway *g, const struct report *e)
{
	struct dp_meta meta = gateway_meta(g, DIR_OUT);

	meta.policy_id = meta.policy_gen = 0;
	meta.too_big = 1;
	gateway_give_meta(g, &g->outside, &meta, e->l3, e->bytes);
	worker_step(&g->w);
}

static uint32_t told(struct telling *last)
{
	uint32_t n = 0;

	while (tell_take(&ear, last))
		n++;
	return n;
}

static void assert_heard(struct gateway *g, const struct report *e, uint32_t mtu)
{
	uint64_t taken = g->passes[PASS_WORKER_PMTU].pkts;
	struct telling what;

	hear(g, e);
	assert_int_equal(told(&what), 1);
	assert_int_equal(what.kind, TELL_PMTU);
	assert_memory_equal(&what.sa, &g->out->ref, sizeof(what.sa));
	assert_int_equal(what.mtu, mtu);
	assert_int_equal(g->passes[PASS_WORKER_PMTU].pkts, taken + 1);
	assert_int_equal(gateway_dropped(g), 0);
}

static void assert_false_one(struct gateway *g, const struct report *e)
{
	uint64_t dropped = g->drops[DROP_ICMP_FALSE].pkts;
	uint64_t of_sa = sa_drops(&g->out->count, DROP_ICMP_FALSE);
	struct telling what;

	hear(g, e);
	assert_int_equal(told(&what), 0);
	assert_int_equal(g->drops[DROP_ICMP_FALSE].pkts, dropped + 1);
	assert_int_equal(sa_drops(&g->out->count, DROP_ICMP_FALSE), of_sa + 1);
}

/* --- what is heard --- */

static void router_on_the_path_is_heard(void **state)
{
	struct gateway *g = *state;
	uint8_t packet[QUOTED + 20];
	struct report e;

	send_one(g, packet);
	e = error_about(packet, NARROW);
	assert_heard(g, &e, NARROW);
}

static void so_is_one_that_quotes_esp_in_udp(void **state)
{
	struct gateway *g = *state;
	uint8_t packet[QUOTED + 20];
	struct report e;

	gateway_encapsulate(g);
	send_one(g, packet);
	e = error_about(packet, NARROW);
	assert_heard(g, &e, NARROW);
}

static void so_is_one_that_quotes_ah(void **state)
{
	struct gateway *g = *state;
	uint8_t packet[QUOTED + 20];
	struct report e;

	send_one(g, packet);
	e = error_about(packet, NARROW);
	assert_heard(g, &e, NARROW);
	packet[9] = PROTO_ESP;
	packet_mend_checksum(packet, sizeof(packet));
	memmove(packet + 20, packet + 24,
		8); /* SPI and number, as ESP has them */
	e = error_about(packet, NARROW);
	assert_false_one(g, &e);
}

static void so_is_one_in_ipv6(void **state)
{
	struct gateway *g = *state;
	uint8_t packet[QUOTED + 20];
	struct nexthop peer;
	struct report e;

	gateway_outer_v6(g);
	peer = gateway_hop(g, g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);
	gateway_know(g, &peer);
	send_one(g, packet);
	e = error_about(packet, NARROW);
	assert_heard(g, &e, NARROW);
	e = error_about(packet, 1279);
	assert_false_one(g, &e);
}

static void nothing_below_576_is_told(void **state)
{
	struct gateway *g = *state;
	uint8_t packet[QUOTED + 20];
	struct report e;

	send_one(g, packet);
	e = error_about(packet, 68);
	assert_heard(g, &e, 576);
}

static void older_number_is_heard_for_a_while(void **state)
{
	struct gateway *g = *state;
	uint8_t packet[QUOTED + 20];
	struct report e;

	send_one(g, packet); /* number 1 */
	atomic_store(&g->out->seq, TOLD_NUMBERS);
	e = error_about(packet, NARROW);
	assert_heard(g, &e, NARROW);
	atomic_store(&g->out->seq, TOLD_NUMBERS + 1);
	assert_false_one(g, &e);
}

static void low_half_of_an_extended_number_is_told_from_the_right_one(void **state)
{
	struct gateway *g = *state;
	uint8_t packet[QUOTED + 20];
	struct report e;

	g->out->esn = true;
	atomic_store(&g->out->seq, 0x7fffffffeULL);
	send_one(g, packet); /* ends in ffffffff */
	atomic_store(&g->out->seq, 0x800000005ULL);
	e = error_about(packet, NARROW);
	assert_heard(g, &e, NARROW);
}

static void what_is_known_is_not_told_again(void **state)
{
	struct gateway *g = *state;
	uint8_t packet[QUOTED + 20];
	struct telling what;
	struct report e;

	send_one(g, packet);
	e = error_about(packet, MTU);
	hear(g, &e);
	e = error_about(packet, 9000);
	hear(g, &e);
	assert_int_equal(told(&what), 0);
	assert_int_equal(g->passes[PASS_WORKER_PMTU].pkts, 2);
	assert_int_equal(gateway_dropped(g), 0);
}

/* --- lies --- */

/* Octets of the quoted packet that are changed, and to what is done by xor. */
static void quote_that_does_not_fit_the_sa_is_a_lie(void **state)
{
	static const struct {
		uint32_t at;
		uint8_t flip;
	} lies[] = {
		{ 12, 1 },	/* the source */
		{ 19, 1 },	/* the destination */
		{ 23, 1 },	/* the SPI */
		{ 20, 1 },	/* likewise */
		{ 27, 3 },	/* number 2, which was not sent yet */
		{ 27, 1 },	/* number 0, which never is */
		{ 24, 128 },	/* one far behind, or ahead */
		{ 9, 50 ^ 51 }, /* it was AH */
		{ 9, 50 ^ 17 }, /* it was UDP */
	};
	struct gateway *g = *state;
	uint8_t packet[QUOTED + 20];

	send_one(g, packet);
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct report e;

		packet[lies[i].at] ^= lies[i].flip;
		e = error_about(packet, NARROW);
		assert_false_one(g, &e);
		packet[lies[i].at] ^= lies[i].flip;
	}
}

/* Of the SA all is right, but that it sends bare ESP. */
static void udp_that_the_sa_does_not_use_is_a_lie(void **state)
{
	struct gateway *g = *state;
	uint8_t packet[QUOTED + 20];
	struct report e;

	send_one(g, packet);
	memmove(packet + 28, packet + 20, 8);
	packet[9] = PROTO_UDP;
	e = error_about(packet, NARROW);
	assert_false_one(g, &e);
}

static void damaged_error_is_a_lie(void **state)
{
	struct gateway *g = *state;
	uint8_t packet[QUOTED + 20];
	struct report e;

	send_one(g, packet);
	e = error_about(packet, NARROW);
	e.l3[27] ^= 1;
	assert_false_one(g, &e);
}

static void nobody_is_told_of_an_sa_that_is_gone(void **state)
{
	struct gateway *g = *state;
	struct dp_meta meta = gateway_meta(g, DIR_OUT);
	uint8_t packet[QUOTED + 20];
	struct telling what;
	struct report e;

	send_one(g, packet);
	e = error_about(packet, NARROW);
	meta.too_big = 1;
	meta.sa.gen++;
	gateway_give_meta(g, &g->outside, &meta, e.l3, e.bytes);
	meta.sa = g->in->ref;
	gateway_give_meta(g, &g->outside, &meta, e.l3, e.bytes);
	worker_step(&g->w);
	assert_int_equal(told(&what), 0);
	assert_int_equal(g->drops[DROP_SA_GONE].pkts, 2);
}

static void control_thread_that_does_not_listen_costs_the_rest(void **state)
{
	struct gateway *g = *state;
	uint8_t packet[QUOTED + 20];
	struct telling what;
	struct report e;
	uint32_t n;

	send_one(g, packet);
	e = error_about(packet, NARROW);
	for (uint32_t i = 0; i < 2 * TELL_ROOM; i++) {
		hear(g, &e);
		gateway_reset(g);
	}
	n = told(&what);
	assert_true(n >= TELL_ROOM / 2 && n < 2 * TELL_ROOM);
	assert_int_equal(g->drops[DROP_ICMP_LIMIT].pkts, 2 * TELL_ROOM - n);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(router_on_the_path_is_heard),
		CASE(so_is_one_that_quotes_esp_in_udp),
		cmocka_unit_test_setup_teardown(so_is_one_that_quotes_ah,
						setup_ah, teardown),
		CASE(so_is_one_in_ipv6),
		CASE(nothing_below_576_is_told),
		CASE(older_number_is_heard_for_a_while),
		CASE(low_half_of_an_extended_number_is_told_from_the_right_one),
		CASE(what_is_known_is_not_told_again),
		CASE(quote_that_does_not_fit_the_sa_is_a_lie),
		CASE(udp_that_the_sa_does_not_use_is_a_lie),
		CASE(damaged_error_is_a_lie),
		CASE(nobody_is_told_of_an_sa_that_is_gone),
		CASE(control_thread_that_does_not_listen_costs_the_rest),
	};

	return cmocka_run_group_tests_name("pmtu_told", tests, NULL, NULL);
}
