// SPDX-License-Identifier: BSD-2-Clause
/*
 * AH into a worker: what routers may change and what they may not, and everything
 * that a peer can get wrong. After every case the books of frames and packets must
 * balance.
 */
#include "ctrl/dp/ah.h"
#include "ctrl/wire/ah.h"
#include "ctrl/wire/ipv4.h"
#include "include/proto.h"
#include "tests/unit/ah_fixture.h"

/* --- on the way --- */

static void what_routers_change_is_not_covered(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct gateway *g = gateway_of(&forms[i]);
		uint8_t l3[FRAME_BYTES], got[FRAME_BYTES];
		uint32_t bytes = seal_usual(g, l3), n;

		ip_hop(l3);
		ip_hop(l3);
		ip_set_tos(l3, 0x2e << 2);
		if (forms[i].v6)
			l3[3] = 0x77; /* flow label */
		else
			ipv4_set_word(l3, 6, 0); /* DF */
		step_in(g, l3, bytes);
		assert_int_equal(opened(g, got, &n), 1);
		assert_int_equal(gateway_dropped(g), 0);
		gateway_end(g);
	}
}

/* Octets of a header that may change; IPv4's checksum among them, which is made
 * right for what changed elsewhere, and where it says that it is a fragment, which
 * waits for others. */
static bool may_change(uint8_t version, uint32_t at)
{
	static const bool v4[IPV4_HEADER_BYTES] = {
		[1] = true, [6] = true,	 [7] = true,
		[8] = true, [10] = true, [11] = true
	};
	static const bool v6[IPV6_HEADER_BYTES] = {
		[1] = true, [2] = true, [3] = true, [7] = true
	};

	if (version == 4)
		return at < IPV4_HEADER_BYTES && v4[at];
	return at < IPV6_HEADER_BYTES && v6[at];
}

static void each_octet_that_arrives_changed_is_found_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct gateway *g = gateway_of(&forms[i]);
		const uint8_t version = forms[i].v6 ? 6 : 4;
		uint8_t l3[FRAME_BYTES], got[FRAME_BYTES];
		uint32_t bytes = seal_usual(g, l3), n;

		for (uint32_t at = 0; at < bytes; at++) {
			if (may_change(version, at))
				continue;
			gateway_restart(g, 0);
			gateway_know_all(g);
			l3[at] ^= 0x10;
			packet_mend_checksum(l3, bytes);
			step_in(g, l3, bytes);
			l3[at] ^= 0x10;
			packet_mend_checksum(l3, bytes);
			assert_int_equal(opened(g, got, &n), 0);
			assert_int_equal(gateway_dropped(g), 1);
			assert_int_equal(g->in->replay.top, 0);
		}
		gateway_end(g);
	}
}

static void octet_of_the_payload_that_changed_is_called_forged(void **state)
{
	struct gateway *g = gateway_of(&tunnel);
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_usual(g, l3);

	(void)state;
	l3[bytes - 1] ^= 1;
	step_in(g, l3, bytes);
	assert_int_equal(sa_drops(&g->in->count, DROP_ICV), 1);
	assert_drop(g, DROP_ICV);
}

static void source_address_that_changed_is_called_forged(void **state)
{
	struct gateway *g = gateway_of(&tunnel);
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_usual(g, l3);

	(void)state;
	l3[15] ^= 1;
	packet_mend_checksum(l3, bytes);
	step_in(g, l3, bytes);
	assert_drop(g, DROP_ICV);
}

/* --- numbers --- */

static void packet_is_taken_once(void **state)
{
	struct gateway *g = gateway_of(&tunnel);
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_usual(g, l3);

	(void)state;
	step_in(g, l3, bytes);
	l3[bytes - 1] ^= 1; /* the number is looked at before the ICV */
	step_in(g, l3, bytes);
	assert_int_equal(g->inside.tx_n, 1);
	assert_drop(g, DROP_REPLAY);
}

static void two_copies_in_one_batch_are_taken_once(void **state)
{
	struct gateway *g = gateway_of(&tunnel);
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_usual(g, l3);

	(void)state;
	gateway_give(g, DIR_IN, l3, bytes);
	step_in(g, l3, bytes);
	assert_int_equal(g->inside.tx_n, 1);
	assert_int_equal(atomic_load(&g->in->count.pkts), 1);
	assert_drop(g, DROP_REPLAY);
}

