// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/schema_token.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/conf/fail.h"
#include "ctrl/conf/named.h"
#include "ctrl/conf/values.h"
#include "ctrl/conf/values_gateway.h"
#include "ctrl/conf/values_token.h"
#include "ctrl/model/token.h"

#define ROWS(table)	(sizeof(table) / sizeof((table)[0]))
#define AT(type, field) .offset = offsetof(struct type, field)

_Static_assert(TOKEN_HANDLE_MAX == 64 && TOKEN_PIN_MAX == 32 &&
		       TOKEN_SLOT_MAX == 2147483647,
	       "the forms say so");

/* clang-format off */
static const struct key token_keys[] = {
	{ .name = "handle", .required = true, .form = FORM_TOKEN_HANDLE,
	  .read = value_token_handle },
	{ .name = "slot",   .form = FORM_TOKEN_SLOT, .read = value_token_slot },
	{ .name = "module", .form = "the name of a section of charon.plugins.pkcs11.modules",
	  .read = value_token_module, AT(token_conf, module) },
	{ .name = "pin",    .form = FORM_TOKEN_PIN, .read = value_token_pin },
};

#define UNUSED(text)                                           \
	{                                                      \
		.name = text, .idle = true, .form = "yes or no", \
		.read = value_either                           \
	}

static const struct key pkcs11_keys[] = {
	UNUSED("load"), UNUSED("reload_certs"), UNUSED("use_dh"),
	UNUSED("use_ecc"), UNUSED("use_hasher"), UNUSED("use_pubkey"),
	UNUSED("use_rng"),
};

static const struct sub pkcs11_subs[] = {
	{ .name = "modules", .kind = SUB_NAMED,
	  .form = "a section of named sections, one for each module" },
};

static const struct key module_keys[] = {
	{ .name = "path",   .required = true, .form = "an absolute path",
	  .read = value_folder, AT(token_module, path) },
	UNUSED("load_certs"), UNUSED("os_locking"),
};
/* clang-format on */

const struct keys token_table = {
	.keys = token_keys,
	.n_keys = ROWS(token_keys),
	.secret = true,
};

const struct keys pkcs11_table = {
	.keys = pkcs11_keys,
	.n_keys = ROWS(pkcs11_keys),
	.subs = pkcs11_subs,
	.n_subs = ROWS(pkcs11_subs),
};

const struct keys pkcs11_module_table = {
	.keys = module_keys,
	.n_keys = ROWS(module_keys),
};

bool token_section_is(const struct section *sec)
{
	return keys_name_fits(sec->name, TOKEN_SECTION, true);
}

/* --- modules */

/* NULL: it is not there. */
static const struct section *below(const struct section *sec, const char *name)
{
	return sec ? tree_section(sec, name) : NULL;
}

static int fill_module(const struct section *sec, struct token_module *m,
		       struct error *e)
{
	int err = named_take(sec, m->name, e);

	m->place = sec->place;
	return err ? err : keys_read(&pkcs11_module_table, sec, m, e);
}

static int fill_modules(const struct section *root, struct config *out,
			struct error *e)
{
	const struct section *plugins = below(below(root, "charon"), "plugins");
	const struct section *pkcs11 = below(plugins, "pkcs11");
	const struct section *list = below(pkcs11, "modules");
	size_t n = named_count(list);
	char unused = 0;
	int err = pkcs11 ? keys_read(&pkcs11_table, pkcs11, &unused, e) : 0;

	if (err || n == 0)
		return err;
	if (n > TOKEN_MODULES_MAX)
		return named_fail_many(list, TOKEN_MODULES_MAX, e);
	out->modules = calloc(n, sizeof(*out->modules));
	if (!out->modules)
		return conf_no_memory(e);
	for (const struct section *s = list->sections; s && !err; s = s->next)
		err = fill_module(s, &out->modules[out->n_modules++], e);
	return err;
}

/* --- keys */

static int fill_token(const struct section *sec, const struct config *c,
		      struct token_conf *t, struct error *e)
{
	const struct value *module = tree_value(sec, "module");
	struct error why;
	int err = named_take(sec, t->name, e);

	t->place = sec->place;
	if (!err)
		err = keys_read(&token_table, sec, t, e);
	if (err || token_module_find(c, t->module, &why))
		return err;
	if (module)
		return value_fail(e, module, -EINVAL, "names none: %.400s",
				  why.text);
	return conf_fail(e, &sec->place, -EINVAL,
			 "secrets.%s.module is missing, and %.400s", sec->name,
			 why.text);
}

static int fill_tokens(const struct section *list, struct config *out,
		       struct error *e)
{
	size_t n = 0;
	int err = 0;

	for (const struct section *s = list ? list->sections : NULL; s;
	     s = s->next)
		n += token_section_is(s);
	if (n == 0)
		return 0;
	if (n > TOKENS_MAX)
		return conf_fail(e, &list->place, -E2BIG,
				 "secrets holds more than %u sections %s*; "
				 "remove some",
				 TOKENS_MAX, TOKEN_SECTION);
	out->tokens = calloc(n, sizeof(*out->tokens));
	if (!out->tokens)
		return conf_no_memory(e);
	for (const struct section *s = list->sections; s && !err; s = s->next)
		if (token_section_is(s))
			err = fill_token(s, out, &out->tokens[out->n_tokens++],
					 e);
	return err;
}

int tokens_fill(const struct section *root, struct config *out, struct error *e)
{
	int err = fill_modules(root, out, e);

	return err ? err : fill_tokens(tree_section(root, "secrets"), out, e);
}
