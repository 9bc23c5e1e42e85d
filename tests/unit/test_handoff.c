// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two workers of one gateway, the second of which owns the outbound SA: what
 * the first receives for it leaves by the second, no frame is lost on the way
 * there and back, and what does not get there has a name.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/dp/handoff.h"
#include "ctrl/dp/pmtu.h"
#include "include/proto.h"
#include "tests/support/gateway.h"

#define ROUNDS 50U
#define BURST  512U

struct pair {
	struct gateway *g[2];
	struct handoffs *handoffs;
};

static const struct gateway_spec spec = {
	.encr = "aes128gcm16",
	.frames = GATEWAY_FRAMES_MAX,
};

/* The second uses the first one's SAs, and owns the outbound one. */
static int setup_of(void **state, const struct gateway_spec *of,
		    bool second_knows)
{
	struct pair *p = calloc(1, sizeof(*p));
	struct worker *all[2];

	if (!p)
		return -1;
	for (uint32_t i = 0; i < 2; i++) {
		p->g[i] = gateway_new(of);
		if (i == 0 || second_knows)
			gateway_know_all(p->g[i]);
		all[i] = &p->g[i]->w;
		worker_serve(all[i], p->g[0]->sad, i);
	}
	p->g[1]->w.policies = &p->g[0]->policies;
	p->g[0]->out->owner = 1;
	*state = p;
	return handoffs_new(all, 2, &p->handoffs);
}

static int setup(void **state)
{
	return setup_of(state, &spec, true);
}

static int setup_ah(void **state)
{
	static const struct gateway_spec ah = {
		.integ = "sha256",
		.frames = GATEWAY_FRAMES_MAX,
	};

	return setup_of(state, &ah, true);
}

/* It has no next hop yet. */
static int setup_unknowing(void **state)
{
	return setup_of(state, &spec, false);
}

static int teardown(void **state)
{
	struct pair *p = *state;

	handoffs_free(p->handoffs);
	gateway_free(p->g[1]);
	gateway_free(p->g[0]);
	free(p);
	return 0;
}

/* n packets to be protected, by that worker's queue. */
static void give(struct pair *p, uint32_t worker, uint32_t n)
{
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];

	gateway_packet(l3, &inner);
	while (n--)
		gateway_give(p->g[worker], DIR_OUT, l3, inner.total_bytes);
}

static void step(struct pair *p, uint32_t worker)
{
	worker_step(&p->g[worker]->w);
}

static uint32_t seq_of(const struct gateway *g, uint32_t index)
{
	uint32_t bytes, seq_be;
	const uint8_t *l3 = gateway_sent(&g->outside, index, &bytes);

	memcpy(&seq_be, l3 + IPV4_HEADER_BYTES + 4, sizeof(seq_be));
	return ntohl(seq_be);
}

/* What the worker has back is overwritten: nobody may need it any more. */
static void spoil(const struct pair *p, uint32_t worker)
{
	const struct umem *u = &p->g[worker]->w.umem;

	handoff_reclaim(&p->g[worker]->w);
	for (uint32_t i = 0; i < u->free_count; i++)
		memset(umem_at(u, u->free_stack[i]), 0xee, FRAME_BYTES);
}

/* As the peer opens what that worker sent; its octets, from IP on to inner. */
static uint32_t open_sent(const struct pair *p, uint32_t worker, uint32_t index,
			  uint8_t inner[FRAME_BYTES])
{
	const struct gateway *g = p->g[worker];
	const struct sa_rt *sa = p->g[0]->out;
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes, around;
	const uint8_t *sent = gateway_sent(&g->outside, index, &bytes);
	struct crypto_op op = { .esp = l3 + IPV4_HEADER_BYTES };

	memcpy(l3, sent, bytes);
	if (memcmp(op.esp, &sa->spi_be, sizeof(sa->spi_be)) != 0)
		sa = p->g[0]->in;
	around = ESP_HEADER_BYTES + sa->iv_bytes;
	op.text_bytes = bytes - IPV4_HEADER_BYTES - around - sa->icv_bytes;
	sa->backend->open(g->w.crypto, sa->key, &op, 1);
	assert_true(op.ok);
	memcpy(inner, op.esp + around, op.text_bytes);
	return op.text_bytes;
}

