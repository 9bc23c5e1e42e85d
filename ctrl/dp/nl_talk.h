/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One question to the kernel at a time over a netlink socket, and its whole
 * answer. An exchange that goes wrong leaves nothing behind: an answer is read
 * to its end whatever stands in it, and what belongs to an earlier question is
 * skipped. Control thread; waits for the kernel, which answers at once.
 */
#ifndef CYG_DP_NL_TALK_H
#define CYG_DP_NL_TALK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/addr.h"

#define NL_ASK_BYTES	1024  /* the longest question */
#define NL_ANSWER_BYTES 32768 /* the kernel's largest datagram of a dump */
#define NL_DUMP_TRIES	8

struct nl {
	int fd; /* owned */
	uint32_t seq;
	_Alignas(struct nlmsghdr) char ask[NL_ASK_BYTES];
	_Alignas(struct nlmsghdr) char answer[NL_ANSWER_BYTES];
};

/* With a socket of NETLINK_ROUTE, or of another of netlink(7)'s families. 0 or a
 * negative errno. */
int nl_new(struct nl **out);
int nl_new_of(int family, struct nl **out);
void nl_free(struct nl *nl);

/* A new question in nl->ask, for the caller to fill; with NLM_F_REQUEST. */
struct nlmsghdr *nl_ask(struct nl *nl, uint16_t type, uint16_t flags);

/* AF_INET or AF_INET6. */
uint8_t nl_family(const struct addr *a);

/* Its octets, 4 or 16, as an attribute of a question. */
void nl_put_addr(struct nlmsghdr *h, uint16_t type, const struct addr *a);

/*
 * Asks nl->ask, and gives every message of the answer to each(), which may be
 * NULL.
 *
 * 0            answered, or acknowledged
 * -EINTR       a dump during which the table changed: what each() saw is
 *              no state that ever was
 * -ETIMEDOUT   the kernel was silent
 * other        as the kernel, or the socket, said
 */
int nl_talk(struct nl *nl, void (*each)(const struct nlmsghdr *h, void *ctx),
	    void *ctx);

/* What a dump found: n rows of row_bytes in a row, in the kernel's order. */
struct nl_rows {
	size_t row_bytes;
	bool (*parse)(const struct nlmsghdr *h, void *row); /* false: no row */
	void *at; /* the caller's to free() */
	size_t n;
	size_t room;
	bool no_memory;
};

/*
 * Asks nl->ask, a dump, again if need be until nothing changed under it; the
 * caller fills row_bytes and parse, the rest is 0.
 *
 * 0 or as nl_talk(): -EINTR after NL_DUMP_TRIES, with the rows of the last
 * try; -ENOMEM. With every other error there are no rows.
 */
int nl_dump(struct nl *nl, struct nl_rows *rows);

#endif
