/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SAD of RFC 4301 section 4.4.2: a fixed table of slots, each an SA and a
 * generation, so that a reference of BPF's names one life of one SA. A slot
 * that became free is used again under the next generation.
 *
 * What a worker got by sad_get() it may use until its next quiescent state
 * (quiescent.h), however long the SA is gone from its slot; it keeps none of
 * it any longer than that.
 */
#ifndef CYG_SADB_SAD_H
#define CYG_SADB_SAD_H

#include "ctrl/base/addr.h"
#include "ctrl/base/error.h"
#include "ctrl/sadb/sa.h"

struct sad;

/* What ADD asks for (RFC 2367 section 3.1.3); everything is borrowed. */
struct sa_spec {
	enum dp_dir dir;
	uint32_t spi;	   /* host order */
	struct addr saddr; /* outer; both of one family */
	struct addr daddr;
	uint16_t encap_sport; /* host order; ESP in UDP, RFC 3948 */
	uint16_t encap_dport; /* host order; 0: bare ESP */
	uint32_t stream; /* ESP in this TCP connection, tunnel mode, without
				 UDP; STREAM_NONE: in none */
	struct sadb_outer outer;
	const struct encr_alg *encr;
	const struct integ_alg *integ;
	const struct secret *encr_key;
	const struct secret *integ_key;
	uint32_t replay_window; /* DIR_IN */
	bool esn;
	enum sadb_mode mode;
	enum ike_protocol protocol; /* IKE_PROTO_ESP; or IKE_PROTO_AH, whose encr is
				       ENCR_NULL */
	uint64_t seq; /* last number used, or right edge; 0: a new SA */
	struct seq_kept *kept; /* until no worker can hold the SA any more;
				  NULL: nobody keeps them */
	const struct sa_limits *limits; /* NULL: none */
	bool narrow; /* DIR_OUT: rules are asked of what goes out, too */
	bool spread; /* DIR_OUT: every worker's at once */
	bool fragment_after; /* DIR_OUT: IPv4 is cut after it is protected */
	bool of_cpus; /* DIR_OUT: one of those for each CPU, not spread */
	uint8_t cpu;  /* of these: a worker's number and 1; 0: the fall-back */
	struct sa_ref carrier; /* an SA of AH, of the same direction, between the
				  same addresses and in transport mode, in which
				  its packets are; it carries nothing else.
				  gen 0: none */
	uint32_t if_id;	       /* DIR_IN: of a tunnel interface; 0: none */
	const struct sa_rule *rules; /* in the SPD's order */
	size_t n_rules;
};

/*
 * workers   how many there are, WORKERS_MAX at most; outbound SAs that are not
 *           spread have one of them each, in turn
 *
 * NULL: out of memory, or a backend that this CPU can't run. sad_free() wipes
 * every SA; no worker may run.
 */
struct sad *sad_new(const struct crypto_backend *backend, uint32_t workers);
void sad_free(struct sad *sad);

/*
 * Makes an SA and publishes it in a free slot.
 *
 * ref   names it, for the maps of BPF
 *
 * 0, or negative with e filled: -ENOSPC (SAD_MAX), -EINVAL (keys, window),
 * -ENOTSUP (the backend lacks an algorithm), -EEXIST (see sad_of_stream()), -ENOMEM.
 * Control thread.
 */
int sad_add(struct sad *sad, const struct sa_spec *spec, struct sa_ref *ref,
	    struct error *e);

/*
 * Takes the SA out of its slot; it is wiped and freed when no worker can hold
 * it any more. Nothing in BPF's maps may name it.
 *
 * 0 or -ENOENT. Control thread.
 */
int sad_remove(struct sad *sad, struct sa_ref ref);

/* Other rules from the worker's next run on. 0, -ENOENT, -ENOMEM. Control
 * thread. */
int sad_set_rules(struct sad *sad, struct sa_ref ref,
		  const struct sa_rule *rules, size_t n_rules);

/*
 * The peer of an outbound SA in UDP is there: whatever a worker begins from now on is
 * sent there, under the same numbers.
 *
 * daddr   of the same family as before
 * dport   host order
 *
 * 0, -ENOENT, -EINVAL, -ENOMEM. Control thread.
 */
int sad_move(struct sad *sad, struct sa_ref ref, const struct addr *daddr,
	     uint16_t dport);

/* The outer ends of an SA; ports in host order, both 0: without UDP. */
struct sa_ends {
	struct addr saddr, daddr;
	uint16_t sport, dport;
	uint32_t stream; /* without UDP; see sa_spec */
};

/*
 * Either end of an SA of ESP in tunnel mode is elsewhere: whatever a worker begins from
 * now on is sent there, under the same numbers; inbound, what is to be known of it.
 *
 * 0, -ENOENT, -ENOMEM, -EEXIST (see sad_of_stream()); -EOPNOTSUPP: AH, which is over the addresses, transport mode,
 * which is of them, or an SA of a bundle. Control thread.
 */
int sad_move_ends(struct sad *sad, struct sa_ref ref, const struct sa_ends *to);

/* What the backend needs in that worker's thread, for all its SAs; borrowed, the
 * worker's alone. Control thread. */
struct crypto_thread *sad_crypto(const struct sad *sad, uint32_t worker);

/* Slots that are taken. Control thread. */
uint32_t sad_count(const struct sad *sad);

/* The SA of that life, or NULL when it is gone. Any thread. */
struct sa_rt *sad_get(const struct sad *sad, struct sa_ref ref);

/*
 * The inbound SA of that SPI, of those that are in TCP, by whichever connection: a peer
 * that opens another one may use it before we know (RFC 9329 section 6.1). NULL:
 * there is none. Two whose SPIs are the same in the bits of SAD_MAX are not there at
 * once; those that we choose are not (ctrl/dp/sadb_spi.c).
 *
 * spi   host order
 *
 * Any thread.
 */
struct sa_rt *sad_of_stream(const struct sad *sad, uint32_t spi);

#endif
