// SPDX-License-Identifier: BSD-2-Clause
/*
 * ESP in TCP through a worker (RFC 9329): to the process that holds the connections and
 * from it, by a pair of sockets; what that one says is believed as little as a
 * stranger on the wire; and nothing goes another way. After every case the books of
 * frames and packets must balance.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/dp/esp.h"
#include "ctrl/dp/pmtu.h"
#include "ctrl/model/stream.h"
#include "ctrl/wire/octets.h"
#include "include/proto.h"
#include "tests/support/gateway.h"

#define FRAMES 512U
#define STREAM 7U
#define HEAD   ((uint32_t)sizeof(struct stream_esp))
#define ROOM   (HEAD + UINT16_MAX)
#define MANY   4000U /* more than a pair holds */

struct bench {
	struct gateway *g;
	int far;
};

static void move(struct gateway *g, uint32_t stream)
{
	struct sa_rt *const sas[] = { g->out, g->in };

	for (size_t i = 0; i < 2; i++) {
		const struct sa_ends to = { .saddr = sas[i]->saddr,
					    .daddr = sas[i]->daddr,
					    .stream = stream };

		assert_int_equal(sad_move_ends(g->sad, sas[i]->ref, &to), 0);
	}
}

static void join(struct bench *b)
{
	assert_int_equal(stream_join(&b->g->w, &b->far), 0);
	worker_step(&b->g->w);
	assert_true(b->g->w.stream.fd >= 0);
}

static void leave(struct bench *b)
{
	if (b->far >= 0)
		close(b->far);
	b->far = -1;
}

static int setup(void **state)
{
	const struct gateway_spec spec = { "aes128gcm16", NULL, false, FRAMES };
	static struct bench b;

	b.g = gateway_new(&spec);
	gateway_know_all(b.g);
	move(b.g, STREAM);
	join(&b);
	*state = &b;
	return 0;
}

static int setup_v6(void **state)
{
	const struct gateway_spec spec = { "aes128", "sha256", false, FRAMES };
	static struct bench b;

	b.g = gateway_new(&spec);
	gateway_outer_v6(b.g);
	gateway_know_all(b.g);
	move(b.g, STREAM);
	join(&b);
	*state = &b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;
	bool balance = gateway_books_balance(b->g);

	leave(b);
	gateway_free(b->g);
	return balance ? 0 : -1;
}

/* What the worker sent by the pair, with its head; 0: nothing. */
static uint32_t take(struct bench *b, uint8_t *at)
{
	ssize_t n = recv(b->far, at, ROOM, MSG_DONTWAIT);

	if (n <= 0)
		return 0;
	b->g->sent++;
	return (uint32_t)n;
}

static void give(struct bench *b, const uint8_t *at, uint32_t bytes)
{
	assert_int_equal(send(b->far, at, bytes, MSG_DONTWAIT), bytes);
	b->g->given++;
}

static void step_out(struct gateway *g, const struct ip_header *inner)
{
	uint8_t packet[FRAME_BYTES];

	gateway_packet(packet, inner);
	gateway_give(g, DIR_OUT, packet, inner->total_bytes);
	worker_step(&g->w);
}

/* The usual inner packet, as it goes to its connection. */
static uint32_t make(struct bench *b, uint8_t *at)
{
	const struct ip_header inner = gateway_inner();
	uint32_t bytes;

	step_out(b->g, &inner);
	bytes = take(b, at);
	assert_true(bytes > HEAD);
	return bytes;
}

static uint32_t stream_of(const uint8_t *at)
{
	struct stream_esp head;

	memcpy(&head, at, sizeof(head));
	assert_int_equal(head.zero, 0);
	return head.stream;
}

/* Of whom stream knows whether its connection is with them. */
static struct addr peer_of(const uint8_t *at)
{
	struct stream_esp head;

	memcpy(&head, at, sizeof(head));
	return head.peer;
}

static uint32_t word_at(const uint8_t *at)
{
	uint32_t be;

	memcpy(&be, at, sizeof(be));
	return ntohl(be);
}

