// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sections local* and remote*: one for each round of authentication (RFC 4739). Every
 * key of swanctl.conf(5) has a row.
 */
#include "ctrl/conf/schema_auth.h"

#include <errno.h>
#include <stdlib.h>

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
#define FORM_ROUND "a number by which the sections of a side are sorted"
#define FORM_CA_ID \
	"an identity such as \"C=CH, O=Lab, CN=ca\", which a CA above the peer's certificate has as its subject or a subjectAltName"

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

/* One section. */
struct side {
	struct auth_round is;
	uint32_t round; /* those of one number stay as they were written */
};

#define AT(field) .offset = offsetof(struct side, field)
#define LATER(text)                             \
	{                                       \
		.name = text, .kind = SUB_LATER \
	}

/* clang-format off */
static const struct key local_keys[] = {
	{ .name = "auth",	   .form = FORM_AUTH, .read = value_auth,
	  AT(is.auth) },
	{ .name = "id",		   .form = FORM_ID, .read = value_identity,
	  AT(is.id) },
	{ .name = "certs",	   .list = true, .form = FORM_CERTS },
	{ .name = "pubkeys",	   .list = true, .form = FORM_PUBKEYS },
	{ .name = "round",	   .form = FORM_ROUND, .read = value_number,
	  .max = UINT32_MAX,	   AT(round) },
};

static const struct sub local_subs[] = {
	{ .name = "cert",	   .kind = SUB_EACH, .prefix = true,
	  .form = "a section with file" },
	LATER("eap_id"),  LATER("aaa_id"), LATER("xauth_id"),
};

static const struct key remote_keys[] = {
	{ .name = "auth",	   .form = FORM_AUTH, .read = value_auth,
	  AT(is.auth) },
	{ .name = "id",		   .form = FORM_ID, .read = value_identity,
	  AT(is.id) },
	{ .name = "certs",	   .list = true, .form = FORM_CERTS },
	{ .name = "cacerts",	   .list = true, .form = FORM_CAS },
	{ .name = "ca_id",	   .form = FORM_CA_ID, .read = value_identity,
	  AT(is.auth.ca_id) },
	{ .name = "pubkeys",	   .list = true, .form = FORM_PEERS_KEYS },
	{ .name = "revocation",	   .form = "relaxed, ifuri or strict",
	  .read = value_word,	   .words = revocation_words, AT(is.auth.revocation) },
	{ .name = "cert_policy",   .list = true, .form = FORM_POLICIES,
	  .read = value_policies,  AT(is.auth) },
	{ .name = "round",	   .form = FORM_ROUND, .read = value_number,
	  .max = UINT32_MAX,	   AT(round) },
};

static const struct sub remote_subs[] = {
	{ .name = "cert",	   .kind = SUB_EACH, .prefix = true,
	  .form = "a section with file" },
	{ .name = "cacert",	   .kind = SUB_EACH, .prefix = true,
	  .form = "a section with file" },
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
	static const char *const names[] = { "certs",	   "cacerts",
					     "ca_id",	   "pubkeys",
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

/* --- rounds */

struct sides {
	const char *name;
	const struct keys *table;
	struct side at[AUTH_ROUNDS_MAX];
	size_t n;
};

static int fail_many(const struct section *s, struct error *e)
{
	char path[TREE_PATH_MAX];

	tree_path(s, path);
	return conf_fail(e, &s->place, -E2BIG,
			 "%s is one too many: a side has at most %d rounds of "
			 "authentication; remove it",
			 path, AUTH_ROUNDS_MAX);
}

/* Behind all of its number and of lower ones. */
static void put_side(struct sides *out, const struct side *side)
{
	size_t at = out->n++;

	for (; at && out->at[at - 1].round > side->round; at--)
		out->at[at] = out->at[at - 1];
	out->at[at] = *side;
}

static int read_sides(const struct section *conn, const struct cert_source *src,
		      struct sides *out, struct error *e)
{
	int err = 0;

	for (const struct section *s = conn->sections; s && !err; s = s->next) {
		struct side side = { .is.auth.by = AUTH_BY_PUBKEY };

		if (!keys_name_fits(s->name, out->name, true))
			continue;
		if (out->n == AUTH_ROUNDS_MAX)
			return fail_many(s, e);
		err = keys_read(out->table, s, &side, e);
		if (!err)
			err = fill_side(s, src, &side.is.auth, e);
		put_side(out, &side);
	}
	return err;
}

static int take_more(const struct sides *local, const struct sides *remote,
		     struct conn_conf *out, struct error *e)
{
	struct auth_round *at;

	if (local->n + remote->n == 2)
		return 0;
	at = calloc(local->n + remote->n - 2, sizeof(*at));
	if (!at)
		return conf_no_memory(e);
	out->more_rounds = at;
	out->n_more_local = (uint8_t)(local->n - 1);
	out->n_more_remote = (uint8_t)(remote->n - 1);
	for (size_t i = 1; i < local->n; i++)
		*at++ = local->at[i].is;
	for (size_t i = 1; i < remote->n; i++)
		*at++ = remote->at[i].is;
	return 0;
}

/* A ticket stands for one identity of a side, by which its connection is found. */
static int check_tickets(const struct section *conn, const struct conn_conf *c,
			 struct error *e)
{
	if (!c->resumption || !c->more_rounds)
		return 0;
	return value_fail(e, tree_value(conn, "resumption"), -EINVAL,
			  "does not go with several rounds of authentication; "
			  "remove it, or leave one section local and one "
			  "remote");
}

/* The tables say that there is one of each, at least. */
int auth_fill(const struct section *conn, const struct cert_source *src,
	      struct conn_conf *out, struct error *e)
{
	struct sides local = { .name = "local", .table = &conn_local_table };
	struct sides remote = { .name = "remote", .table = &conn_remote_table };
	int err = read_sides(conn, src, &local, e);

	if (!err)
		err = read_sides(conn, src, &remote, e);
	if (err)
		return err;
	out->local_id = local.at[0].is.id;
	out->local_auth = local.at[0].is.auth;
	out->remote_id = remote.at[0].is.id;
	out->remote_auth = remote.at[0].is.auth;
	err = take_more(&local, &remote, out, e);
	return err ? err : check_tickets(conn, out, e);
}
