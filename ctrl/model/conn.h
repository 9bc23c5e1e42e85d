/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections as swanctl.conf's language describes them: how to reach and
 * authenticate a peer, and the CHILD SAs that may come of it. Filled by
 * ctrl/conf or by VICI, read by the engine and by whoever lists them. Times are
 * seconds; 0 means never, unless it is said otherwise.
 */
#ifndef CYG_MODEL_CONN_H
#define CYG_MODEL_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/addr.h"
#include "ctrl/base/range.h"
#include "ctrl/base/secret.h"
#include "ctrl/model/auth.h"
#include "ctrl/model/identity.h"
#include "ctrl/model/ike_options.h"
#include "ctrl/model/proposal.h"
#include "ctrl/model/sadb.h"
#include "ctrl/model/suites.h"

#define CONN_NAME_MAX  64 /* with the NUL */
#define CONN_ADDRS_MAX 4  /* of one side */
#define CONN_TS_MAX    8  /* of one side of one child */
#define CONN_VIPS_MAX  4  /* that are asked of a peer, or given to it */
#define CONN_POOLS_MAX 4
#define CONN_DNS_MAX   4   /* that a peer tells of */
#define CONN_HOST_MAX  254 /* of a name that DNS knows, with the NUL */
#define UPDOWN_MAX     160 /* a script and its words, with the NUL */

/* A time that nobody gave: conn_times() and child_times() fill it in. */
#define TIME_UNSET   UINT32_MAX
#define VOLUME_UNSET UINT64_MAX

/* One entry of local_addrs or remote_addrs. */
struct conn_addr {
	bool any;	   /* %any: whoever it is */
	struct prefix net; /* a host, or a network to accept peers from */
	struct addr last; /* not of zeros: those from net, a host, to this one */
};

/* Bits: of the last one both hold. */
enum child_action {
	CHILD_NONE = 0,	 /* down until somebody asks */
	CHILD_TRAP = 1,	 /* up with the first packet that needs it */
	CHILD_START = 2, /* up at once */
	CHILD_TRAP_START = CHILD_TRAP | CHILD_START,
};

/* What became of a child's trap since the child was loaded. */
enum child_trap {
	TRAP_AS_LOADED, /* it is there if start_action says so */
	TRAP_INSTALLED,
	TRAP_UNINSTALLED,
};

/* Of IKE messages (RFC 7383): what is said to the peer, and whether it is done. */
enum fragmentation {
	FRAGMENTATION_YES,    /* where the peer takes it */
	FRAGMENTATION_ACCEPT, /* the peer's, and none of ours */
	FRAGMENTATION_FORCE,  /* with IKEv2 the same as yes */
	FRAGMENTATION_NO,
};

/* What becomes of an IKE SA when its peer, known by its identity, makes another. */
enum unique {
	UNIQUE_NO,    /* it goes if the peer says INITIAL_CONTACT */
	UNIQUE_NEVER, /* it stays, and we say no INITIAL_CONTACT */
	UNIQUE_KEEP,  /* it stays, and the other one is refused */
	UNIQUE_REPLACE,
};

/* IKE and ESP in TCP (RFC 9329), of what we begin; a peer's is taken anyway. */
enum tcp_encap {
	TCP_ENCAP_NO,
	TCP_ENCAP_FALLBACK, /* where there is no answer by UDP */
	TCP_ENCAP_YES,
};

/* IKE SAs that begin without a CHILD SA (RFC 6023). */
enum childless {
	CHILDLESS_ALLOW,  /* the peer's */
	CHILDLESS_PREFER, /* and ours, where the peer takes them */
	CHILDLESS_FORCE,  /* no others, of either side */
	CHILDLESS_NEVER,
};

enum conn_side {
	CONN_LOCAL,
	CONN_REMOTE,
};

/* A selector of one side; ports only with a protocol that has them. */
struct ts_conf {
	bool dynamic; /* the side's outer address */
	struct prefix net;
	struct addr last; /* not of zeros: those from net, a host, to this one */
	uint8_t protocol; /* 0: any */
	uint16_t port_min; /* host order; 0 to 65535: any; of ICMP type and code */
	uint16_t port_max;
};

