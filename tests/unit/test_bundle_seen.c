// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is seen of ESP in AH from elsewhere: by routers on the path, by the audit
 * log, and by captures, of packets larger than a frame and of tunnels with an
 * interface of their own, too. Each SA is told by its own name and numbers.
 */
#include <arpa/inet.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ctrl/dp/esp.h"
#include "ctrl/dp/tap.h"
#include "ctrl/wire/icmp.h"
#include "include/proto.h"
#include "include/tunnel.h"
#include "tests/support/told.h"
#include "tests/unit/bundle_fixture.h"

#define NARROW 1400U
#define QUOTED 32U /* AH's header but for its ICV, behind IP's */
#define IF_ID  42U
#define JUMBO  9000U
#define AH_SEQ 7U

struct seen {
	struct bundle b;
	struct tell ear;
};

static struct seen seen_of(const struct form *f)
{
	static struct tell ear;
	struct seen s = { .b = bundle_of(f) };

	assert_int_equal(tell_init(&ear, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
			 0);
	s.b.g->w.tell = &ear;
	return s;
}

static void seen_end(struct seen *s)
{
	struct tell *ear = s->b.g->w.tell;

	bundle_end(&s->b);
	close(ear->fd);
	tell_fini(ear);
}

/* The next one of that kind; what else there is before it is not asked. */
static bool told(struct seen *s, enum telling_kind kind, struct telling *out)
{
	while (tell_take(s->b.g->w.tell, out))
		if (out->kind == kind)
			return true;
	return false;
}

/* --- routers --- */

/* A router's word on a packet that stands at l3. */
static void hear(struct bundle *b, const struct sa_rt *sa, const uint8_t *l3)
{
	const uint32_t n = ip_least_bytes(l3[0] >> 4) + QUOTED;
	struct dp_meta meta = gateway_meta(b->g, DIR_OUT);
	uint8_t error[TOLD_MAX];

	meta.policy_id = meta.policy_gen = 0;
	meta.too_big = 1;
	meta.sa = sa->ref;
	gateway_give_meta(b->g, &b->g->outside, &meta, error,
			  told_build(error, slice_of(l3, n), n, NARROW));
	worker_step(&b->g->w);
}

/* As the control thread has every worker know what it was told. */
static void narrow(struct bundle *b)
{
	struct nexthop peer =
		gateway_hop(b->g, b->g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);
	struct nexthop sender =
		gateway_hop(b->g, inside_of(b).saddr, NH_PORT, GATEWAY_INSIDE);

	if (b->g->out->transport)
		sender = gateway_hop(b->g, b->g->out->saddr, NH_HOST, 0);
	else
		sender.saddr = addr_of("10.1.0.1");
	peer.mtu = NARROW;
	gateway_know(b->g, &peer);
	gateway_know(b->g, &sender);
}

static void give_of(struct bundle *b, uint32_t bytes)
{
	struct ip_header h = inside_of(b);
	uint8_t packet[FRAME_BYTES];

	h.total_bytes = bytes;
	gateway_packet(packet, &h);
	give_out(b, packet, bytes);
}

/* Of the error that went back to the sender. */
static uint32_t said_mtu(struct bundle *b)
{
	uint8_t l3[FRAME_BYTES], dmac[6];
	const uint8_t *error = l3;
	uint32_t bytes, at = IPV4_HEADER_BYTES + 6, mtu;
	uint16_t low;

	if (b->g->inside.tx_n)
		error = gateway_sent(&b->g->inside, 0, &bytes);
	else
		assert_true(gateway_host_take(b->g, l3, dmac) > 0);
	if (error[0] >> 4 == 4) {
		memcpy(&low, error + at, sizeof(low));
		return ntohs(low);
	}
	memcpy(&mtu, error + IPV6_HEADER_BYTES + 4, sizeof(mtu));
	return ntohl(mtu);
}

static void path_that_a_router_tells_of_ahs_narrows_what_goes_into_esp(void **state)
{
	static const struct form *const of[] = { &tunnel, &tunnel_cbc,
						 &tunnel_v6, &transport };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(of); i++) {
		struct seen s = seen_of(of[i]);
		struct bundle *b = &s.b;
		uint8_t l3[FRAME_BYTES];
		struct telling what;
		uint32_t most;

		seal_usual(b, l3);
		hear(b, b->ah_out, l3);
		assert_true(told(&s, TELL_PMTU, &what));
		assert_memory_equal(&what.sa, &b->ah_out->ref, sizeof(what.sa));
		assert_int_equal(what.mtu, NARROW);
		narrow(b);
		give_of(b, GATEWAY_MTU - 100);
		assert_int_equal(b->g->drops[DROP_TOO_BIG].pkts, 1);
		most = said_mtu(b);
		gateway_reset(b->g);
		give_of(b, most);
		assert_int_equal(b->g->outside.tx_n, 1);
		gateway_sent(&b->g->outside, 0, &what.mtu);
		assert_in_range(what.mtu, NARROW - b->g->out->align_bytes + 1,
				NARROW);
		seen_end(&s);
	}
}

