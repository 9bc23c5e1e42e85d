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
#include "tests/vectors/ke.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static const char *const methods[] = { "modp2048", "ecp256", "ecp384",
				       "curve25519" };

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
	return ke;
}

static bool is_wiped(const struct secret *s)
{
	static const struct secret zeros;

	return memcmp(s, &zeros, sizeof(zeros)) == 0;
}

/* Refused with nothing left behind, neither of a secret nor of an error. */
static void assert_refused(const struct ke *ke, struct slice peer,
			   const char *what)
{
	struct secret out;

	memset(&out, 0xa5, sizeof(out));
	if (ke_shared(ke, peer, &out) != -EINVAL)
		fail_msg("%s", what);
	assert_true(is_wiped(&out));
	assert_int_equal(ERR_peek_error(), 0);
}

/* A value that is refused only for what was changed. */
static void assert_taken(const struct ke *ke, const struct value *peer)
{
	struct secret out;

	assert_int_equal(ke_shared(ke, slice_of_value(peer), &out), 0);
	secret_wipe(&out);
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
		{ "modp2048", 14, 256, 256 },
		{ "ecp256", 19, 64, 32 },
		{ "ecp384", 20, 96, 48 },
		{ "curve25519", 31, 32, 32 },
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
}

static void any_other_method_is_unknown(void **state)
{
	static const char *const names[] = { "",	 "none",
					     "modpnone", "modp",
					     "modp1024", "modp2048s256",
					     "ecp224",	 "ecp521",
					     "ECP256",	 "curve448" };
	size_t known = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_null(ke_by_name(names[i]));
	for (uint32_t id = 0; id <= UINT16_MAX; id++)
		known += ke_by_id((uint16_t)id) != NULL;
	assert_int_equal(known, 4);
}

/* --- vectors */

static void exchanges_match_published_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ke_vectors); i++) {
		const struct ke_vector *v = &ke_vectors[i];
		const struct ke_alg *alg = ke_by_name(v->method);
		struct value x = value_of(v->private_value);
		struct value peer = value_of(v->peer);
		struct value shared = value_of(v->shared), expected;
		struct secret out;
		struct ke *ke = NULL;

		assert_int_equal(ke_from_private(alg, slice_of_value(&x), &ke),
				 0);
		memset(&x, 0, sizeof(x));
		assert_int_equal(ke_public(ke).len, alg->public_bytes);
		if (v->public_value) {
			expected = value_of(v->public_value);
			if (memcmp(ke_public(ke).ptr, expected.octets,
				   alg->public_bytes))
				fail_msg("%s: public value", v->source);
		}
		assert_int_equal(ke_shared(ke, slice_of_value(&peer), &out), 0);
		assert_int_equal(out.len, alg->shared_bytes);
		assert_int_equal(shared.len, alg->shared_bytes);
		if (memcmp(out.octets, shared.octets, shared.len))
			fail_msg("%s: shared secret", v->source);
		secret_wipe(&out);
		ke_free(ke);
	}
}

/* What the vectors are there for, besides the arithmetic. */
static void vectors_have_leading_zeros(void **state)
{
	(void)state;
	for (size_t m = 0; m < 3; m++) {
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
	for (size_t m = 0; m < ARRAY_LEN(methods); m++) {
		struct ke *i = new_ke(methods[m]), *r = new_ke(methods[m]);
		struct secret at_i, at_r;

		assert_memory_not_equal(ke_public(i).ptr, ke_public(r).ptr,
					ke_public(i).len);
		assert_int_equal(ke_shared(i, ke_public(r), &at_i), 0);
		assert_int_equal(ke_shared(r, ke_public(i), &at_r), 0);
		assert_int_equal(at_i.len, ke_by_name(methods[m])->shared_bytes);
		assert_true(secret_equal(&at_i, &at_r));
		secret_wipe(&at_i);
		secret_wipe(&at_r);
		ke_free(i);
		ke_free(r);
	}
}

/* A peer that is refused does not spoil the private value. */
static void exchange_goes_on_elsewhere_with_what_was_exported(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		struct ke *one = new_ke(methods[i]), *other = new_ke(methods[i]);
		struct ke *again = NULL;
		struct secret out, a, b;

		ke_export(one, &out);
		assert_int_equal(ke_from_private(ke_by_name(methods[i]),
						 slice_of(out.octets, out.len),
						 &again),
				 0);
		assert_memory_equal(ke_public(again).ptr, ke_public(one).ptr,
				    ke_public(one).len);
		assert_int_equal(ke_shared(again, ke_public(other), &a), 0);
		assert_int_equal(ke_shared(other, ke_public(one), &b), 0);
		assert_true(secret_equal(&a, &b));
		ke_free(one);
		ke_free(other);
		ke_free(again);
	}
}

