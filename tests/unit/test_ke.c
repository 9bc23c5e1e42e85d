// SPDX-License-Identifier: BSD-2-Clause
/*
 * Key exchanges: published vectors, both sides of an exchange, and every value
 * of a peer that must be refused.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "ctrl/crypto/ke.h"
#include "tests/support/hex.h"
#include "tests/vectors/ke_curves.h"
#include "tests/vectors/ke_modp.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Octets of a public or private value; one more than the longest. */
struct value {
	uint8_t octets[KE_PUBLIC_MAX_BYTES + 1];
	size_t len;
};

static struct value value_of(const char *hex)
{
	struct value v = { .len = 0 };

	v.len = hex_decode(hex, v.octets, sizeof(v.octets));
	return v;
}

static struct slice slice_of_value(const struct value *v)
{
	return slice_of(v->octets, v->len);
}

static struct value value_of_slice(struct slice s)
{
	struct value v = { .len = s.len };

	memcpy(v.octets, s.ptr, s.len);
	return v;
}

static struct ke *new_ke(const char *method)
{
	struct ke *ke = NULL;

	assert_int_equal(ke_new(ke_by_name(method), &ke), 0);
	assert_non_null(ke);
	assert_int_equal(ke_shared(ke).len, 0);
	return ke;
}

static struct value agreed(struct ke *ke, struct slice peer)
{
	assert_int_equal(ke_agree(ke, peer), 0);
	return value_of_slice(ke_shared(ke));
}

static void assert_same(const struct value *a, const struct value *b)
{
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->octets, b->octets, a->len);
}

static void assert_no_secret(const struct ke *ke)
{
	const struct slice public_value = ke_public(ke);

	assert_int_equal(ke_shared(ke).len, 0);
	/* It stood behind the public value. */
	for (size_t i = 0; i < public_value.len / 2; i++)
		assert_int_equal(public_value.ptr[public_value.len + i], 0);
}

/* Refused with nothing left behind, neither of a secret nor of an error. */
static void assert_refused(struct ke *ke, struct slice peer, const char *what)
{
	if (ke_agree(ke, peer) != -EINVAL)
		fail_msg("%s", what);
	assert_no_secret(ke);
	assert_int_equal(ERR_peek_error(), 0);
}

/* A value that is refused only for what was changed. */
static void assert_taken(struct ke *ke, const struct value *peer)
{
	agreed(ke, slice_of_value(peer));
}

/* --- the table */

