// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/pki_files.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CERTS_FILE_MAX (1U << 20)
#define KEY_FILE_MAX   (1U << 16)
#define SECRET_MAX     4096
#define OTHERS	       0007 /* permissions of everybody but owner and group */

static bool is_standard(const char *path)
{
	return !path || strcmp(path, "-") == 0;
}

static const char *shown(const char *path)
{
	return is_standard(path) ? "standard input" : path;
}

/* What a reader said, with the file before it. */
static int of_file(const char *path, int err, const struct error *why,
		   struct error *e)
{
	return error_set(e, err, "%.200s: %.600s", shown(path), why->text);
}

/* --- read --- */

/* As far as one octet above max. */
static int read_fd(int fd, size_t max, struct owned *out)
{
	struct owned o = { malloc(max + 1), 0 };
	ssize_t n = 1;
	int err;

	if (!o.ptr)
		return -ENOMEM;
	while (n > 0 && o.len <= max) {
		n = read(fd, o.ptr + o.len, max + 1 - o.len);
		if (n > 0)
			o.len += (size_t)n;
	}
	err = n < 0 ? -errno : 0;
	if (err)
		owned_free(&o);
	else
		*out = o;
	return err;
}

static int read_open(int fd, const char *path, size_t max, struct owned *out,
		     struct error *e)
{
	int err = read_fd(fd, max, out);

	if (err)
		return error_set(e, err, "%.200s: cannot be read: %s",
				 shown(path), strerror(-err));
	if (out->len <= max)
		return 0;
	owned_free(out);
	return error_set(e, -E2BIG, "%.200s: it has more than %zu octets",
			 shown(path), max);
}

int pki_read(const char *path, size_t max, struct owned *out, struct error *e)
{
	int fd, err;

	if (is_standard(path))
		return read_open(STDIN_FILENO, path, max, out, e);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(e, -errno, "%.200s: cannot be read: %s", path,
				 strerror(errno));
	err = read_open(fd, path, max, out, e);
	close(fd);
	return err;
}

int pki_read_secret(const char *path, struct owned *out, struct error *e)
{
	struct stat st;
	uint8_t *end;
	int err;

	if (!is_standard(path) && stat(path, &st) == 0 && st.st_mode & OTHERS)
		return error_set(e, -EACCES,
				 "%.200s: it holds a secret, but others may use "
				 "it (mode %04o); run: chmod 600 %.200s",
				 path, st.st_mode & 07777U, path);
	err = pki_read(path, SECRET_MAX, out, e);
	if (err)
		return err;
	end = memchr(out->ptr, '\n', out->len);
	if (end) {
		explicit_bzero(end, out->len - (size_t)(end - out->ptr));
		out->len = (size_t)(end - out->ptr);
	}
	if (out->len)
		return 0;
	owned_free(out);
	return error_set(e, -EINVAL,
			 "%.200s: its first line, which is the secret, is empty",
			 shown(path));
}

int pki_key_of(const struct arguments *args, struct slice octets,
	       struct private_key **out, struct error *e)
{
	const char *secret = args->values[OPTION_PASSPHRASE_FILE];
	struct owned passphrase = { NULL, 0 };
	int err = secret ? pki_read_secret(secret, &passphrase, e) : 0;

	if (!err)
		err = private_key_read(octets, owned_slice(&passphrase), out, e);
	owned_free(&passphrase);
	if (err == -ENOKEY)
		return error_set(e, err,
				 "the key is encrypted; give its passphrase by "
				 "--passphrase-file");
	if (err == -EKEYREJECTED)
		return error_set(e, err,
				 "the key has another passphrase; give that one "
				 "by --passphrase-file");
	return err;
}

int pki_read_key(const struct arguments *args, const char *path,
		 struct private_key **out, struct error *e)
{
	struct owned octets;
	struct error why;
	int err = pki_read(path, KEY_FILE_MAX, &octets, e);

	if (err)
		return err;
	err = pki_key_of(args, owned_slice(&octets), out, &why);
	owned_free(&octets);
	return err ? of_file(path, err, &why, e) : 0;
}

int pki_certs_take(void *certs, struct certificate *c)
{
	struct pki_certs *all = certs;

	if (all->n == PKI_CERTS_MAX) {
		certificate_free(c);
		return -ENOBUFS;
	}
	all->at[all->n++] = c;
	return 0;
}

int pki_read_certs(const char *path, struct pki_certs *out, struct error *e)
{
	struct owned octets;
	struct error why;
	int err = pki_read(path, CERTS_FILE_MAX, &octets, e);

	if (err)
		return err;
	err = certificate_read_file(owned_slice(&octets), pki_certs_take, out,
				    &why);
	owned_free(&octets);
	if (err == -ENOBUFS)
		return error_set(e, err,
				 "%.200s: more than %d certificates; give fewer",
				 shown(path), PKI_CERTS_MAX);
	return err ? of_file(path, err, &why, e) : 0;
}

void pki_certs_free(struct pki_certs *certs)
{
	for (size_t i = 0; i < certs->n; i++)
		certificate_free(certs->at[i]);
	certs->n = 0;
}

int pki_read_crl(const char *path, struct crl **out, struct error *e)
{
	struct owned octets;
	struct error why;
	int err = pki_read(path, CRL_MAX_BYTES, &octets, e);

	if (err)
		return err;
	err = crl_read(owned_slice(&octets), out, &why);
	owned_free(&octets);
	return err ? of_file(path, err, &why, e) : 0;
}

/* --- written --- */

static int write_all(int fd, struct slice octets)
{
	ssize_t n;

	while (octets.len) {
		n = write(fd, octets.ptr, octets.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		octets.ptr += n;
		octets.len -= (size_t)n;
	}
	return 0;
}

static int write_new(int fd, struct slice octets, mode_t mode)
{
	int err = write_all(fd, octets);

	if (!err && (fchmod(fd, mode) || fsync(fd)))
		err = -errno;
	return close(fd) && !err ? -errno : err;
}

/* link() takes no name that is there. */
static int take_name(const char *made, const char *path,
		     enum pki_replace replace)
{
	if (replace == PKI_REPLACE_EXISTING)
		return rename(made, path) ? -errno : 0;
	if (link(made, path))
		return -errno;
	unlink(made);
	return 0;
}

/* So that the name is there, too, when the power fails. */
static int sync_folder(const char *path)
{
	char copy[PATH_MAX];
	int fd, err = 0;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd))
		err = -errno;
	close(fd);
	return err;
}

static int write_file(const char *path, struct slice octets, mode_t mode,
		      enum pki_replace replace)
{
	char made[PATH_MAX];
	int fd, err;

	if (snprintf(made, sizeof(made), "%s.XXXXXX", path) >= (int)sizeof(made))
		return -ENAMETOOLONG;
	fd = mkostemp(made, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write_new(fd, octets, mode);
	if (!err)
		err = take_name(made, path, replace);
	if (err)
		unlink(made);
	return err ? err : sync_folder(path);
}

int pki_write(const char *path, struct slice octets, mode_t mode,
	      enum pki_replace replace, struct error *e)
{
	int err;

	if (is_standard(path)) {
		err = write_all(STDOUT_FILENO, octets);
		return err ? error_set(e, err, "standard output: %s",
				       strerror(-err))
			   : 0;
	}
	err = write_file(path, octets, mode, replace);
	if (err == -EEXIST)
		return error_set(e, err,
				 "%.200s: it is there already; give another "
				 "name, or --force to replace it",
				 path);
	return err ? error_set(e, err, "%.200s: cannot be written: %s", path,
			       strerror(-err))
		   : 0;
}
