// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/ethtool.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/dp/hooks.h"

#define FEATURES_MAX 512 /* Linux 6.18 has about 70 */

static const struct {
	const char *word;   /* of `ethtool -K` */
	const char *string; /* the kernel's */
	const char *hides;
} offloads[OFFLOAD_MAX] = {
	[OFFLOAD_RX_VLAN] = { "rxvlan", "rx-vlan-hw-parse",
			      "takes VLAN tags off before XDP sees them" },
	[OFFLOAD_LRO] = { "lro", "rx-lro", "joins packets before XDP sees them" },
	[OFFLOAD_GRO_HW] = { "rx-gro-hw", "rx-gro-hw",
			     "joins packets before XDP sees them" },
};

const char *ethtool_offload_name(enum ethtool_offload offload)
{
	return offloads[offload].word;
}

const char *ethtool_offload_hides(enum ethtool_offload offload)
{
	return offloads[offload].hides;
}

static int ask(int fd, const char *name, void *what)
{
	struct ifreq ifr = { .ifr_data = what };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	/* Above 0: some of what was wished for is not. */
	return ioctl(fd, SIOCETHTOOL, &ifr) < 0 ? -errno : 0;
}

/* How many features this kernel knows. */
static uint32_t count_features(int fd, const char *name)
{
	_Alignas(struct ethtool_sset_info) char
		room[sizeof(struct ethtool_sset_info) + sizeof(uint32_t)] = "";
	struct ethtool_sset_info *set = (struct ethtool_sset_info *)room;

	set->cmd = ETHTOOL_GSSET_INFO;
	set->sset_mask = 1ULL << ETH_SS_FEATURES;
	if (ask(fd, name, set) || !set->sset_mask || set->data[0] > FEATURES_MAX)
		return 0;
	return set->data[0];
}

/* Their names, each of ETH_GSTRING_LEN octets; the caller's to free(). */
static struct ethtool_gstrings *read_names(int fd, const char *name, uint32_t n)
{
	struct ethtool_gstrings *names =
		calloc(1, sizeof(*names) + (size_t)n * ETH_GSTRING_LEN);

	if (!names)
		return NULL;
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = n;
	if (!ask(fd, name, names))
		return names;
	free(names);
	return NULL;
}

static struct ethtool_gfeatures *read_features(int fd, const char *name,
					       uint32_t n)
{
	uint32_t blocks = (n + 31) / 32;
	struct ethtool_gfeatures *f =
		calloc(1, sizeof(*f) + blocks * sizeof(f->features[0]));

	if (!f)
		return NULL;
	f->cmd = ETHTOOL_GFEATURES;
	f->size = blocks;
	if (!ask(fd, name, f))
		return f;
	free(f);
	return NULL;
}

static void take_feature(const char *name, bool on, struct ethtool *out)
{
	for (int i = 0; i < OFFLOAD_MAX; i++)
		if (strncmp(name, offloads[i].string, ETH_GSTRING_LEN) == 0)
			out->offloads[i] = on;
}

static void read_offloads(int fd, const char *name, struct ethtool *out)
{
	uint32_t n = count_features(fd, name);
	struct ethtool_gstrings *names = read_names(fd, name, n);
	struct ethtool_gfeatures *f = read_features(fd, name, n);

	for (uint32_t i = 0; names && f && i < n; i++)
		take_feature((const char *)names->data + i * ETH_GSTRING_LEN,
			     f->features[i / 32].active >> i % 32 & 1, out);
	free(names);
	free(f);
}

static void read_channels(int fd, const char *name, struct ethtool *out)
{
	struct ethtool_channels ch = { .cmd = ETHTOOL_GCHANNELS };

	if (!ask(fd, name, &ch))
		out->channels_max =
			ch.max_combined ? ch.max_combined : ch.max_rx;
}

/* virtio_net takes that from its device when XDP comes, says nothing of it, and
 * refuses any change as long as XDP is there. */
static bool has_no_gro_hw(const char *driver, const char *name)
{
	bool native;

	return strcmp(driver, "virtio_net") == 0 &&
	       hook_xdp_query(if_nametoindex(name), &native) && native;
}

int ethtool_read(const char *name, struct ethtool *out)
{
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	*out = (struct ethtool){ .driver = "" };
	for (int i = 0; i < OFFLOAD_MAX; i++)
		out->offloads[i] = -1;
	err = ask(fd, name, &driver);
	if (!err)
		snprintf(out->driver, sizeof(out->driver), "%.31s",
			 driver.driver);
	if (err != -ENODEV) {
		read_channels(fd, name, out);
		read_offloads(fd, name, out);
	}
	if (has_no_gro_hw(out->driver, name))
		out->offloads[OFFLOAD_GRO_HW] = 0;
	close(fd);
	return err == -ENODEV ? err : 0;
}

uint32_t ethtool_offloads_on(const struct ethtool *e)
{
	uint32_t on = 0;

	for (int i = 0; i < OFFLOAD_MAX; i++)
		if (e->offloads[i] == 1)
			on |= 1U << i;
	return on;
}

static bool is_among(const char *feature, uint32_t among)
{
	for (int i = 0; i < OFFLOAD_MAX; i++)
		if (among >> i & 1 &&
		    strncmp(feature, offloads[i].string, ETH_GSTRING_LEN) == 0)
			return true;
	return false;
}

static struct ethtool_sfeatures *wish(const struct ethtool_gstrings *names,
				      uint32_t among, bool on)
{
	uint32_t blocks = (names->len + 31) / 32;
	struct ethtool_sfeatures *f =
		calloc(1, sizeof(*f) + blocks * sizeof(f->features[0]));

	if (!f)
		return NULL;
	f->cmd = ETHTOOL_SFEATURES;
	f->size = blocks;
	for (uint32_t i = 0; i < names->len; i++) {
		const char *name = (const char *)names->data;
		uint32_t bit = 1U << i % 32;

		if (!is_among(name + i * ETH_GSTRING_LEN, among))
			continue;
		f->features[i / 32].valid |= bit;
		f->features[i / 32].requested |= on ? bit : 0;
	}
	return f;
}

int ethtool_turn(const char *name, uint32_t among, bool on)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = -ENOMEM;
	struct ethtool_gstrings *names;
	struct ethtool_sfeatures *f = NULL;

	if (fd < 0)
		return -errno;
	names = read_names(fd, name, count_features(fd, name));
	if (names)
		f = wish(names, among, on);
	if (f)
		err = ask(fd, name, f);
	free(f);
	free(names);
	close(fd);
	return err;
}
