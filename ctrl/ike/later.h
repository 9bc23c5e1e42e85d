/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Initiations that a peer refused, of an IKE SA or of a child, or to which there was
 * no way: as often as keyingtries says, each is tried again, after a pause that
 * grows. For the files of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_LATER_H
#define CYG_IKE_LATER_H

#include "ctrl/ike/sa.h"

/* Ours comes to nothing, and is about to be over. */
void later_refused(struct ike_sa *sa);

/* The peer refuses a new child of ours. */
void later_child_refused(struct ike_sa *sa, const struct child_sa *c);

/* One that was up begins anew, after the shortest pause. */
void later_again(struct engine *e, const struct child_sa *c);

/* There is no way to the peer; after so many attempts before. */
void later_no_way(struct engine *e, const struct conn *conn,
		  const struct child_conf *child, unsigned int attempts);

/* Those that are due; when the next one is, or UINT64_MAX. */
void later_begin(struct engine *e);
uint64_t later_deadline(const struct engine *e);

/* It is up, or nobody wants it any more. child NULL: all of the connection. */
void later_forget(struct engine *e, const char *conn, const char *child);
void later_forget_all(struct engine *e);

#endif
