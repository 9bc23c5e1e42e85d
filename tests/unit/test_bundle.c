// SPDX-License-Identifier: BSD-2-Clause
/*
 * ESP in AH through a worker, in both modes of ESP and both families: what leaves,
 * that it comes out again as it was, and that neither SA takes what is the other
 * one's. After every case the books of frames and packets must balance.
 */
#include <arpa/inet.h>

#include "ctrl/dp/esp.h"
#include "ctrl/dp/tap.h"
#include "ctrl/dp/tfc.h"
#include "ctrl/wire/ah.h"
#include "include/proto.h"
#include "tests/unit/bundle_fixture.h"

/* --- both ways --- */

static void what_is_protected_comes_out_as_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct bundle b = bundle_of(&forms[i]);
		const struct ip_header h = inside_of(&b);
		uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];
		uint32_t bytes;

		gateway_packet(packet, &h);
		bytes = seal(&b, packet, h.total_bytes, l3);
		give_in(&b, b.ah_in, l3, bytes);
		assert_opens(&b, packet, h.total_bytes);
		assert_int_equal(gateway_dropped(b.g), 0);
		bundle_end(&b);
	}
}

static void each_sa_counts_its_own(void **state)
{
	struct bundle b = bundle_of(&tunnel);
	const struct ip_header h = inside_of(&b);
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_usual(&b, l3);
	const uint32_t esp = bytes - b.ah_out->head_bytes;

	(void)state;
	give_in(&b, b.ah_in, l3, bytes);
	assert_int_equal(atomic_load(&b.g->out->count.pkts), 1);
	assert_int_equal(atomic_load(&b.g->out->count.bytes), h.total_bytes);
	assert_int_equal(atomic_load(&b.ah_out->count.pkts), 1);
	assert_int_equal(atomic_load(&b.ah_out->count.bytes), esp);
	assert_int_equal(atomic_load(&b.g->in->count.bytes), h.total_bytes);
	assert_int_equal(atomic_load(&b.ah_in->count.bytes), esp);
	assert_int_equal(sa_seq(b.g->in), 1);
	assert_int_equal(sa_seq(b.ah_in), 1);
	bundle_end(&b);
}

/* Of a batch some are AH's to refuse, some ESP's, and the others go on. */
static void good_ones_of_a_batch_go_on(void **state)
{
	struct bundle b = bundle_of(&tunnel);
	uint8_t l3[6][FRAME_BYTES];
	struct dp_meta meta = gateway_meta(b.g, DIR_IN);
	uint32_t bytes = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(l3); i++)
		bytes = seal_usual(&b, l3[i]);
	l3[0][bytes - 1] ^= 1; /* AH covers it */
	l3[3][bytes - 1] ^= 1;
	meta.sa = b.ah_in->ref;
	for (size_t i = 0; i < ARRAY_LEN(l3); i++)
		gateway_give_meta(b.g, &b.g->outside, &meta, l3[i], bytes);
	b.g->in->replay.top = 2; /* so that what came second was there */
	b.g->in->replay.bitmap[0] |= 1U << 2;
	worker_step(&b.g->w);
	assert_int_equal(b.g->inside.tx_n, 3);
	assert_int_equal(b.g->drops[DROP_ICV].pkts, 2);
	assert_int_equal(sa_drops(&b.ah_in->count, DROP_ICV), 2);
	assert_int_equal(sa_drops(&b.g->in->count, DROP_REPLAY), 1);
	bundle_end(&b);
}

/* RFC 4303 section 3.1.1: those that are for the way before both, and options for
 * the destination within. */
static void extension_headers_stand_where_they_did(void **state)
{
	struct bundle b = bundle_of(&transport_v6);
	struct ip_header h = inside_of(&b);
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];
	uint32_t bytes;

	(void)state;
	h.protocol = EXT_HOP_BY_HOP;
	gateway_packet(packet, &h);
	memset(packet + IPV6_HEADER_BYTES, 0, 16);
	packet[IPV6_HEADER_BYTES] = EXT_DEST_OPTIONS;
	packet[IPV6_HEADER_BYTES + 8] = PROTO_UDP;
	bytes = seal(&b, packet, h.total_bytes, l3);
	assert_int_equal(l3[6], EXT_HOP_BY_HOP);
	assert_int_equal(l3[IPV6_HEADER_BYTES], PROTO_AH);
	assert_int_equal(l3[IPV6_HEADER_BYTES + 8], PROTO_ESP);
	give_in(&b, b.ah_in, l3, bytes);
	assert_opens(&b, packet, h.total_bytes);
	bundle_end(&b);
}

