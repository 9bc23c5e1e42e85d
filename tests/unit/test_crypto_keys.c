// SPDX-License-Identifier: BSD-2-Clause
/*
 * More keys than a thread of ipsec-mb has places for what it makes of them: each
 * packet is still under its own, and of a key that is gone nothing is left, also
 * where the thread goes on meanwhile. The reference is OpenSSL.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/crypto/ipsec_mb.h"
#include "ctrl/sadb/quiescent.h"
#include "ctrl/sadb/sad.h"
#include "tests/support/meet.h"

#define KEYS	    (2U * SUITES * MB_SCHEDULES)
#define SUITES	    3U
#define TEXT	    16U
#define PACKET_MAX  128U
#define BLOCK_BYTES 16U /* of AES, and a round key */
#define CROWD	    32U /* keys that have one set in common */
#define MEETINGS    5000U

/* Of several kinds, so that one takes another's place now and then. */
static const struct {
	const char *encr, *integ;
} suites[SUITES] = {
	{ "aes256gcm16", "" },
	{ "aes128", "sha512" },
	{ "aes128gcm16", "" },
};

struct keys {
	struct crypto_thread *maker, *user;
	struct crypto_key *key[KEYS];
	uint8_t expected[KEYS][PACKET_MAX];
	/* Of one set, and two threads that both want its places. */
	uint32_t crowd[CROWD], n_crowd;
	struct meeting meeting;
};

struct round_key {
	uint8_t octets[BLOCK_BYTES];
};

static const struct encr_alg *encr_of(uint32_t i)
{
	return encr_by_name(suites[i % SUITES].encr);
}

static const struct integ_alg *integ_of(uint32_t i)
{
	const struct integ_alg *alg = integ_by_name(suites[i % SUITES].integ);

	return alg ? alg : &integ_none;
}

static struct secret secret_of(uint32_t i, size_t len)
{
	struct secret s = { .len = len };

	memset(s.octets, 0x5a, len);
	if (len)
		memcpy(s.octets, &i, sizeof(i));
	return s;
}

static struct crypto_key *key_of(const struct crypto_backend *backend,
				 struct crypto_thread *maker, uint32_t i)
{
	const struct secret encr_key = secret_of(i, encr_key_bytes(encr_of(i)));
	const struct secret integ_key = secret_of(i, integ_of(i)->key_bytes);
	const struct crypto_key_spec spec = { .encr = encr_of(i),
					      .integ = integ_of(i),
					      .encr_key = &encr_key,
					      .integ_key = &integ_key };
	struct crypto_key *key;

	assert_int_equal(backend->key_new(maker, &spec, &key), 0);
	return key;
}

static bool seal(const struct crypto_backend *backend, struct crypto_thread *t,
		 struct crypto_key *key, uint8_t packet[PACKET_MAX])
{
	struct crypto_op op = { .esp = packet, .text_bytes = TEXT };

	memset(packet, 0, PACKET_MAX);
	backend->seal(t, key, &op, 1);
	return op.ok;
}

/* Does it come out as under that key? */
static bool is_sealed(struct keys *k, uint32_t i)
{
	uint8_t packet[PACKET_MAX];

	return seal(&crypto_ipsec_mb, k->user, k->key[i], packet) &&
	       memcmp(packet, k->expected[i], PACKET_MAX) == 0;
}

static void expect(uint32_t i, uint8_t packet[PACKET_MAX])
{
	struct crypto_key *key = key_of(&crypto_openssl, NULL, i);

	assert_true(seal(&crypto_openssl, NULL, key, packet));
	crypto_openssl.key_free(key);
}

static int setup(void **state)
{
	struct keys *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	assert_int_equal(crypto_ipsec_mb.thread_new(&k->maker), 0);
	assert_int_equal(crypto_ipsec_mb.thread_new(&k->user), 0);
	for (uint32_t i = 0; i < KEYS; i++) {
		k->key[i] = key_of(&crypto_ipsec_mb, k->maker, i);
		expect(i, k->expected[i]);
	}
	*state = k;
	return 0;
}

static void free_key(struct keys *k, uint32_t i)
{
	if (k->key[i])
		crypto_ipsec_mb.key_forget(k->user, k->key[i]);
	crypto_ipsec_mb.key_free(k->key[i]);
	k->key[i] = NULL;
}

static int teardown(void **state)
{
	struct keys *k = *state;

	for (uint32_t i = 0; i < KEYS; i++)
		free_key(k, i);
	crypto_ipsec_mb.thread_free(k->user);
	crypto_ipsec_mb.thread_free(k->maker);
	free(k);
	return 0;
}

/* The last one: what stands farthest from a schedule's begin. */
static struct round_key last_round_key(struct crypto_thread *t,
				       const struct crypto_key *key)
{
	const struct mb_key *made = mb_key_of(t, key);
	const size_t at = (made->key_bits / 32U + 6) * BLOCK_BYTES;
	struct round_key out;

	memcpy(out.octets,
	       made->id == ENCR_AES_CBC ? made->pair.aes.encrypt + at
					: made->gcm.expanded_keys + at,
	       sizeof(out.octets));
	return out;
}

