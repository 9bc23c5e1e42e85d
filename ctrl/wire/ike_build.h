/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IKEv2 messages to bytes (RFC 7296 section 3), front to back:
 *
 *     ike_begin(&m, room, sizeof(room), &header);
 *     ike_nonce_put(&m, nonce);
 *     ...
 *     ok = ike_end(&m, &message);
 *
 * Every length, every next payload and every "last" flag is the builder's. A
 * failure (no room, more than a length or a number can say) is remembered and
 * told once, at the end. What is to be encrypted stands between ike_sk_begin()
 * and ike_sk_end(), in clear until ctrl/crypto seals it. The room is the
 * caller's. Any thread.
 */
#ifndef CYG_WIRE_IKE_BUILD_H
#define CYG_WIRE_IKE_BUILD_H

#include "ctrl/base/slice.h"
#include "ctrl/wire/ike.h"

struct ike_builder {
	struct builder b;
	size_t next_at;	     /* where the next payload's type goes */
	size_t payload_at;   /* generic header of the open payload */
	size_t proposal_at;  /* of the open or the last one */
	size_t transform_at; /* of the last one; 0: none yet */
	size_t sk_at;	     /* generic header of SK or SKF */
	size_t text_at;	     /* behind its IV; 0: none */
	uint8_t iv_bytes;
	uint8_t proposals; /* in the open SA payload */
};

/* h's next_payload and length are not read. */
void ike_begin(struct ike_builder *m, void *room, size_t room_bytes,
	       const struct ike_header *h);

/* A whole message without SK; false: it did not fit. */
MUST_CHECK bool ike_end(struct ike_builder *m, struct slice *out);

/* Any payload: what is written into m->b in between is its body. */
void ike_payload_begin(struct ike_builder *m, enum ike_payload_type type);
void ike_payload_end(struct ike_builder *m);

/* An SA payload: proposals, numbered 1, 2, … or as given, of transforms. */
void ike_sa_begin(struct ike_builder *m);
void ike_proposal_begin(struct ike_builder *m, enum ike_protocol protocol,
			struct slice spi);
void ike_transform_put(struct ike_builder *m, enum ike_transform_type type,
		       unsigned int id, uint16_t key_bits);
void ike_proposal_end(struct ike_builder *m);
void ike_sa_end(struct ike_builder *m);

/* The one proposal of an answer has the number of the one it accepts. */
void ike_proposal_number(struct ike_builder *m, uint8_t number);

void ike_ke_put(struct ike_builder *m, uint16_t method, struct slice data);
void ike_nonce_put(struct ike_builder *m, struct slice nonce);
void ike_id_put(struct ike_builder *m, enum ike_payload_type type,
		const struct ike_id *id);
void ike_auth_put(struct ike_builder *m, const struct ike_auth *auth);
void ike_notify_put(struct ike_builder *m, const struct ike_notify *n);
void ike_delete_put(struct ike_builder *m, const struct ike_delete *d);

/* TSi or TSr; n from 1 to 255. */
void ike_ts_put(struct ike_builder *m, enum ike_payload_type type,
		const struct ike_ts *ts, unsigned int n);

/*
 * From here on everything is inside SK; the IV's octets are left for whoever
 * seals.
 */
void ike_sk_begin(struct ike_builder *m, uint8_t iv_bytes);

/*
 * A fragment of a message that was begun with SK and has all its payloads, which
 * is not ended itself (RFC 7383 section 2.5). As with SK, what follows until
 * ike_sk_end() is to be encrypted: the fragment's piece of the payloads.
 *
 * number, total   from 1 on
 */
void ike_fragment_begin(struct ike_builder *m, void *room, size_t room_bytes,
			const struct ike_builder *whole, uint16_t number,
			uint16_t total);

/* The payloads in SK, so far. */
struct slice ike_sk_payloads(const struct ike_builder *m);

/*
 * Pads, leaves room for the ICV, and says where everything stands.
 *
 * block_bytes  the text becomes a multiple of this, 1 for an AEAD
 *
 * message  the whole of it, as long as it will be once sealed
 */
MUST_CHECK bool ike_sk_end(struct ike_builder *m, uint8_t block_bytes,
			   uint8_t icv_bytes, struct ike_sk *out,
			   struct slice *message);

#endif
