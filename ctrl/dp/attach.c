// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/dp/adopt.h"
#include "ctrl/dp/ethtool.h"
#include "ctrl/dp/nl.h"

/* Before every clsact filter that others may have: none of them lets through
 * what the guard takes, and all see the mark of the tag. A TCX program (Linux 6.6) would run before it. */
#define TC_PRIORITY 1
#define TC_HANDLE   1
#define TC_ASIDE    0x7ffffffe /* handle of a second one, for a moment */

#define ATTACH_TCX_EGRESS ((enum bpf_attach_type)47) /* Linux 6.6 */

struct program_id {
	uint32_t id; /* 0: none */
	int fd;	     /* negative: none, or why not; owned */
	bool ours;
	char name[BPF_OBJ_NAME_LEN];
};

static void program_close(struct program_id *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

static bool name_is_ours(const char *name)
{
	return strcmp(name, "edge") == 0 || strcmp(name, "closed") == 0 ||
	       strcmp(name, "guard") == 0 || strcmp(name, "tag") == 0;
}

static void program_find(uint32_t id, struct program_id *out)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	*out = (struct program_id){ .id = id, .fd = -1 };
	if (!id)
		return;
	out->fd = bpf_prog_get_fd_by_id(id);
	if (out->fd < 0)
		out->fd = -errno;
	if (out->fd < 0 || bpf_obj_get_info_by_fd(out->fd, &info, &len))
		return;
	memcpy(out->name, info.name, sizeof(out->name));
	out->ours = name_is_ours(out->name) && adopt_is_ours(out->fd);
}

static uint32_t xdp_query(uint32_t ifindex, bool *native)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, q);

	*native = false;
	if (bpf_xdp_query((int)ifindex, 0, &q))
		return 0;
	*native = q.attach_mode == XDP_ATTACHED_DRV;
	return q.prog_id;
}

static uint32_t xdp_mode(bool native)
{
	return native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
}

/* prog_fd in place of old_fd; -1: nothing in its place. */
static int replace_xdp(uint32_t ifindex, int prog_fd, int old_fd, bool native)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts, .old_prog_fd = old_fd);

	return bpf_xdp_attach((int)ifindex, prog_fd,
			      xdp_mode(native) | XDP_FLAGS_REPLACE, &opts);
}

/* In the driver, or generic: slower, but it works everywhere. */
static int first_xdp(const struct attach_iface *iface, int prog_fd,
		     struct attachment *out)
{
	const uint32_t only_new = XDP_FLAGS_UPDATE_IF_NOEXIST;

	out->refused = bpf_xdp_attach((int)iface->xdp_ifindex, prog_fd,
				      only_new | XDP_FLAGS_DRV_MODE, NULL);
	out->native = !out->refused;
	if (out->native)
		return 0;
	return bpf_xdp_attach((int)iface->xdp_ifindex, prog_fd,
			      only_new | XDP_FLAGS_SKB_MODE, NULL);
}

int attach_xdp(const struct attach_iface *iface, int prog_fd,
	       struct attachment *out, struct error *e)
{
	int err = out->before_fd ? replace_xdp(iface->xdp_ifindex, prog_fd,
					       out->before_fd, out->native)
				 : first_xdp(iface, prog_fd, out);

	if (err)
		return error_set(e, err, "cannot attach XDP to %s: %s",
				 iface->name, strerror(-err));
	out->done = true;
	out->prog_fd = prog_fd;
	return 0;
}

/* 0: nobody can say. */
static uint32_t id_of(int prog_fd)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(prog_fd, &info, &len) ? 0 : info.id;
}

int attach_keep_xdp(const struct attach_iface *iface, struct attachment *a,
		    struct error *e)
{
	bool native;
	uint32_t id;
	int err;

	if (!a->done)
		return 0;
	id = xdp_query(iface->xdp_ifindex, &native);
	if (id && id == id_of(a->prog_fd))
		return 0;
	err = bpf_xdp_attach((int)iface->xdp_ifindex, a->prog_fd,
			     XDP_FLAGS_UPDATE_IF_NOEXIST | xdp_mode(a->native),
			     NULL);
	return err ? error_set(e, err, "cannot attach XDP to %s: %s",
			       iface->name, strerror(-err))
		   : 1;
}

