// SPDX-License-Identifier: BSD-2-Clause
/*
 * Certificates of a configuration: files that it names, folders beside it, and octets in
 * messages. Each case has a folder of its own in TMPDIR.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctrl/conf/conf.h"
#include "ctrl/conf/load.h"
#include "ctrl/pki/certificate.h"
#include "tests/support/pki.h"
#include "tests/unit/conf_text.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define CA	    "basicConstraints=critical,CA:TRUE"

static char folder[128];

/* --- files */

static int make_certs(void **state)
{
	static const struct pki_cert certs[] = {
		{ .name = "root", .exts = { CA } },
		{ .name = "sub", .issuer = "root", .exts = { CA } },
		{ .name = "moon", .issuer = "sub" },
		{ .name = "sun", .issuer = "root", .key = "ed25519" },
	};
	static const struct pki_crl crl = {
		.name = "crl", .issuer = "root", .from_h = -1, .until_h = 1
	};

	(void)state;
	for (size_t i = 0; i < ROWS(certs); i++)
		pki_make(&certs[i]);
	pki_make_crl(&crl);
	return 0;
}

static int end_certs(void **state)
{
	(void)state;
	pki_end();
	return 0;
}

static int make_folder(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(folder, sizeof(folder), "%s/test_certs.XXXXXX",
		 tmp ? tmp : "/tmp");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	return system(command);
}

static const char *path_of(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* Its folder is made, too. */
static void put(const char *name, struct slice octets)
{
	char *path = strdup(path_of(name)), *slash = strrchr(path, '/');
	int fd;

	*slash = '\0';
	mkdir(path, 0755);
	*slash = '/';
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, octets.ptr, octets.len), octets.len);
	close(fd);
	free(path);
}

static void put_text(const char *name, const char *text)
{
	put(name, slice_of(text, strlen(text)));
}

/* PEM, behind what is there of the text. */
static void add_pem(char *text, size_t room, const char *label, struct slice der)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = strlen(text);

	len += (size_t)snprintf(text + len, room - len, "-----BEGIN %s-----\n",
				label);
	for (size_t i = 0; i < der.len; i += 3) {
		uint32_t bits = 0;

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 |
			       (i + k < der.len ? der.ptr[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			text[len++] =
				i + k > der.len
					? '='
					: digits[bits >> (18 - 6 * k) & 63];
		if (i % 48 == 45)
			text[len++] = '\n';
	}
	snprintf(text + len, room - len, "\n-----END %s-----\n", label);
}

static void put_pem(const char *file, const char *label, struct slice one,
		    struct slice other)
{
	char text[16384] = "# a line before it\n";

	add_pem(text, sizeof(text), label, one);
	if (other.len)
		add_pem(text, sizeof(text), label, other);
	put_text(file, text);
}

static struct certificate *read_cert(const char *name)
{
	struct certificate *c;
	struct error e;

	assert_int_equal(certificate_read(pki_der(name), &c, &e), 0);
	return c;
}

static void assert_is(const struct fingerprint *f, const char *name)
{
	struct certificate *c = read_cert(name);

	assert_memory_equal(f->octets, c->sha256, FINGERPRINT_BYTES);
	certificate_free(c);
}

/* With or without what stands behind pki's names. */
static size_t count(const struct config *c, enum cert_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < c->certs.n; i++)
		n += c->certs.at[i].kind == kind;
	return n;
}

#define HEAD "gateway {\nprotected = a\nunprotected = b\n}\n"

static void put_conf(const char *name, const char *local, const char *remote)
{
	char text[4096];

	snprintf(text, sizeof(text),
		 HEAD
		 "connections {\nm {\nlocal {\n%s\n}\nremote {\n%s\n}\n}\n}\n",
		 local, remote);
	put_text(name, text);
}

static struct config *load_good(const char *name)
{
	struct config *c;
	struct error e;

	if (conf_load(path_of(name), &c, &e))
		fail_msg("%s", e.text);
	return c;
}

