/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private keys: read from what files have, and signed with. One is wiped where it is
 * freed. Read-only once it is read: any thread, several at once. A signature of RSA
 * takes 0.5 to 10 ms: not for an event loop.
 */
#ifndef CYG_CRYPTO_PRIVATE_KEY_H
#define CYG_CRYPTO_PRIVATE_KEY_H

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/crypto/public_key.h"

#define PASSPHRASE_MAX 255 /* octets */

struct private_key;

/*
 * From PEM or DER: PKCS#8, also encrypted, PKCS#1, SEC1, also PEM's own encryption.
 *
 * passphrase   empty: there is none; it is used only where the key asks for one
 *
 * 0, or e says what to do:
 * -EBADMSG       no key, or a malformed one
 * -ENOKEY        encrypted, and there is no passphrase
 * -EKEYREJECTED  the passphrase is wrong
 * -ENOTSUP       as public_key_read(), or encrypted in a way that libcrypto lacks
 * -ENOMEM
 */
int private_key_read(struct slice octets, struct slice passphrase,
		     struct private_key **out, struct error *e);

/* DER of a certificate, borrowed for the call. */
typedef void pkcs12_certificate_fn(void *arg, struct slice der);

/*
 * From PKCS#12 (RFC 7292), with its certificates: the key's own comes first. They
 * are told only if all is well. As private_key_read(); the passphrase may be empty.
 */
int private_key_read_pkcs12(struct slice octets, struct slice passphrase,
			    pkcs12_certificate_fn *certificate, void *arg,
			    struct private_key **out, struct error *e);

/* Wiped; private_key_free(NULL) is fine. */
void private_key_free(struct private_key *key);

/* Its other half, to compare with a certificate's; borrowed until it is freed. */
const struct public_key *private_key_public(const struct private_key *key);

/*
 * Signs the message.
 *
 * out   SIGN_MAX_BYTES are enough
 * len   of the signature
 *
 * 0; -EINVAL: the scheme does not fit; -ENOBUFS: room; -EIO: libcrypto, or what
 * provides the key, failed
 */
int private_key_sign(const struct private_key *key,
		     const struct sign_scheme *scheme, struct slice message,
		     uint8_t *out, size_t room, size_t *len);

#endif
