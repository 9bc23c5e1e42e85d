// SPDX-License-Identifier: BSD-2-Clause
/*
 * The worker around its ESP stages: what it believes of metadata and tags,
 * where packets go, what waits, and that nothing is lost without a name.
 * After every case the books of frames and packets must balance.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/wire/ipv4.h"
#include "include/proto.h"
#include "tests/support/gateway.h"

#define FRAMES 256U

static struct gateway *gateway_make(void)
{
	const struct gateway_spec spec = { "aes128", "sha256", false, FRAMES };

	return gateway_new(&spec);
}

static int setup_unknown(void **state)
{
	*state = gateway_make();
	return 0;
}

static int setup(void **state)
{
	struct gateway *g = gateway_make();

	gateway_know_all(g);
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct gateway *g = *state;
	bool balance = gateway_books_balance(g);

	gateway_free(g);
	return balance ? 0 : -1;
}

/* The one packet that was lost, lost for that reason. */
static void assert_dropped(const struct gateway *g, enum drop_reason reason)
{
	assert_int_equal(g->drops[reason].pkts, 1);
	assert_int_equal(gateway_dropped(g), 1);
}

static void assert_nothing_sent(const struct gateway *g)
{
	assert_int_equal(g->inside.tx_n, 0);
	assert_int_equal(g->outside.tx_n, 0);
}

/* With that metadata, to the port of its direction. */
static void step_meta(struct gateway *g, const struct dp_meta *meta)
{
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];

	gateway_packet(l3, &inner);
	gateway_give_meta(g, &g->inside, meta, l3, inner.total_bytes);
	worker_step(&g->w);
}

static void step_out(struct gateway *g)
{
	struct dp_meta meta = gateway_meta(g, DIR_OUT);

	step_meta(g, &meta);
}

/* An inner packet as it comes from the peer, sealed. */
static void step_in(struct gateway *g, const struct ip_header *inner)
{
	uint8_t packet[FRAME_BYTES], text[FRAME_BYTES], l3[FRAME_BYTES];
	uint32_t n;

	gateway_packet(packet, inner);
	n = gateway_text(g, packet, inner->total_bytes, text);
	gateway_give(g, DIR_IN, l3, gateway_seal(g, text, n, l3));
	worker_step(&g->w);
}

static void step_host(struct gateway *g, const struct host_tag *tag)
{
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];

	gateway_packet(l3, &inner);
	gateway_host_give(g, tag, l3, inner.total_bytes);
	worker_step(&g->w);
}

/* --- metadata --- */

static void right_metadata_is_believed(void **state)
{
	struct gateway *g = *state;

	step_out(g);
	assert_int_equal(g->outside.tx_n, 1);
	assert_int_equal(gateway_dropped(g), 0);
}

/* What stands before the frame is of an earlier one, and may be a match. */
static void step_head(struct gateway *g, uint64_t token)
{
	const struct ip_header inner = gateway_inner();
	const struct dp_meta stale = gateway_meta(g, DIR_IN);
	struct {
		struct head_meta head;
		uint8_t eth[ETH_HEADER_BYTES];
		uint8_t l3[512];
	} __attribute__((packed)) frame = {
		.head = { token, gateway_meta(g, DIR_OUT) },
		.eth = { [12] = 0x08 },
	};

	gateway_packet(frame.l3, &inner);
	assert_true(port_mem_give(
		&g->inside, &stale, sizeof(stale), &frame,
		(uint32_t)(sizeof(frame.head) + sizeof(frame.eth)) +
			inner.total_bytes));
	g->given++;
	worker_step(&g->w);
}

static void metadata_in_the_frame_is_believed(void **state)
{
	struct gateway *g = *state;

	step_head(g, GATEWAY_TOKEN);
	assert_int_equal(g->outside.tx_n, 1);
	assert_int_equal(gateway_dropped(g), 0);
}

static void metadata_in_the_frame_without_the_token_is_the_senders(void **state)
{
	struct gateway *g = *state;

	step_head(g, GATEWAY_TOKEN ^ 1);
	assert_nothing_sent(g);
	assert_dropped(g, DROP_IP_MALFORMED);
}

static void frame_without_the_magic_is_dropped(void **state)
{
	struct gateway *g = *state;
	struct dp_meta meta = gateway_meta(g, DIR_OUT);

	meta.magic ^= 1;
	step_meta(g, &meta);
	assert_nothing_sent(g);
	assert_dropped(g, DROP_META_MISSING);
}

