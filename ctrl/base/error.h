/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What went wrong, in a line that an operator can act on: the thing, the
 * place, the remedy. Filled by whoever sees the failure first and knows it
 * best; carried upwards unchanged beside the negative errno.
 */
#ifndef CYG_BASE_ERROR_H
#define CYG_BASE_ERROR_H

#define ERROR_MAX_BYTES 1024

struct error {
	char text[ERROR_MAX_BYTES];
};

/* Writes the text and returns err, so that a failure is one statement. */
__attribute__((format(printf, 3, 4))) int error_set(struct error *e, int err,
						    const char *fmt, ...);

#endif
