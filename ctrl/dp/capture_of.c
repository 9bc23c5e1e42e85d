// SPDX-License-Identifier: BSD-2-Clause
/*
 * The data path's one capture: its workers, and what it knows of SAs and policies.
 */
#include <errno.h>

#include "ctrl/dp/dp.h"
#include "ctrl/dp/state.h"
#include "ctrl/model/policy_name.h"

static bool serves(void *ctx, struct sa_ref sa, uint32_t policy)
{
	const struct dp *dp = ctx;

	return sadb_serves(dp->sadb, sa, policy);
}

static const char *name_of(void *ctx, uint32_t policy, char *buf)
{
	const struct dp *dp = ctx;

	return policy_name(dp->config, policy, buf);
}

static void on_ended(void *ctx)
{
	struct dp *dp = ctx;

	dp->capture = NULL;
}

int dp_capture(struct dp *dp, struct event_base *base,
	       const struct capture_filter *filter, int pid,
	       struct slice greeting, int fd, struct error *e)
{
	struct worker *workers[WORKERS_MAX];
	const struct capture_spec spec = {
		.base = base,
		.filter = *filter,
		.workers = workers,
		.n_workers = dp->n_workers,
		.reader_pid = pid,
		.greeting = greeting,
		.serves = serves,
		.policy_name = name_of,
		.ended = on_ended,
		.ctx = dp,
	};

	if (dp->capture)
		return error_set(e, -EBUSY,
				 "another capture is under way; end that first");
	for (uint32_t i = 0; i < dp->n_workers; i++)
		workers[i] = &dp->workers[i].w;
	return capture_begin(&spec, fd, &dp->capture, e);
}
