/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of strongSwan's VICI protocol, version 1 (its file
 * src/libcharon/plugins/vici/README.md is the specification): a packet is a
 * 32-bit length, a type, for some types a name, and a tree of sections, lists
 * and key/value pairs. Bytes to structs and back; no sockets in here.
 */
#ifndef CYG_CONTROL_VICI_H
#define CYG_CONTROL_VICI_H

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"

#define VICI_PACKET_MAX (512U * 1024) /* octets after the length field */
#define VICI_DEPTH_MAX	16	      /* sections within sections */
#define VICI_NAME_MAX	255	      /* octets of a name */
#define VICI_VALUE_MAX	65535	      /* octets of a value */

enum vici_type {
	VICI_CMD_REQUEST = 0, /* named */
	VICI_CMD_RESPONSE = 1,
	VICI_CMD_UNKNOWN = 2,
	VICI_EVENT_REGISTER = 3,   /* named */
	VICI_EVENT_UNREGISTER = 4, /* named */
	VICI_EVENT_CONFIRM = 5,
	VICI_EVENT_UNKNOWN = 6,
	VICI_EVENT = 7, /* named */
};

/* Body is the message behind type and name; both borrow the packet. */
struct vici_packet {
	enum vici_type type;
	struct slice name; /* empty for types without one */
	struct slice body;
};

/*
 * A packet without its length field. false: malformed; so are octets behind a
 * type that carries no message. The body is not looked at, see vici_valid().
 */
MUST_CHECK bool vici_packet_parse(struct slice octets, struct vici_packet *out);

enum vici_elem_type {
	VICI_SECTION_START = 1, /* name */
	VICI_SECTION_END = 2,
	VICI_KEY_VALUE = 3,  /* name, value */
	VICI_LIST_START = 4, /* name */
	VICI_LIST_ITEM = 5,  /* value */
	VICI_LIST_END = 6,
	VICI_END = 7, /* ours: the message is complete */
};

struct vici_elem {
	enum vici_elem_type type;
	struct slice name;
	struct slice value;
};

/*
 * Walks a body; enforces nesting: every section and list is closed, no
 * section, key or list within a list, items only in a list.
 */
struct vici_reader {
	struct slice rest;
	unsigned int depth;
	bool in_list;
};

struct vici_reader vici_read(struct slice body);

/*
 * false: malformed; the reader is of no use afterwards. VICI_END is the last
 * element of a well-formed body; name and value borrow the body.
 */
MUST_CHECK bool vici_next(struct vici_reader *r, struct vici_elem *out);

/*
 * The same for a loop that reads a request: false at its end, and where something is
 * wrong, as *err says.
 *
 * err   0, or of the element before: then there is none; -EINVAL with e filled where
 *       the message is malformed
 */
MUST_CHECK bool vici_argument(struct vici_reader *r, struct vici_elem *out,
			      int *err, struct error *e);

/* Checks a whole body. */
MUST_CHECK bool vici_valid(struct slice body);

/*
 * Builds a packet with its length field into a buffer that grows; failures
 * (memory, a name or value too long, a packet too large, nesting that the
 * reader would refuse) are remembered, see vici_finish().
 */
struct vici_builder {
	uint8_t *ptr; /* owned */
	size_t len;
	size_t room;
	bool failed;
};

/*
 * Sets b up, whatever was in it; call vici_builder_free() when done, also
 * after a failure. name: NULL for types without one.
 */
void vici_start(struct vici_builder *b, enum vici_type type, const char *name);
void vici_section(struct vici_builder *b, const char *name);
void vici_section_end(struct vici_builder *b);
void vici_list(struct vici_builder *b, const char *name);
void vici_list_item(struct vici_builder *b, const char *value);
void vici_list_end(struct vici_builder *b);
void vici_list_octets(struct vici_builder *b, struct slice value); /* an item */
void vici_str(struct vici_builder *b, const char *key, const char *value);
void vici_octets(struct vici_builder *b, const char *key, struct slice value);
__attribute__((format(printf, 3, 4))) void vici_fmt(struct vici_builder *b,
						    const char *key,
						    const char *fmt, ...);

/* Fills the length field. true: ptr and len hold a packet to send. */
MUST_CHECK bool vici_finish(struct vici_builder *b);

/* b may be used again from vici_start(). */
void vici_builder_free(struct vici_builder *b);

#endif
