/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tickets of session resumption (RFC 5723): what a responder's engine asks of
 * whoever holds the key under which they are sealed. SK_d of the old IKE SA goes into
 * a ticket and does not come out again: only what a resumption makes of it. Messages
 * are fixed and carry no pointer: they cross processes as they are.
 */
#ifndef CYG_MODEL_TICKET_H
#define CYG_MODEL_TICKET_H

#include <stdint.h>

#include "ctrl/model/identity.h"
#include "ctrl/model/proven.h"
#include "include/ike.h"

#define TICKET_MAX	 1024U /* octets of one */
#define TICKET_NONCE_MAX 256U
#define TICKET_PRF_MAX	 64U

enum ticket_op {
	TICKET_SEAL,
	TICKET_OPEN,   /* once: then it is used */
	TICKET_REVOKE, /* it is not answered */
};

/* Of the IKE SA that is to be resumed; names are the RFC's. */
struct ticket_state {
	uint16_t prf, encr, encr_bits, integ, ke; /* transform ids */
	uint16_t addke[IKE_ADDKES];		  /* KE_NONE: it was left out */
	uint8_t uses_ppk; /* yes or no: one is mixed into SK_d */
	uint8_t pad[3];
	uint32_t auth_s; /* from now on its authentication holds so long; 0: no
			    limit */
	struct identity local,
		remote;	      /* IDr and IDi, as the responder sees it */
	struct proven proven; /* of the initiator */
};

struct ticket_request {
	uint64_t token;
	uint64_t id; /* REVOKE */
	uint8_t op;  /* enum ticket_op */
	uint8_t pad;
	uint16_t sk_d_len;   /* SEAL */
	uint16_t ticket_len; /* OPEN */
	uint16_t ni_len, nr_len;
	struct ticket_state state; /* SEAL */
	uint8_t sk_d[TICKET_PRF_MAX];
	uint8_t ticket[TICKET_MAX];
	uint8_t ni[TICKET_NONCE_MAX];
	uint8_t nr[TICKET_NONCE_MAX];
};

struct ticket_answer {
	uint64_t token;
	uint64_t id;	     /* of the ticket, while it lives; never 0 */
	int32_t err;	     /* 0; -EINVAL; -ENOSPC; OPEN: -EKEYREJECTED: it is
				none of ours, too old, or used */
	uint32_t lifetime_s; /* SEAL */
	uint16_t ticket_len; /* SEAL */
	uint16_t skeyseed_len; /* OPEN: prf(SK_d, "Resumption" | Ni | Nr) */
	uint32_t pad;
	struct ticket_state state; /* OPEN */
	uint8_t skeyseed[TICKET_PRF_MAX];
	uint8_t ticket[TICKET_MAX];
};

#endif
