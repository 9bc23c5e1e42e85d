// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two engines of the lab, and whatever an input makes happen to them, step by
 * step: answers and datagrams come in its order, or never; strangers send
 * datagrams, and so does somebody who has the keys (engine_peer.h); operators
 * command, the data path tells and refuses, an engine ends and is taken over.
 *
 * Meanwhile the engines' counts are right, no deadline stays behind, events are
 * plain text, and datagrams go to the peer, to whoever proved to be it, or back
 * to a stranger, one for each that came, not more than three times as long. Then
 * all is quiet and all is deleted: nothing is left, neither in the engines nor in
 * the SADs nor with the keepers of records.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/engine_auth.h"
#include "tests/fuzz/engine_gateway.h"
#include "tests/fuzz/engine_peer.h"
#include "tests/support/ike_keep.h"
#include "tests/support/ike_lab_queue.h"

#define SUITE_IKE     "aes128gcm16-prfsha256-x25519"
#define SUITE_ESP     "aes128-sha256"
#define SUITE_PFS     "aes128-sha256-x25519"
#define OTHER_IKE     "aes128gcm16-prfsha256-ecp256-x25519"
#define OTHER_ESP     "aes128-sha256-ecp256-x25519"
#define ADDKE	      "-ke1_ecp256"
#define STEPS_MAX     48U
#define PATHS_MAX     16U
#define SLICE_NS      (5 * LAB_S)
#define STEP_NS	      (LAB_S / 1000)
#define STEP_MAX_BITS 18U /* to four minutes */
#define AMPLIFICATION 3U
#define CERTS_FROM    0xe0U /* seeds of the lab that go with certificates */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* From where somebody has sent, and what that side sent back. */
struct known {
	unsigned int side;
	struct addr remote;
	uint16_t remote_port;
	bool is_peer; /* it has sealed something */
	unsigned int in, out;
	size_t in_bytes, out_bytes;
};

struct run {
	struct ike_lab *lab;
	struct slice in;
	struct known known[PATHS_MAX];
	unsigned int n_known;
	bool adds; /* additional key exchanges, and a PPK */
};

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_engine: broken: %s\n", what);
	abort();
}

static struct engine *engine_of(const struct run *r, unsigned int side)
{
	return r->lab->side[side].engine;
}

/* --- who may be sent to */

static struct known *find_known(struct run *r, unsigned int side,
				const struct ike_path *p)
{
	for (unsigned int i = 0; i < r->n_known; i++) {
		struct known *k = &r->known[i];

		if (k->side == side && k->remote_port == p->remote_port &&
		    addr_equal(&k->remote, &p->remote))
			return k;
	}
	return NULL;
}

/* NULL: there are too many. */
static struct known *know(struct run *r, unsigned int side,
			  const struct ike_path *p)
{
	struct known *k = find_known(r, side, p);

	if (k || r->n_known == PATHS_MAX)
		return k;
	k = &r->known[r->n_known++];
	*k = (struct known){ .side = side,
			     .remote = p->remote,
			     .remote_port = p->remote_port };
	return k;
}

static bool is_configured(const struct ike_lab *lab, unsigned int side,
			  const struct ike_path *p)
{
	return (addr_equal(&p->remote, &lab->side[!side].addr) ||
		(lab->nat && addr_equal(&p->remote, &lab->nat_addr))) &&
	       (p->remote_port == IKE_PORT || p->remote_port == IKE_NATT_PORT ||
		p->remote_port == 4321);
}

/* Has a peer who proved to be it said that it, or another one, is there? */
static bool is_told(const struct run *r, unsigned int side,
		    const struct ike_path *p)
{
	const struct engine *e = engine_of(r, side);

	for (uint32_t i = 1; e && i < e->n_slots; i++) {
		const struct ike_sa *sa = e->slots[i];

		if (sa && sa->redirects &&
		    addr_equal(&sa->path.remote, &p->remote))
			return true;
		for (unsigned int k = 0; sa && k < sa->n_peer_addrs; k++)
			if (addr_equal(&sa->peer_addrs[k], &p->remote))
				return true;
	}
	return false;
}

/* What says which version we speak is in the clear. */
static void check_clear(const struct ike_header *h, struct slice d)
{
	struct ike_payloads p;
	struct ike_notify n;

	require(h->flags & IKE_FLAG_R, "a request is protected");
	require(ike_payloads_parse(slice_of(d.ptr + IKE_HEADER_BYTES,
					    d.len - IKE_HEADER_BYTES),
				   h->next_payload, IKE_PART_CLEAR,
				   &p) == IKE_PARSE_OK &&
			p.n == 1 &&
			ike_find_notify(&p, IKE_N_INVALID_MAJOR_VERSION, &n),
		"a response is protected");
}

