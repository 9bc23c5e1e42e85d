/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which packets a capture wants, and how long it may last: asked over the control
 * socket, carried out by the workers. Plain values.
 */
#ifndef CYG_MODEL_CAPTURE_H
#define CYG_MODEL_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "include/drop.h"

#define CAPTURE_SNAPLEN_MIN 64U
#define CAPTURE_SNAPLEN_MAX 4096U /* a frame of a worker */
#define CAPTURE_TIME_S	    600U
#define CAPTURE_TIME_MAX_S  3600U
#define CAPTURE_BYTES_MAX   (UINT64_C(1) << 30) /* of one capture */

/* On which side of the crypto; as bits. */
enum capture_side {
	CAPTURE_CLEAR = 1,
	CAPTURE_CIPHER = 2,
};

#define CAPTURE_ANY_POLICY UINT32_MAX
#define CAPTURE_ANY_DROP   DROP_MAX /* whatever was dropped */

struct capture_filter {
	uint64_t count;	  /* of packets; 0: no limit */
	uint32_t spi;	  /* host order; 0: any */
	uint32_t policy;  /* an id in the SPD, or CAPTURE_ANY_POLICY */
	uint32_t drop;	  /* enum drop_reason; DROP_NONE: dropped or not */
	uint32_t sides;	  /* enum capture_side */
	uint32_t snaplen; /* octets of each packet */
	uint32_t time_s;
};

/* Do workers count packets under it? Those of others they do not see. */
bool capture_sees(enum drop_reason reason);

/* "spi=0x00001001 policy=3 drop=replay side=clear": what is not asked is left out. */
#define CAPTURE_STR_MAX 160
const char *capture_str(const struct capture_filter *f, char *buf);

#endif
