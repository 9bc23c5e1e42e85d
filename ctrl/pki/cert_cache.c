// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/pki/cert_cache.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "ctrl/crypto/hash.h"

_Static_assert(CERTIFICATE_SHA256 == HASH_SHA256_BYTES, "named by it");

#define BUCKETS 512U

struct kept {
	struct certificate *cert; /* a reference */
	TAILQ_ENTRY(kept) by_use;
	LIST_ENTRY(kept) by_name;
};

LIST_HEAD(bucket, kept);

struct cert_cache {
	atomic_uint refs; /* whoever holds it */
	pthread_mutex_t lock;
	TAILQ_HEAD(, kept) by_use; /* the longest unused first */
	/* Who wants long ones has to prove certificates of that many hashes. */
	struct bucket by_name[BUCKETS];
	size_t n, bytes;
};

int cert_cache_new(struct cert_cache **out)
{
	struct cert_cache *all = calloc(1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	atomic_init(&all->refs, 1);
	pthread_mutex_init(&all->lock, NULL);
	TAILQ_INIT(&all->by_use);
	*out = all;
	return 0;
}

struct cert_cache *cert_cache_ref(struct cert_cache *all)
{
	if (all)
		atomic_fetch_add(&all->refs, 1);
	return all;
}

static void drop(struct cert_cache *all, struct kept *k)
{
	TAILQ_REMOVE(&all->by_use, k, by_use);
	LIST_REMOVE(k, by_name);
	all->n--;
	all->bytes -= k->cert->der.len;
	certificate_free(k->cert);
	free(k);
}

void cert_cache_unref(struct cert_cache *all)
{
	if (!all || atomic_fetch_sub(&all->refs, 1) != 1)
		return;
	while (!TAILQ_EMPTY(&all->by_use))
		drop(all, TAILQ_FIRST(&all->by_use));
	pthread_mutex_destroy(&all->lock);
	free(all);
}

/* --- with the lock */

static struct bucket *bucket_of(struct cert_cache *all, const uint8_t *sha256)
{
	uint16_t head;

	memcpy(&head, sha256, sizeof(head));
	return &all->by_name[head % BUCKETS];
}

static struct kept *find(struct cert_cache *all, const uint8_t *sha256)
{
	struct kept *k;

	LIST_FOREACH(k, bucket_of(all, sha256), by_name)
	if (memcmp(k->cert->sha256, sha256, CERTIFICATE_SHA256) == 0)
		return k;
	return NULL;
}

static struct certificate *use(struct cert_cache *all, struct kept *k)
{
	TAILQ_REMOVE(&all->by_use, k, by_use);
	TAILQ_INSERT_TAIL(&all->by_use, k, by_use);
	return k->cert;
}

static void add(struct cert_cache *all, struct kept *k)
{
	while (all->n == CERT_CACHE_MAX ||
	       all->bytes + k->cert->der.len > CERT_CACHE_MAX_BYTES)
		drop(all, TAILQ_FIRST(&all->by_use));
	all->n++;
	all->bytes += k->cert->der.len;
	TAILQ_INSERT_TAIL(&all->by_use, k, by_use);
	LIST_INSERT_HEAD(bucket_of(all, k->cert->sha256), k, by_name);
}

/* --- the whole */

/* A reference, or NULL. */
static struct certificate *kept_of(struct cert_cache *all, struct slice der)
{
	struct certificate *c = NULL;
	uint8_t sha256[CERTIFICATE_SHA256];
	struct kept *k;

	if (!all || der.len > CERTIFICATE_MAX_BYTES || !hash_sha256(der, sha256))
		return NULL;
	pthread_mutex_lock(&all->lock);
	k = find(all, sha256);
	if (k)
		c = certificate_ref(use(all, k));
	pthread_mutex_unlock(&all->lock);
	return c;
}

int cert_cache_read(struct cert_cache *all, struct slice der,
		    struct certificate **out, struct error *e)
{
	struct certificate *c = kept_of(all, der);

	if (!c)
		return certificate_read(der, out, e);
	*out = c;
	return 0;
}

void cert_cache_keep(struct cert_cache *all, struct certificate *c)
{
	struct kept *k, *new;

	if (!all)
		return;
	new = malloc(sizeof(*new));
	pthread_mutex_lock(&all->lock);
	k = find(all, c->sha256);
	if (k) {
		(void)use(all, k);
	} else if (new) {
		new->cert = certificate_ref(c);
		add(all, new);
		new = NULL;
	}
	pthread_mutex_unlock(&all->lock);
	free(new);
}
