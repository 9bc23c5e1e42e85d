// SPDX-License-Identifier: BSD-2-Clause
/* What strongswan.conf's section charon changes, but for retransmissions. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_forge.h"
#include "tests/support/ike_settle.h"

#define IKE "aes128-sha256-x25519"
#define ESP "aes128gcm16"

static unsigned int sas(const struct ike_lab *lab, unsigned int side)
{
	unsigned int half_open;

	return engine_count(lab->side[side].engine, &half_open);
}

/* --- strangers */

/* Side 1 takes peers from anywhere. */
static struct ike_lab *lab_open(const struct ike_options *o)
{
	struct ike_lab *lab = lab_new(1);
	struct conn_conf c = lab_conn(lab, 1, IKE, ESP);

	c.remote_addrs[0].any = true;
	lab_load(lab, 1, &c);
	conn_fini(&c);
	lab_set_options(lab, o);
	return lab;
}

/* So many first messages, of one address or of as many; how many were taken
 * without a cookie? */
static unsigned int taken(const struct ike_options *o, unsigned int n,
			  bool one_address)
{
	struct ike_lab *lab = lab_open(o);
	unsigned int count;

	for (unsigned int i = 0; i < n; i++) {
		const struct forge_init f = {
			.spi_i = 1 + i,
			.proposal = IKE,
			.method = "x25519",
			.from = addr_from_v4(
				htonl(0xc6336401 + (one_address ? 0 : i))),
		};

		forge_init(lab, &f);
	}
	count = sas(lab, 1);
	lab_free(lab);
	return count;
}

static void cookies_begin_where_it_is_said(void **state)
{
	struct ike_options o = ike_options_default();

	(void)state;
	assert_int_equal(taken(&o, 20, false), 10);
	o.cookie_threshold = 3;
	assert_int_equal(taken(&o, 20, false), 3);
	o.cookie_threshold = 0;
	assert_int_equal(taken(&o, 20, false), 20);
	o.cookie_threshold_ip = 2;
	assert_int_equal(taken(&o, 20, false), 20);
	assert_int_equal(taken(&o, 20, true), 2);
}

static void more_than_so_many_of_an_address_are_turned_away(void **state)
{
	struct ike_options o = ike_options_default();

	(void)state;
	o.cookie_threshold = 0;
	assert_int_equal(taken(&o, 100, true), 64);
	o.block_threshold = 5;
	assert_int_equal(taken(&o, 100, true), 5);
	assert_int_equal(taken(&o, 100, false), 100);
	o.block_threshold = 0;
	assert_int_equal(taken(&o, 100, true), 100);
}

static void more_than_so_many_in_all_are_turned_away(void **state)
{
	struct ike_options o = ike_options_default();

	(void)state;
	o.cookie_threshold = 0;
	o.init_limit_half_open = 7;
	assert_int_equal(taken(&o, 20, false), 7);
	o.init_limit_half_open = 0;
	o.ikesa_limit = 6;
	assert_int_equal(taken(&o, 20, false), 6);
	o.ikesa_limit = 0;
	o.initiator_only = true;
	assert_int_equal(taken(&o, 20, false), 0);
}

static void half_open_ones_have_as_long_as_it_is_said(void **state)
{
	static const uint32_t times[] = { 5, 30, 60 };

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		const struct forge_init f = { .spi_i = 1,
					      .proposal = IKE,
					      .method = "x25519" };
		struct ike_options o = ike_options_default();
		struct ike_lab *lab;

		o.half_open_timeout = times[i];
		lab = lab_open(&o);
		forge_init(lab, &f);
		assert_true(lab_run(lab, times[i] * LAB_S - LAB_S / 10));
		assert_int_equal(sas(lab, 1), 1);
		assert_true(lab_run(lab, LAB_S / 5));
		assert_int_equal(sas(lab, 1), 0);
		lab_free(lab);
	}
}

/* --- what we begin */

/* "peer" with the children "net" and "more" on both sides. */
static struct ike_lab *lab_of_two(const struct ike_options *o)
{
	struct ike_lab *lab = lab_new(1);

	for (unsigned int side = 0; side < 2; side++) {
		struct conn_conf c = lab_conn(lab, side, IKE, ESP);

		lab_add_child(&c, side);
		lab_load(lab, side, &c);
		conn_fini(&c);
	}
	lab_set_options(lab, o);
	return lab;
}

static unsigned int sas_of_two_children(const struct ike_options *o)
{
	struct ike_lab *lab = lab_of_two(o);
	unsigned int n;

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(engine_initiate(lab->side[0].engine, "peer",
						 i ? "more" : "net", lab->now_ns),
				 0);
		assert_true(lab_run(lab, LAB_S));
	}
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_CHILD_UP), 2);
	n = sas(lab, 0);
	lab_free(lab);
	return n;
}

static void children_share_an_ike_sa_unless_it_is_said(void **state)
{
	struct ike_options o = ike_options_default();

	(void)state;
	assert_int_equal(sas_of_two_children(&o), 1);
	o.reuse_ikesa = false;
	assert_int_equal(sas_of_two_children(&o), 2);
}

