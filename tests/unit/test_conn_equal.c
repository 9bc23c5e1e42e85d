// SPDX-License-Identifier: BSD-2-Clause
/*
 * Connections compared by value, as a change of the configuration is found: a
 * field that did not count would leave an old setting in force.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/model/conn.h"

static struct prefix net_of(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(text, &p), 0);
	return p;
}

static struct identity id_of(const char *text)
{
	struct identity id;
	struct error e;

	assert_int_equal(identity_parse(text, &id, &e), 0);
	return id;
}

static void fill_child(struct child_conf *c, const char *name)
{
	child_init(c);
	strcpy(c->name, name);
	c->local_ts[0].dynamic = false;
	c->local_ts[0].net = net_of("10.1.0.0/16");
}

static void fill(struct conn_conf *c)
{
	conn_init(c);
	strcpy(c->name, "moon");
	c->remote_addrs[0].any = false;
	c->remote_addrs[0].net = net_of("192.0.2.2");
	c->local_id = id_of("moon.example.org");
	c->remote_id = id_of("sun.example.org");
	c->n_vips = c->n_pools = 1;
	strcpy(c->pools[0], "rw");
	c->children = calloc(2, sizeof(*c->children));
	assert_non_null(c->children);
	fill_child(&c->children[0], "net");
	fill_child(&c->children[1], "dmz");
	c->n_children = 2;
	c->more_rounds = calloc(3, sizeof(*c->more_rounds));
	assert_non_null(c->more_rounds);
	c->n_more_local = 1;
	c->n_more_remote = 2;
	c->more_rounds[2].id = id_of("sun.example.net");
}

/* --- one change each; false: there is no such change */

static bool change_conn(struct conn_conf *c, unsigned int which)
{
	switch (which) {
	case 0:
		return strcpy(c->name, "sun");
	case 1:
		return c->local_addrs[0].any = false, true;
	case 2:
		return c->n_local_addrs = 0, true;
	case 3:
		return c->remote_addrs[0].net = net_of("192.0.2.3"), true;
	case 4:
		return c->remote_addrs[0].net.bits = 31, true;
	case 5:
		return c->local_port++, true;
	case 6:
		return c->remote_port++, true;
	case 7:
		return c->proposals.n--, true;
	case 8:
		return c->local_id = id_of("moon.example.net"), true;
	case 9:
		return c->remote_id = id_of("@@sun.example.org"), true;
	case 10:
		return c->encap = true;
	case 11:
		return c->dpd_delay++, true;
	case 12:
		return c->rekey_time++, true;
	case 13:
		return c->over_time++, true;
	case 14:
		return c->rand_time++, true;
	case 15:
		return c->keyingtries++, true;
	case 16:
		return c->from_vici = true;
	case 17:
		return c->n_children--, true;
	case 18:
		return c->local_addrs[1] = c->local_addrs[0],
		       c->n_local_addrs++, true;
	case 19:
		return strcpy(c->remote_host, "sun.example.net");
	case 20:
		return c->if_id_in++, true;
	case 21:
		return c->if_id_out++, true;
	case 22:
		return c->unique = UNIQUE_KEEP, true;
	case 23:
		return c->childless = CHILDLESS_NEVER, true;
	case 24:
		return c->reauth_time++, true;
	case 25:
		return c->n_vips = 0, true;
	case 26:
		return c->vips[0].octets[15]++, true;
	case 27:
		return c->n_pools = 0, true;
	case 28:
		return strcpy(c->pools[0], "others");
	case 29:
		return c->mobike = !c->mobike, true;
	case 30:
		return c->ppk_id = id_of("ppk-1"), true;
	case 31:
		return c->ppk_required = true;
	case 32:
		return c->resumption = true;
	case 33:
		return c->remote_addrs[0].last = net_of("192.0.2.9").net, true;
	case 34:
		return c->tcp_encap = TCP_ENCAP_YES, true;
	case 35:
		return c->ocsp = OCSP_INSIDE_NEVER, true;
	case 36:
		return c->n_more_remote--, true;
	case 37:
		return c->n_more_local++, c->n_more_remote--, true;
	case 38:
		return c->more_rounds[2].id = id_of("sun"), true;
	case 39:
		return c->more_rounds[0].auth.by = AUTH_BY_PUBKEY, true;
	case 40:
		return c->remote_auth.ca_id = id_of("C=CH, CN=ca"), true;
	default:
		return false;
	}
}

