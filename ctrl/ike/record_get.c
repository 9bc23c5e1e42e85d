// SPDX-License-Identifier: BSD-2-Clause
/*
 * Octets of record_put.c as SAs again. They come from the process that keeps them:
 * what can't be is refused all the same, as a whole.
 */
#include "ctrl/ike/record.h"

#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/child.h"
#include "ctrl/ike/cp.h"
#include "ctrl/ike/followup.h"
#include "include/limits.h"
#include "ctrl/ike/mobike.h"
#include "ctrl/ike/proven.h"
#include "ctrl/ike/ticket.h"

static bool get_octets(struct slice *s, void *out, size_t max, size_t *len)
{
	struct slice part;
	uint16_t n;

	if (!rd_u16(s, &n) || n > max || !rd_slice(s, n, &part))
		return false;
	if (n)
		memcpy(out, part.ptr, n);
	*len = n;
	return true;
}

/* Kept by the SA: a message. */
static bool get_message(struct slice *s, struct octets *out)
{
	struct slice part;
	uint16_t n;

	if (!rd_u16(s, &n) || n > MESSAGE_MAX || !rd_slice(s, n, &part))
		return false;
	return !n || octets_set(out, part);
}

/* Or "". */
static bool get_name_or_none(struct slice *s, char out[CONN_NAME_MAX])
{
	size_t len;

	if (!get_octets(s, out, CONN_NAME_MAX - 1, &len))
		return false;
	out[len] = '\0';
	return strlen(out) == len;
}

static bool get_name(struct slice *s, char out[CONN_NAME_MAX])
{
	return get_name_or_none(s, out) && *out;
}

static bool get_addr(struct slice *s, struct addr *out)
{
	return rd_bytes(s, out->octets, sizeof(out->octets));
}

static bool get_path(struct slice *s, struct ike_path *out)
{
	uint8_t tcp;

	if (!get_addr(s, &out->local) || !get_addr(s, &out->remote) ||
	    !rd_u16(s, &out->local_port) || !rd_u16(s, &out->remote_port) ||
	    !rd_u8(s, &tcp) || tcp > 1)
		return false;
	out->stream = tcp ? STREAM_LOST : 0;
	return true;
}

static bool get_identity(struct slice *s, struct identity *out)
{
	size_t len;

	if (!rd_u8(s, &out->type) ||
	    !get_octets(s, out->octets, sizeof(out->octets), &len))
		return false;
	out->len = (uint16_t)len;
	return true;
}

static bool get_nonce(struct slice *s, struct nonce *out)
{
	struct slice part;
	uint16_t n;

	if (!rd_u16(s, &n) || n > IKE_NONCE_MAX_BYTES || !rd_slice(s, n, &part))
		return false;
	return !n || nonce_take(out, part);
}

static bool get_flags(struct slice *s, bool *const *out, size_t n)
{
	uint8_t octet;

	if (!rd_u8(s, &octet) || octet >> (n - 1) > 1)
		return false;
	for (size_t i = 0; i < n; i++)
		*out[i] = octet >> i & 1;
	return true;
}

static bool get_bool(struct slice *s, bool *out)
{
	return get_flags(s, &out, 1);
}

static bool get_version(struct slice *s)
{
	uint8_t version;

	return rd_u8(s, &version) && version == RECORD_VERSION;
}

/* --- exchanges */

static bool get_ke(struct slice *s, struct exchange *x)
{
	struct secret private_value = { .len = 0 };
	const struct ke_alg *alg;
	bool ok;

	if (!rd_u16(s, &x->ke_method) ||
	    !get_octets(s, private_value.octets, sizeof(private_value.octets),
			&private_value.len))
		return false;
	alg = ke_by_id(x->ke_method);
	if (alg)
		ok = !ke_from_private(
			alg, slice_of(private_value.octets, private_value.len),
			&x->ke);
	else
		ok = x->ke_method == KE_NONE && !private_value.len;
	secret_wipe(&private_value);
	return ok;
}

