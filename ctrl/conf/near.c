// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/near.h"

#include <string.h>

#include "ctrl/model/config.h"

static unsigned int min_of(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

unsigned int near_distance(const char *a, const char *b)
{
	/* row[j]: from the octets of a read so far to the first j of b. */
	unsigned int row[CONF_NAME_MAX];
	unsigned int n = (unsigned int)strnlen(b, CONF_NAME_MAX - 1);

	for (unsigned int j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned int i = 0; a[i]; i++) {
		unsigned int diagonal = row[0];

		row[0] = i + 1;
		for (unsigned int j = 0; j < n; j++) {
			unsigned int replaced = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			row[j + 1] =
				min_of(replaced, min_of(diagonal, row[j]) + 1);
		}
	}
	return row[n];
}

void near_try(const char *name, const char *candidate, const char **best)
{
	size_t len = strnlen(name, CONF_NAME_MAX);
	unsigned int enough = (unsigned int)len / 3;
	unsigned int distance;

	/* No name is so long, and the effort is in proportion to it. */
	if (len == CONF_NAME_MAX)
		return;
	distance = near_distance(name, candidate);
	if (distance > (enough ? enough : 1))
		return;
	if (!*best || distance < near_distance(name, *best))
		*best = candidate;
}
