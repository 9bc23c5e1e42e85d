// SPDX-License-Identifier: BSD-2-Clause
/*
 * The gateway at a glance: a line for itself, one for each interface, and for
 * each tunnel that is configured one that says whether it is up and passes
 * traffic. Below it stand its two SAs and what they dropped, or why it is down.
 *
 * Counters tell what happened since the SA exists, `last` and the rates what
 * happens now: whether it passes traffic comes from `last` alone. Loss is of what
 * comes in; of what goes out the peer knows.
 */
#include "ctrl/cli/show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/cli/sections.h"
#include "ctrl/cli/table.h"
#include "ctrl/cli/text.h"
#include "ctrl/control/duration.h"
#include "ctrl/model/mismatch.h"
#include "ctrl/model/status.h"

#define RECENT_S	60 /* a packet within it: in use */
#define STATE_STR_MAX	80
#define ALGS_STR_MAX	192
#define DAY_S		86400
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

static void show_ifaces(const struct node *ifaces, FILE *out)
{
	static const struct columns columns = {
		.align = "lllllrrr",
		.heads = { "INTERFACE", "ROLE", "XDP", "PLACE", "AF_XDP",
			   "QUEUES", "MTU", "LARGEST" },
		.keys = { "", "role", "xdp", "place", "af_xdp", "queues", "mtu",
			  "largest" },
	};

	if (node_first(ifaces))
		fputc('\n', out);
	show_sections(ifaces, &columns, out);
}

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

static void traffic(const struct node *tunnel, char state[STATE_STR_MAX])
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

static bool is(const struct node *section, const char *key, const char *value)
{
	return strcmp(node_text(section, key), value) == 0;
}

/* Has it SAs? A daemon of another version may not say. */
static bool has_sas(const struct node *tunnel)
{
	return node_find(tunnel, "in");
}

