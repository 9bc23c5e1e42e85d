/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The types of values that many keys have, and what the readers of all others
 * (values_*.c) share: each checks one form and fills one field. All have the
 * shape of struct key's read. Control thread.
 *
 * 0, -EINVAL (not that form), -E2BIG (a limit); e then says what is wrong.
 */
#ifndef CYG_CONF_VALUES_H
#define CYG_CONF_VALUES_H

#include "ctrl/conf/keys.h"

#define ITEM_MAX_BYTES 512 /* of an item of a list, with the NUL */

/* The longest time that is taken: sums of two fit 32 bits. */
#define TIME_MAX_S (3650U * 86400U)

#define FORM_TIME                                                          \
	"a number of seconds, or one with s, m, h or d such as 4h, up to " \
	"3650d"

#define FORM_BYTES \
	"a number of octets, or one with k, m or g (of 1024) such as 10g, or 0"
#define FORM_COUNT "a number of packets below 2^63, or 0"

VALUE_READER(value_word);   /* out: unsigned int or an enum, of k->words */
VALUE_READER(value_fixed);  /* out: unused; k->words has one meaning */
VALUE_READER(value_bool);   /* out: bool */
VALUE_READER(value_no);	    /* out: unused; yes is refused, see REFUSAL() */
VALUE_READER(value_yes);    /* out: unused; no is refused likewise */
VALUE_READER(value_either); /* out: unused; yes or no, which is the same */
VALUE_READER(value_before); /* out: bool, before or after: is it after? */
VALUE_READER(value_number); /* out: uint32_t, k->min to k->max */
VALUE_READER(value_thousandths); /* out: uint32_t, of a number such as 1.8;
				    k->min to k->max of them */
VALUE_READER(value_count);	 /* out: uint64_t */
VALUE_READER(value_bytes);	 /* out: uint64_t, octets */
VALUE_READER(value_port);	 /* out: uint16_t, from 1 */
VALUE_READER(value_time);	 /* out: uint32_t, seconds up to TIME_MAX_S */
VALUE_READER(value_unused_time); /* out: unused */
VALUE_READER(value_prefix);	 /* out: struct prefix */
VALUE_READER(value_protocol);	 /* out: uint8_t */

/* Of a row of value_no() or value_yes(): completes "is yes, ...". */
#define REFUSAL(why)                                        \
	.form = "yes or no", .words = (const struct word[]) \
	{                                                   \
		{                                           \
			.refusal = (why)                    \
		}                                           \
	}

/* Decimal, or hexadecimal after 0x (strongswan.conf(5), NUMBER FORMATS). */
bool number_parse(const char *text, uint32_t min, uint32_t max, uint32_t *out);

/* "any", a protocol's name or its number. */
bool protocol_parse(const char *text, uint8_t *out);

/* value_fail() with "must be FORM". */
int value_fail_form(const struct key *k, const struct value *v, struct error *e);

/* A part of a value, and where in its text it begins. */
struct item {
	const struct key *k;
	const struct value *v;
	size_t offset;
	char text[ITEM_MAX_BYTES]; /* blanks around it cut off */
};

/*
 * The next item of a list that is separated by commas.
 *
 * at   0 at first; where the next one begins
 *
 * 1; 0 behind the last one; -EINVAL: an item is empty or too long, e is filled.
 */
int item_next(const struct key *k, const struct value *v, size_t *at,
	      struct item *out, struct error *e);

/* value_fail() at the item. */
__attribute__((format(printf, 4, 5))) int item_fail(struct error *e,
						    const struct item *item,
						    int err, const char *fmt,
						    ...);
int item_fail_form(const struct item *item, struct error *e);

/* "PATH: WHY", at the item; why->text may be e's own. */
int item_fail_why(const struct item *item, const struct error *why,
		  struct error *e);

/* A list that has max items already. */
int item_fail_many(const struct item *item, size_t max, struct error *e);

/* "10.1.0.0/24", or an address. */
int item_prefix(const struct item *item, struct prefix *out, struct error *e);

/*
 * "10.1.0.5-10.1.0.9": net is the first address, as a host, and last the other one;
 * of a range that is a prefix net is that, and last of zeros.
 *
 * 1, or 0: it is no range, and nothing is written; -EINVAL with e filled.
 */
int item_range(const struct item *item, struct prefix *net, struct addr *last,
	       struct error *e);

/* Is text an address of IPv4 in the form that IPv6 has for it (RFC 4291 section
 * 2.5.5.2)? It would be taken for another family than it looks like. */
bool is_mapped(const char *text, const struct addr *a);

#endif
