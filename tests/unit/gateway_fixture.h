/* SPDX-License-Identifier: BSD-2-Clause */
/* The few steps that tests of one gateway in memory take, whatever its SAs are. */
#ifndef CYG_TESTS_GATEWAY_FIXTURE_H
#define CYG_TESTS_GATEWAY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/gateway.h"

static inline void gateway_end(struct gateway *g)
{
	assert_true(gateway_books_balance(g));
	gateway_free(g);
}

static inline void step_host(struct gateway *g, const uint8_t *l3,
			     uint32_t bytes)
{
	const struct host_tag tag = gateway_tag();

	gateway_host_give(g, &tag, l3, bytes);
	worker_step(&g->w);
}

static inline void step_in(struct gateway *g, const uint8_t *l3, uint32_t bytes)
{
	gateway_give(g, DIR_IN, l3, bytes);
	worker_step(&g->w);
}

/* From where the outbound SA's packets come: in transport mode, this host. */
static inline void give_out(struct gateway *g, const uint8_t *l3, uint32_t bytes)
{
	if (g->out->transport)
		return step_host(g, l3, bytes);
	gateway_give(g, DIR_OUT, l3, bytes);
	worker_step(&g->w);
}

/* What leaves for a packet, at l3; its octets. */
static inline uint32_t seal(struct gateway *g, const uint8_t *packet,
			    uint32_t n, uint8_t *l3)
{
	const uint8_t *sent;
	uint32_t bytes;

	give_out(g, packet, n);
	assert_int_equal(g->outside.tx_n, 1);
	sent = gateway_sent(&g->outside, 0, &bytes);
	memcpy(l3, sent, bytes);
	gateway_reset(g);
	return bytes;
}

static inline void assert_one_drop(const struct gateway *g,
				   enum drop_reason reason)
{
	assert_int_equal(g->drops[reason].pkts, 1);
	assert_int_equal(gateway_dropped(g), 1);
}

#endif
