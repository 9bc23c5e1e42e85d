// SPDX-License-Identifier: BSD-2-Clause
/* What was fetched, on disk: found again, or none where it is damaged or old. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/daemon/fetch_store.h"

#define NOW_S 1800000000

struct lab {
	char folder[64], path[80], file[160];
	struct fetch_store *store;
};

static const uint8_t id[FETCH_STORE_ID] = { 0xab, 1 };

static int setup(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	struct error e;

	strcpy(lab->folder, "/tmp/cyg-store-XXXXXX");
	assert_non_null(mkdtemp(lab->folder));
	snprintf(lab->path, sizeof(lab->path), "%s/fetched", lab->folder);
	snprintf(lab->file, sizeof(lab->file), "%s/ab01%060d", lab->path, 0);
	assert_int_equal(fetch_store_open(lab->path, &lab->store, &e), 0);
	*state = lab;
	return 0;
}

static int teardown(void **state)
{
	struct lab *lab = *state;

	if (lab->store)
		fetch_store_flush(lab->store);
	fetch_store_close(lab->store);
	assert_int_equal(rmdir(lab->path), 0);
	rmdir(lab->folder);
	free(lab);
	return 0;
}

static void put(struct lab *lab, const uint8_t *of, int64_t until_s,
		const char *text)
{
	assert_int_equal(fetch_store_put(lab->store, of, until_s,
					 slice_of(text, strlen(text))),
			 0);
}

static bool has(struct lab *lab, const uint8_t *of, int64_t now_s,
		const char *text)
{
	uint8_t *octets;
	size_t len;
	bool is;

	if (!fetch_store_get(lab->store, of, now_s, &octets, &len))
		return false;
	is = len == strlen(text) && memcmp(octets, text, len) == 0;
	free(octets);
	assert_true(is);
	return true;
}

static void what_was_put_is_there_after_a_start(void **state)
{
	struct lab *lab = *state;
	struct error e;
	struct stat st;

	put(lab, id, NOW_S + 1, "first");
	put(lab, id, NOW_S + 1, "second");
	fetch_store_close(lab->store);
	assert_int_equal(fetch_store_open(lab->path, &lab->store, &e), 0);
	assert_true(has(lab, id, NOW_S, "second"));
	assert_int_equal(stat(lab->file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	fetch_store_flush(lab->store);
	assert_false(has(lab, id, NOW_S, ""));
}

static void what_is_out_of_time_is_gone(void **state)
{
	struct lab *lab = *state;

	put(lab, id, NOW_S, "old");
	assert_false(has(lab, id, NOW_S, ""));
	assert_int_equal(access(lab->file, F_OK), -1);
}

static void what_is_damaged_is_none(void **state)
{
	struct lab *lab = *state;

	for (off_t at = 0; at < 53; at++) {
		uint8_t octet;
		int fd;

		put(lab, id, NOW_S + 1, "octet");
		fd = open(lab->file, O_RDWR);
		assert_int_equal(pread(fd, &octet, 1, at), 1);
		octet ^= 0x40;
		assert_int_equal(pwrite(fd, &octet, 1, at), 1);
		close(fd);
		assert_false(has(lab, id, NOW_S, ""));
	}
	for (off_t len = 0; len < 53; len++) {
		put(lab, id, NOW_S + 1, "octet");
		assert_int_equal(truncate(lab->file, len), 0);
		assert_false(has(lab, id, NOW_S, ""));
	}
}

static void what_has_anothers_name_is_none(void **state)
{
	const uint8_t other[FETCH_STORE_ID] = { 0xab, 2 };
	struct lab *lab = *state;
	char path[160];

	put(lab, other, NOW_S + 1, "other");
	snprintf(path, sizeof(path), "%s/ab02%060d", lab->path, 0);
	assert_int_equal(rename(path, lab->file), 0);
	assert_false(has(lab, id, NOW_S, ""));
}

static void link_is_not_followed(void **state)
{
	struct lab *lab = *state;
	char path[160];

	put(lab, id, NOW_S + 1, "whole");
	snprintf(path, sizeof(path), "%s/elsewhere", lab->folder);
	assert_int_equal(rename(lab->file, path), 0);
	assert_int_equal(symlink(path, lab->file), 0);
	assert_false(has(lab, id, NOW_S, ""));
	unlink(path);
}

static size_t count(const struct lab *lab)
{
	DIR *dir = opendir(lab->path);
	struct dirent *d;
	size_t n = 0;

	while ((d = readdir(dir)))
		n += d->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void those_that_end_first_make_room(void **state)
{
	struct lab *lab = *state;
	uint8_t one[FETCH_STORE_ID] = { 0 };

	for (int i = 0; i < FETCH_STORE_FILES + 2; i++) {
		one[0] = (uint8_t)(i >> 8);
		one[1] = (uint8_t)i;
		put(lab, one, NOW_S + 2000 - i, "x");
	}
	assert_int_equal(count(lab), FETCH_STORE_FILES);
	assert_true(has(lab, one, NOW_S, "x"));
	/* The last ones end first. */
	one[0] = (uint8_t)((FETCH_STORE_FILES + 0) >> 8);
	one[1] = (uint8_t)(FETCH_STORE_FILES + 0);
	assert_false(has(lab, one, NOW_S, ""));
	one[0] = one[1] = 0;
	assert_true(has(lab, one, NOW_S, "x"));
}

static void folder_that_others_write_to_is_refused(void **state)
{
	struct lab *lab = *state;
	struct fetch_store *s = NULL;
	struct error e;

	fetch_store_close(lab->store);
	lab->store = NULL;
	assert_int_equal(chmod(lab->path, 0777), 0);
	assert_int_equal(fetch_store_open(lab->path, &s, &e), -EPERM);
	assert_non_null(strstr(e.text, lab->path));
	assert_null(s);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(what_was_put_is_there_after_a_start),
		CASE(what_is_out_of_time_is_gone),
		CASE(what_is_damaged_is_none),
		CASE(what_has_anothers_name_is_none),
		CASE(link_is_not_followed),
		CASE(those_that_end_first_make_room),
		CASE(folder_that_others_write_to_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
