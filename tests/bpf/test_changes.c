// SPDX-License-Identifier: BSD-2-Clause
/*
 * The seam over the kernel's own maps: what ADD and DELETE change is what the
 * programs then do; and rekeying without a pause while live frames run through
 * `protected`, an AF_XDP socket and the worker loses none of them to an SA that
 * is gone. The worker and the control thread are the daemon's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "ctrl/base/clock.h"
#include "ctrl/dp/dp.h"
#include "ctrl/dp/changes.h"
#include "ctrl/dp/plug.h"
#include "ctrl/dp/state.h"
#include "ctrl/wire/ipv4.h"
#include "include/ike.h"
#include "tests/bpf/fixture.h"

#define REKEYS 100U
#define BURST  4096U /* frames of one test run, as fast as they go */
#define STEP   100U  /* so many end between two rekeys, at least */
#define PEER   "192.0.2.254"
#define LIVE   (1U << 1) /* BPF_F_TEST_XDP_LIVE_FRAMES */

struct seam_case {
	struct fixture fx;
	struct dp dp;
	struct worker worker;
	struct nexthop_link link;
	pthread_t thread;
	struct config config; /* without tunnels: no routes */
	struct event_base *base;
	struct sadb_answer answer;
	uint64_t token;
	struct policy policy;
	_Atomic uint64_t given;
	_Atomic bool stop;
};

static void on_answer(void *ctx, const struct sadb_answer *a)
{
	struct seam_case *c = ctx;

	c->answer = *a;
	event_base_loopbreak(c->base);
}

/* The data path's memory is the fixture's, so that its ports fit. */
static int make_worker(struct seam_case *c)
{
	struct worker *w = &c->worker;

	if (nexthop_link_init(&c->link) ||
	    worker_init(w, 2 * XSK_PORT_FRAMES, &c->link))
		return -1;
	umem_fini(&w->umem);
	w->umem = c->fx.umem;
	c->fx.prot->umem = c->fx.unprot->umem = &w->umem;
	plug_first(w, c->fx.prot);
	plug_first(w, c->fx.unprot);
	w->magic = FIXTURE_MAGIC + GW_BYPASS;
	worker_serve(w, c->dp.sad, 0);
	w->policies = &c->dp.policies;
	w->drops = programs_worker_drops(c->dp.programs, 0);
	w->passes = programs_worker_passes(c->dp.programs, 0);
	return sadb_add_worker(c->dp.sadb, w);
}

/* The peer is behind the unprotected interface. */
static void know_peer(struct seam_case *c)
{
	const struct nexthop nh = {
		.dst = addr_from_v4(frame_addr_be(PEER)),
		.gen = atomic_load(&c->link.fib.gen),
		.kind = NH_PORT,
		.ifindex = c->fx.unprot->ifindex,
		.role = IFACE_UNPROTECTED,
		.mtu = 1500,
		.expires_ns = UINT64_MAX,
	};
	struct nexthop_query query;

	nexthop_lookup(&c->worker.nexthops, &nh.dst, 0);
	while (spsc_pop(&c->link.queries, &query))
		;
	spsc_push(&c->link.answers, &nh);
	nexthop_learn(&c->worker.nexthops);
}

static void *work(void *ctx)
{
	worker_run(ctx);
	return NULL;
}

static int setup(void **state)
{
	const struct sadb_calls calls = { on_answer, NULL, *state };
	struct seam_case *c = *state;
	struct error e;

	if (!fixture_start(&c->fx))
		return -1;
	c->dp.config = &c->config;
	c->dp.programs = c->fx.programs[GW_BYPASS];
	c->dp.sad = sad_new(&crypto_openssl, 1);
	c->base = event_base_new();
	if (!c->dp.sad || !c->base || changes_open(&c->dp, c->base, &e) ||
	    make_worker(c))
		return -1;
	know_peer(c);
	dp_serve_sadb(&c->dp, &calls);
	if (!fixture_policy("10.1.0.0/24", "10.2.0.0/16", PROTO_ANY, &c->policy) ||
	    sadb_set_policies(c->dp.sadb, &c->policy, 1))
		return -1;
	return -pthread_create(&c->thread, NULL, work, &c->worker);
}

