/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers for people, on 100 columns where names and addresses allow it. A
 * field that an answer lacks (another version of the daemon) shows as "?" or
 * counts as 0.
 */
#ifndef CYG_CLI_SHOW_H
#define CYG_CLI_SHOW_H

#include <stdbool.h>
#include <stdio.h>

#include "ctrl/cli/tree.h"

struct show {
	FILE *out;
	bool all;	    /* also the reasons that never happened */
	const char *target; /* of a command, as it was typed */
	bool waited;	    /* until it was carried out */
	bool check;	    /* only tunnels that should be up, and are not */
	bool dry_run;	    /* what would be done, not what was */
};

/* How many tunnels should be up, and are not. */
size_t status_missing(const struct node *answer);

void show_status(const struct node *answer, const struct show *how);
void show_why(const struct node *answer, const struct show *how);
void show_policy(const struct node *answer, const struct show *how);
void show_counters(const struct node *answer, const struct show *how);
void show_reload(const struct node *answer, const struct show *how);
void show_sa(const struct node *answer, const struct show *how);
void show_done(const struct node *answer, const struct show *how);
void show_added(const struct node *answer, const struct show *how);
void show_deleted(const struct node *answer, const struct show *how);
void show_drops(const struct node *answer, const struct show *how);
void show_explain(const struct node *answer, const struct show *how);

/* Exit codes of `explain`, by what becomes of the packet. */
#define EXPLAIN_EXIT_CLEAR   4
#define EXPLAIN_EXIT_HELD    5
#define EXPLAIN_EXIT_DROPPED 6

/* 0: it is protected, or opened; 1: another version's answer. */
int explain_exit(const struct node *answer);

void show_algorithms(const struct node *answer, const struct show *how);
void show_version(const struct node *answer, const struct show *how);

#endif
