// SPDX-License-Identifier: BSD-2-Clause
/*
 * Several CHILD SAs of one child at once between two engines: one for the values of
 * each packet, where the policy takes selectors from packets (RFC 4301 section
 * 4.4.1.2), and one for each part, where the peer takes less than it is asked for.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/ike/child.h"
#include "include/proto.h"
#include "tests/support/ike_forge.h"
#include "tests/support/ike_keep.h"

#define IKE   "aes128-sha256-x25519"
#define ESP   "aes128-sha256"
#define FLOWS (PFP_LOCAL | PFP_REMOTE | PFP_PROTOCOL | PFP_PORTS)

static void load(struct ike_lab *lab, unsigned int side, uint8_t pfp)
{
	struct conn_conf c = lab_conn(lab, side, IKE, ESP);

	c.children[0].pfp = pfp;
	lab_load(lab, side, &c);
	conn_fini(&c);
}

static struct ike_lab *lab_of(void **state, uint8_t pfp_0, uint8_t pfp_1)
{
	struct ike_lab *lab = *state;

	load(lab, 0, pfp_0);
	load(lab, 1, pfp_1);
	return lab;
}

static int setup(void **state)
{
	*state = lab_new(1);
	return 0;
}

static int teardown(void **state)
{
	lab_free(*state);
	return 0;
}

static struct addr addr(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

/* UDP from there to port 53 of 10.2.0.6, which waits for policy 7. */
static struct sadb_event packet(const char *from, uint16_t port)
{
	struct sadb_event e = { .verb = SADB_ACQUIRE, .policy = 7 };

	e.packet.local_min = e.packet.local_max = addr(from);
	e.packet.remote_min = e.packet.remote_max = addr("10.2.0.6");
	e.packet.local_port_min = e.packet.local_port_max = port;
	e.packet.remote_port_min = e.packet.remote_port_max = 53;
	e.packet.protocol = PROTO_UDP;
	return e;
}

static void ask(struct ike_lab *lab, const struct sadb_event *e)
{
	engine_sadb_event(lab->side[0].engine, e, lab->now_ns);
}

static void ask_for(struct ike_lab *lab, uint16_t port)
{
	const struct sadb_event e = packet("10.1.0.5", port);

	ask(lab, &e);
}

static void settle(struct ike_lab *lab)
{
	assert_true(lab_run(lab, 10 * LAB_S));
}

static void bring_up(struct ike_lab *lab, uint16_t port)
{
	ask_for(lab, port);
	settle(lab);
}

/* Of side 0's outbound SAs in use the one from that port; NULL: there is none. */
static const struct lab_sa *sa_of(const struct ike_lab *lab, uint16_t port)
{
	const struct lab_side *s = &lab->side[0];

	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		if (s->sas[i].used && s->sas[i].bound &&
		    s->sas[i].sa.selectors[0].local_port_min == port)
			return &s->sas[i];
	return NULL;
}

static void assert_selector(const struct sadb_selector *s, const char *text)
{
	char local[ADDR_STR_MAX], remote[ADDR_STR_MAX], all[256];

	addr_str(&s->local_max, local);
	addr_str(&s->remote_max, remote);
	snprintf(all, sizeof(all), "%s/%u-%u %s/%u-%u %u", local,
		 s->local_port_min, s->local_port_max, remote,
		 s->remote_port_min, s->remote_port_max, s->protocol);
	assert_string_equal(all, text);
}

/* --- an SA for each values */

static void each_flow_has_a_child_sa_of_its_own(void **state)
{
	struct ike_lab *lab = lab_of(state, FLOWS, FLOWS);

	bring_up(lab, 1000);
	bring_up(lab, 1001);
	assert_true(lab_agree(lab, 2));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_UP), 1);
	assert_non_null(sa_of(lab, 1000));
	assert_int_equal(sa_of(lab, 1000)->sa.n_selectors, 1);
	assert_selector(&sa_of(lab, 1000)->sa.selectors[0],
			"10.1.0.5/1000-1000 10.2.0.6/53-53 17");
	assert_selector(&sa_of(lab, 1001)->sa.selectors[0],
			"10.1.0.5/1001-1001 10.2.0.6/53-53 17");
}

