// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a worker tells for the audit log, how often, and what the line says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "include/proto.h"
#include "tests/support/gateway.h"
#include "tests/support/packet.h"

#define FRAMES 256U

struct fixture {
	struct gateway *g;
	struct tell tell;
};

static int setup(void **state)
{
	static struct fixture f;
	const struct gateway_spec spec = { "aes128", "sha256", false, FRAMES };

	f.g = gateway_new(&spec);
	gateway_know_all(f.g);
	if (tell_init(&f.tell, eventfd(0, EFD_NONBLOCK)))
		return -1;
	f.g->w.tell = &f.tell;
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	bool balance = gateway_books_balance(f->g);

	close(f->tell.fd);
	tell_fini(&f->tell);
	gateway_free(f->g);
	return balance ? 0 : -1;
}

/* What the peer sends, sealed; at l3. */
static uint32_t sealed(struct gateway *g, const struct ip_header *inner,
		       uint8_t *l3)
{
	uint8_t packet[FRAME_BYTES], text[FRAME_BYTES];

	gateway_packet(packet, inner);
	return gateway_seal(
		g, text, gateway_text(g, packet, inner->total_bytes, text), l3);
}

static void give(struct gateway *g, const uint8_t *l3, uint32_t bytes)
{
	gateway_give(g, DIR_IN, l3, bytes);
	worker_step(&g->w);
}

/* The next one for the audit log; false: there is none. */
static bool told(struct fixture *f, struct telling *out)
{
	while (tell_take(&f->tell, out))
		if (out->kind == TELL_AUDIT)
			return true;
	return false;
}

static void assert_told(struct fixture *f, enum drop_reason reason, uint64_t seq)
{
	struct telling t;

	assert_true(told(f, &t));
	assert_int_equal(t.reason, reason);
	assert_int_equal(t.spi, GATEWAY_SPI);
	assert_int_equal(t.seq, seq);
	assert_int_equal(t.left_out, 0);
	assert_false(told(f, &t));
}

static void forge(struct gateway *g, uint8_t *l3, uint32_t bytes)
{
	l3[bytes - 1] ^= 1;
	give(g, l3, bytes);
}

static void integrity_failure_is_told(void **state)
{
	const struct ip_header inner = gateway_inner();
	struct fixture *f = *state;
	uint8_t l3[FRAME_BYTES];

	forge(f->g, l3, sealed(f->g, &inner, l3));
	assert_told(f, DROP_ICV, 1);
}

static void replay_is_told(void **state)
{
	const struct ip_header inner = gateway_inner();
	struct fixture *f = *state;
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = sealed(f->g, &inner, l3);

	give(f->g, l3, bytes);
	give(f->g, l3, bytes);
	assert_told(f, DROP_REPLAY, 1);
}

static void packet_outside_the_selectors_is_told_with_what_it_is(void **state)
{
	struct ip_header inner = gateway_inner();
	struct fixture *f = *state;
	uint8_t l3[FRAME_BYTES];
	struct telling t;

	assert_int_equal(addr_parse(GATEWAY_DENIED_HOST, &inner.saddr), 0);
	give(f->g, l3, sealed(f->g, &inner, l3));
	assert_true(told(f, &t));
	assert_int_equal(t.reason, DROP_SELECTOR);
	assert_true(addr_equal(&t.saddr, &inner.saddr));
	assert_true(addr_equal(&t.daddr, &inner.daddr));
	assert_int_equal(t.protocol, inner.protocol);
}

/* Of the SA that comes in: that protocol, to those ports alone. */
static void accept_ports(struct gateway *g, uint8_t protocol, uint16_t min,
			 uint16_t max)
{
	const struct sa_rule rule = {
		.selector = {
			.local_min = addr_of("10.2.0.0"),
			.local_max = addr_of("10.2.255.255"),
			.remote_min = addr_of("10.1.0.0"),
			.remote_max = addr_of("10.1.255.255"),
			.local_port_min = min,
			.local_port_max = max,
			.remote_port_max = UINT16_MAX,
			.protocol = protocol,
		},
		.accept = true,
	};

	assert_int_equal(sad_set_rules(g->sad, g->in->ref, &rule, 1), 0);
}

static void later_fragment_that_shows_no_port_is_told(void **state)
{
	struct ip_header inner = gateway_inner();
	struct fixture *f = *state;
	uint8_t l3[FRAME_BYTES];
	struct telling t;

	accept_ports(f->g, PROTO_UDP, 53, 53);
	inner.fragment = 3;
	give(f->g, l3, sealed(f->g, &inner, l3));
	assert_true(told(f, &t));
	assert_int_equal(t.reason, DROP_FRAGMENT_PORTS);
	assert_true(addr_equal(&t.saddr, &inner.saddr));
}

/* Which the selectors take, and gateway.icmp_quote_check does not. */
static void icmp_error_of_another_sa_is_told(void **state)
{
	struct ip_header inner = gateway_inner();
	struct fixture *f = *state;
	uint8_t packet[FRAME_BYTES], text[FRAME_BYTES], l3[FRAME_BYTES];
	struct telling t;

	accept_ports(f->g, PROTO_ANY, 0, UINT16_MAX);
	f->g->w.quote_check = true;
	inner.protocol = PROTO_ICMP;
	gateway_packet(packet, &inner);
	packet[IPV4_HEADER_BYTES] = ICMP_UNREACHABLE;
	give(f->g, l3,
	     gateway_seal(f->g, text,
			  gateway_text(f->g, packet, inner.total_bytes, text),
			  l3));
	assert_true(told(f, &t));
	assert_int_equal(t.reason, DROP_ICMP_SELECTOR);
	assert_int_equal(t.protocol, PROTO_ICMP);
}

