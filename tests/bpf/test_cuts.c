// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every kind of packet that the XDP programs read, cut at every octet: once the
 * frame alone, so that the packet's lengths lie, and once packet and frame
 * alike, so that a header ends too early behind lengths that are true.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/bpf/run.h"
#define PHASES_MAX 3

/* With so many octets above IP, or more, a packet fares thus. */
struct phase {
	uint32_t from;
	enum drop_reason drop;
	enum pass_reason pass;
	struct sa_ref sa;
};

struct kind {
	const char *name;
	enum program program;
	struct frame_spec frame;
	const struct phase *phases; /* PHASES_MAX, the first from 0 */
};

#define TO_US  .saddr = STRANGER, .daddr = GATEWAY_OUT
#define TO_US6 .saddr = STRANGER6, .daddr = GATEWAY_OUT6
#define EXTENSIONS                                   \
	{                                            \
		2,                                   \
		{                                    \
			EXT_HOP_BY_HOP, EXT_FRAGMENT \
		}                                    \
	}
#define ESP_UDP_BYTES (UDP_HEADER_BYTES + ESP_HEADER_BYTES)

static const struct phase protect[PHASES_MAX] = {
	{ 0, .pass = PASS_STEER_OUT },
};

static const struct phase bypass[PHASES_MAX] = {
	{ 0, .pass = PASS_DEFAULT },
};

static const struct phase esp[PHASES_MAX] = {
	{ 0, .drop = DROP_ESP_TRUNCATED },
	{ ESP_HEADER_BYTES, .pass = PASS_STEER_IN, .sa = SA_IN_ESP },
};

static const struct phase esp6[PHASES_MAX] = {
	{ 0, .drop = DROP_ESP_TRUNCATED },
	{ ESP_HEADER_BYTES, .pass = PASS_STEER_IN, .sa = SA_IN_ESP6 },
};

static const struct phase ah[PHASES_MAX] = {
	{ 0, .drop = DROP_ESP_TRUNCATED },
	{ AH_HEADER_BYTES, .pass = PASS_STEER_IN, .sa = SA_IN_AH },
};

static const struct phase ah6[PHASES_MAX] = {
	{ 0, .drop = DROP_ESP_TRUNCATED },
	{ AH_HEADER_BYTES, .pass = PASS_STEER_IN, .sa = SA_IN_AH6 },
};

/* A UDP header that is cut has no port: the default speaks. */
static const struct phase ike[PHASES_MAX] = {
	{ 0, .pass = PASS_DEFAULT },
	{ UDP_HEADER_BYTES, .pass = PASS_IKE },
};

static const struct phase esp_udp[PHASES_MAX] = {
	{ 0, .pass = PASS_DEFAULT },
	{ UDP_HEADER_BYTES, .drop = DROP_ESP_TRUNCATED },
	{ ESP_UDP_BYTES, .pass = PASS_STEER_IN, .sa = SA_IN_ESP },
};

static const struct phase esp_udp6[PHASES_MAX] = {
	{ 0, .pass = PASS_DEFAULT },
	{ UDP_HEADER_BYTES, .drop = DROP_ESP_TRUNCATED },
	{ ESP_UDP_BYTES, .pass = PASS_STEER_IN, .sa = SA_IN_ESP6 },
};

static const struct kind kinds[] = {
	{ "protected: UDP cut anywhere",
	  PROGRAM_PROTECTED,
	  { .protocol = PROTO_UDP },
	  protect },
	{ "protected: TCP behind IPv4 options cut anywhere",
	  PROGRAM_PROTECTED,
	  { .protocol = PROTO_TCP, .options_bytes = 8 },
	  protect },
	{ "protected: UDP over IPv6 cut anywhere",
	  PROGRAM_PROTECTED,
	  { .daddr = STRANGER6 },
	  bypass },
	{ "protected: ICMPv6 behind extension headers cut anywhere",
	  PROGRAM_PROTECTED,
	  { .daddr = STRANGER6,
	    .protocol = PROTO_ICMPV6,
	    .port = 128 << 8,
	    .ext = EXTENSIONS },
	  bypass },
	{ "unprotected: ESP cut anywhere",
	  PROGRAM_UNPROTECTED,
	  { TO_US, .protocol = PROTO_ESP, .spi = SPI_ESP },
	  esp },
	{ "unprotected: ESP behind IPv4 options cut anywhere",
	  PROGRAM_UNPROTECTED,
	  { TO_US, .protocol = PROTO_ESP, .spi = SPI_ESP, .options_bytes = 40 },
	  esp },
	{ "unprotected: AH cut anywhere",
	  PROGRAM_UNPROTECTED,
	  { TO_US, .protocol = PROTO_AH, .spi = SPI_AH },
	  ah },
	{ "unprotected: ESP over IPv6 cut anywhere",
	  PROGRAM_UNPROTECTED,
	  { TO_US6, .protocol = PROTO_ESP, .spi = SPI_ESP },
	  esp6 },
	{ "unprotected: ESP behind extension headers cut anywhere",
	  PROGRAM_UNPROTECTED,
	  { TO_US6, .protocol = PROTO_ESP, .spi = SPI_ESP, .ext = EXTENSIONS },
	  esp6 },
	{ "unprotected: AH over IPv6 cut anywhere",
	  PROGRAM_UNPROTECTED,
	  { TO_US6, .protocol = PROTO_AH, .spi = SPI_AH },
	  ah6 },
	{ "unprotected: ESP of a VLAN cut anywhere",
	  PROGRAM_UNPROTECTED,
	  { TO_US, .protocol = PROTO_ESP, .spi = SPI_ESP,
	    .tags = { { ETH_P_8021Q, VID_WAN } } },
	  esp },
	{ "unprotected: ESP over IPv6 behind priority tags cut anywhere",
	  PROGRAM_UNPROTECTED,
	  { TO_US6, .protocol = PROTO_ESP, .spi = SPI_ESP, .ext = EXTENSIONS,
	    .tags = { { ETH_P_8021AD, 0 }, { ETH_P_8021Q, 0 } } },
	  esp6 },
	{ "unprotected: IKE cut anywhere",
	  PROGRAM_UNPROTECTED,
	  { TO_US, .port = IKE_PORT },
	  ike },
	{ "unprotected: IKE over IPv6 cut anywhere",
	  PROGRAM_UNPROTECTED,
	  { TO_US6, .port = IKE_PORT, .ext = EXTENSIONS },
	  ike },
	{ "unprotected: ESP in UDP cut anywhere",
	  PROGRAM_UNPROTECTED,
	  { TO_US, .port = IKE_NATT_PORT, .spi = SPI_ESP,
	    .udp_bytes = ESP_UDP_BYTES },
	  esp_udp },
	{ "unprotected: ESP in UDP over IPv6 cut anywhere",
	  PROGRAM_UNPROTECTED,
	  { TO_US6, .port = IKE_NATT_PORT, .spi = SPI_ESP,
	    .udp_bytes = ESP_UDP_BYTES, .ext = EXTENSIONS },
	  esp_udp6 },
};

