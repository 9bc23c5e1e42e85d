/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of cells, printed in columns as wide as their widest cell.
 */
#ifndef CYG_CLI_TABLE_H
#define CYG_CLI_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 9

struct table {
	const char *align; /* a letter a column: l or r; borrowed */
	size_t width[TABLE_COLUMNS_MAX];
	char **cells; /* owned, row after row */
	size_t n_cells;
	size_t room;
};

/* align: at most TABLE_COLUMNS_MAX letters. */
struct table table_new(const char *align);
void table_free(struct table *t);

/* Fills the next cell, from left to right and top to bottom. */
void table_text(struct table *t, const char *text);
void table_count(struct table *t, uint64_t n);

/* rows counts complete rows; printing one needs all to be there. */
size_t table_rows(const struct table *t);
void table_print_row(const struct table *t, size_t row, FILE *out);
void table_print(const struct table *t, FILE *out);

#endif
