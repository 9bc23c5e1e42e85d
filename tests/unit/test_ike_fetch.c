// SPDX-License-Identifier: BSD-2-Clause
/* What is fetched on its way from ctl to ike, and what ctl would never send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/daemon/ike_fetch.h"
#include "ctrl/pki/crl.h"
#include "ctrl/pki/ocsp.h"

static struct ike_fetch f;
static struct ike_msg_fetched m;
static struct ike_msg_want want;

static int stop(void **state)
{
	(void)state;
	ike_fetch_free(&f);
	return 0;
}

/* A piece of n octets of the certificate. */
static enum ike_fetch_is take(uint8_t cert, enum fetch_kind kind, uint32_t n,
			      bool more)
{
	m = (struct ike_msg_fetched){
		.cert = { cert }, .kind = kind, .n = n, .more = more
	};
	memset(m.octets, cert, n < sizeof(m.octets) ? n : sizeof(m.octets));
	return ike_fetch_take(&f, &m);
}

static void pieces_become_the_whole(void **state)
{
	const uint32_t n = IKE_FETCHED_MAX;

	(void)state;
	assert_int_equal(take(1, FETCH_CRL, n, true), IKE_FETCH_PART);
	assert_int_equal(take(1, FETCH_CRL, n, true), IKE_FETCH_PART);
	assert_int_equal(take(1, FETCH_CRL, 3, false), IKE_FETCH_WHOLE);
	assert_int_equal(ike_fetch_octets(&f).len, 2 * n + 3);
	assert_int_equal(ike_fetch_octets(&f).ptr[2 * n + 2], 1);
	assert_int_equal(ike_fetch_kind(&f), STATUS_CRL);
}

static void next_message_begins_another_one(void **state)
{
	(void)state;
	assert_int_equal(take(1, FETCH_CRL, 9, false), IKE_FETCH_WHOLE);
	assert_int_equal(take(2, FETCH_OCSP, 5, false), IKE_FETCH_WHOLE);
	assert_int_equal(ike_fetch_octets(&f).len, 5);
	assert_int_equal(ike_fetch_kind(&f), STATUS_OCSP);
	assert_int_equal(f.cert[0], 2);
}

static void empty_one_is_not_to_be_had(void **state)
{
	(void)state;
	assert_int_equal(take(1, FETCH_CRL, 0, false), IKE_FETCH_WHOLE);
	assert_int_equal(ike_fetch_octets(&f).len, 0);
}

static void pieces_of_two_do_not_mix(void **state)
{
	(void)state;
	assert_int_equal(take(1, FETCH_CRL, 9, true), IKE_FETCH_PART);
	assert_int_equal(take(2, FETCH_CRL, 9, false), IKE_FETCH_WRONG);
	assert_int_equal(take(1, FETCH_OCSP, 9, false), IKE_FETCH_WRONG);
	assert_int_equal(take(1, FETCH_CRL, 9, false), IKE_FETCH_WHOLE);
}

static void what_ctl_would_not_send_is_wrong(void **state)
{
	(void)state;
	assert_int_equal(take(1, FETCH_CRL, 0, true), IKE_FETCH_WRONG);
	assert_int_equal(take(1, (enum fetch_kind)(FETCH_CERT + 1), 1, false),
			 IKE_FETCH_WRONG);
	assert_int_equal(take(1, FETCH_CRL, IKE_FETCHED_MAX + 1, false),
			 IKE_FETCH_WRONG);
	assert_int_equal(take(1, FETCH_CRL, 1, true), IKE_FETCH_PART);
	assert_int_equal(take(1, FETCH_CRL, 0, false), IKE_FETCH_WRONG);
}

static void longer_than_its_kind_may_be_is_wrong(void **state)
{
	static const struct {
		enum fetch_kind kind;
		size_t max;
	} rows[] = { { FETCH_CRL, CRL_MAX_BYTES },
		     { FETCH_OCSP, OCSP_MAX_BYTES },
		     { FETCH_CERT, CERTIFICATE_MAX_BYTES } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		ike_fetch_free(&f);
		for (size_t n = 0; n < rows[i].max; n += IKE_FETCHED_MAX)
			assert_int_equal(take(1, rows[i].kind, IKE_FETCHED_MAX,
					      true),
					 IKE_FETCH_PART);
		assert_int_equal(take(1, rows[i].kind, 1, false),
				 IKE_FETCH_WRONG);
	}
}

