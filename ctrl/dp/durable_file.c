// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/durable_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "ctrl/base/log.h"
#include "ctrl/base/secret.h"
#include "ctrl/crypto/prf.h"

#define MAGIC	      "CygnetSA"
#define VERSION	      1U
#define MAC_BYTES     32U
#define NAME_BYTES    16U /* of the id, in a file's name; the rest keys the MAC */
#define FILE_NAME_MAX 64
#define NEW_SUFFIX    ".new"
#define OTHERS	      (S_IWGRP | S_IWOTH)

/* --- the folder */

static int fail_folder(const char *path, int err, struct error *e)
{
	return error_set(
		e, err,
		"state folder %s: %s; it must be a folder of root's own that can be written to: make it so, or name another one as gateway.state_dir",
		path, strerror(-err));
}

int durable_folder_open(const char *path, int *fd, struct error *e)
{
	struct stat st;

	if (mkdir(path, 0700) && errno != EEXIST)
		return fail_folder(path, -errno, e);
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return fail_folder(path, -errno, e);
	if (fstat(*fd, &st) == 0 && st.st_uid == geteuid() &&
	    !(st.st_mode & OTHERS))
		return 0;
	close(*fd);
	return error_set(
		e, -EPERM,
		"state folder %s: others may write there, and could have numbers used a second time; run: chown root %s && chmod 700 %s",
		path, path, path);
}

