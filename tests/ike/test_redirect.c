// SPDX-License-Identifier: BSD-2-Clause
/* Redirection (RFC 5685): whom gateways send elsewhere, and who goes. */
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
#define THERE "192.0.2.3"

static struct addr addr_of(const char *text)
{
	return addr_from_v4(inet_addr(text));
}

static void load(struct ike_lab *lab)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = lab_conn(lab, i, IKE, ESP);

		c.local_addrs[0].any = i == 1; /* it has several addresses */
		lab_load(lab, i, &c);
		conn_fini(&c);
	}
}

static void set_follows(struct ike_lab *lab, bool follows)
{
	struct ike_options o = lab->options;

	o.follow_redirects = follows;
	lab_set_options(lab, &o);
}

static struct ike_lab *lab_begun(void)
{
	struct ike_lab *lab = lab_new(1);

	load(lab);
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	return lab;
}

static struct ike_lab *lab_up(void)
{
	struct ike_lab *lab = lab_begun();

	assert_true(lab_run(lab, 2 * LAB_S));
	assert_true(lab_agree(lab, 1));
	return lab;
}

static struct ike_redirect redirect_to(const char *gateway)
{
	const struct addr a = addr_of(gateway);

	return (struct ike_redirect){ .conn = "peer",
				      .to = gateway_of_addr(&a) };
}

static unsigned int redirect(struct ike_lab *lab, const struct ike_redirect *r)
{
	return engine_redirect(lab->side[1].engine, r, lab->now_ns);
}

/* --- IKE_SA_INIT */

static bool loses_requests(struct ike_lab *lab, unsigned int side,
			   const struct ike_path *path, struct slice datagram)
{
	(void)path;
	(void)datagram;
	return side == 1 || lab->owner;
}

static size_t put_data(uint8_t *out, uint8_t type, const void *gateway,
		       uint8_t len, struct slice nonce)
{
	out[0] = type;
	out[1] = len;
	memcpy(out + 2, gateway, len);
	if (nonce.len)
		memcpy(out + 2 + len, nonce.ptr, nonce.len);
	return 2U + len + nonce.len;
}

/* Says so to side 0, whose request is under way. */
static void say(struct ike_lab *lab, struct slice data)
{
	const struct ike_sa *sa = forge_sa(lab, 0);
	const struct ike_header h = {
		.spi_i = sa->spi_i,
		.version = IKE_VERSION,
		.exchange = IKE_EXCH_IKE_SA_INIT,
		.flags = IKE_FLAG_R,
	};
	const struct ike_notify n = { .type = IKE_N_REDIRECT, .data = data };
	struct ike_path path = sa->path;
	uint8_t room[LAB_DATAGRAM_MAX];
	struct ike_builder m;
	struct slice message;

	ike_begin(&m, room, sizeof(room), &h);
	ike_notify_put(&m, &n);
	assert_true(ike_end(&m, &message));
	engine_input(lab->side[0].engine, &path, room, message.len, lab->now_ns);
}

static void say_gateway(struct ike_lab *lab, const char *gateway)
{
	const struct nonce *ni = &forge_sa(lab, 0)->ni;
	struct addr a = addr_of(gateway);
	uint8_t data[128];
	size_t len = put_data(data, GATEWAY_IPV4, a.octets + 12, 4,
			      slice_of(ni->octets, ni->len));

	say(lab, slice_of(data, len));
}

/* Its first request is on its way to nobody. */
static struct ike_lab *lab_waiting(void)
{
	struct ike_lab *lab = lab_begun();

	lab->sent = loses_requests;
	assert_true(lab_run(lab, LAB_S));
	lab->owner = lab; /* nothing is lost any more */
	return lab;
}

