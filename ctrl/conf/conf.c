// SPDX-License-Identifier: BSD-2-Clause
/*
 * From a file to the model: read it, make the tree, check it against the
 * schema. The files' octets and the tree hold keys as text; both are wiped
 * before they are freed, whatever the outcome. Control thread.
 */
#include "ctrl/conf/conf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ctrl/conf/fail.h"
#include "ctrl/conf/file.h"
#include "ctrl/conf/parse.h"
#include "ctrl/conf/schema.h"
#include "ctrl/conf/schema_manual.h"
#include "ctrl/conf/tree.h"

#define OTHERS 0007 /* permissions of everybody but owner and group */

/* --- files with keys must be nobody else's to read */

static mode_t mode_of(const struct tree *t, const struct place *at)
{
	for (const struct tree_file *f = t->files; f; f = f->next)
		if (f->name == at->file)
			return f->mode;
	return 0;
}

/* A value below sec that stands in a file which others may use, or NULL. */
static const struct value *find_exposed(const struct tree *t,
					const struct section *sec)
{
	const struct value *found = NULL;

	for (const struct value *v = sec->values; v && !found; v = v->next)
		if (mode_of(t, &v->place) & OTHERS)
			found = v;
	for (const struct section *s = sec->sections; s && !found; s = s->next)
		found = find_exposed(t, s);
	return found;
}

static int check_mode(const struct tree *t, const char *name, struct error *e)
{
	const struct section *sec = tree_section(&t->root, name);
	const struct value *v = sec ? find_exposed(t, sec) : NULL;
	const struct place *at;
	mode_t mode;

	if (!v)
		return 0;
	at = v->place.file == sec->place.file ? &sec->place : &v->place;
	mode = mode_of(t, at);
	return conf_fail(e, at, -EACCES,
			 "%s holds keys, but the file is %s by others "
			 "(mode %04o); chmod 640",
			 name, mode & S_IROTH ? "readable" : "accessible",
			 mode & 07777);
}

/* --- from the text to the model */

/* Places in the model point to them. */
static int take_names(struct tree *t, struct config *c, struct error *e)
{
	c->included = calloc(t->n_files, sizeof(*c->included));
	if (!c->included)
		return conf_no_memory(e);
	for (struct tree_file *f = t->files; f; f = f->next) {
		if (f == t->files)
			c->file = f->name;
		else
			c->included[c->n_included++] = f->name;
		f->name = NULL;
	}
	return 0;
}

static int fill(const struct parse_source *src, struct config *c,
		struct error *e)
{
	struct tree tree;
	int err;

	err = parse_tree(src, &tree, e);
	if (!err)
		err = check_mode(&tree, "manual", e);
	if (!err)
		err = check_mode(&tree, "secrets", e);
	if (!err)
		err = take_names(&tree, c, e);
	if (!err)
		err = schema_fill(&tree.root, src->mode != 0, c, e);
	tree_free(&tree);
	return err;
}

static int parse(const struct parse_source *src, struct config **out,
		 struct error *e)
{
	struct config *c;
	int err;

	*out = NULL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return conf_no_memory(e);
	err = fill(src, c, e);
	if (err) {
		config_free(c);
		return err;
	}
	*out = c;
	return 0;
}

int conf_parse(const char *name, struct slice text, struct config **out,
	       struct error *e)
{
	struct parse_source src = { .name = name, .text = text };

	return parse(&src, out, e);
}

int conf_load(const char *path, struct config **out, struct error *e)
{
	struct parse_source src = { .name = path };
	struct file_text f;
	int err;

	*out = NULL;
	err = file_read(path, CONF_FILE_MAX, &f, e);
	if (!err) {
		src.text = slice_of(f.octets.ptr, f.octets.len);
		src.mode = f.mode;
		err = parse(&src, out, e);
	}
	file_wipe(&f);
	return err;
}

/* The only section of the only section. */
static const struct section *find_pair(const struct tree *t, const char *name,
				       const char *pair, struct error *e)
{
	const struct section *list = t->root.sections;

	if (list && strcmp(list->name, "manual") == 0 && !list->next &&
	    !t->root.values && !list->values && list->sections &&
	    !list->sections->next && strcmp(list->sections->name, pair) == 0)
		return list->sections;
	error_set(e, -EINVAL,
		  "%.200s: it must hold manual { %.64s { … } }, and nothing else",
		  name, pair);
	return NULL;
}

/* The text is not kept, and what is in force is of no place in it. */
static void forget_places(struct manual_conf *m)
{
	static const struct place none = { .file = "cygnet sa add" };

	m->place = m->in.place = m->out.place = none;
}

int conf_parse_manual(const char *name, struct slice text, const char *pair,
		      const struct config *c, struct manual_conf *out,
		      struct error *e)
{
	const struct parse_source src = { .name = name, .text = text };
	const struct section *sec;
	struct tree tree;
	int err = parse_tree(&src, &tree, e);

	*out = (struct manual_conf){ 0 };
	if (!err) {
		sec = find_pair(&tree, name, pair, e);
		err = sec ? manual_fill_added(sec, c, out, e) : -EINVAL;
	}
	forget_places(out);
	tree_free(&tree);
	return err;
}
