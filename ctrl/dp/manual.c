// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/manual.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "ctrl/base/log.h"
#include "ctrl/crypto/prf.h"
#include "ctrl/dp/durable.h"
#include "ctrl/dp/manual_state.h"
#include "include/ike.h"

/* One direction of a pair. */
struct one {
	const struct manual_conf *pair;
	const struct manual_keys *keys;
	struct sadb_id id;
	/* Of its bundle, 0: it is in none. */
	uint32_t carrier; /* AH's SPI, of ESP */
	uint32_t carried; /* ESP's SPI, of AH */
	char name[DURABLE_NAME_MAX];
};

/* 0: there is no such pair. */
static uint32_t spi_of(const struct manual_conf *pair, enum sadb_dir dir)
{
	if (!pair)
		return 0;
	return dir == SADB_IN ? pair->in.spi : pair->out.spi;
}

/* false: the pair has none. */
static bool one_of(const struct config *c, const struct manual_conf *pair,
		   enum sadb_dir dir, struct one *out)
{
	bool in = dir == SADB_IN;

	*out = (struct one){
		.pair = pair,
		.keys = in ? &pair->in : &pair->out,
		.id = { .daddr = in ? pair->local : pair->remote,
			.spi = spi_of(pair, dir),
			.dir = (uint8_t)dir },
		.carrier = spi_of(manual_carrier(c, pair), dir),
		.carried = spi_of(manual_carried(c, pair), dir),
	};
	snprintf(out->name, sizeof(out->name), "manual.%s.%s", pair->name,
		 in ? "in" : "out");
	return out->id.spi != 0;
}

/* --- what is the same is known by its hash, under a key of this process */

static struct slice text_of(const char *text)
{
	return slice_of(text, strlen(text));
}

static bool mark_of(const struct manual *m, const struct one *o,
		    uint8_t out[MARK_BYTES])
{
	const struct manual_conf *pair = o->pair;
	const struct slice parts[] = {
		slice_of(&o->id, sizeof(o->id)),
		slice_of(&pair->local, sizeof(pair->local)),
		slice_of(&pair->remote, sizeof(pair->remote)),
		text_of(pair->encr->name),
		slice_of("", 1),
		text_of(pair->integ->name),
		slice_of("", 1),
		slice_of(&pair->replay_window, sizeof(pair->replay_window)),
		slice_of(&pair->esn, sizeof(pair->esn)),
		slice_of(&pair->remote_port, sizeof(pair->remote_port)),
		slice_of(&pair->spread, sizeof(pair->spread)),
		slice_of(&pair->if_id_in, sizeof(pair->if_id_in)),
		slice_of(&pair->if_id_out, sizeof(pair->if_id_out)),
		slice_of(&pair->fragment_after, sizeof(pair->fragment_after)),
		slice_of(&pair->soft, sizeof(pair->soft)),
		slice_of(&pair->hard, sizeof(pair->hard)),
		slice_of(&pair->outer, sizeof(pair->outer)),
		slice_of(&pair->mode, sizeof(pair->mode)),
		slice_of(&pair->protocol, sizeof(pair->protocol)),
		slice_of(&o->carrier, sizeof(o->carrier)),
		slice_of(&o->carried, sizeof(o->carried)),
		slice_of(o->keys->encr_key.octets, o->keys->encr_key.len),
		slice_of(o->keys->integ_key.octets, o->keys->integ_key.len),
	};

	return prf(prf_by_id(PRF_HMAC_SHA2_256),
		   slice_of(m->secret, sizeof(m->secret)), parts,
		   sizeof(parts) / sizeof(parts[0]), out);
}

static struct manual_sa *find_same(const struct manual *m,
				   const uint8_t mark[MARK_BYTES])
{
	struct manual_sa *sa = m->first;

	while (sa && (sa->phase != PHASE_LIVE ||
		      memcmp(sa->mark, mark, MARK_BYTES) != 0))
		sa = sa->next;
	return sa;
}

/* --- state on disk */