/* --- out --- */

static void ah_stands_before_esp(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct bundle b = bundle_of(&forms[i]);
		const uint32_t front =
			forms[i].v6 ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES;
		uint8_t l3[FRAME_BYTES];
		uint32_t bytes = seal_usual(&b, l3);
		struct ah_header ah;
		struct ip_header ip;

		assert_true(ip_parse(slice_of(l3, bytes), &ip));
		assert_int_equal(ip.total_bytes, bytes);
		assert_int_equal(ip.protocol, PROTO_AH);
		assert_true(addr_equal(&ip.saddr, &b.g->out->saddr));
		assert_true(addr_equal(&ip.daddr, &b.g->out->daddr));
		assert_true(ah_parse(slice_of(l3 + front, bytes - front), &ah));
		assert_int_equal(ah.next_header, PROTO_ESP);
		assert_int_equal(ah.spi_be, htonl(AH_SPI));
		assert_int_equal(ah.seq, 1);
		assert_memory_equal(l3 + front + ah.bytes, &b.g->out->spi_be, 4);
		bundle_end(&b);
	}
}

/* RFC 4302 appendix A: AH covers neither; the peer takes ECN from there. */
static void outer_header_is_that_of_esp(void **state)
{
	struct bundle b = bundle_of(&tunnel);
	struct ip_header h = gateway_inner(), ip;
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];
	uint32_t bytes;

	(void)state;
	h.tos = 0x2e << 2 | ECN_ECT_0;
	gateway_packet(packet, &h);
	bytes = seal(&b, packet, h.total_bytes, l3);
	assert_true(ip_parse(slice_of(l3, bytes), &ip));
	assert_int_equal(ip.tos, h.tos);
	assert_int_equal(ip.ttl, 64);
	assert_int_equal(ip.fragment, IPV4_DF);
	l3[1] = (uint8_t)((l3[1] & ~ECN_MASK) | ECN_CE);
	packet_mend_checksum(l3, bytes);
	give_in(&b, b.ah_in, l3, bytes);
	assert_int_equal(opened(&b, l3, &bytes), 1);
	assert_int_equal(l3[1] & ECN_MASK, ECN_CE);
	bundle_end(&b);
}

static void largest_that_fits_fills_the_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct bundle b = bundle_of(&forms[i]);
		const uint32_t most = esp_inner_mtu(b.g->out, GATEWAY_MTU);
		struct ip_header h = inside_of(&b);
		uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];

		h.total_bytes = most;
		gateway_packet(packet, &h);
		assert_in_range(seal(&b, packet, most, l3),
				GATEWAY_MTU - b.g->out->align_bytes + 1,
				GATEWAY_MTU);
		h.total_bytes++;
		gateway_packet(packet, &h);
		give_out(&b, packet, h.total_bytes);
		assert_int_equal(b.g->outside.tx_n, 0);
		assert_int_equal(b.g->passes[PASS_WORKER_ICMP].pkts, 1);
		assert_drop(&b, b.g->out, DROP_TOO_BIG);
	}
}

/* Where the extended number of AH's needs octets behind what ESP has sealed: what
 * would outgrow its frame goes to the front of it. */
