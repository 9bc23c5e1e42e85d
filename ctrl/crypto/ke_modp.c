// SPDX-License-Identifier: BSD-2-Clause
/*
 * The groups modulo a prime, on libcrypto's integers: EVP's Diffie-Hellman
 * would spend as much again on asking whether the peer's value is in the
 * subgroup, which RFC 6989 section 2.1 does not ask of a group whose p is a safe
 * prime (RFC 7296 appendix B, RFC 3526). Those of RFC 5114 have small subgroups
 * besides, and are asked (RFC 6989 section 2.2).
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "ctrl/crypto/fetch.h"
#include "ctrl/crypto/ke_method.h"

/*
 * Either p is a function's, the generator 2, and a private value has twice the
 * bits of strength that RFC 3526 section 8 gives the group at most, and at least
 * 160; or name is libcrypto's for what RFC 5114 gave a generator of prime order.
 */
static const struct group {
	enum ke_id id;
	BIGNUM *(*p)(BIGNUM *out);
	uint8_t private_bytes;
	const char *name;
} groups[] = {
	{ .id = KE_MODP_768, BN_get_rfc2409_prime_768, 20 },
	{ .id = KE_MODP_1024, BN_get_rfc2409_prime_1024, 20 },
	{ .id = KE_MODP_1536, BN_get_rfc3526_prime_1536, 30 },
	{ .id = KE_MODP_2048, BN_get_rfc3526_prime_2048, 40 },
	{ .id = KE_MODP_3072, BN_get_rfc3526_prime_3072, 53 },
	{ .id = KE_MODP_4096, BN_get_rfc3526_prime_4096, 60 },
	{ .id = KE_MODP_6144, BN_get_rfc3526_prime_6144, 68 },
	{ .id = KE_MODP_8192, BN_get_rfc3526_prime_8192, 78 },
	{ .id = KE_MODP_1024_160, .name = "dh_1024_160" },
	{ .id = KE_MODP_2048_224, .name = "dh_2048_224" },
	{ .id = KE_MODP_2048_256, .name = "dh_2048_256" },
};

static const struct group *group_of(enum ke_id id)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (groups[i].id == id)
			return &groups[i];
	return NULL;
}

/* A power, and what it takes. */
struct power {
	size_t bytes; /* of p */
	BN_CTX *ctx;
	BIGNUM *p;
	BIGNUM *last; /* p - 1 */
	BIGNUM *q;    /* the order of g; NULL: (p - 1) / 2 */
	BIGNUM *g;
	BIGNUM *y;
	BIGNUM *x;
	BIGNUM *result;
};

static void power_free(struct power *w)
{
	BN_clear_free(w->result);
	BN_clear_free(w->x);
	BN_free(w->y);
	BN_free(w->g);
	BN_free(w->q);
	BN_free(w->last);
	BN_free(w->p);
	BN_CTX_free(w->ctx);
}

/* libcrypto's parameters of that name; they are freed with w. */
static bool take_named(struct power *w, const char *name)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DHX", NULL);
	EVP_PKEY *key = NULL;
	char group[16];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
						 strcpy(group, name), 0),
		OSSL_PARAM_construct_end(),
	};
	bool ok =
		ctx && EVP_PKEY_fromdata_init(ctx) == 1 &&
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEY_PARAMETERS, params) ==
			1 &&
		EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_P, &w->p) == 1 &&
		EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_Q, &w->q) == 1 &&
		EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_G, &w->g) == 1;

	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static bool take_safe(struct power *w, const struct group *group)
{
	w->p = group->p(NULL);
	w->g = BN_new();
	return w->p && w->g && BN_set_word(w->g, 2) == 1;
}

static int power_init(struct power *w, const struct ke_alg *alg)
{
	const struct group *group = group_of(alg->id);

	*w = (struct power){
		.bytes = alg->public_bytes,
		.ctx = BN_CTX_new(),
		.result = BN_new(),
	};
	if (!w->ctx || !w->result)
		return -ENOMEM;
	if (!(group->name ? take_named(w, group->name) : take_safe(w, group)))
		return -ENOTSUP;
	w->last = BN_dup(w->p);
	return w->last && BN_sub_word(w->last, 1) == 1 ? 0 : -ENOMEM;
}

