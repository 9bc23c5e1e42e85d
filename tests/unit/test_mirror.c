// SPDX-License-Identifier: BSD-2-Clause
/* What ctl keeps of what ike says of its SAs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/daemon/mirror.h"

static int setup(void **state)
{
	*state = mirror_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	mirror_free(*state);
	return 0;
}

static void say_ike(struct mirror *m, uint32_t id, enum sa_view_state s)
{
	const struct ike_sa_view v = { .id = id, .state = (uint8_t)s };

	mirror_put_ike(m, &v);
}

static void last_word_of_each_counts(void **state)
{
	struct sas *s;

	say_ike(*state, 1, SA_VIEW_CONNECTING);
	say_ike(*state, 2, SA_VIEW_CONNECTING);
	say_ike(*state, 1, SA_VIEW_UP);
	s = mirror_copy(*state);
	assert_int_equal(s->n_ike, 2);
	assert_int_equal(s->ike[0].id, 1);
	assert_int_equal(s->ike[0].state, SA_VIEW_UP);
	assert_int_equal(s->ike[1].state, SA_VIEW_CONNECTING);
	sas_free(s);
}

static void one_that_is_gone_is_not_kept(void **state)
{
	struct ike_sa_view v;
	struct sas *s;

	for (uint32_t id = 1; id <= 100; id++)
		say_ike(*state, id, SA_VIEW_UP);
	for (uint32_t id = 2; id <= 100; id += 2)
		say_ike(*state, id, SA_VIEW_GONE);
	say_ike(*state, 1000, SA_VIEW_GONE);
	s = mirror_copy(*state);
	assert_int_equal(s->n_ike, 50);
	for (uint32_t i = 0; i < 50; i++)
		assert_int_equal(s->ike[i].id, 2 * i + 1);
	assert_true(mirror_ike(*state, 99, &v));
	assert_int_equal(v.id, 99);
	assert_false(mirror_ike(*state, 98, &v));
	sas_free(s);
}

static void those_that_are_connecting_are_counted_apart(void **state)
{
	unsigned int up, connecting;

	say_ike(*state, 1, SA_VIEW_CONNECTING);
	say_ike(*state, 2, SA_VIEW_UP);
	say_ike(*state, 3, SA_VIEW_REKEYED);
	say_ike(*state, 4, SA_VIEW_GONE);
	mirror_count(*state, &up, &connecting);
	assert_int_equal(up, 2);
	assert_int_equal(connecting, 1);
}

static void ids_in_any_order_are_found(void **state)
{
	static const uint32_t ids[] = { 7, 3, UINT32_MAX, 0, 5, 4 };
	struct ike_sa_view v;

	for (size_t i = 0; i < 6; i++)
		say_ike(*state, ids[i], SA_VIEW_UP);
	for (size_t i = 0; i < 6; i++) {
		assert_true(mirror_ike(*state, ids[i], &v));
		assert_int_equal(v.id, ids[i]);
	}
	assert_false(mirror_ike(*state, 6, &v));
}

/* Whoever sends it may be taken over. */
static void what_lies_is_bounded(void **state)
{
	struct ike_sa_view ike;
	struct child_sa_view child;
	struct sas *s;

	memset(&ike, 0xff, sizeof(ike));
	memset(&child, 0xff, sizeof(child));
	ike.state = child.state = SA_VIEW_UP;
	ike.initiator = ike.nat_local = ike.nat_remote = true;
	child.encap = child.esn = true;
	mirror_put_ike(*state, &ike);
	mirror_put_child(*state, &child);
	s = mirror_copy(*state);
	assert_int_equal(strlen(s->ike[0].conn), CONN_NAME_MAX - 1);
	assert_int_equal(strlen(s->child[0].name), CONN_NAME_MAX - 1);
	assert_int_equal(s->ike[0].local_id.len, IKE_ID_MAX);
	assert_int_equal(s->ike[0].remote_id.len, IKE_ID_MAX);
	assert_int_equal(s->child[0].n_selectors, SADB_SELECTORS_MAX);
	sas_free(s);
}

