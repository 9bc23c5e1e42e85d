// SPDX-License-Identifier: BSD-2-Clause
/*
 * ESP in UDP through a worker (RFC 3948): the header that goes around, what is
 * taken off, lengths that lie, and a peer that moves. After every case the
 * books of frames and packets must balance.
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

#include "ctrl/dp/esp.h"
#include "ctrl/dp/tunnel.h"
#include "include/ike.h"
#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/octets.h"
#include "include/proto.h"
#include "tests/support/gateway.h"

#define FRAMES	  256U
#define UDP_AT	  IPV4_HEADER_BYTES
#define LENGTH_AT (UDP_AT + 4)

struct bench {
	struct gateway *g;
	struct tell tell;
};

static int setup_with(void **state, const char *encr)
{
	const struct gateway_spec spec = { encr, NULL, false, FRAMES };
	static struct bench b;

	b.g = gateway_new(&spec);
	gateway_encapsulate(b.g);
	gateway_know_all(b.g);
	if (tell_init(&b.tell, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)))
		return -1;
	b.g->w.tell = &b.tell;
	*state = &b;
	return 0;
}

static int setup(void **state)
{
	return setup_with(state, "aes128gcm16");
}

static int setup_without_integrity(void **state)
{
	return setup_with(state, "aes128");
}

static int teardown(void **state)
{
	struct bench *b = *state;
	bool balance = gateway_books_balance(b->g);

	close(b->tell.fd);
	tell_fini(&b->tell);
	gateway_free(b->g);
	return balance ? 0 : -1;
}

/* An outer packet around the usual inner one, as the worker makes it. */
static uint32_t make_outer(struct gateway *g, uint8_t *l3)
{
	struct ip_header inner = gateway_inner();
	uint8_t packet[FRAME_BYTES];
	const uint8_t *sent;
	uint32_t bytes;

	gateway_packet(packet, &inner);
	gateway_give(g, DIR_OUT, packet, inner.total_bytes);
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, 1);
	sent = gateway_sent(&g->outside, 0, &bytes);
	memcpy(l3, sent, bytes);
	gateway_reset(g);
	return bytes;
}

static void step_in(struct gateway *g, const uint8_t *l3, uint32_t bytes)
{
	gateway_give(g, DIR_IN, l3, bytes);
	worker_step(&g->w);
}

/* The header anew, with what the case changed. */
static void put_outer(uint8_t *l3, uint32_t bytes, struct addr saddr,
		      uint8_t protocol)
{
	struct ip_header outer;

	assert_true(ipv4_parse(slice_of(l3, FRAME_BYTES), &outer));
	outer.total_bytes = bytes;
	outer.saddr = saddr;
	outer.protocol = protocol;
	ipv4_build(l3, &outer);
}

static bool told(struct bench *b, enum telling_kind kind, struct telling *what)
{
	while (tell_take(&b->tell, what))
		if (what->kind == kind)
			return true;
	return false;
}

/* --- out --- */

static void udp_header_has_the_ports_of_the_sa_and_no_checksum(void **state)
{
	struct bench *b = *state;
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = make_outer(b->g, l3);

	assert_int_equal(bytes, esp_outer_bytes(b->g->out,
						esp_text_bytes(b->g->out, 100)));
	assert_int_equal(l3[9], PROTO_UDP);
	assert_int_equal(ipv4_checksum(l3, IPV4_HEADER_BYTES), 0);
	assert_int_equal(get_u16(l3 + UDP_AT), IKE_NATT_PORT);
	assert_int_equal(get_u16(l3 + UDP_AT + 2), IKE_NATT_PORT);
	assert_int_equal(get_u16(l3 + LENGTH_AT), bytes - IPV4_HEADER_BYTES);
	assert_int_equal(get_u16(l3 + UDP_AT + 6), 0);
	assert_memory_equal(l3 + UDP_AT + UDP_HEADER_BYTES, &b->g->out->spi_be,
			    4);
}

static void udp_header_counts_for_the_path_mtu(void **state)
{
	struct bench *b = *state;
	struct gateway *g = b->g;
	struct nexthop nh =
		gateway_hop(g, g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);
	struct ip_header inner = gateway_inner();
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];

	nh.mtu = esp_outer_bytes(g->out, esp_text_bytes(g->out, 100));
	gateway_know(g, &nh);
	make_outer(g, l3);
	atomic_store(&g->link.fib.gen, 2);
	nh.gen = 2;
	nh.mtu--;
	gateway_know(g, &nh);
	gateway_packet(packet, &inner);
	gateway_give(g, DIR_OUT, packet, inner.total_bytes);
	worker_step(&g->w);
	assert_int_equal(g->drops[DROP_TOO_BIG].pkts, 1);
}

