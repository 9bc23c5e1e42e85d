// SPDX-License-Identifier: BSD-2-Clause
/*
 * The programs say of every packet what policy_lookup() says: on lists and
 * flows by chance, and while lists change. Then the verdict is that of the list
 * before or of the one after, and of the latter once the change is acknowledged.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "include/flow_cache.h"
#include "tests/bpf/fixture.h"
#include "tests/bpf/flow_frame.h"
#include "tests/support/policies.h"

#define LISTS	 40U
#define LIST_MAX 200U
#define FLOWS	 300U
#define SCAN	 20000U
#define CHANGES	 12U
#define FIRST	 6001U /* no list before had its number: the cache goes by it */
#define KNOWN	 64U   /* flows that come again and again */

static struct fixture fx;

/* What became of a packet. */
struct outcome {
	int verdict;
	struct dp_meta meta; /* XDP_REDIRECT */
};

static struct outcome run(enum dp_dir dir, const struct flow *flow)
{
	const struct port *port = dir == DIR_OUT ? fx.prot : fx.unprot;
	struct programs *p = fx.programs[GW_BYPASS];
	struct xdp_md in = { .ingress_ifindex = port->ifindex };
	uint8_t out[FRAME_ROOM + sizeof(struct dp_meta)];
	struct outcome got = { 0 };
	struct frame f;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f.octets,
		    .data_out = out, .data_size_out = sizeof(out),
		    .ctx_in = &in, .ctx_size_in = sizeof(in), .repeat = 1);

	flow_frame(flow, dir, &f);
	opts.data_size_in = in.data_end = f.bytes;
	if (bpf_prog_test_run_opts(programs_xdp_fd(p), &opts))
		abort();
	got.verdict = (int)opts.retval;
	if (got.verdict == XDP_REDIRECT)
		memcpy(&got.meta, out, sizeof(got.meta));
	return got;
}

/* Neither the link's nor this host's nor of a network that it is in: the SPD has
 * a say in it. */
static bool is_far(const struct addr *a)
{
	uint32_t v4 = ntohl(addr_v4_be(a));

	return v4 >> 24 && v4 >> 24 < 224 && v4 >> 24 != 127 &&
	       v4 >> 8 != 0x0a0100 && v4 >> 8 != 0x0a0900 && v4 >> 8 != 0xc00002;
}

/* Every policy that protects is on demand: what goes out by it is steered. */
static bool is_right(const struct outcome *got, const struct policy_verdict *is,
		     enum dp_dir dir)
{
	if (is->hidden)
		return got->verdict == XDP_DROP;
	if (!is->policy || is->policy->action == SPD_BYPASS)
		return got->verdict == XDP_PASS;
	if (is->policy->action == SPD_DISCARD || dir == DIR_IN)
		return got->verdict == XDP_DROP;
	return got->verdict == XDP_REDIRECT &&
	       got->meta.policy_id == is->policy->id;
}

/* The first one is of IPv4, which flows of that family are near to. */
static void make_list(struct chance *c, struct policy *list, size_t n)
{
	struct sadb_selector *s = &list[0].selector;

	policies_any(c, list, n);
	for (size_t i = 0; i < n; i++)
		list[i].on_demand = true;
	s->local_min = s->local_max = addr_from_v4(0);
	s->remote_min = s->remote_max = addr_from_v4(0);
}

static void put(const struct policy *list, size_t n, uint32_t gen)
{
	struct spd_image image;

	if (classify_compile(list, n, gen, &image) ||
	    programs_set_policies(fx.programs[GW_BYPASS], &image))
		abort();
	image_free(&image);
}

/* IPv4, as it can stand in a frame. */
static struct flow far_flow(struct chance *c, const struct policy *list,
			    size_t n)
{
	struct flow f;

	do {
		f = policies_flow(c, list, n);
	} while (!is_far(&f.local) || !is_far(&f.remote));
	f.tunnel = 0; /* not by a tunnel interface */
	if (f.protocol == PROTO_ICMP)
		f.remote_port = f.local_port;
	if (f.protocol == PROTO_ESP)
		f.has_ports = 0;
	if (!f.has_ports)
		f.local_port = f.remote_port = 0;
	return f;
}

static void programs_say_what_the_reference_says(void **state)
{
	struct chance c = { 0x5851f42d4c957f2dU };
	struct policy list[LIST_MAX];

	(void)state;
	for (uint32_t i = 0; i < LISTS; i++) {
		size_t n = 1 + chance_number(&c, LIST_MAX);

		make_list(&c, list, n);
		put(list, n, i + 1);
		for (uint32_t k = 0; k < FLOWS; k++) {
			const struct flow f = far_flow(&c, list, n);
			const enum dp_dir dir = k % 2 ? DIR_IN : DIR_OUT;
			const struct policy_verdict is =
				policy_lookup(list, n, &f, dir);

			/* Unknown, seen, and known to the flow cache. */
			for (int again = 0; again < 3; again++) {
				const struct outcome got = run(dir, &f);

				assert_true(is_right(&got, &is, dir));
			}
		}
	}
}

