// SPDX-License-Identifier: BSD-2-Clause
/*
 * What facts mean: each check reads one of them, and says what is wrong and
 * what to do, or that it is as it should be.
 */
#include "ctrl/cli/doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "ctrl/dp/hostif.h"
#include "ctrl/dp/port_xsk.h"
#include "ctrl/dp/programs.h"
#include "ctrl/dp/umem.h"
#include "include/ike.h"
#include "include/proto.h"

#define KERNEL_FLOOR KERNEL_VERSION_OF(KERNEL_MAJOR, KERNEL_MINOR)

/* The largest IP packet that a frame takes. */
#define FRAME_MTU (FRAME_BYTES - FRAME_ETH_AT - ETH_HEADER_BYTES)

/* Ours runs on a driver that can run and redirect (NETDEV_XDP_ACT_BASIC and
 * _REDIRECT); else on generic XDP. */
#define XDP_ACT_NATIVE	  0x3
#define XDP_ACT_ZERO_COPY 0x8

struct doctor {
	const struct doctor_facts *facts;
	struct doctor_report *report;
	const char *group;
};

__attribute__((format(printf, 3, 4))) static struct finding *found(
	struct doctor *d, enum doctor_level level, const char *fmt, ...)
{
	struct doctor_report *r = d->report;
	struct finding *f = &r->at[r->n];
	va_list ap;

	if (r->n < DOCTOR_FINDINGS_MAX - 1) /* more than all checks make */
		r->n++;
	r->counts[level]++;
	f->group = d->group;
	f->level = level;
	f->remedy[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(f->what, sizeof(f->what), fmt, ap);
	va_end(ap);
	return f;
}

__attribute__((format(printf, 2, 3))) static void remedy(struct finding *f,
							 const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->remedy, sizeof(f->remedy), fmt, ap);
	va_end(ap);
}

/* What our errors say is "what is wrong; what to do". */
static void found_error(struct doctor *d, enum doctor_level level,
			const char *text)
{
	const char *semicolon = strstr(text, "; ");
	struct finding *f;

	f = found(d, level, "%.*s",
		  semicolon ? (int)(semicolon - text) : (int)strlen(text), text);
	if (semicolon)
		remedy(f, "%s", semicolon + 2);
}

/* --- kernel */

static void check_version(struct doctor *d, const struct doctor_kernel *k)
{
	if (k->version < KERNEL_FLOOR)
		remedy(found(d, DOCTOR_ERROR,
			     "Linux %s lacks what the programs need", k->release),
		       "boot Linux %d.%d or newer, which Debian 12 has",
		       KERNEL_MAJOR, KERNEL_MINOR);
	else
		found(d, DOCTOR_OK, "Linux %s", k->release);
}

static void check_programs(struct doctor *d, const struct doctor_kernel *k)
{
	if (k->version < KERNEL_FLOOR)
		return; /* that is why */
	if (k->programs_load == 0)
		found_error(d, DOCTOR_ERROR, k->programs);
	else if (k->programs_load > 0)
		found(d, DOCTOR_OK, "the BPF programs load");
}

static void check_nat(struct doctor *d, const struct doctor_kernel *k)
{
	if (k->sees_nat > 0)
		found(d, DOCTOR_OK,
		      "the guard knows what packets were before NAT");
	else if (k->sees_nat == 0)
		remedy(found(d, DOCTOR_WARNING,
			     "the guard does not know what packets were before NAT: the kernel does not tell where it tracks connections"),
		       "boot one with CONFIG_DEBUG_INFO_BTF=y, not locked down for confidentiality; till then exempt far networks from NAT by their addresses");
}

static void check_devices(struct doctor *d, const struct doctor_kernel *k)
{
	if (!k->has_tun)
		remedy(found(d, DOCTOR_ERROR,
			     "there is no /dev/net/tun to make " HOSTIF_NAME
			     " of"),
		       "modprobe tun");
	if (!k->has_xsk)
		remedy(found(d, DOCTOR_ERROR, "the kernel has no AF_XDP"),
		       "boot a kernel with CONFIG_XDP_SOCKETS=y");
	if (k->has_tun && k->has_xsk)
		found(d, DOCTOR_OK, "AF_XDP and /dev/net/tun are there");
	if (!d->facts->joins)
		found(d, DOCTOR_OK,
		      k->has_bpffs
			      ? "a BPF file system is there, and not needed"
			      : "there is no BPF file system, nor is one needed");
}

