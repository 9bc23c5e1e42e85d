// SPDX-License-Identifier: BSD-2-Clause
/* Peers of manual SAs that come from elsewhere than before. */
#include "tests/unit/manual_fixture.h"

#define IN_UDP(more) \
	OTHER_ONE("aes128gcm16", "encap = yes\nremote_port = 1024\n" more)
#define FOLLOWED IN_UDP("follow = yes\n")

static void tell_moved(struct fixture *f, const char *addr, uint16_t port)
{
	struct telling what = {
		.kind = TELL_MAPPING,
		.sa = inbound(f)->ref,
		.sport = port,
	};

	assert_int_equal(addr_parse(addr, &what.saddr), 0);
	assert_true(tell_put(f->s->w.tell, &what));
	side_poll(f->s);
}

static void assert_sends_to(struct fixture *f, size_t i, const char *addr,
			    uint16_t port)
{
	const struct sa_rt *out = out_of(f, i);
	const uint8_t *udp =
		sa_outer(out)->octets + OUTER_MAX - UDP_HEADER_BYTES;
	char text[ADDR_STR_MAX];

	assert_string_equal(addr_str(sa_daddr(out), text), addr);
	assert_int_equal(udp[2] << 8 | udp[3], port);
}

static void peer_that_moves_is_followed_if_told_to(void **state)
{
	struct fixture *f = *state;

	apply(f, FOLLOWED);
	assert_sends_to(f, 0, "192.0.2.2", 1024);
	tell_moved(f, "203.0.113.9", 1025);
	assert_sends_to(f, 0, "203.0.113.9", 1025);
	tell_moved(f, "192.0.2.2", 1024);
	assert_sends_to(f, 0, "192.0.2.2", 1024);
}

static void peer_that_moves_is_not_followed_otherwise(void **state)
{
	struct fixture *f = *state;

	apply(f, IN_UDP(""));
	tell_moved(f, "203.0.113.9", 1025);
	assert_sends_to(f, 0, "192.0.2.2", 1024);
}

/* Without another SA, which would begin to count again. */
static void following_begins_and_ends_with_a_reload(void **state)
{
	struct fixture *f = *state;
	const struct sa_rt *sa;

	apply(f, IN_UDP(""));
	sa = out_of(f, 0);
	tell_moved(f, "203.0.113.9", 1025);
	apply(f, FOLLOWED);
	assert_sends_to(f, 0, "203.0.113.9", 1025);
	apply(f, IN_UDP(""));
	assert_sends_to(f, 0, "192.0.2.2", 1024);
	assert_ptr_equal(out_of(f, 0), sa);
}

static void nobodys_address_is_not_followed(void **state)
{
	static const char *const nobodys[] = { "224.0.0.1", "127.0.0.1",
					       "255.255.255.255", "0.0.0.0",
					       "192.0.2.1" };
	struct fixture *f = *state;

	apply(f, FOLLOWED);
	for (size_t i = 0; i < sizeof(nobodys) / sizeof(nobodys[0]); i++) {
		tell_moved(f, nobodys[i], 1025);
		assert_sends_to(f, 0, "192.0.2.2", 1024);
	}
}

#define FOLLOWED_PAIR(name, in, out) \
	PAIR_OF(name, "aes128gcm16", "encap = yes\nfollow = yes\n", in, out)

/* Two behind one NAT: each has its own place there, whatever the order. */
static void another_pairs_peer_is_not_moved(void **state)
{
	struct fixture *f = *state;

	apply(f, CONF(FOLLOWED_PAIR("two", SA("in", "0x2001", KEY_C),
				    SA("out", "0x2002", KEY_D)),
		      POLICY("net", "10.2.0.0/16", "two")));
	tell_moved(f, "203.0.113.9", 1025);
	apply(f, CONF(FOLLOWED_PAIR("one", SA("in", "0x1001", KEY_A),
				    SA("out", "0x1002", KEY_B))
			      FOLLOWED_PAIR("two", SA("in", "0x2001", KEY_C),
					    SA("out", "0x2002", KEY_D)),
		      NET_1 POLICY("more", "10.3.0.0/16", "two")));
	assert_sends_to(f, 0, "192.0.2.2", 4500);
	assert_sends_to(f, 1, "203.0.113.9", 1025);
}

