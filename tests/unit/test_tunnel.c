// SPDX-License-Identifier: BSD-2-Clause
/* How large an inner packet may be, on every link there could be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/dp/esp.h"
#include "ctrl/dp/tunnel.h"

/* AES-CBC with HMAC-SHA-256, AES-GCM, and NULL with HMAC-SHA-256. */
static const struct sa_rt sas[] = {
	{ .outer.bytes = IPV4_HEADER_BYTES,
	  .align_bytes = 16,
	  .iv_bytes = 16,
	  .icv_bytes = 16,
	  .head_bytes = ESP_HEADER_BYTES + 16,
	  .trailer_bytes = ESP_TRAILER_BYTES,
	  .tail_bytes = 16 },
	{ .outer.bytes = IPV4_HEADER_BYTES,
	  .align_bytes = 4,
	  .iv_bytes = 8,
	  .icv_bytes = 16,
	  .head_bytes = ESP_HEADER_BYTES + 8,
	  .trailer_bytes = ESP_TRAILER_BYTES,
	  .tail_bytes = 16 },
	{ .outer.bytes = IPV4_HEADER_BYTES,
	  .align_bytes = 4,
	  .iv_bytes = 0,
	  .icv_bytes = 16,
	  .head_bytes = ESP_HEADER_BYTES + 0,
	  .trailer_bytes = ESP_TRAILER_BYTES,
	  .tail_bytes = 16 },
	{ .outer.bytes = IPV6_HEADER_BYTES, /* AH with HMAC-SHA-512 */
	  .align_bytes = 1,
	  .icv_bytes = 32,
	  .head_bytes = 48 },
};

#define SAS (sizeof(sas) / sizeof(sas[0]))

static uint32_t outer_bytes(const struct sa_rt *sa, uint32_t inner_bytes)
{
	return esp_outer_bytes(sa, esp_text_bytes(sa, inner_bytes));
}

static void inner_mtu_is_the_largest_that_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAS; i++) {
		for (uint32_t mtu = 100; mtu < 9216; mtu++) {
			uint32_t inner = esp_inner_mtu(&sas[i], mtu);

			assert_true(outer_bytes(&sas[i], inner) <= mtu);
			assert_true(outer_bytes(&sas[i], inner + 1) > mtu);
		}
	}
}

/* AES-CBC with HMAC-SHA-512 in UDP. */
static void most_that_is_put_around_is_enough_for_every_sa(void **state)
{
	const struct sa_rt most = {
		.outer.bytes = IPV4_HEADER_BYTES + UDP_HEADER_BYTES,
		.align_bytes = 16,
		.iv_bytes = 16,
		.icv_bytes = 32,
		.head_bytes = ESP_HEADER_BYTES + 16,
		.trailer_bytes = ESP_TRAILER_BYTES,
		.tail_bytes = 32,
	};
	uint32_t tight = 0;

	(void)state;
	for (uint32_t inner = 1; inner < 9000; inner++) {
		uint32_t outer = outer_bytes(&most, inner);

		assert_true(outer <= inner + ESP_AROUND_MAX(IPV4_HEADER_BYTES));
		tight += outer == inner + ESP_AROUND_MAX(IPV4_HEADER_BYTES);
	}
	assert_true(tight > 0);
}

static void nothing_fits_a_link_that_is_smaller_than_the_overhead(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAS; i++) {
		uint32_t least = outer_bytes(&sas[i], 1);

		for (uint32_t mtu = 0; mtu < least; mtu++)
			assert_int_equal(esp_inner_mtu(&sas[i], mtu), 0);
		assert_true(esp_inner_mtu(&sas[i], least) > 0);
	}
}

/* Where SAs of a connection may go to. */
static void name_without_an_address_is_nobodys(void **state)
{
	const struct addr addrs[2] = { { { 1 } }, { { 2 } } };
	struct policy_ends ends;
	struct conn_conf c;

	(void)state;
	conn_init(&c);
	tunnel_ends(&c, &ends);
	assert_int_equal(ends.n_remote, 0); /* anybody */
	strcpy(c.remote_host, "gw.example.net");
	conn_resolve(&c, NULL, 0);
	tunnel_ends(&c, &ends);
	assert_int_equal(ends.n_remote, 1);
	assert_false(range_has(&ends.remote[0], &addrs[0]));
	conn_resolve(&c, addrs, 2);
	tunnel_ends(&c, &ends);
	assert_int_equal(ends.n_remote, 2);
	assert_true(range_has(&ends.remote[1], &addrs[1]));
	assert_false(range_has(&ends.remote[1], &addrs[0]));
}