static void sizes_are_those_of_the_rfcs(void **state)
{
	static const struct {
		const char *name;
		uint16_t id;
		uint16_t public_bytes;
		uint16_t shared_bytes;
	} rows[] = {
		{ "modp768", 1, 96, 96 },
		{ "modp1024", 2, 128, 128 },
		{ "modp1536", 5, 192, 192 },
		{ "modp2048", 14, 256, 256 },
		{ "modp3072", 15, 384, 384 },
		{ "modp4096", 16, 512, 512 },
		{ "modp6144", 17, 768, 768 },
		{ "modp8192", 18, 1024, 1024 },
		{ "ecp256", 19, 64, 32 },
		{ "ecp384", 20, 96, 48 },
		{ "ecp521", 21, 132, 66 },
		{ "modp1024s160", 22, 128, 128 },
		{ "modp2048s224", 23, 256, 256 },
		{ "modp2048s256", 24, 256, 256 },
		{ "ecp224bp", 27, 56, 28 },
		{ "ecp256bp", 28, 64, 32 },
		{ "ecp384bp", 29, 96, 48 },
		{ "ecp512bp", 30, 128, 64 },
		{ "curve25519", 31, 32, 32 },
		{ "curve448", 32, 56, 56 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct ke_alg *alg = ke_by_name(rows[i].name);

		assert_non_null(alg);
		assert_ptr_equal(alg, ke_by_id(rows[i].id));
		assert_int_equal(alg->id, rows[i].id);
		assert_string_equal(alg->name, rows[i].name);
		assert_int_equal(alg->public_bytes, rows[i].public_bytes);
		assert_int_equal(alg->shared_bytes, rows[i].shared_bytes);
	}
	assert_ptr_equal(ke_by_name("x25519"), ke_by_name("curve25519"));
	assert_ptr_equal(ke_by_name("x448"), ke_by_name("curve448"));
	assert_non_null(ke_at(ARRAY_LEN(rows) - 1));
	assert_null(ke_at(ARRAY_LEN(rows)));
}

/* RFC 8247 section 2.4. */
static void what_nobody_should_use_has_its_reason(void **state)
{
	static const uint16_t weak[] = { 1, 2, 5, 22, 23, 24 };

	(void)state;
	for (size_t i = 0; ke_at(i); i++) {
		bool expected = false;

		for (size_t j = 0; j < ARRAY_LEN(weak); j++)
			expected |= ke_at(i)->id == weak[j];
		if ((ke_at(i)->weak != NULL) != expected)
			fail_msg("%s", ke_at(i)->name);
	}
}

static void any_other_method_is_unknown(void **state)
{
	static const char *const names[] = { "",	 "none",
					     "modpnone", "modp",
					     "modp512",	 "modp2048s255",
					     "ecp192",	 "ecp224",
					     "ECP256",	 "curve41417" };
	size_t known = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_null(ke_by_name(names[i]));
	for (uint32_t id = 0; id <= UINT16_MAX; id++)
		known += ke_by_id((uint16_t)id) != NULL;
	assert_int_equal(known, 20);
}

/* --- vectors */

static void assert_vector(const struct ke_vector *v)
{
	const struct ke_alg *alg = ke_by_name(v->method);
	struct value x = value_of(v->private_value);
	struct value peer = value_of(v->peer), shared = value_of(v->shared);
	struct value expected;
	struct ke *ke = NULL;

	assert_int_equal(ke_from_private(alg, slice_of_value(&x), &ke), 0);
	memset(&x, 0, sizeof(x));
	assert_int_equal(ke_public(ke).len, alg->public_bytes);
	if (v->public_value) {
		expected = value_of(v->public_value);
		if (memcmp(ke_public(ke).ptr, expected.octets, alg->public_bytes))
			fail_msg("%s: public value", v->source);
	}
	assert_int_equal(ke_agree(ke, slice_of_value(&peer)), 0);
	assert_int_equal(ke_shared(ke).len, alg->shared_bytes);
	assert_int_equal(shared.len, alg->shared_bytes);
	if (memcmp(ke_shared(ke).ptr, shared.octets, shared.len))
		fail_msg("%s: shared secret", v->source);
	ke_free(ke);
}

static void exchanges_match_published_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ke_vectors); i++)
		assert_vector(&ke_vectors[i]);
	for (size_t i = 0; i < ARRAY_LEN(ke_modp_vectors); i++)
		assert_vector(&ke_modp_vectors[i]);
	for (size_t i = 0; i < ARRAY_LEN(ke_curve_vectors); i++)
		assert_vector(&ke_curve_vectors[i]);
}

static size_t count_vectors(const struct ke_vector *v, size_t n,
			    const char *method)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += strcmp(v[i].method, method) == 0;
	return found;
}

static void every_method_has_a_vector(void **state)
{
	(void)state;
	for (size_t i = 0; ke_at(i); i++) {
		const char *name = ke_at(i)->name;

		if (!count_vectors(ke_vectors, ARRAY_LEN(ke_vectors), name) &&
		    !count_vectors(ke_modp_vectors, ARRAY_LEN(ke_modp_vectors),
				   name) &&
		    !count_vectors(ke_curve_vectors,
				   ARRAY_LEN(ke_curve_vectors), name))
			fail_msg("%s", name);
	}
}

/* What the vectors are there for, besides the arithmetic. */
static void vectors_have_leading_zeros(void **state)
{
	static const char *const methods[] = { "modp2048", "ecp256", "ecp384" };

	(void)state;
	for (size_t m = 0; m < ARRAY_LEN(methods); m++) {
		size_t found = 0;

		for (size_t i = 0; i < ARRAY_LEN(ke_vectors); i++) {
			const struct ke_vector *v = &ke_vectors[i];

			found += strcmp(v->method, methods[m]) == 0 &&
				 strncmp(v->public_value, "00", 2) == 0 &&
				 strncmp(v->shared, "00", 2) == 0;
		}
		assert_true(found > 0);
	}
}