static void first_answer_leads_to_another_gateway(void **state)
{
	struct ike_lab *lab = lab_waiting();
	const struct addr from = lab->side[1].addr;

	(void)state;
	say_gateway(lab, THERE);
	lab->side[1].addr = addr_of(THERE);
	assert_true(lab_run(lab, 2 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_true(
		addr_equal(&forge_sa(lab, 0)->path.remote, &lab->side[1].addr));
	assert_true(addr_equal(&forge_sa(lab, 0)->redirected_from, &from));
	assert_true(forge_sa(lab, 1)->takes_redirect);
	lab_free(lab);
}

static void answer_without_our_nonce_is_nobodys(void **state)
{
	struct ike_lab *lab = lab_waiting();
	struct addr a = addr_of(THERE);
	uint8_t data[128];
	size_t len = put_data(data, GATEWAY_IPV4, a.octets + 12, 4,
			      slice_of("not ours", 8));

	(void)state;
	say(lab, slice_of(data, len));
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 1)); /* where it began */
	assert_false(forge_sa(lab, 0)->redirects);
	lab_free(lab);
}

static void who_does_not_follow_does_not_say_so_and_stays(void **state)
{
	struct ike_lab *lab = lab_new(1);

	(void)state;
	set_follows(lab, false);
	load(lab);
	engine_initiate(lab->side[0].engine, "peer", NULL, lab->now_ns);
	lab->sent = loses_requests;
	assert_true(lab_run(lab, LAB_S));
	lab->owner = lab;
	say_gateway(lab, THERE);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_false(forge_sa(lab, 1)->takes_redirect);
	lab_free(lab);
}

/* Section 7. */
static void gateways_that_send_us_round_are_left(void **state)
{
	struct ike_lab *lab = lab_waiting();

	(void)state;
	lab->owner = NULL;
	for (unsigned int i = 0; i < 6; i++) {
		assert_non_null(forge_sa(lab, 0));
		say_gateway(lab, i & 1 ? "192.0.2.2" : THERE);
		assert_true(lab_run(lab, LAB_S));
	}
	assert_null(forge_sa(lab, 0));
	assert_non_null(
		strstr(lab_text(&lab->side[0], IKE_EV_FAILED), "five times"));
	lab_free(lab);
}

/* --- IKE_AUTH */

/* The reply of side 1 to IKE_AUTH, as side 0 would open it. */
static void open_reply(const struct ike_lab *lab, uint8_t *octets,
		       struct ike_payloads *p)
{
	const struct ike_sa *from = forge_sa(lab, 1), *to = forge_sa(lab, 0);
	struct slice rest, header, inner;
	struct ike_payloads clear;
	struct ike_header h;
	struct ike_sk sk;

	memcpy(octets, from->reply.ptr, from->reply.len);
	rest = slice_of(octets, from->reply.len);
	assert_true(ike_header_parse(rest, &h));
	assert_true(rd_slice(&rest, IKE_HEADER_BYTES, &header));
	assert_int_equal(ike_payloads_parse(rest, h.next_payload,
					    IKE_PART_CLEAR, &clear),
			 IKE_PARSE_OK);
	assert_true(ike_sk_split(
		octets, clear.at[0].body, to->keys.encr->iv_bytes,
		to->keys.encr->block_bytes, keys_icv_bytes(&to->keys), &sk));
	assert_true(keys_open(&to->keys, &(const struct sk_text){
						 .message = sk.message,
						 .aad_bytes = sk.aad_bytes,
						 .text_bytes = sk.text_bytes }));
	assert_true(ike_sk_inner(&sk, &inner));
	assert_int_equal(ike_payloads_parse(inner, clear.sk_first,
					    IKE_PART_PROTECTED, p),
			 IKE_PARSE_OK);
}

static bool loses_auth_replies(struct ike_lab *lab, unsigned int side,
			       const struct ike_path *path, struct slice d)
{
	struct ike_header h;

	(void)path;
	return !(side == 1 && !lab->owner && ike_header_parse(d, &h) &&
		 h.exchange == IKE_EXCH_IKE_AUTH);
}

