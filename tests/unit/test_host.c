// SPDX-License-Identifier: BSD-2-Clause
/*
 * The host's large packets through a worker in memory: cut, protected, opened
 * again and joined for the host. After every case the books and the frames
 * balance.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/dp/worker.h"
#include "ctrl/sadb/policy.h"
#include "include/tunnel.h"
#include "tests/support/gateway.h"
#include "tests/unit/host_fixture.h"

#define FRAMES	   256U
#define SEGMENTS   (PAYLOAD / SIZE + 1)
#define CONTROL_AT (ETH_HEADER_BYTES + IPV4_HEADER_BYTES + 13U)
#define ENDS_AT	   (ETH_HEADER_BYTES + IPV4_HEADER_BYTES + TCP_HEAD)

/* Any TCP that is in the tunnel. */
static void accept_tcp(struct gateway *g)
{
	struct sa_rule rules[2];

	for (int i = 0; i < 2; i++) {
		struct prefix all;

		assert_int_equal(prefix_parse(i ? "::/0" : "0.0.0.0/0", &all),
				 0);
		rules[i] = (struct sa_rule){
			selector_between(&all, &all, PROTO_TCP), true
		};
	}
	assert_int_equal(sad_set_rules(g->sad, g->in->ref, rules, 2), 0);
}

