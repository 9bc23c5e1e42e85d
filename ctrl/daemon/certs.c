// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/certs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/pki/cert_read.h"

#define VICI_AUTHORITIES_MAX 256

struct certs {
	struct cert_list loaded; /* by load-cert */
	struct cert_list named;	 /* with those who name them */
	struct authority *authorities;
	size_t n_authorities;
};

struct certs *certs_new(void)
{
	return calloc(1, sizeof(struct certs));
}

void certs_free(struct certs *c)
{
	if (!c)
		return;
	cert_list_free(&c->loaded);
	cert_list_free(&c->named);
	free(c->authorities);
	free(c);
}

/* --- in --- */

static int check_room(const struct certs *c, const struct config *file,
		      const struct cert_list *more, struct error *e)
{
	size_t n = c->loaded.n + c->named.n + file->certs.n + more->n;
	size_t bytes = c->loaded.bytes + c->named.bytes + file->certs.bytes +
		       more->bytes;

	if (n <= CERTS_MAX && bytes <= CERTS_MAX_BYTES)
		return 0;
	return error_set(e, -E2BIG,
			 "with it certificates and CRLs are more than %d, or "
			 "have more than %u MiB together; remove those that are "
			 "not used",
			 CERTS_MAX, CERTS_MAX_BYTES >> 20);
}

static int put(struct certs *c, struct cert_list *to, const struct config *file,
	       const struct cert_list *more, struct error *e)
{
	int err = check_room(c, file, more, e);

	return err ? err : cert_list_add_all(to, more, e);
}

int certs_load(struct certs *c, const struct config *file, enum cert_kind kind,
	       struct slice octets, struct error *e)
{
	struct cert_list read = { .n = 0 };
	int err = cert_read(&read, kind, octets, NULL, NULL, e);

	if (!err)
		err = put(c, &c->loaded, file, &read, e);
	cert_list_free(&read);
	return err;
}

int certs_put(struct certs *c, const struct config *file,
	      const struct cert_list *named, struct error *e)
{
	return put(c, &c->named, file, named, e);
}

/* --- out --- */

void certs_clear(struct certs *c)
{
	cert_list_free(&c->loaded);
}

static bool is_in(const struct fingerprint *list, size_t n,
		  const struct fingerprint *one)
{
	for (size_t i = 0; i < n; i++)
		if (fingerprint_equal(&list[i], one))
			return true;
	return false;
}

static bool names(const struct auth_conf *a, const struct fingerprint *one)
{
	return is_in(a->certs, a->n_certs, one) ||
	       is_in(a->cas, a->n_cas, one) ||
	       is_in(a->pubkeys, a->n_pubkeys, one);
}

static bool side_names(const struct conn_conf *c, enum conn_side side,
		       const struct fingerprint *one)
{
	for (size_t i = 0; i < conn_rounds(c, side); i++)
		if (names(conn_auth(c, side, i), one))
			return true;
	return false;
}

static bool is_named(const struct certs *c, const struct conn_conf *conns,
		     size_t n, const struct cert_conf *cert)
{
	for (size_t i = 0; i < c->n_authorities; i++)
		if (fingerprint_equal(&c->authorities[i].ca, &cert->fingerprint))
			return true;
	for (size_t i = 0; i < n; i++)
		if (conns[i].from_vici &&
		    (side_names(&conns[i], CONN_LOCAL, &cert->fingerprint) ||
		     side_names(&conns[i], CONN_REMOTE, &cert->fingerprint)))
			return true;
	return false;
}

bool certs_keep(struct certs *c, const struct conn_conf *conns, size_t n)
{
	const size_t before = c->named.n;

	for (size_t i = before; i--;)
		if (!is_named(c, conns, n, &c->named.at[i]))
			cert_list_drop(&c->named, i);
	return c->named.n != before;
}

/* --- looked at --- */

const struct cert_conf *certs_find(const struct certs *c,
				   const struct config *file,
				   enum cert_kind kind,
				   const struct fingerprint *fingerprint)
{
	const struct cert_conf *found =
		cert_list_find(&file->certs, kind, fingerprint);

	if (!found)
		found = cert_list_find(&c->loaded, kind, fingerprint);
	return found ? found : cert_list_find(&c->named, kind, fingerprint);
}

/* Those of one list are all different. */
static bool is_in_one(const struct cert_list *const *lists, size_t n,
		      const struct cert_conf *one)
{
	for (size_t i = 0; i < n; i++)
		if (cert_list_find(lists[i], one->kind, &one->fingerprint))
			return true;
	return false;
}

const struct cert_conf *certs_next(const struct certs *c,
				   const struct config *file, size_t *at)
{
	const struct cert_list *const lists[] = { &file->certs, &c->loaded,
						  &c->named };
	size_t first = 0;

	for (size_t k = 0; k < 3; k++) {
		while (*at < first + lists[k]->n) {
			const struct cert_conf *one =
				&lists[k]->at[(*at)++ - first];

			if (!is_in_one(lists, k, one))
				return one;
		}
		first += lists[k]->n;
	}
	return NULL;
}

const struct cert_conf *certs_next_of_key(const struct certs *c,
					  const struct config *file,
					  const struct fingerprint *key,
					  size_t *at)
{
	const struct cert_list *const lists[] = { &file->certs, &c->loaded,
						  &c->named };
	size_t first = 0;

	for (size_t k = 0; k < 3; first += lists[k++]->n)
		while (*at < first + lists[k]->n) {
			const struct cert_conf *one =
				&lists[k]->at[(*at)++ - first];

			if (one->kind == CERT_X509 &&
			    fingerprint_equal(&one->key, key))
				return one;
		}
	return NULL;
}

/* --- authorities --- */

static struct authority *find_authority(struct authority *list, size_t n,
					const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	return NULL;
}

int certs_put_authority(struct certs *c, const struct config *file,
			const struct authority *a, struct error *e)
{
	struct authority *was, *more;

	if (find_authority(file->authorities, file->n_authorities, a->name))
		return error_set(e, -EEXIST,
				 "authority %s is the file's: %s has it; use "
				 "another name",
				 a->name, file->file);
	was = find_authority(c->authorities, c->n_authorities, a->name);
	if (was) {
		*was = *a;
		return 0;
	}
	if (c->n_authorities == VICI_AUTHORITIES_MAX)
		return error_set(e, -E2BIG,
				 "more than %d authorities; unload some",
				 VICI_AUTHORITIES_MAX);
	more = realloc(c->authorities, (c->n_authorities + 1) * sizeof(*more));
	if (!more)
		return error_set(e, -ENOMEM, "out of memory for an authority");
	c->authorities = more;
	more[c->n_authorities++] = *a;
	return 0;
}

int certs_drop_authority(struct certs *c, const char *name, struct error *e)
{
	struct authority *a =
		find_authority(c->authorities, c->n_authorities, name);

	if (!a)
		return error_set(e, -ENOENT,
				 "no authority '%s' came over VICI; `swanctl "
				 "--list-authorities` shows those that there "
				 "are",
				 name);
	*a = c->authorities[--c->n_authorities];
	return 0;
}

/* A file that was read again goes first. */
const struct authority *certs_next_authority(const struct certs *c,
					     const struct config *file,
					     size_t *at)
{
	const struct authority *a;

	if (*at < file->n_authorities)
		return &file->authorities[(*at)++];
	while (*at - file->n_authorities < c->n_authorities) {
		a = &c->authorities[(*at)++ - file->n_authorities];
		if (!find_authority(file->authorities, file->n_authorities,
				    a->name))
			return a;
	}
	return NULL;
}
