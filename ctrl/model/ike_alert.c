// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/ike_alert.h"

const char *ike_alert_name(enum ike_alert alert)
{
	static const char *const names[IKE_ALERT_N] = {
		[IKE_ALERT_HALF_OPEN_TIMEOUT] = "half-open-timeout",
		[IKE_ALERT_IKE_SA_EXPIRED] = "ike-sa-expired",
		[IKE_ALERT_INSTALL_CHILD_SA_FAILED] = "install-child-sa-failed",
		[IKE_ALERT_INVALID_IKE_SPI] = "invalid-ike-spi",
		[IKE_ALERT_LOCAL_AUTH_FAILED] = "local-auth-failed",
		[IKE_ALERT_PARSE_ERROR_BODY] = "parse-error-body",
		[IKE_ALERT_PARSE_ERROR_HEADER] = "parse-error-header",
		[IKE_ALERT_PEER_ADDR_FAILED] = "peer-addr-failed",
		[IKE_ALERT_PEER_AUTH_FAILED] = "peer-auth-failed",
		[IKE_ALERT_PEER_INIT_UNREACHABLE] = "peer-init-unreachable",
		[IKE_ALERT_PROPOSAL_MISMATCH_CHILD] = "proposal-mismatch-child",
		[IKE_ALERT_PROPOSAL_MISMATCH_IKE] = "proposal-mismatch-ike",
		[IKE_ALERT_RETRANSMIT_RECEIVE] = "retransmit-receive",
		[IKE_ALERT_RETRANSMIT_SEND] = "retransmit-send",
		[IKE_ALERT_RETRANSMIT_SEND_CLEARED] = "retransmit-send-cleared",
		[IKE_ALERT_RETRANSMIT_SEND_TIMEOUT] = "retransmit-send-timeout",
		[IKE_ALERT_TS_MISMATCH] = "ts-mismatch",
		[IKE_ALERT_TS_NARROWED] = "ts-narrowed",
		[IKE_ALERT_UNIQUE_KEEP] = "unique-keep",
		[IKE_ALERT_UNIQUE_REPLACE] = "unique-replace",
	};

	return alert < IKE_ALERT_N ? names[alert] : "unknown";
}
