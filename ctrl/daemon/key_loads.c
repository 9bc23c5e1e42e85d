// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/key_loads.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctrl/base/log.h"
#include "ctrl/conf/key_files.h"
#include "ctrl/pki/cert_read.h"

/* --- of files */

struct reading {
	struct sign_keys *keys;
	struct cert_list *certs;
	bool quiet;
};

static int on_key(void *ctx, struct private_key *key, const char *path,
		  struct error *e)
{
	const struct reading *r = ctx;
	char id[KEY_ID_STR_MAX];
	int err = sign_keys_add(r->keys, key, SIGN_OF_FILE, id, e);

	if (!err && !r->quiet)
		log_info("daemon: read private_key=%s file=%s", id, path);
	return err;
}

static void on_certificate(void *ctx, const char *path, struct slice der)
{
	const struct reading *r = ctx;
	struct error why;

	if (cert_read(r->certs, CERT_X509, der, path, NULL, &why) && !r->quiet)
		log_warn("daemon: left a certificate file=%s: %s", path,
			 why.text);
}

static void on_warn(void *ctx, const char *text)
{
	const struct reading *r = ctx;

	if (!r->quiet)
		log_warn("daemon: %s", text);
}

/* Into a fresh set. */
static int read_into(struct config *c, struct reading *r,
		     struct sign_keys **out, struct error *e)
{
	const struct key_files_calls calls = { .key = on_key,
					       .certificate = on_certificate,
					       .warn = on_warn,
					       .ctx = r };
	int err;

	r->certs = &c->certs;
	r->keys = sign_keys_new();
	err = r->keys ? key_files_read(c, &calls, e)
		      : error_set(e, -ENOMEM, "no memory for private keys");
	*out = err ? NULL : r->keys;
	if (err)
		sign_keys_free(r->keys);
	return err;
}

int key_loads_read(struct config *c, struct sign_keys **out, struct error *e)
{
	struct reading r = { .quiet = false };

	return read_into(c, &r, out, e);
}

/* Those of a that are not of b. There is room. */
static void add_rows(const struct sign_keys *a, const struct sign_keys *b,
		     enum difference_kind kind, struct difference *out)
{
	const char *id;
	size_t at = 0;

	while ((id = sign_keys_id(a, SIGN_OF_FILE, &at))) {
		struct difference_row *row = &out->at[out->n];

		if (sign_keys_has(b, SIGN_OF_FILE, id))
			continue;
		*row = (struct difference_row){ .kind = kind,
						.of = DIFFERENCE_SECRET };
		snprintf(row->name, sizeof(row->name), "private key %s", id);
		out->n++;
	}
}

int key_loads_difference(const struct sign_keys *now, struct config *next,
			 struct difference *out, struct error *e)
{
	struct reading r = { .quiet = true };
	struct difference_row *at;
	struct sign_keys *keys;
	size_t room = out->n + sign_keys_count(now, SIGN_OF_FILE);
	int err = read_into(next, &r, &keys, e);

	if (err)
		return err;
	room += sign_keys_count(keys, SIGN_OF_FILE);
	at = realloc(out->at, (room + 1) * sizeof(*at));
	if (at) {
		out->at = at;
		add_rows(now, keys, DIFFERENCE_GONE, out);
		add_rows(keys, now, DIFFERENCE_NEW, out);
	} else {
		err = error_set(e, -ENOMEM, "no memory for differences");
	}
	sign_keys_free(keys);
	return err;
}

/* --- over VICI */

static int check_type(enum control_key_type type, const struct private_key *key,
		      struct error *e)
{
	enum key_type is = public_key_type(private_key_public(key));

	if (type == CONTROL_KEY_ANY ||
	    (type == CONTROL_KEY_RSA && is == KEY_RSA) ||
	    (type == CONTROL_KEY_ECDSA && is == KEY_ECDSA))
		return 0;
	return error_set(e, -EINVAL,
			 "the key is of another type than argument 'type' says; "
			 "any takes it");
}

static int load(void *ctx, enum control_key_type type, struct slice octets,
		char id[KEY_ID_STR_MAX], struct error *e)
{
	struct sign_keys *keys = ctx;
	struct private_key *key;
	int err = private_key_read(octets, slice_of(NULL, 0), &key, e);

	if (err)
		return err;
	err = check_type(type, key, e);
	if (err) {
		private_key_free(key);
		return err;
	}
	err = sign_keys_add(keys, key, SIGN_OF_VICI, id, e);
	if (!err)
		log_info("daemon: loaded private_key=%s origin=vici", id);
	return err;
}

static int unload(void *ctx, const char *id, struct error *e)
{
	int err = sign_keys_drop(ctx, id, e);

	if (!err)
		log_info("daemon: unloaded private_key=%s", id);
	return err;
}

static void clear(void *ctx)
{
	sign_keys_clear_vici(ctx);
}

static const char *next_id(void *ctx, size_t *at)
{
	return sign_keys_id(ctx, SIGN_OF_VICI, at);
}

struct control_keys key_loads_vici(struct sign_keys *keys)
{
	return (struct control_keys){ .load = load,
				      .unload = unload,
				      .clear = clear,
				      .id = next_id,
				      .ctx = keys };
}
