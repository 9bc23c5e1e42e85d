// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/side.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/dp/plug.h"
#include "include/ike.h"
#include "ctrl/wire/icmp_told.h"
#include "ctrl/wire/ipv4.h"
#include "include/proto.h"
#include "tests/support/any_suite.h"
#include "tests/support/packet.h"

#define ROUNDS_MAX 10000

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "side: %s\n", what);
	abort();
}

/* --- BPF's maps --- */

static uint64_t word_of(struct sa_ref ref)
{
	uint64_t whole;

	memcpy(&whole, &ref, sizeof(whole));
	return whole;
}

static struct sa_ref ref_of(uint64_t whole)
{
	struct sa_ref ref;

	memcpy(&ref, &whole, sizeof(ref));
	return ref;
}

static int map_policies(void *ctx, const struct spd_image *list)
{
	struct side *s = ctx;
	size_t bytes = list->n * sizeof(list->block[0]);

	if (s->policies_err)
		return s->policies_err;
	image_free(&s->list);
	s->list.block = malloc(bytes);
	must(s->list.block, "no memory");
	memcpy(s->list.block, list->block, bytes);
	s->list.n = list->n;
	return 0;
}

static int map_bind(void *ctx, uint32_t policy_id, struct sa_ref sa)
{
	struct side *s = ctx;

	atomic_store(&s->bindings[policy_id], word_of(sa));
	return 0;
}

static int map_add(struct side_map *map, const struct sad_key *key,
		   struct sa_ref sa)
{
	struct side_sa *at;
	uint32_t tries = 0;

	/* Round about: who still looks at a key of before finds it. */
	do {
		must(tries++ < SIDE_SAS, "the map is full");
		at = &map->at[map->next++ % SIDE_SAS];
	} while (atomic_load(&at->ref));
	at->key = *key;
	atomic_store(&at->ref, word_of(sa));
	return 0;
}

static struct side_sa *map_find(const struct side_map *map,
				const struct sad_key *key)
{
	for (uint32_t i = 0; i < SIDE_SAS; i++)
		if (atomic_load(&map->at[i].ref) &&
		    memcmp(&map->at[i].key, key, sizeof(*key)) == 0)
			return (struct side_sa *)&map->at[i];
	return NULL;
}

static int map_del(struct side_map *map, const struct sad_key *key)
{
	struct side_sa *at = map_find(map, key);

	must(at, "not in the map");
	atomic_store(&at->ref, 0);
	return 0;
}

static int add_inbound(void *ctx, const struct sad_key *key, struct sa_ref sa)
{
	struct side *s = ctx;

	return map_add(&s->inbound, key, sa);
}

static int del_inbound(void *ctx, const struct sad_key *key)
{
	struct side *s = ctx;

	return map_del(&s->inbound, key);
}

/* In place of the one that has the key. */
static int add_outbound(void *ctx, const struct sad_key *key, struct sa_ref sa)
{
	struct side *s = ctx;
	struct side_sa *at = map_find(&s->outbound, key);

	if (!at)
		return map_add(&s->outbound, key, sa);
	atomic_store(&at->ref, word_of(sa));
	return 0;
}

static int del_outbound(void *ctx, const struct sad_key *key)
{
	struct side *s = ctx;

	return map_del(&s->outbound, key);
}

static void keep_alive(void *ctx, const struct sa_rt *sa)
{
	struct side *s = ctx;

	s->kept_alive = ntohl(sa->spi_be);
	s->keepalives++;
}

static void path_mtu(void *ctx, const struct sa_rt *sa, uint32_t mtu)
{
	struct side *s = ctx;

	must(sa->dir == DIR_OUT, "a path of what comes in");
	s->path_mtu = mtu;
	s->path_mtus++;
}

/* --- what BPF does with them --- */

bool side_meta_out(const struct side *s, const uint8_t *l3, struct dp_meta *meta)
{
	struct spd_verdict v;
	struct ip_header ip;
	struct flow f;

	must(ipv4_parse(slice_of(l3, FRAME_BYTES), &ip), "no packet");
	f = (struct flow){
		.local = ip.saddr,
		.remote = ip.daddr,
		.protocol = ip.protocol,
	};
	v = classify_lookup(&s->list, &f, DIR_OUT);
	if (!v.matched || v.action != SPD_PROTECT)
		return false;
	*meta = (struct dp_meta){
		.magic = SIDE_MAGIC,
		.sa = ref_of(atomic_load(&s->bindings[v.id])),
		.policy_id = v.id,
		.policy_gen = v.gen,
		.l3_off = ETH_HEADER_BYTES,
		.dir = DIR_OUT,
	};
	return meta->sa.gen || v.on_demand;
}

