// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a packet that is too big becomes. Nothing here waits or asks: errors and
 * fragments stand in new frames in w->made, and the worker walks them next. An
 * error has no source yet: forward() knows the way it takes.
 */
#include "ctrl/dp/pmtu.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <string.h>

#include "ctrl/dp/esp.h"
#include "ctrl/wire/icmp.h"
#include "ctrl/wire/icmp_told.h"
#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/ipv6.h"
#include "ctrl/wire/octets.h"
#include "include/proto.h"

/* As Linux limits its own. */
#define ICMP_PER_S 1000U
#define ICMP_BURST 50U

/* Behind the last number sent; who only guesses an SPI has to guess one of these as
 * well. At ten million packets a second it is what went out in 0.4 s. */
#define TOLD_NUMBERS (1U << 22)

#define ICMP_TTL 64
#define ICMP_TOS 0xc0 /* RFC 1812 section 4.3.2.5: internetwork control */

/* What is longer, ipsec-mb's hashes do not count: they have 16 bits, for blocks and
 * what they put behind them. */
#define SEALED_MAX 65000U

static uint32_t least_of(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

uint32_t pmtu_inner(const struct sa_rt *sa, uint32_t mtu)
{
	return esp_inner_mtu(sa, least_of(mtu, SEALED_MAX));
}

uint32_t pmtu_frame(const struct sa_rt *sa, uint32_t mtu)
{
	uint32_t text_max = FRAME_BYTES - FRAME_L3_AT - sa->icv_bytes;
	uint32_t frame_mtu = esp_outer_bytes(sa, text_max);

	return esp_inner_mtu(sa, mtu < frame_mtu ? mtu : frame_mtu);
}

static bool has_room(const struct worker *w, uint32_t n)
{
	return w->n_made + n <= MADE_MAX && n <= w->umem.free_count;
}

/* In a frame of its own; only after has_room(). */
static struct packet *make(struct worker *w, const struct packet *like)
{
	struct packet *p = &w->made[w->n_made];

	*p = *like;
	if (!frame_get(&w->umem, &p->frame))
		return NULL;
	p->l3 = umem_at(&w->umem, p->frame) + FRAME_L3_AT;
	p->lent = p->large = false;
	w->n_made++;
	return p;
}

static void count(struct worker *w, enum pass_reason reason,
		  const struct packet *p)
{
	w->passes[reason].pkts++;
	w->passes[reason].bytes += p->bytes;
}

/* --- DF: its sender is told --- */

/* The tokens are for what may be sent at all. */
static bool may_tell(struct worker *w, const struct packet *p)
{
	return icmp_may_answer(slice_of(p->l3, p->bytes), &p->ip) &&
	       has_room(w, 1) &&
	       bucket_take(&w->icmp_errors, w->now_ns, ICMP_PER_S, ICMP_BURST);
}

static void tell_sender(struct worker *w, const struct packet *p, uint32_t mtu)
{
	const struct packet error = { .state = PKT_ERROR };
	struct packet *q = may_tell(w, p) ? make(w, &error) : NULL;
	uint32_t header = ip_least_bytes(p->ip.version);

	if (!q)
		return;
	q->bytes =
		header + icmp_too_big(q->l3 + header, slice_of(p->l3, p->bytes),
				      p->ip.version, mtu);
	q->ip = (struct ip_header){
		.version = p->ip.version,
		.header_bytes = (uint16_t)header,
		.total_bytes = q->bytes,
		.tos = ICMP_TOS,
		.id = p->ip.id,
		.ttl = ICMP_TTL,
		.protocol = p->ip.version == 4 ? PROTO_ICMP : PROTO_ICMPV6,
		.saddr = p->ip.daddr,
		.daddr = p->ip.saddr,
	};
	count(w, PASS_WORKER_ICMP, q);
}

/* --- without DF --- */

static void take_fragment(struct packet *p, const uint8_t *whole,
			  const struct ip_header *h, uint32_t from,
			  uint32_t bytes)
{
	ipv4_fragment(p->l3, whole, h, from, bytes);
	p->bytes = h->header_bytes + bytes;
	if (!ipv4_parse(slice_of(p->l3, p->bytes), &p->ip))
		packet_drop(p, DROP_IP_MALFORMED);
}

/* The first one last: it takes the place of the whole. */
static bool fragment(struct worker *w, struct packet *p, uint32_t mtu)
{
	const struct ip_header whole = p->ip;
	uint32_t payload = p->bytes - whole.header_bytes;
	uint32_t most = least_of(mtu, pmtu_frame(p->sa, UINT16_MAX));
	uint32_t each = (most - whole.header_bytes) / 8 * 8;
	uint32_t before = (whole.fragment & IPV4_OFFSET_MASK) * 8U;

	if (before + payload > UINT16_MAX || !has_room(w, (payload - 1) / each))
		return false;
	for (uint32_t at = each; at < payload; at += each) {
		struct packet *q = make(w, p);

		if (!q)
			return false;
		take_fragment(q, p->l3, &whole, at,
			      payload - at < each ? payload - at : each);
		count(w, PASS_WORKER_FRAGMENT, q);
	}
	take_fragment(p, p->l3, &whole, 0, each);
	return true;
}

/*
 * As configured; and where the SA is of some ports alone, whose peer need not take
 * what shows none (RFC 4301 section 7.1). Its outer packet is cut then.
 */
static bool is_cut_after(const struct packet *p)
{
	const struct rules *rules =
		atomic_load_explicit(&p->sa->rules, memory_order_acquire);

	return !(p->ip.fragment & IPV4_DF) && !p->sa->outer.df_set &&
	       (p->sa->fragment_after || rules_accept_ports(rules)) &&
	       p->bytes <= pmtu_inner(p->sa, UINT32_MAX);
}

static bool cut_v4(struct worker *w, struct packet *p, uint32_t mtu)
{
	if (is_cut_after(p))
		return true;
	if (mtu >= IPV4_MTU_MIN && p->ip.fragment & IPV4_DF)
		tell_sender(w, p, mtu);
	else if (mtu >= IPV4_MTU_MIN && fragment(w, p, mtu))
		return true;
	packet_drop(p, DROP_TOO_BIG);
	return false;
}

/*
 * RFC 2473 section 7.1: a sender is never told of less than every IPv6 link
 * takes. What is not larger goes, and its outer packet is cut.
 */
static bool cut_v6(struct worker *w, struct packet *p, uint32_t mtu)
{
	if (p->bytes <= IPV6_MTU_MIN) {
		p->ip.fragment = 0;
		return true;
	}
	tell_sender(w, p, mtu < IPV6_MTU_MIN ? IPV6_MTU_MIN : mtu);
	packet_drop(p, DROP_TOO_BIG);
	return false;
}

/* RFC 4301 section 8.1: where outer packets have no DF, what is inside keeps its
 * own, and goes as far as IP holds it. */
static bool goes_whole(const struct packet *p)
{
	return outer_is_cut(&p->sa->outer) && p->ip.fragment & IPV4_DF &&
	       p->bytes <= pmtu_inner(p->sa, UINT16_MAX);
}

bool pmtu_cut(struct worker *w, struct packet *p, uint32_t mtu)
{
	if (goes_whole(p))
		return true;
	return p->ip.version == 4 ? cut_v4(w, p, mtu) : cut_v6(w, p, mtu);
}

/* --- what is sealed --- */

/*
 * For a while no other packet between the two addresses has it (RFC 8200 section
 * 4.5; of IPv4's there are few, RFC 4963): an SA's numbers differ, and SAs beside
 * each other, which may be at the same number, have other SPIs.
 */
static uint32_t identification(const struct packet *p, const uint8_t *whole,
			       const struct ip_header *h)
{
	const uint8_t *esp = whole + h->header_bytes;
	uint32_t spi_be;

	if (h->protocol == PROTO_UDP)
		esp += UDP_HEADER_BYTES;
	if (h->protocol == PROTO_AH)
		esp += AH_SPI_AT;
	memcpy(&spi_be, esp, sizeof(spi_be));
	return ntohl(spi_be) ^ (uint32_t)p->seq;
}

/* One of an outer packet, at p->l3. */
static void take_outer(struct packet *p, const uint8_t *whole,
		       const struct ip_header *h, uint32_t from, uint32_t bytes)
{
	if (h->version == 4) {
		ipv4_fragment(p->l3, whole, h, from, bytes);
		p->bytes = h->header_bytes + bytes;
		return;
	}
	ipv6_fragment(p->l3, whole, from, bytes, identification(p, whole, h));
	p->bytes = h->header_bytes + IPV6_FRAGMENT_BYTES + bytes;
}

/* The first one last, whose headers grow into the headroom. */
static bool fragment_outer(struct worker *w, struct packet *p,
			   const struct ip_header *h, uint32_t mtu)
{
	uint32_t grows = h->version == 4 ? 0 : IPV6_FRAGMENT_BYTES;
	uint32_t payload = p->bytes - h->header_bytes;
	uint32_t most = least_of(mtu, FRAME_MTU);
	uint32_t each = (most - h->header_bytes - grows) / 8 * 8;
	const uint8_t *whole = p->l3;

	/* In transport mode it is the host's, and AH covers it. */
	if (h->version == 4 && !p->sa->transport && !p->sa->ah)
		put_u16(p->l3 + IPV4_ID_AT,
			(uint16_t)identification(p, whole, h));
	if (!has_room(w, (payload - 1) / each))
		return false;
	for (uint32_t at = each; at < payload; at += each) {
		struct packet *q = make(w, p);

		if (!q)
			return false;
		take_outer(q, whole, h, at,
			   payload - at < each ? payload - at : each);
		count(w, PASS_WORKER_FRAGMENT, q);
	}
	p->l3 -= grows;
	take_outer(p, whole, h, 0, each);
	return true;
}

/* A fragment of IPv6 has extension headers, and stays as it is. */
static bool may_cut(const struct ip_header *h, uint32_t mtu)
{
	if (h->version == 6)
		return mtu >= IPV6_MTU_MIN &&
		       h->header_bytes == IPV6_HEADER_BYTES;
	return mtu >= IPV4_MTU_MIN && !(h->fragment & IPV4_DF);
}

bool pmtu_cut_sealed(struct worker *w, struct packet *p, uint32_t mtu)
{
	struct ip_header h;

	if (ip_parse(slice_of(p->l3, p->bytes), &h) && may_cut(&h, mtu) &&
	    fragment_outer(w, p, &h, mtu))
		return true;
	packet_drop(p, DROP_TOO_BIG);
	return false;
}

/* --- what routers say --- */

/* Of an extended number, the quote has the low half. */
static bool was_sent_lately(const struct sa_rt *sa, uint32_t seq)
{
	uint64_t last = sa_seq(sa);
	uint32_t ago = (uint32_t)last - seq;

	return ago < TOLD_NUMBERS && ago < last;
}

/* Of a bundle, routers see AH. */
static bool is_of(const struct icmp_told *t, const struct sa_rt *sa)
{
	return !sa->carrier_bytes && !sa_stream(sa) &&
	       t->protocol == (sa->ah ? PROTO_AH : PROTO_ESP) &&
	       t->udp == sa->udp && htonl(t->spi) == sa->spi_be &&
	       addr_equal(&t->daddr, sa_daddr(sa)) &&
	       addr_equal(&t->saddr, &sa->saddr) && was_sent_lately(sa, t->seq);
}

/* A path is never wider than it was known to be because somebody says so. */
static bool is_news(struct worker *w, const struct sa_rt *sa, uint32_t mtu)
{
	const struct nexthop *nh = nexthop_lookup_ours(
		&w->nexthops, sa_daddr(sa), sa_saddr(sa), w->now_ns);

	return nh->kind != NH_PORT || mtu < nh->mtu;
}

static bool tell_mtu(struct worker *w, const struct sa_rt *sa, uint32_t mtu)
{
	const struct telling what = {
		.kind = TELL_PMTU,
		.sa = sa->ref,
		.mtu = mtu,
	};

	return tell_put(w->tell, &what);
}

static enum drop_reason take_told(struct worker *w, const struct packet *p)
{
	struct icmp_told told;
	uint32_t mtu;

	if (!icmp_told_read(slice_of(p->l3, p->bytes), &p->ip, &told) ||
	    !is_of(&told, p->sa))
		return DROP_ICMP_FALSE;
	mtu = icmp_told_mtu(&told);
	if (!mtu)
		return DROP_ICMP_FALSE;
	if (is_news(w, p->sa, mtu) && !tell_mtu(w, p->sa, mtu))
		return DROP_ICMP_LIMIT;
	return DROP_NONE;
}

void pmtu_told(struct worker *w, struct packet *p)
{
	enum drop_reason reason = p->sa ? take_told(w, p) : DROP_SA_GONE;

	if (reason != DROP_NONE)
		return packet_drop(p, reason);
	count(w, PASS_WORKER_PMTU, p);
	frame_put(&w->umem, p->frame);
	p->state = PKT_GONE;
}