static bool change_child(struct child_conf *c, unsigned int which)
{
	switch (which) {
	case 0:
		return strcpy(c->name, "lan");
	case 1:
		return c->local_ts[0].net = net_of("10.1.0.0/17"), true;
	case 2:
		return c->local_ts[0].net = net_of("10.3.0.0/16"), true;
	case 3:
		return c->remote_ts[0].dynamic = false, true;
	case 4:
		return c->remote_ts[0].protocol = 6, true;
	case 5:
		return c->remote_ts[0].port_min++, true;
	case 6:
		return c->remote_ts[0].port_max--, true;
	case 7:
		return c->remote_ts[1] = c->remote_ts[0], c->n_remote_ts++, true;
	case 8:
		return c->n_local_ts = 0, true;
	case 9:
		return c->start_action = CHILD_TRAP, true;
	case 10:
		return c->dpd_action = CHILD_TRAP, true;
	case 11:
		return c->close_action = CHILD_TRAP, true;
	case 12:
		return c->rekey_time++, true;
	case 13:
		return c->life_time++, true;
	case 14:
		return c->rand_time++, true;
	case 15:
		return c->replay_window++, true;
	case 16:
		return c->policy++, true;
	case 17:
		return c->proposals.n--, true;
	case 18:
		return c->spread = true;
	case 19:
		return c->outer.dummies++, true;
	case 20:
		return c->fragment_after = true;
	case 21:
		return c->if_id_in++, true;
	case 22:
		return c->if_id_out++, true;
	case 23:
		return c->inactivity++, true;
	case 24:
		return c->mode = SADB_TRANSPORT, true;
	case 25:
		return c->pfp = PFP_REMOTE, true;
	case 26:
		return c->pfp_limit--, true;
	case 27:
		return c->n_pools++, true;
	case 28:
		return c->per_cpu = PER_CPU_YES, true;
	case 29:
		return c->local_ts[0].last = net_of("10.1.0.9").net, true;
	default:
		return false;
	}
}

static bool change_proposal(struct proposal *p, unsigned int which)
{
	switch (which) {
	case 0:
		return p->protocol = IKE_PROTO_IKE, true;
	case 1:
		return p->encr[0] = p->encr[1], true;
	case 2:
		return p->n_encr--, true;
	case 3:
		return p->integ[0] = p->integ[1], true;
	case 4:
		return p->n_integ--, true;
	case 5:
		return p->prf[0] = prf_by_id(PRF_HMAC_SHA2_256), p->n_prf++,
		       true;
	case 6:
		return p->ke[0] = ke_by_id(KE_CURVE25519), p->n_ke++, true;
	case 7:
		return p->no_ke = !p->no_ke, true;
	case 8:
		return p->esn = !p->esn, true;
	case 9:
		return p->no_esn = !p->no_esn, true;
	default:
		return false;
	}
}

/* Of the second child: that all are looked at. */
static bool change(struct conn_conf *c, unsigned int what, unsigned int which)
{
	if (what == 0)
		return change_conn(c, which);
	if (what == 1)
		return change_child(&c->children[1], which);
	return change_proposal(&c->children[1].proposals.at[1], which);
}

static void every_field_counts(void **state)
{
	(void)state;
	for (unsigned int what = 0; what < 3; what++) {
		for (unsigned int which = 0;; which++) {
			struct conn_conf a, b;
			bool changed;

			fill(&a);
			fill(&b);
			changed = change(&b, what, which);
			if (conn_equal(&a, &b) == changed ||
			    conn_equal(&b, &a) == changed)
				fail_msg("kind %u, change %u", what, which);
			conn_fini(&a);
			conn_fini(&b);
			if (!changed)
				break;
		}
	}
}

static void what_a_name_resolved_to_does_not_count(void **state)
{
	struct conn_conf a, b;

	(void)state;
	fill(&a);
	fill(&b);
	strcpy(a.remote_host, "sun.example.net");
	strcpy(b.remote_host, "Sun.example.net");
	conn_resolve(&b, NULL, 0);
	assert_true(conn_equal(&a, &b));
	conn_fini(&a);
	conn_fini(&b);
}