static void tunnel_state(const struct node *tunnel, char state[STATE_STR_MAX])
{
	if (has_sas(tunnel))
		traffic(tunnel, state);
	else if (is(tunnel, "state", "trap"))
		snprintf(state, STATE_STR_MAX, "trap: waits for traffic");
	else if (is(tunnel, "start_action", "none") &&
		 is(tunnel, "state", "down"))
		snprintf(state, STATE_STR_MAX, "down: start_action is none");
	else
		snprintf(state, STATE_STR_MAX, "%.60s",
			 node_text(tunnel, "state"));
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

static void show_lost(const struct node *sa, FILE *out)
{
	if (node_find(sa, "lost"))
		fprintf(out, "  in %s lost before they came\n",
			node_text(sa, "lost"));
}

static void show_path(const struct node *sa, FILE *out)
{
	if (node_find(sa, "path-mtu"))
		fprintf(out, "  out path MTU %s, as a router on the way says\n",
			node_text(sa, "path-mtu"));
}

/* The outer addresses; in one cell, so that a line is found by both. Behind
 * them stands of how many more SAs this is the sum. */
static void add_ends(struct table *lines, const struct node *tunnel)
{
	uint64_t sas = node_count(tunnel, "sas");
	char more[24] = "";
	char *ends;

	if (sas > 1)
		snprintf(more, sizeof(more), " +%" PRIu64, sas - 1);
	if (asprintf(&ends, "%s ═ %s%s%s", node_text(tunnel, "local"),
		     node_text(tunnel, "remote"),
		     node_find(tunnel, "tcp") ? " over TCP" : "", more) < 0)
		ends = NULL;
	table_text(lines, need(ends));
	free(ends);
}

/* --- why it is down */

static void show_side(const char *whose, const struct node *side, FILE *out)
{
	char *text = node_joined(side, MISMATCH_COMMA);

	fprintf(out, "    %-5s  %s\n", whose,
		side ? text : "(it gave no details)");
	free(text);
}

/* Both sides one below the other, to be compared. */
static void show_failure(const struct node *failure, FILE *out)
{
	const struct node *ours = node_find(failure, "ours");
	const struct node *peer = node_find(failure, "peer");
	char since[DURATION_STR_MAX];

	if (!failure)
		return;
	fprintf(out, "  %s %s ago%s%s: %s\n", node_text(failure, "kind"),
		duration_str(node_count(failure, "ago"), since),
		peer ? ", peer " : "", peer ? node_text(failure, "peer") : "",
		node_text(failure, ours ? "what" : "text"));
	if (!ours)
		return;
	show_side("ours", ours, out);
	show_side("peer", node_find(failure, "peers"), out);
}

/* --- all of them */

static void fill_sas(const struct node *tunnel, struct table *sas)
{
	for (size_t i = 0; i < ROWS_PER_TUNNEL; i++)
		add_sa(sas, node_find(tunnel, directions[i]), directions[i]);
}

/* Tunnel mode is the rule, and not said; nor that routes do not lead there. */
static void add_algs(struct table *lines, const struct node *t)
{
	const struct node *bundle = node_find(t, "bundle");
	const struct node *carries = node_find(t, "carries");
	const char *if_id = node_text(t, "if-id-out");
	char text[ALGS_STR_MAX], by[IF_NAMESIZE + 4] = "";

	if (node_find(t, "if-id-out"))
		snprintf(by, sizeof(by), " by ipsec%lu",
			 strtoul(if_id, NULL, 16));
	snprintf(text, sizeof(text), "%s%s%s%s%s%s%s",
		 node_find(t, "algs") ? node_text(t, "algs") : "-",
		 is(t, "mode", "transport") ? " transport" : "",
		 bundle ? " in " : "", bundle ? node_text(t, "bundle") : "",
		 carries ? " around " : "",
		 carries ? node_text(t, "carries") : "", by);
	table_text(lines, text);
}

static void add_duration(const struct node *t, const char *key,
			 struct table *lines)
{
	char text[DURATION_STR_MAX];
	uint64_t seconds;

	table_text(lines, node_number(t, key, &seconds)
				  ? duration_str(seconds, text)
				  : "-");
}

static void add_rate(const struct node *sa, struct table *lines)
{
	char text[RATE_STR_MAX];
	uint64_t bits;

	table_text(lines, node_number(sa, "bits_per_second", &bits)
				  ? rate_str(bits, text)
				  : "-");
}

/* Of those that the peer has sent. */
static void add_loss(const struct node *in, struct table *lines)
{
	const double lost = (double)node_count(in, "lost");
	const double sent = lost + (double)node_count(in, "packets");
	char text[16] = "-";

	if (sent > 0)
		snprintf(text, sizeof(text), "%.3g %%", 100 * lost / sent);
	table_text(lines, text);
}

static void fill_line(const struct node *t, struct table *lines)
{
	char state[STATE_STR_MAX];

	tunnel_state(t, state);
	table_text(lines, t->name);
	add_ends(lines, t);
	add_algs(lines, t);
	add_duration(t, "established", lines);
	add_rate(node_find(t, "out"), lines);
	add_rate(node_find(t, "in"), lines);
	add_loss(node_find(t, "in"), lines);
	add_duration(t, "rekey-time", lines);
	table_text(lines, state);
}

/* One whose SAs the `row`s of the table are: the next ones. */
static void show_sas(const struct node *tunnel, const struct table *sas,
		     size_t *row, FILE *out)
{
	for (size_t i = 0; i < ROWS_PER_TUNNEL; i++) {
		fputs("  ", out);
		table_print_row(sas, (*row)++, out);
	}
	for (size_t i = 0; i < ROWS_PER_TUNNEL; i++)
		show_sa_drops(node_find(tunnel, directions[i]), directions[i],
			      out);
	show_lost(node_find(tunnel, "in"), out);
	show_path(node_find(tunnel, "out"), out);
}

/* Should it be up, and is not? */
static bool is_missing(const struct node *tunnel)
{
	return (is(tunnel, "start_action", "start") ||
		is(tunnel, "start_action", "trap|start")) &&
	       !is(tunnel, "state", "up");
}

static bool is_shown(const struct node *tunnel, const struct show *how)
{
	return !how->check || is_missing(tunnel);
}

static void show_tunnels(const struct node *tunnels, const struct show *how)
{
	static const char *const heads[] = {
		"TUNNEL", "LOCAL ═ REMOTE", "ALGORITHMS", "UP FOR", "OUT",
		"IN",	  "LOSS",	    "REKEY IN",	  "STATE"
	};
	struct table lines = table_new("lllrrrrrl");
	struct table sas = table_new("llrrl");
	size_t row = 0, sa_row = 0;

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		table_text(&lines, heads[i]);
	for (const struct node *t = node_first(tunnels); t; t = t->next) {
		if (!is_shown(t, how))
			continue;
		fill_line(t, &lines);
		if (has_sas(t))
			fill_sas(t, &sas);
	}
	table_print_row(&lines, row++, how->out);
	for (const struct node *t = node_first(tunnels); t; t = t->next) {
		if (!is_shown(t, how))
			continue;
		table_print_row(&lines, row++, how->out);
		if (has_sas(t))
			show_sas(t, &sas, &sa_row, how->out);
		show_failure(node_find(t, "failure"), how->out);
	}
	table_free(&sas);
	table_free(&lines);
}

/* RFC 5280: a second after not-after it is over. */
static void show_certs(const struct node *certs, FILE *out)
{
	if (node_first(certs))
		fputc('\n', out);
	for (const struct node *c = node_first(certs); c; c = c->next) {
		const char *from = node_find(c, "file") ? node_text(c, "file")
							: "loaded over VICI";
		long long left_s = strtoll(node_text(c, "left"), NULL, 10);

		fprintf(out, "certificate %s (%s) ", node_text(c, "subject"),
			from);
		if (left_s < 0)
			fputs("has expired", out);
		else
			fprintf(out, "expires in %lld days", left_s / DAY_S);
		fputs("; have another one issued\n", out);
	}
}

size_t status_missing(const struct node *answer)
{
	const struct node *t = node_first(node_find(answer, "tunnels"));
	size_t n = 0;

	for (; t; t = t->next)
		n += is_missing(t);
	return n;
}

void show_status(const struct node *answer, const struct show *how)
{
	const struct node *tunnels = node_find(answer, "tunnels");
	const struct node *stranger = node_find(answer, "stranger");

	if (how->check) {
		if (status_missing(answer))
			show_tunnels(tunnels, how);
		return;
	}
	show_gateway(node_find(answer, "gateway"), how->out);
	show_ifaces(node_find(answer, "interfaces"), how->out);
	fputc('\n', how->out);
	if (node_first(tunnels))
		show_tunnels(tunnels, how);
	else
		fputs("No tunnel is configured.\n", how->out);
	show_certs(node_find(answer, "certificates"), how->out);
	if (!stranger)
		return;
	fputs("\nA peer for which there is no connection:\n", how->out);
	show_failure(stranger, how->out);
}
