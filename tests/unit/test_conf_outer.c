// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the configuration says of outer headers and of traffic flow confidentiality,
 * in a pair of `manual` and in a child of `connections` alike.
 */
#include <errno.h>

#include "ctrl/conf/conf.h"
#include "tests/unit/conf_text.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* Where lines are put, and what an error calls that place. */
static const struct spot {
	const char *file;
	const char *find;
	const char *path;
} spots[] = {
	{ good, "\t\treplay_window = 128\n", "manual.to-b" },
	{ good_conns, "\t\t\t\treplay_window = 1024\n",
	  "connections.moon.children.net" },
};

static int parse(const struct spot *spot, const char *lines, struct config **c,
		 struct error *e)
{
	char *text = changed_from(spot->file, spot->find, lines);
	int err = conf_parse("f", slice_of(text, strlen(text)), c, e);

	free(text);
	return err;
}

static const struct {
	const char *lines;
	struct sadb_outer want;
} taken[] = {
	{ "", { 0 } },
	{ "copy_df = yes\n", { 0 } },
	{ "copy_df = no\n", { .df = SADB_DF_CLEAR } },
	{ "set_df = yes\n", { .df = SADB_DF_SET } },
	{ "set_df = yes\ncopy_df = no\n", { .df = SADB_DF_SET } },
	{ "set_df = no\n", { 0 } },
	{ "set_df = no\ncopy_df = no\n", { .df = SADB_DF_CLEAR } },
	{ "copy_ecn = yes\n", { 0 } },
	{ "copy_ecn = no\n", { .no_ecn = true } },
	{ "copy_dscp = out\n", { 0 } },
	{ "copy_dscp = in\n", { .dscp_is_set = true, .dscp_in = true } },
	{ "copy_dscp = yes\n", { .dscp_in = true } },
	{ "copy_dscp = no\n", { .dscp_is_set = true } },
	{ "set_dscp = 46\n", { .dscp_is_set = true, .dscp = 46 } },
	{ "set_dscp = 63\ncopy_dscp = in\n",
	  { .dscp_is_set = true, .dscp = 63, .dscp_in = true } },
	{ "set_dscp = 0\ncopy_dscp = no\n", { .dscp_is_set = true } },
	{ "set_ttl = 1\n", { .ttl = 1 } },
	{ "set_ttl = 255\n", { .ttl = 255 } },
	{ "tfc_padding = 0\n", { 0 } },
	{ "tfc_padding = 1200\n", { .tfc_bytes = 1200 } },
	{ "tfc_padding = 100000\n", { .tfc_bytes = SADB_TFC_MTU } },
	{ "tfc_padding = mtu\n", { .tfc_bytes = SADB_TFC_MTU } },
	{ "tfc_dummies = 0\n", { 0 } },
	{ "tfc_dummies = 1000\n", { .dummies = 1000 } },
};

static void assert_taken(const struct spot *spot, size_t row)
{
	const struct sadb_outer *got;
	struct config *c;
	struct error e;

	if (parse(spot, taken[row].lines, &c, &e))
		fail_msg("%s", e.text);
	got = c->n_manual ? &c->manual[0].outer : &c->conns[0].children[0].outer;
	assert_memory_equal(got, &taken[row].want, sizeof(*got));
	config_free(c);
}

static void lines_are_taken_of_pairs_and_children_alike(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(spots); i++)
		for (size_t k = 0; k < ROWS(taken); k++)
			assert_taken(&spots[i], k);
}

#define NO_BOTH_DF                                               \
	"set_df is yes, and so is copy_df; DF is either set or " \
	"copied, remove one of the lines"
#define NO_BOTH_DSCP                                              \
	"set_dscp goes with copy_dscp = in or no alone: what is " \
	"copied outwards is not set"
#define FORM_DSCP    "copy_dscp must be out, in, yes or no"
#define FORM_PADDING "tfc_padding must be a number of octets, mtu, or 0 (off)"
#define FORM_DUMMIES \
	"tfc_dummies must be a number of packets a second from 0 (off) to 1000"

static const struct {
	const char *lines;
	const char *error;
} refused[] = {
	{ "copy_df = out\n", "copy_df must be yes or no" },
	{ "copy_ecn = in\n", "copy_ecn must be yes or no" },
	{ "copy_dscp = both\n", FORM_DSCP },
	{ "set_df = copy\n", "set_df must be yes or no" },
	{ "set_df = yes\ncopy_df = yes\n", NO_BOTH_DF },
	{ "copy_df = yes\nset_df = yes\n", NO_BOTH_DF },
	{ "set_dscp = 64\n", "set_dscp must be a number from 0 to 63" },
	{ "set_dscp = -1\n", "set_dscp must be a number from 0 to 63" },
	{ "set_dscp = 46\ncopy_dscp = out\n", NO_BOTH_DSCP },
	{ "copy_dscp = yes\nset_dscp = 46\n", NO_BOTH_DSCP },
	{ "set_ttl = 0\n", "set_ttl must be a number from 1 to 255" },
	{ "set_ttl = 256\n", "set_ttl must be a number from 1 to 255" },
	{ "tfc_padding = yes\n", FORM_PADDING },
	{ "tfc_padding = -1\n", FORM_PADDING },
	{ "tfc_dummies = 1001\n", FORM_DUMMIES },
	{ "tfc_dummies = 1/s\n", FORM_DUMMIES },
};

static void assert_refused(const struct spot *spot, size_t row)
{
	char want[ERROR_MAX_BYTES];
	struct config *c;
	struct error e;
	const char *text;

	assert_int_equal(parse(spot, refused[row].lines, &c, &e), -EINVAL);
	snprintf(want, sizeof(want), "%s.%s", spot->path, refused[row].error);
	text = strstr(e.text, spot->path);
	assert_non_null(text);
	assert_string_equal(text, want);
}

static void mistakes_are_refused_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(spots); i++)
		for (size_t k = 0; k < ROWS(refused); k++)
			assert_refused(&spots[i], k);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(lines_are_taken_of_pairs_and_children_alike),
		cmocka_unit_test(mistakes_are_refused_by_name),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
