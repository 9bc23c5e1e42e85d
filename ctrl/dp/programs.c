// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/programs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cygnet.skel.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include "ctrl/base/log.h"
#include "ctrl/dp/adopt.h"
#include "ctrl/dp/programs_state.h"
#include "ctrl/dp/umem.h"
#include "include/tunnel.h"

__attribute__((format(printf, 2, 0))) static int print_words(const char *library,
							     const char *fmt,
							     va_list ap)
{
	char line[512];

	vsnprintf(line, sizeof(line), fmt, ap);
	line[strcspn(line, "\n")] = '\0';
	log_debug("%s: %s", library, line);
	return 0;
}

/* libbpf's own words, for whoever looks for the cause. */
__attribute__((format(printf, 2, 0))) static int print_libbpf(
	enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return level == LIBBPF_DEBUG ? 0 : print_words("libbpf", fmt, ap);
}

__attribute__((format(printf, 2, 0))) static int print_libxdp(
	enum libxdp_print_level level, const char *fmt, va_list ap)
{
	return level == LIBXDP_DEBUG ? 0 : print_words("libxdp", fmt, ap);
}

void programs_log_libbpf(void)
{
	libbpf_set_print(print_libbpf);
	libxdp_set_print(print_libxdp);
}

static int load_error(struct error *e, int err)
{
	if (err == -EPERM || err == -EACCES)
		return error_set(
			e, -EPERM,
			"not allowed to load BPF programs; run as root, or with CAP_BPF, CAP_NET_ADMIN, CAP_NET_RAW and CAP_PERFMON");
	return error_set(
		e, err,
		"cannot load the BPF programs: %s; with --debug the log has the verifier's words",
		strerror(-err));
}

/* Older ones load the programs, perhaps, and lack what is needed later on. */
static int check_kernel(struct error *e)
{
	unsigned int major, minor;
	struct utsname name;

	if (uname(&name) || sscanf(name.release, "%u.%u", &major, &minor) != 2 ||
	    major > KERNEL_MAJOR ||
	    (major == KERNEL_MAJOR && minor >= KERNEL_MINOR))
		return 0;
	return error_set(e, -ENOSYS,
			 "Linux %s is too old; boot Linux %d.%d or newer",
			 name.release, KERNEL_MAJOR, KERNEL_MINOR);
}

static int update(const struct bpf_map *map, const void *key, const void *value)
{
	return bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY)
		       ? -errno
		       : 0;
}

/* No program reads these: bound, they live as long as any of the programs. */
static int bind_maps(const struct programs *p)
{
	const struct bpf_map *const maps[] = {
		p->skel->maps.cyg_layout,   p->skel->maps.cyg_offloads,
		p->skel->maps.own_streams,  p->skel->maps.stream_flows,
		p->skel->maps.worker_drops, p->skel->maps.worker_passes,
	};
	struct bpf_program *prog;
	int err = 0;

	bpf_object__for_each_program(prog, p->skel->obj)
	{
		for (size_t i = 0; !err && i < sizeof(maps) / sizeof(maps[0]);
		     i++)
			err = bpf_prog_bind_map(bpf_program__fd(prog),
						bpf_map__fd(maps[i]), NULL);
	}
	return err;
}

static int make_grace(struct programs *p)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);

	p->grace_inner_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "grace_inner", 4,
					   4, 1, &opts);
	if (p->grace_inner_fd < 0)
		return -errno;
	opts.inner_map_fd = (uint32_t)p->grace_inner_fd;
	p->grace_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "grace", 4, 4,
				     1, &opts);
	return p->grace_fd < 0 ? -errno : 0;
}

/* The kernel answers an update of a map of maps only after a grace period. */
void programs_grace(const struct programs *p)
{
	const uint32_t zero = 0;

	if (bpf_map_update_elem(p->grace_fd, &zero, &p->grace_inner_fd, BPF_ANY))
		log_error("programs: no grace period: %s", strerror(errno));
}

