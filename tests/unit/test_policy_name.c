// SPDX-License-Identifier: BSD-2-Clause
/* Policies by name: the file's own, and those of a child's pairs of selectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/model/policy_name.h"

/* Policy 3, and a child of two pairs with 7 and 9. */
static struct config config_of(struct policy_conf *policy,
			       struct conn_conf *conn, struct child_conf *child)
{
	child_init(child);
	child->remote_ts[1] = child->remote_ts[0];
	child->n_remote_ts = 2;
	strcpy(child->name, "net");
	child_set_policy(child, 0, 7);
	child_set_policy(child, 1, 9);
	conn_init(conn);
	strcpy(conn->name, "site");
	conn->children = child;
	conn->n_children = 1;
	*policy = (struct policy_conf){ .name = "own", .id = 3 };
	return (struct config){
		.policies = policy, .n_policies = 1, .conns = conn, .n_conns = 1
	};
}

static void each_policy_has_a_name_of_its_own(void **state)
{
	struct policy_conf policy;
	struct child_conf child;
	struct conn_conf conn;
	const struct config c = config_of(&policy, &conn, &child);
	static const struct {
		uint32_t id;
		const char *name;
	} rows[] = { { 3, "own" }, { 7, "site/net" }, { 9, "site/net#2" } };
	char buf[POLICY_NAME_MAX];
	uint32_t id;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_string_equal(policy_name(&c, rows[i].id, buf),
				    rows[i].name);
		assert_true(policy_by_name(&c, rows[i].name, &id));
		assert_int_equal(id, rows[i].id);
	}
	assert_string_equal(policy_name(&c, 8, buf), "");
	assert_false(policy_by_name(&c, "site/net#3", &id));
	assert_false(policy_by_name(&c, "site/net#1", &id));
}

static void longest_names_have_room(void **state)
{
	struct policy_conf policy;
	struct child_conf child;
	struct conn_conf conn;
	char buf[POLICY_NAME_MAX];

	(void)state;
	config_of(&policy, &conn, &child);
	memset(conn.name, 'c', CONN_NAME_MAX - 1);
	memset(child.name, 'n', CONN_NAME_MAX - 1);
	policy_name_of(&conn, &child, SADB_SELECTORS_MAX - 1, buf);
	assert_int_equal(strlen(buf), 2 * (CONN_NAME_MAX - 1) + strlen("/#16"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_policy_has_a_name_of_its_own),
		cmocka_unit_test(longest_names_have_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
