// SPDX-License-Identifier: BSD-2-Clause
/*
 * The VICI codec. Octets written out by hand are the encoding example of the
 * specification (strongSwan, src/libcharon/plugins/vici/README.md, section
 * "Encoding example") or follow from its field list.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/control/vici.h"

#define LENGTH_BYTES 4

/* clang-format off */
static const uint8_t example_body[] = {
	3, 4, 'k','e','y','1', 0, 6, 'v','a','l','u','e','1',
	1, 8, 's','e','c','t','i','o','n','1',
	1, 11, 's','u','b','-','s','e','c','t','i','o','n',
	3, 4, 'k','e','y','2', 0, 6, 'v','a','l','u','e','2',
	2,
	4, 5, 'l','i','s','t','1',
	5, 0, 5, 'i','t','e','m','1',
	5, 0, 5, 'i','t','e','m','2',
	6,
	2,
};

static const uint8_t version_request[] = {
	0, 0, 0, 9, 0, 7, 'v','e','r','s','i','o','n',
};
/* clang-format on */

/* Where the example's top level is complete: after key1 and at the end. */
#define EXAMPLE_KEY1_END 14

static void assert_slice(struct slice s, const char *want)
{
	assert_int_equal(s.len, strlen(want));
	if (s.len)
		assert_memory_equal(s.ptr, want, s.len);
}

static void assert_next(struct vici_reader *r, enum vici_elem_type type,
			const char *name, const char *value)
{
	struct vici_elem elem;

	assert_true(vici_next(r, &elem));
	assert_int_equal(elem.type, type);
	assert_slice(elem.name, name);
	assert_slice(elem.value, value);
}

static void assert_example(struct slice body)
{
	struct vici_reader r = vici_read(body);

	assert_next(&r, VICI_KEY_VALUE, "key1", "value1");
	assert_next(&r, VICI_SECTION_START, "section1", "");
	assert_next(&r, VICI_SECTION_START, "sub-section", "");
	assert_next(&r, VICI_KEY_VALUE, "key2", "value2");
	assert_next(&r, VICI_SECTION_END, "", "");
	assert_next(&r, VICI_LIST_START, "list1", "");
	assert_next(&r, VICI_LIST_ITEM, "", "item1");
	assert_next(&r, VICI_LIST_ITEM, "", "item2");
	assert_next(&r, VICI_LIST_END, "", "");
	assert_next(&r, VICI_SECTION_END, "", "");
	assert_next(&r, VICI_END, "", "");
}

static void put_example(struct vici_builder *b)
{
	vici_str(b, "key1", "value1");
	vici_section(b, "section1");
	vici_section(b, "sub-section");
	vici_fmt(b, "key2", "value%d", 2);
	vici_section_end(b);
	vici_list(b, "list1");
	vici_list_item(b, "item1");
	vici_list_item(b, "item2");
	vici_list_end(b);
	vici_section_end(b);
}

static struct slice packet_of(const struct vici_builder *b)
{
	return slice_of(b->ptr + LENGTH_BYTES, b->len - LENGTH_BYTES);
}

/* --- packets */

static void packet_built_equals_the_octets_of_the_specification(void **state)
{
	struct vici_builder b;

	(void)state;
	vici_start(&b, VICI_CMD_REQUEST, "version");

	assert_true(vici_finish(&b));

	assert_int_equal(b.len, sizeof(version_request));
	assert_memory_equal(b.ptr, version_request, sizeof(version_request));
	vici_builder_free(&b);
}

static void body_built_equals_the_example_of_the_specification(void **state)
{
	static const uint8_t head[] = { 0, 0, 0, sizeof(example_body) + 1, 1 };
	struct vici_builder b;

	(void)state;
	vici_start(&b, VICI_CMD_RESPONSE, NULL);
	put_example(&b);

	assert_true(vici_finish(&b));

	assert_int_equal(b.len, sizeof(head) + sizeof(example_body));
	assert_memory_equal(b.ptr, head, sizeof(head));
	assert_memory_equal(b.ptr + sizeof(head), example_body,
			    sizeof(example_body));
	vici_builder_free(&b);
}

static void named_packet_with_a_message_survives_the_round_trip(void **state)
{
	struct vici_packet packet;
	struct vici_builder b;

	(void)state;
	vici_start(&b, VICI_EVENT, "list-sa");
	put_example(&b);
	assert_true(vici_finish(&b));

	assert_true(vici_packet_parse(packet_of(&b), &packet));

	assert_int_equal(packet.type, VICI_EVENT);
	assert_slice(packet.name, "list-sa");
	assert_example(packet.body);
	vici_builder_free(&b);
}

