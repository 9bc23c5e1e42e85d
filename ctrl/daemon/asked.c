// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/asked.h"

#include <stdlib.h>
#include <string.h>

struct asked {
	struct keystore_request *at[ASKED_MAX]; /* owned */
	size_t n;
};

struct asked *asked_new(void)
{
	return calloc(1, sizeof(struct asked));
}

static void take_out(struct asked *a, size_t i)
{
	explicit_bzero(a->at[i], sizeof(*a->at[i]));
	free(a->at[i]);
	a->n--;
	memmove(&a->at[i], &a->at[i + 1], (a->n - i) * sizeof(a->at[0]));
}

void asked_free(struct asked *a)
{
	while (a && a->n)
		take_out(a, a->n - 1);
	free(a);
}

void asked_add(struct asked *a, const struct keystore_request *q)
{
	struct keystore_request *own = malloc(sizeof(*own));

	if (!own)
		return;
	*own = *q;
	if (a->n == ASKED_MAX)
		take_out(a, 0);
	a->at[a->n++] = own;
}

void asked_done(struct asked *a, uint64_t token)
{
	for (size_t i = a->n; i--;)
		if (a->at[i]->token == token)
			take_out(a, i);
}

void asked_each(const struct asked *a,
		void (*each)(void *ctx, const struct keystore_request *q),
		void *ctx)
{
	for (size_t i = 0; i < a->n; i++)
		each(ctx, a->at[i]);
}
