// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/dry.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cygnet.skel.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct dry {
	int edge_fd;
	int guard_fd;
	int tunnel_fd;
	int note_fd;
};

/* Of the real ones; but the notes are its own. */
static int share_maps(const struct cygnet_bpf *real, struct cygnet_bpf *dry)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, dry->obj)
	{
		const struct bpf_map *theirs = bpf_object__find_map_by_name(
			real->obj, bpf_map__name(map));

		if (bpf_map__is_internal(map) || map == dry->maps.dry_note)
			continue;
		if (!err)
			err = bpf_map__reuse_fd(map, bpf_map__fd(theirs));
	}
	return err;
}

/* Those of which nobody asks need no verifying. */
static int choose_programs(struct cygnet_bpf *dry)
{
	struct bpf_program *prog;
	int err = 0;

	bpf_object__for_each_program(prog, dry->obj)
	{
		if (!err)
			err = bpf_program__set_autoload(
				prog, prog == dry->progs.edge ||
					      prog == dry->progs.guard ||
					      prog == dry->progs.tunnel);
	}
	return err;
}

static int keep(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static int load(const struct cygnet_bpf *real, struct cygnet_bpf *skel,
		struct dry *d)
{
	int err;

	memcpy(skel->rodata, real->rodata, sizeof(*skel->rodata));
	skel->rodata->dry = true;
	err = share_maps(real, skel);
	if (!err)
		err = choose_programs(skel);
	if (!err)
		err = cygnet_bpf__load(skel);
	if (err)
		return err;
	d->edge_fd = keep(bpf_program__fd(skel->progs.edge));
	d->guard_fd = keep(bpf_program__fd(skel->progs.guard));
	d->tunnel_fd = keep(bpf_program__fd(skel->progs.tunnel));
	d->note_fd = keep(bpf_map__fd(skel->maps.dry_note));
	return d->edge_fd < 0 || d->guard_fd < 0 || d->tunnel_fd < 0 ||
			       d->note_fd < 0
		       ? -EMFILE
		       : 0;
}

/* What libbpf knows of the object is not needed any more. */
int dry_open(const struct programs *programs, struct dry **out, struct error *e)
{
	struct cygnet_bpf *skel = cygnet_bpf__open();
	struct dry *d = calloc(1, sizeof(*d));
	int err = -ENOMEM;

	if (d)
		*d = (struct dry){ -1, -1, -1, -1 };
	if (d && skel)
		err = load(programs_skeleton(programs), skel, d);
	cygnet_bpf__destroy(skel);
	if (err) {
		dry_close(d);
		return error_set(
			e, err,
			"cannot load the BPF programs once more, for a packet that is only asked about: %s; with --debug the log has the verifier's words",
			strerror(-err));
	}
	*out = d;
	return 0;
}

void dry_close(struct dry *d)
{
	if (!d)
		return;
	if (d->edge_fd >= 0)
		close(d->edge_fd);
	if (d->guard_fd >= 0)
		close(d->guard_fd);
	if (d->tunnel_fd >= 0)
		close(d->tunnel_fd);
	if (d->note_fd >= 0)
		close(d->note_fd);
	free(d);
}

static int run(const struct dry *d, int prog_fd, struct bpf_test_run_opts *opts,
	       struct dry_note *out)
{
	const struct dry_note none = { 0 };
	const uint32_t zero = 0;

	if (bpf_map_update_elem(d->note_fd, &zero, &none, BPF_ANY) ||
	    bpf_prog_test_run_opts(prog_fd, opts) ||
	    bpf_map_lookup_elem(d->note_fd, &zero, out))
		return -errno;
	return out->exits == 1 ? 0 : -EIO;
}

int dry_edge(const struct dry *d, const struct dry_packet *p,
	     struct dry_note *out)
{
	struct xdp_md ctx = {
		.data_end = p->bytes,
		.ingress_ifindex = p->ifindex,
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->frame,
		    .data_size_in = p->bytes, .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = 1);

	return run(d, d->edge_fd, &opts, out);
}

static int run_egress(const struct dry *d, int prog_fd,
		      const struct dry_packet *p, struct dry_note *out)
{
	struct __sk_buff ctx = {
		.ifindex = p->ifindex,
		.ingress_ifindex = p->from,
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->frame,
		    .data_size_in = p->bytes, .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = 1);

	return run(d, prog_fd, &opts, out);
}

int dry_guard(const struct dry *d, const struct dry_packet *p,
	      struct dry_note *out)
{
	return run_egress(d, d->guard_fd, p, out);
}

int dry_tunnel(const struct dry *d, const struct dry_packet *p,
	       struct dry_note *out)
{
	return run_egress(d, d->tunnel_fd, p, out);
}
