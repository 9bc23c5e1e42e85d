// SPDX-License-Identifier: BSD-2-Clause
/*
 * A cipher and a MAC on intel-ipsec-mb: a batch is one burst of ciphers and one
 * of MACs, in which the library works on several packets at once. With AES-CBC
 * and an HMAC the two bursts cost what chained jobs cost, and let a packet that
 * does not verify stay as it came. The high half of an extended sequence number
 * is part of what the MAC covers, behind the ciphertext (RFC 4303 section
 * 2.2.1), where the packet has its ICV: it stands there while the MAC is made.
 * Either of the two may be none; AH's packets have the MAC alone. Control thread
 * makes keys, workers seal and open.
 */
#include "ctrl/crypto/ipsec_mb.h"

#include <arpa/inet.h>
#include <string.h>

#include "ctrl/base/prefetch.h"
#include "include/proto.h"

#define SEQ_HI_BYTES 4U

/* What of a batch still takes part. */
struct run {
	struct crypto_op *op[MB_BURST_MAX];
	unsigned int n;
};

static uint8_t *text_of(const struct mb_key *key, const struct crypto_op *op)
{
	return op->esp + ESP_HEADER_BYTES + key->iv_bytes;
}

static uint8_t *icv_of(const struct mb_key *key, const struct crypto_op *op)
{
	return text_of(key, op) + op->text_bytes;
}

static bool is_whole(const struct mb_key *key, const struct crypto_op *op)
{
	return (op->text_bytes & key->block_mask) == 0 &&
	       op->text_bytes <= MB_BYTES_MAX - ESP_HEADER_BYTES -
					 key->iv_bytes - SEQ_HI_BYTES;
}

/* Nothing is ok before it went well, nor forged before that is known. */
static void run_start(const struct mb_key *key, struct run *r,
		      struct crypto_op *ops, unsigned int n)
{
	r->n = 0;
	for (unsigned int i = 0; i < n; i++) {
		ops[i].ok = false;
		ops[i].failed = true;
		if (!is_whole(key, &ops[i]))
			continue;
		prefetch_octets(crypto_from(&ops[i], text_of(key, &ops[i])),
				ops[i].text_bytes);
		r->op[r->n++] = &ops[i];
	}
}

/* --- the cipher */

/* RFC 3686 section 4: where the IV is less than a block, the library has the
 * counter start from 1. */
static const uint8_t *iv_of(const struct mb_key *key, const uint8_t *iv,
			    uint8_t nonce[MB_NONCE_BYTES])
{
	if (key->salt_bytes == 0)
		return iv;
	mb_put_nonce(key, key->salt_bytes, iv, nonce);
	return nonce;
}

static void cipher_job(const struct mb_key *key, IMB_CIPHER_DIRECTION way,
		       const struct crypto_op *op, IMB_JOB *job)
{
	uint8_t *text = text_of(key, op);

	job->enc_keys = key->pair.aes.encrypt;
	job->dec_keys = key->pair.aes.decrypt;
	job->key_len_in_bytes = key->pair.key_bytes;
	job->src = way == IMB_DIR_ENCRYPT ? crypto_from(op, text) : text;
	job->dst = text;
	job->cipher_start_src_offset_in_bytes = 0;
	job->msg_len_to_cipher_in_bytes = op->text_bytes;
	job->iv_len_in_bytes = key->salt_bytes + key->iv_bytes;
	job->cipher_mode = key->pair.cipher;
	job->cipher_direction = way;
}

static unsigned int cipher_jobs(struct crypto_thread *t,
				const struct mb_key *key,
				IMB_CIPHER_DIRECTION way, const struct run *r)
{
	unsigned int n = 0;

	/* The library takes an empty text for a mistake. */
	for (unsigned int i = 0; i < r->n; i++) {
		if (!r->op[i]->text_bytes)
			continue;
		cipher_job(key, way, r->op[i], &t->jobs[n]);
		t->jobs[n].iv =
			iv_of(key, text_of(key, r->op[i]) - key->iv_bytes,
			      t->nonces[n]);
		n++;
	}
	return n;
}

static void copy_texts(const struct mb_key *key, const struct run *r)
{
	for (unsigned int i = 0; i < r->n; i++)
		if (r->op[i]->from)
			memcpy(text_of(key, r->op[i]), r->op[i]->from,
			       r->op[i]->text_bytes);
}

/* With what a burst does not ask for. */
static bool run_one_by_one(struct crypto_thread *t, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		t->jobs[i].hash_alg = IMB_AUTH_NULL;
		t->jobs[i].chain_order = IMB_ORDER_CIPHER_HASH;
	}
	return mb_submit(t, n);
}

/* false: the library refused, and touched nothing. */
static bool cipher_run(struct crypto_thread *t, const struct mb_key *key,
		       IMB_CIPHER_DIRECTION way, const struct run *r)
{
	unsigned int n;

	if (key->pair.cipher == IMB_CIPHER_NULL) {
		if (way == IMB_DIR_ENCRYPT)
			copy_texts(key, r);
		return true;
	}
	n = cipher_jobs(t, key, way, r);
	if (key->pair.cipher != IMB_CIPHER_CBC)
		return run_one_by_one(t, n);
	return n == 0 ||
	       IMB_SUBMIT_CIPHER_BURST(t->mgr, t->jobs, n, IMB_CIPHER_CBC, way,
				       key->pair.key_bytes) == n;
}

/* --- the MAC */