/* Nobody but the two ends sees it so. */
static void router_that_has_seen_esp_without_ah_lies(void **state)
{
	struct seen s = seen_of(&tunnel);
	struct bundle *b = &s.b;
	uint8_t l3[FRAME_BYTES];
	struct telling what;

	(void)state;
	take_ah_off(b, l3, seal_usual(b, l3));
	hear(b, b->g->out, l3);
	assert_false(told(&s, TELL_PMTU, &what));
	assert_int_equal(sa_drops(&b->g->out->count, DROP_ICMP_FALSE), 1);
	seen_end(&s);
}

/* --- the audit log --- */

/* Of each SA its own SPI and number; AH is ahead of ESP. */
static void assert_audited(struct seen *s, enum drop_reason reason,
			   const struct sa_rt *sa, uint64_t seq)
{
	struct telling t;

	assert_true(told(s, TELL_AUDIT, &t));
	assert_int_equal(t.reason, reason);
	assert_int_equal(t.spi, ntohl(sa->spi_be));
	assert_memory_equal(&t.sa, &sa->ref, sizeof(t.sa));
	assert_int_equal(t.seq, seq);
	if (reason != DROP_SELECTOR && reason != DROP_SEQ_EXHAUSTED) {
		assert_true(addr_equal(&t.saddr, &sa->saddr));
		assert_true(addr_equal(&t.daddr, &sa->daddr));
	}
	assert_false(told(s, TELL_AUDIT, &t));
	gateway_reset(s->b.g);
}

static void audit_log_names_the_sa_that_found_it(void **state)
{
	struct seen s = seen_of(&tunnel);
	struct bundle *b = &s.b;
	struct ip_header foreign = inside_of(b);
	uint8_t l3[FRAME_BYTES], packet[FRAME_BYTES];
	uint32_t bytes;

	(void)state;
	b->ah_out->seq = AH_SEQ - 1;
	bytes = seal_usual(b, l3); /* ESP's number 1 */
	l3[bytes - 1] ^= 1;
	give_in(b, b->ah_in, l3, bytes);
	assert_audited(&s, DROP_ICV, b->ah_in, AH_SEQ);
	l3[bytes - 1] ^= 1;
	give_in(b, b->ah_in, l3, bytes);
	gateway_reset(b->g);
	give_in(b, b->ah_in, l3, bytes);
	assert_audited(&s, DROP_REPLAY, b->ah_in, AH_SEQ);
	bytes = take_ah_off(b, l3, bytes);
	give_in(b, b->g->in, l3, bytes);
	assert_audited(&s, DROP_BUNDLE, b->g->in, 0);
	bytes = seal_usual(b, l3); /* ESP's number 2 */
	b->g->in->replay.top = 2;
	b->g->in->replay.bitmap[0] |= 1U << 2;
	give_in(b, b->ah_in, l3, bytes);
	assert_audited(&s, DROP_REPLAY, b->g->in, 2);
	foreign.saddr = addr_of("10.9.0.5");
	gateway_packet(packet, &foreign);
	bytes = seal(b, packet, foreign.total_bytes, l3);
	give_in(b, b->ah_in, l3, bytes);
	assert_audited(&s, DROP_SELECTOR, b->g->in, 3);
	seen_end(&s);
}

/* Its ESP's SPI is another one's. */
static void audit_log_names_ah_where_esp_in_it_is_anothers(void **state)
{
	struct seen s = seen_of(&tunnel_cbc);
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes;

	(void)state;
	s.b.g->out->spi_be ^= htonl(1);
	bytes = seal_usual(&s.b, l3);
	give_in(&s.b, s.b.ah_in, l3, bytes);
	assert_audited(&s, DROP_BUNDLE, s.b.ah_in, 1);
	seen_end(&s);
}

static void audit_log_names_the_sa_whose_numbers_are_used_up(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct seen s = seen_of(&tunnel);
		struct sa_rt *sa = i ? s.b.ah_out : s.b.g->out;

		sa->seq = UINT32_MAX;
		give_of(&s.b, 100);
		assert_audited(&s, DROP_SEQ_EXHAUSTED, sa, UINT32_MAX);
		seen_end(&s);
	}
}

/* --- captures --- */

static struct tap *look(struct bundle *b, uint32_t spi)
{
	const struct capture_filter filter = {
		.policy = CAPTURE_ANY_POLICY,
		.sides = CAPTURE_CLEAR | CAPTURE_CIPHER,
		.snaplen = CAPTURE_SNAPLEN_MAX,
		.spi = spi,
	};
	struct tap *t = tap_new(&filter);

	assert_non_null(t);
	atomic_store(&b->g->w.tap, t);
	return t;
}

static void look_away(struct bundle *b, struct tap *t)
{
	assert_null(tap_first(t));
	atomic_store(&b->g->w.tap, NULL);
	tap_free(t);
}

