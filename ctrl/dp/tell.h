/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a worker tells the control thread of SAs and policies. The queue is
 * bounded; who could not put something in tries again with the next packet
 * that gives reason to, so that nothing but time is lost.
 */
#ifndef CYG_DP_TELL_H
#define CYG_DP_TELL_H

#include "ctrl/base/addr.h"
#include "ctrl/base/spsc.h"
#include "include/meta.h"

enum telling_kind {
	TELL_USED,    /* an inbound SA's first packet was authentic */
	TELL_MAPPING, /* an authentic one came from elsewhere */
	TELL_ACQUIRE, /* packets wait for an SA of the policy */
	TELL_ENDING,  /* an SA has reached a limit of its life */
	TELL_PMTU,    /* a packet of an outbound SA was too big for a router */
	TELL_AUDIT,   /* a packet is for the audit log */
};

struct telling {
	enum telling_kind kind;
	struct sa_ref sa; /* USED, MAPPING, ENDING, PMTU, AUDIT */
	uint32_t policy;  /* ACQUIRE */
	uint32_t mtu;	  /* PMTU; of the outer packet */
	/* MAPPING: where the peer is. ACQUIRE: the packet; local is its source.
	 * Ports in host order, 0 where it has none. */
	struct addr saddr, daddr;
	uint16_t sport, dport;
	uint8_t protocol;
	bool has_ports; /* ACQUIRE: the packet shows some */
	uint8_t cpu; /* ACQUIRE: the worker's number and 1, of whom alone the SA
			would be; 0: nobody */
	uint8_t cause; /* ENDING: enum sadb_cause */
	bool hard;     /* ENDING: it carries nothing more */
	/* AUDIT, with the addresses of the packet; see audit.h. */
	uint8_t reason; /* enum drop_reason */
	uint32_t spi;	/* host order */
	uint32_t flow_id;
	uint64_t seq;
	uint64_t left_out; /* of that reason, before this one */
};

/* One worker's end of it. */
struct tell {
	struct spsc queue;
	int fd; /* eventfd: the control thread wakes; borrowed */
};

/* fd is borrowed until tell_fini(). 0 or -ENOMEM. */
int tell_init(struct tell *t, int fd);
void tell_fini(struct tell *t);

/* Worker. NULL: nobody listens, which is as good as told. false: no room. */
bool tell_put(struct tell *t, const struct telling *what);

/* Control thread. false: nothing more. */
bool tell_take(struct tell *t, struct telling *out);

/* Worker: the control thread is to look again. NULL is fine. */
void tell_wake(const struct tell *t);

#endif
