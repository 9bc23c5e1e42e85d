/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gateway under test, in a network namespace of its own: interfaces and
 * routes that the programs' lookups see, AF_XDP sockets so that a redirect has
 * a target, and the programs themselves, loaded once for each instance with
 * everything that table.h tells of. No program is attached.
 *
 * A step that fails prints why and gives false.
 */
#ifndef CYG_TESTS_BPF_FIXTURE_H
#define CYG_TESTS_BPF_FIXTURE_H

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctrl/dp/conntrack.h"
#include "ctrl/dp/port_xsk.h"
#include "ctrl/dp/programs.h"
#include "tests/bpf/table.h"
#include "tests/support/any_suite.h"

#define FIXTURE_MAGIC 0xa1b2c300U /* plus the instance */
#define FIXTURE_TOKEN 0x1122334455667788ULL

/* Rows of the socket map, the first of which stays empty. prot has one queue
 * more than a row has room for, and unprot's row is the next. */
#define SLOT_PROT   2
#define SLOT_UNPROT 3
#define SLOT_NONE   4

struct fixture {
	struct programs *programs[GW_MAX];
	uint32_t sas[GW_MAX]; /* 0: SAS_DEFAULT */
	struct conntrack_layout conntrack;
	struct umem umem;
	struct port *prot;
	struct port *unprot;
};

struct policy_spec {
	enum policy_id id;
	const char *local;
	const char *remote;
	uint8_t protocol;
	enum spd_action action;
};

static const struct policy_spec fixture_policies[] = {
	{ POLICY_TUNNEL, "0.0.0.0/0", "0.0.0.0/0", 0, SPD_PROTECT },
	{ POLICY_NARROW, "10.1.0.0/24", "10.43.0.0/24", 0, SPD_PROTECT },
	{ POLICY_DISCARD, "10.1.0.0/24", "10.2.9.0/24", 0, SPD_DISCARD },
	{ POLICY_PROTECT, "10.1.0.0/24", "10.2.0.0/16", 0, SPD_PROTECT },
	{ POLICY_SHADOWED, "10.1.0.0/24", "10.2.0.0/16", 0, SPD_DISCARD },
	{ POLICY_BYPASS, "10.1.0.0/24", "198.51.100.0/24", 0, SPD_BYPASS },
	{ POLICY_TCP, "10.1.0.0/24", "10.3.0.0/24", PROTO_TCP, SPD_PROTECT },
	{ POLICY_NO_SA, "10.1.0.0/24", "10.4.0.0/24", 0, SPD_PROTECT },
	{ POLICY_ON_DEMAND, "10.1.0.0/24", "10.5.0.0/24", 0, SPD_PROTECT },
	{ POLICY_GRE, GATEWAY_OUT "/32", FAR_GATEWAY "/32", PROTO_GRE,
	  SPD_PROTECT },
	{ POLICY_POPULATED, "10.1.0.0/24", "10.6.0.0/24", 0, SPD_PROTECT },
	{ POLICY_OTHER_LAN, "10.1.0.0/24", "10.9.0.0/24", 0, SPD_PROTECT },
	{ POLICY_REDIRECT, GATEWAY_IN "/32", "10.1.0.0/24", PROTO_ICMP,
	  SPD_DISCARD },
	{ POLICY_ROUTER, GATEWAY_OUT "/32", LIAR "/32", PROTO_ICMP, SPD_DISCARD },
	{ POLICY_LATER, "10.1.0.0/24", "10.8.0.0/24", PROTO_UDP, SPD_DISCARD },
	{ POLICY_MH, "2001:db8:1::/64", "2001:db8:8::/64", PROTO_MH,
	  SPD_DISCARD },
	{ POLICY_SIX, "2001:db8:1::/64", "2001:db8:7::/64", 0, SPD_PROTECT },
};

/*
 * Nothing but a test's own packets is ever counted: where IPv6 is on, the
 * interface has no address of it, and unprot is in no group of routers, so that
 * it says nothing by itself.
 */
