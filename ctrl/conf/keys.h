/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of what a section may hold, and the one function that reads a section
 * by such a table: a key without a row is refused by name, a key written twice
 * and a required one that is missing too; what remains goes to its type's
 * reader. Control thread.
 */
#ifndef CYG_CONF_KEYS_H
#define CYG_CONF_KEYS_H

#include "ctrl/conf/tree.h"

/* One of the words that a value may be, in capitals or not. */
struct word {
	const char *text;
	unsigned int value;
	const char *refusal; /* not NULL: completes "is TEXT, ..." */
};

/* A key: one row. What the fields after offset mean is up to the reader. */
struct key {
	const char *name;
	const char *form; /* completes the sentence "it must be ..." */
	bool required;
	bool prefix; /* any key that begins so, as often as there is one */
	bool list;   /* items, separated by commas in a text */
	bool idle;   /* whatever it may be changes nothing: not listed */
	/*
	 * Fills out, or fails with e filled; never called for "". NULL: only
	 * another section can tell whether the value is right.
	 */
	int (*read)(const struct key *k, const struct value *v, void *out,
		    struct error *e);
	size_t offset; /* of out in the struct that the section fills */
	uint32_t min;
	uint32_t max;
	const struct word *words; /* ends with a text of NULL */
};

#define VALUE_READER(name)                                              \
	int name(const struct key *k, const struct value *v, void *out, \
		 struct error *e)

enum sub_kind {
	SUB_TABLE, /* read by its own table */
	SUB_NAMED, /* holds sections with names of the operator's choice */
	SUB_EACH,  /* all of its prefix, read by others than these */
	/* The rest are keys as well, by strongSwan's documentation. */
	SUB_LATER, /* there, but not here yet */
	SUB_NEVER, /* refused; form says why, and what to do */
	SUB_IDLE,  /* taken, whatever it holds; form says why that changes
		      nothing */
};

/* A section inside of a section. */
struct sub {
	const char *name;
	const char *form;
	enum sub_kind kind;
	bool required;
	bool prefix;		  /* SUB_EACH: any section that begins so */
	const struct keys *table; /* SUB_TABLE only */
	size_t offset;		  /* SUB_TABLE only, as of a key */
};

struct keys {
	const struct key *keys;
	size_t n_keys;
	const struct sub *subs;
	size_t n_subs;
	bool secret; /* of a name that nobody knows only the length is shown */
};

/*
 * Reads a section and its SUB_TABLE sections; the order is the table's, that of
 * keys with one prefix the file's. Of a SUB_NAMED section it checks only that it
 * holds nothing but sections.
 *
 * out   the struct that the table's offsets count in, filled with defaults
 *
 * 0, or what the failed reader returned, else -EINVAL; e is filled.
 */
int keys_read(const struct keys *table, const struct section *sec, void *out,
	      struct error *e);

/* The row of the name of a section, or of what strongSwan may have as a key;
 * NULL: there is none. */
const struct sub *keys_sub(const struct keys *table, const char *name);

/* Is it the row's name, or does it begin so? */
bool keys_name_fits(const char *name, const char *row, bool prefix);

#endif
