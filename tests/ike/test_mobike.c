// SPDX-License-Identifier: BSD-2-Clause
/* MOBIKE (RFC 4555): sides that move, and what they say of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include <cmocka.h>

#include "tests/support/ike_forge.h"
#include "tests/support/ike_settle.h"

#define IKE "aes128-sha256-x25519"
#define ESP "aes128-sha256"
#define NEW "192.0.2.77"

static struct addr addr_of(const char *text)
{
	return addr_from_v4(inet_addr(text));
}

/* A datagram between addresses that are nobody's is lost. */
static bool is_between_us(struct ike_lab *lab, unsigned int side,
			  const struct ike_path *path, struct slice datagram)
{
	(void)datagram;
	return addr_equal(&path->local, &lab->side[side].addr) &&
	       (lab->nat || addr_equal(&path->remote, &lab->side[!side].addr));
}

static void load(struct ike_lab *lab, unsigned int side, bool mobike)
{
	struct conn_conf c = lab_conn(lab, side, IKE, ESP);

	c.local_addrs[0].any = true;
	c.remote_addrs[0].any = side == 1;
	c.mobike = mobike;
	lab_load(lab, side, &c);
	conn_fini(&c);
}

static struct ike_lab *lab_with(bool a, bool b, bool nat)
{
	struct ike_lab *lab = settle_lab(1, ESP);

	load(lab, 0, a);
	load(lab, 1, b);
	lab->nat = nat;
	lab->sent = is_between_us;
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, 2 * LAB_S));
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	return lab;
}

static struct ike_lab *lab_up(void)
{
	return lab_with(true, true, false);
}

static void move(struct ike_lab *lab, unsigned int side, const char *to)
{
	lab->side[side].addr = addr_of(to);
	engine_addresses_changed(lab->side[side].engine, lab->now_ns);
}

static const struct lab_sa *sa_of(const struct lab_side *s, enum sadb_dir dir)
{
	const struct lab_sa *found = NULL;

	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		if (s->sas[i].used && s->sas[i].id.dir == dir &&
		    !s->sas[i].larval)
			found = &s->sas[i];
	assert_non_null(found);
	return found;
}

/* Do both sides' SAs go between where they are now? */
static void assert_sas_are_here(const struct ike_lab *lab)
{
	assert_true(lab_agree(lab, 1));
	for (unsigned int i = 0; i < 2; i++) {
		const struct lab_side *s = &lab->side[i];
		const struct addr *peer = &lab->side[!i].addr;
		const struct lab_sa *in = sa_of(s, SADB_IN);
		const struct lab_sa *out = sa_of(s, SADB_OUT);

		assert_true(addr_equal(&in->daddr, &s->addr));
		assert_true(addr_equal(&in->sa.saddr, peer));
		assert_true(addr_equal(&out->daddr, peer));
		assert_true(addr_equal(&out->sa.saddr, &s->addr));
		assert_true(addr_equal(&forge_sa(lab, i)->path.local, &s->addr));
		assert_true(addr_equal(&forge_sa(lab, i)->path.remote, peer));
	}
}

static void both_sides_decide_and_the_port_is_another_one(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct ike_lab *lab = lab_with(i & 1, i & 2, false);

		for (unsigned int side = 0; side < 2; side++) {
			const struct ike_sa *sa = forge_sa(lab, side);

			assert_int_equal(sa->mobike, i == 3);
			assert_int_equal(sa->began, side == 0);
			assert_int_equal(sa->path.local_port,
					 i & 1 ? IKE_NATT_PORT : IKE_PORT);
		}
		lab_free(lab);
	}
}

static void initiator_that_moves_takes_its_sas_along(void **state)
{
	struct ike_lab *lab = lab_up();
	const uint32_t spi = forge_sa(lab, 0)->children->spi_in;

	(void)state;
	move(lab, 0, NEW);
	assert_true(lab_run(lab, LAB_S));
	assert_sas_are_here(lab);
	assert_int_equal(forge_sa(lab, 0)->children->spi_in, spi);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_UP), 1);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_MOVED), 1);
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_IKE_MOVED), 1);
	lab_free(lab);
}

static void responder_that_moves_is_followed(void **state)
{
	struct ike_lab *lab = lab_up();

	(void)state;
	move(lab, 1, NEW);
	assert_true(lab_run(lab, LAB_S));
	assert_sas_are_here(lab);
	lab_free(lab);
}

