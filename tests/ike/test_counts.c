// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is counted of messages and of rekeyed SAs, and whose it is: of a peer that
 * has proved who it is, its connection's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_forge.h"

#define ALG   "aes128-sha256-x25519"
#define SMALL 192 /* messages are in fragments */

static struct ike_lab *lab_up_in(uint32_t fragment_size)
{
	struct ike_lab *lab = lab_new(1);

	lab_load_both(lab, ALG, ALG);
	lab_set_fragment_size(lab, fragment_size);
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, LAB_S));
	assert_true(lab_agree(lab, 1));
	return lab;
}

static struct ike_lab *lab_up(void)
{
	return lab_up_in(1280);
}

struct wanted {
	enum ike_count what;
	uint64_t n;
};

/* These, and nothing else. */
static void assert_counts(const struct ike_counts *counts,
			  const struct wanted *wanted, size_t n)
{
	struct ike_counts want = { { 0 } };

	for (size_t i = 0; i < n; i++)
		want.n[wanted[i].what] = wanted[i].n;
	for (unsigned int i = 0; i < IKE_COUNT_N; i++)
		if (counts->n[i] != want.n[i])
			fail_msg("%s: %llu, not %llu",
				 ike_count_name((enum ike_count)i),
				 (unsigned long long)counts->n[i],
				 (unsigned long long)want.n[i]);
}

#define COUNTED(...)                                             \
	((const struct wanted[]){ __VA_ARGS__ }),                \
		sizeof((const struct wanted[]){ __VA_ARGS__ }) / \
			sizeof(struct wanted)

/* In one piece, or in several. */
static void handshake_is_the_connections_of_who_is_known(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct ike_lab *lab = lab_up_in(i ? SMALL : 1280);

		assert_counts(&lab->side[0].counts,
			      COUNTED({ IKE_COUNT_INIT_OUT_REQ, 1 },
				      { IKE_COUNT_INIT_IN_RESP, 1 },
				      { IKE_COUNT_AUTH_OUT_REQ, 1 },
				      { IKE_COUNT_AUTH_IN_RESP, 1 }));
		assert_counts(&lab->side[0].nobodys, NULL, 0);
		assert_counts(&lab->side[1].nobodys,
			      COUNTED({ IKE_COUNT_INIT_IN_REQ, 1 },
				      { IKE_COUNT_INIT_OUT_RESP, 1 },
				      { IKE_COUNT_AUTH_IN_REQ, 1 }));
		assert_counts(&lab->side[1].counts,
			      COUNTED({ IKE_COUNT_AUTH_OUT_RESP, 1 }));
		lab_free(lab);
	}
}

static void forget_counts(struct ike_lab *lab)
{
	for (unsigned int i = 0; i < 2; i++) {
		memset(&lab->side[i].counts, 0, sizeof(lab->side[i].counts));
		memset(&lab->side[i].nobodys, 0, sizeof(lab->side[i].nobodys));
	}
}

static void rekeyings_are_counted_by_who_began_them(void **state)
{
	struct ike_lab *lab = lab_up();
	const struct ike_counts *a = &lab->side[0].counts;
	const struct ike_counts *b = &lab->side[1].counts;

	(void)state;
	forget_counts(lab);
	assert_int_equal(
		engine_rekey(lab->side[0].engine, "peer", NULL, lab->now_ns), 1);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_int_equal(a->n[IKE_COUNT_IKE_REKEY_INIT], 1);
	assert_int_equal(a->n[IKE_COUNT_IKE_REKEY_RESP], 0);
	assert_int_equal(b->n[IKE_COUNT_IKE_REKEY_INIT], 0);
	assert_int_equal(b->n[IKE_COUNT_IKE_REKEY_RESP], 1);
	assert_int_equal(engine_rekey(lab->side[1].engine, "peer", "net",
				      lab->now_ns),
			 1);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_int_equal(a->n[IKE_COUNT_CHILD_REKEY], 1);
	assert_int_equal(b->n[IKE_COUNT_CHILD_REKEY], 1);
	assert_int_equal(a->n[IKE_COUNT_CREATE_CHILD_OUT_REQ], 1);
	assert_int_equal(a->n[IKE_COUNT_CREATE_CHILD_IN_REQ], 1);
	assert_int_equal(a->n[IKE_COUNT_CREATE_CHILD_OUT_RESP], 1);
	assert_int_equal(a->n[IKE_COUNT_CREATE_CHILD_IN_RESP], 1);
	assert_int_equal(a->n[IKE_COUNT_INFO_OUT_REQ], 1);
	assert_int_equal(a->n[IKE_COUNT_INFO_IN_REQ], 1);
	lab_free(lab);
}

