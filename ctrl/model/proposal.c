// SPDX-License-Identifier: BSD-2-Clause
/*
 * Keywords are looked up where the algorithms are, in ctrl/crypto. Errors quote
 * only what was understood of a proposal, and of the rest at most a word that
 * is too short for a key that came into the wrong line.
 */
#include "ctrl/model/proposal.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctrl/base/slice.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define KEYWORD_MAX	 20 /* with the NUL; base64 of 16 octets has 22 */
#define SHOWN_TEXT_MAX	 100
#define SHOWN_TEXT_BYTES (SHOWN_TEXT_MAX + sizeof(" in proposal ''"))

/* For errors; a test holds them to the tables of ctrl/crypto. */
#define AEADS                                                      \
	"aes128gcm16, aes192gcm16, aes256gcm16 (also with gcm12, " \
	"gcm8, ccm16, ccm12, ccm8), chacha20poly1305"
#define CIPHERS "aes128, aes192, aes256 (also with ctr)"
#define INTEGS	"sha256, sha384, sha512, sha1, sha1_160, aesxcbc, aescmac"
#define PRFS	"prfsha256, prfsha384, prfsha512, prfsha1, prfaesxcbc, prfaescmac"
#define KES                                                                  \
	"curve25519, curve448, ecp256, ecp384, ecp521, ecp224bp, ecp256bp, " \
	"ecp384bp, ecp512bp, modp2048, modp3072, modp4096, modp6144, modp8192"
#define WEAK                                                              \
	"md5, md5_128, 3des, modp768, modp1024, modp1536, modp1024s160, " \
	"modp2048s224, modp2048s256"
#define ADDKES	  "ke1_ to ke7_ with one of these or none"
#define IKE_ALONE PRFS ", " KES ", " ADDKES ", and the weak prfmd5, " WEAK
#define ESP_ALONE                                                \
	KES ", none, " ADDKES                                    \
	    ", esn, noesn, aes128gmac, aes192gmac, aes256gmac, " \
	    "null, and the weak des, " WEAK

#define AH_KNOWN                                                              \
	INTEGS ", aes128gmac, aes192gmac, aes256gmac, " KES ", none, " ADDKES \
	       ", esn, noesn, and the weak " WEAK_AH
#define WEAK_AH                                                     \
	"md5, md5_128, modp768, modp1024, modp1536, modp1024s160, " \
	"modp2048s224, modp2048s256"

#define CBC_SHA2 "aes128-aes192-aes256-sha256-sha384-sha512"
#define IKE_BESIDE                                                        \
	"-prfsha256-prfsha384-prfsha512-curve25519-ecp256-ecp384-ecp521-" \
	"curve448-modp3072-modp4096-modp2048"

static bool is_ike(const struct proposal *p)
{
	return p->protocol == IKE_PROTO_IKE;
}

static bool is_ah(const struct proposal *p)
{
	return p->protocol == IKE_PROTO_AH;
}

/* --- reading */

static bool add_encr(struct proposal *p, const struct encr_alg *alg)
{
	for (size_t i = 0; i < p->n_encr; i++)
		if (p->encr[i] == alg)
			return true;
	if (p->n_encr == PROPOSAL_ALGS_MAX)
		return false;
	p->encr[p->n_encr++] = alg;
	return true;
}

static bool add_integ(struct proposal *p, const struct integ_alg *alg)
{
	for (size_t i = 0; i < p->n_integ; i++)
		if (p->integ[i] == alg)
			return true;
	if (p->n_integ == PROPOSAL_ALGS_MAX)
		return false;
	p->integ[p->n_integ++] = alg;
	return true;
}

static bool add_prf(struct proposal *p, const struct prf_alg *alg)
{
	for (size_t i = 0; i < p->n_prf; i++)
		if (p->prf[i] == alg)
			return true;
	if (p->n_prf == PROPOSAL_ALGS_MAX)
		return false;
	p->prf[p->n_prf++] = alg;
	return true;
}

