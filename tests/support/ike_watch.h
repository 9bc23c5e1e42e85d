/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looks at every protected datagram that engines send, whoever took over from
 * whom: a message id stands for one message (RFC 7296 section 2.2), and an IV is
 * not used twice under one key. What fails ends the program.
 */
#ifndef CYG_TESTS_IKE_WATCH_H
#define CYG_TESTS_IKE_WATCH_H

#include <stdint.h>

#include "ctrl/base/slice.h"

struct ike_watch {
	uint64_t seed;	      /* told when something fails */
	struct watched *seen; /* owned */
	unsigned int n, room;
};

void watch_datagram(struct ike_watch *w, unsigned int side, struct slice d);
void watch_free(struct ike_watch *w);

#endif