static int load(struct programs *p, const struct programs_spec *spec)
{
	struct bpf_map *const counters[] = {
		p->skel->maps.drops,
		p->skel->maps.passes,
		p->skel->maps.worker_drops,
		p->skel->maps.worker_passes,
	};
	const uint32_t zero = 0, layout = adopt_layout();
	const uint32_t sas = spec->sas ? spec->sas : SAS_DEFAULT;
	const uint32_t slots = sad_slots_for(sas);
	int err;

	/* So that it may sit in a seat: newer kernels want both alike, and what
	 * replaces a function has none. */
	bpf_program__set_expected_attach_type(p->skel->progs.edge, 0);
	if (!spec->seated) {
		bpf_program__set_flags(p->skel->progs.edge, BPF_F_XDP_HAS_FRAGS);
		bpf_program__set_flags(p->skel->progs.closed,
				       BPF_F_XDP_HAS_FRAGS);
	}
	p->skel->rodata->magic = spec->magic;
	p->skel->rodata->head_token = spec->head_token;
	p->skel->rodata->no_meta = spec->no_meta;
	p->skel->rodata->steer_max = spec->chains ? UINT32_MAX : PIECE_BYTES;
	p->skel->rodata->host_ifindex = spec->host_ifindex;
	p->skel->rodata->host_udp_gso = spec->host_udp_gso;
	p->skel->rodata->forward_kernel = spec->forward_kernel;
	p->skel->rodata->tag_mark = spec->tag_mark;
	p->skel->rodata->default_action = spec->default_action;
	p->skel->rodata->conntrack = spec->conntrack;
	p->skel->rodata->sad_slots_mask = slots - 1;
	bpf_map__set_max_entries(p->skel->maps.sad, sas);
	bpf_map__set_max_entries(p->skel->maps.sad_out, sas);
	bpf_map__set_max_entries(p->skel->maps.sad_slots, slots);
	bpf_map__set_autocreate(p->skel->maps.dry_note, false);
	if (spec->earlier_fd) {
		adopt_counters(spec->earlier_fd, counters, 4);
		adopt_map(spec->earlier_fd, p->skel->maps.cyg_offloads);
		adopt_map(spec->earlier_fd, p->skel->maps.own_streams);
		adopt_map(spec->earlier_fd, p->skel->maps.stream_flows);
	}
	err = cygnet_bpf__load(p->skel);
	if (!err)
		err = sad_map_open(p->skel->maps.sad, p->skel->maps.sad_slots,
				   &p->sad);
	if (!err)
		err = make_grace(p);
	if (!err)
		err = programs_map_counters(p);
	if (!err)
		err = update(p->skel->maps.cyg_layout, &zero, &layout);
	return err ? err : bind_maps(p);
}

int programs_load(const struct programs_spec *spec, struct programs **out,
		  struct error *e)
{
	struct programs *p;
	int err = check_kernel(e);

	if (err)
		return err;
	p = calloc(1, sizeof(*p));
	err = -ENOMEM;
	if (!p)
		return error_set(e, err, "no memory for the BPF programs");
	p->grace_fd = p->grace_inner_fd = -1;
	p->cpus = libbpf_num_possible_cpus();
	if (p->cpus > 0)
		p->per_cpu = calloc((size_t)p->cpus, sizeof(*p->per_cpu));
	p->skel = cygnet_bpf__open();
	if (p->skel && p->per_cpu)
		err = load(p, spec);
	if (err) {
		programs_free(p);
		return load_error(e, err);
	}
	*out = p;
	return 0;
}

void programs_free(struct programs *p)
{
	if (!p)
		return;
	if (p->skel) {
		sad_map_close(&p->sad);
		programs_unmap_counters(p);
	}
	if (p->grace_fd >= 0)
		close(p->grace_fd);
	if (p->grace_inner_fd >= 0)
		close(p->grace_inner_fd);
	cygnet_bpf__destroy(p->skel);
	free(p->per_cpu);
	free(p);
}

const struct cygnet_bpf *programs_skeleton(const struct programs *p)
{
	return p->skel;
}

int programs_xdp_fd(const struct programs *p)
{
	return bpf_program__fd(p->skel->progs.edge);
}

int programs_audits_fd(const struct programs *p)
{
	return bpf_map__fd(p->skel->maps.audits);
}

int programs_closed_fd(const struct programs *p)
{
	return bpf_program__fd(p->skel->progs.closed);
}

int programs_guard_fd(const struct programs *p)
{
	return bpf_program__fd(p->skel->progs.guard);
}

int programs_tag_fd(const struct programs *p)
{
	return bpf_program__fd(p->skel->progs.tag);
}