/* What was given, one hop on. */
static void assert_is_sealed(const struct pair *p, uint32_t worker,
			     uint32_t index)
{
	struct ip_header inner = gateway_inner();
	uint8_t got[FRAME_BYTES], want[FRAME_BYTES];

	inner.ttl--;
	gateway_packet(want, &inner);
	assert_true(open_sent(p, worker, index, got) > inner.total_bytes);
	assert_memory_equal(got, want, inner.total_bytes);
}

static void assert_balance(const struct pair *p)
{
	assert_true(worker_frames_balance(&p->g[0]->w));
	assert_true(worker_frames_balance(&p->g[1]->w));
}

static uint64_t dropped(const struct pair *p, enum drop_reason reason)
{
	return p->g[0]->drops[reason].pkts + p->g[1]->drops[reason].pkts;
}

static void packet_of_anothers_sa_leaves_by_its_owner(void **state)
{
	struct pair *p = *state;

	give(p, 0, 1);
	step(p, 0);
	assert_int_equal(p->g[0]->outside.tx_n, 0);
	assert_int_equal(handoff_lent(&p->g[0]->w), 1);
	assert_balance(p);
	step(p, 1);
	assert_int_equal(p->g[1]->outside.tx_n, 1);
	assert_int_equal(seq_of(p->g[1], 0), 1);
	step(p, 0);
	assert_int_equal(handoff_lent(&p->g[0]->w), 0);
	spoil(p, 0);
	assert_is_sealed(p, 1, 0);
	assert_balance(p);
}

/* Its padding stands in the lender's frame first. */
static void packet_of_anothers_sa_is_padded_by_its_owner(void **state)
{
	const uint32_t padded = 900, bytes = gateway_inner().total_bytes;
	uint8_t got[FRAME_BYTES];
	struct pair *p = *state;

	p->g[0]->out->tfc_bytes = padded;
	spoil(p, 0);
	give(p, 0, 1);
	step(p, 0);
	step(p, 1);
	assert_is_sealed(p, 1, 0);
	assert_true(open_sent(p, 1, 0, got) > padded);
	for (uint32_t i = bytes; i < padded; i++)
		assert_int_equal(got[i], 0);
	step(p, 0);
	assert_balance(p);
}

/* With its header, whether the cipher brings that along or not. */
static void packet_in_transport_mode_keeps_its_header(void **state)
{
	struct pair *p = *state;
	const struct host_tag tag = gateway_tag();
	struct ip_header h = gateway_inner();
	uint8_t packet[FRAME_BYTES], opened[FRAME_BYTES], dmac[6];
	const uint8_t *sent;
	uint32_t bytes;

	gateway_transport(p->g[0]);
	h.saddr = p->g[0]->out->saddr;
	h.daddr = p->g[0]->out->daddr;
	gateway_packet(packet, &h);
	packet[0] = 4 << 4 | 6;
	memset(packet + 20, IPV4_OPT_NOP, 4);
	packet_mend_checksum(packet, h.total_bytes);
	gateway_host_give(p->g[0], &tag, packet, h.total_bytes);
	step(p, 0);
	step(p, 1);
	spoil(p, 0);
	sent = gateway_sent(&p->g[1]->outside, 0, &bytes);
	gateway_give(p->g[0], DIR_IN, sent, bytes);
	step(p, 0);
	assert_int_equal(gateway_host_take(p->g[0], opened, dmac),
			 h.total_bytes);
	assert_memory_equal(opened, packet, h.total_bytes);
	assert_balance(p);
}

static void numbers_follow_each_other_whoever_received(void **state)
{
	struct pair *p = *state;

	for (uint32_t i = 0; i < 10; i++) {
		give(p, i % 2, 3);
		step(p, 0);
		step(p, 1);
	}
	assert_int_equal(p->g[1]->outside.tx_n, 30);
	for (uint32_t i = 0; i < 30; i++)
		assert_int_equal(seq_of(p->g[1], i), i + 1);
}

static void what_the_owner_cannot_take_in_time_is_dropped_by_name(void **state)
{
	struct pair *p = *state;

	give(p, 0, PORT_MEM_ROOM);
	while (worker_step(&p->g[0]->w))
		;
	assert_int_equal(handoff_lent(&p->g[0]->w), HANDOFF_ROOM);
	p->g[0]->inside.rx_n = p->g[0]->inside.rx_at = 0;
	give(p, 0, 5);
	step(p, 0);
	assert_int_equal(dropped(p, DROP_HANDOFF_FULL), 5);
	assert_balance(p);
}

