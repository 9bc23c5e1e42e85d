// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/options.h"

static const struct option_row rows[OPTION_N] = {
	[OPTION_AFTER] = { "after", 0, VALUE_NONE },
	[OPTION_ALL] = { "all", 'a', VALUE_NONE },
	[OPTION_AUTH] = { "auth", 0, VALUE_NONE },
	[OPTION_BASECRL] = { "basecrl", 0, VALUE_FILE },
	[OPTION_BEFORE] = { "before", 0, VALUE_NONE },
	[OPTION_CA] = { "ca", 0, VALUE_NONE },
	[OPTION_CACERT] = { "cacert", 0, VALUE_FILE },
	[OPTION_CAKEY] = { "cakey", 0, VALUE_FILE },
	[OPTION_CERT] = { "cert", 0, VALUE_FILE },
	[OPTION_CHECK] = { "check", 'c', VALUE_NONE },
	[OPTION_COUNT] = { "count", 'n', VALUE_TEXT },
	[OPTION_CRL] = { "crl", 0, VALUE_FILE },
	[OPTION_DIGEST] = { "digest", 0, VALUE_TEXT },
	[OPTION_DN] = { "dn", 0, VALUE_TEXT },
	[OPTION_DROP] = { "drop", 0, VALUE_TEXT },
	[OPTION_DRY_RUN] = { "dry-run", 0, VALUE_NONE },
	[OPTION_FILE] = { "file", 'f', VALUE_FILE },
	[OPTION_FLAG] = { "flag", 0, VALUE_TEXT },
	[OPTION_FOR] = { "for", 0, VALUE_TEXT },
	[OPTION_FORCE] = { "force", 0, VALUE_NONE },
	[OPTION_HELP] = { "help", 'h', VALUE_NONE },
	[OPTION_IN] = { "in", 'i', VALUE_IFACE },
	[OPTION_JSON] = { "json", 'j', VALUE_NONE },
	[OPTION_LASTCRL] = { "lastcrl", 0, VALUE_FILE },
	[OPTION_LIFETIME] = { "lifetime", 0, VALUE_TEXT },
	[OPTION_MTU] = { "mtu", 0, VALUE_NONE },
	[OPTION_OCSP] = { "ocsp", 0, VALUE_TEXT },
	[OPTION_OUT] = { "out", 0, VALUE_FILE },
	[OPTION_OUTFORM] = { "outform", 0, VALUE_TEXT },
	[OPTION_PASSPHRASE_FILE] = { "passphrase-file", 0, VALUE_FILE },
	[OPTION_PATHLEN] = { "pathlen", 0, VALUE_TEXT },
	[OPTION_PFS] = { "pfs", 0, VALUE_NONE },
	[OPTION_POLICY] = { "policy", 0, VALUE_TEXT },
	[OPTION_PROTECTED] = { "protected", 0, VALUE_IFACE },
	[OPTION_REASON] = { "reason", 0, VALUE_TEXT },
	[OPTION_RSA_PADDING] = { "rsa-padding", 0, VALUE_TEXT },
	[OPTION_SA] = { "sa", 0, VALUE_TEXT },
	[OPTION_SAN] = { "san", 0, VALUE_TEXT },
	[OPTION_SERIAL] = { "serial", 0, VALUE_TEXT },
	[OPTION_SIZE] = { "size", 0, VALUE_TEXT },
	[OPTION_SNAPLEN] = { "snaplen", 's', VALUE_TEXT },
	[OPTION_TIMEOUT] = { "timeout", 't', VALUE_TEXT },
	[OPTION_TO] = { "to", 0, VALUE_TEXT },
	[OPTION_TYPE] = { "type", 0, VALUE_TEXT },
	[OPTION_UNPROTECTED] = { "unprotected", 0, VALUE_IFACE },
	[OPTION_URI] = { "uri", 'u', VALUE_TEXT },
	[OPTION_WATCH] = { "watch", 0, VALUE_NONE },
	[OPTION_WRITE] = { "write", 'w', VALUE_FILE },
};

_Static_assert(OPTION_N <= 64, "OPT()");

const struct option_row *option_row(enum option_id id)
{
	return &rows[id];
}
