// SPDX-License-Identifier: BSD-2-Clause
/*
 * Changes carried out: in which order the data path and IKE hear of them, that
 * nothing happened when the data path refuses, and that there is one at a time.
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
#include <sys/stat.h>
#include <unistd.h>

#include "ctrl/conf/conf.h"
#include "ctrl/control/vici.h"
#include "ctrl/daemon/apply.h"
#include "ctrl/daemon/sign_keys.h"

#define GATEWAY "gateway { protected = lan0\n unprotected = wan0\n }\n"
#define CONN(name, net)                                       \
	"connections { " name " { remote_addrs = 192.0.2.2\n" \
	"local { auth = psk\n }\n remote { auth = psk\n }\n"  \
	"children { net { remote_ts = " net "\n} } } }\n"
#define SECRET(name) "secrets { " name " { secret = hunter2\n } }\n"

static const char first_file[] =
	GATEWAY CONN("site", "10.2.0.0/16") SECRET("ike-site");

struct fixture {
	char path[64];
	struct config *config;
	struct sign_keys *keys;
	struct apply *apply;
	struct control_loads loads;
	char told[512];	    /* what happened, since it was last looked at */
	int install;	    /* what the data path says */
	unsigned int later; /* how often a flush was asked for */
	size_t online;	    /* peers that have an address of the pool "rw" */
	struct conn_conf *conns;
	size_t n_conns;
};

static void tell(struct fixture *f, const char *what, const char *name)
{
	size_t len = strlen(f->told);

	snprintf(f->told + len, sizeof(f->told) - len, "%s%s ", what, name);
}

/* --- the data path and IKE. A policy's id is 10 and the child's place. */

static void write_ids(struct fixture *f)
{
	uint32_t id = 10;

	for (size_t i = 0; i < f->n_conns; i++)
		for (size_t k = 0; k < f->conns[i].n_children; k++)
			f->conns[i].children[k].policy = id++;
}

static int on_install(void *ctx, const struct config *c,
		      struct conn_conf *conns, size_t n, struct error *e)
{
	struct fixture *f = ctx;
	char text[32];

	snprintf(text, sizeof(text), "%zu+%zu", c->n_policies, n);
	tell(f, "install:", text);
	f->conns = conns;
	f->n_conns = n;
	if (f->install < 0)
		return error_set(e, f->install, "no room");
	if (f->install == 0)
		write_ids(f);
	return f->install;
}

static void on_unload(void *ctx, const char *conn)
{
	tell(ctx, "unload:", conn);
}

static void on_load(void *ctx, const struct conn_conf *conn,
		    const struct conn_conf *was)
{
	char text[128];

	snprintf(text, sizeof(text), "%s/%u", conn->name,
		 conn->n_children ? conn->children[0].policy : 0);
	tell(ctx, was ? "change:" : "load:", text);
}

static void on_changed(void *ctx, bool conns)
{
	struct fixture *f = ctx;
	char text[32];

	snprintf(text, sizeof(text), "%zu,%zu", f->config->n_conns,
		 f->config->n_psks);
	tell(ctx, conns ? "changed:" : "secrets:", text);
}

static void on_pool(void *ctx, const char *name)
{
	struct fixture *f = ctx;
	char text[32];

	snprintf(text, sizeof(text), "%s,%zu", name, f->config->n_pools);
	tell(f, "pool:", text);
}

static size_t on_online(void *ctx, const char *pool)
{
	const struct fixture *f = ctx;

	return strcmp(pool, "rw") == 0 ? f->online : 0;
}

static void on_answer(void *ctx, uint64_t token, int err, const struct error *e)
{
	char text[128];

	snprintf(text, sizeof(text), "%u:%.99s", (unsigned int)token,
		 err ? e->text : "done");
	tell(ctx, "answer:", text);
}

static void on_later(void *ctx)
{
	struct fixture *f = ctx;

	f->later++;
}

static void write_file(struct fixture *f, const char *text)
{
	FILE *file = fopen(f->path, "w");

	assert_non_null(file);
	assert_int_equal(fputs(text, file) < 0, 0);
	assert_int_equal(fclose(file), 0);
}

