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
#include <time.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/daemon/view.h"
#include "ctrl/sadb/policy.h"
#include "include/proto.h"

static const struct dp_sas seen; /* it is there; what is in it nobody asks */

/* In place of dp_link.c's: numbers by which an SA is known. */
bool dp_view_sa(const struct dp_view *v, const struct sadb_id *id,
		struct sa_status *out)
{
	if (!v->sas)
		return false;
	*out = (struct sa_status){
		.spi = id->spi,
		.pkts = id->spi + (id->dir == SADB_IN),
		.bytes = addr_v4_be(&id->daddr),
		.idle_s = 4,
		.path_mtu = id->dir == SADB_OUT ? id->spi : 0,
		.pkts_s = id->spi % 2 ? id->spi : STATUS_NO_RATE,
		.bits_s = id->spi % 2 ? 8 * id->spi : STATUS_NO_RATE,
	};
	out->drops[DROP_REPLAY] = id->spi;
	out->lost = id->dir == SADB_IN ? id->spi : 0;
	return true;
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
	struct conn_conf conns[2];
	struct child_conf children[2];
	struct config config;
	struct dp_view dp;
	struct sas sas;
	struct failures *failures;
	struct up_since *since;
	struct status *view;
};

/* The clock stands still. */
#define NOW_S 5000

int clock_gettime(clockid_t clock, struct timespec *out)
{
	(void)clock;
	*out = (struct timespec){ .tv_sec = NOW_S };
	return 0;
}

#define SAS_MAX 4

static struct status *look(struct fixture *f)
{
	const struct ike_sa_view *ike[SAS_MAX];
	const struct child_sa_view *child[SAS_MAX];
	const struct sa_heads sas = { ike, f->sas.n_ike, child, f->sas.n_child };
	const struct view view = { .config = &f->config,
				   .dp = &f->dp,
				   .sas = &sas,
				   .failures = f->failures,
				   .since = f->since };

	for (size_t i = 0; i < sas.n_ike; i++)
		ike[i] = &f->sas.ike[i];
	for (size_t i = 0; i < sas.n_child; i++)
		child[i] = &f->sas.child[i];
	return view_status(&view);
}

static void look_again(struct fixture *f)
{
	status_free(f->view);
	f->view = look(f);
	assert_non_null(f->view);
}

static void fill_manual(struct manual_conf *m)
{
	m[0] = (struct manual_conf){ .name = "first",
				     .local = addr("192.0.2.1"),
				     .remote = addr("192.0.2.2"),
				     .encr = encr_by_name("aes128"),
				     .integ = integ_by_name("sha256"),
				     .esn = true,
				     .mode = SADB_TRANSPORT };
	m[1] = (struct manual_conf){ .name = "second",
				     .local = addr("192.0.2.1"),
				     .remote = addr("192.0.2.3"),
				     .encr = encr_by_name("aes256gcm16"),
				     .integ = &integ_none };
	for (uint32_t k = 0; k < 2; k++) {
		m[k].in.spi = 0x101 + k;
		m[k].out.spi = 0x201 + k;
	}
}

static struct sadb_selector selector(const char *local, const char *remote,
				     uint8_t protocol)
{
	const struct prefix l = prefix(local), r = prefix(remote);

	return selector_between(&l, &r, protocol);
}

static void fill_policies(struct policy_conf *p)
{
	p[0] = (struct policy_conf){
		.name = "zulu",
		.id = 9,
		.selector = selector("10.1.0.0/16", "10.2.0.0/16", PROTO_TCP),
		.dirs = SPD_BOTH,
		.action = SPD_PROTECT,
		.manual = 1
	};
	p[0].selector.remote_port_min = p[0].selector.remote_port_max = 443;
	p[1] = (struct policy_conf){
		.name = "yoke",
		.selector = selector("10.1.0.0/16", "10.3.0.0/16", PROTO_ANY),
		.dirs = SPD_BOTH,
		.action = SPD_PROTECT
	};
	p[2] = (struct policy_conf){
		.name = "mike",
		.selector = selector("0.0.0.0/0", "203.0.113.7", PROTO_MH),
		.dirs = SPD_BOTH,
		.action = SPD_BYPASS
	};
	p[3] = (struct policy_conf){
		.name = "alpha",
		.selector = selector("0.0.0.0/0", "0.0.0.0/0", PROTO_UDP),
		.dirs = SPD_BOTH,
		.action = SPD_DISCARD
	};
	p[2].selector.remote_port_min = 5 << 8;
	p[2].selector.remote_port_max = 6 << 8 | 0xff;
	p[3].selector.remote_port_min = PORT_OPAQUE_MIN;
	p[3].selector.remote_port_max = PORT_OPAQUE_MAX;
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
	f->dp.sas = &seen;
	f->failures = failures_new();
	f->since = up_since_new();
	f->view = f->failures && f->since ? look(f) : NULL;
	return f->view ? 0 : -1;
}

