// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the keystore refuses to a process that may be taken over, and which key
 * it chooses. That its AUTH values are right, tests/ike shows against a peer.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/daemon/keystore.h"

static struct identity who(const char *text)
{
	struct identity id;
	struct error e;

	assert_int_equal(identity_parse(text, &id, &e), 0);
	return id;
}

static void set_key(struct psk_conf *psk, const char *text)
{
	psk->key.len = strlen(text);
	memcpy(psk->key.octets, text, psk->key.len);
}

static struct keystore_request request(void)
{
	struct keystore_request q = { .token = 9,
				      .op = KEYSTORE_PSK_MAKE,
				      .prf = PRF_HMAC_SHA2_256,
				      .message_len = 100,
				      .nonce_len = 32,
				      .id_len = 8,
				      .local = who("moon"),
				      .remote = who("sun") };

	return q;
}

static int serve(const struct keystore_request *q, struct keystore_answer *a)
{
	struct psk_conf psk = { .n_owners = 0 };

	set_key(&psk, "secret of all");
	keystore_serve(&psk, 1, q, a);
	return a->err;
}

static void request_that_is_in_order_is_answered(void **state)
{
	struct keystore_request q = request();
	struct keystore_answer a;

	(void)state;
	assert_int_equal(serve(&q, &a), 0);
	assert_int_equal(a.token, 9);
	assert_int_equal(a.auth_len, 32);
}

static void lengths_that_lie_are_refused(void **state)
{
	struct keystore_request q[9];
	struct keystore_answer a;

	(void)state;
	for (size_t i = 0; i < 9; i++)
		q[i] = request();
	q[0].message_len = KEYSTORE_MESSAGE_MAX + 1;
	q[1].nonce_len = KEYSTORE_NONCE_MAX + 1;
	q[2].id_len = sizeof(q[2].id_body) + 1;
	q[3].auth_len = KEYSTORE_PRF_MAX + 1;
	q[4].local.len = IKE_ID_MAX + 1;
	q[5].remote.len = UINT16_MAX;
	q[6].message_len = 0;
	q[7].nonce_len = 0;
	q[8].id_len = 0;
	for (size_t i = 0; i < 9; i++) {
		assert_int_equal(serve(&q[i], &a), -EINVAL);
		assert_int_equal(a.auth_len, 0);
	}
}

static void operation_that_is_not_known_is_refused(void **state)
{
	struct keystore_request q = request();
	struct keystore_answer a;

	(void)state;
	for (unsigned int op = KEYSTORE_PPK_MIX + 1; op < 256; op++) {
		q.op = (uint8_t)op;
		assert_int_equal(serve(&q, &a), -EINVAL);
		assert_int_equal(a.auth_len, 0);
	}
}

static void prf_that_is_not_known_is_refused(void **state)
{
	struct keystore_request q = request();
	struct keystore_answer a;

	(void)state;
	q.prf = 0;
	assert_int_equal(serve(&q, &a), -EINVAL);
	q.prf = 999;
	assert_int_equal(serve(&q, &a), -EINVAL);
}

/* To check is to say yes or no: it must not make what it compares with. */
static void check_returns_no_octet(void **state)
{
	struct keystore_request q = request();
	struct keystore_answer made, checked;
	const uint8_t zeros[KEYSTORE_PRF_MAX] = { 0 };

	(void)state;
	assert_int_equal(serve(&q, &made), 0);
	q.op = KEYSTORE_PSK_CHECK;
	q.auth_len = made.auth_len;
	memcpy(q.auth, made.auth, made.auth_len);
	assert_int_equal(serve(&q, &checked), 0);
	assert_memory_equal(checked.auth, zeros, sizeof(zeros));
	q.auth[31] ^= 1;
	assert_int_equal(serve(&q, &checked), -EKEYREJECTED);
	assert_memory_equal(checked.auth, zeros, sizeof(zeros));
	q.auth[31] ^= 1;
	q.auth_len = 31;
	assert_int_equal(serve(&q, &checked), -EKEYREJECTED);
}

static void key_of_others_is_not_used(void **state)
{
	struct identity owners[] = { who("venus") };
	struct psk_conf psk = { .owners = owners, .n_owners = 1 };
	struct keystore_request q = request();
	struct keystore_answer a;

	(void)state;
	set_key(&psk, "secret of venus");
	keystore_serve(&psk, 1, &q, &a);
	assert_int_equal(a.err, -ENOKEY);
	keystore_serve(NULL, 0, &q, &a);
	assert_int_equal(a.err, -ENOKEY);
}

