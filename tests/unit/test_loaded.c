// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is loaded, as it changes: by VICI, by a file that is read again, and
 * neither touches what is the other's. Configurations are parsed from texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "ctrl/conf/conf.h"
#include "ctrl/daemon/loaded.h"
#include "tests/support/children.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define GATEWAY "gateway { protected = lan0\n unprotected = wan0\n }\n"
#define SIDES	"local { auth = psk\n }\n remote { auth = psk\n }\n"
#define CONN(name, keys) \
	"connections { " name " { remote_addrs = 192.0.2.2\n" SIDES keys "} }\n"
#define NET(net)	"children { net { remote_ts = " net "\n} }\n"
#define KEY(name, text) "secrets { " name " { secret = " text "\n } }\n"

static const char file_text[] =
	GATEWAY CONN("site", NET("10.2.0.0/16")) KEY("ike-site", "hunter2");

static struct config *parse(const char *text)
{
	struct config *c;
	struct error e;

	if (conf_parse("f", slice_of(text, strlen(text)), &c, &e))
		fail_msg("%s", e.text);
	return c;
}

/* The first connection of a text, as if it had come over VICI. */
static struct conn_conf conn_of(const char *text)
{
	struct config *c = parse(text);
	struct conn_conf conn;

	assert_int_equal(conn_copy(&conn, &c->conns[0]), 0);
	conn.from_vici = true;
	config_free(c);
	return conn;
}

static int put(struct config *c, const char *text, struct error *e)
{
	struct conn_conf conn = conn_of(text);
	struct conn_list list;
	int err = loaded_put_conn(c, &conn, &list, e);

	if (!err)
		loaded_swap_conns(c, &list);
	conn_list_free(&list);
	conn_fini(&conn);
	return err;
}

static int drop(struct config *c, const char *name, struct error *e)
{
	struct conn_list list;
	int err = loaded_drop_conn(c, name, &list, e);

	if (!err)
		loaded_swap_conns(c, &list);
	conn_list_free(&list);
	return err;
}

static void must_put(struct config *c, const char *text)
{
	struct error e;

	if (put(c, text, &e))
		fail_msg("%s", e.text);
}

static int put_psk(struct config *c, const char *name, const char *key,
		   const char *owner, struct error *e)
{
	struct psk_conf psk = { .from_vici = true };
	int err;

	strcpy(psk.name, name);
	psk.key.len = strlen(key);
	memcpy(psk.key.octets, key, psk.key.len);
	if (owner) {
		psk.owners = calloc(1, sizeof(*psk.owners));
		assert_non_null(psk.owners);
		psk.n_owners = 1;
		assert_int_equal(identity_parse(owner, psk.owners, e), 0);
	}
	err = loaded_put_psk(c, &psk, e);
	if (!err) {
		assert_null(psk.owners);
		assert_int_equal(psk.key.len, 0);
		assert_int_equal(psk.key.octets[0], 0);
	}
	psk_fini(&psk);
	return err;
}

static void must_put_psk(struct config *c, const char *name, const char *key)
{
	struct error e;

	if (put_psk(c, name, key, "moon", &e))
		fail_msg("%s", e.text);
}

/* "site vpn*": a star for what came over VICI. */
static void assert_conns(const struct config *c, const char *want)
{
	char got[1024] = "";

	for (size_t i = 0; i < c->n_conns; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s%s",
			 i ? " " : "", c->conns[i].name,
			 c->conns[i].from_vici ? "*" : "");
	assert_string_equal(got, want);
}

/* "ike-site=hunter2 x=y*" */
static void assert_psks(const struct config *c, const char *want)
{
	char got[1024] = "";

	for (size_t i = 0; i < c->n_psks; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got),
			 "%s%s=%.*s%s", i ? " " : "", c->psks[i].name,
			 (int)c->psks[i].key.len,
			 (const char *)c->psks[i].key.octets,
			 c->psks[i].from_vici ? "*" : "");
	assert_string_equal(got, want);
}

/* --- connections over VICI */

static void connection_comes_behind_the_files(void **state)
{
	struct config *c = parse(file_text);

	(void)state;
	must_put(c, GATEWAY CONN("vpn", NET("10.3.0.0/16")));
	must_put(c, GATEWAY CONN("abc", NET("10.4.0.0/16")));
	assert_conns(c, "site vpn* abc*");
	config_free(c);
}

