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
#include "ctrl/crypto/mac.h"
#include "include/ike.h"

#define MB_SALT_MAX_BYTES 4U  /* RFC 4106 section 4, RFC 7634 section 2 */
#define MB_CCM_SALT_BYTES 3U  /* RFC 4309 section 4 */
#define MB_IV_BYTES	  8U  /* of all that have a salt */
#define MB_NONCE_BYTES	  12U /* salt and IV at the most */
#define MB_ICV_BYTES	  16U /* of an AEAD at the most */
#define MB_SCHEDULE_BYTES 240 /* of AES-256, the longest */
#define MB_AES_128_BYTES  176 /* of AES-128 */
#define MB_HASH_BYTES	  64  /* of SHA-512's state, the longest */
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

struct mb_hmac_key {
	_Alignas(16) uint8_t inner[MB_HASH_BYTES]; /* after key XOR ipad */
	_Alignas(16) uint8_t outer[MB_HASH_BYTES]; /* after key XOR opad */
};

/* Of AES-XCBC and AES-CMAC: what goes over a last block that is full, and over
 * one that was filled up. */
struct mb_cbc_mac_key {
	_Alignas(16) uint8_t schedule[MB_AES_128_BYTES];
	_Alignas(16) uint8_t whole[16];
	_Alignas(16) uint8_t padded[16];
};

struct mb_mac_key {
	IMB_HASH_ALG hash; /* IMB_AUTH_NULL: there is none */
	uint8_t icv_bytes;
	union {
		struct mb_hmac_key hmac;
		struct mb_cbc_mac_key cbc_mac;
	};
};

/* Both schedules come from one call, so either way may be gone. */
struct mb_aes_key {
	_Alignas(16) uint8_t encrypt[MB_SCHEDULE_BYTES];
	_Alignas(16) uint8_t decrypt[MB_SCHEDULE_BYTES];
};

/* A cipher and a MAC. */
struct mb_pair_key {
	struct mb_aes_key aes;
	IMB_CIPHER_MODE cipher;
	IMB_KEY_SIZE_BYTES key_bytes;
	struct mb_mac_key mac;
};

struct mb_ccm_key {
	_Alignas(16) uint8_t schedule[MB_SCHEDULE_BYTES];
};

struct mb_chacha_key {
	uint8_t octets[32];
};

struct mb_key {
	_Alignas(64) const struct mb_way *way;
	enum encr_id id;
	uint16_t integ; /* enum integ_id */
	uint16_t key_bits;
	bool esn;
	uint8_t iv_bytes;
	uint8_t block_mask; /* blocks are powers of two: less 1 */
	uint8_t icv_bytes;
	uint8_t salt_bytes;
	uint8_t salt[MB_SALT_MAX_BYTES];
	union {
		struct gcm_key_data gcm;
		struct mb_chacha_key chacha;
		struct mb_ccm_key ccm;
		struct mb_pair_key pair;
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
	/* Of a batch that goes in as jobs. */
	IMB_JOB jobs[MB_BURST_MAX];
	uint8_t nonces[MB_BURST_MAX][MB_NONCE_BYTES];
	uint8_t macs[MB_BURST_MAX][ICV_MAX_BYTES];
};

/* What is done with a key, by kind; n at most MB_BURST_MAX. */
struct mb_way {
	void (*seal)(struct crypto_thread *t, const struct mb_key *key,
		     struct crypto_op *ops, unsigned int n);
	void (*open)(struct crypto_thread *t, const struct mb_key *key,
		     struct crypto_op *ops, unsigned int n);
	void (*mac)(struct crypto_thread *t, const struct mb_key *key,
		    struct crypto_mac *macs, unsigned int n);
};

extern const struct mb_way mb_gcm_way, mb_gmac_way, mb_ccm_way, mb_chacha_way;
extern const struct mb_way mb_pair_way, mb_ah_gmac_way;

/* As of struct crypto_backend. */
bool mb_has(const struct encr_alg *encr, const struct integ_alg *integ);
int mb_key_new(struct crypto_thread *t, const struct crypto_key_spec *spec,
	       struct crypto_key **out);
void mb_key_free(struct crypto_key *key);
void mb_key_forget(struct crypto_thread *t, const struct crypto_key *key);

/*
 * The key as packets need it, for the length of a batch: as the thread has it, or
 * made now. The thread itself.
 */
const struct mb_key *mb_key_of(struct crypto_thread *t,
			       const struct crypto_key *key);

/* Of a sound spec that the backend has. */
void mb_key_fill(IMB_MGR *mgr, const struct crypto_key_spec *spec,
		 struct mb_key *key);

/* 0 or -ENOMEM. */
int mb_schedules_init(struct mb_schedules *s);
void mb_schedules_fini(struct mb_schedules *s);

/* The schedules of a sound spec that the backend has. */
void mb_gcm_init(const IMB_MGR *mgr, uint16_t key_bits, const uint8_t *octets,
		 struct gcm_key_data *key);
void mb_aes_init(IMB_MGR *mgr, uint16_t key_bits, const uint8_t *octets,
		 struct mb_aes_key *key);
void mb_pair_init(IMB_MGR *mgr, const struct crypto_key_spec *spec,
		  struct mb_pair_key *key);
void mb_mac_init(IMB_MGR *mgr, const struct integ_alg *alg,
		 const struct secret *octets, struct mb_mac_key *key);

/* The octets of a packet's MAC, and where it goes; then t->jobs[i] is ready for
 * mb_mac_run(). */
void mb_mac_job(const struct mb_mac_key *key, const uint8_t *from,
		uint64_t bytes, uint8_t *icv, IMB_JOB *job);

/* Of the n MACs in t->jobs. false: the library refused. */
bool mb_mac_run(struct crypto_thread *t, const struct mb_mac_key *key,
		unsigned int n);

/* One after the other into the manager, and all out again. false: the library
 * refused one of them. */
bool mb_submit(struct crypto_thread *t, unsigned int n);

/* The salt and the packet's IV; salt_bytes is a constant where it counts. */
static inline void mb_put_nonce(const struct mb_key *key, size_t salt_bytes,
				const uint8_t *iv, uint8_t nonce[MB_NONCE_BYTES])
{
	memcpy(nonce, key->salt, MB_SALT_MAX_BYTES);
	memcpy(nonce + salt_bytes, iv, MB_IV_BYTES);
}

#endif
