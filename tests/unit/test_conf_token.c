// SPDX-License-Identifier: BSD-2-Clause
/* Keys in tokens as a configuration names them, and the modules to reach them by. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/conf/conf.h"
#include "ctrl/model/token.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define GATEWAY	     "gateway {\nunprotected = b\n}\n" /* three lines */

/* Of charon.plugins.pkcs11.modules and of secrets, which begins in line 15 at the earliest. */
static int parse(const char *modules, const char *secrets, struct config **c,
		 struct error *e)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 GATEWAY "charon {\nplugins {\npkcs11 {\nload = yes\n"
			 "modules {\n%s\n}\n}\n}\n}\nsecrets {\n%s\n}\n",
		 modules, secrets);
	return conf_parse("f", slice_of(text, strlen(text)), c, e);
}

#define SOFT "soft {\npath = /m.so\nload_certs = no\n}"

static void section_is_read(void **state)
{
	static const uint8_t handle[] = { 0x0a, 0xbc, 0x01 };
	struct config *c;
	struct error e;

	(void)state;
	assert_int_equal(parse(SOFT,
			       "token { handle = 0xABC0\n }\n"
			       "token-1 { handle = 0a:bC:01\n slot = 0x10\n "
			       "module = soft\n pin = \"0x 12\"\n }\n"
			       "private { file = a\n }\n"
			       "ike-x { secret = shared\n }",
			       &c, &e),
			 0);
	assert_int_equal(c->n_modules, 1);
	assert_string_equal(c->modules[0].name, "soft");
	assert_string_equal(c->modules[0].path, "/m.so");
	assert_int_equal(c->n_tokens, 2);
	assert_int_equal(c->n_keys, 1);
	assert_int_equal(c->n_psks, 1);
	assert_string_equal(c->tokens[0].name, "token");
	assert_string_equal(c->tokens[0].module, "");
	assert_int_equal(c->tokens[0].handle_len, 2);
	assert_false(c->tokens[0].has_slot);
	assert_int_equal(c->tokens[0].pin.len, 0);
	assert_int_equal(c->tokens[0].place.line, 18);
	assert_int_equal(c->tokens[1].handle_len, 3);
	assert_memory_equal(c->tokens[1].handle, handle, 3);
	assert_true(c->tokens[1].has_slot);
	assert_int_equal(c->tokens[1].slot, 16);
	/* A PIN is a text, whatever it looks like. */
	assert_int_equal(c->tokens[1].pin.len, 5);
	assert_memory_equal(c->tokens[1].pin.octets, "0x 12", 5);
	assert_ptr_equal(token_module_find(c, "", &e), &c->modules[0]);
	config_free(c);
}

#define X16 "xxxxxxxxxxxxxxxx"
#define H64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *modules, *secrets, *error;
} refused[] = {
	{ SOFT, "token { pin = hunter2\n }",
	  "f:18:1: secrets.token.handle is missing; it must be " FORM_TOKEN_HANDLE },
	{ SOFT, "token { handle = 0\n }",
	  "f:18:18: secrets.token.handle must be " FORM_TOKEN_HANDLE },
	{ SOFT, "token { handle = 0x\n }",
	  "f:18:18: secrets.token.handle must be " FORM_TOKEN_HANDLE },
	{ SOFT, "token { handle = 01:\n }",
	  "f:18:18: secrets.token.handle must be " FORM_TOKEN_HANDLE },
	{ SOFT, "token { handle = " H64 H64 "00\n }",
	  "f:18:18: secrets.token.handle must be " FORM_TOKEN_HANDLE },
	{ SOFT, "token { handle = 01\n slot = -1\n }",
	  "f:19:9: secrets.token.slot must be " FORM_TOKEN_SLOT },
	{ SOFT, "token { handle = 01\n slot = 2147483648\n }",
	  "f:19:9: secrets.token.slot must be " FORM_TOKEN_SLOT },
	{ SOFT, "token { handle = 01\n pin = " X16 X16 "x\n }",
	  "f:19:8: secrets.token.pin must be " FORM_TOKEN_PIN },
	{ SOFT, "token { handle = 01\n hunter2 = 1\n }",
	  "f:19:2: unknown key of 7 octets in secrets.token; known are handle, "
	  "slot, module, pin" },
	{ SOFT, "token { handle = 01\n module = hard\n }",
	  "f:19:11: secrets.token.module names none: there is no module of that "
	  "name; write its path into a section of charon.plugins.pkcs11.modules" },
	{ "", "token { handle = 01\n }",
	  "f:15:1: secrets.token.module is missing, and there is no module to "
	  "reach the token by; write its path into a section of "
	  "charon.plugins.pkcs11.modules" },
	{ SOFT "\nhard {\npath = /h\n}", "token { handle = 01\n }",
	  "f:21:1: secrets.token.module is missing, and there are several "
	  "modules; name one of the sections of charon.plugins.pkcs11.modules" },
	{ "soft {\npath = m.so\n}", "",
	  "f:10:8: charon.plugins.pkcs11.modules.soft.path must be an absolute "
	  "path" },
	{ "soft {\n}", "",
	  "f:9:1: charon.plugins.pkcs11.modules.soft.path is missing; it must be "
	  "an absolute path" },
	{ "path = /m.so", "",
	  "f:9:1: unknown key 'path' in charon.plugins.pkcs11.modules; it must be "
	  "a section of named sections, one for each module" },
	{ "}\nmodule {\n", "",
	  "f:10:1: unknown section 'module' in charon.plugins.pkcs11; did you "
	  "mean 'modules'?" },
};

static void what_is_wrong_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct config *c;
		struct error e;

		assert_int_equal(parse(refused[i].modules, refused[i].secrets,
				       &c, &e),
				 -EINVAL);
		assert_string_equal(e.text, refused[i].error);
	}
}

static void more_than_there_is_room_for_are_refused(void **state)
{
	char text[2048] = "";
	size_t len = 0;
	struct config *c;
	struct error e;

	(void)state;
	for (unsigned int i = 0; i <= TOKENS_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"token-%u { handle = 01\n }\n", i);
	assert_int_equal(parse(SOFT, text, &c, &e), -E2BIG);
	assert_non_null(strstr(e.text, "more than 16 sections token*"));
	len = 0;
	for (unsigned int i = 0; i <= TOKEN_MODULES_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"m%u { path = /m\n }\n", i);
	assert_int_equal(parse(text, "", &c, &e), -E2BIG);
	assert_non_null(strstr(e.text, "modules holds more than 16 sections"));
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(section_is_read),
		cmocka_unit_test(what_is_wrong_is_refused),
		cmocka_unit_test(more_than_there_is_room_for_are_refused),
	};

	return cmocka_run_group_tests_name("conf_token", cases, NULL, NULL);
}
