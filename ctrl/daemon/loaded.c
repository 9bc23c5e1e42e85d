// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/loaded.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/name_index.h"
#include "ctrl/daemon/loaded_manual.h"
#include "ctrl/daemon/loaded_pools.h"
#include "ctrl/daemon/reload.h"

/* --- lists of connections --- */

void conn_list_free(struct conn_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		conn_fini(&list->at[i]);
	free(list->at);
	*list = (struct conn_list){ 0 };
}

static const struct conn_conf *find_conn(const struct conn_conf *conns,
					 size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(conns[i].name, name) == 0)
			return &conns[i];
	return NULL;
}

static int no_memory(struct error *e)
{
	return error_set(e, -ENOMEM, "out of memory for what is loaded");
}

/* There is room. */
static int append(struct conn_list *list, const struct conn_conf *conn,
		  struct error *e)
{
	return conn_copy(&list->at[list->n++], conn) ? no_memory(e) : 0;
}

/* Room for all connections of c and more; none of them yet. */
static int make_room(const struct config *c, size_t more, struct conn_list *out,
		     struct error *e)
{
	*out = (struct conn_list){ 0 };
	out->at = calloc(c->n_conns + more, sizeof(*out->at));
	return out->at ? 0 : no_memory(e);
}

/* In the SPD. */
static size_t entries_of(const struct conn_conf *conn)
{
	size_t entries = 0;

	for (size_t k = 0; k < conn->n_children; k++)
		entries += child_pairs(&conn->children[k]);
	return entries;
}

void loaded_room_add(struct loaded_room *room, const struct conn_conf *conn)
{
	room->entries += entries_of(conn);
	room->vici += conn->from_vici;
}

void loaded_room_drop(struct loaded_room *room, const struct conn_conf *conn)
{
	room->entries -= entries_of(conn);
	room->vici -= conn->from_vici;
}

struct loaded_room loaded_room(const struct config *c,
			       const struct conn_conf *conns, size_t n)
{
	struct loaded_room room = { .entries = c->n_policies };

	for (size_t i = 0; i < n; i++)
		loaded_room_add(&room, &conns[i]);
	return room;
}

int loaded_check_room(const struct loaded_room *room, struct error *e)
{
	if (room->entries > SPD_MAX)
		return error_set(e, -E2BIG,
				 "policies and pairs of selectors, the file's "
				 "and those that came over VICI, would be %zu, "
				 "and the SPD takes %u; unload some",
				 room->entries, SPD_MAX);
	if (room->vici > LOADED_CONNS_MAX)
		return error_set(e, -E2BIG,
				 "more than %u connections would have come "
				 "over VICI; unload some",
				 LOADED_CONNS_MAX);
	return 0;
}

/* What is broken has to be allowed by the file. */
static int check_weak(const struct config *file, const struct conn_conf *conn,
		      struct error *e)
{
	struct weakness w;
	const bool bad =
		!file->gateway.allow_weak_algorithms && conn_weakness(conn, &w);

	if (!bad)
		return 0;
	return error_set(e, -EINVAL,
			 "connections.%s.%s%s%s has %s, which is weak (%s); "
			 "remove it, or set " ALLOW_WEAK,
			 conn->name, w.child ? "children." : "",
			 w.child ? w.child->name : "",
			 w.child ? ".esp_proposals" : "proposals", w.name,
			 w.why);
}

static int fail_files(const struct config *c, const char *what,
		      const char *name, int err, struct error *e)
{
	return error_set(e, err,
			 "%s '%s' is of the file %.200s: change it there and "
			 "reload",
			 what, name, c->file);
}

static int check_room(const struct config *c, const struct conn_list *list,
		      struct error *e)
{
	const struct loaded_room room = loaded_room(c, list->at, list->n);

	return loaded_check_room(&room, e);
}

int loaded_check_conn(const struct config *c, const struct conn_conf *old,
		      const struct conn_conf *conn, struct error *e)
{
	int err = check_weak(c, conn, e);

	if (!err && old && !old->from_vici)
		err = fail_files(c, "connection", conn->name, -EEXIST, e);
	return err;
}

int loaded_put_conn(const struct config *c, const struct conn_conf *conn,
		    struct conn_list *out, struct error *e)
{
	const struct conn_conf *old =
		find_conn(c->conns, c->n_conns, conn->name);
	int err = make_room(c, 1, out, e);

	if (!err)
		err = loaded_check_conn(c, old, conn, e);
	for (size_t i = 0; !err && i < c->n_conns; i++)
		err = append(out, &c->conns[i] == old ? conn : &c->conns[i], e);
	if (!err && !old)
		err = append(out, conn, e);
	return err ? err : check_room(c, out, e);
}

