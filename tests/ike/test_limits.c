// SPDX-License-Identifier: BSD-2-Clause
/*
 * What those may cost who have proved who they are, and the bounds of what is in a
 * message. Of fragments tests/ike/test_fragments.c tells, of payloads
 * tests/unit/test_ike_parse.c, of strangers tests/ike/test_strangers.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ctrl/ike/child.h"
#include "tests/support/ike_forge.h"

#define IKE	  "aes128-sha256-x25519"
#define ESP	  "aes128-sha256"
#define SELECTORS 250U

/* An IKE SA that may have another child, "more". */
static struct ike_lab *lab_up(void)
{
	struct ike_lab *lab = lab_new(1);

	for (unsigned int side = 0; side < 2; side++) {
		struct conn_conf c = lab_conn(lab, side, IKE, ESP);

		lab_add_child(&c, side);
		lab_load(lab, side, &c);
		conn_fini(&c);
	}
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", "net",
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, LAB_S));
	assert_true(lab_agree(lab, 1));
	return lab;
}

static unsigned int children(const struct ike_sa *sa)
{
	unsigned int n = 0;

	for (const struct child_sa *c = sa->children; c; c = c->next)
		n++;
	return n;
}

/* Side 1 has so many, of which the SAD knows nothing. */
static void fill(const struct ike_lab *lab, unsigned int n)
{
	struct ike_sa *sa = forge_sa(lab, 1);

	while (children(sa) < n) {
		struct child_sa *c =
			child_new(sa->conn, &sa->conn->conf.children[0]);

		assert_non_null(c);
		c->state = CHILD_ST_INSTALLED;
		c->confirmed = true;
		c->next = sa->children->next;
		sa->children->next = c;
	}
}

static unsigned int ask_for_more(struct ike_lab *lab)
{
	engine_initiate(lab->side[0].engine, "peer", "more", lab->now_ns);
	assert_true(lab_run(lab, LAB_S));
	return children(forge_sa(lab, 1));
}

static void last_child_of_an_ike_sa_is_made(void **state)
{
	struct ike_lab *lab = lab_up();

	(void)state;
	fill(lab, CHILDREN_MAX - 1);
	assert_int_equal(ask_for_more(lab), CHILDREN_MAX);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 0);
	lab_free(lab);
}

static void peer_made_any_number_of_children(void **state)
{
	struct ike_lab *lab = lab_up();

	(void)state;
	fill(lab, CHILDREN_MAX);
	assert_int_equal(ask_for_more(lab), CHILDREN_MAX);
	assert_string_equal(lab_text(&lab->side[0], IKE_EV_FAILED),
			    "the peer refuses the CHILD SA: NO_ADDITIONAL_SAS");
	lab_free(lab);
}

static unsigned int rekey(struct ike_lab *lab)
{
	unsigned int before = lab_count(&lab->side[1], IKE_EV_CHILD_UP);

	engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
	assert_true(lab_run(lab, LAB_S));
	return lab_count(&lab->side[1], IKE_EV_CHILD_UP) - before;
}

static void child_is_rekeyed_where_there_is_no_room_for_another(void **state)
{
	struct ike_lab *lab = lab_up();

	(void)state;
	fill(lab, CHILDREN_MAX);
	assert_int_equal(rekey(lab), 1);
	assert_int_equal(children(forge_sa(lab, 1)), CHILDREN_MAX);
	lab_free(lab);
}

/* A peer that leaves what it has rekeyed. */
static void rekeying_without_end_is_refused(void **state)
{
	struct ike_lab *lab = lab_up();

	(void)state;
	fill(lab, 2 * CHILDREN_MAX);
	assert_int_equal(rekey(lab), 0);
	assert_int_equal(children(forge_sa(lab, 1)), 2 * CHILDREN_MAX);
	lab_free(lab);
}

static void rekey_ike(struct ike_lab *lab)
{
	engine_rekey(lab->side[0].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, LAB_S));
}

