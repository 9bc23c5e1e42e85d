// SPDX-License-Identifier: BSD-2-Clause
/*
 * Redirection to a gateway that has a name (RFC 5685): who is sent there waits for
 * what the name resolves to, which the test says.
 */
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

#define IKE   "aes128gcm16-prfsha256-x25519"
#define ESP   "aes128-sha256"
#define FIRST "192.0.2.2"
#define THERE "192.0.2.3"
#define NAME  "gw.example.net"
#define WHY   "cannot resolve gw.example.net: there is no such name"

static struct addr addr_of(const char *text)
{
	return addr_from_v4(inet_addr(text));
}

static struct ike_lab *lab_loaded(void)
{
	struct ike_lab *lab = lab_new(1);

	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = lab_conn(lab, i, IKE, ESP);

		c.local_addrs[0].any = i == 1; /* it has several addresses */
		c.children->start_action = i ? CHILD_NONE : CHILD_START;
		c.keyingtries = 1;
		lab_load(lab, i, &c);
		conn_fini(&c);
	}
	return lab;
}

static void initiate(const struct ike_lab *lab)
{
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
}

static struct ike_lab *lab_up(void)
{
	struct ike_lab *lab = lab_loaded();

	initiate(lab);
	assert_true(lab_run(lab, 2 * LAB_S));
	assert_true(lab_agree(lab, 1));
	return lab;
}

static struct gateway named(const char *name)
{
	struct gateway g = { .type = GATEWAY_FQDN,
			     .len = (uint8_t)strlen(name) };

	memcpy(g.octets, name, g.len);
	return g;
}

static void redirect(struct ike_lab *lab, const char *name)
{
	const struct ike_redirect r = { .conn = "peer", .to = named(name) };

	assert_int_equal(engine_redirect(lab->side[1].engine, &r, lab->now_ns),
			 1);
	assert_true(lab_run(lab, LAB_S));
}

static void tell_all(struct ike_lab *lab, const struct addr *addrs, size_t n)
{
	engine_gateway_resolved(lab->side[0].engine, NAME, addrs, n,
				n ? "" : WHY, lab->now_ns);
}

static void tell(struct ike_lab *lab, const char *addr)
{
	const struct addr a = addr_of(addr);

	tell_all(lab, &a, 1);
}

static const char *why(const struct ike_lab *lab)
{
	return lab_text(&lab->side[0], IKE_EV_FAILED);
}

static bool is_at(const struct ike_lab *lab, const char *addr)
{
	const struct addr a = addr_of(addr);
	const struct ike_sa *sa = forge_sa(lab, 0);

	return sa && addr_equal(&sa->path.remote, &a);
}

/* --- IKE_SA_INIT */

static bool loses_requests(struct ike_lab *lab, unsigned int side,
			   const struct ike_path *path, struct slice datagram)
{
	(void)path;
	(void)datagram;
	return side == 1 || lab->owner;
}

/* Its first request is on its way to nobody. */
static struct ike_lab *lab_waiting(void)
{
	struct ike_lab *lab = lab_loaded();

	initiate(lab);
	lab->sent = loses_requests;
	assert_true(lab_run(lab, LAB_S));
	lab->owner = lab; /* nothing is lost any more */
	return lab;
}

/* Somebody who saw its nonce says so. */
static void say(struct ike_lab *lab, const struct gateway *g)
{
	const struct ike_sa *sa = forge_sa(lab, 0);
	const struct ike_header h = {
		.spi_i = sa->spi_i,
		.version = IKE_VERSION,
		.exchange = IKE_EXCH_IKE_SA_INIT,
		.flags = IKE_FLAG_R,
	};
	uint8_t data[2 + sizeof(g->octets) + 256], room[LAB_DATAGRAM_MAX];
	const struct ike_notify n = {
		.type = IKE_N_REDIRECT,
		.data = slice_of(data, 2U + g->len + sa->ni.len),
	};
	struct ike_path path = sa->path;
	struct ike_builder m;
	struct slice message;

	data[0] = g->type;
	data[1] = g->len;
	memcpy(data + 2, g->octets, g->len);
	memcpy(data + 2 + g->len, sa->ni.octets, sa->ni.len);
	ike_begin(&m, room, sizeof(room), &h);
	ike_notify_put(&m, &n);
	assert_true(ike_end(&m, &message));
	engine_input(lab->side[0].engine, &path, room, message.len, lab->now_ns);
}

static void say_name(struct ike_lab *lab, const char *name)
{
	const struct gateway g = named(name);

	say(lab, &g);
}

static struct ike_lab *lab_sent_on(void)
{
	struct ike_lab *lab = lab_waiting();

