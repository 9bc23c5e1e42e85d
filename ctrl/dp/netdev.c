// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/netdev.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "ctrl/dp/nl_parse.h"
#include "ctrl/dp/nl_talk.h"

/* Of <linux/netdev.h>, Linux 6.3 and 6.6. */
#define NETDEV_FAMILY		  "netdev"
#define NETDEV_CMD_DEV_GET	  1
#define NETDEV_A_DEV_IFINDEX	  1
#define NETDEV_A_DEV_XDP_FEATURES 3
#define NETDEV_A_DEV_ZC_MAX_SEGS  4

static struct nlmsghdr *ask_generic(struct nl *nl, uint16_t type,
				    uint8_t command)
{
	struct nlmsghdr *h = nl_ask(nl, type, 0);
	struct genlmsghdr *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));

	g->cmd = command;
	g->version = 1;
	return h;
}

static void on_family(const struct nlmsghdr *h, void *ctx)
{
	struct nl_attrs attrs = nl_attrs_of(h, sizeof(struct genlmsghdr));
	uint16_t *family = ctx;

	if (attrs.by_type[CTRL_ATTR_FAMILY_ID])
		*family = mnl_attr_get_u16(attrs.by_type[CTRL_ATTR_FAMILY_ID]);
}

static void on_device(const struct nlmsghdr *h, void *ctx)
{
	struct nl_attrs attrs = nl_attrs_of(h, sizeof(struct genlmsghdr));
	const struct nlattr *features = attrs.by_type[NETDEV_A_DEV_XDP_FEATURES];
	struct netdev *out = ctx;

	if (features)
		out->xdp_features = mnl_attr_get_u64(features);
	if (attrs.by_type[NETDEV_A_DEV_ZC_MAX_SEGS])
		out->zc_pieces = nl_attr_u32(&attrs, NETDEV_A_DEV_ZC_MAX_SEGS);
}

static int ask(struct nl *nl, uint32_t ifindex, struct netdev *out)
{
	struct nlmsghdr *h = ask_generic(nl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	uint16_t family = 0;
	int err;

	mnl_attr_put_strz(h, CTRL_ATTR_FAMILY_NAME, NETDEV_FAMILY);
	err = nl_talk(nl, on_family, &family);
	if (err || !family)
		return err ? err : -ENOENT;
	h = ask_generic(nl, family, NETDEV_CMD_DEV_GET);
	mnl_attr_put_u32(h, NETDEV_A_DEV_IFINDEX, ifindex);
	return nl_talk(nl, on_device, out);
}

int netdev_read(uint32_t ifindex, struct netdev *out)
{
	struct nl *nl;
	int err = nl_new_of(NETLINK_GENERIC, &nl);

	*out = (struct netdev){ .zc_pieces = 1 };
	if (err)
		return err;
	err = ask(nl, ifindex, out);
	nl_free(nl);
	return err;
}
