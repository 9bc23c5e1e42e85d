// SPDX-License-Identifier: BSD-2-Clause
/*
 * Private keys of a configuration: their sections, and the files in the folders
 * beside it, made by the openssl command in a folder of the test's.
 */
#include <errno.h>
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

#include "ctrl/conf/conf.h"
#include "ctrl/conf/key_files.h"
#include "tests/support/openssl.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define GATEWAY	     "gateway {\nunprotected = b\n}\n" /* three lines */

/* --- sections */

static int parse(const char *secrets, struct config **c, struct error *e)
{
	char text[2048];

	snprintf(text, sizeof(text), "%ssecrets {\n%s\n}\n", GATEWAY, secrets);
	return conf_parse("f", slice_of(text, strlen(text)), c, e);
}

static void section_of_each_kind_is_read(void **state)
{
	struct config *c;
	struct error e;

	(void)state;
	assert_int_equal(parse("private { file = a.pem\n }\n"
			       "rsa-1 { file = b\n secret = \"0x 12\"\n }\n"
			       "ike-x { secret = shared\n }\n"
			       "ecdsa { file = /c\n }\n"
			       "pkcs8-x { file = sub/d\n }\n"
			       "pkcs12 { secret = e\n file = e.p12\n }",
			       &c, &e),
			 0);
	assert_int_equal(c->n_keys, 5);
	assert_int_equal(c->n_psks, 1);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(c->keys[i].folder, i);
	assert_string_equal(c->keys[0].name, "private");
	assert_string_equal(c->keys[0].file, "a.pem");
	assert_int_equal(c->keys[0].passphrase.len, 0);
	assert_int_equal(c->keys[0].place.line, 5);
	/* A passphrase is a text, whatever it looks like. */
	assert_int_equal(c->keys[1].passphrase.len, 5);
	assert_memory_equal(c->keys[1].passphrase.octets, "0x 12", 5);
	assert_string_equal(c->keys[2].file, "/c");
	assert_string_equal(c->keys[4].name, "pkcs12");
	assert_string_equal(c->keys[4].file, "e.p12");
	config_free(c);
}

#define X16  "xxxxxxxxxxxxxxxx"
#define X256 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16

static const struct {
	const char *secrets;
	const char *error;
} refused[] = {
	{ "private-a { secret = hunter2\n }",
	  "f:5:1: secrets.private-a.file is missing; it must be the name of a "
	  "file in the folder of that kind, such as private/, or an absolute "
	  "path" },
	{ "rsa { file = \"\"\n }",
	  "f:5:15: secrets.rsa.file is empty; it must be the name of a file in "
	  "the folder of that kind, such as private/, or an absolute path" },
	{ "rsa { file = " X256 "\n }",
	  "f:5:14: secrets.rsa.file is longer than 255 octets; move the file" },
	{ "pkcs8 { file = a\n secret = " X256 "\n }",
	  "f:6:11: secrets.pkcs8.secret is longer than 255 octets; encrypt the "
	  "key with a shorter one" },
	{ "pkcs8 { file = a\n secret = \"\"\n }",
	  "f:6:12: secrets.pkcs8.secret is empty; it must be the passphrase with "
	  "which the file is encrypted" },
	{ "pkcs12 { file = a\n hunter2 = b\n }",
	  "f:6:2: unknown key of 7 octets in secrets.pkcs12; known are file, "
	  "secret" },
	{ "ecdsa { file = a\n file = b\n }",
	  "f:6:2: secrets.ecdsa.file is used twice, first at line 5; remove one" },
	{ "ecdsa { file = a\n }\necdsa { file = b\n }",
	  "f:7:1: secrets.ecdsa is used twice, first at line 5; give each "
	  "section a name of its own" },
	{ "private = a",
	  "f:5:11: secrets.private must be a section with file and secret" },
};