	say_name(lab, NAME);
	return lab;
}

static void first_answer_leads_to_where_the_name_does(void **state)
{
	struct ike_lab *lab = lab_sent_on();
	const struct addr from = lab->side[1].addr;
	unsigned int n = lab->datagrams;

	(void)state;
	assert_int_equal(lab->side[0].n_asked_gateways, 1);
	assert_string_equal(lab->side[0].gateway, NAME);
	assert_int_equal(lab->side[0].n_asked_names, 0);
	lab->side[1].addr = addr_of(THERE);
	assert_true(lab_run(lab, 20 * LAB_S));
	assert_int_equal(lab->datagrams, n); /* nothing is sent meanwhile */
	tell(lab, THERE);
	assert_true(lab_run(lab, 2 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_true(is_at(lab, THERE));
	assert_true(addr_equal(&forge_sa(lab, 0)->redirected_from, &from));
	assert_null(forge_sa(lab, 0)->redirect_to);
	assert_int_equal(forge_sa(lab, 0)->half_open_ns, 0);
	lab_free(lab);
}

static void name_that_resolves_to_nothing_fails_in_words(void **state)
{
	struct ike_lab *lab = lab_sent_on();

	(void)state;
	tell_all(lab, NULL, 0);
	assert_string_equal(why(lab), WHY);
	assert_null(forge_sa(lab, 0));
	lab_free(lab);
}

static void what_is_no_name_is_not_asked_for(void **state)
{
	static const char *const names[] = { "no name", "gw..net", "gw\n.net",
					     "%s", "-" };
	static const char dots[] =
		"a234567890123456789012345678901234567890123456789012345678901234.net";

	(void)state;
	for (size_t i = 0; i <= sizeof(names) / sizeof(names[0]); i++) {
		struct ike_lab *lab = lab_waiting();
		bool is_long = i == sizeof(names) / sizeof(names[0]);

		say_name(lab, is_long ? dots : names[i]);
		if (i == 4) { /* a hyphen may be one */
			assert_int_equal(lab->side[0].n_asked_gateways, 1);
		} else {
			assert_null(forge_sa(lab, 0));
			assert_int_equal(lab->side[0].n_asked_gateways, 0);
			assert_non_null(strstr(why(lab), "neither an address"));
		}
		lab_free(lab);
	}
}

static void name_with_a_nul_in_it_is_not_asked_for(void **state)
{
	struct ike_lab *lab = lab_waiting();
	struct gateway g = named("gw.example.net");

	(void)state;
	g.octets[2] = 0;
	say(lab, &g);
	assert_null(forge_sa(lab, 0));
	assert_int_equal(lab->side[0].n_asked_gateways, 0);
	lab_free(lab);
}

static void nobody_goes_to_himself(void **state)
{
	struct ike_lab *lab = lab_sent_on();

	(void)state;
	tell_all(lab, &lab->side[0].addr, 1);
	assert_null(forge_sa(lab, 0));
	assert_non_null(strstr(why(lab), "this host itself"));
	lab_free(lab);
}

static void first_address_that_can_be_gone_to_is_taken(void **state)
{
	struct ike_lab *lab = lab_sent_on();
	struct addr addrs[4] = { { { 0x20, 0x01, 0x0d, 0xb8, 0xff } } };

	(void)state;
	addrs[1] = addr_of("127.0.0.1");
	addrs[2] = lab->side[0].addr;
	addrs[3] = addr_of(THERE);
	lab->side[1].addr = addr_of(THERE);
	tell_all(lab, addrs, 4);
	assert_true(lab_run(lab, 2 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_true(is_at(lab, THERE));
	lab_free(lab);
}

static void address_of_another_family_is_no_way(void **state)
{
	const struct addr v6 = { { 0x20, 0x01, 0x0d, 0xb8, 0xff } };
	struct ike_lab *lab = lab_sent_on();

	(void)state;
	tell_all(lab, &v6, 1);
	assert_null(forge_sa(lab, 0));
	assert_non_null(strstr(why(lab), "no way there"));
	lab_free(lab);
}

static void other_answers_are_nobodys(void **state)
{
	const struct addr there = addr_of(THERE);
	struct ike_lab *lab = lab_sent_on();

	(void)state;
	engine_gateway_resolved(lab->side[0].engine, "other.example.net",
				&there, 1, "", lab->now_ns);
	engine_resolved(lab->side[0].engine, "peer", &there, 1, "", lab->now_ns);
	assert_non_null(forge_sa(lab, 0)->redirect_to);
	engine_gateway_resolved(lab->side[0].engine, "GW.Example.NET", &there,
				1, "", lab->now_ns);
	assert_null(forge_sa(lab, 0)->redirect_to);
	lab_free(lab);
}

/* Its peer has a name itself: that is another question. */
static void name_of_the_peer_and_that_of_a_gateway_are_two(void **state)
{
	struct ike_lab *lab = lab_new(1);
	struct conn_conf c = lab_conn(lab, 0, IKE, ESP);
	struct addr there = addr_of(THERE), first = addr_of(FIRST);

	(void)state;
	strcpy(c.remote_host, NAME);
	conn_resolve(&c, NULL, 0);
	lab_load(lab, 0, &c);
	conn_fini(&c);
	initiate(lab);
	tell(lab, THERE);
	assert_int_equal(forge_sa(lab, 0)->ni.len, 0); /* it still waits */
	engine_resolved(lab->side[0].engine, "peer", &first, 1, "", lab->now_ns);
	lab->sent = loses_requests;
	assert_true(lab_run(lab, LAB_S));
	say_name(lab, NAME);
	engine_resolved(lab->side[0].engine, "peer", &there, 1, "", lab->now_ns);
	assert_true(is_at(lab, FIRST));
	tell(lab, THERE);
	assert_true(is_at(lab, THERE));
	lab_free(lab);
}

static void late_answer_leaves_all_the_time_for_the_handshake(void **state)
{
	struct ike_lab *lab = lab_sent_on();

	(void)state;
	assert_true(lab_run(lab, 59 * LAB_S));
	lab->owner = NULL;
	tell(lab, THERE);
	assert_true(lab_run(lab, 30 * LAB_S));
	assert_true(is_at(lab, THERE));
	lab_free(lab);
}

/* And then a late answer is nobody's. */
static void who_never_gets_an_answer_gives_up(void **state)
{
	struct ike_lab *lab = lab_sent_on();
	unsigned int n;

	(void)state;
	assert_true(lab_run(lab, 59 * LAB_S));
	assert_non_null(forge_sa(lab, 0));
	assert_true(lab_run(lab, 2 * LAB_S));
	assert_null(forge_sa(lab, 0));
	assert_non_null(strstr(why(lab), "nobody said which address"));
	n = lab->datagrams;
	tell(lab, THERE);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(lab->datagrams, n);
	lab_free(lab);
}

static void what_waits_can_be_terminated(void **state)
{
	struct ike_lab *lab = lab_sent_on();

	(void)state;
	assert_int_equal(engine_terminate(lab->side[0].engine, "peer", NULL,
					  lab->now_ns),
			 1);
	assert_null(forge_sa(lab, 0));
	tell(lab, THERE);
	assert_null(forge_sa(lab, 0));
	lab_free(lab);
}

/* The first gateway may say more, or anything: it is left. */
static void second_answer_counts_for_nothing_while_the_name_is_asked_for(
	void **state)
{
	struct ike_lab *lab = lab_sent_on();

	(void)state;
	say_name(lab, "other.example.net");
	assert_int_equal(lab->side[0].n_asked_gateways, 1);
	assert_int_equal(forge_sa(lab, 0)->redirects, 1);
	lab_free(lab);
}

/* Section 7. */
static void names_that_send_us_round_are_left(void **state)
{
	struct ike_lab *lab = lab_waiting();

	(void)state;
	lab->owner = NULL;
	for (unsigned int i = 0; i < 6; i++) {
		assert_non_null(forge_sa(lab, 0));
		say_name(lab, NAME);
		if (i < 5)
			tell(lab, i & 1 ? FIRST : THERE);
		assert_true(lab_run(lab, LAB_S));
	}
	assert_int_equal(lab->side[0].n_asked_gateways, 5);
	assert_null(forge_sa(lab, 0));
	assert_non_null(strstr(why(lab), "five times"));
	lab_free(lab);
}

static void where_nobody_asks_dns_names_are_refused(void **state)
{
	struct ike_lab *lab = lab_waiting();

	(void)state;
	lab->side[0].engine->calls.resolve_gateway = NULL;
	say_name(lab, NAME);
	assert_null(forge_sa(lab, 0));
	assert_non_null(strstr(why(lab), "neither an address"));
	lab_free(lab);
}

/* --- IKE_AUTH, and then: when it is up */

static void client_goes_with_all_that_it_has(void **state)
{
	struct ike_lab *lab = lab_up();

	(void)state;
	redirect(lab, NAME);
	assert_int_equal(lab->side[0].n_asked_gateways, 1);
	assert_true(lab_agree(lab, 1)); /* it goes on meanwhile */
	assert_int_equal(settle_ike_sas(lab, 0), 2);
	lab->side[1].addr = addr_of(THERE);
	tell(lab, THERE);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_UP), 2);
	assert_true(is_at(lab, THERE));
	lab_free(lab);
}

static void assert_stays(const struct ike_lab *lab, uint32_t spi,
			 unsigned int failures)
{
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_int_equal(forge_sa(lab, 0)->children->spi_in, spi);
	assert_true(is_at(lab, FIRST));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), failures);
	assert_true(lab_agree(lab, 1));
}