int loaded_drop_conn(const struct config *c, const char *name,
		     struct conn_list *out, struct error *e)
{
	const struct conn_conf *old = find_conn(c->conns, c->n_conns, name);
	int err = make_room(c, 1, out, e);

	if (!err && !old)
		err = error_set(e, -ENOENT, "there is no connection '%s'", name);
	if (!err && !old->from_vici)
		err = fail_files(c, "connection", name, -ENOENT, e);
	for (size_t i = 0; !err && i < c->n_conns; i++)
		if (&c->conns[i] != old)
			err = append(out, &c->conns[i], e);
	return err;
}

/* Of all connections, or of one alone; n: how many have it. */
static size_t find_child(const struct config *c, const char *conn,
			 const char *child, size_t *n)
{
	size_t found = 0;

	*n = 0;
	for (size_t i = 0; i < c->n_conns; i++) {
		if ((*conn && strcmp(c->conns[i].name, conn) != 0) ||
		    !conn_child(&c->conns[i], child))
			continue;
		found = i;
		++*n;
	}
	return found;
}

static int copy_conns(const struct config *c, struct conn_list *out,
		      struct error *e)
{
	int err = make_room(c, 1, out, e);

	for (size_t i = 0; !err && i < c->n_conns; i++)
		err = append(out, &c->conns[i], e);
	return err;
}

int loaded_set_trap(const struct config *c, const char *conn, const char *child,
		    bool installed, struct conn_list *out, struct error *e)
{
	size_t n, at = find_child(c, conn, child, &n);
	const struct child_conf *old;
	int err;

	*out = (struct conn_list){ 0 };
	if (n == 0)
		return error_set(e, -ENOENT, "there is no child '%s%s%s'", conn,
				 *conn ? "/" : "", child);
	if (n > 1)
		return error_set(e, -EEXIST,
				 "%zu connections have a child '%s': name one "
				 "of them as 'ike'",
				 n, child);
	old = conn_child(&c->conns[at], child);
	if (child_is_trap(old) == installed)
		return installed
			       ? -EALREADY
			       : error_set(e, -ENOENT,
					   "no trap of child '%s' is installed",
					   child);
	err = copy_conns(c, out, e);
	if (!err)
		out->at[at].children[old - c->conns[at].children].trap =
			installed ? TRAP_INSTALLED : TRAP_UNINSTALLED;
	return err;
}

void loaded_swap_conns(struct config *c, struct conn_list *list)
{
	struct conn_list was = { c->conns, c->n_conns };

	c->conns = list->at;
	c->n_conns = list->n;
	*list = was;
}

/* Of many. */
struct finder {
	const struct conn_list *list;
	struct name_index names;
	bool is_slow; /* there was no memory for the names */
};

static struct finder finder_of(const struct conn_list *list)
{
	struct finder f = { .list = list };

	f.is_slow =
		name_index_make(&f.names, list->at, sizeof(*list->at), list->n);
	return f;
}

static const struct conn_conf *finder_find(const struct finder *f,
					   const char *name)
{
	size_t i;

	if (f->is_slow)
		return find_conn(f->list->at, f->list->n, name);
	i = name_index_find(&f->names, name);
	return i == NAME_NOWHERE ? NULL : &f->list->at[i];
}

void loaded_tell_gone(const struct conn_list *before,
		      const struct conn_list *after,
		      const struct loaded_calls *calls)
{
	struct finder f = finder_of(after);

	for (size_t i = 0; i < before->n; i++)
		if (!finder_find(&f, before->at[i].name))
			calls->unload(calls->ctx, before->at[i].name);
	name_index_free(&f.names);
}

void loaded_tell_new(const struct conn_list *before,
		     const struct conn_list *after,
		     const struct loaded_calls *calls)
{
	struct finder f = finder_of(before);

	for (size_t i = 0; i < after->n; i++) {
		const struct conn_conf *conn = &after->at[i];
		const struct conn_conf *was = finder_find(&f, conn->name);

		if (!was || !conn_equal(was, conn))
			calls->load(calls->ctx, conn, was);
	}
	name_index_free(&f.names);
}

/* --- secrets --- */

