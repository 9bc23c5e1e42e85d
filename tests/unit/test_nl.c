// SPDX-License-Identifier: BSD-2-Clause
/*
 * Exchanges over a netlink socket when they go wrong, and what messages say.
 * The kernel is the far end of a socket pair, and has answered beforehand.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "ctrl/dp/nl.h"

struct fixture {
	struct nl *nl;
	int kernel; /* the far end */
	_Alignas(struct nlmsghdr) char buf[2 * NL_ANSWER_BYTES];
	size_t bytes; /* of buf, not yet sent */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int ends[2];

	if (!f)
		return -1;
	f->nl = calloc(1, sizeof(*f->nl));
	if (!f->nl ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends))
		return -1;
	f->nl->fd = ends[0];
	f->nl->seq = 100;
	f->kernel = ends[1];
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close(f->kernel);
	nl_free(f->nl);
	free(f);
	return 0;
}

/* --- the kernel's side --- */

static struct nlmsghdr *put(struct fixture *f, uint32_t seq, uint16_t type,
			    uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(f->buf + f->bytes);

	h->nlmsg_seq = seq;
	h->nlmsg_type = type;
	h->nlmsg_flags = flags;
	return h;
}

static void put_end(struct fixture *f, const struct nlmsghdr *h)
{
	f->bytes += NLMSG_ALIGN(h->nlmsg_len);
}

static void put_result(struct fixture *f, uint32_t seq, uint16_t type,
		       uint16_t flags, int err)
{
	struct nlmsghdr *h = put(f, seq, type, flags);
	struct nlmsgerr *e = mnl_nlmsg_put_extra_header(h, sizeof(*e));

	e->error = err;
	put_end(f, h);
}

static void put_done(struct fixture *f, uint32_t seq, uint16_t flags)
{
	put_result(f, seq, NLMSG_DONE, NLM_F_MULTI | flags, 0);
}

static void put_addr(struct fixture *f, uint32_t seq, uint16_t flags,
		     const char *local, const char *broadcast)
{
	struct nlmsghdr *h = put(f, seq, RTM_NEWADDR, NLM_F_MULTI | flags);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(h, sizeof(*ifa));

	ifa->ifa_family = AF_INET;
	ifa->ifa_index = 7;
	mnl_attr_put_u32(h, IFA_LOCAL, inet_addr(local));
	if (broadcast)
		mnl_attr_put_u32(h, IFA_BROADCAST, inet_addr(broadcast));
	put_end(f, h);
}

static void put_route(struct fixture *f, uint32_t seq, uint32_t ifindex)
{
	struct nlmsghdr *h = put(f, seq, RTM_NEWROUTE, 0);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));

	rt->rtm_family = AF_INET;
	rt->rtm_type = RTN_UNICAST;
	mnl_attr_put_u32(h, RTA_OIF, ifindex);
	put_end(f, h);
}

/* What was put, as one datagram. */
static void say(struct fixture *f)
{
	assert_int_equal(send(f->kernel, f->buf, f->bytes, 0), f->bytes);
	f->bytes = 0;
}

static void say_route(struct fixture *f, uint32_t seq, uint32_t ifindex)
{
	put_route(f, seq, ifindex);
	say(f);
}

/* --- ours --- */

static int route_get(struct fixture *f, struct nl_route *out)
{
	const struct addr dst = addr_from_v4(1), any = { 0 };

	return nl_route_get(f->nl, &dst, &any, out);
}

/* Asks for a route that the kernel will say to be by interface 3. */
static void assert_next_question_is_answered(struct fixture *f)
{
	struct nl_route route;

	say_route(f, f->nl->seq + 1, 3);
	assert_int_equal(route_get(f, &route), 0);
	assert_int_equal(route.ifindex, 3);
}

static int addrs(struct fixture *f, size_t *n)
{
	struct nl_addr *list;
	int err = nl_addrs(f->nl, &list, n);

	free(list);
	return err;
}

