// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/values_pool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "ctrl/base/range.h"
#include "ctrl/conf/values.h"
#include "ctrl/model/pool.h"

static bool is_host(const struct prefix *p)
{
	return p->bits == (addr_is_v4(&p->net) ? 32 : 128);
}

static int read_host(const struct item *item, struct addr *out, struct error *e)
{
	const char *reason;
	struct prefix p;
	int err = item_prefix(item, &p, e);

	if (err)
		return err;
	if (!is_host(&p) || strchr(item->text, '/'))
		return item_fail_form(item, e);
	reason = addr_not_unicast(&p.net);
	if (reason)
		return item_fail(e, item, -EINVAL, "%s; it must be %s", reason,
				 item->k->form);
	*out = p.net;
	return 0;
}

/* --- of connections */

/* Any address, of IPv4 or of IPv6. */
static bool read_any(const char *text, struct addr *out)
{
	bool v4 = strcmp(text, "0.0.0.0") == 0 ||
		  strcasecmp(text, "%any") == 0 ||
		  strcasecmp(text, "%any4") == 0;

	*out = v4 ? addr_from_v4(0) : (struct addr){ .octets = { 0 } };
	return v4 || strcmp(text, "::") == 0 || strcasecmp(text, "%any6") == 0;
}

VALUE_READER(value_vips)
{
	struct conn_conf *c = out;
	struct item item;
	size_t at = 0;
	int found, err;

	while ((found = item_next(k, v, &at, &item, e)) > 0) {
		struct addr *vip = &c->vips[c->n_vips];

		if (c->n_vips == CONN_VIPS_MAX)
			return item_fail_many(&item, CONN_VIPS_MAX, e);
		err = read_any(item.text, vip) ? 0 : read_host(&item, vip, e);
		if (err)
			return err;
		c->n_vips++;
	}
	return found;
}

/* Names that mean plugins of strongSwan's, which have no section. */
static bool is_plugin(const char *name)
{
	return strcmp(name, "dhcp") == 0 || strcmp(name, "radius") == 0;
}

VALUE_READER(value_pool_names)
{
	struct conn_conf *c = out;
	struct item item;
	size_t at = 0;
	int found;

	while ((found = item_next(k, v, &at, &item, e)) > 0) {
		size_t len = strlen(item.text);

		if (c->n_pools == CONN_POOLS_MAX)
			return item_fail_many(&item, CONN_POOLS_MAX, e);
		if (is_plugin(item.text))
			return item_fail(
				e, &item, -EINVAL,
				"is where strongSwan asks another server, which is not supported yet; name a section of pools");
		if (len >= CONN_NAME_MAX)
			return item_fail_form(&item, e);
		memcpy(c->pools[c->n_pools++], item.text, len + 1);
	}
	return found;
}

/* --- of pools */

/* No address of a host is left out by name, but what can be none. */
static int check_addrs(const struct item *item, const struct range *r,
		       struct error *e)
{
	const char *reason = addr_not_unicast(&r->min);

	if (!reason)
		reason = addr_not_unicast(&r->max);
	if (reason)
		return item_fail(e, item, -EINVAL, "%s; it must be %s", reason,
				 item->k->form);
	return 0;
}

VALUE_READER(value_pool_addrs)
{
	const struct item item = { .k = k, .v = v };
	struct pool_conf *pool = out;
	struct item whole = item;
	struct range r;
	struct prefix p;
	int err;

	if (strlen(v->text) >= sizeof(whole.text))
		return value_fail_form(k, v, e);
	strcpy(whole.text, v->text);
	if (strchr(v->text, '-')) {
		err = range_parse(v->text, &r);
		if (err == -EDOM)
			return value_fail(e, v, -EINVAL,
					  "ends before it begins");
		if (err || is_mapped(v->text, &r.min))
			return value_fail_form(k, v, e);
		pool_set_range(pool, &r);
	} else {
		err = item_prefix(&whole, &p, e);
		if (err)
			return err;
		pool_set_prefix(pool, &p);
	}
	return check_addrs(&item, &pool->addrs, e);
}

static int append(const struct item *item, const struct prefix *value,
		  struct pool_conf *pool, struct error *e)
{
	bool v4 = addr_is_v4(&value->net);
	uint32_t type = v4 ? item->k->min : item->k->max;

	if (!type)
		return item_fail_form(item, e);
	if (pool->n_attrs == POOL_ATTRS_MAX)
		return item_fail(
			e, item, -E2BIG,
			"makes more than %u of all that a pool tells; remove some",
			POOL_ATTRS_MAX);
	pool->attrs[pool->n_attrs++] =
		(struct pool_attr){ (uint16_t)type, *value };
	return 0;
}

VALUE_READER(value_pool_hosts)
{
	struct item item;
	size_t at = 0;
	int found, err;

	while ((found = item_next(k, v, &at, &item, e)) > 0) {
		struct prefix p = { .bits = 0 };

		err = read_host(&item, &p.net, e);
		if (err)
			return err;
		p.bits = addr_is_v4(&p.net) ? 32 : 128;
		err = append(&item, &p, out, e);
		if (err)
			return err;
	}
	return found;
}

VALUE_READER(value_pool_nets)
{
	struct item item;
	size_t at = 0;
	int found, err;

	while ((found = item_next(k, v, &at, &item, e)) > 0) {
		struct prefix p;

		err = item_prefix(&item, &p, e);
		if (!err)
			err = append(&item, &p, out, e);
		if (err)
			return err;
	}
	return found;
}

/* Ones, then zeros. */
static bool is_netmask(const struct addr *a)
{
	uint32_t zeros = ~ntohl(addr_v4_be(a));

	return addr_is_v4(a) && (zeros & (zeros + 1)) == 0;
}

VALUE_READER(value_pool_netmask)
{
	const struct item item = { .k = k, .v = v };
	struct prefix mask = { .bits = 32 };

	if (addr_parse(v->text, &mask.net) || is_mapped(v->text, &mask.net) ||
	    !is_netmask(&mask.net))
		return value_fail_form(k, v, e);
	return append(&item, &mask, out, e);
}
