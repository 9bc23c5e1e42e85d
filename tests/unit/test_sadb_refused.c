// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every ADD that is refused: each row is a good one with one thing changed.
 * Nothing is left of it, and the good one works afterwards. And every suite
 * that is taken.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "include/ike.h"
#include "include/proto.h"
#include "tests/support/packet.h"
#include "tests/unit/sadb_fixture.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* A policy of each kind; ids are their places here. */
enum {
	POLICY_ALL,
	POLICY_UDP,
	POLICY_DISCARDING,
	POLICY_MANUAL,
	POLICIES,
};

static int setup(void **state)
{
	struct policy list[POLICIES];
	struct pair *p;

	if (pair_setup(state))
		return -1;
	p = *state;
	list[POLICY_ALL] = side_policy("10.1.0.0/16", "10.2.0.0/16");
	list[POLICY_ALL].ends.n_local = list[POLICY_ALL].ends.n_remote = 1;
	if (range_parse("192.0.2.1", &list[POLICY_ALL].ends.local[0]) ||
	    range_parse("192.0.2.2/31", &list[POLICY_ALL].ends.remote[0]))
		return -1;
	list[POLICY_UDP] = side_policy("10.1.0.0/16", "10.3.0.0/16");
	list[POLICY_UDP].selector.protocol = PROTO_UDP;
	list[POLICY_DISCARDING] = side_policy("10.1.0.0/16", "10.4.0.0/16");
	list[POLICY_DISCARDING].action = SPD_DISCARD;
	list[POLICY_MANUAL] = side_policy("10.1.0.0/16", "10.5.0.0/16");
	list[POLICY_MANUAL].manual = true;
	if (sadb_set_policies(p->a->sadb, list, POLICIES))
		return -1;
	for (uint32_t i = 0; i < POLICIES; i++)
		if (list[i].id != i)
			return -1;
	return 0;
}

struct refusal {
	const char *name;
	int err;
	void (*change)(struct sadb_request *q);
};

static void spi_0(struct sadb_request *q)
{
	q->id.spi = 0;
}

static void spi_255(struct sadb_request *q)
{
	q->id.spi = 255;
}

static void dir_2(struct sadb_request *q)
{
	q->id.dir = 2;
}

static void daddr_ipv6(struct sadb_request *q)
{
	q->id.daddr.octets[0] = 0x20;
}

static void outer_df_3(struct sadb_request *q)
{
	q->sa.outer.df = 3;
}

static void outer_dscp_64(struct sadb_request *q)
{
	q->sa.outer.dscp = SADB_DSCP_MAX + 1;
}

static void outer_dummies_1001(struct sadb_request *q)
{
	q->sa.outer.dummies = SADB_DUMMIES_MAX + 1;
}

static void saddr_ipv6(struct sadb_request *q)
{
	q->sa.saddr.octets[0] = 0x20;
}

static void ends_unspecified(struct sadb_request *q)
{
	memset(&q->id.daddr, 0, sizeof(q->id.daddr));
	memset(&q->sa.saddr, 0, sizeof(q->sa.saddr));
}

static void remote_ipv6(struct sadb_request *q)
{
	q->sa.selectors[0].remote_min.octets[0] = 0x20;
	q->sa.selectors[0].remote_max.octets[0] = 0x20;
}

static void range_over_both_families(struct sadb_request *q)
{
	q->sa.selectors[0].local_max.octets[0] = 0x20;
}

static void if_id_42(struct sadb_request *q)
{
	q->sa.if_id = 42;
}

static void policy_unknown(struct sadb_request *q)
{
	q->sa.policy = POLICIES;
}

static void policy_beyond(struct sadb_request *q)
{
	q->sa.policy = SPD_MAX;
}

static void policy_max(struct sadb_request *q)
{
	q->sa.policy = UINT32_MAX;
}

static void policy_discards(struct sadb_request *q)
{
	struct policy p = side_policy("10.1.0.0/16", "10.4.0.0/16");

	q->sa.policy = POLICY_DISCARDING;
	q->sa.selectors[0] = p.selector;
}

static void policy_manual(struct sadb_request *q)
{
	struct policy p = side_policy("10.1.0.0/16", "10.5.0.0/16");

	q->sa.policy = POLICY_MANUAL;
	q->sa.selectors[0] = p.selector;
}

