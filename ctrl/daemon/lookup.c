// SPDX-License-Identifier: BSD-2-Clause
/*
 * A resolver is believed only what was asked of it: its socket hears nobody else,
 * has a port of this lookup alone, and each question has an id by chance. What
 * does not fit is left out, but not for ever: who sends a lot of it guesses.
 */
#include "ctrl/daemon/lookup.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/conf/values.h"

#define TYPES	  2
#define ALIEN_MAX 16 /* of one resolver; then it is heard no more */

static const uint16_t types[TYPES] = { DNS_TYPE_AAAA, DNS_TYPE_A };

struct server {
	struct lookup *lookup;
	int fd;
	struct event *readable;
	uint16_t id[TYPES];
	bool asked[TYPES];
	unsigned int aliens;
};

struct lookup {
	char name[DNS_NAME_MAX + 1];
	struct server servers[RESOLVERS_MAX];
	size_t n, at;	    /* whose turn it is */
	unsigned int round; /* so many are over */
	struct event *turn;
	bool settled[TYPES];
	struct dns_addrs addrs[TYPES];
	enum lookup_outcome worst; /* what went wrong last */
	void (*done)(void *ctx, const struct lookup_result *r);
	void *ctx;
};

void lookup_free(struct lookup *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++) {
		if (l->servers[i].readable)
			event_free(l->servers[i].readable);
		close(l->servers[i].fd);
	}
	if (l->turn)
		event_free(l->turn);
	free(l);
}

/* --- the end */

static void take_usable(const struct dns_addrs *from, struct lookup_result *r)
{
	for (size_t i = 0; i < from->n; i++)
		if (r->n < DNS_ADDRS_MAX && !addr_not_unicast(&from->at[i]))
			r->addrs[r->n++] = from->at[i];
}

static bool is_settled(const struct lookup *l)
{
	return l->settled[0] && l->settled[1];
}

static void finish(struct lookup *l, enum lookup_outcome without)
{
	void (*done)(void *ctx, const struct lookup_result *r) = l->done;
	struct lookup_result r = { .outcome = LOOKUP_FOUND };
	void *ctx = l->ctx;

	for (size_t i = 0; i < TYPES; i++)
		take_usable(&l->addrs[i], &r);
	if (!r.n && (l->addrs[0].n || l->addrs[1].n))
		without = LOOKUP_UNUSABLE;
	if (!r.n)
		r.outcome = without;
	lookup_free(l);
	done(ctx, &r);
}

/* --- questions */

/* One that does not leave is as good as one that gets no answer. */
static void ask_type(struct server *s, size_t type)
{
	const struct dns_question q = { s->lookup->name, types[type],
					s->id[type] };
	uint8_t out[DNS_MESSAGE_MAX];
	size_t len = dns_question_put(&q, out);

	s->asked[type] = true;
	/* What came of the last one is told instead. */
	if (send(s->fd, out, len, MSG_NOSIGNAL) < 0 && errno == ECONNREFUSED)
		send(s->fd, out, len, MSG_NOSIGNAL);
}

static void set_turn(struct lookup *l)
{
	const struct timeval wait = { LOOKUP_TURN_MS / 1000,
				      LOOKUP_TURN_MS % 1000 * 1000 };

	evtimer_add(l->turn, &wait);
}

static void ask(struct lookup *l)
{
	struct server *s = &l->servers[l->at];

	for (size_t i = 0; i < TYPES; i++)
		if (!l->settled[i])
			ask_type(s, i);
	set_turn(l);
}

/* What one type has is enough where nobody answers about the other. */
static void next_turn(struct lookup *l)
{
	if (++l->at == l->n) {
		l->at = 0;
		l->round++;
	}
	if (l->round == LOOKUP_ROUNDS || l->addrs[0].n || l->addrs[1].n)
		finish(l, l->worst);
	else
		ask(l);
}

static void on_turn(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	next_turn(ctx);
}

/* --- answers */

static void go_on(struct server *s)
{
	struct lookup *l = s->lookup;

	if (is_settled(l))
		finish(l, LOOKUP_NO_ADDRESS);
	else if (s == &l->servers[l->at] && !s->asked[0] && !s->asked[1])
		next_turn(l);
}

