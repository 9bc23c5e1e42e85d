/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Batches of packets of one SA through a crypto backend.
 *
 * An ESP packet stands in one piece:
 *
 *     esp                       text                        icv
 *     | SPI | seq (low 32) | IV | payload, padding, trailer | ICV |
 *
 * The backend derives the rest from the SA's algorithms: the range that the
 * ICV covers (RFC 4303 section 2.8, with the high half of an extended sequence
 * number), the AAD and the nonce of an AEAD (RFC 4106 sections 4 and 5, RFC 4309
 * sections 4 and 5, RFC 4543 section 3, RFC 7634 section 2). The caller writes SPI, sequence number, IV and plaintext, this
 * there or elsewhere; seal writes ciphertext and ICV, open verifies first and
 * decrypts in place, only what verified.
 *
 * For AH a packet is what a MAC covers. Its key is that of ESP without encryption:
 * ENCR_NULL and the MAC.
 */
#ifndef CYG_CRYPTO_CRYPTO_H
#define CYG_CRYPTO_CRYPTO_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/secret.h"
#include "ctrl/crypto/alg.h"

struct crypto_op {
	uint8_t *esp; /* first octet of the SPI */
	/* Where seal finds the plaintext, away from esp's octets, and before as
	 * many that may be read as the ICV has; NULL: in its place. */
	const uint8_t *from;
	uint32_t text_bytes; /* between IV and ICV, a multiple of the block */
	uint32_t seq_hi;     /* host order; read only when the key has ESN */
	bool ok;	     /* set by the backend */
	bool failed;	     /* set by open: not forged, the library failed */
};

/* text   where the packet has its own, after the IV */
static inline const uint8_t *crypto_from(const struct crypto_op *op,
					 const uint8_t *text)
{
	return op->from ? op->from : text;
}

/* What AH asks of one packet. */
struct crypto_mac {
	/* As the MAC covers it: what may change on the way is zero, and so is
	 * where the ICV stands. With ESN the 4 octets behind are lent: written,
	 * and as they were when the call is over. */
	uint8_t *from;
	uint32_t bytes;
	uint32_t seq_hi;   /* host order; read only when the key has ESN */
	const uint8_t *iv; /* AES-GMAC's alone, iv_bytes of its algorithm */
	uint8_t *icv;	   /* icv_bytes of the algorithm go here, not in from */
	bool ok;	   /* set by the backend */
};

/* One SA's keys in one direction. One thread at a time, but see
 * keys_are_shared. */
struct crypto_key;

/* What a backend needs of its own for each thread; never shared. */
struct crypto_thread;

struct crypto_key_spec {
	const struct encr_alg *encr;
	const struct integ_alg *integ; /* integ_none with an AEAD */
	const struct secret *encr_key; /* encr_key_bytes(); NULL: no octets */
	const struct secret *integ_key;
	bool esn;
};

struct crypto_backend {
	const char *name;     /* as shown by status */
	bool keys_are_shared; /* several threads may use a key at once */
	bool is_device;	      /* a device does the work, and not this CPU */

	/* Can it do these two? See crypto_backend_for(). */
	bool (*has)(const struct encr_alg *encr, const struct integ_alg *integ);

	/*
	 * Before the thread starts; out may become NULL, which is as good.
	 * 0, -ENOTSUP (this CPU cannot), -ENOMEM, -EIO (no random numbers).
	 */
	int (*thread_new)(struct crypto_thread **out);
	/* Wipes and frees; thread_free(NULL) is fine. */
	void (*thread_free)(struct crypto_thread *thread);

	/*
	 * For use by any thread, which may make of it what packets need and
	 * keep that; the spec's secrets are borrowed for the call. 0, -EINVAL
	 * (lengths or pair), -ENOTSUP, -ENOMEM. Control thread, with what is
	 * its own.
	 */
	int (*key_new)(struct crypto_thread *thread,
		       const struct crypto_key_spec *spec,
		       struct crypto_key **out);
	/* Wipes and frees; key_free(NULL) is fine. Every thread that used it
	 * has to forget it before. */
	void (*key_free)(struct crypto_key *key);
	/*
	 * Wipes what the thread keeps of the key, which no thread uses any
	 * more. Any one, at a time, while that thread uses other keys.
	 */
	void (*key_forget)(struct crypto_thread *thread,
			   const struct crypto_key *key);

	/*
	 * Worker, with what is its own. Each op's ok says how it went. No
	 * allocation. What open refuses is never left deciphered: with an AEAD
	 * the text is zeroed, else it is as it came.
	 */
	void (*seal)(struct crypto_thread *thread, struct crypto_key *key,
		     struct crypto_op *ops, unsigned n);
	void (*open)(struct crypto_thread *thread, struct crypto_key *key,
		     struct crypto_op *ops, unsigned n);

	/* As those; the key has ENCR_NULL. Compares nothing. */
	void (*mac)(struct crypto_thread *thread, struct crypto_key *key,
		    struct crypto_mac *macs, unsigned n);
};

extern const struct crypto_backend crypto_ipsec_mb;
extern const struct crypto_backend crypto_openssl;

enum crypto_choice {
	CRYPTO_AUTO, /* ipsec-mb, or openssl where this CPU can't run that */
	CRYPTO_IPSEC_MB,
	CRYPTO_OPENSSL,
};

/*
 * The backend for all packets of this process. A fallback is logged.
 *
 * 0, -ENOTSUP (CRYPTO_IPSEC_MB: this CPU can't run it), -ENOMEM. Control thread.
 */
int crypto_choose(enum crypto_choice choice, const struct crypto_backend **out);

/*
 * The backend for one SA: the process's own, or openssl's for what that cannot do.
 * A thread of ipsec-mb's is fine for it, which reads none.
 */
const struct crypto_backend *crypto_backend_for(const struct crypto_backend *own,
						const struct encr_alg *encr,
						const struct integ_alg *integ);

/* NULL: there is none of that name. */
const struct crypto_backend *crypto_backend_by_name(const char *name);

/* For backends: two that fit, for ESP or for AH, and each key as long as it must
 * be, and not known to be none? */
bool crypto_spec_is_sound(const struct crypto_key_spec *spec);

#endif