static uint64_t dropped(const struct bench *b, enum drop_reason why)
{
	return b->g->drops[why].pkts;
}

/* --- out --- */

static void sealed_packet_goes_to_its_connection_and_nowhere_else(void **state)
{
	struct bench *b = *state;
	uint8_t at[ROOM];
	uint32_t bytes = make(b, at);
	const uint32_t inner = gateway_inner().total_bytes;
	const struct addr peer = peer_of(at);

	assert_int_equal(stream_of(at), STREAM);
	assert_true(addr_equal(&peer, &b->g->out->daddr));
	assert_int_equal(word_at(at + HEAD), GATEWAY_SPI);
	assert_int_equal(word_at(at + HEAD + 4), 1);
	assert_int_equal(bytes, HEAD + b->g->out->head_bytes +
					esp_text_bytes(b->g->out, inner) +
					b->g->out->tail_bytes);
	assert_int_equal(take(b, at), 0);
	assert_int_equal(port_mem_sent_n(&b->g->outside), 0);
	assert_int_equal(port_mem_sent_n(&b->g->inside), 0);
	assert_int_equal(b->g->passes[PASS_WORKER_STREAM].pkts, 1);
	assert_int_equal(b->g->passes[PASS_WORKER_TX].pkts, 0);
	assert_int_equal(b->g->out->count.pkts, 1);
}

static void no_next_hop_is_asked_for(void **state)
{
	struct bench *b = *state;
	struct nexthop_query query;
	uint8_t at[ROOM];

	gateway_restart(b->g, 0);
	make(b, at);
	assert_false(gateway_asked(b->g, &query));
}

static void batch_goes_in_its_order(void **state)
{
	struct bench *b = *state;
	struct ip_header inner = gateway_inner();
	uint8_t packet[FRAME_BYTES], at[ROOM];

	gateway_packet(packet, &inner);
	for (uint32_t i = 0; i < BATCH_MAX; i++)
		gateway_give(b->g, DIR_OUT, packet, inner.total_bytes);
	worker_step(&b->g->w);
	for (uint32_t i = 0; i < BATCH_MAX; i++) {
		assert_true(take(b, at) > 0);
		assert_int_equal(word_at(at + HEAD + 4), i + 1);
	}
	assert_int_equal(take(b, at), 0);
}

static void full_pair_drops_by_name(void **state)
{
	struct bench *b = *state;
	struct ip_header inner = gateway_inner();
	uint8_t at[ROOM];
	uint64_t sent;

	inner.total_bytes = 1200;
	for (uint32_t i = 0; i < MANY; i++) {
		step_out(b->g, &inner);
		gateway_reset(b->g);
	}
	sent = b->g->passes[PASS_WORKER_STREAM].pkts;
	assert_true(dropped(b, DROP_STREAM_FULL) > 0);
	assert_true(sent > 2 * (uint64_t)BATCH_MAX);
	assert_int_equal(sent + dropped(b, DROP_STREAM_FULL), MANY);
	assert_int_equal(sa_drops(&b->g->out->count, DROP_STREAM_FULL),
			 dropped(b, DROP_STREAM_FULL));
	for (uint64_t i = 0; i < sent; i++)
		assert_true(take(b, at) > 0);
	assert_int_equal(take(b, at), 0);
	make(b, at);
}

static void process_that_is_gone_gets_nothing_until_another_is_there(void **state)
{
	struct bench *b = *state;
	const struct ip_header inner = gateway_inner();
	uint8_t at[ROOM];

	leave(b);
	worker_step(&b->g->w);
	assert_int_equal(b->g->w.stream.fd, -1);
	step_out(b->g, &inner);
	assert_int_equal(dropped(b, DROP_STREAM_GONE), 1);
	assert_int_equal(sa_seq(b->g->out), 0);
	join(b);
	make(b, at);
	assert_int_equal(word_at(at + HEAD + 4), 1);
}

