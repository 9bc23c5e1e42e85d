// SPDX-License-Identifier: BSD-2-Clause
/*
 * A configuration of several files: which files an include takes, what they do
 * to each other's entries, which file an error names, and that each is held to
 * the rules for owner and permissions. Each case has a folder of its own in
 * TMPDIR, with main.conf in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctrl/conf/conf.h"
#include "ctrl/conf/parse.h"
#include "tests/unit/conf_text.h"

#define GATEWAY "gateway {\nprotected = a\nunprotected = b\n}\n"

#define AUTH "local { auth = psk\n}\nremote { auth = psk\n}\n"

/* Stands in for the C library's: counts the buffers that hold a key's text. */
static unsigned int wiped_texts;

void explicit_bzero(void *ptr, size_t len)
{
	/* volatile: the compiler believes that this function only writes. */
	unsigned char *volatile octets = ptr;

	if (len && memmem(octets, len, MARK, strlen(MARK)))
		wiped_texts++;
	memset(octets, 0, len);
}

static char folder[256];

static int make_folder(void **state)
{
	const char *parent = getenv("TMPDIR");

	(void)state;
	wiped_texts = 0;
	/* '[' must not be taken as part of a pattern. */
	snprintf(folder, sizeof(folder), "%s/test_[conf].XXXXXX",
		 parent ? parent : "/tmp");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static const char *path_of(const char *name)
{
	static char path[300];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void put_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		      0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void put(const char *name, const char *text)
{
	put_file(name, text, 0640);
}

static struct config *load(void)
{
	struct config *c;
	struct error e;

	if (conf_load(path_of("main.conf"), &c, &e))
		fail_msg("%s", e.text);
	return c;
}

/* The error begins with the folder and this. */
static void assert_load_fails(int err, const char *expected)
{
	struct config *c;
	struct error e;
	char whole[ERROR_MAX_BYTES + 300];

	assert_int_equal(conf_load(path_of("main.conf"), &c, &e), err);
	snprintf(whole, sizeof(whole), "%s/%s", folder, expected);
	assert_string_equal(e.text, whole);
	assert_null(c);
}

/* --- which files */

static void relative_name_counts_from_the_including_file(void **state)
{
	struct config *c;

	(void)state;
	assert_int_equal(mkdir(path_of("sub"), 0700), 0);
	put("main.conf", "include sub/a.conf\n");
	put("sub/a.conf", "include b.conf");
	put("sub/b.conf", GATEWAY);
	c = load();
	assert_int_equal(c->gateway.n_ifaces, 2);
	assert_int_equal(c->n_included, 2);
	assert_string_equal(c->file, path_of("main.conf"));
	assert_string_equal(c->included[0], path_of("sub/a.conf"));
	assert_string_equal(c->included[1], path_of("sub/b.conf"));
	assert_ptr_equal(c->gateway.ifaces[0].place.file, c->included[1]);
	assert_int_equal(c->gateway.ifaces[0].place.line, 2);
	config_free(c);
}

static void absolute_name_is_taken(void **state)
{
	struct config *c;
	char text[320];

	(void)state;
	snprintf(text, sizeof(text), "include %s\n", path_of("a.conf"));
	/* In the operator's own pattern '[' is what it is in a shell. */
	*strchr(text, '[') = '?';
	*strchr(text, ']') = '?';
	put("main.conf", text);
	put("a.conf", GATEWAY);
	c = load();
	assert_string_equal(c->included[0], path_of("a.conf"));
	config_free(c);
}

static void pattern_takes_files_in_the_order_of_their_names(void **state)
{
	struct config *c;

	(void)state;
	put("main.conf", GATEWAY "connections {\ninclude c?*.conf\n}\n");
	put("c10.conf", "ten {\n" AUTH "}\n");
	put("c2.conf", "two {\n" AUTH "}\n");
	put("c1.conf", "one {\n" AUTH "}\n");
	put("C3.conf", "three {\n" AUTH "}\n");
	c = load();
	assert_int_equal(c->n_conns, 3);
	assert_string_equal(c->conns[0].name, "one");
	assert_string_equal(c->conns[1].name, "ten");
	assert_string_equal(c->conns[2].name, "two");
	config_free(c);
}

static void pattern_may_match_nothing(void **state)
{
	struct config *c;

	(void)state;
	put("main.conf", GATEWAY "include x*.conf\ninclude \"?x\" # none\n");
	c = load();
	assert_int_equal(c->n_included, 0);
	config_free(c);
}

static void quoted_name_may_have_blanks(void **state)
{
	(void)state;
	put("main.conf", "include \"a b.conf\"");
	put("a b.conf", GATEWAY);
	config_free(load());
}

static void include_may_end_with_its_section(void **state)
{
	(void)state;
	put("main.conf", "gateway { include a.conf }\n");
	put("a.conf", "protected = a\nunprotected = b");
	config_free(load());
}

/* --- what files do to each other's entries */

static void included_file_extends_and_overrides(void **state)
{
	struct config *c;

	(void)state;
	put("main.conf", GATEWAY "connections {\nmoon {\n" AUTH
				 "dpd_delay = 1\nkeyingtries = 1\n}\n}\n"
				 "include a.conf\n");
	put("a.conf", "connections { moon {\ndpd_delay = 2 \nencap = yes\n"
		      "children { net { } } } }\n");
	c = load();
	assert_int_equal(c->n_conns, 1);
	assert_int_equal(c->conns[0].dpd_delay, 2);
	assert_int_equal(c->conns[0].keyingtries, 1);
	assert_true(c->conns[0].encap);
	assert_int_equal(c->conns[0].n_children, 1);
	config_free(c);
}

static void including_file_overrides_what_it_included(void **state)
{
	struct config *c;

	(void)state;
	put("main.conf", "include a.conf\ngateway {\ndefault = discard\n}\n");
	put("a.conf", GATEWAY "gateway {\ndefault = bypass\n}\n");
	c = load();
	assert_int_equal(c->gateway.default_action, SPD_DISCARD);
	config_free(c);
}

static void error_in_an_overriding_value_names_its_file(void **state)
{
	(void)state;
	put("main.conf", GATEWAY "gateway {\ndefault = bypass\n}\n"
				 "include a.conf\n");
	put("a.conf", "\ngateway {\ndefault = \"drop\"\n}\n");
	assert_load_fails(-EINVAL, "a.conf:3:12: gateway.default must be "
				   "bypass or discard");
}

static void name_used_twice_in_an_included_file_is_refused(void **state)
{
	(void)state;
	put("main.conf", GATEWAY "connections {\nmoon {\n" AUTH "}\n}\n"
				 "include a.conf\n");
	put("a.conf", "\n\nconnections {\nmoon { }\nmoon { }\n}\n");
	assert_load_fails(-EINVAL, "a.conf:5:1: connections.moon is used "
				   "twice, first at line 4; give each section "
				   "a name of its own");
}

static void key_used_twice_in_an_included_file_is_refused(void **state)
{
	(void)state;
	put("main.conf", "include a.conf\n");
	put("a.conf", GATEWAY "gateway {\nprotected = c\n}\n");
	assert_load_fails(-EINVAL, "a.conf:6:1: gateway.protected is used "
				   "twice, first at line 2; remove one");
}

static void same_file_may_be_included_in_many_places(void **state)
{
	struct config *c;

	(void)state;
	put("main.conf", GATEWAY "connections {\nmoon {\ninclude auth.conf\n}\n"
				 "sun {\ninclude auth.conf\n}\n}\n");
	put("auth.conf", AUTH);
	c = load();
	assert_int_equal(c->n_conns, 2);
	config_free(c);
}

/* --- mistakes */

static void error_names_the_included_file(void **state)
{
	(void)state;
	put("main.conf", GATEWAY "include a.conf\n");
	put("a.conf", "\npolices { }\n");
	assert_load_fails(-EINVAL, "a.conf:2:1: unknown section 'polices'; did "
				   "you mean 'policies'?");
}

static void error_behind_an_include_names_the_including_file(void **state)
{
	(void)state;
	put("main.conf", "include a.conf\npolices { }\n");
	put("a.conf", GATEWAY);
	assert_load_fails(-EINVAL, "main.conf:2:1: unknown section 'polices'; "
				   "did you mean 'policies'?");
}

static void section_may_not_end_in_another_file(void **state)
{
	(void)state;
	put("main.conf", GATEWAY "policies {\ninclude a.conf\n");
	put("a.conf", "}\n");
	assert_load_fails(-EINVAL,
			  "a.conf:1:1: '}' closes no section; remove it");
	put("a.conf", "p {\n");
	assert_load_fails(-EINVAL, "a.conf:1:1: section 'p' is not closed; add "
				   "a '}'");
}

static void file_that_is_not_there_is_refused(void **state)
{
	(void)state;
	put("main.conf", GATEWAY " include a.conf\n");
	assert_load_fails(-EINVAL, "main.conf:5:2: include names a file that is "
				   "not there or can't be read; a relative "
				   "name counts from this file's folder");
}

static void folder_that_is_not_there_is_refused(void **state)
{
	(void)state;
	put("main.conf", GATEWAY "include conf.d/*.conf\n");
	assert_load_fails(-EINVAL, "main.conf:5:1: include names a folder that "
				   "is not there or can't be read; a relative "
				   "name counts from this file's folder");
}

static void folder_is_no_file(void **state)
{
	(void)state;
	put("main.conf", GATEWAY "include sub\n");
	assert_int_equal(mkdir(path_of("sub"), 0700), 0);
	assert_load_fails(-EINVAL, "sub: not a regular file; name one that is");
}

static void include_without_a_name_is_refused(void **state)
{
	(void)state;
	put("main.conf", GATEWAY "include # a.conf\n");
	assert_load_fails(-EINVAL, "main.conf:5:1: include names no file; "
				   "write include FILE");
	put("main.conf", GATEWAY "include \"\"\n");
	assert_load_fails(-EINVAL, "main.conf:5:1: include names no file; "
				   "write include FILE");
}

static void include_of_two_names_is_refused(void **state)
{
	(void)state;
	put("main.conf", GATEWAY "include a.conf b.conf\n");
	assert_load_fails(-EINVAL, "main.conf:5:16: include takes one name; "
				   "write a line for each, and \"...\" around "
				   "a name with blanks");
}

static void file_that_includes_itself_is_refused(void **state)
{
	(void)state;
	put("main.conf", GATEWAY "include main.conf\n");
	assert_load_fails(-E2BIG, "main.conf:5:1: files that include files, "
				  "more than 10 deep; does one include itself?");
}

static void files_beyond_the_limit_are_refused(void **state)
{
	char text[INCLUDE_FILES_MAX * 10 + 64] = GATEWAY;
	size_t len = strlen(text);

	(void)state;
	put("a", "");
	for (unsigned int i = 1; i < INCLUDE_FILES_MAX; i++, len += 10)
		strcpy(text + len, "include a\n");
	put("main.conf", text);
	config_free(load());
	strcpy(text + len, "include a\n");
	put("main.conf", text);
	assert_load_fails(-E2BIG, "main.conf:260:1: more than 256 files; put "
				  "some together");
}

static void included_file_beyond_the_limit_of_octets_is_refused(void **state)
{
	char *text = calloc(1, CONF_FILE_MAX + 2);

	(void)state;
	assert_non_null(text);
	memset(text, '\n', CONF_FILE_MAX + 1);
	put("main.conf", GATEWAY "include a.conf\n");
	put("a.conf", text);
	free(text);
	assert_load_fails(-E2BIG, "a.conf: larger than 1048576 octets; is this "
				  "the configuration?");
}

static void nesting_goes_on_in_an_included_file(void **state)
{
	char text[TREE_DEPTH_MAX * 4] = "";

	(void)state;
	for (unsigned int i = 1; i < TREE_DEPTH_MAX; i++)
		strcat(text, "s{");
	strcat(text, "s{");
	put("main.conf", "a {\ninclude a.conf\n}\n");
	put("a.conf", text);
	assert_load_fails(-E2BIG, "a.conf:1:31: sections nested deeper than "
				  "16; flatten them");
}

/* --- owner, permissions, keys */

#define SECRETS "secrets {\nike {\nsecret = " KEY16 "\n}\n}\n"

static void included_file_that_others_may_write_is_refused(void **state)
{
	(void)state;
	put("main.conf", GATEWAY "include a.conf\n");
	put_file("a.conf", "", 0666);
	assert_load_fails(-EACCES, "a.conf: can be changed by others (mode "
				   "0666); chmod go-w");
}

static void included_file_with_keys_that_others_may_read_is_refused(void **state)
{
	(void)state;
	put("main.conf", GATEWAY "include a.conf\n");
	put_file("a.conf", SECRETS, 0644);
	assert_load_fails(-EACCES, "a.conf:1:1: secrets holds keys, but the "
				   "file is readable by others (mode 0644); "
				   "chmod 640");
	assert_int_equal(wiped_texts, 2); /* the file's octets, the tree */
}

static void keys_in_the_section_of_another_file_are_seen(void **state)
{
	(void)state;
	put("main.conf", GATEWAY "secrets {\ninclude a.conf\n}\n");
	put_file("a.conf", "ike {\nsecret = " KEY16 "\n}\n", 0644);
	assert_load_fails(-EACCES, "a.conf:2:1: secrets holds keys, but the "
				   "file is readable by others (mode 0644); "
				   "chmod 640");
}

static void file_without_the_keys_may_be_readable_by_others(void **state)
{
	(void)state;
	put_file("main.conf", GATEWAY "secrets {\ninclude a.conf\n}\n", 0644);
	put("a.conf", "ike {\nsecret = " KEY16 "\n}\n");
	config_free(load());
}

static void keys_of_every_file_are_wiped(void **state)
{
	(void)state;
	put("main.conf", GATEWAY "include a.conf\n" SECRETS);
	put("a.conf", "secrets {\nike-2 {\nsecret = " KEY16 "\n}\n}\n"
		      "include b.conf\n");
	put("b.conf", "secrets {\nike-2 {\nsecret = " KEY16 "\n}\n}\n"
		      "polices { }\n");
	assert_load_fails(-EINVAL, "b.conf:6:1: unknown section 'polices'; did "
				   "you mean 'policies'?");
	assert_int_equal(wiped_texts, 6); /* three files, three parts of a tree */
}

#define FOLDER_TEST(f) \
	cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLDER_TEST(relative_name_counts_from_the_including_file),
		FOLDER_TEST(absolute_name_is_taken),
		FOLDER_TEST(pattern_takes_files_in_the_order_of_their_names),
		FOLDER_TEST(pattern_may_match_nothing),
		FOLDER_TEST(quoted_name_may_have_blanks),
		FOLDER_TEST(include_may_end_with_its_section),
		FOLDER_TEST(included_file_extends_and_overrides),
		FOLDER_TEST(including_file_overrides_what_it_included),
		FOLDER_TEST(error_in_an_overriding_value_names_its_file),
		FOLDER_TEST(name_used_twice_in_an_included_file_is_refused),
		FOLDER_TEST(key_used_twice_in_an_included_file_is_refused),
		FOLDER_TEST(same_file_may_be_included_in_many_places),
		FOLDER_TEST(error_names_the_included_file),
		FOLDER_TEST(error_behind_an_include_names_the_including_file),
		FOLDER_TEST(section_may_not_end_in_another_file),
		FOLDER_TEST(file_that_is_not_there_is_refused),
		FOLDER_TEST(folder_that_is_not_there_is_refused),
		FOLDER_TEST(folder_is_no_file),
		FOLDER_TEST(include_without_a_name_is_refused),
		FOLDER_TEST(include_of_two_names_is_refused),
		FOLDER_TEST(file_that_includes_itself_is_refused),
		FOLDER_TEST(files_beyond_the_limit_are_refused),
		FOLDER_TEST(included_file_beyond_the_limit_of_octets_is_refused),
		FOLDER_TEST(nesting_goes_on_in_an_included_file),
		FOLDER_TEST(included_file_that_others_may_write_is_refused),
		FOLDER_TEST(
			included_file_with_keys_that_others_may_read_is_refused),
		FOLDER_TEST(keys_in_the_section_of_another_file_are_seen),
		FOLDER_TEST(file_without_the_keys_may_be_readable_by_others),
		FOLDER_TEST(keys_of_every_file_are_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
