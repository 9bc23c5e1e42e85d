/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AES-CBC in ESP. Key, IV, text and ciphertext are the source's; the SPI and
 * the sequence number too, where the source has a whole packet (RFC 3602 cases
 * 5 to 8; its text ends with padding, pad length and next header). No source
 * has an ICV: these are HMAC-SHA-256-128 by Python's hmac module, under the key
 * of RFC 4868 test case AUTH256-4, without and with an extended sequence
 * number whose high half is CBC_SEQ_HI. By the same module the packet of case 5
 * has ICVs of every MAC, under keys that go on as that one begins.
 */
#ifndef CYG_VECTORS_AES_CBC_ESP_H
#define CYG_VECTORS_AES_CBC_ESP_H

#include <stdint.h>

#define CBC_INTEG_KEY \
	"0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
#define CBC_SEQ_HI 0x01020304U

/* Hexadecimal, for hex_decode(). */
struct cbc_vector {
	const char *source;
	const char *encr; /* proposal keyword */
	const char *key;
	const char *header; /* SPI and sequence number */
	const char *iv;
	const char *text;
	const char *ciphertext;
	const char *icv;
	const char *icv_esn;
};

/* clang-format off */
static const struct cbc_vector cbc_vectors[] = {
	{
		.source = "RFC 3602 section 4 case 1",
		.encr = "aes128",
		.key = "06a9214036b8a15b512e03d534120006",
		.header = "0000432100000001",
		.iv = "3dafba429d9eb430b422da802c9fac41",
		.text = "53696e676c6520626c6f636b206d7367",
		.ciphertext = "e353779c1079aeb82708942dbe77181a",
		.icv = "edd49f0cfc25c2de15d3f6ddd76d7d33",
		.icv_esn = "135a8b9ebc648cd183102a8a91aa7fa5",
	},
	{
		.source = "RFC 3602 section 4 case 2",
		.encr = "aes128",
		.key = "c286696d887c9aa0611bbb3e2025a45a",
		.header = "0000432100000001",
		.iv = "562e17996d093d28ddb3ba695a2e6f58",
		.text = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		.ciphertext = "d296cd94c2cccf8a3a863028b5e1dc0a7586602d253cfff91b8266bea6d61ab1",
		.icv = "076cff15596099b9b97db654be6bb7d7",
		.icv_esn = "fffc9b14171b53a1ac4d6a9d7c50d4f9",
	},
	{
		.source = "RFC 3602 section 4 case 3",
		.encr = "aes128",
		.key = "6c3ea0477630ce21a2ce334aa746c2cd",
		.header = "0000432100000001",
		.iv = "c782dc4c098c66cbd9cd27d825682c81",
		.text = 
			  "5468697320697320612034382d62797465206d65737361676520286578616374"
			  "6c7920332041455320626c6f636b7329",
		.ciphertext = 
			  "d0a02b3836451753d493665d33f0e8862dea54cdb293abc7506939276772f8d5"
			  "021c19216bad525c8579695d83ba2684",
		.icv = "d6a14f7eb46a2a1f4d16ea6777e7767a",
		.icv_esn = "58a410c876629d8b149e8a277c3a31e0",
	},
	{
		.source = "RFC 3602 section 4 case 4",
		.encr = "aes128",
		.key = "56e47a38c5598974bc46903dba290349",
		.header = "0000432100000001",
		.iv = "8ce82eefbea0da3c44699ed7db51b7d9",
		.text = 
			  "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
			  "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf",
		.ciphertext = 
			  "c30e32ffedc0774e6aff6af0869f71aa0f3af07a9a31a9c684db207eb0ef8e4e"
			  "35907aa632c3ffdf868bb7b29d3d46ad83ce9f9a102ee99d49a53e87f4c3da55",
		.icv = "e573459119f8e7c8802498f965fe7e53",
		.icv_esn = "6b75a41c9621560026f25e27bcfec6aa",
	},
	{
		.source = "RFC 3602 section 4 case 5",
		.encr = "aes128",
		.key = "90d382b410eeba7ad938c46cec1a82bf",
		.header = "0000432100000001",
		.iv = "e96e8c08ab465763fd098d45dd3ff893",
		.text = 
			  "08000ebda70a00008e9c083db95b070008090a0b0c0d0e0f1011121314151617"
			  "18191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637"
			  "0102030405060708090a0b0c0d0e0e01",
		.ciphertext = 
			  "f663c25d325c18c6a9453e194e120849a4870b66cc6b9965330013b4898dc856"
			  "a4699e523a55db080b59ec3a8e4b7e52775b07d1db34ed9c538ab50c551b874a"
			  "a269add047ad2d5913ac19b7cfbad4a6",
		.icv = "a4de5ff4f4cf744b89129c5b5e3efa4b",
		.icv_esn = "a6cb5e9be0d216d17f077c713db4f2a7",
	},
	{
		.source = "RFC 3602 section 4 case 6",
		.encr = "aes128",
		.key = "90d382b410eeba7ad938c46cec1a82bf",
		.header = "0000432100000008",
		.iv = "69d08df7d203329db093fc4924e5bd80",
		.text = "0800b5e8a80a0500a69c083d0b660e0077777777777777777777777701020201",
		.ciphertext = "f51995881ec4e0c4488987ce742e8109689bb379d2d750c0d915dca346a89f75",
		.icv = "13c6589482d4984d98be85ddba8e85fe",
		.icv_esn = "a77ce89a54dcd4ddfad082691020dbcb",
	},
	{
		.source = "RFC 3602 section 4 case 7",
		.encr = "aes128",
		.key = "0123456789abcdef0123456789abcdef",
		.header = "0000876500000002",
		.iv = "f4e765244f6407adf13dc1380f673f37",
		.text = 
			  "45000054090400004001f988c0a87b03c0a87bc808009f76a90a0100b49c083d"
			  "02a2040008090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223"
			  "2425262728292a2b2c2d2e2f30313233343536370102030405060708090a0a04",
		.ciphertext = 
			  "773b5241a4c449225e4f3ce5ed611b0c237ca96cf74a93013c1b0ea1a0cf70f8"
			  "e4ecaec78ac53aad7a0f022b859243c647752e94a859352b8a4d4d2decd136e5"
			  "c177f132ad3fbfb2201ac9904c74ee0a109e0ca1e4dfe9d5a100b842f1c22f0d",
		.icv = "6f6caeb60b1cdfc835715d342eb67bf2",
		.icv_esn = "dd9ea01579648fb6937726617bb9eba1",
	},
	{
		.source = "RFC 3602 section 4 case 8",
		.encr = "aes128",
		.key = "0123456789abcdef0123456789abcdef",
		.header = "0000876500000005",
		.iv = "85d47224b5f3dd5d2101d4ea8dffab22",
		.text = 
			  "45000044090c00004001f990c0a87b03c0a87bc80800d63caa0a0200c69c083d"
			  "a3de0300ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
			  "ffffffff0102030405060708090a0a04",
		.ciphertext = 
			  "15b92683819596a8047232cc00f7048fe45318e11f8a0f62ede3c3fc61203bb5"
			  "0f980a08c9843fd3a1b06d5c07ff9639b7eb7dfb3512e5de435e7207ed971ef3"
			  "d2726d9b5ef6affc6d17a0decbb13892",
		.icv = "e913fdc3e42c715d6e24b578cd1e8b6d",
		.icv_esn = "a1dcbf515d7130665921ba07644d8f83",
	},
	{
		.source = "NIST SP 800-38A F.2.3",
		.encr = "aes192",
		.key = "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
		.header = "0000432100000001",
		.iv = "000102030405060708090a0b0c0d0e0f",
		.text = 
			  "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
			  "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
		.ciphertext = 
			  "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a"
			  "571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd",
		.icv = "420b6cbbc2f8c6e708f862fcc6b8b78a",
		.icv_esn = "d8e795413218afa86b3feef4d3bb51ed",
	},
	{
		.source = "NIST SP 800-38A F.2.5",
		.encr = "aes256",
		.key = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
		.header = "0000432100000001",
		.iv = "000102030405060708090a0b0c0d0e0f",
		.text = 
			  "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
			  "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
		.ciphertext = 
			  "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
			  "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b",
		.icv = "fa183e94ab16dc98ba8d9d83ee4bab09",
		.icv_esn = "c57d16820d8fbe2fbb15b204f9fb1496",
	},
};
/* clang-format on */

