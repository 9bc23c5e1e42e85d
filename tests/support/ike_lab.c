// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/ike_lab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/daemon/keystore.h"

#define STEPS_MAX 100000U
#define WIRE_NS	  1000000ULL

enum item_kind {
	ITEM_DATAGRAM,
	ITEM_SADB,
	ITEM_KEYSTORE,
	ITEM_KE,
	ITEM_USED,
};

struct lab_item {
	enum item_kind kind;
	uint64_t at_ns;
	unsigned int side; /* to whom */
	struct ike_path path;
	size_t len;
	uint8_t *octets; /* owned */
	struct sadb_answer sadb;
	struct keystore_answer keystore;
	struct sadb_event event;
	struct ke_job *job;
};

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "ike_lab: %s\n", what);
	abort();
}

/* splitmix64: the state is a counter. */
static uint64_t next_random(struct ike_lab *lab)
{
	uint64_t z = lab->seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

uint64_t lab_roll(struct ike_lab *lab, uint64_t n)
{
	return n ? next_random(lab) % n : 0;
}

static struct lab_item *push(struct ike_lab *lab, enum item_kind kind,
			     unsigned int side, uint64_t after_ns)
{
	struct lab_item *i = calloc(1, sizeof(*i));

	must(i && lab->n_queue < LAB_QUEUE_MAX, "too much is under way");
	i->kind = kind;
	i->side = side;
	i->at_ns = lab->now_ns + after_ns;
	lab->queue[lab->n_queue++] = i;
	return i;
}

static struct lab_item *push_answer(struct lab_side *s, enum item_kind kind)
{
	return push(s->lab, kind, s->index,
		    1 + lab_roll(s->lab, s->lab->answer_max_ns));
}

/* --- the network */

static const struct lab_fate plain = { .copies = 1, .delay_ns = { WIRE_NS } };

/* How the receiver sees a path that the sender sees from its end. */
static struct ike_path arrive(const struct ike_lab *lab, unsigned int from,
			      const struct ike_path *sent)
{
	struct ike_path p = {
		.local = lab->side[!from].addr,
		.remote = lab->side[from].addr,
		.local_port = sent->remote_port,
		.remote_port = sent->local_port,
	};

	if (lab->nat && from == 0) {
		p.remote = lab->nat_addr;
		p.remote_port = 4321;
	}
	if (lab->nat && from == 1)
		p.local_port = sent->remote_port == 4321 ? IKE_NATT_PORT
							 : sent->remote_port;
	return p;
}

static void on_send(void *ctx, const struct ike_path *path, struct slice d)
{
	struct lab_side *s = ctx;
	struct ike_lab *lab = s->lab;
	unsigned int n = lab->datagrams++;
	struct lab_fate fate = lab->fate ? lab->fate(lab, n) : plain;

	must(d.len <= sizeof(s->last), "a datagram is too long");
	memcpy(s->last, d.ptr, d.len);
	s->last_len = d.len;
	s->sent_by = *path;
	s->sent++;
	for (unsigned int i = 0; i < fate.copies; i++) {
		struct lab_item *item =
			push(lab, ITEM_DATAGRAM, !s->index, fate.delay_ns[i]);

		item->path = arrive(lab, s->index, path);
		item->octets = malloc(d.len);
		must(item->octets, "out of memory");
		memcpy(item->octets, d.ptr, d.len);
		item->len = d.len;
	}
}

/* --- the SAD */

static struct lab_sa *sa_find(struct lab_side *s, const struct sadb_id *id)
{
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		if (s->sas[i].used && memcmp(&s->sas[i].id, id, sizeof(*id)) == 0)
			return &s->sas[i];
	return NULL;
}

static struct lab_sa *sa_take(struct lab_side *s, const struct sadb_id *id)
{
	struct lab_sa *sa = s->sas;

	while (sa < s->sas + LAB_SAS_MAX && sa->used)
		sa++;
	must(sa < s->sas + LAB_SAS_MAX, "too many SAs");
	*sa = (struct lab_sa){ .used = true, .id = *id };
	return sa;
}

static int sad_do(struct lab_side *s, const struct sadb_request *q,
		  struct sadb_id *id)
{
	struct lab_sa *sa = sa_find(s, id);

	switch (q->verb) {
	case SADB_GETSPI:
		id->spi = ++s->next_spi;
		sa_take(s, id)->larval = true;
		return 0;
	case SADB_ADD:
		if (id->dir == SADB_IN && (!sa || !sa->larval))
			return -ENOENT;
		if (id->dir == SADB_OUT && sa)
			return -EEXIST;
		if (!sa)
			sa = sa_take(s, id);
		sa->larval = false;
		sa->sa = q->sa;
		return 0;
	case SADB_UPDATE:
		must(sa && id->dir == SADB_OUT, "UPDATE of what is not there");
		for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
			if (s->sas[i].sa.policy == sa->sa.policy)
				s->sas[i].bound = false;
		sa->bound = true;
		return 0;
	case SADB_DELETE:
		must(sa, "DELETE of what is not there");
		sa->used = false;
		return 0;
	}
	return -EINVAL;
}

static bool is_refused(struct lab_side *s, const struct sadb_request *q)
{
	if (!q->token || q->verb == SADB_DELETE)
		return false;
	if (s->refuses && q->verb == s->refused_verb &&
	    q->id.dir == s->refused_dir) {
		s->refuses = false;
		return true;
	}
	return s->lab->refused_of_100 &&
	       lab_roll(s->lab, 100) < s->lab->refused_of_100;
}

/* There is always traffic: what is bound at one side and armed at the other
 * is used. */
static void traffic(struct ike_lab *lab, unsigned int from)
{
	struct lab_side *s = &lab->side[from], *to = &lab->side[!from];

	for (unsigned int i = 0; i < LAB_SAS_MAX; i++) {
		struct lab_sa *out = &s->sas[i];

		for (unsigned int j = 0;
		     out->used && out->bound && j < LAB_SAS_MAX; j++) {
			struct lab_sa *in = &to->sas[j];

			if (!in->used || in->larval || in->seen ||
			    in->id.dir != SADB_IN || in->id.spi != out->id.spi)
				continue;
			in->seen = true;
			push_answer(to, ITEM_USED)->event = (struct sadb_event){
				.verb = SADB_USED,
				.id = in->id,
			};
		}
	}
}

static void on_sadb(void *ctx, const struct sadb_request *q)
{
	struct lab_side *s = ctx;
	struct sadb_id id = q->id;
	int err = is_refused(s, q) ? -ENOMEM : sad_do(s, q, &id);
	struct lab_item *item;

	traffic(s->lab, 0);
	traffic(s->lab, 1);
	if (!q->token)
		return;
	item = push_answer(s, ITEM_SADB);
	item->sadb = (struct sadb_answer){
		.token = q->token,
		.verb = q->verb,
		.err = err,
		.id = id,
	};
}

/* --- keystore, key exchange, events, chance */

static void on_keystore(void *ctx, const struct keystore_request *q)
{
	struct lab_side *s = ctx;
	struct psk_conf psk = { .key = s->psk };

	s->asked = *q;
	keystore_serve(&psk, s->psk.len ? 1 : 0, q,
		       &push_answer(s, ITEM_KEYSTORE)->keystore);
}

static void on_ke(void *ctx, struct ke_job *job)
{
	ke_job_run(job);
	push_answer(ctx, ITEM_KE)->job = job;
}

static void on_event(void *ctx, const struct ike_event *e)
{
	struct lab_side *s = ctx;
	struct lab_event *to;

	must(s->n_events < LAB_EVENTS_MAX, "too many events");
	to = &s->events[s->n_events++];
	to->kind = e->kind;
	to->ike_id = e->ike_id;
	to->spi_in = e->spi_in;
	to->spi_out = e->spi_out;
	snprintf(to->text, sizeof(to->text), "%s", e->text);
}

static bool on_random(void *ctx, void *out, size_t len)
{
	struct lab_side *s = ctx;
	uint8_t *at = out;

	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)next_random(s->lab);
	return true;
}

