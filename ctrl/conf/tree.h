/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A configuration as a tree of sections and values in the order in which they
 * were read, each with its place. It knows no key and no grammar; parse.c makes
 * it.
 *
 * Strings are in one buffer for each file, which tree_free() wipes: values may
 * be keys. Control thread.
 */
#ifndef CYG_CONF_TREE_H
#define CYG_CONF_TREE_H

#include <sys/types.h>

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

/* Octets that came in a message, in their file's buffer. */
struct blob {
	struct slice octets;
	struct blob *next;
};

struct value {
	const char *key;
	const char *text;   /* "" for an empty assignment */
	struct place place; /* of the key */
	struct place again; /* where its file first repeats it; line 0: nowhere */
	bool list;	    /* it came as items, see load.h; text has commas */
	struct blob *blobs; /* owned; of it or its items; the text says nothing */
	bool is_cleared;    /* in refer.c: it takes away what is inherited */
	const struct section *section;
	struct part *parts;
	struct value *next;
};

/* A section to which one refers: "connections.moon". */
struct reference {
	const char *name;
	struct place place;
	struct reference *next;
};

enum refer_state {
	REFER_TO_DO,
	REFER_BUSY,
	REFER_DONE,
};

struct section {
	const char *name;    /* NULL for the root */
	struct place place;  /* the first */
	struct place opened; /* the first of the last file that has it */
	struct place again;  /* where that file repeats it; line 0: nowhere */
	const struct section *parent;
	struct value *values;
	struct section *sections;
	unsigned int n_entries;
	struct reference *references; /* owned; in their order */
	bool is_referred_to;	      /* or something in it */
	/* In refer.c: with what it refers to, and with what is in it. */
	enum refer_state refer;
	bool is_resolved;
	struct section *next;
};

/* One of the files that the tree was read from. */
struct tree_file {
	char *name; /* owned; what the places of its entries point to */
	mode_t mode;
	struct builder text; /* owned buffer that its strings point into */
	struct tree_file *next;
};

struct tree {
	struct section root;
	struct tree_file *files; /* the first one includes the others */
	size_t n_files;
};

/*
 * A file of that name, appended; room for its strings. NULL: no memory.
 *
 * name   copied
 */
struct tree_file *tree_add_file(struct tree *t, const char *name, mode_t mode,
				size_t room);

/* Wipes and frees all that the tree owns, not the tree itself. */
void tree_free(struct tree *t);

/* Frees parts and blobs, not the value itself. */
void value_clear(struct value *v);

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
