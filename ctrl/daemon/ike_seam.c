// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/ike_seam.h"

#include <stddef.h>
#include <string.h>

#define RECORD_LEAST offsetof(struct ike_record, octets)
#define EVENT_LEAST  offsetof(struct ike_msg_event, text)
#define TRACED_LEAST offsetof(struct ike_msg_traced, text)
#define CRED_LEAST   offsetof(struct ike_msg_cred, octets)
#define CONN_LEAST   offsetof(struct ike_msg_conn, proposals.text)
#define WANT_LEAST   offsetof(struct ike_msg_want, path)
#define CHILD_LEAST  offsetof(struct ike_msg_child, proposals.text)

const struct seam_kind ike_seam_to_ike[] = {
	SEAM_KIND(IKE_MSG_SOCKETS, struct ike_msg_empty),
	SEAM_KIND(IKE_MSG_SADB, struct ike_msg_empty),
	SEAM_KIND(IKE_MSG_OPTIONS, struct ike_options),
	SEAM_KIND_LEAST(IKE_MSG_CONN, struct ike_msg_conn, CONN_LEAST),
	SEAM_KIND_LEAST(IKE_MSG_CHILD, struct ike_msg_child, CHILD_LEAST),
	SEAM_KIND(IKE_MSG_UNLOAD, struct ike_msg_unload),
	SEAM_KIND(IKE_MSG_LOADED, struct ike_msg_loaded),
	SEAM_KIND(IKE_MSG_COMMAND, struct ike_msg_command),
	SEAM_KIND(IKE_MSG_STOP, struct ike_msg_empty),
	SEAM_KIND(IKE_MSG_KEYSTORE_ANSWER, struct keystore_answer),
	SEAM_KIND(IKE_MSG_TICKET_ANSWER, struct ticket_answer),
	SEAM_KIND(IKE_MSG_GENERATION, struct ike_msg_generation),
	SEAM_KIND_LEAST(IKE_MSG_RESTORE, struct ike_record, RECORD_LEAST),
	SEAM_KIND(IKE_MSG_RECORDED, struct ike_msg_recorded),
	SEAM_KIND(IKE_MSG_RESOLVED, struct ike_msg_resolved),
	SEAM_KIND(IKE_MSG_GATEWAY_RESOLVED, struct ike_msg_gateway_resolved),
	SEAM_KIND(IKE_MSG_REDIRECT, struct ike_msg_redirect),
	SEAM_KIND(IKE_MSG_POOL, struct pool_conf),
	SEAM_KIND(IKE_MSG_LEASED, struct pool_lease),
	SEAM_KIND(IKE_MSG_TRACE, struct ike_msg_trace),
	SEAM_KIND(IKE_MSG_CREDS_BEGIN, struct ike_msg_empty),
	SEAM_KIND_LEAST(IKE_MSG_CRED, struct ike_msg_cred, CRED_LEAST),
	SEAM_KIND(IKE_MSG_CREDS_END, struct ike_msg_empty),
	SEAM_KIND(IKE_MSG_STREAMS, struct ike_msg_empty),
	SEAM_KIND(IKE_MSG_STREAM_REFUSED, struct ike_msg_stream_refused),
	SEAM_KIND_LEAST(IKE_MSG_FETCHED, struct ike_msg_fetched,
			IKE_FETCHED_LEAST),
	SEAM_KIND(IKE_MSG_FETCH_ANEW, struct ike_msg_empty),
	SEAM_KIND(IKE_MSG_ROUND, struct auth_round),
};

