// SPDX-License-Identifier: BSD-2-Clause
/*
 * A packet that is only asked about: what the words mean, its frame, and what is
 * said of what becomes of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "ctrl/daemon/explain_question.h"
#include "ctrl/dp/explain_frame.h"
#include "ctrl/wire/ip.h"

/* --- words --- */

static const struct explain_words udp = {
	.source = "10.1.0.2",
	.destination = "10.2.0.2",
	.protocol = "udp",
	.source_port = "40000",
	.destination_port = "53",
	.in = "lan0",
};

static struct explain_question question_of(const struct explain_words *w)
{
	struct explain_question q;
	struct error e;

	if (explain_question_read(w, &q, &e))
		fail_msg("%s", e.text);
	return q;
}

static void assert_refused(const struct explain_words *w, int err,
			   const char *text)
{
	struct explain_question q;
	struct error e;

	assert_int_equal(explain_question_read(w, &q, &e), err);
	assert_string_equal(e.text, text);
}

static void words_become_a_question(void **state)
{
	const struct explain_question q = question_of(&udp);

	(void)state;
	assert_true(addr_is_v4(&q.source) && addr_is_v4(&q.destination));
	assert_int_equal(q.protocol, PROTO_UDP);
	assert_int_equal(q.source_port, 40000);
	assert_int_equal(q.destination_port, 53);
	assert_int_equal(q.spi, 0);
	assert_string_equal(q.in, "lan0");
}

static void icmp_alone_is_an_echo_request_of_its_family(void **state)
{
	struct explain_words w = { .source = "10.1.0.2",
				   .destination = "10.2.0.2",
				   .protocol = "icmp" };
	struct explain_question q = question_of(&w);

	(void)state;
	assert_int_equal(q.source_port, 8);
	assert_int_equal(q.destination_port, 0);
	w = (struct explain_words){ .source = "2001:db8::1",
				    .destination = "2001:db8::2",
				    .protocol = "58" };
	q = question_of(&w);
	assert_int_equal(q.source_port, 128);
	strcpy(w.source_port, "129");
	strcpy(w.destination_port, "1");
	q = question_of(&w);
	assert_int_equal(q.source_port, 129);
	assert_int_equal(q.destination_port, 1);
}

static void esp_and_ah_have_an_spi(void **state)
{
	struct explain_words w = udp;

	(void)state;
	strcpy(w.protocol, "esp");
	strcpy(w.source_port, "0x1001");
	w.destination_port[0] = '\0';
	assert_int_equal(question_of(&w).spi, 0x1001);
	strcpy(w.protocol, "51");
	strcpy(w.source_port, "4294967295");
	assert_int_equal(question_of(&w).spi, UINT32_MAX);
	strcpy(w.source_port, "0");
	assert_refused(
		&w, -EINVAL,
		"51 has no ports: name its SPI in their place, such as 0x1001");
}

/* Each is udp with one thing changed. */
static void what_makes_no_sense_is_refused_by_its_name(void **state)
{
	struct explain_words w = udp;

	(void)state;
	strcpy(w.source, "10.1.0");
	assert_refused(
		&w, -EINVAL,
		"source '10.1.0' is no address; write one such as 10.1.0.2 or 2001:db8::2");
	w = udp;
	strcpy(w.destination, "2001:db8::2");
	assert_refused(
		&w, -EAFNOSUPPORT,
		"10.1.0.2 and 2001:db8::2 are of two families; name addresses of one");
	w = udp;
	strcpy(w.protocol, "any");
	assert_refused(
		&w, -EINVAL,
		"protocol 'any' is none; write a name such as tcp, udp, icmp, icmpv6 or esp, or a number from 1 to 255");
	w = udp;
	w.destination_port[0] = '\0';
	assert_refused(
		&w, -EINVAL,
		"udp has ports, and policies may ask for them: name both, the source's and the destination's");
	w = udp;
	strcpy(w.destination_port, "65536");
	assert_refused(
		&w, -EINVAL,
		"the destination port is a number from 0 to 65535, not '65536'");
	w = udp;
	strcpy(w.protocol, "icmp");
	assert_refused(&w, -EINVAL,
		       "the type is a number from 0 to 255, not '40000'");
	w = udp;
	strcpy(w.protocol, "icmpv6");
	assert_refused(&w, -EAFNOSUPPORT,
		       "icmpv6 is not of these addresses' family; write icmp");
	w = udp;
	strcpy(w.protocol, "gre");
	assert_refused(&w, -EINVAL, "gre has no ports; leave them out");
	w = udp;
	strcpy(w.in, "sixteen_octets__");
	assert_refused(
		&w, -ENODEV,
		"there is no interface 'sixteen_octets__'; ip link lists those that exist");
}

