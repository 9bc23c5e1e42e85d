// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/nat.h"

#include <string.h>

#include "ctrl/crypto/hash.h"

/* SHA-1 over SPIs, address and port, section 2.23. */
static bool hash(const uint64_t spis[2], const struct addr *a, uint16_t port,
		 uint8_t out[HASH_SHA1_BYTES])
{
	uint8_t octets[2 * IKE_SPI_BYTES + 16 + 2];
	struct builder b = wr_init(octets, sizeof(octets));

	wr_u64(&b, spis[0]);
	wr_u64(&b, spis[1]);
	if (addr_is_v4(a))
		wr_bytes(&b, a->octets + 12, 4);
	else
		wr_bytes(&b, a->octets, sizeof(a->octets));
	wr_u16(&b, port);
	return wr_ok(&b) && hash_sha1(slice_of(octets, b.len), out);
}

static void put(struct ike_builder *m, const struct ike_sa *sa, uint16_t type,
		const struct addr *a, uint16_t port)
{
	const uint64_t spis[2] = { sa->spi_i, sa->spi_r };
	uint8_t digest[HASH_SHA1_BYTES] = { 0 };
	const struct ike_notify n = {
		.type = type,
		.data = slice_of(digest, sizeof(digest)),
	};

	if (hash(spis, a, port, digest))
		ike_notify_put(m, &n);
}

static void put_both(struct ike_builder *m, const struct ike_sa *sa,
		     const struct ike_path *p, bool pretend)
{
	const struct addr nowhere = addr_from_v4(0);

	put(m, sa, IKE_N_NAT_DETECTION_SOURCE_IP,
	    pretend ? &nowhere : &p->local, p->local_port);
	put(m, sa, IKE_N_NAT_DETECTION_DESTINATION_IP, &p->remote,
	    p->remote_port);
}

void nat_put(struct ike_builder *m, const struct ike_sa *sa, bool pretend)
{
	put_both(m, sa, &sa->path, pretend);
}

void nat_put_back(struct ike_builder *m, const struct ike_sa *sa, bool pretend)
{
	put_both(m, sa, &sa->asked_by, pretend);
}

/* Several source addresses may be said: one that fits is enough. */
static bool said(const uint64_t spis[2], const struct ike_payloads *p,
		 uint16_t type, const struct addr *a, uint16_t port, bool *fits)
{
	uint8_t digest[HASH_SHA1_BYTES] = { 0 };
	bool any = false;

	*fits = false;
	if (!hash(spis, a, port, digest))
		return false;
	for (unsigned int i = 0; i < p->n; i++) {
		struct ike_notify n;

		if (p->at[i].type != IKE_PL_NOTIFY ||
		    !ike_notify_parse(p->at[i].body, &n) || n.type != type)
			continue;
		any = true;
		if (n.data.len == sizeof(digest) &&
		    memcmp(n.data.ptr, digest, sizeof(digest)) == 0)
			*fits = true;
	}
	return any;
}

void nat_detect(struct ike_sa *sa, const struct ike_header *h,
		const struct ike_payloads *p)
{
	const uint64_t spis[2] = { h->spi_i, h->spi_r };
	const struct ike_path *path = &sa->path;
	bool fits;

	if (said(spis, p, IKE_N_NAT_DETECTION_SOURCE_IP, &path->remote,
		 path->remote_port, &fits)) {
		sa->nat_remote = !fits;
		sa->knows_nats = true;
	}
	if (said(spis, p, IKE_N_NAT_DETECTION_DESTINATION_IP, &path->local,
		 path->local_port, &fits))
		sa->nat_local = !fits;
}

/* false: it does not say. */
static bool where_it_sees_us(const struct ike_payloads *p,
			     uint8_t out[HASH_SHA1_BYTES])
{
	struct ike_notify n;

	if (!ike_find_notify(p, IKE_N_NAT_DETECTION_DESTINATION_IP, &n) ||
	    n.data.len != HASH_SHA1_BYTES)
		return false;
	memcpy(out, n.data.ptr, HASH_SHA1_BYTES);
	return true;
}

void nat_detect_again(struct ike_sa *sa, const struct ike_payloads *p)
{
	const struct ike_header h = { .spi_i = sa->spi_i, .spi_r = sa->spi_r };

	nat_detect(sa, &h, p);
	where_it_sees_us(p, sa->mapped);
	if (sa->conn->conf.encap)
		sa->nat_local = true; /* as the peer is made to see it */
}

bool nat_is_other(struct ike_sa *sa, const struct ike_payloads *p)
{
	static const uint8_t unknown[HASH_SHA1_BYTES];
	uint8_t now[HASH_SHA1_BYTES], was[HASH_SHA1_BYTES];

	if (!where_it_sees_us(p, now))
		return false;
	memcpy(was, sa->mapped, sizeof(was));
	memcpy(sa->mapped, now, sizeof(now));
	return memcmp(was, unknown, sizeof(was)) != 0 &&
	       memcmp(was, now, sizeof(was)) != 0;
}

void nat_move(struct ike_sa *sa)
{
	if (sa->conn->conf.encap)
		sa->nat_local = true; /* as the peer was made to see it */
	if (sa->path.stream || (!sa->nat_local && !sa->nat_remote &&
				!(sa->conn->conf.mobike && sa->knows_nats)))
		return;
	sa->path.local_port = IKE_NATT_PORT;
	sa->path.remote_port = IKE_NATT_PORT;
}
