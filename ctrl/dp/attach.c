// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/dp/hooks.h"
#include "ctrl/dp/nl.h"

#define ATTACH_TCX_EGRESS ((enum bpf_attach_type)47) /* Linux 6.6 */

/* In the driver, or generic: slower, but it works everywhere. */
static int first_xdp(const struct attach_iface *iface, int prog_fd,
		     struct attachment *out)
{
	out->refused = hook_xdp_add(iface->xdp_ifindex, prog_fd, true);
	out->native = !out->refused;
	return out->native ? 0
			   : hook_xdp_add(iface->xdp_ifindex, prog_fd, false);
}

static int take_seat(const struct attach_iface *iface, int prog_fd,
		     struct attachment *out, struct error *e)
{
	const struct seat_spec spec = { iface->name, iface->xdp_ifindex,
					iface->priority };
	int err = seat_take(&spec, prog_fd, &out->seat, &out->native, e);

	out->done = !err;
	out->prog_fd = err ? 0 : prog_fd;
	return err;
}

int attach_xdp(const struct attach_iface *iface, int prog_fd,
	       struct attachment *out, struct error *e)
{
	int err;

	if (out->seat.slot_fd)
		err = seat_take_over(&out->seat, prog_fd);
	else if (out->before_fd)
		err = hook_xdp_replace(iface->xdp_ifindex, prog_fd,
				       out->before_fd, out->native);
	else if (iface->joins)
		return take_seat(iface, prog_fd, out, e);
	else
		err = first_xdp(iface, prog_fd, out);
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

/* What is in a dispatcher we have no right to see. */
static bool is_there(const struct attachment *a, uint32_t id)
{
	return id && (a->seat.slot_fd || id == id_of(a->prog_fd));
}

int attach_keep_xdp(const struct attach_iface *iface, struct attachment *a,
		    struct error *e)
{
	bool native;
	int err;

