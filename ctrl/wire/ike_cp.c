// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/wire/ike_cp.h"

#include <errno.h>
#include <string.h>

#define ATTR_TYPE_MASK 0x7fff /* the first bit is reserved */

/* What is in a value, by its attribute's type. */
enum holds {
	HOLDS_OTHER,
	HOLDS_V4,
	HOLDS_V6,
	HOLDS_V6_BITS, /* and a prefix length */
	HOLDS_V4_NET,  /* and a netmask */
	HOLDS_V6_NET,  /* and a prefix length */
};

static enum holds holds(uint16_t type)
{
	switch (type) {
	case IKE_ATTR_IP4_ADDRESS:
	case IKE_ATTR_IP4_NETMASK:
	case IKE_ATTR_IP4_DNS:
	case IKE_ATTR_IP4_NBNS:
		return HOLDS_V4;
	case IKE_ATTR_IP6_ADDRESS:
		return HOLDS_V6_BITS;
	case IKE_ATTR_IP6_DNS:
		return HOLDS_V6;
	case IKE_ATTR_IP4_SUBNET:
		return HOLDS_V4_NET;
	case IKE_ATTR_IP6_SUBNET:
		return HOLDS_V6_NET;
	default:
		return HOLDS_OTHER;
	}
}

/* --- read */

bool ike_cfg_next(struct slice *attrs, struct ike_cfg *out)
{
	struct slice s = *attrs;
	uint16_t length;

	if (!rd_u16(&s, &out->type) || !rd_u16(&s, &length) ||
	    !rd_slice(&s, length, &out->value))
		return false;
	out->type &= ATTR_TYPE_MASK;
	*attrs = s;
	return true;
}

bool ike_cp_parse(struct slice body, struct ike_cp *out)
{
	struct slice reserved, rest;
	struct ike_cfg a;

	if (!rd_u8(&body, &out->type) || !rd_slice(&body, 3, &reserved))
		return false;
	out->attrs = rest = body;
	while (rest.len)
		if (!ike_cfg_next(&rest, &a))
			return false;
	return true;
}

static bool rd_v4(struct slice *s, struct addr *out)
{
	uint32_t v4_be;

	if (!rd_bytes(s, &v4_be, sizeof(v4_be)))
		return false;
	*out = addr_from_v4(v4_be);
	return true;
}

/* An IPv4 address does not become one of IPv6 by its form on the wire. */
static bool rd_v6(struct slice *s, struct addr *out)
{
	return rd_bytes(s, out->octets, sizeof(out->octets)) && !addr_is_v4(out);
}

int ike_cfg_addr(const struct ike_cfg *a, struct addr *out)
{
	enum holds h = holds(a->type);
	struct slice s = a->value;
	uint8_t bits;
	bool ok;

	if (h != HOLDS_V4 && h != HOLDS_V6 && h != HOLDS_V6_BITS)
		return -EINVAL;
	if (!s.len)
		return -ENODATA;
	ok = h == HOLDS_V4 ? rd_v4(&s, out) : rd_v6(&s, out);
	/* Some leave the prefix length out, as RFC 4306 had it in one place. */
	if (ok && h == HOLDS_V6_BITS && s.len)
		ok = rd_u8(&s, &bits) && bits <= 128;
	return ok && !s.len ? 0 : -EINVAL;
}

/* Ones, then zeros; false: it is no netmask. */
static bool mask_bits(uint32_t mask, uint8_t *bits)
{
	for (*bits = 0; mask & 0x80000000U; mask <<= 1)
		++*bits;
	return mask == 0;
}

static bool rd_v4_net(struct slice *s, struct prefix *out)
{
	uint32_t mask;

	return rd_v4(s, &out->net) && rd_u32(s, &mask) &&
	       mask_bits(mask, &out->bits);
}

static bool rd_v6_net(struct slice *s, struct prefix *out)
{
	return rd_v6(s, &out->net) && rd_u8(s, &out->bits) && out->bits <= 128;
}

static void clear_host_bits(struct prefix *p)
{
	unsigned int bits = prefix_mapped_bits(p);

	for (unsigned int i = 0; i < sizeof(p->net.octets); i++) {
		unsigned int before = 8 * i;
		unsigned int keep = bits <= before ? 0 : bits - before;

		if (keep < 8)
			p->net.octets[i] &= (uint8_t)(0xff00U >> keep);
	}
}

int ike_cfg_net(const struct ike_cfg *a, struct prefix *out)
{
	enum holds h = holds(a->type);
	struct slice s = a->value;
	bool ok;

	if (h != HOLDS_V4_NET && h != HOLDS_V6_NET)
		return -EINVAL;
	if (!s.len)
		return -ENODATA;
	ok = h == HOLDS_V4_NET ? rd_v4_net(&s, out) : rd_v6_net(&s, out);
	if (!ok || s.len)
		return -EINVAL;
	clear_host_bits(out);
	return 0;
}

/* --- built */

void ike_cp_begin(struct ike_builder *m, enum ike_cfg_type type)
{
	ike_payload_begin(m, IKE_PL_CP);
	wr_u8(&m->b, (uint8_t)type);
	wr_u8(&m->b, 0);
	wr_u16(&m->b, 0);
}

void ike_cfg_ask(struct ike_builder *m, enum ike_cfg_attr type)
{
	wr_u16(&m->b, (uint16_t)type);
	wr_u16(&m->b, 0);
}

static void wr_family_addr(struct builder *b, const struct addr *a)
{
	uint32_t v4_be = addr_v4_be(a);

	if (addr_is_v4(a))
		wr_bytes(b, &v4_be, sizeof(v4_be));
	else
		wr_bytes(b, a->octets, sizeof(a->octets));
}

void ike_cfg_put_addr(struct ike_builder *m, enum ike_cfg_attr type,
		      const struct addr *a)
{
	struct wr_mark mark;

	wr_u16(&m->b, (uint16_t)type);
	mark = wr_begin(&m->b, 2);
	wr_family_addr(&m->b, a);
	if (type == IKE_ATTR_IP6_ADDRESS)
		wr_u8(&m->b, 128);
	wr_end(&m->b, mark);
}

void ike_cfg_put_net(struct ike_builder *m, const struct prefix *net)
{
	bool v4 = addr_is_v4(&net->net);
	uint32_t mask_be = v4 ? prefix_mask_v4_be(net) : 0;
	struct wr_mark mark;

	wr_u16(&m->b, v4 ? IKE_ATTR_IP4_SUBNET : IKE_ATTR_IP6_SUBNET);
	mark = wr_begin(&m->b, 2);
	wr_family_addr(&m->b, &net->net);
	if (v4)
		wr_bytes(&m->b, &mask_be, sizeof(mask_be));
	else
		wr_u8(&m->b, net->bits);
	wr_end(&m->b, mark);
}
