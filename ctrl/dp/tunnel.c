// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/tunnel.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "ctrl/crypto/prf.h"

bool tunnel_side(const struct ts_conf *ts, const struct conn_addr *outer,
		 size_t n_outer, struct prefix *out)
{
	if (ts->port_min || ts->port_max != UINT16_MAX)
		return false;
	if (ts->dynamic && (n_outer != 1 || !conn_addr_is_host(outer)))
		return false;
	*out = ts->dynamic ? outer->net : ts->net;
	return true;
}

/* For whichever reason: what meets no SA would only be dropped otherwise. */
static bool is_trapped(const struct child_conf *child)
{
	return child->start_action == CHILD_TRAP ||
	       child->dpd_action == CHILD_TRAP ||
	       child->close_action == CHILD_TRAP;
}

/* None where the peer may be anybody. */
static uint32_t ends_of(const struct conn_addr *addrs, size_t n,
			struct prefix out[CONN_ADDRS_MAX])
{
	for (size_t i = 0; i < n; i++) {
		if (addrs[i].any)
			return 0;
		out[i] = addrs[i].net;
	}
	return (uint32_t)n;
}

static int take_child(const struct conn_conf *conn, struct child_conf *child,
		      struct policy *out, struct error *e)
{
	*out = (struct policy){
		.action = SPD_PROTECT,
		.id = child->policy,
		.on_demand = is_trapped(child),
		.selector.protocol = child->local_ts[0].protocol,
	};
	out->ends.n_local = ends_of(conn->local_addrs, conn->n_local_addrs,
				    out->ends.local);
	out->ends.n_remote = ends_of(conn->remote_addrs, conn->n_remote_addrs,
				     out->ends.remote);
	if (child->n_local_ts == 1 && child->n_remote_ts == 1 &&
	    tunnel_side(child->local_ts, conn->local_addrs, conn->n_local_addrs,
			&out->selector.local) &&
	    tunnel_side(child->remote_ts, conn->remote_addrs,
			conn->n_remote_addrs, &out->selector.remote))
		return 0;
	return error_set(
		e, -ENOTSUP,
		"connections.%s.children.%s: the data path takes one local_ts and one remote_ts without ports; dynamic needs one address on that side",
		conn->name, child->name);
}

/* Behind the policies, each child in the order of the file; so is its id. */
static int take_children(struct config *c, struct policy list[SPD_MAX],
			 size_t *n, struct error *e)
{
	int err = 0;

	for (size_t i = 0; i < c->n_conns; i++) {
		struct conn_conf *conn = &c->conns[i];

		for (size_t k = 0; !err && k < conn->n_children; k++)
			err = take_child(conn, &conn->children[k],
					 &list[(*n)++], e);
	}
	return err;
}

static void tell_ids(struct config *c, const struct policy *list)
{
	for (size_t i = 0; i < c->n_policies; i++)
		c->policies[i].id = (list++)->id;
	for (size_t i = 0; i < c->n_conns; i++)
		for (size_t k = 0; k < c->conns[i].n_children; k++)
			c->conns[i].children[k].policy = (list++)->id;
}

static void take_policies(const struct config *c, struct policy list[SPD_MAX])
{
	for (size_t i = 0; i < c->n_policies; i++) {
		const struct policy_conf *p = &c->policies[i];

		list[i] = (struct policy){
			.id = POLICY_ID_ANY,
			.selector = { p->local_ts, p->remote_ts, p->protocol },
			.action = p->action,
			.manual = p->action == SPD_PROTECT,
		};
	}
}

/* One pair of SAs may serve several policies. */
static uint64_t policies_of(const struct config *c,
			    const struct policy list[SPD_MAX], size_t manual)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < c->n_policies; i++)
		if (list[i].action == SPD_PROTECT &&
		    c->policies[i].manual == manual)
			mask |= 1ULL << list[i].id;
	return mask;
}

static void take_key(const struct secret *key, uint8_t out[SADB_KEY_MAX],
		     uint16_t *len)
{
	size_t n = key->len < SADB_KEY_MAX ? key->len : SADB_KEY_MAX;

	memcpy(out, key->octets, n);
	*len = (uint16_t)n;
}

static int install_sa(struct sadb *sadb, const struct manual_conf *m,
		      enum sadb_dir dir, uint64_t policies, struct sa_ref *ref,
		      struct error *e)
{
	const struct manual_keys *keys = dir == SADB_IN ? &m->in : &m->out;
	const struct sadb_id id = {
		.daddr = dir == SADB_IN ? m->local : m->remote,
		.spi = keys->spi,
		.dir = (uint8_t)dir,
	};
	struct sadb_sa sa = {
		.saddr = dir == SADB_IN ? m->remote : m->local,
		.encr = (uint16_t)m->encr->id,
		.encr_key_bits = m->encr->key_bits,
		.integ = (uint16_t)m->integ->id,
		.replay_window = m->replay_window,
	};
	int err;

