/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages between ctl and helper, over a seam (ctrl/base/seam.h). ctl
 * believes nothing that helper says: it is taken for one that may lie as DNS does.
 */
#ifndef CYG_DAEMON_HELPER_SEAM_H
#define CYG_DAEMON_HELPER_SEAM_H

#include "ctrl/base/seam.h"
#include "ctrl/daemon/lookup.h"
#include "ctrl/model/conn.h"

enum helper_msg {
	/* to helper */
	HELPER_MSG_LOOKUP = 1, /* with the sockets for it, up to RESOLVERS_MAX */
	/* to ctl */
	HELPER_MSG_READY = 64, /* first; its privileges are gone */
	HELPER_MSG_ANSWER,
};

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

/* What each side may be sent. */
extern const struct seam_kind helper_seam_to_helper[];
extern const size_t helper_seam_to_helper_n;
extern const struct seam_kind helper_seam_to_ctl[];
extern const size_t helper_seam_to_ctl_n;

#endif