/* Its only address, wherever it goes. */
static bool on_source(void *ctx, const struct addr *remote, struct addr *local)
{
	const struct lab_side *s = ctx;

	(void)remote;
	*local = s->addr;
	return !s->no_route;
}

/* --- life */

static void side_init(struct ike_lab *lab, unsigned int index)
{
	struct lab_side *s = &lab->side[index];
	const struct engine_calls calls = {
		.send = on_send,
		.sadb = on_sadb,
		.keystore = on_keystore,
		.ke = on_ke,
		.event = on_event,
		.random = on_random,
		.source = on_source,
		.ctx = s,
	};

	s->lab = lab;
	s->index = index;
	s->addr = addr_from_v4(htonl(0xc0000201 + index));
	s->next_spi = 0x1000 * (index + 1);
	s->psk = (struct secret){ .len = 8, .octets = "same key" };
	s->engine = engine_new(&calls);
	must(s->engine, "engine_new");
}

struct ike_lab *lab_new(uint64_t seed)
{
	struct ike_lab *lab = calloc(1, sizeof(*lab));

	must(lab, "out of memory");
	lab->seed = seed;
	lab->now_ns = 1000 * LAB_S;
	lab->nat_addr = addr_from_v4(inet_addr("192.0.2.9"));
	side_init(lab, 0);
	side_init(lab, 1);
	return lab;
}