static void remote_wider(struct sadb_request *q)
{
	q->sa.selectors[0].remote_max = addr_from_v4(inet_addr("10.3.0.0"));
}

static void local_wider(struct sadb_request *q)
{
	q->sa.selectors[0].local_min = addr_from_v4(inet_addr("10.0.255.255"));
}

static void other_network(struct sadb_request *q)
{
	q->sa.policy = POLICY_UDP;
	q->sa.selectors[0].protocol = PROTO_UDP;
}

static void protocol_wider(struct sadb_request *q)
{
	struct policy p = side_policy("10.1.0.0/16", "10.3.0.0/16");

	q->sa.policy = POLICY_UDP;
	q->sa.selectors[0] = p.selector;
}

static void second_outside(struct sadb_request *q)
{
	q->sa.selectors[1] = q->sa.selectors[0];
	q->sa.n_selectors = 2;
	q->sa.selectors[1].remote_max = addr_from_v4(inet_addr("10.3.0.0"));
}

static void to_a_stranger(struct sadb_request *q)
{
	q->id.daddr = addr_from_v4(inet_addr("192.0.2.4"));
}

static void from_a_stranger(struct sadb_request *q)
{
	q->sa.saddr = addr_from_v4(inet_addr("192.0.2.2"));
}

static void no_selectors(struct sadb_request *q)
{
	q->sa.n_selectors = 0;
}

static void in_ah(struct sadb_request *q)
{
	q->sa.carrier = 0x1000;
}

static void selectors_17(struct sadb_request *q)
{
	q->sa.n_selectors = SADB_SELECTORS_MAX + 1;
}

static void range_turned(struct sadb_request *q)
{
	struct sadb_selector *s = &q->sa.selectors[0];
	struct addr min = s->local_min;

	s->local_min = s->local_max;
	s->local_max = min;
}

static void ports_turned(struct sadb_request *q)
{
	q->sa.selectors[0].remote_port_min = 2;
	q->sa.selectors[0].remote_port_max = 1;
}

static void key_shorter(struct sadb_request *q)
{
	q->sa.encr_key_len--;
}

static void key_longer(struct sadb_request *q)
{
	q->sa.encr_key_len++;
}

static void key_beyond(struct sadb_request *q)
{
	q->sa.encr_key_len = UINT16_MAX;
}

static void integ_key_beside_an_aead(struct sadb_request *q)
{
	q->sa.integ = INTEG_HMAC_SHA2_256_128;
	q->sa.integ_key_len = 32;
}

static void cbc_key_short(struct sadb_request *q)
{
	q->sa.encr = ENCR_AES_CBC;
	q->sa.encr_key_len = 16;
	q->sa.integ = INTEG_HMAC_SHA2_256_128;
	q->sa.integ_key_len = 31;
}

static void cbc_alone(struct sadb_request *q)
{
	q->sa.encr = ENCR_AES_CBC;
	q->sa.encr_key_len = 16;
}

static void bits_between(struct sadb_request *q)
{
	q->sa.encr_key_bits = 160;
}

static void encr_unknown(struct sadb_request *q)
{
	q->sa.encr = 999;
}

static void integ_unknown(struct sadb_request *q)
{
	q->sa.integ = 999;
}

static void window_beyond(struct sadb_request *q)
{
	const struct addr from = q->sa.saddr;

	q->id.dir = SADB_IN;
	q->sa.saddr = q->id.daddr;
	q->id.daddr = from;
	q->sa.replay_window = REPLAY_WINDOW_MAX + 1;
}

static void one_port(struct sadb_request *q)
{
	q->sa.encap_dport = 4500;
}

static void mode_unknown(struct sadb_request *q)
{
	q->sa.mode = SADB_TRANSPORT + 1;
}

/* Of networks, not of the SA's own addresses. */
static void transport_of_networks(struct sadb_request *q)
{
	q->sa.mode = SADB_TRANSPORT;
}

static void take_ah(struct sadb_request *q)
{
	q->sa.protocol = IKE_PROTO_AH;
	q->sa.encr = ENCR_NULL;
	q->sa.encr_key_bits = 0;
	q->sa.encr_key_len = 0;
	q->sa.integ = INTEG_HMAC_SHA2_256_128;
	q->sa.integ_key_len = 32;
}

