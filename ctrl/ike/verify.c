// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/crypto/key_id.h"
#include "ctrl/ike/cert_url.h"
#include "ctrl/ike/proven.h"
#include "ctrl/pki/ident.h"

/* Pinned ones that are tried where the peer sends none. */
#define PINNED_MAX 8U

/* --- filling */

static bool is_known(uint8_t encoding)
{
	return encoding == IKE_CERT_X509 || encoding == IKE_CERT_PUBLIC_KEY ||
	       encoding == IKE_CERT_HASH_URL || encoding == IKE_CERT_HASH_URLS;
}

static size_t cert_bytes(const struct ike_payloads *p)
{
	size_t bytes = 0;

	for (unsigned int i = 0; i < p->n; i++)
		if (p->at[i].type == IKE_PL_CERT)
			bytes += p->at[i].body.len;
	return bytes;
}

static struct slice copy(uint8_t **at, struct slice s)
{
	struct slice out = slice_of(*at, s.len);

	if (s.len)
		memcpy(*at, s.ptr, s.len);
	*at += s.len;
	return out;
}

static void take_certs(struct verify_job *job, const struct ike_payloads *p)
{
	uint8_t *at = job->owned[0];
	struct ike_cert cert;

	for (unsigned int i = 0; i < p->n; i++) {
		if (p->at[i].type != IKE_PL_CERT ||
		    !ike_cert_parse(p->at[i].body, &cert))
			continue;
		if (cert.encoding == IKE_CERT_OCSP &&
		    job->n_ocsp < STATUS_SENT_MAX)
			job->ocsp[job->n_ocsp++] = copy(&at, cert.data);
		if (!is_known(cert.encoding))
			continue;
		if (job->n_certs == VERIFY_CERTS_MAX) {
			job->has_more = true;
			return;
		}
		cert.data = copy(&at, cert.data);
		job->certs[job->n_certs++] = cert;
	}
}

struct verify_job *verify_job_new(const struct ike_payloads *p)
{
	struct verify_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->owned[0] = malloc(cert_bytes(p) + 1);
	if (!job->owned[0]) {
		free(job);
		return NULL;
	}
	take_certs(job, p);
	return job;
}

bool verify_job_fill(struct verify_job *job, struct slice data,
		     const struct slice *parts, size_t n)
{
	size_t bytes = data.len + 1;
	uint8_t *at;

	for (size_t i = 0; i < n; i++)
		bytes += parts[i].len;
	free(job->owned[1]);
	job->owned[1] = at = malloc(bytes);
	if (!at)
		return false;
	job->data = copy(&at, data);
	job->message = slice_of(at, 0);
	for (size_t i = 0; i < n; i++)
		job->message.len += copy(&at, parts[i]).len;
	return true;
}

void verify_job_free(struct verify_job *job)
{
	if (!job)
		return;
	creds_unref(job->creds);
	cert_cache_unref(job->cache);
	status_wants_free(&job->wants);
	free(job->owned[0]);
	free(job->owned[1]);
	explicit_bzero(job, sizeof(*job));
	free(job);
}

/* --- running: each says why not, and false is the end */

#define REFUSE(job, ...) \
	((void)error_set(&(job)->why, (job)->err = -EKEYREJECTED, __VA_ARGS__))

struct signed_by {
	const struct sign_scheme *scheme;
	struct slice signature;
};

static bool find_scheme(struct verify_job *job, struct signed_by *out)
{
	struct slice alg;

	out->signature = job->data;
	if (job->method != IKE_AUTH_SIGNATURE) {
		out->scheme = sign_by_method(job->method);
	} else if (ike_signature_parse(job->data, &alg, &out->signature)) {
		out->scheme = sign_by_alg(alg);
	} else {
		REFUSE(job, "the peer's signature is malformed");
		return false;
	}
	if (!out->scheme) {
		REFUSE(job,
		       "the peer signs by an algorithm that is not known here (method %u); have it use RSA, ECDSA or EdDSA with SHA-2",
		       job->method);
		return false;
	}
	if (sign_rules_scheme(job->auth.rules.ike, out->scheme))
		return true;
	REFUSE(job,
	       "the peer signs by %s, which 'auth' of its section remote does not take%s%s; have the peer sign by another one, or name it there",
	       out->scheme->name, out->scheme->weak ? ": " : "",
	       out->scheme->weak ? out->scheme->weak : "");
	return false;
}

