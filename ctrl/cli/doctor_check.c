// SPDX-License-Identifier: BSD-2-Clause
/*
 * What facts mean: each check reads one of them, and says what is wrong and
 * what to do, or that it is as it should be.
 */
#include "ctrl/cli/doctor_found.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "ctrl/dp/hostif.h"
#include "ctrl/dp/port_xsk.h"
#include "ctrl/dp/programs.h"
#include "ctrl/dp/umem.h"
#include "ctrl/model/stream.h"
#include "include/ike.h"

#define KERNEL_FLOOR KERNEL_VERSION_OF(KERNEL_MAJOR, KERNEL_MINOR)

struct finding *doctor_found(struct doctor *d, enum doctor_level level,
			     const char *fmt, ...)
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

void doctor_remedy(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->remedy, sizeof(f->remedy), fmt, ap);
	va_end(ap);
}

void doctor_found_error(struct doctor *d, enum doctor_level level,
			const char *text)
{
	const char *semicolon = strstr(text, "; ");
	struct finding *f;

	f = doctor_found(d, level, "%.*s",
			 semicolon ? (int)(semicolon - text) : (int)strlen(text),
			 text);
	if (semicolon)
		doctor_remedy(f, "%s", semicolon + 2);
}

/* --- kernel */

static void check_version(struct doctor *d, const struct doctor_kernel *k)
{
	if (k->version < KERNEL_FLOOR)
		doctor_remedy(
			doctor_found(d, DOCTOR_ERROR,
				     "Linux %s lacks what the programs need",
				     k->release),
			"boot Linux %d.%d or newer, which Debian 12 has",
			KERNEL_MAJOR, KERNEL_MINOR);
	else
		doctor_found(d, DOCTOR_OK, "Linux %s", k->release);
}

static void check_programs(struct doctor *d, const struct doctor_kernel *k)
{
	if (k->version < KERNEL_FLOOR)
		return; /* that is why */
	if (k->programs_load == 0)
		doctor_found_error(d, DOCTOR_ERROR, k->programs);
	else if (k->programs_load > 0)
		doctor_found(d, DOCTOR_OK, "the BPF programs load");
}

static void check_nat(struct doctor *d, const struct doctor_kernel *k)
{
	if (k->sees_nat > 0)
		doctor_found(d, DOCTOR_OK,
			     "the guard knows what packets were before NAT");
	else if (k->sees_nat == 0)
		doctor_remedy(
			doctor_found(
				d, DOCTOR_WARNING,
				"the guard does not know what packets were before NAT: the kernel does not tell where it tracks connections"),
			"boot one with CONFIG_DEBUG_INFO_BTF=y, not locked down for confidentiality; till then exempt far networks from NAT by their addresses");
}

static void check_devices(struct doctor *d, const struct doctor_kernel *k)
{
	if (!k->has_tun)
		doctor_remedy(
			doctor_found(d, DOCTOR_ERROR,
				     "there is no /dev/net/tun to make " HOSTIF_NAME
				     " of"),
			"modprobe tun");
	if (!k->has_xsk)
		doctor_remedy(doctor_found(d, DOCTOR_ERROR,
					   "the kernel has no AF_XDP"),
			      "boot a kernel with CONFIG_XDP_SOCKETS=y");
	if (k->has_tun && k->has_xsk)
		doctor_found(d, DOCTOR_OK, "AF_XDP and /dev/net/tun are there");
	if (!d->facts->joins)
		doctor_found(
			d, DOCTOR_OK,
			k->has_bpffs
				? "a BPF file system is there, and not needed"
				: "there is no BPF file system, nor is one needed");
}

static void check_jit(struct doctor *d, const struct doctor_kernel *k)
{
	if (k->jit == 0)
		doctor_remedy(
			doctor_found(
				d, DOCTOR_WARNING,
				"the BPF JIT is off: programs are interpreted, several times as slow"),
			"sysctl -w net.core.bpf_jit_enable=1");
	else if (k->jit > 0)
		doctor_found(d, DOCTOR_OK, "the BPF JIT is on");
	if (k->jit_harden == 2)
		doctor_remedy(
			doctor_found(
				d, DOCTOR_WARNING,
				"the BPF JIT hides constants of root's programs too: they are slower"),
			"sysctl -w net.core.bpf_jit_harden=1");
	if (k->unprivileged_bpf == 0)
		doctor_remedy(
			doctor_found(
				d, DOCTOR_WARNING,
				"every user may load BPF programs, which opens ways for Spectre"),
			"sysctl -w kernel.unprivileged_bpf_disabled=2");
}

static void check_spectre(struct doctor *d, const struct doctor_kernel *k)
{
	int first = (int)strcspn(k->spectre, ";"); /* the rest is details */

	if (strncmp(k->spectre, "Vulnerable", 10) == 0)
		doctor_remedy(
			doctor_found(
				d, DOCTOR_WARNING,
				"Spectre v2: %s: other processes may read keys",
				k->spectre),
			"boot without mitigations=off and nospectre_v2, with the CPU's newest microcode");
	else if (strstr(k->spectre, "Retpoline"))
		doctor_found(
			d, DOCTOR_NOTE,
			"Spectre v2: %.*s, which slow the kernel's part of each packet",
			first, k->spectre);
	else if (k->spectre[0])
		doctor_found(d, DOCTOR_OK, "Spectre v2: %.*s", first,
			     k->spectre);
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
		doctor_remedy(
			doctor_found(
				d, DOCTOR_WARNING,
				"without root, programs, rules and owners of ports are not looked at"),
			"sudo cygnet doctor");
	doctor_found(d, DOCTOR_OK,
		     h->daemon_runs ? "cygnetd runs" : "cygnetd does not run");
}

