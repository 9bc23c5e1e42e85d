// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which connection a peer gets, and from where one is initiated.
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

#include "tests/support/ike_forge.h"

#define IKE "aes128-sha256-x25519"
#define ESP "aes128-sha256"

struct wanted {
	const char *name;
	const char *remote_id; /* NULL: any */
	const char *proposals;
	bool any_address;
};

static void load(struct ike_lab *lab, unsigned int side, const struct wanted *w,
		 const char *local_id)
{
	struct conn_conf c = lab_conn(lab, side, w->proposals, ESP);
	struct error e;

	snprintf(c.name, sizeof(c.name), "%s", w->name);
	c.remote_addrs[0].any = w->any_address;
	if (w->remote_id)
		assert_int_equal(identity_parse(w->remote_id, &c.remote_id, &e),
				 0);
	if (local_id)
		assert_int_equal(identity_parse(local_id, &c.local_id, &e), 0);
	lab_load(lab, side, &c);
	conn_fini(&c);
}

/* Side 0 comes as that one; the name of the connection that side 1 has it under,
 * "" when it is refused. It leaves again. */
static const char *conn_of(struct ike_lab *lab, const char *id,
			   const char *proposals)
{
	const struct wanted peer = { .name = "peer", .proposals = proposals };
	static char name[CONN_NAME_MAX];
	const struct ike_sa *sa;

	load(lab, 0, &peer, id);
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, 10 * LAB_S));
	sa = forge_sa(lab, 1);
	snprintf(name, sizeof(name), "%s", sa ? sa->conn->conf.name : "");
	engine_terminate(lab->side[0].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, 10 * LAB_S));
	return name;
}

static void reload_gave_a_site_to_the_connection_for_anybody(void **state)
{
	static const struct wanted site = { "site", "site", IKE, false };
	static const struct wanted others = { "others", NULL, IKE, true };
	struct ike_lab *lab = lab_new(1);

	(void)state;
	load(lab, 1, &site, NULL);
	load(lab, 1, &others, NULL);
	assert_string_equal(conn_of(lab, "site", IKE), "site");
	load(lab, 1, &site, NULL);
	assert_string_equal(conn_of(lab, "site", IKE), "site");
	assert_string_equal(conn_of(lab, "another", IKE), "others");
	lab_free(lab);
}

static void reload_of_a_connection_put_it_behind_its_equals(void **state)
{
	static const struct wanted first = { "first", NULL, IKE, true };
	static const struct wanted second = { "second", NULL, IKE, true };
	struct ike_lab *lab = lab_new(1);

	(void)state;
	load(lab, 1, &first, NULL);
	load(lab, 1, &second, NULL);
	load(lab, 1, &first, NULL);
	assert_string_equal(conn_of(lab, "site", IKE), "first");
	lab_free(lab);
}

/* Of these hosts, and of no name: NULL is the end of them. */
static void load_of_hosts(struct ike_lab *lab, const char *name,
			  const char *const *hosts)
{
	struct conn_conf c = lab_conn(lab, 1, IKE, ESP);
	struct range range;

	snprintf(c.name, sizeof(c.name), "%s", name);
	c.remote_id = (struct identity){ .type = 0 };
	for (c.n_remote_addrs = 0; hosts[c.n_remote_addrs]; c.n_remote_addrs++) {
		struct conn_addr *a = &c.remote_addrs[c.n_remote_addrs];

		a->any = false;
		assert_int_equal(range_parse(hosts[c.n_remote_addrs], &range),
				 0);
		if (!range_next(&range, &a->net))
			continue;
		a->last = range.max;
		assert_int_equal(range_parse(hosts[c.n_remote_addrs], &range),
				 0);
		a->net = (struct prefix){ range.min, 32 };
	}
	lab_load(lab, 1, &c);
	conn_fini(&c);
}

/* The narrower one's, and of no range is who stands behind its end. */
static void peer_in_a_range_is_of_its_connection(void **state)
{
	static const char *const range[] = { "192.0.2.0-192.0.2.4", NULL };
	static const char *const behind[] = { "192.0.2.2-192.0.2.4", NULL };
	static const char *const before[] = { "192.0.1.9-192.0.2.0", NULL };
	static const char *const network[] = { "192.0.2.0/24", NULL };
	static const char *const narrow[] = { "192.0.2.0/30", NULL };
	struct ike_lab *lab = lab_new(1);

	(void)state;
	load_of_hosts(lab, "range", behind);
	assert_string_equal(conn_of(lab, "site", IKE), "");
	load_of_hosts(lab, "range", before);
	assert_string_equal(conn_of(lab, "site", IKE), "");
	load_of_hosts(lab, "range", range);
	assert_string_equal(conn_of(lab, "site", IKE), "range");
	load_of_hosts(lab, "net", network);
	assert_string_equal(conn_of(lab, "site", IKE), "range");
	load_of_hosts(lab, "net", narrow);
	assert_string_equal(conn_of(lab, "site", IKE), "net");
	/* Nobody knows whom of them to begin with. */
	assert_int_equal(engine_initiate(lab->side[1].engine, "range", NULL,
					 lab->now_ns),
			 -EADDRNOTAVAIL);
	lab_free(lab);
}

