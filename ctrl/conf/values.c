// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/values.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctrl/base/range.h"
#include "ctrl/conf/fail.h"
#include "include/proto.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define BLANKS	     " \t\r\n"

int value_fail_form(const struct key *k, const struct value *v, struct error *e)
{
	return value_fail(e, v, -EINVAL, "must be %s", k->form);
}

/* --- words */

static const struct word bool_words[] = {
	{ "yes", true, NULL },
	{ "true", true, NULL },
	{ "enabled", true, NULL },
	{ "1", true, NULL },
	{ "no", false, NULL },
	{ "false", false, NULL },
	{ "disabled", false, NULL },
	{ "0", false, NULL },
	{ .text = NULL },
};

static const struct word before_words[] = {
	{ "before", false, NULL },
	{ "after", true, NULL },
	{ .text = NULL },
};

/* NULL: none of them, e is filled. */
static const struct word *find_word(const struct word *words,
				    const struct key *k, const struct value *v,
				    struct error *e)
{
	for (const struct word *w = words; w->text; w++) {
		if (strcasecmp(v->text, w->text) != 0)
			continue;
		if (!w->refusal)
			return w;
		value_fail(e, v, -EINVAL, "is %s, %s", w->text, w->refusal);
		return NULL;
	}
	value_fail_form(k, v, e);
	return NULL;
}

VALUE_READER(value_word)
{
	const struct word *w = find_word(k->words, k, v, e);
	unsigned int *number = out;

	if (!w)
		return -EINVAL;
	*number = w->value;
	return 0;
}

VALUE_READER(value_fixed)
{
	(void)out;
	return find_word(k->words, k, v, e) ? 0 : -EINVAL;
}

static int read_flag(const struct word *words, const struct key *k,
		     const struct value *v, bool *out, struct error *e)
{
	const struct word *w = find_word(words, k, v, e);

	if (!w)
		return -EINVAL;
	*out = w->value;
	return 0;
}

VALUE_READER(value_bool)
{
	return read_flag(bool_words, k, v, out, e);
}

static int only(bool wanted, const struct key *k, const struct value *v,
		struct error *e)
{
	bool is;
	int err = read_flag(bool_words, k, v, &is, e);

	if (err || is == wanted)
		return err;
	return value_fail(e, v, -EINVAL, "is %s, %s", is ? "yes" : "no",
			  k->words->refusal);
}

VALUE_READER(value_no)
{
	(void)out;
	return only(false, k, v, e);
}

VALUE_READER(value_yes)
{
	(void)out;
	return only(true, k, v, e);
}

VALUE_READER(value_either)
{
	bool either;

	(void)out;
	return read_flag(bool_words, k, v, &either, e);
}

VALUE_READER(value_before)
{
	return read_flag(before_words, k, v, out, e);
}

/* --- numbers */

bool number_parse(const char *text, uint32_t min, uint32_t max, uint32_t *out)
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
	if (!number_parse(v->text, k->min, k->max, out))
		return value_fail_form(k, v, e);
	return 0;
}

/* Decimal, digits alone; *rest is what follows. */
static bool big_number(const char *text, uint64_t *out, const char **rest)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	*rest = end + strspn(end, " ");
	return errno == 0;
}

/* Digits, and up to three more behind a point. */
static bool thousandths(const char *text, uint64_t *out)
{
	unsigned int digits = 0;
	const char *rest;

	if (!big_number(text, out, &rest) || *out > UINT32_MAX)
		return false;
	if (rest[0] == '.')
		for (rest++; isdigit((unsigned char)rest[0]); rest++, digits++)
			*out = *out * 10 + (uint64_t)(rest[0] - '0');
	for (; digits < 3; digits++)
		*out *= 10;
	return digits == 3 && !rest[0];
}

VALUE_READER(value_thousandths)
{
	uint32_t *number = out;
	uint64_t n;

	if (!thousandths(v->text, &n) || n < k->min || n > k->max)
		return value_fail_form(k, v, e);
	*number = (uint32_t)n;
	return 0;
}

