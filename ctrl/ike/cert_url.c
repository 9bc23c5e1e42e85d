// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/cert_url.h"

#include <errno.h>
#include <string.h>

_Static_assert(IKE_CERT_HASH_BYTES == HASH_SHA1_BYTES &&
		       CERTIFICATE_SHA256 == HASH_SHA256_BYTES,
	       "hashes are SHA-1 and SHA-256");

/* One of them, as it came. */
struct elsewhere {
	struct slice data;
	struct ike_cert_url at;
	uint8_t sha256[CERTIFICATE_SHA256]; /* of data */
};

static bool read_it(const struct ike_cert *cert, struct elsewhere *out)
{
	out->data = cert->data;
	return cert->encoding == IKE_CERT_HASH_URL &&
	       ike_cert_url_parse(cert->data, &out->at) &&
	       hash_sha256(cert->data, out->sha256);
}

static void put(struct ike_cert *cert, struct slice der)
{
	*cert = (struct ike_cert){ .encoding = IKE_CERT_X509, .data = der };
}

/* A server may have another one, or anything. */
static bool is_right(const struct elsewhere *e, struct slice octets)
{
	uint8_t sha1[HASH_SHA1_BYTES];

	return octets.len && hash_sha1(octets, sha1) &&
	       memcmp(sha1, e->at.hash, sizeof(sha1)) == 0;
}

/* The wants hold it as long as the job. */
static bool has_come(struct verify_job *job, const struct elsewhere *e,
		     struct ike_cert *cert)
{
	const struct status_asked *asked =
		status_cert_asked(&job->wants, e->sha256);

	if (!asked || !asked->status || !is_right(e, status_cert(asked->status)))
		return false;
	put(cert, status_cert(asked->status));
	return true;
}

static void want(struct verify_job *job, const struct elsewhere *e,
		 int64_t now_s)
{
	struct status_wants *w = &job->wants;
	struct status *kept;

	if (!w->kept || status_cert_asked(w, e->sha256))
		return;
	kept = statuses_find_cert(w->kept, e->at.hash, now_s);
	if (kept || job->fetches_certs)
		status_want_cert(w, e->data, e->sha256, kept);
}

static void take(struct verify_job *job, struct ike_cert *cert, int64_t now_s)
{
	const struct cred *cred;
	struct elsewhere e;

	if (!read_it(cert, &e))
		return;
	cred = creds_by_sha1(job->creds, e.at.hash);
	if (cred) {
		put(cert, cred->cert->der);
		return;
	}
	want(job, &e, now_s);
	(void)has_come(job, &e, cert);
}

void cert_url_take(struct verify_job *job, int64_t now_s)
{
	for (size_t i = 0; i < job->n_certs; i++)
		take(job, &job->certs[i], now_s);
}

void cert_url_why_not(const struct verify_job *job, struct error *why)
{
	const struct status_asked *asked;
	struct elsewhere e;

	if (job->certs[0].encoding == IKE_CERT_HASH_URLS)
		error_set(
			why, -ENOTSUP,
			"the peer sends a bundle of certificates by hash and URL, which is not fetched here; have it send its certificate");
	else if (!read_it(&job->certs[0], &e))
		error_set(why, -EBADMSG,
			  "the peer sends its certificate by hash and URL, and the hash is too short, or the address is malformed or longer than %u octets; have it send the certificate itself",
			  IKE_CERT_URL_MAX - 1);
	else if (!(asked = status_cert_asked(&job->wants, e.sha256)))
		error_set(why, -EPERM,
			  "the peer sends its certificate by hash and URL (%s), and it is not fetched: set hash_and_url = yes in charon, or have the peer send it itself",
			  e.at.url);
	else if (asked->status)
		error_set(why, -EBADMSG,
			  "what is at %s is not the certificate that the peer means, whose SHA-1 is another one; correct what the server has there",
			  e.at.url);
	else
		error_set(why, -ENOENT,
			  "the peer's certificate is not to be had from %s: cygnetd's log says why; see to the server, or have the peer send the certificate itself",
			  e.at.url);
}

void cert_url_keep(struct verify_job *job, int64_t now_s)
{
	const struct status_wants *w = &job->wants;

	for (size_t i = 0; i < w->n; i++)
		if (w->asked[i].kind == STATUS_CERT && w->asked[i].status)
			statuses_keep_cert(w->kept, w->asked[i].status, now_s);
}
