// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/openssl.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[64];

static void path_of(const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", folder, name);
}

void openssl_begin(void)
{
	strcpy(folder, "/tmp/cyg-openssl-XXXXXX");
	if (!mkdtemp(folder))
		abort();
}

void openssl_end(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	if (system(command) != 0)
		abort();
}

bool openssl_try(const char *fmt, ...)
{
	char command[4096], text[2048];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	snprintf(command, sizeof(command),
		 "cd '%s' && openssl %s >said 2>&1 </dev/null", folder, text);
	return system(command) == 0;
}

const uint8_t *openssl_get(const char *name, size_t *len)
{
	static uint8_t octets[OPENSSL_FILE_MAX];
	char path[PATH_MAX];
	FILE *f;

	path_of(name, path);
	f = fopen(path, "r");
	if (!f)
		return NULL;
	*len = fread(octets, 1, sizeof(octets), f);
	fclose(f);
	return octets;
}

void openssl_put(const char *name, const void *octets, size_t len)
{
	char path[PATH_MAX];
	FILE *f;

	path_of(name, path);
	f = fopen(path, "w");
	if (!f || fwrite(octets, 1, len, f) != len || fclose(f))
		abort();
}
