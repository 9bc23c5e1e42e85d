// SPDX-License-Identifier: BSD-2-Clause
/*
 * Policies that take selectors from the packet: whose SA a flow goes by, against
 * RFC 4301 section 4.4.1.2 field by field and a plain list of all SAs, also while
 * they change under readers.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/sadb/quiescent.h"
#include "ctrl/sadb/within.h"
#include "ctrl/wire/ip.h"
#include "include/proto.h"

#define ALL_FLAGS (PFP_LOCAL | PFP_REMOTE | PFP_PROTOCOL | PFP_PORTS)
#define ANY_PFP	  (ALL_FLAGS + 1U)

static const struct within_policy whole = { .id = 7,
					    .since = 3,
					    .pfp = ALL_FLAGS };

static struct flow flow_of(uint32_t local, uint32_t remote, uint8_t protocol,
			   uint16_t local_port, uint16_t remote_port)
{
	return (struct flow){
		.local = addr_from_v4(htonl(0x0a010000 + local)),
		.remote = addr_from_v4(htonl(0x0a020000 + remote)),
		.protocol = protocol,
		.has_ports = ip_has_ports(protocol),
		.local_port = ip_has_ports(protocol) ? local_port : 0,
		.remote_port = ip_has_ports(protocol) ? remote_port : 0,
	};
}

/* Of a policy of all between the two networks. */
static struct sadb_selector policy_selector(void)
{
	return (struct sadb_selector){
		.local_min = addr_from_v4(htonl(0x0a010000)),
		.local_max = addr_from_v4(htonl(0x0a01ffff)),
		.remote_min = addr_from_v4(htonl(0x0a020000)),
		.remote_max = addr_from_v4(htonl(0x0a02ffff)),
		.local_port_max = UINT16_MAX,
		.remote_port_max = UINT16_MAX,
		.protocol = PROTO_ANY,
	};
}

static void take_port(const struct flow *f, uint16_t port, uint16_t *min,
		      uint16_t *max)
{
	*min = f->has_ports ? port : PORT_OPAQUE_MIN;
	*max = f->has_ports ? port : PORT_OPAQUE_MAX;
}

/* RFC 4301 section 4.4.2: the packet's value where it is flagged, the policy's range
 * elsewhere. */
static struct sadb_selector selector_of(const struct flow *f, uint8_t pfp)
{
	struct sadb_selector s = policy_selector();

	if (pfp & PFP_LOCAL)
		s.local_min = s.local_max = f->local;
	if (pfp & PFP_REMOTE)
		s.remote_min = s.remote_max = f->remote;
	if (pfp & PFP_PROTOCOL)
		s.protocol = f->protocol;
	if (pfp & PFP_LOCAL_PORT)
		take_port(f, f->local_port, &s.local_port_min,
			  &s.local_port_max);
	if (pfp & PFP_REMOTE_PORT)
		take_port(f, f->remote_port, &s.remote_port_min,
			  &s.remote_port_max);
	return s;
}

/* --- keys --- */

/* Do two flows go by one SA? */
static bool alike(const struct flow *a, const struct flow *b, uint8_t pfp)
{
	if ((pfp & PFP_PORTS) && a->has_ports != b->has_ports)
		return false;
	return (!(pfp & PFP_LOCAL) || addr_equal(&a->local, &b->local)) &&
	       (!(pfp & PFP_REMOTE) || addr_equal(&a->remote, &b->remote)) &&
	       (!(pfp & PFP_PROTOCOL) || a->protocol == b->protocol) &&
	       (!(pfp & PFP_LOCAL_PORT) || a->local_port == b->local_port) &&
	       (!(pfp & PFP_REMOTE_PORT) || a->remote_port == b->remote_port);
}

static void assert_key_of_its_sa(const struct within_policy *p,
				 const struct flow *f)
{
	const struct within_key key = within_key_of_flow(p, f);
	const struct sadb_selector s = selector_of(f, p->pfp);
	struct within_key of;

	assert_true(within_key_of_selector(p, &s, &of));
	assert_true(within_key_equal(&key, &of));
	assert_int_equal(within_key_hash(&key), within_key_hash(&of));
}

