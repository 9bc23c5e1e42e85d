// SPDX-License-Identifier: BSD-2-Clause
/*
 * Private keys of a file that is read again: in force with it, and not before; and
 * those that come over VICI beside them. Certificates of PKCS#12 come with the file.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/conf/conf.h"
#include "ctrl/daemon/apply.h"
#include "ctrl/daemon/key_loads.h"
#include "tests/support/openssl.h"

#define GATEWAY "gateway { protected = lan0\n unprotected = wan0\n }\n"
#define SECTION "secrets { private { file = a.key\n } }\n"

static const char key_text[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MC4CAQAwBQYDK2VwBCIEILBqG120rX1KEpLG0vBVHKzC6FhaEcSbs1QxNfEvKlyi\n"
	"-----END PRIVATE KEY-----\n";

struct fixture {
	char folder[64], conf[80], key[96];
	struct config *config;
	struct sign_keys *keys;
	struct apply *apply;
	struct control_loads loads;
	int install; /* what the data path says */
};

static int on_install(void *ctx, const struct config *c,
		      struct conn_conf *conns, size_t n, struct error *e)
{
	const struct fixture *f = ctx;

	(void)c;
	(void)conns;
	(void)n;
	return f->install < 0 ? error_set(e, f->install, "no room") : f->install;
}

static void on_changed(void *ctx, bool conns)
{
	(void)ctx;
	(void)conns;
}

static void on_later(void *ctx)
{
	(void)ctx;
}

static void on_answer(void *ctx, uint64_t token, int err, const struct error *e)
{
	(void)ctx;
	(void)token;
	(void)err;
	(void)e;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
}

static int setup(void **state)
{
	struct apply_calls calls = { .install = on_install,
				     .changed = on_changed,
				     .later = on_later,
				     .answer = on_answer };
	struct fixture *f = calloc(1, sizeof(*f));
	struct error e;

	*state = f;
	strcpy(f->folder, "/tmp/test_key_loads.XXXXXX");
	if (!mkdtemp(f->folder))
		return -1;
	snprintf(f->conf, sizeof(f->conf), "%s/conf", f->folder);
	snprintf(f->key, sizeof(f->key), "%s/private", f->folder);
	if (mkdir(f->key, 0700))
		return -1;
	strcat(f->key, "/a.key");
	write_file(f->key, key_text);
	write_file(f->conf, GATEWAY);
	calls.ctx = f;
	f->keys = sign_keys_new();
	if (!f->keys || conf_load(f->conf, &f->config, &e))
		return -1;
	f->apply = apply_new(f->config, f->keys, f->conf, &calls);
	f->loads = apply_loads(f->apply);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];

	apply_free(f->apply);
	sign_keys_free(f->keys);
	config_free(f->config);
	snprintf(command, sizeof(command), "rm -r %s", f->folder);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static size_t count(const struct fixture *f)
{
	return sign_keys_count(f->keys, SIGN_OF_FILE);
}

static int reload(struct fixture *f, struct error *e)
{
	return f->loads.reload(f->loads.ctx, 1, e);
}

static void keys_come_with_the_file_that_is_read_again(void **state)
{
	struct fixture *f = *state;
	struct error e;

	assert_int_equal(count(f), 0);
	assert_int_equal(reload(f, &e), 0);
	assert_int_equal(count(f), 1);
	assert_int_equal(unlink(f->key), 0);
	assert_int_equal(count(f), 1);
	assert_int_equal(reload(f, &e), 0);
	assert_int_equal(count(f), 0);
}

static void keys_of_a_file_that_is_refused_are_not_taken(void **state)
{
	struct fixture *f = *state;
	struct error e;

	f->install = -EIO;
	assert_int_equal(reload(f, &e), -EIO);
	assert_int_equal(count(f), 0);
	f->install = 0;
	assert_int_equal(reload(f, &e), 0);
	assert_int_equal(unlink(f->key), 0);
	f->install = -EIO;
	assert_int_equal(reload(f, &e), -EIO);
	assert_int_equal(count(f), 1);
}