static void question_is_asked_once_and_answered(void **state)
{
	struct fixture *f = *state;
	struct nlmsghdr ask;

	assert_next_question_is_answered(f);
	assert_true(recv(f->kernel, &ask, sizeof(ask), 0) > 0);
	assert_int_equal(ask.nlmsg_type, RTM_GETROUTE);
	assert_int_equal(ask.nlmsg_seq, 101);
	assert_int_equal(recv(f->kernel, &ask, sizeof(ask), 0), -1);
}

static void answer_to_an_earlier_question_is_skipped(void **state)
{
	struct fixture *f = *state;

	say_route(f, 99, 66);
	put_result(f, 100, NLMSG_ERROR, 0, -EPERM);
	put_done(f, 100, 0);
	say(f);
	assert_next_question_is_answered(f);
}

static void refusal_is_the_kernels_errno(void **state)
{
	struct fixture *f = *state;
	struct nl_route route;

	put_result(f, 101, NLMSG_ERROR, 0, -ENETUNREACH);
	say(f);
	assert_int_equal(route_get(f, &route), -ENETUNREACH);
	assert_next_question_is_answered(f);
}

static void route_says_its_own_mtu_and_the_source_of_packets(void **state)
{
	struct fixture *f = *state;
	struct nl_route route;
	struct nlattr *metrics;
	struct nlmsghdr *h = put(f, 101, RTM_NEWROUTE, 0);

	mnl_nlmsg_put_extra_header(h, sizeof(struct rtmsg));
	mnl_attr_put_u32(h, RTA_PREFSRC, inet_addr("10.1.0.1"));
	metrics = mnl_attr_nest_start(h, RTA_METRICS);
	mnl_attr_put_u32(h, RTAX_WINDOW, 1000);
	mnl_attr_put_u32(h, RTAX_MTU, 1300);
	mnl_attr_nest_end(h, metrics);
	put_end(f, h);
	say(f);
	assert_int_equal(route_get(f, &route), 0);
	assert_int_equal(addr_v4_be(&route.source), inet_addr("10.1.0.1"));
	assert_int_equal(nl_route_mtu(&route, 1500), 1300);
	assert_int_equal(nl_route_mtu(&route, 1280), 1280);
	route.mtu = 0;
	assert_int_equal(nl_route_mtu(&route, 1500), 1500);
}

static void silence_is_a_timeout_and_a_late_answer_does_no_harm(void **state)
{
	struct fixture *f = *state;
	struct nl_route route;

	assert_int_equal(route_get(f, &route), -ETIMEDOUT);
	say_route(f, 101, 66);
	assert_next_question_is_answered(f);
}

static void dump_comes_in_several_datagrams(void **state)
{
	struct fixture *f = *state;
	size_t n;

	put_addr(f, 101, 0, "10.0.0.1", NULL);
	put_addr(f, 101, 0, "10.0.0.2", NULL);
	say(f);
	put_addr(f, 101, 0, "10.0.0.3", NULL);
	put_done(f, 101, 0);
	say(f);
	assert_int_equal(addrs(f, &n), 0);
	assert_int_equal(n, 3);
}

static void dump_of_a_table_that_changed_is_read_anew(void **state)
{
	struct fixture *f = *state;
	size_t n;

	put_addr(f, 101, 0, "10.0.0.1", NULL);
	say(f);
	put_addr(f, 101, NLM_F_DUMP_INTR, "10.0.0.3", NULL);
	put_addr(f, 101, NLM_F_DUMP_INTR, "10.0.0.4", NULL);
	put_done(f, 101, NLM_F_DUMP_INTR);
	say(f);
	put_addr(f, 102, 0, "10.0.0.1", NULL);
	put_done(f, 102, 0);
	say(f);
	assert_int_equal(addrs(f, &n), 0);
	assert_int_equal(n, 1);
	assert_next_question_is_answered(f);
}