/* Each flow and one that differs in one field, under each mask. */
static void flow_and_sa_of_its_values_have_one_key(void **state)
{
	const struct flow base = flow_of(1, 2, PROTO_UDP, 1000, 53);
	struct flow other[6];

	(void)state;
	for (uint32_t i = 0; i < 6; i++)
		other[i] = base;
	other[0].local = addr_from_v4(htonl(0x0a010009));
	other[1].remote = addr_from_v4(htonl(0x0a020009));
	other[2].protocol = PROTO_TCP;
	other[3].local_port++;
	other[4].remote_port++;
	other[5] = flow_of(1, 2, PROTO_UDP, 0, 0);
	other[5].has_ports = false; /* a later fragment */
	for (uint8_t pfp = 1; pfp < ANY_PFP; pfp++) {
		const struct within_policy p = { 7, 3, pfp };
		const struct within_key key = within_key_of_flow(&p, &base);

		assert_key_of_its_sa(&p, &base);
		for (uint32_t i = 0; i < 6; i++) {
			const struct within_key of =
				within_key_of_flow(&p, &other[i]);

			assert_key_of_its_sa(&p, &other[i]);
			assert_int_equal(within_key_equal(&key, &of),
					 alike(&base, &other[i], pfp));
		}
	}
}

static void key_is_of_one_life_of_one_policy(void **state)
{
	const struct flow f = flow_of(1, 2, PROTO_UDP, 1000, 53);
	const struct within_key key = within_key_of_flow(&whole, &f);
	struct within_policy other = whole;
	struct within_key of;

	(void)state;
	other.id++;
	of = within_key_of_flow(&other, &f);
	assert_false(within_key_equal(&key, &of));
	other = whole;
	other.since++;
	of = within_key_of_flow(&other, &f);
	assert_false(within_key_equal(&key, &of));
}

/* In one field each, whatever is not flagged. */
static void range_in_a_flagged_field_has_no_key(void **state)
{
	const struct flow f = flow_of(1, 2, PROTO_UDP, 1000, 53);
	const uint8_t flags[] = { PFP_LOCAL, PFP_REMOTE, PFP_PROTOCOL,
				  PFP_LOCAL_PORT, PFP_REMOTE_PORT };
	struct within_key key;

	(void)state;
	for (uint32_t i = 0; i < 5; i++) {
		struct sadb_selector s = selector_of(&f, ALL_FLAGS);
		struct within_policy p = whole;

		if (i == 0)
			s.local_max.octets[15]++;
		if (i == 1)
			s.remote_max.octets[15]++;
		if (i == 2)
			s.protocol = PROTO_ANY;
		if (i == 3)
			s.local_port_max++;
		if (i == 4)
			s.remote_port_max++;
		assert_false(within_key_of_selector(&p, &s, &key));
		p.pfp = ALL_FLAGS & (uint8_t)~flags[i];
		assert_true(within_key_of_selector(&p, &s, &key));
	}
}

static void any_port_is_a_value_where_the_protocol_has_none(void **state)
{
	struct flow f = flow_of(1, 2, PROTO_ESP, 0, 0);
	const struct within_key key = within_key_of_flow(&whole, &f);
	struct sadb_selector s = selector_of(&f, ALL_FLAGS);
	struct within_key of;

	(void)state;
	s.local_port_min = s.remote_port_min = 0;
	s.local_port_max = s.remote_port_max = UINT16_MAX;
	assert_true(within_key_of_selector(&whole, &s, &of));
	assert_true(within_key_equal(&key, &of));
	s.protocol = PROTO_UDP;
	assert_false(within_key_of_selector(&whole, &s, &of));
}

