// SPDX-License-Identifier: BSD-2-Clause
/*
 * Traffic selectors between two engines (RFC 7296 section 2.9): what a packet asks
 * for, what of an offer is taken, and what is said of the rest.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/ike/child.h"
#include "tests/support/ike_forge.h"
#include "tests/support/ike_look.h"

#define IKE "aes128-sha256-x25519"
#define ESP "aes128-sha256"
#define TCP 6
#define UDP 17

/* The last request of side 0 in CREATE_CHILD_SA or IKE_AUTH, as side 1 reads it, and
 * side 1's last response, as side 0 does. */
struct seen {
	uint8_t room[2][MESSAGE_MAX];
	struct ike_payloads p[2];
	bool is[2];
	bool responses_are_lost;
};

static bool look(struct ike_lab *lab, unsigned int side,
		 const struct ike_path *path, struct slice datagram)
{
	const struct ike_sa *to = forge_sa(lab, !side);
	struct seen *s = lab->owner;
	struct ike_header h;

	(void)path;
	if (!ike_header_parse(datagram, &h) || !to || !to->has_keys ||
	    (h.exchange != IKE_EXCH_IKE_AUTH &&
	     h.exchange != IKE_EXCH_CREATE_CHILD_SA) ||
	    !(h.flags & IKE_FLAG_R) != !side)
		return true;
	look_inside(to, (struct octets){ (uint8_t *)datagram.ptr, datagram.len },
		    s->room[side], &s->p[side]);
	s->is[side] = true;
	return !(side == 1 && s->responses_are_lost);
}

static int setup(void **state)
{
	struct ike_lab *lab = lab_new(1);

	lab->owner = calloc(1, sizeof(struct seen));
	lab->sent = look;
	lab_load_both(lab, IKE, ESP);
	*state = lab;
	return 0;
}

static int teardown(void **state)
{
	struct ike_lab *lab = *state;
	void *owner = lab->owner;

	lab_free(lab);
	free(owner);
	return 0;
}

static struct seen *seen(const struct ike_lab *lab)
{
	return lab->owner;
}

