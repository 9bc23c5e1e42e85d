// SPDX-License-Identifier: BSD-2-Clause
/*
 * ESP in transport mode on the way in: what a peer may seal and what not, whatever stands
 * in front of it, and checksums behind a NAT. After every case
 * the books of frames and packets must balance.
 */
#include "tests/unit/transport_fixture.h"

#include "ctrl/wire/transport.h"

/* --- in --- */

static void packet_of_a_tunnel_is_not_taken_by_a_transport_sa(void **state)
{
	struct gateway *g = gateway_of(v4);
	struct ip_header inner = gateway_inner();
	uint8_t packet[FRAME_BYTES], text[FRAME_BYTES], l3[FRAME_BYTES];
	uint32_t bytes;

	(void)state;
	gateway_packet(packet, &inner);
	bytes = gateway_text(g, packet, 100, text);
	step_in(g, l3, gateway_seal(g, text, bytes, l3));
	assert_drop(g, DROP_NEXT_HEADER);
}

static void packet_of_transport_mode_is_not_taken_by_a_tunnels_sa(void **state)
{
	struct gateway *g = gateway_of(v4);
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_usual(g, l3);

	(void)state;
	g->in->transport = false;
	step_in(g, l3, bytes);
	assert_drop(g, DROP_NEXT_HEADER);
}

/* As others may do it. */
static void ipv6_options_for_the_destination_may_stand_before_esp(void **state)
{
	struct gateway *g = gateway_of(v6);
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES], want[FRAME_BYTES];
	uint32_t bytes = seal_usual(g, l3);

	(void)state;
	make_extended(g, packet);
	memmove(l3 + 64, l3 + 40, bytes - 40);
	memcpy(l3 + 40, packet + 40, 24);
	l3[6] = packet[6];
	l3[56] = PROTO_ESP;
	put_u16(l3 + 4, (uint16_t)(bytes + 24 - 40));
	step_in(g, l3, bytes + 24);
	make(g, 100, want);
	memmove(want + 64, want + 40, 60);
	memcpy(want + 40, packet + 40, 24);
	want[6] = packet[6];
	put_u16(want + 4, 124 - 40);
	assert_comes_up(g, want, 124);
	gateway_end(g);
}

/* ESP does not cover the header in front of it. */
static void packet_from_elsewhere_is_not_the_peers(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct gateway *g = gateway_of(i ? v6 : v4);
		uint8_t l3[FRAME_BYTES];
		uint32_t bytes = seal_usual(g, l3);

		l3[i ? 23 : 15] ^= 8;
		packet_mend_checksum(l3, bytes);
		step_in(g, l3, bytes);
		assert_drop(g, DROP_SELECTOR);
	}
}

/* Of the SA alone, which knows what it may carry. */
static void name_protocol(struct gateway *g, struct sa_rt *sa, uint8_t protocol)
{
	const struct addr *local = sa == g->out ? &sa->saddr : &sa->daddr;
	const struct addr *remote = sa == g->out ? &sa->daddr : &sa->saddr;
	const struct sa_rule rule = {
		.selector = { .local_min = *local,
			      .local_max = *local,
			      .remote_min = *remote,
			      .remote_max = *remote,
			      .local_port_max = UINT16_MAX,
			      .remote_port_max = UINT16_MAX,
			      .protocol = protocol },
		.accept = true,
	};

	assert_int_equal(sad_set_rules(g->sad, sa->ref, &rule, 1), 0);
}

static struct gateway *gateway_naming(const struct form *f, uint8_t protocol)
{
	struct gateway *g = gateway_of(f);

	name_protocol(g, g->out, protocol);
	name_protocol(g, g->in, protocol);
	return g;
}

static uint32_t make_of(const struct gateway *g, uint8_t protocol, uint8_t *l3)
{
	struct ip_header h = header_of(g, 100);

	h.protocol = protocol;
	gateway_packet(l3, &h);
	return 100;
}

