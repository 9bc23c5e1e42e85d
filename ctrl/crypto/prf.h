/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pseudorandom functions of IKEv2 and what is made of them (RFC 7296
 * sections 2.13 and 2.14). Nothing here knows what the keys are for. Any
 * thread.
 */
#ifndef CYG_CRYPTO_PRF_H
#define CYG_CRYPTO_PRF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/slice.h"
#include "include/ike.h"

#define PRF_MAX_BYTES 64 /* of an output */

struct prf_alg {
	enum prf_id id;	   /* of its transform */
	const char *name;  /* proposal keyword, e.g. "prfsha256" */
	enum integ_id mac; /* which it is, in full length */
	uint8_t key_bytes; /* preferred length of a key, section 2.13 */
	uint8_t out_bytes;
	uint8_t nonce_bytes; /* of each nonce in SKEYSEED's key, section 2.14; 0:
				all */
	const char *weak;    /* why nobody should use it, or NULL */
};

/* The whole table, for tests and listings; NULL: there are no more. */
const struct prf_alg *prf_at(size_t i);

/* NULL: unknown. strongSwan has no aliases here. */
const struct prf_alg *prf_by_name(const char *name);
const struct prf_alg *prf_by_id(uint16_t id);

/*
 * prf(key, part | part | …).
 *
 * key   of any length (RFC 2104, RFC 4434 section 2, RFC 4615 section 3)
 * out   alg->out_bytes; may be the key's own place
 *
 * false: libcrypto failed, out is undefined.
 */
MUST_CHECK bool prf(const struct prf_alg *alg, struct slice key,
		    const struct slice *parts, size_t n, uint8_t *out);

/*
 * prf+(key, part | part | …), section 2.13.
 *
 * out         neither the key nor a part may stand there
 * out_bytes   at most 255 outputs of the PRF
 *
 * false: more was asked for, or libcrypto failed and out is zeroed.
 */
MUST_CHECK bool prf_plus(const struct prf_alg *alg, struct slice key,
			 const struct slice *parts, size_t n, uint8_t *out,
			 size_t out_bytes);

#endif
