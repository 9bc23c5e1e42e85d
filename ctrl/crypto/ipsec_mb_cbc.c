// SPDX-License-Identifier: BSD-2-Clause
/*
 * AES-CBC with an HMAC on intel-ipsec-mb: a batch is one burst of ciphers and
 * one of MACs, in which the library works on several packets at once. The two
 * bursts cost what chained jobs cost, and let a packet that does not verify stay
 * as it came. The high half of an extended sequence number is part of what the
 * MAC covers, behind the ciphertext (RFC 4303 section 2.2.1), where the packet
 * has its ICV: it stands there while the MAC is made. Control thread makes keys,
 * workers seal and open.
 */
#include "ctrl/crypto/ipsec_mb.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "ctrl/base/prefetch.h"
#include "include/proto.h"

#define IV_BYTES       16U /* RFC 3602 section 3, and the block */
#define BEFORE_TEXT    (ESP_HEADER_BYTES + IV_BYTES)
#define SEQ_HI_BYTES   4U
#define HASH_BLOCK_MAX 128U /* of SHA-384 and SHA-512 */

/* What of a batch still takes part. */
struct run {
	struct crypto_op *op[MB_BURST_MAX];
	unsigned int n;
};

static uint8_t *text_of(const struct crypto_op *op)
{
	return op->esp + BEFORE_TEXT;
}

static uint8_t *icv_of(const struct crypto_op *op)
{
	return text_of(op) + op->text_bytes;
}

static bool is_whole(const struct crypto_op *op)
{
	return op->text_bytes % IV_BYTES == 0 &&
	       op->text_bytes <= MB_BYTES_MAX - BEFORE_TEXT - SEQ_HI_BYTES;
}

/* Nothing is ok before it went well, nor forged before that is known. */
static void run_start(struct run *r, struct crypto_op *ops, unsigned int n)
{
	r->n = 0;
	for (unsigned int i = 0; i < n; i++) {
		ops[i].ok = false;
		ops[i].failed = true;
		if (!is_whole(&ops[i]))
			continue;
		prefetch_octets(crypto_from(&ops[i], text_of(&ops[i])),
				ops[i].text_bytes);
		r->op[r->n++] = &ops[i];
	}
}

/* --- the cipher */

static void cipher_job(const struct mb_cbc_key *key, IMB_CIPHER_DIRECTION way,
		       const struct crypto_op *op, IMB_JOB *job)
{
	job->enc_keys = key->encrypt;
	job->dec_keys = key->decrypt;
	job->key_len_in_bytes = key->key_bytes;
	job->src = way == IMB_DIR_ENCRYPT ? crypto_from(op, text_of(op))
					  : text_of(op);
	job->dst = text_of(op);
	job->cipher_start_src_offset_in_bytes = 0;
	job->msg_len_to_cipher_in_bytes = op->text_bytes;
	job->iv = text_of(op) - IV_BYTES;
	job->iv_len_in_bytes = IV_BYTES;
	job->cipher_mode = IMB_CIPHER_CBC;
	job->cipher_direction = way;
}

/* false: the library refused, and touched nothing. */
static bool cipher_run(struct crypto_thread *t, const struct mb_cbc_key *key,
		       IMB_CIPHER_DIRECTION way, const struct run *r)
{
	unsigned int n = 0;

	/* It takes an empty text for a mistake. */
	for (unsigned int i = 0; i < r->n; i++)
		if (r->op[i]->text_bytes)
			cipher_job(key, way, r->op[i], &t->jobs[n++]);
	return n == 0 ||
	       IMB_SUBMIT_CIPHER_BURST(t->mgr, t->jobs, n, IMB_CIPHER_CBC, way,
				       key->key_bytes) == n;
}

/* --- the MAC */

static void mac_job(const struct mb_key *key, const struct crypto_op *op,
		    uint8_t *mac, IMB_JOB *job)
{
	const struct mb_cbc_key *cbc = &key->cbc;

	job->src = op->esp;
	job->hash_start_src_offset_in_bytes = 0;
	job->msg_len_to_hash_in_bytes =
		BEFORE_TEXT + op->text_bytes + (key->esn ? SEQ_HI_BYTES : 0);
	job->auth_tag_output = mac;
	job->auth_tag_output_len_in_bytes = cbc->icv_bytes;
	job->u.HMAC._hashed_auth_key_xor_ipad = cbc->inner;
	job->u.HMAC._hashed_auth_key_xor_opad = cbc->outer;
	job->hash_alg = cbc->hash;
}

/* Into t->macs. false: the library refused. */
static bool mac_run(struct crypto_thread *t, const struct mb_key *key,
		    const struct run *r)
{
	for (unsigned int i = 0; i < r->n; i++)
		mac_job(key, r->op[i], t->macs[i], &t->jobs[i]);
	return r->n == 0 || IMB_SUBMIT_HASH_BURST(t->mgr, t->jobs, r->n,
						  key->cbc.hash) == r->n;
}

/* To where the ICV stands; what stood there goes to was. */
static void put_seq_hi(const struct run *r, uint32_t *was)
{
	for (unsigned int i = 0; i < r->n; i++) {
		const uint32_t seq_hi_be = htonl(r->op[i]->seq_hi);

		memcpy(&was[i], icv_of(r->op[i]), SEQ_HI_BYTES);
		memcpy(icv_of(r->op[i]), &seq_hi_be, SEQ_HI_BYTES);
	}
}

