// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two answers make rates. A rekeyed tunnel counts from 0 again: what is less than
 * before has all come since.
 */
#include "ctrl/cli/top.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/cli/ask.h"
#include "ctrl/cli/table.h"
#include "ctrl/cli/text.h"

#define CLEAR	    "\033[H\033[2J" /* ECMA-48: CUP, ED */
#define LINES_ABOVE 2		    /* of a table: the summary, the heads */
#define DIRECTIONS  2

static const char *const directions[DIRECTIONS] = { "in", "out" };

struct rates {
	uint64_t pkts, bits; /* a second */
};

struct row {
	const struct node *tunnel;
	size_t place; /* in the daemon's order */
	struct rates rates[DIRECTIONS];
	uint64_t drops, lost; /* a second, of both directions */
};

static uint64_t per_s(const struct top *top, uint64_t n)
{
	return n * 1000 / top->elapsed_ms;
}

static uint64_t drops_of(const struct node *was, const struct node *is)
{
	const struct node *old = node_find(was, "drops");
	const struct node *all = node_find(is, "drops");
	uint64_t n = 0;

	for (const struct node *d = node_first(all); d; d = d->next)
		n += node_moved(old, all, d->name);
	return n;
}

static struct row row_of(const struct top *top, const struct node *tunnel,
			 size_t place)
{
	const struct node *old =
		node_find(node_find(top->before, "tunnels"), tunnel->name);
	struct row row = { .tunnel = tunnel, .place = place };

	for (size_t i = 0; i < DIRECTIONS; i++) {
		const struct node *was = node_find(old, directions[i]);
		const struct node *is = node_find(tunnel, directions[i]);

		row.rates[i].pkts = per_s(top, node_moved(was, is, "packets"));
		row.rates[i].bits = per_s(top, 8 * node_moved(was, is, "bytes"));
		row.drops += per_s(top, drops_of(was, is));
		row.lost += per_s(top, node_moved(was, is, "lost"));
	}
	return row;
}

static int by_load(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	const uint64_t p = x->rates[0].bits + x->rates[1].bits;
	const uint64_t q = y->rates[0].bits + y->rates[1].bits;

	if (p != q)
		return p > q ? -1 : 1;
	return x->place < y->place ? -1 : 1;
}

/* Sorted; free() them. */
static struct row *rows_of(const struct top *top, size_t *n)
{
	const struct node *tunnels = node_find(top->after, "tunnels");
	const struct node *t;
	struct row *rows;

	*n = 0;
	for (t = node_first(tunnels); t; t = t->next)
		(*n)++;
	rows = need(calloc(*n + 1, sizeof(*rows)));
	*n = 0;
	for (t = node_first(tunnels); t; t = t->next, (*n)++)
		rows[*n] = row_of(top, t, *n);
	qsort(rows, *n, sizeof(*rows), by_load);
	return rows;
}

static void add_row(struct table *t, const struct row *row)
{
	char text[RATE_STR_MAX];

	table_text(t, row->tunnel->name);
	table_text(t, node_text(row->tunnel, "state"));
	for (size_t i = 0; i < DIRECTIONS; i++) {
		table_count(t, row->rates[i].pkts);
		table_text(t, rate_str(row->rates[i].bits, text));
	}
	table_count(t, row->drops);
	table_count(t, row->lost);
}

static void show_summary(const struct row *rows, size_t n, FILE *out)
{
	char text[DIRECTIONS][RATE_STR_MAX];
	uint64_t bits[DIRECTIONS] = { 0 };
	size_t up = 0;

	for (size_t i = 0; i < n; i++) {
		up += strcmp(node_text(rows[i].tunnel, "state"), "up") == 0;
		for (size_t k = 0; k < DIRECTIONS; k++)
			bits[k] += rows[i].rates[k].bits;
	}
	fprintf(out, "%zu of %zu tunnels up, %s in, %s out\n", up, n,
		rate_str(bits[0], text[0]), rate_str(bits[1], text[1]));
}