static bool has(const struct fingerprint *list, size_t n,
		const struct fingerprint *f)
{
	for (size_t i = 0; i < n; i++)
		if (fingerprint_equal(&list[i], f))
			return true;
	return false;
}

static const char *name_of(const struct certificate *c,
			   char buf[CERTIFICATE_STR_MAX])
{
	return c ? certificate_str(c, buf) : "a raw public key";
}

static bool is_signed(struct verify_job *job, const struct signed_by *by,
		      const struct public_key *key, const struct certificate *c)
{
	char name[CERTIFICATE_STR_MAX];
	int err;

	if (!public_key_fits(key, by->scheme)) {
		REFUSE(job,
		       "the peer signs by %s, and the key of \"%s\" is of another type; have the peer send the certificate of the key with which it signs",
		       by->scheme->name, name_of(c, name));
		return false;
	}
	err = public_key_verify(key, by->scheme, job->message, by->signature);
	if (!err)
		return true;
	if (err == -ENOMEM)
		error_set(&job->why, job->err = err, "out of memory");
	else
		REFUSE(job,
		       "the peer's signature is not by the key of \"%s\"; compare certificate and private key of the peer",
		       name_of(c, name));
	return false;
}

/* --- raw public keys: only those that are named */

/* A key id, by either method of RFC 5280 section 4.2.1.2, or of all of it. */
static bool is_keys_own(const struct identity *id, const struct public_key *key)
{
	uint8_t bits[KEY_ID_BYTES], all[HASH_SHA1_BYTES];

	if (id->type != IKE_ID_KEY_ID || id->len != KEY_ID_BYTES)
		return false;
	return (key_id(key, bits) &&
		memcmp(id->octets, bits, KEY_ID_BYTES) == 0) ||
	       (hash_sha1(public_key_spki(key), all) &&
		memcmp(id->octets, all, HASH_SHA1_BYTES) == 0);
}

/* A key does not say whose it is: else each of several peers could be any of them. */
static bool is_keys_peer(struct verify_job *job, const struct public_key *key)
{
	char id[IDENTITY_STR_MAX];

	if (job->is_named || is_keys_own(&job->id, key))
		return true;
	REFUSE(job,
	       "a raw public key does not say that its owner is %s; write that as 'id' of the peer's section remote, a section for each peer",
	       identity_str(&job->id, id, sizeof(id)));
	return false;
}

static bool is_pinned_key(const struct verify_job *job,
			  const struct public_key *key)
{
	struct fingerprint f;

	return fingerprint_of(public_key_spki(key), &f) &&
	       has(job->auth.pubkeys, job->auth.n_pubkeys, &f);
}

static bool judge_key(struct verify_job *job, const struct signed_by *by,
		      const struct public_key *key)
{
	if (!sign_rules_key(&job->auth.rules, public_key_type(key),
			    public_key_bits(key))) {
		REFUSE(job,
		       "the peer's public key is of a type or a strength that 'auth' of its section remote does not take; give it another key, or name it there");
		return false;
	}
	job->proven = (struct proven){ .by = PROVEN_BY_SECRET };
	job->has_proven = true;
	return is_keys_peer(job, key) && is_signed(job, by, key, NULL);
}

static void check_raw(struct verify_job *job, const struct signed_by *by)
{
	struct public_key *key = NULL;
	int err = public_key_read(job->certs[0].data, &key);

	if (err == -ENOMEM)
		error_set(&job->why, job->err = err, "out of memory");
	else if (err)
		REFUSE(job,
		       "the peer's raw public key is malformed, or of a type that is not known here");
	else if (!is_pinned_key(job, key))
		REFUSE(job,
		       "the peer sends a raw public key that is none of 'pubkeys' of its section remote; add it there if it is the peer's");
	else
		(void)judge_key(job, by, key);
	public_key_free(key);
}

/* --- certificates */

static bool is_bound(struct verify_job *job, const struct certificate *c)
{
	char name[CERTIFICATE_STR_MAX], id[IDENTITY_STR_MAX];

	if (ident_is(c, &job->id))
		return true;
	REFUSE(job,
	       "certificate \"%s\" is not of %s, which the peer says it is; have it say its subject, or have a certificate issued with that as a subjectAltName",
	       certificate_str(c, name), identity_str(&job->id, id, sizeof(id)));
	return false;
}

