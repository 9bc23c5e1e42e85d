// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fragments for this host, and of ICMP that leaves it, one after the other: each case is a packet of its own,
 * by its identification, and its steps are how its fragments come.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/libbpf.h>

#include "ctrl/base/clock.h"
#include "ctrl/model/status.h"
#include "include/audit.h"
#include "include/fragment.h"
#include "tests/bpf/run.h"

#define AT_ID	  18
#define AT6_ID	  58 /* low half, in a fragment header that is the only one */
#define STEPS_MAX 4

#define FIRST4 .overwrite = { AT_FRAGMENT, 0x2000 }
#define LATER4 .overwrite = { AT_FRAGMENT, 0x0003 }
#define FIRST6 \
	.ext = { 1, { EXT_FRAGMENT } }, .overwrite = { AT6_FRAGMENT, 0x0001 }
#define LATER6 \
	.ext = { 1, { EXT_FRAGMENT } }, .overwrite = { AT6_FRAGMENT, 0x0018 }

#define V4	.saddr = STRANGER, .daddr = GATEWAY_OUT
#define V6	.saddr = STRANGER6, .daddr = GATEWAY_OUT6
#define ESP	.protocol = PROTO_ESP, .spi = SPI_ESP
#define AH	.protocol = PROTO_AH, .spi = SPI_AH
/* The length that UDP's header has is the whole packet's. */
#define UDP_ESP .port = 4500, .udp_bytes = 1400, .spi = SPI_ESP
#define IKE	.port = 500, .udp_bytes = 1400
#define IKE_NAT .port = 4500, .udp_bytes = 1400 /* four zero octets */
#define DNS	.port = 53, .udp_bytes = 1400

#define TO_WORKER(ref) .pass = PASS_STEER_IN, .sa = ref
#define FOLLOWS	       .pass = PASS_STEER_IN, .no_sa = true
#define PLAIN	       .pass = PASS_STEER_IN, .no_sa = true, .plain = true

/* From a router whom no policy covers, to where one protects. */
#define ICMP_OUT(type)                                                  \
	.saddr = OTHER_HOST, .daddr = FAR_HOST, .protocol = PROTO_ICMP, \
	.port = (type) << 8
#define ICMP_OUT6(type)                                 \
	.saddr = OTHER_HOST6, .daddr = PROTECTED_HOST6, \
	.protocol = PROTO_ICMPV6, .port = (type) << 8
#define ICMP_BYPASSED(type)                                                \
	.saddr = LAN_HOST, .daddr = BYPASSED_HOST, .protocol = PROTO_ICMP, \
	.port = (type) << 8
#define QUOTES_PROTECTED .about = FAR_HOST, .to = LAN_HOST
#define QUOTES_CLEAR	 .about = STRANGER, .to = LAN_HOST

struct chain {
	const char *name;
	struct row step[STEPS_MAX]; /* up to one without a saddr */
};

