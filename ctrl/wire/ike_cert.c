// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/wire/ike_cert.h"

#include <string.h>

#define HASHES 16U

bool ike_cert_parse(struct slice body, struct ike_cert *out)
{
	if (!rd_u8(&body, &out->encoding))
		return false;
	out->data = body;
	return true;
}

bool ike_ca_hash_next(struct slice *hashes, struct slice *out)
{
	return rd_slice(hashes, IKE_CA_HASH_BYTES, out);
}

void ike_cert_put(struct ike_builder *m, enum ike_payload_type type,
		  enum ike_cert_encoding encoding, struct slice data)
{
	ike_payload_begin(m, type);
	wr_u8(&m->b, (uint8_t)encoding);
	wr_bytes(&m->b, data.ptr, data.len);
	ike_payload_end(m);
}

static bool is_printable(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= ' ' || s.ptr[i] > '~')
			return false;
	return true;
}

bool ike_cert_url_parse(struct slice data, struct ike_cert_url *out)
{
	if (!rd_bytes(&data, out->hash, sizeof(out->hash)) || !data.len ||
	    data.len >= sizeof(out->url) || !is_printable(data))
		return false;
	memcpy(out->url, data.ptr, data.len);
	out->url[data.len] = '\0';
	return true;
}

void ike_cert_url_put(struct ike_builder *m,
		      const uint8_t hash[IKE_CERT_HASH_BYTES], const char *base)
{
	static const char digits[] = "0123456789abcdef";

	ike_payload_begin(m, IKE_PL_CERT);
	wr_u8(&m->b, IKE_CERT_HASH_URL);
	wr_bytes(&m->b, hash, IKE_CERT_HASH_BYTES);
	wr_bytes(&m->b, base, strlen(base));
	for (size_t i = 0; i < IKE_CERT_HASH_BYTES; i++) {
		wr_u8(&m->b, (uint8_t)digits[hash[i] >> 4]);
		wr_u8(&m->b, (uint8_t)digits[hash[i] & 15]);
	}
	ike_payload_end(m);
}

bool ike_signature_parse(struct slice data, struct slice *alg,
			 struct slice *signature)
{
	uint8_t bytes;

	if (!rd_u8(&data, &bytes) || !rd_slice(&data, bytes, alg))
		return false;
	*signature = data;
	return true;
}

void ike_signature_put(struct builder *b, struct slice alg,
		       struct slice signature)
{
	struct wr_mark mark = wr_begin(b, 1);

	wr_bytes(b, alg.ptr, alg.len);
	wr_end(b, mark);
	wr_bytes(b, signature.ptr, signature.len);
}

uint16_t ike_hashes_parse(struct slice data)
{
	uint16_t hash, hashes = 0;

	while (rd_u16(&data, &hash))
		if (hash < HASHES)
			hashes |= (uint16_t)(1U << hash);
	return hashes;
}

void ike_hashes_put(struct ike_builder *m, uint16_t hashes)
{
	uint8_t octets[2 * HASHES];
	struct builder b = wr_init(octets, sizeof(octets));

	for (uint16_t i = 0; i < HASHES; i++)
		if (hashes & 1U << i)
			wr_u16(&b, i);
	ike_notify_put(m, &(const struct ike_notify){
				  .type = IKE_N_SIGNATURE_HASH_ALGORITHMS,
				  .data = slice_of(octets, b.len),
			  });
}