int programs_tunnel_fd(const struct programs *p)
{
	return bpf_program__fd(p->skel->progs.tunnel);
}

static int fill_list(int fd, const struct spd_image *list)
{
	size_t bytes = list->n * sizeof(list->block[0]);
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return -errno;
	memcpy(at, list->block, bytes);
	munmap(at, bytes);
	return 0;
}

/* A new inner map takes the place of the old one: no packet sees a mix. It has
 * the first one's types, or Linux 6.1 takes it for another kind of map. */
int programs_set_policies(struct programs *p, const struct spd_image *list)
{
	const uint32_t zero = 0;
	const struct bpf_map *first = p->skel->maps.spd_list;
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = SPD_LIST_FLAGS,
		    .btf_fd = (uint32_t)bpf_object__btf_fd(p->skel->obj),
		    .btf_key_type_id = bpf_map__btf_key_type_id(first),
		    .btf_value_type_id = bpf_map__btf_value_type_id(first));
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "spd_list", sizeof(zero),
				sizeof(list->block[0]), list->n, &opts);
	int err;

	if (fd < 0)
		return -errno;
	err = fill_list(fd, list);
	if (!err)
		err = update(p->skel->maps.spd, &zero, &fd);
	close(fd);
	return err;
}

int programs_bind(struct programs *p, uint32_t policy_id, struct sa_ref sa)
{
	return update(p->skel->maps.bindings, &policy_id, &sa);
}

int programs_add_inbound(struct programs *p, const struct sad_key *key,
			 struct sa_ref sa)
{
	return sad_map_add(&p->sad, key, sa);
}

int programs_del_inbound(struct programs *p, const struct sad_key *key)
{
	return sad_map_del(&p->sad, key);
}

int programs_add_outbound(struct programs *p, const struct sad_key *key,
			  struct sa_ref sa)
{
	return update(p->skel->maps.sad_out, key, &sa);
}

int programs_del_outbound(struct programs *p, const struct sad_key *key)
{
	return bpf_map_delete_elem(bpf_map__fd(p->skel->maps.sad_out), key)
		       ? -errno
		       : 0;
}

void programs_fib_changed(struct programs *p)
{
	uint32_t gen = p->skel->data->fib_gen + 1;

	__atomic_store_n(&p->skel->data->fib_gen, gen ? gen : 1,
			 __ATOMIC_RELEASE);
}

int programs_add_iface(struct programs *p, const struct iface_key *key,
		       const struct iface_info *info)
{
	int err = update(p->skel->maps.ifaces, key, info);

	programs_fib_changed(p);
	return err;
}

static struct iface_key key_of_itself(const struct iface *iface)
{
	return (struct iface_key){ .ifindex = iface->ifindex };
}

static struct iface_key key_of_frames(const struct iface *iface)
{
	struct iface_key key = { .ifindex = iface->lower_ifindex };

	memcpy(key.tag, iface->tag, sizeof(key.tag));
	return key;
}

int programs_serve(struct programs *p, const struct iface *iface,
		   enum iface_role role, uint32_t slot)
{
	const struct iface_key itself = key_of_itself(iface);
	const struct iface_key frames = key_of_frames(iface);
	const struct iface_info info = {
		.role = role,
		.slot = slot,
		.mac = mac_word(iface->mac),
		.ifindex = iface->ifindex,
	};
	int err = programs_add_iface(p, &itself, &info);

	return err ? err : programs_add_iface(p, &frames, &info);
}

void programs_unserve(struct programs *p, const struct iface *iface)
{
	const struct iface_key itself = key_of_itself(iface);
	const struct iface_key frames = key_of_frames(iface);
	int fd = bpf_map__fd(p->skel->maps.ifaces);

	bpf_map_delete_elem(fd, &frames);
	bpf_map_delete_elem(fd, &itself);
	programs_fib_changed(p);
}

int programs_set_station(struct programs *p, uint32_t ifindex,
			 const struct iface *below)
{
	const struct iface_key key = { .ifindex = ifindex };

	if (below)
		return programs_add_iface(
			p, &key,
			&(struct iface_info){ .role = below->role,
					      .mac = mac_word(below->mac),
					      .ifindex = ifindex });
	bpf_map_delete_elem(bpf_map__fd(p->skel->maps.ifaces), &key);
	programs_fib_changed(p);
	return 0;
}