static bool add_ke(struct proposal *p, const struct ke_alg *alg)
{
	for (size_t i = 0; i < p->n_ke; i++)
		if (p->ke[i] == alg)
			return true;
	if (p->n_ke == PROPOSAL_KES_MAX)
		return false;
	p->ke[p->n_ke++] = alg;
	return true;
}

/* "ke1_x25519" to "ke7_none", as in strongSwan 6. 0, -ENOENT or -E2BIG. */
static int add_addke(struct proposal *p, const char *word)
{
	const struct ke_alg *ke;
	uint16_t id = KE_NONE;
	unsigned int which;

	if (strncmp(word, "ke", 2) != 0 || word[2] < '1' || word[2] > '7' ||
	    word[3] != '_')
		return -ENOENT;
	which = (unsigned int)(word[2] - '1');
	ke = ke_by_name(word + 4);
	if (!ke && strcmp(word + 4, "none") != 0)
		return -ENOENT;
	if (ke)
		id = (uint16_t)ke->id;
	for (uint8_t i = 0; i < p->addkes.n[which]; i++)
		if (p->addkes.at[which][i] == id)
			return 0;
	if (p->addkes.n[which] == ADDKE_MAX)
		return -E2BIG;
	p->addkes.at[which][p->addkes.n[which]++] = id;
	return 0;
}

_Static_assert(IKE_ADDKES == 7, "add_addke()");

/* A keyword that is no algorithm. */
static bool set_flag(struct proposal *p, const char *word)
{
	if (strcmp(word, "none") == 0 || strcmp(word, "modpnone") == 0)
		p->no_ke = true;
	else if (strcmp(word, "esn") == 0)
		p->esn = true;
	else if (strcmp(word, "noesn") == 0)
		p->no_esn = true;
	else
		return false;
	return true;
}

/* 0, -ENOENT (unknown) or -E2BIG (one more than there is room for). */
static int add_keyword(struct proposal *p, struct slice word)
{
	const struct integ_alg *integ;
	const struct encr_alg *encr;
	const struct prf_alg *prf;
	const struct ke_alg *ke;
	char name[KEYWORD_MAX];

	if (word.len >= sizeof(name))
		return -ENOENT;
	memcpy(name, word.ptr, word.len);
	name[word.len] = '\0';
	integ = integ_by_name(name);
	encr = encr_by_name(name);
	if (encr && !(is_ah(p) && integ)) /* GMAC is both */
		return add_encr(p, encr) ? 0 : -E2BIG;
	if (integ)
		return add_integ(p, integ) ? 0 : -E2BIG;
	prf = prf_by_name(name);
	if (prf)
		return add_prf(p, prf) ? 0 : -E2BIG;
	ke = ke_by_name(name);
	if (ke)
		return add_ke(p, ke) ? 0 : -E2BIG;
	return set_flag(p, name) ? 0 : add_addke(p, name);
}

/* Takes a keyword off the front of text; false: there is none left. */
static bool next_keyword(const char **text, struct slice *word)
{
	const char *start = *text + strspn(*text, " -");
	size_t len = strcspn(start, "-");

	*text = start + len;
	while (len > 0 && start[len - 1] == ' ')
		len--;
	*word = slice_of(start, len);
	return len > 0;
}

/* --- errors */

/* " in proposal 'TEXT'"; without the text where it is too long. */
static const char *in_proposal(const char *text, char buf[SHOWN_TEXT_BYTES])
{
	if (strlen(text) > SHOWN_TEXT_MAX)
		strcpy(buf, " in a long proposal");
	else
		snprintf(buf, SHOWN_TEXT_BYTES, " in proposal '%s'", text);
	return buf;
}

static bool is_printable(struct slice word)
{
	for (size_t i = 0; i < word.len; i++)
		if (!isgraph(word.ptr[i]))
			return false;
	return true;
}