static void check_jit(struct doctor *d, const struct doctor_kernel *k)
{
	if (k->jit == 0)
		remedy(found(d, DOCTOR_WARNING,
			     "the BPF JIT is off: programs are interpreted, several times as slow"),
		       "sysctl -w net.core.bpf_jit_enable=1");
	else if (k->jit > 0)
		found(d, DOCTOR_OK, "the BPF JIT is on");
	if (k->jit_harden == 2)
		remedy(found(d, DOCTOR_WARNING,
			     "the BPF JIT hides constants of root's programs too: they are slower"),
		       "sysctl -w net.core.bpf_jit_harden=1");
	if (k->unprivileged_bpf == 0)
		remedy(found(d, DOCTOR_WARNING,
			     "every user may load BPF programs, which opens ways for Spectre"),
		       "sysctl -w kernel.unprivileged_bpf_disabled=2");
}

static void check_spectre(struct doctor *d, const struct doctor_kernel *k)
{
	int first = (int)strcspn(k->spectre, ";"); /* the rest is details */

	if (strncmp(k->spectre, "Vulnerable", 10) == 0)
		remedy(found(d, DOCTOR_WARNING,
			     "Spectre v2: %s: other processes may read keys",
			     k->spectre),
		       "boot without mitigations=off and nospectre_v2, with the CPU's newest microcode");
	else if (strstr(k->spectre, "Retpoline"))
		found(d, DOCTOR_NOTE,
		      "Spectre v2: %.*s, which slow the kernel's part of each packet",
		      first, k->spectre);
	else if (k->spectre[0])
		found(d, DOCTOR_OK, "Spectre v2: %.*s", first, k->spectre);
}

static void check_kernel(struct doctor *d)
{
	const struct doctor_kernel *k = &d->facts->kernel;

	d->group = "kernel";
	check_version(d, k);
	check_programs(d, k);
	check_nat(d, k);
	check_devices(d, k);
	check_jit(d, k);
	check_spectre(d, k);
}

/* --- host */

static void check_rights(struct doctor *d, const struct doctor_host *h)
{
	if (!h->is_root)
		remedy(found(d, DOCTOR_WARNING,
			     "without root, programs, rules and owners of ports are not looked at"),
		       "sudo cygnet doctor");
	found(d, DOCTOR_OK,
	      h->daemon_runs ? "cygnetd runs" : "cygnetd does not run");
}

static void check_forwarding(struct doctor *d, const struct doctor_host *h)
{
	if (!h->forwarding)
		remedy(found(d, DOCTOR_ERROR,
			     "IPv4 forwarding is off, a gateway needs it"),
		       "sysctl -w net.ipv4.ip_forward=1");
	else
		found(d, DOCTOR_OK, "IPv4 forwarding is on");
	if (h->lacks_v6)
		remedy(found(d, DOCTOR_ERROR,
			     "IPv6 forwarding is off, and there are policies that protect IPv6"),
		       "sysctl -w net.ipv6.conf.all.forwarding=1");
}

/* Loose is what dp sets; 0 asks nothing. */
static void check_rp_filter(struct doctor *d, const struct doctor_host *h)
{
	if (h->rp_filter == 1)
		remedy(found(d, DOCTOR_ERROR,
			     "rp_filter of " HOSTIF_NAME
			     " is strict: decrypted packets for this host are dropped"),
		       "sysctl -w net.ipv4.conf." HOSTIF_NAME ".rp_filter=2");
	else
		found(d, DOCTOR_OK, "rp_filter is no obstacle");
}

/* Packet memory is locked by every port that uses it, and counted where
 * CAP_IPC_LOCK is not to be had. */
