/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load-key: a private key comes over VICI, and its id goes back. No sockets in here.
 * Control thread.
 */
#ifndef CYG_CONTROL_LOAD_KEY_H
#define CYG_CONTROL_LOAD_KEY_H

#include "ctrl/control/server.h"
#include "ctrl/control/vici.h"

/* Is it that command? */
bool load_key_is_asked(struct slice name);

/*
 * body   of the request, valid: type (rsa, ecdsa or any) and data, in PEM or DER.
 *        The caller wipes it
 * out    CMD_RESPONSE; free with vici_builder_free(), in either case
 *
 * false: out of memory, there is nothing to send.
 */
MUST_CHECK bool load_key_answer(struct slice body,
				const struct control_keys *keys,
				struct vici_builder *out);

#endif
