// SPDX-License-Identifier: BSD-2-Clause
/*
 * Stock swanctl loads what its file holds: is it what our own reading of that
 * file gives, does a second loading follow the file, and is what we refuse
 * shown? What is loaded is kept as the daemon does it, without carrying it out.
 */
#include "tests/unit/control_ike.h"
#include "tests/unit/control_swanctl.h"

#include "ctrl/conf/conf.h"
#include "ctrl/daemon/conn_message.h"
#include "ctrl/daemon/loaded.h"
#include "ctrl/daemon/loaded_pools.h"

#define GATEWAY "gateway { protected = lan0\n unprotected = wan0\n }\n"

static const char own_file[] =
	GATEWAY "connections { own { local { auth = psk\n }\n"
		"remote { auth = psk\n }\n } }\n"
		"secrets { ike-own { secret = mine\n } }\n";

struct daemon {
	struct fixture f; /* first: helpers of the fixture take it */
	char conf[128];	  /* swanctl's file */
	struct config *config;
};

/* --- the daemon's callbacks, with nothing behind them */

static int take(struct daemon *d, int err, struct conn_list *list)
{
	if (!err)
		loaded_swap_conns(d->config, list);
	conn_list_free(list);
	return err;
}

static int on_load_conn(void *ctx, uint64_t token, struct slice message,
			struct error *e)
{
	struct daemon *d = ctx;
	struct cert_list certs = { .n = 0 };
	struct conn_list list;
	struct conn_conf conn;
	int err = conn_message_read(message, &conn, &certs, e);

	(void)token;
	cert_list_free(&certs);
	if (err)
		return err;
	err = loaded_put_conn(d->config, &conn, &list, e);
	conn_fini(&conn);
	return take(d, err, &list);
}

static int on_unload_conn(void *ctx, uint64_t token, const char *name,
			  struct error *e)
{
	struct daemon *d = ctx;
	struct conn_list list;

	(void)token;
	return take(d, loaded_drop_conn(d->config, name, &list, e), &list);
}

static int on_load_shared(void *ctx, struct psk_conf *psk, struct error *e)
{
	struct daemon *d = ctx;

	return loaded_put_psk(d->config, psk, e);
}

static int on_unload_shared(void *ctx, const char *id, struct error *e)
{
	struct daemon *d = ctx;

	return loaded_drop_psk(d->config, id, e);
}

static int on_clear_shared(void *ctx, struct error *e)
{
	struct daemon *d = ctx;

	(void)e;
	loaded_clear_psks(d->config);
	return 0;
}

static const char *on_shared_id(void *ctx, size_t *at)
{
	struct daemon *d = ctx;

	return loaded_psk_id(d->config, at);
}

static int on_load_pool(void *ctx, struct slice message, struct error *e)
{
	struct daemon *d = ctx;
	struct pool_conf pool;
	int err = pool_message_read(message, &pool, e);

	return err ? err : loaded_put_pool(d->config, &pool, 0, e);
}

static int on_unload_pool(void *ctx, const char *name, struct error *e)
{
	struct daemon *d = ctx;

	return loaded_drop_pool(d->config, name, 0, e);
}

static const char lease_text[] = "10.9.0.1";

/* Of the first pool its first address has somebody, and the second had. */
static struct pool_list *on_pools(void *ctx)
{
	const struct daemon *d = ctx;
	struct pool_list *l = calloc(1, sizeof(*l));
	size_t bytes = d->config->n_pools * sizeof(*l->at);
	struct error e;

	assert_non_null(l);
	l->n = d->config->n_pools;
	l->at = malloc(bytes + 1);
	l->leases = calloc(2, sizeof(*l->leases));
	assert_true(l->at && l->leases);
	if (!l->n)
		return l;
	memcpy(l->at, d->config->pools, bytes);
	l->n_leases = 2;
	strcpy(l->leases[0].pool, l->at[0].name);
	assert_int_equal(addr_parse(lease_text, &l->leases[0].addr), 0);
	assert_int_equal(
		identity_parse("carol@example.org", &l->leases[0].id, &e), 0);
	l->leases[1] = l->leases[0];
	l->leases[0].online = true;
	l->leases[1].addr.octets[15]++;
	return l;
}