static void frame_has_room_for_both(void **state)
{
	const uint32_t at = FRAME_ETH_AT + ETH_HEADER_BYTES;
	struct bundle b = bundle_of(&transport);
	struct nexthop nh =
		gateway_hop(b.g, *sa_daddr(b.g->out), NH_PORT, GATEWAY_OUTSIDE);
	const struct port_desc *sent = b.g->outside.tx;
	struct ip_header h = inside_of(&b);
	uint8_t packet[FRAME_BYTES];
	uint64_t stays = 0, moved = 0;

	(void)state;
	nh.mtu = 9000;
	gateway_know(b.g, &nh);
	for (h.total_bytes = 3400; h.total_bytes <= FRAME_BYTES - at;
	     h.total_bytes++) {
		uint32_t inside = h.total_bytes - IPV4_HEADER_BYTES;
		uint32_t end = at + IPV4_HEADER_BYTES +
			       esp_text_bytes(b.g->out, inside) +
			       b.g->out->icv_bytes + b.ah_out->head_bytes;

		gateway_packet(packet, &h);
		give_out(&b, packet, h.total_bytes);
		assert_int_equal(b.g->outside.tx_n, 1);
		if (!stays)
			stays = sent->addr % FRAME_BYTES;
		assert_int_equal(sent->addr %
				 FRAME_BYTES<stays, end> FRAME_BYTES);
		moved += end > FRAME_BYTES;
		gateway_reset(b.g);
	}
	assert_int_not_equal(moved, 0);
	bundle_end(&b);
}

/* AH covers it, and neighbours at the same number have another one. */
static void fragments_have_an_identification_of_their_own(void **state)
{
	struct bundle b = bundle_of(&tunnel);
	struct ip_header h = gateway_inner(), ip;
	uint8_t packet[FRAME_BYTES], l3[2][FRAME_BYTES];
	uint32_t bytes[2];

	(void)state;
	b.g->out->fragment_after = true;
	h.total_bytes = GATEWAY_MTU;
	h.fragment = 0;
	gateway_packet(packet, &h);
	give_out(&b, packet, h.total_bytes);
	assert_int_equal(b.g->outside.tx_n, 2);
	for (uint32_t i = 0; i < 2; i++) {
		const uint8_t *sent = gateway_sent(&b.g->outside, i, &bytes[i]);

		memcpy(l3[i], sent, bytes[i]);
		assert_true(ip_parse(slice_of(sent, bytes[i]), &ip));
		assert_int_equal(ip.id, (uint16_t)(ESP_SPI ^ 1));
		assert_int_equal(ip.protocol, PROTO_AH);
	}
	gateway_reset(b.g);
	for (uint32_t i = 0; i < 2; i++)
		give_in(&b, b.ah_in, l3[i], bytes[i]);
	assert_opens(&b, packet, h.total_bytes);
	bundle_end(&b);
}

static void fragments_of_ipv6_come_out_as_one(void **state)
{
	struct bundle b = bundle_of(&tunnel_v6);
	struct ip_header h = gateway_inner_v6();
	uint8_t packet[FRAME_BYTES], l3[2][FRAME_BYTES];
	struct nexthop peer =
		gateway_hop(b.g, b.g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);
	uint32_t bytes[2];

	(void)state;
	peer.mtu = h.total_bytes = IPV6_MTU_MIN;
	gateway_know(b.g, &peer);
	gateway_packet(packet, &h);
	give_out(&b, packet, h.total_bytes);
	assert_int_equal(b.g->outside.tx_n, 2);
	for (uint32_t i = 0; i < 2; i++)
		memcpy(l3[i], gateway_sent(&b.g->outside, i, &bytes[i]),
		       FRAME_BYTES / 2);
	gateway_reset(b.g);
	for (uint32_t i = 0; i < 2; i++)
		give_in(&b, b.ah_in, l3[i], bytes[i]);
	assert_opens(&b, packet, h.total_bytes);
	bundle_end(&b);
}

static void dummies_are_in_ah_too(void **state)
{
	struct bundle b = bundle_of(&tunnel);
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes;

	(void)state;
	b.g->out->dummies = 1000;
	assert_true(tfc_put(&b.g->policies, b.g->out->ref));
	atomic_fetch_add(&b.g->policies.changed, 1);
	worker_step(&b.g->w);
	b.g->w.tfc.last_ns -= NS_PER_S / 500;
	b.g->w.tfc.due_ns = 0;
	worker_step(&b.g->w);
	assert_true(b.g->outside.tx_n > 0);
	memcpy(l3, gateway_sent(&b.g->outside, 0, &bytes), FRAME_BYTES / 2);
	assert_int_equal(l3[9], PROTO_AH);
	gateway_reset(b.g);
	tfc_take(&b.g->policies, b.g->out->ref);
	give_in(&b, b.ah_in, l3, bytes);
	assert_drop(&b, b.g->in, DROP_DUMMY);
}

