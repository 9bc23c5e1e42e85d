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

#include "ctrl/base/log.h"
#include "ctrl/dp/esp.h"
#include "ctrl/dp/iface.h"
#include "include/proto.h"

#define TAP_FLAGS (IFF_TAP | IFF_NO_PI | IFF_VNET_HDR)

#define TUN_F_UDP_GSO 0x60U /* TUN_F_USO4 and TUN_F_USO6, Linux 6.2 */

/* Link-local (RFC 3927): rp_filter = 2 wants an address on the interface. */
#define HOSTIF_ADDR 0xa9fe6701U /* 169.254.103.1 */

int hostif_open_tap(const char *name, short flags)
{
	struct ifreq ifr = { .ifr_flags = (short)(TAP_FLAGS | flags) };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &ifr)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/*
 * One that an earlier version left, with a single queue for ever. While it is gone
 * the guards of that start have nowhere to redirect to, and drop.
 */
static int remove_single(void)
{
	int fd = hostif_open_tap(HOSTIF_NAME, 0);

	if (fd < 0)
		return fd;
	ioctl(fd, TUNSETPERSIST, 0);
	close(fd);
	return 0;
}

static int open_queue(void)
{
	int fd = hostif_open_tap(HOSTIF_NAME, IFF_MULTI_QUEUE);

	if (fd == -EINVAL && !remove_single())
		fd = hostif_open_tap(HOSTIF_NAME, IFF_MULTI_QUEUE);
	return fd;
}

/*
 * The kernel gives a queue to everybody who may have one: whoever finds more
 * than his own there was not alone. Two that start at once may both give way.
 */
static bool is_alone(const struct hostif *h)
{
	struct iface iface;

	return !iface_read(HOSTIF_NAME, &iface) && iface.queues == h->n;
}

/* Large packets as they are, and checksums as far as they are (host_cut.h):
 * cutting is cheaper here than in the kernel, which would copy each piece. */
static int take_large(int fd, bool *udp_gso)
{
	const unsigned int with_tcp =
		TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

	*udp_gso = !ioctl(fd, TUNSETOFFLOAD, with_tcp | TUN_F_UDP_GSO);
	return *udp_gso ? 0 : ioctl(fd, TUNSETOFFLOAD, with_tcp);
}

/* Owned: without an owner anybody may be the reader of a persistent TAP. */
int hostif_keep_tap(int fd, bool *udp_gso)
{
	int header = sizeof(struct virtio_net_hdr);

	if (ioctl(fd, TUNSETOWNER, geteuid()) ||
	    ioctl(fd, TUNSETGROUP, getegid()) ||
	    ioctl(fd, TUNSETVNETHDRSZ, &header) || take_large(fd, udp_gso) ||
	    ioctl(fd, TUNSETPERSIST, 1))
		return -errno;
	return 0;
}

/* Of what comes up by it the kernel takes what is for this host and forwards the
 * rest; a source that is this host's own is none of a peer's. Loose reverse-path
 * filter. Never conf.all, and nothing of conf.default. */
static int configure_ipv4(void)
{
	int err = iface_sysctl("ipv4", HOSTIF_NAME, "rp_filter", "2");

	if (!err)
		err = iface_sysctl("ipv4", HOSTIF_NAME, "accept_local", "0");
	if (!err)
		err = iface_sysctl("ipv4", HOSTIF_NAME, "forwarding", "1");
	return err;
}

static const struct setting {
	const char *key, *value;
} quiet[] = {
	{ "addr_gen_mode", "1" }, /* none, not even link-local */
	{ "accept_ra", "0" },	  { "autoconf", "0" },
	{ "accept_dad", "0" },	  { "router_solicitations", "0" },
};

void hostif_quiet_ipv6(const char *name)
{
	bool off = iface_sysctl_is_on("ipv6", "all", "disable_ipv6");

	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
		iface_sysctl("ipv6", name, quiet[i].key, quiet[i].value);
	/* Absent, as all of it, where the kernel has no IPv6. */
	iface_sysctl("ipv6", name, "disable_ipv6", off ? "1" : "0");
}

/* Packets of IPv6 come up by it, but it says nothing: no solicitation, no
 * membership. */
static void configure_ipv6(void)
{
	static const struct setting silent[] = {
		/* Whether packets are forwarded is said by conf.all; a router's
		 * interface is a member of ff02::2 (RFC 4291 section 2.8), and
		 * of MLD's versions the first leaves in silence a group that it
		 * has not reported. */
		{ "force_mld_version", "1" },
		{ "forwarding", "0" },
	};

	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++)
		iface_sysctl("ipv6", HOSTIF_NAME, silent[i].key,
			     silent[i].value);
	hostif_quiet_ipv6(HOSTIF_NAME);
}

static int configure_link(struct hostif *h)
{
	const struct addr address = addr_from_v4(htonl(HOSTIF_ADDR));
	struct iface iface;
	int err;

	configure_ipv6();
	err = configure_ipv4();
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
	int fd;

	*h = (struct hostif){ .n = 0 };
	fd = hostif_is_read() ? -EBUSY : open_queue();
	if (fd < 0)
		return open_failed(fd, e);
	h->fd[h->n++] = fd;
	h->fresh = fresh;
	if (is_alone(h))
		return 0;
	hostif_close(h);
	return open_failed(-EBUSY, e);
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
	err = hostif_keep_tap(h->fd[0], &h->udp_gso);
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

int hostif_widen(struct hostif *h, uint32_t queues, struct error *e)
{
	while (h->n < queues) {
		int fd = open_queue();

		if (fd < 0)
			return open_failed(fd, e);
		h->fd[h->n++] = fd;
	}
	return is_alone(h) ? 0 : open_failed(-EBUSY, e);
}

uint32_t hostif_mtu(uint32_t outer_mtu)
{
	const uint32_t around = ESP_AROUND_MAX(IPV6_HEADER_BYTES);

	return outer_mtu < IPV4_MTU_MIN + around ? IPV4_MTU_MIN
						 : outer_mtu - around;
}

void hostif_set_mtu(uint32_t mtu)
{
	if (iface_set_mtu(HOSTIF_NAME, mtu))
		log_warn("hostif: the MTU is not set iface=" HOSTIF_NAME
			 " mtu=%u",
			 mtu);
}

void hostif_drain(const struct hostif *h)
{
	struct virtio_net_hdr head; /* the rest of a frame goes with it */

	for (uint32_t i = 0; i < h->n; i++)
		while (read(h->fd[i], &head, sizeof(head)) >= 0)
			;
}

void hostif_close(struct hostif *h)
{
	while (h->n)
		close(h->fd[--h->n]);
}

void hostif_remove(struct hostif *h)
{
	int fd = h->n ? h->fd[0] : open_queue();

	if (fd >= 0)
		ioctl(fd, TUNSETPERSIST, 0);
	if (fd >= 0 && !h->n)
		close(fd);
	hostif_close(h);
}
