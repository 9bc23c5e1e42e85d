// SPDX-License-Identifier: BSD-2-Clause
/*
 * Connections that carry IKE and ESP, by pairs of sockets in place of TCP: what
 * comes in pieces arrives whole, what does not belong ends the connection, and
 * strangers are few and have little time.
 */
#include "tests/unit/streams_fixture.h"

static void first_message_brings_it_up(void **state)
{
	(void)state;
	accept_one();
	say_text(STREAM_PREFIX);
	turn();
	assert_int_equal(bench->n_told, 0);
	say_message(true, 100);
	turn();
	assert_int_equal(bench->n_told, 2);
	assert_int_equal(bench->told[0].what, TOLD_UP);
	assert_int_not_equal(bench->told[0].stream, STREAM_NONE);
	assert_int_equal(bench->told[0].token, 0);
	assert_int_equal(bench->told[1].what, TOLD_MESSAGE);
	assert_int_equal(bench->told[1].stream, bench->told[0].stream);
	assert_int_equal(bench->told[1].bytes, 100);
}

static void single_octets_make_messages(void **state)
{
	uint8_t octets[600];
	size_t n = STREAM_PREFIX_BYTES;

	(void)state;
	memcpy(octets, STREAM_PREFIX, n);
	n += put(octets + n, true, 200);
	n += put(octets + n, false, 60);
	n += put(octets + n, true, 28);
	accept_one();
	for (size_t i = 0; i < n; i++) {
		say(octets + i, 1);
		event_base_loop(bench->base, EVLOOP_NONBLOCK);
	}
	turn();
	assert_int_equal(bench->n_told, 4);
	assert_int_equal(bench->told[1].bytes, 200);
	assert_int_equal(bench->told[2].what, TOLD_ESP);
	assert_int_equal(bench->told[2].bytes, 60);
	assert_int_equal(bench->told[3].bytes, 28);
}

static void longest_packets_arrive(void **state)
{
	uint8_t *octets = calloc(3, STREAM_MESSAGE_MAX);
	size_t n = put(octets, false, STREAM_ESP_MAX), sent = 0;

	(void)state;
	bring_up();
	n += put(octets + n, false, STREAM_ESP_MAX);
	n += put(octets + n, false, 40);
	while (sent < n) {
		ssize_t more = send(bench->peer, octets + sent, n - sent,
				    MSG_NOSIGNAL);

		assert_true(more > 0 || errno == EAGAIN);
		sent += more > 0 ? (size_t)more : 0;
		event_base_loop(bench->base, EVLOOP_NONBLOCK);
	}
	turn();
	free(octets);
	assert_int_equal(bench->n_told, 3);
	assert_int_equal(bench->told[0].bytes, STREAM_ESP_MAX);
	assert_int_equal(bench->told[1].bytes, STREAM_ESP_MAX);
	assert_int_equal(bench->told[2].bytes, 40);
}

static void another_protocol_is_closed_and_nobody_hears_of_it(void **state)
{
	(void)state;
	accept_one();
	say_text("GET / HTTP/1.1\r\n");
	turn();
	assert_true(is_closed(bench->peer));
	assert_int_equal(bench->n_told, 0);
	assert_int_equal(
		streams_counts(bench->streams)->n[STREAM_COUNT_MALFORMED], 1);
	assert_int_equal(streams_counts(bench->streams)->open, 0);
}

static void length_that_lies_ends_it(void **state)
{
	const uint32_t stream = bring_up();

	(void)state;
	say("\0\1", 2);
	turn();
	assert_true(is_closed(bench->peer));
	assert_int_equal(bench->n_told, 1);
	assert_int_equal(bench->told[0].what, TOLD_DOWN);
	assert_int_equal(bench->told[0].stream, stream);
	assert_int_equal(bench->told[0].end, STREAM_END_MALFORMED);
}