static void protocol_ike(struct sadb_request *q)
{
	q->sa.protocol = IKE_PROTO_IKE;
}

static void protocol_unknown(struct sadb_request *q)
{
	q->sa.protocol = IKE_PROTO_ESP + 1;
}

static void ah_that_encrypts(struct sadb_request *q)
{
	q->sa.protocol = IKE_PROTO_AH;
}

static void ah_without_integrity(struct sadb_request *q)
{
	take_ah(q);
	q->sa.integ = INTEG_NONE;
	q->sa.integ_key_len = 0;
}

static void ah_in_udp(struct sadb_request *q)
{
	take_ah(q);
	q->sa.encap_sport = q->sa.encap_dport = 4500;
}

static void in_a_stream(struct sadb_request *q)
{
	q->sa.stream = 1;
}

static void in_a_stream_to_come(struct sadb_request *q)
{
	q->sa.stream = UINT32_MAX;
}

static void ah_that_pads(struct sadb_request *q)
{
	take_ah(q);
	q->sa.outer.tfc_bytes = 200;
}

static void ah_of_dummies(struct sadb_request *q)
{
	take_ah(q);
	q->sa.outer.dummies = 1;
}

static const struct refusal refusals[] = {
	{ "neither ESP nor AH", -EINVAL, protocol_ike },
	{ "a protocol that nobody knows", -EINVAL, protocol_unknown },
	{ "AH that encrypts", -EINVAL, ah_that_encrypts },
	{ "AH without integrity", -EINVAL, ah_without_integrity },
	{ "AH in UDP", -EINVAL, ah_in_udp },
	{ "ESP in TCP where nothing is to be", -EPERM, in_a_stream },
	{ "ESP in TCP that is yet to be there", -EPERM, in_a_stream_to_come },
	{ "AH that pads", -EINVAL, ah_that_pads },
	{ "AH with dummies", -EINVAL, ah_of_dummies },
	{ "SPI 0", -EINVAL, spi_0 },
	{ "SPI 255", -EINVAL, spi_255 },
	{ "no direction", -EINVAL, dir_2 },
	{ "destination alone of IPv6", -EINVAL, daddr_ipv6 },
	{ "source alone of IPv6", -EINVAL, saddr_ipv6 },
	{ "DF neither copied, clear nor set", -EINVAL, outer_df_3 },
	{ "DSCP of 7 bits", -EINVAL, outer_dscp_64 },
	{ "more dummies than may be", -EINVAL, outer_dummies_1001 },
	{ "no addresses", -EINVAL, ends_unspecified },
	{ "selector from IPv4 to IPv6", -EINVAL, remote_ipv6 },
	{ "range over both families", -EINVAL, range_over_both_families },
	{ "policy that is not there", -ENOENT, policy_unknown },
	{ "policy beyond the list", -ENOENT, policy_beyond },
	{ "another tunnel interface than the policy's", -EPERM, if_id_42 },
	{ "policy of all ones", -ENOENT, policy_max },
	{ "policy that discards", -EPERM, policy_discards },
	{ "policy with manual SAs", -EPERM, policy_manual },
	{ "remote range beyond its policy", -EPERM, remote_wider },
	{ "local range before its policy", -EPERM, local_wider },
	{ "selector of another policy", -EPERM, other_network },
	{ "any protocol where the policy has one", -EPERM, protocol_wider },
	{ "second selector outside", -EPERM, second_outside },
	{ "to an address that no peer has", -EPERM, to_a_stranger },
	{ "from an address that is not ours", -EPERM, from_a_stranger },
	{ "no selector", -EINVAL, no_selectors },
	{ "in AH of a bundle", -EPERM, in_ah },
	{ "17 selectors", -EINVAL, selectors_17 },
	{ "range from high to low", -EINVAL, range_turned },
	{ "ports from high to low", -EINVAL, ports_turned },
	{ "key of an octet less", -EINVAL, key_shorter },
	{ "key of an octet more", -EINVAL, key_longer },
	{ "key longer than the message", -EINVAL, key_beyond },
	{ "integrity beside an AEAD", -EINVAL, integ_key_beside_an_aead },
	{ "MAC's key of an octet less", -EINVAL, cbc_key_short },
	{ "CBC without integrity", -EINVAL, cbc_alone },
	{ "AES of 160 bits", -ENOTSUP, bits_between },
	{ "unknown cipher", -ENOTSUP, encr_unknown },
	{ "unknown MAC", -ENOTSUP, integ_unknown },
	{ "window too wide", -EINVAL, window_beyond },
	{ "one UDP port of two", -EINVAL, one_port },
	{ "mode that there is not", -EINVAL, mode_unknown },
	{ "transport mode for networks", -EINVAL, transport_of_networks },
};

