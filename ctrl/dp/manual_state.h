/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration's own SAs from inside, for the files manual*.c. Control thread.
 */
#ifndef CYG_DP_MANUAL_STATE_H
#define CYG_DP_MANUAL_STATE_H

#include "ctrl/base/log.h"
#include "ctrl/dp/durable.h"
#include "ctrl/dp/manual.h"

#define MARK_BYTES 32

enum phase {
	PHASE_NEW,	/* armed, but the change is not in force yet */
	PHASE_LIVE,	/* in force */
	PHASE_DRAINING, /* packets may come by it */
	PHASE_CLOSING,	/* out of the SAD, its state is being written */
};

/* A peer. */
struct where {
	struct addr addr;
	uint16_t port; /* host order, of UDP */
};

struct manual_sa {
	struct sadb_id id;
	uint8_t mark[MARK_BYTES]; /* by which it is known again; see mark_of() */
	enum phase phase;
	size_t wanted; /* index into config.manual, or MANUAL_NONE */
	struct durable_sa *durable; /* NULL: no state is kept */

	/* LIVE: of the pair of config.manual that it is of. */
	size_t pair;
	bool follow;
	bool alone;	 /* outbound: its pair has no other direction */
	uint64_t serves; /* policies, a bit each: see config.policies */
	bool transport; /* its address is what it is for: the port moves alone */
	struct where home; /* port 0: it is not in UDP */
	struct where peer; /* outbound: where it sends to; inbound: whence the
			      last packet came, port 0: from home */
	uint64_t moved;	   /* inbound: which move that was, of all */
	struct manual_sa *next;
};

struct manual {
	struct sadb *sadb;
	struct durable *durable; /* NULL: nothing had state yet */
	char state_dir[CONF_PATH_MAX];
	uint8_t secret[MARK_BYTES]; /* of the marks */
	struct manual_sa *first;
	uint64_t moved; /* how often somebody did */
	struct log_limit moves;
};

static inline bool manual_same_id(const struct sadb_id *a,
				  const struct sadb_id *b)
{
	return a->spi == b->spi && a->dir == b->dir &&
	       addr_equal(&a->daddr, &b->daddr);
}

/* --- manual_moves.c --- */

/* A MAPPING, of a struct manual: see sadb_watch(). */
void manual_on_mapping(void *ctx, const struct sadb_event *mapping);

/* What the configuration in force says of the pairs that are live. */
void manual_take_pairs(struct manual *m, const struct config *config);

#endif