static const char fixture_links[] =
	"set -e\n"
	"echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6\n"
	"echo 1 >/proc/sys/net/ipv4/ip_forward\n"
	"ip link add prot numrxqueues 65 numtxqueues 65 type veth "
	"peer name prot-peer\n"
	"ip link add unprot numrxqueues 2 numtxqueues 2 type veth "
	"peer name unprot-peer\n"
	"ip link add other type veth peer name other-peer\n"
	"for i in host tun42 tun43; do ip tuntap add $i mode tap; done\n"
	"for i in prot unprot other prot-peer unprot-peer other-peer host tun42 tun43; do\n"
	"	ip link set $i up\n"
	"done\n"
	"ip address add " GATEWAY_IN "/24 dev prot\n"
	"ip address add " GATEWAY_OUT "/24 dev unprot\n"
	"ip address add 10.9.0.1/24 dev other\n"
	"ip route add default via 192.0.2.254\n"
	"ip route add blackhole " FAR_BLACKHOLE "/32\n"
	"ip route add 10.42.0.0/16 dev tun42\n"
	"ip route add " TUNNEL_TOO " dev tun42\n"
	"ip route add 10.43.0.0/16 dev tun43\n"
	"echo 0 >/proc/sys/net/ipv4/conf/unprot-peer/forwarding\n"
	"ip route add default dev other table 77\n"
	"ip route add blackhole " LAN_LOST "\n"
	"ip rule add tos 0x10 lookup 77\n"
	"ip rule add from " LAN_BY_SOURCE " lookup 77\n"
	"ip rule add ipproto 47 lookup 77\n"
	"ip rule add iif other-peer lookup 77\n"
	"echo 1 >/proc/sys/net/ipv6/conf/prot/forwarding\n"
	"echo 1 >/proc/sys/net/ipv6/conf/other-peer/forwarding\n"
	"for i in prot unprot other other-peer unprot-peer; do\n"
	"	ip link set $i addrgenmode none\n"
	"	echo 0 >/proc/sys/net/ipv6/conf/$i/disable_ipv6\n"
	"done\n"
	"ip route add 2001:db8:1::/64 dev prot\n"
	"ip route add 2001:db8:ff::/64 dev unprot\n"
	"ip route add 2001:db8:9::/64 dev other\n"
	"ip -6 route add default via 2001:db8:ff::fe dev unprot\n"
	"ip -6 route add default dev other table 77\n"
	"ip -6 rule add tos 0x10 lookup 77\n"
	"ip -6 rule add from " LAN_BY_SOURCE6 " lookup 77\n"
	"ip -6 rule add ipproto 47 lookup 77\n"
	"ip -6 rule add iif other-peer lookup 77\n"
	"ip neigh add 192.0.2.254 lladdr 02:00:00:00:00:fe dev unprot\n"
	"ip neigh add " OTHER_HOST " lladdr 02:00:00:00:00:09 dev other\n";

static inline bool fixture_check(int err, const char *what)
{
	if (err)
		printf("# %s: %s\n", what, strerror(-err));
	return err == 0;
}

/* PROTECT, in both directions. */
static inline bool fixture_policy(const char *local, const char *remote,
				  uint8_t protocol, struct policy *out)
{
	struct prefix l, r;

	if (prefix_parse(local, &l) || prefix_parse(remote, &r))
		return fixture_check(-EINVAL, "policy");
	*out = (struct policy){
		.action = SPD_PROTECT,
		.dirs = SPD_BOTH,
		.selector = selector_between(&l, &r, protocol),
		.suites = any_suite(),
	};
	return true;
}

/* Of those that have them. */
static inline void fixture_ports(enum policy_id id, struct sadb_selector *out)
{
	if (id == POLICY_LATER) {
		out->local_port_min = out->remote_port_min = PORT_OPAQUE_MIN;
		out->local_port_max = out->remote_port_max = PORT_OPAQUE_MAX;
	}
	if (id == POLICY_REDIRECT) {
		out->local_port_min = out->remote_port_min = ICMP_REDIRECT << 8;
		out->local_port_max = ICMP_REDIRECT << 8 | 0xff;
		out->remote_port_max = ICMP_REDIRECT << 8 | 0xff;
	}
	if (id == POLICY_MH) {
		out->local_port_min = out->remote_port_min = 5 << 8;
		out->local_port_max = out->remote_port_max = 5 << 8 | 0xff;
	}
}

