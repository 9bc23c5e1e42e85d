// SPDX-License-Identifier: BSD-2-Clause
/*
 * A KEM that is none: who answers has no private value, and a public value of another
 * length. There is none in libcrypto yet; this holds the interface ready for it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/crypto/ke_method.h"

static int kem_draw(const struct ke_alg *alg, struct secret *x)
{
	(void)alg;
	x->len = 1;
	x->octets[0] = 5;
	return 0;
}

static int kem_public(const struct ke_alg *alg, const struct secret *x,
		      uint8_t *out)
{
	memset(out, x->octets[0] + 1, alg->public_bytes);
	return 0;
}

static int kem_answer(const struct ke_alg *alg, const uint8_t *peer,
		      uint8_t *out, uint8_t *shared)
{
	if (peer[0] != 6)
		return -EINVAL;
	memset(out, peer[0] + 1, alg->answer_bytes);
	memset(shared, 9, alg->shared_bytes);
	return 0;
}

static int kem_agree(const struct ke_alg *alg, const struct secret *x,
		     const uint8_t *own, const uint8_t *peer, uint8_t *out)
{
	(void)own;
	memset(out, peer[alg->answer_bytes - 1] + x->octets[0] - 3,
	       alg->shared_bytes);
	return 0;
}

static void answer_of_a_kem_depends_on_what_it_answers(void **state)
{
	static const struct ke_method method = { .draw = kem_draw,
						 .make_public = kem_public,
						 .agree = kem_agree,
						 .answer = kem_answer };
	static const struct ke_alg alg = { .public_bytes = 20,
					   .answer_bytes = 30,
					   .shared_bytes = 8,
					   .method = &method };
	static const uint8_t wrong[20] = { 1 };
	struct ke *a, *b, *none;

	(void)state;
	assert_int_equal(ke_new(&alg, &a), 0);
	assert_int_equal(ke_public(a).len, 20);
	assert_int_equal(ke_answer(&alg, ke_public(a), &b), 0);
	assert_int_equal(ke_public(b).len, 30);
	assert_int_equal(ke_agree(a, ke_public(b)), 0);
	assert_int_equal(ke_shared(a).len, 8);
	assert_memory_equal(ke_shared(a).ptr, ke_shared(b).ptr, 8);
	assert_int_equal(ke_agree(a, ke_public(a)), -EINVAL);
	assert_int_equal(ke_agree(b, ke_public(b)), -EINVAL);
	assert_int_equal(ke_answer(&alg, slice_of(wrong, 20), &none), -EINVAL);
	assert_int_equal(ke_answer(&alg, slice_of(wrong, 19), &none), -EINVAL);
	ke_free(a);
	ke_free(b);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(answer_of_a_kem_depends_on_what_it_answers),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