/* The kernel does not call a driver for the program that it has. */
int attach_xdp_again(const struct attach_iface *iface, int closed_fd,
		     const struct attachment *a)
{
	int err = replace_xdp(iface->xdp_ifindex, closed_fd, a->prog_fd,
			      a->native);

	return err ? err
		   : replace_xdp(iface->xdp_ifindex, a->prog_fd, closed_fd,
				 a->native);
}

/* libbpf wants its padding to be 0 as well. */
static struct bpf_tc_hook tc_hook(uint32_t ifindex,
				  enum bpf_tc_attach_point point)
{
	struct bpf_tc_hook hook;

	memset(&hook, 0, sizeof(hook));
	hook.sz = sizeof(hook);
	hook.ifindex = (int)ifindex;
	hook.attach_point = point;
	return hook;
}

static uint32_t tc_query(const struct bpf_tc_hook *hook)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = TC_HANDLE,
		    .priority = TC_PRIORITY);

	return bpf_tc_query(hook, &opts) ? 0 : opts.prog_id;
}

/* flags: BPF_TC_F_REPLACE, or 0 where nothing is to be there. */
static int tc_put_at(const struct bpf_tc_hook *hook, uint32_t handle,
		     int prog_fd, uint32_t flags)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = handle,
		    .priority = TC_PRIORITY, .prog_fd = prog_fd, .flags = flags);

	return bpf_tc_attach(hook, &opts);
}

static int tc_put(const struct bpf_tc_hook *hook, int prog_fd, uint32_t flags)
{
	return tc_put_at(hook, TC_HANDLE, prog_fd, flags);
}

static int tc_take_off_at(const struct bpf_tc_hook *hook, uint32_t handle)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = handle,
		    .priority = TC_PRIORITY);

	return bpf_tc_detach(hook, &opts);
}

static int tc_take_off(const struct bpf_tc_hook *hook)
{
	return tc_take_off_at(hook, TC_HANDLE);
}

/* Of one priority, who comes last runs first. Never is none of ours there. */
static int tc_raise(const struct bpf_tc_hook *hook, int prog_fd)
{
	int err = tc_put_at(hook, TC_ASIDE, prog_fd, BPF_TC_F_REPLACE);

	if (!err)
		err = tc_take_off(hook);
	if (!err)
		err = tc_put(hook, prog_fd, 0);
	return err ? err : tc_take_off_at(hook, TC_ASIDE);
}

/* With whatever is attached to it. */
static void remove_qdisc(uint32_t ifindex)
{
	struct bpf_tc_hook hook =
		tc_hook(ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);

	bpf_tc_hook_destroy(&hook);
}

/* As tc calls it. */
static const char *point_name(const struct bpf_tc_hook *hook)
{
	return hook->attach_point == BPF_TC_EGRESS ? "egress" : "ingress";
}

static int fail_taken(const struct attach_iface *iface,
		      const struct bpf_tc_hook *hook, const char *whose,
		      struct error *e)
{
	return error_set(
		e, -EBUSY,
		"%s has %s at tc %s with priority %d, where one of ours has to be; remove it with: tc filter del dev %s %s pref %d",
		iface->name, whose, point_name(hook), TC_PRIORITY, iface->name,
		point_name(hook), TC_PRIORITY);
}

/* flags: as tc_put() has them. out->prog_fd is set. */
static int put_tc(const struct attach_iface *iface,
		  enum bpf_tc_attach_point point, uint32_t flags,
		  struct attachment *out, struct error *e)
{
	struct bpf_tc_hook hook = tc_hook(iface->ifindex, point);
	int err = bpf_tc_hook_create(&hook);

	out->qdisc |= err == 0;
	if (err && err != -EEXIST)
		return error_set(e, err,
				 "cannot create the clsact qdisc of %s: %s",
				 iface->name, strerror(-err));
	err = tc_put(&hook, out->prog_fd, flags);
	if (err == -EEXIST || err == -EINVAL) /* of its kind, or of another */
		return fail_taken(iface, &hook, "a filter", e);
	if (err)
		return error_set(e, err, "cannot attach at tc %s of %s: %s",
				 point_name(&hook), iface->name, strerror(-err));
	out->done = true;
	return 0;
}