static int setup(void **state)
{
	const struct gateway_spec spec = { "aes128", "sha256", false, FRAMES };
	struct gateway *g = gateway_new(&spec);
	struct nexthop peer =
		gateway_hop(g, g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);

	gateway_know(g, &peer);
	accept_tcp(g);
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

/* TCP of the host that says nothing but ACK. */
static struct large plain(uint8_t version)
{
	struct large l = large(version, PROTO_TCP);

	l.frame[ETH_HEADER_BYTES + l.l4_at + 13] = ACK;
	return l;
}

static void give(struct gateway *g, const struct large *l,
		 const struct host_tag *tag)
{
	uint8_t whole[sizeof(l->vnet) + sizeof(l->frame)];
	size_t n = sizeof(l->vnet) + l->bytes;

	memcpy(whole, &l->vnet, sizeof(l->vnet));
	memcpy(whole + sizeof(l->vnet), l->frame, l->bytes);
	memcpy(whole + sizeof(l->vnet), tag, sizeof(*tag));
	assert_int_equal(write(g->host_fd, whole, n), n);
	g->given++;
}

/* What it sent is what it receives, to be sent on by that way. */
static void come_back_for(struct gateway *g, const struct large *l,
			  enum nexthop_kind way)
{
	struct nexthop nh = gateway_hop(g, l->ip.daddr, way, GATEWAY_INSIDE);
	const uint32_t n = g->outside.tx_n;
	const uint8_t *l3;
	uint32_t bytes;

	gateway_know(g, &nh);
	for (uint32_t i = 0; i < n; i++) {
		l3 = gateway_sent(&g->outside, i, &bytes);
		gateway_give(g, DIR_IN, l3, bytes);
	}
	worker_step(&g->w);
}

/* For a host that is this one. */
static void come_back(struct gateway *g, const struct large *l)
{
	come_back_for(g, l, NH_HOST);
}

/* One frame at the host; octets of it from its virtio_net_hdr on. */
static uint32_t at_host(struct gateway *g, uint8_t *whole, uint32_t segments)
{
	ssize_t got = recv(g->host_fd, whole, HOST_FRAME_MAX, MSG_DONTWAIT);

	assert_true(got > 0);
	g->to_host += segments;
	return (uint32_t)got;
}

static void assert_nothing_more(struct gateway *g)
{
	uint8_t octet;

	assert_int_equal(recv(g->host_fd, &octet, 1, MSG_DONTWAIT), -1);
}

/* All of it arrived as the host gave it. */
static void assert_joined(struct gateway *g, const struct large *l)
{
	static uint8_t whole[HOST_FRAME_MAX];
	struct virtio_net_hdr vnet;

	assert_int_equal(at_host(g, whole, SEGMENTS), sizeof(vnet) + l->bytes);
	memcpy(&vnet, whole, sizeof(vnet));
	assert_int_equal(vnet.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	assert_int_equal(vnet.gso_type, l->vnet.gso_type);
	assert_int_equal(vnet.gso_size, SIZE);
	assert_int_equal(vnet.csum_start, l->vnet.csum_start);
	assert_int_equal(vnet.csum_offset, l->vnet.csum_offset);
	assert_int_equal(vnet.hdr_len, ETH_HEADER_BYTES + l->l4_at + l->head);
	assert_memory_equal(whole + sizeof(vnet) + ETH_HEADER_BYTES,
			    l->frame + ETH_HEADER_BYTES,
			    l->bytes - ETH_HEADER_BYTES);
	assert_nothing_more(g);
}

static void send_large(struct gateway *g, const struct large *l)
{
	struct host_tag tag = gateway_tag();

	give(g, l, &tag);
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, SEGMENTS);
	assert_int_equal(g->passes[PASS_WORKER_SEGMENT].pkts, SEGMENTS - 1);
}

static void large_packet_is_cut_and_joined_again(void **state)
{
	struct gateway *g = *state;
	struct large l = plain(4);

	send_large(g, &l);
	come_back(g, &l);
	assert_joined(g, &l);
}

static void large_packet_of_ipv6_is_cut_and_joined_again(void **state)
{
	struct gateway *g = *state;
	struct large l = plain(6);

	send_large(g, &l);
	come_back(g, &l);
	assert_joined(g, &l);
}

/* gateway.forward = kernel. */
static void kernel_gets_what_we_could_forward_ourselves(void **state)
{
	struct gateway *g = *state;
	struct large l = plain(4);

	g->w.forward_kernel = true;
	send_large(g, &l);
	come_back_for(g, &l, NH_PORT);
	assert_int_equal(g->inside.tx_n, 0);
	assert_joined(g, &l);
}

/* Nobody would look at it again: it arrives as it is, by itself. */
static void segment_with_a_wrong_checksum_is_not_joined(void **state)
{
	static uint8_t whole[HOST_FRAME_MAX];
	struct gateway *g = *state;
	struct large l = plain(4);
	const uint32_t around = sizeof(struct virtio_net_hdr) + ENDS_AT;

	l.frame[ETH_HEADER_BYTES + l.l4_at + 16] ^= 1;
	send_large(g, &l);
	come_back(g, &l);
	for (uint32_t i = 0; i < SEGMENTS; i++) {
		uint32_t got = at_host(g, whole, 1);

		assert_int_equal(whole[1], VIRTIO_NET_HDR_GSO_NONE);
		assert_int_equal(whole[0], 0);
		assert_int_equal(got - around,
				 i < SEGMENTS - 1 ? SIZE : PAYLOAD % SIZE);
	}
	assert_nothing_more(g);
}

/* The last of four says FIN, the first one CWR. */
static void segments_that_say_more_than_ack_are_not_joined(void **state)
{
	static uint8_t whole[HOST_FRAME_MAX];
	struct gateway *g = *state;
	struct large l = large(4, PROTO_TCP);
	const uint32_t at = sizeof(struct virtio_net_hdr) + CONTROL_AT;

	send_large(g, &l);
	come_back(g, &l);
	at_host(g, whole, 1);
	assert_int_equal(whole[at], ACK | CWR);
	at_host(g, whole, 2);
	assert_int_equal(whole[at], ACK);
	at_host(g, whole, 1);
	assert_int_equal(whole[at], ACK | FIN);
	assert_nothing_more(g);
}

static void other_connection_is_not_joined(void **state)
{
	static uint8_t whole[HOST_FRAME_MAX];
	struct gateway *g = *state;
	struct large l = plain(4), other = l;
	struct host_tag tag = gateway_tag();
	uint8_t *l4 = other.frame + ETH_HEADER_BYTES + other.l4_at;

	put_u16(l4, (uint16_t)(get_u16(l4) + 1U));
	give(g, &l, &tag);
	give(g, &other, &tag);
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, 2 * SEGMENTS);
	come_back(g, &l);
	at_host(g, whole, SEGMENTS);
	at_host(g, whole, SEGMENTS);
	assert_nothing_more(g);
}

/* Of one connection, as it seems: two tunnels may be of the same selectors. */
static void segments_of_two_tunnels_are_not_joined(void **state)
{
	static uint8_t whole[HOST_FRAME_MAX];
	struct gateway *g = *state;
	struct large l = plain(4);
	struct host_run run = { .n = 0 };
	struct packet p[2];
	struct host_cut cut;

	assert_true(host_cut_begin(&cut, &l.vnet, l.frame, l.bytes, FRAME_BYTES));
	for (uint32_t i = 0; i < 2; i++) {
		p[i] = (struct packet){ .state = PKT_OPENED, .if_id = 42 + i };
		assert_true(frame_get(&g->w.umem, &p[i].frame));
		p[i].l3 = umem_at(&g->w.umem, p[i].frame + FRAME_L3_AT);
		p[i].bytes = host_cut_next(&cut, p[i].l3);
		assert_true(ip_parse(slice_of(p[i].l3, p[i].bytes), &p[i].ip));
		g->given++;
	}
	for (uint32_t i = 0; i < 2; i++)
		host_tx(&g->w, &run, &p[i]);
	host_tx_flush(&g->w, &run);
	for (uint32_t i = 0; i < 2; i++) {
		struct tunnel_tag tag;

		at_host(g, whole, 1);
		memcpy(&tag, whole + sizeof(struct virtio_net_hdr), sizeof(tag));
		assert_int_equal(tag.magic, GATEWAY_MAGIC);
		assert_int_equal(tag.if_id, 42 + i);
	}
	assert_nothing_more(g);
}

