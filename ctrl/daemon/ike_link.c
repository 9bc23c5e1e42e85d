// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/ike_link.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/daemon/ike_seam.h"
#include "ctrl/daemon/keystore.h"
#include "ctrl/daemon/mirror.h"

/* The wait before it is started again, doubled with each time that it ended
 * before it lived for so long. */
#define AGAIN_MIN_MS 100
#define AGAIN_MAX_MS 10000
#define MAX_ERRNO    4095
#define STEADY_NS    (30 * NS_PER_S)

struct ike_link {
	struct ike_link_spec spec;
	struct seam *seam; /* NULL: no process, or one that is about to come */
	pid_t pid;
	struct mirror *mirror;
	struct event *again;
	unsigned int wait_ms;
	uint64_t since_ns;
	void (*stopped)(void *ctx); /* NULL: it is not to stop */
	void *stopped_ctx;
};

static void start_again(struct ike_link *l);

/* What does not get through means that the link is about to end. */
static int put(struct ike_link *l, enum ike_msg type, const void *msg,
	       size_t bytes)
{
	int err = l->seam ? seam_send(l->seam, (uint16_t)type, msg, bytes) : 0;

	if (err)
		log_warn("ike: a message did not get through: %s",
			 strerror(-err));
	return err;
}

/* --- what it is given */

static void put_conn(struct ike_link *l, const struct conn_conf *conn)
{
	struct ike_msg_conn m;
	struct ike_msg_child child;

	ike_seam_put_conn(&m, conn);
	put(l, IKE_MSG_CONN, &m, sizeof(m));
	for (size_t i = 0; i < conn->n_children; i++) {
		ike_seam_put_child(&child, &conn->children[i]);
		put(l, IKE_MSG_CHILD, &child, sizeof(child));
	}
}

static int put_command(struct ike_link *l, enum ike_command command,
		       uint64_t token, const char *conn, const char *child)
{
	struct ike_msg_command m = { .token = token, .command = command };

	snprintf(m.conn, sizeof(m.conn), "%s", conn);
	snprintf(m.child, sizeof(m.child), "%s", child ? child : "");
	return put(l, IKE_MSG_COMMAND, &m, sizeof(m));
}

int ike_link_command(struct ike_link *l, enum ike_command command,
		     uint64_t token, const char *conn, const char *child)
{
	if (!l->seam || !l->since_ns)
		return -ENOTCONN;
	return put_command(l, command, token, conn, child);
}

static void initiate_all(struct ike_link *l)
{
	for (size_t i = 0; i < l->spec.n_conns; i++) {
		const struct conn_conf *c = &l->spec.conns[i];

		for (size_t k = 0; k < c->n_children; k++)
			if (c->children[k].start_action == CHILD_START)
				put_command(l, IKE_CMD_INITIATE, 0, c->name,
					    c->children[k].name);
	}
}

static void on_ready(struct ike_link *l)
{
	const struct ike_msg_empty m = { 0 };

	if (l->since_ns)
		return; /* it has said so before */
	l->since_ns = clock_ns();
	log_info("ike: up pid=%d connections=%zu", (int)l->pid, l->spec.n_conns);
	if (seam_send_fds(l->seam, IKE_MSG_SOCKETS, &m, sizeof(m), l->spec.fds,
			  IKE_UDP_SOCKETS))
		log_warn("ike: the sockets did not get through");
	for (size_t i = 0; i < l->spec.n_conns; i++)
		put_conn(l, &l->spec.conns[i]);
	initiate_all(l);
}

/* --- what it says */

static void on_keystore(struct ike_link *l, const struct keystore_request *q)
{
	struct keystore_answer a;

	keystore_serve(l->spec.psks, l->spec.n_psks, q, &a);
	if (a.err)
		log_info("keystore: request refused: %s", strerror(-a.err));
	put(l, IKE_MSG_KEYSTORE_ANSWER, &a, sizeof(a));
	explicit_bzero(&a, sizeof(a));
}