static void limit_of_ah_ends_the_bundle(void **state)
{
	struct bundle b = bundle_of(&tunnel);
	struct sa_limits limits = {
		.soft = { UINT64_MAX, UINT64_MAX, UINT64_MAX },
		.hard = { UINT64_MAX, UINT64_MAX, UINT64_MAX },
	};
	const struct ip_header h = inside_of(&b);
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];

	(void)state;
	limits.hard.pkts = 1;
	b.ah_out->limits = limits;
	b.ah_out->limited = true;
	gateway_packet(packet, &h);
	seal(&b, packet, h.total_bytes, l3);
	give_out(&b, packet, h.total_bytes);
	b.ah_out->limited = false;
	assert_int_equal(b.g->outside.tx_n, 0);
	assert_drop(&b, b.ah_out, DROP_LIFETIME);
}

static void last_number_of_ah_ends_the_bundle(void **state)
{
	struct bundle b = bundle_of(&tunnel);
	const struct ip_header h = inside_of(&b);
	uint8_t packet[FRAME_BYTES];

	(void)state;
	b.ah_out->seq = UINT32_MAX;
	gateway_packet(packet, &h);
	give_out(&b, packet, h.total_bytes);
	assert_int_equal(b.g->outside.tx_n, 0);
	assert_drop(&b, b.ah_out, DROP_SEQ_EXHAUSTED);
}

static void esp_does_not_leave_without_its_ah(void **state)
{
	struct bundle b = bundle_of(&tunnel);
	const struct ip_header h = inside_of(&b);
	uint8_t packet[FRAME_BYTES];

	(void)state;
	assert_int_equal(sad_remove(b.g->sad, b.ah_out->ref), 0);
	gateway_packet(packet, &h);
	give_out(&b, packet, h.total_bytes);
	assert_int_equal(b.g->outside.tx_n, 0);
	assert_drop(&b, b.g->out, DROP_SA_GONE);
}

/* --- in --- */

static void esp_without_ah_is_dropped(void **state)
{
	static const struct form *const of[] = { &tunnel, &tunnel_v6,
						 &transport, &transport_v6 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(of); i++) {
		struct bundle b = bundle_of(of[i]);
		uint8_t l3[FRAME_BYTES];
		uint32_t bytes = seal_usual(&b, l3);

		bytes = take_ah_off(&b, l3, bytes);
		give_in(&b, b.g->in, l3, bytes);
		assert_int_equal(sa_seq(b.g->in), 0);
		assert_drop(&b, b.g->in, DROP_BUNDLE);
	}
}

static void esp_of_another_spi_in_ah_is_dropped(void **state)
{
	struct bundle b = bundle_of(&tunnel_cbc);
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes;

	(void)state;
	b.g->out->spi_be ^= htonl(1);
	bytes = seal_usual(&b, l3);
	give_in(&b, b.ah_in, l3, bytes);
	assert_drop(&b, b.ah_in, DROP_BUNDLE);
}

/* In AH alone; the first octets of what is above IP are ESP's SPI. */
static void give_carried(struct bundle *b, const struct ip_header *h)
{
	const uint64_t esp =
		atomic_load(&b->g->policies.binding[GATEWAY_POLICY]);
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];
	uint64_t whole;
	uint32_t bytes;

	memcpy(&whole, &b->ah_out->ref, sizeof(whole));
	atomic_store(&b->g->policies.binding[GATEWAY_POLICY], whole);
	gateway_packet(packet, h);
	memcpy(packet + ip_least_bytes(h->version), &b->g->out->spi_be, 4);
	bytes = seal(b, packet, h->total_bytes, l3);
	atomic_store(&b->g->policies.binding[GATEWAY_POLICY], esp);
	give_in(b, b->ah_in, l3, bytes);
}

/* Whoever has its keys can't say anything but ESP by it. */
static void anything_but_esp_in_ah_is_dropped(void **state)
{
	struct bundle b = bundle_of(&transport);
	const struct ip_header h = inside_of(&b);

	(void)state;
	give_carried(&b, &h);
	assert_drop(&b, b.ah_in, DROP_BUNDLE);
}

