/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One packet through one program by BPF_PROG_TEST_RUN, and what is asserted of
 * it: the verdict, the octets that the program left (metadata or tag included)
 * and every counter, of which exactly one has moved, by one packet and by the
 * frame's length.
 */
#ifndef CYG_TESTS_BPF_RUN_H
#define CYG_TESTS_BPF_RUN_H

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <linux/pkt_cls.h>

#include "tests/bpf/fixture.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

struct row_case {
	struct fixture *fx;
	enum program program;
	const struct row *row;
};

/* What a run left: the frame, behind meta_bytes of metadata. */
struct run {
	int verdict;
	uint32_t meta_bytes;
	uint32_t bytes; /* metadata and frame */
	uint8_t octets[FRAME_ROOM + sizeof(struct head_meta)];
};

/* --- running */

/* Each has its own cache of flows. */
static inline void stay_on_one_cpu(void)
{
	const int cpu = sched_getcpu();
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu < 0 ? 0 : (unsigned int)cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static inline void row_build(const struct row_case *c, struct frame *f)
{
	const bool in = c->program == PROGRAM_UNPROTECTED;
	struct frame_spec s = c->row->frame;

	const char *lan = frame_is_six(&s) ? LAN_HOST6 : LAN_HOST;
	const char *far = frame_is_six(&s) ? FAR_HOST6 : FAR_HOST;

	if (!s.saddr)
		s.saddr = in ? far : lan;
	if (!s.daddr)
		s.daddr = in ? lan : far;
	frame_build(&s, f);
}

static inline bool is_xdp(const struct row_case *c)
{
	return c->program == PROGRAM_PROTECTED ||
	       c->program == PROGRAM_UNPROTECTED;
}

static inline uint32_t ingress_of(const struct row_case *c)
{
	const char *name = c->program == PROGRAM_PROTECTED ? "prot"
			   : c->program == PROGRAM_TUNNEL  ? "tun42"
							   : "unprot";

	return if_nametoindex(c->row->ingress ? c->row->ingress : name);
}

static inline void run_xdp(const struct row_case *c, const struct frame *f,
			   struct run *out)
{
	struct xdp_md in = {
		.data_end = f->bytes,
		.ingress_ifindex = ingress_of(c),
		.rx_queue_index = c->row->queue,
	};
	struct xdp_md left = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->octets,
		    .data_size_in = f->bytes, .data_out = out->octets,
		    .data_size_out = sizeof(out->octets), .ctx_in = &in,
		    .ctx_size_in = sizeof(in), .ctx_out = &left,
		    .ctx_size_out = sizeof(left), .repeat = 1);
	int fd = programs_xdp_fd(c->fx->programs[c->row->on]);

	assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
	out->verdict = (int)opts.retval;
	out->meta_bytes = left.data;
	out->bytes = opts.data_size_out;
}

static inline void run_guard(const struct row_case *c, const struct frame *f,
			     struct run *out)
{
	struct __sk_buff in = {
		.ingress_ifindex =
			c->row->from ? if_nametoindex(c->row->from) : 0,
		.ifindex = ingress_of(c),
		.mark = c->row->mark,
		.gso_segs = c->row->gso_segs,
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->octets,
		    .data_size_in = f->bytes, .data_out = out->octets,
		    .data_size_out = sizeof(out->octets), .ctx_in = &in,
		    .ctx_size_in = sizeof(in), .repeat = 1);
	const struct programs *p = c->fx->programs[c->row->on];
	int fd = c->program == PROGRAM_TUNNEL ? programs_tunnel_fd(p)
					      : programs_guard_fd(p);

	assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
	out->verdict = (int)opts.retval;
	out->meta_bytes = 0;
	out->bytes = opts.data_size_out;
}

/* --- asserting */

static inline int verdict_of(const struct row_case *c)
{
	const bool xdp = is_xdp(c);

	if (c->row->drop != DROP_NONE)
		return xdp ? XDP_DROP : TC_ACT_SHOT;
	switch (c->row->pass) {
	case PASS_STEER_OUT:
	case PASS_STEER_IN:
	case PASS_STEER_ICMP:
		return XDP_REDIRECT;
	case PASS_STEER_HOST:
		return TC_ACT_REDIRECT;
	default:
		return xdp ? XDP_PASS : TC_ACT_UNSPEC;
	}
}

