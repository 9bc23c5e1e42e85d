// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/identity.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctrl/base/addr.h"
#include "ctrl/model/dn.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define NO_GN                                                             \
	"general names (asn1gn:, xmppaddr:) are not supported yet: they " \
	"belong to certificates, and peers authenticate by pre-shared "   \
	"keys; use an address or a name"
#define NO_NET                                                              \
	"IKEv2 has no identity that is a network or a range (RFC 7296 "     \
	"section 3.5); write an address, or %any and remote_addrs for the " \
	"network"

/* --- read */

/* A word before ':'. The first one of a type is how that type is written. */
struct id_prefix {
	const char *text;
	uint8_t type;
	const char *refusal; /* or NULL */
};

static const struct id_prefix id_prefixes[] = {
	{ "ipv4:", IKE_ID_IPV4_ADDR, NULL },
	{ "ipv6:", IKE_ID_IPV6_ADDR, NULL },
	{ "fqdn:", IKE_ID_FQDN, NULL },
	{ "dns:", IKE_ID_FQDN, NULL },
	{ "email:", IKE_ID_RFC822_ADDR, NULL },
	{ "rfc822:", IKE_ID_RFC822_ADDR, NULL },
	{ "userfqdn:", IKE_ID_RFC822_ADDR, NULL },
	{ "keyid:", IKE_ID_KEY_ID, NULL },
	{ "asn1dn:", IKE_ID_DER_ASN1_DN, NULL },
	{ "asn1gn:", IKE_ID_DER_ASN1_GN, NO_GN },
	{ "xmppaddr:", IKE_ID_DER_ASN1_GN, NO_GN },
	{ "ipv4net:", 0, NO_NET },
	{ "ipv6net:", 0, NO_NET },
	{ "ipv4range:", 0, NO_NET },
	{ "ipv6range:", 0, NO_NET },
};

static const struct id_prefix *prefix_before(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(id_prefixes); i++) {
		const struct id_prefix *p = &id_prefixes[i];

		if (strncasecmp(text, p->text, strlen(p->text)) == 0)
			return p;
	}
	return NULL;
}

static const struct id_prefix *prefix_of_type(unsigned long type)
{
	for (size_t i = 0; i < ARRAY_LEN(id_prefixes); i++)
		if (type != 0 && id_prefixes[i].type == type)
			return &id_prefixes[i];
	return NULL;
}

static int fail_long(struct error *e)
{
	return error_set(e, -EINVAL,
			 "an identity has at most %d octets; shorten it",
			 IKE_ID_MAX);
}

static int fail_empty(struct error *e)
{
	return error_set(e, -EINVAL,
			 "no identity follows the mark of its type; write %%any "
			 "if it may be any");
}

static int set_text(struct identity *id, uint8_t type, const char *text,
		    struct error *e)
{
	size_t len = strlen(text);

	if (len == 0)
		return fail_empty(e);
	if (len > IKE_ID_MAX)
		return fail_long(e);
	id->type = type;
	id->len = (uint16_t)len;
	memcpy(id->octets, text, len);
	return 0;
}

static bool set_addr(struct identity *id, uint8_t type, const char *text)
{
	bool v4 = type == IKE_ID_IPV4_ADDR;

	if (inet_pton(v4 ? AF_INET : AF_INET6, text, id->octets) != 1)
		return false;
	id->type = type;
	id->len = v4 ? 4 : 16;
	return true;
}

static uint8_t hex_value(char c)
{
	return (uint8_t)(isdigit((unsigned char)c) ? c - '0'
						   : (c | 0x20) - 'a' + 10);
}

static int fail_hex(struct error *e)
{
	return error_set(e, -EINVAL,
			 "an identity after '#' must be hexadecimal digits, with "
			 "or without ':' between octets");
}

/* As strongSwan: 0x may lead, ':' separate, and the first octet be one digit. */
static int set_hex(struct identity *id, uint8_t type, const char *text,
		   struct error *e)
{
	size_t digits = 0, at;