static void nothing_is_said_while_the_way_is_the_same(void **state)
{
	struct ike_lab *lab = lab_up();
	const unsigned int n = lab->datagrams;

	(void)state;
	for (unsigned int i = 0; i < 2; i++)
		engine_addresses_changed(lab->side[i].engine, lab->now_ns);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(lab->datagrams, n);
	lab_free(lab);
}

/* A gateway may have several, and is heard by the one that the peer chose. */
static void who_has_its_old_address_stays(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct ike_lab *lab = lab_with(true, i, false);
		const unsigned int n = lab->datagrams;

		lab->side[i].also = lab->side[i].addr;
		move(lab, i, NEW); /* i = 0: without MOBIKE */
		assert_true(lab_run(lab, LAB_S));
		assert_int_equal(lab->datagrams, n);
		assert_true(addr_equal(&forge_sa(lab, i)->path.local,
				       &lab->side[i].also));
		lab_free(lab);
	}
}

static bool loses_cookies(struct ike_lab *lab, unsigned int side,
			  const struct ike_path *path, struct slice datagram)
{
	return side == 0 && is_between_us(lab, side, path, datagram);
}

/* Section 3.7: nobody can have our packets sent to whom he likes. */
static void packets_go_to_the_new_address_once_it_has_answered(void **state)
{
	struct ike_lab *lab = lab_up();
	const struct addr old = lab->side[0].addr;

	(void)state;
	lab->sent = loses_cookies; /* and the reply with them */
	move(lab, 0, NEW);
	assert_true(lab_run(lab, LAB_S));
	assert_true(
		addr_equal(&forge_sa(lab, 1)->path.remote, &lab->side[0].addr));
	assert_true(addr_equal(&sa_of(&lab->side[1], SADB_OUT)->daddr, &old));
	assert_true(addr_equal(&sa_of(&lab->side[1], SADB_IN)->sa.saddr,
			       &lab->side[0].addr));
	lab->sent = is_between_us;
	assert_true(lab_run(lab, 20 * LAB_S));
	assert_sas_are_here(lab);
	lab_free(lab);
}

static void forged_cookie_ends_the_ike_sa(void **state)
{
	struct ike_lab *lab = lab_up();
	struct ike_builder m;
	struct ike_path path;
	struct ike_sa *a, *b;

	(void)state;
	move(lab, 0, NEW);
	b = forge_sa(lab, 1);
	while (b->ours.kind != EX_MOBIKE)
		assert_true(lab_step(lab));
	a = forge_sa(lab, 0);
	path = forge_path(lab, 1);
	path.local_port = path.remote_port = IKE_NATT_PORT;
	forge_begin(a, &m, IKE_EXCH_INFORMATIONAL, true, b->ours.message_id);
	ike_notify_put(&m, &(const struct ike_notify){
				   .type = IKE_N_COOKIE2,
				   .data = slice_of("0123456789abcdef", 16) });
	forge_send(lab, a, &m, &path);
	assert_string_equal(lab_text(&lab->side[1], IKE_EV_IKE_DOWN),
			    "the peer does not answer from its new address");
	lab_free(lab);
}

/* Section 3.5. */
static void address_that_changes_again_is_told_of_again(void **state)
{
	struct ike_lab *lab = lab_up();

	(void)state;
	move(lab, 0, NEW);
	move(lab, 0, "192.0.2.78");
	assert_true(lab_run(lab, 500000));
	move(lab, 0, "192.0.2.79");
	assert_true(lab_run(lab, 20 * LAB_S));
	assert_sas_are_here(lab);
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	lab_free(lab);
}

static void both_sides_may_move_at_once(void **state)
{
	struct ike_lab *lab = lab_up();

	(void)state;
	move(lab, 0, NEW);
	assert_true(lab_run(lab, LAB_S));
	move(lab, 1, "192.0.2.90");
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_sas_are_here(lab);
	lab_free(lab);
}

static void request_under_way_goes_by_the_new_way(void **state)
{
	struct ike_lab *lab = lab_up();

	(void)state;
	lab->side[0].addr = addr_of(NEW);
	engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
	assert_true(lab_run(lab, LAB_S));
	engine_addresses_changed(lab->side[0].engine, lab->now_ns);
	assert_true(lab_run(lab, 30 * LAB_S));
	assert_sas_are_here(lab);
	lab_free(lab);
}

