// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/apply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/log.h"
#include "ctrl/conf/conf.h"
#include "ctrl/daemon/conn_message.h"
#include "ctrl/daemon/difference.h"
#include "ctrl/daemon/key_loads.h"
#include "ctrl/daemon/loaded.h"
#include "ctrl/daemon/loaded_manual.h"
#include "ctrl/daemon/loaded_pools.h"
#include "ctrl/daemon/staged.h"
#include "ctrl/dp/tunnel.h"

struct apply {
	struct config *config;
	struct sign_keys *keys;
	const char *path;
	struct apply_calls calls;
	/* The one that is under way: */
	bool pending;
	uint64_t token;
	struct conn_list conns;	     /* of VICI's; or */
	struct manual_list sas;	     /* with one more or less; or */
	struct config *file;	     /* one that was read again, with */
	struct sign_keys *file_keys; /* its keys */
	/* Connections that came right behind others, and what came behind them. */
	bool gathers;
	struct staged *staged;
	struct waiting *waiting;
};

/* Asked for while accepted connections were not in force yet. */
struct waiting {
	enum waits {
		WAITS_UNLOAD_CONN,
		WAITS_SET_TRAP,
		WAITS_ADD_SA,
		WAITS_DELETE_SA,
		WAITS_RELOAD,
	} what;
	uint64_t token;
	char name[CONN_NAME_MAX];
	/* Of a trap: */
	char child[CONN_NAME_MAX];
	bool installed;
	/* Of an SA that is added, owned: */
	char *file;
	void *text; /* wiped when it is freed: there are keys in it */
	size_t text_len;
	struct waiting *next;
};

_Static_assert(sizeof(((struct manual_conf *)0)->name) <= CONN_NAME_MAX,
	       "room for a pair's name");

/* --- what there is, as far as clients know --- */

/* Accepted ones on their way to the data path are behind all others. */
const struct conn_conf **apply_conns(const struct apply *a, size_t *n)
{
	const bool under_way = a->pending && a->conns.at && !a->token;

	if (under_way)
		return staged_with(a->staged, a->conns.at, a->conns.n, n);
	return staged_with(a->staged, a->config->conns, a->config->n_conns, n);
}

/* --- one change --- */

bool apply_is_settled(const struct apply *a)
{
	return !a->pending && !staged_count(a->staged);
}

static void waiting_free(struct waiting *w)
{
	if (w->text)
		explicit_bzero(w->text, w->text_len);
	free(w->text);
	free(w->file);
	free(w);
}

static int fail_busy(struct error *e)
{
	return error_set(e, -EBUSY, "another change is under way; try again");
}

static int check_idle(const struct apply *a, struct error *e)
{
	return apply_is_settled(a) ? 0 : fail_busy(e);
}

/* Of accepted connections nobody knows that they are a change. */
static bool is_of_gathered(const struct apply *a)
{
	return a->pending ? a->conns.at && !a->token
			  : staged_count(a->staged) != 0;
}

static struct waiting waiting_of(enum waits what, uint64_t token,
				 const char *name)
{
	struct waiting w = { .what = what, .token = token };

	snprintf(w.name, sizeof(w.name), "%s", name);
	return w;
}

/* With what is behind pointers. NULL: no memory. */
static struct waiting *waiting_copy(const struct waiting *from)
{
	struct waiting *w = malloc(sizeof(*w));

	if (!w)
		return NULL;
	*w = *from;
	if (!from->text)
		return w;
	w->file = strdup(from->file);
	w->text = malloc(from->text_len + 1);
	if (w->text)
		memcpy(w->text, from->text, from->text_len);
	if (w->file && w->text)
		return w;
	waiting_free(w);
	return NULL;
}

/* false, with err: it can't be now, or it waits (CONTROL_LATER). */
static bool may_begin(struct apply *a, const struct waiting *what, int *err,
		      struct error *e)
{
	struct waiting **last = &a->waiting;

	if (apply_is_settled(a))
		return true;
	*err = fail_busy(e);
	if (!is_of_gathered(a))
		return false;
	while (*last)
		last = &(*last)->next;
	*last = waiting_copy(what);
	if (!*last) {
		*err = error_set(e, -ENOMEM, "out of memory for a change");
		return false;
	}
	a->calls.later(a->calls.ctx);
	*err = CONTROL_LATER;
	return false;
}

/* Secrets change at once, but not while a file does, which has its own. */
static int check_no_file(const struct apply *a, struct error *e)
{
	return a->pending && a->file ? fail_busy(e) : 0;
}

static void forget(struct apply *a)
{
	conn_list_free(&a->conns);
	manual_list_free(&a->sas);
	config_free(a->file);
	sign_keys_free(a->file_keys);
	a->file = NULL;
	a->file_keys = NULL;
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
		sign_keys_take_files(a->keys, a->file_keys);
		log_info("daemon: configuration read again file=%s", a->path);
	} else {
		loaded_swap_conns(a->config, &a->conns);
	}
}