bool durable_folder_is_volatile(int folder)
{
	struct statfs fs;

	return fstatfs(folder, &fs) == 0 &&
	       (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

/* --- a copy */

static void put_copy(const struct durable_file *f, uint64_t number,
		     uint8_t out[DURABLE_COPY_BYTES], bool *ok)
{
	struct builder b = wr_init(out, DURABLE_COPY_BYTES);
	struct slice said;
	uint8_t mac[PRF_MAX_BYTES];

	memset(out, 0, DURABLE_COPY_BYTES);
	wr_bytes(&b, MAGIC, sizeof(MAGIC) - 1);
	wr_u32(&b, VERSION);
	wr_u32(&b, f->dir);
	wr_u64(&b, f->turn);
	wr_u64(&b, number);
	said = slice_of(out, b.len);
	*ok = prf(prf_by_id(PRF_HMAC_SHA2_256), slice_of(f->id, sizeof(f->id)),
		  &said, 1, mac);
	wr_bytes(&b, mac, MAC_BYTES);
	*ok = *ok && wr_ok(&b);
}

/* What it says is believed only if it is what we would write. */
static bool get_copy(const struct durable_file *f, const uint8_t *copy,
		     uint64_t *turn, uint64_t *number)
{
	struct durable_file same = *f;
	struct slice s = slice_of(copy, DURABLE_COPY_BYTES), head;
	uint8_t ours[DURABLE_COPY_BYTES];
	bool ok;

	if (!rd_slice(&s, sizeof(MAGIC) - 1 + 8, &head) || !rd_u64(&s, turn) ||
	    !rd_u64(&s, number))
		return false;
	same.turn = *turn;
	put_copy(&same, *number, ours, &ok);
	return ok && octets_equal(copy, ours, sizeof(ours));
}

static int put_at(int fd, const uint8_t *copy, off_t at)
{
	ssize_t n = pwrite(fd, copy, DURABLE_COPY_BYTES, at);

	if (n != DURABLE_COPY_BYTES)
		return n < 0 ? -errno : -ENOSPC;
	return fdatasync(fd) ? -errno : 0;
}

int durable_file_write(struct durable_file *f, uint64_t number)
{
	uint8_t copy[DURABLE_COPY_BYTES];
	bool ok;
	int err;

	f->turn++;
	put_copy(f, number, copy, &ok);
	if (!ok)
		return -EIO;
	err = put_at(f->fd, copy, 0);
	return err ? err : put_at(f->fd, copy, DURABLE_COPY_AT);
}

/* false: neither is whole. */
static bool read_copies(struct durable_file *f, uint64_t *number)
{
	static const off_t places[] = { 0, DURABLE_COPY_AT };
	bool found = false;

	for (size_t i = 0; i < 2; i++) {
		uint8_t copy[DURABLE_COPY_BYTES];
		uint64_t turn, said;

		if (pread(f->fd, copy, sizeof(copy), places[i]) != sizeof(copy) ||
		    !get_copy(f, copy, &turn, &said))
			continue;
		if (!found || turn > f->turn) {
			f->turn = turn;
			*number = said;
		}
		found = true;
	}
	return found;
}

/* --- the page */

/* Its page stays: a worker that waits for a disk would lose packets. */
static int map_page(struct durable_file *f)
{
	struct stat st;
	void *page;

	if (fstat(f->fd, &st))
		return -errno;
	if (st.st_size < DURABLE_FILE_BYTES)
		return -EBADMSG;
	page = mmap(NULL, DURABLE_PAGE_BYTES, PROT_READ | PROT_WRITE,
		    MAP_SHARED, f->fd, DURABLE_PAGE_AT);
	if (page == MAP_FAILED)
		return -errno;
	if (mlock(page, DURABLE_PAGE_BYTES))
		log_debug("durable: page not locked file=%s: %s", f->path,
			  strerror(errno));
	f->page = page;
	return 0;
}

void durable_file_unmap(struct durable_file *f)
{
	if (f->page)
		munmap(f->page, DURABLE_PAGE_BYTES);
	f->page = NULL;
}

/* "" if the kernel does not say it. */
static void read_boot(char boot[DURABLE_BOOT_BYTES])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, boot, DURABLE_BOOT_BYTES - 1);

	boot[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

static uint64_t number_of(const struct durable_file *f, uint64_t copied)
{
	uint64_t last = atomic_load(&f->page->number);
	char boot[DURABLE_BOOT_BYTES];

	read_boot(boot);
	if (f->dir == SADB_IN && boot[0] &&
	    memcmp(boot, f->page->boot, sizeof(boot)) == 0)
		return last;
	return last > copied ? last : copied;
}

/* From now on the page is of this moment. */
static void begin_page(struct durable_file *f, uint64_t number)
{
	atomic_store(&f->page->number, number);
	read_boot(f->page->boot);
}

/* --- the file */

static void name_of(const struct durable_file *f, char name[FILE_NAME_MAX])
{
	size_t at = (size_t)snprintf(name, FILE_NAME_MAX, "%s-",
				     f->dir == SADB_IN ? "in" : "out");

	for (size_t i = 0; i < NAME_BYTES; i++)
		at += (size_t)snprintf(name + at, FILE_NAME_MAX - at, "%02x",
				       f->id[i]);
}

/* Under another name until it is whole, and known by its folder. */
static int make(int folder, const char *name, struct durable_file *f)
{
	char fresh[FILE_NAME_MAX + sizeof(NEW_SUFFIX)];
	int err;

	snprintf(fresh, sizeof(fresh), "%s" NEW_SUFFIX, name);
	unlinkat(folder, fresh, 0);
	f->fd = openat(folder, fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
		       0600);
	if (f->fd < 0)
		return -errno;
	err = -posix_fallocate(f->fd, 0, DURABLE_FILE_BYTES);
	if (!err)
		err = durable_file_write(f, 0);
	if (!err && fsync(f->fd))
		err = -errno;
	if (!err && renameat(folder, fresh, folder, name))
		err = -errno;
	if (!err && fsync(folder))
		err = -errno;
	if (!err)
		return 0;
	unlinkat(folder, fresh, 0);
	close(f->fd);
	return err;
}

static int open_or_make(int folder, const char *name, struct durable_file *f,
			bool *fresh)
{
	f->fd = openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	*fresh = f->fd < 0 && errno == ENOENT;
	if (*fresh)
		return make(folder, name, f);
	return f->fd < 0 ? -errno : 0;
}

static int fail_open(const struct durable_file *f, int err, struct error *e)
{
	return error_set(
		e, err,
		"state file %s: %s; make room and have it writable, or name another folder as gateway.state_dir",
		f->path, strerror(-err));
}

/* One process at a time makes one, so that a file has its lock from the start. */
static int open_locked(int folder, struct durable_file *f, bool *fresh,
		       struct error *e)
{
	char name[FILE_NAME_MAX];
	int err;

	name_of(f, name);
	if (flock(folder, LOCK_EX))
		return fail_open(f, -errno, e);
	err = open_or_make(folder, name, f, fresh);
	if (err) {
		fail_open(f, err, e);
	} else if (flock(f->fd, LOCK_EX | LOCK_NB)) {
		err = error_set(
			e, -EBUSY,
			"state file %s is in use: another SA, or another cygnetd, has the same key, and both would use the same numbers; give one of them another key",
			f->path);
		close(f->fd);
	}
	flock(folder, LOCK_UN);
	return err;
}

int durable_file_open(int folder, const char *folder_path, enum sadb_dir dir,
		      const uint8_t id[DURABLE_ID_BYTES],
		      struct durable_file *out, uint64_t *number, bool *fresh,
		      struct error *e)
{
	char name[FILE_NAME_MAX];
	int err;

	*out = (struct durable_file){ .fd = -1, .dir = dir };
	memcpy(out->id, id, sizeof(out->id));
	name_of(out, name);
	snprintf(out->path, sizeof(out->path), "%s/%s", folder_path, name);
	*number = 0;
	err = open_locked(folder, out, fresh, e);
	if (err)
		return err;
	if (*fresh || read_copies(out, number))
		err = map_page(out);
	else
		err = -EBADMSG;
	if (!err) {
		*number = number_of(out, *number);
		begin_page(out, *number);
		return 0;
	}
	durable_file_close(out);
	if (err != -EBADMSG)
		return fail_open(out, err, e);
	return error_set(
		e, -EBADMSG,
		"state file %s is damaged: nobody knows which numbers its key has used; give the SA a new key on both sides, and remove the file",
		out->path);
}

/* The mapping, which may stay for a while, would keep the lock as well. */
void durable_file_close(struct durable_file *f)
{
	if (f->fd < 0)
		return;
	flock(f->fd, LOCK_UN);
	close(f->fd);
	f->fd = -1;
}