/* Behind one VLAN tag, and behind two. */
static void packet_stands_where_the_metadata_says(void **state)
{
	struct gateway *g = *state;
	struct dp_meta meta = gateway_meta(g, DIR_OUT);

	for (uint16_t tags = 1; tags <= 2; tags++) {
		meta.l3_off = (uint16_t)(ETH_HEADER_BYTES + 4 * tags);
		step_meta(g, &meta);
		assert_int_equal(g->outside.tx_n, tags);
	}
	assert_int_equal(gateway_dropped(g), 0);
}

/* A right one, but before its own Ethernet header or behind the frame. */
static void packet_outside_of_its_frame_is_malformed(void **state)
{
	const uint16_t frame_bytes = ETH_HEADER_BYTES + 100;
	const uint16_t offsets[] = { 0, ETH_HEADER_BYTES - 1, frame_bytes,
				     frame_bytes + 1, 1024 };
	uint8_t frame[ETH_HEADER_BYTES + 100] = { 0 };
	struct ip_header inner = gateway_inner();
	struct gateway *g = *state;

	for (uint32_t i = 0; i < 5; i++) {
		struct dp_meta meta = gateway_meta(g, DIR_OUT);

		meta.l3_off = offsets[i];
		assert_true(port_mem_give(&g->inside, &meta, sizeof(meta),
					  frame, frame_bytes));
		g->given++;
		gateway_packet(umem_at(&g->w.umem,
				       g->inside.rx[g->inside.rx_n - 1].addr) +
				       offsets[i],
			       &inner);
		worker_step(&g->w);
		assert_int_equal(g->drops[DROP_IP_MALFORMED].pkts, i + 1);
	}
	assert_int_equal(gateway_dropped(g), 5);
}

static void metadata_of_no_direction_is_no_metadata(void **state)
{
	struct gateway *g = *state;
	struct dp_meta meta = gateway_meta(g, DIR_OUT);

	meta.dir = DIR_IN + 1;
	step_meta(g, &meta);
	assert_nothing_sent(g);
	assert_dropped(g, DROP_META_MISSING);
}

/* A port may have interfaces of both roles: BPF says which it was. */
static void metadata_of_the_other_direction_finds_no_sa(void **state)
{
	struct gateway *g = *state;
	struct dp_meta meta = gateway_meta(g, DIR_OUT);

	meta.dir = DIR_IN;
	step_meta(g, &meta);
	assert_nothing_sent(g);
	assert_dropped(g, DROP_SA_GONE);
}

static void generation_of_an_earlier_sa_is_gone(void **state)
{
	struct gateway *g = *state;
	struct dp_meta meta = gateway_meta(g, DIR_OUT);

	meta.sa.gen++;
	step_meta(g, &meta);
	assert_nothing_sent(g);
	assert_dropped(g, DROP_SA_GONE);
}

static void slot_beyond_the_sad_is_gone(void **state)
{
	struct gateway *g = *state;
	struct dp_meta meta = gateway_meta(g, DIR_OUT);

	meta.sa.id = SAD_MAX;
	step_meta(g, &meta);
	assert_dropped(g, DROP_SA_GONE);
}

static void sa_of_the_other_direction_is_not_used(void **state)
{
	struct gateway *g = *state;
	struct dp_meta meta = gateway_meta(g, DIR_OUT);

	meta.sa = g->in->ref;
	step_meta(g, &meta);
	assert_nothing_sent(g);
	assert_dropped(g, DROP_SA_GONE);
}

static void packet_shorter_than_it_says_is_malformed(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];

	gateway_packet(l3, &inner);
	gateway_give(g, DIR_OUT, l3, inner.total_bytes - 1U);
	worker_step(&g->w);
	assert_nothing_sent(g);
	assert_dropped(g, DROP_IP_MALFORMED);
}

static void ethernet_padding_is_not_protected(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];
	uint32_t with, without;

	inner.total_bytes = 28;
	gateway_packet(l3, &inner);
	gateway_give(g, DIR_OUT, l3, 28);
	gateway_give(g, DIR_OUT, l3, 46);
	worker_step(&g->w);
	gateway_sent(&g->outside, 0, &without);
	gateway_sent(&g->outside, 1, &with);
	assert_int_equal(with, without);
}

/* --- next hops, and waiting for them --- */

