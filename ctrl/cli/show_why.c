// SPDX-License-Identifier: BSD-2-Clause
/*
 * Why a tunnel is not up: a sentence, what both sides have beside each other, what
 * to do, and what happened last.
 */
#include "ctrl/cli/show.h"

#include <stdlib.h>
#include <string.h>

#include "ctrl/cli/table.h"
#include "ctrl/cli/text.h"
#include "ctrl/control/duration.h"

static const char *state_text(const struct node *tunnel)
{
	static const struct {
		const char *state, *text;
	} states[] = { { "up", "is up" },
		       { "connecting", "is being brought up" },
		       { "trap", "waits for traffic" },
		       { "down", "is down" } };

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(states[i].state, node_text(tunnel, "state")) == 0)
			return states[i].text;
	return "is in a state that this client does not know";
}

static void show_sentence(const struct node *tunnel, FILE *out)
{
	const struct node *failure = node_find(tunnel, "failure");
	const bool ended = strcmp(node_text(failure, "kind"), "ended") == 0;
	const struct node *peer = node_find(failure, "peer");
	const char *what = node_find(failure, "what") ? "what" : "text";
	char since[DURATION_STR_MAX];

	fprintf(out, "%s %s%s", tunnel->name, state_text(tunnel),
		node_find(tunnel, "tcp") ? " over TCP" : "");
	if (!failure) {
		fputs(".\n", out);
		return;
	}
	fprintf(out, ". It %s %s ago%s%s: %s.\n", ended ? "ended" : "failed",
		duration_str(node_count(failure, "ago"), since),
		peer ? ", peer " : "", peer ? node_text(failure, "peer") : "",
		node_text(failure, what));
}

static void add_item(struct table *t, const struct node **item)
{
	table_text(t, *item && (*item)->text ? (*item)->text : "");
	if (*item)
		*item = (*item)->next;
}

/* Whatever one side has more of than the other stands alone. */
static void show_sides(const struct node *failure, FILE *out)
{
	const struct node *ours = node_first(node_find(failure, "ours"));
	const struct node *peers = node_first(node_find(failure, "peers"));
	struct table t = table_new("lll");

	if (!ours)
		return;
	table_text(&t, " ");
	table_text(&t, "OURS");
	table_text(&t, "THEIRS");
	table_text(&t, "");
	add_item(&t, &ours);
	if (peers)
		add_item(&t, &peers);
	else
		table_text(&t, "(the peer gave no details)");
	while (ours || peers) {
		table_text(&t, "");
		add_item(&t, &ours);
		add_item(&t, &peers);
	}
	table_print(&t, out);
	table_free(&t);
}

static void show_tunnel(const struct node *tunnel, FILE *out)
{
	const struct node *remedy = node_find(tunnel, "remedy");

	show_sentence(tunnel, out);
	show_sides(node_find(tunnel, "failure"), out);
	if (remedy && *node_text(tunnel, "remedy"))
		fprintf(out, "What to do: %s.\n", node_text(tunnel, "remedy"));
}

/* --- what happened */

static const char *kind_text(const struct node *event)
{
	static const struct {
		const char *kind, *text;
	} kinds[] = { { "ike-up", "IKE SA up" },
		      { "ike-down", "IKE SA down" },
		      { "child-up", "up" },
		      { "child-down", "down" },
		      { "failed", "failed" } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].kind, node_text(event, "kind")) == 0)
			return kinds[i].text;
	return node_text(event, "kind");
}

static void add_event(struct table *t, const struct node *event)
{
	char since[DURATION_STR_MAX], ago[DURATION_STR_MAX + 8];
	const struct node *child = node_find(event, "child");
	char *name;

	snprintf(ago, sizeof(ago), "  %s ago",
		 duration_str(node_count(event, "ago"), since));
	if (asprintf(&name, "%s%s%s", node_text(event, "conn"), child ? "/" : "",
		     child ? node_text(event, "child") : "") < 0)
		name = NULL;
	table_text(t, ago);
	table_text(t, need(name));
	table_text(t, node_find(event, "peer") ? node_text(event, "peer") : "");
	table_text(t, kind_text(event));
	table_text(t, node_find(event, "text") ? node_text(event, "text") : "");
	free(name);
}

static void show_events(const struct node *events, FILE *out)
{
	struct table t = table_new("lllll");

	if (!node_first(events))
		return;
	fputs("\nLast events:\n", out);
	for (const struct node *e = node_first(events); e; e = e->next)
		add_event(&t, e);
	table_print(&t, out);
	table_free(&t);
}

void show_why(const struct node *answer, const struct show *how)
{
	const struct node *t = node_first(node_find(answer, "tunnels"));

	for (; t; t = t->next) {
		show_tunnel(t, how->out);
		if (t->next)
			fputc('\n', how->out);
	}
	show_events(node_find(answer, "events"), how->out);
}