/* It is as little a reason to end as it is in UDP. */
static void ike_that_is_too_long_is_counted_and_passed_by(void **state)
{
	uint8_t octets[STREAM_HEADER_MAX + 30000] = { 0 };
	const uint32_t stream = bring_up();
	struct builder b = wr_init(octets, sizeof(octets));

	(void)state;
	wr_u16(&b, sizeof(octets));
	say(octets, sizeof(octets));
	say_message(true, 100);
	turn();
	assert_int_equal(bench->n_told, 1);
	assert_int_equal(bench->told[0].what, TOLD_MESSAGE);
	assert_int_equal(bench->told[0].stream, stream);
	assert_int_equal(
		streams_counts(bench->streams)->n[STREAM_COUNT_IKE_LONG], 1);
}

static void esp_before_ike_is_counted_and_goes_nowhere(void **state)
{
	(void)state;
	accept_one();
	say_text(STREAM_PREFIX);
	say_message(false, 60);
	turn();
	assert_int_equal(bench->n_told, 0);
	assert_int_equal(
		streams_counts(bench->streams)->n[STREAM_COUNT_ESP_GONE], 1);
	assert_false(is_closed(bench->peer));
}

static void peer_that_closes_is_told_of(void **state)
{
	bring_up();
	(void)state;
	close(bench->peer);
	bench->peer = -1;
	turn();
	assert_int_equal(bench->n_told, 1);
	assert_int_equal(bench->told[0].end, STREAM_END_PEER);
}

static void what_says_nothing_is_closed(void **state)
{
	(void)state;
	bench->limits.first_ms = 1;
	accept_one();
	say_text("IKE");
	while (streams_counts(bench->streams)->open)
		event_base_loop(bench->base, EVLOOP_ONCE);
	assert_true(is_closed(bench->peer));
	assert_int_equal(bench->n_told, 0);
	assert_int_equal(streams_counts(bench->streams)->n[STREAM_COUNT_SLOW],
			 1);
}

static void what_ike_does_not_keep_is_closed(void **state)
{
	(void)state;
	bench->limits.keep_ms = 1;
	accept_one();
	say_text(STREAM_PREFIX);
	say_message(true, 100);
	wait_told(3);
	assert_int_equal(bench->told[2].what, TOLD_DOWN);
	assert_int_equal(bench->told[2].end, STREAM_END_SLOW);
}

static void what_ike_keeps_stays(void **state)
{
	uint32_t stream;

	(void)state;
	bench->limits.keep_ms = 30;
	stream = bring_up();
	streams_keep(bench->streams, stream);
	event_base_loopexit(bench->base, &(struct timeval){ .tv_usec = 90000 });
	event_base_dispatch(bench->base);
	assert_int_equal(bench->n_told, 0);
	assert_false(is_closed(bench->peer));
}

static void strangers_of_one_place_are_few(void **state)
{
	int last, first[3];

	(void)state;
	bench->limits.strangers_per_addr = 2;
	first[0] = accept_from("2001:db8::1");
	first[1] = accept_from("2001:db8::2");
	last = accept_from("2001:db8::3");
	first[2] = accept_from("2001:db8:0:1::1");
	turn();
	assert_true(is_closed(last));
	for (int i = 0; i < 3; i++) {
		assert_false(is_closed(first[i]));
		close(first[i]);
	}
	close(last);
	assert_int_equal(streams_counts(bench->streams)->n[STREAM_COUNT_CROWDED],
			 1);
}

static void eldest_stranger_makes_room_and_what_is_kept_does_not(void **state)
{
	const uint32_t kept = bring_up();
	int fds[3];

	(void)state;
	streams_keep(bench->streams, kept);
	bench->limits.strangers = 2;
	fds[0] = accept_from("192.0.2.2");
	fds[1] = accept_from("192.0.2.3");
	fds[2] = accept_from("192.0.2.4");
	turn();
	assert_true(is_closed(fds[0]));
	assert_false(is_closed(fds[1]));
	assert_false(is_closed(fds[2]));
	assert_false(is_closed(bench->peer));
	assert_int_equal(bench->n_told, 0);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}