static void identities_are_kept_as_long_as_they_are(void **state)
{
	const struct ike_sa_view v = {
		.id = 5,
		.rekey_ns = 9,
		.local_id = { .type = 2, .len = 4, .octets = "moon" },
		.remote_id = { .type = 3, .len = 7, .octets = "sun@sky" },
	};
	struct ike_sa_view out;
	struct sas *s;

	mirror_put_ike(*state, &v);
	assert_true(mirror_ike(*state, 5, &out));
	assert_memory_equal(&out, &v, sizeof(v));
	s = mirror_copy(*state);
	assert_memory_equal(&s->ike[0], &v, sizeof(v));
	sas_free(s);
}

/* Those that it has not take no room, and what is behind them is lost: nobody has
 * it here. */
static void child_is_kept_with_the_selectors_that_it_has(void **state)
{
	struct child_sa_view child = { .id = 3, .spi_in = 7, .n_selectors = 2 },
			     out;
	struct sas *s;

	child.selectors[1].protocol = 6;
	child.selectors[2].protocol = 17;
	child.in.pkts = 5;
	mirror_put_child(*state, &child);
	s = mirror_copy(*state);
	assert_int_equal(s->n_child, 1);
	assert_int_equal(s->child[0].selectors[1].protocol, 6);
	assert_int_equal(s->child[0].selectors[2].protocol, 0);
	assert_int_equal(s->child[0].in.pkts, 0);
	sas_free(s);
	assert_true(mirror_child(*state, 7, &out));
	assert_int_equal(out.id, 3);
	assert_int_equal(out.selectors[1].protocol, 6);
	assert_int_equal(out.selectors[2].protocol, 0);
	assert_false(mirror_child(*state, 8, &out));
}

static void say_child(struct mirror *m, uint32_t id, uint32_t spi_in,
		      enum sa_view_state s)
{
	const struct child_sa_view v = { .id = id,
					 .spi_in = spi_in,
					 .state = (uint8_t)s };

	mirror_put_child(m, &v);
}

/* 0: none. */
static uint32_t id_of_spi(const struct mirror *m, uint32_t spi_in)
{
	struct child_sa_view v;

	return mirror_child(m, spi_in, &v) ? v.id : 0;
}

static void child_is_found_by_its_inbound_spi(void **state)
{
	struct mirror *m = *state;

	assert_int_equal(id_of_spi(m, 1), 0);
	for (uint32_t id = 1; id <= 3000; id++) {
		say_child(m, id, 0, SA_VIEW_CONNECTING);
		say_child(m, id, 0x1000 * id, SA_VIEW_CONNECTING);
		say_child(m, id, 0x1000 * id, SA_VIEW_UP);
		if (id > 1000) /* as by rekeying */
			say_child(m, id - 1000, 0, SA_VIEW_GONE);
	}
	for (uint32_t id = 1; id <= 3000; id++)
		assert_int_equal(id_of_spi(m, 0x1000 * id), id > 2000 ? id : 0);
	assert_int_equal(id_of_spi(m, 0), 0);
	say_child(m, 4001, 7, SA_VIEW_UP);
	say_child(m, 4000, 7, SA_VIEW_UP);
	assert_int_equal(id_of_spi(m, 7), 4001); /* the newer one */
	say_child(m, 4001, 8, SA_VIEW_UP);
	assert_int_equal(id_of_spi(m, 7), 4000);
	assert_int_equal(id_of_spi(m, 8), 4001);
	mirror_clear(m);
	assert_int_equal(id_of_spi(m, 8), 0);
}

static void there_are_so_many_and_no_more(void **state)
{
	struct sas *s;

	for (uint32_t id = 1; id <= MIRROR_MAX + 1; id++)
		say_ike(*state, id, SA_VIEW_UP);
	say_ike(*state, MIRROR_MAX, SA_VIEW_REKEYING);
	s = mirror_copy(*state);
	assert_int_equal(s->n_ike, MIRROR_MAX);
	assert_int_equal(s->ike[MIRROR_MAX - 1].id, MIRROR_MAX);
	assert_int_equal(s->ike[MIRROR_MAX - 1].state, SA_VIEW_REKEYING);
	sas_free(s);
}

static void nothing_is_known_of_one_that_ended(void **state)
{
	struct sas *s;

	say_ike(*state, 1, SA_VIEW_UP);
	mirror_clear(*state);
	s = mirror_copy(*state);
	assert_int_equal(s->n_ike, 0);
	assert_int_equal(s->n_child, 0);
	sas_free(s);
}