/* What an SA may carry, either direction by itself; 0: no limit. */
struct volume_conf {
	uint64_t rekey; /* soft */
	uint64_t life;	/* hard */
	uint64_t rand;	/* taken off rekey at random */
};

/* SAs for each CPU (RFC 9611). */
enum per_cpu {
	PER_CPU_NO, /* none that we ask for */
	PER_CPU_YES,
	PER_CPU_ENCAP, /* and in UDP each from a port of its own */
};

struct child_conf {
	char name[CONN_NAME_MAX];
	struct ts_conf local_ts[CONN_TS_MAX];
	struct ts_conf remote_ts[CONN_TS_MAX];
	size_t n_local_ts, n_remote_ts;
	struct suites suites; /* its proposals, as the data path is told them;
				 none elsewhere */
	enum sadb_mode mode;
	enum child_action start_action;
	enum child_action dpd_action;
	enum child_action close_action;
	enum child_trap trap;
	uint32_t rekey_time;	  /* soft */
	uint32_t life_time;	  /* hard */
	uint32_t rand_time;	  /* taken off rekey_time at random */
	uint32_t inactivity;	  /* hard, since it carried something */
	struct volume_conf bytes; /* of inner packets */
	struct volume_conf packets;
	uint32_t replay_window;
	bool spread; /* outbound SAs are all workers' at once */
	enum per_cpu per_cpu;
	bool fragment_after; /* IPv4 is cut after it is protected */
	uint8_t pfp; /* enum pfp_flag: what its SAs have from the packet */
	uint32_t pfp_limit; /* so many of these SAs at once, either direction */
	uint32_t if_id_in, if_id_out; /* of tunnel interfaces; 0: none */
	uint8_t n_pools; /* of its connection, one of which has what stands for a
			    dynamic remote selector; 0: it is the outer address */
	struct sadb_outer outer;
	/* What ctl runs when an SA comes and goes: an absolute path and words,
	 * with single blanks between them. "": nothing. */
	char updown[UPDOWN_MAX];
	bool hostaccess; /* the script is told so */
	uint32_t reqid; /* by which it knows the child; 0: by its policy's id */
	uint32_t policy; /* of its first pair: id in the SPD, given by whoever
			    installs it, and UINT32_MAX before */
	uint32_t more_policies[SADB_SELECTORS_MAX - 1]; /* of the others */
	struct proposals proposals; /* last: see CHILD_HEAD_BYTES */
};

/* A local and a remote selector of a child, which packets may have both. */
struct child_pair {
	const struct ts_conf *local, *remote;
	uint8_t protocol; /* whichever side names one; 0: any */
	uint8_t pool; /* of a dynamic remote one: which of the connection's */
};

