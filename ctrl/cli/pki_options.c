// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/pki_options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "ctrl/cli/tree.h"
#include "ctrl/model/dn.h"
#include "ctrl/pki/issue.h"

#define ARRAY_LEN(a)  (sizeof(a) / sizeof((a)[0]))
#define DAYS_MAX      36500
#define HOUR_S	      3600
#define SIZE_MAX_BITS 100000

struct word {
	const char *name;
	int value;
};

/* 0, or -EINVAL with all that there is in e. */
static int read_word(const char *text, const char *option,
		     const struct word *words, size_t n, int *out,
		     struct error *e)
{
	char all[128] = "";
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		if (strcasecmp(words[i].name, text) == 0) {
			*out = words[i].value;
			return 0;
		}
		at += (size_t)snprintf(all + at, sizeof(all) - at, "%s%s",
				       i ? ", " : "", words[i].name);
	}
	return error_set(e, -EINVAL, "--%s is one of %s, not '%.64s'", option,
			 all, text);
}

/* --- one option each --- */

static int read_type(const char *text, struct pki_options *o, struct error *e)
{
	static const struct word words[] = { { "rsa", KEY_RSA },
					     { "ecdsa", KEY_ECDSA },
					     { "ed25519", KEY_ED25519 },
					     { "ed448", KEY_ED448 } };
	int value = 0;
	int err = read_word(text, "type", words, ARRAY_LEN(words), &value, e);

	o->type = (enum key_type)value;
	return err;
}

static int read_size(const char *text, struct pki_options *o, struct error *e)
{
	uint64_t bits;

	if (!decimal_parse(text, &bits) || !bits || bits > SIZE_MAX_BITS)
		return error_set(e, -EINVAL,
				 "--size is a number of bits, not '%.64s'",
				 text);
	o->size = (unsigned int)bits;
	return 0;
}

static int read_form(const char *text, struct pki_options *o, struct error *e)
{
	static const struct word words[] = { { "pem", KEY_FORM_PEM },
					     { "der", KEY_FORM_DER } };
	int value = 0;
	int err = read_word(text, "outform", words, ARRAY_LEN(words), &value, e);

	o->form = (enum key_form)value;
	return err;
}

static int read_digest(const char *text, struct pki_options *o, struct error *e)
{
	static const struct word words[] = { { "sha256", IKE_HASH_SHA2_256 },
					     { "sha384", IKE_HASH_SHA2_384 },
					     { "sha512", IKE_HASH_SHA2_512 } };
	int value = 0;
	int err = read_word(text, "digest", words, ARRAY_LEN(words), &value, e);

	o->hash = (enum ike_hash)value;
	return err;
}

static int read_padding(const char *text, struct pki_options *o, struct error *e)
{
	static const struct word words[] = { { "pkcs1", 0 }, { "pss", 1 } };
	int value = 0;
	int err = read_word(text, "rsa-padding", words, ARRAY_LEN(words),
			    &value, e);

	o->pss = value;
	return err;
}

static int read_lifetime(const char *text, struct pki_options *o,
			 struct error *e)
{
	return pki_time_read(text, &o->lifetime_s, e);
}

static int read_path_len(const char *text, struct pki_options *o,
			 struct error *e)
{
	uint64_t n;

	if (!decimal_parse(text, &n) || n > CERTIFICATE_SANS_MAX)
		return error_set(e, -EINVAL,
				 "--pathlen is how many CAs may be below, 0 to "
				 "%d, not '%.64s'",
				 CERTIFICATE_SANS_MAX, text);
	o->path_len = (int)n;
	return 0;
}

static int read_flag(const char *text, struct pki_options *o, struct error *e)
{
	static const struct word words[] = {
		{ "serverAuth", ISSUE_SERVER_AUTH },
		{ "clientAuth", ISSUE_CLIENT_AUTH },
		{ "ikeIntermediate", ISSUE_IKE_INTERMEDIATE },
		{ "ocspSigning", ISSUE_OCSP_SIGNING },
		{ "crlSign", ISSUE_CRL_SIGN },
	};
	int value = 0;
	int err = read_word(text, "flag", words, ARRAY_LEN(words), &value, e);

	o->uses |= (unsigned int)value;
	return err;
}

static int read_dn(const char *text, struct pki_options *o, struct error *e)
{
	struct error why;

	if (dn_parse(text, o->dn, sizeof(o->dn), &o->dn_len, &why))
		return error_set(e, -EINVAL, "--dn \"%.200s\": %.300s", text,
				 why.text);
	return 0;
}

static int read_san(const char *text, struct pki_options *o, struct error *e)
{
	struct identity *id = &o->sans[o->n_sans];
	struct error why;

	if (o->n_sans == CERTIFICATE_SANS_MAX)
		return error_set(e, -EINVAL,
				 "a certificate has at most %d alternative "
				 "names; issue several",
				 CERTIFICATE_SANS_MAX);
	if (identity_parse(text, id, &why))
		return error_set(e, -EINVAL, "--san \"%.200s\": %.300s", text,
				 why.text);
	if (!id->type || id->type == IKE_ID_KEY_ID)
		return error_set(e, -EINVAL,
				 "--san \"%.200s\" is no name that a "
				 "certificate can have; give a host's or a "
				 "mail address, an IP address or a "
				 "distinguished name",
				 text);
	o->n_sans++;
	return 0;
}

static int read_serial(const char *text, struct pki_options *o, struct error *e)
{
	return pki_serial_read(text, &o->serial, e);
}