/* A later fragment of a packet that is one of the workers'. */
static void give_piece(struct pair *p, uint16_t id)
{
	struct gateway *g = p->g[0];
	struct dp_meta meta = gateway_meta(g, DIR_IN);
	struct ip_header h = gateway_inner();
	uint8_t l3[FRAME_BYTES];

	h.protocol = PROTO_ESP;
	h.fragment = IPV4_MF | 64;
	h.id = id;
	meta.sa = (struct sa_ref){ 0 };
	gateway_packet(l3, &h);
	gateway_give_meta(g, &g->outside, &meta, l3, h.total_bytes);
	step(p, 0);
	gateway_reset(g);
}

/* Of ever new packets, half of which are the other worker's: what that one gets by
 * the ring else has room there. */
static void fragments_have_a_quarter_of_the_ring(void **state)
{
	struct pair *p = *state;
	uint16_t id = 0;

	for (uint32_t round = 1; round <= 2; round++) {
		while (id < round * HANDOFF_ROOM)
			give_piece(p, ++id);
		assert_int_equal(handoff_lent(&p->g[0]->w), HANDOFF_ROOM / 4);
		assert_true(dropped(p, DROP_HANDOFF_FULL) > 0);
		p->g[0]->drops[DROP_HANDOFF_FULL].pkts = 0;
		give(p, 0, 5);
		step(p, 0);
		assert_int_equal(dropped(p, DROP_HANDOFF_FULL), 0);
		while (worker_step(&p->g[1]->w))
			;
		step(p, 0);
		assert_int_equal(handoff_lent(&p->g[0]->w), 0);
	}
	assert_balance(p);
}

/* Frames are given back before the packets after them are lost. */
static void owner_without_frames_leaves_them_for_later(void **state)
{
	struct pair *p = *state;
	struct umem *u = &p->g[1]->w.umem;
	uint32_t all = u->free_count;

	give(p, 0, 4);
	step(p, 0);
	u->free_count = 0;
	assert_false(handoff_take(&p->g[1]->w));
	u->free_count = all;
	step(p, 1);
	assert_int_equal(p->g[1]->outside.tx_n, 4);
	assert_int_equal(dropped(p, DROP_HANDOFF_FULL), 0);
}

/* A barrier does not wait for these rings. */
static void packet_on_its_way_takes_the_sa_that_its_policy_has_by_then(void **state)
{
	struct pair *p = *state;
	struct sa_ref ref = p->g[0]->in->ref;
	uint64_t whole = 0;

	give(p, 0, 1);
	step(p, 0);
	atomic_store(&p->g[0]->policies.binding[GATEWAY_POLICY], whole);
	step(p, 1);
	assert_int_equal(p->g[1]->outside.tx_n, 0);
	assert_int_equal(dropped(p, DROP_NO_SA), 1);
	give(p, 0, 1);
	step(p, 0);
	p->g[0]->in->dir = DIR_OUT; /* another SA, of the same worker */
	p->g[0]->in->owner = 1;
	memcpy(&whole, &ref, sizeof(whole));
	atomic_store(&p->g[0]->policies.binding[GATEWAY_POLICY], whole);
	step(p, 1);
	assert_int_equal(p->g[1]->outside.tx_n, 1);
	assert_int_equal(p->g[0]->in->seq, 1);
	p->g[0]->in->dir = DIR_IN;
}

/* The policy's SA is another one, of that worker. */
static void bind_to(struct pair *p, uint32_t worker)
{
	struct gateway *g = p->g[0];
	struct sa_rt *sa = worker == 1 ? g->out : g->in;
	uint64_t whole;

	g->in->dir = DIR_OUT;
	g->in->owner = 0;
	memcpy(&whole, &sa->ref, sizeof(whole));
	atomic_store(&g->policies.binding[GATEWAY_POLICY], whole);
	atomic_fetch_add(&g->policies.changed, 1);
}

static void unbind(struct pair *p)
{
	p->g[0]->in->dir = DIR_IN;
}

