// SPDX-License-Identifier: BSD-2-Clause
/*
 * ESP packets through each crypto backend: published vectors both ways, one bit
 * wrong anywhere, and batches. ipsec-mb also with its code for older CPUs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "ctrl/crypto/alg.h"
#include "ctrl/crypto/crypto.h"
#include "include/proto.h"
#include "tests/support/hex.h"
#include "tests/unit/crypto_fixture.h"
#include "tests/vectors/aes_cbc_esp.h"
#include "tests/vectors/aes_gcm_esp.h"
#include "tests/vectors/chacha_esp.h"
#include "tests/vectors/hmac.h"

#define PACKET_MAX_BYTES 2048
#define BATCH_PKTS	 64

/* As much as the longest suite takes; any octets would do. */
#define ENCR_KEY                                                           \
	"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4" \
	"cafebabe"
#define INTEG_KEY     \
	CBC_INTEG_KEY \
	"2122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f40"

static struct secret secret_of_hex(const char *hex)
{
	struct secret s;

	s.len = hex_decode(hex, s.octets, sizeof(s.octets));
	return s;
}

/* The secrets are gone when the key is used: the spec is only borrowed. */
static struct crypto_key *key_of_secrets(const struct suite *suite,
					 struct secret *encr_key,
					 struct secret *integ_key)
{
	struct crypto_key_spec spec = {
		.encr = encr_by_name(suite->encr),
		.integ = suite_integ(suite),
		.encr_key = encr_key,
		.integ_key = suite->integ ? integ_key : NULL,
		.esn = suite->esn,
	};
	struct crypto_key *key = NULL;

	assert_int_equal(backend->key_new(thread, &spec, &key), 0);
	assert_non_null(key);
	secret_wipe(encr_key);
	secret_wipe(integ_key);
	return key;
}

/* The key set cut to what the suite needs. */
static void suite_secrets(const struct suite *suite, struct secret *encr_key,
			  struct secret *integ_key)
{
	*encr_key = secret_of_hex(ENCR_KEY);
	encr_key->len = encr_key_bytes(encr_by_name(suite->encr));
	*integ_key = secret_of_hex(INTEG_KEY);
	integ_key->len = suite_integ(suite)->key_bytes;
}

static struct crypto_key *suite_key(const struct suite *suite)
{
	struct secret encr_key, integ_key;

	suite_secrets(suite, &encr_key, &integ_key);
	return key_of_secrets(suite, &encr_key, &integ_key);
}

/* A packet in memory of its own length: a sanitizer sees a step outside. */
struct packet {
	uint8_t *octets;
	size_t bytes;
	uint32_t text_at;
	uint32_t icv_bytes;
	struct crypto_op op;
};

static struct packet packet_new(const struct suite *suite, uint32_t text_bytes)
{
	const struct encr_alg *encr = encr_by_name(suite->encr);
	struct packet p = {
		.text_at = ESP_HEADER_BYTES + encr->iv_bytes,
		.icv_bytes = esp_icv_bytes(encr, suite_integ(suite)),
	};

	p.bytes = p.text_at + text_bytes + p.icv_bytes;
	p.octets = malloc(p.bytes);
	assert_non_null(p.octets);
	for (size_t i = 0; i < p.bytes; i++)
		p.octets[i] = (uint8_t)random();
	p.op = (struct crypto_op){ .esp = p.octets,
				   .text_bytes = text_bytes,
				   .seq_hi = 7 };
	return p;
}

/* The packet as it is, with the same octets in fresh memory. */
static struct packet packet_copy(const struct packet *from)
{
	struct packet p = *from;

	p.octets = malloc(p.bytes);
	assert_non_null(p.octets);
	memcpy(p.octets, from->octets, p.bytes);
	p.op.esp = p.octets;
	return p;
}

static struct packet packet_of_hex(const struct suite *suite, const char *hex)
{
	uint8_t octets[PACKET_MAX_BYTES];
	size_t bytes = hex_decode(hex, octets, sizeof(octets));
	struct packet p = packet_new(suite, 0);
	size_t around = p.bytes;

	free(p.octets);
	assert_true(bytes >= around);
	p = packet_new(suite, (uint32_t)(bytes - around));
	memcpy(p.octets, octets, bytes);
	return p;
}

