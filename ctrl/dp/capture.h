/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A capture: what the workers' taps (tap.h) have, in the order of time, as pcapng
 * to whoever asked for it. One at a time.
 *
 * It ends by itself: when it has as many packets or octets as it may have, when
 * its time is over, or when its reader has left. Who does not read loses packets,
 * which are counted, and holds nobody up. Begin and end are lines of the audit
 * log. Control thread.
 */
#ifndef CYG_DP_CAPTURE_H
#define CYG_DP_CAPTURE_H

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/dp/worker.h"
#include "ctrl/model/capture.h"

struct capture;
struct event_base;

struct capture_spec {
	struct event_base *base;
	struct capture_filter filter;
	struct worker *const *workers; /* borrowed during the call */
	uint32_t n_workers;
	int reader_pid;	       /* who asked, for the log */
	struct slice greeting; /* goes first, before the file's first octet */
	/* Does that SA serve the policy? */
	bool (*serves)(void *ctx, struct sa_ref sa, uint32_t policy);
	/* What the policy is called, or ""; buf has POLICY_NAME_MAX octets. */
	const char *(*policy_name)(void *ctx, uint32_t policy, char *buf);
	/* It has ended, and is freed when this returns. */
	void (*ended)(void *ctx);
	void *ctx;
};

/*
 * fd   a stream socket to the reader, handed over if it works
 *
 * 0, or negative with e filled.
 */
int capture_begin(const struct capture_spec *spec, int fd, struct capture **out,
		  struct error *e);

/* At once, without ended(); while workers run, or after. NULL is fine. */
void capture_free(struct capture *c, const char *why);

#endif