static void number_left_of_the_window_is_refused(void **state)
{
	struct gateway *g = gateway_of(&tunnel);
	uint8_t first[FRAME_BYTES], right[FRAME_BYTES];
	uint32_t bytes = seal_usual(g, first);

	(void)state;
	g->out->seq = GATEWAY_WINDOW;
	seal_usual(g, right);
	step_in(g, right, bytes);
	assert_int_equal(g->in->replay.top, GATEWAY_WINDOW + 1);
	step_in(g, first, bytes);
	assert_drop(g, DROP_REPLAY);
}

static void forged_number_moves_no_window(void **state)
{
	struct gateway *g = gateway_of(&tunnel_esn);
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_usual(g, l3);

	(void)state;
	l3[IPV4_HEADER_BYTES + 9] ^= 1;
	step_in(g, l3, bytes);
	assert_int_equal(g->in->replay.top, 0);
	assert_drop(g, DROP_ICV);
}

/* --- in --- */

/*
 * A packet of the peer's with that next header, by our own reading of the RFC: an
 * outer header, or in transport mode the SA's ends; pad more octets of ICV padding
 * than are needed.
 */
static uint32_t build(struct gateway *g, uint8_t next_header,
		      const uint8_t *inside, uint32_t n, uint32_t pad,
		      uint8_t *l3)
{
	struct sa_rt *sa = g->out;
	const uint64_t seq = ++sa->seq;
	const uint32_t ah = sa->head_bytes + pad;
	struct ip_header ip = {
		.version = addr_is_v4(&sa->saddr) ? 4 : 6,
		.ttl = 64,
		.protocol = PROTO_AH,
		.saddr = sa->saddr,
		.daddr = sa->daddr,
	};
	const uint32_t front = ip_least_bytes(ip.version);
	const struct ah_header h = { .next_header = next_header,
				     .bytes = ah,
				     .spi_be = sa->spi_be,
				     .seq = (uint32_t)seq };
	uint8_t covered[FRAME_BYTES], icv[AH_ICV_MAX];
	struct crypto_mac mac = { .from = covered,
				  .seq_hi = (uint32_t)(seq >> 32),
				  .icv = icv };

	ip.total_bytes = mac.bytes = front + ah + n;
	ip_build(l3, &ip);
	ah_build(l3 + front, &h);
	memcpy(l3 + front + ah, inside, n);
	memcpy(covered, l3, ip.total_bytes);
	assert_true(ah_cover(covered, front));
	sa->backend->mac(g->w.crypto, sa->key, &mac, 1);
	assert_true(mac.ok);
	memcpy(l3 + front + AH_HEADER_BYTES, icv, sa->icv_bytes);
	return ip.total_bytes;
}

static void icv_padding_of_linux_is_taken(void **state)
{
	struct gateway *g = gateway_of(&tunnel);
	const struct ip_header h = gateway_inner();
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];

	(void)state;
	gateway_packet(packet, &h);
	step_in(g, l3, build(g, PROTO_IPIP, packet, h.total_bytes, 4, l3));
	assert_opens(g, packet, h.total_bytes, 1);
	gateway_end(g);
}

static void header_of_another_length_is_refused(void **state)
{
	(void)state;
	for (uint32_t pad = 8; pad <= 64; pad += 28) {
		struct gateway *g = gateway_of(&tunnel);
		const struct ip_header h = gateway_inner();
		uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];

		gateway_packet(packet, &h);
		step_in(g, l3,
			build(g, PROTO_IPIP, packet, h.total_bytes, pad, l3));
		assert_drop(g, DROP_ESP_LENGTH);
	}
}

static void header_that_ends_behind_the_packet_is_refused(void **state)
{
	struct gateway *g = gateway_of(&tunnel);
	uint8_t l3[FRAME_BYTES];

	(void)state;
	seal_usual(g, l3);
	l3[2] = 0;
	l3[3] = (uint8_t)(IPV4_HEADER_BYTES + g->in->head_bytes - 4);
	packet_mend_checksum(l3, l3[3]);
	step_in(g, l3, l3[3]);
	assert_drop(g, DROP_ESP_LENGTH);
}

/* The packet's own length, of whichever family. */
static void put_length(uint8_t *l3, uint32_t n)
{
	if (l3[0] >> 4 == 6) {
		l3[4] = (uint8_t)((n - 40) >> 8);
		l3[5] = (uint8_t)(n - 40);
		return;
	}
	l3[2] = (uint8_t)(n >> 8);
	l3[3] = (uint8_t)n;
	packet_mend_checksum(l3, n);
}

