/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state mirror's sealed part in ctl (ctrl/model/record.h): what a fresh ike
 * is given when one ended. Nothing here looks into it, and nobody else gets it.
 * Bounded, for who sends it may be taken over; wiped where it is freed. Control
 * thread.
 */
#ifndef CYG_DAEMON_RECORDS_H
#define CYG_DAEMON_RECORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "ctrl/model/record.h"
#include "ctrl/model/sas.h"

#define RECORDS_MAX	  IKE_SAS_MAX /* of each kind */
#define RECORDS_BYTES_MAX (64U << 20) /* of all */

struct records;

/* NULL: out of memory. records_free(NULL) is fine. */
struct records *records_new(void);
void records_free(struct records *r);

/*
 * In place of the last of its kind and id, when the last of its moment is there.
 *
 * 0, -EINVAL (no record), -ENOSPC or -ENOMEM: it is not kept, and an older one
 * of that SA neither. The same of all of its moment, if that is too long.
 */
int records_put(struct records *r, const struct ike_record *record);

/* Who sends them ended: a moment that is not whole never was. */
void records_ended(struct records *r);

void records_clear(struct records *r);

size_t records_count(const struct records *r);

/* IKE SAs first. Of each record there are as many octets as its len says.
 * Negative of each() ends it, and is returned. */
int records_each(const struct records *r,
		 int (*each)(void *ctx, const struct ike_record *record),
		 void *ctx);

#endif
