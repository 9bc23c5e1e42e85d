/* SPDX-License-Identifier: BSD-2-Clause */
/* What a check of a tunnel has found, in words, and how it is shown. */
#ifndef CYG_CLI_FINDING_H
#define CYG_CLI_FINDING_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define FINDINGS_MAX	 3
#define FINDING_TEXT_MAX 512

enum verdict {
	VERDICT_OK,
	VERDICT_WARNING, /* it works; one should know */
	VERDICT_WRONG,
	VERDICT_SKIPPED, /* it could not be found out */
};

struct finding {
	const char *what; /* "auth", "pfs", "mtu" */
	enum verdict verdict;
	char text[FINDING_TEXT_MAX];
	char remedy[FINDING_TEXT_MAX]; /* "": nothing to be done */
	json_t *more;		       /* owned: fields besides; NULL: none */
};

/* Of one tunnel. */
struct findings {
	const char *name; /* borrowed, as the peer: CONN/CHILD */
	const char *peer; /* its address; NULL: not known */
	struct finding at[FINDINGS_MAX];
	size_t n;
};

void findings_free(struct findings *f);

/* The next one. */
__attribute__((format(printf, 4, 5))) struct finding *finding_add(
	struct findings *f, const char *what, enum verdict verdict,
	const char *fmt, ...);
__attribute__((format(printf, 2, 3))) void finding_remedy(struct finding *f,
							  const char *fmt, ...);

bool findings_are_wrong(const struct findings *f);

void findings_print(const struct findings *f, FILE *out);

/* Handed over. */
json_t *findings_json(const struct findings *f);

#endif
