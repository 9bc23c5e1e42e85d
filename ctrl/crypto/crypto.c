// SPDX-License-Identifier: BSD-2-Clause
/*
 * What backends have in common, and the choice between them. Control thread.
 */
#include "ctrl/crypto/crypto.h"

#include <errno.h>

#include "ctrl/base/log.h"

bool crypto_spec_is_sound(const struct crypto_key_spec *spec)
{
	size_t integ_key_bytes = spec->integ_key ? spec->integ_key->len : 0;

	return encr_is_aead(spec->encr) == (spec->integ->id == INTEG_NONE) &&
	       spec->encr_key->len == encr_key_bytes(spec->encr) &&
	       integ_key_bytes == spec->integ->key_bytes;
}

static int try_backend(const struct crypto_backend *backend)
{
	struct crypto_thread *thread;
	int err = backend->thread_new(&thread);

	if (!err)
		backend->thread_free(thread);
	return err;
}

int crypto_choose(enum crypto_choice choice, const struct crypto_backend **out)
{
	int err;

	*out = &crypto_openssl;
	if (choice == CRYPTO_OPENSSL)
		return 0;
	err = try_backend(&crypto_ipsec_mb);
	if (err == -ENOTSUP && choice == CRYPTO_AUTO) {
		log_info("crypto: this CPU has no AES instructions that ipsec-mb can use; openssl protects packets, more slowly");
		return 0;
	}
	if (!err)
		*out = &crypto_ipsec_mb;
	return err;
}
