// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/check.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctrl/cli/check_name.h"
#include "ctrl/cli/covers.h"
#include "ctrl/cli/text.h"
#include "ctrl/conf/conf.h"
#include "ctrl/conf/key_files.h"
#include "ctrl/crypto/token.h"
#include "ctrl/dp/tunnel.h"
#include "ctrl/model/token.h"
#include "ctrl/pki/expiry.h"

struct tally {
	const char *one, *many, *key;
	size_t n;
};

#define TALLIES 8

static size_t count_children(const struct config *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_conns; i++)
		n += c->conns[i].n_children;
	return n;
}

static void count_all(const struct config *c, const struct check_keys *keys,
		      struct tally out[TALLIES])
{
	const struct tally all[TALLIES] = {
		{ "interface", "interfaces", "interfaces", c->gateway.n_ifaces },
		{ "policy", "policies", "policies", c->n_policies },
		{ "pair of manual SAs", "pairs of manual SAs", "manual",
		  c->n_manual },
		{ "connection", "connections", "connections", c->n_conns },
		{ "child", "children", "children", count_children(c) },
		{ "secret", "secrets", "secrets", c->n_psks },
		{ "private key", "private keys", "private_keys", keys->n },
		{ "key in a token", "keys in tokens", "tokens", c->n_tokens },
	};

	memcpy(out, all, sizeof(all));
}

static char *printable(const char *text)
{
	return text_printable(slice_of(text, strlen(text)));
}

/* free() it; NULL: nothing. */
static char *warning_of(const struct config *c, const struct flow *session)
{
	char name[STATUS_NAME_MAX], to[ADDR_STR_MAX], *text;

	if (!session || !covers_find(c, session, name))
		return NULL;
	addr_str(&session->remote, to);
	if (asprintf(&text,
		     "%s protects what this session sends to %s: it ends unless "
		     "that tunnel is up; write a policy with action = bypass "
		     "before it",
		     name, to) < 0)
		text = NULL;
	return need(text);
}

static char *note_of(const struct config *c, size_t i)
{
	char text[CONF_NOTE_MAX];

	return printable(conf_note_str(&c->notes[i], text));
}

/* The next of those whose time is over, or soon will be; NULL: no more. */
static char *expiry_of(const struct config *c, size_t *at)
{
	struct error told;

	while (*at < c->certs.n)
		if (expiry_tell(&c->certs.at[(*at)++], time(NULL), &told))
			return printable(told.text);
	return NULL;
}

void check_print(const struct config *c, const struct flow *session,
		 const struct check_keys *keys, FILE *out)
{
	char *warning = warning_of(c, session);
	struct tally all[TALLIES];
	char *file = printable(c->file);
	const char *between = "";
	size_t at = 0;
	char *expiry;

	count_all(c, keys, all);
	fprintf(out, "%s is in order: ", file);
	for (size_t i = 0; i < TALLIES; i++) {
		if (!all[i].n)
			continue;
		fprintf(out, "%s%zu %s", between, all[i].n,
			all[i].n == 1 ? all[i].one : all[i].many);
		between = ", ";
	}
	fputc('\n', out);
	if (warning)
		fprintf(out, "warning: %s\n", warning);
	for (size_t i = 0; i < keys->n_warnings; i++)
		fprintf(out, "warning: %s\n", keys->warnings[i]);
	while ((expiry = expiry_of(c, &at))) {
		fprintf(out, "warning: %s\n", expiry);
		free(expiry);
	}
	for (size_t i = 0; i < c->n_notes; i++) {
		char *note = note_of(c, i);

		fprintf(out, "note: %s\n", note);
		free(note);
	}
	free(warning);
	free(file);
}

static void print_json(json_t *json, FILE *out)
{
	char *text = need(json_dumps(need(json), JSON_INDENT(2)));

	fprintf(out, "%s\n", text);
	free(text);
	json_decref(json);
}

