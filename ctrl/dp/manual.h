/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration's own SAs, with keys by hand: which there are follows from
 * the configuration in force. A change comes in two steps, around that of the
 * policies, which may be refused:
 *
 *     prepare   what is new is armed, and serves no policy yet
 *     serve     each policy has its SAs; those that are gone drain
 *
 * What is the same goes on untouched. Keys under an SPI never change: what
 * differs under one that is in use is refused. Where an SA ends is kept on disk
 * (durable.h), and the next one of its keys goes on from there. Control thread.
 */
#ifndef CYG_DP_MANUAL_H
#define CYG_DP_MANUAL_H

#include "ctrl/base/error.h"
#include "ctrl/dp/sadb.h"
#include "ctrl/model/config.h"

struct manual;

/*
 * sadb        borrowed until manual_free()
 * state_dir   copied
 *
 * NULL: out of memory.
 */
struct manual *manual_new(struct sadb *sadb, const char *state_dir);

/* After the workers ended. NULL is fine. */
void manual_free(struct manual *m);

/*
 * Waits for the disk, where something is new.
 *
 * config   its manual keys are wiped
 *
 * 0, or negative with e filled and nothing changed: -EBUSY (an SPI is in use, or
 * its SA still drains), state that cannot be kept or believed (durable.h) where
 * numbers must not repeat, or what sadb_install() says. Else manual_serve() or
 * manual_undo() follows.
 */
int manual_prepare(struct manual *m, struct config *config, uint64_t now_ns,
		   struct error *e);
void manual_undo(struct manual *m);

/* The configuration of manual_prepare(), its policies with their ids. */
void manual_serve(struct manual *m, const struct config *config);

/* Those that were removed are gone for good, their keys' state is written. Asked
 * until it says so. */
bool manual_is_settled(struct manual *m);

#endif
