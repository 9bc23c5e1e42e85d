// SPDX-License-Identifier: BSD-2-Clause
/*
 * The daemon's snapshot: what the configuration says, beside what the data
 * path knows. The data path is a double.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/daemon/view.h"
#include "include/proto.h"

/* In place of dp_link.c's: numbers by which an SA is known. */
const struct sa_status *dp_view_sa(const struct dp_view *v,
				   const struct sadb_id *id)
{
	static struct sa_status s;

	if (!v->n_sas)
		return NULL;
	s = (struct sa_status){
		.spi = id->spi,
		.pkts = id->spi + (id->dir == SADB_IN),
		.bytes = addr_v4_be(&id->daddr),
		.idle_s = 4,
	};
	return &s;
}

static struct addr addr(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static struct prefix prefix(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(text, &p), 0);
	return p;
}

struct fixture {
	struct manual_conf manual[2];
	struct policy_conf policies[4];
	struct config config;
	struct dp_view dp;
	struct status *view;
};

static void fill_manual(struct manual_conf *m)
{
	m[0] = (struct manual_conf){ .name = "first",
				     .local = addr("192.0.2.1"),
				     .remote = addr("192.0.2.2"),
				     .encr = encr_by_name("aes128"),
				     .integ = integ_by_name("sha256") };
	m[1] = (struct manual_conf){ .name = "second",
				     .local = addr("192.0.2.1"),
				     .remote = addr("192.0.2.3"),
				     .encr = encr_by_name("aes256gcm16") };
	for (uint32_t k = 0; k < 2; k++) {
		m[k].in.spi = 0x101 + k;
		m[k].out.spi = 0x201 + k;
	}
}

static void fill_policies(struct policy_conf *p)
{
	p[0] = (struct policy_conf){ .name = "zulu",
				     .local_ts = prefix("10.1.0.0/16"),
				     .remote_ts = prefix("10.2.0.0/16"),
				     .protocol = PROTO_TCP,
				     .action = SPD_PROTECT,
				     .manual = 1 };
	p[1] = (struct policy_conf){ .name = "yoke",
				     .local_ts = prefix("10.1.0.0/16"),
				     .remote_ts = prefix("10.3.0.0/16"),
				     .action = SPD_PROTECT };
	p[2] = (struct policy_conf){ .name = "mike",
				     .local_ts = prefix("0.0.0.0/0"),
				     .remote_ts = prefix("203.0.113.7"),
				     .action = SPD_BYPASS };
	p[3] = (struct policy_conf){ .name = "alpha",
				     .local_ts = prefix("0.0.0.0/0"),
				     .remote_ts = prefix("0.0.0.0/0"),
				     .action = SPD_DISCARD };
}

static int start(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	*state = f;
	fill_manual(f->manual);
	fill_policies(f->policies);
	f->config.gateway.default_action = SPD_DISCARD;
	f->config.manual = f->manual;
	f->config.n_manual = 2;
	f->config.policies = f->policies;
	f->config.n_policies = 4;
	f->dp.status.uptime_s = 192;
	f->dp.status.counters.drops[DROP_ICV].pkts = 3;
	f->dp.n_sas = 1;
	f->view = view_status(&f->config, &f->dp, NULL);
	return f->view ? 0 : -1;
}

static int stop(void **state)
{
	struct fixture *f = *state;

	status_free(f->view);
	free(f);
	return 0;
}

static void gateway_is_this_process_and_its_default(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->view->pid, getpid());
	assert_int_equal(f->view->default_action, SPD_DISCARD);

	status_free(f->view);
	f->config.gateway.default_action = SPD_BYPASS;
	f->view = view_status(&f->config, &f->dp, NULL);
	assert_int_equal(f->view->default_action, SPD_BYPASS);
}

static void what_the_data_path_knows_is_kept(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->view->uptime_s, 192);
	assert_int_equal(f->view->counters.drops[DROP_ICV].pkts, 3);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(f->view->tunnels[i].in.spi, 0x101 + i);
		assert_int_equal(f->view->tunnels[i].out.spi, 0x201 + i);
	}
}

static void tunnels_are_those_configured(void **state)
{
	struct fixture *f = *state;
	const struct tunnel_status *t = f->view->tunnels;

	assert_int_equal(f->view->n_tunnels, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(t[i].name, f->manual[i].name);
		assert_true(addr_equal(&t[i].local, &f->manual[i].local));
		assert_true(addr_equal(&t[i].remote, &f->manual[i].remote));
	}
	assert_string_equal(t[0].algs, "aes128-sha256");
	assert_string_equal(t[1].algs, "aes256gcm16");
}