/* The good one of that refusal. */
static void transport_sa_of_its_own_addresses_is_taken(void **state)
{
	struct policy own = side_policy("192.0.2.1", "192.0.2.2");
	struct pair *p = *state;
	struct sadb_request q;

	own.id = 0;
	assert_int_equal(sadb_set_policies(p->a->sadb, &own, 1), 0);
	for (uint32_t in = 0; in < 2; in++) {
		q = side_add(in ? SADB_IN : SADB_OUT, in, 0x3003 + in, own.id,
			     &own.selector);
		q.sa.mode = SADB_TRANSPORT;
		assert_int_equal(side_call(p->a, &q).err, 0);
		q.sa.selectors[0].remote_max = addr_of("192.0.2.3");
		q.id.spi += 2;
		assert_int_equal(side_call(p->a, &q).err, -EINVAL);
	}
	assert_int_equal(sad_count(p->a->sad), 2);
}

/* The good one of those; ESP and AH are looked up under their own numbers. */
static void ah_sa_is_entered_as_ahs(void **state)
{
	struct pair *p = *state;
	struct sadb_request q;

	for (uint32_t in = 0; in < 2; in++) {
		const struct side_map *map =
			in ? &p->a->inbound : &p->a->outbound;

		q = side_add(in ? SADB_IN : SADB_OUT, in, 0x3003, POLICY_ALL,
			     &p->narrow_a);
		take_ah(&q);
		assert_int_equal(side_call(p->a, &q).err, 0);
		assert_int_equal(map->at[(map->next - 1) % SIDE_SAS].key.protocol,
				 PROTO_AH);
		q = side_add(in ? SADB_IN : SADB_OUT, in, 0x3005, POLICY_ALL,
			     &p->narrow_a);
		assert_int_equal(side_call(p->a, &q).err, 0);
		assert_int_equal(map->at[(map->next - 1) % SIDE_SAS].key.protocol,
				 PROTO_ESP);
	}
}

static void sa_between_ipv6_addresses_is_taken(void **state)
{
	const struct policy udp = side_policy("10.1.0.0/16", "10.3.0.0/16");
	struct pair *p = *state;
	struct sadb_selector selector = udp.selector;
	struct sadb_request q;

	selector.protocol = PROTO_UDP;
	q = side_add(SADB_IN, false, 0x3003, POLICY_UDP, &selector);
	q.sa.saddr = addr_of("2001:db8::1");
	q.id.daddr = addr_of("2001:db8::2");
	assert_int_equal(side_call(p->a, &q).err, 0);
	assert_int_equal(sad_count(p->a->sad), 1);
	q = side_verb(&q, SADB_DELETE);
	assert_int_equal(side_call(p->a, &q).err, 0);
}

/* Else a process that was taken over had the manual tunnels too. */
static void manual_sa_is_neither_bound_anew_nor_removed(void **state)
{
	struct pair *p = *state;
	struct sadb_request q =
		side_add(SADB_OUT, false, 0x2002, POLICY_MANUAL, &p->narrow_a);
	const uint32_t manual = POLICY_MANUAL;
	const struct sadb_policies policies = { &manual, 1 };
	struct sadb_request again;
	struct error e;

	q.sa.n_selectors = 0;
	assert_int_equal(sadb_install(p->a->sadb, &q.id, &q.sa, NULL, 0, &e), 0);
	assert_int_equal(sadb_assign(p->a->sadb, &q.id, &policies), 0);
	again = side_verb(&q, SADB_UPDATE);
	assert_int_equal(side_call(p->a, &again).err, -EPERM);
	again = side_verb(&q, SADB_DELETE);
	assert_int_equal(side_call(p->a, &again).err, -EPERM);
	assert_true(sadb_is_there(p->a->sadb, &q.id));
}