static void keys_are_in_force_when_the_file_is(void **state)
{
	struct fixture *f = *state;
	struct error e;

	f->install = CONTROL_LATER;
	assert_int_equal(reload(f, &e), CONTROL_LATER);
	assert_int_equal(count(f), 0);
	apply_done(f->apply, 0, NULL);
	assert_int_equal(count(f), 1);
}

static void key_that_can_not_be_read_leaves_all_as_it_was(void **state)
{
	struct fixture *f = *state;
	char wanted[512];
	struct error e;

	write_file(f->conf, GATEWAY SECTION);
	assert_int_equal(reload(f, &e), 0);
	write_file(f->key, "no key");
	assert_int_equal(reload(f, &e), -EBADMSG);
	snprintf(wanted, sizeof(wanted),
		 "%s:4:11: secrets.private.file: %s: it is no private key in "
		 "PEM or DER, or a damaged one; look at it with openssl pkey",
		 f->conf, f->key);
	assert_string_equal(e.text, wanted);
	assert_int_equal(count(f), 1);
	assert_int_equal(f->config->n_keys, 1);
}

static void assert_difference(struct fixture *f, size_t n,
			      enum difference_kind kind, const char *id)
{
	struct difference d = { .n = 0 };
	char name[64];
	struct error e;

	assert_int_equal(f->loads.difference(f->loads.ctx, &d, &e), 0);
	assert_int_equal(d.n, n);
	if (n) {
		snprintf(name, sizeof(name), "private key %s", id);
		assert_int_equal(d.at[0].of, DIFFERENCE_SECRET);
		assert_int_equal(d.at[0].kind, kind);
		assert_string_equal(d.at[0].name, name);
	}
	difference_free(&d);
}

/* What a reload would refuse, a look at what it would change refuses, too. */
static void difference_knows_of_private_keys(void **state)
{
	struct fixture *f = *state;
	struct difference d = { .n = 0 };
	const char *id;
	struct error e;
	size_t at = 0;

	assert_int_equal(reload(f, &e), 0);
	id = sign_keys_id(f->keys, SIGN_OF_FILE, &at);
	assert_difference(f, 0, DIFFERENCE_NEW, id);
	assert_int_equal(unlink(f->key), 0);
	assert_difference(f, 1, DIFFERENCE_GONE, id);
	write_file(f->conf, GATEWAY SECTION);
	assert_int_equal(f->loads.difference(f->loads.ctx, &d, &e), -ENOENT);
	difference_free(&d);
	assert_int_equal(count(f), 1);
}

static void difference_knows_of_new_private_keys(void **state)
{
	struct fixture *f = *state;
	struct private_key *key;
	uint8_t id[KEY_ID_BYTES];
	char text[KEY_ID_STR_MAX];
	struct error e;

	assert_int_equal(private_key_read(slice_of(key_text, strlen(key_text)),
					  slice_of(NULL, 0), &key, &e),
			 0);
	assert_true(key_id(private_key_public(key), id));
	assert_difference(f, 1, DIFFERENCE_NEW, key_id_str(id, text));
	assert_int_equal(count(f), 0);
	private_key_free(key);
}

static int load(struct fixture *f, enum control_key_type type, const char *text,
		char id[KEY_ID_STR_MAX], struct error *e)
{
	return f->loads.keys.load(f->loads.keys.ctx, type,
				  slice_of(text, strlen(text)), id, e);
}

static void keys_of_vici_outlive_a_reload(void **state)
{
	struct fixture *f = *state;
	char id[KEY_ID_STR_MAX];
	struct error e;
	size_t at = 0;

	assert_int_equal(load(f, CONTROL_KEY_ANY, key_text, id, &e), 0);
	assert_int_equal(unlink(f->key), 0);
	assert_int_equal(reload(f, &e), 0);
	assert_string_equal(f->loads.keys.id(f->loads.keys.ctx, &at), id);
	assert_int_equal(f->loads.keys.unload(f->loads.keys.ctx, id, &e), 0);
	assert_int_equal(f->loads.keys.unload(f->loads.keys.ctx, id, &e),
			 -ENOENT);
}