/* --- the flow cache --- */

static int cache_fd(void)
{
	struct map_status maps[32];
	size_t n = programs_maps(fx.programs[GW_BYPASS], maps, 32);

	for (size_t i = 0; i < n; i++)
		if (strcmp(maps[i].name, "flow_cache") == 0)
			return bpf_map_get_fd_by_id(maps[i].id);
	return -1;
}

static bool is_way_of(const struct flow_way *w, const struct flow *f,
		      uint32_t gen)
{
	struct flow key;

	memcpy(&key, w->key, sizeof(key));
	key.dir = f->dir;
	return w->verdict.gen == gen && memcmp(&key, f, sizeof(key)) == 0;
}

/* How many flows of a list are known, on all CPUs, and is this one among them? */
static uint32_t count_known(uint32_t gen, const struct flow *f, bool *among)
{
	const int cpus = libbpf_num_possible_cpus(), fd = cache_fd();
	struct flow_set *sets = calloc((size_t)cpus, sizeof(*sets));
	uint32_t n = 0;

	assert_non_null(sets);
	assert_true(fd >= 0);
	*among = false;
	for (uint32_t at = 0; at < FLOW_SETS; at++) {
		assert_int_equal(bpf_map_lookup_elem(fd, &at, sets), 0);
		for (int i = 0; i < cpus * (int)FLOW_WAYS; i++) {
			const struct flow_way *w = &sets[i / 2].way[i % 2];

			n += w->verdict.gen == gen;
			*among = *among || is_way_of(w, f, gen);
		}
	}
	close(fd);
	free(sets);
	return n;
}

/* They differ in their addresses. */
static struct flow scanned(uint32_t i)
{
	struct flow f = policies_hub_flow(100, i);

	f.local_port = f.remote_port = 0;
	f.has_ports = 0;
	return f;
}

/* Each CPU has a cache of its own. */
static void stay_on(const cpu_set_t *cpus, int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), cpus ? cpus : &one),
			 0);
}

static void a_scan_puts_no_flow_out_of_the_cache(void **state)
{
	const struct flow known = scanned(0);
	struct policy list[100];
	cpu_set_t cpus;
	bool among;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	stay_on(NULL, sched_getcpu());
	policies_hub(list, 100);
	put(list, 100, 5000);
	run(DIR_OUT, &known);
	assert_int_equal(count_known(5000, &known, &among), 0);
	run(DIR_OUT, &known);
	assert_int_equal(count_known(5000, &known, &among), 1);
	assert_true(among);
	for (uint32_t i = 1; i < SCAN; i++) {
		const struct flow f = scanned(i);

		run(DIR_OUT, &f);
	}
	assert_true(count_known(5000, &known, &among) < SCAN / 100);
	assert_true(among);
	stay_on(&cpus, 0);
}

static void make_hub(struct policy *list, size_t n)
{
	policies_hub(list, n);
	for (size_t i = 0; i < n; i++)
		list[i].on_demand = true;
}

/* As often as it takes to be known, and once more. */
static void assert_all_right(const struct policy *list, size_t n,
			     const struct flow *f, enum dp_dir dir)
{
	const struct policy_verdict is = policy_lookup(list, n, f, dir);

	for (uint32_t i = 0; i < 4; i++) {
		const struct outcome got = run(dir, f);

		assert_true(is_right(&got, &is, dir));
	}
}

/* A list of two policies at most, which flows of both meet. */
struct step {
	const char *name;
	size_t n;
	enum spd_action of[2];
};

static const struct step steps[] = {
	{ "one is added", 1, { SPD_PROTECT } },
	{ "another one is added", 2, { SPD_PROTECT, SPD_BYPASS } },
	{ "that is removed", 1, { SPD_PROTECT } },
	{ "all are removed", 0, { 0 } },
	{ "both are added again", 2, { SPD_PROTECT, SPD_BYPASS } },
	{ "each is another's", 2, { SPD_BYPASS, SPD_DISCARD } },
	{ "both discard", 2, { SPD_DISCARD, SPD_DISCARD } },
	{ "both protect", 2, { SPD_PROTECT, SPD_PROTECT } },
};

