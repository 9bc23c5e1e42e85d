/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libcrypto's providers by configuration: what does public-key work (and all else that
 * libcrypto is asked for) in another way than its own, such as a QAT card. Main thread,
 * before libcrypto is asked for anything.
 */
#ifndef CYG_CRYPTO_PROVIDERS_H
#define CYG_CRYPTO_PROVIDERS_H

#include "ctrl/base/error.h"

#define PROVIDERS_MAX 4 /* names in a list */
#define PROVIDERS_TEXT_MAX \
	128 /* of a list "qatprovider,default", with the NUL */

/*
 * Loads these, from libcrypto's own folder, for the life of the process, and no other:
 * without a list libcrypto has its default one. What several have is the first one's.
 *
 * list   names of letters, digits, '-' and '_', with commas between; "": nothing is done
 *
 * 0, or negative with e filled: -ENOENT (it is not there, or does not start), -ENOMEM
 */
int providers_load(const char *list, struct error *e);

#endif
