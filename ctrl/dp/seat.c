// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/seat.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <seat.skel.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include "ctrl/base/log.h"
#include "ctrl/dp/adopt.h"
#include "ctrl/dp/hooks.h"

#define BPFFS	   "/sys/fs/bpf" /* libxdp looks nowhere else */
#define BPFFS_OURS BPFFS "/cygnet"
#define PATH_BYTES 64

/* --- will it last? --- */

/* A line of mountinfo (proc(5)): ids, device, root, mount point. */
static bool is_mount_of(const char *line, dev_t dev)
{
	unsigned int major_no, minor_no;
	int at = 0;

	if (sscanf(line, "%*d %*d %u:%u %*s %n", &major_no, &minor_no, &at) < 2)
		return false;
	return makedev(major_no, minor_no) == dev &&
	       strncmp(line + at, BPFFS " ", sizeof(BPFFS)) == 0 &&
	       strstr(line + at, " - bpf ");
}

static bool first_process_has(dev_t dev)
{
	FILE *f = fopen("/proc/1/mountinfo", "re");
	char line[1024];
	bool has = false;

	if (!f)
		return false;
	while (!has && fgets(line, sizeof(line), f))
		has = is_mount_of(line, dev);
	fclose(f);
	return has;
}

static int fail_kernel(const char *ifname, struct error *e)
{
	return error_set(
		e, -EOPNOTSUPP,
		"gateway.xdp = dispatcher: this kernel lets no program replace a function of another (BPF_PROG_TYPE_EXT), which libxdp's dispatcher at %s needs; leave gateway.xdp out",
		ifname);
}

int seat_check(const char *ifname, struct error *e)
{
	struct stat st;

	if (stat(BPFFS, &st) || !first_process_has(st.st_dev))
		return error_set(
			e, -ENOENT,
			"gateway.xdp = dispatcher keeps our place at %s in the bpffs at %s of the first process, and that one is not here; mount it where that process sees it with: mount -t bpf bpf %s; or leave gateway.xdp out",
			ifname, BPFFS, BPFFS);
	if (libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_EXT, NULL) == 0)
		return fail_kernel(ifname, e);
	return 0;
}

/* --- who is there? --- */

/* The dispatcher of an interface; NULL: there is none that can be read. */
static struct xdp_multiprog *dispatcher_open(uint32_t ifindex)
{
	struct xdp_multiprog *mp = xdp_multiprog__get_from_ifindex((int)ifindex);

	if (libxdp_get_error(mp))
		return NULL;
	if (!xdp_multiprog__is_legacy(mp))
		return mp;
	xdp_multiprog__close(mp);
	return NULL;
}

/* Ours in a dispatcher, borrowed from it, with the map; NULL: none. */
static struct xdp_program *find_ours(const struct xdp_multiprog *mp,
				     int *slot_fd)
{
	struct xdp_program *p = NULL;

	while ((p = xdp_multiprog__next_prog(p, mp))) {
		*slot_fd = adopt_seat_of(xdp_program__fd(p));
		if (*slot_fd >= 0)
			return p;
	}
	return NULL;
}

static int keep_dispatcher(const struct xdp_multiprog *mp)
{
	int fd = fcntl(xdp_program__fd(xdp_multiprog__main_prog(mp)),
		       F_DUPFD_CLOEXEC, 3);

	return fd < 0 ? 0 : fd;
}

int seat_find(uint32_t ifindex, struct seat *out)
{
	struct xdp_multiprog *mp = dispatcher_open(ifindex);
	int slot_fd;

	*out = (struct seat){ .slot_fd = 0 };
	if (!mp)
		return -EACCES;
	if (find_ours(mp, &slot_fd))
		*out = (struct seat){ slot_fd, keep_dispatcher(mp) };
	xdp_multiprog__close(mp);
	return out->slot_fd ? 0 : -ENOENT;
}

size_t seat_others(uint32_t ifindex, struct seat_other *out, size_t max)
{
	struct xdp_multiprog *mp = dispatcher_open(ifindex);
	struct xdp_program *p = NULL, *ours;
	bool is_before = true;
	int slot_fd = -1;
	size_t n = 0;

	if (!mp)
		return 0;
	ours = find_ours(mp, &slot_fd);
	if (ours)
		close(slot_fd);
	while (n < max && (p = xdp_multiprog__next_prog(p, mp))) {
		if (p == ours) {
			is_before = false;
			continue;
		}
		out[n] = (struct seat_other){
			.priority = xdp_program__run_prio(p),
			.is_before = is_before,
		};
		snprintf(out[n++].name, sizeof(out[0].name), "%s",
			 xdp_program__name(p));
	}
	xdp_multiprog__close(mp);
	return n;
}

