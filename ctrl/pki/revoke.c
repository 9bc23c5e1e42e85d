// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/pki/revoke.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "ctrl/pki/names.h"

#define NUMBER_MAX 20 /* octets (section 5.2.3) */
#define N_REASONS  11

/* removeFromCRL, 8, is no reason to revoke something. */
static const char *const reasons[N_REASONS] = {
	[0] = "unspecified",	    [1] = "keyCompromise",
	[2] = "cACompromise",	    [3] = "affiliationChanged",
	[4] = "superseded",	    [5] = "cessationOfOperation",
	[6] = "certificateHold",    [8] = "removeFromCRL",
	[9] = "privilegeWithdrawn", [10] = "aACompromise",
};

const char *revoke_reason_name(int reason)
{
	return reason >= 0 && reason < N_REASONS ? reasons[reason] : NULL;
}

/* "key-compromise" is "keyCompromise". */
static bool is_name(const char *text, const char *name)
{
	while (*text && *name) {
		if (*text == '-') {
			text++;
			continue;
		}
		if (strncasecmp(text, name, 1) != 0)
			return false;
		text++;
		name++;
	}
	return !*text && !*name;
}

int revoke_reason_parse(const char *name, int *out)
{
	for (int i = 0; i < N_REASONS; i++)
		if (reasons[i] && i != CRL_REASON_REMOVE_FROM_CRL &&
		    is_name(name, reasons[i])) {
			*out = i;
			return 0;
		}
	return -EINVAL;
}

/* --- what is in one */