/* From a bare IP header to one octet less than AH and its ICV. */
static void ah_too_short_for_its_parts_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct gateway *g = gateway_of(&forms[i]);
		const uint32_t front = ip_least_bytes(forms[i].v6 ? 6 : 4);
		uint8_t l3[FRAME_BYTES];
		uint32_t refused = 0;

		seal_usual(g, l3);
		for (uint32_t n = front; n < front + g->in->head_bytes; n++) {
			put_length(l3, n);
			step_in(g, l3, n);
			refused++;
		}
		assert_int_equal(g->drops[DROP_ESP_LENGTH].pkts, refused);
		assert_int_equal(gateway_dropped(g), refused);
		gateway_end(g);
	}
}

/* Of what Linux may say too much the ICV is another one. */
static void payload_len_that_lies_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct gateway *g = gateway_of(&forms[i]);
		const uint32_t front = ip_least_bytes(forms[i].v6 ? 6 : 4);
		uint8_t l3[FRAME_BYTES];
		uint32_t bytes = seal_usual(g, l3);
		const uint8_t is = l3[front + 1];

		for (uint32_t lie = 0; lie <= UINT8_MAX; lie++) {
			l3[front + 1] = (uint8_t)lie;
			if (lie != is)
				step_in(g, l3, bytes);
		}
		assert_in_range(g->drops[DROP_ICV].pkts, 0, 1);
		assert_int_equal(g->drops[DROP_ESP_LENGTH].pkts +
					 g->drops[DROP_ICV].pkts,
				 UINT8_MAX);
		assert_int_equal(gateway_dropped(g), UINT8_MAX);
		assert_int_equal(g->in->replay.top, 0);
		gateway_end(g);
	}
}

static void esp_is_not_taken_for_ah(void **state)
{
	struct gateway *g = gateway_of(&tunnel);
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_usual(g, l3);

	(void)state;
	l3[9] = PROTO_ESP;
	packet_mend_checksum(l3, bytes);
	step_in(g, l3, bytes);
	assert_drop(g, DROP_ESP_LENGTH);
}

static void spi_that_is_not_its_sas_is_refused(void **state)
{
	struct gateway *g = gateway_of(&tunnel);
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_usual(g, l3);

	(void)state;
	l3[IPV4_HEADER_BYTES + AH_SPI_AT + 3] ^= 1;
	step_in(g, l3, bytes);
	assert_drop(g, DROP_SA_GONE);
}

struct inside_case {
	const char *name;
	const struct form *form;
	uint8_t next_header;
	enum drop_reason reason;
	uint32_t bytes; /* of an inner packet */
};

static const struct inside_case insides[] = {
	{ "UDP in a tunnel", &tunnel, PROTO_UDP, DROP_NEXT_HEADER, 100 },
	{ "a dummy", &tunnel, PROTO_NONE, DROP_DUMMY, 100 },
	{ "another family", &tunnel, PROTO_IPV6, DROP_INNER_MALFORMED, 100 },
	{ "a packet that is cut", &tunnel, PROTO_IPIP, DROP_INNER_MALFORMED, 99 },
	{ "nothing", &tunnel, PROTO_IPIP, DROP_INNER_MALFORMED, 0 },
	{ "a tunnel's packet", &transport, PROTO_IPIP, DROP_NEXT_HEADER, 100 },
	{ "a tunnel's packet of IPv6", &transport_v6, PROTO_IPV6,
	  DROP_NEXT_HEADER, 100 },
};

static void what_is_inside_is_of_the_sa_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(insides); i++) {
		const struct inside_case *c = &insides[i];
		struct gateway *g = gateway_of(c->form);
		const struct ip_header h = gateway_inner();
		uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];

		print_message("%s\n", c->name);
		gateway_packet(packet, &h);
		step_in(g, l3,
			build(g, c->next_header, packet, c->bytes, 0, l3));
		assert_int_equal(g->in->replay.top, 1);
		assert_drop(g, c->reason);
	}
}

static void inner_packet_outside_the_selectors_is_refused(void **state)
{
	struct gateway *g = gateway_of(&tunnel);
	struct ip_header h = gateway_inner();
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];

	(void)state;
	h.daddr = addr_of("10.3.0.1");
	gateway_packet(packet, &h);
	step_in(g, l3, build(g, PROTO_IPIP, packet, h.total_bytes, 0, l3));
	assert_drop(g, DROP_SELECTOR);
}