VALUE_READER(value_count)
{
	const uint64_t *count = out;
	const char *rest;

	if (!big_number(v->text, out, &rest) || rest[0] ||
	    *count > UINT64_MAX / 2)
		return value_fail_form(k, v, e);
	return 0;
}

VALUE_READER(value_bytes)
{
	static const char units[] = "kmg";
	const char *rest, *unit = "";
	uint64_t *bytes = out;
	unsigned int shift = 0;

	if (!big_number(v->text, bytes, &rest))
		return value_fail_form(k, v, e);
	if (rest[0]) {
		unit = strchr(units, rest[0] | 0x20);
		shift = unit ? (unsigned int)(unit - units + 1) * 10 : 0;
	}
	if (!unit || (rest[0] && rest[1]) || *bytes > UINT64_MAX / 2 >> shift)
		return value_fail_form(k, v, e);
	*bytes <<= shift;
	return 0;
}

VALUE_READER(value_port)
{
	uint16_t *port = out;
	uint32_t number;

	if (!number_parse(v->text, 1, UINT16_MAX, &number))
		return value_fail_form(k, v, e);
	*port = (uint16_t)number;
	return 0;
}

/* Seconds of a unit's letter, 1 without one; 0: there is no such unit. */
static uint32_t unit_seconds(const char *unit)
{
	if (!unit[0])
		return 1;
	if (unit[1])
		return 0;
	switch (unit[0] | 0x20) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	default:
		return 0;
	}
}

/* swanctl.conf(5), TIME FORMATS. */
VALUE_READER(value_time)
{
	unsigned long long number;
	uint32_t *seconds = out;
	uint32_t unit;
	char *end;

	if (!isdigit((unsigned char)v->text[0]))
		return value_fail_form(k, v, e);
	number = strtoull(v->text, &end, 10);
	unit = unit_seconds(end + strspn(end, " "));
	if (!unit || number > TIME_MAX_S / unit)
		return value_fail_form(k, v, e);
	*seconds = (uint32_t)number * unit;
	return 0;
}

VALUE_READER(value_unused_time)
{
	uint32_t s;

	(void)out;
	return value_time(k, v, &s, e);
}

/* --- protocols */

/* The names of Debian's /etc/protocols for what a tunnel may carry. */
static const struct {
	const char *name;
	uint8_t number;
} protocols[] = {
	{ "any", PROTO_ANY },
	{ "icmp", PROTO_ICMP },
	{ "igmp", 2 },
	{ "ipencap", PROTO_IPIP },
	{ "tcp", PROTO_TCP },
	{ "udp", PROTO_UDP },
	{ "dccp", 33 },
	{ "ipv6", 41 },
	{ "gre", 47 },
	{ "esp", PROTO_ESP },
	{ "ah", PROTO_AH },
	{ "ospf", 89 },
	{ "pim", 103 },
	{ "vrrp", 112 },
	{ "l2tp", 115 },
	{ "sctp", 132 },
	{ "mobility-header", PROTO_MH },
	{ "ipv6-icmp", PROTO_ICMPV6 },
	{ "icmpv6", PROTO_ICMPV6 },
	{ "udplite", 136 },
};

bool protocol_parse(const char *text, uint8_t *out)
{
	uint32_t number;

	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		if (strcasecmp(text, protocols[i].name) == 0) {
			*out = protocols[i].number;
			return true;
		}
	}
	if (!number_parse(text, 1, UINT8_MAX, &number))
		return false;
	*out = (uint8_t)number;
	return true;
}

VALUE_READER(value_protocol)
{
	return protocol_parse(v->text, out) ? 0 : value_fail_form(k, v, e);
}

/* --- items of lists */

static int item_set(struct item *item, size_t start, size_t len)
{
	const char *text = item->v->text + start;

	while (len > 0 && strchr(BLANKS, text[len - 1]))
		len--;
	item->offset = start;
	if (len >= sizeof(item->text))
		return -EINVAL;
	memcpy(item->text, text, len);
	item->text[len] = '\0';
	return len > 0 ? 0 : -EINVAL;
}

