// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/tunnel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "ctrl/base/log.h"
#include "ctrl/dp/esp.h"
#include "ctrl/dp/nl_table.h"
#include "include/proto.h"

/* The magic differs at each start, so the first list of a start is 1. */
#define FIRST_GEN 1

static struct selector selector_of(const struct policy_conf *p)
{
	return (struct selector){
		.local = p->local_ts,
		.remote = p->remote_ts,
		.protocol = p->protocol,
	};
}

/* The whole SPD: an earlier policy keeps from an SA what is not for it. */
static size_t rules_of(const struct config *c, size_t manual,
		       struct sa_rule out[SPD_MAX])
{
	for (size_t i = 0; i < c->n_policies; i++)
		out[i] = (struct sa_rule){
			.selector = selector_of(&c->policies[i]),
			.accept = c->policies[i].action == SPD_PROTECT &&
				  c->policies[i].manual == manual,
		};
	return c->n_policies;
}

static int add_sa(const struct tunnels_spec *spec, size_t manual,
		  enum dp_dir dir, struct sa_ref *ref, struct error *e)
{
	const struct manual_conf *m = &spec->config->manual[manual];
	const struct manual_keys *keys = dir == DIR_IN ? &m->in : &m->out;
	struct sa_rule rules[SPD_MAX];
	const struct sa_spec sa = {
		.dir = dir,
		.spi = keys->spi,
		.saddr = dir == DIR_IN ? m->remote : m->local,
		.daddr = dir == DIR_IN ? m->local : m->remote,
		.encr = m->encr,
		.integ = m->integ,
		.encr_key = &keys->encr_key,
		.integ_key = &keys->integ_key,
		.replay_window = m->replay_window,
		.rules = rules,
		.n_rules = rules_of(spec->config, manual, rules),
	};

	return sad_add(spec->sad, &sa, ref, e);
}

/* Slot first, then the map entry: BPF never names an SA that isn't there. */
static int arm_inbound(const struct tunnels_spec *spec, size_t manual,
		       struct sa_ref *ref, struct error *e)
{
	const struct manual_conf *m = &spec->config->manual[manual];
	struct sad_key key = { .spi = htonl(m->in.spi), .protocol = PROTO_ESP };
	int err = add_sa(spec, manual, DIR_IN, ref, e);

	if (err)
		return err;
	memcpy(key.daddr.octets, m->local.octets, sizeof(key.daddr.octets));
	err = programs_add_inbound(spec->programs, &key, *ref);
	if (err)
		return error_set(
			e, err,
			"cannot enter SPI 0x%08x of '%s' into the map sad: %s",
			m->in.spi, m->name, strerror(-err));
	return 0;
}

static int bind_policy(const struct tunnels_spec *spec, uint32_t id,
		       struct sa_ref ref)
{
	uint64_t whole;

	memcpy(&whole, &ref, sizeof(whole));
	atomic_store_explicit(&spec->policies->binding[id], whole,
			      memory_order_release);
	return programs_bind(spec->programs, id, ref);
}

static int install_policies(const struct tunnels_spec *spec,
			    const struct tunnel *tunnels)
{
	const struct config *c = spec->config;
	struct policy list[SPD_MAX];
	struct spd_table table;
	int err = 0;

	for (size_t i = 0; !err && i < c->n_policies; i++) {
		const struct policy_conf *p = &c->policies[i];

		list[i] = (struct policy){
			.id = (uint32_t)i,
			.selector = selector_of(p),
			.action = p->action,
		};
		if (p->action == SPD_PROTECT)
			err = bind_policy(spec, list[i].id,
					  tunnels[p->manual].out);
	}
	if (!err)
		err = policy_compile(list, c->n_policies, FIRST_GEN, &table);
	if (err)
		return err;
	atomic_store_explicit(&spec->policies->gen, FIRST_GEN,
			      memory_order_release);
	return programs_set_policies(spec->programs, &table);
}