static const struct conn_conf **on_conns(void *ctx, size_t *n)
{
	struct daemon *d = ctx;
	const struct conn_conf **all =
		calloc(d->config->n_conns + 1, sizeof(*all));

	assert_non_null(all);
	for (*n = 0; *n < d->config->n_conns; ++*n)
		all[*n] = &d->config->conns[*n];
	return all;
}

static struct config *parse(const char *text)
{
	struct config *c;
	struct error e;

	if (conf_parse("f", slice_of(text, strlen(text)), &c, &e))
		fail_msg("%s", e.text);
	return c;
}

static int start_daemon(void **state)
{
	struct daemon *d = calloc(1, sizeof(*d));

	if (!d)
		return -1;
	*state = d;
	d->config = parse(own_file);
	d->f.callbacks = (struct control_callbacks){
		.status = take_snapshot,
		.conns = on_conns,
		.pools = on_pools,
		.loads.load_pool = on_load_pool,
		.loads.unload_pool = on_unload_pool,
		.loads.load_conn = on_load_conn,
		.loads.unload_conn = on_unload_conn,
		.loads.load_shared = on_load_shared,
		.loads.unload_shared = on_unload_shared,
		.loads.clear_shared = on_clear_shared,
		.loads.shared_id = on_shared_id,
		.loads.ctx = d,
		.ctx = d,
	};
	if (start_server(&d->f))
		return -1;
	snprintf(d->conf, sizeof(d->conf), "%s/swanctl.conf", d->f.folder);
	/* Not the machine's own keys and certificates. */
	return setenv("SWANCTL_DIR", d->f.folder, 1);
}

static int stop_daemon(void **state)
{
	struct daemon *d = *state;

	unlink(d->conf);
	config_free(d->config);
	return stop(state);
}

#define DAEMON_CASE(name) \
	cmocka_unit_test_setup_teardown(name, start_daemon, stop_daemon)

/* --- swanctl with its file */

/* Its exit code. */
static int run(struct daemon *d, const char *file, const char *const *args,
	       const char *shown)
{
	FILE *f = fopen(d->conf, "w");
	const char *got;
	int code;

	assert_non_null(f);
	assert_int_equal(fputs(file, f) < 0, 0);
	assert_int_equal(fclose(f), 0);
	got = swanctl(&d->f, &code, args);
	assert_has(got, shown);
	return code;
}

static const char both[] =
	"connections {\n"
	"  moon {\n"
	"    version = 2\n"
	"    local_addrs = 192.0.2.1\n"
	"    remote_addrs = 192.0.2.2, 198.51.100.0/24 , %any\n"
	"    local_port = 4500\n"
	"    proposals = aes256gcm16-prfsha384-ecp384, default\n"
	"    encap = yes\n"
	"    mobike = no\n"
	"    fragmentation = no\n"
	"    unique = no\n"
	"    dpd_delay = 30s\n"
	"    rekey_time = 2h\n"
	"    local-1 {\n"
	"      auth = psk\n"
	"      id = moon.example.org\n"
	"    }\n"
	"    remote-1 {\n"
	"      auth = psk\n"
	"      id = \"sun@example.org\"\n"
	"    }\n"
	"    children {\n"
	"      net {\n"
	"        local_ts = 10.1.0.0/16[tcp/80-443], dynamic[gre]\n"
	"        remote_ts = 10.2.0.0/24[tcp],10.3.0.1[47]\n"
	"        esp_proposals = aes128gcm16-ecp256, aes256-sha256\n"
	"        start_action = trap\n"
	"        rekey_time = 10 m\n"
	"      }\n"
	"      dmz {\n"
	"      }\n"
	"    }\n"
	"  }\n"
	"  road {\n"
	"    local {\n"
	"      auth = psk\n"
	"    }\n"
	"    remote {\n"
	"      auth = psk\n"
	"      id = *@example.org\n"
	"    }\n"
	"  }\n"
	"}\n"
	"secrets {\n"
	"  ike-moon {\n"
	"    id-1 = moon.example.org\n"
	"    id-2 = \"@#0a0b0c\"\n"
	"    secret = \"hello world\"\n"
	"  }\n"
	"  ike-hex {\n"
	"    id = 192.0.2.7\n"
	"    secret = 0x0001ff80\n"
	"  }\n"
	"  ike {\n"
	"    secret = 0sAAECA/8=\n"
	"  }\n"
	"}\n";