static bool has(const struct crypto_thread *t, const struct round_key *key)
{
	return memmem(t->made.at, MB_SCHEDULES * sizeof(*t->made.at),
		      key->octets, sizeof(key->octets));
}

static void each_packet_is_under_its_own_key(void **state)
{
	struct keys *k = *state;

	for (uint32_t i = 0; i < 3 * KEYS; i++)
		assert_true(is_sealed(k, i * 40503U % KEYS));
}

/* Whichever kind of key had it, and whichever has it then. */
static void of_a_key_that_gave_its_place_up_nothing_is_left(void **state)
{
	struct keys *k = *state;

	for (uint32_t i = 0; i < SUITES * SUITES; i++) {
		const uint32_t had = i / SUITES, has_it = i % SUITES;
		struct round_key last = last_round_key(k->user, k->key[had]);

		assert_true(has(k->user, &last));
		for (uint32_t j = has_it + SUITES; j < KEYS; j += SUITES)
			assert_true(is_sealed(k, j));
		assert_false(has(k->user, &last));
	}
}

static void of_a_key_that_is_freed_nothing_is_left(void **state)
{
	struct keys *k = *state;

	for (uint32_t i = 0; i < SUITES; i++) {
		struct round_key last = last_round_key(k->user, k->key[i]);

		assert_true(has(k->user, &last));
		free_key(k, i);
		assert_false(has(k->user, &last));
	}
}

static struct sa_ref add_sa(struct sad *sad)
{
	const struct secret encr_key = secret_of(1, encr_key_bytes(encr_of(0)));
	const struct secret no_key = { .len = 0 };
	const struct sa_spec spec = {
		.dir = DIR_IN,
		.spi = 0x100,
		.encr = encr_of(0),
		.integ = &integ_none,
		.encr_key = &encr_key,
		.integ_key = &no_key,
		.replay_window = 64,
	};
	struct sa_ref ref;
	struct error e;

	assert_int_equal(sad_add(sad, &spec, &ref, &e), 0);
	return ref;
}

static void of_an_sa_that_is_removed_no_worker_has_a_key(void **state)
{
	struct sad *sad = sad_new(&crypto_ipsec_mb, 2);
	struct round_key last;
	struct sa_ref ref;

	(void)state;
	assert_non_null(sad);
	ref = add_sa(sad);
	for (uint32_t i = 0; i < 2; i++) {
		last = last_round_key(sad_crypto(sad, i),
				      sad_get(sad, ref)->key);
		assert_true(has(sad_crypto(sad, i), &last));
	}
	assert_int_equal(sad_remove(sad, ref), 0);
	quiescent_drain();
	for (uint32_t i = 0; i < 2; i++)
		assert_false(has(sad_crypto(sad, i), &last));
	sad_free(sad);
}

static size_t set_of(struct keys *k, uint32_t i)
{
	const struct mb_key *made = mb_key_of(k->user, k->key[i]);

	return (size_t)(made - k->user->made.at) % MB_SETS;
}

static void gather_crowd(struct keys *k)
{
	const size_t set = set_of(k, 0);

	for (uint32_t i = 0; i < KEYS && k->n_crowd < CROWD; i++)
		if (set_of(k, i) == set)
			k->crowd[k->n_crowd++] = i;
}

/* The first ones are forgotten while the others take the places. */
static void *use_crowd(void *ctx)
{
	struct keys *k = ctx;
	bool ok = true;

	for (uint32_t n = 0; n < MEETINGS; n++) {
		for (uint32_t i = 0; i < MB_WAYS; i++)
			ok &= is_sealed(k, k->crowd[i]);
		meet(&k->meeting, 2 * n + 1);
		for (uint32_t i = MB_WAYS; i < k->n_crowd; i++)
			ok &= is_sealed(k, k->crowd[i]);
		meet(&k->meeting, 2 * n + 2);
	}
	return ok ? ctx : NULL;
}

static void keys_are_forgotten_while_others_take_their_places(void **state)
{
	struct keys *k = *state;
	pthread_t user;
	void *ok;

	gather_crowd(k);
	assert_true(k->n_crowd > 2 * MB_WAYS);
	assert_int_equal(pthread_create(&user, NULL, use_crowd, k), 0);
	for (uint32_t n = 0; n < MEETINGS; n++) {
		meet(&k->meeting, 2 * n + 1);
		for (uint32_t i = MB_WAYS; i-- > 0;)
			crypto_ipsec_mb.key_forget(k->user, k->key[k->crowd[i]]);
		meet(&k->meeting, 2 * n + 2);
	}
	pthread_join(user, &ok);
	assert_non_null(ok);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_packet_is_under_its_own_key,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			of_a_key_that_gave_its_place_up_nothing_is_left, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			of_a_key_that_is_freed_nothing_is_left, setup, teardown),
		cmocka_unit_test(of_an_sa_that_is_removed_no_worker_has_a_key),
		cmocka_unit_test_setup_teardown(
			keys_are_forgotten_while_others_take_their_places,
			setup, teardown),
	};
	const struct crypto_backend *backend;

	if (crypto_choose(CRYPTO_IPSEC_MB, &backend)) {
		puts("skip - more keys than places: this CPU can't run ipsec-mb");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
