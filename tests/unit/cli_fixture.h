/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers of the daemon, written as text, and what the client prints of them.
 */
#ifndef CYG_TESTS_CLI_FIXTURE_H
#define CYG_TESTS_CLI_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/cli/tree.h"
#include "ctrl/control/vici.h"

static inline void put_line(struct vici_builder *b, char *line)
{
	size_t len = strlen(line);
	char *value = strchr(line, '=');

	if (strcmp(line, "}") == 0) {
		vici_section_end(b);
	} else if (strcmp(line, "]") == 0) {
		vici_list_end(b);
	} else if (line[len - 1] == '{' || line[len - 1] == '[') {
		bool section = line[len - 1] == '{';

		line[len - 1] = '\0';
		(section ? vici_section : vici_list)(b, line);
	} else if (value) {
		*value = '\0';
		vici_str(b, line, value + 1);
	} else {
		vici_list_item(b, line);
	}
}

/*
 * A line an element: "name{" and "}" around a section, "name[" and "]" around
 * a list, "key=value", or else an item. Free with node_free().
 */
static inline struct node *answer_of(const char *lines)
{
	char *text = strdup(lines), *rest = NULL;
	struct vici_builder b;
	struct node *root;

	assert_non_null(text);
	vici_start(&b, VICI_CMD_RESPONSE, NULL);
	for (char *line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		put_line(&b, line);
	assert_true(vici_finish(&b));
	root = node_parse(slice_of(b.ptr + 5, b.len - 5)); /* length and type */
	assert_non_null(root);
	vici_builder_free(&b);
	free(text);
	return root;
}

/* What is printed to .file, until printed_end(). */
struct printed {
	FILE *file;
	char *text;
	size_t len;
};

static inline void printed_start(struct printed *p)
{
	p->file = open_memstream(&p->text, &p->len);
	assert_non_null(p->file);
}

/* All of it, compared and freed. */
static inline void printed_end(struct printed *p, const char *want)
{
	assert_int_equal(fclose(p->file), 0);
	assert_string_equal(p->text, want);
	free(p->text);
}

#endif
