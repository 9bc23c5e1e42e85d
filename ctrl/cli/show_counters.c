// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whatever is counted, a line each, with the path of its name in the answer:
 * nothing is left out, so that two outputs compare line by line, and what a newer
 * daemon counts is shown too.
 */
#include "ctrl/cli/show.h"

#include <stdlib.h>
#include <string.h>

#include "ctrl/cli/table.h"
#include "ctrl/cli/text.h"

static void add_row(struct table *t, const char *name, const char *count,
		    const char *bytes)
{
	table_text(t, name);
	table_text(t, count);
	table_text(t, bytes);
}

static bool is_counted(const struct node *n, const char *what)
{
	return n->type == NODE_VALUE && strcmp(n->name, what) == 0;
}

/* As deep as a message nests: VICI_DEPTH_MAX bounds the recursion. */
static void add_below(struct table *t, const struct node *section,
		      const char *path)
{
	for (const struct node *n = node_first(section); n; n = n->next) {
		char *name = NULL;

		if (is_counted(n, "bytes"))
			continue; /* stands beside its packets */
		if (asprintf(&name, "%s%s%s", path, *path ? "." : "", n->name) <
		    0)
			name = NULL;
		need(name);
		if (n->type != NODE_VALUE)
			add_below(t, n, name);
		else if (is_counted(n, "packets"))
			add_row(t, path, n->text, node_text(section, "bytes"));
		else
			add_row(t, name, n->text, "-");
		free(name);
	}
}

void show_counters(const struct node *answer, const struct show *how)
{
	struct table t = table_new("lrr");

	add_row(&t, "COUNTER", "COUNT", "BYTES");
	add_below(&t, answer, "");
	table_print(&t, how->out);
	table_free(&t);
}
