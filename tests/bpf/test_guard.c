// SPDX-License-Identifier: BSD-2-Clause
/*
 * Real packets through the attached guard: what a test run of it can't be given.
 * That is a packet from a socket of our own, an IP packet without a whole header
 * (newer kernels refuse it), and a VLAN tag that stands beside the frame.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>

#include "ctrl/dp/attach.h"
#include "ctrl/dp/lookups.h"
#include "tests/bpf/run.h"

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

static void connect_to(int sock, const char *host, uint16_t port)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = frame_addr_be(host),
	};

	assert_return_code(
		connect(sock, (const struct sockaddr *)&to, sizeof(to)), errno);
}

/* UDP from that port of the gateway to where a PROTECT policy covers it. */
static int udp_socket(uint16_t port)
{
	const struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = frame_addr_be(GATEWAY_IN),
	};
	const int on = 1;
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_return_code(sock, errno);
	assert_return_code(setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &on,
				      sizeof(on)),
			   errno);
	assert_return_code(
		bind(sock, (const struct sockaddr *)&from, sizeof(from)), errno);
	connect_to(sock, FAR_HOST, port);
	return sock;
}

static int ike_socket(void)
{
	return udp_socket(500);
}

/* A frame's own octets. */
static int packet_socket(const char *ifname)
{
	const struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(ifname),
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

/* --- TCP that carries IKE and ESP */

#define STREAM_PORT 4500
#define SYN_BYTES \
	(ETH_HEADER_BYTES + IPV4_HEADER_BYTES + TCP_HEADER_BYTES + 20U)

/* A SYN with the options of a kernel's own, sent inside connect(). */
static void assert_connects_as(const struct fixture *fx, bool let_out,
			       const struct row *want)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(STREAM_PORT),
		.sin_addr.s_addr = frame_addr_be(FAR_HOST),
	};
	const struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = frame_addr_be(GATEWAY_IN),
	};
	struct programs *p = fx->programs[GW_BYPASS];
	struct counters before = { 0 }, after = { 0 };
	int sock =
		socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_return_code(sock, errno);
	assert_return_code(
		bind(sock, (const struct sockaddr *)&from, sizeof(from)), errno);
	if (let_out)
		assert_int_equal(programs_let_stream_out(p, sock), 0);
	programs_counters(p, &before);
	(void)connect(sock, (const struct sockaddr *)&to, sizeof(to));
	programs_counters(p, &after);
	close(sock);
	assert_one_count(&before, &after, want, SYN_BYTES);
}

static void guard_lets_tcp_out_by_its_socket_alone(void **state)
{
	static const struct row protected = { .pass = PASS_STEER_HOST };
	static const struct row own = { .pass = PASS_OWN_SOCKET };

	assert_connects_as(*state, false, &protected);
	assert_connects_as(*state, true, &own);
	assert_connects_as(*state, false, &protected);
}

/* --- what asks DNS */

#define ASKING_PORT 53 /* at both ends */

static void let_out(const struct fixture *fx, struct lookups *l, int sock)
{
	assert_int_equal(lookups_set(l, fx->programs[GW_BYPASS],
				     LOOKUPS_MAX - 1, &sock, 1),
			 0);
}

static void keep_in(const struct fixture *fx, struct lookups *l)
{
	assert_int_equal(lookups_set(l, fx->programs[GW_BYPASS],
				     LOOKUPS_MAX - 1, NULL, 0),
			 0);
}

