// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/workers.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/base/log.h"
#include "ctrl/dp/dp.h"
#include "ctrl/dp/queues.h"
#include "ctrl/dp/state.h"

/* --- how many --- */

static uint32_t cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 1;
	return (uint32_t)CPU_COUNT(&set);
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t choose(const struct dp *dp)
{
	uint32_t n = least(cpus(), WORKERS_MAX);

	if (dp->config->gateway.workers)
		return dp->config->gateway.workers;
	for (size_t i = 0; i < dp->n_ifaces; i++)
		n = least(n, dp->ifaces[i].queues);
	return n;
}

/* A queue for every worker, where the driver can. */
static void widen(struct iface *iface, uint32_t n)
{
	struct iface now;
	uint32_t had = iface->queues;

	if (had >= n)
		return;
	if (!iface_set_queues(iface->lower_name, n) &&
	    !iface_read(iface->name, &now))
		iface->queues = now.queues;
	if (iface->queues < n)
		log_warn("workers: queues missing iface=%s queues=%u workers=%u: packets of the other workers are handed over, at a cost; more by: ethtool -L %s combined %u",
			 iface->name, iface->queues, n, iface->lower_name, n);
	else
		log_info("workers: queues added iface=%s queues=%u before=%u",
			 iface->name, iface->queues, had);
}

int workers_count(struct dp *dp, struct error *e)
{
	uint32_t n = choose(dp);
	int err = 0;

	for (size_t i = 0; i < dp->n_ifaces; i++)
		widen(&dp->ifaces[i], n);
	dp->workers = calloc(n, sizeof(*dp->workers));
	dp->links = calloc(n, sizeof(*dp->links));
	if (!dp->workers || !dp->links)
		return error_set(e, -ENOMEM, "no memory for %u workers", n);
	for (; !err && dp->n_workers < n; dp->n_workers++)
		err = nexthop_link_init(&dp->links[dp->n_workers]);
	if (err)
		return error_set(e, err, "no queues for %u workers: %s", n,
				 strerror(-err));
	return 0;
}

/* --- their memory and their ports --- */

/* Of that interface, the queues that are this worker's. */
static uint32_t share(const struct dp *dp, uint32_t worker, size_t iface)
{
	uint32_t queues = dp->ifaces[iface].queues;

	return (queues + dp->n_workers - 1 - worker) / dp->n_workers;
}

static uint32_t frames(const struct dp *dp, uint32_t worker)
{
	uint32_t ports = 0;

	for (size_t i = 0; i < dp->n_ifaces; i++)
		if (dp_first_on_device(dp, i))
			ports += share(dp, worker, i);
	/* One that has no port takes what others hand over. */
	return (ports ? ports : 1) * XSK_PORT_FRAMES;
}

static void describe(struct dp *dp, uint32_t index)
{
	struct worker *w = &dp->workers[index].w;

	worker_serve(w, dp->sad, index);
	w->host.fd = dp->host.fd[index];
	memcpy(w->host.mac, dp->host.mac, sizeof(dp->host.mac));
	w->magic = dp->magic;
	w->head_token = dp->head_token;
	w->policies = &dp->policies;
	w->drops = programs_worker_drops(dp->programs, index);
	w->passes = programs_worker_passes(dp->programs, index);
	w->forward_kernel = dp->config->gateway.forward == FORWARD_KERNEL;
	w->mss_clamp = dp->config->gateway.mss_clamp;
	w->audit.off = !dp->config->gateway.audit;
	w->quote_check = dp->config->gateway.icmp_quote_check;
}

static int make(struct dp *dp, uint32_t index, struct error *e)
{
	struct dp_worker *dw = &dp->workers[index];
	int err = worker_init(&dw->w, frames(dp, index), &dp->links[index]);

	if (err)
		return error_set(e, err, "no memory for %u packet frames",
				 frames(dp, index));
	describe(dp, index);
	err = sadb_add_worker(dp->sadb, &dw->w);
	if (err)
		return error_set(e, err, "no memory for the worker's queue");
	return 0;
}

