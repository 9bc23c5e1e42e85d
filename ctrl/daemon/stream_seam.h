/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages between ctl and stream, and those between stream and ike, over seams
 * (ctrl/base/seam.h). Nobody believes what stream says: it reads what strangers send.
 *
 *     ctl: LISTEN, IKE, PAIR, OPEN           stream: READY, then GONE, COUNTS, LOST
 *     stream to ike: UP, MESSAGE, DOWN       ike: MESSAGE, KEEP, CLOSE
 */
#ifndef CYG_DAEMON_STREAM_SEAM_H
#define CYG_DAEMON_STREAM_SEAM_H

#include "ctrl/base/seam.h"
#include "ctrl/model/stream.h"

enum stream_msg {
	/* ctl to stream */
	STREAM_MSG_LISTEN =
		1,	 /* with the sockets that listen from now on, or none */
	STREAM_MSG_IKE,	 /* with the descriptor of a link to ike */
	STREAM_MSG_PAIR, /* with the descriptor of a pair with a worker */
	STREAM_MSG_OPEN, /* with a socket that connects */
	STREAM_MSG_STOP, /* to end */
	/* stream to ctl */
	STREAM_MSG_READY =
		64,	 /* first; its privileges are gone; with what listens */
	STREAM_MSG_GONE, /* of those that OPEN gave */
	STREAM_MSG_COUNTS, /* struct stream_counts */
	STREAM_MSG_LOST,   /* a pair with a worker: others are wanted */
	/* stream to ike */
	STREAM_MSG_UP = 128,
	STREAM_MSG_DOWN, /* also of those that OPEN gave and that never were up */
	/* both ways */
	STREAM_MSG_MESSAGE,
	/* ike to stream */
	STREAM_MSG_KEEP, /* an IKE SA is on it: it has no time limit any more */
	STREAM_MSG_CLOSE, /* once what was sent has left */
};

struct stream_msg_empty {
	uint32_t nothing;
};

/* Pairs of another number of workers than those that are there take their place. */
struct stream_msg_pair {
	uint32_t worker, n_workers;
};

struct stream_msg_open {
	uint32_t number; /* of ctl's, which comes back in GONE */
	uint32_t pad;
	uint64_t token; /* of ike's, which comes back in UP or DOWN; not 0 */
	struct stream_ends ends;
};

struct stream_msg_ready {
	uint8_t has_ike;  /* an earlier ctl gave a link */
	uint8_t has_dp;	  /* likewise: pairs */
	uint8_t was_told; /* which sockets listen; they come with this */
	uint8_t pad;
	uint32_t last; /* number that OPEN had; 0: none */
};

struct stream_msg_gone {
	uint32_t number;
	uint32_t pad;
	struct stream_ends ends;
};

struct stream_msg_up {
	uint32_t stream;
	uint32_t pad;
	uint64_t token; /* 0: a peer opened it */
	struct stream_ends ends;
};

struct stream_msg_down {
	uint32_t stream;
	uint16_t end;	/* enum stream_end */
	uint16_t error; /* an errno, or 0 */
	uint64_t token; /* as in UP */
};

/* An IKE message without its marker; as long as it is. */
struct stream_msg_message {
	uint32_t stream;
	uint32_t len;
	uint8_t octets[STREAM_IKE_MAX];
};

/* KEEP and CLOSE. */
struct stream_msg_stream {
	uint32_t stream;
};

extern const struct seam_kind stream_seam_to_stream[];
extern const size_t stream_seam_to_stream_n;
extern const struct seam_kind stream_seam_to_ctl[];
extern const size_t stream_seam_to_ctl_n;
extern const struct seam_kind stream_seam_from_ike[];
extern const size_t stream_seam_from_ike_n;
extern const struct seam_kind stream_seam_to_ike[];
extern const size_t stream_seam_to_ike_n;

#endif
