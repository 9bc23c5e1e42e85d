/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was fetched, on disk, so that the next start has it: a folder of root's own with
 * a file for each, written under another name and renamed. What is damaged or out of
 * time is none; nothing is lost by its loss, so nobody waits for the disk.
 *
 *     0    "CygnetFT"
 *     8    good until, Unix time, big-endian
 *     16   HMAC-SHA-256 by its id, of what is above and behind it
 *     48   octets
 */
#ifndef CYG_DAEMON_FETCH_STORE_H
#define CYG_DAEMON_FETCH_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"

#define FETCH_STORE_ID	  32 /* octets; a file's name in hexadecimal */
#define FETCH_STORE_FILES 1024
#define FETCH_STORE_BYTES (256LL << 20) /* of all of them */

struct fetch_store;

/*
 * The folder is made (0700) where it is missing; the one above it must be there.
 *
 * 0, or negative with e filled: -EPERM (others may write there), -ENOMEM, or what the
 * kernel said.
 */
int fetch_store_open(const char *path, struct fetch_store **out,
		     struct error *e);

/* fetch_store_close(NULL) is fine. */
void fetch_store_close(struct fetch_store *s);

/* In place of what has the id; those that end first make room. 0 or a negative
 * errno, and then it is not there. */
int fetch_store_put(struct fetch_store *s, const uint8_t id[FETCH_STORE_ID],
		    int64_t until_s, struct slice octets);

/* false: there is none that is good now, or no memory. out is to be freed. */
bool fetch_store_get(struct fetch_store *s, const uint8_t id[FETCH_STORE_ID],
		     int64_t now_s, uint8_t **out, size_t *len);

/* All of it. */
void fetch_store_flush(struct fetch_store *s);

#endif
