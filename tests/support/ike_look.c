// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/ike_look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "ike_look: %s\n", what);
	abort();
}

void look_inside(const struct ike_sa *sa, struct octets message, uint8_t *room,
		 struct ike_payloads *out)
{
	struct slice rest = slice_of(room, message.len), header, inner;
	struct ike_payloads clear;
	struct ike_header h;
	struct ike_sk sk;

	must(message.len && message.len <= MESSAGE_MAX, "no message");
	memcpy(room, message.ptr, message.len);
	must(ike_header_parse(rest, &h) &&
		     rd_slice(&rest, IKE_HEADER_BYTES, &header) &&
		     ike_payloads_parse(rest, h.next_payload, IKE_PART_CLEAR,
					&clear) == IKE_PARSE_OK &&
		     ike_find(&clear, IKE_PL_SK),
	     "no protected message");
	must(ike_sk_split(room, ike_find(&clear, IKE_PL_SK)->body,
			  sa->keys.encr->iv_bytes, sa->keys.encr->block_bytes,
			  keys_icv_bytes(&sa->keys), &sk) &&
		     keys_open(&sa->keys,
			       &(const struct sk_text){
				       .message = sk.message,
				       .aad_bytes = sk.aad_bytes,
				       .text_bytes = sk.text_bytes }) &&
		     ike_sk_inner(&sk, &inner) &&
		     ike_payloads_parse(inner, clear.sk_first,
					IKE_PART_PROTECTED, out) == IKE_PARSE_OK,
	     "it does not open");
}
