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
	OPTION_BEFORE,
	OPTION_CHECK,
	OPTION_COUNT,
	OPTION_DROP,
	OPTION_DRY_RUN,
	OPTION_FILE,
	OPTION_FOR,
	OPTION_HELP,
	OPTION_IN,
	OPTION_JSON,
	OPTION_MTU,
	OPTION_PFS,
	OPTION_POLICY,
	OPTION_PROTECTED,
	OPTION_SA,
	OPTION_SNAPLEN,
	OPTION_TIMEOUT,
	OPTION_TO,
	OPTION_UNPROTECTED,
	OPTION_URI,
	OPTION_WATCH,
	OPTION_WRITE,
	OPTION_N,
};

/* A set of options. */
#define OPT(id) (UINT32_C(1) << OPTION_##id)

/* Of the program: every command takes them. */
#define OPTIONS_GENERAL (OPT(HELP) | OPT(JSON) | OPT(URI))

/* What the argument of an option is, for who completes it. */
enum option_value {
	VALUE_NONE, /* it has no argument */
	VALUE_TEXT,
	VALUE_FILE,
	VALUE_IFACE,
};

struct option_row {
	const char *name; /* without the dashes */
	char letter;	  /* 0: it has none */
	enum option_value value;
};

const struct option_row *option_row(enum option_id id);

#endif