/* Likewise. */
static inline uint16_t fixture_tunnel(enum policy_id id)
{
	switch (id) {
	case POLICY_TUNNEL:
		return TUNNEL_FIRST;
	case POLICY_NARROW:
		return TUNNEL_OTHER;
	default:
		return 0;
	}
}

static inline bool fixture_takes(enum instance on, const struct policy_spec *s)
{
	switch (on) {
	case GW_BYPASS_ALL:
	case GW_DISCARD_ALL:
		return s->action == SPD_BYPASS;
	case GW_NO_PROTECT:
		return s->action != SPD_PROTECT;
	default:
		return true;
	}
}

static inline bool fixture_set_policies(struct programs *p, enum instance on)
{
	const size_t n = sizeof(fixture_policies) / sizeof(fixture_policies[0]);
	struct policy list[sizeof(fixture_policies) / sizeof(fixture_policies[0])];
	struct spd_image image;
	size_t k = 0;
	bool ok;

	for (size_t i = 0; i < n; i++) {
		const struct policy_spec *s = &fixture_policies[i];

		if (!fixture_takes(on, s))
			continue;
		if (!fixture_policy(s->local, s->remote, s->protocol, &list[k]))
			return false;
		fixture_ports(s->id, &list[k].selector);
		list[k].id = s->id;
		list[k].action = s->action;
		list[k].pfp = s->id == POLICY_POPULATED ? PFP_REMOTE : 0;
		list[k].tunnel[DIR_OUT] = fixture_tunnel(s->id);
		list[k].tunnel[DIR_IN] = fixture_tunnel(s->id);
		list[k++].on_demand = s->id == POLICY_ON_DEMAND;
	}
	if (!fixture_check(classify_compile(list, k, POLICY_GEN, &image),
			   "policies"))
		return false;
	ok = fixture_check(programs_set_policies(p, &image), "policies");
	image_free(&image);
	return ok;
}

static inline bool fixture_add_inbound(struct programs *p, uint8_t protocol,
				       const char *daddr, uint32_t spi,
				       struct sa_ref sa)
{
	struct sad_key key = { .spi = htonl(spi), .protocol = protocol };

	return fixture_check(addr_parse(daddr, &key.daddr), daddr) &&
	       fixture_check(programs_add_inbound(p, &key, sa), "inbound SA");
}

static inline bool fixture_add_outbound(struct programs *p, uint8_t protocol,
					const char *daddr, uint32_t spi,
					struct sa_ref sa)
{
	struct sad_key key = { .spi = htonl(spi), .protocol = protocol };

	return fixture_check(addr_parse(daddr, &key.daddr), daddr) &&
	       fixture_check(programs_add_outbound(p, &key, sa), "outbound SA");
}

static inline bool fixture_set_sas(struct programs *p)
{
	return fixture_check(programs_bind(p, POLICY_PROTECT, SA_OUT), "SA") &&
	       fixture_check(programs_bind(p, POLICY_TCP, SA_TCP), "SA") &&
	       fixture_check(programs_bind(p, POLICY_GRE, SA_GRE), "SA") &&
	       fixture_check(programs_bind(p, POLICY_TUNNEL, SA_TUNNEL), "SA") &&
	       fixture_check(programs_bind(p, POLICY_OTHER_LAN, SA_OUT), "SA") &&
	       fixture_add_inbound(p, PROTO_ESP, GATEWAY_OUT, SPI_ESP,
				   SA_IN_ESP) &&
	       fixture_add_inbound(p, PROTO_AH, GATEWAY_OUT, SPI_AH, SA_IN_AH) &&
	       fixture_add_inbound(p, PROTO_ESP, GATEWAY_OUT6, SPI_ESP,
				   SA_IN_ESP6) &&
	       fixture_add_inbound(p, PROTO_AH, GATEWAY_OUT6, SPI_AH,
				   SA_IN_AH6) &&
	       fixture_add_outbound(p, PROTO_ESP, FAR_GATEWAY, SPI_OUT, SA_OUT) &&
	       fixture_add_outbound(p, PROTO_AH, FAR_GATEWAY, SPI_OUT,
				    SA_OUT_AH) &&
	       fixture_add_outbound(p, PROTO_ESP, FAR_GATEWAY6, SPI_OUT,
				    SA_OUT6);
}

