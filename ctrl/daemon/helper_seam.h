/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages between ctl and helper, over a seam (ctrl/base/seam.h). ctl
 * believes nothing that helper says: it is taken for one that may lie as DNS does.
 */
#ifndef CYG_DAEMON_HELPER_SEAM_H
#define CYG_DAEMON_HELPER_SEAM_H

#include "ctrl/base/seam.h"
#include "ctrl/daemon/fetch.h"
#include "ctrl/daemon/lookup.h"
#include "ctrl/model/conn.h"

enum helper_msg {
	/* to helper */
	HELPER_MSG_LOOKUP = 1, /* with the sockets for it, up to RESOLVERS_MAX */
	HELPER_MSG_FETCH,      /* with the socket for it */
	/* to ctl */
	HELPER_MSG_READY = 64, /* first; its privileges are gone */
	HELPER_MSG_ANSWER,
	HELPER_MSG_PIECE,   /* of what a FETCHED will say that it is whole */
	HELPER_MSG_FETCHED, /* or not */
};

/* At once: more than ctl waits for, which may have given some up. */
#define HELPER_LOOKUPS_MAX (LOOKUPS_MAX + 4)
#define HELPER_FETCHES_MAX 8
#define HELPER_PIECE_MAX   16384

struct helper_msg_empty {
	uint32_t nothing;
};

struct helper_msg_lookup {
	uint64_t token; /* comes back in HELPER_MSG_ANSWER */
	char name[CONN_HOST_MAX];
	uint8_t pad[2];
};

struct helper_msg_answer {
	uint64_t token;
	uint32_t outcome; /* enum lookup_outcome */
	uint32_t n;
	struct addr addrs[DNS_ADDRS_MAX];
};

struct helper_msg_fetch {
	uint64_t token; /* comes back in PIECE and FETCHED */
	uint32_t kind;	/* enum fetch_kind */
	uint32_t n;
	struct http_url url;
	uint8_t request[FETCH_REQUEST_MAX]; /* n octets: of FETCH_OCSP */
	uint8_t pad[6];
};

/* Sent as far as there are octets. */
struct helper_msg_piece {
	uint64_t token;
	uint32_t n;
	uint8_t octets[HELPER_PIECE_MAX];
	uint8_t pad[4];
};

struct helper_msg_fetched {
	uint64_t token;
	int64_t next_update_s;
	uint32_t outcome; /* enum fetch_outcome */
	uint32_t n;	  /* octets in all of its pieces */
	char text[ERROR_MAX_BYTES];
};

#define HELPER_PIECE_LEAST offsetof(struct helper_msg_piece, octets)

/* What each side may be sent. */
extern const struct seam_kind helper_seam_to_helper[];
extern const size_t helper_seam_to_helper_n;
extern const struct seam_kind helper_seam_to_ctl[];
extern const size_t helper_seam_to_ctl_n;

#endif
