/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key exchange methods (RFC 7296 section 3.4, "Diffie-Hellman groups"): one
 * object is one ephemeral private value, used for one exchange and freed. One side
 * calls ke_new() and then ke_agree(), the other ke_answer(), whose public value may
 * depend on the first one's and be of another length: so it is with KEMs.
 * Public values are in the form of the KE payload (RFC 7296 section 3.4, RFC
 * 5903 section 7, RFC 6954 section 2, RFC 8031 section 3). Slow: not on an
 * event loop. Any thread, one at a time.
 */
#ifndef CYG_CRYPTO_KE_H
#define CYG_CRYPTO_KE_H

#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/secret.h"
#include "ctrl/base/slice.h"
#include "include/ike.h"

struct ke_method;

struct ke_alg {
	enum ke_id id;	       /* of its transform, and in the KE payload */
	const char *name;      /* proposal keyword, e.g. "ecp256" */
	uint16_t public_bytes; /* of who begins */
	uint16_t answer_bytes; /* of who answers; the same but for a KEM */
	uint16_t shared_bytes;
	const char *weak; /* why nobody should use it, or NULL */
	const struct ke_method *method;
};

#define KE_PUBLIC_MAX_BYTES 1568 /* ML-KEM-1024 will have as many */

/* The whole table, for tests and listings; NULL: there are no more. */
const struct ke_alg *ke_at(size_t i);

/* NULL: unknown, or none. strongSwan's aliases are known too. */
const struct ke_alg *ke_by_name(const char *name);
const struct ke_alg *ke_by_id(uint16_t id);

struct ke;

/*
 * With a new private value.
 *
 * 0, -ENOMEM, -EIO (the random generator failed), -ENOTSUP (libcrypto lacks
 * the method).
 */
int ke_new(const struct ke_alg *alg, struct ke **out);

/*
 * With a private value that is given, of vectors or of ke_export(): big-endian
 * and of any length up to public_bytes, but no more than a secret has (MODP),
 * of shared_bytes (ECP), or RFC 7748's 32 or 56 octets (CURVE25519, CURVE448).
 *
 * As ke_new(), and -EINVAL: its length, or out of range.
 */
int ke_from_private(const struct ke_alg *alg, struct slice private_value,
		    struct ke **out);

/*
 * What answers a peer's public value: a new object that has agreed with it.
 * As ke_new() and ke_agree().
 */
int ke_answer(const struct ke_alg *alg, struct slice peer, struct ke **out);

/* The private value, for another process; wiped by the caller. */
void ke_export(const struct ke *ke, struct secret *out);

/* Wipes the private value and the secret; ke_free(NULL) is fine. */
void ke_free(struct ke *ke);

/* alg->public_bytes, or alg->answer_bytes of ke_answer(); borrowed until ke_free(). */
struct slice ke_public(const struct ke *ke);

/*
 * Makes the shared secret of the private value and the peer's public value. When
 * it fails there is none, not that of an earlier call either.
 *
 * -EINVAL   the peer's value has another length, is out of range (1 < y < p-1,
 *           RFC 6989 section 2.1) or of the subgroup (section 2.2), is not on
 *           the curve (section 2.3), or the result is all zeros (RFC 7748
 *           section 6)
 * -ENOMEM   libcrypto failed
 */
int ke_agree(struct ke *ke, struct slice peer);

/*
 * The shared secret g^ir, alg->shared_bytes, leading zeros kept; of a point its
 * x alone. Borrowed until ke_free() or the next ke_agree(); empty before, and for
 * NULL.
 */
struct slice ke_shared(const struct ke *ke);

#endif
