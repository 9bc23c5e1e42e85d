/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Octets from the hexadecimal text of a test vector.
 */
#ifndef CYG_TESTS_HEX_H
#define CYG_TESTS_HEX_H

#include <stddef.h>

/*
 * Decodes an even number of digits and nothing else. Vectors are constants of
 * the test: one that is malformed, or longer than room, ends the program.
 *
 * Returns the octets written to out.
 */
size_t hex_decode(const char *text, void *out, size_t room);

#endif