static void icmp_errors_are_asked_about_by_what_they_quote(void **state)
{
	static const char why[] =
		"what becomes of an ICMP error depends on the packet that it quotes; ask about that one";
	struct explain_words w = udp;

	(void)state;
	strcpy(w.protocol, "icmp");
	strcpy(w.source_port, "3");
	strcpy(w.destination_port, "4");
	assert_refused(&w, -EINVAL, why);
	strcpy(w.source_port, "13");
	assert_int_equal(question_of(&w).source_port, 13);
	w = (struct explain_words){ .source = "2001:db8::1",
				    .destination = "2001:db8::2",
				    .protocol = "icmpv6",
				    .source_port = "127",
				    .destination_port = "0" };
	assert_refused(&w, -EINVAL, why);
}

/* --- its frame --- */

/* The IP packet in it, which has to be a whole one. */
static const uint8_t *packet_in(const uint8_t *frame, uint32_t bytes,
				uint32_t at, struct ip_header *ip)
{
	assert_true(ip_parse(slice_of(frame + at, bytes - at), ip));
	assert_int_equal(ip->total_bytes, bytes - at);
	return frame + at + ip->header_bytes;
}

static void frame_has_what_policies_ask_for(void **state)
{
	const struct explain_question q = question_of(&udp);
	const struct iface lan = { .mac = { 2, 0, 0, 0, 0, 1 } };
	static const uint8_t ports[] = { 40000 >> 8, 40000 & 0xff,	 0, 53,
					 0,	     EXPLAIN_UPPER_BYTES };
	uint8_t frame[EXPLAIN_FRAME_MAX];
	uint32_t bytes = explain_frame(&q, &lan, frame);
	struct ip_header ip;
	const uint8_t *upper = packet_in(frame, bytes, ETH_HEADER_BYTES, &ip);

	(void)state;
	assert_memory_equal(frame, lan.mac, sizeof(lan.mac));
	assert_int_equal(ip.protocol, PROTO_UDP);
	assert_true(addr_equal(&ip.saddr, &q.source) &&
		    addr_equal(&ip.daddr, &q.destination));
	assert_true(ip.ttl > 1 && !ip.fragment && !ip.source_route);
	assert_memory_equal(upper, ports, sizeof(ports));
}

static void frame_has_the_tags_of_the_interface_where_it_arrives(void **state)
{
	const struct explain_question q = question_of(&udp);
	const struct iface vlan = {
		.n_tags = 2, .tag = { { 0x88a8, 400 }, { 0x8100, 100 } }
	};
	static const uint8_t tags[] = { 0x88, 0xa8, 1,	 0x90, 0x81,
					0,    0,    100, 8,    0 };
	uint8_t frame[EXPLAIN_FRAME_MAX];
	uint32_t bytes = explain_frame(&q, &vlan, frame);
	struct ip_header ip;

	(void)state;
	assert_memory_equal(frame + 12, tags, sizeof(tags));
	packet_in(frame, bytes, ETH_HEADER_BYTES + 2 * VLAN_HEADER_BYTES, &ip);
	bytes = explain_frame(&q, NULL, frame);
	packet_in(frame, bytes, ETH_HEADER_BYTES, &ip);
}

static void each_protocol_has_its_own_in_front(void **state)
{
	static const uint8_t type_code[] = { 129, 1 };
	static const uint8_t spi[] = { 0, 0, 0x10, 1 };
	struct explain_question q = { .protocol = PROTO_ICMPV6,
				      .source_port = 129,
				      .destination_port = 1 };
	uint8_t frame[EXPLAIN_FRAME_MAX];
	struct ip_header ip;
	const uint8_t *upper;

	(void)state;
	assert_int_equal(addr_parse("2001:db8::1", &q.source), 0);
	assert_int_equal(addr_parse("2001:db8::2", &q.destination), 0);
	upper = packet_in(frame, explain_frame(&q, NULL, frame),
			  ETH_HEADER_BYTES, &ip);
	assert_int_equal(ip.version, 6);
	assert_memory_equal(upper, type_code, sizeof(type_code));
	q = (struct explain_question){ .source = q.source,
				       .destination = q.destination,
				       .protocol = PROTO_ESP,
				       .spi = 0x1001 };
	upper = packet_in(frame, explain_frame(&q, NULL, frame),
			  ETH_HEADER_BYTES, &ip);
	assert_memory_equal(upper, spi, sizeof(spi));
	q.protocol = PROTO_AH;
	upper = packet_in(frame, explain_frame(&q, NULL, frame),
			  ETH_HEADER_BYTES, &ip);
	assert_memory_equal(upper + AH_SPI_AT, spi, sizeof(spi));
}

