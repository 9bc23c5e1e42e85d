/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctl's end of the link to ike: starts the process, gives it sockets and
 * connections, is its keystore, takes its questions to the SAD, and starts it
 * again when it ends. Control thread.
 */
#ifndef CYG_DAEMON_IKE_LINK_H
#define CYG_DAEMON_IKE_LINK_H

#include <stdbool.h>

#include "ctrl/base/error.h"
#include "ctrl/daemon/ike_udp.h"
#include "ctrl/model/conn.h"
#include "ctrl/model/sadb.h"

struct event_base;
struct ike_link;

struct ike_link_spec {
	struct event_base *base;
	const struct conn_conf *conns; /* all borrowed until ike_link_free() */
	size_t n_conns;
	const struct psk_conf *psks;
	size_t n_psks;
	int fds[IKE_UDP_SOCKETS]; /* of ike_udp_bind() */
	bool debug;		  /* it logs more */
	/* Answered by ike_link_sadb_answer(), later or from inside. */
	void (*sadb)(void *ctx, const struct sadb_request *q);
	void *ctx;
};

/* 0, or negative with e filled. */
int ike_link_new(const struct ike_link_spec *spec, struct ike_link **out,
		 struct error *e);

/* Ends the process too. NULL is fine. */
void ike_link_free(struct ike_link *l);

/* Dropped while no process is there: it asks anew. */
void ike_link_sadb_answer(struct ike_link *l, const struct sadb_answer *a);
void ike_link_sadb_event(struct ike_link *l, const struct sadb_event *event);

#endif
