// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/quoted.h"

#include "ctrl/sadb/rules.h"
#include "ctrl/wire/icmp.h"
#include "include/proto.h"

static struct slice whole(const struct packet *p)
{
	return slice_of(p->l3, p->ip.total_bytes);
}

/* A policy that comes before the SA's covers it: the quote is not asked. */
static bool is_refused(const struct packet *p, enum dp_dir dir)
{
	const struct flow f = packet_flow(p, dir);

	return rules_refuse(
		atomic_load_explicit(&p->sa->rules, memory_order_acquire), &f);
}

bool quoted_read(const struct packet *p, struct packet *out)
{
	struct slice s = whole(p), headers;

	if (!rd_slice(&s, p->ip.header_bytes + ICMP_HEADER_BYTES, &headers) ||
	    !ip_parse_quote(s, &out->ip) || out->ip.version != p->ip.version)
		return false;
	if (out->ip.total_bytes > s.len)
		out->ip.total_bytes = (uint32_t)s.len;
	out->l3 = (uint8_t *)s.ptr;
	out->sa = p->sa;
	return true;
}

/* It went the other way, and so, turned round, it is a packet of this SA. */
static bool quotes_its_own(const struct packet *p, enum dp_dir dir)
{
	struct packet quote = { .drop = DROP_NONE };

	return quoted_read(p, &quote) &&
	       addr_equal(&p->ip.daddr, &quote.ip.saddr) &&
	       packet_misfit(&quote, dir == DIR_IN ? DIR_OUT : DIR_IN) ==
		       DROP_NONE;
}

/* Redirects are for who is on the sender's link; and what the far side says from an
 * address of this side, somebody there makes up. */
static bool is_out_of_place(const struct packet *p, enum dp_dir dir)
{
	const struct rules *rules =
		atomic_load_explicit(&p->sa->rules, memory_order_acquire);

	return icmp_is_redirect(whole(p), &p->ip) ||
	       (dir == DIR_IN && rules_have_local(rules, &p->ip.saddr));
}

enum drop_reason quoted_ask(const struct packet *p, enum dp_dir dir,
			    enum drop_reason misfit)
{
	if (!icmp_is_error(whole(p), &p->ip))
		return misfit;
	if (misfit != DROP_NONE && is_out_of_place(p, dir))
		return misfit;
	if (!is_refused(p, dir) && quotes_its_own(p, dir))
		return DROP_NONE;
	return misfit == DROP_NONE ? DROP_ICMP_SELECTOR : misfit;
}
