/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operator wants to be woken for, by strongSwan's names in VICI. */
#ifndef CYG_MODEL_IKE_ALERT_H
#define CYG_MODEL_IKE_ALERT_H

enum ike_alert {
	IKE_ALERT_HALF_OPEN_TIMEOUT,
	IKE_ALERT_IKE_SA_EXPIRED, /* before it could be rekeyed */
	IKE_ALERT_INSTALL_CHILD_SA_FAILED,
	IKE_ALERT_INVALID_IKE_SPI, /* a message of no IKE SA of ours */
	IKE_ALERT_LOCAL_AUTH_FAILED,
	IKE_ALERT_PARSE_ERROR_BODY, /* protection, payloads, or what may stand there */
	IKE_ALERT_PARSE_ERROR_HEADER,
	IKE_ALERT_PEER_ADDR_FAILED,
	IKE_ALERT_PEER_AUTH_FAILED,
	IKE_ALERT_PEER_INIT_UNREACHABLE,
	IKE_ALERT_PROPOSAL_MISMATCH_CHILD,
	IKE_ALERT_PROPOSAL_MISMATCH_IKE,
	IKE_ALERT_RETRANSMIT_RECEIVE, /* a request came again */
	IKE_ALERT_RETRANSMIT_SEND,
	IKE_ALERT_RETRANSMIT_SEND_CLEARED,
	IKE_ALERT_RETRANSMIT_SEND_TIMEOUT,
	IKE_ALERT_TS_MISMATCH,
	IKE_ALERT_TS_NARROWED,	  /* to less than was offered */
	IKE_ALERT_UNIQUE_KEEP,	  /* a second IKE SA of the peer's is refused */
	IKE_ALERT_UNIQUE_REPLACE, /* it takes the first one's place */
	IKE_ALERT_N,
};

/* "unknown" for others. */
const char *ike_alert_name(enum ike_alert alert);

#endif
