// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a VLAN interface stands on. The kernel is the far end of a socket pair,
 * and has answered beforehand: one datagram for each question.
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
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "ctrl/dp/vlan.h"

struct fixture {
	struct nl *nl;
	int kernel; /* the far end */
	uint32_t seq;
};

/* What the kernel says of an interface. */
struct link {
	const char *kind; /* NULL: nothing */
	uint32_t lower;
	uint16_t tpid;
	uint16_t vid;
	bool elsewhere; /* the device below is in another network namespace */
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

static struct nlmsghdr *answer(struct fixture *f, void *buf, uint16_t type)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	h->nlmsg_type = type;
	h->nlmsg_seq = ++f->seq;
	return h;
}

static void say(struct fixture *f, const struct nlmsghdr *h)
{
	assert_int_equal(send(f->kernel, h, h->nlmsg_len, 0), h->nlmsg_len);
}

static void put_kind(struct nlmsghdr *h, const struct link *l)
{
	struct nlattr *info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	struct nlattr *data;

	mnl_attr_put_strz(h, IFLA_INFO_KIND, l->kind);
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	mnl_attr_put_u16(h, IFLA_VLAN_ID, l->vid);
	mnl_attr_put_u16(h, IFLA_VLAN_PROTOCOL, htons(l->tpid));
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
}

static void say_link(struct fixture *f, const struct link *l)
{
	_Alignas(struct nlmsghdr) char buf[512];
	struct nlmsghdr *h = answer(f, buf, RTM_NEWLINK);

	mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	mnl_attr_put_u32(h, IFLA_LINK, l->lower);
	if (l->elsewhere)
		mnl_attr_put_u32(h, IFLA_LINK_NETNSID, 0);
	if (l->kind)
		put_kind(h, l);
	say(f, h);
}

static void say_error(struct fixture *f, int error)
{
	_Alignas(struct nlmsghdr) char buf[64];
	struct nlmsghdr *h = answer(f, buf, NLMSG_ERROR);
	struct nlmsgerr *e = mnl_nlmsg_put_extra_header(h, sizeof(*e));

	e->error = error;
	say(f, h);
}

static const struct link nic = { 0 };
static const struct link vlan = { "vlan", 3, ETH_P_8021Q, 100, false };
static const struct link provider = { "vlan", 4, ETH_P_8021AD, 400, false };

/* --- */

static void interface_that_is_no_vlan_stands_on_itself(void **state)
{
	struct vlan_stack s;
	struct fixture *f = *state;

	say_link(f, &nic);
	assert_int_equal(vlan_read(f->nl, 7, &s), 0);
	assert_int_equal(s.lower_ifindex, 7);
	assert_int_equal(s.n_tags, 0);
	assert_int_equal(s.tag[0].tpid, 0);
}

static void vlan_stands_on_its_device(void **state)
{
	struct vlan_stack s;
	struct fixture *f = *state;

	say_link(f, &vlan);
	say_link(f, &nic);
	assert_int_equal(vlan_read(f->nl, 7, &s), 0);
	assert_int_equal(s.lower_ifindex, 3);
	assert_int_equal(s.n_tags, 1);
	assert_int_equal(s.tag[0].tpid, ETH_P_8021Q);
	assert_int_equal(s.tag[0].vid, 100);
	assert_int_equal(s.tag[1].tpid, 0);
}

static void vlan_in_a_vlan_has_the_outer_tag_first(void **state)
{
	struct vlan_stack s;
	struct fixture *f = *state;

	say_link(f, &vlan);
	say_link(f, &provider);
	say_link(f, &nic);
	assert_int_equal(vlan_read(f->nl, 7, &s), 0);
	assert_int_equal(s.lower_ifindex, 4);
	assert_int_equal(s.n_tags, 2);
	assert_int_equal(s.tag[0].tpid, ETH_P_8021AD);
	assert_int_equal(s.tag[0].vid, 400);
	assert_int_equal(s.tag[1].tpid, ETH_P_8021Q);
	assert_int_equal(s.tag[1].vid, 100);
}

static void three_tags_are_told_as_too_many(void **state)
{
	struct vlan_stack s;
	struct fixture *f = *state;

	for (int i = 0; i < 4; i++)
		say_link(f, &vlan);
	assert_int_equal(vlan_read(f->nl, 7, &s), 0);
	assert_true(s.n_tags > VLAN_TAGS_MAX);
}

static void peer_of_a_veth_is_no_device_below(void **state)
{
	const struct link veth = { "veth", 9, ETH_P_8021Q, 100, false };
	struct vlan_stack s;
	struct fixture *f = *state;

	say_link(f, &veth);
	assert_int_equal(vlan_read(f->nl, 7, &s), 0);
	assert_int_equal(s.lower_ifindex, 7);
	assert_int_equal(s.n_tags, 0);
}

static void device_in_another_namespace_is_none(void **state)
{
	struct link elsewhere = vlan;
	struct vlan_stack s;
	struct fixture *f = *state;

	elsewhere.elsewhere = true;
	say_link(f, &elsewhere);
	assert_int_equal(vlan_read(f->nl, 7, &s), 0);
	assert_int_equal(s.lower_ifindex, 7);
	assert_int_equal(s.n_tags, 0);
}

static void interface_that_is_not_there_is_told(void **state)
{
	struct vlan_stack s;
	struct fixture *f = *state;

	say_error(f, -ENODEV);
	assert_int_equal(vlan_read(f->nl, 7, &s), -ENODEV);
}

static void device_that_vanished_is_told(void **state)
{
	struct vlan_stack s;
	struct fixture *f = *state;

	say_link(f, &vlan);
	say_error(f, -ENODEV);
	assert_int_equal(vlan_read(f->nl, 7, &s), -ENODEV);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(interface_that_is_no_vlan_stands_on_itself),
		CASE(vlan_stands_on_its_device),
		CASE(vlan_in_a_vlan_has_the_outer_tag_first),
		CASE(three_tags_are_told_as_too_many),
		CASE(peer_of_a_veth_is_no_device_below),
		CASE(device_in_another_namespace_is_none),
		CASE(interface_that_is_not_there_is_told),
		CASE(device_that_vanished_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
