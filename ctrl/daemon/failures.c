// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/failures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	char conn[CONN_NAME_MAX];
	char child[CONN_NAME_MAX]; /* "": of the connection as a whole */
	struct failure failure;
};

struct failures {
	struct entry at[FAILURES_MAX];
	size_t n;
};

struct failures *failures_new(void)
{
	return calloc(1, sizeof(struct failures));
}

void failures_free(struct failures *f)
{
	free(f);
}

static const struct entry *find(const struct failures *f, const char *conn,
				const char *child)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->at[i].conn, conn) == 0 &&
		    strcmp(f->at[i].child, child) == 0)
			return &f->at[i];
	return NULL;
}

static void forget(struct failures *f, const char *conn, const char *child)
{
	const struct entry *found = find(f, conn, child);

	if (found)
		f->at[found - f->at] = f->at[--f->n];
}

static struct entry *take_place(struct failures *f)
{
	struct entry *oldest = f->at;

	if (f->n < FAILURES_MAX)
		return &f->at[f->n++];
	for (size_t i = 1; i < f->n; i++)
		if (f->at[i].failure.at_ns < oldest->failure.at_ns)
			oldest = &f->at[i];
	return oldest;
}

static void put(struct failures *f, const char *conn, const char *child,
		const struct failure *failure, const char *text)
{
	struct entry *entry;

	forget(f, conn, child);
	entry = take_place(f);
	snprintf(entry->conn, sizeof(entry->conn), "%s", conn);
	snprintf(entry->child, sizeof(entry->child), "%s", child);
	entry->failure = *failure;
	snprintf(entry->failure.text, sizeof(entry->failure.text), "%s", text);
}

void failures_event(struct failures *f, const struct ike_event *e,
		    uint64_t now_ns)
{
	const struct failure failure = {
		.at_ns = now_ns,
		.peer = e->path.remote,
		.ended = e->kind == IKE_EV_CHILD_DOWN,
	};

	switch (e->kind) {
	case IKE_EV_IKE_UP:
		forget(f, e->conn, "");
		break;
	case IKE_EV_CHILD_UP:
		forget(f, e->conn, e->child);
		break;
	case IKE_EV_CHILD_DOWN:
	case IKE_EV_FAILED:
		put(f, e->conn, e->child, &failure, e->text);
		break;
	case IKE_EV_IKE_DOWN:
	case IKE_EV_IKE_MOVED:
	case IKE_EV_ALERT:
		break;
	}
}

void failures_process_ended(struct failures *f, const struct conn_conf *conns,
			    size_t n, uint64_t now_ns)
{
	const struct failure failure = { .at_ns = now_ns };

	for (size_t i = 0; i < n; i++)
		put(f, conns[i].name, "", &failure, "the IKE process ended");
}

const struct failure *failures_find(const struct failures *f, const char *conn,
				    const char *child)
{
	const struct entry *own = find(f, conn, child);
	const struct entry *whole = find(f, conn, "");

	if (!own || (whole && whole->failure.at_ns > own->failure.at_ns))
		own = whole;
	return own ? &own->failure : NULL;
}
