/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Every map of the data path, and what the loader fixes at load time. No map
 * ever holds a key: SPIs, selectors, ids and counters alone.
 */
#ifndef CYG_BPF_MAPS_H
#define CYG_BPF_MAPS_H

#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "include/audit.h"
#include "include/conntrack.h"
#include "include/drop.h"
#include "include/dry.h"
#include "include/flow_cache.h"
#include "include/fragment.h"
#include "include/limits.h"
#include "include/meta.h"
#include "include/own.h"
#include "include/pass.h"
#include "include/sad.h"
#include "include/spd.h"
#include "include/tunnel.h"

/* As numbers, since __uint() takes no enum. */
#define BPF_F_LAZY (1U << 0)  /* BPF_F_NO_PREALLOC */
#define BPF_F_MMAP (1U << 10) /* BPF_F_MMAPABLE */

/* Set by the loader before load. */
const volatile __u32 magic;	     /* random, differs at each start */
const volatile __u64 head_token;     /* likewise, see struct head_meta */
const volatile bool no_meta;	     /* as if no driver took any; for tests */
const volatile __u32 steer_max;	     /* octets of a frame that AF_XDP takes */
const volatile __u32 host_ifindex;   /* of the host interface */
const volatile __u32 host_udp_gso;   /* it takes large UDP packets whole */
const volatile __u32 forward_kernel; /* gateway.forward = kernel */
const volatile __u32 tag_mark; /* gateway.mark: of what is to be protected */
const volatile __u32 default_action; /* SPD_BYPASS or SPD_DISCARD */
const volatile struct conntrack_layout conntrack;
const volatile __u32 sad_slots_mask; /* how many there are, less 1 */
/* Nothing is counted or remembered: what is decided stands in `dry_note` alone. */
const volatile bool dry;

/* Of whatever says whose a packet is: another one when the kernel's routes, rules,
 * links or addresses change, and when our maps of them do. Written by dp through a
 * mapping; never 0. */
volatile __u32 fib_gen = 1;

/* How many tunnel interfaces there are. Written by dp through a mapping. */
volatile __u32 n_tunnels SEC(".data") = 0;

/*
 * Nobody writes it, which the verifier does not know. A value that it knows on each of
 * several ways is one that it does not know once this was or'ed to it, on all of them:
 * so it judges what follows once, and not for each.
 */
volatile __u32 always_zero SEC(".data") = 0;

/* One whole policy list (include/spd.h). This one is all zeros: no list, and no
 * packet has a verdict by it. */
struct spd_list_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, SPD_LIST_FLAGS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct spd_block);
} spd_list SEC(".maps");

/* Key 0: the list in force; dp puts whole lists in, so that a packet sees the
 * old one or the new one. At start `spd_list`. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct spd_list_map);
} spd SEC(".maps") = { .values = { [0] = &spd_list } };

/* Key: of a flow's hash. Written and read by the programs alone. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FLOW_SETS);
	__type(key, __u32);
	__type(value, struct flow_set);
} flow_cache SEC(".maps");

/* Key: policy id. Value: the outbound SA in use, gen 0: none. Written by dp. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SPD_MAX);
	__type(key, __u32);
	__type(value, struct sa_ref);
} bindings SEC(".maps");

/* All inbound SAs. Written by dp when one is armed or removed. An entry takes
 * memory from when it is made: all of them beforehand would be 100 MB. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_LAZY);
	__uint(max_entries, SAS_DEFAULT); /* gateway.sas */
	__type(key, struct sad_key);
	__type(value, struct sa_ref);
} sad SEC(".maps");

/* Key: SPI, its low bits. Most of the map `sad`, found by one read of memory.
 * Written by dp, through a mapping. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAP);
	__uint(max_entries, SAS_DEFAULT); /* sad_slots_for(gateway.sas) */
	__type(key, __u32);
	__type(value, struct sad_slot);
} sad_slots SEC(".maps");

/* All outbound SAs, by where they go to: ICMP errors about their packets are known
 * for ours by it. Written by dp when one is made or removed. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_LAZY);
	__uint(max_entries, SAS_DEFAULT); /* gateway.sas */
	__type(key, struct sad_key);
	__type(value, struct sa_ref);
} sad_out SEC(".maps");

enum token_kind {
	TOKEN_ICMP,	/* errors that a packet of ours was too big */
	TOKEN_FRAGMENT, /* later ones that came before their first one */
	TOKEN_MAX
};

