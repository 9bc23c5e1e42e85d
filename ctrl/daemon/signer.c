// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/signer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/daemon/job_pool.h"
#include "ctrl/daemon/keystore.h"
#include "ctrl/daemon/tokens.h"

#define N_THREADS 2

struct signer {
	struct signer_spec spec;
	struct job_pool *pool; /* NULL: nothing was signed yet */
	unsigned int waits;    /* jobs that are in it */
	uint64_t life;	       /* of whoever asks */
	bool dead;	       /* freed with the last of its jobs */
};

struct signing {
	struct job job; /* first */
	struct token_job in_token;
	struct signer *signer;
	struct sign_key *key; /* counted */
	const struct sign_scheme *scheme;
	uint64_t life;
	struct keystore_answer answer;
	size_t len;
	uint8_t octets[KEYSTORE_SIGNED_MAX];
};

static void signing_free(struct signing *g)
{
	struct signer *s = g->signer;

	s->waits--;
	sign_key_release(g->key);
	explicit_bzero(g, sizeof(*g));
	free(g);
	if (s->dead && !s->waits)
		free(s);
}

static void drop(struct job *job)
{
	signing_free((struct signing *)job);
}

/* On a thread: nothing but the key and what is its own. */
static void run(struct job *job)
{
	struct signing *g = (struct signing *)job;
	struct keystore_answer *a = &g->answer;
	size_t len = 0;

	a->err = private_key_sign(sign_key_private(g->key), g->scheme,
				  slice_of(g->octets, g->len), a->auth,
				  sizeof(a->auth), &len)
			 ? -EIO
			 : 0;
	a->auth_len = (uint16_t)len;
}

static void on_done(void *ctx, struct job *job)
{
	struct signing *g = (struct signing *)job;
	const struct signer *s = ctx;

	if (g->life == s->life)
		s->spec.answer(s->spec.ctx, &g->answer);
	signing_free(g);
}

static void on_token(struct token_job *job, int err, struct slice signature)
{
	struct signing *g =
		(struct signing *)((char *)job -
				   offsetof(struct signing, in_token));
	struct keystore_answer *a = &g->answer;

	a->err = err || signature.len > sizeof(a->auth) ? -EIO : 0;
	if (!a->err) {
		memcpy(a->auth, signature.ptr, signature.len);
		a->auth_len = (uint16_t)signature.len;
	}
	on_done(g->signer, &g->job);
}

static bool has_pool(struct signer *s)
{
	const struct job_pool_spec spec = { .base = s->spec.base,
					    .threads = N_THREADS,
					    .run = run,
					    .done = on_done,
					    .drop = drop,
					    .ctx = s };

	if (!s->pool)
		s->pool = job_pool_new(&spec);
	return s->pool != NULL;
}

/* Gives it to whoever has its key. */
static int give(struct signer *s, struct signing *g)
{
	struct token_key *token = sign_key_token(g->key);

	if (!g->len)
		return -EIO;
	if (!token) {
		job_pool_add(s->pool, &g->job);
		return 0;
	}
	g->in_token.done = on_token;
	return token_key_sign(token, g->scheme, slice_of(g->octets, g->len),
			      &g->in_token);
}

/* Takes the key over, counted, also after a failure. */
static int begin(struct signer *s, const struct keystore_request *q,
		 struct sign_key *key)
{
	struct signing *g = NULL;
	int err = s->waits >= SIGNER_MAX ? -EBUSY : -EIO;

	if (s->waits < SIGNER_MAX && (sign_key_token(key) || has_pool(s)))
		g = calloc(1, sizeof(*g));
	if (!g) {
		sign_key_release(key);
		return err;
	}
	s->waits++;
	g->signer = s;
	g->key = key;
	g->scheme = sign_by_id(q->scheme);
	g->life = s->life;
	g->answer.token = q->token;
	g->len = keystore_signed(q, g->octets);
	err = give(s, g);
	if (err)
		signing_free(g);
	return err;
}

static int ask(struct signer *s, const struct conn_conf *conns, size_t n,
	       const struct keystore_request *q)
{
	struct sign_key *key;

	if (!keystore_is_sound(q) || q->scheme > SIGN_ED448)
		return -EINVAL;
	key = sign_keys_find(s->spec.keys, &q->key);
	if (!key)
		return -ENOKEY;
	if (may_sign(conns, n, &s->spec.certs, q, sign_key_public(key)))
		return begin(s, q, key);
	sign_key_release(key);
	return -ENOKEY;
}

void signer_ask(struct signer *s, const struct conn_conf *conns, size_t n,
		const struct keystore_request *q)
{
	struct keystore_answer a = { .token = q->token };

	a.err = ask(s, conns, n, q);
	if (a.err)
		s->spec.answer(s->spec.ctx, &a);
}

void signer_forget(struct signer *s)
{
	s->life++;
	if (s->pool)
		job_pool_drop(s->pool);
}

struct signer *signer_new(const struct signer_spec *spec)
{
	struct signer *s = calloc(1, sizeof(*s));

	if (s)
		s->spec = *spec;
	return s;
}

void signer_free(struct signer *s)
{
	if (!s)
		return;
	job_pool_free(s->pool);
	s->life++;
	s->dead = true;
	if (!s->waits)
		free(s);
}