static bool on_sent(struct ike_lab *lab, unsigned int side,
		    const struct ike_path *p, struct slice d)
{
	struct run *r = lab->owner;
	struct known *k = find_known(r, side, p);
	struct ike_header h;

	require(ike_header_parse(d, &h) && h.version == IKE_VERSION,
		"what is sent is a message");
	require(addr_equal(&p->local, &lab->side[side].addr),
		"it comes from the own address");
	if (h.next_payload != IKE_PL_SK && h.next_payload != IKE_PL_SKF &&
	    !peer_is_first(&h))
		check_clear(&h, d);
	if (is_configured(lab, side, p))
		return true;
	if (is_told(r, side, p))
		return false;
	if (k && k->is_peer)
		return false;
	require(k != NULL, "it goes to somebody who is known");
	k->out++;
	k->out_bytes += d.len;
	require(k->out <= k->in, "a stranger gets one for each of its own");
	require(k->out_bytes <= AMPLIFICATION * k->in_bytes,
		"and not many times as much");
	return false;
}

/* --- datagrams */

/* Whose, and to which port; the first is the true peer. */
static struct ike_path take_path(struct run *r, unsigned int side)
{
	static const uint16_t ports[] = { IKE_PORT, IKE_NATT_PORT, 4321, 65535 };
	uint8_t how = take(&r->in);
	struct ike_path p = forge_path(r->lab, side);

	if (how & 3)
		p.remote = addr_from_v4(htonl(0xc6336400U + (how & 3)));
	p.remote_port = ports[how >> 2 & 3];
	p.local_port = how & 0x40 ? IKE_NATT_PORT : IKE_PORT;
	return p;
}

static void give(struct run *r, unsigned int side, uint8_t *octets, size_t len,
		 bool sealed)
{
	struct ike_path p = take_path(r, side);
	struct known *k = know(r, side, &p);
	uint8_t *copy;

	if (!k || !engine_of(r, side))
		return;
	copy = malloc(len ? len : 1); /* so that a sanitizer sees its end */
	require(copy != NULL, "memory");
	if (len)
		memcpy(copy, octets, len);
	k->in++;
	k->in_bytes += len;
	k->is_peer |= sealed;
	engine_input(engine_of(r, side), &p, copy, len, r->lab->now_ns);
	free(copy);
}

/* With its length, where there is one, put right. */
static void step_raw(struct run *r, unsigned int side)
{
	uint8_t room[1024];
	size_t len = take_u16(&r->in) % sizeof(room);

	len = len < r->in.len ? len : r->in.len;
	if (!rd_bytes(&r->in, room, len))
		abort();
	if (len >= IKE_HEADER_BYTES) {
		struct builder b = wr_init(room + 24, 4);

		wr_u32(&b, (uint32_t)len);
	}
	give(r, side, room, len, false);
}

/* The header of an IKE SA that is there, and no key. */
static void step_header(struct run *r, unsigned int side)
{
	const struct ike_sa *sa = peer_sa(engine_of(r, side), take(&r->in));
	uint8_t room[256], how = take(&r->in);
	struct builder b = wr_init(room, sizeof(room));
	struct slice octets;

	if (!sa)
		return;
	wr_u64(&b, sa->spi_i);
	wr_u64(&b, sa->spi_r);
	wr_u8(&b, take(&r->in));
	wr_u8(&b, how & 0x80 ? 0x30 : IKE_VERSION);
	wr_u8(&b, IKE_EXCH_IKE_SA_INIT + how % 5);
	wr_u8(&b, take(&r->in));
	wr_u32(&b, how & 0x40 ? sa->ours.message_id : sa->next_peers);
	octets = peer_octets(&r->in, room + 128, take(&r->in) % 96);
	wr_u32(&b, (uint32_t)(IKE_HEADER_BYTES + octets.len));
	wr_bytes(&b, octets.ptr, octets.len);
	require(wr_ok(&b), "room");
	give(r, side, room, b.len, false);
}

/*
 * What a side has sent last, as it is or with a change, which may come to
 * nothing: who brings a message that its peer sealed has proved to be the peer.
 */
