// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets as a CRL that a server gives. The first octet says how: as they are, and
 * then they change no verdict but that of `strict`, for our CA did not sign them; or as
 * what our CA signed, so that all that is behind the signature is reached. Of two, the
 * next two octets are the length of the first.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "ctrl/pki/trust.h"
#include "tests/support/pki.h"

#define INPUT_MAX 32768U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static const struct pki_cert certs[] = {
	{ .name = "root",
	  .exts = { "basicConstraints=critical,CA:TRUE",
		    "keyUsage=keyCertSign,cRLSign" } },
	{ .name = "leaf", .issuer = "root" },
};

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_crl: broken: %s\n", what);
	abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	for (size_t i = 0; i < sizeof(certs) / sizeof(certs[0]); i++)
		pki_make(&certs[i]);
	ERR_clear_error();
	return 0;
}

static struct certificate *cert(const char *name)
{
	struct certificate *c = NULL;
	struct error e;

	require(certificate_read(pki_der(name), &c, &e) == 0, "our own");
	return c;
}

/* In memory of its own size, so that the address sanitizer sees the rest. */
static void add(struct trust *t, struct slice octets)
{
	struct crl *crl = NULL;
	struct error e = { "" };
	uint8_t *copy = malloc(octets.len + !octets.len);
	int err;

	if (!copy)
		abort();
	memcpy(copy, octets.ptr, octets.len);
	err = crl_read(slice_of(copy, octets.len), &crl, &e);
	free(copy);
	require(!err == (crl != NULL) && !err == !e.text[0], "one or a reason");
	require(ERR_peek_error() == 0, "nothing in libcrypto's queue");
	if (err)
		return;
	require(crl->issuer.len > 0, "an issuer");
	require(trust_add_crl(t, crl) == 0, "memory");
}

static void add_signed(struct trust *t, struct slice tbs)
{
	static uint8_t room[INPUT_MAX + 256];

	add(t, slice_of(room, pki_sign("root", tbs, room, sizeof(room))));
}

static void add_two(struct trust *t, struct slice in, bool are_signed)
{
	struct slice first = slice_of(NULL, 0);
	uint16_t len = 0;

	if (rd_u16(&in, &len) && !rd_slice(&in, len, &first))
		first = slice_of(in.ptr, 0);
	if (are_signed) {
		add_signed(t, first);
		add_signed(t, in);
	} else {
		add(t, first);
		add(t, in);
	}
}

static void check(struct trust *t, const struct certificate *leaf,
		  bool are_signed)
{
	struct trust_question q = { .leaf = leaf, .now_s = PKI_NOW_S };
	struct trust_answer a;

	trust_check(t, &q, &a);
	require(are_signed || (a.verdict == TRUST_OK && a.unknown[0]),
		"nobody but the CA revokes");
	require(a.verdict == TRUST_OK || a.verdict == TRUST_REVOKED,
		"nothing else comes of a CRL");
	q.revocation = REVOCATION_STRICT;
	trust_check(t, &q, &a);
	require(are_signed || a.verdict == TRUST_UNKNOWN_STATUS,
		"nor says that it is good");
	require((a.verdict == TRUST_OK) == !a.why.text[0], "a reason");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct certificate *leaf;
	struct trust *t;
	struct error e;

	if (size < 3 || size > INPUT_MAX)
		return 0;
	leaf = cert("leaf");
	require(trust_new(&t) == 0, "memory");
	require(trust_add(t, TRUST_AS_CA, cert("root"), &e) == 0, "our CA");
	add_two(t, slice_of(data + 1, size - 1), data[0] & 1);
	check(t, leaf, data[0] & 1);
	trust_free(t);
	certificate_free(leaf);
	return 0;
}
