/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Populate from packet in words: which selectors the SAs of a policy take from the
 * packet that each is made for (RFC 4301 section 4.4.1.2). Pure; any thread.
 */
#ifndef CYG_MODEL_POPULATE_H
#define CYG_MODEL_POPULATE_H

#include <stdint.h>

#define POPULATE_STR_MAX 80 /* all of them, with the NUL */

/* The flag of a word, or of `ports` both; 0: it is none. */
uint8_t populate_parse(const char *word);

/* "remote_address, protocol"; "" for 0. Returns out. */
const char *populate_str(uint8_t pfp, char out[POPULATE_STR_MAX]);

#endif