#define CBC_MAC_PACKET 4 /* of cbc_vectors: RFC 3602 section 4 case 5 */

struct cbc_mac {
	const char *integ; /* proposal keyword */
	const char *key;
	const char *icv;
	const char *icv_esn;
};

/* clang-format off */
static const struct cbc_mac cbc_macs[] = {
	{
		.integ = "sha1",
		.key = "0102030405060708090a0b0c0d0e0f1011121314",
		.icv = "6ffe6c928cd19f695d057034",
		.icv_esn = "2126896fe16c11c43f9d1f6b",
	},
	{
		.integ = "sha256",
		.key = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
		.icv = "a4de5ff4f4cf744b89129c5b5e3efa4b",
		.icv_esn = "a6cb5e9be0d216d17f077c713db4f2a7",
	},
	{
		.integ = "sha384",
		.key =
			  "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
			  "2122232425262728292a2b2c2d2e2f30",
		.icv = "640e2ec8078f4ad63990230d856bb6f458ba73d9ad854f3c",
		.icv_esn = "d6fa3d057e8e2803a78d893e7d49406c5b5a5a05e8a3d087",
	},
	{
		.integ = "sha512",
		.key =
			  "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
			  "2122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f40",
		.icv = "5a03496de23c2dd69916cdb9915ed68f596df936dc340dda109a954159f5ca3f",
		.icv_esn = "b495accead7e608bfcdbdcfdd2573a553fd3cc25545d1d6d31602475cb0490c9",
	},
};
/* clang-format on */

#endif
