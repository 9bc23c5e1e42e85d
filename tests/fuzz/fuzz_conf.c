// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets as a configuration: either a model that keeps its promises or an
 * error that names a place and shows no key. Start from the seeds in
 * tests/fuzz/corpus/conf.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/conf/conf.h"
#include "tests/fuzz/conn_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_conns(const struct config *c)
{
	size_t entries = c->n_policies;

	for (size_t i = 0; i < c->n_conns; i++) {
		if (!conn_ok(&c->conns[i]))
			abort();
		entries += c->conns[i].n_children;
	}
	for (size_t i = 0; i < c->n_psks; i++)
		if (!c->psks[i].name[0] || c->psks[i].key.len < 1 ||
		    c->psks[i].key.len > SECRET_MAX_BYTES)
			abort();
	if (entries > SPD_MAX || c->n_included)
		abort();
}

/* What the daemon relies on without another look. */
static void check(const struct config *c)
{
	check_conns(c);
	if (c->gateway.n_ifaces < 2 || c->gateway.n_ifaces > IFACE_MAX ||
	    c->n_policies > SPD_MAX || c->gateway.socket[0] != '/')
		abort();
	for (size_t i = 0; i < c->n_manual; i++) {
		const struct manual_conf *m = &c->manual[i];

		if (m->encr->counter_mode ||
		    m->in.encr_key.len != encr_key_bytes(m->encr) ||
		    m->out.encr_key.len != encr_key_bytes(m->encr) ||
		    m->in.integ_key.len != m->integ->key_bytes ||
		    m->out.integ_key.len != m->integ->key_bytes)
			abort();
	}
	for (size_t i = 0; i < c->n_policies; i++)
		if (c->policies[i].action == SPD_PROTECT &&
		    c->policies[i].manual >= c->n_manual)
			abort();
}

/* `f:LINE:COLUMN: text`, or of the whole file `f: larger than ...`. */
static bool has_place(const char *text)
{
	unsigned int line = 0, column = 0;
	int head = 0;

	if (strncmp(text, "f: larger than ", 15) == 0)
		return true;
	sscanf(text, "f:%u:%u: %n", &line, &column, &head);
	return head && line && column && text[head];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *c;
	struct error e = { "" };

	if (conf_parse("f", slice_of(data, size), &c, &e) == 0)
		check(c);
	else if (c || !has_place(e.text) || strchr(e.text, '\n') ||
		 shows_key(e.text))
		abort();
	config_free(c);
	return 0;
}
