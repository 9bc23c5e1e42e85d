/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sealed part of the state mirror: what a fresh ike needs to go on with the
 * SAs of one that ended. Whoever keeps records looks into none of them, holds
 * them in memory that is never dumped, and gives them to a fresh ike alone: they
 * hold keys. They carry no pointer: they cross processes as they are. A sender
 * sends no more than the first offsetof(octets) + len octets.
 */
#ifndef CYG_MODEL_RECORD_H
#define CYG_MODEL_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define IKE_RECORD_MAX 41216U

enum ike_record_kind {
	RECORD_IKE,
	RECORD_CHILD,
};

/*
 * The newest of a kind and id counts. Records of one moment are kept together or
 * not at all: what a keeper has of them when their sender ends, without the last,
 * never was.
 */
struct ike_record {
	uint32_t number; /* rises by one with each; 0 is none */
	uint32_t id;	 /* of the SA: as in its view, see sas.h */
	uint8_t kind;	 /* enum ike_record_kind */
	uint8_t more;	 /* yes or no: others of the same moment follow */
	uint8_t pad[2];
	uint32_t len; /* of octets; 0: the SA is gone */
	uint8_t octets[IKE_RECORD_MAX];
};

_Static_assert(offsetof(struct ike_record, octets) == 16, "layout");

#endif
