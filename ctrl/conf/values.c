// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/values.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/conf/fail.h"
#include "include/proto.h"

#define PROPOSAL_MAX 64 /* with the NUL; longer than any we know */

/* What value_proposal() takes, for its errors; a test holds it to alg.h. */
#define KNOWN_ENCR  "aes128, aes192, aes256"
#define KNOWN_INTEG "sha1, sha256, sha384, sha512"

static int fail_form(const struct key *k, const struct value *v, struct error *e)
{
	return value_fail(e, v, -EINVAL, "must be %s", k->form);
}

/* --- interfaces */

/* One name of a list, as a slice of the value's text without blanks around. */
static struct slice next_item(const char *text, size_t *offset)
{
	size_t start = *offset + strspn(text + *offset, " \t\r\n");
	size_t end = start + strcspn(text + start, ",");

	*offset = end;
	while (end > start && isspace((unsigned char)text[end - 1]))
		end--;
	return slice_of(text + start, end - start);
}

static bool slice_is(struct slice s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.ptr, text, s.len) == 0;
}

/* What the kernel takes as a device's name. */
static bool is_iface_name(struct slice name)
{
	if (name.len == 0 || name.len >= IF_NAMESIZE)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (isspace(name.ptr[i]) || strchr("/:", name.ptr[i]))
			return false;
	return !slice_is(name, ".") && !slice_is(name, "..");
}

static int add_iface(const struct value *v, const struct iface_conf *iface,
		     struct gateway_conf *g, struct error *e)
{
	char path[TREE_PATH_MAX];

	value_path(v, path);
	for (size_t i = 0; i < g->n_ifaces; i++)
		if (strcmp(g->ifaces[i].name, iface->name) == 0)
			return conf_fail(e, &iface->place, -EINVAL,
					 "%s names %s a second time, first at "
					 "line %u; an interface has one side",
					 path, iface->name,
					 g->ifaces[i].place.line);
	if (g->n_ifaces == IFACE_MAX)
		return conf_fail(e, &iface->place, -E2BIG,
				 "%s: more than %u interfaces; remove some",
				 path, IFACE_MAX);
	g->ifaces[g->n_ifaces++] = *iface;
	return 0;
}

static int read_ifaces(const struct key *k, const struct value *v,
		       enum iface_role role, struct gateway_conf *g,
		       struct error *e)
{
	size_t offset = 0;
	int err;

	for (;;) {
		struct slice item = next_item(v->text, &offset);
		size_t start = (size_t)((const char *)item.ptr - v->text);
		struct iface_conf iface = { .role = role };

		if (!is_iface_name(item))
			return fail_form(k, v, e);
		memcpy(iface.name, item.ptr, item.len);
		iface.place = value_place(v, start);
		err = add_iface(v, &iface, g, e);
		if (err || !v->text[offset])
			return err;
		offset++; /* the comma */
	}
}

VALUE_READER(value_protected)
{
	return read_ifaces(k, v, IFACE_PROTECTED, out, e);
}

VALUE_READER(value_unprotected)
{
	return read_ifaces(k, v, IFACE_UNPROTECTED, out, e);
}

/* --- words, numbers, paths */

VALUE_READER(value_word)
{
	enum spd_action *action = out;

	for (const struct word *w = k->words; w->text; w++) {
		if (strcmp(v->text, w->text) == 0) {
			*action = w->action;
			return 0;
		}
	}
	return fail_form(k, v, e);
}

/* Decimal, or hexadecimal after 0x; strongswan.conf(5), NUMBER FORMATS. */
static bool parse_number(const char *text, uint32_t min, uint32_t max,
			 uint32_t *out)
{
	bool hex = text[0] == '0' && (text[1] | 0x20) == 'x';
	unsigned long long number;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false; /* strtoull() would take a sign */
	number = strtoull(text, &end, hex ? 16 : 10);
	if (*end || number < min || number > max)
		return false;
	*out = (uint32_t)number;
	return true;
}

VALUE_READER(value_number)
{
	if (!parse_number(v->text, k->min, k->max, out))
		return fail_form(k, v, e);
	return 0;
}

VALUE_READER(value_protocol)
{
	static const struct {
		const char *name;
		uint8_t protocol;
	} known[] = {
		{ "any", PROTO_ANY },
		{ "icmp", PROTO_ICMP },
		{ "tcp", PROTO_TCP },
		{ "udp", PROTO_UDP },
	};
	uint8_t *protocol = out;
	uint32_t number;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(v->text, known[i].name) == 0) {
			*protocol = known[i].protocol;
			return 0;
		}
	}
	if (!parse_number(v->text, 1, UINT8_MAX, &number))
		return fail_form(k, v, e);
	*protocol = (uint8_t)number;
	return 0;
}

/* swanctl's notation is a URI; of its kinds we serve Unix sockets. */
VALUE_READER(value_socket)
{
	static const char scheme[] = "unix://";
	const char *path = v->text;

	if (strncmp(path, scheme, strlen(scheme)) == 0)
		path += strlen(scheme);
	if (path[0] != '/' || strpbrk(path, "\r\n\t"))
		return fail_form(k, v, e);
	if (strlen(path) >= CONF_PATH_MAX)
		return value_fail(e, v, -E2BIG,
				  "is longer than %u octets; shorten the path",
				  CONF_PATH_MAX - 1);
	memcpy(out, path, strlen(path) + 1);
	return 0;
}

