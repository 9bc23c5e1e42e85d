/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is counted of IKE's messages: of a connection, or of all peers together.
 * Plain values, which cross processes as they are.
 */
#ifndef CYG_MODEL_IKE_COUNTS_H
#define CYG_MODEL_IKE_COUNTS_H

#include <stdint.h>

/* In strongSwan's order. Of messages: not those that are sent or come again. */
enum ike_count {
	IKE_COUNT_IKE_REKEY_INIT, /* IKE SAs that we rekeyed */
	IKE_COUNT_IKE_REKEY_RESP, /* and that the peer did */
	IKE_COUNT_CHILD_REKEY,
	IKE_COUNT_INVALID,     /* messages that are not well formed */
	IKE_COUNT_INVALID_SPI, /* of no IKE SA that is there */
	IKE_COUNT_INIT_IN_REQ, /* IKE_SA_INIT */
	IKE_COUNT_INIT_IN_RESP,
	IKE_COUNT_INIT_OUT_REQ,
	IKE_COUNT_INIT_OUT_RESP,
	IKE_COUNT_AUTH_IN_REQ, /* IKE_AUTH */
	IKE_COUNT_AUTH_IN_RESP,
	IKE_COUNT_AUTH_OUT_REQ,
	IKE_COUNT_AUTH_OUT_RESP,
	IKE_COUNT_CREATE_CHILD_IN_REQ, /* CREATE_CHILD_SA */
	IKE_COUNT_CREATE_CHILD_IN_RESP,
	IKE_COUNT_CREATE_CHILD_OUT_REQ,
	IKE_COUNT_CREATE_CHILD_OUT_RESP,
	IKE_COUNT_INFO_IN_REQ, /* INFORMATIONAL */
	IKE_COUNT_INFO_IN_RESP,
	IKE_COUNT_INFO_OUT_REQ,
	IKE_COUNT_INFO_OUT_RESP,
	IKE_COUNT_N,
};

struct ike_counts {
	uint64_t n[IKE_COUNT_N];
};

/* As strongSwan names them in VICI; "unknown" for others. */
const char *ike_count_name(enum ike_count what);

#endif
