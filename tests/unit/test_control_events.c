// SPDX-License-Identifier: BSD-2-Clause
/*
 * Events: who is told what, and that telling a client holds up nobody. The
 * clock stands still until a case moves it.
 */
#include "tests/unit/control_ike.h"

#include <poll.h>
#include <time.h>

static time_t now_s = 1000;

int clock_gettime(clockid_t clock, struct timespec *out)
{
	(void)clock;
	*out = (struct timespec){ .tv_sec = now_s };
	return 0;
}

static void pass_s(struct ike *i, time_t seconds)
{
	now_s += seconds;
	run_loop(&i->f);
}

static void log_of_what_it_waits_for_goes_to_the_client(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f), other = client_new(&i->f);

	register_for(i, fd, "control-log");
	register_for(i, other, "control-log");
	put_request(fd, "initiate", ARGS("child=net"));
	run_loop(&i->f);
	done(i, 0, 0, 0);
	happens(i, CONTROL_IKE_UP, "branch", "", "");
	happens(i, CONTROL_IKE_UP, "site", "", "with 198.51.100.2");
	happens(i, CONTROL_FAILED, "site", "net", "TS_UNACCEPTABLE");
	assert_string_equal(take_event(i, fd, "control-log"),
			    "group=IKE level=1 ikesa-name=site msg=IKE SA "
			    "'site' is up: with 198.51.100.2");
	assert_string_equal(take_event(i, fd, "control-log"),
			    "group=IKE level=1 ikesa-name=site msg='net' "
			    "failed: TS_UNACCEPTABLE");
	assert_response(i, fd, "success=no errmsg=TS_UNACCEPTABLE");
	assert_silent(i, other);
	close(other);
	close(fd);
}

static void log_level_below_one_keeps_it_quiet(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);

	register_for(i, fd, "control-log");
	put_request(fd, "initiate", ARGS("child=net", "loglevel=0"));
	run_loop(&i->f);
	done(i, 0, 0, 0);
	happens(i, CONTROL_CHILD_UP, "site", "net", "");
	assert_response(i, fd, "success=yes");
	close(fd);
}

static void updown_has_the_sa_that_it_is_about(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);
	const struct control_event up = { .kind = CONTROL_CHILD_UP,
					  .conn = "site",
					  .child = "net",
					  .ike = &i->sas[0],
					  .child_sa = &i->child_sas[0] };
	const char *got;

	register_for(i, fd, "ike-updown");
	register_for(i, fd, "child-updown");
	control_server_event(i->f.server, &up);
	got = take_event(i, fd, "child-updown");
	assert_has(got, "up=yes site{uniqueid=3 ");
	assert_has(got, " child-sas{net-11{");
	assert_lacks(got, "both");
	happens(i, CONTROL_IKE_DOWN, "site", "", "the peer ended it");
	assert_string_equal(take_event(i, fd, "ike-updown"), "site{}");
	happens(i, CONTROL_FAILED, "site", "", "no updown");
	happens(i, CONTROL_IKE_UP, NULL, NULL, NULL); /* of nobody */
	assert_silent(i, fd);
	close(fd);
}

/* What is in their sections is what list-sa has. */
static void rekeyed_sa_is_told_with_its_elder(void **state)
{
	struct ike *i = *state;
	struct ike_sa_view heir = i->sas[0];
	struct child_sa_view child = i->child_sas[0];
	const struct control_event ike = { .kind = CONTROL_IKE_UP,
					   .conn = "site",
					   .ike = &heir,
					   .elder = &i->sas[0] };
	const struct control_event net = { .kind = CONTROL_CHILD_UP,
					   .conn = "site",
					   .child = "net",
					   .ike = &heir,
					   .child_sa = &child,
					   .elder_child = &i->child_sas[0] };
	int fd = client_new(&i->f);
	const char *got;

	heir.id = 9;
	child.id = 21;
	register_for(i, fd, "ike-updown");
	register_for(i, fd, "ike-rekey");
	register_for(i, fd, "child-updown");
	register_for(i, fd, "child-rekey");
	control_server_event(i->f.server, &ike);
	got = take_event(i, fd, "ike-rekey");
	assert_memory_equal(got, "site{old{uniqueid=3 version=2 ", 30);
	assert_has(got, "} new{uniqueid=9 version=2 ");
	control_server_event(i->f.server, &net);
	got = take_event(i, fd, "child-rekey");
	assert_memory_equal(got, "site{uniqueid=9 ", 16);
	assert_has(got, " child-sas{net{old{name=net uniqueid=11 ");
	assert_has(got, "} new{name=net uniqueid=21 ");
	assert_silent(i, fd);
	close(fd);
}

static void elder_goes_without_a_word(void **state)
{
	struct ike *i = *state;
	struct control_event down = { .kind = CONTROL_CHILD_DOWN,
				      .conn = "site",
				      .child = "net",
				      .succeeded = true };
	int fd = client_new(&i->f);

	register_for(i, fd, "ike-updown");
	register_for(i, fd, "child-updown");
	control_server_event(i->f.server, &down);
	down.kind = CONTROL_IKE_DOWN;
	control_server_event(i->f.server, &down);
	assert_silent(i, fd);
	down.succeeded = false;
	control_server_event(i->f.server, &down);
	assert_string_equal(take_event(i, fd, "ike-updown"), "site{}");
	close(fd);
}

