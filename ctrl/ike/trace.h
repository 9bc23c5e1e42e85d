/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages with one peer, in words, for an operator who looks (engine_trace()).
 * Who nobody looks at costs a comparison. No key, no secret and nothing that one is
 * made from is in the words: of payloads that have such the name alone.
 */
#ifndef CYG_IKE_TRACE_H
#define CYG_IKE_TRACE_H

#include "ctrl/ike/sa.h"

/* A message that came, with what is in it. */
void trace_payloads_(struct engine *e, const struct ike_path *path,
		     const struct ike_header *h, const struct ike_payloads *p);

/* One of which there is no more to say than this. */
void trace_note_(struct engine *e, const struct ike_path *path,
		 const struct ike_header *h, bool out, const char *text);

/* One that is about to be sealed, and leaves for there. */
void trace_out_(struct engine *e, const struct ike_path *path,
		const struct ike_builder *m);

/* Ours, again. */
void trace_again_(struct engine *e, const struct ike_path *path,
		  const struct octets *message);

static inline void trace_in(struct engine *e, const struct ike_path *path,
			    const struct ike_header *h,
			    const struct ike_payloads *p)
{
	if (e->trace.until_ns)
		trace_payloads_(e, path, h, p);
}

static inline void trace_note(struct engine *e, const struct ike_path *path,
			      const struct ike_header *h, const char *text)
{
	if (e->trace.until_ns)
		trace_note_(e, path, h, false, text);
}

static inline void trace_out(struct engine *e, const struct ike_path *path,
			     const struct ike_builder *m)
{
	if (e->trace.until_ns)
		trace_out_(e, path, m);
}

static inline void trace_again(struct engine *e, const struct ike_path *path,
			       const struct octets *message)
{
	if (e->trace.until_ns)
		trace_again_(e, path, message);
}

#endif
