/* SPDX-License-Identifier: BSD-2-Clause */
/* Any one thing that `cygnet pki` reads, whatever it is: it is told by its form. */
#ifndef CYG_CLI_PKI_INPUT_H
#define CYG_CLI_PKI_INPUT_H

#include "ctrl/cli/pki_files.h"
#include "ctrl/pki/request.h"

#define PKI_MODE_PUBLIC 0644

/* What it is not is NULL, or empty. */
struct pki_input {
	struct pki_certs certs;
	struct request *request;
	struct crl *crl;
	struct private_key *private_key;
	struct public_key *public_key;
	/* The public key of what it is, the first certificate's of several; NULL: a
	 * CRL's. Borrowed of the others. */
	const struct public_key *key;
};

/*
 * What the word behind the command, or --in, names, or standard input. PEM says what
 * it is; DER is tried.
 *
 * out   pki_input_free() it in every case
 */
int pki_input_read(const struct arguments *args, struct pki_input *out,
		   struct error *e);
void pki_input_free(struct pki_input *in);

/* For what is said of it. */
const char *pki_input_path(const struct arguments *args);

/* By --force. */
enum pki_replace pki_replace_of(const struct arguments *args);

#endif
