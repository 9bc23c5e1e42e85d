/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Distinguished names: DER of an X.501 Name (RFC 5280 section 4.1.2.4), as ID
 * payloads and certificates have them, and their text as strongSwan writes it.
 * Whoever reads a name here reads a peer's: every function takes any octets.
 * Plain values; any thread.
 */
#ifndef CYG_MODEL_DN_H
#define CYG_MODEL_DN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"

/* strongSwan's charon.rdn_matching. */
enum rdn_matching {
	RDN_STRICT,    /* the same attributes in the same order */
	RDN_REORDERED, /* in any order */
	RDN_RELAXED,   /* and further ones beside them */
};

/*
 * "C=CH, O=Linux strongSwan, CN=*", or with '/' before each attribute. One that has
 * no keyword is written by its number ("2.5.4.99=x"). A backslash takes from the
 * character behind it its meaning, or leads two hexadecimal digits (RFC 4514
 * section 2.4). Blanks around names and values don't count.
 *
 * 0; -EINVAL with e filled: not that form, an attribute that nobody knows, no
 * value, or more than room octets. The error never quotes the text.
 */
int dn_parse(const char *text, uint8_t *out, size_t room, size_t *len,
	     struct error *e);

/* Is it the DER of a Name with at least one attribute, and nothing behind it? */
MUST_CHECK bool dn_valid(struct slice der);

/*
 * In the form that dn_parse() reads to an equal name, in printable ASCII.
 *
 * false: it is none, has several attributes in one RDN, a value that is no text,
 * or does not fit; buf is undefined.
 */
MUST_CHECK bool dn_str(struct slice der, char *buf, size_t max);

/*
 * The same attributes in the same order. What kind of text a value is does not
 * count, nor does the case of ASCII letters in it (RFC 5280 section 7.1). What is
 * no name equals nothing.
 */
bool dn_equal(struct slice a, struct slice b);

/* Of names that are equal it is the same. */
uint64_t dn_hash(struct slice der);

/*
 * Is id one of those that a configured name stands for? '*' as a value stands for
 * any value.
 */
bool dn_match(struct slice conf, struct slice id, enum rdn_matching how);

/* Has it such a '*'? */
bool dn_is_pattern(struct slice der);

#endif