/* Key: enum token_kind. Value: CLOCK_MONOTONIC, when the CPU's tokens will be all
 * there again. Written and read by the programs alone. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TOKEN_MAX);
	__type(key, __u32);
	__type(value, __u64);
} tokens SEC(".maps");

/* Addresses of this host, by netlink. Value: enum local_kind. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ADDR_MAX);
	__type(key, struct addr);
	__type(value, __u32);
} local_addrs SEC(".maps");

/* Interfaces that we serve, VLANs in both of their forms, and further stations on
 * the links of unprotected ones (macvlan); tunnel interfaces. Written by dp. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2 * IFACE_MAX + STATIONS_MAX + TUNNELS_MAX);
	__type(key, struct iface_key);
	__type(value, struct iface_info);
} ifaces SEC(".maps");

/* Key: if_id. Written by dp. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TUNNELS_MAX);
	__type(key, __u32);
	__type(value, struct tunnel_place);
} tunnels SEC(".maps");

/* AF_XDP sockets; key: slot * QUEUE_MAX + queue. Empty slot: XDP_DROP. */
struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, IFACE_MAX *QUEUE_MAX);
	__type(key, __u32);
	__type(value, __u32);
} xsks SEC(".maps");

/* Whose fragments are, of packets for this host, and of ICMP that leaves it. Written
 * and read by the programs alone. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FRAGMENTS_MAX);
	__type(key, struct fragment_key);
	__type(value, struct fragment_verdict);
} fragments SEC(".maps");

/* Cookies of sockets that the guard lets out. Value: enum own_reach. Written by dp,
 * which has the sockets. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCK_MAX);
	__type(key, __u64);
	__type(value, __u32);
} own_sockets SEC(".maps");

/* What those of OWN_FLOW send and hear. Written by dp. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCK_MAX);
	__type(key, struct own_flow);
	__type(value, __u32);
} own_flows SEC(".maps");

/* TCP sockets that the guard lets out: those that listen, with all that they accept,
 * and those that connect. Value: enum own_reach. Written by dp, which is given the
 * sockets. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, __u32);
} own_streams SEC(".maps");

/* What those hear: whole connections, or a port and zeros. Written by dp. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, OWN_STREAMS_MAX);
	__type(key, struct own_flow);
	__type(value, __u32);
} stream_flows SEC(".maps");

/* Key: enum drop_reason. Written by the programs, read by dp. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DROP_MAX);
	__type(key, __u32);
	__type(value, struct counter);
} drops SEC(".maps");

/* Key: enum pass_reason. Written by the programs, read by dp. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PASS_MAX);
	__type(key, __u32);
	__type(value, struct counter);
} passes SEC(".maps");

/* Key 0: of the one packet of a dry run. Written by the programs, read by dp; other
 * instances do without it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct dry_note);
} dry_note SEC(".maps");

/* Written by the programs, read by dp: what is for the audit log. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, AUDIT_RING_BYTES);
} audits SEC(".maps");

/* Key: enum drop_reason. Written and read by the programs alone. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DROP_MAX);
	__type(key, __u32);
	__type(value, struct audit_limit);
} audit_limits SEC(".maps");

/*
 * Key: ifindex. Value: offloads (enum ethtool_offload as bits) that dp turned
 * off, to be on again when the programs are taken off. It lives as long as
 * they do, and goes from one start to the next. Read by no program.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4 * IFACE_MAX);
	__type(key, __u32);
	__type(value, __u32);
} cyg_offloads SEC(".maps");

/*
 * Key 0: what the layout of these maps comes down to, as one number (see
 * programs.c). By it a later start knows programs for ours, and whether it may
 * count on in their maps. Bound to the programs, read by none.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} cyg_layout SEC(".maps");

/*
 * The same two for the workers, a row each, which they write through a mapping;
 * in maps so that the counts outlive the process that made them.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAP);
	__uint(max_entries, WORKERS_MAX *COUNTER_ROW(DROP_MAX));
	__type(key, __u32);
	__type(value, struct counter);
} worker_drops SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAP);
	__uint(max_entries, WORKERS_MAX *COUNTER_ROW(PASS_MAX));
	__type(key, __u32);
	__type(value, struct counter);
} worker_passes SEC(".maps");

#endif
