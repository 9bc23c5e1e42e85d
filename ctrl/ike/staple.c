// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/staple.h"

#include <stdlib.h>
#include <string.h>

#define FRESH_NS \
	(60 * NS_PER_S) /* then it is wanted anew, and sent meanwhile */

static struct staple *find(struct engine *e, const uint8_t *sha256)
{
	for (size_t i = 0; i < STAPLES_MAX; i++)
		if (e->staples[i].asked_ns &&
		    memcmp(e->staples[i].sha256, sha256, CERTIFICATE_SHA256) == 0)
			return &e->staples[i];
	return NULL;
}

/* The one that was asked for first makes room. */
static struct staple *place_for(struct engine *e, const uint8_t *sha256)
{
	struct staple *s = find(e, sha256), *first = &e->staples[0];

	if (s)
		return s;
	for (size_t i = 1; i < STAPLES_MAX; i++)
		if (e->staples[i].asked_ns < first->asked_ns)
			first = &e->staples[i];
	owned_free(&first->octets);
	*first = (struct staple){ .asked_ns = 0 };
	memcpy(first->sha256, sha256, CERTIFICATE_SHA256);
	return first;
}

static bool ask(struct engine *e, const struct certificate *own,
		const struct cred *const *chain, size_t n)
{
	struct status_want want = { .kind = STATUS_OCSP,
				    .path = { own->der },
				    .n_path = 1 };
	uint8_t nonce[OCSP_NONCE_BYTES], *request;
	size_t len;

	for (size_t i = 0; i + 1 < n && want.n_path < TRUST_CHAIN_MAX; i++)
		want.path[want.n_path++] = chain[i]->cert->der;
	if (!e->calls.random(e->calls.ctx, nonce, sizeof(nonce)) ||
	    ocsp_ask(own, chain[0]->cert, nonce, &request, &len))
		return false;
	want.request = slice_of(request, len);
	e->calls.want(e->calls.ctx, &want);
	free(request);
	return true;
}

void staple_want(struct engine *e, const struct creds *creds,
		 const struct certificate *own)
{
	const struct cred *chain[TRUST_CHAIN_MAX];
	size_t n = creds_chain(creds, own, chain);
	struct staple *s;

	if (!n || !e->calls.want ||
	    !creds_have_address(creds, own, chain[0]->cert, STATUS_OCSP))
		return;
	s = place_for(e, own->sha256);
	if (s->asked_ns && e->now_ns - s->asked_ns < FRESH_NS)
		return;
	if (ask(e, own, chain, n))
		s->asked_ns = e->now_ns;
}

bool staple_find(const struct engine *e, const struct certificate *own,
		 struct slice *out)
{
	const struct staple *s = find((struct engine *)e, own->sha256);

	if (!s || !s->octets.len)
		return false;
	*out = owned_slice(&s->octets);
	return true;
}

void staple_take(struct engine *e, const uint8_t sha256[CERTIFICATE_SHA256],
		 struct slice octets)
{
	struct staple *s = find(e, sha256);

	if (!s || !octets.len || octets.len > STAPLE_MAX_BYTES)
		return;
	owned_free(&s->octets);
	(void)owned_copy(octets, &s->octets);
}

void staple_flush(struct engine *e)
{
	for (size_t i = 0; i < STAPLES_MAX; i++) {
		owned_free(&e->staples[i].octets);
		e->staples[i].asked_ns = 0;
	}
}
