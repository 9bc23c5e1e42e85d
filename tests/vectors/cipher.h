/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ciphers that need a MAC beside them and are not in tests/vectors/aes_cbc_esp.h:
 * AES-CTR of RFC 3686, DES and 3DES of NIST's CAVP. Those of 3DES with one key
 * thrice are DES's.
 */
#ifndef CYG_VECTORS_CIPHER_H
#define CYG_VECTORS_CIPHER_H

/* Hexadecimal, for hex_decode(). */
struct cipher_vector {
	const char *source;
	const char *encr; /* proposal keyword */
	const char *key;  /* and RFC 3686's nonce after it */
	const char *iv;
	const char *text;
	const char *ciphertext;
};

/* clang-format off */
static const struct cipher_vector cipher_vectors[] = {
	{
		.source = "RFC 3686 section 6 test vector #1",
		.encr = "aes128ctr",
		.key = "ae6852f8121067cc4bf7a5765577f39e00000030",
		.iv = "0000000000000000",
		.text = "53696e676c6520626c6f636b206d7367",
		.ciphertext = "e4095d4fb7a7b3792d6175a3261311b8",
	},
	{
		.source = "RFC 3686 section 6 test vector #2",
		.encr = "aes128ctr",
		.key = "7e24067817fae0d743d6ce1f32539163006cb6db",
		.iv = "c0543b59da48d90b",
		.text = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		.ciphertext = "5104a106168a72d9790d41ee8edad388eb2e1efc46da57c8fce630df9141be28",
	},
	{
		.source = "RFC 3686 section 6 test vector #3",
		.encr = "aes128ctr",
		.key = "7691be035e5020a8ac6e618529f9a0dc00e0017b",
		.iv = "27777f3f4a1786f0",
		.text = 
			  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
			  "20212223",
		.ciphertext = 
			  "c1cf48a89f2ffdd9cf4652e9efdb72d74540a42bde6d7836d59a5ceaaef31053"
			  "25b2072f",
	},
	{
		.source = "RFC 3686 section 6 test vector #4",
		.encr = "aes192ctr",
		.key = "16af5b145fc9f579c175f93e3bfb0eed863d06ccfdb7851500000048",
		.iv = "36733c147d6d93cb",
		.text = "53696e676c6520626c6f636b206d7367",
		.ciphertext = "4b55384fe259c9c84e7935a003cbe928",
	},
	{
		.source = "RFC 3686 section 6 test vector #5",
		.encr = "aes192ctr",
		.key = "7c5cb2401b3dc33c19e7340819e0f69c678c3db8e6f6a91a0096b03b",
		.iv = "020c6eadc2cb500d",
		.text = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		.ciphertext = "453243fc609b23327edfaafa7131cd9f8490701c5ad4a79cfc1fe0ff42f4fb00",
	},
	{
		.source = "RFC 3686 section 6 test vector #6",
		.encr = "aes192ctr",
		.key = "02bf391ee8ecb159b959617b0965279bf59b60a786d3e0fe0007bdfd",
		.iv = "5cbd60278dcc0912",
		.text = 
			  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
			  "20212223",
		.ciphertext = 
			  "96893fc55e5c722f540b7dd1ddf7e758d288bc95c69165884536c811662f2188"
			  "abee0935",
	},
	{
		.source = "RFC 3686 section 6 test vector #7",
		.encr = "aes256ctr",
		.key = 
			  "776beff2851db06f4c8a0542c8696f6c6a81af1eec96b4d37fc1d689e6c1c104"
			  "00000060",
		.iv = "db5672c97aa8f0b2",
		.text = "53696e676c6520626c6f636b206d7367",
		.ciphertext = "145ad01dbf824ec7560863dc71e3e0c0",
	},
	{
		.source = "RFC 3686 section 6 test vector #8",
		.encr = "aes256ctr",
		.key = 
			  "f6d66d6bd52d59bb0796365879eff886c66dd51a5b6a99744b50590c87a23884"
			  "00faac24",
		.iv = "c1585ef15a43d875",
		.text = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		.ciphertext = "f05e231b3894612c49ee000b804eb2a9b8306b508f839d6a5530831d9344af1c",
	},
	{
		.source = "RFC 3686 section 6 test vector #9",
		.encr = "aes256ctr",
		.key = 
			  "ff7a617ce69148e4f1726e2f43581de2aa62d9f805532edff1eed687fb54153d"
			  "001cc5b7",
		.iv = "51a51d70a1c11148",
		.text = 
			  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
			  "20212223",
		.ciphertext = 
			  "eb6c52821d0bbbf7ce7594462aca4faab407df866569fd07f48cc0b583d6071f"
			  "1ec0e6b8",
	},
	{
		.source = "NIST CAVP TCBCMMT3 count 0",
		.encr = "3des",
		.key = "b5cb1504802326c73df186e3e352a20de643b0d63ee30e37",
		.iv = "43f791134c5647ba",
		.text = "dcc153cef81d6f24",
		.ciphertext = "92538bd8af18d3ba",
	},
	{
		.source = "NIST CAVP TCBCMMT3 count 3",
		.encr = "3des",
		.key = "d98aadc76d4a3716158c32866efbb9ce834af2297379a49d",
		.iv = "3c5220327c502b44",
		.text = "6174079dda53ca723ebf00a66837f8d5ce648c08acaa5ee45ffe62210ef79d3e",
		.ciphertext = "f5bd4d600bed77bec78409e3530ebda1d815506ed53103015b87e371ae000958",
	},
	{
		.source = "NIST CAVP TCBCMMT3 count 6",
		.encr = "3des",
		.key = "b6383176046e6880a1023bf45768b5bf5119022fe054bfe5",
		.iv = "ec13ca541c43401e",
		.text = 
			  "cd5a886e9af011346c4dba36a424f96a78a1ddf28aaa4188bf65451f4efaffc7"
			  "179a6dd237c0ae35d9b672314e5cb032612597f7e462c6f3",
		.ciphertext = 
			  "b030f976f46277ee211c4a324d5c87555d1084513a1223d3b84416b52bbc28f4"
			  "b77f3a9d8d0d91dc37d3dbe8af8be98f74674b02f9a38527",
	},
	{
		.source = "NIST CAVP TCBCMMT3 count 9",
		.encr = "3des",
		.key = "9b162a0df8ad9b61c88676e3d586434570b902f12a2046e0",
		.iv = "ebd6fefe029ad54b",
		.text = 
			  "f4c1c918e77355c8156f0fd778da52bff121ae5f2f44eaf4d2754946d0e10d1f"
			  "18ce3a0176e69c18b7d20b6e0d0bee5eb5edfe4bd60e4d92adcd86bce72e76f9"
			  "4ee5cbcaa8b01cfddcea2ade575e66ac",
		.ciphertext = 
			  "1ff3c8709f403a8eff291aedf50c010df5c5ff64a8b205f1fce68564798897a3"
			  "90db16ee0d053856b75898009731da290fcc119dad987277aacef694872e880c"
			  "4bb41471063fae05c89f25e4bd0cad6a",
	},
	{
		.source = "NIST CAVP TCBCMMT1 count 0, one key thrice",
		.encr = "des",
		.key = "a4e319510bef76ea",
		.iv = "679fdbee166c2e0a",
		.text = "36926e3a2720ea9f",
		.ciphertext = "c108c0e25ee81ea3",
	},
	{
		.source = "NIST CAVP TCBCMMT1 count 3, one key thrice",
		.encr = "des",
		.key = "926b2562cbe0a47f",
		.iv = "8117fa8f84394f9d",
		.text = "cd6cea0ebf83203c009a8d1936ccb4b190a3c400622e62ac0f54a8f32c676ee1",
		.ciphertext = "574e2f3231b991ecfc53fe846fa2a0ac092a52e0125b2fe52cf7fb68e3fa41a9",
	},
	{
		.source = "NIST CAVP TCBCMMT1 count 6, one key thrice",
		.encr = "des",
		.key = "da3843f1f17645f4",
		.iv = "3f5d63639bfda861",
		.text = 
			  "b4c18d000de6ce6b897f1e6bf6315df6c4bd13ff67d8f9edfd37bb4c31e9fcc2"
			  "5fe99a45f9f4348c2998eac3b78e64832e4916013acfc286",
		.ciphertext = 
			  "10b7a23eec4462dbe4da4df24204455d06526e86aae6c119c1c616c6623c2bb2"
			  "688902da93d4fd61512a95496e4760a19e56689562de17cb",
	},
	{
		.source = "NIST CAVP TCBCMMT1 count 9, one key thrice",
		.encr = "des",
		.key = "a4a161ad161cb0c2",
		.iv = "a4512edd2b9fd66c",
		.text = 
			  "c8edf6a0bfc287f8d55e55e548982c15dabd7361d184545d43431e2d9062e79a"
			  "30107565af365fdaf5a96fa9cba44bf29b75549f7776cff65d3f436eba1a21c2"
			  "2cb8aa458c220e752cf1d1d25dc273f1",
		.ciphertext = 
			  "904395b6063433ee9a83976bc52c75267bc8b4971f2b99472341e70d10f98134"
			  "bc05478feee78ff126407fa1b403c62af166dc1a71b2cee7cbcaf7fa4d761347"
			  "01a9baa54f733d61d2e7f16982f69720",
	},
	{
		.source = "NIST CAVP TCBCsubtab count 0, one key thrice",
		.encr = "des",
		.key = "7ca110454a1a6e57",
		.iv = "0000000000000000",
		.text = "01a1d6d039776742",
		.ciphertext = "690f5b0d9a26939b",
	},
	{
		.source = "NIST CAVP TCBCsubtab count 1, one key thrice",
		.encr = "des",
		.key = "0131d9619dc1376e",
		.iv = "0000000000000000",
		.text = "5cd54ca83def57da",
		.ciphertext = "7a389d10354bd271",
	},
	{
		.source = "NIST CAVP TCBCsubtab count 2, one key thrice",
		.encr = "des",
		.key = "07a1133e4a0b2686",
		.iv = "0000000000000000",
		.text = "0248d43806f67172",
		.ciphertext = "868ebb51cab4599a",
	},
	{
		.source = "NIST CAVP TCBCsubtab count 3, one key thrice",
		.encr = "des",
		.key = "3849674c2602319e",
		.iv = "0000000000000000",
		.text = "51454b582ddf440a",
		.ciphertext = "7178876e01f19b2a",
	},
};
/* clang-format on */

#endif