static void assert_goes_both_ways(const struct form *f, uint8_t protocol)
{
	struct gateway *g = gateway_naming(f, protocol);
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];
	uint32_t bytes = make_of(g, protocol, packet);

	bytes = seal(g, packet, bytes, l3);
	step_in(g, l3, bytes);
	assert_comes_up(g, packet, 100);
	assert_int_equal(gateway_dropped(g), 0);
	gateway_end(g);
}

static void ip_in_ip_that_is_named_goes_both_ways(void **state)
{
	(void)state;
	assert_goes_both_ways(v4, PROTO_IPIP);
}

/* The tunnel is GRE's, and SAs of GRE alone protect it: as routers have it. */
static void gre_that_is_named_goes_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMS; i++)
		assert_goes_both_ways(&forms[i], PROTO_GRE);
}

static void what_is_no_gre_is_not_of_an_sa_of_gre(void **state)
{
	static const uint8_t others[] = { PROTO_UDP, PROTO_ICMP };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(others); i++) {
		const uint8_t protocol = others[i / 2];
		const bool in = i % 2;
		struct gateway *g = gateway_naming(v4, PROTO_GRE);
		uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];
		uint32_t bytes = make_of(g, protocol, packet);

		if (in) {
			name_protocol(g, g->out, protocol);
			bytes = seal(g, packet, bytes, l3);
			step_in(g, l3, bytes);
		} else {
			g->out->narrow = true;
			step_host(g, packet, bytes);
		}
		assert_drop(g, DROP_SELECTOR);
	}
}

/* Some text that a peer might seal. */
static void step_text(struct gateway *g, const uint8_t *inside, uint32_t n,
		      uint8_t next_header)
{
	uint8_t text[FRAME_BYTES], l3[FRAME_BYTES];
	uint32_t bytes = gateway_text(g, inside, n, text);

	text[bytes - 1] = next_header;
	step_in(g, l3, gateway_seal(g, text, bytes, l3));
}

/* One octet of a good text changed. At its end stand what the padding's length is, and
 * the next header. */
static const struct {
	const char *name;
	int at; /* from the end */
	uint8_t octet;
	enum drop_reason reason;
} footers[] = {
	{ "one octet less of padding", -2, 1, DROP_PADDING },
	{ "one octet more of padding", -2, 3, DROP_PADDING },
	{ "more padding than text", -2, 255, DROP_PADDING },
	{ "padding ends with 3", -3, 3, DROP_PADDING },
	{ "a dummy", -1, PROTO_NONE, DROP_DUMMY },
	{ "a whole packet", -1, PROTO_IPIP, DROP_NEXT_HEADER },
};

/* Two octets of padding behind 40 octets of UDP. */
static void damaged_footer_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(footers) / sizeof(footers[0]); i++) {
		struct gateway *g = gateway_of(v4);
		uint8_t text[44] = { 0 }, l3[FRAME_BYTES];

		print_message("%s\n", footers[i].name);
		text[sizeof(text) - 4] = 1;
		text[sizeof(text) - 3] = 2;
		text[sizeof(text) - 2] = 2;
		text[sizeof(text) - 1] = PROTO_UDP;
		text[(int)sizeof(text) + footers[i].at] = footers[i].octet;
		step_in(g, l3, gateway_seal(g, text, sizeof(text), l3));
		assert_int_equal(g->in->replay.top, 1);
		assert_drop(g, footers[i].reason);
	}
}

static void fragment_inside_is_not_taken(void **state)
{
	static const uint8_t fragment[16] = { PROTO_UDP, 0, 0, 1 };
	struct gateway *g = gateway_of(v6);

	(void)state;
	step_text(g, fragment, sizeof(fragment), EXT_FRAGMENT);
	assert_drop(g, DROP_TRANSPORT);
}

static void ip_behind_options_inside_is_not_taken(void **state)
{
	static const uint8_t options[48] = { PROTO_IPV6, 0, 1, 4 };
	struct gateway *g = gateway_of(v6);

	(void)state;
	step_text(g, options, sizeof(options), EXT_DEST_OPTIONS);
	assert_drop(g, DROP_NEXT_HEADER);
}

