// SPDX-License-Identifier: BSD-2-Clause
/* load-token's message; and PINs that were refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/control/load_token.h"
#include "ctrl/control/vici.h"
#include "ctrl/daemon/refused_pins.h"
#include "ctrl/model/token.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* "KEY=VALUE", or "[" behind the name of a list. */
static void put(struct vici_builder *b, const char *text)
{
	char key[16];

	snprintf(key, sizeof(key), "%.*s", (int)strcspn(text, "=["), text);
	if (text[strlen(key)] == '[') {
		vici_list(b, key);
		vici_list_end(b);
	} else {
		vici_str(b, key, text + strlen(key) + 1);
	}
}

static int read_of(const char *const elements[4], struct token_conf *out,
		   struct error *e)
{
	struct vici_builder q;
	struct vici_packet packet;
	int err;

	vici_start(&q, VICI_CMD_REQUEST, "load-token");
	for (size_t i = 0; i < 4 && elements[i]; i++)
		put(&q, elements[i]);
	assert_true(vici_finish(&q));
	assert_true(vici_packet_parse(slice_of(q.ptr + 4, q.len - 4), &packet));
	err = load_token_read(packet.body, out, e);
	vici_builder_free(&q);
	return err;
}

static void message_of_swanctl_is_read(void **state)
{
	static const char *const all[4] = { "handle=0a01", "slot=7", "module=m",
					    "pin=1234" };
	static const char *const least[4] = { "handle=ff" };
	struct token_conf t;
	struct error e;

	(void)state;
	assert_int_equal(read_of(all, &t, &e), 0);
	assert_int_equal(t.handle_len, 2);
	assert_memory_equal(t.handle, "\x0a\x01", 2);
	assert_true(t.has_slot);
	assert_int_equal(t.slot, 7);
	assert_string_equal(t.module, "m");
	assert_int_equal(t.pin.len, 4);
	assert_memory_equal(t.pin.octets, "1234", 4);
	assert_int_equal(read_of(least, &t, &e), 0);
	assert_int_equal(t.handle_len, 1);
	assert_false(t.has_slot);
	assert_string_equal(t.module, "");
	assert_int_equal(t.pin.len, 0);
}

#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void what_is_wrong_is_refused(void **state)
{
	static const struct {
		const char *const ask[4];
		const char *error;
	} rows[] = {
		{ { "pin=1234" }, "argument 'handle' is missing" },
		{ { "handle=" }, "argument 'handle' must be " FORM_TOKEN_HANDLE },
		{ { "handle=0g" },
		  "argument 'handle' must be " FORM_TOKEN_HANDLE },
		{ { "handle=" X64 X64 X64 X64 X64 },
		  "argument 'handle' must be " FORM_TOKEN_HANDLE },
		{ { "handle=01", "slot=x" },
		  "argument 'slot' must be " FORM_TOKEN_SLOT },
		{ { "handle=01", "module=" X64 },
		  "argument 'module' must be the name of a section of "
		  "charon.plugins.pkcs11.modules" },
		{ { "handle=01", "pin=" },
		  "argument 'pin' must be " FORM_TOKEN_PIN },
		{ { "handle=01", "pin[" }, "argument 'pin' must be one value" },
		{ { "handle=01", "handle=01" },
		  "argument 'handle' must be given once" },
		{ { "handle=01", "hunter2=1" },
		  "this command takes handle, slot, module and pin, and nothing "
		  "else" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct token_conf t;
		struct error e;

		assert_int_equal(read_of(rows[i].ask, &t, &e), -EINVAL);
		assert_string_equal(e.text, rows[i].error);
	}
}

static struct token_conf with(const char *pin, int slot)
{
	struct token_conf t = { .has_slot = slot >= 0,
				.slot = slot >= 0 ? (uint32_t)slot : 0 };

	assert_true(token_pin_take(pin, &t));
	return t;
}

static bool has(const struct refused_pins *r, const char *module,
		const char *pin, int slot)
{
	const struct token_conf t = with(pin, slot);

	return refused_pins_has(r, module, &t);
}

static void pin_that_was_refused_is_known_again(void **state)
{
	static struct refused_pins r;
	struct token_conf t = with("1111", 1);

	(void)state;
	assert_false(has(&r, "/m", "1111", 1));
	refused_pins_add(&r, "/m", &t);
	assert_true(has(&r, "/m", "1111", 1));
	assert_true(has(&r, "/m", "1111", -1)); /* it may be the same token */
	assert_false(has(&r, "/m", "1111", 2));
	assert_false(has(&r, "/m", "1112", 1));
	assert_false(has(&r, "/m", "11111", 1));
	assert_false(has(&r, "/n", "1111", 1));
	for (unsigned int i = 0; i < REFUSED_PINS_MAX; i++) {
		char pin[8];

		snprintf(pin, sizeof(pin), "%u", i);
		t = with(pin, -1);
		refused_pins_add(&r, "/m", &t);
	}
	assert_false(has(&r, "/m", "1111", 1));
	assert_true(has(&r, "/m", "0", 5));
	assert_true(has(&r, "/m", "63", 5));
	refused_pins_wipe(&r);
	assert_false(has(&r, "/m", "63", 5));
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(message_of_swanctl_is_read),
		cmocka_unit_test(what_is_wrong_is_refused),
		cmocka_unit_test(pin_that_was_refused_is_known_again),
	};

	return cmocka_run_group_tests_name("load_token", cases, NULL, NULL);
}
