// SPDX-License-Identifier: BSD-2-Clause
/*
 * INFORMATIONAL (RFC 7296 sections 1.4 and 2.4): DELETE of an IKE SA or of CHILD
 * SAs, and the empty message that asks whether the peer is alive. A CHILD SA
 * leaves the SAD as a pair: the answer to a DELETE of one direction is a DELETE
 * of the other.
 */
#include "ctrl/ike/child.h"
#include "ctrl/ike/sa.h"

#define DELETES_MAX 64U /* SPIs of one answer */

static void send_request(struct ike_sa *sa, const struct ike_delete *d)
{
	struct ike_builder m;

	message_begin(sa, &m, IKE_EXCH_INFORMATIONAL, false, sa->next_ours);
	if (d)
		ike_delete_put(&m, d);
	if (!request_send(sa, &m, false))
		sa_close(sa, "out of memory");
}

void info_delete_ike(struct ike_sa *sa)
{
	const struct ike_delete d = { .protocol = IKE_PROTO_IKE };

	sa->ours.kind = EX_INFO;
	sa->ours.deletes_ike = true;
	sa_set_state(sa, IKE_ST_DELETING);
	send_request(sa, &d);
}

/* Our traffic is switched away before the peer hears of it; it stays until the
 * peer has answered, whichever IKE SA it then belongs to. */
void info_delete_child(struct ike_sa *sa, struct child_sa *c)
{
	uint32_t spi_be = htonl(c->spi_in);
	const struct ike_delete d = {
		.protocol = IKE_PROTO_ESP,
		.spi_bytes = sizeof(spi_be),
		.n = 1,
		.spis = slice_of(&spi_be, sizeof(spi_be)),
	};

	child_retire(sa, c);
	sa->ours.kind = EX_INFO;
	sa->ours.old_spi_in = c->spi_in;
	send_request(sa, &d);
}

void info_liveness(struct ike_sa *sa)
{
	sa->ours.kind = EX_INFO;
	send_request(sa, NULL);
}

void info_response(struct ike_sa *sa)
{
	struct child_sa *c = child_by_spi_in(sa, sa->ours.old_spi_in);
	bool over = sa->ours.deletes_ike;

	if (c)
		child_remove(sa, c, "deleted here");
	exchange_end(sa, &sa->ours);
	if (over)
		sa_close(sa, "deleted here");
	else
		sa_next(sa);
}

/* The inbound SPIs of the children that the peer deletes by their outbound
 * ones; those that nobody knows are left out. */
static void delete_children(struct ike_sa *sa, struct slice spis,
			    struct builder *ours)
{
	uint32_t spi;

	while (rd_u32(&spis, &spi)) {
		struct child_sa *c = child_claim(sa, spi);

		if (!c || ours->room - ours->len < sizeof(spi))
			continue;
		wr_u32(ours, c->spi_in);
		child_remove(sa, c, "deleted by the peer");
	}
}

/* Section 1.4.1; false: the IKE SA itself is deleted. */
static bool take_deletes(struct ike_sa *sa, const struct ike_payloads *p,
			 struct builder *ours)
{
	for (unsigned int i = 0; i < p->n; i++) {
		struct ike_delete d;

		if (p->at[i].type != IKE_PL_DELETE ||
		    !ike_delete_parse(p->at[i].body, &d))
			continue;
		if (d.protocol == IKE_PROTO_IKE)
			return false;
		if (d.protocol == IKE_PROTO_ESP && d.spi_bytes == 4)
			delete_children(sa, d.spis, ours);
	}
	return true;
}

void info_request(struct ike_sa *sa, const struct ike_payloads *p)
{
	uint8_t spis[4 * DELETES_MAX];
	struct builder ours = wr_init(spis, sizeof(spis));
	bool lives = take_deletes(sa, p, &ours);
	const struct ike_delete d = {
		.protocol = IKE_PROTO_ESP,
		.spi_bytes = 4,
		.n = (uint16_t)(ours.len / 4),
		.spis = slice_of(spis, ours.len),
	};
	struct ike_builder m;

	message_begin(sa, &m, IKE_EXCH_INFORMATIONAL, true, sa->next_peers);
	if (lives && d.n)
		ike_delete_put(&m, &d);
	if (!reply_send(sa, &m))
		sa_close(sa, "out of memory");
	else if (!lives)
		sa_linger(sa, "deleted by the peer");
}