bool side_meta_in(const struct side *s, const uint8_t *l3, struct dp_meta *meta)
{
	const uint8_t *esp = l3 + IPV4_HEADER_BYTES;
	struct sad_key key = { .protocol = PROTO_ESP };
	const struct side_sa *at;
	struct ip_header ip;

	must(ipv4_parse(slice_of(l3, FRAME_BYTES), &ip), "no packet");
	if (ip.protocol == PROTO_UDP)
		esp += UDP_HEADER_BYTES;
	key.daddr = ip.daddr;
	memcpy(&key.spi, esp, 4);
	at = map_find(&s->inbound, &key);
	if (!at)
		return false;
	*meta = (struct dp_meta){
		.magic = SIDE_MAGIC,
		.sa = ref_of(atomic_load(&at->ref)),
		.l3_off = ETH_HEADER_BYTES,
		.dir = DIR_IN,
	};
	return true;
}

static void give(struct port_mem *port, const struct dp_meta *meta,
		 const uint8_t *l3, uint32_t bytes)
{
	uint8_t frame[FRAME_BYTES] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8 };

	memcpy(frame + ETH_HEADER_BYTES, l3, bytes);
	must(port_mem_give(port, meta, sizeof(*meta), frame,
			   ETH_HEADER_BYTES + bytes),
	     "no room in a port");
}

bool side_out(struct side *s, const uint8_t *l3, uint32_t bytes)
{
	struct dp_meta meta;

	if (!side_meta_out(s, l3, &meta))
		return false;
	give(&s->inside, &meta, l3, bytes);
	return true;
}

bool side_told(struct side *s, const uint8_t *l3, uint32_t bytes)
{
	struct dp_meta meta = {
		.magic = SIDE_MAGIC,
		.l3_off = ETH_HEADER_BYTES,
		.dir = DIR_OUT,
		.too_big = 1,
	};
	struct sad_key key = { .protocol = PROTO_ESP };
	const struct side_sa *at;
	struct icmp_told told;
	struct ip_header ip;

	must(ip_parse(slice_of(l3, bytes), &ip) &&
		     icmp_told_read(slice_of(l3, bytes), &ip, &told),
	     "no such error");
	key.daddr = told.daddr;
	key.spi = htonl(told.spi);
	at = map_find(&s->outbound, &key);
	if (!at)
		return false;
	meta.sa = ref_of(atomic_load(&at->ref));
	give(&s->outside, &meta, l3, bytes);
	return true;
}

bool side_in(struct side *s, const uint8_t *l3, uint32_t bytes)
{
	struct dp_meta meta;

	if (!side_meta_in(s, l3, &meta))
		return false;
	give(&s->outside, &meta, l3, bytes);
	return true;
}

void side_packet(uint8_t *l3, const char *from, const char *to, uint32_t bytes)
{
	const struct ip_header ip = {
		.total_bytes = (uint16_t)bytes,
		.fragment = IPV4_DF,
		.ttl = 64,
		.protocol = PROTO_UDP,
		.saddr = addr_of(from),
		.daddr = addr_of(to),
	};

	ipv4_build(l3, &ip);
	for (uint32_t i = IPV4_HEADER_BYTES; i < bytes; i++)
		l3[i] = (uint8_t)i;
}

uint32_t side_carry(struct side *from, struct side *to)
{
	uint32_t taken = 0, bytes;

	for (uint32_t i = 0; i < from->outside.tx_n; i++) {
		const uint8_t *frame = port_mem_sent(&from->outside, i, &bytes);

		taken += to && side_in(to, frame + ETH_HEADER_BYTES,
				       bytes - ETH_HEADER_BYTES);
	}
	port_mem_reset(&from->outside);
	return taken;
}

/* --- the seam --- */

static void on_answer(void *ctx, const struct sadb_answer *a)
{
	struct side *s = ctx;

	must(s->n_answers < SIDE_LOG, "too many answers");
	s->answers[s->n_answers++] = *a;
}

