// SPDX-License-Identifier: BSD-2-Clause
/*
 * The crypto backend on intel-ipsec-mb, which has hand-written code for each
 * generation of x86 and chooses by what the CPU has. An AEAD is one direct call
 * or job a packet, ctrl/crypto/ipsec_mb_aead.c; a cipher and a MAC go in bursts,
 * ctrl/crypto/ipsec_mb_pair.c and ipsec_mb_mac.c. A manager is one thread's, and
 * so is what it left in its memory: that is wiped with it. Control thread makes
 * keys, workers seal and open.
 */
#include "ctrl/crypto/ipsec_mb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "ctrl/crypto/gmac.h"

#define CACHE_LINE 64U

/* --- batches */

static unsigned int burst_of(unsigned int n)
{
	return n < MB_BURST_MAX ? n : MB_BURST_MAX;
}

static void ipsec_mb_seal(struct crypto_thread *thread, struct crypto_key *key,
			  struct crypto_op *ops, unsigned int n)
{
	const struct mb_key *made = mb_key_of(thread, key);

	for (unsigned int take; n; ops += take, n -= take) {
		take = burst_of(n);
		made->way->seal(thread, made, ops, take);
	}
}

static void ipsec_mb_open(struct crypto_thread *thread, struct crypto_key *key,
			  struct crypto_op *ops, unsigned int n)
{
	const struct mb_key *made = mb_key_of(thread, key);

	for (unsigned int take; n; ops += take, n -= take) {
		take = burst_of(n);
		made->way->open(thread, made, ops, take);
	}
}

static void ipsec_mb_mac(struct crypto_thread *thread, struct crypto_key *key,
			 struct crypto_mac *macs, unsigned int n)
{
	const struct mb_key *made = mb_key_of(thread, key);

	for (unsigned int take; n; macs += take, n -= take) {
		take = burst_of(n);
		made->way->mac(thread, made, macs, take);
	}
}

/* --- keys */

/*
 * The library lacks AES-CCM with 192 bits; without AVX-512 DES takes it 55 times as
 * long as libcrypto.
 */
bool mb_has(const struct encr_alg *encr, const struct integ_alg *integ)
{
	(void)integ;
	switch (encr->id) {
	case ENCR_AES_CCM_8:
	case ENCR_AES_CCM_12:
	case ENCR_AES_CCM_16:
		return encr->key_bits != 192;
	case ENCR_NULL:
	case ENCR_AES_CBC:
	case ENCR_AES_CTR:
	case ENCR_AES_GCM_8:
	case ENCR_AES_GCM_12:
	case ENCR_AES_GCM_16:
	case ENCR_NULL_AES_GMAC:
	case ENCR_CHACHA20_POLY1305:
		return true;
	case ENCR_DES:
	case ENCR_3DES:
		break;
	}
	return false;
}

static const struct mb_way *way_of(const struct crypto_key_spec *spec)
{
	switch (spec->encr->id) {
	case ENCR_AES_CCM_8:
	case ENCR_AES_CCM_12:
	case ENCR_AES_CCM_16:
		return &mb_ccm_way;
	case ENCR_AES_GCM_8:
	case ENCR_AES_GCM_12:
	case ENCR_AES_GCM_16:
		return &mb_gcm_way;
	case ENCR_NULL_AES_GMAC:
		return &mb_gmac_way;
	case ENCR_CHACHA20_POLY1305:
		return &mb_chacha_way;
	case ENCR_NULL:
		return spec->integ->iv_bytes ? &mb_ah_gmac_way : &mb_pair_way;
	case ENCR_AES_CBC:
	case ENCR_AES_CTR:
		return &mb_pair_way;
	case ENCR_DES:
	case ENCR_3DES:
		break; /* see mb_has() */
	}
	return NULL;
}

static uint16_t gmac_bits(const struct integ_alg *alg)
{
	return (uint16_t)((alg->key_bytes - GMAC_SALT_BYTES) * 8);
}

static void ccm_init(IMB_MGR *mgr, const uint8_t *octets, struct mb_key *key)
{
	struct mb_aes_key aes = { .encrypt = { 0 } };

	mb_aes_init(mgr, key->key_bits, octets, &aes);
	memcpy(key->ccm.schedule, aes.encrypt, sizeof(key->ccm.schedule));
	explicit_bzero(&aes, sizeof(aes));
}

