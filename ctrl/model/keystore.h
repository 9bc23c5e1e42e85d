/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the engine may ask of the keystore, which alone knows long-term secrets.
 * Operations are typed, and the keystore builds the octets that are signed: no
 * answer is a key, nor anything that is as good as one: what a PPK is mixed into is
 * of one length and has an octet behind it, so that no other use of the same secret
 * comes out. Messages are fixed and carry no pointer: they cross processes as they
 * are.
 */
#ifndef CYG_MODEL_KEYSTORE_H
#define CYG_MODEL_KEYSTORE_H

#include <stdint.h>

#include "ctrl/model/conn.h"

#define KEYSTORE_MESSAGE_MAX  2048 /* octets of an IKE_SA_INIT message */
#define KEYSTORE_NONCE_MAX    256
#define KEYSTORE_PRF_MAX      64
/* Of both sides, and a message id. */
#define KEYSTORE_INT_AUTH_MAX (2 * KEYSTORE_PRF_MAX + 4)

enum keystore_op {
	KEYSTORE_PSK_MAKE,  /* our AUTH payload's data */
	KEYSTORE_PSK_CHECK, /* is this the peer's? */
	KEYSTORE_PPK_MIX,   /* keys with a PPK in them */
	KEYSTORE_SIGN,	    /* our AUTH payload's signature */
};

/* In this order. */
enum keystore_sk {
	KEYSTORE_SK_D,
	KEYSTORE_SK_PI,
	KEYSTORE_SK_PR,
	KEYSTORE_SK_N,
};

/*
 * RFC 7296 section 2.15: AUTH = prf(prf(PSK, "Key Pad for IKEv2"), message |
 * nonce | prf(SK_p, ID') [| IntAuth]), where message is the first of the side that
 * authenticates, nonce the other side's, ID' the body of its ID payload, and
 * IntAuth is of RFC 9242 section 3.3.2, if there is any.
 *
 * The signature is of the same octets: message | nonce | prf(SK_p, ID') [| IntAuth].
 * The key is the one with that public key, and only if a connection's local side may
 * sign with it; id_body is that of local. Its answer may come after those to later
 * requests.
 *
 * RFC 8784 section 3: SK = prf+(PPK, SK'), of the three, with the PPK of which the
 * identity's octets are a name.
 */
struct keystore_request {
	uint64_t token;
	uint8_t op;	/* enum keystore_op */
	uint8_t scheme; /* enum sign_id; SIGN */
	uint16_t prf;	/* enum prf_id */
	uint16_t message_len;
	uint16_t nonce_len;
	uint16_t id_len;   /* of id_body */
	uint16_t auth_len; /* PSK_CHECK */
	uint16_t int_auth_len;
	uint16_t pad2;
	struct identity local; /* to choose the key; PPK_MIX: the second alone */
	struct identity remote;
	struct fingerprint key;		/* SIGN: of its SubjectPublicKeyInfo */
	uint8_t sk_p[KEYSTORE_PRF_MAX]; /* as long as the PRF's output */
	uint8_t nonce[KEYSTORE_NONCE_MAX];
	uint8_t id_body[4 + IKE_ID_MAX];
	uint8_t auth[KEYSTORE_PRF_MAX]; /* PSK_CHECK: what the peer sent */
	uint8_t int_auth[KEYSTORE_INT_AUTH_MAX];
	uint8_t sk[KEYSTORE_SK_N][KEYSTORE_PRF_MAX]; /* PPK_MIX */
	uint8_t message[KEYSTORE_MESSAGE_MAX];
};

struct keystore_answer {
	uint64_t token;
	/* 0; -ENOKEY: no key for these two, or none of that fingerprint that
	 * may sign this; -EKEYREJECTED; -EBUSY: too much is asked for at once;
	 * -EIO: what has the key failed */
	int32_t err;
	uint16_t auth_len;
	uint16_t pad;
	uint8_t auth[SIGN_MAX_BYTES];		     /* PSK_MAKE, SIGN */
	uint8_t sk[KEYSTORE_SK_N][KEYSTORE_PRF_MAX]; /* PPK_MIX */
};

#endif
