/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of `cygnet pki`: read whole and bounded, written whole or not at all. Every
 * error begins with the file's name.
 */
#ifndef CYG_CLI_PKI_FILES_H
#define CYG_CLI_PKI_FILES_H

#include <stdbool.h>
#include <sys/types.h>

#include "ctrl/base/error.h"
#include "ctrl/base/owned.h"
#include "ctrl/cli/arguments.h"
#include "ctrl/crypto/private_key.h"
#include "ctrl/pki/certificate.h"
#include "ctrl/pki/crl.h"

#define PKI_CERTS_MAX 64

/* Certificates of a file, or of several. */
struct pki_certs {
	struct certificate *at[PKI_CERTS_MAX];
	size_t n;
};

/*
 * path   NULL or "-": standard input
 * max    octets
 *
 * 0, or a negative errno with e filled.
 */
int pki_read(const char *path, size_t max, struct owned *out, struct error *e);

/* A passphrase, or a secret: the first line of a file that is nobody else's to read. */
int pki_read_secret(const char *path, struct owned *out, struct error *e);

/* With the passphrase in --passphrase-file, where it is encrypted. */
int pki_read_key(const struct arguments *args, const char *path,
		 struct private_key **out, struct error *e);

/* The same of octets, without a file's name before the error. */
int pki_key_of(const struct arguments *args, struct slice octets,
	       struct private_key **out, struct error *e);

/* For certificate_read_file(); -ENOBUFS: there are too many. */
int pki_certs_take(void *certs, struct certificate *c);

/* Behind those that are there. pki_certs_free() in every case. */
int pki_read_certs(const char *path, struct pki_certs *out, struct error *e);
void pki_certs_free(struct pki_certs *certs);

int pki_read_crl(const char *path, struct crl **out, struct error *e);

enum pki_replace {
	PKI_REPLACE_NEVER,
	PKI_REPLACE_EXISTING,
};

/*
 * A new file beside it takes its name when it is whole and on the disk.
 *
 * path   NULL or "-": standard output
 *
 * 0; -EEXIST: there is one; any other negative errno; e is filled.
 */
int pki_write(const char *path, struct slice octets, mode_t mode,
	      enum pki_replace replace, struct error *e);

#endif
