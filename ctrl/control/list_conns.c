// SPDX-License-Identifier: BSD-2-Clause
/*
 * Field names and formats are strongSwan's.
 */
#include "ctrl/control/list_conns.h"

#include <inttypes.h>
#include <stdio.h>

#include "ctrl/control/certs.h"
#include "ctrl/control/words.h"
#include "ctrl/model/status.h"

static void put_number(struct vici_builder *b, const char *key, uint64_t n)
{
	vici_fmt(b, key, "%" PRIu64, n);
}

static void put_addrs(struct vici_builder *b, const char *key,
		      const struct conn_addr *addrs, size_t n)
{
	char text[RANGE_STR_MAX];

	vici_list(b, key);
	for (size_t i = 0; i < n; i++)
		vici_list_item(b, conn_addr_str(&addrs[i], text));
	vici_list_end(b);
}

static void put_peer(struct vici_builder *b, const struct conn_conf *c)
{
	if (!conn_is_named(c)) {
		put_addrs(b, "remote_addrs", c->remote_addrs, c->n_remote_addrs);
		return;
	}
	vici_list(b, "remote_addrs");
	vici_list_item(b, c->remote_host);
	vici_list_end(b);
}

static void put_subjects(struct vici_builder *b, const char *key,
			 const struct control_certs *certs, enum cert_kind kind,
			 const struct fingerprint *at, size_t n)
{
	vici_list(b, key);
	for (size_t i = 0; i < n; i++)
		put_cert_subject(b, NULL, certs, kind, &at[i]);
	vici_list_end(b);
}

/* By the names of its source: which states of a certificate are good enough. */
static const char *revocation_word(enum revocation revocation)
{
	switch (revocation) {
	case REVOCATION_STRICT:
		return "GOOD";
	case REVOCATION_IFURI:
		return "SKIPPED";
	case REVOCATION_RELAXED:
		break;
	}
	return NULL;
}

/* Without one ours is that of our certificate. */
static void put_id(struct vici_builder *b, const struct identity *id,
		   const struct auth_conf *auth, enum conn_side side,
		   const struct control_certs *certs)
{
	char text[IDENTITY_STR_MAX];

	if (id->type)
		vici_str(b, "id", identity_str(id, text, sizeof(text)));
	else if (side == CONN_LOCAL && auth->n_certs)
		put_cert_subject(b, "id", certs, CERT_X509, &auth->certs[0]);
}

static void put_side(struct vici_builder *b, const char *section,
		     const struct conn_conf *c, enum conn_side side,
		     size_t round, const struct control_certs *certs)
{
	const struct auth_conf *auth = conn_auth(c, side, round);
	const char *revocation = revocation_word(auth->revocation);
	char text[IDENTITY_STR_MAX];

	vici_section(b, section);
	put_id(b, conn_id(c, side, round), auth, side, certs);
	vici_str(b, "class",
		 auth->by == AUTH_BY_PSK ? "pre-shared key" : "public key");
	if (revocation)
		vici_str(b, "revocation", revocation);
	if (auth->ca_id.type) /* ours alone */
		vici_str(b, "ca_id",
			 identity_str(&auth->ca_id, text, sizeof(text)));
	vici_list(b, "groups"); /* of other methods */
	vici_list_end(b);
	vici_list(b, "cert_policy");
	for (size_t i = 0; i < auth->n_policies; i++)
		vici_list_item(b, auth->policies[i]);
	vici_list_end(b);
	put_subjects(b, "certs", certs, CERT_X509, auth->certs, auth->n_certs);
	put_subjects(b, "cacerts", certs, CERT_CA, auth->cas, auth->n_cas);
	vici_section_end(b);
}

/* local-1 and so on. */
static void put_rounds(struct vici_builder *b, const struct conn_conf *c,
		       enum conn_side side, const struct control_certs *certs)
{
	char name[32];

	for (size_t i = 0; i < conn_rounds(c, side); i++) {
		snprintf(name, sizeof(name), "%s-%zu",
			 side == CONN_LOCAL ? "local" : "remote", i + 1);
		put_side(b, name, c, side, i, certs);
	}
}

static void put_ppk(struct vici_builder *b, const struct conn_conf *c)
{
	char text[IDENTITY_STR_MAX];

	if (c->ppk_id.type)
		vici_str(b, "ppk_id",
			 identity_str(&c->ppk_id, text, sizeof(text)));
	if (c->ppk_required)
		vici_str(b, "ppk_required", "yes");
}

static void put_ts(struct vici_builder *b, const char *key,
		   const struct ts_conf *ts, size_t n)
{
	char text[TS_STR_MAX];

	vici_list(b, key);
	for (size_t i = 0; i < n; i++)
		vici_list_item(b, ts_conf_str(&ts[i], text));
	vici_list_end(b);
}

/* By the names of its source. */
static const char *unique_word(enum unique unique)
{
	switch (unique) {
	case UNIQUE_NO:
		return "UNIQUE_NO";
	case UNIQUE_NEVER:
		return "UNIQUE_NEVER";
	case UNIQUE_KEEP:
		return "UNIQUE_KEEP";
	case UNIQUE_REPLACE:
		return "UNIQUE_REPLACE";
	}
	return "UNIQUE_NO";
}

static void put_child(struct vici_builder *b, const struct child_conf *c)
{
	vici_section(b, c->name);
	vici_str(b, "mode", mode_word(c->mode));
	put_number(b, "rekey_time", c->rekey_time);
	put_number(b, "rekey_bytes", c->bytes.rekey);
	put_number(b, "rekey_packets", c->packets.rekey);
	vici_str(b, "dpd_action", child_action_name(c->dpd_action));
	vici_str(b, "close_action", child_action_name(c->close_action));
	put_ts(b, "local-ts", c->local_ts, c->n_local_ts);
	put_ts(b, "remote-ts", c->remote_ts, c->n_remote_ts);
	put_if_id(b, "if-id-in", c->if_id_in);
	put_if_id(b, "if-id-out", c->if_id_out);
	vici_section_end(b);
}

