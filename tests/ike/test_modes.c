// SPDX-License-Identifier: BSD-2-Clause
/*
 * CHILD SAs in transport mode, also through a NAT, and of AH: who agrees to what,
 * and what the SADs of both sides have then (RFC 7296 sections 1.3.1, 2.23.1 and
 * 3.3).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_forge.h"
#include "tests/support/ike_keep.h"
#include "tests/support/ike_look.h"
#include "tests/support/ike_settle.h"

#define ESP "aes128-sha256"

static void set_dynamic(struct ts_conf *ts)
{
	*ts = (struct ts_conf){ .dynamic = true, .port_max = UINT16_MAX };
}

static void set_proposal(struct child_conf *c, enum ike_protocol protocol,
			 const char *text)
{
	struct error e;

	c->proposals.n = 1;
	if (proposal_parse(text, protocol, &c->proposals.at[0], &e))
		fail_msg("%s", e.text);
}

/* Its two hosts in that mode. */
static struct conn_conf conn_of(const struct ike_lab *lab, unsigned int side,
				enum sadb_mode mode)
{
	struct conn_conf c = lab_conn(lab, side, SETTLE_IKE, ESP);

	set_dynamic(&c.children[0].local_ts[0]);
	set_dynamic(&c.children[0].remote_ts[0]);
	c.children[0].mode = mode;
	return c;
}

static void load(struct ike_lab *lab, unsigned int side, struct conn_conf c)
{
	lab_load(lab, side, &c);
	conn_fini(&c);
	lab_keep(lab, side, true);
}

static void initiate(struct ike_lab *lab)
{
	settle_initiate(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
}

static struct ike_lab *lab_of(enum sadb_mode first, enum sadb_mode second)
{
	struct ike_lab *lab = lab_new(1);

	load(lab, 0, conn_of(lab, 0, first));
	load(lab, 1, conn_of(lab, 1, second));
	return lab;
}

static const struct sadb_sa *sa_of(const struct ike_lab *lab, unsigned int side,
				   enum sadb_dir dir)
{
	const struct lab_side *s = &lab->side[side];

	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		if (s->sas[i].used && !s->sas[i].larval &&
		    s->sas[i].id.dir == dir)
			return &s->sas[i].sa;
	fail_msg("no SA at side %u", side);
	return NULL;
}

static void assert_all(const struct ike_lab *lab, enum sadb_mode mode,
		       enum ike_protocol protocol)
{
	for (unsigned int i = 0; i < 2; i++) {
		const struct sadb_sa *in = sa_of(lab, i, SADB_IN);
		const struct sadb_sa *out = sa_of(lab, i, SADB_OUT);

		assert_int_equal(in->mode, mode);
		assert_int_equal(out->mode, mode);
		assert_int_equal(in->protocol, protocol);
		assert_int_equal(out->protocol, protocol);
	}
}

static void assert_no_child(struct ike_lab *lab, const char *why)
{
	assert_true(lab_agree(lab, 0));
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_int_equal(settle_ike_sas(lab, 1), 1);
	assert_non_null(forge_sa(lab, 0));
	assert_null(forge_sa(lab, 0)->children);
	assert_null(forge_sa(lab, 1)->children);
	if (!strstr(lab_text(&lab->side[0], IKE_EV_FAILED), why) &&
	    !strstr(lab_text(&lab->side[1], IKE_EV_FAILED), why))
		fail_msg("neither '%s' nor '%s' has '%s'",
			 lab_text(&lab->side[0], IKE_EV_FAILED),
			 lab_text(&lab->side[1], IKE_EV_FAILED), why);
}

/* --- transport mode */

static void transport_mode_is_agreed_on(void **state)
{
	struct ike_lab *lab = lab_of(SADB_TRANSPORT, SADB_TRANSPORT);

	(void)state;
	initiate(lab);
	settle_assert(lab, "transport", 0, 1, 1);
	assert_all(lab, SADB_TRANSPORT, IKE_PROTO_ESP);
	for (unsigned int i = 0; i < 2; i++)
		assert_true(selector_is_between(
			&sa_of(lab, i, SADB_OUT)->selectors[0],
			&lab->side[i].addr, &lab->side[!i].addr));
	lab_free(lab);
}

static void transport_mode_is_kept_by_rekeying(void **state)
{
	(void)state;
	for (unsigned int by = 0; by < 2; by++) {
		struct ike_lab *lab = lab_of(SADB_TRANSPORT, SADB_TRANSPORT);

		initiate(lab);
		engine_rekey(lab->side[by].engine, "peer", "net", lab->now_ns);
		assert_true(lab_run(lab, 10 * LAB_S));
		settle_assert(lab, "rekeyed", by, 1, 1);
		assert_all(lab, SADB_TRANSPORT, IKE_PROTO_ESP);
		lab_free(lab);
	}
}

static void initiator_that_wants_tunnel_mode_is_refused(void **state)
{
	struct ike_lab *lab = lab_of(SADB_TUNNEL, SADB_TRANSPORT);

	(void)state;
	initiate(lab);
	assert_no_child(lab, "mode mismatch: we have transport");
	lab_free(lab);
}

/* Section 1.3.1: it is made in tunnel mode, and the initiator MUST delete it. */
static void responder_that_declines_transport_mode_hears_a_delete(void **state)
{
	struct ike_lab *lab = lab_of(SADB_TRANSPORT, SADB_TUNNEL);

	(void)state;
	initiate(lab);
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_CHILD_UP), 1);
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_CHILD_DOWN), 1);
	assert_no_child(lab, "mode mismatch: we have transport");
	lab_free(lab);
}

