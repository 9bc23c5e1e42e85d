// SPDX-License-Identifier: BSD-2-Clause
/*
 * What protects integrity itself, on intel-ipsec-mb: one direct call (AES-GCM and
 * AES-GMAC) or one job (ChaCha20-Poly1305) a packet, a batch of jobs with
 * AES-CCM. Workers seal and open.
 */
#include "ctrl/crypto/ipsec_mb.h"

#include <string.h>

#include "ctrl/base/prefetch.h"
#include "include/proto.h"

#define BEFORE_TEXT (ESP_HEADER_BYTES + MB_IV_BYTES)

static inline void aead_of(const struct mb_key *key, size_t salt_bytes,
			   const struct crypto_op *op, struct mb_aead *a)
{
	a->text = op->esp + BEFORE_TEXT;
	a->from = crypto_from(op, a->text);
	a->text_bytes = op->text_bytes;
	a->icv = a->text + op->text_bytes;
	mb_put_nonce(key, salt_bytes, a->text - MB_IV_BYTES, a->nonce);
	a->aad = op->esp;
	a->aad_bytes = ESP_HEADER_BYTES;
	if (!key->esn)
		return;
	esn_aad_fill(&a->esn_aad, op);
	a->aad = (const uint8_t *)&a->esn_aad;
	a->aad_bytes = sizeof(a->esn_aad);
}

/* Packets whose text is asked for before one is enciphered: there the CPU has time
 * to ask. */
#define AHEAD 4U

PREFETCHES void aead_fetch(const struct crypto_thread *t, unsigned int i,
			   unsigned int n)
{
	if (i < n)
		prefetch_octets(t->aead[i].from, t->aead[i].text_bytes);
}

/* All of a burst first: a nonce that is written in pieces and read at once, as
 * the library does, would wait for the store buffer, half of a short packet's
 * time. */
static void aead_prepare(struct crypto_thread *t, const struct mb_key *key,
			 const struct crypto_op *ops, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		aead_of(key, MB_SALT_MAX_BYTES, &ops[i], &t->aead[i]);
	for (unsigned int i = 0; i < AHEAD; i++)
		aead_fetch(t, i, n);
}

/* They decipher while they verify: what failed must not stay readable. */
static bool aead_verify(const struct mb_key *key, const struct mb_aead *a,
			bool done, const uint8_t *icv)
{
	if (done && octets_equal(icv, a->icv, key->icv_bytes))
		return true;
	explicit_bzero(a->text, a->text_bytes);
	return false;
}

/* --- AES-GCM */

static aes_gcm_enc_dec_t gcm_encrypt(const IMB_MGR *mgr, uint16_t key_bits)
{
	switch (key_bits) {
	case 128:
		return mgr->gcm128_enc;
	case 192:
		return mgr->gcm192_enc;
	}
	return mgr->gcm256_enc;
}

static aes_gcm_enc_dec_t gcm_decrypt(const IMB_MGR *mgr, uint16_t key_bits)
{
	switch (key_bits) {
	case 128:
		return mgr->gcm128_dec;
	case 192:
		return mgr->gcm192_dec;
	}
	return mgr->gcm256_dec;
}

void mb_gcm_init(const IMB_MGR *mgr, uint16_t key_bits, const uint8_t *octets,
		 struct gcm_key_data *key)
{
	switch (key_bits) {
	case 128:
		return mgr->gcm128_pre(octets, key);
	case 192:
		return mgr->gcm192_pre(octets, key);
	}
	mgr->gcm256_pre(octets, key);
}

static void gcm_seal(struct crypto_thread *t, const struct mb_key *key,
		     struct crypto_op *ops, unsigned int n)
{
	const aes_gcm_enc_dec_t encrypt = gcm_encrypt(t->mgr, key->key_bits);

	aead_prepare(t, key, ops, n);
	for (unsigned int i = 0; i < n; i++) {
		const struct mb_aead *a = &t->aead[i];

		aead_fetch(t, i + AHEAD, n);
		encrypt(&key->gcm, &t->gcm, a->text, a->from, a->text_bytes,
			a->nonce, a->aad, a->aad_bytes, a->icv, key->icv_bytes);
		ops[i].ok = true;
	}
}

static void gcm_open(struct crypto_thread *t, const struct mb_key *key,
		     struct crypto_op *ops, unsigned int n)
{
	const aes_gcm_enc_dec_t decrypt = gcm_decrypt(t->mgr, key->key_bits);
	uint8_t icv[MB_ICV_BYTES];

	aead_prepare(t, key, ops, n);
	for (unsigned int i = 0; i < n; i++) {
		const struct mb_aead *a = &t->aead[i];

		aead_fetch(t, i + AHEAD, n);
		decrypt(&key->gcm, &t->gcm, a->text, a->text, a->text_bytes,
			a->nonce, a->aad, a->aad_bytes, icv, key->icv_bytes);
		ops[i].ok = aead_verify(key, a, true, icv);
		ops[i].failed = false;
	}
}

