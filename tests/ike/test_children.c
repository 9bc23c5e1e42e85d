// SPDX-License-Identifier: BSD-2-Clause
/*
 * CHILD SAs where something goes wrong or comes at a bad moment: what the SADs of
 * both sides have afterwards.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_forge.h"
#include "tests/support/ike_look.h"

#define IKE "aes128-sha256-x25519"
#define ESP "aes128-sha256"

static void initiate(struct ike_lab *lab)
{
	assert_int_equal(
		lab_initiate(lab->side[0].engine, "peer", NULL, lab->now_ns), 0);
	assert_true(lab_run(lab, 10 * LAB_S));
}

static struct ike_lab *lab_up(uint64_t seed, const char *esp)
{
	struct ike_lab *lab = lab_new(seed);

	lab_load_both(lab, IKE, esp);
	initiate(lab);
	assert_true(lab_agree(lab, 1));
	return lab;
}

static int setup(void **state)
{
	*state = lab_up(1, ESP);
	return 0;
}

static int setup_down(void **state)
{
	struct ike_lab *lab = lab_new(1);

	lab_load_both(lab, IKE, ESP);
	*state = lab;
	return 0;
}

static int teardown(void **state)
{
	lab_free(*state);
	return 0;
}

static unsigned int ike_sas(const struct ike_lab *lab, unsigned int side)
{
	unsigned int half_open;

	return engine_count(lab->side[side].engine, &half_open);
}

static const struct lab_sa *outbound(const struct lab_side *s)
{
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		if (s->sas[i].used && s->sas[i].bound)
			return &s->sas[i];
	return NULL;
}

static void terminate(struct ike_lab *lab, unsigned int side, const char *child)
{
	engine_terminate(lab->side[side].engine, "peer", child, lab->now_ns);
}

static void rekey(struct ike_lab *lab, unsigned int side, const char *child)
{
	engine_rekey(lab->side[side].engine, "peer", child, lab->now_ns);
}

static void assert_nothing_left(const struct ike_lab *lab)
{
	assert_int_equal(ike_sas(lab, 0) + ike_sas(lab, 1), 0);
	assert_true(lab_agree(lab, 0));
}

/* --- whose SAs they are */

/* It names the SPI of the other's inbound SA as its own. */
static void peer_that_does_not_authenticate_took_anothers_sa_down(void **state)
{
	struct ike_lab *lab = *state;

	lab->side[0].psk.octets[0] ^= 1;
	lab->side[0].next_spi--;
	initiate(lab);
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_IKE_UP), 1);
	assert_non_null(outbound(&lab->side[1]));
	assert_int_equal(lab_sas(&lab->side[1], false), 2);
}

static void peer_that_chose_anothers_spi_took_its_sa_down(void **state)
{
	struct ike_lab *lab = *state;

	lab->side[0].next_spi--;
	initiate(lab);
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_IKE_UP), 2);
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_CHILD_UP), 1);
	assert_non_null(outbound(&lab->side[1]));
	assert_int_equal(lab_sas(&lab->side[1], false), 2);
	/* Side 0's own SAD had one SPI twice, as none has: no more of it. */
	memset(lab->side[0].sas, 0, sizeof(lab->side[0].sas));
	forge_sa(lab, 0)->children->has_in = false;
	forge_sa(lab, 0)->children->has_out = false;
}

static void nat_that_moved_left_sas_in_the_sad(void **state)
{
	struct ike_lab *lab = *state;
	struct conn_conf c = lab_conn(lab, 1, IKE, ESP);

	c.remote_addrs[0].any = true;
	c.mobike = false;
	lab_load(lab, 1, &c);
	conn_fini(&c);
	lab->nat = true;
	initiate(lab);
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_CHILD_UP), 1);
	lab->nat_addr = addr_from_v4(inet_addr("192.0.2.10"));
	rekey(lab, 0, "net"); /* the responder follows this message */
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(
		addr_equal(&outbound(&lab->side[1])->id.daddr, &lab->nat_addr));
	assert_int_equal(lab_sas(&lab->side[1], false), 2);
	terminate(lab, 0, NULL);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_int_equal(lab_sas(&lab->side[1], false), 0);
}

