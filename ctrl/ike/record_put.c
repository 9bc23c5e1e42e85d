// SPDX-License-Identifier: BSD-2-Clause
/*
 * SAs as octets, for record_get.c. A list has its length before it; yes and no
 * are bits of one octet.
 */
#include "ctrl/ike/record.h"

#include <string.h>

#include "ctrl/ike/cp.h"
#include "ctrl/ike/followup.h"
#include "ctrl/ike/ticket.h"
#include "ctrl/model/proven.h"

static void put_octets(struct builder *b, const void *ptr, size_t len)
{
	struct wr_mark mark = wr_begin(b, 2);

	wr_bytes(b, ptr, len);
	wr_end(b, mark);
}

static void put_name(struct builder *b, const char *name)
{
	put_octets(b, name, strlen(name));
}

static void put_addr(struct builder *b, const struct addr *a)
{
	wr_bytes(b, a->octets, sizeof(a->octets));
}

static void put_path(struct builder *b, const struct ike_path *p)
{
	put_addr(b, &p->local);
	put_addr(b, &p->remote);
	wr_u16(b, p->local_port);
	wr_u16(b, p->remote_port);
	wr_u8(b, p->stream != 0); /* it ends with the engine */
}

static void put_identity(struct builder *b, const struct identity *id)
{
	wr_u8(b, id->type);
	put_octets(b, id->octets, id->len);
}

static void put_nonce(struct builder *b, const struct nonce *n)
{
	put_octets(b, n->octets, n->len);
}

static void put_flags(struct builder *b, const bool *flags, size_t n)
{
	uint8_t octet = 0;

	for (size_t i = 0; i < n; i++)
		octet = (uint8_t)(octet | (flags[i] ? 1U << i : 0U));
	wr_u8(b, octet);
}

/* --- exchanges */

static void put_ke(struct builder *b, const struct exchange *x)
{
	struct secret private_value = { .len = 0 };

	wr_u16(b, x->ke ? x->ke_method : KE_NONE);
	if (x->ke)
		ke_export(x->ke, &private_value);
	put_octets(b, private_value.octets, private_value.len);
	secret_wipe(&private_value);
}

/* That we are about to make: our half of it. */
static void put_larval(struct builder *b, const struct child_sa *c)
{
	put_name(b, c->conn->conf.name);
	put_name(b, c->conf->name);
	put_addr(b, &c->in.daddr);
	wr_u32(b, c->spi_in);
	wr_u8(b, c->has_in);
	wr_u8(b, c->of_cpus);
	wr_u8(b, c->cpu);
}

static void put_heir(struct builder *b, const struct ike_sa *heir)
{
	wr_u32(b, heir->id);
	wr_u32(b, heir->view_id);
	wr_u64(b, heir->spi_i);
}

static void put_ts(struct builder *b, const struct ts_kept *l)
{
	wr_u8(b, (uint8_t)l->n);
	for (unsigned int i = 0; i < l->n; i++) {
		const struct ike_ts *ts = &l->at[i];

		wr_u8(b, ts->type);
		wr_u8(b, ts->protocol);
		wr_u16(b, ts->port_min);
		wr_u16(b, ts->port_max);
		put_addr(b, &ts->addr_min);
		put_addr(b, &ts->addr_max);
	}
}

static void put_addkes(struct builder *b, const uint16_t addke[IKE_ADDKES])
{
	for (unsigned int i = 0; i < IKE_ADDKES; i++)
		wr_u16(b, addke[i]);
}

static void put_chosen(struct builder *b, const struct chosen *c)
{
	wr_u8(b, (uint8_t)c->protocol);
	wr_u16(b, (uint16_t)c->encr->id);
	wr_u16(b, encr_attr_bits(c->encr));
	wr_u16(b, (uint16_t)c->integ->id);
	wr_u16(b, c->prf ? (uint16_t)c->prf->id : 0);
	wr_u16(b, (uint16_t)c->ke->id);
	put_addkes(b, c->addke);
	wr_u8(b, c->esn);
}

/* What the response to CREATE_CHILD_SA agreed on. The link is in the request. */
static void put_agreed(struct builder *b, const struct exchange *x)
{
	if (x->kind == EX_REKEY_IKE) {
		wr_u64(b, x->heir->spi_r);
		return;
	}
	wr_u32(b, x->child->spi_out);
	wr_u8(b, x->child->mode);
	wr_u8(b, x->no_tfc);
	put_ts(b, &x->child->local_ts);
	put_ts(b, &x->child->remote_ts);
}

