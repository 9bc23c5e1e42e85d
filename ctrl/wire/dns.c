// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/wire/dns.h"

#include <ctype.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>
#include <strings.h>

#define LABEL_MAX  63
#define CLASS_IN   1
#define CNAMES_MAX 8 /* one after the other */
#define NAME_ROOM  NS_MAXDNAME

/* RFC 1035 section 4.1.1 */
#define FLAG_REPLY     0x8000U
#define FLAG_OPCODE    0x7800U /* 0: a question of the usual kind */
#define FLAG_TRUNCATED 0x0200U
#define FLAG_RECURSION 0x0100U /* is wanted */
#define FLAG_RCODE     0x000fU
#define RCODE_NO_NAME  3U

struct header {
	uint16_t id, flags, questions, answers, authorities, additional;
};

/* --- questions */

bool dns_is_name(const char *text)
{
	size_t label = 0, len = strlen(text);

	if (len && text[len - 1] == '.')
		len--;
	if (!len || len >= DNS_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)text[i];

		if (c == '.' ? !label : !isalnum(c) && c != '-' && c != '_')
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > LABEL_MAX)
			return false;
	}
	return label;
}

static void put_name(struct builder *b, const char *name)
{
	while (*name) {
		size_t label = strcspn(name, ".");

		wr_u8(b, (uint8_t)label);
		wr_bytes(b, name, label);
		name += label + (name[label] == '.');
	}
	wr_u8(b, 0);
}

size_t dns_question_put(const struct dns_question *q,
			uint8_t out[DNS_MESSAGE_MAX])
{
	struct builder b = wr_init(out, DNS_MESSAGE_MAX);

	wr_u16(&b, q->id);
	wr_u16(&b, FLAG_RECURSION);
	wr_u16(&b, 1);
	for (int i = 0; i < 3; i++)
		wr_u16(&b, 0); /* no records of any kind */
	put_name(&b, q->name);
	wr_u16(&b, q->type);
	wr_u16(&b, CLASS_IN);
	return wr_ok(&b) ? b.len : 0;
}

/* --- answers */

/* What is left of a message, and the whole, to which names in it point. */
struct reader {
	struct slice whole, rest;
};

struct record {
	char owner[NAME_ROOM];
	uint16_t type, class;
	struct slice data;
};

static bool read_name(struct reader *r, char out[NAME_ROOM])
{
	const uint8_t *end = r->whole.ptr + r->whole.len;
	struct slice name;
	int n = dn_expand(r->whole.ptr, end, r->rest.ptr, out, NAME_ROOM);

	return n > 0 && rd_slice(&r->rest, (size_t)n, &name);
}

static bool read_header(struct reader *r, struct header *h)
{
	return rd_u16(&r->rest, &h->id) && rd_u16(&r->rest, &h->flags) &&
	       rd_u16(&r->rest, &h->questions) &&
	       rd_u16(&r->rest, &h->answers) &&
	       rd_u16(&r->rest, &h->authorities) &&
	       rd_u16(&r->rest, &h->additional);
}

static bool read_record(struct reader *r, struct record *out)
{
	uint32_t ttl;
	uint16_t len;

	return read_name(r, out->owner) && rd_u16(&r->rest, &out->type) &&
	       rd_u16(&r->rest, &out->class) && rd_u32(&r->rest, &ttl) &&
	       rd_u16(&r->rest, &len) && rd_slice(&r->rest, len, &out->data);
}

/* The root's dot is not told by dn_expand(). */
static bool same_name(const char *a, const char *b)
{
	size_t n_a = strlen(a), n_b = strlen(b);

	n_a -= n_a && a[n_a - 1] == '.';
	n_b -= n_b && b[n_b - 1] == '.';
	return n_a == n_b && strncasecmp(a, b, n_a) == 0;
}

static bool is_question(struct reader *r, const struct dns_question *q)
{
	char name[NAME_ROOM];
	uint16_t type, class;

	return read_name(r, name) && rd_u16(&r->rest, &type) &&
	       rd_u16(&r->rest, &class) && same_name(name, q->name) &&
	       type == q->type && class == CLASS_IN;
}

static bool take_addr(const struct record *rec, struct dns_addrs *out)
{
	struct slice data = rec->data;
	struct addr a;
	uint32_t v4;

	if (rec->type == DNS_TYPE_A && data.len == sizeof(v4) &&
	    rd_u32(&data, &v4))
		a = addr_from_v4(htonl(v4));
	else if (rec->type != DNS_TYPE_AAAA || data.len != sizeof(a) ||
		 !rd_bytes(&data, a.octets, sizeof(a.octets)))
		return false;
	if (out->n < DNS_ADDRS_MAX)
		out->at[out->n++] = a;
	return true;
}

/*
 * The addresses of one name, among all records; where it has another name
 * instead, that one. False: they can't be read.
 */
static bool read_records(struct reader r, unsigned int n,
			 const struct dns_question *q, char name[NAME_ROOM],
			 struct dns_addrs *out)
{
	char other[NAME_ROOM] = "";

	for (unsigned int i = 0; i < n; i++) {
		struct record rec;
		struct reader data;

		if (!read_record(&r, &rec))
			return false;
		if (rec.class != CLASS_IN || !same_name(rec.owner, name))
			continue;
		data = (struct reader){ r.whole, rec.data };
		if (rec.type == q->type && !take_addr(&rec, out))
			return false;
		if (rec.type == DNS_TYPE_CNAME && !read_name(&data, other))
			return false;
	}
	strcpy(name, out->n ? "" : other);
	return true;
}

static enum dns_reply read_answers(const struct reader *r, unsigned int n,
				   const struct dns_question *q,
				   struct dns_addrs *out)
{
	char name[NAME_ROOM];

	out->n = 0;
	strncpy(name, q->name, sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (int i = 0; *name && i <= CNAMES_MAX; i++)
		if (!read_records(*r, n, q, name, out))
			return DNS_REPLY_MALFORMED;
	return *name ? DNS_REPLY_MALFORMED : DNS_REPLY_ADDRS;
}

enum dns_reply dns_reply_read(struct slice message, const struct dns_question *q,
			      struct dns_addrs *out)
{
	struct reader r = { message, message };
	struct header h;

	if (!read_header(&r, &h) || h.id != q->id || !(h.flags & FLAG_REPLY) ||
	    h.flags & FLAG_OPCODE)
		return DNS_REPLY_ALIEN;
	/* Who refuses may leave the question out. */
	if (h.questions ? h.questions > 1 || !is_question(&r, q)
			: !(h.flags & FLAG_RCODE))
		return DNS_REPLY_ALIEN;
	if ((h.flags & FLAG_RCODE) == RCODE_NO_NAME)
		return DNS_REPLY_NO_NAME;
	if (h.flags & FLAG_RCODE)
		return DNS_REPLY_REFUSED;
	if (message.len > DNS_MESSAGE_MAX)
		return DNS_REPLY_MALFORMED;
	if (h.flags & FLAG_TRUNCATED)
		return DNS_REPLY_TRUNCATED;
	return read_answers(&r, h.answers, q, out);
}
