// SPDX-License-Identifier: BSD-2-Clause
/*
 * A line for each IKE SA, and below it one for each of its CHILD SAs: the
 * client's own layout of what `swanctl --list-sas` shows.
 */
#include "ctrl/cli/show.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/cli/table.h"
#include "ctrl/cli/text.h"
#include "ctrl/control/duration.h"
#include "include/ike.h"

/* A field of which nothing is known is left out of a text. */
static const char *field(const struct node *section, const char *key)
{
	return node_find(section, key) ? node_text(section, key) : "";
}

__attribute__((format(printf, 2, 3))) static void add_text(struct table *t,
							   const char *fmt, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	need(len < 0 ? NULL : text);
	table_text(t, text);
	free(text);
}

/* "AES_CBC-128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048/KE1_CURVE_25519", or
 * "AH/HMAC_SHA2_256_128 transport" */
static void add_algs(struct table *t, const struct node *sa)
{
	static const char *const keys[] = { "integ-alg", "prf-alg", "dh-group" };
	const char *bits = field(sa, "encr-keysize");
	char *text = NULL;
	size_t len;
	FILE *f = need(open_memstream(&text, &len));

	if (strcmp(field(sa, "protocol"), "AH") == 0)
		fprintf(f, "AH");
	else
		fprintf(f, "%s%s%s", field(sa, "encr-alg"), *bits ? "-" : "",
			bits);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (node_find(sa, keys[i]))
			fprintf(f, "/%s", node_text(sa, keys[i]));
	for (unsigned int i = 1; i <= IKE_ADDKES; i++) {
		char key[] = { 'k', 'e', (char)('0' + i), '\0' };

		if (node_find(sa, key))
			fprintf(f, "/KE%u_%s", i, node_text(sa, key));
	}
	if (strcmp(field(sa, "mode"), "TRANSPORT") == 0)
		fprintf(f, " transport");
	if (node_find(sa, "weak"))
		fprintf(f, " weak");
	need(fclose(f) ? NULL : text);
	table_text(t, *text ? text : "-");
	free(text);
}

static void add_ike(struct table *t, const struct node *ike)
{
	char age[DURATION_STR_MAX];

	add_text(t, "%s #%s", ike->name, node_text(ike, "uniqueid"));
	add_text(t, "%s[%s] ═ %s[%s]%s", node_text(ike, "local-host"),
		 node_text(ike, "local-port"), node_text(ike, "remote-host"),
		 node_text(ike, "remote-port"),
		 node_find(ike, "tcp") ? " over TCP" : "");
	add_algs(t, ike);
	if (node_find(ike, "established"))
		add_text(t, "%s for %s", node_text(ike, "state"),
			 duration_str(node_count(ike, "established"), age));
	else
		table_text(t, node_text(ike, "state"));
}

static void add_child(struct table *t, const struct node *child)
{
	char in[BYTES_STR_MAX], out[BYTES_STR_MAX];
	char *local = node_joined(node_find(child, "local-ts"), " ");
	char *remote = node_joined(node_find(child, "remote-ts"), " ");

	add_text(t, "%s #%s", node_text(child, "name"),
		 node_text(child, "uniqueid"));
	table_text(t, node_text(child, "state"));
	add_text(t, "%s ═ %s", local, remote);
	add_algs(t, child);
	add_text(t, "in %s", bytes_str(node_count(child, "bytes-in"), in));
	add_text(t, "out %s", bytes_str(node_count(child, "bytes-out"), out));
	free(remote);
	free(local);
}

/* "drops-in-replay", and a line of all of that direction. */
static void show_drops_of(const struct node *child, const char *prefix,
			  const char *direction, FILE *out)
{
	const char *between = direction;

	for (const struct node *n = node_first(child); n; n = n->next) {
		if (n->type != NODE_VALUE ||
		    strncmp(n->name, prefix, strlen(prefix)) != 0)
			continue;
		fprintf(out, "%s %s %s", between, n->name + strlen(prefix),
			n->text);
		between = ",";
	}
	if (between != direction)
		fputc('\n', out);
}

/* The IKE SA in an item of the list; NULL: there is none. */
static const struct node *ike_of(const struct node *item)
{
	const struct node *ike = node_first(item);

	return ike && ike->type == NODE_SECTION ? ike : NULL;
}

void show_sa(const struct node *answer, const struct show *how)
{
	const struct node *items = node_first(node_find(answer, "sas"));
	struct table ikes = table_new("llll"), children = table_new("llllrr");
	size_t row = 0, child_row = 0;

	if (!items)
		fputs("There are no SAs.\n", how->out);
	for (const struct node *i = items; i; i = i->next) {
		const struct node *c = node_find(ike_of(i), "child-sas");

		if (!ike_of(i))
			continue;
		add_ike(&ikes, ike_of(i));
		for (c = node_first(c); c; c = c->next)
			add_child(&children, c);
	}
	for (const struct node *i = items; i; i = i->next) {
		const struct node *c = node_find(ike_of(i), "child-sas");

		if (!ike_of(i))
			continue;
		table_print_row(&ikes, row++, how->out);
		for (c = node_first(c); c; c = c->next) {
			fputs("  ", how->out);
			table_print_row(&children, child_row++, how->out);
			show_drops_of(c, "drops-in-", "    in dropped",
				      how->out);
			show_drops_of(c, "drops-out-", "    out dropped",
				      how->out);
			if (node_find(c, "lost-in"))
				fprintf(how->out, "    in lost %s\n",
					node_text(c, "lost-in"));
		}
	}
	table_free(&children);
	table_free(&ikes);
}
