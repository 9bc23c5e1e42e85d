// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/tokens.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/control/server.h"
#include "ctrl/crypto/token.h"
#include "ctrl/daemon/ike_seam.h"
#include "ctrl/daemon/refused_pins.h"
#include "ctrl/daemon/role.h"
#include "ctrl/daemon/token_seam.h"
#include "ctrl/model/token.h"

#define AGAIN_MIN_MS 5000U
#define AGAIN_MAX_MS 60000U

#define NUMBERS	       (2 * TOKENS_MAX + 1) /* of processes; one is going */
#define NAME_MAX_BYTES 16		    /* "token-32" */

enum token_state {
	TOKEN_WAITS, /* for its process, its turn, or its next try */
	TOKEN_OPENS,
	TOKEN_UP,
	TOKEN_GIVEN_UP, /* what is wrong does not pass by itself */
};

struct token_key {
	struct token_key *next;
	struct tokens *tokens; /* NULL: they are gone */
	unsigned int held;
	struct token_conf conf; /* with its PIN */
	char module[CONF_PATH_MAX];
	bool of_file;
	uint64_t vici; /* whoever waits for it to be loaded; 0: nobody */
	enum token_state state;
	bool tried;		   /* it was, or was not, to be had */
	bool accepted;		   /* its PIN was right */
	bool told;		   /* why it is not to be had */
	struct public_key *public; /* NULL: never seen */
	struct role *role;	   /* NULL: none */
	char name[NAME_MAX_BYTES]; /* its process's; the socket's, too */
	unsigned int number;	   /* in there */
	bool ready;		   /* the process waits for what to do */
	/* Its next try; or it does not open, or does not sign. */
	struct event timer;
	unsigned int wait_ms;
	uint64_t last_job;
	unsigned int n_jobs;
	struct token_job *jobs; /* in the order in which they were sent */
};

struct tokens {
	struct tokens_spec spec;
	struct token_key *first;
	struct refused_pins refused;
	bool settled;
	struct event on_settled;
	struct role *going[NUMBERS]; /* their processes were killed */
};

static void take_turns(struct tokens *t);

/* --- signatures */

/* The key may be gone behind it. */
static void end_job(struct token_key *k, struct token_job *job, int err,
		    struct slice signature)
{
	struct token_job **at = &k->jobs;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	k->n_jobs--;
	job->done(job, err, signature);
}

static void fail_jobs(struct token_key *k)
{
	while (k->jobs)
		end_job(k, k->jobs, -EIO, slice_of(NULL, 0));
}

static void set_timer(struct token_key *k, unsigned int ms)
{
	const struct timeval wait = { ms / 1000,
				      (suseconds_t)(ms % 1000) * 1000 };

	evtimer_add(&k->timer, &wait);
}

int token_key_sign(struct token_key *k, const struct sign_scheme *scheme,
		   struct slice message, struct token_job *job)
{
	struct token_msg_sign m = { .number = k->last_job + 1,
				    .scheme = scheme->id,
				    .len = (uint32_t)message.len };
	struct token_job **last = &k->jobs;

	if (k->state != TOKEN_UP || message.len > sizeof(m.octets))
		return -EIO;
	if (k->n_jobs == TOKEN_JOBS_MAX)
		return -EBUSY;
	memcpy(m.octets, message.ptr, message.len);
	if (role_send(k->role, TOKEN_MSG_SIGN, &m, sizeof(m)))
		return -EIO;
	if (!k->jobs)
		set_timer(k, TOKEN_SIGN_MS);
	while (*last)
		last = &(*last)->next;
	*last = job;
	job->next = NULL;
	job->number = ++k->last_job;
	k->n_jobs++;
	return 0;
}

/* A token that was taken away is there again by another process alone. */
static void on_signed(struct token_key *k, const struct token_msg_signed *m)
{
	struct token_job *job = k->jobs;
	bool ok = !m->err && m->len && m->len <= sizeof(m->octets);

	while (job && job->number != m->number)
		job = job->next;
	if (!job)
		return;
	token_key_hold(k);
	end_job(k, job, ok ? 0 : -EIO, slice_of(m->octets, ok ? m->len : 0));
	if (k->jobs)
		set_timer(k, TOKEN_SIGN_MS);
	else
		event_del(&k->timer);
	if (!ok && k->held > 1 && m->err != -EINVAL)
		role_restart(k->role, "its token does not sign");
	token_key_release(k);
}