int programs_set_tunnel(struct programs *p, uint32_t if_id, uint16_t number,
			const struct iface *iface)
{
	const struct iface_key key = key_of_itself(iface);
	const struct iface_info info = {
		.role = IFACE_TUNNEL,
		.mac = mac_word(iface->mac),
		.ifindex = iface->ifindex,
		.tunnel = number,
	};
	struct tunnel_place place = { .ifindex = iface->ifindex };
	int err;

	memcpy(place.mac, iface->mac, sizeof(place.mac));
	err = update(p->skel->maps.tunnels, &if_id, &place);
	if (!err)
		err = programs_add_iface(p, &key, &info);
	if (!err && p->skel->data->n_tunnels < number)
		p->skel->data->n_tunnels = number;
	return err;
}

void programs_unset_tunnel(struct programs *p, uint32_t if_id, uint32_t ifindex)
{
	const struct iface_key key = { .ifindex = ifindex };

	bpf_map_delete_elem(bpf_map__fd(p->skel->maps.ifaces), &key);
	bpf_map_delete_elem(bpf_map__fd(p->skel->maps.tunnels), &if_id);
	programs_fib_changed(p);
}

int programs_set_socket(struct programs *p, uint32_t slot, uint32_t queue,
			int fd)
{
	const uint32_t key = slot * QUEUE_MAX + queue;

	return update(p->skel->maps.xsks, &key, &fd);
}

int programs_clear_socket(struct programs *p, uint32_t slot, uint32_t queue)
{
	const uint32_t key = slot * QUEUE_MAX + queue;
	int fd = bpf_map__fd(p->skel->maps.xsks);

	return bpf_map_delete_elem(fd, &key) ? -errno : 0;
}

int programs_keep_off(struct programs *p, uint32_t ifindex, uint32_t offloads)
{
	int fd = bpf_map__fd(p->skel->maps.cyg_offloads);
	uint32_t all = 0;

	if (bpf_map_lookup_elem(fd, &ifindex, &all))
		all = 0;
	all |= offloads;
	return update(p->skel->maps.cyg_offloads, &ifindex, &all);
}

void programs_forget_off(struct programs *p, uint32_t ifindex)
{
	bpf_map_delete_elem(bpf_map__fd(p->skel->maps.cyg_offloads), &ifindex);
}

int programs_let_out(struct programs *p, uint64_t cookie, enum own_reach reach)
{
	const uint32_t value = reach;

	return update(p->skel->maps.own_sockets, &cookie, &value);
}

void programs_keep_in(struct programs *p, uint64_t cookie)
{
	bpf_map_delete_elem(bpf_map__fd(p->skel->maps.own_sockets), &cookie);
}

int programs_add_flow(struct programs *p, const struct own_flow *f)
{
	const uint32_t one = 1;

	return update(p->skel->maps.own_flows, f, &one);
}

void programs_del_flow(struct programs *p, const struct own_flow *f)
{
	bpf_map_delete_elem(bpf_map__fd(p->skel->maps.own_flows), f);
}

int programs_let_stream_out(struct programs *p, int fd)
{
	const uint32_t value = OWN_ANYWHERE;

	return update(p->skel->maps.own_streams, &fd, &value);
}

int programs_add_stream(struct programs *p, const struct own_flow *f)
{
	const uint32_t one = 1;

	return update(p->skel->maps.stream_flows, f, &one);
}

void programs_del_stream(struct programs *p, const struct own_flow *f)
{
	bpf_map_delete_elem(bpf_map__fd(p->skel->maps.stream_flows), f);
}

void programs_del_streams(struct programs *p)
{
	int fd = bpf_map__fd(p->skel->maps.stream_flows);
	struct own_flow f;

	while (bpf_map_get_next_key(fd, NULL, &f) == 0)
		if (bpf_map_delete_elem(fd, &f))
			return;
}

int programs_add_local(struct programs *p, const struct addr *a,
		       enum local_kind kind)
{
	const uint32_t value = kind;
	int err = update(p->skel->maps.local_addrs, a, &value);

	programs_fib_changed(p);
	return err;
}

int programs_del_local(struct programs *p, const struct addr *a)
{
	int fd = bpf_map__fd(p->skel->maps.local_addrs);

	return bpf_map_delete_elem(fd, a) ? -errno : 0;
}
