// SPDX-License-Identifier: BSD-2-Clause
/*
 * The configuration payload: attributes as they stand on the wire (RFC 7296
 * section 3.15.1), read and built.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/wire/ike_cp.h"
#include "tests/support/hex.h"

#define ROOM 256

static struct slice octets_of(const char *hex, uint8_t room[ROOM])
{
	return slice_of(room, hex_decode(hex, room, ROOM));
}

static struct ike_cfg attr_of(const char *hex, uint8_t room[ROOM])
{
	struct slice s = octets_of(hex, room);
	struct ike_cfg a;

	assert_true(ike_cfg_next(&s, &a));
	assert_int_equal(s.len, 0);
	return a;
}

#define V6	"20010db8000000000000000000000007"
#define V6_MANY "20010db80001000200030004000500ff"

/* --- addresses */

struct addr_row {
	const char *hex;
	int err;
	const char *addr;
};

static const struct addr_row addr_rows[] = {
	{ "000100040a030001", 0, "10.3.0.1" },
	{ "000200040a030001", 0, "10.3.0.1" },
	{ "000300040a030001", 0, "10.3.0.1" },
	{ "000400040a030001", 0, "10.3.0.1" },
	{ "00080011" V6 "40", 0, "2001:db8::7" },
	{ "00080010" V6, 0, "2001:db8::7" }, /* without a prefix length */
	{ "000a0010" V6, 0, "2001:db8::7" },
	{ "800100040a030001", 0, "10.3.0.1" }, /* with the reserved bit */
	{ "00010000", -ENODATA, NULL },
	{ "00080000", -ENODATA, NULL },
	{ "000100030a0300", -EINVAL, NULL },
	{ "000100050a03000100", -EINVAL, NULL },
	{ "00080011" V6 "81", -EINVAL, NULL },
	{ "00080012" V6 "4000", -EINVAL, NULL },
	{ "000a0011" V6 "40", -EINVAL, NULL },
	{ "000a0010"
	  "00000000000000000000ffff0a030001",
	  -EINVAL, NULL },
	{ "000d00080a030000ffffff00", -EINVAL, NULL }, /* a network */
	{ "000700040a030001", -EINVAL, NULL },	       /* of another type */
};

static void address_is_read_or_named_as_what_it_is_not(void **state)
{
	uint8_t room[ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof(addr_rows) / sizeof(addr_rows[0]); i++) {
		const struct addr_row *row = &addr_rows[i];
		struct ike_cfg a = attr_of(row->hex, room);
		char text[ADDR_STR_MAX];
		struct addr addr;

		if (ike_cfg_addr(&a, &addr) != row->err)
			fail_msg("%s", row->hex);
		if (!row->err)
			assert_string_equal(addr_str(&addr, text), row->addr);
	}
}

/* --- networks */

static const struct addr_row net_rows[] = {
	{ "000d00080a030000ffffff00", 0, "10.3.0.0/24" },
	{ "000d00080a030005ffffff00", 0, "10.3.0.0/24" }, /* a host's */
	{ "000d00080a030005ffffffff", 0, "10.3.0.5/32" },
	{ "000d00080000000000000000", 0, "0.0.0.0/0" },
	{ "000f0011" V6_MANY "38", 0, "2001:db8:1::/56" },
	{ "000f0011" V6_MANY "80", 0, "2001:db8:1:2:3:4:5:ff/128" },
	{ "000f0011" V6_MANY "00", 0, "::/0" },
	{ "000d0000", -ENODATA, NULL },
	{ "000f0000", -ENODATA, NULL },
	{ "000d00080a030000ff00ff00", -EINVAL, NULL }, /* with a hole */
	{ "000d00040a030000", -EINVAL, NULL },
	{ "000f0011" V6_MANY "81", -EINVAL, NULL },
	{ "000f0010" V6_MANY, -EINVAL, NULL },
	{ "000100040a030001", -EINVAL, NULL }, /* an address */
};