int item_next(const struct key *k, const struct value *v, size_t *at,
	      struct item *out, struct error *e)
{
	size_t start, len;

	if (*at > strlen(v->text))
		return 0;
	start = *at + strspn(v->text + *at, BLANKS);
	len = strcspn(v->text + start, ",");
	*at = start + len + 1;
	out->k = k;
	out->v = v;
	return item_set(out, start, len) ? item_fail_form(out, e) : 1;
}

int item_fail(struct error *e, const struct item *item, int err,
	      const char *fmt, ...)
{
	struct place place = value_place(item->v, item->offset);
	char path[TREE_PATH_MAX];
	char text[ERROR_MAX_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	value_path(item->v, path);
	return conf_fail(e, &place, err, "%s %s", path, text);
}

int item_fail_form(const struct item *item, struct error *e)
{
	return item_fail(e, item, -EINVAL, "must be %s", item->k->form);
}

int item_fail_why(const struct item *item, const struct error *why,
		  struct error *e)
{
	struct place place = value_place(item->v, item->offset);
	struct error text = *why;
	char path[TREE_PATH_MAX];

	value_path(item->v, path);
	return conf_fail(e, &place, -EINVAL, "%s: %s", path, text.text);
}

int item_fail_many(const struct item *item, size_t max, struct error *e)
{
	return item_fail(e, item, -E2BIG,
			 "is one more than the %zu that are possible; remove "
			 "some",
			 max);
}

/* --- addresses */

bool is_mapped(const char *text, const struct addr *a)
{
	return addr_is_v4(a) && strchr(text, ':');
}

/* The prefix that was meant when host bits are set. */
static struct prefix network_of(const struct prefix *p)
{
	const unsigned int bits = p->bits + (addr_is_v4(&p->net) ? 96U : 0U);
	struct prefix network = *p;

	for (unsigned int i = bits; i < 128; i++)
		network.net.octets[i / 8] &= (uint8_t) ~(0x80U >> i % 8);
	return network;
}

int item_prefix(const struct item *item, struct prefix *out, struct error *e)
{
	int err = prefix_parse(item->text, out);
	char buf[PREFIX_STR_MAX];
	struct prefix network;

	if (err == -EINVAL)
		return item_fail_form(item, e);
	if (is_mapped(item->text, &out->net))
		return item_fail(e, item, -EINVAL,
				 "is IPv4 in the form of IPv6; it must be %s",
				 item->k->form);
	if (err == -ERANGE)
		return item_fail(e, item, -EINVAL,
				 "has more than %d bits; it must be %s",
				 addr_is_v4(&out->net) ? 32 : 128,
				 item->k->form);
	if (err == 0)
		return 0;
	network = network_of(out);
	return item_fail(e, item, -EINVAL,
			 "has host bits set; the network is %s",
			 prefix_str(&network, buf));
}

int item_range(const struct item *item, struct prefix *net, struct addr *last,
	       struct error *e)
{
	struct range range, left;
	int err = strchr(item->text, '-') ? range_parse(item->text, &range)
					  : -EINVAL;

	if (err == -EDOM)
		return item_fail(e, item, -EINVAL,
				 "ends before it begins; write the lower "
				 "address first");
	if (err || is_mapped(item->text, &range.min))
		return 0;
	left = range;
	*last = (struct addr){ .octets = { 0 } };
	if (!range_next(&left, net))
		return 1;
	*net = (struct prefix){ range.min, addr_is_v4(&range.min) ? 32 : 128 };
	*last = range.max;
	return 1;
}

VALUE_READER(value_prefix)
{
	struct item item = { .k = k, .v = v };

	if (item_set(&item, 0, strlen(v->text)))
		return value_fail_form(k, v, e);
	return item_prefix(&item, out, e);
}
