/* SPDX-License-Identifier: BSD-2-Clause */
/* ctl's end of the link to stream. Control thread. */
#ifndef CYG_DAEMON_STREAM_LINK_H
#define CYG_DAEMON_STREAM_LINK_H

#include "ctrl/daemon/stream_seam.h"

struct event_base;
struct stream_link;

struct stream_link_spec {
	struct event_base *base;
	const char *folder; /* of the roles' sockets */
	bool debug;	    /* it logs more */
	bool only_found;    /* one of an earlier ctl; -ENOENT: there is none */
	/* It is there; with the sockets at which it listens, handed over. */
	void (*ready)(void *ctx, const struct stream_msg_ready *m,
		      const int *fds, size_t n);
	/* May free the link. */
	void (*down)(void *ctx);
	/* A pair is lost. */
	void (*lost)(void *ctx);
	/* Of stream_link_open(); it may name any. */
	void (*gone)(void *ctx, const struct stream_msg_gone *m);
	/* Since it was started. */
	void (*counted)(void *ctx, const struct stream_counts *counts);
	void *ctx;
};

/* 0, or negative with e filled. */
int stream_link_new(const struct stream_link_spec *spec,
		    struct stream_link **out, struct error *e);

/* The process ends, and its connections with it; down() is called. */
void stream_link_stop(struct stream_link *l);

/* The process stays, unless it was stopped. NULL is fine. */
void stream_link_free(struct stream_link *l);

/* Descriptors stay the caller's. Negative: it did not get through. */
int stream_link_listen(struct stream_link *l, const int *fds, size_t n);
int stream_link_ike(struct stream_link *l, int fd);
int stream_link_pair(struct stream_link *l, uint32_t worker, uint32_t n_workers,
		     int fd);
int stream_link_open(struct stream_link *l, const struct stream_msg_open *m,
		     int fd);

#endif