static void connection_of_the_same_name_takes_its_place(void **state)
{
	struct config *c = parse(file_text);

	(void)state;
	must_put(c, GATEWAY CONN("vpn", NET("10.3.0.0/16")));
	must_put(c, GATEWAY CONN("abc", NET("10.4.0.0/16")));
	must_put(c, GATEWAY CONN("vpn", "dpd_delay = 7\n"));
	assert_conns(c, "site vpn* abc*");
	assert_int_equal(c->conns[1].dpd_delay, 7);
	assert_int_equal(c->conns[1].n_children, 0);
	config_free(c);
}

static void connection_with_a_name_of_the_files_is_refused(void **state)
{
	struct config *c = parse(file_text);
	struct error e;

	(void)state;
	assert_int_equal(put(c, GATEWAY CONN("site", ""), &e), -EEXIST);
	assert_string_equal(e.text, "connection 'site' is of the file f: change "
				    "it there and reload");
	assert_conns(c, "site");
	assert_int_equal(c->conns[0].n_children, 1);
	config_free(c);
}

static void only_what_came_over_vici_is_unloaded(void **state)
{
	struct config *c = parse(file_text);
	struct error e;

	(void)state;
	must_put(c, GATEWAY CONN("vpn", NET("10.3.0.0/16")));
	must_put(c, GATEWAY CONN("abc", NET("10.4.0.0/16")));
	assert_int_equal(drop(c, "site", &e), -ENOENT);
	assert_string_equal(e.text, "connection 'site' is of the file f: change "
				    "it there and reload");
	assert_int_equal(drop(c, "xyz", &e), -ENOENT);
	assert_string_equal(e.text, "there is no connection 'xyz'");
	assert_int_equal(drop(c, "vpn", &e), 0);
	assert_conns(c, "site abc*");
	assert_int_equal(drop(c, "abc", &e), 0);
	assert_conns(c, "site");
	config_free(c);
}

static void policies_of_other_children_stay(void **state)
{
	struct config *c = parse(file_text);

	(void)state;
	c->conns[0].children[0].policy = 3;
	must_put(c, GATEWAY CONN("vpn", NET("10.3.0.0/16")));
	assert_int_equal(c->conns[0].children[0].policy, 3);
	assert_int_equal(c->conns[1].children[0].policy, UINT32_MAX);
	config_free(c);
}

static char *conn_text(const char *name, unsigned int pairs)
{
	char *conn = children_text(name, pairs), *text;

	if (asprintf(&text, GATEWAY "connections {\n%s}\n", conn) < 0)
		abort();
	free(conn);
	return text;
}

static void what_the_spd_has_no_room_for_is_refused(void **state)
{
	struct config *c = parse(file_text);
	char *many = conn_text("many", CHILDREN_PAIRS_MAX);
	char *more = conn_text("more", SPD_MAX - CHILDREN_PAIRS_MAX - 1);
	struct error e;

	(void)state;
	must_put(c, many);
	must_put(c, more); /* and the file's one */
	assert_int_equal(put(c, GATEWAY CONN("vpn", NET("10.3.0.0/16")), &e),
			 -E2BIG);
	assert_string_equal(e.text,
			    "policies and pairs of selectors, the file's and "
			    "those that came over VICI, would be 100001, and "
			    "the SPD takes 100000; unload some");
	assert_conns(c, "site many* more*");
	must_put(c, more); /* in its own place */
	assert_int_equal(drop(c, "many", &e), 0);
	must_put(c, GATEWAY CONN("vpn", NET("10.3.0.0/16")));
	config_free(c);
	free(many);
	free(more);
}

static void connections_without_children_are_bounded_too(void **state)
{
	struct config *c = parse(file_text);
	struct loaded_room room;
	struct error e;

	(void)state;
	must_put(c, GATEWAY CONN("vpn", ""));
	room = loaded_room(c, c->conns, c->n_conns);
	assert_int_equal(room.vici, 1);
	room.vici = LOADED_CONNS_MAX;
	assert_int_equal(loaded_check_room(&room, &e), 0);
	loaded_room_add(&room, &c->conns[1]);
	assert_int_equal(loaded_check_room(&room, &e), -E2BIG);
	assert_string_equal(e.text, "more than 16384 connections would have "
				    "come over VICI; unload some");
	config_free(c);
}

/* --- what differs */

struct told {
	char text[1024];
};

