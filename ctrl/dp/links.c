// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/links.h"

#include <errno.h>
#include <event2/event.h>
#include <net/if.h>
#include <string.h>

#include "ctrl/base/log.h"
#include "ctrl/dp/changes.h"
#include "ctrl/dp/ethtool.h"
#include "ctrl/dp/queues.h"
#include "ctrl/dp/state.h"

int links_enter(const struct dp *dp, size_t i)
{
	return programs_serve(dp->programs, &dp->ifaces[i],
			      dp->served[i].at.role,
			      dp_slot_of(dp, dp->ifaces[i].lower_ifindex));
}

void links_follow_mtu(struct dp *dp)
{
	uint32_t mtu = UINT32_MAX;

	for (size_t i = 0; i < dp->n_ifaces; i++)
		if (dp->served[i].at.role == IFACE_UNPROTECTED &&
		    iface_mtu(&dp->ifaces[i]) < mtu)
			mtu = iface_mtu(&dp->ifaces[i]);
	mtu = hostif_mtu(mtu);
	hostif_set_mtu(mtu);
	tunnel_ifs_set_mtu(&dp->tunnels, mtu);
}

void links_tell_jumbo(const struct iface *i)
{
	if (iface_mtu(i) < i->mtu)
		log_warn("links: packets above %u octets are dropped as jumbo iface=%s mtu=%u: this kernel's AF_XDP carries no frame in several pieces; lower the MTU with: ip link set %s mtu %u, or boot Linux 6.6 or newer",
			 FRAME_MTU, i->name, i->mtu, i->name, FRAME_MTU);
}

static int refuse(const struct iface *iface, uint32_t kept_on, struct error *e)
{
	const enum ethtool_offload offload =
		(enum ethtool_offload)__builtin_ctz(kept_on);
	const char *word = ethtool_offload_name(offload);

	return error_set(
		e, -EOPNOTSUPP,
		"%s of %s %s, and could not be turned off; turn it off with: ethtool -K %s %s off",
		word, iface->lower_name, ethtool_offload_hides(offload),
		iface->lower_name, word);
}

/* Noted first: whoever takes XDP off knows of it, even if we die here. */
static int turn_off(struct dp *dp, size_t i, uint32_t on, struct error *e)
{
	const struct iface *iface = &dp->ifaces[i];
	struct ethtool now;
	int err = programs_keep_off(dp->programs, iface->lower_ifindex, on);

	if (!err)
		err = ethtool_turn(iface->lower_name, on, false);
	if (!err)
		err = ethtool_read(iface->lower_name, &now);
	if (err)
		return error_set(e, err, "cannot turn offloads of %s off: %s",
				 iface->lower_name, strerror(-err));
	dp->served[i].offloads = on & ~ethtool_offloads_on(&now);
	if (ethtool_offloads_on(&now)) {
		/* Or the kernel keeps the wish, and takes a second one for none. */
		ethtool_turn(iface->lower_name, ethtool_offloads_on(&now), true);
		return refuse(iface, ethtool_offloads_on(&now), e);
	}
	for (int k = 0; k < OFFLOAD_MAX; k++)
		if (on >> k & 1)
			log_info("links: offload turned off iface=%s offload=%s: it %s; --release turns it on again",
				 iface->lower_name,
				 ethtool_offload_name((enum ethtool_offload)k),
				 ethtool_offload_hides((enum ethtool_offload)k));
	return 0;
}

int links_show_truth(struct dp *dp, size_t i, struct error *e)
{
	struct ethtool now;
	uint32_t on;

	if (ethtool_read(dp->ifaces[i].lower_name, &now))
		return 0; /* gone meanwhile: XDP will say so */
	on = ethtool_offloads_on(&now);
	return on ? turn_off(dp, i, on, e) : 0;
}

void links_hide_again(struct dp *dp, size_t i)
{
	struct served *s = &dp->served[i];

	if (s->offloads)
		ethtool_turn(dp->ifaces[i].lower_name, s->offloads, true);
	s->offloads = 0;
}

static uint32_t index_of(const struct dp *dp, uint32_t ifindex)
{
	uint32_t i = 0;

	while (dp->ifaces[i].ifindex != ifindex)
		i++;
	return i;
}

