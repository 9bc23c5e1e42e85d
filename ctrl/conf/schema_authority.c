// SPDX-License-Identifier: BSD-2-Clause
/*
 * The section authorities: where the CRLs of a CA are, and who answers by OCSP, beside
 * what its certificates say, and where those are that it has issued. Every key of swanctl.conf(5) has a row.
 */
#include "ctrl/conf/schema_authority.h"

#include <errno.h>
#include <stdlib.h>

#include "ctrl/conf/fail.h"
#include "ctrl/conf/named.h"
#include "ctrl/conf/values_auth.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define FORM_CACERT \
	"the name of a file in the folder x509ca, or an absolute path"
#define FORM_URIS                                                         \
	"up to 8 addresses such as http://crl.example.org/ca.crl, of up " \
	"to 255 octets, separated by commas"
#define FORM_URI_BASE \
	"one address such as http://certs.example.org/, of up to 215 octets"
_Static_assert(AUTHORITY_URIS_MAX == 8 && AUTHORITY_URI_MAX == 256 &&
		       AUTHORITY_BASE_MAX == 216,
	       "the form says so");

#define AT(field) .offset = offsetof(struct authority, field)
#define LATER(text)                             \
	{                                       \
		.name = text, .kind = SUB_LATER \
	}

/* clang-format off */
static const struct key authority_keys[] = {
	{ .name = "cacert",	   .form = FORM_CACERT },
	{ .name = "file",	   .form = "an absolute path" },
	{ .name = "crl_uris",	   .list = true, .form = FORM_URIS,
	  .read = value_uris,	   AT(crl_uris) },
	{ .name = "ocsp_uris",	   .list = true, .form = FORM_URIS,
	  .read = value_uris,	   AT(ocsp_uris) },
	{ .name = "cert_uri_base", .form = FORM_URI_BASE,
	  .read = value_uri_base,  AT(cert_uri_base) },
};

static const struct sub authority_subs[] = {
	LATER("handle"), LATER("slot"), LATER("module"),
};
/* clang-format on */

const struct keys authority_table = {
	.keys = authority_keys,
	.n_keys = ROWS(authority_keys),
	.subs = authority_subs,
	.n_subs = ROWS(authority_subs),
};

static int take_ca(const struct section *sec, const struct cert_source *src,
		   struct authority *out, struct error *e)
{
	const struct value *cacert = tree_value(sec, "cacert");
	const struct value *file = tree_value(sec, "file");
	char path[TREE_PATH_MAX];
	size_t n = 0;
	const struct cert_names names = { &out->ca, &n, 1 };

	if (cacert && file)
		return value_fail(e, file, -EINVAL,
				  "stands beside cacert, and both name the CA's "
				  "certificate; remove one of the two");
	if (cacert)
		return cert_files_take(src, cacert, CERT_CA, &names, e);
	if (file)
		return cert_files_take_file(src, file, CERT_CA, &names, e);
	tree_path(sec, path);
	return conf_fail(e, &sec->place, -EINVAL,
			 "%s.cacert is missing; it must be " FORM_CACERT, path);
}

int authority_fill(const struct section *sec, const struct cert_source *src,
		   struct authority *out, struct error *e)
{
	int err;

	*out = (struct authority){ .from_vici = false };
	err = named_take(sec, out->name, e);
	if (!err)
		err = keys_read(&authority_table, sec, out, e);
	return err ? err : take_ca(sec, src, out, e);
}

int authorities_fill(const struct section *list, const struct cert_source *src,
		     struct config *out, struct error *e)
{
	size_t n = named_count(list);
	int err = 0;

	if (n == 0)
		return 0;
	if (n > AUTHORITIES_MAX)
		return named_fail_many(list, AUTHORITIES_MAX, e);
	out->authorities = calloc(n, sizeof(*out->authorities));
	if (!out->authorities)
		return conf_no_memory(e);
	for (const struct section *s = list->sections; s && !err; s = s->next)
		err = authority_fill(s, src,
				     &out->authorities[out->n_authorities++], e);
	return err;
}
