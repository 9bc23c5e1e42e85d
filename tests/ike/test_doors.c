// SPDX-License-Identifier: BSD-2-Clause
/*
 * What may come in, from whom, by which way, and where the answer goes.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/ike/exchanges.h"
#include "tests/support/ike_forge.h"

#define IKE "aes128-sha256-x25519"
#define ESP "aes128-sha256"
#define MS  (LAB_S / 1000)

static void initiate(struct ike_lab *lab)
{
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
}

static struct ike_lab *lab_up(void)
{
	struct ike_lab *lab = lab_new(1);

	lab_load_both(lab, IKE, ESP);
	initiate(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 1));
	return lab;
}

static unsigned int ike_sas(const struct ike_lab *lab, unsigned int side)
{
	unsigned int half_open;

	return engine_count(lab->side[side].engine, &half_open);
}

static struct lab_fate lose_all(struct ike_lab *lab, unsigned int n)
{
	(void)lab;
	(void)n;
	return (struct lab_fate){ .copies = 0 };
}

/* Side 0 asks side 1. */
static void ask_whether_alive(struct ike_lab *lab)
{
	struct ike_sa *a = forge_sa(lab, 0);

	info_liveness(a);
	sa_touch(a);
	sa_reap(a->e);
}

/* --- NAT detection */

static void responder_believed_that_both_sides_are_behind_a_nat(void **state)
{
	struct ike_lab *lab = lab_up();

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		assert_false(forge_sa(lab, i)->nat_local);
		assert_false(forge_sa(lab, i)->nat_remote);
		for (unsigned int k = 0; k < LAB_SAS_MAX; k++)
			assert_int_equal(lab->side[i].sas[k].sa.encap_sport, 0);
	}
	lab_free(lab);
}

static void responder_did_not_follow_a_peer_behind_a_nat(void **state)
{
	struct ike_lab *lab = lab_new(1);
	struct conn_conf c;

	(void)state;
	lab_load_both(lab, IKE, ESP);
	c = lab_conn(lab, 1, IKE, ESP);
	c.remote_addrs[0].any = true;
	c.mobike = false;
	lab_load(lab, 1, &c);
	conn_fini(&c);
	lab->nat = true;
	initiate(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_true(forge_sa(lab, 0)->nat_local);
	assert_false(forge_sa(lab, 0)->nat_remote);
	assert_false(forge_sa(lab, 1)->nat_local);
	assert_true(forge_sa(lab, 1)->nat_remote);
	lab->nat = false; /* the mapping is another one now */
	ask_whether_alive(lab);
	assert_true(lab_run(lab, LAB_S));
	assert_true(
		addr_equal(&forge_sa(lab, 1)->path.remote, &lab->side[0].addr));
	lab_free(lab);
}

/* --- who may ask what, and when */

static void put_id_and_auth(struct ike_builder *m, enum ike_payload_type type)
{
	static const char data[32] = "not the AUTH of anybody";
	const struct ike_id id = { .type = IKE_ID_FQDN,
				   .data = slice_of("mallory", 7) };
	const struct ike_auth auth = { .method = IKE_AUTH_PSK,
				       .data = slice_of(data, sizeof(data)) };

	ike_id_put(m, type, &id);
	ike_auth_put(m, &auth);
}

/* Whoever answers IKE_SA_INIT has keys, and has proved nothing. */
static void initiator_took_an_ike_auth_request_and_used_freed_memory(void **state)
{
	struct ike_lab *lab = lab_new(1);
	const struct ike_path path = forge_path(lab, 0);
	struct ike_builder m;
	struct conn_conf c;
	struct ike_sa *a;

	(void)state;
	lab_load_both(lab, IKE, ESP);
	lab->answer_max_ns = 50 * MS;
	initiate(lab);
	a = forge_sa(lab, 0);
	while (a->ours.kind != EX_AUTH || !a->request.len)
		assert_true(lab_run(lab, MS / 2));
	c = lab_conn(lab, 0, IKE, ESP); /* the connection goes, but for a */
	lab_load(lab, 0, &c);
	conn_fini(&c);
	forge_begin(forge_sa(lab, 1), &m, IKE_EXCH_IKE_AUTH, false, 0);
	put_id_and_auth(&m, IKE_PL_ID_I);
	forge_send(lab, forge_sa(lab, 1), &m, &path);
	assert_int_equal(a->peers.kind, EX_NONE);
	assert_int_equal(a->next_peers, 0);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

static void delete_while_auth_was_checked_was_answered_as_malformed(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed < 40; seed++) {
		struct ike_lab *lab = lab_new(seed);

		lab_load_both(lab, IKE, ESP);
		lab->answer_max_ns = 100 * MS;
		initiate(lab);
		while (!lab_count(&lab->side[1], IKE_EV_IKE_UP))
			assert_true(lab_run(lab, MS));
		engine_terminate(lab->side[1].engine, "peer", NULL, lab->now_ns);
		assert_true(lab_run(lab, 30 * LAB_S));
		assert_int_equal(ike_sas(lab, 0), 0);
		assert_int_equal(ike_sas(lab, 1), 0);
		assert_true(lab_agree(lab, 0));
		lab_free(lab);
	}
}

static void delete_of_a_child_that_was_being_added_was_ignored(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed < 40; seed++) {
		struct ike_lab *lab = lab_new(seed);

		lab_load_both(lab, IKE, ESP);
		lab->answer_max_ns = 100 * MS;
		initiate(lab);
		while (!lab_count(&lab->side[1], IKE_EV_IKE_UP))
			assert_true(lab_run(lab, MS));
		engine_terminate(lab->side[1].engine, "peer", "net",
				 lab->now_ns);
		assert_true(lab_run(lab, 30 * LAB_S));
		assert_true(lab_agree(lab, 0));
		lab_free(lab);
	}
}

