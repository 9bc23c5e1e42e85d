// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/conf/values.h"

/* Between the end of one lookup and the begin of the next. */
#define AFTER_FOUND_NS	   (1 * NS_PER_S)
#define AFTER_FOUND_MAX_NS (10 * NS_PER_S) /* where nobody waits for it */
#define AFTER_FAILED_NS	   (1 * NS_PER_S)  /* doubled each time */
#define DOUBLED_MAX	   4U

enum name_state {
	NAME_IDLE,
	NAME_WAITING, /* to be asked for, not before at_ns */
	NAME_ASKED,   /* given up at at_ns */
};

struct name {
	char host[CONN_HOST_MAX];
	struct conn_peer peer; /* a gateway's is of no connection */
	bool is_gateway;
	enum name_state state;
	uint64_t at_ns;
	uint64_t ended_ns; /* 0: never asked for */
	unsigned int failures;
	uint32_t slot;
	uint64_t token;
	bool stays; /* while connections are set */
};

struct names {
	struct names_calls calls;
	struct name **at; /* owned */
	size_t n;
	bool ready;
	bool used[LOOKUPS_MAX];
	uint64_t tokens;
};

struct names *names_new(const struct names_calls *calls)
{
	struct names *n = calloc(1, sizeof(*n));

	if (n)
		n->calls = *calls;
	return n;
}

void names_free(struct names *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->n; i++)
		free(n->at[i]);
	free(n->at);
	free(n);
}

bool names_are_none(const struct names *n)
{
	return !n->n;
}

static struct name *find(const struct names *n, const char *conn)
{
	for (size_t i = 0; i < n->n; i++)
		if (!n->at[i]->is_gateway &&
		    strcmp(n->at[i]->peer.conn, conn) == 0)
			return n->at[i];
	return NULL;
}

static struct name *find_gateway(const struct names *n, const char *host)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->at[i]->is_gateway && strcasecmp(n->at[i]->host, host) == 0)
			return n->at[i];
	return NULL;
}

/* One more, of zeros; NULL: out of memory. */
static struct name *append(struct names *n)
{
	struct name **more = realloc(n->at, (n->n + 1) * sizeof(struct name *));
	struct name *name = calloc(1, sizeof(*name));

	if (more)
		n->at = more;
	if (!more || !name) {
		free(name);
		return NULL;
	}
	n->at[n->n++] = name;
	return name;
}

/* --- what becomes of a lookup */

static void set_over(struct names *n, struct name *name, uint64_t now_ns)
{
	n->used[name->slot] = false;
	name->state = NAME_IDLE;
	name->ended_ns = now_ns;
	n->calls.over(n->calls.ctx, name->slot);
}

static void fail_gateway(struct names *n, const char *host, const char *why)
{
	struct error text;

	error_set(&text, -ENOENT,
		  "cannot resolve %s, to which the peer redirects us: %s", host,
		  why);
	n->calls.gateway(n->calls.ctx, host, NULL, 0, text.text);
}

static void fail(struct names *n, struct name *name, const char *why)
{
	struct conn_peer peer = { .n_now = 0 };
	struct error text;

	if (name->failures < DOUBLED_MAX)
		name->failures++;
	if (name->is_gateway) {
		log_warn("names: gateway=%s: %s", name->host, why);
		fail_gateway(n, name->host, why);
		return;
	}
	memcpy(peer.conn, name->peer.conn, sizeof(peer.conn));
	error_set(&text, -ENOENT, "cannot resolve %s: %s", name->host, why);
	log_warn("names: conn=%s: %s", peer.conn, text.text);
	n->calls.resolved(n->calls.ctx, &peer, text.text);
}

static bool has(const struct addr *list, uint32_t n, const struct addr *a)
{
	for (uint32_t i = 0; i < n; i++)
		if (addr_equal(&list[i], a))
			return true;
	return false;
}

static void add_known(struct conn_peer *p, const struct addr *addrs, uint32_t n)
{
	for (uint32_t i = 0; i < n && p->n_known < CONN_ADDRS_MAX; i++)
		if (!has(p->known, p->n_known, &addrs[i]))
			p->known[p->n_known++] = addrs[i];
}

/* Those that are new come first: the oldest make room. */
static void take_addrs(struct conn_peer *p, const struct lookup_result *r)
{
	const struct conn_peer was = *p;

	p->n_now = p->n_known = 0;
	for (uint32_t i = 0; i < r->n && p->n_now < CONN_ADDRS_MAX; i++)
		if (!addr_not_unicast(&r->addrs[i]))
			p->now[p->n_now++] = r->addrs[i];
	add_known(p, p->now, p->n_now);
	add_known(p, was.known, was.n_known);
}

static bool is_changed(const struct conn_peer *a, const struct conn_peer *b)
{
	return a->n_now != b->n_now ||
	       memcmp(a->now, b->now, a->n_now * sizeof(a->now[0])) != 0;
}