static void network_is_read_without_its_host_bits(void **state)
{
	uint8_t room[ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof(net_rows) / sizeof(net_rows[0]); i++) {
		const struct addr_row *row = &net_rows[i];
		struct ike_cfg a = attr_of(row->hex, room);
		char text[PREFIX_STR_MAX];
		struct prefix net;

		if (ike_cfg_net(&a, &net) != row->err)
			fail_msg("%s", row->hex);
		if (!row->err)
			assert_string_equal(prefix_str(&net, text), row->addr);
	}
}

/* --- the payload */

static void attributes_come_in_their_order(void **state)
{
	uint8_t room[ROOM];
	struct ike_cfg a;
	struct ike_cp cp;

	(void)state;
	assert_true(ike_cp_parse(octets_of("01000000"
					   "00010000"
					   "7fff0001aa",
					   room),
				 &cp));
	assert_int_equal(cp.type, IKE_CFG_REQUEST);
	assert_true(ike_cfg_next(&cp.attrs, &a));
	assert_int_equal(a.type, IKE_ATTR_IP4_ADDRESS);
	assert_int_equal(a.value.len, 0);
	assert_true(ike_cfg_next(&cp.attrs, &a));
	assert_int_equal(a.type, 0x7fff);
	assert_int_equal(a.value.len, 1);
	assert_false(ike_cfg_next(&cp.attrs, &a));
}

static void payload_that_is_not_whole_is_refused(void **state)
{
	static const char *const broken[] = {
		"",
		"010000",
		"0100000000",
		"01000000"
		"000100",
		"01000000"
		"000100040a0300",
		"01000000"
		"00010000"
		"00",
	};
	uint8_t room[ROOM];
	struct ike_cp cp;

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		if (ike_cp_parse(octets_of(broken[i], room), &cp))
			fail_msg("%s", broken[i]);
}

static struct addr addr_of(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static struct prefix net_of(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(text, &p), 0);
	return p;
}

static void built_payload_has_the_octets_of_the_rfc(void **state)
{
	const struct addr v4 = addr_of("10.3.0.1"), v6 = addr_of("2001:db8::7");
	const struct prefix net4 = net_of("10.3.0.0/24"),
			    net6 = net_of("2001:db8::/56");
	const struct ike_header h = { .version = IKE_VERSION };
	uint8_t room[ROOM], expected[ROOM];
	struct slice message, want;
	struct ike_builder m;

	(void)state;
	ike_begin(&m, room, sizeof(room), &h);
	ike_cp_begin(&m, IKE_CFG_REPLY);
	ike_cfg_put_addr(&m, IKE_ATTR_IP4_ADDRESS, &v4);
	ike_cfg_put_addr(&m, IKE_ATTR_IP6_ADDRESS, &v6);
	ike_cfg_put_addr(&m, IKE_ATTR_IP6_DNS, &v6);
	ike_cfg_put_net(&m, &net4);
	ike_cfg_put_net(&m, &net6);
	ike_cfg_ask(&m, IKE_ATTR_IP4_DNS);
	ike_payload_end(&m);
	assert_true(ike_end(&m, &message));
	want = octets_of("0000005e"
			 "02000000"
			 "000100040a030001"
			 "00080011" V6 "80"
			 "000a0010" V6 "000d00080a030000ffffff00"
			 "000f0011"
			 "20010db8000000000000000000000000"
			 "38"
			 "00030000",
			 expected);
	assert_int_equal(message.len - IKE_HEADER_BYTES, want.len);
	assert_memory_equal(room + IKE_HEADER_BYTES, want.ptr, want.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(address_is_read_or_named_as_what_it_is_not),
		cmocka_unit_test(network_is_read_without_its_host_bits),
		cmocka_unit_test(attributes_come_in_their_order),
		cmocka_unit_test(payload_that_is_not_whole_is_refused),
		cmocka_unit_test(built_payload_has_the_octets_of_the_rfc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
