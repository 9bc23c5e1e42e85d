/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who does an algorithm where libcrypto is asked for it: "openssl/" and its provider,
 * or "openssl" where it needs none. Not what packets are protected by: that may be
 * another backend, see crypto_backend_for(). Any thread.
 */
#ifndef CYG_CRYPTO_PROVIDER_H
#define CYG_CRYPTO_PROVIDER_H

#include "ctrl/crypto/alg.h"
#include "ctrl/crypto/ke.h"
#include "ctrl/crypto/prf.h"

#define PROVIDER_STR_MAX 48 /* with the NUL */

/* buf; NULL: libcrypto lacks it. */
const char *provider_of_encr(const struct encr_alg *alg,
			     char buf[PROVIDER_STR_MAX]);
const char *provider_of_integ(const struct integ_alg *alg,
			      char buf[PROVIDER_STR_MAX]);
const char *provider_of_prf(const struct prf_alg *alg,
			    char buf[PROVIDER_STR_MAX]);
const char *provider_of_ke(const struct ke_alg *alg, char buf[PROVIDER_STR_MAX]);

#endif
