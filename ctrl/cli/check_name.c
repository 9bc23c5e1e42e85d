// SPDX-License-Identifier: BSD-2-Clause
/*
 * What fails in eight hours fails now: a rekeying, with its own key exchange if
 * there is to be one. What else an operator wants to know of a tunnel: who has
 * proved to be whom, and which packets pass.
 *
 * A tunnel is looked at as it is. One that is not up is not brought up for this.
 */
#include "ctrl/cli/check_name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ctrl/base/clock.h"
#include "ctrl/cli/ask.h"
#include "ctrl/cli/check_mtu.h"
#include "ctrl/cli/finding.h"
#include "ctrl/cli/target.h"
#include "ctrl/cli/text.h"
#include "ctrl/control/duration.h"
#include "ctrl/model/remedy.h"

#define REKEY_WAIT_S   20
#define REKEY_EVENT    "child-rekey"
#define NAME_MAX_BYTES 256
#define EVERY	       (OPT(PFS) | OPT(MTU) | OPT(AUTH))

bool check_is_name(const struct arguments *args)
{
	const char *word = args->words[0];
	const size_t len = word ? strlen(word) : 0;
	struct stat st;

	if (!word)
		return false;
	if (args->given & CHECK_OF_TUNNELS)
		return true;
	if (word[0] == '/' || word[0] == '.')
		return false;
	if (len > 5 && strcmp(word + len - 5, ".conf") == 0)
		return false;
	return stat(word, &st) != 0;
}

static bool is(const struct node *section, const char *key, const char *value)
{
	return strcmp(node_text(section, key), value) == 0;
}

/* --- who has proved to be whom */

/* What is configured of the peer's identity; "": any will do. free() it. */
/* Of several rounds an IKE SA has the identities of the last. */
static const struct node *last_remote(const struct node *conn)
{
	const struct node *last = NULL, *at = NULL;
	char name[32];
	unsigned int n = 0;

	do {
		last = at;
		snprintf(name, sizeof(name), "remote-%u", ++n);
		at = node_find(conn, name);
	} while (at);
	return last;
}

static char *wanted_id(const struct checked *t)
{
	const struct question q = { .command = "list-conns",
				    .args = { { "ike", t->conn } },
				    .event = "list-conn" };
	struct error e;
	struct node *answer = ask_daemon(t->path, &q, "conns", &e);
	const struct node *item = node_first(node_find(answer, "conns"));
	const struct node *remote = last_remote(node_find(item, t->conn));
	char *id =
		strdup(node_find(remote, "id") ? node_text(remote, "id") : "");

	node_free(answer);
	return need(id);
}

static void check_auth(const struct checked *t, struct findings *out)
{
	const char *ours = node_text(t->ike, "local-id");
	const char *theirs = node_text(t->ike, "remote-id");
	char since[DURATION_STR_MAX];
	char *wanted = wanted_id(t);
	/* Without one it is the peer's address that counts. */
	const bool any = (!*wanted || strcmp(wanted, "%any") == 0) &&
			 !is(t->ike, "remote-host", theirs);
	struct finding *f = finding_add(
		out, "auth", any ? VERDICT_WARNING : VERDICT_OK,
		"we are %s, the peer is %s; both have proved it %s ago%s", ours,
		theirs, duration_str(node_count(t->ike, "established"), since),
		any ? ", but any identity would have done" : "");

	if (any)
		finding_remedy(f,
			       "write `id = %s` into `remote` of connection %s",
			       theirs, t->conn);
	f->more = json_pack("{s:s,s:s,s:s}", "local-id", ours, "remote-id",
			    theirs, "wanted-id", wanted);
	free(wanted);
}

/* --- a rekeying */

struct rekeying {
	const struct checked *t;
	char failure[FINDING_TEXT_MAX]; /* "": none so far */
	char group[64];			/* of the new SA; "": none */
	bool done;
};