void check_print_json(const struct config *c, const struct flow *session,
		      const struct check_keys *keys, FILE *out)
{
	char *warning = warning_of(c, session);
	json_t *warnings = need(json_array());
	json_t *notes = need(json_array());
	struct tally all[TALLIES];
	char *file = printable(c->file);
	size_t at = 0;
	char *expiry;
	json_t *json = need(json_pack("{s:s,s:b}", "file", file, "ok", 1));

	free(file);
	count_all(c, keys, all);
	for (size_t i = 0; i < TALLIES; i++)
		json_object_set_new(json, all[i].key,
				    json_integer((json_int_t)all[i].n));
	if (warning)
		json_array_append_new(warnings, need(json_string(warning)));
	for (size_t i = 0; i < keys->n_warnings; i++)
		json_array_append_new(warnings,
				      need(json_string(keys->warnings[i])));
	while ((expiry = expiry_of(c, &at))) {
		json_array_append_new(warnings, need(json_string(expiry)));
		free(expiry);
	}
	json_object_set_new(json, "warnings", warnings);
	for (size_t i = 0; i < c->n_notes; i++) {
		char *note = note_of(c, i);

		json_array_append_new(notes, need(json_string(note)));
		free(note);
	}
	json_object_set_new(json, "notes", notes);
	free(warning);
	print_json(json, out);
}

static int fail(const char *path, const struct error *e, bool json, FILE *out)
{
	char *file = printable(path), *why = printable(e->text);

	if (json)
		print_json(json_pack("{s:s,s:b,s:s}", "file", file, "ok", 0,
				     "error", why),
			   out);
	else
		fprintf(stderr, "cygnet: %s\n", why);
	free(why);
	free(file);
	return 1;
}

/* --- private keys, which are read and forgotten */

static int on_key(void *ctx, struct private_key *key, const char *path,
		  struct error *e)
{
	struct check_keys *keys = ctx;

	(void)path;
	(void)e;
	keys->n++;
	private_key_free(key);
	return 0;
}

static void on_certificate(void *ctx, const char *path, struct slice der)
{
	(void)ctx;
	(void)path;
	(void)der;
}

static void on_warning(void *ctx, const char *text)
{
	struct check_keys *keys = ctx;

	if (keys->n_warnings < CHECK_WARNINGS_MAX)
		keys->warnings[keys->n_warnings++] = printable(text);
}

static int read_keys(struct config *c, struct check_keys *keys, struct error *e)
{
	const struct key_files_calls calls = { on_key, on_certificate,
					       on_warning, keys };

	return key_files_read(c, &calls, e);
}

/* --- keys in tokens, which are asked nothing: a wrong PIN counts */

static void look_at_token(const struct config *c, const struct token_conf *t,
			  struct check_keys *keys)
{
	const struct token_module *m;
	char text[ERROR_MAX_BYTES];
	struct error e;

	m = token_module_find(c, t->module, &e);
	if (m && !token_engine_check(&e) && !token_module_check(m->path, &e))
		return;
	snprintf(text, sizeof(text), "%.200s:%u:%u: secrets.%s: %.600s",
		 t->place.file, t->place.line, t->place.column, t->name, e.text);
	on_warning(keys, text);
}

static void look_at_tokens(const struct config *c, struct check_keys *keys)
{
	for (size_t i = 0; i < c->n_tokens; i++)
		look_at_token(c, &c->tokens[i], keys);
}

static void forget_keys(struct check_keys *keys)
{
	for (size_t i = 0; i < keys->n_warnings; i++)
		free(keys->warnings[i]);
}

int check_run(const struct arguments *args, FILE *out)
{
	const char *path = args->words[0] ? args->words[0] : CHECK_DEFAULT_FILE;
	const bool json = arguments_have(args, OPT(JSON));
	const struct flow *session = NULL;
	struct check_keys keys = { .n = 0 };
	struct config *config;
	struct flow flow;
	struct error e;

	if (check_is_name(args))
		return check_name_run(args, out);
	if (args->given & CHECK_OF_TUNNELS) {
		fputs("cygnet: --pfs, --mtu, --auth and --to are of a tunnel, "
		      "and none is named\n",
		      stderr);
		return 2;
	}
	if (conf_load(path, &config, &e))
		return fail(path, &e, json, out);
	if (providers_load(config->gateway.providers, &e) ||
	    tunnels_check(config, &e) || read_keys(config, &keys, &e)) {
		forget_keys(&keys);
		config_free(config);
		return fail(path, &e, json, out);
	}
	look_at_tokens(config, &keys);
	if (session_find(&flow))
		session = &flow;
	if (json)
		check_print_json(config, session, &keys, out);
	else
		check_print(config, session, &keys, out);
	forget_keys(&keys);
	config_free(config);
	return 0;
}
