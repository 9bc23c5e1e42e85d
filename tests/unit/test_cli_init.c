// SPDX-License-Identifier: BSD-2-Clause
/*
 * `cygnet init` and `cygnet check`: what the one writes is a configuration that
 * the other, and the daemon, finds in order.
 */
#include "tests/unit/cli_fixture.h"

#include "ctrl/cli/check.h"
#include "ctrl/cli/init.h"
#include "ctrl/conf/conf.h"

#define LINES_MAX 8 /* of a minimal site-to-site tunnel */

static const struct init_site site = {
	.protected = "lan0",
	.unprotected = "wan0",
	.peer = "192.0.2.2",
	.local_ts = "10.1.0.0/24",
	.remote_ts = "10.2.0.0/24",
	.secret = { 0xab, 1, 2, 3 },
};

static struct config *parse(const char *text)
{
	struct config *c;
	struct error e;

	if (conf_parse("f", slice_of(text, strlen(text)), &c, &e))
		fail_msg("%s", e.text);
	return c;
}

/* free() it. */
static char *written(void)
{
	struct printed p;

	printed_start(&p);
	init_print(&site, p.file);
	assert_int_equal(fclose(p.file), 0);
	return p.text;
}

static void what_init_writes_is_the_tunnel_that_was_asked_for(void **state)
{
	char *text = written(), net[PREFIX_STR_MAX];
	struct config *c = parse(text);
	const struct child_conf *child;

	(void)state;
	assert_int_equal(c->gateway.n_ifaces, 2);
	assert_string_equal(c->gateway.ifaces[0].name, "lan0");
	assert_string_equal(c->gateway.ifaces[1].name, "wan0");
	assert_int_equal(c->n_conns, 1);
	assert_int_equal(c->conns[0].n_children, 1);
	child = &c->conns[0].children[0];
	assert_string_equal(prefix_str(&c->conns[0].remote_addrs[0].net, net),
			    "192.0.2.2/32");
	assert_string_equal(prefix_str(&child->local_ts[0].net, net),
			    "10.1.0.0/24");
	assert_string_equal(prefix_str(&child->remote_ts[0].net, net),
			    "10.2.0.0/24");
	assert_int_equal(child->start_action, CHILD_TRAP);
	assert_int_equal(c->n_psks, 1);
	assert_int_equal(c->psks[0].key.len, INIT_SECRET_BYTES);
	assert_memory_equal(c->psks[0].key.octets, site.secret,
			    INIT_SECRET_BYTES);
	config_free(c);
	free(text);
}

static void it_fits_in_eight_lines(void **state)
{
	char *text = written();
	size_t lines = 0;

	(void)state;
	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	assert_int_equal(lines, LINES_MAX);
	free(text);
}

static void check_says_what_is_in_it(void **state)
{
	const struct check_keys no_keys = { .n = 0 };
	char *text = written();
	struct config *c = parse(text);
	struct printed p;

	(void)state;
	printed_start(&p);
	check_print(c, NULL, &no_keys, p.file);
	printed_end(&p, "f is in order: 2 interfaces, 1 connection, 1 child, "
			"1 secret\n");
	printed_start(&p);
	check_print_json(c, NULL, &no_keys, p.file);
	printed_end(&p, "{\n"
			"  \"file\": \"f\",\n"
			"  \"ok\": true,\n"
			"  \"interfaces\": 2,\n"
			"  \"policies\": 0,\n"
			"  \"manual\": 0,\n"
			"  \"connections\": 1,\n"
			"  \"children\": 1,\n"
			"  \"secrets\": 1,\n"
			"  \"private_keys\": 0,\n"
			"  \"tokens\": 0,\n"
			"  \"warnings\": [],\n"
			"  \"notes\": []\n"
			"}\n");
	config_free(c);
	free(text);
}

static void check_counts_private_keys_and_warns_of_their_files(void **state)
{
	char warning[] = "private/a: it is encrypted";
	const struct check_keys keys = { .n = 2,
					 .warnings = { warning },
					 .n_warnings = 1 };
	char *text = written();
	struct config *c = parse(text);
	struct printed p;

	(void)state;
	printed_start(&p);
	check_print(c, NULL, &keys, p.file);
	printed_end(&p, "f is in order: 2 interfaces, 1 connection, 1 child, "
			"1 secret, 2 private keys\n"
			"warning: private/a: it is encrypted\n");
	config_free(c);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_init_writes_is_the_tunnel_that_was_asked_for),
		cmocka_unit_test(it_fits_in_eight_lines),
		cmocka_unit_test(check_says_what_is_in_it),
		cmocka_unit_test(
			check_counts_private_keys_and_warns_of_their_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