/* Between a round's begin, when the pair is still there, and its end. */
static void process_that_goes_meanwhile_drops_by_name(void **state)
{
	struct bench *b = *state;
	struct ip_header inner = gateway_inner();
	uint8_t packet[FRAME_BYTES];

	gateway_packet(packet, &inner);
	gateway_give(b->g, DIR_OUT, packet, inner.total_bytes);
	leave(b);
	worker_step(&b->g->w);
	assert_int_equal(dropped(b, DROP_STREAM_GONE), 1);
	assert_int_equal(port_mem_sent_n(&b->g->outside), 0);
}

static void newer_pair_takes_the_place_of_one_that_was_not_taken(void **state)
{
	struct bench *b = *state;
	uint8_t at[ROOM];
	int never, old = b->far;

	assert_int_equal(stream_join(&b->g->w, &never), 0);
	assert_int_equal(stream_join(&b->g->w, &b->far), 0);
	worker_step(&b->g->w);
	make(b, at);
	assert_int_equal(recv(never, at, ROOM, MSG_DONTWAIT), 0);
	assert_int_equal(recv(old, at, ROOM, MSG_DONTWAIT), 0);
	close(never);
	close(old);
}

static void connection_to_come_takes_no_number(void **state)
{
	struct bench *b = *state;
	const struct ip_header inner = gateway_inner();
	uint8_t at[ROOM];

	move(b->g, STREAM_LOST);
	step_out(b->g, &inner);
	assert_int_equal(dropped(b, DROP_STREAM_GONE), 1);
	assert_int_equal(sa_seq(b->g->out), 0);
	assert_int_equal(take(b, at), 0);
	assert_int_equal(port_mem_sent_n(&b->g->outside), 0);
}

static void sa_moves_to_another_connection_and_out_of_tcp_and_back(void **state)
{
	static const uint32_t streams[] = { STREAM + 1, STREAM_NONE, STREAM };
	struct bench *b = *state;
	const struct ip_header inner = gateway_inner();
	uint8_t at[ROOM];
	uint32_t seq = 0;

	for (size_t i = 0; i < 3; i++) {
		move(b->g, streams[i]);
		step_out(b->g, &inner);
		seq++;
		if (!streams[i]) {
			assert_int_equal(take(b, at), 0);
			assert_int_equal(port_mem_sent_n(&b->g->outside), 1);
			gateway_reset(b->g);
			continue;
		}
		assert_true(take(b, at) > 0);
		assert_int_equal(stream_of(at), streams[i]);
		assert_int_equal(word_at(at + HEAD + 4), seq);
		assert_int_equal(port_mem_sent_n(&b->g->outside), 0);
	}
}

static void path_is_as_of_1400_octets_however_wide_the_link_is(void **state)
{
	struct bench *b = *state;
	struct ip_header inner = gateway_inner();
	const uint32_t most = pmtu_inner(b->g->out, GATEWAY_MTU);
	uint8_t at[ROOM];
	uint32_t bytes;

	assert_int_equal(most, esp_inner_mtu(b->g->out, STREAM_PATH_MTU));
	inner.total_bytes = most;
	step_out(b->g, &inner);
	bytes = take(b, at);
	assert_in_range(bytes, HEAD + STREAM_PATH_MTU - IPV6_HEADER_BYTES - 16,
			HEAD + STREAM_PATH_MTU - IPV4_HEADER_BYTES);
	inner.total_bytes = most + 1; /* it has DF */
	step_out(b->g, &inner);
	worker_step(&b->g->w);
	assert_int_equal(take(b, at), 0);
	assert_int_equal(dropped(b, DROP_TOO_BIG), 1);
	assert_int_equal(b->g->passes[PASS_WORKER_ICMP].pkts, 1);
	inner.fragment = 0;
	step_out(b->g, &inner);
	assert_true(take(b, at) > 0);
	assert_true(take(b, at) > 0);
	assert_int_equal(b->g->passes[PASS_WORKER_FRAGMENT].pkts, 1);
}

