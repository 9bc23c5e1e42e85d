// SPDX-License-Identifier: BSD-2-Clause
/*
 * Virtual IPs between two engines: side 0 asks, side 1 has pools (RFC 7296 section
 * 2.19).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/ike/child.h"
#include "ctrl/ike/cp.h"
#include "tests/support/ike_forge.h"
#include "tests/support/ike_keep.h"
#include "tests/support/ike_lab.h"

#define IKE "aes128-sha256-x25519"
#define ESP "aes128-sha256"

static struct addr addr_of(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static struct ts_conf dynamic(void)
{
	return (struct ts_conf){ .dynamic = true, .port_max = UINT16_MAX };
}

/* --- the two sides */

/* As that identity, and with these wishes; "" in their places: none. */
static void load_asker(struct ike_lab *lab, const char *id, const char *vip,
		       const char *vip2)
{
	struct conn_conf c = lab_conn(lab, 0, IKE, ESP);
	struct error e;

	assert_int_equal(identity_parse(id, &c.local_id, &e), 0);
	c.children->local_ts[0] = dynamic();
	if (*vip)
		c.vips[c.n_vips++] = addr_of(vip);
	if (*vip2)
		c.vips[c.n_vips++] = addr_of(vip2);
	lab_load(lab, 0, &c);
	conn_fini(&c);
}

static void load_giver(struct ike_lab *lab, const char *pool, const char *pool2)
{
	struct conn_conf c = lab_conn(lab, 1, IKE, ESP);

	c.children->remote_ts[0] = dynamic();
	if (*pool)
		strcpy(c.pools[c.n_pools++], pool);
	if (*pool2)
		strcpy(c.pools[c.n_pools++], pool2);
	lab_load(lab, 1, &c);
	conn_fini(&c);
}

static struct ike_lab *lab_with_pool(uint64_t seed, const char *addrs)
{
	struct ike_lab *lab = lab_new(seed);

	load_asker(lab, "carol", "0.0.0.0", "");
	load_giver(lab, "rw", "");
	lab_load_pool(lab, 1, "rw", addrs);
	return lab;
}

static int setup(void **state)
{
	*state = lab_with_pool(1, "10.3.0.0/28");
	return 0;
}

static int teardown(void **state)
{
	lab_free(*state);
	return 0;
}

static void initiate(struct ike_lab *lab)
{
	assert_int_equal(
		lab_initiate(lab->side[0].engine, "peer", NULL, lab->now_ns), 0);
	assert_true(lab_run(lab, 10 * LAB_S));
}

static void terminate(struct ike_lab *lab)
{
	engine_terminate(lab->side[0].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, 10 * LAB_S));
}

static void come_as(struct ike_lab *lab, const char *id, const char *vip)
{
	load_asker(lab, id, vip, "");
	initiate(lab);
}

/* --- what came of it */

static const struct addr *vip_of(const struct ike_lab *lab)
{
	const struct ike_sa *sa = forge_sa(lab, 0);

	assert_non_null(sa);
	assert_non_null(sa->cp);
	assert_int_equal(sa->cp->n_local, 1);
	return &sa->cp->local[0];
}

static void assert_vip(const struct ike_lab *lab, const char *vip)
{
	char text[ADDR_STR_MAX];

	assert_string_equal(addr_str(vip_of(lab), text), vip);
}

static const struct sadb_selector *selector_out(const struct lab_side *s,
						unsigned int at)
{
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		if (s->sas[i].used && s->sas[i].bound &&
		    s->sas[i].sa.n_selectors > at)
			return &s->sas[i].sa.selectors[at];
	return NULL;
}

/* What side 0 sends by its SA comes from there and nowhere else. */
static void assert_selector(const struct ike_lab *lab, unsigned int at,
			    const char *vip)
{
	const struct sadb_selector *s = selector_out(&lab->side[0], at);
	struct addr a = addr_of(vip);

	assert_non_null(s);
	assert_true(addr_equal(&s->local_min, &a));
	assert_true(addr_equal(&s->local_max, &a));
}

static void assert_no_child(const struct ike_lab *lab, const char *mine,
			    const char *peers)
{
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_UP), 1);
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_IKE_UP), 1);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_CHILD_UP), 0);
	assert_non_null(strstr(lab_text(&lab->side[0], IKE_EV_FAILED), mine));
	assert_non_null(strstr(lab_text(&lab->side[1], IKE_EV_FAILED), peers));
	assert_true(lab_agree(lab, 0));
}

/* --- given */