/* And no further than they are written. */
static void ends_of_a_range_are_its_own(void **state)
{
	struct conn_conf c;
	struct policy_ends ends;
	struct addr a;

	(void)state;
	conn_init(&c);
	c.remote_addrs[0] = (struct conn_addr){ .net = { .bits = 32 } };
	assert_int_equal(addr_parse("192.0.2.10", &c.remote_addrs[0].net.net),
			 0);
	assert_int_equal(addr_parse("192.0.2.20", &c.remote_addrs[0].last), 0);
	tunnel_ends(&c, &ends);
	assert_int_equal(ends.n_remote, 1);
	assert_true(range_has(&ends.remote[0], &c.remote_addrs[0].net.net));
	assert_true(range_has(&ends.remote[0], &c.remote_addrs[0].last));
	assert_int_equal(addr_parse("192.0.2.21", &a), 0);
	assert_false(range_has(&ends.remote[0], &a));
	assert_int_equal(addr_parse("192.0.2.9", &a), 0);
	assert_false(range_has(&ends.remote[0], &a));
}

static struct prefix net_of(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(text, &p), 0);
	return p;
}

static struct range range_of(const char *text)
{
	struct range r;

	assert_int_equal(range_parse(text, &r), 0);
	return r;
}

static void assert_local(const struct conn_conf *c, const struct ts_conf *ts,
			 const char *remote, const char *want)
{
	const struct range of = range_of(remote);
	char text[RANGE_STR_MAX];
	struct range out;

	assert_true(tunnel_local(c, ts, &of, &out));
	assert_string_equal(range_str(&out, text), want);
}

/* Of the family of the remote side; before there is one, no packet's. */
static void dynamic_is_the_virtual_ip_where_one_is_asked_for(void **state)
{
	static const char v4[] = "10.2.0.0/16", v6[] = "2001:db8::/32";
	const struct ts_conf dynamic = { .dynamic = true };
	const struct ts_conf fixed = { .net = net_of("10.1.0.0/16") };
	struct conn_conf c = { .n_local_addrs = 1, .n_vips = 2 };

	(void)state;
	c.local_addrs[0].net = net_of("192.0.2.1");
	assert_local(&c, &dynamic, v4, "0.0.0.0/32");
	assert_local(&c, &dynamic, v6, "::/128");
	c.vips_now[c.n_vips_now++] = net_of("10.3.0.1").net;
	c.vips_now[c.n_vips_now++] = net_of("2001:db8::7").net;
	assert_local(&c, &dynamic, v4, "10.3.0.1/32");
	assert_local(&c, &dynamic, v6, "2001:db8::7/128");
	assert_local(&c, &fixed, v4, "10.1.0.0/16");
	c.n_vips = 0;
	assert_local(&c, &dynamic, v4, "192.0.2.1/32");
}

static void selector_may_be_a_range(void **state)
{
	const struct ts_conf ts = { .net = net_of("10.1.0.10"),
				    .last = net_of("10.1.0.20").net };
	const struct conn_conf c = { .n_local_addrs = 0 };
	char text[RANGE_STR_MAX];
	struct range out;

	(void)state;
	assert_local(&c, &ts, "10.2.0.0/16", "10.1.0.10-10.1.0.20");
	assert_true(tunnel_remote(&c, &ts, &out));
	assert_string_equal(range_str(&out, text), "10.1.0.10-10.1.0.20");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(most_that_is_put_around_is_enough_for_every_sa),
		cmocka_unit_test(inner_mtu_is_the_largest_that_fits),
		cmocka_unit_test(
			dynamic_is_the_virtual_ip_where_one_is_asked_for),
		cmocka_unit_test(selector_may_be_a_range),
		cmocka_unit_test(
			nothing_fits_a_link_that_is_smaller_than_the_overhead),
		cmocka_unit_test(name_without_an_address_is_nobodys),
		cmocka_unit_test(ends_of_a_range_are_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
