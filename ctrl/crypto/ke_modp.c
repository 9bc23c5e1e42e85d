// SPDX-License-Identifier: BSD-2-Clause
/*
 * MODP_2048 (RFC 3526 section 3) on libcrypto's integers: EVP's
 * Diffie-Hellman would spend as much again on asking whether the peer's value
 * is in the subgroup, which RFC 6989 section 2.1 does not ask of a group whose
 * p is a safe prime.
 */
#include <errno.h>
#include <stdbool.h>

#include <openssl/bn.h>
#include <openssl/rand.h>

#include "ctrl/crypto/ke_method.h"

/* Twice the 160 bits of strength that RFC 3526 section 8 gives at most. */
#define PRIVATE_BYTES 40U

int modp_private(struct secret *x)
{
	x->len = PRIVATE_BYTES;
	return RAND_priv_bytes(x->octets, PRIVATE_BYTES) == 1 ? 0 : -EIO;
}

struct power {
	BN_CTX *ctx;
	BIGNUM *p;
	BIGNUM *last; /* p - 1 */
	BIGNUM *y;
	BIGNUM *x;
	BIGNUM *result;
};

static void power_free(struct power *w)
{
	BN_clear_free(w->result);
	BN_clear_free(w->x);
	BN_free(w->y);
	BN_free(w->last);
	BN_free(w->p);
	BN_CTX_free(w->ctx);
}

static bool power_init(struct power *w, const uint8_t *y, const struct secret *x)
{
	*w = (struct power){
		.ctx = BN_CTX_new(),
		.p = BN_get_rfc3526_prime_2048(NULL),
		.last = BN_get_rfc3526_prime_2048(NULL),
		.y = BN_bin2bn(y, MODP_2048_BYTES, NULL),
		.x = BN_bin2bn(x->octets, (int)x->len, NULL),
		.result = BN_new(),
	};
	return w->ctx && w->p && w->last && w->y && w->x && w->result &&
	       BN_sub_word(w->last, 1) == 1;
}

static bool is_in_range(const struct power *w, const BIGNUM *y)
{
	return BN_cmp(y, BN_value_one()) > 0 && BN_cmp(y, w->last) < 0;
}

/*
 * y^x mod p. The result is asked like y: 1 and p - 1 come only of a private
 * value that is a multiple of the group's order, such as 0.
 */
static int power(const struct power *w, uint8_t *out)
{
	if (!is_in_range(w, w->y))
		return -EINVAL;
	if (BN_mod_exp_mont_consttime(w->result, w->y, w->x, w->p, w->ctx,
				      NULL) != 1)
		return -ENOMEM;
	if (!is_in_range(w, w->result))
		return -EINVAL;
	if (BN_bn2binpad(w->result, out, MODP_2048_BYTES) < 0)
		return -ENOMEM;
	return 0;
}

int modp_shared(const struct secret *x, const uint8_t *peer, uint8_t *out)
{
	struct power w;
	int err = -ENOMEM;

	if (power_init(&w, peer, x))
		err = power(&w, out);
	power_free(&w);
	return err;
}

int modp_public(const struct secret *x, uint8_t *out)
{
	static const uint8_t g[MODP_2048_BYTES] = { [MODP_2048_BYTES - 1] = 2 };

	return modp_shared(x, g, out);
}