uint32_t seat_sitter(const struct seat *s)
{
	const uint32_t zero = 0;
	uint32_t id = 0;

	return bpf_map_lookup_elem(s->slot_fd, &zero, &id) ? 0 : id;
}

/* --- the map, which outlives us --- */

static int pin_path(int slot_fd, char path[PATH_BYTES])
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(slot_fd, &info, &len))
		return -errno;
	snprintf(path, PATH_BYTES, BPFFS_OURS "/seat-%u", info.id);
	return 0;
}

static int pin(int slot_fd)
{
	char path[PATH_BYTES];
	int err = pin_path(slot_fd, path);

	if (err)
		return err;
	if (mkdir(BPFFS_OURS, 0700) && errno != EEXIST)
		return -errno;
	return bpf_obj_pin(slot_fd, path) && errno != EEXIST ? -errno : 0;
}

static void unpin(int slot_fd)
{
	char path[PATH_BYTES];

	if (!pin_path(slot_fd, path))
		unlink(path);
}

int seat_put(const struct seat *s, int prog_fd)
{
	const uint32_t zero = 0;

	if (prog_fd >= 0)
		return bpf_map_update_elem(s->slot_fd, &zero, &prog_fd, BPF_ANY)
			       ? -errno
			       : 0;
	if (bpf_map_delete_elem(s->slot_fd, &zero) && errno != ENOENT)
		return -errno;
	return 0;
}

int seat_take_over(const struct seat *s, int prog_fd)
{
	int err = seat_put(s, prog_fd);

	return err ? err : pin(s->slot_fd);
}

/* 1: this program is the seat of that pin; 0: it is not, or is gone; negative:
 * that cannot be told. */
static int is_seat(uint32_t prog_id, const char *pin_name)
{
	int fd = bpf_prog_get_fd_by_id(prog_id), slot_fd;
	char path[PATH_BYTES];
	bool same;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	slot_fd = adopt_seat_of(fd);
	close(fd);
	if (slot_fd < 0)
		return 0;
	same = !pin_path(slot_fd, path) &&
	       strcmp(strrchr(path, '/') + 1, pin_name) == 0;
	close(slot_fd);
	return same;
}

static bool is_in_use(const char *pin_name)
{
	uint32_t id = 0;

	while (!bpf_prog_get_next_id(id, &id))
		if (is_seat(id, pin_name))
			return true;
	return errno != ENOENT;
}

/* Somebody took everything off an interface: the map keeps a program, and the
 * maps of that. */
static void sweep(void)
{
	DIR *dir = opendir(BPFFS_OURS);
	const struct dirent *found;

	while (dir && (found = readdir(dir)))
		if (strncmp(found->d_name, "seat-", 5) == 0 &&
		    !is_in_use(found->d_name))
			unlinkat(dirfd(dir), found->d_name, 0);
	if (dir)
		closedir(dir);
}

/* With the program in it: there is no moment in which nothing passes. */
static int make_slot(int prog_fd, struct seat *out)
{
	out->slot_fd =
		bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "cyg_seat",
			       sizeof(uint32_t), sizeof(uint32_t), 1, NULL);
	if (out->slot_fd < 0) {
		out->slot_fd = 0;
		return -errno;
	}
	return seat_put(out, prog_fd);
}

/* --- to take it and to leave it --- */

static struct xdp_program *component(const struct seat_bpf *skel,
				     uint32_t priority)
{
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts, .obj = skel->obj,
			    .prog_name = "cygnet");
	struct xdp_program *p;

	/* Of its dispatcher, if the others do as well: libxdp loads this one
	 * without. */
	bpf_program__set_flags(skel->progs.cygnet, BPF_F_XDP_HAS_FRAGS);
	p = xdp_program__create(&opts);
	if (libxdp_get_error(p))
		return NULL;
	xdp_program__set_run_prio(p, priority);
	for (unsigned int action = XDP_ABORTED; action <= XDP_REDIRECT; action++)
		xdp_program__set_chain_call_enabled(p, action,
						    action == XDP_PASS);
	return p;
}

