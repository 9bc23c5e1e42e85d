// SPDX-License-Identifier: BSD-2-Clause
/*
 * `cygnet pki print`: what there is to show is one object of JSON, which for people is
 * a line a member, and of a list a line an item.
 */
#include "ctrl/cli/pki.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctrl/cli/pki_input.h"
#include "ctrl/cli/pki_options.h"
#include "ctrl/cli/text.h"
#include "ctrl/model/dn.h"
#include "ctrl/pki/describe.h"
#include "ctrl/pki/request.h"
#include "ctrl/pki/revoke.h"

#define HEX_MAX	  256
#define COLUMN	  14
#define TIME_TEXT 32

/* --- values --- */

static void set(json_t *object, const char *key, const char *text)
{
	if (text)
		json_object_set_new(object, key, need(json_string(text)));
}

static void set_hex(json_t *object, const char *key, struct slice octets)
{
	char text[2 * HEX_MAX + 1] = "";

	for (size_t i = 0; i < octets.len && i < HEX_MAX; i++)
		snprintf(text + 2 * i, 3, "%02x", octets.ptr[i]);
	if (octets.len)
		set(object, key, text);
}

static void set_time(json_t *object, const char *key, int64_t at_s)
{
	time_t at = (time_t)at_s;
	char text[TIME_TEXT];
	struct tm tm;

	if (gmtime_r(&at, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm))
		set(object, key, text);
}

/* NULL: there is none; "?": one that has no text. */
static void set_dn(json_t *object, const char *key, struct slice der)
{
	char text[CERTIFICATE_STR_MAX];

	if (der.len)
		set(object, key, dn_str(der, text, sizeof(text)) ? text : "?");
}

static void add_word(void *arg, const char *word)
{
	json_array_append_new(arg, need(json_string(word)));
}

/* A list that is empty is not there. */
static void set_list(json_t *object, const char *key, json_t *list)
{
	if (json_array_size(list))
		json_object_set_new(object, key, list);
	else
		json_decref(list);
}

static void set_identities(json_t *object, const struct identity *ids, size_t n)
{
	json_t *list = need(json_array());
	char text[IDENTITY_STR_MAX];

	for (size_t i = 0; i < n; i++)
		add_word(list, identity_str(&ids[i], text, sizeof(text)));
	set_list(object, "san", list);
}

static void set_uris(json_t *object, const char *key,
		     const struct certificate_uris *uris)
{
	json_t *list = need(json_array());

	for (size_t i = 0; i < uris->n; i++)
		add_word(list, uris->at[i]);
	set_list(object, key, list);
}

static void set_key(json_t *object, const struct public_key *key)
{
	static const char *const names[] = { [KEY_RSA] = "RSA",
					     [KEY_ECDSA] = "ECDSA",
					     [KEY_ED25519] = "Ed25519",
					     [KEY_ED448] = "Ed448" };
	uint8_t keyid[DESCRIBE_ID_BYTES], subjkey[DESCRIBE_ID_BYTES];
	char text[64];

	snprintf(text, sizeof(text), "%s %u bits", names[public_key_type(key)],
		 public_key_bits(key));
	set(object, "key", text);
	if (describe_key_ids(key, keyid, subjkey))
		return;
	set_hex(object, "keyid", slice_of(keyid, sizeof(keyid)));
	set_hex(object, "subjkey", slice_of(subjkey, sizeof(subjkey)));
}

/* --- things --- */

static json_t *of_certificate(const struct certificate *c)
{
	json_t *object = need(json_object()), *list;

	set(object, "what", "certificate");
	set_dn(object, "subject", c->subject);
	set_dn(object, "issuer", c->issuer);
	set_hex(object, "serial", c->serial);
	set_time(object, "not-before", c->not_before_s);
	set_time(object, "not-after", c->not_after_s);
	set_identities(object, c->sans, c->n_sans);
	set_key(object, c->key);
	set(object, "signature", c->scheme ? c->scheme->name : "unknown");
	json_object_set_new(object, "ca", json_boolean(c->is_ca));
	if (describe_path_len(c) >= 0)
		json_object_set_new(object, "pathlen",
				    json_integer(describe_path_len(c)));
	list = need(json_array());
	describe_usage(c, add_word, list);
	set_list(object, "usage", list);
	list = need(json_array());
	describe_extended(c, add_word, list);
	set_list(object, "flags", list);
	set_hex(object, "subjkeyid", c->skid);
	set_hex(object, "authkeyid", c->akid);
	set_uris(object, "crl", &c->crls);
	set_uris(object, "ocsp", &c->ocsp);
	set_hex(object, "sha256", slice_of(c->sha256, sizeof(c->sha256)));
	return object;
}

