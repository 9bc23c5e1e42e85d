// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/ike_certs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/crypto/prf.h"
#include "ctrl/crypto/private_key.h"
#include "tests/support/pki.h"

#define IKE "aes128-sha256-x25519"
#define ESP "aes128-sha256"

/* Creds never change: what was there is added to new ones. */
static struct {
	enum cred_kind kind;
	const char *name;
} added[2][24];
static size_t n_added[2];

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "ike_certs: %s\n", what);
	abort();
}

struct ike_lab *certs_lab(uint64_t seed)
{
	struct ike_lab *lab = lab_new(seed);

	lab->sign = certs_sign;
	lab->clock_s = PKI_NOW_S;
	n_added[0] = n_added[1] = 0;
	return lab;
}

void certs_add(struct ike_lab *lab, unsigned int side, enum cred_kind kind,
	       const char *name)
{
	struct lab_side *s = &lab->side[side];
	struct error e;

	must(n_added[side] < sizeof(added[0]) / sizeof(added[0][0]), name);
	added[side][n_added[side]].kind = kind;
	added[side][n_added[side]++].name = name;
	creds_unref(s->creds);
	must(creds_new(&s->creds) == 0, "out of memory");
	for (size_t i = 0; i < n_added[side]; i++) {
		bool key = added[side][i].kind == CRED_PUBKEY;

		must(!creds_add(s->creds, added[side][i].kind,
				key ? pki_public_der(added[side][i].name)
				    : pki_der(added[side][i].name),
				&e),
		     e.text);
	}
	engine_set_creds(s->engine, s->creds);
}

static void give_key(struct lab_side *s, const char *name)
{
	size_t i = 0;

	while (i < 4 && s->keys_of[i])
		i++;
	must(i < 4, "too many keys");
	s->keys_of[i] = name;
}

void certs_own(struct ike_lab *lab, unsigned int side, const char *name)
{
	certs_add(lab, side, CRED_OWN, name);
	give_key(&lab->side[side], name);
}

void certs_own_key(struct ike_lab *lab, unsigned int side, const char *name)
{
	certs_add(lab, side, CRED_PUBKEY, name);
	give_key(&lab->side[side], name);
}

struct fingerprint certs_fingerprint(const char *name)
{
	struct fingerprint f;

	must(fingerprint_of(pki_der(name), &f), name);
	return f;
}

struct fingerprint certs_key_fingerprint(const char *name)
{
	struct fingerprint f;

	must(fingerprint_of(pki_public_der(name), &f), name);
	return f;
}

struct conn_conf certs_conn(const struct ike_lab *lab, unsigned int side)
{
	struct conn_conf c = lab_conn(lab, side, IKE, ESP);

	c.local_auth.by = c.remote_auth.by = AUTH_BY_PUBKEY;
	return c;
}

static const char *holder_of(const struct lab_side *s,
			     const struct fingerprint *key)
{
	for (size_t i = 0; i < 4 && s->keys_of[i]; i++) {
		struct fingerprint f = certs_key_fingerprint(s->keys_of[i]);

		if (fingerprint_equal(&f, key))
			return s->keys_of[i];
	}
	return NULL;
}

/* message | nonce | prf(SK_p, ID') [| IntAuth] */
static struct slice signed_octets(const struct keystore_request *q,
				  uint8_t *room, size_t bytes)
{
	const struct prf_alg *alg = prf_by_id(q->prf);
	const struct slice id = slice_of(q->id_body, q->id_len);
	struct builder b = wr_init(room, bytes);
	uint8_t mac[PRF_MAX_BYTES];

	must(prf(alg, slice_of(q->sk_p, alg->out_bytes), &id, 1, mac), "prf");
	wr_bytes(&b, q->message, q->message_len);
	wr_bytes(&b, q->nonce, q->nonce_len);
	wr_bytes(&b, mac, alg->out_bytes);
	wr_bytes(&b, q->int_auth, q->int_auth_len);
	must(wr_ok(&b), "too long");
	return slice_of(b.ptr, b.len);
}

void certs_sign(struct lab_side *s, const struct keystore_request *q,
		struct keystore_answer *a)
{
	const char *name = holder_of(s, &q->key);
	struct private_key *key = NULL;
	uint8_t room[4096];
	struct error e;
	size_t len = 0;

	*a = (struct keystore_answer){ .token = q->token, .err = -ENOKEY };
	if (!name)
		return;
	must(!private_key_read(pki_private_der(name), slice_of(NULL, 0), &key,
			       &e),
	     name);
	a->err = private_key_sign(key, sign_by_id((enum sign_id)q->scheme),
				  signed_octets(q, room, sizeof(room)), a->auth,
				  sizeof(a->auth), &len);
	a->auth_len = (uint16_t)len;
	private_key_free(key);
}

void certs_sign_wrongly(struct lab_side *s, const struct keystore_request *q,
			struct keystore_answer *a)
{
	certs_sign(s, q, a);
	if (!a->err && s->index == 1)
		a->auth[a->auth_len - 1] ^= 1;
}
