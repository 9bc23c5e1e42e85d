// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/sections.h"

#include <stdint.h>
#include <string.h>

#include "include/proto.h"

/* A number for which there is a word that everybody knows. */
static const char *protocol_word(const char *number)
{
	static const struct {
		uint64_t protocol;
		const char *word;
	} words[] = { { PROTO_ANY, "any" }, /* RFC 4301 section 4.4.1.1 */
		      { PROTO_ICMP, "icmp" },
		      { PROTO_TCP, "tcp" },
		      { PROTO_UDP, "udp" },
		      { PROTO_ICMPV6, "ipv6-icmp" },
		      { PROTO_MH, "mobility-header" } };
	uint64_t n;

	if (!decimal_parse(number, &n))
		return number;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].protocol == n)
			return words[i].word;
	return number;
}

static const char *cell_text(const struct node *section, const char *key)
{
	const char *text = *key ? node_text(section, key) : section->name;

	if (strcmp(key, "populate") == 0 && !node_find(section, key))
		return "-"; /* of those alone that take something */
	if (strcmp(key, "protocol") == 0)
		return protocol_word(text);
	return *text ? text : "-";
}

void show_sections(const struct node *sections, const struct columns *columns,
		   FILE *out)
{
	struct table t = table_new(columns->align);
	const struct node *s;

	if (!node_first(sections))
		return;
	for (size_t i = 0; columns->heads[i]; i++)
		table_text(&t, columns->heads[i]);
	for (s = node_first(sections); s; s = s->next)
		for (size_t i = 0; columns->heads[i]; i++)
			table_text(&t, cell_text(s, columns->keys[i]));
	table_print(&t, out);
	table_free(&t);
}
