/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP errors that go through an SA, and what they quote (RFC 4301 section 6.2). One
 * whose own header the SA's selectors take is like any other packet, unless
 * gateway.icmp_quote_check asks for more; of one that they don't take, the packet
 * that it is about decides: it went through the SA the other way, and its sender is
 * who is told, but not where a policy that comes before the SA's has the error.
 * bpf/quote.h has the same for what leaves, where the policy is found.
 *
 * Worker.
 */
#ifndef CYG_DP_QUOTED_H
#define CYG_DP_QUOTED_H

#include "ctrl/dp/packet.h"
#include "ctrl/dp/worker.h"

/*
 * The packet that an ICMP error is about, as much of it as is there: what is cut off
 * shows no ports. Of out are l3, ip and the SA filled in, which is p's. false: there
 * is none that could be read.
 */
bool quoted_read(const struct packet *p, struct packet *out);

/* The same as quoted_judge(), of what is perhaps such an error. misfit: what the
 * SA's rules say of it. */
enum drop_reason quoted_ask(const struct packet *p, enum dp_dir dir,
			    enum drop_reason misfit);

/*
 * May its SA carry it that way? DROP_NONE: yes. Inline: of every packet.
 *
 * p   with its SA, the packet that is protected at l3 and parsed
 */
static inline enum drop_reason quoted_judge(const struct worker *w,
					    const struct packet *p,
					    enum dp_dir dir)
{
	enum drop_reason misfit = packet_misfit(p, dir);
	bool check = dir == DIR_IN &&
		     atomic_load_explicit(&w->quote_check, memory_order_relaxed);

	return misfit == DROP_NONE && !check ? DROP_NONE
					     : quoted_ask(p, dir, misfit);
}

#endif
