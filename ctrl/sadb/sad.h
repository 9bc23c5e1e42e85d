/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SAD of RFC 4301 section 4.4.2: a fixed table of slots, each an SA and a
 * generation, so that a reference of BPF's names one life of one SA.
 */
#ifndef CYG_SADB_SAD_H
#define CYG_SADB_SAD_H

#include "ctrl/base/error.h"
#include "ctrl/sadb/sa.h"

struct sad;

/* A policy of the SPD as an SA sees it: its own, or one that comes before. */
struct sa_rule {
	struct selector selector;
	bool accept;
};

/* What ADD asks for (RFC 2367 section 3.1.3); everything is borrowed. */
struct sa_spec {
	enum dp_dir dir;
	uint32_t spi;	   /* host order */
	struct addr saddr; /* outer; IPv4 */
	struct addr daddr; /* outer; IPv4 */
	const struct encr_alg *encr;
	const struct integ_alg *integ;
	const struct secret *encr_key;
	const struct secret *integ_key;
	uint32_t replay_window; /* DIR_IN */
	bool esn;
	const struct sa_rule *rules; /* in the SPD's order */
	size_t n_rules;
};

/* NULL: out of memory. sad_free() frees every SA; no worker may run. */
struct sad *sad_new(const struct crypto_backend *backend);
void sad_free(struct sad *sad);

/*
 * Makes an SA and publishes it in a free slot.
 *
 * ref   names it, for the maps of BPF
 *
 * 0, or negative with e filled: -ENOSPC (SAD_MAX), -EINVAL (keys, window),
 * -ENOTSUP (the backend lacks an algorithm), -ENOMEM.
 * Control thread.
 */
int sad_add(struct sad *sad, const struct sa_spec *spec, struct sa_ref *ref,
	    struct error *e);

/* The SA of that life, or NULL when it is gone. Any thread. */
struct sa_rt *sad_get(const struct sad *sad, struct sa_ref ref);

#endif
