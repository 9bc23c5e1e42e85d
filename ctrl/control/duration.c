// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/control/duration.h"

#include <inttypes.h>
#include <stdio.h>

#define MINUTE_S UINT64_C(60)
#define HOUR_S	 (60 * MINUTE_S)
#define DAY_S	 (24 * HOUR_S)

const char *duration_str(uint64_t seconds, char buf[DURATION_STR_MAX])
{
	if (seconds < MINUTE_S)
		snprintf(buf, DURATION_STR_MAX, "%" PRIu64 "s", seconds);
	else if (seconds < HOUR_S)
		snprintf(buf, DURATION_STR_MAX, "%" PRIu64 "m%02" PRIu64 "s",
			 seconds / MINUTE_S, seconds % MINUTE_S);
	else if (seconds < DAY_S)
		snprintf(buf, DURATION_STR_MAX, "%" PRIu64 "h%02" PRIu64 "m",
			 seconds / HOUR_S, seconds % HOUR_S / MINUTE_S);
	else
		snprintf(buf, DURATION_STR_MAX, "%" PRIu64 "d%02" PRIu64 "h",
			 seconds / DAY_S, seconds % DAY_S / HOUR_S);
	return buf;
}