/* Whole in its length, and in octets as far as they are asked for. */
static void assert_copied(struct tap *t, const struct sa_rt *sa,
			  enum capture_side side, const uint8_t *l3,
			  uint32_t bytes)
{
	const struct tapped *first = tap_first(t);

	assert_non_null(first);
	assert_int_equal(first->spi, ntohl(sa->spi_be));
	assert_int_equal(first->side, side);
	assert_int_equal(first->bytes, bytes);
	assert_int_equal(first->kept, bytes < CAPTURE_SNAPLEN_MAX
					      ? bytes
					      : CAPTURE_SNAPLEN_MAX);
	if (l3)
		assert_memory_equal(tapped_octets(first), l3, first->kept);
	tap_pop(t);
}

static void widen(struct bundle *b)
{
	const struct ip_header h = inside_of(b);
	struct nexthop peer =
		gateway_hop(b->g, b->g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);
	struct nexthop host =
		gateway_hop(b->g, h.daddr, NH_PORT, GATEWAY_INSIDE);

	peer.mtu = host.mtu = 2 * JUMBO;
	gateway_know(b->g, &peer);
	gateway_know(b->g, &host);
}

static void capture_has_jumbo_frames_at_every_step(void **state)
{
	static uint8_t packet[JUMBO], outer[UINT16_MAX], inner[UINT16_MAX];
	struct bundle b = bundle_of(&tunnel);
	const uint32_t ah = b.ah_out->head_bytes;
	struct ip_header h = inside_of(&b);
	struct tap *t = look(&b, 0);
	uint32_t index = 0, n;

	(void)state;
	widen(&b);
	h.total_bytes = JUMBO;
	gateway_packet(packet, &h);
	give_out(&b, packet, JUMBO);
	n = gateway_sent_large(&b.g->outside, &index, outer);
	assert_copied(t, b.g->out, CAPTURE_CLEAR, packet, JUMBO);
	assert_copied(t, b.g->out, CAPTURE_CIPHER, NULL, n - ah);
	assert_copied(t, b.ah_out, CAPTURE_CIPHER, outer, n);
	gateway_reset(b.g);
	give_in(&b, b.ah_in, outer, n);
	assert_copied(t, b.ah_in, CAPTURE_CIPHER, outer, n);
	assert_copied(t, b.g->in, CAPTURE_CIPHER, NULL, n - ah);
	ip_hop(packet);
	assert_copied(t, b.g->in, CAPTURE_CLEAR, packet, JUMBO);
	index = 0;
	assert_int_equal(gateway_sent_large(&b.g->inside, &index, inner), JUMBO);
	look_away(&b, t);
	bundle_end(&b);
}

/* Up for its interface, and seen as each of the SAs has it; by one of them alone,
 * where that is wanted. */
static void capture_has_what_comes_in_by_an_interface_of_its_own(void **state)
{
	const struct tunnel_tag tag = { .magic = GATEWAY_MAGIC, .if_id = IF_ID };
	struct bundle b = bundle_of(&tunnel);
	const uint32_t ah = b.ah_out->head_bytes;
	struct ip_header h = inside_of(&b);
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES], up[FRAME_BYTES], dmac[6];
	struct nexthop host = gateway_hop(b.g, h.daddr, NH_HOST, 0);
	struct tap *t;
	uint32_t bytes;

	(void)state;
	b.g->in->if_id = IF_ID;
	gateway_know(b.g, &host);
	gateway_packet(packet, &h);
	for (int esp_alone = 0; esp_alone < 2; esp_alone++) {
		bytes = seal(&b, packet, h.total_bytes, l3);
		t = look(&b, esp_alone ? ESP_SPI : 0);
		give_in(&b, b.ah_in, l3, bytes);
		if (!esp_alone)
			assert_copied(t, b.ah_in, CAPTURE_CIPHER, l3, bytes);
		assert_copied(t, b.g->in, CAPTURE_CIPHER, NULL, bytes - ah);
		assert_int_equal(gateway_host_take(b.g, up, dmac),
				 h.total_bytes);
		assert_memory_equal(dmac, &tag, sizeof(dmac));
		assert_copied(t, b.g->in, CAPTURE_CLEAR, up, h.total_bytes);
		look_away(&b, t);
	}
	bundle_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			path_that_a_router_tells_of_ahs_narrows_what_goes_into_esp),
		cmocka_unit_test(router_that_has_seen_esp_without_ah_lies),
		cmocka_unit_test(audit_log_names_the_sa_that_found_it),
		cmocka_unit_test(audit_log_names_ah_where_esp_in_it_is_anothers),
		cmocka_unit_test(
			audit_log_names_the_sa_whose_numbers_are_used_up),
		cmocka_unit_test(capture_has_jumbo_frames_at_every_step),
		cmocka_unit_test(
			capture_has_what_comes_in_by_an_interface_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