static void find_out(struct names *n, struct name *name,
		     const struct lookup_result *r)
{
	const struct conn_peer was = name->peer;
	char text[ADDR_STR_MAX];

	take_addrs(&name->peer, r);
	name->failures = 0;
	if (name->is_gateway) {
		log_info("names: resolved gateway=%s addr=%s addrs=%u",
			 name->host, addr_str(&name->peer.now[0], text),
			 name->peer.n_now);
		n->calls.gateway(n->calls.ctx, name->host, name->peer.now,
				 name->peer.n_now, "");
		return;
	}
	if (is_changed(&was, &name->peer))
		log_info("names: resolved conn=%s name=%s addr=%s addrs=%u",
			 name->peer.conn, name->host,
			 addr_str(&name->peer.now[0], text), name->peer.n_now);
	n->calls.resolved(n->calls.ctx, &name->peer, "");
}

/* Whoever sends it may lie. */
static bool is_sound(const struct lookup_result *r)
{
	if (r->outcome != LOOKUP_FOUND || r->n > DNS_ADDRS_MAX)
		return false;
	for (uint32_t i = 0; i < r->n; i++)
		if (!addr_not_unicast(&r->addrs[i]))
			return true;
	return false;
}

static struct name *asked(const struct names *n, uint64_t token)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->at[i]->state == NAME_ASKED && n->at[i]->token == token)
			return n->at[i];
	return NULL;
}

/* --- lookups begin */

static unsigned int gateways_asked(const struct names *n)
{
	unsigned int asked = 0;

	for (size_t i = 0; i < n->n; i++)
		asked += n->at[i]->is_gateway && n->at[i]->state == NAME_ASKED;
	return asked;
}

static bool find_slot(const struct names *n, const struct name *name,
		      uint32_t *slot)
{
	if (name->is_gateway && gateways_asked(n) >= NAMES_GATEWAYS_ASKED)
		return false;
	for (*slot = 0; *slot < LOOKUPS_MAX; (*slot)++)
		if (!n->used[*slot])
			return true;
	return false;
}

static void begin(struct names *n, struct name *name, uint32_t slot,
		  uint64_t now_ns)
{
	struct error e;

	n->used[slot] = true;
	name->slot = slot;
	name->token = ++n->tokens;
	name->state = NAME_ASKED;
	name->at_ns = now_ns + NAMES_LATE_NS;
	if (!n->calls.begin(n->calls.ctx, slot, name->token, name->host, &e))
		return;
	set_over(n, name, now_ns);
	fail(n, name, e.text);
}

/* Who is asked for again meanwhile has to wait, so this ends. */
static void begin_due(struct names *n, uint64_t now_ns)
{
	uint32_t slot;

	for (size_t i = 0; n->ready && i < n->n; i++)
		if (n->at[i]->state == NAME_WAITING &&
		    n->at[i]->at_ns <= now_ns && find_slot(n, n->at[i], &slot))
			begin(n, n->at[i], slot, now_ns);
}

static uint64_t next_ns(const struct name *name)
{
	if (!name->ended_ns)
		return 0;
	if (!name->failures)
		return name->ended_ns + AFTER_FOUND_NS;
	return name->ended_ns + (AFTER_FAILED_NS << (name->failures - 1));
}

void names_ask(struct names *n, const char *conn, bool urgent, uint64_t now_ns)
{
	struct name *name = find(n, conn);

	if (!name || name->state != NAME_IDLE ||
	    (!urgent && name->ended_ns &&
	     now_ns - name->ended_ns < AFTER_FOUND_MAX_NS))
		return;
	name->state = NAME_WAITING;
	name->at_ns = next_ns(name);
	begin_due(n, now_ns);
}

/* The place of one whose time is over; NULL: there is none. */
static struct name *find_room(const struct names *n, uint64_t now_ns)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->at[i]->is_gateway && n->at[i]->state == NAME_IDLE &&
		    now_ns - n->at[i]->ended_ns >= NAMES_GATEWAY_NS)
			return n->at[i];
	return NULL;
}

static size_t count_gateways(const struct names *n)
{
	size_t count = 0;

	for (size_t i = 0; i < n->n; i++)
		count += n->at[i]->is_gateway;
	return count;
}

static struct name *add_gateway(struct names *n, const char *host,
				uint64_t now_ns)
{
	struct name *name = find_room(n, now_ns);

	if (!name && count_gateways(n) < NAMES_GATEWAYS_MAX)
		name = append(n);
	if (!name)
		return NULL;
	*name = (struct name){ .is_gateway = true };
	snprintf(name->host, sizeof(name->host), "%s", host);
	return name;
}

void names_ask_gateway(struct names *n, const char *host, uint64_t now_ns)
{
	struct name *name = find_gateway(n, host);

	if (!name)
		name = add_gateway(n, host, now_ns);
	if (!name) {
		fail_gateway(
			n, host,
			"too many names of gateways were asked for lately; it is the peer's to redirect to few");
		return;
	}
	if (name->state != NAME_IDLE)
		return;
	name->state = NAME_WAITING;
	name->at_ns = next_ns(name);
	begin_due(n, now_ns);
}