static void guard_lets_a_lookup_out_to_its_resolver_alone(void **state)
{
	static const struct row protected = { .pass = PASS_STEER_HOST };
	static const struct row own = { .pass = PASS_OWN_SOCKET };
	const struct frame f = { .bytes = PLAIN_BYTES };
	const struct fixture *fx = *state;
	struct lookups lookups = { 0 };
	int sock = udp_socket(ASKING_PORT), other = udp_socket(ASKING_PORT);

	assert_sent_as(fx, sock, &f, &protected);
	let_out(fx, &lookups, sock);
	assert_sent_as(fx, sock, &f, &own);
	assert_sent_as(fx, other, &f, &protected);
	connect_to(sock, "10.2.0.11", ASKING_PORT);
	assert_sent_as(fx, sock, &f, &protected);
	connect_to(sock, FAR_HOST, ASKING_PORT + 1);
	assert_sent_as(fx, sock, &f, &protected);
	connect_to(sock, FAR_HOST, ASKING_PORT);
	assert_sent_as(fx, sock, &f, &own);
	keep_in(fx, &lookups);
	assert_sent_as(fx, sock, &f, &protected);
	close(other);
	close(sock);
}

static void assert_comes_in_as(struct fixture *fx, const struct frame_spec *spec,
			       const struct row *want)
{
	struct row row = *want;
	const struct row_case c = { fx, PROGRAM_UNPROTECTED, &row };
	struct frame f;

	row.frame = *spec;
	row_build(&c, &f);
	assert_row(&c, &f);
}

/* For this flow, and with one thing changed: of these the first n are not for it. */
static void assert_comes_in_to(struct fixture *fx, const struct own_flow *flow,
			       size_t n)
{
	static const struct row plaintext = { .drop = DROP_PLAINTEXT_IN };
	static const struct row own = { .pass = PASS_OWN_SOCKET };
	const struct frame_spec segment = { .saddr = FAR_HOST,
					    .daddr = GATEWAY_IN,
					    .protocol = PROTO_TCP,
					    .overwrite = { AT_SPORT + 2,
							   STREAM_PORT } };
	struct frame_spec changed[3] = { segment, segment, segment };
	struct programs *p = fx->programs[GW_BYPASS];

	changed[0].daddr = LAN_HOST;
	changed[1].overwrite.value = STREAM_PORT + 1;
	changed[2].saddr = "10.2.0.11";
	assert_comes_in_as(fx, &segment, &plaintext);
	assert_int_equal(programs_add_stream(p, flow), 0);
	assert_comes_in_as(fx, &segment, &own);
	for (size_t i = 0; i < ARRAY_LEN(changed); i++)
		assert_comes_in_as(fx, &changed[i], i < n ? &plaintext : &own);
	programs_del_stream(p, flow);
	assert_comes_in_as(fx, &segment, &plaintext);
	assert_int_equal(programs_add_stream(p, flow), 0);
	programs_del_streams(p);
	assert_comes_in_as(fx, &segment, &plaintext);
}

/* Its source port is what a frame of no other port has there. */
static void tcp_comes_in_to_a_connection_of_ours_alone(void **state)
{
	const struct frame_spec spec = { .saddr = FAR_HOST,
					 .daddr = GATEWAY_IN,
					 .protocol = PROTO_TCP };
	struct own_flow flow = {
		.local = addr_from_v4(frame_addr_be(GATEWAY_IN)),
		.peer = addr_from_v4(frame_addr_be(FAR_HOST)),
		.local_port = STREAM_PORT,
	};
	struct frame f;

	frame_build(&spec, &f);
	flow.peer_port =
		(uint16_t)(f.octets[AT_SPORT] << 8 | f.octets[AT_SPORT + 1]);
	assert_comes_in_to(*state, &flow, 3);
}

static void tcp_comes_in_to_the_port_at_which_we_listen(void **state)
{
	const struct own_flow flow = { .local_port = STREAM_PORT };

	assert_comes_in_to(*state, &flow, 2);
}