/* From now on, for a while: if another one comes, it is one of many. */
static void gather(struct apply *a)
{
	a->gathers = true;
	a->calls.later(a->calls.ctx);
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
	if (!a->file)
		gather(a);
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

/* What was accepted is put in force. */
static void flush(struct apply *a)
{
	size_t n = staged_count(a->staged);
	struct error e;
	int err;

	a->gathers = false;
	if (!n)
		return;
	err = staged_take(a->staged, a->config, &a->conns, &e);
	if (!err)
		err = begin(a, 0, &e);
	else
		forget(a);
	if (err < 0)
		log_error("daemon: %zu connections that came over VICI are lost: %s",
			  n, e.text);
	if (err != CONTROL_LATER)
		a->calls.answer(a->calls.ctx, 0, err, &e);
}

/* --- what clients ask for --- */

/* Those of VICI alone are under way. */
static bool may_be_staged(const struct apply *a)
{
	return a->pending ? a->conns.at != NULL : a->gathers;
}

static int stage(struct apply *a, const struct conn_conf *conn, struct error *e)
{
	int err = staged_put(a->staged, a->config, conn, e);

	if (!err)
		a->calls.later(a->calls.ctx);
	return err;
}

static int put_conn(struct apply *a, uint64_t token,
		    const struct conn_conf *conn, struct error *e)
{
	int err = loaded_put_conn(a->config, conn, &a->conns, e);

	if (!err)
		return begin(a, token, e);
	forget(a);
	return err;
}

static int load_conn(void *ctx, uint64_t token, struct slice message,
		     struct error *e)
{
	struct apply *a = ctx;
	const bool staged = may_be_staged(a);
	struct cert_list certs = { .n = 0 };
	struct conn_conf conn;
	int err = a->pending && !staged ? fail_busy(e) : 0;

	if (err)
		return err;
	err = conn_message_read(message, &conn, &certs, e);
	if (!err) {
		err = certs.n ? a->calls.certs(a->calls.ctx, &certs, e) : 0;
		if (!err)
			err = staged ? stage(a, &conn, e)
				     : put_conn(a, token, &conn, e);
		conn_fini(&conn);
	}
	cert_list_free(&certs);
	return err;
}

static int unload_conn(void *ctx, uint64_t token, const char *name,
		       struct error *e)
{
	const struct waiting w = waiting_of(WAITS_UNLOAD_CONN, token, name);
	struct apply *a = ctx;
	int err;

	if (!may_begin(a, &w, &err, e))
		return err;
	err = loaded_drop_conn(a->config, name, &a->conns, e);
	if (!err)
		return begin(a, token, e);
	forget(a);
	return err;
}

static int set_trap(void *ctx, uint64_t token, const char *conn,
		    const char *child, bool installed, struct error *e)
{
	struct waiting w = waiting_of(WAITS_SET_TRAP, token, conn);
	struct apply *a = ctx;
	int err;

	snprintf(w.child, sizeof(w.child), "%s", child);
	w.installed = installed;
	if (!may_begin(a, &w, &err, e))
		return err;
	err = loaded_set_trap(a->config, conn, child, installed, &a->conns, e);
	if (!err)
		return begin(a, token, e);
	forget(a);
	return err == -EALREADY ? 0 : err;
}

static int reload(void *ctx, uint64_t token, struct error *e)
{
	const struct waiting w = waiting_of(WAITS_RELOAD, token, "");
	struct apply *a = ctx;
	int err;

	if (!may_begin(a, &w, &err, e))
		return err;
	err = conf_load(a->path, &a->file, e);
	if (err)
		return err;
	err = loaded_set_file(a->config, a->file, e);
	if (!err)
		err = key_loads_read(a->file, &a->file_keys, e);
	if (!err)
		return begin(a, token, e);
	forget(a);
	return err;
}

static int reload_settings(void *ctx, struct error *e)
{
	struct apply *a = ctx;
	struct config *file = NULL;
	int err = check_no_file(a, e);

	if (!err)
		err = conf_load(a->path, &file, e);
	if (err)
		return err;
	a->config->ike = file->ike;
	config_free(file);
	a->calls.changed(a->calls.ctx, false);
	return 0;
}

/* On a copy of its own, which nobody installs. */
static int difference(void *ctx, struct difference *out, struct error *e)
{
	const struct apply *a = ctx;
	struct config *file;
	int err = conf_load(a->path, &file, e);

	if (err)
		return err;
	err = loaded_set_file(a->config, file, e);
	if (!err)
		err = tunnels_check(file, e);
	if (!err)
		err = difference_find(a->config, file, out, e);
	if (!err)
		err = key_loads_difference(a->keys, file, out, e);
	config_free(file);
	return err;
}

static int add_sa(void *ctx, uint64_t token, const char *name, const char *file,
		  struct slice text, struct error *e)
{
	struct waiting w = waiting_of(WAITS_ADD_SA, token, name);
	struct apply *a = ctx;
	struct manual_conf m;
	int err;

	w.file = (char *)file; /* a copy has its own */
	w.text = (void *)text.ptr;
	w.text_len = text.len;
	if (!may_begin(a, &w, &err, e))
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
	const struct waiting w = waiting_of(WAITS_DELETE_SA, token, name);
	struct apply *a = ctx;
	int err;

	if (!may_begin(a, &w, &err, e))
		return err;
	err = loaded_drop_manual(a->config, name, &a->sas, e);
	if (!err)
		return begin(a, token, e);
	forget(a);
	return err;
}

/* --- what waited --- */

static int run(struct apply *a, const struct waiting *w, struct error *e)
{
	switch (w->what) {
	case WAITS_UNLOAD_CONN:
		return unload_conn(a, w->token, w->name, e);
	case WAITS_SET_TRAP:
		return set_trap(a, w->token, w->name, w->child, w->installed, e);
	case WAITS_ADD_SA:
		return add_sa(a, w->token, w->name, w->file,
			      slice_of(w->text, w->text_len), e);
	case WAITS_DELETE_SA:
		return delete_sa(a, w->token, w->name, e);
	case WAITS_RELOAD:
		return reload(a, w->token, e);
	}
	return 0;
}

/* What came behind connections, when these are in force. */
static void go_on(struct apply *a)
{
	while (a->waiting && !a->pending) {
		struct waiting *w = a->waiting;
		struct error e;
		int err;

		if (staged_count(a->staged)) {
			flush(a);
			continue;
		}
		a->waiting = w->next;
		err = run(a, w, &e);
		if (err != CONTROL_LATER)
			a->calls.answer(a->calls.ctx, w->token, err, &e);
		waiting_free(w);
	}
}

void apply_flush(struct apply *a)
{
	if (a->pending)
		return;
	flush(a);
	go_on(a);
}

void apply_done(struct apply *a, int err, const struct error *e)
{
	uint64_t token;

	if (!a->pending)
		return;
	token = a->token;
	if (err)
		forget(a);
	else
		carry_out(a);
	a->calls.answer(a->calls.ctx, token, err, e);
	go_on(a);
	if (staged_count(a->staged))
		a->calls.later(a->calls.ctx);
}

/* --- secrets --- */

static int load_pool(void *ctx, struct slice message, struct error *e)
{
	struct apply *a = ctx;
	struct pool_conf pool;
	int err = check_no_file(a, e);

	if (!err)
		err = pool_message_read(message, &pool, e);
	if (!err)
		err = loaded_put_pool(a->config, &pool,
				      a->calls.online(a->calls.ctx, pool.name),
				      e);
	if (err)
		return err;
	log_info("daemon: loaded pool=%s", pool.name);
	a->calls.pool(a->calls.ctx, pool.name);
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
	a->calls.pool(a->calls.ctx, name);
	return 0;
}

static int load_shared(void *ctx, struct psk_conf *psk, struct error *e)
{
	struct apply *a = ctx;
	int err = check_no_file(a, e);

	if (!err)
		err = loaded_put_psk(a->config, psk, e);
	if (!err)
		a->calls.changed(a->calls.ctx, false);
	return err;
}

static int unload_shared(void *ctx, const char *id, struct error *e)
{
	struct apply *a = ctx;
	int err = check_no_file(a, e);

	if (!err)
		err = loaded_drop_psk(a->config, id, e);
	if (!err)
		a->calls.changed(a->calls.ctx, false);
	return err;
}

static int clear_shared(void *ctx, struct error *e)
{
	struct apply *a = ctx;
	int err = check_no_file(a, e);

	if (err)
		return err;
	loaded_clear_psks(a->config);
	a->calls.changed(a->calls.ctx, false);
	return 0;
}

static const char *shared_id(void *ctx, size_t *at)
{
	const struct apply *a = ctx;

	return loaded_psk_id(a->config, at);
}

struct control_loads apply_loads(struct apply *a)
{
	return (struct control_loads){
		.load_conn = load_conn,
		.unload_conn = unload_conn,
		.set_trap = set_trap,
		.reload = reload,
		.reload_settings = reload_settings,
		.difference = difference,
		.add_sa = add_sa,
		.delete_sa = delete_sa,
		.load_pool = load_pool,
		.unload_pool = unload_pool,
		.load_shared = load_shared,
		.unload_shared = unload_shared,
		.clear_shared = clear_shared,
		.shared_id = shared_id,
		.keys = key_loads_vici(a->keys),
		.ctx = a,
	};
}

/* --- its own life --- */

struct apply *apply_new(struct config *config, struct sign_keys *keys,
			const char *path, const struct apply_calls *calls)
{
	struct apply *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->config = config;
	a->keys = keys;
	a->path = path;
	a->calls = *calls;
	a->staged = staged_new();
	if (a->staged)
		return a;
	free(a);
	return NULL;
}

void apply_free(struct apply *a)
{
	if (!a)
		return;
	forget(a);
	staged_free(a->staged);
	while (a->waiting) {
		struct waiting *w = a->waiting;

		a->waiting = w->next;
		waiting_free(w);
	}
	free(a);
}
