// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets as what a CA answers to requests by CMP, as our code has libcrypto read
 * and judge them: the command (1 octet), then answers, each behind its length (2), as
 * many as are asked for. Nothing of them is protected by the secret, nor signed by a CA
 * that is trusted: no certificate comes of it, and there is a reason in one printable
 * line.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "ctrl/crypto/key_make.h"
#include "ctrl/pki/cmp.h"
#include "ctrl/pki/issue.h"
#include "tests/support/pki.h"

#define INPUT_MAX 65536U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_cmp: broken: %s\n", what);
	abort();
}

static struct {
	struct private_key *key;
	struct certificate *cert; /* for that key */
	struct request *request;  /* likewise */
} fixed;

static struct owned own_certificate(void)
{
	static const uint8_t subject[] = { 0x30, 0x0c, 0x31, 0x0a, 0x30,
					   0x08, 0x06, 0x03, 0x55, 0x04,
					   0x03, 0x0c, 0x01, 'x' };
	struct signer signer;
	struct issue_plan p = { .key = private_key_public(fixed.key),
				.subject = slice_of(subject, sizeof(subject)),
				.not_before_s = PKI_NOW_S,
				.not_after_s = PKI_NOW_S + 1 };
	struct owned der, request;
	struct error e;

	require(signer_of(fixed.key, (enum ike_hash)0, false, &signer, &e) == 0,
		"a signer");
	p.signer = signer;
	require(issue_certificate(&p, &der, &e) == 0, "a certificate");
	require(request_make(p.subject, NULL, 0, &signer, &request, &e) == 0 &&
			request_read(owned_slice(&request), &fixed.request,
				     &e) == 0,
		"a request");
	owned_free(&request);
	return der;
}

static void begin(void)
{
	struct owned der;
	struct error e;

	if (fixed.key)
		return;
	require(key_make(KEY_ECDSA, 256, &fixed.key, &e) == 0, "a key");
	der = own_certificate();
	require(certificate_read(owned_slice(&der), &fixed.cert, &e) == 0,
		"a certificate again");
	owned_free(&der);
}

static int answer(void *arg, struct slice request, struct owned *out,
		  struct error *e)
{
	struct slice *left = arg, one;
	uint16_t len;

	require(request.len > 0, "a request");
	if (!rd_u16(left, &len) || !rd_slice(left, len, &one))
		return error_set(e, -EPROTO, "no more answers");
	require(owned_copy(one, out) == 0, "memory");
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct certificate *ca;
	struct slice in = slice_of(data, size);
	struct cmp_plan p = { .exchange = answer,
			      .arg = &in,
			      .timeout_s = 1,
			      .ref = slice_of("ref", 3),
			      .secret = slice_of("secret", 6) };
	struct certificate *c = NULL;
	struct error e = { "" };
	uint8_t mode;

	begin();
	if (size > INPUT_MAX || !rd_u8(&in, &mode))
		return 0;
	ca = fixed.cert;
	p.command = (enum cmp_command)(mode % (CMP_RR + 1));
	if (mode & 0x80) {
		p.secret = slice_of(NULL, 0);
		p.own = &ca;
		p.n_own = 1;
		p.own_key = fixed.key;
		p.cas = &ca;
		p.n_cas = 1;
	}
	p.key = p.command == CMP_P10CR || p.command == CMP_RR ? NULL : fixed.key;
	p.request = p.command == CMP_P10CR ? fixed.request : NULL;
	p.old = p.command >= CMP_KUR ? fixed.cert : NULL;
	require(cmp_run(&p, &c, &e) != 0 && !c, "nothing comes of it");
	require(e.text[0] != '\0', "a reason");
	for (const char *at = e.text; *at; at++)
		require(*at >= ' ' && *at <= '~', "printable ASCII");
	require(ERR_peek_error() == 0, "nothing in libcrypto's queue");
	return 0;
}
