// SPDX-License-Identifier: BSD-2-Clause
/*
 * Signature schemes: published vectors, the openssl command as the other side in both
 * directions, and what must be refused: forged padding, other hashes, salts and
 * forms, and every AlgorithmIdentifier with an octet changed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "ctrl/crypto/private_key.h"
#include "tests/support/hex.h"
#include "tests/support/openssl.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define ROOM	     4096

struct octets {
	uint8_t at[ROOM];
	size_t len;
};

static struct slice slice(const struct octets *o)
{
	return slice_of(o->at, o->len);
}

static struct octets hex(const char *text)
{
	struct octets o = { .len = 0 };

	o.len = hex_decode(text, o.at, sizeof(o.at));
	return o;
}

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

/* --- keys of this run */

static const struct {
	const char *file;
	const char *how; /* to make it */
	enum key_type type;
	unsigned int bits;
} key_rows[] = {
	{ "rsa", "RSA -pkeyopt rsa_keygen_bits:2048", KEY_RSA, 2048 },
	{ "p256", "EC -pkeyopt ec_paramgen_curve:P-256", KEY_ECDSA, 256 },
	{ "p384", "EC -pkeyopt ec_paramgen_curve:P-384", KEY_ECDSA, 384 },
	{ "p521", "EC -pkeyopt ec_paramgen_curve:P-521", KEY_ECDSA, 521 },
	{ "ed25519", "ED25519", KEY_ED25519, 255 },
	{ "ed448", "ED448", KEY_ED448, 448 },
};

static struct private_key *keys[ARRAY_LEN(key_rows)];

static struct private_key *read_key(const char *file)
{
	struct private_key *key = NULL;
	const uint8_t *octets;
	struct error e;
	size_t len;

	octets = openssl_get(file, &len);
	assert_non_null(octets);
	if (private_key_read(slice_of(octets, len), slice_of(NULL, 0), &key, &e))
		fail_msg("%s: %s", file, e.text);
	return key;
}

static int setup(void **state)
{
	(void)state;
	openssl_begin();
	for (size_t i = 0; i < ARRAY_LEN(key_rows); i++) {
		const char *file = key_rows[i].file;

		openssl("genpkey -algorithm %s -out %s", key_rows[i].how, file);
		openssl("pkey -in %s -pubout -out %s.pub", file, file);
		keys[i] = read_key(file);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(key_rows); i++)
		private_key_free(keys[i]);
	openssl_end();
	return 0;
}

static const struct public_key *public_of(size_t key)
{
	return private_key_public(keys[key]);
}

static struct octets signed_by(size_t key, const struct sign_scheme *scheme,
			       struct slice message)
{
	struct octets sig = { .len = 0 };

	if (private_key_sign(keys[key], scheme, message, sig.at, sizeof(sig.at),
			     &sig.len))
		fail_msg("%s with %s", scheme->name, key_rows[key].file);
	return sig;
}

static int verify(size_t key, const struct sign_scheme *scheme,
		  struct slice message, const struct octets *sig)
{
	int err = public_key_verify(public_of(key), scheme, message, slice(sig));

	assert_int_equal(ERR_peek_error(), 0);
	return err;
}

/* --- vectors */

#define SPKI_P256                                                          \
	"3059301306072a8648ce3d020106082a8648ce3d03010703420004"           \
	"2442a5cc0ecd015fa3ca31dc8e2bbc70bf42d60cbca20085e0822cb04235e970" \
	"6fc98bd7e50211a4a27102fa3549df79ebcb4bf246b80945cddfe7d509bbfd7d"

