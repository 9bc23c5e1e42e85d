// SPDX-License-Identifier: BSD-2-Clause
/*
 * What those may cost who have proved nothing: slots, half-open SAs, events.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/crypto/prf.h"
#include "tests/support/ike_forge.h"

#define IKE   "aes128-sha256-x25519"
#define ESP   "aes128-sha256"
#define DAY_S 86400ULL

static unsigned int ike_sas(const struct ike_lab *lab, unsigned int side)
{
	unsigned int half_open;

	return engine_count(lab->side[side].engine, &half_open);
}

static unsigned int half_open(const struct ike_lab *lab)
{
	unsigned int n;

	engine_count(lab->side[1].engine, &n);
	return n;
}

static void forget_events(struct ike_lab *lab)
{
	lab->side[0].n_events = lab->side[1].n_events = 0;
}

static void attempt(struct ike_lab *lab)
{
	forget_events(lab);
	assert_int_equal(
		lab_initiate(lab->side[0].engine, "peer", NULL, lab->now_ns), 0);
	assert_true(lab_run(lab, LAB_S / 10));
}

/* --- slots */

static void failed_authentications_locked_the_gateway(void **state)
{
	struct ike_lab *lab = lab_new(1);

	(void)state;
	lab_load_both(lab, IKE, ESP);
	attempt(lab);
	assert_true(lab_agree(lab, 1));
	lab->side[0].psk.octets[0] ^= 1;
	for (unsigned int i = 0; i < 100; i++)
		attempt(lab);
	lab->side[0].psk.octets[0] ^= 1;
	attempt(lab);
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_IKE_UP), 1);
	assert_int_equal(ike_sas(lab, 1), 2);
	forget_events(lab);
	assert_int_equal(
		engine_rekey(lab->side[1].engine, "peer", NULL, lab->now_ns), 2);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_IKE_UP), 2);
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_FAILED), 0);
	lab_free(lab);
}

static void honest_deletes_locked_the_gateway(void **state)
{
	struct ike_lab *lab = lab_new(1);

	(void)state;
	lab_load_both(lab, IKE, ESP);
	for (unsigned int i = 0; i < 100; i++) {
		attempt(lab);
		assert_int_equal(lab_count(&lab->side[1], IKE_EV_IKE_UP), 1);
		engine_terminate(lab->side[0].engine, "peer", NULL, lab->now_ns);
		assert_true(lab_run(lab, LAB_S / 10));
	}
	lab_free(lab);
}

/* Its memory is that of 200 s otherwise, at the peer's discretion. */
static void refused_peer_was_remembered_for_minutes(void **state)
{
	struct ike_lab *lab = lab_new(1);

	(void)state;
	lab_load_both(lab, IKE, ESP);
	lab->side[0].psk.octets[0] ^= 1;
	attempt(lab);
	assert_int_equal(lab->side[1].engine->n_lingering, 1);
	assert_true(lab_run(lab, 20 * LAB_S));
	assert_int_equal(lab->side[1].engine->n_lingering, 0);
	lab_free(lab);
}

/* --- cookies */

/* So many half-open ones; with 10, cookies are wanted. */
static struct ike_lab *lab_with(unsigned int n)
{
	struct ike_lab *lab = lab_new(1);
	struct conn_conf c = lab_conn(lab, 1, IKE, ESP);

	c.remote_addrs[0].any = true;
	lab_load(lab, 1, &c);
	conn_fini(&c);
	for (unsigned int i = 1; i <= n; i++) {
		const struct forge_init f = { .spi_i = i,
					      .proposal = IKE,
					      .method = "x25519" };

		forge_init(lab, &f);
	}
	assert_int_equal(half_open(lab), n);
	return lab;
}

static struct ike_lab *lab_crowded(void)
{
	return lab_with(10);
}

static struct lab_fate double_first(struct ike_lab *lab, unsigned int n)
{
	return (struct lab_fate){
		.copies = n == lab->lost ? 2 : 1,
		.delay_ns = { LAB_S / 1000, LAB_S / 500 },
	};
}

