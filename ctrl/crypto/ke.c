// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table of key exchange methods and what they have in common: an object is
 * a private value, the public value made from it, and the secret agreed upon.
 * The arithmetic is in ke_modp.c, ke_ecp.c and ke_cfrg.c.
 */
#include "ctrl/crypto/ke.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "ctrl/crypto/ke_method.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define WEAK_SHORT(level) \
	"RFC 8247 section 2.4: it " level " be used, its prime is too short"
#define WEAK_PRIME(level)                                                 \
	"RFC 8247 section 2.4: it " level " be used, nobody can say how " \
	"its prime was found"

struct ke {
	const struct ke_alg *alg;
	struct secret private_value;
	bool has_agreed;
	bool answers;	  /* made by ke_answer() */
	uint8_t octets[]; /* room for a public value, and behind it the secret */
};

/* Values of a prime's length. */
#define MODP(number, keyword, octets, why)                                  \
	{                                                                   \
		.id = KE_##number, .name = (keyword),                       \
		.public_bytes = (octets), .answer_bytes = (octets),         \
		.shared_bytes = (octets), .weak = (why), .method = &ke_modp \
	}

/* RFC 5903 section 7: x | y, and x. */
#define ECP(number, keyword, octets)                                        \
	{                                                                   \
		.id = KE_##number, .name = (keyword),                       \
		.public_bytes = 2 * (octets), .answer_bytes = 2 * (octets), \
		.shared_bytes = (octets), .method = &ke_ecp                 \
	}

#define CFRG(number, keyword, octets)                               \
	{                                                           \
		.id = KE_##number, .name = (keyword),               \
		.public_bytes = (octets), .answer_bytes = (octets), \
		.shared_bytes = (octets), .method = &ke_cfrg        \
	}

static const struct ke_alg algs[] = {
	CFRG(CURVE25519, "curve25519", 32),
	CFRG(CURVE448, "curve448", 56),
	ECP(ECP_256, "ecp256", 32),
	ECP(ECP_384, "ecp384", 48),
	ECP(ECP_521, "ecp521", 66),
	ECP(ECP_224_BP, "ecp224bp", 28),
	ECP(ECP_256_BP, "ecp256bp", 32),
	ECP(ECP_384_BP, "ecp384bp", 48),
	ECP(ECP_512_BP, "ecp512bp", 64),
	MODP(MODP_2048, "modp2048", 256, NULL),
	MODP(MODP_3072, "modp3072", 384, NULL),
	MODP(MODP_4096, "modp4096", 512, NULL),
	MODP(MODP_6144, "modp6144", 768, NULL),
	MODP(MODP_8192, "modp8192", 1024, NULL),
	MODP(MODP_1536, "modp1536", 192, WEAK_SHORT("SHOULD NOT")),
	MODP(MODP_1024, "modp1024", 128, WEAK_SHORT("SHOULD NOT")),
	MODP(MODP_768, "modp768", 96, WEAK_SHORT("MUST NOT")),
	MODP(MODP_1024_160, "modp1024s160", 128, WEAK_PRIME("MUST NOT")),
	MODP(MODP_2048_224, "modp2048s224", 256, WEAK_PRIME("SHOULD NOT")),
	MODP(MODP_2048_256, "modp2048s256", 256, WEAK_PRIME("SHOULD NOT")),
};

static const struct {
	const char *alias;
	const char *name;
} aliases[] = { { "x25519", "curve25519" }, { "x448", "curve448" } };

const struct ke_alg *ke_at(size_t i)
{
	return i < ARRAY_LEN(algs) ? &algs[i] : NULL;
}

const struct ke_alg *ke_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (strcmp(aliases[i].alias, name) == 0)
			name = aliases[i].name;
	for (size_t i = 0; i < ARRAY_LEN(algs); i++)
		if (strcmp(algs[i].name, name) == 0)
			return &algs[i];
	return NULL;
}

const struct ke_alg *ke_by_id(uint16_t id)
{
	for (size_t i = 0; i < ARRAY_LEN(algs); i++)
		if (algs[i].id == id)
			return &algs[i];
	return NULL;
}

