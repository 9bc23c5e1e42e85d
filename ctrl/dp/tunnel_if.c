// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/tunnel_if.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ctrl/base/log.h"
#include "ctrl/dp/hostif.h"
#include "ctrl/dp/iface.h"
#include "ctrl/dp/nl.h"
#include "ctrl/dp/programs.h"

#define NAME_FORMAT "ipsec%" PRIu32
#define ALIAS	    "cygnet tunnel" /* by it we know it for ours */

_Static_assert(sizeof("ipsec4294967295") <= IF_NAMESIZE, "every if_id fits");

/* 0: it is no name of one. */
static uint32_t if_id_of(const char *name)
{
	char again[IF_NAMESIZE];
	uint32_t if_id;

	if (sscanf(name, NAME_FORMAT, &if_id) != 1)
		return 0;
	snprintf(again, sizeof(again), NAME_FORMAT, if_id);
	return strcmp(name, again) == 0 ? if_id : 0;
}

bool tunnel_if_is_name(const char *name)
{
	return if_id_of(name) != 0;
}

static bool is_ours(const struct nl_link *l)
{
	return tunnel_if_is_name(l->name) && strcmp(l->alias, ALIAS) == 0;
}

uint16_t tunnel_ifs_number(const struct tunnel_ifs *t, uint32_t if_id)
{
	for (uint32_t i = 0; if_id && i < t->n; i++)
		if (t->at[i].if_id == if_id)
			return (uint16_t)(i + 1);
	return 0;
}

/* --- one */

static struct tunnel_if tunnel_if_of(uint32_t if_id)
{
	struct tunnel_if i = { .if_id = if_id, .fd = -1 };

	snprintf(i.name, sizeof(i.name), NAME_FORMAT, if_id);
	return i;
}

static struct attach_iface place_of(const struct tunnel_if *i)
{
	return (struct attach_iface){ .name = i->name,
				      .ifindex = i->ifindex,
				      .role = IFACE_TUNNEL };
}

static void close_one(struct tunnel_if *i)
{
	attach_close(&i->program);
	if (i->fd >= 0)
		close(i->fd);
	i->fd = -1;
}

static void remove_one(struct tunnel_if *i)
{
	if (i->fd >= 0)
		ioctl(i->fd, TUNSETPERSIST, 0);
	close_one(i);
}

static int open_failed(const struct tunnel_if *i, int err, struct error *e)
{
	if (err == -EINVAL)
		return error_set(
			e, -EEXIST,
			"interface '%s' is there and none of ours, but if_id %" PRIu32
			" needs one of that name; remove it with: ip link del %s",
			i->name, i->if_id, i->name);
	return error_set(
		e, err, "cannot take interface '%s' for if_id %" PRIu32 ": %s",
		i->name, i->if_id,
		err == -EBUSY ? "another process holds it" : strerror(-err));
}

/* It is down until all of that is said. */
static int set_up(const struct tunnel_ifs *t, struct tunnel_if *i)
{
	uint32_t ifindex = if_nametoindex(i->name);
	bool udp_gso;
	int err = nl_link_set_alias(t->nl, ifindex, ALIAS);

	if (!err)
		err = hostif_keep_tap(i->fd, &udp_gso);
	if (!err)
		err = iface_sysctl("ipv4", i->name, "forwarding", "1");
	if (err)
		return err;
	hostif_quiet_ipv6(i->name);
	if (t->mtu)
		iface_set_mtu(i->name, t->mtu);
	return iface_set_up(i->name);
}

/* Of this name there is none. */
static int make_one(const struct tunnel_ifs *t, struct tunnel_if *i,
		    struct error *e)
{
	int err;

	i->fd = hostif_open_tap(i->name, 0);
	if (i->fd < 0)
		return open_failed(i, i->fd, e);
	i->fresh = true;
	err = set_up(t, i);
	i->ifindex = if_nametoindex(i->name);
	i->at = place_of(i);
	if (!err)
		return 0;
	remove_one(i);
	return error_set(e, err, "cannot set up '%s': %s", i->name,
			 strerror(-err));
}

static int take_one(struct tunnel_if *i, uint32_t ifindex, struct error *e)
{
	int err;

	i->fd = hostif_open_tap(i->name, 0);
	if (i->fd < 0)
		return open_failed(i, i->fd, e);
	i->ifindex = ifindex;
	i->at = place_of(i);
	err = attach_find_guard(&i->at, &i->program, e);
	if (err)
		close_one(i);
	return err;
}

/* --- all of them */

int tunnel_ifs_find(struct tunnel_ifs *t, struct error *e)
{
	struct nl_link *links;
	size_t n;
	int err = nl_links(t->nl, &links, &n);

	if (err && err != -EINTR)
		return error_set(e, err, "cannot list the interfaces: %s",
				 strerror(-err));
	err = 0;
	for (size_t i = 0; !err && i < n && t->n < TUNNELS_MAX; i++) {
		struct tunnel_if *to = &t->at[t->n];

		if (!is_ours(&links[i]))
			continue;
		*to = tunnel_if_of(if_id_of(links[i].name));
		err = take_one(to, links[i].ifindex, e);
		t->n += !err;
	}
	free(links);
	return err;
}

