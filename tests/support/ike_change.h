/* SPDX-License-Identifier: BSD-2-Clause */
/* All the changes of a message in one place: of the whole, and of each payload. */
#ifndef CYG_TESTS_IKE_CHANGE_H
#define CYG_TESTS_IKE_CHANGE_H

#include "tests/support/ike_remake.h"

#define CHANGE_TO_UNKNOWN 200 /* a payload that nobody knows */
#define CHANGE_TO_V1	  1   /* one of version 1: RFC 2408 section 3.1 */

enum change_of_message {
	CHANGE_SPI_I,
	CHANGE_SPI_R,
	CHANGE_VERSION_1,
	CHANGE_MINOR,
	CHANGE_MAJOR,
	CHANGE_FLAG_I,
	CHANGE_FLAG_R,
	CHANGE_FLAGS, /* those that nobody reads */
	CHANGE_ID_NEXT,
	CHANGE_ID_LAST,
	CHANGE_EXCHANGE,
	CHANGE_EXCHANGE_UNKNOWN,
	CHANGE_NONE, /* no payload, says the header */
	CHANGE_LENGTH_0,
	CHANGE_LENGTH_1,
	CHANGE_LENGTH_MORE,
	CHANGE_LENGTH_MAX,
	CHANGE_CUT,
	CHANGE_LONGER,	/* with another octet, which it counts */
	CHANGE_FLIPPED, /* its last octet */
	CHANGE_EMPTY,
	CHANGE_UNKNOWN,
	CHANGE_UNKNOWN_CRITICAL,
	CHANGE_V1,
	CHANGE_V1_CRITICAL,
	CHANGE_OTHER_PART, /* a payload that stands in the other part alone */
	CHANGE_MISPLACED,  /* one that no such message has */
	CHANGE_N,
};

enum change_of_payload {
	CHANGE_P_REMOVED,
	CHANGE_P_DOUBLED,
	CHANGE_P_MOVED, /* behind all others; the last one before them */
	CHANGE_P_CRITICAL,
	CHANGE_P_EMPTY,
	CHANGE_P_ONE, /* an octet */
	CHANGE_P_LENGTH_0,
	CHANGE_P_LENGTH_MAX,
	CHANGE_P_ZEROS, /* behind four octets, but in notifications */
	CHANGE_P_N,
};

/* Before it is put together again. */
void change_message(struct remade *r, enum change_of_message what);
void change_payload(struct remade *r, unsigned int at,
		    enum change_of_payload what);

/* What can't be sealed, afterwards: the new length of the datagram. */
size_t change_octets(uint8_t octets[LAB_DATAGRAM_MAX], size_t len,
		     enum change_of_message what);

#endif
