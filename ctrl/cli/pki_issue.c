// SPDX-License-Identifier: BSD-2-Clause
/* `cygnet pki req`, `cygnet pki self` and `cygnet pki issue`. */
#include "ctrl/cli/pki.h"

#include <errno.h>
#include <time.h>

#include "ctrl/cli/pki_files.h"
#include "ctrl/cli/pki_input.h"
#include "ctrl/cli/pki_options.h"
#include "ctrl/pki/issue.h"
#include "ctrl/pki/pem.h"
#include "ctrl/pki/request.h"

#define LIFETIME_DAYS 1095 /* strongSwan's */

/* DER is wiped and freed. */
static int write_out(const struct arguments *args, const struct pki_options *o,
		     const char *label, struct owned *der, struct error *e)
{
	struct owned text = { NULL, 0 };
	int err = 0;

	if (o->form == KEY_FORM_PEM)
		err = pem_write(label, owned_slice(der), &text);
	if (err)
		error_set(e, err, "out of memory");
	else
		err = pki_write(args->values[OPTION_OUT],
				o->form == KEY_FORM_PEM ? owned_slice(&text)
							: owned_slice(der),
				PKI_MODE_PUBLIC, pki_replace_of(args), e);
	owned_free(&text);
	owned_free(der);
	return err;
}

static int own_key(const struct arguments *args, struct private_key **out,
		   struct error *e)
{
	return pki_read_key(
		args, args->words[0] ? args->words[0] : args->values[OPTION_IN],
		out, e);
}

/* --- req --- */

int pki_req_run(const struct arguments *args, FILE *out)
{
	struct private_key *key;
	struct pki_options o;
	struct signer signer;
	struct owned der;
	struct error e;
	int err;

	(void)out;
	if (pki_options_read(args, &o, &e))
		return pki_usage(&e);
	if (!o.dn_len && !o.n_sans) {
		error_set(&e, -EINVAL,
			  "'pki req' needs --dn, or a --san; `cygnet pki req "
			  "--help` shows an example");
		return pki_usage(&e);
	}
	if (own_key(args, &key, &e))
		return pki_failed(&e);
	err = signer_of(key, o.hash, o.pss, &signer, &e);
	if (!err)
		err = request_make(slice_of(o.dn, o.dn_len), o.sans, o.n_sans,
				   &signer, &der, &e);
	if (!err)
		err = write_out(args, &o, PEM_LABEL_REQUEST, &der, &e);
	private_key_free(key);
	return err ? pki_failed(&e) : 0;
}

/* --- self and issue --- */

/* What both have. Where nobody says how long it lasts, it ends with its issuer. */
static void fill_plan(const struct arguments *args, const struct pki_options *o,
		      const struct certificate *issuer, struct issue_plan *p)
{
	const int64_t now_s = time(NULL);

	p->subject = slice_of(o->dn, o->dn_len);
	p->sans = o->sans;
	p->n_sans = o->n_sans;
	p->serial = slice_of(o->serial.octets, o->serial.len);
	p->not_before_s = now_s;
	p->not_after_s = now_s + (o->lifetime_s ? o->lifetime_s
						: LIFETIME_DAYS * PKI_DAY_S);
	if (issuer && !o->lifetime_s && p->not_after_s > issuer->not_after_s)
		p->not_after_s = issuer->not_after_s;
	p->is_ca = arguments_have(args, OPT(CA));
	p->path_len = o->path_len;
	p->uses = o->uses;
	p->ocsp = o->ocsp;
	p->n_ocsp = o->n_ocsp;
	p->issuer = issuer;
}

static int check_ca(const struct arguments *args, const struct pki_options *o,
		    struct error *e)
{
	if (o->path_len < 0 || arguments_have(args, OPT(CA)))
		return 0;
	return error_set(e, -EINVAL,
			 "--pathlen is a CA's; give --ca as well, or leave it "
			 "out");
}

