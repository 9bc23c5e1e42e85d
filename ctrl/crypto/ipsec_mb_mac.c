// SPDX-License-Identifier: BSD-2-Clause
/*
 * MACs on intel-ipsec-mb: HMAC with SHA-1 and SHA-2 as one burst a batch, the
 * others as jobs. Control thread makes keys, workers use them.
 */
#include "ctrl/crypto/ipsec_mb.h"

#include <string.h>

#define HASH_BLOCK_MAX 128U /* of SHA-384 and SHA-512 */

bool mb_submit(struct crypto_thread *t, unsigned int n)
{
	unsigned int done = 0;

	for (unsigned int i = 0; i < n; i++) {
		IMB_JOB *job = IMB_GET_NEXT_JOB(t->mgr);

		*job = t->jobs[i];
		for (job = IMB_SUBMIT_JOB(t->mgr); job;
		     job = IMB_GET_COMPLETED_JOB(t->mgr))
			done += job->status == IMB_STATUS_COMPLETED;
	}
	for (const IMB_JOB *job; (job = IMB_FLUSH_JOB(t->mgr));)
		done += job->status == IMB_STATUS_COMPLETED;
	return done == n;
}

void mb_mac_job(const struct mb_mac_key *key, const uint8_t *from,
		uint64_t bytes, uint8_t *icv, IMB_JOB *job)
{
	job->src = from;
	job->hash_start_src_offset_in_bytes = 0;
	job->msg_len_to_hash_in_bytes = bytes;
	job->auth_tag_output = icv;
	job->auth_tag_output_len_in_bytes = key->icv_bytes;
	job->hash_alg = key->hash;
	job->u.HMAC._hashed_auth_key_xor_ipad = key->hmac.inner;
	job->u.HMAC._hashed_auth_key_xor_opad = key->hmac.outer;
}

static bool goes_in_a_burst(IMB_HASH_ALG hash)
{
	return hash == IMB_AUTH_HMAC_SHA_1 || hash == IMB_AUTH_HMAC_SHA_256 ||
	       hash == IMB_AUTH_HMAC_SHA_384 || hash == IMB_AUTH_HMAC_SHA_512;
}

/* What a burst does not ask for. */
static void complete(const struct mb_mac_key *key, IMB_JOB *job)
{
	job->cipher_mode = IMB_CIPHER_NULL;
	job->cipher_direction = IMB_DIR_ENCRYPT;
	job->chain_order = IMB_ORDER_HASH_CIPHER;
	if (key->hash != IMB_AUTH_AES_XCBC)
		return;
	job->u.XCBC._k1_expanded = (const void *)key->cbc_mac.schedule;
	job->u.XCBC._k2 = key->cbc_mac.whole;
	job->u.XCBC._k3 = key->cbc_mac.padded;
}

static bool run_one_by_one(struct crypto_thread *t,
			   const struct mb_mac_key *key, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		complete(key, &t->jobs[i]);
	return mb_submit(t, n);
}

bool mb_mac_run(struct crypto_thread *t, const struct mb_mac_key *key,
		unsigned int n)
{
	if (!goes_in_a_burst(key->hash))
		return run_one_by_one(t, key, n);
	return n == 0 ||
	       IMB_SUBMIT_HASH_BURST(t->mgr, t->jobs, n, key->hash) == n;
}

/* --- keys */

struct hash {
	IMB_HASH_ALG alg;
	hash_one_block_t block; /* of an HMAC */
};

static struct hash hash_of(const IMB_MGR *mgr, enum integ_id id)
{
	switch (id) {
	case INTEG_NONE:
	case INTEG_AES_128_GMAC:
	case INTEG_AES_192_GMAC:
	case INTEG_AES_256_GMAC:
		break;
	case INTEG_AES_XCBC_96:
	case INTEG_AES_CMAC_96:
		return (struct hash){ IMB_AUTH_AES_XCBC, NULL };
	case INTEG_HMAC_MD5_96:
	case INTEG_HMAC_MD5_128:
		return (struct hash){ IMB_AUTH_MD5, mgr->md5_one_block };
	case INTEG_HMAC_SHA1_96:
	case INTEG_HMAC_SHA1_160:
		return (struct hash){ IMB_AUTH_HMAC_SHA_1, mgr->sha1_one_block };
	case INTEG_HMAC_SHA2_256_128:
		return (struct hash){ IMB_AUTH_HMAC_SHA_256,
				      mgr->sha256_one_block };
	case INTEG_HMAC_SHA2_384_192:
		return (struct hash){ IMB_AUTH_HMAC_SHA_384,
				      mgr->sha384_one_block };
	case INTEG_HMAC_SHA2_512_256:
		return (struct hash){ IMB_AUTH_HMAC_SHA_512,
				      mgr->sha512_one_block };
	}
	return (struct hash){ IMB_AUTH_NULL, NULL };
}

/* RFC 2104 section 2: a MAC starts from the state after this block. None of our
 * keys is longer than it, and a hash reads no more than its own block. */
static void hash_pad(hash_one_block_t hash, const struct secret *key,
		     uint8_t pad, uint8_t *state)
{
	uint8_t block[HASH_BLOCK_MAX];

	memset(block, pad, sizeof(block));
	for (size_t i = 0; i < key->len; i++)
		block[i] ^= key->octets[i];
	hash(block, state);
	explicit_bzero(block, sizeof(block));
}

/* CMAC is XCBC with other keys (RFC 4493 section 2.3). What the library has for
 * CMAC itself reads up to 15 octets behind the packet. The other schedule is AES's
 * for deciphering. */
static void cmac_init(IMB_MGR *mgr, const uint8_t *octets,
		      struct mb_cbc_mac_key *key)
{
	_Alignas(16) uint8_t decrypt[MB_AES_128_BYTES];

	IMB_AES_KEYEXP_128(mgr, octets, key->schedule, decrypt);
	IMB_AES_CMAC_SUBKEY_GEN_128(mgr, key->schedule, key->whole, key->padded);
	explicit_bzero(decrypt, sizeof(decrypt));
}

void mb_mac_init(IMB_MGR *mgr, const struct integ_alg *alg,
		 const struct secret *octets, struct mb_mac_key *key)
{
	const struct hash hash = hash_of(mgr, alg->id);

	key->hash = hash.alg;
	key->icv_bytes = alg->icv_bytes;
	if (alg->id == INTEG_AES_XCBC_96) {
		IMB_AES_XCBC_KEYEXP(mgr, octets->octets, key->cbc_mac.schedule,
				    key->cbc_mac.whole, key->cbc_mac.padded);
	} else if (alg->id == INTEG_AES_CMAC_96) {
		cmac_init(mgr, octets->octets, &key->cbc_mac);
	} else if (hash.block) {
		hash_pad(hash.block, octets, 0x36, key->hmac.inner);
		hash_pad(hash.block, octets, 0x5c, key->hmac.outer);
	}
}