/* --- counted */

struct token_key *token_key_hold(struct token_key *k)
{
	k->held++;
	return k;
}

static void unlink_key(struct token_key *k)
{
	struct token_key **at = &k->tokens->first;

	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
}

static void on_gone(void *ctx, struct role *r)
{
	struct tokens *t = ctx;

	for (size_t i = 0; t && i < NUMBERS; i++)
		if (t->going[i] == r)
			t->going[i] = NULL;
	role_free(r);
}

static void drop_process(struct token_key *k)
{
	struct tokens *t = k->tokens;
	size_t i = 0;

	while (i < NUMBERS && t->going[i])
		i++;
	if (i < NUMBERS)
		t->going[i] = k->role;
	if (k->role)
		role_drop(k->role, on_gone, i < NUMBERS ? t : NULL);
	k->role = NULL;
	k->ready = false;
}

void token_key_release(struct token_key *k)
{
	struct tokens *t;

	if (!k || --k->held)
		return;
	t = k->tokens;
	if (t) {
		unlink_key(k);
		event_del(&k->timer);
		drop_process(k);
	}
	public_key_free(k->public);
	secret_wipe(&k->conf.pin);
	free(k);
	if (t)
		take_turns(t);
}

const struct public_key *token_key_public(const struct token_key *k)
{
	return k->public;
}

/* --- what becomes of an attempt */

bool tokens_are_awaited(const struct tokens *t)
{
	bool waits = false;

	for (const struct token_key *k = t->first; k && !waits; k = k->next)
		waits = k->of_file && !k->tried;
	return waits && !t->settled;
}

static void settle(struct tokens *t)
{
	if (t->settled || tokens_are_awaited(t))
		return;
	t->settled = true;
	event_del(&t->on_settled);
	t->spec.settled(t->spec.ctx);
}

static void on_settled(evutil_socket_t fd, short what, void *ctx)
{
	struct tokens *t = ctx;

	(void)fd;
	(void)what;
	t->settled = true;
	t->spec.settled(t->spec.ctx);
}

static void log_failure(const struct token_key *k, const char *why)
{
	const struct place *at = &k->conf.place;

	if (k->of_file)
		log_error("daemon: %.200s:%u:%u: secrets.%s: %s", at->file,
			  at->line, at->column, k->conf.name, why);
	else
		log_error("daemon: a key of load-token: %s", why);
}

static void try_later(struct token_key *k)
{
	k->state = TOKEN_WAITS;
	set_timer(k, k->wait_ms);
	k->wait_ms *= 2;
	if (k->wait_ms > AGAIN_MAX_MS)
		k->wait_ms = AGAIN_MAX_MS;
}

/* passes: it may be another time. Of a key of VICI whoever asked for it is told, and it
 * is gone. */
static void fail_open(struct token_key *k, int err, bool passes, const char *why)
{
	struct tokens *t = k->tokens;
	uint64_t vici = k->vici;
	struct error e;

	error_set(&e, err, "%s", why);
	if (!k->told || !passes)
		log_failure(k, why);
	k->tried = k->told = true;
	k->state = TOKEN_GIVEN_UP;
	event_del(&k->timer);
	drop_process(k);
	if (vici) {
		token_key_release(k);
		t->spec.loaded(t->spec.ctx, vici, NULL, &e);
	} else if (passes) {
		try_later(k);
	}
	settle(t);
	take_turns(t);
}

/* A PIN that was not refused may have been all the same. */
static bool may_try_again(const struct token_key *k)
{
	return k->accepted || !k->conf.pin.len;
}