/* What the last rekeying replaced, as if the peer had not deleted it. */
static uint32_t undelete(const struct ike_lab *lab)
{
	struct ike_sa *heir = forge_sa(lab, 1);
	struct ike_sa *elder = sa_new(heir->e, false, &heir->path);

	assert_non_null(elder);
	assert_int_not_equal(heir->heir_of, 0);
	elder->conn = conn_hold(heir->conn);
	elder->local_id = heir->local_id;
	elder->peer_id = heir->peer_id;
	elder->view_id = heir->heir_of;
	elder->has_heir = true;
	sa_handshake_done(elder);
	sa_set_state(elder, IKE_ST_ESTABLISHED);
	elder->drop_ns = lab->now_ns + RESENDS_NS;
	sa_list_peer(elder);
	return elder->id;
}

static void peer_left_one_ike_sa_behind_for_each_rekeying(void **state)
{
	struct ike_lab *lab = lab_up();
	struct engine *e = lab->side[1].engine;
	uint32_t elder;

	(void)state;
	rekey_ike(lab);
	assert_int_equal(e->n_sas, 1);
	elder = undelete(lab);
	assert_int_equal(e->n_sas, 2);
	rekey_ike(lab);
	assert_int_equal(e->n_sas, 1);
	assert_true(!sa_by_id(e, elder) ||
		    sa_by_id(e, elder)->state != IKE_ST_ESTABLISHED ||
		    !sa_by_id(e, elder)->drop_ns);
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

static void peers_made_any_number_of_ike_sas(void **state)
{
	struct ike_lab *lab = lab_up();
	struct engine *e = lab->side[1].engine;
	struct forge_init f = { .spi_i = 1, .proposal = IKE, .method = "x25519" };
	unsigned int n = e->n_sas;

	(void)state;
	e->n_sas = IKE_SAS_MAX;
	forge_init(lab, &f);
	assert_int_equal(e->n_sas, IKE_SAS_MAX);
	e->n_sas = IKE_SAS_MAX - 1;
	f.spi_i = 2;
	forge_init(lab, &f);
	assert_int_equal(e->n_sas, IKE_SAS_MAX);
	e->n_sas = n + 1;
	lab_free(lab);
}

/* Side 0 asks for a child with so many selectors of its own. */
static void ask_with_selectors(struct ike_lab *lab, unsigned int n)
{
	const struct ike_path path = forge_path(lab, 1);
	struct ike_sa *a = forge_sa(lab, 0);
	const struct child_sa *c = a->children;
	struct ike_ts ts[SELECTORS];
	struct ike_builder m;

	for (unsigned int i = 0; i < n; i++) {
		ts[i] = c->local_ts.at[0];
		ts[i].addr_min.octets[15] = ts[i].addr_max.octets[15] =
			(uint8_t)(i + 1);
	}
	forge_begin(a, &m, IKE_EXCH_CREATE_CHILD_SA, false, a->next_ours++);
	proposals_put(&m, &c->conf->proposals, slice_of("spi1", 4), true);
	ike_nonce_put(&m, slice_of("0123456789abcdef", 16));
	ike_ts_put(&m, IKE_PL_TS_I, ts, n);
	ike_ts_put(&m, IKE_PL_TS_R, c->remote_ts.at, c->remote_ts.n);
	forge_send(lab, a, &m, &path);
	assert_true(lab_run(lab, LAB_S));
}

/* A CHILD SA of the first of them: narrowed, RFC 7296 section 2.9. */
static void further_selectors_are_left_out(void **state)
{
	struct ike_lab *lab = lab_up();
	const struct child_sa *c;

	(void)state;
	lab_set_fragment_size(lab, FRAGMENT_SIZE_MAX);
	ask_with_selectors(lab, SELECTORS);
	c = forge_sa(lab, 1)->children;
	while (c && c->remote_ts.n == 1)
		c = c->next;
	assert_non_null(c);
	assert_int_equal(c->remote_ts.n, TS_MAX);
	assert_int_equal(c->remote_ts.at[TS_MAX - 1].addr_min.octets[15],
			 TS_MAX);
	lab_free(lab);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(last_child_of_an_ike_sa_is_made),
		cmocka_unit_test(peer_made_any_number_of_children),
		cmocka_unit_test(
			child_is_rekeyed_where_there_is_no_room_for_another),
		cmocka_unit_test(rekeying_without_end_is_refused),
		cmocka_unit_test(peer_left_one_ike_sa_behind_for_each_rekeying),
		cmocka_unit_test(peers_made_any_number_of_ike_sas),
		cmocka_unit_test(further_selectors_are_left_out),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
