/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IP addresses and prefixes. One type for both families, include/addr.h's.
 * Plain values, no ownership; any thread.
 */
#ifndef CYG_BASE_ADDR_H
#define CYG_BASE_ADDR_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "include/addr.h"

#define ADDR_STR_MAX   46 /* INET6_ADDRSTRLEN */
#define PREFIX_STR_MAX (ADDR_STR_MAX + 4)
#define END_STR_MAX    (ADDR_STR_MAX + 8)

/* Host bits of net are zero. bits counts from the family's own start. */
struct prefix {
	struct addr net;
	uint8_t bits; /* 0..32 for IPv4, 0..128 for IPv6 */
};

/*
 * What is asked of every packet is inline, and goes by halves: written by
 * octets and read by words an address would wait for the store buffer.
 */
struct addr_halves {
	uint64_t hi, lo; /* host order */
};

static inline struct addr_halves addr_halves(const struct addr *a)
{
	uint64_t be[2];

	memcpy(be, a->octets, sizeof(be));
	return (struct addr_halves){ be64toh(be[0]), be64toh(be[1]) };
}

/* Two numbers that a CPU stores, or adds, at once, and four. */
#define TWO_LANES  __attribute__((vector_size(16)))
#define FOUR_LANES __attribute__((vector_size(16)))

/* Stored at once: it is copied as a whole, and what was stored in pieces would
 * have to wait for the store buffer. */
static inline struct addr addr_from_v4(uint32_t v4_be)
{
	const uint32_t FOUR_LANES be = { 0, 0, htobe32(0xffff), v4_be };
	struct addr a;

	memcpy(a.octets, &be, sizeof(be));
	return a;
}

static inline bool addr_is_v4(const struct addr *a)
{
	const struct addr_halves h = addr_halves(a);

	return h.hi == 0 && h.lo >> 32 == 0xffff;
}

/* The IPv4 address in network order; 0 when a is not IPv4. */
static inline uint32_t addr_v4_be(const struct addr *a)
{
	return addr_is_v4(a) ? htobe32((uint32_t)addr_halves(a).lo) : 0;
}

static inline bool addr_equal(const struct addr *a, const struct addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* All octets 0, which is no address of anybody (RFC 4291 section 2.5.2). */
static inline bool addr_is_none(const struct addr *a)
{
	const struct addr_halves h = addr_halves(a);

	return (h.hi | h.lo) == 0;
}

/* A number whose high bits depend on every bit of the address: Fibonacci hashing
 * (Knuth) of the half in which hosts of a network differ, and another multiplier
 * for the half of the networks. */
static inline uint32_t addr_hash(const struct addr *a)
{
	const struct addr_halves h = addr_halves(a);
	const uint64_t net = h.hi * 0xbf58476d1ce4e5b9U;
	const uint64_t host = h.lo * 0x9e3779b97f4a7c15U;

	return (uint32_t)((net ^ net >> 32 ^ host) >> 32);
}

/* "192.0.2.1" or "2001:db8::1", nothing around it. 0 or -EINVAL. */
int addr_parse(const char *text, struct addr *out);

/*
 * "10.1.0.0/24", or an address alone (all bits). 0, -EINVAL when malformed,
 * -ERANGE when bits exceed the family's, -EADDRNOTAVAIL when host bits are
 * set (10.1.0.5/24 is a mistake more often than a network).
 */
int prefix_parse(const char *text, struct prefix *out);

/* Its highest address. */
struct addr prefix_last(const struct prefix *p);

/* Its bits as those of the 16 octets. */
unsigned int prefix_mapped_bits(const struct prefix *p);

/* The netmask of an IPv4 prefix, network order. */
uint32_t prefix_mask_v4_be(const struct prefix *p);
bool prefix_contains(const struct prefix *p, const struct addr *a);

/* Why the address is not one of a gateway or a peer, or NULL. */
const char *addr_not_unicast(const struct addr *a);

/* Write at most ADDR_STR_MAX or PREFIX_STR_MAX octets to buf; return buf. */
const char *addr_str(const struct addr *a, char *buf);
const char *prefix_str(const struct prefix *p, char *buf);

/* "192.0.2.1:500" or "[2001:db8::1]:500" (RFC 5952 section 6), port in host order;
 * writes at most END_STR_MAX octets to buf; returns buf. */
const char *end_str(const struct addr *a, uint16_t port, char *buf);

#endif
