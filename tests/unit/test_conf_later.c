// SPDX-License-Identifier: BSD-2-Clause
/*
 * What strongSwan's swanctl.conf has and this configuration not yet: each key
 * and section is refused by its name, and none is taken for a slip of the pen.
 */
#include <errno.h>

#include "ctrl/conf/conf.h"
#include "tests/unit/conf_text.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* Where a key is put, and what the error calls that place. */
struct spot {
	const char *find;
	const char *place; /* also of the first octet behind find */
	const char *path;
};

static const struct spot local_spot = { "\t\tlocal { auth = psk\n", "51:1",
					"connections.road.local" };
static const struct spot remote_spot = { "\t\tremote { auth = psk\n", "53:1",
					 "connections.road.remote" };
static const struct spot kind_spot = { "secrets {\n", "57:1", "secrets" };

/* From swanctl.conf(5) of strongSwan 5.9.8; names end at a blank. */
static const struct {
	const struct spot *spot;
	const char *names;
	bool sections; /* with a suffix, else keys */
} later[] = {
	{ &local_spot, "eap_id aaa_id xauth_id ", false },
	{ &remote_spot, "eap_id groups ", false },
	{ &kind_spot, "eap xauth ntlm ", true },
};

static void assert_later(const struct spot *spot, const char *name, bool section)
{
	char replace[128], expected[ERROR_MAX_BYTES];
	struct config *c;
	struct error e;
	char *text;

	snprintf(replace, sizeof(replace), "%s%s%s\n", spot->find, name,
		 section ? "-1 { }" : " = 1");
	snprintf(expected, sizeof(expected),
		 "f:%s: %s.%s is not supported yet; remove it", spot->place,
		 spot->path, name);
	text = changed_from(good_conns, spot->find, replace);
	assert_int_equal(conf_parse("f", slice_of(text, strlen(text)), &c, &e),
			 -EINVAL);
	assert_string_equal(e.text, expected);
	free(text);
}

static void other_keys_of_strongswan_are_refused_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(later); i++) {
		const char *names = later[i].names;
		char name[32];

		while (*names) {
			size_t len = strcspn(names, " ");

			snprintf(name, sizeof(name), "%.*s", (int)len, names);
			assert_later(later[i].spot, name, later[i].sections);
			names += len + 1;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_keys_of_strongswan_are_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