static void refusal_leaves_the_exchange_as_it_was(void **state)
{
	(void)state;
	for (size_t m = 0; m < ARRAY_LEN(methods); m++) {
		struct ke *i = new_ke(methods[m]), *r = new_ke(methods[m]);
		struct secret before, after;

		assert_int_equal(ke_shared(i, ke_public(r), &before), 0);
		assert_refused(i, slice_of(NULL, 0), methods[m]);
		assert_int_equal(ke_shared(i, ke_public(r), &after), 0);
		assert_true(secret_equal(&before, &after));
		secret_wipe(&before);
		secret_wipe(&after);
		ke_free(i);
		ke_free(r);
	}
}

static void no_exchange_may_be_freed(void **state)
{
	(void)state;
	ke_free(NULL);
}

/* --- a peer's value */

static void public_value_of_another_length_is_refused(void **state)
{
	(void)state;
	for (size_t m = 0; m < ARRAY_LEN(methods); m++) {
		struct ke *i = new_ke(methods[m]), *r = new_ke(methods[m]);
		struct value peer = value_of_slice(ke_public(r));
		struct value before = { .len = peer.len + 1 };

		assert_taken(i, &peer);
		for (size_t n = 0; n < sizeof(peer.octets); n++)
			if (n != peer.len)
				assert_refused(i, slice_of(peer.octets, n),
					       methods[m]);
		/* A zero in front changes the length, not the number. */
		memcpy(before.octets + 1, peer.octets, peer.len);
		assert_refused(i, slice_of_value(&before), methods[m]);
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

/* RFC 6989 section 2.1: 1 < y < p - 1. */
static void modp_value_out_of_range_is_refused(void **state)
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
	struct ke *ke = new_ke("modp2048");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct value y = value_of(modp2048_p);

		if (!rows[i].below_p)
			memset(y.octets, 0, y.len);
		shift(y.octets, y.len, rows[i].n);
		if (rows[i].refused)
			assert_refused(ke, slice_of_value(&y),
				       rows[i].below_p ? "p" : "0");
		else
			assert_taken(ke, &y);
	}
	ke_free(ke);
}

static void modp_value_of_all_ones_is_refused(void **state)
{
	struct ke *ke = new_ke("modp2048");
	struct value y = { .len = 256 };

	(void)state;
	memset(y.octets, 0xff, y.len);
	assert_refused(ke, slice_of_value(&y), "2^2048 - 1");
	ke_free(ke);
}

static struct value order_of(const char *method)
{
	return value_of(strcmp(method, "ecp256") == 0 ? ecp256_order
						      : ecp384_order);
}

static const char *const curves[] = { "ecp256", "ecp384" };

/* RFC 6989 section 2.3: every octet of x and y, one bit of it. */
static void point_off_the_curve_is_refused(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(curves); c++) {
		struct ke *i = new_ke(curves[c]), *r = new_ke(curves[c]);
		struct value peer = value_of_slice(ke_public(r));

		assert_taken(i, &peer);
		for (size_t n = 0; n < peer.len; n++) {
			peer.octets[n] ^= 1;
			assert_refused(i, slice_of_value(&peer), curves[c]);
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
	for (size_t c = 0; c < ARRAY_LEN(curves); c++) {
		struct ke *i = new_ke(curves[c]), *r = new_ke(curves[c]);
		struct slice xy = ke_public(r);
		struct value yx = { .len = xy.len };

		memcpy(yx.octets, xy.ptr + xy.len / 2, xy.len / 2);
		memcpy(yx.octets + xy.len / 2, xy.ptr, xy.len / 2);
		assert_refused(i, slice_of_value(&yx), curves[c]);
		ke_free(i);
		ke_free(r);
	}
}

static void coordinate_not_below_p_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ecp_small); i++) {
		struct ke *ke = new_ke(ecp_small[i].method);
		struct value point = value_of(ecp_small[i].point);
		struct value plus_p = value_of(ecp_small[i].point_plus_p);

		assert_taken(ke, &point);
		assert_int_equal(plus_p.len, point.len);
		assert_refused(ke, slice_of_value(&plus_p), ecp_small[i].method);
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
	for (size_t c = 0; c < ARRAY_LEN(curves); c++) {
		struct ke *ke = new_ke(curves[c]);
		struct value zeros = { .len = ke_public(ke).len };

		assert_refused(ke, slice_of_value(&zeros), curves[c]);
		assert_refused(ke, slice_of(zeros.octets, 1), curves[c]);
		ke_free(ke);
	}
}

