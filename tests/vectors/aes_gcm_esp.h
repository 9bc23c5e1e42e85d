/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AES-GCM in ESP: the packets of draft-mcgrew-gcm-test-01 section 4, and those
 * of Wycheproof's aes_gcm_test whose additional data are as long as ESP's (8
 * octets, or 12 with an extended sequence number), read as a packet.
 */
#ifndef CYG_VECTORS_AES_GCM_ESP_H
#define CYG_VECTORS_AES_GCM_ESP_H

#include "tests/vectors/aead_vector.h"

/* clang-format off */
static const struct aead_vector gcm_vectors[] = {
	{
		.source = "draft-mcgrew-gcm-test-01 section 4 case 1",
		.encr = "aes128gcm16",
		.key = "4c80cdefbb5d10da906ac73c3613a6342e443b68",
		.esn = true,
		.seq_hi = 0x87654321,
		.text = 
			  "45000048699a000080114db7c0a80102c0a801010a9bf15638d3010000010000"
			  "00000000045f736970045f756470037369700963796265726369747902646b00"
			  "0021000101020201",
		.packet = 
			  "00004321000000004956ed7e3b244cfefecf537e729d5b07dc30df528dd22b76"
			  "8d1b98736696a6fd348509fa13ceac34cfa2436f14a3f3cf65925bf1f4a13c5d"
			  "15b21e1884f5ff6247aeabb786b93bce61bc17d768fd9732459018148f6cbe72"
			  "2fd04796562dfdb4",
	},
	{
		.source = "draft-mcgrew-gcm-test-01 section 4 case 2",
		.encr = "aes128gcm16",
		.key = "feffe9928665731c6d6a8f9467308308cafebabe",
		.text = 
			  "4500003e698f000080114dccc0a80102c0a801010a980035002a2343b2d00100"
			  "0001000000000000037369700963796265726369747902646b00000100010001",
		.packet = 
			  "0000a5f80000000afacedbaddecaf888deb22cd9b07c72c16e3a65beeb8df304"
			  "a5a5897d33ae530f1ba76d5d114d2a5c3de81827c10e9a4f51330d0eec416642"
			  "cfbb85a5b47e48a4ec3b9ba95d918bd183b70d3aa8bc6ee4c309e9d85a41ad4a",
	},
	{
		.source = "draft-mcgrew-gcm-test-01 section 4 case 3",
		.encr = "aes256gcm16",
		.key = 
			  "abbccddef00112233445566778899aababbccddef00112233445566778899aab"
			  "11223344",
		.text = 
			  "4500003069a6400080062690c0a801029389155e0a9e008b2dc57ee000000000"
			  "7002400020bf0000020405b40101040201020201",
		.packet = 
			  "4a2cbfe3000000020102030405060708ff425c9b724599df7a3bcd510194e00d"
			  "6a78107f1b0b1cbf06efae9d65a5d763748a637985771d347f0545659f14e99d"
			  "ef842d8eb335f4eecfdbf831824b4c4915956c96",
	},
	{
		.source = "draft-mcgrew-gcm-test-01 section 4 case 4",
		.encr = "aes128gcm16",
		.key = "0000000000000000000000000000000000000000",
		.text = 
			  "4500003c99c500008001cb7a40679318010101010800075c0200440061626364"
			  "65666768696a6b6c6d6e6f707172737475767761626364656667686901020201",
		.packet = 
			  "000000000000000100000000000000004688daf2f973a392732909c331d56d60"
			  "f694abaa414b5e7ff5fdcdfff5e9a284456476492719ffb64de7d9dca1e1d894"
			  "bc3bd57873ed4d181d19d4d5c8c18af3f821d496eeb096e98ad2b69e4799c71d",
	},
	{
		.source = "draft-mcgrew-gcm-test-01 section 4 case 5",
		.encr = "aes128gcm16",
		.key = "3de09874b388e6491988d0c3607eae1f57690e43",
		.esn = true,
		.seq_hi = 0x10101010,
		.text = 
			  "4500003c99c300008001cb7c40679318010101010800085c0200430061626364"
			  "65666768696a6b6c6d6e6f707172737475767761626364656667686901020201",
		.packet = 
			  "42f67e3f101010104e280000a2fca1a3fba2caa4853cf9f0f22cb10d86dd83b0"
			  "fec75691cf1a04b00d1138ec9c35791765acbd8701ad79845bf9fe3fba487bc9"
			  "1755e6662b4c8d0d1f5e22739530320ae0d731cc978ecafaeae88f00e80d6e48",
	},
	{
		.source = "draft-mcgrew-gcm-test-01 section 4 case 6",
		.encr = "aes128gcm16",
		.key = "3de09874b388e6491988d0c3607eae1f57690e43",
		.esn = true,
		.seq_hi = 0x10101010,
		.text = "4500001c42a200008001441f406793b6e00000020a00f5ff01020201",
		.packet = 
			  "42f67e3f101010104e280000a2fca1a3fba2ca845e5df9f0f22c3e6e86dd831e"
			  "1fc65792cd1af9130e1379ed369f071f35e034be95f112e4e7d05d35",
	},
	{
		.source = "draft-mcgrew-gcm-test-01 section 4 case 7",
		.encr = "aes192gcm16",
		.key = "feffe9928665731c6d6a8f9467308308feffe9928665731ccafebabe",
		.text = 
			  "45000028a4ad4000400678800a01038f0a010612802306b8cb712602dd6bb03e"
			  "501016d075680001",
		.packet = 
			  "0000a5f80000000afacedbaddecaf888a5b1f8066029aea40e598b8122de0242"
			  "0938b3ab33f828e687b8858b5bfbdbd0315b27452144cc7795457b9652037f53"
			  "18027b5b4cd7a636",
	},
	{
		.source = "draft-mcgrew-gcm-test-01 section 4 case 8",
		.encr = "aes128gcm16",
		.key = "abbccddef00112233445566778899aabdecaf888",
		.esn = true,
		.seq_hi = 0x00000000,
		.text = 
			  "4500004933ba00007f119106c3fb1d10c2b1d326c02831ce0035dd7b800302d5"
			  "00004e20001e8c18d75b81dc91baa0476b91b924b280389d92c963bac046ec95"
			  "9b6266c04722b14923010101",
		.packet = 
			  "0000010000000001cafedebaceface7418a6fd42f72cbf4ab2a2ea901f73d814"
			  "e3e7f243d95412e1c349c1d2fbec168f9190feebaf2cb01984e65863965d7472"
			  "b79da345e0e780191f0d2f0e0f496c226f2127b27db35724e7845d68651f57e6"
			  "5f354f75ff17015769623436",
	},
	{
		.source = "draft-mcgrew-gcm-test-01 section 4 case 9",
		.encr = "aes256gcm16",
		.key = 
			  "abbccddef00112233445566778899aababbccddef00112233445566778899aab"
			  "73616c74",
		.esn = true,
		.seq_hi = 0x156f3126,
		.text = 
			  "45080028732c00004006e9f90a0106120a01038f06b88023dd6bafbecb712602"
			  "50101f646d540001",
		.packet = 
			  "17405e67dd0db99b616e640169766563f2d69ecdbd5a0d5b8d5ef38bad4da58d"
			  "1f278fde98ef67549d524a3018d9a57ff4d3a31ce673119e451626c2415771e3"
			  "b7eebca614c89b35",
	},
	{
		.source = "draft-mcgrew-gcm-test-01 section 4 case 10",
		.encr = "aes128gcm16",
		.key = "3de09874b388e6491988d0c3607eae1f57690e43",
		.esn = true,
		.seq_hi = 0x10101010,
		.text = 
			  "45000049333e00007f119182c3fb1d10c2b1d326c02831ce0035cb458003025b"
			  "000001e0001e8c18d65759d52284a0352c71475c8880391c764d6e5ee0496b32"
			  "5ae270c03899493915010101",
		.packet = 
			  "42f67e3f101010104e280000a2fca1a3fba2cad12fc1f9f00d3cebf305410db8"
			  "3d7784b607323d220f24b0a97d54182800cadb0f68d99ef0e0c0c89ae9bea888"
			  "4e52d65bc1afd0740f742444747b5b39ab533163aad4550ee5160975cdb608c5"
			  "769189609763b8e18caa81e2",
	},
	{
		.source = "draft-mcgrew-gcm-test-01 section 4 case 11",
		.encr = "aes256gcm16",
		.key = 
			  "abbccddef00112233445566778899aababbccddef00112233445566778899aab"
			  "73616c74",
		.esn = true,
		.seq_hi = 0x156f3126,
		.text = 
			  "636973636f0172756c657301746865016e6574776501646566696e6501746865"
			  "746563686e6f6c6f67696573017468617477696c6c01646566696e65746f6d6f"
			  "72726f7701020201",
		.packet = 
			  "17405e67dd0db99b616e640169766563d4b7ed86a1777f2ea13d6973d324c69e"
			  "7b43f826fb56831226508bebd2dceb18d0a6df10e5487df074113e14c641024e"
			  "3e6773d91a62ee429b043a10e3efe6b012a49363412364f8c0cac587f249e56b"
			  "11e24f30e44ccc76",
	},
	{
		.source = "draft-mcgrew-gcm-test-01 section 4 case 12",
		.encr = "aes128gcm16",
		.key = "7d773d00c144c525ac619d18c84a3f47d9664267",
		.text = "01020201",
		.packet = 
			  "335467aeffffffff43457e9182443bc6437f866bcb3f699fe9b0822bac961c45"
			  "04bef270",
	},
	{
		.source = "draft-mcgrew-gcm-test-01 section 4 case 13",
		.encr = "aes128gcm16",
		.key = "abbccddef00112233445566778899aabdecaf888",
		.esn = true,
		.seq_hi = 0x00000000,
		.text = "746f016265016f72016e6f7401746f0162650001",
		.packet = 
			  "0000010000000001cafedebaceface7429c9fc69a197d038ccdd14e2ddfcaa05"
			  "43332164412503524303ed3c6c5f283843af8c3e",
	},
	{
		.source = "draft-mcgrew-gcm-test-01 section 4 case 14",
		.encr = "aes256gcm16",
		.key = 
			  "6c6567616c697a656d6172696a75616e61616e64646f69746265666f72656961"
			  "7475726e",
		.esn = true,
		.seq_hi = 0xffffffff,
		.text = 
			  "45000030da3a00008001df3bc0a80005c0a800010800c6cd0200070061626364"
			  "65666768696a6b6c6d6e6f707172737401020201",
		.packet = 
			  "796b6963ffffffff333021696765746df97ab2aa356d8edce17644ac8c78e25d"
			  "d24dedbb29ebf1b64a274b39b49c3a864cd3d78ca4ae68a32b42458fb57dbe82"
			  "1dcc63b9d0937ba2945f669368661a329fb4c053",
	},
	{
		.source = "Wycheproof aes_gcm_test tcId 3",
		.encr = "aes128gcm16",
		.key = "aa023d0478dcb2b2312498293d9a91290432bc49",
		.text = "2035af313d1346ab00154fea78322105",
		.packet = 
			  "aac39231129872a2ac34412081288127eea945f3d0f98cc0fbab472a0cf24e87"
			  "4bb9b4812519dadf9e1232016d068133",
	},
	{
		.source = "Wycheproof aes_gcm_test tcId 12",
		.encr = "aes128gcm16",
		.key = "e63a43216c08867210e248859eb5e99c9c3a4263",
		.text = "b14da56b0462dc05b871fc815273ff4810f92f4b",
		.packet = 
			  "834afdc5c737186bd983456658aad4b1bf864616c2347509ca9b10446379b9bd"
			  "bb3b8f64a97d25b490390b53c5db91f6ee2a15b8",
	},
	{
		.source = "Wycheproof aes_gcm_test tcId 91",
		.encr = "aes256gcm16",
		.key = 
			  "92ace3e348cd821092cd921aa3546374299ab46209691bc28b8752d17f123c20"
			  "00112233",
		.text = "00010203040506070809",
		.packet = 
			  "00000000ffffffff445566778899aabbe27abdd2d2a53d2f136b9a4a25795293"
			  "01bcfb71c78d4060f52c",
	},
	{
		.source = "Wycheproof aes_gcm_test tcId 101",
		.encr = "aes256gcm16",
		.key = 
			  "cdccfe3f46d782ef47df4e72f0c02d9c7f774def970d23486f11a57f54247f17"
			  "37618789",
		.text = "e28e0e9f9d22463ac0e42639b530f42102fded75",
		.packet = 
			  "956846a209e087ed4605a8d45e30de51feca44952447015b5df1f456df8ca4bb"
			  "4eee2ce2082e91924deeb77880e1b1c84f9b8d30",
	},
	{
		.source = "Wycheproof aes_gcm_test tcId 186",
		.encr = "aes192gcm16",
		.key = "fa5b9b41f93f8b682c04ba816c3fecc24eec095b04dd749762b9cf1e",
		.text = "18159841813a69fc0f8f4229e1678da7c9016711",
		.packet = 
			  "2ed8487153e21b12923bc1138d05d205c7c1cbb85ce2a0a3f32cb9ef01ad45ec"
			  "1118b66d253317f98bdab87531ece20475cd9ebb",
	},
};
/* clang-format on */

#endif