/* One of the connection as it is loaded now, or of one that stands for it. */
static struct child_sa *child_of(const struct engine *e, const char *conn,
				 const char *child)
{
	const struct child_conf *conf;
	struct conn *c = conn_take(e, conn, child, &conf);
	struct child_sa *made = c ? child_new(c, conf) : NULL;

	conn_drop(c);
	return made;
}

static bool get_cpu(struct slice *s, struct child_sa *c)
{
	return rd_u8(s, &c->cpu) && c->cpu <= WORKERS_MAX;
}

static bool get_larval(struct engine *e, struct slice *s, struct exchange *x)
{
	char conn[CONN_NAME_MAX], child[CONN_NAME_MAX];

	if (!get_name(s, conn) || !get_name(s, child))
		return false;
	x->child = child_of(e, conn, child);
	if (!x->child || !get_addr(s, &x->child->in.daddr) ||
	    !rd_u32(s, &x->child->spi_in) || !get_bool(s, &x->child->has_in) ||
	    !get_bool(s, &x->child->of_cpus) || !get_cpu(s, x->child))
		return false;
	x->child->in.spi = x->child->spi_in;
	x->child->in.dir = SADB_IN;
	return x->child->spi_in;
}

static bool get_heir(struct slice *s, struct exchange *x)
{
	x->heir = calloc(1, sizeof(*x->heir));
	if (!x->heir)
		return false;
	x->heir->initiator = true;
	return rd_u32(s, &x->heir->id) && rd_u32(s, &x->heir->view_id) &&
	       rd_u64(s, &x->heir->spi_i);
}

static bool is_range(const struct ike_ts *ts)
{
	bool v4 = addr_is_v4(&ts->addr_min);

	return ts->type == (v4 ? IKE_TS_IPV4_RANGE : IKE_TS_IPV6_RANGE) &&
	       addr_is_v4(&ts->addr_max) == v4;
}

static bool get_ts(struct slice *s, struct ts_list *out)
{
	uint8_t n;

	if (!rd_u8(s, &n) || n > TS_MAX)
		return false;
	for (out->n = 0; out->n < n; out->n++) {
		struct ike_ts *ts = &out->at[out->n];

		if (!rd_u8(s, &ts->type) || !rd_u8(s, &ts->protocol) ||
		    !rd_u16(s, &ts->port_min) || !rd_u16(s, &ts->port_max) ||
		    !get_addr(s, &ts->addr_min) ||
		    !get_addr(s, &ts->addr_max) || !is_range(ts))
			return false;
	}
	return true;
}

static bool get_kept_ts(struct slice *s, struct ts_kept *out)
{
	struct ts_list l;

	if (!get_ts(s, &l))
		return false;
	ts_keep(out, &l);
	return out->n == l.n;
}

static bool get_addkes(struct slice *s, uint16_t addke[IKE_ADDKES])
{
	for (unsigned int i = 0; i < IKE_ADDKES; i++)
		if (!rd_u16(s, &addke[i]) ||
		    (addke[i] != KE_NONE && !ke_by_id(addke[i])))
			return false;
	return true;
}

static bool get_chosen(struct slice *s, struct chosen *c)
{
	uint16_t encr, bits, integ, prf, ke;
	uint8_t protocol;

	if (!rd_u8(s, &protocol) || !rd_u16(s, &encr) || !rd_u16(s, &bits) ||
	    !rd_u16(s, &integ) || !rd_u16(s, &prf) || !rd_u16(s, &ke))
		return false;
	c->protocol = protocol;
	c->encr = encr_by_id(encr, bits);
	c->integ = integ_by_id(integ);
	c->prf = prf_by_id(prf);
	c->ke = ke_by_id(ke);
	return get_addkes(s, c->addke) && get_bool(s, &c->esn) && c->encr &&
	       c->integ && c->ke && (c->prf || protocol != IKE_PROTO_IKE);
}

static bool get_agreed(struct slice *s, struct exchange *x)
{
	struct child_sa *c = x->child;

	if (x->kind == EX_REKEY_IKE)
		return x->chosen.protocol == IKE_PROTO_IKE &&
		       rd_u64(s, &x->heir->spi_r) && x->heir->spi_r;
	c->protocol = (uint8_t)x->chosen.protocol;
	return (c->protocol == IKE_PROTO_ESP || c->protocol == IKE_PROTO_AH) &&
	       rd_u32(s, &c->spi_out) && c->spi_out && rd_u8(s, &c->mode) &&
	       c->mode <= SADB_TRANSPORT && get_bool(s, &x->no_tfc) &&
	       get_kept_ts(s, &c->local_ts) && get_kept_ts(s, &c->remote_ts);
}