static void step_replay(struct run *r, unsigned int side)
{
	const struct lab_side *from = &r->lab->side[!side];
	uint8_t room[LAB_DATAGRAM_MAX], how = take(&r->in);

	if (!from->last_len)
		return;
	memcpy(room, from->last, from->last_len);
	if (how & 1)
		damage(&r->in, room, (uint32_t)from->last_len);
	give(r, side, room, from->last_len,
	     memcmp(room, from->last, from->last_len) == 0);
}

static void step_sealed(struct run *r, unsigned int side)
{
	struct ike_sa *sa = peer_sa(engine_of(r, !side), take(&r->in)), *to;
	uint8_t room[LAB_DATAGRAM_MAX];
	bool damaged = take(&r->in) & 1;
	struct slice all = slice_of(room, 0), one;

	if (!sa)
		return;
	to = peer_same(engine_of(r, side), sa);
	all.len = damaged ? peer_damaged(&r->in, sa, to, room)
			  : peer_message(&r->in, sa, to, room);
	while (ike_message_next(&all, &one))
		give(r, side, room + (one.ptr - room), one.len, true);
}

/* Always to side 1. */
static void step_init(struct run *r)
{
	static const char *const texts[] = { SUITE_IKE,
					     "aes256-sha384-ecp384-x25519",
					     "aes128gcm16-prfsha256-x25519" };
	uint8_t how = take(&r->in);
	struct forge_init f = { .spi_i = how + 1U,
				.proposal = texts[how % 3],
				.method = how & 0x40 ? "ecp384" : "x25519",
				.padding = how & 0x20 ? take_u16(&r->in) % 4096
						      : 0 };
	struct ike_path p = forge_path(r->lab, 1);
	unsigned int n = how & 0x10 ? 1 + take(&r->in) % 16 : 1;
	struct known *k;

	f.from = addr_from_v4(htonl(0xc6336400U + (how & 3)));
	p.remote = f.from;
	k = know(r, 1, &p);
	if (!k || !engine_of(r, 1))
		return;
	for (; n; n--, f.spi_i += 1U << 16) {
		if (how & 0x80)
			f.cookie = forge_cookie_of(r->lab);
		k->in++;
		k->in_bytes += 128 + f.padding; /* at least */
		forge_init(r->lab, &f);
	}
}

/* --- what the lab does */

static void check_events(struct lab_side *s)
{
	for (unsigned int i = 0; i < s->n_events; i++)
		for (const char *at = s->events[i].text; *at; at++)
			require((unsigned char)*at >= ' ' && *at != 0x7f,
				"an event is plain text");
	s->n_events = 0;
}

/* In slices: the lab has room for so many events. */
static void pass(struct run *r, uint64_t ns)
{
	while (ns) {
		uint64_t slice_ns = ns < SLICE_NS ? ns : SLICE_NS;

		require(lab_run(r->lab, slice_ns), "it comes to rest");
		check_events(&r->lab->side[0]);
		check_events(&r->lab->side[1]);
		ns -= slice_ns;
	}
}

static struct lab_item *take_item(struct run *r)
{
	uint8_t which = take(&r->in);

	return r->lab->n_queue ? r->lab->queue[which % r->lab->n_queue] : NULL;
}

/* This one before all others. */
static void step_deliver(struct run *r)
{
	struct lab_item *i = take_item(r);

	if (!i || i->kind == ITEM_RECORD || i->kind == ITEM_RECORDED)
		return; /* these come in order */
	i->at_ns = 0;
	lab_step(r->lab);
}

static void step_lose(struct run *r)
{
	struct lab_item *i = take_item(r);

	if (i && i->kind == ITEM_DATAGRAM)
		i->len = 0; /* to the engine it is nothing */
}

static void step_double(struct run *r)
{
	const struct lab_item *i = take_item(r);
	struct lab_item *copy;

	if (!i || i->kind != ITEM_DATAGRAM || r->lab->n_queue > 64)
		return;
	copy = lab_push(r->lab, ITEM_DATAGRAM, i->side,
			STEP_NS << take(&r->in) % STEP_MAX_BITS);
	copy->path = i->path;
	copy->len = i->len;
	copy->octets = malloc(i->len + 1);
	require(copy->octets != NULL, "memory");
	memcpy(copy->octets, i->octets, i->len);
}

/* Of the two engines alone. */
static void be_transport(struct child_conf *c)
{
	const struct ts_conf host = { .dynamic = true, .port_max = UINT16_MAX };

	c->mode = SADB_TRANSPORT;
	c->local_ts[0] = c->remote_ts[0] = host;
}

