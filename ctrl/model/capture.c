// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/capture.h"

#include <inttypes.h>
#include <stdio.h>

#include "ctrl/model/status.h"

bool capture_sees(enum drop_reason reason)
{
	return reason == CAPTURE_ANY_DROP ||
	       (reason >= DROP_IP_MALFORMED && reason < DROP_WORKER_DIED);
}

static const char *side_name(uint32_t sides)
{
	if (sides == CAPTURE_CLEAR)
		return "before";
	return sides == CAPTURE_CIPHER ? "after" : "both";
}

const char *capture_str(const struct capture_filter *f, char *buf)
{
	size_t len = (size_t)snprintf(buf, CAPTURE_STR_MAX, "side=%s",
				      side_name(f->sides));

	if (f->spi)
		len += (size_t)snprintf(buf + len, CAPTURE_STR_MAX - len,
					" spi=0x%08x", f->spi);
	if (f->policy != CAPTURE_ANY_POLICY)
		len += (size_t)snprintf(buf + len, CAPTURE_STR_MAX - len,
					" policy=%u", f->policy);
	if (f->drop == CAPTURE_ANY_DROP)
		snprintf(buf + len, CAPTURE_STR_MAX - len, " drop=any");
	else if (f->drop)
		snprintf(buf + len, CAPTURE_STR_MAX - len, " drop=%s",
			 drop_name((enum drop_reason)f->drop));
	return buf;
}