/* Is it one of those that are named, if any are? */
static bool is_wanted(struct verify_job *job, const struct certificate *c)
{
	const struct auth_conf *a = &job->auth;
	struct fingerprint f;
	char name[CERTIFICATE_STR_MAX];

	memcpy(f.octets, c->sha256, sizeof(f.octets));
	if ((!a->n_certs && !a->n_pubkeys) || has(a->certs, a->n_certs, &f))
		return true;
	REFUSE(job,
	       "certificate \"%s\" is none of 'certs' and 'pubkeys' of the peer's section remote; add it there if it is the peer's",
	       certificate_str(c, name));
	return false;
}

static size_t named_cas(const struct verify_job *job,
			const struct certificate *out[AUTH_CAS_MAX])
{
	static const enum cred_kind kinds[] = { CRED_CA, CRED_INTERMEDIATE };
	size_t n = 0;

	for (size_t i = 0; i < job->auth.n_cas; i++)
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			const struct cred *cred = creds_by_id(
				job->creds, kinds[k], &job->auth.cas[i]);

			if (cred && n < AUTH_CAS_MAX)
				out[n++] = cred->cert;
		}
	return n;
}

/* Where the key is named, that is all that it rests on. */
static void note_path(struct verify_job *job, const struct trust_answer *a,
		      int64_t now_s)
{
	int64_t end_s;

	job->has_proven = proven_by_path(a, &job->proven, &end_s);
	if (a->n_chain == 1 && is_pinned_key(job, a->chain[0]->key))
		job->proven = (struct proven){ .by = PROVEN_BY_SECRET };
	job->good_for_s = end_s > now_s ? (uint64_t)(end_s - now_s) : 1;
}

/* What is no response tells nothing. */
static size_t read_sent(const struct verify_job *job,
			struct ocsp *out[STATUS_SENT_MAX])
{
	struct error e;
	size_t n = 0;

	for (size_t i = 0; i < job->n_ocsp; i++)
		if (!ocsp_read(job->ocsp[i], &out[n], &e))
			n++;
	return n;
}

/* Those of the others that the path has: what strangers put beside it is not kept. */
static void keep_path(struct verify_job *job, const struct trust_answer *a,
		      struct certificate *const *others, size_t n)
{
	for (size_t i = 1; i < a->n_chain; i++)
		for (size_t j = 0; j < n; j++)
			if (a->chain[i] == others[j])
				cert_cache_keep(job->cache, others[j]);
}

static void check_trust(struct verify_job *job, const struct certificate *leaf,
			struct certificate *const *others, size_t n_others,
			int64_t now_s)
{
	const struct certificate *cas[AUTH_CAS_MAX];
	const char *policies[AUTH_POLICIES_MAX];
	struct ocsp *sent[STATUS_SENT_MAX];
	struct trust_question q = {
		.leaf = leaf,
		.is_pinned = is_pinned_key(job, leaf->key),
		.others = (const struct certificate *const *)others,
		.n_others = n_others,
		.responses = (const struct ocsp *const *)sent,
		.now_s = now_s,
		.revocation = job->auth.revocation,
		.rules = &job->auth.rules,
		.policies = policies,
		.n_policies = job->auth.n_policies,
		.cas = cas,
		.n_cas = named_cas(job, cas),
		.ca_id = job->auth.ca_id.type ? &job->auth.ca_id : NULL,
	};
	struct trust_answer a;

	if (job->auth.n_cas && !q.n_cas) {
		REFUSE(job,
		       "none of 'cacerts' of the peer's section remote is loaded; load them");
		return;
	}
	for (size_t i = 0; i < job->auth.n_policies; i++)
		policies[i] = job->auth.policies[i];
	q.n_responses = read_sent(job, sent);
	status_check(&job->wants, job->creds, &q, &a);
	while (q.n_responses)
		ocsp_free(sent[--q.n_responses]);
	if (a.verdict == TRUST_OK) {
		note_path(job, &a, now_s);
		keep_path(job, &a, others, n_others);
		return;
	}
	job->err = a.verdict == TRUST_NO_MEMORY ? -ENOMEM : -EKEYREJECTED;
	job->why = a.why;
}

/* What is no certificate among the others only cannot help. */
static size_t read_others(const struct verify_job *job,
			  struct certificate *out[TRUST_OTHERS_MAX])
{
	struct error e;
	size_t n = 0;

