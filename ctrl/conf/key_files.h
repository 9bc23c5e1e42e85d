/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The private keys of a configuration: what sections of secrets name, and what else
 * is in the folders private/, rsa/, ecdsa/, pkcs8/ and pkcs12/ beside it. What a
 * section names must be there and be right; of the folders, what can't be taken is
 * left, and told. Control thread.
 */
#ifndef CYG_CONF_KEY_FILES_H
#define CYG_CONF_KEY_FILES_H

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/crypto/private_key.h"
#include "ctrl/model/config.h"

#define KEY_FILE_MAX   65536U /* octets */
#define KEY_FOLDER_MAX 4096U  /* files of one folder */

struct key_files_calls {
	/* The key is handed over, also if it fails. path: of its file, borrowed.
	 * 0, or negative with e filled. */
	int (*key)(void *ctx, struct private_key *key, const char *path,
		   struct error *e);
	/* DER that came with the key that is told of next, its own first; borrowed. */
	void (*certificate)(void *ctx, const char *path, struct slice der);
	/* A file of a folder is left, or others may read one: why, and what to do. */
	void (*warn)(void *ctx, const char *text);
	void *ctx;
};

/*
 * c   its passphrases are wiped
 *
 * 0, or negative with e filled as `file:line:column: what is wrong; remedy`: as
 * private_key_read() or key() say, -ENOENT, -EACCES, -EINVAL, -E2BIG or -ENOMEM.
 */
int key_files_read(struct config *c, const struct key_files_calls *calls,
		   struct error *e);

#endif
