// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets as a configuration: either a model that keeps its promises or an
 * error that names a place and shows no key. Start from the seeds in
 * tests/fuzz/corpus/conf.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/conf/conf.h"

#define KEY_RUN 16 /* digits of a key in a row that no error may show */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool ts_ok(const struct ts_conf *list, size_t n)
{
	if (n < 1 || n > CONN_TS_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (list[i].port_min > list[i].port_max ||
		    (!list[i].dynamic &&
		     (!addr_is_v4(&list[i].net.net) || list[i].net.bits > 32)))
			return false;
	return true;
}

static bool proposals_ok(const struct proposals *p)
{
	return p->n >= 1 && p->n <= PROPOSALS_MAX;
}

static bool child_ok(const struct child_conf *c)
{
	return c->name[0] && ts_ok(c->local_ts, c->n_local_ts) &&
	       ts_ok(c->remote_ts, c->n_remote_ts) &&
	       proposals_ok(&c->proposals) && c->start_action <= CHILD_START &&
	       c->rekey_time != TIME_UNSET && c->life_time != TIME_UNSET &&
	       c->rand_time != TIME_UNSET;
}

static bool conn_ok(const struct conn_conf *c)
{
	for (size_t i = 0; i < c->n_children; i++)
		if (!child_ok(&c->children[i]))
			return false;
	return c->name[0] && c->n_local_addrs >= 1 &&
	       c->n_local_addrs <= CONN_ADDRS_MAX && c->n_remote_addrs >= 1 &&
	       c->n_remote_addrs <= CONN_ADDRS_MAX && c->local_port &&
	       c->remote_port && proposals_ok(&c->proposals) &&
	       c->rekey_time <= UINT32_MAX - c->over_time &&
	       c->rand_time != TIME_UNSET;
}

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

static bool is_base64(int c)
{
	return isalnum(c) || c == '+' || c == '/';
}

/*
 * Whatever the input was: no text of ours has hexadecimal digits in a row, or
 * base64 that stands behind the 0s with which a name or a word begins.
 */
static bool shows_key(const char *text)
{
	size_t digits = 0;

	for (const char *c = text; *c; c++) {
		size_t run = 0;

		digits = isxdigit((unsigned char)*c) ? digits + 1 : 0;
		if (digits == KEY_RUN)
			return true;
		if (!strchr(" '.", *c) || c[1] != '0' || (c[2] | 0x20) != 's')
			continue;
		while (is_base64((unsigned char)c[3 + run]))
			run++;
		if (run >= KEY_RUN)
			return true;
	}
	return false;
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