/* --- a response is of the exchange that was asked for */

static void answer(struct ike_lab *lab, enum ike_exchange exchange,
		   const struct ike_notify *n)
{
	const struct ike_path path = forge_path(lab, 0);
	struct ike_sa *a = forge_sa(lab, 0), *b = forge_sa(lab, 1);
	struct ike_builder m;

	forge_begin(b, &m, exchange, true, a->ours.message_id);
	if (n)
		ike_notify_put(&m, n);
	forge_send(lab, b, &m, &path);
}

static void response_of_another_exchange_ended_no_exchange(void **state)
{
	static const struct ike_notify later = {
		.type = IKE_N_TEMPORARY_FAILURE,
	};
	struct ike_lab *lab = lab_up();

	(void)state;
	lab->fate = lose_all;
	ask_whether_alive(lab);
	answer(lab, IKE_EXCH_CREATE_CHILD_SA, &later);
	assert_true(forge_sa(lab, 0)->request.len > 0);
	lab->fate = NULL;
	assert_true(lab_run(lab, 10 * LAB_S)); /* it is sent again */
	assert_int_equal(forge_sa(lab, 0)->ours.kind, EX_NONE);
	lab_free(lab);
}

static void empty_response_to_a_rekeying_removed_the_old_child(void **state)
{
	struct ike_lab *lab = lab_up();

	(void)state;
	lab->fate = lose_all;
	assert_int_equal(engine_rekey(lab->side[0].engine, "peer", "net",
				      lab->now_ns),
			 1);
	assert_true(lab_run(lab, LAB_S));
	answer(lab, IKE_EXCH_INFORMATIONAL, NULL);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_CHILD_DOWN), 0);
	lab_free(lab);
}

/* --- where replies go */

static void header_alone_drew_the_last_reply_to_any_source(void **state)
{
	struct ike_lab *lab = lab_up();
	const struct ike_sa *b = forge_sa(lab, 1);
	struct ike_path path = forge_path(lab, 1);
	uint8_t header[IKE_HEADER_BYTES];
	struct builder w = wr_init(header, sizeof(header));
	unsigned int sent = lab->side[1].sent;

	(void)state;
	path.remote = addr_from_v4(inet_addr("203.0.113.9"));
	wr_u64(&w, b->spi_i);
	wr_u64(&w, b->spi_r);
	wr_u8(&w, IKE_PL_SK);
	wr_u8(&w, IKE_VERSION);
	wr_u8(&w, IKE_EXCH_IKE_AUTH);
	wr_u8(&w, IKE_FLAG_I);
	wr_u32(&w, b->next_peers - 1);
	wr_u32(&w, sizeof(header));
	assert_true(wr_ok(&w));
	engine_input(lab->side[1].engine, &path, header, sizeof(header),
		     lab->now_ns);
	assert_int_equal(lab->side[1].sent, sent);
	lab_free(lab);
}

/* Section 2.11: it MUST go back to where the request came from. */
static void first_reply_went_elsewhere_than_the_request_came_from(void **state)
{
	struct ike_lab *lab = lab_up();
	struct ike_sa *a = forge_sa(lab, 0);
	struct ike_path path = forge_path(lab, 1);
	struct ike_builder m;

	(void)state;
	path.remote = addr_from_v4(inet_addr("203.0.113.9"));
	path.remote_port = 1234;
	forge_begin(a, &m, IKE_EXCH_INFORMATIONAL, false, a->next_ours);
	forge_send(lab, a, &m, &path);
	assert_memory_equal(&lab->side[1].sent_by, &path, sizeof(path));
	/* What is ours to ask goes where it went before. */
	assert_true(
		addr_equal(&forge_sa(lab, 1)->path.remote, &lab->side[0].addr));
	lab_free(lab);
}

