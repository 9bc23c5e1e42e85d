// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/helper_seam.h"

const struct seam_kind helper_seam_to_helper[] = {
	SEAM_KIND(HELPER_MSG_LOOKUP, struct helper_msg_lookup),
	SEAM_KIND(HELPER_MSG_FETCH, struct helper_msg_fetch),
};

const struct seam_kind helper_seam_to_ctl[] = {
	SEAM_KIND(HELPER_MSG_READY, struct helper_msg_empty),
	SEAM_KIND(HELPER_MSG_ANSWER, struct helper_msg_answer),
	SEAM_KIND_LEAST(HELPER_MSG_PIECE, struct helper_msg_piece,
			HELPER_PIECE_LEAST),
	SEAM_KIND(HELPER_MSG_FETCHED, struct helper_msg_fetched),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const size_t helper_seam_to_helper_n = COUNT(helper_seam_to_helper);
const size_t helper_seam_to_ctl_n = COUNT(helper_seam_to_ctl);
