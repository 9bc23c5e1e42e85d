// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/debug.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/addr.h"
#include "ctrl/cli/ask.h"
#include "ctrl/cli/happens.h"
#include "ctrl/cli/text.h"
#include "ctrl/control/debug.h"

#define CLOCK_BYTES 16 /* "23:59:59" */

bool debug_parse_time(const char *text, unsigned int *seconds)
{
	static const struct {
		const char *unit;
		unsigned long s;
	} units[] = { { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 } };
	unsigned long n;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	n = strtoul(text, &end, 10);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit) != 0 || n > DEBUG_MAX_S)
			continue;
		*seconds = (unsigned int)(n * units[i].s);
		return n && n * units[i].s <= DEBUG_MAX_S;
	}
	return false;
}

static bool is(const struct node *section, const char *key, const char *value)
{
	return strcmp(node_text(section, key), value) == 0;
}

void debug_say(time_t at, const struct node *event, FILE *out)
{
	char clock[CLOCK_BYTES] = "";
	struct tm tm;

	if (localtime_r(&at, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	if (node_find(event, "untold"))
		fprintf(out, "%s (%s messages before this one were too many)\n",
			clock, node_text(event, "untold"));
	fprintf(out, "%s %-3s %s %s %s: %s\n", clock,
		node_text(event, "direction"), node_text(event, "exchange"),
		is(event, "response", "yes") ? "response" : "request",
		node_text(event, "message-id"), node_text(event, "text"));
}

/* --- whose */

/* What stands first under a key, of a list's only item; free() it. */
static char *first_of(const char *path, const char *list, const char *event,
		      const char *conn, const char *key)
{
	const struct question q = { .command = list,
				    .args = { { "ike", conn } },
				    .event = event };
	struct error e;
	struct node *answer = ask_daemon(path, &q, "items", &e);
	const struct node *item = node_first(node_find(answer, "items"));
	const struct node *value = node_find(node_find(item, conn), key);
	char *text = NULL;

	if (value && value->type == NODE_LIST)
		value = node_first(value);
	if (value && value->text)
		text = need(strdup(value->text));
	node_free(answer);
	return text;
}

/* An address, or that of a connection's peer. */
static int find_peer(const struct arguments *args, char out[ADDR_STR_MAX],
		     struct error *e)
{
	const char *path = arguments_path(args), *word = args->words[0];
	struct addr addr;
	char *host = NULL;
	int err = 0;

	if (addr_parse(word, &addr)) {
		host = first_of(path, "list-sas", "list-sa", word,
				"remote-host");
		if (!host)
			host = first_of(path, "list-conns", "list-conn", word,
					"remote_addrs");
		if (!host)
			err = error_set(e, -ENOENT,
					"'%s' is neither an address nor a "
					"connection",
					word);
		else if (addr_parse(host, &addr))
			err = error_set(e, -ENOENT,
					"the peer of '%s' is %s now: name its "
					"address",
					word, host);
	}
	if (!err)
		addr_str(&addr, out);
	free(host);
	return err;
}

/* --- what comes */

/* Until there is an answer, what is heard is of who asked before. */
struct hearing {
	bool answered;
	bool json;
	FILE *out;
};

static int take_event(void *ctx, struct slice name, struct slice body,
		      struct error *e)
{
	const struct hearing *h = ctx;
	struct node *event;
	const struct node *end;
	int err = 0;

	(void)name;
	if (!h->answered)
		return 0;
	event = node_parse(body);
	if (!event)
		return error_set(e, -EPROTO, "an event is malformed");
	end = node_find(event, "end");
	if (end)
		err = strcmp(end->text ? end->text : "", "time") == 0
			      ? 1
			      : error_set(e, -EBUSY,
					  "it ends: another `cygnet debug` took "
					  "its place");
	else if (h->json)
		happens_print(time(NULL), DEBUG_COMMAND, event, h->out);
	else
		debug_say(time(NULL), event, h->out);
	node_free(event);
	if (!err && fflush(h->out))
		err = error_set(e, -errno, "cannot write: %s", strerror(errno));
	return err;
}

static int take_answer(void *ctx, struct slice body, struct error *e)
{
	struct node *answer = node_parse(body);
	struct hearing *h = ctx;
	int err = 0;

	h->answered = true;
	if (!answer || ask_is_refusal(answer))
		err = error_set(e, -EPROTO, "%s",
				answer ? node_text(answer, "errmsg")
				       : "an answer is malformed");
	node_free(answer);
	return err;
}

int debug_run(const struct arguments *args, FILE *out)
{
	static const char *const names[] = { DEBUG_COMMAND, NULL };
	struct hearing h = { .json = arguments_have(args, OPT(JSON)),
			     .out = out };
	const struct client_follower follower = { .event = take_event,
						  .answer = take_answer,
						  .ctx = &h };
	struct question q = { .command = DEBUG_COMMAND, .wait_s = DEBUG_S };
	const char *time_text = args->values[OPTION_FOR];
	char peer[ADDR_STR_MAX], seconds[16];
	struct error e;
	int err;

	if (time_text && !debug_parse_time(time_text, &q.wait_s)) {
		fprintf(stderr,
			"cygnet: --for is a time from 1s to 1h, not '%s'\n",
			time_text);
		return 2;
	}
	err = find_peer(args, peer, &e);
	snprintf(seconds, sizeof(seconds), "%u", q.wait_s);
	question_add(&q, "peer", peer);
	question_add(&q, "for", seconds);
	if (!err)
		err = client_follow(arguments_path(args), names, &q, &follower,
				    &e);
	if (err)
		fprintf(stderr, "cygnet: %s\n", e.text);
	return err ? 1 : 0;
}