void top_show(const struct top *top, size_t rows, FILE *out)
{
	static const char *const heads[] = { "TUNNEL",	"STATE", "IN/s",
					     "IN",	"OUT/s", "OUT",
					     "DROPS/s", "LOST/s" };
	struct table t = table_new("llrrrrrr");
	size_t n, shown;
	struct row *all = rows_of(top, &n);

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		table_text(&t, heads[i]);
	shown = rows && rows < n + LINES_ABOVE ? rows - LINES_ABOVE : n;
	if (rows && rows <= LINES_ABOVE)
		shown = 0;
	for (size_t i = 0; i < shown; i++)
		add_row(&t, &all[i]);
	show_summary(all, n, out);
	table_print(&t, out);
	table_free(&t);
	free(all);
}

static json_t *rates_json(const struct rates *r)
{
	return need(json_pack("{s:I,s:I}", "packets_per_second",
			      (json_int_t)r->pkts, "bits_per_second",
			      (json_int_t)r->bits));
}

void top_show_json(const struct top *top, FILE *out)
{
	json_t *tunnels = need(json_object()), *line;
	size_t n;
	struct row *all = rows_of(top, &n);
	char *text;

	for (size_t i = 0; i < n; i++) {
		const struct row *r = &all[i];

		json_object_set_new(
			tunnels, r->tunnel->name,
			need(json_pack("{s:s,s:o,s:o,s:I,s:I}", "state",
				       node_text(r->tunnel, "state"), "in",
				       rates_json(&r->rates[0]), "out",
				       rates_json(&r->rates[1]),
				       "drops_per_second", (json_int_t)r->drops,
				       "lost_per_second", (json_int_t)r->lost)));
	}
	line = need(json_pack("{s:I,s:o}", "time", (json_int_t)top->at,
			      "tunnels", tunnels));
	text = need(json_dumps(line, JSON_COMPACT));
	fprintf(out, "%s\n", text);
	free(text);
	json_decref(line);
	free(all);
}

/* --- the command --- */

/* What is refused is a failure, too. */
static struct node *ask_status(const char *path, struct error *e)
{
	const struct question q = { .command = "cygnet-status",
				    .event = CLIENT_PARTS };
	struct node *answer = ask_daemon(path, &q, NULL, e);

	if (!answer || !ask_is_refusal(answer))
		return answer;
	error_set(e, -EPROTO, "%s", node_text(answer, "errmsg"));
	node_free(answer);
	return NULL;
}

/* Of the terminal; 0: it is none, or does not say. */
static size_t lines_of(FILE *out)
{
	struct winsize size = { 0 };

	if (!isatty(fileno(out)) || ioctl(fileno(out), TIOCGWINSZ, &size))
		return 0;
	return size.ws_row > 1 ? size.ws_row - 1U : 0;
}

static void show(const struct arguments *args, const struct top *top, FILE *out)
{
	if (arguments_have(args, OPT(JSON))) {
		top_show_json(top, out);
		return;
	}
	if (isatty(fileno(out)))
		fputs(CLEAR, out);
	top_show(top, lines_of(out), out);
}

/* 0 when it was shown so often; 0 times is without an end. */
static int run(const struct arguments *args, uint64_t times, FILE *out,
	       struct error *e)
{
	const char *path = arguments_path(args);
	struct node *before = ask_status(path, e), *after;
	uint64_t then_ns = clock_ns();
	int err = before ? 0 : -EIO;

	for (uint64_t i = 0; !err && (!times || i < times); i++) {
		poll(NULL, 0, (int)args->watch_s * 1000);
		after = ask_status(path, e);
		if (!after) {
			err = -EIO;
			break;
		}
		show(args,
		     &(struct top){ before, after,
				    (clock_ns() - then_ns) / NS_PER_MS + 1,
				    time(NULL) },
		     out);
		then_ns = clock_ns();
		node_free(before);
		before = after;
		if (fflush(out))
			err = error_set(e, -errno, "cannot write: %s",
					strerror(errno));
	}
	node_free(before);
	return err;
}

int top_run(const struct arguments *args, FILE *out)
{
	const char *count = args->values[OPTION_COUNT];
	uint64_t times = 0;
	struct error e;

	if (count && (!decimal_parse(count, &times) || !times)) {
		fprintf(stderr,
			"cygnet: --count is a number from 1 on, not '%s'\n",
			count);
		return 2;
	}
	if (!run(args, times, out, &e))
		return 0;
	fprintf(stderr, "cygnet: %s\n", e.text);
	return 1;
}
