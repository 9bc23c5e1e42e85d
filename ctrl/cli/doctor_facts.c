// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "ctrl/cli/doctor_read.h"
#include "ctrl/conf/conf.h"
#include "ctrl/dp/attach.h"
#include "ctrl/dp/conntrack.h"
#include "ctrl/dp/hostif.h"
#include "ctrl/dp/iface.h"
#include "ctrl/dp/netdev.h"
#include "ctrl/dp/port_xsk.h"
#include "ctrl/dp/programs.h"
#include "ctrl/model/stream.h"
#include "include/ike.h"

/* The file's first line; empty: there is none, or it is not ours to read. */
static void read_line(const char *path, char *out, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, out, room - 1);

	out[got > 0 ? got : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

static int read_number(const char *path)
{
	char text[32], *end;
	long n;

	read_line(path, text, sizeof(text));
	n = strtol(text, &end, 10);
	return end == text || *end ? UNKNOWN : (int)n;
}

static int larger(int a, int b)
{
	return a > b ? a : b;
}

/* --- kernel */

static bool has_xsk(void)
{
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno != EAFNOSUPPORT; /* without rights: EPERM */
	close(fd);
	return true;
}

static bool has_bpffs(void)
{
	struct statfs fs;

	return !statfs("/sys/fs/bpf", &fs) && fs.f_type == BPF_FS_MAGIC;
}

/* A daemon that runs has them; else they are loaded, and gone at once. */
static void try_programs(struct doctor_facts *f)
{
	struct programs_spec spec = { .default_action = SPD_DISCARD };
	struct programs *programs;
	struct error e;

	f->kernel.programs_load = f->kernel.sees_nat = UNKNOWN;
	if (!f->host.is_root)
		return;
	programs_log_libbpf();
	f->kernel.sees_nat = !conntrack_find(&spec.conntrack);
	if (f->host.daemon_runs)
		return;
	f->kernel.programs_load = !programs_load(&spec, &programs, &e);
	if (f->kernel.programs_load)
		programs_free(programs);
	else
		memcpy(f->kernel.programs, e.text, sizeof(e.text));
}

static void read_kernel(struct doctor_kernel *k)
{
	struct utsname name;
	unsigned int major = 0, minor = 0;

	uname(&name);
	snprintf(k->release, sizeof(k->release), "%s", name.release);
	if (sscanf(name.release, "%u.%u", &major, &minor) == 2)
		k->version = KERNEL_VERSION_OF(major, minor);
	k->has_tun = access("/dev/net/tun", F_OK) == 0;
	k->has_xsk = has_xsk();
	/* Who may make no socket goes by the number. */
	k->has_chains = port_xsk_has_chains() ||
			(geteuid() && k->version >= KERNEL_VERSION_OF(6, 6));
	k->has_bpffs = has_bpffs();
	k->jit = read_number("/proc/sys/net/core/bpf_jit_enable");
	k->jit_harden = read_number("/proc/sys/net/core/bpf_jit_harden");
	k->unprivileged_bpf =
		read_number("/proc/sys/kernel/unprivileged_bpf_disabled");
	read_line("/sys/devices/system/cpu/vulnerabilities/spectre_v2",
		  k->spectre, sizeof(k->spectre));
}

/* --- host */

static int read_rp_filter(void)
{
	int own =
		read_number("/proc/sys/net/ipv4/conf/" HOSTIF_NAME "/rp_filter");

	if (own == UNKNOWN)
		return UNKNOWN;
	return larger(own, read_number("/proc/sys/net/ipv4/conf/all/rp_filter"));
}

static void read_host(struct doctor_host *h)
{
	struct rlimit lock = { 0 };

	h->is_root = geteuid() == 0;
	h->daemon_runs = hostif_is_read();
	h->cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
	h->has_ike_user = getpwnam(IKE_USER) != NULL;
	h->has_helper_user = getpwnam(HELPER_USER) != NULL;
	h->has_stream_user = getpwnam(STREAM_USER) != NULL;
	h->forwarding = iface_sysctl_is_on("ipv4", "all", "forwarding");
	h->rp_filter = read_rp_filter();
	h->may_lock = prctl(PR_CAPBSET_READ, CAP_IPC_LOCK, 0, 0, 0) == 1;
	getrlimit(RLIMIT_MEMLOCK, &lock);
	h->memlock = lock.rlim_cur == RLIM_INFINITY ? UINT64_MAX : lock.rlim_cur;
	h->forward_rules = doctor_forward_rules(&h->forward_is_drop);
	h->ports[0].port = IKE_PORT;
	h->ports[1].port = IKE_NATT_PORT;
	doctor_read_ports(h->ports, DOCTOR_PORTS);
}

/* --- interfaces */

static void read_master(struct doctor_iface *i)
{
	char path[64 + IF_NAMESIZE], target[256];
	const char *name;
	ssize_t got;

	snprintf(path, sizeof(path), "/sys/class/net/%s/master", i->name);
	got = readlink(path, target, sizeof(target) - 1);
	if (got <= 0)
		return;
	target[got] = '\0';
	name = strrchr(target, '/');
	snprintf(i->master, sizeof(i->master), "%.15s",
		 name ? name + 1 : target);
}

static void read_slot(const struct gateway_conf *g, const struct iface *iface,
		      struct doctor_iface *i)
{
	const struct attach_iface at = {
		.name = i->name,
		.ifindex = iface->ifindex,
		.xdp_ifindex = iface->lower_ifindex,
		.role = i->role,
		.joins = g->xdp == XDP_DISPATCHER,
		.priority = g->xdp_priority,
	};
	struct attachment xdp, guard;
	struct error e;
	int err = attach_find(&at, &xdp, &guard, &e);

	if (err) {
		i->slot = XDP_SLOT_FOREIGN;
		memcpy(i->slot_why, e.text, sizeof(e.text));
	} else {
		i->slot = xdp.before_fd ? XDP_SLOT_OURS : XDP_SLOT_FREE;
		i->is_native = xdp.native;
		i->is_seated = xdp.seat.slot_fd != 0;
		i->n_others =
			seat_others(at.xdp_ifindex, i->others, SEAT_OTHERS_MAX);
	}
	attach_close(&xdp);
	attach_close(&guard);
}

static void read_iface(const struct gateway_conf *g,
		       const struct iface_conf *conf, bool is_root,
		       struct doctor_iface *out)
{
	struct netdev driver;
	struct iface iface;

	memcpy(out->name, conf->name, sizeof(out->name));
	out->role = conf->role;
	out->place = conf->place;
	out->xdp_features = out->tcx = UNKNOWN;
	out->error = iface_read(conf->name, &iface);
	if (!out->error)
		out->error = ethtool_read(conf->name, &out->ethtool);
	if (out->error)
		return;
	out->is_up = iface.up;
	out->is_ethernet = iface.ethernet;
	out->is_forwarding =
		iface_sysctl_is_on("ipv4", conf->name, "forwarding");
	out->mtu = iface.mtu;
	out->queues = iface.queues;
	if (!netdev_read(iface.lower_ifindex, &driver))
		out->xdp_features = (int64_t)driver.xdp_features;
	read_master(out);
	if (!is_root)
		return;
	out->tcx = attach_count_tcx(iface.ifindex);
	read_slot(g, &iface, out);
}

static void read_v6(struct doctor_facts *out)
{
	out->host.lacks_v6 = !iface_sysctl_is_on("ipv6", "all", "forwarding");
	for (size_t i = 0; i < out->n_ifaces; i++)
		out->ifaces[i].lacks_v6 = !iface_sysctl_is_on(
			"ipv6", out->ifaces[i].name, "forwarding");
}

static void read_config(const char *file, struct doctor_facts *out,
			struct config **config)
{
	struct error e;

	out->file = file;
	if (conf_load(file, config, &e)) {
		memcpy(out->config, e.text, sizeof(e.text));
		return;
	}
	out->workers = (*config)->gateway.workers;
	out->wants_ike = (*config)->n_conns > 0;
	out->wants_tcp = (*config)->gateway.tcp_port;
	for (size_t i = 0; i < (*config)->n_conns; i++) {
		const struct conn_conf *c = &(*config)->conns[i];

		out->wants_dns |= conn_is_named(c);
		out->wants_tcp |= c->tcp_encap != TCP_ENCAP_NO;
	}
	out->forward_kernel = (*config)->gateway.forward == FORWARD_KERNEL;
	out->joins = (*config)->gateway.xdp == XDP_DISPATCHER;
	out->n_ifaces = (*config)->gateway.n_ifaces;
	for (size_t i = 0; i < out->n_ifaces; i++)
		read_iface(&(*config)->gateway, &(*config)->gateway.ifaces[i],
			   out->host.is_root, &out->ifaces[i]);
	if (config_protects_v6(*config))
		read_v6(out);
}

void doctor_read(const char *file, struct doctor_facts *out,
		 struct config **config)
{
	*config = NULL;
	memset(out, 0, sizeof(*out));
	read_kernel(&out->kernel);
	read_host(&out->host);
	try_programs(out);
	read_config(file, out, config);
}