static void item_free(struct lab_item *i)
{
	ke_job_free(i->job);
	free(i->octets);
	free(i);
}

void lab_free(struct ike_lab *lab)
{
	engine_free(lab->side[0].engine);
	engine_free(lab->side[1].engine);
	while (lab->n_queue)
		item_free(lab->queue[--lab->n_queue]);
	free(lab);
}

static void set_proposals(const char *text, enum ike_protocol protocol,
			  struct proposals *out)
{
	struct error e;

	out->n = 1;
	must(!proposal_parse(text, protocol, &out->at[0], &e), text);
}

static struct ts_conf lan(unsigned int side)
{
	struct ts_conf ts = { .port_max = 65535 };

	must(!prefix_parse(side ? "10.2.0.0/24" : "10.1.0.0/24", &ts.net),
	     "prefix");
	return ts;
}

static struct conn_addr host(const struct addr *a)
{
	return (struct conn_addr){ .net = { .net = *a, .bits = 32 } };
}

struct conn_conf lab_conn(const struct ike_lab *lab, unsigned int side,
			  const char *ike, const char *esp)
{
	struct child_conf *child = calloc(1, sizeof(*child));
	struct conn_conf c;

	must(child, "out of memory");
	conn_init(&c);
	child_init(child);
	snprintf(c.name, sizeof(c.name), "peer");
	snprintf(child->name, sizeof(child->name), "net");
	c.local_addrs[0] = host(&lab->side[side].addr);
	c.remote_addrs[0] = host(&lab->side[!side].addr);
	c.n_local_addrs = c.n_remote_addrs = 1;
	set_proposals(ike, IKE_PROTO_IKE, &c.proposals);
	set_proposals(esp, IKE_PROTO_ESP, &child->proposals);
	child->local_ts[0] = lan(side);
	child->remote_ts[0] = lan(!side);
	child->n_local_ts = child->n_remote_ts = 1;
	child->policy = 7;
	c.children = child;
	c.n_children = 1;
	return c;
}

void lab_load(struct ike_lab *lab, unsigned int side, struct conn_conf *conn)
{
	must(!engine_load(lab->side[side].engine, conn), "engine_load");
}

void lab_load_both(struct ike_lab *lab, const char *ike, const char *esp)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = lab_conn(lab, i, ike, esp);

		lab_load(lab, i, &c);
		conn_fini(&c);
	}
}

/* --- time */

static unsigned int earliest(const struct ike_lab *lab)
{
	unsigned int best = 0;

	for (unsigned int i = 1; i < lab->n_queue; i++)
		if (lab->queue[i]->at_ns < lab->queue[best]->at_ns)
			best = i;
	return best;
}

static void deliver(struct ike_lab *lab, unsigned int index)
{
	struct lab_item *i = lab->queue[index];
	struct engine *e = lab->side[i->side].engine;

	lab->queue[index] = lab->queue[--lab->n_queue];
	switch (i->kind) {
	case ITEM_DATAGRAM:
		engine_input(e, &i->path, i->octets, i->len, lab->now_ns);
		break;
	case ITEM_SADB:
		engine_sadb_answer(e, &i->sadb, lab->now_ns);
		break;
	case ITEM_KEYSTORE:
		engine_keystore_answer(e, &i->keystore, lab->now_ns);
		break;
	case ITEM_KE:
		engine_ke_done(e, i->job, lab->now_ns);
		i->job = NULL;
		break;
	case ITEM_USED:
		engine_sadb_event(e, &i->event, lab->now_ns);
		break;
	}
	item_free(i);
}

