// SPDX-License-Identifier: BSD-2-Clause
/*
 * Requests that are answered later: what is asked of IKE, what is answered
 * when, and what clients may do meanwhile. The clock stands still until a case
 * moves it.
 */
#include "tests/unit/control_ike.h"

#include <time.h>

static time_t now_s = 1000;

int clock_gettime(clockid_t clock, struct timespec *out)
{
	(void)clock;
	*out = (struct timespec){ .tv_sec = now_s };
	return 0;
}

/* --- what happens */

static void pass_s(struct ike *i, time_t seconds)
{
	now_s += seconds;
	run_loop(&i->f);
}

static void assert_heard(const struct ike *i, unsigned int n,
			 enum control_verb verb, const char *conn,
			 const char *child)
{
	assert_true(n < i->n_heard);
	assert_int_equal(i->heard[n].verb, verb);
	assert_string_equal(i->heard[n].conn, conn);
	assert_string_equal(i->heard[n].child, child);
}

static void assert_refused(struct ike *i, const char *command,
			   const char *const *args, const char *why)
{
	int fd = client_new(&i->f);
	char want[512];

	snprintf(want, sizeof(want), "success=no errmsg=%s", why);
	put_request(fd, command, args);
	assert_response(i, fd, want);
	assert_int_equal(i->n_heard, 0);
	assert_answers(&i->f, fd);
	close(fd);
}

/* --- initiate */

static void initiate_is_answered_when_the_child_is_up(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "initiate", ARGS("child=net", "loglevel=1"));

	assert_heard(i, 0, CONTROL_INITIATE, "site", "net");
	done(i, 0, 0, 0);
	assert_silent(i, fd);
	happens(i, CONTROL_IKE_UP, "site", NULL, "");
	assert_silent(i, fd);
	happens(i, CONTROL_CHILD_UP, "site", "net", "");
	assert_response(i, fd, "success=yes");
	assert_answers(&i->f, fd);
	close(fd);
}

static void initiate_waits_for_its_own_child(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "initiate", ARGS("child=net"));

	done(i, 0, 0, 0);
	happens(i, CONTROL_CHILD_UP, "site", "both", "");
	happens(i, CONTROL_CHILD_UP, "branch", "net", "");
	happens(i, CONTROL_FAILED, "branch", "", "of another one");
	assert_silent(i, fd);
	happens(i, CONTROL_CHILD_UP, "site", "net", "");
	assert_response(i, fd, "success=yes");
	close(fd);
}

static void connection_alone_stands_for_its_first_child(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "initiate", ARGS("ike=branch"));

	assert_heard(i, 0, CONTROL_INITIATE, "branch", "lazy");
	close(fd);
}

static void failed_attempt_is_answered_with_its_reason(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "initiate", ARGS("child=net"));

	done(i, 0, 0, 0);
	happens(i, CONTROL_FAILED, "site", "", "no answer from 198.51.100.2");
	assert_response(i, fd, "success=no errmsg=no answer from 198.51.100.2");
	close(fd);
}

static void what_happens_within_the_command_counts(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);

	i->at_once = true;
	i->at_once_event = (struct control_event){ .kind = CONTROL_CHILD_UP,
						   .conn = "site",
						   .child = "net" };
	register_for(i, fd, "control-log");
	put_request(fd, "initiate", ARGS("child=net"));
	assert_string_equal(take_event(i, fd, "control-log"),
			    "group=CHD level=1 ikesa-name=site "
			    "msg=child 'net' is up");
	assert_response(i, fd, "success=yes");
	assert_answers(&i->f, fd);
	close(fd);
}

static void command_that_can_not_begin_is_answered_with_the_reason(void **state)
{
	static const struct {
		int err;
		const char *want;
	} cases[] = {
		{ -ENOENT, "there is no 'site/net'" },
		{ -EADDRNOTAVAIL,
		  "no way to the peer of 'site': remote_addrs names no host, or "
		  "there is no route to it" },
		{ -ENODATA,
		  "'site/net' takes selectors from packets ('populate'): packets "
		  "bring it up, and no command" },
		{ -ENOTCONN, "IKE is not spoken here" },
		{ -EAGAIN, "the IKE process is being started; try again" },
		{ -ENOMEM, "cannot begin: Cannot allocate memory" },
	};
	struct ike *i = *state;
	int fd = client_new(&i->f);

	i->at_once = true;
	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		char want[256];

		i->at_once_err = cases[k].err;
		snprintf(want, sizeof(want), "success=no errmsg=%s",
			 cases[k].want);
		put_request(fd, "initiate", ARGS("child=net"));
		assert_response(i, fd, want);
	}
	close(fd);
}