static struct config *load_sides(const char *local, const char *remote)
{
	put_conf("main.conf", local, remote);
	return load_good("main.conf");
}

/* "@" in the row stands for the folder. */
static void assert_fails(const char *local, const char *remote, int err,
			 const char *why)
{
	struct config *c;
	struct error e;
	char want[ERROR_MAX_BYTES] = "";

	put_conf("main.conf", local, remote);
	assert_int_equal(conf_load(path_of("main.conf"), &c, &e), err);
	for (size_t len = 0; *why; why++)
		len += (size_t)snprintf(want + len, sizeof(want) - len, "%.*s",
					*why == '@' ? (int)sizeof(folder) : 1,
					*why == '@' ? folder : why);
	assert_string_equal(e.text, want);
}

/* --- what is named */

static void files_are_found_in_their_folders(void **state)
{
	struct certificate *sun = read_cert("sun");
	const struct auth_conf *a;
	struct config *c;

	(void)state;
	put("x509/moon.der", pki_der("moon"));
	put("x509ca/root.der", pki_der("root"));
	put_pem("pubkey/sun.pem", "PUBLIC KEY", public_key_spki(sun->key),
		slice_of(NULL, 0));
	c = load_sides("certs = moon.der", "cacerts = root.der\n"
					   "pubkeys = sun.pem\n"
					   "ca_id = \"C=CH, CN=root\"\n"
					   "revocation = strict\n"
					   "cert_policy = 1.2.3, 2.999");
	a = &c->conns[0].local_auth;
	assert_int_equal(a->by, AUTH_BY_PUBKEY);
	assert_int_equal(a->n_certs, 1);
	assert_is(&a->certs[0], "moon");
	a = &c->conns[0].remote_auth;
	assert_int_equal(a->by, AUTH_BY_PUBKEY);
	assert_int_equal(a->n_cas, 1);
	assert_is(&a->cas[0], "root");
	assert_int_equal(a->n_pubkeys, 1);
	assert_non_null(cert_list_find(&c->certs, CERT_PUBKEY, &a->pubkeys[0]));
	assert_int_equal(a->ca_id.type, IKE_ID_DER_ASN1_DN);
	assert_int_equal(a->revocation, REVOCATION_STRICT);
	assert_int_equal(a->n_policies, 2);
	assert_string_equal(a->policies[1], "2.999");
	assert_int_equal(c->certs.n, 3); /* none twice */
	config_free(c);
	certificate_free(sun);
}

static void absolute_paths_need_no_folder(void **state)
{
	char local[512], remote[512];
	struct config *c;

	(void)state;
	put("own.der", pki_der("moon"));
	put("ca.der", pki_der("root"));
	snprintf(local, sizeof(local), "certs = %s/own.der", folder);
	snprintf(remote, sizeof(remote), "cacert-1 {\nfile = %s/ca.der\n}",
		 folder);
	c = load_sides(local, remote);
	assert_is(&c->conns[0].local_auth.certs[0], "moon");
	assert_is(&c->conns[0].remote_auth.cas[0], "root");
	config_free(c);
	snprintf(local, sizeof(local),
		 "cert1 {\nfile = %s/own.der\n}\n"
		 "cert2 {\nfile = %s/ca.der\n}",
		 folder, folder);
	c = load_sides(local, "");
	assert_int_equal(c->conns[0].local_auth.n_certs, 2);
	assert_is(&c->conns[0].local_auth.certs[1], "root");
	config_free(c);
}

static void first_of_a_chain_is_the_one_that_is_named(void **state)
{
	struct config *c;

	(void)state;
	put_pem("x509/chain.pem", "CERTIFICATE", pki_der("moon"),
		pki_der("sub"));
	c = load_sides("certs = chain.pem", "");
	assert_int_equal(c->conns[0].local_auth.n_certs, 1);
	assert_is(&c->conns[0].local_auth.certs[0], "moon");
	assert_int_equal(count(c, CERT_X509), 2);
	assert_true(c->certs.at[1].is_ca);
	assert_false(c->certs.at[0].is_ca);
	assert_string_equal(c->certs.at[0].from, path_of("x509/chain.pem"));
	config_free(c);
}

