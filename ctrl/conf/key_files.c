// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/key_files.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ctrl/conf/beside.h"
#include "ctrl/conf/fail.h"
#include "ctrl/conf/file.h"
#include "ctrl/conf/schema_key.h"

struct reading {
	struct config *c;
	const struct key_files_calls *calls;
};

/* --- one file */

struct source {
	const struct reading *r;
	const char *path;
};

static void on_certificate(void *arg, struct slice der)
{
	const struct source *from = arg;
	const struct key_files_calls *calls = from->r->calls;

	calls->certificate(calls->ctx, from->path, der);
}

/* Is it of the type that its folder is for? */
static bool is_in_place(enum key_folder folder, const struct private_key *key)
{
	enum key_type type = public_key_type(private_key_public(key));

	if (folder == KEY_FOLDER_RSA)
		return type == KEY_RSA;
	return folder != KEY_FOLDER_ECDSA || type == KEY_ECDSA;
}

static int take_octets(const struct reading *r, enum key_folder folder,
		       const char *path, struct slice octets,
		       struct slice passphrase, struct error *e)
{
	struct source from = { r, path };
	struct private_key *key = NULL;
	int err = folder == KEY_FOLDER_PKCS12
			  ? private_key_read_pkcs12(octets, passphrase,
						    on_certificate, &from, &key,
						    e)
			  : private_key_read(octets, passphrase, &key, e);

	if (err)
		return err;
	if (is_in_place(folder, key))
		return r->calls->key(r->calls->ctx, key, path, e);
	private_key_free(key);
	return error_set(e, -EINVAL,
			 "the key is of another type than those of the folder "
			 "%s; move it to private",
			 key_folder_str(folder));
}

static void warn_of_readers(const struct reading *r, const char *path,
			    mode_t mode)
{
	char text[ERROR_MAX_BYTES];

	if (!(mode & (S_IROTH | S_IWOTH)))
		return;
	snprintf(text, sizeof(text),
		 "%.300s: a private key that others may read (mode %04o); "
		 "chmod 600",
		 path, mode & 07777);
	r->calls->warn(r->calls->ctx, text);
}

static int take_file(const struct reading *r, enum key_folder folder,
		     const char *path, struct slice passphrase, struct error *e)
{
	struct file_text f;
	struct error why;
	int err = file_read_up_to(path, KEY_FILE_MAX, "a private key's file",
				  &f, e);

	if (!err) {
		warn_of_readers(r, path, f.mode);
		err = take_octets(r, folder, path,
				  slice_of(f.octets.ptr, f.octets.len),
				  passphrase, &why);
		if (err)
			error_set(e, err, "%.300s: %s", path, why.text);
	}
	file_wipe(&f);
	return err;
}

/* --- sections */

static int fail_section(const struct key_conf *key, int err,
			const struct error *why, struct error *e)
{
	return conf_fail(e, &key->place, err, "secrets.%s.file: %.700s",
			 key->name, why->text);
}

static int take_section(const struct reading *r, struct key_conf *key,
			struct error *e)
{
	const char *folder = key_folder_str(key->folder);
	char path[BESIDE_PATH_MAX];
	struct error why;
	int err;

	if (!beside_find(r->c, key->place.file, folder, key->file, path))
		err = error_set(&why, -ENOENT,
				"there is no %.300s; put the key there, or "
				"write an absolute path",
				path);
	else
		err = take_file(r, key->folder, path,
				slice_of(key->passphrase.octets,
					 key->passphrase.len),
				&why);
	secret_wipe(&key->passphrase);
	return err ? fail_section(key, err, &why, e) : 0;
}

/* --- folders */

static bool has_section(const struct reading *r, const char *path)
{
	char named[BESIDE_PATH_MAX];
	struct stat a, b;

	if (stat(path, &a))
		return false;
	for (size_t i = 0; i < r->c->n_keys; i++) {
		const struct key_conf *key = &r->c->keys[i];

		if (beside_find(r->c, key->place.file,
				key_folder_str(key->folder), key->file, named) &&
		    !stat(named, &b) && a.st_ino == b.st_ino &&
		    a.st_dev == b.st_dev)
			return true;
	}
	return false;
}

static int is_shown(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* A file that no section names. */
static int take_other(const struct reading *r, enum key_folder folder,
		      const char *path, struct error *e)
{
	struct stat st;
	int err;

	if (stat(path, &st) || S_ISDIR(st.st_mode) || has_section(r, path))
		return 0;
	err = take_file(r, folder, path, slice_of(NULL, 0), e);
	if (err == -ENOMEM)
		return err;
	if (err)
		r->calls->warn(r->calls->ctx, e->text);
	return 0;
}

static int take_folder(const struct reading *r, enum key_folder folder,
		       const char *path, struct error *e)
{
	char file[BESIDE_PATH_MAX + NAME_MAX + 2];
	struct dirent **found;
	int n = scandir(path, &found, is_shown, alphasort), err = 0;

	if (n < 0)
		return errno == ENOMEM ? conf_no_memory(e) : 0;
	if ((unsigned int)n > KEY_FOLDER_MAX)
		err = error_set(e, -E2BIG,
				"%.300s: it has more than %u files; remove some",
				path, KEY_FOLDER_MAX);
	for (int i = 0; i < n; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, found[i]->d_name);
		if (!err)
			err = take_other(r, folder, file, e);
		free(found[i]);
	}
	free(found);
	return err;
}

static int take_folders(const struct reading *r, enum key_folder folder,
			struct error *e)
{
	char path[BESIDE_PATH_MAX];
	size_t at = 0;
	int err = 0;

	while (!err && beside_next(r->c, &at, key_folder_str(folder), path))
		err = take_folder(r, folder, path, e);
	return err;
}

int key_files_read(struct config *c, const struct key_files_calls *calls,
		   struct error *e)
{
	const struct reading r = { c, calls };
	int err = 0;

	for (size_t i = 0; i < c->n_keys; i++)
		if (!err)
			err = take_section(&r, &c->keys[i], e);
		else
			secret_wipe(&c->keys[i].passphrase);
	for (enum key_folder f = 0; f < KEY_FOLDERS && !err; f++)
		err = take_folders(&r, f, e);
	return err;
}
