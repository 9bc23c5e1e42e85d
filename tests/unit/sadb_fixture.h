/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two gateways in memory, side a before 10.1.0.0/16 and side b before
 * 10.2.0.0/16, each with one PROTECT policy and no SA; and the few steps that
 * most cases take. After every case frames balance.
 */
#ifndef CYG_TESTS_SADB_FIXTURE_H
#define CYG_TESTS_SADB_FIXTURE_H

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/support/side.h"

#define PACKET_BYTES 100U

struct pair {
	struct side *a, *b;
	uint32_t policy_a, policy_b;
	struct sadb_selector narrow_a, narrow_b; /* all of the policy */
	struct sadb_limit soft, hard;		 /* of a's outbound SAs */
};

static inline uint32_t one_policy(struct side *s, struct policy p)
{
	assert_int_equal(sadb_set_policies(s->sadb, &p, 1), 0);
	return p.id;
}

/* So many, each from 10.1.0.0/16 to a host of its own; to be freed. */
static inline struct policy *many_policies(uint32_t first, size_t n)
{
	struct policy *list = calloc(n + 1, sizeof(*list));

	assert_non_null(list);
	for (size_t i = 0; i < n; i++) {
		struct sadb_selector *s = &list[i].selector;

		list[i] = side_policy("10.1.0.0/16", "0.0.0.0/32");
		s->remote_min = s->remote_max =
			addr_from_v4(htonl(first + (uint32_t)i));
	}
	return list;
}

static inline int pair_setup(void **state)
{
	struct policy a = side_policy("10.1.0.0/16", "10.2.0.0/16");
	struct policy b = side_policy("10.2.0.0/16", "10.1.0.0/16");
	static struct pair p;

	p.a = side_new(NULL);
	p.b = side_new(NULL);
	p.policy_a = one_policy(p.a, a);
	p.policy_b = one_policy(p.b, b);
	p.soft = p.hard = (struct sadb_limit){ 0 };
	p.narrow_a = a.selector;
	p.narrow_b = b.selector;
	*state = &p;
	return 0;
}

static inline int pair_teardown(void **state)
{
	struct pair *p = *state;
	bool balance = worker_frames_balance(&p->a->w) &&
		       worker_frames_balance(&p->b->w);

	side_free(p->a);
	side_free(p->b);
	return balance ? 0 : -1;
}

static inline struct sadb_answer call_new(struct side *s, struct sadb_request q)
{
	return side_call(s, &q);
}

static inline void bind_now(struct side *s, const struct sadb_request *add)
{
	struct sadb_request q = side_verb(add, SADB_UPDATE);

	assert_int_equal(side_call(s, &q).err, 0);
}

/* A pair of SAs from a to b, in use; the outbound one's ADD. */
static inline struct sadb_request add_pair(struct pair *p, uint32_t spi)
{
	struct sadb_request in =
		side_add(SADB_IN, false, spi, p->policy_b, &p->narrow_b);
	struct sadb_request out =
		side_add(SADB_OUT, false, spi, p->policy_a, &p->narrow_a);

	out.sa.soft = p->soft;
	out.sa.hard = p->hard;
	assert_int_equal(side_call(p->b, &in).err, 0);
	assert_int_equal(side_call(p->a, &out).err, 0);
	bind_now(p->a, &out);
	return out;
}

/* From host to wire; false: BPF drops it. */
static inline bool send_one(struct pair *p, uint8_t *l3)
{
	side_packet(l3, "10.1.0.5", "10.2.0.7", PACKET_BYTES);
	if (!side_out(p->a, l3, PACKET_BYTES))
		return false;
	worker_step(&p->a->w);
	port_mem_reset(&p->a->inside);
	return true;
}

/* So many packets from host to host. */
static inline void cross(struct pair *p, uint32_t n)
{
	uint8_t l3[FRAME_BYTES];

	for (uint32_t i = 0; i < n; i++)
		assert_true(send_one(p, l3));
	assert_int_equal(side_carry(p->a, p->b), n);
	worker_step(&p->b->w);
	assert_int_equal(p->b->inside.tx_n, n);
	port_mem_reset(&p->b->inside);
	port_mem_reset(&p->b->outside);
}

#endif