static void unknown_peer_is_asked_for_and_the_packet_sent_after_the_answer(
	void **state)
{
	struct gateway *g = *state;
	struct nexthop nh =
		gateway_hop(g, g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);
	struct nexthop_query query;

	step_out(g);
	assert_nothing_sent(g);
	assert_int_equal(g->w.held, 1);
	assert_int_equal(g->out->seq, 0);
	assert_true(gateway_asked(g, &query));
	assert_true(addr_equal(&query.dst, &g->out->daddr));
	assert_false(gateway_asked(g, &query));
	assert_true(worker_frames_balance(&g->w));

	gateway_answer(g, &nh);
	worker_step(&g->w);
	assert_int_equal(g->w.held, 0);
	assert_int_equal(g->outside.tx_n, 1);
	assert_int_equal(g->out->seq, 1);
}

static void opened_packet_waits_for_its_next_hop_too(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	struct nexthop nh = gateway_hop(g, inner.daddr, NH_PORT, GATEWAY_INSIDE);
	const uint8_t *l3;
	uint32_t bytes;

	step_in(g, &inner);
	assert_nothing_sent(g);
	assert_int_equal(g->w.held, 1);
	gateway_answer(g, &nh);
	worker_step(&g->w);
	assert_int_equal(g->inside.tx_n, 1);
	l3 = gateway_sent(&g->inside, 0, &bytes);
	assert_int_equal(bytes, 100);
	assert_int_equal(l3[8], 63);
	assert_int_equal(ipv4_checksum(l3, IPV4_HEADER_BYTES), 0);
}

static void answer_of_an_older_generation_is_not_taken(void **state)
{
	struct gateway *g = *state;
	struct nexthop nh =
		gateway_hop(g, g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);

	struct nexthop_query query;

	atomic_store(&g->link.fib.gen, 2);
	step_out(g);
	assert_true(gateway_asked(g, &query));
	assert_int_equal(query.gen, 2);
	gateway_answer(g, &nh);
	worker_step(&g->w);
	assert_nothing_sent(g);
	assert_int_equal(g->w.held, 1);
	assert_false(gateway_asked(g, &query));
}

static void packet_that_waited_too_long_had_no_neighbour(void **state)
{
	struct gateway *g = *state;

	step_out(g);
	assert_int_equal(g->w.held, 1);
	hold_too_long(&g->w, 0);
	worker_step(&g->w);
	assert_int_equal(g->w.held, 0);
	assert_dropped(g, DROP_NO_NEIGHBOUR);
	assert_int_equal(sa_drops(&g->out->count, DROP_NO_NEIGHBOUR), 1);
}

static void deadline_stays_when_a_packet_is_held_again(void **state)
{
	struct gateway *g = *state;
	struct nexthop other =
		gateway_hop(g, addr_from_v4(inet_addr("192.0.2.77")), NH_PORT,
			    GATEWAY_OUTSIDE);
	uint64_t deadline_ns;

	step_out(g);
	deadline_ns = g->w.hold[0].deadline_ns;
	gateway_answer(g, &other);
	worker_step(&g->w);
	assert_int_equal(g->w.held, 1);
	assert_true(g->w.hold[0].deadline_ns == deadline_ns);
}

static void packets_beyond_the_hold_are_dropped_and_the_first_are_kept(void **state)
{
	struct gateway *g = *state;
	struct nexthop nh =
		gateway_hop(g, g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);

	for (uint32_t i = 0; i < g->w.hold_max; i++)
		step_out(g);
	assert_int_equal(gateway_dropped(g), 0);
	step_out(g);
	assert_dropped(g, DROP_HOLD_FULL);
	assert_int_equal(g->w.held, FRAMES / 8);
	gateway_answer(g, &nh);
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, FRAMES / 8);
}

/* Frames enough for a hold that more than one destination's packets fill. */
static int setup_large(void **state)
{
	const struct gateway_spec spec = { "aes128", "sha256", false,
					   32 * HOLD_PER_DST };

	*state = gateway_new(&spec);
	return 0;
}

