// SPDX-License-Identifier: BSD-2-Clause
/*
 * Keys in tokens as ctl sees them, with processes that are this program again: what its
 * handle says is how the token of a key behaves. One may lie.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "ctrl/base/log.h"
#include "ctrl/control/server.h"
#include "ctrl/daemon/role.h"
#include "ctrl/daemon/token_seam.h"
#include "ctrl/daemon/tokens.h"
#include "ctrl/model/token.h"
#include "ctrl/pki/creds.h"
#include "tests/support/openssl.h"

#define KEY_AT "TEST_TOKENS_KEY" /* in the environment: a file */
#define PIN    "1234"
#define WAIT_S 20

/* The first octet of a handle. */
enum behaviour {
	GOOD = 1,
	LOST,	   /* there is no such key */
	CRASHES,   /* when it is opened */
	NO_KEY,	   /* says octets that are no public key */
	TOO_LONG,  /* says more octets than there are */
	FAILS,	   /* to sign, once; the next process does not */
	LIES,	   /* of the length of a signature */
	STRANGE,   /* answers what was not asked, before what was */
	ENDS_LATE, /* while it signs */
};

/* --- the process */

struct fake {
	struct event_base *base;
	struct event *on_link;
	struct seam *ctl;
	struct private_key *key;
	uint8_t behaviour;
};

static struct private_key *key_of_file(void)
{
	const char *path = getenv(KEY_AT);
	FILE *file = path ? fopen(path, "r") : NULL;
	struct private_key *key;
	uint8_t octets[4096];
	struct error e;
	size_t len;

	if (!file)
		_exit(1);
	len = fread(octets, 1, sizeof(octets), file);
	fclose(file);
	if (private_key_read(slice_of(octets, len), slice_of(NULL, 0), &key, &e))
		_exit(1);
	return key;
}

static void fake_open(struct fake *f, const struct token_msg_open *m)
{
	struct slice spki = public_key_spki(private_key_public(f->key));
	struct token_msg_opened a = { .spki_len = (uint32_t)spki.len };

	f->behaviour = m->handle[0];
	memcpy(a.spki, spki.ptr, spki.len);
	if (m->pin_len != 4 || memcmp(m->pin, PIN, 4) != 0)
		a = (struct token_msg_opened){ .err = -EKEYREJECTED,
					       .text = "wrong \n PIN" };
	else if (f->behaviour == LOST)
		a = (struct token_msg_opened){ .err = -ENOKEY, .text = "lost" };
	else if (f->behaviour == CRASHES)
		abort();
	else if (f->behaviour == NO_KEY)
		a.spki[0] = 0;
	else if (f->behaviour == TOO_LONG)
		a.spki_len = TOKEN_SPKI_MAX + 1;
	seam_send(f->ctl, TOKEN_MSG_OPENED, &a, sizeof(a));
}

/* The first time: the file is not there then. */
static bool is_first(void)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s.tried", getenv(KEY_AT));
	if (access(path, F_OK) == 0)
		return false;
	file = fopen(path, "w");
	if (file)
		fclose(file);
	return true;
}

static void fake_sign(struct fake *f, const struct token_msg_sign *m)
{
	struct token_msg_signed a = { .number = m->number }, other;
	size_t len = 0;

	a.err = private_key_sign(f->key, sign_by_id(m->scheme),
				 slice_of(m->octets, m->len), a.octets,
				 sizeof(a.octets), &len);
	a.len = (uint32_t)len;
	if (f->behaviour == LIES)
		a.len = SIGN_MAX_BYTES + 1;
	if (f->behaviour == FAILS && is_first())
		a.err = -EIO;
	if (f->behaviour == ENDS_LATE && is_first())
		_exit(0);
	other = a;
	other.number += 1000;
	other.err = -EIO;
	if (f->behaviour == STRANGE) {
		seam_send(f->ctl, TOKEN_MSG_SIGNED, &other, sizeof(other));
		seam_send(f->ctl, TOKEN_MSG_OPENED,
			  &(struct token_msg_opened){ .err = -EIO },
			  sizeof(struct token_msg_opened));
	}
	seam_send(f->ctl, TOKEN_MSG_SIGNED, &a, sizeof(a));
}

static void on_fake_message(void *ctx, uint16_t type, const void *msg,
			    const int *fds, size_t n)
{
	role_close_all(fds, n);
	if (type == TOKEN_MSG_OPEN)
		fake_open(ctx, msg);
	else
		fake_sign(ctx, msg);
}

