/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of a configuration would be another one if its file were read again: found
 * by the daemon, written by the control protocol. Plain values.
 */
#ifndef CYG_MODEL_DIFFERENCE_H
#define CYG_MODEL_DIFFERENCE_H

#include "ctrl/base/error.h"
#include "ctrl/model/status.h"

enum difference_kind {
	DIFFERENCE_NEW,
	DIFFERENCE_GONE,
	DIFFERENCE_CHANGED,
};

/* In the order in which they are told. */
enum difference_of {
	DIFFERENCE_GATEWAY, /* options of all: named as their sections are */
	DIFFERENCE_POLICY,
	DIFFERENCE_MANUAL,
	DIFFERENCE_CONN,
	DIFFERENCE_CHILD, /* CONN/CHILD, of a connection that changes */
	DIFFERENCE_SECRET,
	DIFFERENCE_POOL,
};

struct difference_row {
	enum difference_kind kind;
	enum difference_of of;
	char name[STATUS_NAME_MAX];
	bool starts; /* a child: it comes up by itself */
	bool keeps;  /* a changed connection: children that are what they were
			keep their SAs */
};

struct difference {
	struct difference_row *at; /* owned */
	size_t n;
	size_t n_same; /* connections that keep their SAs */
};

/* "new", "gone", "changed"; "connection", … */
const char *difference_kind_name(enum difference_kind kind);
const char *difference_of_name(enum difference_of of);

/* Empty then. */
void difference_free(struct difference *d);

#endif