static void child_of_the_mode_that_is_asked_for_is_chosen(void **state)
{
	(void)state;
	for (unsigned int wanted = 0; wanted < 2; wanted++) {
		struct ike_lab *lab = lab_new(1);
		struct conn_conf c = conn_of(lab, 1, SADB_TUNNEL);

		lab_add_child(&c, 1);
		c.children[1].local_ts[0] = c.children[0].local_ts[0];
		c.children[1].remote_ts[0] = c.children[0].remote_ts[0];
		c.children[1].mode = SADB_TRANSPORT;
		load(lab, 0, conn_of(lab, 0, (enum sadb_mode)wanted));
		load(lab, 1, c);
		initiate(lab);
		settle_assert(lab, "chosen", wanted, 1, 1);
		assert_all(lab, (enum sadb_mode)wanted, IKE_PROTO_ESP);
		lab_free(lab);
	}
}

/* Section 2.23.1: each knows the two by the addresses that it sees itself. */
static void hosts_of_transport_mode_are_seen_through_a_nat(void **state)
{
	struct ike_lab *lab = lab_new(1);
	struct conn_conf c = conn_of(lab, 1, SADB_TRANSPORT);

	(void)state;
	lab->nat = true;
	c.remote_addrs[0].any = true;
	load(lab, 0, conn_of(lab, 0, SADB_TRANSPORT));
	load(lab, 1, c);
	initiate(lab);
	assert_true(lab_agree(lab, 1));
	assert_all(lab, SADB_TRANSPORT, IKE_PROTO_ESP);
	assert_true(selector_is_between(&sa_of(lab, 0, SADB_OUT)->selectors[0],
					&lab->side[0].addr, &lab->side[1].addr));
	assert_true(selector_is_between(&sa_of(lab, 1, SADB_OUT)->selectors[0],
					&lab->side[1].addr, &lab->nat_addr));
	assert_int_not_equal(sa_of(lab, 0, SADB_OUT)->encap_dport, 0);
	lab_free(lab);
}

/* --- AH */

static struct ike_lab *lab_of_ah(const char *first, const char *second)
{
	struct ike_lab *lab = lab_new(1);

	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = lab_conn(lab, i, SETTLE_IKE, ESP);

		set_proposal(&c.children[0], IKE_PROTO_AH, i ? second : first);
		load(lab, i, c);
	}
	return lab;
}

static void ah_is_agreed_on(void **state)
{
	static const char *const algs[] = { "sha256", "sha512-esn",
					    "sha256-x25519", "aes128gmac",
					    "aesxcbc-sha384" };

	(void)state;
	for (unsigned int i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		struct ike_lab *lab = lab_of_ah(algs[i], algs[i]);
		const struct sadb_sa *out;

		initiate(lab);
		settle_assert(lab, algs[i], i, 1, 1);
		assert_all(lab, SADB_TUNNEL, IKE_PROTO_AH);
		out = sa_of(lab, 0, SADB_OUT);
		assert_int_equal(out->encr, ENCR_NULL);
		assert_int_equal(out->encr_key_len, 0);
		assert_int_equal(out->integ_key_len,
				 integ_by_id(out->integ)->key_bytes);
		lab_free(lab);
	}
}

