/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private keys that stay in a token (PKCS#11): its vendor's module is loaded into this
 * process by libcrypto's engine of libp11, which Debian calls libengine-pkcs11-openssl.
 * Whoever opens one takes what a module does to a process into account: it may print,
 * block for as long as it likes, or crash. One thread; never an event loop that others
 * wait for.
 */
#ifndef CYG_CRYPTO_TOKEN_H
#define CYG_CRYPTO_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/crypto/private_key.h"

#define TOKEN_PIN_ROOM 33 /* with a NUL: what libp11 takes */

struct token_spec {
	const char *module; /* absolute path */
	struct slice id;    /* the key's CKA_ID, up to 64 octets */
	struct slice pin;   /* without a NUL; empty: there is none */
	bool has_slot;	    /* else the first slot that has a token */
	uint32_t slot;	    /* up to INT32_MAX */
};

/* Is libcrypto's engine there? 0, or -ENOENT and e says what to do. Any thread. */
int token_engine_check(struct error *e);

/* May that file be a module? It is to run as root, so only root may change it. 0, -EPERM,
 * or what the kernel says, and e what to do. Any thread. */
int token_module_check(const char *module, struct error *e);

/*
 * The key, by which private_key_sign() has the token sign. Once in a process: the module
 * stays loaded. The PIN is tried once.
 *
 * 0, or e says what to do:
 * -ENOENT        the engine is not there, or the module can't be loaded
 * -EKEYREJECTED  the PIN is wrong, or locked: each wrong one brings a token closer to
 *                locking itself
 * -ENOKEY        there is no such token, or no such key in it
 * -ENOTSUP       as public_key_read()
 * -EIO           the token failed
 * -ENOMEM
 */
int token_open(const struct token_spec *spec, struct private_key **out,
	       struct error *e);

#endif