int tunnels_install(const struct tunnels_spec *spec, struct tunnel *tunnels,
		    struct error *e)
{
	int err = 0;

	for (size_t i = 0; !err && i < spec->config->n_manual; i++) {
		err = arm_inbound(spec, i, &tunnels[i].in, e);
		if (!err)
			err = add_sa(spec, i, DIR_OUT, &tunnels[i].out, e);
	}
	if (err)
		return err;
	err = install_policies(spec, tunnels);
	if (err)
		return error_set(e, err, "cannot install the policies: %s",
				 strerror(-err));
	return 0;
}

uint32_t tunnel_inner_mtu(const struct sa_rt *sa, uint32_t mtu)
{
	uint32_t around = esp_outer_bytes(sa, 0), text;

	if (mtu <= around + ESP_TRAILER_BYTES)
		return 0;
	text = (mtu - around) / sa->align_bytes * sa->align_bytes;
	return text < ESP_TRAILER_BYTES ? 0 : text - ESP_TRAILER_BYTES;
}

/* Is the guard at this interface's egress? */
static bool is_guarded(const struct gateway_conf *g, uint32_t ifindex)
{
	char name[IF_NAMESIZE];

	if (!if_indextoname(ifindex, name))
		return false;
	for (size_t i = 0; i < g->n_ifaces; i++)
		if (g->ifaces[i].role == IFACE_UNPROTECTED &&
		    strcmp(g->ifaces[i].name, name) == 0)
			return true;
	return false;
}

/* -EXDEV: the way to the peer is none of ours, and nothing would guard it. */
static int route_policy(const struct config *config, const struct policy_conf *p,
			const struct resolver *resolver, struct nl *nl,
			const struct sa_rt *sa)
{
	struct nl_tunnel_route route = { .remote = p->remote_ts };
	struct nl_route outer;
	int err = nl_route_get(nl, sa->daddr_be, &outer);

	if (err)
		return err;
	if (!is_guarded(&config->gateway, outer.ifindex))
		return -EXDEV;
	route.gateway_be = outer.gateway_be ? outer.gateway_be : sa->daddr_be;
	route.ifindex = outer.ifindex;
	route.source_be = resolver_local_in(resolver, &p->local_ts);
	route.mtu = tunnel_inner_mtu(sa, resolver_mtu(resolver, outer.ifindex));
	return nl_route_set(nl, &route);
}

static const char *route_failure(int err)
{
	return err == -EXDEV ? "its peer is not behind an unprotected interface"
			     : strerror(-err);
}

static void set_rules(struct nl *nl, uint64_t lengths)
{
	int err = nl_rules_set(nl, lengths);
	uint32_t foreign = lengths ? nl_rules_foreign(nl) : 0;

	if (err)
		log_warn("tunnel: no rules for routing table %u: %s; the host's own traffic needs them",
			 NL_TABLE, strerror(-err));
	if (foreign)
		log_warn("tunnel: another program's rule leads forwarded packets to the tunnels' routes; remove it with: ip rule del priority %u table %u",
			 foreign, NL_TABLE);
}

void tunnels_route(const struct config *config, struct nl *nl,
		   const struct resolver *resolver, const struct sad *sad,
		   const struct tunnel *tunnels)
{
	uint64_t lengths = 0;
	int err = nl_route_flush(nl);

	if (err)
		log_warn("tunnel: routing table %u not emptied: %s", NL_TABLE,
			 strerror(-err));
	for (size_t i = 0; i < config->n_policies; i++) {
		const struct policy_conf *p = &config->policies[i];

		if (p->action != SPD_PROTECT)
			continue;
		lengths |= 1ULL << p->remote_ts.bits;
		err = route_policy(config, p, resolver, nl,
				   sad_get(sad, tunnels[p->manual].out));
		if (err)
			log_warn("tunnel: no route for policy=%s: %s; the host's own traffic needs one",
				 p->name, route_failure(err));
	}
	set_rules(nl, lengths);
}
