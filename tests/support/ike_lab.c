// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/ike_lab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/crypto/hash.h"
#include "ctrl/daemon/keystore.h"
#include "ctrl/daemon/tickets.h"
#include "tests/support/ike_keep.h"
#include "ctrl/ike/sa.h"
#include "tests/support/ike_lab_queue.h"

#define STEPS_MAX 100000U
#define WIRE_NS	  1000000ULL

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

struct lab_item *lab_push(struct ike_lab *lab, enum lab_item_kind kind,
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

struct lab_item *lab_push_answer(struct lab_side *s, enum lab_item_kind kind)
{
	return lab_push(s->lab, kind, s->index,
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

	if (s->muted)
		return;
	must(d.len <= sizeof(s->last), "a datagram is too long");
	watch_datagram(&lab->watch, s->index, d);
	if (lab->sent && !lab->sent(lab, s->index, path, d))
		fate.copies = 0;
	memcpy(s->last, d.ptr, d.len);
	s->last_len = d.len;
	s->sent_by = *path;
	s->sent++;
	if (path->stream && fate.copies)
		lab_stream_send(s, path, d);
	if (path->stream || lab->udp_is_blocked)
		return;
	for (unsigned int i = 0; i < fate.copies; i++) {
		struct lab_item *item = lab_push(lab, ITEM_DATAGRAM, !s->index,
						 fate.delay_ns[i]);

		item->path = arrive(lab, s->index, path);
		item->octets = malloc(d.len);
		must(item->octets, "out of memory");
		memcpy(item->octets, d.ptr, d.len);
		item->len = d.len;
	}
}

/* --- keystore, key exchange, events, chance */

bool lab_question_is_refused(struct ike_lab *lab)
{
	return ++lab->questions == lab->refused;
}

static void on_keystore(void *ctx, const struct keystore_request *q)
{
	struct lab_side *s = ctx;
	struct psk_conf keys[2] = { { .key = s->psk }, s->ppk };
	size_t n = !s->psk.len ? 0 : s->ppk.key.len ? 2 : 1;
	struct keystore_answer *a = &lab_push_answer(s, ITEM_KEYSTORE)->keystore;

	s->asked = *q;
	if (q->op == KEYSTORE_PPK_MIX)
		s->mixed = *q;
	if (q->op == KEYSTORE_SIGN && s->lab->sign)
		s->lab->sign(s, q, a);
	else
		keystore_serve(keys, n, q, a);
	if (!lab_question_is_refused(s->lab))
		return;
	a->err = -ENOKEY;
	a->auth_len = 0;
}

static void on_ticket(void *ctx, const struct ticket_request *q)
{
	struct lab_side *s = ctx;

	struct ticket_answer none;

	tickets_serve(s->tickets, q, s->lab->now_ns,
		      q->op == TICKET_REVOKE
			      ? &none
			      : &lab_push_answer(s, ITEM_TICKET)->ticket);
}

static void on_ke(void *ctx, struct ke_job *job)
{
	struct lab_side *s = ctx;
	unsigned int at = s->n_shared % LAB_KES_MAX;

	if (lab_question_is_refused(s->lab))
		job->err = -ENOMEM;
	else
		ke_job_run(job);
	if (!job->err && job->peer_len) {
		struct slice shared = ke_shared(job->ke);

		s->shared[at].len = shared.len;
		memcpy(s->shared[at].octets, shared.ptr, shared.len);
		s->n_shared++;
	}
	lab_push_answer(s, ITEM_KE)->job = job;
}

static void on_verify(void *ctx, struct verify_job *job)
{
	struct lab_side *s = ctx;

	if (lab_question_is_refused(s->lab))
		job->err = -ENOMEM;
	else
		verify_job_run(job, s->lab->clock_s);
	s->lab->verified++;
	lab_push_answer(s, ITEM_VERIFY)->verify = job;
}

static void on_want(void *ctx, const struct status_want *w)
{
	struct lab_side *s = ctx;

	if (s->lab->want)
		s->lab->want(s, w);
}

void lab_fetched(struct lab_side *s, struct slice cert, enum status_kind kind,
		 struct slice octets, uint64_t after_ns)
{
	struct lab_item *i = lab_push(s->lab, ITEM_FETCHED, s->index, after_ns);

	i->cert = cert;
	i->status = kind;
	i->len = octets.len;
	i->octets = malloc(octets.len + 1);
	must(i->octets, "out of memory");
	if (octets.len)
		memcpy(i->octets, octets.ptr, octets.len);
}

static void on_event(void *ctx, const struct ike_event *e)
{
	struct lab_side *s = ctx;
	struct lab_event *to;

	if (s->muted)
		return;
	if (e->kind == IKE_EV_ALERT) {
		must(e->alert < IKE_ALERT_N, "no alert");
		s->alerts[e->alert]++;
		return;
	}
	must(s->n_events < LAB_EVENTS_MAX, "too many events");
	to = &s->events[s->n_events++];
	to->kind = e->kind;
	to->ike_id = e->ike_id;
	to->spi_in = e->spi_in;
	to->spi_out = e->spi_out;
	to->elder_id = e->elder_id;
	to->elder_spi_in = e->elder_spi_in;
	to->succeeded = e->succeeded;
	to->path = e->path;
	snprintf(to->text, sizeof(to->text), "%s", e->text);
}

static void on_count(void *ctx, const char *conn, enum ike_count what)
{
	struct lab_side *s = ctx;

	must(what < IKE_COUNT_N, "not to be counted");
	if (*conn)
		s->counts.n[what]++;
	else
		s->nobodys.n[what]++;
}

static void on_traced(void *ctx, const struct ike_traced *t)
{
	struct lab_side *s = ctx;

	if (s->lab->traced)
		s->lab->traced(s->lab, s->index, t);
}

static void on_lease(void *ctx, const struct pool_lease *l)
{
	struct lab_side *s = ctx;

	if (s->muted)
		return;
	s->n_leases++;
	s->lease = *l;
}

static bool on_random(void *ctx, void *out, size_t len)
{
	struct lab_side *s = ctx;
	uint8_t *at = out;

	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)next_random(s->lab);
	return true;
}

/* One address, wherever it goes, but to itself. */
static bool on_source(void *ctx, const struct addr *remote, struct addr *local)
{
	const struct lab_side *s = ctx;

	*local = addr_equal(remote, &s->also) ? s->also : s->addr;
	return !s->no_route;
}

/* The test answers. */
static void on_resolve(void *ctx, const char *conn, bool urgent)
{
	struct lab_side *s = ctx;

	(void)conn;
	s->n_asked_names++;
	s->asked_urgently = urgent;
}

static void on_resolve_gateway(void *ctx, const char *host)
{
	struct lab_side *s = ctx;

	s->n_asked_gateways++;
	strcpy(s->gateway, host);
}

/* --- life */

void lab_engine_new(struct lab_side *s)
{
	const struct engine_calls calls = {
		.send = on_send,
		.sadb = lab_on_sadb,
		.keystore = on_keystore,
		.ticket = on_ticket,
		.ke = on_ke,
		.verify = on_verify,
		.want = on_want,
		.event = on_event,
		.count = on_count,
		.traced = on_traced,
		.lease = on_lease,
		.record = keep_record,
		.random = on_random,
		.source = on_source,
		.resolve = on_resolve,
		.resolve_gateway = on_resolve_gateway,
		.stream_open = lab_on_stream_open,
		.stream_keep = lab_on_stream_keep,
		.stream_close = lab_on_stream_close,
		.ctx = s,
	};

	s->engine = engine_new(&calls);
	must(s->engine, "engine_new");
	engine_set_generation(s->engine, s->generation);
	engine_set_options(s->engine, &s->lab->options);
	engine_set_creds(s->engine, s->creds);
}

static void side_init(struct ike_lab *lab, unsigned int index)
{
	struct lab_side *s = &lab->side[index];

	s->lab = lab;
	s->index = index;
	s->addr = addr_from_v4(htonl(0xc0000201 + index));
	s->next_spi = 0x1000 * (index + 1);
	s->tickets = tickets_new();
	must(s->tickets, "out of memory");
	s->psk = (struct secret){ .len = 8, .octets = "same key" };
	lab_engine_new(s);
}

struct ike_lab *lab_new(uint64_t seed)
{
	struct ike_lab *lab = calloc(1, sizeof(*lab));

	must(lab, "out of memory");
	lab->seed = lab->watch.seed = seed;
	lab->options = ike_options_default();
	lab->orphan_ns = 30 * LAB_S;
	lab->now_ns = 1000 * LAB_S;
	lab->nat_addr = addr_from_v4(inet_addr("192.0.2.9"));
	side_init(lab, 0);
	side_init(lab, 1);
	return lab;
}

void lab_set_options(struct ike_lab *lab, const struct ike_options *options)
{
	lab->options = *options;
	for (unsigned int i = 0; i < 2; i++)
		engine_set_options(lab->side[i].engine, options);
}

void lab_set_fragment_size(struct ike_lab *lab, uint32_t bytes)
{
	struct ike_options o = lab->options;

	o.fragment_size = bytes;
	lab_set_options(lab, &o);
}

void lab_item_free(struct lab_item *i)
{
	ke_job_free(i->job);
	verify_job_free(i->verify);
	free(i->octets);
	free(i->record);
	free(i);
}

void lab_free(struct ike_lab *lab)
{
	for (unsigned int i = 0; i < 2; i++) {
		engine_free(lab->side[i].engine);
		keep_free(&lab->side[i]);
		tickets_free(lab->side[i].tickets);
		creds_unref(lab->side[i].creds);
	}
	while (lab->n_queue)
		lab_item_free(lab->queue[--lab->n_queue]);
	watch_free(&lab->watch);
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

void lab_add_child(struct conn_conf *conn, unsigned int side)
{
	struct child_conf *two = calloc(2, sizeof(*two));

	must(two && conn->n_children == 1, "out of memory");
	two[0] = two[1] = conn->children[0];
	snprintf(two[1].name, sizeof(two[1].name), "more");
	two[1].policy++;
	must(!prefix_parse(side ? "10.2.1.0/24" : "10.1.1.0/24",
			   &two[1].local_ts[0].net) &&
		     !prefix_parse(side ? "10.1.1.0/24" : "10.2.1.0/24",
				   &two[1].remote_ts[0].net),
	     "prefix");
	free(conn->children);
	conn->children = two;
	conn->n_children = 2;
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
	keep_conn(&lab->side[side], conn);
}

void lab_load_pool(struct ike_lab *lab, unsigned int side, const char *name,
		   const char *addrs)
{
	struct lab_side *s = &lab->side[side];
	struct pool_conf *p = s->pools;
	struct prefix net;
	struct range r;

	while (p < s->pools + s->n_pools && strcmp(p->name, name) != 0)
		p++;
	s->n_pools += p == s->pools + s->n_pools;
	must(s->n_pools <= LAB_POOLS_MAX, "too many pools");
	snprintf(p->name, sizeof(p->name), "%s", name);
	if (!prefix_parse(addrs, &net)) {
		pool_set_prefix(p, &net);
	} else {
		must(!range_parse(addrs, &r), addrs);
		pool_set_range(p, &r);
	}
	must(!engine_load_pool(s->engine, p), "engine_load_pool");
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

static void fetched(struct engine *e, const struct lab_item *i, uint64_t now_ns)
{
	uint8_t sha256[CERTIFICATE_SHA256];

	must(hash_sha256(i->cert, sha256), "SHA-256");
	engine_fetched(e, sha256, i->status, slice_of(i->octets, i->len),
		       now_ns);
}

static void deliver(struct ike_lab *lab, unsigned int index)
{
	struct lab_item *i = lab->queue[index];
	struct engine *e = lab->side[i->side].engine;

	lab->queue[index] = lab->queue[--lab->n_queue];
	if (!e && i->kind != ITEM_SWEEP) {
		lab_item_free(i); /* to nobody */
		return;
	}
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
	case ITEM_TICKET:
		engine_ticket_answer(e, &i->ticket, lab->now_ns);
		break;
	case ITEM_KE:
		engine_ke_done(e, i->job, lab->now_ns);
		i->job = NULL;
		break;
	case ITEM_VERIFY:
		engine_verified(e, i->verify, lab->now_ns);
		i->verify = NULL;
		break;
	case ITEM_FETCHED:
		fetched(e, i, lab->now_ns);
		break;
	case ITEM_USED:
		engine_sadb_event(e, &i->event, lab->now_ns);
		break;
	case ITEM_SWEEP:
		lab_sweep(&lab->side[i->side]);
		break;
	case ITEM_RECORD:
		keep_arrived(&lab->side[i->side], i->record);
		i->record = NULL;
		break;
	case ITEM_RECORDED:
		engine_recorded(e, i->number, lab->now_ns);
		break;
	case ITEM_OPENED:
		engine_stream_opened(e, i->token, i->number ? &i->path : NULL,
				     lab->now_ns);
		break;
	case ITEM_CLOSED:
		engine_stream_closed(e, i->number, lab->now_ns);
		break;
	}
	lab_item_free(i);
}

static uint64_t deadline(const struct lab_side *s)
{
	return s->engine ? engine_deadline(s->engine) : UINT64_MAX;
}

/* Everything that is due at the moment to which the time moves. */
static bool step(struct ike_lab *lab, uint64_t end_ns)
{
	uint64_t at[3] = { UINT64_MAX, deadline(&lab->side[0]),
			   deadline(&lab->side[1]) };
	unsigned int first = 0;

	if (lab->n_queue)
		at[0] = lab->queue[earliest(lab)]->at_ns;
	for (unsigned int i = 1; i < 3; i++)
		if (at[i] < at[first])
			first = i;
	if (at[first] > end_ns || at[first] == UINT64_MAX)
		return false;
	if (at[first] > lab->now_ns)
		lab->now_ns = at[first];
	if (first == 0)
		deliver(lab, earliest(lab));
	else
		engine_timeout(lab->side[first - 1].engine, lab->now_ns);
	if (lab->watches_pairs && !(lab_matched(&lab->side[0], &lab->side[1]) &&
				    lab_matched(&lab->side[1], &lab->side[0])))
		lab->gaps++;
	return true;
}

bool lab_step(struct ike_lab *lab)
{
	return step(lab, UINT64_MAX);
}

int lab_initiate(struct engine *e, const char *conn, const char *child,
		 uint64_t now_ns)
{
	const struct cause asked = { .attempts = 0 };
	struct conn *c = conn_by_name(e, conn);
	int err;

	e->now_ns = now_ns;
	err = sa_initiate_ike(e, c, conn_wanted(c, child), &asked);
	sa_reap(e);
	return err;
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

const struct lab_event *lab_last(const struct lab_side *s,
				 enum ike_event_kind kind)
{
	for (unsigned int i = s->n_events; i--;)
		if (s->events[i].kind == kind)
			return &s->events[i];
	return NULL;
}

const char *lab_text(const struct lab_side *s, enum ike_event_kind kind)
{
	const char *text = "";

	for (unsigned int i = 0; i < s->n_events; i++)
		if (s->events[i].kind == kind)
			text = s->events[i].text;
	return text;
}
