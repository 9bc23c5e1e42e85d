/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The seam between IKE and the SAD, in RFC 2367's verbs. IKE asks (GETSPI, ADD,
 * UPDATE, DELETE, and MOVE, CLAIM and SWEEP, which are ours) and gets one answer to
 * each question; the data path tells (ACQUIRE, EXPIRE, USED, MAPPING,
 * NEW_EPOCH). Messages are fixed and carry no pointer: they cross processes as
 * they are.
 *
 * The life of an SA in the SAD:
 *
 *     LARVAL -> INBOUND_ARMED -> ACTIVE -> DRAINING -> DEAD
 *
 * GETSPI makes an inbound SA LARVAL, for so long as IKE may need to agree; ADD
 * arms it, and from then on it accepts. ADD without GETSPI does the same, under
 * an SPI of the caller's. ADD of an outbound one makes it ready, UPDATE binds it
 * to its policy: from then on it protects what its selectors take, and its answer
 * says that those that were bound before are out of use, so far as it takes what
 * they did: one that takes more stays bound for the rest. DELETE switches away and
 * drains, and is answered when no packet can come by it any more.
 *
 * SAs for each CPU (RFC 9611) have the same selectors: ADD says so, and of which worker
 * each is, or of none, the fall-back; UPDATE binds each beside the others, and ACQUIRE
 * asks for one of a worker's own beside the fall-back. GETSPI's answer says how many
 * workers there are.
 *
 * Of a policy that takes selectors from the packet, ACQUIRE asks for an SA of the
 * packet's values in the flagged fields and of the policy's ranges in the others
 * (RFC 4301 section 4.4.2), and ADD takes no other.
 *
 * SAs outlive the ike that asked for them: its successor CLAIMs those that it knows
 * of, and with SWEEP the others go. NEW_EPOCH says that the data path came back
 * empty: of all SAs of before it has none.
 *
 * An SPI belongs to one address of ours, bare or in UDP: ESP comes in either
 * form at any time (RFC 7296 section 2.23), encapsulation is how we send. ESP and AH
 * have no SPI in common, though RFC 4301 section 4.1 would let them.
 */
#ifndef CYG_MODEL_SADB_H
#define CYG_MODEL_SADB_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/addr.h"
#include "include/ike.h"

#define SADB_KEY_MAX	   68 /* octets: cipher key with salt, or SHA-512's */
#define SADB_SELECTORS_MAX 16

enum sadb_verb {
	/* questions */
	SADB_GETSPI,
	SADB_ADD,
	SADB_UPDATE,
	SADB_DELETE,
	SADB_CLAIM,
	SADB_SWEEP,
	SADB_QUERY,
	SADB_MOVE,
	/* tellings */
	SADB_ACQUIRE,
	SADB_EXPIRE,
	SADB_USED,
	SADB_MAPPING,
	SADB_NEW_EPOCH,
};

enum sadb_dir {
	SADB_OUT,
	SADB_IN,
};

enum sadb_mode {
	SADB_TUNNEL,
	SADB_TRANSPORT, /* of what goes between the SA's own two addresses */
};

/* Names an SA on both sides of the seam (RFC 4301 section 4.1). */
struct sadb_id {
	struct addr daddr;
	uint32_t spi; /* host order */
	uint8_t dir;  /* enum sadb_dir */
	uint8_t pad[3];
};

/* Which selectors an SA takes from the packet that it is made for, and not from its
 * policy: flags of a policy (PFP, RFC 4301 section 4.4.1.2). What a type and a code
 * are, is in its ports. */
enum pfp_flag {
	PFP_LOCAL = 1 << 0,
	PFP_REMOTE = 1 << 1,
	PFP_PROTOCOL = 1 << 2,
	PFP_LOCAL_PORT = 1 << 3,
	PFP_REMOTE_PORT = 1 << 4,
	PFP_PORTS = PFP_LOCAL_PORT | PFP_REMOTE_PORT,
};

/* Address and port ranges, both ends inclusive, ports in host order; 65535 to 0:
 * OPAQUE, see PORT_OPAQUE_MIN. */
struct sadb_selector {
	struct addr local_min, local_max;
	struct addr remote_min, remote_max;
	uint16_t local_port_min, local_port_max;
	uint16_t remote_port_min, remote_port_max;
	uint8_t protocol; /* 0: any */
	uint8_t pad[3];
};

/* How much an SA may carry, and how long after ADD; 0: no limit. */
struct sadb_limit {
	uint64_t bytes;
	uint64_t pkts;
	uint32_t time_s;
	uint32_t pad;
};

/* Which limit an EXPIRE is about. */
enum sadb_cause {
	SADB_BY_NONE, /* none: its policies are gone */
	SADB_BY_TIME,
	SADB_BY_BYTES,
	SADB_BY_PKTS,
	SADB_BY_NUMBERS, /* sequence numbers, which never repeat */
};

/* DF of an outer header of IPv4 (RFC 4301 section 8.1). */
enum sadb_df {
	SADB_DF_COPY, /* the inner packet's; of IPv6's, set */
	SADB_DF_CLEAR,
	SADB_DF_SET,
};

#define SADB_DSCP_MAX	 63
#define SADB_TFC_MTU	 UINT16_MAX
#define SADB_DUMMIES_MAX 1000 /* a second */

/*
 * What outer headers have of inner packets, and inner packets of outer headers,
 * and how little an observer sees of their sizes and times. All zero is what
 * strongSwan does by itself.
 */