/* The kernel would cut them elsewhere than they were. */
static void short_segment_is_the_last_that_joins(void **state)
{
	static uint8_t whole[HOST_FRAME_MAX];
	struct gateway *g = *state;
	struct large l = plain(4), next = l;
	struct host_tag tag = gateway_tag();
	uint8_t *seq = next.frame + ETH_HEADER_BYTES + next.l4_at + 4;

	put_u16(seq, (SEQ + PAYLOAD) >> 16);
	put_u16(seq + 2, (SEQ + PAYLOAD) & 0xffff);
	give(g, &l, &tag);
	give(g, &next, &tag);
	worker_step(&g->w);
	come_back(g, &l);
	at_host(g, whole, SEGMENTS);
	at_host(g, whole, SEGMENTS);
	assert_nothing_more(g);
}

/* Where no frame is free, what is left waits, and is not lost. */
static void what_is_left_of_a_large_packet_waits_for_frames(void **state)
{
	struct gateway *g = *state;
	struct large l = plain(4);
	struct host_tag tag = gateway_tag();
	uint64_t kept[FRAMES];
	uint32_t n = 0;

	while (g->w.umem.free_count > 2)
		assert_true(frame_get(&g->w.umem, &kept[n++]));
	give(g, &l, &tag);
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, 2);
	assert_true(host_cut_has_more(&g->w.host.cut));
	while (n)
		frame_put(&g->w.umem, kept[--n]);
	worker_step(&g->w);
	assert_false(host_cut_has_more(&g->w.host.cut));
	assert_int_equal(g->outside.tx_n, SEGMENTS);
	come_back(g, &l);
}

static void large_packet_without_the_magic_is_lost_segment_by_segment(void **state)
{
	struct gateway *g = *state;
	struct large l = plain(4);
	struct host_tag tag = gateway_tag();

	tag.magic++;
	give(g, &l, &tag);
	worker_step(&g->w);
	assert_int_equal(g->drops[DROP_HOST_UNTAGGED].pkts, SEGMENTS);
	assert_int_equal(g->outside.tx_n, 0);
}

static void large_packet_that_lies_is_lost_as_one(void **state)
{
	struct gateway *g = *state;
	struct large l = plain(4);
	struct host_tag tag = gateway_tag();

	l.vnet.gso_size = 0;
	give(g, &l, &tag);
	worker_step(&g->w);
	assert_int_equal(g->drops[DROP_HOST_READ].pkts, 1);
	assert_int_equal(g->drops[DROP_HOST_READ].bytes, l.bytes);
	assert_int_equal(g->outside.tx_n, 0);
}

static void packet_larger_than_a_frame_that_is_not_to_be_cut_is_lost(void **state)
{
	static struct large l;
	struct gateway *g = *state;
	struct host_tag tag = gateway_tag();
	uint8_t whole[sizeof(l.vnet) + FRAME_BYTES] = { 0 };

	memcpy(whole + sizeof(l.vnet), &tag, sizeof(tag));
	assert_int_equal(write(g->host_fd, whole, sizeof(whole)), sizeof(whole));
	g->given++;
	worker_step(&g->w);
	assert_int_equal(g->drops[DROP_HOST_READ].pkts, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(large_packet_is_cut_and_joined_again),
		CASE(large_packet_of_ipv6_is_cut_and_joined_again),
		CASE(kernel_gets_what_we_could_forward_ourselves),
		CASE(segment_with_a_wrong_checksum_is_not_joined),
		CASE(segments_that_say_more_than_ack_are_not_joined),
		CASE(other_connection_is_not_joined),
		CASE(segments_of_two_tunnels_are_not_joined),
		CASE(short_segment_is_the_last_that_joins),
		CASE(what_is_left_of_a_large_packet_waits_for_frames),
		CASE(large_packet_without_the_magic_is_lost_segment_by_segment),
		CASE(large_packet_that_lies_is_lost_as_one),
		CASE(packet_larger_than_a_frame_that_is_not_to_be_cut_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
