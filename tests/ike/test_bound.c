// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which outbound SA a policy has, and when: it is never without one that the peer
 * can open, once there was one.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/ike_forge.h"
#include "tests/support/ike_settle.h"

#define ESP SETTLE_ESP

static uint32_t bound_spi(const struct lab_side *s)
{
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		if (s->sas[i].used && s->sas[i].bound)
			return s->sas[i].id.spi;
	return 0;
}

static struct lab_fate lose_one(struct ike_lab *lab, unsigned int n)
{
	return (struct lab_fate){ .copies = n == lab->lost ? 0 : 1,
				  .delay_ns = { 1000000 } };
}

/* The initiator does not have it yet, but there is nothing else to bind. */
static void first_pair_is_bound_at_once(void **state)
{
	struct ike_lab *lab = settle_lab(1, ESP);

	(void)state;
	lab->fate = lose_one;
	lab->lost = 3; /* the reply of IKE_AUTH */
	settle_initiate(lab);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_UP), 0);
	assert_int_not_equal(bound_spi(&lab->side[1]), 0);
	lab_free(lab);
}

/* The second at which the network is good again. */
static struct lab_fate lose_all_until(struct ike_lab *lab, unsigned int n)
{
	(void)n;
	return (struct lab_fate){ .copies = lab->now_ns / LAB_S < lab->lost ? 0
									    : 1,
				  .delay_ns = { 1000000 } };
}

/* However often the reply is lost until then. */
static void pair_in_place_of_another_is_bound_when_the_peer_has_it(void **state)
{
	struct ike_lab *lab = settle_lab_up(1, ESP);
	uint32_t before = bound_spi(&lab->side[1]);

	(void)state;
	engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
	while (lab_count(&lab->side[1], IKE_EV_CHILD_UP) < 2)
		assert_true(lab_step(lab));
	lab->fate = lose_all_until;
	lab->lost = (unsigned int)(lab->now_ns / LAB_S) + 11;
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_int_equal(bound_spi(&lab->side[1]), before);
	assert_true(lab_run(lab, 20 * LAB_S));
	settle_assert(lab, "bound", 0, 1, 1);
	assert_int_not_equal(bound_spi(&lab->side[1]), before);
	lab_free(lab);
}

static struct ike_sa *ike_with(const struct engine *e, uint32_t spi_out,
			       bool has_it)
{
	for (uint32_t i = 1; i < e->n_slots; i++)
		if (e->slots[i] && e->slots[i]->children &&
		    (e->slots[i]->children->spi_out == spi_out) == has_it)
			return e->slots[i];
	return NULL;
}

static struct ike_sa *same_ike(const struct engine *e, const struct ike_sa *sa)
{
	for (uint32_t i = 1; i < e->n_slots; i++)
		if (e->slots[i] && e->slots[i]->spi_i == sa->spi_i)
			return e->slots[i];
	return NULL;
}