static int stop(void **state)
{
	struct fixture *f = *state;

	status_free(f->view);
	failures_free(f->failures);
	up_since_free(f->since);
	free(f);
	return 0;
}

static void gateway_is_this_process_and_its_default(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->view->pid, getpid());
	assert_int_equal(f->view->default_action, SPD_DISCARD);

	f->config.gateway.default_action = SPD_BYPASS;
	look_again(f);
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
		assert_string_equal(t[i].conn, "");
		assert_string_equal(t[i].local, "192.0.2.1");
		assert_int_equal(t[i].state, TUNNEL_UP);
		assert_int_equal(t[i].n_sas, 1);
		assert_int_equal(t[i].failure.ago_s, STATUS_NEVER_S);
	}
	assert_string_equal(t[0].remote, "192.0.2.2");
	assert_string_equal(t[1].remote, "192.0.2.3");
	assert_string_equal(t[0].algs, "aes128-sha256-esn");
	assert_string_equal(t[1].algs, "aes256gcm16");
	assert_true(t[0].transport);
	assert_false(t[1].transport);
}

static void pairs_of_a_bundle_name_each_other(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(f->view->tunnels[0].carrier, "");
	assert_string_equal(f->view->tunnels[1].carried, "");
	strcpy(f->manual[1].bundle, "first");
	look_again(f);
	assert_string_equal(f->view->tunnels[1].carrier, "first");
	assert_string_equal(f->view->tunnels[1].carried, "");
	assert_string_equal(f->view->tunnels[0].carried, "second");
	assert_string_equal(f->view->tunnels[0].carrier, "");
}

static void weak_algorithms_and_another_backend_are_said(void **state)
{
	struct fixture *f = *state;

	f->dp.status.crypto = "ipsec-mb";
	f->manual[0].encr = encr_by_name("3des");
	f->manual[1].encr = encr_by_name("aes192ccm16");
	look_again(f);
	assert_string_equal(f->view->tunnels[0].algs,
			    "3des-sha256-esn weak by openssl");
	assert_string_equal(f->view->tunnels[1].algs, "aes192ccm16 by openssl");
	f->dp.status.crypto = "openssl";
	f->manual[1].encr = encr_by_name("aes256");
	look_again(f);
	assert_string_equal(f->view->tunnels[1].algs, "aes256 weak");
}

static void policies_are_those_configured_in_their_order(void **state)
{
	static const char *const tunnels[] = { "second", "first", "", "" };
	static const char *const local[] = { "10.1.0.0/16", "10.1.0.0/16",
					     "0.0.0.0/0", "0.0.0.0/0" };
	static const char *const remote[] = { "10.2.0.0/16[443]", "10.3.0.0/16",
					      "203.0.113.7/32[5-6]",
					      "0.0.0.0/0[opaque]" };
	struct fixture *f = *state;

	assert_int_equal(f->view->n_policies, 4);
	for (size_t i = 0; i < 4; i++) {
		const struct policy_status *p = &f->view->policies[i];
		const struct policy_conf *want = &f->policies[i];

		assert_string_equal(p->name, want->name);
		assert_int_equal(p->id, want->id);
		assert_string_equal(p->local_ts, local[i]);
		assert_string_equal(p->remote_ts, remote[i]);
		assert_int_equal(p->protocol, want->selector.protocol);
		assert_int_equal(p->dirs, want->dirs);
		assert_int_equal(p->action, want->action);
		assert_string_equal(p->tunnel, tunnels[i]);
	}
}

