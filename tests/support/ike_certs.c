// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/ike_certs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/crypto/prf.h"
#include "ctrl/crypto/private_key.h"
#include "tests/support/ike_settle.h"
#include "tests/support/pki.h"

#define IKE	     "aes128-sha256-x25519"
#define ESP	     "aes128-sha256"
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define CA	     "basicConstraints=critical,CA:TRUE"
#define MOON	     "subjectAltName=DNS:moon"
#define SUN	     "subjectAltName=DNS:sun"

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

static struct slice certs_at(const struct fingerprint *ca, uint8_t *room)
{
	memcpy(room, ca->octets, sizeof(ca->octets));
	memcpy(room + sizeof(ca->octets), CERTS_AT, strlen(CERTS_AT));
	return slice_of(room, sizeof(ca->octets) + strlen(CERTS_AT));
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
		const char *of = added[side][i].name;
		struct slice octets = pki_der(of);
		struct fingerprint f = certs_fingerprint(of);
		uint8_t room[sizeof(f.octets) + sizeof(CERTS_AT)];

		if (added[side][i].kind == CRED_PUBKEY)
			octets = pki_public_der(of);
		if (added[side][i].kind == CRED_CRL_AT ||
		    added[side][i].kind == CRED_OCSP_AT)
			octets = slice_of(f.octets, sizeof(f.octets));
		if (added[side][i].kind == CRED_CERTS_AT)
			octets = certs_at(&f, room);
		must(!creds_add(s->creds, added[side][i].kind, octets, &e),
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

/* --- moon and sun */

static const struct pki_cert certs[] = {
	{ .name = "root", .exts = { CA, "subjectKeyIdentifier=hash" } },
	{ .name = "other_root", .exts = { CA } },
	{ .name = "between", "root", .exts = { CA } },
	{ .name = "moon", "root", .exts = { MOON } },
	{ .name = "sun", "root", .exts = { SUN } },
	{ .name = "moon_rsa", "root", .key = "rsa2048", .exts = { MOON } },
	{ .name = "sun_rsa", "root", .key = "rsa2048", .exts = { SUN } },
	{ .name = "sun_384", "root", .key = "P-384", .exts = { SUN } },
	{ .name = "sun_521", "root", .key = "P-521", .exts = { SUN } },
	{ .name = "sun_25519", "root", .key = "ed25519", .exts = { SUN } },
	{ .name = "sun_448", "root", .key = "ed448", .exts = { SUN } },
	{ .name = "sun_chain", "between", .exts = { SUN } },
	{ .name = "sun_other", "other_root", .exts = { SUN } },
	{ .name = "sun_old", "root", .from_h = -10, .until_h = -1, .exts = { SUN } },
	{ .name = "sun_1024", "root", .key = "rsa1024", .exts = { SUN } },
	{ .name = "sun_mail",
	  "root",
	  .exts = { SUN, "extendedKeyUsage=emailProtection" } },
	{ .name = "sun_forged", "root", .exts = { SUN }, .has_bad_signature = 1 },
	{ .name = "sun_alone", .exts = { SUN } },
	{ .name = "sun_revoked", "root", .exts = { SUN } },
};

static const struct pki_crl crls[] = {
	{ .name = "crl",
	  "root",
	  .from_h = -1,
	  .until_h = 2,
	  .revoked = { "sun_revoked" },
	  .number = 1 },
};

int certs_make(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(certs); i++)
		pki_make(&certs[i]);
	for (size_t i = 0; i < ARRAY_LEN(crls); i++)
		pki_make_crl(&crls[i]);
	return 0;
}

int certs_end(void **state)
{
	(void)state;
	pki_end();
	return 0;
}

/* --- side 0 is moon, side 1 is sun */

void certs_set_id(struct identity *id, const char *text)
{
	struct error e;

	assert_int_equal(identity_parse(text, id, &e), 0);
}

struct conn_conf certs_conn_of(const struct ike_lab *lab, unsigned int side)
{
	struct conn_conf c = certs_conn(lab, side);

	certs_set_id(&c.local_id, side ? "sun" : "moon");
	certs_set_id(&c.remote_id, side ? "moon" : "sun");
	return c;
}

void certs_load_conn(struct ike_lab *lab, unsigned int side, struct conn_conf *c)
{
	lab_load(lab, side, c);
	conn_fini(c);
}

void certs_load_plain(struct ike_lab *lab, unsigned int side)
{
	struct conn_conf c = certs_conn_of(lab, side);

	certs_load_conn(lab, side, &c);
}

/* Both trust the root; connections are the test's. */
struct ike_lab *certs_lab_of(const char *moon, const char *sun)
{
	struct ike_lab *lab = certs_lab(1);

	for (unsigned int i = 0; i < 2; i++) {
		certs_add(lab, i, CRED_CA, "root");
		certs_own(lab, i, i ? sun : moon);
	}
	return lab;
}

struct ike_lab *certs_lab_plain(const char *moon, const char *sun)
{
	struct ike_lab *lab = certs_lab_of(moon, sun);

	certs_load_plain(lab, 0);
	certs_load_plain(lab, 1);
	return lab;
}

void certs_begin(struct ike_lab *lab)
{
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
}

void certs_initiate(struct ike_lab *lab)
{
	certs_begin(lab);
	assert_true(lab_run(lab, 60 * LAB_S)); /* half-open ones are gone */
}

unsigned int certs_ike_sas(const struct ike_lab *lab)
{
	return settle_ike_sas(lab, 0) + settle_ike_sas(lab, 1);
}

void certs_assert_up(struct ike_lab *lab, const char *what)
{
	for (unsigned int i = 0; i < 2; i++)
		if (*lab_text(&lab->side[i], IKE_EV_FAILED))
			fail_msg("%s: side %u: %s", what, i,
				 lab_text(&lab->side[i], IKE_EV_FAILED));
	if (!lab_agree(lab, 1) || certs_ike_sas(lab) != 2)
		fail_msg("%s: no tunnel", what);
}

/* The one that judges says why; nothing is left of either. */
void certs_assert_refused(struct ike_lab *lab, unsigned int judge,
			  const char *why, const char *what)
{
	const char *text = lab_text(&lab->side[judge], IKE_EV_FAILED);

	if (!strstr(text, why))
		fail_msg("%s: \"%s\" is not in \"%s\"", what, why, text);
	if (certs_ike_sas(lab) || lab_sas(&lab->side[0], false) ||
	    lab_sas(&lab->side[1], false) || lab_sas(&lab->side[0], true) ||
	    lab_sas(&lab->side[1], true))
		fail_msg("%s: something is left", what);
}