static void timeout_of_minus_one_is_answered_when_it_was_begun(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "initiate", ARGS("child=net", "timeout=-1"));

	assert_silent(i, fd);
	done(i, 0, 0, 0);
	assert_response(i, fd, "success=yes");
	close(fd);
}

static void timeout_is_kept_and_the_connection_goes_on(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "initiate", ARGS("child=net", "timeout=1500"));

	done(i, 0, 0, 0);
	pass_s(i, 1);
	assert_silent(i, fd);
	pass_s(i, 1);
	assert_response(i, fd,
			"success=no errmsg='net' is not up after 1.500 s; the "
			"attempt goes on");
	happens(i, CONTROL_CHILD_UP, "site", "net", "");
	assert_silent(i, fd);
	pass_s(i, 1000);
	assert_answers(&i->f, fd);
	close(fd);
}

static void without_a_timeout_it_waits_for_three_minutes(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "initiate", ARGS("child=net", "timeout=0"));

	done(i, 0, 0, 0);
	pass_s(i, 179);
	assert_silent(i, fd);
	pass_s(i, 1);
	assert_response(i, fd,
			"success=no errmsg='net' is not up after 180.000 s; "
			"the attempt goes on");
	close(fd);
}

static void command_without_an_answer_is_given_up(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "rekey", ARGS("ike=site"));

	pass_s(i, CONTROL_WAIT_S);
	assert_response(i, fd,
			"success=no matches=0 errmsg=the IKE process gave no "
			"answer");
	done(i, 0, 0, 1);
	assert_silent(i, fd);
	close(fd);
}

/* --- terminate, rekey */

static void terminate_is_answered_when_all_are_down(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "terminate", ARGS("ike=site"));

	assert_heard(i, 0, CONTROL_TERMINATE, "site", "");
	done(i, 0, 0, 2);
	happens(i, CONTROL_CHILD_DOWN, "site", "net", "");
	happens(i, CONTROL_IKE_DOWN, "site", "", "we ended it");
	assert_silent(i, fd);
	happens(i, CONTROL_IKE_DOWN, "site", "", "we ended it");
	assert_response(i, fd, "success=yes matches=2 terminated=2");
	close(fd);
}

static void child_is_terminated_alone(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "terminate", ARGS("child=net"));

	assert_heard(i, 0, CONTROL_TERMINATE, "site", "net");
	done(i, 0, 0, 1);
	happens(i, CONTROL_CHILD_DOWN, "site", "both", "");
	assert_silent(i, fd);
	happens(i, CONTROL_CHILD_DOWN, "site", "net", "");
	assert_response(i, fd, "success=yes matches=1 terminated=1");
	close(fd);
}

static void nothing_to_terminate_is_a_failure(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "terminate", ARGS("ike=nobody"));

	done(i, 0, 0, 0);
	assert_response(i, fd,
			"success=no matches=0 terminated=0 errmsg=no SA of "
			"connection 'nobody' is up");
	close(fd);
}

static void terminate_that_takes_too_long_says_how_far_it_came(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "terminate", ARGS("ike=site", "timeout=2000"));

	done(i, 0, 0, 2);
	happens(i, CONTROL_IKE_DOWN, "site", NULL, NULL);
	pass_s(i, 2);
	assert_response(i, fd,
			"success=no matches=2 terminated=1 errmsg=1 of 2 SAs "
			"of 'site' ended within 2.000 s");
	close(fd);
}

static void forced_terminate_does_not_wait_for_the_peer(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "terminate", ARGS("ike=site", "force=yes"));

	assert_true(i->heard[0].force);
	done(i, 0, 0, 1);
	happens(i, CONTROL_IKE_DOWN, "site", "", "deleted here");
	assert_response(i, fd, "success=yes matches=1 terminated=1");
	close(fd);
}

static void forced_terminate_with_a_time_waits_so_long(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "terminate",
			ARGS("ike=site", "force=yes", "timeout=2000"));

	assert_false(i->heard[0].force);
	done(i, 0, 0, 1);
	pass_s(i, 2);
	assert_silent(i, fd);
	assert_heard(i, 1, CONTROL_TERMINATE, "site", "");
	assert_true(i->heard[1].force);
	done(i, 1, 0, 1);
	happens(i, CONTROL_IKE_DOWN, "site", "", "deleted here");
	assert_response(i, fd, "success=yes matches=1 terminated=1");
	close(fd);
}