static int begin_state(struct manual *m, struct error *e)
{
	int err;

	if (m->durable)
		return 0;
	err = durable_new(m->state_dir, &m->durable);
	if (!err)
		err = durable_start(m->durable);
	return err ? error_set(e, err, "state of manual keys: %s",
			       strerror(-err))
		   : 0;
}

static int open_state(struct manual *m, const struct one *o, uint64_t now_ns,
		      struct durable_sa **out, struct error *e)
{
	const struct durable_keys keys = {
		.dir = o->id.dir,
		.counter_mode = manual_counts(o->pair),
		.encr_key = manual_counting_key(o->pair, o->keys),
		.integ_key = &o->keys->integ_key,
		.spi = o->id.spi,
		.peer = &o->pair->remote,
	};
	struct durable_spec spec = {
		.name = o->name,
		.dir = o->id.dir,
		.strict = manual_counts(o->pair),
		.esn = o->pair->esn,
	};
	int err = begin_state(m, e);

	if (!err && !durable_id(&keys, spec.id))
		err = error_set(e, -EIO, "libcrypto failed");
	return err ? err : durable_open(m->durable, &spec, now_ns, out, e);
}

/* What may be used twice is, rather than that nothing goes. The high half of an
 * extended number is in no packet: without state there is nobody to tell it. */
static int take_state(struct manual *m, const struct one *o, uint64_t now_ns,
		      struct durable_sa **out, struct error *e)
{
	struct error why;
	int err;

	*out = NULL;
	if (o->id.dir == SADB_IN && o->pair->replay_window == 0)
		return 0; /* every number is accepted, seen or not */
	err = open_state(m, o, now_ns, out, &why);
	if (err && (manual_counts(o->pair) || o->pair->esn))
		return error_set(e, err, "%s: %.400s", o->name, why.text);
	if (err)
		log_warn("manual: no state is kept sa=%s: %s; it counts from 1, and after a restart packets may be taken for replays, or replays for packets",
			 o->name, why.text);
	return 0;
}

/* --- one more */

static void take_key(const struct secret *key, uint8_t out[SADB_KEY_MAX],
		     uint16_t *len)
{
	size_t n = key->len < SADB_KEY_MAX ? key->len : SADB_KEY_MAX;

	memcpy(out, key->octets, n);
	*len = (uint16_t)n;
}

/* As its packets have them. */
static void put_ports(const struct one *o, struct sadb_sa *sa)
{
	bool in = o->id.dir == SADB_IN;

	if (!o->pair->encap)
		return;
	sa->keepalive = true; /* nobody said who is behind a NAT */
	sa->encap_sport = in ? o->pair->remote_port : IKE_NATT_PORT;
	sa->encap_dport = in ? IKE_NATT_PORT : o->pair->remote_port;
}

static int install(struct manual *m, const struct one *o,
		   struct durable_sa *durable, uint64_t now_ns, struct error *e)
{
	const struct manual_conf *pair = o->pair;
	const struct sadb_start start = {
		.seq = durable ? durable_number(durable) : 0,
		.kept = durable ? durable_kept(durable) : NULL,
	};
	struct sadb_sa sa = {
		.saddr = o->id.dir == SADB_IN ? pair->remote : pair->local,
		.encr = (uint16_t)pair->encr->id,
		.encr_key_bits = encr_attr_bits(pair->encr),
		.integ = (uint16_t)pair->integ->id,
		.esn = pair->esn,
		.replay_window = pair->replay_window,
		.spread = pair->spread,
		.fragment_after = pair->fragment_after,
		.if_id = o->id.dir == SADB_IN ? pair->if_id_in : pair->if_id_out,
		.soft = pair->soft,
		.hard = pair->hard,
		.outer = pair->outer,
		.mode = (uint8_t)pair->mode,
		.protocol = (uint8_t)pair->protocol,
		.carrier = o->carrier,
	};
	struct error why;
	int err;