static void refused_add_leaves_nothing(void **state)
{
	struct pair *p = *state;

	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		struct sadb_request q = side_add(SADB_OUT, false, 0x1001,
						 POLICY_ALL, &p->narrow_a);
		int err;

		refusals[i].change(&q);
		err = side_call(p->a, &q).err;
		if (err != refusals[i].err)
			fail_msg("%s: %d", refusals[i].name, err);
		q = side_verb(&q, SADB_DELETE);
		assert_int_equal(side_call(p->a, &q).err, -ENOENT);
		assert_int_equal(sad_count(p->a->sad), 0);
	}
	add_pair(p, 0x1001);
	cross(p, 1);
}

static void inbound_add_is_between_the_same_addresses(void **state)
{
	struct pair *p = *state;
	struct sadb_request q =
		side_add(SADB_IN, true, 0x1001, POLICY_ALL, &p->narrow_a);

	q.sa.saddr = addr_from_v4(inet_addr("192.0.2.4"));
	assert_int_equal(call_new(p->a, q).err, -EPERM);
	q.sa.saddr = addr_from_v4(inet_addr("192.0.2.3"));
	q.id.daddr = addr_from_v4(inet_addr("192.0.2.2"));
	assert_int_equal(call_new(p->a, q).err, -EPERM);
	q.id.daddr = addr_from_v4(inet_addr("192.0.2.1"));
	assert_int_equal(call_new(p->a, q).err, 0);
}

/* The peer's name leads elsewhere now. */
static void sa_that_is_there_goes_on_to_where_the_name_led(void **state)
{
	struct pair *p = *state;
	struct sadb_request q =
		side_add(SADB_OUT, false, 0x2005, POLICY_ALL, &p->narrow_a);
	struct policy_ends ends = { .n_local = 1, .n_remote = 1 };

	assert_int_equal(range_parse("192.0.2.1", &ends.local[0]), 0);
	assert_int_equal(range_parse("192.0.2.9", &ends.remote[0]), 0);
	ends.moves = true;
	sadb_set_ends(p->a->sadb, POLICY_ALL, &ends);
	assert_int_equal(call_new(p->a, q).err, -EPERM);
	assert_int_equal(range_parse("192.0.2.2", &ends.remote[0]), 0);
	sadb_set_ends(p->a->sadb, POLICY_ALL, &ends);
	add_pair(p, 0x1001);
	assert_int_equal(range_parse("192.0.2.9", &ends.remote[0]), 0);
	ends.moves = false;
	sadb_set_ends(p->a->sadb, POLICY_ALL, &ends);
	assert_int_equal(call_new(p->a, q).err, -EPERM);
	ends.moves = true;
	sadb_set_ends(p->a->sadb, POLICY_ALL, &ends);
	assert_int_equal(call_new(p->a, q).err, 0);
	q.id.daddr = addr_from_v4(inet_addr("192.0.2.4"));
	assert_int_equal(call_new(p->a, q).err, -EPERM);
}

/* IKE may offer less, and have another try. */
static void refused_add_leaves_the_larval_sa(void **state)
{
	struct pair *p = *state;
	struct sadb_request q = {
		.verb = SADB_GETSPI,
		.id = { .daddr = addr_from_v4(inet_addr("192.0.2.1")),
			.dir = SADB_IN },
	};
	uint32_t spi = side_call(p->a, &q).id.spi;

	q = side_add(SADB_IN, true, spi, POLICY_ALL, &p->narrow_a);
	q.sa.encr_key_len--;
	assert_int_equal(side_call(p->a, &q).err, -EINVAL);
	q = side_add(SADB_IN, true, spi, POLICY_ALL, &p->narrow_a);
	assert_int_equal(side_call(p->a, &q).err, 0);
}

static void second_sa_of_a_name_is_refused(void **state)
{
	struct pair *p = *state;
	struct sadb_request q = add_pair(p, 0x1001);

	assert_int_equal(side_call(p->a, &q).err, -EEXIST);
	q.id.daddr = addr_from_v4(inet_addr("192.0.2.3"));
	q.sa.encr_key[0]++;
	assert_int_equal(side_call(p->a, &q).err, 0);
	cross(p, 1);
}

