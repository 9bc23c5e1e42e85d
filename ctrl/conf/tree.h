/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A configuration file as a tree of sections and values in the file's order,
 * each with its place. It knows the grammar of strongswan.conf(5) and no key.
 *
 * A repeated section extends the first one; of a repeated key the first value
 * stays. Both are marked, so that the schema can refuse what strongSwan lets
 * pass: in one file it is a mistake. `include` and references to other
 * sections are recognised and refused here.
 *
 * All text is in one buffer, which tree_free() wipes: values may be keys.
 * Control thread.
 */
#ifndef CYG_CONF_TREE_H
#define CYG_CONF_TREE_H

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/model/config.h"

#define TREE_DEPTH_MAX	 16   /* sections inside of sections */
#define TREE_ENTRIES_MAX 4096 /* keys and sections in one section */
#define TREE_PATH_MAX	 ((TREE_DEPTH_MAX + 1) * CONF_NAME_MAX)

struct section;

/* A word or a string; a value is parts joined by single spaces. */
struct part {
	size_t offset; /* of its first octet in the value's text */
	struct place place;
	struct part *next;
};

struct value {
	const char *key;
	const char *text;   /* "" for an empty assignment */
	struct place place; /* of the key */
	struct place again; /* where it first repeats; line 0: nowhere */
	const struct section *section;
	struct part *parts;
	struct value *next;
};

struct section {
	const char *name; /* NULL for the root */
	struct place place;
	struct place again; /* where it first repeats; line 0: nowhere */
	const struct section *parent;
	struct value *values;
	struct section *sections;
	unsigned int n_entries;
	struct section *next;
};

struct tree {
	struct section root;
	struct builder text; /* owned buffer that all strings point into */
};

/*
 * file   borrowed: must outlive the tree
 * text   borrowed for the call
 * out    tree_free() it in every case
 *
 * 0, -EINVAL (grammar), -E2BIG (a limit), -ENOMEM.
 */
int tree_parse(const char *file, struct slice text, struct tree *out,
	       struct error *e);

/* Wipes and frees all that the tree owns, not the tree itself. */
void tree_free(struct tree *t);

/* NULL when there is none. */
const struct section *tree_section(const struct section *s, const char *name);
const struct value *tree_value(const struct section *s, const char *key);

/* "manual.to-b.in", "" for the root; buf has TREE_PATH_MAX octets. */
void tree_path(const struct section *s, char *buf);

/* "manual.to-b.in.spi"; buf has TREE_PATH_MAX octets. */
void value_path(const struct value *v, char *buf);

/*
 * The place of an octet of the value's text. Exact but behind an escape in a
 * string; an empty value stands where its key does.
 */
struct place value_place(const struct value *v, size_t offset);

/* conf_fail() at the value; the option's full path goes before the text. */
__attribute__((format(printf, 4, 5))) int value_fail(struct error *e,
						     const struct value *v,
						     int err, const char *fmt,
						     ...);

#endif
