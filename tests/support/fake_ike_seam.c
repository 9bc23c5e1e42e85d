// SPDX-License-Identifier: BSD-2-Clause
/* Messages that are none: each has to end the link to whom it is sent, but for
 * those that carry descriptors, which are nobody's. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/base/seam.h"
#include "tests/support/fake_ike.h"

#define FDS_MANY 253 /* the most that the kernel takes (SCM_MAX_FD) */
#define LONGEST	 (SEAM_MESSAGE_MAX + 4096)

struct form {
	const char *name;
	struct fake_header header;
	size_t bytes; /* behind the header */
};

#define EVENT_BYTES   (sizeof(struct ike_msg_event))
#define EVENT_LEAST   (offsetof(struct ike_msg_event, text))
#define REQUEST_BYTES (sizeof(struct sadb_request))
#define V	      SEAM_VERSION

static const struct form forms[] = {
	{ "ctl-unknown-type", { V, 999, 8 }, 8 },
	{ "ctl-too-short",
	  { V, IKE_MSG_EVENT, EVENT_LEAST - 1 },
	  EVENT_LEAST - 1 },
	{ "ctl-too-long", { V, IKE_MSG_EVENT, EVENT_BYTES + 1 }, EVENT_BYTES + 1 },
	{ "ctl-length-lies", { V, IKE_MSG_EVENT, EVENT_BYTES }, EVENT_BYTES - 1 },
	{ "ctl-other-version",
	  { V + 1, IKE_MSG_EVENT, EVENT_BYTES },
	  EVENT_BYTES },
	{ "ctl-longest", { V, IKE_MSG_RECORD, LONGEST }, LONGEST },
	{ "ctl-record-too-short", { V, IKE_MSG_RECORD, 15 }, 15 },
	{ "ctl-other-direction",
	  { V, IKE_MSG_COMMAND, sizeof(struct ike_msg_command) },
	  sizeof(struct ike_msg_command) },
	{ "ctl-of-dp",
	  { V, DP_MSG_HELLO, sizeof(struct dp_msg_hello) },
	  sizeof(struct dp_msg_hello) },
	{ "dp-unknown-type", { V, 999, 8 }, 8 },
	{ "dp-too-short",
	  { V, DP_MSG_REQUEST, REQUEST_BYTES - 1 },
	  REQUEST_BYTES - 1 },
	{ "dp-length-lies", { V, DP_MSG_REQUEST, 0 }, REQUEST_BYTES },
	{ "dp-other-version",
	  { V + 1, DP_MSG_REQUEST, REQUEST_BYTES },
	  REQUEST_BYTES },
	{ "dp-longest", { V, DP_MSG_REQUEST, LONGEST }, LONGEST },
	{ "dp-other-direction",
	  { V, DP_MSG_ANSWER, sizeof(struct sadb_answer) },
	  sizeof(struct sadb_answer) },
	{ "dp-stop",
	  { V, DP_MSG_STOP, sizeof(struct dp_msg_empty) },
	  sizeof(struct dp_msg_empty) },
	{ "dp-commit",
	  { V, DP_MSG_COMMIT, sizeof(struct dp_msg_commit) },
	  sizeof(struct dp_msg_commit) },
};

static bool is_for_dp(const char *name)
{
	return strncmp(name, "dp-", 3) == 0;
}

static void say_whether(struct fake *f, const char *name)
{
	bool goes_on =
		is_for_dp(name) ? fake_dp_answers(f) : fake_ctl_answers(f);

	fake_say(name, goes_on ? "the link goes on" : "the link ends");
}

static void run_form(struct fake *f, const char *name)
{
	static uint8_t room[sizeof(struct fake_header) + LONGEST];
	const struct form *form = forms;

	while (strcmp(form->name, name) != 0)
		form++;
	memcpy(room, &form->header, sizeof(form->header));
	fake_send_octets(is_for_dp(name) ? f->dp : f->ctl, room,
			 sizeof(form->header) + form->bytes, NULL, 0);
	say_whether(f, name);
}

static void run_no_header(struct fake *f, const char *name)
{
	fake_send_octets(is_for_dp(name) ? f->dp : f->ctl, "\1\0\0", 3, NULL, 0);
	say_whether(f, name);
}

/* A message as it should be, and what nobody asked for. */
static void send_with_fds(const struct fake *f, const char *name, size_t n)
{
	struct {
		struct fake_header header;
		struct sadb_request q;
	} to_dp = { { V, DP_MSG_REQUEST, sizeof(to_dp.q) }, { .verb = 255 } };
	struct {
		struct fake_header header;
		struct ike_msg_done done;
	} to_ctl = { { V, IKE_MSG_DONE, sizeof(to_ctl.done) }, { .token = 0 } };
	int fds[FDS_MANY];

	for (size_t i = 0; i < n; i++)
		fds[i] = STDOUT_FILENO;
	if (is_for_dp(name))
		fake_send_octets(f->dp, &to_dp, sizeof(to_dp), fds, n);
	else
		fake_send_octets(f->ctl, &to_ctl, sizeof(to_ctl), fds, n);
}

static void run_fds(struct fake *f, const char *name)
{
	for (int i = 0; i < 300; i++)
		send_with_fds(f, name, SEAM_FDS_MAX);
	say_whether(f, name);
}

static void run_many_fds(struct fake *f, const char *name)
{
	for (int i = 0; i < 300; i++)
		send_with_fds(f, name, FDS_MANY);
	say_whether(f, name);
}

const struct attempt fake_seam[] = {
	{ "ctl-unknown-type", run_form },
	{ "ctl-too-short", run_form },
	{ "ctl-too-long", run_form },
	{ "ctl-length-lies", run_form },
	{ "ctl-other-version", run_form },
	{ "ctl-longest", run_form },
	{ "ctl-record-too-short", run_form },
	{ "ctl-other-direction", run_form },
	{ "ctl-of-dp", run_form },
	{ "ctl-no-header", run_no_header },
	{ "ctl-fds", run_fds },
	{ "ctl-many-fds", run_many_fds },
	{ "dp-unknown-type", run_form },
	{ "dp-too-short", run_form },
	{ "dp-length-lies", run_form },
	{ "dp-other-version", run_form },
	{ "dp-longest", run_form },
	{ "dp-other-direction", run_form },
	{ "dp-stop", run_form },
	{ "dp-commit", run_form },
	{ "dp-no-header", run_no_header },
	{ "dp-fds", run_fds },
	{ "dp-many-fds", run_many_fds },
	{ NULL, NULL },
};
