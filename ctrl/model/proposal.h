/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A proposal as an operator writes it ("aes128-sha256-ecp256"): for each type
 * of transform the algorithms that are offered or accepted, best first (RFC
 * 7296 section 3.3). Plain values that point to the constant tables of
 * ctrl/crypto; any thread.
 */
#ifndef CYG_MODEL_PROPOSAL_H
#define CYG_MODEL_PROPOSAL_H

#include <stdbool.h>
#include <stddef.h>

#include "ctrl/base/error.h"
#include "ctrl/crypto/alg.h"
#include "ctrl/crypto/ke.h"
#include "ctrl/crypto/prf.h"
#include "include/ike.h"

#define PROPOSAL_ALGS_MAX 8    /* of one type, but for */
#define PROPOSAL_KES_MAX  16   /* key exchange methods */
#define PROPOSALS_MAX	  8    /* of one connection or child */
#define PROPOSAL_STR_MAX  1024 /* with the NUL */
#define ADDKE_MAX	  4    /* methods of one additional key exchange */

/*
 * Additional key exchanges, ADDKE1 to ADDKE7 (RFC 9370): for each the methods that
 * may be chosen, best first. KE_NONE among them: it may be left out; none at all: it
 * is not known.
 */
struct addkes {
	uint16_t at[IKE_ADDKES][ADDKE_MAX]; /* enum ke_id */
	uint8_t n[IKE_ADDKES];
};

/*
 * No algorithm stands in it twice. Where two of the last three may be chosen
 * from, extended numbers come before those of 32 bits, and PFS before none.
 */
struct proposal {
	enum ike_protocol protocol;
	const struct encr_alg *encr[PROPOSAL_ALGS_MAX]; /* AH: none */
	/* None with AEADs, and with ESP that only encrypts. */
	const struct integ_alg *integ[PROPOSAL_ALGS_MAX];
	const struct prf_alg *prf[PROPOSAL_ALGS_MAX]; /* IKE alone */
	const struct ke_alg *ke[PROPOSAL_KES_MAX]; /* AH, ESP: none, no PFS */
	size_t n_encr, n_integ, n_prf, n_ke;
	struct addkes addkes;
	/* AH and ESP alone: */
	bool no_ke;  /* PFS is not demanded; true where ke is empty */
	bool esn;    /* extended sequence numbers are offered */
	bool no_esn; /* so are those of 32 bits; true if nothing is said */
};

struct proposals {
	struct proposal at[PROPOSALS_MAX]; /* best first */
	size_t n;
};

/*
 * One proposal: strongSwan's keywords, in any order, joined by '-'. What it
 * does with them is done here too, for the same effect: an IKE proposal without
 * a PRF has those of its integrity algorithms; beside AEADs integrity is left
 * out; PRFs are left out of ESP, and "none" of IKE; blanks around keywords and
 * empty ones don't count.
 *
 * Two things are stricter: "esn" and "noesn" are refused for IKE, which no peer of
 * another make would accept (RFC 7296 section 3.3.3), and so are algorithms that
 * only packets are protected by. What is weak is for the caller to refuse.
 *
 * -EINVAL with e filled: an unknown keyword (named where it is short enough to
 * be one), no keyword, no cipher, one of AH's, AEAD and other ciphers mixed, a cipher
 * without the integrity that it needs, an IKE proposal without a PRF or a key
 * exchange method or with sequence numbers or what is ESP's alone, too many of one
 * type, additional key exchanges (ke1_ to ke7_) without a first one or where not all
 * can be different. out is unchanged.
 */
int proposal_parse(const char *text, enum ike_protocol protocol,
		   struct proposal *out, struct error *e);

/*
 * What the keyword `default`, or saying nothing, stands for: AEADs, then
 * AES-CBC with SHA-2, for AH SHA-2; for both without PFS and with 32-bit sequence
 * numbers, as strongSwan has it. SHA-1 must be asked for by name, and so must key exchanges
 * that cost a responder many milliseconds, whoever asks for them.
 */
void proposals_default(enum ike_protocol protocol, struct proposals *out);

/*
 * Why nobody should use one of the algorithms, or of the pairs, see
 * esp_pair_weakness(), and which algorithm that is about; NULL: one may. The
 * texts are constant.
 */
const char *proposals_weakness(const struct proposals *p, const char **name);

/*
 * Of each additional key exchange the best method, so that all that are chosen are
 * different, and different from the first one's (RFC 9370 section 2.2.1).
 *
 * ke    of the first one
 * out   KE_NONE: it is left out
 *
 * false: there is no such choice.
 */
bool addkes_choose(const struct addkes *from, uint16_t ke,
		   uint16_t out[IKE_ADDKES]);

/* Is any method but KE_NONE in it? */
bool addkes_any(const struct addkes *a);

/* The same algorithms in the same order. */
bool proposal_equal(const struct proposal *a, const struct proposal *b);

/* In the form that proposal_parse() reads; returns buf. */
const char *proposal_str(const struct proposal *p, char buf[PROPOSAL_STR_MAX]);

#endif
