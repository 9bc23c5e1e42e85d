// SPDX-License-Identifier: BSD-2-Clause
/*
 * The VICI codec: one reader and one builder, both used by the daemon and by
 * the command-line client. Pure functions over bytes; the builder alone
 * allocates. It checks what it built with the reader, so that what we send is
 * what we would accept.
 *
 * Names and values are octets here: whoever shows or compares them knows what
 * they may hold. That a key stands once in its section (the specification
 * wants it) is not checked, as in strongSwan.
 */
#include "ctrl/control/vici.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_BYTES 4U
#define ROOM_FIRST   1024U
#define ROOM_MAX     (LENGTH_BYTES + VICI_PACKET_MAX)

static bool type_is_named(enum vici_type type)
{
	switch (type) {
	case VICI_CMD_REQUEST:
	case VICI_EVENT_REGISTER:
	case VICI_EVENT_UNREGISTER:
	case VICI_EVENT:
		return true;
	case VICI_CMD_RESPONSE:
	case VICI_CMD_UNKNOWN:
	case VICI_EVENT_CONFIRM:
	case VICI_EVENT_UNKNOWN:
		return false;
	}
	return false;
}

static bool type_has_message(enum vici_type type)
{
	switch (type) {
	case VICI_CMD_REQUEST:
	case VICI_CMD_RESPONSE:
	case VICI_EVENT:
		return true;
	case VICI_CMD_UNKNOWN:
	case VICI_EVENT_REGISTER:
	case VICI_EVENT_UNREGISTER:
	case VICI_EVENT_CONFIRM:
	case VICI_EVENT_UNKNOWN:
		return false;
	}
	return false;
}

MUST_CHECK static bool read_name(struct slice *s, struct slice *out)
{
	uint8_t len;

	return rd_u8(s, &len) && rd_slice(s, len, out);
}

MUST_CHECK static bool read_value(struct slice *s, struct slice *out)
{
	uint16_t len;

	return rd_u16(s, &len) && rd_slice(s, len, out);
}

bool vici_packet_parse(struct slice octets, struct vici_packet *out)
{
	uint8_t type;

	*out = (struct vici_packet){ 0 };
	if (octets.len > VICI_PACKET_MAX)
		return false;
	if (!rd_u8(&octets, &type) || type > VICI_EVENT)
		return false;
	out->type = (enum vici_type)type;
	if (type_is_named(out->type) && !read_name(&octets, &out->name))
		return false;
	out->body = octets;
	return type_has_message(out->type) || octets.len == 0;
}

struct vici_reader vici_read(struct slice body)
{
	return (struct vici_reader){ .rest = body };
}

/* Enters or leaves a section or list; false: type may not stand here. */
MUST_CHECK static bool nest(struct vici_reader *r, enum vici_elem_type type)
{
	switch (type) {
	case VICI_SECTION_START:
		if (r->in_list || r->depth == VICI_DEPTH_MAX)
			return false;
		r->depth++;
		return true;
	case VICI_SECTION_END:
		if (r->in_list || r->depth == 0)
			return false;
		r->depth--;
		return true;
	case VICI_KEY_VALUE:
		return !r->in_list;
	case VICI_LIST_START:
		if (r->in_list)
			return false;
		r->in_list = true;
		return true;
	case VICI_LIST_ITEM:
		return r->in_list;
	case VICI_LIST_END:
		if (!r->in_list)
			return false;
		r->in_list = false;
		return true;
	case VICI_END:
		return false; /* never on the wire */
	}
	return false;
}

MUST_CHECK static bool read_fields(struct slice *s, struct vici_elem *out)
{
	switch (out->type) {
	case VICI_SECTION_START:
	case VICI_LIST_START:
		return read_name(s, &out->name);
	case VICI_KEY_VALUE:
		return read_name(s, &out->name) && read_value(s, &out->value);
	case VICI_LIST_ITEM:
		return read_value(s, &out->value);
	case VICI_SECTION_END:
	case VICI_LIST_END:
	case VICI_END:
		return true;
	}
	return false;
}

bool vici_next(struct vici_reader *r, struct vici_elem *out)
{
	uint8_t type;

	*out = (struct vici_elem){ .type = VICI_END };
	if (r->rest.len == 0)
		return r->depth == 0 && !r->in_list;
	if (!rd_u8(&r->rest, &type) || type > VICI_LIST_END)
		return false;
	out->type = (enum vici_elem_type)type;
	return nest(r, out->type) && read_fields(&r->rest, out);
}