/* Those that are there already say which mode it is. */
static int join(struct xdp_program *p, uint32_t ifindex, bool *native)
{
	struct xdp_multiprog *mp = dispatcher_open(ifindex);
	enum xdp_attach_mode mode =
		mp ? xdp_multiprog__attach_mode(mp) : XDP_MODE_NATIVE;
	int err = xdp_program__attach(p, (int)ifindex, mode, 0);

	if (err && !mp) {
		mode = XDP_MODE_SKB;
		err = xdp_program__attach(p, (int)ifindex, mode, 0);
	}
	*native = mode == XDP_MODE_NATIVE;
	xdp_multiprog__close(mp);
	return err;
}

/* Where it has no dispatcher, libxdp attaches the program as the only one. */
static int refuse_alone(uint32_t ifindex, int prog_fd, bool native)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	if (!bpf_obj_get_info_by_fd(prog_fd, &info, &len) &&
	    info.type == BPF_PROG_TYPE_EXT)
		return 0;
	hook_xdp_replace(ifindex, -1, prog_fd, native);
	return -EOPNOTSUPP;
}

static int enter(const struct seat_bpf *skel, const struct seat_spec *spec,
		 bool *native)
{
	struct xdp_program *p = component(skel, spec->priority);
	int err = p ? join(p, spec->ifindex, native) : -EINVAL;

	if (!err)
		err = refuse_alone(spec->ifindex, xdp_program__fd(p), *native);
	xdp_program__close(p);
	return err;
}

/* Only now: a pin without a program would be swept away by others. */
static int keep(uint32_t ifindex, int slot_fd)
{
	int err = pin(slot_fd);

	if (err)
		seat_leave(ifindex);
	return err;
}

/* What runs before ours takes away what it likes. */
static void tell_others(const struct seat_spec *spec)
{
	struct seat_other others[SEAT_OTHERS_MAX];
	size_t n = seat_others(spec->ifindex, others, SEAT_OTHERS_MAX);

	log_info("seat: taken in libxdp's dispatcher iface=%s priority=%u others=%zu",
		 spec->ifname, spec->priority, n);
	for (size_t i = 0; i < n; i++)
		if (others[i].is_before)
			log_warn("seat: the XDP program '%s' (priority %u) runs before ours iface=%s: what it takes or redirects no policy is asked about; give gateway.xdp_priority a lower number",
				 others[i].name, others[i].priority,
				 spec->ifname);
}

static int fail(const struct seat_spec *spec, int err, struct error *e)
{
	if (err == -EOPNOTSUPP)
		return fail_kernel(spec->ifname, e);
	if (err == -E2BIG)
		return error_set(
			e, err,
			"libxdp's dispatcher at %s is full; 'xdp-loader status %s' lists who is in it, and 'xdp-loader unload %s -i ID' makes room",
			spec->ifname, spec->ifname, spec->ifname);
	return error_set(
		e, err,
		"cannot join libxdp's dispatcher at %s: %s; with --debug the log has libxdp's words",
		spec->ifname, strerror(-err));
}

int seat_take(const struct seat_spec *spec, int prog_fd, struct seat *out,
	      bool *native, struct error *e)
{
	struct seat_bpf *skel = seat_bpf__open();
	struct seat found;
	int err;

	sweep();
	err = skel ? make_slot(prog_fd, out) : -ENOMEM;

	if (!err)
		err = bpf_map__reuse_fd(skel->maps.cyg_seat, out->slot_fd);
	if (!err)
		err = enter(skel, spec, native);
	if (!err)
		err = keep(spec->ifindex, out->slot_fd);
	seat_bpf__destroy(skel);
	if (err) {
		seat_forget(out);
		return fail(spec, err, e);
	}
	if (!seat_find(spec->ifindex, &found)) {
		seat_close(out);
		*out = found;
	}
	tell_others(spec);
	return 0;
}

int seat_leave(uint32_t ifindex)
{
	struct xdp_multiprog *mp = dispatcher_open(ifindex);
	struct xdp_program *ours;
	int slot_fd = -1, err = -ENOENT;

	if (!mp)
		return err;
	ours = find_ours(mp, &slot_fd);
	if (ours)
		err = xdp_program__detach(ours, (int)ifindex,
					  xdp_multiprog__attach_mode(mp), 0);
	if (!err)
		unpin(slot_fd);
	if (slot_fd >= 0)
		close(slot_fd);
	xdp_multiprog__close(mp);
	return err;
}

/* --- descriptors --- */

void seat_forget(struct seat *s)
{
	if (s->slot_fd)
		unpin(s->slot_fd);
	seat_close(s);
}

void seat_close(struct seat *s)
{
	if (s->slot_fd)
		close(s->slot_fd);
	if (s->dispatcher_fd)
		close(s->dispatcher_fd);
	*s = (struct seat){ .slot_fd = 0 };
}