static inline bool fixture_set_locals(struct programs *p)
{
	static const struct {
		const char *addr;
		enum local_kind kind;
	} locals[] = { { GATEWAY_IN, LOCAL_UNICAST },
		       { GATEWAY_OUT, LOCAL_UNICAST },
		       { GATEWAY_IN6, LOCAL_UNICAST },
		       { GATEWAY_OUT6, LOCAL_UNICAST },
		       { LAN_BROADCAST, LOCAL_BROADCAST },
		       { WAN_BROADCAST, LOCAL_BROADCAST } };

	for (size_t i = 0; i < sizeof(locals) / sizeof(locals[0]); i++) {
		struct addr a;
		int err = addr_parse(locals[i].addr, &a);

		if (!err)
			err = programs_add_local(p, &a, locals[i].kind);
		if (!fixture_check(err, locals[i].addr))
			return false;
	}
	return true;
}

static inline bool fixture_add_iface(struct programs *p,
				     const struct iface_key *key, uint32_t own,
				     enum iface_role role, uint32_t slot)
{
	static const uint8_t mac[] = { FRAME_DMAC };
	const struct iface_info info = {
		.role = role,
		.slot = slot,
		.mac = mac_word(mac),
		.ifindex = own,
	};

	return fixture_check(programs_add_iface(p, key, &info), "interface");
}

static inline bool fixture_set_port(struct programs *p, const struct port *port,
				    enum iface_role role, uint32_t slot)
{
	const struct iface_key key = { .ifindex = port->ifindex };

	return fixture_add_iface(p, &key, port->ifindex, role, slot) &&
	       fixture_check(programs_set_socket(p, slot, 0, port->fd),
			     port->ifname);
}

/* Served, but without a worker: the far ends, for what they are to routing. */
static inline bool fixture_set_peers(struct programs *p)
{
	const struct iface_key other = { .ifindex =
						 if_nametoindex("other-peer") },
			       unprot = { .ifindex = if_nametoindex(
						  "unprot-peer") };

	return fixture_add_iface(p, &other, other.ifindex, IFACE_PROTECTED,
				 SLOT_NONE) &&
	       fixture_add_iface(p, &unprot, unprot.ifindex, IFACE_PROTECTED,
				 SLOT_NONE);
}

struct fixture_vlan {
	const char *device;
	struct vlan_tag tag[VLAN_TAGS_MAX];
	const char *own; /* stands for the VLAN interface */
	enum iface_role role;
	uint32_t slot;
};

/* There is no VLAN interface on every kernel: others stand for them, which
 * shows whose routes are asked. */
static inline bool fixture_set_vlans(struct programs *p)
{
	static const struct fixture_vlan vlans[] = {
		{ "prot",
		  { { ETH_P_8021Q, VID_LAN } },
		  "prot",
		  IFACE_PROTECTED,
		  SLOT_PROT },
		{ "prot",
		  { { ETH_P_8021Q, VID_BY_INGRESS } },
		  "other-peer",
		  IFACE_PROTECTED,
		  SLOT_PROT },
		{ "prot",
		  { { ETH_P_8021Q, VID_WAN } },
		  "prot-peer",
		  IFACE_UNPROTECTED,
		  SLOT_PROT },
		{ "unprot",
		  { { ETH_P_8021Q, VID_WAN } },
		  "prot-peer",
		  IFACE_UNPROTECTED,
		  SLOT_UNPROT },
		{ "unprot",
		  { { ETH_P_8021AD, VID_PROVIDER }, { ETH_P_8021Q, VID_LAN } },
		  "prot",
		  IFACE_PROTECTED,
		  SLOT_UNPROT },
	};

	for (size_t i = 0; i < sizeof(vlans) / sizeof(vlans[0]); i++) {
		struct iface_key key = {
			.ifindex = if_nametoindex(vlans[i].device),
		};

		memcpy(key.tag, vlans[i].tag, sizeof(key.tag));
		if (!fixture_add_iface(p, &key, if_nametoindex(vlans[i].own),
				       vlans[i].role, vlans[i].slot))
			return false;
	}
	return true;
}