static void bare_packets_survive_the_round_trip(void **state)
{
	static const struct {
		enum vici_type type;
		const char *name;
	} rows[] = {
		{ VICI_CMD_REQUEST, "stats" },
		{ VICI_CMD_RESPONSE, NULL },
		{ VICI_CMD_UNKNOWN, NULL },
		{ VICI_EVENT_REGISTER, "log" },
		{ VICI_EVENT_UNREGISTER, "log" },
		{ VICI_EVENT_CONFIRM, NULL },
		{ VICI_EVENT_UNKNOWN, NULL },
		{ VICI_EVENT, "log" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vici_packet packet;
		struct vici_builder b;

		vici_start(&b, rows[i].type, rows[i].name);
		assert_true(vici_finish(&b));
		assert_true(vici_packet_parse(packet_of(&b), &packet));
		assert_int_equal(packet.type, rows[i].type);
		assert_slice(packet.name, rows[i].name ? rows[i].name : "");
		assert_int_equal(packet.body.len, 0);
		vici_builder_free(&b);
	}
}

static void packet_cut_within_type_or_name_is_refused(void **state)
{
	const uint8_t *octets = version_request + LENGTH_BYTES;
	struct vici_packet packet;

	(void)state;
	for (size_t len = 0; len < 9; len++)
		assert_false(vici_packet_parse(slice_of(octets, len), &packet));
	assert_true(vici_packet_parse(slice_of(octets, 9), &packet));
}

static void packet_of_an_unknown_type_is_refused(void **state)
{
	static const uint8_t octets[] = { 8 };
	struct vici_packet packet;

	(void)state;
	assert_false(
		vici_packet_parse(slice_of(octets, sizeof(octets)), &packet));
}

static void octets_behind_a_type_without_a_message_are_refused(void **state)
{
	static const uint8_t confirm[] = { VICI_EVENT_CONFIRM, 0 };
	static const uint8_t reg[] = { VICI_EVENT_REGISTER, 1, 'x', 0 };
	struct vici_packet packet;

	(void)state;
	assert_false(vici_packet_parse(slice_of(confirm, 2), &packet));
	assert_true(vici_packet_parse(slice_of(confirm, 1), &packet));
	assert_false(vici_packet_parse(slice_of(reg, 4), &packet));
	assert_true(vici_packet_parse(slice_of(reg, 3), &packet));
}

static void packet_over_the_maximum_is_refused(void **state)
{
	uint8_t *octets = calloc(1, VICI_PACKET_MAX + 1);
	struct vici_packet packet;

	(void)state;
	assert_non_null(octets);
	octets[0] = VICI_CMD_RESPONSE;

	assert_true(
		vici_packet_parse(slice_of(octets, VICI_PACKET_MAX), &packet));
	assert_false(vici_packet_parse(slice_of(octets, VICI_PACKET_MAX + 1),
				       &packet));
	free(octets);
}

/* --- bodies */

static void example_of_the_specification_is_read(void **state)
{
	struct slice body = slice_of(example_body, sizeof(example_body));

	(void)state;
	assert_true(vici_valid(body));
	assert_example(body);
}

static void empty_body_is_complete(void **state)
{
	struct vici_reader r = vici_read(slice_of(NULL, 0));

	(void)state;
	assert_true(vici_valid(slice_of(NULL, 0)));
	assert_next(&r, VICI_END, "", "");
}

static void every_truncation_of_a_body_is_refused(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(example_body); len++) {
		/* Of its own, so that reading behind it is seen. */
		uint8_t *cut = malloc(len ? len : 1);
		bool whole = len == 0 || len == EXAMPLE_KEY1_END;

		assert_non_null(cut);
		memcpy(cut, example_body, len);
		assert_int_equal(vici_valid(slice_of(cut, len)), whole);
		free(cut);
	}
}

static void empty_names_values_and_lists_are_read(void **state)
{
	static const uint8_t body[] = { 3, 0, 0, 0, 4, 0, 5, 0, 0, 6, 4, 0, 6 };
	struct vici_reader r = vici_read(slice_of(body, sizeof(body)));

	(void)state;
	assert_next(&r, VICI_KEY_VALUE, "", "");
	assert_next(&r, VICI_LIST_START, "", "");
	assert_next(&r, VICI_LIST_ITEM, "", "");
	assert_next(&r, VICI_LIST_END, "", "");
	assert_next(&r, VICI_LIST_START, "", "");
	assert_next(&r, VICI_LIST_END, "", "");
	assert_next(&r, VICI_END, "", "");
}