static const struct chain chains[] = {
	{ "fragments of ESP go to the worker, the first with its SA",
	  { { .frame = { V4, ESP, FIRST4 }, TO_WORKER(SA_IN_ESP) },
	    { .frame = { V4, ESP, LATER4 }, FOLLOWS } } },
	{ "so do those of AH",
	  { { .frame = { V4, AH, FIRST4 }, TO_WORKER(SA_IN_AH) },
	    { .frame = { V4, AH, LATER4 }, FOLLOWS } } },
	{ "so do those of ESP in UDP",
	  { { .frame = { V4, UDP_ESP, FIRST4 }, TO_WORKER(SA_IN_ESP) },
	    { .frame = { V4, UDP_ESP, LATER4 }, FOLLOWS } } },
	{ "so do those of ESP over IPv6",
	  { { .frame = { V6, ESP, FIRST6 }, TO_WORKER(SA_IN_ESP6) },
	    { .frame = { V6, ESP, LATER6 }, FOLLOWS } } },
	{ "so do those of ESP in UDP over IPv6",
	  { { .frame = { V6, UDP_ESP, FIRST6 }, TO_WORKER(SA_IN_ESP6) },
	    { .frame = { V6, UDP_ESP, LATER6 }, FOLLOWS } } },
	{ "whatever the order",
	  { { .frame = { V4, UDP_ESP, LATER4 }, FOLLOWS },
	    { .frame = { V4, UDP_ESP, FIRST4 }, TO_WORKER(SA_IN_ESP) },
	    { .frame = { V4, UDP_ESP, LATER4 }, FOLLOWS } } },
	{ "of ESP, too",
	  { { .frame = { V6, ESP, LATER6 }, FOLLOWS },
	    { .frame = { V6, ESP, FIRST6 }, TO_WORKER(SA_IN_ESP6) } } },
	{ "an unknown SPI drops all that follows",
	  { { .frame = { V4, .protocol = PROTO_ESP, .spi = 0x777, FIRST4 },
	      .drop = DROP_SPI_UNKNOWN },
	    { .frame = { V4, ESP, LATER4 }, .drop = DROP_SPI_UNKNOWN } } },
	{ "also of what waits for it",
	  { { .frame = { V4, ESP, LATER4 }, FOLLOWS },
	    { .frame = { V4, .protocol = PROTO_ESP, .spi = 0x777, FIRST4 },
	      .drop = DROP_SPI_UNKNOWN },
	    { .frame = { V4, ESP, LATER4 }, .drop = DROP_SPI_UNKNOWN } } },
	{ "fragments of IKE are the kernel's",
	  { { .frame = { V4, IKE, FIRST4 }, .pass = PASS_IKE },
	    { .frame = { V4, IKE, LATER4 }, .pass = PASS_IKE } } },
	{ "also by port 4500",
	  { { .frame = { V6, IKE_NAT, FIRST6 }, .pass = PASS_IKE },
	    { .frame = { V6, IKE_NAT, LATER6 }, .pass = PASS_IKE } } },
	{ "those of IKE that one waits for follow it",
	  { { .frame = { V4, IKE, LATER4 }, FOLLOWS },
	    { .frame = { V4, IKE, FIRST4 }, PLAIN },
	    { .frame = { V4, IKE, LATER4 }, FOLLOWS } } },
	{ "over IPv6 alike",
	  { { .frame = { V6, IKE_NAT, LATER6 }, FOLLOWS },
	    { .frame = { V6, IKE_NAT, FIRST6 }, PLAIN } } },
	{ "other UDP is the SPD's to judge, by its first fragment",
	  { { .frame = { V4, DNS, FIRST4 }, .pass = PASS_DEFAULT },
	    { .frame = { V4, DNS, LATER4 }, .pass = PASS_DEFAULT } } },
	{ "which has to come first: what is in the clear is not ipsec0's",
	  { { .frame = { V4, DNS, LATER4 }, FOLLOWS },
	    { .frame = { V4, DNS, FIRST4 }, .drop = DROP_FRAGMENT_LATE } } },
	{ "and drops where it has to",
	  { { .on = GW_DISCARD,
	      .frame = { V4, DNS, FIRST4 },
	      .drop = DROP_DEFAULT_DISCARD },
	    { .on = GW_DISCARD,
	      .frame = { V4, DNS, LATER4 },
	      .drop = DROP_DEFAULT_DISCARD } } },
	{ "what has to come protected is not put together",
	  { { .frame = { .daddr = GATEWAY_IN, DNS, LATER4 }, FOLLOWS },
	    { .frame = { .daddr = GATEWAY_IN, DNS, FIRST4 },
	      .drop = DROP_PLAINTEXT_IN },
	    { .frame = { .daddr = GATEWAY_IN, DNS, LATER4 },
	      .drop = DROP_PLAINTEXT_IN } } },
	{ "a first fragment of the same identification is another packet's",
	  { { .frame = { V4, IKE, FIRST4 }, .pass = PASS_IKE },
	    { .frame = { V4, UDP_ESP, FIRST4 }, TO_WORKER(SA_IN_ESP) },
	    { .frame = { V4, UDP_ESP, LATER4 }, FOLLOWS } } },
	{ "an identification is one protocol's",
	  { { .frame = { V4, IKE, FIRST4 }, .pass = PASS_IKE },
	    { .frame = { V4, ESP, LATER4 }, FOLLOWS } } },
	{ "a first fragment of other protocols is the SPD's as ever",
	  { { .frame = { V4, .protocol = PROTO_TCP, FIRST4 },
	      .pass = PASS_DEFAULT },
	    { .frame = { V4, .protocol = PROTO_TCP, LATER4 },
	      .pass = PASS_DEFAULT } } },
	{ "headers behind the fragment header hide the identification",
	  { { .frame = { V6, UDP_ESP,
			 .ext = { 2, { EXT_FRAGMENT, EXT_DEST_OPTIONS } },
			 .overwrite = { AT6_FRAGMENT, 0x0001 } },
	      .drop = DROP_IPSEC_FRAGMENT } } },
	{ "a worker that is not there takes none",
	  { { .frame = { V4, ESP, LATER4 },
	      .queue = 1,
	      .drop = DROP_NO_WORKER } } },
	{ "fragments for others are no business of ours",
	  { { .frame = { .daddr = LAN_HOST, IKE, LATER4 },
	      .drop = DROP_PLAINTEXT_IN } } },
};

