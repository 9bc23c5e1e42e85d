// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/apply.h"

#include <errno.h>
#include <stdlib.h>

#include "ctrl/base/log.h"
#include "ctrl/conf/conf.h"
#include "ctrl/daemon/conn_message.h"
#include "ctrl/daemon/loaded.h"
#include "ctrl/daemon/loaded_manual.h"
#include "ctrl/daemon/loaded_pools.h"

struct apply {
	struct config *config;
	const char *path;
	struct apply_calls calls;
	/* The one that is under way: */
	bool pending;
	uint64_t token;
	struct conn_list conns; /* of VICI's; or */
	struct manual_list sas; /* with one more or less; or */
	struct config *file;	/* one that was read again */
};

/* --- one change --- */

static int check_idle(const struct apply *a, struct error *e)
{
	return a->pending ? error_set(e, -EBUSY,
				      "another change is under way; try again")
			  : 0;
}

static void forget(struct apply *a)
{
	conn_list_free(&a->conns);
	manual_list_free(&a->sas);
	config_free(a->file);
	a->file = NULL;
	a->pending = false;
}

static void on_unload(void *ctx, const char *name)
{
	const struct apply *a = ctx;

	log_info("daemon: unloaded connection=%s", name);
	a->calls.unload(a->calls.ctx, name);
}

static void on_load(void *ctx, const struct conn_conf *conn,
		    const struct conn_conf *was)
{
	const struct apply *a = ctx;

	log_info("daemon: %s connection=%s origin=%s",
		 was ? "changed" : "loaded", conn->name,
		 conn->from_vici ? "vici" : "file");
	a->calls.load(a->calls.ctx, conn, was);
}

/* Where it stands it stays: others point to the config. What was is kept. */
static void put_in_force(struct apply *a)
{
	struct config was = *a->config;

	if (a->file) {
		*a->config = *a->file;
		*a->file = was;
		log_info("daemon: configuration read again file=%s", a->path);
	} else {
		loaded_swap_conns(a->config, &a->conns);
	}
}

/* IKE has none of them. */
static void carry_out_sas(struct apply *a)
{
	loaded_swap_manual(a->config, &a->sas);
	log_info("daemon: manual SAs changed pairs=%zu", a->config->n_manual);
	forget(a);
}

static void carry_out(struct apply *a)
{
	const struct loaded_calls tell = { .unload = on_unload,
					   .load = on_load,
					   .ctx = a };
	const struct conn_list before = { a->config->conns, a->config->n_conns };
	struct conn_list after = a->conns;

	if (a->sas.at) {
		carry_out_sas(a);
		return;
	}
	if (a->file)
		after = (struct conn_list){ a->file->conns, a->file->n_conns };
	loaded_tell_gone(&before, &after, &tell);
	put_in_force(a);
	a->calls.changed(a->calls.ctx, true);
	loaded_tell_new(&before, &after, &tell);
	forget(a);
}

static int install(const struct apply *a, struct error *e)
{
	const struct apply_calls *calls = &a->calls;
	struct config next = *a->config;

	if (a->file)
		return calls->install(calls->ctx, a->file, a->file->conns,
				      a->file->n_conns, e);
	if (!a->sas.at)
		return calls->install(calls->ctx, a->config, a->conns.at,
				      a->conns.n, e);
	next.manual = a->sas.at;
	next.n_manual = a->sas.n;
	next.policies = a->sas.policies;
	return calls->install(calls->ctx, &next, next.conns, next.n_conns, e);
}

/* Of conns, sas or file, which are freed unless it is pending. */
static int begin(struct apply *a, uint64_t token, struct error *e)
{
	int err;

	a->pending = true;
	a->token = token;
	err = install(a, e);
	if (err == 0)
		carry_out(a);
	else if (err < 0)
		forget(a);
	return err;
}

void apply_done(struct apply *a, int err, const struct error *e)
{
	if (!a->pending)
		return;
	if (err)
		forget(a);
	else
		carry_out(a);
	a->calls.answer(a->calls.ctx, a->token, err, e);
}

/* --- what clients ask for --- */

static int load_conn(void *ctx, uint64_t token, struct slice message,
		     struct error *e)
{
	struct apply *a = ctx;
	struct conn_conf conn;
	int err = check_idle(a, e);

	if (!err)
		err = conn_message_read(message, &conn, e);
	if (err)
		return err;
	err = loaded_put_conn(a->config, &conn, &a->conns, e);
	conn_fini(&conn);
	if (!err)
		return begin(a, token, e);
	forget(a);
	return err;
}