static void heir_goes_on_where_its_elder_was(void **state)
{
	struct ike_lab *lab = lab_up();

	(void)state;
	engine_rekey(lab->side[1].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, 5 * LAB_S));
	assert_false(forge_sa(lab, 0)->initiator);
	assert_true(forge_sa(lab, 0)->began);
	move(lab, 0, NEW);
	assert_true(lab_run(lab, LAB_S));
	assert_sas_are_here(lab);
	lab_free(lab);
}

static void without_mobike_it_is_made_anew(void **state)
{
	struct ike_lab *lab = lab_with(true, false, false);
	const uint32_t spi = forge_sa(lab, 0)->children->spi_in;

	(void)state;
	move(lab, 0, NEW);
	assert_true(lab_run(lab, 5 * LAB_S));
	assert_sas_are_here(lab);
	assert_int_not_equal(forge_sa(lab, 0)->children->spi_in, spi);
	assert_string_equal(lab_text(&lab->side[0], IKE_EV_IKE_DOWN),
			    "our address is another one");
	assert_int_equal(settle_ike_sas(lab, 1), 1);
	lab_free(lab);
}

static void nat_that_comes_brings_udp(void **state)
{
	struct ike_lab *lab = lab_up();

	(void)state;
	assert_int_equal(sa_of(&lab->side[0], SADB_OUT)->sa.encap_dport, 0);
	lab->nat = true;
	move(lab, 0, NEW);
	assert_true(lab_run(lab, LAB_S));
	assert_true(forge_sa(lab, 0)->nat_local);
	assert_true(forge_sa(lab, 1)->nat_remote);
	assert_int_equal(sa_of(&lab->side[0], SADB_OUT)->sa.encap_dport,
			 IKE_NATT_PORT);
	assert_true(sa_of(&lab->side[0], SADB_OUT)->sa.keepalive);
	assert_int_equal(sa_of(&lab->side[1], SADB_OUT)->sa.encap_dport, 4321);
	assert_true(addr_equal(&sa_of(&lab->side[1], SADB_OUT)->daddr,
			       &lab->nat_addr));
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

/* Section 3.8: by its own liveness check. */
static void peer_behind_a_nat_finds_that_its_mapping_is_another_one(void **state)
{
	struct ike_lab *lab = lab_with(true, true, true);
	unsigned int i = 0;

	(void)state;
	for (; i < 2; i++) {
		lab->nat_addr.octets[15] = (uint8_t)(20 + i);
		forge_sa(lab, 0)->conn->conf.dpd_delay = 10;
		forge_sa(lab, 0)->heard_ns = 0;
		engine_timeout(lab->side[0].engine, lab->now_ns);
		sa_touch(forge_sa(lab, 0));
		sa_next(forge_sa(lab, 0));
		sa_reap(lab->side[0].engine);
		assert_true(lab_run(lab, LAB_S));
	}
	assert_true(addr_equal(&forge_sa(lab, 1)->path.remote, &lab->nat_addr));
	assert_true(addr_equal(&sa_of(&lab->side[1], SADB_OUT)->daddr,
			       &lab->nat_addr));
	lab_free(lab);
}

static void mapping_that_the_data_path_tells_of_is_followed(void **state)
{
	struct ike_lab *lab = lab_with(true, true, true);
	struct sadb_event event = { .verb = SADB_MAPPING, .mapped_port = 4321 };
	const uint32_t spi = forge_sa(lab, 1)->children->spi_in;

	(void)state;
	lab->nat_addr = event.mapped_addr = addr_of("192.0.2.10");
	event.id = forge_sa(lab, 1)->children->in;
	engine_sadb_event(lab->side[1].engine, &event, lab->now_ns);
	assert_true(addr_equal(&sa_of(&lab->side[1], SADB_OUT)->daddr,
			       &lab->nat_addr));
	assert_int_equal(forge_sa(lab, 1)->children->spi_in, spi);
	lab_free(lab);
}

/* Additional addresses: where the first one is dead, the second one is tried. */
static void peers_other_address_is_tried(void **state)
{
	struct ike_lab *lab = settle_lab(1, ESP);
	struct conn_conf c = lab_conn(lab, 1, IKE, ESP);

	(void)state;
	load(lab, 0, true);
	c.remote_addrs[0].any = true;
	c.local_addrs[1] = c.local_addrs[0];
	c.local_addrs[1].net.net = addr_of(NEW);
	c.n_local_addrs = 2;
	lab_load(lab, 1, &c);
	conn_fini(&c);
	lab->sent = is_between_us;
	engine_initiate(lab->side[0].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, 2 * LAB_S));
	assert_int_equal(forge_sa(lab, 0)->n_peer_addrs, 1);
	lab->side[1].addr = addr_of(NEW); /* and it has not noticed */
	engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_sas_are_here(lab);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_UP), 1);
	lab_free(lab);
}