/* --- in --- */

static void what_was_sealed_opens_from_any_connection(void **state)
{
	struct bench *b = *state;
	const struct ip_header inner = gateway_inner();
	uint8_t at[ROOM], packet[FRAME_BYTES];
	const uint8_t *opened;
	uint32_t bytes, n;

	for (uint32_t i = 1; i <= 3; i++) {
		bytes = make(b, at);
		at[0] ^= (uint8_t)i; /* the stream's number */
		give(b, at, bytes);
		worker_step(&b->g->w);
		assert_int_equal(port_mem_sent_n(&b->g->inside), 1);
		opened = gateway_sent(&b->g->inside, 0, &n);
		gateway_packet(packet, &inner);
		assert_int_equal(n, inner.total_bytes);
		assert_memory_equal(opened + IPV4_HEADER_BYTES,
				    packet + IPV4_HEADER_BYTES,
				    n - IPV4_HEADER_BYTES);
		gateway_reset(b->g);
	}
	assert_int_equal(b->g->passes[PASS_STREAM_IN].pkts, 3);
	assert_int_equal(b->g->in->count.pkts, 3);
	assert_int_equal(gateway_dropped(b->g), 0);
}

static void dscp_and_ecn_stay_those_of_the_packet(void **state)
{
	struct bench *b = *state;
	struct ip_header inner = gateway_inner();
	uint8_t at[ROOM];
	uint32_t n;

	b->g->in->outer.tos_taken = 0xff; /* of UDP it would be */
	for (uint32_t tos = 0; tos < 256; tos++) {
		inner.tos = (uint8_t)tos;
		step_out(b->g, &inner);
		n = take(b, at);
		give(b, at, n);
		worker_step(&b->g->w);
		assert_int_equal(gateway_sent(&b->g->inside, 0, &n)[1], tos);
		gateway_reset(b->g);
	}
	assert_int_equal(b->g->passes[PASS_WORKER_ECN].pkts, 0);
}

static void no_truncation_opens(void **state)
{
	struct bench *b = *state;
	uint8_t at[ROOM];
	uint32_t bytes = make(b, at);

	for (uint32_t n = 1; n < bytes; n++) {
		give(b, at, n);
		worker_step(&b->g->w);
		assert_int_equal(gateway_dropped(b->g), n);
		assert_int_equal(b->g->w.stream.fd < 0, false);
	}
	assert_int_equal(dropped(b, DROP_ESP_TRUNCATED),
			 HEAD + ESP_HEADER_BYTES - 1);
	assert_int_equal(port_mem_sent_n(&b->g->inside), 0);
	give(b, at, bytes);
	worker_step(&b->g->w);
	assert_int_equal(port_mem_sent_n(&b->g->inside), 1);
}

static void no_damaged_octet_opens_and_none_comes_twice(void **state)
{
	struct bench *b = *state;
	uint8_t at[ROOM];
	uint32_t bytes = make(b, at);

	for (uint32_t i = HEAD; i < bytes; i++) {
		at[i] ^= 0x10;
		give(b, at, bytes);
		at[i] ^= 0x10;
	}
	while (worker_step(&b->g->w))
		;
	assert_int_equal(port_mem_sent_n(&b->g->inside), 0);
	assert_int_equal(gateway_dropped(b->g), bytes - HEAD);
	assert_int_equal(dropped(b, DROP_SPI_UNKNOWN), 4);
	assert_int_equal(dropped(b, DROP_ICV), bytes - HEAD - 4);
	give(b, at, bytes);
	give(b, at, bytes);
	worker_step(&b->g->w);
	assert_int_equal(port_mem_sent_n(&b->g->inside), 1);
	assert_int_equal(dropped(b, DROP_REPLAY), 1);
}

