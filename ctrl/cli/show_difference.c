// SPDX-License-Identifier: BSD-2-Clause
/*
 * `cygnet reload`, and with --dry-run what it would change: a line for each, by
 * which a sign stands as in a patch, and what becomes of SAs.
 */
#include "ctrl/cli/show.h"

#include <inttypes.h>
#include <string.h>

static bool is(const struct node *row, const char *key, const char *value)
{
	return strcmp(node_text(row, key), value) == 0;
}

static const char *sign_of(const struct node *row)
{
	if (is(row, "kind", "new"))
		return "+";
	return is(row, "kind", "gone") ? "-" : "~";
}

/* As the daemon does it; see ctrl/daemon/README.md. */
static const char *meaning_of(const struct node *row)
{
	if (is(row, "of", "connection")) {
		if (is(row, "kind", "gone"))
			return "its SAs end";
		if (is(row, "keeps", "yes"))
			return "children that stay as they are keep their SAs";
		return is(row, "keeps", "no")
			       ? "new SAs are of the new one, old ones go on"
			       : "";
	}
	if (is(row, "of", "child"))
		return is(row, "starts", "yes") ? "comes up anew" : "";
	if (is(row, "of", "pool"))
		return is(row, "kind", "gone")
			       ? "no peer gets an address of it any more"
			       : "counts from the next IKE SA on";
	if (is(row, "of", "secret"))
		return "counts from the next IKE SA on";
	return "";
}

static void show_row(const struct node *row, FILE *out)
{
	const char *meaning = meaning_of(row);

	fprintf(out, "%s %s %s%s%s\n", sign_of(row), node_text(row, "of"),
		node_text(row, "name"), *meaning ? ": " : "", meaning);
}

static void show_differences(const struct node *answer, FILE *out)
{
	const struct node *rows = node_find(answer, "differences");
	const uint64_t same = node_count(answer, "same");

	for (const struct node *row = node_first(rows); row; row = row->next)
		show_row(row, out);
	if (node_find(answer, "more"))
		fprintf(out, "and %s more\n", node_text(answer, "more"));
	if (!node_first(rows))
		fputs("Nothing would change.\n", out);
	if (same)
		fprintf(out,
			"%" PRIu64 " connection%s what %s and keep%s SAs.\n",
			same, same == 1 ? " is" : "s are",
			same == 1 ? "it was" : "they were",
			same == 1 ? "s its" : " their");
}

void show_reload(const struct node *answer, const struct show *how)
{
	if (how->dry_run)
		show_differences(answer, how->out);
	else
		fputs("The configuration was read again.\n", how->out);
}