	if (!a->done || is_there(a, hook_xdp_query(iface->xdp_ifindex, &native)))
		return 0;
	err = hook_xdp_add(iface->xdp_ifindex, a->prog_fd, a->native);
	if (err)
		return error_set(e, err, "cannot attach XDP to %s: %s",
				 iface->name, strerror(-err));
	seat_forget(&a->seat);
	return 1;
}

/* The kernel does not call a driver for the program that it has. */
int attach_xdp_again(const struct attach_iface *iface, int closed_fd,
		     const struct attachment *a)
{
	const int there = a->seat.slot_fd ? a->seat.dispatcher_fd : a->prog_fd;
	int err = there ? hook_xdp_replace(iface->xdp_ifindex, closed_fd, there,
					   a->native)
			: -ESTALE;

	return err ? err
		   : hook_xdp_replace(iface->xdp_ifindex, there, closed_fd,
				      a->native);
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

/* flags: as hook_tc_put() has them. out->prog_fd is set. */
static int put_tc(const struct attach_iface *iface,
		  enum bpf_tc_attach_point point, uint32_t flags,
		  struct attachment *out, struct error *e)
{
	struct bpf_tc_hook hook = hook_tc(iface->ifindex, point);
	int err = bpf_tc_hook_create(&hook);

	out->qdisc |= err == 0;
	if (err && err != -EEXIST)
		return error_set(e, err,
				 "cannot create the clsact qdisc of %s: %s",
				 iface->name, strerror(-err));
	err = hook_tc_put(&hook, out->prog_fd, flags);
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
	id = hook_tc_query(hook);
	if (!id || id != id_of(a->prog_fd)) {
		err = put_tc(iface, hook->attach_point, BPF_TC_F_REPLACE, a, e);
		return err ? err : 1;
	}
	if (runs_first(nl, hook))
		return 0;
	err = hook_tc_raise(hook, a->prog_fd);
	return err ? error_set(e, err, "cannot run before others at tc %s: %s",
			       point_name(hook), strerror(-err))
		   : 1;
}

int attach_keep_guard(struct nl *nl, const struct attach_iface *iface,
		      struct attachment *a, struct error *e)
{
	const struct bpf_tc_hook hook = hook_tc(iface->ifindex, BPF_TC_EGRESS);

	return keep_tc(nl, iface, &hook, a, e);
}

int attach_keep_tag(struct nl *nl, const struct attach_iface *iface,
		    struct attachment *a, struct error *e)
{
	const struct bpf_tc_hook hook = hook_tc(iface->ifindex, BPF_TC_INGRESS);

	return keep_tc(nl, iface, &hook, a, e);
}

static int fail_alone(const struct attach_iface *iface, struct error *e)
{
	return error_set(
		e, -EBUSY,
		"%s already runs libxdp's dispatcher '" SEAT_DISPATCHER
		"'; to run in it beside others set gateway.xdp = dispatcher, or take it off with: xdp-loader unload %s -a",
		iface->name, iface->name);
}

static int fail_unread(const struct attach_iface *iface, struct error *e)
{
	return error_set(
		e, -EBUSY,
		"%s already runs libxdp's dispatcher '" SEAT_DISPATCHER
		"', and who is in it cannot be read in the bpffs here; where it was made, take it off with: xdp-loader unload %s -a",
		iface->name, iface->name);
}

/* The sitter of our seat, if we have one, or a place to sit. */
static int find_seat(const struct attach_iface *iface, struct attachment *out,
		     struct error *e)
{
	struct hook_program found;
	int err = seat_find(iface->xdp_ifindex, &out->seat);

	if (err == -ENOENT)
		return iface->joins ? seat_check(iface->name, e)
				    : fail_alone(iface, e);
	if (err)
		return fail_unread(iface, e);
	hook_find_program(seat_sitter(&out->seat), &found);
	if (found.ours)
		out->before_fd = found.fd;
	else
		hook_close_program(&found);
	return 0;
}

static int fail_foreign(const struct attach_iface *iface,
			const struct hook_program *found, struct error *e)
{
	return error_set(
		e, -EBUSY,
		"%s already runs the XDP program '%s' (id %u)%s; take it off with: ip link set dev %s xdp off",
		iface->name, found->name, found->id,
		iface->joins
			? ", and not in libxdp's dispatcher, where xdp-loader would put it"
			: "",
		iface->name);
}

static int find_xdp(const struct attach_iface *iface, struct attachment *out,
		    struct error *e)
{
	struct hook_program found;

	hook_find_program(hook_xdp_query(iface->xdp_ifindex, &out->native),
			  &found);
	if (found.ours)
		out->before_fd = found.fd;
	else
		hook_close_program(&found);
	if (found.ours)
		return 0;
	if (!found.id)
		return iface->joins ? seat_check(iface->name, e) : 0;
	return hook_is_dispatcher(&found) ? find_seat(iface, out, e)
					  : fail_foreign(iface, &found, e);
}

static int find_tc(const struct attach_iface *iface,
		   enum bpf_tc_attach_point point, struct attachment *out,
		   struct error *e)
{
	const struct bpf_tc_hook hook = hook_tc(iface->ifindex, point);
	struct hook_program found;
	char whose[sizeof(found.name) + 16];

	hook_find_program(hook_tc_query(&hook), &found);
	if (found.ours)
		out->before_fd = found.fd;
	else
		hook_close_program(&found);
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

int attach_find_guard(const struct attach_iface *iface,
		      struct attachment *guard, struct error *e)
{
	*guard = (struct attachment){ .done = false };
	return find_tc(iface, BPF_TC_EGRESS, guard, e);
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

void attach_close(struct attachment *a)
{
	attach_settle(a);
	seat_close(&a->seat);
}

/* If it is still the one: somebody may have taken it off. */
void attach_undo_xdp(const struct attach_iface *iface, struct attachment *a)
{
	const int before_fd = a->before_fd ? a->before_fd : -1;

	if (a->done && a->seat.slot_fd)
		seat_put(&a->seat, before_fd);
	else if (a->done)
		hook_xdp_replace(iface->xdp_ifindex, before_fd, a->prog_fd,
				 a->native);
	attach_close(a);
}

static void undo_tc(const struct attach_iface *iface,
		    enum bpf_tc_attach_point point, struct attachment *a)
{
	const struct bpf_tc_hook hook = hook_tc(iface->ifindex, point);

	if (a->done && a->before_fd)
		hook_tc_put(&hook, a->before_fd, BPF_TC_F_REPLACE);
	else if (a->done)
		hook_tc_take_off(&hook);
	if (a->qdisc)
		hook_remove_qdisc(iface->ifindex);
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
