/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a client wants to have captured. When the request is granted, its
 * connection is no longer the server's: the answer and what follows it, a pcapng
 * file, come from the data path. Pure functions.
 */
#ifndef CYG_CONTROL_CAPTURE_H
#define CYG_CONTROL_CAPTURE_H

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/model/capture.h"
#include "ctrl/model/policy_name.h"

#define CAPTURE_COMMAND "cygnet-capture"

struct capture_request {
	struct capture_filter filter; /* of any policy */
	char policy[POLICY_NAME_MAX]; /* "": any */
};

/*
 * body   of a request, valid
 *
 * 0, or -EINVAL with e filled.
 */
MUST_CHECK int capture_request_read(struct slice body,
				    struct capture_request *out,
				    struct error *e);

#endif