static void on_unload(void *ctx, const char *name)
{
	struct told *t = ctx;
	size_t len = strlen(t->text);

	snprintf(t->text + len, sizeof(t->text) - len, "-%s ", name);
}

static void on_load(void *ctx, const struct conn_conf *conn,
		    const struct conn_conf *was)
{
	struct told *t = ctx;
	size_t len = strlen(t->text);

	snprintf(t->text + len, sizeof(t->text) - len, "%c%s ", was ? '*' : '+',
		 conn->name);
}

static void assert_told(const struct config *before, const struct config *after,
			const char *want)
{
	const struct conn_list a = { before->conns, before->n_conns };
	const struct conn_list b = { after->conns, after->n_conns };
	struct told t = { "" };
	const struct loaded_calls calls = { .unload = on_unload,
					    .load = on_load,
					    .ctx = &t };

	loaded_tell_gone(&a, &b, &calls);
	loaded_tell_new(&a, &b, &calls);
	assert_string_equal(t.text, want);
}

static void only_what_differs_is_told(void **state)
{
	struct config *before = parse(file_text), *after = parse(file_text);
	struct error e;

	(void)state;
	assert_told(before, after, "");
	must_put(before, GATEWAY CONN("a", NET("10.3.0.0/16")));
	must_put(before, GATEWAY CONN("b", NET("10.4.0.0/16")));
	must_put(before, GATEWAY CONN("c", NET("10.5.0.0/16")));
	must_put(after, GATEWAY CONN("d", NET("10.6.0.0/16")));
	must_put(after, GATEWAY CONN("c", NET("10.5.0.0/17")));
	must_put(after, GATEWAY CONN("a", NET("10.3.0.0/16")));
	assert_told(before, after, "-b +d *c ");
	assert_told(after, before, "-d +b *c ");
	after->conns[0].children[0].policy++;
	assert_told(before, after, "-b *site +d *c ");
	assert_int_equal(drop(before, "b", &e), 0);
	assert_told(before, before, "");
	config_free(before);
	config_free(after);
}

/* --- secrets over VICI */

static void secret_comes_behind_the_files_and_goes(void **state)
{
	struct config *c = parse(file_text);
	size_t at = 0;
	struct error e;

	(void)state;
	must_put_psk(c, "a", "1");
	must_put_psk(c, "b", "2");
	assert_psks(c, "ike-site=hunter2 a=1* b=2*");
	must_put_psk(c, "a", "33");
	assert_psks(c, "ike-site=hunter2 a=33* b=2*");
	assert_string_equal(loaded_psk_id(c, &at), "a");
	assert_string_equal(loaded_psk_id(c, &at), "b");
	assert_null(loaded_psk_id(c, &at));
	assert_int_equal(loaded_drop_psk(c, "a", &e), 0);
	assert_psks(c, "ike-site=hunter2 b=2*");
	assert_int_equal(loaded_drop_psk(c, "a", &e), -ENOENT);
	assert_string_equal(e.text, "there is no secret 'a'");
	config_free(c);
}

static void secret_of_the_files_is_not_touched(void **state)
{
	struct config *c = parse(file_text);
	struct error e;

	(void)state;
	assert_int_equal(put_psk(c, "ike-site", "1", NULL, &e), -EEXIST);
	assert_string_equal(e.text, "secret 'ike-site' is of the file f: "
				    "change it there and reload");
	assert_int_equal(loaded_drop_psk(c, "ike-site", &e), -ENOENT);
	must_put_psk(c, "a", "1");
	must_put_psk(c, "", "2");
	must_put_psk(c, "b", "3");
	loaded_clear_psks(c);
	assert_psks(c, "ike-site=hunter2");
	loaded_clear_psks(c);
	assert_psks(c, "ike-site=hunter2");
	config_free(c);
}

static void secret_without_a_name_is_not_there_twice(void **state)
{
	struct config *c = parse(GATEWAY);
	struct error e;

	(void)state;
	must_put_psk(c, "", "1");
	must_put_psk(c, "", "2");
	must_put_psk(c, "", "1");
	assert_int_equal(put_psk(c, "", "1", "sun", &e), 0);
	assert_psks(c, "=1* =2* =1*");
	assert_null(loaded_psk_id(c, &(size_t){ 0 }));
	must_put_psk(c, "a", "1");
	assert_string_equal(loaded_psk_id(c, &(size_t){ 0 }), "a");
	config_free(c);
}