static int teardown(void **state)
{
	struct seam_case *c = *state;

	worker_stop(&c->worker);
	pthread_join(c->thread, NULL);
	sadb_remove_worker(c->dp.sadb, &c->worker);
	changes_close(&c->dp);
	sad_free(c->dp.sad);
	c->fx.umem = c->worker.umem;
	memset(&c->worker.umem, 0, sizeof(c->worker.umem));
	worker_fini(&c->worker);
	nexthop_link_fini(&c->link);
	event_base_free(c->base);
	fixture_stop(&c->fx);
	return 0;
}

/* Asks and runs the event loop until the answer is there. */
static int call(struct seam_case *c, struct sadb_request q, enum sadb_verb verb)
{
	q.verb = (uint8_t)verb;
	q.token = ++c->token;
	c->answer.token = 0;
	dp_sadb(&c->dp, &q);
	while (c->answer.token != q.token)
		event_base_loop(c->base, EVLOOP_ONCE);
	return c->answer.err;
}

static struct sadb_request sa_of(const struct seam_case *c, enum sadb_dir dir,
				 uint32_t spi)
{
	const struct addr us = addr_from_v4(frame_addr_be(GATEWAY_OUT));
	const struct addr peer = addr_from_v4(frame_addr_be(PEER));

	return (struct sadb_request){
		.id = {
			.daddr = dir == SADB_IN ? us : peer,
			.spi = spi,
			.dir = (uint8_t)dir,
		},
		.sa = {
			.saddr = dir == SADB_IN ? peer : us,
			.policy = c->policy.id,
			.encr = ENCR_AES_GCM_16,
			.encr_key_bits = 128,
			.encr_key_len = 20,
			.encr_key = { (uint8_t)spi, (uint8_t)(spi >> 8) },
			.n_selectors = 1,
			.selectors = { c->policy.selector },
		},
	};
}

/* --- one packet --- */

static int run_once(const struct seam_case *c, enum iface_role role,
		    const struct frame_spec *spec)
{
	const struct port *port =
		role == IFACE_PROTECTED ? c->fx.prot : c->fx.unprot;
	struct xdp_md in = { .ingress_ifindex = port->ifindex };
	uint8_t out[FRAME_ROOM + sizeof(struct dp_meta)];
	struct frame f;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f.octets,
		    .data_out = out, .data_size_out = sizeof(out),
		    .ctx_in = &in, .ctx_size_in = sizeof(in), .repeat = 1);

	frame_build(spec, &f);
	opts.data_size_in = in.data_end = f.bytes;
	assert_int_equal(bpf_prog_test_run_opts(programs_xdp_fd(c->dp.programs),
						&opts),
			 0);
	return (int)opts.retval;
}

static int run_out(const struct seam_case *c)
{
	const struct frame_spec out = { .saddr = LAN_HOST, .daddr = FAR_HOST };

	return run_once(c, IFACE_PROTECTED, &out);
}

static int run_in(const struct seam_case *c, uint32_t spi)
{
	const struct frame_spec in = { .saddr = PEER,
				       .daddr = GATEWAY_OUT,
				       .protocol = PROTO_ESP,
				       .spi = spi };

	return run_once(c, IFACE_UNPROTECTED, &in);
}

static void programs_see_what_the_seam_does(void **state)
{
	struct seam_case *c = *state;
	struct sadb_request in = sa_of(c, SADB_IN, 0x3001);
	struct sadb_request out = sa_of(c, SADB_OUT, 0x3001);

	assert_int_equal(run_in(c, 0x3001), XDP_DROP);
	assert_int_equal(call(c, in, SADB_ADD), 0);
	assert_int_equal(run_in(c, 0x3001), XDP_REDIRECT);
	assert_int_equal(call(c, out, SADB_ADD), 0);
	assert_int_equal(run_out(c), XDP_DROP);
	assert_int_equal(call(c, out, SADB_UPDATE), 0);
	assert_int_equal(run_out(c), XDP_REDIRECT);
	assert_int_equal(call(c, out, SADB_DELETE), 0);
	assert_int_equal(run_out(c), XDP_DROP);
	assert_int_equal(call(c, in, SADB_DELETE), 0);
	assert_int_equal(run_in(c, 0x3001), XDP_DROP);
}

static void policy_on_demand_steers_without_an_sa(void **state)
{
	struct seam_case *c = *state;

	c->policy.on_demand = true;
	assert_int_equal(sadb_set_policies(c->dp.sadb, &c->policy, 1), 0);
	assert_int_equal(run_out(c), XDP_REDIRECT);
	c->policy.on_demand = false;
	assert_int_equal(sadb_set_policies(c->dp.sadb, &c->policy, 1), 0);
	assert_int_equal(run_out(c), XDP_DROP);
}

