// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>

int privileges_drop(struct error *e)
{
	bool may_lock = !capng_get_caps_process() &&
			capng_have_capability(CAPNG_PERMITTED, CAP_IPC_LOCK);

	capng_clear(CAPNG_SELECT_ALL);
	/* PERFMON: without it the verifier refuses to compare packet pointers. */
	if (capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
			  CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF, CAP_PERFMON,
			  may_lock ? CAP_IPC_LOCK : -1, -1) ||
	    capng_apply(CAPNG_SELECT_ALL))
		return error_set(
			e, -EPERM,
			"cannot give capabilities up; run as root, or with CAP_BPF, CAP_NET_ADMIN, CAP_NET_RAW and CAP_PERFMON");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return error_set(e, -errno, "PR_SET_NO_NEW_PRIVS: %s",
				 strerror(errno));
	return 0;
}
