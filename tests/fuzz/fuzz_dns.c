// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets as an answer to a question for an address: as they are, or behind a
 * header and a question that fit, so that it comes to the records. Nothing is
 * read past their end; what is no answer fills nothing in; and addresses are only
 * those that stand in the octets.
 */
#include <stdlib.h>
#include <string.h>

#include "ctrl/wire/dns.h"

#define NAME "gw.example.net"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* The question as it was sent, made an answer with as many records as it says. */
static size_t put_front(const struct dns_question *q, uint8_t records,
			uint8_t out[DNS_MESSAGE_MAX])
{
	size_t len = dns_question_put(q, out);

	require(len);
	out[2] |= 0x80;
	out[7] = records;
	return len;
}

static bool stands_in(const uint8_t *octets, size_t n, const struct addr *a)
{
	const bool v4 = addr_is_v4(a);
	const uint8_t *what = a->octets + (v4 ? ADDR_V4_AT : 0);

	return memmem(octets, n, what, v4 ? 4 : sizeof(a->octets));
}

static void check(const uint8_t *octets, size_t n, const struct dns_question *q)
{
	struct dns_addrs addrs = { .n = DNS_ADDRS_MAX + 1 };
	enum dns_reply reply = dns_reply_read(slice_of(octets, n), q, &addrs);

	if (reply != DNS_REPLY_ADDRS)
		return;
	require(n <= DNS_MESSAGE_MAX && addrs.n <= DNS_ADDRS_MAX);
	for (size_t i = 0; i < addrs.n; i++) {
		require(addr_is_v4(&addrs.at[i]) == (q->type == DNS_TYPE_A) ||
			q->type == DNS_TYPE_AAAA);
		require(stands_in(octets, n, &addrs.at[i]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t front[DNS_MESSAGE_MAX], *copy;
	struct dns_question q = { NAME, DNS_TYPE_A, 0x1234 };
	size_t n = 0;

	if (!size)
		return 0;
	if (data[0] & 1)
		q.type = DNS_TYPE_AAAA;
	if (data[0] & 2)
		n = put_front(&q, data[0] >> 2, front);
	copy = malloc(n + size - 1 ? n + size - 1 : 1);
	require(copy);
	memcpy(copy, front, n);
	memcpy(copy + n, data + 1, size - 1);
	check(copy, n + size - 1, &q);
	free(copy);
	return 0;
}