static int start(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const struct apply_calls calls = { .install = on_install,
					   .unload = on_unload,
					   .load = on_load,
					   .changed = on_changed,
					   .later = on_later,
					   .pool = on_pool,
					   .online = on_online,
					   .answer = on_answer,
					   .ctx = f };
	struct error e;
	int fd;

	if (!f)
		return -1;
	*state = f;
	strcpy(f->path, "/tmp/test_changes.XXXXXX");
	fd = mkstemp(f->path);
	if (fd < 0 || close(fd))
		return -1;
	write_file(f, first_file);
	if (conf_load(f->path, &f->config, &e))
		return -1;
	f->config->conns[0].children[0].policy = 10;
	f->keys = sign_keys_new();
	if (!f->keys)
		return -1;
	f->apply = apply_new(f->config, f->keys, f->path, &calls);
	if (!f->apply)
		return -1;
	f->loads = apply_loads(f->apply);
	return 0;
}

static int stop(void **state)
{
	struct fixture *f = *state;

	apply_free(f->apply);
	sign_keys_free(f->keys);
	config_free(f->config);
	unlink(f->path);
	free(f);
	return 0;
}

/* --- requests */

/* A connection with one child; remote_ts as it is. Right behind another one. */
static int load_next(struct fixture *f, uint64_t token, const char *name,
		     const char *net, struct error *e)
{
	struct vici_packet packet;
	struct vici_builder b;
	int err;

	vici_start(&b, VICI_CMD_RESPONSE, NULL);
	vici_section(&b, name);
	vici_str(&b, "remote_addrs", "192.0.2.3");
	for (int i = 0; i < 2; i++) {
		vici_section(&b, i ? "remote" : "local");
		vici_str(&b, "auth", "psk");
		vici_section_end(&b);
	}
	vici_section(&b, "children");
	vici_section(&b, "net");
	vici_str(&b, "remote_ts", net);
	vici_section_end(&b);
	vici_section_end(&b);
	vici_section_end(&b);
	assert_true(vici_finish(&b));
	assert_true(vici_packet_parse(slice_of(b.ptr + 4, b.len - 4), &packet));
	err = f->loads.load_conn(f->loads.ctx, token, packet.body, e);
	vici_builder_free(&b);
	return err;
}

/* The same, long after it. */
static int load_net(struct fixture *f, uint64_t token, const char *name,
		    const char *net, struct error *e)
{
	apply_flush(f->apply);
	return load_next(f, token, name, net, e);
}

static int unload(struct fixture *f, uint64_t token, const char *name,
		  struct error *e)
{
	return f->loads.unload_conn(f->loads.ctx, token, name, e);
}

static int reload(struct fixture *f, uint64_t token, const char *file,
		  struct error *e)
{
	write_file(f, file);
	return f->loads.reload(f->loads.ctx, token, e);
}

static int load_key(struct fixture *f, const char *id, struct error *e)
{
	struct psk_conf psk = { .key = { "x", 1 }, .from_vici = true };
	int err;

	strcpy(psk.name, id);
	err = f->loads.load_shared(f->loads.ctx, &psk, e);
	psk_fini(&psk);
	return err;
}

static void assert_told(struct fixture *f, const char *want)
{
	assert_string_equal(f->told, want);
	f->told[0] = '\0';
}

/* --- cases */

static void policies_come_before_what_needs_them(void **state)
{
	struct fixture *f = *state;
	struct error e;

	assert_int_equal(load_net(f, 1, "vpn", "10.3.0.0/16", &e), 0);
	assert_told(f, "install:0+2 changed:2,1 load:vpn/11 ");
	assert_int_equal(load_net(f, 1, "vpn", "10.3.0.0/16", &e), 0);
	assert_told(f, "install:0+2 changed:2,1 "); /* it is the same */
	assert_int_equal(load_net(f, 1, "vpn", "10.4.0.0/16", &e), 0);
	assert_told(f, "install:0+2 changed:2,1 change:vpn/11 ");
	assert_int_equal(unload(f, 1, "vpn", &e), 0);
	assert_told(f, "install:0+1 unload:vpn changed:1,1 ");
}

static void nothing_happens_when_the_data_path_refuses(void **state)
{
	struct fixture *f = *state;
	struct error e;

	f->install = -E2BIG;
	assert_int_equal(load_net(f, 1, "vpn", "10.3.0.0/16", &e), -E2BIG);
	assert_string_equal(e.text, "no room");
	assert_told(f, "install:0+2 ");
	assert_int_equal(f->config->n_conns, 1);
	assert_int_equal(reload(f, 1, GATEWAY, &e), -E2BIG);
	assert_told(f, "install:0+0 ");
	assert_int_equal(f->config->n_conns, 1);
	assert_int_equal(f->config->n_psks, 1);
}

