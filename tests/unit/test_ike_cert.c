// SPDX-License-Identifier: BSD-2-Clause
/* CERT, CERTREQ, signatures in AUTH and hash algorithms, to octets and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/wire/ike_cert.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The payloads of a message that was built; its room is the caller's. */
static void built(struct ike_builder *m, struct ike_payloads *out)
{
	struct slice message, header;
	uint8_t first;

	assert_true(ike_end(m, &message));
	first = message.ptr[16];
	assert_true(rd_slice(&message, IKE_HEADER_BYTES, &header));
	assert_int_equal(ike_payloads_parse(message, first, IKE_PART_PROTECTED,
					    out),
			 IKE_PARSE_OK);
}

static void begin(struct ike_builder *m, uint8_t *room, size_t bytes)
{
	const struct ike_header h = { .version = IKE_VERSION };

	ike_begin(m, room, bytes, &h);
}

static void certificate_comes_as_it_was_sent(void **state)
{
	uint8_t room[128];
	struct ike_payloads p;
	struct ike_builder m;
	struct ike_cert cert;

	(void)state;
	begin(&m, room, sizeof(room));
	ike_cert_put(&m, IKE_PL_CERT, IKE_CERT_X509, slice_of("leaf", 4));
	ike_cert_put(&m, IKE_PL_CERT, IKE_CERT_PUBLIC_KEY, slice_of("", 0));
	built(&m, &p);
	assert_int_equal(ike_count(&p, IKE_PL_CERT), 2);
	assert_memory_equal(p.at[0].body.ptr, "\x04leaf", 5);
	assert_true(ike_cert_parse(p.at[0].body, &cert));
	assert_int_equal(cert.encoding, IKE_CERT_X509);
	assert_int_equal(cert.data.len, 4);
	assert_true(ike_cert_parse(p.at[1].body, &cert));
	assert_int_equal(cert.encoding, IKE_CERT_PUBLIC_KEY);
	assert_int_equal(cert.data.len, 0);
	assert_false(ike_cert_parse(slice_of("", 0), &cert));
}

static void request_names_authorities_by_hashes_of_20_octets(void **state)
{
	static const uint8_t octets[45] = { [0] = 1, [20] = 2, [40] = 3 };
	struct slice hashes = slice_of(octets, sizeof(octets)), hash;

	(void)state;
	assert_true(ike_ca_hash_next(&hashes, &hash));
	assert_int_equal(hash.len, 20);
	assert_int_equal(hash.ptr[0], 1);
	assert_true(ike_ca_hash_next(&hashes, &hash));
	assert_int_equal(hash.ptr[0], 2);
	assert_false(ike_ca_hash_next(&hashes, &hash)); /* a part of one */
	assert_int_equal(hashes.len, 5);
}

/* RFC 7296 section 3.6. */
static void certificate_may_be_elsewhere(void **state)
{
	static const char url[] =
		"http://a/000102030405060708090a0b0c0d0e0f10fe12ff";
	uint8_t hash[IKE_CERT_HASH_BYTES], room[256];
	struct ike_cert_url at;
	struct ike_payloads p;
	struct ike_builder m;
	struct ike_cert cert;

	(void)state;
	for (uint8_t i = 0; i < sizeof(hash); i++)
		hash[i] = i;
	hash[17] = 0xfe;
	hash[19] = 0xff;
	begin(&m, room, sizeof(room));
	ike_cert_url_put(&m, hash, "http://a/");
	built(&m, &p);
	assert_true(ike_cert_parse(p.at[0].body, &cert));
	assert_int_equal(cert.encoding, IKE_CERT_HASH_URL);
	assert_true(ike_cert_url_parse(cert.data, &at));
	assert_memory_equal(at.hash, hash, sizeof(hash));
	assert_string_equal(at.url, url);
	for (size_t len = 0; len <= sizeof(hash); len++)
		assert_false(
			ike_cert_url_parse(slice_of(cert.data.ptr, len), &at));
}