static void check_memory(struct doctor *d, const struct doctor_host *h)
{
	uint64_t need = 0;

	for (size_t i = 0; i < d->facts->n_ifaces; i++)
		need += (uint64_t)d->facts->ifaces[i].queues * XSK_PORT_FRAMES *
			FRAME_BYTES * d->facts->n_ifaces;
	if (h->may_lock || h->memlock >= need)
		found(d, DOCTOR_OK, "locked memory is not limited");
	else
		remedy(found(d, DOCTOR_ERROR,
			     "locked memory is limited to %llu KiB, packets need %llu, and CAP_IPC_LOCK is not to be had",
			     (unsigned long long)(h->memlock >> 10),
			     (unsigned long long)(need >> 10)),
		       "ulimit -l unlimited");
}

static void check_ports(struct doctor *d, const struct doctor_host *h)
{
	bool all_free = true;

	for (size_t i = 0; i < DOCTOR_PORTS; i++) {
		const struct doctor_port *p = &h->ports[i];

		if (!p->is_taken || strcmp(p->owner, "cygnetd") == 0)
			continue;
		all_free = false;
		remedy(found(d, DOCTOR_ERROR, "UDP port %u is taken by %s",
			     p->port, p->owner[0] ? p->owner : "somebody else"),
		       "stop it: ss -lunp sport = :%u", p->port);
	}
	if (all_free)
		found(d, DOCTOR_OK, "nobody else has IKE's UDP ports");
}

static void check_ike(struct doctor *d, const struct doctor_host *h)
{
	if (!d->facts->wants_ike)
		return;
	check_ports(d, h);
	if (h->has_ike_user)
		found(d, DOCTOR_OK, "the user " IKE_USER " is there");
	else
		remedy(found(d, DOCTOR_ERROR,
			     "there is no user " IKE_USER
			     ", as whom IKE is spoken"),
		       "systemd-sysusers");
	if (d->facts->wants_dns && !h->has_helper_user)
		remedy(found(d, DOCTOR_ERROR,
			     "there is no user " HELPER_USER
			     ", as whom DNS is asked for peers"),
		       "systemd-sysusers");
}

static void check_firewall(struct doctor *d, const struct doctor_host *h)
{
	if (d->facts->forward_kernel)
		found(d, DOCTOR_OK,
		      "the kernel forwards what goes through tunnels, and FORWARD rules see it");
	else if (h->forward_rules > 0 || h->forward_is_drop)
		remedy(found(d, DOCTOR_WARNING,
			     "the firewall's FORWARD rules (%d%s) do not see what goes through tunnels between served interfaces",
			     h->forward_rules > 0 ? h->forward_rules : 0,
			     h->forward_is_drop ? ", policy drop" : ""),
		       "say it with policies of cygnet.conf, or write forward = kernel in gateway and exempt tunnels from NAT by gateway.mark; what there is: nft list ruleset, iptables-legacy -S");
	else if (h->forward_rules == 0)
		found(d, DOCTOR_OK, "no FORWARD rule is passed by");
}

static void check_host(struct doctor *d)
{
	const struct doctor_host *h = &d->facts->host;

	d->group = "host";
	check_rights(d, h);
	check_forwarding(d, h);
	check_rp_filter(d, h);
	check_memory(d, h);
	check_ike(d, h);
	check_firewall(d, h);
}

/* --- configuration */

static void check_config(struct doctor *d)
{
	d->group = "configuration";
	if (d->facts->config[0])
		found_error(d, DOCTOR_ERROR, d->facts->config);
	else
		found(d, DOCTOR_OK, "%s is sound", d->facts->file);
}

/* --- one interface */