static void child_is_never_forced(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "terminate", ARGS("child=net", "force=yes"));
	int other = asking(i, "terminate", ARGS("child-id=11", "force=yes"));

	assert_false(i->heard[0].force);
	assert_false(i->heard[1].force);
	close(other);
	close(fd);
}

static void forced_terminate_that_does_not_help_ends_too(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "terminate",
			ARGS("ike=site", "force=yes", "timeout=2000"));

	done(i, 0, 0, 1);
	pass_s(i, 2);
	done(i, 1, -ENOTCONN, 0);
	assert_silent(i, fd);
	pass_s(i, CONTROL_WAIT_S);
	assert_response(i, fd,
			"success=no matches=1 terminated=0 errmsg=0 of 1 SAs "
			"of 'site' ended within 2.000 s");
	close(fd);
}

static void number_of_an_sa_leads_to_its_names(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "terminate", ARGS("child-id=11"));
	int other = asking(i, "rekey", ARGS("ike-id=4"));

	assert_heard(i, 0, CONTROL_TERMINATE, "site", "net");
	assert_int_equal(i->heard[0].child_id, 11);
	assert_int_equal(i->heard[0].ike_id, 0);
	assert_heard(i, 1, CONTROL_REKEY, "branch", "");
	assert_int_equal(i->heard[1].ike_id, 4);
	close(other);
	close(fd);
}

/* Of several of a name, whose end is not what is waited for. */
static void number_means_one_sa_alone(void **state)
{
	struct ike *i = *state;
	struct control_event e = { .kind = CONTROL_IKE_DOWN,
				   .conn = "site",
				   .ike_id = 4 };
	int fd, child;

	strcpy(i->sas[1].conn, "site");
	strcpy(i->child_sas[0].name, "both");
	fd = asking(i, "terminate", ARGS("ike-id=3"));
	assert_int_equal(i->heard[0].ike_id, 3);
	child = asking(i, "terminate", ARGS("child-id=11"));
	assert_heard(i, 1, CONTROL_TERMINATE, "site", "both");
	assert_int_equal(i->heard[1].child_id, 11);
	done(i, 0, 0, 1);
	done(i, 1, 0, 1);
	control_server_event(i->f.server, &e);
	assert_silent(i, fd);
	e = (struct control_event){ .kind = CONTROL_CHILD_DOWN,
				    .conn = "site",
				    .child = "both",
				    .ike_id = 3,
				    .child_sa = &i->child_sas[2] };
	control_server_event(i->f.server, &e);
	assert_silent(i, child);
	e.child_sa = &i->child_sas[0];
	control_server_event(i->f.server, &e);
	assert_response(i, child, "success=yes matches=1 terminated=1");
	e = (struct control_event){ .kind = CONTROL_IKE_DOWN,
				    .conn = "site",
				    .ike_id = 3 };
	control_server_event(i->f.server, &e);
	assert_response(i, fd, "success=yes matches=1 terminated=1");
	close(child);
	close(fd);
}

static void one_that_is_rekeyed_meanwhile_ends_with_its_heir(void **state)
{
	struct ike *i = *state;
	const struct ike_sa_view elder = i->sas[0];
	struct control_event e = { .kind = CONTROL_IKE_UP,
				   .conn = "site",
				   .ike_id = 9,
				   .elder = &elder };
	int fd = asking(i, "terminate", ARGS("ike-id=3"));

	done(i, 0, 0, 1);
	control_server_event(i->f.server, &e);
	assert_silent(i, fd);
	e = (struct control_event){ .kind = CONTROL_IKE_DOWN,
				    .conn = "site",
				    .ike_id = 9 };
	control_server_event(i->f.server, &e);
	assert_response(i, fd, "success=yes matches=1 terminated=1");
	close(fd);
}

static void rekey_is_answered_when_it_was_begun(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "rekey", ARGS("child=net", "ike=site"));

	assert_heard(i, 0, CONTROL_REKEY, "site", "net");
	done(i, 0, 0, 1);
	assert_response(i, fd, "success=yes matches=1");
	close(fd);
}

static void reauthentication_is_asked_for(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "rekey", ARGS("ike=site", "reauth=yes"));

	assert_true(i->heard[0].reauth);
	done(i, 0, 0, 1);
	assert_response(i, fd, "success=yes matches=1");
	close(fd);
}

