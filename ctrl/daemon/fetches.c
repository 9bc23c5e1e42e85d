// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/fetches.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/bucket.h"
#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"

/* How many begin, in a second and after a pause; others wait for their turn. */
static const struct pace {
	uint32_t per_s, burst;
	size_t at_once;
} known = { 10, 100, FETCHES_AT_ONCE },
  strange = { 2, 20, FETCHES_CERTS_AT_ONCE };

enum fetch_state {
	FETCH_IDLE,
	FETCH_WAITING,
	FETCH_RESOLVING,
	FETCH_UNDER_WAY,
};

struct fetch_entry {
	struct fetch_wish wish;
	enum fetch_state state;
	struct http_url at; /* where it moved to */
	unsigned int moves;
	bool is_configured;
	struct addr addrs[FETCHES_ADDRS_MAX];
	size_t n_addrs, addr; /* the one that is tried */
	uint64_t token;
	uint64_t at_ns; /* it is given up, or refused; IDLE: it ended */
	bool failed;
	struct error why;
	uint8_t *octets;
	size_t n, room;
};

struct fetches {
	struct fetches_calls calls;
	struct fetch_entry entries[FETCHES_MAX];
	size_t n;
	bool ready;
	uint64_t tokens;
	struct bucket known, strange; /* certificates */
};

struct fetches *fetches_new(const struct fetches_calls *calls)
{
	struct fetches *f = calloc(1, sizeof(*f));

	if (f)
		f->calls = *calls;
	return f;
}

void fetches_free(struct fetches *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n; i++)
		free(f->entries[i].octets);
	free(f);
}

static struct fetch_entry *find(struct fetches *f, const uint8_t *id)
{
	for (size_t i = 0; i < f->n; i++)
		if (memcmp(f->entries[i].wish.id, id, FETCHES_ID) == 0)
			return &f->entries[i];
	return NULL;
}

static bool has_token(const struct fetch_entry *e)
{
	return e->state == FETCH_RESOLVING || e->state == FETCH_UNDER_WAY;
}

static struct fetch_entry *of_token(struct fetches *f, uint64_t token,
				    enum fetch_state state)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->entries[i].state == state && f->entries[i].token == token)
			return &f->entries[i];
	return NULL;
}

/* --- the end of one */

/* What is still said with its token is not heard. */
static void drop_token(struct fetch_entry *e)
{
	e->state = FETCH_WAITING;
	free(e->octets);
	e->octets = NULL;
	e->n = e->room = 0;
}

static void set_over(struct fetch_entry *e, bool failed, struct fetches_now now)
{
	drop_token(e);
	e->state = FETCH_IDLE;
	e->failed = failed;
	e->at_ns = now.ns;
}

static void fail(struct fetches *f, struct fetch_entry *e, const char *why,
		 struct fetches_now now)
{
	char url[HTTP_URL_MAX * 2];
	struct error text;

	error_set(&text, -EIO, "%s", why); /* why may be e's */
	set_over(e, true, now);
	e->why = text;
	log_warn("fetches: not fetched url=%s: %s; it is tried again when it "
		 "is wanted in %d s",
		 http_url_str(&e->wish.url, url), why, FETCHES_FAILED_S);
	f->calls.fetched(f->calls.ctx, e->wish.id, slice_of(NULL, 0), text.text);
}

/* --- where it is fetched from */

static uint64_t new_token(struct fetches *f)
{
	return FETCHES_TOKEN | ++f->tokens;
}

/* NULL: a certificate may send us there. 169.254.0.0/16 is of the link, and where
 * clouds tell a host its secrets. */
static const char *not_for_certificates(const struct fetches *f,
					const struct addr *a)
{
	const char *why = addr_not_unicast(a);

	if (addr_is_v4(a) && a->octets[12] == 169 && a->octets[13] == 254)
		return "is a link-local address"; /* RFC 3927 */
	if (!why && f->calls.is_own(f->calls.ctx, a))
		why = "is this host's own";
	return why;
}

