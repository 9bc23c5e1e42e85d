/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What responders of OCSP say of certificates of ours, for peers that ask for it within
 * IKE (RFC 4806). It is fetched when the first one asks, who goes without, and anew when
 * somebody asks a minute later; whoever fetches it knows how long it is good. It is not
 * read here: who gets it judges it, and one that has had its time tells nothing. For the
 * files of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_STAPLE_H
#define CYG_IKE_STAPLE_H

#include "ctrl/ike/sa.h"

#define STAPLE_MAX_BYTES 4096 /* what is longer is not sent */

/* Somebody asks for it: it is wanted, if it is known where to fetch it. */
void staple_want(struct engine *e, const struct creds *creds,
		 const struct certificate *own);

/* Is it there? Borrowed until the next call into the engine. */
bool staple_find(const struct engine *e, const struct certificate *own,
		 struct slice *out);

/* What was fetched, of whichever certificate; where it is not to be had, what was there
 * before stays. */
void staple_take(struct engine *e, const uint8_t sha256[CERTIFICATE_SHA256],
		 struct slice octets);

/* All of them go. */
void staple_flush(struct engine *e);

#endif
