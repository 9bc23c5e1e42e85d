// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/vlan.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <string.h>

#include "ctrl/dp/nl_parse.h"

/* What one message says. */
struct vlan_link {
	bool found;
	uint32_t lower_ifindex;
	struct vlan_tag tag;
};

static uint16_t attr_u16(const struct nl_attrs *attrs, uint16_t type)
{
	const struct nlattr *a = attrs->by_type[type];

	return a && mnl_attr_get_payload_len(a) == sizeof(uint16_t)
		       ? mnl_attr_get_u16(a)
		       : 0;
}

static bool is_vlan(const struct nl_attrs *info)
{
	const struct nlattr *kind = info->by_type[IFLA_INFO_KIND];
	static const char name[] = "vlan";

	return kind && mnl_attr_get_payload_len(kind) >= sizeof(name) &&
	       memcmp(mnl_attr_get_payload(kind), name, sizeof(name)) == 0;
}

/* RTM_NEWLINK. */
static void parse(const struct nlmsghdr *h, struct vlan_link *out)
{
	const struct nl_attrs link = nl_attrs_of(h, sizeof(struct ifinfomsg));
	struct nl_attrs info, data;

	if (!link.by_type[IFLA_LINKINFO] || link.by_type[IFLA_LINK_NETNSID])
		return;
	info = nl_attrs_in(link.by_type[IFLA_LINKINFO]);
	if (!is_vlan(&info) || !info.by_type[IFLA_INFO_DATA])
		return;
	data = nl_attrs_in(info.by_type[IFLA_INFO_DATA]);
	out->lower_ifindex = nl_attr_u32(&link, IFLA_LINK);
	out->tag.tpid = ntohs(attr_u16(&data, IFLA_VLAN_PROTOCOL));
	out->tag.vid = attr_u16(&data, IFLA_VLAN_ID);
	out->found = out->lower_ifindex && out->tag.tpid;
}

static void take_link(const struct nlmsghdr *h, void *ctx)
{
	if (h->nlmsg_type == RTM_NEWLINK)
		parse(h, ctx);
}

static int ask_link(struct nl *nl, uint32_t ifindex, struct vlan_link *out)
{
	struct ifinfomsg *m = mnl_nlmsg_put_extra_header(
		nl_ask(nl, RTM_GETLINK, 0), sizeof(*m));

	m->ifi_index = (int)ifindex;
	*out = (struct vlan_link){ .found = false };
	return nl_talk(nl, take_link, out);
}

/* What was outermost so far is inside of this one. */
static void put_outside(struct vlan_stack *s, struct vlan_tag tag)
{
	memmove(s->tag + 1, s->tag, sizeof(s->tag) - sizeof(s->tag[0]));
	s->tag[0] = tag;
	s->n_tags++;
}

int vlan_read(struct nl *nl, uint32_t ifindex, struct vlan_stack *out)
{
	*out = (struct vlan_stack){ .lower_ifindex = ifindex };
	while (out->n_tags <= VLAN_TAGS_MAX) {
		struct vlan_link link;
		int err = ask_link(nl, out->lower_ifindex, &link);

		if (err || !link.found)
			return err;
		put_outside(out, link.tag);
		out->lower_ifindex = link.lower_ifindex;
	}
	return 0;
}