static void what_is_wanted_becomes_a_message(void **state)
{
	static const uint8_t octets[CERTIFICATE_MAX_BYTES + 1] = { 7 };
	struct status_want w = {
		.kind = STATUS_OCSP,
		.path = { slice_of(octets, 9), slice_of(octets, 3) },
		.n_path = 2,
		.request = slice_of(octets, FETCH_REQUEST_MAX)
	};
	struct slice path[TRUST_CHAIN_MAX], request;

	(void)state;
	assert_true(ike_fetch_put(&w, &want));
	assert_int_equal(want.kind, FETCH_OCSP);
	assert_true(ike_seam_get_want(&want, path, &request));
	assert_int_equal(want.n_path, 2);
	assert_int_equal(path[0].len, 9);
	assert_int_equal(path[1].len, 3);
	assert_int_equal(path[1].ptr[0], 7);
	assert_int_equal(request.len, FETCH_REQUEST_MAX);
	assert_int_equal(request.ptr[0], 7);
	assert_int_equal(ike_seam_want_bytes(&want),
			 offsetof(struct ike_msg_want, path) + 9 + 3);
	w.request.len++;
	assert_false(ike_fetch_put(&w, &want));
	w = (struct status_want){ .kind = STATUS_CRL,
				  .path = { slice_of(octets, 1) },
				  .n_path = 1 };
	assert_true(ike_fetch_put(&w, &want));
	assert_true(ike_seam_get_want(&want, path, &request));
	assert_int_equal(want.kind, FETCH_CRL);
	assert_int_equal(request.len, 0);
	w.path[0].len = CERTIFICATE_MAX_BYTES + 1;
	assert_false(ike_fetch_put(&w, &want));
}

static void path_goes_along_as_far_as_there_is_room(void **state)
{
	static const uint8_t octets[CERTIFICATE_MAX_BYTES] = { 7 };
	struct slice path[TRUST_CHAIN_MAX], request;
	struct status_want w = { .kind = STATUS_CRL, .n_path = 3 };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		w.path[i] = slice_of(octets, sizeof(octets) - 1);
	assert_true(ike_fetch_put(&w, &want));
	assert_true(ike_seam_get_want(&want, path, &request));
	assert_int_equal(want.n_path, 2);
	assert_int_equal(path[1].len, sizeof(octets) - 1);
}

static void wants_that_there_cannot_be_are_refused(void **state)
{
	static const uint8_t octets[9] = { 7 };
	const struct status_want w = { .kind = STATUS_CRL,
				       .path = { slice_of(octets, 9) },
				       .n_path = 1 };
	struct slice path[TRUST_CHAIN_MAX], request;
	struct ike_msg_want good;

	(void)state;
	assert_true(ike_fetch_put(&w, &good));
#define REFUSED(change) \
	want = good;    \
	change;         \
	assert_false(ike_seam_get_want(&want, path, &request))
	REFUSED(want.kind = FETCH_OCSP + 1);
	REFUSED(want.kind = FETCH_OCSP);
	REFUSED(want.n_request = 1);
	REFUSED(want.n_path = 0);
	REFUSED(want.n_path = 2);
	REFUSED(want.n_path = TRUST_CHAIN_MAX + 1);
	REFUSED(want.bytes[0] = 0);
	REFUSED(want.bytes[0] = sizeof(want.path) + 1);
	REFUSED(want.n_path = 2; want.bytes[1] = UINT32_MAX);
	REFUSED(want.kind = FETCH_OCSP;
		want.n_request = sizeof(want.request) + 1);
#undef REFUSED
	assert_true(ike_seam_get_want(&good, path, &request));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(pieces_become_the_whole, stop),
		cmocka_unit_test_teardown(next_message_begins_another_one, stop),
		cmocka_unit_test_teardown(empty_one_is_not_to_be_had, stop),
		cmocka_unit_test_teardown(pieces_of_two_do_not_mix, stop),
		cmocka_unit_test_teardown(what_ctl_would_not_send_is_wrong, stop),
		cmocka_unit_test_teardown(longer_than_its_kind_may_be_is_wrong,
					  stop),
		cmocka_unit_test(what_is_wanted_becomes_a_message),
		cmocka_unit_test(path_goes_along_as_far_as_there_is_room),
		cmocka_unit_test(wants_that_there_cannot_be_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