/* All that were exchanged, and one that is under way. */
static bool is_whole(const struct exchange *x)
{
	const struct followup *f = x->followup;

	return x->ke && x->nr.len && f->first_len && f->next < IKE_ADDKES &&
	       x->chosen.addke[f->next] == x->ke_method;
}

static bool get_followup(struct slice *s, struct exchange *x)
{
	struct followup *f;
	bool is_there = false;
	uint8_t next;
	size_t more;

	if (!get_bool(s, &is_there) || !is_there)
		return !is_there;
	f = x->followup = followup_new();
	if (!f || !get_nonce(s, &x->nr) || !get_chosen(s, &x->chosen) ||
	    !get_octets(s, f->secrets, FOLLOWUP_SECRETS_MAX, &f->first_len) ||
	    !get_octets(s, f->secrets + f->first_len,
			FOLLOWUP_SECRETS_MAX - f->first_len, &more) ||
	    !rd_u8(s, &next))
		return false;
	f->len = f->first_len + more;
	f->next = next;
	f->is_said = true;
	return get_agreed(s, x) && is_whole(x);
}

static bool get_rest(struct slice *s, struct ike_sa *sa)
{
	struct exchange *x = &sa->ours;

	return get_message(s, &sa->request) && sa->request.len &&
	       get_nonce(s, &x->rival_nonce) && rd_u64(s, &x->rival_spi) &&
	       rd_u32(s, &x->rival_spi_in);
}

static bool get_mobike_exchange(struct slice *s, struct exchange *x)
{
	uint8_t kind;

	if (!rd_u8(s, &kind))
		return false;
	x->mobike = kind;
	return kind > MOBIKE_NONE && kind <= MOBIKE_ASK &&
	       rd_bytes(s, x->cookie2, sizeof(x->cookie2));
}

static bool get_made(struct engine *e, struct slice *s, struct exchange *x)
{
	if (x->kind == EX_INFO)
		return true;
	if (x->kind == EX_MOBIKE)
		return get_mobike_exchange(s, x);
	if (!get_nonce(s, &x->ni) || !x->ni.len || !get_ke(s, x))
		return false;
	if (x->kind == EX_CHILD)
		return get_larval(e, s, x) && get_followup(s, x);
	return x->ke && get_heir(s, x) && get_followup(s, x);
}

static bool get_ours(struct engine *e, struct slice *s, struct ike_sa *sa)
{
	struct exchange *x = &sa->ours;
	uint8_t kind, restarts;

	if (!rd_u8(s, &kind))
		return false;
	if (kind == EX_NONE)
		return true;
	x->kind = kind;
	x->step = STEP_RESPONSE;
	if (kind != EX_CHILD && kind != EX_REKEY_IKE && kind != EX_INFO &&
	    kind != EX_MOBIKE)
		return false;
	if (!rd_u32(s, &x->message_id) || !rd_u32(s, &x->old_spi_in) ||
	    !get_bool(s, &x->deletes_ike) || !rd_u8(s, &restarts))
		return false;
	x->restarts = restarts;
	return get_made(e, s, x) && get_rest(s, sa);
}

/* --- virtual IPs */

static bool get_addrs(struct slice *s, struct addr *out, unsigned int max,
		      unsigned int *n)
{
	uint8_t count;

	if (!rd_u8(s, &count) || count > max)
		return false;
	for (*n = 0; *n < count; ++*n)
		if (!get_addr(s, &out[*n]))
			return false;
	return true;
}

/* As the peer has it for sure, it stays, even where no pool has it. */
static bool get_given(struct engine *e, struct slice *s, struct ike_sa *sa)
{
	struct cp_given *g = &sa->cp->given[sa->cp->n_given];
	char pool[CONN_NAME_MAX];

	if (!get_addr(s, &g->addr) || !get_name_or_none(s, pool))
		return false;
	g->lease = lease_take_again(e, pool, &sa->peer_id, &g->addr);
	sa->cp->n_given++;
	return true;
}