static bool seal_one(struct crypto_key *key, struct packet *p)
{
	p->op.ok = false;
	backend->seal(thread, key, &p->op, 1);
	return p->op.ok;
}

static bool open_one(struct crypto_key *key, struct packet *p)
{
	p->op.ok = false;
	backend->open(thread, key, &p->op, 1);
	return p->op.ok;
}

static bool is_zeroed(const struct packet *p)
{
	for (uint32_t i = 0; i < p->op.text_bytes; i++)
		if (p->octets[p->text_at + i])
			return false;
	return true;
}

/* --- vectors */

/* Seals plain and gets sealed, opens sealed and gets plain. */
static void assert_both_ways(struct crypto_key *key, struct packet *plain,
			     struct packet *sealed, const char *source)
{
	struct packet p = packet_copy(plain);

	if (!seal_one(key, &p) || memcmp(p.octets, sealed->octets, p.bytes))
		fail_msg("%s: seal", source);
	/* The ICV stays behind the text, hence all but the ICV is compared. */
	if (!open_one(key, &p) ||
	    memcmp(p.octets, plain->octets, plain->bytes - plain->icv_bytes))
		fail_msg("%s: open", source);
	free(p.octets);
}

static void run_aead_vectors(const struct aead_vector *vectors, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct aead_vector *v = &vectors[i];
		struct suite suite = { .encr = v->encr, .esn = v->esn };
		struct secret encr_key = secret_of_hex(v->key);
		struct crypto_key *key = key_of_secrets(&suite, &encr_key, NULL);
		struct packet sealed = packet_of_hex(&suite, v->packet);
		struct packet plain = packet_copy(&sealed);

		plain.op.seq_hi = v->seq_hi;
		assert_int_equal(hex_decode(v->text, plain.octets + plain.text_at,
					    plain.op.text_bytes),
				 plain.op.text_bytes);
		assert_both_ways(key, &plain, &sealed, v->source);
		free(plain.octets);
		free(sealed.octets);
		backend->key_free(key);
	}
}

static void gcm_packets_match_published_vectors(void **state)
{
	(void)state;
	run_aead_vectors(gcm_vectors, ARRAY_LEN(gcm_vectors));
}

static void chacha_packets_match_published_vectors(void **state)
{
	(void)state;
	run_aead_vectors(chacha_vectors, ARRAY_LEN(chacha_vectors));
}

static void run_cbc_vector(const struct cbc_vector *v,
			   const struct cbc_mac *mac, bool esn)
{
	struct suite suite = { v->encr, mac->integ, esn };
	struct secret encr_key = secret_of_hex(v->key);
	struct secret integ_key = secret_of_hex(mac->key);
	struct crypto_key *key = key_of_secrets(&suite, &encr_key, &integ_key);
	struct packet sealed, plain;
	char hex[PACKET_MAX_BYTES];

	snprintf(hex, sizeof(hex), "%s%s%s%s", v->header, v->iv, v->ciphertext,
		 esn ? mac->icv_esn : mac->icv);
	sealed = packet_of_hex(&suite, hex);
	plain = packet_copy(&sealed);
	plain.op.seq_hi = CBC_SEQ_HI;
	assert_int_equal(hex_decode(v->text, plain.octets + plain.text_at,
				    plain.op.text_bytes),
			 plain.op.text_bytes);
	assert_both_ways(key, &plain, &sealed, v->source);
	free(plain.octets);
	free(sealed.octets);
	backend->key_free(key);
}

static void cbc_packets_match_published_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cbc_vectors); i++) {
		const struct cbc_mac mac = {
			.integ = "sha256",
			.key = CBC_INTEG_KEY,
			.icv = cbc_vectors[i].icv,
			.icv_esn = cbc_vectors[i].icv_esn,
		};

		run_cbc_vector(&cbc_vectors[i], &mac, false);
		run_cbc_vector(&cbc_vectors[i], &mac, true);
	}
}

static void cbc_packet_has_the_icv_of_each_mac(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cbc_macs); i++) {
		run_cbc_vector(&cbc_vectors[CBC_MAC_PACKET], &cbc_macs[i],
			       false);
		run_cbc_vector(&cbc_vectors[CBC_MAC_PACKET], &cbc_macs[i], true);
	}
}

