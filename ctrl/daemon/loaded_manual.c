// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/loaded_manual.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void manual_list_free(struct manual_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		manual_wipe(&list->at[i]);
	free(list->at);
	free(list->policies);
	*list = (struct manual_list){ 0 };
}

static int no_memory(struct error *e)
{
	return error_set(e, -ENOMEM, "out of memory for manual SAs");
}

/* The policies, and room for that many pairs. */
static int make_room(const struct config *c, size_t n, struct manual_list *out,
		     struct error *e)
{
	*out = (struct manual_list){
		.at = calloc(n + 1, sizeof(*out->at)),
		.policies = calloc(c->n_policies + 1, sizeof(*out->policies)),
	};
	if (!out->at || !out->policies)
		return no_memory(e);
	if (c->n_policies)
		memcpy(out->policies, c->policies,
		       c->n_policies * sizeof(*out->policies));
	return 0;
}

static void append(struct manual_list *list, const struct manual_conf *m)
{
	list->at[list->n++] = *m;
}

int loaded_add_manual(const struct config *c, const struct manual_conf *m,
		      struct manual_list *out, struct error *e)
{
	int err = make_room(c, c->n_manual + 1, out, e);

	if (err)
		return err;
	for (size_t i = 0; i < c->n_manual; i++)
		append(out, &c->manual[i]);
	append(out, m);
	return 0;
}

/* Indexes behind it are one less, and of it none is left. */
static void forget_index(struct manual_list *list, size_t n_policies, size_t at)
{
	for (size_t i = 0; i < n_policies; i++) {
		size_t *manual = &list->policies[i].manual;

		if (list->policies[i].action != SPD_PROTECT)
			continue;
		if (*manual == at)
			*manual = MANUAL_NONE;
		else if (*manual != MANUAL_NONE && *manual > at)
			--*manual;
	}
}

static const struct manual_conf *find(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->n_manual; i++)
		if (strcmp(c->manual[i].name, name) == 0)
			return &c->manual[i];
	return NULL;
}

int loaded_drop_manual(const struct config *c, const char *name,
		       struct manual_list *out, struct error *e)
{
	const struct manual_conf *old = find(c, name), *carrier, *carried;
	int err;

	*out = (struct manual_list){ 0 };
	if (!old)
		return error_set(
			e, -ENOENT,
			"there is no pair of manual SAs '%s'; `cygnet status` lists them",
			name);
	carried = manual_carried(c, old);
	if (carried)
		return error_set(
			e, -EBUSY,
			"manual.%s carries manual.%s, with which it goes; delete that one",
			name, carried->name);
	carrier = manual_carrier(c, old);
	err = make_room(c, c->n_manual, out, e);
	if (err)
		return err;
	for (size_t i = 0; i < c->n_manual; i++)
		if (&c->manual[i] != old && &c->manual[i] != carrier)
			append(out, &c->manual[i]);
	forget_index(out, c->n_policies, (size_t)(old - c->manual));
	if (carrier)
		forget_index(out, c->n_policies,
			     (size_t)(carrier - c->manual) - (carrier > old));
	return 0;
}

void loaded_swap_manual(struct config *c, struct manual_list *list)
{
	const struct manual_list was = { c->manual, c->n_manual, c->policies };

	c->manual = list->at;
	c->n_manual = list->n;
	c->policies = list->policies;
	*list = was;
}

/* --- another file */

static bool same_keys(const struct manual_keys *a, const struct manual_keys *b)
{
	return a->spi == b->spi && secret_equal(&a->encr_key, &b->encr_key) &&
	       secret_equal(&a->integ_key, &b->integ_key);
}

