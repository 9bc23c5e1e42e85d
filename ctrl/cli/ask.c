// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/ask.h"

#include <errno.h>
#include <string.h>

static bool take_item(void *ctx, struct slice body)
{
	return node_collect(ctx, body);
}

static bool take_part(void *ctx, struct slice body)
{
	struct node *part = node_parse(body);

	if (part)
		node_merge(ctx, part);
	return part;
}

/* They came before it, and are its own. */
static struct node *ask_in_parts(const char *path, const struct question *q,
				 struct error *e)
{
	struct node *parts = node_parse(slice_of(NULL, 0)), *answer = NULL;
	struct reply reply;

	if (!client_ask(path, q, take_part, parts, &reply, e)) {
		answer = node_parse(reply.body);
		if (!answer)
			error_set(e, -EPROTO, "the answer from %s is malformed",
				  path);
	}
	if (answer) {
		node_merge(answer, parts);
		parts = NULL;
	}
	node_free(parts);
	reply_free(&reply);
	return answer;
}

bool ask_is_refusal(const struct node *answer)
{
	return strcmp(node_text(answer, "success"), "no") == 0;
}

struct node *ask_daemon(const char *path, const struct question *q,
			const char *items, struct error *e)
{
	struct node *list, *answer = NULL;
	struct reply reply;

	if (q->event && strcmp(q->event, CLIENT_PARTS) == 0)
		return ask_in_parts(path, q, e);
	list = q->event ? node_collection(items) : NULL;
	if (client_ask(path, q, take_item, list, &reply, e))
		goto free_list;
	answer = node_parse(reply.body);
	if (!answer) {
		error_set(e, -EPROTO, "the answer from %s is malformed", path);
		goto free_list;
	}
	if (list && !ask_is_refusal(answer)) {
		node_free(answer); /* it only ends the list */
		answer = list;
		list = NULL;
	}

free_list:
	node_free(list);
	reply_free(&reply);
	return answer;
}