static void best_of_ours_that_the_peer_has_too_is_chosen_for_ah(void **state)
{
	struct ike_lab *lab = lab_of_ah("sha256-sha512", "sha384-sha512");

	(void)state;
	initiate(lab);
	settle_assert(lab, "ah", 0, 1, 1);
	assert_int_equal(sa_of(lab, 0, SADB_OUT)->integ,
			 INTEG_HMAC_SHA2_512_256);
	lab_free(lab);
}

static void ah_is_rekeyed_and_deleted_as_ah(void **state)
{
	(void)state;
	for (unsigned int by = 0; by < 2; by++) {
		struct ike_lab *lab =
			lab_of_ah("sha256-x25519", "sha256-x25519");

		initiate(lab);
		engine_rekey(lab->side[by].engine, "peer", "net", lab->now_ns);
		assert_true(lab_run(lab, 10 * LAB_S));
		settle_assert(lab, "rekeyed", by, 1, 1);
		assert_all(lab, SADB_TUNNEL, IKE_PROTO_AH);
		engine_terminate(lab->side[by].engine, "peer", "net",
				 lab->now_ns);
		assert_true(lab_run(lab, 10 * LAB_S));
		settle_assert(lab, "deleted", by, 1, 0);
		lab_free(lab);
	}
}

static void peer_with_esp_alone_refuses_ah(void **state)
{
	struct ike_lab *lab = lab_of_ah("sha256", "sha256");

	(void)state;
	load(lab, 1, lab_conn(lab, 1, SETTLE_IKE, ESP));
	initiate(lab);
	assert_no_child(lab, "proposal mismatch (ESP): we have aes128-sha256");
	assert_non_null(strstr(lab_text(&lab->side[0], IKE_EV_FAILED),
			       "proposal mismatch (AH): we have sha256"));
	lab_free(lab);
}

static void ah_does_not_come_through_a_nat(void **state)
{
	struct ike_lab *lab = lab_of_ah("sha256", "sha256");
	struct conn_conf c = lab_conn(lab, 1, SETTLE_IKE, ESP);

	(void)state;
	set_proposal(&c.children[0], IKE_PROTO_AH, "sha256");
	c.remote_addrs[0].any = true;
	load(lab, 1, c);
	lab->nat = true;
	initiate(lab);
	assert_no_child(lab, "AH does not come through the NAT");
	lab_free(lab);
}

/* --- who takes over */

static void successor_knows_mode_and_protocol(void **state)
{
	struct ike_lab *lab = lab_new(1);

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = conn_of(lab, i, SADB_TRANSPORT);

		set_proposal(&c.children[0], IKE_PROTO_AH, "sha256");
		load(lab, i, c);
	}
	initiate(lab);
	assert_all(lab, SADB_TRANSPORT, IKE_PROTO_AH);
	lab_kill(lab, 0);
	lab_take_over(lab, 0);
	assert_int_equal(forge_sa(lab, 0)->children->mode, SADB_TRANSPORT);
	assert_int_equal(forge_sa(lab, 0)->children->protocol, IKE_PROTO_AH);
	engine_terminate(lab->side[0].engine, "peer", "net", lab->now_ns);
	assert_true(lab_run(lab, 10 * LAB_S));
	settle_assert(lab, "deleted", 0, 1, 0);
	lab_free(lab);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(transport_mode_is_agreed_on),
		cmocka_unit_test(transport_mode_is_kept_by_rekeying),
		cmocka_unit_test(initiator_that_wants_tunnel_mode_is_refused),
		cmocka_unit_test(
			responder_that_declines_transport_mode_hears_a_delete),
		cmocka_unit_test(child_of_the_mode_that_is_asked_for_is_chosen),
		cmocka_unit_test(hosts_of_transport_mode_are_seen_through_a_nat),
		cmocka_unit_test(ah_is_agreed_on),
		cmocka_unit_test(
			best_of_ours_that_the_peer_has_too_is_chosen_for_ah),
		cmocka_unit_test(ah_is_rekeyed_and_deleted_as_ah),
		cmocka_unit_test(peer_with_esp_alone_refuses_ah),
		cmocka_unit_test(ah_does_not_come_through_a_nat),
		cmocka_unit_test(successor_knows_mode_and_protocol),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
