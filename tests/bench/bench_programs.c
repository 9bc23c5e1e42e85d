// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a packet costs in each of the three BPF programs, for the main ways
 * through them: nanoseconds as the kernel's own accounting (BPF_ENABLE_STATS)
 * has them, so of the program alone, whatever becomes of the packet. The two
 * readings of the clock are in; what they cost shows an empty program of the
 * same type, run in the same mode and in turn with ours.
 *
 * XDP programs meet live frames: other test runs don't take the metadata off
 * again, so that a second packet would not be steered. The guard meets an skb
 * that stays the same; only its MAC addresses are written over.
 *
 * Interfaces, policies and SAs are those of tests/bpf/fixture.h, in a network
 * namespace of its own; the list of policies is full, and one of them may
 * match. That every packet took its way is read from the counters.
 */
#include <bpf/bpf.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/program_run.h"
#include "tests/bpf/fixture.h"

/* In a round, of each of the two programs. Each waits for a grace period. */
#define BURSTS	   2U
#define BURST_PKTS 16384U

#define POLICIES 64U /* that no packet but one kind meets */

/* One way of a packet through a program. */
struct way {
	enum program program;
	const char *name;
	bool last; /* of the list is the policy that matches, else the first */
	struct frame_spec frame;
	/* All of its packets are counted here; DROP_NONE: see pass. */
	enum drop_reason drop;
	enum pass_reason pass;
};

#define OUTBOUND .saddr = LAN_HOST, .daddr = FAR_HOST
#define INBOUND	 .saddr = STRANGER, .daddr = GATEWAY_OUT, .protocol = PROTO_ESP

static const struct way ways[] = {
	{ .program = PROGRAM_PROTECTED,
	  .name = "steer_out, first policy",
	  .frame = { OUTBOUND },
	  .pass = PASS_STEER_OUT },
	{ .program = PROGRAM_PROTECTED,
	  .name = "steer_out, last policy",
	  .last = true,
	  .frame = { OUTBOUND },
	  .pass = PASS_STEER_OUT },
	{ .program = PROGRAM_PROTECTED,
	  .name = "local",
	  .frame = { .saddr = LAN_HOST, .daddr = GATEWAY_IN },
	  .pass = PASS_LOCAL },
	{ .program = PROGRAM_PROTECTED,
	  .name = "default, no policy",
	  .frame = { .saddr = LAN_HOST, .daddr = STRANGER },
	  .pass = PASS_DEFAULT },
	{ .program = PROGRAM_UNPROTECTED,
	  .name = "steer_in",
	  .frame = { INBOUND, .spi = SPI_ESP },
	  .pass = PASS_STEER_IN },
	{ .program = PROGRAM_UNPROTECTED,
	  .name = "spi_unknown",
	  .frame = { INBOUND, .spi = SPI_ESP + 1 },
	  .drop = DROP_SPI_UNKNOWN },
	{ .program = PROGRAM_UNPROTECTED,
	  .name = "default, no policy",
	  .frame = { .saddr = STRANGER, .daddr = LAN_HOST },
	  .pass = PASS_DEFAULT },
	{ .program = PROGRAM_GUARD,
	  .name = "steer_host, first policy",
	  .frame = { OUTBOUND },
	  .pass = PASS_STEER_HOST },
	{ .program = PROGRAM_GUARD,
	  .name = "steer_host, last policy",
	  .last = true,
	  .frame = { OUTBOUND },
	  .pass = PASS_STEER_HOST },
	{ .program = PROGRAM_GUARD,
	  .name = "default, no policy",
	  .frame = { .saddr = LAN_HOST, .daddr = STRANGER },
	  .pass = PASS_DEFAULT },
};

struct result {
	const struct way *way;
	struct samples program, empty, net; /* nanoseconds per packet */
};

/* What the kernel accounted to a program. */
/* --- the gateway */

/* A full list in which one policy matches OUTBOUND, and none the rest. */
static void set_policies(struct programs *p, bool last)
{
	const uint32_t place = last ? POLICIES - 1 : 0;
	struct policy list[POLICIES];
	struct spd_image image;

	for (uint32_t i = 0; i < POLICIES; i++) {
		const char *remote = i == place ? "10.2.0.0/16" : "10.9.0.0/24";

		must(fixture_policy("10.1.0.0/24", remote, PROTO_ANY, &list[i]),
		     "no policy");
		list[i].id = i == place ? POLICY_PROTECT : POLICY_OTHER_LAN;
	}
	must(classify_compile(list, POLICIES, POLICY_GEN, &image) == 0,
	     "policies are refused");
	must(programs_set_policies(p, &image) == 0, "policies are refused");
	image_free(&image);
}

static int program_fd(const struct programs *p, enum program program)
{
	return program == PROGRAM_GUARD ? programs_guard_fd(p)
					: programs_xdp_fd(p);
}

