// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/status.h"

#include <stdlib.h>
#include <string.h>

#define KINDS 2

/* What helps where a status is unknown. */
struct found {
	struct status *at[2 * STATUS_WANTS_MAX]; /* references */
	/* Of at: what came for this one of the path; NULL: it was kept before. */
	const struct certificate *came_for[2 * STATUS_WANTS_MAX];
	size_t of[2 * STATUS_WANTS_MAX]; /* of at: its place in the path */
	size_t n;
	const struct crl *crls[2 * STATUS_WANTS_MAX];
	const struct ocsp *responses[2 * STATUS_WANTS_MAX + STATUS_SENT_MAX];
};

static bool is_judged(const struct trust_answer *a)
{
	return a->verdict == TRUST_OK || a->verdict == TRUST_UNKNOWN_STATUS;
}

/* The first whose status nobody tells; the root's place: none. */
static size_t first_unknown(const struct trust_answer *a, size_t from)
{
	while (from + 1 < a->n_chain && !a->unknown[from])
		from++;
	return from;
}

static bool has_unknown(const struct trust_answer *a)
{
	return is_judged(a) && first_unknown(a, 0) + 1 < a->n_chain;
}

static struct status_asked *asked_of(struct status_wants *w,
				     const uint8_t *sha256,
				     enum status_kind kind)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->asked[i].kind == kind &&
		    memcmp(w->asked[i].sha256, sha256, CERTIFICATE_SHA256) == 0)
			return &w->asked[i];
	return NULL;
}

/* --- what is there */

static void add(struct found *f, struct status *s, size_t of,
		const struct certificate *came_for)
{
	if (!s)
		return;
	f->of[f->n] = of;
	f->came_for[f->n] = came_for;
	f->at[f->n++] = s;
}

static void find(struct status_wants *w, const struct trust_answer *a,
		 int64_t now_s, struct found *f)
{
	static const enum status_kind kinds[KINDS] = { STATUS_OCSP, STATUS_CRL };

	for (size_t i = first_unknown(a, 0); i + 1 < a->n_chain;
	     i = first_unknown(a, i + 1))
		for (size_t k = 0; k < KINDS; k++) {
			const struct certificate *c = a->chain[i];
			struct status_asked *asked =
				asked_of(w, c->sha256, kinds[k]);

			add(f, statuses_find(w->kept, c, kinds[k], now_s), i,
			    NULL);
			if (asked)
				add(f, status_ref(asked->status), i, c);
		}
}

static void give(struct found *f, struct trust_question *q)
{
	if (q->n_responses > STATUS_SENT_MAX)
		q->n_responses = STATUS_SENT_MAX;
	for (size_t i = 0; i < q->n_responses; i++)
		f->responses[i] = q->responses[i];
	for (size_t i = 0; i < f->n; i++) {
		const struct crl *crl = status_crl(f->at[i]);
		const struct ocsp *ocsp = status_ocsp(f->at[i]);

		if (crl)
			f->crls[q->n_crls++] = crl;
		if (ocsp)
			f->responses[q->n_responses++] = ocsp;
	}
	q->crls = f->crls;
	q->responses = f->responses;
}

/* What told something is kept for others; so is what revokes, whomever. */
static void keep(struct status_wants *w, const struct found *f,
		 const struct trust_answer *a, int64_t now_s)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->came_for[i] && (a->verdict == TRUST_REVOKED ||
				       (is_judged(a) && !a->unknown[f->of[i]])))
			statuses_keep(w->kept, f->came_for[i], f->at[i], now_s);
}

static void check_again(struct status_wants *w, const struct creds *creds,
			struct trust_question *q, struct trust_answer *a)
{
	const struct ocsp *const *sent = q->responses;
	size_t n_sent = q->n_responses;
	struct found f = { .n = 0 };

	find(w, a, q->now_s, &f);
	if (f.n) {
		give(&f, q);
		creds_check(creds, q, a);
		keep(w, &f, a, q->now_s);
	}
	while (f.n)
		status_unref(f.at[--f.n]);
	q->crls = NULL;
	q->n_crls = 0;
	q->responses = sent;
	q->n_responses = n_sent;
}

/* --- what is wanted */

static bool set_request(const struct status_wants *w,
			const struct certificate *c,
			const struct certificate *issuer, struct owned *out)
{
	uint8_t *request;
	size_t len;
	bool ok;

	if (ocsp_ask(c, issuer, w->nonce, &request, &len))
		return false;
	ok = !owned_copy(slice_of(request, len), out);
	free(request);
	return ok;
}

static void forget(struct status_asked *asked)
{
	for (size_t i = 0; i < asked->n_path; i++)
		owned_free(&asked->path[i]);
	asked->n_path = 0;
	owned_free(&asked->request);
}

/* From there to below the root. */
static bool set_path(const struct trust_answer *a, size_t at,
		     struct status_asked *asked)
{
	for (size_t i = at; i + 1 < a->n_chain; i++) {
		if (owned_copy(a->chain[i]->der, &asked->path[asked->n_path]))
			return false;
		asked->n_path++;
	}
	return true;
}

