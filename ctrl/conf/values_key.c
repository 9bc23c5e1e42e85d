// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/values_key.h"

#include <errno.h>
#include <string.h>

#include "ctrl/crypto/private_key.h"

VALUE_READER(value_key_file)
{
	size_t len = strlen(v->text);

	(void)k;
	if (len >= CONF_KEY_FILE_MAX)
		return value_fail(e, v, -EINVAL,
				  "is longer than %u octets; move the file",
				  CONF_KEY_FILE_MAX - 1);
	memcpy(out, v->text, len + 1);
	return 0;
}

VALUE_READER(value_passphrase)
{
	struct secret *secret = out;
	size_t len = strlen(v->text);

	(void)k;
	if (len > PASSPHRASE_MAX)
		return value_fail(e, v, -EINVAL,
				  "is longer than %u octets; encrypt the key "
				  "with a shorter one",
				  PASSPHRASE_MAX);
	memcpy(secret->octets, v->text, len);
	secret->len = len;
	return 0;
}
