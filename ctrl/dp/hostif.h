/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host interface `ipsec0`: a persistent TAP by which the guard hands over
 * what the host sends, and by which decrypted packets for the host, or for
 * the kernel to forward, come up.
 *
 * Persistent: when its reader dies, the guard's packets are dropped here and
 * nothing takes another way. It has one daemon at a time in a network
 * namespace, which is also how a second one is noticed; a queue for each worker,
 * and what a worker wrote of a connection leads its answers to the same one.
 * Control thread; the workers read and write the descriptors.
 */
#ifndef CYG_DP_HOSTIF_H
#define CYG_DP_HOSTIF_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "include/limits.h"

#define HOSTIF_NAME "ipsec0"

struct hostif {
	/* A queue for each worker: frames with a virtio_net_hdr in front;
	 * non-blocking. */
	int fd[WORKERS_MAX];
	uint32_t n;
	uint32_t ifindex;
	uint8_t mac[6];
	bool fresh;   /* was not there before */
	bool udp_gso; /* large packets of UDP come whole, from Linux 6.2 on */
};

/* 0, or negative with e filled: -EBUSY when another daemon has it. */
int hostif_open(struct hostif *h, struct error *e);

/* The same without setting it up, to be the only one: for a release. */
int hostif_take(struct hostif *h, struct error *e);

/* So many queues in all, with the same errors. hostif_close() or _remove() is the
 * caller's also afterwards. */
int hostif_widen(struct hostif *h, uint32_t queues, struct error *e);

/* Does somebody read there, so that cygnetd runs in this network namespace? */
bool hostif_is_read(void);

/*
 * What a packet may have at most, whatever is put around it.
 *
 * outer_mtu   the least of the unprotected interfaces
 */
uint32_t hostif_mtu(uint32_t outer_mtu);
void hostif_set_mtu(uint32_t mtu);

/*
 * A TAP like it, whose frames have a virtio_net_hdr; it is made where it is not.
 *
 * flags   IFF_MULTI_QUEUE, or 0
 *
 * A queue of it, or a negative errno: -EINVAL (there is such an interface, but
 * no such TAP), -EBUSY (somebody has its queue).
 */
int hostif_open_tap(const char *name, short flags);

/* It stays without us, is nobody else's, and takes large packets as they are. 0 or a
 * negative errno. */
int hostif_keep_tap(int fd, bool *udp_gso);

/* No address of IPv6 comes by itself, nor a question for one. Where IPv6 is off, it
 * stays off. */
void hostif_quiet_ipv6(const char *name);

/* Throws away what waits to be read; it was for an earlier reader. */
void hostif_drain(const struct hostif *h);

/* The interface stays. */
void hostif_close(struct hostif *h);

/* Closes and removes the interface. */
void hostif_remove(struct hostif *h);

#endif
