// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/token.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MODULES "charon.plugins.pkcs11.modules"

static uint8_t hex_value(char c)
{
	return (uint8_t)(isdigit((unsigned char)c) ? c - '0'
						   : (c | 0x20) - 'a' + 10);
}

/* Ends where text does, or with what is no pair of digits. */
static const char *read_octet(const char *text, uint8_t *out)
{
	if (!isxdigit((unsigned char)text[0]) ||
	    !isxdigit((unsigned char)text[1]))
		return NULL;
	*out = (uint8_t)(hex_value(text[0]) << 4 | hex_value(text[1]));
	return text + 2;
}

bool token_handle_parse(const char *text, struct token_conf *out)
{
	uint8_t octets[TOKEN_HANDLE_MAX];
	uint32_t n = 0;

	if (text[0] == '0' && (text[1] | 0x20) == 'x')
		text += 2;
	do {
		if (n == sizeof(octets))
			return false;
		text = read_octet(text, &octets[n++]);
		if (text && text[0] == ':' && text[1])
			text++;
	} while (text && *text);
	if (!text)
		return false;
	memcpy(out->handle, octets, n);
	out->handle_len = n;
	return true;
}

bool token_slot_parse(const char *text, struct token_conf *out)
{
	bool hex = text[0] == '0' && (text[1] | 0x20) == 'x';
	unsigned long number;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false; /* strtoul() would take a sign */
	errno = 0;
	number = strtoul(text, &end, hex ? 16 : 10);
	if (*end || errno || number > TOKEN_SLOT_MAX)
		return false;
	out->slot = (uint32_t)number;
	out->has_slot = true;
	return true;
}

bool token_pin_take(const char *text, struct token_conf *out)
{
	size_t len = strlen(text);

	if (!len || len > TOKEN_PIN_MAX)
		return false;
	memcpy(out->pin.octets, text, len);
	out->pin.len = len;
	return true;
}

const struct token_module *token_module_find(const struct config *c,
					     const char *name, struct error *e)
{
	for (size_t i = 0; name[0] && i < c->n_modules; i++)
		if (strcmp(c->modules[i].name, name) == 0)
			return &c->modules[i];
	if (name[0])
		error_set(e, -ENOENT,
			  "there is no module of that name; write its path "
			  "into a section of " MODULES);
	else if (c->n_modules > 1)
		error_set(e, -EINVAL,
			  "there are several modules; name one of the sections "
			  "of " MODULES);
	else if (c->n_modules == 0)
		error_set(e, -ENOENT,
			  "there is no module to reach the token by; write "
			  "its path into a section of " MODULES);
	else
		return &c->modules[0];
	return NULL;
}