static void peer_gets_an_address_and_its_child_is_for_that(void **state)
{
	struct ike_lab *lab = *state;
	const struct lab_side *giver = &lab->side[1];

	initiate(lab);
	assert_true(lab_agree(lab, 1));
	assert_vip(lab, "10.3.0.1");
	assert_selector(lab, 0, "10.3.0.1");
	assert_int_equal(giver->n_leases, 1);
	assert_string_equal(giver->lease.pool, "rw");
	assert_true(giver->lease.online);
	assert_true(addr_equal(&giver->lease.addr, vip_of(lab)));
}

static void wish_that_nobody_has_is_granted(void **state)
{
	struct ike_lab *lab = *state;

	come_as(lab, "carol", "10.3.0.9");
	assert_vip(lab, "10.3.0.9");
	assert_true(lab_agree(lab, 1));
}

static void wish_outside_of_the_pool_gets_another_address(void **state)
{
	struct ike_lab *lab = *state;

	come_as(lab, "carol", "10.4.0.9");
	assert_vip(lab, "10.3.0.1");
	assert_true(lab_agree(lab, 1));
}

static void address_of_each_family_is_given(void **state)
{
	struct ike_lab *lab = *state;

	load_giver(lab, "rw", "rw6");
	lab_load_pool(lab, 1, "rw6", "2001:db8:3::/120");
	load_asker(lab, "carol", "0.0.0.0", "::");
	initiate(lab);
	assert_int_equal(forge_sa(lab, 0)->cp->n_local, 2);
	assert_int_equal(forge_sa(lab, 1)->cp->n_given, 2);
	assert_selector(lab, 0, "10.3.0.1"); /* its LAN is of IPv4 */
	assert_true(lab_agree(lab, 1));
}

static void who_comes_again_gets_the_same_address(void **state)
{
	struct ike_lab *lab = *state;

	come_as(lab, "carol", "0.0.0.0");
	terminate(lab);
	assert_false(lab->side[1].lease.online);
	come_as(lab, "dave", "0.0.0.0");
	assert_vip(lab, "10.3.0.2");
	terminate(lab);
	come_as(lab, "carol", "0.0.0.0");
	assert_vip(lab, "10.3.0.1");
}

/* One of side 1's whose peer is being checked; NULL: there is none. */
static struct ike_sa *being_checked(const struct ike_lab *lab)
{
	const struct engine *e = lab->side[1].engine;

	for (uint32_t i = 1; i < e->n_slots; i++)
		if (e->slots[i] && e->slots[i]->state == IKE_ST_AUTH &&
		    e->slots[i]->peers.kind == EX_AUTH)
			return e->slots[i];
	return NULL;
}

/* INITIAL_CONTACT: what the IKE SA of before has is free, before it is chosen. */
static void who_begins_anew_gets_the_same_address(void **state)
{
	struct ike_lab *lab = *state;
	const struct addr first = addr_of("10.3.0.1");
	struct ike_sa *sa;

	initiate(lab);
	assert_int_equal(
		lab_initiate(lab->side[0].engine, "peer", NULL, lab->now_ns), 0);
	while (!(sa = being_checked(lab)))
		assert_true(lab_step(lab));
	sa->peers.initial_contact = true;
	assert_true(lab_run(lab, 10 * LAB_S));
	sa = forge_sa(lab, 1);
	assert_non_null(sa);
	assert_int_equal(sa->cp->n_given, 1);
	assert_true(addr_equal(&sa->cp->given[0].addr, &first));
	assert_true(lab->side[1].lease.online);
}

static void servers_of_the_pool_are_told(void **state)
{
	struct ike_lab *lab = *state;
	struct pool_conf *p = &lab->side[1].pools[0];
	const struct addr dns = addr_of("10.2.0.53");

	p->attrs[0] = (struct pool_attr){ IKE_ATTR_IP4_DNS, { dns, 32 } };
	p->attrs[1] = (struct pool_attr){ IKE_ATTR_IP4_SUBNET,
					  { addr_of("10.2.0.0"), 24 } };
	p->n_attrs = 2;
	assert_int_equal(engine_load_pool(lab->side[1].engine, p), 0);
	initiate(lab);
	assert_vip(lab, "10.3.0.1");
	assert_int_equal(forge_sa(lab, 0)->cp->n_dns, 1);
	assert_true(addr_equal(&forge_sa(lab, 0)->cp->dns[0], &dns));
}

/* --- not given */

