// SPDX-License-Identifier: BSD-2-Clause
/*
 * That of IPv6 turns a host into a router, which no longer heeds advertisements:
 * nobody has to turn it on who has no policy for it.
 */
#include "ctrl/dp/forwarding.h"

#include <errno.h>
#include <string.h>

#include "ctrl/dp/iface.h"

static int check_ifaces(const struct gateway_conf *g, const char *family,
			struct error *e)
{
	for (size_t i = 0; i < g->n_ifaces; i++) {
		const char *name = g->ifaces[i].name;

		if (g->ifaces[i].role == IFACE_PROTECTED &&
		    !iface_sysctl_is_on(family, name, "forwarding"))
			return error_set(
				e, -EINVAL,
				"IPv%s forwarding is off for interface '%s'; turn it on with: sysctl -w net/%s/conf/%s/forwarding=1",
				family + strlen("ipv"), name, family, name);
	}
	return 0;
}

int forwarding_check_all(const struct config *c, struct error *e)
{
	if (!iface_sysctl_is_on("ipv4", "all", "forwarding"))
		return error_set(
			e, -EINVAL,
			"IPv4 forwarding is off, a gateway needs it; turn it on with: sysctl -w net.ipv4.ip_forward=1");
	if (config_protects_v6(c) &&
	    !iface_sysctl_is_on("ipv6", "all", "forwarding"))
		return error_set(
			e, -EINVAL,
			"IPv6 forwarding is off, and there are policies that protect IPv6; turn it on with: sysctl -w net.ipv6.conf.all.forwarding=1");
	return 0;
}

int forwarding_check(const struct config *c, struct error *e)
{
	int err = forwarding_check_all(c, e);

	if (!err)
		err = check_ifaces(&c->gateway, "ipv4", e);
	if (!err && config_protects_v6(c))
		err = check_ifaces(&c->gateway, "ipv6", e);
	return err;
}