static int take_public(struct token_key *k, const struct token_msg_opened *m,
		       bool *is_new, struct error *e)
{
	struct public_key *public;
	int err = m->spki_len <= sizeof(m->spki)
			  ? public_key_read(slice_of(m->spki, m->spki_len),
					    &public)
			  : -EBADMSG;

	if (err)
		return error_set(e, err, "its public key is of no use");
	*is_new = !k->public;
	if (*is_new) {
		k->public = public;
		return 0;
	}
	if (!public_key_equal(public, k->public))
		err = error_set(e, -EEXIST,
				"the token has another key of that handle than "
				"before; run: cygnet reload");
	public_key_free(public);
	return err;
}

static void on_up(struct token_key *k, bool is_new)
{
	struct tokens *t = k->tokens;
	uint64_t vici = k->vici;
	char id[KEY_ID_STR_MAX] = "";
	struct error e;
	int err = 0;

	event_del(&k->timer);
	k->state = TOKEN_UP;
	k->tried = k->accepted = true;
	k->told = false;
	k->wait_ms = AGAIN_MIN_MS;
	k->vici = 0;
	if (is_new)
		err = sign_keys_add_token(
			t->spec.keys, k,
			k->of_file ? SIGN_OF_TOKEN : SIGN_OF_VICI, id, &e);
	if (err)
		log_failure(k, e.text);
	else if (is_new)
		log_info("daemon: opened private_key=%s token=%s", id,
			 k->of_file ? k->conf.name : "vici");
	else
		log_info("daemon: opened token=%s again",
			 k->of_file ? k->conf.name : "vici");
	if (vici) {
		token_key_release(k); /* it is of the set now */
		t->spec.loaded(t->spec.ctx, vici, id, err ? &e : NULL);
	}
	settle(t);
	take_turns(t);
}

static void on_opened(struct token_key *k, struct token_msg_opened *m)
{
	bool is_new = false;
	struct error e;
	int err = m->err;

	if (k->state != TOKEN_OPENS)
		return;
	ike_seam_plain(m->text, sizeof(m->text));
	memcpy(e.text, m->text, sizeof(e.text));
	if (err == -EKEYREJECTED)
		refused_pins_add(&k->tokens->refused, k->module, &k->conf);
	else if (!err)
		err = take_public(k, m, &is_new, &e);
	if (err)
		fail_open(k, err, err != -EKEYREJECTED && err != -EEXIST,
			  e.text);
	else
		on_up(k, is_new);
}

/* --- its process */

static void on_message(void *ctx, uint16_t type, const void *msg,
		       const int *fds, size_t n_fds)
{
	struct token_msg_opened opened;
	struct token_key *k = ctx;

	role_close_all(fds, n_fds); /* it has nothing to give */
	switch ((enum token_msg)type) {
	case TOKEN_MSG_READY:
		k->ready = true;
		take_turns(k->tokens);
		break;
	case TOKEN_MSG_OPENED:
		opened = *(const struct token_msg_opened *)msg;
		on_opened(k, &opened);
		break;
	case TOKEN_MSG_SIGNED:
		on_signed(k, msg);
		break;
	case TOKEN_MSG_OPEN: /* to it, and not from it */
	case TOKEN_MSG_SIGN:
		break;
	}
}

/* Another one is started by the role itself. */
static void on_down(void *ctx, const char *why)
{
	struct token_key *k = ctx;
	char text[ERROR_MAX_BYTES];

	token_key_hold(k);
	k->ready = false;
	event_del(&k->timer);
	fail_jobs(k);
	if (k->state == TOKEN_UP)
		k->state = TOKEN_WAITS;
	if (k->state == TOKEN_OPENS) {
		snprintf(text, sizeof(text),
			 "the module did not open it (%s)%s", why,
			 may_try_again(k)
				 ? ""
				 : "; once it works again, run: cygnet reload");
		fail_open(k, -EIO, may_try_again(k), text);
	}
	token_key_release(k);
}

static bool is_number_free(const struct tokens *t, unsigned int number)
{
	for (const struct token_key *k = t->first; k; k = k->next)
		if (k->role && k->number == number)
			return false;
	return true;
}