static void answer_comes_in_from_the_resolver_to_the_lookup_alone(void **state)
{
	static const struct row plaintext = { .drop = DROP_PLAINTEXT_IN };
	static const struct row own = { .pass = PASS_OWN_SOCKET };
	const struct frame_spec answer = { .saddr = FAR_HOST,
					   .daddr = GATEWAY_IN,
					   .port = ASKING_PORT,
					   .overwrite = { AT_SPORT,
							  ASKING_PORT } };
	struct frame_spec changed[5] = { answer, answer, answer, answer,
					 answer };
	struct fixture *fx = *state;
	struct lookups lookups = { 0 };
	int sock = udp_socket(ASKING_PORT);

	changed[0].saddr = "10.2.0.11";
	changed[1].daddr = LAN_HOST;
	changed[2].port = ASKING_PORT + 1;
	changed[3].overwrite.value = ASKING_PORT + 1;
	changed[4].protocol = PROTO_TCP;
	assert_comes_in_as(fx, &answer, &plaintext);
	let_out(fx, &lookups, sock);
	assert_comes_in_as(fx, &answer, &own);
	for (size_t i = 0; i < ARRAY_LEN(changed); i++)
		assert_comes_in_as(fx, &changed[i], &plaintext);
	keep_in(fx, &lookups);
	assert_comes_in_as(fx, &answer, &plaintext);
	close(sock);
}

