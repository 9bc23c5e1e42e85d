// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/sign_keys.h"
#include "ctrl/daemon/tokens.h"
#include "ctrl/pki/creds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct sign_key {
	struct sign_key *next;
	/* One of the two, owned, or counted. */
	struct private_key *key;
	struct token_key *token;
	struct fingerprint print;
	char id[KEY_ID_STR_MAX];
	unsigned int origins; /* enum sign_origin */
	unsigned int held;    /* by a set, and by whoever signs */
};

struct sign_keys {
	struct sign_key *first;	    /* in the order in which they came */
	void (*changed)(void *ctx); /* NULL: nobody wants to know */
	void *changed_ctx;
	struct fingerprint *gone; /* owned: a ring */
	size_t n_gone;		  /* so far */
};

struct sign_keys *sign_keys_new(void)
{
	return calloc(1, sizeof(struct sign_keys));
}

void sign_key_release(struct sign_key *key)
{
	if (--key->held)
		return;
	private_key_free(key->key);
	token_key_release(key->token);
	free(key);
}

static struct sign_key *find(const struct sign_keys *s,
			     const struct fingerprint *print)
{
	for (struct sign_key *key = s->first; key; key = key->next)
		if (fingerprint_equal(&key->print, print))
			return key;
	return NULL;
}

/* --- those that are gone */

static size_t kept_gone(const struct sign_keys *s)
{
	return s->n_gone < SIGN_KEYS_GONE_MAX ? s->n_gone : SIGN_KEYS_GONE_MAX;
}

static bool was_gone(const struct sign_keys *s, const struct fingerprint *print)
{
	for (size_t i = 0; i < kept_gone(s); i++)
		if (fingerprint_equal(&s->gone[i], print))
			return true;
	return false;
}

bool sign_keys_have(const struct sign_keys *s, const struct fingerprint *print)
{
	return find(s, print);
}

bool sign_keys_had(const struct sign_keys *s, const struct fingerprint *print)
{
	return !find(s, print) && was_gone(s, print);
}

static void remember(struct sign_keys *s, const struct fingerprint *print)
{
	if (was_gone(s, print))
		return;
	if (!s->gone)
		s->gone = calloc(SIGN_KEYS_GONE_MAX, sizeof(*s->gone));
	if (s->gone)
		s->gone[s->n_gone++ % SIGN_KEYS_GONE_MAX] = *print;
}

/* Of all keys, without those of no origin. */
static void sweep(struct sign_keys *s)
{
	struct sign_key **at = &s->first;

	while (*at) {
		struct sign_key *key = *at;

		if (key->origins) {
			at = &key->next;
			continue;
		}
		*at = key->next;
		remember(s, &key->print);
		sign_key_release(key);
	}
}

static void forget_origin(struct sign_keys *s, enum sign_origin origin)
{
	for (struct sign_key *key = s->first; key; key = key->next)
		key->origins &= ~(unsigned int)origin;
	sweep(s);
}

void sign_keys_free(struct sign_keys *s)
{
	if (!s)
		return;
	forget_origin(s, SIGN_OF_FILE);
	forget_origin(s, SIGN_OF_VICI);
	forget_origin(s, SIGN_OF_TOKEN);
	free(s->gone);
	free(s);
}

size_t sign_keys_count(const struct sign_keys *s, enum sign_origin origin)
{
	size_t n = 0;

	for (const struct sign_key *key = s->first; key; key = key->next)
		n += (key->origins & (unsigned int)origin) != 0;
	return n;
}

static void append(struct sign_keys *s, struct sign_key *key)
{
	struct sign_key **last = &s->first;

	while (*last)
		last = &(*last)->next;
	key->next = NULL;
	*last = key;
}

/* Its names are found; it has no key yet. */
static struct sign_key *sign_key_new(const struct public_key *public)
{
	struct sign_key *new = calloc(1, sizeof(*new));
	uint8_t id[KEY_ID_BYTES];

	if (!new || !key_id(public, id) ||
	    !fingerprint_of(public_key_spki(public), &new->print)) {
		free(new);
		return NULL;
	}
	key_id_str(id, new->id);
	new->held = 1;
	return new;
}

static int check_room(const struct sign_keys *s, enum sign_origin origin,
		      struct error *e)
{
	if (sign_keys_count(s, origin) < SIGN_KEYS_MAX)
		return 0;
	return error_set(e, -E2BIG,
			 origin == SIGN_OF_VICI
				 ? "%u private keys came over VICI, and no more "
				   "may; unload some"
				 : "there are files of more than %u private "
				   "keys; remove some",
			 SIGN_KEYS_MAX);
}

