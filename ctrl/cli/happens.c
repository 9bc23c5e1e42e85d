// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/happens.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/cli/client.h"
#include "ctrl/cli/json.h"
#include "ctrl/cli/text.h"

#define CLOCK_BYTES 16 /* "23:59:59" */

/* In whose words it is written; a daemon that lacks one of them is asked for the
 * others. */
static const char *const events[] = { "ike-updown", "child-updown",
				      "ike-rekey",  "child-rekey",
				      "log",	    NULL };

void happens_print(time_t at, const char *event, const struct node *data,
		   FILE *out)
{
	json_t *line = need(json_pack("{s:I,s:s,s:o}", "time", (json_int_t)at,
				      "event", event, "data", json_of(data)));
	char *text = need(json_dumps(line, JSON_COMPACT));

	fprintf(out, "%s\n", text);
	free(text);
	json_decref(line);
}

void happens_say(time_t at, const struct node *data, FILE *out)
{
	const struct node *name = node_find(data, "ikesa-name");
	char clock[CLOCK_BYTES] = "";
	struct tm tm;

	if (localtime_r(&at, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	fprintf(out, "%s [%s] %s%s%s\n", clock, node_text(data, "group"),
		name ? node_text(data, "ikesa-name") : "", name ? ": " : "",
		node_text(data, "msg"));
}

struct hearing {
	bool in_words;
	FILE *out;
};

/* Whoever reads sees a line when it is written. */
static int take_event(void *ctx, struct slice name, struct slice body,
		      struct error *e)
{
	const struct hearing *h = ctx;
	struct node *data = node_parse(body);
	char *event = text_printable(name);
	int err = 0;

	if (!data)
		err = error_set(e, -EPROTO, "an event '%s' is malformed", event);
	else if (h->in_words)
		happens_say(time(NULL), data, h->out);
	else
		happens_print(time(NULL), event, data, h->out);
	free(event);
	node_free(data);
	if (!err && fflush(h->out))
		err = error_set(e, -errno, "cannot write: %s", strerror(errno));
	return err;
}

static int listen_to(const struct arguments *args, const char *const *names,
		     struct hearing h)
{
	struct error e;

	client_listen(arguments_path(args), names, take_event, &h, &e);
	fprintf(stderr, "cygnet: %s\n", e.text);
	return 1;
}

int happens_run(const struct arguments *args, FILE *out)
{
	return listen_to(args, events, (struct hearing){ .out = out });
}

int happens_log(const struct arguments *args, FILE *out)
{
	static const char *const log[] = { "log", NULL };
	const bool json = arguments_have(args, OPT(JSON));

	return listen_to(args, log, (struct hearing){ !json, out });
}