/* SEC1's forms with their first octet, uncompressed and compressed. */
static void forms_of_sec1_are_refused(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(curves); c++) {
		struct ke *i = new_ke(curves[c]), *r = new_ke(curves[c]);
		struct slice xy = ke_public(r);
		struct value sec1 = { .octets = { 0x04 }, .len = 1 + xy.len };

		memcpy(sec1.octets + 1, xy.ptr, xy.len);
		assert_refused(i, slice_of_value(&sec1), curves[c]);
		sec1.octets[0] = 0x02 | (xy.ptr[xy.len - 1] & 1);
		assert_refused(i, slice_of(sec1.octets, 1 + xy.len / 2),
			       curves[c]);
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

static void x25519_point_next_to_one_of_low_order_is_taken(void **state)
{
	struct ke *ke = new_ke("curve25519");
	struct value u = value_of(x25519_low_order[0]);

	(void)state;
	u.octets[0] = 2;
	assert_taken(ke, &u);
	ke_free(ke);
}

/* RFC 7748 section 5: the last bit is not read. */
static void x25519_reads_255_bits(void **state)
{
	struct ke *i = new_ke("curve25519"), *r = new_ke("curve25519");
	struct value peer = value_of_slice(ke_public(r));
	struct secret without, with;

	(void)state;
	assert_int_equal(ke_shared(i, slice_of_value(&peer), &without), 0);
	peer.octets[31] ^= 0x80;
	assert_int_equal(ke_shared(i, slice_of_value(&peer), &with), 0);
	assert_true(secret_equal(&without, &with));
	secret_wipe(&without);
	secret_wipe(&with);
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

static void private_value_of_another_length_is_refused(void **state)
{
	(void)state;
	for (size_t m = 0; m < ARRAY_LEN(methods); m++) {
		const struct ke_alg *alg = ke_by_name(methods[m]);

		for (size_t n = 0; n < sizeof(((struct value *)0)->octets); n++) {
			struct value x = { .len = n };
			bool good = n == alg->shared_bytes;

			/* Neither zero nor beyond any order. */
			memset(x.octets, 0x55, n);
			if (alg->id == KE_MODP_2048)
				good = n > 0 && n <= alg->public_bytes;
			if (alg->id == KE_MODP_2048 && n % 16 > 1)
				continue; /* slow */
			assert_int_equal(try_private(methods[m], &x),
					 good ? 0 : -EINVAL);
		}
	}
}

static void private_value_of_zero_is_refused(void **state)
{
	static const size_t bytes[] = { 256, 32, 48 };

	(void)state;
	for (size_t m = 0; m < ARRAY_LEN(bytes); m++) {
		struct value x = { .len = bytes[m] };

		assert_int_equal(try_private(methods[m], &x), -EINVAL);
		x.octets[x.len - 1] = 1;
		assert_int_equal(try_private(methods[m], &x), 0);
	}
}

/* With x a multiple of (p - 1) / 2, 2^x is 1 or p - 1. */
static void modp_private_value_of_the_order_is_refused(void **state)
{
	struct value x = value_of(modp2048_p);

	(void)state;
	shift(x.octets, x.len, -1);
	assert_int_equal(try_private("modp2048", &x), -EINVAL);
	shift(x.octets, x.len, -1);
	assert_int_equal(try_private("modp2048", &x), 0);
}

static void ecp_private_value_not_below_the_order_is_refused(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(curves); c++) {
		struct value d = order_of(curves[c]);

		assert_int_equal(try_private(curves[c], &d), -EINVAL);
		shift(d.octets, d.len, 1);
		assert_int_equal(try_private(curves[c], &d), -EINVAL);
		shift(d.octets, d.len, -2);
		assert_int_equal(try_private(curves[c], &d), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_those_of_the_rfcs),
		cmocka_unit_test(any_other_method_is_unknown),
		cmocka_unit_test(exchanges_match_published_vectors),
		cmocka_unit_test(vectors_have_leading_zeros),
		cmocka_unit_test(both_sides_get_the_same_secret),
		cmocka_unit_test(
			exchange_goes_on_elsewhere_with_what_was_exported),
		cmocka_unit_test(refusal_leaves_the_exchange_as_it_was),
		cmocka_unit_test(no_exchange_may_be_freed),
		cmocka_unit_test(public_value_of_another_length_is_refused),
		cmocka_unit_test(modp_value_out_of_range_is_refused),
		cmocka_unit_test(modp_value_of_all_ones_is_refused),
		cmocka_unit_test(point_off_the_curve_is_refused),
		cmocka_unit_test(point_with_x_for_y_is_refused),
		cmocka_unit_test(coordinate_not_below_p_is_refused),
		cmocka_unit_test(point_at_infinity_is_refused),
		cmocka_unit_test(forms_of_sec1_are_refused),
		cmocka_unit_test(x25519_result_of_zeros_is_refused),
		cmocka_unit_test(x25519_point_next_to_one_of_low_order_is_taken),
		cmocka_unit_test(x25519_reads_255_bits),
		cmocka_unit_test(private_value_of_another_length_is_refused),
		cmocka_unit_test(private_value_of_zero_is_refused),
		cmocka_unit_test(modp_private_value_of_the_order_is_refused),
		cmocka_unit_test(
			ecp_private_value_not_below_the_order_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