static int64_t unix_time(const ASN1_TIME *t)
{
	struct tm tm;

	return t && ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static int reason_of(const X509_REVOKED *r)
{
	ASN1_ENUMERATED *value =
		X509_REVOKED_get_ext_d2i(r, NID_crl_reason, NULL, NULL);
	long reason = value ? ASN1_ENUMERATED_get(value) : 0;

	ASN1_ENUMERATED_free(value);
	return reason > 0 && reason < N_REASONS ? (int)reason
						: REVOKE_UNSPECIFIED;
}

void revoke_each(const struct crl *crl, revoke_fn *tell, void *arg)
{
	STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(crl->x509);

	for (int i = 0; i < sk_X509_REVOKED_num(all); i++) {
		const X509_REVOKED *r = sk_X509_REVOKED_value(all, i);
		const struct revoke_entry entry = {
			.serial =
				names_octets(X509_REVOKED_get0_serialNumber(r)),
			.at_s = unix_time(X509_REVOKED_get0_revocationDate(r)),
			.reason = reason_of(r),
		};

		tell(arg, &entry);
	}
	ERR_clear_error();
}

/* NULL: there is none. */
static ASN1_INTEGER *number_of(const struct crl *crl, int nid)
{
	return X509_CRL_get_ext_d2i(crl->x509, nid, NULL, NULL);
}

static bool number_text(const struct crl *crl, int nid,
			char out[REVOKE_NUMBER_STR_MAX])
{
	ASN1_INTEGER *n = number_of(crl, nid);
	struct slice octets = names_octets(n);
	bool ok = n && octets.len && octets.len <= NUMBER_MAX;

	for (size_t i = 0; ok && i < octets.len; i++)
		snprintf(out + 2 * i, 3, "%02x", octets.ptr[i]);
	ASN1_INTEGER_free(n);
	ERR_clear_error();
	return ok;
}

bool revoke_number(const struct crl *crl, char out[REVOKE_NUMBER_STR_MAX])
{
	return number_text(crl, NID_crl_number, out);
}

bool revoke_base(const struct crl *crl, char out[REVOKE_NUMBER_STR_MAX])
{
	return number_text(crl, NID_delta_crl, out);
}

/* --- may it be? */

static bool is_signed_by(const struct crl *crl, const struct certificate *c)
{
	return X509_CRL_verify(crl->x509, X509_get0_pubkey(c->x509)) == 1;
}

static int check_before(const struct revoke_plan *p, struct error *e)
{
	bool is_signed = !p->base || is_signed_by(p->base, p->issuer);
	bool is_whole = p->base || !p->n_last;
	char name[CERTIFICATE_STR_MAX];

	for (size_t i = 0; i < p->n_last; i++) {
		is_signed = is_signed && is_signed_by(p->last[i], p->issuer);
		is_whole = is_whole || !p->last[i]->is_delta;
	}
	if (!is_signed)
		return error_set(e, -EINVAL,
				 "a CRL before it was not signed by \"%s\", and "
				 "is not continued; give one of this CA",
				 certificate_str(p->issuer, name));
	if (!is_whole)
		return error_set(e, -EINVAL,
				 "a complete CRL does not follow a delta alone; "
				 "give the complete one before as well, by "
				 "another --lastcrl");
	if (p->base && p->base->is_delta)
		return error_set(e, -EINVAL,
				 "the base of a delta is a complete CRL; give "
				 "that one by --basecrl, and the delta by "
				 "--lastcrl");
	return 0;
}

static int check(const struct revoke_plan *p, struct error *e)
{
	char name[CERTIFICATE_STR_MAX];

	certificate_str(p->issuer, name);
	if (!(X509_get_key_usage(p->issuer->x509) & KU_CRL_SIGN))
		return error_set(e, -EINVAL,
				 "certificate \"%s\" may sign no CRL by its key "
				 "usage; take the CA's, or have one issued with "
				 "--flag crlSign",
				 name);
	if (!public_key_equal(p->issuer->key, private_key_public(p->signer.key)))
		return error_set(e, -EINVAL,
				 "the key is not that of the CA's certificate "
				 "\"%s\"; give the one that belongs to it",
				 name);
	if (p->next_update_s <= p->this_update_s)
		return error_set(e, -EINVAL,
				 "it would end before it begins; give a longer "
				 "--lifetime");
	return check_before(p, e);
}

/* --- made */

/* 0 where it has none. NULL: no memory. */
static BIGNUM *number_bn(const struct crl *crl)
{
	ASN1_INTEGER *n = number_of(crl, NID_crl_number);
	BIGNUM *b = n ? ASN1_INTEGER_to_BN(n, NULL) : BN_new();

	ASN1_INTEGER_free(n);
	return b;
}

static bool raise_number(BIGNUM *highest, const struct crl *crl)
{
	BIGNUM *b = crl ? number_bn(crl) : NULL;
	bool ok =
		!crl || (b && (BN_cmp(b, highest) <= 0 || BN_copy(highest, b)));

	BN_free(b);
	return ok;
}

/* One more than all before. */
static ASN1_INTEGER *next_number(const struct revoke_plan *p)
{
	BIGNUM *highest = BN_new();
	bool ok = highest && raise_number(highest, p->base);
	ASN1_INTEGER *n = NULL;

	for (size_t i = 0; ok && i < p->n_last; i++)
		ok = raise_number(highest, p->last[i]);
	if (ok && BN_add_word(highest, 1) == 1)
		n = BN_to_ASN1_INTEGER(highest, NULL);
	BN_free(highest);
	return n;
}

static bool set_numbers(X509_CRL *x, const struct revoke_plan *p)
{
	ASN1_INTEGER *n = next_number(p), *base = NULL;
	bool ok = n && X509_CRL_add1_ext_i2d(x, NID_crl_number, n, 0, 0) == 1;

	ASN1_INTEGER_free(n);
	if (!ok || !p->base)
		return ok;
	base = number_of(p->base, NID_crl_number);
	ok = base && X509_CRL_add1_ext_i2d(x, NID_delta_crl, base, 1, 0) == 1;
	ASN1_INTEGER_free(base);
	return ok;
}

static bool set_key_id(X509_CRL *x, const struct certificate *issuer)
{
	const ASN1_OCTET_STRING *skid = X509_get0_subject_key_id(issuer->x509);
	AUTHORITY_KEYID *akid;
	bool ok;

	if (!skid)
		return true;
	akid = AUTHORITY_KEYID_new();
	ok = akid && (akid->keyid = ASN1_OCTET_STRING_dup(skid)) &&
	     X509_CRL_add1_ext_i2d(x, NID_authority_key_identifier, akid, 0,
				   0) == 1;
	AUTHORITY_KEYID_free(akid);
	return ok;
}

static bool set_times(X509_CRL *x, const struct revoke_plan *p)
{
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)p->this_update_s);
	ASN1_TIME *until = ASN1_TIME_set(NULL, (time_t)p->next_update_s);
	bool ok = from && until && X509_CRL_set1_lastUpdate(x, from) == 1 &&
		  X509_CRL_set1_nextUpdate(x, until) == 1;

	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	return ok;
}