static bool is_in_range(const struct power *w, const BIGNUM *y)
{
	return BN_cmp(y, BN_value_one()) > 0 && BN_cmp(y, w->last) < 0;
}

/* RFC 6989 section 2.2: y^q = 1. The peer's value is no secret. */
static int ask_subgroup(const struct power *w)
{
	if (!w->q)
		return 0;
	if (BN_mod_exp(w->result, w->y, w->q, w->p, w->ctx) != 1)
		return -ENOMEM;
	return BN_is_one(w->result) ? 0 : -EINVAL;
}

/*
 * base^x mod p. The result is asked like y: 1 and p - 1 come only of a private
 * value that is a multiple of the generator's order, such as 0.
 */
static int power(struct power *w, const BIGNUM *base, const struct secret *x,
		 uint8_t *out)
{
	w->x = BN_bin2bn(x->octets, (int)x->len, NULL);
	if (!w->x || BN_mod_exp_mont_consttime(w->result, base, w->x, w->p,
					       w->ctx, NULL) != 1)
		return -ENOMEM;
	if (!is_in_range(w, w->result))
		return -EINVAL;
	return BN_bn2binpad(w->result, out, (int)w->bytes) < 0 ? -ENOMEM : 0;
}

static int power_of_peer(struct power *w, const struct secret *x,
			 const uint8_t *peer, uint8_t *out)
{
	int err;

	w->y = BN_bin2bn(peer, (int)w->bytes, NULL);
	if (!w->y)
		return -ENOMEM;
	err = is_in_range(w, w->y) ? ask_subgroup(w) : -EINVAL;
	return err ? err : power(w, w->y, x, out);
}

/* 0 < x < q. */
static int draw_below_q(struct power *w, struct secret *x)
{
	w->x = BN_new();
	if (!w->x)
		return -ENOMEM;
	do {
		if (BN_priv_rand_range(w->x, w->q) != 1)
			return -EIO;
	} while (BN_is_zero(w->x));
	x->len = (size_t)BN_num_bytes(w->q);
	return BN_bn2binpad(w->x, x->octets, (int)x->len) < 0 ? -ENOMEM : 0;
}

static int modp_draw(const struct ke_alg *alg, struct secret *x)
{
	const struct group *group = group_of(alg->id);
	struct power w;
	int err;

	if (!group->name) {
		x->len = group->private_bytes;
		return RAND_priv_bytes(x->octets, (int)x->len) == 1 ? 0 : -EIO;
	}
	err = power_init(&w, alg);
	if (!err)
		err = draw_below_q(&w, x);
	power_free(&w);
	return err;
}

static int modp_public(const struct ke_alg *alg, const struct secret *x,
		       uint8_t *out)
{
	struct power w;
	int err = power_init(&w, alg);

	if (!err)
		err = power(&w, w.g, x, out);
	power_free(&w);
	return err;
}

static int modp_agree(const struct ke_alg *alg, const struct secret *x,
		      const uint8_t *own, const uint8_t *peer, uint8_t *out)
{
	struct power w;
	int err = power_init(&w, alg);

	(void)own;
	if (!err)
		err = power_of_peer(&w, x, peer, out);
	power_free(&w);
	return err;
}

/* The arithmetic is libcrypto's own; those that have a name are a provider's. */
static const char *modp_provider(const struct ke_alg *alg,
				 char buf[PROVIDER_STR_MAX])
{
	struct power w;
	const bool is_there = power_init(&w, alg) == 0;

	power_free(&w);
	return is_there ? provider_str(NULL, buf) : NULL;
}

const struct ke_method ke_modp = {
	.any_length = true,
	.draw = modp_draw,
	.make_public = modp_public,
	.agree = modp_agree,
	.provider = modp_provider,
};
