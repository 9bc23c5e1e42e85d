/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel is asked and told about the programs at one hook: XDP of an
 * interface, or a direction of its clsact qdisc. Those that return int return 0 or
 * a negative errno. Control thread.
 */
#ifndef CYG_DP_HOOKS_H
#define CYG_DP_HOOKS_H

#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

/* Before every clsact filter that others may have: none of them lets through
 * what the guard takes, and all see the mark of the tag. A TCX program (Linux 6.6) would run before it. */
#define TC_PRIORITY 1
#define TC_HANDLE   1
#define TC_ASIDE    0x7ffffffe /* handle of a second one, for a moment */

struct hook_program {
	uint32_t id; /* 0: none */
	int fd;	     /* negative: none, or why not; owned */
	bool ours;
	char name[BPF_OBJ_NAME_LEN];
};

/* By its id; hook_close_program() afterwards. Needs CAP_SYS_ADMIN. */
void hook_find_program(uint32_t id, struct hook_program *out);
void hook_close_program(struct hook_program *p);

/* Is it libxdp's, which runs others? */
bool hook_is_dispatcher(const struct hook_program *p);

/* The id of the program at XDP, 0: none; native: it is in the driver. */
uint32_t hook_xdp_query(uint32_t ifindex, bool *native);

/* Where none is yet. */
int hook_xdp_add(uint32_t ifindex, int prog_fd, bool native);

/* prog_fd in place of old_fd; -1: nothing in its place. */
int hook_xdp_replace(uint32_t ifindex, int prog_fd, int old_fd, bool native);

struct bpf_tc_hook hook_tc(uint32_t ifindex, enum bpf_tc_attach_point point);

/* The id of the filter's program in our place; 0: none. */
uint32_t hook_tc_query(const struct bpf_tc_hook *hook);

/* flags: BPF_TC_F_REPLACE, or 0 where nothing is to be there. */
int hook_tc_put(const struct bpf_tc_hook *hook, int prog_fd, uint32_t flags);
int hook_tc_take_off(const struct bpf_tc_hook *hook);

/* Of one priority, who comes last runs first: ours again. Never is none of ours
 * there. */
int hook_tc_raise(const struct bpf_tc_hook *hook, int prog_fd);

/* The clsact qdisc, with whatever is attached to it. */
void hook_remove_qdisc(uint32_t ifindex);

#endif