/* What a module needs is in the environment that an operator gave to ctl. */
static void start_process(struct token_key *k)
{
	struct tokens *t = k->tokens;
	struct role_spec spec = { .base = t->spec.base,
				  .name = k->name,
				  .role = "token",
				  .env = environ,
				  .folder = t->spec.folder,
				  .debug = t->spec.debug,
				  .kinds = token_seam_to_ctl,
				  .n_kinds = token_seam_to_ctl_n,
				  .last = true,
				  .message = on_message,
				  .down = on_down,
				  .ctx = k };
	struct error e;
	int err;

	k->number = 0;
	while (k->number < NUMBERS && !is_number_free(t, k->number))
		k->number++;
	snprintf(k->name, sizeof(k->name), "token-%u", k->number);
	err = role_new(&spec, &k->role, &e);
	if (err)
		fail_open(k, err, true, e.text);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct token_key *k = ctx;

	(void)fd;
	(void)what;
	switch (k->state) {
	case TOKEN_WAITS:
		if (!k->role)
			start_process(k);
		break;
	case TOKEN_OPENS:
	case TOKEN_UP:
		role_restart(k->role, "its token does not answer");
		break;
	case TOKEN_GIVEN_UP:
		break;
	}
}

/* --- one after the other is opened */

static void open_key(struct token_key *k)
{
	const struct tokens *t = k->tokens;
	struct token_msg_open m = { .handle_len = k->conf.handle_len,
				    .has_slot = k->conf.has_slot,
				    .slot = k->conf.slot,
				    .pin_len = (uint32_t)k->conf.pin.len };
	struct error e;
	int err = token_module_check(k->module, &e);

	if (err) {
		fail_open(k, err, true, e.text);
		return;
	}
	if (k->conf.pin.len &&
	    refused_pins_has(&t->refused, k->module, &k->conf)) {
		fail_open(k, -EKEYREJECTED, false,
			  "its token refused that PIN before, and it is not "
			  "tried again; correct it, or restart cygnetd");
		return;
	}
	memcpy(m.module, k->module, sizeof(m.module));
	memcpy(m.handle, k->conf.handle, sizeof(m.handle));
	memcpy(m.pin, k->conf.pin.octets, k->conf.pin.len);
	k->state = TOKEN_OPENS;
	set_timer(k, TOKEN_OPEN_MS);
	if (role_send(k->role, TOKEN_MSG_OPEN, &m, sizeof(m)))
		role_restart(k->role, "it does not read");
	explicit_bzero(&m, sizeof(m));
}

static void take_turns(struct tokens *t)
{
	struct token_key *next = NULL;

	for (struct token_key *k = t->first; k; k = k->next) {
		if (k->state == TOKEN_OPENS)
			return;
		if (!next && k->state == TOKEN_WAITS && k->ready)
			next = k;
	}
	if (next)
		open_key(next);
}

/* --- all of them */

static struct token_key *key_new(struct tokens *t, const struct token_conf *conf,
				 const struct token_module *module)
{
	struct token_key *k = calloc(1, sizeof(*k));
	struct token_key **last = &t->first;

	if (!k)
		return NULL;
	k->tokens = t;
	k->held = 1;
	k->conf = *conf;
	memcpy(k->module, module->path, sizeof(k->module));
	k->wait_ms = AGAIN_MIN_MS;
	evtimer_assign(&k->timer, t->spec.base, on_timer, k);
	while (*last)
		last = &(*last)->next;
	*last = k;
	return k;
}

static bool is_same(const struct token_key *k, const struct token_conf *conf,
		    const struct token_module *module)
{
	const struct token_conf *own = &k->conf;

	return k->of_file && strcmp(own->name, conf->name) == 0 &&
	       strcmp(k->module, module->path) == 0 &&
	       own->handle_len == conf->handle_len &&
	       memcmp(own->handle, conf->handle, conf->handle_len) == 0 &&
	       own->has_slot == conf->has_slot && own->slot == conf->slot &&
	       secret_equal(&own->pin, &conf->pin);
}

static void drop_file_key(struct token_key *k)
{
	log_info("daemon: closed token=%s", k->conf.name);
	k->of_file = false;
	sign_keys_drop_token(k->tokens->spec.keys, k);
	token_key_release(k);
}

