// SPDX-License-Identifier: BSD-2-Clause
/*
 * Messages with a peer in words, for an operator who looks: each one once, those
 * that are lost or come again too, and nothing of whom nobody looks at.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/support/ike_forge.h"

#define ALG "aes128-sha256-x25519"

static char told[2][16384];
static unsigned int untold;

static void on_traced(struct ike_lab *lab, unsigned int side,
		      const struct ike_traced *t)
{
	char *to = told[side];
	const size_t len = strlen(to);

	(void)lab;
	untold += t->untold;
	snprintf(to + len, sizeof(told[side]) - len, "%s %u %s %u: %s\n",
		 t->out ? ">" : "<", t->exchange, t->response ? "r" : "q",
		 t->message_id, t->text);
}

static struct ike_lab *lab_looked_at(unsigned int side, const char *peer)
{
	struct ike_lab *lab = lab_new(1);
	struct addr addr;

	memset(told, 0, sizeof(told));
	untold = 0;
	lab->traced = on_traced;
	lab_load_both(lab, ALG, ALG);
	assert_int_equal(addr_parse(peer, &addr), 0);
	engine_trace(lab->side[side].engine, &addr, lab->now_ns + 60 * LAB_S);
	return lab;
}

static void bring_up(struct ike_lab *lab)
{
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, LAB_S));
	assert_true(lab_agree(lab, 1));
}

#define SUITE \
	"SA(IKE: aes128-sha256-prfsha256-curve25519) KE(curve25519) Ni/Nr "
#define NATS "N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)"
#define CHILD                                      \
	"SA(ESP: aes128-sha256) TSi(10.1.0.0/24) " \
	"TSr(10.2.0.0/24)"
#define ROUNDS	  "N(MULTIPLE_AUTH_SUPPORTED) "
#define METHODS	  "N(SUPPORTED_AUTH_METHODS) "
#define FRAGMENTS "N(IKEV2_FRAGMENTATION_SUPPORTED) "

static void handshake_is_told_to_both_sides_that_look(void **state)
{
	static const char auth_q[] =
		" 35 q 1: IDi(192.0.2.1) AUTH(psk) N(MOBIKE_SUPPORTED) " METHODS CHILD
		"\n";
	static const char auth_r[] = " 35 r 1: IDr(192.0.2.2) AUTH(psk) " CHILD
				     " N(MOBIKE_SUPPORTED)\n";
	static const char init_q[] =
		" 34 q 0: " SUITE "N(REDIRECT_SUPPORTED) " FRAGMENTS NATS "\n";
	static const char init_r[] = " 34 r 0: " SUITE ROUNDS METHODS FRAGMENTS
				     "N(CHILDLESS_IKEV2_SUPPORTED) " NATS "\n";
	static const char *const want[] = { init_q, init_r, auth_q, auth_r };

	(void)state;
	for (unsigned int side = 0; side < 2; side++) {
		struct ike_lab *lab =
			lab_looked_at(side, side ? "192.0.2.1" : "192.0.2.2");
		char all[4096] = "";

		bring_up(lab);
		for (unsigned int i = 0; i < 4; i++)
			snprintf(all + strlen(all), sizeof(all) - strlen(all),
				 "%s%s", i % 2 == side ? ">" : "<", want[i]);
		assert_string_equal(told[side], all);
		assert_string_equal(told[!side], "");
		lab_free(lab);
	}
}

static void another_peer_is_not_told_of(void **state)
{
	struct ike_lab *lab = lab_looked_at(0, "192.0.2.3");

	(void)state;
	bring_up(lab);
	assert_string_equal(told[0], "");
	lab_free(lab);
}

static void it_ends_by_itself_and_when_it_is_told_to(void **state)
{
	struct ike_lab *lab = lab_looked_at(0, "192.0.2.2");

	(void)state;
	bring_up(lab);
	told[0][0] = '\0';
	lab_run(lab, 60 * LAB_S);
	engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
	assert_true(lab_run(lab, LAB_S));
	assert_string_equal(told[0], "");
	lab_free(lab);
	lab = lab_looked_at(0, "192.0.2.2");
	engine_trace(lab->side[0].engine, NULL, 0);
	bring_up(lab);
	assert_string_equal(told[0], "");
	lab_free(lab);
}

static void rekeying_and_its_end_are_told(void **state)
{
	struct ike_lab *lab = lab_looked_at(1, "192.0.2.1");
	char want[128];

	(void)state;
	bring_up(lab);
	told[1][0] = '\0';
	snprintf(want, sizeof(want), "< 37 q 3: D(ESP %08x)\n",
		 lab_last(&lab->side[0], IKE_EV_CHILD_UP)->spi_in);
	assert_int_equal(engine_rekey(lab->side[0].engine, "peer", "net",
				      lab->now_ns),
			 1);
	assert_true(lab_run(lab, LAB_S));
	assert_non_null(strstr(told[1], "< 36 q 2: N(REKEY_SA) SA(ESP: "));
	assert_non_null(strstr(told[1], want));
	lab_free(lab);
}

/* --- what is lost, comes again, or is wrong */

