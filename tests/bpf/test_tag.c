// SPDX-License-Identifier: BSD-2-Clause
/*
 * The program `tag`: the marks that it gives to packets, one at a time by
 * BPF_PROG_TEST_RUN. It counts nothing and lets every packet go on.
 */
#include "tests/bpf/run.h"

struct tag_case {
	const char *name;
	struct frame_spec frame;
	const char *ingress; /* NULL: prot */
	bool tagged;
};

static struct fixture fx;

static const struct tag_case cases[] = {
	{ .name = "what PROTECT covers is tagged", .tagged = true },
	{ .name = "what has no SA yet is tagged",
	  .frame = { .daddr = NO_SA_HOST },
	  .tagged = true },
	{ .name = "what came out of another tunnel is tagged",
	  .ingress = "host",
	  .tagged = true },
	{ .name = "what BYPASS covers is not",
	  .frame = { .daddr = BYPASSED_HOST } },
	{ .name = "what DISCARD covers is not",
	  .frame = { .daddr = FAR_DISCARDED } },
	{ .name = "what nothing covers is not", .frame = { .daddr = STRANGER } },
	{ .name = "what is for the gateway is not",
	  .frame = { .daddr = GATEWAY_IN } },
	{ .name = "what goes to another LAN is not",
	  .frame = { .daddr = OTHER_HOST } },
	{ .name = "multicast is not", .frame = { .daddr = MULTICAST } },
	{ .name = "what is no IP packet is not",
	  .frame = { .ethertype = 0x0806 } },
};

/* 0x1 is somebody else's, and stays; the tag of a packet that has it already is
 * what this program says. */
static uint32_t mark_after(const struct tag_case *c, uint32_t before)
{
	struct frame_spec s = c->frame;
	struct __sk_buff in = {
		.ifindex = if_nametoindex(c->ingress ? c->ingress : "prot"),
		.mark = before,
	};
	struct __sk_buff left = { 0 };
	struct frame f;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &in,
		    .ctx_size_in = sizeof(in), .ctx_out = &left,
		    .ctx_size_out = sizeof(left), .repeat = 1);

	if (!s.saddr)
		s.saddr = LAN_HOST;
	if (!s.daddr)
		s.daddr = FAR_HOST;
	frame_build(&s, &f);
	opts.data_in = f.octets;
	opts.data_size_in = f.bytes;
	assert_int_equal(bpf_prog_test_run_opts(
				 programs_tag_fd(fx.programs[GW_KERNEL]), &opts),
			 0);
	assert_int_equal((int)opts.retval, TC_ACT_UNSPEC);
	return left.mark;
}

static void case_holds(void **state)
{
	const struct tag_case *c = *state;
	const uint32_t want = c->tagged ? TAG_MARK : 0;

	assert_int_equal(mark_after(c, 1), 1 | want);
	assert_int_equal(mark_after(c, 1 | TAG_MARK), 1 | want);
}

int main(void)
{
	static struct CMUnitTest tests[ARRAY_LEN(cases)];
	int failed = 1;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[i] = (struct CMUnitTest){
			.name = cases[i].name,
			.test_func = case_holds,
			.initial_state = (void *)(uintptr_t)&cases[i],
		};
	if (fixture_start(&fx))
		failed = _cmocka_run_group_tests("tag", tests, ARRAY_LEN(cases),
						 NULL, NULL);
	fixture_stop(&fx);
	return failed;
}