static void tell(const struct sign_keys *s)
{
	if (s->changed)
		s->changed(s->changed_ctx);
}

void sign_keys_watch(struct sign_keys *s, void (*changed)(void *ctx), void *ctx)
{
	s->changed = changed;
	s->changed_ctx = ctx;
}

/* new is handed over. */
static int add(struct sign_keys *s, struct sign_key *new,
	       enum sign_origin origin, char id[KEY_ID_STR_MAX], struct error *e)
{
	struct sign_key *old = find(s, &new->print);
	int err = old && old->origins & (unsigned int)origin
			  ? 0
			  : check_room(s, origin, e);

	if (id)
		memcpy(id, new->id, KEY_ID_STR_MAX);
	if (!err && old)
		old->origins |= (unsigned int)origin;
	if (err || old) {
		sign_key_release(new);
		return err;
	}
	new->origins = (unsigned int)origin;
	append(s, new);
	tell(s);
	return 0;
}

int sign_keys_add(struct sign_keys *s, struct private_key *key,
		  enum sign_origin origin, char id[KEY_ID_STR_MAX],
		  struct error *e)
{
	struct sign_key *new = sign_key_new(private_key_public(key));

	if (!new) {
		private_key_free(key);
		return error_set(e, -ENOMEM, "out of memory for a private key");
	}
	new->key = key;
	return add(s, new, origin, id, e);
}

int sign_keys_add_token(struct sign_keys *s, struct token_key *token,
			enum sign_origin origin, char id[KEY_ID_STR_MAX],
			struct error *e)
{
	struct sign_key *new = sign_key_new(token_key_public(token));

	if (!new)
		return error_set(e, -ENOMEM, "out of memory for a private key");
	new->token = token_key_hold(token);
	return add(s, new, origin, id, e);
}

void sign_keys_drop_token(struct sign_keys *s, const struct token_key *token)
{
	const struct public_key *public = token_key_public(token);
	struct fingerprint print;
	struct sign_key *key;

	if (!public || !fingerprint_of(public_key_spki(public), &print))
		return;
	key = find(s, &print);
	if (key)
		key->origins &= ~(unsigned int)SIGN_OF_TOKEN;
	sweep(s);
	tell(s);
}

static struct sign_key *find_id(const struct sign_keys *s,
				enum sign_origin origin, const char *id)
{
	for (struct sign_key *key = s->first; key; key = key->next)
		if (key->origins & (unsigned int)origin &&
		    strcasecmp(key->id, id) == 0)
			return key;
	return NULL;
}

bool sign_keys_has(const struct sign_keys *s, enum sign_origin origin,
		   const char *id)
{
	return find_id(s, origin, id) != NULL;
}

int sign_keys_drop(struct sign_keys *s, const char *id, struct error *e)
{
	struct sign_key *key = find_id(s, SIGN_OF_VICI, id);

	if (!key)
		return error_set(e, -ENOENT,
				 "no private key of that id came over VICI");
	key->origins &= ~(unsigned int)SIGN_OF_VICI;
	sweep(s);
	tell(s);
	return 0;
}

void sign_keys_clear_vici(struct sign_keys *s)
{
	forget_origin(s, SIGN_OF_VICI);
	tell(s);
}

void sign_keys_take_files(struct sign_keys *s, struct sign_keys *fresh)
{
	struct sign_key *rest = fresh->first, *key, *old;

	for (key = s->first; key; key = key->next)
		key->origins &= ~(unsigned int)SIGN_OF_FILE;
	fresh->first = NULL;
	while ((key = rest)) {
		rest = key->next;
		old = find(s, &key->print);
		if (old) {
			old->origins |= key->origins;
			sign_key_release(key);
		} else {
			append(s, key);
		}
	}
	sweep(s);
	tell(s);
}

const char *sign_keys_id(const struct sign_keys *s, enum sign_origin origin,
			 size_t *at)
{
	size_t i = 0;

	for (const struct sign_key *key = s->first; key; key = key->next, i++) {
		if (i < *at || !(key->origins & (unsigned int)origin))
			continue;
		*at = i + 1;
		return key->id;
	}
	return NULL;
}

struct sign_key *sign_keys_find(const struct sign_keys *s,
				const struct fingerprint *print)
{
	struct sign_key *key = find(s, print);

	if (key)
		key->held++;
	return key;
}

const struct private_key *sign_key_private(const struct sign_key *key)
{
	return key->key;
}

struct token_key *sign_key_token(const struct sign_key *key)
{
	return key->token;
}

const struct public_key *sign_key_public(const struct sign_key *key)
{
	return key->key ? private_key_public(key->key)
			: token_key_public(key->token);
}
