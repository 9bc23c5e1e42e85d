/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The peer's messages that come in fragments (RFC 7383 section 2.6). Each fragment
 * is authenticated by itself before it is kept, so that nobody else can spoil a
 * message or fill memory: of one request and of one response at a time, and no
 * more than FRAGMENTED_MAX octets of each, or FRAGMENTED_MANY while many strangers
 * are half-way. For the files of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_FRAGMENT_H
#define CYG_IKE_FRAGMENT_H

#include "ctrl/ike/sa.h"

#define FRAGMENTS_MAX	64U
/* Octets of payloads in one message. */
#define FRAGMENTED_MAX	32768U
#define FRAGMENTED_MANY 16384U

#define STRANGERS_MANY 256U /* half-open ones of peers' */

/* Is it one that is missing? To be asked before it is decrypted. */
bool fragment_is_wanted(const struct ike_sa *sa, const struct ike_header *h,
			const struct ike_fragment *f);

/*
 * One that was wanted, and is authentic.
 *
 * payloads   what was in it
 * first      type of the first payload, as it says; where the last one is here,
 *            as the first fragment says
 * whole      filled with all payloads; the caller's to octets_free()
 *
 * false: others are missing still.
 */
MUST_CHECK bool fragment_take(struct ike_sa *sa, const struct ike_header *h,
			      const struct ike_fragment *f,
			      struct slice payloads, uint8_t *first,
			      struct octets *whole);

/* All that wait for others. */
void fragments_drop(struct ike_sa *sa);

#endif
