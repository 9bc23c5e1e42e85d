// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/view.h"

#include <string.h>

#include "ctrl/ike/child.h"
#include "ctrl/ike/cp.h"
#include "ctrl/ike/pool.h"

void view_changed(struct ike_sa *sa)
{
	if (sa->is_changed)
		return;
	sa->is_changed = true;
	sa->next_changed = sa->e->changed;
	sa->e->changed = sa;
}

static enum sa_view_state ike_state(const struct ike_sa *sa)
{
	switch (sa->state) {
	case IKE_ST_INIT:
	case IKE_ST_AUTH:
		return SA_VIEW_CONNECTING;
	case IKE_ST_ESTABLISHED:
		if (sa->has_heir)
			return SA_VIEW_REKEYED;
		return sa->ours.kind == EX_REKEY_IKE ? SA_VIEW_REKEYING
						     : SA_VIEW_UP;
	case IKE_ST_DELETING:
		return SA_VIEW_DELETING;
	case IKE_ST_DEAD:
		break;
	}
	return SA_VIEW_GONE;
}

static enum sa_view_state child_state(const struct ike_sa *sa,
				      const struct child_sa *c)
{
	switch (c->state) {
	case CHILD_ST_LARVAL:
		return SA_VIEW_CONNECTING;
	case CHILD_ST_INSTALLED:
		if (c->replaced_by)
			return SA_VIEW_REKEYED;
		return sa->ours.kind == EX_CHILD &&
				       sa->ours.old_spi_in == c->spi_in
			       ? SA_VIEW_REKEYING
			       : SA_VIEW_UP;
	case CHILD_ST_DELETING:
		break;
	}
	return SA_VIEW_DELETING;
}

static void put_algs(const struct keys *k, struct ike_sa_view *v)
{
	v->encr = (uint16_t)k->encr->id;
	v->encr_key_bits = k->encr->key_bits;
	v->integ = (uint16_t)k->integ->id;
	v->prf = (uint16_t)k->prf->id;
	v->ke = k->ke ? (uint16_t)k->ke->id : 0;
	memcpy(v->addke, k->addke, sizeof(v->addke));
}

static void tell_ike(const struct ike_sa *sa)
{
	struct ike_sa_view v = {
		.id = sa->view_id,
		.state = (uint8_t)ike_state(sa),
		.initiator = sa->initiator,
		.nat_local = sa->nat_local,
		.nat_remote = sa->nat_remote,
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.local = sa->path.local,
		.remote = sa->path.remote,
		.local_port = sa->path.local_port,
		.remote_port = sa->path.remote_port,
		.local_id = sa->local_id,
		.remote_id = sa->peer_id,
		.ppk = sa->uses_ppk,
		.tcp = sa->path.stream != 0,
		.established_ns = sa->established_ns,
		.rekey_ns = sa->rekey_ns,
		.reauth_ns = sa->reauth_ns,
	};

	memcpy(v.conn, sa->conn->conf.name, sizeof(v.conn));
	if (sa->has_keys)
		put_algs(&sa->keys, &v);
	cp_show(sa, &v);
	sa->e->calls.ike_view(sa->e->calls.ctx, &v);
}

static void tell_child(const struct ike_sa *sa, const struct child_sa *c,
		       enum sa_view_state state)
{
	struct child_sa_view v = {
		.id = c->view_id,
		.ike_id = sa->view_id,
		.state = (uint8_t)state,
		.encap = c->encap,
		.tcp = c->protocol == IKE_PROTO_ESP && sa->path.stream,
		.esn = c->esn,
		.mode = c->mode,
		.protocol = c->protocol,
		.of_cpus = c->of_cpus,
		.cpu = c->cpu,
		.policy = c->conf->policy,
		.if_id_in = c->conf->if_id_in,
		.if_id_out = c->conf->if_id_out,
		.spi_in = c->spi_in,
		.spi_out = c->spi_out,
		.encr = c->encr,
		.encr_key_bits = c->encr_key_bits,
		.integ = c->integ,
		.ke = c->ke,
		.installed_ns = c->installed_ns,
		.rekey_ns = c->rekey_ns,
		.expire_ns = c->expire_ns,
	};
	int n = child_selectors(c, v.selectors);

	v.n_selectors = n > 0 ? (uint32_t)n : 0;
	memcpy(v.addke, c->addke, sizeof(v.addke));
	memcpy(v.name, c->conf->name, sizeof(v.name));
	sa->e->calls.child_view(sa->e->calls.ctx, &v);
}

void view_child_gone(const struct ike_sa *sa, const struct child_sa *c)
{
	if (sa->e->calls.child_view)
		tell_child(sa, c, SA_VIEW_GONE);
}

/* An heir under way is its elder's affair, and a peer without a connection
 * nobody's yet. */
static bool is_seen(const struct ike_sa *sa)
{
	if (sa->established_ns)
		return true;
	return sa->conn && sa->initiator && sa->ours.kind != EX_NONE;
}

static void tell(struct ike_sa *sa)
{
	bool seen = is_seen(sa);

	if (!sa->conn || (!seen && !sa->is_told))
		return;
	tell_ike(sa);
	sa->is_told = true;
	if (sa->state == IKE_ST_DEAD)
		return;
	for (const struct child_sa *c = sa->children; c; c = c->next)
		tell_child(sa, c, child_state(sa, c));
}

void view_flush(struct engine *e)
{
	while (e->changed) {
		struct ike_sa *sa = e->changed;

		e->changed = sa->next_changed;
		sa->is_changed = false;
		if (e->calls.ike_view)
			tell(sa);
	}
}

void engine_show(struct engine *e)
{
	for (uint32_t i = 0; i < e->n_slots; i++)
		if (e->slots[i])
			view_changed(e->slots[i]);
	view_flush(e);
	pools_show(e);
}