static void flow_that_asks_again_gets_no_second_one(void **state)
{
	struct ike_lab *lab = lab_of(state, FLOWS, FLOWS);

	for (unsigned int i = 0; i < 3; i++)
		ask_for(lab, 1000);
	settle(lab);
	bring_up(lab, 1000);
	assert_true(lab_agree(lab, 1));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_CHILD_UP), 1);
}

static void flows_that_ask_before_the_ike_sa_is_there_get_one_each(void **state)
{
	struct ike_lab *lab = lab_of(state, FLOWS, FLOWS);

	for (uint16_t i = 0; i < 8; i++)
		ask_for(lab, 1000 + i % 4);
	settle(lab);
	assert_true(lab_agree(lab, 4));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_UP), 1);
}

static void what_is_not_taken_from_the_packet_is_the_policys(void **state)
{
	struct ike_lab *lab = lab_of(state, PFP_LOCAL, PFP_REMOTE);
	struct sadb_event other = packet("10.1.0.6", 1000);

	bring_up(lab, 1000);
	bring_up(lab, 1001);
	assert_true(lab_agree(lab, 1));
	assert_selector(&sa_of(lab, 0)->sa.selectors[0],
			"10.1.0.5/0-65535 10.2.0.255/0-65535 0");
	ask(lab, &other);
	settle(lab);
	assert_true(lab_agree(lab, 2));
}

/* RFC 4301 section 4.4.1.2: of a later fragment the value is OPAQUE. */
static void fragments_have_an_sa_of_their_own(void **state)
{
	struct ike_lab *lab = lab_of(state, FLOWS, FLOWS);
	struct sadb_event e = packet("10.1.0.5", 1000);

	e.packet.local_port_min = e.packet.remote_port_min = PORT_OPAQUE_MIN;
	e.packet.local_port_max = e.packet.remote_port_max = PORT_OPAQUE_MAX;
	bring_up(lab, 1000);
	ask(lab, &e);
	settle(lab);
	assert_true(lab_agree(lab, 2));
	assert_non_null(sa_of(lab, PORT_OPAQUE_MIN));
	engine_rekey(lab->side[1].engine, "peer", "net", lab->now_ns);
	settle(lab);
	assert_true(lab_agree(lab, 2));
	assert_non_null(sa_of(lab, PORT_OPAQUE_MIN));
}

static void packet_of_other_selectors_asks_for_nothing(void **state)
{
	struct ike_lab *lab = lab_of(state, FLOWS, FLOWS);
	struct sadb_event e = packet("10.3.0.5", 1000);

	bring_up(lab, 1000);
	ask(lab, &e);
	settle(lab);
	assert_true(lab_agree(lab, 1));
	assert_non_null(strstr(lab_text(&lab->side[0], IKE_EV_FAILED),
			       "no packet of its selectors"));
	bring_up(lab, 1001);
	assert_true(lab_agree(lab, 2));
}

static void no_command_brings_it_up(void **state)
{
	struct ike_lab *lab = lab_of(state, FLOWS, FLOWS);

	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", "net",
					 lab->now_ns),
			 -ENODATA);
	settle(lab);
	assert_int_equal(lab->datagrams, 0);
}

/* --- their life */

static void rekeying_keeps_the_values(void **state)
{
	struct ike_lab *lab = lab_of(state, FLOWS, FLOWS);
	uint32_t spi[2];

	bring_up(lab, 1000);
	bring_up(lab, 1001);
	for (unsigned int side = 0; side < 2; side++) {
		spi[0] = sa_of(lab, 1000)->id.spi;
		spi[1] = sa_of(lab, 1001)->id.spi;
		engine_rekey(lab->side[side].engine, "peer", "net", lab->now_ns);
		settle(lab);
		assert_true(lab_agree(lab, 2));
		assert_non_null(sa_of(lab, 1000));
		assert_non_null(sa_of(lab, 1001));
		assert_int_not_equal(sa_of(lab, 1000)->id.spi, spi[0]);
		assert_int_not_equal(sa_of(lab, 1001)->id.spi, spi[1]);
	}
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 0);
}