/* It has not said it, about one type. */
static void refuse(struct server *s, enum lookup_outcome why)
{
	s->lookup->worst = why;
	go_on(s);
}

/* Nothing more is to be had there. */
static void give_up(struct server *s, enum lookup_outcome why)
{
	s->asked[0] = s->asked[1] = false;
	refuse(s, why);
}

static void settle(struct server *s, size_t type, const struct dns_addrs *addrs)
{
	s->lookup->settled[type] = true;
	s->lookup->addrs[type] = *addrs;
	go_on(s);
}

static void take_alien(struct server *s)
{
	if (++s->aliens < ALIEN_MAX)
		return;
	event_del(s->readable);
	give_up(s, LOOKUP_FORGED);
}

static void take_reply(struct server *s, size_t type, enum dns_reply reply,
		       const struct dns_addrs *addrs)
{
	switch (reply) {
	case DNS_REPLY_ALIEN:
		take_alien(s);
		break;
	case DNS_REPLY_ADDRS:
		settle(s, type, addrs);
		break;
	case DNS_REPLY_NO_NAME:
		finish(s->lookup, LOOKUP_NO_NAME);
		break;
	case DNS_REPLY_REFUSED:
		refuse(s, LOOKUP_REFUSED);
		break;
	case DNS_REPLY_MALFORMED:
		refuse(s, LOOKUP_MALFORMED);
		break;
	case DNS_REPLY_TRUNCATED:
		refuse(s, LOOKUP_TRUNCATED);
		break;
	}
}

/* To whichever of the two questions; an answer comes once. */
static enum dns_reply read_reply(struct server *s, struct slice message,
				 struct dns_addrs *addrs, size_t *type)
{
	enum dns_reply reply = DNS_REPLY_ALIEN;

	for (size_t i = 0; i < TYPES && reply == DNS_REPLY_ALIEN; i++) {
		const struct dns_question q = { s->lookup->name, types[i],
						s->id[i] };

		if (s->asked[i])
			reply = dns_reply_read(message, &q, addrs);
		*type = i;
	}
	if (reply != DNS_REPLY_ALIEN)
		s->asked[*type] = false;
	return reply;
}

/* One at a time: afterwards there may be no lookup any more. */
static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct server *s = ctx;
	uint8_t room[DNS_MESSAGE_MAX + 1]; /* longer is too long */
	ssize_t n = recv(fd, room, sizeof(room), 0);
	struct dns_addrs addrs = { .n = 0 };
	enum dns_reply reply;
	size_t type;

	(void)what;
	if (n < 0 && errno == ECONNREFUSED)
		give_up(s, LOOKUP_SILENT);
	if (n < 0)
		return;
	reply = read_reply(s, slice_of(room, (size_t)n), &addrs, &type);
	take_reply(s, type, reply, &addrs);
}

/* --- its life */

static bool add_server(struct lookup *l, struct event_base *base, int fd)
{
	struct server *s = &l->servers[l->n];

	*s = (struct server){ .lookup = l, .fd = fd };
	if (getrandom(s->id, sizeof(s->id), 0) != sizeof(s->id))
		return false;
	s->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, s);
	if (!s->readable)
		return false;
	l->n++;
	return !event_add(s->readable, NULL);
}

struct lookup *lookup_new(struct event_base *base, const char *name,
			  const int *fds, size_t n,
			  void (*done)(void *ctx, const struct lookup_result *r),
			  void *ctx)
{
	struct lookup *l = calloc(1, sizeof(*l));
	bool ok = l && n && n <= RESOLVERS_MAX;

	if (!ok) {
		free(l);
		return NULL;
	}
	l->done = done;
	l->ctx = ctx;
	l->worst = LOOKUP_SILENT;
	memcpy(l->name, name, strnlen(name, sizeof(l->name) - 1));
	l->turn = evtimer_new(base, on_turn, l);
	ok = l->turn;
	for (size_t i = 0; ok && i < n; i++)
		ok = add_server(l, base, fds[i]);
	if (ok) {
		ask(l);
		return l;
	}
	for (size_t i = 0; i < l->n; i++)
		event_free(l->servers[i].readable);
	l->n = 0; /* the descriptors are not ours */
	lookup_free(l);
	return NULL;
}