static void section_that_is_wrong_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct config *c;
		struct error e;

		assert_int_equal(parse(refused[i].secrets, &c, &e), -EINVAL);
		assert_string_equal(e.text, refused[i].error);
	}
}

/* --- files */

struct told {
	size_t keys, certificates, warnings;
	char path[8][256];
	char warning[8][512];
	int answer;
};

static int on_key(void *ctx, struct private_key *key, const char *path,
		  struct error *e)
{
	struct told *t = ctx;

	assert_true(t->keys < 8);
	assert_non_null(private_key_public(key));
	private_key_free(key);
	snprintf(t->path[t->keys++], sizeof(t->path[0]), "%s", path);
	return t->answer ? error_set(e, t->answer, "no room") : 0;
}

static void on_certificate(void *ctx, const char *path, struct slice der)
{
	struct told *t = ctx;

	assert_int_equal(der.ptr[0], 0x30);
	assert_non_null(strstr(path, "/pkcs12/"));
	t->certificates++;
}

static void on_warn(void *ctx, const char *text)
{
	struct told *t = ctx;

	assert_true(t->warnings < 8);
	snprintf(t->warning[t->warnings++], sizeof(t->warning[0]), "%s", text);
}

/* The folder, without what it is in, as the test is anywhere. */
static char folder[64];

static void run(const char *command)
{
	assert_int_equal(system(command), 0);
}

static int setup(void **state)
{
	*state = NULL;
	openssl_begin();
	openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec");
	openssl("genpkey -algorithm ED25519 -out ed");
	openssl("pkcs8 -topk8 -v2 aes256 -passout pass:secret -in ec -out enc");
	openssl("req -x509 -new -key ec -subj /CN=moon -out cert");
	openssl("pkcs12 -export -inkey ec -in cert -passout pass:secret -out p12");
	openssl("pkcs12 -export -inkey ec -in cert -passout pass: -out open");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	openssl_end();
	return 0;
}

/* A file of the openssl command's in the folder DIR of the test's. */
static void place_at(const char *made, const char *where, mode_t mode)
{
	char path[512];
	const uint8_t *octets;
	size_t len;
	FILE *f;

	octets = openssl_get(made, &len);
	assert_non_null(octets);
	snprintf(path, sizeof(path), "%s/%s", folder, where);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(octets, 1, len, f), len);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static int make_folder(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char command[512];

	(void)state;
	snprintf(folder, sizeof(folder), "%s/test_conf_key.XXXXXX",
		 tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(folder));
	snprintf(command, sizeof(command),
		 "mkdir %s/private %s/rsa %s/ecdsa %s/pkcs8 %s/pkcs12 %s/more "
		 "%s/more/private",
		 folder, folder, folder, folder, folder, folder, folder);
	run(command);
	return 0;
}

static int remove_folder(void **state)
{
	char command[512];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	run(command);
	return 0;
}

static void write_text(const char *name, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, 0600), 0);
}

/* With these secrets in FOLDER/main, which includes two of FOLDER/more. */
static int read_keys(const char *secrets, struct told *t, struct error *e)
{
	const struct key_files_calls calls = { on_key, on_certificate, on_warn,
					       t };
	char path[512], text[2048];
	struct config *c;
	int err;

	snprintf(text, sizeof(text),
		 "%sinclude more/*.conf\nsecrets {\n%s\n}\n", GATEWAY, secrets);
	write_text("main", text);
	write_text("more/1.conf", "secrets {\nike { secret = x\n }\n }\n");
	write_text("more/2.conf", "charon { }\n");
	snprintf(path, sizeof(path), "%s/main", folder);
	if (conf_load(path, &c, e))
		fail_msg("%s", e->text);
	err = key_files_read(c, &calls, e);
	for (size_t i = 0; i < c->n_keys; i++)
		assert_int_equal(c->keys[i].passphrase.len, 0);
	config_free(c);
	return err;
}

