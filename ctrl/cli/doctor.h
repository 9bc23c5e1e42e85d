/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `cygnet doctor`: facts about a machine, and what they mean for Cygnet. The
 * facts are read by doctor_facts.c and doctor_*.c beside it; what follows from
 * them is doctor_check.c's, which reads nothing else.
 */
#ifndef CYG_CLI_DOCTOR_H
#define CYG_CLI_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ctrl/base/error.h"
#include "ctrl/cli/arguments.h"
#include "ctrl/dp/ethtool.h"
#include "ctrl/dp/seat.h"
#include "ctrl/model/config.h"

#define DOCTOR_TEXT_MAX	    512
#define DOCTOR_FINDINGS_MAX 320

/* A number that could not be read. */
#define UNKNOWN (-1)

#define KERNEL_VERSION_OF(major, minor) ((uint32_t)(major) << 16 | (minor))

struct doctor_kernel {
	uint32_t version; /* KERNEL_VERSION_OF() */
	char release[65];
	char programs[ERROR_MAX_BYTES]; /* why ours do not load */
	int programs_load;		/* 1 yes, 0 no, UNKNOWN: not tried */
	int sees_nat;			/* the guard, likewise */
	bool has_tun;			/* /dev/net/tun */
	bool has_xsk;			/* AF_XDP */
	bool has_chains; /* of AF_XDP: frames in several pieces */
	bool has_bpffs;
	int jit;	      /* net.core.bpf_jit_enable, or UNKNOWN */
	int jit_harden;	      /* net.core.bpf_jit_harden, likewise */
	int unprivileged_bpf; /* kernel.unprivileged_bpf_disabled, likewise */
	char spectre[DOCTOR_TEXT_MAX]; /* the kernel's line on Spectre v2 */
};

/* UDP ports of IKE. */
struct doctor_port {
	uint16_t port;
	bool is_taken;
	char owner[17]; /* name of a process; empty: unknown */
};

#define DOCTOR_PORTS 2

struct doctor_host {
	bool is_root;
	bool daemon_runs;
	bool has_ike_user, has_helper_user, has_stream_user;
	uint32_t cpus;
	int forwarding;	      /* of all interfaces: 1, 0 */
	bool lacks_v6;	      /* that of IPv6 is off, and policies need it */
	int rp_filter;	      /* that ipsec0 has in effect; UNKNOWN: none */
	bool may_lock;	      /* CAP_IPC_LOCK can be had: no limit counts */
	uint64_t memlock;     /* bytes; UINT64_MAX: no limit */
	int forward_rules;    /* at the FORWARD hook, or UNKNOWN */
	bool forward_is_drop; /* what no such rule matches */
	struct doctor_port ports[DOCTOR_PORTS];
};

enum doctor_xdp {
	XDP_SLOT_UNKNOWN,
	XDP_SLOT_FREE,
	XDP_SLOT_OURS,
	XDP_SLOT_FOREIGN, /* or the guard's is */
};

struct doctor_iface {
	char name[IF_NAMESIZE];
	enum iface_role role;
	struct place place;
	int error; /* 0, or why nothing else is known: -ENODEV */
	bool is_up;
	bool is_ethernet;
	bool is_forwarding;
	bool lacks_v6; /* likewise */
	uint32_t mtu;
	uint32_t queues;
	struct ethtool ethtool;
	enum doctor_xdp slot;
	bool is_native;				   /* XDP_SLOT_OURS */
	bool is_seated;				   /* in libxdp's dispatcher */
	struct seat_other others[SEAT_OTHERS_MAX]; /* who is there as well */
	size_t n_others;
	char slot_why[ERROR_MAX_BYTES]; /* XDP_SLOT_FOREIGN */
	int64_t xdp_features;		/* enum netdev_xdp_act, or UNKNOWN */
	int tcx;			/* programs at egress, or UNKNOWN */
	char master[IF_NAMESIZE];	/* bridge or bond; empty: none */
};

struct doctor_facts {
	struct doctor_kernel kernel;
	struct doctor_host host;
	const char *file;	      /* borrowed */
	char config[ERROR_MAX_BYTES]; /* why it is none; empty: it is one */
	bool wants_ike;		      /* it has connections */
	bool wants_dns;		      /* peers of them have names */
	bool wants_tcp;	     /* IKE and ESP in TCP, at a port or of one */
	bool forward_kernel; /* gateway.forward */
	bool joins;	     /* gateway.xdp = dispatcher */
	uint32_t workers;    /* gateway.workers; 0: not said */
	struct doctor_iface ifaces[IFACE_MAX];
	size_t n_ifaces; /* of the configuration */
};

enum doctor_level {
	DOCTOR_OK,
	DOCTOR_NOTE, /* nothing has to be done */
	DOCTOR_WARNING,
	DOCTOR_ERROR, /* cygnetd does not start, or no packet passes */
	DOCTOR_LEVELS
};

struct finding {
	const char *group; /* a literal, or of the facts */
	enum doctor_level level;
	char what[DOCTOR_TEXT_MAX];
	char remedy[DOCTOR_TEXT_MAX]; /* empty: nothing to do */
};

struct doctor_report {
	struct finding at[DOCTOR_FINDINGS_MAX];
	size_t n;
	size_t counts[DOCTOR_LEVELS];
};

/* Everything that the facts say, group by group. out is zeroed. */
void doctor_check(const struct doctor_facts *facts, struct doctor_report *out);

/*
 * Reads all facts; the configuration's are those of the file. Without root some
 * stay unknown. It changes nothing.
 *
 * config   handed over: config_free(), after the last use of out; NULL: none
 */
void doctor_read(const char *file, struct doctor_facts *out,
		 struct config **config);

/* 0: nothing to do, 1: warnings, 2: errors. */
int doctor_exit_code(const struct doctor_report *r);

/* A line for each finding below the name of its group; or all as JSON. */
void doctor_print(const struct doctor_report *r, FILE *out);
void doctor_print_json(const struct doctor_report *r, FILE *out);

/* The command; its exit code. */
int doctor_run(const struct arguments *args, FILE *out);

#endif