	take_key(&keys->encr_key, sa.encr_key, &sa.encr_key_len);
	take_key(&keys->integ_key, sa.integ_key, &sa.integ_key_len);
	err = sadb_install(sadb, &id, &sa, policies, ref, e);
	explicit_bzero(&sa, sizeof(sa));
	return err;
}

/* The SAD has them. */
static void wipe_keys(struct config *c)
{
	for (size_t i = 0; i < c->n_manual; i++) {
		struct manual_conf *m = &c->manual[i];

		secret_wipe(&m->in.encr_key);
		secret_wipe(&m->in.integ_key);
		secret_wipe(&m->out.encr_key);
		secret_wipe(&m->out.integ_key);
	}
}

static int set_policies(struct config *config, struct sadb *sadb,
			struct policy list[SPD_MAX], struct error *e)
{
	size_t n = config->n_policies;
	int err;

	take_policies(config, list);
	err = take_children(config, list, &n, e);
	if (err)
		return err;
	err = sadb_set_policies(sadb, list, n);
	if (err)
		return error_set(e, err, "cannot install the policies: %s",
				 strerror(-err));
	tell_ids(config, list);
	return 0;
}

/* --- what is the same is known by its hash, under a key of this process */

struct hashing {
	uint8_t state[TUNNELS_MARK_BYTES];
	bool ok;
};

static void hash(struct hashing *h, const void *octets, size_t len)
{
	const struct slice part = slice_of(octets, len);

	h->ok = h->ok &&
		prf(prf_by_id(PRF_HMAC_SHA2_256),
		    slice_of(h->state, sizeof(h->state)), &part, 1, h->state);
}

static void hash_keys(struct hashing *h, const struct manual_keys *k)
{
	hash(h, &k->spi, sizeof(k->spi));
	hash(h, k->encr_key.octets, k->encr_key.len);
	hash(h, k->integ_key.octets, k->integ_key.len);
}

static void hash_manual(struct hashing *h, const struct manual_conf *m)
{
	hash(h, m->name, strlen(m->name));
	hash(h, &m->local, sizeof(m->local));
	hash(h, &m->remote, sizeof(m->remote));
	hash(h, m->encr->name, strlen(m->encr->name));
	hash(h, m->integ->name, strlen(m->integ->name));
	hash(h, &m->replay_window, sizeof(m->replay_window));
	hash_keys(h, &m->in);
	hash_keys(h, &m->out);
}

static void hash_policy(struct hashing *h, const struct policy_conf *p)
{
	if (p->action != SPD_PROTECT)
		return;
	hash(h, &p->local_ts, sizeof(p->local_ts));
	hash(h, &p->remote_ts, sizeof(p->remote_ts));
	hash(h, &p->protocol, sizeof(p->protocol));
	hash(h, &p->manual, sizeof(p->manual));
}

/* The hash of each piece is the key of the next one's. */
static bool mark_of(const struct config *c, uint8_t out[TUNNELS_MARK_BYTES])
{
	static uint8_t secret[TUNNELS_MARK_BYTES];
	static bool seeded;
	struct hashing h = { .ok = true };

	if (!seeded && getrandom(secret, sizeof(secret), 0) != sizeof(secret))
		return false;
	seeded = true;
	memcpy(h.state, secret, sizeof(secret));
	for (size_t i = 0; i < c->n_manual; i++)
		hash_manual(&h, &c->manual[i]);
	for (size_t i = 0; i < c->n_policies; i++)
		hash_policy(&h, &c->policies[i]);
	memcpy(out, h.state, sizeof(h.state));
	return h.ok;
}

int tunnels_replace(struct config *config, struct sadb *sadb,
		    const uint8_t mark[TUNNELS_MARK_BYTES], struct error *e)
{
	uint8_t other[TUNNELS_MARK_BYTES];
	struct policy list[SPD_MAX] = { 0 };

	if (!mark_of(config, other))
		return error_set(e, -EIO, "libcrypto failed");
	wipe_keys(config);
	if (!octets_equal(mark, other, sizeof(other)))
		return error_set(
			e, -EBUSY,
			"manual SAs and their policies cannot change while the data path runs; stop cygnetd and start it again");
	return set_policies(config, sadb, list, e);
}

int tunnels_install(struct config *config, struct sadb *sadb,
		    struct tunnel *tunnels, uint8_t mark[TUNNELS_MARK_BYTES],
		    struct error *e)
{
	struct policy list[SPD_MAX] = { 0 };
	int err = set_policies(config, sadb, list, e);

	if (!err && !mark_of(config, mark))
		err = error_set(e, -EIO, "libcrypto failed");
	for (size_t i = 0; !err && i < config->n_manual; i++) {
		const struct manual_conf *m = &config->manual[i];
		uint64_t mask = policies_of(config, list, i);

		err = install_sa(sadb, m, SADB_IN, mask, &tunnels[i].in, e);
		if (!err)
			err = install_sa(sadb, m, SADB_OUT, mask,
					 &tunnels[i].out, e);
	}
	wipe_keys(config);
	return err;
}