static void table_that_never_rests_is_given_up_with_what_was_seen(void **state)
{
	struct fixture *f = *state;
	size_t n;

	for (uint32_t i = 0; i < NL_DUMP_TRIES; i++) {
		put_addr(f, 101 + i, 0, "10.0.0.1", NULL);
		put_done(f, 101 + i, NLM_F_DUMP_INTR);
		say(f);
	}
	assert_int_equal(addrs(f, &n), -EINTR);
	assert_int_equal(n, 1);
	assert_next_question_is_answered(f);
}

static void error_inside_a_dump_leaves_no_rows_and_nothing_behind(void **state)
{
	struct fixture *f = *state;
	size_t n;

	put_addr(f, 101, 0, "10.0.0.1", NULL);
	say(f);
	put_result(f, 101, NLMSG_DONE, NLM_F_MULTI, -EMSGSIZE);
	say(f);
	assert_int_equal(addrs(f, &n), -EMSGSIZE);
	assert_int_equal(n, 0);
	assert_next_question_is_answered(f);
}

/* Longer than our buffer: the rest of the dump is read all the same. */
static void datagram_that_was_cut_is_an_error_and_nothing_stays_behind(void **state)
{
	struct fixture *f = *state;
	size_t n;

	while (f->bytes <= NL_ANSWER_BYTES)
		put_addr(f, 101, 0, "10.0.0.1", "10.0.0.255");
	say(f);
	put_done(f, 101, 0);
	say(f);
	assert_int_equal(addrs(f, &n), -EMSGSIZE);
	assert_int_equal(n, 0);
	assert_next_question_is_answered(f);
}

static void many_rows_are_all_there(void **state)
{
	struct fixture *f = *state;
	size_t n;

	for (uint32_t i = 0; i < 20; i++) {
		for (uint32_t k = 0; k < 100; k++)
			put_addr(f, 101, 0, "10.0.0.1", "10.0.0.255");
		say(f);
	}
	put_done(f, 101, 0);
	say(f);
	assert_int_equal(addrs(f, &n), 0);
	assert_int_equal(n, 2000);
}

/* --- what messages say --- */

static bool parse_addr(struct fixture *f, const char *local,
		       const char *broadcast, struct nl_addr *out)
{
	f->bytes = 0;
	put_addr(f, 1, 0, local, broadcast);
	return nl_addr_parse((const struct nlmsghdr *)(void *)f->buf, out);
}

static void address_has_a_broadcast(void **state)
{
	struct nl_addr a;

	assert_true(parse_addr(*state, "10.1.0.1", "10.1.0.255", &a));
	assert_true(a.has_broadcast);
	assert_int_equal(addr_v4_be(&a.broadcast), inet_addr("10.1.0.255"));
}

static void broadcast_that_is_the_address_itself_is_none(void **state)
{
	struct nl_addr a;

	assert_true(parse_addr(*state, "10.128.0.5", "10.128.0.5", &a));
	assert_false(a.has_broadcast);
	assert_int_equal(addr_v4_be(&a.local), inet_addr("10.128.0.5"));
}

static void address_without_a_broadcast_has_none(void **state)
{
	struct nl_addr a;

	assert_true(parse_addr(*state, "10.1.0.1", NULL, &a));
	assert_false(a.has_broadcast);
}

static struct addr addr6(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

/* As the kernel says it: flags twice, and IFA_LOCAL only of a pair. */
static bool parse_addr6(struct fixture *f, const char *local, uint8_t bits,
			uint32_t flags, struct nl_addr *out)
{
	struct nlmsghdr *h = put(f, 1, RTM_NEWADDR, 0);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(h, sizeof(*ifa));
	struct addr a = addr6(local);

	ifa->ifa_family = AF_INET6;
	ifa->ifa_prefixlen = bits;
	ifa->ifa_flags = (uint8_t)flags;
	ifa->ifa_scope = a.octets[0] == 0xfe ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	mnl_attr_put(h, IFA_ADDRESS, sizeof(a.octets), a.octets);
	mnl_attr_put_u32(h, IFA_FLAGS, flags);
	return nl_addr_parse(h, out);
}

static void address_of_ipv6_has_the_anycast_address_of_its_subnet(void **state)
{
	static const struct {
		const char *local;
		uint8_t bits;
		const char *anycast;
	} rows[] = {
		{ "2001:db8:0:1::1", 64, "2001:db8:0:1::" },
		{ "2001:db8:0:1fff::1", 52, "2001:db8:0:1000::" },
		{ "2001:db8::3", 126, "2001:db8::" },
		{ "2001:db8:0:1::", 64, NULL }, /* which it is itself */
		{ "2001:db8::3", 127, NULL },
		{ "2001:db8::3", 128, NULL },
	};
	struct nl_addr a;
	struct addr anycast;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(parse_addr6(*state, rows[i].local, rows[i].bits, 0,
					&a));
		assert_true(a.is_source);
		assert_int_equal(a.has_broadcast, rows[i].anycast != NULL);
		if (!rows[i].anycast)
			continue;
		anycast = addr6(rows[i].anycast);
		assert_true(addr_equal(&a.broadcast, &anycast));
	}
}

