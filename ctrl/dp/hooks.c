// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/hooks.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/dp/adopt.h"
#include "ctrl/dp/seat.h"

void hook_close_program(struct hook_program *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

static bool name_is_ours(const char *name)
{
	return strcmp(name, "edge") == 0 || strcmp(name, "closed") == 0 ||
	       strcmp(name, "guard") == 0 || strcmp(name, "tag") == 0 ||
	       strcmp(name, "tunnel") == 0;
}

bool hook_is_dispatcher(const struct hook_program *p)
{
	return strcmp(p->name, SEAT_DISPATCHER) == 0;
}

void hook_find_program(uint32_t id, struct hook_program *out)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	*out = (struct hook_program){ .id = id, .fd = -1 };
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

uint32_t hook_xdp_query(uint32_t ifindex, bool *native)
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

int hook_xdp_add(uint32_t ifindex, int prog_fd, bool native)
{
	return bpf_xdp_attach((int)ifindex, prog_fd,
			      XDP_FLAGS_UPDATE_IF_NOEXIST | xdp_mode(native),
			      NULL);
}

int hook_xdp_replace(uint32_t ifindex, int prog_fd, int old_fd, bool native)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts, .old_prog_fd = old_fd);

	return bpf_xdp_attach((int)ifindex, prog_fd,
			      xdp_mode(native) | XDP_FLAGS_REPLACE, &opts);
}

/* libbpf wants its padding to be 0 as well. */
struct bpf_tc_hook hook_tc(uint32_t ifindex, enum bpf_tc_attach_point point)
{
	struct bpf_tc_hook hook;

	memset(&hook, 0, sizeof(hook));
	hook.sz = sizeof(hook);
	hook.ifindex = (int)ifindex;
	hook.attach_point = point;
	return hook;
}

uint32_t hook_tc_query(const struct bpf_tc_hook *hook)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = TC_HANDLE,
		    .priority = TC_PRIORITY);

	return bpf_tc_query(hook, &opts) ? 0 : opts.prog_id;
}

static int tc_put_at(const struct bpf_tc_hook *hook, uint32_t handle,
		     int prog_fd, uint32_t flags)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = handle,
		    .priority = TC_PRIORITY, .prog_fd = prog_fd, .flags = flags);

	return bpf_tc_attach(hook, &opts);
}

int hook_tc_put(const struct bpf_tc_hook *hook, int prog_fd, uint32_t flags)
{
	return tc_put_at(hook, TC_HANDLE, prog_fd, flags);
}

static int tc_take_off_at(const struct bpf_tc_hook *hook, uint32_t handle)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = handle,
		    .priority = TC_PRIORITY);

	return bpf_tc_detach(hook, &opts);
}

int hook_tc_take_off(const struct bpf_tc_hook *hook)
{
	return tc_take_off_at(hook, TC_HANDLE);
}

int hook_tc_raise(const struct bpf_tc_hook *hook, int prog_fd)
{
	int err = tc_put_at(hook, TC_ASIDE, prog_fd, BPF_TC_F_REPLACE);

	if (!err)
		err = hook_tc_take_off(hook);
	if (!err)
		err = hook_tc_put(hook, prog_fd, 0);
	return err ? err : tc_take_off_at(hook, TC_ASIDE);
}

void hook_remove_qdisc(uint32_t ifindex)
{
	struct bpf_tc_hook hook =
		hook_tc(ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);

	bpf_tc_hook_destroy(&hook);
}