static void without_an_address_there_is_an_ike_sa_and_no_child(void **state)
{
	struct ike_lab *lab = *state;
	const struct identity other = { .type = IKE_ID_FQDN,
					.len = 4,
					.octets = "dave" };
	struct pool *p;
	struct lease *l;

	lab_load_pool(lab, 1, "rw", "10.3.0.5-10.3.0.5");
	p = pool_by_name(lab->side[1].engine, "rw");
	l = lease_take(p, &other, NULL);
	assert_non_null(l);
	initiate(lab);
	assert_no_child(lab, "INTERNAL_ADDRESS_FAILURE", "no pool");
	lease_drop(l);
}

static void pool_of_another_family_has_no_address(void **state)
{
	struct ike_lab *lab = *state;

	come_as(lab, "carol", "::");
	assert_no_child(lab, "INTERNAL_ADDRESS_FAILURE", "family");
}

static void connection_without_pools_gives_none(void **state)
{
	struct ike_lab *lab = *state;

	load_giver(lab, "", "");
	initiate(lab);
	assert_no_child(lab, "INTERNAL_ADDRESS_FAILURE", "no 'pools'");
}

static void pool_that_is_not_loaded_gives_none(void **state)
{
	struct ike_lab *lab = *state;

	assert_true(engine_unload_pool(lab->side[1].engine, "rw"));
	initiate(lab);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_UP), 1);
	assert_true(lab_agree(lab, 0));
}

static void who_asks_for_none_where_pools_are_gets_no_child(void **state)
{
	struct ike_lab *lab = *state;

	come_as(lab, "carol", "");
	assert_no_child(lab, "FAILED_CP_REQUIRED", "asks for no virtual IP");
}

/* A stranger could empty a pool. */
static void nothing_is_given_to_whom_does_not_authenticate(void **state)
{
	struct ike_lab *lab = *state;

	lab->side[0].psk.octets[0] ^= 1;
	initiate(lab);
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_IKE_UP), 0);
	assert_int_equal(lab->side[1].n_leases, 0);
}

/* --- for as long as the IKE SA lasts */

static void assert_still_has(struct ike_lab *lab, const char *vip)
{
	const struct ike_sa *giver = forge_sa(lab, 1);
	struct addr a = addr_of(vip);

	assert_vip(lab, vip);
	assert_non_null(giver);
	assert_non_null(giver->cp);
	assert_int_equal(giver->cp->n_given, 1);
	assert_true(addr_equal(&giver->cp->given[0].addr, &a));
	assert_non_null(giver->cp->given[0].lease);
	assert_selector(lab, 0, vip);
	assert_true(lab_agree(lab, 1));
}

static void rekey(struct ike_lab *lab, unsigned int side, const char *child)
{
	assert_int_equal(engine_rekey(lab->side[side].engine, "peer", child,
				      lab->now_ns),
			 1);
}

static void rekeyed_child_is_for_the_same_address(void **state)
{
	struct ike_lab *lab = *state;

	initiate(lab);
	rekey(lab, 0, "net");
	assert_true(lab_run(lab, 20 * LAB_S));
	assert_still_has(lab, "10.3.0.1");
	rekey(lab, 1, "net");
	assert_true(lab_run(lab, 20 * LAB_S));
	assert_still_has(lab, "10.3.0.1");
}

static void heir_has_the_address(void **state)
{
	struct ike_lab *lab = *state;

	initiate(lab);
	for (unsigned int side = 0; side < 2; side++) {
		rekey(lab, side, NULL);
		assert_true(lab_run(lab, 20 * LAB_S));
		rekey(lab, !side, "net");
		assert_true(lab_run(lab, 20 * LAB_S));
		assert_still_has(lab, "10.3.0.1");
		assert_int_equal(lab->side[1].n_leases, 1);
	}
	terminate(lab);
	assert_false(lab->side[1].lease.online);
}

static void one_of_two_heirs_has_the_address(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct ike_lab *lab = lab_with_pool(seed, "10.3.0.0/28");

		initiate(lab);
		lab->answer_max_ns = LAB_S / 10;
		rekey(lab, 0, NULL);
		assert_true(lab_run(lab, lab_roll(lab, 4) * LAB_S / 20));
		engine_rekey(lab->side[1].engine, "peer", NULL, lab->now_ns);
		assert_true(lab_run(lab, 300 * LAB_S));
		assert_still_has(lab, "10.3.0.1");
		lab_free(lab);
	}
}

static void unloaded_pool_leaves_the_address_where_it_is(void **state)
{
	struct ike_lab *lab = *state;

	initiate(lab);
	assert_true(engine_unload_pool(lab->side[1].engine, "rw"));
	rekey(lab, 0, NULL);
	assert_true(lab_run(lab, 20 * LAB_S));
	rekey(lab, 0, "net");
	assert_true(lab_run(lab, 20 * LAB_S));
	assert_still_has(lab, "10.3.0.1");
	terminate(lab);
	assert_true(lab_agree(lab, 0));
}

