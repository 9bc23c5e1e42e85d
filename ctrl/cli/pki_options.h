/* SPDX-License-Identifier: BSD-2-Clause */
/* What options of `cygnet pki` say, read and checked. Pure. */
#ifndef CYG_CLI_PKI_OPTIONS_H
#define CYG_CLI_PKI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "ctrl/cli/arguments.h"
#include "ctrl/crypto/key_make.h"
#include "ctrl/model/identity.h"
#include "ctrl/pki/certificate.h"

#define PKI_DAY_S	INT64_C(86400)
#define PKI_SERIAL_MAX	20 /* octets */
#define PKI_DN_MAX	1024
#define PKI_EXIT_FAILED 1
#define PKI_EXIT_USAGE	2

struct pki_serial {
	uint8_t octets[PKI_SERIAL_MAX];
	size_t len; /* 0: not given */
};

/* Texts are the command line's. */
struct pki_options {
	enum key_type type;
	unsigned int size; /* 0: not given */
	enum key_form form;
	enum ike_hash hash; /* 0: not given */
	bool pss;
	int64_t lifetime_s; /* 0: not given */
	int path_len;	    /* -1: not given */
	unsigned int uses;  /* of enum issue_use */
	uint8_t dn[PKI_DN_MAX];
	size_t dn_len; /* 0: not given */
	struct identity sans[CERTIFICATE_SANS_MAX];
	size_t n_sans;
	struct pki_serial serial;
	const char *ocsp[CERTIFICATE_URIS_MAX];
	size_t n_ocsp;
};

/* 0, or -EINVAL with e filled. */
int pki_options_read(const struct arguments *args, struct pki_options *out,
		     struct error *e);

/* The options that these are, one for each time. As pki_options_read(). */
int pki_uris_read(const struct arguments *args, enum option_id id,
		  const char *out[CERTIFICATE_URIS_MAX], size_t *n,
		  struct error *e);

/* Hexadecimal, "0x" and colons may be in it. -EINVAL with e filled. */
int pki_serial_read(const char *text, struct pki_serial *out, struct error *e);

/* "30" and "30d" are days, "12h" hours, in seconds. -EINVAL with e filled. */
int pki_time_read(const char *text, int64_t *out_s, struct error *e);

/* Says what is wrong and returns the exit code. */
int pki_usage(const struct error *e);
int pki_failed(const struct error *e);

/* Of an option that a command cannot do without: 0, or -EINVAL with e filled. */
int pki_need(const struct arguments *args, enum option_id id, struct error *e);

#endif
