// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/pki/pem.h"

#include <errno.h>

#include <openssl/err.h>
#include <openssl/pem.h>

int pem_write(const char *label, struct slice der, struct owned *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	int err = -ENOMEM;
	long len;

	if (bio && PEM_write_bio(bio, label, "", der.ptr, (long)der.len) > 0) {
		len = BIO_get_mem_data(bio, &text);
		err = owned_copy(slice_of(text, (size_t)len), out);
	}
	BIO_free(bio);
	ERR_clear_error();
	return err;
}
