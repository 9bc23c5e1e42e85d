// SPDX-License-Identifier: BSD-2-Clause
/* `cygnet pki signcrl`. */
#include "ctrl/cli/pki.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "ctrl/cli/pki_files.h"
#include "ctrl/cli/pki_input.h"
#include "ctrl/cli/pki_options.h"
#include "ctrl/pki/pem.h"
#include "ctrl/pki/revoke.h"

#define LIFETIME_DAYS 15 /* strongSwan's */
#define LAST_MAX      16

/* What a CRL is made of. */
struct making {
	struct pki_options options;
	struct pki_certs ca, revoked;
	struct private_key *key;
	struct crl *base;
	struct crl *last[LAST_MAX];
	size_t n_last;
	struct pki_serial serials[ARGUMENTS_OPTIONS_MAX];
	struct revoke_entry entries[ARGUMENTS_OPTIONS_MAX];
	size_t n_entries;
	int64_t now_s;
};

static int add_entry(struct making *m, const struct argument *a, int reason,
		     struct error *e)
{
	struct revoke_entry *entry = &m->entries[m->n_entries];
	struct pki_serial *serial = &m->serials[m->n_entries];
	size_t before = m->revoked.n;
	int err;

	*entry = (struct revoke_entry){ .at_s = m->now_s, .reason = reason };
	if (a->id == OPTION_SERIAL) {
		err = pki_serial_read(a->value, serial, e);
		entry->serial = slice_of(serial->octets, serial->len);
	} else {
		err = pki_read_certs(a->value, &m->revoked, e);
		if (!err)
			entry->serial = m->revoked.at[before]->serial;
	}
	m->n_entries += !err;
	return err;
}

/* A reason is of what stands behind it, as far as the next. */
static int read_entries(const struct arguments *args, struct making *m,
			struct error *e)
{
	int reason = REVOKE_UNSPECIFIED, err = 0;

	for (size_t i = 0; !err && i < args->n_all; i++) {
		const struct argument *a = &args->all[i];

		if (a->id == OPTION_REASON &&
		    revoke_reason_parse(a->value, &reason))
			return error_set(e, -EINVAL,
					 "--reason is one of keyCompromise, "
					 "cACompromise, affiliationChanged, "
					 "superseded, cessationOfOperation, "
					 "certificateHold, privilegeWithdrawn "
					 "and unspecified, not '%.64s'",
					 a->value);
		if (a->id == OPTION_SERIAL || a->id == OPTION_CERT)
			err = add_entry(m, a, reason, e);
	}
	return err;
}

static int read_last(const struct arguments *args, struct making *m,
		     struct error *e)
{
	struct crl *crl;
	int err = 0;

	for (size_t i = 0; !err && i < args->n_all; i++) {
		if (args->all[i].id != OPTION_LASTCRL)
			continue;
		if (m->n_last == LAST_MAX)
			return error_set(e, -EINVAL,
					 "--lastcrl may be there %d times at "
					 "most",
					 LAST_MAX);
		err = pki_read_crl(args->all[i].value, &crl, e);
		if (!err)
			m->last[m->n_last++] = crl;
	}
	return err;
}

static int read_files(const struct arguments *args, struct making *m,
		      struct error *e)
{
	int err = pki_read_certs(args->values[OPTION_CACERT], &m->ca, e);

	if (!err)
		err = pki_read_key(args, args->values[OPTION_CAKEY], &m->key, e);
	if (!err)
		err = read_last(args, m, e);
	if (!err && args->values[OPTION_BASECRL])
		err = pki_read_crl(args->values[OPTION_BASECRL], &m->base, e);
	return err;
}

static int make(const struct arguments *args, const struct making *m,
		struct error *e)
{
	const struct pki_options *o = &m->options;
	struct revoke_plan p = {
		.issuer = m->ca.at[0],
		.last = (const struct crl *const *)m->last,
		.n_last = m->n_last,
		.base = m->base,
		.entries = m->entries,
		.n_entries = m->n_entries,
		.this_update_s = m->now_s,
		.next_update_s =
			m->now_s + (o->lifetime_s ? o->lifetime_s
						  : LIFETIME_DAYS * PKI_DAY_S),
	};
	struct owned der = { NULL, 0 }, text = { NULL, 0 };
	int err = signer_of(m->key, o->hash, o->pss, &p.signer, e);

	if (!err)
		err = revoke_make(&p, &der, e);
	if (!err && o->form == KEY_FORM_PEM &&
	    pem_write(PEM_LABEL_CRL, owned_slice(&der), &text))
		err = error_set(e, -ENOMEM, "out of memory");
	if (!err)
		err = pki_write(args->values[OPTION_OUT],
				text.ptr ? owned_slice(&text)
					 : owned_slice(&der),
				PKI_MODE_PUBLIC, pki_replace_of(args), e);
	owned_free(&text);
	owned_free(&der);
	return err;
}

int pki_signcrl_run(const struct arguments *args, FILE *out)
{
	struct making m = { .now_s = time(NULL) };
	struct error e;
	int err;

	(void)out;
	if (pki_options_read(args, &m.options, &e) ||
	    pki_need(args, OPTION_CACERT, &e) ||
	    pki_need(args, OPTION_CAKEY, &e))
		return pki_usage(&e);
	err = read_entries(args, &m, &e);
	if (err == -EINVAL)
		return pki_usage(&e);
	if (!err)
		err = read_files(args, &m, &e);
	if (!err)
		err = make(args, &m, &e);
	for (size_t i = 0; i < m.n_last; i++)
		crl_free(m.last[i]);
	crl_free(m.base);
	private_key_free(m.key);
	pki_certs_free(&m.ca);
	pki_certs_free(&m.revoked);
	return err ? pki_failed(&e) : 0;
}
