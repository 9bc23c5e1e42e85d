// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets as a certificate that a peer sends, and as a file with some. What is read
 * is inside its bounds, is shown in printable ASCII, has a verdict and is of nobody
 * that its names do not say. The root of its path, if it has one, is the octets' too.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "ctrl/pki/ident.h"
#include "ctrl/pki/trust.h"

#define NOW_S	  1800000000
#define CERTS_MAX 8U
#define INPUT_MAX 65536U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_cert: broken: %s\n", what);
	abort();
}

struct some {
	struct certificate *at[CERTS_MAX];
	size_t n;
};

static int take(void *arg, struct certificate *c)
{
	struct some *s = arg;

	if (s->n == CERTS_MAX) {
		certificate_free(c);
		return -E2BIG;
	}
	s->at[s->n++] = c;
	return 0;
}

static void check_text(const char *text)
{
	require(*text != '\0', "a name to show");
	for (; *text; text++)
		require(*text >= ' ' && *text <= '~', "printable ASCII");
}

static void check_fields(const struct certificate *c)
{
	char name[CERTIFICATE_STR_MAX];
	struct identity id;

	check_text(certificate_str(c, name));
	require(c->der.len <= CERTIFICATE_MAX_BYTES, "its length");
	require(c->n_sans <= CERTIFICATE_SANS_MAX, "as many names");
	require(c->key != NULL, "a key");
	for (size_t i = 0; i < c->n_sans; i++)
		require(ident_is(c, &c->sans[i]), "it is of its names");
	for (size_t i = 0; i < c->crls.n; i++)
		check_text(c->crls.at[i]);
	for (size_t i = 0; i < c->ocsp.n; i++)
		check_text(c->ocsp.at[i]);
	if (ident_of(c, &id))
		require(ident_is(c, &id) && ident_match(c, &id, RDN_REORDERED),
			"it is of its owner");
	id = (struct identity){ .type = IKE_ID_FQDN };
	require(!ident_is(c, &id), "it is of nobody without a name");
}

static void add(struct trust *t, enum trust_role role,
		const struct certificate *c)
{
	struct certificate *again;
	struct error e;

	require(certificate_read(c->der, &again, &e) == 0, "read again");
	require(certificate_equal(c, again), "the same");
	if (trust_add(t, role, again, &e))
		require(!c->is_ca, "a CA is taken");
}

/* The last one is the root. */
static void check_path(const struct some *s)
{
	struct trust_question q = {
		.leaf = s->at[0],
		.others = (const struct certificate *const *)(s->at + 1),
		.n_others = s->n - 1,
		.now_s = NOW_S,
	};
	struct trust_answer a;
	struct trust *t;

	require(trust_new(&t) == 0, "memory");
	add(t, TRUST_AS_CA, s->at[s->n - 1]);
	trust_check(t, &q, &a);
	require((a.verdict == TRUST_OK) == !a.why.text[0], "a reason");
	require(a.n_chain <= TRUST_CHAIN_MAX, "a chain");
	require(a.verdict != TRUST_OK || a.n_chain > 0, "a path that is good");
	if (a.why.text[0])
		check_text(a.why.text);
	q.revocation = REVOCATION_STRICT;
	trust_check(t, &q, &a);
	require(a.verdict != TRUST_OK || a.n_chain == 1, "a known status");
	trust_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct some s = { .n = 0 };
	struct error e = { "" };
	uint8_t *copy;
	int err;

	if (size > INPUT_MAX)
		return 0;
	copy = malloc(size + !size);
	if (!copy)
		abort();
	memcpy(copy, data, size);
	err = certificate_read_file(slice_of(copy, size), take, &s, &e);
	free(copy);
	require(!err == !e.text[0] || err == -E2BIG, "a reason");
	require(ERR_peek_error() == 0, "nothing in libcrypto's queue");
	for (size_t i = 0; i < s.n; i++)
		check_fields(s.at[i]);
	if (s.n)
		check_path(&s);
	for (size_t i = 0; i < s.n; i++)
		certificate_free(s.at[i]);
	return 0;
}
