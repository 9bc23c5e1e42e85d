// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/crypto/sign.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define WEAK_SHA1                                                         \
	"RFC 8247 section 3.2: it MUST NOT be used, collisions of SHA-1 " \
	"can be made"

/* A string's octets and their number, without the NUL. */
#define OCTETS(s) .alg = (s), .alg_bytes = sizeof(s) - 1

#define ALG_RSA(last) \
	"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01" last "\x05\x00"
#define ALG_SHA2(last) \
	"\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" last "\x05\x00"
#define ALG_PSS(last, salt)                                              \
	"\x30\x41\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34"   \
	"\xa0\x0f" ALG_SHA2(last) "\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48" \
				  "\x86\xf7\x0d\x01\x01\x08" ALG_SHA2(   \
					  last) "\xa2\x03\x02\x01" salt
#define ALG_ECDSA(last) "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03" last
#define ALG_ED(last)	"\x30\x05\x06\x03\x2b\x65" last

#define RSA_ROW(bits, last)                                         \
	{                                                           \
		.id = SIGN_RSA_SHA##bits, .name = "rsa-sha" #bits,  \
		.key = KEY_RSA, .hash = IKE_HASH_SHA2_##bits,       \
		.method = IKE_AUTH_SIGNATURE, OCTETS(ALG_RSA(last)) \
	}
#define PSS_ROW(bits, last, salt)                                          \
	{                                                                  \
		.id = SIGN_PSS_SHA##bits, .name = "rsa/pss-sha" #bits,     \
		.key = KEY_RSA, .hash = IKE_HASH_SHA2_##bits, .pss = true, \
		.method = IKE_AUTH_SIGNATURE, OCTETS(ALG_PSS(last, salt))  \
	}
#define ECDSA_ROW(bits, last)                                          \
	{                                                              \
		.id = SIGN_ECDSA_SHA##bits, .name = "ecdsa-sha" #bits, \
		.key = KEY_ECDSA, .hash = IKE_HASH_SHA2_##bits,        \
		.method = IKE_AUTH_SIGNATURE, OCTETS(ALG_ECDSA(last))  \
	}
#define CURVE_ROW(bits, hash_bits)                                    \
	{                                                             \
		.id = SIGN_ECDSA_##bits, .name = "ecdsa-" #bits,      \
		.key = KEY_ECDSA, .hash = IKE_HASH_SHA2_##hash_bits,  \
		.curve_bits = (bits), .method = IKE_AUTH_ECDSA_##bits \
	}
#define ED_ROW(curve, keyword, last)                                       \
	{                                                                  \
		.id = SIGN_##curve, .name = (keyword), .key = KEY_##curve, \
		.hash = IKE_HASH_IDENTITY, .method = IKE_AUTH_SIGNATURE,   \
		OCTETS(ALG_ED(last))                                       \
	}

/* RFC 7427 has the first one too; RFC 7296 has it without saying so. */
static const struct sign_scheme schemes[] = {
	PSS_ROW(512, "\x03", "\x40"),
	PSS_ROW(384, "\x02", "\x30"),
	PSS_ROW(256, "\x01", "\x20"),
	RSA_ROW(512, "\x0d"),
	RSA_ROW(384, "\x0c"),
	RSA_ROW(256, "\x0b"),
	{ .id = SIGN_RSA_SHA1,
	  .name = "rsa-sha1",
	  .key = KEY_RSA,
	  .hash = IKE_HASH_SHA1,
	  .method = IKE_AUTH_RSA,
	  .weak = WEAK_SHA1,
	  OCTETS(ALG_RSA("\x05")) },
	ECDSA_ROW(512, "\x04"),
	ECDSA_ROW(384, "\x03"),
	ECDSA_ROW(256, "\x02"),
	CURVE_ROW(521, 512),
	CURVE_ROW(384, 384),
	CURVE_ROW(256, 256),
	ED_ROW(ED448, "ed448", "\x71"),
	ED_ROW(ED25519, "ed25519", "\x70"),
};

const struct sign_scheme *sign_at(size_t i)
{
	return i < ARRAY_LEN(schemes) ? &schemes[i] : NULL;
}

const struct sign_scheme *sign_by_id(enum sign_id id)
{
	size_t i = 0;

	while (schemes[i].id != id)
		i++;
	return &schemes[i];
}

const struct sign_scheme *sign_by_method(uint8_t method)
{
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (schemes[i].method == method && method != IKE_AUTH_SIGNATURE)
			return &schemes[i];
	return NULL;
}

/* 0: of none. */
static size_t hash_bytes(enum ike_hash hash)
{
	switch (hash) {
	case IKE_HASH_SHA1:
		return 20;
	case IKE_HASH_SHA2_256:
		return 32;
	case IKE_HASH_SHA2_384:
		return 48;
	case IKE_HASH_SHA2_512:
		return 64;
	case IKE_HASH_IDENTITY:
		break;
	}
	return 0;
}

/* --- AlgorithmIdentifiers that are not as in the table */

