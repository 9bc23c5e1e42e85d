// SPDX-License-Identifier: BSD-2-Clause
/*
 * Writes what the snapshot holds and decides nothing: words for enums, decimal
 * numbers for counts, 0x%08x for an SPI. Sections of one kind stand in the
 * snapshot's order, for the policies the order in which they match.
 */
#include "ctrl/control/answers.h"

#include <inttypes.h>
#include <stdio.h>

#include "ctrl/control/words.h"
#include "ctrl/model/populate.h"
#include "ctrl/pki/expiry.h"

#define CERTS_SHOWN 32

static const char *role_name(enum iface_role role)
{
	switch (role) {
	case IFACE_PROTECTED:
		return "protected";
	case IFACE_UNPROTECTED:
		return "unprotected";
	case IFACE_TUNNEL:
		return "tunnel";
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
	vici_str(b, "place", i->dispatcher ? "dispatcher" : "alone");
	vici_str(b, "af_xdp", i->zero_copy ? "zero-copy" : "copy");
	put_count(b, "queues", i->queues);
	put_count(b, "mtu", i->mtu);
	put_count(b, "largest", i->largest);
	vici_section_end(b);
}

/* On its way, and here. */
static void put_sa_drops(struct vici_builder *b, const struct sa_status *sa)
{
	if (sa->lost)
		put_count(b, "lost", sa->lost);
	vici_section(b, "drops");
	for (unsigned int i = DROP_NONE + 1; i < DROP_MAX; i++)
		if (sa->drops[i])
			put_count(b, drop_name((enum drop_reason)i),
				  sa->drops[i]);
	vici_section_end(b);
}

static void put_sa(struct vici_builder *b, const char *direction,
		   const struct sa_status *sa)
{
	vici_section(b, direction);
	if (sa->spi)
		vici_fmt(b, "spi", "0x%08" PRIx32, sa->spi);
	else
		vici_str(b, "spi", "none"); /* a manual pair's other half */
	put_count(b, "packets", sa->pkts);
	put_count(b, "bytes", sa->bytes);
	put_count(b, "seq", sa->seq);
	if (sa->idle_s == STATUS_NEVER_S)
		vici_str(b, "idle", "never");
	else
		put_count(b, "idle", sa->idle_s);
	if (sa->pkts_s != STATUS_NO_RATE) {
		put_count(b, "packets_per_second", sa->pkts_s);
		put_count(b, "bits_per_second", sa->bits_s);
	}
	if (sa->path_mtu)
		put_count(b, "path-mtu", sa->path_mtu);
	put_sa_drops(b, sa);
	vici_section_end(b);
}

static void put_side(struct vici_builder *b, const char *key, struct slice side)
{
	struct slice item;

	if (!side.len)
		return;
	vici_list(b, key);
	while (mismatch_next(&side, &item)) {
		char text[MISMATCH_SIDE_MAX];

		snprintf(text, sizeof(text), "%.*s", (int)item.len,
			 (const char *)item.ptr);
		vici_list_item(b, text);
	}
	vici_list_end(b);
}

void answer_failure(struct vici_builder *b, const char *section,
		    const struct failure_status *f)
{
	struct mismatch m;

	if (f->ago_s == STATUS_NEVER_S)
		return;
	vici_section(b, section);
	put_count(b, "ago", f->ago_s);
	vici_str(b, "kind", f->ended ? "ended" : "failed");
	if (f->peer[0])
		vici_str(b, "peer", f->peer);
	vici_str(b, "text", f->text);
	if (mismatch_parse(f->text, &m)) {
		vici_fmt(b, "what", "%.*s", (int)m.what.len,
			 (const char *)m.what.ptr);
		put_side(b, "ours", m.ours);
		put_side(b, "peers", m.peers);
	}
	vici_section_end(b);
}

static void put_tunnel(struct vici_builder *b, const struct tunnel_status *t)
{
	vici_section(b, t->name);
	vici_str(b, "state", tunnel_state_name(t->state));
	vici_str(b, "start_action", child_action_name(t->start_action));
	vici_str(b, "local", t->local);
	vici_str(b, "remote", t->remote);
	put_if_id(b, "if-id-in", t->if_id_in);
	put_if_id(b, "if-id-out", t->if_id_out);
	put_count(b, "sas", t->n_sas);
	if (t->n_sas) {
		vici_str(b, "algs", t->algs);
		vici_str(b, "mode", t->transport ? "transport" : "tunnel");
		if (t->tcp)
			vici_str(b, "tcp", "yes");
		if (t->up_s != STATUS_NEVER_S)
			put_count(b, "established", t->up_s);
		if (t->rekey_s != STATUS_NEVER_S)
			put_count(b, "rekey-time", t->rekey_s);
		if (t->carrier[0])
			vici_str(b, "bundle", t->carrier);
		if (t->carried[0])
			vici_str(b, "carries", t->carried);
		put_sa(b, "in", &t->in);
		put_sa(b, "out", &t->out);
	}
	answer_failure(b, "failure", &t->failure);
	vici_section_end(b);
}

/* Those that an operator has to do something about, by numbers. */
static void put_certs(struct vici_builder *b, const struct status *s)
{
	char name[16];

	vici_section(b, "certificates");
	for (size_t i = 0; i < s->n_certs && i < CERTS_SHOWN; i++) {
		const struct cert_status *cert = &s->certs[i];

		if (cert->not_after_s - s->now_s >= EXPIRY_SOON_S)
			break;
		snprintf(name, sizeof(name), "%u", (unsigned int)i + 1);
		vici_section(b, name);
		vici_str(b, "subject", cert->subject);
		if (cert->from[0])
			vici_str(b, "file", cert->from);
		vici_str(b, "kind", cert->kind);
		vici_fmt(b, "not-after", "%" PRId64, cert->not_after_s);
		vici_fmt(b, "left", "%" PRId64, cert->not_after_s - s->now_s);
		vici_section_end(b);
	}
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
	answer_failure(b, "stranger", &s->stranger);
	put_certs(b, s);
	vici_section(b, "maps");
	for (size_t i = 0; i < s->n_maps; i++)
		put_count(b, s->maps[i].name, s->maps[i].id);
	vici_section_end(b);
}

/* --- an event for each row */

static void part_start(struct vici_builder *b, const char *section)
{
	event_start(b, TOPIC_PART);
	vici_section(b, section);
}

static bool part_put(const struct sink *sink, struct vici_builder *b)
{
	vici_section_end(b);
	return sink_put(sink, b);
}

static bool tunnel_parts(const struct sink *sink, const struct status *s,
			 void (*put)(struct vici_builder *b,
				     const struct tunnel_status *t))
{
	struct vici_builder b;
	bool ok = true;

	for (size_t i = 0; ok && i < s->n_tunnels; i++) {
		part_start(&b, "tunnels");
		put(&b, &s->tunnels[i]);
		ok = part_put(sink, &b);
	}
	return ok;
}

bool answer_status_parts(const struct sink *sink, const struct status *s)
{
	return tunnel_parts(sink, s, put_tunnel);
}

/* --- policies */

static void put_policy(struct vici_builder *b, const struct policy_status *p)
{
	char populate[POPULATE_STR_MAX];

	vici_section(b, p->name);
	put_count(b, "policy", p->id);
	vici_str(b, "action", action_name(p->action));
	vici_str(b, "local_ts", p->local_ts);
	vici_str(b, "remote_ts", p->remote_ts);
	put_count(b, "protocol", p->protocol);
	if (p->pfp)
		vici_str(b, "populate", populate_str(p->pfp, populate));
	vici_str(b, "direction", dirs_name(p->dirs));
	vici_str(b, "tunnel", p->tunnel);
	vici_section_end(b);
}

void answer_policies(struct vici_builder *b, const struct status *s)
{
	vici_section(b, "policies");
	for (size_t i = 0; i < s->n_policies; i++)
		put_policy(b, &s->policies[i]);
	vici_section_end(b);
	vici_str(b, "default", action_name(s->default_action));
}

bool answer_policies_parts(const struct sink *sink, const struct status *s)
{
	struct vici_builder b;
	bool ok = true;

	for (size_t i = 0; ok && i < s->n_policies; i++) {
		part_start(&b, "policies");
		put_policy(&b, &s->policies[i]);
		ok = part_put(sink, &b);
	}
	return ok;
}

/* --- counters */

static void put_counter(struct vici_builder *b, const char *name,
			const struct counter *n, const char *text)
{
	vici_section(b, name);
	put_count(b, "packets", n->pkts);
	put_count(b, "bytes", n->bytes);
	if (text)
		vici_str(b, "text", text);
	vici_section_end(b);
}

/* Every reason, with its meaning where that is asked for. */
static void put_reasons(struct vici_builder *b, const struct counters *n,
			bool with_text)
{
	vici_section(b, "drops");
	for (unsigned int i = DROP_NONE + 1; i < DROP_MAX; i++)
		put_counter(b, drop_name((enum drop_reason)i), &n->drops[i],
			    with_text ? drop_text((enum drop_reason)i) : NULL);
	vici_section_end(b);
	vici_section(b, "passes");
	for (unsigned int i = 0; i < PASS_MAX; i++)
		put_counter(b, pass_name((enum pass_reason)i), &n->passes[i],
			    with_text ? pass_text((enum pass_reason)i) : NULL);
	vici_section_end(b);
	put_count(b, "in_flight", n->in_flight);
}

/* What the process of TCP connections counted. */
static void put_streams(struct vici_builder *b, const struct stream_counts *n)
{
	vici_section(b, "tcp");
	put_count(b, "open", n->open);
	for (unsigned int i = 0; i < STREAM_COUNTS; i++)
		put_count(b, stream_count_name((enum stream_count)i), n->n[i]);
	vici_section_end(b);
}

static void put_stream_drops(struct vici_builder *b,
			     const struct stream_counts *n)
{
	vici_section(b, "tcp");
	for (unsigned int i = 0; i < STREAM_COUNTS; i++) {
		vici_section(b, stream_count_name((enum stream_count)i));
		put_count(b, "count", n->n[i]);
		vici_str(b, "text", stream_count_text((enum stream_count)i));
		vici_section_end(b);
	}
	vici_section_end(b);
}

void answer_drops(struct vici_builder *b, const struct status *s)
{
	put_reasons(b, &s->counters, true);
	put_stream_drops(b, &s->streams);
}

static void put_sa_count(struct vici_builder *b, const char *direction,
			 const struct sa_status *sa)
{
	vici_section(b, direction);
	put_count(b, "packets", sa->pkts);
	put_count(b, "bytes", sa->bytes);
	put_sa_drops(b, sa);
	vici_section_end(b);
}

static void put_tunnel_counts(struct vici_builder *b,
			      const struct tunnel_status *t)
{
	vici_section(b, t->name);
	put_if_id(b, "if-id-in", t->if_id_in);
	put_if_id(b, "if-id-out", t->if_id_out);
	put_count(b, "sas", t->n_sas);
	put_sa_count(b, "in", &t->in);
	put_sa_count(b, "out", &t->out);
	vici_section_end(b);
}

void answer_counters(struct vici_builder *b, const struct status *s)
{
	put_reasons(b, &s->counters, false);
	put_streams(b, &s->streams);
	vici_section(b, "tunnels");
	for (size_t i = 0; i < s->n_tunnels; i++)
		put_tunnel_counts(b, &s->tunnels[i]);
	vici_section_end(b);
	vici_section(b, "sas");
	put_count(b, "ike_up", s->n_ike);
	put_count(b, "ike_connecting", s->n_connecting);
	put_count(b, "child_up", s->n_child);
	vici_section_end(b);
}

bool answer_counters_parts(const struct sink *sink, const struct status *s)
{
	return tunnel_parts(sink, s, put_tunnel_counts);
}