static void policies_are_those_configured_in_their_order(void **state)
{
	static const char *const tunnels[] = { "second", "first", "", "" };
	struct fixture *f = *state;

	assert_int_equal(f->view->n_policies, 4);
	for (size_t i = 0; i < 4; i++) {
		const struct policy_status *p = &f->view->policies[i];
		const struct policy_conf *want = &f->policies[i];

		assert_string_equal(p->name, want->name);
		assert_memory_equal(&p->local_ts, &want->local_ts,
				    sizeof(p->local_ts));
		assert_memory_equal(&p->remote_ts, &want->remote_ts,
				    sizeof(p->remote_ts));
		assert_int_equal(p->protocol, want->protocol);
		assert_int_equal(p->action, want->action);
		assert_string_equal(p->tunnel, tunnels[i]);
	}
}

static void an_sa_that_is_not_seen_has_carried_nothing(void **state)
{
	struct fixture *f = *state;

	f->dp.n_sas = 0;
	status_free(f->view);
	f->view = view_status(&f->config, &f->dp, NULL);
	assert_int_equal(f->view->tunnels[0].in.spi, 0x101);
	assert_int_equal(f->view->tunnels[0].in.pkts, 0);
	assert_int_equal(f->view->tunnels[0].in.idle_s, STATUS_NEVER_S);
}

static void children_that_are_up_are_tunnels_too(void **state)
{
	struct ike_sa_view ike = { .id = 7,
				   .local = addr("192.0.2.1"),
				   .remote = addr("192.0.2.9") };
	struct child_sa_view child[3] = {
		{ .id = 1, .ike_id = 7, .state = SA_VIEW_REKEYED },
		{ .id = 2,
		  .ike_id = 7,
		  .state = SA_VIEW_UP,
		  .name = "net",
		  .spi_in = 0x300,
		  .spi_out = 0x400,
		  .encr = ENCR_AES_CBC,
		  .encr_key_bits = 128,
		  .integ = INTEG_HMAC_SHA2_256_128 },
		{ .id = 3, .ike_id = 8, .state = SA_VIEW_UP },
	};
	const struct sas sas = { &ike, 1, child, 3 };
	struct fixture *f = *state;
	const struct tunnel_status *t;

	status_free(f->view);
	f->view = view_status(&f->config, &f->dp, &sas);
	assert_int_equal(f->view->n_tunnels, 3);
	t = &f->view->tunnels[2];
	assert_string_equal(t->name, "net");
	assert_string_equal(t->algs, "aes128-sha256");
	assert_true(addr_equal(&t->local, &ike.local));
	assert_true(addr_equal(&t->remote, &ike.remote));
	assert_int_equal(t->in.spi, 0x300);
	assert_int_equal(t->in.pkts, 0x301);
	assert_int_equal(t->in.bytes, addr_v4_be(&ike.local));
	assert_int_equal(t->out.pkts, 0x400);
	assert_int_equal(t->out.bytes, addr_v4_be(&ike.remote));
	assert_int_equal(t->out.idle_s, 4);
}

static void policies_of_children_come_behind_the_others(void **state)
{
	struct child_conf child[2];
	struct conn_conf conn = { .children = child, .n_children = 2 };
	struct fixture *f = *state;
	const struct policy_status *p;

	child_init(&child[0]);
	child_init(&child[1]);
	strcpy(child[1].name, "net");
	child[1].local_ts[0].dynamic = false;
	child[1].local_ts[0].net = prefix("10.8.0.0/16");
	f->config.conns = &conn;
	f->config.n_conns = 1;
	status_free(f->view);
	f->view = view_status(&f->config, &f->dp, NULL);
	assert_int_equal(f->view->n_policies, 6);
	p = &f->view->policies[5];
	assert_string_equal(p->name, "net");
	assert_string_equal(p->tunnel, "net");
	assert_int_equal(p->action, SPD_PROTECT);
	assert_int_equal(p->local_ts.bits, 16);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(gateway_is_this_process_and_its_default),
		CASE(what_the_data_path_knows_is_kept),
		CASE(tunnels_are_those_configured),
		CASE(policies_are_those_configured_in_their_order),
		CASE(children_that_are_up_are_tunnels_too),
		CASE(policies_of_children_come_behind_the_others),
		CASE(an_sa_that_is_not_seen_has_carried_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
