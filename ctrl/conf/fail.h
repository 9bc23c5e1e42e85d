/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one form in which the configuration language complains:
 * `file:line:column: what is wrong; remedy`.
 *
 * A rule for every caller: the text of a value is never shown, only what was
 * understood of it (a parsed address, a known keyword). An operator who put a
 * key into the wrong line must not find it in a log. Two exceptions help more
 * than they may tell: an unknown keyword of a proposal, if it is short and no
 * conf_key_like() one, and the name of a certificate's file, if it is there or
 * no conf_key_like() one.
 */
#ifndef CYG_CONF_FAIL_H
#define CYG_CONF_FAIL_H

#include <stddef.h>

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/model/config.h"

#define CONF_SHOWN_MAX	 19  /* octets */
#define CONF_SHOWN_BYTES 32  /* of a buffer for conf_shown() */
#define CONF_KEY_DIGITS	 16U /* in a row: no word, but a key */

/* Fills e and returns err. Line 0: of no text, see load.h. */
__attribute__((format(printf, 4, 5))) int conf_fail(struct error *e,
						    const struct place *at,
						    int err, const char *fmt,
						    ...);

/*
 * A name that nobody knows, as an error shows it: 'NAME', or its length alone
 * where it is longer than CONF_SHOWN_MAX. A key may have got into its place,
 * and base64 of 16 octets has 22 characters. Returns buf.
 */
const char *conf_shown(const char *name, char *buf);

/* Its length alone, where words that are no keys may be secret too. */
const char *conf_hidden(const char *name, char *buf);

/*
 * Is it like a key more than like a word? 0x or 0s in front, or
 * CONF_KEY_DIGITS hexadecimal digits in a row.
 */
bool conf_key_like(struct slice text);

/* Fills e and returns -ENOMEM. */
int conf_no_memory(struct error *e);

#endif