static void an_sa_that_is_not_seen_has_carried_nothing(void **state)
{
	struct fixture *f = *state;

	f->dp.sas = NULL;
	look_again(f);
	assert_int_equal(f->view->tunnels[0].in.spi, 0x101);
	assert_int_equal(f->view->tunnels[0].in.pkts, 0);
	assert_int_equal(f->view->tunnels[0].in.idle_s, STATUS_NEVER_S);
}

/* --- children of connections */

/* "site" with the children "net" and "lab", to 192.0.2.9. */
static void configure(struct fixture *f)
{
	struct conn_conf *c = &f->conns[0];

	conn_init(c);
	strcpy(c->name, "site");
	c->local_addrs[0] = (struct conn_addr){ .net = prefix("192.0.2.1") };
	c->remote_addrs[0] = (struct conn_addr){ .net = prefix("192.0.2.9") };
	for (size_t i = 0; i < 2; i++) {
		child_init(&f->children[i]);
		f->children[i].start_action = CHILD_START;
	}
	strcpy(f->children[0].name, "net");
	strcpy(f->children[1].name, "lab");
	c->children = f->children;
	c->n_children = 2;
	f->config.conns = f->conns;
	f->config.n_conns = 1;
}

static struct ike_sa_view ike_view(uint32_t id, uint8_t state,
				   const char *remote)
{
	return (struct ike_sa_view){ .id = id,
				     .state = state,
				     .conn = "site",
				     .local = addr("192.0.2.1"),
				     .remote = addr(remote) };
}

static struct child_sa_view child_view(uint32_t id, uint32_t ike_id,
				       uint8_t state)
{
	return (struct child_sa_view){ .id = id,
				       .ike_id = ike_id,
				       .state = state,
				       .name = "net",
				       .spi_in = 0x300 + id,
				       .spi_out = 0x400 + id,
				       .encr = ENCR_AES_CBC,
				       .encr_key_bits = 128,
				       .integ = INTEG_HMAC_SHA2_256_128 };
}

static void fails(struct fixture *f, const char *conn, const char *child,
		  const char *text, uint64_t ago_s)
{
	const struct ike_event e = {
		.kind = IKE_EV_FAILED,
		.conn = conn,
		.child = child,
		.path.remote = addr("198.51.100.7"),
		.text = text,
	};

	failures_event(f->failures, &e, (NOW_S - ago_s) * NS_PER_S);
}

static void child_that_is_not_up_is_a_tunnel_too(void **state)
{
	struct fixture *f = *state;
	const struct tunnel_status *t;

	configure(f);
	f->children[1].start_action = CHILD_TRAP;
	look_again(f);
	assert_int_equal(f->view->n_tunnels, 4);
	t = &f->view->tunnels[2];
	assert_string_equal(t[0].name, "site/net");
	assert_string_equal(t[0].conn, "site");
	assert_string_equal(t[0].local, "192.0.2.1");
	assert_string_equal(t[0].remote, "192.0.2.9");
	assert_string_equal(t[0].algs, "");
	assert_int_equal(t[0].state, TUNNEL_DOWN);
	assert_int_equal(t[0].start_action, CHILD_START);
	assert_int_equal(t[0].n_sas, 0);
	assert_int_equal(t[0].in.idle_s, STATUS_NEVER_S);
	assert_int_equal(t[0].failure.ago_s, STATUS_NEVER_S);
	assert_string_equal(t[1].name, "site/lab");
	assert_int_equal(t[1].state, TUNNEL_TRAP);
}

static void trap_is_seen_as_an_operator_left_it(void **state)
{
	struct fixture *f = *state;

	configure(f);
	f->children[0].trap = TRAP_INSTALLED;
	f->children[1].start_action = CHILD_TRAP;
	f->children[1].trap = TRAP_UNINSTALLED;
	look_again(f);
	assert_int_equal(f->view->tunnels[2].state, TUNNEL_TRAP);
	assert_int_equal(f->view->tunnels[3].state, TUNNEL_DOWN);
}

