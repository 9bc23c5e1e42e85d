// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/happens.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/cli/client.h"
#include "ctrl/cli/json.h"
#include "ctrl/cli/text.h"

/* In whose words it is written; a daemon that lacks one of them is asked for the
 * others. */
static const char *const events[] = { "ike-updown", "child-updown", "ike-rekey",
				      "child-rekey", "log",	    NULL };

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

/* Whoever reads sees a line when it is written. */
static int take_event(void *ctx, struct slice name, struct slice body,
		      struct error *e)
{
	struct node *data = node_parse(body);
	char *event = text_printable(name);
	FILE *out = ctx;
	int err = 0;

	if (!data)
		err = error_set(e, -EPROTO, "an event '%s' is malformed", event);
	else
		happens_print(time(NULL), event, data, out);
	free(event);
	node_free(data);
	if (!err && fflush(out))
		err = error_set(e, -errno, "cannot write: %s", strerror(errno));
	return err;
}

int happens_run(const struct arguments *args, FILE *out)
{
	struct error e;

	client_listen(arguments_path(args), events, take_event, out, &e);
	fprintf(stderr, "cygnet: %s\n", e.text);
	return 1;
}
