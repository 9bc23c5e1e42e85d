// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/table.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/cli/text.h"

#define GAP_COLUMNS 2

struct table table_new(const char *align)
{
	return (struct table){ .align = align };
}

void table_free(struct table *t)
{
	for (size_t i = 0; i < t->n_cells; i++)
		free(t->cells[i]);
	free(t->cells);
}

void table_text(struct table *t, const char *text)
{
	size_t *width = &t->width[t->n_cells % strlen(t->align)];
	size_t columns = text_columns(text);

	if (columns > *width)
		*width = columns;
	if (t->n_cells == t->room) {
		t->room = t->room ? 2 * t->room : 64;
		t->cells =
			need(reallocarray(t->cells, t->room, sizeof(*t->cells)));
	}
	t->cells[t->n_cells++] = need(strdup(text));
}

void table_count(struct table *t, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	table_text(t, text);
}

size_t table_rows(const struct table *t)
{
	return t->n_cells / strlen(t->align);
}

void table_print_row(const struct table *t, size_t row, FILE *out)
{
	size_t columns = strlen(t->align);

	for (size_t i = 0; i < columns; i++) {
		const char *cell = t->cells[row * columns + i];
		size_t pad = t->width[i] - text_columns(cell);
		bool last = i + 1 == columns;

		if (t->align[i] == 'r')
			fprintf(out, "%*s%s", (int)pad, "", cell);
		else
			fprintf(out, "%s%*s", cell, last ? 0 : (int)pad, "");
		fprintf(out, "%*s", last ? 0 : GAP_COLUMNS, "");
	}
	fputc('\n', out);
}

void table_print(const struct table *t, FILE *out)
{
	for (size_t row = 0; row < table_rows(t); row++)
		table_print_row(t, row, out);
}
