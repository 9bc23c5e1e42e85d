// SPDX-License-Identifier: BSD-2-Clause
/*
 * The ends of connections that carry IKE and ESP, of those that peers opened and of
 * those that we did: what was said last arrives, who waits for whom, and for how long.
 */
#include "tests/unit/streams_fixture.h"

static void close_sends_what_waits(void **state)
{
	const uint32_t stream = bring_up();
	uint8_t message[40] = { 1 }, octets[100];

	(void)state;
	streams_send_ike(bench->streams, stream,
			 slice_of(message, sizeof(message)));
	streams_close(bench->streams, stream);
	turn();
	assert_int_equal(recv(bench->peer, octets, sizeof(octets), 0), 46);
	assert_true(is_closed(bench->peer));
	assert_int_equal(bench->n_told, 0);
}

static void end_peer(void)
{
	assert_int_equal(shutdown(bench->peer, SHUT_WR), 0);
	turn();
}

/* Else what was sent last is lost with what was not read. */
static void close_reads_until_the_peer_has_ended(void **state)
{
	const uint32_t stream = bring_up();

	(void)state;
	streams_close(bench->streams, stream);
	say_message(true, 100);
	turn();
	say_message(true, 100);
	turn();
	assert_int_equal(streams_counts(bench->streams)->open, 1);
	assert_int_equal(bench->n_told, 0);
	end_peer();
	assert_int_equal(streams_counts(bench->streams)->open, 0);
	assert_int_equal(bench->n_told, 0);
}

static void close_waits_for_no_peer_for_long(void **state)
{
	uint32_t stream;

	(void)state;
	bench->limits.close_ms = 1;
	stream = bring_up();
	streams_close(bench->streams, stream);
	while (streams_counts(bench->streams)->open)
		event_base_loop(bench->base, EVLOOP_ONCE);
	assert_int_equal(bench->n_told, 0);
	assert_int_equal(streams_counts(bench->streams)->n[STREAM_COUNT_SLOW],
			 0);
}

static void close_hears_only_so_much(void **state)
{
	const uint32_t stream = bring_up();

	(void)state;
	bench->limits.close_bytes = 250;
	streams_close(bench->streams, stream);
	say_message(true, 100);
	say_message(true, 100);
	turn();
	assert_int_equal(streams_counts(bench->streams)->open, 1);
	say_message(true, 100);
	turn();
	assert_int_equal(streams_counts(bench->streams)->open, 0);
}

static uint32_t open_one(void)
{
	const struct stream_ends ends = ends_of("192.0.2.9");

	streams_open(bench->streams, pair(&bench->peer), NUMBER, TOKEN, &ends);
	turn();
	assert_int_equal(bench->n_told, 1);
	assert_int_equal(bench->told[0].what, TOLD_UP);
	assert_int_equal(bench->told[0].token, TOKEN);
	bench->n_told = 0;
	return bench->told[0].stream;
}

static void who_opens_says_the_prefix_and_hears_none(void **state)
{
	open_one();
	(void)state;
	assert_heard(STREAM_PREFIX, STREAM_PREFIX_BYTES);
	say_message(true, 50);
	turn();
	assert_int_equal(bench->n_told, 1);
	assert_int_equal(bench->told[0].what, TOLD_MESSAGE);
	assert_int_equal(bench->told[0].bytes, 50);
}

static void opened_one_that_ends_is_told_to_both(void **state)
{
	open_one();
	(void)state;
	assert_heard(STREAM_PREFIX, STREAM_PREFIX_BYTES);
	close(bench->peer);
	bench->peer = -1;
	turn();
	assert_int_equal(bench->n_told, 2);
	assert_int_equal(bench->told[0].what, TOLD_DOWN);
	assert_int_equal(bench->told[0].token, TOKEN);
	assert_int_equal(bench->told[1].what, TOLD_GONE);
	assert_int_equal(bench->told[1].token, NUMBER);
}

/* Its socket has yet to say that it is over, past the policies. */
static void opened_one_is_gone_when_both_know_that_it_ends(void **state)
{
	const uint32_t stream = open_one();

	(void)state;
	streams_close(bench->streams, stream);
	assert_heard(STREAM_PREFIX, STREAM_PREFIX_BYTES);
	assert_true(is_closed(bench->peer));
	assert_int_equal(bench->n_told, 0);
	end_peer();
	assert_int_equal(bench->n_told, 1);
	assert_int_equal(bench->told[0].what, TOLD_GONE);
	assert_int_equal(bench->told[0].token, NUMBER);
}

static void without_ike_what_it_knew_is_closed(void **state)
{
	int fresh = accept_from("192.0.2.7"), opened;

	(void)state;
	bring_up();
	opened = bench->peer;
	bench->peer = -1;
	open_one();
	streams_drop(bench->streams);
	turn();
	assert_true(is_closed(opened));
	assert_heard(STREAM_PREFIX, STREAM_PREFIX_BYTES);
	assert_true(is_closed(bench->peer));
	assert_false(is_closed(fresh));
	assert_int_equal(bench->n_told, 0);
	end_peer();
	assert_int_equal(bench->n_told, 1);
	assert_int_equal(bench->told[0].what, TOLD_GONE);
	close(opened);
	close(fresh);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(close_sends_what_waits),
		TEST(close_reads_until_the_peer_has_ended),
		TEST(close_waits_for_no_peer_for_long),
		TEST(close_hears_only_so_much),
		TEST(who_opens_says_the_prefix_and_hears_none),
		TEST(opened_one_that_ends_is_told_to_both),
		TEST(opened_one_is_gone_when_both_know_that_it_ends),
		TEST(without_ike_what_it_knew_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
