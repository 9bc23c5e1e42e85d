// SPDX-License-Identifier: BSD-2-Clause
/*
 * `cygnet sa`, `up`, `down` and `rekey`: what is asked of a server, and what
 * is shown of its answer. The client runs in a process of its own, as it waits
 * where the server must run.
 */
#include "tests/unit/cli_fixture.h"
#include "tests/unit/control_ike.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "ctrl/cli/client.h"
#include "ctrl/cli/json.h"
#include "ctrl/cli/show.h"
#include "ctrl/cli/target.h"

#define OUTPUT_BYTES 8192
#define TURN_MS	     10
#define TURNS	     1000 /* 10 s */

/* --- what is shown */

static struct node *collected(const char *const *items)
{
	struct node *root = node_collection("sas");

	for (; *items; items++) {
		struct vici_builder b;
		char *text = strdup(*items), *rest = NULL;

		assert_non_null(text);
		vici_start(&b, VICI_CMD_RESPONSE, NULL);
		for (char *line = strtok_r(text, "\n", &rest); line;
		     line = strtok_r(NULL, "\n", &rest))
			put_line(&b, line);
		assert_true(vici_finish(&b));
		assert_true(node_collect(root, slice_of(b.ptr + 5, b.len - 5)));
		vici_builder_free(&b);
		free(text);
	}
	return root;
}

static void assert_sa_shows(const char *const *items, const char *want)
{
	struct node *answer = collected(items);
	struct printed p;
	const struct show how = { .out = (printed_start(&p), p.file) };

	show_sa(answer, &how);
	printed_end(&p, want);
	node_free(answer);
}

static void sas_are_shown_with_their_children(void **state)
{
	(void)state;
	assert_sa_shows(
		ARGS("site{\nuniqueid=3\nstate=ESTABLISHED\n"
		     "local-host=192.0.2.1\nlocal-port=500\n"
		     "remote-host=198.51.100.2\nremote-port=4500\n"
		     "encr-alg=AES_CBC\nencr-keysize=128\n"
		     "integ-alg=HMAC_SHA2_256_128\nprf-alg=PRF_HMAC_SHA2_256\n"
		     "dh-group=ECP_256\nke1=CURVE_25519\nke7=MODP_2048\nestablished=300\nchild-sas{\n"
		     "net-11{\nname=net\nuniqueid=11\nstate=INSTALLED\n"
		     "encr-alg=AES_GCM_16\nencr-keysize=256\nbytes-in=2048\n"
		     "bytes-out=0\ndrops-in-replay=3\ndrops-in-icv=1\n"
		     "drops-out-too_big=2\nlost-in=7\nlocal-ts[\n10.1.0.0/16\n]\nremote-ts[\n"
		     "10.2.0.0/16\n10.3.0.0/16\n]\n}\n}\n}",
		     "branch{\nuniqueid=4\nstate=CONNECTING\n"
		     "local-host=192.0.2.1\nlocal-port=500\n"
		     "remote-host=203.0.113.9\nremote-port=500\n}"),
		"site #3    192.0.2.1[500] ═ 198.51.100.2[4500]  "
		"AES_CBC-128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/ECP_256/KE1_CURVE_25519/KE7_MODP_2048  "
		"ESTABLISHED for 5m00s\n"
		"  net #11  INSTALLED  10.1.0.0/16 ═ 10.2.0.0/16 10.3.0.0/16  "
		"AES_GCM_16-256  in 2.0 KiB  out 0 B\n"
		"    in dropped replay 3, icv 1\n"
		"    out dropped too_big 2\n"
		"    in lost 7\n"
		"branch #4  192.0.2.1[500] ═ 203.0.113.9[500]    "
		"-                                                                                      "
		"CONNECTING\n");
}