static const struct hmac_vector *hmac_vector_of(const char *source)
{
	for (size_t i = 0; i < ARRAY_LEN(hmac_vectors); i++)
		if (strcmp(hmac_vectors[i].source, source) == 0)
			return &hmac_vectors[i];
	fail_msg("no vector %s", source);
	return NULL;
}

/*
 * The second cases of RFC 4868 have 28 octets: SPI, sequence number, IV, no
 * text, and the high half of an extended sequence number at the end.
 */
static void second_cases_of_rfc_4868_are_icvs_of_extended_packets(void **state)
{
	static const char *const sources[] = {
		"RFC 4868 section 2.7.2.1 AUTH256-2",
		"RFC 4868 section 2.7.2.2 AUTH384-2",
		"RFC 4868 section 2.7.2.3 AUTH512-2",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		const struct hmac_vector *v = hmac_vector_of(sources[i]);
		struct suite suite = { "aes128", v->integ, true };
		struct secret encr_key = { .len = 16 };
		struct secret integ_key = secret_of_hex(v->key);
		struct packet p = packet_new(&suite, 0);
		uint8_t data[28], icv[32];
		struct crypto_key *key;

		key = key_of_secrets(&suite, &encr_key, &integ_key);
		assert_int_equal(hex_decode(v->data, data, sizeof(data)), 28);
		assert_int_equal(hex_decode(v->mac, icv, sizeof(icv)),
				 p.icv_bytes);
		memcpy(p.octets, data, 24);
		p.op.seq_hi = 0x696e673f; /* "ing?" */

		assert_true(seal_one(key, &p));
		assert_memory_equal(p.octets + 24, icv, p.icv_bytes);
		assert_true(open_one(key, &p));
		free(p.octets);
		backend->key_free(key);
	}
}

/* --- what was forged is refused */

/* Refused, and never left deciphered (ctrl/crypto/crypto.h). */
static void assert_refused(const struct suite *suite, struct crypto_key *key,
			   struct packet *forged)
{
	struct packet p = packet_copy(forged);

	p.op.failed = true;
	assert_false(open_one(key, &p));
	assert_false(p.op.failed);
	assert_int_equal(ERR_peek_error(), 0);
	if (encr_is_aead(encr_by_name(suite->encr)))
		assert_true(is_zeroed(&p));
	else
		assert_memory_equal(p.octets, forged->octets, p.bytes);
	free(p.octets);
}

static struct packet sealed_packet(const struct suite *suite,
				   struct crypto_key *key, uint32_t text_bytes)
{
	struct packet p = packet_new(suite, text_bytes);

	assert_true(seal_one(key, &p));
	return p;
}

static void one_bit_wrong_in_any_octet_is_refused(void **state)
{
	(void)state;
	srandom(1);
	for (size_t s = 0; s < n_verifying; s++) {
		struct crypto_key *key = suite_key(&suites[s]);
		struct packet p = sealed_packet(&suites[s], key, 96);

		for (size_t i = 0; i < p.bytes; i++) {
			uint8_t bit = (uint8_t)(1U << random() % 8);

			p.octets[i] ^= bit;
			assert_refused(&suites[s], key, &p);
			p.octets[i] ^= bit;
		}
		assert_true(open_one(key, &p));
		free(p.octets);
		backend->key_free(key);
	}
}

static void other_high_half_is_refused_with_esn_and_unread_without(void **state)
{
	(void)state;
	for (size_t s = 0; s < n_verifying; s++) {
		struct crypto_key *key = suite_key(&suites[s]);
		struct packet p = sealed_packet(&suites[s], key, 96);

		for (unsigned int bit = 0; bit < 32; bit++) {
			struct packet other = packet_copy(&p);

			other.op.seq_hi ^= 1U << bit;
			if (suites[s].esn)
				assert_refused(&suites[s], key, &other);
			else
				assert_true(open_one(key, &other));
			free(other.octets);
		}
		free(p.octets);
		backend->key_free(key);
	}
}

static void esn_on_one_side_alone_is_refused(void **state)
{
	(void)state;
	for (size_t s = 0; s < n_verifying; s++) {
		struct suite peer = suites[s];
		struct crypto_key *ours = suite_key(&suites[s]);
		struct crypto_key *theirs;
		struct packet p;

		peer.esn = !peer.esn;
		theirs = suite_key(&peer);
		p = sealed_packet(&peer, theirs, 96);
		assert_refused(&suites[s], ours, &p);
		free(p.octets);
		backend->key_free(theirs);
		backend->key_free(ours);
	}
}