static const struct {
	const char *source;
	enum sign_id scheme;
	const char *spki;
	const char *message;
	const char *signature;
} vectors[] = {
	{ "RFC 4754 section 8.1", SIGN_ECDSA_256, SPKI_P256, "616263",
	  "cb28e0999b9c7715fd0a80d8e47a77079716cbbf917dd72e97566ea1c066957c"
	  "86fa3bb4e26cad5bf90b7f81899256ce7594bb1ea0c89212748bff3b3d5b0315" },
	{ "RFC 8032 section 7.1, test 3", SIGN_ED25519,
	  "302a300506032b6570032100"
	  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
	  "af82",
	  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
	  "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
	{ "RFC 8032 section 7.4, 1 octet", SIGN_ED448,
	  "3043300506032b6571033a00"
	  "43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c086"
	  "6aea01eb00742802b8438ea4cb82169c235160627b4c3a9480",
	  "03",
	  "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f435"
	  "2541b143c4b981b7e18f62de8ccdf633fc1bf037ab7cd779805e0dbcc0aae1cb"
	  "cee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0f"
	  "f3348ab21aa4adafd1d234441cf807c03a00" },
};

static void published_signature_verifies(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		const struct sign_scheme *s = sign_by_id(vectors[i].scheme);
		struct octets spki = hex(vectors[i].spki);
		struct octets message = hex(vectors[i].message);
		struct octets sig = hex(vectors[i].signature);
		struct public_key *key;

		assert_int_equal(public_key_read(slice(&spki), &key), 0);
		if (public_key_verify(key, s, slice(&message), slice(&sig)))
			fail_msg("%s", vectors[i].source);
		message.at[0] ^= 1;
		assert_int_equal(public_key_verify(key, s, slice(&message),
						   slice(&sig)),
				 -EKEYREJECTED);
		public_key_free(key);
	}
}

/* --- both ways */

/* Options of `openssl pkeyutl -rawin`. */
static const char *options(const struct sign_scheme *s)
{
	static char buf[160];
	const char *digest = "";

	switch (s->hash) {
	case IKE_HASH_SHA1:
		digest = "-digest sha1";
		break;
	case IKE_HASH_SHA2_256:
		digest = "-digest sha256";
		break;
	case IKE_HASH_SHA2_384:
		digest = "-digest sha384";
		break;
	case IKE_HASH_SHA2_512:
		digest = "-digest sha512";
		break;
	case IKE_HASH_IDENTITY:
		break;
	}
	snprintf(buf, sizeof(buf), "-rawin %s %s", digest,
		 s->pss ? "-pkeyopt rsa_padding_mode:pss "
			  "-pkeyopt rsa_pss_saltlen:digest"
			: "");
	return buf;
}

/* RFC 4754's octets are nothing that openssl has a form for. */
static void openssl_takes_what_is_signed_and_the_other_way_around(void **state)
{
	const struct sign_scheme *s;
	size_t n = 0;

	(void)state;
	openssl_put("message", "abc", 3);
	for (size_t i = 0; (s = sign_at(i)); i++) {
		for (size_t k = 0; k < ARRAY_LEN(key_rows); k++) {
			struct octets sig;
			const uint8_t *made;

			if (!public_key_fits(public_of(k), s) || s->curve_bits)
				continue;
			sig = signed_by(k, s, text("abc"));
			openssl_put("sig", sig.at, sig.len);
			openssl("pkeyutl -verify -pubin -inkey %s.pub -in "
				"message -sigfile sig %s",
				key_rows[k].file, options(s));
			openssl("pkeyutl -sign -inkey %s -in message -out "
				"made %s",
				key_rows[k].file, options(s));
			made = openssl_get("made", &sig.len);
			memcpy(sig.at, made, sig.len);
			assert_int_equal(verify(k, s, text("abc"), &sig), 0);
			n++;
		}
	}
	assert_int_equal(n, 7 + 3 * 3 + 2);
}

