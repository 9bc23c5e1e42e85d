// SPDX-License-Identifier: BSD-2-Clause
/*
 * The crypto backend on OpenSSL 3's libcrypto: always there, one packet after
 * the other. Here is what makes a packet ESP: where its parts stand and what
 * its ICV covers; the ciphers are in ctrl/crypto/cipher.c. Not a place for
 * policy: sequence numbers, replay and padding are the ESP stages' business.
 * Control thread makes and frees keys, workers seal and open.
 */
#include "ctrl/crypto/crypto.h"

#include <errno.h>
#include <stdlib.h>

#include "ctrl/crypto/aad.h"
#include "ctrl/crypto/cipher.h"
#include "include/proto.h"

struct crypto_key {
	struct cipher *cipher;
	uint8_t iv_bytes;
	bool esn;
};

/*
 * An AEAD covers SPI and sequence number, a MAC all from the SPI to the ICV.
 * The high half of an extended number stands between the two for the one, and
 * behind the ciphertext for the other (RFC 4303 section 3.3.2.1).
 */
static struct cipher_text text_of(const struct crypto_key *key,
				  const struct crypto_op *op,
				  struct esn_aad *aad)
{
	struct cipher_text t = {
		.from = op->esp,
		.text = op->esp + ESP_HEADER_BYTES + key->iv_bytes,
		.plain = op->from,
		.text_bytes = op->text_bytes,
		.aad = { op->esp, ESP_HEADER_BYTES },
	};

	if (!key->esn)
		return t;
	esn_aad_fill(aad, op);
	t.aad = (struct slice){ (uint8_t *)aad, sizeof(*aad) };
	t.tail = (struct slice){ aad->seq_hi_be, sizeof(aad->seq_hi_be) };
	return t;
}

static void openssl_seal(struct crypto_thread *thread, struct crypto_key *key,
			 struct crypto_op *ops, unsigned n)
{
	struct esn_aad aad;

	(void)thread;
	for (unsigned i = 0; i < n; i++) {
		struct cipher_text t = text_of(key, &ops[i], &aad);

		ops[i].ok = cipher_seal(key->cipher, &t);
	}
}

static void openssl_open(struct crypto_thread *thread, struct crypto_key *key,
			 struct crypto_op *ops, unsigned n)
{
	struct esn_aad aad;

	(void)thread;
	for (unsigned i = 0; i < n; i++) {
		struct cipher_text t = text_of(key, &ops[i], &aad);

		/* What libcrypto cannot do looks as if it were forged. */
		ops[i].ok = cipher_open(key->cipher, &t);
		ops[i].failed = false;
	}
}

static void openssl_mac(struct crypto_thread *thread, struct crypto_key *key,
			struct crypto_mac *macs, unsigned n)
{
	(void)thread;
	for (unsigned i = 0; i < n; i++) {
		const uint32_t seq_hi_be = htonl(macs[i].seq_hi);
		const size_t tail = key->esn ? sizeof(seq_hi_be) : 0;

		macs[i].ok = cipher_mac(key->cipher, macs[i].iv,
					slice_of(macs[i].from, macs[i].bytes),
					slice_of(&seq_hi_be, tail), macs[i].icv);
	}
}

static bool openssl_has(const struct encr_alg *encr,
			const struct integ_alg *integ)
{
	(void)encr;
	(void)integ;
	return true;
}

/* A key's contexts are all that it needs. */
static int openssl_thread_new(struct crypto_thread **out)
{
	*out = NULL;
	return 0;
}

static void openssl_thread_free(struct crypto_thread *thread)
{
	(void)thread;
}

static void openssl_key_free(struct crypto_key *key)
{
	if (!key)
		return;
	cipher_free(key->cipher);
	free(key);
}

/* A key's contexts are all that there is of it. */
static void openssl_key_forget(struct crypto_thread *thread,
			       const struct crypto_key *key)
{
	(void)thread;
	(void)key;
}

static int openssl_key_new(struct crypto_thread *thread,
			   const struct crypto_key_spec *spec,
			   struct crypto_key **out)
{
	struct crypto_key *key = calloc(1, sizeof(*key));
	int err;

	(void)thread;
	if (!key)
		return -ENOMEM;
	err = cipher_new(spec, &key->cipher);
	if (err) {
		openssl_key_free(key);
		return err;
	}
	key->iv_bytes = spec->encr->iv_bytes;
	key->esn = spec->esn;
	*out = key;
	return 0;
}

const struct crypto_backend crypto_openssl = {
	.name = "openssl",
	.has = openssl_has,
	.thread_new = openssl_thread_new,
	.thread_free = openssl_thread_free,
	.key_new = openssl_key_new,
	.key_free = openssl_key_free,
	.key_forget = openssl_key_forget,
	.seal = openssl_seal,
	.open = openssl_open,
	.mac = openssl_mac,
};