/* Room for so many more; moved, if need be, and nothing of them is left behind. */
static int grow_psks(struct config *c, size_t more, struct error *e)
{
	size_t bytes = c->n_psks * sizeof(*c->psks);
	size_t room = 2 * c->n_psks + more;
	struct psk_conf *psks;

	if (c->n_psks + more <= c->psks_room)
		return 0;
	psks = calloc(room, sizeof(*psks));
	if (!psks)
		return no_memory(e);
	if (bytes) {
		memcpy(psks, c->psks, bytes);
		explicit_bzero(c->psks, bytes);
	}
	free(c->psks);
	c->psks = psks;
	c->psks_room = room;
	c->psk_names.first = (const char *)psks;
	return 0;
}

_Static_assert(offsetof(struct psk_conf, name) == 0, "for name_index");

static void forget_names(struct config *c)
{
	name_index_free(&c->psk_names);
}

/* NULL: there is none of that name, which is not empty. */
static struct psk_conf *psk_by_name(struct config *c, const char *name)
{
	size_t i;

	if (!c->psk_names.bytes && name_index_make(&c->psk_names, c->psks,
						   sizeof(*c->psks), c->n_psks)) {
		forget_names(c);
		for (i = 0; i < c->n_psks; i++)
			if (strcmp(c->psks[i].name, name) == 0)
				return &c->psks[i];
		return NULL;
	}
	i = name_index_find(&c->psk_names, name);
	return i == NAME_NOWHERE ? NULL : &c->psks[i];
}

bool loaded_same_secret(const struct psk_conf *a, const struct psk_conf *b)
{
	bool same = secret_equal(&a->key, &b->key) && a->is_ppk == b->is_ppk &&
		    a->n_owners == b->n_owners;

	for (size_t i = 0; same && i < a->n_owners; i++)
		same = identity_equal(&a->owners[i], &b->owners[i]);
	return same;
}

/* The one in whose place psk comes. */
static struct psk_conf *find_psk(struct config *c, const struct psk_conf *psk)
{
	if (psk->name[0])
		return psk_by_name(c, psk->name);
	for (size_t i = 0; i < c->n_psks; i++)
		if (!c->psks[i].name[0] && loaded_same_secret(&c->psks[i], psk))
			return &c->psks[i];
	return NULL;
}

static void move_psk(struct psk_conf *to, struct psk_conf *from)
{
	*to = *from;
	from->owners = NULL;
	psk_fini(from);
}

int loaded_put_psk(struct config *c, struct psk_conf *psk, struct error *e)
{
	struct psk_conf *old = find_psk(c, psk);
	int err;

	if (old && !old->from_vici)
		return fail_files(c, "secret", psk->name, -EEXIST, e);
	if (old) {
		psk_fini(old);
		move_psk(old, psk);
		return 0;
	}
	if (c->n_vici_psks == LOADED_PSKS_MAX)
		return error_set(e, -E2BIG,
				 "%u secrets came over VICI, and no more may; "
				 "unload some",
				 LOADED_PSKS_MAX);
	err = grow_psks(c, 1, e);
	if (err)
		return err;
	move_psk(&c->psks[c->n_psks], psk);
	c->n_vici_psks += c->psks[c->n_psks].from_vici;
	if (c->psk_names.bytes && name_index_add(&c->psk_names, c->psks))
		forget_names(c);
	c->n_psks++;
	return 0;
}

/* What comes after it moves up. */
static void remove_psk(struct config *c, size_t i)
{
	c->n_vici_psks -= c->psks[i].from_vici;
	forget_names(c);
	psk_fini(&c->psks[i]);
	c->n_psks--;
	memmove(&c->psks[i], &c->psks[i + 1],
		(c->n_psks - i) * sizeof(*c->psks));
	explicit_bzero(&c->psks[c->n_psks], sizeof(*c->psks));
}

int loaded_drop_psk(struct config *c, const char *id, struct error *e)
{
	const struct psk_conf *psk = psk_by_name(c, id);

	if (!psk)
		return error_set(e, -ENOENT, "there is no secret '%s'", id);
	if (!psk->from_vici)
		return fail_files(c, "secret", id, -ENOENT, e);
	remove_psk(c, (size_t)(psk - c->psks));
	return 0;
}

void loaded_clear_psks(struct config *c)
{
	for (size_t i = c->n_psks; i > 0; i--)
		if (c->psks[i - 1].from_vici)
			remove_psk(c, i - 1);
}

const char *loaded_psk_id(const struct config *c, size_t *at)
{
	while (*at < c->n_psks) {
		const struct psk_conf *psk = &c->psks[(*at)++];

		if (psk->from_vici && psk->name[0])
			return psk->name;
	}
	return NULL;
}

/* --- another file --- */