static struct lab_fate lose_all(struct ike_lab *lab, unsigned int n)
{
	(void)lab;
	(void)n;
	return (struct lab_fate){ .copies = 0 };
}

static void what_is_sent_again_is_counted_once(void **state)
{
	struct ike_lab *lab = lab_new(1);

	(void)state;
	lab_load_both(lab, ALG, ALG);
	lab->fate = lose_all;
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, 20 * LAB_S));
	assert_true(lab->side[0].sent > 1);
	assert_counts(&lab->side[0].counts,
		      COUNTED({ IKE_COUNT_INIT_OUT_REQ, 1 }));
	lab_free(lab);
}

static void input(struct ike_lab *lab, uint8_t *message, size_t len)
{
	const struct ike_path path = forge_path(lab, 1);

	engine_input(lab->side[1].engine, &path, message, len, lab->now_ns);
}

static void messages_of_nobody_are_counted_for_what_they_are(void **state)
{
	struct ike_lab *lab = lab_up();
	uint8_t message[28] = { 1,
				2,
				3,
				4,
				5,
				6,
				7,
				8,
				9,
				10,
				11,
				12,
				13,
				14,
				15,
				16,
				IKE_PL_SK,
				IKE_VERSION,
				IKE_EXCH_INFORMATIONAL,
				IKE_FLAG_I };

	(void)state;
	forget_counts(lab);
	message[27] = sizeof(message);
	input(lab, message, sizeof(message));
	assert_counts(&lab->side[1].nobodys,
		      COUNTED({ IKE_COUNT_INVALID_SPI, 1 }));
	input(lab, message, 5);
	assert_counts(&lab->side[1].nobodys,
		      COUNTED({ IKE_COUNT_INVALID_SPI, 1 },
			      { IKE_COUNT_INVALID, 1 }));
	assert_counts(&lab->side[1].counts, NULL, 0);
	lab_free(lab);
}

/* What a peer's own IKE SA says, its keys prove. */
static void message_with_a_wrong_icv_is_its_connections(void **state)
{
	struct ike_lab *lab = lab_up();
	const struct ike_sa *sa = forge_sa(lab, 1);
	uint8_t message[100] = { 0 };

	(void)state;
	forget_counts(lab);
	for (unsigned int i = 0; i < 8; i++) {
		message[i] = (uint8_t)(sa->spi_i >> (56 - 8 * i));
		message[8 + i] = (uint8_t)(sa->spi_r >> (56 - 8 * i));
	}
	message[16] = IKE_PL_SK;
	message[17] = IKE_VERSION;
	message[18] = IKE_EXCH_INFORMATIONAL;
	message[19] = IKE_FLAG_I;
	message[23] = (uint8_t)sa->next_peers;
	message[27] = sizeof(message);
	message[31] = sizeof(message) - 28;
	input(lab, message, sizeof(message));
	assert_counts(&lab->side[1].counts, COUNTED({ IKE_COUNT_INVALID, 1 }));
	lab_free(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handshake_is_the_connections_of_who_is_known),
		cmocka_unit_test(rekeyings_are_counted_by_who_began_them),
		cmocka_unit_test(what_is_sent_again_is_counted_once),
		cmocka_unit_test(
			messages_of_nobody_are_counted_for_what_they_are),
		cmocka_unit_test(message_with_a_wrong_icv_is_its_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
