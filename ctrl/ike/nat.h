/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NAT detection (RFC 7296 section 2.23): each side says which addresses it
 * believes the message to have, hashed. Engine's thread.
 */
#ifndef CYG_IKE_NAT_H
#define CYG_IKE_NAT_H

#include "ctrl/ike/sa.h"

/* Both notifications, as we see the path; an address of zeros says that there
 * is a NAT where there is none, so that the peer encapsulates. */
void nat_put(struct ike_builder *m, const struct ike_sa *sa, bool pretend);

/* The same by the way that the peer's request came, to which this replies. */
void nat_put_back(struct ike_builder *m, const struct ike_sa *sa, bool pretend);

/*
 * What the peer says, against the path that its message came by. The SPIs that it
 * hashed are those of its message: a request has no SPIr, though we have one.
 */
void nat_detect(struct ike_sa *sa, const struct ike_header *h,
		const struct ike_payloads *p);

/* The same of an SA that has both SPIs, by the path that it has now. */
void nat_detect_again(struct ike_sa *sa, const struct ike_payloads *p);

/* Does the peer see us elsewhere than the last time that it said? */
bool nat_is_other(struct ike_sa *sa, const struct ike_payloads *p);

/* From here on to port 4500, if there is one (RFC 7296 section 2.23), or may come
 * (RFC 4555 section 3.3): the initiator's part. */
void nat_move(struct ike_sa *sa);

#endif
