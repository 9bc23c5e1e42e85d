// SPDX-License-Identifier: BSD-2-Clause
/*
 * The section secrets: pre-shared keys, PPKs (RFC 8784), those of private keys (see
 * schema_key.h and schema_token.h), and by name the kinds that belong to other ways of authentication. A
 * name that nobody knows is not shown here: it may be a secret whose key is missing.
 */
#include "ctrl/conf/schema_psk.h"

#include <stdlib.h>

#include "ctrl/conf/fail.h"
#include "ctrl/conf/named.h"
#include "ctrl/conf/schema_key.h"
#include "ctrl/conf/schema_token.h"
#include "ctrl/conf/values_psk.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define OWNER "id"

#define AT(type, field) .offset = offsetof(struct type, field)
#define LATER(text)	.name = text, .kind = SUB_LATER, .prefix = true
#define KEY(text) \
	.name = text, .kind = SUB_EACH, .prefix = true, .form = FORM_KEY_SECTION

/* clang-format off */
static const struct key ike_keys[] = {
	{ .name = OWNER,    .prefix = true,
	  .form = "an identity such as 192.0.2.1, moon.example.org or %any",
	  .read = value_owner },
	{ .name = "secret", .required = true,
	  .form = "a text, 0x and hexadecimal digits, or 0s and Base64",
	  .read = value_psk, AT(psk_conf, key) },
};

static const struct sub kinds[] = {
	{ .name = "ike",    .kind = SUB_EACH, .prefix = true,
	  .form = "a section with id and secret" },
	{ .name = "ppk",    .kind = SUB_EACH, .prefix = true,
	  .form = "a section with id and secret" },
	{ KEY("private") },  { KEY("rsa") },	 { KEY("ecdsa") },
	{ KEY("pkcs8") },    { KEY("pkcs12") },
	{ LATER("eap") },    { LATER("xauth") }, { LATER("ntlm") },
	{ .name = TOKEN_SECTION, .kind = SUB_EACH, .prefix = true,
	  .form = FORM_TOKEN_SECTION },
};
/* clang-format on */

const struct keys psk_ike_table = {
	.keys = ike_keys,
	.n_keys = ROWS(ike_keys),
	.secret = true,
};

const struct keys psk_names = {
	.subs = kinds,
	.n_subs = ROWS(kinds),
	.secret = true,
};

static size_t count_owners(const struct section *sec)
{
	size_t n = 0;

	for (const struct value *v = sec->values; v; v = v->next)
		n += keys_name_fits(v->key, OWNER, true);
	return n;
}

static int fill_psk(const struct section *sec, struct psk_conf *psk,
		    struct error *e)
{
	size_t n = count_owners(sec);
	int err = named_take(sec, psk->name, e);

	if (err)
		return err;
	psk->is_ppk = keys_name_fits(sec->name, "ppk", true);
	if (n) {
		psk->owners = calloc(n, sizeof(*psk->owners));
		if (!psk->owners)
			return conf_no_memory(e);
	}
	return keys_read(&psk_ike_table, sec, psk, e);
}

int psks_fill(const struct section *list, struct config *out, struct error *e)
{
	size_t n = named_count(list);
	int err = 0;

	if (n == 0)
		return 0;
	out->psks = calloc(n, sizeof(*out->psks));
	if (!out->psks)
		return conf_no_memory(e);
	for (const struct section *s = list->sections; s && !err; s = s->next)
		if (!key_section_is(s) && !token_section_is(s))
			err = fill_psk(s, &out->psks[out->n_psks++], e);
	return err;
}