static void assert_psk(const struct psk_conf *got, const struct psk_conf *want)
{
	assert_string_equal(got->name, want->name);
	assert_true(secret_equal(&got->key, &want->key));
	assert_int_equal(got->n_owners, want->n_owners);
	for (size_t i = 0; i < got->n_owners; i++)
		assert_true(identity_equal(&got->owners[i], &want->owners[i]));
}

/* Behind our own, what our own reading of swanctl's file gives. */
static void assert_loaded(const struct daemon *d, const char *file)
{
	struct config *got = d->config, *want;
	char text[8192];

	snprintf(text, sizeof(text), GATEWAY "%s", file);
	want = parse(text);
	assert_int_equal(got->n_conns, 1 + want->n_conns);
	assert_int_equal(got->n_psks, 1 + want->n_psks);
	assert_string_equal(got->conns[0].name, "own");
	assert_string_equal(got->psks[0].name, "ike-own");
	for (size_t i = 0; i < want->n_conns; i++) {
		want->conns[i].from_vici = true;
		assert_true(conn_equal(&got->conns[1 + i], &want->conns[i]));
	}
	for (size_t i = 0; i < want->n_psks; i++)
		assert_psk(&got->psks[1 + i], &want->psks[i]);
	config_free(want);
}

/* --- cases */

static void load_all_loads_what_the_file_means(void **state)
{
	struct daemon *d = *state;

	SKIP_WITHOUT_SWANCTL();
	assert_int_equal(run(d, both, ARGS("--load-all"),
			     "loaded ike secret 'ike-moon'\n"
			     "loaded ike secret 'ike-hex'\n"
			     "loaded ike secret 'ike'\n"
			     "no authorities found, 0 unloaded\n"
			     "no pools found, 0 unloaded\n"
			     "loaded connection 'moon'\n"
			     "loaded connection 'road'\n"
			     "successfully loaded 2 connections, 0 unloaded\n"),
			 0);
	assert_loaded(d, both);
}

static const char other[] = "connections {\n"
			    "  road {\n"
			    "    remote_addrs = 192.0.2.9\n"
			    "    local {\n"
			    "      auth = psk\n"
			    "    }\n"
			    "    remote {\n"
			    "      auth = psk\n"
			    "    }\n"
			    "  }\n"
			    "}\n"
			    "secrets {\n"
			    "  ike-hex {\n"
			    "    secret = 0x0002\n"
			    "  }\n"
			    "}\n";

static void second_loading_follows_the_file(void **state)
{
	struct daemon *d = *state;

	SKIP_WITHOUT_SWANCTL();
	assert_int_equal(run(d, both, ARGS("--load-all"), ""), 0);
	assert_int_equal(run(d, other, ARGS("--load-creds"),
			     "loaded ike secret 'ike-hex'\n"),
			 0);
	assert_int_equal(run(d, other, ARGS("--load-conns"),
			     "loaded connection 'road'\n"
			     "successfully loaded 1 connections, 1 unloaded\n"),
			 0);
	assert_loaded(d, other);
	assert_int_equal(run(d, both, ARGS("--load-all", "--clear"), ""), 0);
	assert_int_equal(d->config->n_conns, 3);
	assert_int_equal(run(d, "secrets {\n}\n",
			     ARGS("--load-creds", "--clear"), ""),
			 0);
	assert_int_equal(d->config->n_psks, 1);
	assert_string_equal(d->config->psks[0].name, "ike-own");
}