/* Side 0 asks for virtual IPs, and side 1 has pools, of which one runs dry. */
static void load_vips(struct run *r, unsigned int side, struct conn_conf *c)
{
	const struct ts_conf dynamic = { .dynamic = true,
					 .port_max = UINT16_MAX };

	if (side == 0) {
		c->children->local_ts[0] = dynamic;
		c->vips[0] = addr_from_v4(0);
		c->n_vips = 2;
		return;
	}
	c->children->remote_ts[0] = dynamic;
	strcpy(c->pools[0], "small");
	strcpy(c->pools[1], "six");
	c->n_pools = 2;
	if (!engine_of(r, side))
		return;
	lab_load_pool(r->lab, side, "small", "10.3.0.1-10.3.0.2");
	lab_load_pool(r->lab, side, "six", "2001:db8:3::/120");
}

static void load(struct run *r, unsigned int side, uint8_t how)
{
	struct conn_conf c = lab_conn(r->lab, side,
				      r->adds	 ? SUITE_IKE ADDKE
				      : how & 16 ? OTHER_IKE
						 : SUITE_IKE,
				      r->adds	 ? SUITE_PFS ADDKE
				      : how & 16 ? OTHER_ESP
				      : how & 1	 ? SUITE_PFS
						 : SUITE_ESP);
	struct error e;

	if (how & 32)
		lab_add_child(&c, side);
	c.unique = how >> 6;
	if (c.unique) /* INITIAL_CONTACT is said to who is known */
		require(!identity_parse(side ? "192.0.2.1" : "192.0.2.2",
					&c.remote_id, &e),
			"an identity");
	if (how & 64)
		be_transport(c.children);
	if ((how & 6) == 6)
		c.children->pfp = PFP_REMOTE | PFP_PROTOCOL | PFP_PORTS;
	if (how & 128)
		proposals_default(IKE_PROTO_AH, &c.children->proposals);
	c.resumption = true;
	c.dpd_delay = how & 2 ? 10 : 0;
	if (how & 4)
		c.children->life_time = c.children->rekey_time = 60;
	if (how & 8 && side == 0)
		c.encap = true;
	else if (how & 8)
		c.remote_addrs[0].any = true;
	if (how & 64)
		load_vips(r, side, &c);
	if (r->adds)
		auth_ppk(&r->lab->side[side], &c);
	if (r->lab->sign)
		auth_certs(side, how, &c);
	lab_load(r->lab, side, &c);
	conn_fini(&c);
}

/* Nothing has changed; or all clients are to come again. */
static void step_ways(struct run *r, unsigned int side, uint8_t how)
{
	struct ike_redirect where = {
		.to = gateway_of_addr(&r->lab->side[side].addr),
	};

	if (how & 0x20)
		where.to = gateway_named();
	if (how & 0x10)
		engine_addresses_changed(engine_of(r, side), r->lab->now_ns);
	else
		engine_redirect(engine_of(r, side), &where, r->lab->now_ns);
}

static void step_command(struct run *r, unsigned int side)
{
	struct engine *e = engine_of(r, side);
	uint8_t how = take(&r->in);
	const char *named = how & 0x40 ? "more" : "net";
	const char *child = how & 0x80 ? named : NULL;
	uint64_t now_ns = r->lab->now_ns;

	if (!e)
		return;
	switch (how % 7) {
	case 0:
		engine_initiate(e, "peer", child, now_ns);
		break;
	case 6: /* as if there were nothing yet; or it was unloaded */
		if (conn_by_name(e, "peer"))
			lab_initiate(e, "peer", NULL, now_ns);
		break;
	case 1:
	case 2:
		if (how & 0x20)
			engine_reauth(e, "peer", now_ns);
		else
			engine_rekey(e, "peer", child, now_ns);
		break;
	case 3:
		engine_terminate(e, "peer", child, now_ns);
		break;
	case 4:
		load(r, side, take(&r->in));
		break;
	case 5:
		if (how & 0x20)
			step_ways(r, side, how);
		else
			engine_unload(e, "peer");
		break;
	}
}

/* From behind that side, or of its own. */
static struct sadb_selector packet_of(const struct lab_side *s, uint8_t how)
{
	const struct lab_side *peer = &s->lab->side[!s->index];
	struct sadb_selector p = { .protocol = how & 4 ? 6 : 47 };
	const uint32_t lan = 0x0a010005;