/* Neither it nor what another pool of the same addresses has after it. */
static void pool_loaded_again_gives_to_nobody_what_somebody_has(void **state)
{
	struct ike_lab *lab = *state;
	const struct identity other = { .type = IKE_ID_FQDN,
					.len = 4,
					.octets = "dave" };
	struct addr second = addr_of("10.3.0.2");
	struct lease *l;

	initiate(lab);
	assert_true(engine_unload_pool(lab->side[1].engine, "rw"));
	lab_load_pool(lab, 1, "rw", "10.3.0.0/27");
	l = lease_take(pool_by_name(lab->side[1].engine, "rw"), &other, NULL);
	assert_true(addr_equal(lease_addr(l), &second));
	lease_drop(l);
	terminate(lab);
	assert_false(lab->side[1].lease.online);
	come_as(lab, "carol", "0.0.0.0");
	assert_vip(lab, "10.3.0.1");
}

/* --- takeover */

static void address_outlives_the_engine_of_each_side(void **state)
{
	(void)state;
	for (unsigned int side = 0; side < 2; side++) {
		struct ike_lab *lab = lab_with_pool(side + 1, "10.3.0.0/28");

		lab_keep(lab, 0, true);
		lab_keep(lab, 1, true);
		initiate(lab);
		lab_kill(lab, side);
		lab_take_over(lab, side);
		assert_true(lab_run(lab, 10 * LAB_S));
		assert_still_has(lab, "10.3.0.1");
		rekey(lab, 0, "net");
		assert_true(lab_run(lab, 20 * LAB_S));
		rekey(lab, 1, "net");
		assert_true(lab_run(lab, 20 * LAB_S));
		assert_still_has(lab, "10.3.0.1");
		lab_free(lab);
	}
}

static void successor_gives_no_address_that_somebody_has(void **state)
{
	struct ike_lab *lab = *state;
	const struct identity other = { .type = IKE_ID_FQDN,
					.len = 4,
					.octets = "dave" };
	struct addr second = addr_of("10.3.0.2");
	struct lease *l;

	lab_keep(lab, 1, true);
	initiate(lab);
	lab_kill(lab, 1);
	lab_take_over(lab, 1);
	assert_true(lab->side[1].lease.online);
	l = lease_take(pool_by_name(lab->side[1].engine, "rw"), &other, NULL);
	assert_true(addr_equal(lease_addr(l), &second));
	lease_drop(l);
}

static void address_stays_where_its_pool_is_gone_at_a_takeover(void **state)
{
	struct ike_lab *lab = *state;

	lab_keep(lab, 1, true);
	initiate(lab);
	lab->side[1].n_pools = 0;
	lab_kill(lab, 1);
	lab_take_over(lab, 1);
	assert_int_equal(forge_sa(lab, 1)->cp->n_given, 1);
	assert_null(forge_sa(lab, 1)->cp->given[0].lease);
	rekey(lab, 0, "net");
	assert_true(lab_run(lab, 20 * LAB_S));
	assert_selector(lab, 0, "10.3.0.1");
	assert_true(lab_agree(lab, 1));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(peer_gets_an_address_and_its_child_is_for_that),
		CASE(wish_that_nobody_has_is_granted),
		CASE(wish_outside_of_the_pool_gets_another_address),
		CASE(address_of_each_family_is_given),
		CASE(who_comes_again_gets_the_same_address),
		CASE(who_begins_anew_gets_the_same_address),
		CASE(servers_of_the_pool_are_told),
		CASE(without_an_address_there_is_an_ike_sa_and_no_child),
		CASE(pool_of_another_family_has_no_address),
		CASE(connection_without_pools_gives_none),
		CASE(pool_that_is_not_loaded_gives_none),
		CASE(who_asks_for_none_where_pools_are_gets_no_child),
		CASE(nothing_is_given_to_whom_does_not_authenticate),
		CASE(rekeyed_child_is_for_the_same_address),
		CASE(heir_has_the_address),
		cmocka_unit_test(one_of_two_heirs_has_the_address),
		CASE(unloaded_pool_leaves_the_address_where_it_is),
		CASE(pool_loaded_again_gives_to_nobody_what_somebody_has),
		cmocka_unit_test(address_outlives_the_engine_of_each_side),
		CASE(successor_gives_no_address_that_somebody_has),
		CASE(address_stays_where_its_pool_is_gone_at_a_takeover),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