/* --- refused */

static void request_that_names_nothing_there_is_refused(void **state)
{
	struct ike *i = *state;

	assert_refused(i, "initiate", NULL, "nothing to be initiated is named");
	assert_refused(i, "terminate", ARGS("timeout=1"),
		       "nothing to be terminated is named");
	assert_refused(i, "initiate", ARGS("child=nobody"),
		       "no connection has a child 'nobody'");
	assert_refused(i, "initiate", ARGS("ike=nobody"),
		       "there is no connection 'nobody'");
	assert_refused(i, "initiate", ARGS("ike=site", "child=lazy"),
		       "connection 'site' has no child 'lazy'");
	assert_refused(i, "terminate", ARGS("ike-id=5"), "there is no IKE SA 5");
	assert_refused(i, "rekey", ARGS("child-id=3"), "there is no CHILD SA 3");
	assert_refused(i, "rekey", ARGS("child-id=11", "ike=branch"),
		       "IKE SA 3 is of connection 'site'");
	assert_refused(i, "rekey", ARGS("child-id=11", "child=both"),
		       "CHILD SA 11 is of child 'net'");
}

static void name_of_two_is_refused(void **state)
{
	struct ike *i = *state;

	assert_refused(i, "terminate", ARGS("child=both"),
		       "connections 'site' and 'branch' both have a child "
		       "'both': name one of them as 'ike'");
}

static void sa_that_was_replaced_goes_by_itself(void **state)
{
	struct ike *i = *state;

	i->sas[1].state = SA_VIEW_REKEYED;
	assert_refused(i, "terminate", ARGS("ike-id=4"), "there is no IKE SA 4");
}

static void argument_that_lies_is_refused(void **state)
{
	struct ike *i = *state;

	assert_refused(i, "initiate", ARGS("child=net", "timeout=1e3"),
		       "argument 'timeout' must be a number");
	assert_refused(i, "initiate", ARGS("child=net", "timeout=3600001"),
		       "argument 'timeout' must be at most 3600000");
	assert_refused(i, "initiate", ARGS("child=net", "timeout=99999999999"),
		       "argument 'timeout' must be at most 3600000");
	assert_refused(i, "initiate", ARGS("child=net", "timeout=999999999999"),
		       "argument 'timeout' must be a number");
	assert_refused(i, "initiate", ARGS("child=net", "loglevel="),
		       "argument 'loglevel' must be a number");
	assert_refused(i, "initiate", ARGS("child=net", "loglevel=-"),
		       "argument 'loglevel' must be a number");
	assert_refused(i, "initiate", ARGS("child=net", "ike-id=3"),
		       "this command takes no argument 'ike-id'");
	assert_refused(i, "rekey", ARGS("child=net", "reauth=yes"),
		       "argument 'reauth' is of IKE SAs, and a child is named");
}

static void without_ike_commands_are_refused(void **state)
{
	static const char *const names[] = { "initiate", "terminate", "rekey" };
	struct fixture *f = *state;
	int fd = client_new(f);

	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		put_request(fd, names[k], ARGS("ike=site"));
		assert_string_equal(text_of(take_packet(f, fd).body),
				    "success=no errmsg=IKE is not spoken here");
	}
	close(fd);
}

/* --- those who wait */

static void client_that_leaves_while_it_waits_is_forgotten(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "initiate", ARGS("child=net"));
	int next;

	done(i, 0, 0, 0);
	close(fd);
	run_loop(&i->f);
	next = client_new(&i->f); /* in its place */
	run_loop(&i->f);
	done(i, 0, 0, 0);
	happens(i, CONTROL_CHILD_UP, "site", "net", "");
	assert_silent(i, next);
	pass_s(i, 1000);
	assert_answers(&i->f, next);
	close(next);
}

static void two_that_wait_for_the_same_are_both_answered(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "initiate", ARGS("child=net"));
	int other = asking(i, "initiate", ARGS("child=net", "ike=site"));

	assert_int_not_equal(i->heard[0].token, i->heard[1].token);
	done(i, 0, 0, 0);
	done(i, 1, 0, 0);
	happens(i, CONTROL_CHILD_UP, "site", "net", "");
	assert_response(i, fd, "success=yes");
	assert_response(i, other, "success=yes");
	close(other);
	close(fd);
}

