// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/show.h"

#include <string.h>

void show_version(const struct node *answer, const struct show *how)
{
	const char *daemon = node_text(answer, "daemon");

	if (strcmp(daemon, "cygnet") == 0)
		daemon = "cygnetd";
	fprintf(how->out, "cygnet %s (%s %s, %s %s, %s)\n", CYG_VERSION, daemon,
		node_text(answer, "version"), node_text(answer, "sysname"),
		node_text(answer, "release"), node_text(answer, "machine"));
}
