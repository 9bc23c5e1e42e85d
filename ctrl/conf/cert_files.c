// SPDX-License-Identifier: BSD-2-Clause
/*
 * A relative name is looked for beside the file that has it, then beside the others, in
 * the order in which they were read: what conf.d/ has names what lies beside
 * swanctl.conf. The name of a file that is there is shown in errors; of one that is not,
 * unless it may be a key.
 */
#include "ctrl/conf/cert_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ctrl/conf/beside.h"
#include "ctrl/conf/fail.h"
#include "ctrl/conf/file.h"
#include "ctrl/conf/values.h"
#include "ctrl/pki/cert_read.h"
#include "ctrl/pki/crl.h"

#define FILE_MAX_BYTES (1U << 20) /* of anything but a CRL */

static const struct folder {
	enum cert_kind kind;
	const char *name;
} folders[] = {
	{ CERT_CA, "x509ca" },	   { CERT_X509, "x509" },
	{ CERT_OCSP, "x509ocsp" }, { CERT_CRL, "x509crl" },
	{ CERT_PUBKEY, "pubkey" },
};

#define N_FOLDERS (sizeof(folders) / sizeof(folders[0]))

static const char *folder_of(enum cert_kind kind)
{
	size_t i = 0;

	while (folders[i].kind != kind)
		i++;
	return folders[i].name;
}

static int read_file(const struct cert_source *src, const char *path,
		     enum cert_kind kind, struct fingerprint *first,
		     struct error *e)
{
	const size_t max = kind == CERT_CRL ? CRL_MAX_BYTES : FILE_MAX_BYTES;
	struct error why = { "" };
	struct file_text f;
	int err = file_read_up_to(path, max, "a file with what is needed alone",
				  &f, e);

	if (!err) {
		err = cert_read(src->to, kind,
				slice_of(f.octets.ptr, f.octets.len), path,
				first, &why);
		if (err)
			error_set(e, err, "%.300s: %.700s", path, why.text);
	}
	file_wipe(&f);
	return err;
}

/* --- what a key names */

static bool is_printable(const char *name)
{
	while (*name >= ' ' && *name <= '~')
		name++;
	return *name == '\0';
}

static int fail_missing(const struct item *item, const char *folder,
			struct error *e)
{
	bool hidden = conf_key_like(slice_of(item->text, strlen(item->text)));

	return item_fail(e, item, -ENOENT,
			 "names %.200s, which is not there; put it into the "
			 "folder %s beside this file, or write an absolute path",
			 hidden ? "a file" : item->text, folder);
}

static int find_file(const struct cert_source *src, const struct item *item,
		     const char *folder, char path[BESIDE_PATH_MAX],
		     struct error *e)
{
	struct stat st;

	if (!beside_find(src->files, item->v->place.file, folder, item->text,
			 path))
		return fail_missing(item, folder, e);
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return item_fail(e, item, -EINVAL,
				 "names %.200s, which is no file; name one",
				 item->text);
	return 0;
}

static int take_file(const struct cert_source *src, const struct item *item,
		     enum cert_kind kind, struct fingerprint *out,
		     struct error *e)
{
	char path[BESIDE_PATH_MAX];
	struct error why;
	int err;

	if (!is_printable(item->text))
		return item_fail(e, item, -EINVAL,
				 "must have names of files in ASCII; rename it");
	err = find_file(src, item, folder_of(kind), path, e);
	if (!err) {
		err = read_file(src, path, kind, out, &why);
		if (err)
			item_fail(e, item, err, "names %.900s", why.text);
	}
	return err;
}

static int check_count(const struct item *item, const struct cert_names *out,
		       struct error *e)
{
	return *out->n < out->max ? 0 : item_fail_many(item, out->max, e);
}

/* Octets have no name. */
static int fail_blob(const struct value *v, int err, size_t number,
		     const struct error *why, struct error *e)
{
	char path[TREE_PATH_MAX];

	value_path(v, path);
	return conf_fail(e, &v->place, err, "%s: certificate or key %zu: %.700s",
			 path, number, why->text);
}

static int take_blobs(const struct cert_source *src, const struct value *v,
		      enum cert_kind kind, const struct cert_names *out,
		      struct error *e)
{
	struct item item = { .v = v };
	struct error why;
	int err = 0;

	for (const struct blob *b = v->blobs; b && !err; b = b->next) {
		err = check_count(&item, out, e);
		if (err)
			return err;
		err = cert_read(src->to, kind, b->octets, NULL,
				&out->at[*out->n], &why);
		if (err)
			return fail_blob(v, err, *out->n + 1, &why, e);
		++*out->n;
	}
	return err;
}

static int check_files(const struct cert_source *src, const struct value *v,
		       struct error *e)
{
	if (src->files)
		return 0;
	return value_fail(e, v, -EINVAL,
			  "names a file, and none is read here; send what is "
			  "in it");
}

int cert_files_take(const struct cert_source *src, const struct value *v,
		    enum cert_kind kind, const struct cert_names *out,
		    struct error *e)
{
	const struct key k = { .form = "names of files, separated by commas" };
	struct item item;
	size_t at = 0;
	int found, err;

	if (v->blobs)
		return take_blobs(src, v, kind, out, e);
	err = check_files(src, v, e);
	if (err)
		return err;
	while ((found = item_next(&k, v, &at, &item, e)) > 0) {
		err = check_count(&item, out, e);
		if (!err)
			err = take_file(src, &item, kind, &out->at[*out->n], e);
		if (err)
			return err;
		++*out->n;
	}
	return found;
}

int cert_files_take_file(const struct cert_source *src, const struct value *v,
			 enum cert_kind kind, const struct cert_names *out,
			 struct error *e)
{
	struct item item = { .v = v };
	int err = check_count(&item, out, e);

	if (err)
		return err;
	if (v->text[0] != '/' || strlen(v->text) >= sizeof(item.text))
		return value_fail(e, v, -EINVAL,
				  "must be an absolute path of up to %zu octets",
				  sizeof(item.text) - 1);
	strcpy(item.text, v->text);
	err = take_file(src, &item, kind, &out->at[*out->n], e);
	if (!err)
		++*out->n;
	return err;
}

/* --- folders */

static int is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int read_entry(const struct cert_source *src, const char *folder,
		      enum cert_kind kind, const char *name, struct error *e)
{
	struct stat st;
	char *path;
	int err = 0;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return conf_no_memory(e);
	if (stat(path, &st) || S_ISREG(st.st_mode))
		err = read_file(src, path, kind, NULL, e);
	free(path);
	return err;
}

static int read_folder(const struct cert_source *src, const char *path,
		       enum cert_kind kind, struct error *e)
{
	struct dirent **names = NULL;
	int n, err = 0;

	n = scandir(path, &names, is_visible, alphasort);
	if (n < 0 && errno != ENOENT && errno != ENOTDIR)
		err = error_set(e, -errno,
				"%.300s: can't be read: %s; check its "
				"permissions",
				path, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (!err)
			err = read_entry(src, path, kind, names[i]->d_name, e);
		free(names[i]);
	}
	free(names);
	return err;
}

int cert_files_read_folders(const struct cert_source *src, struct error *e)
{
	char path[BESIDE_PATH_MAX];
	int err = 0;

	for (size_t k = 0; src->files && k < N_FOLDERS; k++) {
		size_t at = 0;

		while (!err &&
		       beside_next(src->files, &at, folders[k].name, path))
			err = read_folder(src, path, folders[k].kind, e);
	}
	return err;
}
