// SPDX-License-Identifier: BSD-2-Clause
/*
 * ECP_256, ECP_384 and ECP_521 (RFC 5903), and the Brainpool curves (RFC 6954), on
 * libcrypto's. A public value is x | y (RFC 5903 section 7, RFC 6954 section 2),
 * SEC1's uncompressed form less its first octet. Reading that form libcrypto
 * refuses coordinates that are not below p and points that are not on the curve,
 * and it has no form for the point at infinity: with a cofactor of 1, which they
 * all have, that is all that RFC 6989 section 2.3 asks.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "ctrl/crypto/fetch.h"
#include "ctrl/crypto/ke_method.h"

#define UNCOMPRESSED	0x04 /* SEC1 section 2.3.3 */
#define FIELD_MAX_BYTES 66U  /* of ECP_521 */
#define SEC1_MAX_BYTES	(1 + 2 * FIELD_MAX_BYTES)

/* A product of a point and a private value, and what it takes. */
struct product {
	size_t field_bytes;
	BN_CTX *ctx;
	EC_GROUP *group;
	EC_POINT *peer;
	EC_POINT *result;
	BIGNUM *d;
};

static const struct {
	enum ke_id id;
	int nid; /* libcrypto's number of the curve */
} curves[] = {
	{ KE_ECP_256, NID_X9_62_prime256v1 },
	{ KE_ECP_384, NID_secp384r1 },
	{ KE_ECP_521, NID_secp521r1 },
	{ KE_ECP_224_BP, NID_brainpoolP224r1 },
	{ KE_ECP_256_BP, NID_brainpoolP256r1 },
	{ KE_ECP_384_BP, NID_brainpoolP384r1 },
	{ KE_ECP_512_BP, NID_brainpoolP512r1 },
};

static EC_GROUP *group_of(enum ke_id id)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (curves[i].id == id)
			return EC_GROUP_new_by_curve_name(curves[i].nid);
	return NULL;
}

static void product_free(struct product *w)
{
	BN_clear_free(w->d);
	EC_POINT_clear_free(w->result);
	EC_POINT_free(w->peer);
	EC_GROUP_free(w->group);
	BN_CTX_free(w->ctx);
}

static int product_init(struct product *w, const struct ke_alg *alg)
{
	*w = (struct product){
		.field_bytes = alg->shared_bytes,
		.ctx = BN_CTX_new(),
		.group = group_of(alg->id),
		.d = BN_new(),
	};
	if (!w->group)
		return -ENOTSUP;
	w->peer = EC_POINT_new(w->group);
	w->result = EC_POINT_new(w->group);
	return w->ctx && w->d && w->peer && w->result ? 0 : -ENOMEM;
}

/* 0 < d < the order. */
static int product_take_private(struct product *w, const struct secret *d)
{
	if (!BN_bin2bn(d->octets, (int)d->len, w->d))
		return -ENOMEM;
	BN_set_flags(w->d, BN_FLG_CONSTTIME);
	if (BN_is_zero(w->d) || BN_cmp(w->d, EC_GROUP_get0_order(w->group)) >= 0)
		return -EINVAL;
	return 0;
}

static int product_take_peer(struct product *w, const uint8_t *xy)
{
	uint8_t sec1[SEC1_MAX_BYTES] = { UNCOMPRESSED };

	memcpy(sec1 + 1, xy, 2 * w->field_bytes);
	return EC_POINT_oct2point(w->group, w->peer, sec1,
				  1 + 2 * w->field_bytes, w->ctx) == 1
		       ? 0
		       : -EINVAL;
}

/* The first octets of the result's x | y. */
static int product_put(struct product *w, uint8_t *out, size_t bytes)
{
	uint8_t sec1[SEC1_MAX_BYTES];
	size_t len = EC_POINT_point2oct(w->group, w->result,
					POINT_CONVERSION_UNCOMPRESSED, sec1,
					sizeof(sec1), w->ctx);
	bool ok = len == 1 + 2 * w->field_bytes;

	if (ok)
		memcpy(out, sec1 + 1, bytes);
	explicit_bzero(sec1, sizeof(sec1));
	return ok ? 0 : -ENOMEM;
}

static int draw(struct product *w, struct secret *d)
{
	const BIGNUM *order = EC_GROUP_get0_order(w->group);

	do {
		if (BN_priv_rand_range(w->d, order) != 1)
			return -EIO;
	} while (BN_is_zero(w->d));
	d->len = w->field_bytes;
	return BN_bn2binpad(w->d, d->octets, (int)d->len) < 0 ? -ENOMEM : 0;
}

/* The generator's multiple. */
static int multiply_base(struct product *w, const struct secret *d, uint8_t *xy)
{
	int err = product_take_private(w, d);

	if (err)
		return err;
	if (EC_POINT_mul(w->group, w->result, w->d, NULL, NULL, w->ctx) != 1)
		return -ENOMEM;
	return product_put(w, xy, 2 * w->field_bytes);
}

static int multiply_peer(struct product *w, const struct secret *d,
			 const uint8_t *peer, uint8_t *x)
{
	int err = product_take_peer(w, peer);

	if (!err)
		err = product_take_private(w, d);
	if (err)
		return err;
	if (EC_POINT_mul(w->group, w->result, NULL, w->peer, w->d, w->ctx) != 1)
		return -ENOMEM;
	return product_put(w, x, w->field_bytes);
}

static int ecp_draw(const struct ke_alg *alg, struct secret *d)
{
	struct product w;
	int err = product_init(&w, alg);

	if (!err)
		err = draw(&w, d);
	product_free(&w);
	return err;
}

static int ecp_public(const struct ke_alg *alg, const struct secret *d,
		      uint8_t *out)
{
	struct product w;
	int err = product_init(&w, alg);

	if (!err)
		err = multiply_base(&w, d, out);
	product_free(&w);
	return err;
}

static int ecp_agree(const struct ke_alg *alg, const struct secret *d,
		     const uint8_t *own, const uint8_t *peer, uint8_t *out)
{
	struct product w;
	int err = product_init(&w, alg);

	(void)own;
	if (!err)
		err = multiply_peer(&w, d, peer, out);
	product_free(&w);
	return err;
}

/* Points are libcrypto's own. */
static const char *ecp_provider(const struct ke_alg *alg,
				char buf[PROVIDER_STR_MAX])
{
	EC_GROUP *group = group_of(alg->id);
	const bool is_there = group != NULL;

	EC_GROUP_free(group);
	return is_there ? provider_str(NULL, buf) : NULL;
}

const struct ke_method ke_ecp = {
	.draw = ecp_draw,
	.make_public = ecp_public,
	.agree = ecp_agree,
	.provider = ecp_provider,
};