	p.local_min =
		how & 8 ? s->addr : addr_from_v4(htonl(lan + (s->index << 16)));
	p.remote_min = how & 8 ? peer->addr
			       : addr_from_v4(htonl(lan + (peer->index << 16)));
	p.local_max = p.local_min;
	p.remote_max = p.remote_min;
	p.local_port_min = p.local_port_max = how & 16 ? 80 : 0;
	p.remote_port_min = p.remote_port_max = how & 32 ? 81 : 0;
	return p;
}

static void step_told(struct run *r, unsigned int side)
{
	static const uint8_t verbs[] = { SADB_USED, SADB_EXPIRE, SADB_MAPPING,
					 SADB_ACQUIRE };
	const struct lab_side *s = &r->lab->side[side];
	struct ike_path p = take_path(r, side);
	struct known *k = know(r, side, &p);
	uint8_t how = take(&r->in);
	struct sadb_event event = {
		.verb = verbs[how % 4],
		.hard = how >> 7,
		.policy = 7,
		.id = s->sas[take(&r->in) % LAB_SAS_MAX].id,
		.mapped_addr = p.remote,
		.mapped_port = p.remote_port,
	};

	if (!k || !s->engine)
		return;
	event.packet = packet_of(s, how);
	k->is_peer |= event.verb == SADB_MAPPING;
	engine_sadb_event(s->engine, &event, r->lab->now_ns);
}

/* Nobody has asked for it. */
static void step_answer(struct run *r, unsigned int side)
{
	struct engine *e = engine_of(r, side);
	uint8_t how = take(&r->in);
	uint64_t token = (uint64_t)take(&r->in) << 32 | take_u16(&r->in);
	struct keystore_answer keystore = { .token = token };
	struct sadb_answer sadb = { .token = token,
				    .verb = SADB_CLAIM,
				    .err = how & 1 ? -1 : 0 };

	if (!e)
		return;
	if (how & 0x80)
		gateway_answer(r->lab, side, how);
	else if (how & 2)
		engine_keystore_answer(e, &keystore, r->lab->now_ns);
	else
		engine_sadb_answer(e, &sadb, r->lab->now_ns);
}

static void step_refuse(struct run *r, unsigned int side)
{
	uint8_t how = take(&r->in);

	r->lab->side[side].refuses = true;
	r->lab->side[side].refused_verb = how % 3;
	r->lab->side[side].refused_dir = how >> 7;
}

static void step_end(struct run *r, unsigned int side)
{
	if (engine_of(r, side))
		lab_kill(r->lab, side);
	else
		lab_take_over(r->lab, side);
}

/* As many SAs as the lab's SADs have room for when all are rekeyed. */
static bool is_full(const struct run *r)
{
	for (unsigned int i = 0; i < 2; i++) {
		const struct lab_side *s = &r->lab->side[i];

		if (lab_sas(s, false) + lab_sas(s, true) > LAB_SAS_MAX / 4 ||
		    (s->engine && s->engine->n_sas - s->engine->n_strangers >
					  LAB_SAS_MAX / 8))
			return true;
	}
	return false;
}

static void step(struct run *r)
{
	uint8_t what = take(&r->in);
	unsigned int side = what >> 7;

	if (is_full(r) && what % 16 >= 5 && what % 16 <= 8)
		return; /* nobody makes more of them */
	switch (what % 16) {
	case 0:
	case 1:
		step_deliver(r);
		break;
	case 2:
		pass(r, STEP_NS << take(&r->in) % STEP_MAX_BITS);
		break;
	case 3:
		step_lose(r);
		break;
	case 4:
		step_double(r);
		break;
	case 5:
		step_command(r, side);
		break;
	case 6:
	case 7:
	case 8:
		step_sealed(r, side);
		break;
	case 9:
		step_raw(r, side);
		break;
	case 10:
		step_header(r, side);
		break;
	case 11:
		step_init(r);
		break;
	case 12:
		step_told(r, side);
		break;
	case 13:
		if (what & 0x40)
			step_answer(r, side);
		else
			step_refuse(r, side);
		break;
	case 14:
		step_replay(r, side);
		break;
	case 15:
		if (what & 0x40)
			step_end(r, side);
		else
			lab_new_epoch(r->lab, side);
		break;
	}
}

/* --- what holds at any time */