struct conn_conf {
	char name[CONN_NAME_MAX];
	struct conn_addr local_addrs[CONN_ADDRS_MAX];
	struct conn_addr remote_addrs[CONN_ADDRS_MAX];
	size_t n_local_addrs, n_remote_addrs;
	/*
	 * The peer's name, which stands in place of remote_addrs: they are what
	 * it resolved to last, and none before. "": there is no name.
	 */
	char remote_host[CONN_HOST_MAX];
	uint16_t local_port;  /* host order; 500 */
	uint16_t remote_port; /* host order; 500 */
	struct identity local_id;
	struct identity remote_id;
	struct auth_conf local_auth;
	struct auth_conf remote_auth;
	/*
	 * These are the first rounds. Those behind them: the local ones, then the
	 * remote ones; conn_id() and conn_auth() have all.
	 */
	struct auth_round *more_rounds; /* owned; NULL: there are none */
	uint8_t n_more_local, n_more_remote;
	enum send_cert send_cert;
	bool send_certreq;
	enum ocsp_inside ocsp;
	enum fragmentation fragmentation;
	enum unique unique;
	enum childless childless;
	struct identity ppk_id; /* of the one that we use (RFC 8784); as a
				   responder the only one, or type 0: any */
	bool ppk_required;
	bool resumption; /* tickets (RFC 5723): asked for, given, and taken */
	bool encap;	 /* UDP encapsulation without a NAT */
	enum tcp_encap tcp_encap; /* to remote_port; or 4500, where that is 500 */
	bool mobike;		  /* RFC 4555, where the peer has it */
	uint8_t dscp;		  /* of IKE's packets */
	uint32_t if_id_in, if_id_out; /* of children that have none */
	uint32_t dpd_delay;   /* liveness check after so long without a word */
	uint32_t rekey_time;  /* of the IKE SA; soft */
	uint32_t reauth_time; /* a new IKE SA in its place */
	uint32_t over_time;   /* hard, after rekey_time and reauth_time */
	uint32_t rand_time;   /* taken off both at random */
	uint32_t keyingtries; /* of an initiation; 0: until it works */
	/* Addresses to be asked of the peer; of zeros: whichever it gives. */
	struct addr vips[CONN_VIPS_MAX];
	size_t n_vips;
	/* What it gave, as far as the data path was told; 0: nothing yet. */
	struct addr vips_now[CONN_VIPS_MAX];
	size_t n_vips_now;
	char vips_on[IFACE_NAME_MAX]; /* which interface gets them; "": none */
	/* From where the peer gets its own, the first that has one. */
	char pools[CONN_POOLS_MAX][CONN_NAME_MAX];
	size_t n_pools;
	/* Their addresses, as far as the data path was told; all 0: there is no such
	 * pool. */
	struct range pool_addrs[CONN_POOLS_MAX];
	bool from_vici; /* else of the file: reload touches its own */
	struct child_conf *children; /* owned */
	size_t n_children;
	struct proposals proposals; /* last: see CONN_HEAD_BYTES */
};

/* Both without their proposals, which are most of them, and cross to other processes
 * in other ways, where they do. */
#define CONN_HEAD_BYTES	 offsetof(struct conn_conf, proposals)
#define CHILD_HEAD_BYTES offsetof(struct child_conf, proposals)

_Static_assert(CONN_HEAD_BYTES + sizeof(struct proposals) ==
		       sizeof(struct conn_conf),
	       "proposals stand last");
_Static_assert(CHILD_HEAD_BYTES + sizeof(struct proposals) ==
		       sizeof(struct child_conf),
	       "proposals stand last");

/* What the name of a connection's peer resolved to. */
struct conn_peer {
	char conn[CONN_NAME_MAX];
	uint32_t n_now, n_known;
	struct addr now[CONN_ADDRS_MAX];   /* the last time */
	struct addr known[CONN_ADDRS_MAX]; /* and before, as far as there is
					      room: SAs may still go there */
};

/* Virtual IPs that a connection's peer gave us. */
struct conn_vips {
	char conn[CONN_NAME_MAX];
	uint32_t n; /* 0: it has none any more */
	struct addr at[CONN_VIPS_MAX];
	char on[IFACE_NAME_MAX]; /* the interface that gets them; "": none */
};

/* A pre-shared key and the peers for which it is; or one that is mixed into the
 * keys of IKE SAs (RFC 8784), and the names by which peers ask for that. */
struct psk_conf {
	char name[CONN_NAME_MAX];
	struct secret key;
	struct identity *owners; /* owned; none: any peer */
	size_t n_owners;
	bool is_ppk;
	bool from_vici;
};

/* How often a side proves who it is: 1 to AUTH_ROUNDS_MAX. */
size_t conn_rounds(const struct conn_conf *c, enum conn_side side);

/* Who it says it is and how it proves that, in a round that there is, from 0. */
const struct identity *conn_id(const struct conn_conf *c, enum conn_side side,
			       size_t round);
const struct auth_conf *conn_auth(const struct conn_conf *c,
				  enum conn_side side, size_t round);

/* One address, and not a network or whoever it is. */
bool conn_addr_is_host(const struct conn_addr *a);

/* Is it one of them? */
bool conn_addr_has(const struct conn_addr *a, const struct addr *addr);