static bool get_cp(struct engine *e, struct slice *s, struct ike_sa *sa)
{
	struct cp *cp;
	bool is_there = false;
	uint8_t n;

	if (!get_bool(s, &is_there))
		return false;
	if (!is_there)
		return true;
	cp = sa->cp = calloc(1, sizeof(*cp));
	if (!cp || !get_flags(s, (bool *const[]){ &cp->asks, &cp->gives }, 2) ||
	    !get_addrs(s, cp->local, CONN_VIPS_MAX, &cp->n_local) ||
	    !get_addrs(s, cp->dns, CONN_DNS_MAX, &cp->n_dns) || !rd_u8(s, &n) ||
	    n > CONN_VIPS_MAX)
		return false;
	cp->done = true;
	while (n--)
		if (!get_given(e, s, sa))
			return false;
	return true;
}

/* --- IKE SAs */

static bool get_state(struct slice *s, enum ike_state *out)
{
	uint8_t state;

	if (!rd_u8(s, &state))
		return false;
	*out = state;
	return state == IKE_ST_ESTABLISHED || state == IKE_ST_DELETING ||
	       state == IKE_ST_DEAD;
}

static bool get_who(struct engine *e, struct slice *s, struct ike_sa *sa)
{
	bool *const flags[] = { &sa->initiator,	 &sa->nat_local,
				&sa->nat_remote, &sa->delete_wanted,
				&sa->failed,	 &sa->has_heir,
				&sa->fragments,	 &sa->begins_anew };
	const struct child_conf *none;
	char conn[CONN_NAME_MAX];

	if (!rd_u32(s, &sa->view_id) || !rd_u32(s, &sa->id) || !sa->view_id ||
	    !get_state(s, &sa->state) ||
	    !get_flags(s, flags, sizeof(flags) / sizeof(flags[0])) ||
	    !get_name(s, conn))
		return false;
	sa->conn = conn_take(e, conn, NULL, &none);
	return sa->conn;
}

static bool get_keys(struct slice *s, struct ike_sa *sa)
{
	sa->has_keys = true;
	return keys_get(s, sa->initiator, &sa->keys);
}

static bool get_times(struct slice *s, struct ike_sa *sa)
{
	return rd_u64(s, &sa->rekey_ns) && rd_u64(s, &sa->expire_ns) &&
	       rd_u64(s, &sa->drop_ns) && rd_u64(s, &sa->replaced_ns) &&
	       rd_u64(s, &sa->reauth_ns) && rd_u32(s, &sa->elder) &&
	       rd_u64(s, &sa->established_ns) && rd_u64(s, &sa->heard_ns);
}

static bool get_mobike(struct slice *s, struct ike_sa *sa)
{
	bool *const flags[] = { &sa->mobike,	    &sa->began,
				&sa->tells_update,  &sa->tells_check,
				&sa->tells_addrs,   &sa->knows_nats,
				&sa->takes_redirect };
	uint8_t n;

	if (!get_flags(s, flags, sizeof(flags) / sizeof(flags[0])) ||
	    !rd_u8(s, &n) || n > MOBIKE_ADDRS_MAX)
		return false;
	sa->peer_addrs = n ? calloc(n, sizeof(*sa->peer_addrs)) : NULL;
	if (n && !sa->peer_addrs)
		return false;
	for (; sa->n_peer_addrs < n; sa->n_peer_addrs++)
		if (!get_addr(s, &sa->peer_addrs[sa->n_peer_addrs]))
			return false;
	return true;
}

static bool get_ticket(struct slice *s, struct ike_sa *sa)
{
	uint64_t id;

	if (!rd_u64(s, &id))
		return false;
	ticket_set_given(sa, id);
	return true;
}

static bool get_proven(struct slice *s, struct ike_sa *sa)
{
	bool is_there = false;
	struct proven p;

	if (!get_bool(s, &is_there))
		return false;
	return !is_there || (proven_get(s, &p) && proven_set(sa, &p));
}

