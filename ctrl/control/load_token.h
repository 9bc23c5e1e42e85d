/* SPDX-License-Identifier: BSD-2-Clause */
/* load-token: the way to a private key that stays in a token. Pure. */
#ifndef CYG_CONTROL_LOAD_TOKEN_H
#define CYG_CONTROL_LOAD_TOKEN_H

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/model/config.h"

/*
 * body   valid: handle, and perhaps slot, module and pin, each a text
 * out    its PIN is the caller's to wipe, also after a failure
 *
 * 0, or -EINVAL with e filled, which shows no value.
 */
int load_token_read(struct slice body, struct token_conf *out, struct error *e);

#endif
