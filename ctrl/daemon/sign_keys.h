/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The private keys that there are, by the fingerprint of their other half. They are
 * of files, which a reload reads again, or came over VICI, or stay in tokens. Each is counted:
 * one that goes while it signs is freed when that is done. Control thread, but for
 * what private_key.h says of a key itself.
 */
#ifndef CYG_DAEMON_SIGN_KEYS_H
#define CYG_DAEMON_SIGN_KEYS_H

#include "ctrl/base/error.h"
#include "ctrl/crypto/key_id.h"
#include "ctrl/crypto/private_key.h"
#include "ctrl/model/auth.h"

#define SIGN_KEYS_MAX 4096U /* of files, and as many that came over VICI */

#define SIGN_KEYS_GONE_MAX 4096U /* that are remembered */

/* Where a key comes from; bits. */
enum sign_origin {
	SIGN_OF_FILE = 1,
	SIGN_OF_VICI = 2,
	SIGN_OF_TOKEN = 4, /* that the configuration names */
};

struct sign_keys;
struct sign_key;
struct token_key;

/* NULL: no memory. Wiped and freed by sign_keys_free(); NULL is fine. */
struct sign_keys *sign_keys_new(void);
void sign_keys_free(struct sign_keys *s);

/*
 * One more. A key that is there is not there twice.
 *
 * key   taken over, also after a failure
 * id    what VICI calls it; NULL: nobody asks
 *
 * 0, or negative with e filled: -E2BIG, -ENOMEM.
 */
int sign_keys_add(struct sign_keys *s, struct private_key *key,
		  enum sign_origin origin, char id[KEY_ID_STR_MAX],
		  struct error *e);

/* Likewise one that stays in a token: the token key is counted once more for as long as
 * it is there. */
int sign_keys_add_token(struct sign_keys *s, struct token_key *token,
			enum sign_origin origin, char id[KEY_ID_STR_MAX],
			struct error *e);

/* One of the configuration's is named there no more. */
void sign_keys_drop_token(struct sign_keys *s, const struct token_key *token);

/* From now on changed() is called when there are others than before. */
void sign_keys_watch(struct sign_keys *s, void (*changed)(void *ctx), void *ctx);

/* -ENOENT with e filled: no key of that id came over VICI. */
int sign_keys_drop(struct sign_keys *s, const char *id, struct error *e);

/* All that came over VICI. */
void sign_keys_clear_vici(struct sign_keys *s);

/* The files' keys are those of fresh from now on, in which none of them is left. It
 * can't fail. */
void sign_keys_take_files(struct sign_keys *s, struct sign_keys *fresh);

/* The id of the next one of an origin; at is where to go on, 0 at first. Borrowed
 * until keys change. NULL: no more. */
const char *sign_keys_id(const struct sign_keys *s, enum sign_origin origin,
			 size_t *at);

bool sign_keys_has(const struct sign_keys *s, enum sign_origin origin,
		   const char *id);

/* Is it here, of any origin? */
bool sign_keys_have(const struct sign_keys *s, const struct fingerprint *print);

/* Was it here, and is gone? Of the last SIGN_KEYS_GONE_MAX. */
bool sign_keys_had(const struct sign_keys *s, const struct fingerprint *print);

size_t sign_keys_count(const struct sign_keys *s, enum sign_origin origin);

/* NULL: none; else counted once more, until sign_key_release(). */
struct sign_key *sign_keys_find(const struct sign_keys *s,
				const struct fingerprint *print);
void sign_key_release(struct sign_key *key);

/* Borrowed while it is counted. NULL: it stays in a token, */
const struct private_key *sign_key_private(const struct sign_key *key);

/* in this one. */
struct token_key *sign_key_token(const struct sign_key *key);

const struct public_key *sign_key_public(const struct sign_key *key);

#endif
