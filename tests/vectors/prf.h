/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pseudorandom functions that are no HMAC, with keys of their length and others:
 * those of RFC 4434 and RFC 4615 section 4.
 */
#ifndef CYG_VECTORS_PRF_H
#define CYG_VECTORS_PRF_H

/* Hexadecimal, for hex_decode(). */
struct prf_vector {
	const char *source;
	const char *prf; /* proposal keyword */
	const char *key;
	const char *data;
	const char *out;
};

/* clang-format off */
static const struct prf_vector prf_vectors[] = {
	{
		.source = "RFC 4434, key of 16 octets",
		.prf = "prfaesxcbc",
		.key = "000102030405060708090a0b0c0d0e0f",
		.data = "000102030405060708090a0b0c0d0e0f10111213",
		.out = "47f51b4564966215b8985c63055ed308",
	},
	{
		.source = "RFC 4434, key of 10 octets",
		.prf = "prfaesxcbc",
		.key = "00010203040506070809",
		.data = "000102030405060708090a0b0c0d0e0f10111213",
		.out = "0fa087af7d866e7653434e602fdde835",
	},
	{
		.source = "RFC 4434, key of 18 octets",
		.prf = "prfaesxcbc",
		.key = "000102030405060708090a0b0c0d0e0fedcb",
		.data = "000102030405060708090a0b0c0d0e0f10111213",
		.out = "8cd3c93ae598a9803006ffb67c40e9e4",
	},
	{
		.source = "RFC 4615 section 4, key of 18 octets",
		.prf = "prfaescmac",
		.key = "000102030405060708090a0b0c0d0e0fedcb",
		.data = "000102030405060708090a0b0c0d0e0f10111213",
		.out = "84a348a4a45d235babfffc0d2b4da09a",
	},
	{
		.source = "RFC 4615 section 4, key of 16 octets",
		.prf = "prfaescmac",
		.key = "000102030405060708090a0b0c0d0e0f",
		.data = "000102030405060708090a0b0c0d0e0f10111213",
		.out = "980ae87b5f4c9c5214f5b6a8455e4c2d",
	},
	{
		.source = "RFC 4615 section 4, key of 10 octets",
		.prf = "prfaescmac",
		.key = "00010203040506070809",
		.data = "000102030405060708090a0b0c0d0e0f10111213",
		.out = "290d9e112edb09ee141fcf64c0b72f3d",
	},
};
/* clang-format on */

#endif
