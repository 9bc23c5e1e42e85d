// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/base/addr.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int addr_parse(const char *text, struct addr *out)
{
	uint32_t v4_be;

	if (inet_pton(AF_INET, text, &v4_be) == 1) {
		*out = addr_from_v4(v4_be);
		return 0;
	}
	return inet_pton(AF_INET6, text, out->octets) == 1 ? 0 : -EINVAL;
}

unsigned int prefix_mapped_bits(const struct prefix *p)
{
	return p->bits + (addr_is_v4(&p->net) ? 96U : 0U);
}

static uint8_t octet_mask(unsigned int bits, unsigned int octet)
{
	if (bits >= 8 * (octet + 1))
		return 0xff;
	if (bits <= 8 * octet)
		return 0;
	return (uint8_t)(0xff00U >> (bits - 8 * octet));
}

/* An IPv6 prefix as short as ::/0 would take in IPv4 by its mapped form. */
bool prefix_contains(const struct prefix *p, const struct addr *a)
{
	unsigned int bits = prefix_mapped_bits(p);

	if (addr_is_v4(&p->net) != addr_is_v4(a))
		return false;
	for (unsigned int i = 0; i < 16; i++)
		if ((p->net.octets[i] ^ a->octets[i]) & octet_mask(bits, i))
			return false;
	return true;
}

static bool host_bits_set(const struct prefix *p)
{
	unsigned int bits = prefix_mapped_bits(p);

	for (unsigned int i = 0; i < 16; i++)
		if (p->net.octets[i] & (uint8_t)~octet_mask(bits, i))
			return true;
	return false;
}

int prefix_parse(const char *text, struct prefix *out)
{
	char host[ADDR_STR_MAX];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	unsigned long family_bits, bits;
	char *end;

	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	if (addr_parse(host, &out->net))
		return -EINVAL;
	family_bits = addr_is_v4(&out->net) ? 32 : 128;
	bits = family_bits;
	if (slash) {
		if (slash[1] < '0' || slash[1] > '9')
			return -EINVAL;
		bits = strtoul(slash + 1, &end, 10);
		if (*end)
			return -EINVAL;
	}
	if (bits > family_bits)
		return -ERANGE;
	out->bits = (uint8_t)bits;
	return host_bits_set(out) ? -EADDRNOTAVAIL : 0;
}

struct addr prefix_last(const struct prefix *p)
{
	unsigned int bits = prefix_mapped_bits(p);
	struct addr a = p->net;

	for (unsigned int i = 0; i < 16; i++)
		a.octets[i] |= (uint8_t)~octet_mask(bits, i);
	return a;
}

uint32_t prefix_mask_v4_be(const struct prefix *p)
{
	return p->bits ? htonl(~0U << (32 - p->bits)) : 0;
}

const char *addr_str(const struct addr *a, char *buf)
{
	if (addr_is_v4(a))
		return inet_ntop(AF_INET, a->octets + ADDR_V4_AT, buf,
				 ADDR_STR_MAX);
	return inet_ntop(AF_INET6, a->octets, buf, ADDR_STR_MAX);
}

const char *prefix_str(const struct prefix *p, char *buf)
{
	size_t len = strlen(addr_str(&p->net, buf));

	snprintf(buf + len, PREFIX_STR_MAX - len, "/%u", p->bits);
	return buf;
}

const char *end_str(const struct addr *a, uint16_t port, char *buf)
{
	char addr[ADDR_STR_MAX];

	snprintf(buf, END_STR_MAX, addr_is_v4(a) ? "%s:%u" : "[%s]:%u",
		 addr_str(a, addr), port);
	return buf;
}

static const char *not_unicast_v4(uint8_t first)
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

/* RFC 4291 section 2.4 */
static const char *not_unicast_v6(const struct addr *a)
{
	const struct addr_halves h = addr_halves(a);

	if (addr_is_none(a))
		return "stands for any address";
	if (h.hi == 0 && h.lo == 1)
		return "is a loopback address";
	if (h.hi >> 56 == 0xff)
		return "is a multicast address";
	if (h.hi >> 54 == 0xfe80 >> 6)
		return "is a link-local address, which says nothing without "
		       "its link";
	return NULL;
}

const char *addr_not_unicast(const struct addr *a)
{
	return addr_is_v4(a) ? not_unicast_v4(a->octets[12]) : not_unicast_v6(a);
}