static void destination_that_does_not_answer_leaves_room_for_others(void **state)
{
	struct gateway *g = *state;
	struct ip_header dead = gateway_inner(), alive = gateway_inner();
	struct nexthop nh = gateway_hop(g, alive.daddr, NH_PORT, GATEWAY_INSIDE);

	dead.daddr = addr_of("10.2.0.99");
	assert_true(g->w.hold_max > HOLD_PER_DST);
	for (uint32_t i = 0; i < 2 * g->w.hold_max; i++)
		step_in(g, &dead);
	assert_int_equal(g->w.held, HOLD_PER_DST);
	step_in(g, &alive);
	assert_int_equal(g->w.held, HOLD_PER_DST + 1);
	gateway_answer(g, &nh);
	worker_step(&g->w);
	assert_int_equal(g->inside.tx_n, 1);
	assert_int_equal(g->w.held, HOLD_PER_DST);
	step_in(g, &dead);
	assert_int_equal(g->w.held, HOLD_PER_DST);
	assert_int_equal(g->drops[DROP_HOLD_FULL].pkts,
			 2 * g->w.hold_max - HOLD_PER_DST + 1);
}

/* What goes to one peer waits for one way, whatever its own destination. */
static void packets_for_one_peer_wait_for_one_destination(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];

	for (uint32_t i = 0; i < 2 * HOLD_PER_DST; i++) {
		inner.daddr = addr_from_v4(htonl(0x0a020000U + i));
		gateway_packet(l3, &inner);
		gateway_give(g, DIR_OUT, l3, inner.total_bytes);
		worker_step(&g->w);
	}
	assert_int_equal(g->w.held, HOLD_PER_DST);
	assert_int_equal(g->drops[DROP_HOLD_FULL].pkts, HOLD_PER_DST);
}

static void peer_without_a_route_is_dropped_for_the_kernels_reason(void **state)
{
	struct gateway *g = *state;
	struct nexthop nh = gateway_hop(g, g->out->daddr, NH_NONE, 0);

	nh.drop = DROP_NO_NEIGHBOUR;
	gateway_know(g, &nh);
	step_out(g);
	assert_dropped(g, DROP_NO_NEIGHBOUR);
	assert_int_equal(g->out->seq, 0);
}

static void esp_never_goes_up_to_the_host(void **state)
{
	struct gateway *g = *state;
	struct nexthop nh = gateway_hop(g, g->out->daddr, NH_HOST, 0);
	uint8_t l3[FRAME_BYTES], dmac[6];

	gateway_know(g, &nh);
	step_out(g);
	assert_dropped(g, DROP_NO_ROUTE);
	assert_int_equal(gateway_host_take(g, l3, dmac), 0);
}

static void peer_behind_an_interface_that_is_not_ours_has_no_route(void **state)
{
	struct gateway *g = *state;
	struct nexthop nh = gateway_hop(g, g->out->daddr, NH_PORT, 77);

	gateway_know(g, &nh);
	step_out(g);
	assert_nothing_sent(g);
	assert_dropped(g, DROP_NO_ROUTE);
}

static void full_transmit_ring_drops_what_it_did_not_take(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];

	g->outside.tx_room = 2;
	gateway_packet(l3, &inner);
	for (uint32_t i = 0; i < 5; i++)
		gateway_give(g, DIR_OUT, l3, inner.total_bytes);
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, 2);
	assert_int_equal(g->drops[DROP_TX_FULL].pkts, 3);
	assert_int_equal(gateway_dropped(g), 3);
}

/* --- decrypted packets --- */

/* It went up whole: its own TTL, and the host interface's MAC. */
static void assert_at_host(struct gateway *g, const struct ip_header *inner)
{
	uint8_t want[FRAME_BYTES], l3[FRAME_BYTES], dmac[6];

	gateway_packet(want, inner);
	assert_nothing_sent(g);
	assert_int_equal(gateway_host_take(g, l3, dmac), inner->total_bytes);
	assert_memory_equal(l3, want, inner->total_bytes);
	assert_memory_equal(dmac, g->w.host.mac, 6);
	assert_int_equal(gateway_dropped(g), 0);
}

static void opened_packet_never_leaves_by_an_unprotected_port(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	struct nexthop nh =
		gateway_hop(g, inner.daddr, NH_PORT, GATEWAY_OUTSIDE);

	gateway_know(g, &nh);
	step_in(g, &inner);
	assert_at_host(g, &inner);
}

/* As two VLANs of one NIC are. */
static void port_of_both_roles_sends_what_is_opened_by_the_protected_one(
	void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	struct nexthop nh = gateway_hop(g, inner.daddr, NH_PORT, GATEWAY_INSIDE);

	nh.role = IFACE_UNPROTECTED;
	gateway_know(g, &nh);
	step_in(g, &inner);
	assert_at_host(g, &inner);
}