static void end_one(struct ike_lab *lab, unsigned int side, uint16_t port)
{
	struct child_sa *c = forge_sa(lab, side)->children;
	struct ike_target t = { .conn = "peer", .child = "net" };

	while (c && c->local_ts.at[0].port_min != port &&
	       c->remote_ts.at[0].port_min != port)
		c = c->next;
	assert_non_null(c);
	t.child_id = c->view_id;
	assert_int_equal(engine_terminate_some(lab->side[side].engine, &t,
					       false, lab->now_ns),
			 1);
	settle(lab);
}

static void one_that_ends_leaves_the_others_and_is_asked_for_again(void **state)
{
	for (unsigned int side = 0; side < 2; side++) {
		struct ike_lab *lab = lab_of(state, FLOWS, FLOWS);

		bring_up(lab, 1000);
		bring_up(lab, 1001);
		end_one(lab, side, 1000);
		assert_true(lab_agree(lab, 1));
		assert_null(sa_of(lab, 1000));
		assert_non_null(sa_of(lab, 1001));
		bring_up(lab, 1001);
		assert_true(lab_agree(lab, 1));
		bring_up(lab, 1000);
		assert_true(lab_agree(lab, 2));
		teardown(state);
		setup(state);
	}
}

static void each_is_bound_beside_the_others(void **state)
{
	struct ike_lab *lab = lab_of(state, FLOWS, FLOWS);

	for (uint16_t port = 1000; port < 1003; port++)
		bring_up(lab, port);
	for (unsigned int side = 0; side < 2; side++)
		for (const struct child_sa *c = forge_sa(lab, side)->children;
		     c; c = c->next)
			assert_true(c->bound);
}

static void one_that_the_peer_closes_is_made_anew_for_its_values(void **state)
{
	struct ike_lab *lab = lab_of(state, FLOWS, FLOWS);
	struct conn_conf c = lab_conn(lab, 0, IKE, ESP);

	c.children[0].pfp = FLOWS;
	c.children[0].close_action = CHILD_START;
	lab_load(lab, 0, &c);
	conn_fini(&c);
	bring_up(lab, 1000);
	bring_up(lab, 1001);
	end_one(lab, 1, 1000);
	assert_true(lab_agree(lab, 2));
	assert_non_null(sa_of(lab, 1000));
}

static void what_is_out_of_use_ends_and_is_asked_for_again(void **state)
{
	struct ike_lab *lab = lab_of(state, FLOWS, FLOWS);
	struct conn_conf c = lab_conn(lab, 0, IKE, ESP);

	c.children[0].pfp = FLOWS;
	c.children[0].inactivity = 60;
	lab_load(lab, 0, &c);
	conn_fini(&c);
	bring_up(lab, 1000);
	bring_up(lab, 1001);
	lab->side[0].idle_s[SADB_OUT] = lab->side[0].idle_s[SADB_IN] = 70;
	assert_true(lab_run(lab, 100 * LAB_S));
	assert_true(lab_agree(lab, 0));
	lab->side[0].idle_s[SADB_OUT] = 0;
	bring_up(lab, 1001);
	assert_true(lab_agree(lab, 1));
}

static void reauthentication_makes_each_anew(void **state)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct ike_options options = ((struct ike_lab *)*state)->options;
		struct ike_lab *lab;

		options.make_before_break = i;
		lab_set_options(*state, &options);
		lab = lab_of(state, FLOWS, FLOWS);
		bring_up(lab, 1000);
		bring_up(lab, 1001);
		bring_up(lab, 1002);
		engine_reauth(lab->side[0].engine, "peer", lab->now_ns);
		assert_true(lab_run(lab, 60 * LAB_S));
		assert_true(lab_agree(lab, 3));
		for (uint16_t port = 1000; port < 1003; port++)
			assert_non_null(sa_of(lab, port));
		teardown(state);
		setup(state);
	}
}

