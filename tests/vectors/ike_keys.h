/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys of IKE SAs and CHILD SAs as strongSwan's charon 5.9.8 made them: an IKE
 * SA, its two messages of IKE_AUTH, the CHILD SA of IKE_AUTH, one that took its
 * place with a key exchange of its own, and the IKE SA that took the first
 * one's place. Secrets and keys are from charon's log (ike = 4, chd = 4), which
 * was responder in all of it; nonces and SPIs from the messages, opened with
 * those keys by Python's cryptography.
 */
#ifndef CYG_VECTORS_IKE_KEYS_H
#define CYG_VECTORS_IKE_KEYS_H

/* Hexadecimal, for hex_decode(). sk_ai, sk_ar: NULL with an AEAD. */
struct ike_keys_sa {
	const char *ni, *nr;
	const char *g_ir;
	const char *spi_i, *spi_r;
	const char *sk_d;
	const char *sk_ai, *sk_ar;
	const char *sk_ei, *sk_er;
	const char *sk_pi, *sk_pr;
};

/* g_ir: NULL without a key exchange of its own; integ_*: NULL with an AEAD. */
struct ike_keys_child {
	const char *ni, *nr;
	const char *g_ir;
	const char *encr_i, *encr_r;
	const char *integ_i, *integ_r;
};

struct ike_keys_vector {
	const char *source;
	const char *encr, *integ, *prf;	  /* keywords; integ may be NULL */
	const char *esp_encr, *esp_integ; /* likewise */
	struct ike_keys_sa first;
	const char *auth_i, *auth_r; /* whole messages */
	struct ike_keys_child child, child_pfs;
	struct ike_keys_sa rekeyed;
};

