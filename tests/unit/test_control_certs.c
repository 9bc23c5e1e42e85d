// SPDX-License-Identifier: BSD-2-Clause
/* Certificates and authorities as VICI has them: what load-cert reads, what lists say. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <event2/buffer.h>

#include "ctrl/control/certs.h"
#include "ctrl/control/list_conns.h"
#include "ctrl/control/vici.h"
#include "ctrl/pki/cert_read.h"
#include "tests/support/pki.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* --- load-cert */

struct request {
	const char *type, *flag, *data;
	const char *more; /* an argument that it has not */
};

static int ask(const struct request *q, enum cert_kind *kind, struct error *e)
{
	struct vici_packet packet;
	struct vici_builder b;
	struct slice data;
	int err;

	vici_start(&b, VICI_CMD_RESPONSE, NULL);
	if (q->type)
		vici_str(&b, "type", q->type);
	if (q->flag)
		vici_str(&b, "flag", q->flag);
	if (q->data)
		vici_str(&b, "data", q->data);
	if (q->more)
		vici_str(&b, q->more, "x");
	assert_true(vici_finish(&b));
	assert_true(vici_packet_parse(slice_of(b.ptr + 4, b.len - 4), &packet));
	err = load_cert_read(packet.body, kind, &data, e);
	if (!err)
		assert_memory_equal(data.ptr, q->data, data.len);
	vici_builder_free(&b);
	return err;
}

static void kinds_are_strongswans(void **state)
{
	static const struct {
		struct request q;
		enum cert_kind kind;
	} rows[] = {
		{ { "X509", "NONE", "d", NULL }, CERT_X509 },
		{ { "X509", NULL, "d", NULL }, CERT_X509 },
		{ { "x509", "ca", "d", NULL }, CERT_CA },
		{ { "X509", "OCSP", "d", NULL }, CERT_OCSP },
		{ { "X509_CRL", NULL, "d", NULL }, CERT_CRL },
		{ { "PUBKEY", NULL, "d", NULL }, CERT_PUBKEY },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		enum cert_kind kind = CERT_X509;
		struct error e;

		assert_int_equal(ask(&rows[i].q, &kind, &e), 0);
		assert_int_equal(kind, rows[i].kind);
	}
}

#define NO_AC                                                              \
	"attribute certificates, and those of their authorities, are not " \
	"supported yet"
#define NO_KIND                                                               \
	"argument 'type' must be X509, X509_CRL or PUBKEY, and 'flag', with " \
	"X509 alone, NONE, CA or OCSP"