static void check_forwarding(struct doctor *d, const struct doctor_host *h)
{
	if (!h->forwarding)
		doctor_remedy(
			doctor_found(
				d, DOCTOR_ERROR,
				"IPv4 forwarding is off, a gateway needs it"),
			"sysctl -w net.ipv4.ip_forward=1");
	else
		doctor_found(d, DOCTOR_OK, "IPv4 forwarding is on");
	if (h->lacks_v6)
		doctor_remedy(
			doctor_found(
				d, DOCTOR_ERROR,
				"IPv6 forwarding is off, and there are policies that protect IPv6"),
			"sysctl -w net.ipv6.conf.all.forwarding=1");
}

/* Loose is what dp sets; 0 asks nothing. */
static void check_rp_filter(struct doctor *d, const struct doctor_host *h)
{
	if (h->rp_filter == 1)
		doctor_remedy(
			doctor_found(
				d, DOCTOR_ERROR,
				"rp_filter of " HOSTIF_NAME
				" is strict: decrypted packets for this host are dropped"),
			"sysctl -w net.ipv4.conf." HOSTIF_NAME ".rp_filter=2");
	else
		doctor_found(d, DOCTOR_OK, "rp_filter is no obstacle");
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
		doctor_found(d, DOCTOR_OK, "locked memory is not limited");
	else
		doctor_remedy(
			doctor_found(
				d, DOCTOR_ERROR,
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
		doctor_remedy(
			doctor_found(d, DOCTOR_ERROR,
				     "UDP port %u is taken by %s", p->port,
				     p->owner[0] ? p->owner : "somebody else"),
			"stop it: ss -lunp sport = :%u", p->port);
	}
	if (all_free)
		doctor_found(d, DOCTOR_OK, "nobody else has IKE's UDP ports");
}

static void check_tcp(struct doctor *d, const struct doctor_host *h)
{
	if (d->facts->wants_tcp && !h->has_stream_user)
		doctor_remedy(doctor_found(d, DOCTOR_ERROR,
					   "there is no user " STREAM_USER
					   ", as whom TCP is read"),
			      "systemd-sysusers");
}

static void check_ike(struct doctor *d, const struct doctor_host *h)
{
	if (!d->facts->wants_ike)
		return;
	check_ports(d, h);
	if (h->has_ike_user)
		doctor_found(d, DOCTOR_OK, "the user " IKE_USER " is there");
	else
		doctor_remedy(doctor_found(d, DOCTOR_ERROR,
					   "there is no user " IKE_USER
					   ", as whom IKE is spoken"),
			      "systemd-sysusers");
	if (d->facts->wants_dns && !h->has_helper_user)
		doctor_remedy(doctor_found(d, DOCTOR_ERROR,
					   "there is no user " HELPER_USER
					   ", as whom DNS is asked for peers"),
			      "systemd-sysusers");
}

static void check_firewall(struct doctor *d, const struct doctor_host *h)
{
	if (d->facts->forward_kernel)
		doctor_found(
			d, DOCTOR_OK,
			"the kernel forwards what goes through tunnels, and FORWARD rules see it");
	else if (h->forward_rules > 0 || h->forward_is_drop)
		doctor_remedy(
			doctor_found(
				d, DOCTOR_WARNING,
				"the firewall's FORWARD rules (%d%s) do not see what goes through tunnels between served interfaces",
				h->forward_rules > 0 ? h->forward_rules : 0,
				h->forward_is_drop ? ", policy drop" : ""),
			"say it with policies of cygnet.conf, or write forward = kernel in gateway and exempt tunnels from NAT by gateway.mark; what there is: nft list ruleset, iptables-legacy -S");
	else if (h->forward_rules == 0)
		doctor_found(d, DOCTOR_OK, "no FORWARD rule is passed by");
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
	check_tcp(d, h);
	check_firewall(d, h);
}

/* --- configuration */

static void check_config(struct doctor *d)
{
	d->group = "configuration";
	if (d->facts->config[0])
		doctor_found_error(d, DOCTOR_ERROR, d->facts->config);
	else
		doctor_found(d, DOCTOR_OK, "%s is sound", d->facts->file);
}

void doctor_check(const struct doctor_facts *facts, struct doctor_report *out)
{
	struct doctor d = { .facts = facts, .report = out };

	check_kernel(&d);
	check_host(&d);
	check_config(&d);
	for (size_t i = 0; i < facts->n_ifaces; i++)
		doctor_check_iface(&d, &facts->ifaces[i]);
}

int doctor_exit_code(const struct doctor_report *r)
{
	if (r->counts[DOCTOR_ERROR])
		return 2;
	return r->counts[DOCTOR_WARNING] ? 1 : 0;
}