/* "'net' failed: WHY", as the daemon says it. */
static void take_log(struct rekeying *r, const struct node *event)
{
	const char *msg = node_text(event, "msg");
	char start[NAME_MAX_BYTES];
	int len;

	if (!is(event, "ikesa-name", r->t->conn))
		return;
	len = snprintf(start, sizeof(start),
		       "'%s' failed: ", node_text(r->t->child, "name"));
	if (strncmp(msg, start, (size_t)len) == 0)
		snprintf(r->failure, sizeof(r->failure), "%s", msg + len);
	else if (strstr(msg, "' is down: "))
		snprintf(r->failure, sizeof(r->failure), "%s",
			 strstr(msg, "' is down: ") + strlen("' is down: "));
}

/* Of our SA, and of no other one of that name. */
static void take_rekey(struct rekeying *r, const struct node *event)
{
	const struct node *ike = node_find(event, r->t->conn);
	const struct node *child = node_find(node_find(ike, "child-sas"),
					     node_text(r->t->child, "name"));
	const struct node *new = node_find(child, "new");

	if (!new || !is(node_find(child, "old"), "uniqueid",
			node_text(r->t->child, "uniqueid")))
		return;
	r->done = true;
	if (node_find(new, "dh-group"))
		snprintf(r->group, sizeof(r->group), "%s",
			 node_text(new, "dh-group"));
}

static bool is_rekey(struct slice name)
{
	return name.len == strlen(REKEY_EVENT) &&
	       memcmp(name.ptr, REKEY_EVENT, name.len) == 0;
}

static int take_event(void *ctx, struct slice name, struct slice body,
		      struct error *e)
{
	struct rekeying *r = ctx;
	struct node *event = node_parse(body);

	if (!event)
		return error_set(e, -EPROTO, "an event is malformed");
	if (is_rekey(name))
		take_rekey(r, event);
	else
		take_log(r, event);
	node_free(event);
	return r->done || r->failure[0];
}

static int take_answer(void *ctx, struct slice body, struct error *e)
{
	struct node *answer = node_parse(body);
	int err = 0;

	(void)ctx;
	if (!answer || ask_is_refusal(answer))
		err = error_set(e, -EPROTO, "%s",
				answer ? node_text(answer, "errmsg")
				       : "an answer is malformed");
	node_free(answer);
	return err;
}

static void say_rekeyed(const struct rekeying *r, uint64_t ms,
			struct findings *out)
{
	struct finding *f;

	if (r->group[0])
		f = finding_add(out, "pfs", VERDICT_OK,
				"rekeyed within %llu ms, with a key exchange of "
				"its own (%s)",
				(unsigned long long)ms, r->group);
	else
		f = finding_add(out, "pfs", VERDICT_WARNING,
				"rekeyed within %llu ms, without a key exchange "
				"of its own: keys are those of the IKE SA",
				(unsigned long long)ms);
	if (!r->group[0])
		finding_remedy(f, "write proposals with a group into "
				  "`esp_proposals` on both sides, such as "
				  "aes256gcm16-x25519");
	f->more = json_pack("{s:I,s:s}", "milliseconds", (json_int_t)ms,
			    "dh-group", r->group);
}

static void check_pfs(const struct checked *t, struct findings *out)
{
	static const char *const names[] = { REKEY_EVENT, "log", NULL };
	struct rekeying r = { .t = t };
	const struct client_follower follower = { .event = take_event,
						  .answer = take_answer,
						  .ctx = &r };
	struct question q = { .command = "rekey", .wait_s = REKEY_WAIT_S };
	const uint64_t start_ns = clock_ns();
	struct finding *f;
	struct error e;

	question_add(&q, "child-id", node_text(t->child, "uniqueid"));
	if (client_follow(t->path, names, &q, &follower, &e) && !r.failure[0])
		snprintf(r.failure, sizeof(r.failure), "%.500s", e.text);
	if (r.done) {
		say_rekeyed(&r, (clock_ns() - start_ns) / NS_PER_MS, out);
		return;
	}
	f = finding_add(out, "pfs", VERDICT_WRONG, "it cannot be rekeyed: %s",
			r.failure);
	finding_remedy(f, "%s", remedy_of_failure(r.failure));
}

/* --- all of them */

static void check_one(const struct arguments *args, const struct checked *t,
		      struct findings *out)
{
	const uint64_t asked = args->given & EVERY ? args->given : EVERY;

