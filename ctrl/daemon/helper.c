// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reads what strangers say of names, and of certificates that are revoked, and so has
 * nothing: a user of its own, no capability, no file, and no socket but those that
 * ctl connected to the resolvers and servers, which it can't connect anew. It keeps
 * nothing, and ends with its ctl.
 * One thread.
 */
#include "ctrl/daemon/helper.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/base/log.h"
#include "ctrl/crypto/prf.h"
#include "ctrl/daemon/helper_seam.h"
#include "ctrl/daemon/role.h"
#include "ctrl/daemon/sandbox.h"
#include "ctrl/model/config.h"

struct helper;

struct job {
	struct helper *helper;
	uint64_t token;
	struct lookup *lookup; /* NULL: none */
};

struct fetch_job {
	struct helper *helper;
	uint64_t token;
	struct fetch *fetch; /* NULL: none */
};

struct helper {
	struct event_base *base;
	struct event *on_link;
	struct seam *ctl;
	struct job jobs[HELPER_LOOKUPS_MAX];
	struct fetch_job fetches[HELPER_FETCHES_MAX];
	bool failed;
};

static void quit(const struct helper *h)
{
	event_base_loopbreak(h->base);
}

static void answer(struct helper *h, uint64_t token,
		   const struct lookup_result *r)
{
	struct helper_msg_answer m = { .token = token,
				       .outcome = r->outcome,
				       .n = r->n };

	memcpy(m.addrs, r->addrs, sizeof(m.addrs));
	if (h->ctl && seam_send(h->ctl, HELPER_MSG_ANSWER, &m, sizeof(m)))
		quit(h);
}

static void on_done(void *ctx, const struct lookup_result *r)
{
	struct job *job = ctx;

	job->lookup = NULL;
	answer(job->helper, job->token, r);
}

static struct job *free_job(struct helper *h)
{
	for (size_t i = 0; i < HELPER_LOOKUPS_MAX; i++)
		if (!h->jobs[i].lookup)
			return &h->jobs[i];
	return NULL;
}

static void begin(struct helper *h, const struct helper_msg_lookup *m,
		  const int *fds, size_t n)
{
	const struct lookup_result none = { .outcome = LOOKUP_FAILED };
	struct job *job = free_job(h);

	if (job) {
		*job = (struct job){ .helper = h, .token = m->token };
		job->lookup = lookup_new(h->base, m->name, fds, n, on_done, job);
	}
	if (job && job->lookup)
		return;
	role_close_all(fds, n);
	answer(h, m->token, &none);
}

/* --- what is fetched */

static void send_pieces(struct helper *h, uint64_t token, struct slice octets)
{
	struct helper_msg_piece m = { .token = token };
	struct slice piece;

	while (h->ctl && octets.len) {
		size_t n = octets.len < sizeof(m.octets) ? octets.len
							 : sizeof(m.octets);

		if (!rd_slice(&octets, n, &piece))
			return;
		memcpy(m.octets, piece.ptr, n);
		m.n = (uint32_t)n;
		if (seam_send(h->ctl, HELPER_MSG_PIECE, &m,
			      HELPER_PIECE_LEAST + n))
			quit(h);
	}
}

static void tell_fetched(struct helper *h, uint64_t token,
			 const struct fetch_result *r)
{
	struct helper_msg_fetched m = { .token = token,
					.next_update_s = r->next_update_s,
					.outcome = r->outcome,
					.n = (uint32_t)r->octets.len };

	if (r->text)
		memcpy(m.text, r->text, strnlen(r->text, sizeof(m.text) - 1));
	send_pieces(h, token, r->octets);
	if (h->ctl && seam_send(h->ctl, HELPER_MSG_FETCHED, &m, sizeof(m)))
		quit(h);
}

static void on_fetched(void *ctx, const struct fetch_result *r)
{
	struct fetch_job *job = ctx;

	job->fetch = NULL;
	tell_fetched(job->helper, job->token, r);
}

