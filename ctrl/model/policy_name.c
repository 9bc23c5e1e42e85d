// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/policy_name.h"

#include <stdio.h>

static const char *child_name(const struct conn_conf *conn,
			      const struct child_conf *child,
			      char buf[POLICY_NAME_MAX])
{
	snprintf(buf, POLICY_NAME_MAX, "%s/%s", conn->name, child->name);
	return buf;
}

bool policy_by_name(const struct config *c, const char *name, uint32_t *id)
{
	char of_child[POLICY_NAME_MAX];

	for (size_t i = 0; i < c->n_policies; i++) {
		*id = c->policies[i].id;
		if (strcmp(c->policies[i].name, name) == 0)
			return true;
	}
	for (size_t i = 0; i < c->n_conns; i++) {
		const struct conn_conf *conn = &c->conns[i];

		for (size_t k = 0; k < conn->n_children; k++) {
			*id = conn->children[k].policy;
			child_name(conn, &conn->children[k], of_child);
			if (strcmp(of_child, name) == 0)
				return true;
		}
	}
	return false;
}

const char *policy_name(const struct config *c, uint32_t id, char *buf)
{
	buf[0] = '\0';
	for (size_t i = 0; i < c->n_policies; i++)
		if (c->policies[i].id == id)
			snprintf(buf, POLICY_NAME_MAX, "%s",
				 c->policies[i].name);
	for (size_t i = 0; i < c->n_conns; i++) {
		const struct conn_conf *conn = &c->conns[i];

		for (size_t k = 0; k < conn->n_children; k++)
			if (child_has_policy(&conn->children[k], id))
				child_name(conn, &conn->children[k], buf);
	}
	return buf;
}
