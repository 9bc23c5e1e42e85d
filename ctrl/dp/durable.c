// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/durable.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <urcu-qsbr.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/crypto/prf.h"
#include "ctrl/sadb/quiescent.h"

#define ROUND_MS   1000
#define BLOCK_S	   4  /* numbers for so long, at the rate of late */
#define RATE_MS	   10 /* a rate is of this long at least */
#define EDGE_SLACK 2  /* times what came since the file was written */

enum phase {
	PHASE_USED,
	PHASE_ENDED,  /* by the control thread */
	PHASE_CLOSED, /* by the writer: the file is */
};

struct durable_sa {
	struct seq_kept kept; /* shared with workers */
	struct durable_file file;
	char name[DURABLE_NAME_MAX];
	bool strict;
	uint64_t last;		 /* number that there is */
	uint64_t start;		 /* where the SA goes on */
	enum phase phase;	 /* the lock's */
	struct durable_sa *next; /* the lock's */
	struct rcu_head rcu;

	/* The writer's. */
	uint64_t written; /* outbound: the limit; inbound: the edge as it was */
	uint64_t block;	  /* outbound */
	uint64_t rate_used, rate_ns;
	bool failed;
};

struct durable {
	char folder_path[DURABLE_PATH_MAX / 2];
	bool told_volatile;
	int folder; /* -1: not opened yet */
	int wake_fd;
	pthread_mutex_t lock;
	struct durable_sa *first; /* the lock's; new ones come first */
	pthread_t thread;
	bool running;
	_Atomic bool stop; /* by the control thread */
};

/* --- ids */

bool durable_id(const struct durable_keys *k, uint8_t out[DURABLE_ID_BYTES])
{
	static const char purpose[] = "cygnet: state of manual keys";
	bool key_alone = k->counter_mode && k->dir == SADB_OUT;
	const uint8_t dir = (uint8_t)k->dir;
	const struct slice parts[] = {
		slice_of(purpose, sizeof(purpose)),
		slice_of(&dir, sizeof(dir)),
		slice_of(k->integ_key->octets, k->integ_key->len),
		slice_of(&k->spi, sizeof(k->spi)),
		slice_of(k->peer->octets, sizeof(k->peer->octets)),
	};

	return prf(prf_by_id(PRF_HMAC_SHA2_256),
		   slice_of(k->encr_key->octets, k->encr_key->len), parts,
		   key_alone ? 2 : 5, out);
}

/* --- outbound: blocks ahead */

static uint64_t at_most(uint64_t n, uint64_t most)
{
	return n < most ? n : most;
}

/* So far on, and not beyond the last number that there is. */
static uint64_t ahead(const struct durable_sa *sa, uint64_t from, uint64_t by)
{
	return from < sa->last && by < sa->last - from ? from + by : sa->last;
}

/* A block shrinks slowly: the next burst is like the last. */
static void measure(struct durable_sa *sa, uint64_t used, uint64_t now_ns)
{
	uint64_t ms = (now_ns - sa->rate_ns) / NS_PER_MS, block;

	if (ms < RATE_MS)
		return;
	block = (used - sa->rate_used) * BLOCK_S * 1000 / ms;
	if (block < sa->block / 2)
		block = sa->block / 2;
	if (block < DURABLE_BLOCK_MIN)
		block = DURABLE_BLOCK_MIN;
	sa->block = at_most(block, DURABLE_BLOCK_MAX);
	sa->rate_used = used;
	sa->rate_ns = now_ns;
}

/* The limit first: who reads what is low may go up to it. */
static void publish(struct durable_sa *sa)
{
	bool is_last = sa->written == sa->last;

	if (sa->strict)
		atomic_store_explicit(&sa->kept.limit, sa->written,
				      memory_order_release);
	atomic_store(&sa->kept.low,
		     is_last ? UINT64_MAX : sa->written - sa->block / 2);
}

static int reserve(struct durable_sa *sa, uint64_t used)
{
	uint64_t limit = ahead(sa, used, sa->block);
	int err = durable_file_write(&sa->file, limit);

	if (err)
		return err;
	sa->written = limit;
	publish(sa);
	return 0;
}

/* Where a block has become smaller, a worker woke us too early, and has to once
 * more. */
static int serve_out(struct durable_sa *sa, uint64_t now_ns)
{
	uint64_t used = atomic_load(sa->kept.used);

	if (sa->written == sa->last)
		return 0;
	measure(sa, used, now_ns);
	if (used >= sa->written || sa->written - used < sa->block / 2)
		return reserve(sa, used);
	publish(sa);
	return 0;
}

/* --- inbound: the edge behind */