void names_done(struct names *n, uint64_t token, const struct lookup_result *r,
		uint64_t now_ns)
{
	struct name *name = asked(n, token);
	struct error why;

	if (!name)
		return;
	set_over(n, name, now_ns);
	if (is_sound(r)) {
		find_out(n, name, r);
	} else {
		n->calls.explain(n->calls.ctx,
				 r->outcome == LOOKUP_FOUND ? LOOKUP_UNUSABLE
							    : r->outcome,
				 &why);
		fail(n, name, why.text);
	}
	begin_due(n, now_ns);
}

void names_fail(struct names *n, uint64_t token, const char *why,
		uint64_t now_ns)
{
	struct name *name = asked(n, token);

	if (!name)
		return;
	set_over(n, name, now_ns);
	fail(n, name, why);
	begin_due(n, now_ns);
}

void names_set_ready(struct names *n, bool ready, uint64_t now_ns)
{
	n->ready = ready;
	begin_due(n, now_ns);
}

void names_fail_all(struct names *n, const char *why, uint64_t now_ns)
{
	n->ready = false;
	for (size_t i = 0; i < n->n; i++) {
		struct name *name = n->at[i];

		if (name->state == NAME_IDLE)
			continue;
		if (name->state == NAME_ASKED)
			set_over(n, name, now_ns);
		name->state = NAME_IDLE;
		name->ended_ns = now_ns;
		fail(n, name, why);
	}
}

void names_tell_all(const struct names *n)
{
	for (size_t i = 0; i < n->n; i++)
		if (!n->at[i]->is_gateway && n->at[i]->peer.n_now)
			n->calls.resolved(n->calls.ctx, &n->at[i]->peer, "");
}

/* --- connections come and go */

static int add(struct names *n, const struct conn_conf *c)
{
	struct name *name = append(n);

	if (!name)
		return -ENOMEM;
	memcpy(name->host, c->remote_host, sizeof(name->host));
	memcpy(name->peer.conn, c->name, sizeof(name->peer.conn));
	name->state = NAME_WAITING;
	name->stays = true;
	return 0;
}

static void forget(struct names *n, size_t i, uint64_t now_ns)
{
	if (n->at[i]->state == NAME_ASKED)
		set_over(n, n->at[i], now_ns);
	free(n->at[i]);
	n->at[i] = n->at[--n->n];
}

static struct name *find_same(const struct names *n, const struct conn_conf *c)
{
	struct name *name = conn_is_named(c) ? find(n, c->name) : NULL;

	return name && strcasecmp(name->host, c->remote_host) == 0 ? name : NULL;
}

int names_set(struct names *n, const struct conn_conf *conns, size_t n_conns,
	      uint64_t now_ns)
{
	int err = 0;

	for (size_t i = 0; i < n_conns; i++) {
		struct name *same = find_same(n, &conns[i]);

		if (same)
			same->stays = true;
	}
	for (size_t i = n->n; i-- > 0;)
		if (!n->at[i]->stays && !n->at[i]->is_gateway)
			forget(n, i, now_ns);
	for (size_t i = 0; i < n_conns && !err; i++)
		if (conn_is_named(&conns[i]) && !find(n, conns[i].name))
			err = add(n, &conns[i]);
	for (size_t i = 0; i < n->n; i++)
		n->at[i]->stays = false;
	begin_due(n, now_ns);
	return err;
}

void names_fill(const struct names *n, struct conn_conf *conns, size_t n_conns)
{
	for (size_t i = 0; i < n_conns; i++) {
		const struct name *name = find_same(n, &conns[i]);

		if (name && name->peer.n_now)
			conn_resolve(&conns[i], name->peer.now,
				     name->peer.n_now);
	}
}

/* --- time */

/* One that waits for a slot gets it when another one ends. */
uint64_t names_deadline(const struct names *n)
{
	uint64_t at = UINT64_MAX;
	uint32_t slot;

	for (size_t i = 0; i < n->n; i++)
		if ((n->at[i]->state == NAME_ASKED ||
		     (n->at[i]->state == NAME_WAITING && n->ready &&
		      find_slot(n, n->at[i], &slot))) &&
		    n->at[i]->at_ns < at)
			at = n->at[i]->at_ns;
	return at;
}

void names_timeout(struct names *n, uint64_t now_ns)
{
	for (size_t i = 0; i < n->n; i++) {
		struct name *name = n->at[i];

		if (name->state != NAME_ASKED || name->at_ns > now_ns)
			continue;
		set_over(n, name, now_ns);
		fail(n, name,
		     "the process that asks DNS does not answer; cygnetd's log may say why");
	}
	begin_due(n, now_ns);
}