static void child_that_is_up_has_what_its_sas_carried(void **state)
{
	struct ike_sa_view ike[2] = { ike_view(7, SA_VIEW_UP, "192.0.2.10"),
				      ike_view(8, SA_VIEW_UP, "192.0.2.11") };
	struct child_sa_view child[4] = { child_view(1, 7, SA_VIEW_REKEYED),
					  child_view(2, 7, SA_VIEW_UP),
					  child_view(3, 8, SA_VIEW_UP),
					  child_view(4, 7, SA_VIEW_UP) };
	struct fixture *f = *state;
	const struct tunnel_status *t;

	configure(f);
	strcpy(ike[1].conn, "other");
	strcpy(child[3].name, "of another configuration");
	f->sas = (struct sas){ ike, 2, child, 4, NULL };
	fails(f, "site", "", "of another peer", 3);
	look_again(f);
	t = &f->view->tunnels[2];
	assert_int_equal(t->state, TUNNEL_UP);
	assert_int_equal(t->n_sas, 1);
	assert_string_equal(t->algs, "aes128-sha256");
	assert_false(t->tcp);
	child[1].tcp = true;
	child[1].encr = ENCR_CHACHA20_POLY1305; /* with its only length */
	child[1].encr_key_bits = 256;
	child[1].integ = INTEG_NONE;
	look_again(f);
	t = &f->view->tunnels[2];
	assert_string_equal(t->algs, "chacha20poly1305");
	assert_true(t->tcp);
	assert_string_equal(t->local, "192.0.2.1");
	assert_string_equal(t->remote, "192.0.2.10");
	assert_int_equal(t->in.spi, 0x302);
	assert_int_equal(t->in.pkts, 0x303);
	assert_int_equal(t->in.bytes, addr_v4_be(&ike[0].local));
	assert_int_equal(t->out.pkts, 0x402);
	assert_int_equal(t->out.bytes, addr_v4_be(&ike[0].remote));
	assert_int_equal(t->out.idle_s, 4);
	assert_int_equal(t->out.path_mtu, 0x402);
	assert_int_equal(t->failure.ago_s, STATUS_NEVER_S);
	assert_int_equal(t[1].state, TUNNEL_DOWN);
	assert_int_equal(t[1].failure.ago_s, 3);
	assert_int_equal(f->view->n_ike, 2);
	assert_int_equal(f->view->n_child, 3);
}

static void child_has_its_sas_drops_by_reason(void **state)
{
	struct ike_sa_view ike = ike_view(7, SA_VIEW_UP, "192.0.2.10");
	struct child_sa_view child[2] = { child_view(1, 7, SA_VIEW_UP),
					  child_view(2, 7, SA_VIEW_UP) };
	struct sas sas = { &ike, 1, child, 2, NULL };
	struct fixture *f = *state;

	view_count(&sas, &f->dp);
	assert_int_equal(sas.child[1].in.pkts, 0x303);
	assert_non_null(sas.drops);
	assert_int_equal(sas.drops[0].in[DROP_REPLAY], 0x301);
	assert_int_equal(sas.drops[1].in[DROP_REPLAY], 0x302);
	assert_int_equal(sas.drops[1].out[DROP_REPLAY], 0x402);
	assert_int_equal(sas.drops[1].out[DROP_ICV], 0);
	assert_int_equal(sas.drops[1].lost_in, 0x302);
	free(sas.drops);
}

static void sas_of_several_peers_are_summed_up(void **state)
{
	struct ike_sa_view ike[2] = { ike_view(7, SA_VIEW_UP, "192.0.2.10"),
				      ike_view(8, SA_VIEW_UP, "192.0.2.11") };
	struct child_sa_view child[2] = { child_view(1, 7, SA_VIEW_UP),
					  child_view(2, 8, SA_VIEW_REKEYING) };
	struct fixture *f = *state;
	const struct tunnel_status *t;

	configure(f);
	f->sas = (struct sas){ ike, 2, child, 2, NULL };
	look_again(f);
	t = &f->view->tunnels[2];
	assert_int_equal(t->n_sas, 2);
	assert_string_equal(t->remote, "192.0.2.11");
	assert_int_equal(t->out.spi, 0x402);
	assert_int_equal(t->out.pkts, 0x401 + 0x402);
	assert_int_equal(t->in.pkts, 0x302 + 0x303);
	assert_int_equal(t->in.lost, 0x301 + 0x302);
}