static inline void assert_counter(const char *name, struct counter before,
				  struct counter after, struct counter more)
{
	const uint64_t pkts = after.pkts - before.pkts;
	const uint64_t bytes = after.bytes - before.bytes;

	if (pkts == more.pkts && bytes == more.bytes)
		return;
	fail_msg("%s: %llu packets and %llu bytes, not %llu and %llu", name,
		 (unsigned long long)pkts, (unsigned long long)bytes,
		 (unsigned long long)more.pkts, (unsigned long long)more.bytes);
}

/* drop DROP_NONE: the packet is counted under pass. */
static inline void assert_one_count(const struct counters *before,
				    const struct counters *after,
				    const struct row *row, uint32_t bytes)
{
	const struct counter one = { .pkts = 1, .bytes = bytes };
	const struct counter none = { 0 };
	const bool dropped = row->drop != DROP_NONE;

	for (uint32_t i = 0; i < DROP_MAX; i++)
		assert_counter(drop_name((enum drop_reason)i), before->drops[i],
			       after->drops[i],
			       dropped && i == row->drop ? one : none);
	for (uint32_t i = 0; i < PASS_MAX; i++)
		assert_counter(pass_name((enum pass_reason)i),
			       before->passes[i], after->passes[i],
			       !dropped && i == row->pass ? one : none);
}

static inline void assert_metadata(const struct row_case *c,
				   const struct run *run)
{
	const struct row *row = c->row;
	const bool out = row->pass == PASS_STEER_OUT;
	const bool told = row->pass == PASS_STEER_ICMP;
	const struct dp_meta want = {
		.magic = FIXTURE_MAGIC + row->on,
		.sa = row->no_sa    ? (struct sa_ref){ 0 }
		      : row->sa.gen ? row->sa
				    : SA_OUT,
		.policy_id = !out	      ? 0
			     : row->policy_id ? row->policy_id
					      : POLICY_PROTECT,
		.policy_gen = out ? POLICY_GEN : 0,
		.l3_off = (uint16_t)(ETH_HEADER_BYTES +
				     frame_tags_bytes(&row->frame)),
		.dir = out || told ? DIR_OUT : DIR_IN,
		.too_big = told || row->plain, /* or plain: one octet */
	};

	assert_int_equal(run->meta_bytes, sizeof(want));
	assert_memory_equal(run->octets, &want, sizeof(want));
}

/* The frame is as it was, but for the host interface, where our tag stands in
 * place of the MAC addresses, and no VLAN's. */
static inline void assert_frame(const struct row_case *c, const struct frame *f,
				const struct run *run)
{
	const struct host_tag tag = {
		.magic = FIXTURE_MAGIC + c->row->on,
		.policy_id =
			c->row->policy_id ? c->row->policy_id : POLICY_PROTECT,
		.policy_gen = POLICY_GEN,
	};
	struct frame want = *f;

	if (c->row->drop == DROP_NONE && c->row->pass == PASS_STEER_HOST) {
		memcpy(want.octets, &tag, sizeof(tag));
		frame_take_tags(&c->row->frame, &want);
	}
	assert_int_equal(run->bytes - run->meta_bytes, want.bytes);
	assert_memory_equal(run->octets + run->meta_bytes, want.octets,
			    want.bytes);
}

/* f: what was built for the row, or has become of it. */
static inline void assert_row(const struct row_case *c, const struct frame *f)
{
	const struct programs *p = c->fx->programs[c->row->on];
	struct counters before = { 0 }, after = { 0 };
	struct run run = { 0 };

	programs_counters(p, &before);
	if (!is_xdp(c))
		run_guard(c, f, &run);
	else
		run_xdp(c, f, &run);
	programs_counters(p, &after);

	assert_int_equal(run.verdict, verdict_of(c));
	assert_one_count(&before, &after, c->row, f->bytes);
	assert_frame(c, f, &run);
	if (run.verdict == XDP_REDIRECT && is_xdp(c))
		assert_metadata(c, &run);
}

#endif
