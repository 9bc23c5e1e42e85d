// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/fetch_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ctrl/crypto/prf.h"
#include "ctrl/dp/durable_file.h"
#include "ctrl/pki/crl.h"

#define MAGIC	   "CygnetFT"
#define SUM_BYTES  32
#define HEAD_BYTES (sizeof(MAGIC) - 1 + 8 + SUM_BYTES)
#define NAME_MAX_  (FETCH_STORE_ID * 2 + 1)
#define FRESH	   ".new" /* no name of an id */

struct fetch_store {
	int folder;
};

/* --- the folder */

int fetch_store_open(const char *path, struct fetch_store **out, struct error *e)
{
	struct fetch_store *s = calloc(1, sizeof(*s));
	int err = s ? durable_folder_open(path, &s->folder, e)
		    : error_set(e, -ENOMEM, "out of memory");

	if (err)
		free(s);
	else
		*out = s;
	return err;
}

void fetch_store_close(struct fetch_store *s)
{
	if (!s)
		return;
	close(s->folder);
	free(s);
}

/* NULL: it can't be read. */
static DIR *list(const struct fetch_store *s)
{
	int fd = openat(s->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

void fetch_store_flush(struct fetch_store *s)
{
	DIR *dir = list(s);
	struct dirent *d;

	while (dir && (d = readdir(dir)))
		if (d->d_name[0] != '.')
			unlinkat(s->folder, d->d_name, 0);
	if (dir)
		closedir(dir);
}

/* --- a file */

static void name_of(const uint8_t id[FETCH_STORE_ID], char name[NAME_MAX_])
{
	for (size_t i = 0; i < FETCH_STORE_ID; i++)
		snprintf(name + 2 * i, 3, "%02x", id[i]);
}

static bool put_head(uint8_t head[HEAD_BYTES], const uint8_t id[FETCH_STORE_ID],
		     int64_t until_s, struct slice octets)
{
	struct builder b = wr_init(head, HEAD_BYTES);
	uint8_t sum[PRF_MAX_BYTES];
	struct slice parts[2];

	wr_bytes(&b, MAGIC, sizeof(MAGIC) - 1);
	wr_u64(&b, (uint64_t)until_s);
	parts[0] = slice_of(head, b.len);
	parts[1] = octets;
	if (!prf(prf_by_id(PRF_HMAC_SHA2_256), slice_of(id, FETCH_STORE_ID),
		 parts, 2, sum))
		return false;
	wr_bytes(&b, sum, SUM_BYTES);
	return wr_ok(&b);
}

struct known {
	char name[NAME_MAX_];
	int64_t ends_s;
};

/* When a file ends is its time, so that none is read to make room. */
static bool add_up(const struct fetch_store *s, struct known *first,
		   long long *bytes, size_t *files)
{
	DIR *dir = list(s);
	struct dirent *d;
	struct stat st;

	*first = (struct known){ .ends_s = INT64_MAX };
	*bytes = 0;
	*files = 0;
	while (dir && (d = readdir(dir))) {
		if (d->d_name[0] == '.' || strlen(d->d_name) >= NAME_MAX_ ||
		    fstatat(s->folder, d->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		*bytes += st.st_size;
		++*files;
		if (st.st_mtim.tv_sec <= first->ends_s) {
			first->ends_s = st.st_mtim.tv_sec;
			memcpy(first->name, d->d_name, strlen(d->d_name) + 1);
		}
	}
	if (dir)
		closedir(dir);
	return dir;
}

static int make_room(const struct fetch_store *s, size_t len)
{
	struct known first;
	long long bytes;
	size_t files;

	while (add_up(s, &first, &bytes, &files)) {
		if (files < FETCH_STORE_FILES &&
		    bytes + (long long)len <= FETCH_STORE_BYTES)
			return 0;
		if (!files || unlinkat(s->folder, first.name, 0))
			return -ENOSPC;
	}
	return -EIO;
}

static int write_file(const struct fetch_store *s,
		      const uint8_t id[FETCH_STORE_ID], int64_t until_s,
		      struct slice octets)
{
	const struct timespec times[2] = { { .tv_sec = until_s },
					   { .tv_sec = until_s } };
	uint8_t head[HEAD_BYTES];
	struct iovec parts[2] = { { head, sizeof(head) },
				  { (void *)(uintptr_t)octets.ptr, octets.len } };
	ssize_t wanted = (ssize_t)(sizeof(head) + octets.len);
	int fd, err = 0;

	if (!put_head(head, id, until_s, octets))
		return -EIO;
	fd = openat(s->folder, FRESH, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return -errno;
	if (writev(fd, parts, 2) != wanted)
		err = -ENOSPC;
	else if (futimens(fd, times))
		err = -errno;
	close(fd);
	return err;
}

int fetch_store_put(struct fetch_store *s, const uint8_t id[FETCH_STORE_ID],
		    int64_t until_s, struct slice octets)
{
	char name[NAME_MAX_];
	int err;

	name_of(id, name);
	unlinkat(s->folder, name, 0);
	unlinkat(s->folder, FRESH, 0);
	err = make_room(s, octets.len + HEAD_BYTES);
	if (!err)
		err = write_file(s, id, until_s, octets);
	if (!err && renameat(s->folder, FRESH, s->folder, name))
		err = -errno;
	if (err)
		unlinkat(s->folder, FRESH, 0);
	return err;
}

static bool is_whole(const uint8_t *file, size_t len,
		     const uint8_t id[FETCH_STORE_ID], int64_t now_s)
{
	struct slice s = slice_of(file, len), magic;
	uint8_t head[HEAD_BYTES];
	uint64_t until_s;

	return rd_slice(&s, sizeof(MAGIC) - 1, &magic) && rd_u64(&s, &until_s) &&
	       (int64_t)until_s > now_s && s.len >= SUM_BYTES &&
	       put_head(head, id, (int64_t)until_s,
			slice_of(file + HEAD_BYTES, len - HEAD_BYTES)) &&
	       memcmp(head, file, HEAD_BYTES) == 0;
}

/* NULL: there is none. */
static uint8_t *read_file(const struct fetch_store *s, const char *name,
			  size_t *len)
{
	int fd = openat(s->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint8_t *file = NULL;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && st.st_size > 0 &&
	    st.st_size <= (off_t)(CRL_MAX_BYTES + HEAD_BYTES))
		file = malloc((size_t)st.st_size);
	*len = (size_t)st.st_size;
	if (file && read(fd, file, *len) != (ssize_t)*len) {
		free(file);
		file = NULL;
	}
	close(fd);
	return file;
}

bool fetch_store_get(struct fetch_store *s, const uint8_t id[FETCH_STORE_ID],
		     int64_t now_s, uint8_t **out, size_t *len)
{
	char name[NAME_MAX_];
	uint8_t *file;

	name_of(id, name);
	file = read_file(s, name, len);
	if (!file)
		return false;
	if (!is_whole(file, *len, id, now_s)) {
		free(file);
		unlinkat(s->folder, name, 0);
		return false;
	}
	*len -= HEAD_BYTES;
	memmove(file, file + HEAD_BYTES, *len);
	*out = file;
	return true;
}