static void take_seq_hi(const struct run *r, const uint32_t *was)
{
	for (unsigned int i = 0; i < r->n; i++)
		memcpy(icv_of(r->op[i]), &was[i], SEQ_HI_BYTES);
}

static bool mac_packets(struct crypto_thread *t, const struct mb_key *key,
			const struct run *r)
{
	uint32_t was[MB_BURST_MAX];
	bool ok;

	if (!key->esn)
		return mac_run(t, key, r);
	put_seq_hi(r, was);
	ok = mac_run(t, key, r);
	take_seq_hi(r, was);
	return ok;
}

/* --- both */

void mb_cbc_seal(struct crypto_thread *t, const struct mb_key *key,
		 struct crypto_op *ops, unsigned int n)
{
	struct run r;

	run_start(&r, ops, n);
	if (!cipher_run(t, &key->cbc, IMB_DIR_ENCRYPT, &r) ||
	    !mac_packets(t, key, &r))
		return;
	for (unsigned int i = 0; i < r.n; i++) {
		memcpy(icv_of(r.op[i]), t->macs[i], key->cbc.icv_bytes);
		r.op[i]->ok = true;
	}
}

/* What does not verify takes no further part. */
static void keep_authentic(const struct crypto_thread *t, size_t icv_bytes,
			   struct run *r)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < r->n; i++) {
		if (octets_equal(t->macs[i], icv_of(r->op[i]), icv_bytes))
			r->op[n++] = r->op[i];
		else
			r->op[i]->failed = false;
	}
	r->n = n;
}

void mb_cbc_open(struct crypto_thread *t, const struct mb_key *key,
		 struct crypto_op *ops, unsigned int n)
{
	struct run r;

	run_start(&r, ops, n);
	if (!mac_packets(t, key, &r))
		return;
	keep_authentic(t, key->cbc.icv_bytes, &r);
	if (!cipher_run(t, &key->cbc, IMB_DIR_DECRYPT, &r))
		return;
	for (unsigned int i = 0; i < r.n; i++) {
		r.op[i]->ok = true;
		r.op[i]->failed = false;
	}
}

/* --- keys */

struct hash {
	IMB_HASH_ALG alg;
	size_t block_bytes;
	hash_one_block_t block;
};

static int hash_of(const IMB_MGR *mgr, enum integ_id id, struct hash *out)
{
	switch (id) {
	case INTEG_NONE:
		break;
	case INTEG_HMAC_SHA1_96:
		*out = (struct hash){ IMB_AUTH_HMAC_SHA_1, 64,
				      mgr->sha1_one_block };
		return 0;
	case INTEG_HMAC_SHA2_256_128:
		*out = (struct hash){ IMB_AUTH_HMAC_SHA_256, 64,
				      mgr->sha256_one_block };
		return 0;
	case INTEG_HMAC_SHA2_384_192:
		*out = (struct hash){ IMB_AUTH_HMAC_SHA_384, 128,
				      mgr->sha384_one_block };
		return 0;
	case INTEG_HMAC_SHA2_512_256:
		*out = (struct hash){ IMB_AUTH_HMAC_SHA_512, 128,
				      mgr->sha512_one_block };
		return 0;
	}
	return -ENOTSUP;
}

/* RFC 2104 section 2: a MAC starts from the state after this block. None of our
 * keys is longer than it. */
static void hash_pad(const struct hash *hash, const struct secret *key,
		     uint8_t pad, uint8_t *state)
{
	uint8_t block[HASH_BLOCK_MAX];

	memset(block, pad, sizeof(block));
	for (size_t i = 0; i < key->len; i++)
		block[i] ^= key->octets[i];
	hash->block(block, state);
	explicit_bzero(block, sizeof(block));
}

static void expand(IMB_MGR *mgr, const uint8_t *octets, struct mb_cbc_key *key)
{
	switch (key->key_bytes) {
	case IMB_KEY_128_BYTES:
		IMB_AES_KEYEXP_128(mgr, octets, key->encrypt, key->decrypt);
		break;
	case IMB_KEY_192_BYTES:
		IMB_AES_KEYEXP_192(mgr, octets, key->encrypt, key->decrypt);
		break;
	case IMB_KEY_256_BYTES:
		IMB_AES_KEYEXP_256(mgr, octets, key->encrypt, key->decrypt);
		break;
	}
}

int mb_cbc_init(IMB_MGR *mgr, const struct crypto_key_spec *spec,
		struct mb_cbc_key *key)
{
	struct hash hash;
	int err = hash_of(mgr, spec->integ->id, &hash);

	if (err)
		return err;
	key->key_bytes = (IMB_KEY_SIZE_BYTES)(spec->encr->key_bits / 8);
	key->hash = hash.alg;
	key->icv_bytes = spec->integ->icv_bytes;
	expand(mgr, spec->encr_key->octets, key);
	hash_pad(&hash, spec->integ_key, 0x36, key->inner);
	hash_pad(&hash, spec->integ_key, 0x5c, key->outer);
	return 0;
}