	for (size_t i = 1; i < job->n_certs && n < TRUST_OTHERS_MAX; i++)
		if (job->certs[i].encoding == IKE_CERT_X509 &&
		    !cert_cache_read(job->cache, job->certs[i].data, &out[n], &e))
			n++;
	return n;
}

/* One whose key is named is trusted by that, and may have another name than the
 * connection's, but is a certificate like any other besides. */
static bool is_the_peers(struct verify_job *job, const struct certificate *leaf)
{
	if (is_pinned_key(job, leaf->key))
		return job->is_named || is_bound(job, leaf);
	return is_bound(job, leaf) && is_wanted(job, leaf);
}

static void judge_cert(struct verify_job *job, const struct signed_by *by,
		       const struct certificate *leaf, int64_t now_s)
{
	struct certificate *others[TRUST_OTHERS_MAX];
	size_t n;

	if (!is_the_peers(job, leaf) || !is_signed(job, by, leaf->key, leaf))
		return;
	n = read_others(job, others);
	check_trust(job, leaf, others, n, now_s);
	while (n)
		certificate_free(others[--n]);
}

static void check_sent(struct verify_job *job, const struct signed_by *by,
		       int64_t now_s)
{
	struct certificate *leaf = NULL;
	struct error e;
	int err = cert_cache_read(job->cache, job->certs[0].data, &leaf, &e);

	if (err == -ENOMEM)
		error_set(&job->why, job->err = err, "out of memory");
	else if (err)
		REFUSE(job, "the peer's certificate cannot be read: %.600s",
		       e.text);
	else
		judge_cert(job, by, leaf, now_s);
	if (leaf && !job->err)
		cert_cache_keep(job->cache, leaf);
	certificate_free(leaf);
}

/* --- the peer sends none: those of it that are here */

static bool try_cert(struct verify_job *job, const struct signed_by *by,
		     const struct cred *cred, int64_t now_s)
{
	job->err = 0;
	judge_cert(job, by, cred->cert, now_s);
	return !job->err;
}

static bool try_key(struct verify_job *job, const struct signed_by *by,
		    const struct fingerprint *f)
{
	const struct cred *cred = creds_by_id(job->creds, CRED_PUBKEY, f);

	job->err = cred ? 0 : job->err;
	return cred && judge_key(job, by, cred->key);
}

static void check_pinned(struct verify_job *job, const struct signed_by *by,
			 int64_t now_s)
{
	const struct auth_conf *a = &job->auth;
	const struct cred *cred = NULL;

	REFUSE(job,
	       "the peer sends no certificate, and none of its own is here; have it send one (send_cert = always), or name it in 'certs' or 'pubkeys' of its section remote");
	for (size_t i = 0; i < a->n_pubkeys; i++)
		if (try_key(job, by, &a->pubkeys[i]))
			return;
	for (unsigned int i = 0; i < PINNED_MAX; i++) {
		cred = creds_of(job->creds, CRED_PEER, &job->id, cred);
		if (!cred || try_cert(job, by, cred, now_s))
			return;
	}
}

/* What it signs with. */
static void check_first(struct verify_job *job, const struct signed_by *by,
			int64_t now_s)
{
	switch (job->certs[0].encoding) {
	case IKE_CERT_PUBLIC_KEY:
		check_raw(job, by);
		break;
	case IKE_CERT_X509:
		check_sent(job, by, now_s);
		break;
	default: /* what is_known() takes besides */
		cert_url_why_not(job, &job->why);
		job->err = -EKEYREJECTED;
		break;
	}
}

void verify_job_run(struct verify_job *job, int64_t now_s)
{
	struct signed_by by;

	job->err = 0;
	job->why.text[0] = '\0';
	job->has_proven = false;
	job->good_for_s = 0;
	if (!find_scheme(job, &by))
		return;
	cert_url_take(job, now_s);
	if (job->has_more)
		REFUSE(job,
		       "the peer sends more than %d certificates; have it send its own and those of intermediate CAs alone",
		       VERIFY_CERTS_MAX);
	else if (status_is_open(&job->wants))
		REFUSE(job,
		       "certificates of the peer, which are sent by hash and URL, did not come in time; have it send them themselves, or see why in cygnetd's log");
	else if (!job->n_certs)
		check_pinned(job, &by, now_s);
	else
		check_first(job, &by, now_s);
	if (!job->err)
		cert_url_keep(job, now_s);
}