/* Of the same section; its place may be another one. */
static struct token_key *keep(struct tokens *t, const struct token_conf *conf,
			      const struct token_module *module)
{
	struct token_key *k = t->first;

	while (k && !is_same(k, conf, module))
		k = k->next;
	if (k)
		k->conf.place = conf->place;
	return k;
}

/* An operator has read why, and reload asks for another try. */
static void revive(struct token_key *k)
{
	if (k->role || k->state == TOKEN_UP)
		return;
	k->state = TOKEN_WAITS;
	k->told = false;
	k->wait_ms = AGAIN_MIN_MS;
	start_process(k);
}

static bool is_named(const struct token_key *k, const struct config *c)
{
	bool found = false;
	struct error e;

	for (size_t i = 0; i < c->n_tokens && !found; i++) {
		const struct token_module *m =
			token_module_find(c, c->tokens[i].module, &e);

		found = m && is_same(k, &c->tokens[i], m);
	}
	return found;
}

/* Others may go with one of them. */
static struct token_key *find_unnamed(const struct tokens *t,
				      const struct config *c)
{
	struct token_key *k = t->first;

	while (k && (!k->of_file || is_named(k, c)))
		k = k->next;
	return k;
}

void tokens_set(struct tokens *t, struct config *c)
{
	struct token_key *k;
	struct error e;

	while ((k = find_unnamed(t, c)))
		drop_file_key(k);
	for (size_t i = 0; i < c->n_tokens; i++) {
		struct token_conf *conf = &c->tokens[i];
		const struct token_module *m =
			token_module_find(c, conf->module, &e);

		k = m ? keep(t, conf, m) : NULL;
		if (!k && m)
			k = key_new(t, conf, m);
		secret_wipe(&conf->pin);
		if (!k) {
			log_error("daemon: no memory for secrets.%s",
				  conf->name);
			continue;
		}
		k->of_file = true;
		revive(k);
	}
	settle(t);
}

static size_t count_vici(const struct tokens *t)
{
	size_t n = 0;

	for (const struct token_key *k = t->first; k; k = k->next)
		n += !k->of_file;
	return n;
}

int tokens_load(struct tokens *t, const struct config *c,
		const struct token_conf *conf, uint64_t token, struct error *e)
{
	const struct token_module *m = token_module_find(c, conf->module, e);
	struct token_key *k;

	if (!m)
		return -ENOENT;
	if (count_vici(t) == TOKENS_MAX)
		return error_set(e, -E2BIG,
				 "%u keys in tokens came over VICI, and no more "
				 "may; unload some",
				 TOKENS_MAX);
	k = key_new(t, conf, m);
	if (!k)
		return error_set(e, -ENOMEM, "out of memory for a key");
	k->vici = token;
	k->role = NULL;
	set_timer(k, 0); /* what fails is told from the loop */
	return CONTROL_LATER;
}

struct tokens *tokens_new(const struct tokens_spec *spec)
{
	const struct timeval wait = { .tv_sec = TOKEN_SETTLE_MS / 1000 };
	struct tokens *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->spec = *spec;
	evtimer_assign(&t->on_settled, spec->base, on_settled, t);
	evtimer_add(&t->on_settled, &wait);
	return t;
}

/* Those that nobody else holds are freed. */
void tokens_free(struct tokens *t)
{
	struct token_key *k, *next;

	if (!t)
		return;
	for (k = t->first; k; k = next) {
		bool ours = k->of_file || k->vici;

		next = k->next;
		token_key_hold(k);
		k->tokens = NULL;
		event_del(&k->timer);
		role_free(k->role);
		k->role = NULL;
		k->state = TOKEN_GIVEN_UP;
		fail_jobs(k);
		if (ours)
			token_key_release(k);
		token_key_release(k);
	}
	for (size_t i = 0; i < NUMBERS; i++)
		role_free(t->going[i]);
	event_del(&t->on_settled);
	refused_pins_wipe(&t->refused);
	free(t);
}
