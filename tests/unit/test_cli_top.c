// SPDX-License-Identifier: BSD-2-Clause
/* `cygnet top`: rates between two answers, and their order. */
#include "tests/unit/cli_fixture.h"

#include "ctrl/cli/text.h"
#include "ctrl/cli/top.h"

#define SA(dir, pkts, bytes, drops) \
	dir "{\npackets=" pkts "\nbytes=" bytes "\ndrops{\n" drops "}\n}\n"

static const char before[] =
	"tunnels{\n"
	"quiet{\nstate=up\n" SA("in", "7", "700", "")
		SA("out", "7", "700",
		   "") "}\n"
		       "busy{\nstate=up\n" SA("in", "10", "1000", "icv=1\n")
			       SA("out", "20", "2000",
				  "") "}\n"
				      "rekeyed{\nstate=up\n" SA("in", "900",
								"90000", "")
					      SA("out", "0", "0", "") "}\n"
								      "}";
static const char after[] =
	"tunnels{\n"
	"quiet{\nstate=up\n" SA("in", "7", "700", "")
		SA("out", "7", "700",
		   "") "}\n"
		       "busy{\nstate=up\n" SA("in", "30", "251000", "icv=5\n")
			       SA("out", "24", "2400",
				  "") "}\n"
				      "rekeyed{\nstate=up\n" SA("in", "4",
								"400", "")
					      SA("out", "0", "0",
						 "") "}\n"
						     "fresh{\nstate=down\n}\n"
						     "}";

/* Two seconds lie between them. */
static void assert_shown(size_t rows, bool json, const char *want)
{
	struct node *was = answer_of(before), *is = answer_of(after);
	const struct top top = { was, is, 2000, 45296 };
	struct printed p;

	printed_start(&p);
	if (json)
		top_show_json(&top, p.file);
	else
		top_show(&top, rows, p.file);
	printed_end(&p, want);
	node_free(was);
	node_free(is);
}

static void the_one_that_carries_most_is_first(void **state)
{
	(void)state;
	assert_shown(
		0, false,
		"3 of 4 tunnels up, 1.0 Mbit/s in, 1.6 kbit/s out\n"
		"TUNNEL   STATE  IN/s          IN  OUT/s         OUT  DROPS/s  LOST/s\n"
		"busy     up       10  1.0 Mbit/s      2  1.6 kbit/s        2       0\n"
		"rekeyed  up        2  1.6 kbit/s      0     0 bit/s        0       0\n"
		"quiet    up        0     0 bit/s      0     0 bit/s        0       0\n"
		"fresh    down      0     0 bit/s      0     0 bit/s        0       0\n");
}

static void a_small_terminal_shows_the_first_ones(void **state)
{
	(void)state;
	assert_shown(
		3, false,
		"3 of 4 tunnels up, 1.0 Mbit/s in, 1.6 kbit/s out\n"
		"TUNNEL  STATE  IN/s          IN  OUT/s         OUT  DROPS/s  LOST/s\n"
		"busy    up       10  1.0 Mbit/s      2  1.6 kbit/s        2       0\n");
	assert_shown(1, false,
		     "3 of 4 tunnels up, 1.0 Mbit/s in, 1.6 kbit/s out\n"
		     "TUNNEL  STATE  IN/s  IN  OUT/s  OUT  DROPS/s  LOST/s\n");
}

#define NOTHING "{\"packets_per_second\":0,\"bits_per_second\":0}"
#define REST	",\"drops_per_second\":0,\"lost_per_second\":0}"

static void programs_get_all_of_it_in_a_line(void **state)
{
	(void)state;
	assert_shown(
		0, true,
		"{\"time\":45296,\"tunnels\":{"
		"\"busy\":{\"state\":\"up\","
		"\"in\":{\"packets_per_second\":10,\"bits_per_second\":1000000},"
		"\"out\":{\"packets_per_second\":2,\"bits_per_second\":1600},"
		"\"drops_per_second\":2,\"lost_per_second\":0},"
		"\"rekeyed\":{\"state\":\"up\","
		"\"in\":{\"packets_per_second\":2,\"bits_per_second\":1600},"
		"\"out\":" NOTHING REST ","
		"\"quiet\":{\"state\":\"up\",\"in\":" NOTHING
		",\"out\":" NOTHING REST ","
		"\"fresh\":{\"state\":\"down\",\"in\":" NOTHING
		",\"out\":" NOTHING REST "}}\n");
}

static void rates_have_the_unit_that_suits_them(void **state)
{
	char text[RATE_STR_MAX];

	(void)state;
	assert_string_equal(rate_str(999, text), "999 bit/s");
	assert_string_equal(rate_str(1000, text), "1.0 kbit/s");
	assert_string_equal(rate_str(8700000000, text), "8.7 Gbit/s");
	assert_string_equal(rate_str(UINT64_MAX, text), "18.4 Ebit/s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_one_that_carries_most_is_first),
		cmocka_unit_test(a_small_terminal_shows_the_first_ones),
		cmocka_unit_test(programs_get_all_of_it_in_a_line),
		cmocka_unit_test(rates_have_the_unit_that_suits_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