static const char *known_words(enum ike_protocol protocol)
{
	switch (protocol) {
	case IKE_PROTO_AH:
		return AH_KNOWN;
	case IKE_PROTO_ESP:
		return AEADS ", " CIPHERS ", " INTEGS ", " ESP_ALONE;
	case IKE_PROTO_NONE:
	case IKE_PROTO_IKE:
		break;
	}
	return AEADS ", " CIPHERS ", " INTEGS ", " IKE_ALONE;
}

/*
 * word     the first of those that are unknown
 * unknown  how many
 */
static int fail_unknown(const char *text, enum ike_protocol protocol,
			struct slice word, size_t unknown, struct error *e)
{
	const char *known = known_words(protocol);
	bool show = word.len < KEYWORD_MAX && is_printable(word);
	bool show_text = show && unknown == 1 && word.len < strlen(text);
	char where[SHOWN_TEXT_BYTES];
	char what[KEYWORD_MAX + 16];

	if (show)
		snprintf(what, sizeof(what), "'%.*s'", (int)word.len,
			 (const char *)word.ptr);
	else
		snprintf(what, sizeof(what), "of %zu octets", word.len);
	return error_set(e, -EINVAL, "unknown algorithm %s%s; known are %s",
			 what, show_text ? in_proposal(text, where) : "", known);
}

static int fail_empty(enum ike_protocol protocol, struct error *e)
{
	static const char *const such[] = {
		[IKE_PROTO_IKE] = "aes256gcm16-prfsha384-ecp384",
		[IKE_PROTO_AH] = "sha256-ecp256",
		[IKE_PROTO_ESP] = "aes256gcm16-ecp384",
	};

	return error_set(e, -EINVAL,
			 "a proposal without algorithms; write such as %s, or "
			 "default",
			 such[protocol]);
}

/* --- what must stand beside what */

/* The first that is an AEAD, or the first that is none; or NULL. */
static const struct encr_alg *first_encr(const struct proposal *p, bool aead)
{
	for (size_t i = 0; i < p->n_encr; i++)
		if (encr_is_aead(p->encr[i]) == aead)
			return p->encr[i];
	return NULL;
}

/* The first that can't be without, or NULL. */
static const struct encr_alg *needs_integ(const struct proposal *p)
{
	for (size_t i = 0; i < p->n_encr; i++)
		if (is_ike(p) || esp_pair_misfit(p->encr[i], &integ_none))
			return p->encr[i];
	return NULL;
}

static int check_encr(const struct proposal *p, const char *where,
		      struct error *e)
{
	const struct encr_alg *classic = first_encr(p, false);
	const struct encr_alg *aead = first_encr(p, true);

	if (!classic && !aead)
		return error_set(e, -EINVAL,
				 "no cipher%s; add one of " AEADS ", " CIPHERS,
				 where);
	if (classic && aead)
		return error_set(e, -EINVAL,
				 "%s and %s can't be alternatives%s: the first "
				 "needs an integrity algorithm, the second must "
				 "not have one; write two proposals",
				 classic->name, aead->name, where);
	if (classic && p->n_integ == 0 && needs_integ(p))
		return error_set(
			e, -EINVAL,
			"%s has no integrity algorithm%s; add one of " INTEGS,
			needs_integ(p)->name, where);
	return 0;
}

/* The first that no IKE SA is protected by, or NULL; no keyword leads to a MAC
 * of that kind. */
static const char *not_for_ike(const struct proposal *p)
{
	for (size_t i = 0; i < p->n_encr; i++)
		if (p->encr[i]->not_ike)
			return p->encr[i]->name;
	return NULL;
}