/* Of two pairs under two IKE SAs; the other is not known to be there. */
static void pair_that_the_peer_deletes_is_followed_by_the_other(void **state)
{
	struct ike_lab *lab = settle_lab_up(1, ESP);
	struct engine *e = lab->side[1].engine;
	struct ike_path path = forge_path(lab, 1);
	struct ike_sa *with, *other, *peers;
	struct ike_builder m;
	uint32_t spi_be;
	struct ike_delete d = { .protocol = IKE_PROTO_ESP,
				.spi_bytes = sizeof(spi_be),
				.n = 1,
				.spis = slice_of(&spi_be, sizeof(spi_be)) };

	(void)state;
	settle_initiate(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	with = ike_with(e, bound_spi(&lab->side[1]), true);
	other = ike_with(e, bound_spi(&lab->side[1]), false);
	assert_true(with && other);
	other->children->confirmed = false;
	spi_be = htonl(with->children->spi_out);
	peers = same_ike(lab->side[0].engine, with);
	forge_begin(peers, &m, IKE_EXCH_INFORMATIONAL, false, peers->next_ours);
	ike_delete_put(&m, &d);
	forge_send(lab, peers, &m, &path);
	assert_null(with->children);
	assert_int_equal(bound_spi(&lab->side[1]), other->children->spi_out);
	lab_free(lab);
}

/* That the peer uses the new pair was told to nobody. */
static void successor_hears_that_the_peer_uses_the_pair(void **state)
{
	struct ike_lab *lab = settle_lab_up(1, ESP);
	uint32_t before = bound_spi(&lab->side[1]);

	(void)state;
	engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
	while (lab_count(&lab->side[1], IKE_EV_CHILD_UP) < 2)
		assert_true(lab_step(lab));
	while (bound_spi(&lab->side[0]) ==
	       forge_sa(lab, 1)->children->next->spi_in)
		assert_true(lab_step(lab));
	lab_kill(lab, 1);
	assert_true(lab_run(lab, LAB_S)); /* its peer's DELETE comes too early */
	assert_int_equal(bound_spi(&lab->side[1]), before);
	lab_take_over(lab, 1);
	assert_true(lab_run(lab, LAB_S));
	assert_int_not_equal(bound_spi(&lab->side[1]), before);
	lab_free(lab);
}

static void data_path_knows_how_long_a_pair_lives(void **state)
{
	struct ike_lab *lab = settle_lab_up(1, ESP);

	(void)state;
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		if (lab->side[0].sas[i].used)
			assert_int_equal(
				lab->side[0].sas[i].sa.hard.time_s,
				lab->side[0].loaded[0].children->life_time);
	lab_free(lab);
}

static void data_path_knows_how_much_a_pair_carries(void **state)
{
	struct ike_lab *lab = lab_new(1);
	struct conn_conf c = lab_conn(lab, 0, SETTLE_IKE, ESP);
	unsigned int n = 0;

	(void)state;
	lab_load_both(lab, SETTLE_IKE, ESP);
	c.children[0].bytes = (struct volume_conf){ 5000, 6000, 1000 };
	c.children[0].packets.life = 70;
	lab_load(lab, 0, &c);
	conn_fini(&c);
	engine_initiate(lab->side[0].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, LAB_S));
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++) {
		const struct sadb_sa *sa = &lab->side[0].sas[i].sa;

		if (!lab->side[0].sas[i].used)
			continue;
		n++;
		assert_in_range(sa->soft.bytes, 4001, 5000);
		assert_int_equal(sa->hard.bytes, 6000);
		assert_int_equal(sa->soft.pkts, 0);
		assert_int_equal(sa->hard.pkts, 70);
	}
	assert_int_equal(n, 2);
	lab_free(lab);
}

static void data_path_knows_what_a_child_says_of_outer_headers(void **state)
{
	const struct sadb_outer outer = { .df = SADB_DF_SET, .tfc_bytes = 900 };
	struct ike_lab *lab = lab_new(1);
	struct conn_conf c = lab_conn(lab, 0, SETTLE_IKE, ESP);
	unsigned int n = 0;

	(void)state;
	lab_load_both(lab, SETTLE_IKE, ESP);
	c.children[0].outer = outer;
	lab_load(lab, 0, &c);
	conn_fini(&c);
	engine_initiate(lab->side[0].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, LAB_S));
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++) {
		if (!lab->side[0].sas[i].used)
			continue;
		assert_memory_equal(&lab->side[0].sas[i].sa.outer, &outer,
				    sizeof(outer));
		n++;
	}
	assert_int_equal(n, 2);
	lab_free(lab);
}