/* The workers alone, for those who know no more of them. */
static void list(struct dp *dp, struct worker *out[WORKERS_MAX])
{
	for (uint32_t i = 0; i < dp->n_workers; i++)
		out[i] = &dp->workers[i].w;
}

/* virtio_net has more of them since XDP is attached: each CPU transmits by one
 * of its own, and packets arrive on those too. */
static int recount_queues(struct iface *iface, struct error *e)
{
	struct iface now;
	int err = iface_read(iface->name, &now);

	if (err)
		return error_set(e, err, "cannot count the queues of %s: %s",
				 iface->name, strerror(-err));
	if (now.queues > QUEUE_MAX)
		return error_set(
			e, -E2BIG,
			"%s has %u queues with XDP, at most %d are served; lower them with: ethtool -L %s combined N",
			iface->name, now.queues, QUEUE_MAX, iface->name);
	iface->queues = now.queues;
	return 0;
}

int workers_make(struct dp *dp, struct error *e)
{
	struct worker *all[WORKERS_MAX];
	int err = 0;

	for (size_t i = 0; !err && i < dp->n_ifaces; i++)
		err = recount_queues(&dp->ifaces[i], e);
	for (uint32_t i = 0; !err && i < dp->n_workers; i++)
		err = make(dp, i, e);
	if (!err)
		err = queues_open(dp, e);
	if (err)
		return err;
	list(dp, all);
	err = handoffs_new(all, dp->n_workers, &dp->handoffs);
	return err ? error_set(e, err, "no memory for rings between workers")
		   : 0;
}

/* --- their threads --- */

static void *thread(void *ctx)
{
	worker_run(ctx);
	return NULL;
}

static int start(struct dp_worker *dw)
{
	char name[16];
	int err = -pthread_create(&dw->thread, NULL, thread, &dw->w);

	if (err)
		return err;
	dw->running = true;
	snprintf(name, sizeof(name), "worker%u", dw->w.index);
	pthread_setname_np(dw->thread, name);
	return 0;
}

/* Signals are the control thread's. */
static int start_all(struct dp *dp)
{
	sigset_t all, before;
	int err = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	for (uint32_t i = 0; !err && i < dp->n_workers; i++)
		err = start(&dp->workers[i]);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

int workers_start(struct dp *dp, struct error *e)
{
	int err = start_all(dp);

	if (err)
		return error_set(e, err, "cannot start %u workers: %s",
				 dp->n_workers, strerror(-err));
	return queues_enter(dp, e);
}

void workers_stop(struct dp *dp)
{
	struct worker *all[WORKERS_MAX];
	bool ran = false;

	queues_leave(dp);
	for (uint32_t i = 0; i < dp->n_workers; i++) {
		struct dp_worker *dw = &dp->workers[i];

		if (!dw->running)
			continue;
		worker_stop(&dw->w);
		pthread_join(dw->thread, NULL);
		dw->running = false;
		ran = true;
	}
	list(dp, all);
	if (ran && dp->handoffs)
		workers_finish(all, dp->n_workers);
}

void workers_free(struct dp *dp)
{
	handoffs_free(dp->handoffs);
	queues_close(dp);
	for (uint32_t i = 0; i < dp->n_workers; i++) {
		struct dp_worker *dw = &dp->workers[i];

		if (dp->sadb)
			sadb_remove_worker(dp->sadb, &dw->w);
		worker_fini(&dw->w);
	}
	free(dp->workers);
	dp->workers = NULL;
}

int dp_join_streams(struct dp *dp, int far[WORKERS_MAX], uint32_t *n)
{
	int err = 0;

	for (*n = 0; !err && *n < dp->n_workers; *n += !err)
		err = stream_join(&dp->workers[*n].w, &far[*n]);
	while (err && *n > 0)
		close(far[--*n]);
	return err;
}
