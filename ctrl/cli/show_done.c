// SPDX-License-Identifier: BSD-2-Clause
/*
 * A command that was carried out: how many SAs it was about, where the daemon
 * counts them.
 */
#include "ctrl/cli/show.h"

void show_done(const struct node *answer, const struct show *how)
{
	if (node_find(answer, "terminated"))
		fprintf(how->out, "%s: %s of %s ended\n", how->target,
			node_text(answer, "terminated"),
			node_text(answer, "matches"));
	else if (node_find(answer, "matches"))
		fprintf(how->out, "%s: %s being rekeyed\n", how->target,
			node_text(answer, "matches"));
	else
		fprintf(how->out, "%s: %s\n", how->target,
			how->waited ? "up" : "begun");
}

void show_added(const struct node *answer, const struct show *how)
{
	(void)answer;
	fprintf(how->out, "%s: added\n", how->target);
}

void show_deleted(const struct node *answer, const struct show *how)
{
	(void)answer;
	fprintf(how->out, "%s: deleted\n", how->target);
}
