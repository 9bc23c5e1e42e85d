// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/ask.h"

#include <errno.h>
#include <string.h>

static bool take_item(void *ctx, struct slice body)
{
	return node_collect(ctx, body);
}

bool ask_is_refusal(const struct node *answer)
{
	return strcmp(node_text(answer, "success"), "no") == 0;
}

struct node *ask_daemon(const char *path, const struct question *q,
			const char *items, struct error *e)
{
	struct node *list = q->event ? node_collection(items) : NULL;
	struct node *answer = NULL;
	struct reply reply;

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
