/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IKEv2 messages from bytes (RFC 7296 section 3): slices into the datagram, no
 * copy, no state. What ike_payloads_parse() accepts is well formed down to the
 * last attribute, so that nothing behind it meets a length that lies; whether
 * it makes sense where it stands is the exchange's question. V and EAP are taken as
 * they are, for whoever will read them; CP's attributes are in ike_cp.h, CERT and
 * CERTREQ in ike_cert.h. Not read at
 * all, and so never a reason to refuse: reserved bits and octets, "last or more"
 * of proposals and transforms, the critical bit of a known payload, how
 * proposals are numbered. Building is in ike_build.h. Any thread.
 *
 *      0               1               2               3
 *     |                       IKE SA initiator's SPI                  |
 *     |                                                               |
 *     |                       IKE SA responder's SPI                  |
 *     |                                                               |
 *     | Next payload  | MjVer | MnVer | Exchange type |     Flags     |
 *     |                          Message ID                           |
 *     |                            Length                             |
 *
 * and each payload behind it
 *
 *     | Next payload  |C|  Reserved   |        Payload length         |
 */
#ifndef CYG_WIRE_IKE_H
#define CYG_WIRE_IKE_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/addr.h"
#include "ctrl/base/slice.h"
#include "include/ike.h"

struct ike_header {
	uint64_t spi_i;
	uint64_t spi_r; /* 0 in the first message */
	uint8_t next_payload;
	uint8_t version;
	uint8_t exchange;
	uint8_t flags;
	uint32_t message_id;
	uint32_t length; /* of the whole message */
};

/*
 * Is there a message? Its length must be the datagram's, a non-ESP marker
 * already taken off. Version and exchange are for the caller to judge.
 */
MUST_CHECK bool ike_header_parse(struct slice datagram, struct ike_header *out);

enum ike_parse {
	IKE_PARSE_OK,
	IKE_PARSE_SYNTAX,   /* INVALID_SYNTAX */
	IKE_PARSE_CRITICAL, /* UNSUPPORTED_CRITICAL_PAYLOAD: see refused */
};

/* Before SK, or what was inside it: each knows other payloads. */
enum ike_part {
	IKE_PART_CLEAR,
	IKE_PART_PROTECTED,
};

struct ike_payload {
	uint8_t type;
	struct slice body; /* behind the generic header; borrowed */
};

#define IKE_PAYLOADS_MAX 64 /* in one part of a message */

struct ike_payloads {
	struct ike_payload at[IKE_PAYLOADS_MAX];
	unsigned int n;
	uint8_t sk_first; /* SK's next payload: the first one inside */
	uint8_t refused;  /* IKE_PARSE_CRITICAL: its type */
};

/*
 * Walks a chain of payloads and checks every one of them. Those of a type that
 * is not known in this part are left out, unless they are critical (RFC 7296
 * section 2.5). SK and SKF end the chain.
 *
 * octets   from the first generic header on
 * first    its type
 */
enum ike_parse ike_payloads_parse(struct slice octets, uint8_t first,
				  enum ike_part part, struct ike_payloads *out);

/* The first payload of a type; NULL: none. */
const struct ike_payload *ike_find(const struct ike_payloads *p, uint8_t type);

/* How many payloads of a type there are. */
unsigned int ike_count(const struct ike_payloads *p, uint8_t type);

/* --- what is in a body; true for all that ike_payloads_parse() accepted */

struct ike_proposal {
	uint8_t number;
	uint8_t protocol; /* enum ike_protocol */
	struct slice spi; /* 4 octets for AH and ESP, 0 or 8 for IKE */
	unsigned int n_transforms;
	struct slice transforms;
};

struct ike_transform {
	uint8_t type; /* enum ike_transform_type */
	uint16_t id;
	uint16_t key_bits; /* 0: no such attribute */
	bool unknown;	   /* has attributes that nobody knows: never chosen */
};

struct ike_ke {
	uint16_t method;
	struct slice data;
};

struct ike_id {
	uint8_t type; /* enum ike_id_type */
	struct slice data;
};

struct ike_auth {
	uint8_t method; /* enum ike_auth_method */
	struct slice data;
};

struct ike_notify {
	uint8_t protocol;
	struct slice spi;
	uint16_t type; /* enum ike_notify_type */
	struct slice data;
};

