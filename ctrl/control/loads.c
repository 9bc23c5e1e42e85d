// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/control/loads.h"

#include <errno.h>
#include <string.h>

#include "ctrl/control/certs.h"
#include "ctrl/control/load_token.h"
#include "ctrl/control/manual.h"
#include "ctrl/control/requests.h"
#include "ctrl/control/shared.h"

struct loads_command {
	const char *name;
	int (*run)(struct slice body, const struct control_loads *loads,
		   uint64_t token, struct error *e);
};

static int fail_fixed(struct error *e)
{
	return error_set(e, -ENOTSUP, "what is loaded can't be changed here");
}

/* The only argument of a command; arguments hold it as name. */
static int read_only(struct slice body, enum argument only, const char *key,
		     struct arguments *out, struct error *e)
{
	int err = arguments_read(body, (unsigned int)only, out, e);

	if (!err && !out->given)
		err = error_set(e, -EINVAL, "argument '%s' is missing", key);
	return err;
}

static int check_no_arguments(struct slice body, struct error *e)
{
	struct arguments args;

	return arguments_read(body, 0, &args, e);
}

static int load_conn(struct slice body, const struct control_loads *loads,
		     uint64_t token, struct error *e)
{
	if (!loads->load_conn)
		return fail_fixed(e);
	return loads->load_conn(loads->ctx, token, body, e);
}

static int unload_conn(struct slice body, const struct control_loads *loads,
		       uint64_t token, struct error *e)
{
	struct arguments args;
	int err = read_only(body, ARG_NAME, "name", &args, e);

	if (err)
		return err;
	if (!loads->unload_conn)
		return fail_fixed(e);
	return loads->unload_conn(loads->ctx, token, args.name, e);
}

static int load_pool(struct slice body, const struct control_loads *loads,
		     uint64_t token, struct error *e)
{
	(void)token;
	if (!loads->load_pool)
		return fail_fixed(e);
	return loads->load_pool(loads->ctx, body, e);
}

static int unload_pool(struct slice body, const struct control_loads *loads,
		       uint64_t token, struct error *e)
{
	struct arguments args;
	int err = read_only(body, ARG_NAME, "name", &args, e);

	(void)token;
	if (err)
		return err;
	if (!loads->unload_pool)
		return fail_fixed(e);
	return loads->unload_pool(loads->ctx, args.name, e);
}

static int load_shared(struct slice body, const struct control_loads *loads,
		       uint64_t token, struct error *e)
{
	struct psk_conf psk;
	int err = shared_read(body, &psk, e);

	(void)token;
	if (err)
		return err;
	if (loads->load_shared)
		err = loads->load_shared(loads->ctx, &psk, e);
	else
		err = fail_fixed(e);
	psk_fini(&psk);
	return err;
}

static int unload_shared(struct slice body, const struct control_loads *loads,
			 uint64_t token, struct error *e)
{
	struct arguments args;
	int err = read_only(body, ARG_ID, "id", &args, e);

	(void)token;
	if (err)
		return err;
	if (!loads->unload_shared)
		return fail_fixed(e);
	return loads->unload_shared(loads->ctx, args.name, e);
}

static int unload_key(struct slice body, const struct control_loads *loads,
		      uint64_t token, struct error *e)
{
	const struct control_keys *keys = &loads->keys;
	struct arguments args;
	int err = read_only(body, ARG_ID, "id", &args, e);

	(void)token;
	if (err)
		return err;
	if (!keys->unload)
		return fail_fixed(e);
	return keys->unload(keys->ctx, args.name, e);
}

static int load_token(struct slice body, const struct control_loads *loads,
		      uint64_t token, struct error *e)
{
	struct token_conf conf;
	int err = load_token_read(body, &conf, e);

	if (!err && !loads->tokens.load)
		err = fail_fixed(e);
	if (!err)
		err = loads->tokens.load(loads->tokens.ctx, token, &conf, e);
	secret_wipe(&conf.pin);
	return err;
}

static int clear_creds(struct slice body, const struct control_loads *loads,
		       uint64_t token, struct error *e)
{
	int err = check_no_arguments(body, e);

	(void)token;
	if (err)
		return err;
	if (!loads->clear_shared)
		return fail_fixed(e);
	err = loads->clear_shared(loads->ctx, e);
	if (!err && loads->certs.clear)
		loads->certs.clear(loads->certs.ctx);
	if (!err && loads->keys.clear)
		loads->keys.clear(loads->keys.ctx);
	return err;
}

static int load_cert(struct slice body, const struct control_loads *loads,
		     uint64_t token, struct error *e)
{
	enum cert_kind kind = CERT_X509;
	struct slice data;
	int err = load_cert_read(body, &kind, &data, e);

	(void)token;
	if (err)
		return err;
	if (!loads->certs.load)
		return fail_fixed(e);
	return loads->certs.load(loads->certs.ctx, kind, data, e);
}