VALUE_READER(value_mode)
{
	(void)out;
	if (strcmp(v->text, "tunnel") == 0)
		return 0;
	if (strcmp(v->text, "transport") == 0 || strcmp(v->text, "beet") == 0)
		return value_fail(e, v, -EINVAL,
				  "is %s, but only tunnel is supported yet; "
				  "remove the line",
				  v->text);
	return fail_form(k, v, e);
}

/* --- addresses */

/* Why an address with this first octet is no host's, or NULL. */
static const char *not_unicast(uint8_t first)
{
	if (first == 0)
		return "stands for any address"; /* RFC 1122 section 3.2.1.3 */
	if (first == 127)
		return "is a loopback address"; /* RFC 1122 section 3.2.1.3 */
	if (first >= 240)
		return "is a reserved address"; /* RFC 1112 section 4 */
	if (first >= 224)
		return "is a multicast address"; /* RFC 1112 section 4 */
	return NULL;
}

VALUE_READER(value_address)
{
	struct addr *a = out;
	const char *reason;

	if (addr_parse(v->text, a))
		return fail_form(k, v, e);
	if (strchr(v->text, ':'))
		return value_fail(e, v, -EINVAL,
				  "is IPv6, which is not supported yet; "
				  "it must be %s",
				  k->form);
	reason = not_unicast(a->octets[12]);
	if (reason)
		return value_fail(e, v, -EINVAL, "%s; it must be %s", reason,
				  k->form);
	return 0;
}

/* The prefix that was meant when host bits are set. */
static struct prefix network_of(const struct prefix *p)
{
	struct prefix network = *p;

	network.net = addr_from_v4(addr_v4_be(&p->net) & prefix_mask_v4_be(p));
	return network;
}

VALUE_READER(value_prefix)
{
	struct prefix *p = out;
	int err = prefix_parse(v->text, p);
	char buf[PREFIX_STR_MAX];
	struct prefix network;

	if (err == -EINVAL)
		return fail_form(k, v, e);
	if (strchr(v->text, ':'))
		return value_fail(e, v, -EINVAL,
				  "is IPv6, which is not supported yet; "
				  "it must be %s",
				  k->form);
	if (err == -ERANGE)
		return value_fail(e, v, -EINVAL,
				  "has more than 32 bits; it must be %s",
				  k->form);
	if (err == 0)
		return 0;
	network = network_of(p);
	return value_fail(e, v, -EINVAL, "has host bits set; the network is %s",
			  prefix_str(&network, buf));
}

/* --- keys and proposals */

VALUE_READER(value_secret)
{
	int err = secret_parse(v->text, out);

	if (err == -E2BIG)
		return value_fail(e, v, -EINVAL,
				  "is longer than %u octets, and so than any "
				  "key; it must be %s",
				  SECRET_MAX_BYTES, k->form);
	return err ? fail_form(k, v, e) : 0;
}

/* Ends word at its first '-' and returns what is behind it, or NULL. */
static char *split(char *word)
{
	char *dash = strchr(word, '-');

	if (!dash)
		return NULL;
	*dash = '\0';
	return dash + 1;
}

/*
 * A cipher with keys by hand must survive a sequence number, and so an IV,
 * used twice: the keys are the same after a restart.
 */
static int check_encr(const struct encr_alg *encr, const struct value *v,
		      struct error *e)
{
	if (!encr)
		return value_fail(e, v, -EINVAL,
				  "has an unknown cipher; known are " KNOWN_ENCR);
	if (!encr->counter_mode)
		return 0;
	return value_fail(e, v, -EINVAL,
			  "can't be %s with keys by hand: a counter-mode IV "
			  "used twice under one key reveals both packets "
			  "(RFC 8221 section 3), and keys by hand outlive a "
			  "restart; use a CBC proposal such as aes256-sha256",
			  encr->name);
}

VALUE_READER(value_proposal)
{
	struct manual_conf *m = out;
	char encr[PROPOSAL_MAX];
	char *integ, *more;
	int err;

	if (strlen(v->text) >= sizeof(encr) || strpbrk(v->text, ", \t\r\n"))
		return fail_form(k, v, e);
	strcpy(encr, v->text);
	integ = split(encr);
	m->encr = encr_by_name(encr);
	err = check_encr(m->encr, v, e);
	if (err)
		return err;
	if (!integ)
		return value_fail(e, v, -EINVAL,
				  "has a cipher without integrity; write "
				  "%s-sha256",
				  m->encr->name);
	more = split(integ);
	m->integ = integ_by_name(integ);
	if (!m->integ || m->integ->id == INTEG_NONE)
		return value_fail(e, v, -EINVAL,
				  "has an unknown integrity keyword; known "
				  "are " KNOWN_INTEG);
	if (more)
		return value_fail(e, v, -EINVAL,
				  "has more than a cipher and an integrity "
				  "keyword; write %s-%s",
				  m->encr->name, m->integ->name);
	return 0;
}