	if (asked & OPT(AUTH))
		check_auth(t, out);
	/* Before the rekeying: that one changes the SA. */
	if (asked & OPT(MTU))
		check_mtu(t, args->values[OPTION_TO], out);
	if (asked & OPT(PFS))
		check_pfs(t, out);
}

static char *name_of(const char *conn, const char *child)
{
	char *name;

	if (asprintf(&name, "%s/%s", conn, child) < 0)
		name = NULL;
	return need(name);
}

static void show(const struct arguments *args, const struct findings *f,
		 json_t *all, FILE *out)
{
	if (arguments_have(args, OPT(JSON)))
		json_object_set_new(all, f->name, findings_json(f));
	else
		findings_print(f, out);
	fflush(out);
}

/* How many were looked at; *wrong counts. */
static size_t check_children(const struct arguments *args, const struct node *sa,
			     json_t *all, FILE *out, size_t *wrong)
{
	struct checked t = { .path = arguments_path(args),
			     .conn = sa->name,
			     .ike = sa };
	size_t n = 0;

	t.child = node_first(node_find(sa, "child-sas"));
	for (; t.child; t.child = t.child->next) {
		char *name;
		struct findings f = { .n = 0 };

		if (!is(t.child, "state", "INSTALLED"))
			continue;
		name = name_of(t.conn, node_text(t.child, "name"));
		f.name = name;
		f.peer = node_text(sa, "remote-host");
		check_one(args, &t, &f);
		show(args, &f, all, out);
		*wrong += findings_are_wrong(&f);
		findings_free(&f);
		free(name);
		n++;
	}
	return n;
}

/* One that is not up: why, and what to do. */
static int say_down(const struct arguments *args, const struct target *target,
		    json_t *all, FILE *out, struct error *e)
{
	struct question q = { .command = "cygnet-why" };
	const struct node *t;
	struct node *answer;

	target_ask(target, &q);
	answer = ask_daemon(arguments_path(args), &q, NULL, e);
	if (!answer)
		return 1;
	if (ask_is_refusal(answer)) {
		error_set(e, -ENOENT, "%s: %s", args->words[0],
			  node_text(answer, "errmsg"));
		node_free(answer);
		return 1;
	}
	for (t = node_first(node_find(answer, "tunnels")); t; t = t->next) {
		const struct node *failure = node_find(t, "failure");
		struct findings f = { .name = t->name };
		struct finding *found =
			finding_add(&f, "auth", VERDICT_WRONG,
				    "it is not up%s%s", failure ? ": " : "",
				    failure ? node_text(failure, "text") : "");

		finding_remedy(found, "%s", node_text(t, "remedy"));
		show(args, &f, all, out);
		findings_free(&f);
	}
	node_free(answer);
	return CHECK_EXIT_WRONG;
}

static int check_all(const struct arguments *args, json_t *all, FILE *out,
		     struct error *e)
{
	struct question q = { .command = "list-sas", .event = "list-sa" };
	size_t n = 0, wrong = 0;
	struct target target;
	struct node *answer;
	const struct node *item;

	if (target_find(arguments_path(args), args->words[0], &target, e))
		return 1;
	target_ask(&target, &q);
	answer = ask_daemon(arguments_path(args), &q, "sas", e);
	if (!answer)
		return 1;
	for (item = node_first(node_find(answer, "sas")); item;
	     item = item->next)
		n += check_children(args, node_first(item), all, out, &wrong);
	node_free(answer);
	if (!n)
		return say_down(args, &target, all, out, e);
	return wrong ? CHECK_EXIT_WRONG : 0;
}

int check_name_run(const struct arguments *args, FILE *out)
{
	json_t *all = need(json_object());
	struct error e = { .text = "" };
	int code = check_all(args, all, out, &e);
	char *text;

	if (code == 1)
		fprintf(stderr, "cygnet: %s\n", e.text);
	else if (arguments_have(args, OPT(JSON))) {
		text = need(json_dumps(all, JSON_INDENT(2)));
		fprintf(out, "%s\n", text);
		free(text);
	}
	json_decref(all);
	return code;
}