static struct fetch_job *free_fetch_job(struct helper *h)
{
	for (size_t i = 0; i < HELPER_FETCHES_MAX; i++)
		if (!h->fetches[i].fetch)
			return &h->fetches[i];
	return NULL;
}

static void begin_fetch(struct helper *h, const struct helper_msg_fetch *m,
			const int *fds, size_t n)
{
	const struct fetch_result none = {
		.outcome = FETCH_FAILED, .text = "too much is fetched at once"
	};
	struct fetch_job *job = n == 1 ? free_fetch_job(h) : NULL;

	if (job && m->n <= sizeof(m->request)) {
		*job = (struct fetch_job){ .helper = h, .token = m->token };
		job->fetch = fetch_new(
			&(struct fetch_spec){ .base = h->base,
					      .fd = fds[0],
					      .kind = (enum fetch_kind)m->kind,
					      .url = &m->url,
					      .body = slice_of(m->request, m->n),
					      .done = on_fetched,
					      .ctx = job });
	}
	if (job && job->fetch)
		return;
	role_close_all(fds, n);
	tell_fetched(h, m->token, &none);
}

static void on_message(void *ctx, uint16_t type, const void *msg,
		       const int *fds, size_t n_fds)
{
	if (type == HELPER_MSG_LOOKUP)
		begin(ctx, msg, fds, n_fds);
	else
		begin_fetch(ctx, msg, fds, n_fds);
}

static void on_down(void *ctx, const char *why)
{
	struct helper *h = ctx;

	log_info("helper: ctl is gone (%s)", why);
	h->ctl = NULL;
	quit(h);
}

static void on_link(evutil_socket_t listener, short what, void *ctx)
{
	const struct helper_msg_empty ready = { 0 };
	struct helper *h = ctx;
	const struct seam_spec spec = { .base = h->base,
					.kinds = helper_seam_to_helper,
					.n_kinds = helper_seam_to_helper_n,
					.on_message = on_message,
					.on_down = on_down,
					.ctx = h };
	int fd = role_accept();

	(void)listener;
	(void)what;
	if (fd < 0)
		return;
	if (h->ctl || seam_new(&spec, fd, &h->ctl)) {
		close(fd);
		return;
	}
	if (seam_send(h->ctl, HELPER_MSG_READY, &ready, sizeof(ready)))
		quit(h);
}

/* What libcrypto loads lazily is loaded before the files are out of reach. */
static bool warm_up(void)
{
	const struct slice nothing = slice_of("", 0);
	uint8_t mac[PRF_MAX_BYTES];

	return prf(prf_by_id(PRF_HMAC_SHA2_256), nothing, &nothing, 1, mac);
}

static int start(struct helper *h, struct error *e)
{
	int err;

	h->base = event_base_new();
	if (h->base && warm_up())
		h->on_link = event_new(h->base, ROLE_LISTEN_FD,
				       EV_READ | EV_PERSIST, on_link, h);
	if (!h->on_link || event_add(h->on_link, NULL))
		return error_set(e, -ENOMEM, "no memory");
	err = sandbox_become(HELPER_USER, e);
	return err ? err : sandbox_enter(false, e);
}

static void end(struct helper *h)
{
	for (size_t i = 0; i < HELPER_LOOKUPS_MAX; i++)
		lookup_free(h->jobs[i].lookup);
	for (size_t i = 0; i < HELPER_FETCHES_MAX; i++)
		fetch_free(h->fetches[i].fetch);
	seam_free(h->ctl);
	if (h->on_link)
		event_free(h->on_link);
	if (h->base)
		event_base_free(h->base);
}

int helper_role(void)
{
	struct helper h = { .ctl = NULL };
	struct error e;

	if (!role_begin("helper"))
		return EXIT_FAILURE;
	/* A terminal's and an init system's are ctl's to act on. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	h.failed = start(&h, &e) != 0;
	if (h.failed)
		log_error("helper: %s", e.text);
	else
		h.failed = event_base_dispatch(h.base) < 0;
	end(&h);
	return h.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