	if (strncmp(text, "0x", 2) == 0)
		text += 2;
	for (const char *c = text; *c; c++) {
		if (!isxdigit((unsigned char)*c) && *c != ':')
			return fail_hex(e);
		digits += *c != ':';
	}
	if (digits == 0)
		return fail_empty(e);
	if (digits > 2 * IKE_ID_MAX)
		return fail_long(e);
	id->type = type;
	id->len = (uint16_t)((digits + 1) / 2);
	at = digits % 2;
	for (const char *c = text; *c; c++) {
		uint8_t *octet = &id->octets[at / 2];

		if (*c == ':' && (at % 2 || c[1] == ':'))
			return fail_hex(e);
		if (*c == ':')
			continue;
		*octet = (uint8_t)(*octet << 4 | hex_value(*c));
		at++;
	}
	return 0;
}

/* The bytes of an address type; 0: any number. */
static size_t bytes_of(uint8_t type)
{
	if (type == IKE_ID_IPV4_ADDR)
		return 4;
	return type == IKE_ID_IPV6_ADDR ? 16 : 0;
}

static struct slice octets_of(const struct identity *id)
{
	return slice_of(id->octets, id->len);
}

/* As text, or as '#' and the digits of its DER. */
static int set_dn(struct identity *id, const char *text, struct error *e)
{
	size_t len;
	int err;

	if (text[0] == '#') {
		err = set_hex(id, IKE_ID_DER_ASN1_DN, text + 1, e);
		if (err || dn_valid(octets_of(id)))
			return err;
		return error_set(e, -EINVAL,
				 "the hexadecimal digits are no distinguished "
				 "name in DER (X.501); write it as text, such "
				 "as C=CH, CN=moon");
	}
	if (!text[0])
		return fail_empty(e);
	err = dn_parse(text, id->octets, sizeof(id->octets), &len, e);
	if (err)
		return err;
	id->type = IKE_ID_DER_ASN1_DN;
	id->len = (uint16_t)len;
	return 0;
}

/* What follows a prefix or a number. */
static int set_typed(struct identity *id, uint8_t type, const char *text,
		     struct error *e)
{
	size_t bytes = bytes_of(type);
	int err;

	if (type == IKE_ID_DER_ASN1_DN)
		return set_dn(id, text, e);
	if (text[0] != '#' && !bytes)
		return set_text(id, type, text, e);
	if (text[0] != '#' && set_addr(id, type, text))
		return 0;
	if (text[0] == '#') {
		err = set_hex(id, type, text + 1, e);
		if (err || !bytes || id->len == bytes)
			return err;
	}
	return error_set(e, -EINVAL,
			 "an identity of type %s must be an address, or '#' "
			 "and %zu hexadecimal digits",
			 bytes == 4 ? "ipv4" : "ipv6", 2 * bytes);
}

static int set_prefixed(struct identity *id, const struct id_prefix *p,
			const char *text, struct error *e)
{
	if (p->refusal)
		return error_set(e, -EINVAL, "%s", p->refusal);
	return set_typed(id, p->type, text, e);
}

/* "{11}:"; what follows it, or NULL. */
static const char *after_number(const char *text, unsigned long *type)
{
	char *end;

	if (text[0] != '{' || !isdigit((unsigned char)text[1]))
		return NULL;
	*type = strtoul(text + 1, &end, 0);
	return strncmp(end, "}:", 2) == 0 ? end + 2 : NULL;
}

static int set_numbered(struct identity *id, unsigned long type,
			const char *text, struct error *e)
{
	const struct id_prefix *p = prefix_of_type(type);

	if (!p)
		return error_set(e, -EINVAL,
				 "there is no identity of type %lu here; it "
				 "may be 1 (IPv4), 2 (FQDN), 3 (email), 5 "
				 "(IPv6), 9 (DN) or 11 (key id)",
				 type);
	return set_prefixed(id, p, text, e);
}

