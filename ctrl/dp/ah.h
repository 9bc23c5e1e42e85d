/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AH (RFC 4302) on runs of one SA, for the stages esp_out() and esp_in(), which do
 * for both what they have in common. Worker.
 */
#ifndef CYG_DP_AH_H
#define CYG_DP_AH_H

#include "ctrl/dp/worker.h"

/* Before AH: IP with its options or extension headers. What has more is dropped; no
 * path has room for it beside a payload worth the name. */
#define AH_FRONT_MAX 512U

/* The longest ICV, of HMAC-SHA-512. */
#define AH_ICV_MAX 32U

/*
 * Headers as they stand before AH, while there is in their place what its ICV covers
 * of them.
 */
struct ah_front {
	uint32_t bytes;
	uint8_t octets[AH_FRONT_MAX];
};

/*
 * Keeps a copy, and makes p->l3's what is covered. false: they are too long, or
 * ah_cover() can't, and the packet is dropped.
 *
 * bytes   before AH
 * fault   then said of the latter
 */
bool ah_front_cover(struct ah_front *front, struct packet *p, uint32_t bytes,
		    enum drop_reason fault);

/* As they were. */
void ah_front_restore(const struct ah_front *front, struct packet *p);

/*
 * Protects what has its number and fits its frame: PKT_SEALED, or dropped.
 *
 * n   1 or more, of one SA
 *
 * How many, from the front of `of`, have been through the crypto.
 */
uint32_t ah_seal(struct worker *w, struct packet **of, uint32_t n);

/*
 * Opens what is of one SA, whose lock the caller has: PKT_OPENED, or dropped.
 *
 * of   room for n; those that passed
 *
 * How many.
 */
uint32_t ah_open(struct worker *w, struct packet *p, uint32_t n,
		 struct packet **of);

#endif