static void client_stays_where_the_name_leads_nowhere_else(void **state)
{
	struct addr addrs[3] = { { { 0x20, 0x01, 0x0d, 0xb8, 0xff } } };

	(void)state;
	addrs[2] = addr_of(FIRST);
	for (unsigned int i = 0; i < 4; i++) {
		struct ike_lab *lab = lab_up();
		const uint32_t spi = forge_sa(lab, 0)->children->spi_in;

		addrs[1] = lab->side[0].addr;
		redirect(lab, NAME);
		if (i < 3) /* another family, ourselves, and where it is */
			tell_all(lab, &addrs[i], 1);
		else
			tell_all(lab, NULL, 0);
		assert_true(lab_run(lab, 10 * LAB_S));
		assert_stays(lab, spi, i != 2);
		lab_free(lab);
	}
}

static void client_stays_where_nobody_says_where_that_is(void **state)
{
	struct ike_lab *lab = lab_up();
	const uint32_t spi = forge_sa(lab, 0)->children->spi_in;

	(void)state;
	redirect(lab, NAME);
	assert_true(lab_run(lab, 70 * LAB_S));
	assert_stays(lab, spi, 1);
	lab_free(lab);
}

static void command_while_the_name_is_asked_for_begins_nothing_more(void **state)
{
	struct ike_lab *lab = lab_up();

	(void)state;
	redirect(lab, NAME);
	redirect(lab, NAME);
	assert_int_equal(lab->side[0].n_asked_gateways, 1);
	assert_int_equal(settle_ike_sas(lab, 0), 2);
	lab_free(lab);
}