/* Without memory it is not wanted. */
static void want(struct status_wants *w, enum status_kind kind,
		 const struct trust_answer *a, size_t at)
{
	struct status_asked asked = { .kind = kind };
	const struct certificate *c = a->chain[at];

	if (w->n == STATUS_WANTS_MAX)
		return;
	if (!set_path(a, at, &asked) || !statuses_key(c, kind, asked.key) ||
	    (kind == STATUS_OCSP &&
	     !set_request(w, c, a->chain[at + 1], &asked.request))) {
		forget(&asked);
		return;
	}
	memcpy(asked.sha256, c->sha256, sizeof(asked.sha256));
	w->asked[w->n++] = asked;
}

static bool is_told(const struct creds *creds, const struct trust_answer *a,
		    size_t at, enum status_kind kind)
{
	return creds_have_address(creds, a->chain[at], a->chain[at + 1], kind);
}

static void want_all(struct status_wants *w, const struct creds *creds,
		     const struct trust_answer *a)
{
	for (size_t i = first_unknown(a, 0); i + 1 < a->n_chain;
	     i = first_unknown(a, i + 1)) {
		const struct certificate *c = a->chain[i];

		if (is_told(creds, a, i, STATUS_OCSP) &&
		    !asked_of(w, c->sha256, STATUS_OCSP))
			want(w, STATUS_OCSP, a, i);
		else if (is_told(creds, a, i, STATUS_CRL) &&
			 !asked_of(w, c->sha256, STATUS_CRL))
			want(w, STATUS_CRL, a, i);
	}
}

/* Only what could be told is worth a word. */
static void note(struct status_wants *w, const struct creds *creds,
		 const struct trust_answer *a)
{
	char name[CERTIFICATE_STR_MAX];
	size_t i;

	w->unknown.text[0] = '\0';
	if (a->verdict != TRUST_OK)
		return;
	for (i = first_unknown(a, 0); i + 1 < a->n_chain;
	     i = first_unknown(a, i + 1))
		if (is_told(creds, a, i, STATUS_OCSP) ||
		    is_told(creds, a, i, STATUS_CRL)) {
			error_set(&w->unknown, 0,
				  "certificate \"%s\" may be revoked: neither CRL nor OCSP tells, and 'revocation = relaxed' goes on without; let this host reach them, or set revocation to ifuri or strict",
				  certificate_str(a->chain[i], name));
			return;
		}
}

void status_check(struct status_wants *w, const struct creds *creds,
		  struct trust_question *q, struct trust_answer *a)
{
	creds_check(creds, q, a);
	if (!w->kept)
		return;
	if (has_unknown(a))
		check_again(w, creds, q, a);
	if (has_unknown(a))
		want_all(w, creds, a);
	note(w, creds, a);
}

/* --- certificates that are elsewhere */

const struct status_asked *status_cert_asked(
	const struct status_wants *w, const uint8_t sha256[CERTIFICATE_SHA256])
{
	return asked_of((struct status_wants *)w, sha256, STATUS_CERT);
}

static size_t certs_asked(const struct status_wants *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		n += w->asked[i].kind == STATUS_CERT;
	return n;
}

void status_want_cert(struct status_wants *w, struct slice request,
		      const uint8_t sha256[CERTIFICATE_SHA256],
		      struct status *came)
{
	struct status_asked asked = { .kind = STATUS_CERT,
				      .is_answered = came != NULL,
				      .status = came };

	if (certs_asked(w) == STATUS_URLS_MAX || w->n == STATUS_WANTS_MAX ||
	    (!came && owned_copy(request, &asked.request))) {
		status_unref(came);
		return;
	}
	memcpy(asked.sha256, sha256, sizeof(asked.sha256));
	memcpy(asked.key, sha256, sizeof(asked.key));
	w->asked[w->n++] = asked;
}

/* --- the engine's part */

bool status_is_open(const struct status_wants *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (!w->asked[i].is_answered)
			return true;
	return false;
}

static void answer(struct status_asked *asked, struct status *s)
{
	asked->is_answered = true;
	asked->status = status_ref(s);
	forget(asked);
}

void status_answer(struct status_wants *w, const uint8_t key[STATUSES_KEY],
		   enum status_kind kind, struct status *s)
{
	for (size_t i = 0; i < w->n; i++)
		if (!w->asked[i].is_answered && w->asked[i].kind == kind &&
		    memcmp(w->asked[i].key, key, STATUSES_KEY) == 0)
			answer(&w->asked[i], s);
}

void status_give_up(struct status_wants *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (!w->asked[i].is_answered)
			answer(&w->asked[i], NULL);
}

void status_wants_free(struct status_wants *w)
{
	for (size_t i = 0; i < w->n; i++) {
		forget(&w->asked[i]);
		status_unref(w->asked[i].status);
	}
	statuses_unref(w->kept);
}
