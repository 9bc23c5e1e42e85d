// SPDX-License-Identifier: BSD-2-Clause
/*
 * The three BPF programs, one packet at a time: a row of the tables is a case.
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

#include <linux/if_packet.h>

#include "ctrl/dp/attach.h"
#include "tests/bpf/rows_guard.h"
#include "tests/bpf/rows_ipv6.h"
#include "tests/bpf/rows_protected.h"
#include "tests/bpf/rows_unprotected.h"
#include "tests/bpf/rows_vlan.h"
#include "tests/bpf/run.h"

struct table {
	enum program program;
	const struct row *rows;
	size_t n;
};

static const struct table tables[] = {
	{ PROGRAM_PROTECTED, rows_protected, ARRAY_LEN(rows_protected) },
	{ PROGRAM_UNPROTECTED, rows_unprotected, ARRAY_LEN(rows_unprotected) },
	{ PROGRAM_GUARD, rows_guard, ARRAY_LEN(rows_guard) },
	{ PROGRAM_PROTECTED, rows6_protected, ARRAY_LEN(rows6_protected) },
	{ PROGRAM_UNPROTECTED, rows6_unprotected, ARRAY_LEN(rows6_unprotected) },
	{ PROGRAM_GUARD, rows6_guard, ARRAY_LEN(rows6_guard) },
	{ PROGRAM_PROTECTED, vlan_rows_protected,
	  ARRAY_LEN(vlan_rows_protected) },
	{ PROGRAM_UNPROTECTED, vlan_rows_unprotected,
	  ARRAY_LEN(vlan_rows_unprotected) },
	{ PROGRAM_GUARD, vlan_rows_guard, ARRAY_LEN(vlan_rows_guard) },
};

#define ROWS_MAX 512

static void row_holds(void **state)
{
	const struct row_case *c = *state;
	struct frame f;

	row_build(c, &f);
	assert_row(c, &f);
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

/* whole: of headers, behind which the packet ends. */
static void assert_cut_anywhere(const struct fixture *fx,
				const struct frame_spec *spec, uint32_t whole,
				const struct row *if_whole)
{
	static const struct row unparsed = { .drop = DROP_UNPARSED };
	int sock = packet_socket(fx);
	struct frame f;

	frame_build(spec, &f);
	for (f.bytes = ETH_HEADER_BYTES + 1; f.bytes < whole; f.bytes++)
		assert_sent_as(fx, sock, &f, &unparsed);
	assert_sent_as(fx, sock, &f, if_whole);
	close(sock);
}

static void guard_drops_an_ipv4_header_cut_anywhere(void **state)
{
	static const struct row protected = { .pass = PASS_STEER_HOST };
	const struct frame_spec spec = {
		.saddr = LAN_HOST,
		.daddr = FAR_HOST,
		.overwrite = { AT_TOTAL, IPV4_HEADER_BYTES },
	};

	assert_cut_anywhere(*state, &spec, ETH_HEADER_BYTES + IPV4_HEADER_BYTES,
			    &protected);
}

static void guard_drops_ipv6_headers_cut_anywhere(void **state)
{
	static const struct row unprotected = { .pass = PASS_DEFAULT };
	const struct frame_spec spec = {
		.saddr = LAN_HOST6,
		.daddr = STRANGER6,
		.ext = { 2, { EXT_HOP_BY_HOP, EXT_FRAGMENT } },
		.overwrite = { AT6_PAYLOAD, 2 * FRAME_EXT_BYTES },
	};

	assert_cut_anywhere(*state, &spec,
			    ETH_HEADER_BYTES + IPV6_HEADER_BYTES +
				    2 * FRAME_EXT_BYTES,
			    &unprotected);
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
	LIVE(guard_drops_ipv6_headers_cut_anywhere),
};

static size_t add_rows(struct fixture *fx, struct row_case *cases,
		       struct CMUnitTest *tests)
{
	size_t n = 0;

	for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
		if (n + tables[t].n > ROWS_MAX)
			abort();
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
