// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whose failure ends a wait, and what happens when the process that speaks IKE
 * ends.
 */
#include "tests/unit/control_ike.h"

#define OURS   7 /* the IKE SA that the command began */
#define OTHERS 8 /* of another peer by the same connection */

static void happens_to(struct ike *i, enum control_event_kind kind,
		       uint32_t ike_id, const char *child, const char *text)
{
	const struct control_event e = {
		.kind = kind,
		.conn = "site",
		.child = child,
		.ike_id = ike_id,
		.text = text,
	};

	control_server_event(i->f.server, &e);
}

static void failure_of_another_peer_ends_no_initiate(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "initiate", ARGS("child=net"));

	done(i, 0, 0, OURS);
	happens_to(i, CONTROL_FAILED, OTHERS, "", "of another peer");
	happens_to(i, CONTROL_FAILED, OTHERS, "net", "of its child");
	happens_to(i, CONTROL_FAILED, 0, "", "of a stranger");
	happens_to(i, CONTROL_IKE_DOWN, OTHERS, "", "deleted by the peer");
	assert_silent(i, fd);
	happens_to(i, CONTROL_FAILED, OURS, "", "of this one");
	assert_response(i, fd, "success=no errmsg=of this one");
	close(fd);
}

static void failure_of_another_peer_before_the_begin_is_forgotten(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "initiate", ARGS("child=net"));

	happens_to(i, CONTROL_FAILED, OTHERS, "", "of another peer");
	done(i, 0, 0, OURS);
	assert_silent(i, fd);
	happens_to(i, CONTROL_CHILD_UP, OURS, "net", "");
	assert_response(i, fd, "success=yes");
	close(fd);
}

static void failure_before_the_begin_counts_when_it_is_its_own(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "initiate", ARGS("child=net"));

	happens_to(i, CONTROL_FAILED, OURS, "", "out of memory");
	assert_silent(i, fd);
	done(i, 0, 0, OURS);
	assert_response(i, fd, "success=no errmsg=out of memory");
	close(fd);
}

static void child_that_another_ike_sa_brings_up_is_up(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "initiate", ARGS("child=net"));

	done(i, 0, 0, OURS);
	happens_to(i, CONTROL_CHILD_UP, OTHERS, "net", "");
	assert_response(i, fd, "success=yes");
	close(fd);
}

static void ike_sa_that_ends_before_its_child_is_up_is_a_failure(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "initiate", ARGS("child=net"));

	done(i, 0, 0, OURS);
	happens_to(i, CONTROL_IKE_UP, OURS, "", "");
	happens_to(i, CONTROL_IKE_DOWN, OURS, "", "deleted by the peer");
	assert_response(i, fd, "success=no errmsg=deleted by the peer");
	close(fd);
}

static void ike_sa_that_is_rekeyed_before_its_child_is_up_goes_on(void **state)
{
	struct ike *i = *state;
	int fd = asking(i, "initiate", ARGS("child=net"));
	struct control_event e = { .kind = CONTROL_IKE_UP,
				   .conn = "site",
				   .ike_id = OTHERS,
				   .elder = &i->sas[0] };

	i->sas[0].id = OURS;
	done(i, 0, 0, OURS);
	control_server_event(i->f.server, &e);
	e = (struct control_event){ .kind = CONTROL_IKE_DOWN,
				    .conn = "site",
				    .ike_id = OURS,
				    .succeeded = true };
	control_server_event(i->f.server, &e);
	assert_silent(i, fd);
	happens_to(i, CONTROL_FAILED, OTHERS, "net", "of its heir");
	assert_response(i, fd, "success=no errmsg=of its heir");
	close(fd);
}

