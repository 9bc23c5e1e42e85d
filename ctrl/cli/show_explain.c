// SPDX-License-Identifier: BSD-2-Clause
/*
 * What would become of a packet, in sentences: first where it comes by and what is
 * decided there, then why, and at last what it comes to.
 */
#include "ctrl/cli/show.h"

#include <string.h>

static const struct {
	const char *verdict;
	int code;
	const char *sentence;
} verdicts[] = {
	{ "protected", 0, "It is sent, protected." },
	{ "opened", 0,
	  "It comes to its SA, which opens it if it is genuine and new." },
	{ "clear", EXPLAIN_EXIT_CLEAR, "It goes on in the clear." },
	{ "held", EXPLAIN_EXIT_HELD,
	  "It waits for an SA, and goes when there is one within a second." },
	{ "dropped", EXPLAIN_EXIT_DROPPED, "It is dropped." },
};

#define N_VERDICTS (sizeof(verdicts) / sizeof(verdicts[0]))

static size_t verdict_of(const struct node *answer)
{
	const char *text = node_text(answer, "verdict");
	size_t i = 0;

	while (i < N_VERDICTS && strcmp(verdicts[i].verdict, text) != 0)
		i++;
	return i;
}

int explain_exit(const struct node *answer)
{
	size_t i = verdict_of(answer);

	return i < N_VERDICTS ? verdicts[i].code : 1;
}

/* As it was asked about. */
static void show_flow(const struct node *flow, FILE *out)
{
	fprintf(out, "From %s to %s, protocol %s", node_text(flow, "source"),
		node_text(flow, "destination"), node_text(flow, "protocol"));
	if (node_find(flow, "spi"))
		fprintf(out, ", SPI %s", node_text(flow, "spi"));
	else if (node_find(flow, "source_port"))
		fprintf(out, ", ports %s and %s", node_text(flow, "source_port"),
			node_text(flow, "destination_port"));
	else if (node_find(flow, "type"))
		fprintf(out, ", type %s, code %s", node_text(flow, "type"),
			node_text(flow, "code"));
	fputs(":\n", out);
}

static void show_step(const struct node *step, FILE *out)
{
	const struct node *iface = node_find(step, "interface");

	fprintf(out, "  %s%s%s: %s (%s)\n", node_text(step, "at"),
		iface ? " " : "", iface ? node_text(step, "interface") : "",
		node_text(step, "decision"), node_text(step, "text"));
}

static void show_policy_of(const struct node *policy, FILE *out)
{
	if (!policy)
		return;
	fprintf(out, "Policy %s covers it: %s", node_text(policy, "name"),
		node_text(policy, "action"));
	if (node_find(policy, "tunnel"))
		fprintf(out, ", by tunnel %s", node_text(policy, "tunnel"));
	if (node_find(policy, "if-id-out"))
		fprintf(out, ", if_id 0x%s", node_text(policy, "if-id-out"));
	fputs(".\n", out);
}

static void show_sa_of(const struct node *sa, FILE *out)
{
	const struct node *bundle = node_find(sa, "bundle");

	if (sa)
		fprintf(out, "Its SA is %s, between %s and %s%s%s%s.\n",
			node_text(sa, "spi"), node_text(sa, "local"),
			node_text(sa, "remote"),
			strcmp(node_text(sa, "encap"), "yes") == 0 ? ", in UDP"
								   : "",
			bundle ? ", in AH of SA " : "",
			bundle ? node_text(sa, "bundle") : "");
}

static void show_way(const struct node *way, FILE *out)
{
	if (!way)
		return;
	fprintf(out,
		"The next hop is %s by %s%s; the path takes %s octets, of which %s are left for a packet.\n",
		node_text(way, "address"), node_text(way, "interface"),
		strcmp(node_text(way, "resolved"), "no") == 0
			? ", whose MAC address is to be asked for"
			: "",
		node_text(way, "mtu"), node_text(way, "inner_mtu"));
}

void show_explain(const struct node *answer, const struct show *how)
{
	const struct node *step = node_first(node_find(answer, "steps"));
	size_t i = verdict_of(answer);

	show_flow(node_find(answer, "flow"), how->out);
	for (; step; step = step->next)
		show_step(step, how->out);
	show_policy_of(node_find(answer, "policy"), how->out);
	show_sa_of(node_find(answer, "sa"), how->out);
	show_way(node_find(answer, "next_hop"), how->out);
	if (i < N_VERDICTS)
		fprintf(how->out, "%s\n", verdicts[i].sentence);
	else
		fprintf(how->out, "What becomes of it: %s.\n",
			node_text(answer, "verdict"));
	if (node_find(answer, "remedy"))
		fprintf(how->out, "To do: %s.\n", node_text(answer, "remedy"));
}
