// SPDX-License-Identifier: BSD-2-Clause
/* Methods of authentication that are announced (RFC 9593). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/ike/methods.h"
#include "tests/support/ike_forge.h"
#include "tests/support/ike_look.h"
#include "tests/support/ike_settle.h"

#define IKE "aes128-sha256-x25519"
#define ESP "aes128-sha256"

static const uint8_t psk[] = { 2, IKE_AUTH_PSK };

static struct ike_lab *lab_begun(void)
{
	struct ike_lab *lab = lab_new(1);

	lab_load_both(lab, IKE, ESP);
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	while (!forge_sa(lab, 0)->spi_r)
		assert_true(lab_step(lab));
	return lab;
}

static bool says_psk(const struct ike_payloads *p)
{
	struct ike_notify n;

	if (!ike_find_notify(p, IKE_N_SUPPORTED_AUTH_METHODS, &n))
		return false;
	assert_int_equal(n.data.len, sizeof(psk));
	assert_memory_equal(n.data.ptr, psk, sizeof(psk));
	return true;
}

static bool response_says_psk(const struct ike_lab *lab)
{
	const struct lab_side *s = &lab->side[1];
	struct slice rest = slice_of(s->last, s->last_len), header;
	struct ike_payloads p;
	struct ike_header h;

	assert_true(ike_header_parse(rest, &h));
	assert_true(rd_slice(&rest, IKE_HEADER_BYTES, &header));
	assert_int_equal(ike_payloads_parse(rest, h.next_payload,
					    IKE_PART_CLEAR, &p),
			 IKE_PARSE_OK);
	return says_psk(&p);
}

static bool request_says_psk(struct ike_lab *lab)
{
	uint8_t room[MESSAGE_MAX];
	struct ike_payloads p;

	while (forge_sa(lab, 0)->state != IKE_ST_AUTH ||
	       !forge_sa(lab, 0)->request.len)
		assert_true(lab_step(lab));
	look_inside(forge_sa(lab, 1), forge_sa(lab, 0)->request, room, &p);
	return says_psk(&p);
}

static void each_side_says_what_it_takes(void **state)
{
	struct ike_lab *lab = lab_begun();

	(void)state;
	assert_true(response_says_psk(lab));
	assert_true(request_says_psk(lab));
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_string_equal(
		methods_refusal(forge_sa(lab, 1), (char[METHODS_STR_MAX]){ "" }),
		"the peer refuses our authentication: compare the pre-shared keys and the identities of both sides");
	lab_free(lab);
}

/* Section 3.1: it would be nothing to a responder that does not know of it. */
static void initiator_that_was_told_nothing_says_nothing(void **state)
{
	struct ike_lab *lab = lab_begun();

	(void)state;
	forge_sa(lab, 0)->peer_methods = 0;
	assert_false(request_says_psk(lab));
	lab_free(lab);
}

static void refusal_names_what_the_peer_takes(void **state)
{
	static const char compare[] = "compare the pre-shared keys";
	static const struct {
		uint8_t octets[8];
		size_t len;
		const char *want;
	} rows[] = {
		{ { 2, 2 }, 2, compare },
		{ { 2, 1, 2, 2 }, 4, compare },
		{ { 2, 1 }, 2, "no pre-shared key: only RSA" },
		{ { 3, 14, 0, 2, 13 }, 5, "only NULL SIGNATURE" },
		{ { 5, 14, 1, 0x30, 0, 2, 9 }, 7, "only ECDSA_256 SIGNATURE" },
		{ { 2, 31 }, 2, "only 31" },
		{ { 0 }, 0, compare }, /* the list comes in IKE_INTERMEDIATE */
		{ { 2, 200 }, 2, compare }, /* what nobody knows yet */
		/* no lists */
		{ { 2, 1, 2 }, 3, compare },
		{ { 1, 1 }, 2, compare },
		{ { 0, 1 }, 2, compare },
		{ { 4, 1, 0 }, 3, compare },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t room[64], first = IKE_PL_NOTIFY;
		const struct ike_header h = { .version = IKE_VERSION };
		const struct ike_notify n = {
			.type = IKE_N_SUPPORTED_AUTH_METHODS,
			.data = slice_of(rows[i].octets, rows[i].len),
		};
		struct ike_sa sa = { .peer_methods = 0 };
		char text[METHODS_STR_MAX];
		struct slice message, header;
		struct ike_builder m;
		struct ike_payloads p;

		ike_begin(&m, room, sizeof(room), &h);
		ike_notify_put(&m, &n);
		assert_true(ike_end(&m, &message));
		assert_true(rd_slice(&message, IKE_HEADER_BYTES, &header));
		assert_int_equal(ike_payloads_parse(message, first,
						    IKE_PART_CLEAR, &p),
				 IKE_PARSE_OK);
		methods_take(&sa, &p);
		assert_non_null(strstr(methods_refusal(&sa, text), rows[i].want));
	}
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(each_side_says_what_it_takes),
		cmocka_unit_test(initiator_that_was_told_nothing_says_nothing),
		cmocka_unit_test(refusal_names_what_the_peer_takes),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