/* Octets that are not the signature, made from one that is. */
static void changed_signature_is_refused(size_t key, const struct sign_scheme *s)
{
	struct octets good = signed_by(key, s, text("abc")), bad;

	assert_int_equal(verify(key, s, text("abc"), &good), 0);
	assert_int_equal(verify(key, s, text("abd"), &good), -EKEYREJECTED);
	assert_int_equal(verify(key, s, text(""), &good), -EKEYREJECTED);
	for (size_t i = 0; i < good.len; i += 1 + good.len / 64) {
		bad = good;
		bad.at[i] ^= (uint8_t)(1U << i % 8);
		assert_int_equal(verify(key, s, text("abc"), &bad),
				 -EKEYREJECTED);
		bad = good;
		bad.len = i;
		assert_int_equal(verify(key, s, text("abc"), &bad),
				 -EKEYREJECTED);
	}
	bad = good;
	bad.at[bad.len++] = 0;
	assert_int_equal(verify(key, s, text("abc"), &bad), -EKEYREJECTED);
	bad = good;
	memmove(bad.at + 1, bad.at, bad.len++);
	bad.at[0] = 0;
	assert_int_equal(verify(key, s, text("abc"), &bad), -EKEYREJECTED);
	memset(bad.at, 0, sizeof(bad.at));
	bad.len = good.len;
	assert_int_equal(verify(key, s, text("abc"), &bad), -EKEYREJECTED);
}

static void signature_is_of_its_message_key_and_scheme_alone(void **state)
{
	const struct sign_scheme *s, *t;

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(key_rows); k++)
		for (size_t i = 0; (s = sign_at(i)); i++) {
			struct octets sig;

			if (!public_key_fits(public_of(k), s)) {
				assert_int_equal(
					private_key_sign(keys[k], s, text(""),
							 sig.at, ROOM, &sig.len),
					-EINVAL);
				continue;
			}
			changed_signature_is_refused(k, s);
			sig = signed_by(k, s, text("abc"));
			for (size_t j = 0; (t = sign_at(j)); j++)
				if (t != s)
					assert_int_equal(
						verify(k, t, text("abc"), &sig),
						public_key_fits(public_of(k), t)
							? -EKEYREJECTED
							: -EINVAL);
		}
}

static void signature_that_has_no_room_is_not_written(void **state)
{
	const struct sign_scheme *s = sign_by_id(SIGN_RSA_SHA256);
	uint8_t out[256];
	size_t len = 77;

	(void)state;
	assert_int_equal(private_key_sign(keys[0], s, text("abc"), out, 255,
					  &len),
			 -ENOBUFS);
	assert_int_equal(len, 77);
	assert_int_equal(
		private_key_sign(keys[0], s, text("abc"), out, 256, &len), 0);
	assert_int_equal(len, 256);
}

/* --- RSA's padding, forged */

#define SHA256_INFO "3031300d060960864801650304020105000420"
#define SHA256_ABC \
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

/* What stands in the signature: with fill the octet between head and tail. */
static const struct {
	const char *what;
	const char *head;
	uint8_t fill;
	const char *tail;
} paddings[] = {
	{ "as it must be", "0001", 0xff, "00" SHA256_INFO SHA256_ABC },
	/* D. Bleichenbacher, CRYPTO 2006: what is behind the hash is not seen */
	{ "octets behind the hash",
	  "0001ffffffffffffffff00" SHA256_INFO SHA256_ABC, 0x00, "" },
	{ "an octet behind the hash", "0001", 0xff,
	  "00" SHA256_INFO SHA256_ABC "00" },
	{ "block type 2", "0002", 0xff, "00" SHA256_INFO SHA256_ABC },
	{ "block type 0", "0000", 0xff, "00" SHA256_INFO SHA256_ABC },
	{ "no octet of zeros before", "01", 0xff, "00" SHA256_INFO SHA256_ABC },
	{ "padding of another octet", "0001ff", 0xfe,
	  "ff00" SHA256_INFO SHA256_ABC },
	{ "no octet of zeros behind the padding", "0001", 0xff,
	  SHA256_INFO SHA256_ABC },
	{ "no DigestInfo", "0001", 0xff, "00" SHA256_ABC },
	{ "no parameters", "0001", 0xff,
	  "00302f300b0609608648016503040201"
	  "0420" SHA256_ABC },
	/* H. Finney's and others' shape of 2006: parameters that hold anything */
	{ "parameters that are none", "0001", 0xff,
	  "003033300f0609608648016503040201"
	  "04020000"
	  "0420" SHA256_ABC },
	{ "a long length", "0001", 0xff,
	  "00"
	  "308131300d060960864801650304020105000420" SHA256_ABC },
	{ "a hash cut to 20 octets", "0001", 0xff,
	  "003025300d060960864801650304020105000414"
	  "ba7816bf8f01cfea414140de5dae2223b00361a3" },
	{ "a hash of no octets", "0001", 0xff,
	  "003011300d060960864801650304020105000400" },
	{ "another hash's name", "0001", 0xff,
	  "003031300d060960864801650304020305000420" SHA256_ABC },
	{ "zeros alone", "00", 0x00, "" },
};

