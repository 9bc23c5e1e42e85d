// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/auth_id.h"

#include <string.h>

#include "ctrl/ike/own_cert.h"
#include "ctrl/ike/rounds.h"
#include "ctrl/ike/ticket.h"

static struct identity identity_of_addr(const struct addr *a)
{
	struct identity id = { .type = IKE_ID_IPV6_ADDR, .len = 16 };

	if (addr_is_v4(a)) {
		id.type = IKE_ID_IPV4_ADDR;
		id.len = 4;
		memcpy(id.octets, a->octets + 12, 4);
	} else {
		memcpy(id.octets, a->octets, 16);
	}
	return id;
}

bool auth_id_is_one(const struct identity *id)
{
	return id->type && !identity_is_pattern(id);
}

struct identity auth_id_ours(const struct ike_sa *sa,
			     const struct identity *asked)
{
	struct identity id;

	if (sa->by_ticket)
		return sa->by_ticket->local_id;
	if (sa->conn && auth_id_is_one(rounds_id(sa, CONN_LOCAL)))
		return *rounds_id(sa, CONN_LOCAL);
	if (own_cert_id(sa, asked, &id))
		return id;
	return asked ? *asked : identity_of_addr(&sa->path.local);
}

struct ike_id auth_id_wire(const struct identity *id)
{
	return (struct ike_id){ .type = id->type,
				.data = slice_of(id->octets, id->len) };
}

bool auth_id_take(const struct ike_payloads *p, uint8_t type,
		  struct identity *out)
{
	const struct ike_payload *payload = ike_find(p, type);
	struct ike_id id;

	if (!payload || !ike_id_parse(payload->body, &id) || !id.type ||
	    id.data.len > sizeof(out->octets))
		return false;
	*out = (struct identity){ .type = id.type,
				  .len = (uint16_t)id.data.len };
	memcpy(out->octets, id.data.ptr, id.data.len);
	return true;
}

void auth_id_take_reserved(struct ike_sa *sa, const struct ike_payloads *p,
			   uint8_t type)
{
	struct slice body = ike_find(p, type)->body;

	memcpy(sa->peer_id_reserved, body.ptr + 1, sizeof(sa->peer_id_reserved));
}
