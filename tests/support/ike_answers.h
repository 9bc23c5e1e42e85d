/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an engine asks for, answered at once: by a SAD that agrees to
 * everything, by a keystore with one key, or private ones, and by key exchanges and
 * verification in this thread.
 * For engines on real sockets.
 */
#ifndef CYG_TESTS_IKE_ANSWERS_H
#define CYG_TESTS_IKE_ANSWERS_H

#include "ctrl/daemon/sign_keys.h"
#include "ctrl/ike/engine.h"

#define IKE_ANSWERS_MAX 64 /* of a kind, until ike_answers_give() */

/* All zero but the keys, which are borrowed. */
struct ike_answers {
	struct psk_conf psk, ppk;
	const struct sign_keys *keys; /* NULL: nothing is signed */
	uint32_t n_spis;	      /* that the SAD chose */
	/* They wait: the engine must not be called back from its calls. */
	struct sadb_answer sadb[IKE_ANSWERS_MAX];
	struct keystore_answer keystore[IKE_ANSWERS_MAX];
	struct ke_job *ke[IKE_ANSWERS_MAX];
	struct verify_job *verify[IKE_ANSWERS_MAX];
	unsigned int n_sadb, n_keystore, n_ke, n_verify;
};

/* The key, as text. false: it is too long. */
bool ike_answers_psk(struct ike_answers *a, const char *key);

/* A PPK of any name; likewise. */
bool ike_answers_ppk(struct ike_answers *a, const char *key);

/* In the engine's calls of these names. More than there is room for end the
 * program. */
void ike_answers_sadb(struct ike_answers *a, const struct sadb_request *q);
void ike_answers_keystore(struct ike_answers *a,
			  const struct keystore_request *q);
void ike_answers_ke(struct ike_answers *a, struct ke_job *job);
void ike_answers_verify(struct ike_answers *a, struct verify_job *job);

/* Until none is left: an answer may lead to the next question. */
void ike_answers_give(struct ike_answers *a, struct engine *engine,
		      uint64_t now_ns);

#endif