static const char *program_name(enum program program)
{
	switch (program) {
	case PROGRAM_PROTECTED:
		return "protected";
	case PROGRAM_UNPROTECTED:
		return "unprotected";
	case PROGRAM_GUARD:
		return "guard";
	case PROGRAM_TUNNEL:
		return "tunnel";
	}
	return NULL;
}

/* --- a burst of packets */

static void run_burst(int fd, enum program program, const struct frame *f)
{
	const char *ifname = program == PROGRAM_PROTECTED ? "prot" : "unprot";
	struct xdp_md xdp = {
		.data_end = f->bytes,
		.ingress_ifindex = if_nametoindex(ifname),
	};
	struct __sk_buff skb = { .ifindex = if_nametoindex(ifname) };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->octets,
		    .data_size_in = f->bytes, .repeat = BURST_PKTS);

	if (program == PROGRAM_GUARD) {
		opts.ctx_in = &skb;
		opts.ctx_size_in = sizeof(skb);
	} else {
		opts.ctx_in = &xdp;
		opts.ctx_size_in = sizeof(xdp);
		opts.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
	}
	must(bpf_prog_test_run_opts(fd, &opts) == 0, "a test run failed");
}

/* Nanoseconds of one packet in a burst. */
static double time_burst(int fd, enum program program, const struct frame *f)
{
	const struct account before = account_of(fd);

	run_burst(fd, program, f);
	return account_per_packet(fd, &before, BURST_PKTS);
}

/* --- rounds */

/* Packets that took this way so far. */
static uint64_t took(const struct way *way, const struct programs *p)
{
	struct counters c = { 0 };

	programs_counters(p, &c);
	return way->drop != DROP_NONE ? c.drops[way->drop].pkts
				      : c.passes[way->pass].pkts;
}

/* The two in turn, burst by burst, so that noise meets both. */
static void run_round(int fd, int empty_fd, const struct frame *f,
		      struct result *r)
{
	double program = 0, empty = 0;

	for (uint32_t i = 0; i < BURSTS; i++) {
		program += time_burst(fd, r->way->program, f) / BURSTS;
		empty += time_burst(empty_fd, r->way->program, f) / BURSTS;
	}
	samples_add(&r->program, program);
	samples_add(&r->empty, empty);
	samples_add(&r->net, program - empty);
}

static void measure(struct programs *p, uint32_t rounds, struct result *r)
{
	const uint64_t pkts = (uint64_t)rounds * BURSTS * BURST_PKTS;
	const int fd = program_fd(p, r->way->program);
	const int empty_fd = program_empty(r->way->program == PROGRAM_GUARD
						   ? BPF_PROG_TYPE_SCHED_CLS
						   : BPF_PROG_TYPE_XDP);
	struct frame f;
	uint64_t before;

	set_policies(p, r->way->last);
	frame_build(&r->way->frame, &f);
	before = took(r->way, p);
	for (uint32_t i = 0; i < rounds; i++)
		run_round(fd, empty_fd, &f, r);
	must(took(r->way, p) - before == pkts, "packets took another way");
	close(empty_fd);
	samples_sort(&r->program);
	samples_sort(&r->empty);
	samples_sort(&r->net);
}

/* --- the report */

static void print_head(const struct report *out, uint32_t rounds)
{
	fprintf(out->table,
		"nanoseconds per packet, %u policies: median of %u rounds (min to max)\n\n",
		POLICIES, rounds);
	fprintf(out->table, "%-11s %-24s %-*s%-*s%s\n", "program", "way",
		TABLE_CELL, "program", TABLE_CELL, "empty program", "net");
}

static void print_row(const struct report *out, const struct result *r)
{
	fprintf(out->table, "%-11s %-24s", program_name(r->way->program),
		r->way->name);
	table_samples(out, &r->program, 0);
	table_samples(out, &r->empty, 0);
	table_samples(out, &r->net, 0);
	fputc('\n', out->table);
}

static void print_json(struct report *out, const struct result *r)
{
	json_row(out);
	fprintf(out->json, "\"program\": \"%s\", \"way\": \"%s\"",
		program_name(r->way->program), r->way->name);
	json_samples(out, "program_ns", &r->program);
	json_samples(out, "empty_ns", &r->empty);
	json_samples(out, "net_ns", &r->net);
}

int main(int argc, char **argv)
{
	struct report out = report_start(argc, argv);
	const uint32_t rounds = bench_rounds();
	struct fixture fx = { 0 };

	must_be_root();
	bench_pin();
	must(fixture_start(&fx), "no gateway to measure");
	/* The descriptor stays open to the end: so long the kernel accounts. */
	must(bpf_enable_stats(BPF_STATS_RUN_TIME) >= 0,
	     "the kernel does not account for BPF programs");
	print_head(&out, rounds);
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct result r = { .way = &ways[i] };

		measure(fx.programs[GW_BYPASS], rounds, &r);
		print_row(&out, &r);
		if (out.json)
			print_json(&out, &r);
	}
	report_end(&out);
	fixture_stop(&fx);
	return 0;
}
