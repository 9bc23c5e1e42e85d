// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/pki/statuses.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/owned.h"

_Static_assert(STATUSES_KEY == HASH_SHA256_BYTES &&
		       STATUSES_KEY == CERTIFICATE_SHA256,
	       "a key is a SHA-256");

struct status {
	atomic_uint refs; /* whoever holds it */
	enum status_kind kind;
	size_t bytes;
	pthread_mutex_t lock; /* while it is read */
	bool is_read;
	struct owned octets; /* until then; of a certificate always */
	struct crl *crl;     /* or */
	struct ocsp *ocsp;
};

struct kept {
	uint8_t key[STATUSES_KEY];
	enum status_kind kind;
	struct status *status;
	int64_t until_s;
};

struct statuses {
	atomic_uint refs; /* whoever holds it */
	pthread_mutex_t lock;
	struct kept kept[STATUSES_MAX]; /* the oldest one first */
	size_t n, bytes;
};

/* --- one of them */

struct status *status_new(enum status_kind kind, struct slice octets)
{
	struct status *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	if (owned_copy(octets, &s->octets)) {
		free(s);
		return NULL;
	}
	pthread_mutex_init(&s->lock, NULL);
	atomic_init(&s->refs, 1);
	s->kind = kind;
	s->bytes = octets.len;
	return s;
}

struct status *status_ref(struct status *s)
{
	if (s)
		atomic_fetch_add(&s->refs, 1);
	return s;
}