/* --- live frames --- */

/* So many packets were given to the socket and came to an end: sent, dropped by
 * the worker, or by the kernel where the worker was too slow. */
static uint64_t ended(const struct seam_case *c)
{
	const volatile struct counter *drops = c->worker.drops;
	const volatile struct counter *passes = c->worker.passes;
	uint64_t kernel[DROP_MAX] = { 0 };
	uint64_t n = passes[PASS_WORKER_TX].pkts;

	c->fx.prot->ops->kernel_drops(c->fx.prot, kernel);
	for (uint32_t i = 0; i < DROP_MAX; i++)
		n += drops[i].pkts + kernel[i];
	return n;
}

static void *generate(void *ctx)
{
	const struct frame_spec spec = { .saddr = LAN_HOST, .daddr = FAR_HOST };
	struct seam_case *c = ctx;
	struct xdp_md in = { .ingress_ifindex = c->fx.prot->ifindex };
	struct frame f;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f.octets, .ctx_in = &in,
		    .ctx_size_in = sizeof(in), .repeat = BURST, .flags = LIVE);
	int fd = programs_xdp_fd(c->dp.programs);
	uint16_t sum;

	frame_build(&spec, &f);
	sum = htons(
		ipv4_checksum(f.octets + ETH_HEADER_BYTES, IPV4_HEADER_BYTES));
	memcpy(f.octets + ETH_HEADER_BYTES + 10, &sum, sizeof(sum));
	opts.data_size_in = in.data_end = f.bytes;
	while (!atomic_load(&c->stop)) {
		atomic_fetch_add(&c->given, BURST);
		if (bpf_prog_test_run_opts(fd, &opts)) {
			printf("# live frames: %s\n", strerror(errno));
			return ctx;
		}
	}
	return NULL;
}

static void rekey(struct seam_case *c, uint32_t n)
{
	uint64_t before = ended(c);

	while (ended(c) < before + STEP)
		sched_yield();
	assert_int_equal(call(c, sa_of(c, SADB_OUT, 0x4000 + n), SADB_ADD), 0);
	assert_int_equal(call(c, sa_of(c, SADB_OUT, 0x4000 + n), SADB_UPDATE),
			 0);
	assert_int_equal(
		call(c, sa_of(c, SADB_OUT, 0x4000 + n - 1), SADB_DELETE), 0);
}

static void rekeying_under_live_frames_loses_none_to_an_sa_that_is_gone(
	void **state)
{
	struct seam_case *c = *state;
	uint64_t before = ended(c), from_ns;
	pthread_t generator;
	void *failed;

	atomic_store(&c->given, before);
	assert_int_equal(call(c, sa_of(c, SADB_OUT, 0x4000), SADB_ADD), 0);
	assert_int_equal(call(c, sa_of(c, SADB_OUT, 0x4000), SADB_UPDATE), 0);
	assert_int_equal(pthread_create(&generator, NULL, generate, c), 0);
	from_ns = clock_ns();
	for (uint32_t n = 1; n <= REKEYS; n++)
		rekey(c, n);
	printf("# %.1f ms a rekey (two barriers), %llu packets meanwhile\n",
	       (double)(clock_ns() - from_ns) / 1e6 / REKEYS,
	       (unsigned long long)(atomic_load(&c->given) - before));
	atomic_store(&c->stop, true);
	pthread_join(generator, &failed);
	assert_null(failed);
	while (ended(c) < atomic_load(&c->given))
		sched_yield();
	assert_true(ended(c) > before);
	assert_int_equal(c->worker.drops[DROP_SA_GONE].pkts, 0);
	assert_int_equal(ended(c), atomic_load(&c->given));
	assert_true(c->worker.passes[PASS_WORKER_TX].pkts > REKEYS);
	assert_int_equal(sad_count(c->dp.sad), 1);
}

int main(void)
{
	static struct seam_case c;
	struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_see_what_the_seam_does),
		cmocka_unit_test(policy_on_demand_steers_without_an_sa),
		cmocka_unit_test(
			rekeying_under_live_frames_loses_none_to_an_sa_that_is_gone),
	};
	void *state = &c;
	int failed;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tests[i].initial_state = &c;
	if (setup(&state)) {
		printf("# the gateway could not be set up\n");
		return 1;
	}
	failed = cmocka_run_group_tests_name("seam", tests, NULL, NULL);
	teardown(&state);
	return failed;
}
