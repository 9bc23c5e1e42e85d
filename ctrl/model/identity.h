/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who an IKE peer says it is, and whom a connection wants (RFC 7296 section
 * 3.5): from text and to text. Plain values; any thread.
 */
#ifndef CYG_MODEL_IDENTITY_H
#define CYG_MODEL_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "include/ike.h"

#define IKE_ID_MAX 256 /* octets of an identity */

/* Of the longest text: a type, '#', two digits an octet and the NUL. */
#define IDENTITY_STR_MAX (2 * IKE_ID_MAX + 16)

struct identity {
	uint8_t type; /* enum ike_id_type; 0: any, or the side's address */
	uint16_t len;
	uint8_t octets[IKE_ID_MAX];
};

/* It crosses processes, in keystore requests. */
_Static_assert(sizeof(struct identity) == 4 + IKE_ID_MAX, "layout");

/*
 * What strongSwan reads as an identity, for the types of include/ike.h:
 *
 * "10.0.0.1" "2001:db8::1"                   an address
 * "moon.example.org" "@moon"                 FQDN
 * "fred@example.org" "@@fred"                RFC822_ADDR
 * "@#0a0b" "aa:bb"                           KEY_ID
 * "C=CH, O=Linux strongSwan, CN=moon"        DER_ASN1_DN, see dn_parse()
 * "" "%any" "%any6" "*" "0.0.0.0" "::" "0::0"  type 0
 *
 * A type may be forced by "ipv4:", "ipv6:", "fqdn:", "dns:", "email:",
 * "rfc822:", "userfqdn:", "asn1dn:", "keyid:" or its number, "{11}:"; '#' behind it leads
 * hexadecimal digits. An address may stand behind its prefix as text, which
 * strongSwan would send as text.
 *
 * 0, or -EINVAL with e filled and out unchanged. Refused are general names,
 * a text with '=' and without a prefix that is no distinguished name, networks
 * and ranges, and what is empty, longer than IKE_ID_MAX or not hexadecimal. The
 * error never quotes the text: a key may have got into its place.
 */
int identity_parse(const char *text, struct identity *out, struct error *e);

/*
 * In the form that identity_parse() reads back to the same identity (a
 * distinguished name to an equal one), of whoever sent it: octets that are no visible ASCII appear as "fqdn:#…", so that a peer
 * can forge neither a line nor another type. What identity_parse() refuses has
 * such a form too.
 *
 * max   of buf, at least 1; IDENTITY_STR_MAX is enough. A text that does not
 *       fit ends in "..."
 *
 * Returns buf.
 */
const char *identity_str(const struct identity *id, char *buf, size_t max);

/* Letters of FQDN and RFC822_ADDR are equal in either case; names by dn_equal(). */
bool identity_equal(const struct identity *a, const struct identity *b);

/* Of those that are equal it is the same. */
uint64_t identity_hash(const struct identity *id);

/*
 * Is id one of those that a configured identity stands for? One of type 0
 * stands for all, "*.example.org" and "*@example.org" for those that end so, a
 * distinguished name as dn_match() says with RDN_STRICT, any other for its equal.
 */
bool identity_match(const struct identity *conf, const struct identity *id);

/* Does a configured identity stand for others than its equals? */
bool identity_is_pattern(const struct identity *conf);

#endif