/* false: nothing else is to be said of it. */
static bool check_presence(struct doctor *d, const struct doctor_iface *i)
{
	const struct place *at = &i->place;

	if (i->error)
		remedy(found(d, DOCTOR_ERROR, "%s:%u:%u: interface '%s': %s",
			     at->file, at->line, at->column, i->name,
			     strerror(-i->error)),
		       "name one of those that 'ip link' lists");
	else if (!i->is_ethernet)
		remedy(found(d, DOCTOR_ERROR, "it is not Ethernet"),
		       "name another interface at %s:%u:%u", at->file, at->line,
		       at->column);
	if (i->error || !i->is_ethernet)
		return false;
	if (i->is_up)
		found(d, DOCTOR_OK, "it is up, %s",
		      i->role == IFACE_PROTECTED ? "protected" : "unprotected");
	else
		remedy(found(d, DOCTOR_ERROR, "it is down"),
		       "ip link set %s up", i->name);
	if (i->role == IFACE_PROTECTED && !i->is_forwarding)
		remedy(found(d, DOCTOR_ERROR, "IPv4 forwarding is off for it"),
		       "sysctl -w net/ipv4/conf/%s/forwarding=1", i->name);
	if (i->role == IFACE_PROTECTED && i->lacks_v6)
		remedy(found(d, DOCTOR_ERROR, "IPv6 forwarding is off for it"),
		       "sysctl -w net/ipv6/conf/%s/forwarding=1", i->name);
	return true;
}

static void check_attached(struct doctor *d, const struct doctor_iface *i)
{
	if (!d->facts->host.daemon_runs)
		remedy(found(d, DOCTOR_WARNING,
			     "closed by an earlier start, or by a lock, until cygnetd runs"),
		       "start it, or open with: cygnetd --release");
	if (i->is_native)
		found(d, DOCTOR_OK, "our programs run, XDP in the driver %s",
		      i->ethtool.driver);
	else
		remedy(found(d, DOCTOR_WARNING,
			     "our programs run, on generic XDP, which is slow: the driver %s has none of its own",
			     i->ethtool.driver),
		       "use a NIC whose driver has XDP");
}

/* Before a start it is known from Linux 6.3 on. */
static void check_driver(struct doctor *d, const struct doctor_iface *i)
{
	if (i->xdp_features < 0)
		found(d, DOCTOR_NOTE,
		      "whether the driver %s has XDP of its own is seen when cygnetd runs",
		      i->ethtool.driver);
	else if ((i->xdp_features & XDP_ACT_NATIVE) != XDP_ACT_NATIVE)
		remedy(found(d, DOCTOR_WARNING,
			     "the driver %s has no XDP of its own: generic XDP will do, slowly",
			     i->ethtool.driver),
		       "use a NIC whose driver has XDP");
	else
		found(d, DOCTOR_OK, "the driver %s has XDP, and AF_XDP %s",
		      i->ethtool.driver,
		      i->xdp_features & XDP_ACT_ZERO_COPY
			      ? "without copies"
			      : "by one copy a packet");
}

/* What runs before ours takes away what it likes. */
static void check_others(struct doctor *d, const struct doctor_iface *i)
{
	if (i->is_seated && !i->n_others)
		found(d, DOCTOR_OK, "alone in libxdp's dispatcher");
	for (size_t k = 0; k < i->n_others; k++) {
		const struct seat_other *o = &i->others[k];

		if (i->is_seated && o->is_before)
			remedy(found(d, DOCTOR_WARNING,
				     "the XDP program '%s' (priority %u) runs before ours: what it takes or redirects no policy is asked about",
				     o->name, o->priority),
			       "give gateway.xdp_priority a lower number, and start anew after cygnetd --release");
		else
			found(d, DOCTOR_OK,
			      "in libxdp's dispatcher with the XDP program '%s' (priority %u)",
			      o->name, o->priority);
	}
}

static void check_xdp(struct doctor *d, const struct doctor_iface *i)
{
	if (i->slot == XDP_SLOT_FOREIGN)
		found_error(d, DOCTOR_ERROR, i->slot_why);
	else if (i->slot == XDP_SLOT_OURS)
		check_attached(d, i);
	else if (i->slot == XDP_SLOT_FREE && d->facts->host.daemon_runs)
		remedy(found(d, DOCTOR_WARNING,
			     "cygnetd runs, and our XDP program is not here: somebody took it off, or the file is newer"),
		       "restart cygnetd");
	else
		check_driver(d, i);
	check_others(d, i);
	if (i->role == IFACE_UNPROTECTED && i->tcx > 0)
		remedy(found(d, DOCTOR_WARNING,
			     "%d TCX programs of somebody else run before the guard and may let out what it would take",
			     i->tcx),
		       "take them off: bpftool net show dev %s", i->name);
}