static inline bool fixture_set_tunnel(struct programs *p, const char *name,
				      uint32_t if_id, uint16_t number)
{
	struct iface iface;
	int err = iface_read(name, &iface);

	return fixture_check(
		err ? err : programs_set_tunnel(p, if_id, number, &iface), name);
}

static inline bool fixture_load(struct fixture *fx, enum instance on)
{
	const struct programs_spec spec = {
		.magic = FIXTURE_MAGIC + on,
		.head_token = FIXTURE_TOKEN,
		.host_ifindex = if_nametoindex("host"),
		.no_meta = on == GW_NO_META,
		.chains = on != GW_DISCARD,
		.forward_kernel = on == GW_KERNEL,
		.tag_mark = TAG_MARK,
		.conntrack = fx->conntrack,
		.sas = fx->sas[on],
		.default_action = on == GW_DISCARD || on == GW_DISCARD_ALL
					  ? SPD_DISCARD
					  : SPD_BYPASS,
	};
	struct programs *p;
	struct error e;

	if (programs_load(&spec, &fx->programs[on], &e)) {
		printf("# %s\n", e.text);
		return false;
	}
	p = fx->programs[on];
	return fixture_set_tunnel(p, "tun42", TUN42, TUNNEL_FIRST) &&
	       fixture_set_tunnel(p, "tun43", TUN43, TUNNEL_OTHER) &&
	       fixture_set_policies(p, on) && fixture_set_sas(p) &&
	       fixture_set_locals(p) &&
	       fixture_set_port(p, fx->prot, IFACE_PROTECTED, SLOT_PROT) &&
	       fixture_set_port(p, fx->unprot, IFACE_UNPROTECTED, SLOT_UNPROT) &&
	       fixture_set_peers(p) && fixture_set_vlans(p);
}

static inline bool fixture_open_port(struct fixture *fx, const char *ifname,
				     struct port **out)
{
	const struct xsk_port_spec spec = {
		.ifname = ifname,
		.ifindex = if_nametoindex(ifname),
		.tag = 1,
	};
	struct error e;

	if (port_xsk_open(&fx->umem, &spec, out, &e)) {
		printf("# %s\n", e.text);
		return false;
	}
	return true;
}

static inline bool fixture_start(struct fixture *fx)
{
	if (unshare(CLONE_NEWNET))
		return fixture_check(-errno, "network namespace (needs root)");
	if (system(fixture_links))
		return fixture_check(-EINVAL, "ip link, address, route");
	if (!fixture_check(conntrack_find(&fx->conntrack), "connection tracking"))
		return false;
	if (!fixture_check(umem_init(&fx->umem, 2 * XSK_PORT_FRAMES), "UMEM") ||
	    !fixture_open_port(fx, "prot", &fx->prot) ||
	    !fixture_open_port(fx, "unprot", &fx->unprot))
		return false;
	for (int on = 0; on < GW_MAX; on++)
		if (!fixture_load(fx, (enum instance)on))
			return false;
	return true;
}

/* After a start that failed, too. */
static inline void fixture_stop(struct fixture *fx)
{
	for (int on = 0; on < GW_MAX; on++)
		programs_free(fx->programs[on]);
	if (fx->unprot)
		fx->unprot->ops->close(fx->unprot);
	if (fx->prot)
		fx->prot->ops->close(fx->prot);
	if (fx->umem.area)
		umem_fini(&fx->umem);
}

#endif