/* What leaves. */
static const struct chain guard_chains[] = {
	{ "guard: what follows an ICMP error that may not leave doesn't either",
	  { { .frame = { ICMP_OUT(ICMP_UNREACHABLE), QUOTES_PROTECTED, FIRST4 },
	      .drop = DROP_ICMP_QUOTE },
	    { .frame = { ICMP_OUT(0), LATER4 }, .drop = DROP_FRAGMENT_PORTS } } },
	{ "guard: nor what comes before it",
	  { { .frame = { ICMP_OUT(0), LATER4 }, .drop = DROP_FRAGMENT_PORTS },
	    { .frame = { ICMP_OUT(ICMP_UNREACHABLE), QUOTES_PROTECTED, FIRST4 },
	      .drop = DROP_ICMP_QUOTE } } },
	{ "guard: over IPv6 alike",
	  { { .frame = { ICMP_OUT6(ICMPV6_TOO_BIG), .about = PROTECTED_HOST6,
			 .to = LAN_HOST6, FIRST6 },
	      .drop = DROP_ICMP_QUOTE },
	    { .frame = { ICMP_OUT6(0), LATER6 }, .drop = DROP_FRAGMENT_PORTS } } },
	{ "guard: what a BYPASS policy passes, too",
	  { { .frame = { ICMP_BYPASSED(ICMP_PARAMETER_PROBLEM),
			 QUOTES_PROTECTED, FIRST4 },
	      .drop = DROP_ICMP_QUOTE },
	    { .frame = { ICMP_BYPASSED(0), LATER4 },
	      .drop = DROP_FRAGMENT_PORTS } } },
	{ "guard: an ICMP error about what came in the clear passes whole",
	  { { .frame = { ICMP_OUT(ICMP_UNREACHABLE), QUOTES_CLEAR, FIRST4 },
	      .pass = PASS_DEFAULT },
	    { .frame = { ICMP_OUT(0), LATER4 }, .pass = PASS_DEFAULT } } },
	{ "guard: so does a ping",
	  { { .frame = { ICMP_BYPASSED(ICMP_ECHO), FIRST4 }, .pass = PASS_BYPASS },
	    { .frame = { ICMP_BYPASSED(0), LATER4 }, .pass = PASS_BYPASS } } },
	{ "guard: a ping of IPv6",
	  { { .frame = { ICMP_OUT6(ICMPV6_INFO_MIN), FIRST6 },
	      .pass = PASS_DEFAULT },
	    { .frame = { ICMP_OUT6(0), LATER6 }, .pass = PASS_DEFAULT } } },
	{ "guard: an ICMP error has not the verdict of a ping before it",
	  { { .frame = { ICMP_OUT(ICMP_ECHO), FIRST4 }, .pass = PASS_DEFAULT },
	    { .frame = { ICMP_OUT(ICMP_UNREACHABLE), QUOTES_PROTECTED, FIRST4 },
	      .drop = DROP_ICMP_QUOTE },
	    { .frame = { ICMP_OUT(0), LATER4 }, .drop = DROP_FRAGMENT_PORTS } } },
	{ "guard: where everything may leave, they do",
	  { { .on = GW_BYPASS_ALL,
	      .frame = { ICMP_OUT(0), LATER4 },
	      .pass = PASS_DEFAULT } } },
	{ "guard: where nothing may, they drop for that",
	  { { .on = GW_DISCARD,
	      .frame = { ICMP_OUT(0), LATER4 },
	      .drop = DROP_DEFAULT_DISCARD } } },
};

static struct fixture fx;
static uint16_t next_id;

static void put_id(struct frame *f, const struct frame_spec *s, uint16_t id)
{
	frame_wr16(f, frame_is_six(s) ? AT6_ID + 2 : AT_ID, id);
}

static void run_by(enum program program, const struct row *row, uint16_t id)
{
	const struct row_case c = { &fx, program, row };
	struct frame f;

	row_build(&c, &f);
	put_id(&f, &row->frame, id);
	assert_row(&c, &f);
}

