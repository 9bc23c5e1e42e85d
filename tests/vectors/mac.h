/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What AH computes, for MACs that tests/vectors/hmac.h has not: AES-XCBC-MAC (RFC
 * 3566), AES-CMAC (RFC 4493, NIST SP 800-38B), HMAC with MD5 and SHA-1 under keys
 * no longer than ours (RFC 2202; zeros behind a key change nothing), and AES-GMAC:
 * those of NIST's CAVP for AES-GCM that encrypt nothing, their IV cut into salt
 * and IV.
 */
#ifndef CYG_VECTORS_MAC_H
#define CYG_VECTORS_MAC_H

/* Hexadecimal, for hex_decode(). */
struct mac_vector {
	const char *source;
	const char *integ; /* proposal keyword */
	const char *key;   /* and the salt after it */
	const char *iv;	   /* AES-GMAC alone */
	const char *data;
	const char *icv;
};

/* clang-format off */
static const struct mac_vector mac_vectors[] = {
	{
		.source = "RFC 3566 section 4.6 test case 2",
		.integ = "aesxcbc",
		.key = "000102030405060708090a0b0c0d0e0f",
		.data = "000102",
		.icv = "5b376580ae2f19afe7219cee",
	},
	{
		.source = "RFC 3566 section 4.6 test case 3",
		.integ = "aesxcbc",
		.key = "000102030405060708090a0b0c0d0e0f",
		.data = "000102030405060708090a0b0c0d0e0f",
		.icv = "d2a246fa349b68a79998a439",
	},
	{
		.source = "RFC 3566 section 4.6 test case 4",
		.integ = "aesxcbc",
		.key = "000102030405060708090a0b0c0d0e0f",
		.data = "000102030405060708090a0b0c0d0e0f10111213",
		.icv = "47f51b4564966215b8985c63",
	},
	{
		.source = "RFC 3566 section 4.6 test case 5",
		.integ = "aesxcbc",
		.key = "000102030405060708090a0b0c0d0e0f",
		.data = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		.icv = "f54f0ec8d2b9f3d36807734b",
	},
	{
		.source = "RFC 3566 section 4.6 test case 6",
		.integ = "aesxcbc",
		.key = "000102030405060708090a0b0c0d0e0f",
		.data = 
			  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
			  "2021",
		.icv = "becbb3bccdb518a30677d548",
	},
	{
		.source = "RFC 4493 section 4 example 2",
		.integ = "aescmac",
		.key = "2b7e151628aed2a6abf7158809cf4f3c",
		.data = "6bc1bee22e409f96e93d7e117393172a",
		.icv = "070a16b46b4d4144f79bdd9d",
	},
	{
		.source = "RFC 4493 section 4 example 3",
		.integ = "aescmac",
		.key = "2b7e151628aed2a6abf7158809cf4f3c",
		.data = 
			  "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
			  "30c81c46a35ce411",
		.icv = "dfa66747de9ae63030ca3261",
	},
	{
		.source = "RFC 4493 section 4 example 4",
		.integ = "aescmac",
		.key = "2b7e151628aed2a6abf7158809cf4f3c",
		.data = 
			  "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
			  "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
		.icv = "51f0bebf7e3b9d92fc497417",
	},
	{
		.source = "RFC 2202 section 2 test case 1",
		.integ = "md5",
		.key = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
		.data = "4869205468657265",
		.icv = "9294727a3638bb1c13f48ef8",
	},
	{
		.source = "RFC 2202 section 2 test case 1",
		.integ = "md5_128",
		.key = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
		.data = "4869205468657265",
		.icv = "9294727a3638bb1c13f48ef8158bfc9d",
	},
	{
		.source = "RFC 2202 section 2 test case 2",
		.integ = "md5",
		.key = "4a656665000000000000000000000000",
		.data = "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
		.icv = "750c783e6ab0b503eaa86e31",
	},
	{
		.source = "RFC 2202 section 2 test case 2",
		.integ = "md5_128",
		.key = "4a656665000000000000000000000000",
		.data = "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
		.icv = "750c783e6ab0b503eaa86e310a5db738",
	},
	{
		.source = "RFC 2202 section 2 test case 3",
		.integ = "md5",
		.key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		.data = 
			  "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
			  "dddddddddddddddddddddddddddddddddddd",
		.icv = "56be34521d144c88dbb8c733",
	},
	{
		.source = "RFC 2202 section 2 test case 3",
		.integ = "md5_128",
		.key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		.data = 
			  "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
			  "dddddddddddddddddddddddddddddddddddd",
		.icv = "56be34521d144c88dbb8c733f0e8b3f6",
	},
	{
		.source = "RFC 2202 section 2 test case 5",
		.integ = "md5",
		.key = "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
		.data = "546573742057697468205472756e636174696f6e",
		.icv = "56461ef2342edc00f9bab995",
	},
	{
		.source = "RFC 2202 section 2 test case 5",
		.integ = "md5_128",
		.key = "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
		.data = "546573742057697468205472756e636174696f6e",
		.icv = "56461ef2342edc00f9bab995690efd4c",
	},
	{
		.source = "RFC 2202 section 3 test case 1",
		.integ = "sha1",
		.key = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
		.data = "4869205468657265",
		.icv = "b617318655057264e28bc0b6",
	},
	{
		.source = "RFC 2202 section 3 test case 1",
		.integ = "sha1_160",
		.key = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
		.data = "4869205468657265",
		.icv = "b617318655057264e28bc0b6fb378c8ef146be00",
	},
	{
		.source = "RFC 2202 section 3 test case 2",
		.integ = "sha1",
		.key = "4a65666500000000000000000000000000000000",
		.data = "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
		.icv = "effcdf6ae5eb2fa2d27416d5",
	},
	{
		.source = "RFC 2202 section 3 test case 2",
		.integ = "sha1_160",
		.key = "4a65666500000000000000000000000000000000",
		.data = "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
		.icv = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
	},
	{
		.source = "RFC 2202 section 3 test case 3",
		.integ = "sha1",
		.key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		.data = 
			  "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
			  "dddddddddddddddddddddddddddddddddddd",
		.icv = "125d7342b9ac11cd91a39af4",
	},
	{
		.source = "RFC 2202 section 3 test case 3",
		.integ = "sha1_160",
		.key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		.data = 
			  "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
			  "dddddddddddddddddddddddddddddddddddd",
		.icv = "125d7342b9ac11cd91a39af48aa17b4f63f175d3",
	},
	{
		.source = "RFC 2202 section 3 test case 5",
		.integ = "sha1",
		.key = "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
		.data = "546573742057697468205472756e636174696f6e",
		.icv = "4c1a03424b55e07fe7f27be1",
	},
	{
		.source = "RFC 2202 section 3 test case 5",
		.integ = "sha1_160",
		.key = "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
		.data = "546573742057697468205472756e636174696f6e",
		.icv = "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04",
	},
	{
		.source = "NIST CAVP gcmEncryptExtIV128, AADlen 160, count 0",
		.integ = "aes128gmac",
		.key = "2fb45e5b8f993a2bfebc4b15b533e0b45b05755f",
		.iv = "984d2b90f94b8027",
		.data = "e85491b2202caf1d7dce03b97e09331c32473941",
		.icv = "c75b7832b2a2d9bd827412b6ef5769db",
	},
	{
		.source = "NIST CAVP gcmEncryptExtIV128, AADlen 384, count 0",
		.integ = "aes128gmac",
		.key = "99e3e8793e686e571d8285c564f75e2bc2dd0ab8",
		.iv = "68da6aa8ad9c0d23",
		.data = 
			  "b668e42d4e444ca8b23cfdd95a9fedd5178aa521144890b093733cf5cf22526c"
			  "5917ee476541809ac6867a8c399309fc",
		.icv = "3f4fba100eaf1f34b0baadaae9995d85",
	},
	{
		.source = "NIST CAVP gcmEncryptExtIV128, AADlen 720, count 0",
		.integ = "aes128gmac",
		.key = "20b5b6b854e187b058a84d57bc1538b694c1935a",
		.iv = "fc061cbf254b936f",
		.data = 
			  "ca418e71dbf810038174eaa3719b3fcb80531c7110ad9192d105eeaafa15b819"
			  "ac005668752b344ed1b22faf77048baf03dbddb3b47d6b00e95c4f005e0cc9b7"
			  "627ccafd3f21b3312aa8d91d3fa0893fe5bff7d44ca46f23afe0",
		.icv = "b37286ebaf4a54e0ffc2a1deafc9f6db",
	},
	{
		.source = "NIST CAVP gcmEncryptExtIV192, AADlen 160, count 0",
		.integ = "aes192gmac",
		.key = "093ef7551ebbff8eb0c0a8a4a62b198f0c2e838de10eeeeee656e939",
		.iv = "30ed5210ba3f0322",
		.data = "3da22dacfd11b21b0a713157f60aec0cd22f1add",
		.icv = "1b2d2764573e20ae640bf29d48e5fe05",
	},
	{
		.source = "NIST CAVP gcmEncryptExtIV192, AADlen 384, count 0",
		.integ = "aes192gmac",
		.key = "a83ac82554d5c3475d03514a9421c409ccad9bc44a5f830738aa26f7",
		.iv = "b68dc674cae90b84",
		.data = 
			  "0397a714939f55c18da013271348bd231e14d07f397ca0db20d3a77c42f3f41c"
			  "25c64fd93bd3bd9fcd355a0bde4f1961",
		.icv = "e48b36dc683f32dbae3b13c3adb1b789",
	},
	{
		.source = "NIST CAVP gcmEncryptExtIV192, AADlen 720, count 0",
		.integ = "aes192gmac",
		.key = "c25d347ffb5b7ba079be2279a0a7f220f19c74bb9c5a15b6b35f1421",
		.iv = "82fea65c642368ed",
		.data = 
			  "1967a0bd80cf2c9c58e441e12cba788f9c072177e1ce02f30d58ae981ab37eac"
			  "452c0d9f1c5f3485d7b16ae09366821d23d44479d52ccc4acd8fa6f5b9013845"
			  "c629f69c612c9cbbcdca3bdf43855fa7c71bff458a7d4c019ad9",
		.icv = "f5a0d64924aeab15a636c7ce4db52243",
	},
	{
		.source = "NIST CAVP gcmEncryptExtIV256, AADlen 160, count 0",
		.integ = "aes256gmac",
		.key = 
			  "886cff5f3e6b8d0e1ad0a38fcdb26de97e8acbe79f6bed66959a598fa5047d65"
			  "3a8efa1c",
		.iv = "d74bbab5448f9945",
		.data = "519fee519d25c7a304d6c6aa1897ee1eb8c59655",
		.icv = "f6d47505ec96c98a42dc3ae719877b87",
	},
	{
		.source = "NIST CAVP gcmEncryptExtIV256, AADlen 384, count 0",
		.integ = "aes256gmac",
		.key = 
			  "f4069bb739d07d0cafdcbc609ca01597f985c43db63bbaaa0debbb04d384e49c"
			  "d25ff30f",
		.iv = "dc3d464fe173e805",
		.data = 
			  "3e1449c4837f0892f9d55127c75c4b25d69be334baf5f19394d2d8bb460cbf21"
			  "20e14736d0f634aa792feca20e455f11",
		.icv = "805ec2931c2181e5bfb74fa0a975f0cf",
	},
	{
		.source = "NIST CAVP gcmEncryptExtIV256, AADlen 720, count 0",
		.integ = "aes256gmac",
		.key = 
			  "03ccb7dbc7b8425465c2c3fc39ed0593929ffd02a45ff583bd89b79c6f646fe9"
			  "fd119985",
		.iv = "533bd5520b301d12",
		.data = 
			  "98e68c10bf4b5ae62d434928fc6405147c6301417303ef3a703dcfd2c0c339a4"
			  "d0a89bd29fe61fecf1066ab06d7a5c31a48ffbfed22f749b17e9bd0dc1c6f8fb"
			  "d6fd4587184db964d5456132106d782338c3f117ec05229b0899",
		.icv = "cf54e7141349b66f248154427810c87a",
	},
};
/* clang-format on */

#endif
