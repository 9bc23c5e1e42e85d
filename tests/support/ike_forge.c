// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/ike_forge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "ike_forge: %s\n", what);
	abort();
}

struct ike_sa *forge_sa(const struct ike_lab *lab, unsigned int side)
{
	const struct engine *e = lab->side[side].engine;

	for (uint32_t i = 1; i < e->n_slots; i++)
		if (e->slots[i] && e->slots[i]->state != IKE_ST_DEAD)
			return e->slots[i];
	return NULL;
}

struct ike_path forge_path(const struct ike_lab *lab, unsigned int side)
{
	return (struct ike_path){ .local = lab->side[side].addr,
				  .remote = lab->side[!side].addr,
				  .local_port = IKE_PORT,
				  .remote_port = IKE_PORT };
}

static void put_notify(struct ike_builder *m, uint16_t type, struct slice data)
{
	const struct ike_notify n = { .type = type, .data = data };

	if (data.len)
		ike_notify_put(m, &n);
}

/* A public value that is valid wherever any octets are: x25519. */
static void put_ke(struct ike_builder *m, const char *method)
{
	const struct ke_alg *alg = ke_by_name(method);
	uint8_t octets[KE_PUBLIC_MAX_BYTES];

	must(alg, "no such method");
	memset(octets, 9, sizeof(octets));
	ike_ke_put(m, (uint16_t)alg->id, slice_of(octets, alg->public_bytes));
}

void forge_init(struct ike_lab *lab, const struct forge_init *f)
{
	const struct ike_header h = { .spi_i = f->spi_i,
				      .version = IKE_VERSION,
				      .exchange = IKE_EXCH_IKE_SA_INIT,
				      .flags = IKE_FLAG_I };
	static const uint8_t padding[LAB_DATAGRAM_MAX];
	uint8_t room[LAB_DATAGRAM_MAX], nonce[32] = { 7 };
	struct ike_path path = forge_path(lab, 1);
	struct proposals p = { .n = 1 };
	struct ike_builder m;
	struct slice message;
	struct error e;

	must(!proposal_parse(f->proposal, IKE_PROTO_IKE, &p.at[0], &e),
	     f->proposal);
	if (!addr_equal(&f->from, &(const struct addr){ .octets = { 0 } }))
		path.remote = f->from;
	ike_begin(&m, room, sizeof(room), &h);
	put_notify(&m, IKE_N_COOKIE, f->cookie);
	proposals_put(&m, &p, slice_of(NULL, 0), true);
	put_ke(&m, f->method);
	ike_nonce_put(&m, slice_of(nonce, sizeof(nonce)));
	put_notify(&m, 40960, slice_of(padding, f->padding));
	must(ike_end(&m, &message), "it does not fit");
	engine_input(lab->side[1].engine, &path, room, message.len, lab->now_ns);
}

struct slice forge_cookie_of(const struct ike_lab *lab)
{
	const struct lab_side *s = &lab->side[1];
	struct slice rest = slice_of(s->last, s->last_len), header;
	struct ike_payloads p;
	struct ike_header h;
	struct ike_notify n;

	if (!ike_header_parse(rest, &h) ||
	    !rd_slice(&rest, IKE_HEADER_BYTES, &header) ||
	    ike_payloads_parse(rest, h.next_payload, IKE_PART_CLEAR, &p) !=
		    IKE_PARSE_OK ||
	    !ike_find_notify(&p, IKE_N_COOKIE, &n))
		return slice_of(NULL, 0);
	return n.data;
}

void forge_begin(struct ike_sa *sa, struct ike_builder *m,
		 enum ike_exchange exchange, bool response, uint32_t id)
{
	message_begin(sa, m, exchange, response, id);
}

void forge_send(struct ike_lab *lab, struct ike_sa *sa, struct ike_builder *m,
		const struct ike_path *path)
{
	unsigned int to = sa->e == lab->side[0].engine;
	uint8_t octets[LAB_DATAGRAM_MAX];
	struct slice message;

	must(message_seal(sa, path, m, &message) && message.len <= sizeof(octets),
	     "it can't be sealed");
	memcpy(octets, message.ptr, message.len);
	engine_input(lab->side[to].engine, path, octets, message.len,
		     lab->now_ns);
}
