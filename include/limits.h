/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sizes that BPF and userspace agree on. Each is a limit that the
 * configuration is checked against by name; none is a silent cut.
 */
#ifndef CYG_INCLUDE_LIMITS_H
#define CYG_INCLUDE_LIMITS_H

#define SPD_MAX	     100000 /* policies in the ordered list */
#define SPD_LEAF_MAX 1024   /* of them that overlap in one place */
#define MANUAL_MAX   512    /* pairs of SAs of the configuration */
#define MANUAL_POLICIES_MAX \
	64 /* the first ones: an added pair may serve them */
#define SAD_MAX	      (1U << 20) /* SA slots: room that costs nothing unused */
#define SAS_DEFAULT   (1U << 17) /* SAs at once: BPF has a slot for each */
#define LARVAL_MAX    16384	 /* SPIs given out that are no SA yet */
#define IFACE_MAX     16	 /* interfaces that we serve */
#define STATIONS_MAX  256   /* macvlans and their kin on unprotected ones */
#define QUEUE_MAX     64    /* queues of one interface */
#define WORKERS_MAX   64    /* threads that carry packets */
#define DUMMIES_MAX   1024  /* SAs in use that send dummy packets */
#define TUNNELS_MAX   256   /* tunnel interfaces (if_id) */
#define ADDR_MAX      1024  /* addresses of this host */
#define FRAGMENTS_MAX 16384 /* packets whose first fragment left a verdict */
#define SOCK_MAX      64    /* sockets of our own that the guard lets out */

/* In DNS, for the names of peers. */
#define LOOKUPS_MAX   16 /* at once */
#define RESOLVERS_MAX 3	 /* of which each is asked */

#endif
