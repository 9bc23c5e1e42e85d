// SPDX-License-Identifier: BSD-2-Clause
/*
 * libcrypto finds out what the octets are. It asks for a passphrase by a callback,
 * which tells an encrypted key from a malformed one.
 */
#include "ctrl/crypto/private_key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/decoder.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "ctrl/crypto/pkey.h"

#define FILE_MAX     (1U << 20)
#define DER_SEQUENCE 0x30

/* --- read */

static int fail(struct error *e, int err)
{
	switch (err) {
	case -ENOKEY:
		return error_set(e, err,
				 "it is encrypted; give its passphrase in a "
				 "section secrets.private* or secrets.pkcs12*");
	case -EKEYREJECTED:
		return error_set(e, err,
				 "its passphrase is wrong; correct it in the "
				 "section in secrets that names the file");
	case -ENOTSUP:
		return error_set(e, err,
				 "a key must be RSA with %d to %d bits, ECDSA "
				 "on P-256, P-384 or P-521, Ed25519 or Ed448, "
				 "and its encryption one of OpenSSL's default "
				 "provider; make another one",
				 KEY_RSA_MIN_BITS, KEY_RSA_MAX_BITS);
	case -EBADMSG:
		return error_set(e, err,
				 "it is no private key in PEM or DER, or a "
				 "damaged one; look at it with openssl pkey");
	}
	return error_set(e, err, "out of memory");
}

int pkey_private(EVP_PKEY *pkey, struct private_key **out)
{
	struct private_key *key = calloc(1, sizeof(*key));
	uint8_t *spki = NULL;
	int len = i2d_PUBKEY(pkey, &spki);
	int err = -ENOMEM;

	if (key && len > 0)
		err = public_key_read(slice_of(spki, (size_t)len), &key->public);
	OPENSSL_free(spki);
	if (err) {
		EVP_PKEY_free(pkey);
		free(key);
		return err;
	}
	key->pkey = pkey;
	*out = key;
	return 0;
}

/* What libcrypto asks for the passphrase. */
struct ask {
	struct slice passphrase;
	bool asked;
};

static int answer(char *buf, int room, int writes, void *arg)
{
	struct ask *ask = arg;

	(void)writes;
	ask->asked = true;
	if (!ask->passphrase.len || ask->passphrase.len > (size_t)room)
		return -1;
	memcpy(buf, ask->passphrase.ptr, ask->passphrase.len);
	return (int)ask->passphrase.len;
}

static bool is_unsupported(void)
{
	unsigned long why = ERR_peek_error();

	while (why && ERR_GET_REASON(why) != ERR_R_UNSUPPORTED) {
		(void)ERR_get_error();
		why = ERR_peek_error();
	}
	return why != 0;
}

/* The first key in it, whatever stands before. */
static EVP_PKEY *of_pem(struct slice octets, struct ask *ask)
{
	BIO *bio = BIO_new_mem_buf(octets.ptr, (int)octets.len);
	EVP_PKEY *pkey =
		bio ? PEM_read_bio_PrivateKey(bio, NULL, answer, ask) : NULL;

	BIO_free(bio);
	return pkey;
}

static EVP_PKEY *of_der(struct slice octets, struct ask *ask)
{
	const uint8_t *at = octets.ptr;
	EVP_PKEY *pkey = NULL;
	size_t left = octets.len;
	OSSL_DECODER_CTX *ctx = OSSL_DECODER_CTX_new_for_pkey(
		&pkey, "DER", NULL, NULL, EVP_PKEY_KEYPAIR, NULL, NULL);

	if (ctx && OSSL_DECODER_CTX_set_pem_password_cb(ctx, answer, ask) == 1)
		(void)OSSL_DECODER_from_data(ctx, &at, &left);
	OSSL_DECODER_CTX_free(ctx);
	return pkey;
}

int private_key_read(struct slice octets, struct slice passphrase,
		     struct private_key **out, struct error *e)
{
	struct ask ask = { .passphrase = passphrase };
	EVP_PKEY *pkey = NULL;
	int err;

	ERR_clear_error();
	if (octets.len && octets.len <= FILE_MAX)
		pkey = octets.ptr[0] == DER_SEQUENCE ? of_der(octets, &ask)
						     : of_pem(octets, &ask);
	if (pkey)
		err = pkey_private(pkey, out);
	else if (ask.asked)
		err = passphrase.len ? -EKEYREJECTED : -ENOKEY;
	else
		err = -EBADMSG;
	ERR_clear_error();
	return err ? fail(e, err) : 0;
}

/* --- PKCS#12 */

