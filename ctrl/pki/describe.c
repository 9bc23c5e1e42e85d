// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/pki/describe.h"

#include <errno.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "ctrl/crypto/hash.h"

#define OID_TEXT_MAX 80

_Static_assert(DESCRIBE_ID_BYTES == HASH_SHA1_BYTES, "SHA-1");

void describe_usage(const struct certificate *c, describe_fn *tell, void *arg)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} rows[] = {
		{ KU_DIGITAL_SIGNATURE, "digitalSignature" },
		{ KU_NON_REPUDIATION, "nonRepudiation" },
		{ KU_KEY_ENCIPHERMENT, "keyEncipherment" },
		{ KU_DATA_ENCIPHERMENT, "dataEncipherment" },
		{ KU_KEY_AGREEMENT, "keyAgreement" },
		{ KU_KEY_CERT_SIGN, "keyCertSign" },
		{ KU_CRL_SIGN, "cRLSign" },
		{ KU_ENCIPHER_ONLY, "encipherOnly" },
		{ KU_DECIPHER_ONLY, "decipherOnly" },
	};

	if (!(X509_get_extension_flags(c->x509) & EXFLAG_KUSAGE))
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (X509_get_key_usage(c->x509) & rows[i].bit)
			tell(arg, rows[i].name);
}

void describe_extended(const struct certificate *c, describe_fn *tell, void *arg)
{
	EXTENDED_KEY_USAGE *eku =
		X509_get_ext_d2i(c->x509, NID_ext_key_usage, NULL, NULL);

	for (int i = 0; i < sk_ASN1_OBJECT_num(eku); i++) {
		const ASN1_OBJECT *object = sk_ASN1_OBJECT_value(eku, i);
		int nid = OBJ_obj2nid(object);
		char text[OID_TEXT_MAX];

		OBJ_obj2txt(text, sizeof(text), object, 1);
		tell(arg, nid == NID_undef ? text : OBJ_nid2sn(nid));
	}
	sk_ASN1_OBJECT_pop_free(eku, ASN1_OBJECT_free);
	ERR_clear_error();
}

long describe_path_len(const struct certificate *c)
{
	return X509_get_pathlen(c->x509);
}

int describe_key_ids(const struct public_key *key,
		     uint8_t keyid[DESCRIBE_ID_BYTES],
		     uint8_t subjkey[DESCRIBE_ID_BYTES])
{
	struct slice spki = public_key_spki(key);
	const uint8_t *at = spki.ptr, *octets;
	X509_PUBKEY *x = d2i_X509_PUBKEY(NULL, &at, (long)spki.len);
	int len, err = -EIO;

	if (x && hash_sha1(spki, keyid) &&
	    X509_PUBKEY_get0_param(NULL, &octets, &len, NULL, x) == 1 &&
	    hash_sha1(slice_of(octets, (size_t)len), subjkey))
		err = 0;
	X509_PUBKEY_free(x);
	ERR_clear_error();
	return err;
}