static void weak_child_is_shown_as_such(void **state)
{
	(void)state;
	assert_sa_shows(
		ARGS("site{\nuniqueid=3\nstate=ESTABLISHED\n"
		     "local-host=192.0.2.1\nlocal-port=500\n"
		     "remote-host=198.51.100.2\nremote-port=500\n"
		     "child-sas{\nnet-11{\nname=net\nuniqueid=11\n"
		     "state=INSTALLED\nencr-alg=DES_CBC\n"
		     "integ-alg=HMAC_MD5_96\nweak=yes\nbytes-in=0\n"
		     "bytes-out=0\nlocal-ts[\n10.1.0.0/16\n]\nremote-ts[\n"
		     "10.2.0.0/16\n]\n}\n}\n}"),
		"site #3  192.0.2.1[500] ═ 198.51.100.2[500]  -  ESTABLISHED\n"
		"  net #11  INSTALLED  10.1.0.0/16 ═ 10.2.0.0/16  "
		"DES_CBC/HMAC_MD5_96 weak  in 0 B  out 0 B\n");
}

static void ah_and_transport_mode_are_said(void **state)
{
	(void)state;
	assert_sa_shows(
		ARGS("site{\nuniqueid=3\nstate=ESTABLISHED\n"
		     "local-host=192.0.2.1\nlocal-port=500\n"
		     "remote-host=198.51.100.2\nremote-port=500\n"
		     "child-sas{\nnet-11{\nname=net\nuniqueid=11\n"
		     "state=INSTALLED\nmode=TRANSPORT\nprotocol=AH\n"
		     "integ-alg=HMAC_SHA2_256_128\nbytes-in=0\n"
		     "bytes-out=0\nlocal-ts[\n192.0.2.1/32\n]\nremote-ts[\n"
		     "198.51.100.2/32\n]\n}\n}\n}"),
		"site #3  192.0.2.1[500] ═ 198.51.100.2[500]  -  ESTABLISHED\n"
		"  net #11  INSTALLED  192.0.2.1/32 ═ 198.51.100.2/32  "
		"AH/HMAC_SHA2_256_128 transport  in 0 B  out 0 B\n");
}

static void no_sas_are_said_in_words(void **state)
{
	(void)state;
	assert_sa_shows(ARGS(NULL), "There are no SAs.\n");
}

static void item_that_is_no_sa_is_left_out(void **state)
{
	(void)state;
	assert_sa_shows(ARGS("key=value", ""), "");
}

static void malformed_item_is_not_collected(void **state)
{
	struct node *root = node_collection("sas");

	(void)state;
	assert_false(node_collect(root, slice_of("\3", 1)));
	assert_null(node_first(node_find(root, "sas")));
	node_free(root);
}

static void spi_of_digits_stays_text_in_json(void **state)
{
	struct node *answer = answer_of("spi-in=10000001\nspi-out=00000001\n"
					"uniqueid=3");
	struct printed p;

	(void)state;
	printed_start(&p);
	json_print(answer, p.file);
	printed_end(&p, "{\n  \"spi-in\": \"10000001\",\n"
			"  \"spi-out\": \"00000001\",\n  \"uniqueid\": 3\n}\n");
	node_free(answer);
}

static void assert_done_shows(const char *lines, bool waited, const char *want)
{
	struct node *answer = answer_of(lines);
	struct printed p;
	struct show how = { .target = "site/net", .waited = waited };

	printed_start(&p);
	how.out = p.file;
	show_done(answer, &how);
	printed_end(&p, want);
	node_free(answer);
}

static void outcome_of_a_command_is_said_in_words(void **state)
{
	(void)state;
	assert_done_shows("success=yes", true, "site/net: up\n");
	assert_done_shows("success=yes", false, "site/net: begun\n");
	assert_done_shows("success=yes\nmatches=2\nterminated=1", true,
			  "site/net: 1 of 2 ended\n");
	assert_done_shows("success=yes\nmatches=2", true,
			  "site/net: 2 being rekeyed\n");
}

/* --- what is asked */

static bool show_item(void *ctx, struct slice body)
{
	fprintf(ctx, "item %s\n", text_of(body));
	return true;
}