static void congestion_on_the_way_goes_inside_or_drops(void **state)
{
	(void)state;
	for (uint8_t ect = 0; ect <= 2; ect += 2) {
		struct gateway *g = gateway_of(&tunnel);
		struct ip_header h = gateway_inner();
		uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES], got[FRAME_BYTES];
		uint32_t bytes, n;

		h.tos = ect;
		gateway_packet(packet, &h);
		bytes = seal(g, packet, h.total_bytes, l3);
		assert_int_equal(l3[1], ect);
		ip_set_tos(l3, ECN_CE);
		step_in(g, l3, bytes);
		if (!ect) {
			assert_drop(g, DROP_ECN);
			continue;
		}
		assert_int_equal(opened(g, got, &n), 1);
		assert_int_equal(got[1], ECN_CE);
		gateway_end(g);
	}
}

static void packet_from_elsewhere_is_not_the_peers_in_transport_mode(void **state)
{
	struct gateway *g = gateway_of(&transport);
	uint8_t l3[FRAME_BYTES], udp[80] = { 0 };

	(void)state;
	g->out->saddr = addr_of("192.0.2.77");
	step_in(g, l3, build(g, PROTO_UDP, udp, sizeof(udp), 0, l3));
	assert_drop(g, DROP_SELECTOR);
}

/* --- room behind a packet --- */

static const struct crypto_backend *real;
static uint32_t watched;

/* What extended numbers need behind a packet is its frame's, not another's. */
static void watch(struct crypto_thread *thread, struct crypto_key *key,
		  struct crypto_mac *macs, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		const uintptr_t from = (uintptr_t)macs[i].from;

		assert_int_equal(from / FRAME_BYTES,
				 (from + macs[i].bytes + 3) / FRAME_BYTES);
		watched++;
	}
	real->mac(thread, key, macs, n);
}

static void packet_at_its_frames_end_stays_in_it(void **state)
{
	const uint32_t most = FRAME_BYTES - FRAME_ETH_AT - ETH_HEADER_BYTES;
	struct crypto_backend watching;

	(void)state;
	for (uint32_t bytes = most - 8; bytes <= most; bytes++) {
		struct gateway *g = gateway_of(&tunnel_esn);
		struct ip_header h = gateway_inner();
		uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];

		real = g->in->backend;
		watching = *real;
		watching.mac = watch;
		watched = 0;
		h.total_bytes = bytes - IPV4_HEADER_BYTES - g->in->head_bytes;
		gateway_packet(packet, &h);
		assert_int_equal(build(g, PROTO_IPIP, packet, h.total_bytes, 0,
				       l3),
				 bytes);
		g->in->backend = &watching;
		step_in(g, l3, bytes);
		g->in->backend = real;
		assert_int_equal(watched, 1);
		assert_int_equal(gateway_dropped(g), 0);
		gateway_end(g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_routers_change_is_not_covered),
		cmocka_unit_test(each_octet_that_arrives_changed_is_found_out),
		cmocka_unit_test(
			octet_of_the_payload_that_changed_is_called_forged),
		cmocka_unit_test(source_address_that_changed_is_called_forged),
		cmocka_unit_test(packet_is_taken_once),
		cmocka_unit_test(two_copies_in_one_batch_are_taken_once),
		cmocka_unit_test(number_left_of_the_window_is_refused),
		cmocka_unit_test(forged_number_moves_no_window),
		cmocka_unit_test(icv_padding_of_linux_is_taken),
		cmocka_unit_test(header_of_another_length_is_refused),
		cmocka_unit_test(header_that_ends_behind_the_packet_is_refused),
		cmocka_unit_test(ah_too_short_for_its_parts_is_refused),
		cmocka_unit_test(payload_len_that_lies_is_refused),
		cmocka_unit_test(esp_is_not_taken_for_ah),
		cmocka_unit_test(spi_that_is_not_its_sas_is_refused),
		cmocka_unit_test(what_is_inside_is_of_the_sa_or_refused),
		cmocka_unit_test(inner_packet_outside_the_selectors_is_refused),
		cmocka_unit_test(congestion_on_the_way_goes_inside_or_drops),
		cmocka_unit_test(
			packet_from_elsewhere_is_not_the_peers_in_transport_mode),
		cmocka_unit_test(packet_at_its_frames_end_stays_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
