/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IKE and ESP in a TCP connection (RFC 9329 section 3): whoever opened it says
 * "IKETCP" once, and then come messages behind one another, either way.
 *
 *     0               1               2               3
 *     |            Length             |
 *     |    Non-ESP marker (0) before IKE, or ESP's SPI, which is not 0    |
 *     |    IKE message or the rest of the ESP packet                      |
 *
 * Length counts itself. Pure functions on bytes; any thread.
 */
#ifndef CYG_WIRE_STREAM_H
#define CYG_WIRE_STREAM_H

#include "ctrl/base/slice.h"
#include "include/ike.h"

#define STREAM_PREFIX	    "IKETCP"
#define STREAM_PREFIX_BYTES 6U
#define STREAM_LENGTH_BYTES 2U
#define STREAM_HEADER_MAX   (STREAM_LENGTH_BYTES + IKE_NON_ESP_BYTES)
#define STREAM_MESSAGE_MAX  65535U /* with its length */
#define STREAM_ESP_MAX	    (STREAM_MESSAGE_MAX - STREAM_LENGTH_BYTES)
#define STREAM_ESP_LEAST    8U	   /* SPI and sequence number (RFC 4303) */
#define STREAM_IKE_MAX	    20480U /* without its marker: our own bound */

enum stream_item {
	STREAM_ITEM_NONE, /* more octets are needed */
	STREAM_ITEM_IKE,
	STREAM_ITEM_ESP,
	STREAM_ITEM_KEEPALIVE, /* of a NAT's mapping, which TCP needs none of */
	STREAM_ITEM_LONG,      /* an IKE message above our own bound */
	STREAM_ITEM_BROKEN,    /* nothing behind it can be read any more */
};

/*
 * Is this the beginning of a stream, as far as it goes? Takes the prefix.
 *
 * STREAM_ITEM_NONE     it may become one
 * STREAM_ITEM_BROKEN   it is none
 * STREAM_ITEM_IKE      it was there, and is taken
 */
MUST_CHECK enum stream_item stream_read_prefix(struct slice *in);

/*
 * Takes the next message, if all of it is there. What can't become one is
 * STREAM_ITEM_BROKEN as soon as its first octets say so.
 *
 * in    what came behind the prefix and was not taken; of STREAM_MESSAGE_MAX octets
 *       at least one is taken, or it is broken
 * out   borrows in's octets: the IKE message without its marker, at least a header
 *       and at most STREAM_IKE_MAX unless it is STREAM_ITEM_LONG; or ESP, at least
 *       STREAM_ESP_LEAST
 */
MUST_CHECK enum stream_item stream_read(struct slice *in, struct slice *out);

/* Octets that the message at the front of in has, with its length, as far as
 * stream_read() is content with it; 0: that is not known yet. */
size_t stream_length(struct slice in);

/*
 * What stands before a message.
 *
 * bytes   of the message: as of stream_read()
 *
 * Octets written; 0: it is too long.
 */
size_t stream_ike_header(size_t bytes, uint8_t out[STREAM_HEADER_MAX]);
size_t stream_esp_header(size_t bytes, uint8_t out[STREAM_HEADER_MAX]);

#endif