static void on_event(void *ctx, const struct sadb_event *e)
{
	struct side *s = ctx;

	must(s->n_events < SIDE_LOG, "too many events");
	s->events[s->n_events++] = *e;
}

uint64_t side_ask(struct side *s, struct sadb_request *q)
{
	q->token = ++s->token;
	sadb_request(s->sadb, q, s->now_ns);
	return q->token;
}

void side_poll(struct side *s)
{
	sadb_poll(s->sadb, s->now_ns);
}

const struct sadb_answer *side_answer(const struct side *s, uint64_t token)
{
	for (uint32_t i = 0; i < s->n_answers; i++)
		if (s->answers[i].token == token)
			return &s->answers[i];
	return NULL;
}

struct sadb_answer side_call(struct side *s, struct sadb_request *q)
{
	uint64_t token = side_ask(s, q);
	const struct sadb_answer *a = NULL;
	struct sadb_answer got;

	for (int i = 0; !a && i < ROUNDS_MAX; i++) {
		worker_step(&s->w);
		side_poll(s);
		a = side_answer(s, token);
	}
	must(a, "no answer");
	got = *a;
	s->n_answers = 0;
	return got;
}

uint32_t side_events(const struct side *s, enum sadb_verb verb,
		     struct sadb_event *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_events; i++) {
		if (s->events[i].verb != verb)
			continue;
		*out = s->events[i];
		n++;
	}
	return n;
}

struct sadb_request side_add(enum sadb_dir dir, bool back, uint32_t spi,
			     uint32_t policy,
			     const struct sadb_selector *selector)
{
	const struct addr first = addr_from_v4(inet_addr("192.0.2.1"));
	const struct addr second = addr_from_v4(inet_addr("192.0.2.2"));
	struct sadb_request q = {
		.verb = SADB_ADD,
		.id = {
			.daddr = back ? first : second,
			.spi = spi,
			.dir = (uint8_t)dir,
		},
		.sa = {
			.saddr = back ? second : first,
			.policy = policy,
			.encr = ENCR_AES_GCM_16,
			.encr_key_bits = 128,
			.encr_key_len = 20,
			.integ = INTEG_NONE,
			.n_selectors = 1,
			.replay_window = 1024,
			.selectors = { *selector },
		},
	};

	for (uint32_t i = 0; i < q.sa.encr_key_len; i++)
		q.sa.encr_key[i] = (uint8_t)(spi >> 8 * (i % 4)) ^ (uint8_t)i;
	return q;
}

struct sadb_request side_verb(const struct sadb_request *q, enum sadb_verb verb)
{
	return (struct sadb_request){ .verb = (uint8_t)verb, .id = q->id };
}

struct policy side_policy(const char *local, const char *remote)
{
	struct policy p = { .action = SPD_PROTECT,
			    .dirs = SPD_BOTH,
			    .suites = any_suite() };
	struct prefix l, r;

	must(!prefix_parse(local, &l), local);
	must(!prefix_parse(remote, &r), remote);
	p.selector = selector_between(&l, &r, PROTO_ANY);
	return p;
}

/* --- life --- */

/* The peers by the unprotected port, both networks by the protected one. */
static void know(struct worker *w, const char *dst, uint32_t ifindex)
{
	struct nexthop_link *link = w->nexthops.link;
	const struct nexthop nh = {
		.dst = addr_from_v4(inet_addr(dst)),
		.gen = atomic_load(&link->fib.gen),
		.kind = NH_PORT,
		.ifindex = ifindex,
		.role = ifindex == SIDE_INSIDE ? IFACE_PROTECTED
					       : IFACE_UNPROTECTED,
		.mtu = 1500,
		.link_bytes = 12,
		.expires_ns = UINT64_MAX,
	};
	struct nexthop_query query;

	nexthop_lookup(&w->nexthops, &nh.dst, 0);
	while (spsc_pop(&link->queries, &query))
		;
	must(spsc_push(&link->answers, &nh), "answers are full");
	nexthop_learn(&w->nexthops);
}

