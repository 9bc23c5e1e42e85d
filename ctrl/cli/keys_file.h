/* SPDX-License-Identifier: BSD-2-Clause */
/* What `sa add` sends: a text with keys, of a file or from standard input. */
#ifndef CYG_CLI_KEYS_FILE_H
#define CYG_CLI_KEYS_FILE_H

#include "ctrl/base/error.h"

/*
 * path   NULL or "-": standard input, to its end
 * out    with a NUL; wiped and freed by keys_file_wipe(), in every case
 *
 * 0, or negative with e filled: -EACCES (others may read or change the file),
 * -E2BIG (longer than a question holds), -EINVAL (a NUL octet), or what the
 * kernel said.
 */
int keys_file_read(const char *path, char **out, struct error *e);
void keys_file_wipe(char *text);

#endif
