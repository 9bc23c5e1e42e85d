// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>
#include <unistd.h>

/* Before every filter that others may have: none of them lets through what
 * the guard takes. */
#define GUARD_PRIORITY 1
#define GUARD_HANDLE   1

struct program_id {
	uint32_t id; /* 0: none */
	int fd;	     /* -1: none; owned */
	char name[BPF_OBJ_NAME_LEN];
};

static void program_close(struct program_id *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

static void program_find(uint32_t id, struct program_id *out)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	*out = (struct program_id){ .id = id, .fd = -1 };
	if (!id)
		return;
	out->fd = bpf_prog_get_fd_by_id(id);
	if (out->fd >= 0 && !bpf_obj_get_info_by_fd(out->fd, &info, &len))
		memcpy(out->name, info.name, sizeof(out->name));
}

static bool is_ours(const struct program_id *p)
{
	return strcmp(p->name, "protected") == 0 ||
	       strcmp(p->name, "unprotected") == 0 ||
	       strcmp(p->name, "guard") == 0;
}

static uint32_t xdp_query(const struct attach_iface *iface, bool *native)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, q);

	if (bpf_xdp_query((int)iface->ifindex, 0, &q))
		return 0;
	*native = q.attach_mode == XDP_ATTACHED_DRV;
	return q.prog_id;
}

uint32_t attach_found(const struct attach_iface *iface)
{
	struct program_id found;
	bool native;

	program_find(xdp_query(iface, &native), &found);
	program_close(&found);
	return is_ours(&found) ? found.id : 0;
}

static int replace_xdp(const struct attach_iface *iface, int prog_fd,
		       int old_fd, bool native)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts, .old_prog_fd = old_fd);
	uint32_t mode = native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;

	return bpf_xdp_attach((int)iface->ifindex, prog_fd,
			      mode | XDP_FLAGS_REPLACE, &opts);
}

/* In the driver, or generic: slower, but it works everywhere. */
static int first_xdp(const struct attach_iface *iface, int prog_fd, bool *native)
{
	const uint32_t only_new = XDP_FLAGS_UPDATE_IF_NOEXIST;

	*native = true;
	if (!bpf_xdp_attach((int)iface->ifindex, prog_fd,
			    only_new | XDP_FLAGS_DRV_MODE, NULL))
		return 0;
	*native = false;
	return bpf_xdp_attach((int)iface->ifindex, prog_fd,
			      only_new | XDP_FLAGS_SKB_MODE, NULL);
}

int attach_xdp(const struct attach_iface *iface, int prog_fd, bool *native,
	       bool *fresh, struct error *e)
{
	struct program_id old;
	int err;

	program_find(xdp_query(iface, native), &old);
	*fresh = old.id == 0;
	if (*fresh)
		err = first_xdp(iface, prog_fd, native);
	else if (is_ours(&old))
		err = replace_xdp(iface, prog_fd, old.fd, *native);
	else
		err = -EBUSY;
	program_close(&old);
	if (err == -EBUSY && old.id)
		return error_set(
			e, err,
			"%s already runs the XDP program '%s' (id %u); take it off with: ip link set dev %s xdp off",
			iface->name, old.name, old.id, iface->name);
	if (err)
		return error_set(e, err, "cannot attach XDP to %s: %s",
				 iface->name, strerror(-err));
	return 0;
}

static struct bpf_tc_hook guard_hook(const struct attach_iface *iface)
{
	return (struct bpf_tc_hook){
		.sz = sizeof(struct bpf_tc_hook),
		.ifindex = (int)iface->ifindex,
		.attach_point = BPF_TC_EGRESS,
	};
}

static uint32_t guard_query(const struct bpf_tc_hook *hook)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = GUARD_HANDLE,
		    .priority = GUARD_PRIORITY);

	return bpf_tc_query(hook, &opts) ? 0 : opts.prog_id;
}

int attach_guard(const struct attach_iface *iface, int prog_fd,
		 struct guard_made *made, struct error *e)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = GUARD_HANDLE,
		    .priority = GUARD_PRIORITY, .prog_fd = prog_fd,
		    .flags = BPF_TC_F_REPLACE);
	struct bpf_tc_hook hook = guard_hook(iface);
	struct program_id old;
	int err = bpf_tc_hook_create(&hook);

	if (err && err != -EEXIST)
		return error_set(e, err,
				 "cannot create the clsact qdisc of %s: %s",
				 iface->name, strerror(-err));
	made->qdisc = err == 0;
	program_find(guard_query(&hook), &old);
	program_close(&old);
	made->program = old.id == 0;
	if (old.id && !is_ours(&old))
		return error_set(
			e, -EBUSY,
			"%s has the tc egress filter '%s' at priority %d; remove it with: tc filter del dev %s egress pref %d",
			iface->name, old.name, GUARD_PRIORITY, iface->name,
			GUARD_PRIORITY);
	err = bpf_tc_attach(&hook, &opts);
	if (err)
		return error_set(e, err, "cannot attach the guard to %s: %s",
				 iface->name, strerror(-err));
	return 0;
}

void detach_xdp(const struct attach_iface *iface)
{
	struct program_id old;
	bool native = false;

	program_find(xdp_query(iface, &native), &old);
	if (is_ours(&old)) {
		LIBBPF_OPTS(bpf_xdp_attach_opts, opts, .old_prog_fd = old.fd);
		uint32_t mode = native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;

		bpf_xdp_detach((int)iface->ifindex, mode | XDP_FLAGS_REPLACE,
			       &opts);
	}
	program_close(&old);
}

void detach_guard(const struct attach_iface *iface)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = GUARD_HANDLE,
		    .priority = GUARD_PRIORITY);
	struct bpf_tc_hook hook = guard_hook(iface);
	struct program_id old;

	program_find(guard_query(&hook), &old);
	program_close(&old);
	if (is_ours(&old))
		bpf_tc_detach(&hook, &opts);
}

void remove_qdisc(const struct attach_iface *iface)
{
	struct bpf_tc_hook hook = guard_hook(iface);

	hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	bpf_tc_hook_destroy(&hook);
}
