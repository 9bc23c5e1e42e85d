// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/control/requests.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctrl/control/vici.h"

#define KEY_SHOWN_MAX 32 /* octets of an unknown key that an error quotes */
#define NUMBER_MAX    11 /* "-2147483648" */
#define SUBJECT_MAX   1024
#define TEXT_MAX      256

static const struct {
	const char *key;
	enum argument arg;
} keys[] = {
	{ "ike", ARG_IKE },
	{ "child", ARG_CHILD },
	{ "ike-id", ARG_IKE_ID },
	{ "child-id", ARG_CHILD_ID },
	{ "timeout", ARG_TIMEOUT },
	{ "loglevel", ARG_LOGLEVEL },
	{ "noblock", ARG_NOBLOCK },
	{ "trap", ARG_TRAP },
	{ "drop", ARG_DROP },
	{ "pass", ARG_PASS },
	{ "force", ARG_FORCE },
	{ "reauth", ARG_REAUTH },
	{ "name", ARG_NAME },
	{ "id", ARG_ID },
	{ "init-limits", ARG_INIT_LIMITS },
	{ "all", ARG_ALL },
	{ "type", ARG_TYPE },
	{ "flag", ARG_FLAG },
	{ "subject", ARG_SUBJECT },
	{ "leases", ARG_LEASES },
	{ "peer-ip", ARG_PEER_IP },
	{ "peer-id", ARG_PEER_ID },
	{ "gateway", ARG_GATEWAY },
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

static bool is_text(struct slice s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.ptr, text, s.len) == 0;
}

/* Of a key's index. */
static int fail_value(size_t key, const char *wanted, struct error *e)
{
	return error_set(e, -EINVAL, "argument '%s' must be %s", keys[key].key,
			 wanted);
}

static int fail_unknown(struct slice name, struct error *e)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.ptr[i] <= ' ' || name.ptr[i] > '~')
			name.len = 0;
	if (name.len == 0 || name.len > KEY_SHOWN_MAX)
		return error_set(e, -EINVAL,
				 "this command takes no argument of such a "
				 "name, which is too long or not text");
	return error_set(e, -EINVAL, "this command takes no argument '%.*s'",
			 (int)name.len, (const char *)name.ptr);
}

static int read_name(size_t key, struct slice value, char *out, struct error *e)
{
	if (value.len == 0 || value.len >= CONN_NAME_MAX ||
	    memchr(value.ptr, 0, value.len))
		return fail_value(key, "a name of 1 to 63 octets", e);
	memcpy(out, value.ptr, value.len);
	out[value.len] = '\0';
	return 0;
}

/* Decimal digits, with a sign or without. */
static bool read_number(struct slice value, long long *out)
{
	char text[NUMBER_MAX + 1];
	char *end;

	if (value.len == 0 || value.len > NUMBER_MAX)
		return false;
	memcpy(text, value.ptr, value.len);
	text[value.len] = '\0';
	if (text[0] != '-' && (text[0] < '0' || text[0] > '9'))
		return false;
	*out = strtoll(text, &end, 10);
	return end != text && end == text + value.len;
}

static int read_id(size_t key, struct slice value, uint32_t *out,
		   struct error *e)
{
	long long n;

	if (!read_number(value, &n) || n < 1 || n > UINT32_MAX)
		return fail_value(key, "the number of an SA", e);
	*out = (uint32_t)n;
	return 0;
}

static int read_range(size_t key, struct slice value, long long max,
		      int32_t *out, struct error *e)
{
	long long n;

	if (!read_number(value, &n) || n < INT32_MIN)
		return fail_value(key, "a number", e);
	if (n > max)
		return error_set(e, -EINVAL,
				 "argument '%s' must be at most %lld",
				 keys[key].key, max);
	*out = (int32_t)n;
	return 0;
}

static int read_flag(size_t key, struct slice value, struct arguments *out,
		     struct error *e)
{
	if (is_text(value, "yes") || is_text(value, "true") ||
	    is_text(value, "1"))
		return 0;
	if (!is_text(value, "no") && !is_text(value, "false") &&
	    !is_text(value, "0"))
		return fail_value(key, "yes or no", e);
	out->given &= ~(unsigned int)keys[key].arg;
	return 0;
}

/* Of the words that strongSwan has for it; words ends with NULL. */
static int read_word(size_t key, struct slice value, const char *const *words,
		     const char *wanted, char out[CERT_WORD_MAX],
		     struct error *e)
{
	for (; *words; words++)
		if (value.len == strlen(*words) &&
		    strncasecmp((const char *)value.ptr, *words, value.len) ==
			    0) {
			strcpy(out, *words);
			return 0;
		}
	return fail_value(key, wanted, e);
}

static int read_type(size_t key, struct slice value, struct arguments *out,
		     struct error *e)
{
	static const char *const types[] = { "X509",	 "X509_AC",
					     "X509_CRL", "OCSP_RESPONSE",
					     "PUBKEY",	 "ANY",
					     NULL };

	return read_word(key, value, types,
			 "X509, X509_AC, X509_CRL, OCSP_RESPONSE, PUBKEY or ANY",
			 out->cert_type, e);
}

static int read_flag_of_cert(size_t key, struct slice value,
			     struct arguments *out, struct error *e)
{
	static const char *const flags[] = { "NONE", "CA",  "AA",
					     "OCSP", "ANY", NULL };

