// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/named.h"

#include <errno.h>
#include <string.h>

#include "ctrl/conf/fail.h"

size_t named_count(const struct section *list)
{
	size_t n = 0;

	for (const struct section *s = list ? list->sections : NULL; s;
	     s = s->next)
		n++;
	return n;
}

int named_fail_many(const struct section *list, size_t max, struct error *e)
{
	const struct section *s = list->sections;

	for (size_t i = 0; i < max; i++)
		s = s->next;
	return conf_fail(e, &s->place, -E2BIG,
			 "%s holds more than %zu sections; remove some",
			 list->name, max);
}

int named_take(const struct section *sec, char *name, struct error *e)
{
	char path[TREE_PATH_MAX];

	tree_path(sec, path);
	if (sec->again.line)
		return conf_fail(e, &sec->again, -EINVAL,
				 "%s is used twice, first at line %u; give "
				 "each section a name of its own",
				 path, sec->opened.line);
	memcpy(name, sec->name, strlen(sec->name) + 1);
	return 0;
}