/* Its address is what it is for. */
static void in_transport_mode_the_port_moves_alone(void **state)
{
	struct fixture *f = *state;

	apply(f, CONF(PAIR_OF("one", "aes128gcm16",
			      "mode = transport\nencap = yes\nfollow = yes\n",
			      SA("in", "0x1001", KEY_A),
			      SA("out", "0x1002", KEY_B)),
		      "net { action = protect\n local_ts = 192.0.2.1\n "
		      "remote_ts = 192.0.2.2\n manual = one\n }\n"));
	tell_moved(f, "203.0.113.9", 1025);
	assert_sends_to(f, 0, "192.0.2.2", 4500);
	tell_moved(f, "192.0.2.2", 1025);
	assert_sends_to(f, 0, "192.0.2.2", 1025);
}

/* Its own inbound one is another pair's, as keys are changed without a loss. */
static void half_a_pair_follows_who_has_its_place(void **state)
{
	struct fixture *f = *state;

	apply(f, FOLLOWED);
	tell_moved(f, "203.0.113.9", 1025);
	apply_config(f, with_added(FOLLOWED,
				   "manual {\n" PAIR_OF("new", "aes128gcm16",
							"encap = yes\n"
							"remote_port = 1024\n"
							"follow = yes\n",
							"policies = net\n",
							SA("out", "0x2002",
							   KEY_D)) "}"));
	assert_int_equal(spi_of(out_of(f, 0)), 0x2002);
	assert_sends_to(f, 0, "203.0.113.9", 1025);
	tell_moved(f, "203.0.113.9", 1026);
	assert_sends_to(f, 0, "203.0.113.9", 1026);
}

/* Whose home is the same, but what it protects is not. */
static void half_a_pair_does_not_follow_who_has_another_policy(void **state)
{
	const char *both =
		CONF(FOLLOWED_PAIR("one", SA("in", "0x1001", KEY_A),
				   SA("out", "0x1002", KEY_B))
			     FOLLOWED_PAIR("two", SA("in", "0x2001", KEY_C),
					   SA("out", "0x2002", KEY_D)),
		     NET_1 POLICY("more", "10.3.0.0/16", "two"));
	struct fixture *f = *state;

	apply(f, CONF(FOLLOWED_PAIR("two", SA("in", "0x2001", KEY_C),
				    SA("out", "0x2002", KEY_D)),
		      POLICY("net", "10.2.0.0/16", "two")));
	tell_moved(f, "203.0.113.9", 1025);
	apply_config(f,
		     with_added(both, "manual {\n" PAIR_OF("new", "aes128gcm16",
							   "encap = yes\n"
							   "follow = yes\n",
							   "policies = net\n",
							   SA("out", "0x3002",
							      KEY_E)) "}"));
	assert_int_equal(spi_of(out_of(f, 0)), 0x3002);
	assert_sends_to(f, 0, "192.0.2.2", 4500);
	assert_sends_to(f, 1, "203.0.113.9", 1025);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(peer_that_moves_is_followed_if_told_to),
		CASE(peer_that_moves_is_not_followed_otherwise),
		CASE(following_begins_and_ends_with_a_reload),
		CASE(nobodys_address_is_not_followed),
		CASE(another_pairs_peer_is_not_moved),
		CASE(in_transport_mode_the_port_moves_alone),
		CASE(half_a_pair_follows_who_has_its_place),
		CASE(half_a_pair_does_not_follow_who_has_another_policy),
	};

	log_set_level(LOG_LVL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