static void what_another_one_has_not_is_lost(void **state)
{
	const struct child_sa_view child = { .id = 7, .ike_id = 2 };
	struct mirror *next = mirror_new();
	struct sas *s;

	assert_non_null(next);
	say_ike(*state, 1, SA_VIEW_UP);
	say_ike(*state, 2, SA_VIEW_UP);
	say_ike(*state, 3, SA_VIEW_UP);
	mirror_put_child(*state, &child);
	say_ike(next, 2, SA_VIEW_REKEYING);
	say_ike(next, 4, SA_VIEW_UP);
	s = mirror_lost(*state, next);
	assert_int_equal(s->n_ike, 2);
	assert_int_equal(s->ike[0].id, 1);
	assert_int_equal(s->ike[1].id, 3);
	assert_int_equal(s->n_child, 1);
	sas_free(s);
	mirror_free(next);
}

/* An heir comes behind the one whose addresses it has; who connects has not proved who
 * it is. */
static void virtual_ips_are_those_of_the_last_that_is_up(void **state)
{
	struct ike_sa_view v = { .id = 3,
				 .state = SA_VIEW_UP,
				 .n_local_vips = 2,
				 .local_vips = { { { 1 } }, { { 0 } } } };
	struct addr out[CONN_VIPS_MAX];
	struct mirror *m = *state;

	strcpy(v.conn, "road");
	assert_int_equal(mirror_vips(m, "road", out), 0);
	v.local_vips[0] = addr_from_v4(0x0100030a);
	mirror_put_ike(m, &v);
	v.id = 5;
	v.n_local_vips = 0;
	mirror_put_ike(m, &v);
	assert_int_equal(mirror_vips(m, "road", out), 1);
	assert_true(addr_equal(&out[0], &v.local_vips[0]));
	assert_int_equal(mirror_vips(m, "roads", out), 0);
	v.id = 7;
	v.n_local_vips = 1;
	v.local_vips[0] = addr_from_v4(0x0200030a);
	v.state = SA_VIEW_CONNECTING;
	mirror_put_ike(m, &v);
	assert_int_equal(mirror_vips(m, "road", out), 1);
	assert_false(addr_equal(&out[0], &v.local_vips[0]));
	v.state = SA_VIEW_UP;
	mirror_put_ike(m, &v);
	assert_int_equal(mirror_vips(m, "road", out), 1);
	assert_true(addr_equal(&out[0], &v.local_vips[0]));
}

static void child_that_is_up_or_on_its_way_is_known(void **state)
{
	struct ike_sa_view ike = { .id = 1, .state = SA_VIEW_UP, .conn = "a" };
	struct child_sa_view child = {
		.id = 1, .ike_id = 1, .state = SA_VIEW_UP, .name = "net"
	};

	mirror_put_ike(*state, &ike);
	assert_false(mirror_has(*state, "a", "net"));
	mirror_put_child(*state, &child);
	assert_true(mirror_has(*state, "a", "net"));
	assert_false(mirror_has(*state, "a", "lab"));
	assert_false(mirror_has(*state, "b", "net"));
	child.state = SA_VIEW_REKEYED;
	mirror_put_child(*state, &child);
	assert_false(mirror_has(*state, "a", "net"));
	ike.state = SA_VIEW_CONNECTING;
	mirror_put_ike(*state, &ike);
	assert_true(mirror_has(*state, "a", "lab"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			virtual_ips_are_those_of_the_last_that_is_up, setup,
			teardown),
		cmocka_unit_test_setup_teardown(last_word_of_each_counts, setup,
						teardown),
		cmocka_unit_test_setup_teardown(one_that_is_gone_is_not_kept,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			those_that_are_connecting_are_counted_apart, setup,
			teardown),
		cmocka_unit_test_setup_teardown(ids_in_any_order_are_found,
						setup, teardown),
		cmocka_unit_test_setup_teardown(what_lies_is_bounded, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			identities_are_kept_as_long_as_they_are, setup, teardown),
		cmocka_unit_test_setup_teardown(
			child_is_kept_with_the_selectors_that_it_has, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			child_is_found_by_its_inbound_spi, setup, teardown),
		cmocka_unit_test_setup_teardown(there_are_so_many_and_no_more,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			nothing_is_known_of_one_that_ended, setup, teardown),
		cmocka_unit_test_setup_teardown(what_another_one_has_not_is_lost,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			child_that_is_up_or_on_its_way_is_known, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
