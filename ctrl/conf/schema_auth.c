// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sections local* and remote*, of which a connection has one each: several rounds
 * (RFC 4739) are not there yet. Every key of swanctl.conf(5) has a row.
 */
#include "ctrl/conf/schema_auth.h"

#include <errno.h>

#include "ctrl/conf/fail.h"
#include "ctrl/conf/values.h"
#include "ctrl/conf/values_auth.h"
#include "ctrl/conf/values_conn.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define FORM_AUTH                                                            \
	"pubkey (also when it is missing), psk, or keys and hashes such as " \
	"rsa-3072-sha256 or ecdsa-384-ike:ecdsa-sha384"
#define FORM_ID "an identity such as 192.0.2.1 or moon.example.org"
#define FORM_CERTS \
	"up to 4 names of files in the folder x509, or absolute paths, separated by commas"
#define FORM_CAS \
	"up to 8 names of files in the folder x509ca, or absolute paths, separated by commas"
#define FORM_PUBKEYS \
	"up to 4 names of files in the folder pubkey, or absolute paths, separated by commas"
#define FORM_PEERS_KEYS \
	FORM_PUBKEYS    \
	"; of the peer that 'id' names, else of who is called by the key's SHA-1"
#define FORM_POLICIES \
	"up to 4 object identifiers such as 1.3.6.1.4.1.99999.1, separated by commas"
#define FORM_ROUND "0 or 1, as there is one round"
#define NO_CA_ID   "is not supported yet; name the CA's certificate in cacerts"

_Static_assert(AUTH_CERTS_MAX == 4 && AUTH_CAS_MAX == 8 &&
		       AUTH_PUBKEYS_MAX == 4 && AUTH_POLICIES_MAX == 4,
	       "the forms say so");

static const struct word revocation_words[] = {
	{ "relaxed", REVOCATION_RELAXED, NULL },
	{ "ifuri", REVOCATION_IFURI, NULL },
	{ "strict", REVOCATION_STRICT, NULL },
	{ .text = NULL },
};

_Static_assert(sizeof(enum revocation) == sizeof(unsigned int), "value_word()");

/* --- keys */

#define AT(field) .offset = offsetof(struct conn_conf, field)
#define LATER(text)                             \
	{                                       \
		.name = text, .kind = SUB_LATER \
	}

static const struct word round_words[] = {
	{ "0", 0, NULL },
	{ "1", 0, NULL },
	{ .text = NULL },
};

/* clang-format off */
static const struct key local_keys[] = {
	{ .name = "auth",	   .form = FORM_AUTH, .read = value_auth,
	  AT(local_auth) },
	{ .name = "id",		   .form = FORM_ID, .read = value_identity,
	  AT(local_id) },
	{ .name = "certs",	   .list = true, .form = FORM_CERTS },
	{ .name = "pubkeys",	   .list = true, .form = FORM_PUBKEYS },
	{ .name = "round", .idle = true, .form = FORM_ROUND, .read = value_fixed,
	  .words = round_words },
};

static const struct sub local_subs[] = {
	{ .name = "cert",	   .kind = SUB_EACH, .prefix = true,
	  .form = "a section with file" },
	LATER("eap_id"),  LATER("aaa_id"), LATER("xauth_id"),
};

static const struct key remote_keys[] = {
	{ .name = "auth",	   .form = FORM_AUTH, .read = value_auth,
	  AT(remote_auth) },
	{ .name = "id",		   .form = FORM_ID, .read = value_identity,
	  AT(remote_id) },
	{ .name = "certs",	   .list = true, .form = FORM_CERTS },
	{ .name = "cacerts",	   .list = true, .form = FORM_CAS },
	{ .name = "pubkeys",	   .list = true, .form = FORM_PEERS_KEYS },
	{ .name = "revocation",	   .form = "relaxed, ifuri or strict",
	  .read = value_word,	   .words = revocation_words, AT(remote_auth.revocation) },
	{ .name = "cert_policy",   .list = true, .form = FORM_POLICIES,
	  .read = value_policies,  AT(remote_auth) },
	{ .name = "round", .idle = true, .form = FORM_ROUND, .read = value_fixed,
	  .words = round_words },
};

static const struct sub remote_subs[] = {
	{ .name = "cert",	   .kind = SUB_EACH, .prefix = true,
	  .form = "a section with file" },
	{ .name = "cacert",	   .kind = SUB_EACH, .prefix = true,
	  .form = "a section with file" },
	{ .name = "ca_id",	   .kind = SUB_NEVER, .form = NO_CA_ID },
	LATER("groups"),  LATER("eap_id"),
};

