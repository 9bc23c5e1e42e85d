// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/bundle.h"

#include <arpa/inet.h>
#include <string.h>

#include "ctrl/dp/transport.h"
#include "ctrl/wire/ipv4.h"
#include "include/proto.h"

/* --- outbound --- */

/* AH covers it, so that whoever cuts the packet keeps it: those of SAs beside this
 * one have another. In transport mode it is the host's. */
static void put_identification(struct packet *p)
{
	if (p->ip.version == 4 && !p->sa->transport)
		ipv4_set_word(p->l3, IPV4_ID_AT,
			      (uint16_t)(p->seq ^ ntohl(p->sa->spi_be)));
}

/* Like any packet of this host's own that is to be protected. */
static bool become_clear(struct packet *p, struct sa_rt *ah)
{
	if (!ah)
		packet_drop(p, DROP_SA_GONE);
	else if (!ip_parse(slice_of(p->l3, p->bytes), &p->ip))
		packet_drop(p, DROP_IP_MALFORMED);
	if (p->drop != DROP_NONE)
		return false;
	put_identification(p);
	p->sa = ah;
	p->state = PKT_CLEAR;
	p->routed = false;
	return true;
}

uint32_t bundle_carry(struct worker *w, struct packet **of, uint32_t n)
{
	struct sa_rt *ah = n ? sad_get(w->sad, sa_then(of[0]->sa)) : NULL;
	uint32_t m = 0;

	for (uint32_t i = 0; i < n; i++)
		if (become_clear(of[i], ah))
			of[m++] = of[i];
	return m;
}

/* --- inbound --- */

static bool is_of(const struct packet *p, const struct sa_rt *esp)
{
	struct slice s = slice_of(p->l3 + p->ip.header_bytes,
				  p->ip.total_bytes - p->ip.header_bytes);
	struct slice spi;

	return p->ip.protocol == PROTO_ESP &&
	       rd_slice(&s, sizeof(esp->spi_be), &spi) &&
	       memcmp(spi.ptr, &esp->spi_be, sizeof(esp->spi_be)) == 0;
}

void bundle_take(struct worker *w, struct packet *p, uint8_t *inside,
		 uint32_t bytes, uint8_t next_header)
{
	const struct sa_rt *esp = sad_get(w->sad, sa_then(p->sa));

	if (!esp)
		return packet_drop(p, DROP_SA_GONE);
	if (!transport_take(p, inside, bytes, next_header))
		return;
	if (!is_of(p, esp))
		return packet_drop(p, DROP_BUNDLE);
	p->bytes = p->ip.total_bytes;
}

uint32_t bundle_next(struct worker *w, struct packet *p, uint32_t n)
{
	struct sa_rt *esp = sad_get(w->sad, sa_then(p->sa));
	uint32_t m = 0;

	if (!esp)
		packet_drop(p, DROP_SA_GONE);
	while (m < n && p[m].drop == DROP_NONE)
		p[m++].sa = esp;
	return m;
}
