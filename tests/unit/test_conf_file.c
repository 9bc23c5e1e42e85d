// SPDX-License-Identifier: BSD-2-Clause
/*
 * Loading a file: what it may be, who may read and change it, and that no key
 * stays in memory, as text or in binary. Each case has a file of its own in
 * TMPDIR.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctrl/conf/conf.h"
#include "tests/unit/conf_text.h"

#define GATEWAY "gateway {\nprotected = a\nunprotected = b\n}\n"

#define NOBODY 65534 /* uid and gid */

/* In good: of each pair two directions, of each direction two keys. */
#define GOOD_KEYS 8

/*
 * Stands in for the C library's: counts the buffers that hold a key's text, or
 * a key in binary, or the secret that is text, when they are wiped.
 */
static unsigned int wiped_texts, wiped_keys, wiped_secrets;

void explicit_bzero(void *ptr, size_t len)
{
	static const unsigned char mark[] = { 0x5e, 0xc2, 0xe7 }; /* MARK */
	/* volatile: the compiler believes that this function only writes. */
	unsigned char *volatile octets = ptr;

	if (len && memmem(octets, len, MARK, strlen(MARK)))
		wiped_texts++;
	if (len && memmem(octets, len, mark, sizeof(mark)))
		wiped_keys++;
	if (len && memmem(octets, len, SECRET, strlen(SECRET)))
		wiped_secrets++;
	memset(octets, 0, len);
}

static char path[256];

