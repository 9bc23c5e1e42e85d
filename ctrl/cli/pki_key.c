// SPDX-License-Identifier: BSD-2-Clause
/* `cygnet pki gen`, `cygnet pki pub`, and `cygnet pki` alone. */
#include "ctrl/cli/pki.h"

#include <errno.h>
#include <string.h>

#include "ctrl/cli/pki_files.h"
#include "ctrl/cli/pki_input.h"
#include "ctrl/cli/pki_options.h"
#include "ctrl/crypto/key_make.h"

#define MODE_PRIVATE 0600
#define RSA_BITS     3072
#define ECDSA_BITS   256

int pki_run(const struct arguments *args, FILE *out)
{
	const size_t len = strlen(args->command->name);
	const struct command *c;

	(void)out;
	fputs("cygnet: 'pki' takes one of", stderr);
	for (size_t i = 0; (c = command_at(i)); i++)
		if (strncmp(c->name, args->command->name, len) == 0 &&
		    c->name[len] == ' ')
			fprintf(stderr, " %s", c->name + len + 1);
	fputs("; `cygnet pki --help` shows what they are\n", stderr);
	return PKI_EXIT_USAGE;
}

/* --- gen --- */

static unsigned int usual_bits(enum key_type type)
{
	switch (type) {
	case KEY_RSA:
		return RSA_BITS;
	case KEY_ECDSA:
		return ECDSA_BITS;
	case KEY_ED25519:
	case KEY_ED448:
		break;
	}
	return 0;
}

static int write_key(const struct arguments *args, const struct pki_options *o,
		     const struct private_key *key, struct error *e)
{
	const char *secret = args->values[OPTION_PASSPHRASE_FILE];
	struct owned passphrase = { NULL, 0 }, octets;
	int err = secret ? pki_read_secret(secret, &passphrase, e) : 0;

	if (err)
		return err;
	err = key_write(key, o->form, owned_slice(&passphrase), &octets);
	owned_free(&passphrase);
	if (err == -E2BIG)
		return error_set(e, err,
				 "%.200s: a passphrase has at most %d octets",
				 secret, PASSPHRASE_MAX);
	if (err)
		return error_set(e, err, "the key could not be written");
	err = pki_write(args->values[OPTION_OUT], owned_slice(&octets),
			MODE_PRIVATE, pki_replace_of(args), e);
	owned_free(&octets);
	return err;
}

int pki_gen_run(const struct arguments *args, FILE *out)
{
	struct private_key *key;
	struct pki_options o;
	struct error e;
	int err;

	(void)out;
	if (pki_options_read(args, &o, &e))
		return pki_usage(&e);
	err = key_make(o.type, o.size ? o.size : usual_bits(o.type), &key, &e);
	if (err == -EINVAL)
		return pki_usage(&e);
	if (err)
		return pki_failed(&e);
	err = write_key(args, &o, key, &e);
	private_key_free(key);
	return err ? pki_failed(&e) : 0;
}

/* --- pub --- */

int pki_pub_run(const struct arguments *args, FILE *out)
{
	struct pki_input input;
	struct pki_options o;
	struct owned octets;
	struct error e;
	int err;

	(void)out;
	if (pki_options_read(args, &o, &e))
		return pki_usage(&e);
	if (pki_input_read(args, &input, &e))
		return pki_failed(&e);
	err = input.key ? key_write_public(input.key, o.form, &octets)
			: error_set(&e, -EINVAL,
				    "%.200s: a CRL has no public key; give a "
				    "key, a request or a certificate",
				    pki_input_path(args));
	if (!err) {
		err = pki_write(args->values[OPTION_OUT], owned_slice(&octets),
				PKI_MODE_PUBLIC, pki_replace_of(args), &e);
		owned_free(&octets);
	} else if (input.key) {
		error_set(&e, err, "out of memory");
	}
	pki_input_free(&input);
	return err ? pki_failed(&e) : 0;
}
