// SPDX-License-Identifier: BSD-2-Clause
/*
 * What backends have in common, and the choice between them. Control thread.
 */
#include "ctrl/crypto/crypto.h"

#include <errno.h>
#include <string.h>

#include "ctrl/base/log.h"

#define DES_KEY_BYTES 8

static size_t key_len(const struct secret *key)
{
	return key ? key->len : 0;
}

/* The lowest bit of each octet is parity. */
static bool des_keys_equal(const uint8_t *a, const uint8_t *b)
{
	uint8_t differ = 0;

	for (size_t i = 0; i < DES_KEY_BYTES; i++)
		differ |= (a[i] ^ b[i]) & 0xfe;
	return differ == 0;
}

/* RFC 2451 section 2.3: what is decrypted again at once is DES. */
static bool is_des_thrice(const struct crypto_key_spec *spec)
{
	const uint8_t *key = spec->encr_key ? spec->encr_key->octets : NULL;

	return spec->encr->id == ENCR_3DES &&
	       (des_keys_equal(key, key + DES_KEY_BYTES) ||
		des_keys_equal(key + DES_KEY_BYTES, key + 2 * DES_KEY_BYTES));
}

static bool pair_fits(const struct encr_alg *encr, const struct integ_alg *integ)
{
	bool for_ah = encr->id == ENCR_NULL && integ->iv_bytes;

	return for_ah || !esp_pair_misfit(encr, integ);
}

bool crypto_spec_is_sound(const struct crypto_key_spec *spec)
{
	return pair_fits(spec->encr, spec->integ) &&
	       key_len(spec->encr_key) == encr_key_bytes(spec->encr) &&
	       key_len(spec->integ_key) == spec->integ->key_bytes &&
	       !is_des_thrice(spec);
}

const struct crypto_backend *crypto_backend_for(const struct crypto_backend *own,
						const struct encr_alg *encr,
						const struct integ_alg *integ)
{
	return own->has(encr, integ) ? own : &crypto_openssl;
}

const struct crypto_backend *crypto_backend_by_name(const char *name)
{
	static const struct crypto_backend *const all[] = { &crypto_ipsec_mb,
							    &crypto_openssl };

	for (size_t i = 0; name && i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
	return NULL;
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
