/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The role `ike` and TCP: its link to stream, which holds the connections. For the
 * files of the role; one thread.
 */
#ifndef CYG_DAEMON_IKE_STREAMS_H
#define CYG_DAEMON_IKE_STREAMS_H

#include "ctrl/daemon/ike_state.h"

struct ike_streams;

/* The link over which ctl introduces stream; in place of one that may be there. */
void ike_streams_take(struct ike *i, const int *fds, size_t n);

/* NULL is fine. */
void ike_streams_free(struct ike_streams *s);

/* ctl is gone, or stream: nobody opens what is wanted. */
void ike_streams_alone(struct ike *i);

/* Nobody opens it. */
void ike_streams_refused(struct ike *i, uint64_t token);

/* A message for path->stream. */
void ike_streams_send(struct ike *i, const struct ike_path *path,
		      struct slice message);

/* As of struct engine_calls. */
void ike_streams_open(void *ctx, const char *conn, const struct ike_path *path,
		      uint64_t token);
void ike_streams_keep(void *ctx, uint32_t stream);
void ike_streams_close(void *ctx, uint32_t stream);

#endif
