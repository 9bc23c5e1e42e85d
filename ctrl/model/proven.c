// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/proven.h"

static void put_cert(struct builder *b, const struct cert_serial *c)
{
	wr_bytes(b, c->issuer, sizeof(c->issuer));
	wr_u8(b, c->len);
	wr_bytes(b, c->octets, c->len);
}

static bool get_cert(struct slice *s, struct cert_serial *out)
{
	return rd_bytes(s, out->issuer, sizeof(out->issuer)) &&
	       rd_u8(s, &out->len) && out->len &&
	       out->len <= sizeof(out->octets) &&
	       rd_bytes(s, out->octets, out->len);
}

void proven_put(struct builder *b, const struct proven *p)
{
	wr_u64(b, p->at_ns);
	wr_u64(b, p->until_ns);
	wr_bytes(b, p->demands.octets, sizeof(p->demands.octets));
	wr_u8(b, p->by);
	wr_bytes(b, p->anchor.octets, sizeof(p->anchor.octets));
	wr_u8(b, p->n);
	for (size_t i = 0; i < p->n; i++)
		put_cert(b, &p->certs[i]);
}

bool proven_get(struct slice *s, struct proven *out)
{
	*out = (struct proven){ .at_ns = 0 };
	if (!rd_u64(s, &out->at_ns) || !rd_u64(s, &out->until_ns) ||
	    !rd_bytes(s, out->demands.octets, sizeof(out->demands.octets)) ||
	    !rd_u8(s, &out->by) || out->by > PROVEN_BY_PEER ||
	    !rd_bytes(s, out->anchor.octets, sizeof(out->anchor.octets)) ||
	    !rd_u8(s, &out->n) || out->n > PROVEN_CERTS_MAX)
		return false;
	for (size_t i = 0; i < out->n; i++)
		if (!get_cert(s, &out->certs[i]))
			return false;
	return true;
}
