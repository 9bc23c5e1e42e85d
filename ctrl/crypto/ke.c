// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table of key exchange methods and what they have in common: an object is
 * a private value and the public value made from it. The arithmetic is in
 * ke_modp.c, ke_ecp.c and ke_x25519.c.
 */
#include "ctrl/crypto/ke.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "ctrl/crypto/ke_method.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

struct ke {
	const struct ke_alg *alg;
	struct secret private_value;
	uint8_t public_value[KE_PUBLIC_MAX_BYTES];
};

static const struct ke_alg algs[] = {
	{ KE_MODP_2048, "modp2048", 256, 256 },
	{ KE_ECP_256, "ecp256", 64, 32 },
	{ KE_ECP_384, "ecp384", 96, 48 },
	{ KE_CURVE25519, "curve25519", 32, 32 },
};

const struct ke_alg *ke_by_name(const char *name)
{
	if (strcmp(name, "x25519") == 0)
		return ke_by_id(KE_CURVE25519);
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

static int draw_private(const struct ke_alg *alg, struct secret *out)
{
	switch (alg->id) {
	case KE_NONE:
		break;
	case KE_MODP_2048:
		return modp_private(out);
	case KE_ECP_256:
	case KE_ECP_384:
		return ecp_private(alg, out);
	case KE_CURVE25519:
		return x25519_private(out);
	}
	return -ENOTSUP;
}

static int make_public(struct ke *ke)
{
	switch (ke->alg->id) {
	case KE_NONE:
		break;
	case KE_MODP_2048:
		return modp_public(&ke->private_value, ke->public_value);
	case KE_ECP_256:
	case KE_ECP_384:
		return ecp_public(ke->alg, &ke->private_value, ke->public_value);
	case KE_CURVE25519:
		return x25519_public(&ke->private_value, ke->public_value);
	}
	return -ENOTSUP;
}

static int make_shared(const struct ke *ke, const uint8_t *peer, uint8_t *out)
{
	switch (ke->alg->id) {
	case KE_NONE:
		break;
	case KE_MODP_2048:
		return modp_shared(&ke->private_value, peer, out);
	case KE_ECP_256:
	case KE_ECP_384:
		return ecp_shared(ke->alg, &ke->private_value, peer, out);
	case KE_CURVE25519:
		return x25519_shared(&ke->private_value, peer, out);
	}
	return -ENOTSUP;
}

static bool has_length(const struct ke_alg *alg, size_t private_bytes)
{
	if (alg->id == KE_MODP_2048)
		return private_bytes > 0 && private_bytes <= alg->public_bytes;
	return private_bytes == alg->shared_bytes;
}

/* given: NULL to draw one. */
static int ke_fill(struct ke *ke, const struct slice *given)
{
	int err;

	if (given) {
		ke->private_value.len = given->len;
		memcpy(ke->private_value.octets, given->ptr, given->len);
		return make_public(ke);
	}
	err = draw_private(ke->alg, &ke->private_value);
	return err ? err : make_public(ke);
}

static int ke_make(const struct ke_alg *alg, const struct slice *given,
		   struct ke **out)
{
	struct ke *ke = calloc(1, sizeof(*ke));
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

void ke_export(const struct ke *ke, struct secret *out)
{
	*out = ke->private_value;
}

void ke_free(struct ke *ke)
{
	if (!ke)
		return;
	explicit_bzero(ke, sizeof(*ke));
	free(ke);
}

struct slice ke_public(const struct ke *ke)
{
	return slice_of(ke->public_value, ke->alg->public_bytes);
}

int ke_shared(const struct ke *ke, struct slice peer, struct secret *out)
{
	int err = -EINVAL;

	secret_wipe(out);
	if (peer.len == ke->alg->public_bytes)
		err = done(make_shared(ke, peer.ptr, out->octets));
	if (err)
		secret_wipe(out);
	else
		out->len = ke->alg->shared_bytes;
	return err;
}
