// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/sign_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define IKE_PREFIX   "ike:"
#define WORD_MAX     16
#define BIT(n)	     (1U << (n))
#define ALL_KEYS     (BIT(KEY_ED448 + 1) - 1)

enum padding {
	ANY_PADDING,
	PSS,
	PKCS1, /* v1.5 */
};

static const struct type_word {
	const char *text;
	uint8_t keys;
	enum padding padding; /* of RSA */
} type_words[] = {
	{ "pubkey", ALL_KEYS, ANY_PADDING },
	{ "rsa", BIT(KEY_RSA), ANY_PADDING },
	{ "rsa/pss", BIT(KEY_RSA), PSS },
	{ "rsa/pkcs1", BIT(KEY_RSA), PKCS1 },
	{ "ecdsa", BIT(KEY_ECDSA), ANY_PADDING },
	{ "ed25519", BIT(KEY_ED25519), ANY_PADDING },
	{ "ed448", BIT(KEY_ED448), ANY_PADDING },
};

static const struct {
	const char *text;
	enum ike_hash hash;
} hash_words[] = {
	{ "sha1", IKE_HASH_SHA1 },	   { "sha256", IKE_HASH_SHA2_256 },
	{ "sha384", IKE_HASH_SHA2_384 },   { "sha512", IKE_HASH_SHA2_512 },
	{ "identity", IKE_HASH_IDENTITY },
};

/* What is read of one of the two kinds. */
struct kind {
	uint32_t schemes; /* by hashes that are named */
	uint32_t open;	  /* of types behind which none is named */
	bool is_there;
};

struct reading {
	struct sign_rules rules;
	struct kind chain, ike;
	struct kind *now; /* NULL: before the first type */
	const struct type_word *type;
	bool hashed; /* the type has a hash behind it */
};

static bool pads(const struct type_word *type, const struct sign_scheme *s)
{
	return type->padding == ANY_PADDING || (type->padding == PSS) == s->pss;
}

static uint32_t schemes_of(const struct type_word *type, bool all,
			   enum ike_hash hash)
{
	const struct sign_scheme *s;
	uint32_t schemes = 0;

	for (size_t i = 0; (s = sign_at(i)); i++)
		if ((type->keys & BIT(s->key)) && pads(type, s) &&
		    (all ? !s->weak : s->hash == hash))
			schemes |= BIT(s->id);
	return schemes;
}

static void end_type(struct reading *r)
{
	if (r->type && !r->hashed)
		r->now->open |= schemes_of(r->type, true, 0);
}

static void begin_type(struct reading *r, const struct type_word *type,
		       bool is_ike)
{
	end_type(r);
	r->now = is_ike ? &r->ike : &r->chain;
	r->now->is_there = true;
	r->type = type;
	r->hashed = false;
	if (!is_ike && type->keys != ALL_KEYS)
		r->rules.keys |= type->keys;
}

static bool take_type(struct reading *r, const char *word)
{
	bool is_ike = strncmp(word, IKE_PREFIX, strlen(IKE_PREFIX)) == 0;

	if (is_ike)
		word += strlen(IKE_PREFIX);
	for (size_t i = 0; i < ARRAY_LEN(type_words); i++)
		if (strcmp(word, type_words[i].text) == 0) {
			begin_type(r, &type_words[i], is_ike);
			return true;
		}
	return false;
}

static bool take_hash(struct reading *r, const char *word)
{
	uint32_t schemes = 0;

	for (size_t i = 0; i < ARRAY_LEN(hash_words); i++)
		if (strcmp(word, hash_words[i].text) == 0)
			schemes = schemes_of(r->type, false, hash_words[i].hash);
	r->now->schemes |= schemes;
	r->hashed = true;
	return schemes != 0;
}

/* Of a curve the bits are its name's; Edwards curves have one length each. */
static bool take_bits(struct reading *r, const char *word)
{
	char *end;
	unsigned long bits = strtoul(word, &end, 10);

	if (*end || word[0] < '1' || word[0] > '9' || bits > UINT16_MAX)
		return false;
	if (r->type->keys == BIT(KEY_RSA))
		r->rules.rsa_bits = (uint16_t)bits;
	else if (r->type->keys == BIT(KEY_ECDSA))
		r->rules.ecdsa_bits = (uint16_t)bits;
	else
		return false;
	return true;
}

/* To the next '-' or the end; false: too long to be one. */
static bool next_word(const char **text, char word[WORD_MAX])
{
	size_t len = strcspn(*text, "-");

	if (len >= WORD_MAX)
		return false;
	memcpy(word, *text, len);
	word[len] = '\0';
	*text += len;
	return true;
}

static bool take_word(struct reading *r, const char *word)
{
	if (take_type(r, word))
		return true;
	return r->type && (take_bits(r, word) || take_hash(r, word));
}

/* Which of a padding's schemes RSA may not have, where it has others. */
static uint32_t left_out(uint32_t open, enum padding padding)
{
	const struct type_word it = { "", BIT(KEY_RSA), padding };
	const struct type_word rsa = { "", BIT(KEY_RSA), ANY_PADDING };
	uint32_t schemes = schemes_of(&it, true, 0);

	return open & schemes_of(&rsa, true, 0) && !(open & schemes) ? schemes
								     : 0;
}

/* 0: any; where no hash is named anywhere, only what "rsa/pss" and "rsa/pkcs1" leave
 * out counts. */
static uint32_t schemes_in(const struct kind *k)
{
	static const struct type_word any = { "", ALL_KEYS, ANY_PADDING };
	uint32_t out = left_out(k->open, PSS) | left_out(k->open, PKCS1);

	if (k->schemes)
		return k->schemes | k->open;
	return out ? schemes_of(&any, true, 0) & ~out : 0;
}

int sign_rules_parse(const char *text, struct sign_rules *out, struct error *e)
{
	struct reading r = { .type = NULL };
	char word[WORD_MAX] = "";

	for (;; text++) {
		if (!next_word(&text, word) || !take_word(&r, word))
			return error_set(
				e, -EINVAL,
				"must be pubkey, rsa, rsa/pss, rsa/pkcs1, "
				"ecdsa, ed25519 or ed448, and behind it, each after a '-', the "
				"least bits of a key (rsa-3072, ecdsa-256), "
				"hashes of its signatures (sha256, sha384, "
				"sha512, sha1; identity of ed25519 and ed448), "
				"further types of keys, and what is for IKE's "
				"own signatures after ike: "
				"(rsa-3072-ike:rsa/pss-sha256)");
		if (!*text)
			break;
	}
	end_type(&r);
	r.rules.chain = schemes_in(&r.chain);
	r.rules.ike = r.ike.is_there ? schemes_in(&r.ike) : r.rules.chain;
	*out = r.rules;
	return 0;
}

bool sign_rules_key(const struct sign_rules *r, enum key_type type,
		    unsigned int bits)
{
	if (r->keys && !(r->keys & BIT(type)))
		return false;
	switch (type) {
	case KEY_RSA:
		return bits >= (r->rsa_bits ? r->rsa_bits : SIGN_RSA_BITS);
	case KEY_ECDSA:
		return bits >= r->ecdsa_bits;
	case KEY_ED25519:
	case KEY_ED448:
		break;
	}
	return true;
}

bool sign_rules_scheme(uint32_t schemes, const struct sign_scheme *scheme)
{
	return schemes ? (schemes & BIT(scheme->id)) != 0 : !scheme->weak;
}
