/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration payload (RFC 7296 section 3.15): what a side asks of the
 * other's network, and what it is given. Read and built; no copy, no state. Which
 * attributes there are and what they hold is not the parser's to refuse: a known
 * one whose value is of another length is nobody's, as an unknown one is. Any
 * thread.
 *
 *      0               1               2               3
 *     |   CFG type    |                  Reserved                     |
 *
 * and attributes behind it, until the payload ends
 *
 *     |R|     Attribute type          |            Length             |
 *     |                             Value                             |
 */
#ifndef CYG_WIRE_IKE_CP_H
#define CYG_WIRE_IKE_CP_H

#include "ctrl/wire/ike_build.h"

struct ike_cp {
	uint8_t type; /* enum ike_cfg_type */
	struct slice attrs;
};

struct ike_cfg {
	uint16_t type; /* enum ike_cfg_attr, or none of them */
	struct slice value;
};

/* false: it is not whole. ike_payloads_parse() refuses such a payload. */
MUST_CHECK bool ike_cp_parse(struct slice body, struct ike_cp *out);

/* Takes the next attribute off the front; false: there is none. */
MUST_CHECK bool ike_cfg_next(struct slice *attrs, struct ike_cfg *out);

/*
 * The address in an attribute that holds one.
 *
 * 0; -ENODATA: it is asked for, as there is no value; -EINVAL: the attribute is
 * none of addresses, or its value no address. The prefix length beside an
 * INTERNAL_IP6_ADDRESS says nothing of the address and is left out.
 */
int ike_cfg_addr(const struct ike_cfg *a, struct addr *out);

/* Likewise the network in one of subnets; host bits are cleared. */
int ike_cfg_net(const struct ike_cfg *a, struct prefix *out);

/* --- built: ike_cp_begin(), attributes, ike_payload_end() */

void ike_cp_begin(struct ike_builder *m, enum ike_cfg_type type);

/* Without a value: it is asked for. */
void ike_cfg_ask(struct ike_builder *m, enum ike_cfg_attr type);

/* The value has the form of its type, which is of the address's family. */
void ike_cfg_put_addr(struct ike_builder *m, enum ike_cfg_attr type,
		      const struct addr *a);
void ike_cfg_put_net(struct ike_builder *m, const struct prefix *net);

#endif