/* Of a cipher with a salt behind its key, and of a MAC with one. */
static void take_salt(const uint8_t *octets, uint16_t key_bits,
		      uint8_t salt_bytes, struct mb_key *key)
{
	key->key_bits = key_bits;
	key->salt_bytes = salt_bytes;
	memcpy(key->salt, octets + key_bits / 8, salt_bytes);
}

void mb_key_fill(IMB_MGR *mgr, const struct crypto_key_spec *spec,
		 struct mb_key *key)
{
	const struct encr_alg *encr = spec->encr;
	const uint8_t *octets = spec->encr_key ? spec->encr_key->octets : NULL;

	key->way = way_of(spec);
	key->id = encr->id;
	key->integ = (uint16_t)spec->integ->id;
	key->key_bits = encr->key_bits;
	key->salt_bytes = 0;
	key->esn = spec->esn;
	key->iv_bytes = encr->iv_bytes;
	key->block_mask = (uint8_t)(encr->block_bytes - 1);
	key->icv_bytes = (uint8_t)esp_icv_bytes(encr, spec->integ);
	if (encr->salt_bytes)
		take_salt(octets, encr->key_bits, encr->salt_bytes, key);
	if (key->way == &mb_pair_way) {
		mb_pair_init(mgr, spec, &key->pair);
	} else if (key->way == &mb_ccm_way) {
		ccm_init(mgr, octets, key);
	} else if (key->way == &mb_chacha_way) {
		memcpy(key->chacha.octets, octets, sizeof(key->chacha.octets));
	} else if (key->way == &mb_ah_gmac_way) {
		octets = spec->integ_key->octets;
		take_salt(octets, gmac_bits(spec->integ), GMAC_SALT_BYTES, key);
		mb_gcm_init(mgr, key->key_bits, octets, &key->gcm);
	} else {
		mb_gcm_init(mgr, key->key_bits, octets, &key->gcm);
	}
}

/* --- threads */

/* The library emulates AES where the CPU lacks it, more slowly than OpenSSL. */
static bool is_fit(const IMB_MGR *mgr)
{
	const uint64_t need = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ |
			      IMB_FEATURE_SELF_TEST_PASS;

	return (mgr->features & need) == need;
}

/* As aligned_alloc() wants it: a multiple of the alignment. */
static size_t manager_bytes(void)
{
	return (imb_get_mb_mgr_size() + CACHE_LINE - 1) / CACHE_LINE *
	       CACHE_LINE;
}

static void ipsec_mb_thread_free(struct crypto_thread *thread)
{
	if (!thread)
		return;
	mb_schedules_fini(&thread->made);
	if (thread->mgr)
		explicit_bzero(thread->mgr, manager_bytes());
	free(thread->mgr);
	explicit_bzero(thread, sizeof(*thread));
	free(thread);
}

static int manager_new(IMB_MGR **out)
{
	void *at = aligned_alloc(CACHE_LINE, manager_bytes());

	*out = at;
	if (!at)
		return -ENOMEM;
	*out = imb_set_pointers_mb_mgr(at, 0, 1);
	init_mb_mgr_auto(*out, NULL);
	return is_fit(*out) ? 0 : -ENOTSUP;
}

static int ipsec_mb_thread_new(struct crypto_thread **out)
{
	struct crypto_thread *t =
		aligned_alloc(_Alignof(struct crypto_thread), sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	memset(t, 0, sizeof(*t));
	err = manager_new(&t->mgr);
	if (!err)
		err = mb_schedules_init(&t->made);
	if (!err && getrandom(&t->last_number, sizeof(t->last_number), 0) !=
			    sizeof(t->last_number))
		err = -EIO;
	if (err) {
		ipsec_mb_thread_free(t);
		return err;
	}
	*out = t;
	return 0;
}

const struct crypto_backend crypto_ipsec_mb = {
	.name = "ipsec-mb",
	.keys_are_shared = true,
	.has = mb_has,
	.thread_new = ipsec_mb_thread_new,
	.thread_free = ipsec_mb_thread_free,
	.key_new = mb_key_new,
	.key_free = mb_key_free,
	.key_forget = mb_key_forget,
	.seal = ipsec_mb_seal,
	.open = ipsec_mb_open,
	.mac = ipsec_mb_mac,
};