static struct addr addr(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

/* 10.1.0.5 to 10.2.0.6, which waits for policy 7. */
static struct sadb_event packet(uint8_t protocol, uint16_t sport, uint16_t dport)
{
	struct sadb_event e = { .verb = SADB_ACQUIRE, .policy = 7 };

	e.packet.local_min = e.packet.local_max = addr("10.1.0.5");
	e.packet.remote_min = e.packet.remote_max = addr("10.2.0.6");
	e.packet.local_port_min = e.packet.local_port_max = sport;
	e.packet.remote_port_min = e.packet.remote_port_max = dport;
	e.packet.protocol = protocol;
	return e;
}

static void acquire_for(struct ike_lab *lab, struct sadb_event e)
{
	engine_sadb_event(lab->side[0].engine, &e, lab->now_ns);
	assert_true(lab_run(lab, 10 * LAB_S));
}

static void assert_payload(const struct ike_payloads *p, uint8_t type,
			   const char *expected)
{
	const struct ike_payload *payload = ike_find(p, type);
	struct slice selectors;
	struct ts_list l;
	char buf[1024];

	assert_non_null(payload);
	assert_true(ike_ts_parse(payload->body, &selectors));
	ts_from_wire(selectors, &l);
	assert_string_equal(ts_str(&l, buf, sizeof(buf)), expected);
}

/* What side 0 asked for last, and what side 1 took. */
static void assert_asked(const struct ike_lab *lab, const char *ts_i,
			 const char *ts_r)
{
	assert_true(seen(lab)->is[0]);
	assert_payload(&seen(lab)->p[0], IKE_PL_TS_I, ts_i);
	assert_payload(&seen(lab)->p[0], IKE_PL_TS_R, ts_r);
}

static void assert_taken(const struct ike_lab *lab, const char *ts_i,
			 const char *ts_r, bool more)
{
	struct ike_notify n;

	assert_true(seen(lab)->is[1]);
	assert_payload(&seen(lab)->p[1], IKE_PL_TS_I, ts_i);
	assert_payload(&seen(lab)->p[1], IKE_PL_TS_R, ts_r);
	assert_int_equal(ike_find_notify(&seen(lab)->p[1],
					 IKE_N_ADDITIONAL_TS_POSSIBLE, &n),
			 more);
}

static void set_ts(struct ts_conf *ts, size_t *n, const char *const *nets)
{
	for (*n = 0; nets[*n]; ++*n) {
		struct range range;

		ts[*n] = (struct ts_conf){ .port_max = UINT16_MAX };
		assert_int_equal(range_parse(nets[*n], &range), 0);
		if (!range_next(&range, &ts[*n].net))
			continue;
		ts[*n].last = range.max;
		assert_int_equal(range_parse(nets[*n], &range), 0);
		ts[*n].net = (struct prefix){ range.min, 32 };
	}
}

/* Side 1 with other networks of its own, and perhaps with a second child. */
static void load(struct ike_lab *lab, const char *const *first,
		 const char *const *second)
{
	struct conn_conf c = lab_conn(lab, 1, IKE, ESP);

	if (second) {
		lab_add_child(&c, 1);
		c.children[1].remote_ts[0] = c.children[0].remote_ts[0];
		set_ts(c.children[1].local_ts, &c.children[1].n_local_ts,
		       second);
	}
	set_ts(c.children[0].local_ts, &c.children[0].n_local_ts, first);
	lab_load(lab, 1, &c);
	conn_fini(&c);
}

/* --- the packet that waits */

static void packet_that_waits_is_asked_for_first(void **state)
{
	struct ike_lab *lab = *state;

	acquire_for(lab, packet(UDP, 5000, 53));
	assert_asked(lab, "10.1.0.5/32[17/5000] 10.1.0.0/24",
		     "10.2.0.6/32[17/53] 10.2.0.0/24");
	assert_taken(lab, "10.1.0.0/24", "10.2.0.0/24", false);
	assert_true(lab_agree(lab, 1));
}

static void packet_without_ports_is_asked_for_without(void **state)
{
	struct ike_lab *lab = *state;

	acquire_for(lab, packet(47, 0, 0));
	assert_asked(lab, "10.1.0.5/32[47/0-65535] 10.1.0.0/24",
		     "10.2.0.6/32[47/0-65535] 10.2.0.0/24");
}

static void later_fragment_is_asked_for_without_ports(void **state)
{
	struct ike_lab *lab = *state;

	acquire_for(lab, packet(UDP, 0, 0));
	assert_asked(lab, "10.1.0.5/32[17/0-65535] 10.1.0.0/24",
		     "10.2.0.6/32[17/0-65535] 10.2.0.0/24");
}

static void packet_that_is_not_the_childs_is_not_asked_for(void **state)
{
	struct ike_lab *lab = *state;
	struct sadb_event e = packet(UDP, 5000, 53);

	e.packet.remote_min = e.packet.remote_max = addr("10.3.0.6");
	acquire_for(lab, e);
	assert_asked(lab, "10.1.0.0/24", "10.2.0.0/24");
	assert_true(lab_agree(lab, 1));
}

static void what_an_operator_brings_up_is_for_no_packet(void **state)
{
	struct ike_lab *lab = *state;

	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_asked(lab, "10.1.0.0/24", "10.2.0.0/24");
}

/* Section 2.9.2: its selectors SHOULD NOT be sent. */
static void rekeying_is_for_no_packet(void **state)
{
	struct ike_lab *lab = *state;

	acquire_for(lab, packet(UDP, 5000, 53));
	engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_asked(lab, "10.1.0.0/24", "10.2.0.0/24");
	assert_true(lab_agree(lab, 1));
}

/* --- several, and what is taken of them */

static void several_selectors_are_pairs_of_one_sa(void **state)
{
	static const char *const nets[] = { "10.2.0.0/25", "10.2.0.128/26",
					    NULL };
	struct ike_lab *lab = *state;

	load(lab, nets, NULL);
	acquire_for(lab, packet(UDP, 5000, 53));
	assert_taken(lab, "10.1.0.0/24", "10.2.0.0/25 10.2.0.128/26", false);
	assert_true(lab_agree(lab, 1));
	assert_int_equal(forge_sa(lab, 1)->children->local_ts.n, 2);
}

/* Of the peer's network there is only a part. */
static void ranges_are_narrowed_to_what_both_have(void **state)
{
	static const char *const part[] = { "10.2.0.5-10.2.0.20", NULL };
	struct ike_lab *lab = *state;

	load(lab, part, NULL);
	acquire_for(lab, packet(UDP, 5000, 53));
	assert_asked(lab, "10.1.0.5/32[17/5000] 10.1.0.0/24",
		     "10.2.0.6/32[17/53] 10.2.0.0/24");
	assert_taken(lab, "10.1.0.0/24", "10.2.0.5-10.2.0.20", false);
	assert_true(lab_agree(lab, 1));
}

static void ports_are_narrowed_to_what_both_have(void **state)
{
	struct ike_lab *lab = *state;
	struct conn_conf c = lab_conn(lab, 1, IKE, ESP);
	struct ts_conf *ts = &c.children[0].local_ts[0];

	ts->protocol = TCP;
	ts->port_min = 80;
	ts->port_max = 443;
	lab_load(lab, 1, &c);
	conn_fini(&c);
	acquire_for(lab, packet(TCP, 5000, 80));
	assert_taken(lab, "10.1.0.0/24", "10.2.0.0/24[6/80-443]", false);
	assert_true(lab_agree(lab, 1));
}

/* Section 2.9: the part in which the first selectors are, not the first part. */
static void child_that_has_what_is_asked_for_first_is_chosen(void **state)
{
	static const char *const first[] = { "10.2.0.128/25", NULL };
	static const char *const second[] = { "10.2.0.0/25", NULL };
	struct ike_lab *lab = *state;

	load(lab, first, second);
	acquire_for(lab, packet(UDP, 5000, 53));
	assert_taken(lab, "10.1.0.0/24", "10.2.0.0/25", true);
	assert_true(lab_agree(lab, 1));
}

static void child_that_has_all_is_chosen_before_one_that_has_a_part(void **state)
{
	static const char *const first[] = { "10.2.0.0/25", NULL };
	static const char *const second[] = { "10.2.0.0/16", NULL };
	struct ike_lab *lab = *state;

	load(lab, first, second);
	acquire_for(lab, packet(UDP, 5000, 53));
	assert_taken(lab, "10.1.0.0/24", "10.2.0.0/24", false);
}

/* 4 times 5 pairs are more than an SA has: those of the packet are among the rest. */
static void more_pairs_than_an_sa_has_are_narrowed_to_the_first_ones(void **state)
{
	struct ike_lab *lab = *state;
	struct child_sa *c;

	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf conn = lab_conn(lab, i, IKE, ESP);
		struct child_conf *k = &conn.children[0];

		for (unsigned int j = 0; j < 5; j++) {
			char local[32], remote[32];

			snprintf(local, sizeof(local), "10.%u.%u.0/24", 1 + i,
				 4 - j);
			snprintf(remote, sizeof(remote), "10.%u.%u.0/24", 2 - i,
				 4 - j);
			k->local_ts[j] = k->remote_ts[j] = k->local_ts[0];
			assert_int_equal(
				prefix_parse(local, &k->local_ts[j].net), 0);
			assert_int_equal(
				prefix_parse(remote, &k->remote_ts[j].net), 0);
		}
		k->n_local_ts = k->n_remote_ts = 5;
		lab_load(lab, i, &conn);
		conn_fini(&conn);
	}
	acquire_for(lab, packet(UDP, 5000, 53));
	assert_true(lab_agree(lab, 1));
	c = forge_sa(lab, 0)->children;
	assert_int_equal(c->local_ts.n, 4);
	assert_int_equal(c->remote_ts.n, 4);
	assert_taken(lab, "10.1.0.0/24 10.1.4.0/24 10.1.3.0/24 10.1.2.0/24",
		     "10.2.0.0/24 10.2.4.0/24 10.2.3.0/24 10.2.2.0/24", true);
}