/* With a gateway instead of a child; or what is no authentication. */
static void redirect_with_auth(struct ike_lab *lab, const char *gateway,
			       bool is_right)
{
	struct addr a = addr_of(gateway);
	uint8_t octets[LAB_DATAGRAM_MAX], data[64];
	struct ike_sa *from = forge_sa(lab, 1);
	struct ike_path path = forge_sa(lab, 0)->path;
	struct ike_payloads p;
	struct ike_builder m;
	struct ike_auth auth;
	struct ike_id id;

	open_reply(lab, octets, &p);
	assert_true(ike_id_parse(ike_find(&p, IKE_PL_ID_R)->body, &id));
	assert_true(ike_auth_parse(ike_find(&p, IKE_PL_AUTH)->body, &auth));
	if (!is_right)
		auth.data.len--;
	forge_begin(from, &m, IKE_EXCH_IKE_AUTH, true, 1);
	ike_id_put(&m, IKE_PL_ID_R, &id);
	ike_auth_put(&m, &auth);
	ike_notify_put(
		&m,
		&(const struct ike_notify){
			.type = IKE_N_REDIRECT,
			.data = slice_of(data, put_data(data, GATEWAY_IPV4,
							a.octets + 12, 4,
							slice_of(NULL, 0))) });
	lab->owner = lab;
	forge_send(lab, from, &m, &path);
}

static void authentication_leads_to_another_gateway(void **state)
{
	(void)state;
	for (unsigned int right = 0; right < 2; right++) {
		struct ike_lab *lab = lab_begun();

		lab->sent = loses_auth_replies;
		assert_true(lab_run(lab, LAB_S));
		lab->side[1].addr = addr_of(THERE);
		redirect_with_auth(lab, THERE, right);
		assert_true(lab_run(lab, 10 * LAB_S));
		assert_true(lab_agree(lab, right));
		assert_int_equal(settle_ike_sas(lab, 0), right);
		if (right)
			assert_true(addr_equal(&forge_sa(lab, 0)->path.remote,
					       &lab->side[1].addr));
		lab_free(lab);
	}
}

static bool is_not_there(struct ike_lab *lab, unsigned int side,
			 const struct ike_path *path, struct slice datagram)
{
	(void)datagram;
	return addr_equal(&path->remote, &lab->side[!side].addr);
}

/* It has no child, and there is no other gateway to have one with. */
static void who_comes_with_authentication_and_gets_nowhere_ends(void **state)
{
	static const struct {
		const char *gateway, *why;
	} rows[] = {
		{ THERE, "does not answer" },
		{ "192.0.2.1", "this host itself" },
		{ "192.0.2.2", "to itself" },
		{ "224.0.0.1", "neither an address" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_lab *lab = lab_begun();

		lab->sent = loses_auth_replies;
		assert_true(lab_run(lab, LAB_S));
		redirect_with_auth(lab, rows[i].gateway, true);
		lab->sent = is_not_there;
		assert_true(lab_run(lab, 300 * LAB_S));
		assert_int_equal(settle_ike_sas(lab, 0), 0);
		assert_non_null(strstr(lab_text(&lab->side[0], IKE_EV_FAILED),
				       rows[i].why));
		lab_free(lab);
	}
}

/* --- INFORMATIONAL */

static void client_goes_with_all_that_it_has(void **state)
{
	struct ike_lab *lab = lab_up();
	const struct ike_redirect r = redirect_to(THERE);

	(void)state;
	assert_int_equal(redirect(lab, &r), 1);
	lab->side[1].addr = addr_of(THERE);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_UP), 2);
	assert_true(
		addr_equal(&forge_sa(lab, 0)->path.remote, &lab->side[1].addr));
	lab_free(lab);
}

static void client_stays_where_nobody_answers_at_the_other(void **state)
{
	struct ike_lab *lab = lab_up();
	const struct ike_redirect r = redirect_to(THERE);
	const uint32_t spi = forge_sa(lab, 0)->children->spi_in;

	(void)state;
	lab->sent = is_not_there;
	assert_int_equal(redirect(lab, &r), 1);
	assert_true(lab_run(lab, 300 * LAB_S));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 1);
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_int_equal(forge_sa(lab, 0)->children->spi_in, spi);
	lab_free(lab);
}