static void what_is_refused_before_does_not_reach_the_data_path(void **state)
{
	struct fixture *f = *state;
	struct error e;

	assert_int_equal(load_net(f, 1, "site", "10.3.0.0/16", &e), -EEXIST);
	assert_int_equal(load_net(f, 1, "vpn", "10.3.0.1/16", &e), -EINVAL);
	assert_string_equal(e.text,
			    "load-conn: connections.vpn.children.net.remote_ts "
			    "has host bits set; the network is 10.3.0.0/16");
	assert_int_equal(unload(f, 1, "vpn", &e), -ENOENT);
	assert_int_equal(unload(f, 1, "site", &e), -ENOENT);
	assert_told(f, "");
}

static void file_is_read_again_and_its_errors_have_their_places(void **state)
{
	struct fixture *f = *state;
	char want[128];
	struct error e;

	assert_int_equal(load_net(f, 1, "vpn", "10.3.0.0/16", &e), 0);
	assert_int_equal(load_key(f, "ike-vpn", &e), 0);
	f->told[0] = '\0';
	assert_int_equal(reload(f, 1, GATEWAY CONN("other", "10.5.0.0/16"), &e),
			 0);
	assert_told(f, "install:0+2 unload:site changed:2,1 load:other/10 ");
	assert_string_equal(f->config->psks[0].name, "ike-vpn");

	assert_int_equal(reload(f, 1, GATEWAY "fog { }\n", &e), -EINVAL);
	snprintf(want, sizeof(want), "%s:4:1: unknown section 'fog'", f->path);
	assert_memory_equal(e.text, want, strlen(want));
	assert_int_equal(reload(f, 1, GATEWAY CONN("vpn", "10.3.0.0/16"), &e),
			 -EEXIST);
	assert_told(f, "");
	unlink(f->path);
	assert_int_equal(f->loads.reload(f->loads.ctx, 1, &e), -ENOENT);
	assert_int_equal(f->config->n_conns, 2);
}

static void settings_alone_are_read_again(void **state)
{
	struct fixture *f = *state;
	struct error e;

	write_file(f, GATEWAY "charon { retransmit_tries = 2\n }\n");
	assert_int_equal(f->loads.reload_settings(f->loads.ctx, &e), 0);
	assert_told(f, "secrets:1,1 ");
	assert_int_equal(f->config->ike.retransmit_tries, 2);
	write_file(f, "fog { }\n");
	assert_int_equal(f->loads.reload_settings(f->loads.ctx, &e), -EINVAL);
	assert_told(f, "");
	assert_int_equal(f->config->ike.retransmit_tries, 2);
}

static int set_trap(struct fixture *f, const char *conn, const char *child,
		    bool installed, struct error *e)
{
	return f->loads.set_trap(f->loads.ctx, 1, conn, child, installed, e);
}

static void trap_reaches_the_data_path_and_touches_no_sa(void **state)
{
	struct fixture *f = *state;
	struct error e;

	assert_int_equal(set_trap(f, "", "net", false, &e), -ENOENT);
	assert_string_equal(e.text, "no trap of child 'net' is installed");
	assert_int_equal(set_trap(f, "", "net", true, &e), 0);
	assert_told(f, "install:0+1 changed:1,1 ");
	assert_true(child_is_trap(&f->config->conns[0].children[0]));
	assert_int_equal(set_trap(f, "site", "net", true, &e), 0);
	assert_told(f, ""); /* it is so */
	assert_int_equal(set_trap(f, "site", "net", false, &e), 0);
	assert_told(f, "install:0+1 changed:1,1 ");
	assert_false(child_is_trap(&f->config->conns[0].children[0]));
}

static void trap_of_nobody_or_of_two_is_refused(void **state)
{
	struct fixture *f = *state;
	struct error e;

	assert_int_equal(load_net(f, 1, "vpn", "10.3.0.0/16", &e), 0);
	f->told[0] = '\0';
	assert_int_equal(set_trap(f, "", "net", true, &e), -EEXIST);
	assert_string_equal(e.text, "2 connections have a child 'net': name "
				    "one of them as 'ike'");
	assert_int_equal(set_trap(f, "vpn", "lan", true, &e), -ENOENT);
	assert_string_equal(e.text, "there is no child 'vpn/lan'");
	assert_told(f, "");
	assert_int_equal(set_trap(f, "vpn", "net", true, &e), 0);
	assert_int_equal(f->config->conns[1].children[0].trap, TRAP_INSTALLED);
}