static void answer_is_for_the_one_that_gave_the_command(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "initiate", ARGS("child=net"));
	int other = asking(i, "initiate", ARGS("child=net"));

	done(i, 1, -ENOMEM, 0);
	assert_silent(i, fd);
	assert_response(i, other,
			"success=no errmsg=cannot begin: Cannot allocate "
			"memory");
	close(other);
	close(fd);
}

static void second_answer_to_a_command_changes_nothing(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "terminate", ARGS("ike=site"));

	done(i, 0, 0, 2);
	done(i, 0, 0, 1);
	happens(i, CONTROL_IKE_DOWN, "site", "", "");
	assert_silent(i, fd);
	close(fd);
}

static void who_waits_holds_up_no_other(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "initiate", ARGS("child=net"));
	int other = client_new(&i->f);

	assert_answers(&i->f, other);
	close(other);
	close(fd);
}

static void client_that_sends_while_it_waits_is_closed(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "initiate", ARGS("child=net"));

	put_packet(fd, VICI_CMD_REQUEST, "version");
	assert_closed(&i->f, fd);
	close(fd);
	happens(i, CONTROL_CHILD_UP, "site", "net", "");
}

static void who_waits_keeps_its_place_before_who_idles(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "initiate", ARGS("child=net"));
	int others[CONTROL_CLIENTS_MAX];

	for (size_t k = 0; k < CONTROL_CLIENTS_MAX; k++) {
		now_s++;
		others[k] = client_new(&i->f);
		run_loop(&i->f);
	}
	assert_closed(&i->f, others[0]);
	done(i, 0, 0, 0);
	happens(i, CONTROL_CHILD_UP, "site", "net", "");
	assert_response(i, fd, "success=yes");
	for (size_t k = 0; k < CONTROL_CLIENTS_MAX; k++)
		close(others[k]);
	close(fd);
}

static void what_is_up_already_is_a_success(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "initiate", ARGS("ike=site", "child=net"));

	done(i, 0, -EALREADY, 3);
	assert_response(i, fd, "success=yes");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IKE_CASE(what_is_up_already_is_a_success),
		IKE_CASE(initiate_is_answered_when_the_child_is_up),
		IKE_CASE(initiate_waits_for_its_own_child),
		IKE_CASE(connection_alone_stands_for_its_first_child),
		IKE_CASE(failed_attempt_is_answered_with_its_reason),
		IKE_CASE(what_happens_within_the_command_counts),
		IKE_CASE(command_that_can_not_begin_is_answered_with_the_reason),
		IKE_CASE(timeout_of_minus_one_is_answered_when_it_was_begun),
		IKE_CASE(timeout_is_kept_and_the_connection_goes_on),
		IKE_CASE(without_a_timeout_it_waits_for_three_minutes),
		IKE_CASE(command_without_an_answer_is_given_up),
		IKE_CASE(terminate_is_answered_when_all_are_down),
		IKE_CASE(child_is_terminated_alone),
		IKE_CASE(nothing_to_terminate_is_a_failure),
		IKE_CASE(terminate_that_takes_too_long_says_how_far_it_came),
		IKE_CASE(forced_terminate_does_not_wait_for_the_peer),
		IKE_CASE(forced_terminate_with_a_time_waits_so_long),
		IKE_CASE(child_is_never_forced),
		IKE_CASE(forced_terminate_that_does_not_help_ends_too),
		IKE_CASE(number_means_one_sa_alone),
		IKE_CASE(one_that_is_rekeyed_meanwhile_ends_with_its_heir),
		IKE_CASE(number_of_an_sa_leads_to_its_names),
		IKE_CASE(rekey_is_answered_when_it_was_begun),
		IKE_CASE(reauthentication_is_asked_for),
		IKE_CASE(request_that_names_nothing_there_is_refused),
		IKE_CASE(name_of_two_is_refused),
		IKE_CASE(sa_that_was_replaced_goes_by_itself),
		IKE_CASE(argument_that_lies_is_refused),
		CASE(without_ike_commands_are_refused),
		IKE_CASE(client_that_leaves_while_it_waits_is_forgotten),
		IKE_CASE(two_that_wait_for_the_same_are_both_answered),
		IKE_CASE(answer_is_for_the_one_that_gave_the_command),
		IKE_CASE(second_answer_to_a_command_changes_nothing),
		IKE_CASE(who_waits_holds_up_no_other),
		IKE_CASE(client_that_sends_while_it_waits_is_closed),
		IKE_CASE(who_waits_keeps_its_place_before_who_idles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
