// SPDX-License-Identifier: BSD-2-Clause
/* load-key, from its message to the callback and back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/control/load_key.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define ID	     "0123456789abcdef0123456789abcdef01234567"

struct heard {
	unsigned int calls;
	enum control_key_type type;
	struct slice octets;
	char data[64];
	int answer;
};

static int on_load(void *ctx, enum control_key_type type, struct slice octets,
		   char id[KEY_ID_STR_MAX], struct error *e)
{
	struct heard *h = ctx;

	h->calls++;
	h->type = type;
	assert_true(octets.len < sizeof(h->data));
	snprintf(h->data, sizeof(h->data), "%.*s", (int)octets.len,
		 (const char *)octets.ptr);
	strcpy(id, ID);
	return h->answer ? error_set(e, h->answer, "it is no key") : 0;
}

/* "KEY=VALUE", or "[" and "]" around a list of that name. */
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

/* What is answered: "yes" and an id, or "no" and why. */
static void answer_to(struct heard *h, const char *const *elements,
		      char success[8], char text[256])
{
	const struct control_keys keys = { .load = on_load, .ctx = h };
	struct vici_builder q, a;
	struct vici_packet packet;
	struct vici_reader r;
	struct vici_elem elem;

	vici_start(&q, VICI_CMD_REQUEST, "load-key");
	for (; *elements; elements++)
		put(&q, *elements);
	assert_true(vici_finish(&q));
	assert_true(vici_packet_parse(slice_of(q.ptr + 4, q.len - 4), &packet));
	assert_true(load_key_is_asked(packet.name));
	assert_true(load_key_answer(packet.body, &keys, &a));
	vici_builder_free(&q);
	assert_true(vici_packet_parse(slice_of(a.ptr + 4, a.len - 4), &packet));
	r = vici_read(packet.body);
	assert_true(vici_next(&r, &elem));
	snprintf(success, 8, "%.*s", (int)elem.value.len,
		 (const char *)elem.value.ptr);
	assert_true(vici_next(&r, &elem));
	assert_int_equal(elem.name.len, success[0] == 'y' ? 2 : 6);
	snprintf(text, 256, "%.*s", (int)elem.value.len,
		 (const char *)elem.value.ptr);
	assert_true(vici_next(&r, &elem));
	assert_int_equal(elem.type, VICI_END);
	vici_builder_free(&a);
}

static void key_is_taken_and_its_id_told(void **state)
{
	static const struct {
		const char *type;
		enum control_key_type is;
	} rows[] = {
		{ "type=any", CONTROL_KEY_ANY },
		{ "type=rsa", CONTROL_KEY_RSA },
		{ "type=RSA", CONTROL_KEY_RSA },
		{ "type=ecdsa", CONTROL_KEY_ECDSA },
	};
	char success[8], text[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *const ask[] = { rows[i].type, "data=octets", NULL };
		struct heard h = { .calls = 0 };

		answer_to(&h, ask, success, text);
		assert_string_equal(success, "yes");
		assert_string_equal(text, ID);
		assert_int_equal(h.calls, 1);
		assert_int_equal(h.type, rows[i].is);
		assert_string_equal(h.data, "octets");
	}
}

static void failure_is_told(void **state)
{
	static const char *const ask[] = { "data=x", "type=any", NULL };
	struct heard h = { .answer = -EBADMSG };
	char success[8], text[256];

	(void)state;
	answer_to(&h, ask, success, text);
	assert_string_equal(success, "no");
	assert_string_equal(text, "it is no key");
}

static void message_that_is_none_is_refused(void **state)
{
	static const struct {
		const char *ask[4];
		const char *why;
	} rows[] = {
		{ { "data=x" }, "argument 'type' is missing" },
		{ { "type=any" }, "argument 'data' is missing or empty" },
		{ { "type=any", "data=" },
		  "argument 'data' is missing or empty" },
		{ { "type=bliss", "data=x" },
		  "argument 'type' must be rsa, ecdsa or any" },
		{ { "type=", "data=x" },
		  "argument 'type' must be rsa, ecdsa or any" },
		{ { "type=any", "type=any", "data=x" },
		  "argument 'type' must be given once" },
		{ { "type=any", "data=x", "data=y" },
		  "argument 'data' must be given once" },
		{ { "type=any", "data[" }, "argument 'data' must be one value" },
		{ { "type=any", "data=x", "hunter2=x" },
		  "this command takes type and data, and nothing else" },
	};
	char success[8], text[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct heard h = { .calls = 0 };

		answer_to(&h, rows[i].ask, success, text);
		assert_string_equal(success, "no");
		assert_string_equal(text, rows[i].why);
		assert_int_equal(h.calls, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_is_taken_and_its_id_told),
		cmocka_unit_test(failure_is_told),
		cmocka_unit_test(message_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