const struct seam_kind ike_seam_to_ctl[] = {
	SEAM_KIND(IKE_MSG_READY, struct ike_msg_ready),
	SEAM_KIND(IKE_MSG_SHOWN, struct ike_msg_empty),
	SEAM_KIND(IKE_MSG_DONE, struct ike_msg_done),
	SEAM_KIND_LEAST(IKE_MSG_EVENT, struct ike_msg_event, EVENT_LEAST),
	SEAM_KIND(IKE_MSG_IKE_VIEW, struct ike_sa_view),
	SEAM_KIND(IKE_MSG_CHILD_VIEW, struct child_sa_view),
	SEAM_KIND(IKE_MSG_KEYSTORE_REQUEST, struct keystore_request),
	SEAM_KIND(IKE_MSG_TICKET_REQUEST, struct ticket_request),
	SEAM_KIND_LEAST(IKE_MSG_RECORD, struct ike_record, RECORD_LEAST),
	SEAM_KIND(IKE_MSG_RESOLVE, struct ike_msg_resolve),
	SEAM_KIND(IKE_MSG_RESOLVE_GATEWAY, struct ike_msg_resolve_gateway),
	SEAM_KIND(IKE_MSG_COUNTS, struct ike_msg_counts),
	SEAM_KIND(IKE_MSG_STREAM_OPEN, struct ike_msg_stream_open),
	SEAM_KIND(IKE_MSG_LEASE, struct pool_lease),
	SEAM_KIND_LEAST(IKE_MSG_TRACED, struct ike_msg_traced, TRACED_LEAST),
	SEAM_KIND_LEAST(IKE_MSG_WANT, struct ike_msg_want, WANT_LEAST),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const size_t ike_seam_to_ike_n = COUNT(ike_seam_to_ike);
const size_t ike_seam_to_ctl_n = COUNT(ike_seam_to_ctl);

static void put_proposals(struct proposals_text *out, const struct proposals *p)
{
	char *at = out->text;

	out->n = (uint32_t)p->n;
	out->protocol = p->n ? p->at[0].protocol : IKE_PROTO_NONE;
	for (size_t i = 0; i < p->n; i++)
		at += strlen(proposal_str(&p->at[i], at)) + 1;
}

/* With their NULs; those that are whole. */
static size_t text_bytes(const struct proposals_text *t)
{
	const char *at = t->text, *const end = t->text + sizeof(t->text), *nul;

	for (uint32_t i = 0; i < t->n; i++) {
		nul = memchr(at, 0, (size_t)(end - at));
		if (!nul)
			break;
		at = nul + 1;
	}
	return (size_t)(at - t->text);
}

static bool get_proposals(const struct proposals_text *from,
			  struct proposals *out)
{
	const char *at = from->text, *const end = at + sizeof(from->text);
	const enum ike_protocol protocol = from->protocol;
	struct error e;

	memset(out, 0, sizeof(*out));
	if (from->n > PROPOSALS_MAX)
		return false;
	for (uint32_t i = 0; i < from->n; i++) {
		const char *nul = memchr(at, 0, (size_t)(end - at));

		if (!nul || proposal_parse(at, protocol, &out->at[i], &e))
			return false;
		at = nul + 1;
	}
	out->n = from->n;
	return true;
}

size_t ike_seam_conn_bytes(const struct ike_msg_conn *m)
{
	return CONN_LEAST + text_bytes(&m->proposals);
}

size_t ike_seam_child_bytes(const struct ike_msg_child *m)
{
	return CHILD_LEAST + text_bytes(&m->proposals);
}

size_t ike_seam_cred_bytes(const struct ike_msg_cred *m)
{
	return CRED_LEAST + m->len;
}

void ike_seam_put_conn(struct ike_msg_conn *out, const struct conn_conf *conn)
{
	static const void *const none;

	memcpy(out->head, conn, CONN_HEAD_BYTES);
	memcpy(out->head + offsetof(struct conn_conf, children), &none,
	       sizeof(none));
	memcpy(out->head + offsetof(struct conn_conf, more_rounds), &none,
	       sizeof(none));
	put_proposals(&out->proposals, &conn->proposals);
}

void ike_seam_put_child(struct ike_msg_child *out,
			const struct child_conf *child)
{
	memcpy(out->head, child, CHILD_HEAD_BYTES);
	put_proposals(&out->proposals, &child->proposals);
}

static void put_string(char *out, size_t max, const char *text)
{
	size_t len = strnlen(text, max - 1);

	memcpy(out, text, len);
}

void ike_seam_put_event(struct ike_msg_event *out, const struct ike_event *e)
{
	memset(out, 0, sizeof(*out));
	out->kind = e->kind;
	out->ike_id = e->ike_id;
	out->path = e->path;
	out->spi_in = e->spi_in;
	out->spi_out = e->spi_out;
	out->elder_id = e->elder_id;
	out->elder_spi_in = e->elder_spi_in;
	out->succeeded = e->succeeded;
	out->alert = e->alert;
	put_string(out->conn, sizeof(out->conn), e->conn);
	put_string(out->child, sizeof(out->child), e->child);
	put_string(out->text, sizeof(out->text), e->text);
}

size_t ike_seam_event_bytes(const struct ike_msg_event *m)
{
	return EVENT_LEAST + strlen(m->text) + 1;
}

bool ike_seam_get_conn(const struct ike_msg_conn *m, struct conn_conf *conn)
{
	memcpy(conn, m->head, CONN_HEAD_BYTES);
	return m->proposals.protocol == IKE_PROTO_IKE &&
	       conn->n_more_local < AUTH_ROUNDS_MAX &&
	       conn->n_more_remote < AUTH_ROUNDS_MAX &&
	       get_proposals(&m->proposals, &conn->proposals);
}

bool ike_seam_get_child(const struct ike_msg_child *m, struct child_conf *child)
{
	memcpy(child, m->head, CHILD_HEAD_BYTES);
	return (m->proposals.protocol == IKE_PROTO_ESP ||
		m->proposals.protocol == IKE_PROTO_AH) &&
	       get_proposals(&m->proposals, &child->proposals);
}

void ike_seam_plain(char *text, size_t max)
{
	text[max - 1] = 0;
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

void ike_seam_get_event(struct ike_msg_event *m, struct ike_event *e)
{
	ike_seam_plain(m->conn, sizeof(m->conn));
	ike_seam_plain(m->child, sizeof(m->child));
	ike_seam_plain(m->text, sizeof(m->text));
	*e = (struct ike_event){
		.kind = (enum ike_event_kind)m->kind,
		.ike_id = m->ike_id,
		.path = m->path,
		.spi_in = m->spi_in,
		.spi_out = m->spi_out,
		.elder_id = m->elder_id,
		.elder_spi_in = m->elder_spi_in,
		.succeeded = m->succeeded,
		.alert = (enum ike_alert)m->alert,
		.conn = m->conn,
		.child = m->child,
		.text = m->text,
	};
}

void ike_seam_put_traced(struct ike_msg_traced *out, const struct ike_traced *t)
{
	memset(out, 0, sizeof(*out));
	out->path = *t->path;
	out->spi_i = t->spi_i;
	out->spi_r = t->spi_r;
	out->message_id = t->message_id;
	out->untold = t->untold;
	out->out = t->out;
	out->response = t->response;
	out->exchange = t->exchange;
	put_string(out->text, sizeof(out->text), t->text);
}

size_t ike_seam_traced_bytes(const struct ike_msg_traced *m)
{
	return TRACED_LEAST + strlen(m->text) + 1;
}

void ike_seam_get_traced(struct ike_msg_traced *m, struct ike_traced *t)
{
	ike_seam_plain(m->text, sizeof(m->text));
	*t = (struct ike_traced){
		.path = &m->path,
		.out = m->out,
		.spi_i = m->spi_i,
		.spi_r = m->spi_r,
		.exchange = m->exchange,
		.response = m->response,
		.message_id = m->message_id,
		.untold = m->untold,
		.text = m->text,
	};
}

size_t ike_seam_want_bytes(const struct ike_msg_want *m)
{
	size_t bytes = WANT_LEAST;

	for (uint32_t i = 0; i < m->n_path; i++)
		bytes += m->bytes[i];
	return bytes;
}

bool ike_seam_get_want(const struct ike_msg_want *m,
		       struct slice path[TRUST_CHAIN_MAX], struct slice *request)
{
	struct slice rest = slice_of(m->path, sizeof(m->path));

	if (m->kind > FETCH_CERT || m->n_request > sizeof(m->request) ||
	    !m->n_request != (m->kind == FETCH_CRL) ||
	    !m->n_path != (m->kind == FETCH_CERT) || m->n_path > TRUST_CHAIN_MAX)
		return false;
	for (uint32_t i = 0; i < m->n_path; i++)
		if (!m->bytes[i] || !rd_slice(&rest, m->bytes[i], &path[i]))
			return false;
	*request = slice_of(m->request, m->n_request);
	return true;
}
