// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/crypto/providers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

static int fail(const char *name, struct error *e)
{
	const char *folder = OPENSSL_info(OPENSSL_INFO_MODULES_DIR);
	const char *why = ERR_reason_error_string(ERR_peek_error());

	error_set(e, -ENOENT,
		  "gateway.openssl_providers: libcrypto can't load %.64s (%.64s) "
		  "of %.200s; install it there, or remove its name",
		  name, why ? why : "no reason", folder ? folder : "nowhere");
	ERR_clear_error();
	return -ENOENT;
}

/* What it lacks the others do. */
static int prefer(const char *name, struct error *e)
{
	char query[PROVIDERS_TEXT_MAX + sizeof("?provider=")];

	snprintf(query, sizeof(query), "?provider=%s", name);
	if (EVP_set_default_properties(NULL, query) == 1)
		return 0;
	ERR_clear_error();
	return error_set(e, -ENOMEM, "no memory for libcrypto's providers");
}

int providers_load(const char *list, struct error *e)
{
	char text[PROVIDERS_TEXT_MAX];
	const char *first = NULL;
	int err = 0;
	char *rest;

	if (!list[0])
		return 0;
	snprintf(text, sizeof(text), "%s", list);
	for (char *name = strtok_r(text, ",", &rest); name && !err;
	     name = strtok_r(NULL, ",", &rest)) {
		if (!first)
			first = name;
		if (!OSSL_PROVIDER_load(NULL, name))
			err = fail(name, e);
	}
	return err || !first ? err : prefer(first, e);
}
