// SPDX-License-Identifier: BSD-2-Clause
/*
 * The crypto backend on intel-ipsec-mb, which has hand-written code for each
 * generation of x86 and chooses by what the CPU has. An AEAD is one direct call
 * (AES-GCM) or one job (ChaCha20-Poly1305) a packet; AES-CBC with an HMAC goes
 * in bursts, ctrl/crypto/ipsec_mb_cbc.c. A manager is one thread's, and so is
 * what it left in its memory: that is wiped with it. Control thread makes keys,
 * workers seal and open.
 */
#include "ctrl/crypto/ipsec_mb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "ctrl/base/prefetch.h"
#include "include/proto.h"

#define CACHE_LINE  64U
#define IV_BYTES    8U /* RFC 4106 section 3.1, RFC 7634 section 2 */
#define ICV_BYTES   16U
#define BEFORE_TEXT (ESP_HEADER_BYTES + IV_BYTES)

static void aead_of(const struct mb_key *key, const struct crypto_op *op,
		    struct mb_aead *a)
{
	a->text = op->esp + BEFORE_TEXT;
	a->from = crypto_from(op, a->text);
	a->text_bytes = op->text_bytes;
	a->icv = a->text + op->text_bytes;
	memcpy(a->nonce, key->salt, MB_SALT_BYTES);
	memcpy(a->nonce + MB_SALT_BYTES, a->text - IV_BYTES, IV_BYTES);
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
		aead_of(key, &ops[i], &t->aead[i]);
	for (unsigned int i = 0; i < AHEAD; i++)
		aead_fetch(t, i, n);
}

/* They decipher while they verify: what failed must not stay readable. */
static bool aead_verify(const struct mb_aead *a, bool done, const uint8_t *icv)
{
	if (done && octets_equal(icv, a->icv, ICV_BYTES))
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

static aes_gcm_pre_t gcm_schedule(const IMB_MGR *mgr, uint16_t key_bits)
{
	switch (key_bits) {
	case 128:
		return mgr->gcm128_pre;
	case 192:
		return mgr->gcm192_pre;
	}
	return mgr->gcm256_pre;
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
			a->nonce, a->aad, a->aad_bytes, a->icv, ICV_BYTES);
		ops[i].ok = true;
	}
}

static void gcm_open(struct crypto_thread *t, const struct mb_key *key,
		     struct crypto_op *ops, unsigned int n)
{
	const aes_gcm_enc_dec_t decrypt = gcm_decrypt(t->mgr, key->key_bits);
	uint8_t icv[ICV_BYTES];

	aead_prepare(t, key, ops, n);
	for (unsigned int i = 0; i < n; i++) {
		const struct mb_aead *a = &t->aead[i];

		aead_fetch(t, i + AHEAD, n);
		decrypt(&key->gcm, &t->gcm, a->text, a->text, a->text_bytes,
			a->nonce, a->aad, a->aad_bytes, icv, ICV_BYTES);
		ops[i].ok = aead_verify(a, true, icv);
		ops[i].failed = false;
	}
}

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
	job->auth_tag_output_len_in_bytes = ICV_BYTES;
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
	uint8_t icv[ICV_BYTES];

	aead_prepare(t, key, ops, n);
	for (unsigned int i = 0; i < n; i++) {
		const struct mb_aead *a = &t->aead[i];
		bool done;

		aead_fetch(t, i + AHEAD, n);
		done = chacha_run(t, key, IMB_DIR_DECRYPT, a, icv);
		ops[i].ok = aead_verify(a, done, icv);
		ops[i].failed = !done;
	}
}

/* --- any */

static void seal_burst(struct crypto_thread *t, const struct mb_key *key,
		       struct crypto_op *ops, unsigned int n)
{
	switch (key->id) {
	case ENCR_AES_CBC:
		return mb_cbc_seal(t, key, ops, n);
	case ENCR_AES_GCM_16:
		return gcm_seal(t, key, ops, n);
	case ENCR_CHACHA20_POLY1305:
		return chacha_seal(t, key, ops, n);
	}
}

static void open_burst(struct crypto_thread *t, const struct mb_key *key,
		       struct crypto_op *ops, unsigned int n)
{
	switch (key->id) {
	case ENCR_AES_CBC:
		return mb_cbc_open(t, key, ops, n);
	case ENCR_AES_GCM_16:
		return gcm_open(t, key, ops, n);
	case ENCR_CHACHA20_POLY1305:
		return chacha_open(t, key, ops, n);
	}
}

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
		seal_burst(thread, made, ops, take);
	}
}

static void ipsec_mb_open(struct crypto_thread *thread, struct crypto_key *key,
			  struct crypto_op *ops, unsigned int n)
{
	const struct mb_key *made = mb_key_of(thread, key);

	for (unsigned int take; n; ops += take, n -= take) {
		take = burst_of(n);
		open_burst(thread, made, ops, take);
	}
}

/* --- keys */

int mb_key_fill(IMB_MGR *mgr, const struct crypto_key_spec *spec,
		struct mb_key *key)
{
	const uint8_t *octets = spec->encr_key->octets;

	key->id = spec->encr->id;
	key->key_bits = spec->encr->key_bits;
	key->integ = (uint16_t)spec->integ->id;
	key->esn = spec->esn;
	memcpy(key->salt, octets + key->key_bits / 8, spec->encr->salt_bytes);
	switch (key->id) {
	case ENCR_AES_CBC:
		return mb_cbc_init(mgr, spec, &key->cbc);
	case ENCR_AES_GCM_16:
		gcm_schedule(mgr, key->key_bits)(octets, &key->gcm);
		return 0;
	case ENCR_CHACHA20_POLY1305:
		memcpy(key->chacha.octets, octets, sizeof(key->chacha.octets));
		return 0;
	}
	return -ENOTSUP;
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
	.thread_new = ipsec_mb_thread_new,
	.thread_free = ipsec_mb_thread_free,
	.key_new = mb_key_new,
	.key_free = mb_key_free,
	.key_forget = mb_key_forget,
	.seal = ipsec_mb_seal,
	.open = ipsec_mb_open,
};
