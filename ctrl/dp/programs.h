/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The BPF programs and their maps, once loaded: the only way by which
 * userspace writes what BPF reads. Control thread; counters through the
 * mapping belong to the worker.
 */
#ifndef CYG_DP_PROGRAMS_H
#define CYG_DP_PROGRAMS_H

#include "ctrl/base/addr.h"
#include "ctrl/base/error.h"
#include "ctrl/dp/iface.h"
#include "ctrl/model/status.h"
#include "ctrl/sadb/classify.h"
#include "include/conntrack.h"
#include "include/meta.h"
#include "include/own.h"
#include "include/sad.h"
#include "include/spd.h"

/* From this Linux on all is there that is not probed. */
#define KERNEL_MAJOR 6
#define KERNEL_MINOR 1

struct cygnet_bpf; /* generated: the object, see dry.c */
struct programs;

struct programs_spec {
	uint32_t magic;
	uint64_t head_token;
	/* Somewhere it sits in a seat: there the dispatcher says whether frames come
	 * in pieces, and elsewhere none do. */
	bool seated;
	bool no_meta; /* as if no driver took metadata; for tests */
	bool chains;  /* AF_XDP takes frames in several pieces, see chain.h */
	uint32_t host_ifindex;
	bool host_udp_gso;   /* see struct hostif */
	bool forward_kernel; /* gateway.forward */
	uint32_t tag_mark;   /* gateway.mark */
	enum spd_action default_action;
	struct conntrack_layout conntrack; /* all 0: NAT is not seen through */
	uint32_t sas;			   /* at once; 0: SAS_DEFAULT */
	int earlier_fd; /* a program of an earlier start, whose counters
				go on; 0: none */
};

/* What libbpf and libxdp say goes to the log, for whoever looks for a cause. Once. */
void programs_log_libbpf(void);

/* 0, or negative with e filled: -EPERM without the privileges, -ENOSYS on a
 * kernel that is too old. */
int programs_load(const struct programs_spec *spec, struct programs **out,
		  struct error *e);

/* What is attached stays attached and keeps its maps. NULL is fine. */
void programs_free(struct programs *p);

/* Borrowed; for another instance of the same. */
const struct cygnet_bpf *programs_skeleton(const struct programs *p);

/* Of the map `audits`. */
int programs_audits_fd(const struct programs *p);

int programs_xdp_fd(const struct programs *p);
int programs_closed_fd(const struct programs *p);
int programs_guard_fd(const struct programs *p);
int programs_tag_fd(const struct programs *p);
int programs_tunnel_fd(const struct programs *p);

/* The setters return 0 or a negative errno. */
int programs_set_policies(struct programs *p, const struct spd_image *list);
int programs_bind(struct programs *p, uint32_t policy_id, struct sa_ref sa);
int programs_add_inbound(struct programs *p, const struct sad_key *key,
			 struct sa_ref sa);
int programs_del_inbound(struct programs *p, const struct sad_key *key);
/* By which it is known whose packet an ICMP error quotes. */
int programs_add_outbound(struct programs *p, const struct sad_key *key,
			  struct sa_ref sa);
int programs_del_outbound(struct programs *p, const struct sad_key *key);
int programs_add_iface(struct programs *p, const struct iface_key *key,
		       const struct iface_info *info);

/*
 * An interface that is served from now on, or no longer: a VLAN by the device
 * and the tags with which its frames arrive, and all by their own index.
 *
 * slot   of the device's queues: row of the map xsks
 */
int programs_serve(struct programs *p, const struct iface *iface,
		   enum iface_role role, uint32_t slot);
void programs_unserve(struct programs *p, const struct iface *iface);

/*
 * Another station on the link of an interface, by which the kernel says that the
 * link's packets came in: outside as well. It is not served by itself. below
 * NULL: it is gone.
 */
int programs_set_station(struct programs *p, uint32_t ifindex,
			 const struct iface *below);

/* A tunnel interface: what a route leads there is its tunnel's, and what comes out of
 * that comes in there. */
int programs_set_tunnel(struct programs *p, uint32_t if_id, uint16_t number,
			const struct iface *iface);
void programs_unset_tunnel(struct programs *p, uint32_t if_id, uint32_t ifindex);

int programs_set_socket(struct programs *p, uint32_t slot, uint32_t queue,
			int fd);
int programs_clear_socket(struct programs *p, uint32_t slot, uint32_t queue);

/* These offloads of a device (see ethtool.h) are off because of us; forgotten
 * when it is gone. What an earlier start said of it stays. */
int programs_keep_off(struct programs *p, uint32_t ifindex, uint32_t offloads);
void programs_forget_off(struct programs *p, uint32_t ifindex);

/* See include/own.h; the second takes back, and what is not there is fine. */
int programs_let_out(struct programs *p, uint64_t cookie, enum own_reach reach);
void programs_keep_in(struct programs *p, uint64_t cookie);
int programs_add_flow(struct programs *p, const struct own_flow *f);
void programs_del_flow(struct programs *p, const struct own_flow *f);

/* The same for TCP; what a socket accepts is let out as it is, for as long as there
 * is a socket. */
int programs_let_stream_out(struct programs *p, int fd);
int programs_add_stream(struct programs *p, const struct own_flow *f);
void programs_del_stream(struct programs *p, const struct own_flow *f);
void programs_del_streams(struct programs *p); /* all of them */

int programs_add_local(struct programs *p, const struct addr *a,
		       enum local_kind kind);
int programs_del_local(struct programs *p, const struct addr *a);

/*
 * The kernel's routes, rules, links or addresses are others: what the programs know
 * of them is asked anew. Interfaces and addresses that are set here are new by
 * themselves.
 */
void programs_fib_changed(struct programs *p);

/*
 * Returns after a grace period of the kernel: no run of a program that began
 * before goes on. Takes milliseconds. Any thread.
 */
void programs_grace(const struct programs *p);

/* Mapped from the maps of the worker's counters; borrowed. */
struct counter *programs_worker_drops(const struct programs *p,
				      uint32_t worker); /* [DROP_MAX] */
struct counter *programs_worker_passes(const struct programs *p,
				       uint32_t worker); /* [PASS_MAX] */

/* Added up over all workers, to what is in out. */
void programs_worker_counters(const struct programs *p, struct counters *out);

/* Adds BPF's and the worker's counts to out. */
void programs_counters(const struct programs *p, struct counters *out);

/* Names and ids, for bpftool; how many, at most max. */
size_t programs_maps(const struct programs *p, struct map_status *out,
		     size_t max);

#endif