static void check_offloads(struct doctor *d, const struct doctor_iface *i)
{
	bool any = false;

	for (int k = 0; k < OFFLOAD_MAX; k++) {
		const enum ethtool_offload offload = (enum ethtool_offload)k;
		const char *name = ethtool_offload_name(offload);

		if (i->ethtool.offloads[k] != 1)
			continue;
		any = true;
		remedy(found(d, DOCTOR_WARNING, "%s %s", name,
			     ethtool_offload_hides(offload)),
		       "ethtool -K %s %s off", i->name, name);
	}
	if (!any)
		found(d, DOCTOR_OK, "no offload hides what arrives");
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* Where nobody says how many workers there are to be, the interface with the
 * fewest channels does. */
static bool limits_workers(const struct doctor *d, const struct doctor_iface *i)
{
	const struct doctor_facts *f = d->facts;

	for (size_t k = 0; k < f->n_ifaces; k++)
		if (!f->ifaces[k].error && f->ifaces[k].queues < i->queues)
			return false;
	return !f->workers && i->queues < f->host.cpus &&
	       i->queues < i->ethtool.channels_max;
}

/* cygnetd itself gives a worker its channel where the driver can. */
static void check_channels(struct doctor *d, const struct doctor_iface *i)
{
	uint32_t most = larger(i->queues, i->ethtool.channels_max);

	if (i->queues > QUEUE_MAX)
		remedy(found(d, DOCTOR_ERROR,
			     "it has %u channels, at most %d are served",
			     i->queues, QUEUE_MAX),
		       "ethtool -L %s combined %d", i->name, QUEUE_MAX);
	else if (most < d->facts->workers)
		remedy(found(d, DOCTOR_WARNING,
			     "it has no more than %u channels for %u workers: the others' packets are handed over, at a cost",
			     most, d->facts->workers),
		       "set gateway.workers to %u", most);
	else if (limits_workers(d, i))
		remedy(found(d, DOCTOR_NOTE,
			     "it has %u channels, hence there are as many workers, on %u CPUs",
			     i->queues, d->facts->host.cpus),
		       "ethtool -L %s combined N, with N up to %u", i->name,
		       i->ethtool.channels_max);
	else
		found(d, DOCTOR_OK, "channels: %u", i->queues);
}

static void check_mtu(struct doctor *d, const struct doctor_iface *i)
{
	if (i->mtu > FRAME_MTU)
		remedy(found(d, DOCTOR_WARNING,
			     "MTU %u: packets above %u octets do not fit a frame and are dropped",
			     i->mtu, FRAME_MTU),
		       "ip link set %s mtu 1500", i->name);
	else
		found(d, DOCTOR_OK, "MTU %u", i->mtu);
}

static void check_master(struct doctor *d, const struct doctor_iface *i)
{
	if (i->master[0])
		remedy(found(d, DOCTOR_WARNING,
			     "it is a port of %s, which does not get what is protected",
			     i->master),
		       "ip link set %s nomaster", i->name);
}

static void check_iface(struct doctor *d, const struct doctor_iface *i)
{
	d->group = i->name;
	if (!check_presence(d, i))
		return;
	check_xdp(d, i);
	check_offloads(d, i);
	check_channels(d, i);
	check_mtu(d, i);
	check_master(d, i);
}

void doctor_check(const struct doctor_facts *facts, struct doctor_report *out)
{
	struct doctor d = { .facts = facts, .report = out };

	check_kernel(&d);
	check_host(&d);
	check_config(&d);
	for (size_t i = 0; i < facts->n_ifaces; i++)
		check_iface(&d, &facts->ifaces[i]);
}

int doctor_exit_code(const struct doctor_report *r)
{
	if (r->counts[DOCTOR_ERROR])
		return 2;
	return r->counts[DOCTOR_WARNING] ? 1 : 0;
}
