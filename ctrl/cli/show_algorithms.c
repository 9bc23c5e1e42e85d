// SPDX-License-Identifier: BSD-2-Clause
/* What proposals may name, and who does it. */
#include "ctrl/cli/show.h"

#include "ctrl/cli/sections.h"

static const struct kind {
	const char *section;
	struct columns columns;
} kinds[] = {
	{ "encryption",
	  { .align = "llllll",
	    .heads = { "ENCRYPTION", "NAME", "IKE", "ESP", "KIND", "WEAK" },
	    .keys = { "", "name", "ike", "esp", "kind", "weak" } } },
	{ "integrity",
	  { .align = "lllllll",
	    .heads = { "INTEGRITY", "NAME", "IKE", "ESP", "AH", "KIND", "WEAK" },
	    .keys = { "", "name", "ike", "esp", "ah", "kind", "weak" } } },
	{ "prf",
	  { .align = "lllll",
	    .heads = { "PRF", "NAME", "IKE", "KIND", "WEAK" },
	    .keys = { "", "name", "ike", "kind", "weak" } } },
	{ "key_exchange",
	  { .align = "lrllll",
	    .heads = { "KEY EXCHANGE", "GROUP", "NAME", "IKE", "KIND", "WEAK" },
	    .keys = { "", "group", "name", "ike", "kind", "weak" } } },
	{ "suites",
	  { .align = "llll",
	    .heads = { "SUITE", "IKE", "ESP", "SOURCE" },
	    .keys = { "", "ike", "esp", "source" } } },
};

void show_algorithms(const struct node *answer, const struct show *how)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (i)
			fputc('\n', how->out);
		show_sections(node_find(answer, kinds[i].section),
			      &kinds[i].columns, how->out);
	}
}
