// SPDX-License-Identifier: BSD-2-Clause
/*
 * The three BPF programs, one packet at a time through BPF_PROG_TEST_RUN. A
 * row of the tables is a case: it asserts the verdict, the octets that the
 * program left (metadata or tag included) and every counter, of which exactly
 * one has moved, by one packet and by the frame's length.
 *
 * Newer kernels refuse a test run of the guard on an IPv4 packet without a
 * whole header, and a socket of our own needs a socket: the last cases send
 * real packets through the attached guard. Not here, because nothing delivers
 * it to the programs: a frame shorter than an Ethernet header, and a VLAN tag
 * that stands beside the frame in the skb.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>

#include "ctrl/dp/attach.h"
#include "tests/bpf/fixture.h"
#include "tests/bpf/rows_guard.h"
#include "tests/bpf/rows_protected.h"
#include "tests/bpf/rows_unprotected.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

struct table {
	enum program program;
	const struct row *rows;
	size_t n;
};

static const struct table tables[] = {
	{ PROGRAM_PROTECTED, rows_protected, ARRAY_LEN(rows_protected) },
	{ PROGRAM_UNPROTECTED, rows_unprotected, ARRAY_LEN(rows_unprotected) },
	{ PROGRAM_GUARD, rows_guard, ARRAY_LEN(rows_guard) },
};

#define ROWS_MAX                                                   \
	(ARRAY_LEN(rows_protected) + ARRAY_LEN(rows_unprotected) + \
	 ARRAY_LEN(rows_guard))

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
	uint8_t octets[FRAME_ROOM + sizeof(struct dp_meta)];
};

/* --- running */

static void build(const struct row_case *c, struct frame *f)
{
	const bool in = c->program == PROGRAM_UNPROTECTED;
	struct frame_spec s = c->row->frame;

	if (!s.saddr)
		s.saddr = in ? FAR_HOST : LAN_HOST;
	if (!s.daddr)
		s.daddr = in ? LAN_HOST : FAR_HOST;
	frame_build(&s, f);
}

static uint32_t ingress_of(const struct row_case *c)
{
	const char *name = c->program == PROGRAM_PROTECTED ? "prot" : "unprot";

	return if_nametoindex(c->row->ingress ? c->row->ingress : name);
}

static void run_xdp(const struct row_case *c, const struct frame *f,
		    struct run *out)
{
	const enum iface_role role = c->program == PROGRAM_PROTECTED
					     ? IFACE_PROTECTED
					     : IFACE_UNPROTECTED;
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
	int fd = programs_xdp_fd(c->fx->programs[c->row->on], role);

	assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
	out->verdict = (int)opts.retval;
	out->meta_bytes = left.data;
	out->bytes = opts.data_size_out;
}

static void run_guard(const struct row_case *c, const struct frame *f,
		      struct run *out)
{
	struct __sk_buff in = { .ifindex = ingress_of(c) };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->octets,
		    .data_size_in = f->bytes, .data_out = out->octets,
		    .data_size_out = sizeof(out->octets), .ctx_in = &in,
		    .ctx_size_in = sizeof(in), .repeat = 1);
	int fd = programs_guard_fd(c->fx->programs[c->row->on]);

	assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
	out->verdict = (int)opts.retval;
	out->meta_bytes = 0;
	out->bytes = opts.data_size_out;
}

/* --- asserting */

static int verdict_of(const struct row_case *c)
{
	const bool xdp = c->program != PROGRAM_GUARD;

	if (c->row->drop != DROP_NONE)
		return xdp ? XDP_DROP : TC_ACT_SHOT;
	switch (c->row->pass) {
	case PASS_STEER_OUT:
	case PASS_STEER_IN:
		return XDP_REDIRECT;
	case PASS_STEER_HOST:
		return TC_ACT_REDIRECT;
	default:
		return xdp ? XDP_PASS : TC_ACT_UNSPEC;
	}
}

