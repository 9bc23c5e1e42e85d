// SPDX-License-Identifier: BSD-2-Clause
/* get-counters and reset-counters: which are meant, and in strongSwan's form. */
#include "tests/unit/control_ike.h"

#define ZEROS                                                           \
	"invalid-spi=0 ike-init-in-req=0 ike-init-in-resp=0 "           \
	"ike-init-out-req=0 ike-init-out-resp=0 ike-auth-in-req=0 "     \
	"ike-auth-in-resp=0 ike-auth-out-req=0 ike-auth-out-resp=0 "    \
	"create-child-in-req=0 create-child-in-resp=0 "                 \
	"create-child-out-req=0 create-child-out-resp=0 info-in-req=0 " \
	"info-in-resp=0 info-out-req=0 info-out-resp=18446744073709551615"

static const struct {
	const char *conn;
	struct ike_counts counts;
} rows[] = {
	{ "", { .n[IKE_COUNT_IKE_REKEY_INIT] = 7 } },
	{ "branch", { .n[IKE_COUNT_CHILD_REKEY] = 2 } },
	{ "site",
	  { .n[IKE_COUNT_INVALID] = 3,
	    .n[IKE_COUNT_INFO_OUT_RESP] = UINT64_MAX } },
};

static char reset_of[CONN_NAME_MAX];

static const struct ike_counts *take_counts(void *ctx, size_t i,
					    const char **conn)
{
	(void)ctx;
	if (i >= sizeof(rows) / sizeof(rows[0]))
		return NULL;
	*conn = rows[i].conn;
	return &rows[i].counts;
}

static void take_reset(void *ctx, const char *conn)
{
	(void)ctx;
	snprintf(reset_of, sizeof(reset_of), "%s", conn ? conn : "all of them");
}

static int start_counted(void **state)
{
	struct error e;
	struct ike *i;

	if (start_ike(state))
		return -1;
	i = *state;
	control_server_free(i->f.server);
	i->f.callbacks.counts = take_counts;
	i->f.callbacks.reset_counts = take_reset;
	strcpy(reset_of, "nothing");
	return server_new(&i->f, i->f.path, &i->f.server, &e);
}

/* The next answer, as text. */
static const char *answer_to(struct ike *i, int fd, const char *command,
			     const char *const *args)
{
	put_request(fd, command, args);
	return text_of(take_packet(&i->f, fd).body);
}

static void counters_of_a_connection_have_strongswans_names(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);

	assert_string_equal(answer_to(i, fd, "get-counters", ARGS("name=site")),
			    "counters{site{ike-rekey-init=0 ike-rekey-resp=0 "
			    "child-rekey=0 invalid=3 " ZEROS "}} success=yes");
	close(fd);
}

static void without_a_name_they_are_of_all_peers_together(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);
	const char *got = answer_to(i, fd, "get-counters", NULL);

	assert_has(got, "counters{{ike-rekey-init=7 ");
	assert_has(got, "}} success=yes");
	assert_lacks(got, "site");
	close(fd);
}

static void all_are_those_of_connections(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);
	const char *got = answer_to(i, fd, "get-counters",
				    ARGS("all=yes", "name=nothing"));

	assert_has(got, "counters{branch{ike-rekey-init=0 ike-rekey-resp=0 "
			"child-rekey=2 ");
	assert_has(got, "} site{ike-rekey-init=0 ");
	assert_lacks(got, "ike-rekey-init=7");
	close(fd);
}

static void of_whom_nothing_was_counted_is_said(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);

	assert_string_equal(answer_to(i, fd, "get-counters", ARGS("name=x")),
			    "counters{} success=no errmsg=nothing was counted "
			    "of that name");
	assert_string_equal(answer_to(i, fd, "get-counters", ARGS("ike=x")),
			    "success=no errmsg=this command takes no argument "
			    "'ike'");
	close(fd);
}

static void counters_are_reset_by_name_or_all(void **state)
{
	static const struct {
		const char *arg, *reset;
	} cases[] = { { "name=site", "site" },
		      { "all=yes", "all of them" },
		      { "all=no", "" } };
	struct ike *i = *state;
	int fd = client_new(&i->f);

	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		assert_string_equal(answer_to(i, fd, "reset-counters",
					      ARGS(cases[k].arg)),
				    "success=yes");
		assert_string_equal(reset_of, cases[k].reset);
	}
	close(fd);
}

#define COUNTED_CASE(name) \
	cmocka_unit_test_setup_teardown(name, start_counted, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		COUNTED_CASE(counters_of_a_connection_have_strongswans_names),
		COUNTED_CASE(without_a_name_they_are_of_all_peers_together),
		COUNTED_CASE(all_are_those_of_connections),
		COUNTED_CASE(of_whom_nothing_was_counted_is_said),
		COUNTED_CASE(counters_are_reset_by_name_or_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
