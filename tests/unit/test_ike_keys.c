// SPDX-License-Identifier: BSD-2-Clause
/*
 * Keys of IKE SAs and CHILD SAs against those that strongSwan made of the same
 * secrets, seen from either side. What encrypts does not come out of its key:
 * it opens the messages that they exchanged, and seals as a key does that was
 * made of the recorded octets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/ike/keys.h"
#include "ctrl/wire/ike.h"
#include "tests/support/hex.h"
#include "tests/vectors/ike_keys.h"

#define ARRAY_LEN(a)	  (sizeof(a) / sizeof((a)[0]))
#define MESSAGE_MAX_BYTES 512

#define EACH_VECTOR(v)                                      \
	const struct ike_keys_vector *v = ike_keys_vectors; \
	v < ike_keys_vectors + ARRAY_LEN(ike_keys_vectors); \
	v++

struct octets {
	uint8_t ptr[MESSAGE_MAX_BYTES];
	size_t len;
};

/* NULL is none. */
static struct octets octets_of(const char *hex)
{
	struct octets o = { .len = 0 };

	if (hex)
		o.len = hex_decode(hex, o.ptr, sizeof(o.ptr));
	return o;
}

static struct secret secret_of(const char *hex)
{
	struct secret s = { .len = 0 };

	if (hex)
		s.len = hex_decode(hex, s.octets, sizeof(s.octets));
	return s;
}

static uint64_t spi_of(const char *hex)
{
	struct octets o = octets_of(hex);
	struct slice s = slice_of(o.ptr, o.len);
	uint64_t spi = 0;

	assert_true(rd_u64(&s, &spi) && !s.len);
	return spi;
}

static const struct integ_alg *integ_of(const char *name)
{
	return name ? integ_by_name(name) : &integ_none;
}

static struct chosen chosen_ike(const struct ike_keys_vector *v)
{
	return (struct chosen){ .encr = encr_by_name(v->encr),
				.integ = integ_of(v->integ),
				.prf = prf_by_name(v->prf) };
}

/* The first IKE SA, or with old the one that takes its place. */
static struct keys keys_of(const struct ike_keys_vector *v, bool initiator,
			   const struct keys *old)
{
	const struct ike_keys_sa *sa = old ? &v->rekeyed : &v->first;
	struct octets ni = octets_of(sa->ni), nr = octets_of(sa->nr);
	struct secret shared = secret_of(sa->g_ir);
	struct chosen chosen = chosen_ike(v);
	const struct keys_input in = {
		.chosen = &chosen,
		.shared = slice_of(shared.octets, shared.len),
		.ni = slice_of(ni.ptr, ni.len),
		.nr = slice_of(nr.ptr, nr.len),
		.spi_i = spi_of(sa->spi_i),
		.spi_r = spi_of(sa->spi_r),
		.initiator = initiator,
	};
	struct keys k;

	assert_int_equal(old ? keys_rekey(old, &in, &k) : keys_init(&in, &k), 0);
	return k;
}

static void assert_octets(const uint8_t *found, size_t len, const char *hex)
{
	struct octets o = octets_of(hex);

	assert_int_equal(len, o.len);
	assert_memory_equal(found, o.ptr, o.len);
}

/* The Encrypted payload of a message that has nothing before it. */
static struct ike_sk split(const struct ike_keys_vector *v, struct octets *m)
{
	struct slice rest = slice_of(m->ptr, m->len), header;
	struct chosen c = chosen_ike(v);
	struct ike_payloads clear;
	struct ike_header h;
	struct ike_sk sk;

	assert_true(ike_header_parse(rest, &h));
	assert_true(rd_slice(&rest, IKE_HEADER_BYTES, &header));
	assert_int_equal(ike_payloads_parse(rest, h.next_payload,
					    IKE_PART_CLEAR, &clear),
			 IKE_PARSE_OK);
	assert_true(ike_sk_split(m->ptr, ike_find(&clear, IKE_PL_SK)->body,
				 c.encr->iv_bytes, c.encr->block_bytes,
				 (uint8_t)esp_icv_bytes(c.encr, c.integ), &sk));
	return sk;
}

static struct sk_text text_of(const struct ike_sk *sk)
{
	return (struct sk_text){ .message = sk->message,
				 .aad_bytes = sk->aad_bytes,
				 .text_bytes = sk->text_bytes };
}

static void assert_opens(const struct ike_keys_vector *v, const struct keys *k,
			 const char *hex)
{
	struct octets m = octets_of(hex);
	struct ike_sk sk = split(v, &m);
	struct sk_text t = text_of(&sk);
	struct slice inner;

	assert_true(keys_open(k, &t));
	assert_true(ike_sk_inner(&sk, &inner));
}

/* As one made of these octets does; with a role's keys. */
static void assert_seals(const struct ike_keys_vector *v, const struct keys *k,
			 bool initiators, const char *encr_key,
			 const char *integ_key)
{
	struct secret encr = secret_of(encr_key), integ = secret_of(integ_key);
	struct chosen c = chosen_ike(v);
	const struct crypto_key_spec spec = { .encr = c.encr,
					      .integ = c.integ,
					      .encr_key = &encr,
					      .integ_key = &integ };
	struct octets one = octets_of(v->auth_i), other = one;
	struct ike_sk sk = split(v, &one), sk_other = split(v, &other);
	struct sk_text t = text_of(&sk), t_other = text_of(&sk_other);
	struct sk_key *recorded;
	struct keys own = *k;

	own.initiator = initiators;
	assert_int_equal(sk_key_new(&spec, &recorded), 0);
	assert_true(keys_seal(&own, &t) && sk_seal(recorded, &t_other));
	assert_memory_equal(one.ptr, other.ptr, one.len);
	sk_key_free(recorded);
}

