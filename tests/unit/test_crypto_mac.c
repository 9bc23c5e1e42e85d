// SPDX-License-Identifier: BSD-2-Clause
/*
 * What AH asks of each crypto backend: published vectors, and the same as the
 * reference on random input. Every packet stands in memory of its own length, with
 * the 4 octets that are lent where the numbers are extended.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/hex.h"
#include "tests/unit/crypto_fixture.h"
#include "tests/vectors/hmac.h"
#include "tests/vectors/mac.h"

#define DATA_MAX_BYTES 256
#define BYTES_MAX      9000U
#define BATCH_MAX_PKTS 100U /* more than the backends take at once */
#define BATCHES	       6U
#define LENT_BYTES     4U
#define ICV_ROOM       40U
#define GUARD	       0xa5

/* A batch as one backend has it. */
struct side {
	const struct crypto_backend *backend;
	struct crypto_thread *thread;
	struct crypto_key *key;
	struct crypto_mac macs[BATCH_MAX_PKTS];
	uint8_t ivs[BATCH_MAX_PKTS][8];
	uint8_t icvs[BATCH_MAX_PKTS][ICV_ROOM];
};

static struct crypto_key *key_new(struct side *s, const struct integ_alg *integ,
				  struct secret *octets, bool esn)
{
	const struct crypto_key_spec spec = { .encr = encr_by_name("null"),
					      .integ = integ,
					      .integ_key = octets,
					      .esn = esn };
	struct crypto_key *key = NULL;

	assert_int_equal(s->backend->key_new(s->thread, &spec, &key), 0);
	return key;
}

static void random_fill(uint8_t *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		at[i] = (uint8_t)random();
}

/* --- vectors */

static struct secret secret_of_hex(const char *hex)
{
	struct secret s;

	s.len = hex_decode(hex, s.octets, sizeof(s.octets));
	return s;
}

static void run_vector(const struct mac_vector *v)
{
	struct side s = { .backend = backend, .thread = thread };
	const struct integ_alg *integ = integ_by_name(v->integ);
	struct secret octets = secret_of_hex(v->key);
	uint8_t data[DATA_MAX_BYTES], iv[8], want[ICV_ROOM], icv[ICV_ROOM];
	struct crypto_mac mac = { .from = data, .icv = icv };

	mac.bytes = (uint32_t)hex_decode(v->data, data, sizeof(data));
	assert_int_equal(hex_decode(v->icv, want, sizeof(want)),
			 integ->icv_bytes);
	if (v->iv) {
		assert_int_equal(hex_decode(v->iv, iv, sizeof(iv)), sizeof(iv));
		mac.iv = iv;
	}
	s.key = key_new(&s, integ, &octets, false);
	/* The key is gone when it is used: it is only borrowed. */
	secret_wipe(&octets);
	backend->mac(thread, s.key, &mac, 1);
	if (!mac.ok || memcmp(icv, want, integ->icv_bytes))
		fail_msg("%s, %s", v->source, v->integ);
	backend->key_free(s.key);
}

static void macs_match_published_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(mac_vectors); i++)
		run_vector(&mac_vectors[i]);
}

/* Those that are cut as ESP and AH cut them, under keys as they have them. */
static void hmacs_match_published_vectors(void **state)
{
	unsigned int n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hmac_vectors); i++) {
		const struct hmac_vector *v = &hmac_vectors[i];
		const struct integ_alg *integ = integ_by_name(v->integ);
		const struct mac_vector m = { v->source, v->integ, v->key,
					      NULL,	 v->data,  v->mac };

		if (strlen(v->key) != 2U * integ->key_bytes ||
		    strlen(v->mac) != 2U * integ->icv_bytes)
			continue;
		run_vector(&m);
		n++;
	}
	assert_true(n >= 10);
}

/* --- as the reference */

static void take_packet(struct side *s, unsigned int i, const uint8_t *octets,
			uint32_t bytes, bool esn)
{
	struct crypto_mac *mac = &s->macs[i];
	const size_t all = bytes + (esn ? LENT_BYTES : 0);

	*mac = (struct crypto_mac){ .from = malloc(all),
				    .bytes = bytes,
				    .seq_hi = i,
				    .iv = s->ivs[i],
				    .icv = s->icvs[i] };
	assert_non_null(mac->from);
	memcpy(mac->from, octets, all);
	memset(s->icvs[i], GUARD, ICV_ROOM);
}

