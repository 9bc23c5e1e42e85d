/* SPDX-License-Identifier: BSD-2-Clause */
/* For fuzz_engine: gateways that have names, and what these resolve to. */
#ifndef CYG_TESTS_FUZZ_ENGINE_GATEWAY_H
#define CYG_TESTS_FUZZ_ENGINE_GATEWAY_H

#include <string.h>

#include "tests/support/ike_lab.h"

static inline struct gateway gateway_named(void)
{
	static const char name[] = "gw.example.net";
	struct gateway g = { .type = GATEWAY_FQDN, .len = sizeof(name) - 1 };

	memcpy(g.octets, name, g.len);
	return g;
}

/* To what that side asked for last, if it has: of both sides' addresses some, or none. */
static inline void gateway_answer(struct ike_lab *lab, unsigned int side,
				  uint8_t how)
{
	const struct addr addrs[] = { lab->side[how & 1].addr,
				      lab->side[how >> 1 & 1].addr };
	const size_t n = how >> 2 & 3;

	engine_gateway_resolved(lab->side[side].engine, lab->side[side].gateway,
				addrs, n < 2 ? n : 2, "there is no such name",
				lab->now_ns);
}

#endif
