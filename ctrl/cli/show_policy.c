// SPDX-License-Identifier: BSD-2-Clause
/*
 * The SPD: policies in the order in which they match, and what happens to
 * traffic that none of them covers.
 */
#include "ctrl/cli/show.h"

#include "ctrl/cli/sections.h"

static const struct columns columns = {
	.align = "lrlllll",
	.heads = { "POLICY", "ID", "ACTION", "LOCAL", "REMOTE", "PROTOCOL",
		   "TUNNEL" },
	.keys = { "", "policy", "action", "local_ts", "remote_ts", "protocol",
		  "tunnel" },
};

/* Where some have SAs that take selectors from packets. */
static const struct columns with_populate = {
	.align = "lrllllll",
	.heads = { "POLICY", "ID", "ACTION", "LOCAL", "REMOTE", "PROTOCOL",
		   "POPULATE", "TUNNEL" },
	.keys = { "", "policy", "action", "local_ts", "remote_ts", "protocol",
		  "populate", "tunnel" },
};

static bool some_populate(const struct node *policies)
{
	const struct node *p = node_first(policies);

	while (p && !node_find(p, "populate"))
		p = p->next;
	return p;
}

void show_policy(const struct node *answer, const struct show *how)
{
	const struct node *policies = node_find(answer, "policies");

	show_sections(policies,
		      some_populate(policies) ? &with_populate : &columns,
		      how->out);
	fprintf(how->out, "%s: %s (gateway.default)\n",
		node_first(policies) ? "What none of them covers"
				     : "There is no policy. All traffic",
		node_text(answer, "default"));
}