static bool has_serial(X509_CRL *x, const ASN1_INTEGER *serial)
{
	STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(x);

	for (int i = 0; i < sk_X509_REVOKED_num(all); i++)
		if (ASN1_INTEGER_cmp(X509_REVOKED_get0_serialNumber(
					     sk_X509_REVOKED_value(all, i)),
				     serial) == 0)
			return true;
	return false;
}

static ASN1_INTEGER *serial_of(struct slice octets)
{
	BIGNUM *b = BN_bin2bn(octets.ptr, (int)octets.len, NULL);
	ASN1_INTEGER *n = b ? BN_to_ASN1_INTEGER(b, NULL) : NULL;

	BN_free(b);
	return n;
}

static bool set_reason(X509_REVOKED *r, int reason)
{
	ASN1_ENUMERATED *value;
	bool ok;

	/* Section 5.3.1: no reason is better than an unspecified one. */
	if (reason == REVOKE_UNSPECIFIED)
		return true;
	value = ASN1_ENUMERATED_new();
	ok = value && ASN1_ENUMERATED_set(value, reason) == 1 &&
	     X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, value, 0, 0) == 1;
	ASN1_ENUMERATED_free(value);
	return ok;
}

struct filling {
	X509_CRL *x;
	bool ok;
};

static void add_entry(void *arg, const struct revoke_entry *entry)
{
	struct filling *f = arg;
	ASN1_INTEGER *serial = serial_of(entry->serial);
	ASN1_TIME *at = ASN1_TIME_set(NULL, (time_t)entry->at_s);
	X509_REVOKED *r = X509_REVOKED_new();

	if (serial && has_serial(f->x, serial))
		goto put;
	f->ok = f->ok && r && serial && at &&
		X509_REVOKED_set_serialNumber(r, serial) == 1 &&
		X509_REVOKED_set_revocationDate(r, at) == 1 &&
		set_reason(r, entry->reason) &&
		X509_CRL_add0_revoked(f->x, r) == 1;
	if (f->ok)
		r = NULL;
put:
	X509_REVOKED_free(r);
	ASN1_TIME_free(at);
	ASN1_INTEGER_free(serial);
}

/* A delta repeats what the deltas before it said, and nothing of its base. */
static bool set_entries(X509_CRL *x, const struct revoke_plan *p)
{
	struct filling f = { x, true };

	for (size_t i = 0; i < p->n_last; i++)
		if (!p->base || p->last[i]->is_delta)
			revoke_each(p->last[i], add_entry, &f);
	for (size_t i = 0; i < p->n_entries; i++)
		add_entry(&f, &p->entries[i]);
	return f.ok && X509_CRL_sort(x) == 1;
}

static bool fill(X509_CRL *x, const struct revoke_plan *p)
{
	return X509_CRL_set_version(x, X509_CRL_VERSION_2) == 1 &&
	       X509_CRL_set_issuer_name(
		       x, X509_get_subject_name(p->issuer->x509)) == 1 &&
	       set_times(x, p) && set_key_id(x, p->issuer) &&
	       set_numbers(x, p) && set_entries(x, p);
}

static int make(const struct revoke_plan *p, struct owned *der)
{
	EVP_MD_CTX *ctx = signer_begin(&p->signer);
	X509_CRL *x = X509_CRL_new();
	uint8_t *octets = NULL;
	int len = 0, err = -EIO;

	if (x && ctx && fill(x, p) && X509_CRL_sign_ctx(x, ctx) > 0)
		len = i2d_X509_CRL(x, &octets);
	if (len > 0)
		err = owned_copy(slice_of(octets, (size_t)len), der);
	OPENSSL_free(octets);
	X509_CRL_free(x);
	EVP_MD_CTX_free(ctx);
	return err;
}

int revoke_make(const struct revoke_plan *p, struct owned *der, struct error *e)
{
	int err = check(p, e);

	if (!err) {
		err = make(p, der);
		if (err)
			error_set(e, err, "libcrypto could not make the CRL");
	}
	ERR_clear_error();
	return err;
}