static void extension_header_that_ends_outside_is_malformed(void **state)
{
	static const uint8_t options[8] = { PROTO_UDP, 1 };
	struct gateway *g = gateway_of(v6);

	(void)state;
	step_text(g, options, sizeof(options), EXT_DEST_OPTIONS);
	assert_drop(g, DROP_INNER_MALFORMED);
}

static void source_route_inside_is_not_followed(void **state)
{
	static const uint8_t routing[32] = { PROTO_UDP, 2, 4, 1 };
	struct gateway *g = gateway_of(v6);

	(void)state;
	step_text(g, routing, sizeof(routing), EXT_ROUTING);
	assert_drop(g, DROP_SELECTOR);
}

static void dummy_is_discarded(void **state)
{
	static const uint8_t nothing[20] = { 0 };
	struct gateway *g = gateway_of(v4);

	(void)state;
	step_text(g, nothing, sizeof(nothing), PROTO_NONE);
	assert_drop(g, DROP_DUMMY);
}

/* No octet at all is a packet, too. */
static void nothing_inside_comes_up_as_a_bare_header(void **state)
{
	struct gateway *g = gateway_of(v4);
	uint8_t got[FRAME_BYTES], dmac[6];

	(void)state;
	step_text(g, got, 0, 253);
	assert_int_equal(gateway_host_take(g, got, dmac), 20);
	assert_int_equal(got[9], 253);
	gateway_end(g);
}

/* --- NAT --- */

/* A SYN of TCP whose sender knows itself under another address. */
static uint32_t make_syn(const struct gateway *g, uint8_t *l3)
{
	struct ip_header h = header_of(g, 60);

	h.protocol = PROTO_TCP;
	gateway_packet(l3, &h);
	put_u16(l3 + 20 + 12, 5 << 12 | TCP_SYN);
	put_u16(l3 + 20 + 16, 0xbad);
	return h.total_bytes;
}

static void checksum_is_made_anew_behind_a_nat(void **state)
{
	struct gateway *g = gateway_of(v4_udp);
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];
	uint32_t bytes = seal(g, packet, make_syn(g, packet), l3);
	struct ip_header h;

	(void)state;
	know_mtu(g, GATEWAY_MTU);
	step_in(g, l3, bytes);
	assert_true(ip_parse(slice_of(packet, 60), &h));
	ip_sum_upper(packet, &h);
	assert_true(packet[36] != 0x0b || packet[37] != 0xad);
	assert_comes_up(g, packet, 60);
	gateway_end(g);
}

static void checksum_of_what_came_bare_is_its_senders(void **state)
{
	struct gateway *g = gateway_of(v4);
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];
	uint32_t bytes = seal(g, packet, make_syn(g, packet), l3);

	(void)state;
	know_mtu(g, GATEWAY_MTU);
	step_in(g, l3, bytes);
	assert_comes_up(g, packet, 60);
	gateway_end(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			ipv6_options_for_the_destination_may_stand_before_esp),
		cmocka_unit_test(ip_in_ip_that_is_named_goes_both_ways),
		cmocka_unit_test(gre_that_is_named_goes_both_ways),
		cmocka_unit_test(what_is_no_gre_is_not_of_an_sa_of_gre),
		cmocka_unit_test(
			packet_of_a_tunnel_is_not_taken_by_a_transport_sa),
		cmocka_unit_test(
			packet_of_transport_mode_is_not_taken_by_a_tunnels_sa),
		cmocka_unit_test(packet_from_elsewhere_is_not_the_peers),
		cmocka_unit_test(fragment_inside_is_not_taken),
		cmocka_unit_test(ip_behind_options_inside_is_not_taken),
		cmocka_unit_test(extension_header_that_ends_outside_is_malformed),
		cmocka_unit_test(damaged_footer_is_refused),
		cmocka_unit_test(source_route_inside_is_not_followed),
		cmocka_unit_test(dummy_is_discarded),
		cmocka_unit_test(nothing_inside_comes_up_as_a_bare_header),
		cmocka_unit_test(checksum_is_made_anew_behind_a_nat),
		cmocka_unit_test(checksum_of_what_came_bare_is_its_senders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