static void make_worker(struct side *s, struct worker *w,
			struct nexthop_link *link, struct port_mem *inside,
			struct port_mem *outside)
{
	must(!nexthop_link_init(link), "nexthop_link_init");
	must(!worker_init(w, SIDE_FRAMES, link), "worker_init");
	port_mem_init(inside, &w->umem, SIDE_INSIDE);
	port_mem_init(outside, &w->umem, SIDE_OUTSIDE);
	plug_first(w, &inside->port);
	plug_first(w, &outside->port);
	w->magic = SIDE_MAGIC;
	w->head_token = SIDE_MAGIC;
	w->policies = &s->view;
	w->mss_clamp = true;
	know(w, "192.0.2.1", SIDE_OUTSIDE);
	know(w, "192.0.2.2", SIDE_OUTSIDE);
	know(w, "10.1.0.5", SIDE_INSIDE);
	know(w, "10.2.0.7", SIDE_INSIDE);
}

static void make_first(struct side *s)
{
	int ends[2];

	make_worker(s, &s->w, &s->link, &s->inside, &s->outside);
	worker_serve(&s->w, s->sad, 0);
	must(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends),
	     "socketpair");
	s->w.host.fd = ends[0];
	s->host_fd = ends[1];
	s->w.drops = s->drops;
	s->w.passes = s->passes;
	must(!sadb_add_worker(s->sadb, &s->w), "sadb_add_worker");
}

static void make_second(struct side *s)
{
	struct side_second *o = s->second = calloc(1, sizeof(*o));
	struct worker *const both[2] = { &s->w, &o->w };

	must(o, "out of memory");
	make_worker(s, &o->w, &o->link, &o->inside, &o->outside);
	worker_serve(&o->w, s->sad, 1);
	o->w.drops = o->drops;
	o->w.passes = o->passes;
	must(!sadb_add_worker(s->sadb, &o->w), "sadb_add_worker");
	must(!handoffs_new(both, 2, &s->handoffs), "handoffs_new");
}

static void serve(struct side *s)
{
	const struct sadb_calls calls = { on_answer, on_event, s };

	sadb_serve(s->sadb, &calls, s->now_ns);
}

void side_another_ike(struct side *s, uint64_t ns)
{
	sadb_orphan(s->sadb);
	side_poll(s);
	s->now_ns += ns;
	serve(s);
}

static struct side *make(void (*grace)(void *side), uint32_t workers)
{
	struct side *s = calloc(1, sizeof(*s));
	const struct sadb_maps maps = {
		.set_policies = map_policies,
		.bind = map_bind,
		.add_inbound = add_inbound,
		.del_inbound = del_inbound,
		.add_outbound = add_outbound,
		.del_outbound = del_outbound,
		.path_mtu = path_mtu,
		.keep_alive = keep_alive,
		.grace = grace,
		.ctx = s,
	};
	struct sadb_spec spec = {
		.view = s ? &s->view : NULL,
		.maps = &maps,
		.max_sas = SIDE_SAS,
	};
	struct error e;

	must(s, "out of memory");
	s->now_ns = clock_ns();
	must(!crypto_choose(CRYPTO_AUTO, &s->backend), "crypto_choose");
	s->sad = spec.sad = sad_new(s->backend, workers);
	must(s->sad, "sad_new");
	must(!sadb_new(&spec, &s->sadb, &e), "sadb_new");
	serve(s);
	make_first(s);
	return s;
}

struct side *side_new(void (*grace)(void *side))
{
	return make(grace, 1);
}

struct side *side_new_two(void (*grace)(void *side))
{
	struct side *s = make(grace, 2);

	make_second(s);
	return s;
}

static void free_second(struct side *s)
{
	struct side_second *o = s->second;

	if (!o)
		return;
	handoffs_free(s->handoffs);
	sadb_remove_worker(s->sadb, &o->w);
	worker_fini(&o->w);
	nexthop_link_fini(&o->link);
	free(o);
}

void side_free(struct side *s)
{
	free_second(s);
	sadb_remove_worker(s->sadb, &s->w);
	sadb_free(s->sadb);
	image_free(&s->list);
	close(s->w.host.fd);
	close(s->host_fd);
	worker_fini(&s->w);
	nexthop_link_fini(&s->link);
	sad_free(s->sad);
	free(s);
}

uint64_t side_dropped(const struct side *s)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < DROP_MAX; i++)
		sum += s->drops[i].pkts +
		       (s->second ? s->second->drops[i].pkts : 0);
	return sum;
}