/* As far as to its SPI it may be its SA's. */
static void esp_of_any_length_in_ah_is_looked_at(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < 64; n++) {
		struct bundle b = bundle_of(n % 2 ? &transport : &transport_v6);
		struct ip_header h = inside_of(&b);
		const struct sa_rt *esp = b.g->in;
		uint32_t least = ESP_HEADER_BYTES + esp->iv_bytes +
				 esp->align_bytes + esp->icv_bytes;
		enum drop_reason reason = DROP_ICV;

		if (n < 4)
			reason = DROP_BUNDLE;
		else if (n < least || (n - least) % esp->align_bytes)
			reason = DROP_ESP_LENGTH;
		h.protocol = PROTO_ESP;
		h.total_bytes = ip_least_bytes(h.version) + n;
		give_carried(&b, &h);
		assert_drop(&b, n < 4 ? b.ah_in : esp, reason);
	}
}

static void esp_that_is_gone_is_not_ahs(void **state)
{
	struct bundle b = bundle_of(&tunnel);
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_usual(&b, l3);

	(void)state;
	assert_int_equal(sad_remove(b.g->sad, b.g->in->ref), 0);
	give_in(&b, b.ah_in, l3, bytes);
	assert_drop(&b, b.ah_in, DROP_SA_GONE);
}

static void replay_is_ahs_to_find(void **state)
{
	struct bundle b = bundle_of(&tunnel);
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_usual(&b, l3);

	(void)state;
	give_in(&b, b.ah_in, l3, bytes);
	give_in(&b, b.ah_in, l3, bytes);
	assert_int_equal(b.g->inside.tx_n, 1);
	assert_drop(&b, b.ah_in, DROP_REPLAY);
}

static void packet_of_no_selector_is_esps_to_drop(void **state)
{
	struct bundle b = bundle_of(&tunnel);
	struct ip_header h = gateway_inner();
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];
	uint32_t bytes;

	(void)state;
	h.saddr = addr_of("10.9.0.5");
	gateway_packet(packet, &h);
	bytes = seal(&b, packet, h.total_bytes, l3);
	give_in(&b, b.ah_in, l3, bytes);
	assert_drop(&b, b.g->in, DROP_SELECTOR);
}

/* --- looking at it --- */

static void assert_copied(struct tap *t, const struct sa_rt *sa,
			  enum capture_side side, enum drop_reason drop)
{
	const struct tapped *first = tap_first(t);

	assert_non_null(first);
	assert_int_equal(first->spi, ntohl(sa->spi_be));
	assert_int_equal(first->side, side);
	assert_int_equal(first->drop, drop);
	assert_int_equal(tapped_octets(first)[9], side == CAPTURE_CLEAR
							  ? PROTO_UDP
						  : sa->ah ? PROTO_AH
							   : PROTO_ESP);
	tap_pop(t);
}

/* As each of the SAs has it, and in the clear once. */
static void capture_has_every_step(void **state)
{
	static const struct capture_filter all = {
		.policy = CAPTURE_ANY_POLICY,
		.sides = CAPTURE_CLEAR | CAPTURE_CIPHER,
		.snaplen = CAPTURE_SNAPLEN_MAX,
	};
	struct bundle b = bundle_of(&tunnel);
	struct tap *t = tap_new(&all);
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes;

	(void)state;
	assert_non_null(t);
	atomic_store(&b.g->w.tap, t);
	bytes = seal_usual(&b, l3);
	assert_copied(t, b.g->out, CAPTURE_CLEAR, DROP_NONE);
	assert_copied(t, b.g->out, CAPTURE_CIPHER, DROP_NONE);
	assert_copied(t, b.ah_out, CAPTURE_CIPHER, DROP_NONE);
	give_in(&b, b.ah_in, l3, bytes);
	assert_copied(t, b.ah_in, CAPTURE_CIPHER, DROP_NONE);
	assert_copied(t, b.g->in, CAPTURE_CIPHER, DROP_NONE);
	assert_copied(t, b.g->in, CAPTURE_CLEAR, DROP_NONE);
	bytes = take_ah_off(&b, l3, bytes);
	give_in(&b, b.g->in, l3, bytes);
	assert_copied(t, b.g->in, CAPTURE_CIPHER, DROP_BUNDLE);
	assert_null(tap_first(t));
	tap_free(t);
	bundle_end(&b);
}