/* Into t->macs. false: the library refused. */
static bool mac_run(struct crypto_thread *t, const struct mb_key *key,
		    const struct run *r)
{
	const uint64_t more = key->esn ? SEQ_HI_BYTES : 0;

	for (unsigned int i = 0; i < r->n; i++) {
		const uint8_t *esp = r->op[i]->esp;
		size_t bytes = (size_t)(icv_of(key, r->op[i]) - esp);

		mb_mac_job(&key->pair.mac, esp, bytes + more, t->macs[i],
			   &t->jobs[i]);
	}
	return mb_mac_run(t, &key->pair.mac, r->n);
}

/* To where it belongs; what stood there goes to was. */
static void put_seq_hi(uint8_t *at, uint32_t seq_hi, uint32_t *was)
{
	const uint32_t seq_hi_be = htonl(seq_hi);

	memcpy(was, at, SEQ_HI_BYTES);
	memcpy(at, &seq_hi_be, SEQ_HI_BYTES);
}

static bool mac_packets(struct crypto_thread *t, const struct mb_key *key,
			const struct run *r)
{
	uint32_t was[MB_BURST_MAX];
	bool ok;

	if (!key->esn)
		return mac_run(t, key, r);
	for (unsigned int i = 0; i < r->n; i++)
		put_seq_hi(icv_of(key, r->op[i]), r->op[i]->seq_hi, &was[i]);
	ok = mac_run(t, key, r);
	for (unsigned int i = 0; i < r->n; i++)
		memcpy(icv_of(key, r->op[i]), &was[i], SEQ_HI_BYTES);
	return ok;
}

/* AH's. */
static void pair_mac(struct crypto_thread *t, const struct mb_key *key,
		     struct crypto_mac *macs, unsigned int n)
{
	const uint32_t more = key->esn ? SEQ_HI_BYTES : 0;
	struct crypto_mac *of[MB_BURST_MAX];
	uint32_t was[MB_BURST_MAX];
	unsigned int m = 0;
	bool ok;

	for (unsigned int i = 0; i < n; i++) {
		macs[i].ok = false;
		if (macs[i].bytes > MB_BYTES_MAX - SEQ_HI_BYTES)
			continue;
		if (key->esn)
			put_seq_hi(macs[i].from + macs[i].bytes, macs[i].seq_hi,
				   &was[m]);
		mb_mac_job(&key->pair.mac, macs[i].from, macs[i].bytes + more,
			   macs[i].icv, &t->jobs[m]);
		of[m++] = &macs[i];
	}
	ok = mb_mac_run(t, &key->pair.mac, m);
	for (unsigned int i = 0; i < m; i++) {
		of[i]->ok = ok;
		if (key->esn)
			memcpy(of[i]->from + of[i]->bytes, &was[i],
			       SEQ_HI_BYTES);
	}
}

/* --- both */

static bool has_mac(const struct mb_key *key)
{
	return key->pair.mac.hash != IMB_AUTH_NULL;
}

static void pair_seal(struct crypto_thread *t, const struct mb_key *key,
		      struct crypto_op *ops, unsigned int n)
{
	struct run r;

	run_start(key, &r, ops, n);
	if (!cipher_run(t, key, IMB_DIR_ENCRYPT, &r) ||
	    (has_mac(key) && !mac_packets(t, key, &r)))
		return;
	for (unsigned int i = 0; i < r.n; i++) {
		memcpy(icv_of(key, r.op[i]), t->macs[i], key->icv_bytes);
		r.op[i]->ok = true;
	}
}

/* What does not verify takes no further part. */
static void keep_authentic(const struct crypto_thread *t,
			   const struct mb_key *key, struct run *r)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < r->n; i++) {
		if (octets_equal(t->macs[i], icv_of(key, r->op[i]),
				 key->icv_bytes))
			r->op[n++] = r->op[i];
		else
			r->op[i]->failed = false;
	}
	r->n = n;
}

static void pair_open(struct crypto_thread *t, const struct mb_key *key,
		      struct crypto_op *ops, unsigned int n)
{
	struct run r;

	run_start(key, &r, ops, n);
	if (has_mac(key)) {
		if (!mac_packets(t, key, &r))
			return;
		keep_authentic(t, key, &r);
	}
	if (!cipher_run(t, key, IMB_DIR_DECRYPT, &r))
		return;
	for (unsigned int i = 0; i < r.n; i++) {
		r.op[i]->ok = true;
		r.op[i]->failed = false;
	}
}

const struct mb_way mb_pair_way = { pair_seal, pair_open, pair_mac };

/* --- keys */

void mb_aes_init(IMB_MGR *mgr, uint16_t key_bits, const uint8_t *octets,
		 struct mb_aes_key *key)
{
	switch (key_bits) {
	case 128:
		IMB_AES_KEYEXP_128(mgr, octets, key->encrypt, key->decrypt);
		break;
	case 192:
		IMB_AES_KEYEXP_192(mgr, octets, key->encrypt, key->decrypt);
		break;
	case 256:
		IMB_AES_KEYEXP_256(mgr, octets, key->encrypt, key->decrypt);
		break;
	}
}

void mb_pair_init(IMB_MGR *mgr, const struct crypto_key_spec *spec,
		  struct mb_pair_key *key)
{
	const struct encr_alg *encr = spec->encr;

	key->key_bytes = (IMB_KEY_SIZE_BYTES)(encr->key_bits / 8);
	switch ((int)encr->id) {
	case ENCR_AES_CBC:
	case ENCR_AES_CTR:
		key->cipher = encr->id == ENCR_AES_CBC ? IMB_CIPHER_CBC
						       : IMB_CIPHER_CNTR;
		mb_aes_init(mgr, encr->key_bits, spec->encr_key->octets,
			    &key->aes);
		break;
	default:
		key->cipher = IMB_CIPHER_NULL;
	}
	mb_mac_init(mgr, spec->integ, spec->integ_key, &key->mac);
}