/* --- exchanges */

static void both_sides_get_the_same_secret(void **state)
{
	(void)state;
	for (size_t m = 0; ke_at(m); m++) {
		const struct ke_alg *alg = ke_at(m);
		struct ke *i = new_ke(alg->name), *r = NULL;
		struct value at_i, at_r;

		assert_int_equal(ke_answer(alg, ke_public(i), &r), 0);
		assert_memory_not_equal(ke_public(i).ptr, ke_public(r).ptr,
					ke_public(i).len);
		at_i = agreed(i, ke_public(r));
		at_r = value_of_slice(ke_shared(r));
		assert_int_equal(at_i.len, alg->shared_bytes);
		assert_same(&at_i, &at_r);
		ke_free(i);
		ke_free(r);
	}
}

static void value_that_is_refused_is_not_answered(void **state)
{
	(void)state;
	for (size_t m = 0; ke_at(m); m++) {
		struct value zeros = { .len = ke_at(m)->public_bytes };
		struct ke *ke = NULL;

		assert_int_equal(ke_answer(ke_at(m), slice_of_value(&zeros), &ke),
				 -EINVAL);
		assert_null(ke);
	}
}

/* A peer that is refused does not spoil the private value. */
static void exchange_goes_on_elsewhere_with_what_was_exported(void **state)
{
	(void)state;
	for (size_t i = 0; ke_at(i); i++) {
		const char *name = ke_at(i)->name;
		struct ke *one = new_ke(name), *other = new_ke(name);
		struct ke *again = NULL;
		struct secret out;
		struct value a, b;

		ke_export(one, &out);
		assert_int_equal(ke_from_private(ke_at(i),
						 slice_of(out.octets, out.len),
						 &again),
				 0);
		assert_memory_equal(ke_public(again).ptr, ke_public(one).ptr,
				    ke_public(one).len);
		a = agreed(again, ke_public(other));
		b = agreed(other, ke_public(one));
		assert_same(&a, &b);
		ke_free(one);
		ke_free(other);
		ke_free(again);
	}
}

static void refusal_leaves_the_exchange_as_it_was(void **state)
{
	(void)state;
	for (size_t m = 0; ke_at(m); m++) {
		const char *name = ke_at(m)->name;
		struct ke *i = new_ke(name), *r = new_ke(name);
		struct value before = agreed(i, ke_public(r)), after;

		assert_refused(i, slice_of(NULL, 0), name);
		after = agreed(i, ke_public(r));
		assert_same(&before, &after);
		ke_free(i);
		ke_free(r);
	}
}

static void no_exchange_may_be_freed(void **state)
{
	(void)state;
	ke_free(NULL);
	assert_int_equal(ke_shared(NULL).len, 0);
}

/* --- a peer's value */

static void public_value_of_another_length_is_refused(void **state)
{
	(void)state;
	for (size_t m = 0; ke_at(m); m++) {
		const char *name = ke_at(m)->name;
		struct ke *i = new_ke(name), *r = new_ke(name);
		struct value peer = value_of_slice(ke_public(r));
		struct value before = { .len = peer.len + 1 };

		assert_taken(i, &peer);
		for (size_t n = 0; n < sizeof(peer.octets); n++)
			if (n != peer.len)
				assert_refused(i, slice_of(peer.octets, n),
					       name);
		/* A zero in front changes the length, not the number. */
		memcpy(before.octets + 1, peer.octets, peer.len);
		assert_refused(i, slice_of_value(&before), name);
		ke_free(i);
		ke_free(r);
	}
}

/* A big-endian number plus n, of -2 to 2. */
static void shift(uint8_t *octets, size_t len, int n)
{
	for (size_t i = len; i-- > 0;) {
		n += octets[i];
		octets[i] = (uint8_t)n;
		n = (n - octets[i]) / 256;
	}
}