static void opened_packet_for_this_host_goes_up(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	struct nexthop nh = gateway_hop(g, inner.daddr, NH_HOST, GATEWAY_INSIDE);

	gateway_know(g, &nh);
	step_in(g, &inner);
	assert_at_host(g, &inner);
}

static void opened_packet_for_an_interface_that_is_not_ours_goes_up(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	struct nexthop nh = gateway_hop(g, inner.daddr, NH_PORT, 77);

	gateway_know(g, &nh);
	step_in(g, &inner);
	assert_at_host(g, &inner);
}

static void opened_packet_at_the_end_of_its_ttl_goes_up(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();

	inner.ttl = 1;
	step_in(g, &inner);
	assert_at_host(g, &inner);
}

static void opened_packet_with_one_hop_left_is_forwarded(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	const uint8_t *l3;
	uint32_t bytes;

	inner.ttl = 2;
	step_in(g, &inner);
	assert_int_equal(g->inside.tx_n, 1);
	l3 = gateway_sent(&g->inside, 0, &bytes);
	assert_int_equal(l3[8], 1);
}

static void opened_packet_too_big_for_its_link_goes_up(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	struct nexthop nh = gateway_hop(g, inner.daddr, NH_PORT, GATEWAY_INSIDE);

	nh.mtu = inner.total_bytes - 1U;
	gateway_know(g, &nh);
	step_in(g, &inner);
	assert_at_host(g, &inner);
}

static void packet_that_the_host_does_not_take_is_counted(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();

	close(g->w.host.fd);
	g->w.host.fd = -1;
	inner.ttl = 1;
	step_in(g, &inner);
	assert_nothing_sent(g);
	assert_dropped(g, DROP_HOST_WRITE);
}

/* --- frames from the host --- */

static void tagged_frame_from_the_host_is_protected_with_its_ttl(void **state)
{
	struct gateway *g = *state;
	struct host_tag tag = gateway_tag();
	struct ip_header inner = gateway_inner();
	uint8_t copy[FRAME_BYTES];
	const uint8_t *l3;
	uint32_t bytes;

	step_host(g, &tag);
	assert_int_equal(g->outside.tx_n, 1);
	l3 = gateway_sent(&g->outside, 0, &bytes);
	memcpy(copy, l3, bytes);
	gateway_reset(g);
	gateway_give(g, DIR_IN, copy, bytes);
	worker_step(&g->w);
	l3 = gateway_sent(&g->inside, 0, &bytes);
	assert_int_equal(bytes, inner.total_bytes);
	assert_int_equal(l3[8], inner.ttl - 1);
}

/* As while rings to receive from and into are full, and fuller each round. */
static void fill_without_end(struct port *port, uint32_t n)
{
	uint64_t frame;

	for (; n && frame_get(port->umem, &frame); n--)
		port->in_kernel++;
}

static void ports_that_take_all_frames_to_receive_leave_some_for_the_host(
	void **state)
{
	struct gateway *g = *state;
	const struct port_ops *plain = g->inside.port.ops;
	struct port_ops ops = *plain;
	struct host_tag tag = gateway_tag();

	gateway_know_all(g);
	ops.fill = fill_without_end;
	g->inside.port.ops = g->outside.port.ops = &ops;
	worker_step(&g->w);
	g->inside.port.ops = g->outside.port.ops = plain;
	assert_int_equal(g->w.umem.free_count, FRAMES_KEPT);
	step_host(g, &tag);
	assert_int_equal(g->outside.tx_n, 1);
}

static void host_frame_without_the_magic_is_dropped(void **state)
{
	struct gateway *g = *state;
	struct host_tag tag = gateway_tag();

	tag.magic ^= 1;
	step_host(g, &tag);
	assert_nothing_sent(g);
	assert_dropped(g, DROP_HOST_UNTAGGED);
}

static void host_frame_judged_by_an_older_policy_list_is_stale(void **state)
{
	struct gateway *g = *state;
	struct host_tag tag = gateway_tag();

	tag.policy_gen--;
	step_host(g, &tag);
	assert_nothing_sent(g);
	assert_dropped(g, DROP_POLICY_STALE);
}

