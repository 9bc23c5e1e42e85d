/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The attributes of a name, one by one, for the two files of dn.h alone: each says
 * whether an RDN begins with it, so that RDNs with several need no case of their own
 * but in text. Any thread.
 */
#ifndef CYG_MODEL_DN_WALK_H
#define CYG_MODEL_DN_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/slice.h"

/* X.690: tags. */
#define DER_OID	      0x06
#define DER_UTF8      0x0c
#define DER_PRINTABLE 0x13
#define DER_T61	      0x14
#define DER_IA5	      0x16
#define DER_SEQUENCE  0x30
#define DER_SET	      0x31

struct dn_attr {
	struct slice oid;
	uint8_t tag;
	struct slice value;
	bool begins; /* an RDN */
};

struct dn_walk {
	struct slice rdns; /* the rest */
	struct slice rdn;
	bool bad;
};

struct dn_walk dn_walk(struct slice der);

/* false: at the end, or where it is broken, which w->bad tells apart. */
MUST_CHECK bool dn_walk_next(struct dn_walk *w, struct dn_attr *out);

/* Is it the tag of a kind of text that is ASCII, or holds it? */
bool dn_is_text(uint8_t tag);

#endif