/* Names, nonces, SPIs and a private value; secrets; selectors of both sides. */
_Static_assert(2 * CONN_NAME_MAX + NONCE_BYTES + IKE_NONCE_MAX_BYTES +
			       SECRET_MAX_BYTES + FOLLOWUP_SECRETS_MAX +
			       FOLLOWUP_LINK_MAX + 2 * TS_MAX * 38 + 128 <=
		       EXCHANGE_MAX,
	       "an exchange has room in its part of a record");

static void put_followup(struct builder *b, const struct exchange *x)
{
	const struct followup *f = x->followup;

	wr_u8(b, f != NULL);
	if (!f)
		return;
	put_nonce(b, &x->nr);
	put_chosen(b, &x->chosen);
	put_octets(b, f->secrets, f->first_len);
	put_octets(b, f->secrets + f->first_len, f->len - f->first_len);
	wr_u8(b, (uint8_t)f->next);
	put_agreed(b, x);
}

void record_put_exchange(struct builder *b, const struct ike_sa *sa)
{
	const struct exchange *x = &sa->ours;

	wr_u8(b, (uint8_t)x->kind);
	wr_u32(b, x->message_id);
	wr_u32(b, x->old_spi_in);
	wr_u8(b, x->deletes_ike);
	wr_u8(b, (uint8_t)x->restarts);
	if (x->kind == EX_INFO)
		return;
	if (x->kind == EX_MOBIKE) {
		wr_u8(b, (uint8_t)x->mobike);
		wr_bytes(b, x->cookie2, sizeof(x->cookie2));
		return;
	}
	put_nonce(b, &x->ni);
	put_ke(b, x);
	if (x->kind == EX_CHILD)
		put_larval(b, x->child);
	else
		put_heir(b, x->heir);
	put_followup(b, x);
}

/* What the peer's exchanges make of ours meanwhile is not frozen. */
static void put_rest(struct builder *b, const struct ike_sa *sa)
{
	const struct exchange *x = &sa->ours;

	put_octets(b, sa->request.ptr, sa->request.len);
	put_nonce(b, &x->rival_nonce);
	wr_u64(b, x->rival_spi);
	wr_u32(b, x->rival_spi_in);
}

static bool has_left(const struct exchange *x)
{
	return x->step == STEP_RESPONSE &&
	       (x->kind == EX_CHILD || x->kind == EX_REKEY_IKE ||
		x->kind == EX_INFO || x->kind == EX_MOBIKE);
}

static void put_ours(struct builder *b, const struct ike_sa *sa)
{
	if (has_left(&sa->ours)) {
		record_put_exchange(b, sa);
		put_rest(b, sa);
	} else if (sa->frozen.len) {
		wr_bytes(b, sa->frozen.ptr, sa->frozen.len);
		put_rest(b, sa);
	} else {
		wr_u8(b, EX_NONE);
	}
}

/* --- virtual IPs */

static void put_addrs(struct builder *b, const struct addr *addrs,
		      unsigned int n)
{
	wr_u8(b, (uint8_t)n);
	for (unsigned int i = 0; i < n; i++)
		put_addr(b, &addrs[i]);
}

/* One whose pool is loaded no more has no name of a pool. */
static void put_given(struct builder *b, const struct cp_given *g)
{
	put_addr(b, &g->addr);
	put_name(b, g->lease ? lease_pool(g->lease)->name : "");
}

static void put_cp(struct builder *b, const struct ike_sa *sa)
{
	const struct cp *cp = sa->cp;

	wr_u8(b, cp != NULL);
	if (!cp)
		return;
	put_flags(b, (const bool[]){ cp->asks, cp->gives }, 2);
	put_addrs(b, cp->local, cp->n_local);
	put_addrs(b, cp->dns, cp->n_dns);
	wr_u8(b, (uint8_t)cp->n_given);
	for (unsigned int i = 0; i < cp->n_given; i++)
		put_given(b, &cp->given[i]);
}

/* --- IKE SAs */