/* In the client's process: asks and prints what came. */
static void client_main(const char *path, const char *target,
			const struct question *question, FILE *out)
{
	struct question q = *question;
	struct target t;
	struct reply reply = { 0 };
	struct error e;
	int err = 0;

	if (target)
		err = target_find(path, target, &t, &e);
	if (!err && target) {
		fprintf(out, "'%s' '%s'\n", t.conn, t.child);
		target_ask(&t, &q);
	}
	if (!err && q.command)
		err = client_ask(path, &q, show_item, out, &reply, &e);
	if (err)
		fprintf(out, "error %d %s\n", err, e.text);
	else if (q.command)
		fprintf(out, "answer %s\n", text_of(reply.body));
	reply_free(&reply);
	fflush(out);
}

/* Runs one to its end; what it printed, until the next one. */
static const char *client(struct ike *i, const char *target,
			  const struct question *q)
{
	static char text[OUTPUT_BYTES];
	int ends[2], turns = 0;
	size_t len = 0;
	ssize_t n = 1;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		client_main(i->f.path, target, q, fdopen(ends[1], "w"));
		_exit(0);
	}
	assert_true(pid > 0);
	close(ends[1]);
	while (n > 0 && turns++ < TURNS) {
		struct pollfd pfd = { .fd = ends[0], .events = POLLIN };

		run_loop(&i->f);
		if (poll(&pfd, 1, TURN_MS) != 1)
			continue;
		n = read(ends[0], text + len, sizeof(text) - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	close(ends[0]);
	if (n > 0)
		kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	text[len] = '\0';
	return text;
}

static void items_come_one_by_one_before_the_answer(void **state)
{
	const struct question q = { .command = "list-conns",
				    .args = { { "ike", "branch" } },
				    .event = "list-conn" };
	const char *got = client(*state, NULL, &q);

	assert_has(got, "item branch{");
	assert_lacks(got, "site");
	assert_has(got, "}\nanswer \n");
}

static void event_that_the_daemon_lacks_is_an_error(void **state)
{
	const struct question q = { .command = "list-conns",
				    .event = "list-nothing" };

	assert_has(client(*state, NULL, &q), "does not know 'list-nothing'");
}

static void name_is_a_connections_first_and_else_a_childs(void **state)
{
	const struct question none = { 0 };
	struct ike *i = *state;

	assert_string_equal(client(i, "site", &none), "'site' ''\n");
	assert_string_equal(client(i, "net", &none), "'' 'net'\n");
	assert_string_equal(client(i, "site/net", &none), "'site' 'net'\n");
	strcpy(i->sas[0].conn, "old"); /* is configured no more */
	assert_string_equal(client(i, "old", &none), "'old' ''\n");
}

static void text_that_is_no_name_is_refused(void **state)
{
	static const char *const texts[] = { "", "/", "a/", "/b", "a/b/c" };
	const struct question none = { 0 };

	for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++)
		assert_has(client(*state, texts[k], &none),
			   "is neither CONN/CHILD nor a name");
}

static void command_names_connection_and_child(void **state)
{
	const struct question q = { .command = "initiate",
				    .args = { { "timeout", "5000" } },
				    .wait_s = 5 };
	struct ike *i = *state;

	i->at_once = true;
	i->at_once_event = (struct control_event){ .kind = CONTROL_CHILD_UP,
						   .conn = "site",
						   .child = "both" };
	assert_string_equal(client(i, "site/both", &q),
			    "'site' 'both'\nanswer success=yes\n");
	assert_string_equal(i->heard[0].conn, "site");
	assert_string_equal(i->heard[0].child, "both");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sas_are_shown_with_their_children),
		cmocka_unit_test(no_sas_are_said_in_words),
		cmocka_unit_test(weak_child_is_shown_as_such),
		cmocka_unit_test(ah_and_transport_mode_are_said),
		cmocka_unit_test(item_that_is_no_sa_is_left_out),
		cmocka_unit_test(malformed_item_is_not_collected),
		cmocka_unit_test(spi_of_digits_stays_text_in_json),
		cmocka_unit_test(outcome_of_a_command_is_said_in_words),
		IKE_CASE(items_come_one_by_one_before_the_answer),
		IKE_CASE(event_that_the_daemon_lacks_is_an_error),
		IKE_CASE(name_is_a_connections_first_and_else_a_childs),
		IKE_CASE(text_that_is_no_name_is_refused),
		IKE_CASE(command_names_connection_and_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
