/* SPDX-License-Identifier: BSD-2-Clause */
/* What public keys are called by. Pure; any thread. */
#ifndef CYG_CRYPTO_KEY_ID_H
#define CYG_CRYPTO_KEY_ID_H

#include "ctrl/base/slice.h"
#include "ctrl/crypto/public_key.h"

#define KEY_ID_BYTES   20
#define KEY_ID_STR_MAX (2 * KEY_ID_BYTES + 1) /* with the NUL */

/*
 * SHA-1 of the key's bits without their type (RFC 5280 section 4.2.1.2, the first
 * method): certificates name keys so, and so does VICI. false: libcrypto failed.
 */
MUST_CHECK bool key_id(const struct public_key *key, uint8_t out[KEY_ID_BYTES]);

/* In hexadecimal digits; returns buf. */
const char *key_id_str(const uint8_t id[KEY_ID_BYTES], char buf[KEY_ID_STR_MAX]);

#endif
