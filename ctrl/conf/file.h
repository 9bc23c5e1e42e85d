/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One file of the configuration, or one that it names: read into memory if only those
 * could write it who may decide what is protected. Control thread.
 */
#ifndef CYG_CONF_FILE_H
#define CYG_CONF_FILE_H

#include <sys/types.h>

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"

struct file_text {
	struct builder octets; /* one more than max at most */
	mode_t mode;	       /* st_mode: never 0 */
};

/*
 * max   octets that are of interest
 * out   file_wipe() it in every case
 *
 * 0, or what conf_load() says of the file itself; e begins with its path.
 */
int file_read(const char *path, size_t max, struct file_text *out,
	      struct error *e);

/*
 * Another file that is named there, under the same conditions.
 *
 * max    octets
 * what   it is, for errors: "a private key's file"
 * out    likewise
 *
 * As file_read(); -E2BIG: it is longer.
 */
int file_read_up_to(const char *path, size_t max, const char *what,
		    struct file_text *out, struct error *e);

/* Wipes and frees the octets, which may hold keys. */
void file_wipe(struct file_text *f);

#endif