static int make_file(void **state)
{
	const char *folder = getenv("TMPDIR");
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/test_conf.XXXXXX",
		 folder ? folder : "/tmp");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static void write_file(const char *text, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void assert_load_fails(int err, const char *fmt)
{
	struct config *c = (struct config *)path; /* anything but NULL */
	char expected[ERROR_MAX_BYTES];
	struct error e;

	assert_int_equal(conf_load(path, &c, &e), err);
	snprintf(expected, sizeof(expected), "%s%s", path, fmt);
	assert_string_equal(e.text, expected);
	assert_null(c);
}

static void assert_loads(void)
{
	struct config *c;
	struct error e;

	if (conf_load(path, &c, &e))
		fail_msg("%s", e.text);
	config_free(c);
}

static void forget_wiped(void)
{
	wiped_texts = 0;
	wiped_keys = 0;
	wiped_secrets = 0;
}

static void file_is_loaded_and_its_keys_are_wiped(void **state)
{
	struct config *c;
	struct error e;

	(void)state;
	write_file(good, strlen(good), 0640);
	forget_wiped();
	assert_int_equal(conf_load(path, &c, &e), 0);
	assert_int_equal(wiped_texts, 2); /* the file's octets, the tree */
	assert_int_equal(wiped_keys, 0);
	assert_string_equal(c->file, path);
	assert_string_equal(c->policies[0].place.file, path);
	assert_ptr_equal(c->policies[0].place.file, c->file);
	assert_int_equal(c->n_policies, 3);
	config_free(c);
	assert_int_equal(wiped_keys, GOOD_KEYS);
}

static void keys_are_wiped_after_a_failure(void **state)
{
	char *text = changed("= to-c", "= to-d");

	(void)state;
	write_file(text, strlen(text), 0640);
	free(text);
	forget_wiped();
	assert_load_fails(-EINVAL, ":44:12: policies.zulu.manual names no "
				   "section of manual; did you mean 'to-b'?");
	assert_int_equal(wiped_texts, 2);
	assert_int_equal(wiped_keys, GOOD_KEYS);
}

static void secrets_are_wiped(void **state)
{
	struct config *c;
	struct error e;

	(void)state;
	write_file(good_conns, strlen(good_conns), 0640);
	forget_wiped();
	assert_int_equal(conf_load(path, &c, &e), 0);
	assert_int_equal(wiped_texts, 2); /* the file's octets, the tree */
	assert_int_equal(wiped_secrets, 2);
	assert_int_equal(wiped_keys, 0);
	config_free(c);
	assert_int_equal(wiped_keys, 1);    /* the one in hexadecimal digits */
	assert_int_equal(wiped_secrets, 3); /* the one that is text */
}

static void secrets_are_wiped_after_a_failure(void **state)
{
	char *text = changed_from(good_conns, "secret = " KEY16,
				  "secret = " KEY16 "0");

	(void)state;
	write_file(text, strlen(text), 0640);
	free(text);
	forget_wiped();
	assert_load_fails(-EINVAL,
			  ":63:12: secrets.ike.secret begins with 0x, but "
			  "hexadecimal digits, two for each octet, do not "
			  "follow; a text that begins so must itself be "
			  "written in hexadecimal digits");
	assert_int_equal(wiped_texts, 2);
	assert_int_equal(wiped_secrets, 3);
}

static void file_with_secrets_that_others_may_read_is_refused(void **state)
{
	(void)state;
	write_file(good_conns, strlen(good_conns), 0644);
	assert_load_fails(-EACCES,
			  ":56:1: secrets holds keys, but the file is readable "
			  "by others (mode 0644); chmod 640");
}

static void file_with_keys_that_others_may_read_is_refused(void **state)
{
	(void)state;
	write_file(good, strlen(good), 0644);
	forget_wiped();
	assert_load_fails(-EACCES,
			  ":8:1: manual holds keys, but the file is readable "
			  "by others (mode 0644); chmod 640");
	assert_int_equal(wiped_texts, 2);
}

static void file_with_keys_that_others_may_execute_is_refused(void **state)
{
	(void)state;
	write_file(good, strlen(good), 0601);
	assert_load_fails(-EACCES,
			  ":8:1: manual holds keys, but the file is accessible "
			  "by others (mode 0601); chmod 640");
}

static void file_without_keys_may_be_readable_by_others(void **state)
{
	(void)state;
	write_file(GATEWAY, strlen(GATEWAY), 0644);
	assert_loads();
}

static void file_that_others_may_write_is_refused_also_without_keys(void **state)
{
	(void)state;
	write_file(GATEWAY, strlen(GATEWAY), 0666);
	assert_load_fails(-EACCES, ": can be changed by others (mode 0666); "
				   "chmod go-w");
	write_file(good, strlen(good), 0602);
	assert_load_fails(-EACCES, ": can be changed by others (mode 0602); "
				   "chmod go-w");
}

/* Without root a file has another group than root's from the start. */
static void file_that_its_group_may_write_is_refused(void **state)
{
	(void)state;
	write_file(GATEWAY, strlen(GATEWAY), 0664);
	if (geteuid() == 0)
		assert_int_equal(chown(path, 0, NOBODY), 0);
	assert_load_fails(-EACCES, ": can be changed by its group (mode 0664); "
				   "chmod go-w");
}

static void skip_without_root(void)
{
	if (geteuid() == 0)
		return;
	puts("skip: only root can give a file to somebody else");
	skip();
}

static void file_that_the_group_of_root_may_write_is_loaded(void **state)
{
	(void)state;
	skip_without_root();
	write_file(good, strlen(good), 0660);
	assert_int_equal(chown(path, 0, 0), 0);
	assert_loads();
}

static void file_of_somebody_else_is_refused(void **state)
{
	(void)state;
	skip_without_root();
	write_file(good, strlen(good), 0640);
	assert_int_equal(chown(path, NOBODY, 0), 0);
	assert_load_fails(-EACCES, ": belongs to uid 65534, neither root nor "
				   "the user who reads it; chown root");
}

static void file_beyond_the_limit_is_refused(void **state)
{
	char *text = calloc(1, CONF_FILE_MAX + 1);

	(void)state;
	assert_non_null(text);
	memset(text, '\n', CONF_FILE_MAX + 1);
	write_file(text, CONF_FILE_MAX + 1, 0640);
	free(text);
	assert_load_fails(-E2BIG, ": larger than 1048576 octets; is this the "
				  "configuration?");
}

static void file_that_does_not_exist_is_an_error(void **state)
{
	struct config *c;
	struct error e;

	(void)state;
	assert_int_equal(conf_load("/nonexistent/cygnet.conf", &c, &e), -ENOENT);
	assert_string_equal(e.text, "/nonexistent/cygnet.conf: can't be "
				    "opened: No such file or directory; check "
				    "path and permissions");
	assert_null(c);
}

static void folder_is_no_configuration(void **state)
{
	struct config *c;
	struct error e;

	(void)state;
	assert_int_equal(conf_load("/tmp", &c, &e), -EINVAL);
	assert_string_equal(e.text,
			    "/tmp: not a regular file; name one that is");
}

static void fifo_is_no_configuration(void **state)
{
	(void)state;
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_load_fails(-EINVAL, ": not a regular file; name one that is");
}

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, make_file, remove_file)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(file_is_loaded_and_its_keys_are_wiped),
		FILE_TEST(keys_are_wiped_after_a_failure),
		FILE_TEST(secrets_are_wiped),
		FILE_TEST(secrets_are_wiped_after_a_failure),
		FILE_TEST(file_with_secrets_that_others_may_read_is_refused),
		FILE_TEST(file_with_keys_that_others_may_read_is_refused),
		FILE_TEST(file_with_keys_that_others_may_execute_is_refused),
		FILE_TEST(file_without_keys_may_be_readable_by_others),
		FILE_TEST(
			file_that_others_may_write_is_refused_also_without_keys),
		FILE_TEST(file_that_its_group_may_write_is_refused),
		FILE_TEST(file_that_the_group_of_root_may_write_is_loaded),
		FILE_TEST(file_of_somebody_else_is_refused),
		FILE_TEST(file_beyond_the_limit_is_refused),
		FILE_TEST(fifo_is_no_configuration),
		cmocka_unit_test(file_that_does_not_exist_is_an_error),
		cmocka_unit_test(folder_is_no_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
