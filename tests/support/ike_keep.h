/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keeper of records of each side of the lab, and the life and death of its
 * engines. Records come to the keeper in order, after a delay, and so does its
 * word that they are kept.
 */
#ifndef CYG_TESTS_IKE_KEEP_H
#define CYG_TESTS_IKE_KEEP_H

#include "tests/support/ike_lab.h"

/* Records of this side are kept from now on, or are not. */
void lab_keep(struct ike_lab *lab, unsigned int side, bool keep);

/* Its engine ends between two calls. What it said last may not be heard. */
void lab_kill(struct ike_lab *lab, unsigned int side);

/* A fresh engine goes on with what was kept. */
void lab_take_over(struct ike_lab *lab, unsigned int side);

/* Its connections are not there when it is taken over. */
void lab_forget_conns(struct ike_lab *lab, unsigned int side);

/* The data path comes back empty. */
void lab_new_epoch(struct ike_lab *lab, unsigned int side);

/* How many there are of a kind. */
unsigned int lab_kept(const struct lab_side *s, enum ike_record_kind kind);

/* --- for the lab */

void keep_record(void *ctx, const struct ike_record *r);
void keep_arrived(struct lab_side *s, struct ike_record *r); /* handed over */
void keep_conn(struct lab_side *s, const struct conn_conf *conn);
void keep_free(struct lab_side *s);

#endif
