// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/ike_change.h"

#include <string.h>

#define OTHER_EXCHANGE	 99 /* that is none */
#define ALL_FLAGS	 0xff
#define NEXT_PAYLOAD_OFF 16 /* in the header, RFC 7296 section 3.1 */

static void add(struct remade *r, uint8_t type, bool critical)
{
	static const uint8_t body[4] = { 1, 2, 3, 4 };

	remake_put(r, r->n,
		   &(struct remade_payload){
			   .type = type,
			   .critical = critical,
			   .body = slice_of(body, sizeof(body)) });
}

static void change_header(struct ike_header *h, enum change_of_message what)
{
	switch (what) {
	case CHANGE_SPI_I:
		h->spi_i ^= 1ULL << 40;
		break;
	case CHANGE_SPI_R:
		h->spi_r ^= 1ULL << 40;
		break;
	case CHANGE_VERSION_1:
		h->version = 0x10;
		break;
	case CHANGE_MINOR:
		h->version = IKE_VERSION | 1;
		break;
	case CHANGE_MAJOR:
		h->version = IKE_VERSION + 0x10;
		break;
	case CHANGE_FLAG_I:
		h->flags ^= IKE_FLAG_I;
		break;
	case CHANGE_FLAG_R:
		h->flags ^= IKE_FLAG_R;
		break;
	case CHANGE_FLAGS:
		h->flags |= ALL_FLAGS & ~(IKE_FLAG_I | IKE_FLAG_R);
		break;
	case CHANGE_ID_NEXT:
		h->message_id++;
		break;
	case CHANGE_ID_LAST:
		h->message_id--;
		break;
	case CHANGE_EXCHANGE:
		h->exchange = h->exchange == IKE_EXCH_INFORMATIONAL
				      ? IKE_EXCH_CREATE_CHILD_SA
				      : (uint8_t)(h->exchange + 1);
		break;
	case CHANGE_EXCHANGE_UNKNOWN:
		h->exchange = OTHER_EXCHANGE;
		break;
	default:
		break;
	}
}

void change_message(struct remade *r, enum change_of_message what)
{
	change_header(&r->header, what);
	switch (what) {
	case CHANGE_EMPTY:
		r->n = 0;
		break;
	case CHANGE_UNKNOWN:
	case CHANGE_UNKNOWN_CRITICAL:
		add(r, CHANGE_TO_UNKNOWN, what == CHANGE_UNKNOWN_CRITICAL);
		break;
	case CHANGE_V1:
	case CHANGE_V1_CRITICAL:
		add(r, CHANGE_TO_V1, what == CHANGE_V1_CRITICAL);
		break;
	case CHANGE_OTHER_PART:
		add(r, r->is_protected ? IKE_PL_SK : IKE_PL_ID_I, false);
		break;
	case CHANGE_MISPLACED:
		add(r, r->is_protected ? IKE_PL_EAP : IKE_PL_DELETE, false);
		break;
	default:
		break;
	}
}

static void set_length(uint8_t *octets, uint32_t length)
{
	struct builder b = wr_init(octets + IKE_LENGTH_OFF, sizeof(length));

	wr_u32(&b, length);
}

size_t change_octets(uint8_t octets[LAB_DATAGRAM_MAX], size_t len,
		     enum change_of_message what)
{
	switch (what) {
	case CHANGE_NONE:
		octets[NEXT_PAYLOAD_OFF] = IKE_PL_NONE;
		return len;
	case CHANGE_LENGTH_0:
		set_length(octets, 0);
		return len;
	case CHANGE_LENGTH_1:
		set_length(octets, 1);
		return len;
	case CHANGE_LENGTH_MORE:
		set_length(octets, (uint32_t)len + 1);
		return len;
	case CHANGE_LENGTH_MAX:
		set_length(octets, UINT32_MAX);
		return len;
	case CHANGE_CUT:
		return len - 1;
	case CHANGE_LONGER:
		octets[len] = 0;
		set_length(octets, (uint32_t)len + 1);
		return len + 1;
	case CHANGE_FLIPPED:
		octets[len - 1] ^= 1;
		return len;
	default:
		return len;
	}
}

void change_payload(struct remade *r, unsigned int at,
		    enum change_of_payload what)
{
	struct remade_payload *p = &r->at[at];
	struct remade_payload copy = *p;

	switch (what) {
	case CHANGE_P_REMOVED:
		remake_take(r, at);
		break;
	case CHANGE_P_DOUBLED:
		remake_put(r, at, &copy);
		break;
	case CHANGE_P_MOVED:
		remake_take(r, at);
		remake_put(r, at == r->n ? 0 : r->n, &copy);
		break;
	case CHANGE_P_CRITICAL:
		p->critical = true;
		break;
	case CHANGE_P_EMPTY:
		p->body.len = 0;
		break;
	case CHANGE_P_ONE:
		p->body.len = 1;
		break;
	case CHANGE_P_LENGTH_0:
	case CHANGE_P_LENGTH_MAX:
		p->lies = true;
		p->length = what == CHANGE_P_LENGTH_0 ? 0 : UINT16_MAX;
		break;
	case CHANGE_P_ZEROS:
		if (p->body.len > 4 && p->type != IKE_PL_NOTIFY)
			memset(r->octets + (p->body.ptr - r->octets) + 4, 0,
			       p->body.len - 4);
		break;
	case CHANGE_P_N:
		break;
	}
}