/* The sides have no proposal of ESP in common. */
static unsigned int sas_of_a_refused_child(const struct ike_options *o)
{
	struct ike_lab *lab = lab_new(1);
	unsigned int n;

	for (unsigned int side = 0; side < 2; side++) {
		struct conn_conf c =
			lab_conn(lab, side, IKE, side ? ESP : "aes256");

		lab_load(lab, side, &c);
		conn_fini(&c);
	}
	lab_set_options(lab, o);
	assert_int_equal(
		lab_initiate(lab->side[0].engine, "peer", NULL, lab->now_ns), 0);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_UP), 1);
	assert_int_equal(sas(lab, 0), sas(lab, 1));
	n = sas(lab, 0);
	lab_free(lab);
	return n;
}

static void ike_sa_stays_without_its_child_unless_it_is_said(void **state)
{
	struct ike_options o = ike_options_default();

	(void)state;
	assert_int_equal(sas_of_a_refused_child(&o), 1);
	o.close_ike_on_child_failure = true;
	assert_int_equal(sas_of_a_refused_child(&o), 0);
}

static bool first_of_acquire(const struct ike_options *o)
{
	struct ike_lab *lab = lab_of_two(o);
	struct sadb_event e = { .verb = SADB_ACQUIRE };
	const struct ike_sa *sa;
	bool is;

	e.policy = lab->side[0].loaded[0].children[0].policy;
	e.packet.local_min = e.packet.local_max =
		addr_from_v4(htonl(0x0a010005));
	e.packet.remote_min = e.packet.remote_max =
		addr_from_v4(htonl(0x0a020007));
	e.packet.protocol = 17;
	engine_sadb_event(lab->side[0].engine, &e, lab->now_ns);
	sa = forge_sa(lab, 0);
	assert_non_null(sa);
	is = sa->wanted_first.is;
	lab_free(lab);
	return is;
}

static void packet_that_asks_is_told_of_unless_it_is_said(void **state)
{
	struct ike_options o = ike_options_default();

	(void)state;
	assert_true(first_of_acquire(&o));
	o.ignore_acquire_ts = true;
	assert_false(first_of_acquire(&o));
}

/* --- what stays after rekeying */

static void old_inbound_sas_stay_as_long_as_it_is_said(void **state)
{
	static const uint32_t times[] = { 0, 1, 5, 20 };

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct ike_options o = ike_options_default();
		struct ike_lab *lab;

		o.delete_rekeyed_delay = times[i];
		lab = lab_of_two(&o);
		assert_int_equal(engine_initiate(lab->side[0].engine, "peer",
						 "net", lab->now_ns),
				 0);
		assert_true(lab_run(lab, LAB_S));
		assert_int_equal(engine_rekey(lab->side[0].engine, "peer",
					      "net", lab->now_ns),
				 1);
		assert_true(lab_run(lab, LAB_S / 2));
		assert_int_equal(lab_sas(&lab->side[0], false),
				 times[i] ? 3 : 2);
		assert_true(lab_run(lab, times[i] * LAB_S + LAB_S / 2));
		assert_int_equal(lab_sas(&lab->side[0], false), 2);
		lab_free(lab);
	}
}

/* --- packets */

static unsigned int n_marked, n_sent;

static bool look(struct ike_lab *lab, unsigned int side,
		 const struct ike_path *path, struct slice d)
{
	(void)lab;
	(void)d;
	if (side == 0) {
		n_sent++;
		n_marked += path->dscp == 48;
	} else {
		assert_int_equal(path->dscp, 0);
	}
	return n_sent != 2; /* it is sent again */
}

static void all_packets_of_a_connection_have_its_dscp(void **state)
{
	struct ike_lab *lab = lab_new(1);

	(void)state;
	for (unsigned int side = 0; side < 2; side++) {
		struct conn_conf c = lab_conn(lab, side, IKE, ESP);

		c.dscp = side ? 0 : 48;
		lab_load(lab, side, &c);
		conn_fini(&c);
	}
	n_sent = n_marked = 0;
	lab->sent = look;
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", "net",
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_int_equal(n_sent, 3);
	assert_int_equal(n_marked, 3);
	lab_free(lab);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(cookies_begin_where_it_is_said),
		cmocka_unit_test(more_than_so_many_of_an_address_are_turned_away),
		cmocka_unit_test(more_than_so_many_in_all_are_turned_away),
		cmocka_unit_test(half_open_ones_have_as_long_as_it_is_said),
		cmocka_unit_test(children_share_an_ike_sa_unless_it_is_said),
		cmocka_unit_test(
			ike_sa_stays_without_its_child_unless_it_is_said),
		cmocka_unit_test(packet_that_asks_is_told_of_unless_it_is_said),
		cmocka_unit_test(old_inbound_sas_stay_as_long_as_it_is_said),
		cmocka_unit_test(all_packets_of_a_connection_have_its_dscp),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
