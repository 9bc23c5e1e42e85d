// SPDX-License-Identifier: BSD-2-Clause
/*
 * Writes what the snapshot holds and decides nothing: words for enums, decimal
 * numbers for counts, 0x%08x for an SPI. Sections of one kind stand in the
 * snapshot's order, for the policies the order in which they match.
 */
#include "ctrl/control/answers.h"

#include <inttypes.h>

static const char *role_name(enum iface_role role)
{
	switch (role) {
	case IFACE_PROTECTED:
		return "protected";
	case IFACE_UNPROTECTED:
		return "unprotected";
	}
	return "unknown";
}

static void put_count(struct vici_builder *b, const char *key, uint64_t n)
{
	vici_fmt(b, key, "%" PRIu64, n);
}

static void put_gateway(struct vici_builder *b, const struct status *s)
{
	vici_section(b, "gateway");
	vici_str(b, "version", CYG_VERSION);
	vici_fmt(b, "pid", "%d", s->pid);
	put_count(b, "uptime", s->uptime_s);
	vici_str(b, "default", action_name(s->default_action));
	vici_str(b, "crypto", s->crypto);
	put_count(b, "workers", s->workers);
	vici_section_end(b);
}

static void put_iface(struct vici_builder *b, const struct iface_status *i)
{
	vici_section(b, i->name);
	vici_str(b, "role", role_name(i->role));
	vici_str(b, "xdp", i->native ? "native" : "generic");
	vici_str(b, "af_xdp", i->zero_copy ? "zero-copy" : "copy");
	put_count(b, "queues", i->queues);
	vici_section_end(b);
}

static void put_sa(struct vici_builder *b, const char *direction,
		   const struct sa_status *sa)
{
	vici_section(b, direction);
	vici_fmt(b, "spi", "0x%08" PRIx32, sa->spi);
	put_count(b, "packets", sa->pkts);
	put_count(b, "bytes", sa->bytes);
	put_count(b, "seq", sa->seq);
	if (sa->idle_s == STATUS_NEVER_S)
		vici_str(b, "idle", "never");
	else
		put_count(b, "idle", sa->idle_s);
	vici_section(b, "drops");
	for (unsigned int i = DROP_NONE + 1; i < DROP_MAX; i++)
		if (sa->drops[i])
			put_count(b, drop_name((enum drop_reason)i),
				  sa->drops[i]);
	vici_section_end(b);
	vici_section_end(b);
}

static void put_tunnel(struct vici_builder *b, const struct tunnel_status *t)
{
	char addr[ADDR_STR_MAX];

	vici_section(b, t->name);
	vici_str(b, "local", addr_str(&t->local, addr));
	vici_str(b, "remote", addr_str(&t->remote, addr));
	vici_str(b, "algs", t->algs);
	put_sa(b, "in", &t->in);
	put_sa(b, "out", &t->out);
	vici_section_end(b);
}

static void put_policy(struct vici_builder *b, const struct policy_status *p)
{
	char prefix[PREFIX_STR_MAX];

	vici_section(b, p->name);
	vici_str(b, "action", action_name(p->action));
	vici_str(b, "local_ts", prefix_str(&p->local_ts, prefix));
	vici_str(b, "remote_ts", prefix_str(&p->remote_ts, prefix));
	put_count(b, "protocol", p->protocol);
	vici_str(b, "tunnel", p->tunnel);
	vici_section_end(b);
}

void answer_status(struct vici_builder *b, const struct status *s)
{
	put_gateway(b, s);
	vici_section(b, "interfaces");
	for (size_t i = 0; i < s->n_ifaces; i++)
		put_iface(b, &s->ifaces[i]);
	vici_section_end(b);
	vici_section(b, "tunnels");
	for (size_t i = 0; i < s->n_tunnels; i++)
		put_tunnel(b, &s->tunnels[i]);
	vici_section_end(b);
	vici_section(b, "policies");
	for (size_t i = 0; i < s->n_policies; i++)
		put_policy(b, &s->policies[i]);
	vici_section_end(b);
	vici_section(b, "maps");
	for (size_t i = 0; i < s->n_maps; i++)
		put_count(b, s->maps[i].name, s->maps[i].id);
	vici_section_end(b);
}

static void put_reason(struct vici_builder *b, const char *name,
		       const struct counter *n, const char *text)
{
	vici_section(b, name);
	put_count(b, "packets", n->pkts);
	put_count(b, "bytes", n->bytes);
	vici_str(b, "text", text);
	vici_section_end(b);
}

void answer_drops(struct vici_builder *b, const struct status *s)
{
	const struct counters *n = &s->counters;

	vici_section(b, "drops");
	for (unsigned int i = DROP_NONE + 1; i < DROP_MAX; i++)
		put_reason(b, drop_name((enum drop_reason)i), &n->drops[i],
			   drop_text((enum drop_reason)i));
	vici_section_end(b);
	vici_section(b, "passes");
	for (unsigned int i = 0; i < PASS_MAX; i++)
		put_reason(b, pass_name((enum pass_reason)i), &n->passes[i],
			   pass_text((enum pass_reason)i));
	vici_section_end(b);
	put_count(b, "in_flight", n->in_flight);
}
