/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What holds for every connection that was taken, and for every error about one
 * that was not, whichever way it came.
 */
#ifndef CYG_TESTS_CONN_CHECK_H
#define CYG_TESTS_CONN_CHECK_H

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "ctrl/model/authority.h"
#include "ctrl/model/cert_list.h"
#include "ctrl/model/conn.h"
#include "include/proto.h"

#define KEY_RUN 16 /* digits of a key in a row that no error may show */

/* A range, or OPAQUE, which is written as one that is empty. */
static inline bool ports_ok(const struct ts_conf *ts)
{
	return ts->port_min <= ts->port_max ||
	       (ts->port_min == PORT_OPAQUE_MIN &&
		ts->port_max == PORT_OPAQUE_MAX);
}

static inline bool net_ok(const struct ts_conf *ts)
{
	return ts->dynamic ||
	       ts->net.bits <= (addr_is_v4(&ts->net.net) ? 32 : 128);
}

static inline bool ts_ok(const struct ts_conf *list, size_t n)
{
	if (n < 1 || n > CONN_TS_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!ports_ok(&list[i]) || !net_ok(&list[i]))
			return false;
	return true;
}

static inline bool proposals_ok(const struct proposals *p)
{
	return p->n >= 1 && p->n <= PROPOSALS_MAX;
}

static inline bool child_ok(const struct child_conf *c)
{
	return c->name[0] && ts_ok(c->local_ts, c->n_local_ts) &&
	       ts_ok(c->remote_ts, c->n_remote_ts) &&
	       proposals_ok(&c->proposals) &&
	       c->start_action <= CHILD_TRAP_START &&
	       c->rekey_time != TIME_UNSET && c->life_time != TIME_UNSET &&
	       c->rand_time != TIME_UNSET;
}

static inline bool auth_ok(const struct auth_conf *a)
{
	bool named = a->n_certs || a->n_pubkeys || a->n_cas || a->n_policies;

	if (a->n_certs > AUTH_CERTS_MAX || a->n_pubkeys > AUTH_PUBKEYS_MAX ||
	    a->n_cas > AUTH_CAS_MAX || a->n_policies > AUTH_POLICIES_MAX)
		return false;
	for (size_t i = 0; i < a->n_policies; i++)
		if (!memchr(a->policies[i], 0, AUTH_POLICY_STR_MAX))
			return false;
	return a->revocation <= REVOCATION_STRICT &&
	       (a->by == AUTH_BY_PUBKEY || (a->by == AUTH_BY_PSK && !named));
}

static inline bool conn_ok(const struct conn_conf *c)
{
	for (size_t i = 0; i < c->n_children; i++)
		if (!child_ok(&c->children[i]))
			return false;
	if (c->n_more_local >= AUTH_ROUNDS_MAX ||
	    c->n_more_remote >= AUTH_ROUNDS_MAX)
		return false;
	for (int i = 0; i < c->n_more_local + c->n_more_remote; i++)
		if (!auth_ok(&c->more_rounds[i].auth))
			return false;
	return c->name[0] && c->n_local_addrs >= 1 &&
	       c->n_local_addrs <= CONN_ADDRS_MAX && c->n_remote_addrs >= 1 &&
	       c->n_remote_addrs <= CONN_ADDRS_MAX && c->local_port &&
	       c->remote_port && proposals_ok(&c->proposals) &&
	       auth_ok(&c->local_auth) && auth_ok(&c->remote_auth) &&
	       c->rekey_time <= UINT32_MAX - c->over_time &&
	       c->rand_time != TIME_UNSET;
}

/* Does it name what came with it? */
static inline bool auth_is_of(const struct auth_conf *a,
			      const struct cert_list *certs)
{
	for (size_t i = 0; i < a->n_certs; i++)
		if (!cert_list_find(certs, CERT_X509, &a->certs[i]))
			return false;
	for (size_t i = 0; i < a->n_cas; i++)
		if (!cert_list_find(certs, CERT_CA, &a->cas[i]))
			return false;
	for (size_t i = 0; i < a->n_pubkeys; i++)
		if (!cert_list_find(certs, CERT_PUBKEY, &a->pubkeys[i]))
			return false;
	return true;
}

static inline bool uris_ok(const struct authority_uris *u)
{
	if (u->n > AUTHORITY_URIS_MAX)
		return false;
	for (size_t i = 0; i < u->n; i++)
		if (!memchr(u->at[i], 0, AUTHORITY_URI_MAX) ||
		    strncasecmp(u->at[i], "http://", 7) != 0)
			return false;
	return true;
}

static inline bool is_base64(int c)
{
	return isalnum(c) || c == '+' || c == '/';
}

/*
 * Whatever the input was: no text of ours has hexadecimal digits in a row, or
 * base64 that stands behind the 0s with which a name or a word begins.
 */
static inline bool shows_key(const char *text)
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

#endif