static EVP_PKEY *pkey_of(const char *file)
{
	const uint8_t *octets, *at;
	EVP_PKEY *pkey;
	size_t len;

	openssl("pkey -in %s -outform DER -out der", file);
	octets = openssl_get("der", &len);
	at = octets;
	pkey = d2i_AutoPrivateKey(NULL, &at, (long)len);
	assert_non_null(pkey);
	return pkey;
}

/* The private operation on octets as they are. */
static struct octets rsa_raw(EVP_PKEY *pkey, const uint8_t block[256])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	struct octets sig = { .len = sizeof(sig.at) };

	assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
	assert_int_equal(EVP_PKEY_sign(ctx, sig.at, &sig.len, block, 256), 1);
	EVP_PKEY_CTX_free(ctx);
	return sig;
}

static void forged_padding_is_refused(void **state)
{
	const struct sign_scheme *s = sign_by_id(SIGN_RSA_SHA256);
	EVP_PKEY *pkey = pkey_of("rsa");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paddings); i++) {
		struct octets head = hex(paddings[i].head), sig;
		struct octets tail = hex(paddings[i].tail);
		uint8_t block[256];

		memset(block, paddings[i].fill, sizeof(block));
		memcpy(block, head.at, head.len);
		memcpy(block + 256 - tail.len, tail.at, tail.len);
		sig = rsa_raw(pkey, block);
		if (verify(0, s, text("abc"), &sig) != (i ? -EKEYREJECTED : 0))
			fail_msg("%s", paddings[i].what);
	}
	EVP_PKEY_free(pkey);
}

/* A salt as long as the hash, and the same hash in MGF1. */
static void pss_with_other_parameters_is_refused(void **state)
{
	static const struct {
		const char *options;
		int err;
	} rows[] = {
		{ "-pkeyopt rsa_pss_saltlen:32", 0 },
		{ "-pkeyopt rsa_pss_saltlen:0", -EKEYREJECTED },
		{ "-pkeyopt rsa_pss_saltlen:20", -EKEYREJECTED },
		{ "-pkeyopt rsa_pss_saltlen:33", -EKEYREJECTED },
		{ "-pkeyopt rsa_pss_saltlen:max", -EKEYREJECTED },
		{ "-pkeyopt rsa_pss_saltlen:32 -pkeyopt rsa_mgf1_md:sha1",
		  -EKEYREJECTED },
	};

	(void)state;
	openssl_put("message", "abc", 3);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct octets sig;
		const uint8_t *made;

		openssl("pkeyutl -sign -inkey rsa -in message -rawin -digest "
			"sha256 -out made -pkeyopt rsa_padding_mode:pss %s",
			rows[i].options);
		made = openssl_get("made", &sig.len);
		memcpy(sig.at, made, sig.len);
		if (verify(0, sign_by_id(SIGN_PSS_SHA256), text("abc"), &sig) !=
		    rows[i].err)
			fail_msg("%s", rows[i].options);
	}
}

/* --- ECDSA's two numbers, forged: with the vector's key */

#define P256_N \
	"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define R    "cb28e0999b9c7715fd0a80d8e47a77079716cbbf917dd72e97566ea1c066957c"
#define S    "86fa3bb4e26cad5bf90b7f81899256ce7594bb1ea0c89212748bff3b3d5b0315"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"