static void file_that_is_read_again_says_what_its_traps_are(void **state)
{
	struct fixture *f = *state;
	struct error e;

	assert_int_equal(set_trap(f, "", "net", true, &e), 0);
	f->told[0] = '\0';
	assert_int_equal(f->loads.reload(f->loads.ctx, 1, &e), 0);
	assert_told(f, "install:0+1 changed:1,1 "); /* it is the same */
	assert_false(child_is_trap(&f->config->conns[0].children[0]));
}

static void secrets_change_at_once(void **state)
{
	struct fixture *f = *state;
	size_t at = 2; /* behind the file's and the first */
	struct error e;

	assert_int_equal(load_key(f, "a", &e), 0);
	assert_int_equal(load_key(f, "b", &e), 0);
	assert_int_equal(load_key(f, "ike-site", &e), -EEXIST);
	assert_told(f, "secrets:1,2 secrets:1,3 ");
	assert_string_equal(f->loads.shared_id(f->loads.ctx, &at), "b");
	assert_int_equal(f->loads.unload_shared(f->loads.ctx, "a", &e), 0);
	assert_int_equal(f->loads.unload_shared(f->loads.ctx, "a", &e), -ENOENT);
	assert_told(f, "secrets:1,2 ");
	assert_int_equal(f->loads.clear_shared(f->loads.ctx, &e), 0);
	assert_told(f, "secrets:1,1 ");
	assert_null(f->loads.shared_id(f->loads.ctx, &(size_t){ 0 }));
}

static void answer_of_the_data_path_may_come_later(void **state)
{
	const struct error why = { "it refused" };
	struct fixture *f = *state;
	struct error e;

	f->install = CONTROL_LATER;
	assert_int_equal(load_net(f, 7, "vpn", "10.3.0.0/16", &e),
			 CONTROL_LATER);
	assert_told(f, "install:0+2 ");
	assert_int_equal(f->config->n_conns, 1);
	write_ids(f);
	apply_done(f->apply, 0, NULL);
	assert_told(f, "changed:2,1 load:vpn/11 answer:7:done ");
	apply_done(f->apply, 0, NULL); /* of nothing */
	assert_told(f, "");

	assert_int_equal(reload(f, 8, GATEWAY, &e), CONTROL_LATER);
	apply_done(f->apply, -EIO, &why);
	assert_told(f, "install:0+1 answer:8:it refused ");
	assert_int_equal(f->config->n_conns, 2);
	assert_int_equal(reload(f, 9, GATEWAY, &e), CONTROL_LATER);
	write_ids(f);
	apply_done(f->apply, 0, NULL);
	assert_told(f, "install:0+1 unload:site changed:1,0 change:vpn/10 "
		       "answer:9:done ");
}

static void there_is_one_change_at_a_time(void **state)
{
	static const char busy[] = "another change is under way; try again";
	struct fixture *f = *state;
	struct error e;

	f->install = CONTROL_LATER;
	assert_int_equal(reload(f, 7, first_file, &e), CONTROL_LATER);
	assert_int_equal(load_net(f, 8, "abc", "10.3.0.0/16", &e), -EBUSY);
	assert_string_equal(e.text, busy);
	assert_int_equal(unload(f, 8, "vpn", &e), -EBUSY);
	assert_int_equal(reload(f, 8, first_file, &e), -EBUSY);
	assert_int_equal(load_key(f, "a", &e), -EBUSY);
	assert_int_equal(f->loads.unload_shared(f->loads.ctx, "a", &e), -EBUSY);
	assert_int_equal(f->loads.clear_shared(f->loads.ctx, &e), -EBUSY);
	assert_string_equal(e.text, busy);
	assert_told(f, "install:0+1 ");
	apply_done(f->apply, 0, NULL);
	f->told[0] = '\0';
	assert_int_equal(load_key(f, "a", &e), 0);
}

/* --- connections right behind one another */

