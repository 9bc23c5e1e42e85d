// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/hostif.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ctrl/dp/iface.h"

#define TUN_F_UDP_GSO 0x60U /* TUN_F_USO4 and TUN_F_USO6, Linux 6.2 */

/* Link-local (RFC 3927): rp_filter = 2 wants an address on the interface. */
#define HOSTIF_ADDR 0xa9fe6701U /* 169.254.103.1 */

static int open_tap(void)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	memcpy(ifr.ifr_name, HOSTIF_NAME, sizeof(HOSTIF_NAME));
	if (ioctl(fd, TUNSETIFF, &ifr)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* Large packets as they are, and checksums as far as they are (host_cut.h):
 * cutting is cheaper here than in the kernel, which would copy each piece. */
static int take_large(struct hostif *h)
{
	const unsigned int with_tcp =
		TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

	h->udp_gso = !ioctl(h->fd, TUNSETOFFLOAD, with_tcp | TUN_F_UDP_GSO);
	return h->udp_gso ? 0 : ioctl(h->fd, TUNSETOFFLOAD, with_tcp);
}

/* Owned: without an owner anybody may be the reader of a persistent TAP. */
static int configure_tap(struct hostif *h)
{
	int fd = h->fd;

	int header = sizeof(struct virtio_net_hdr);

	if (ioctl(fd, TUNSETOWNER, geteuid()) ||
	    ioctl(fd, TUNSETGROUP, getegid()) ||
	    ioctl(fd, TUNSETVNETHDRSZ, &header) || take_large(h) ||
	    ioctl(fd, TUNSETPERSIST, 1))
		return -errno;
	return 0;
}

/* No IPv6 of its own, loose reverse-path filter, never conf.all. */
static int configure_link(struct hostif *h)
{
	const struct addr address = addr_from_v4(htonl(HOSTIF_ADDR));
	struct iface iface;
	int err;

	/* Absent where the kernel has no IPv6. */
	iface_sysctl("ipv6", HOSTIF_NAME, "disable_ipv6", "1");
	err = iface_sysctl("ipv4", HOSTIF_NAME, "rp_filter", "2");
	if (err)
		return err;
	err = iface_set_host(HOSTIF_NAME, &address);
	if (err)
		return err;
	err = iface_read(HOSTIF_NAME, &iface);
	if (err)
		return err;
	h->ifindex = iface.ifindex;
	memcpy(h->mac, iface.mac, sizeof(h->mac));
	return 0;
}

static int open_failed(int err, struct error *e)
{
	switch (-err) {
	case EBUSY:
		return error_set(
			e, err,
			HOSTIF_NAME
			" is held by another process; is cygnetd already running in this network namespace?");
	case EPERM:
	case EACCES:
		return error_set(e, -EPERM,
				 "not allowed to create " HOSTIF_NAME
				 "; run as root, or with CAP_NET_ADMIN");
	case EINVAL:
		return error_set(
			e, err,
			HOSTIF_NAME
			" exists but is no TAP of ours; remove it with: ip link del " HOSTIF_NAME);
	}
	return error_set(
		e, err,
		"cannot create " HOSTIF_NAME
		" through /dev/net/tun: %s; load the module with: modprobe tun",
		strerror(-err));
}

int hostif_take(struct hostif *h, struct error *e)
{
	bool fresh = if_nametoindex(HOSTIF_NAME) == 0;

	*h = (struct hostif){ .fd = open_tap() };
	if (h->fd < 0)
		return open_failed(h->fd, e);
	h->fresh = fresh;
	return 0;
}

bool hostif_is_read(void)
{
	return iface_has_carrier(HOSTIF_NAME);
}

int hostif_open(struct hostif *h, struct error *e)
{
	int err = hostif_take(h, e);

	if (err)
		return err;
	err = configure_tap(h);
	if (!err)
		err = configure_link(h);
	if (!err)
		return 0;
	if (h->fresh)
		hostif_remove(h);
	else
		hostif_close(h);
	h->fresh = false;
	return error_set(e, err, "cannot set up " HOSTIF_NAME ": %s",
			 strerror(-err));
}

void hostif_drain(const struct hostif *h)
{
	struct virtio_net_hdr head; /* the rest of a frame goes with it */

	while (read(h->fd, &head, sizeof(head)) >= 0)
		;
}

void hostif_close(struct hostif *h)
{
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
}

void hostif_remove(struct hostif *h)
{
	if (h->fd < 0)
		h->fd = open_tap();
	if (h->fd >= 0)
		ioctl(h->fd, TUNSETPERSIST, 0);
	hostif_close(h);
}