/* Frees der. Is it what it was read from? libcrypto reads BER too. */
static bool is_exact(struct slice from, uint8_t *der, int der_len)
{
	bool same = der_len > 0 && (size_t)der_len == from.len &&
		    memcmp(der, from.ptr, from.len) == 0;

	OPENSSL_free(der);
	return same;
}

static X509_ALGOR *alg_read(struct slice octets)
{
	const uint8_t *at = octets.ptr;
	X509_ALGOR *alg = NULL;
	uint8_t *der = NULL;
	int len = 0;

	if (octets.len <= UINT8_MAX)
		alg = d2i_X509_ALGOR(NULL, &at, (long)octets.len);
	if (alg)
		len = i2d_X509_ALGOR(alg, &der);
	if (is_exact(octets, der, len))
		return alg;
	X509_ALGOR_free(alg);
	return NULL;
}

static int alg_nid(const X509_ALGOR *alg)
{
	const ASN1_OBJECT *oid;

	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	return OBJ_obj2nid(oid);
}

static bool has_null_or_none(const X509_ALGOR *alg)
{
	int type;

	X509_ALGOR_get0(NULL, &type, NULL, alg);
	return type == V_ASN1_NULL || type == V_ASN1_UNDEF;
}

/* The octets of a SEQUENCE that the parameters are. */
static bool param_octets(const X509_ALGOR *alg, struct slice *out)
{
	const void *value;
	int type;

	X509_ALGOR_get0(NULL, &type, &value, alg);
	if (type != V_ASN1_SEQUENCE)
		return false;
	*out = slice_of(ASN1_STRING_get0_data(value),
			(size_t)ASN1_STRING_length(value));
	return true;
}

static bool hash_is(const X509_ALGOR *alg, int nid)
{
	return alg && alg_nid(alg) == nid && has_null_or_none(alg);
}

static bool mask_is(const X509_ALGOR *mask, int nid)
{
	struct slice octets;
	X509_ALGOR *hash;
	bool is;

	if (!mask || alg_nid(mask) != NID_mgf1 || !param_octets(mask, &octets))
		return false;
	hash = alg_read(octets);
	is = hash_is(hash, nid);
	X509_ALGOR_free(hash);
	return is;
}

/* The trailer has its default, which DER leaves out. */
static bool pss_is(const RSA_PSS_PARAMS *p, int nid, long salt_bytes)
{
	return hash_is(p->hashAlgorithm, nid) &&
	       mask_is(p->maskGenAlgorithm, nid) && p->saltLength &&
	       ASN1_INTEGER_get(p->saltLength) == salt_bytes && !p->trailerField;
}

static const struct sign_scheme *pss_scheme(const RSA_PSS_PARAMS *p)
{
	static const struct {
		int nid;
		enum sign_id id;
	} rows[] = {
		{ NID_sha256, SIGN_PSS_SHA256 },
		{ NID_sha384, SIGN_PSS_SHA384 },
		{ NID_sha512, SIGN_PSS_SHA512 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct sign_scheme *s = sign_by_id(rows[i].id);

		if (pss_is(p, rows[i].nid, (long)hash_bytes(s->hash)))
			return s;
	}
	return NULL;
}

static const struct sign_scheme *pss_by_alg(const X509_ALGOR *alg)
{
	const struct sign_scheme *found = NULL;
	RSA_PSS_PARAMS *params;
	struct slice octets;
	const uint8_t *at;
	uint8_t *der = NULL;
	int len = 0;

	if (!param_octets(alg, &octets))
		return NULL;
	at = octets.ptr;
	params = d2i_RSA_PSS_PARAMS(NULL, &at, (long)octets.len);
	if (params)
		len = i2d_RSA_PSS_PARAMS(params, &der);
	if (is_exact(octets, der, len))
		found = pss_scheme(params);
	RSA_PSS_PARAMS_free(params);
	return found;
}

static const struct sign_scheme *rsa_by_nid(int nid)
{
	switch (nid) {
	case NID_sha1WithRSAEncryption:
		return sign_by_id(SIGN_RSA_SHA1);
	case NID_sha256WithRSAEncryption:
		return sign_by_id(SIGN_RSA_SHA256);
	case NID_sha384WithRSAEncryption:
		return sign_by_id(SIGN_RSA_SHA384);
	case NID_sha512WithRSAEncryption:
		return sign_by_id(SIGN_RSA_SHA512);
	}
	return NULL;
}

static const struct sign_scheme *by_variant(struct slice octets)
{
	const struct sign_scheme *found = NULL;
	X509_ALGOR *alg = alg_read(octets);

	if (alg && alg_nid(alg) == NID_rsassaPss)
		found = pss_by_alg(alg);
	else if (alg && has_null_or_none(alg))
		found = rsa_by_nid(alg_nid(alg));
	X509_ALGOR_free(alg);
	ERR_clear_error();
	return found;
}

const struct sign_scheme *sign_by_alg(struct slice alg)
{
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (alg.len && schemes[i].alg_bytes == alg.len &&
		    memcmp(schemes[i].alg, alg.ptr, alg.len) == 0)
			return &schemes[i];
	return by_variant(alg);
}