static void key_of_both_sides_comes_before_others(void **state)
{
	struct identity both[] = { who("moon"), who("sun") };
	struct identity theirs[] = { who("sun") };
	struct psk_conf psks[] = { { .n_owners = 0 },
				   { .owners = theirs, .n_owners = 1 },
				   { .owners = both, .n_owners = 2 } };
	struct keystore_request q = request();
	struct keystore_answer all, best, alone;

	(void)state;
	set_key(&psks[0], "anybody's");
	set_key(&psks[1], "the sun's");
	set_key(&psks[2], "of both");
	keystore_serve(psks, 3, &q, &all);
	keystore_serve(psks, 2, &q, &best);
	keystore_serve(&psks[2], 1, &q, &alone);
	assert_memory_equal(all.auth, alone.auth, alone.auth_len);
	keystore_serve(&psks[1], 1, &q, &alone);
	assert_memory_equal(best.auth, alone.auth, alone.auth_len);
	assert_memory_not_equal(all.auth, best.auth, all.auth_len);
}

/* Else whoever has the key of a group could be anyone of it. */
static void key_of_anybody_never_comes_before_the_peers_own(void **state)
{
	struct identity any[] = { who("%any") };
	struct identity many[] = { who("*.example.org"), who("moon") };
	struct identity own[] = { who("sun.example.org") };
	struct psk_conf psks[] = { { .owners = any, .n_owners = 1 },
				   { .owners = many, .n_owners = 2 },
				   { .owners = own, .n_owners = 1 } };
	struct keystore_request q = request();
	struct keystore_answer all, group, alone;

	(void)state;
	q.remote = who("sun.example.org");
	set_key(&psks[0], "anybody's");
	set_key(&psks[1], "the group's");
	set_key(&psks[2], "the sun's");
	keystore_serve(psks, 3, &q, &all);
	keystore_serve(&psks[2], 1, &q, &alone);
	assert_memory_equal(all.auth, alone.auth, alone.auth_len);
	keystore_serve(psks, 2, &q, &group);
	keystore_serve(&psks[1], 1, &q, &alone);
	assert_memory_equal(group.auth, alone.auth, alone.auth_len);
}

#define KEYS	  400
#define QUESTIONS 600

/* The same every time. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 16;
}

static struct identity some_owner(uint32_t *seed)
{
	static const char *const before[] = { "n", "N", "n", "192.0.2." };
	static const char *const behind[] = { ".example.org", ".Example.org",
					      "@example.org", "" };
	const uint32_t kind = next_random(seed) % 60;
	char text[64];

	if (kind == 58)
		return who("%any");
	if (kind == 59)
		return who("*.example.org");
	snprintf(text, sizeof(text), "%s%u%s", before[kind % 4],
		 next_random(seed) % 100 + 1, behind[kind % 4]);
	return who(text);
}

static void key_of_an_index_is_that_of_a_search(void **state)
{
	static struct psk_conf psks[KEYS];
	static struct identity owners[KEYS][3];
	struct keystore_request q = request();
	struct keystore_answer searched, found;
	unsigned int n_found = 0;
	struct psk_index keys;
	uint32_t seed = 7;

	(void)state;
	for (unsigned int i = 0; i < KEYS; i++) {
		psks[i].owners = owners[i];
		psks[i].n_owners =
			i % 199 == 198 ? 0 : 1 + next_random(&seed) % 3;
		for (size_t k = 0; k < psks[i].n_owners; k++)
			owners[i][k] = some_owner(&seed);
		psks[i].key.len = 2;
		psks[i].key.octets[0] = (uint8_t)i;
		psks[i].key.octets[1] = (uint8_t)(i >> 8);
	}
	for (unsigned int i = 0; i < QUESTIONS; i++) {
		const size_t n = i < QUESTIONS / 2 ? KEYS : KEYS / 8;

		assert_int_equal(psk_index_make(&keys, psks, n), 0);
		q.remote = some_owner(&seed);
		q.local = some_owner(&seed);
		keystore_serve(psks, n, &q, &searched);
		keystore_serve_of(&keys, &q, &found);
		assert_int_equal(found.err, searched.err);
		assert_memory_equal(found.auth, searched.auth,
				    sizeof(found.auth));
		n_found += !found.err;
		psk_index_free(&keys);
	}
	assert_true(n_found > QUESTIONS / 4);
	keystore_serve_of(&keys, &q, &found);
	assert_int_equal(found.err, -ENOKEY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_that_is_in_order_is_answered),
		cmocka_unit_test(lengths_that_lie_are_refused),
		cmocka_unit_test(operation_that_is_not_known_is_refused),
		cmocka_unit_test(prf_that_is_not_known_is_refused),
		cmocka_unit_test(check_returns_no_octet),
		cmocka_unit_test(key_of_others_is_not_used),
		cmocka_unit_test(key_of_both_sides_comes_before_others),
		cmocka_unit_test(key_of_anybody_never_comes_before_the_peers_own),
		cmocka_unit_test(key_of_an_index_is_that_of_a_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
