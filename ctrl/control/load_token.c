// SPDX-License-Identifier: BSD-2-Clause
/* An unknown argument's name is not shown: it may be the PIN. */
#include "ctrl/control/load_token.h"

#include <errno.h>
#include <string.h>

#include "ctrl/control/vici.h"
#include "ctrl/model/token.h"

#define TEXT_MAX_BYTES 256 /* of a value, with the NUL */

static bool take_module(const char *text, struct token_conf *out)
{
	size_t len = strlen(text);

	if (!len || len >= sizeof(out->module))
		return false;
	memcpy(out->module, text, len + 1);
	return true;
}

static const struct {
	const char *key, *form;
	bool (*take)(const char *text, struct token_conf *out);
} fields[] = {
	{ "handle", FORM_TOKEN_HANDLE, token_handle_parse },
	{ "slot", FORM_TOKEN_SLOT, token_slot_parse },
	{ "module", "the name of a section of charon.plugins.pkcs11.modules",
	  take_module },
	{ "pin", FORM_TOKEN_PIN, token_pin_take },
};

#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

static bool is_text(struct slice s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.ptr, text, s.len) == 0;
}

static bool take(size_t field, struct slice value, struct token_conf *out)
{
	char text[TEXT_MAX_BYTES];
	bool ok = value.len < sizeof(text) && !memchr(value.ptr, 0, value.len);

	if (!ok)
		return false;
	memcpy(text, value.ptr, value.len);
	text[value.len] = '\0';
	ok = fields[field].take(text, out);
	explicit_bzero(text, sizeof(text));
	return ok;
}

static int read_field(const struct vici_elem *elem, unsigned int *seen,
		      struct token_conf *out, struct error *e)
{
	size_t i = 0;

	while (i < N_FIELDS && !is_text(elem->name, fields[i].key))
		i++;
	if (i == N_FIELDS)
		return error_set(e, -EINVAL,
				 "this command takes handle, slot, module and "
				 "pin, and nothing else");
	if (elem->type != VICI_KEY_VALUE)
		return error_set(e, -EINVAL, "argument '%s' must be one value",
				 fields[i].key);
	if (*seen & 1U << i)
		return error_set(e, -EINVAL, "argument '%s' must be given once",
				 fields[i].key);
	*seen |= 1U << i;
	if (!take(i, elem->value, out))
		return error_set(e, -EINVAL, "argument '%s' must be %s",
				 fields[i].key, fields[i].form);
	return 0;
}

int load_token_read(struct slice body, struct token_conf *out, struct error *e)
{
	struct vici_reader r = vici_read(body);
	struct vici_elem elem;
	unsigned int seen = 0;
	int err = 0;

	*out = (struct token_conf){ .has_slot = false };
	while (vici_argument(&r, &elem, &err, e))
		err = read_field(&elem, &seen, out, e);
	if (!err && !out->handle_len)
		err = error_set(e, -EINVAL, "argument 'handle' is missing");
	return err;
}