/* Are 2 and p - 2 members of the group, as far as that is asked? */
static bool is_safe(const char *method)
{
	for (size_t i = 0; i < ARRAY_LEN(ke_modp_subgroups); i++)
		if (strcmp(ke_modp_subgroups[i].method, method) == 0)
			return false;
	return true;
}

/* RFC 6989 section 2.1: 1 < y < p - 1. */
static void assert_range(const char *method, const char *p)
{
	static const struct {
		bool below_p; /* or below nothing: from 0 up */
		int n;
		bool refused;
	} rows[] = {
		{ false, 0, true },  { false, 1, true }, { false, 2, false },
		{ true, -2, false }, { true, -1, true }, { true, 0, true },
		{ true, 1, true },
	};
	struct ke *ke = new_ke(method);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct value y = value_of(p);

		if (!rows[i].below_p)
			memset(y.octets, 0, y.len);
		shift(y.octets, y.len, rows[i].n);
		if (rows[i].refused)
			assert_refused(ke, slice_of_value(&y),
				       rows[i].below_p ? "p" : "0");
		else if (is_safe(method))
			assert_taken(ke, &y);
	}
	ke_free(ke);
}

static void modp_value_out_of_range_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ke_modp_primes); i++)
		assert_range(ke_modp_primes[i].method, ke_modp_primes[i].p);
}

static void modp_value_of_all_ones_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ke_modp_primes); i++) {
		struct ke *ke = new_ke(ke_modp_primes[i].method);
		struct value y = { .len = ke_public(ke).len };

		memset(y.octets, 0xff, y.len);
		assert_refused(ke, slice_of_value(&y), ke_modp_primes[i].method);
		ke_free(ke);
	}
}

/* RFC 6989 section 2.2: y^q = 1. */
static void modp_value_outside_the_subgroup_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ke_modp_subgroups); i++) {
		const char *method = ke_modp_subgroups[i].method;
		struct value member = value_of(ke_modp_subgroups[i].member);
		struct value small = value_of(ke_modp_subgroups[i].small);
		struct value shifted = value_of(ke_modp_subgroups[i].shifted);
		struct ke *ke = new_ke(method);

		assert_taken(ke, &member);
		assert_refused(ke, slice_of_value(&small), method);
		assert_refused(ke, slice_of_value(&shifted), method);
		ke_free(ke);
	}
}

/* RFC 6989 section 2.3: every octet of x and y, one bit of it. */
static void point_off_the_curve_is_refused(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(ke_curve_orders); c++) {
		const char *name = ke_curve_orders[c].method;
		struct ke *i = new_ke(name), *r = new_ke(name);
		struct value peer = value_of_slice(ke_public(r));

		assert_taken(i, &peer);
		for (size_t n = 0; n < peer.len; n++) {
			peer.octets[n] ^= 1;
			assert_refused(i, slice_of_value(&peer), name);
			peer.octets[n] ^= 1;
		}
		assert_taken(i, &peer);
		ke_free(i);
		ke_free(r);
	}
}

/* x and y change places. */
static void point_with_x_for_y_is_refused(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(ke_curve_orders); c++) {
		const char *name = ke_curve_orders[c].method;
		struct ke *i = new_ke(name), *r = new_ke(name);
		struct slice xy = ke_public(r);
		struct value yx = { .len = xy.len };

		memcpy(yx.octets, xy.ptr + xy.len / 2, xy.len / 2);
		memcpy(yx.octets + xy.len / 2, xy.ptr, xy.len / 2);
		assert_refused(i, slice_of_value(&yx), name);
		ke_free(i);
		ke_free(r);
	}
}

static void coordinate_not_below_p_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ke_curve_small); i++) {
		struct ke *ke = new_ke(ke_curve_small[i].method);
		struct value point = value_of(ke_curve_small[i].point);
		struct value plus_p = value_of(ke_curve_small[i].point_plus_p);

		assert_taken(ke, &point);
		assert_int_equal(plus_p.len, point.len);
		assert_refused(ke, slice_of_value(&plus_p),
			       ke_curve_small[i].method);
		ke_free(ke);
	}
}