/* Side 0 asks for one more child, and says that beside it. */
static void ask_for_child(struct ike_lab *lab, const char *spi, uint16_t type)
{
	const struct ike_notify n = { .type = type };
	const struct ike_path path = forge_path(lab, 1);
	struct ike_sa *a = forge_sa(lab, 0);
	const struct child_sa *c = a->children;
	struct ike_builder m;

	forge_begin(a, &m, IKE_EXCH_CREATE_CHILD_SA, false, a->next_ours++);
	proposals_put(&m, &c->conf->proposals, slice_of(spi, 4), true);
	ike_nonce_put(&m, slice_of("0123456789abcdef", 16));
	ike_ts_put(&m, IKE_PL_TS_I, c->local_ts.at, c->local_ts.n);
	ike_ts_put(&m, IKE_PL_TS_R, c->remote_ts.at, c->remote_ts.n);
	ike_notify_put(&m, &n);
	forge_send(lab, a, &m, &path);
	assert_true(lab_run(lab, LAB_S));
}

/* Outbound SAs of side 1 that pad so. */
static unsigned int padded_to(const struct ike_lab *lab, uint16_t bytes)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		n += lab->side[1].sas[i].used &&
		     lab->side[1].sas[i].id.dir == SADB_OUT &&
		     lab->side[1].sas[i].sa.outer.tfc_bytes == bytes;
	return n;
}

/* RFC 7296 section 1.3.1. */
static void peer_that_takes_no_tfc_padding_gets_none(void **state)
{
	struct ike_lab *lab = lab_new(1);
	struct conn_conf c = lab_conn(lab, 1, SETTLE_IKE, ESP);

	(void)state;
	lab_load_both(lab, SETTLE_IKE, ESP);
	c.children[0].outer.tfc_bytes = 900;
	lab_load(lab, 1, &c);
	conn_fini(&c);
	engine_initiate(lab->side[0].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, LAB_S));
	ask_for_child(lab, "spi1", IKE_N_ADDITIONAL_TS_POSSIBLE);
	assert_int_equal(padded_to(lab, 900), 2);
	ask_for_child(lab, "spi2", IKE_N_ESP_TFC_PADDING_NOT_SUPPORTED);
	assert_int_equal(padded_to(lab, 900), 2);
	assert_int_equal(padded_to(lab, 0), 1);
	lab_free(lab);
}

static void data_path_knows_that_a_child_is_to_be_spread(void **state)
{
	struct ike_lab *lab = lab_new(1);
	struct conn_conf c = lab_conn(lab, 0, SETTLE_IKE, ESP);
	unsigned int spread = 0;

	(void)state;
	lab_load_both(lab, SETTLE_IKE, ESP);
	c.children[0].spread = true;
	c.children[0].fragment_after = true;
	lab_load(lab, 0, &c);
	conn_fini(&c);
	engine_initiate(lab->side[0].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, LAB_S));
	assert_true(lab_agree(lab, 1));
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++) {
		assert_false(lab->side[1].sas[i].used &&
			     lab->side[1].sas[i].sa.spread);
		assert_int_equal(lab->side[0].sas[i].sa.spread,
				 lab->side[0].sas[i].sa.fragment_after);
		spread += lab->side[0].sas[i].used &&
			  lab->side[0].sas[i].sa.spread;
	}
	assert_int_equal(spread, 2);
	lab_free(lab);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(first_pair_is_bound_at_once),
		cmocka_unit_test(
			pair_in_place_of_another_is_bound_when_the_peer_has_it),
		cmocka_unit_test(
			pair_that_the_peer_deletes_is_followed_by_the_other),
		cmocka_unit_test(successor_hears_that_the_peer_uses_the_pair),
		cmocka_unit_test(data_path_knows_how_long_a_pair_lives),
		cmocka_unit_test(data_path_knows_how_much_a_pair_carries),
		cmocka_unit_test(
			data_path_knows_what_a_child_says_of_outer_headers),
		cmocka_unit_test(peer_that_takes_no_tfc_padding_gets_none),
		cmocka_unit_test(data_path_knows_that_a_child_is_to_be_spread),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