static int check_ike(const struct proposal *p, const char *where,
		     struct error *e)
{
	if (not_for_ike(p))
		return error_set(e, -EINVAL,
				 "%s%s: it may protect ESP, but not IKE; remove "
				 "it",
				 not_for_ike(p), where);
	if (p->esn || p->no_esn)
		return error_set(e, -EINVAL,
				 "'%s'%s: sequence numbers belong to ESP, not "
				 "to IKE; remove it",
				 p->esn ? "esn" : "noesn", where);
	if (p->n_prf == 0)
		return error_set(e, -EINVAL,
				 "no PRF%s, and %s has no integrity algorithm "
				 "to take it from; add one of " PRFS,
				 where, p->encr[0]->name);
	if (p->n_ke == 0)
		return error_set(e, -EINVAL,
				 "no key exchange method%s; add one of " KES,
				 where);
	return 0;
}

/* The PRF of the same hash or cipher, or NULL. */
static const struct prf_alg *prf_of(const struct integ_alg *integ)
{
	switch (integ->id) {
	case INTEG_NONE:
	case INTEG_AES_128_GMAC:
	case INTEG_AES_192_GMAC:
	case INTEG_AES_256_GMAC:
		break;
	case INTEG_HMAC_MD5_96:
	case INTEG_HMAC_MD5_128:
		return prf_by_id(PRF_HMAC_MD5);
	case INTEG_HMAC_SHA1_96:
	case INTEG_HMAC_SHA1_160:
		return prf_by_id(PRF_HMAC_SHA1);
	case INTEG_AES_XCBC_96:
		return prf_by_id(PRF_AES128_XCBC);
	case INTEG_AES_CMAC_96:
		return prf_by_id(PRF_AES128_CMAC);
	case INTEG_HMAC_SHA2_256_128:
		return prf_by_id(PRF_HMAC_SHA2_256);
	case INTEG_HMAC_SHA2_384_192:
		return prf_by_id(PRF_HMAC_SHA2_384);
	case INTEG_HMAC_SHA2_512_256:
		return prf_by_id(PRF_HMAC_SHA2_512);
	}
	return NULL;
}

/*
 * There is room: no more of them than of integrity algorithms. Beside an AEAD
 * those may stand for this alone, and go afterwards.
 */
static void add_prfs_of_integs(struct proposal *p)
{
	for (size_t i = 0; i < p->n_integ; i++) {
		const struct prf_alg *prf = prf_of(p->integ[i]);

		if (prf)
			add_prf(p, prf);
	}
}

/* RFC 4302 section 3.2: it has nothing else. */
static int check_ah(const struct proposal *p, const char *where, struct error *e)
{
	if (p->n_encr)
		return error_set(e, -EINVAL,
				 "%s%s: AH has no cipher; remove it, or write "
				 "esp_proposals",
				 p->encr[0]->name, where);
	if (!p->n_integ)
		return error_set(e, -EINVAL,
				 "no integrity algorithm%s; add one of " INTEGS,
				 where);
	return 0;
}

/* The first that may be chosen comes first: what is offered is not in vain. */
static int check_addkes(const struct proposal *p, const char *where,
			struct error *e)
{
	uint16_t chosen[IKE_ADDKES];

	if (!addkes_any(&p->addkes))
		return 0;
	if (p->n_ke == 0)
		return error_set(e, -EINVAL,
				 "additional key exchanges%s without a first "
				 "one; add one of " KES,
				 where);
	for (size_t i = 0; i < p->n_ke; i++)
		if (addkes_choose(&p->addkes, (uint16_t)p->ke[i]->id, chosen))
			return 0;
	return error_set(e, -EINVAL,
			 "key exchange methods%s of which not all that are "
			 "chosen can be different (RFC 9370); add others",
			 where);
}