struct ike_delete {
	uint8_t protocol;
	uint8_t spi_bytes; /* of each; 4 for AH and ESP */
	uint16_t n;
	struct slice spis;
};

/* A traffic selector; ports are ICMP type and code where that is the protocol
 * (RFC 4301 section 4.4.1.1). */
struct ike_ts {
	uint8_t type;	  /* enum ike_ts_type */
	uint8_t protocol; /* 0: any */
	uint16_t port_min;
	uint16_t port_max;
	struct addr addr_min;
	struct addr addr_max;
};

MUST_CHECK bool ike_ke_parse(struct slice body, struct ike_ke *out);
MUST_CHECK bool ike_id_parse(struct slice body, struct ike_id *out);
MUST_CHECK bool ike_auth_parse(struct slice body, struct ike_auth *out);
MUST_CHECK bool ike_notify_parse(struct slice body, struct ike_notify *out);
MUST_CHECK bool ike_delete_parse(struct slice body, struct ike_delete *out);

/*
 * Take the next item off the front: of an SA payload's body, of a proposal's
 * transforms, of a TS payload's selectors. false: there is none.
 */
MUST_CHECK bool ike_proposal_next(struct slice *sa, struct ike_proposal *out);
MUST_CHECK bool ike_transform_next(struct slice *transforms,
				   struct ike_transform *out);
MUST_CHECK bool ike_ts_next(struct slice *selectors, struct ike_ts *out);

/* The selectors of a TS payload, for ike_ts_next(). Traffic selectors of a
 * type that nobody knows are left out. */
MUST_CHECK bool ike_ts_parse(struct slice body, struct slice *selectors);

/* The first notification of a type. */
MUST_CHECK bool ike_find_notify(const struct ike_payloads *p, uint16_t type,
				struct ike_notify *out);

/* The first notification that is an error, section 3.10.1. */
MUST_CHECK bool ike_find_error(const struct ike_payloads *p,
			       struct ike_notify *out);

/* --- several messages, one behind the other; each says how long it is */

/* Takes the first one off; false: there is none, or it is not whole. */
MUST_CHECK bool ike_message_next(struct slice *messages, struct slice *out);

/* --- the encrypted payload, section 3.14; its fragments, RFC 7383 section 2.5 */

struct ike_fragment {
	uint16_t number; /* from 1 to total */
	uint16_t total;
	struct slice body; /* what SK's body would be: IV, text, ICV */
};

MUST_CHECK bool ike_fragment_parse(struct slice body, struct ike_fragment *out);

/*
 * Where its parts stand in a message: what is authenticated but not encrypted
 * (header and payloads up to SK's own generic header), then IV, text, ICV.
 */
struct ike_sk {
	uint8_t *message;
	size_t aad_bytes; /* message's first octets, up to the IV; what a
			     fragment says of itself is in them */
	uint8_t iv_bytes;
	uint8_t icv_bytes;
	size_t text_bytes; /* inner payloads, padding, pad length */
};

static inline uint8_t *ike_sk_iv(const struct ike_sk *sk)
{
	return sk->message + sk->aad_bytes;
}

static inline uint8_t *ike_sk_text(const struct ike_sk *sk)
{
	return ike_sk_iv(sk) + sk->iv_bytes;
}

static inline uint8_t *ike_sk_icv(const struct ike_sk *sk)
{
	return ike_sk_text(sk) + sk->text_bytes;
}

/*
 * Finds the parts in a received message, for the sizes of its SA's transforms.
 *
 * message      the whole of it; will be decrypted in place
 * body         of its SK payload, or of a fragment, inside the message
 * block_bytes  the text is a multiple of this, 1 for an AEAD
 *
 * false: it cannot be right.
 */
MUST_CHECK bool ike_sk_split(uint8_t *message, struct slice body,
			     uint8_t iv_bytes, uint8_t block_bytes,
			     uint8_t icv_bytes, struct ike_sk *out);

/* The payloads in a decrypted text, without its padding. */
MUST_CHECK bool ike_sk_inner(const struct ike_sk *sk, struct slice *out);

/* --- names for logs; never NULL: "unknown" for what is none of ours */

const char *ike_exchange_name(uint8_t exchange);
const char *ike_payload_name(uint8_t type);
const char *ike_notify_name(uint16_t type);

#endif
