/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages between ctl and dp, and those between ike and dp, over seams
 * (ctrl/base/seam.h). The configuration crosses in pieces, its pointers as what
 * they point to, and takes effect as a whole.
 *
 *     ctl: IFACE* MANUAL* POLICY* CONN CHILD* .. COMMIT    dp: IDS* COMMITTED
 *     ctl: LOOK                                            dp: SAS* LOOKED
 *
 * dp believes what ctl says, and nothing of ike: of that link it reads
 * questions to the SAD alone.
 */
#ifndef CYG_DAEMON_DP_SEAM_H
#define CYG_DAEMON_DP_SEAM_H

#include "ctrl/base/seam.h"
#include "ctrl/daemon/dp_sas.h"
#include "ctrl/daemon/ike_udp.h"
#include "ctrl/model/capture.h"
#include "ctrl/model/config.h"
#include "ctrl/model/explain.h"
#include "ctrl/model/pool.h"
#include "ctrl/model/sadb.h"
#include "ctrl/model/status.h"
#include "ctrl/model/stream.h"

#define DP_FILE_MAX   256 /* of a file's name, with the NUL */
#define DP_CRYPTO_MAX 16  /* of a backend's name, likewise */

enum dp_msg {
	/* to dp */
	DP_MSG_IFACE =
		1, /* the next piece of a configuration, as the next four */
	DP_MSG_MANUAL,
	DP_MSG_POLICY,
	DP_MSG_CONN,
	DP_MSG_CHILD,  /* of the connection that came last */
	DP_MSG_COMMIT, /* those were all */
	DP_MSG_SETTLE, /* ctl's start succeeded */
	DP_MSG_UNDO,   /* it failed: all is as it was before, and dp ends */
	DP_MSG_STOP,   /* dp ends, in order */
	DP_MSG_LOOK,
	DP_MSG_SOCKETS, /* IKE's, with descriptors: they pass the guard */
	DP_MSG_IKE,	/* ike, with the descriptor of a link to it */
	DP_MSG_LOOKUP,	/* in DNS, with its sockets, or over: with none */
	DP_MSG_PEER,	/* struct conn_peer */
	DP_MSG_VIPS,	/* struct conn_vips */
	DP_MSG_POOL,	/* struct pool_addrs */
	DP_MSG_EXPLAIN,
	DP_MSG_CAPTURE, /* with the socket of who reads it */
	DP_MSG_STREAM,	/* TCP of ours, with its socket; or over: with none */
	DP_MSG_PAIRS,	/* stream has no pairs with workers: it wants some */

	/* to ctl */
	DP_MSG_HELLO = 64, /* first; with IKE's sockets, if it has them */
	DP_MSG_IDS,	   /* of a configuration that is in force */
	DP_MSG_COMMITTED,
	DP_MSG_SAS, /* of a LOOK; struct dp_msg_sas */
	DP_MSG_LOOKED,
	DP_MSG_LET_OUT, /* the sockets of a LOOKUP */
	DP_MSG_EXPLAINED,
	DP_MSG_CAPTURING,
	DP_MSG_STREAM_OUT, /* the socket of a STREAM */
	DP_MSG_PAIR,	   /* of PAIRS: one worker's, with stream's end of it */

	/* from ike, and to it */
	DP_MSG_REQUEST = 128,
	DP_MSG_ANSWER,
	DP_MSG_EVENT,
};

struct dp_msg_empty {
	uint64_t zero;
};

struct dp_msg_iface {
	struct iface_conf conf; /* but for its place's file */
	char file[DP_FILE_MAX]; /* cut at its end */
};

struct dp_msg_manual {
	struct manual_conf conf; /* but for its algorithms and places */
	uint16_t encr, encr_key_bits, integ;
};

struct dp_msg_policy {
	struct policy_conf conf; /* but for its place */
};

struct dp_msg_conn {
	struct conn_conf conf; /* its head, but for children */
};

struct dp_msg_child {
	struct child_conf conf; /* its head: suites in place of proposals */
};

struct dp_msg_commit {
	struct gateway_conf gateway; /* but for its interfaces */
};

struct dp_msg_hello {
	uint8_t is_running; /* an earlier ctl's configuration is in force */
	uint8_t is_taken;   /* another ctl is linked; this link ends here */
	uint8_t pad[6];
};

struct dp_msg_committed {
	int32_t err;	   /* 0, or negative and the text says why */
	uint32_t is_first; /* it began to run with this one */
	char text[ERROR_MAX_BYTES];
};

#define DP_IDS_MAX 1024U /* in one message */

/* Before COMMITTED, as often as it takes: of policies and of children's pairs, in
 * their order. */
struct dp_msg_ids {
	uint32_t n;
	uint32_t ids[DP_IDS_MAX];
};

struct dp_msg_lookup {
	uint64_t token; /* comes back in DP_MSG_LET_OUT */
	uint32_t slot;	/* of those that there may be at once */
	int32_t err;	/* LET_OUT: 0 or a negative errno */
};

struct dp_msg_stream {
	uint32_t number;	 /* comes back in STREAM_OUT; 0: it listens */
	int32_t err;		 /* STREAM_OUT: 0 or a negative errno */
	struct stream_ends ends; /* as of dp_let_stream_out() */
};

/* As many as there are workers. */
struct dp_msg_pair {
	uint32_t worker, n_workers;
};

struct dp_msg_explain {
	uint64_t token; /* comes back */
	struct explain_question question;
};

struct dp_msg_explained {
	uint64_t token;
	int32_t err; /* 0, or negative and the text says why */
	char text[ERROR_MAX_BYTES];
	struct explanation explanation;
};

#define DP_GREETING_MAX 64

struct dp_msg_capture {
	uint64_t token; /* comes back */
	struct capture_filter filter;
	int32_t pid; /* of who reads it */
	uint32_t greeting_bytes;
	uint8_t greeting[DP_GREETING_MAX]; /* what it reads first */
};

struct dp_msg_capturing {
	uint64_t token;
	int32_t err; /* 0, or negative and the text says why */
	char text[ERROR_MAX_BYTES];
};

struct dp_msg_looked {
	struct status status; /* without what is behind pointers */
	char crypto[DP_CRYPTO_MAX];
};

extern const struct seam_kind dp_seam_to_dp[];
extern const size_t dp_seam_to_dp_n;
extern const struct seam_kind dp_seam_to_ctl[];
extern const size_t dp_seam_to_ctl_n;
extern const struct seam_kind dp_seam_from_ike[];
extern const size_t dp_seam_from_ike_n;
extern const struct seam_kind dp_seam_to_ike[];
extern const size_t dp_seam_to_ike_n;

/*
 * Sends a whole configuration and COMMIT by send(), piece by piece; pieces with
 * keys are wiped. The first failure of send(), or 0.
 */
int dp_seam_put_config(const struct config *c,
		       int (*send)(void *ctx, enum dp_msg type, const void *msg,
				   size_t bytes),
		       void *ctx);

/* Of the last message; the interfaces are there already. */
void dp_seam_get_gateway(struct config *c, const struct dp_msg_commit *m);

/*
 * Adds a piece to a configuration, which config_free() frees.
 *
 * 0, -ENOMEM, or -EINVAL: not a piece, not here, or more than there may be.
 */
int dp_seam_get_piece(struct config *c, uint16_t type, const void *msg);

#endif