/* whole: of headers, behind which the packet ends. */
static void assert_cut_anywhere(const struct fixture *fx,
				const struct frame_spec *spec, uint32_t whole,
				const struct row *if_whole)
{
	static const struct row unparsed = { .drop = DROP_UNPARSED };
	int sock = packet_socket("unprot");
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

/* --- tags beside the frame, as VLAN interfaces and offloads leave them */

#define HOST_WAIT_MS  5000
#define TAGGER_IFNAME "prot-peer" /* says nothing by itself */

/* At tc egress there: puts a tag on what is sent, and sends it by unprot. */
static int load_tagger(struct vlan_tag tag)
{
	const struct bpf_insn insns[] = {
		{ BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0 },
		{ BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, htons(tag.tpid) },
		{ BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0, tag.vid },
		{ BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_skb_vlan_push },
		{ BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0,
		  (int)if_nametoindex("unprot") },
		{ BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, 0 },
		{ BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect },
		{ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "tagger", "GPL", insns,
			       ARRAY_LEN(insns), NULL);

	assert_return_code(fd, errno);
	return fd;
}

static void attach_tagger(int fd, struct attachment *out)
{
	const struct attach_iface iface = {
		.name = TAGGER_IFNAME,
		.ifindex = if_nametoindex(TAGGER_IFNAME),
	};
	struct error e;

	assert_int_equal(attach_guard(&iface, fd, out, &e), 0);
}

static void take_off_tagger(struct attachment *a)
{
	const struct attach_iface iface = {
		.name = TAGGER_IFNAME,
		.ifindex = if_nametoindex(TAGGER_IFNAME),
	};

	attach_undo_guard(&iface, a);
}

/* The far end of the host interface, once packets get there: the kernel sets an
 * interface to work some time after somebody came. */
static int host_end(void)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_return_code(fd, errno);
	assert_return_code(any, errno);
	strcpy(ifr.ifr_name, "host");
	assert_return_code(ioctl(fd, TUNSETIFF, &ifr), errno);
	for (int ms = 0; ms < HOST_WAIT_MS; ms++) {
		assert_return_code(ioctl(any, SIOCGIFFLAGS, &ifr), errno);
		if (ifr.ifr_flags & IFF_RUNNING)
			break;
		usleep(1000);
	}
	assert_true(ifr.ifr_flags & IFF_RUNNING);
	/* Who sets it to work holds the lock that this one takes. */
	assert_return_code(ioctl(any, SIOCSIFFLAGS, &ifr), errno);
	close(any);
	return fd;
}

/* f: as it was sent. It comes out without a tag, but for ours. */
static void assert_at_host(int host, const struct frame_spec *spec,
			   const struct frame *f)
{
	const struct host_tag tag = {
		.magic = FIXTURE_MAGIC + GW_BYPASS,
		.policy_id = POLICY_PROTECT,
		.policy_gen = POLICY_GEN,
	};
	struct frame want = *f, got = { 0 };

	frame_take_tags(spec, &want);
	memcpy(want.octets, &tag, sizeof(tag));
	assert_int_equal(read(host, got.octets, sizeof(got.octets)), want.bytes);
	assert_memory_equal(got.octets, want.octets, want.bytes);
}

/* Beside the frame a tag, in it those of spec. */
static void assert_tagged_as(const struct fixture *fx, struct vlan_tag beside,
			     const struct frame_spec *spec,
			     const struct row *want)
{
	int fd = load_tagger(beside), sock = packet_socket(TAGGER_IFNAME);
	int host = host_end();
	struct attachment at = { 0 };
	struct frame_spec s = *spec;
	struct frame f;

	s.saddr = LAN_HOST;
	s.daddr = FAR_HOST;
	frame_build(&s, &f);
	attach_tagger(fd, &at);
	assert_sent_as(fx, sock, &f, want);
	if (want->pass == PASS_STEER_HOST)
		assert_at_host(host, &s, &f);
	take_off_tagger(&at);
	close(host);
	close(sock);
	close(fd);
}

static const struct vlan_tag lan = { ETH_P_8021Q, VID_LAN };
static const struct vlan_tag wan = { ETH_P_8021Q, VID_WAN };
static const struct vlan_tag nobodys = { ETH_P_8021Q, VID_NONE };
static const struct vlan_tag priority = { ETH_P_8021Q, 5 << 13 };
static const struct vlan_tag provider = { ETH_P_8021AD, VID_PROVIDER };

static void guard_leaves_a_served_vlan_to_its_own_guard(void **state)
{
	static const struct row other = { .pass = PASS_OTHER_IFACE };
	const struct frame_spec untagged = { .six = false };
	const struct frame_spec one = { .tags = { lan } };

	assert_tagged_as(*state, wan, &untagged, &other);
	assert_tagged_as(*state, provider, &one, &other);
}

static void guard_protects_what_has_a_tag_beside_it(void **state)
{
	static const struct row protected = { .pass = PASS_STEER_HOST };
	const struct frame_spec untagged = { .six = false };
	const struct frame_spec one = { .tags = { nobodys } };
	const struct frame_spec two = { .tags = { priority, nobodys } };

	assert_tagged_as(*state, nobodys, &untagged, &protected);
	assert_tagged_as(*state, lan, &untagged, &protected);
	assert_tagged_as(*state, priority, &untagged, &protected);
	assert_tagged_as(*state, nobodys, &one, &protected);
	assert_tagged_as(*state, nobodys, &two, &protected);
}

static void guard_drops_three_vlans(void **state)
{
	static const struct row unparsed = { .drop = DROP_UNPARSED };
	const struct frame_spec two = { .tags = { nobodys, nobodys } };

	assert_tagged_as(*state, nobodys, &two, &unparsed);
}

#define LIVE(f)                                                   \
	{                                                         \
		.name = #f, .test_func = f, .setup_func = attach, \
		.teardown_func = take_off,                        \
	}

static struct CMUnitTest tests[] = {
	LIVE(guard_lets_out_a_socket_of_our_own),
	LIVE(guard_protects_port_500_of_another_socket),
	LIVE(guard_lets_a_lookup_out_to_its_resolver_alone),
	LIVE(answer_comes_in_from_the_resolver_to_the_lookup_alone),
	LIVE(guard_lets_tcp_out_by_its_socket_alone),
	LIVE(tcp_comes_in_to_a_connection_of_ours_alone),
	LIVE(tcp_comes_in_to_the_port_at_which_we_listen),
	LIVE(guard_drops_an_ipv4_header_cut_anywhere),
	LIVE(guard_drops_ipv6_headers_cut_anywhere),
	LIVE(guard_leaves_a_served_vlan_to_its_own_guard),
	LIVE(guard_protects_what_has_a_tag_beside_it),
	LIVE(guard_drops_three_vlans),
};

int main(void)
{
	struct fixture fx = { 0 };
	int failed = 1;

	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tests[i].initial_state = &fx;
	if (fixture_start(&fx))
		failed = cmocka_run_group_tests_name("guard", tests, NULL, NULL);
	fixture_stop(&fx);
	return failed;
}
