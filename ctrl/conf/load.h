/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection, a pool or an authority that comes as a message of sections, values and lists instead of
 * a text: the same keys, values and limits, read by the same tables. Whoever
 * knows the message's encoding hands over its elements one after the other,
 * sections well nested; the first that can't be is remembered and told at the
 * end. Control thread.
 */
#ifndef CYG_CONF_LOAD_H
#define CYG_CONF_LOAD_H

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/model/authority.h"
#include "ctrl/model/cert_list.h"
#include "ctrl/model/pool.h"

#define LOAD_ENTRIES_MAX 512 /* keys and sections in one section */

struct load;

/* Of which command the message is. */
enum load_kind {
	LOAD_CONN,	/* load-conn, a section of connections */
	LOAD_POOL,	/* load-pool, one of pools */
	LOAD_AUTHORITY, /* load-authority, one of authorities */
};

/*
 * room   octets of the encoded message, which has three or more around each
 *        value and item, and two around each section
 *
 * NULL: no memory. Wiped and freed by load_free(); NULL is fine.
 */
struct load *load_new(enum load_kind kind, size_t room);
void load_free(struct load *l);

/* Borrowed for the call. A list's items come between its start and its end. */
void load_section(struct load *l, struct slice name);
void load_section_end(struct load *l);
void load_value(struct load *l, struct slice name, struct slice text);
void load_list(struct load *l, struct slice name);
void load_item(struct load *l, struct slice text);
void load_list_end(struct load *l);

/*
 * The message holds one section, with the connection's name: its keys are those
 * of a section of connections in a text, but that certs, cacerts and pubkeys hold
 * certificates and keys, in DER or PEM, instead of names of files.
 *
 * out     from_vici; free with conn_fini() unless there was a failure
 * certs   those certificates are added, also where there is a failure later
 *
 * 0, or negative with e filled as `COMMAND: what is wrong; remedy`: -EINVAL,
 * -E2BIG (limits), -ENOMEM. No value is ever shown.
 */
int load_conn(struct load *l, struct conn_conf *out, struct cert_list *certs,
	      struct error *e);

/* Likewise a pool, which owns nothing. */
int load_pool(struct load *l, struct pool_conf *out, struct error *e);

/* Likewise an authority, whose cacert is a certificate. */
int load_authority(struct load *l, struct authority *out,
		   struct cert_list *certs, struct error *e);

#endif