/* Everything that is due at the moment to which the time moves. */
static bool step(struct ike_lab *lab, uint64_t end_ns)
{
	uint64_t at[3] = { UINT64_MAX, engine_deadline(lab->side[0].engine),
			   engine_deadline(lab->side[1].engine) };
	unsigned int first = 0;

	if (lab->n_queue)
		at[0] = lab->queue[earliest(lab)]->at_ns;
	for (unsigned int i = 1; i < 3; i++)
		if (at[i] < at[first])
			first = i;
	if (at[first] > end_ns)
		return false;
	if (at[first] > lab->now_ns)
		lab->now_ns = at[first];
	if (first == 0)
		deliver(lab, earliest(lab));
	else
		engine_timeout(lab->side[first - 1].engine, lab->now_ns);
	return true;
}

bool lab_run(struct ike_lab *lab, uint64_t ns)
{
	uint64_t end_ns = lab->now_ns + ns;
	unsigned int n = 0;

	while (n < STEPS_MAX && step(lab, end_ns))
		n++;
	lab->now_ns = end_ns;
	return n < STEPS_MAX;
}

/* --- looking at it */

unsigned int lab_count(const struct lab_side *s, enum ike_event_kind kind)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < s->n_events; i++)
		n += s->events[i].kind == kind;
	return n;
}

const char *lab_text(const struct lab_side *s, enum ike_event_kind kind)
{
	const char *text = "";

	for (unsigned int i = 0; i < s->n_events; i++)
		if (s->events[i].kind == kind)
			text = s->events[i].text;
	return text;
}

unsigned int lab_sas(const struct lab_side *s, bool larval)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		n += s->sas[i].used && s->sas[i].larval == larval;
	return n;
}

static bool mirrored(const struct sadb_selector *a,
		     const struct sadb_selector *b)
{
	return addr_equal(&a->local_min, &b->remote_min) &&
	       addr_equal(&a->local_max, &b->remote_max) &&
	       addr_equal(&a->remote_min, &b->local_min) &&
	       addr_equal(&a->remote_max, &b->local_max) &&
	       a->local_port_min == b->remote_port_min &&
	       a->local_port_max == b->remote_port_max &&
	       a->protocol == b->protocol;
}

/* A NAT changes ports, but not whether there are any. */
static bool same_encap(const struct sadb_sa *out, const struct sadb_sa *in,
		       bool nat)
{
	if (nat)
		return !out->encap_dport == !in->encap_dport &&
		       !out->encap_sport == !in->encap_sport;
	return out->encap_dport == in->encap_dport &&
	       out->encap_sport == in->encap_sport;
}

/* Does what this one seals open at that one? */
static bool same_sa(const struct lab_sa *out, const struct lab_sa *in, bool nat)
{
	const struct sadb_sa *a = &out->sa, *b = &in->sa;

	return a->encr == b->encr && a->encr_key_len == b->encr_key_len &&
	       a->encr_key_len > 0 &&
	       memcmp(a->encr_key, b->encr_key, a->encr_key_len) == 0 &&
	       a->integ == b->integ && a->integ_key_len == b->integ_key_len &&
	       memcmp(a->integ_key, b->integ_key, a->integ_key_len) == 0 &&
	       a->esn == b->esn && same_encap(a, b, nat) &&
	       a->n_selectors == b->n_selectors &&
	       mirrored(&a->selectors[0], &b->selectors[0]);
}

static unsigned int matched(const struct lab_side *from,
			    const struct lab_side *to)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < LAB_SAS_MAX; i++) {
		const struct lab_sa *out = &from->sas[i];

		if (!out->used || out->id.dir != SADB_OUT || !out->bound)
			continue;
		for (unsigned int j = 0; j < LAB_SAS_MAX; j++)
			n += to->sas[j].used && !to->sas[j].larval &&
			     to->sas[j].id.dir == SADB_IN &&
			     to->sas[j].id.spi == out->id.spi &&
			     same_sa(out, &to->sas[j], from->lab->nat);
	}
	return n;
}

bool lab_agree(const struct ike_lab *lab, unsigned int pairs)
{
	const struct lab_side *a = &lab->side[0], *b = &lab->side[1];

	return matched(a, b) == pairs && matched(b, a) == pairs &&
	       lab_sas(a, false) == 2 * pairs &&
	       lab_sas(b, false) == 2 * pairs && lab_sas(a, true) == 0 &&
	       lab_sas(b, true) == 0;
}
