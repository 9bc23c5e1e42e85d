// SPDX-License-Identifier: BSD-2-Clause
/* Lines that a stranger can cause: how many of them are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"

#define START (7 * NS_PER_S)

/* What it writes to standard error during one question. */
static bool ask(struct log_limit *l, uint64_t now_ns, char *text, size_t room)
{
	int before = dup(STDERR_FILENO), ends[2];
	ssize_t n;
	bool may;

	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	may = log_may(l, "a peer", now_ns);
	dup2(before, STDERR_FILENO);
	close(before);
	n = read(ends[0], text, room - 1);
	close(ends[0]);
	assert_true(n >= 0);
	text[n] = 0;
	return may;
}

static void flood_is_cut_and_its_end_says_how_much_was_left_out(void **state)
{
	struct log_limit l = { .left_out = 0 };
	char text[256];

	(void)state;
	for (int i = 0; i < LOG_BURST; i++) {
		assert_true(ask(&l, START, text, sizeof(text)));
		assert_string_equal(text, "");
	}
	for (int i = 0; i < 1000; i++)
		assert_false(ask(&l, START, text, sizeof(text)));
	assert_true(ask(&l, START + NS_PER_S, text, sizeof(text)));
	assert_string_equal(text,
			    "warn: log: 1000 lines left out source=a peer\n");
	assert_true(ask(&l, START + NS_PER_S, text, sizeof(text)));
	assert_string_equal(text, "");
}

static void flood_that_goes_on_gets_so_many_lines_a_second(void **state)
{
	struct log_limit l = { .left_out = 0 };
	unsigned int written = 0;
	char text[256];

	(void)state;
	for (uint64_t ms = 0; ms < 10000; ms++)
		written += ask(&l, START + ms * (NS_PER_S / 1000), text,
			       sizeof(text));
	assert_in_range(written, LOG_BURST + 9 * LOG_PER_S,
			LOG_BURST + 10 * LOG_PER_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			flood_is_cut_and_its_end_says_how_much_was_left_out),
		cmocka_unit_test(flood_that_goes_on_gets_so_many_lines_a_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
