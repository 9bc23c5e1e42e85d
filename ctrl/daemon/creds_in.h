/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates, CRLs and raw public keys as ctl sends them to ike, message by message,
 * until they are all there. One thread.
 */
#ifndef CYG_DAEMON_CREDS_IN_H
#define CYG_DAEMON_CREDS_IN_H

#include "ctrl/daemon/ike_seam.h"
#include "ctrl/pki/creds.h"

/* All zeros: nothing has come. */
struct creds_in {
	struct creds *creds; /* owned; NULL: they have not begun */
	size_t n, bytes;     /* so far */
	size_t n_addresses;  /* of CRLs and responders of CAs */
	uint32_t kind;	     /* of what came in part */
	uint8_t *part;	     /* owned */
	size_t len, room;    /* 0: all of it is there */
};

/* What came before and was not all is forgotten. false: no memory. */
MUST_CHECK bool creds_in_begin(struct creds_in *in);

/*
 * false: it is not what ctl sends (nothing has begun, another kind, a length that lies,
 * more than CERTS_MAX or CERTS_MAX_BYTES), or there is no memory. One that cannot be read
 * is left out, with a line in the log.
 */
MUST_CHECK bool creds_in_take(struct creds_in *in, const struct ike_msg_cred *m);

/* They are all there: handed over. NULL: they are not. */
struct creds *creds_in_end(struct creds_in *in);

/* What is not handed over. */
void creds_in_free(struct creds_in *in);

#endif