static void they_come_together_behind_the_first(void **state)
{
	struct fixture *f = *state;
	struct error e;

	assert_int_equal(load_net(f, 1, "a", "10.3.0.0/16", &e), 0);
	assert_told(f, "install:0+2 changed:2,1 load:a/11 ");
	assert_int_equal(f->later, 1);
	assert_int_equal(load_next(f, 1, "b", "10.4.0.0/16", &e), 0);
	assert_int_equal(load_next(f, 1, "c", "10.5.0.0/16", &e), 0);
	assert_int_equal(load_next(f, 1, "b", "10.6.0.0/16", &e), 0);
	assert_int_equal(load_next(f, 1, "a", "10.7.0.0/16", &e), 0);
	assert_int_equal(f->later, 5);
	assert_told(f, "");
	assert_false(apply_is_settled(f->apply));
	apply_flush(f->apply);
	assert_told(f, "install:0+4 changed:4,1 change:a/11 load:b/12 "
		       "load:c/13 answer:0:done ");
	assert_true(apply_is_settled(f->apply));
	assert_int_equal(
		f->config->conns[2].children[0].remote_ts[0].net.net.octets[13],
		6);
	apply_flush(f->apply); /* the last one is long ago */
	assert_int_equal(load_next(f, 1, "d", "10.8.0.0/16", &e), 0);
	assert_told(f, "install:0+5 changed:5,1 load:d/14 ");
}

static void what_is_refused_is_not_among_them(void **state)
{
	struct fixture *f = *state;
	struct error e;

	assert_int_equal(load_net(f, 1, "a", "10.3.0.0/16", &e), 0);
	assert_int_equal(load_next(f, 1, "site", "10.4.0.0/16", &e), -EEXIST);
	assert_int_equal(load_next(f, 1, "b", "10.4.0.1/16", &e), -EINVAL);
	f->told[0] = '\0';
	assert_true(apply_is_settled(f->apply));
	apply_flush(f->apply);
	assert_told(f, "");
}

static void they_are_accepted_while_others_are_under_way(void **state)
{
	struct fixture *f = *state;
	struct error e;

	f->install = CONTROL_LATER;
	assert_int_equal(load_net(f, 7, "a", "10.3.0.0/16", &e), CONTROL_LATER);
	assert_int_equal(load_next(f, 8, "b", "10.4.0.0/16", &e), 0);
	assert_int_equal(load_next(f, 8, "a", "10.5.0.0/16", &e), 0);
	apply_flush(f->apply); /* too early */
	assert_told(f, "install:0+2 ");
	write_ids(f);
	apply_done(f->apply, 0, NULL);
	assert_told(f, "changed:2,1 load:a/11 answer:7:done ");
	apply_flush(f->apply);
	assert_told(f, "install:0+3 ");
	write_ids(f);
	apply_done(f->apply, 0, NULL);
	assert_told(f, "changed:3,1 change:a/11 load:b/12 answer:0:done ");
}

static void what_comes_behind_them_waits_for_them(void **state)
{
	struct fixture *f = *state;
	struct error e;

	assert_int_equal(load_net(f, 1, "a", "10.3.0.0/16", &e), 0);
	f->install = CONTROL_LATER;
	assert_int_equal(load_next(f, 1, "b", "10.4.0.0/16", &e), 0);
	assert_int_equal(load_key(f, "k", &e), 0); /* but for secrets */
	f->told[0] = '\0';
	assert_int_equal(unload(f, 5, "b", &e), CONTROL_LATER);
	assert_int_equal(unload(f, 6, "x", &e), CONTROL_LATER);
	apply_flush(f->apply);
	assert_told(f, "install:0+3 ");
	write_ids(f);
	apply_done(f->apply, 0, NULL);
	assert_told(f, "changed:3,2 load:b/12 answer:0:done install:0+2 ");
	write_ids(f);
	apply_done(f->apply, 0, NULL);
	assert_told(f, "unload:b changed:2,2 answer:5:done "
		       "answer:6:there is no connection 'x' ");
}