/* No packet shows one port and hides the other. */
static void one_port_and_opaque_beside_it_has_no_key(void **state)
{
	const struct flow f = flow_of(1, 2, PROTO_UDP, 1000, 53);
	struct sadb_selector s = selector_of(&f, ALL_FLAGS);
	struct within_key key;

	(void)state;
	s.local_port_min = PORT_OPAQUE_MIN;
	s.local_port_max = PORT_OPAQUE_MAX;
	assert_false(within_key_of_selector(&whole, &s, &key));
}

/* --- the table --- */

static struct sa_ref ref_of(uint32_t n)
{
	return (struct sa_ref){ .id = n, .gen = n + 1 };
}

static int setup(void **state)
{
	quiescent_init();
	*state = within_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	quiescent_drain();
	within_free(*state);
	return 0;
}

static void newer_sa_takes_the_place_of_the_one_before(void **state)
{
	struct within *t = *state;
	const struct flow f = flow_of(1, 2, PROTO_UDP, 1000, 53);
	const struct within_key key = within_key_of_flow(&whole, &f);

	assert_int_equal(within_get(t, &key).gen, 0);
	assert_int_equal(within_put(t, &key, ref_of(1)), 0);
	assert_int_equal(within_get(t, &key).id, 1);
	assert_int_equal(within_put(t, &key, ref_of(2)), 0);
	assert_int_equal(within_get(t, &key).id, 2);
	within_take(t, &key, ref_of(2));
	assert_int_equal(within_get(t, &key).gen, 0);
}

static void one_that_was_replaced_takes_nothing_away(void **state)
{
	struct within *t = *state;
	const struct flow f = flow_of(1, 2, PROTO_UDP, 1000, 53);
	const struct within_key key = within_key_of_flow(&whole, &f);

	assert_int_equal(within_put(t, &key, ref_of(1)), 0);
	assert_int_equal(within_put(t, &key, ref_of(2)), 0);
	within_take(t, &key, ref_of(1));
	assert_int_equal(within_get(t, &key).id, 2);
}

/* --- against a plain list --- */

#define MODEL_MAX 4096U
#define STEPS	  10000U

struct model {
	struct {
		struct flow flow;
		struct within_policy policy;
		struct sa_ref ref;
	} at[MODEL_MAX];
	uint32_t n;
};

/* Where the SA is that the flow goes by; n: nowhere. */
static uint32_t model_find(const struct model *m, const struct within_policy *p,
			   const struct flow *f)
{
	uint32_t i = 0;

	while (i < m->n && !(m->at[i].policy.id == p->id &&
			     alike(&m->at[i].flow, f, p->pfp)))
		i++;
	return i;
}

static void model_put(struct model *m, const struct within_policy *p,
		      const struct flow *f, struct sa_ref ref)
{
	uint32_t at = model_find(m, p, f);

	assert_true(at < MODEL_MAX);
	m->n += at == m->n;
	m->at[at].flow = *f;
	m->at[at].policy = *p;
	m->at[at].ref = ref;
}

static struct flow random_flow(unsigned int *seed)
{
	static const uint8_t protocols[] = { PROTO_UDP, PROTO_TCP, PROTO_ESP,
					     PROTO_ICMP };
	struct flow f =
		flow_of((uint32_t)rand_r(seed) % 4, (uint32_t)rand_r(seed) % 4,
			protocols[rand_r(seed) % 4],
			(uint16_t)(rand_r(seed) % 3),
			(uint16_t)(rand_r(seed) % 3));

	if (rand_r(seed) % 8 == 0) {
		f.has_ports = false;
		f.local_port = f.remote_port = 0;
	}
	return f;
}

static void step(struct within *t, struct model *m, uint32_t n,
		 unsigned int *seed)
{
	static const uint8_t pfp[] = { ALL_FLAGS, PFP_LOCAL, PFP_PORTS,
				       PFP_REMOTE | PFP_PROTOCOL };
	const uint32_t id = (uint32_t)rand_r(seed) % 4;
	const struct within_policy p = { id, 1, pfp[id] };
	const struct flow f = random_flow(seed);
	const struct within_key key = within_key_of_flow(&p, &f);
	const uint32_t at = model_find(m, &p, &f);
	const struct sa_ref is = within_get(t, &key);

	assert_int_equal(is.gen, at < m->n ? m->at[at].ref.gen : 0);
	if (rand_r(seed) % 2) {
		assert_int_equal(within_put(t, &key, ref_of(n)), 0);
		model_put(m, &p, &f, ref_of(n));
	} else if (at < m->n) {
		within_take(t, &key, m->at[at].ref);
		m->at[at] = m->at[--m->n];
	}
}

