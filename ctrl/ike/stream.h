/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IKE SAs whose messages, and whose CHILD SAs' packets, are in a TCP connection
 * (RFC 9329), a stream. Whoever began the first IKE SA opens streams, and another
 * one when one is lost; the other side takes each by which a message comes that it
 * must believe. Between streams an IKE SA has STREAM_LOST: what it sends then is
 * lost, and is sent again by the next one. By a stream nothing is sent again, but a
 * request has no more time for its response than by UDP (section 6.2).
 *
 * A limit: a connection that falls back does so before the peer has answered, or when
 * it moves (MOBIKE); not where IKE_SA_INIT is let through and IKE_AUTH is not. What
 * has fallen back stays with TCP.
 *
 * For the files of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_STREAM_H
#define CYG_IKE_STREAM_H

#include "ctrl/ike/sa.h"

/* Is there one by which something can leave? */
static inline bool stream_is_up(const struct ike_path *path)
{
	return path->stream && path->stream != STREAM_LOST;
}

/* It is about to begin, or to begin elsewhere: by TCP, where it is to be so at once. */
void stream_start(struct ike_sa *sa);

/* The way is another one now, or is to be: the stream of such a way. */
void stream_way(const struct ike_sa *sa, struct ike_path *way);

/* Opens one if there is to be one, unless that is under way; and when it is tried
 * again, 0: never. Its way is new: anew. */
void stream_try(struct ike_sa *sa);
uint64_t stream_at_ns(const struct ike_sa *sa);
void stream_move(struct ike_sa *sa);

/* A message that is authentic came by this path; of a peer that may come by another
 * stream than before it is the one from now on. */
void stream_heard(struct ike_sa *sa, const struct ike_path *path);

/* The same of a request that was answered before: that may be somebody's copy, and
 * is followed only where there is no stream any more. */
void stream_heard_again(struct ike_sa *sa, const struct ike_path *path);

/* Asks the peer for an answer, by which it knows the stream. */
void stream_tell(struct ike_sa *sa);

/* Its elder may have been lost and found while it was made: the peer shall know. */
void stream_inherit(struct ike_sa *heir, const struct ike_sa *sa);

/* It is of an engine that ended, and so is its stream. */
void stream_resume(struct ike_sa *sa);

/* Of one that was touched, as what it is now; and of one that is over. A stream that
 * nobody has any more is closed. */
void stream_list(struct ike_sa *sa);
void stream_unlist(struct ike_sa *sa);

#endif