static void sa_that_is_not_in_tcp_takes_nothing_from_there(void **state)
{
	struct bench *b = *state;
	uint8_t at[ROOM];
	uint32_t bytes = make(b, at);

	move(b->g, STREAM_NONE);
	give(b, at, bytes);
	worker_step(&b->g->w);
	assert_int_equal(dropped(b, DROP_SPI_UNKNOWN), 1);
	move(b->g, STREAM_LOST); /* the peer knows which it will be */
	give(b, at, bytes);
	worker_step(&b->g->w);
	assert_int_equal(port_mem_sent_n(&b->g->inside), 1);
}

static void sa_that_is_gone_takes_nothing(void **state)
{
	struct bench *b = *state;
	uint8_t at[ROOM];
	uint32_t bytes = make(b, at);

	assert_int_equal(sad_remove(b->g->sad, b->g->in->ref), 0);
	give(b, at, bytes);
	worker_step(&b->g->w);
	assert_int_equal(dropped(b, DROP_SPI_UNKNOWN), 1);
	assert_int_equal(port_mem_sent_n(&b->g->inside), 0);
}

static void larger_than_a_frame_is_dropped_by_name(void **state)
{
	struct bench *b = *state;
	uint8_t at[ROOM] = { 0 };
	uint32_t bytes = make(b, at);

	give(b, at, FRAME_BYTES);
	give(b, at, HEAD + 60000);
	give(b, at, bytes);
	worker_step(&b->g->w);
	assert_int_equal(dropped(b, DROP_JUMBO), 2);
	assert_int_equal(port_mem_sent_n(&b->g->inside), 1);
}

static void more_than_there_are_frames_waits(void **state)
{
	struct bench *b = *state;
	uint8_t at[ROOM];
	uint64_t taken[FRAMES];
	uint32_t bytes = make(b, at), n = 0;

	for (uint32_t i = 0; i < 3; i++)
		give(b, at, bytes);
	while (b->g->w.umem.free_count > 1)
		assert_true(frame_get(&b->g->w.umem, &taken[n++]));
	assert_true(stream_rx(&b->g->w));
	assert_int_equal(b->g->passes[PASS_STREAM_IN].pkts, 1);
	assert_int_equal(b->g->w.umem.free_count, 0);
	assert_false(stream_rx(&b->g->w));
	assert_true(b->g->w.stream.fd >= 0);
	while (n > 0)
		frame_put(&b->g->w.umem, taken[--n]);
	worker_step(&b->g->w);
	assert_int_equal(b->g->passes[PASS_STREAM_IN].pkts, 3);
	assert_int_equal(dropped(b, DROP_REPLAY), 2);
}

#define CASE(f)	   cmocka_unit_test_setup_teardown(f, setup, teardown)
#define CASE_V6(f) cmocka_unit_test_setup_teardown(f, setup_v6, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(sealed_packet_goes_to_its_connection_and_nowhere_else),
		CASE_V6(sealed_packet_goes_to_its_connection_and_nowhere_else),
		CASE(no_next_hop_is_asked_for),
		CASE(batch_goes_in_its_order),
		CASE(full_pair_drops_by_name),
		CASE(process_that_is_gone_gets_nothing_until_another_is_there),
		CASE(process_that_goes_meanwhile_drops_by_name),
		CASE(newer_pair_takes_the_place_of_one_that_was_not_taken),
		CASE(connection_to_come_takes_no_number),
		CASE(sa_moves_to_another_connection_and_out_of_tcp_and_back),
		CASE(path_is_as_of_1400_octets_however_wide_the_link_is),
		CASE_V6(path_is_as_of_1400_octets_however_wide_the_link_is),
		CASE(what_was_sealed_opens_from_any_connection),
		CASE_V6(what_was_sealed_opens_from_any_connection),
		CASE(dscp_and_ecn_stay_those_of_the_packet),
		CASE(no_truncation_opens),
		CASE(no_damaged_octet_opens_and_none_comes_twice),
		CASE(sa_that_is_not_in_tcp_takes_nothing_from_there),
		CASE(sa_that_is_gone_takes_nothing),
		CASE(larger_than_a_frame_is_dropped_by_name),
		CASE(more_than_there_are_frames_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