static void who_takes_over_knows_their_values(void **state)
{
	struct ike_lab *lab = lab_of(state, FLOWS, FLOWS);

	lab_keep(lab, 0, true);
	bring_up(lab, 1000);
	bring_up(lab, 1001);
	lab_kill(lab, 0);
	lab_take_over(lab, 0);
	settle(lab);
	assert_true(lab_agree(lab, 2));
	ask_for(lab, 1000);
	ask_for(lab, 1002);
	settle(lab);
	assert_true(lab_agree(lab, 3));
	engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
	settle(lab);
	assert_true(lab_agree(lab, 3));
}

static void what_the_data_path_has_lost_is_made_anew_for_each(void **state)
{
	struct ike_lab *lab = lab_of(state, FLOWS, FLOWS);

	bring_up(lab, 1000);
	bring_up(lab, 1001);
	lab_new_epoch(lab, 0);
	settle(lab);
	assert_true(lab_agree(lab, 2));
	assert_non_null(sa_of(lab, 1000));
	assert_non_null(sa_of(lab, 1001));
}

/* 64 wait, and the first is the one that the IKE SA is made for. */
static void flood_of_flows_is_bounded(void **state)
{
	struct ike_lab *lab = lab_of(state, FLOWS, FLOWS);
	unsigned int n = 0;

	for (uint16_t i = 0; i < 1000; i++)
		ask_for(lab, 1000 + i);
	n = wishes_of(lab->side[0].engine, 7);
	assert_int_equal(n, 64);
}

static void so_many_flows_have_one_and_no_more(void **state)
{
	struct ike_lab *lab = lab_of(state, FLOWS, FLOWS);
	struct conn_conf c = lab_conn(lab, 0, IKE, ESP);

	c.children[0].pfp = FLOWS;
	c.children[0].pfp_limit = 3;
	lab_load(lab, 0, &c);
	conn_fini(&c);
	for (uint16_t port = 1000; port < 1005; port++)
		bring_up(lab, port);
	assert_true(lab_agree(lab, 3));
	assert_null(sa_of(lab, 1003));
	engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
	settle(lab);
	assert_true(lab_agree(lab, 3));
	end_one(lab, 0, 1000);
	bring_up(lab, 1004);
	assert_true(lab_agree(lab, 3));
	assert_non_null(sa_of(lab, 1004));
}

static void peer_that_refuses_is_asked_again_by_packets_alone(void **state)
{
	struct ike_lab *lab = lab_of(state, FLOWS, FLOWS);
	struct conn_conf c = lab_conn(lab, 1, IKE, "aes256-sha256");

	lab_load(lab, 1, &c);
	conn_fini(&c);
	c = lab_conn(lab, 0, IKE, ESP);
	c.children[0].pfp = FLOWS;
	c.keyingtries = 0;
	lab_load(lab, 0, &c);
	conn_fini(&c);
	bring_up(lab, 1000);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 1);
	assert_true(lab_run(lab, 600 * LAB_S));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 1);
	bring_up(lab, 1000);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 2);
}

/* --- one side alone */

static void offer_of_more_than_one_value_is_refused(void **state)
{
	struct ike_lab *lab = lab_of(state, 0, FLOWS);

	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", "net",
					 lab->now_ns),
			 0);
	settle(lab);
	assert_true(lab_agree(lab, 0));
	assert_non_null(strstr(lab_text(&lab->side[0], IKE_EV_FAILED),
			       "one pair of addresses"));
	assert_non_null(
		strstr(lab_text(&lab->side[1], IKE_EV_FAILED), "populate"));
}

