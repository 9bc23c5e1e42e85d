/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the backend on intel-ipsec-mb share: keys, a thread's manager
 * and the schedules that it has made of keys. Those are only read while packets
 * pass.
 */
#ifndef CYG_CRYPTO_IPSEC_MB_H
#define CYG_CRYPTO_IPSEC_MB_H

#define NO_COMPAT_IMB_API_053 /* short names such as CBC */
#include <intel-ipsec-mb.h>
#include <stdatomic.h>

#include "ctrl/base/slice.h"
#include "ctrl/crypto/aad.h"
#include "ctrl/crypto/crypto.h"
#include "ctrl/crypto/hmac.h"
#include "include/ike.h"

#define MB_SALT_BYTES	  4U  /* RFC 4106 section 4, RFC 7634 section 2 */
#define MB_NONCE_BYTES	  12U /* salt and IV */
#define MB_SCHEDULE_BYTES 240 /* of AES-256, the longest */
#define MB_BURST_MAX	  64U

/* The library counts the octets of a multi-buffer lane in 16 bits. */
#define MB_BYTES_MAX (UINT16_MAX - 1U)

/* Places for schedules that a thread has, by sets; see ipsec_mb_keys.c. Memory is
 * used up to as many keys as the thread has met. */
#define MB_SET_BITS  10U
#define MB_SETS	     (1U << MB_SET_BITS)
#define MB_WAYS	     4U /* of a set */
#define MB_SCHEDULES (MB_SETS * MB_WAYS)

/* What an AEAD is asked for one packet. */
struct mb_aead {
	uint8_t nonce[MB_NONCE_BYTES];
	struct esn_aad esn_aad;
	const uint8_t *aad;
	uint64_t aad_bytes;
	const uint8_t *from; /* to be sealed */
	uint8_t *text;
	uint64_t text_bytes;
	uint8_t *icv; /* where the packet has it */
};

/* Both schedules come from one call, so either way may be gone. */
struct mb_cbc_key {
	_Alignas(16) uint8_t encrypt[MB_SCHEDULE_BYTES];
	_Alignas(16) uint8_t decrypt[MB_SCHEDULE_BYTES];
	_Alignas(16) uint8_t inner[HMAC_MAX_BYTES]; /* after key XOR ipad */
	_Alignas(16) uint8_t outer[HMAC_MAX_BYTES]; /* after key XOR opad */
	IMB_KEY_SIZE_BYTES key_bytes;
	IMB_HASH_ALG hash;
	uint8_t icv_bytes;
};

struct mb_chacha_key {
	uint8_t octets[32];
};

struct mb_key {
	_Alignas(64) enum encr_id id;
	uint16_t key_bits;
	uint16_t integ; /* enum integ_id */
	bool esn;
	uint8_t salt[MB_SALT_BYTES];
	union {
		struct gcm_key_data gcm;
		struct mb_chacha_key chacha;
		struct mb_cbc_key cbc;
	};
};

struct mb_schedules {
	/* Whose key's stands in a place: its number, or as in ipsec_mb_keys.c. By
	 * the thread, and by whoever frees the key. */
	_Alignas(64) _Atomic uint64_t of[MB_SCHEDULES];
	struct mb_key *at;	   /* owned; MB_SCHEDULES */
	uint8_t next_way[MB_SETS]; /* that is given up */
};

struct crypto_thread {
	IMB_MGR *mgr; /* owned */
	struct mb_schedules made;
	uint64_t last_number; /* of the keys that were made with it */
	struct gcm_context_data gcm;
	struct mb_aead aead[MB_BURST_MAX];
	/* Of a batch with a cipher and a MAC. */
	IMB_JOB jobs[MB_BURST_MAX];
	uint8_t macs[MB_BURST_MAX][HMAC_MAX_BYTES];
};

/* 0 or -ENOTSUP (the algorithms). */
int mb_key_fill(IMB_MGR *mgr, const struct crypto_key_spec *spec,
		struct mb_key *key);

/*
 * The key as packets need it, for the length of a batch: as the thread has it, or
 * made now. The thread itself.
 */
const struct mb_key *mb_key_of(struct crypto_thread *t,
			       const struct crypto_key *key);

/* 0 or -ENOMEM. */
int mb_schedules_init(struct mb_schedules *s);
void mb_schedules_fini(struct mb_schedules *s);

/* As of struct crypto_backend. */
int mb_key_new(struct crypto_thread *t, const struct crypto_key_spec *spec,
	       struct crypto_key **out);
void mb_key_free(struct crypto_key *key);
void mb_key_forget(struct crypto_thread *t, const struct crypto_key *key);

/* The schedules of a sound spec. 0 or -ENOTSUP (the MAC). */
int mb_cbc_init(IMB_MGR *mgr, const struct crypto_key_spec *spec,
		struct mb_cbc_key *key);

/* As seal and open of struct crypto_backend; n at most MB_BURST_MAX. */
void mb_cbc_seal(struct crypto_thread *t, const struct mb_key *key,
		 struct crypto_op *ops, unsigned int n);
void mb_cbc_open(struct crypto_thread *t, const struct mb_key *key,
		 struct crypto_op *ops, unsigned int n);

#endif
