/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates of peers as they were read, for when they come again: reading one takes
 * longer than verifying a signature by it. Nothing else is remembered of one, least of
 * all a verdict: whoever takes one out judges it, each time. Any thread, several at
 * once.
 */
#ifndef CYG_PKI_CERT_CACHE_H
#define CYG_PKI_CERT_CACHE_H

#include "ctrl/pki/certificate.h"

#define CERT_CACHE_MAX 1024
#define CERT_CACHE_MAX_BYTES \
	(2U << 20) /* of DER; read they are some ten times that */

struct cert_cache;

/* 0 or -ENOMEM; the caller has the one reference. */
int cert_cache_new(struct cert_cache **out);

/* NULL is fine; the last one frees. */
struct cert_cache *cert_cache_ref(struct cert_cache *all);
void cert_cache_unref(struct cert_cache *all);

/*
 * As certificate_read(), but for one that is kept: then a reference to that. It is not
 * kept by that.
 *
 * all   NULL: none is kept
 */
int cert_cache_read(struct cert_cache *all, struct slice der,
		    struct certificate **out, struct error *e);

/*
 * One that leads to a CA that is trusted: what strangers send is not to be kept, or
 * they would push out what is. Those that were read or kept the longest ago make room. It
 * can fail without memory, and is not kept then.
 *
 * all   NULL is fine
 */
void cert_cache_keep(struct cert_cache *all, struct certificate *c);

#endif
