// SPDX-License-Identifier: BSD-2-Clause
/*
 * The one of ctrl/crypto/{hmac,cbc_mac,gmac}.h that an algorithm means. Control
 * thread for life and death, one worker at a time in between.
 */
#include "ctrl/crypto/mac.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/crypto/cbc_mac.h"
#include "ctrl/crypto/gmac.h"
#include "ctrl/crypto/hmac.h"

struct mac {
	/* In full length, HMAC_MAX_BYTES at most. */
	bool (*sum)(struct mac *m, const uint8_t *iv, struct slice head,
		    struct slice tail, uint8_t *out);
	union {
		struct hmac *hmac;
		struct cbc_mac *cbc_mac;
		struct gmac *gmac;
	};
	void (*free)(struct mac *m);
	uint8_t icv_bytes;
};

/* --- kinds */

static bool sum_hmac(struct mac *m, const uint8_t *iv, struct slice head,
		     struct slice tail, uint8_t *out)
{
	(void)iv;
	return hmac_sum(m->hmac, head, tail, out);
}

static void free_hmac(struct mac *m)
{
	hmac_free(m->hmac);
}

static bool sum_cbc_mac(struct mac *m, const uint8_t *iv, struct slice head,
			struct slice tail, uint8_t *out)
{
	(void)iv;
	return cbc_mac_sum(m->cbc_mac, head, tail, out);
}

static void free_cbc_mac(struct mac *m)
{
	cbc_mac_free(m->cbc_mac);
}

static bool sum_gmac(struct mac *m, const uint8_t *iv, struct slice head,
		     struct slice tail, uint8_t *out)
{
	const struct slice pieces[] = { head, tail };

	return iv && gmac_sum(m->gmac, iv, pieces, 2, out);
}

static void free_gmac(struct mac *m)
{
	gmac_free(m->gmac);
}

/* --- any */

static int fill(struct mac *m, enum integ_id id, struct slice key)
{
	switch (id) {
	case INTEG_NONE:
		return -EINVAL;
	case INTEG_HMAC_MD5_96:
	case INTEG_HMAC_MD5_128:
	case INTEG_HMAC_SHA1_96:
	case INTEG_HMAC_SHA1_160:
	case INTEG_HMAC_SHA2_256_128:
	case INTEG_HMAC_SHA2_384_192:
	case INTEG_HMAC_SHA2_512_256:
		m->sum = sum_hmac;
		m->free = free_hmac;
		return hmac_new(id, key, &m->hmac);
	case INTEG_AES_XCBC_96:
	case INTEG_AES_CMAC_96:
		m->sum = sum_cbc_mac;
		m->free = free_cbc_mac;
		return id == INTEG_AES_XCBC_96 ? xcbc_new(key.ptr, &m->cbc_mac)
					       : cmac_new(key.ptr, &m->cbc_mac);
	case INTEG_AES_128_GMAC:
	case INTEG_AES_192_GMAC:
	case INTEG_AES_256_GMAC:
		m->sum = sum_gmac;
		m->free = free_gmac;
		return gmac_new(key, &m->gmac);
	}
	return -EINVAL;
}

int mac_new(const struct integ_alg *alg, struct slice key, struct mac **out)
{
	struct mac *m;
	int err;

	if (key.len != alg->key_bytes)
		return -EINVAL;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->icv_bytes = alg->icv_bytes;
	err = fill(m, alg->id, key);
	if (err) {
		free(m);
		return err;
	}
	*out = m;
	return 0;
}

void mac_free(struct mac *m)
{
	if (!m)
		return;
	m->free(m);
	free(m);
}

bool mac_sum(struct mac *m, const uint8_t *iv, struct slice head,
	     struct slice tail, uint8_t *icv)
{
	uint8_t full[HMAC_MAX_BYTES];

	if (!m->sum(m, iv, head, tail, full))
		return false;
	memcpy(icv, full, m->icv_bytes);
	return true;
}
