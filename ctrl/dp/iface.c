// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/iface.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/dp/vlan.h"

static int ask(int fd, unsigned long request, struct ifreq *ifr)
{
	return ioctl(fd, request, ifr) ? -errno : 0;
}

static int read_link(int fd, struct ifreq *ifr, struct iface *out)
{
	int err = ask(fd, SIOCGIFINDEX, ifr);

	if (err)
		return err;
	out->ifindex = (uint32_t)ifr->ifr_ifindex;
	err = ask(fd, SIOCGIFFLAGS, ifr);
	if (err)
		return err;
	out->up = ifr->ifr_flags & IFF_UP;
	err = ask(fd, SIOCGIFMTU, ifr);
	if (err)
		return err;
	out->mtu = (uint32_t)ifr->ifr_mtu;
	err = ask(fd, SIOCGIFHWADDR, ifr);
	if (err)
		return err;
	out->ethernet = ifr->ifr_hwaddr.sa_family == ARPHRD_ETHER;
	memcpy(out->mac, ifr->ifr_hwaddr.sa_data, sizeof(out->mac));
	return 0;
}

static int read_lower(struct iface *out)
{
	struct vlan_stack s;
	struct nl *nl = NULL;
	int err = nl_new(&nl);

	if (!err)
		err = vlan_read(nl, out->ifindex, &s);
	nl_free(nl);
	if (err)
		return err;
	out->lower_ifindex = s.lower_ifindex;
	out->n_tags = s.n_tags;
	memcpy(out->tag, s.tag, sizeof(out->tag));
	return if_indextoname(s.lower_ifindex, out->lower_name) ? 0 : -errno;
}

/* The kernel's own list, for drivers that know of no channels. */
static uint32_t count_queues(const char *name)
{
	char path[64 + IF_NAMESIZE];
	const struct dirent *entry;
	uint32_t n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/class/net/%s/queues", name);
	dir = opendir(path);
	if (!dir)
		return 1;
	while ((entry = readdir(dir)))
		n += strncmp(entry->d_name, "rx-", 3) == 0;
	closedir(dir);
	return n ? n : 1;
}

static uint32_t read_queues(int fd, struct ifreq *ifr)
{
	struct ethtool_channels ch = { .cmd = ETHTOOL_GCHANNELS };

	ifr->ifr_data = (char *)&ch;
	if (ask(fd, SIOCETHTOOL, ifr) || ch.rx_count + ch.combined_count == 0)
		return count_queues(ifr->ifr_name);
	return ch.rx_count + ch.combined_count;
}

int iface_read(const char *name, struct iface *out)
{
	struct ifreq ifr = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	*out = (struct iface){ 0 };
	snprintf(out->name, sizeof(out->name), "%s", name);
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	err = read_link(fd, &ifr, out);
	if (!err)
		err = read_lower(out);
	if (!err) {
		snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s",
			 out->lower_name);
		out->queues = read_queues(fd, &ifr);
	}
	close(fd);
	return err;
}

/* Drivers have channels of both directions, or of either. */
static int set_channels(int fd, struct ifreq *ifr, uint32_t n)
{
	struct ethtool_channels ch = { .cmd = ETHTOOL_GCHANNELS };
	int err;

	ifr->ifr_data = (char *)&ch;
	err = ask(fd, SIOCETHTOOL, ifr);
	if (err)
		return err;
	ch.cmd = ETHTOOL_SCHANNELS;
	if (ch.max_combined)
		ch.combined_count = n;
	else
		ch.rx_count = ch.tx_count = n;
	return ask(fd, SIOCETHTOOL, ifr);
}

int iface_set_queues(const char *name, uint32_t n)
{
	struct ifreq ifr = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	err = set_channels(fd, &ifr, n);
	close(fd);
	return err;
}

/* Not IFF_RUNNING, which follows up to a second later. */
bool iface_has_carrier(const char *name)
{
	struct ethtool_value link = { .cmd = ETHTOOL_GLINK };
	struct ifreq ifr = { .ifr_data = (char *)&link };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return false;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	err = ask(fd, SIOCETHTOOL, &ifr);
	close(fd);
	return !err && link.data;
}

static int set_address(int fd, struct ifreq *ifr, uint32_t addr_be)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int err;

	sin.sin_addr.s_addr = addr_be;
	memcpy(&ifr->ifr_addr, &sin, sizeof(sin));
	err = ask(fd, SIOCSIFADDR, ifr);
	if (err)
		return err;
	sin.sin_addr.s_addr = 0xffffffff;
	memcpy(&ifr->ifr_netmask, &sin, sizeof(sin));
	return ask(fd, SIOCSIFNETMASK, ifr);
}

int iface_set_mtu(const char *name, uint32_t mtu)
{
	struct ifreq ifr = { .ifr_mtu = (int)mtu };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	err = ask(fd, SIOCSIFMTU, &ifr);
	close(fd);
	return err;
}

int iface_set_up(const char *name)
{
	struct ifreq ifr = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	err = ask(fd, SIOCGIFFLAGS, &ifr);
	if (!err) {
		ifr.ifr_flags |= IFF_UP | IFF_NOARP;
		ifr.ifr_flags &= (short)~IFF_MULTICAST;
		err = ask(fd, SIOCSIFFLAGS, &ifr);
	}
	close(fd);
	return err;
}

int iface_set_host(const char *name, const struct addr *address)
{
	struct ifreq ifr = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	err = set_address(fd, &ifr, addr_v4_be(address));
	close(fd);
	return err ? err : iface_set_up(name);
}

static int open_sysctl(const char *family, const char *name, const char *key,
		       int flags)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family,
		 name, key);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int iface_sysctl(const char *family, const char *name, const char *key,
		 const char *value)
{
	int fd = open_sysctl(family, name, key, O_WRONLY), err = 0;

	if (fd < 0)
		return fd;
	if (write(fd, value, strlen(value)) < 0)
		err = -errno;
	close(fd);
	return err;
}

bool iface_sysctl_is_on(const char *family, const char *name, const char *key)
{
	int fd = open_sysctl(family, name, key, O_RDONLY);
	char on = '0';

	if (fd < 0)
		return false;
	if (read(fd, &on, 1) != 1)
		on = '0';
	close(fd);
	return on == '1';
}