static void rate_that_is_known_is_that_of_the_tunnel(void **state)
{
	struct ike_sa_view ike = ike_view(7, SA_VIEW_UP, "192.0.2.10");
	struct child_sa_view child[3] = { child_view(2, 7, SA_VIEW_UP),
					  child_view(3, 7, SA_VIEW_UP),
					  child_view(5, 7, SA_VIEW_UP) };
	struct fixture *f = *state;
	const struct tunnel_status *t;

	configure(f);
	f->sas = (struct sas){ &ike, 1, child, 1, NULL };
	look_again(f);
	t = &f->view->tunnels[2];
	assert_int_equal(t->in.bits_s, STATUS_NO_RATE);
	f->sas.n_child = 3;
	look_again(f);
	t = &f->view->tunnels[2];
	assert_int_equal(t->in.pkts_s, 0x303 + 0x305);
	assert_int_equal(t->out.bits_s, 8 * (0x403 + 0x405));
	assert_int_equal(t[1].in.bits_s, STATUS_NO_RATE);
}

static void tunnel_is_up_since_its_first_sa_and_until_a_rekeying(void **state)
{
	const struct ike_event up = { .kind = IKE_EV_CHILD_UP,
				      .conn = "site",
				      .child = "net" };
	struct ike_sa_view ike = ike_view(7, SA_VIEW_UP, "192.0.2.10");
	struct child_sa_view child[2] = { child_view(1, 7, SA_VIEW_UP),
					  child_view(2, 7, SA_VIEW_UP) };
	struct fixture *f = *state;
	const struct tunnel_status *t;

	configure(f);
	for (size_t i = 0; i < 2; i++)
		child[i].installed_ns = (NOW_S - 60 * (i + 1)) * NS_PER_S;
	f->sas = (struct sas){ &ike, 1, child, 2, NULL };
	look_again(f);
	t = &f->view->tunnels[2];
	assert_int_equal(t->up_s, 120);
	assert_int_equal(t->rekey_s, STATUS_NEVER_S);
	assert_int_equal(t[1].up_s, STATUS_NEVER_S);
	child[0].rekey_ns = (NOW_S + 30) * NS_PER_S;
	child[1].rekey_ns = (NOW_S + 20) * NS_PER_S;
	up_since_event(f->since, &up, (NOW_S - 4000) * NS_PER_S);
	look_again(f);
	t = &f->view->tunnels[2];
	assert_int_equal(t->up_s, 4000);
	assert_int_equal(t->rekey_s, 20);
	child[1].rekey_ns = (NOW_S - 1) * NS_PER_S; /* it is about to be */
	look_again(f);
	assert_int_equal(f->view->tunnels[2].rekey_s, 0);
}

static void ike_sa_that_is_made_is_connecting(void **state)
{
	struct ike_sa_view ike = ike_view(7, SA_VIEW_CONNECTING, "192.0.2.9");
	struct fixture *f = *state;

	configure(f);
	f->children[1].start_action = CHILD_TRAP;
	f->sas = (struct sas){ &ike, 1, NULL, 0, NULL };
	look_again(f);
	assert_int_equal(f->view->tunnels[2].state, TUNNEL_CONNECTING);
	assert_int_equal(f->view->tunnels[3].state, TUNNEL_CONNECTING);
	assert_int_equal(f->view->n_connecting, 1);
	assert_int_equal(f->view->n_ike, 0);
	strcpy(ike.conn, "other");
	look_again(f);
	assert_int_equal(f->view->tunnels[2].state, TUNNEL_DOWN);
	assert_int_equal(f->view->tunnels[3].state, TUNNEL_TRAP);
}

static void tunnel_that_is_down_says_why_and_since_when(void **state)
{
	struct fixture *f = *state;
	const struct tunnel_status *t;

	configure(f);
	fails(f, "site", "lab", "selector mismatch", 61);
	fails(f, "", "", "no connection for these addresses", 4);
	look_again(f);
	t = &f->view->tunnels[2];
	assert_int_equal(t[0].failure.ago_s, STATUS_NEVER_S);
	assert_int_equal(t[1].failure.ago_s, 61);
	assert_false(t[1].failure.ended);
	assert_string_equal(t[1].failure.text, "selector mismatch");
	assert_string_equal(t[1].failure.peer, "198.51.100.7");
	assert_int_equal(f->view->stranger.ago_s, 4);
	assert_string_equal(f->view->stranger.text,
			    "no connection for these addresses");
}