static const struct {
	enum option_id id;
	int (*read)(const char *text, struct pki_options *o, struct error *e);
} readers[] = {
	{ OPTION_TYPE, read_type },
	{ OPTION_SIZE, read_size },
	{ OPTION_OUTFORM, read_form },
	{ OPTION_DIGEST, read_digest },
	{ OPTION_RSA_PADDING, read_padding },
	{ OPTION_LIFETIME, read_lifetime },
	{ OPTION_PATHLEN, read_path_len },
	{ OPTION_FLAG, read_flag },
	{ OPTION_DN, read_dn },
	{ OPTION_SAN, read_san },
	{ OPTION_SERIAL, read_serial },
};

static int read_one(const struct argument *a, struct pki_options *out,
		    struct error *e)
{
	for (size_t i = 0; i < ARRAY_LEN(readers); i++)
		if (readers[i].id == a->id)
			return readers[i].read(a->value, out, e);
	return 0;
}

/* --- all of them --- */

int pki_options_read(const struct arguments *args, struct pki_options *out,
		     struct error *e)
{
	int err = pki_uris_read(args, OPTION_OCSP, out->ocsp, &out->n_ocsp, e);

	out->type = KEY_ECDSA;
	out->size = 0;
	out->form = KEY_FORM_PEM;
	out->hash = (enum ike_hash)0;
	out->pss = false;
	out->lifetime_s = 0;
	out->path_len = -1;
	out->uses = 0;
	out->dn_len = out->n_sans = out->serial.len = 0;
	for (size_t i = 0; !err && i < args->n_all; i++)
		err = read_one(&args->all[i], out, e);
	return err;
}

static bool is_uri(const char *text)
{
	for (const char *at = text; *at; at++)
		if (*at <= ' ' || *at > '~')
			return false;
	return strncasecmp(text, "http://", 7) == 0 && text[7];
}

int pki_uris_read(const struct arguments *args, enum option_id id,
		  const char *out[CERTIFICATE_URIS_MAX], size_t *n,
		  struct error *e)
{
	const char *name = option_row(id)->name;

	*n = 0;
	for (size_t i = 0; i < args->n_all; i++) {
		if (args->all[i].id != id)
			continue;
		if (!is_uri(args->all[i].value))
			return error_set(e, -EINVAL,
					 "--%s is http://HOST/PATH, not "
					 "'%.200s'; RFC 5280 section 8 "
					 "advises against https",
					 name, args->all[i].value);
		if (*n == CERTIFICATE_URIS_MAX)
			return error_set(e, -EINVAL,
					 "--%s may be there %d times at most",
					 name, CERTIFICATE_URIS_MAX);
		out[(*n)++] = args->all[i].value;
	}
	return 0;
}

/* --- values --- */

static int digit_of(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	return isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
					  : -1;
}

int pki_serial_read(const char *text, struct pki_serial *out, struct error *e)
{
	const char *at = strncasecmp(text, "0x", 2) == 0 ? text + 2 : text;
	uint8_t digits[2 * PKI_SERIAL_MAX];
	size_t n = 0;

	for (; *at; at++) {
		if (*at == ':')
			continue;
		if (digit_of(*at) < 0 || n == sizeof(digits))
			break;
		if (n || digit_of(*at))
			digits[n++] = (uint8_t)digit_of(*at);
	}
	if (*at || !n)
		return error_set(e, -EINVAL,
				 "a serial number is 1 to %zu hexadecimal "
				 "digits and not 0, not '%.64s'",
				 sizeof(digits), text);
	out->len = (n + 1) / 2;
	memset(out->octets, 0, sizeof(out->octets));
	for (size_t i = 0; i < n; i++) {
		size_t from_end = n - 1 - i;

		out->octets[out->len - 1 - from_end / 2] |=
			(uint8_t)(digits[i] << (from_end % 2 ? 4 : 0));
	}
	return 0;
}

int pki_time_read(const char *text, int64_t *out_s, struct error *e)
{
	char digits[16];
	size_t len = strspn(text, "0123456789");
	bool is_hours = strcmp(text + len, "h") == 0;
	const int64_t unit_s = is_hours ? HOUR_S : PKI_DAY_S;
	uint64_t n = 0;

	snprintf(digits, sizeof(digits), "%.*s", (int)len, text);
	if ((text[len] && !is_hours && strcmp(text + len, "d") != 0) ||
	    len >= sizeof(digits) || !decimal_parse(digits, &n) || !n ||
	    n > (uint64_t)(DAYS_MAX * PKI_DAY_S / unit_s))
		return error_set(e, -EINVAL,
				 "a time is a number of days such as 30 or 30d, "
				 "%d at most, or of hours such as 12h, not "
				 "'%.64s'",
				 DAYS_MAX, text);
	*out_s = (int64_t)n * unit_s;
	return 0;
}

/* --- said --- */

int pki_usage(const struct error *e)
{
	fprintf(stderr, "cygnet: %s\n", e->text);
	return PKI_EXIT_USAGE;
}

int pki_failed(const struct error *e)
{
	fprintf(stderr, "cygnet: %s\n", e->text);
	return PKI_EXIT_FAILED;
}

int pki_need(const struct arguments *args, enum option_id id, struct error *e)
{
	return args->values[id]
		       ? 0
		       : error_set(e, -EINVAL,
				   "'%s' needs --%s; `cygnet %s --help` shows "
				   "an example",
				   args->command->name, option_row(id)->name,
				   args->command->name);
}