/* Who has one alone stays, however often those come who have several. */
static void those_who_have_several_make_room_first(void **state)
{
	int one = accept_from("192.0.2.1"), other = -1, many[4][20];

	(void)state;
	bench->limits.strangers = 5;
	bench->limits.strangers_per_addr = 2;
	for (int i = 0; i < 20; i++) {
		many[0][i] = accept_from("192.0.2.2");
		many[1][i] = accept_from("192.0.2.2");
		many[2][i] = accept_from("192.0.2.3");
		many[3][i] = accept_from("192.0.2.3");
		if (i == 10)
			other = accept_from("192.0.2.4");
		turn();
	}
	assert_false(is_closed(one));
	assert_false(is_closed(other));
	for (int i = 0; i < 80; i++)
		close(many[i % 4][i / 4]);
	close(one);
	close(other);
}

static void what_waits_for_ike_is_read_when_it_has_time(void **state)
{
	(void)state;
	bench->busy = true;
	accept_one();
	say_text(STREAM_PREFIX);
	say_message(true, 100);
	say_message(true, 101);
	turn();
	assert_int_equal(bench->n_told, 0);
	bench->busy = false;
	wait_told(3);
	assert_int_equal(bench->told[1].bytes, 100);
	assert_int_equal(bench->told[2].bytes, 101);
}

#define WAITERS 3

/* Each with three messages, and with ike busy. */
static void let_some_wait(int fds[WAITERS], uint32_t ids[WAITERS])
{
	static const char *const host[WAITERS] = { "192.0.2.1", "192.0.2.2",
						   "192.0.2.3" };

	for (int i = 0; i < WAITERS; i++) {
		fds[i] = bench->peer = accept_from(host[i]);
		say_text(STREAM_PREFIX);
		say_message(true, 100);
		turn();
		ids[i] = bench->told[bench->n_told - 1].stream;
	}
	bench->busy = true;
	for (int i = 0; i < WAITERS; i++) {
		bench->peer = fds[i];
		for (int k = 0; k < 3; k++)
			say_message(true, 200);
	}
	turn();
	bench->peer = -1;
	bench->busy = false;
	bench->n_told = 0;
}

static void close_some(const int fds[WAITERS])
{
	for (int i = 0; i < WAITERS; i++)
		close(fds[i]);
}

static void those_that_wait_have_their_turns(void **state)
{
	uint32_t ids[WAITERS];
	int fds[WAITERS];

	(void)state;
	let_some_wait(fds, ids);
	for (size_t i = 0; i < 3 * WAITERS; i++) {
		bench->left = 1;
		wait_told(i + 1);
		assert_int_equal(bench->told[i].stream, ids[i % WAITERS]);
	}
	close_some(fds);
}

