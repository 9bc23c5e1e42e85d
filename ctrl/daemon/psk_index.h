/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which pre-shared keys may be for a peer: of thousands those few that name it, for a
 * handshake asks twice. Control thread.
 */
#ifndef CYG_DAEMON_PSK_INDEX_H
#define CYG_DAEMON_PSK_INDEX_H

#include "ctrl/base/slice.h"
#include "ctrl/model/conn.h"

/* All zero: of no keys. */
struct psk_index {
	const struct psk_conf *psks; /* borrowed, as they stand */
	size_t n;
	struct psk_owner *owners; /* owned, as the others: of keys that name peers */
	uint32_t *table;  /* by a peer's hash its first owner and 1; 0: none */
	size_t n_table;	  /* a power of two */
	uint32_t *others; /* keys for anybody, or whoever has such a name */
	size_t n_others;
};

/* 0 or -ENOMEM; psk_index_free() in any case. */
MUST_CHECK int psk_index_make(struct psk_index *x, const struct psk_conf *psks,
			      size_t n);
void psk_index_free(struct psk_index *x);

/*
 * Each key that names this peer, in their order; and each of the others.
 *
 * at   where to go on, 0 at first
 *
 * NULL: no more.
 */
const struct psk_conf *psk_index_named(const struct psk_index *x,
				       const struct identity *peer, size_t *at);
const struct psk_conf *psk_index_other(const struct psk_index *x, size_t *at);

#endif