static void inner_mtu_leaves_room_for_the_udp_header(void **state)
{
	struct bench *b = *state;
	const struct sa_rt *sa = b->g->out;

	for (uint32_t mtu = 100; mtu < 2000; mtu++) {
		uint32_t inner = esp_inner_mtu(sa, mtu);

		assert_true(esp_outer_bytes(sa, esp_text_bytes(sa, inner)) <=
			    mtu);
		assert_true(esp_outer_bytes(sa, esp_text_bytes(sa, inner + 1)) >
			    mtu);
	}
}

/* --- in --- */

static void what_was_sealed_in_udp_opens(void **state)
{
	struct bench *b = *state;
	uint8_t l3[FRAME_BYTES], want[FRAME_BYTES];
	struct ip_header inner = gateway_inner();
	uint32_t bytes = make_outer(b->g, l3);
	const uint8_t *got;

	step_in(b->g, l3, bytes);
	got = gateway_sent(&b->g->inside, 0, &bytes);
	inner.ttl = 62;
	gateway_packet(want, &inner);
	assert_int_equal(bytes, 100);
	assert_memory_equal(got, want, 100);
}

static void checksum_of_a_sender_that_makes_one_is_not_looked_at(void **state)
{
	struct bench *b = *state;
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = make_outer(b->g, l3);

	put_u16(l3 + UDP_AT + 6, 0xbeef);
	step_in(b->g, l3, bytes);
	assert_int_equal(b->g->inside.tx_n, 1);
}

/* RFC 7296 section 2.23: either form at any time. */
static void bare_esp_opens_by_an_sa_that_sends_udp(void **state)
{
	struct bench *b = *state;
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = make_outer(b->g, l3) - UDP_HEADER_BYTES;
	struct telling what;

	memmove(l3 + UDP_AT, l3 + UDP_AT + UDP_HEADER_BYTES,
		bytes - IPV4_HEADER_BYTES);
	put_outer(l3, bytes, b->g->in->saddr, PROTO_ESP);
	step_in(b->g, l3, bytes);
	assert_int_equal(b->g->inside.tx_n, 1);
	assert_false(told(b, TELL_MAPPING, &what));
}

static void esp_in_udp_opens_by_an_sa_that_sends_bare_esp(void **state)
{
	struct bench *b = *state;
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = make_outer(b->g, l3);
	struct telling what;

	b->g->in->udp = false;
	put_u16(l3 + UDP_AT, 1024);
	step_in(b->g, l3, bytes);
	assert_int_equal(b->g->inside.tx_n, 1);
	assert_false(told(b, TELL_MAPPING, &what));
}

static void octets_behind_udp_are_not_esps(void **state)
{
	struct bench *b = *state;
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = make_outer(b->g, l3);

	l3[bytes] = 0x77;
	put_outer(l3, bytes + 1, b->g->in->saddr, PROTO_UDP);
	step_in(b->g, l3, bytes + 1);
	assert_int_equal(b->g->inside.tx_n, 1);
}

static void udp_length_that_lies_is_refused(void **state)
{
	struct bench *b = *state;
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = make_outer(b->g, l3), refused = 0;

	for (uint32_t n = 0; n < UDP_HEADER_BYTES; n++, refused++) {
		put_u16(l3 + LENGTH_AT, (uint16_t)n);
		step_in(b->g, l3, bytes);
	}
	put_u16(l3 + LENGTH_AT, (uint16_t)(bytes - IPV4_HEADER_BYTES + 1));
	step_in(b->g, l3, bytes);
	put_u16(l3 + LENGTH_AT, 0xffff);
	step_in(b->g, l3, bytes);
	refused += 2;
	assert_int_equal(b->g->drops[DROP_ESP_LENGTH].pkts, refused);
	assert_int_equal(gateway_dropped(b->g), refused);
	put_u16(l3 + LENGTH_AT, (uint16_t)(bytes - IPV4_HEADER_BYTES));
	step_in(b->g, l3, bytes);
	assert_int_equal(b->g->inside.tx_n, 1);
}