static void run_step(const struct row *row, uint16_t id)
{
	run_by(PROGRAM_UNPROTECTED, row, id);
}

static void run_chain(enum program program, const struct chain *chain)
{
	const uint16_t id = ++next_id;

	for (size_t i = 0; i < STEPS_MAX && chain->step[i].frame.daddr; i++)
		run_by(program, &chain->step[i], id);
}

static void chain_holds(void **state)
{
	run_chain(PROGRAM_UNPROTECTED, *state);
}

static void guard_chain_holds(void **state)
{
	run_chain(PROGRAM_GUARD, *state);
}

/* --- time */

static int map_fd(const char *name)
{
	struct map_status maps[STATUS_MAPS_MAX];
	size_t n = programs_maps(fx.programs[GW_BYPASS], maps, ARRAY_LEN(maps));

	for (size_t i = 0; i < n; i++)
		if (strcmp(maps[i].name, name) == 0)
			return bpf_map_get_fd_by_id(maps[i].id);
	fail_msg("no map %s", name);
	return -1;
}

/* As if all that is known had been left so long ago. */
static void wait_s(uint64_t s)
{
	struct fragment_key key = { 0 }, next;
	struct fragment_verdict v;
	int fd = map_fd("fragments");

	while (!bpf_map_get_next_key(fd, &key, &next)) {
		key = next;
		if (bpf_map_lookup_elem(fd, &key, &v))
			continue;
		v.since_ns -= s * 1000000000ULL;
		assert_int_equal(bpf_map_update_elem(fd, &key, &v, BPF_EXIST),
				 0);
	}
	close(fd);
}

/* A later fragment of IKE follows its first one so long, and no longer. */
static void assert_verdict_ends(const struct row *first, const struct row *later,
				const struct row *lost, uint64_t s)
{
	const uint16_t id = ++next_id;

	run_step(first, id);
	wait_s(s - 1);
	run_step(later, id);
	wait_s(1);
	run_step(lost, id);
}

static void verdict_ends_with_the_time_that_a_packet_has(void **state)
{
	static const struct row v4[] = {
		{ .frame = { V4, IKE, FIRST4 }, .pass = PASS_IKE },
		{ .frame = { V4, IKE, LATER4 }, .pass = PASS_IKE },
		{ .frame = { V4, IKE, LATER4 }, FOLLOWS },
	};
	static const struct row v6[] = {
		{ .frame = { V6, IKE, FIRST6 }, .pass = PASS_IKE },
		{ .frame = { V6, IKE, LATER6 }, .pass = PASS_IKE },
		{ .frame = { V6, IKE, LATER6 }, FOLLOWS },
	};

	(void)state;
	assert_verdict_ends(&v4[0], &v4[1], &v4[2], FRAGMENT_V4_S);
	assert_verdict_ends(&v6[0], &v6[1], &v6[2], FRAGMENT_V6_S);
}

static void first_fragment_makes_its_verdict_young_again(void **state)
{
	static const struct row first = { .frame = { V4, IKE, FIRST4 },
					  .pass = PASS_IKE };
	static const struct row later = { .frame = { V4, IKE, LATER4 },
					  .pass = PASS_IKE };
	const uint16_t id = ++next_id;

	(void)state;
	run_step(&first, id);
	wait_s(FRAGMENT_V4_S - 1);
	run_step(&first, id);
	wait_s(FRAGMENT_V4_S - 1);
	run_step(&later, id);
}

static void first_fragment_too_short_to_say_what_it_is_drops(void **state)
{
	const struct row row = {
		.frame = { V4, .port = 4500, .spi = SPI_ESP, .udp_bytes = 1400,
			   .overwrite = { AT_FRAGMENT, 0x2000 } },
		.drop = DROP_ESP_TRUNCATED,
	};
	const struct row_case c = { &fx, PROGRAM_UNPROTECTED, &row };
	struct frame f;

	(void)state;
	row_build(&c, &f);
	put_id(&f, &row.frame, ++next_id);
	frame_wr16(&f, AT_TOTAL, IPV4_HEADER_BYTES + UDP_HEADER_BYTES);
	assert_row(&c, &f);
}

/* --- against policies of ports (RFC 4301 section 7) */

static void set_policy(const struct policy *policy, uint32_t gen)
{
	struct spd_image image;

	assert_int_equal(classify_compile(policy, 1, gen, &image), 0);
	assert_int_equal(programs_set_policies(fx.programs[GW_BYPASS], &image),
			 0);
	image_free(&image);
}

