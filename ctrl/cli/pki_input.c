// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/pki_input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/crypto/key_make.h"

#define INPUT_MAX    CRL_MAX_BYTES
#define DER_SEQUENCE 0x30

enum kind {
	KIND_CERTIFICATE,
	KIND_REQUEST,
	KIND_CRL,
	KIND_PUBLIC_KEY,
	KIND_PRIVATE_KEY, /* which is tried last: it may ask for a passphrase */
	N_KINDS,
};

const char *pki_input_path(const struct arguments *args)
{
	const char *path =
		args->words[0] ? args->words[0] : args->values[OPTION_IN];

	return path && strcmp(path, "-") != 0 ? path : "standard input";
}

enum pki_replace pki_replace_of(const struct arguments *args)
{
	return arguments_have(args, OPT(FORCE)) ? PKI_REPLACE_EXISTING
						: PKI_REPLACE_NEVER;
}

static int read_as(enum kind kind, const struct arguments *args,
		   struct slice octets, struct pki_input *out, struct error *e)
{
	int err = -EBADMSG;

	switch (kind) {
	case KIND_CERTIFICATE:
		err = certificate_read_file(octets, pki_certs_take, &out->certs,
					    e);
		break;
	case KIND_REQUEST:
		err = request_read(octets, &out->request, e);
		break;
	case KIND_CRL:
		err = crl_read(octets, &out->crl, e);
		break;
	case KIND_PUBLIC_KEY:
		err = key_read_public(octets, &out->public_key);
		if (err)
			error_set(e, err,
				  "it is no public key in PEM or DER, or one of "
				  "a type that IKE has not");
		break;
	case KIND_PRIVATE_KEY:
		err = pki_key_of(args, octets, &out->private_key, e);
		break;
	case N_KINDS:
		break;
	}
	return err;
}

/* What the first line of PEM says; N_KINDS: nothing. */
static enum kind kind_of(struct slice octets)
{
	static const struct {
		const char *label;
		enum kind kind;
	} rows[] = {
		{ "CERTIFICATE REQUEST-----", KIND_REQUEST },
		{ "NEW CERTIFICATE REQUEST-----", KIND_REQUEST },
		{ "X509 CRL-----", KIND_CRL },
		{ "PUBLIC KEY-----", KIND_PUBLIC_KEY },
		{ "PRIVATE KEY-----", KIND_PRIVATE_KEY },
		{ "RSA PRIVATE KEY-----", KIND_PRIVATE_KEY },
		{ "EC PRIVATE KEY-----", KIND_PRIVATE_KEY },
		{ "EC PARAMETERS-----", KIND_PRIVATE_KEY },
		{ "ENCRYPTED PRIVATE KEY-----", KIND_PRIVATE_KEY },
		{ "CERTIFICATE-----", KIND_CERTIFICATE },
		{ "X509 CERTIFICATE-----", KIND_CERTIFICATE },
		{ "TRUSTED CERTIFICATE-----", KIND_CERTIFICATE },
	};
	static const char begin[] = "-----BEGIN ";
	const uint8_t *at =
		memmem(octets.ptr, octets.len, begin, sizeof(begin) - 1);
	size_t left;

	if (!at)
		return N_KINDS;
	at += sizeof(begin) - 1;
	left = octets.len - (size_t)(at - octets.ptr);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = strlen(rows[i].label);

		if (left >= len && memcmp(at, rows[i].label, len) == 0)
			return rows[i].kind;
	}
	return N_KINDS;
}

/* Which one it is, where it is malformed, nobody can tell: who knows more of it than
 * that says so. */
static int try_all(const struct arguments *args, struct slice octets,
		   struct pki_input *out, struct error *e)
{
	struct error best = { "" }, why;
	int err = -EBADMSG, best_err = -EBADMSG;

	for (int kind = 0; kind < N_KINDS && err; kind++) {
		err = read_as((enum kind)kind, args, octets, out, &why);
		if (err && err != -EBADMSG && err != -ENOENT && !best.text[0]) {
			best = why;
			best_err = err;
		}
	}
	if (!err)
		return 0;
	return error_set(e, best_err, "%s",
			 best.text[0] ? best.text
				      : "it is no certificate, request, CRL or "
					"key in PEM or DER, or a malformed one");
}

static void set_key(struct pki_input *in)
{
	if (in->certs.n)
		in->key = in->certs.at[0]->key;
	else if (in->request)
		in->key = in->request->key;
	else if (in->private_key)
		in->key = private_key_public(in->private_key);
	else
		in->key = in->public_key;
}

int pki_input_read(const struct arguments *args, struct pki_input *out,
		   struct error *e)
{
	const char *path =
		args->words[0] ? args->words[0] : args->values[OPTION_IN];
	struct owned octets;
	struct error why;
	enum kind kind;
	int err;

	*out = (struct pki_input){ .key = NULL };
	err = pki_read(path, INPUT_MAX, &octets, e);
	if (err)
		return err;
	kind = octets.len && octets.ptr[0] == DER_SEQUENCE
		       ? N_KINDS
		       : kind_of(owned_slice(&octets));
	err = kind == N_KINDS
		      ? try_all(args, owned_slice(&octets), out, &why)
		      : read_as(kind, args, owned_slice(&octets), out, &why);
	owned_free(&octets);
	if (err)
		return error_set(e, err, "%.200s: %.600s", pki_input_path(args),
				 why.text);
	set_key(out);
	return 0;
}

void pki_input_free(struct pki_input *in)
{
	pki_certs_free(&in->certs);
	request_free(in->request);
	crl_free(in->crl);
	private_key_free(in->private_key);
	public_key_free(in->public_key);
	*in = (struct pki_input){ .key = NULL };
}