static void assert_read(const char *secrets, struct told *t, size_t keys,
			size_t warnings)
{
	struct error e;

	memset(t, 0, sizeof(*t));
	if (read_keys(secrets, t, &e))
		fail_msg("%s", e.text);
	if (t->warnings != warnings)
		fail_msg("%zu warnings: %s", t->warnings, t->warning[0]);
	assert_int_equal(t->keys, keys);
}

/* Is it the text, where @ is the folder? */
static void assert_text(const char *text, const char *wanted)
{
	char expected[1024];
	size_t len = 0;

	for (; *wanted; wanted++)
		len += (size_t)snprintf(expected + len, sizeof(expected) - len,
					*wanted == '@' ? "%s" : "%.1s",
					*wanted == '@' ? folder : wanted);
	assert_string_equal(text, expected);
}

static void assert_fails(const char *secrets, int err, const char *wanted)
{
	struct told t = { .keys = 0 };
	struct error e;

	assert_int_equal(read_keys(secrets, &t, &e), err);
	assert_text(e.text, wanted);
}

static void assert_warning(const struct told *t, const char *wanted)
{
	assert_text(t->warning[0], wanted);
}

static void keys_of_folders_need_no_section(void **state)
{
	struct told t;

	(void)state;
	place_at("ec", "private/b.pem", 0600);
	place_at("ed", "private/a.pem", 0600);
	place_at("ec", "ecdsa/c", 0640);
	place_at("ed", "pkcs8/d", 0600);
	place_at("open", "pkcs12/e", 0600);
	place_at("ed", "more/private/f", 0600);
	place_at("ed", "private/.hidden", 0600);
	assert_read("", &t, 6, 0);
	assert_string_equal(t.path[0] + strlen(folder), "/private/a.pem");
	assert_string_equal(t.path[1] + strlen(folder), "/private/b.pem");
	assert_string_equal(t.path[2] + strlen(folder), "/more/private/f");
	assert_int_equal(t.certificates, 1);
}

static void section_opens_what_is_encrypted(void **state)
{
	struct told t;

	(void)state;
	place_at("enc", "private/enc", 0600);
	place_at("enc", "more/private/enc2", 0600);
	place_at("p12", "pkcs12/p12", 0600);
	assert_read("private-1 { file = enc\n secret = secret\n }\n"
		    "private-2 { file = enc2\n secret = secret\n }\n"
		    "pkcs12 { file = p12\n secret = secret\n }",
		    &t, 3, 0);
	assert_int_equal(t.certificates, 1);
}

static void section_may_name_a_file_by_its_path(void **state)
{
	char secrets[128];
	struct told t;

	(void)state;
	place_at("enc", "more/enc", 0600);
	snprintf(secrets, sizeof(secrets),
		 "private { file = %s/more/enc\n secret = secret\n }", folder);
	assert_read(secrets, &t, 1, 0);
}

static void what_can_not_be_taken_of_a_folder_is_told(void **state)
{
	struct told t;

	(void)state;
	place_at("ed", "private/good", 0600);
	place_at("enc", "private/enc", 0600);
	assert_read("", &t, 1, 1);
	assert_warning(&t, "@/private/enc: it is encrypted; give its passphrase "
			   "in a section secrets.private* or secrets.pkcs12*");
	place_at("cert", "private/enc", 0600);
	assert_read("", &t, 1, 1);
	assert_warning(&t, "@/private/enc: it is no private key in PEM or DER, "
			   "or a damaged one; look at it with openssl pkey");
	place_at("ed", "private/enc", 0622);
	assert_read("", &t, 1, 1);
	assert_warning(&t, "@/private/enc: can be changed by others (mode "
			   "0622); chmod go-w");
	place_at("ed", "private/enc", 0644);
	assert_read("", &t, 2, 1);
	assert_warning(&t, "@/private/enc: a private key that others may read "
			   "(mode 0644); chmod 600");
	place_at("ec", "private/enc", 0600);
	place_at("ec", "rsa/ec", 0600);
	assert_read("", &t, 2, 1);
	assert_warning(&t, "@/rsa/ec: the key is of another type than those of "
			   "the folder rsa; move it to private");
}