static void nat_mapping_that_the_data_path_told_of_was_ignored(void **state)
{
	struct ike_lab *lab = *state;
	struct conn_conf c = lab_conn(lab, 1, IKE, ESP);
	struct sadb_event event = { .verb = SADB_MAPPING, .mapped_port = 4321 };
	const struct lab_event *moved;

	c.remote_addrs[0].any = true;
	c.mobike = false;
	lab_load(lab, 1, &c);
	conn_fini(&c);
	lab->nat = true;
	initiate(lab);
	lab->nat_addr = addr_from_v4(inet_addr("192.0.2.10"));
	event.mapped_addr = lab->nat_addr;
	event.id = forge_sa(lab, 1)->children->in;
	engine_sadb_event(lab->side[1].engine, &event, lab->now_ns);
	moved = lab_last(&lab->side[1], IKE_EV_IKE_MOVED);
	assert_non_null(moved);
	assert_true(addr_equal(&moved->path.remote, &lab->nat_addr));
	assert_int_equal(moved->path.remote_port, 4321);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(
		addr_equal(&outbound(&lab->side[1])->id.daddr, &lab->nat_addr));
	assert_true(lab_agree(lab, 1));
}

static void sa_that_was_nearly_used_up_was_not_rekeyed(void **state)
{
	struct ike_lab *lab = *state;
	const struct sadb_event event = { .verb = SADB_EXPIRE,
					  .id = outbound(&lab->side[0])->id };

	engine_sadb_event(lab->side[0].engine, &event, lab->now_ns);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_int_not_equal(outbound(&lab->side[0])->id.spi, event.id.spi);
	assert_true(lab_agree(lab, 1));
}

static void sa_that_was_used_up_stayed(void **state)
{
	struct ike_lab *lab = *state;
	const struct sadb_event event = { .verb = SADB_EXPIRE,
					  .hard = 1,
					  .cause = SADB_BY_BYTES,
					  .id = outbound(&lab->side[0])->id };

	engine_sadb_event(lab->side[0].engine, &event, lab->now_ns);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_null(forge_sa(lab, 0)->children);
	assert_null(forge_sa(lab, 1)->children);
}

static void reload_made_strangers_of_the_same_two(void **state)
{
	struct ike_lab *lab = *state;
	struct conn_conf c = lab_conn(lab, 1, IKE, ESP);
	struct ike_sa *old = forge_sa(lab, 0);

	lab_load(lab, 1, &c);
	conn_fini(&c);
	initiate(lab);
	assert_true(ike_sas(lab, 0) == 2 && ike_sas(lab, 1) == 2);
	/* The old IKE SA's child is bound last, and goes with it. */
	old->children->rekey_ns = lab->now_ns;
	sa_touch(old);
	sa_next(old);
	sa_reap(old->e);
	assert_true(lab_run(lab, 10 * LAB_S));
	old->delete_wanted = true;
	sa_touch(old);
	sa_next(old);
	sa_reap(lab->side[0].engine);
	assert_true(lab_run(lab, 300 * LAB_S));
	assert_true(ike_sas(lab, 0) == 1 && ike_sas(lab, 1) == 1);
	assert_true(lab_agree(lab, 1));
}

static void reload_kept_initial_contact_from_being_believed(void **state)
{
	struct ike_lab *lab = *state;
	struct conn_conf c = lab_conn(lab, 1, IKE, ESP);
	struct engine *e = lab->side[1].engine;
	bool said = false;

	lab_load(lab, 1, &c);
	conn_fini(&c);
	lab->answer_max_ns = LAB_S / 50;
	assert_int_equal(
		lab_initiate(lab->side[0].engine, "peer", NULL, lab->now_ns), 0);
	for (unsigned int n = 0; n < 1000 && !said; n++) {
		assert_true(lab_run(lab, LAB_S / 2000));
		for (uint32_t i = 1; i < e->n_slots; i++)
			if (e->slots[i] && e->slots[i]->peers.kind == EX_AUTH)
				said = e->slots[i]->peers.initial_contact = true;
	}
	assert_true(said);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_int_equal(ike_sas(lab, 1), 1);
}

/* --- selectors, encapsulation */

static void set_nets(struct ts_conf *ts, size_t *n, unsigned int lan,
		     unsigned int how_many)
{
	for (unsigned int i = 0; i < how_many; i++) {
		char text[32];

		snprintf(text, sizeof(text), "10.%u.%u.0/24", lan, i);
		ts[i] = ts[0];
		assert_int_equal(prefix_parse(text, &ts[i].net), 0);
	}
	*n = how_many;
}