/* Leaves nothing in libcrypto's queue of errors. */
static int done(int err)
{
	if (err)
		ERR_clear_error();
	return err;
}

static bool has_length(const struct ke_alg *alg, size_t private_bytes)
{
	if (alg->method->any_length)
		return private_bytes > 0 && private_bytes <= alg->public_bytes &&
		       private_bytes <= SECRET_MAX_BYTES;
	return private_bytes == alg->shared_bytes;
}

/* given: NULL to draw one. */
static int ke_fill(struct ke *ke, const struct slice *given)
{
	const struct ke_alg *alg = ke->alg;
	int err = 0;

	if (given) {
		ke->private_value.len = given->len;
		memcpy(ke->private_value.octets, given->ptr, given->len);
	} else {
		err = alg->method->draw(alg, &ke->private_value);
	}
	return err ? err
		   : alg->method->make_public(alg, &ke->private_value,
					      ke->octets);
}

static size_t public_room(const struct ke_alg *alg)
{
	return alg->public_bytes > alg->answer_bytes ? alg->public_bytes
						     : alg->answer_bytes;
}

static size_t ke_bytes(const struct ke_alg *alg)
{
	return sizeof(struct ke) + public_room(alg) + alg->shared_bytes;
}

static int ke_make(const struct ke_alg *alg, const struct slice *given,
		   struct ke **out)
{
	struct ke *ke = calloc(1, ke_bytes(alg));
	int err;

	if (!ke)
		return -ENOMEM;
	ke->alg = alg;
	err = done(ke_fill(ke, given));
	if (err) {
		ke_free(ke);
		return err;
	}
	*out = ke;
	return 0;
}

int ke_new(const struct ke_alg *alg, struct ke **out)
{
	return ke_make(alg, NULL, out);
}

int ke_from_private(const struct ke_alg *alg, struct slice private_value,
		    struct ke **out)
{
	if (!has_length(alg, private_value.len))
		return -EINVAL;
	return ke_make(alg, &private_value, out);
}

/* To who encapsulates there is no private value. */
static int encapsulate(const struct ke_alg *alg, struct slice peer,
		       struct ke **out)
{
	struct ke *ke = calloc(1, ke_bytes(alg));
	int err = -EINVAL;

	if (!ke)
		return -ENOMEM;
	ke->alg = alg;
	ke->answers = ke->has_agreed = true;
	if (peer.len == alg->public_bytes)
		err = done(alg->method->answer(alg, peer.ptr, ke->octets,
					       ke->octets + public_room(alg)));
	if (err)
		ke_free(ke);
	else
		*out = ke;
	return err;
}

int ke_answer(const struct ke_alg *alg, struct slice peer, struct ke **out)
{
	struct ke *ke;
	int err;

	if (alg->method->answer)
		return encapsulate(alg, peer, out);
	err = ke_new(alg, &ke);
	if (err)
		return err;
	err = ke_agree(ke, peer);
	if (err) {
		ke_free(ke);
		return err;
	}
	*out = ke;
	return 0;
}

void ke_export(const struct ke *ke, struct secret *out)
{
	*out = ke->private_value;
}

void ke_free(struct ke *ke)
{
	if (!ke)
		return;
	explicit_bzero(ke, ke_bytes(ke->alg));
	free(ke);
}

struct slice ke_public(const struct ke *ke)
{
	return slice_of(ke->octets, ke->answers ? ke->alg->answer_bytes
						: ke->alg->public_bytes);
}

int ke_agree(struct ke *ke, struct slice peer)
{
	const struct ke_alg *alg = ke->alg;
	uint8_t *shared = ke->octets + public_room(alg);
	int err = -EINVAL;

	if (peer.len == alg->answer_bytes && !ke->answers)
		err = done(alg->method->agree(alg, &ke->private_value,
					      ke->octets, peer.ptr, shared));
	if (err)
		explicit_bzero(shared, alg->shared_bytes);
	ke->has_agreed = err == 0;
	return err;
}

struct slice ke_shared(const struct ke *ke)
{
	if (!ke || !ke->has_agreed)
		return slice_of(NULL, 0);
	return slice_of(ke->octets + public_room(ke->alg),
			ke->alg->shared_bytes);
}