static void on_fake_down(void *ctx, const char *why)
{
	(void)ctx;
	(void)why;
	_exit(0);
}

static void on_fake_link(evutil_socket_t fd, short what, void *ctx)
{
	const struct token_msg_empty ready = { 0 };
	struct fake *f = ctx;
	const struct seam_spec spec = { .base = f->base,
					.kinds = token_seam_to_token,
					.n_kinds = token_seam_to_token_n,
					.on_message = on_fake_message,
					.on_down = on_fake_down,
					.ctx = f };
	int link = role_accept();

	(void)fd;
	(void)what;
	if (link < 0 || seam_new(&spec, link, &f->ctl))
		_exit(1);
	seam_send(f->ctl, TOKEN_MSG_READY, &ready, sizeof(ready));
}

static int play_token(void)
{
	static struct fake f;

	if (!role_begin("token"))
		return 1;
	f.key = key_of_file();
	f.base = event_base_new();
	f.on_link = event_new(f.base, ROLE_LISTEN_FD, EV_READ | EV_PERSIST,
			      on_fake_link, &f);
	event_add(f.on_link, NULL);
	event_base_dispatch(f.base);
	return 0;
}

/* --- ctl's side */

struct rig {
	char folder[64], key_path[96], tried[104];
	struct event_base *base;
	struct sign_keys *keys;
	struct tokens *tokens;
	struct token_module module;
	unsigned int settled, loaded;
	uint64_t token;
	char id[KEY_ID_STR_MAX], why[ERROR_MAX_BYTES];
	unsigned int done;
	int err;
	size_t signature_len;
};

static struct rig *rig; /* of the case that runs */

static void on_loaded(void *ctx, uint64_t token, const char *id,
		      const struct error *e)
{
	struct rig *r = ctx;

	r->loaded++;
	r->token = token;
	snprintf(r->id, sizeof(r->id), "%s", id ? id : "");
	snprintf(r->why, sizeof(r->why), "%s", e ? e->text : "");
}

static void on_settled(void *ctx)
{
	struct rig *r = ctx;

	r->settled++;
}

static void put_key(struct rig *r)
{
	size_t len;
	const uint8_t *octets = openssl_get("k", &len);
	FILE *file = fopen(r->key_path, "w");

	assert_non_null(octets);
	assert_non_null(file);
	assert_int_equal(fwrite(octets, 1, len, file), len);
	fclose(file);
	setenv(KEY_AT, r->key_path, 1);
}

static int setup(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct tokens_spec spec;

	rig = *state = r;
	strcpy(r->folder, "/run/tokens.XXXXXX");
	assert_non_null(mkdtemp(r->folder));
	snprintf(r->key_path, sizeof(r->key_path), "%s/key", r->folder);
	snprintf(r->tried, sizeof(r->tried), "%s.tried", r->key_path);
	put_key(r);
	/* Any file that is root's: the process here loads none. */
	strcpy(r->module.name, "m");
	strcpy(r->module.path, "/etc/passwd");
	r->base = event_base_new();
	event_base_priority_init(r->base, CONTROL_PRIORITIES);
	r->keys = sign_keys_new();
	spec = (struct tokens_spec){ .base = r->base,
				     .folder = r->folder,
				     .keys = r->keys,
				     .loaded = on_loaded,
				     .settled = on_settled,
				     .ctx = r };
	r->tokens = tokens_new(&spec);
	assert_non_null(r->tokens);
	log_set_level(LOG_LVL_ERROR);
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;
	char words[128];

	tokens_free(r->tokens);
	sign_keys_free(r->keys);
	event_base_free(r->base);
	snprintf(words, sizeof(words), "rm -rf %s", r->folder);
	assert_int_equal(system(words), 0);
	free(r);
	return 0;
}

/* Until n is the number. */
static void run_until(const unsigned int *n, unsigned int number)
{
	const struct timeval wait = { .tv_usec = 10000 };

	for (int i = 0; *n != number; i++) {
		if (i == WAIT_S * 100)
			fail_msg("waited for %u of %u", *n, number);
		event_base_loopexit(rig->base, &wait);
		event_base_dispatch(rig->base);
	}
}

static struct token_conf conf_of(enum behaviour behaviour, const char *pin)
{
	struct token_conf t = { .handle = { (uint8_t)behaviour },
				.handle_len = 1,
				.place = { "f", 1, 1 } };