static bool put_conn(const struct sink *sink, const struct conn_conf *c,
		     const struct control_certs *certs)
{
	struct vici_builder b;

	event_start(&b, TOPIC_LIST_CONN);
	vici_section(&b, c->name);
	put_addrs(&b, "local_addrs", c->local_addrs, c->n_local_addrs);
	put_number(&b, "local_port", c->local_port);
	put_peer(&b, c);
	put_number(&b, "remote_port", c->remote_port);
	vici_str(&b, "version", "IKEv2");
	put_number(&b, "reauth_time", c->reauth_time);
	put_number(&b, "rekey_time", c->rekey_time);
	vici_str(&b, "unique", unique_word(c->unique));
	if (c->dpd_delay)
		put_number(&b, "dpd_delay", c->dpd_delay);
	if (c->tcp_encap) /* ours alone */
		vici_str(&b, "tcp_encap",
			 c->tcp_encap == TCP_ENCAP_YES ? "yes" : "fallback");
	put_ppk(&b, c);
	put_rounds(&b, c, CONN_LOCAL, certs);
	put_rounds(&b, c, CONN_REMOTE, certs);
	vici_section(&b, "children");
	for (size_t i = 0; i < c->n_children; i++)
		put_child(&b, &c->children[i]);
	vici_section_end(&b);
	vici_section_end(&b);
	return sink_put(sink, &b);
}

bool list_conns(const struct sink *sink, const struct arguments *args,
		const struct conn_conf *const *conns, size_t n,
		const struct control_certs *certs)
{
	bool ok = true;

	if (!sink_wants(sink, TOPIC_LIST_CONN))
		return true;
	for (size_t i = 0; ok && i < n; i++)
		if (!filter_excludes(args, ARG_IKE, conns[i]->name))
			ok = put_conn(sink, conns[i], certs);
	return ok;
}

static bool put_policy(const struct sink *sink, const struct conn_conf *conn,
		       const struct child_conf *child)
{
	char name[2 * CONN_NAME_MAX];
	struct vici_builder b;

	snprintf(name, sizeof(name), "%s/%s", conn->name, child->name);
	event_start(&b, TOPIC_LIST_POLICY);
	vici_section(&b, name);
	vici_str(&b, "child", child->name);
	vici_str(&b, "ike", conn->name);
	vici_str(&b, "mode", mode_word(child->mode));
	put_ts(&b, "local-ts", child->local_ts, child->n_local_ts);
	put_ts(&b, "remote-ts", child->remote_ts, child->n_remote_ts);
	vici_section_end(&b);
	return sink_put(sink, &b);
}

static bool is_asked(const struct child_conf *child,
		     const struct arguments *args)
{
	return child_is_trap(child) &&
	       !filter_excludes(args, ARG_CHILD, child->name);
}

static bool put_shunt(const struct sink *sink, const struct policy_conf *p)
{
	const struct ts_range local = ts_local(&p->selector);
	const struct ts_range remote = ts_remote(&p->selector);
	char text[TS_STR_MAX];
	struct vici_builder b;

	event_start(&b, TOPIC_LIST_POLICY);
	vici_section(&b, p->name);
	vici_str(&b, "child", p->name);
	vici_str(&b, "mode", p->action == SPD_BYPASS ? "PASS" : "DROP");
	vici_list(&b, "local-ts");
	vici_list_item(&b, ts_range_str(&local, text));
	vici_list_end(&b);
	vici_list(&b, "remote-ts");
	vici_list_item(&b, ts_range_str(&remote, text));
	vici_list_end(&b);
	vici_section_end(&b);
	return sink_put(sink, &b);
}

/* A policy of no connection is of no name that is asked for. */
static bool is_wanted(const struct policy_conf *p, const struct arguments *args)
{
	if (filter_excludes(args, ARG_CHILD, p->name) || args->given & ARG_IKE)
		return false;
	switch (p->action) {
	case SPD_BYPASS:
		return args->given & ARG_PASS;
	case SPD_DISCARD:
		return args->given & ARG_DROP;
	case SPD_PROTECT:
		break;
	}
	return false;
}

bool list_shunts(const struct sink *sink, const struct arguments *args,
		 const struct policy_conf *policies, size_t n)
{
	bool ok = true;

	if (!sink_wants(sink, TOPIC_LIST_POLICY))
		return true;
	for (size_t i = 0; ok && i < n; i++)
		if (is_wanted(&policies[i], args))
			ok = put_shunt(sink, &policies[i]);
	return ok;
}

bool list_traps(const struct sink *sink, const struct arguments *args,
		const struct conn_conf *const *conns, size_t n)
{
	bool ok = true;

	if (!sink_wants(sink, TOPIC_LIST_POLICY) || !(args->given & ARG_TRAP))
		return true;
	for (size_t i = 0; ok && i < n; i++) {
		const struct conn_conf *c = conns[i];

		if (filter_excludes(args, ARG_IKE, c->name))
			continue;
		for (size_t k = 0; ok && k < c->n_children; k++)
			if (is_asked(&c->children[k], args))
				ok = put_policy(sink, c, &c->children[k]);
	}
	return ok;
}

void put_conn_names(struct vici_builder *b,
		    const struct conn_conf *const *conns, size_t n)
{
	vici_list(b, "conns");
	for (size_t i = 0; i < n; i++)
		if (conns[i]->from_vici)
			vici_list_item(b, conns[i]->name);
	vici_list_end(b);
}