/* --- what can't be --- */

static void only_ah_in_transport_mode_between_the_same_two_carries(void **state)
{
	struct bundle b = bundle_of(&tunnel);
	struct sa_spec spec = spec_of(&tunnel, DIR_OUT);
	struct sa_ref ref;

	(void)state;
	spec.spi = ESP_SPI + 1;
	spec.carrier = b.g->out->ref; /* ESP */
	assert_int_equal(try_add(b.g, &spec, "aes128", "sha1", &ref), -EINVAL);
	spec.carrier = b.ah_in->ref; /* the other way */
	assert_int_equal(try_add(b.g, &spec, "aes128", "sha1", &ref), -EINVAL);
	spec.carrier = b.ah_out->ref;
	spec.encap_sport = spec.encap_dport = 4500;
	assert_int_equal(try_add(b.g, &spec, "aes128", "sha1", &ref), -EINVAL);
	spec.encap_sport = spec.encap_dport = 0;
	spec.daddr = addr_of("192.0.2.3");
	assert_int_equal(try_add(b.g, &spec, "aes128", "sha1", &ref), -EINVAL);
	spec.daddr = b.g->out->daddr;
	spec.protocol = IKE_PROTO_AH;
	assert_int_equal(try_add(b.g, &spec, "null", "sha1", &ref), -EINVAL);
	b.ah_out->transport = false;
	spec.protocol = IKE_PROTO_ESP;
	assert_int_equal(try_add(b.g, &spec, "aes128", "sha1", &ref), -EINVAL);
	b.ah_out->transport = true;
	assert_int_equal(try_add(b.g, &spec, "aes128", "sha1", &ref), 0);
	bundle_end(&b);
}

/* A packet goes through both in one walk. */
static void one_worker_has_both(void **state)
{
	struct bundle b = bundle_of(&tunnel);
	struct sa_rt *ah = add_ah(b.g, &tunnel, DIR_OUT);

	(void)state;
	assert_int_not_equal(ah->owner, b.ah_out->owner);
	assert_int_equal(add_esp(b.g, &tunnel, ah)->owner, ah->owner);
	assert_int_equal(b.g->out->owner, b.ah_out->owner);
	assert_false(b.g->out->spread);
	ah->spread = true;
	assert_true(add_esp(b.g, &tunnel, ah)->spread);
	bundle_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_protected_comes_out_as_it_was),
		cmocka_unit_test(each_sa_counts_its_own),
		cmocka_unit_test(good_ones_of_a_batch_go_on),
		cmocka_unit_test(ah_stands_before_esp),
		cmocka_unit_test(outer_header_is_that_of_esp),
		cmocka_unit_test(largest_that_fits_fills_the_path),
		cmocka_unit_test(frame_has_room_for_both),
		cmocka_unit_test(fragments_have_an_identification_of_their_own),
		cmocka_unit_test(fragments_of_ipv6_come_out_as_one),
		cmocka_unit_test(dummies_are_in_ah_too),
		cmocka_unit_test(limit_of_ah_ends_the_bundle),
		cmocka_unit_test(last_number_of_ah_ends_the_bundle),
		cmocka_unit_test(esp_does_not_leave_without_its_ah),
		cmocka_unit_test(esp_without_ah_is_dropped),
		cmocka_unit_test(esp_of_another_spi_in_ah_is_dropped),
		cmocka_unit_test(anything_but_esp_in_ah_is_dropped),
		cmocka_unit_test(esp_of_any_length_in_ah_is_looked_at),
		cmocka_unit_test(extension_headers_stand_where_they_did),
		cmocka_unit_test(esp_that_is_gone_is_not_ahs),
		cmocka_unit_test(replay_is_ahs_to_find),
		cmocka_unit_test(packet_of_no_selector_is_esps_to_drop),
		cmocka_unit_test(capture_has_every_step),
		cmocka_unit_test(
			only_ah_in_transport_mode_between_the_same_two_carries),
		cmocka_unit_test(one_worker_has_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
