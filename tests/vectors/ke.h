/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key exchanges: RFC 5903, RFC 7748, NIST's CAVS vectors, and exchanges made
 * with Python's integers (square and multiply modulo the prime that RFC 3526's
 * formula gives; affine addition of points) where no source has one, which is
 * said in their name.
 */
#ifndef CYG_VECTORS_KE_H
#define CYG_VECTORS_KE_H

/* Hexadecimal, for hex_decode(). */
struct ke_vector {
	const char *source;
	const char *method; /* proposal keyword */
	const char *private_value;
	const char *public_value; /* NULL: the source has none */
	const char *peer;
	const char *shared;
};

/* clang-format off */
static const struct ke_vector ke_vectors[] = {
	{
		.source = "Python's integers, the prime by RFC 3526 section 3",
		.method = "modp2048",
		.private_value =
			  "d682b4de871f58ad2a95c21aad589048b0220118ece212851fe8266c35a0fc80"
			  "8a819d6936a2ac6b",
		.public_value =
			  "121caf8badab297501e082dca7987d1c90c3e35cdfc32dcd151f288c4f7c5bdd"
			  "06be4b28d4ce49eefbc9eccf0f2cfb2fa083ccfa118d1375b144a1ad1863be2b"
			  "0fdc4eb9d4eef56bc49828149385658341dd03b4f87377a9cad05fcddda58480"
			  "5a525c200fe801526a1f8dc83de3c9e064832851617061ef9a6850aebda4f902"
			  "5d009adfdd6d10c30682f71edc057c5b11bb46bf54c3f5409470776575eb59ef"
			  "81c64da15df4f315f94e74ea5dd26c0c6032d50b5d68373777f0eb83182e97d9"
			  "7d7064e863f4b2531669e1b2020223fd9f0d23e7dfa25dc31f16017029a9c865"
			  "375ddffbbed038fc6f9dcfe7428258f45d024b93dbc50fc52c8d0ffb1ed498c5",
		.peer =
			  "19524ca5aaba88c70fe01a53b5d436f7364c4e0562d428b5fb4fbf1673076acf"
			  "9f4233ea3d289c0312f17802659f4358fbb833f19a3105780807f7a1f41713a6"
			  "e40d6ca455627231a19cdb488be53d6eaa4fff3462087f8b83fc5bcc0e203cb7"
			  "08172e8db5f38028dddb45e573e6f89730e5db3a9321b569b757869e24d94332"
			  "4a9063f8d8866ac3edbcd4a30ef84c1cb1c5924890331e900b32a8030d4639bf"
			  "fa02cf859122993bc59a492d5874c576f80ecc40a5786230d28ef3e9a85c71a7"
			  "d72d5ad92e1944a115ca89bcf805a0e8043ae4d3aca0bffc82eff0cf0b05791d"
			  "7ad4acaa20c643e9cc7e2bfecbf11cf83079dc04136bee6a600609923ddccf7c",
		.shared =
			  "573623d7b87fc93e5b9ad60e0d8b9d11965bbb287f1f84261d5daf2002ef911a"
			  "9f7b1fc7eabe2e78946e2b84710d9a3f5d908fe57eb3ca49b80b564e3c82a9f7"
			  "51b10883c7635f82fffba6e8043f5be35c0c699149e2b17f13632c3197593f48"
			  "6877a7f531fb996e632dce6b6688525a686cc6938feead4c0d456345be7268e1"
			  "90284ce3e1f4b8096cec0bab29392333b2ec515211e82b6da686ad6135bb1926"
			  "1f44cf5ba2ad13d98e8b8deb81e7b9cc7cf856de1e571ffa01a8600b19af9d7c"
			  "fc8b0e783fe59cf9363a28c4872714edc6ff1140d6e76a78c760b3af63b13ebd"
			  "ceff736da92c388b247e7325c4324f53929eaab93594fed1b34c64f2736f9735",
	},
	{
		.source = "Python's integers, leading zeros in public value and secret",
		.method = "modp2048",
		.private_value =
			  "f9d148f3d5ad7234fd96ed77ff99767a0ce0283d2361360dfebf9024dbee7d1a"
			  "b353fcacbc56dfba",
		.public_value =
			  "006f9c0f7de5fc2cc6b4edf4f9586c41ce47ebf08ae96b665ba4fada1ee42c5a"
			  "dc485cdc326600885b50e7fe5f070fa1f7c334757bea4b2f8e0a2a9bec15f454"
			  "7cc615c38b6988750c29a136ba2fe72ccb3050031d641fbf3a02b756dc3ee2eb"
			  "aa50525cdffb88d45735a6ad67c9f84629f1f14b357559949618487002b17eef"
			  "598c037ed377dcbc936110e7ac60eb046eab07b0271ee24bdce68131d5727c67"
			  "ce925a784c8c841140d56f9eb0fe82595d7da995061ec0bc65406300854e3585"
			  "4582a9bdf4d99f4d815a9ead6f113e9088f5af2b52d8da03c33599206cb084d2"
			  "7d2ffd90a867e0467054b73125513b7a53e9e1518e4e3862059834101b1ed252",
		.peer =
			  "2af8acc89e9cb0a83ed0ce6cbcd2032091ad0026e67de933a3250d1cae54e527"
			  "4e237010a16180b0dc7a1817de07cf642022d224b0e1c6e526187e6fba951b11"
			  "755b0c8dfe51bcbd88b517d31933163c1f6d2db9e78fb380d41f459b77b9fc0a"
			  "93fa695d4a7681fbafcf8998582589530c696194e737be1cebc884285d44cd32"
			  "e43f28ff2101bac37ca00a21ed89068b241d1e6c50a1c0673b25752ed2faf764"
			  "28426f9445f474844d2c6eb791de7a3fae410a9070e2e0169f57e32e86e3e1c8"
			  "ab6ad0666a90487a6abe877c0fe996001517c91829d10d876cc6789e5cd21653"
			  "7120426dfc4d67d9f8882fc99f13bb8be12375b04e63a3d709c4c6cbef1b8e71",
		.shared =
			  "001d1decc4d7119be9cadab21109d88f31abfe9a5f3fb9edd11cdc35b6988d0a"
			  "f87ffb9b821587c468112eb796dfd7dbdf7b819c70d79474083a08c1bb3bcb33"
			  "3aecee22dd0c166d2abd01cfd1df46c6d8422c777133c135c801d16488c94452"
			  "01fdedf65314ea51e2a761f1d2d2928830c3ae51746bf78c6036480097087b15"
			  "064124e661c7541bde32fc6309286226141989c9f3fd24313153a4eb42c75e04"
			  "73d00fa6f33ed8216556dc9439ca75f732017f06357c9161c1e789d1d5834a89"
			  "47e52d81b6cab14997d9e376408cabe8d8d0a0aca6ed1cab2779e195225ab161"
			  "3eb6b49ff1fdc0d2da829ac090d44f639e8c2fced11605da39407f09feb4b830",
	},
	{
		.source = "RFC 5903 section 8.1, initiator",
		.method = "ecp256",
		.private_value = "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
		.public_value =
			  "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
			  "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
		.peer =
			  "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
			  "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
		.shared = "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de",
	},
	{
		.source = "RFC 5903 section 8.1, responder",
		.method = "ecp256",
		.private_value = "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53",
		.public_value =
			  "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
			  "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
		.peer =
			  "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
			  "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
		.shared = "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de",
	},
	{
		.source = "NIST CAVS 17.4 KASValidityTest_ECCStaticUnified_NOKC_ZZOnly_resp EC count 14",
		.method = "ecp256",
		.private_value = "6f402fa10827c276d7d78ba1ac8b4471b1fcba5f140c2d987101bb22a53bca17",
		.public_value =
			  "7f7e1dff1ec2f65829d71463de4376b096c9bd82ce44b024d858728916ea528e"
			  "4224e4bccb632c51bcf5b57254da47e20b82e4616637920106ca0b23adf83fea",
		.peer =
			  "f3e723b880a5cddde77d8828c2bd5b3f411d2a925abf4ee0a51b19f3a416e9b9"
			  "ee2f742df7ff4b5f8d1cd25880877444420a640b1fbb564e1b7cf0ba39cb3cb5",
		.shared = "02beb77c76e921db9bbf070bc4a4f89c51399c5ede6014433695af6b308307a4",
	},
	{
		.source = "Python's integers, leading zeros in public value and secret",
		.method = "ecp256",
		.private_value = "4458ec93de0a037c64e8be1375252b0eeaf7fc8139bfdb74faf78cd72b7e4b10",
		.public_value =
			  "00ea31b7478daabe0e03453fa02b8299aa7ec27ed0a0046d039b9f3f293a6534"
			  "c7bc1992eb1988e993db9a666a39c5c3e775e682ea35be89a8c10693a8a05e57",
		.peer =
			  "fc2080b122db826c13a4836d45a94938b6c8fafcd7812e230906e7379331edcd"
			  "813b1c040b36e42976b0894e2f78a66ac02ed3d52b1c6d02033f5f2c55f92ee5",
		.shared = "00c10adf79b4a447f56f31e6dbd61b5d96420edaeec8b71b8014f365f26f1774",
	},
	{
		.source = "RFC 5903 section 8.2, initiator",
		.method = "ecp384",
		.private_value =
			  "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655"
			  "e35b538041e649ee3faef896783ab194",
		.public_value =
			  "667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6"
			  "de3ac808acb4bdb4c88732aee95f41aa9482ed1fc0eeb9cafc4984625ccfc23f"
			  "65032149e0e144ada024181535a0f38eeb9fcff3c2c947dae69b4c634573a81c",
		.peer =
			  "e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d"
			  "0d1ac43a0336def96fda41d0774a3571dcfbec7aacf3196472169e838430367f"
			  "66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c",
		.shared =
			  "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4"
			  "d603135569b9e9d09cf5d4a270f59746",
	},
	{
		.source = "RFC 5903 section 8.2, responder",
		.method = "ecp384",
		.private_value =
			  "41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942"
			  "e0308312916b8ed2960e4bd55a7448fc",
		.public_value =
			  "e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d"
			  "0d1ac43a0336def96fda41d0774a3571dcfbec7aacf3196472169e838430367f"
			  "66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c",
		.peer =
			  "667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6"
			  "de3ac808acb4bdb4c88732aee95f41aa9482ed1fc0eeb9cafc4984625ccfc23f"
			  "65032149e0e144ada024181535a0f38eeb9fcff3c2c947dae69b4c634573a81c",
		.shared =
			  "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4"
			  "d603135569b9e9d09cf5d4a270f59746",
	},
	{
		.source = "NIST CAVS 17.4 KASValidityTest_ECCStaticUnified_NOKC_ZZOnly_resp ED count 1",
		.method = "ecp384",
		.private_value =
			  "acd25380f5a17bd3206010196398559750137c1acd427fed0235673db3aa36fd"
			  "a72ce9de6fed683c1e4696b34a4bcf7d",
		.public_value =
			  "ff5126bbd6c6d6a2e85c22f5e98fcd99ece4edf707a9b18484085260d65c7e92"
			  "acf0e16ff784d367cdd6eabcbd6da42a4db19540a596aa59f83bf1fb64fbf09e"
			  "c81ee0cab8bed30ac0b21e84c6d27e58a61092d6308434a01226ce492e9b3646",
		.peer =
			  "0aedb7c804a355a9e5edb6236ba8b5d3539d344a53efa8227073ba616f777c9d"
			  "d90aa243f7800f4523ec5faa9eb81319def9686306e3c9bf9c3ef8210b802161"
			  "c967f5581a8521d79abab766d20809cd55d92a8a8af1166d9c1e7dcd7256f04f",
		.shared =
			  "05e79c11bd63ad4224d19cb3a9f35f968bacf8b69b95ae41681c476a898dede2"
			  "85d03ce974f88088921616546573793b",
	},
	{
		.source = "Python's integers, leading zeros in public value and secret",
		.method = "ecp384",
		.private_value =
			  "34f8b6326ddbd6cd675368baddd96e529cd10809a10f0425287473f8e14c4aef"
			  "0e48a2f3edfd3798862472be2e26a584",
		.public_value =
			  "00d6e69355820389db8c71847a54595d349bc74cbdd09cafcc5333ca9024ce69"
			  "82d8cf2f061d056f6d4a1168e80a127a74a59942e9c4b9a85c4a607dbfd40ca2"
			  "ccaef637278129256cc8496e6adb6bf7b683d29795be4462bd09a91ac4223aed",
		.peer =
			  "6e554c798a07dcd057c5dece374ae5cd33ad83a161355bc068c535a067a95b5b"
			  "f62762030d899d3d9fb028d9c05eec991fa7585e37a17d69324f16361117b771"
			  "479979284798132bca8811af13765ff8cf804b7281a44cc811a97c8d546273ef",
		.shared =
			  "005d90db70f99e9f4a1b7bf6af592dbb26734984e4ba80184a1d03e780d2bc60"
			  "6d2c787839fbace68afc70ac6c59b8a0",
	},
	{
		.source = "RFC 7748 section 6.1, Alice",
		.method = "curve25519",
		.private_value = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
		.public_value = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
		.peer = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
		.shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
	},
	{
		.source = "RFC 7748 section 6.1, Bob",
		.method = "curve25519",
		.private_value = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
		.public_value = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
		.peer = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
		.shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
	},
	{
		.source = "RFC 7748 section 5.2, test vector 1",
		.method = "curve25519",
		.private_value = "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
		.peer = "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
		.shared = "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
	},
	{
		.source = "RFC 7748 section 5.2, test vector 2",
		.method = "curve25519",
		.private_value = "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
		.peer = "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
		.shared = "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
	},
};
/* clang-format on */

/*
 * All encodings of the points of low order, RFC 7748 section 6.1: u = 0 and 1,
 * the two of order 8, p - 1, p and p + 1, each also with the bit that is not
 * read. From https://cr.yp.to/ecdh.html; by Python's integers each gives zero.
 */
static const char *const x25519_low_order[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000080",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

#endif