/* Every octet of what verifies: the AEAD's key and salt, or the MAC's key. */
static void one_bit_wrong_in_the_key_is_refused(void **state)
{
	(void)state;
	for (size_t s = 0; s < n_verifying; s++) {
		struct crypto_key *key = suite_key(&suites[s]);
		struct packet p = sealed_packet(&suites[s], key, 96);
		struct secret encr_key, integ_key;
		size_t n;

		suite_secrets(&suites[s], &encr_key, &integ_key);
		n = suites[s].integ ? integ_key.len : encr_key.len;
		for (size_t i = 0; i < n; i++) {
			struct crypto_key *wrong;

			suite_secrets(&suites[s], &encr_key, &integ_key);
			if (suites[s].integ)
				integ_key.octets[i] ^= 1;
			else
				encr_key.octets[i] ^= 1;
			wrong = key_of_secrets(&suites[s], &encr_key,
					       &integ_key);
			assert_refused(&suites[s], wrong, &p);
			backend->key_free(wrong);
		}
		free(p.octets);
		backend->key_free(key);
	}
}

static void assert_whole_blocks(const struct suite *suite, uint32_t block)
{
	struct crypto_key *key = suite_key(suite);

	for (uint32_t n = 1; n <= 64; n++) {
		struct packet p = packet_new(suite, n);
		struct packet before = packet_copy(&p);

		if (n % block == 0) {
			assert_true(seal_one(key, &p));
			assert_true(open_one(key, &p));
		} else {
			p.op.ok = true;
			backend->seal(thread, key, &p.op, 1);
			assert_false(p.op.ok);
			p.op.ok = true;
			backend->open(thread, key, &p.op, 1);
			assert_false(p.op.ok);
			assert_memory_equal(p.octets, before.octets, p.bytes);
		}
		free(before.octets);
		free(p.octets);
	}
	backend->key_free(key);
}

static void text_of_broken_blocks_is_refused_and_untouched(void **state)
{
	(void)state;
	for (size_t s = 0; s < n_suites; s++)
		assert_whole_blocks(&suites[s],
				    encr_by_name(suites[s].encr)->block_bytes);
}

