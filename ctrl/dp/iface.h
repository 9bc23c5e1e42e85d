/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel says about an interface, and the few settings of one that
 * we make. Control thread.
 */
#ifndef CYG_DP_IFACE_H
#define CYG_DP_IFACE_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/addr.h"
#include "ctrl/dp/umem.h"
#include "include/sad.h"

struct iface {
	char name[IF_NAMESIZE];
	enum iface_role role; /* the configuration's; iface_read() leaves it 0 */
	uint32_t ifindex;
	uint8_t mac[6];
	uint32_t mtu;	 /* bytes of an IP packet, as the link has it */
	bool chains;	 /* dp's: AF_XDP carries frames in pieces there */
	uint32_t queues; /* receive queues, of the lower device */
	bool up;
	bool ethernet;
	/* Of a VLAN: the device whose frames carry these tags. Else the
	 * interface itself, and none. */
	char lower_name[IF_NAMESIZE];
	uint32_t lower_ifindex;
	uint32_t n_tags; /* more than VLAN_TAGS_MAX: not to be served */
	struct vlan_tag tag[VLAN_TAGS_MAX]; /* outermost first */
};

/* The largest IP packet that we carry by it. */
static inline uint32_t iface_mtu(const struct iface *i)
{
	return i->chains || i->mtu < FRAME_MTU ? i->mtu : FRAME_MTU;
}

/* 0, or a negative errno: -ENODEV when there is none of that name. */
int iface_read(const char *name, struct iface *out);

/* Another number of queues, both ways alike. 0 or a negative errno:
 * -EOPNOTSUPP, -EINVAL (more than there are). */
int iface_set_queues(const char *name, uint32_t n);

/* Is a link there; of a TAP: does somebody read? False when it does not exist. */
bool iface_has_carrier(const char *name);

/* 0 or a negative errno. */
int iface_set_mtu(const char *name, uint32_t mtu);

/* Up, without ARP and multicast; the host interface with one address of its own. */
int iface_set_up(const char *name);
int iface_set_host(const char *name, const struct addr *address);

/* Writes /proc/sys/net/FAMILY/conf/NAME/KEY; family "ipv4" or "ipv6". */
int iface_sysctl(const char *family, const char *name, const char *key,
		 const char *value);

/* Is that file's value 1? False, too, where the kernel has no such family. */
bool iface_sysctl_is_on(const char *family, const char *name, const char *key);

#endif
