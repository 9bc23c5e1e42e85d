// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/audit.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ctrl/base/log.h"
#include "ctrl/dp/worker.h"
#include "ctrl/model/status.h"
#include "include/proto.h"

#define PER_S	  4U
#define BURST	  8U
#define TIME_MAX  32
#define FLOW_MAX  24
#define LEFT_MAX  40
#define INNER_MAX (2 * END_STR_MAX + 40)

/* --- worker --- */

/* Not of what its SA may carry (RFC 4301 sections 5.2, 6.2 and 7)? */
static bool is_misfit(uint8_t reason)
{
	return reason == DROP_SELECTOR || reason == DROP_ICMP_SELECTOR ||
	       reason == DROP_FRAGMENT_PORTS;
}

/* RFC 4303 sections 3.3.3, 3.4.3, 3.4.4 and 2.4, misfits, and an SA that is missed
 * in between; 0: none of them. Its number among them, from 1. */
static uint32_t index_of(const struct packet *p)
{
	const bool inbound = p->state == PKT_CIPHER;

	switch (p->drop) {
	case DROP_REPLAY:
		return inbound ? 1 : 0;
	case DROP_ICV:
		return inbound ? 2 : 0;
	case DROP_PADDING:
		return inbound ? 3 : 0;
	case DROP_SELECTOR:
		return inbound ? 4 : 0;
	case DROP_ICMP_SELECTOR:
		return inbound ? 6 : 0;
	case DROP_FRAGMENT_PORTS:
		return inbound ? 7 : 0;
	case DROP_SEQ_EXHAUSTED:
		return inbound ? 0 : 5;
	case DROP_BUNDLE:
		return 8;
	default:
		return 0;
	}
}

/* RFC 8200 section 3: the low 20 bits of the first word; 0 in IPv4. */
static uint32_t flow_id_of(const struct packet *p)
{
	const uint8_t *l3 = p->l3;

	if (p->ip.version != 6)
		return 0;
	return (uint32_t)(l3[1] & 0xf) << 16 | (uint32_t)l3[2] << 8 | l3[3];
}

void audit_drop(struct worker *w, const struct packet *p)
{
	const uint32_t index = index_of(p);
	struct audit_reason *of;
	struct telling what;

	if (!index || !p->sa ||
	    atomic_load_explicit(&w->audit.off, memory_order_relaxed))
		return;
	of = &w->audit.reasons[index];
	what = (struct telling){
		.kind = TELL_AUDIT,
		.sa = p->sa->ref,
		.saddr = p->ip.saddr,
		.daddr = p->ip.daddr,
		.protocol = p->ip.protocol,
		.reason = (uint8_t)p->drop,
		.spi = ntohl(p->sa->spi_be),
		.seq = p->drop == DROP_SEQ_EXHAUSTED ? sa_seq(p->sa) : p->seq,
		.flow_id = flow_id_of(p),
		.left_out = of->left_out,
	};
	if (is_misfit(what.reason)) {
		struct flow f = packet_flow(p, DIR_IN);

		what.sport = f.remote_port;
		what.dport = f.local_port;
	}
	if (bucket_take(&of->bucket, w->now_ns, PER_S, BURST) &&
	    tell_put(w->tell, &what))
		of->left_out = 0;
	else
		of->left_out++;
}

/* --- control thread --- */

static const char *time_str(char buf[TIME_MAX])
{
	struct timespec now;
	struct tm tm = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(buf, TIME_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return buf;
}

/* " flow_id=0x12345", of IPv6 alone. */
static const char *flow_str(const struct addr *a, uint32_t flow_id,
			    char buf[FLOW_MAX])
{
	buf[0] = '\0';
	if (!addr_is_v4(a))
		snprintf(buf, FLOW_MAX, " flow_id=0x%05x", flow_id);
	return buf;
}

static const char *left_str(uint64_t left_out, char buf[LEFT_MAX])
{
	buf[0] = '\0';
	if (left_out)
		snprintf(buf, LEFT_MAX, " left_out=%" PRIu64, left_out);
	return buf;
}

/* What the packet says of itself, where that is what is wrong with it. */
static const char *inner_str(const struct telling *t, char buf[INNER_MAX])
{
	char from[END_STR_MAX], to[END_STR_MAX];

	buf[0] = '\0';
	if (is_misfit(t->reason))
		snprintf(buf, INNER_MAX, " inner=%s>%s protocol=%u",
			 end_str(&t->saddr, t->sport, from),
			 end_str(&t->daddr, t->dport, to), t->protocol);
	return buf;
}

static bool is_inner(const struct telling *t)
{
	return is_misfit(t->reason) || t->reason == DROP_SEQ_EXHAUSTED;
}

/* An SA that is gone meanwhile leaves its packet's own addresses. */
void audit_told(const struct sad *sad, const struct telling *t)
{
	const struct sa_rt *sa = is_inner(t) ? sad_get(sad, t->sa) : NULL;
	char from[ADDR_STR_MAX], to[ADDR_STR_MAX], at[TIME_MAX];
	char flow[FLOW_MAX], left[LEFT_MAX], inner[INNER_MAX];

	log_warn("audit: %s spi=0x%08x saddr=%s daddr=%s seq=%" PRIu64
		 "%s%s time=%s%s",
		 drop_name((enum drop_reason)t->reason), t->spi,
		 addr_str(sa ? &sa->saddr : &t->saddr, from),
		 addr_str(sa ? &sa->daddr : &t->daddr, to), t->seq,
		 flow_str(&t->saddr, t->flow_id, flow), inner_str(t, inner),
		 time_str(at), left_str(t->left_out, left));
}

void audit_recorded(const struct audit_record *r)
{
	char from[ADDR_STR_MAX], to[ADDR_STR_MAX], at[TIME_MAX];
	char flow[FLOW_MAX], left[LEFT_MAX];

	if (r->reason >= DROP_MAX)
		return;
	log_warn("audit: %s protocol=%s spi=0x%08x saddr=%s daddr=%s seq=%u%s time=%s%s",
		 drop_name((enum drop_reason)r->reason),
		 r->protocol == PROTO_AH ? "ah" : "esp", ntohl(r->spi),
		 addr_str(&r->saddr, from), addr_str(&r->daddr, to),
		 ntohl(r->seq), flow_str(&r->saddr, r->flow_id, flow),
		 time_str(at), left_str(r->left_out, left));
}
