// SPDX-License-Identifier: BSD-2-Clause
/* What the facts of one interface mean. */
#include <errno.h>
#include <string.h>

#include "ctrl/cli/doctor_found.h"
#include "ctrl/dp/umem.h"
#include "include/proto.h"

/* Ours runs on a driver that can run and redirect (NETDEV_XDP_ACT_BASIC and
 * _REDIRECT); else on generic XDP. */
#define XDP_ACT_NATIVE	  0x3
#define XDP_ACT_ZERO_COPY 0x8

/* false: nothing else is to be said of it. */
static bool check_presence(struct doctor *d, const struct doctor_iface *i)
{
	const struct place *at = &i->place;

	if (i->error)
		doctor_remedy(doctor_found(d, DOCTOR_ERROR,
					   "%s:%u:%u: interface '%s': %s",
					   at->file, at->line, at->column,
					   i->name, strerror(-i->error)),
			      "name one of those that 'ip link' lists");
	else if (!i->is_ethernet)
		doctor_remedy(doctor_found(d, DOCTOR_ERROR, "it is not Ethernet"),
			      "name another interface at %s:%u:%u", at->file,
			      at->line, at->column);
	if (i->error || !i->is_ethernet)
		return false;
	if (i->is_up)
		doctor_found(d, DOCTOR_OK, "it is up, %s",
			     i->role == IFACE_PROTECTED ? "protected"
							: "unprotected");
	else
		doctor_remedy(doctor_found(d, DOCTOR_ERROR, "it is down"),
			      "ip link set %s up", i->name);
	if (i->role == IFACE_PROTECTED && !i->is_forwarding)
		doctor_remedy(doctor_found(d, DOCTOR_ERROR,
					   "IPv4 forwarding is off for it"),
			      "sysctl -w net/ipv4/conf/%s/forwarding=1",
			      i->name);
	if (i->role == IFACE_PROTECTED && i->lacks_v6)
		doctor_remedy(doctor_found(d, DOCTOR_ERROR,
					   "IPv6 forwarding is off for it"),
			      "sysctl -w net/ipv6/conf/%s/forwarding=1",
			      i->name);
	return true;
}

static void check_attached(struct doctor *d, const struct doctor_iface *i)
{
	if (!d->facts->host.daemon_runs)
		doctor_remedy(
			doctor_found(
				d, DOCTOR_WARNING,
				"closed by an earlier start, or by a lock, until cygnetd runs"),
			"start it, or open with: cygnetd --release");
	if (i->is_native)
		doctor_found(d, DOCTOR_OK,
			     "our programs run, XDP in the driver %s",
			     i->ethtool.driver);
	else
		doctor_remedy(
			doctor_found(
				d, DOCTOR_WARNING,
				"our programs run, on generic XDP, which is slow: the driver %s has none of its own",
				i->ethtool.driver),
			"use a NIC whose driver has XDP");
}

/* Before a start it is known from Linux 6.3 on. */
static void check_driver(struct doctor *d, const struct doctor_iface *i)
{
	if (i->xdp_features < 0)
		doctor_found(
			d, DOCTOR_NOTE,
			"whether the driver %s has XDP of its own is seen when cygnetd runs",
			i->ethtool.driver);
	else if ((i->xdp_features & XDP_ACT_NATIVE) != XDP_ACT_NATIVE)
		doctor_remedy(
			doctor_found(
				d, DOCTOR_WARNING,
				"the driver %s has no XDP of its own: generic XDP will do, slowly",
				i->ethtool.driver),
			"use a NIC whose driver has XDP");
	else
		doctor_found(d, DOCTOR_OK,
			     "the driver %s has XDP, and AF_XDP %s",
			     i->ethtool.driver,
			     i->xdp_features & XDP_ACT_ZERO_COPY
				     ? "without copies"
				     : "by one copy a packet");
}

/* What runs before ours takes away what it likes. */
static void check_others(struct doctor *d, const struct doctor_iface *i)
{
	if (i->is_seated && !i->n_others)
		doctor_found(d, DOCTOR_OK, "alone in libxdp's dispatcher");
	for (size_t k = 0; k < i->n_others; k++) {
		const struct seat_other *o = &i->others[k];

		if (i->is_seated && o->is_before)
			doctor_remedy(
				doctor_found(
					d, DOCTOR_WARNING,
					"the XDP program '%s' (priority %u) runs before ours: what it takes or redirects no policy is asked about",
					o->name, o->priority),
				"give gateway.xdp_priority a lower number, and start anew after cygnetd --release");
		else
			doctor_found(
				d, DOCTOR_OK,
				"in libxdp's dispatcher with the XDP program '%s' (priority %u)",
				o->name, o->priority);
	}
}

