// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets as a request for a certificate, and as subject and attributes of one that
 * is well signed: mode (1 octet), of the latter the length of the subject (2), then
 * the octets. What is read is inside its bounds, and a certificate that is issued for
 * it is one that we read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "ctrl/crypto/key_make.h"
#include "ctrl/model/dn.h"
#include "ctrl/pki/issue.h"
#include "ctrl/pki/request.h"
#include "tests/support/pki.h"

#define INPUT_MAX 32768U
#define ROOM	  (INPUT_MAX + 1024U)
#define SPKI_MAX  256U
#define DER_LONG  0x82
#define NOW_S	  1800000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_req: broken: %s\n", what);
	abort();
}

static struct {
	uint8_t spki[SPKI_MAX]; /* of the key that signs */
	size_t spki_len;
	struct private_key *ca;
} fixed;

static void begin(void)
{
	const struct pki_cert who = { .name = "who" };
	struct certificate *c;
	struct error e;

	if (fixed.ca)
		return;
	pki_make(&who);
	require(certificate_read(pki_der("who"), &c, &e) == 0, "a certificate");
	fixed.spki_len = public_key_spki(c->key).len;
	require(fixed.spki_len <= SPKI_MAX, "room");
	memcpy(fixed.spki, public_key_spki(c->key).ptr, fixed.spki_len);
	certificate_free(c);
	require(key_make(KEY_ECDSA, 256, &fixed.ca, &e) == 0, "a key");
}

static struct wr_mark open_der(struct builder *b, uint8_t tag)
{
	wr_u8(b, tag);
	wr_u8(b, DER_LONG);
	return wr_begin(b, 2);
}

/* CertificationRequestInfo (RFC 2986 section 4.1), with a signature. */
static size_t signed_request(struct slice in, uint8_t out[2 * ROOM])
{
	static uint8_t info[ROOM];
	struct builder b = wr_init(info, sizeof(info));
	struct wr_mark whole, attributes;
	struct slice subject;
	uint16_t len;

	if (!rd_u16(&in, &len) || !rd_slice(&in, len, &subject))
		return 0;
	whole = open_der(&b, 0x30);
	wr_bytes(&b, "\x02\x01\x00", 3);
	wr_bytes(&b, subject.ptr, subject.len);
	wr_bytes(&b, fixed.spki, fixed.spki_len);
	attributes = open_der(&b, 0xa0);
	wr_bytes(&b, in.ptr, in.len);
	wr_end(&b, attributes);
	wr_end(&b, whole);
	require(wr_ok(&b), "room");
	return pki_sign("who", slice_of(info, b.len), out, 2 * ROOM);
}

static void check_issue(const struct request *r)
{
	struct issue_plan p = { .key = r->key,
				.subject = r->subject,
				.sans = r->sans,
				.n_sans = r->n_sans,
				.not_before_s = NOW_S,
				.not_after_s = NOW_S + 1 };
	struct certificate *c;
	struct owned der;
	struct error e;

	require(signer_of(fixed.ca, (enum ike_hash)0, false, &p.signer, &e) == 0,
		"a signer");
	if (issue_certificate(&p, &der, &e)) {
		require(e.text[0] != '\0', "a reason");
		return;
	}
	require(der.len > CERTIFICATE_MAX_BYTES ||
			certificate_read(owned_slice(&der), &c, &e) == 0,
		"what is issued is read");
	if (der.len <= CERTIFICATE_MAX_BYTES) {
		require(c->n_sans == r->n_sans, "its names");
		require(!c->is_ca, "no CA of its own making");
		certificate_free(c);
	}
	owned_free(&der);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t made[2 * ROOM];
	struct slice in = slice_of(data, size);
	struct error e = { "" };
	struct request *r;
	struct owned copy;
	uint8_t mode;
	int err;

	begin();
	if (size > INPUT_MAX || !rd_u8(&in, &mode))
		return 0;
	if (mode & 1)
		in = slice_of(made, signed_request(in, made));
	require(owned_copy(in, &copy) == 0, "memory");
	err = request_read(owned_slice(&copy), &r, &e);
	owned_free(&copy);
	require(!err == !e.text[0], "a reason");
	require(ERR_peek_error() == 0, "nothing in libcrypto's queue");
	if (err)
		return 0;
	require(r->key != NULL, "a key");
	require(r->n_sans <= CERTIFICATE_SANS_MAX, "as many names");
	require(!r->subject.len || dn_valid(r->subject), "a name");
	check_issue(r);
	require(ERR_peek_error() == 0, "nothing in libcrypto's queue");
	request_free(r);
	return 0;
}
