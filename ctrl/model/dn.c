// SPDX-License-Identifier: BSD-2-Clause
/* Names as DER: read, compared and matched. Their text is in dn_text.c. */
#include "ctrl/model/dn.h"

#include <string.h>

#include "ctrl/model/dn_walk.h"

#define ATTRS_MAX 64 /* of a name, for matching in any order */

/* --- DER, read */

/* Definite lengths in their shortest form, of less than 64 KiB. */
static bool take_tlv(struct slice *s, uint8_t *tag, struct slice *value)
{
	uint8_t first, low, high = 0;
	size_t len;

	if (!rd_u8(s, tag) || !rd_u8(s, &first))
		return false;
	len = first;
	if (first >= 0x80) {
		if (first == 0x82 && (!rd_u8(s, &high) || high == 0))
			return false;
		if ((first != 0x81 && first != 0x82) || !rd_u8(s, &low))
			return false;
		len = (size_t)high << 8 | low;
		if (len < 0x80)
			return false;
	}
	return rd_slice(s, len, value);
}

static bool take_tagged(struct slice *s, uint8_t tag, struct slice *value)
{
	uint8_t is;

	return take_tlv(s, &is, value) && is == tag;
}

struct dn_walk dn_walk(struct slice der)
{
	struct dn_walk w = { .bad = false };

	w.bad = !take_tagged(&der, DER_SEQUENCE, &w.rdns) || der.len;
	return w;
}

/* Numbers in their shortest form, and the last of them whole (X.690 section
 * 8.19.2). */
static bool is_oid(struct slice oid)
{
	bool begins = true;

	for (size_t i = 0; i < oid.len; i++) {
		if (begins && oid.ptr[i] == 0x80)
			return false;
		begins = !(oid.ptr[i] & 0x80);
	}
	return oid.len && begins;
}

static bool take_attr(struct slice *rdn, struct dn_attr *out)
{
	struct slice pair;

	return take_tagged(rdn, DER_SEQUENCE, &pair) &&
	       take_tagged(&pair, DER_OID, &out->oid) && is_oid(out->oid) &&
	       take_tlv(&pair, &out->tag, &out->value) && pair.len == 0;
}

bool dn_walk_next(struct dn_walk *w, struct dn_attr *out)
{
	out->begins = w->rdn.len == 0;
	if (w->bad || (out->begins && w->rdns.len == 0))
		return false;
	if (out->begins)
		w->bad = !take_tagged(&w->rdns, DER_SET, &w->rdn);
	w->bad = w->bad || !take_attr(&w->rdn, out);
	return !w->bad;
}

bool dn_valid(struct slice der)
{
	struct dn_walk w = dn_walk(der);
	struct dn_attr a;
	size_t n = 0;

	while (dn_walk_next(&w, &a))
		n++;
	return !w.bad && n > 0;
}

/* --- compared */

bool dn_is_text(uint8_t tag)
{
	return tag == DER_UTF8 || tag == DER_PRINTABLE || tag == DER_T61 ||
	       tag == DER_IA5;
}

static uint8_t fold(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool same_octets(struct slice a, struct slice b)
{
	return a.len == b.len && (!a.len || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static bool same_text(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (fold(a.ptr[i]) != fold(b.ptr[i]))
			return false;
	return true;
}

static bool attr_equal(const struct dn_attr *a, const struct dn_attr *b)
{
	if (!same_octets(a->oid, b->oid))
		return false;
	if (dn_is_text(a->tag) && dn_is_text(b->tag))
		return same_text(a->value, b->value);
	return a->tag == b->tag && same_octets(a->value, b->value);
}

static bool is_wildcard(const struct dn_attr *a)
{
	return dn_is_text(a->tag) && a->value.len == 1 && a->value.ptr[0] == '*';
}

static bool attr_match(const struct dn_attr *conf, const struct dn_attr *id)
{
	return is_wildcard(conf) ? same_octets(conf->oid, id->oid)
				 : attr_equal(conf, id);
}

/* One by one, by either of the two functions above. */
static bool walk_both(struct slice a, struct slice b,
		      bool (*same)(const struct dn_attr *,
				   const struct dn_attr *))
{
	struct dn_walk wa = dn_walk(a), wb = dn_walk(b);
	struct dn_attr x, y;

	while (dn_walk_next(&wa, &x))
		if (!dn_walk_next(&wb, &y) || x.begins != y.begins ||
		    !same(&x, &y))
			return false;
	return !wa.bad && !dn_walk_next(&wb, &y) && !wb.bad;
}

bool dn_equal(struct slice a, struct slice b)
{
	return dn_valid(a) && walk_both(a, b, attr_equal);
}

/* FNV-1a. */
uint64_t dn_hash(struct slice der)
{
	struct dn_walk w = dn_walk(der);
	uint64_t h = 0xcbf29ce484222325ULL;
	struct dn_attr a;

	while (dn_walk_next(&w, &a)) {
		for (size_t i = 0; i < a.oid.len; i++)
			h = (h ^ a.oid.ptr[i]) * 0x100000001b3ULL;
		for (size_t i = 0; i < a.value.len; i++)
			h = (h ^ fold(a.value.ptr[i])) * 0x100000001b3ULL;
	}
	return h;
}

bool dn_is_pattern(struct slice der)
{
	struct dn_walk w = dn_walk(der);
	struct dn_attr a;

	while (dn_walk_next(&w, &a))
		if (is_wildcard(&a))
			return true;
	return false;
}

/* The one at that place of those that are not taken; -1: there is none. */
static int find_attr(const struct dn_attr *wanted, struct slice id,
		     uint64_t taken)
{
	struct dn_walk w = dn_walk(id);
	struct dn_attr a;

	for (int i = 0; dn_walk_next(&w, &a); i++)
		if (!(taken >> i & 1) && attr_match(wanted, &a))
			return i;
	return -1;
}

/* Those of conf that are wildcards, or those that are not: they choose first, and
 * what is left is for the others. */
static bool take_those(struct slice conf, struct slice id, bool wildcards,
		       uint64_t *taken)
{
	struct dn_walk w = dn_walk(conf);
	struct dn_attr a;
	int at;

	while (dn_walk_next(&w, &a)) {
		if (is_wildcard(&a) != wildcards)
			continue;
		at = find_attr(&a, id, *taken);
		if (at < 0)
			return false;
		*taken |= UINT64_C(1) << at;
	}
	return true;
}

static size_t count(struct slice der)
{
	struct dn_walk w = dn_walk(der);
	struct dn_attr a;
	size_t n = 0;

	while (dn_walk_next(&w, &a))
		n++;
	return n;
}

bool dn_match(struct slice conf, struct slice id, enum rdn_matching how)
{
	uint64_t taken = 0;

	if (!dn_valid(conf) || !dn_valid(id))
		return false;
	if (how == RDN_STRICT)
		return walk_both(conf, id, attr_match);
	if (count(id) > ATTRS_MAX ||
	    (how == RDN_REORDERED && count(id) != count(conf)))
		return false;
	return take_those(conf, id, false, &taken) &&
	       take_those(conf, id, true, &taken);
}
