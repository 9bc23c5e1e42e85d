/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether memory would be in a core of this process. */
#ifndef CYG_TESTS_NO_CORE_H
#define CYG_TESTS_NO_CORE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Is the mapping of that address left out of cores? */
static inline bool is_in_no_core(const void *at)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long min, max;
	bool here = false, found = false;
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &min, &max) == 2)
			here = min <= (uintptr_t)at && (uintptr_t)at < max;
		else if (here && strncmp(line, "VmFlags:", 8) == 0)
			found = strstr(line, " dd");
	}
	if (f)
		fclose(f);
	return found;
}

#endif
