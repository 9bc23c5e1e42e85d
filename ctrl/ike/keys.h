/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys of an IKE SA and of what is made under it (RFC 7296 sections 2.14,
 * 2.17 and 2.18). Names are the RFC's. Engine's thread.
 */
#ifndef CYG_IKE_KEYS_H
#define CYG_IKE_KEYS_H

#include "ctrl/base/secret.h"
#include "ctrl/base/slice.h"
#include "ctrl/crypto/prf.h"
#include "ctrl/crypto/sk.h"
#include "ctrl/ike/proposal.h"

#define NONCE_BYTES	 32 /* of ours; at least half of every PRF's key */
#define SK_KEY_MAX_BYTES 68 /* of a cipher's or a MAC's key */

/* Of its own length: an IKE SA has seldom any, and most are of 32 octets. */
struct nonce {
	uint8_t *octets; /* owned; NULL: there is none */
	size_t len;
};

static inline struct slice nonce_slice(const struct nonce *n)
{
	return slice_of(n->octets, n->len);
}

/* In use, an IKE SA's; wiped by keys_fini(). */
struct keys {
	const struct prf_alg *prf;
	const struct encr_alg *encr;
	const struct integ_alg *integ;
	const struct ke_alg *ke;
	uint16_t addke[IKE_ADDKES]; /* enum ke_id; KE_NONE: it is left out */
	uint64_t iv;	/* how many we used, where it is a counter */
	bool initiator; /* we are: we protect with SK_ei and SK_ai */
	uint8_t sk_ai[SK_KEY_MAX_BYTES], sk_ar[SK_KEY_MAX_BYTES];
	uint8_t sk_ei[SK_KEY_MAX_BYTES], sk_er[SK_KEY_MAX_BYTES];
	uint8_t sk_d[PRF_MAX_BYTES]; /* prf->out_bytes of each */
	uint8_t sk_pi[PRF_MAX_BYTES];
	uint8_t sk_pr[PRF_MAX_BYTES];
};

/* What both sides bring to a derivation; borrowed. */
struct keys_input {
	const struct chosen *chosen;
	struct slice shared; /* g^ir */
	struct slice more;   /* of additional key exchanges, RFC 9370 */
	struct slice ni, nr;
	uint64_t spi_i, spi_r;
	bool initiator; /* we are */
};

/* 0 or a negative errno. */
int keys_init(const struct keys_input *in, struct keys *out);

/* Of the IKE SA that takes the place of the one with these keys. */
int keys_rekey(const struct keys *old, const struct keys_input *in,
	       struct keys *out);

/* SKEYSEED of the IKE SA that a ticket resumes, from SK_d of the old one: RFC 5723
 * section 5.1; and its keys, of that (in->shared is not read). */
MUST_CHECK bool keys_resumption_seed(const struct prf_alg *alg,
				     struct slice sk_d, struct slice ni,
				     struct slice nr, uint8_t *skeyseed);
int keys_resume(const struct keys_input *in, struct slice skeyseed,
		struct keys *out);
void keys_fini(struct keys *k);

/*
 * What goes on with them needs, of an SA that is established: all but SK_p. What
 * was put is got again where we have the same role; false: it is not all there,
 * or can't be. keys_fini() in any case.
 */
void keys_put(struct builder *b, const struct keys *k);
MUST_CHECK bool keys_get(struct slice *s, bool initiator, struct keys *out);

/*
 * Protects a message of ours, opens one of the peer's: as sk_seal() and sk_open().
 * What libcrypto needs for it is there only meanwhile: an IKE SA has a message now
 * and then, and two ciphers that wait would be larger than all the rest of it.
 */
MUST_CHECK bool keys_seal(const struct keys *k, const struct sk_text *t);
MUST_CHECK bool keys_open(const struct keys *k, const struct sk_text *t);

static inline uint8_t keys_icv_bytes(const struct keys *k)
{
	return (uint8_t)esp_icv_bytes(k->encr, k->integ);
}

/* KEYMAT of one CHILD SA pair; wiped by the caller. */
struct keymat {
	struct secret encr_i, integ_i; /* initiator to responder */
	struct secret encr_r, integ_r;
};

/* shared, more: of this exchange, empty without PFS, and of additional ones. 0 or a
 * negative errno. */
int keymat_make(const struct keys *k, const struct chosen *chosen,
		struct slice shared, struct slice more, struct slice ni,
		struct slice nr, struct keymat *out);
void keymat_wipe(struct keymat *m);

#endif