	put_ports(o, &sa);
	take_key(&o->keys->encr_key, sa.encr_key, &sa.encr_key_len);
	take_key(&o->keys->integ_key, sa.integ_key, &sa.integ_key_len);
	err = sadb_install(m->sadb, &o->id, &sa, &start, now_ns, &why);
	explicit_bzero(&sa, sizeof(sa));
	return err ? error_set(e, err, "%s: %.400s", o->name, why.text) : 0;
}

/* Of ours; that of IKE's is the SAD's to refuse. */
static int check_spi(const struct manual *m, const struct one *o,
		     struct error *e)
{
	const struct manual_sa *sa = m->first;

	while (sa && !manual_same_id(&sa->id, &o->id))
		sa = sa->next;
	if (!sa)
		return 0;
	if (sa->phase == PHASE_LIVE)
		return error_set(
			e, -EBUSY,
			"%s differs, but its SPI 0x%08x is in use; what is new needs an SPI of its own, on both sides, or stop cygnetd and start it again",
			o->name, o->id.spi);
	return error_set(e, -EBUSY, "%s: SPI 0x%08x is %s", o->name, o->id.spi,
			 sa->phase == PHASE_NEW
				 ? "that of another pair, too"
				 : "still being removed; try again");
}

static int add(struct manual *m, const struct one *o, struct manual_sa *sa,
	       uint64_t now_ns, struct error *e)
{
	int err = check_spi(m, o, e);

	if (!err)
		err = take_state(m, o, now_ns, &sa->durable, e);
	if (err)
		return err;
	err = install(m, o, sa->durable, now_ns, e);
	if (err && sa->durable) {
		durable_end(m->durable, sa->durable);
		sa->phase = PHASE_CLOSING;
	}
	return err;
}

static int want(struct manual *m, const struct one *o, size_t index,
		uint64_t now_ns, struct error *e)
{
	struct manual_sa *sa, *made;
	uint8_t mark[MARK_BYTES];
	int err;

	if (!mark_of(m, o, mark))
		return error_set(e, -EIO, "libcrypto failed");
	sa = find_same(m, mark);
	if (sa) {
		sa->wanted = index;
		return 0;
	}
	made = calloc(1, sizeof(*made));
	if (!made)
		return error_set(e, -ENOMEM, "no memory for %s", o->name);
	err = add(m, o, made, now_ns, e);
	if (err && made->phase != PHASE_CLOSING) {
		free(made);
		return err;
	}
	made->id = o->id;
	memcpy(made->mark, mark, sizeof(mark));
	made->wanted = index;
	made->next = m->first;
	m->first = made;
	return err;
}

/* --- a change */

static void remove_sa(struct manual *m, struct manual_sa *sa)
{
	if (sadb_uninstall(m->sadb, &sa->id))
		log_error("manual: no memory to remove spi=0x%08x", sa->id.spi);
	else
		sa->phase = PHASE_DRAINING;
}

void manual_undo(struct manual *m)
{
	for (struct manual_sa *sa = m->first; sa; sa = sa->next)
		if (sa->phase == PHASE_NEW)
			remove_sa(m, sa);
}

/* The SAD has them, and state files their ids. */
static void wipe_keys(struct config *c)
{
	for (size_t i = 0; i < c->n_manual; i++)
		manual_wipe(&c->manual[i]);
}

static int want_pair(struct manual *m, const struct config *config,
		     size_t index, uint64_t now_ns, struct error *e)
{
	static const enum sadb_dir dirs[] = { SADB_IN, SADB_OUT };
	struct one o;
	int err = 0;

	for (size_t k = 0; !err && k < 2; k++)
		if (one_of(config, &config->manual[index], dirs[k], &o))
			err = want(m, &o, index, now_ns, e);
	return err;
}

int manual_prepare(struct manual *m, struct config *config, uint64_t now_ns,
		   struct error *e)
{
	int err = 0;