static void host_frame_of_a_policy_without_sa_is_dropped(void **state)
{
	struct gateway *g = *state;
	struct host_tag tag = gateway_tag();

	tag.policy_id++;
	step_host(g, &tag);
	assert_nothing_sent(g);
	assert_dropped(g, DROP_NO_SA);
}

static void host_frame_of_a_policy_beyond_the_list_is_dropped(void **state)
{
	struct gateway *g = *state;
	struct host_tag tag = gateway_tag();

	tag.policy_id = SPD_MAX;
	step_host(g, &tag);
	assert_dropped(g, DROP_NO_SA);
	tag.policy_id = UINT32_MAX;
	step_host(g, &tag);
	assert_int_equal(g->drops[DROP_NO_SA].pkts, 2);
}

static void host_frame_shorter_than_its_packet_is_dropped(void **state)
{
	struct gateway *g = *state;
	struct host_tag tag = gateway_tag();
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];

	gateway_packet(l3, &inner);
	gateway_host_give(g, &tag, l3, inner.total_bytes - 1U);
	worker_step(&g->w);
	assert_nothing_sent(g);
	assert_dropped(g, DROP_HOST_READ);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define CASE_UNKNOWN(name) \
	cmocka_unit_test_setup_teardown(name, setup_unknown, teardown)
#define CASE_LARGE(name) \
	cmocka_unit_test_setup_teardown(name, setup_large, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(right_metadata_is_believed),
		CASE(metadata_in_the_frame_is_believed),
		CASE(metadata_in_the_frame_without_the_token_is_the_senders),
		CASE(frame_without_the_magic_is_dropped),
		CASE(packet_stands_where_the_metadata_says),
		CASE(packet_outside_of_its_frame_is_malformed),
		CASE(metadata_of_no_direction_is_no_metadata),
		CASE(metadata_of_the_other_direction_finds_no_sa),
		CASE(generation_of_an_earlier_sa_is_gone),
		CASE(slot_beyond_the_sad_is_gone),
		CASE(sa_of_the_other_direction_is_not_used),
		CASE(packet_shorter_than_it_says_is_malformed),
		CASE(ethernet_padding_is_not_protected),
		CASE_UNKNOWN(
			unknown_peer_is_asked_for_and_the_packet_sent_after_the_answer),
		CASE_UNKNOWN(opened_packet_waits_for_its_next_hop_too),
		CASE_UNKNOWN(answer_of_an_older_generation_is_not_taken),
		CASE_UNKNOWN(packet_that_waited_too_long_had_no_neighbour),
		CASE_UNKNOWN(deadline_stays_when_a_packet_is_held_again),
		CASE_UNKNOWN(
			packets_beyond_the_hold_are_dropped_and_the_first_are_kept),
		CASE_LARGE(
			destination_that_does_not_answer_leaves_room_for_others),
		CASE_LARGE(packets_for_one_peer_wait_for_one_destination),
		CASE_UNKNOWN(
			peer_without_a_route_is_dropped_for_the_kernels_reason),
		CASE_UNKNOWN(esp_never_goes_up_to_the_host),
		CASE_UNKNOWN(
			peer_behind_an_interface_that_is_not_ours_has_no_route),
		CASE(full_transmit_ring_drops_what_it_did_not_take),
		CASE_UNKNOWN(opened_packet_never_leaves_by_an_unprotected_port),
		CASE_UNKNOWN(
			port_of_both_roles_sends_what_is_opened_by_the_protected_one),
		CASE_UNKNOWN(opened_packet_for_this_host_goes_up),
		CASE_UNKNOWN(
			opened_packet_for_an_interface_that_is_not_ours_goes_up),
		CASE(opened_packet_at_the_end_of_its_ttl_goes_up),
		CASE(opened_packet_with_one_hop_left_is_forwarded),
		CASE_UNKNOWN(opened_packet_too_big_for_its_link_goes_up),
		CASE(packet_that_the_host_does_not_take_is_counted),
		CASE(tagged_frame_from_the_host_is_protected_with_its_ttl),
		CASE_LARGE(
			ports_that_take_all_frames_to_receive_leave_some_for_the_host),
		CASE(host_frame_without_the_magic_is_dropped),
		CASE(host_frame_judged_by_an_older_policy_list_is_stale),
		CASE(host_frame_of_a_policy_without_sa_is_dropped),
		CASE(host_frame_of_a_policy_beyond_the_list_is_dropped),
		CASE(host_frame_shorter_than_its_packet_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
