// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/base/range.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int at_ends(const char *text, const char *dash, struct range *out)
{
	char first[ADDR_STR_MAX];
	size_t len = (size_t)(dash - text);

	if (len >= sizeof(first))
		return -EINVAL;
	memcpy(first, text, len);
	first[len] = '\0';
	if (addr_parse(first, &out->min) || addr_parse(dash + 1, &out->max) ||
	    addr_is_v4(&out->min) != addr_is_v4(&out->max))
		return -EINVAL;
	return memcmp(&out->min, &out->max, sizeof(out->min)) > 0 ? -EDOM : 0;
}

int range_parse(const char *text, struct range *out)
{
	const char *dash = strchr(text, '-');
	struct prefix p;
	int err;

	if (dash)
		return at_ends(text, dash, out);
	err = prefix_parse(text, &p);
	if (!err)
		*out = (struct range){ p.net, prefix_last(&p) };
	return err;
}

static unsigned __int128 number_of(const struct addr *a)
{
	uint64_t half[2];

	memcpy(half, a->octets, sizeof(half));
	return (unsigned __int128)be64toh(half[0]) << 64 | be64toh(half[1]);
}

static struct addr addr_of(unsigned __int128 number)
{
	const uint64_t half[2] = { htobe64((uint64_t)(number >> 64)),
				   htobe64((uint64_t)number) };
	struct addr a;

	memcpy(a.octets, half, sizeof(half));
	return a;
}

bool range_next(struct range *left, struct prefix *out)
{
	unsigned __int128 min = number_of(&left->min);
	unsigned __int128 max = number_of(&left->max), hosts = 0;
	uint8_t bits = addr_is_v4(&left->min) ? 32 : 128;

	while (bits && !(min & (hosts * 2 + 1)) && min + (hosts * 2 + 1) <= max) {
		hosts = hosts * 2 + 1;
		bits--;
	}
	*out = (struct prefix){ left->min, bits };
	if (min + hosts == max)
		return false;
	left->min = addr_of(min + hosts + 1);
	return true;
}

uint32_t range_count(const struct range *r)
{
	unsigned __int128 more = number_of(&r->max) - number_of(&r->min);

	return more < UINT32_MAX ? (uint32_t)more + 1 : UINT32_MAX;
}

struct addr range_at(const struct range *r, uint32_t offset)
{
	return addr_of(number_of(&r->min) + offset);
}

static int order(const struct addr *a, const struct addr *b)
{
	return memcmp(a->octets, b->octets, sizeof(a->octets));
}

bool range_has(const struct range *r, const struct addr *a)
{
	return addr_is_v4(&r->min) == addr_is_v4(a) && order(a, &r->min) >= 0 &&
	       order(a, &r->max) <= 0;
}

bool range_overlaps(const struct range *a, const struct range *b)
{
	return addr_is_v4(&a->min) == addr_is_v4(&b->min) &&
	       order(&a->min, &b->max) <= 0 && order(&b->min, &a->max) <= 0;
}

const char *range_str(const struct range *r, char *buf)
{
	char min[ADDR_STR_MAX], max[ADDR_STR_MAX];
	struct range left = *r;
	struct prefix p;

	if (!range_next(&left, &p))
		return prefix_str(&p, buf);
	snprintf(buf, RANGE_STR_MAX, "%s-%s", addr_str(&r->min, min),
		 addr_str(&r->max, max));
	return buf;
}
