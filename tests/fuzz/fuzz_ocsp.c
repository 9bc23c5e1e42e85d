// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets as what a responder of OCSP says. The first octet says how: as they are,
 * and then they change no verdict but that of `strict`, for nobody signed them who may;
 * or as the ResponseData that our CA signed, so that all that is behind the signature
 * is reached.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/sha.h>

#include "ctrl/pki/trust.h"
#include "tests/support/pki.h"

#define INPUT_MAX   32768U
#define PLACEHOLDER "####################"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static const struct pki_cert certs[] = {
	{ .name = "root",
	  .exts = { "basicConstraints=critical,CA:TRUE",
		    "keyUsage=keyCertSign,cRLSign" } },
	{ .name = "leaf", .issuer = "root" },
};

static uint8_t key_hash[SHA_DIGEST_LENGTH];
static uint8_t *request;
static size_t n_request;

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_ocsp: broken: %s\n", what);
	abort();
}

static struct certificate *cert(const char *name)
{
	struct certificate *c = NULL;
	struct error e;

	require(certificate_read(pki_der(name), &c, &e) == 0, "our own");
	return c;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const uint8_t nonce[OCSP_NONCE_BYTES];
	struct certificate *c;
	const uint8_t *at;
	X509 *root;

	(void)argc;
	(void)argv;
	for (size_t i = 0; i < sizeof(certs) / sizeof(certs[0]); i++)
		pki_make(&certs[i]);
	at = pki_der("root").ptr;
	root = d2i_X509(NULL, &at, (long)pki_der("root").len);
	require(X509_pubkey_digest(root, EVP_sha1(), key_hash, NULL) == 1,
		"a hash");
	X509_free(root);
	c = cert("root");
	require(ocsp_ask(c, c, nonce, &request, &n_request) == 0, "a request");
	certificate_free(c);
	ERR_clear_error();
	return 0;
}

static void put_head(struct builder *b, uint8_t tag, size_t len)
{
	wr_u8(b, tag);
	wr_u8(b, 0x82);
	wr_u16(b, (uint16_t)len);
}

/* An OCSPResponse around what is signed: each SEQUENCE and the like has 4 octets. */
static struct slice enclose(struct slice basic, uint8_t *room, size_t bytes)
{
	/* id-pkix-ocsp-basic */
	static const uint8_t type[] = { 6, 9, 0x2b, 6, 1, 5, 5, 7, 48, 1, 1 };
	static const uint8_t successful[] = { 10, 1, 0 };
	struct builder b = wr_init(room, bytes);
	size_t octets = sizeof(type) + 4 + basic.len;

	put_head(&b, 0x30, sizeof(successful) + 8 + octets);
	wr_bytes(&b, successful, sizeof(successful));
	put_head(&b, 0xa0, 4 + octets);
	put_head(&b, 0x30, octets);
	wr_bytes(&b, type, sizeof(type));
	put_head(&b, 4, basic.len);
	wr_bytes(&b, basic.ptr, basic.len);
	require(wr_ok(&b), "room");
	return slice_of(room, b.len);
}

/* Keys are new each time: where PLACEHOLDER stands, comes the hash of our CA's. */
static struct slice sign(struct slice in)
{
	static uint8_t tbs[INPUT_MAX], basic[INPUT_MAX + 256],
		room[INPUT_MAX + 512];
	const struct slice data = slice_of(tbs, in.len);
	uint8_t *at;

	memcpy(tbs, in.ptr, in.len);
	while ((at = memmem(tbs, data.len, PLACEHOLDER, sizeof(key_hash))))
		memcpy(at, key_hash, sizeof(key_hash));
	return enclose(slice_of(basic,
				pki_sign("root", data, basic, sizeof(basic))),
		       room, sizeof(room));
}

/* In memory of its own size, so that the address sanitizer sees the rest. */
static struct ocsp *read_response(struct slice octets)
{
	struct ocsp *o = NULL;
	struct error e = { "" };
	uint8_t *copy = malloc(octets.len + !octets.len);
	int err;

	if (!copy)
		abort();
	memcpy(copy, octets.ptr, octets.len);
	err = ocsp_read(slice_of(copy, octets.len), &o, &e);
	free(copy);
	require(!err == (o != NULL) && !err == !e.text[0], "one or a reason");
	require(ERR_peek_error() == 0, "nothing in libcrypto's queue");
	require(err || o->n > 0, "something is said");
	return o;
}

static void check(struct trust *t, const struct certificate *leaf,
		  bool is_signed)
{
	struct trust_question q = { .leaf = leaf, .now_s = PKI_NOW_S };
	struct trust_answer a;

	trust_check(t, &q, &a);
	require(is_signed || (a.verdict == TRUST_OK && a.unknown[0]),
		"nobody but the CA revokes");
	require(a.verdict == TRUST_OK || a.verdict == TRUST_REVOKED,
		"nothing else comes of a response");
	q.revocation = REVOCATION_STRICT;
	trust_check(t, &q, &a);
	require(is_signed || a.verdict == TRUST_UNKNOWN_STATUS,
		"nor says that it is good");
	require((a.verdict == TRUST_OK) == !a.why.text[0], "a reason");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in;
	struct certificate *leaf;
	struct trust *t;
	struct ocsp *o;
	struct error e;

	if (size < 2 || size > INPUT_MAX)
		return 0;
	in = slice_of(data + 1, size - 1);
	if (data[0] & 1)
		in = sign(in);
	o = read_response(in);
	if (!o)
		return 0;
	(void)ocsp_answers(o, slice_of(request, n_request));
	leaf = cert("leaf");
	require(trust_new(&t) == 0, "memory");
	require(trust_add(t, TRUST_AS_CA, cert("root"), &e) == 0, "our CA");
	require(trust_add_ocsp(t, o) == 0, "memory");
	check(t, leaf, data[0] & 1);
	trust_free(t);
	certificate_free(leaf);
	return 0;
}
