/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AEADs in IKE: the message of RFC 7634, and some of NIST's CAVS vectors
 * (gcmEncryptExtIV, 96-bit IV, 128-bit tag) read as a message whose salt is the
 * first half of their IV.
 */
#ifndef CYG_VECTORS_IKEV2_SK_H
#define CYG_VECTORS_IKEV2_SK_H

/* Hexadecimal, for hex_decode(). */
struct sk_vector {
	const char *source;
	const char *encr; /* proposal keyword */
	const char *key;  /* and the salt after it */
	const char *aad;
	const char *iv;
	const char *text;
	const char *sealed; /* ciphertext and ICV */
};

/* clang-format off */
static const struct sk_vector sk_vectors[] = {
	{
		.source = "RFC 7634 appendix B",
		.encr = "chacha20poly1305",
		.key =
			  "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
			  "a0a1a2a3",
		.aad = "c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d72e202500000000090000004529000029",
		.iv = "1011121314151617",
		.text = "0000000c000040010000000a00",
		.sealed = "610394701f8d017f7c129248896b71bfe25236efd7cdc67066906315b2",
	},
	{
		.source = "NIST CAVS gcmEncryptExtIV128, 408 bits of text, 384 of AAD, count 0",
		.encr = "aes128gcm16",
		.key = "3c50622868f450aa0928990c15e1eb36811d5290",
		.aad =
			  "dae2c7e0a3d3fd2bc04eca19b15178a003b5cf84890c28c2a615f20f8adb427f"
			  "70698c12b2ef87780c1193fbb8cd1674",
		.iv = "768d57e7d87bb6c7",
		.text =
			  "edd0a8f82833e919740fe2bf9edecf4ac86c72dc89490cef7b6983aaaf99fc85"
			  "6c5cc87d63f98a7c861bf3271fea6da86a15ab",
		.sealed =
			  "a51425b0608d3b4b46d4ec05ca1ddaf02bdd2089ae0554ecfb2a1c84c63d82dc"
			  "71ddb9ab1b1f0b49de2ad27c2b5173e7000aa6bd9b5efca48008cd973a4f7d2c"
			  "723844",
	},
	{
		.source = "NIST CAVS gcmEncryptExtIV128, 0 bits of text, 160 of AAD, count 0",
		.encr = "aes128gcm16",
		.key = "2fb45e5b8f993a2bfebc4b15b533e0b45b05755f",
		.aad = "e85491b2202caf1d7dce03b97e09331c32473941",
		.iv = "984d2b90f94b8027",
		.text = "",
		.sealed = "c75b7832b2a2d9bd827412b6ef5769db",
	},
	{
		.source = "NIST CAVS gcmEncryptExtIV192, 408 bits of text, 384 of AAD, count 0",
		.encr = "aes192gcm16",
		.key = "ffffc617dc4fd5d23011e695d9f13bf9fd63eab22b4648a0b342ea55",
		.aad =
			  "20ebd0298b0d0c8e27559b9e16077e1c688a44bfa58062311e6a0527d1edb52e"
			  "b9a33327bc1cecbb25c75e2d03d7a34e",
		.iv = "68bdc307d895e1e6",
		.text =
			  "6a1ba0b0547b1f3a80bdab8611ed2b9ccd5838ae7210382903cf79f77436d9e9"
			  "23a9bba505ead8afd7b18ff340ab5e64695842",
		.sealed =
			  "1751c24b540380a7a1baa9d174b249573f1648a1f7124120eee9baf8c28bff62"
			  "281d063986800c20d5ebb5c9360b38d58cf323659a7f80f486e5484c28d164ba"
			  "b5999b",
	},
	{
		.source = "NIST CAVS gcmEncryptExtIV192, 0 bits of text, 160 of AAD, count 0",
		.encr = "aes192gcm16",
		.key = "093ef7551ebbff8eb0c0a8a4a62b198f0c2e838de10eeeeee656e939",
		.aad = "3da22dacfd11b21b0a713157f60aec0cd22f1add",
		.iv = "30ed5210ba3f0322",
		.text = "",
		.sealed = "1b2d2764573e20ae640bf29d48e5fe05",
	},
	{
		.source = "NIST CAVS gcmEncryptExtIV256, 408 bits of text, 384 of AAD, count 0",
		.encr = "aes256gcm16",
		.key =
			  "463b412911767d57a0b33969e674ffe7845d313b88c6fe312f3d724be68e1fca"
			  "611ce6f9",
		.aad =
			  "0a682fbc6192e1b47a5e0868787ffdafe5a50cead3575849990cdd2ea9b35977"
			  "49403efb4a56684f0c6bde352d4aeec5",
		.iv = "a6880750de7da6cb",
		.text =
			  "e7d1dcf668e2876861940e012fe52a98dacbd78ab63c08842cc9801ea581682a"
			  "d54af0c34d0d7f6f59e8ee0bf4900e0fd85042",
		.sealed =
			  "8886e196010cb3849d9c1a182abe1eeab0a5f3ca423c3669a4a8703c0f146e8e"
			  "956fb122e0d721b869d2b6fcd4216d7d4d37582469cecd70fd98fec9264f71df"
			  "1aee9a",
	},
	{
		.source = "NIST CAVS gcmEncryptExtIV256, 0 bits of text, 160 of AAD, count 0",
		.encr = "aes256gcm16",
		.key =
			  "886cff5f3e6b8d0e1ad0a38fcdb26de97e8acbe79f6bed66959a598fa5047d65"
			  "3a8efa1c",
		.aad = "519fee519d25c7a304d6c6aa1897ee1eb8c59655",
		.iv = "d74bbab5448f9945",
		.text = "",
		.sealed = "f6d47505ec96c98a42dc3ae719877b87",
	},
};
/* clang-format on */

#endif
