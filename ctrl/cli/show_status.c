// SPDX-License-Identifier: BSD-2-Clause
/*
 * The gateway at a glance: a line for itself, one for each interface and
 * policy, and for each tunnel one that says whether it passes traffic, with
 * its two SAs and what they dropped below it.
 *
 * Counters tell what happened since the SA exists, `last` what happens now:
 * a tunnel's state comes from the latter alone.
 */
#include "ctrl/cli/show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/cli/table.h"
#include "ctrl/cli/text.h"
#include "ctrl/control/duration.h"
#include "ctrl/model/status.h"

#define RECENT_S	60 /* a packet within it: in use */
#define STATE_STR_MAX	80
#define ROWS_PER_TUNNEL 2 /* of the SAs' table: out, in */

static const char *const directions[ROWS_PER_TUNNEL] = { "out", "in" };

static uint64_t idle_s(const struct node *sa)
{
	uint64_t seconds;

	return node_number(sa, "idle", &seconds) ? seconds : STATUS_NEVER_S;
}

static void show_gateway(const struct node *gateway, FILE *out)
{
	char up[DURATION_STR_MAX];

	fprintf(out,
		"cygnet %s, up %s, default %s, crypto %s, workers %s, "
		"pid %s\n",
		node_text(gateway, "version"),
		duration_str(node_count(gateway, "uptime"), up),
		node_text(gateway, "default"), node_text(gateway, "crypto"),
		node_text(gateway, "workers"), node_text(gateway, "pid"));
}

/* A table of one line a section: its name and some of its fields. */
struct columns {
	const char *align;
	const char *heads[TABLE_COLUMNS_MAX]; /* up to a NULL */
	const char *keys[TABLE_COLUMNS_MAX];  /* of all columns but the first */
};

/* A field's text in a cell of its own. */
static const char *cell_text(const struct node *section, const char *key)
{
	const char *text = node_text(section, key);

	if (strcmp(key, "protocol") == 0 && strcmp(text, "0") == 0)
		return "any"; /* RFC 4301 section 4.4.1.1 */
	return *text ? text : "-";
}

static void show_sections(const struct node *sections,
			  const struct columns *columns, FILE *out)
{
	struct table t = table_new(columns->align);
	const struct node *s;

	if (!node_first(sections))
		return;
	for (size_t i = 0; columns->heads[i]; i++)
		table_text(&t, columns->heads[i]);
	for (s = node_first(sections); s; s = s->next) {
		table_text(&t, s->name);
		for (size_t i = 0; columns->keys[i]; i++)
			table_text(&t, cell_text(s, columns->keys[i]));
	}
	fputc('\n', out);
	table_print(&t, out);
	table_free(&t);
}

static const struct columns iface_columns = {
	.align = "llllr",
	.heads = { "INTERFACE", "ROLE", "XDP", "AF_XDP", "QUEUES" },
	.keys = { "role", "xdp", "af_xdp", "queues" },
};

static const struct columns policy_columns = {
	.align = "llllrl",
	.heads = { "POLICY", "ACTION", "LOCAL", "REMOTE", "PROTOCOL", "TUNNEL" },
	.keys = { "action", "local_ts", "remote_ts", "protocol", "tunnel" },
};

static void one_way(const char *missing, uint64_t seconds,
		    char state[STATE_STR_MAX])
{
	char since[DURATION_STR_MAX];

	if (seconds == STATUS_NEVER_S)
		snprintf(state, STATE_STR_MAX, "one-way: nothing %s yet",
			 missing);
	else
		snprintf(state, STATE_STR_MAX, "one-way: nothing %s for %s",
			 missing, duration_str(seconds, since));
}

static void tunnel_state(const struct node *tunnel, char state[STATE_STR_MAX])
{
	uint64_t in_s = idle_s(node_find(tunnel, "in"));
	uint64_t out_s = idle_s(node_find(tunnel, "out"));

	if (in_s <= RECENT_S && out_s <= RECENT_S)
		snprintf(state, STATE_STR_MAX, "passing");
	else if (out_s <= RECENT_S)
		one_way("received", in_s, state);
	else if (in_s <= RECENT_S)
		one_way("sent", out_s, state);
	else
		snprintf(state, STATE_STR_MAX, "idle");
}