struct sadb_outer {
	uint8_t df;	     /* enum sadb_df */
	uint8_t dscp_is_set; /* outer ones have `dscp`, else the inner packet's */
	uint8_t dscp;	     /* 0 to SADB_DSCP_MAX */
	uint8_t dscp_in;     /* inbound: the inner packet gets the outer one */
	uint8_t no_ecn;	     /* neither header has the other one's ECN */
	uint8_t ttl;	     /* or hop limit; 0: 64 */
	uint16_t tfc_bytes; /* outbound: inner packets are padded up to so many,
			       or SADB_TFC_MTU, as the path lets; 0: they are not */
	uint16_t dummies;   /* outbound: dummy packets a second */
};

_Static_assert(sizeof(struct sadb_outer) == 10, "compared without gaps");

/* Has it one address on each side, these? */
static inline bool selector_is_between(const struct sadb_selector *s,
				       const struct addr *local,
				       const struct addr *remote)
{
	return addr_equal(&s->local_min, local) &&
	       addr_equal(&s->local_max, local) &&
	       addr_equal(&s->remote_min, remote) &&
	       addr_equal(&s->remote_max, remote);
}

/* What ADD says of an SA; keys in the clear, hence wiped after use. */
struct sadb_sa {
	struct addr saddr;
	uint32_t policy;	/* the SPD's, from which it comes */
	uint32_t ike_id;	/* of the IKE SA that made it */
	uint16_t encr;		/* enum encr_id */
	uint16_t encr_key_bits; /* of the cipher; 0 too where there is one */
	uint16_t integ;		/* enum integ_id; INTEG_NONE with an AEAD */
	uint16_t encr_key_len;
	uint16_t integ_key_len;
	uint16_t encap_sport; /* host order, as its packets have them; both */
	uint16_t encap_dport; /* 0: no UDP encapsulation */
	uint8_t esn;
	uint8_t n_selectors;	/* 1 or more, each within the policy */
	uint8_t spread;		/* outbound: by all workers at once */
	uint8_t mode;		/* enum sadb_mode */
	uint8_t fragment_after; /* outbound: IPv4 is cut after it is protected */
	uint8_t keepalive;	/* outbound, in UDP: we may be behind a NAT */
	uint8_t protocol;	/* IKE_PROTO_ESP; or IKE_PROTO_AH, whose encr is
			     ENCR_NULL and which is never in UDP */
	uint8_t of_cpus; /* outbound: one of those for each CPU, not spread */
	uint8_t cpu; /* of these: a worker's number and 1; 0: the fall-back */
	uint8_t pad;
	uint32_t replay_window; /* packets; inbound */
	uint32_t carrier; /* SPI, host order, of AH in transport mode between the
			     same addresses, in which its packets are: a bundle
			     of the configuration; 0: in none */
	uint32_t if_id;	  /* of its direction's tunnel interface; 0: none */
	uint32_t stream;  /* ESP in this TCP connection; UINT32_MAX: one that is
			     yet to be; 0: in none */
	struct sadb_limit soft; /* EXPIRE tells of it */
	struct sadb_limit hard; /* it ends, and EXPIRE tells */
	struct sadb_outer outer;
	uint8_t pad3[6];
	uint8_t encr_key[SADB_KEY_MAX];
	uint8_t integ_key[SADB_KEY_MAX];
	struct sadb_selector selectors[SADB_SELECTORS_MAX];
};

/*
 * A question; `token` comes back in its answer, 0: there is none.
 *
 * UPDATE: the policy's outbound SA is `id` from now on, before all others that it has.
 * DELETE of an outbound SA that is bound: its policy has none, or those others.
 * CLAIM: the SA of an ike that ended is the asker's; -ENOENT: there is no such SA.
 * SWEEP: those of it that were not claimed end, not at once.
 * QUERY: how much has come or gone by it.
 * MOVE: it goes on between other addresses and ports, under the name that it has;
 * -EOPNOTSUPP: what it is can't.
 */
struct sadb_request {
	uint64_t token;
	uint8_t verb; /* enum sadb_verb */
	uint8_t pad[7];
	struct sadb_id id; /* GETSPI: spi 0, to be chosen */
	struct sadb_sa sa; /* ADD; MOVE: saddr, the ports, keepalive and stream
			      alone */
	struct addr daddr; /* MOVE */
};

struct sadb_counters {
	uint64_t pkts;
	uint64_t bytes;
	uint64_t idle_s; /* UINT64_MAX: never used */
};

struct sadb_answer {
	uint64_t token;
	uint8_t verb;
	uint8_t workers; /* GETSPI: how many there are */
	uint8_t pad[2];
	int32_t err;		       /* 0 or negative errno */
	struct sadb_id id;	       /* GETSPI: with the SPI */
	struct sadb_counters counters; /* DELETE: the last; CLAIM, QUERY: so far */
};

/* What the data path tells. */
struct sadb_event {
	uint8_t verb;  /* enum sadb_verb */
	uint8_t hard;  /* EXPIRE: the SA is out of use already */
	uint8_t cause; /* EXPIRE: enum sadb_cause */
	uint8_t cpu; /* ACQUIRE: of which worker's own, its number and 1; 0: any */
	uint32_t policy;	     /* ACQUIRE */
	struct sadb_selector packet; /* ACQUIRE: the packet that waits; where it
					shows no ports, OPAQUE, or ANY if its
					protocol has none */
	struct sadb_id id;	     /* EXPIRE, MAPPING; USED: an inbound SA's
					first packet was authentic */
	struct addr mapped_addr;     /* MAPPING, once a change and at most once
					a second: an authentic packet came from
					here; nothing follows by itself */
	uint16_t mapped_port;	     /* host order */
	uint16_t pad2;
	uint32_t pad3;
};

#endif