static void protect_port_53(void)
{
	struct policy policy;

	assert_true(fixture_policy("10.1.0.0/24", "10.3.0.0/24", PROTO_UDP,
				   &policy));
	policy.id = POLICY_TCP;
	policy.action = SPD_PROTECT;
	policy.selector.remote_port_min = policy.selector.remote_port_max = 53;
	set_policy(&policy, POLICY_GEN);
}

static void assert_fate(enum program program, const struct row *row)
{
	const struct row_case c = { &fx, program, row };
	struct frame f;

	row_build(&c, &f);
	assert_row(&c, &f);
}

static void protect_stranger(uint32_t gen)
{
	struct policy policy;

	assert_true(
		fixture_policy(GATEWAY_OUT "/32", STRANGER "/32", 0, &policy));
	policy.id = POLICY_PROTECT;
	set_policy(&policy, gen);
}

/* As is the next one, with other policies: they are the last. */
static void verdict_of_the_policies_ends_with_their_list(void **state)
{
	static const struct row dns[] = {
		{ .frame = { V4, DNS, FIRST4 }, .pass = PASS_DEFAULT },
		{ .frame = { V4, DNS, LATER4 }, .pass = PASS_DEFAULT },
		{ .frame = { V4, DNS, LATER4 }, FOLLOWS },
		{ .frame = { V4, DNS, FIRST4 }, .drop = DROP_PLAINTEXT_IN },
		{ .frame = { V4, DNS, LATER4 }, .drop = DROP_PLAINTEXT_IN },
	};
	static const struct row ike[] = {
		{ .frame = { V4, IKE, FIRST4 }, .pass = PASS_IKE },
		{ .frame = { V4, IKE, LATER4 }, .pass = PASS_IKE },
	};
	const uint16_t id = ++next_id, ike_id = ++next_id;

	(void)state;
	run_step(&dns[0], id);
	run_step(&dns[1], id);
	run_step(&ike[0], ike_id);
	protect_stranger(POLICY_GEN + 1);
	run_step(&dns[2], id);
	run_step(&dns[3], id);
	run_step(&dns[4], id);
	run_step(&ike[1], ike_id);
}

static void later_fragment_does_not_pass_by_a_policy_of_ports(void **state)
{
	static const struct row out = { .frame = { .daddr = TCP_HOST, LATER4 },
					.drop = DROP_FRAGMENT_PORTS };
	static const struct row in = { .frame = { .saddr = TCP_HOST, LATER4 },
				       .drop = DROP_FRAGMENT_PORTS };
	static const struct row tcp = {
		.frame = { .daddr = TCP_HOST, .protocol = PROTO_TCP, LATER4 },
		.pass = PASS_DEFAULT
	};
	static const struct row first = {
		.frame = { .daddr = TCP_HOST, .port = 53, FIRST4 },
		.pass = PASS_STEER_OUT,
		.policy_id = POLICY_TCP,
		.sa = SA_TCP
	};

	(void)state;
	protect_port_53();
	assert_fate(PROGRAM_PROTECTED, &out);
	assert_fate(PROGRAM_GUARD, &out);
	assert_fate(PROGRAM_UNPROTECTED, &in);
	assert_fate(PROGRAM_PROTECTED, &tcp);
	assert_fate(PROGRAM_PROTECTED, &first);
}

/* --- audited */

#define HEARD_MAX 8

struct heard {
	uint32_t n;
	struct audit_record at[HEARD_MAX];
};

static int on_record(void *ctx, void *data, size_t bytes)
{
	struct heard *heard = ctx;

	if (bytes == sizeof(heard->at[0]) && heard->n < HEARD_MAX)
		memcpy(&heard->at[heard->n++], data, bytes);
	return 0;
}

/* What was told for the audit log since the last time. */
static struct heard hear(void)
{
	struct heard heard = { 0 };
	int fd = map_fd("audits");
	struct ring_buffer *ring = ring_buffer__new(fd, on_record, &heard, NULL);

	assert_non_null(ring);
	ring_buffer__consume(ring);
	ring_buffer__free(ring);
	close(fd);
	return heard;
}

