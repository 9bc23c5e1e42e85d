// SPDX-License-Identifier: BSD-2-Clause
/*
 * First stage: what BPF said about a frame becomes an SA, or a drop. The
 * metadata is a hint: the magic says that this start's programs wrote it, the
 * SA's generation that it still holds, and the packet itself is parsed again.
 *
 * Worker.
 */
#include <net/ethernet.h>
#include <string.h>

#include "ctrl/dp/worker.h"
#include "include/meta.h"
#include "include/proto.h"

static struct packet *packet_new(struct worker *w, struct batch *b,
				 const struct port_desc *desc)
{
	struct packet *p = &b->pkt[b->n++];

	*p = (struct packet){
		.frame = frame_of(desc->addr),
		.l3 = umem_at(&w->umem, desc->addr) + ETH_HEADER_BYTES,
		.bytes = desc->bytes,
	};
	return p;
}

/* Trims Ethernet's padding; bytes counts from l3 on afterwards. A wrong
 * checksum is not forwarded (RFC 1812 section 5.2.2). */
static bool packet_parse(struct packet *p, uint32_t frame_bytes)
{
	if (frame_bytes < ETH_HEADER_BYTES ||
	    !ipv4_parse(slice_of(p->l3, frame_bytes - ETH_HEADER_BYTES), &p->ip) ||
	    ipv4_checksum(p->l3, p->ip.header_bytes))
		return false;
	p->bytes = p->ip.total_bytes;
	return true;
}

void resolve_port(struct worker *w, struct batch *b, const struct port *port,
		  const struct port_desc *desc)
{
	struct packet *p = packet_new(w, b, desc);
	enum dp_dir dir = port->role == IFACE_PROTECTED ? DIR_OUT : DIR_IN;
	struct dp_meta meta;

	memcpy(&meta, umem_at(&w->umem, desc->addr) - sizeof(meta),
	       sizeof(meta));
	if (meta.magic != w->magic || meta.dir != dir)
		return packet_drop(p, DROP_META_MISSING);
	if (!packet_parse(p, desc->bytes))
		return packet_drop(p, DROP_IP_MALFORMED);
	p->state = dir == DIR_OUT ? PKT_CLEAR : PKT_CIPHER;
	p->routed = true;
	p->sa = sad_get(w->sad, meta.sa);
	if (!p->sa || p->sa->dir != dir) {
		p->sa = NULL;
		packet_drop(p, DROP_SA_GONE);
	}
}

/* The outbound SA that a policy uses now. */
static struct sa_rt *policy_sa(const struct worker *w, uint32_t policy_id)
{
	struct sa_ref ref;
	struct sa_rt *sa;
	uint64_t whole;

	if (policy_id >= SPD_MAX)
		return NULL;
	whole = atomic_load_explicit(&w->policies->binding[policy_id],
				     memory_order_acquire);
	memcpy(&ref, &whole, sizeof(ref));
	sa = sad_get(w->sad, ref);
	return sa && sa->dir == DIR_OUT ? sa : NULL;
}

void resolve_host(struct worker *w, struct batch *b,
		  const struct port_desc *desc)
{
	struct packet *p = packet_new(w, b, desc);
	const uint8_t *eth = p->l3 - ETH_HEADER_BYTES;
	struct host_tag tag;

	p->state = PKT_CLEAR;
	memcpy(&tag, eth, sizeof(tag));
	if (desc->bytes < ETH_HEADER_BYTES || tag.magic != w->magic)
		return packet_drop(p, DROP_HOST_UNTAGGED);
	if (tag.policy_gen !=
	    atomic_load_explicit(&w->policies->gen, memory_order_acquire))
		return packet_drop(p, DROP_POLICY_STALE);
	if (!packet_parse(p, desc->bytes))
		return packet_drop(p, DROP_HOST_READ);
	p->sa = policy_sa(w, tag.policy_id);
	if (!p->sa)
		packet_drop(p, DROP_NO_SA);
}

uint32_t run_end(const struct batch *b, uint32_t from)
{
	uint32_t i = from + 1;

	while (i < b->n && b->pkt[i].sa == b->pkt[from].sa &&
	       b->pkt[i].state == b->pkt[from].state)
		i++;
	return i;
}