/* With '@' somewhere. */
static int set_with_at(struct identity *id, const char *text, struct error *e)
{
	if (text[0] != '@')
		return set_text(id, IKE_ID_RFC822_ADDR, text, e);
	if (text[1] == '#')
		return set_hex(id, IKE_ID_KEY_ID, text + 2, e);
	if (text[1] == '@')
		return set_text(id, IKE_ID_RFC822_ADDR, text + 2, e);
	return set_text(id, IKE_ID_FQDN, text + 1, e);
}

/* Type 0, which is what out has already. */
static bool is_any(const char *text)
{
	static const char *const words[] = {
		"", "%any", "%any6", "*", "0.0.0.0", "::", "0::0",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

/* ADDRESS/anything or ADDRESS-ADDRESS; a name may have '-' and '/' too. */
static bool is_net_or_range(const char *text)
{
	size_t len = strcspn(text, "/-");
	char head[ADDR_STR_MAX];
	struct addr a;

	if (!text[len] || len >= sizeof(head))
		return false;
	memcpy(head, text, len);
	head[len] = '\0';
	if (addr_parse(head, &a))
		return false;
	return text[len] == '/' || addr_parse(text + len + 1, &a) == 0;
}

static int set_plain(struct identity *id, const char *text, struct error *e)
{
	bool colon = strchr(text, ':') != NULL;

	if (is_any(text) ||
	    set_addr(id, colon ? IKE_ID_IPV6_ADDR : IKE_ID_IPV4_ADDR, text))
		return 0;
	if (is_net_or_range(text))
		return error_set(e, -EINVAL, "%s", NO_NET);
	return set_text(id, colon ? IKE_ID_KEY_ID : IKE_ID_FQDN, text, e);
}

static int set_any_form(struct identity *id, const char *text, struct error *e)
{
	const struct id_prefix *p = prefix_before(text);
	unsigned long type;
	const char *rest;

	if (p)
		return set_prefixed(id, p, text + strlen(p->text), e);
	rest = after_number(text, &type);
	if (rest)
		return set_numbered(id, type, rest, e);
	if (strchr(text, '='))
		return set_dn(id, text, e);
	if (strchr(text, '@'))
		return set_with_at(id, text, e);
	return set_plain(id, text, e);
}

int identity_parse(const char *text, struct identity *out, struct error *e)
{
	struct identity id = { .type = 0 };
	int err = set_any_form(&id, text, e);

	if (!err)
		*out = id;
	return err;
}

/* --- written and compared */

/* Kinds of text in a name are not shown, and not read. */
static bool is_same(const struct identity *a, const struct identity *b)
{
	if (a->type == IKE_ID_DER_ASN1_DN && b->type == a->type)
		return dn_equal(octets_of(a), octets_of(b));
	return a->type == b->type && a->len == b->len &&
	       memcmp(a->octets, b->octets, a->len) == 0;
}

static bool reads_back(const char *text, const struct identity *id)
{
	struct identity again;
	struct error e;

	return identity_parse(text, &again, &e) == 0 && is_same(&again, id);
}

/* An address, a name, or the octets; false: they can't be shown as they are. */
static bool as_text(const struct identity *id, char text[IDENTITY_STR_MAX])
{
	size_t bytes = bytes_of(id->type);

	if (bytes)
		return id->len == bytes &&
		       inet_ntop(bytes == 4 ? AF_INET : AF_INET6, id->octets,
				 text, IDENTITY_STR_MAX);
	if (id->type == IKE_ID_DER_ASN1_DN)
		return dn_str(octets_of(id), text, IDENTITY_STR_MAX);
	for (size_t i = 0; i < id->len; i++)
		if (!isgraph(id->octets[i]))
			return false;
	memcpy(text, id->octets, id->len);
	text[id->len] = '\0';
	return true;
}

static void as_hex(const struct identity *id, const char *prefix,
		   char text[IDENTITY_STR_MAX])
{
	size_t at;

	if (id->type == IKE_ID_KEY_ID)
		strcpy(text, "@#");
	else if (prefix)
		snprintf(text, IDENTITY_STR_MAX, "%s#", prefix);
	else
		snprintf(text, IDENTITY_STR_MAX, "{%u}:#", id->type);
	at = strlen(text);
	for (size_t i = 0; i < id->len; i++, at += 2)
		snprintf(text + at, IDENTITY_STR_MAX - at, "%02x",
			 id->octets[i]);
}

static void write_identity(const struct identity *id,
			   char text[IDENTITY_STR_MAX])
{
	const struct id_prefix *p = prefix_of_type(id->type);
	char plain[IDENTITY_STR_MAX];

	if (id->type == 0 && id->len == 0) {
		strcpy(text, "%any");
		return;
	}
	if (p && as_text(id, plain)) {
		strcpy(text, plain);
		if (id->type != IKE_ID_KEY_ID && reads_back(text, id))
			return;
		snprintf(text, IDENTITY_STR_MAX, "%s%.*s", p->text, IKE_ID_MAX,
			 plain);
		if (reads_back(text, id))
			return;
	}
	as_hex(id, p ? p->text : NULL, text);
}

const char *identity_str(const struct identity *id, char *buf, size_t max)
{
	char text[IDENTITY_STR_MAX];
	size_t len;

	write_identity(id, text);
	len = strlen(text);
	if (len >= max && max > 4)
		strcpy(text + max - 4, "...");
	snprintf(buf, max, "%s", text);
	return buf;
}

/* RFC 4343 section 3: of ASCII alone. */
static uint8_t fold(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* memcmp() and strncasecmp() are of no use: case, and octets that are 0. */
static bool octets_equal(const uint8_t *a, const uint8_t *b, size_t len,
			 bool folded)
{
	for (size_t i = 0; i < len; i++)
		if (a[i] != b[i] && !(folded && fold(a[i]) == fold(b[i])))
			return false;
	return true;
}

static bool is_name(const struct identity *id)
{
	return id->type == IKE_ID_FQDN || id->type == IKE_ID_RFC822_ADDR;
}

bool identity_equal(const struct identity *a, const struct identity *b)
{
	if (a->type == IKE_ID_DER_ASN1_DN && b->type == a->type &&
	    dn_equal(octets_of(a), octets_of(b)))
		return true;
	return a->type == b->type && a->len == b->len &&
	       octets_equal(a->octets, b->octets, a->len, is_name(a));
}

/* FNV-1a; capitals count for none, as those of names do not. */
uint64_t identity_hash(const struct identity *id)
{
	uint64_t h = 0xcbf29ce484222325ULL ^ id->type;

	if (id->type == IKE_ID_DER_ASN1_DN && dn_valid(octets_of(id)))
		return dn_hash(octets_of(id));
	for (size_t i = 0; i < id->len; i++)
		h = (h ^ (uint8_t)tolower(id->octets[i])) * 0x100000001b3ULL;
	return h ^ h >> 32;
}

bool identity_is_pattern(const struct identity *conf)
{
	if (conf->type == IKE_ID_DER_ASN1_DN)
		return dn_is_pattern(octets_of(conf));
	return !conf->type ||
	       (is_name(conf) && conf->len && conf->octets[0] == '*');
}

bool identity_match(const struct identity *conf, const struct identity *id)
{
	size_t tail;

	if (conf->type == 0 || identity_equal(conf, id))
		return true;
	if (conf->type == IKE_ID_DER_ASN1_DN && id->type == conf->type)
		return dn_match(octets_of(conf), octets_of(id), RDN_STRICT);
	if (conf->type != id->type || !is_name(conf) || conf->len == 0 ||
	    conf->octets[0] != '*' || id->len < conf->len)
		return false;
	tail = conf->len - 1U;
	return octets_equal(conf->octets + 1, id->octets + id->len - tail, tail,
			    true);
}
