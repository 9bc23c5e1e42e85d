// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/policy_name.h"

#include <stdio.h>
#include <string.h>

const char *policy_name_of(const struct conn_conf *conn,
			   const struct child_conf *child, size_t at,
			   char buf[POLICY_NAME_MAX])
{
	if (at)
		snprintf(buf, POLICY_NAME_MAX, "%s/%s#%zu", conn->name,
			 child->name, at + 1);
	else
		snprintf(buf, POLICY_NAME_MAX, "%s/%s", conn->name, child->name);
	return buf;
}

static bool is_named(const struct conn_conf *conn,
		     const struct child_conf *child, const char *name,
		     uint32_t *id)
{
	size_t n = child_pairs(child);
	char own[POLICY_NAME_MAX];

	for (size_t i = 0; i < n && i < SADB_SELECTORS_MAX; i++) {
		*id = child_policy(child, i);
		if (strcmp(policy_name_of(conn, child, i, own), name) == 0)
			return true;
	}
	return false;
}

bool policy_by_name(const struct config *c, const char *name, uint32_t *id)
{
	for (size_t i = 0; i < c->n_policies; i++) {
		*id = c->policies[i].id;
		if (strcmp(c->policies[i].name, name) == 0)
			return true;
	}
	for (size_t i = 0; i < c->n_conns; i++) {
		const struct conn_conf *conn = &c->conns[i];

		for (size_t k = 0; k < conn->n_children; k++)
			if (is_named(conn, &conn->children[k], name, id))
				return true;
	}
	return false;
}

static void put_name(const struct conn_conf *conn,
		     const struct child_conf *child, uint32_t id, char *buf)
{
	size_t n = child_pairs(child);

	for (size_t i = 0; i < n && i < SADB_SELECTORS_MAX; i++)
		if (child_policy(child, i) == id)
			policy_name_of(conn, child, i, buf);
}

const char *policy_name(const struct config *c, uint32_t id, char *buf)
{
	buf[0] = '\0';
	for (size_t i = 0; i < c->n_policies; i++)
		if (c->policies[i].id == id)
			snprintf(buf, POLICY_NAME_MAX, "%s",
				 c->policies[i].name);
	for (size_t i = 0; i < c->n_conns; i++)
		for (size_t k = 0; k < c->conns[i].n_children; k++)
			put_name(&c->conns[i], &c->conns[i].children[k], id,
				 buf);
	return buf;
}
