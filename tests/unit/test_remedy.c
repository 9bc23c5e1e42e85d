// SPDX-License-Identifier: BSD-2-Clause
/* What is said to be done about a tunnel, by its state and its last failure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "ctrl/model/remedy.h"

static void assert_remedy(const struct tunnel_status *t, const char *part)
{
	if (!strstr(remedy_of(t), part))
		fail_msg("'%s' does not say '%s'", remedy_of(t), part);
}

static struct tunnel_status *tunnel(enum tunnel_state state,
				    enum child_action action,
				    const char *failure)
{
	struct tunnel_status *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->state = state;
	t->start_action = action;
	t->failure.ago_s = failure ? 3 : STATUS_NEVER_S;
	strcpy(t->failure.text, failure ? failure : "");
	return t;
}

static void a_failure_has_the_remedy_of_its_words(void **state)
{
	static const struct {
		const char *failure, *part;
	} rows[] = {
		{ "proposal mismatch (IKE): we have a; the peer offers b",
		  "`proposals` of the connection" },
		{ "proposal mismatch (ESP): we have a; the peer offers b",
		  "`esp_proposals` of the child" },
		{ "selector mismatch: we have a; the peer offers b",
		  "`remote_ts`" },
		{ "selector mismatch: more than 16 pairs", "split the child" },
		{ "the peer does not answer", "UDP ports 500 and 4500" },
		{ "the peer refuses our authentication: compare", "secret" },
		{ "the peer refuses our authentication, takes no pre-shared key: only RSA",
		  "`auth = psk`" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tunnel_status *t =
			tunnel(TUNNEL_DOWN, CHILD_START, rows[i].failure);

		assert_remedy(t, rows[i].part);
		free(t);
	}
}

static void words_that_nobody_knows_have_none(void **state)
{
	struct tunnel_status *t =
		tunnel(TUNNEL_DOWN, CHILD_START, "the moon is full");

	(void)state;
	assert_string_equal(remedy_of(t), "");
	free(t);
}

static void one_that_is_up_needs_none(void **state)
{
	struct tunnel_status *t =
		tunnel(TUNNEL_UP, CHILD_START, "the peer does not answer");

	(void)state;
	assert_string_equal(remedy_of(t), "");
	free(t);
}

static void one_that_never_failed_is_told_by_its_state(void **state)
{
	struct tunnel_status *trap = tunnel(TUNNEL_TRAP, CHILD_TRAP, NULL);
	struct tunnel_status *none = tunnel(TUNNEL_DOWN, CHILD_NONE, NULL);
	struct tunnel_status *down = tunnel(TUNNEL_DOWN, CHILD_START, NULL);

	(void)state;
	assert_remedy(trap, "the first packet brings it up");
	assert_remedy(none, "start_action");
	assert_remedy(down, "tries it again");
	free(trap);
	free(none);
	free(down);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_has_the_remedy_of_its_words),
		cmocka_unit_test(words_that_nobody_knows_have_none),
		cmocka_unit_test(one_that_is_up_needs_none),
		cmocka_unit_test(one_that_never_failed_is_told_by_its_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
