/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the gateway shows of itself: a snapshot that the daemon fills and the
 * control protocol reads. No key and nothing derived from one is in here.
 * Plain values; control thread.
 */
#ifndef CYG_MODEL_STATUS_H
#define CYG_MODEL_STATUS_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/addr.h"
#include "ctrl/model/auth.h"
#include "ctrl/model/config.h"
#include "ctrl/model/mismatch.h"
#include "ctrl/model/stream.h"
#include "include/drop.h"
#include "include/pass.h"

#define STATUS_CERT_STR_MAX 128
#define STATUS_CERTS_MAX    256
#define STATUS_MAPS_MAX	    32
#define STATUS_MAP_NAME	    16
#define STATUS_ALGS_MAX	    48
#define STATUS_NAME_MAX	    (2 * CONF_NAME_MAX + 4)
#define STATUS_END_MAX	    256	       /* of several prefixes, or of a name */
#define STATUS_NEVER_S	    UINT64_MAX /* "seconds ago" of what never happened */
#define STATUS_NO_RATE	    UINT64_MAX /* nobody has looked twice yet */

struct iface_status {
	char name[IF_NAMESIZE];
	enum iface_role role;
	bool native;	 /* XDP in the driver; else generic */
	bool dispatcher; /* XDP in libxdp's, beside others; else alone */
	bool zero_copy;	 /* AF_XDP; else copy */
	unsigned int queues;
	uint32_t mtu;
	uint32_t largest; /* packet that we carry; less than mtu on old kernels */
};

/* One direction of a tunnel. */
struct sa_status {
	uint32_t spi; /* host order */
	uint64_t pkts;
	uint64_t bytes;	   /* inner packets */
	uint64_t seq;	   /* last sent, or right edge of the window */
	uint64_t idle_s;   /* since the last packet, or STATUS_NEVER_S */
	uint64_t lost;	   /* in: numbers that no packet had */
	uint64_t path_mtu; /* out: as a router on the way says; 0: none */
	uint64_t pkts_s;   /* a second, of late, or STATUS_NO_RATE */
	uint64_t bits_s;
	uint64_t drops[DROP_MAX]; /* of this SA, by reason */
};

enum tunnel_state {
	TUNNEL_UP, /* it has SAs, as one with keys by hand always does */
	TUNNEL_CONNECTING,
	TUNNEL_TRAP, /* waits for traffic, which brings it up */
	TUNNEL_DOWN,
};

/* Why it is not up. */
struct failure_status {
	uint64_t ago_s;		 /* STATUS_NEVER_S: nothing failed */
	bool ended;		 /* it had been up; else it did not come up */
	char peer[ADDR_STR_MAX]; /* its address; "": none was asked */
	char text[MISMATCH_STR_MAX];
};

/* As configured; where it is up, as it is. */
struct tunnel_status {
	char name[STATUS_NAME_MAX]; /* CONN/CHILD, or a manual one's */
	char conn[CONF_NAME_MAX];   /* "": keys by hand */
	char local[STATUS_END_MAX]; /* outer address, or several */
	char remote[STATUS_END_MAX];
	enum tunnel_state state;
	enum child_action start_action; /* CHILD_START: it should be up */
	char algs[STATUS_ALGS_MAX];	/* "aes128-sha256"; "": not up */
	bool transport;			/* the SAs' mode */
	bool tcp;			/* ESP is in TCP */
	uint32_t if_id_in, if_id_out;	/* of tunnel interfaces; 0: none */
	/* Of a bundle, "": in none. */
	char carrier[CONF_NAME_MAX]; /* of ESP: the tunnel of AH that it is in */
	char carried[CONF_NAME_MAX]; /* of AH: the tunnel of ESP in it */
	unsigned int n_sas;	     /* pairs; more than one: summed up */
	uint64_t up_s; /* since its first SA, without a gap, or STATUS_NEVER_S */
	uint64_t rekey_s; /* until the next one is rekeyed, or STATUS_NEVER_S */
	struct sa_status in;
	struct sa_status out;
	struct failure_status failure; /* unless it is up */
};

struct policy_status {
	char name[STATUS_NAME_MAX];
	uint32_t id; /* as maps and logs have it */
	char local_ts[STATUS_END_MAX];
	char remote_ts[STATUS_END_MAX];
	uint8_t protocol;
	uint8_t pfp; /* enum pfp_flag: what its SAs have from packets */
	enum spd_action action;
	uint32_t dirs;		      /* SPD_OUT, SPD_IN or SPD_BOTH */
	char tunnel[STATUS_NAME_MAX]; /* "" unless SPD_PROTECT */
};

struct map_status {
	char name[STATUS_MAP_NAME];
	uint32_t id; /* for bpftool map dump id */
};

struct counters {
	struct counter drops[DROP_MAX];
	struct counter passes[PASS_MAX];
	uint64_t in_flight; /* packets: steered, not yet seen to end */
};

/* Arrays are owned; free with status_free(). */
/* A certificate that is here; texts are cut. */
struct cert_status {
	char subject[STATUS_CERT_STR_MAX];
	char from[STATUS_CERT_STR_MAX]; /* its file; "": it came over VICI */
	const char *kind;		/* "own", "ca" or "peer" */
	struct fingerprint id;
	int64_t not_after_s; /* Unix time */
};

struct status {
	uint64_t uptime_s;
	int pid;
	enum spd_action default_action;
	const char *crypto; /* the backend's name */
	unsigned int workers;
	struct iface_status ifaces[IFACE_MAX];
	size_t n_ifaces;
	struct tunnel_status *tunnels;
	size_t n_tunnels;
	struct failure_status stranger; /* a peer that has no connection */
	unsigned int n_ike, n_connecting, n_child; /* SAs; IKE SAs that are up */
	struct policy_status *policies;		   /* in SPD order */
	size_t n_policies;
	struct map_status maps[STATUS_MAPS_MAX];
	size_t n_maps;
	struct counters counters;
	struct stream_counts streams; /* 0 where there is no TCP */
	/* Those whose time is over first; owned. */
	struct cert_status *certs;
	size_t n_certs;
	int64_t now_s; /* Unix time, for those */
};

void status_free(struct status *s);

/* "none" and DROP_NONE for 0; never NULL for a member of the enum. */
const char *drop_name(enum drop_reason reason);
const char *drop_text(enum drop_reason reason);
const char *sadb_cause_name(enum sadb_cause cause);

const char *pass_name(enum pass_reason reason);
const char *pass_text(enum pass_reason reason);
const char *action_name(enum spd_action action); /* "protect", … */
const char *dirs_name(uint32_t dirs);		 /* "out", "in", "both" */
const char *tunnel_state_name(enum tunnel_state state);
const char *child_action_name(enum child_action action); /* "start", … */

#endif
