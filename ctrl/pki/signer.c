// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/pki/signer.h"

#include <errno.h>

#include "ctrl/crypto/pkey.h"

static enum ike_hash usual_hash(const struct public_key *key)
{
	switch (public_key_type(key)) {
	case KEY_RSA:
		break;
	case KEY_ECDSA:
		if (public_key_bits(key) > 384)
			return IKE_HASH_SHA2_512;
		if (public_key_bits(key) > 256)
			return IKE_HASH_SHA2_384;
		break;
	case KEY_ED25519:
	case KEY_ED448:
		return IKE_HASH_IDENTITY;
	}
	return IKE_HASH_SHA2_256;
}

int signer_of(const struct private_key *key, enum ike_hash hash, bool pss,
	      struct signer *out, struct error *e)
{
	const struct public_key *public = private_key_public(key);
	const struct sign_scheme *s;

	if (!hash)
		hash = usual_hash(public);
	for (size_t i = 0; (s = sign_at(i)); i++)
		if (s->key == public_key_type(public) && s->hash == hash &&
		    s->pss == pss && !s->curve_bits && !s->weak) {
			*out = (struct signer){ key, s };
			return 0;
		}
	return error_set(e, -EINVAL,
			 "a key of this type does not sign so; RSA and ECDSA "
			 "take a digest of sha256, sha384 and sha512, RSA alone "
			 "a padding, and Ed25519 and Ed448 neither");
}

EVP_MD_CTX *signer_begin(const struct signer *s)
{
	struct pkey_work w;

	if (pkey_begin(&w, s->scheme, s->key->pkey, EVP_DigestSignInit))
		return w.ctx;
	EVP_MD_CTX_free(w.ctx);
	return NULL;
}