/* clang-format off */
static const struct ike_keys_vector ike_keys_vectors[] = {
	{
		.source = "strongSwan 5.9.8, charon's log: aes128-sha256-x25519, aes256-sha256-x25519",
		.encr = "aes128",
		.integ = "sha256",
		.prf = "prfsha256",
		.esp_encr = "aes256",
		.esp_integ = "sha256",
		.first = {
			.ni = "45131ab7199f38368a0ce1438afab6886e47b45a1104a5384872cadeefeac845",
			.nr = "d4eb37e49d04e42cc0d8e69bcb1ac59ad7a8a11275f4ac51b8573d26d9042aa9",
			.g_ir = "b162f862387e8c0569ef7079efbae63b46b02c8cc4f336893c0dad4b4c7f8d43",
			.spi_i = "1ec616971772daf4",
			.spi_r = "d3ef77b27311ef3b",
			.sk_d = "afb22fac942f0623ed21d104385503363cd60a9894e1a563e9850c1a28dd7609",
			.sk_ai = "716dbf79dfa2532af1cf9b2a9eeb2c3b483ee5ebc1359f0b09e0f63726d7006c",
			.sk_ar = "cb65f75122a461f7b679f87bacdf9f9774395281143960876e8142e6a74146dd",
			.sk_ei = "e43222e735489e2335cd6bf51062c5b3",
			.sk_er = "c9204e1fb99fe14bfa784c839615edbf",
			.sk_pi = "d21f78299ccfc7a7be9ac5838db9faf24a08c8a34593c1a341bfb43f2cbfda85",
			.sk_pr = "01cc56474c63610871a7b68dd59d251494b3834dfd581d5712f7fec5dfa61390",
		},
		.auth_i =
		  "1ec616971772daf4d3ef77b27311ef3b2e20230800000001000000e0230000c4"
		  "70f4d8f6975517f61c038a8c36b50c6c1a1522524b8955fa1c6a56c6eae9b462"
		  "c1c9f749dee9bad820ed6200569a7d55ed35c51716f71a0a2b0da4afbd538625"
		  "c70228212a69dcc351e40314b2148fdaee55b02317ec6f22ec1102f86528726f"
		  "928f9fa4f0ad9d0f5be19532bbdad74152b40fbb7e16ae05a068b531c2197203"
		  "6af90539f28bb365d56a7cee83ad9dfa339badf22c97e536bfa049ec2145d85b"
		  "fe1787949963a29d7af4c98454f4eb473ebd6769e2947f0c271f03c1e2a4f370",
		.auth_r =
		  "1ec616971772daf4d3ef77b27311ef3b2e20232000000001000000e0240000c4"
		  "63671a6e32c553d693def5cbd32fc0e9b231f0c857e1b931a41f3e9c2b358da8"
		  "6fddf174f7198d7d6e4df2075bc4791ac649a126aa6a35e2eb95ca520b2d26a0"
		  "3361a006909b36bee2f618f64db4e30f886f08aed8cd097684c12e43d1a017e6"
		  "a2598af228b55a92c27fb76f0ceda422a6dc30e726bece60896761888077834e"
		  "799bec9c74a7eb9a526f79a23ac069b4d09eedfdb591dcde62efd1589702ad97"
		  "a2121e29bc6c75303a6de964a6e81c0e0bda425d6c6127e036787e8c34611175",
		.child = {
			.ni = "45131ab7199f38368a0ce1438afab6886e47b45a1104a5384872cadeefeac845",
			.nr = "d4eb37e49d04e42cc0d8e69bcb1ac59ad7a8a11275f4ac51b8573d26d9042aa9",
			.encr_i = "ce8b65ec43b63064bdfd6d52ec7fa8edaf363005551ed25255f006cadf69d4a5",
			.encr_r = "b4f6c87434ccfb6ed50dcc5e104f70d09b5b94f6887044c555b5adefd7e7bd2f",
			.integ_i = "ba9e70cff8b1f32150cca4a0f0e559406b39bac782808aa6e6a2897163532c02",
			.integ_r = "1c935e3e29ae427fbbd5201f9fda8a49aa12141c97b39508a5aa96e87a925cbb",
		},
		.child_pfs = {
			.ni = "4a43f22a2a98aca0ca72ab640ff0f25ec0f3796621097c02704b5f0bb67b6824",
			.nr = "c37c37255bf3c9f8a24e438b3ac95dfe91e77873c8f5c659368aafaf031ce86e",
			.g_ir = "a431559a1cadeabf44dc5a70e211d754e66c542c4de123d49e4ac04b3fcfe63a",
			.encr_i = "1a85797ed72393d3373eb56f8941312c8c1a65b9cdf56b7e5ba57feeaf569cd7",
			.encr_r = "2c65cf72bfd08a89c0a3d3b2a3b96007af5fd2bdb35ec43cf28b65613176da28",
			.integ_i = "571cfa942e5f7a6987a71504c5ca40aeb7002617f50e040c7f90576996a5583e",
			.integ_r = "3b3fc786c5a756e0a75b36806246ff86f66ee44a439103a6838df0c6d435035c",
		},
		.rekeyed = {
			.ni = "c49255a8d6acbd853b7329ba71f5b9e50cce4ac4bc9754be5d01b6064a923a35",
			.nr = "40db1f0079f742612c0675cb80234efa0a63c66df7a5c527f42376b3c043dccd",
			.g_ir = "94c71f644215d8daee36ddef39f41778db047e43f7b96c7ec0a90eca24b49e38",
			.spi_i = "790ff8ed1772daf7",
			.spi_r = "6cf92e191184e1eb",
			.sk_d = "41cdea6ab8609e624e38be862adcef662c7637c7b2dda004941e23f23dd9084a",
			.sk_ai = "cb7065bcade4e3a1d57188c5ebe06c74646ee9cce27e0049ca2da78a7c099c9f",
			.sk_ar = "776eb070ed7118a56f6228bd902f5126e0b426872e697ad9432b41422d4b5b36",
			.sk_ei = "89bbb6c1d9a5100d3205dd7c5fbd9d76",
			.sk_er = "5f666e51d9218aa0996dce9028e841f8",
			.sk_pi = "f16ad2ad2b772aa6510ebdd34638f7c099b96aac68637458c228b25b26434fa1",
			.sk_pr = "b7e4abf7c0b03029ff77dd0cf661814e15f90fdaaa2a1873ac20cc369757865a",
		},
	},
	{
		.source = "strongSwan 5.9.8, charon's log: aes256gcm16-prfsha384-ecp384, aes256gcm16-ecp384",
		.encr = "aes256gcm16",
		.prf = "prfsha384",
		.esp_encr = "aes256gcm16",
		.first = {
			.ni = "bca9309ba0940166cbd8421c0850c5ce2165e490c3929b0c3d4df7a059e9b975",
			.nr = "df431e7a6558c1493536149b46ce9373c01b86fc828795df8f97d3a93e664457",
			.g_ir =
			  "a3c33c0816a6dda5d46cffe03738652e6e2ba397a77d86ce4cbe7dcf2c3bba44"
			  "b8ce3c0e9a9d3ea08346e917cc3ec3f1",
			.spi_i = "29efc417b0fb1356",
			.spi_r = "10546c7a940f8b25",
			.sk_d =
			  "52dfd0ff8addb7d708e06eb7762506aa76dcaaced1ad3a4c26819a2c46451085"
			  "31b1816a7bf1207b171ff99d832d50b1",
			.sk_ei =
			  "762239a6a7b58913e5ec550d393f1ac28cdf0d2664e4042368989c84d565f0a2"
			  "78b4e3e0",
			.sk_er =
			  "9f7a9b7d901921a8d276893d81b62d2076ec1a2cc36fbd87657f610314c5e4dd"
			  "26602d79",
			.sk_pi =
			  "e5dc1b00624defe07b03cc9440720550c117164493e4a6cd7547da1d8ebffd5d"
			  "327401f36389ef1b5e0742c058702568",
			.sk_pr =
			  "76aad76010e1e92a1f998467edddf8f10eb8d624dc3dd951831d0855bedb9bf5"
			  "f3ee529f59140c477fca64a40d744dd2",
		},
		.auth_i =
		  "29efc417b0fb135610546c7a940f8b252e20230800000001000000d1230000b5"
		  "000000000000000101fec8f1fdba1acfbef5f3a514a69709a939af40595ec242"
		  "4000b24fb5c3af767223ed31f373bba00036c6d0ae59f4fd05917eadbd8bbda7"
		  "bf6a915999e8bcfadfb54163bfd754b0e26570108b844c3b345f7291e7c13fee"
		  "7325f2b2fb0dbf10f5c0be4e33ff6b4b02841c58d9e19c3714974b041acc0089"
		  "c733d96fc2543beba9fd5f32d5449413a6b871c7035ecce0ebc5682ca273167f"
		  "0b37a4be9e34ee280b19d6e0e610c0611b",
		.auth_r =
		  "29efc417b0fb135610546c7a940f8b252e20232000000001000000d1240000b5"
		  "7a5e949c85508abac1535998d0534149858fd222e8623ebe4a2d8fe72d715613"
		  "88c7f6d346b042b411dbae6e361015bbdd6d2e3c628ab0db8c19eaa1cf831a9d"
		  "d4c31031b330b6642d9d91ed7dccfaece7a7e289a6f9941983aa3db4b9d36a03"
		  "7ff444c135cb8369f44816be9ab9631f2461dbebc930fc264646836bbd0414d2"
		  "a995adc24fcc1a55b9cf056d95c1f4a580b185af70b9192ef1d158ecf1a6f8ba"
		  "76d2b8ffd8b98df1a70fcd6bedf1cafd85",
		.child = {
			.ni = "bca9309ba0940166cbd8421c0850c5ce2165e490c3929b0c3d4df7a059e9b975",
			.nr = "df431e7a6558c1493536149b46ce9373c01b86fc828795df8f97d3a93e664457",
			.encr_i =
			  "902beefc350b2520cbc2332c60a7eead0b8e7d36991ca5dfbf9d4dae276358b8"
			  "1e3d36d8",
			.encr_r =
			  "2803a23a9ecebb902ebf55477e52d99860cf83b29740178677153c853befefe6"
			  "09b42c2d",
		},
		.child_pfs = {
			.ni = "1e963cc451d260126ce565cb2661d7c09b48e3b3fb7e41b0e23eacc07f66e211",
			.nr = "c130159f14d915331c8ff9a0f5d39db27e1daf7095b9a8582883f2d65e7286b2",
			.g_ir =
			  "c62e16fec41dfe9fdd3caa9d2baf53b2a2f86ca77ad42abbd55accda554a141d"
			  "d5e3c19404d97ecfd337ebd1b36da25b",
			.encr_i =
			  "efd33750b5c4f822f68398d06dac8a0743ad67d2b555a6d24bf7c6df38df8176"
			  "cb02d960",
			.encr_r =
			  "a9a2a44c28ee7f55c1b1da90f6024385605dd0f46abc597bfd92ee7460cfafb1"
			  "78201cbd",
		},
		.rekeyed = {
			.ni = "6e8129fd4843fe06a16dc670c7c543006a25f64456b96dc7679a244ab130b080",
			.nr = "8be0fe7bf52ed29ef646a161180c96b9a45a13b48f3eb02dae07de1a2db2d1bc",
			.g_ir =
			  "7a13376f8d519d39ecb0d24fd0a48145367137018a26c583f21fa027452d98ef"
			  "91b82388fc19f1d1ff0a9e727b09a06a",
			.spi_i = "ef6e45efb0fb1355",
			.spi_r = "f50111636db0c6d2",
			.sk_d =
			  "a04d2a7894c8b75e9499141724ee702293247b7aa0294bc05c7c32834d53c444"
			  "4222e6ef93b0b72a19b8e8029231b1cf",
			.sk_ei =
			  "53afaa295603211cf2eee9d064eff0ce1589ebd8b9547d966aab6a6d25a72248"
			  "bdfc4e79",
			.sk_er =
			  "c2b9f408c5111f11d131822bd21b4d855d283576734e33b2eca31fd38df6d8a0"
			  "97c0b807",
			.sk_pi =
			  "6299001cbf42c675feac3196efb684ecbc2bacef8f7d5951326ef0e24922c97e"
			  "440daf39be7b1c3b7321e30f1b8a6122",
			.sk_pr =
			  "12ad3b9d7a0caf51ef379e83f06128f36f8917e758000169247ec2026b61f500"
			  "03e8ae00bd9ed28fb4ffb2339a263744",
		},
	},
};
/* clang-format on */

#endif