/* Every length from a bare IP header to one octet less than the least. */
static void udp_too_short_for_its_esp_is_refused(void **state)
{
	struct bench *b = *state;
	uint32_t least = esp_outer_bytes(b->g->in, b->g->in->align_bytes);
	uint8_t l3[FRAME_BYTES];
	uint64_t refused = 0;

	make_outer(b->g, l3);
	for (uint32_t n = IPV4_HEADER_BYTES; n < least; n++, refused++) {
		put_u16(l3 + LENGTH_AT, (uint16_t)(n - IPV4_HEADER_BYTES));
		put_outer(l3, n, b->g->in->saddr, PROTO_UDP);
		step_in(b->g, l3, n);
	}
	assert_int_equal(b->g->drops[DROP_ESP_LENGTH].pkts, refused);
	assert_int_equal(gateway_dropped(b->g), refused);
}

/* --- whence --- */

static void first_authentic_packet_is_told_of_once(void **state)
{
	struct bench *b = *state;
	uint8_t l3[FRAME_BYTES];
	struct telling what;

	for (int i = 0; i < 3; i++)
		step_in(b->g, l3, make_outer(b->g, l3));
	assert_true(told(b, TELL_USED, &what));
	assert_int_equal(what.sa.id, b->g->in->ref.id);
	assert_int_equal(what.sa.gen, b->g->in->ref.gen);
	assert_false(told(b, TELL_USED, &what));
}

static void forged_first_packet_is_not_told_of(void **state)
{
	struct bench *b = *state;
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = make_outer(b->g, l3);
	struct telling what;

	l3[bytes - 1] ^= 1;
	put_u16(l3 + UDP_AT, 1024);
	step_in(b->g, l3, bytes);
	assert_int_equal(b->g->drops[DROP_ICV].pkts, 1);
	while (tell_take(&b->tell, &what))
		assert_int_equal(what.kind, TELL_AUDIT);
}

static void peer_that_moved_is_told_of_once_a_change(void **state)
{
	struct bench *b = *state;
	uint8_t l3[FRAME_BYTES];
	struct telling what;
	uint32_t bytes;

	for (int i = 0; i < 3; i++) {
		bytes = make_outer(b->g, l3);
		put_u16(l3 + UDP_AT, 1024);
		put_outer(l3, bytes, addr_of("203.0.113.9"), PROTO_UDP);
		step_in(b->g, l3, bytes);
	}
	assert_true(told(b, TELL_MAPPING, &what));
	assert_int_equal(addr_v4_be(&what.saddr), inet_addr("203.0.113.9"));
	assert_int_equal(what.sport, 1024);
	assert_false(told(b, TELL_MAPPING, &what));
	/* Home again is a change, and replies went home all the time. */
	b->g->in->moved_ns = 0;
	step_in(b->g, l3, make_outer(b->g, l3));
	assert_true(told(b, TELL_MAPPING, &what));
	assert_int_equal(what.sport, IKE_NATT_PORT);
	assert_int_equal(addr_v4_be(&b->g->out->daddr), inet_addr("192.0.2.2"));
}

static void peer_that_moves_with_every_packet_is_told_of_once_a_second(void **state)
{
	struct bench *b = *state;
	uint8_t l3[FRAME_BYTES];
	struct telling what;
	uint32_t n = 0;

	for (uint32_t i = 0; i < 50; i++) {
		uint32_t bytes = make_outer(b->g, l3);

		put_u16(l3 + UDP_AT, (uint16_t)(1024 + i));
		step_in(b->g, l3, bytes);
	}
	while (told(b, TELL_MAPPING, &what))
		n++;
	assert_int_equal(n, 1);
	b->g->in->moved_ns = 0; /* that second is over */
	n = make_outer(b->g, l3);
	put_u16(l3 + UDP_AT, 2000);
	step_in(b->g, l3, n);
	assert_true(told(b, TELL_MAPPING, &what));
	assert_int_equal(what.sport, 2000);
}

static void latecomer_from_the_old_address_is_no_move(void **state)
{
	struct bench *b = *state;
	uint8_t old[FRAME_BYTES], new[FRAME_BYTES];
	uint32_t bytes = make_outer(b->g, old);
	struct telling what;

	make_outer(b->g, new);
	put_u16(new + UDP_AT, 1024);
	step_in(b->g, new, bytes);
	assert_true(told(b, TELL_MAPPING, &what));
	step_in(b->g, old, bytes);
	assert_int_equal(gateway_dropped(b->g), 0);
	assert_false(told(b, TELL_MAPPING, &what));
}