/*
 * SEC1 has one octet of zero for the point at infinity; what might stand for it
 * in the form of RFC 5903 are zeros.
 */
static void point_at_infinity_is_refused(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(ke_curve_orders); c++) {
		const char *name = ke_curve_orders[c].method;
		struct ke *ke = new_ke(name);
		struct value zeros = { .len = ke_public(ke).len };

		assert_refused(ke, slice_of_value(&zeros), name);
		assert_refused(ke, slice_of(zeros.octets, 1), name);
		ke_free(ke);
	}
}

/* SEC1's forms with their first octet, uncompressed and compressed. */
static void forms_of_sec1_are_refused(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(ke_curve_orders); c++) {
		const char *name = ke_curve_orders[c].method;
		struct ke *i = new_ke(name), *r = new_ke(name);
		struct slice xy = ke_public(r);
		struct value sec1 = { .octets = { 0x04 }, .len = 1 + xy.len };

		memcpy(sec1.octets + 1, xy.ptr, xy.len);
		assert_refused(i, slice_of_value(&sec1), name);
		sec1.octets[0] = 0x02 | (xy.ptr[xy.len - 1] & 1);
		assert_refused(i, slice_of(sec1.octets, 1 + xy.len / 2), name);
		ke_free(i);
		ke_free(r);
	}
}

/* RFC 7748 section 6.1. */
static void x25519_result_of_zeros_is_refused(void **state)
{
	struct ke *ke = new_ke("curve25519");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(x25519_low_order); i++) {
		struct value u = value_of(x25519_low_order[i]);

		assert_refused(ke, slice_of_value(&u), x25519_low_order[i]);
	}
	ke_free(ke);
}

static void x448_result_of_zeros_is_refused(void **state)
{
	struct ke *ke = new_ke("curve448");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(x448_low_order); i++) {
		struct value u = value_of(x448_low_order[i]);

		assert_refused(ke, slice_of_value(&u), x448_low_order[i]);
	}
	ke_free(ke);
}

static void point_next_to_one_of_low_order_is_taken(void **state)
{
	static const char *const names[] = { "curve25519", "curve448" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct ke *ke = new_ke(names[i]);
		struct value u = { .octets = { 2 }, .len = ke_public(ke).len };

		assert_taken(ke, &u);
		ke_free(ke);
	}
}

/* RFC 7748 section 5: the last bit is not read. */
static void x25519_reads_255_bits(void **state)
{
	struct ke *i = new_ke("curve25519"), *r = new_ke("curve25519");
	struct value peer = value_of_slice(ke_public(r));
	struct value without = agreed(i, slice_of_value(&peer)), with;

	(void)state;
	peer.octets[31] ^= 0x80;
	with = agreed(i, slice_of_value(&peer));
	assert_same(&without, &with);
	ke_free(i);
	ke_free(r);
}

/* --- a private value */

static int try_private(const char *method, const struct value *x)
{
	struct ke *ke = NULL;
	int err = ke_from_private(ke_by_name(method), slice_of_value(x), &ke);

	assert_true((err == 0) == (ke != NULL));
	assert_int_equal(ERR_peek_error(), 0);
	ke_free(ke);
	return err;
}

static bool is_modp(const struct ke_alg *alg)
{
	return strncmp(alg->name, "modp", 4) == 0;
}

static bool is_good_length(const struct ke_alg *alg, size_t n)
{
	if (!is_modp(alg))
		return n == alg->shared_bytes;
	return n > 0 && n <= alg->public_bytes && n <= SECRET_MAX_BYTES;
}

static void private_value_of_another_length_is_refused(void **state)
{
	(void)state;
	for (size_t m = 0; ke_at(m); m++) {
		const struct ke_alg *alg = ke_at(m);

		for (size_t n = 0; n < sizeof(((struct value *)0)->octets); n++) {
			struct value x = { .len = n };
			const bool good = is_good_length(alg, n);

			if (good && is_modp(alg) && n > 2 && n != 256)
				continue; /* slow */
			/* Neither zero nor beyond any order. */
			memset(x.octets, 0x55, n);
			if (alg->id == KE_ECP_521)
				x.octets[0] = 1;
			assert_int_equal(try_private(alg->name, &x),
					 good ? 0 : -EINVAL);
		}
	}
}