static int unload_conn(void *ctx, uint64_t token, const char *name,
		       struct error *e)
{
	struct apply *a = ctx;
	int err = check_idle(a, e);

	if (err)
		return err;
	err = loaded_drop_conn(a->config, name, &a->conns, e);
	if (!err)
		return begin(a, token, e);
	forget(a);
	return err;
}

static int reload(void *ctx, uint64_t token, struct error *e)
{
	struct apply *a = ctx;
	int err = check_idle(a, e);

	if (!err)
		err = conf_load(a->path, &a->file, e);
	if (err)
		return err;
	err = loaded_set_file(a->config, a->file, e);
	if (!err)
		return begin(a, token, e);
	forget(a);
	return err;
}

static int add_sa(void *ctx, uint64_t token, const char *name, const char *file,
		  struct slice text, struct error *e)
{
	struct apply *a = ctx;
	struct manual_conf m;
	int err = check_idle(a, e);

	if (err)
		return err;
	err = conf_parse_manual(file, text, name, a->config, &m, e);
	if (!err)
		err = loaded_add_manual(a->config, &m, &a->sas, e);
	manual_wipe(&m);
	if (!err)
		return begin(a, token, e);
	forget(a);
	return err;
}

static int delete_sa(void *ctx, uint64_t token, const char *name,
		     struct error *e)
{
	struct apply *a = ctx;
	int err = check_idle(a, e);

	if (err)
		return err;
	err = loaded_drop_manual(a->config, name, &a->sas, e);
	if (!err)
		return begin(a, token, e);
	forget(a);
	return err;
}

static int load_pool(void *ctx, struct slice message, struct error *e)
{
	struct apply *a = ctx;
	struct pool_conf pool;
	int err = check_idle(a, e);

	if (!err)
		err = pool_message_read(message, &pool, e);
	if (!err)
		err = loaded_put_pool(a->config, &pool,
				      a->calls.online(a->calls.ctx, pool.name),
				      e);
	if (err)
		return err;
	log_info("daemon: loaded pool=%s", pool.name);
	a->calls.pools(a->calls.ctx);
	return 0;
}

static int unload_pool(void *ctx, const char *name, struct error *e)
{
	struct apply *a = ctx;
	int err = check_idle(a, e);

	if (!err)
		err = loaded_drop_pool(a->config, name,
				       a->calls.online(a->calls.ctx, name), e);
	if (err)
		return err;
	log_info("daemon: unloaded pool=%s", name);
	a->calls.pools(a->calls.ctx);
	return 0;
}

static int load_shared(void *ctx, struct psk_conf *psk, struct error *e)
{
	struct apply *a = ctx;
	int err = check_idle(a, e);

	if (!err)
		err = loaded_put_psk(a->config, psk, e);
	if (!err)
		a->calls.changed(a->calls.ctx, false);
	return err;
}

static int unload_shared(void *ctx, const char *id, struct error *e)
{
	struct apply *a = ctx;
	int err = check_idle(a, e);

	if (!err)
		err = loaded_drop_psk(a->config, id, e);
	if (!err)
		a->calls.changed(a->calls.ctx, false);
	return err;
}

static int clear_shared(void *ctx, struct error *e)
{
	struct apply *a = ctx;
	int err = check_idle(a, e);

	if (err)
		return err;
	loaded_clear_psks(a->config);
	a->calls.changed(a->calls.ctx, false);
	return 0;
}

static const char *shared_id(void *ctx, size_t i)
{
	const struct apply *a = ctx;

	return loaded_psk_id(a->config, i);
}

struct control_loads apply_loads(struct apply *a)
{
	return (struct control_loads){
		.load_conn = load_conn,
		.unload_conn = unload_conn,
		.reload = reload,
		.add_sa = add_sa,
		.delete_sa = delete_sa,
		.load_pool = load_pool,
		.unload_pool = unload_pool,
		.load_shared = load_shared,
		.unload_shared = unload_shared,
		.clear_shared = clear_shared,
		.shared_id = shared_id,
		.ctx = a,
	};
}

/* --- its own life --- */

struct apply *apply_new(struct config *config, const char *path,
			const struct apply_calls *calls)
{
	struct apply *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->config = config;
	a->path = path;
	a->calls = *calls;
	return a;
}

void apply_free(struct apply *a)
{
	if (!a)
		return;
	forget(a);
	free(a);
}
