// SPDX-License-Identifier: BSD-2-Clause
/* Where captured packets wait: in no core, each in its place, and not for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/dp/capture_room.h"
#include "tests/support/no_core.h"

#define MOST 4000U

struct fixture {
	struct capture_room *room;
	struct evbuffer *out;
	uint32_t put, got; /* blocks so far */
};

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ capture_room_new(), evbuffer_new(), 0, 0 };
	*state = &f;
	return f.room && f.out ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->out)
		evbuffer_free(f->out);
	capture_room_free(f->room);
	return 0;
}

/* Of the n-th block: other sizes, and other octets. */
static size_t size_of(uint32_t n)
{
	return 1 + n * 7919U % MOST;
}

static void fill(uint8_t *at, uint32_t n)
{
	memset(at, (int)(n % 251 + 1), size_of(n));
}

static bool put(struct fixture *f)
{
	uint8_t *at = capture_room_take(f->room, MOST);

	if (!at)
		return false;
	fill(at, f->put);
	assert_true(capture_room_give(f->room, size_of(f->put), f->out));
	f->put++;
	return true;
}

static void get(struct fixture *f)
{
	uint8_t want[MOST], got[MOST];
	const size_t n = size_of(f->got);

	fill(want, f->got++);
	assert_int_equal(evbuffer_remove(f->out, got, n), n);
	assert_memory_equal(got, want, n);
}

static void what_waits_is_in_no_core(void **state)
{
	struct fixture *f = *state;
	uint8_t *at = capture_room_take(f->room, MOST);

	assert_false(is_in_no_core(f));
	assert_true(is_in_no_core(at));
	assert_true(is_in_no_core(at + CAPTURE_ROOM_BYTES - 1));
}

static void what_was_read_is_wiped(void **state)
{
	struct fixture *f = *state;
	const uint8_t *at = capture_room_take(f->room, MOST);

	assert_true(put(f));
	assert_int_not_equal(at[0], 0);
	get(f);
	for (size_t i = 0; i < MOST; i++)
		assert_int_equal(at[i], 0);
}

/* As many as there is room for, again and again: also where the ring begins anew. */
static void blocks_come_out_as_they_went_in(void **state)
{
	struct fixture *f = *state;

	for (uint32_t round = 1; round < 200; round++) {
		uint32_t n = round % 7 * 100 + 1;

		while (n-- && put(f))
			;
		for (n = round % 5 * 90; n && f->got < f->put; n--)
			get(f);
	}
	assert_true(f->put > 2 * CAPTURE_ROOM_BYTES / MOST);
	while (f->got < f->put)
		get(f);
	assert_int_equal(evbuffer_get_length(f->out), 0);
	assert_non_null(capture_room_take(f->room, CAPTURE_ROOM_BYTES));
}

static void room_is_bounded_and_comes_back(void **state)
{
	struct fixture *f = *state;

	while (put(f))
		;
	assert_true(evbuffer_get_length(f->out) <= CAPTURE_ROOM_BYTES);
	assert_true(evbuffer_get_length(f->out) > CAPTURE_ROOM_BYTES - 2 * MOST);
	assert_null(capture_room_take(f->room, MOST));
	for (uint32_t i = 0; i < 4; i++)
		get(f);
	assert_non_null(capture_room_take(f->room, 1));
	while (f->got < f->put)
		get(f);
	assert_true(put(f));
}

/* A buffer may live longer than the capture. */
static void what_waits_outlives_the_capture(void **state)
{
	struct fixture *f = *state;

	assert_true(put(f) && put(f));
	capture_room_free(f->room);
	f->room = NULL;
	get(f);
	get(f);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_waits_is_in_no_core),
		CASE(what_was_read_is_wiped),
		CASE(blocks_come_out_as_they_went_in),
		CASE(room_is_bounded_and_comes_back),
		CASE(what_waits_outlives_the_capture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