static void address_of_a_certificate_is_bounded_and_printable(void **state)
{
	uint8_t octets[IKE_CERT_HASH_BYTES + IKE_CERT_URL_MAX];
	static const uint8_t bad[] = { 0, ' ', '\n', 0x1b, 0x7f, 0x80, 0xff };
	struct ike_cert_url at;

	(void)state;
	memset(octets, 'a', sizeof(octets));
	assert_false(ike_cert_url_parse(slice_of(octets, sizeof(octets)), &at));
	assert_true(
		ike_cert_url_parse(slice_of(octets, sizeof(octets) - 1), &at));
	assert_int_equal(strlen(at.url), IKE_CERT_URL_MAX - 1);
	for (size_t i = 0; i < sizeof(bad); i++) {
		octets[100] = bad[i];
		assert_false(ike_cert_url_parse(slice_of(octets, 101), &at));
		assert_false(ike_cert_url_parse(slice_of(octets, 200), &at));
	}
}

/* RFC 7427 section 3: | length | AlgorithmIdentifier | signature |. */
static void signature_has_its_algorithm_before_it(void **state)
{
	static const uint8_t octets[] = { 3, 'a', 'l', 'g', 's', 'i', 'g', '!' };
	struct slice data = slice_of(octets, sizeof(octets)), alg, signature;
	uint8_t room[16];
	struct builder b = wr_init(room, sizeof(room));

	(void)state;
	assert_true(ike_signature_parse(data, &alg, &signature));
	assert_int_equal(alg.len, 3);
	assert_memory_equal(signature.ptr, "sig!", 4);
	ike_signature_put(&b, alg, signature);
	assert_true(wr_ok(&b));
	assert_int_equal(b.len, sizeof(octets));
	assert_memory_equal(room, octets, sizeof(octets));
}

static void algorithm_longer_than_all_of_it_is_no_signature(void **state)
{
	static const uint8_t octets[] = { 3, 'a', 'l', 'g' };
	struct slice alg, signature;

	(void)state;
	assert_true(ike_signature_parse(slice_of(octets, 4), &alg, &signature));
	for (size_t len = 0; len < sizeof(octets); len++)
		assert_false(ike_signature_parse(slice_of(octets, len), &alg,
						 &signature));
}

static void algorithm_of_256_octets_cannot_be_built(void **state)
{
	static const uint8_t octets[256];
	uint8_t room[600];
	struct builder b = wr_init(room, sizeof(room));

	(void)state;
	ike_signature_put(&b, slice_of(octets, sizeof(octets)), slice_of("", 0));
	assert_false(wr_ok(&b));
}

static void hashes_are_a_list_of_numbers(void **state)
{
	static const struct {
		uint8_t octets[8];
		size_t len;
		uint16_t want;
	} rows[] = {
		{ { 0 }, 0, 0 },
		{ { 0, 2, 0, 5 }, 4, 1U << 2 | 1U << 5 },
		{ { 0, 2, 0 }, 3, 1U << 2 }, /* and half a number */
		{ { 0, 16, 1, 2, 0, 15 }, 6, 1U << 15 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(
			ike_hashes_parse(slice_of(rows[i].octets, rows[i].len)),
			rows[i].want);
}

static void hashes_come_as_they_were_sent(void **state)
{
	uint8_t room[128];
	struct ike_payloads p;
	struct ike_builder m;
	struct ike_notify n;

	(void)state;
	begin(&m, room, sizeof(room));
	ike_hashes_put(&m, 1U << IKE_HASH_SHA2_256 | 1U << IKE_HASH_IDENTITY);
	built(&m, &p);
	assert_true(ike_find_notify(&p, IKE_N_SIGNATURE_HASH_ALGORITHMS, &n));
	assert_int_equal(n.data.len, 4);
	assert_memory_equal(n.data.ptr, "\0\2\0\5", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificate_comes_as_it_was_sent),
		cmocka_unit_test(
			request_names_authorities_by_hashes_of_20_octets),
		cmocka_unit_test(certificate_may_be_elsewhere),
		cmocka_unit_test(
			address_of_a_certificate_is_bounded_and_printable),
		cmocka_unit_test(signature_has_its_algorithm_before_it),
		cmocka_unit_test(algorithm_longer_than_all_of_it_is_no_signature),
		cmocka_unit_test(algorithm_of_256_octets_cannot_be_built),
		cmocka_unit_test(hashes_are_a_list_of_numbers),
		cmocka_unit_test(hashes_come_as_they_were_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
