/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What swanctl.conf(5) and VICI say of private keys in PKCS#11 tokens, as texts. Pure.
 */
#ifndef CYG_MODEL_TOKEN_H
#define CYG_MODEL_TOKEN_H

#include "ctrl/model/config.h"

#define FORM_TOKEN_HANDLE \
	"hexadecimal digits of up to 64 octets, the key's CKA_ID"
#define FORM_TOKEN_SLOT "a number up to 2147483647"
#define FORM_TOKEN_PIN	"the PIN of the token's user, of up to 32 octets"

#define TOKEN_SLOT_MAX INT32_MAX /* libp11 has an int for it */

/* Pairs of digits, with or without 0x before them or ':' between. false: no such form,
 * or too long; out is as it was then. */
bool token_handle_parse(const char *text, struct token_conf *out);

/* Decimal, or hexadecimal after 0x. Likewise. */
bool token_slot_parse(const char *text, struct token_conf *out);

/* As its octets stand, none of them 0. Likewise. */
bool token_pin_take(const char *text, struct token_conf *out);

/*
 * The module of a key.
 *
 * name   "": there is only one
 *
 * NULL: there is none of that name, or there are none or several to choose from; e says
 * what to do.
 */
const struct token_module *token_module_find(const struct config *c,
					     const char *name, struct error *e);

#endif