/* Of which all that it has are; of %any: of both families, of zeros. */
struct range conn_addr_range(const struct conn_addr *a);

/* So many bits all that it has begin with; of %any 0. */
unsigned int conn_addr_bits(const struct conn_addr *a);

/* As it is written; at most RANGE_STR_MAX octets, returns buf. */
const char *conn_addr_str(const struct conn_addr *a, char *buf);

/* Is the peer named, and not given by addresses? */
bool conn_is_named(const struct conn_conf *c);

/* These are what the peer's name resolved to; of too many the first ones. */
void conn_resolve(struct conn_conf *c, const struct addr *addrs, size_t n);

/* Of one that is not dynamic. */
struct range ts_conf_range(const struct ts_conf *ts);

/* Pairs of a local and a remote selector: as many as an SA has of them. A dynamic
 * remote one makes a pair with each pool. */
size_t child_pairs(const struct child_conf *child);

/* Is it brought up by the first packet that needs it? */
bool child_is_trap(const struct child_conf *child);

/* Of these the one at that place, from 0; false: there are not so many. */
bool child_pair_at(const struct child_conf *child, size_t at,
		   struct child_pair *out);

/* The policy of the pair at that place, of as many as an SA has. */
uint32_t child_policy(const struct child_conf *child, size_t at);
void child_set_policy(struct child_conf *child, size_t at, uint32_t id);

/* Is it one of its pairs'? */
bool child_has_policy(const struct child_conf *child, uint32_t id);

/* That of its proposals, which are of one: IKE_PROTO_ESP or IKE_PROTO_AH. */
enum ike_protocol child_ipsec_protocol(const struct child_conf *child);

/* Is every field the same, children and their policies included? What a name
 * resolved to is none of them, nor what a peer gave, what pools have, or what became of
 * traps. */
bool conn_equal(const struct conn_conf *a, const struct conn_conf *b);

/* The same without the children, and of a child alone. */
bool conn_equal_ike(const struct conn_conf *a, const struct conn_conf *b);

/* Do IKE SAs of the one go on as the other's? As conn_equal_ike(), but as many
 * certificates of ours may be others: renewed ones are for the next handshake. */
bool conn_keeps_ike(const struct conn_conf *a, const struct conn_conf *b);

bool child_equal(const struct child_conf *a, const struct child_conf *b);

/*
 * What nobody should use of its proposals, see proposals_weakness(). false:
 * nothing.
 */
struct weakness {
	const char *name; /* of the algorithm */
	const char *why;
	const struct child_conf *child; /* NULL: it is of IKE's */
};
bool conn_weakness(const struct conn_conf *c, struct weakness *out);

/* NULL: it has no such child. */
const struct child_conf *conn_child(const struct conn_conf *c, const char *name);

/*
 * A copy with children and rounds of its own; out is the caller's to conn_fini(). -ENOMEM:
 * it is not to be.
 */
int conn_copy(struct conn_conf *out, const struct conn_conf *from);

/* Wipe and free what they own, and forget it; not the structs. */
void conn_fini(struct conn_conf *conn);
void psk_fini(struct psk_conf *psk);

/*
 * strongSwan's defaults in every field (swanctl.conf(5)), name empty. Lists
 * hold their default, which another one replaces: %any addresses, dynamic
 * selectors, proposals_default().
 */
void conn_init(struct conn_conf *conn);
void child_init(struct child_conf *child);

/*
 * Every time that is TIME_UNSET becomes what strongSwan makes of the others: a
 * rekey_time is 4 hours, but never if there is a reauth_time, which is never by
 * itself; over_time is a tenth of the larger one, and rand_time as much, but not
 * more than half of the smaller; a child's rekey_time is 1 hour, its life_time
 * is a tenth more than rekey_time, and rand_time the difference; but of a life_time
 * of an hour or less that is given alone, rekey_time is ten elevenths. So it is with
 * bytes and packets (VOLUME_UNSET), of which there is no limit by itself.
 */
void conn_times(struct conn_conf *conn);
void child_times(struct child_conf *child);

#endif