static int copy_psk(struct psk_conf *out, const struct psk_conf *from,
		    struct error *e)
{
	size_t bytes = from->n_owners * sizeof(*from->owners);

	*out = *from;
	if (!bytes)
		return 0;
	out->owners = malloc(bytes);
	if (!out->owners) {
		out->n_owners = 0;
		return no_memory(e);
	}
	memcpy(out->owners, from->owners, bytes);
	return 0;
}

static int check_conn_names(const struct config *c, const struct config *file,
			    struct error *e)
{
	const struct conn_list list = { file->conns, file->n_conns };
	struct finder f = finder_of(&list);
	int err = 0;

	for (size_t i = 0; !err && i < c->n_conns; i++)
		if (c->conns[i].from_vici && finder_find(&f, c->conns[i].name))
			err = error_set(e, -EEXIST,
					"%.200s: connection '%s' came over VICI "
					"already: unload it, or give the "
					"file's another name",
					file->file, c->conns[i].name);
	name_index_free(&f.names);
	return err;
}

static int check_names(const struct config *c, struct config *file,
		       struct error *e)
{
	int err = check_conn_names(c, file, e);

	if (err)
		return err;
	for (size_t i = 0; i < c->n_psks; i++)
		if (c->psks[i].from_vici && c->psks[i].name[0] &&
		    find_psk(file, &c->psks[i]))
			return error_set(e, -EEXIST,
					 "%.200s: secret '%s' came over VICI "
					 "already: unload it, or give the "
					 "file's another name",
					 file->file, c->psks[i].name);
	return 0;
}

/* Of several policies that are alike, the data path knows by its id which one a
 * child's is. */
static void keep_ids(const struct conn_conf *was, struct conn_conf *now)
{
	for (size_t k = 0; was && k < now->n_children; k++) {
		struct child_conf *child = &now->children[k];
		const struct child_conf *old = conn_child(was, child->name);

		for (size_t i = 0; old && i < SADB_SELECTORS_MAX; i++)
			child_set_policy(child, i, child_policy(old, i));
	}
}

/* The file's and VICI's; what was there stays on failure. */
static int append_conns(const struct config *c, const struct config *file,
			struct conn_list *out, struct error *e)
{
	const struct conn_list before = { c->conns, c->n_conns };
	struct finder f = finder_of(&before);
	int err = make_room(file, c->n_conns + 1, out, e);

	for (size_t i = 0; !err && i < file->n_conns; i++) {
		err = append(out, &file->conns[i], e);
		if (!err)
			keep_ids(finder_find(&f, file->conns[i].name),
				 &out->at[i]);
	}
	name_index_free(&f.names);
	for (size_t i = 0; !err && i < c->n_conns; i++) {
		if (!c->conns[i].from_vici)
			continue;
		err = check_weak(file, &c->conns[i], e);
		if (!err)
			err = append(out, &c->conns[i], e);
	}
	return err ? err : check_room(file, out, e);
}

/* There is room. */
static int append_psk(struct config *file, const struct psk_conf *from,
		      struct error *e)
{
	forget_names(file);
	file->n_vici_psks++;
	return copy_psk(&file->psks[file->n_psks++], from, e);
}

/* On failure they are taken away again. */
static int append_psks(const struct config *c, struct config *file,
		       struct error *e)
{
	int err = grow_psks(file, c->n_vici_psks + 1, e);

	for (size_t i = 0; !err && i < c->n_psks; i++)
		if (c->psks[i].from_vici)
			err = append_psk(file, &c->psks[i], e);
	if (err)
		loaded_clear_psks(file);
	return err;
}

/* On failure, of secrets there are the file's alone again. */
static int keep_manual(const struct config *c, struct config *file,
		       struct error *e)
{
	int err = loaded_keep_manual(c, file, e);

	if (err)
		loaded_clear_psks(file);
	return err;
}

static int keep_pools(const struct config *c, struct config *file,
		      struct error *e)
{
	int err = loaded_keep_pools(c, file, e);

	if (err)
		loaded_clear_psks(file);
	return err;
}

int loaded_set_file(const struct config *c, struct config *file, struct error *e)
{
	struct conn_list conns = { 0 };
	int err = reload_check(c, file, e);

	if (!err)
		err = check_names(c, file, e);
	if (!err)
		err = append_conns(c, file, &conns, e);
	if (!err)
		err = append_psks(c, file, e);
	if (!err)
		err = keep_pools(c, file, e);
	if (!err)
		err = keep_manual(c, file, e);
	if (!err)
		loaded_swap_conns(file, &conns);
	conn_list_free(&conns);
	return err;
}