bool loaded_same_pair(const struct manual_conf *a, const struct manual_conf *b)
{
	return addr_equal(&a->local, &b->local) &&
	       addr_equal(&a->remote, &b->remote) && a->encr == b->encr &&
	       a->integ == b->integ && a->replay_window == b->replay_window &&
	       a->esn == b->esn && a->remote_port == b->remote_port &&
	       a->spread == b->spread &&
	       a->fragment_after == b->fragment_after && a->mode == b->mode &&
	       a->follow == b->follow && a->protocol == b->protocol &&
	       strcmp(a->bundle, b->bundle) == 0 &&
	       a->if_id_in == b->if_id_in && a->if_id_out == b->if_id_out &&
	       memcmp(&a->outer, &b->outer, sizeof(a->outer)) == 0 &&
	       memcmp(&a->soft, &b->soft, sizeof(a->soft)) == 0 &&
	       memcmp(&a->hard, &b->hard, sizeof(a->hard)) == 0 &&
	       same_keys(&a->in, &b->in) && same_keys(&a->out, &b->out);
}

static int fail_kept(const struct manual_conf *m, const struct config *file,
		     int err, const char *why, struct error *e)
{
	return error_set(
		e, err,
		"%.200s: %s manual.%s, which was added while the gateway runs; delete that first: cygnet sa delete %s",
		file->file, why, m->name, m->name);
}

static int check_clashes(const struct manual_conf *m, const struct config *file,
			 struct error *e)
{
	struct manual_clash clash;

	for (size_t i = 0; i < file->n_manual; i++) {
		if (strcmp(file->manual[i].name, m->name) == 0)
			return fail_kept(m, file, -EEXIST,
					 "it has another pair of the name of",
					 e);
		if (manual_clash(m, &file->manual[i], &clash))
			return fail_kept(m, file, -EEXIST,
					 "it has an SPI or a key of", e);
	}
	return 0;
}

static int find_policy(const struct config *c, const char *name, size_t *out)
{
	for (size_t i = 0; i < c->n_policies; i++) {
		*out = i;
		if (strcmp(c->policies[i].name, name) == 0 &&
		    c->policies[i].action == SPD_PROTECT)
			return 0;
	}
	return -ENOENT;
}

/* By their names, which stand elsewhere now. */
static int map_policies(const struct config *c, const struct config *file,
			struct manual_conf *m, struct error *e)
{
	uint64_t mask = 0;
	size_t at;

	for (size_t i = 0; i < c->n_policies && i < MANUAL_POLICIES_MAX; i++) {
		if (!(m->policies >> i & 1))
			continue;
		if (find_policy(file, c->policies[i].name, &at))
			return fail_kept(m, file, -ENOENT,
					 "it has no policy any more for", e);
		if (!manual_suits(m, &file->policies[at]))
			return fail_kept(
				m, file, -EINVAL,
				"its policy has other addresses than the transport mode of",
				e);
		if (!manual_same_if_ids(m, &file->policies[at]))
			return fail_kept(m, file, -EINVAL,
					 "its policy has another if_id than", e);
		if (at >= MANUAL_POLICIES_MAX)
			return fail_kept(
				m, file, -E2BIG,
				"it has a policy behind the first 64 of", e);
		mask |= 1ULL << at;
	}
	m->policies = mask;
	return 0;
}

static bool is_files(const struct manual_conf *m, const struct config *file)
{
	const struct manual_conf *same = find(file, m->name);

	return same && loaded_same_pair(m, same);
}

int loaded_keep_manual(const struct config *c, struct config *file,
		       struct error *e)
{
	struct manual_list list;
	int err = make_room(file, file->n_manual + c->n_manual, &list, e);

	for (size_t i = 0; !err && i < file->n_manual; i++)
		append(&list, &file->manual[i]);
	for (size_t i = 0; !err && i < c->n_manual; i++) {
		const struct manual_conf *m = &c->manual[i];

		if (!m->added || is_files(m, file))
			continue;
		err = check_clashes(m, file, e);
		append(&list, m);
		if (!err)
			err = map_policies(c, file, &list.at[list.n - 1], e);
	}
	if (!err)
		loaded_swap_manual(file, &list);
	manual_list_free(&list);
	return err;
}
