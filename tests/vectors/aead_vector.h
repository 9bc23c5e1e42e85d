/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The form of a vector for an AEAD in ESP.
 */
#ifndef CYG_VECTORS_AEAD_VECTOR_H
#define CYG_VECTORS_AEAD_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

/* Hexadecimal, for hex_decode(). */
struct aead_vector {
	const char *source;
	const char *encr; /* proposal keyword */
	const char *key;  /* and the salt after it */
	bool esn;
	uint32_t seq_hi; /* with esn */
	const char *text;
	const char *packet; /* from the SPI to the ICV */
};

#endif