static void secrets_are_bounded(void **state)
{
	struct config *c = parse(file_text);
	char name[16];
	struct error e;

	(void)state;
	for (unsigned int i = 0; i < LOADED_PSKS_MAX; i++) {
		snprintf(name, sizeof(name), "k%u", i);
		must_put_psk(c, name, "1");
	}
	assert_int_equal(put_psk(c, "more", "1", NULL, &e), -E2BIG);
	assert_string_equal(e.text, "16384 secrets came over VICI, and no more "
				    "may; unload some");
	must_put_psk(c, "k7", "2");
	assert_int_equal(loaded_drop_psk(c, "k9000", &e), 0);
	must_put_psk(c, "k9001", "3"); /* where it stands now */
	assert_string_equal(c->psks[9001].name, "k9001");
	assert_int_equal(c->psks[9001].key.octets[0], '3');
	must_put_psk(c, "more", "1");
	loaded_clear_psks(c);
	assert_psks(c, "ike-site=hunter2");
	must_put_psk(c, "more", "1");
	config_free(c);
}

/* --- another file */

static struct config *loaded_example(void)
{
	struct config *c = parse(file_text);

	must_put(c, GATEWAY CONN("vpn", NET("10.3.0.0/16")));
	must_put_psk(c, "a", "1");
	must_put_psk(c, "", "2");
	return c;
}

static void file_changes_its_own_alone(void **state)
{
	struct config *c = loaded_example();
	struct config *file = parse(GATEWAY CONN("new", NET("10.7.0.0/16"))
					    KEY("ike-new", "hunter3"));
	struct error e;

	(void)state;
	if (loaded_set_file(c, file, &e))
		fail_msg("%s", e.text);
	assert_conns(file, "new vpn*");
	assert_psks(file, "ike-new=hunter3 a=1* =2*");
	assert_int_equal(file->psks[1].n_owners, 1);
	assert_ptr_not_equal(file->psks[1].owners, c->psks[1].owners);
	assert_told(c, file, "-site +new ");
	config_free(c);
	must_put(file, GATEWAY CONN("more", ""));
	assert_conns(file, "new vpn* more*");
	config_free(file);
}

/* Of policies that are alike the data path keeps those that are named. */
static void file_that_is_read_again_names_the_ids_that_there_are(void **state)
{
	static const char text[] =
		GATEWAY CONN("site",
			     "children { more { remote_ts = 10.4.0.0/16\n}\n"
			     "net { remote_ts = 10.2.0.0/16\n} }\n");
	struct config *c = parse(file_text), *file = parse(text);
	const struct child_conf *now;
	struct error e;

	(void)state;
	child_set_policy(&c->conns[0].children[0], 0, 7);
	child_set_policy(&c->conns[0].children[0], 1, 9);
	assert_int_equal(loaded_set_file(c, file, &e), 0);
	now = file->conns[0].children;
	assert_int_equal(child_policy(&now[0], 0), UINT32_MAX);
	assert_int_equal(child_policy(&now[1], 0), 7);
	assert_int_equal(child_policy(&now[1], 1), 9);
	config_free(file);
	config_free(c);
}

static void assert_file_refused(const struct config *c, const char *text,
				int err, const char *why)
{
	struct config *file = parse(text);
	size_t n_conns = file->n_conns, n_psks = file->n_psks;
	struct error e = { "" };

	assert_int_equal(loaded_set_file(c, file, &e), err);
	assert_string_equal(e.text, why);
	assert_int_equal(file->n_conns, n_conns);
	assert_int_equal(file->n_psks, n_psks);
	config_free(file);
}

static void file_with_a_name_of_vicis_is_refused(void **state)
{
	struct config *c = loaded_example();

	(void)state;
	assert_file_refused(c, GATEWAY CONN("vpn", ""), -EEXIST,
			    "f: connection 'vpn' came over VICI already: "
			    "unload it, or give the file's another name");
	must_put_psk(c, "ike-b", "1");
	assert_file_refused(c, GATEWAY KEY("ike-b", "x"), -EEXIST,
			    "f: secret 'ike-b' came over VICI already: unload "
			    "it, or give the file's another name");
	config_free(c);
}

