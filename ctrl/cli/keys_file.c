// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/keys_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctrl/cli/text.h"
#include "ctrl/conf/conf.h"
#include "ctrl/conf/file.h"
#include "ctrl/control/vici.h"

#define OTHERS 0007 /* permissions of everybody but owner and group */

static int read_stdin(char *text, size_t *len, struct error *e)
{
	ssize_t n = 1;

	while (n > 0 && *len <= VICI_VALUE_MAX) {
		n = read(STDIN_FILENO, text + *len, VICI_VALUE_MAX + 1 - *len);
		if (n < 0)
			return error_set(e, -errno, "standard input: %s",
					 strerror(errno));
		*len += (size_t)n;
	}
	return 0;
}

/* Whom the configuration's files would not be read from, this one is not. */
static int read_path(const char *path, char *text, size_t *len, struct error *e)
{
	struct file_text f;
	int err = file_read(path, CONF_FILE_MAX, &f, e);

	if (!err && f.mode & OTHERS)
		err = error_set(e, -EACCES,
				"%.200s: it holds keys, but others may use it "
				"(mode %04o); run: chmod 600 %.200s",
				path, f.mode & 07777, path);
	if (!err) {
		*len = f.octets.len <= VICI_VALUE_MAX ? f.octets.len
						      : VICI_VALUE_MAX + 1;
		memcpy(text, f.octets.ptr, *len);
	}
	file_wipe(&f);
	return err;
}

int keys_file_read(const char *path, char **out, struct error *e)
{
	bool is_stdin = !path || strcmp(path, "-") == 0;
	char *text = need(calloc(1, VICI_VALUE_MAX + 2));
	size_t len = 0;
	int err;

	*out = text;
	err = is_stdin ? read_stdin(text, &len, e)
		       : read_path(path, text, &len, e);
	if (err)
		return err;
	if (len > VICI_VALUE_MAX)
		return error_set(e, -E2BIG,
				 "%.200s is longer than %d octets; a pair of "
				 "SAs is not",
				 is_stdin ? "standard input" : path,
				 VICI_VALUE_MAX);
	if (memchr(text, 0, len))
		return error_set(e, -EINVAL, "%.200s has a NUL octet in it",
				 is_stdin ? "standard input" : path);
	return 0;
}

void keys_file_wipe(char *text)
{
	if (!text)
		return;
	explicit_bzero(text, VICI_VALUE_MAX + 2);
	free(text);
}