static const struct key cert_keys[] = {
	{ .name = "file",	   .required = true, .form = "an absolute path" },
};

static const struct sub cert_subs[] = {
	LATER("handle"), LATER("slot"), LATER("module"),
};
/* clang-format on */

const struct keys conn_local_table = {
	.keys = local_keys,
	.n_keys = ROWS(local_keys),
	.subs = local_subs,
	.n_subs = ROWS(local_subs),
};

const struct keys conn_remote_table = {
	.keys = remote_keys,
	.n_keys = ROWS(remote_keys),
	.subs = remote_subs,
	.n_subs = ROWS(remote_subs),
};

const struct keys conn_cert_table = {
	.keys = cert_keys,
	.n_keys = ROWS(cert_keys),
	.subs = cert_subs,
	.n_subs = ROWS(cert_subs),
};

/* --- what they name */

/* Keys and sections of one name, and where they go. */
struct named_certs {
	const char *list, *section;
	enum cert_kind kind;
	struct cert_names out;
};

static int take_sections(const struct section *side,
			 const struct cert_source *src,
			 const struct named_certs *named, struct error *e)
{
	int err = 0;

	for (const struct section *s = side->sections; s && !err; s = s->next) {
		if (!named->section ||
		    !keys_name_fits(s->name, named->section, true))
			continue;
		err = keys_read(&conn_cert_table, s, NULL, e);
		if (!err)
			err = cert_files_take_file(src, tree_value(s, "file"),
						   named->kind, &named->out, e);
	}
	return err;
}

static int take_named(const struct section *side, const struct cert_source *src,
		      const struct named_certs *named, struct error *e)
{
	const struct value *v = tree_value(side, named->list);
	int err = 0;

	if (v)
		err = cert_files_take(src, v, named->kind, &named->out, e);
	return err ? err : take_sections(side, src, named, e);
}

/* Of pre-shared keys they say nothing, and an operator who wrote them meant more. */
static int check_psk(const struct section *side, struct error *e)
{
	static const char *const names[] = { "certs", "cacerts", "pubkeys",
					     "revocation", "cert_policy" };
	const struct value *v = NULL;
	char path[TREE_PATH_MAX];

	for (size_t i = 0; i < ROWS(names) && !v; i++)
		v = tree_value(side, names[i]);
	if (v)
		return value_fail(e, v, -EINVAL,
				  "does not go with auth = psk; write auth = "
				  "pubkey, or remove the line");
	if (!side->sections)
		return 0;
	tree_path(side->sections, path);
	return conf_fail(e, &side->sections->place, -EINVAL,
			 "%s does not go with auth = psk; write auth = pubkey, "
			 "or remove the section",
			 path);
}

static int fill_side(const struct section *side, const struct cert_source *src,
		     struct auth_conf *auth, struct error *e)
{
	const struct named_certs named[] = {
		{ "certs",
		  "cert",
		  CERT_X509,
		  { auth->certs, &auth->n_certs, AUTH_CERTS_MAX } },
		{ "cacerts",
		  "cacert",
		  CERT_CA,
		  { auth->cas, &auth->n_cas, AUTH_CAS_MAX } },
		{ "pubkeys",
		  NULL,
		  CERT_PUBKEY,
		  { auth->pubkeys, &auth->n_pubkeys, AUTH_PUBKEYS_MAX } },
	};
	int err = 0;

	if (auth->by == AUTH_BY_PSK)
		return check_psk(side, e);
	for (size_t i = 0; i < ROWS(named) && !err; i++)
		err = take_named(side, src, &named[i], e);
	return err;
}

/* The tables let there be one. */
static const struct section *side_of(const struct section *conn,
				     const char *name)
{
	const struct section *s = conn->sections;

	while (!keys_name_fits(s->name, name, true))
		s = s->next;
	return s;
}

void auth_init(struct conn_conf *c)
{
	c->local_auth.by = c->remote_auth.by = AUTH_BY_PUBKEY;
}

int auth_fill(const struct section *conn, const struct cert_source *src,
	      struct conn_conf *out, struct error *e)
{
	int err = fill_side(side_of(conn, "local"), src, &out->local_auth, e);

	return err ? err
		   : fill_side(side_of(conn, "remote"), src, &out->remote_auth,
			       e);
}