/* Without a window it passes once more; whoever has it is not where it says. */
static void copy_of_the_latest_is_no_move_without_a_window(void **state)
{
	struct bench *b = *state;
	uint8_t l3[FRAME_BYTES], copy[FRAME_BYTES];
	uint32_t bytes = make_outer(b->g, l3);
	struct telling what;

	memcpy(copy, l3, bytes);
	put_u16(copy + UDP_AT, 1024);
	replay_free(&b->g->in->replay);
	assert_int_equal(replay_init(&b->g->in->replay, 0, false), 0);
	step_in(b->g, l3, bytes);
	step_in(b->g, copy, bytes);
	assert_int_equal(gateway_dropped(b->g), 0);
	assert_false(told(b, TELL_MAPPING, &what));
}

static void who_is_not_authenticated_does_not_move_the_peer(void **state)
{
	struct bench *b = *state;
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = make_outer(b->g, l3);
	struct telling what;

	put_u16(l3 + UDP_AT, 1024);
	step_in(b->g, l3, bytes);
	assert_int_equal(gateway_dropped(b->g), 0);
	assert_false(told(b, TELL_MAPPING, &what));
}

static void packets_go_to_where_the_peer_is_now_with_the_next_numbers(void **state)
{
	struct bench *b = *state;
	const struct addr there = addr_of("203.0.113.9");
	uint8_t before[FRAME_BYTES], after[FRAME_BYTES];
	const uint32_t seq_at = UDP_AT + UDP_HEADER_BYTES + 6;
	struct ip_header outer;
	uint32_t bytes;

	make_outer(b->g, before);
	assert_int_equal(sad_move(b->g->sad, b->g->out->ref, &there, 1024), 0);
	gateway_know_all(b->g);
	bytes = make_outer(b->g, after);
	assert_true(ip_parse(slice_of(after, bytes), &outer));
	assert_int_equal(addr_v4_be(&outer.daddr), inet_addr("203.0.113.9"));
	assert_int_equal(get_u16(after + UDP_AT), IKE_NATT_PORT);
	assert_int_equal(get_u16(after + UDP_AT + 2), 1024);
	assert_int_equal(get_u16(after + seq_at), get_u16(before + seq_at) + 1);
}

static void sa_moves_neither_to_another_family_nor_without_udp(void **state)
{
	struct bench *b = *state;
	const struct addr v6 = addr_of("2001:db8::9"), v4 = addr_of("192.0.2.9");
	struct sad *sad = b->g->sad;

	assert_int_equal(sad_move(sad, b->g->out->ref, &v6, 1024), -EINVAL);
	assert_int_equal(sad_move(sad, b->g->in->ref, &v4, 1024), -EINVAL);
	b->g->out->udp = false;
	assert_int_equal(sad_move(sad, b->g->out->ref, &v4, 1024), -EINVAL);
	b->g->out->udp = true;
}

static void move_without_room_in_the_queue_is_told_with_the_next_packet(
	void **state)
{
	struct bench *b = *state;
	const struct telling filler = { .kind = TELL_ACQUIRE };
	uint8_t l3[FRAME_BYTES];
	struct telling what;

	while (tell_put(&b->tell, &filler))
		;
	for (int i = 0; i < 2; i++) {
		uint32_t bytes = make_outer(b->g, l3);

		put_u16(l3 + UDP_AT, 1024);
		step_in(b->g, l3, bytes);
		assert_int_equal(told(b, TELL_MAPPING, &what), i == 1);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(udp_header_has_the_ports_of_the_sa_and_no_checksum),
		CASE(udp_header_counts_for_the_path_mtu),
		CASE(inner_mtu_leaves_room_for_the_udp_header),
		CASE(what_was_sealed_in_udp_opens),
		CASE(checksum_of_a_sender_that_makes_one_is_not_looked_at),
		CASE(bare_esp_opens_by_an_sa_that_sends_udp),
		CASE(esp_in_udp_opens_by_an_sa_that_sends_bare_esp),
		CASE(octets_behind_udp_are_not_esps),
		CASE(udp_length_that_lies_is_refused),
		CASE(udp_too_short_for_its_esp_is_refused),
		CASE(first_authentic_packet_is_told_of_once),
		CASE(forged_first_packet_is_not_told_of),
		CASE(peer_that_moved_is_told_of_once_a_change),
		CASE(peer_that_moves_with_every_packet_is_told_of_once_a_second),
		CASE(latecomer_from_the_old_address_is_no_move),
		CASE(copy_of_the_latest_is_no_move_without_a_window),
		cmocka_unit_test_setup_teardown(
			who_is_not_authenticated_does_not_move_the_peer,
			setup_without_integrity, teardown),
		CASE(packets_go_to_where_the_peer_is_now_with_the_next_numbers),
		CASE(sa_moves_neither_to_another_family_nor_without_udp),
		CASE(move_without_room_in_the_queue_is_told_with_the_next_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