static void assert_counter(const char *name, struct counter before,
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
static void assert_one_count(const struct counters *before,
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

static void assert_metadata(const struct row_case *c, const struct run *run)
{
	const struct row *row = c->row;
	const bool out = row->pass == PASS_STEER_OUT;
	const struct dp_meta want = {
		.magic = FIXTURE_MAGIC + row->on,
		.sa = row->no_sa    ? (struct sa_ref){ 0 }
		      : row->sa.gen ? row->sa
				    : SA_OUT,
		.policy_id = !out	      ? 0
			     : row->policy_id ? row->policy_id
					      : POLICY_PROTECT,
		.policy_gen = out ? POLICY_GEN : 0,
		.l3_off = ETH_HEADER_BYTES,
		.dir = out ? DIR_OUT : DIR_IN,
	};

	assert_int_equal(run->meta_bytes, sizeof(want));
	assert_memory_equal(run->octets, &want, sizeof(want));
}

/* The frame is as it was, but for the tag in place of the MAC addresses. */
static void assert_frame(const struct row_case *c, const struct frame *f,
			 const struct run *run)
{
	const struct host_tag tag = {
		.magic = FIXTURE_MAGIC + c->row->on,
		.policy_id =
			c->row->policy_id ? c->row->policy_id : POLICY_PROTECT,
		.policy_gen = POLICY_GEN,
	};
	struct frame want = *f;

	if (c->row->drop == DROP_NONE && c->row->pass == PASS_STEER_HOST)
		memcpy(want.octets, &tag, sizeof(tag));
	assert_int_equal(run->bytes - run->meta_bytes, want.bytes);
	assert_memory_equal(run->octets + run->meta_bytes, want.octets,
			    want.bytes);
}

static void row_holds(void **state)
{
	const struct row_case *c = *state;
	const struct programs *p = c->fx->programs[c->row->on];
	struct counters before = { 0 }, after = { 0 };
	struct run run = { 0 };
	struct frame f;

	build(c, &f);
	programs_counters(p, &before);
	if (c->program == PROGRAM_GUARD)
		run_guard(c, &f, &run);
	else
		run_xdp(c, &f, &run);
	programs_counters(p, &after);

	assert_int_equal(run.verdict, verdict_of(c));
	assert_one_count(&before, &after, c->row, f.bytes);
	assert_frame(c, &f, &run);
	if (run.verdict == XDP_REDIRECT && c->program != PROGRAM_GUARD)
		assert_metadata(c, &run);
}

/* --- real packets through the attached guard */

static struct attachment guard_at; /* of the case that runs */

static struct attach_iface guarded(const struct fixture *fx)
{
	return (struct attach_iface){ .name = fx->unprot->ifname,
				      .ifindex = fx->unprot->ifindex,
				      .role = IFACE_UNPROTECTED };
}

static int attach(void **state)
{
	const struct fixture *fx = *state;
	const struct attach_iface iface = guarded(fx);
	int fd = programs_guard_fd(fx->programs[GW_BYPASS]);
	struct error e;

	if (attach_guard(&iface, fd, &guard_at, &e)) {
		printf("# %s\n", e.text);
		return -1;
	}
	/* The case before took its guard off. */
	return guard_at.before_fd ? -1 : 0;
}

static int take_off(void **state)
{
	const struct attach_iface iface = guarded(*state);

	attach_undo_guard(&iface, &guard_at);
	return 0;
}

/* What dp will do for IKE's sockets, by way of bpftool's view of the maps. */
static void exempt(const struct fixture *fx, int sock)
{
	struct map_status maps[STATUS_MAPS_MAX];
	size_t n = programs_maps(fx->programs[GW_BYPASS], maps, ARRAY_LEN(maps));
	const uint32_t value = 1;
	uint64_t cookie;
	socklen_t len = sizeof(cookie);
	size_t i = 0;
	int fd;

	while (i < n && strcmp(maps[i].name, "own_sockets") != 0)
		i++;
	assert_true(i < n);
	assert_return_code(
		getsockopt(sock, SOL_SOCKET, SO_COOKIE, &cookie, &len), errno);
	fd = bpf_map_get_fd_by_id(maps[i].id);
	assert_return_code(fd, errno);
	assert_int_equal(bpf_map_update_elem(fd, &cookie, &value, BPF_ANY), 0);
	close(fd);
}

/* UDP from port 500 of the gateway to where a PROTECT policy covers it. */
static int ike_socket(void)
{
	const struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_port = htons(500),
		.sin_addr.s_addr = frame_addr_be(GATEWAY_IN),
	};
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(500),
		.sin_addr.s_addr = frame_addr_be(FAR_HOST),
	};
	const int on = 1;
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_return_code(sock, errno);
	assert_return_code(setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &on,
				      sizeof(on)),
			   errno);
	assert_return_code(
		bind(sock, (const struct sockaddr *)&from, sizeof(from)), errno);
	assert_return_code(
		connect(sock, (const struct sockaddr *)&to, sizeof(to)), errno);
	return sock;
}

/* A frame's own octets onto the guarded interface. */
static int packet_socket(const struct fixture *fx)
{
	const struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)fx->unprot->ifindex,
	};
	int sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_return_code(sock, errno);
	assert_return_code(bind(sock, (const struct sockaddr *)&to, sizeof(to)),
			   errno);
	return sock;
}

