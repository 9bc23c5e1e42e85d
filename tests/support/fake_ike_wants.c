// SPDX-License-Identifier: BSD-2-Clause
/*
 * What an ike that was not taken over does: it wants CRLs and OCSP responses for
 * certificates, and judges those by what it is given. In the folder FAKE_CERTS are
 * root.der and NAME.der; of each comes a line with what is made of it when unknown is
 * not enough. One that names a responder is asked about there, else its CRL is wanted.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctrl/pki/trust.h"
#include "tests/support/fake_ike.h"

#define ROOT	  "root.der"
#define PATH_MAX_ 512
#define TRIES	  3 /* of 10 s */

static const uint8_t nonce[OCSP_NONCE_BYTES] = { 1 };

static struct certificate *read_cert(const char *name)
{
	static uint8_t der[CERTIFICATE_MAX_BYTES];
	struct certificate *c = NULL;
	char path[PATH_MAX_];
	struct error e;
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", getenv("FAKE_CERTS"), name);
	file = fopen(path, "r");
	if (!file)
		abort();
	len = fread(der, 1, sizeof(der), file);
	fclose(file);
	if (certificate_read(slice_of(der, len), &c, &e))
		abort();
	return c;
}

static bool want(struct fake *f, const struct certificate *c,
		 const struct certificate *root)
{
	static struct ike_msg_want m;
	uint8_t *request;
	size_t len;

	m = (struct ike_msg_want){ .kind = c->ocsp.n ? FETCH_OCSP : FETCH_CRL,
				   .n_path = 1,
				   .bytes = { (uint32_t)c->der.len } };
	memcpy(m.path, c->der.ptr, c->der.len);
	if (m.kind == FETCH_OCSP) {
		if (ocsp_ask(c, root, nonce, &request, &len))
			abort();
		memcpy(m.request, request, len);
		m.n_request = (uint32_t)len;
		free(request);
	}
	return fake_send(f->ctl, IKE_MSG_WANT, &m, sizeof(m));
}

/* All pieces; the caller's to free. */
static uint8_t *take(struct fake *f, const struct certificate *c, size_t *len)
{
	static struct ike_msg_fetched m;
	uint8_t *octets = NULL;

	*len = 0;
	m.more = 1;
	for (int tries = 0; m.more && tries < TRIES;) {
		if (!fake_ctl_says(f, IKE_MSG_FETCHED, &m, sizeof(m))) {
			tries++;
			continue;
		}
		if (memcmp(m.cert, c->sha256, sizeof(m.cert)) != 0)
			continue;
		octets = realloc(octets, *len + m.n + 1);
		memcpy(octets + *len, m.octets, m.n);
		*len += m.n;
	}
	return octets;
}

static void add(struct trust *t, const struct certificate *c,
		struct slice octets)
{
	struct error e;
	struct crl *crl;
	struct ocsp *o;

	if (!octets.len)
		return;
	if (!c->ocsp.n) {
		if (crl_read(octets, &crl, &e) || trust_add_crl(t, crl))
			abort();
		return;
	}
	if (ocsp_read(octets, &o, &e) || trust_add_ocsp(t, o))
		abort();
}

static void judge(struct fake *f, const char *name)
{
	struct certificate *c = read_cert(name), *root = read_cert(ROOT);
	struct trust_answer a;
	struct trust *t;
	struct error e;
	uint8_t *octets;
	size_t len;

	if (!want(f, c, root) || trust_new(&t))
		abort();
	octets = take(f, c, &len);
	add(t, c, slice_of(octets, len));
	free(octets);
	if (trust_add(t, TRUST_AS_CA, root, &e))
		abort();
	trust_check(t,
		    &(struct trust_question){ .leaf = c,
					      .now_s = time(NULL),
					      .revocation = REVOCATION_STRICT },
		    &a);
	fake_say(name, trust_verdict_name(a.verdict));
	trust_free(t);
	certificate_free(c);
}

static int is_one(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return len > 4 && strcmp(d->d_name + len - 4, ".der") == 0 &&
	       strcmp(d->d_name, ROOT) != 0;
}

static void run_wants(struct fake *f, const char *name)
{
	struct dirent **list;
	int n = scandir(getenv("FAKE_CERTS"), &list, is_one, alphasort);

	for (int i = 0; i < n; i++) {
		judge(f, list[i]->d_name);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	fake_say(name,
		 fake_ctl_answers(f) ? "the link goes on" : "the link ends");
}

const struct attempt fake_wants[] = {
	{ "wants", run_wants },
	{ NULL, NULL },
};