const struct mb_way mb_gcm_way = { .seal = gcm_seal, .open = gcm_open };

/* --- AES-GMAC: all of the packet is additional data (RFC 4543 section 3.3) */

struct gmac_calls {
	aes_gmac_init_t init;
	aes_gmac_update_t update;
	aes_gmac_finalize_t finalize;
};

static struct gmac_calls gmac_calls(const IMB_MGR *mgr, uint16_t key_bits)
{
	switch (key_bits) {
	case 128:
		return (struct gmac_calls){ mgr->gmac128_init,
					    mgr->gmac128_update,
					    mgr->gmac128_finalize };
	case 192:
		return (struct gmac_calls){ mgr->gmac192_init,
					    mgr->gmac192_update,
					    mgr->gmac192_finalize };
	}
	return (struct gmac_calls){ mgr->gmac256_init, mgr->gmac256_update,
				    mgr->gmac256_finalize };
}

/* Over two pieces. */
static void gmac_sum(struct crypto_thread *t, const struct mb_key *key,
		     const uint8_t *nonce, struct slice head, struct slice tail,
		     uint8_t *icv)
{
	const struct gmac_calls call = gmac_calls(t->mgr, key->key_bits);

	call.init(&key->gcm, &t->gcm, nonce, MB_NONCE_BYTES);
	call.update(&key->gcm, &t->gcm, head.ptr, head.len);
	if (tail.len)
		call.update(&key->gcm, &t->gcm, tail.ptr, tail.len);
	call.finalize(&key->gcm, &t->gcm, icv, MB_ICV_BYTES);
}

static void gmac_of(struct crypto_thread *t, const struct mb_key *key,
		    const struct mb_aead *a, uint8_t *icv)
{
	const uint8_t *iv = a->text - MB_IV_BYTES;

	gmac_sum(t, key, a->nonce, slice_of(a->aad, a->aad_bytes),
		 slice_of(iv, MB_IV_BYTES + a->text_bytes), icv);
}

static void gmac_seal(struct crypto_thread *t, const struct mb_key *key,
		      struct crypto_op *ops, unsigned int n)
{
	aead_prepare(t, key, ops, n);
	for (unsigned int i = 0; i < n; i++) {
		const struct mb_aead *a = &t->aead[i];

		if (a->from != a->text)
			memcpy(a->text, a->from, a->text_bytes);
		gmac_of(t, key, a, a->icv);
		ops[i].ok = true;
	}
}

static void gmac_open(struct crypto_thread *t, const struct mb_key *key,
		      struct crypto_op *ops, unsigned int n)
{
	uint8_t icv[MB_ICV_BYTES];

	aead_prepare(t, key, ops, n);
	for (unsigned int i = 0; i < n; i++) {
		gmac_of(t, key, &t->aead[i], icv);
		ops[i].ok = aead_verify(key, &t->aead[i], true, icv);
		ops[i].failed = false;
	}
}

static void gmac_mac(struct crypto_thread *t, const struct mb_key *key,
		     struct crypto_mac *macs, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		const uint32_t seq_hi_be = htonl(macs[i].seq_hi);
		uint8_t nonce[MB_NONCE_BYTES];

		mb_put_nonce(key, MB_SALT_MAX_BYTES, macs[i].iv, nonce);
		gmac_sum(t, key, nonce, slice_of(macs[i].from, macs[i].bytes),
			 slice_of(&seq_hi_be, key->esn ? sizeof(seq_hi_be) : 0),
			 macs[i].icv);
		macs[i].ok = true;
	}
}

const struct mb_way mb_gmac_way = { .seal = gmac_seal, .open = gmac_open };

/* In AH the salt is the MAC's. */
const struct mb_way mb_ah_gmac_way = { .mac = gmac_mac };

/* --- AES-CCM */

static void ccm_job(const struct mb_key *key, IMB_CIPHER_DIRECTION way,
		    const struct mb_aead *a, uint8_t *icv, IMB_JOB *job)
{
	job->cipher_mode = IMB_CIPHER_CCM;
	job->hash_alg = IMB_AUTH_AES_CCM;
	job->cipher_direction = way;
	job->chain_order = way == IMB_DIR_ENCRYPT ? IMB_ORDER_HASH_CIPHER
						  : IMB_ORDER_CIPHER_HASH;
	job->enc_keys = key->ccm.schedule;
	job->dec_keys = key->ccm.schedule;
	job->key_len_in_bytes = key->key_bits / 8;
	job->iv = a->nonce;
	job->iv_len_in_bytes = MB_CCM_SALT_BYTES + MB_IV_BYTES;
	job->u.CCM.aad = a->aad;
	job->u.CCM.aad_len_in_bytes = a->aad_bytes;
	job->src = way == IMB_DIR_ENCRYPT ? a->from : a->text;
	job->dst = a->text;
	job->cipher_start_src_offset_in_bytes = 0;
	job->hash_start_src_offset_in_bytes = 0;
	job->msg_len_to_cipher_in_bytes = a->text_bytes;
	job->msg_len_to_hash_in_bytes = a->text_bytes;
	job->auth_tag_output = icv;
	job->auth_tag_output_len_in_bytes = key->icv_bytes;
}