static int serve_in(struct durable_sa *sa)
{
	uint64_t edge = atomic_load(sa->kept.used);
	uint64_t slack = (edge - sa->written) * EDGE_SLACK;
	int err;

	if (edge <= sa->written)
		return 0;
	err = durable_file_write(&sa->file, ahead(sa, edge, slack));
	if (!err)
		sa->written = edge;
	return err;
}

/* --- the writer */

static void report(struct durable_sa *sa, int err)
{
	if (err && !sa->failed)
		log_error(
			"durable: state not written sa=%s file=%s: %s; make room there and have it writable: %s",
			sa->name, sa->file.path, strerror(-err),
			sa->strict
				? "when its reserve is used up, packets are dropped as seq_reserved"
				: "after a restart, packets may be taken for replays, or replays for packets");
	if (!err && sa->failed)
		log_info("durable: state is written again sa=%s", sa->name);
	sa->failed = err != 0;
}

static void serve(struct durable_sa *sa, uint64_t now_ns)
{
	report(sa,
	       sa->file.dir == SADB_OUT ? serve_out(sa, now_ns) : serve_in(sa));
}

static void free_sa(struct durable_sa *sa)
{
	durable_file_unmap(&sa->file);
	free(sa);
}

/* What it has used is known to the last. */
static void finish(struct durable_sa *sa)
{
	report(sa, durable_file_write(&sa->file, atomic_load(sa->kept.used)));
	durable_file_close(&sa->file);
}

/* The next one in that phase. Only the control thread takes one out of the list,
 * and only a closed one, which is none that the writer holds. */
static struct durable_sa *step(struct durable *d, struct durable_sa *sa,
			       enum phase phase)
{
	pthread_mutex_lock(&d->lock);
	sa = sa ? sa->next : d->first;
	while (sa && sa->phase != phase)
		sa = sa->next;
	pthread_mutex_unlock(&d->lock);
	return sa;
}

static void set_phase(struct durable *d, struct durable_sa *sa, enum phase phase)
{
	pthread_mutex_lock(&d->lock);
	sa->phase = phase;
	pthread_mutex_unlock(&d->lock);
}

static void wake(const struct durable *d)
{
	const uint64_t one = 1;

	if (write(d->wake_fd, &one, sizeof(one)) < 0)
		return; /* its counter is at the top: it is awake */
}

/* Since the last time? */
static bool take_wake(const struct durable *d)
{
	uint64_t count;

	return read(d->wake_fd, &count, sizeof(count)) > 0;
}

static void serve_all(struct durable *d, enum sadb_dir dir, uint64_t now_ns)
{
	struct durable_sa *sa = NULL;

	while ((sa = step(d, sa, PHASE_USED))) {
		if (sa->file.dir != dir)
			continue;
		/* A worker may wait for these, and for the others nobody does. */
		if (dir == SADB_IN && take_wake(d))
			serve_all(d, SADB_OUT, now_ns);
		serve(sa, now_ns);
	}
}

static void finish_ended(struct durable *d)
{
	struct durable_sa *sa;

	while ((sa = step(d, NULL, PHASE_ENDED))) {
		finish(sa);
		set_phase(d, sa, PHASE_CLOSED);
	}
}

void durable_round(struct durable *d, uint64_t now_ns)
{
	finish_ended(d);
	serve_all(d, SADB_OUT, now_ns);
	serve_all(d, SADB_IN, now_ns);
}

static void *write_thread(void *ctx)
{
	struct durable *d = ctx;
	struct pollfd woken = { .fd = d->wake_fd, .events = POLLIN };

	while (!atomic_load(&d->stop)) {
		poll(&woken, 1, ROUND_MS);
		take_wake(d);
		durable_round(d, clock_ns());
	}
	return NULL;
}

/* --- its own life */

int durable_new(const char *folder, struct durable **out)
{
	struct durable *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	snprintf(d->folder_path, sizeof(d->folder_path), "%s", folder);
	d->folder = -1;
	pthread_mutex_init(&d->lock, NULL);
	d->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (d->wake_fd < 0) {
		int err = -errno;

		durable_free(d);
		return err;
	}
	*out = d;
	return 0;
}

/* Signals are the control thread's. */
int durable_start(struct durable *d)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	err = -pthread_create(&d->thread, NULL, write_thread, d);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return err;
	pthread_setname_np(d->thread, "durable");
	d->running = true;
	return 0;
}

