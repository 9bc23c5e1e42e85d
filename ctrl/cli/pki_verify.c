// SPDX-License-Identifier: BSD-2-Clause
/*
 * `cygnet pki verify`: the judgement that a peer's certificate meets, on files. Of
 * those in --in the first is the one, the others are what a peer would send beside.
 */
#include "ctrl/cli/pki.h"

#include <errno.h>
#include <time.h>

#include "ctrl/cli/pki_input.h"
#include "ctrl/cli/pki_options.h"
#include "ctrl/pki/trust.h"

/* Each certificate of each file; trust takes them over. */
static int add_cas(struct trust *t, const char *path, struct error *e)
{
	struct pki_certs certs = { .n = 0 };
	struct error why;
	int err = pki_read_certs(path, &certs, e);

	for (size_t i = 0; !err && i < certs.n; i++) {
		err = trust_add(t, TRUST_AS_CA, certs.at[i], &why);
		certs.at[i] = NULL;
		if (err)
			error_set(e, err, "%.200s: %.600s", path, why.text);
	}
	pki_certs_free(&certs);
	return err;
}

static int add_crl(struct trust *t, const char *path, struct error *e)
{
	struct crl *crl;
	int err = pki_read_crl(path, &crl, e);

	if (!err && trust_add_crl(t, crl))
		err = error_set(e, -ENOMEM, "out of memory");
	return err;
}

static int fill_trust(const struct arguments *args, struct trust *t,
		      struct error *e)
{
	int err = 0;

	for (size_t i = 0; !err && i < args->n_all; i++) {
		const struct argument *a = &args->all[i];

		if (a->id == OPTION_CACERT)
			err = add_cas(t, a->value, e);
		if (a->id == OPTION_CRL)
			err = add_crl(t, a->value, e);
	}
	return err;
}

static int check(const struct arguments *args, struct trust *t,
		 const struct pki_input *in, FILE *out, struct error *e)
{
	const struct trust_question q = {
		.leaf = in->certs.at[0],
		.others = (const struct certificate *const *)in->certs.at + 1,
		.n_others = in->certs.n - 1,
		.now_s = time(NULL),
		.revocation = args->values[OPTION_CRL] ? REVOCATION_STRICT
						       : REVOCATION_RELAXED,
	};
	char name[CERTIFICATE_STR_MAX];
	struct trust_answer a;

	trust_check(t, &q, &a);
	if (a.verdict != TRUST_OK) {
		*e = a.why;
		return -EKEYREJECTED;
	}
	for (size_t i = 0; i < a.n_chain; i++)
		fprintf(out, "%s%s\n", i ? "  by " : "good: ",
			certificate_str(a.chain[i], name));
	return 0;
}

int pki_verify_run(const struct arguments *args, FILE *out)
{
	struct trust *t = NULL;
	struct pki_input in;
	struct error e;
	int err;

	if (pki_need(args, OPTION_CACERT, &e))
		return pki_usage(&e);
	err = pki_input_read(args, &in, &e);
	if (!err && !in.certs.n)
		err = error_set(&e, -EINVAL,
				"%.200s: it is no certificate; verify judges "
				"certificates alone",
				pki_input_path(args));
	if (!err && trust_new(&t))
		err = error_set(&e, -ENOMEM, "out of memory");
	if (!err)
		err = fill_trust(args, t, &e);
	if (!err)
		err = check(args, t, &in, out, &e);
	trust_free(t);
	pki_input_free(&in);
	return err ? pki_failed(&e) : 0;
}
