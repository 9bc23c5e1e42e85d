// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/schema_key.h"

#include <stdlib.h>

#include "ctrl/conf/fail.h"
#include "ctrl/conf/named.h"
#include "ctrl/conf/values_key.h"

#define ROWS(table)	(sizeof(table) / sizeof((table)[0]))
#define AT(type, field) .offset = offsetof(struct type, field)

/* clang-format off */
static const struct key key_keys[] = {
	{ .name = "file",   .required = true,
	  .form = "the name of a file in the folder of that kind, such as private/, or an absolute path",
	  .read = value_key_file,   AT(key_conf, file) },
	{ .name = "secret",
	  .form = "the passphrase with which the file is encrypted",
	  .read = value_passphrase, AT(key_conf, passphrase) },
};
/* clang-format on */

const struct keys key_table = {
	.keys = key_keys,
	.n_keys = ROWS(key_keys),
	.secret = true,
};

const char *key_folder_str(enum key_folder folder)
{
	static const char *const names[] = {
		[KEY_FOLDER_PRIVATE] = "private", [KEY_FOLDER_RSA] = "rsa",
		[KEY_FOLDER_ECDSA] = "ecdsa",	  [KEY_FOLDER_PKCS8] = "pkcs8",
		[KEY_FOLDER_PKCS12] = "pkcs12",
	};

	return names[folder];
}

/* KEY_FOLDERS: it is another one's. */
static enum key_folder folder_of(const struct section *sec)
{
	enum key_folder folder = 0;

	while (folder < KEY_FOLDERS &&
	       !keys_name_fits(sec->name, key_folder_str(folder), true))
		folder++;
	return folder;
}

bool key_section_is(const struct section *sec)
{
	return folder_of(sec) != KEY_FOLDERS;
}

static int fill(const struct section *sec, struct key_conf *key, struct error *e)
{
	int err = named_take(sec, key->name, e);

	key->folder = folder_of(sec);
	key->place = sec->place;
	return err ? err : keys_read(&key_table, sec, key, e);
}

int key_sections_fill(const struct section *list, struct config *out,
		      struct error *e)
{
	size_t n = named_count(list);
	int err = 0;

	if (n == 0)
		return 0;
	out->keys = calloc(n, sizeof(*out->keys));
	if (!out->keys)
		return conf_no_memory(e);
	for (const struct section *s = list->sections; s && !err; s = s->next)
		if (key_section_is(s))
			err = fill(s, &out->keys[out->n_keys++], e);
	return err;
}