static void update_has_where_it_is_and_where_it_was(void **state)
{
	struct ike *i = *state;
	const struct control_event moved = { .kind = CONTROL_IKE_MOVED,
					     .conn = "site",
					     .ike = &i->sas[0],
					     .local = addr_of("192.0.2.1"),
					     .remote = addr_of("203.0.113.9"),
					     .local_port = 4500,
					     .remote_port = 1025 };
	int fd = client_new(&i->f);
	const char *got;

	register_for(i, fd, "ike-update");
	control_server_event(i->f.server, &moved);
	got = take_event(i, fd, "ike-update");
	assert_memory_equal(got,
			    "local-host=192.0.2.1 local-port=4500 "
			    "remote-host=203.0.113.9 remote-port=1025 "
			    "site{uniqueid=3 ",
			    93);
	assert_has(got, "remote-host=198.51.100.2 remote-port=4500 ");
	close(fd);
}

static void alert_has_its_type_and_its_ike_sa(void **state)
{
	struct ike *i = *state;
	struct control_event alert = { .kind = CONTROL_ALERT,
				       .conn = "site",
				       .alert = "ts-mismatch" };
	int fd = client_new(&i->f);

	register_for(i, fd, "alert");
	register_for(i, fd, "log");
	control_server_event(i->f.server, &alert);
	assert_string_equal(take_event(i, fd, "alert"), "type=ts-mismatch");
	alert.ike = &i->sas[0];
	control_server_event(i->f.server, &alert);
	assert_has(take_event(i, fd, "alert"),
		   "type=ts-mismatch ike-sa{site{uniqueid=3 ");
	assert_silent(i, fd);
	close(fd);
}

static void log_has_every_event_in_words(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);

	register_for(i, fd, "log");
	happens(i, CONTROL_FAILED, NULL, NULL, "no proposal chosen");
	assert_string_equal(take_event(i, fd, "log"),
			    "group=IKE level=1 msg='' failed: no proposal "
			    "chosen");
	put_packet(fd, VICI_EVENT_UNREGISTER, "log");
	assert_int_equal(take_packet(&i->f, fd).type, VICI_EVENT_CONFIRM);
	happens(i, CONTROL_FAILED, NULL, NULL, "no proposal chosen");
	assert_silent(i, fd);
	close(fd);
}

static void event_does_not_stretch_the_time_for_a_request(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);

	register_for(i, fd, "log");
	put_octets(fd, "\0\0", 2);
	run_loop(&i->f);
	happens(i, CONTROL_FAILED, "site", "", "x");
	take_event(i, fd, "log");
	pass_s(i, CONTROL_WAIT_S);
	assert_closed(&i->f, fd);
	close(fd);
}

static void who_does_not_read_its_events_is_closed(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f), other = client_new(&i->f);
	struct pollfd pfd = { .fd = fd };
	char text[4096];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	register_for(i, fd, "log");
	for (int k = 0; k < 2000; k++) {
		happens(i, CONTROL_FAILED, "site", "", text);
		event_base_loop(i->f.base, EVLOOP_NONBLOCK);
	}
	assert_true(poll(&pfd, 1, 0) >= 0);
	assert_true(pfd.revents & POLLHUP);
	assert_answers(&i->f, other);
	close(other);
	close(fd);
}

static void too_many_events_within_a_command_close_after_it(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f), other = client_new(&i->f);
	struct pollfd pfd = { .fd = fd };
	char text[4096];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	i->at_once_event = (struct control_event){ .kind = CONTROL_FAILED,
						   .conn = "site",
						   .text = text };
	i->at_once_more = 300;
	register_for(i, fd, "log");
	put_request(fd, "initiate", ARGS("child=net"));
	run_loop(&i->f);
	assert_int_equal(i->n_heard, 1);
	assert_true(poll(&pfd, 1, 0) >= 0);
	assert_true(pfd.revents & POLLHUP);
	assert_answers(&i->f, other);
	close(other);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IKE_CASE(log_of_what_it_waits_for_goes_to_the_client),
		IKE_CASE(log_level_below_one_keeps_it_quiet),
		IKE_CASE(updown_has_the_sa_that_it_is_about),
		IKE_CASE(rekeyed_sa_is_told_with_its_elder),
		IKE_CASE(elder_goes_without_a_word),
		IKE_CASE(update_has_where_it_is_and_where_it_was),
		IKE_CASE(alert_has_its_type_and_its_ike_sa),
		IKE_CASE(log_has_every_event_in_words),
		IKE_CASE(event_does_not_stretch_the_time_for_a_request),
		IKE_CASE(who_does_not_read_its_events_is_closed),
		IKE_CASE(too_many_events_within_a_command_close_after_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