static void key_of_another_type_than_was_said_is_refused(void **state)
{
	struct fixture *f = *state;
	char id[KEY_ID_STR_MAX];
	struct error e;
	size_t at = 0;

	assert_int_equal(load(f, CONTROL_KEY_RSA, key_text, id, &e), -EINVAL);
	assert_int_equal(load(f, CONTROL_KEY_ECDSA, key_text, id, &e), -EINVAL);
	assert_string_equal(e.text, "the key is of another type than argument "
				    "'type' says; any takes it");
	assert_int_equal(load(f, CONTROL_KEY_ANY, "no key", id, &e), -EBADMSG);
	assert_null(f->loads.keys.id(f->loads.keys.ctx, &at));
}

/* Of a self-signed CA, as "a.p12" in the folder pkcs12. */
static void make_p12(const struct fixture *f)
{
	char path[128];
	const uint8_t *octets;
	size_t len;
	FILE *file;

	openssl("req -x509 -newkey ed25519 -nodes -subj /CN=a -keyout key "
		"-out cert");
	openssl("pkcs12 -export -inkey key -in cert -passout pass: -out p12");
	octets = openssl_get("p12", &len);
	snprintf(path, sizeof(path), "%s/pkcs12", f->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	strcat(path, "/a.p12");
	write_file(path, "");
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(octets, 1, len, file), len);
	fclose(file);
}

static void certificates_of_pkcs12_come_with_their_key(void **state)
{
	struct fixture *f = *state;
	const struct cert_conf *cert;
	struct error e;

	make_p12(f);
	assert_int_equal(reload(f, &e), 0);
	assert_int_equal(count(f), 2);
	assert_int_equal(f->config->certs.n, 1);
	cert = &f->config->certs.at[0];
	assert_int_equal(cert->kind, CERT_X509);
	assert_non_null(strstr(cert->from, "/pkcs12/a.p12"));
	assert_int_equal(reload(f, &e), 0);
	assert_int_equal(f->config->certs.n, 1);
}

/* Its key is taken all the same. */
static void certificate_of_pkcs12_for_which_is_no_room_is_left(void **state)
{
	struct fixture *f = *state;
	struct cert_conf huge = {
		.kind = CERT_CRL,
	};
	uint8_t *octets = calloc(1, CERTS_MAX_BYTES);
	struct sign_keys *keys;
	struct error e;

	assert_non_null(octets);
	huge.octets = slice_of(octets, CERTS_MAX_BYTES);
	assert_int_equal(cert_list_add(&f->config->certs, &huge, &e), 0);
	free(octets);
	make_p12(f);
	assert_int_equal(key_loads_read(f->config, &keys, &e), 0);
	assert_int_equal(f->config->certs.n, 1);
	assert_int_equal(sign_keys_count(keys, SIGN_OF_FILE), 2);
	sign_keys_free(keys);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(keys_come_with_the_file_that_is_read_again),
		CASE(keys_of_a_file_that_is_refused_are_not_taken),
		CASE(keys_are_in_force_when_the_file_is),
		CASE(key_that_can_not_be_read_leaves_all_as_it_was),
		CASE(difference_knows_of_private_keys),
		CASE(difference_knows_of_new_private_keys),
		CASE(certificates_of_pkcs12_come_with_their_key),
		CASE(certificate_of_pkcs12_for_which_is_no_room_is_left),
		CASE(keys_of_vici_outlive_a_reload),
		CASE(key_of_another_type_than_was_said_is_refused),
	};

	int failed;

	openssl_begin();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	openssl_end();
	return failed;
}
