// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/watch.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <string.h>

#include "ctrl/base/clock.h"
#include "ctrl/cli/ask.h"
#include "ctrl/cli/text.h"

#define CLOCK_BYTES 16 /* "23:59:59" */

static void show_json(const struct node *r, uint64_t pkts, uint64_t bytes,
		      const struct watched *when, FILE *out)
{
	double per_s = (double)pkts * 1000 / (double)when->elapsed_ms;
	json_t *line =
		need(json_pack("{s:I,s:s,s:I,s:I,s:f,s:I}", "time",
			       (json_int_t)when->at, "reason", r->name,
			       "packets", (json_int_t)pkts, "bytes",
			       (json_int_t)bytes, "per_second", per_s, "total",
			       (json_int_t)node_count(r, "packets")));
	char *text =
		need(json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(6)));

	fprintf(out, "%s\n", text);
	free(text);
	json_decref(line);
}

static void show_line(const struct node *r, uint64_t pkts,
		      const struct watched *when, FILE *out)
{
	const uint64_t tenths = pkts * 10000 / when->elapsed_ms;
	char clock[CLOCK_BYTES] = "";
	struct tm tm;

	if (localtime_r(&when->at, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	fprintf(out,
		"%s  %-16s %8" PRIu64 " packets  %8" PRIu64 ".%" PRIu64
		"/s  %s\n",
		clock, r->name, pkts, tenths / 10, tenths % 10,
		node_text(r, "text"));
}

void watch_show(const struct node *before, const struct node *after,
		const struct watched *when, bool json, FILE *out)
{
	const struct node *old = node_find(before, "drops");
	const struct node *r = node_first(node_find(after, "drops"));

	for (; r; r = r->next) {
		const struct node *was = node_find(old, r->name);
		uint64_t pkts = node_moved(was, r, "packets");

		if (pkts && json)
			show_json(r, pkts, node_moved(was, r, "bytes"), when,
				  out);
		else if (pkts)
			show_line(r, pkts, when, out);
	}
}

/* Whoever reads sees a line when it is written. */
static int flush(FILE *out, struct error *e)
{
	return fflush(out) ? error_set(e, -errno, "cannot write: %s",
				       strerror(errno))
			   : 0;
}

int watch_drops(const char *path, unsigned int every_s, bool json, FILE *out,
		struct error *e)
{
	const struct question q = { .command = "cygnet-drops" };
	struct node *before = ask_daemon(path, &q, NULL, e), *after;
	uint64_t then_ns = clock_ns();
	int err = before ? 0 : -EIO;

	while (!err) {
		struct watched when = { 0 };

		poll(NULL, 0, (int)every_s * 1000);
		after = ask_daemon(path, &q, NULL, e);
		if (!after) {
			err = -EIO;
			break;
		}
		when.at = time(NULL);
		when.elapsed_ms = (clock_ns() - then_ns) / NS_PER_MS + 1;
		then_ns = clock_ns();
		watch_show(before, after, &when, json, out);
		node_free(before);
		before = after;
		err = flush(out, e);
	}
	node_free(before);
	return err;
}
