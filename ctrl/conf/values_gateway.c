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

/* Of a file in libcrypto's own folder, and no way out of it. */
static bool is_provider(const char *name)
{
	return name[0] && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
					     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					     "0123456789-_")];
}

/* Without one of the two libcrypto can do next to nothing. */
static bool does_all(const char *name)
{
	return strcmp(name, "default") == 0 || strcmp(name, "fips") == 0;
}

VALUE_READER(value_providers)
{
	bool has_all = false;
	char *list = out;
	struct item item;
	size_t at = 0, n = 0, len = 0;
	int more;

	while ((more = item_next(k, v, &at, &item, e)) > 0) {
		size_t own = strlen(item.text);

		if (!is_provider(item.text) || n++ == PROVIDERS_MAX ||
		    len + own + 2 > PROVIDERS_TEXT_MAX)
			return item_fail_form(&item, e);
		if (len)
			list[len++] = ',';
		memcpy(list + len, item.text, own + 1);
		len += own;
		has_all = has_all || does_all(item.text);
	}
	return more || has_all ? more : value_fail_form(k, v, e);
}

VALUE_READER(value_folder)
{
	return take_path(k, v, v->text, out, e);
}

/* The path behind unix://; NULL: it is no such URI. */
static const char *uri_path(const char *text)
{
	static const char scheme[] = "unix://";
	const size_t len = strlen(scheme);

	return strncmp(text, scheme, len) == 0 ? text + len : NULL;
}

/* swanctl's notation is a URI; of its kinds we serve Unix sockets. */
VALUE_READER(value_socket)
{
	const char *path = uri_path(v->text);

	return take_path(k, v, path ? path : v->text, out, e);
}

/* "192.0.2.1:9465" or "[2001:db8::1]:9465", RFC 3986 section 3.2.2. */
static bool end_parse(const char *text, struct metrics_conf *out)
{
	const char *colon = strrchr(text, ':');
	char host[ADDR_STR_MAX + 2];
	size_t len = colon ? (size_t)(colon - text) : 0;
	const bool brackets = text[0] == '[';
	uint32_t port;

	if (!len || len >= sizeof(host) ||
	    !number_parse(colon + 1, 1, UINT16_MAX, &port) ||
	    (brackets && text[len - 1] != ']'))
		return false;
	memcpy(host, text + brackets, len - 2 * brackets);
	host[len - 2 * brackets] = '\0';
	out->port = (uint16_t)port;
	return !addr_parse(host, &out->addr) &&
	       addr_is_v4(&out->addr) == !brackets;
}

VALUE_READER(value_metrics)
{
	const char *path = uri_path(v->text);
	struct metrics_conf *m = out;

	if (path)
		return take_path(k, v, path, m->path, e);
	return end_parse(v->text, m) ? 0 : value_fail_form(k, v, e);
}
