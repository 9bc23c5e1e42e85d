// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/token_seam.h"

const struct seam_kind token_seam_to_token[] = {
	SEAM_KIND(TOKEN_MSG_OPEN, struct token_msg_open),
	SEAM_KIND(TOKEN_MSG_SIGN, struct token_msg_sign),
};

const struct seam_kind token_seam_to_ctl[] = {
	SEAM_KIND(TOKEN_MSG_READY, struct token_msg_empty),
	SEAM_KIND(TOKEN_MSG_OPENED, struct token_msg_opened),
	SEAM_KIND(TOKEN_MSG_SIGNED, struct token_msg_signed),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const size_t token_seam_to_token_n = COUNT(token_seam_to_token);
const size_t token_seam_to_ctl_n = COUNT(token_seam_to_ctl);