/* Then the ICV is all that stands between a forger and us. */
static void packet_without_text_is_sealed_and_one_bit_wrong_refused(void **state)
{
	(void)state;
	for (size_t s = 0; s < n_verifying; s++) {
		struct crypto_key *key = suite_key(&suites[s]);
		struct packet p = sealed_packet(&suites[s], key, 0);

		for (size_t bit = 0; bit < 8 * p.bytes; bit++) {
			p.octets[bit / 8] ^= (uint8_t)(1U << bit % 8);
			assert_refused(&suites[s], key, &p);
			p.octets[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		assert_true(open_one(key, &p));
		free(p.octets);
		backend->key_free(key);
	}
}

/* --- batches */

static void batch_of(struct packet *packets, struct crypto_op *ops,
		     const struct suite *suite)
{
	for (unsigned int i = 0; i < BATCH_PKTS; i++) {
		packets[i] = packet_new(suite, (uint32_t)random() % 80 * 16);
		packets[i].op.seq_hi = i;
		ops[i] = packets[i].op;
	}
}

static void batch_free(struct packet *packets)
{
	for (unsigned int i = 0; i < BATCH_PKTS; i++)
		free(packets[i].octets);
}

static void forged_packet_in_a_batch_fails_alone(void **state)
{
	(void)state;
	srandom(2);
	for (size_t s = 0; s < n_verifying; s++) {
		struct crypto_key *key = suite_key(&suites[s]);
		struct packet packets[BATCH_PKTS], before[BATCH_PKTS];
		struct crypto_op ops[BATCH_PKTS];

		batch_of(packets, ops, &suites[s]);
		for (unsigned int i = 0; i < BATCH_PKTS; i++)
			before[i] = packet_copy(&packets[i]);
		backend->seal(thread, key, ops, BATCH_PKTS);
		for (unsigned int i = 0; i < BATCH_PKTS; i++)
			assert_true(ops[i].ok);
		packets[BATCH_PKTS / 2].octets[0] ^= 1;
		backend->open(thread, key, ops, BATCH_PKTS);
		for (unsigned int i = 0; i < BATCH_PKTS; i++) {
			assert_true(ops[i].ok == (i != BATCH_PKTS / 2));
			if (ops[i].ok)
				assert_memory_equal(
					packets[i].octets, before[i].octets,
					before[i].bytes - before[i].icv_bytes);
		}
		batch_free(before);
		batch_free(packets);
		backend->key_free(key);
	}
}

static void batch_gives_what_single_packets_give(void **state)
{
	(void)state;
	srandom(3);
	for (size_t s = 0; s < n_suites; s++) {
		struct crypto_key *one = suite_key(&suites[s]);
		struct crypto_key *other = suite_key(&suites[s]);
		struct packet packets[BATCH_PKTS], singles[BATCH_PKTS];
		struct crypto_op ops[BATCH_PKTS];

		batch_of(packets, ops, &suites[s]);
		for (unsigned int i = 0; i < BATCH_PKTS; i++)
			singles[i] = packet_copy(&packets[i]);
		backend->seal(thread, one, ops, BATCH_PKTS);
		for (unsigned int i = 0; i < BATCH_PKTS; i++) {
			assert_true(seal_one(other, &singles[i]));
			assert_memory_equal(packets[i].octets,
					    singles[i].octets, singles[i].bytes);
		}
		batch_free(singles);
		batch_free(packets);
		backend->key_free(other);
		backend->key_free(one);
	}
}

static void empty_batch_is_fine(void **state)
{
	struct crypto_key *key = suite_key(&suites[0]);

	(void)state;
	backend->seal(thread, key, NULL, 0);
	backend->open(thread, key, NULL, 0);
	backend->key_free(key);
}

/* --- property */

static void open_undoes_seal_for_any_length(void **state)
{
	(void)state;
	srandom(4);
	for (size_t s = 0; s < n_suites; s++) {
		const struct encr_alg *encr = encr_by_name(suites[s].encr);
		struct crypto_key *key = suite_key(&suites[s]);

		for (unsigned int n = 0; n < 60; n++) {
			uint32_t blocks =
				(uint32_t)random() % 1500 / encr->block_bytes;
			struct packet p = packet_new(&suites[s],
						     blocks * encr->block_bytes);
			struct packet plain = packet_copy(&p);

			assert_true(seal_one(key, &p));
			/* SPI, sequence number and IV stay as they are. */
			assert_memory_equal(p.octets, plain.octets, p.text_at);
			if (p.op.text_bytes >= 16 && suite_encrypts(&suites[s]))
				assert_memory_not_equal(p.octets + p.text_at,
							plain.octets + p.text_at,
							p.op.text_bytes);
			assert_true(open_one(key, &p));
			assert_memory_equal(p.octets, plain.octets,
					    p.bytes - p.icv_bytes);
			free(plain.octets);
			free(p.octets);
		}
		backend->key_free(key);
	}
}

static void largest_packet_passes(void **state)
{
	(void)state;
	for (size_t s = 0; s < n_suites; s++) {
		struct crypto_key *key = suite_key(&suites[s]);
		struct packet p = sealed_packet(&suites[s], key, 65488);

		assert_true(open_one(key, &p));
		free(p.octets);
		backend->key_free(key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gcm_packets_match_published_vectors),
		cmocka_unit_test(chacha_packets_match_published_vectors),
		cmocka_unit_test(cbc_packets_match_published_vectors),
		cmocka_unit_test(cbc_packet_has_the_icv_of_each_mac),
		cmocka_unit_test(
			second_cases_of_rfc_4868_are_icvs_of_extended_packets),
		cmocka_unit_test(one_bit_wrong_in_any_octet_is_refused),
		cmocka_unit_test(
			other_high_half_is_refused_with_esn_and_unread_without),
		cmocka_unit_test(esn_on_one_side_alone_is_refused),
		cmocka_unit_test(one_bit_wrong_in_the_key_is_refused),
		cmocka_unit_test(text_of_broken_blocks_is_refused_and_untouched),
		cmocka_unit_test(
			packet_without_text_is_sealed_and_one_bit_wrong_refused),
		cmocka_unit_test(forged_packet_in_a_batch_fails_alone),
		cmocka_unit_test(batch_gives_what_single_packets_give),
		cmocka_unit_test(empty_batch_is_fine),
		cmocka_unit_test(open_undoes_seal_for_any_length),
		cmocka_unit_test(largest_packet_passes),
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