/* No more is offered than the packet's values, which a peer would take. */
static void peer_that_takes_all_is_asked_for_the_values_alone(void **state)
{
	struct ike_lab *lab = lab_of(state, FLOWS, 0);

	for (uint16_t port = 1000; port < 1002; port++) {
		bring_up(lab, port);
		assert_true(lab_agree(lab, port - 999U));
		assert_non_null(sa_of(lab, port));
	}
	engine_rekey(lab->side[1].engine, "peer", "net", lab->now_ns);
	settle(lab);
	assert_true(lab_agree(lab, 2));
	assert_non_null(sa_of(lab, 1000));
	assert_non_null(sa_of(lab, 1001));
}

/* And the peer hears that there is more, and asks when a packet needs it. */
static void offer_is_narrowed_to_the_values_of_its_packet(void **state)
{
	struct ike_lab *lab = lab_of(state, 0, FLOWS);

	bring_up(lab, 1000);
	assert_true(lab_agree(lab, 1));
	assert_selector(&sa_of(lab, 1000)->sa.selectors[0],
			"10.1.0.5/1000-1000 10.2.0.6/53-53 17");
	assert_true(forge_sa(lab, 0)->children->more_ts);
	bring_up(lab, 1001);
	assert_true(lab_agree(lab, 2));
	bring_up(lab, 1000);
	assert_true(lab_agree(lab, 2));
	engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
	settle(lab);
	assert_true(lab_agree(lab, 2));
	bring_up(lab, 1002);
	assert_true(lab_agree(lab, 3));
}

static void who_knows_of_more_knows_it_after_a_take_over(void **state)
{
	struct ike_lab *lab = lab_of(state, 0, FLOWS);

	lab_keep(lab, 0, true);
	bring_up(lab, 1000);
	lab_kill(lab, 0);
	lab_take_over(lab, 0);
	settle(lab);
	bring_up(lab, 1001);
	assert_true(lab_agree(lab, 2));
}

static void peer_that_says_nothing_of_more_is_not_asked(void **state)
{
	struct ike_lab *lab = lab_of(state, 0, 0);
	struct conn_conf c = lab_conn(lab, 1, IKE, ESP);
	struct sadb_event e = packet("10.1.0.200", 1000);

	assert_int_equal(
		prefix_parse("10.1.0.0/25", &c.children[0].remote_ts[0].net), 0);
	lab_load(lab, 1, &c);
	conn_fini(&c);
	bring_up(lab, 1000);
	assert_true(lab_agree(lab, 1));
	ask(lab, &e);
	settle(lab);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 0);
	assert_true(lab_agree(lab, 1));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest cases[] = {
		CASE(each_flow_has_a_child_sa_of_its_own),
		CASE(flow_that_asks_again_gets_no_second_one),
		CASE(flows_that_ask_before_the_ike_sa_is_there_get_one_each),
		CASE(what_is_not_taken_from_the_packet_is_the_policys),
		CASE(fragments_have_an_sa_of_their_own),
		CASE(packet_of_other_selectors_asks_for_nothing),
		CASE(no_command_brings_it_up),
		CASE(rekeying_keeps_the_values),
		CASE(one_that_ends_leaves_the_others_and_is_asked_for_again),
		CASE(each_is_bound_beside_the_others),
		CASE(one_that_the_peer_closes_is_made_anew_for_its_values),
		CASE(what_is_out_of_use_ends_and_is_asked_for_again),
		CASE(reauthentication_makes_each_anew),
		CASE(who_takes_over_knows_their_values),
		CASE(what_the_data_path_has_lost_is_made_anew_for_each),
		CASE(flood_of_flows_is_bounded),
		CASE(so_many_flows_have_one_and_no_more),
		CASE(peer_that_refuses_is_asked_again_by_packets_alone),
		CASE(offer_of_more_than_one_value_is_refused),
		CASE(peer_that_takes_all_is_asked_for_the_values_alone),
		CASE(offer_is_narrowed_to_the_values_of_its_packet),
		CASE(who_knows_of_more_knows_it_after_a_take_over),
		CASE(peer_that_says_nothing_of_more_is_not_asked),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
