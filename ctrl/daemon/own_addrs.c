// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/own_addrs.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>

_Static_assert(OWN_ADDRS_NAME == IFNAMSIZ, "a name fits");

static bool has(const struct ifaddrs *one, const struct addr *a)
{
	const struct sockaddr *s = one->ifa_addr;
	struct addr it;

	if (s && s->sa_family == AF_INET)
		it = addr_from_v4(((const struct sockaddr_in *)(const void *)s)
					  ->sin_addr.s_addr);
	else if (s && s->sa_family == AF_INET6)
		memcpy(it.octets,
		       &((const struct sockaddr_in6 *)(const void *)s)->sin6_addr,
		       sizeof(it.octets));
	else
		return false;
	return addr_equal(&it, a);
}

bool own_addrs_have(const struct addr *a, char name[OWN_ADDRS_NAME])
{
	struct ifaddrs *all, *one;

	if (getifaddrs(&all))
		return false;
	for (one = all; one && !has(one, a); one = one->ifa_next)
		;
	if (one && name)
		snprintf(name, OWN_ADDRS_NAME, "%s", one->ifa_name);
	freeifaddrs(all);
	return one;
}