static void more_sas_than_slots_are_refused(void **state)
{
	struct pair *p = *state;
	struct sadb_request q, gone;

	for (uint32_t i = 0; i < SIDE_SAS; i++) {
		q = side_add(SADB_OUT, false, 0x1000 + i, POLICY_ALL,
			     &p->narrow_a);
		assert_int_equal(side_call(p->a, &q).err, 0);
	}
	gone = side_verb(&q, SADB_DELETE);
	q = side_add(SADB_OUT, false, 0x9000, POLICY_ALL, &p->narrow_a);
	assert_int_equal(side_call(p->a, &q).err, -ENOSPC);
	assert_int_equal(side_call(p->a, &gone).err, 0);
	assert_int_equal(side_call(p->a, &q).err, 0);
}

static void update_of_what_is_not_there_or_inbound_is_refused(void **state)
{
	struct pair *p = *state;
	struct sadb_request q =
		side_add(SADB_OUT, false, 0x1001, POLICY_ALL, &p->narrow_a);
	struct sadb_request up = side_verb(&q, SADB_UPDATE);

	assert_int_equal(side_call(p->a, &up).err, -ENOENT);
	q = side_add(SADB_IN, true, 0x1001, POLICY_ALL, &p->narrow_a);
	assert_int_equal(side_call(p->a, &q).err, 0);
	up = side_verb(&q, SADB_UPDATE);
	assert_int_equal(side_call(p->a, &up).err, -EINVAL);
}

static void getspi_is_for_inbound_sas(void **state)
{
	struct pair *p = *state;
	struct sadb_request q = {
		.verb = SADB_GETSPI,
		.id = { .daddr = addr_from_v4(inet_addr("192.0.2.1")),
			.dir = SADB_OUT },
	};

	assert_int_equal(side_call(p->a, &q).err, -EINVAL);
	q.verb = SADB_USED;
	assert_int_equal(side_call(p->a, &q).err, -EINVAL);
}

/* --- what is taken --- */

static void suite_of(struct sadb_request *q, const struct encr_alg *encr,
		     const struct integ_alg *integ, bool esn)
{
	q->sa.encr = (uint16_t)encr->id;
	q->sa.encr_key_bits = encr->key_bits;
	q->sa.encr_key_len = (uint16_t)encr_key_bytes(encr);
	q->sa.integ = (uint16_t)integ->id;
	q->sa.integ_key_len = integ->key_bytes;
	q->sa.esn = esn;
	for (uint32_t i = 0; i < q->sa.encr_key_len; i++)
		q->sa.encr_key[i] = (uint8_t)(q->id.spi + 3 * i);
	for (uint32_t i = 0; i < q->sa.integ_key_len; i++)
		q->sa.integ_key[i] = (uint8_t)(q->id.spi + 5 * i);
}

static void cross_with(struct pair *p, const struct encr_alg *encr,
		       const struct integ_alg *integ, bool esn)
{
	static uint32_t spi = 0x2000;
	struct sadb_request in =
		side_add(SADB_IN, false, spi, p->policy_b, &p->narrow_b);
	struct sadb_request out =
		side_add(SADB_OUT, false, spi++, POLICY_ALL, &p->narrow_a);

	suite_of(&in, encr, integ, esn);
	suite_of(&out, encr, integ, esn);
	assert_int_equal(side_call(p->b, &in).err, 0);
	assert_int_equal(side_call(p->a, &out).err, 0);
	bind_now(p->a, &out);
	cross(p, 2);
}

/* Each cipher with one MAC, and each MAC with one cipher. */
static void every_suite_crosses_with_and_without_esn(void **state)
{
	const struct integ_alg *mac;
	struct pair *p = *state;

	sadb_allow_weak(p->a->sadb, true);
	sadb_allow_weak(p->b->sadb, true);
	for (uint32_t i = 0; encr_at(i); i++) {
		mac = encr_is_aead(encr_at(i)) ? &integ_none : integ_at(0);
		cross_with(p, encr_at(i), mac, false);
		cross_with(p, encr_at(i), mac, true);
	}
	for (uint32_t i = 0; integ_at(i); i++) {
		if (integ_at(i)->iv_bytes)
			continue;
		cross_with(p, encr_by_name("aes128"), integ_at(i), i % 2);
		cross_with(p, encr_by_name("null"), integ_at(i), i % 2);
	}
	cross_with(p, encr_by_name("aes256"), &integ_none, false);
}

