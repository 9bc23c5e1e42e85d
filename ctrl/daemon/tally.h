/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts by connection, in the order of names; that of "" is of all peers
 * together, or of those that are nobody's. One thread.
 */
#ifndef CYG_DAEMON_TALLY_H
#define CYG_DAEMON_TALLY_H

#include <stddef.h>

#include "ctrl/model/conn.h"
#include "ctrl/model/ike_counts.h"

struct tally;

struct tally_row {
	char conn[CONN_NAME_MAX];
	struct ike_counts counts;
};

/* NULL: out of memory. tally_free(NULL) is fine. */
struct tally *tally_new(void);
void tally_free(struct tally *t);

/* A new one has counted nothing. Borrowed until the next one is new or goes;
 * NULL: out of memory. */
struct ike_counts *tally_of(struct tally *t, const char *conn);

/* To those of a connection; without memory for it they are lost. */
void tally_add(struct tally *t, const char *conn, const struct ike_counts *more);

/* Borrowed likewise. NULL: it has none; there are no more. */
const struct tally_row *tally_find(const struct tally *t, const char *conn);
const struct tally_row *tally_at(const struct tally *t, size_t i);

/* It is not there any more; all of them. */
void tally_forget(struct tally *t, const char *conn);
void tally_clear(struct tally *t);

#endif
