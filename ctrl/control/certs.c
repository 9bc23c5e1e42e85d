// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/control/certs.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "ctrl/control/vici.h"
#include "ctrl/pki/certificate.h"
#include "ctrl/pki/ident.h"

/* What strongSwan calls each kind. */
static const struct {
	const char *type, *flag;
} kinds[] = {
	[CERT_X509] = { "X509", "NONE" },
	[CERT_CA] = { "X509", "CA" },
	[CERT_OCSP] = { "X509", "OCSP" },
	[CERT_CRL] = { "X509_CRL", "NONE" },
	[CERT_PUBKEY] = { "PUBKEY", "NONE" },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* --- load-cert --- */

struct load_cert {
	struct slice type, flag, data;
};

static bool is_word(struct slice value, const char *word)
{
	return value.len == strlen(word) &&
	       strncasecmp((const char *)value.ptr, word, value.len) == 0;
}

static int read_field(const struct vici_elem *elem, struct load_cert *q,
		      struct error *e)
{
	static const char *const names[] = { "type", "flag", "data" };
	struct slice *const fields[] = { &q->type, &q->flag, &q->data };

	for (size_t i = 0; i < 3; i++) {
		if (elem->name.len != strlen(names[i]) ||
		    memcmp(elem->name.ptr, names[i], elem->name.len) != 0)
			continue;
		if (elem->type != VICI_KEY_VALUE || fields[i]->ptr)
			return error_set(e, -EINVAL,
					 "argument '%s' must be one value, given "
					 "once",
					 names[i]);
		*fields[i] = elem->value;
		return 0;
	}
	return error_set(e, -EINVAL,
			 "this command takes type, flag and data, and nothing "
			 "else");
}

static int kind_of(const struct load_cert *q, enum cert_kind *kind,
		   struct error *e)
{
	const char *flag = "NONE";

	if (is_word(q->type, "X509_AC") || is_word(q->flag, "AA"))
		return error_set(e, -ENOTSUP,
				 "attribute certificates, and those of their "
				 "authorities, are not supported yet");
	for (size_t i = 0; i < N_KINDS; i++) {
		if (q->flag.len)
			flag = NULL;
		if (is_word(q->type, kinds[i].type) &&
		    (flag ? strcmp(flag, kinds[i].flag) == 0
			  : is_word(q->flag, kinds[i].flag))) {
			*kind = (enum cert_kind)i;
			return 0;
		}
	}
	return error_set(e, -EINVAL,
			 "argument 'type' must be X509, X509_CRL or PUBKEY, and "
			 "'flag', with X509 alone, NONE, CA or OCSP");
}

int load_cert_read(struct slice body, enum cert_kind *kind, struct slice *data,
		   struct error *e)
{
	struct vici_reader r = vici_read(body);
	struct load_cert q = { .type.len = 0 };
	struct vici_elem elem;
	int err = 0;

	while (vici_argument(&r, &elem, &err, e))
		err = read_field(&elem, &q, e);
	if (err)
		return err;
	if (!q.type.len)
		return error_set(e, -EINVAL, "argument 'type' is missing");
	if (!q.data.len)
		return error_set(e, -EINVAL, "argument 'data' is missing");
	*data = q.data;
	return kind_of(&q, kind, e);
}

/* --- lists --- */

static bool is_any(const char *word, const char *name)
{
	return !word[0] || strcasecmp(word, "ANY") == 0 ||
	       strcasecmp(word, name) == 0;
}

/* NULL: no certificate, or no memory. */
static struct certificate *read_again(const struct cert_conf *cert)
{
	struct certificate *c;
	struct error e;

	if (cert->kind == CERT_CRL || cert->kind == CERT_PUBKEY ||
	    certificate_read(cert->octets, &c, &e))
		return NULL;
	return c;
}

static bool has_subject(const struct cert_conf *cert, const struct identity *id)
{
	struct certificate *c = read_again(cert);
	bool has = c && ident_is(c, id);

	certificate_free(c);
	return has;
}

static bool is_asked_for(const struct cert_conf *cert,
			 const struct arguments *args)
{
	return is_any(args->cert_type, kinds[cert->kind].type) &&
	       is_any(args->cert_flag, kinds[cert->kind].flag) &&
	       (!(args->given & ARG_SUBJECT) ||
		has_subject(cert, &args->subject));
}

static bool put_cert(const struct sink *sink, const struct control_certs *certs,
		     const struct cert_conf *cert)
{
	struct vici_builder b;

	event_start(&b, TOPIC_LIST_CERT);
	vici_str(&b, "type", kinds[cert->kind].type);
	vici_str(&b, "flag", kinds[cert->kind].flag);
	if (cert->kind != CERT_CRL && certs->has_key &&
	    certs->has_key(certs->ctx, &cert->key))
		vici_str(&b, "has_privkey", "yes");
	vici_octets(&b, "data", cert->octets);
	return sink_put(sink, &b);
}

bool list_certs(const struct sink *sink, const struct arguments *args,
		const struct control_certs *certs)
{
	const struct cert_conf *cert;
	size_t at = 0;

	while (certs->next && (cert = certs->next(certs->ctx, &at)))
		if (cert->octets.len <= VICI_VALUE_MAX &&
		    is_asked_for(cert, args) && !put_cert(sink, certs, cert))
			return false;
	return true;
}

static void put_uris(struct vici_builder *b, const char *key,
		     const struct authority_uris *uris)
{
	vici_list(b, key);
	for (size_t i = 0; i < uris->n; i++)
		vici_list_item(b, uris->at[i]);
	vici_list_end(b);
}

void put_cert_subject(struct vici_builder *b, const char *key,
		      const struct control_certs *certs, enum cert_kind kind,
		      const struct fingerprint *name)
{
	const struct cert_conf *cert =
		certs->find ? certs->find(certs->ctx, kind, name) : NULL;
	struct certificate *c = cert ? read_again(cert) : NULL;
	char subject[CERTIFICATE_STR_MAX];

	if (c && key)
		vici_str(b, key, certificate_str(c, subject));
	else if (c)
		vici_list_item(b, certificate_str(c, subject));
	certificate_free(c);
}

static bool put_authority(const struct sink *sink,
			  const struct control_certs *certs,
			  const struct authority *a)
{
	struct vici_builder b;

	event_start(&b, TOPIC_LIST_AUTHORITY);
	vici_section(&b, a->name);
	put_cert_subject(&b, "cacert", certs, CERT_CA, &a->ca);
	put_uris(&b, "crl_uris", &a->crl_uris);
	put_uris(&b, "ocsp_uris", &a->ocsp_uris);
	if (a->cert_uri_base[0])
		vici_str(&b, "cert_uri_base", a->cert_uri_base);
	vici_section_end(&b);
	return sink_put(sink, &b);
}

bool list_authorities(const struct sink *sink, const struct arguments *args,
		      const struct control_certs *certs)
{
	const struct authority *a;
	size_t at = 0;

	while (certs->next_authority &&
	       (a = certs->next_authority(certs->ctx, &at))) {
		if (args->given & ARG_NAME && strcmp(args->name, a->name) != 0)
			continue;
		if (!put_authority(sink, certs, a))
			return false;
	}
	return true;
}

void put_authority_names(struct vici_builder *b,
			 const struct control_certs *certs)
{
	const struct authority *a;
	size_t at = 0;

	vici_list(b, "authorities");
	while (certs->next_authority &&
	       (a = certs->next_authority(certs->ctx, &at)))
		if (a->from_vici)
			vici_list_item(b, a->name);
	vici_list_end(b);
}
