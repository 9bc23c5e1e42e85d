/* SPDX-License-Identifier: BSD-2-Clause */
/* From the messages of load-conn, load-pool and load-authority to the model. Control
 * thread. */
#ifndef CYG_DAEMON_CONN_MESSAGE_H
#define CYG_DAEMON_CONN_MESSAGE_H

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/model/authority.h"
#include "ctrl/model/cert_list.h"
#include "ctrl/model/pool.h"

/*
 * message   as control_callbacks' load_conn() has it; the caller wipes it
 *
 * As load_conn() of ctrl/conf/load.h.
 */
MUST_CHECK int conn_message_read(struct slice message, struct conn_conf *out,
				 struct cert_list *certs, struct error *e);

/* As load_pool(). */
MUST_CHECK int pool_message_read(struct slice message, struct pool_conf *out,
				 struct error *e);

/* As load_authority(). */
MUST_CHECK int authority_message_read(struct slice message,
				      struct authority *out,
				      struct cert_list *certs, struct error *e);

#endif
