// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/ike_derive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#define TEXT_MAX 16384U

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "ike_derive: %s\n", what);
	abort();
}

void derive_hmac(struct slice key, const struct slice *parts, size_t n,
		 uint8_t out[DERIVE_PRF_BYTES])
{
	static uint8_t text[TEXT_MAX];
	unsigned int len = DERIVE_PRF_BYTES;
	size_t bytes = 0;

	for (size_t i = 0; i < n; i++) {
		must(parts[i].len <= sizeof(text) - bytes, "too long");
		if (parts[i].len)
			memcpy(text + bytes, parts[i].ptr, parts[i].len);
		bytes += parts[i].len;
	}
	must(HMAC(EVP_sha256(), key.ptr, (int)key.len, text, bytes, out, &len),
	     "HMAC");
}

void derive_plus(struct slice key, struct slice text, uint8_t *out,
		 size_t out_bytes)
{
	uint8_t block[DERIVE_PRF_BYTES], n = 1;

	for (size_t done = 0; done < out_bytes; n++) {
		const struct slice parts[] = {
			slice_of(block, n > 1 ? sizeof(block) : 0),
			text,
			slice_of(&n, 1),
		};
		size_t more = out_bytes - done;

		derive_hmac(key, parts, 3, block);
		more = more < sizeof(block) ? more : sizeof(block);
		memcpy(out + done, block, more);
		done += more;
	}
}

void derive_first(struct slice shared, const struct derive_nonces *n,
		  uint8_t skeyseed[DERIVE_PRF_BYTES])
{
	uint8_t key[512];

	must(n->ni.len + n->nr.len <= sizeof(key), "nonces");
	memcpy(key, n->ni.ptr, n->ni.len);
	memcpy(key + n->ni.len, n->nr.ptr, n->nr.len);
	derive_hmac(slice_of(key, n->ni.len + n->nr.len), &shared, 1, skeyseed);
}

void derive_keys(const uint8_t skeyseed[DERIVE_PRF_BYTES],
		 const struct derive_nonces *n, struct derived *out)
{
	uint8_t text[640], stream[3 * DERIVE_PRF_BYTES + 2 * DERIVE_ENCR_BYTES];
	struct builder b = wr_init(text, sizeof(text));
	struct slice s = slice_of(stream, sizeof(stream));

	wr_bytes(&b, n->ni.ptr, n->ni.len);
	wr_bytes(&b, n->nr.ptr, n->nr.len);
	wr_u64(&b, n->spi_i);
	wr_u64(&b, n->spi_r);
	must(wr_ok(&b), "nonces");
	derive_plus(slice_of(skeyseed, DERIVE_PRF_BYTES), slice_of(text, b.len),
		    stream, sizeof(stream));
	must(rd_bytes(&s, out->sk_d, sizeof(out->sk_d)) &&
		     rd_bytes(&s, out->sk_ei, sizeof(out->sk_ei)) &&
		     rd_bytes(&s, out->sk_er, sizeof(out->sk_er)) &&
		     rd_bytes(&s, out->sk_pi, sizeof(out->sk_pi)) &&
		     rd_bytes(&s, out->sk_pr, sizeof(out->sk_pr)),
	     "stream");
}