/* It is the data path's alone, which is told of every change. */
static void what_became_of_a_trap_does_not_count(void **state)
{
	struct conn_conf a, b;

	(void)state;
	fill(&a);
	fill(&b);
	b.children[1].trap = TRAP_INSTALLED;
	assert_true(conn_equal(&a, &b));
	assert_false(child_is_trap(&a.children[1]));
	assert_true(child_is_trap(&b.children[1]));
	conn_fini(&a);
	conn_fini(&b);
}

static void only_what_a_list_has_counts(void **state)
{
	struct conn_conf a, b;

	(void)state;
	fill(&a);
	fill(&b);
	memset(&b.local_addrs[1], 0x5a, sizeof(b.local_addrs[1]));
	memset(&b.children[0].local_ts[1], 0x5a,
	       sizeof(b.children[0].local_ts[1]));
	memset(&b.proposals.at[b.proposals.n], 0x5a, sizeof(b.proposals.at[0]));
	b.local_id.octets[b.local_id.len] = 0x5a;
	b.local_addrs[0].net = net_of("10.0.0.0/8"); /* it is %any */
	assert_true(conn_equal(&a, &b));
	conn_fini(&a);
	conn_fini(&b);
}

static void copy_is_equal_and_has_children_of_its_own(void **state)
{
	struct conn_conf a, b;

	(void)state;
	fill(&a);
	assert_int_equal(conn_copy(&b, &a), 0);
	assert_true(conn_equal(&a, &b));
	assert_ptr_not_equal(a.children, b.children);
	b.children[0].policy++;
	assert_false(conn_equal(&a, &b));
	assert_ptr_not_equal(a.more_rounds, b.more_rounds);
	b.children[0].policy--;
	b.more_rounds[0].id = id_of("mars");
	assert_false(conn_equal(&a, &b));
	conn_fini(&a);
	conn_fini(&b);
}

static void pairs_of_different_protocols_do_not_count(void **state)
{
	struct child_conf c;

	(void)state;
	child_init(&c);
	assert_int_equal(child_pairs(&c), 1);
	c.local_ts[1] = c.local_ts[0];
	c.n_local_ts = 2;
	assert_int_equal(child_pairs(&c), 2);
	c.local_ts[1].protocol = 6;
	c.remote_ts[0].protocol = 17;
	assert_int_equal(child_pairs(&c), 1);
	c.remote_ts[0].protocol = 6;
	assert_int_equal(child_pairs(&c), 2);
}

static void pairs_of_different_families_do_not_count(void **state)
{
	struct child_conf c;

	(void)state;
	child_init(&c);
	c.local_ts[0].dynamic = false;
	c.local_ts[0].net.net = addr_from_v4(0);
	assert_int_equal(child_pairs(&c), 1);
	c.remote_ts[0].dynamic = false;
	assert_int_equal(child_pairs(&c), 0);
	c.remote_ts[1] = c.local_ts[0];
	c.n_remote_ts = 2;
	assert_int_equal(child_pairs(&c), 1);
}

static void protocol_of_a_child_is_that_of_the_side_that_names_one(void **state)
{
	struct child_pair pair;
	struct child_conf c;

	(void)state;
	child_init(&c);
	c.local_ts[0].protocol = 6;
	assert_true(child_pair_at(&c, 0, &pair));
	assert_int_equal(pair.protocol, 6);
	c.local_ts[0].protocol = 0;
	c.remote_ts[0].protocol = 17;
	assert_true(child_pair_at(&c, 0, &pair));
	assert_int_equal(pair.protocol, 17);
	c.remote_ts[0].protocol = 0;
	assert_true(child_pair_at(&c, 0, &pair));
	assert_int_equal(pair.protocol, 0);
	assert_false(child_pair_at(&c, 1, &pair));
}