static bool try_addr(struct fetches *f, struct fetch_entry *e, struct error *why)
{
	const struct addr *a = &e->addrs[e->addr];
	const char *is_bad =
		e->is_configured ? NULL : not_for_certificates(f, a);
	struct helper_msg_fetch m = { .kind = e->wish.kind,
				      .n = e->wish.n_request,
				      .url = e->at };
	char text[ADDR_STR_MAX];

	memcpy(m.request, e->wish.request, m.n);
	if (is_bad) {
		error_set(why, -EPERM,
			  "%s %s, where no certificate may send us; name the "
			  "server in an authority",
			  addr_str(a, text), is_bad);
		return false;
	}
	m.token = e->token = new_token(f);
	e->state = FETCH_UNDER_WAY;
	return !f->calls.fetch(f->calls.ctx, &m, a, why);
}

/* At the first address that works. */
static void try_addrs(struct fetches *f, struct fetch_entry *e,
		      struct error *why, struct fetches_now now)
{
	for (; e->addr < e->n_addrs; e->addr++) {
		if (try_addr(f, e, why))
			return;
		drop_token(e);
	}
	fail(f, e, why->text, now);
}

static void begin(struct fetches *f, struct fetch_entry *e,
		  struct fetches_now now)
{
	struct error why = { "it has no address" };

	e->n_addrs = e->addr = 0;
	if (!addr_parse(e->at.host, &e->addrs[0])) {
		e->n_addrs = 1;
		try_addrs(f, e, &why, now);
		return;
	}
	e->token = new_token(f);
	e->state = FETCH_RESOLVING;
	if (f->calls.lookup(f->calls.ctx, e->token, e->at.host, &why))
		fail(f, e, why.text, now);
}

static bool is_cert(const struct fetch_entry *e)
{
	return e->wish.kind == FETCH_CERT;
}

/* Is there a place for it among those that are under way? */
static bool has_place(const struct fetches *f, bool cert)
{
	size_t all = 0, certs = 0;

	for (size_t i = 0; i < f->n; i++) {
		all += has_token(&f->entries[i]);
		certs += has_token(&f->entries[i]) && is_cert(&f->entries[i]);
	}
	return f->ready && all < known.at_once &&
	       !(cert && certs >= strange.at_once);
}

/* The first of either that waits for its turn, and has a place; NULL: none. */
static struct fetch_entry *first_waiting(const struct fetches *f, bool cert)
{
	const struct fetch_entry *first = NULL;

	if (!has_place(f, cert))
		return NULL;
	for (size_t i = 0; i < f->n; i++) {
		const struct fetch_entry *e = &f->entries[i];

		if (e->state == FETCH_WAITING && is_cert(e) == cert &&
		    (!first || e->at_ns < first->at_ns))
			first = e;
	}
	return (struct fetch_entry *)first;
}

/* Whoever is told that one failed may want another one at once. */
static void begin_each(struct fetches *f, bool cert, struct fetches_now now)
{
	struct bucket *bucket = cert ? &f->strange : &f->known;
	const struct pace *pace = cert ? &strange : &known;
	struct fetch_entry *e;

	while ((e = first_waiting(f, cert)) &&
	       bucket_take(bucket, now.ns, pace->per_s, pace->burst)) {
		e->at_ns = now.ns + FETCHES_LATE_S * NS_PER_S;
		begin(f, e, now);
	}
}

static void begin_due(struct fetches *f, struct fetches_now now)
{
	begin_each(f, false, now);
	begin_each(f, true, now);
}

/* --- wishes */

static bool stands(const struct fetch_entry *e, uint64_t now_ns)
{
	return e->failed && now_ns - e->at_ns < FETCHES_FAILED_S * NS_PER_S;
}

static size_t certs_known(const struct fetches *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += is_cert(&f->entries[i]);
	return n;
}

/* The one that ended first makes room: of certificates, when they are many, another
 * one. */
static struct fetch_entry *make_room(struct fetches *f, bool cert)
{
	bool only_certs = cert && certs_known(f) >= FETCHES_CERTS_MAX;
	struct fetch_entry *oldest = NULL;