static void address_that_is_not_yet_sure_is_ours_but_no_source(void **state)
{
	struct nl_addr a;

	assert_true(parse_addr6(*state, "2001:db8::1", 64,
				IFA_F_TENTATIVE | IFA_F_PERMANENT, &a));
	assert_false(a.is_source);
}

static void address_that_somebody_else_has_is_not_ours(void **state)
{
	struct nl_addr a;

	assert_false(parse_addr6(*state, "2001:db8::1", 64,
				 IFA_F_TENTATIVE | IFA_F_DADFAILED, &a));
}

static void address_of_the_link_is_ours_but_no_source(void **state)
{
	struct nl_addr a;

	assert_true(parse_addr6(*state, "fe80::1", 64, 0, &a));
	assert_false(a.is_source);
	assert_true(parse_addr(*state, "169.254.220.1", NULL, &a));
	assert_false(a.is_source);
	assert_true(parse_addr(*state, "10.1.0.1", NULL, &a));
	assert_true(a.is_source);
}

static void ipv4_route_leads_to_a_gateway_of_ipv6(void **state)
{
	const struct addr gateway = addr6("fe80::9");
	struct fixture *f = *state;
	struct nlmsghdr *h = put(f, 1, RTM_NEWROUTE, 0);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));
	struct nl_route route;
	uint8_t via[18] = { AF_INET6 };

	rt->rtm_family = AF_INET;
	memcpy(via + 2, gateway.octets, sizeof(gateway.octets));
	mnl_attr_put(h, RTA_VIA, sizeof(via), via);
	nl_route_parse(h, &route);
	assert_true(addr_equal(&route.gateway, &gateway));
	assert_true(addr_is_none(&route.source));
}

static void own_routes_and_rules_are_told_from_those_of_others(void **state)
{
	struct fixture *f = *state;
	struct nlmsghdr *h = put(f, 1, RTM_NEWROUTE, 0);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));

	assert_false(nl_is_ours(h));
	rt->rtm_protocol = RTPROT_CYGNET;
	assert_true(nl_is_ours(h));
	h = put(f, 1, RTM_NEWRULE, 0);
	mnl_nlmsg_put_extra_header(h, sizeof(struct rtmsg));
	assert_false(nl_is_ours(h));
	mnl_attr_put_u8(h, FRA_PROTOCOL, RTPROT_CYGNET);
	assert_true(nl_is_ours(h));
	h->nlmsg_type = RTM_NEWLINK;
	assert_false(nl_is_ours(h));
}

/* Likewise; the network is said as the address itself. */
static bool parse_addr4(struct fixture *f, const char *local, uint8_t bits,
			struct nl_addr *out)
{
	struct nlmsghdr *h = put(f, 1, RTM_NEWADDR, 0);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(h, sizeof(*ifa));

	ifa->ifa_family = AF_INET;
	ifa->ifa_prefixlen = bits;
	mnl_attr_put_u32(h, IFA_ADDRESS, inet_addr(local));
	mnl_attr_put_u32(h, IFA_LOCAL, inet_addr(local));
	return nl_addr_parse(h, out);
}

