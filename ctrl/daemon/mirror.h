/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state mirror's public part in ctl: what ike last said of each SA
 * (ctrl/model/sas.h). Bounded, for who says it may be taken over. Control thread.
 */
#ifndef CYG_DAEMON_MIRROR_H
#define CYG_DAEMON_MIRROR_H

#include <stdbool.h>

#include "ctrl/model/sas.h"

#define MIRROR_MAX IKE_SAS_MAX /* of each kind; further ones are not kept */

struct mirror;

/* NULL: out of memory. mirror_free(NULL) is fine. */
struct mirror *mirror_new(void);
void mirror_free(struct mirror *m);

/* In place of the last of that id; SA_VIEW_GONE: it goes. Strings are ended. */
void mirror_put_ike(struct mirror *m, const struct ike_sa_view *v);
void mirror_put_child(struct mirror *m, const struct child_sa_view *v);

/* false: there is none of that id. */
bool mirror_ike(const struct mirror *m, uint32_t id, struct ike_sa_view *out);

/* The one with that inbound SPI; false: there is none. */
bool mirror_child(const struct mirror *m, uint32_t spi_in,
		  struct child_sa_view *out);

/* Is that child of that connection up, or its IKE SA on its way? */
bool mirror_has(const struct mirror *m, const char *conn, const char *child);

/* Virtual IPs that the peer of a connection gave us: those of the last IKE SA that is
 * up and has some. How many. */
uint32_t mirror_vips(const struct mirror *m, const char *conn,
		     struct addr out[CONN_VIPS_MAX]);

/* IKE SAs, those that are connecting apart. */
void mirror_count(const struct mirror *m, unsigned int *up,
		  unsigned int *connecting);

/* Nothing is known any more. */
void mirror_clear(struct mirror *m);

/* Borrowed until the mirror changes. */
struct sa_heads mirror_heads(const struct mirror *m);

/* A copy, handed over: sas_free(). NULL: out of memory. */
struct sas *mirror_copy(const struct mirror *m);

/* Those of one that another has not; likewise. */
struct sas *mirror_lost(const struct mirror *m, const struct mirror *other);

#endif
