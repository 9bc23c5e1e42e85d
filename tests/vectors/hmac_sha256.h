/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HMAC-SHA-256: RFC 4231, RFC 4868 (truncated to 128 bits, as ESP uses it), and
 * the one of Wycheproof's hmac_sha256_test that is as long as an ESP header
 * with IV.
 */
#ifndef CYG_VECTORS_HMAC_SHA256_H
#define CYG_VECTORS_HMAC_SHA256_H

/* Hexadecimal, for hex_decode(). */
struct hmac_vector {
	const char *source;
	const char *key;
	const char *data;
	const char *mac; /* the first octets of it, where it is shorter */
};

/* clang-format off */
static const struct hmac_vector hmac_vectors[] = {
	{
		.source = "RFC 4868 section 2.7.2.1 AUTH256-1",
		.key = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
		.data = "4869205468657265",
		.mac = "198a607eb44bfbc69903a0f1cf2bbdc5",
	},
	{
		.source = "RFC 4868 section 2.7.2.1 AUTH256-2",
		.key = "4a6566654a6566654a6566654a6566654a6566654a6566654a6566654a656665",
		.data = "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
		.mac = "167f928588c5cc2eef8e3093caa0e87c",
	},
	{
		.source = "RFC 4868 section 2.7.2.1 AUTH256-3",
		.key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		.data = 
			  "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
			  "dddddddddddddddddddddddddddddddddddd",
		.mac = "cdcb1220d1ecccea91e53aba3092f962",
	},
	{
		.source = "RFC 4868 section 2.7.2.1 AUTH256-4",
		.key = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
		.data = 
			  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
			  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
		.mac = "372efcf9b40b35c2115b1346903d2ef4",
	},
	{
		.source = "RFC 4231 section 4.2",
		.key = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
		.data = "4869205468657265",
		.mac = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
	},
	{
		.source = "RFC 4231 section 4.3",
		.key = "4a656665",
		.data = "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
		.mac = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
	},
	{
		.source = "RFC 4231 section 4.4",
		.key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		.data = 
			  "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
			  "dddddddddddddddddddddddddddddddddddd",
		.mac = "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
	},
	{
		.source = "RFC 4231 section 4.5",
		.key = "0102030405060708090a0b0c0d0e0f10111213141516171819",
		.data = 
			  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
			  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
		.mac = "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
	},
	{
		.source = "RFC 4231 section 4.6",
		.key = "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
		.data = "546573742057697468205472756e636174696f6e",
		.mac = "a3b6167473100ee06e0c796c2955552b",
	},
	{
		.source = "Wycheproof hmac_sha256_test tcId 100",
		.key = "0427a70e257528f3ab70640bba1a5de12cf3885dd4c8e284fbbb55feb35294a5",
		.data = "13937f8544f44270d01175a011f7670e93fa6ba7ef02336e",
		.mac = "f731aaf2f04023d621f10495344679a0",
	},
};
/* clang-format on */

#endif