/* --- what is said of it --- */

static const struct explanation dropped = {
	.outcome = EXPLAIN_DROPPED,
	.n_steps = 1,
	.policy = { .matched = 1, .name = "net", .tunnel = "to-b" },
};

static void assert_remedy(const struct explanation *x, const char *want)
{
	char text[EXPLAIN_REMEDY_MAX];

	assert_string_equal(explain_remedy(x, text), want);
}

static void remedy_is_of_the_reason(void **state)
{
	struct explanation x = dropped;

	(void)state;
	x.step[0].drop = DROP_NO_SA;
	assert_remedy(
		&x,
		"policy net protects it and has no SA: cygnet up to-b (cygnet status says why it is not up)");
	x.policy.manual = 1;
	assert_remedy(
		&x,
		"policy net protects it and has no SA: cygnet sa add gives it a pair");
	x.step[0].drop = DROP_POLICY_DISCARD;
	assert_remedy(
		&x,
		"policy net discards it: change that, or put one that covers it before it (cygnet policy shows the order)");
	x.step[0].drop = DROP_PLAINTEXT_IN;
	assert_remedy(
		&x,
		"policy net wants it protected: its sender has to send it through the tunnel to-b, or a policy before that one has to bypass it");
	x.step[0].place = EXPLAIN_AT_GUARD;
	assert_remedy(
		&x,
		"it comes from outside, and its source is behind this gateway: somebody forges it, or the route to its source is to lead outside");
	x.step[0] = (struct explain_step){ .place = EXPLAIN_AT_KERNEL,
					   .err = -ENETUNREACH };
	assert_int_equal(addr_parse("10.9.0.1", &x.question.destination), 0);
	assert_remedy(
		&x,
		"the kernel has no way for it from there: ip route get 10.9.0.1, and sysctl net.ipv4.conf.all.rp_filter where the source is not behind that interface");
}

static void what_goes_needs_no_remedy_and_what_is_held_does(void **state)
{
	struct explanation x = dropped;

	(void)state;
	x.outcome = EXPLAIN_SEALED;
	assert_remedy(&x, "");
	x.outcome = EXPLAIN_CLEAR;
	assert_remedy(&x, "");
	x.outcome = EXPLAIN_HELD;
	assert_remedy(
		&x,
		"policy net protects it and has no SA: cygnet up to-b (cygnet status says why it is not up)");
	x.n_steps = EXPLAIN_STEPS_MAX + 1; /* of whoever lies */
	assert_remedy(&x, "");
}

/* Every reason there is has words, and so have those of another version. */
static void every_step_has_words(void **state)
{
	struct explain_step s = { .place = EXPLAIN_AT_WORKER };

	(void)state;
	for (s.drop = 0; s.drop < DROP_MAX + 1; s.drop++) {
		struct explanation x = dropped;
		char text[EXPLAIN_REMEDY_MAX];

		assert_true(strlen(explain_step_name(&s)) > 0);
		assert_true(strlen(explain_step_text(&s)) > 0);
		x.step[0] = s;
		explain_remedy(&x, text);
	}
	s = (struct explain_step){ .place = EXPLAIN_AT_WORKER, .held = 1 };
	assert_string_equal(explain_step_name(&s), "held");
	s = (struct explain_step){ .place = EXPLAIN_AT_KERNEL, .iface = "lan0" };
	assert_string_equal(explain_step_name(&s), "forwards");
	s.iface[0] = '\0';
	assert_string_equal(explain_step_name(&s), "delivers");
	s.err = -ENETUNREACH;
	assert_string_equal(explain_step_name(&s), "refuses");
	assert_string_equal(explain_step_text(&s), "it has no route there");
	s.err = -ENOBUFS;
	assert_string_equal(explain_step_text(&s), strerror(ENOBUFS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_become_a_question),
		cmocka_unit_test(icmp_alone_is_an_echo_request_of_its_family),
		cmocka_unit_test(esp_and_ah_have_an_spi),
		cmocka_unit_test(what_makes_no_sense_is_refused_by_its_name),
		cmocka_unit_test(icmp_errors_are_asked_about_by_what_they_quote),
		cmocka_unit_test(frame_has_what_policies_ask_for),
		cmocka_unit_test(
			frame_has_the_tags_of_the_interface_where_it_arrives),
		cmocka_unit_test(each_protocol_has_its_own_in_front),
		cmocka_unit_test(remedy_is_of_the_reason),
		cmocka_unit_test(what_goes_needs_no_remedy_and_what_is_held_does),
		cmocka_unit_test(every_step_has_words),
	};

	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