/* CRLs are where CRLS say. */
static int read_both(const struct arguments *args, struct pki_options *o,
		     const char *crls[CERTIFICATE_URIS_MAX],
		     struct issue_plan *p, struct error *e)
{
	int err = pki_options_read(args, o, e);

	if (!err)
		err = pki_uris_read(args, OPTION_CRL, crls, &p->n_crls, e);
	p->crls = crls;
	return err ? err : check_ca(args, o, e);
}

int pki_self_run(const struct arguments *args, FILE *out)
{
	const char *crls[CERTIFICATE_URIS_MAX];
	struct issue_plan p = { .key = NULL };
	struct private_key *key;
	struct pki_options o;
	struct owned der;
	struct error e;
	int err;

	(void)out;
	if (read_both(args, &o, crls, &p, &e) || pki_need(args, OPTION_DN, &e))
		return pki_usage(&e);
	if (own_key(args, &key, &e))
		return pki_failed(&e);
	fill_plan(args, &o, NULL, &p);
	p.key = private_key_public(key);
	err = signer_of(key, o.hash, o.pss, &p.signer, &e);
	if (!err)
		err = issue_certificate(&p, &der, &e);
	if (!err)
		err = write_out(args, &o, PEM_LABEL_CERTIFICATE, &der, &e);
	private_key_free(key);
	return err ? pki_failed(&e) : 0;
}

/* What the request asks for, where the options say nothing else. */
static int fill_asked(const struct pki_input *in, const char *path,
		      struct issue_plan *p, struct error *e)
{
	p->key = in->key;
	if (!in->key || in->certs.n)
		return error_set(e, -EINVAL,
				 "%.200s: a certificate is issued for a request "
				 "or a public key; make one by `cygnet pki req` "
				 "or `cygnet pki pub`",
				 path);
	if (!in->request)
		return 0;
	if (!p->subject.len)
		p->subject = in->request->subject;
	if (p->n_sans)
		return 0;
	if (in->request->has_other_names)
		return error_set(e, -ENOTSUP,
				 "%.200s: it asks for a name that is no host's, "
				 "no mail or IP address and no distinguished "
				 "name; say by --san which ones it gets",
				 path);
	p->sans = in->request->sans;
	p->n_sans = in->request->n_sans;
	return 0;
}

/* What belongs to the CA. */
struct authority {
	struct pki_certs certs;
	struct private_key *key;
};

static int read_authority(const struct arguments *args, struct authority *ca,
			  struct error *e)
{
	int err = pki_read_certs(args->values[OPTION_CACERT], &ca->certs, e);

	return err ? err
		   : pki_read_key(args, args->values[OPTION_CAKEY], &ca->key, e);
}

static int issue(const struct arguments *args, const struct pki_options *o,
		 struct issue_plan *p, const struct authority *ca,
		 struct error *e)
{
	struct pki_input in;
	struct owned der;
	int err = pki_input_read(args, &in, e);

	if (!err) {
		fill_plan(args, o, ca->certs.at[0], p);
		err = fill_asked(&in, pki_input_path(args), p, e);
	}
	if (!err)
		err = signer_of(ca->key, o->hash, o->pss, &p->signer, e);
	if (!err)
		err = issue_certificate(p, &der, e);
	pki_input_free(&in);
	return err ? err : write_out(args, o, PEM_LABEL_CERTIFICATE, &der, e);
}

int pki_issue_run(const struct arguments *args, FILE *out)
{
	const char *crls[CERTIFICATE_URIS_MAX];
	struct issue_plan p = { .key = NULL };
	struct authority ca = { .key = NULL };
	struct pki_options o;
	struct error e;
	int err;

	(void)out;
	if (read_both(args, &o, crls, &p, &e) ||
	    pki_need(args, OPTION_CACERT, &e) ||
	    pki_need(args, OPTION_CAKEY, &e))
		return pki_usage(&e);
	err = read_authority(args, &ca, &e);
	if (!err)
		err = issue(args, &o, &p, &ca, &e);
	private_key_free(ca.key);
	pki_certs_free(&ca.certs);
	return err ? pki_failed(&e) : 0;
}