/* Each of them has a place of its own among thousands. */
static void connection_is_found_by_each_of_its_hosts_and_by_no_other(void **state)
{
	static const char *const two[] = { "192.0.2.99", "192.0.2.1", NULL };
	static const char *const elsewhere[] = { "192.0.2.99", NULL };
	static const char *const here[] = { "192.0.2.1", NULL };
	static const char *const network[] = { "192.0.2.0/24", NULL };
	struct ike_lab *lab = lab_new(1);
	struct engine *e = lab->side[1].engine;

	(void)state;
	load_of_hosts(lab, "two", two);
	assert_string_equal(conn_of(lab, "site", IKE), "two");
	load_of_hosts(lab, "two", elsewhere);
	assert_string_equal(conn_of(lab, "site", IKE), "");
	load_of_hosts(lab, "net", network);
	assert_string_equal(conn_of(lab, "site", IKE), "net");
	load_of_hosts(lab, "first", here);
	load_of_hosts(lab, "second", here);
	assert_string_equal(conn_of(lab, "site", IKE), "first");
	load_of_hosts(lab, "first", two); /* in its place, as exact as before */
	assert_string_equal(conn_of(lab, "site", IKE), "first");
	assert_true(engine_unload(e, "first"));
	assert_string_equal(conn_of(lab, "site", IKE), "second");
	assert_true(engine_unload(e, "second"));
	assert_true(engine_unload(e, "net"));
	assert_string_equal(conn_of(lab, "site", IKE), "");
	lab_free(lab);
}

static void order_of_loading_decided_instead_of_the_best_match(void **state)
{
	static const struct wanted any = { "any", NULL, IKE, false };
	static const struct wanted wild = { "wild", "*.example.org", IKE, true };
	static const struct wanted exact = { "exact", "moon.example.org", IKE,
					     true };
	struct ike_lab *lab = lab_new(1);

	(void)state;
	load(lab, 1, &any, NULL);
	load(lab, 1, &wild, NULL);
	load(lab, 1, &exact, NULL);
	assert_string_equal(conn_of(lab, "moon.example.org", IKE), "exact");
	assert_string_equal(conn_of(lab, "sun.example.org", IKE), "wild");
	assert_string_equal(conn_of(lab, "moon.example.com", IKE), "any");
	lab_free(lab);
}

static void peer_was_up_with_algorithms_that_its_connection_forbids(void **state)
{
	static const struct wanted weak = { "weak", "rw",
					    "aes128-sha1-modp2048", true };
	static const struct wanted strong = { "strong", "site", IKE, true };
	struct ike_lab *lab = lab_new(1);

	(void)state;
	load(lab, 1, &weak, NULL);
	load(lab, 1, &strong, NULL);
	assert_string_equal(conn_of(lab, "site", "aes128-sha1-modp2048"), "");
	assert_string_equal(conn_of(lab, "site", IKE), "strong");
	assert_string_equal(conn_of(lab, "rw", "aes128-sha1-modp2048"), "weak");
	lab_free(lab);
}

static void offer_was_refused_though_another_connection_has_it(void **state)
{
	static const struct wanted strong = { "strong", "site",
					      "aes256gcm16-prfsha384-ecp384",
					      false };
	static const struct wanted weak = { "weak", "rw", IKE, true };
	struct ike_lab *lab = lab_new(1);

	(void)state;
	load(lab, 1, &strong, NULL);
	load(lab, 1, &weak, NULL);
	assert_string_equal(conn_of(lab, "rw", IKE), "weak");
	lab_free(lab);
}

/* --- from where */

static struct ike_lab *lab_without_local_address(void)
{
	struct ike_lab *lab = lab_new(1);
	struct conn_conf c = lab_conn(lab, 0, IKE, ESP);

	lab_load_both(lab, IKE, ESP);
	c.local_addrs[0].any = true;
	lab_load(lab, 0, &c);
	conn_fini(&c);
	return lab;
}

static void initiator_without_a_local_address_came_from_0_0_0_0(void **state)
{
	struct ike_lab *lab = lab_without_local_address();

	(void)state;
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_true(addr_equal(&lab->side[0].sent_by.local, &lab->side[0].addr));
	assert_int_equal(forge_sa(lab, 1)->peer_id.type, IKE_ID_IPV4_ADDR);
	assert_memory_equal(forge_sa(lab, 1)->peer_id.octets,
			    lab->side[0].addr.octets + 12, 4);
	assert_false(forge_sa(lab, 1)->nat_remote);
	lab_free(lab);
}

static void initiation_without_a_way_to_the_peer_is_refused(void **state)
{
	struct ike_lab *lab = lab_without_local_address();
	unsigned int half_open;

	(void)state;
	lab->side[0].no_route = true;
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 -EADDRNOTAVAIL);
	assert_int_equal(engine_count(lab->side[0].engine, &half_open), 0);
	assert_non_null(strstr(lab_text(&lab->side[0], IKE_EV_FAILED),
			       "no way to the peer"));
	lab_free(lab);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(
			reload_gave_a_site_to_the_connection_for_anybody),
		cmocka_unit_test(reload_of_a_connection_put_it_behind_its_equals),
		cmocka_unit_test(
			order_of_loading_decided_instead_of_the_best_match),
		cmocka_unit_test(
			peer_was_up_with_algorithms_that_its_connection_forbids),
		cmocka_unit_test(
			offer_was_refused_though_another_connection_has_it),
		cmocka_unit_test(
			initiator_without_a_local_address_came_from_0_0_0_0),
		cmocka_unit_test(initiation_without_a_way_to_the_peer_is_refused),
		cmocka_unit_test(peer_in_a_range_is_of_its_connection),
		cmocka_unit_test(
			connection_is_found_by_each_of_its_hosts_and_by_no_other),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
