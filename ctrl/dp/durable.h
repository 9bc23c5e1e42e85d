/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sequence numbers of keys that outlive a restart: those by hand. Where an SA
 * ended is on disk (durable_file.h), and the next SA of the same keys goes on
 * from there.
 *
 * Outbound. The file says up to which number some may have been used. It is
 * written ahead, in blocks of some seconds' worth: in counter mode no number is
 * sent before a block that holds it is on disk, so that none is ever used twice
 * under one key (RFC 4106 section 2, RFC 8221 section 3), whatever ends when. An
 * SA that ends in order leaves its last number, one that doesn't skips the rest
 * of its block.
 *
 * Inbound. The file has the right edge of the window, and the next window starts
 * with all up to it seen: no packet is accepted a second time, whichever process
 * ends, and however, and no new one is refused. Against a loss of power the edge
 * is synced once a second while packets come; nothing waits for that. It then
 * stands further right than it was, by twice as much as came in the second
 * before: what had been accepted is accepted again only if more than that came
 * since.
 *
 * What other ciphers send is not held up by the disk: a number used twice costs
 * them packets, as replays at the peer, and no secrecy.
 *
 * Opened and ended by the control thread, which waits for the disk when it
 * opens; written by a thread of its own, which a worker wakes.
 */
#ifndef CYG_DP_DURABLE_H
#define CYG_DP_DURABLE_H

#include "ctrl/base/secret.h"
#include "ctrl/dp/durable_file.h"
#include "ctrl/sadb/sa.h"

#define DURABLE_BLOCK_MIN 65536U     /* numbers */
#define DURABLE_BLOCK_MAX (1U << 26) /* likewise */
#define DURABLE_NAME_MAX  96	     /* with the NUL */

struct durable;
struct durable_sa;

/* What an id is made of; all is borrowed. */
struct durable_keys {
	enum sadb_dir dir;
	bool counter_mode;
	const struct secret *encr_key;
	const struct secret *integ_key;
	uint32_t spi;
	const struct addr *peer;
};

struct durable_spec {
	const char *name; /* for what is said, e.g. "manual.to-b.out" */
	enum sadb_dir dir;
	bool strict; /* outbound: no number that is not on disk; counter mode */
	bool esn;    /* numbers have 64 bits, else 32 */
	uint8_t id[DURABLE_ID_BYTES];
};

/*
 * By what keys are known again, from which they cannot be had. Outbound in
 * counter mode it is the cipher's key alone, whatever SPI and peer it serves:
 * that is what must not see a number twice. Else SPI and peer belong to it.
 *
 * false: libcrypto failed.
 */
MUST_CHECK bool durable_id(const struct durable_keys *k,
			   uint8_t out[DURABLE_ID_BYTES]);

/*
 * folder   made when the first SA needs it; copied
 *
 * 0 or a negative errno.
 */
int durable_new(const char *folder, struct durable **out);

/* Its thread. 0 or a negative errno. */
int durable_start(struct durable *d);

/* After the workers ended: writes where all of them are. NULL is fine. */
void durable_free(struct durable *d);

/*
 * out   ended by durable_end() or durable_free()
 *
 * 0, or negative with e filled (see durable_file_open()); -EKEYEXPIRED: its
 * numbers are used up, all or those of 32 bits where there is no ESN.
 */
int durable_open(struct durable *d, const struct durable_spec *spec,
		 uint64_t now_ns, struct durable_sa **out, struct error *e);

/* For sa_spec: where the SA goes on. */
uint64_t durable_number(const struct durable_sa *sa);
struct seq_kept *durable_kept(struct durable_sa *sa);

/* No packet comes by the SA any more, and it is out of its slot. */
void durable_end(struct durable *d, struct durable_sa *sa);

/* That file is closed; sa is forgotten if it is. */
bool durable_is_closed(struct durable *d, struct durable_sa *sa);

/* What the thread does each time it wakes; for tests. */
void durable_round(struct durable *d, uint64_t now_ns);

#endif
