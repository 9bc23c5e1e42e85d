/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys of IKE SAs by libcrypto's HMAC-SHA-256 alone, to hold the engine's against
 * (RFC 7296 sections 2.13 to 2.18, RFC 9370 section 2.2). What fails ends the
 * program.
 */
#ifndef CYG_TESTS_IKE_DERIVE_H
#define CYG_TESTS_IKE_DERIVE_H

#include "ctrl/base/slice.h"

#define DERIVE_PRF_BYTES 32U

/* Of SETTLE_IKE: AES-128-GCM has a salt, and no key for integrity. */
#define DERIVE_ENCR_BYTES 20U

struct derived {
	uint8_t sk_d[DERIVE_PRF_BYTES];
	uint8_t sk_ei[DERIVE_ENCR_BYTES], sk_er[DERIVE_ENCR_BYTES];
	uint8_t sk_pi[DERIVE_PRF_BYTES], sk_pr[DERIVE_PRF_BYTES];
};

struct derive_nonces {
	struct slice ni, nr;
	uint64_t spi_i, spi_r;
};

void derive_hmac(struct slice key, const struct slice *parts, size_t n,
		 uint8_t out[DERIVE_PRF_BYTES]);

/* prf+(key, text). */
void derive_plus(struct slice key, struct slice text, uint8_t *out,
		 size_t out_bytes);

/* SKEYSEED of IKE_SA_INIT, and what is made of any. */
void derive_first(struct slice shared, const struct derive_nonces *n,
		  uint8_t skeyseed[DERIVE_PRF_BYTES]);
void derive_keys(const uint8_t skeyseed[DERIVE_PRF_BYTES],
		 const struct derive_nonces *n, struct derived *out);

#endif