/* --- what the keystore takes */

static void ike_sa_init_too_long_to_be_authenticated_was_accepted(void **state)
{
	struct ike_lab *lab = lab_new(1);
	struct forge_init f = { .spi_i = 1, .proposal = IKE, .method = "x25519" };

	(void)state;
	lab_load_both(lab, IKE, ESP);
	f.padding = KEYSTORE_MESSAGE_MAX;
	forge_init(lab, &f);
	assert_int_equal(ike_sas(lab, 1), 0);
	assert_non_null(strstr(lab_text(&lab->side[1], IKE_EV_FAILED), "octets"));
	f.padding = 1000;
	forge_init(lab, &f);
	assert_int_equal(ike_sas(lab, 1), 1);
	lab_free(lab);
}

static void *find(const struct builder *b, const char *what, size_t len)
{
	for (size_t i = 0; i + len <= b->len; i++)
		if (memcmp(b->ptr + i, what, len) == 0)
			return b->ptr + i;
	return NULL;
}

/* AUTH covers the ID payload as it is on the wire. */
static void reserved_octets_of_an_id_were_not_authenticated(void **state)
{
	struct ike_lab *lab = lab_new(1);
	const struct ike_path path = forge_path(lab, 1);
	uint8_t reserved[] = { 1, 2, 3 }, *at;
	struct ike_builder m;
	struct ike_sa *a;

	(void)state;
	lab_load_both(lab, IKE, ESP);
	initiate(lab);
	a = forge_sa(lab, 0);
	lab->answer_max_ns = 50 * MS;
	while (a->ours.kind != EX_AUTH)
		assert_true(lab_run(lab, MS / 2));
	forge_begin(a, &m, IKE_EXCH_IKE_AUTH, false, 1);
	put_id_and_auth(&m, IKE_PL_ID_I);
	at = find(&m.b, "mallory", 7);
	assert_non_null(at);
	memcpy(at - 3, reserved, sizeof(reserved));
	forge_send(lab, a, &m, &path);
	assert_int_equal(lab->side[1].asked.op, KEYSTORE_PSK_CHECK);
	assert_int_equal(lab->side[1].asked.id_len, 4 + 7);
	assert_memory_equal(lab->side[1].asked.id_body + 1, reserved,
			    sizeof(reserved));
	lab_free(lab);
}

/* --- what is chosen */

static void weakest_common_group_was_taken_when_the_peer_began_with_it(void **state)
{
	struct ike_lab *lab = lab_new(1);
	const struct forge_init f = {
		.spi_i = 1,
		.proposal = "aes128-sha256-modp2048-x25519",
		.method = "modp2048",
	};
	struct conn_conf c =
		lab_conn(lab, 1, "aes128-sha256-x25519-modp2048", ESP);

	(void)state;
	lab_load(lab, 1, &c);
	conn_fini(&c);
	forge_init(lab, &f);
	assert_int_equal(ike_sas(lab, 1), 0);
	assert_int_equal(lab->side[1].sent, 1); /* INVALID_KE_PAYLOAD */
	lab_free(lab);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(
			responder_believed_that_both_sides_are_behind_a_nat),
		cmocka_unit_test(responder_did_not_follow_a_peer_behind_a_nat),
		cmocka_unit_test(
			initiator_took_an_ike_auth_request_and_used_freed_memory),
		cmocka_unit_test(
			delete_while_auth_was_checked_was_answered_as_malformed),
		cmocka_unit_test(
			delete_of_a_child_that_was_being_added_was_ignored),
		cmocka_unit_test(response_of_another_exchange_ended_no_exchange),
		cmocka_unit_test(
			empty_response_to_a_rekeying_removed_the_old_child),
		cmocka_unit_test(header_alone_drew_the_last_reply_to_any_source),
		cmocka_unit_test(
			first_reply_went_elsewhere_than_the_request_came_from),
		cmocka_unit_test(
			ike_sa_init_too_long_to_be_authenticated_was_accepted),
		cmocka_unit_test(reserved_octets_of_an_id_were_not_authenticated),
		cmocka_unit_test(
			weakest_common_group_was_taken_when_the_peer_began_with_it),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