/* --- SINGLE_PAIR_REQUIRED */

static struct ike_lab *lab_up(void **state)
{
	struct ike_lab *lab = *state;

	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, 10 * LAB_S));
	return lab;
}

/* Side 1's response to the request that is under way. */
static void refuse_for_pair(struct ike_lab *lab)
{
	const struct ike_notify n = { .type = IKE_N_SINGLE_PAIR_REQUIRED };
	const struct ike_path path = forge_path(lab, 0);
	struct ike_sa *a = forge_sa(lab, 0), *b = forge_sa(lab, 1);
	struct ike_builder m;

	forge_begin(b, &m, IKE_EXCH_CREATE_CHILD_SA, true, a->ours.message_id);
	ike_notify_put(&m, &n);
	forge_send(lab, b, &m, &path);
}

/* There is an IKE SA, and its child is gone. */
static struct ike_lab *lab_without_child(void **state)
{
	struct ike_lab *lab = lab_up(state);

	engine_terminate(lab->side[0].engine, "peer", "net", lab->now_ns);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_null(forge_sa(lab, 0)->children);
	seen(lab)->responses_are_lost = true;
	return lab;
}

static void peer_that_wants_one_pair_is_asked_for_the_packets(void **state)
{
	struct ike_lab *lab = lab_without_child(state);
	struct sadb_event e = packet(UDP, 5000, 53);

	engine_sadb_event(lab->side[0].engine, &e, lab->now_ns);
	assert_true(lab_run(lab, LAB_S / 10));
	refuse_for_pair(lab);
	assert_true(lab_run(lab, LAB_S / 10));
	assert_asked(lab, "10.1.0.5/32[17/5000]", "10.2.0.6/32[17/53]");
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 0);
	refuse_for_pair(lab);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 1);
}