/* The one that was there is gone when the answer comes: the other one goes there. */
static void client_goes_though_the_gateway_has_ended_meanwhile(void **state)
{
	struct ike_lab *lab = lab_up();

	(void)state;
	redirect(lab, NAME);
	engine_terminate(lab->side[1].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	lab->side[1].addr = addr_of(THERE);
	tell(lab, THERE);
	assert_true(lab_run(lab, 5 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_true(is_at(lab, THERE));
	lab_free(lab);
}

static void late_answer_is_nobodys_when_all_has_ended(void **state)
{
	struct ike_lab *lab = lab_up();
	unsigned int n;

	(void)state;
	redirect(lab, NAME);
	engine_terminate(lab->side[0].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, 5 * LAB_S));
	assert_int_equal(settle_ike_sas(lab, 0), 0);
	n = lab->datagrams;
	tell(lab, THERE);
	assert_true(lab_run(lab, 5 * LAB_S));
	assert_int_equal(lab->datagrams, n);
	lab_free(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_answer_leads_to_where_the_name_does),
		cmocka_unit_test(name_that_resolves_to_nothing_fails_in_words),
		cmocka_unit_test(what_is_no_name_is_not_asked_for),
		cmocka_unit_test(name_with_a_nul_in_it_is_not_asked_for),
		cmocka_unit_test(nobody_goes_to_himself),
		cmocka_unit_test(first_address_that_can_be_gone_to_is_taken),
		cmocka_unit_test(address_of_another_family_is_no_way),
		cmocka_unit_test(other_answers_are_nobodys),
		cmocka_unit_test(name_of_the_peer_and_that_of_a_gateway_are_two),
		cmocka_unit_test(
			late_answer_leaves_all_the_time_for_the_handshake),
		cmocka_unit_test(who_never_gets_an_answer_gives_up),
		cmocka_unit_test(what_waits_can_be_terminated),
		cmocka_unit_test(
			second_answer_counts_for_nothing_while_the_name_is_asked_for),
		cmocka_unit_test(names_that_send_us_round_are_left),
		cmocka_unit_test(where_nobody_asks_dns_names_are_refused),
		cmocka_unit_test(client_goes_with_all_that_it_has),
		cmocka_unit_test(client_stays_where_the_name_leads_nowhere_else),
		cmocka_unit_test(client_stays_where_nobody_says_where_that_is),
		cmocka_unit_test(
			command_while_the_name_is_asked_for_begins_nothing_more),
		cmocka_unit_test(
			client_goes_though_the_gateway_has_ended_meanwhile),
		cmocka_unit_test(late_answer_is_nobodys_when_all_has_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
