/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AES-CCM with nonces as long as RFC 4309's: NIST's CAVP. The nonce is cut into salt
 * and IV. It has no such nonces with an ICV of less than 16 octets.
 */
#ifndef CYG_VECTORS_AES_CCM_H
#define CYG_VECTORS_AES_CCM_H

/* Hexadecimal, for hex_decode(). */
struct ccm_vector {
	const char *source;
	const char *encr; /* proposal keyword */
	const char *key;  /* and the salt after it */
	const char *iv;
	const char *aad;
	const char *text;
	const char *sealed; /* ciphertext and ICV */
};

/* clang-format off */
static const struct ccm_vector ccm_vectors[] = {
	{
		.source = "NIST CAVP VNT128, Nlen 11, count 40",
		.encr = "aes128ccm16",
		.key = "e6ab9e70a4fb51b01c2e262233e64c0d74e689",
		.iv = "eb5af9441dd690a6",
		.aad = "42f6518ee0fbe42f28e13b4bb2eb60517b37c9744394d9143393a879c3e107c7",
		.text = "ba15916733550d7aa82b2f6b117cd3f54c83ddc16cd0288a",
		.sealed = 
			  "dcc151443288f35d39ed8fae6f0ce1d1eb656f4f7fd65c0b16f322ce85d7c54e"
			  "71ac560fd4da9651",
	},
	{
		.source = "NIST CAVP VNT128, Nlen 11, count 41",
		.encr = "aes128ccm16",
		.key = "e6ab9e70a4fb51b01c2e262233e64c0deb118f",
		.iv = "b41284bfcb1bc338",
		.aad = "b5a6067fbac46578cfc8d3fe04108588c9de077eb009249374f205553bba9d02",
		.text = "863da00c7accf45418d47c1eda72338734dcc49cd599f328",
		.sealed = 
			  "d64de7a56146b971e21bf5784d67bab32dd837cfb81591da4a0177883346dc89"
			  "6eb39e8a32bc1393",
	},
	{
		.source = "NIST CAVP VNT128, Nlen 11, count 42",
		.encr = "aes128ccm16",
		.key = "e6ab9e70a4fb51b01c2e262233e64c0dcaba27",
		.iv = "16d07e95de83855e",
		.aad = "0e0ff2c73ea5fa8f8726a3514cf906ce1610a1a6dc19b22682f9e4619f762d82",
		.text = "2af6d5636ab65db2058b2ba16df257369fc4e8aef8b9481c",
		.sealed = 
			  "3c9e006c7d8eff5f448b0cc9c27c964713241aa7fed3665d775ea25fb272981d"
			  "e8b8aa0a637498fb",
	},
	{
		.source = "NIST CAVP VNT192, Nlen 11, count 40",
		.encr = "aes192ccm16",
		.key = "af84c6f302c59aeee6d5728ed5da2e3c64a5a781c52c4d1bdf990c",
		.iv = "42a268950677c433",
		.aad = "a6ab5d78427f297a4b7e21f1091ff3a5b20caa3fe1cbcb09459d9df596a6c8e1",
		.text = "6db41aeb5f7c24df8929dbc30483b3c7934b3bd1cdce5bb9",
		.sealed = 
			  "8c9328258bf71970d33e23a3ff81cc1c9cbe196a1294264bfd6a7255e4801963"
			  "bb30a63de3fc5b82",
	},
	{
		.source = "NIST CAVP VNT192, Nlen 11, count 41",
		.encr = "aes192ccm16",
		.key = "af84c6f302c59aeee6d5728ed5da2e3c64a5a781c52c4d1bb7ea72",
		.iv = "641bbe2dca6d85e7",
		.aad = "4e0f2ddf183281ec131693bdcea3fc9743733c07a486a42d5737735b3f6e3fdf",
		.text = "726844e41b1e4d883024b32fee0dcea38c889cb328885b7c",
		.sealed = 
			  "9a133e4582c2ebc445862a9c6f2f4e39223c84081e322c8f262de30da6ef505f"
			  "e640c53d765f672c",
	},
	{
		.source = "NIST CAVP VNT192, Nlen 11, count 42",
		.encr = "aes192ccm16",
		.key = "af84c6f302c59aeee6d5728ed5da2e3c64a5a781c52c4d1b446fee",
		.iv = "1e75e79c0dfc9ddc",
		.aad = "42b598eaee271e06d9e98dd94152b28ef10f506d65bd660b2fb8b1be9a2d7254",
		.text = "0cdcf348ecc9c3588001802c2106fb64be9c301adcc66e73",
		.sealed = 
			  "0c2657b0482b6ca92e1b1c8fdf75eae3b0cd3af205e9bca396ecb1e46beb1600"
			  "0d585e1d9559ee22",
	},
	{
		.source = "NIST CAVP VNT256, Nlen 11, count 40",
		.encr = "aes256ccm16",
		.key = 
			  "97bc7482a87ba005475dfa3448f59d4b3f9c4c969d08b39b1b21ef965c0f5125"
			  "0bcf78",
		.iv = "103ec52d6df28887",
		.aad = "049c10f0cb37ae08eae2d0766563b7c5a8454f841c2061a4f71a0a2158ae6ce5",
		.text = "b99bf4dc781795fc4d3a8467b06e1665d4e543657f23129f",
		.sealed = 
			  "0d3891fa0caac1f7ebe41b480920ffd34d4155064c24f3b17a483163dd8f228d"
			  "1f20cd4f86cf38fd",
	},
	{
		.source = "NIST CAVP VNT256, Nlen 11, count 41",
		.encr = "aes256ccm16",
		.key = 
			  "97bc7482a87ba005475dfa3448f59d4b3f9c4c969d08b39b1b21ef965c0f5125"
			  "ab6374",
		.iv = "c6b2faefd92fa3d3",
		.aad = "f19c044023e5cf339203738ee70e76527519763664c06ae00e002a5ba94c32c6",
		.text = "a2e5c51f516db01688b64c173bb25645182a005018022ee1",
		.sealed = 
			  "f70c598df3c64d3527ebb7fc8408b7de2cfaa1da7984ec361f1ad61758d828b7"
			  "0d4881b7d6ae8cd0",
	},
	{
		.source = "NIST CAVP VNT256, Nlen 11, count 42",
		.encr = "aes256ccm16",
		.key = 
			  "97bc7482a87ba005475dfa3448f59d4b3f9c4c969d08b39b1b21ef965c0f5125"
			  "cfb89e",
		.iv = "7ddcba601e875110",
		.aad = "052714010da516c896ac5842a839ae845324643cddb080e6206148432d0d0407",
		.text = "037f206cab78a6ca0745dc8fc137e22e14f3d7183917ef83",
		.sealed = 
			  "ccd675862502a2e2520a33250150b8b7b220e84db854888c316dd62075fc761e"
			  "2bc80edc5c564bdf",
	},
};
/* clang-format on */

#endif