static void nobody_is_redirected_but_who_is_meant(void **state)
{
	struct ike_lab *lab = lab_up();
	struct ike_redirect r[8];

	(void)state;
	for (unsigned int i = 0; i < 8; i++)
		r[i] = redirect_to(THERE);
	strcpy(r[0].conn, "other");
	r[1].ike_id = 77;
	r[2].by_addr = 1;
	r[2].peer_min = r[2].peer_max = addr_of("192.0.2.2");
	r[3].peer_id = (struct identity){ .type = IKE_ID_FQDN,
					  .len = 4,
					  .octets = "moon" };
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(redirect(lab, &r[i]), 0);
	r[4].conn[0] = '\0';
	r[5].ike_id = forge_sa(lab, 1)->view_id;
	r[6].by_addr = 1;
	r[6].peer_min = addr_of("192.0.2.0");
	r[6].peer_max = addr_of("192.0.2.1");
	r[7].peer_id = forge_sa(lab, 1)->peer_id;
	for (unsigned int i = 4; i < 8; i++)
		assert_int_equal(redirect(lab, &r[i]), 1);
	assert_int_equal(engine_redirect(lab->side[0].engine, &r[4], lab->now_ns),
			 0); /* it is the client */
	lab_free(lab);
}

static void who_does_not_follow_is_not_redirected(void **state)
{
	const struct ike_redirect r = redirect_to(THERE);
	struct ike_lab *lab = lab_new(1);

	(void)state;
	set_follows(lab, false);
	load(lab);
	engine_initiate(lab->side[0].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, 2 * LAB_S));
	assert_int_equal(redirect(lab, &r), 0);
	lab_free(lab);
}

/* Only a client is (section 3). */
static void gateway_is_not_redirected_by_its_client(void **state)
{
	struct ike_lab *lab = lab_up();
	struct ike_sa *a = forge_sa(lab, 0);
	struct ike_path path = forge_path(lab, 1);
	struct ike_builder m;

	(void)state;
	forge_begin(a, &m, IKE_EXCH_INFORMATIONAL, false, a->next_ours);
	ike_notify_put(&m, &(const struct ike_notify){
				   .type = IKE_N_REDIRECT,
				   .data = slice_of("\1\4\300\0\2\3", 6) });
	forge_send(lab, a, &m, &path);
	assert_null(forge_sa(lab, 1)->redirect_to);
	lab_free(lab);
}

static void command_survives_a_rekeying(void **state)
{
	struct ike_lab *lab = lab_up();
	const struct ike_redirect r = redirect_to(THERE);

	(void)state;
	engine_rekey(lab->side[0].engine, "peer", NULL, lab->now_ns);
	engine_rekey(lab->side[1].engine, "peer", NULL, lab->now_ns);
	assert_int_equal(redirect(lab, &r), 1);
	lab->side[1].addr = addr_of(THERE);
	assert_true(lab_run(lab, 30 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_true(
		addr_equal(&forge_sa(lab, 0)->path.remote, &lab->side[1].addr));
	lab_free(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_answer_leads_to_another_gateway),
		cmocka_unit_test(answer_without_our_nonce_is_nobodys),
		cmocka_unit_test(who_does_not_follow_does_not_say_so_and_stays),
		cmocka_unit_test(gateways_that_send_us_round_are_left),
		cmocka_unit_test(authentication_leads_to_another_gateway),
		cmocka_unit_test(
			who_comes_with_authentication_and_gets_nowhere_ends),
		cmocka_unit_test(client_goes_with_all_that_it_has),
		cmocka_unit_test(client_stays_where_nobody_answers_at_the_other),
		cmocka_unit_test(nobody_is_redirected_but_who_is_meant),
		cmocka_unit_test(who_does_not_follow_is_not_redirected),
		cmocka_unit_test(gateway_is_not_redirected_by_its_client),
		cmocka_unit_test(command_survives_a_rekeying),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
