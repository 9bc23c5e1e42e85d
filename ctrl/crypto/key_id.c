// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/crypto/key_id.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

bool key_id(const struct public_key *key, uint8_t out[KEY_ID_BYTES])
{
	const struct slice spki = public_key_spki(key);
	const uint8_t *at = spki.ptr, *bits;
	X509_PUBKEY *x = d2i_X509_PUBKEY(NULL, &at, (long)spki.len);
	int len;
	bool ok =
		x && X509_PUBKEY_get0_param(NULL, &bits, &len, NULL, x) == 1 &&
		EVP_Digest(bits, (size_t)len, out, NULL, EVP_sha1(), NULL) == 1;

	X509_PUBKEY_free(x);
	ERR_clear_error();
	return ok;
}

const char *key_id_str(const uint8_t id[KEY_ID_BYTES], char buf[KEY_ID_STR_MAX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < KEY_ID_BYTES; i++) {
		buf[2 * i] = digits[id[i] >> 4];
		buf[2 * i + 1] = digits[id[i] & 15];
	}
	buf[KEY_ID_STR_MAX - 1] = '\0';
	return buf;
}
