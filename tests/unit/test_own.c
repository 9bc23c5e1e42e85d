// SPDX-License-Identifier: BSD-2-Clause
/*
 * `cygnet why` and `cygnet reload --dry-run`: from the daemon's snapshot through
 * the answer to the page.
 */
#include "tests/unit/cli_fixture.h"

#include <errno.h>

#include "ctrl/base/clock.h"
#include "ctrl/cli/show.h"
#include "ctrl/control/own.h"

static const char *const names[] = { "hq/net", "hq/lab", "branch/net", "b2" };

#define N_TUNNELS (sizeof(names) / sizeof(names[0]))

struct fixture {
	struct control_callbacks callbacks;
	struct history *history;
	int err; /* of difference() */
};

static struct status *take_snapshot(void *ctx)
{
	struct status *s = calloc(1, sizeof(*s));

	(void)ctx;
	assert_non_null(s);
	s->tunnels = calloc(N_TUNNELS, sizeof(*s->tunnels));
	assert_non_null(s->tunnels);
	s->n_tunnels = N_TUNNELS;
	for (size_t i = 0; i < N_TUNNELS; i++) {
		struct tunnel_status *t = &s->tunnels[i];
		const char *slash = strchr(names[i], '/');

		strcpy(t->name, names[i]);
		if (slash)
			memcpy(t->conn, t->name, (size_t)(slash - names[i]));
		t->state = TUNNEL_UP;
		t->failure.ago_s = STATUS_NEVER_S;
	}
	s->tunnels[0].tcp = true;
	s->tunnels[1].state = TUNNEL_DOWN;
	s->tunnels[1].start_action = CHILD_START;
	s->tunnels[1].failure.ago_s = 12;
	strcpy(s->tunnels[1].failure.peer, "192.0.2.9");
	mismatch_str("proposal mismatch (ESP)", "aes256gcm16, aes256-sha256",
		     "aes128-sha1", s->tunnels[1].failure.text);
	return s;
}

static int find_difference(void *ctx, struct difference *out, struct error *e)
{
	static const struct difference_row rows[] = {
		{ DIFFERENCE_CHANGED, DIFFERENCE_GATEWAY, "charon", false,
		  false },
		{ DIFFERENCE_GONE, DIFFERENCE_CONN, "old", false, false },
		{ DIFFERENCE_CHANGED, DIFFERENCE_CONN, "hq", false, true },
		{ DIFFERENCE_NEW, DIFFERENCE_CHILD, "hq/dmz", true, false },
		{ DIFFERENCE_GONE, DIFFERENCE_POOL, "rw", false, false },
		{ DIFFERENCE_CHANGED, DIFFERENCE_POOL, "wr", false, false },
	};
	const struct fixture *f = ctx;

	if (f->err)
		return error_set(e, f->err, "f:3:5: no such key");
	out->at = malloc(sizeof(rows));
	assert_non_null(out->at);
	memcpy(out->at, rows, sizeof(rows));
	out->n = sizeof(rows) / sizeof(rows[0]);
	out->n_same = 2;
	return 0;
}

static int start(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->callbacks = (struct control_callbacks){
		.status = take_snapshot,
		.loads.difference = find_difference,
		.loads.ctx = f,
		.ctx = f,
	};
	f->history = history_new();
	*state = f;
	return f->history ? 0 : -1;
}