static void weak_suite_is_refused_unless_it_is_allowed(void **state)
{
	static const char *const suites[][2] = {
		{ "3des", "sha256" },  { "des", "sha1" },  { "aes128", "md5" },
		{ "null", "md5_128" }, { "aes128", NULL },
	};
	struct pair *p = *state;

	for (uint32_t i = 0; i < ARRAY_LEN(suites); i++) {
		struct sadb_request q = side_add(SADB_OUT, false, 0x3000 + i,
						 POLICY_ALL, &p->narrow_a);

		suite_of(&q, encr_by_name(suites[i][0]),
			 suites[i][1] ? integ_by_name(suites[i][1])
				      : &integ_none,
			 false);
		sadb_allow_weak(p->a->sadb, false);
		assert_int_equal(call_new(p->a, q).err, -EINVAL);
		sadb_allow_weak(p->a->sadb, true);
		assert_int_equal(call_new(p->a, q).err, 0);
	}
}

static void key_that_has_encrypted_is_never_another_sas(void **state)
{
	struct pair *p = *state;
	struct sadb_request first = add_pair(p, 0x1001), again = first, gone;

	again.id.spi = 0x1002;
	again.token = 0;
	assert_int_equal(call_new(p->a, again).err, -EKEYREVOKED);
	add_pair(p, 0x1003);
	gone = side_verb(&first, SADB_DELETE);
	assert_int_equal(side_call(p->a, &gone).err, 0);
	assert_int_equal(call_new(p->a, again).err, -EKEYREVOKED);
	first.token = 0;
	assert_int_equal(call_new(p->a, first).err, -EKEYREVOKED);
}

/* Both were added while neither had encrypted. */
static void key_of_two_sas_encrypts_under_one_of_them(void **state)
{
	struct pair *p = *state;
	struct sadb_request first =
		side_add(SADB_OUT, false, 0x1001, p->policy_a, &p->narrow_a);
	struct sadb_request second = first, bind;

	second.id.spi = 0x1002;
	assert_int_equal(side_call(p->a, &first).err, 0);
	assert_int_equal(side_call(p->a, &second).err, 0);
	bind_now(p->a, &first);
	bind = side_verb(&second, SADB_UPDATE);
	assert_int_equal(side_call(p->a, &bind).err, -EKEYREVOKED);
	bind_now(p->a, &first); /* it may be said again of the one */
}

static void key_of_an_sa_that_was_never_bound_may_come_again(void **state)
{
	struct pair *p = *state;
	struct sadb_request out =
		side_add(SADB_OUT, false, 0x1001, p->policy_a, &p->narrow_a);
	struct sadb_request gone;

	assert_int_equal(side_call(p->a, &out).err, 0);
	gone = side_verb(&out, SADB_DELETE);
	assert_int_equal(side_call(p->a, &gone).err, 0);
	out.token = 0;
	assert_int_equal(side_call(p->a, &out).err, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(manual_sa_is_neither_bound_anew_nor_removed),
		CASE(refused_add_leaves_nothing),
		CASE(transport_sa_of_its_own_addresses_is_taken),
		CASE(ah_sa_is_entered_as_ahs),
		CASE(sa_between_ipv6_addresses_is_taken),
		CASE(inbound_add_is_between_the_same_addresses),
		CASE(sa_that_is_there_goes_on_to_where_the_name_led),
		CASE(refused_add_leaves_the_larval_sa),
		CASE(second_sa_of_a_name_is_refused),
		CASE(more_sas_than_slots_are_refused),
		CASE(update_of_what_is_not_there_or_inbound_is_refused),
		CASE(getspi_is_for_inbound_sas),
		CASE(key_that_has_encrypted_is_never_another_sas),
		CASE(key_of_two_sas_encrypts_under_one_of_them),
		CASE(key_of_an_sa_that_was_never_bound_may_come_again),
		CASE(every_suite_crosses_with_and_without_esn),
		CASE(weak_suite_is_refused_unless_it_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
