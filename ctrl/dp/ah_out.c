// SPDX-License-Identifier: BSD-2-Clause
/*
 * Outbound AH (RFC 4302 section 3.3): all headers first, since the ICV covers them,
 * then what it covers of them in their place, crypto, and the headers again.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <string.h>

#include "ctrl/dp/ah.h"
#include "ctrl/dp/esp.h"
#include "ctrl/dp/handoff.h"
#include "ctrl/dp/transport.h"
#include "ctrl/wire/ah.h"
#include "include/proto.h"

/* A run as the backend has it. */
struct run {
	struct ah_front fronts[BATCH_MAX];
	struct crypto_mac macs[BATCH_MAX];
	uint8_t icvs[BATCH_MAX][AH_ICV_MAX];
	uint64_t ivs_be[BATCH_MAX];
};

bool ah_front_cover(struct ah_front *front, struct packet *p, uint32_t bytes,
		    enum drop_reason fault)
{
	front->bytes = bytes;
	if (bytes > AH_FRONT_MAX) {
		packet_drop(p, DROP_TOO_BIG);
		return false;
	}
	memcpy(front->octets, p->l3, bytes);
	if (ah_cover(p->l3, bytes))
		return true;
	packet_drop(p, fault);
	return false;
}

void ah_front_restore(const struct ah_front *front, struct packet *p)
{
	memcpy(p->l3, front->octets, front->bytes);
}

/* The packet's header, or one before it; p->l3 is there. What AH's next header
 * says. */
static uint8_t put_front(struct packet *p, uint8_t *ah, uint32_t total_bytes)
{
	const struct sa_rt *sa = p->sa;

	if (sa->transport)
		return transport_put(p, ah, total_bytes);
	/* The ICV covers it, so that whoever cuts the packet keeps it: those of
	 * SAs beside this one have another. */
	outer_put(&sa->outer, ah, total_bytes, &p->ip,
		  (uint16_t)(p->seq ^ ntohl(sa->spi_be)));
	p->l3 = ah - sa->outer.bytes;
	return p->ip.version == 4 ? PROTO_IPIP : PROTO_IPV6;
}

/* Headers, and what they are covered as, of the run's packet of that index. */
static bool prepare(struct worker *w, struct packet *p, struct run *r,
		    uint32_t index)
{
	const struct sa_rt *sa = p->sa;
	const uint32_t front = transport_front(p);
	const uint32_t bytes = front + esp_outer_bytes(sa, p->bytes - front);
	struct ah_header h = { .bytes = sa->head_bytes,
			       .spi_be = sa->spi_be,
			       .seq = (uint32_t)p->seq };
	uint8_t *ah;

	packet_own(w, p);
	if (p->routed)
		ip_hop(p->l3);
	ah = p->l3 + front - sa->head_bytes;
	h.next_header = put_front(p, ah, bytes);
	ah_build(ah, &h);
	p->bytes = bytes;
	r->ivs_be[index] = htobe64(p->seq);
	r->macs[index] = (struct crypto_mac){
		.from = p->l3,
		.bytes = bytes,
		.seq_hi = (uint32_t)(p->seq >> 32),
		.iv = (const uint8_t *)&r->ivs_be[index],
		.icv = r->icvs[index],
	};
	return ah_front_cover(&r->fronts[index], p, (uint32_t)(ah - p->l3),
			      DROP_TRANSPORT);
}

/* Of an outer header, only its ends and whether it may be cut are asked for. */
static void finish(struct packet *p, const struct run *r, uint32_t index)
{
	const struct sa_rt *sa = p->sa;
	uint8_t *at = p->l3 + r->fronts[index].bytes + AH_HEADER_BYTES;

	ah_front_restore(&r->fronts[index], p);
	memcpy(at, &r->ivs_be[index], sa->iv_bytes);
	memcpy(at + sa->iv_bytes, r->icvs[index], sa->icv_bytes);
	p->ip.saddr = sa->saddr;
	p->ip.daddr = sa->daddr;
	p->state = PKT_SEALED;
}

uint32_t ah_seal(struct worker *w, struct packet **of, uint32_t n)
{
	struct sa_rt *sa = of[0]->sa;
	uint64_t pkts = 0, bytes = 0;
	uint32_t m = 0;
	struct run r;

	for (uint32_t i = 0; i < n; i++) {
		if (prepare(w, of[i], &r, m))
			of[m++] = of[i];
	}
	sa->backend->mac(w->crypto, sa_key(sa, w->index), r.macs, m);
	for (uint32_t i = 0; i < m; i++) {
		if (!r.macs[i].ok) {
			packet_drop(of[i], DROP_CRYPTO);
			continue;
		}
		pkts++;
		bytes += of[i]->bytes - esp_outer_bytes(sa, 0);
		finish(of[i], &r, i);
	}
	sa_count_run(sa, pkts, bytes, w->now_ns);
	return m;
}