static int attach_tc(const struct attach_iface *iface,
		     enum bpf_tc_attach_point point, int prog_fd,
		     struct attachment *out, struct error *e)
{
	out->qdisc = false;
	out->prog_fd = prog_fd;
	return put_tc(iface, point, out->before_fd ? BPF_TC_F_REPLACE : 0, out,
		      e);
}

int attach_guard(const struct attach_iface *iface, int prog_fd,
		 struct attachment *out, struct error *e)
{
	return attach_tc(iface, BPF_TC_EGRESS, prog_fd, out, e);
}

int attach_tag(const struct attach_iface *iface, int prog_fd,
	       struct attachment *out, struct error *e)
{
	return attach_tc(iface, BPF_TC_INGRESS, prog_fd, out, e);
}

static bool runs_first(struct nl *nl, const struct bpf_tc_hook *hook)
{
	const uint32_t side = hook->attach_point == BPF_TC_EGRESS
				      ? TC_H_MIN_EGRESS
				      : TC_H_MIN_INGRESS;
	uint32_t first =
		nl_first_filter(nl, (uint32_t)hook->ifindex,
				TC_H_MAKE(TC_H_CLSACT, side), TC_PRIORITY);

	return !first || first == TC_HANDLE;
}

static int keep_tc(struct nl *nl, const struct attach_iface *iface,
		   const struct bpf_tc_hook *hook, struct attachment *a,
		   struct error *e)
{
	uint32_t id;
	int err;

	if (!a->done)
		return 0;
	id = tc_query(hook);
	if (!id || id != id_of(a->prog_fd)) {
		err = put_tc(iface, hook->attach_point, BPF_TC_F_REPLACE, a, e);
		return err ? err : 1;
	}
	if (runs_first(nl, hook))
		return 0;
	err = tc_raise(hook, a->prog_fd);
	return err ? error_set(e, err, "cannot run before others at tc %s: %s",
			       point_name(hook), strerror(-err))
		   : 1;
}

int attach_keep_guard(struct nl *nl, const struct attach_iface *iface,
		      struct attachment *a, struct error *e)
{
	const struct bpf_tc_hook hook = tc_hook(iface->ifindex, BPF_TC_EGRESS);

	return keep_tc(nl, iface, &hook, a, e);
}

int attach_keep_tag(struct nl *nl, const struct attach_iface *iface,
		    struct attachment *a, struct error *e)
{
	const struct bpf_tc_hook hook = tc_hook(iface->ifindex, BPF_TC_INGRESS);

	return keep_tc(nl, iface, &hook, a, e);
}

static int find_xdp(const struct attach_iface *iface, struct attachment *out,
		    struct error *e)
{
	struct program_id found;

	program_find(xdp_query(iface->xdp_ifindex, &out->native), &found);
	if (found.ours)
		out->before_fd = found.fd;
	else
		program_close(&found);
	if (!found.id || found.ours)
		return 0;
	return error_set(
		e, -EBUSY,
		"%s already runs the XDP program '%s' (id %u); take it off with: ip link set dev %s xdp off",
		iface->name, found.name, found.id, iface->name);
}

static int find_tc(const struct attach_iface *iface,
		   enum bpf_tc_attach_point point, struct attachment *out,
		   struct error *e)
{
	const struct bpf_tc_hook hook = tc_hook(iface->ifindex, point);
	struct program_id found;
	char whose[sizeof(found.name) + 16];

	program_find(tc_query(&hook), &found);
	if (found.ours)
		out->before_fd = found.fd;
	else
		program_close(&found);
	if (!found.id || found.ours)
		return 0;
	snprintf(whose, sizeof(whose), "the filter '%s'", found.name);
	return fail_taken(iface, &hook, whose, e);
}

int attach_find_tag(const struct attach_iface *iface, struct attachment *tag,
		    struct error *e)
{
	*tag = (struct attachment){ .done = false };
	return iface->tagged ? find_tc(iface, BPF_TC_INGRESS, tag, e) : 0;
}