static json_t *of_request(const struct request *r)
{
	json_t *object = need(json_object());

	set(object, "what", "request");
	set_dn(object, "subject", r->subject);
	set_identities(object, r->sans, r->n_sans);
	set_key(object, r->key);
	return object;
}

static void add_entry(void *arg, const struct revoke_entry *entry)
{
	json_t *object = need(json_object());
	const char *reason = revoke_reason_name(entry->reason);

	set_hex(object, "serial", entry->serial);
	set_time(object, "revoked", entry->at_s);
	set(object, "reason", reason ? reason : "unspecified");
	json_array_append_new(arg, object);
}

static json_t *of_crl(const struct crl *crl)
{
	json_t *object = need(json_object()), *list = need(json_array());
	char number[REVOKE_NUMBER_STR_MAX];

	set(object, "what", "crl");
	set_dn(object, "issuer", crl->issuer);
	if (revoke_number(crl, number))
		set(object, "number", number);
	if (revoke_base(crl, number))
		set(object, "base", number);
	set_time(object, "this-update", crl->this_update_s);
	if (crl->next_update_s != INT64_MAX)
		set_time(object, "next-update", crl->next_update_s);
	revoke_each(crl, add_entry, list);
	set_list(object, "revoked", list);
	return object;
}

static json_t *of_key(const char *what, const struct public_key *key)
{
	json_t *object = need(json_object());

	set(object, "what", what);
	set_key(object, key);
	return object;
}

/* --- for people --- */

/* An object in a list is a line of its values. */
static void print_item(const json_t *item, FILE *out)
{
	const char *key, *before = "";
	json_t *value;

	if (json_is_string(item)) {
		fputs(json_string_value(item), out);
		return;
	}
	json_object_foreach((json_t *)item, key, value)
	{
		(void)key;
		fprintf(out, "%s%s", before, json_string_value(value));
		before = "  ";
	}
}

static void print_member(const char *key, const json_t *value, FILE *out)
{
	size_t i;
	json_t *item;

	if (json_is_array(value)) {
		json_array_foreach((json_t *)value, i, item)
		{
			fprintf(out, "  %-*s", COLUMN, i ? "" : key);
			print_item(item, out);
			fputc('\n', out);
		}
		return;
	}
	fprintf(out, "  %-*s", COLUMN, key);
	if (json_is_string(value))
		fprintf(out, "%s\n", json_string_value(value));
	else if (json_is_integer(value))
		fprintf(out, "%lld\n", (long long)json_integer_value(value));
	else
		fprintf(out, "%s\n", json_is_true(value) ? "yes" : "no");
}

static void print_text(const json_t *object, FILE *out)
{
	const char *key;
	json_t *value;

	fprintf(out, "%s\n", json_string_value(json_object_get(object, "what")));
	json_object_foreach((json_t *)object, key, value)
	{
		if (strcmp(key, "what") != 0)
			print_member(key, value, out);
	}
}

/* The object is freed. */
static void print(const struct arguments *args, json_t *object, FILE *out)
{
	char *text;

	if (arguments_have(args, OPT(JSON))) {
		text = need(json_dumps(object, JSON_INDENT(2)));
		fprintf(out, "%s\n", text);
		free(text);
	} else {
		print_text(object, out);
	}
	json_decref(object);
}

int pki_print_run(const struct arguments *args, FILE *out)
{
	struct pki_input in;
	struct error e;

	if (pki_input_read(args, &in, &e)) {
		pki_input_free(&in);
		return pki_failed(&e);
	}
	for (size_t i = 0; i < in.certs.n; i++)
		print(args, of_certificate(in.certs.at[i]), out);
	if (in.request)
		print(args, of_request(in.request), out);
	if (in.crl)
		print(args, of_crl(in.crl), out);
	if (in.private_key)
		print(args, of_key("private key", in.key), out);
	if (in.public_key)
		print(args, of_key("public key", in.key), out);
	pki_input_free(&in);
	return 0;
}
