// SPDX-License-Identifier: BSD-2-Clause
/*
 * VICI packets (without their length field). Four properties: reading stays
 * inside of the packet (the sanitizers watch), the walk and vici_valid() agree,
 * what was read can be built again, octet for octet, and arguments are either
 * refused with a reason or within their bounds, also those of load-key and load-token.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/control/load_key.h"
#include "ctrl/control/load_token.h"
#include "ctrl/control/requests.h"
#include "ctrl/control/vici.h"
#include "ctrl/model/token.h"

#define LENGTH_BYTES 4

/* A copy that ends in NUL; the fuzzer stops where memory ends. */
static char *string_of(struct slice s)
{
	char *text = malloc(s.len + 1);

	if (!text)
		abort();
	if (s.len)
		memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	return text;
}

/* The builder takes strings: with a NUL inside there is nothing to compare. */
static bool is_string(struct slice s)
{
	return s.len == 0 || !memchr(s.ptr, 0, s.len);
}

static void put_elem(struct vici_builder *b, const struct vici_elem *elem)
{
	char *name = string_of(elem->name);
	char *value = string_of(elem->value);

	switch (elem->type) {
	case VICI_SECTION_START:
		vici_section(b, name);
		break;
	case VICI_SECTION_END:
		vici_section_end(b);
		break;
	case VICI_KEY_VALUE:
		vici_fmt(b, name, "%s", value);
		break;
	case VICI_LIST_START:
		vici_list(b, name);
		break;
	case VICI_LIST_ITEM:
		vici_list_item(b, value);
		break;
	case VICI_LIST_END:
		vici_list_end(b);
		break;
	case VICI_END:
		break;
	}
	free(value);
	free(name);
}

/*
 * Builds what it reads.
 *
 * strings   false when a name or value can't be a string
 *
 * Whether the body is well-formed.
 */
static bool copy_body(struct slice body, struct vici_builder *b, bool *strings)
{
	struct vici_reader r = vici_read(body);
	struct vici_elem elem;

	do {
		if (!vici_next(&r, &elem))
			return false;
		*strings = *strings && is_string(elem.name) &&
			   is_string(elem.value);
		put_elem(b, &elem);
	} while (elem.type != VICI_END);
	return true;
}

/* As a command's that takes all there are. */
static void check_arguments(struct slice body)
{
	struct arguments args;
	struct error e = { "" };

	if (arguments_read(body, ~0U, &args, &e)) {
		if (!e.text[0])
			abort();
		return;
	}
	if (strnlen(args.ike, CONN_NAME_MAX) == CONN_NAME_MAX ||
	    strnlen(args.child, CONN_NAME_MAX) == CONN_NAME_MAX ||
	    strnlen(args.name, CONN_NAME_MAX) == CONN_NAME_MAX ||
	    !(args.given & (ARG_NAME | ARG_ID)) != !args.name[0] ||
	    !(args.given & ARG_IKE) != !args.ike[0] ||
	    !(args.given & ARG_IKE_ID) != !args.ike_id ||
	    args.timeout_ms > REQUEST_TIMEOUT_MAX_S * 1000)
		abort();
}

static int on_key(void *ctx, enum control_key_type type, struct slice octets,
		  char id[KEY_ID_STR_MAX], struct error *e)
{
	(void)ctx;
	(void)e;
	if (!octets.len || type > CONTROL_KEY_ECDSA)
		abort();
	memset(id, 'a', KEY_ID_STR_MAX - 1);
	id[KEY_ID_STR_MAX - 1] = '\0';
	return 0;
}

/* As load-key's. */
static void check_key(struct slice body)
{
	const struct control_keys keys = { .load = on_key };
	struct vici_builder answer;

	if (!load_key_answer(body, &keys, &answer))
		abort();
	vici_builder_free(&answer);
}

/* As load-token's. */
static void check_token(struct slice body)
{
	struct token_conf t;
	struct error e = { "" };

	if (load_token_read(body, &t, &e)) {
		if (!e.text[0])
			abort();
		return;
	}
	if (!t.handle_len || t.handle_len > sizeof(t.handle) ||
	    t.pin.len > TOKEN_PIN_MAX || t.slot > TOKEN_SLOT_MAX ||
	    strnlen(t.module, sizeof(t.module)) == sizeof(t.module))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct vici_packet packet;
	struct vici_builder b;
	bool strings, valid;
	char *name;

	if (!vici_packet_parse(slice_of(data, len), &packet))
		return 0;
	/* The name of a named type points into the packet, also an empty one. */
	name = packet.name.ptr ? string_of(packet.name) : NULL;
	vici_start(&b, packet.type, name);
	strings = is_string(packet.name);
	valid = copy_body(packet.body, &b, &strings);
	if (valid != vici_valid(packet.body))
		abort();
	check_arguments(packet.body);
	if (valid) {
		check_key(packet.body);
		check_token(packet.body);
	}
	if (valid && strings &&
	    (!vici_finish(&b) || b.len != LENGTH_BYTES + len ||
	     memcmp(b.ptr + LENGTH_BYTES, data, len) != 0))
		abort();
	vici_builder_free(&b);
	free(name);
	return 0;
}
