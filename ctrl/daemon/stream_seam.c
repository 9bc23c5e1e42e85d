// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/stream_seam.h"

#define MESSAGE                                                        \
	SEAM_KIND_LEAST(STREAM_MSG_MESSAGE, struct stream_msg_message, \
			offsetof(struct stream_msg_message, octets))

const struct seam_kind stream_seam_to_stream[] = {
	SEAM_KIND(STREAM_MSG_LISTEN, struct stream_msg_empty),
	SEAM_KIND(STREAM_MSG_IKE, struct stream_msg_empty),
	SEAM_KIND(STREAM_MSG_PAIR, struct stream_msg_pair),
	SEAM_KIND(STREAM_MSG_OPEN, struct stream_msg_open),
	SEAM_KIND(STREAM_MSG_STOP, struct stream_msg_empty),
};

const struct seam_kind stream_seam_to_ctl[] = {
	SEAM_KIND(STREAM_MSG_READY, struct stream_msg_ready),
	SEAM_KIND(STREAM_MSG_GONE, struct stream_msg_gone),
	SEAM_KIND(STREAM_MSG_COUNTS, struct stream_counts),
	SEAM_KIND(STREAM_MSG_LOST, struct stream_msg_empty),
};

const struct seam_kind stream_seam_from_ike[] = {
	MESSAGE,
	SEAM_KIND(STREAM_MSG_KEEP, struct stream_msg_stream),
	SEAM_KIND(STREAM_MSG_CLOSE, struct stream_msg_stream),
};

const struct seam_kind stream_seam_to_ike[] = {
	SEAM_KIND(STREAM_MSG_UP, struct stream_msg_up),
	SEAM_KIND(STREAM_MSG_DOWN, struct stream_msg_down),
	MESSAGE,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const size_t stream_seam_to_stream_n = COUNT(stream_seam_to_stream);
const size_t stream_seam_to_ctl_n = COUNT(stream_seam_to_ctl);
const size_t stream_seam_from_ike_n = COUNT(stream_seam_from_ike);
const size_t stream_seam_to_ike_n = COUNT(stream_seam_to_ike);