	if (f->n < FETCHES_MAX && !only_certs)
		return &f->entries[f->n++];
	for (size_t i = 0; i < f->n; i++) {
		struct fetch_entry *e = &f->entries[i];

		if (e->state == FETCH_IDLE && (!only_certs || is_cert(e)) &&
		    (!oldest || e->at_ns < oldest->at_ns))
			oldest = e;
	}
	return oldest;
}

bool fetches_recall(struct fetches *f, const uint8_t id[FETCHES_ID],
		    int64_t now_s)
{
	uint8_t *octets;
	size_t len;

	if (!f->calls.recall(f->calls.ctx, id, now_s, &octets, &len))
		return false;
	f->calls.fetched(f->calls.ctx, id, slice_of(octets, len), "");
	free(octets);
	return true;
}

static void refuse(struct fetches *f, const struct fetch_wish *w)
{
	f->calls.fetched(f->calls.ctx, w->id, slice_of(NULL, 0),
			 "too much is wanted at once; it is tried again");
}

/* That it had no turn says nothing of where it is fetched from. */
static void give_up_turn(struct fetches *f, struct fetch_entry *e,
			 struct fetches_now now)
{
	const struct fetch_wish wish = e->wish;

	set_over(e, false, now);
	refuse(f, &wish);
}

void fetches_want(struct fetches *f, const struct fetch_wish *w,
		  struct fetches_now now)
{
	struct fetch_entry *e = find(f, w->id);

	if ((e && e->state != FETCH_IDLE) ||
	    (w->kind != FETCH_CERT && fetches_recall(f, w->id, now.s)))
		return;
	if (e && stands(e, now.ns)) {
		f->calls.fetched(f->calls.ctx, w->id, slice_of(NULL, 0),
				 e->why.text);
		return;
	}
	if (!e)
		e = make_room(f, w->kind == FETCH_CERT);
	if (!e) {
		refuse(f, w);
		return;
	}
	*e = (struct fetch_entry){ .wish = *w,
				   .state = FETCH_WAITING,
				   .at = w->url,
				   .is_configured = w->is_configured,
				   .at_ns = now.ns +
					    FETCHES_QUEUED_S * NS_PER_S };
	begin_due(f, now);
}

void fetches_flush(struct fetches *f)
{
	for (size_t i = 0; i < f->n; i++)
		f->entries[i].failed = false;
}

void fetches_set_ready(struct fetches *f, bool ready, struct fetches_now now)
{
	f->ready = ready;
	for (size_t i = 0; !ready && i < f->n; i++)
		if (has_token(&f->entries[i]))
			fail(f, &f->entries[i],
			     "the process that fetches ended; cygnetd's log "
			     "says why",
			     now);
	begin_due(f, now);
}

/* --- answers */

void fetches_found(struct fetches *f, uint64_t token,
		   const struct lookup_result *r, struct fetches_now now)
{
	struct fetch_entry *e = of_token(f, token, FETCH_RESOLVING);
	struct error why = { "its name has no address in DNS" };

	if (!e)
		return;
	drop_token(e);
	for (uint32_t i = 0; r->outcome == LOOKUP_FOUND && i < r->n &&
			     i < DNS_ADDRS_MAX && e->n_addrs < FETCHES_ADDRS_MAX;
	     i++)
		e->addrs[e->n_addrs++] = r->addrs[i];
	try_addrs(f, e, &why, now);
	begin_due(f, now);
}

static bool keep_piece(struct fetch_entry *e, struct slice octets)
{
	size_t room = e->room ? e->room : HELPER_PIECE_MAX;
	uint8_t *grown;

	if (octets.len > fetch_max_bytes(e->wish.kind) - e->n)
		return false;
	while (room < e->n + octets.len)
		room *= 2;
	grown = room == e->room ? e->octets : realloc(e->octets, room);
	if (!grown)
		return false;
	e->octets = grown;
	e->room = room;
	if (octets.len)
		memcpy(e->octets + e->n, octets.ptr, octets.len);
	e->n += octets.len;
	return true;
}

void fetches_piece(struct fetches *f, uint64_t token, struct slice octets,
		   struct fetches_now now)
{
	struct fetch_entry *e = of_token(f, token, FETCH_UNDER_WAY);