struct kind_case {
	struct fixture *fx;
	const struct kind *kind;
};

static void assert_cut(const struct kind_case *c, const struct frame *f,
		       const struct phase *want)
{
	const struct row row = {
		.frame = c->kind->frame,
		.drop = want->drop,
		.pass = want->pass,
		.sa = want->sa,
	};
	const struct row_case as_row = {
		.fx = c->fx,
		.program = c->kind->program,
		.row = &row,
	};

	assert_row(&as_row, f);
}

static void build(const struct kind_case *c, struct frame *f)
{
	const struct row row = { .frame = c->kind->frame };
	const struct row_case as_row = {
		.program = c->kind->program,
		.row = &row,
	};

	row_build(&as_row, f);
}

/* How a packet fares with so many octets above IP. */
static const struct phase *phase_of(const struct kind *k, uint32_t upper)
{
	const struct phase *found = &k->phases[0];

	for (size_t i = 1; i < PHASES_MAX; i++)
		if (k->phases[i].from && upper >= k->phases[i].from)
			found = &k->phases[i];
	return found;
}

static uint32_t l3_of(const struct kind *k)
{
	return ETH_HEADER_BYTES + frame_tags_bytes(&k->frame);
}

/* total: of the packet, its header and what is behind it. */
static void set_length(const struct kind *k, struct frame *f, uint32_t total)
{
	const uint32_t tags = frame_tags_bytes(&k->frame);

	if (frame_is_six(&k->frame))
		frame_wr16(f, AT6_PAYLOAD + tags,
			   (uint16_t)(total - IPV6_HEADER_BYTES));
	else
		frame_wr16(f, AT_TOTAL + tags, (uint16_t)total);
}

static void cut_anywhere(void **state)
{
	static const struct phase malformed = { .drop = DROP_IP_MALFORMED };
	static const struct phase unparsed = { .drop = DROP_UNPARSED };
	const struct kind_case *c = *state;
	const struct kind *k = c->kind;
	const uint32_t l3 = l3_of(k);
	uint32_t whole, fixed, headers;
	struct frame f;

	build(c, &f);
	whole = f.bytes;
	headers = whole - l3 - PAYLOAD_BYTES;
	fixed = frame_is_six(&k->frame) ? IPV6_HEADER_BYTES : headers;
	for (f.bytes = ETH_HEADER_BYTES; f.bytes < l3; f.bytes++)
		assert_cut(c, &f, &unparsed);
	for (; f.bytes < whole; f.bytes++)
		assert_cut(c, &f, &malformed);
	for (; f.bytes >= l3 + fixed; f.bytes--) {
		const uint32_t total = f.bytes - l3;

		set_length(k, &f, total);
		assert_cut(c, &f,
			   total < headers ? &malformed
					   : phase_of(k, total - headers));
	}
}

int main(void)
{
	static struct kind_case cases[ARRAY_LEN(kinds)];
	static struct CMUnitTest tests[ARRAY_LEN(kinds)];
	struct fixture fx = { 0 };
	int failed = 1;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		cases[i] = (struct kind_case){ .fx = &fx, .kind = &kinds[i] };
		tests[i] = (struct CMUnitTest){
			.name = kinds[i].name,
			.test_func = cut_anywhere,
			.initial_state = &cases[i],
		};
	}
	if (fixture_start(&fx))
		failed = cmocka_run_group_tests_name("cuts", tests, NULL, NULL);
	fixture_stop(&fx);
	return failed;
}
