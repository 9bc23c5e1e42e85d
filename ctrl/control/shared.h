/* SPDX-License-Identifier: BSD-2-Clause */
/* The secret that load-shared brings. Pure; any thread. */
#ifndef CYG_CONTROL_SHARED_H
#define CYG_CONTROL_SHARED_H

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/model/conn.h"

#define SHARED_OWNERS_MAX 64

/*
 * body   of the request, valid: id (none: the secret has no name), type, data,
 *        owners. The caller wipes it
 * out    from_vici; free with psk_fini() unless there was a failure
 *
 * 0, -EINVAL, -E2BIG or -ENOMEM with e filled; no value is ever shown.
 */
MUST_CHECK int shared_read(struct slice body, struct psk_conf *out,
			   struct error *e);

#endif