/* First of all: of each reason one is told, and the next ones some time later. */
static void first_fragment_with_an_unknown_spi_is_told_for_the_log(void **state)
{
	static const struct row first = {
		.frame = { V4, .protocol = PROTO_ESP, .spi = 0x777, FIRST4 },
		.drop = DROP_SPI_UNKNOWN,
	};
	static const struct row later = { .frame = { V4, ESP, LATER4 },
					  .drop = DROP_SPI_UNKNOWN };
	static const struct row plain = {
		.frame = { .daddr = GATEWAY_IN, DNS, FIRST4 },
		.drop = DROP_PLAINTEXT_IN,
	};
	const uint16_t id = ++next_id;
	struct heard heard;

	(void)state;
	run_step(&plain, ++next_id);
	assert_int_equal(hear().n, 0);
	run_step(&first, id);
	heard = hear();
	assert_int_equal(heard.n, 1);
	assert_int_equal(heard.at[0].reason, DROP_SPI_UNKNOWN);
	assert_int_equal(heard.at[0].protocol, PROTO_ESP);
	assert_int_equal(heard.at[0].spi, htonl(0x777));
	run_step(&later, id);
	assert_int_equal(hear().n, 0);
}

/* --- many of them */

#define MANY  5000U
#define BURST 1024U /* of bpf/fragment.h */
#define PER_S 8192U /* likewise */

/* It may run on one CPU after another, each with its own. */
static void so_many_in_a_second_wait_for_a_first_one_and_no_more(void **state)
{
	static const struct row row = { .frame = { V4, ESP, LATER4 } };
	const struct row_case c = { &fx, PROGRAM_UNPROTECTED, &row };
	const struct programs *p = fx.programs[GW_BYPASS];
	struct counters before = { 0 }, after = { 0 };
	uint64_t begin_ns = clock_ns(), most, steered, full;
	struct frame f;
	struct run run;

	(void)state;
	row_build(&c, &f);
	programs_counters(p, &before);
	for (uint32_t i = 0; i < MANY; i++) {
		put_id(&f, &row.frame, ++next_id);
		run_xdp(&c, &f, &run);
	}
	programs_counters(p, &after);
	most = (uint64_t)sysconf(_SC_NPROCESSORS_CONF) *
	       (BURST + 1 + (clock_ns() - begin_ns) * PER_S / NS_PER_S);
	steered = after.passes[PASS_STEER_IN].pkts -
		  before.passes[PASS_STEER_IN].pkts;
	full = after.drops[DROP_FRAGMENT_FULL].pkts -
	       before.drops[DROP_FRAGMENT_FULL].pkts;
	assert_true(steered >= BURST);
	assert_true(steered <= most);
	assert_int_equal(steered + full, MANY);
}

static const struct CMUnitTest first[] = {
	cmocka_unit_test(first_fragment_with_an_unknown_spi_is_told_for_the_log),
	cmocka_unit_test(verdict_ends_with_the_time_that_a_packet_has),
	cmocka_unit_test(first_fragment_makes_its_verdict_young_again),
	cmocka_unit_test(first_fragment_too_short_to_say_what_it_is_drops),
};

static const struct CMUnitTest last[] = {
	cmocka_unit_test(verdict_of_the_policies_ends_with_their_list),
	cmocka_unit_test(later_fragment_does_not_pass_by_a_policy_of_ports),
	cmocka_unit_test(so_many_in_a_second_wait_for_a_first_one_and_no_more),
};

#define TESTS                                                             \
	(ARRAY_LEN(first) + ARRAY_LEN(chains) + ARRAY_LEN(guard_chains) + \
	 ARRAY_LEN(last))

static size_t put_chains(struct CMUnitTest *at, const struct chain *chain,
			 size_t n, CMUnitTestFunction holds)
{
	for (size_t i = 0; i < n; i++)
		at[i] = (struct CMUnitTest){
			.name = chain[i].name,
			.test_func = holds,
			.initial_state = (void *)(uintptr_t)&chain[i],
		};
	return n;
}

int main(void)
{
	struct CMUnitTest tests[TESTS], *at = tests;
	int failed = 1;

	memcpy(at, first, sizeof(first));
	at += ARRAY_LEN(first);
	at += put_chains(at, chains, ARRAY_LEN(chains), chain_holds);
	at += put_chains(at, guard_chains, ARRAY_LEN(guard_chains),
			 guard_chain_holds);
	memcpy(at, last, sizeof(last));
	if (fixture_start(&fx))
		failed = _cmocka_run_group_tests("fragments", tests,
						 ARRAY_LEN(tests), NULL, NULL);
	fixture_stop(&fx);
	return failed;
}