static void assert_same(struct side *ours, struct side *reference,
			unsigned int i, const uint8_t *octets, size_t all)
{
	assert_true(ours->macs[i].ok && reference->macs[i].ok);
	assert_memory_equal(ours->icvs[i], reference->icvs[i], ICV_ROOM);
	assert_memory_equal(ours->macs[i].from, octets, all);
	assert_memory_equal(reference->macs[i].from, octets, all);
	free(ours->macs[i].from);
	free(reference->macs[i].from);
}

static void run_batch(struct side *ours, struct side *reference, bool esn)
{
	static uint8_t octets[BATCH_MAX_PKTS][BYTES_MAX + LENT_BYTES];
	const unsigned int n = 1 + (unsigned int)random() % BATCH_MAX_PKTS;

	random_fill(ours->ivs[0], sizeof(ours->ivs));
	memcpy(reference->ivs, ours->ivs, sizeof(ours->ivs));
	for (unsigned int i = 0; i < n; i++) {
		const uint32_t bytes =
			1 + (uint32_t)random() % (i ? 300 : BYTES_MAX);

		random_fill(octets[i], bytes + LENT_BYTES);
		take_packet(ours, i, octets[i], bytes, esn);
		take_packet(reference, i, octets[i], bytes, esn);
	}
	ours->backend->mac(ours->thread, ours->key, ours->macs, n);
	reference->backend->mac(NULL, reference->key, reference->macs, n);
	for (unsigned int i = 0; i < n; i++)
		assert_same(ours, reference, i, octets[i],
			    ours->macs[i].bytes + (esn ? LENT_BYTES : 0));
}

static void run_integ(const struct integ_alg *integ, bool esn)
{
	static struct side ours, reference;
	struct secret octets = { .len = integ->key_bytes };

	ours.backend = backend;
	ours.thread = thread;
	reference.backend = &crypto_openssl;
	random_fill(octets.octets, octets.len);
	ours.key = key_new(&ours, integ, &octets, esn);
	reference.key = key_new(&reference, integ, &octets, esn);
	for (unsigned int i = 0; i < BATCHES; i++)
		run_batch(&ours, &reference, esn);
	ours.backend->key_free(ours.key);
	reference.backend->key_free(reference.key);
}

static void any_batch_has_the_macs_of_the_reference(void **state)
{
	(void)state;
	srandom(1);
	for (size_t i = 0; integ_at(i); i++) {
		run_integ(integ_at(i), false);
		run_integ(integ_at(i), true);
	}
}

/* RFC 4302 section 3.3.3.2.2: it is covered behind the packet. */
static void high_half_is_covered_as_octets_behind_the_packet(void **state)
{
	(void)state;
	for (size_t i = 0; integ_at(i); i++) {
		struct side s = { .backend = backend, .thread = thread };
		const struct integ_alg *integ = integ_at(i);
		struct secret octets = { .len = integ->key_bytes };
		uint8_t packet[44], iv[8] = { 1 }, icvs[2][ICV_ROOM];
		struct crypto_mac mac = { packet, 40,	   0x01020304,
					  iv,	  icvs[0], false };

		random_fill(octets.octets, octets.len);
		memset(packet, 7, sizeof(packet));
		s.key = key_new(&s, integ, &octets, true);
		backend->mac(thread, s.key, &mac, 1);
		backend->key_free(s.key);

		memcpy(packet + 40, "\x01\x02\x03\x04", 4);
		mac.bytes = 44;
		mac.icv = icvs[1];
		s.key = key_new(&s, integ, &octets, false);
		backend->mac(thread, s.key, &mac, 1);
		backend->key_free(s.key);
		assert_memory_equal(icvs[0], icvs[1], integ->icv_bytes);
	}
}

static void empty_batch_is_fine(void **state)
{
	struct side s = { .backend = backend, .thread = thread };

	(void)state;
	for (size_t i = 0; integ_at(i); i++) {
		struct secret octets = { .len = integ_at(i)->key_bytes };

		s.key = key_new(&s, integ_at(i), &octets, true);
		backend->mac(thread, s.key, NULL, 0);
		backend->key_free(s.key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(macs_match_published_vectors),
		cmocka_unit_test(hmacs_match_published_vectors),
		cmocka_unit_test(any_batch_has_the_macs_of_the_reference),
		cmocka_unit_test(
			high_half_is_covered_as_octets_behind_the_packet),
		cmocka_unit_test(empty_batch_is_fine),
	};
	int failed = 0;

	for (size_t i = 0; i < ARRAY_LEN(backends); i++)
		if (backend_may_run(&backends[i]))
			failed +=
				cmocka_run_group_tests_name(backends[i].name,
							    tests, backend_take,
							    backend_give_back);
	return failed != 0;
}
