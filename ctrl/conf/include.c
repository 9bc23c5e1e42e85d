// SPDX-License-Identifier: BSD-2-Clause
/*
 * The pattern is never shown: whatever stands behind the word include may be
 * part of a value whose key is missing.
 */
#include "ctrl/conf/include.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/conf/fail.h"

#define WILDCARDS "*?["

/* The including file's folder as a pattern that matches it alone. */
static char *write_folder(const char *file, char *at)
{
	const char *slash = strrchr(file, '/');

	for (const char *c = file; slash && c <= slash; c++) {
		if (strchr(WILDCARDS "\\", *c))
			*at++ = '\\';
		*at++ = *c;
	}
	return at;
}

/* Freed by the caller; NULL: no memory. */
static char *absolute(const char *pattern, const char *file)
{
	char *text = malloc(2 * strlen(file) + strlen(pattern) + 1);

	if (!text)
		return NULL;
	strcpy(pattern[0] == '/' ? text : write_folder(file, text), pattern);
	return text;
}

int include_find(const char *pattern, const struct place *at, glob_t *out,
		 struct error *e)
{
	char *text = absolute(pattern, at->file);
	int status;

	if (!text)
		return conf_no_memory(e);
	/* Sorted as in the C locale, the only one of this program. */
	status = glob(text, GLOB_ERR, NULL, out);
	free(text);
	if (status == 0)
		return 0;
	globfree(out);
	*out = (glob_t){ .gl_pathc = 0 };
	if (status == GLOB_NOSPACE)
		return conf_no_memory(e);
	if (status == GLOB_NOMATCH && strpbrk(pattern, WILDCARDS))
		return 0;
	return conf_fail(e, at, -EINVAL,
			 "include names a %s that is not there or can't be "
			 "read; a relative name counts from this file's folder",
			 status == GLOB_NOMATCH ? "file" : "folder");
}
