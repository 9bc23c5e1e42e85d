// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/values_gateway.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "ctrl/conf/fail.h"
#include "ctrl/conf/values.h"

/* What the kernel takes as a device's name. */
static bool is_iface_name(const char *name)
{
	if (strlen(name) >= IF_NAMESIZE)
		return false;
	for (const char *c = name; *c; c++)
		if (isspace((unsigned char)*c) || strchr("/:", *c))
			return false;
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int add_iface(const struct item *item, const struct iface_conf *iface,
		     struct gateway_conf *g, struct error *e)
{
	char path[TREE_PATH_MAX];

	value_path(item->v, path);
	for (size_t i = 0; i < g->n_ifaces; i++)
		if (strcmp(g->ifaces[i].name, iface->name) == 0)
			return conf_fail(e, &iface->place, -EINVAL,
					 "%s names %s a second time, first at "
					 "line %u; an interface has one side",
					 path, iface->name,
					 g->ifaces[i].place.line);
	if (g->n_ifaces == IFACE_MAX)
		return conf_fail(e, &iface->place, -E2BIG,
				 "%s: more than %u interfaces; remove some",
				 path, IFACE_MAX);
	g->ifaces[g->n_ifaces++] = *iface;
	return 0;
}

static int read_ifaces(const struct key *k, const struct value *v,
		       enum iface_role role, struct gateway_conf *g,
		       struct error *e)
{
	struct item item;
	size_t at = 0;
	int found, err;

	while ((found = item_next(k, v, &at, &item, e)) > 0) {
		struct iface_conf iface = { .role = role };

		if (!is_iface_name(item.text))
			return item_fail_form(&item, e);
		strcpy(iface.name, item.text);
		iface.place = value_place(v, item.offset);
		err = add_iface(&item, &iface, g, e);
		if (err)
			return err;
	}
	return found;
}

VALUE_READER(value_iface_name)
{
	if (!is_iface_name(v->text))
		return value_fail_form(k, v, e);
	strcpy(out, v->text);
	return 0;
}

VALUE_READER(value_protected)
{
	return read_ifaces(k, v, IFACE_PROTECTED, out, e);
}

VALUE_READER(value_unprotected)
{
	return read_ifaces(k, v, IFACE_UNPROTECTED, out, e);
}

VALUE_READER(value_resolvers)
{
	struct gateway_conf *g = out;
	struct item item;
	size_t at = 0;
	int found;

	while ((found = item_next(k, v, &at, &item, e)) > 0) {
		if (g->n_resolvers == RESOLVERS_MAX)
			return item_fail_many(&item, RESOLVERS_MAX, e);
		if (addr_parse(item.text, &g->resolvers[g->n_resolvers]))
			return item_fail_form(&item, e);
		g->n_resolvers++;
	}
	return found;
}

static int take_path(const struct key *k, const struct value *v,
		     const char *path, char *out, struct error *e)
{
	if (path[0] != '/' || strpbrk(path, "\r\n\t"))
		return value_fail_form(k, v, e);
	if (strlen(path) >= CONF_PATH_MAX)
		return value_fail(e, v, -E2BIG,
				  "is longer than %u octets; shorten the path",
				  CONF_PATH_MAX - 1);
	memcpy(out, path, strlen(path) + 1);
	return 0;
}

VALUE_READER(value_folder)
{
	return take_path(k, v, v->text, out, e);
}

/* swanctl's notation is a URI; of its kinds we serve Unix sockets. */
VALUE_READER(value_socket)
{
	static const char scheme[] = "unix://";
	const char *path = v->text;

	if (strncmp(path, scheme, strlen(scheme)) == 0)
		path += strlen(scheme);
	return take_path(k, v, path, out, e);
}