static void add_sa(struct table *t, const struct node *sa, const char *direction)
{
	char pkts[32], bytes[BYTES_STR_MAX], since[DURATION_STR_MAX];
	uint64_t seconds = idle_s(sa);
	char last[DURATION_STR_MAX + 16] = "never used";

	if (seconds != STATUS_NEVER_S)
		snprintf(last, sizeof(last), "last %s ago",
			 duration_str(seconds, since));
	snprintf(pkts, sizeof(pkts), "%" PRIu64 " pkts",
		 node_count(sa, "packets"));
	table_text(t, direction);
	table_text(t, node_text(sa, "spi"));
	table_text(t, pkts);
	table_text(t, bytes_str(node_count(sa, "bytes"), bytes));
	table_text(t, last);
}

static const char *meaning_of(const char *reason)
{
	for (unsigned int i = DROP_NONE + 1; i < DROP_MAX; i++)
		if (strcmp(drop_name((enum drop_reason)i), reason) == 0)
			return drop_text((enum drop_reason)i);
	return "a reason that this client does not know";
}

static void show_sa_drops(const struct node *sa, const char *direction,
			  FILE *out)
{
	const struct node *drops = node_find(sa, "drops");
	const struct node *top = NULL;
	uint64_t most = 0, sum = 0;

	for (const struct node *d = node_first(drops); d; d = d->next) {
		uint64_t pkts = node_count(drops, d->name);

		sum += pkts;
		if (pkts <= most)
			continue;
		most = pkts;
		top = d;
	}
	if (!top)
		return;
	fprintf(out, "  %s dropped %" PRIu64, direction, sum);
	if (most < sum)
		fprintf(out, ", %" PRIu64 " of them", most);
	fprintf(out, " %s (%s)\n", top->name, meaning_of(top->name));
}

/* The outer addresses; in one cell, so that a line is found by both. */
static void add_ends(struct table *lines, const struct node *tunnel)
{
	char *ends;

	if (asprintf(&ends, "%s ═ %s", node_text(tunnel, "local"),
		     node_text(tunnel, "remote")) < 0)
		ends = NULL;
	table_text(lines, need(ends));
	free(ends);
}

static void fill_tunnels(const struct node *tunnels, struct table *lines,
			 struct table *sas)
{
	char state[STATE_STR_MAX];

	for (const struct node *t = node_first(tunnels); t; t = t->next) {
		tunnel_state(t, state);
		table_text(lines, t->name);
		add_ends(lines, t);
		table_text(lines, node_text(t, "algs"));
		table_text(lines, state);
		for (size_t i = 0; i < ROWS_PER_TUNNEL; i++)
			add_sa(sas, node_find(t, directions[i]), directions[i]);
	}
}

static void show_tunnels(const struct node *tunnels, FILE *out)
{
	struct table lines = table_new("llll");
	struct table sas = table_new("llrrl");
	size_t row = 0;

	table_text(&lines, "TUNNEL");
	table_text(&lines, "LOCAL ═ REMOTE");
	table_text(&lines, "ALGORITHMS");
	table_text(&lines, "STATE");
	fill_tunnels(tunnels, &lines, &sas);
	table_print_row(&lines, 0, out);
	for (const struct node *t = node_first(tunnels); t; t = t->next) {
		table_print_row(&lines, row + 1, out);
		for (size_t i = 0; i < ROWS_PER_TUNNEL; i++) {
			fputs("  ", out);
			table_print_row(&sas, row * ROWS_PER_TUNNEL + i, out);
		}
		for (size_t i = 0; i < ROWS_PER_TUNNEL; i++)
			show_sa_drops(node_find(t, directions[i]),
				      directions[i], out);
		row++;
	}
	table_free(&sas);
	table_free(&lines);
}

void show_status(const struct node *answer, const struct show *how)
{
	const struct node *tunnels = node_find(answer, "tunnels");

	show_gateway(node_find(answer, "gateway"), how->out);
	show_sections(node_find(answer, "interfaces"), &iface_columns, how->out);
	show_sections(node_find(answer, "policies"), &policy_columns, how->out);
	fputc('\n', how->out);
	if (node_first(tunnels))
		show_tunnels(tunnels, how->out);
	else
		fputs("No tunnel is configured.\n", how->out);
}