static void ccm_prepare(struct crypto_thread *t, const struct mb_key *key,
			const struct crypto_op *ops, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		aead_of(key, MB_CCM_SALT_BYTES, &ops[i], &t->aead[i]);
}

static void ccm_seal(struct crypto_thread *t, const struct mb_key *key,
		     struct crypto_op *ops, unsigned int n)
{
	bool ok;

	ccm_prepare(t, key, ops, n);
	for (unsigned int i = 0; i < n; i++)
		ccm_job(key, IMB_DIR_ENCRYPT, &t->aead[i], t->aead[i].icv,
			&t->jobs[i]);
	ok = mb_submit(t, n);
	for (unsigned int i = 0; i < n; i++)
		ops[i].ok = ok;
}

static void ccm_open(struct crypto_thread *t, const struct mb_key *key,
		     struct crypto_op *ops, unsigned int n)
{
	bool done;

	ccm_prepare(t, key, ops, n);
	for (unsigned int i = 0; i < n; i++)
		ccm_job(key, IMB_DIR_DECRYPT, &t->aead[i], t->macs[i],
			&t->jobs[i]);
	done = mb_submit(t, n);
	for (unsigned int i = 0; i < n; i++) {
		ops[i].ok = aead_verify(key, &t->aead[i], done, t->macs[i]);
		ops[i].failed = !done;
	}
}

const struct mb_way mb_ccm_way = { .seal = ccm_seal, .open = ccm_open };

/* --- ChaCha20-Poly1305: as a job half of what its direct calls take */

static bool chacha_run(struct crypto_thread *t, const struct mb_key *key,
		       IMB_CIPHER_DIRECTION way, const struct mb_aead *a,
		       uint8_t *icv)
{
	IMB_JOB *job = IMB_GET_NEXT_JOB(t->mgr);

	job->cipher_mode = IMB_CIPHER_CHACHA20_POLY1305;
	job->hash_alg = IMB_AUTH_CHACHA20_POLY1305;
	job->cipher_direction = way;
	job->chain_order = way == IMB_DIR_ENCRYPT ? IMB_ORDER_CIPHER_HASH
						  : IMB_ORDER_HASH_CIPHER;
	job->enc_keys = key->chacha.octets;
	job->dec_keys = key->chacha.octets;
	job->key_len_in_bytes = sizeof(key->chacha.octets);
	job->iv = a->nonce;
	job->iv_len_in_bytes = MB_NONCE_BYTES;
	job->u.CHACHA20_POLY1305.aad = a->aad;
	job->u.CHACHA20_POLY1305.aad_len_in_bytes = a->aad_bytes;
	job->src = way == IMB_DIR_ENCRYPT ? a->from : a->text;
	job->dst = a->text;
	job->cipher_start_src_offset_in_bytes = 0;
	job->hash_start_src_offset_in_bytes = 0;
	job->msg_len_to_cipher_in_bytes = a->text_bytes;
	job->msg_len_to_hash_in_bytes = a->text_bytes;
	job->auth_tag_output = icv;
	job->auth_tag_output_len_in_bytes = MB_ICV_BYTES;
	job = IMB_SUBMIT_JOB(t->mgr);
	return job && job->status == IMB_STATUS_COMPLETED;
}

static void chacha_seal(struct crypto_thread *t, const struct mb_key *key,
			struct crypto_op *ops, unsigned int n)
{
	aead_prepare(t, key, ops, n);
	for (unsigned int i = 0; i < n; i++) {
		const struct mb_aead *a = &t->aead[i];

		aead_fetch(t, i + AHEAD, n);
		ops[i].ok = chacha_run(t, key, IMB_DIR_ENCRYPT, a, a->icv);
	}
}

static void chacha_open(struct crypto_thread *t, const struct mb_key *key,
			struct crypto_op *ops, unsigned int n)
{
	uint8_t icv[MB_ICV_BYTES];

	aead_prepare(t, key, ops, n);
	for (unsigned int i = 0; i < n; i++) {
		const struct mb_aead *a = &t->aead[i];
		bool done;

		aead_fetch(t, i + AHEAD, n);
		done = chacha_run(t, key, IMB_DIR_DECRYPT, a, icv);
		ops[i].ok = aead_verify(key, a, done, icv);
		ops[i].failed = !done;
	}
}

const struct mb_way mb_chacha_way = { .seal = chacha_seal, .open = chacha_open };
