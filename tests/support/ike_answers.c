// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/ike_answers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctrl/daemon/keystore.h"
#include "ctrl/ike/verify.h"

#define FIRST_SPI 0xc0000001U

static void make_room(unsigned int n)
{
	if (n < IKE_ANSWERS_MAX)
		return;
	fprintf(stderr, "too many answers wait\n");
	exit(1);
}

static bool set_key(struct psk_conf *psk, const char *key)
{
	psk->key.len = strlen(key);
	if (psk->key.len > SECRET_MAX_BYTES)
		return false;
	memcpy(psk->key.octets, key, psk->key.len);
	return true;
}

bool ike_answers_psk(struct ike_answers *a, const char *key)
{
	return set_key(&a->psk, key);
}

bool ike_answers_ppk(struct ike_answers *a, const char *key)
{
	a->ppk.is_ppk = true;
	return set_key(&a->ppk, key);
}

void ike_answers_sadb(struct ike_answers *a, const struct sadb_request *q)
{
	struct sadb_answer answer = { .token = q->token,
				      .verb = q->verb,
				      .id = q->id };

	if (!q->token)
		return;
	make_room(a->n_sadb);
	if (q->verb == SADB_GETSPI)
		answer.id.spi = FIRST_SPI + a->n_spis++;
	a->sadb[a->n_sadb++] = answer;
}

/* Whatever it is. */
static void sign(const struct ike_answers *a, const struct keystore_request *q,
		 struct keystore_answer *out)
{
	struct sign_key *key = a->keys ? sign_keys_find(a->keys, &q->key) : NULL;
	uint8_t octets[KEYSTORE_SIGNED_MAX];
	size_t len = 0;

	*out = (struct keystore_answer){ .token = q->token, .err = -ENOKEY };
	if (!key)
		return;
	out->err = private_key_sign(sign_key_private(key),
				    sign_by_id((enum sign_id)q->scheme),
				    slice_of(octets, keystore_signed(q, octets)),
				    out->auth, sizeof(out->auth), &len);
	out->auth_len = (uint16_t)len;
	sign_key_release(key);
}

void ike_answers_keystore(struct ike_answers *a,
			  const struct keystore_request *q)
{
	const struct psk_conf keys[] = { a->psk, a->ppk };

	make_room(a->n_keystore);
	if (q->op == KEYSTORE_SIGN) {
		sign(a, q, &a->keystore[a->n_keystore++]);
		return;
	}
	keystore_serve(keys, a->ppk.key.len ? 2 : 1, q,
		       &a->keystore[a->n_keystore++]);
}

void ike_answers_ke(struct ike_answers *a, struct ke_job *job)
{
	make_room(a->n_ke);
	a->ke[a->n_ke++] = job;
}

void ike_answers_verify(struct ike_answers *a, struct verify_job *job)
{
	make_room(a->n_verify);
	a->verify[a->n_verify++] = job;
}

void ike_answers_give(struct ike_answers *a, struct engine *engine,
		      uint64_t now_ns)
{
	while (a->n_sadb || a->n_keystore || a->n_ke || a->n_verify) {
		if (a->n_sadb) {
			struct sadb_answer answer = a->sadb[--a->n_sadb];

			engine_sadb_answer(engine, &answer, now_ns);
		} else if (a->n_keystore) {
			struct keystore_answer answer =
				a->keystore[--a->n_keystore];

			engine_keystore_answer(engine, &answer, now_ns);
		} else if (a->n_verify) {
			struct verify_job *job = a->verify[--a->n_verify];

			verify_job_run(job, time(NULL));
			engine_verified(engine, job, now_ns);
		} else {
			struct ke_job *job = a->ke[--a->n_ke];

			ke_job_run(job);
			engine_ke_done(engine, job, now_ns);
		}
	}
}