static void traps_and_manual_sas_wait_likewise(void **state)
{
	struct fixture *f = *state;
	char text[] = "manual { m { fog = 1\n } }\n";
	struct error e;

	assert_int_equal(load_net(f, 1, "a", "10.3.0.0/16", &e), 0);
	assert_int_equal(load_next(f, 1, "b", "10.4.0.0/16", &e), 0);
	f->told[0] = '\0';
	assert_int_equal(f->loads.set_trap(f->loads.ctx, 5, "b", "net", true, &e),
			 CONTROL_LATER);
	assert_int_equal(f->loads.add_sa(f->loads.ctx, 6, "m", "here",
					 slice_of(text, strlen(text)), &e),
			 CONTROL_LATER);
	explicit_bzero(text, sizeof(text)); /* as its owner does */
	apply_flush(f->apply);
	assert_non_null(strstr(f->told, "load:b/12 answer:0:done install:0+3 "
					"changed:3,1 answer:5:done "));
	assert_non_null(strstr(f->told, "answer:6:here:1:14: unknown key"));
	assert_true(child_is_trap(&f->config->conns[2].children[0]));
}

/* Names of all that clients know of, and the third octet of their networks. */
static void assert_listed(struct fixture *f, const char *want)
{
	const struct conn_conf **conns;
	char all[256] = "";
	size_t n;

	conns = apply_conns(f->apply, &n);
	assert_non_null(conns);
	for (size_t i = 0; i < n; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s/%u ",
			 conns[i]->name,
			 conns[i]->children[0].remote_ts[0].net.net.octets[13]);
	free(conns);
	assert_string_equal(all, want);
}

static void what_was_accepted_is_listed_at_once(void **state)
{
	struct fixture *f = *state;
	struct error e;

	assert_listed(f, "site/2 ");
	f->install = CONTROL_LATER;
	assert_int_equal(load_net(f, 7, "a", "10.3.0.0/16", &e), CONTROL_LATER);
	assert_listed(f, "site/2 "); /* its client has no answer yet */
	assert_int_equal(load_next(f, 8, "b", "10.4.0.0/16", &e), 0);
	assert_listed(f, "site/2 b/4 ");
	write_ids(f);
	apply_done(f->apply, 0, NULL);
	assert_int_equal(load_next(f, 8, "a", "10.5.0.0/16", &e), 0);
	assert_listed(f, "site/2 a/5 b/4 ");
	apply_flush(f->apply); /* on their way to the data path */
	assert_listed(f, "site/2 a/5 b/4 ");
	assert_int_equal(load_next(f, 8, "c", "10.6.0.0/16", &e), 0);
	assert_int_equal(load_next(f, 8, "b", "10.7.0.0/16", &e), 0);
	assert_listed(f, "site/2 a/5 b/7 c/6 ");
	write_ids(f);
	apply_done(f->apply, 0, NULL);
	assert_listed(f, "site/2 a/5 b/7 c/6 ");
}

static void they_are_lost_when_the_data_path_refuses_them(void **state)
{
	struct fixture *f = *state;
	struct error e;

	assert_int_equal(load_net(f, 1, "a", "10.3.0.0/16", &e), 0);
	assert_int_equal(load_next(f, 1, "b", "10.4.0.0/16", &e), 0);
	assert_int_equal(unload(f, 5, "a", &e), CONTROL_LATER);
	f->told[0] = '\0';
	f->install = -E2BIG;
	apply_flush(f->apply);
	assert_told(f, "install:0+3 answer:0:no room install:0+1 "
		       "answer:5:no room ");
	assert_int_equal(f->config->n_conns, 2);
	assert_true(apply_is_settled(f->apply));
}

static void change_that_is_under_way_ends_with_the_rest(void **state)
{
	struct fixture *f = *state;
	struct error e;

	f->install = CONTROL_LATER;
	assert_int_equal(reload(f, 7, first_file, &e), CONTROL_LATER);
}

/* A message with the one section NAME { addrs = ADDRS }. */
static int load_pool(struct fixture *f, const char *name, const char *addrs,
		     struct error *e)
{
	struct vici_packet packet;
	struct vici_builder b;
	int err;

	vici_start(&b, VICI_CMD_RESPONSE, NULL);
	vici_section(&b, name);
	vici_str(&b, "addrs", addrs);
	vici_section_end(&b);
	assert_true(vici_finish(&b));
	assert_true(vici_packet_parse(slice_of(b.ptr + 4, b.len - 4), &packet));
	err = f->loads.load_pool(f->loads.ctx, packet.body, e);
	vici_builder_free(&b);
	return err;
}