static void address_that_is_not_ours_is_refused(void **state)
{
	struct ike_lab *lab = settle_lab(1, ESP);
	struct conn_conf c = lab_conn(lab, 1, IKE, ESP);
	struct ike_builder m;
	struct ike_path path;
	struct ike_sa *a;

	(void)state;
	load(lab, 0, true);
	c.remote_addrs[0].any = true;
	lab_load(lab, 1, &c);
	conn_fini(&c);
	engine_initiate(lab->side[0].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, 2 * LAB_S));
	a = forge_sa(lab, 0);
	path = forge_path(lab, 1);
	path.local = addr_of(NEW);
	forge_begin(a, &m, IKE_EXCH_INFORMATIONAL, false, a->next_ours);
	ike_notify_put(&m, &(const struct ike_notify){
				   .type = IKE_N_UPDATE_SA_ADDRESSES });
	forge_send(lab, a, &m, &path);
	assert_false(addr_equal(&forge_sa(lab, 1)->path.local, &path.local));
	assert_false(forge_sa(lab, 1)->tells_check);
	lab_free(lab);
}

/* Section 3.9. */
static void nat_that_is_not_allowed_is_refused(void **state)
{
	struct ike_lab *lab = lab_up();
	struct ike_sa *a = forge_sa(lab, 0);
	struct ike_path path = forge_path(lab, 1);
	static const uint8_t elsewhere[12] = { 10, 0, 0, 1 };
	struct ike_builder m;

	(void)state;
	path.remote = addr_of(NEW);
	forge_begin(a, &m, IKE_EXCH_INFORMATIONAL, false, a->next_ours);
	ike_notify_put(&m, &(const struct ike_notify){
				   .type = IKE_N_UPDATE_SA_ADDRESSES });
	ike_notify_put(&m, &(const struct ike_notify){
				   .type = IKE_N_NO_NATS_ALLOWED,
				   .data = slice_of(elsewhere, 12) });
	forge_send(lab, a, &m, &path);
	assert_false(addr_equal(&forge_sa(lab, 1)->path.remote, &path.remote));
	lab_free(lab);
}

/* Whichever of its steps was under way. */
static void move_survives_who_takes_over(void **state)
{
	(void)state;
	for (unsigned int side = 0; side < 2; side++) {
		for (unsigned int steps = 0; steps < 20; steps++) {
			struct ike_lab *lab = lab_up();

			move(lab, 0, NEW);
			for (unsigned int i = 0; i < steps; i++)
				lab_step(lab);
			lab_kill(lab, side);
			lab_take_over(lab, side);
			engine_addresses_changed(lab->side[side].engine,
						 lab->now_ns);
			assert_true(lab_run(lab, 60 * LAB_S));
			assert_sas_are_here(lab);
			lab_free(lab);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_sides_decide_and_the_port_is_another_one),
		cmocka_unit_test(initiator_that_moves_takes_its_sas_along),
		cmocka_unit_test(responder_that_moves_is_followed),
		cmocka_unit_test(nothing_is_said_while_the_way_is_the_same),
		cmocka_unit_test(who_has_its_old_address_stays),
		cmocka_unit_test(
			packets_go_to_the_new_address_once_it_has_answered),
		cmocka_unit_test(forged_cookie_ends_the_ike_sa),
		cmocka_unit_test(address_that_changes_again_is_told_of_again),
		cmocka_unit_test(both_sides_may_move_at_once),
		cmocka_unit_test(request_under_way_goes_by_the_new_way),
		cmocka_unit_test(heir_goes_on_where_its_elder_was),
		cmocka_unit_test(without_mobike_it_is_made_anew),
		cmocka_unit_test(nat_that_comes_brings_udp),
		cmocka_unit_test(
			peer_behind_a_nat_finds_that_its_mapping_is_another_one),
		cmocka_unit_test(mapping_that_the_data_path_tells_of_is_followed),
		cmocka_unit_test(peers_other_address_is_tried),
		cmocka_unit_test(address_that_is_not_ours_is_refused),
		cmocka_unit_test(nat_that_is_not_allowed_is_refused),
		cmocka_unit_test(move_survives_who_takes_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