static void put_mobike(struct builder *b, const struct ike_sa *sa)
{
	const bool flags[] = { sa->mobike,	  sa->began,
			       sa->tells_update,  sa->tells_check,
			       sa->tells_addrs,	  sa->knows_nats,
			       sa->takes_redirect };

	put_flags(b, flags, sizeof(flags));
	wr_u8(b, (uint8_t)sa->n_peer_addrs);
	for (unsigned int i = 0; i < sa->n_peer_addrs; i++)
		put_addr(b, &sa->peer_addrs[i]);
}

void record_put_ike(struct builder *b, const struct ike_sa *sa)
{
	const bool flags[] = { sa->initiator,  sa->nat_local,
			       sa->nat_remote, sa->delete_wanted,
			       sa->failed,     sa->has_heir,
			       sa->fragments,  sa->begins_anew };

	wr_u8(b, RECORD_VERSION);
	wr_u32(b, sa->view_id);
	wr_u32(b, sa->id);
	wr_u8(b, (uint8_t)sa->state);
	put_flags(b, flags, sizeof(flags));
	put_name(b, sa->conn->conf.name);
	put_path(b, &sa->path);
	put_path(b, &sa->asked_by);
	wr_u64(b, sa->spi_i);
	wr_u64(b, sa->spi_r);
	keys_put(b, &sa->keys);
	put_identity(b, &sa->local_id);
	put_identity(b, &sa->peer_id);
	put_cp(b, sa);
	wr_u8(b, sa->uses_ppk);
	wr_u64(b, ticket_given(sa));
	wr_u8(b, sa->proven != NULL);
	if (sa->proven)
		proven_put(b, sa->proven);
	wr_u32(b, sa->next_ours);
	wr_u32(b, sa->next_peers);
	put_octets(b, sa->reply.ptr, sa->reply.len);
	put_ours(b, sa);
	wr_u64(b, sa->rekey_ns);
	wr_u64(b, sa->expire_ns);
	wr_u64(b, sa->drop_ns);
	wr_u64(b, sa->replaced_ns);
	wr_u64(b, sa->reauth_ns);
	wr_u32(b, sa->elder);
	wr_u64(b, sa->established_ns);
	wr_u64(b, sa->heard_ns);
	put_mobike(b, sa);
}

/* --- CHILD SAs */

/* One that waits for its policy alone is as good as installed. */
static enum child_state state_of(const struct child_sa *c)
{
	return c->state == CHILD_ST_LARVAL ? CHILD_ST_INSTALLED : c->state;
}

/* The pair in its place may be bound already: its exchange begins anew. */
static bool is_bound(const struct ike_sa *sa, const struct child_sa *c)
{
	const struct exchange *x = &sa->ours;

	return c->bound || (x->kind == EX_CHILD && x->child &&
			    x->child->bound && x->old_spi_in == c->spi_in);
}

void record_put_child(struct builder *b, const struct ike_sa *sa,
		      const struct child_sa *c)
{
	const bool about[] = { c->up,
			       c->asked,
			       c->confirmed || c->state == CHILD_ST_LARVAL,
			       is_bound(sa, c),
			       c->lost,
			       c->esn,
			       c->encap,
			       c->again };
	/* One that is on its way out may still be there. */
	const bool sad[] = { c->has_in, c->has_out || c->draining, c->more_ts,
			     c->of_cpus, c->no_more };

	wr_u8(b, RECORD_VERSION);
	wr_u32(b, c->view_id);
	wr_u32(b, sa->id);
	wr_u32(b, sa->view_id);
	wr_u8(b, (uint8_t)state_of(c));
	put_flags(b, about, sizeof(about));
	put_flags(b, sad, sizeof(sad));
	put_name(b, c->conn->conf.name);
	put_name(b, c->conf->name);
	wr_u32(b, c->spi_in);
	wr_u32(b, c->spi_out);
	wr_u32(b, c->replaced_by);
	put_addr(b, &c->in.daddr);
	put_addr(b, &c->out.daddr);
	put_ts(b, &c->local_ts);
	put_ts(b, &c->remote_ts);
	wr_u8(b, c->protocol);
	wr_u8(b, c->mode);
	wr_u64(b, c->rekey_ns);
	wr_u64(b, c->expire_ns);
	wr_u64(b, c->bind_ns);
	wr_u64(b, c->trust_ns);
	wr_u64(b, c->installed_ns);
	wr_u16(b, c->encr);
	wr_u16(b, c->encr_key_bits);
	wr_u16(b, c->integ);
	wr_u16(b, c->ke);
	put_addkes(b, c->addke);
	wr_u8(b, c->cpu);
}