static void check_xdp(struct doctor *d, const struct doctor_iface *i)
{
	if (i->slot == XDP_SLOT_FOREIGN)
		doctor_found_error(d, DOCTOR_ERROR, i->slot_why);
	else if (i->slot == XDP_SLOT_OURS)
		check_attached(d, i);
	else if (i->slot == XDP_SLOT_FREE && d->facts->host.daemon_runs)
		doctor_remedy(
			doctor_found(
				d, DOCTOR_WARNING,
				"cygnetd runs, and our XDP program is not here: somebody took it off, or the file is newer"),
			"restart cygnetd");
	else
		check_driver(d, i);
	check_others(d, i);
	if (i->role == IFACE_UNPROTECTED && i->tcx > 0)
		doctor_remedy(
			doctor_found(
				d, DOCTOR_WARNING,
				"%d TCX programs of somebody else run before the guard and may let out what it would take",
				i->tcx),
			"take them off: bpftool net show dev %s", i->name);
}

static void check_offloads(struct doctor *d, const struct doctor_iface *i)
{
	bool any = false;

	for (int k = 0; k < OFFLOAD_MAX; k++) {
		const enum ethtool_offload offload = (enum ethtool_offload)k;
		const char *name = ethtool_offload_name(offload);

		if (i->ethtool.offloads[k] != 1)
			continue;
		any = true;
		doctor_remedy(doctor_found(d, DOCTOR_WARNING, "%s %s", name,
					   ethtool_offload_hides(offload)),
			      "ethtool -K %s %s off", i->name, name);
	}
	if (!any)
		doctor_found(d, DOCTOR_OK, "no offload hides what arrives");
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* Where nobody says how many workers there are to be, the interface with the
 * fewest channels does. */
static bool limits_workers(const struct doctor *d, const struct doctor_iface *i)
{
	const struct doctor_facts *f = d->facts;

	for (size_t k = 0; k < f->n_ifaces; k++)
		if (!f->ifaces[k].error && f->ifaces[k].queues < i->queues)
			return false;
	return !f->workers && i->queues < f->host.cpus &&
	       i->queues < i->ethtool.channels_max;
}

/* cygnetd itself gives a worker its channel where the driver can. */
static void check_channels(struct doctor *d, const struct doctor_iface *i)
{
	uint32_t most = larger(i->queues, i->ethtool.channels_max);

	if (i->queues > QUEUE_MAX)
		doctor_remedy(
			doctor_found(d, DOCTOR_ERROR,
				     "it has %u channels, at most %d are served",
				     i->queues, QUEUE_MAX),
			"ethtool -L %s combined %d", i->name, QUEUE_MAX);
	else if (most < d->facts->workers)
		doctor_remedy(
			doctor_found(
				d, DOCTOR_WARNING,
				"it has no more than %u channels for %u workers: the others' packets are handed over, at a cost",
				most, d->facts->workers),
			"set gateway.workers to %u", most);
	else if (limits_workers(d, i))
		doctor_remedy(
			doctor_found(
				d, DOCTOR_NOTE,
				"it has %u channels, hence there are as many workers, on %u CPUs",
				i->queues, d->facts->host.cpus),
			"ethtool -L %s combined N, with N up to %u", i->name,
			i->ethtool.channels_max);
	else
		doctor_found(d, DOCTOR_OK, "channels: %u", i->queues);
}

static void check_mtu(struct doctor *d, const struct doctor_iface *i)
{
	if (i->mtu > FRAME_MTU && !d->facts->kernel.has_chains)
		doctor_remedy(
			doctor_found(
				d, DOCTOR_WARNING,
				"MTU %u: packets above %u octets are dropped as jumbo: this kernel's AF_XDP carries no frame in several pieces",
				i->mtu, FRAME_MTU),
			"ip link set %s mtu %u, or boot Linux 6.6 or newer",
			i->name, FRAME_MTU);
	else
		doctor_found(d, DOCTOR_OK, "MTU %u", i->mtu);
}

static void check_master(struct doctor *d, const struct doctor_iface *i)
{
	if (i->master[0])
		doctor_remedy(
			doctor_found(
				d, DOCTOR_WARNING,
				"it is a port of %s, which does not get what is protected",
				i->master),
			"ip link set %s nomaster", i->name);
}

void doctor_check_iface(struct doctor *d, const struct doctor_iface *i)
{
	d->group = i->name;
	if (!check_presence(d, i))
		return;
	check_xdp(d, i);
	check_offloads(d, i);
	check_channels(d, i);
	check_mtu(d, i);
	check_master(d, i);
}
