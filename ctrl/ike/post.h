/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What leaves when a call into the engine ends, or when the records that it depends
 * on are kept: messages of IKE SAs, and DELETEs to the SAD. So nobody outside has
 * seen, and nothing is gone, of which a successor would not know. For the files
 * of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_POST_H
#define CYG_IKE_POST_H

#include "ctrl/ike/sa.h"

/*
 * A new message.
 *
 * left_with   of this IKE SA: will say of which record it waits, for
 *             post_again()
 */
void post_message(struct ike_sa *sa, const struct ike_path *path,
		  struct slice message, uint64_t *left_with);

/* The same once more; not, if it has yet to leave. */
void post_again(const struct ike_sa *sa, const struct ike_path *path,
		const struct octets *message, uint64_t left_with);

/* The same by another stream than it was to leave by: if it has yet to leave, then it
 * leaves by this one, too. */
void post_other_way(struct ike_sa *sa, const struct ike_path *path,
		    const struct octets *message, uint64_t *left_with);

/* The answer has this token; 0: nobody waits for it. */
void post_delete(const struct ike_sa *sa, const struct sadb_id *id,
		 uint64_t token);

/* Nobody has the stream any more: it is closed behind what may wait to leave by it. */
void post_close(struct engine *e, uint32_t stream);

/* The call ends: all its records are made. Whatever may leave, leaves. */
void post_flush(struct engine *e);

/* The SAD has lost all that it shall delete. */
void post_forget_deletes(struct engine *e);

/* Nothing more leaves. */
void post_drop(struct engine *e);

#endif