static void address_that_we_gave_is_marked(void **state)
{
	struct fixture *f = *state;
	struct nlmsghdr *h;
	struct nl_addr a;

	assert_true(parse_addr4(f, "10.3.0.1", 32, &a));
	assert_false(a.is_ours);
	f->bytes = 0;
	assert_true(parse_addr4(f, "10.3.0.1", 32, &a));
	h = (struct nlmsghdr *)(void *)f->buf;
	mnl_attr_put_u8(h, IFA_PROTO, RTPROT_CYGNET + 1);
	assert_true(nl_addr_parse(h, &a));
	assert_false(a.is_ours);
	f->bytes = 0;
	assert_true(parse_addr4(f, "10.3.0.1", 32, &a));
	mnl_attr_put_u8(h, IFA_PROTO, RTPROT_CYGNET);
	assert_true(nl_addr_parse(h, &a));
	assert_true(a.is_ours);
}

static void last_address_of_a_subnet_is_its_broadcast_unless_it_is_said(
	void **state)
{
	static const struct {
		const char *local;
		uint8_t bits;
		const char *broadcast;
	} rows[] = {
		{ "10.1.0.1", 24, "10.1.0.255" },
		{ "10.1.0.1", 13, "10.7.255.255" },
		{ "10.1.0.1", 30, "10.1.0.3" },
		{ "10.1.0.1", 31, NULL },
		{ "10.1.0.1", 32, NULL },
		{ "10.1.0.255", 24, NULL }, /* which it is itself */
	};
	struct nl_addr a;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(parse_addr4(*state, rows[i].local, rows[i].bits, &a));
		assert_int_equal(a.has_broadcast, rows[i].broadcast != NULL);
		if (rows[i].broadcast)
			assert_int_equal(addr_v4_be(&a.broadcast),
					 inet_addr(rows[i].broadcast));
	}
}

struct neigh_says {
	uint16_t type;
	uint16_t state;
	uint8_t flags;
	uint32_t flags_ext;
	uint8_t protocol;
};

static struct nl_neigh parse_neigh(struct fixture *f,
				   const struct neigh_says *says)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
	struct nlmsghdr *h = put(f, 1, says->type, 0);
	struct ndmsg *nd = mnl_nlmsg_put_extra_header(h, sizeof(*nd));
	struct nl_neigh n;

	nd->ndm_family = AF_INET;
	nd->ndm_ifindex = 7;
	nd->ndm_state = says->state;
	nd->ndm_flags = says->flags;
	mnl_attr_put_u32(h, NDA_DST, inet_addr("10.1.0.9"));
	if (!(says->state & (NUD_FAILED | NUD_INCOMPLETE)))
		mnl_attr_put(h, NDA_LLADDR, sizeof(mac), mac);
	mnl_attr_put_u32(h, NDA_FLAGS_EXT, says->flags_ext);
	mnl_attr_put_u8(h, NDA_PROTOCOL, says->protocol);
	assert_true(nl_neigh_parse(h, &n));
	assert_int_equal(n.ifindex, 7);
	assert_int_equal(addr_v4_be(&n.addr), inet_addr("10.1.0.9"));
	return n;
}

