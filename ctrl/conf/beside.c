// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/beside.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *file_at(const struct config *c, size_t i)
{
	if (i == 0)
		return c->file;
	return i <= c->n_included ? c->included[i - 1] : NULL;
}

/* Of the folder's part of a path, with its slash. */
static size_t folder_len(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? (size_t)(slash - file) + 1 : 0;
}

static bool is_beside(const char *file, const char *other)
{
	size_t len = folder_len(file);

	return folder_len(other) == len && memcmp(file, other, len) == 0;
}

/* Has a file before it the same folder? */
static bool is_seen(const struct config *c, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (is_beside(file_at(c, i), file_at(c, at)))
			return true;
	return false;
}

static bool put(const char *file, const char *folder, const char *name,
		char out[BESIDE_PATH_MAX])
{
	int n = snprintf(out, BESIDE_PATH_MAX, "%.*s%s%s%s",
			 (int)folder_len(file), file, folder, name ? "/" : "",
			 name ? name : "");

	return n > 0 && n < BESIDE_PATH_MAX;
}

bool beside_next(const struct config *c, size_t *at, const char *folder,
		 char out[BESIDE_PATH_MAX])
{
	while (file_at(c, *at) && is_seen(c, *at))
		++*at;
	if (!file_at(c, *at))
		return false;
	return put(file_at(c, (*at)++), folder, NULL, out);
}

bool beside_find(const struct config *c, const char *by, const char *folder,
		 const char *name, char out[BESIDE_PATH_MAX])
{
	if (name[0] == '/') {
		snprintf(out, BESIDE_PATH_MAX, "%s", name);
		return access(out, F_OK) == 0;
	}
	if (put(by, folder, name, out) && access(out, F_OK) == 0)
		return true;
	for (size_t i = 0; file_at(c, i); i++)
		if (put(file_at(c, i), folder, name, out) &&
		    access(out, F_OK) == 0)
			return true;
	put(by, folder, name, out);
	return false;
}
