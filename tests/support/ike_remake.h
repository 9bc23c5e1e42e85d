/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A genuine message taken apart and put together again, otherwise: by somebody who
 * has the sender's keys, if it is protected. What fails in the building ends the
 * program.
 */
#ifndef CYG_TESTS_IKE_REMAKE_H
#define CYG_TESTS_IKE_REMAKE_H

#include "ctrl/ike/sa.h"
#include "tests/support/ike_lab.h"

#define REMAKE_PAYLOADS_MAX 24

struct remade_payload {
	uint8_t type;
	bool critical;
	bool lies;	 /* about its length, which says: */
	uint16_t length; /* with the generic header */
	struct slice body;
};

struct remade {
	struct ike_header header;
	bool is_protected;
	unsigned int n; /* payloads; inside SK, where it is protected */
	struct remade_payload at[REMAKE_PAYLOADS_MAX];
	uint8_t octets[LAB_DATAGRAM_MAX]; /* bodies are in them */
};

/*
 * A message as it was sent. receiver: whose keys open it; not read for one in the
 * clear.
 */
void remake_from(struct remade *r, struct slice message,
		 const struct ike_sa *receiver);

/* At that place; those behind make room. */
void remake_put(struct remade *r, unsigned int at,
		const struct remade_payload *p);
void remake_take(struct remade *r, unsigned int at);

/* Its length. sender: by whose keys it is sealed; not read for one in the clear. */
size_t remake_to(const struct remade *r, struct ike_sa *sender,
		 uint8_t octets[LAB_DATAGRAM_MAX]);

#endif
