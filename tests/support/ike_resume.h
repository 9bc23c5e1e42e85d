/* SPDX-License-Identifier: BSD-2-Clause */
/* Two engines, of which side 0 has a ticket of side 1; for tests/ike/test_resume*.c. */
#ifndef CYG_TESTS_IKE_RESUME_H
#define CYG_TESTS_IKE_RESUME_H

#include "include/ike.h"
#include "tests/support/ike_lab.h"

#define IKE    "aes128-sha256-x25519"
#define ESP    "aes128-sha256"
#define HOUR   (3600 * LAB_S)
#define INIT   IKE_EXCH_IKE_SA_INIT
#define RESUME IKE_EXCH_IKE_SESSION_RESUME

#define RESUMED "resumed by a ticket" /* of the event of an IKE SA */

/* What each datagram is. */
struct tape {
	uint8_t exchange[64], length;
	uint8_t first[LAB_DATAGRAM_MAX]; /* the first of IKE_SESSION_RESUME */
	size_t first_len;
	uint8_t refused; /* of this exchange none comes through */
};

/* From now on t has what is sent; before there is a ticket, resume_lab() does so. */
void resume_watch(struct ike_lab *lab, struct tape *t);

/* Of an exchange so far. */
unsigned int resume_heard(const struct tape *t, uint8_t exchange);

/* One side's connection, which takes and gives tickets; change: or NULL. */
void resume_load(struct ike_lab *lab, unsigned int side,
		 void (*change)(struct conn_conf *c));

/* Side 0 begins. */
void resume_begin(struct ike_lab *lab);

/* The IKE SA is there, and a ticket; change: of side 0's connection. */
struct ike_lab *resume_lab_with(struct tape *t,
				void (*change)(struct conn_conf *c));
struct ike_lab *resume_lab(struct tape *t);

/* Nothing comes through: for lab->fate. */
struct lab_fate resume_lose_all(struct ike_lab *lab, unsigned int n);

/* Side 0 finds that nobody answers; side 1 does not notice. */
void resume_cut(struct ike_lab *lab);

/* Another engine of side 1, which knows of no IKE SA. */
void resume_restart(struct ike_lab *lab);

/* Both have one IKE SA, whose event says so. */
void resume_assert_up(const struct ike_lab *lab, const char *text);

/* Side 0 begins, and so many messages of IKE_SESSION_RESUME are to no avail. */
void resume_comes_in_full(struct ike_lab *lab, struct tape *t,
			  unsigned int resume);

/* The lab has no room for all that happens meanwhile. */
void resume_run_hours(struct ike_lab *lab, unsigned int hours);

/* For resume_load(): no INITIAL_CONTACT is said or heard. */
void resume_never_unique(struct conn_conf *c);

#endif
