// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/cookie.h"

#include <string.h>

#define HALF_OPEN_FEW	  10U /* strongSwan's cookie_threshold */
#define SECRET_LIFE_NS	  (60ULL * 1000000000ULL)
#define VERSION_BYTES	  1U
#define COOKIE_BYTES	  (VERSION_BYTES + 32U)
#define COOKIE_SECRET_LEN 32U

/* The one before stays valid as long again. */
static void renew(struct engine *e)
{
	uint8_t *secret;

	if (e->cookie_since_ns && e->now_ns - e->cookie_since_ns < SECRET_LIFE_NS)
		return;
	secret = e->cookie_secret[++e->cookie_version % 2];
	if (e->calls.random(e->calls.ctx, secret, COOKIE_SECRET_LEN))
		e->cookie_since_ns = e->now_ns;
}

bool cookie_wanted(struct engine *e)
{
	return e->n_half_open >= HALF_OPEN_FEW;
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
	uint8_t differ = 0;

	renew(e);
	if (!ike_find_notify(p, IKE_N_COOKIE, &n) || n.data.len != sizeof(want) ||
	    (uint8_t)(e->cookie_version - n.data.ptr[0]) > 1 ||
	    !make(e, n.data.ptr[0], path, h, p, want))
		return false;
	for (size_t i = 0; i < sizeof(want); i++)
		differ |= want[i] ^ n.data.ptr[i];
	return differ == 0;
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