/* The initiator would begin anew with it, and then take the reply for that of its
 * second message: AUTH covers the first. */
static void cookie_for_a_copy_overtook_the_reply(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < 8; seed++) {
		struct ike_lab *lab = lab_with(9);
		struct conn_conf c = lab_conn(lab, 0, IKE, ESP);

		lab_load(lab, 0, &c);
		conn_fini(&c);
		assert_true(lab_run(lab, LAB_S));
		lab->seed = seed;
		lab->lost = lab->datagrams;
		lab->fate = double_first;
		lab->answer_max_ns = LAB_S / 10;
		assert_int_equal(engine_initiate(lab->side[0].engine, "peer",
						 NULL, lab->now_ns),
				 0);
		assert_true(lab_run(lab, 10 * LAB_S));
		assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 0);
		assert_true(lab_agree(lab, 1));
		lab_free(lab);
	}
}

static void cookie_made_with_a_secret_of_zeros_was_believed(void **state)
{
	static const uint8_t zeros[32], nonce[32] = { 7 };
	static const uint8_t spi[IKE_SPI_BYTES] = { [7] = 99 };
	struct ike_lab *lab = lab_crowded();
	struct forge_init f = { .spi_i = 99,
				.proposal = IKE,
				.method = "x25519",
				.from = addr_from_v4(inet_addr("203.0.113.7")) };
	const struct slice parts[] = { slice_of(nonce, sizeof(nonce)),
				       slice_of(f.from.octets, 16),
				       slice_of(spi, sizeof(spi)) };
	uint8_t cookie[33] = { 0 };

	(void)state;
	assert_true(prf(prf_by_id(PRF_HMAC_SHA2_256), slice_of(zeros, 32),
			parts, 3, cookie + 1));
	f.cookie = slice_of(cookie, sizeof(cookie));
	forge_init(lab, &f);
	assert_int_equal(half_open(lab), 10);
	lab_free(lab);
}

/* Asks for a cookie, and brings it back after that time. */
static unsigned int half_open_after(uint64_t s)
{
	struct ike_lab *lab = lab_crowded();
	struct forge_init f = { .spi_i = 99,
				.proposal = IKE,
				.method = "x25519" };
	uint8_t cookie[IKE_COOKIE_MAX_BYTES];
	unsigned int n;

	forge_init(lab, &f);
	assert_int_equal(half_open(lab), 10);
	f.cookie = forge_cookie_of(lab);
	assert_true(f.cookie.len > 0 && f.cookie.len <= sizeof(cookie));
	memcpy(cookie, f.cookie.ptr, f.cookie.len);
	f.cookie.ptr = cookie;
	lab->now_ns += s * LAB_S; /* without anybody's timer */
	forge_init(lab, &f);
	n = half_open(lab);
	lab_free(lab);
	return n;
}

static void cookie_of_a_secret_days_old_was_believed(void **state)
{
	(void)state;
	assert_int_equal(half_open_after(1), 11);
	assert_int_equal(half_open_after(90), 11);
	assert_int_equal(half_open_after(3 * DAY_S), 10);
}

/* --- caps */

static void one_address_had_any_number_of_half_open_sas(void **state)
{
	struct ike_lab *lab = lab_crowded();
	uint8_t cookie[IKE_COOKIE_MAX_BYTES];

	(void)state;
	for (unsigned int i = 11; i <= 300; i++) {
		struct forge_init f = { .spi_i = i,
					.proposal = IKE,
					.method = "x25519" };

		forge_init(lab, &f);
		f.cookie = forge_cookie_of(lab);
		if (!f.cookie.len)
			continue;
		memcpy(cookie, f.cookie.ptr, f.cookie.len);
		f.cookie.ptr = cookie;
		forge_init(lab, &f);
		assert_true(lab_run(lab, LAB_S / 1000));
	}
	assert_true(half_open(lab) <= 64);
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_int_equal(half_open(lab), 0);
	assert_int_equal(lab->side[1].engine->n_strangers, 0);
	lab_free(lab);
}