static void number_that_is_used_up_is_told(void **state)
{
	const struct ip_header inner = gateway_inner();
	struct fixture *f = *state;
	uint8_t l3[FRAME_BYTES];

	atomic_store(&f->g->out->seq, UINT32_MAX);
	gateway_packet(l3, &inner);
	gateway_give(f->g, DIR_OUT, l3, inner.total_bytes);
	worker_step(&f->g->w);
	assert_told(f, DROP_SEQ_EXHAUSTED, UINT32_MAX);
}

static void what_passes_is_not_told(void **state)
{
	const struct ip_header inner = gateway_inner();
	struct fixture *f = *state;
	uint8_t l3[FRAME_BYTES];
	struct telling t;

	give(f->g, l3, sealed(f->g, &inner, l3));
	assert_false(told(f, &t));
}

static void who_wants_none_is_told_none(void **state)
{
	const struct ip_header inner = gateway_inner();
	struct fixture *f = *state;
	uint8_t l3[FRAME_BYTES];
	struct telling t;

	atomic_store(&f->g->w.audit.off, true);
	forge(f->g, l3, sealed(f->g, &inner, l3));
	assert_false(told(f, &t));
}

/* As if no time passed: w->now_ns is the caller's. */
static void drop_one(struct worker *w, struct sa_rt *sa)
{
	struct packet p = { .state = PKT_CIPHER, .drop = DROP_ICV, .sa = sa };

	audit_drop(w, &p);
}

static void flood_is_told_of_in_part_and_the_rest_counted(void **state)
{
	struct fixture *f = *state;
	struct worker *w = &f->g->w;
	uint32_t n = 0;
	struct telling t;

	w->now_ns = 1000 * NS_PER_S;
	for (int i = 0; i < 100; i++)
		drop_one(w, f->g->in);
	while (told(f, &t))
		n++;
	assert_int_equal(n, 8);
	w->now_ns += NS_PER_S;
	drop_one(w, f->g->in);
	assert_true(told(f, &t));
	assert_int_equal(t.left_out, 92);
	drop_one(w, f->g->in);
	assert_true(told(f, &t));
	assert_int_equal(t.left_out, 0);
}

/* --- the line */

static void assert_line(const struct fixture *f, const struct telling *t,
			const char *want)
{
	int pipes[2], before = dup(STDERR_FILENO);
	char line[512] = "";

	assert_int_equal(pipe(pipes), 0);
	dup2(pipes[1], STDERR_FILENO);
	audit_told(f->g->sad, t);
	dup2(before, STDERR_FILENO);
	assert_true(read(pipes[0], line, sizeof(line) - 1) > 0);
	close(before);
	close(pipes[0]);
	close(pipes[1]);
	assert_memory_equal(line, want, strlen(want));
	assert_non_null(strstr(line, "Z"));
}

static void line_has_what_the_rfc_asks_for(void **state)
{
	const struct fixture *f = *state;
	struct telling t = { .reason = DROP_REPLAY,
			     .spi = 0x1001,
			     .seq = 7,
			     .flow_id = 0x12345 };

	addr_parse("192.0.2.2", &t.saddr);
	addr_parse("192.0.2.1", &t.daddr);
	assert_line(f, &t,
		    "warn: audit: replay spi=0x00001001 saddr=192.0.2.2 "
		    "daddr=192.0.2.1 seq=7 time=20");
	addr_parse("2001:db8::2", &t.saddr);
	addr_parse("2001:db8::1", &t.daddr);
	assert_line(f, &t,
		    "warn: audit: replay spi=0x00001001 saddr=2001:db8::2 "
		    "daddr=2001:db8::1 seq=7 flow_id=0x12345 time=20");
}

static void line_of_a_selector_has_the_sas_ends_and_the_packet(void **state)
{
	const struct fixture *f = *state;
	struct telling t = { .reason = DROP_SELECTOR,
			     .sa = f->g->in->ref,
			     .spi = 0x1001,
			     .seq = 7,
			     .protocol = 17,
			     .sport = 1,
			     .dport = 2 };

	addr_parse("10.1.9.5", &t.saddr);
	addr_parse("10.2.0.7", &t.daddr);
	assert_line(f, &t,
		    "warn: audit: selector spi=0x00001001 saddr=192.0.2.1 "
		    "daddr=192.0.2.2 seq=7 inner=10.1.9.5:1>10.2.0.7:2 "
		    "protocol=17 time=20");
	t.reason = DROP_ICMP_SELECTOR;
	assert_line(f, &t,
		    "warn: audit: icmp_selector spi=0x00001001 saddr=192.0.2.1 "
		    "daddr=192.0.2.2 seq=7 inner=10.1.9.5:1>10.2.0.7:2 "
		    "protocol=17 time=20");
	t.reason = DROP_FRAGMENT_PORTS;
	assert_line(f, &t,
		    "warn: audit: fragment_ports spi=0x00001001 saddr=192.0.2.1 "
		    "daddr=192.0.2.2 seq=7 inner=10.1.9.5:1>10.2.0.7:2 "
		    "protocol=17 time=20");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(integrity_failure_is_told),
		CASE(replay_is_told),
		CASE(packet_outside_the_selectors_is_told_with_what_it_is),
		CASE(later_fragment_that_shows_no_port_is_told),
		CASE(icmp_error_of_another_sa_is_told),
		CASE(number_that_is_used_up_is_told),
		CASE(what_passes_is_not_told),
		CASE(who_wants_none_is_told_none),
		CASE(flood_is_told_of_in_part_and_the_rest_counted),
		CASE(line_has_what_the_rfc_asks_for),
		CASE(line_of_a_selector_has_the_sas_ends_and_the_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