static void tell(const X509 *x, pkcs12_certificate_fn *certificate, void *arg)
{
	uint8_t *der = NULL;
	int len = i2d_X509(x, &der);

	if (len > 0)
		certificate(arg, slice_of(der, (size_t)len));
	OPENSSL_free(der);
}

static PKCS12 *pkcs12_of(struct slice octets)
{
	const uint8_t *at = octets.ptr;
	PKCS12 *p12 = NULL;

	if (octets.len && octets.len <= FILE_MAX)
		p12 = d2i_PKCS12(NULL, &at, (long)octets.len);
	if (p12 && at == octets.ptr + octets.len)
		return p12;
	PKCS12_free(p12);
	return NULL;
}

/* Whose MAC is right. */
static int pkcs12_open(PKCS12 *p12, const char *passphrase,
		       pkcs12_certificate_fn *certificate, void *arg,
		       struct private_key **out)
{
	STACK_OF(X509) *others = NULL;
	EVP_PKEY *pkey = NULL;
	X509 *own = NULL;
	int err;

	if (PKCS12_parse(p12, passphrase, &pkey, &own, &others) != 1)
		return is_unsupported() ? -ENOTSUP : -EBADMSG;
	err = pkey ? pkey_private(pkey, out) : -EBADMSG;
	if (!err && own)
		tell(own, certificate, arg);
	for (int i = 0; !err && i < sk_X509_num(others); i++)
		tell(sk_X509_value(others, i), certificate, arg);
	X509_free(own);
	sk_X509_pop_free(others, X509_free);
	return err;
}

int private_key_read_pkcs12(struct slice octets, struct slice passphrase,
			    pkcs12_certificate_fn *certificate, void *arg,
			    struct private_key **out, struct error *e)
{
	PKCS12 *p12 = pkcs12_of(octets);
	char text[PASSPHRASE_MAX + 1] = "";
	int err;

	ERR_clear_error();
	if (passphrase.len > PASSPHRASE_MAX)
		passphrase.len = 0;
	if (passphrase.len)
		memcpy(text, passphrase.ptr, passphrase.len);
	if (!p12)
		err = -EBADMSG;
	else if (PKCS12_mac_present(p12) != 1 ||
		 PKCS12_verify_mac(p12, text, -1) == 1)
		err = pkcs12_open(p12, text, certificate, arg, out);
	else if (is_unsupported())
		err = -ENOTSUP;
	else
		err = passphrase.len ? -EKEYREJECTED : -ENOKEY;
	explicit_bzero(text, sizeof(text));
	PKCS12_free(p12);
	ERR_clear_error();
	return err ? fail(e, err) : 0;
}

/* libcrypto wipes the numbers of a key that it frees. */
void private_key_free(struct private_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	public_key_free(key->public);
	free(key);
}

const struct public_key *private_key_public(const struct private_key *key)
{
	return key->public;
}

/* --- signatures */

/* From libcrypto's DER to r | s. */
static int halves_of_der(const struct sign_scheme *scheme, uint8_t *octets,
			 size_t *len)
{
	int half = (int)pkey_half_bytes(scheme);
	const uint8_t *at = octets;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)*len);
	int err = -EIO;

	if (sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), octets, half) == half &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), octets + half, half) == half)
		err = 0;
	ECDSA_SIG_free(sig);
	*len = 2 * (size_t)half;
	return err;
}

static int sign(const struct private_key *key, const struct sign_scheme *scheme,
		struct slice message, uint8_t octets[SIGN_MAX_BYTES],
		size_t *len)
{
	struct pkey_work w;
	int err = -EIO;

	*len = SIGN_MAX_BYTES;
	if (pkey_begin(&w, scheme, key->pkey, EVP_DigestSignInit) &&
	    EVP_DigestSign(w.ctx, octets, len, message.ptr, message.len) == 1)
		err = 0;
	EVP_MD_CTX_free(w.ctx);
	return !err && scheme->curve_bits ? halves_of_der(scheme, octets, len)
					  : err;
}

int private_key_sign(const struct private_key *key,
		     const struct sign_scheme *scheme, struct slice message,
		     uint8_t *out, size_t room, size_t *len)
{
	uint8_t octets[SIGN_MAX_BYTES];
	size_t n;
	int err;

	if (!public_key_fits(key->public, scheme))
		return -EINVAL;
	err = sign(key, scheme, message, octets, &n);
	ERR_clear_error();
	if (!err && n > room)
		err = -ENOBUFS;
	if (err)
		return err;
	memcpy(out, octets, n);
	*len = n;
	return 0;
}