static const struct {
	const char *what;
	enum sign_id scheme;
	const char *signature;
	int err;
} ecdsa_rows[] = {
	{ "r | s", SIGN_ECDSA_256, R S, 0 },
	{ "r is 0", SIGN_ECDSA_256, ZERO S, -EKEYREJECTED },
	{ "s is 0", SIGN_ECDSA_256, R ZERO, -EKEYREJECTED },
	{ "both are 0", SIGN_ECDSA_256, ZERO ZERO, -EKEYREJECTED },
	{ "r is the order", SIGN_ECDSA_256, P256_N S, -EKEYREJECTED },
	{ "s is the order", SIGN_ECDSA_256, R P256_N, -EKEYREJECTED },
	{ "s | r", SIGN_ECDSA_256, S R, -EKEYREJECTED },
	{ "DER where r | s must be", SIGN_ECDSA_256, "3046022100" R "022100" S,
	  -EKEYREJECTED },
	{ "DER", SIGN_ECDSA_SHA256, "3046022100" R "022100" S, 0 },
	{ "r | s where DER must be", SIGN_ECDSA_SHA256, R S, -EKEYREJECTED },
	{ "an octet behind", SIGN_ECDSA_SHA256, "3046022100" R "022100" S "00",
	  -EKEYREJECTED },
	{ "an octet in it", SIGN_ECDSA_SHA256, "3047022100" R "022100" S "00",
	  -EKEYREJECTED },
	{ "a third number", SIGN_ECDSA_SHA256,
	  "3049022100" R "022100" S "020100", -EKEYREJECTED },
	{ "a number with a zero before", SIGN_ECDSA_SHA256,
	  "304702220000" R "022100" S, -EKEYREJECTED },
	{ "a negative number", SIGN_ECDSA_SHA256, "30450220" R "022100" S,
	  -EKEYREJECTED },
	{ "a long length", SIGN_ECDSA_SHA256, "308146022100" R "022100" S,
	  -EKEYREJECTED },
	{ "a length that is not said", SIGN_ECDSA_SHA256,
	  "3080022100" R "022100" S "0000", -EKEYREJECTED },
};

static void forged_numbers_are_refused(void **state)
{
	struct octets spki = hex(SPKI_P256);
	struct public_key *key;

	(void)state;
	assert_int_equal(public_key_read(slice(&spki), &key), 0);
	for (size_t i = 0; i < ARRAY_LEN(ecdsa_rows); i++) {
		struct octets sig = hex(ecdsa_rows[i].signature);

		if (public_key_verify(key, sign_by_id(ecdsa_rows[i].scheme),
				      text("abc"),
				      slice(&sig)) != ecdsa_rows[i].err)
			fail_msg("%s", ecdsa_rows[i].what);
	}
	public_key_free(key);
}

/* --- AlgorithmIdentifiers */

#define PSS_OID	 "06092a864886f70d01010a"
#define MGF1_OID "06092a864886f70d010108"
#define SHA1	 "300906052b0e03021a0500"
#define SHA256	 "300d06096086480165030402010500"
#define SHA256X	 "300b0609608648016503040201"
#define SHA384	 "300d06096086480165030402020500"

