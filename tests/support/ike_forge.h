/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Datagrams for an engine of the lab that no engine would send. What fails in the
 * building ends the program.
 */
#ifndef CYG_TESTS_IKE_FORGE_H
#define CYG_TESTS_IKE_FORGE_H

#include "ctrl/ike/sa.h"
#include "tests/support/ike_lab.h"

/* The first IKE SA of a side that is not over; NULL: there is none. */
struct ike_sa *forge_sa(const struct ike_lab *lab, unsigned int side);

/* How messages come to a side, on port 500. */
struct ike_path forge_path(const struct ike_lab *lab, unsigned int side);

/* An IKE_SA_INIT request of side 0's address, or of from, to side 1. */
struct forge_init {
	uint64_t spi_i;
	const char *proposal; /* as in a configuration */
	const char *method;   /* of the KE payload */
	struct slice cookie;  /* empty: none */
	size_t padding;	      /* octets of a notification that says nothing */
	struct addr from;     /* of zeros: side 0's */
};

void forge_init(struct ike_lab *lab, const struct forge_init *f);

/* The cookie that side 1 has sent last; empty: its last was no such. */
struct slice forge_cookie_of(const struct ike_lab *lab);

/* A message of a side's own IKE SA, sealed: put payloads in between, and the other
 * side gets it at once by that path. */
void forge_begin(struct ike_sa *sa, struct ike_builder *m,
		 enum ike_exchange exchange, bool response, uint32_t id);
void forge_send(struct ike_lab *lab, struct ike_sa *sa, struct ike_builder *m,
		const struct ike_path *path);

#endif