static void file_for_which_there_is_no_room_is_refused(void **state)
{
	struct config *c = loaded_example();
	char *many = children_text("many", CHILDREN_PAIRS_MAX);
	char *more = children_text("more", SPD_MAX - CHILDREN_PAIRS_MAX);
	char *text;

	(void)state;
	if (asprintf(&text, GATEWAY "connections {\n%s%s}\n", many, more) < 0)
		abort();
	assert_file_refused(c, text, -E2BIG,
			    "policies and pairs of selectors, the file's and "
			    "those that came over VICI, would be 100001, and "
			    "the SPD takes 100000; unload some");
	config_free(c);
	free(many);
	free(more);
	free(text);
}

/* --- what needs a restart */

#define KEY16 "0x00112233445566778899aabbccddeeff"
#define KEY32 KEY16 "00112233445566778899aabbccddeeff"

/* Lines are counted in the tests. */
static const char fixed[] =
	"gateway {\n"
	"protected = lan0, lan1\n"
	"unprotected = wan0\n"
	"default = discard\n"
	"socket = /run/x\n"
	"state_dir = /run/s\n"
	"}\n"
	"manual {\n"
	"b { local_addrs = 192.0.2.1\n"
	"remote_addrs = 192.0.2.2\n"
	"esp_proposals = aes128-sha256\n"
	"replay_window = 64\n"
	"in { spi = 0x1001\n encr_key = " KEY16 "\n integ_key = " KEY32 "\n}\n"
	"out { spi = 0x1002\n encr_key = " KEY16 "\n integ_key = " KEY32 "\n}\n"
	"}\n"
	"}\n"
	"policies {\n"
	"free { action = bypass\n local_ts = 10.1.0.0/16\n"
	"remote_ts = 10.1.0.0/16\n}\n"
	"b { action = protect\n manual = b\n"
	"local_ts = 10.1.0.0/16\n remote_ts = 10.2.0.0/16\n}\n"
	"}\n";

#define RESTART " has changed, which takes a restart of cygnetd"

static const struct {
	const char *find;
	const char *replace;
	const char *why;
} restarts[] = {
	{ "lan0, lan1", "lan1, lan0", "f:2:13: gateway's interfaces" RESTART },
	{ "lan0, lan1", "lan0", "f:3:15: gateway's interfaces" RESTART },
	{ "wan0", "wan0, wan1", "f: gateway's interfaces" RESTART },
	{ "discard", "bypass", "f: gateway.default" RESTART },
	{ "discard", "discard\ncrypto = openssl", "f: gateway.crypto" RESTART },
	{ "discard", "discard\nforward = kernel", "f: gateway.forward" RESTART },
	{ "discard", "discard\nmark = 2", "f: gateway.mark" RESTART },
	{ "discard", "discard\nxdp = dispatcher", "f: gateway.xdp" RESTART },
	{ "discard", "discard\nxdp_priority = 1",
	  "f: gateway.xdp_priority" RESTART },
	{ "discard", "discard\nworkers = 2", "f: gateway.workers" RESTART },
	{ "discard", "discard\nsas = 2048", "f: gateway.sas" RESTART },
	{ "discard", "discard\nmetrics = 127.0.0.1:9465",
	  "f: gateway.metrics" RESTART },
	{ "discard", "discard\nopenssl_providers = default",
	  "f: gateway.openssl_providers" RESTART },
	{ "discard", "discard\ntcp_port = 4500", "f: gateway.tcp_port" RESTART },
	{ "/run/x", "/run/y", "f: gateway.socket" RESTART },
	{ "/run/s", "/run/t", "f: gateway.state_dir" RESTART },
};

/* What goes on without one. */
static const struct {
	const char *find;
	const char *replace;
} changes[] = {
	{ "192.0.2.1\n", "192.0.2.9\n" },
	{ "= 64", "= 65" },
	{ "0x1001", "0x1003" },
	{ "0x1001\n encr_key = 0x00", "0x1001\n encr_key = 0x01" },
	{ "10.2.0.0/16\n}", "10.3.0.0/16\n}" },
	{ "b { action = protect\n manual = b", "b { action = discard" },
	{ "free { action = bypass",
	  "all { action = discard\n local_ts = 0.0.0.0/0\n"
	  "remote_ts = 192.0.2.9\n }\n"
	  "free { action = discard" },
};

static char *changed(const char *find, const char *replace)
{
	const char *at = strstr(fixed, find);
	char *text = malloc(sizeof(fixed) + strlen(replace));

	if (!at || strstr(at + 1, find))
		fail_msg("not exactly once in the file: %s", find);
	assert_non_null(text);
	sprintf(text, "%.*s%s%s", (int)(at - fixed), fixed, replace,
		at + strlen(find));
	return text;
}

