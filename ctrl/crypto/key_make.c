// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/crypto/key_make.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "ctrl/crypto/pkey.h"

#define ROUNDS	     600000 /* of PBKDF2 */
#define SALT_BYTES   16
#define PUBLIC_MAX   (1U << 16) /* octets of a file with one */
#define DER_SEQUENCE 0x30

/* --- made */

static int refuse_bits(enum key_type type, unsigned int bits, struct error *e)
{
	if (type == KEY_RSA)
		return error_set(e, -EINVAL,
				 "a key of RSA has %d to %d bits, not %u",
				 KEY_MAKE_RSA_MIN_BITS, KEY_RSA_MAX_BITS, bits);
	if (type == KEY_ECDSA)
		return error_set(e, -EINVAL,
				 "a key of ECDSA has 256, 384 or 521 bits, not "
				 "%u",
				 bits);
	return error_set(e, -EINVAL,
			 "a key of this type has but one size, not %u bits",
			 bits);
}

static bool may_have(enum key_type type, unsigned int bits)
{
	switch (type) {
	case KEY_RSA:
		return bits >= KEY_MAKE_RSA_MIN_BITS && bits <= KEY_RSA_MAX_BITS;
	case KEY_ECDSA:
		return bits == 256 || bits == 384 || bits == 521;
	case KEY_ED25519:
	case KEY_ED448:
		break;
	}
	return bits == 0;
}

static EVP_PKEY *generate(enum key_type type, unsigned int bits)
{
	char curve[16];

	switch (type) {
	case KEY_RSA:
		return EVP_RSA_gen(bits);
	case KEY_ECDSA:
		snprintf(curve, sizeof(curve), "P-%u", bits);
		return EVP_EC_gen(curve);
	case KEY_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	case KEY_ED448:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
	}
	return NULL;
}

int key_make(enum key_type type, unsigned int bits, struct private_key **out,
	     struct error *e)
{
	EVP_PKEY *pkey;
	int err;

	if (!may_have(type, bits))
		return refuse_bits(type, bits, e);
	pkey = generate(type, bits);
	err = pkey ? pkey_private(pkey, out) : -EIO;
	ERR_clear_error();
	return err ? error_set(e, err,
			       "libcrypto made no key; is there enough "
			       "memory, and are there random numbers?")
		   : 0;
}

/* --- written */

/* libcrypto wipes what such a BIO had. */
static int take_bio(BIO *bio, bool is_written, struct owned *out)
{
	char *octets = NULL;
	long len = bio ? BIO_get_mem_data(bio, &octets) : 0;
	int err = -EIO;

	if (is_written && len > 0)
		err = owned_copy(slice_of(octets, (size_t)len), out);
	BIO_free(bio);
	ERR_clear_error();
	return err;
}

static X509_SIG *encrypt(PKCS8_PRIV_KEY_INFO *info, struct slice passphrase)
{
	X509_ALGOR *how =
		PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), ROUNDS, NULL, SALT_BYTES,
				  NULL, NID_hmacWithSHA256);
	X509_SIG *made = NULL;

	if (how)
		made = PKCS8_set0_pbe((const char *)passphrase.ptr,
				      (int)passphrase.len, info, how);
	if (!made)
		X509_ALGOR_free(how);
	return made;
}

static bool write_encrypted(BIO *bio, PKCS8_PRIV_KEY_INFO *info,
			    enum key_form form, struct slice passphrase)
{
	X509_SIG *made = encrypt(info, passphrase);
	bool is_written = false;

	if (made)
		is_written =
			(form == KEY_FORM_PEM ? PEM_write_bio_PKCS8(bio, made)
					      : i2d_PKCS8_bio(bio, made)) == 1;
	X509_SIG_free(made);
	return is_written;
}

static bool write_plain(BIO *bio, PKCS8_PRIV_KEY_INFO *info, enum key_form form)
{
	return (form == KEY_FORM_PEM
			? PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, info)
			: i2d_PKCS8_PRIV_KEY_INFO_bio(bio, info)) == 1;
}

int key_write(const struct private_key *key, enum key_form form,
	      struct slice passphrase, struct owned *out)
{
	PKCS8_PRIV_KEY_INFO *info;
	bool is_written = false;
	BIO *bio;

	if (passphrase.len > PASSPHRASE_MAX)
		return -E2BIG;
	info = EVP_PKEY2PKCS8(key->pkey);
	bio = BIO_new(BIO_s_mem());
	if (info && bio)
		is_written = passphrase.len ? write_encrypted(bio, info, form,
							      passphrase)
					    : write_plain(bio, info, form);
	PKCS8_PRIV_KEY_INFO_free(info);
	return take_bio(bio, is_written, out);
}

/* --- the public half */

int key_write_public(const struct public_key *key, enum key_form form,
		     struct owned *out)
{
	BIO *bio;

	if (form == KEY_FORM_DER)
		return owned_copy(public_key_spki(key), out);
	bio = BIO_new(BIO_s_mem());
	return take_bio(bio, bio && PEM_write_bio_PUBKEY(bio, key->pkey) == 1,
			out);
}

/* What libcrypto asks for, where a file says that it is encrypted. */
static int no_passphrase(char *buf, int room, int writes, void *arg)
{
	(void)buf;
	(void)room;
	(void)writes;
	(void)arg;
	return -1;
}

int key_read_public(struct slice octets, struct public_key **out)
{
	uint8_t *der = NULL;
	long len = 0;
	int err = -EBADMSG;
	BIO *bio;

	if (!octets.len || octets.len > PUBLIC_MAX)
		return -EBADMSG;
	if (octets.ptr[0] == DER_SEQUENCE)
		return public_key_read(octets, out);
	bio = BIO_new_mem_buf(octets.ptr, (int)octets.len);
	if (bio && PEM_bytes_read_bio(&der, &len, NULL, PEM_STRING_PUBLIC, bio,
				      no_passphrase, NULL) == 1)
		err = public_key_read(slice_of(der, (size_t)len), out);
	OPENSSL_free(der);
	BIO_free(bio);
	ERR_clear_error();
	return err;
}