/* A flow that the list before knew is as one that nobody has seen. */
static void known_flow_follows_what_comes_goes_and_comes_again(void **state)
{
	const struct flow flows[2] = { scanned(0), scanned(1) };
	struct policy hub[100], list[2];
	cpu_set_t cpus;
	bool among;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	stay_on(NULL, sched_getcpu());
	make_hub(hub, 100);
	for (uint32_t i = 0; i < 2; i++)
		list[i] = *policy_lookup(hub, 100, &flows[i], DIR_OUT).policy;
	assert_int_not_equal(list[0].id, list[1].id);
	for (uint32_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const uint32_t gen = 5100 + i;

		for (size_t k = 0; k < steps[i].n; k++)
			list[k].action = steps[i].of[k];
		put(list, steps[i].n, gen);
		for (uint32_t k = 0; k < 4; k++)
			assert_all_right(list, steps[i].n, &flows[k / 2],
					 k % 2 ? DIR_IN : DIR_OUT);
		assert_true(count_known(gen, &flows[0], &among) && among);
		/* A set has two ways: they take turns. */
		assert_int_equal(count_known(gen - 2, &flows[0], &among), 0);
	}
	stay_on(&cpus, 0);
}

/* More of them than there is room for. */
static void flows_in_one_place_have_each_its_own_verdict(void **state)
{
	struct policy list[100];
	cpu_set_t cpus;
	uint32_t known;
	bool among;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	stay_on(NULL, sched_getcpu());
	make_hub(list, 100);
	put(list, 100, 5200);
	for (uint32_t round = 0; round < 2; round++)
		for (uint32_t i = 0; i < SCAN; i++) {
			const struct flow f = scanned(i);

			assert_all_right(list, 100, &f, DIR_OUT);
		}
	known = count_known(5200, &(struct flow){ 0 }, &among);
	assert_in_range(known, FLOW_SETS, FLOW_SETS * FLOW_WAYS);
	stay_on(&cpus, 0);
}

/* --- under change --- */

struct changing {
	struct policy list[2][LIST_MAX];
	_Atomic uint32_t begun; /* the number of the list that is put */
	_Atomic uint32_t ended; /* and of the one that is acknowledged */
};

static struct changing ch;

static void *change(void *ctx)
{
	(void)ctx;
	for (uint32_t i = FIRST + 1; i <= FIRST + CHANGES; i++) {
		atomic_store(&ch.begun, i);
		put(ch.list[i % 2], LIST_MAX, i);
		atomic_store(&ch.ended, i);
	}
	return NULL;
}

static bool is_of_list(const struct outcome *got, uint32_t i,
		       const struct flow *f)
{
	const struct policy_verdict is =
		policy_lookup(ch.list[i % 2], LIST_MAX, f, DIR_OUT);

	return is_right(got, &is, DIR_OUT) &&
	       (got->verdict != XDP_REDIRECT || got->meta.policy_gen == i);
}

static void verdict_is_that_of_the_list_before_or_after(void **state)
{
	struct chance c = { 0x2545f4914f6cdd1dU };
	uint64_t runs = 0, between = 0;
	struct flow flows[KNOWN];
	pthread_t changer;

	(void)state;
	make_list(&c, ch.list[0], LIST_MAX);
	make_list(&c, ch.list[1], LIST_MAX);
	for (uint32_t i = 0; i < KNOWN; i++)
		flows[i] = far_flow(&c, ch.list[i % 2], LIST_MAX);
	put(ch.list[FIRST % 2], LIST_MAX, FIRST);
	atomic_store(&ch.begun, FIRST);
	atomic_store(&ch.ended, FIRST);
	assert_int_equal(pthread_create(&changer, NULL, change, NULL), 0);
	while (atomic_load(&ch.ended) < FIRST + CHANGES) {
		const struct flow f = flows[runs % KNOWN];
		uint32_t first = atomic_load(&ch.ended), last, i;
		const struct outcome got = run(DIR_OUT, &f);

		last = atomic_load(&ch.begun);
		for (i = first; i <= last && !is_of_list(&got, i, &f); i++)
			;
		assert_true(i <= last);
		between += first != last;
		runs++;
	}
	pthread_join(changer, NULL);
	printf("# %llu packets, %llu of them while a list changed\n",
	       (unsigned long long)runs, (unsigned long long)between);
	assert_true(between > CHANGES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_say_what_the_reference_says),
		cmocka_unit_test(a_scan_puts_no_flow_out_of_the_cache),
		cmocka_unit_test(
			known_flow_follows_what_comes_goes_and_comes_again),
		cmocka_unit_test(flows_in_one_place_have_each_its_own_verdict),
		cmocka_unit_test(verdict_is_that_of_the_list_before_or_after),
	};
	int failed = 1;

	if (fixture_start(&fx))
		failed = cmocka_run_group_tests_name("classify", tests, NULL,
						     NULL);
	fixture_stop(&fx);
	return failed;
}