static void auth_has_its_rules(void **state)
{
	struct config *c = load_sides("auth = rsa-3072-sha256", "auth = psk");

	(void)state;
	assert_int_equal(c->conns[0].local_auth.by, AUTH_BY_PUBKEY);
	assert_int_equal(c->conns[0].local_auth.rules.rsa_bits, 3072);
	assert_int_equal(c->conns[0].remote_auth.by, AUTH_BY_PSK);
	config_free(c);
}

static void included_file_names_what_lies_beside_the_main_one(void **state)
{
	struct config *c;

	(void)state;
	put("x509/moon.der", pki_der("moon"));
	put_text("main.conf", HEAD "include conf.d/*.conf\n");
	put_text("conf.d/a.conf",
		 "connections {\nm {\nlocal {\ncerts = moon.der\n}\n"
		 "remote {\ncerts = sun.der\n}\n}\n}\n");
	put("conf.d/x509/sun.der", pki_der("sun"));
	c = load_good("main.conf");
	assert_is(&c->conns[0].local_auth.certs[0], "moon");
	assert_is(&c->conns[0].remote_auth.certs[0], "sun");
	config_free(c);
}

static void all_that_lies_in_a_folder_is_read(void **state)
{
	struct config *c;

	(void)state;
	put("x509ca/root", pki_der("root"));
	put_pem("x509ca/more.pem", "CERTIFICATE", pki_der("root"),
		pki_der("sub"));
	put("x509crl/a.crl", pki_der("crl"));
	put_pem("x509crl/b.crl", "X509 CRL", pki_der("crl"), slice_of(NULL, 0));
	put("x509ocsp/sun.der", pki_der("sun"));
	put_text("x509ca/.hidden", "none");
	mkdir(path_of("x509ca/old"), 0700);
	c = load_sides("", "");
	assert_int_equal(count(c, CERT_CA), 2);
	assert_int_equal(count(c, CERT_CRL), 1);
	assert_int_equal(count(c, CERT_OCSP), 1);
	assert_int_equal(c->certs.n, 4);
	config_free(c);
}

static void another_certificate_makes_another_connection(void **state)
{
	struct config *was, *is;

	(void)state;
	put("x509/own.der", pki_der("moon"));
	was = load_sides("certs = own.der", "");
	put("x509/own.der", pki_der("sun"));
	is = load_good("main.conf");
	assert_false(conn_equal(&was->conns[0], &is->conns[0]));
	config_free(is);
	put("x509/own.der", pki_der("moon"));
	is = load_good("main.conf");
	assert_true(conn_equal(&was->conns[0], &is->conns[0]));
	config_free(is);
	config_free(was);
}

static void authority_has_its_certificate_and_addresses(void **state)
{
	struct config *c;

	(void)state;
	put("x509ca/root.der", pki_der("root"));
	put_text("main.conf", HEAD "authorities {\nr {\ncacert = root.der\n"
				   "crl_uris = http://a/b.crl, HTTP://c/\n"
				   "ocsp_uris = http://[2001:db8::1]:80/\n"
				   "cert_uri_base = http://d/certs/\n}\n}\n");
	c = load_good("main.conf");
	assert_int_equal(c->n_authorities, 1);
	assert_string_equal(c->authorities[0].name, "r");
	assert_is(&c->authorities[0].ca, "root");
	assert_int_equal(c->authorities[0].crl_uris.n, 2);
	assert_string_equal(c->authorities[0].crl_uris.at[1], "HTTP://c/");
	assert_int_equal(c->authorities[0].ocsp_uris.n, 1);
	assert_string_equal(c->authorities[0].cert_uri_base, "http://d/certs/");
	assert_false(c->authorities[0].from_vici);
	config_free(c);
}

/* --- what is wrong */