static int want(struct tunnel_ifs *t, uint32_t if_id, struct error *e)
{
	struct tunnel_if *i = &t->at[t->n];
	int err;

	if (!if_id || tunnel_ifs_number(t, if_id))
		return 0;
	if (t->n == TUNNELS_MAX)
		return error_set(
			e, -E2BIG,
			"there are %u tunnel interfaces, and no more may be; remove those that nobody needs: cygnetd --release removes all",
			TUNNELS_MAX);
	*i = tunnel_if_of(if_id);
	if (if_nametoindex(i->name))
		return open_failed(i, -EINVAL, e);
	err = make_one(t, i, e);
	t->n += !err;
	return err;
}

static int want_child(struct tunnel_ifs *t, const struct child_conf *c,
		      struct error *e)
{
	int err = want(t, c->if_id_in, e);

	return err ? err : want(t, c->if_id_out, e);
}

int tunnel_ifs_make(struct tunnel_ifs *t, const struct config *c,
		    struct error *e)
{
	const uint32_t before = t->n;
	int err = 0;

	for (size_t i = 0; !err && i < c->n_policies; i++) {
		err = want(t, c->policies[i].if_id_in, e);
		if (!err)
			err = want(t, c->policies[i].if_id_out, e);
	}
	for (size_t i = 0; !err && i < c->n_conns; i++)
		for (size_t k = 0; !err && k < c->conns[i].n_children; k++)
			err = want_child(t, &c->conns[i].children[k], e);
	if (err)
		tunnel_ifs_undo(t, before);
	return err;
}

static int enter(struct tunnel_ifs *t, uint32_t index)
{
	struct tunnel_if *i = &t->at[index];
	struct iface iface;
	int err = iface_read(i->name, &iface);

	return err ? err
		   : programs_set_tunnel(t->programs, i->if_id,
					 (uint16_t)(index + 1), &iface);
}

int tunnel_ifs_attach(struct tunnel_ifs *t, struct error *e)
{
	for (uint32_t i = 0; i < t->n; i++) {
		struct tunnel_if *one = &t->at[i];
		int err;

		if (one->program.done)
			continue;
		err = enter(t, i);
		if (err)
			return error_set(e, err, "cannot serve '%s': %s",
					 one->name, strerror(-err));
		err = attach_guard(&one->at, programs_tunnel_fd(t->programs),
				   &one->program, e);
		if (err)
			return err;
	}
	return 0;
}

void tunnel_ifs_set_mtu(struct tunnel_ifs *t, uint32_t mtu)
{
	t->mtu = mtu;
	for (uint32_t i = 0; i < t->n; i++)
		if (iface_set_mtu(t->at[i].name, mtu))
			log_warn("tunnel: the MTU is not set iface=%s mtu=%u",
				 t->at[i].name, mtu);
}

/* --- while they are there */

/* Its routes went with it, and are the operator's to set again. */
static void make_again(struct tunnel_ifs *t, struct tunnel_if *i)
{
	const uint32_t was = i->ifindex;
	const bool lost = i->program.lost;
	struct error e;

	close_one(i);
	i->program = (struct attachment){ .done = false };
	if (make_one(t, i, &e)) {
		if (!lost)
			log_error("tunnel: somebody removed the interface iface=%s: %s",
				  i->name, e.text);
		i->program.lost = true;
		return;
	}
	programs_unset_tunnel(t->programs, i->if_id, was);
	if (tunnel_ifs_attach(t, &e))
		log_error("tunnel: %s", e.text);
	log_error("tunnel: somebody removed the interface, it is made again iface=%s: its addresses and routes are gone",
		  i->name);
}

static void keep_one(struct tunnel_ifs *t, struct tunnel_if *i)
{
	struct error e;
	int got;

	if (if_nametoindex(i->name) != i->ifindex)
		return make_again(t, i);
	got = attach_keep_guard(t->nl, &i->at, &i->program, &e);
	if (got > 0)
		log_error("keep: somebody took it off or went before it, it is attached again program=tunnel iface=%s",
			  i->name);
	if (got < 0 && !i->program.lost)
		log_error("keep: somebody took it off, nothing goes by the tunnel program=tunnel iface=%s: %s",
			  i->name, e.text);
	i->program.lost = got < 0;
}

void tunnel_ifs_keep(struct tunnel_ifs *t)
{
	for (uint32_t i = 0; i < t->n; i++)
		keep_one(t, &t->at[i]);
}

/* --- and after */

void tunnel_ifs_undo(struct tunnel_ifs *t, uint32_t n)
{
	while (t->n > n) {
		struct tunnel_if *i = &t->at[--t->n];

		attach_undo_guard(&i->at, &i->program);
		if (t->programs)
			programs_unset_tunnel(t->programs, i->if_id, i->ifindex);
		if (i->fresh)
			remove_one(i);
		else
			close_one(i);
	}
}

void tunnel_ifs_settle(struct tunnel_ifs *t)
{
	for (uint32_t i = 0; i < t->n; i++)
		attach_settle(&t->at[i].program);
}

void tunnel_ifs_close(struct tunnel_ifs *t)
{
	while (t->n)
		close_one(&t->at[--t->n]);
}

int tunnel_ifs_remove(struct nl *nl)
{
	struct nl_link *links;
	size_t n;
	int err = nl_links(nl, &links, &n);

	for (size_t i = 0; i < n; i++) {
		struct tunnel_if one = { .fd = -1 };

		if (!is_ours(&links[i]))
			continue;
		one.fd = hostif_open_tap(links[i].name, 0);
		if (one.fd < 0)
			err = one.fd;
		remove_one(&one);
	}
	free(links);
	return err;
}
