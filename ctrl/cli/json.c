// SPDX-License-Identifier: BSD-2-Clause
/*
 * VICI has text alone, so what is a number must be told from its digits. A
 * field whose text may happen to be digits (the name of a tunnel) stays text
 * by its key, or its type would change with the operator's choice of names.
 * What exceeds JSON's integers as jansson has them (2^63 - 1) stays text too.
 */
#include "ctrl/cli/json.h"

#include <limits.h>
#include <string.h>

#include "ctrl/cli/text.h"

static bool is_always_text(const char *key)
{
	static const char *const keys[] = {
		"algs",	   "child",	"conn",		 "crypto",   "errmsg",
		"id",	   "ike",	"initiator-spi", "local-id", "name",
		"release", "remote-id", "responder-spi", "spi",	     "spi-in",
		"spi-out", "text",	"tunnel",	 "version",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

static json_t *json_value(const struct node *node)
{
	uint64_t n;

	if (!is_always_text(node->name) && decimal_parse(node->text, &n) &&
	    n <= LLONG_MAX)
		return need(json_integer((json_int_t)n));
	return need(json_string(node->text));
}

json_t *json_of(const struct node *node)
{
	json_t *json;
	int err = 0;

	if (node->type == NODE_VALUE)
		return json_value(node);
	json = need(node->type == NODE_LIST ? json_array() : json_object());
	for (const struct node *n = node->first; n; n = n->next) {
		if (node->type == NODE_LIST)
			err = json_array_append_new(json, json_of(n));
		else
			err = json_object_set_new(json, n->name, json_of(n));
		need(err ? NULL : json);
	}
	return json;
}

void json_print(const struct node *answer, FILE *out)
{
	json_t *json = json_of(answer);
	char *text = need(json_dumps(json, JSON_INDENT(2)));

	fprintf(out, "%s\n", text);
	free(text);
	json_decref(json);
}