#define NOT_X509                                                           \
	"no certificate is in it, neither in PEM nor in DER; name a file " \
	"that has one"
#define NOT_KEY                                                       \
	"it is no public key in DER or PEM (BEGIN PUBLIC KEY), or a " \
	"malformed one; write one with openssl pkey -pubout"

static void bad_files_are_refused_with_option_and_file(void **state)
{
	struct slice cut = pki_der("moon");

	(void)state;
	assert_fails("certs = gone.pem", "", -ENOENT,
		     "@/main.conf:8:9: connections.m.local.certs names "
		     "gone.pem, which is not there; put it into the folder x509 "
		     "beside this file, or write an absolute path");
	assert_fails("certs = 0x" DIGITS32, "", -ENOENT,
		     "@/main.conf:8:9: connections.m.local.certs names a file, "
		     "which is not there; put it into the folder x509 beside "
		     "this file, or write an absolute path");
	assert_fails("certs = , a", "", -EINVAL,
		     "@/main.conf:8:9: connections.m.local.certs must be names "
		     "of files, separated by commas");
	put("moon.der", pki_der("moon"));
	assert_fails("", "cacerts = ../moon.der", -EINVAL,
		     "@/main.conf:11:11: connections.m.remote.cacerts names "
		     "@/x509ca/../moon.der: it is no CA's by its basic "
		     "constraints; have one issued that says CA:TRUE, or name "
		     "it as a peer's");
	assert_fails("pubkeys = ../moon.der", "", -EBADMSG,
		     "@/main.conf:8:11: connections.m.local.pubkeys names "
		     "@/pubkey/../moon.der: " NOT_KEY);
	cut.len--;
	put("cut.der", cut);
	assert_fails("", "certs = ../cut.der", -EBADMSG,
		     "@/main.conf:11:9: connections.m.remote.certs names "
		     "@/x509/../cut.der: it is no X.509 certificate in DER or "
		     "PEM, or a malformed one; look at it with openssl x509 "
		     "-text");
	put_text("text.pem", "none\n");
	assert_fails("certs = ../text.pem", "", -ENOENT,
		     "@/main.conf:8:9: connections.m.local.certs names "
		     "@/x509/../text.pem: " NOT_X509);
	assert_fails("certs = ../x509ca", "", -EINVAL,
		     "@/main.conf:8:9: connections.m.local.certs names "
		     "../x509ca, which is no file; name one");
}

static int make_more(void **state)
{
	int err = make_folder(state);

	mkdir(path_of("x509"), 0700);
	mkdir(path_of("x509ca"), 0700);
	mkdir(path_of("pubkey"), 0700);
	return err;
}

static void file_that_others_may_change_is_refused(void **state)
{
	(void)state;
	put("x509/moon.der", pki_der("moon"));
	assert_int_equal(chmod(path_of("x509/moon.der"), 0666), 0);
	assert_fails("auth = psk", "auth = psk", -EACCES,
		     "@/x509/moon.der: can be changed by others (mode 0666); "
		     "chmod go-w");
	assert_int_equal(chmod(path_of("x509/moon.der"), 0644), 0);
	config_free(load_sides("auth = psk", "auth = psk"));
}

static void bad_file_in_a_folder_is_refused(void **state)
{
	(void)state;
	put_text("x509ca/README", "put them here\n");
	assert_fails("auth = psk", "auth = psk", -ENOENT,
		     "@/x509ca/README: " NOT_X509);
}

static void fifth_certificate_is_refused(void **state)
{
	(void)state;
	put("x509/a", pki_der("moon"));
	assert_fails("certs = a, a, a, a, a", "", -E2BIG,
		     "@/main.conf:8:21: connections.m.local.certs is one more "
		     "than the 4 that are possible; remove some");
}

/* --- octets */

