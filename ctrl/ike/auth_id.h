/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Identities in IKE_AUTH (RFC 7296 section 3.5): ours, and what the peer says of itself.
 * For the files of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_AUTH_ID_H
#define CYG_IKE_AUTH_ID_H

#include "ctrl/ike/sa.h"

/* Is it one identity, and not a pattern for many? */
bool auth_id_is_one(const struct identity *id);

/*
 * Who we are in this round: as configured; else our certificate's; else the one that the
 * peer asks for; else our address.
 *
 * asked   NULL: it asks for nobody
 */
struct identity auth_id_ours(const struct ike_sa *sa,
			     const struct identity *asked);

/* Borrows id's octets. */
struct ike_id auth_id_wire(const struct identity *id);

/* Of a payload of IDi or IDr; false: there is none, or none that can be read. */
bool auth_id_take(const struct ike_payloads *p, uint8_t type,
		  struct identity *out);

/* Its AUTH covers the reserved octets, whatever they are: section 2.15. Of a payload
 * that auth_id_take() has read. */
void auth_id_take_reserved(struct ike_sa *sa, const struct ike_payloads *p,
			   uint8_t type);

#endif