static void peer_is_shown_as_it_is_configured(void **state)
{
	struct fixture *f = *state;
	struct conn_conf *c = &f->conns[0];

	configure(f);
	c->local_addrs[0].any = true;
	c->remote_addrs[0].net = prefix("198.51.100.0/24");
	look_again(f);
	assert_string_equal(f->view->tunnels[2].local, "%any");
	assert_string_equal(f->view->tunnels[2].remote, "198.51.100.0/24");
	c->n_remote_addrs = 3;
	c->remote_addrs[1].any = true;
	c->remote_addrs[2].net = prefix("2001:db8::/32");
	c->n_local_addrs = 0;
	look_again(f);
	assert_string_equal(f->view->tunnels[2].local, "%any");
	assert_string_equal(f->view->tunnels[2].remote,
			    "198.51.100.0/24, %any, 2001:db8::/32");
	c->n_remote_addrs = 1;
	c->remote_addrs[0] =
		(struct conn_addr){ .net = prefix("192.0.2.9"),
				    .last = prefix("192.0.2.12").net };
	look_again(f);
	assert_string_equal(f->view->tunnels[2].remote, "192.0.2.9-192.0.2.12");
	strcpy(c->remote_host, "gw.example.net");
	look_again(f);
	assert_string_equal(f->view->tunnels[2].remote, "gw.example.net");
}

static void policies_of_children_come_behind_the_others(void **state)
{
	struct fixture *f = *state;
	const struct policy_status *p;

	configure(f);
	f->children[1].policy = 21;
	f->children[1].local_ts[0].dynamic = false;
	f->children[1].local_ts[0].net = prefix("10.8.0.0/16");
	look_again(f);
	assert_int_equal(f->view->n_policies, 6);
	p = &f->view->policies[5];
	assert_string_equal(p->name, "site/lab");
	assert_string_equal(p->tunnel, "site/lab");
	assert_int_equal(p->id, 21);
	assert_int_equal(p->action, SPD_PROTECT);
	assert_string_equal(p->local_ts, "10.8.0.0/16");
	assert_int_equal(p->pfp, 0);
	f->children[1].pfp = PFP_REMOTE;
	look_again(f);
	assert_int_equal(f->view->policies[5].pfp, PFP_REMOTE);
}

static void dynamic_selector_is_the_address_of_its_side(void **state)
{
	struct fixture *f = *state;
	const struct policy_status *p;

	configure(f);
	look_again(f);
	p = &f->view->policies[4];
	assert_string_equal(p->local_ts, "192.0.2.1/32");
	assert_string_equal(p->remote_ts, "192.0.2.9/32");
	f->conns[0].remote_addrs[0].any = true;
	look_again(f);
	p = &f->view->policies[4];
	assert_string_equal(p->remote_ts, "dynamic");
	f->conns[0].n_vips = 1;
	look_again(f);
	p = &f->view->policies[4];
	assert_string_equal(p->local_ts, "dynamic");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(gateway_is_this_process_and_its_default),
		CASE(what_the_data_path_knows_is_kept),
		CASE(tunnels_are_those_configured),
		CASE(pairs_of_a_bundle_name_each_other),
		CASE(weak_algorithms_and_another_backend_are_said),
		CASE(policies_are_those_configured_in_their_order),
		CASE(child_that_is_not_up_is_a_tunnel_too),
		CASE(trap_is_seen_as_an_operator_left_it),
		CASE(child_that_is_up_has_what_its_sas_carried),
		CASE(child_has_its_sas_drops_by_reason),
		CASE(sas_of_several_peers_are_summed_up),
		CASE(rate_that_is_known_is_that_of_the_tunnel),
		CASE(tunnel_is_up_since_its_first_sa_and_until_a_rekeying),
		CASE(ike_sa_that_is_made_is_connecting),
		CASE(tunnel_that_is_down_says_why_and_since_when),
		CASE(peer_is_shown_as_it_is_configured),
		CASE(dynamic_selector_is_the_address_of_its_side),
		CASE(policies_of_children_come_behind_the_others),
		CASE(an_sa_that_is_not_seen_has_carried_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