bool vici_argument(struct vici_reader *r, struct vici_elem *out, int *err,
		   struct error *e)
{
	if (*err)
		return false;
	if (!vici_next(r, out))
		*err = error_set(e, -EINVAL, "malformed message");
	return !*err && out->type != VICI_END;
}

bool vici_valid(struct slice body)
{
	struct vici_reader r = vici_read(body);
	struct vici_elem elem;

	do {
		if (!vici_next(&r, &elem))
			return false;
	} while (elem.type != VICI_END);
	return true;
}

/* Makes room for more octets; false, and failed, when there can't be any. */
MUST_CHECK static bool grow(struct vici_builder *b, size_t more)
{
	size_t room = b->room ? b->room : ROOM_FIRST;
	uint8_t *ptr;

	if (b->failed || more > ROOM_MAX - b->len) {
		b->failed = true;
		return false;
	}
	if (b->room - b->len >= more)
		return true;
	while (room - b->len < more)
		room *= 2;
	if (room > ROOM_MAX)
		room = ROOM_MAX;
	ptr = realloc(b->ptr, room);
	if (!ptr) {
		b->failed = true;
		return false;
	}
	b->ptr = ptr;
	b->room = room;
	return true;
}

static void put(struct vici_builder *b, const void *ptr, size_t len)
{
	if (len == 0 || !grow(b, len))
		return;
	memcpy(b->ptr + b->len, ptr, len);
	b->len += len;
}

static void put_u8(struct vici_builder *b, uint8_t v)
{
	put(b, &v, 1);
}

static void put_name(struct vici_builder *b, const char *name)
{
	size_t len = strlen(name);

	if (len > VICI_NAME_MAX) {
		b->failed = true;
		return;
	}
	put_u8(b, (uint8_t)len);
	put(b, name, len);
}

static void put_octets(struct vici_builder *b, struct slice value)
{
	if (value.len > VICI_VALUE_MAX) {
		b->failed = true;
		return;
	}
	put_u8(b, (uint8_t)(value.len >> 8));
	put_u8(b, (uint8_t)value.len);
	put(b, value.ptr, value.len);
}

static void put_value(struct vici_builder *b, const char *value)
{
	put_octets(b, slice_of(value, strlen(value)));
}

void vici_start(struct vici_builder *b, enum vici_type type, const char *name)
{
	const uint8_t length[LENGTH_BYTES] = { 0 };

	*b = (struct vici_builder){ .failed = type_is_named(type) != !!name };
	put(b, length, sizeof(length));
	put_u8(b, (uint8_t)type);
	if (name)
		put_name(b, name);
}

void vici_section(struct vici_builder *b, const char *name)
{
	put_u8(b, VICI_SECTION_START);
	put_name(b, name);
}

void vici_section_end(struct vici_builder *b)
{
	put_u8(b, VICI_SECTION_END);
}

void vici_list(struct vici_builder *b, const char *name)
{
	put_u8(b, VICI_LIST_START);
	put_name(b, name);
}

void vici_list_item(struct vici_builder *b, const char *value)
{
	put_u8(b, VICI_LIST_ITEM);
	put_value(b, value);
}

void vici_list_octets(struct vici_builder *b, struct slice value)
{
	put_u8(b, VICI_LIST_ITEM);
	put_octets(b, value);
}

void vici_list_end(struct vici_builder *b)
{
	put_u8(b, VICI_LIST_END);
}

void vici_str(struct vici_builder *b, const char *key, const char *value)
{
	put_u8(b, VICI_KEY_VALUE);
	put_name(b, key);
	put_value(b, value);
}

void vici_octets(struct vici_builder *b, const char *key, struct slice value)
{
	put_u8(b, VICI_KEY_VALUE);
	put_name(b, key);
	put_octets(b, value);
}

void vici_fmt(struct vici_builder *b, const char *key, const char *fmt, ...)
{
	va_list ap;
	char *value;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&value, fmt, ap);
	va_end(ap);
	if (len < 0) {
		b->failed = true;
		return;
	}
	vici_str(b, key, value);
	free(value);
}

bool vici_finish(struct vici_builder *b)
{
	struct vici_packet packet;
	struct builder length;

	if (b->failed)
		return false;
	length = wr_init(b->ptr, LENGTH_BYTES);
	wr_u32(&length, (uint32_t)(b->len - LENGTH_BYTES));
	b->failed = !vici_packet_parse(slice_of(b->ptr + LENGTH_BYTES,
						b->len - LENGTH_BYTES),
				       &packet) ||
		    !vici_valid(packet.body);
	return !b->failed;
}

void vici_builder_free(struct vici_builder *b)
{
	free(b->ptr);
	*b = (struct vici_builder){ 0 };
}