/* Its MAC is BPF's to know, its MTU and its state are the routes'. */
void links_changed(void *ctx, const struct iface *now)
{
	struct dp *dp = ctx;
	uint32_t i = index_of(dp, now->ifindex);
	const uint32_t queues = dp->ifaces[i].queues;
	const bool wider = now->mtu > dp->ifaces[i].mtu;

	dp->ifaces[i] = *now;
	dp->ifaces[i].queues = queues; /* ours is newer */
	if (wider)
		links_tell_jumbo(now);
	if (links_enter(dp, i))
		log_error("dp: the map ifaces is not filled anew iface=%s",
			  now->name);
	links_follow_mtu(dp);
	changes_route(dp);
	if (dp->running)
		queues_follow(dp);
}

const struct served *links_attached_to(const struct dp *dp, uint32_t device)
{
	for (size_t i = 0; i < dp->n_ifaces; i++)
		if (dp->served[i].xdp.done &&
		    dp->served[i].at.xdp_ifindex == device)
			return &dp->served[i];
	return NULL;
}

/* XDP last: it needs to know the interface. Of a VLAN it may be there already,
 * through another one on the device. */
static int attach_anew(struct dp *dp, uint32_t i, struct error *e)
{
	struct served *s = &dp->served[i];
	const struct served *other = links_attached_to(dp, s->at.xdp_ifindex);
	int err = 0;

	if (s->at.role == IFACE_UNPROTECTED)
		err = attach_guard(&s->at, programs_guard_fd(dp->programs),
				   &s->guard, e);
	if (!err && s->at.tagged)
		err = attach_tag(&s->at, programs_tag_fd(dp->programs), &s->tag,
				 e);
	for (size_t k = 0; !err && k < dp->n_ifaces; k++)
		err = links_enter(dp, k); /* rows may be others' now */
	if (err || other) {
		s->xdp.native = other && other->xdp.native;
		return err;
	}
	err = links_show_truth(dp, i, e);
	if (err)
		log_error("links: %s", e->text);
	return attach_xdp(&s->at, programs_xdp_fd(dp->programs), &s->xdp, e);
}

/* Others on the device may be in it still. On the new one we are alone: we have no
 * right any more to use libxdp. */
static void leave_seat(struct served *s, uint32_t old_device)
{
	char name[IF_NAMESIZE];

	if (if_indextoname(old_device, name))
		seat_close(&s->xdp.seat);
	else
		seat_forget(&s->xdp.seat);
	s->at.joins = false;
}

/* Closed at once, as the first was, and then opened. */
void links_replaced(void *ctx, uint32_t old_ifindex, const struct iface *now)
{
	struct dp *dp = ctx;
	uint32_t i = index_of(dp, old_ifindex);
	struct served *s = &dp->served[i];
	struct error e = { .text = "the map ifaces is not filled anew" };
	const uint32_t old_device = dp->ifaces[i].lower_ifindex;
	/* A VLAN made anew on the device where XDP is still attached. */
	const bool same_device = old_device == now->lower_ifindex;

	programs_unserve(dp->programs, &dp->ifaces[i]);
	if (!same_device)
		programs_forget_off(dp->programs, old_device);
	dp->ifaces[i] = *now;
	dp->ifaces[i].chains = dp->chains;
	s->at.ifindex = now->ifindex;
	s->at.xdp_ifindex = now->lower_ifindex;
	attach_settle(&s->xdp);
	attach_settle(&s->guard);
	attach_settle(&s->tag);
	if (!same_device)
		leave_seat(s, old_device);
	s->xdp.done &= same_device;
	s->tx_dropped = 0;
	if (attach_anew(dp, i, &e)) {
		log_error("dp: interface made anew iface=%s: %s; it is NOT guarded, restart cygnetd",
			  now->name, e.text);
		return;
	}
	log_info("dp: interface made anew iface=%s: it is served again",
		 now->name);
	links_follow_mtu(dp);
	changes_route(dp);
	queues_follow(dp);
}

/* That may have been queues. */
void links_moved(void *ctx)
{
	struct dp *dp = ctx;

	changes_follow(dp);
	if (dp->running)
		queues_follow(dp);
}

static void on_second(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	queues_follow(ctx);
}

int links_watch(struct dp *dp, struct event_base *base, struct error *e)
{
	const struct timeval second = { .tv_sec = 1 };

	dp->on_links = event_new(base, -1, EV_PERSIST, on_second, dp);
	if (!dp->on_links || event_add(dp->on_links, &second))
		return error_set(e, -ENOMEM, "cannot watch the interfaces");
	return 0;
}

void links_unwatch(struct dp *dp)
{
	if (dp->on_links)
		event_free(dp->on_links);
	dp->on_links = NULL;
}
