/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A state file: one number of one direction of one pair of manual keys, on disk.
 * It is named after an id of the keys, from which they cannot be had, and bound
 * to that id by a MAC: what belongs to other keys, or is damaged, is none.
 *
 *     0     "CygnetSA"  version  direction  turn  number  MAC
 *     4096  the same
 *     8192  a page that is mapped: the number of this moment, and the machine's
 *           boot id
 *
 * Both copies are written one after the other, each of them synced: whatever
 * ends in between, one is whole, and a number that was reported as written is in
 * both. The page outlives the process, but not the machine's power. The file is
 * as large as it will be from its first day on.
 *
 * Waits for the disk: the control thread opens, one thread of its own writes.
 */
#ifndef CYG_DP_DURABLE_FILE_H
#define CYG_DP_DURABLE_FILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/model/sadb.h"

#define DURABLE_ID_BYTES   32
#define DURABLE_COPY_AT	   4096
#define DURABLE_COPY_BYTES 512
#define DURABLE_PAGE_AT	   8192
#define DURABLE_PAGE_BYTES 4096
#define DURABLE_FILE_BYTES (DURABLE_PAGE_AT + DURABLE_PAGE_BYTES)
#define DURABLE_PATH_MAX   256
#define DURABLE_BOOT_BYTES 37 /* with the NUL */

/* Of a file, mapped. */
struct durable_page {
	_Atomic uint64_t number;
	char boot[DURABLE_BOOT_BYTES]; /* in which it was opened last */
};

struct durable_file {
	int fd;
	uint64_t turn; /* of the last copy */
	struct durable_page *page;
	enum sadb_dir dir;
	uint8_t id[DURABLE_ID_BYTES];
	char path[DURABLE_PATH_MAX]; /* for what is said of it */
};

/*
 * The folder of all of them, made (0700) where it is missing.
 *
 * 0, or negative with e filled: -EPERM (others may write there), or what the
 * kernel said.
 */
int durable_folder_open(const char *path, int *fd, struct error *e);

/* Does it end with this boot? */
bool durable_folder_is_volatile(int folder);

/*
 * Opens the file of these keys, or makes it, for us alone until it is closed.
 *
 * folder   of durable_folder_open(), and its path
 * id       as of durable_id()
 * number   what is in it; 0 in a new one. Copies were written ahead or behind,
 *          the page is of the last moment: inbound, and if the machine has been
 *          up since, it says it; else the highest of them does
 * fresh    it is a new one
 *
 * 0, or negative with e filled: -EBUSY (another process, or we ourselves, have
 * it), -EBADMSG (damaged), or what the kernel said.
 */
int durable_file_open(int folder, const char *folder_path, enum sadb_dir dir,
		      const uint8_t id[DURABLE_ID_BYTES],
		      struct durable_file *out, uint64_t *number, bool *fresh,
		      struct error *e);

/* 0 when the number is on disk, or a negative errno; then it may be there. */
int durable_file_write(struct durable_file *f, uint64_t number);

/* The page may still be written to, until durable_file_unmap(). */
void durable_file_close(struct durable_file *f);
void durable_file_unmap(struct durable_file *f);

#endif