bool record_get_ike(struct engine *e, struct slice octets, struct ike_sa *sa)
{
	struct slice s = octets;

	return get_version(&s) && get_who(e, &s, sa) &&
	       get_path(&s, &sa->path) && get_path(&s, &sa->asked_by) &&
	       rd_u64(&s, &sa->spi_i) && rd_u64(&s, &sa->spi_r) && sa->spi_i &&
	       sa->spi_r && get_keys(&s, sa) &&
	       get_identity(&s, &sa->local_id) &&
	       get_identity(&s, &sa->peer_id) && get_cp(e, &s, sa) &&
	       get_bool(&s, &sa->uses_ppk) && get_ticket(&s, sa) &&
	       get_proven(&s, sa) && rd_u32(&s, &sa->next_ours) &&
	       rd_u32(&s, &sa->next_peers) && get_message(&s, &sa->reply) &&
	       get_ours(e, &s, sa) && get_times(&s, sa) && get_mobike(&s, sa) &&
	       !s.len;
}

/* --- CHILD SAs */

static bool get_child_state(struct slice *s, struct child_sa *c)
{
	bool *const about[] = { &c->up,	  &c->asked, &c->confirmed, &c->bound,
				&c->lost, &c->esn,   &c->encap,	    &c->again };
	bool *const sad[] = { &c->has_in, &c->has_out, &c->more_ts, &c->of_cpus,
			      &c->no_more };
	uint8_t state;

	if (!rd_u8(s, &state))
		return false;
	c->state = state;
	return (state == CHILD_ST_INSTALLED || state == CHILD_ST_DELETING) &&
	       get_flags(s, about, sizeof(about) / sizeof(about[0])) &&
	       get_flags(s, sad, sizeof(sad) / sizeof(sad[0]));
}

static bool get_child_conf(struct engine *e, struct slice *s, struct child_sa *c)
{
	char conn[CONN_NAME_MAX], child[CONN_NAME_MAX];

	if (!get_name(s, conn) || !get_name(s, child))
		return false;
	c->conn = conn_take(e, conn, child, &c->conf);
	return c->conn;
}

static bool get_kind(struct slice *s, struct child_sa *c)
{
	return rd_u8(s, &c->protocol) && rd_u8(s, &c->mode) &&
	       (c->protocol == IKE_PROTO_ESP || c->protocol == IKE_PROTO_AH) &&
	       c->mode <= SADB_TRANSPORT;
}

static bool get_spis(struct slice *s, struct child_sa *c)
{
	if (!rd_u32(s, &c->spi_in) || !rd_u32(s, &c->spi_out) ||
	    !rd_u32(s, &c->replaced_by) || !get_addr(s, &c->in.daddr) ||
	    !get_addr(s, &c->out.daddr))
		return false;
	c->in.spi = c->spi_in;
	c->in.dir = SADB_IN;
	c->out.spi = c->spi_out;
	c->out.dir = SADB_OUT;
	return c->spi_in;
}

bool record_get_child(struct engine *e, struct slice octets, struct child_sa *c,
		      struct record_owner *owner)
{
	struct slice s = octets;

	return get_version(&s) && rd_u32(&s, &c->view_id) && c->view_id &&
	       rd_u32(&s, &owner->id) && rd_u32(&s, &owner->view_id) &&
	       get_child_state(&s, c) && get_child_conf(e, &s, c) &&
	       get_spis(&s, c) && get_kept_ts(&s, &c->local_ts) &&
	       get_kept_ts(&s, &c->remote_ts) && get_kind(&s, c) &&
	       rd_u64(&s, &c->rekey_ns) && rd_u64(&s, &c->expire_ns) &&
	       rd_u64(&s, &c->bind_ns) && rd_u64(&s, &c->trust_ns) &&
	       rd_u64(&s, &c->installed_ns) && rd_u16(&s, &c->encr) &&
	       rd_u16(&s, &c->encr_key_bits) && rd_u16(&s, &c->integ) &&
	       rd_u16(&s, &c->ke) && get_addkes(&s, c->addke) &&
	       get_cpu(&s, c) && !s.len;
}
