/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is loaded: the file's configuration, and behind its connections and
 * secrets those that came over VICI. Either side changes its own alone: VICI
 * never a name of the file's, a new file nothing of VICI's.
 *
 * It decides and carries nothing out. Connections change in two steps, as the
 * data path may refuse their policies: a new list, from which policies are made,
 * then the same list in force, and a call for each that differs. Secrets are
 * only looked up, and change at once. Control thread.
 */
#ifndef CYG_DAEMON_LOADED_H
#define CYG_DAEMON_LOADED_H

#include "ctrl/base/error.h"
#include "ctrl/model/config.h"

#define LOADED_CONNS_MAX 16384 /* that came over VICI */
#define LOADED_PSKS_MAX	 16384 /* likewise */

/* The file's connections, then VICI's in the order in which they came. */
struct conn_list {
	struct conn_conf *at; /* owned */
	size_t n;
};

/* It is empty then. */
void conn_list_free(struct conn_list *list);

/*
 * All connections with one more, or with another one in the place of the one
 * that has its name. A child's policy is what it was, a new one's is
 * UINT32_MAX: whoever installs policies fills it in.
 *
 * conn   from_vici; copied
 * out    to be freed, also after a failure
 *
 * 0, or negative with e filled: -EEXIST (the file has that name), -E2BIG (no
 * room in the SPD, or too many), -ENOMEM.
 */
int loaded_put_conn(const struct config *c, const struct conn_conf *conn,
		    struct conn_list *out, struct error *e);

/* What connections take of what is bounded. */
struct loaded_room {
	size_t entries; /* of the SPD, with the file's policies */
	size_t vici;	/* connections that came over VICI */
};

struct loaded_room loaded_room(const struct config *c,
			       const struct conn_conf *conns, size_t n);
void loaded_room_add(struct loaded_room *room, const struct conn_conf *conn);
void loaded_room_drop(struct loaded_room *room, const struct conn_conf *conn);

/* Is there so much? 0, or -E2BIG with e filled. */
int loaded_check_room(const struct loaded_room *room, struct error *e);

/* May it come, in the place of old, which may be NULL? The room apart; 0, or
 * negative with e filled. */
int loaded_check_conn(const struct config *c, const struct conn_conf *old,
		      const struct conn_conf *conn, struct error *e);

/* Without it. -ENOENT: none of that name came over VICI. Likewise. */
int loaded_drop_conn(const struct config *c, const char *name,
		     struct conn_list *out, struct error *e);

/*
 * With the trap of a child installed, or uninstalled, of the file's as well: a
 * file that is read again has it as it says.
 *
 * conn   "": of the one that has such a child
 *
 * -EALREADY: it is so, and out is empty; -ENOENT: there is no such child, or no
 * trap to uninstall; -EEXIST: two connections have such a child. Likewise.
 */
int loaded_set_trap(const struct config *c, const char *conn, const char *child,
		    bool installed, struct conn_list *out, struct error *e);

/* Puts the list in force; it holds what was, then. */
void loaded_swap_conns(struct config *c, struct conn_list *list);

/*
 * Makes a file that was read again the configuration: what came over VICI is
 * copied behind it, and manual SAs that were added, see loaded_keep_manual(). The
 * caller puts it in force in c's place.
 *
 * file   unchanged after a failure
 *
 * 0, or negative with e filled, and with the place in the file if it has one:
 * -EPERM (what a running gateway can't change, such as its interfaces), -EEXIST (VICI has that name), -E2BIG (no room in the SPD),
 * -ENOMEM.
 */
int loaded_set_file(const struct config *c, struct config *file,
		    struct error *e);

struct loaded_calls {
	void (*unload)(void *ctx, const char *name);
	/* A new one, or a changed one, and then what it was, else NULL. */
	void (*load)(void *ctx, const struct conn_conf *conn,
		     const struct conn_conf *was);
	void *ctx;
};

/*
 * What differs, by value, when policies have been filled in: those that are
 * gone, and in their order those that are new or changed. Of the others nothing
 * is told, and they keep their SAs.
 */
void loaded_tell_gone(const struct conn_list *before,
		      const struct conn_list *after,
		      const struct loaded_calls *calls);
void loaded_tell_new(const struct conn_list *before,
		     const struct conn_list *after,
		     const struct loaded_calls *calls);

/*
 * A secret more, or another one for the same id; c->psks may move.
 *
 * psk   from_vici; what it owns is taken and psk forgotten, unless there is a
 *       failure. One without a name that is there already is not there twice
 *
 * 0, or negative with e filled: -EEXIST (the file has that id), -E2BIG, -ENOMEM.
 */
int loaded_put_psk(struct config *c, struct psk_conf *psk, struct error *e);

/* -ENOENT with e filled: none of that id came over VICI. */
int loaded_drop_psk(struct config *c, const char *id, struct error *e);

/* All that came over VICI. */
void loaded_clear_psks(struct config *c);

/* The same key, for the same ones? Whatever they are called. */
bool loaded_same_secret(const struct psk_conf *a, const struct psk_conf *b);

/* The id of the next one that came over VICI and has one; at is where to go on, 0 at
 * first. NULL: no more. */
const char *loaded_psk_id(const struct config *c, size_t *at);

#endif
