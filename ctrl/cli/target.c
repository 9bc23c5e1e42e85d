// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool count_item(void *ctx, struct slice body)
{
	unsigned int *n = ctx;

	(void)body;
	(*n)++;
	return true;
}

/* Is there an item of this connection? Negative as of client_ask(). */
static int is_listed(const char *path, const char *list, const char *event,
		     const char *conn, struct error *e)
{
	const struct question q = {
		.command = list,
		.args = { { "ike", conn } },
		.event = event,
	};
	unsigned int n = 0;
	struct reply reply;
	int err = client_ask(path, &q, count_item, &n, &reply, e);

	reply_free(&reply);
	return err ? err : n > 0;
}

int target_find(const char *path, const char *text, struct target *out,
		struct error *e)
{
	const char *slash = strchr(text, '/');
	size_t conn_len = slash ? (size_t)(slash - text) : 0;
	int found;

	*out = (struct target){ 0 };
	if (strlen(text) >= TARGET_MAX || !*text || slash == text ||
	    (slash && (!slash[1] || strchr(slash + 1, '/'))))
		return error_set(e, -EINVAL,
				 "'%.*s' is neither CONN/CHILD nor a name",
				 TARGET_MAX, text);
	if (slash) {
		memcpy(out->conn, text, conn_len);
		strcpy(out->child, slash + 1);
		return 0;
	}
	found = is_listed(path, "list-conns", "list-conn", text, e);
	if (found == 0)
		found = is_listed(path, "list-sas", "list-sa", text, e);
	if (found < 0)
		return found;
	strcpy(found ? out->conn : out->child, text);
	return 0;
}

void target_ask(const struct target *t, struct question *q)
{
	size_t i = 0;

	while (q->args[i].key)
		i++;
	if (t->conn[0]) {
		q->args[i].key = "ike";
		q->args[i++].value = t->conn;
	}
	if (t->child[0]) {
		q->args[i].key = "child";
		q->args[i].value = t->child;
	}
}