	for (struct manual_sa *sa = m->first; sa; sa = sa->next)
		sa->wanted = MANUAL_NONE;
	/* What is in AH names its SA, which is there before. */
	for (size_t i = 0; !err && i < config->n_manual; i++)
		if (!config->manual[i].bundle[0])
			err = want_pair(m, config, i, now_ns, e);
	for (size_t i = 0; !err && i < config->n_manual; i++)
		if (config->manual[i].bundle[0])
			err = want_pair(m, config, i, now_ns, e);
	wipe_keys(config);
	if (err)
		manual_undo(m);
	return err;
}

/* ids: room for all of them. */
static struct sadb_policies policies_of(const struct config *c,
					const struct manual_sa *sa,
					uint32_t *ids)
{
	struct sadb_policies of = { ids, 0 };

	for (size_t i = 0; i < c->n_policies; i++)
		if (sa->id.dir == SADB_IN ? manual_serves(c, sa->wanted, i)
					  : manual_outbound(c, i) == sa->wanted)
			ids[of.n++] = c->policies[i].id;
	return of;
}

static int assign(struct manual *m, const struct config *config,
		  const struct manual_sa *sa)
{
	uint32_t *ids = calloc(config->n_policies + 1, sizeof(*ids));
	struct sadb_policies of;
	int err;

	if (!ids)
		return -ENOMEM;
	of = policies_of(config, sa, ids);
	err = sadb_assign(m->sadb, &sa->id, &of);
	free(ids);
	return err;
}

/* The later ones first: a policy gets its new SA before it loses the old one. */
static void assign_all(struct manual *m, const struct config *config)
{
	for (size_t i = config->n_manual; i-- > 0;) {
		for (struct manual_sa *sa = m->first; sa; sa = sa->next) {
			int err;

			if (sa->wanted != i || sa->phase > PHASE_LIVE)
				continue;
			err = assign(m, config, sa);
			if (err)
				log_error("manual: an SA does not serve its policies spi=0x%08x: %s",
					  sa->id.spi, strerror(-err));
			sa->phase = PHASE_LIVE;
		}
	}
}

void manual_serve(struct manual *m, const struct config *config)
{
	assign_all(m, config);
	for (struct manual_sa *sa = m->first; sa; sa = sa->next)
		if (sa->phase == PHASE_LIVE && sa->wanted == MANUAL_NONE)
			remove_sa(m, sa);
	manual_take_pairs(m, config);
}

/* --- the end of one */

static bool is_gone(struct manual *m, struct manual_sa *sa)
{
	if (sa->phase == PHASE_DRAINING && !sadb_is_there(m->sadb, &sa->id)) {
		sa->phase = PHASE_CLOSING;
		if (sa->durable)
			durable_end(m->durable, sa->durable);
	}
	return sa->phase == PHASE_CLOSING &&
	       (!sa->durable || durable_is_closed(m->durable, sa->durable));
}

bool manual_is_settled(struct manual *m)
{
	struct manual_sa **at = &m->first, *sa;
	bool settled = true;

	while ((sa = *at)) {
		if (is_gone(m, sa)) {
			*at = sa->next;
			free(sa);
			continue;
		}
		settled = settled && sa->phase <= PHASE_LIVE;
		at = &sa->next;
	}
	return settled;
}

struct manual *manual_new(struct sadb *sadb, const char *state_dir)
{
	struct manual *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->sadb = sadb;
	sadb_watch(sadb, manual_on_mapping, m);
	snprintf(m->state_dir, sizeof(m->state_dir), "%s", state_dir);
	if (getrandom(m->secret, sizeof(m->secret), 0) == sizeof(m->secret))
		return m;
	sadb_watch(sadb, NULL, NULL);
	free(m);
	return NULL;
}

void manual_free(struct manual *m)
{
	struct manual_sa *next;

	if (!m)
		return;
	sadb_watch(m->sadb, NULL, NULL);
	durable_free(m->durable);
	for (struct manual_sa *sa = m->first; sa; sa = next) {
		next = sa->next;
		free(sa);
	}
	explicit_bzero(m->secret, sizeof(m->secret));
	free(m);
}
