/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions to DNS, and their answers (RFC 1035 section 4), for addresses alone:
 * pure functions on bytes. No EDNS is offered, so that an answer comes in one
 * piece of 512 octets, or says that it does not. Any thread.
 */
#ifndef CYG_WIRE_DNS_H
#define CYG_WIRE_DNS_H

#include "ctrl/base/addr.h"
#include "ctrl/base/slice.h"

#define DNS_PORT	53
#define DNS_MESSAGE_MAX 512 /* RFC 1035 section 4.2.1 */
#define DNS_NAME_MAX	254 /* as text, with the NUL */
#define DNS_ADDRS_MAX	8

enum dns_type {
	DNS_TYPE_A = 1,
	DNS_TYPE_CNAME = 5,
	DNS_TYPE_AAAA = 28, /* RFC 3596 */
};

struct dns_question {
	const char *name; /* borrowed; as of dns_is_name() */
	uint16_t type;	  /* DNS_TYPE_A or DNS_TYPE_AAAA */
	uint16_t id;
};

enum dns_reply {
	DNS_REPLY_ALIEN,     /* no answer to this question */
	DNS_REPLY_MALFORMED, /* it is one, but can't be read, or is too long */
	DNS_REPLY_TRUNCATED,
	DNS_REPLY_NO_NAME, /* there is no such name (NXDOMAIN) */
	DNS_REPLY_REFUSED, /* the server can't, or will not say */
	DNS_REPLY_ADDRS,   /* as many as there are, 0 among them */
};

struct dns_addrs {
	struct addr at[DNS_ADDRS_MAX]; /* of more, the first ones */
	size_t n;
};

/*
 * Letters, digits, '-' and '_' in labels of up to 63, 253 of them with the dots;
 * a dot may end it (RFC 1035 section 2.3.4).
 */
bool dns_is_name(const char *text);

/* Octets written. */
size_t dns_question_put(const struct dns_question *q,
			uint8_t out[DNS_MESSAGE_MAX]);

/*
 * Of a message that came from whom it was asked. Its id, its question and the names
 * of its records must be what was asked for, or lead there by CNAMEs.
 *
 * out   filled with DNS_REPLY_ADDRS
 */
enum dns_reply dns_reply_read(struct slice message, const struct dns_question *q,
			      struct dns_addrs *out);

#endif
