// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/pki/crl.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "ctrl/model/dn.h"

static int fail(struct error *e, int err)
{
	switch (err) {
	case -E2BIG:
		return error_set(e, err,
				 "a CRL has at most %u octets; let its "
				 "distribution points have a part of it each",
				 CRL_MAX_BYTES);
	case -EBADMSG:
		return error_set(e, err,
				 "it is no CRL in DER or PEM, or a malformed "
				 "one; look at it with openssl crl -text");
	}
	return error_set(e, err, "out of memory");
}

static bool unix_time(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm;

	if (!t || ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = timegm(&tm);
	return true;
}

/* Without one libcrypto would ask at the terminal. */
static int no_passphrase(char *buf, int room, int writes, void *arg)
{
	(void)buf;
	(void)room;
	(void)writes;
	(void)arg;
	return -1;
}

static X509_CRL *of_pem(struct slice octets)
{
	BIO *bio = BIO_new_mem_buf(octets.ptr, (int)octets.len);
	X509_CRL *x = bio ? PEM_read_bio_X509_CRL(bio, NULL, no_passphrase, NULL)
			  : NULL;

	BIO_free(bio);
	return x;
}

static X509_CRL *of_der(struct slice octets)
{
	const uint8_t *at = octets.ptr;
	X509_CRL *x = d2i_X509_CRL(NULL, &at, (long)octets.len);

	if (x && at == octets.ptr + octets.len)
		return x;
	X509_CRL_free(x);
	return NULL;
}

static bool take_fields(struct crl *crl)
{
	const X509_NAME *issuer = X509_CRL_get_issuer(crl->x509);
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl->x509);
	STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(crl->x509);
	const uint8_t *der;
	size_t len;

	if (X509_NAME_get0_der(issuer, &der, &len) != 1)
		return false;
	crl->issuer = slice_of(der, len);
	crl->next_update_s = INT64_MAX;
	crl->n_revoked = revoked ? (size_t)sk_X509_REVOKED_num(revoked) : 0;
	crl->is_delta =
		X509_CRL_get_ext_by_NID(crl->x509, NID_delta_crl, -1) >= 0;
	return dn_valid(crl->issuer) &&
	       unix_time(X509_CRL_get0_lastUpdate(crl->x509),
			 &crl->this_update_s) &&
	       (!next || unix_time(next, &crl->next_update_s));
}

static int read_crl(struct slice octets, struct crl **out)
{
	struct crl *crl;

	if (octets.len > CRL_MAX_BYTES)
		return -E2BIG;
	if (!octets.len)
		return -EBADMSG;
	crl = calloc(1, sizeof(*crl));
	if (!crl)
		return -ENOMEM;
	crl->x509 = octets.ptr[0] == 0x30 ? of_der(octets) : of_pem(octets);
	if (!crl->x509 || !take_fields(crl)) {
		crl_free(crl);
		return -EBADMSG;
	}
	*out = crl;
	return 0;
}

int crl_read(struct slice octets, struct crl **out, struct error *e)
{
	int err = read_crl(octets, out);

	ERR_clear_error();
	return err ? fail(e, err) : 0;
}

void crl_free(struct crl *crl)
{
	if (!crl)
		return;
	X509_CRL_free(crl->x509);
	free(crl);
}