static const struct {
	const char *what;
	const char *octets;
	int id; /* -1: none */
} alg_rows[] = {
	/* RFC 7427 appendix A */
	{ "A.1.1", "300d06092a864886f70d0101050500", SIGN_RSA_SHA1 },
	{ "A.1.2", "300d06092a864886f70d01010b0500", SIGN_RSA_SHA256 },
	{ "A.1.3", "300d06092a864886f70d01010c0500", SIGN_RSA_SHA384 },
	{ "A.1.4", "300d06092a864886f70d01010d0500", SIGN_RSA_SHA512 },
	{ "A.3.2", "300a06082a8648ce3d040302", SIGN_ECDSA_SHA256 },
	{ "A.3.3", "300a06082a8648ce3d040303", SIGN_ECDSA_SHA384 },
	{ "A.3.4", "300a06082a8648ce3d040304", SIGN_ECDSA_SHA512 },
	{ "A.4.3",
	  "3041" PSS_OID "3034a00f" SHA256 "a11c301a" MGF1_OID SHA256
	  "a203020120",
	  SIGN_PSS_SHA256 },
	/* RFC 8420 */
	{ "Ed25519", "300506032b6570", SIGN_ED25519 },
	{ "Ed448", "300506032b6571", SIGN_ED448 },
	/* RFC 4055: NULL or nothing */
	{ "RSA without NULL", "300b06092a864886f70d01010b", SIGN_RSA_SHA256 },
	{ "PSS without NULLs",
	  "303d" PSS_OID "3030a00d" SHA256X "a11a3018" MGF1_OID SHA256X
	  "a203020120",
	  SIGN_PSS_SHA256 },
	{ "PSS without one NULL",
	  "303f" PSS_OID "3032a00d" SHA256X "a11c301a" MGF1_OID SHA256
	  "a203020120",
	  SIGN_PSS_SHA256 },
	/* nothing of these may have parameters, nor others any other ones */
	{ "ECDSA with NULL", "300c06082a8648ce3d0403020500", -1 },
	{ "Ed25519 with NULL", "300706032b65700500", -1 },
	{ "RSA with an octet string", "300d06092a864886f70d01010b0400", -1 },
	{ "RSA with a sequence", "300d06092a864886f70d01010b3000", -1 },
	{ "RSA with NULL of an octet", "300e06092a864886f70d01010b050100", -1 },
	{ "RSA with two NULLs", "300f06092a864886f70d01010b05000500", -1 },
	{ "a long length", "30810d06092a864886f70d01010b0500", -1 },
	{ "an unknown length", "308006092a864886f70d01010b05000000", -1 },
	{ "a set", "310d06092a864886f70d01010b0500", -1 },
	{ "an octet behind", "300d06092a864886f70d01010b050000", -1 },
	{ "MD5", "300d06092a864886f70d0101040500", -1 },
	{ "SHA-224", "300d06092a864886f70d01010e0500", -1 },
	{ "the key's own name", "300d06092a864886f70d0101010500", -1 },
	{ "ECDSA with SHA-1", "300906072a8648ce3d0401", -1 },
	{ "nothing", "", -1 },
	{ "an empty one", "3000", -1 },
	{ "no name", "30020500", -1 },
	/* PSS: all parameters, and all of the same hash */
	{ "PSS without parameters", "300b" PSS_OID, -1 },
	{ "PSS with NULL", "300d" PSS_OID "0500", -1 },
	{ "PSS of defaults (SHA-1)", "300d" PSS_OID "3000", -1 },
	{ "PSS with two hashes",
	  "3041" PSS_OID "3034a00f" SHA256 "a11c301a" MGF1_OID SHA384
	  "a203020120",
	  -1 },
	{ "PSS with MGF1 of SHA-1",
	  "303d" PSS_OID "3030a00f" SHA256 "a1183016" MGF1_OID SHA1 "a203020120",
	  -1 },
	{ "PSS with a hash as mask",
	  "3034" PSS_OID "3027a00f" SHA256 "a10f" SHA256 "a203020120", -1 },
	{ "PSS without a mask", "3023" PSS_OID "3016a00f" SHA256 "a203020120",
	  -1 },
	{ "PSS with a short salt",
	  "3041" PSS_OID "3034a00f" SHA256 "a11c301a" MGF1_OID SHA256
	  "a203020114",
	  -1 },
	{ "PSS with a long salt",
	  "3041" PSS_OID "3034a00f" SHA256 "a11c301a" MGF1_OID SHA256
	  "a203020140",
	  -1 },
	{ "PSS with a negative salt",
	  "3041" PSS_OID "3034a00f" SHA256 "a11c301a" MGF1_OID SHA256
	  "a2030201e0",
	  -1 },
	{ "PSS without a salt",
	  "303c" PSS_OID "302fa00f" SHA256 "a11c301a" MGF1_OID SHA256, -1 },
	{ "PSS with a trailer of 1",
	  "3046" PSS_OID "3039a00f" SHA256 "a11c301a" MGF1_OID SHA256
	  "a203020120a303020101",
	  -1 },
	{ "PSS with a trailer of 2",
	  "3046" PSS_OID "3039a00f" SHA256 "a11c301a" MGF1_OID SHA256
	  "a203020120a303020102",
	  -1 },
	{ "PSS with an octet behind",
	  "3043" PSS_OID "3034a00f" SHA256 "a11c301a" MGF1_OID SHA256
	  "a2030201200500",
	  -1 },
};