	if (!e || keep_piece(e, octets))
		return;
	fail(f, e, "there is no room for it", now);
	begin_due(f, now);
}

/* What helper says of a time is believed only as far as it does no harm: who forged
 * a CRL on its way would choose a time without an end. */
static int64_t good_until(int64_t next_update_s, int64_t now_s)
{
	if (next_update_s == INT64_MAX)
		return now_s + FETCHES_UNSAID_S;
	if (next_update_s > now_s + FETCHES_MOST_S)
		return now_s + FETCHES_MOST_S;
	return next_update_s < now_s + FETCHES_LEAST_S ? now_s + FETCHES_LEAST_S
						       : next_update_s;
}

static void take_whole(struct fetches *f, struct fetch_entry *e,
		       const struct helper_msg_fetched *m,
		       struct fetches_now now)
{
	struct slice octets = slice_of(e->octets, e->n);
	uint8_t *kept = e->octets;
	char url[HTTP_URL_MAX * 2];

	if (!e->n || e->n != m->n) {
		fail(f, e, "the process that fetches lost some of it", now);
		return;
	}
	e->octets = NULL; /* it outlives the entry's end */
	set_over(e, false, now);
	log_info("fetches: fetched url=%s octets=%zu",
		 http_url_str(&e->wish.url, url), octets.len);
	if (!is_cert(e))
		f->calls.keep(f->calls.ctx, e->wish.id,
			      good_until(m->next_update_s, now.s), octets);
	f->calls.fetched(f->calls.ctx, e->wish.id, octets, "");
	free(kept);
}

/* What an authority names may lead anywhere, but not where that leads to. */
static void follow(struct fetches *f, struct fetch_entry *e, const char *place,
		   struct fetches_now now)
{
	struct error why;

	drop_token(e);
	if (++e->moves > FETCHES_MOVES_MAX)
		fail(f, e, "it moved more than three times", now);
	else if (http_url_read(place, &e->at, &why))
		fail(f, e, why.text, now);
	else {
		e->is_configured = false;
		begin(f, e, now);
	}
}

static void try_next(struct fetches *f, struct fetch_entry *e, const char *text,
		     struct fetches_now now)
{
	struct error why;

	error_set(&why, -EIO, "%s", text);
	drop_token(e);
	e->addr++;
	try_addrs(f, e, &why, now);
}

void fetches_done(struct fetches *f, const struct helper_msg_fetched *m,
		  struct fetches_now now)
{
	struct fetch_entry *e = of_token(f, m->token, FETCH_UNDER_WAY);

	if (!e)
		return;
	switch ((enum fetch_outcome)m->outcome) {
	case FETCH_DONE:
		take_whole(f, e, m, now);
		break;
	case FETCH_MOVED:
		follow(f, e, m->text, now);
		break;
	case FETCH_FAILED:
		try_next(f, e, m->text, now);
		break;
	}
	begin_due(f, now);
}

/* --- time */

static uint64_t turn_ns(const struct fetches *f, bool cert)
{
	const struct pace *pace = cert ? &strange : &known;

	return first_waiting(f, cert)
		       ? bucket_next_ns(cert ? &f->strange : &f->known,
					pace->per_s, pace->burst)
		       : UINT64_MAX;
}

uint64_t fetches_deadline(const struct fetches *f)
{
	uint64_t turns[] = { turn_ns(f, false), turn_ns(f, true) };
	uint64_t at = turns[0] < turns[1] ? turns[0] : turns[1];

	for (size_t i = 0; i < f->n; i++)
		if (f->entries[i].state != FETCH_IDLE && f->entries[i].at_ns < at)
			at = f->entries[i].at_ns;
	return at;
}

void fetches_timeout(struct fetches *f, struct fetches_now now)
{
	for (size_t i = 0; i < f->n; i++) {
		struct fetch_entry *e = &f->entries[i];

		if (e->state == FETCH_IDLE || e->at_ns > now.ns)
			continue;
		if (e->state == FETCH_WAITING)
			give_up_turn(f, e, now);
		else
			fail(f, e, "it takes longer than 10 s", now);
	}
	begin_due(f, now);
}