static void table_says_what_a_list_of_all_sas_says(void **state)
{
	struct model *m = calloc(1, sizeof(*m));
	unsigned int seed = 20;

	assert_non_null(m);
	for (uint32_t n = 0; n < STEPS; n++)
		step(*state, m, n, &seed);
	free(m);
}

/* --- under readers --- */

#define READERS	 2U
#define KEYS	 64U
#define REPLACED 20000U

static struct reading {
	struct within *t;
	_Atomic bool stop;
	_Atomic uint64_t missed, wrong;
	_Atomic uint32_t reading;
} rd;

static struct within_key key_of_number(uint32_t n)
{
	const struct flow f = flow_of(n, 1, PROTO_UDP, 1, 1);

	return within_key_of_flow(&whole, &f);
}

/* The SAs of key n are n, n + KEYS, n + 2 KEYS and so on. */
static void *read_all(void *ctx)
{
	(void)ctx;
	quiescent_join();
	atomic_fetch_add(&rd.reading, 1);
	while (!atomic_load(&rd.stop)) {
		for (uint32_t n = 0; n < KEYS; n++) {
			const struct within_key key = key_of_number(n);
			const struct sa_ref ref = within_get(rd.t, &key);

			if (!ref.gen)
				atomic_fetch_add(&rd.missed, 1);
			else if (ref.id % KEYS != n || ref.gen != ref.id + 1)
				atomic_fetch_add(&rd.wrong, 1);
		}
		quiescent_state();
	}
	quiescent_leave();
	return NULL;
}

/* Beside them another key comes and goes. */
static void replace_all(void)
{
	const struct within_key other = key_of_number(KEYS);

	for (uint32_t i = KEYS; i < REPLACED; i++) {
		const struct within_key key = key_of_number(i % KEYS);

		assert_int_equal(within_put(rd.t, &key, ref_of(i)), 0);
		within_take(rd.t, &key, ref_of(i - KEYS));
		if (i % 2)
			assert_int_equal(within_put(rd.t, &other, ref_of(i)), 0);
		else
			within_take(rd.t, &other, ref_of(i - 1));
	}
}

static void readers_miss_no_sa_that_is_replaced(void **state)
{
	pthread_t readers[READERS];

	memset(&rd, 0, sizeof(rd));
	rd.t = *state;
	for (uint32_t i = 0; i < KEYS; i++) {
		const struct within_key key = key_of_number(i);

		assert_int_equal(within_put(rd.t, &key, ref_of(i)), 0);
	}
	for (uint32_t i = 0; i < READERS; i++)
		pthread_create(&readers[i], NULL, read_all, NULL);
	while (atomic_load(&rd.reading) < READERS)
		sched_yield();
	replace_all();
	atomic_store(&rd.stop, true);
	for (uint32_t i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	assert_int_equal(atomic_load(&rd.missed), 0);
	assert_int_equal(atomic_load(&rd.wrong), 0);
}

#define TABLE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flow_and_sa_of_its_values_have_one_key),
		cmocka_unit_test(key_is_of_one_life_of_one_policy),
		cmocka_unit_test(range_in_a_flagged_field_has_no_key),
		cmocka_unit_test(any_port_is_a_value_where_the_protocol_has_none),
		cmocka_unit_test(one_port_and_opaque_beside_it_has_no_key),
		TABLE(newer_sa_takes_the_place_of_the_one_before),
		TABLE(one_that_was_replaced_takes_nothing_away),
		TABLE(table_says_what_a_list_of_all_sas_says),
		TABLE(readers_miss_no_sa_that_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