static void assert_keys(const struct ike_keys_vector *v, const struct keys *k,
			const struct ike_keys_sa *sa, bool initiator)
{
	size_t prf_bytes = k->prf->out_bytes;

	assert_octets(k->sk_d, prf_bytes, sa->sk_d);
	assert_octets(k->sk_pi, prf_bytes, sa->sk_pi);
	assert_octets(k->sk_pr, prf_bytes, sa->sk_pr);
	assert_int_equal(k->initiator, initiator);
	assert_seals(v, k, true, sa->sk_ei, sa->sk_ai);
	assert_seals(v, k, false, sa->sk_er, sa->sk_ar);
}

static void keys_of_an_ike_sa_are_strongswans(void **state)
{
	(void)state;
	for (EACH_VECTOR(v)) {
		for (int initiator = 0; initiator < 2; initiator++) {
			struct keys k = keys_of(v, initiator, NULL);

			assert_keys(v, &k, &v->first, initiator);
			keys_fini(&k);
		}
	}
}

static void keys_of_a_rekeyed_ike_sa_are_strongswans(void **state)
{
	(void)state;
	for (EACH_VECTOR(v)) {
		for (int initiator = 0; initiator < 2; initiator++) {
			struct keys old = keys_of(v, initiator, NULL);
			struct keys k = keys_of(v, initiator, &old);

			assert_keys(v, &k, &v->rekeyed, initiator);
			keys_fini(&k);
			keys_fini(&old);
		}
	}
}

/* Ours and strongSwan's, each by the side that received it. */
static void messages_of_ike_auth_open(void **state)
{
	(void)state;
	for (EACH_VECTOR(v)) {
		struct keys i = keys_of(v, true, NULL);
		struct keys r = keys_of(v, false, NULL);

		assert_opens(v, &r, v->auth_i);
		assert_opens(v, &i, v->auth_r);
		keys_fini(&i);
		keys_fini(&r);
	}
}

static void assert_keymat(const struct ike_keys_vector *v,
			  const struct ike_keys_child *c)
{
	struct octets ni = octets_of(c->ni), nr = octets_of(c->nr);
	const struct chosen chosen = { .encr = encr_by_name(v->esp_encr),
				       .integ = integ_of(v->esp_integ) };
	struct secret shared = secret_of(c->g_ir);
	struct keys k = keys_of(v, true, NULL);
	struct keymat m;

	assert_int_equal(keymat_make(&k, &chosen,
				     slice_of(shared.octets, shared.len),
				     slice_of(NULL, 0), slice_of(ni.ptr, ni.len),
				     slice_of(nr.ptr, nr.len), &m),
			 0);
	assert_octets(m.encr_i.octets, m.encr_i.len, c->encr_i);
	assert_octets(m.encr_r.octets, m.encr_r.len, c->encr_r);
	assert_octets(m.integ_i.octets, m.integ_i.len, c->integ_i);
	assert_octets(m.integ_r.octets, m.integ_r.len, c->integ_r);
	keymat_wipe(&m);
	keys_fini(&k);
}

static void keys_of_a_child_are_strongswans(void **state)
{
	(void)state;
	for (EACH_VECTOR(v))
		assert_keymat(v, &v->child);
}

static void keys_of_a_child_with_pfs_are_strongswans(void **state)
{
	(void)state;
	for (EACH_VECTOR(v))
		assert_keymat(v, &v->child_pfs);
}

/* RFC 7296 section 2.14: of each nonce 64 bits are in SKEYSEED's key, and all in
 * what is made of it. */
static void aes_prf_takes_the_first_half_of_its_key_from_each_nonce(void **state)
{
	static const char *const prfs[] = { "prfaesxcbc", "prfaescmac" };
	uint8_t ni[32], nr[32], nonces[16], spis[16] = { 0 };
	uint8_t skeyseed[PRF_MAX_BYTES], sk_d[16];
	const struct slice g_ir = slice_of("secret", 6);

	(void)state;
	memset(ni, 0x11, sizeof(ni));
	memset(nr, 0x22, sizeof(nr));
	memcpy(nonces, ni, 8);
	memcpy(nonces + 8, nr, 8);
	ni[31] = nr[31] = 0x33;
	for (size_t i = 0; i < ARRAY_LEN(prfs); i++) {
		const struct chosen chosen = { .encr = encr_by_name("aes128"),
					       .integ = integ_by_name("aesxcbc"),
					       .prf = prf_by_name(prfs[i]) };
		const struct keys_input in = { .chosen = &chosen,
					       .shared = g_ir,
					       .ni = slice_of(ni, 32),
					       .nr = slice_of(nr, 32) };
		const struct slice parts[] = { in.ni, in.nr,
					       slice_of(spis, 16) };
		struct keys k;

		assert_true(prf(chosen.prf, slice_of(nonces, 16), &g_ir, 1,
				skeyseed));
		assert_true(prf_plus(chosen.prf, slice_of(skeyseed, 16), parts,
				     3, sk_d, sizeof(sk_d)));
		assert_int_equal(keys_init(&in, &k), 0);
		assert_memory_equal(k.sk_d, sk_d, sizeof(sk_d));
		keys_fini(&k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_an_ike_sa_are_strongswans),
		cmocka_unit_test(keys_of_a_rekeyed_ike_sa_are_strongswans),
		cmocka_unit_test(messages_of_ike_auth_open),
		cmocka_unit_test(keys_of_a_child_are_strongswans),
		cmocka_unit_test(keys_of_a_child_with_pfs_are_strongswans),
		cmocka_unit_test(
			aes_prf_takes_the_first_half_of_its_key_from_each_nonce),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
