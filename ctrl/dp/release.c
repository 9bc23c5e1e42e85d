// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/release.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "ctrl/base/log.h"
#include "ctrl/dp/adopt.h"
#include "ctrl/dp/ethtool.h"
#include "ctrl/dp/hooks.h"
#include "ctrl/dp/nl.h"
#include "ctrl/dp/tunnel_if.h"

/* What was turned off so that XDP sees everything. */
static void turn_on(uint32_t ifindex, uint32_t offloads)
{
	char name[IF_NAMESIZE];

	if (offloads && if_indextoname(ifindex, name))
		ethtool_turn(name, offloads, true);
}

static int release_seat(uint32_t ifindex, bool only_empty)
{
	struct hook_program sitter;
	char name[IF_NAMESIZE];
	struct seat seat;
	uint32_t offloads = 0;
	int err = seat_find(ifindex, &seat);

	if (err == -EACCES && !only_empty && if_indextoname(ifindex, name))
		log_warn("attach: who is in libxdp's dispatcher cannot be read in the bpffs here iface=%s: if we are, release it where cygnetd was started",
			 name);
	if (err)
		return 0; /* no seat of ours, as far as can be told */
	hook_find_program(seat_sitter(&seat), &sitter);
	if (sitter.fd >= 0)
		offloads = adopt_offloads_of(sitter.fd, ifindex);
	if (!only_empty || !sitter.id)
		err = seat_leave(ifindex);
	if (!only_empty && !err)
		turn_on(ifindex, offloads);
	hook_close_program(&sitter);
	seat_close(&seat);
	return err;
}

void release_empty_seats(void)
{
	struct if_nameindex *all = if_nameindex();

	for (struct if_nameindex *i = all; all && i->if_index; i++)
		release_seat(i->if_index, true);
	if (all)
		if_freenameindex(all);
}

static int release_xdp(uint32_t ifindex)
{
	struct hook_program found;
	bool native;
	int err = 0;

	hook_find_program(hook_xdp_query(ifindex, &native), &found);
	if (found.id && found.fd < 0)
		err = found.fd; /* whose is it? */
	if (hook_is_dispatcher(&found))
		err = release_seat(ifindex, false);
	if (found.ours)
		err = hook_xdp_replace(ifindex, -1, found.fd, native);
	if (found.ours && !err)
		turn_on(ifindex, adopt_offloads_of(found.fd, ifindex));
	hook_close_program(&found);
	return err;
}

/* A qdisc without a filter does nothing, whoever made it. */
static int release_tc(struct nl *nl, uint32_t ifindex,
		      enum bpf_tc_attach_point point)
{
	const struct bpf_tc_hook hook = hook_tc(ifindex, point);
	struct hook_program found;
	int err = 0;

	hook_find_program(hook_tc_query(&hook), &found);
	if (found.id && found.fd < 0)
		err = found.fd;
	if (found.ours)
		err = hook_tc_take_off(&hook);
	hook_close_program(&found);
	if (found.ours && !err && !nl_has_filters(nl, ifindex))
		hook_remove_qdisc(ifindex);
	return err;
}

static bool keeps_xdp(const struct attach_iface *list, size_t n,
		      uint32_t ifindex)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].xdp_ifindex == ifindex)
			return true;
	return false;
}

/* Tunnel interfaces are served for as long as they are there. */
static bool keeps_guard(const struct attach_iface *list, size_t n,
			const struct if_nameindex *at)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].ifindex == at->if_index &&
		    list[i].role == IFACE_UNPROTECTED)
			return true;
	return n && tunnel_if_is_name(at->if_name);
}

static bool keeps_tag(const struct attach_iface *list, size_t n,
		      uint32_t ifindex)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].ifindex == ifindex && list[i].tagged)
			return true;
	return false;
}

int release_programs(const struct attach_iface *keep, size_t n, struct error *e)
{
	struct if_nameindex *all = if_nameindex(), *i;
	struct nl *nl = NULL;
	int err = all ? nl_new(&nl) : -errno;

	for (i = all; !err && i->if_index; i++) {
		if (!keeps_xdp(keep, n, i->if_index))
			err = release_xdp(i->if_index);
		if (!err && !keeps_guard(keep, n, i))
			err = release_tc(nl, i->if_index, BPF_TC_EGRESS);
		if (!err && !keeps_tag(keep, n, i->if_index))
			err = release_tc(nl, i->if_index, BPF_TC_INGRESS);
		if (err)
			error_set(e, err, "cannot take the programs off %s: %s",
				  i->if_name, strerror(-err));
	}
	if (!nl)
		error_set(e, err, "cannot list the interfaces: %s",
			  strerror(-err));
	nl_free(nl);
	if (all)
		if_freenameindex(all);
	return err;
}
