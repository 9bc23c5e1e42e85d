// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/transport.h"

#include <string.h>

#include "ctrl/dp/esp.h"

/*
 * An IP packet in ESP is what tunnel mode looks like: a peer of the other mode
 * would have it, and it would never be asked about its own addresses. A policy
 * that names the protocol means it.
 */
static bool is_of_mode(const struct packet *p)
{
	return !esp_inner_version(p->ip.protocol) ||
	       rules_name(atomic_load_explicit(&p->sa->rules,
					       memory_order_acquire),
			  p->ip.protocol);
}

/* The kernel would send it on to whom the SA is not for, the peer's likewise. */
static bool is_between_ends(const struct packet *p)
{
	return addr_equal(&p->ip.saddr, &p->sa->saddr) &&
	       addr_equal(&p->ip.daddr, &p->sa->daddr) && !p->ip.source_route;
}

static enum drop_reason fault_of(const struct packet *p)
{
	if (p->routed || p->ip.fragment & IPV4_FRAGMENT_MASK)
		return DROP_TRANSPORT;
	if (!is_between_ends(p))
		return DROP_SELECTOR;
	return is_of_mode(p) ? DROP_NONE : DROP_NEXT_HEADER;
}

bool transport_admits(struct packet *p)
{
	const enum drop_reason fault = fault_of(p);

	if (fault != DROP_NONE)
		packet_drop(p, fault);
	return fault == DROP_NONE;
}

uint8_t transport_put(struct packet *p, uint8_t *esp, uint32_t total_bytes)
{
	const struct ip_place place = ip_place_security(p->l3, &p->ip);
	const uint8_t next_header = p->l3[place.next_at];
	uint8_t *header = esp - esp_before_bytes(p->sa) - place.at;

	memmove(header, p->l3, place.at);
	ip_set_next(header, &place, sa_protocol(p->sa), total_bytes);
	p->l3 = header;
	return next_header;
}

void transport_finish(struct packet *p, uint8_t *esp)
{
	const struct outer *o = sa_outer(p->sa);
	uint8_t *udp = esp - UDP_HEADER_BYTES;

	if (!p->sa->udp)
		return;
	memcpy(udp, o->octets + OUTER_MAX - UDP_HEADER_BYTES, UDP_HEADER_BYTES);
	outer_finish_udp(p->l3, udp, p->bytes - (uint32_t)(udp - p->l3));
}

/* The header again, now that it says what it said before; behind options of IPv6
 * the protocol is another one than ESP's next header. */
static enum drop_reason parse_again(struct packet *p, uint32_t total_bytes)
{
	if (!ip_parse(slice_of(p->l3, total_bytes), &p->ip))
		return DROP_INNER_MALFORMED;
	if (p->ip.fragment & IPV4_FRAGMENT_MASK)
		return DROP_TRANSPORT;
	return is_of_mode(p) ? DROP_NONE : DROP_NEXT_HEADER;
}

bool transport_take(struct packet *p, uint8_t *inside, uint32_t bytes,
		    uint8_t next_header)
{
	const struct ip_place place = ip_place_upper(p->l3, &p->ip);
	const uint32_t total_bytes = place.at + bytes;
	enum drop_reason fault;

	memmove(inside - place.at, p->l3, place.at);
	p->l3 = inside - place.at;
	ip_set_next(p->l3, &place, next_header, total_bytes);
	fault = parse_again(p, total_bytes);
	if (fault != DROP_NONE) {
		packet_drop(p, fault);
		return false;
	}
	if (p->peer_port_be)
		ip_sum_upper(p->l3, &p->ip);
	return true;
}
