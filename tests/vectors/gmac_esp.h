/* SPDX-License-Identifier: BSD-2-Clause */
/* AES-GMAC in ESP (RFC 4543): the packet of draft-mcgrew-gcm-test-01. */
#ifndef CYG_VECTORS_GMAC_ESP_H
#define CYG_VECTORS_GMAC_ESP_H

#include "tests/vectors/aead_vector.h"

/* clang-format off */
static const struct aead_vector gmac_vectors[] = {
	{
		.source = "draft-mcgrew-gcm-test-01, AES-GMAC",
		.encr = "aes128gmac",
		.key = "4c80cdefbb5d10da906ac73c3613a63422433c64",
		.text =
			  "45000030da3a00008001df3bc0a80005c0a800010800c6cd0200070061626364"
			  "65666768696a6b6c6d6e6f707172737401020201",
		.packet =
			  "0000432100000007000000000000000045000030da3a00008001df3bc0a80005"
			  "c0a800010800c6cd020007006162636465666768696a6b6c6d6e6f7071727374"
			  "01020201f2a9a836e155106aa8dcd618e4099aaa",
	},
};
/* clang-format on */

#endif
