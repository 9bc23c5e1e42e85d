// SPDX-License-Identifier: BSD-2-Clause
/*
 * A vendor's module is code that nobody here has read. It runs in a process of its own,
 * which has one key, no capability but to read files whosever they are, and a link to
 * ctl alone: a module that blocks or crashes takes nothing with it, ctl ends a process
 * that does not answer, and what a module in software has of a key is in no other one.
 * What modules print is in the log with --debug alone.
 * It ends with its ctl. One thread, which does one thing after the other.
 */
#include "ctrl/daemon/token.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "ctrl/base/log.h"
#include "ctrl/crypto/token.h"
#include "ctrl/daemon/role.h"
#include "ctrl/daemon/sandbox.h"
#include "ctrl/daemon/token_seam.h"

struct token {
	struct event_base *base;
	struct event *on_link;
	struct seam *ctl;
	struct private_key *key; /* NULL: not opened */
	bool asked;		 /* to open it */
};

static void quit(const struct token *t)
{
	event_base_loopbreak(t->base);
}

static void tell(struct token *t, enum token_msg type, const void *msg,
		 size_t bytes)
{
	if (t->ctl && seam_send(t->ctl, (uint16_t)type, msg, bytes))
		quit(t);
}

/* --- what it is asked for */

static bool is_sound(const struct token_msg_open *m)
{
	return m->handle_len && m->handle_len <= sizeof(m->handle) &&
	       m->pin_len <= sizeof(m->pin) && m->module[0] == '/' &&
	       memchr(m->module, 0, sizeof(m->module));
}

static int open_key(struct token *t, const struct token_msg_open *m,
		    struct error *e)
{
	const struct token_spec spec = {
		.module = m->module,
		.id = slice_of(m->handle, m->handle_len),
		.pin = slice_of(m->pin, m->pin_len),
		.has_slot = m->has_slot,
		.slot = m->slot,
	};

	if (t->asked || !is_sound(m))
		return error_set(e, -EINVAL, "it was asked for twice");
	t->asked = true;
	return token_open(&spec, &t->key, e);
}

static void on_open(struct token *t, const struct token_msg_open *m)
{
	struct token_msg_opened answer = { .err = 0 };
	struct slice spki;
	struct error e;

	answer.err = open_key(t, m, &e);
	if (answer.err) {
		memcpy(answer.text, e.text, sizeof(answer.text));
	} else {
		spki = public_key_spki(private_key_public(t->key));
		answer.err = spki.len > sizeof(answer.spki) ? -ENOTSUP : 0;
		if (!answer.err)
			memcpy(answer.spki, spki.ptr, spki.len);
		answer.spki_len = answer.err ? 0 : (uint32_t)spki.len;
	}
	tell(t, TOKEN_MSG_OPENED, &answer, sizeof(answer));
}

static void on_sign(struct token *t, const struct token_msg_sign *m)
{
	struct token_msg_signed answer = { .number = m->number };
	size_t len = 0;

	answer.err = -EINVAL;
	if (t->key && m->scheme <= SIGN_ED448 && m->len <= sizeof(m->octets))
		answer.err = private_key_sign(
			t->key, sign_by_id((enum sign_id)m->scheme),
			slice_of(m->octets, m->len), answer.octets,
			sizeof(answer.octets), &len);
	answer.len = (uint32_t)len;
	tell(t, TOKEN_MSG_SIGNED, &answer, sizeof(answer));
}

static void on_message(void *ctx, uint16_t type, const void *msg,
		       const int *fds, size_t n_fds)
{
	role_close_all(fds, n_fds);
	if (type == TOKEN_MSG_OPEN)
		on_open(ctx, msg);
	else
		on_sign(ctx, msg);
}

/* --- the link */

static void on_down(void *ctx, const char *why)
{
	struct token *t = ctx;

	log_debug("token: ctl is gone (%s)", why);
	t->ctl = NULL;
	quit(t);
}

static void on_link(evutil_socket_t listener, short what, void *ctx)
{
	const struct token_msg_empty ready = { 0 };
	struct token *t = ctx;
	const struct seam_spec spec = { .base = t->base,
					.kinds = token_seam_to_token,
					.n_kinds = token_seam_to_token_n,
					.on_message = on_message,
					.on_down = on_down,
					.ctx = t };
	int fd = role_accept();

	(void)listener;
	(void)what;
	if (fd < 0)
		return;
	if (t->ctl || seam_new(&spec, fd, &t->ctl)) {
		close(fd);
		return;
	}
	tell(t, TOKEN_MSG_READY, &ready, sizeof(ready));
}

/* --- its life */

static void be_quiet(void)
{
	int fd = log_shows(LOG_LVL_DEBUG)
			 ? -1
			 : open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static int start(struct token *t, struct error *e)
{
	t->base = event_base_new();
	if (t->base)
		t->on_link = event_new(t->base, ROLE_LISTEN_FD,
				       EV_READ | EV_PERSIST, on_link, t);
	if (!t->on_link || event_add(t->on_link, NULL))
		return error_set(e, -ENOMEM, "no memory");
	/* A module that blocks does not outlive ctl. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		return error_set(e, -errno, "PR_SET_PDEATHSIG: %s",
				 strerror(errno));
	return sandbox_files_only(e);
}

/*
 * Without what modules have registered for exit(): of those that are in software some
 * crash in it, and nothing is to be saved.
 */
int token_role(void)
{
	struct token t = { .asked = false };
	struct error e;

	if (!role_begin("token"))
		return 1;
	if (start(&t, &e)) {
		log_error("token: %s", e.text);
		_exit(1);
	}
	be_quiet();
	_exit(event_base_dispatch(t.base) < 0);
}
