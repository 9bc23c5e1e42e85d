// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/conf/fail.h"

struct tree_file *tree_add_file(struct tree *t, const char *name, mode_t mode,
				size_t room)
{
	struct tree_file **at = &t->files;
	struct tree_file *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	while (*at)
		at = &(*at)->next;
	*at = f;
	t->n_files++;
	f->mode = mode;
	f->name = strdup(name);
	f->text = wr_init(malloc(room), room);
	return f->name && f->text.ptr ? f : NULL;
}

void value_clear(struct value *v)
{
	while (v->parts) {
		struct part *part = v->parts;

		v->parts = part->next;
		free(part);
	}
	while (v->blobs) {
		struct blob *blob = v->blobs;

		v->blobs = blob->next;
		free(blob);
	}
}

static void values_free(struct value *v)
{
	while (v) {
		struct value *next = v->next;

		value_clear(v);
		free(v);
		v = next;
	}
}

static void references_free(struct reference *ref)
{
	while (ref) {
		struct reference *next = ref->next;

		free(ref);
		ref = next;
	}
}

/* As deep as the tree: TREE_DEPTH_MAX. */
static void section_clear(struct section *s)
{
	while (s->sections) {
		struct section *child = s->sections;

		s->sections = child->next;
		section_clear(child);
		free(child);
	}
	values_free(s->values);
	s->values = NULL;
	references_free(s->references);
	s->references = NULL;
}

void tree_free(struct tree *t)
{
	section_clear(&t->root);
	while (t->files) {
		struct tree_file *f = t->files;

		t->files = f->next;
		if (f->text.ptr)
			explicit_bzero(f->text.ptr, f->text.len);
		free(f->text.ptr);
		free(f->name);
		free(f);
	}
	t->n_files = 0;
}

const struct section *tree_section(const struct section *s, const char *name)
{
	const struct section *child = s->sections;

	while (child && strcmp(child->name, name) != 0)
		child = child->next;
	return child;
}

const struct value *tree_value(const struct section *s, const char *key)
{
	const struct value *v = s->values;

	while (v && strcmp(v->key, key) != 0)
		v = v->next;
	return v;
}

/* Returns the path's length, the NUL not counted. */
static size_t path_write(const struct section *s, char *buf)
{
	size_t len;

	buf[0] = '\0';
	if (!s->parent)
		return 0;
	len = path_write(s->parent, buf);
	len += (size_t)snprintf(buf + len, TREE_PATH_MAX - len, "%s%s",
				len ? "." : "", s->name);
	return len;
}

void tree_path(const struct section *s, char *buf)
{
	path_write(s, buf);
}

void value_path(const struct value *v, char *buf)
{
	size_t len = path_write(v->section, buf);

	snprintf(buf + len, TREE_PATH_MAX - len, "%s%s", len ? "." : "", v->key);
}

struct place value_place(const struct value *v, size_t offset)
{
	const struct part *part = v->parts;
	struct place place;

	if (!part)
		return v->place;
	while (part->next && part->next->offset <= offset)
		part = part->next;
	place = part->place;
	place.column += (unsigned int)(offset - part->offset);
	return place;
}

int value_fail(struct error *e, const struct value *v, int err, const char *fmt,
	       ...)
{
	struct place place = value_place(v, 0);
	char path[TREE_PATH_MAX];
	char text[ERROR_MAX_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	value_path(v, path);
	return conf_fail(e, &place, err, "%s %s", path, text);
}
