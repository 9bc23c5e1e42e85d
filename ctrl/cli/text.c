// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ESCAPE_BYTES 4 /* \xNN */

void *need(void *ptr)
{
	if (ptr)
		return ptr;
	fputs("cygnet: out of memory\n", stderr);
	exit(1);
}

/*
 * Takes the character at the front of a non-empty slice (RFC 3629 section 4).
 *
 * point   its code point
 *
 * Its length in octets, or 0: no UTF-8 starts here.
 */
static size_t utf8_char(struct slice s, uint32_t *point)
{
	static const struct {
		uint8_t mask, lead;
		uint32_t least; /* below it a shorter form was due */
	} forms[] = { { 0x80, 0x00, 0 },
		      { 0xe0, 0xc0, 0x80 },
		      { 0xf0, 0xe0, 0x800 },
		      { 0xf8, 0xf0, 0x10000 } };
	size_t n = 0;

	while (n < 4 && (s.ptr[0] & forms[n].mask) != forms[n].lead)
		n++;
	if (n == 4 || s.len <= n)
		return 0;
	*point = s.ptr[0] & (uint8_t)~forms[n].mask;
	for (size_t i = 1; i <= n; i++) {
		if ((s.ptr[i] & 0xc0) != 0x80)
			return 0;
		*point = *point << 6 | (s.ptr[i] & 0x3f);
	}
	if (*point < forms[n].least || *point > 0x10ffff)
		return 0;
	return *point >= 0xd800 && *point <= 0xdfff ? 0 : n + 1;
}

static bool is_harmless(uint32_t point)
{
	static const struct {
		uint32_t from, to;
	} harmful[] = {
		{ 0x00, 0x1f },	    /* C0 */
		{ 0x7f, 0x9f },	    /* DEL, C1 */
		{ 0x061c, 0x061c }, /* direction */
		{ 0x200b, 0x200f }, /* no width, direction */
		{ 0x2028, 0x202e }, /* line ends, direction */
		{ 0x2060, 0x206f }, /* no width, direction */
		{ 0xfeff, 0xfeff }, /* byte order mark */
	};

	for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++)
		if (point >= harmful[i].from && point <= harmful[i].to)
			return false;
	return true;
}

char *text_printable(struct slice octets)
{
	char *text = need(malloc(octets.len * ESCAPE_BYTES + 1));
	uint32_t point;
	char *at = text;

	while (octets.len) {
		size_t len = utf8_char(octets, &point);

		if (len && is_harmless(point)) {
			memcpy(at, octets.ptr, len);
			at += len;
		} else {
			len = 1;
			at += sprintf(at, "\\x%02x", octets.ptr[0]);
		}
		octets = slice_of(octets.ptr + len, octets.len - len);
	}
	*at = '\0';
	return text;
}

size_t text_columns(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

const char *bytes_str(uint64_t bytes, char buf[BYTES_STR_MAX])
{
	static const char *const units[] = { "KiB", "MiB", "GiB",
					     "TiB", "PiB", "EiB" };
	double n = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		snprintf(buf, BYTES_STR_MAX, "%" PRIu64 " B", bytes);
		return buf;
	}
	for (; n >= 1024 && unit < 5; unit++)
		n /= 1024;
	snprintf(buf, BYTES_STR_MAX, "%.1f %s", n, units[unit]);
	return buf;
}

const char *rate_str(uint64_t bits_per_s, char buf[RATE_STR_MAX])
{
	static const char units[] = "kMGTPE";
	double n = (double)bits_per_s / 1000;
	size_t unit = 0;

	if (bits_per_s < 1000) {
		snprintf(buf, RATE_STR_MAX, "%" PRIu64 " bit/s", bits_per_s);
		return buf;
	}
	for (; n >= 1000 && unit < sizeof(units) - 2; unit++)
		n /= 1000;
	snprintf(buf, RATE_STR_MAX, "%.1f %cbit/s", n, units[unit]);
	return buf;
}
