/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The openssl command, as another opinion and as a maker of files, in a folder of its
 * own.
 */
#ifndef CYG_TESTS_OPENSSL_H
#define CYG_TESTS_OPENSSL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room of every file here. */
#define OPENSSL_FILE_MAX 65536

/* Makes the folder, which openssl_end() removes. */
void openssl_begin(void);
void openssl_end(void);

/*
 * Runs `openssl ARGUMENTS` in the folder, whose output is in the file "said" then.
 * Was it well?
 */
__attribute__((format(printf, 1, 2))) bool openssl_try(const char *fmt, ...);

/* The same; where it was not, the test fails. */
#define openssl(...) assert_true(openssl_try(__VA_ARGS__))

/* A whole file; borrowed until the next call. NULL: there is none. */
const uint8_t *openssl_get(const char *name, size_t *len);
void openssl_put(const char *name, const void *octets, size_t len);

#endif
