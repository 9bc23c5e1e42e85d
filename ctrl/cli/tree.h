/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VICI message as a tree. All text in it went through text_printable(), so
 * whoever prints a node needs no care of its own.
 */
#ifndef CYG_CLI_TREE_H
#define CYG_CLI_TREE_H

#include <stdint.h>

#include "ctrl/base/slice.h"

enum node_type {
	NODE_SECTION,
	NODE_LIST,
	NODE_VALUE, /* a key's, or an item of a list */
};

struct node {
	enum node_type type;
	char *name; /* "" for the root and for items */
	char *text; /* NODE_VALUE alone, else NULL */
	struct node *parent;
	struct node *first; /* children, in the message's order */
	struct node *last;
	struct node *next;
};

/* NULL: malformed. Free with node_free(). */
struct node *node_parse(struct slice body);
void node_free(struct node *root);

/*
 * A tree with one list, for the items of a message each; node_collect() adds
 * one. false: malformed, and not added.
 */
struct node *node_collection(const char *name);
MUST_CHECK bool node_collect(struct node *root, struct slice body);

/*
 * The sections of one message into those of another that have their names, or behind
 * them. from is handed over.
 */
void node_merge(struct node *into, struct node *from);

/* The child of that name, or NULL; a NULL section has none. */
const struct node *node_find(const struct node *section, const char *name);

/* The first child, or NULL; a NULL section has none. */
const struct node *node_first(const struct node *section);

/* All items of a list, free() it; "" for NULL. */
char *node_joined(const struct node *list, const char *between);

/* The value of a key; "?" when it is not there. */
const char *node_text(const struct node *section, const char *key);

/* The value of a key; false when it is not there or no decimal number. */
MUST_CHECK bool node_number(const struct node *section, const char *key,
			    uint64_t *out);

/* The same with 0 for what is not there. */
uint64_t node_count(const struct node *section, const char *key);

/*
 * What a count has moved between two answers. They start again at 0 when an SA is
 * rekeyed, or the kernel loses the programs that count: what is less than before
 * has all come since.
 */
uint64_t node_moved(const struct node *before, const struct node *after,
		    const char *key);

/* Digits without a needless zero in front, below 2^64. */
MUST_CHECK bool decimal_parse(const char *text, uint64_t *out);

#endif
