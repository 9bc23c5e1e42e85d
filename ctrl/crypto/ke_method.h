/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each key exchange method does, for ke.c alone. Private and public
 * values are octets in the form of ke.h; the caller made sure of the lengths
 * of public values, the methods look at everything else.
 */
#ifndef CYG_CRYPTO_KE_METHOD_H
#define CYG_CRYPTO_KE_METHOD_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/secret.h"
#include "ctrl/crypto/ke.h"
#include "ctrl/crypto/provider.h"

struct ke_method {
	/* A private value as long as the secret, or any. */
	bool any_length;
	/* 0 or -EIO, -ENOMEM, -ENOTSUP. */
	int (*draw)(const struct ke_alg *alg, struct secret *x);
	/* 0 or -EINVAL (the private value is out of range), -ENOMEM, -ENOTSUP. */
	int (*make_public)(const struct ke_alg *alg, const struct secret *x,
			   uint8_t *out);
	/* own: the public value made of x. Writes shared_bytes; 0 or as ke_agree(). */
	int (*agree)(const struct ke_alg *alg, const struct secret *x,
		     const uint8_t *own, const uint8_t *peer, uint8_t *out);
	/*
	 * Of a KEM, else NULL: a public value that answers the peer's, and the
	 * secret; as ke_answer(). agree() is who began's alone then.
	 */
	int (*answer)(const struct ke_alg *alg, const uint8_t *peer,
		      uint8_t *out, uint8_t *shared);
	/* Who does it, as in provider.h. */
	const char *(*provider)(const struct ke_alg *alg,
				char buf[PROVIDER_STR_MAX]);
};

extern const struct ke_method ke_modp; /* in ke_modp.c */
extern const struct ke_method ke_ecp;  /* in ke_ecp.c */
extern const struct ke_method ke_cfrg; /* in ke_cfrg.c */

#endif