/* Found by a search over all IKE SAs before; found by its address now. */
static void repeated_ike_sa_init_gets_its_reply_again(void **state)
{
	struct ike_lab *lab = lab_new(1);
	const struct forge_init f = { .spi_i = 1,
				      .proposal = IKE,
				      .method = "x25519" };
	unsigned int sent;

	(void)state;
	lab_load_both(lab, IKE, ESP);
	forge_init(lab, &f);
	assert_true(lab_run(lab, LAB_S));
	sent = lab->side[1].sent;
	assert_int_equal(sent, 1);
	forge_init(lab, &f);
	assert_int_equal(lab->side[1].sent, sent + 1);
	assert_int_equal(half_open(lab), 1);
	lab_free(lab);
}

static void every_refused_ike_sa_init_made_an_event(void **state)
{
	struct ike_lab *lab = lab_new(1);

	(void)state;
	lab_load_both(lab, IKE, ESP);
	for (unsigned int i = 1; i <= 60; i++) {
		const struct forge_init f = { .spi_i = i,
					      .proposal = "aes256-sha512-ecp384",
					      .method = "x25519" };

		forge_init(lab, &f);
	}
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_FAILED), 20);
	assert_true(forge_cookie_of(lab).len > 0); /* they are wanted now */
	lab->now_ns += 20 * LAB_S;
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, LAB_S));
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

/* --- who is known here is nobody's to know */

/* What side 1 said last before it heard more, and when. */
struct refusal {
	uint64_t at_ns;
	size_t bytes;
	unsigned int sent;
	uint8_t asked; /* of its keystore, last */
};

enum stranger {
	WITH_WRONG_KEY,
	WITHOUT_KEY,
	WITHOUT_CONNECTION,
};

static bool note_time(struct ike_lab *lab, unsigned int side,
		      const struct ike_path *path, struct slice datagram)
{
	struct refusal *r = lab->owner;

	(void)path;
	if (side == 1) {
		r->at_ns = lab->now_ns;
		r->bytes = datagram.len;
	}
	return true;
}

static void set_stranger(struct ike_lab *lab, enum stranger who)
{
	struct conn_conf c = lab_conn(lab, 1, IKE, ESP);
	struct error e;

	if (who == WITH_WRONG_KEY)
		lab->side[1].psk.octets[0] ^= 1;
	if (who == WITHOUT_KEY)
		lab->side[1].psk.len = 0;
	if (who == WITHOUT_CONNECTION)
		assert_int_equal(identity_parse("moon", &c.remote_id, &e), 0);
	lab_load(lab, 1, &c);
	conn_fini(&c);
}

static struct refusal refusal_of(enum stranger who)
{
	struct ike_lab *lab = lab_new(7);
	struct refusal r = { .at_ns = 0 };

	lab_load_both(lab, IKE, ESP);
	set_stranger(lab, who);
	lab->answer_max_ns = LAB_S / 10;
	lab->sent = note_time;
	lab->owner = &r;
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, LAB_S));
	r.sent = lab->side[1].sent;
	r.asked = lab->side[1].asked.op;
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_FAILED), 1);
	assert_int_equal(lab_sas(&lab->side[1], false), 0);
	assert_int_equal(lab_sas(&lab->side[1], true), 0);
	assert_string_equal(
		lab_text(&lab->side[0], IKE_EV_FAILED),
		"the peer refuses our authentication: compare the pre-shared keys and the identities of both sides");
	lab_free(lab);
	return r;
}

/* The keystore was not asked for whom there is no connection. */
static void unknown_peer_was_refused_sooner_than_one_with_a_wrong_key(void **state)
{
	const struct refusal want = refusal_of(WITH_WRONG_KEY);

	(void)state;
	assert_int_equal(want.sent, 2);
	assert_int_equal(want.asked, KEYSTORE_PSK_CHECK);
	for (enum stranger who = WITHOUT_KEY; who <= WITHOUT_CONNECTION; who++) {
		const struct refusal r = refusal_of(who);

		assert_int_equal(r.at_ns, want.at_ns);
		assert_int_equal(r.bytes, want.bytes);
		assert_int_equal(r.sent, want.sent);
		assert_int_equal(r.asked, want.asked);
	}
}

