/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CRLs, OCSP responses and certificates between the engine and ctl: what is wanted goes out as a
 * message, and what was fetched comes in pieces. For the role `ike`; one thread.
 */
#ifndef CYG_DAEMON_IKE_FETCH_H
#define CYG_DAEMON_IKE_FETCH_H

#include "ctrl/daemon/ike_seam.h"

/* What has come of one; all zeros: nothing has. */
struct ike_fetch {
	uint8_t cert[CERTIFICATE_SHA256];
	enum fetch_kind kind;
	uint8_t *octets; /* owned */
	size_t len, room;
	bool is_whole; /* the next message begins another one */
};

/* false: it does not fit a message. */
MUST_CHECK bool ike_fetch_put(const struct status_want *w,
			      struct ike_msg_want *out);

enum ike_fetch_is {
	IKE_FETCH_PART,	 /* more are to come */
	IKE_FETCH_WHOLE, /* all is there, until the next message */
	IKE_FETCH_WRONG, /* ctl does not send that, or there is no memory */
};

/*
 * The next piece. Pieces of one follow each other: what stops halfway and goes on with
 * another one is wrong, and so is what is longer than any of its kind may be.
 */
enum ike_fetch_is ike_fetch_take(struct ike_fetch *f,
				 const struct ike_msg_fetched *m);

/* WHOLE: borrowed until the next message; empty: it is not to be had. */
struct slice ike_fetch_octets(const struct ike_fetch *f);
enum status_kind ike_fetch_kind(const struct ike_fetch *f);

/* Leaves it as it was at first. */
void ike_fetch_free(struct ike_fetch *f);

#endif