static void names_of_our_own_file_are_refused(void **state)
{
	struct daemon *d = *state;

	SKIP_WITHOUT_SWANCTL();
	assert_int_not_equal(
		run(d,
		    "connections {\n own {\n local {\n auth = psk\n }\n"
		    "remote {\n auth = psk\n }\n }\n }\n",
		    ARGS("--load-conns"),
		    "loading connection 'own' failed: connection 'own' is of "
		    "the file f: change it there and reload\n"),
		0);
	/* swanctl says so, and goes on. */
	run(d, "secrets {\n ike-own {\n secret = yours\n }\n }\n",
	    ARGS("--load-creds"),
	    "loading shared secret failed: secret 'ike-own' is of the file f: "
	    "change it there and reload\n");
	assert_loaded(d, "");
}

static void what_we_refuse_is_shown_and_the_rest_is_loaded(void **state)
{
	struct daemon *d = *state;

	SKIP_WITHOUT_SWANCTL();
	assert_int_not_equal(
		run(d,
		    "connections {\n"
		    " a {\n aggressive = yes\n local {\n auth = psk\n }\n"
		    "remote {\n auth = psk\n }\n }\n"
		    " b {\n local {\n auth = psk\n }\n"
		    "remote {\n auth = psk\n }\n }\n"
		    "}\n"
		    "secrets {\n eap-x {\n id = fred\n secret = y\n }\n }\n",
		    ARGS("--load-all"),
		    "loading connection 'a' failed: load-conn: connections.a."
		    "aggressive is yes, which is of IKEv1 alone, and lets who "
		    "listens guess the key; write no\n"
		    "loaded 1 of 2 connections, 1 failed to load, 0 "
		    "unloaded\n"),
		0);
	assert_int_equal(d->config->n_conns, 2);
	assert_int_equal(d->config->n_psks, 1);
	assert_int_not_equal(
		run(d, "pools {\n p {\n addrs = 10.9\n }\n }\n",
		    ARGS("--load-pools"),
		    "loading pool 'p' failed: load-pool: pools.p.addrs must be "
		    "a prefix such as 10.3.0.0/24"),
		0);
}

static void pools_are_loaded_listed_and_unloaded(void **state)
{
	struct daemon *d = *state;
	const char *got;
	int code;

	SKIP_WITHOUT_SWANCTL();
	assert_int_equal(run(d,
			     "pools {\n rw {\n addrs = 10.9.0.0/28\n"
			     " dns = 10.2.0.53, 2001:db8::53\n"
			     " subnet = 10.2.0.0/16\n }\n"
			     " six {\n addrs = 2001:db8:9::/120\n }\n }\n",
			     ARGS("--load-pools"),
			     "loaded pool 'rw'\nloaded pool 'six'\n"
			     "successfully loaded 2 pools, 0 unloaded\n"),
			 0);
	assert_int_equal(d->config->n_pools, 2);
	assert_int_equal(d->config->pools[0].n_attrs, 3);
	got = swanctl(&d->f, &code, ARGS("--list-pools", "--raw"));
	assert_has(got, "rw {base=10.9.0.0 size=14 online=1 offline=1}");
	assert_has(got, "six {base=2001:db8:9:: size=254 online=0 offline=0}");
	got = swanctl(&d->f, &code, ARGS("--list-pools", "--leases"));
	assert_has(got, "10.9.0.1");
	assert_has(got, "online");
	assert_has(got, "'carol@example.org'");
	assert_has(got, "offline");
	assert_int_equal(run(d,
			     "pools {\n six {\n addrs = 2001:db8:9::/120\n"
			     " }\n }\n",
			     ARGS("--load-pools"), "loaded pool 'six'\n"),
			 0);
	assert_int_equal(d->config->n_pools, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAEMON_CASE(load_all_loads_what_the_file_means),
		DAEMON_CASE(second_loading_follows_the_file),
		DAEMON_CASE(names_of_our_own_file_are_refused),
		DAEMON_CASE(what_we_refuse_is_shown_and_the_rest_is_loaded),
		DAEMON_CASE(pools_are_loaded_listed_and_unloaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