static void packet_waits_at_the_owner_for_its_next_hop(void **state)
{
	struct pair *p = *state;

	give(p, 0, 3);
	step(p, 0);
	step(p, 1);
	assert_int_equal(p->g[1]->w.held, 3);
	assert_int_equal(p->g[0]->out->seq, 0);
	step(p, 0);
	assert_int_equal(handoff_lent(&p->g[0]->w), 0);
	spoil(p, 0);
	assert_balance(p);
	gateway_know_all(p->g[1]);
	hold_retry(&p->g[1]->w, true);
	step(p, 1);
	assert_int_equal(p->g[1]->w.held, 0);
	assert_int_equal(p->g[1]->outside.tx_n, 3);
	assert_int_equal(seq_of(p->g[1], 2), 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_is_sealed(p, 1, i);
	assert_balance(p);
}

static void packet_that_no_next_hop_is_found_for_ends_at_the_owner(void **state)
{
	struct pair *p = *state;

	give(p, 0, 1);
	step(p, 0);
	step(p, 1);
	assert_int_equal(p->g[1]->w.held, 1);
	hold_too_long(&p->g[1]->w, 0);
	step(p, 1);
	assert_int_equal(p->g[1]->w.held, 0);
	assert_int_equal(dropped(p, DROP_NO_NEIGHBOUR), 1);
	step(p, 0);
	assert_balance(p);
}

static void packet_that_waits_goes_on_to_the_next_owner(void **state)
{
	struct pair *p = *state;

	give(p, 0, 1);
	step(p, 0);
	step(p, 1);
	assert_int_equal(p->g[1]->w.held, 1);
	bind_to(p, 0);
	step(p, 1);
	assert_int_equal(p->g[1]->w.held, 0);
	assert_int_equal(handoff_lent(&p->g[1]->w), 1);
	spoil(p, 0);
	step(p, 0);
	assert_int_equal(p->g[0]->outside.tx_n, 1);
	assert_is_sealed(p, 0, 0);
	assert_int_equal(p->g[0]->in->seq, 1);
	step(p, 1);
	assert_int_equal(handoff_lent(&p->g[1]->w), 0);
	assert_balance(p);
	unbind(p);
}

/* It goes to and fro as often as its policy's SA changes hands, and no more. */
static void packet_follows_its_sa_however_often_the_owner_changes(void **state)
{
	struct pair *p = *state;

	give(p, 0, 1);
	step(p, 0);
	for (uint32_t i = 0; i < 10; i++) {
		bind_to(p, i % 2);
		step(p, !(i % 2));
		assert_int_equal(handoff_lent(&p->g[!(i % 2)]->w), 1);
		spoil(p, i % 2);
		step(p, !(i % 2));
		assert_balance(p);
	}
	assert_int_equal(p->g[0]->outside.tx_n + p->g[1]->outside.tx_n, 0);
	step(p, 1);
	assert_int_equal(p->g[1]->outside.tx_n, 1);
	assert_is_sealed(p, 1, 0);
	assert_int_equal(p->g[0]->out->seq, 1);
	assert_int_equal(p->g[0]->in->seq, 0);
	step(p, 0);
	assert_int_equal(handoff_lent(&p->g[0]->w), 0);
	assert_balance(p);
	unbind(p);
}

/* Its headers stand before where those of a packet that arrives do. */
static void largest_sealed_packet_crosses_within_one_frame(void **state)
{
	struct pair *p = *state;
	struct gateway *g = p->g[0];
	struct ip_header inner = gateway_inner();
	struct nexthop peer =
		gateway_hop(g, g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);
	const struct port_desc *sent = p->g[1]->outside.tx;
	uint8_t l3[FRAME_BYTES];

	peer.mtu = 9000;
	gateway_know(g, &peer);
	gateway_know(p->g[1], &peer);
	g->out->owner = 0;
	g->w.n_ports = 1; /* the protected one alone */
	inner.total_bytes = pmtu_frame(g->out, peer.mtu);
	gateway_packet(l3, &inner);
	gateway_give(g, DIR_OUT, l3, inner.total_bytes);
	step(p, 0);
	step(p, 1);
	assert_int_equal(p->g[1]->outside.tx_n, 1);
	assert_true(sent->bytes > FRAME_BYTES - FRAME_L3_AT);
	assert_int_equal(frame_of(sent->addr),
			 frame_of(sent->addr + sent->bytes - 1));
	step(p, 0);
	g->w.n_ports = 2;
	assert_balance(p);
}

static void packet_that_its_owner_sealed_leaves_by_anothers_port(void **state)
{
	struct pair *p = *state;

	p->g[1]->w.n_ports = 1; /* the protected one alone */
	give(p, 0, 1);
	step(p, 0);
	step(p, 1);
	spoil(p, 0);
	step(p, 0);
	p->g[1]->w.n_ports = 2;
	assert_int_equal(p->g[0]->outside.tx_n, 1);
	assert_is_sealed(p, 0, 0);
	step(p, 1);
	assert_balance(p);
}

/* Each fragment has its part of the payload. */
static void packet_is_cut_by_its_owner(void **state)
{
	struct pair *p = *state;
	struct ip_header inner = gateway_inner(), piece;
	struct nexthop peer = gateway_hop(p->g[1], p->g[0]->out->daddr, NH_PORT,
					  GATEWAY_OUTSIDE);
	uint8_t whole[FRAME_BYTES], got[FRAME_BYTES];
	uint32_t at, seen = IPV4_HEADER_BYTES;

	peer.mtu = 600;
	gateway_know(p->g[1], &peer);
	inner.fragment = 0;
	inner.total_bytes = 1400;
	gateway_packet(whole, &inner);
	gateway_give(p->g[0], DIR_OUT, whole, inner.total_bytes);
	step(p, 0);
	step(p, 1);
	assert_int_equal(p->g[1]->outside.tx_n, 3);
	for (uint32_t i = 0; i < 3; i++) {
		uint32_t bytes = open_sent(p, 1, i, got);

		assert_true(ip_parse(slice_of(got, bytes), &piece));
		at = IPV4_HEADER_BYTES + (piece.fragment & IPV4_OFFSET_MASK) * 8;
		bytes = piece.total_bytes - IPV4_HEADER_BYTES;
		assert_memory_equal(got + IPV4_HEADER_BYTES, whole + at, bytes);
		seen += bytes;
	}
	assert_int_equal(seen, inner.total_bytes);
	step(p, 0);
	assert_balance(p);
}

static void *run(void *ctx)
{
	worker_run(ctx);
	return NULL;
}

/* The owner may be asleep at any moment; the control thread ends them. */
static void burst(struct pair *p)
{
	struct worker *all[2] = { &p->g[0]->w, &p->g[1]->w };
	pthread_t thread[2];

	give(p, 0, BURST);
	for (uint32_t i = 0; i < 2; i++) {
		atomic_store(&all[i]->stop, false);
		assert_int_equal(pthread_create(&thread[i], NULL, run, all[i]),
				 0);
	}
	for (uint32_t i = 0; i < 2; i++) {
		worker_stop(all[i]);
		pthread_join(thread[i], NULL);
	}
	workers_finish(all, 2);
}

static void nothing_is_lost_between_threads_that_sleep_and_end(void **state)
{
	struct pair *p = *state;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		burst(p);
		assert_int_equal(p->g[1]->outside.tx_n, BURST);
		assert_balance(p);
		gateway_reset(p->g[0]);
		gateway_reset(p->g[1]);
	}
	assert_int_equal(p->g[0]->out->seq, ROUNDS * BURST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		CASE(packet_of_anothers_sa_leaves_by_its_owner),
		CASE(packet_of_anothers_sa_is_padded_by_its_owner),
		CASE(packet_in_transport_mode_keeps_its_header),
		cmocka_unit_test_setup_teardown(
			packet_in_transport_mode_keeps_its_header, setup_ah,
			teardown),
		CASE(numbers_follow_each_other_whoever_received),
		CASE(what_the_owner_cannot_take_in_time_is_dropped_by_name),
		CASE(fragments_have_a_quarter_of_the_ring),
		CASE(owner_without_frames_leaves_them_for_later),
		CASE(packet_on_its_way_takes_the_sa_that_its_policy_has_by_then),
		CASE(largest_sealed_packet_crosses_within_one_frame),
		CASE(packet_that_its_owner_sealed_leaves_by_anothers_port),
		CASE(packet_is_cut_by_its_owner),
		CASE(nothing_is_lost_between_threads_that_sleep_and_end),
		CASE(packet_follows_its_sa_however_often_the_owner_changes),
#undef CASE
#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, setup_unknowing, teardown)
		CASE(packet_waits_at_the_owner_for_its_next_hop),
		CASE(packet_that_no_next_hop_is_found_for_ends_at_the_owner),
		CASE(packet_that_waits_goes_on_to_the_next_owner),
#undef CASE
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
