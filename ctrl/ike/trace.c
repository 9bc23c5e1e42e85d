// SPDX-License-Identifier: BSD-2-Clause
/*
 * The words are those of the payloads' and notifications' tables, and of the
 * configuration where it has some: proposals, selectors, identities.
 */
#include "ctrl/ike/trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctrl/base/clock.h"
#include "ctrl/ike/proposal.h"
#include "ctrl/ike/ts.h"

#define SPIS_SHOWN 4

/* Text that is cut where it is full. */
struct words {
	char text[IKE_TRACE_TEXT_MAX];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void say(struct words *w,
						      const char *fmt, ...)
{
	const size_t room = sizeof(w->text) - w->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(w->text + w->len, room, fmt, ap);
	va_end(ap);
	w->len += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

/* --- payloads */

static void say_sa(struct words *w, struct slice body)
{
	char text[MISMATCH_SIDE_MAX];
	struct slice rest = body;
	struct ike_proposal first;

	sa_body_describe(body, text);
	if (ike_proposal_next(&rest, &first))
		say(w, "(%s: %s)",
		    first.protocol == IKE_PROTO_IKE  ? "IKE"
		    : first.protocol == IKE_PROTO_AH ? "AH"
						     : "ESP",
		    text);
}

static void say_ke(struct words *w, struct slice body)
{
	const struct ke_alg *alg;
	struct ike_ke ke;

	if (!ike_ke_parse(body, &ke))
		return;
	alg = ke_by_id(ke.method);
	if (alg)
		say(w, "(%s)", alg->name);
	else
		say(w, "(%u)", ke.method);
}

static void say_id(struct words *w, struct slice body)
{
	char text[IDENTITY_STR_MAX];
	struct identity id = { .type = 0 };
	struct ike_id from;

	if (!ike_id_parse(body, &from) || from.data.len > sizeof(id.octets))
		return;
	id.type = from.type;
	id.len = (uint16_t)from.data.len;
	memcpy(id.octets, from.data.ptr, from.data.len);
	say(w, "(%s)", identity_str(&id, text, sizeof(text)));
}

static void say_auth(struct words *w, struct slice body)
{
	struct ike_auth auth;

	if (ike_auth_parse(body, &auth))
		say(w, auth.method == IKE_AUTH_PSK ? "(psk)" : "(method %u)",
		    auth.method);
}

static void say_notify(struct words *w, struct slice body)
{
	struct ike_notify n;
	const char *name;

	if (!ike_notify_parse(body, &n))
		return;
	name = ike_notify_name(n.type);
	if (strcmp(name, "unknown") == 0)
		say(w, "(%u)", n.type);
	else
		say(w, "(%s)", name);
}

static void say_delete(struct words *w, struct slice body)
{
	struct ike_delete d;
	uint32_t spi;

	if (!ike_delete_parse(body, &d))
		return;
	say(w, "(%s",
	    d.protocol == IKE_PROTO_IKE	 ? "IKE"
	    : d.protocol == IKE_PROTO_AH ? "AH"
					 : "ESP");
	for (unsigned int i = 0; i < SPIS_SHOWN && d.spi_bytes == sizeof(spi) &&
				 rd_u32(&d.spis, &spi);
	     i++)
		say(w, " %08" PRIx32, spi);
	say(w, d.n > SPIS_SHOWN ? " ...)" : ")");
}

static void say_ts(struct words *w, struct slice body)
{
	char text[IKE_TRACE_TEXT_MAX / 2];
	struct ts_list list;
	struct slice selectors;

	if (!ike_ts_parse(body, &selectors))
		return;
	ts_from_wire(selectors, &list);
	say(w, "(%s)", ts_str(&list, text, sizeof(text)));
}

/* What else has no words, or none that everybody may read. */
static void say_payload(struct words *w, const struct ike_payload *p)
{
	say(w, "%s%s", w->len ? " " : "", ike_payload_name(p->type));
	switch (p->type) {
	case IKE_PL_SA:
		say_sa(w, p->body);
		return;
	case IKE_PL_KE:
		say_ke(w, p->body);
		return;
	case IKE_PL_ID_I:
	case IKE_PL_ID_R:
		say_id(w, p->body);
		return;
	case IKE_PL_AUTH:
		say_auth(w, p->body);
		return;
	case IKE_PL_NOTIFY:
		say_notify(w, p->body);
		return;
	case IKE_PL_DELETE:
		say_delete(w, p->body);
		return;
	case IKE_PL_TS_I:
	case IKE_PL_TS_R:
		say_ts(w, p->body);
		return;
	default:
		return;
	}
}

/* --- who hears of it */

/* Its time ends it. */
static bool is_looked_at(struct engine *e, const struct ike_path *path)
{
	if (e->now_ns >= e->trace.until_ns) {
		e->trace.until_ns = 0;
		return false;
	}
	return addr_equal(&path->remote, &e->trace.peer);
}

/* A flood is counted, or it would be one of words. */
static bool may_tell(struct engine *e)
{
	if (e->now_ns - e->trace.second_ns >= NS_PER_S) {
		e->trace.second_ns = e->now_ns;
		e->trace.told = 0;
	}
	if (e->trace.told < IKE_TRACE_PER_S) {
		e->trace.told++;
		return true;
	}
	e->trace.untold++;
	return false;
}

static void tell(struct engine *e, const struct ike_path *path,
		 const struct ike_header *h, bool out, const char *text)
{
	const struct ike_traced t = {
		.path = path,
		.out = out,
		.spi_i = h->spi_i,
		.spi_r = h->spi_r,
		.exchange = h->exchange,
		.response = h->flags & IKE_FLAG_R,
		.message_id = h->message_id,
		.untold = e->trace.untold,
		.text = text,
	};

	e->trace.untold = 0;
	e->calls.traced(e->calls.ctx, &t);
}

static void tell_payloads(struct engine *e, const struct ike_path *path,
			  const struct ike_header *h, bool out,
			  const struct ike_payloads *p)
{
	struct words w = { .len = 0 };

	w.text[0] = '\0';
	for (unsigned int i = 0; i < p->n; i++)
		say_payload(&w, &p->at[i]);
	tell(e, path, h, out, w.len ? w.text : "(no payloads)");
}

void trace_payloads_(struct engine *e, const struct ike_path *path,
		     const struct ike_header *h, const struct ike_payloads *p)
{
	if (is_looked_at(e, path) && may_tell(e))
		tell_payloads(e, path, h, false, p);
}

void trace_note_(struct engine *e, const struct ike_path *path,
		 const struct ike_header *h, bool out, const char *text)
{
	if (is_looked_at(e, path) && may_tell(e))
		tell(e, path, h, out, text);
}

/* The header has no length yet, and no more is wrong with it. */
static bool head_of(const struct ike_builder *m, struct ike_header *out)
{
	struct slice all = slice_of(m->b.ptr, IKE_HEADER_BYTES);
	uint32_t length;

	return m->b.len >= IKE_HEADER_BYTES && rd_u64(&all, &out->spi_i) &&
	       rd_u64(&all, &out->spi_r) && rd_u8(&all, &out->next_payload) &&
	       rd_u8(&all, &out->version) && rd_u8(&all, &out->exchange) &&
	       rd_u8(&all, &out->flags) && rd_u32(&all, &out->message_id) &&
	       rd_u32(&all, &length);
}

void trace_out_(struct engine *e, const struct ike_path *path,
		const struct ike_builder *m)
{
	struct slice body = slice_of(m->b.ptr + IKE_HEADER_BYTES,
				     m->b.len - IKE_HEADER_BYTES);
	struct ike_payloads p = { .n = 0 };
	struct ike_header h;
	uint8_t first;

	if (!is_looked_at(e, path) || !may_tell(e) || !head_of(m, &h))
		return;
	first = h.next_payload;
	if (m->text_at) {
		body = ike_sk_payloads(m);
		first = m->b.ptr[m->sk_at];
	}
	if (ike_payloads_parse(body, first,
			       m->text_at ? IKE_PART_PROTECTED : IKE_PART_CLEAR,
			       &p) == IKE_PARSE_OK)
		tell_payloads(e, path, &h, true, &p);
}

void trace_again_(struct engine *e, const struct ike_path *path,
		  const struct octets *message)
{
	struct slice all = slice_of(message->ptr, message->len), first;
	struct ike_header h;

	if (ike_message_next(&all, &first) && ike_header_parse(first, &h))
		trace_note_(e, path, &h, true, "the same again");
}

/* --- */

void engine_trace(struct engine *e, const struct addr *peer, uint64_t until_ns)
{
	memset(&e->trace, 0, sizeof(e->trace));
	if (!peer || !e->calls.traced)
		return;
	e->trace.peer = *peer;
	e->trace.until_ns = until_ns;
}