/* Its key would do, if it were there. */
static void unknown_peer_with_the_right_key_is_refused(void **state)
{
	struct ike_lab *lab = lab_new(7);

	(void)state;
	lab_load_both(lab, IKE, ESP);
	set_stranger(lab, WITHOUT_CONNECTION);
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, LAB_S));
	assert_string_equal(lab_text(&lab->side[1], IKE_EV_FAILED),
			    "no connection for the peer's address and identity");
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_IKE_UP), 0);
	lab_free(lab);
}

/* --- the heap of deadlines */

static struct lab_fate chaos(struct ike_lab *lab, unsigned int n)
{
	(void)n;
	return (struct lab_fate){ .copies = lab_roll(lab, 8) != 0,
				  .delay_ns = { 1 + lab_roll(lab, 2 * LAB_S) } };
}

static void assert_deadline_is_the_earliest(const struct ike_lab *lab)
{
	for (unsigned int side = 0; side < 2; side++) {
		const struct engine *e = lab->side[side].engine;
		uint64_t at = UINT64_MAX;

		for (uint32_t i = 1; i < e->n_slots; i++)
			if (e->slots[i] && sa_deadline(e->slots[i]) < at)
				at = sa_deadline(e->slots[i]);
		assert_true(engine_deadline(e) <= at ||
			    (engine_deadline(e) <= lab->now_ns &&
			     at <= lab->now_ns));
	}
}

static void do_something(struct ike_lab *lab)
{
	struct engine *e = lab->side[lab_roll(lab, 2)].engine;

	switch (lab_roll(lab, 8)) {
	case 0:
	case 1:
		engine_initiate(e, "peer", NULL, lab->now_ns);
		break;
	case 2:
		engine_rekey(e, "peer", NULL, lab->now_ns);
		break;
	case 3:
		engine_rekey(e, "peer", "net", lab->now_ns);
		break;
	case 4:
		engine_terminate(e, "peer", lab_roll(lab, 2) ? "net" : NULL,
				 lab->now_ns);
		break;
	default:
		break;
	}
}

/* Whoever changes an IKE SA and does not touch it makes this fail. */
static void no_deadline_is_missed_whatever_happens(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 600; seed++) {
		struct ike_lab *lab = lab_new(seed);

		lab_load_both(lab, IKE, "aes128-sha256-x25519");
		lab->fate = chaos;
		lab->answer_max_ns = LAB_S / 2;
		for (unsigned int i = 0; i < 24; i++) {
			do_something(lab);
			assert_deadline_is_the_earliest(lab);
			assert_true(lab_run(lab, lab_roll(lab, 3 * LAB_S)));
			assert_deadline_is_the_earliest(lab);
			forget_events(lab);
		}
		lab_free(lab);
	}
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(failed_authentications_locked_the_gateway),
		cmocka_unit_test(honest_deletes_locked_the_gateway),
		cmocka_unit_test(refused_peer_was_remembered_for_minutes),
		cmocka_unit_test(cookie_for_a_copy_overtook_the_reply),
		cmocka_unit_test(cookie_made_with_a_secret_of_zeros_was_believed),
		cmocka_unit_test(cookie_of_a_secret_days_old_was_believed),
		cmocka_unit_test(one_address_had_any_number_of_half_open_sas),
		cmocka_unit_test(repeated_ike_sa_init_gets_its_reply_again),
		cmocka_unit_test(every_refused_ike_sa_init_made_an_event),
		cmocka_unit_test(
			unknown_peer_was_refused_sooner_than_one_with_a_wrong_key),
		cmocka_unit_test(unknown_peer_with_the_right_key_is_refused),
		cmocka_unit_test(no_deadline_is_missed_whatever_happens),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