	snprintf(t.name, sizeof(t.name), "token-%u", behaviour);
	assert_true(token_pin_take(pin, &t));
	return t;
}

/* As a configuration that names these. */
static void set(const struct token_conf *confs, size_t n)
{
	struct token_conf copies[4];
	struct config c = { .modules = &rig->module,
			    .n_modules = 1,
			    .tokens = copies,
			    .n_tokens = n };

	if (n)
		memcpy(copies, confs, n * sizeof(*copies));
	tokens_set(rig->tokens, &c);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(copies[i].pin.len, 0);
}

static void set_one(enum behaviour behaviour, const char *pin)
{
	const struct token_conf conf = conf_of(behaviour, pin);

	set(&conf, 1);
}

static void load(enum behaviour behaviour, const char *pin, uint64_t token)
{
	struct config c = { .modules = &rig->module, .n_modules = 1 };
	const struct token_conf conf = conf_of(behaviour, pin);
	struct error e;

	assert_int_equal(tokens_load(rig->tokens, &c, &conf, token, &e),
			 CONTROL_LATER);
}

static void on_done(struct token_job *job, int err, struct slice signature)
{
	(void)job;
	rig->done++;
	rig->err = err;
	rig->signature_len = signature.len;
}

static struct token_key *first_key(void)
{
	struct private_key *key = key_of_file();
	struct fingerprint print;
	struct sign_key *found;
	struct token_key *token;

	assert_true(fingerprint_of(public_key_spki(private_key_public(key)),
				   &print));
	private_key_free(key);
	found = sign_keys_find(rig->keys, &print);
	if (!found)
		return NULL;
	token = sign_key_token(found);
	sign_key_release(found);
	return token;
}

static int ask(struct token_job *job)
{
	struct token_key *key = first_key();

	job->done = on_done;
	return key ? token_key_sign(key, sign_by_id(SIGN_ECDSA_SHA256),
				    slice_of("message", 7), job)
		   : -EIO;
}

/* Until a process is there that signs again. */
static void sign_again(struct token_job *job)
{
	const struct timeval wait = { .tv_usec = 10000 };

	for (int i = 0; ask(job); i++) {
		assert_true(i < WAIT_S * 100);
		event_base_loopexit(rig->base, &wait);
		event_base_dispatch(rig->base);
	}
}

static void key_is_opened_and_signs(void **state)
{
	struct token_job job;

	(void)state;
	set_one(GOOD, PIN);
	assert_true(tokens_are_awaited(rig->tokens));
	run_until(&rig->settled, 1);
	assert_false(tokens_are_awaited(rig->tokens));
	assert_int_equal(sign_keys_count(rig->keys, SIGN_OF_TOKEN), 1);
	assert_int_equal(ask(&job), 0);
	run_until(&rig->done, 1);
	assert_int_equal(rig->err, 0);
	assert_in_range(rig->signature_len, 68, 72);
	/* The same goes on, and another one not. */
	set_one(GOOD, PIN);
	assert_int_equal(ask(&job), 0);
	run_until(&rig->done, 2);
	set(NULL, 0);
	assert_int_equal(sign_keys_count(rig->keys, SIGN_OF_TOKEN), 0);
}

static void wrong_pin_is_tried_once(void **state)
{
	const struct token_conf two[] = { conf_of(GOOD, "4321"),
					  conf_of(LOST, "4321") };

	(void)state;
	set(two, 2);
	run_until(&rig->settled, 1);
	assert_int_equal(sign_keys_count(rig->keys, SIGN_OF_TOKEN), 0);
	load(GOOD, "4321", 7);
	run_until(&rig->loaded, 1);
	assert_int_equal(rig->token, 7);
	assert_non_null(strstr(rig->why, "refused that PIN before"));
	load(GOOD, PIN, 8);
	run_until(&rig->loaded, 2);
	assert_string_equal(rig->why, "");
	assert_int_equal(strlen(rig->id), KEY_ID_STR_MAX - 1);
	assert_int_equal(sign_keys_count(rig->keys, SIGN_OF_VICI), 1);
}

static void what_is_said_of_a_pin_is_in_one_line(void **state)
{
	(void)state;
	load(GOOD, "4321", 1);
	run_until(&rig->loaded, 1);
	assert_null(strchr(rig->why, '\n'));
	assert_non_null(strstr(rig->why, "wrong"));
}

