/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an AEAD covers of an ESP packet besides its text, for the backends: SPI
 * and sequence number as they stand in it (RFC 4106 section 5, RFC 7634 section
 * 2.1), with the high half of an extended number between the two.
 */
#ifndef CYG_CRYPTO_AAD_H
#define CYG_CRYPTO_AAD_H

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "ctrl/crypto/crypto.h"

struct esn_aad {
	uint8_t spi_be[4];
	uint8_t seq_hi_be[4];
	uint8_t seq_lo_be[4];
};

static inline void esn_aad_fill(struct esn_aad *aad, const struct crypto_op *op)
{
	const uint32_t seq_hi_be = htonl(op->seq_hi);

	memcpy(aad->spi_be, op->esp, sizeof(aad->spi_be));
	memcpy(aad->seq_hi_be, &seq_hi_be, sizeof(seq_hi_be));
	memcpy(aad->seq_lo_be, op->esp + 4, sizeof(aad->seq_lo_be));
}

#endif