/* What was said is consistent; what was not said, and what has no meaning. */
static int complete(struct proposal *p, const char *text, struct error *e)
{
	char where[SHOWN_TEXT_BYTES];
	int err;

	in_proposal(text, where);
	if (is_ike(p) && p->n_prf == 0)
		add_prfs_of_integs(p);
	err = is_ah(p) ? check_ah(p, where, e) : check_encr(p, where, e);
	if (!err && is_ike(p))
		err = check_ike(p, where, e);
	if (!err)
		err = check_addkes(p, where, e);
	if (err)
		return err;
	if (!is_ah(p) && encr_is_aead(p->encr[0]))
		p->n_integ = 0;
	if (is_ike(p)) {
		p->no_ke = false;
		return 0;
	}
	p->n_prf = 0;
	p->no_ke |= p->n_ke == 0;
	p->no_esn |= !p->esn;
	return 0;
}

int proposal_parse(const char *text, enum ike_protocol protocol,
		   struct proposal *out, struct error *e)
{
	struct proposal p = { .protocol = protocol };
	struct slice word, first = { NULL, 0 };
	size_t words = 0, unknown = 0;
	const char *rest = text;
	int err;

	while (next_keyword(&rest, &word)) {
		words++;
		err = add_keyword(&p, word);
		if (err == -E2BIG)
			return error_set(e, -EINVAL,
					 "more than %d algorithms of one type, "
					 "or %d key exchange methods, or %d of "
					 "an additional one, in a proposal; "
					 "remove some",
					 PROPOSAL_ALGS_MAX, PROPOSAL_KES_MAX,
					 ADDKE_MAX);
		if (err && unknown++ == 0)
			first = word;
	}
	if (words == 0)
		return fail_empty(protocol, e);
	if (unknown)
		return fail_unknown(text, protocol, first, unknown, e);
	err = complete(&p, text, e);
	if (!err)
		*out = p;
	return err;
}

/* --- the rest */