static const char *kind_str(enum ike_event_kind kind)
{
	switch (kind) {
	case IKE_EV_IKE_UP:
		return "ike_sa up";
	case IKE_EV_IKE_DOWN:
		return "ike_sa down";
	case IKE_EV_CHILD_UP:
		return "child_sa up";
	case IKE_EV_CHILD_DOWN:
		return "child_sa down";
	case IKE_EV_FAILED:
		return "failed";
	}
	return "unknown event";
}

static void on_event(struct ike_link *l, const struct ike_msg_event *from)
{
	char local[ADDR_STR_MAX], remote[ADDR_STR_MAX];
	struct ike_msg_event m = *from;
	struct ike_event e;

	ike_seam_get_event(&m, &e);
	/* Its kind is what it says: an index, elsewhere. */
	if (l->spec.event && e.kind <= IKE_EV_FAILED)
		l->spec.event(l->spec.ctx, &e, mirror_ike(l->mirror, e.ike_id),
			      mirror_child(l->mirror, e.spi_in));
	addr_str(&e.path.local, local);
	addr_str(&e.path.remote, remote);
	if (e.kind == IKE_EV_CHILD_UP || e.kind == IKE_EV_CHILD_DOWN)
		log_info("ike: %s conn=%s child=%s ike_id=%u spi_in=%08x spi_out=%08x%s%s",
			 kind_str(e.kind), e.conn, e.child, e.ike_id, e.spi_in,
			 e.spi_out, *e.text ? ": " : "", e.text);
	else if (e.kind == IKE_EV_FAILED)
		log_warn("ike: failed conn=%s child=%s local=%s remote=%s: %s",
			 e.conn, e.child, local, remote, e.text);
	else
		log_info("ike: %s conn=%s ike_id=%u local=%s:%u remote=%s:%u%s%s",
			 kind_str(e.kind), e.conn, e.ike_id, local,
			 e.path.local_port, remote, e.path.remote_port,
			 *e.text ? ": " : "", e.text);
}

static void on_done(struct ike_link *l, const struct ike_msg_done *done)
{
	if (done->err > 0 || done->err < -MAX_ERRNO)
		return; /* it lies */
	if (done->token && l->spec.done)
		l->spec.done(l->spec.ctx, done->token, done->err, done->n);
	else if (done->err)
		log_warn("ike: cannot initiate: %s",
			 done->err == -EADDRNOTAVAIL
				 ? "no remote address to go to (remote_addrs)"
				 : strerror(-done->err));
}

static void on_message(void *ctx, uint16_t type, const void *msg,
		       const int *fds, size_t n_fds)
{
	struct ike_link *l = ctx;

	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]); /* it has nothing to give */
	if (type == IKE_MSG_READY)
		on_ready(l);
	else if (type == IKE_MSG_KEYSTORE_REQUEST)
		on_keystore(l, msg);
	else if (type == IKE_MSG_SADB_REQUEST)
		l->spec.sadb(l->spec.ctx, msg);
	else if (type == IKE_MSG_IKE_VIEW)
		mirror_put_ike(l->mirror, msg);
	else if (type == IKE_MSG_CHILD_VIEW)
		mirror_put_child(l->mirror, msg);
	else if (type == IKE_MSG_EVENT)
		on_event(l, msg);
	else if (type == IKE_MSG_DONE)
		on_done(l, msg);
}

/* --- its life */