int attach_find(const struct attach_iface *iface, struct attachment *xdp,
		struct attachment *guard, struct error *e)
{
	int err;

	*xdp = *guard = (struct attachment){ .done = false };
	err = find_xdp(iface, xdp, e);
	if (!err && iface->role == IFACE_UNPROTECTED)
		err = find_tc(iface, BPF_TC_EGRESS, guard, e);
	return err;
}

void attach_settle(struct attachment *a)
{
	if (a->before_fd)
		close(a->before_fd);
	a->before_fd = 0;
}

/* If it is still the one: somebody may have taken it off. */
void attach_undo_xdp(const struct attach_iface *iface, struct attachment *a)
{
	if (a->done)
		replace_xdp(iface->xdp_ifindex, a->before_fd ? a->before_fd : -1,
			    a->prog_fd, a->native);
	attach_settle(a);
}

static void undo_tc(const struct attach_iface *iface,
		    enum bpf_tc_attach_point point, struct attachment *a)
{
	const struct bpf_tc_hook hook = tc_hook(iface->ifindex, point);

	if (a->done && a->before_fd)
		tc_put(&hook, a->before_fd, BPF_TC_F_REPLACE);
	else if (a->done)
		tc_take_off(&hook);
	if (a->qdisc)
		remove_qdisc(iface->ifindex);
	attach_settle(a);
}

void attach_undo_guard(const struct attach_iface *iface, struct attachment *a)
{
	undo_tc(iface, BPF_TC_EGRESS, a);
}

void attach_undo_tag(const struct attach_iface *iface, struct attachment *a)
{
	undo_tc(iface, BPF_TC_INGRESS, a);
}

int attach_count_tcx(uint32_t ifindex)
{
	uint32_t n = 0;

	if (bpf_prog_query((int)ifindex, ATTACH_TCX_EGRESS, 0, NULL, NULL, &n))
		return -errno;
	return (int)n;
}

/* What was turned off so that XDP sees everything. */
static void turn_on(uint32_t ifindex, uint32_t offloads)
{
	char name[IF_NAMESIZE];

	if (offloads && if_indextoname(ifindex, name))
		ethtool_turn(name, offloads, true);
}

static int release_xdp(uint32_t ifindex)
{
	struct program_id found;
	bool native;
	int err = 0;

	program_find(xdp_query(ifindex, &native), &found);
	if (found.id && found.fd < 0)
		err = found.fd; /* whose is it? */
	if (found.ours)
		err = replace_xdp(ifindex, -1, found.fd, native);
	if (found.ours && !err)
		turn_on(ifindex, adopt_offloads_of(found.fd, ifindex));
	program_close(&found);
	return err;
}

/* A qdisc without a filter does nothing, whoever made it. */
static int release_tc(struct nl *nl, uint32_t ifindex,
		      enum bpf_tc_attach_point point)
{
	const struct bpf_tc_hook hook = tc_hook(ifindex, point);
	struct program_id found;
	int err = 0;

	program_find(tc_query(&hook), &found);
	if (found.id && found.fd < 0)
		err = found.fd;
	if (found.ours)
		err = tc_take_off(&hook);
	program_close(&found);
	if (found.ours && !err && !nl_has_filters(nl, ifindex))
		remove_qdisc(ifindex);
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

static bool keeps_guard(const struct attach_iface *list, size_t n,
			uint32_t ifindex)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].ifindex == ifindex &&
		    list[i].role == IFACE_UNPROTECTED)
			return true;
	return false;
}

static bool keeps_tag(const struct attach_iface *list, size_t n,
		      uint32_t ifindex)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].ifindex == ifindex && list[i].tagged)
			return true;
	return false;
}

int attach_release(const struct attach_iface *keep, size_t n, struct error *e)
{
	struct if_nameindex *all = if_nameindex(), *i;
	struct nl *nl = NULL;
	int err = all ? nl_new(&nl) : -errno;

	for (i = all; !err && i->if_index; i++) {
		if (!keeps_xdp(keep, n, i->if_index))
			err = release_xdp(i->if_index);
		if (!err && !keeps_guard(keep, n, i->if_index))
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