static struct load *begin(enum load_kind kind, const char *key,
			  const struct slice *items, size_t n)
{
	struct load *l = load_new(kind, 8192);

	assert_non_null(l);
	load_section(l, slice_of("m", 1));
	if (kind == LOAD_CONN)
		load_section(l, slice_of("local", 5));
	if (kind == LOAD_CONN)
		load_list(l, slice_of(key, strlen(key)));
	for (size_t i = 0; i < n && kind == LOAD_CONN; i++)
		load_item(l, items[i]);
	if (kind == LOAD_CONN)
		load_list_end(l);
	else
		load_value(l, slice_of(key, strlen(key)), items[0]);
	load_section_end(l);
	if (kind == LOAD_CONN) {
		load_section(l, slice_of("remote", 6));
		load_section_end(l);
		load_section_end(l);
	}
	return l;
}

static void messages_have_octets(void **state)
{
	const struct slice items[] = { pki_der("moon"), pki_der("sun") };
	struct load *l = begin(LOAD_CONN, "certs", items, 2);
	struct cert_list certs = { .n = 0 };
	struct conn_conf conn;
	struct error e;

	(void)state;
	if (load_conn(l, &conn, &certs, &e))
		fail_msg("%s", e.text);
	assert_int_equal(conn.local_auth.n_certs, 2);
	assert_is(&conn.local_auth.certs[1], "sun");
	assert_int_equal(certs.n, 2);
	assert_null(certs.at[0].from);
	conn_fini(&conn);
	cert_list_free(&certs);
	load_free(l);
}

static void bad_octets_are_refused(void **state)
{
	const struct slice items[] = { pki_der("moon"), slice_of("a\0b", 3) };
	struct load *l = begin(LOAD_CONN, "certs", items, 2);
	struct cert_list certs = { .n = 0 };
	struct conn_conf conn;
	struct error e;

	(void)state;
	assert_int_equal(load_conn(l, &conn, &certs, &e), -ENOENT);
	assert_string_equal(
		e.text,
		"load-conn: connections.m.local.certs: certificate or key 2: " NOT_X509);
	cert_list_free(&certs);
	load_free(l);
	l = begin(LOAD_CONN, "certs", items, 0);
	assert_int_equal(load_conn(l, &conn, &certs, &e), -EINVAL);
	load_free(l);
}

static void authority_may_come_as_a_message(void **state)
{
	const struct slice items[] = { pki_der("root"), pki_der("moon") };
	struct load *l = begin(LOAD_AUTHORITY, "cacert", items, 1);
	struct cert_list certs = { .n = 0 };
	struct authority a;
	struct error e;

	(void)state;
	if (load_authority(l, &a, &certs, &e))
		fail_msg("%s", e.text);
	assert_is(&a.ca, "root");
	assert_true(a.from_vici);
	assert_int_equal(certs.n, 1);
	load_free(l);
	l = begin(LOAD_AUTHORITY, "cacert", items + 1, 1);
	assert_int_equal(load_authority(l, &a, &certs, &e), -EINVAL);
	assert_string_equal(
		e.text,
		"load-authority: authorities.m.cacert: certificate or key 1: it "
		"is no CA's by its basic constraints; have one issued that says "
		"CA:TRUE, or name it as a peer's");
	load_free(l);
	cert_list_free(&certs);
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, make_more, remove_folder)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(files_are_found_in_their_folders),
		CASE(absolute_paths_need_no_folder),
		CASE(first_of_a_chain_is_the_one_that_is_named),
		CASE(auth_has_its_rules),
		CASE(included_file_names_what_lies_beside_the_main_one),
		CASE(all_that_lies_in_a_folder_is_read),
		CASE(another_certificate_makes_another_connection),
		CASE(authority_has_its_certificate_and_addresses),
		CASE(bad_files_are_refused_with_option_and_file),
		CASE(file_that_others_may_change_is_refused),
		CASE(bad_file_in_a_folder_is_refused),
		CASE(fifth_certificate_is_refused),
		cmocka_unit_test(messages_have_octets),
		cmocka_unit_test(bad_octets_are_refused),
		cmocka_unit_test(authority_may_come_as_a_message),
	};

	return cmocka_run_group_tests(tests, make_certs, end_certs);
}