	return read_word(key, value, flags, "NONE, CA, AA, OCSP or ANY",
			 out->cert_flag, e);
}

/* Or another name that a certificate may have. */
static int read_subject(size_t key, struct slice value, struct identity *out,
			struct error *e)
{
	char text[SUBJECT_MAX + 1];
	struct error why;

	if (value.len == 0 || value.len > SUBJECT_MAX ||
	    memchr(value.ptr, 0, value.len))
		return fail_value(key, "a distinguished name", e);
	memcpy(text, value.ptr, value.len);
	text[value.len] = '\0';
	return identity_parse(text, out, &why)
		       ? fail_value(key, "a distinguished name", e)
		       : 0;
}

/* false: it is too long, or none. */
static bool read_text(struct slice value, char out[TEXT_MAX])
{
	if (value.len == 0 || value.len >= TEXT_MAX ||
	    memchr(value.ptr, 0, value.len))
		return false;
	memcpy(out, value.ptr, value.len);
	out[value.len] = '\0';
	return true;
}

static int read_peer_ip(size_t key, struct slice value, struct range *out,
			struct error *e)
{
	char text[TEXT_MAX];

	if (!read_text(value, text) || range_parse(text, out))
		return fail_value(key, "an address, a prefix or a range", e);
	return 0;
}

static int read_peer_id(size_t key, struct slice value, struct identity *out,
			struct error *e)
{
	char text[TEXT_MAX];
	struct error why;

	if (!read_text(value, text) || identity_parse(text, out, &why))
		return fail_value(key, "an identity", e);
	return 0;
}

static bool is_host_name(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789.-") == strlen(text);
}

static int read_gateway(size_t key, struct slice value, struct gateway *out,
			struct error *e)
{
	char text[TEXT_MAX];
	struct addr a;

	if (!read_text(value, text))
		return fail_value(key, "an address or a name", e);
	if (addr_parse(text, &a) == 0) {
		*out = gateway_of_addr(&a);
		return 0;
	}
	if (!is_host_name(text) || value.len >= sizeof(out->octets))
		return fail_value(key, "an address or a name", e);
	*out = (struct gateway){ .type = GATEWAY_FQDN,
				 .len = (uint8_t)value.len };
	memcpy(out->octets, text, value.len);
	return 0;
}

static int read_value(size_t key, struct slice value, struct arguments *out,
		      struct error *e)
{
	switch (keys[key].arg) {
	case ARG_IKE:
		return read_name(key, value, out->ike, e);
	case ARG_CHILD:
		return read_name(key, value, out->child, e);
	case ARG_NAME:
	case ARG_ID:
		return read_name(key, value, out->name, e);
	case ARG_IKE_ID:
		return read_id(key, value, &out->ike_id, e);
	case ARG_CHILD_ID:
		return read_id(key, value, &out->child_id, e);
	case ARG_TIMEOUT:
		return read_range(key, value, REQUEST_TIMEOUT_MAX_S * 1000LL,
				  &out->timeout_ms, e);
	case ARG_LOGLEVEL:
		return read_range(key, value, INT32_MAX, &out->loglevel, e);
	case ARG_NOBLOCK:
	case ARG_TRAP:
	case ARG_DROP:
	case ARG_PASS:
	case ARG_FORCE:
	case ARG_REAUTH:
	case ARG_INIT_LIMITS:
	case ARG_ALL:
	case ARG_LEASES:
		return read_flag(key, value, out, e);
	case ARG_TYPE:
		return read_type(key, value, out, e);
	case ARG_FLAG:
		return read_flag_of_cert(key, value, out, e);
	case ARG_SUBJECT:
		return read_subject(key, value, &out->subject, e);
	case ARG_PEER_IP:
		return read_peer_ip(key, value, &out->peer_ip, e);
	case ARG_PEER_ID:
		return read_peer_id(key, value, &out->peer_id, e);
	case ARG_GATEWAY:
		return read_gateway(key, value, &out->gateway, e);
	}
	return -EINVAL;
}

static int read_argument(const struct vici_elem *elem, unsigned int known,
			 unsigned int *seen, struct arguments *out,
			 struct error *e)
{
	size_t key = 0;

	while (key < N_KEYS && !(is_text(elem->name, keys[key].key) &&
				 known & (unsigned int)keys[key].arg))
		key++;
	if (key == N_KEYS)
		return fail_unknown(elem->name, e);
	if (elem->type != VICI_KEY_VALUE)
		return fail_value(key, "one value, no list or section", e);
	if (*seen & (unsigned int)keys[key].arg)
		return fail_value(key, "given once", e);
	*seen |= (unsigned int)keys[key].arg;
	out->given |= (unsigned int)keys[key].arg;
	return read_value(key, elem->value, out, e);
}

int arguments_read(struct slice body, unsigned int known, struct arguments *out,
		   struct error *e)
{
	struct vici_reader r = vici_read(body);
	struct vici_elem elem;
	unsigned int seen = 0;
	int err = 0;

	*out = (struct arguments){ .loglevel = 1 };
	while (vici_argument(&r, &elem, &err, e))
		err = read_argument(&elem, known, &seen, out, e);
	return err;
}

bool filter_excludes(const struct arguments *args, enum argument filter,
		     const char *name)
{
	const char *wanted = filter == ARG_IKE ? args->ike : args->child;

	return args->given & (unsigned int)filter && strcmp(wanted, name) != 0;
}
