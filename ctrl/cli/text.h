/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text for a terminal: made harmless on the way in, measured and shortened on
 * the way out.
 */
#ifndef CYG_CLI_TEXT_H
#define CYG_CLI_TEXT_H

#include <stdint.h>

#include "ctrl/base/slice.h"

#define BYTES_STR_MAX 32
#define RATE_STR_MAX  32

/* Returns ptr; ends the program when it is NULL for want of memory. */
void *need(void *ptr);

/*
 * The octets as UTF-8 that a terminal shows and does not obey: control
 * characters, those that turn the direction of writing, and octets that are
 * no UTF-8 become \xNN. free() it.
 */
char *text_printable(struct slice octets);

/* Columns it takes; every character counts as one. */
size_t text_columns(const char *text);

/* "512 bit/s", "98.1 Mbit/s"; writes to buf and returns it. */
const char *rate_str(uint64_t bits_per_s, char buf[RATE_STR_MAX]);

/* "512 B", "98.1 KiB", "3.0 TiB"; writes to buf and returns it. */
const char *bytes_str(uint64_t bytes, char buf[BYTES_STR_MAX]);

#endif
