// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/cli/text.h"
#include "ctrl/control/vici.h"

static void node_append(struct node *parent, struct node *node)
{
	node->parent = parent;
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
}

static struct node *node_add(struct node *parent, enum node_type type,
			     const struct vici_elem *elem)
{
	struct node *node = need(calloc(1, sizeof(*node)));

	node->type = type;
	node->name = text_printable(elem->name);
	if (type == NODE_VALUE)
		node->text = text_printable(elem->value);
	node_append(parent, node);
	return node;
}

/* Adds an element below the open section or list; returns the open one. */
static struct node *node_take(struct node *open, const struct vici_elem *elem)
{
	switch (elem->type) {
	case VICI_SECTION_START:
		return node_add(open, NODE_SECTION, elem);
	case VICI_LIST_START:
		return node_add(open, NODE_LIST, elem);
	case VICI_KEY_VALUE:
	case VICI_LIST_ITEM:
		node_add(open, NODE_VALUE, elem);
		return open;
	case VICI_SECTION_END:
	case VICI_LIST_END:
		return open->parent;
	case VICI_END:
		return open;
	}
	return open;
}

struct node *node_parse(struct slice body)
{
	struct vici_reader r = vici_read(body);
	struct node *root = need(calloc(1, sizeof(*root)));
	struct node *open = root;
	struct vici_elem elem;

	root->name = need(strdup(""));
	do {
		if (!vici_next(&r, &elem)) {
			node_free(root);
			return NULL;
		}
		open = node_take(open, &elem);
	} while (elem.type != VICI_END);
	return root;
}

struct node *node_collection(const char *name)
{
	const struct vici_elem elem = {
		.name = slice_of(name, strlen(name)),
	};
	struct node *root = need(calloc(1, sizeof(*root)));

	root->name = need(strdup(""));
	node_add(root, NODE_LIST, &elem);
	return root;
}

bool node_collect(struct node *root, struct slice body)
{
	struct node *item = node_parse(body);

	if (!item)
		return false;
	node_append(root->first, item);
	return true;
}

/* As deep as a message nests: VICI_DEPTH_MAX bounds the recursion. */
void node_free(struct node *root)
{
	if (!root)
		return;
	while (root->first) {
		struct node *child = root->first;

		root->first = child->next;
		node_free(child);
	}
	free(root->name);
	free(root->text);
	free(root);
}

static struct node *section_of(struct node *parent, const char *name)
{
	struct node *node = parent->first;

	while (node && strcmp(node->name, name) != 0)
		node = node->next;
	return node;
}

static void move_children(struct node *to, struct node *from)
{
	while (from->first) {
		struct node *child = from->first;

		from->first = child->next;
		child->next = NULL;
		node_append(to, child);
	}
}

void node_merge(struct node *into, struct node *from)
{
	while (from->first) {
		struct node *child = from->first;
		struct node *same = section_of(into, child->name);

		from->first = child->next;
		child->next = NULL;
		if (same) {
			move_children(same, child);
			node_free(child);
		} else {
			node_append(into, child);
		}
	}
	node_free(from);
}

const struct node *node_first(const struct node *section)
{
	return section ? section->first : NULL;
}

const struct node *node_find(const struct node *section, const char *name)
{
	const struct node *node = node_first(section);

	while (node && strcmp(node->name, name) != 0)
		node = node->next;
	return node;
}

char *node_joined(const struct node *list, const char *between)
{
	char *text = NULL;
	size_t len;
	FILE *f = need(open_memstream(&text, &len));

	for (const struct node *n = node_first(list); n; n = n->next)
		fprintf(f, "%s%s", n == node_first(list) ? "" : between,
			n->text ? n->text : "?");
	return need(fclose(f) ? NULL : text);
}

const char *node_text(const struct node *section, const char *key)
{
	const struct node *node = node_find(section, key);

	return node && node->text ? node->text : "?";
}

bool decimal_parse(const char *text, uint64_t *out)
{
	char *end;

	if (text[0] < '0' || text[0] > '9' || (text[0] == '0' && text[1]))
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return !*end && !errno;
}

bool node_number(const struct node *section, const char *key, uint64_t *out)
{
	return decimal_parse(node_text(section, key), out);
}

uint64_t node_count(const struct node *section, const char *key)
{
	uint64_t n;

	return node_number(section, key, &n) ? n : 0;
}

uint64_t node_moved(const struct node *before, const struct node *after,
		    const char *key)
{
	const uint64_t was = node_count(before, key);
	const uint64_t is = node_count(after, key);

	return is < was ? is : is - was;
}