static void private_value_of_zero_is_refused(void **state)
{
	(void)state;
	for (size_t m = 0; ke_at(m); m++) {
		struct value x = { .len = ke_at(m)->shared_bytes };

		if (ke_at(m)->id == KE_CURVE25519 || ke_at(m)->id == KE_CURVE448)
			continue; /* bits of it are always set */
		if (x.len > SECRET_MAX_BYTES)
			x.len = SECRET_MAX_BYTES;
		assert_int_equal(try_private(ke_at(m)->name, &x), -EINVAL);
		x.octets[x.len - 1] = 1;
		assert_int_equal(try_private(ke_at(m)->name, &x), 0);
	}
}

/* With x a multiple of (p - 1) / 2, 2^x is 1 or p - 1. */
static void modp_private_value_of_the_order_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ke_modp_primes); i++) {
		struct value x = value_of(ke_modp_primes[i].p);

		if (x.len > SECRET_MAX_BYTES)
			continue; /* it does not fit one */
		shift(x.octets, x.len, -1);
		assert_int_equal(try_private(ke_modp_primes[i].method, &x),
				 -EINVAL);
		shift(x.octets, x.len, -1);
		assert_int_equal(try_private(ke_modp_primes[i].method, &x), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(ke_modp_subgroups); i++) {
		struct value x = value_of(ke_modp_subgroups[i].order);

		assert_int_equal(try_private(ke_modp_subgroups[i].method, &x),
				 -EINVAL);
		shift(x.octets, x.len, -1);
		assert_int_equal(try_private(ke_modp_subgroups[i].method, &x),
				 0);
	}
}

static void ecp_private_value_not_below_the_order_is_refused(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(ke_curve_orders); c++) {
		const char *name = ke_curve_orders[c].method;
		struct value d = value_of(ke_curve_orders[c].order);

		assert_int_equal(try_private(name, &d), -EINVAL);
		shift(d.octets, d.len, 1);
		assert_int_equal(try_private(name, &d), -EINVAL);
		shift(d.octets, d.len, -2);
		assert_int_equal(try_private(name, &d), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_those_of_the_rfcs),
		cmocka_unit_test(what_nobody_should_use_has_its_reason),
		cmocka_unit_test(any_other_method_is_unknown),
		cmocka_unit_test(exchanges_match_published_vectors),
		cmocka_unit_test(every_method_has_a_vector),
		cmocka_unit_test(vectors_have_leading_zeros),
		cmocka_unit_test(both_sides_get_the_same_secret),
		cmocka_unit_test(value_that_is_refused_is_not_answered),
		cmocka_unit_test(
			exchange_goes_on_elsewhere_with_what_was_exported),
		cmocka_unit_test(refusal_leaves_the_exchange_as_it_was),
		cmocka_unit_test(no_exchange_may_be_freed),
		cmocka_unit_test(public_value_of_another_length_is_refused),
		cmocka_unit_test(modp_value_out_of_range_is_refused),
		cmocka_unit_test(modp_value_of_all_ones_is_refused),
		cmocka_unit_test(modp_value_outside_the_subgroup_is_refused),
		cmocka_unit_test(point_off_the_curve_is_refused),
		cmocka_unit_test(point_with_x_for_y_is_refused),
		cmocka_unit_test(coordinate_not_below_p_is_refused),
		cmocka_unit_test(point_at_infinity_is_refused),
		cmocka_unit_test(forms_of_sec1_are_refused),
		cmocka_unit_test(x25519_result_of_zeros_is_refused),
		cmocka_unit_test(x448_result_of_zeros_is_refused),
		cmocka_unit_test(point_next_to_one_of_low_order_is_taken),
		cmocka_unit_test(x25519_reads_255_bits),
		cmocka_unit_test(private_value_of_another_length_is_refused),
		cmocka_unit_test(private_value_of_zero_is_refused),
		cmocka_unit_test(modp_private_value_of_the_order_is_refused),
		cmocka_unit_test(
			ecp_private_value_not_below_the_order_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