/* Every row is well-formed but for the one thing that it is named after. */
static void wrong_nesting_is_refused(void **state)
{
	static const struct {
		const char *what;
		uint8_t octets[8];
		size_t len;
	} rows[] = {
		{ "section not closed", { 1, 0 }, 2 },
		{ "section closed twice", { 1, 0, 2, 2 }, 4 },
		{ "section end at the root", { 2 }, 1 },
		{ "section end before its start", { 2, 1, 0 }, 3 },
		{ "list not closed", { 4, 0 }, 2 },
		{ "list end without a list", { 6 }, 1 },
		{ "list within a list", { 4, 0, 4, 0, 6, 6 }, 6 },
		{ "list started twice", { 4, 0, 4, 0, 6 }, 5 },
		{ "section within a list", { 4, 0, 1, 0, 2, 6 }, 6 },
		{ "section crossing its list", { 4, 0, 1, 0, 6, 2 }, 6 },
		{ "section end within a list", { 1, 0, 4, 0, 2, 6 }, 6 },
		{ "key within a list", { 4, 0, 3, 0, 0, 0, 6 }, 7 },
		{ "item outside of a list", { 5, 0, 0 }, 3 },
		{ "list crossing its section", { 1, 0, 4, 0, 2 }, 5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (vici_valid(slice_of(rows[i].octets, rows[i].len)))
			fail_msg("accepted: %s", rows[i].what);
}

static void unknown_elements_are_refused(void **state)
{
	static const uint8_t zero[] = { 0 };
	static const uint8_t end[] = { 7 };
	static const uint8_t high[] = { 255 };

	(void)state;
	assert_false(vici_valid(slice_of(zero, 1)));
	assert_false(vici_valid(slice_of(end, 1)));
	assert_false(vici_valid(slice_of(high, 1)));
}

static void lengths_that_lie_are_refused(void **state)
{
	static const uint8_t good[] = { 3, 1, 'k', 0, 1, 'v' };
	static const struct {
		size_t at;
		uint8_t lie;
	} rows[] = {
		{ 1, 2 },   /* the name takes the value's length field */
		{ 1, 255 }, /* the name ends behind the body */
		{ 4, 2 },   /* the value ends one octet behind the body */
		{ 3, 255 }, /* and far behind it */
		{ 4, 0 },   /* an octet is left over */
	};

	(void)state;
	assert_true(vici_valid(slice_of(good, sizeof(good))));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t bad[sizeof(good)];

		memcpy(bad, good, sizeof(bad));
		bad[rows[i].at] = rows[i].lie;
		assert_false(vici_valid(slice_of(bad, sizeof(bad))));
	}
}

static void sections_nest_as_deep_as_the_limit_and_no_deeper(void **state)
{
	uint8_t body[3 * (VICI_DEPTH_MAX + 1)];

	(void)state;
	for (size_t depth = VICI_DEPTH_MAX; depth <= VICI_DEPTH_MAX + 1;
	     depth++) {
		for (size_t i = 0; i < depth; i++) {
			body[2 * i] = VICI_SECTION_START;
			body[2 * i + 1] = 0;
			body[2 * depth + i] = VICI_SECTION_END;
		}
		assert_int_equal(vici_valid(slice_of(body, 3 * depth)),
				 depth <= VICI_DEPTH_MAX);
	}
}

/* --- the builder's limits */

/*
 * A text that is itself a row of elements (empty lists named "x"): where a
 * length is cut to its field's width, such a text becomes part of the message.
 */
static char *text_of_lists(size_t len)
{
	static const char list[] = { VICI_LIST_START, 1, 'x', VICI_LIST_END };
	char *text = malloc(len + 1);

	assert_non_null(text);
	for (size_t i = 0; i < len; i++)
		text[i] = list[i % sizeof(list)];
	text[len] = '\0';
	return text;
}

static void name_of_255_octets_fits_and_256_do_not(void **state)
{
	(void)state;
	for (size_t len = VICI_NAME_MAX; len <= VICI_NAME_MAX + 1; len++) {
		bool fits = len <= VICI_NAME_MAX;
		char *name = text_of_lists(len);
		struct vici_builder b;

		vici_start(&b, VICI_CMD_REQUEST, name);
		assert_int_equal(vici_finish(&b), fits);
		vici_builder_free(&b);

		vici_start(&b, VICI_CMD_RESPONSE, NULL);
		vici_section(&b, name);
		vici_section_end(&b);
		vici_list(&b, name);
		vici_list_end(&b);
		vici_str(&b, name, "");
		assert_int_equal(vici_finish(&b), fits);
		vici_builder_free(&b);
		free(name);
	}
}

static void value_of_65535_octets_fits_and_65536_do_not(void **state)
{
	(void)state;
	for (size_t len = VICI_VALUE_MAX; len <= VICI_VALUE_MAX + 1; len++) {
		char *value = text_of_lists(len);
		struct vici_builder b;

		vici_start(&b, VICI_CMD_RESPONSE, NULL);
		vici_fmt(&b, "key", "%s", value);
		assert_int_equal(vici_finish(&b), len <= VICI_VALUE_MAX);
		vici_builder_free(&b);
		free(value);
	}
}

static void packet_grows_to_the_maximum_and_not_beyond(void **state)
{
	/* type, key, seven values, and a last one that fills the packet */
	const size_t elem_bytes = 1 + 1 + 1 + 2;
	const size_t rest = VICI_PACKET_MAX - 1 -
			    7 * (elem_bytes + VICI_VALUE_MAX) - elem_bytes;

	(void)state;
	for (size_t extra = 0; extra <= 1; extra++) {
		char *full = text_of_lists(VICI_VALUE_MAX);
		char *last = text_of_lists(rest + extra);
		struct vici_builder b;

		vici_start(&b, VICI_CMD_RESPONSE, NULL);
		for (int i = 0; i < 7; i++)
			vici_str(&b, "k", full);
		vici_str(&b, "k", last);
		assert_int_equal(vici_finish(&b), extra == 0);
		if (extra == 0)
			assert_int_equal(b.len, LENGTH_BYTES + VICI_PACKET_MAX);
		vici_builder_free(&b);
		free(last);
		free(full);
	}
}

static void failure_is_remembered_to_the_end(void **state)
{
	char *name = text_of_lists(VICI_NAME_MAX + 1);
	struct vici_builder b;

	(void)state;
	vici_start(&b, VICI_CMD_RESPONSE, NULL);
	vici_str(&b, name, "lost");
	vici_str(&b, "key", "value");

	assert_false(vici_finish(&b));
	assert_false(vici_finish(&b));

	vici_builder_free(&b);
	free(name);
}

static void builder_works_again_after_a_failure(void **state)
{
	struct vici_builder b;

	(void)state;
	vici_start(&b, VICI_CMD_RESPONSE, NULL);
	vici_section_end(&b);
	assert_false(vici_finish(&b));
	vici_builder_free(&b);

	vici_start(&b, VICI_CMD_RESPONSE, NULL);
	assert_true(vici_finish(&b));
	vici_builder_free(&b);
}

static void builder_refuses_what_the_reader_would(void **state)
{
	struct vici_builder b;

	(void)state;
	vici_start(&b, VICI_CMD_RESPONSE, NULL);
	vici_section(&b, "open");
	assert_false(vici_finish(&b));
	vici_builder_free(&b);

	vici_start(&b, VICI_EVENT_CONFIRM, NULL);
	vici_str(&b, "key", "value");
	assert_false(vici_finish(&b));
	vici_builder_free(&b);
}

/* Both would pass for another packet if the builder let them. */
static void name_must_be_given_exactly_to_named_types(void **state)
{
	struct vici_builder b;

	(void)state;
	vici_start(&b, VICI_CMD_REQUEST, NULL);
	vici_list(&b, "xy");
	vici_list_end(&b);
	assert_false(vici_finish(&b));
	vici_builder_free(&b);

	vici_start(&b, VICI_CMD_RESPONSE, "\002xy\006");
	assert_false(vici_finish(&b));
	vici_builder_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			packet_built_equals_the_octets_of_the_specification),
		cmocka_unit_test(
			body_built_equals_the_example_of_the_specification),
		cmocka_unit_test(
			named_packet_with_a_message_survives_the_round_trip),
		cmocka_unit_test(bare_packets_survive_the_round_trip),
		cmocka_unit_test(packet_cut_within_type_or_name_is_refused),
		cmocka_unit_test(packet_of_an_unknown_type_is_refused),
		cmocka_unit_test(
			octets_behind_a_type_without_a_message_are_refused),
		cmocka_unit_test(packet_over_the_maximum_is_refused),
		cmocka_unit_test(example_of_the_specification_is_read),
		cmocka_unit_test(empty_body_is_complete),
		cmocka_unit_test(every_truncation_of_a_body_is_refused),
		cmocka_unit_test(empty_names_values_and_lists_are_read),
		cmocka_unit_test(wrong_nesting_is_refused),
		cmocka_unit_test(unknown_elements_are_refused),
		cmocka_unit_test(lengths_that_lie_are_refused),
		cmocka_unit_test(
			sections_nest_as_deep_as_the_limit_and_no_deeper),
		cmocka_unit_test(name_of_255_octets_fits_and_256_do_not),
		cmocka_unit_test(value_of_65535_octets_fits_and_65536_do_not),
		cmocka_unit_test(packet_grows_to_the_maximum_and_not_beyond),
		cmocka_unit_test(failure_is_remembered_to_the_end),
		cmocka_unit_test(builder_works_again_after_a_failure),
		cmocka_unit_test(builder_refuses_what_the_reader_would),
		cmocka_unit_test(name_must_be_given_exactly_to_named_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