static void reason_arrives_whole(void **state)
{
	char reason[2 * 1024], want[sizeof(reason) + 32];
	struct ike *i = *state;
	int fd = asking(i, "initiate", ARGS("child=net"));

	memset(reason, 'x', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	snprintf(want, sizeof(want), "success=no errmsg=%s", reason);
	done(i, 0, 0, OURS);
	happens_to(i, CONTROL_FAILED, OURS, "", reason);
	assert_response(i, fd, want);
	close(fd);
}

/* --- the process ends */

#define GONE "errmsg=the IKE process ended before this was done"

static void end_of_ike_is_the_answer_to_all_that_was_begun(void **state)
{
	struct ike *i = *state;
	int up = asking(i, "initiate", ARGS("child=net"));
	int down = asking(i, "terminate", ARGS("ike=branch"));

	done(i, 0, 0, OURS);
	done(i, 1, 0, 2);
	control_server_ike_gone(i->f.server, NULL);
	assert_response(i, up, "success=no " GONE);
	assert_response(i, down, "success=no matches=2 terminated=0 " GONE);
	assert_answers(&i->f, up);
	done(i, 0, 0, OURS);
	assert_silent(i, up);
	close(down);
	close(up);
}

/* Of what is to end, one went with ike. */
static void what_was_not_begun_is_for_the_next_ike(void **state)
{
	struct ike *i = *state;
	int up = asking(i, "initiate", ARGS("child=net"));
	int rekey = asking(i, "rekey", ARGS("ike=site"));
	int down = asking(i, "terminate", ARGS("ike=branch"));
	struct sas *lost = take_sas(i);

	control_server_ike_gone(i->f.server, lost);
	sas_free(lost);
	assert_silent(i, up);
	assert_silent(i, rekey);
	assert_silent(i, down);
	done(i, 0, -EALREADY, 0);
	assert_response(i, up, "success=yes");
	done(i, 1, 0, 1);
	assert_response(i, rekey, "success=yes matches=1");
	done(i, 2, -EPIPE, 0);
	assert_response(i, down,
			"success=no matches=0 terminated=1 errmsg=the IKE "
			"process ended over it, and so did the next one");
	close(down);
	close(rekey);
	close(up);
}

static void end_of_ike_is_told_to_all_that_are_registered(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);

	register_for(i, fd, "log");
	register_for(i, fd, "ike-updown");
	register_for(i, fd, "child-updown");
	control_server_ike_gone(i->f.server, NULL);
	assert_string_equal(take_event(i, fd, "log"),
			    "group=IKE level=1 msg=the IKE process ended");
	assert_silent(i, fd);
	close(fd);
}

static void sas_that_nobody_takes_over_go_down(void **state)
{
	struct ike *i = *state;
	struct sas *lost = take_sas(i);
	int fd = client_new(&i->f);

	lost->child[2].ike_id = 99; /* of an IKE SA that is not known */
	register_for(i, fd, "ike-updown");
	register_for(i, fd, "child-updown");
	control_server_ike_gone(i->f.server, lost);
	assert_has(take_event(i, fd, "child-updown"), "net-11{");
	assert_has(take_event(i, fd, "child-updown"), "both-12{");
	assert_has(take_event(i, fd, "ike-updown"), "site{uniqueid=3 ");
	assert_has(take_event(i, fd, "ike-updown"), "branch{uniqueid=4 ");
	assert_silent(i, fd);
	sas_free(lost);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IKE_CASE(failure_of_another_peer_ends_no_initiate),
		IKE_CASE(failure_of_another_peer_before_the_begin_is_forgotten),
		IKE_CASE(failure_before_the_begin_counts_when_it_is_its_own),
		IKE_CASE(child_that_another_ike_sa_brings_up_is_up),
		IKE_CASE(ike_sa_that_ends_before_its_child_is_up_is_a_failure),
		IKE_CASE(ike_sa_that_is_rekeyed_before_its_child_is_up_goes_on),
		IKE_CASE(reason_arrives_whole),
		IKE_CASE(end_of_ike_is_the_answer_to_all_that_was_begun),
		IKE_CASE(what_was_not_begun_is_for_the_next_ike),
		IKE_CASE(end_of_ike_is_told_to_all_that_are_registered),
		IKE_CASE(sas_that_nobody_takes_over_go_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