static void others_are_refused(void **state)
{
	static const struct {
		struct request q;
		int err;
		const char *why;
	} rows[] = {
		{ { "X509_AC", NULL, "d", NULL }, -ENOTSUP, NO_AC },
		{ { "X509", "AA", "d", NULL }, -ENOTSUP, NO_AC },
		{ { "X509_CRL", "CA", "d", NULL }, -EINVAL, NO_KIND },
		{ { "ANY", NULL, "d", NULL }, -EINVAL, NO_KIND },
		{ { NULL, NULL, "d", NULL },
		  -EINVAL,
		  "argument 'type' is missing" },
		{ { "X509", NULL, NULL, NULL },
		  -EINVAL,
		  "argument 'data' is missing" },
		{ { "X509", NULL, "", NULL },
		  -EINVAL,
		  "argument 'data' is missing" },
		{ { "X509", NULL, "d", "data" },
		  -EINVAL,
		  "argument 'data' must be one value, given once" },
		{ { "X509", NULL, "d", "name" },
		  -EINVAL,
		  "this command takes type, flag and data, and nothing else" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		enum cert_kind kind;
		struct error e;

		assert_int_equal(ask(&rows[i].q, &kind, &e), rows[i].err);
		assert_string_equal(e.text, rows[i].why);
	}
}

/* --- lists */

static struct cert_list all;
static struct authority authority = { .name = "r", .from_vici = true };

static const struct cert_conf *next(void *ctx, size_t *at)
{
	(void)ctx;
	return *at < all.n ? &all.at[(*at)++] : NULL;
}

static const struct authority *next_authority(void *ctx, size_t *at)
{
	(void)ctx;
	return (*at)++ ? NULL : &authority;
}

static const struct cert_conf *find(void *ctx, enum cert_kind kind,
				    const struct fingerprint *name)
{
	(void)ctx;
	return cert_list_find(&all, kind, name);
}

/* Of the second one. */
static bool has_key(void *ctx, const struct fingerprint *key)
{
	(void)ctx;
	return fingerprint_equal(key, &all.at[1].key);
}

static const struct control_certs certs = { .next = next,
					    .next_authority = next_authority,
					    .find = find,
					    .has_key = has_key };

static int start(void **state)
{
	static const struct pki_cert made[] = {
		{ .name = "root", .exts = { "basicConstraints=CA:TRUE" } },
		{ .name = "moon", .issuer = "root" },
	};
	static const struct pki_crl crl = {
		.name = "crl", .issuer = "root", .from_h = -1, .until_h = 1
	};
	struct error e;
	int err;

	(void)state;
	pki_make(&made[0]);
	pki_make(&made[1]);
	pki_make_crl(&crl);
	err = cert_read(&all, CERT_CA, pki_der("root"), NULL, &authority.ca, &e);
	err |= cert_read(&all, CERT_X509, pki_der("moon"), NULL, NULL, &e);
	err |= cert_read(&all, CERT_CRL, pki_der("crl"), NULL, NULL, &e);
	strcpy(authority.crl_uris.at[0], "http://a/b");
	authority.crl_uris.n = 1;
	strcpy(authority.cert_uri_base, "http://a/c");
	return err;
}

static int stop(void **state)
{
	(void)state;
	cert_list_free(&all);
	pki_end();
	return 0;
}

/* An element as text, but for octets that are none. */
static void put_elem(const struct vici_elem *elem, char *out, size_t room)
{
	size_t len = strlen(out);
	bool text = elem->value.len < 64;

	switch (elem->type) {
	case VICI_KEY_VALUE:
		snprintf(out + len, room - len, "%.*s=%.*s ",
			 (int)elem->name.len, elem->name.ptr,
			 text ? (int)elem->value.len : 3,
			 text ? (const char *)elem->value.ptr : "DER");
		break;
	case VICI_SECTION_START:
	case VICI_LIST_START:
		snprintf(out + len, room - len, "%.*s{ ", (int)elem->name.len,
			 elem->name.ptr);
		break;
	case VICI_LIST_ITEM:
		snprintf(out + len, room - len, "%.*s ", (int)elem->value.len,
			 elem->value.ptr);
		break;
	case VICI_SECTION_END:
	case VICI_LIST_END:
		snprintf(out + len, room - len, "} ");
		break;
	case VICI_END:
		break;
	}
}

/* Events, one behind the other. */
static void read_events(struct evbuffer *from, char *out, size_t room)
{
	struct slice rest =
		slice_of(evbuffer_pullup(from, -1), evbuffer_get_length(from));
	struct vici_packet packet;
	struct vici_elem elem;
	struct slice octets;
	uint32_t len;

	out[0] = '\0';
	while (rest.len) {
		struct vici_reader r;

		assert_true(rd_u32(&rest, &len) && rd_slice(&rest, len, &octets));
		assert_true(vici_packet_parse(octets, &packet));
		snprintf(out + strlen(out), room - strlen(out), "[%.*s] ",
			 (int)packet.name.len, packet.name.ptr);
		r = vici_read(packet.body);
		do {
			assert_true(vici_next(&r, &elem));
			put_elem(&elem, out, room);
		} while (elem.type != VICI_END);
	}
}

static void assert_listed(const struct arguments *args, bool authorities,
			  const char *want)
{
	struct sink sink = { .topics = UINT32_MAX, .to = evbuffer_new() };
	char text[2048];

	if (authorities)
		assert_true(list_authorities(&sink, args, &certs));
	else
		assert_true(list_certs(&sink, args, &certs));
	read_events(sink.to, text, sizeof(text));
	assert_string_equal(text, want);
	evbuffer_free(sink.to);
}

#define ROOT "[list-cert] type=X509 flag=CA data=DER "
#define LEAF "[list-cert] type=X509 flag=NONE has_privkey=yes data=DER "
#define REVO "[list-cert] type=X509_CRL flag=NONE data=DER "

static void certificates_are_listed_as_asked(void **state)
{
	static const struct {
		struct arguments args;
		const char *subject, *want;
	} rows[] = {
		{ { .given = 0 }, NULL, ROOT LEAF REVO },
		{ { .cert_type = "ANY", .cert_flag = "ANY" },
		  NULL,
		  ROOT LEAF REVO },
		{ { .cert_type = "X509" }, NULL, ROOT LEAF },
		{ { .cert_type = "X509", .cert_flag = "CA" }, NULL, ROOT },
		{ { .cert_type = "PUBKEY" }, NULL, "" },
		{ { .given = ARG_SUBJECT }, "C=CH, CN=moon", LEAF },
		{ { .given = ARG_SUBJECT }, "C=CH, CN=mars", "" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct arguments args = rows[i].args;
		struct error e;

		if (rows[i].subject)
			assert_int_equal(identity_parse(rows[i].subject,
							&args.subject, &e),
					 0);
		assert_listed(&args, false, rows[i].want);
	}
}

static void authorities_are_listed(void **state)
{
	struct arguments args = { .given = 0 };

	(void)state;
	assert_listed(&args, true,
		      "[list-authority] r{ cacert=C=CH, CN=root crl_uris{ "
		      "http://a/b } ocsp_uris{ } "
		      "cert_uri_base=http://a/c } ");
	args.given = ARG_NAME;
	strcpy(args.name, "q");
	assert_listed(&args, true, "");
}

/* strongSwan's fields, and ca_id. */
static void connection_names_its_certificates_by_their_subjects(void **state)
{
	struct sink sink = { .topics = UINT32_MAX, .to = evbuffer_new() };
	const struct arguments args = { .given = 0 };
	const struct conn_conf *list[1];
	struct conn_conf c;
	struct error e;
	char text[2048];

	(void)state;
	conn_init(&c);
	strcpy(c.name, "a");
	c.local_auth.by = c.remote_auth.by = AUTH_BY_PUBKEY;
	c.local_auth.n_certs = 2; /* nobody has the second one */
	c.local_auth.certs[0] = all.at[1].fingerprint;
	c.remote_auth.n_cas = 1;
	c.remote_auth.cas[0] = all.at[0].fingerprint;
	c.remote_auth.revocation = REVOCATION_STRICT;
	c.remote_auth.n_policies = 1;
	strcpy(c.remote_auth.policies[0], "1.2.3");
	assert_int_equal(
		identity_parse("C=CH, CN=root", &c.remote_auth.ca_id, &e), 0);
	list[0] = &c;
	assert_true(list_conns(&sink, &args, list, 1, &certs));
	read_events(sink.to, text, sizeof(text));
	assert_non_null(strstr(text, "local-1{ id=C=CH, CN=moon "
				     "class=public key groups{ } "
				     "cert_policy{ } certs{ C=CH, CN=moon } "
				     "cacerts{ } } "));
	assert_non_null(strstr(text,
			       "remote-1{ class=public key revocation=GOOD "
			       "ca_id=C=CH, CN=root groups{ } cert_policy{ "
			       "1.2.3 } certs{ } cacerts{ C=CH, CN=root } } "));
	evbuffer_free(sink.to);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			connection_names_its_certificates_by_their_subjects,
			start, stop),
		cmocka_unit_test(kinds_are_strongswans),
		cmocka_unit_test(others_are_refused),
		cmocka_unit_test_setup_teardown(certificates_are_listed_as_asked,
						start, stop),
		cmocka_unit_test_setup_teardown(authorities_are_listed, start,
						stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
