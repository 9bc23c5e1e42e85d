/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tunnel interfaces: `ipsec42` for if_id 42. What routes lead there goes by the
 * tunnel's SAs, and what comes out of these, and is the kernel's, comes in there.
 *
 * Each is a TAP as ipsec0, of which nobody ever reads: the program `tunnel` at its
 * egress redirects every packet to ipsec0. Without the program, or without whoever
 * reads ipsec0, the packet is dropped; nothing takes another way. The link is up
 * for as long as we have its queue, so that routing daemons see whether there is
 * a data path.
 *
 * One stays for as long as ipsec0 does, whether or not the configuration still has
 * its if_id: the operator's routes are there, and without it their packets would go
 * where others lead. Policies know it by its number, which stays while we run.
 * Control thread.
 */
#ifndef CYG_DP_TUNNEL_IF_H
#define CYG_DP_TUNNEL_IF_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "ctrl/dp/attach.h"
#include "ctrl/model/config.h"
#include "include/limits.h"

struct nl;
struct programs;

struct tunnel_if {
	uint32_t if_id;
	uint32_t ifindex;
	int fd; /* its queue; owned */
	char name[IF_NAMESIZE];
	bool fresh; /* was not there before */
	struct attach_iface at;
	struct attachment program;
};

struct tunnel_ifs {
	struct nl *nl;		   /* borrowed */
	struct programs *programs; /* likewise; NULL: not loaded yet */
	uint32_t mtu;		   /* 0: not known yet */
	uint32_t n;
	struct tunnel_if at[TUNNELS_MAX]; /* the number less 1 is the index */
};

/* Those that an earlier start left. Walking programs by id needs CAP_SYS_ADMIN. 0, or
 * negative with e filled: -EBUSY (a program of somebody else, or another process
 * has the queue). */
int tunnel_ifs_find(struct tunnel_ifs *t, struct error *e);

/*
 * Those of a configuration that are not there yet.
 *
 * 0, or negative with e filled, and none is new: -EEXIST (another interface has the
 * name), -E2BIG (TUNNELS_MAX).
 */
int tunnel_ifs_make(struct tunnel_ifs *t, const struct config *c,
		    struct error *e);

/* Enters all of them into the programs' maps, and attaches the program. Also again:
 * where it was done, nothing is. */
int tunnel_ifs_attach(struct tunnel_ifs *t, struct error *e);

/* Its number; 0: there is none. */
uint16_t tunnel_ifs_number(const struct tunnel_ifs *t, uint32_t if_id);

void tunnel_ifs_set_mtu(struct tunnel_ifs *t, uint32_t mtu);

/* Is each there, with its program? Else it is made again, or attached. */
void tunnel_ifs_keep(struct tunnel_ifs *t);

/* All but the first n are as they were before: removed where they are new. */
void tunnel_ifs_undo(struct tunnel_ifs *t, uint32_t n);

/* The start succeeded: those of before are not put back any more. */
void tunnel_ifs_settle(struct tunnel_ifs *t);

/* They stay. */
void tunnel_ifs_close(struct tunnel_ifs *t);

/* Removes all that any start left. 0 or a negative errno. */
int tunnel_ifs_remove(struct nl *nl);

/* Has it such a name? */
bool tunnel_if_is_name(const char *name);

#endif