static void huge_file_is_no_key(void **state)
{
	char path[512];
	struct told t;

	(void)state;
	place_at("ed", "private/huge", 0600);
	snprintf(path, sizeof(path), "%s/private/huge", folder);
	assert_int_equal(truncate(path, KEY_FILE_MAX), 0);
	assert_read("", &t, 1, 0); /* what is behind it is not looked at */
	assert_int_equal(truncate(path, KEY_FILE_MAX + 1), 0);
	assert_read("", &t, 0, 1);
	assert_warning(&t, "@/private/huge: longer than 65536 octets; name a "
			   "private key's file");
}

/* Who would open a FIFO would wait. */
static void what_is_no_file_is_left(void **state)
{
	char path[512];
	struct told t;

	(void)state;
	snprintf(path, sizeof(path), "%s/private/fifo", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_read("", &t, 0, 1);
	assert_warning(&t,
		       "@/private/fifo: not a regular file; name one that is");
	snprintf(path, sizeof(path), "%s/private/folder", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_read("", &t, 0, 1);
}

static void section_that_can_not_be_followed_is_an_error(void **state)
{
	(void)state;
	assert_fails("private { file = none\n }", -ENOENT,
		     "@/main:6:1: secrets.private.file: there is no "
		     "@/private/none; put the key there, or write an absolute "
		     "path");
	place_at("enc", "private/enc", 0600);
	assert_fails("\tprivate-x { file = enc\n }", -ENOKEY,
		     "@/main:6:2: secrets.private-x.file: @/private/enc: it "
		     "is encrypted; give its passphrase in a section "
		     "secrets.private* or secrets.pkcs12*");
	assert_fails("private-x { file = enc\n secret = wrong\n }",
		     -EKEYREJECTED,
		     "@/main:6:1: secrets.private-x.file: @/private/enc: its "
		     "passphrase is wrong; correct it in the section in secrets "
		     "that names the file");
	place_at("cert", "pkcs12/p12", 0600);
	assert_fails("pkcs12 { file = p12\n secret = wrong\n }", -EBADMSG,
		     "@/main:6:1: secrets.pkcs12.file: @/pkcs12/p12: it is no "
		     "private key in PEM or DER, or a damaged one; look at it "
		     "with openssl pkey");
	place_at("ed", "ecdsa/ed", 0600);
	assert_fails("ecdsa { file = ed\n }", -EINVAL,
		     "@/main:6:1: secrets.ecdsa.file: @/ecdsa/ed: the key is "
		     "of another type than those of the folder ecdsa; move it "
		     "to private");
	place_at("ed", "private/open", 0662);
	assert_fails("private { file = open\n }", -EACCES,
		     "@/main:6:1: secrets.private.file: @/private/open: can "
		     "be changed by others (mode 0662); chmod go-w");
}

static void key_that_nobody_takes_is_an_error(void **state)
{
	struct told t = { .answer = -E2BIG };
	struct error e;

	(void)state;
	place_at("ed", "private/ed", 0600);
	assert_int_equal(read_keys("private { file = ed\n }", &t, &e), -E2BIG);
	assert_non_null(strstr(e.text, "no room"));
	assert_int_equal(t.keys, 1);
}

#define FILES(name) \
	cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(section_of_each_kind_is_read),
		cmocka_unit_test(section_that_is_wrong_is_refused),
		FILES(keys_of_folders_need_no_section),
		FILES(section_opens_what_is_encrypted),
		FILES(section_may_name_a_file_by_its_path),
		FILES(what_can_not_be_taken_of_a_folder_is_told),
		FILES(huge_file_is_no_key),
		FILES(what_is_no_file_is_left),
		FILES(section_that_can_not_be_followed_is_an_error),
		FILES(key_that_nobody_takes_is_an_error),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