void status_unref(struct status *s)
{
	if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	owned_free(&s->octets);
	crl_free(s->crl);
	ocsp_free(s->ocsp);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static void read_it(struct status *s)
{
	struct error e;

	if (s->kind == STATUS_CERT)
		return;
	pthread_mutex_lock(&s->lock);
	if (!s->is_read && s->kind == STATUS_CRL)
		(void)crl_read(owned_slice(&s->octets), &s->crl, &e);
	else if (!s->is_read)
		(void)ocsp_read(owned_slice(&s->octets), &s->ocsp, &e);
	s->is_read = true;
	owned_free(&s->octets);
	pthread_mutex_unlock(&s->lock);
}

const struct crl *status_crl(struct status *s)
{
	read_it(s);
	return s->crl;
}

const struct ocsp *status_ocsp(struct status *s)
{
	read_it(s);
	return s->ocsp;
}

struct slice status_cert(const struct status *s)
{
	return s->kind == STATUS_CERT ? owned_slice(&s->octets)
				      : slice_of(NULL, 0);
}

/* Unix time; 0: it is of no use. */
static int64_t holds_until_s(struct status *s, int64_t now_s)
{
	const struct crl *crl = status_crl(s);
	const struct ocsp *ocsp = status_ocsp(s);

	if (s->kind == STATUS_CERT)
		return now_s + STATUSES_CERT_S;
	if (ocsp)
		return ocsp->next_update_s;
	if (!crl)
		return 0;
	return crl->next_update_s == INT64_MAX ? now_s + STATUSES_FRESH_S
					       : crl->next_update_s;
}

/* --- all of them */

int statuses_new(struct statuses **out)
{
	struct statuses *all = calloc(1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	pthread_mutex_init(&all->lock, NULL);
	atomic_init(&all->refs, 1);
	*out = all;
	return 0;
}

struct statuses *statuses_ref(struct statuses *all)
{
	if (all)
		atomic_fetch_add(&all->refs, 1);
	return all;
}

static void drop(struct statuses *all, size_t at)
{
	all->bytes -= all->kept[at].status->bytes;
	status_unref(all->kept[at].status);
	all->n--;
	memmove(&all->kept[at], &all->kept[at + 1],
		(all->n - at) * sizeof(all->kept[0]));
}

void statuses_flush(struct statuses *all)
{
	pthread_mutex_lock(&all->lock);
	while (all->n)
		drop(all, all->n - 1);
	pthread_mutex_unlock(&all->lock);
}

void statuses_unref(struct statuses *all)
{
	if (!all || atomic_fetch_sub(&all->refs, 1) != 1)
		return;
	statuses_flush(all);
	pthread_mutex_destroy(&all->lock);
	free(all);
}

static bool crl_key(const struct certificate *c, uint8_t key[STATUSES_KEY])
{
	size_t bytes = c->issuer.len, at = c->issuer.len;
	uint8_t *all;
	bool ok;

	for (size_t i = 0; i < c->crls.n; i++)
		bytes += strlen(c->crls.at[i]) + 1;
	all = malloc(bytes + 1);
	if (!all)
		return false;
	memcpy(all, c->issuer.ptr, c->issuer.len);
	for (size_t i = 0; i < c->crls.n; i++) {
		size_t len = strlen(c->crls.at[i]) + 1;

		memcpy(all + at, c->crls.at[i], len);
		at += len;
	}
	ok = hash_sha256(slice_of(all, bytes), key);
	free(all);
	return ok;
}

bool statuses_key(const struct certificate *c, enum status_kind kind,
		  uint8_t key[STATUSES_KEY])
{
	if (kind == STATUS_CRL)
		return crl_key(c, key);
	memcpy(key, c->sha256, STATUSES_KEY);
	return true;
}

/* all->n: nowhere. The caller has the lock. */
static size_t place_of(const struct statuses *all, const uint8_t *key,
		       enum status_kind kind)
{
	size_t i = 0;

	while (i < all->n && (all->kept[i].kind != kind ||
			      memcmp(all->kept[i].key, key, STATUSES_KEY) != 0))
		i++;
	return i;
}

static struct status *find(struct statuses *all, const uint8_t *key,
			   enum status_kind kind, int64_t now_s)
{
	struct status *found = NULL;
	size_t at;

	pthread_mutex_lock(&all->lock);
	at = place_of(all, key, kind);
	if (at < all->n && all->kept[at].until_s < now_s)
		drop(all, at);
	else if (at < all->n)
		found = status_ref(all->kept[at].status);
	pthread_mutex_unlock(&all->lock);
	return found;
}

struct status *statuses_find(struct statuses *all, const struct certificate *c,
			     enum status_kind kind, int64_t now_s)
{
	uint8_t key[STATUSES_KEY];

	return statuses_key(c, kind, key) ? find(all, key, kind, now_s) : NULL;
}

struct status *statuses_find_cert(struct statuses *all,
				  const uint8_t sha1[HASH_SHA1_BYTES],
				  int64_t now_s)
{
	uint8_t key[STATUSES_KEY] = { 0 };

	memcpy(key, sha1, HASH_SHA1_BYTES);
	return find(all, key, STATUS_CERT, now_s);
}

static void make_room(struct statuses *all, size_t bytes)
{
	while (all->n == STATUSES_MAX ||
	       (all->n && all->bytes + bytes > STATUSES_MAX_BYTES))
		drop(all, 0);
}

static void keep(struct statuses *all, struct kept *new, int64_t now_s)
{
	struct status *s = new->status;
	size_t at;

	new->kind = s->kind;
	new->until_s = holds_until_s(s, now_s);
	if (new->until_s < now_s || s->bytes > STATUSES_MAX_BYTES)
		return;
	pthread_mutex_lock(&all->lock);
	at = place_of(all, new->key, new->kind);
	status_ref(s); /* it may be the one that is dropped */
	if (at < all->n)
		drop(all, at);
	make_room(all, s->bytes);
	all->kept[all->n++] = *new;
	all->bytes += s->bytes;
	pthread_mutex_unlock(&all->lock);
}

void statuses_keep(struct statuses *all, const struct certificate *c,
		   struct status *s, int64_t now_s)
{
	struct kept new = { .status = s };

	if (statuses_key(c, s->kind, new.key))
		keep(all, &new, now_s);
}

void statuses_keep_cert(struct statuses *all, struct status *s, int64_t now_s)
{
	struct kept new = { .status = s };

	if (hash_sha1(status_cert(s), new.key))
		keep(all, &new, now_s);
}

static bool lists(struct status *s, const struct cert_serial *c)
{
	const struct crl *crl = status_crl(s);
	const struct ocsp *ocsp = status_ocsp(s);

	return (crl && listed_by_crl(crl, c)) ||
	       (ocsp && listed_by_ocsp(ocsp, c));
}

bool statuses_list(struct statuses *all, const struct cert_serial *c)
{
	bool is_listed = false;

	pthread_mutex_lock(&all->lock);
	for (size_t i = 0; i < all->n && !is_listed; i++)
		is_listed = lists(all->kept[i].status, c);
	pthread_mutex_unlock(&all->lock);
	return is_listed;
}