static int load_authority(struct slice body, const struct control_loads *loads,
			  uint64_t token, struct error *e)
{
	(void)token;
	if (!loads->certs.load_authority)
		return fail_fixed(e);
	return loads->certs.load_authority(loads->certs.ctx, body, e);
}

static int unload_authority(struct slice body, const struct control_loads *loads,
			    uint64_t token, struct error *e)
{
	struct arguments args;
	int err = read_only(body, ARG_NAME, "name", &args, e);

	(void)token;
	if (err)
		return err;
	if (!loads->certs.unload_authority)
		return fail_fixed(e);
	return loads->certs.unload_authority(loads->certs.ctx, args.name, e);
}

static int reload(struct slice body, const struct control_loads *loads,
		  uint64_t token, struct error *e)
{
	int err = check_no_arguments(body, e);

	if (err)
		return err;
	if (!loads->reload)
		return fail_fixed(e);
	return loads->reload(loads->ctx, token, e);
}

static int reload_settings(struct slice body, const struct control_loads *loads,
			   uint64_t token, struct error *e)
{
	int err = check_no_arguments(body, e);

	(void)token;
	if (err)
		return err;
	if (!loads->reload_settings)
		return fail_fixed(e);
	return loads->reload_settings(loads->ctx, e);
}

/* Nothing else is kept; of what is, both kinds go together. */
static bool is_kept(const char *type)
{
	return !*type || strcmp(type, "ANY") == 0 ||
	       strcmp(type, "X509_CRL") == 0 ||
	       strcmp(type, "OCSP_RESPONSE") == 0;
}

static int flush_certs(struct slice body, const struct control_loads *loads,
		       uint64_t token, struct error *e)
{
	struct arguments args;
	int err = arguments_read(body, ARG_TYPE, &args, e);

	(void)token;
	if (!err && loads->certs.flush && is_kept(args.cert_type))
		loads->certs.flush(loads->certs.ctx);
	return err;
}

static int set_trap(struct slice body, const struct control_loads *loads,
		    uint64_t token, bool installed, struct error *e)
{
	struct arguments args;
	int err = arguments_read(body, ARG_IKE | ARG_CHILD, &args, e);

	if (!err && !(args.given & ARG_CHILD))
		err = error_set(e, -EINVAL, "argument 'child' is missing");
	if (err)
		return err;
	if (!loads->set_trap)
		return fail_fixed(e);
	return loads->set_trap(loads->ctx, token, args.ike, args.child,
			       installed, e);
}

static int install(struct slice body, const struct control_loads *loads,
		   uint64_t token, struct error *e)
{
	return set_trap(body, loads, token, true, e);
}

static int uninstall(struct slice body, const struct control_loads *loads,
		     uint64_t token, struct error *e)
{
	return set_trap(body, loads, token, false, e);
}

static int add_sa(struct slice body, const struct control_loads *loads,
		  uint64_t token, struct error *e)
{
	struct manual_request q;
	int err = manual_request_read(body, &q, e);

	if (err)
		return err;
	if (!loads->add_sa)
		return fail_fixed(e);
	return loads->add_sa(loads->ctx, token, q.name, q.file, q.text, e);
}

static int delete_sa(struct slice body, const struct control_loads *loads,
		     uint64_t token, struct error *e)
{
	struct arguments args;
	int err = read_only(body, ARG_NAME, "name", &args, e);

	if (err)
		return err;
	if (!loads->delete_sa)
		return fail_fixed(e);
	return loads->delete_sa(loads->ctx, token, args.name, e);
}

static const struct loads_command commands[] = {
	{ "load-conn", load_conn },
	{ "unload-conn", unload_conn },
	{ "load-shared", load_shared },
	{ "unload-shared", unload_shared },
	{ "unload-key", unload_key },
	{ "clear-creds", clear_creds },
	{ "load-pool", load_pool },
	{ "unload-pool", unload_pool },
	{ "reload", reload },
	{ "reload-settings", reload_settings },
	{ "flush-certs", flush_certs },
	{ "install", install },
	{ "uninstall", uninstall },
	{ "cygnet-sa-add", add_sa },
	{ "cygnet-sa-delete", delete_sa },
	{ "load-cert", load_cert },
	{ "load-authority", load_authority },
	{ "unload-authority", unload_authority },
	{ "load-token", load_token },
};

const struct loads_command *loads_find(struct slice name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strlen(commands[i].name) == name.len &&
		    memcmp(commands[i].name, name.ptr, name.len) == 0)
			return &commands[i];
	return NULL;
}

int loads_run(const struct loads_command *command, struct slice body,
	      const struct control_loads *loads, uint64_t token, struct error *e)
{
	return command->run(body, loads, token, e);
}