static void dynamic_remote_selector_makes_a_pair_with_each_pool(void **state)
{
	struct child_pair pair;
	struct child_conf c;

	(void)state;
	child_init(&c);
	c.local_ts[1] = c.local_ts[0];
	c.n_local_ts = 2;
	c.n_pools = 3;
	assert_int_equal(child_pairs(&c), 6);
	for (size_t i = 0; i < 6; i++) {
		assert_true(child_pair_at(&c, i, &pair));
		assert_ptr_equal(pair.local, &c.local_ts[i / 3]);
		assert_ptr_equal(pair.remote, c.remote_ts);
		assert_int_equal(pair.pool, i % 3);
	}
	assert_false(child_pair_at(&c, 6, &pair));
	c.remote_ts[0].dynamic = false;
	c.remote_ts[0].net.net = addr_from_v4(0);
	assert_int_equal(child_pairs(&c), 2);
}

static void each_pair_has_a_policy_of_its_own(void **state)
{
	struct child_pair pair;
	struct child_conf c;

	(void)state;
	child_init(&c);
	c.local_ts[1] = c.local_ts[0];
	c.n_local_ts = 2;
	c.remote_ts[1] = c.remote_ts[0];
	c.n_remote_ts = 2;
	c.local_ts[1].protocol = 6;
	c.remote_ts[1].protocol = 17;
	assert_int_equal(child_pairs(&c), 3);
	assert_true(child_pair_at(&c, 1, &pair));
	assert_ptr_equal(pair.local, &c.local_ts[0]);
	assert_ptr_equal(pair.remote, &c.remote_ts[1]);
	assert_int_equal(pair.protocol, 17);
	assert_true(child_pair_at(&c, 2, &pair));
	assert_ptr_equal(pair.local, &c.local_ts[1]);
	assert_int_equal(pair.protocol, 6);
	assert_false(child_pair_at(&c, 3, &pair));
	for (size_t i = 0; i < 3; i++)
		child_set_policy(&c, i, 7 + (uint32_t)i);
	assert_int_equal(c.policy, 7);
	assert_int_equal(child_policy(&c, 2), 9);
	assert_true(child_has_policy(&c, 9));
	assert_false(child_has_policy(&c, 10));
}

/* Nothing else may: a certificate more, another CA, or one of the peer. */
static void renewed_certificates_of_ours_keep_ike_sas(void **state)
{
	struct conn_conf a, b;

	(void)state;
	fill(&a);
	fill(&b);
	a.local_auth.n_certs = b.local_auth.n_certs = 2;
	b.local_auth.certs[1].octets[7] = 1;
	assert_true(conn_keeps_ike(&a, &b) && conn_keeps_ike(&b, &a));
	assert_false(conn_equal_ike(&a, &b) || conn_equal(&a, &b));
	b.local_auth.n_certs = 1;
	assert_false(conn_keeps_ike(&a, &b) || conn_keeps_ike(&b, &a));
	b.local_auth.n_certs = 2;
	b.local_auth.n_pubkeys = 1;
	assert_false(conn_keeps_ike(&a, &b));
	b.local_auth.n_pubkeys = 0;
	a.remote_auth.n_certs = b.remote_auth.n_certs = 1;
	b.remote_auth.certs[0].octets[7] = 1;
	assert_false(conn_keeps_ike(&a, &b));
	b.remote_auth.certs[0].octets[7] = 0;
	for (size_t i = 0; i < 3; i++) {
		a.more_rounds[i].auth.n_certs = 1;
		b.more_rounds[i].auth.n_certs = 1;
	}
	b.more_rounds[0].auth.certs[0].octets[7] = 1;
	assert_true(conn_keeps_ike(&a, &b));
	b.more_rounds[1].auth.certs[0].octets[7] = 1; /* of the peer */
	assert_false(conn_keeps_ike(&a, &b));
	conn_fini(&a);
	conn_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			protocol_of_a_child_is_that_of_the_side_that_names_one),
		cmocka_unit_test(
			dynamic_remote_selector_makes_a_pair_with_each_pool),
		cmocka_unit_test(each_pair_has_a_policy_of_its_own),
		cmocka_unit_test(every_field_counts),
		cmocka_unit_test(renewed_certificates_of_ours_keep_ike_sas),
		cmocka_unit_test(what_a_name_resolved_to_does_not_count),
		cmocka_unit_test(what_became_of_a_trap_does_not_count),
		cmocka_unit_test(only_what_a_list_has_counts),
		cmocka_unit_test(copy_is_equal_and_has_children_of_its_own),
		cmocka_unit_test(pairs_of_different_protocols_do_not_count),
		cmocka_unit_test(pairs_of_different_families_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