static void more_pairs_than_the_sad_takes_closed_the_ike_sa(void **state)
{
	struct ike_lab *lab = *state;

	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = lab_conn(lab, i, IKE, ESP);
		struct child_conf *k = &c.children[0];

		set_nets(k->local_ts, &k->n_local_ts, 1 + i, 5 - i);
		set_nets(k->remote_ts, &k->n_remote_ts, 2 - i, 4 + i);
		lab_load(lab, i, &c);
		conn_fini(&c);
	}
	initiate(lab);
	assert_true(ike_sas(lab, 0) == 1 && ike_sas(lab, 1) == 1);
	assert_true(lab_agree(lab, 1));
	assert_int_equal(outbound(&lab->side[0])->sa.n_selectors,
			 SADB_SELECTORS_MAX);
}

static void selectors_of_different_protocols_closed_the_ike_sa(void **state)
{
	struct ike_lab *lab = *state;

	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = lab_conn(lab, i, IKE, ESP);

		c.children[0].local_ts[0].protocol = i ? 17 : 6;
		c.children[0].remote_ts[0].protocol = i ? 6 : 17;
		lab_load(lab, i, &c);
		conn_fini(&c);
	}
	initiate(lab);
	assert_true(ike_sas(lab, 0) == 1 && ike_sas(lab, 1) == 1);
	assert_true(lab_agree(lab, 0));
	assert_non_null(strstr(lab_text(&lab->side[1], IKE_EV_FAILED),
			       "family and protocol"));
}

static void one_side_that_wants_encapsulation_was_alone_with_it(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct ike_lab *lab = lab_new(i);
		struct conn_conf c = lab_conn(lab, i, IKE, ESP);

		lab_load_both(lab, IKE, ESP);
		c.encap = true;
		lab_load(lab, i, &c);
		conn_fini(&c);
		initiate(lab);
		assert_true(lab_agree(lab, 1));
		assert_int_equal(outbound(&lab->side[0])->sa.encap_dport, 4500);
		assert_int_equal(outbound(&lab->side[1])->sa.encap_sport, 4500);
		lab_free(lab);
	}
}

/* --- DELETE */

static void child_deleted_while_it_was_added_stayed(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 40; seed++) {
		struct ike_lab *lab = lab_new(seed);

		lab_load_both(lab, IKE, ESP);
		lab->answer_max_ns = LAB_S / 10;
		assert_int_equal(engine_initiate(lab->side[0].engine, "peer",
						 NULL, lab->now_ns),
				 0);
		while (!lab_count(&lab->side[1], IKE_EV_CHILD_UP))
			assert_true(lab_run(lab, LAB_S / 1000));
		terminate(lab, 1, seed % 2 ? "net" : NULL);
		assert_true(lab_run(lab, 400 * LAB_S));
		assert_true(lab_agree(lab, 0));
		assert_int_equal(ike_sas(lab, 0), seed % 2);
		lab_free(lab);
	}
}

static void delete_was_sent_before_the_outbound_sa_was_drained(void **state)
{
	static const char *const what[] = { "net", NULL };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct ike_lab *lab = lab_up(i, ESP);
		unsigned int sent = lab->side[0].sent;

		lab->answer_max_ns = LAB_S / 10;
		terminate(lab, 0, what[i]);
		assert_int_equal(lab->side[0].sent, sent);
		assert_null(outbound(&lab->side[0]));
		assert_int_equal(lab_sas(&lab->side[0], false), 1);
		assert_true(lab_run(lab, LAB_S));
		assert_int_equal(lab->side[0].sent, sent + 1);
		assert_true(lab_agree(lab, 0));
		lab_free(lab);
	}
}

static void answer_to_a_crossing_delete_named_the_sas_again(void **state)
{
	struct ike_lab *lab = *state;
	struct ike_sa *a = forge_sa(lab, 0), *b = forge_sa(lab, 1);
	uint8_t room[MESSAGE_MAX];
	struct ike_payloads p;

	terminate(lab, 0, "net");
	terminate(lab, 1, "net");
	assert_true(lab_run(lab, LAB_S));
	assert_true(lab_agree(lab, 0));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_CHILD_DOWN), 1);
	look_inside(b, a->reply, room, &p);
	assert_null(ike_find(&p, IKE_PL_DELETE));
	look_inside(a, b->reply, room, &p);
	assert_null(ike_find(&p, IKE_PL_DELETE));
}

