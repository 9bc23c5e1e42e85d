/* SPDX-License-Identifier: BSD-2-Clause */
/* Two engines whose records are kept, and whether all agree in the end. */
#ifndef CYG_TESTS_IKE_SETTLE_H
#define CYG_TESTS_IKE_SETTLE_H

#include "tests/support/ike_keep.h"

#define SETTLE_IKE "aes128gcm16-prfsha256-x25519" /* its IVs are a counter */
#define SETTLE_ESP "aes128-sha256"
#define SETTLE_PFS "aes128-sha256-x25519"

/* Dead peers are found after a minute. */
struct ike_lab *settle_lab(uint64_t seed, const char *esp);

/* The same with an IKE SA and a child between them. */
struct ike_lab *settle_lab_up(uint64_t seed, const char *esp);
void settle_initiate(struct ike_lab *lab);
unsigned int settle_ike_sas(const struct ike_lab *lab, unsigned int side);

/*
 * Both have the same IKE SAs and pairs, and there are records of these and of
 * nothing else; if not, the test fails, and says where.
 */
void settle_assert(const struct ike_lab *lab, const char *where, uint64_t n,
		   unsigned int ikes, unsigned int pairs);

/*
 * Both have the same IKE SAs with the same children, however many, and their SADs
 * and keepers what these have, and nothing else; if not, the test fails. That the
 * SAD refused a key is no fault: of one that was dead for long, or whose peer moved
 * meanwhile, it alone knows what has encrypted.
 */
void settle_assert_same(const struct ike_lab *lab, const char *where,
			uint64_t n);

/* --- faults of one datagram; all others take a millisecond */

#define SETTLE_FAULTS 6U

struct settle_fault {
	const char *name;
	struct lab_fate fate;
};

extern const struct settle_fault settle_faults[SETTLE_FAULTS];

/* For lab->fate; and from now on the n-th datagram, from 0, has this fault; NULL:
 * none has. */
struct lab_fate settle_fate(struct ike_lab *lab, unsigned int n);
void settle_set_fault(struct ike_lab *lab, const struct settle_fault *f,
		      unsigned int n);

#endif