static void client_is_told_what_is_wrong(void **state)
{
	static const struct {
		enum behaviour behaviour;
		const char *why;
	} rows[] = {
		{ LOST, "lost" },
		{ CRASHES, "the module did not open it" },
		{ NO_KEY, "its public key is of no use" },
		{ TOO_LONG, "its public key is of no use" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		load(rows[i].behaviour, PIN, i + 1);
		run_until(&rig->loaded, i + 1);
		assert_int_equal(rig->token, i + 1);
		assert_non_null(strstr(rig->why, rows[i].why));
		assert_string_equal(rig->id, "");
	}
	assert_int_equal(sign_keys_count(rig->keys, SIGN_OF_VICI), 0);
}

static void module_that_others_may_write_is_not_loaded(void **state)
{
	(void)state;
	strcpy(rig->module.path, "/dev/null");
	load(GOOD, PIN, 1);
	run_until(&rig->loaded, 1);
	assert_non_null(strstr(rig->why, "others than root may change it"));
	strcpy(rig->module.path, "/nonexistent");
	load(GOOD, PIN, 2);
	run_until(&rig->loaded, 2);
	assert_non_null(strstr(rig->why, "there is no module"));
}

static void process_that_fails_or_ends_is_another_one_next(void **state)
{
	static const enum behaviour rows[] = { FAILS, ENDS_LATE };
	struct token_job job;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		unlink(rig->tried);
		set_one(rows[i], PIN);
		sign_again(&job);
		run_until(&rig->done, 2 * i + 1);
		assert_int_equal(rig->err, -EIO);
		assert_int_equal(ask(&job), -EIO); /* it is not there yet */
		sign_again(&job);
		run_until(&rig->done, 2 * i + 2);
		assert_int_equal(rig->err, 0);
	}
}

static void what_was_not_asked_counts_for_nothing(void **state)
{
	struct token_job jobs[2];

	(void)state;
	set_one(STRANGE, PIN);
	run_until(&rig->settled, 1);
	assert_int_equal(ask(&jobs[0]), 0);
	assert_int_equal(ask(&jobs[1]), 0);
	run_until(&rig->done, 2);
	assert_int_equal(rig->err, 0);
	assert_int_equal(sign_keys_count(rig->keys, SIGN_OF_TOKEN), 1);
}

static void signature_of_a_wrong_length_is_none(void **state)
{
	struct token_job job;

	(void)state;
	set_one(LIES, PIN);
	run_until(&rig->settled, 1);
	assert_int_equal(ask(&job), 0);
	run_until(&rig->done, 1);
	assert_int_equal(rig->err, -EIO);
}

static void no_more_is_asked_for_than_there_is_room_for(void **state)
{
	static struct token_job jobs[TOKEN_JOBS_MAX + 1];

	(void)state;
	set_one(GOOD, PIN);
	run_until(&rig->settled, 1);
	for (size_t i = 0; i < TOKEN_JOBS_MAX; i++)
		assert_int_equal(ask(&jobs[i]), 0);
	assert_int_equal(ask(&jobs[TOKEN_JOBS_MAX]), -EBUSY);
	run_until(&rig->done, TOKEN_JOBS_MAX);
	/* What is asked when all ends is answered. */
	assert_int_equal(ask(&jobs[0]), 0);
	tokens_free(rig->tokens);
	rig->tokens = NULL;
	assert_int_equal(rig->done, TOKEN_JOBS_MAX + 1);
	assert_int_equal(rig->err, -EIO);
	assert_int_equal(ask(&jobs[0]), -EIO);
}

static int make_files(void **state)
{
	(void)state;
	openssl_begin();
	openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out k");
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	openssl_end();
	return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	static const struct CMUnitTest cases[] = {
		CASE(key_is_opened_and_signs),
		CASE(wrong_pin_is_tried_once),
		CASE(what_is_said_of_a_pin_is_in_one_line),
		CASE(client_is_told_what_is_wrong),
		CASE(module_that_others_may_write_is_not_loaded),
		CASE(process_that_fails_or_ends_is_another_one_next),
		CASE(what_was_not_asked_counts_for_nothing),
		CASE(signature_of_a_wrong_length_is_none),
		CASE(no_more_is_asked_for_than_there_is_room_for),
	};

	if (argc > 1 && strcmp(argv[1], "--role=token") == 0)
		return play_token();
	if (geteuid() != 0) {
		puts("skipped: a process that is not root's is not believed");
		return 0;
	}
	return cmocka_run_group_tests_name("tokens", cases, make_files,
					   remove_files);
}