static struct lab_fate lose_one(struct ike_lab *lab, unsigned int n)
{
	return (struct lab_fate){ .copies = n == lab->lost ? 0 : 1,
				  .delay_ns = { 1000000 } };
}

/* The initiator does not have the keys before the reply is there. */
static void returning_peer_was_sent_what_it_could_not_open(void **state)
{
	struct ike_lab *lab = *state;
	uint32_t before = outbound(&lab->side[1])->id.spi;

	lab->fate = lose_one;
	lab->lost = lab->datagrams + 3;
	assert_int_equal(
		lab_initiate(lab->side[0].engine, "peer", NULL, lab->now_ns), 0);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_CHILD_UP), 2);
	assert_int_equal(outbound(&lab->side[1])->id.spi, before);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_int_not_equal(outbound(&lab->side[1])->id.spi, before);
}

static void request_during_a_delete_was_called_bad_syntax(void **state)
{
	struct ike_lab *lab = *state;
	struct ike_sa *a = forge_sa(lab, 0), *b = forge_sa(lab, 1);
	uint8_t room[MESSAGE_MAX];
	struct ike_payloads p;
	struct ike_notify n;

	lab->fate = lose_one;
	lab->lost = lab->datagrams;
	terminate(lab, 1, NULL);
	rekey(lab, 0, NULL);
	assert_true(lab_run(lab, LAB_S));
	look_inside(a, b->reply, room, &p);
	assert_true(ike_find_error(&p, &n));
	assert_int_equal(n.type, IKE_N_TEMPORARY_FAILURE);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_nothing_left(lab);
}

static struct lab_fate deliver_one(struct ike_lab *lab, unsigned int n)
{
	return (struct lab_fate){ .copies = n == lab->lost ? 1 : 0,
				  .delay_ns = { 1000000 } };
}

/* RFC 7296 section 2.25: with the SPI that was asked for, and nothing else. */
static void rekeying_of_what_is_not_there_was_answered_otherwise(void **state)
{
	struct ike_lab *lab = *state;
	struct ike_sa *a = forge_sa(lab, 0), *b = forge_sa(lab, 1);
	const uint32_t spi_be = htonl(a->children->spi_in);
	uint8_t room[MESSAGE_MAX];
	struct ike_payloads p;
	struct ike_notify n;

	b->children->spi_out++;
	lab->fate = deliver_one;
	lab->lost = lab->datagrams;
	rekey(lab, 0, "net");
	assert_true(lab_run(lab, LAB_S / 10));
	look_inside(a, b->reply, room, &p);
	b->children->spi_out--;
	assert_int_equal(p.n, 1);
	assert_true(ike_find_error(&p, &n));
	assert_int_equal(n.type, IKE_N_CHILD_SA_NOT_FOUND);
	assert_int_equal(n.protocol, IKE_PROTO_ESP);
	assert_int_equal(n.spi.len, sizeof(spi_be));
	assert_memory_equal(n.spi.ptr, &spi_be, sizeof(spi_be));
	assert_int_equal(n.data.len, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define CASE_DOWN(name) \
	cmocka_unit_test_setup_teardown(name, setup_down, teardown)

int main(void)
{
	static const struct CMUnitTest cases[] = {
		CASE(peer_that_does_not_authenticate_took_anothers_sa_down),
		CASE(peer_that_chose_anothers_spi_took_its_sa_down),
		CASE_DOWN(nat_that_moved_left_sas_in_the_sad),
		CASE_DOWN(nat_mapping_that_the_data_path_told_of_was_ignored),
		CASE(sa_that_was_nearly_used_up_was_not_rekeyed),
		CASE(sa_that_was_used_up_stayed),
		CASE(reload_made_strangers_of_the_same_two),
		CASE(reload_kept_initial_contact_from_being_believed),
		CASE_DOWN(more_pairs_than_the_sad_takes_closed_the_ike_sa),
		CASE_DOWN(selectors_of_different_protocols_closed_the_ike_sa),
		cmocka_unit_test(
			one_side_that_wants_encapsulation_was_alone_with_it),
		cmocka_unit_test(child_deleted_while_it_was_added_stayed),
		cmocka_unit_test(
			delete_was_sent_before_the_outbound_sa_was_drained),
		CASE(answer_to_a_crossing_delete_named_the_sas_again),
		CASE(returning_peer_was_sent_what_it_could_not_open),
		CASE(request_during_a_delete_was_called_bad_syntax),
		CASE(rekeying_of_what_is_not_there_was_answered_otherwise),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