static void reap(struct ike_link *l, const char *why)
{
	int status = 0;

	if (l->pid <= 0)
		return;
	kill(l->pid, SIGKILL); /* it may live on without its link */
	while (waitpid(l->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (why && WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		log_error("ike: killed for a system call that it may not make");
	else if (why && WIFSIGNALED(status))
		log_warn("ike: killed by signal %d", WTERMSIG(status));
	else if (why)
		log_warn("ike: ended: %s", why);
	l->pid = 0;
}

static void on_down(void *ctx, const char *why)
{
	struct ike_link *l = ctx;

	l->seam = NULL;
	mirror_clear(l->mirror);
	l->spec.ended(l->spec.ctx);
	if (l->stopped) {
		reap(l, NULL);
		l->stopped(l->stopped_ctx);
		return;
	}
	reap(l, why);
	start_again(l);
}

static int spawn(struct ike_link *l, int fd)
{
	char *argv[] = { "cygnetd", "--role=ike",
			 l->spec.debug ? "--debug" : NULL, NULL };
	char *envp[] = { NULL };
	posix_spawn_file_actions_t actions;
	int err = posix_spawn_file_actions_init(&actions);

	if (err)
		return -err;
	err = posix_spawn_file_actions_adddup2(&actions, fd, IKE_SEAM_FD);
	if (!err)
		err = posix_spawn(&l->pid, "/proc/self/exe", &actions, NULL,
				  argv, envp);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

static int start(struct ike_link *l)
{
	const struct seam_spec spec = { .base = l->spec.base,
					.kinds = ike_seam_to_ctl,
					.n_kinds = ike_seam_to_ctl_n,
					.last = true, /* it may flood */
					.on_message = on_message,
					.on_down = on_down,
					.ctx = l };
	int pair[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	err = seam_new(&spec, pair[0], &l->seam);
	if (err) {
		close(pair[0]);
		close(pair[1]);
		return err;
	}
	l->since_ns = 0;
	err = spawn(l, pair[1]);
	close(pair[1]);
	if (err) {
		seam_free(l->seam);
		l->seam = NULL;
	}
	return err;
}

static void on_again(evutil_socket_t fd, short what, void *ctx)
{
	struct ike_link *l = ctx;

	(void)fd;
	(void)what;
	if (l->stopped)
		l->stopped(l->stopped_ctx); /* it took too long */
	else if (start(l))
		start_again(l);
}

static void start_again(struct ike_link *l)
{
	struct timeval wait;

	if (l->since_ns && clock_ns() - l->since_ns > STEADY_NS)
		l->wait_ms = 0;
	l->wait_ms = l->wait_ms ? l->wait_ms * 2 : AGAIN_MIN_MS;
	if (l->wait_ms > AGAIN_MAX_MS)
		l->wait_ms = AGAIN_MAX_MS;
	wait = (struct timeval){ l->wait_ms / 1000,
				 (suseconds_t)(l->wait_ms % 1000) * 1000 };
	evtimer_add(l->again, &wait);
}

int ike_link_new(const struct ike_link_spec *spec, struct ike_link **out,
		 struct error *e)
{
	struct ike_link *l = calloc(1, sizeof(*l));
	int err = -ENOMEM;

	if (l) {
		l->spec = *spec;
		l->again = evtimer_new(spec->base, on_again, l);
		l->mirror = mirror_new();
		if (l->again && l->mirror)
			err = start(l);
	}
	if (err) {
		ike_link_free(l);
		return error_set(e, err, "cannot start the IKE process: %s",
				 strerror(-err));
	}
	*out = l;
	return 0;
}

void ike_link_stop(struct ike_link *l, void (*done)(void *ctx), void *ctx)
{
	const struct timeval limit = { .tv_sec = l->seam ? 2 : 0 };
	const struct ike_msg_empty stop = { 0 };

	l->stopped = done;
	l->stopped_ctx = ctx;
	for (size_t i = 0; i < l->spec.n_conns; i++)
		put_command(l, IKE_CMD_TERMINATE, 0, l->spec.conns[i].name,
			    NULL);
	put(l, IKE_MSG_STOP, &stop, sizeof(stop));
	evtimer_add(l->again, &limit);
}

void ike_link_free(struct ike_link *l)
{
	if (!l)
		return;
	seam_free(l->seam);
	reap(l, NULL);
	mirror_free(l->mirror);
	if (l->again)
		event_free(l->again);
	free(l);
}

void ike_link_sadb_answer(struct ike_link *l, const struct sadb_answer *a)
{
	put(l, IKE_MSG_SADB_ANSWER, a, sizeof(*a));
}

void ike_link_sadb_event(struct ike_link *l, const struct sadb_event *event)
{
	put(l, IKE_MSG_SADB_EVENT, event, sizeof(*event));
}

struct sas *ike_link_sas(const struct ike_link *l)
{
	return mirror_copy(l->mirror);
}