void durable_free(struct durable *d)
{
	struct durable_sa *sa, *next;

	if (!d)
		return;
	atomic_store(&d->stop, true);
	if (d->running) {
		wake(d);
		pthread_join(d->thread, NULL);
	}
	for (sa = d->first; sa; sa = next) {
		next = sa->next;
		if (sa->phase != PHASE_CLOSED)
			finish(sa);
		free_sa(sa);
	}
	if (d->folder >= 0)
		close(d->folder);
	if (d->wake_fd >= 0)
		close(d->wake_fd);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

/* --- an SA's */

static int fail_used_up(const struct durable_sa *sa, struct error *e)
{
	return error_set(
		e, -EKEYEXPIRED,
		"state file %s: its key has used up all sequence numbers%s; give the SA a new key on both sides",
		sa->file.path, sa->last == UINT32_MAX ? " of 32 bits" : "");
}

static int begin(struct durable_sa *sa, uint64_t now_ns, struct error *e)
{
	int err;

	sa->kept.used = &sa->file.page->number;
	atomic_init(&sa->kept.limit, UINT64_MAX);
	atomic_init(&sa->kept.low, UINT64_MAX);
	sa->written = sa->start;
	if (sa->file.dir == SADB_IN)
		return sa->start > sa->last ? fail_used_up(sa, e) : 0;
	if (sa->start >= sa->last)
		return fail_used_up(sa, e);
	sa->block = DURABLE_BLOCK_MIN;
	sa->rate_used = sa->start;
	sa->rate_ns = now_ns;
	err = reserve(sa, sa->start);
	return err ? error_set(e, err,
			       "state file %s cannot be written: %s; make room and have it writable, or name another folder as gateway.state_dir",
			       sa->file.path, strerror(-err))
		   : 0;
}

/* That there is none is right once in a key's life. */
static void tell_fresh(const struct durable_sa *sa)
{
	if (sa->strict)
		log_warn("durable: new state file sa=%s file=%s: its key counts from 1; if it was ever used before, here or elsewhere, give both sides another one",
			 sa->name, sa->file.path);
	else
		log_info("durable: new state file sa=%s file=%s", sa->name,
			 sa->file.path);
}

/* The next boot would count from 1, with the same keys. */
static void tell_volatile(struct durable *d)
{
	if (!d->told_volatile && durable_folder_is_volatile(d->folder))
		log_warn("durable: state folder %s is in memory: keys of counter mode must not outlive this boot; name a folder on a disk as gateway.state_dir",
			 d->folder_path);
	d->told_volatile = true;
}

static void enter(struct durable *d, struct durable_sa *sa)
{
	pthread_mutex_lock(&d->lock);
	sa->next = d->first;
	d->first = sa;
	pthread_mutex_unlock(&d->lock);
}

int durable_open(struct durable *d, const struct durable_spec *spec,
		 uint64_t now_ns, struct durable_sa **out, struct error *e)
{
	struct durable_sa *sa;
	bool fresh;
	int err = 0;

	if (d->folder < 0)
		err = durable_folder_open(d->folder_path, &d->folder, e);
	if (err)
		return err;
	sa = calloc(1, sizeof(*sa));
	if (!sa)
		return error_set(e, -ENOMEM, "no memory for a state file");
	snprintf(sa->name, sizeof(sa->name), "%s", spec->name);
	sa->strict = spec->strict && spec->dir == SADB_OUT;
	sa->last = spec->esn ? UINT64_MAX : UINT32_MAX;
	sa->kept.wake_fd = d->wake_fd;
	err = durable_file_open(d->folder, d->folder_path, spec->dir, spec->id,
				&sa->file, &sa->start, &fresh, e);
	if (err) {
		free(sa);
		return err;
	}
	err = begin(sa, now_ns, e);
	if (err) {
		durable_file_close(&sa->file);
		free_sa(sa);
		return err;
	}
	if (fresh)
		tell_fresh(sa);
	if (sa->strict)
		tell_volatile(d);
	enter(d, sa);
	*out = sa;
	return 0;
}

uint64_t durable_number(const struct durable_sa *sa)
{
	return sa->start;
}

struct seq_kept *durable_kept(struct durable_sa *sa)
{
	return &sa->kept;
}

void durable_end(struct durable *d, struct durable_sa *sa)
{
	set_phase(d, sa, PHASE_ENDED);
	wake(d);
}

static void release(struct rcu_head *head)
{
	quiescent_acquire();
	free_sa(caa_container_of(head, struct durable_sa, rcu));
}

/* A worker may still look at its numbers. */
bool durable_is_closed(struct durable *d, struct durable_sa *sa)
{
	struct durable_sa **at = &d->first;
	bool closed;

	pthread_mutex_lock(&d->lock);
	closed = sa->phase == PHASE_CLOSED;
	while (closed && *at != sa)
		at = &(*at)->next;
	if (closed)
		*at = sa->next;
	pthread_mutex_unlock(&d->lock);
	if (closed)
		quiescent_defer(&sa->rcu, release);
	return closed;
}
