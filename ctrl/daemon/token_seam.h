/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages between ctl and a process that has a key's token, over a seam
 * (ctrl/base/seam.h). ctl takes what comes for what a vendor's module may have made of
 * it.
 */
#ifndef CYG_DAEMON_TOKEN_SEAM_H
#define CYG_DAEMON_TOKEN_SEAM_H

#include "ctrl/base/seam.h"
#include "ctrl/crypto/sign.h"
#include "ctrl/daemon/keystore.h"
#include "ctrl/model/config.h"

enum token_msg {
	/* to the process */
	TOKEN_MSG_OPEN = 1, /* once */
	TOKEN_MSG_SIGN,
	/* to ctl */
	TOKEN_MSG_READY = 64, /* first */
	TOKEN_MSG_OPENED,     /* or not */
	TOKEN_MSG_SIGNED,     /* or not; in the order in which it was asked */
};

#define TOKEN_SPKI_MAX 2048 /* octets; RSA with 8192 bits has 1062 */

struct token_msg_empty {
	uint32_t nothing;
};

/* Whoever has sent or taken it wipes it. */
struct token_msg_open {
	char module[CONF_PATH_MAX];
	uint8_t handle[TOKEN_HANDLE_MAX];
	uint32_t handle_len;
	uint32_t has_slot;
	uint32_t slot;
	uint32_t pin_len;
	uint8_t pin[TOKEN_PIN_MAX];
};

struct token_msg_opened {
	int32_t err; /* of token_open() */
	uint32_t spki_len;
	uint8_t spki[TOKEN_SPKI_MAX]; /* of the public key */
	char text[ERROR_MAX_BYTES];   /* why not, and what to do */
};

struct token_msg_sign {
	uint64_t number; /* comes back in TOKEN_MSG_SIGNED */
	uint32_t scheme; /* enum sign_id */
	uint32_t len;
	uint8_t octets[KEYSTORE_SIGNED_MAX];
	uint8_t pad[4];
};

struct token_msg_signed {
	uint64_t number;
	int32_t err; /* 0, or negative */
	uint32_t len;
	uint8_t octets[SIGN_MAX_BYTES];
};

_Static_assert(sizeof(struct token_msg_sign) % 8 == 0, "no hole at its end");

/* What each side may be sent. */
extern const struct seam_kind token_seam_to_token[];
extern const size_t token_seam_to_token_n;
extern const struct seam_kind token_seam_to_ctl[];
extern const size_t token_seam_to_ctl_n;

#endif
