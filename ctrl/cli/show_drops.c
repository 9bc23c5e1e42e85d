// SPDX-License-Identifier: BSD-2-Clause
/*
 * What became of the packets: those dropped, then those that the programs let
 * pass or handed on, by reason. The meaning comes with the answer, so that a
 * client shows the reasons of a newer daemon too.
 */
#include "ctrl/cli/show.h"

#include "ctrl/cli/table.h"

static void show_reasons(const struct node *reasons, const char *title,
			 const char *none, const struct show *how)
{
	struct table t = table_new("lrrl");
	const struct node *r;

	table_text(&t, title);
	table_text(&t, "PACKETS");
	table_text(&t, "BYTES");
	table_text(&t, "MEANING");
	for (r = node_first(reasons); r; r = r->next) {
		uint64_t pkts = node_count(r, "packets");

		if (!pkts && !how->all)
			continue;
		table_text(&t, r->name);
		table_count(&t, pkts);
		table_count(&t, node_count(r, "bytes"));
		table_text(&t, node_text(r, "text"));
	}
	if (table_rows(&t) > 1)
		table_print(&t, how->out);
	else
		fprintf(how->out, "%s\n", none);
	table_free(&t);
}

/* Unless nothing of it is: TCP is a rare thing. */
static void show_streams(const struct node *counts, const struct show *how)
{
	struct table t = table_new("lrl");
	const struct node *c;

	table_text(&t, "IN TCP");
	table_text(&t, "COUNT");
	table_text(&t, "MEANING");
	for (c = node_first(counts); c; c = c->next) {
		uint64_t n = node_count(c, "count");

		if (!n && !how->all)
			continue;
		table_text(&t, c->name);
		table_count(&t, n);
		table_text(&t, node_text(c, "text"));
	}
	if (table_rows(&t) > 1) {
		fputc('\n', how->out);
		table_print(&t, how->out);
	}
	table_free(&t);
}

void show_drops(const struct node *answer, const struct show *how)
{
	show_reasons(node_find(answer, "drops"), "DROPPED",
		     "No packet was dropped.", how);
	fputc('\n', how->out);
	show_reasons(node_find(answer, "passes"), "PASSED", "No packet passed.",
		     how);
	fprintf(how->out, "\n%s packets are on their way through a worker.\n",
		node_text(answer, "in_flight"));
	show_streams(node_find(answer, "tcp"), how);
}