static void neighbour_is_valid_while_its_mac_holds(void **state)
{
	static const struct {
		uint16_t type, state;
		bool valid;
	} rows[] = {
		{ RTM_NEWNEIGH, NUD_REACHABLE, true },
		{ RTM_NEWNEIGH, NUD_STALE, true },
		{ RTM_NEWNEIGH, NUD_PROBE, true },
		{ RTM_NEWNEIGH, NUD_INCOMPLETE, false },
		{ RTM_NEWNEIGH, NUD_FAILED, false },
		{ RTM_DELNEIGH, NUD_STALE, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct neigh_says says = { .type = rows[i].type,
						 .state = rows[i].state };

		assert_int_equal(parse_neigh(*state, &says).valid,
				 rows[i].valid);
	}
}

static void neighbour_that_others_keep_is_fixed_and_ours_is_not(void **state)
{
	static const struct {
		struct neigh_says says;
		bool fixed, managed;
	} rows[] = {
		{ { RTM_NEWNEIGH, NUD_STALE, 0, 0, 0 }, false, false },
		{ { RTM_NEWNEIGH, NUD_PERMANENT, 0, 0, 0 }, true, false },
		{ { RTM_NEWNEIGH, NUD_NOARP, 0, 0, 0 }, true, false },
		{ { RTM_NEWNEIGH, NUD_STALE, NTF_EXT_LEARNED, 0, 0 },
		  true,
		  false },
		{ { RTM_NEWNEIGH, NUD_STALE, 0, NTF_EXT_MANAGED, 0 },
		  true,
		  false },
		{ { RTM_NEWNEIGH, NUD_STALE, 0, NTF_EXT_MANAGED, RTPROT_CYGNET },
		  false,
		  true },
		{ { RTM_NEWNEIGH, NUD_STALE, 0, 0, RTPROT_CYGNET }, false, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct nl_neigh n = parse_neigh(*state, &rows[i].says);

		assert_int_equal(n.fixed, rows[i].fixed);
		assert_int_equal(n.managed, rows[i].managed);
	}
}

static bool parse_link(struct fixture *f, uint8_t family, struct nl_link *out)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
	struct nlmsghdr *h = put(f, 1, RTM_NEWLINK, 0);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));

	ifi->ifi_family = family;
	ifi->ifi_index = 7;
	ifi->ifi_flags = IFF_UP;
	mnl_attr_put_u32(h, IFLA_MTU, 1300);
	mnl_attr_put(h, IFLA_ADDRESS, sizeof(mac), mac);
	return nl_link_parse(h, out);
}

static void link_says_its_mtu_mac_and_state(void **state)
{
	struct nl_link l;

	assert_true(parse_link(*state, AF_UNSPEC, &l));
	assert_int_equal(l.ifindex, 7);
	assert_int_equal(l.mtu, 1300);
	assert_true(l.up);
	assert_true(l.has_mac);
	assert_int_equal(l.mac[5], 9);
}

static void bridges_words_about_a_port_are_not_the_links(void **state)
{
	struct nl_link l;

	assert_false(parse_link(*state, AF_BRIDGE, &l));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(question_is_asked_once_and_answered),
		CASE(answer_to_an_earlier_question_is_skipped),
		CASE(refusal_is_the_kernels_errno),
		CASE(route_says_its_own_mtu_and_the_source_of_packets),
		CASE(silence_is_a_timeout_and_a_late_answer_does_no_harm),
		CASE(dump_comes_in_several_datagrams),
		CASE(dump_of_a_table_that_changed_is_read_anew),
		CASE(table_that_never_rests_is_given_up_with_what_was_seen),
		CASE(error_inside_a_dump_leaves_no_rows_and_nothing_behind),
		CASE(datagram_that_was_cut_is_an_error_and_nothing_stays_behind),
		CASE(many_rows_are_all_there),
		CASE(address_has_a_broadcast),
		CASE(broadcast_that_is_the_address_itself_is_none),
		CASE(address_without_a_broadcast_has_none),
		CASE(address_of_ipv6_has_the_anycast_address_of_its_subnet),
		CASE(address_that_is_not_yet_sure_is_ours_but_no_source),
		CASE(address_that_somebody_else_has_is_not_ours),
		CASE(address_of_the_link_is_ours_but_no_source),
		CASE(ipv4_route_leads_to_a_gateway_of_ipv6),
		CASE(own_routes_and_rules_are_told_from_those_of_others),
		CASE(address_that_we_gave_is_marked),
		CASE(last_address_of_a_subnet_is_its_broadcast_unless_it_is_said),
		CASE(neighbour_is_valid_while_its_mac_holds),
		CASE(neighbour_that_others_keep_is_fixed_and_ours_is_not),
		CASE(link_says_its_mtu_mac_and_state),
		CASE(bridges_words_about_a_port_are_not_the_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
