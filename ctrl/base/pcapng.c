// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/base/pcapng.h"

#define BLOCK_SECTION	 0x0a0d0d0aU
#define BLOCK_INTERFACE	 1U
#define BLOCK_STATISTICS 5U
#define BLOCK_PACKET	 6U

#define BYTE_ORDER_MAGIC 0x1a2b3c4dU
#define VERSION_MAJOR	 1
#define VERSION_MINOR	 0
#define LINKTYPE_RAW	 101 /* IP, either version */

#define OPT_END		  0
#define OPT_COMMENT	  1
#define SHB_USERAPPL	  4
#define IF_NAME		  2
#define IF_TSRESOL	  9
#define TSRESOL_NS	  9 /* 10^-9 s */
#define EPB_FLAGS	  2
#define EPB_FLAG_INBOUND  1U
#define EPB_FLAG_OUTBOUND 2U
#define ISB_IFRECV	  4
#define ISB_IFDROP	  5

static size_t block_begin(struct builder *b, uint32_t type)
{
	size_t at = b->len;

	wr_u32(b, type);
	wr_u32(b, 0);
	return at;
}

/* The length of all of it stands at both ends. */
static void block_end(struct builder *b, size_t at)
{
	const uint32_t bytes_be = htobe32((uint32_t)(b->len - at) + 4);

	wr_bytes(b, &bytes_be, sizeof(bytes_be));
	if (wr_ok(b))
		memcpy(b->ptr + at + 4, &bytes_be, sizeof(bytes_be));
}

static void pad(struct builder *b, size_t len)
{
	static const uint8_t zeros[4];

	wr_bytes(b, zeros, -len & 3);
}

static void option(struct builder *b, uint16_t code, const void *value,
		   size_t len)
{
	wr_u16(b, code);
	wr_u16(b, (uint16_t)len);
	wr_bytes(b, value, len);
	pad(b, len);
}

static void option_u64(struct builder *b, uint16_t code, uint64_t value)
{
	const uint64_t be = htobe64(value);

	option(b, code, &be, sizeof(be));
}

static void options_end(struct builder *b)
{
	wr_u16(b, OPT_END);
	wr_u16(b, 0);
}

static void time_put(struct builder *b, uint64_t at_ns)
{
	wr_u32(b, (uint32_t)(at_ns >> 32));
	wr_u32(b, (uint32_t)at_ns);
}

void pcapng_section(struct builder *b, const char *application)
{
	size_t at = block_begin(b, BLOCK_SECTION);

	wr_u32(b, BYTE_ORDER_MAGIC);
	wr_u16(b, VERSION_MAJOR);
	wr_u16(b, VERSION_MINOR);
	wr_u64(b, UINT64_MAX); /* how long it gets is not known */
	option(b, SHB_USERAPPL, application, strlen(application));
	options_end(b);
	block_end(b, at);
}

void pcapng_interface(struct builder *b, const char *name, uint32_t snaplen)
{
	const uint8_t resolution = TSRESOL_NS;
	size_t at = block_begin(b, BLOCK_INTERFACE);

	wr_u16(b, LINKTYPE_RAW);
	wr_u16(b, 0);
	wr_u32(b, snaplen);
	option(b, IF_NAME, name, strlen(name));
	option(b, IF_TSRESOL, &resolution, sizeof(resolution));
	options_end(b);
	block_end(b, at);
}

void pcapng_packet(struct builder *b, const struct pcapng_packet *p)
{
	const uint32_t flags_be =
		htobe32(p->inbound ? EPB_FLAG_INBOUND : EPB_FLAG_OUTBOUND);
	size_t at = block_begin(b, BLOCK_PACKET);

	wr_u32(b, p->interface);
	time_put(b, p->at_ns);
	wr_u32(b, (uint32_t)p->octets.len);
	wr_u32(b, p->bytes);
	wr_bytes(b, p->octets.ptr, p->octets.len);
	pad(b, p->octets.len);
	option(b, OPT_COMMENT, p->comment,
	       strnlen(p->comment, PCAPNG_COMMENT_MAX));
	option(b, EPB_FLAGS, &flags_be, sizeof(flags_be));
	options_end(b);
	block_end(b, at);
}

void pcapng_statistics(struct builder *b, uint32_t interface, uint64_t at_ns,
		       uint64_t packets, uint64_t missing)
{
	size_t at = block_begin(b, BLOCK_STATISTICS);

	wr_u32(b, interface);
	time_put(b, at_ns);
	option_u64(b, ISB_IFRECV, packets);
	option_u64(b, ISB_IFDROP, missing);
	options_end(b);
	block_end(b, at);
}
