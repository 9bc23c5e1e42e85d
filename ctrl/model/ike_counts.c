// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/ike_counts.h"

const char *ike_count_name(enum ike_count what)
{
	static const char *const names[IKE_COUNT_N] = {
		[IKE_COUNT_IKE_REKEY_INIT] = "ike-rekey-init",
		[IKE_COUNT_IKE_REKEY_RESP] = "ike-rekey-resp",
		[IKE_COUNT_CHILD_REKEY] = "child-rekey",
		[IKE_COUNT_INVALID] = "invalid",
		[IKE_COUNT_INVALID_SPI] = "invalid-spi",
		[IKE_COUNT_INIT_IN_REQ] = "ike-init-in-req",
		[IKE_COUNT_INIT_IN_RESP] = "ike-init-in-resp",
		[IKE_COUNT_INIT_OUT_REQ] = "ike-init-out-req",
		[IKE_COUNT_INIT_OUT_RESP] = "ike-init-out-resp",
		[IKE_COUNT_AUTH_IN_REQ] = "ike-auth-in-req",
		[IKE_COUNT_AUTH_IN_RESP] = "ike-auth-in-resp",
		[IKE_COUNT_AUTH_OUT_REQ] = "ike-auth-out-req",
		[IKE_COUNT_AUTH_OUT_RESP] = "ike-auth-out-resp",
		[IKE_COUNT_CREATE_CHILD_IN_REQ] = "create-child-in-req",
		[IKE_COUNT_CREATE_CHILD_IN_RESP] = "create-child-in-resp",
		[IKE_COUNT_CREATE_CHILD_OUT_REQ] = "create-child-out-req",
		[IKE_COUNT_CREATE_CHILD_OUT_RESP] = "create-child-out-resp",
		[IKE_COUNT_INFO_IN_REQ] = "info-in-req",
		[IKE_COUNT_INFO_IN_RESP] = "info-in-resp",
		[IKE_COUNT_INFO_OUT_REQ] = "info-out-req",
		[IKE_COUNT_INFO_OUT_RESP] = "info-out-resp",
	};

	return what < IKE_COUNT_N ? names[what] : "unknown";
}
