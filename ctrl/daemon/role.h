/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctl's way to another role: the process is found at its listening socket, or
 * started there, linked by a seam, and linked again when it ends. It outlives
 * ctl: a later ctl finds it at the same place. Control thread.
 *
 * The process that is started inherits the listening socket as ROLE_LISTEN_FD,
 * and nothing else but the output.
 */
#ifndef CYG_DAEMON_ROLE_H
#define CYG_DAEMON_ROLE_H

#include <stdbool.h>
#include <sys/types.h>

#include "ctrl/base/seam.h"

#define ROLE_LISTEN_FD 3 /* what an init system hands over, too */

struct role;

struct role_spec {
	struct event_base *base;
	const char *name;      /* "ike": the socket's, and --role=ike */
	const char *role;      /* NULL, or of several: --role of each */
	const char *providers; /* of libcrypto, that it is told; or NULL */
	char *const *env;      /* of the process; NULL: it has none */
	const char *folder;    /* where the sockets are; copied */
	bool debug;	       /* it logs more, if we start it */
	bool only_found;       /* none is started; -ENOENT */
	const struct seam_kind *kinds; /* that it may send; borrowed */
	size_t n_kinds;
	bool last; /* see seam_spec */
	void (*message)(void *ctx, uint16_t type, const void *msg,
			const int *fds, size_t n_fds);
	/*
	 * The link is gone: why in plain words. It is made again after a while,
	 * unless role_end() said that it is to end. One that says nothing at
	 * all is given up as role_is_silent.
	 */
	void (*down)(void *ctx, const char *why);
	void *ctx;
};

extern const char role_is_silent[];

/* 0, or negative with e filled: then it is not tried again. */
int role_new(const struct role_spec *spec, struct role **out, struct error *e);

/* The link alone ends; the process is there for a later ctl. NULL is fine. */
void role_free(struct role *r);

/* Ends it, as if it had ended by itself: down() is called. why is a literal. */
void role_restart(struct role *r, const char *why);

/*
 * The process is about to end: down() is the last that is heard of it, at once
 * when there is none, else within ms. What does not end by then and is a child
 * of ours is killed.
 */
void role_end(struct role *r, unsigned int ms);

/*
 * The process is killed, and nothing is heard of it any more. gone() is called once it has
 * ended, perhaps at once, and frees r; role_free() may come before it. Also from inside of
 * message() and down().
 */
void role_drop(struct role *r, void (*gone)(void *ctx, struct role *r),
	       void *ctx);

/* See seam_send_fds() and seam_send_bulk(). -ENOTCONN: there is no link. */
int role_send(struct role *r, uint16_t type, const void *msg, size_t bytes);
int role_send_bulk(struct role *r, uint16_t type, const void *msg, size_t bytes);
int role_send_fds(struct role *r, uint16_t type, const void *msg, size_t bytes,
		  const int *fds, size_t n_fds);

/* --- in the role's own process */

/* false after a line that says why: it was not started as a role. */
bool role_begin(const char *name);

/* Descriptors that came with a message and are not wanted. */
void role_close_all(const int *fds, size_t n);

/* A link that ctl asks for, root alone; negative: nobody does. */
int role_accept(void);

#endif