static void peer_that_wants_one_pair_without_a_packet_is_told_of(void **state)
{
	struct ike_lab *lab = lab_without_child(state);

	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, LAB_S / 10));
	refuse_for_pair(lab);
	assert_non_null(strstr(lab_text(&lab->side[0], IKE_EV_FAILED),
			       "one pair of addresses"));
}

/* Its SA is there before its child is: what the packet asks for comes by itself. */
static void peer_that_wants_one_pair_in_ike_auth_is_asked_again(void **state)
{
	struct ike_lab *lab = *state;
	struct sadb_event e = packet(UDP, 5000, 53);
	struct ike_sa *b = NULL;

	lab->answer_max_ns = LAB_S / 50;
	engine_sadb_event(lab->side[0].engine, &e, lab->now_ns);
	for (unsigned int i = 0; i < 1000 && (!b || !b->peers.child); i++) {
		assert_true(lab_run(lab, LAB_S / 10000));
		b = forge_sa(lab, 1);
	}
	assert_non_null(b);
	assert_int_equal(b->peers.step, STEP_AUTH_CHECK);
	child_fail(b, &b->peers, IKE_N_SINGLE_PAIR_REQUIRED, "");
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_asked(lab, "10.1.0.5/32[17/5000]", "10.2.0.6/32[17/53]");
	assert_taken(lab, "10.1.0.5/32[17/5000]", "10.2.0.6/32[17/53]", false);
	assert_true(lab_agree(lab, 1));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest cases[] = {
		CASE(packet_that_waits_is_asked_for_first),
		CASE(packet_without_ports_is_asked_for_without),
		CASE(later_fragment_is_asked_for_without_ports),
		CASE(packet_that_is_not_the_childs_is_not_asked_for),
		CASE(what_an_operator_brings_up_is_for_no_packet),
		CASE(rekeying_is_for_no_packet),
		CASE(several_selectors_are_pairs_of_one_sa),
		CASE(ranges_are_narrowed_to_what_both_have),
		CASE(ports_are_narrowed_to_what_both_have),
		CASE(child_that_has_what_is_asked_for_first_is_chosen),
		CASE(child_that_has_all_is_chosen_before_one_that_has_a_part),
		CASE(more_pairs_than_an_sa_has_are_narrowed_to_the_first_ones),
		CASE(peer_that_wants_one_pair_is_asked_for_the_packets),
		CASE(peer_that_wants_one_pair_without_a_packet_is_told_of),
		CASE(peer_that_wants_one_pair_in_ike_auth_is_asked_again),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