static void what_needs_a_restart_is_refused_with_its_place(void **state)
{
	struct config *c = parse(fixed);

	(void)state;
	for (size_t i = 0; i < ROWS(restarts); i++) {
		char *text = changed(restarts[i].find, restarts[i].replace);

		assert_file_refused(c, text, -EPERM, restarts[i].why);
		free(text);
	}
	config_free(c);
}

static void manual_sas_and_policies_may_change(void **state)
{
	struct config *c = parse(fixed), *file;
	struct error e;

	(void)state;
	for (size_t i = 0; i < ROWS(changes); i++) {
		char *text = changed(changes[i].find, changes[i].replace);

		file = parse(text);
		assert_int_equal(loaded_set_file(c, file, &e), 0);
		config_free(file);
		free(text);
	}
	config_free(c);
}

/* The file decides for what comes over VICI, too, and for what has come. */
static void weak_connection_is_refused_unless_the_file_allows_it(void **state)
{
	static const char weak[] = "children { net { remote_ts = 10.3.0.0/16\n"
				   "esp_proposals = 3des-sha1\n} }\n";
	static const char weak_ike[] =
		"proposals = aes128-sha256-modp1024\n"
		"children { net { remote_ts = 10.3.0.0/16\n} }\n";
	static const char allow[] = "allow_weak_algorithms = yes\n}\n";
	char text[1024], ike[1024], allowing[512];
	struct config *c = parse(file_text), *file;
	struct error e;

	(void)state;
	snprintf(allowing, sizeof(allowing), "%.*s%s",
		 (int)(strlen(GATEWAY) - strlen("}\n")), GATEWAY, allow);
	snprintf(text, sizeof(text), "%s" CONN("vpn", "%s"), allowing, weak);
	assert_int_equal(put(c, text, &e), -EINVAL);
	assert_string_equal(
		e.text,
		"connections.vpn.children.net.esp_proposals has 3des, which is "
		"weak (RFC 8221 section 5: 3DES SHOULD NOT be used, its blocks "
		"are too short); remove it, or set "
		"gateway.allow_weak_algorithms = yes if the peer can do nothing "
		"better");
	snprintf(ike, sizeof(ike), "%s" CONN("vpn", "%s"), allowing, weak_ike);
	assert_int_equal(put(c, ike, &e), -EINVAL);
	assert_string_equal(
		e.text,
		"connections.vpn.proposals has modp1024, which is weak (RFC "
		"8247 section 2.4: it SHOULD NOT be used, its prime is too "
		"short); remove it, or set gateway.allow_weak_algorithms = yes "
		"if the peer can do nothing better");
	config_free(c);

	c = parse(allowing);
	must_put(c, ike);
	must_put(c, text);
	file = parse(file_text);
	assert_int_equal(loaded_set_file(c, file, &e), -EINVAL);
	config_free(file);
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			weak_connection_is_refused_unless_the_file_allows_it),
		cmocka_unit_test(connection_comes_behind_the_files),
		cmocka_unit_test(connection_of_the_same_name_takes_its_place),
		cmocka_unit_test(connection_with_a_name_of_the_files_is_refused),
		cmocka_unit_test(only_what_came_over_vici_is_unloaded),
		cmocka_unit_test(policies_of_other_children_stay),
		cmocka_unit_test(what_the_spd_has_no_room_for_is_refused),
		cmocka_unit_test(connections_without_children_are_bounded_too),
		cmocka_unit_test(only_what_differs_is_told),
		cmocka_unit_test(secret_comes_behind_the_files_and_goes),
		cmocka_unit_test(secret_of_the_files_is_not_touched),
		cmocka_unit_test(secret_without_a_name_is_not_there_twice),
		cmocka_unit_test(secrets_are_bounded),
		cmocka_unit_test(file_changes_its_own_alone),
		cmocka_unit_test(
			file_that_is_read_again_names_the_ids_that_there_are),
		cmocka_unit_test(file_with_a_name_of_vicis_is_refused),
		cmocka_unit_test(file_for_which_there_is_no_room_is_refused),
		cmocka_unit_test(what_needs_a_restart_is_refused_with_its_place),
		cmocka_unit_test(manual_sas_and_policies_may_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
