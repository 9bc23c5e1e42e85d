/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The link to ike inside: what it is given (ike_link.c, which is its life, too), and
 * what it says (ike_link_said.c). Control thread.
 */
#ifndef CYG_DAEMON_IKE_LINK_STATE_H
#define CYG_DAEMON_IKE_LINK_STATE_H

#include "ctrl/base/log.h"
#include "ctrl/daemon/ike_link.h"
#include "ctrl/daemon/ike_seam.h"
#include "ctrl/daemon/mirror.h"
#include "ctrl/daemon/psk_index.h"
#include "ctrl/daemon/records.h"
#include "ctrl/daemon/role.h"
#include "ctrl/daemon/signer.h"
#include "ctrl/daemon/tickets.h"

struct ike_link {
	struct ike_link_spec spec;
	struct role *role;
	struct mirror *mirror;
	struct mirror *before; /* of the ike that ended, until the next one has
				  shown its SAs; else NULL */
	struct records *records;
	struct leases *leases;
	struct psk_index keys; /* of spec.psks, as far as they are fresh */
	bool keys_are_fresh;
	struct signer *signer;
	struct tickets *tickets;
	uint16_t generation; /* of the ike that is there, or was */
	bool is_full;	     /* a line said so */
	/* What strangers cause does not leave out what comes of our own SAs. */
	struct log_limit refused, failed, happened;
	bool ready;
	bool started;		    /* what comes up by itself was told to */
	void (*stopped)(void *ctx); /* NULL: it is not to stop */
	void *stopped_ctx;
};

/* As role_send(). */
int ike_link_put(struct ike_link *l, enum ike_msg type, const void *msg,
		 size_t bytes);

/* It is there. A fresh one gets what there is, and goes on with the records of the
 * one before. */
void ike_link_on_ready(struct ike_link *l, const struct ike_msg_ready *m);

/* As of struct signer_spec; ctx is the link. */
void ike_link_answer(void *ctx, const struct keystore_answer *a);

/* As of struct role_spec; ctx is the link. */
void ike_link_said(void *ctx, uint16_t type, const void *msg, const int *fds,
		   size_t n_fds);

#endif