static void check_engine(const struct engine *e)
{
	unsigned int sas = 0, half_open = 0, lingering = 0, timed = 0;

	for (uint32_t i = 1; i < e->n_slots; i++) {
		const struct ike_sa *sa = e->slots[i];

		if (!sa)
			continue;
		require(sa->id == i, "an IKE SA stands at its slot");
		sas += sa->state != IKE_ST_DEAD;
		half_open +=
			sa->state == IKE_ST_INIT || sa->state == IKE_ST_AUTH;
		lingering += sa->lingers;
		timed += sa->due.place != 0;
		require(sa->state != IKE_ST_DEAD || !sa->children,
			"one that is over has no children");
	}
	require(sas == e->n_sas && half_open == e->n_half_open &&
			lingering == e->n_lingering && timed == e->due.n,
		"the counts are right");
	require(e->n_strangers <= half_open, "strangers are half-open");
	require(!e->touched && !e->dead, "a call ends what it began");
}

static void check(struct run *r)
{
	for (unsigned int i = 0; i < 2; i++) {
		check_events(&r->lab->side[i]);
		if (engine_of(r, i))
			check_engine(engine_of(r, i));
	}
}

/* --- from the beginning to the end */

static void run_quietly(struct run *r, unsigned int minutes)
{
	for (; minutes; minutes--) {
		pass(r, 60 * LAB_S);
		check(r);
	}
}

static void begin(struct run *r)
{
	uint8_t how = take(&r->in), conn = take(&r->in);

	r->lab->owner = r;
	r->lab->sent = on_sent;
	r->lab->nat = how & 1;
	r->lab->answer_max_ns = how & 2 ? LAB_S / 10 : 0;
	if (how & 32)
		lab_set_fragment_size(r->lab, FRAGMENT_SIZE_MIN);
	r->lab->options.make_before_break = how & 64;
	r->adds = how & 128;
	r->lab->options.has_ppks = r->adds;
	lab_set_options(r->lab, &r->lab->options);
	for (unsigned int i = 0; i < 2; i++) {
		load(r, i, conn >> 4 * i & 0xf);
		lab_keep(r->lab, i, how & 4);
	}
	if (!(how & 8))
		return;
	engine_initiate(engine_of(r, 0), "peer", NULL, r->lab->now_ns);
	lab_run(r->lab, how & 16 ? STEP_NS * 3 : LAB_S);
	check(r);
}

static void check_nothing_left(const struct run *r)
{
	for (unsigned int i = 0; i < 2; i++) {
		const struct lab_side *s = &r->lab->side[i];
		const struct engine *e = s->engine;

		require(!e->n_sas && !e->n_lingering && !e->n_strangers,
			"no IKE SA is left");
		require(engine_deadline(e) == UINT64_MAX,
			"and nothing is to be done");
		require(!lab_sas(s, false) && !lab_sas(s, true),
			"no SA is left in the SAD");
		require(!s->n_kept, "no record is left");
	}
}

static void end(struct run *r)
{
	for (unsigned int i = 0; i < 2; i++) {
		r->lab->side[i].refuses = false;
		if (!engine_of(r, i))
			lab_take_over(r->lab, i);
	}
	run_quietly(r, 5);
	for (unsigned int i = 0; i < 2; i++)
		engine_terminate(engine_of(r, i), "peer", NULL, r->lab->now_ns);
	run_quietly(r, 10);
	check_nothing_left(r);
}

/* --- somebody looks at all messages: what they are told is words */

static void on_traced(struct ike_lab *lab, unsigned int side,
		      const struct ike_traced *t)
{
	(void)lab;
	(void)side;
	require(*t->text && strlen(t->text) < IKE_TRACE_TEXT_MAX, "no words");
}

static void look(struct ike_lab *lab)
{
	lab->traced = on_traced;
	for (unsigned int side = 0; side < 2; side++)
		engine_trace(lab->side[side].engine, &lab->side[!side].addr,
			     UINT64_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run r = { .in = slice_of(data, size) };
	uint8_t seed = take(&r.in);

	r.lab = seed < CERTS_FROM ? lab_new(seed) : auth_lab(seed);
	look(r.lab);
	begin(&r);
	for (unsigned int n = 0; n < STEPS_MAX && r.in.len; n++) {
		step(&r);
		if (r.lab->n_queue > LAB_QUEUE_MAX / 2)
			lab_run(r.lab, LAB_S);
		check(&r);
	}
	end(&r);
	lab_free(r.lab);
	return 0;
}