static void pools_change_at_once(void **state)
{
	struct fixture *f = *state;
	struct error e;

	assert_int_equal(load_pool(f, "rw", "10.3.0.0/24", &e), 0);
	assert_int_equal(load_pool(f, "six", "2001:db8::/120", &e), 0);
	assert_told(f, "pool:rw,1 pool:six,2 ");
	assert_true(f->config->pools[0].from_vici);
	assert_int_equal(load_pool(f, "more", "10.3.0.9", &e), -EEXIST);
	assert_string_equal(
		e.text,
		"pools 'more' and 'rw' have addresses in common; each is in one pool alone");
	assert_int_equal(load_pool(f, "rw", "10.3", &e), -EINVAL);
	assert_int_equal(f->loads.unload_pool(f->loads.ctx, "rw", &e), 0);
	assert_told(f, "pool:rw,1 ");
	assert_string_equal(f->config->pools[0].name, "six");
	assert_int_equal(f->loads.unload_pool(f->loads.ctx, "rw", &e), -ENOENT);
	assert_string_equal(e.text, "there is no pool 'rw'");
}

static void pool_in_use_keeps_its_addresses(void **state)
{
	struct fixture *f = *state;
	struct error e;

	assert_int_equal(load_pool(f, "rw", "10.3.0.0/24", &e), 0);
	f->online = 2;
	assert_int_equal(load_pool(f, "rw", "10.3.0.0/24", &e), 0);
	assert_int_equal(load_pool(f, "rw", "10.4.0.0/24", &e), -EBUSY);
	assert_string_equal(
		e.text,
		"pool 'rw' has 2 addresses in use: terminate their IKE SAs first");
	assert_int_equal(f->loads.unload_pool(f->loads.ctx, "rw", &e), -EBUSY);
	assert_told(f, "pool:rw,1 pool:rw,1 ");
	f->online = 0;
	assert_int_equal(load_pool(f, "rw", "10.4.0.0/24", &e), 0);
	assert_int_equal(f->config->n_pools, 1);
}

/* Each side has its own. */
static void file_that_is_read_again_leaves_the_pools_of_vici(void **state)
{
	static const char with_pool[] =
		GATEWAY "pools { own { addrs = 10.5.0.0/24\n } }\n";
	static const char clash[] =
		GATEWAY "pools { own { addrs = 10.3.0.0/16\n } }\n";
	struct fixture *f = *state;
	struct error e;

	assert_int_equal(load_pool(f, "rw", "10.3.0.0/24", &e), 0);
	assert_int_equal(reload(f, 1, with_pool, &e), 0);
	assert_int_equal(f->config->n_pools, 2);
	assert_string_equal(f->config->pools[1].name, "rw");
	assert_int_equal(load_pool(f, "own", "10.6.0.0/24", &e), -EEXIST);
	assert_int_equal(f->loads.unload_pool(f->loads.ctx, "own", &e), -EEXIST);
	assert_int_equal(reload(f, 2, clash, &e), -EEXIST);
	assert_int_equal(f->config->n_pools, 2);
	assert_int_equal(reload(f, 3, GATEWAY, &e), 0);
	assert_int_equal(f->config->n_pools, 1);
	assert_string_equal(f->config->pools[0].name, "rw");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(policies_come_before_what_needs_them),
		CASE(nothing_happens_when_the_data_path_refuses),
		CASE(what_is_refused_before_does_not_reach_the_data_path),
		CASE(file_is_read_again_and_its_errors_have_their_places),
		CASE(settings_alone_are_read_again),
		CASE(trap_reaches_the_data_path_and_touches_no_sa),
		CASE(trap_of_nobody_or_of_two_is_refused),
		CASE(file_that_is_read_again_says_what_its_traps_are),
		CASE(secrets_change_at_once),
		CASE(pools_change_at_once),
		CASE(pool_in_use_keeps_its_addresses),
		CASE(file_that_is_read_again_leaves_the_pools_of_vici),
		CASE(answer_of_the_data_path_may_come_later),
		CASE(there_is_one_change_at_a_time),
		CASE(they_come_together_behind_the_first),
		CASE(what_is_refused_is_not_among_them),
		CASE(they_are_accepted_while_others_are_under_way),
		CASE(what_comes_behind_them_waits_for_them),
		CASE(traps_and_manual_sas_wait_likewise),
		CASE(what_was_accepted_is_listed_at_once),
		CASE(they_are_lost_when_the_data_path_refuses_them),
		CASE(change_that_is_under_way_ends_with_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
