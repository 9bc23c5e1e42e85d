// SPDX-License-Identifier: BSD-2-Clause
/*
 * `cygnet drops --watch`: what has moved between two answers.
 */
#include "tests/unit/cli_fixture.h"

#include "ctrl/cli/watch.h"

static const char before[] =
	"drops{\n"
	"replay{\npackets=10\nbytes=1000\ntext=seen before\n}\n"
	"icv{\npackets=7\nbytes=700\ntext=forged\n}\n"
	"ecn{\npackets=9\nbytes=900\ntext=congestion\n}\n"
	"}";
static const char after[] =
	"drops{\n"
	"replay{\npackets=25\nbytes=2500\ntext=seen before\n}\n"
	"icv{\npackets=7\nbytes=700\ntext=forged\n}\n"
	"ecn{\npackets=2\nbytes=200\ntext=congestion\n}\n"
	"fresh{\npackets=1\nbytes=60\ntext=new\n}\n"
	"}";

static void assert_watched(bool json, const char *want)
{
	const struct watched when = { .at = 45296, .elapsed_ms = 2000 };
	struct node *was = answer_of(before), *is = answer_of(after);
	struct printed p;

	setenv("TZ", "UTC", 1);
	printed_start(&p);
	watch_show(was, is, &when, json, p.file);
	printed_end(&p, want);
	node_free(was);
	node_free(is);
}

static void what_moved_has_a_line_with_its_rate(void **state)
{
	(void)state;
	assert_watched(
		false,
		"12:34:56  replay                 15 packets         7.5/s  seen before\n"
		"12:34:56  ecn                     2 packets         1.0/s  congestion\n"
		"12:34:56  fresh                   1 packets         0.5/s  new\n");
}

static void programs_get_an_object_a_line(void **state)
{
	(void)state;
	assert_watched(
		true,
		"{\"time\":45296,\"reason\":\"replay\",\"packets\":15,\"bytes\":1500,\"per_second\":7.5,\"total\":25}\n"
		"{\"time\":45296,\"reason\":\"ecn\",\"packets\":2,\"bytes\":200,\"per_second\":1.0,\"total\":2}\n"
		"{\"time\":45296,\"reason\":\"fresh\",\"packets\":1,\"bytes\":60,\"per_second\":0.5,\"total\":1}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_moved_has_a_line_with_its_rate),
		cmocka_unit_test(programs_get_an_object_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