static int stop(void **state)
{
	struct fixture *f = *state;

	history_free(f->history);
	free(f);
	return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

/* The body of a packet of ours, whose name is a known one. */
static struct slice body_of(const struct vici_builder *b)
{
	struct vici_packet packet;

	assert_true(vici_packet_parse(slice_of(b->ptr + 4, b->len - 4), &packet));
	return packet.body;
}

/* With ike and child, or without where they are NULL. node_free() it. */
static struct node *ask(struct fixture *f, const char *command, const char *ike,
			const char *child)
{
	struct vici_builder question, answer;
	struct vici_packet packet;
	struct node *root;

	vici_start(&question, VICI_CMD_REQUEST, command);
	if (ike)
		vici_str(&question, "ike", ike);
	if (child)
		vici_str(&question, "child", child);
	assert_true(vici_finish(&question));
	assert_true(vici_packet_parse(
		slice_of(question.ptr + 4, question.len - 4), &packet));
	assert_true(own_is_asked(packet.name));
	assert_true(own_answer(&packet, &f->callbacks, f->history, &answer));
	root = node_parse(body_of(&answer));
	assert_non_null(root);
	vici_builder_free(&question);
	vici_builder_free(&answer);
	return root;
}

static void happens(struct fixture *f, enum control_event_kind kind,
		    const char *conn, const char *child, const char *text)
{
	const struct control_event e = {
		.kind = kind, .conn = conn, .child = child, .text = text
	};

	history_add(f->history, &e, clock_ns() - 40 * NS_PER_S);
}

static void assert_refused(struct node *answer, const char *why)
{
	assert_string_equal(node_text(answer, "success"), "no");
	assert_non_null(strstr(node_text(answer, "errmsg"), why));
	node_free(answer);
}

static void assert_names(const struct node *section, const char *want)
{
	char text[256] = "";

	for (const struct node *n = node_first(section); n; n = n->next)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s ", n->name);
	assert_string_equal(text, want);
}

static void a_tunnel_is_asked_for_by_connection_child_or_both(void **state)
{
	static const struct {
		const char *ike, *child, *want;
	} rows[] = {
		{ "hq", NULL, "hq/net hq/lab " },
		{ "hq", "lab", "hq/lab " },
		{ NULL, "net", "hq/net branch/net " },
		{ NULL, "b2", "b2 " },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct node *answer =
			ask(*state, "cygnet-why", rows[i].ike, rows[i].child);

		assert_names(node_find(answer, "tunnels"), rows[i].want);
		node_free(answer);
	}
}

static void one_that_is_not_there_is_refused(void **state)
{
	assert_refused(ask(*state, "cygnet-why", "moon", NULL),
		       "no such tunnel");
	assert_refused(ask(*state, "cygnet-why", "hq", "b2"), "no such tunnel");
	assert_refused(ask(*state, "cygnet-why", NULL, NULL), "name a tunnel");
}

static void why_says_it_in_a_sentence_with_both_sides_and_the_fix(void **state)
{
	const struct show how = { .target = "hq/lab" };
	struct fixture *f = *state;
	struct show shown = how;
	struct node *answer;
	struct printed p;

	happens(f, CONTROL_IKE_UP, "hq", NULL, "");
	happens(f, CONTROL_FAILED, "hq", "lab", "proposal mismatch (ESP)");
	happens(f, CONTROL_FAILED, "branch", NULL, "the peer does not answer");
	answer = ask(f, "cygnet-why", "hq", "lab");
	printed_start(&p);
	shown.out = p.file;
	show_why(answer, &shown);
	printed_end(
		&p,
		"hq/lab is down. It failed 12s ago, peer 192.0.2.9: proposal mismatch (ESP).\n"
		"   OURS           THEIRS\n"
		"   aes256gcm16    aes128-sha1\n"
		"   aes256-sha256  \n"
		"What to do: write a proposal that both sides have into `esp_proposals` of the child, here or at the peer.\n"
		"\n"
		"Last events:\n"
		"  40s ago  hq        IKE SA up  \n"
		"  40s ago  hq/lab    failed     proposal mismatch (ESP)\n");
	node_free(answer);
}

static void one_that_is_up_is_said_to_be(void **state)
{
	struct node *answer = ask(*state, "cygnet-why", NULL, "b2");
	struct show how = { .target = "b2" };
	struct printed p;

	printed_start(&p);
	how.out = p.file;
	show_why(answer, &how);
	printed_end(&p, "b2 is up.\n");
	node_free(answer);
}

static void one_that_is_up_in_tcp_is_said_to_be_there(void **state)
{
	struct node *answer = ask(*state, "cygnet-why", "hq", "net");
	struct show how = { .target = "hq/net" };
	struct printed p;

	printed_start(&p);
	how.out = p.file;
	show_why(answer, &how);
	printed_end(&p, "hq/net is up over TCP.\n");
	node_free(answer);
}

static void a_dry_run_shows_a_line_for_each_difference(void **state)
{
	struct node *answer =
		ask(*state, "cygnet-reload-difference", NULL, NULL);
	struct show how = { .dry_run = true };
	struct printed p;

	printed_start(&p);
	how.out = p.file;
	show_reload(answer, &how);
	printed_end(&p,
		    "~ section charon\n"
		    "- connection old: its SAs end\n"
		    "~ connection hq: children that stay as they are keep their SAs\n"
		    "+ child hq/dmz: comes up anew\n"
		    "- pool rw: no peer gets an address of it any more\n"
		    "~ pool wr: counts from the next IKE SA on\n"
		    "2 connections are what they were and keep their SAs.\n");
	node_free(answer);
}

static void a_file_that_is_wrong_is_refused_with_its_place(void **state)
{
	struct fixture *f = *state;

	f->err = -EINVAL;
	assert_refused(ask(f, "cygnet-reload-difference", NULL, NULL),
		       "f:3:5: no such key");
}

static void a_difference_takes_no_arguments(void **state)
{
	assert_refused(ask(*state, "cygnet-reload-difference", "hq", NULL),
		       "ike");
}

static void other_commands_are_not_ours(void **state)
{
	(void)state;
	assert_false(own_is_asked(slice_of("cygnet-wh", 9)));
	assert_false(own_is_asked(slice_of("reload", 6)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_tunnel_is_asked_for_by_connection_child_or_both),
		CASE(one_that_is_not_there_is_refused),
		CASE(why_says_it_in_a_sentence_with_both_sides_and_the_fix),
		CASE(one_that_is_up_is_said_to_be),
		CASE(one_that_is_up_in_tcp_is_said_to_be_there),
		CASE(a_dry_run_shows_a_line_for_each_difference),
		CASE(a_file_that_is_wrong_is_refused_with_its_place),
		CASE(a_difference_takes_no_arguments),
		cmocka_unit_test(other_commands_are_not_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