static bool is_among(const uint16_t *ids, unsigned int n, uint16_t id)
{
	for (unsigned int i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* Those before `which` are chosen: no more than ADDKE_MAX to the power of the
 * others are tried. */
static bool choose_from(const struct addkes *from, uint16_t ke,
			unsigned int which, uint16_t out[IKE_ADDKES])
{
	if (which == IKE_ADDKES)
		return true;
	out[which] = KE_NONE;
	if (!from->n[which])
		return choose_from(from, ke, which + 1, out);
	for (uint8_t i = 0; i < from->n[which]; i++) {
		uint16_t id = from->at[which][i];

		if (id != KE_NONE && (id == ke || is_among(out, which, id)))
			continue;
		out[which] = id;
		if (choose_from(from, ke, which + 1, out))
			return true;
	}
	return false;
}

bool addkes_choose(const struct addkes *from, uint16_t ke,
		   uint16_t out[IKE_ADDKES])
{
	return choose_from(from, ke, 0, out);
}

bool addkes_any(const struct addkes *a)
{
	for (unsigned int i = 0; i < IKE_ADDKES; i++)
		for (uint8_t k = 0; k < a->n[i]; k++)
			if (a->at[i][k] != KE_NONE)
				return true;
	return false;
}

static const char *weakness_of_addkes(const struct addkes *a, const char **name)
{
	for (unsigned int i = 0; i < IKE_ADDKES; i++) {
		for (uint8_t k = 0; k < a->n[i]; k++) {
			const struct ke_alg *ke = ke_by_id(a->at[i][k]);

			if (!ke || !ke->weak)
				continue;
			*name = ke->name;
			return ke->weak;
		}
	}
	return NULL;
}

static const char *weakness_of(const struct proposal *p, const char **name)
{
	for (size_t i = 0; i < p->n_encr; i++) {
		*name = p->encr[i]->name;
		if (p->encr[i]->weak)
			return p->encr[i]->weak;
		if (p->n_integ == 0 && esp_pair_weakness(p->encr[i], &integ_none))
			return esp_pair_weakness(p->encr[i], &integ_none);
	}
	for (size_t i = 0; i < p->n_integ; i++) {
		*name = p->integ[i]->name;
		if (p->integ[i]->weak)
			return p->integ[i]->weak;
	}
	for (size_t i = 0; i < p->n_prf; i++) {
		*name = p->prf[i]->name;
		if (p->prf[i]->weak)
			return p->prf[i]->weak;
	}
	for (size_t i = 0; i < p->n_ke; i++) {
		*name = p->ke[i]->name;
		if (p->ke[i]->weak)
			return p->ke[i]->weak;
	}
	return weakness_of_addkes(&p->addkes, name);
}

void proposals_default(enum ike_protocol protocol, struct proposals *out)
{
	static const char *const texts[][2] = {
		[IKE_PROTO_IKE] = {
			"aes128gcm16-aes256gcm16-chacha20poly1305" IKE_BESIDE,
			CBC_SHA2 IKE_BESIDE,
		},
		[IKE_PROTO_AH] = { "sha256-sha384-sha512" },
		[IKE_PROTO_ESP] = {
			"aes128gcm16-aes192gcm16-aes256gcm16-chacha20poly1305",
			CBC_SHA2,
		},
	};
	struct error e;

	*out = (struct proposals){ .n = 0 };
	for (size_t i = 0; i < 2 && texts[protocol][i]; i++)
		if (proposal_parse(texts[protocol][i], protocol, &out->at[i],
				   &e) == 0)
			out->n++;
}

const char *proposals_weakness(const struct proposals *p, const char **name)
{
	const char *why = NULL;

	for (size_t i = 0; i < p->n && !why; i++)
		why = weakness_of(&p->at[i], name);
	return why;
}

/* Pointers to constant tables: the same algorithm is the same pointer. */
static bool algs_equal(const void *a, size_t n_a, const void *b, size_t n_b)
{
	return n_a == n_b && memcmp(a, b, n_a * sizeof(void *)) == 0;
}

bool proposal_equal(const struct proposal *a, const struct proposal *b)
{
	return a->protocol == b->protocol &&
	       algs_equal(a->encr, a->n_encr, b->encr, b->n_encr) &&
	       algs_equal(a->integ, a->n_integ, b->integ, b->n_integ) &&
	       algs_equal(a->prf, a->n_prf, b->prf, b->n_prf) &&
	       algs_equal(a->ke, a->n_ke, b->ke, b->n_ke) &&
	       memcmp(&a->addkes, &b->addkes, sizeof(a->addkes)) == 0 &&
	       a->no_ke == b->no_ke && a->esn == b->esn &&
	       a->no_esn == b->no_esn;
}

static void put(char buf[PROPOSAL_STR_MAX], const char *word)
{
	size_t len = strlen(buf);

	snprintf(buf + len, PROPOSAL_STR_MAX - len, "%s%s", len ? "-" : "",
		 word);
}

static void put_addkes(char buf[PROPOSAL_STR_MAX], const struct addkes *a)
{
	for (unsigned int i = 0; i < IKE_ADDKES; i++) {
		for (uint8_t k = 0; k < a->n[i]; k++) {
			const struct ke_alg *ke = ke_by_id(a->at[i][k]);
			char word[KEYWORD_MAX];

			snprintf(word, sizeof(word), "ke%u_%s", i + 1,
				 ke ? ke->name : "none");
			put(buf, word);
		}
	}
}

const char *proposal_str(const struct proposal *p, char buf[PROPOSAL_STR_MAX])
{
	buf[0] = '\0';
	for (size_t i = 0; i < p->n_encr; i++)
		put(buf, p->encr[i]->name);
	for (size_t i = 0; i < p->n_integ; i++)
		put(buf, p->integ[i]->name);
	for (size_t i = 0; i < p->n_prf; i++)
		put(buf, p->prf[i]->name);
	for (size_t i = 0; i < p->n_ke; i++)
		put(buf, p->ke[i]->name);
	if (p->no_ke && p->n_ke)
		put(buf, "none");
	put_addkes(buf, &p->addkes);
	if (p->esn)
		put(buf, "esn");
	if (p->esn && p->no_esn)
		put(buf, "noesn");
	return buf;
}