static struct lab_fate lose_first(struct ike_lab *lab, unsigned int n)
{
	(void)lab;
	return (struct lab_fate){ .copies = n != 0, .delay_ns = { 1000000 } };
}

static void request_that_is_sent_again_is_said_to_be(void **state)
{
	struct ike_lab *lab = lab_looked_at(0, "192.0.2.2");

	(void)state;
	lab->fate = lose_first;
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	lab_run(lab, 10 * LAB_S);
	assert_true(lab_agree(lab, 1));
	assert_non_null(strstr(told[0], "> 34 q 0: the same again\n< 34 r 0: "));
	lab_free(lab);
}

static struct lab_fate twice(struct ike_lab *lab, unsigned int n)
{
	(void)lab;
	(void)n;
	return (struct lab_fate){ .copies = 2,
				  .delay_ns = { 1000000, 900000000 } };
}

static void request_that_comes_again_is_said_to_have(void **state)
{
	struct ike_lab *lab = lab_looked_at(1, "192.0.2.1");

	(void)state;
	lab->fate = twice;
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_non_null(
		strstr(told[1], "< 35 q 1: again: the reply is sent again\n"));
	lab_free(lab);
}

static void message_that_is_wrong_is_said_to_be(void **state)
{
	struct ike_lab *lab = lab_looked_at(1, "192.0.2.1");
	uint8_t octets[LAB_DATAGRAM_MAX];
	struct ike_path path;
	size_t len;

	(void)state;
	bring_up(lab);
	/* What side 0 sent last, with another message id, and to another SA. */
	len = lab->side[0].last_len;
	path = (struct ike_path){ .local = lab->side[1].addr,
				  .remote = lab->side[0].addr,
				  .local_port = 500,
				  .remote_port = 500 };
	memcpy(octets, lab->side[0].last, len);
	octets[23] = 2;
	told[1][0] = '\0';
	engine_input(lab->side[1].engine, &path, octets, len, lab->now_ns);
	assert_string_equal(told[1], "< 35 q 2: its protection is wrong\n");
	memcpy(octets, lab->side[0].last, len);
	octets[8] ^= 1;
	told[1][0] = '\0';
	engine_input(lab->side[1].engine, &path, octets, len, lab->now_ns);
	assert_string_equal(told[1], "< 35 q 1: of no IKE SA of ours\n");
	lab_free(lab);
}

static void flood_is_counted_and_not_told(void **state)
{
	struct ike_lab *lab = lab_looked_at(1, "192.0.2.1");
	uint8_t octets[IKE_HEADER_BYTES] = { 1,
					     [8] = 1,
					     [16] = IKE_PL_SK,
					     [17] = IKE_VERSION,
					     [18] = IKE_EXCH_INFORMATIONAL,
					     [27] = IKE_HEADER_BYTES };
	struct ike_path path = { .local = lab->side[1].addr,
				 .remote = lab->side[0].addr };
	unsigned int lines = 0;

	(void)state;
	for (unsigned int i = 0; i < 3 * IKE_TRACE_PER_S; i++)
		engine_input(lab->side[1].engine, &path, octets, sizeof(octets),
			     lab->now_ns);
	for (const char *at = told[1]; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(lines, IKE_TRACE_PER_S);
	assert_int_equal(untold, 0);
	lab->now_ns += LAB_S;
	engine_input(lab->side[1].engine, &path, octets, sizeof(octets),
		     lab->now_ns);
	assert_int_equal(untold, 2 * IKE_TRACE_PER_S);
	lab_free(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handshake_is_told_to_both_sides_that_look),
		cmocka_unit_test(another_peer_is_not_told_of),
		cmocka_unit_test(it_ends_by_itself_and_when_it_is_told_to),
		cmocka_unit_test(rekeying_and_its_end_are_told),
		cmocka_unit_test(request_that_is_sent_again_is_said_to_be),
		cmocka_unit_test(request_that_comes_again_is_said_to_have),
		cmocka_unit_test(message_that_is_wrong_is_said_to_be),
		cmocka_unit_test(flood_is_counted_and_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