/*
 * tc egress runs inside send(): when that returns, the count is made. What it
 * returns depends on the guard's verdict and is none of the test's business.
 */
static void assert_sent_as(const struct fixture *fx, int sock,
			   const struct frame *f, const struct row *want)
{
	const struct programs *p = fx->programs[GW_BYPASS];
	struct counters before = { 0 }, after = { 0 };
	int domain;
	socklen_t len = sizeof(domain);
	size_t skip = ETH_HEADER_BYTES + IPV4_HEADER_BYTES + UDP_HEADER_BYTES;

	assert_return_code(
		getsockopt(sock, SOL_SOCKET, SO_DOMAIN, &domain, &len), errno);
	if (domain == AF_PACKET)
		skip = 0; /* else the kernel writes the headers */
	programs_counters(p, &before);
	(void)send(sock, f->octets + skip, f->bytes - skip, 0);
	programs_counters(p, &after);
	assert_one_count(&before, &after, want, f->bytes);
}

static void guard_lets_out_a_socket_of_our_own(void **state)
{
	static const struct row protected = { .pass = PASS_STEER_HOST };
	static const struct row own = { .pass = PASS_OWN_SOCKET };
	const struct frame f = { .bytes = PLAIN_BYTES };
	const struct fixture *fx = *state;
	int sock = ike_socket();

	assert_sent_as(fx, sock, &f, &protected);
	exempt(fx, sock);
	assert_sent_as(fx, sock, &f, &own);
	close(sock);
}

static void guard_protects_port_500_of_another_socket(void **state)
{
	static const struct row protected = { .pass = PASS_STEER_HOST };
	const struct frame f = { .bytes = PLAIN_BYTES };
	const struct fixture *fx = *state;
	int own = ike_socket(), other = ike_socket();

	exempt(fx, own);
	assert_sent_as(fx, other, &f, &protected);
	close(other);
	close(own);
}

static void guard_drops_an_ipv4_header_cut_anywhere(void **state)
{
	static const struct row unparsed = { .drop = DROP_UNPARSED };
	static const struct row protected = { .pass = PASS_STEER_HOST };
	const struct frame_spec spec = {
		.saddr = LAN_HOST,
		.daddr = FAR_HOST,
		.overwrite = { AT_TOTAL, IPV4_HEADER_BYTES },
	};
	const uint32_t whole = ETH_HEADER_BYTES + IPV4_HEADER_BYTES;
	const struct fixture *fx = *state;
	int sock = packet_socket(fx);
	struct frame f;

	frame_build(&spec, &f);
	for (f.bytes = ETH_HEADER_BYTES + 1; f.bytes < whole; f.bytes++)
		assert_sent_as(fx, sock, &f, &unparsed);
	assert_sent_as(fx, sock, &f, &protected);
	close(sock);
}

#define LIVE(f)                                                   \
	{                                                         \
		.name = #f, .test_func = f, .setup_func = attach, \
		.teardown_func = take_off,                        \
	}

static const struct CMUnitTest live[] = {
	LIVE(guard_lets_out_a_socket_of_our_own),
	LIVE(guard_protects_port_500_of_another_socket),
	LIVE(guard_drops_an_ipv4_header_cut_anywhere),
};

static size_t add_rows(struct fixture *fx, struct row_case *cases,
		       struct CMUnitTest *tests)
{
	size_t n = 0;

	for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
		for (size_t i = 0; i < tables[t].n; i++, n++) {
			cases[n] = (struct row_case){
				.fx = fx,
				.program = tables[t].program,
				.row = &tables[t].rows[i],
			};
			tests[n] = (struct CMUnitTest){
				.name = tables[t].rows[i].name,
				.test_func = row_holds,
				.initial_state = &cases[n],
			};
		}
	}
	return n;
}

static size_t add_live(struct fixture *fx, struct CMUnitTest *tests)
{
	for (size_t i = 0; i < ARRAY_LEN(live); i++) {
		tests[i] = live[i];
		tests[i].initial_state = fx;
	}
	return ARRAY_LEN(live);
}

int main(void)
{
	static struct row_case cases[ROWS_MAX];
	static struct CMUnitTest tests[ROWS_MAX + ARRAY_LEN(live)];
	struct fixture fx = { 0 };
	size_t n = add_rows(&fx, cases, tests);
	int failed = 1;

	n += add_live(&fx, tests + n);
	if (fixture_start(&fx))
		failed = _cmocka_run_group_tests("programs", tests, n, NULL,
						 NULL);
	fixture_stop(&fx);
	return failed;
}