/* Whatever room ike has for strangers. */
static void what_is_kept_does_not_wait_for_strangers(void **state)
{
	uint32_t ids[WAITERS];
	int fds[WAITERS];

	(void)state;
	let_some_wait(fds, ids);
	streams_keep(bench->streams, ids[2]);
	bench->left = 1;
	wait_told(3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(bench->told[i].stream, ids[2]);
	assert_int_equal(bench->n_told, 3);
	close_some(fds);
}

/* It waits, though there is room by now. */
static void who_comes_later_is_not_first(void **state)
{
	uint32_t ids[WAITERS];
	int fds[WAITERS], late;

	(void)state;
	let_some_wait(fds, ids);
	late = bench->peer = accept_from("192.0.2.9");
	say_text(STREAM_PREFIX);
	say_message(true, 100);
	turn();
	bench->peer = -1;
	wait_told(11);
	for (size_t i = 0; i < 9; i++)
		assert_int_equal(bench->told[i].stream, ids[i / 3]);
	close(late);
	close_some(fds);
}

/* To whom every accept_one() is, and with whom. */
static void send_esp(uint32_t stream, struct slice packet)
{
	const struct stream_ends ends = ends_of("192.0.2.1");

	streams_send_esp(bench->streams, stream, &ends.remote, packet);
}

static void what_is_sent_has_its_header(void **state)
{
	const uint32_t stream = bring_up();
	uint8_t message[40] = { 1, 2, 3 }, want[46] = { 0, 46 };

	(void)state;
	memcpy(want + 6, message, sizeof(message));
	streams_send_ike(bench->streams, stream,
			 slice_of(message, sizeof(message)));
	assert_heard(want, 46);
	want[1] = 42;
	memcpy(want + 2, message, sizeof(message));
	send_esp(stream, slice_of(message, sizeof(message)));
	assert_heard(want, 42);
}

static void number_that_is_nobodys_sends_nothing(void **state)
{
	const uint32_t stream = bring_up();
	uint8_t message[40] = { 1 };
	struct stream_counts *counts = streams_counts(bench->streams);

	(void)state;
	send_esp(stream + (1U << 12), slice_of(message, sizeof(message)));
	send_esp(STREAM_NONE, slice_of(message, sizeof(message)));
	send_esp(stream, slice_of(message, 7));
	assert_int_equal(counts->n[STREAM_COUNT_ESP_GONE], 3);
	streams_send_ike(bench->streams, stream + 1,
			 slice_of(message, sizeof(message)));
	streams_close(bench->streams, stream + 1);
	turn();
	assert_false(is_closed(bench->peer));
}

/* Whatever ike says: dp knows with whom an SA may be, and stream who is there. */
static void esp_goes_to_the_peer_that_it_is_for_alone(void **state)
{
	const uint32_t stream = bring_up();
	const struct stream_ends other = ends_of("192.0.2.2");
	struct stream_counts *counts = streams_counts(bench->streams);
	uint8_t message[40] = { 1 };
	char octet;

	(void)state;
	streams_send_esp(bench->streams, stream, &other.remote,
			 slice_of(message, sizeof(message)));
	turn();
	assert_int_equal(recv(bench->peer, &octet, 1, MSG_DONTWAIT), -1);
	assert_int_equal(counts->n[STREAM_COUNT_ESP_ASTRAY], 1);
}

static void esp_is_dropped_before_ike_ends_a_peer_that_does_not_read(void **state)
{
	const uint32_t stream = bring_up();
	static uint8_t message[10000] = { 1 };
	struct stream_counts *counts = streams_counts(bench->streams);
	const struct slice m = slice_of(message, sizeof(message));

	(void)state;
	bench->limits.esp_bytes = 25000;
	bench->limits.all_bytes = 45000;
	for (int i = 0; i < 4; i++)
		send_esp(stream, m);
	assert_int_equal(counts->n[STREAM_COUNT_ESP_FULL], 2);
	streams_send_ike(bench->streams, stream, m);
	streams_send_ike(bench->streams, stream, m);
	assert_int_equal(bench->n_told, 0);
	streams_send_ike(bench->streams, stream, m);
	assert_int_equal(bench->n_told, 1);
	assert_int_equal(bench->told[0].end, STREAM_END_FULL);
}

static void numbers_do_not_come_again_soon(void **state)
{
	uint32_t seen[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		seen[i] = bring_up();
		for (int k = 0; k < i; k++)
			assert_int_not_equal(seen[i], seen[k]);
		close(bench->peer);
		turn();
		bench->n_told = 0;
	}
	bench->peer = -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(first_message_brings_it_up),
		TEST(single_octets_make_messages),
		TEST(longest_packets_arrive),
		TEST(another_protocol_is_closed_and_nobody_hears_of_it),
		TEST(length_that_lies_ends_it),
		TEST(ike_that_is_too_long_is_counted_and_passed_by),
		TEST(esp_before_ike_is_counted_and_goes_nowhere),
		TEST(peer_that_closes_is_told_of),
		TEST(what_says_nothing_is_closed),
		TEST(what_ike_does_not_keep_is_closed),
		TEST(what_ike_keeps_stays),
		TEST(strangers_of_one_place_are_few),
		TEST(eldest_stranger_makes_room_and_what_is_kept_does_not),
		TEST(those_who_have_several_make_room_first),
		TEST(what_waits_for_ike_is_read_when_it_has_time),
		TEST(those_that_wait_have_their_turns),
		TEST(what_is_kept_does_not_wait_for_strangers),
		TEST(who_comes_later_is_not_first),
		TEST(what_is_sent_has_its_header),
		TEST(number_that_is_nobodys_sends_nothing),
		TEST(esp_goes_to_the_peer_that_it_is_for_alone),
		TEST(esp_is_dropped_before_ike_ends_a_peer_that_does_not_read),
		TEST(numbers_do_not_come_again_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