static void algorithm_identifier_is_one_scheme_or_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(alg_rows); i++) {
		struct octets alg = hex(alg_rows[i].octets);
		const struct sign_scheme *s = sign_by_alg(slice(&alg));

		if (s ? alg_rows[i].id != (int)s->id : alg_rows[i].id != -1)
			fail_msg("%s is %s", alg_rows[i].what,
				 s ? s->name : "none");
		assert_int_equal(ERR_peek_error(), 0);
	}
}

/* Each octet to each value, each cut: another scheme's own octets, or none. */
static void changed_algorithm_identifier_is_no_longer_that(void **state)
{
	const struct sign_scheme *s, *t;

	(void)state;
	for (size_t i = 0; (s = sign_at(i)); i++) {
		struct octets alg = { .len = s->alg_bytes };

		memcpy(alg.at, s->alg_bytes ? s->alg : "", s->alg_bytes);
		for (size_t at = 0; at < s->alg_bytes; at++) {
			assert_null(sign_by_alg(slice_of(alg.at, at)));
			for (unsigned int v = 1; v < 256; v++) {
				alg.at[at] ^= (uint8_t)v;
				t = sign_by_alg(slice(&alg));
				if (t && (t->alg_bytes != alg.len ||
					  memcmp(t->alg, alg.at, alg.len) != 0))
					fail_msg("%s: octet %zu", s->name, at);
				alg.at[at] ^= (uint8_t)v;
			}
		}
	}
}

static void scheme_is_found_by_what_names_it(void **state)
{
	const struct sign_scheme *s;
	size_t n = 0;

	(void)state;
	for (; (s = sign_at(n)); n++) {
		assert_ptr_equal(sign_by_id(s->id), s);
		assert_true(s->alg_bytes || s->method != IKE_AUTH_SIGNATURE);
		if (s->method != IKE_AUTH_SIGNATURE)
			assert_ptr_equal(sign_by_method((uint8_t)s->method), s);
		if (s->alg_bytes)
			assert_ptr_equal(
				sign_by_alg(slice_of(s->alg, s->alg_bytes)), s);
		assert_int_equal(!s->weak, s->hash != IKE_HASH_SHA1);
	}
	assert_int_equal(n, SIGN_ED448 + 1);
	assert_null(sign_by_method(IKE_AUTH_SIGNATURE));
	assert_null(sign_by_method(IKE_AUTH_PSK));
	assert_int_equal(sign_by_method(IKE_AUTH_RSA)->id, SIGN_RSA_SHA1);
	assert_int_equal(sign_by_method(IKE_AUTH_ECDSA_521)->id, SIGN_ECDSA_521);
}

static void public_half_is_of_its_type_and_length(void **state)
{
	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(key_rows); k++) {
		struct public_key *again;

		assert_int_equal(public_key_type(public_of(k)),
				 key_rows[k].type);
		assert_int_equal(public_key_bits(public_of(k)),
				 key_rows[k].bits);
		assert_int_equal(public_key_read(public_key_spki(public_of(k)),
						 &again),
				 0);
		for (size_t j = 0; j < ARRAY_LEN(key_rows); j++)
			assert_int_equal(public_key_equal(again, public_of(j)),
					 j == k);
		public_key_free(again);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_signature_verifies),
		cmocka_unit_test(
			openssl_takes_what_is_signed_and_the_other_way_around),
		cmocka_unit_test(
			signature_is_of_its_message_key_and_scheme_alone),
		cmocka_unit_test(signature_that_has_no_room_is_not_written),
		cmocka_unit_test(forged_padding_is_refused),
		cmocka_unit_test(pss_with_other_parameters_is_refused),
		cmocka_unit_test(forged_numbers_are_refused),
		cmocka_unit_test(algorithm_identifier_is_one_scheme_or_none),
		cmocka_unit_test(changed_algorithm_identifier_is_no_longer_that),
		cmocka_unit_test(scheme_is_found_by_what_names_it),
		cmocka_unit_test(public_half_is_of_its_type_and_length),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
