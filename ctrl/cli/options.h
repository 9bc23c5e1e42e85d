/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The options that there are, as one table: the command line is read by it, and
 * a shell completes by it. Which of them a command takes is in commands.c. Pure.
 */
#ifndef CYG_CLI_OPTIONS_H
#define CYG_CLI_OPTIONS_H

#include <stdint.h>

/* In the order of their names. */
enum option_id {
	OPTION_AFTER,
	OPTION_ALL,
	OPTION_AUTH,
	OPTION_BASECRL,
	OPTION_BEFORE,
	OPTION_CA,
	OPTION_CACERT,
	OPTION_CAKEY,
	OPTION_CERT,
	OPTION_CHECK,
	OPTION_CMD,
	OPTION_CMP,
	OPTION_COUNT,
	OPTION_CRL,
	OPTION_DIGEST,
	OPTION_DN,
	OPTION_DROP,
	OPTION_DRY_RUN,
	OPTION_FILE,
	OPTION_FLAG,
	OPTION_FOR,
	OPTION_FORCE,
	OPTION_HELP,
	OPTION_IMPLICIT_CONFIRM,
	OPTION_IN,
	OPTION_JSON,
	OPTION_KEY,
	OPTION_LASTCRL,
	OPTION_LIFETIME,
	OPTION_MTU,
	OPTION_OCSP,
	OPTION_OUT,
	OPTION_OUTFORM,
	OPTION_PASSPHRASE_FILE,
	OPTION_PATHLEN,
	OPTION_PFS,
	OPTION_POLICY,
	OPTION_PROTECTED,
	OPTION_REASON,
	OPTION_RECIPIENT,
	OPTION_REF,
	OPTION_RELOAD,
	OPTION_RSA_PADDING,
	OPTION_SA,
	OPTION_SAN,
	OPTION_SECRET_FILE,
	OPTION_SERIAL,
	OPTION_SIZE,
	OPTION_SNAPLEN,
	OPTION_TIMEOUT,
	OPTION_TO,
	OPTION_TYPE,
	OPTION_UNPROTECTED,
	OPTION_URI,
	OPTION_WATCH,
	OPTION_WITHIN,
	OPTION_WRITE,
	OPTION_N,
};

/* A set of options. */
#define OPT(id) (UINT64_C(1) << OPTION_##id)

/* Of the program: every command takes them. */
#define OPTIONS_GENERAL (OPT(HELP) | OPT(JSON) | OPT(URI))

/* What the argument of an option is, for who completes it. */
enum option_value {
	VALUE_NONE, /* it has no argument */
	VALUE_TEXT,
	VALUE_FILE,
	VALUE_IFACE, /* but of who reads a file --in, see commands.h */
};

struct option_row {
	const char *name; /* without the dashes */
	char letter;	  /* 0: it has none */
	enum option_value value;
};

const struct option_row *option_row(enum option_id id);

#endif
