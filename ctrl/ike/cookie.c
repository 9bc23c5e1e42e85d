// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/cookie.h"

#include <string.h>

#define SECRET_LIFE_NS	  (60 * NS_PER_S)
#define VERSION_BYTES	  1U
#define COOKIE_BYTES	  (VERSION_BYTES + 32U)
#define COOKIE_SECRET_LEN 32U

bool cookie_init(struct engine *e)
{
	return e->calls.random(e->calls.ctx, e->cookie_secret,
			       sizeof(e->cookie_secret));
}

/* The one before stays valid as long again. Without a new one the old one goes
 * on. */
static void renew(struct engine *e)
{
	uint8_t now = e->cookie_version, next = (uint8_t)(now + 1);
	uint8_t secret[COOKIE_SECRET_LEN];

	if (e->cookie_since_ns[now % 2] &&
	    e->now_ns - e->cookie_since_ns[now % 2] < SECRET_LIFE_NS)
		return;
	if (!e->calls.random(e->calls.ctx, secret, sizeof(secret)))
		return;
	memcpy(e->cookie_secret[next % 2], secret, sizeof(secret));
	explicit_bzero(secret, sizeof(secret));
	e->cookie_since_ns[next % 2] = e->now_ns;
	e->cookie_version = next;
}

/* Renewal waits for somebody who asks: the one before may be days old. */
static bool is_valid(const struct engine *e, uint8_t version)
{
	return (uint8_t)(e->cookie_version - version) <= 1 &&
	       e->now_ns - e->cookie_since_ns[version % 2] < 2 * SECRET_LIFE_NS;
}

bool cookie_wanted(const struct engine *e, const struct addr *remote)
{
	const struct ike_options *o = &e->options;

	return (o->cookie_threshold && e->n_strangers >= o->cookie_threshold) ||
	       (o->cookie_threshold_ip &&
		sa_strangers_at(e, remote) >= o->cookie_threshold_ip) ||
	       engine_is_in_trouble(e);
}

/* version | prf(secret, Ni | IPi | SPIi), as section 2.6 suggests. */
static bool make(const struct engine *e, uint8_t version,
		 const struct ike_path *path, const struct ike_header *h,
		 const struct ike_payloads *p, uint8_t out[COOKIE_BYTES])
{
	const struct ike_payload *nonce = ike_find(p, IKE_PL_NONCE);
	uint8_t spi[IKE_SPI_BYTES];
	struct builder b = wr_init(spi, sizeof(spi));

	if (!nonce)
		return false;
	wr_u64(&b, h->spi_i);
	out[0] = version;
	return wr_ok(&b) &&
	       prf(prf_by_id(PRF_HMAC_SHA2_256),
		   slice_of(e->cookie_secret[version % 2], COOKIE_SECRET_LEN),
		   (const struct slice[]){ nonce->body,
					   slice_of(path->remote.octets, 16),
					   slice_of(spi, sizeof(spi)) },
		   3, out + VERSION_BYTES);
}

bool cookie_ok(struct engine *e, const struct ike_path *path,
	       const struct ike_header *h, const struct ike_payloads *p)
{
	uint8_t want[COOKIE_BYTES];
	struct ike_notify n;

	renew(e);
	return ike_find_notify(p, IKE_N_COOKIE, &n) &&
	       n.data.len == sizeof(want) && is_valid(e, n.data.ptr[0]) &&
	       make(e, n.data.ptr[0], path, h, p, want) &&
	       octets_equal(want, n.data.ptr, sizeof(want));
}

void cookie_ask(struct engine *e, const struct ike_path *path,
		const struct ike_header *h, const struct ike_payloads *p)
{
	uint8_t cookie[COOKIE_BYTES];

	renew(e);
	if (make(e, e->cookie_version, path, h, p, cookie))
		notify_unprotected(e, path, h, IKE_N_COOKIE,
				   slice_of(cookie, sizeof(cookie)));
}
