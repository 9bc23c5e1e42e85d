/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IKE SAs, their CHILD SAs, and the exchanges that run over them: the state of
 * the engine. Shared by the files of ctrl/ike alone; one thread.
 *
 * An IKE SA has at most one exchange of its own under way (window size 1) and
 * at most one of the peer's; each is a struct exchange, which remembers what it
 * waits for. What each does is in exchanges.h.
 */
#ifndef CYG_IKE_SA_H
#define CYG_IKE_SA_H

#include <sys/queue.h>

#include "ctrl/base/bucket.h"
#include "ctrl/base/clock.h"
#include "ctrl/base/heap.h"
#include "ctrl/crypto/hash.h"
#include "ctrl/ike/engine.h"
#include "ctrl/ike/keys.h"
#include "ctrl/ike/proposal.h"
#include "ctrl/ike/ts.h"
#include "ctrl/wire/ike.h"
#include "ctrl/wire/ike_build.h"

#define MESSAGE_MAX 16384	     /* octets of a message that we make */
#define RESENDS_NS  (200 * NS_PER_S) /* a peer sends again for so long */

/* After a failure rekeying is tried again, at random. Where the two sides are in
 * each other's way, that of an IKE SA is later than that of a child. */
#define CHILD_RETRY_S	   20U
#define CHILD_RETRY_RAND_S 10U
#define IKE_RETRY_S	   16U
#define IKE_RETRY_RAND_S   8U

/*
 * CHILD SAs that a peer may make under one IKE SA; and as many again in the place of
 * those, for as long as it leaves these to be deleted.
 */
#define CHILDREN_MAX 256U

/* Of a connection that is of nobody but hosts one, in the bucket of its address. */
struct conn_host {
	LIST_ENTRY(conn_host) of_host;
	struct conn *conn;
};

/* A connection as loaded; SAs hold on to the one that they were made from. */
struct conn {
	struct conn_conf conf;
	unsigned int refs;
	bool is_missing;   /* stands for one that is loaded no more */
	uint64_t asked_ns; /* for what its peer's name is; 0: never */
	/* While it is loaded; what points at it, and the next of its bucket. */
	struct conn *next, **at, *next_named;
	uint64_t order;		    /* of loading; its successor's, too */
	LIST_ENTRY(conn) of_others; /* of no host's bucket; or */
	struct conn_host hosts[CONN_ADDRS_MAX];
	size_t n_hosts;
};

LIST_HEAD(conn_list_head, conn);
LIST_HEAD(conn_host_list, conn_host);

/* Octets that are kept: a message of ours, or the peer's first. */
struct octets {
	uint8_t *ptr; /* owned */
	size_t len;
};

/* Additional key exchanges of a CREATE_CHILD_SA; see followup.h. */
struct followup;

/* Of a handshake with IKE_INTERMEDIATE; see intermediate.h. */
struct intermediate;

/* Of a handshake with a PPK; see ppk.h. */
struct ppk;

/* Of a handshake with a signature; see proof.h. */
struct proof;

/* Those that wait for a CRL or OCSP, and for which ones; see fetching.h. */
TAILQ_HEAD(proof_list, proof);
struct fetch_wait;
TAILQ_HEAD(fetch_queue, fetch_wait);
LIST_HEAD(fetch_wait_list, fetch_wait);

#define WANTED_MAX   32U /* at a time */
#define WAIT_BUCKETS 256U

/* What was asked for, and is not answered yet. */
struct wanted_status {
	enum status_kind kind;
	uint8_t sha256[CERTIFICATE_SHA256];
	uint8_t key[STATUSES_KEY];
	uint64_t until_ns; /* then it is forgotten; 0: nothing is */
};

#define STAPLES_MAX 8

/* What a responder says of a certificate of ours; see staple.h. */
struct staple {
	uint8_t sha256[CERTIFICATE_SHA256];
	uint64_t asked_ns;   /* 0: there is none */
	struct owned octets; /* empty: it has not come yet */
};

/* Fragments that wait for others; see fragment.h. */
struct gathered;

/* What the keeper of records knows of an SA; see record.h. */
struct recorded {
	bool is_kept; /* there is a record */
	uint8_t digest[HASH_SHA1_BYTES];
};

enum child_state {
	CHILD_ST_LARVAL,    /* its inbound SPI is taken */
	CHILD_ST_INSTALLED, /* both SAs are in the SAD */
	CHILD_ST_DELETING,  /* or to be deleted, as the peer shall */
};

struct child_sa {
	enum child_state state;
	struct conn *conn; /* held: its IKE SA may be under a newer one */
	const struct child_conf *conf; /* of conn */
	uint32_t spi_in, spi_out;      /* host order; 0: not yet */
	/* Their names in the SAD, and whether it has them for us to DELETE. */
	struct sadb_id in, out;
	bool has_in, has_out;
	bool up;    /* an event said so */
	bool asked; /* we asked the peer to delete it */
	bool again; /* made anew when its IKE SA is over, see reauth.h */
	/* What was agreed; of ours before that, what is offered first. */
	struct ts_kept local_ts, remote_ts;
	uint8_t mode;	  /* enum sadb_mode */
	uint8_t protocol; /* IKE_PROTO_ESP or IKE_PROTO_AH */
	/* What the peer's rekeying made in its place, by its inbound SPI: then
	 * it is the peer's to delete. 0: nothing, or it is gone. */
	uint32_t replaced_by; /* see child_set_replaced() */
	LIST_ENTRY(child_sa) of_bound, of_replaced, of_spi, of_policy, of_near;
	/* Of child_near.c: the later it came, the more it is. */
	uint64_t near_order;
	uint32_t *near_count; /* of those with as many bits; the engine's */
	uint8_t near_bits;
	uint64_t rekey_ns; /* 0: never */
	uint64_t expire_ns;
	/*
	 * Has the peer both SAs for sure? An initiator knows; a responder does
	 * when the peer uses one or goes on to another exchange. It is bound
	 * then, or at bind_ns, and rekeyed only then, or after trust_ns.
	 */
	bool confirmed;
	uint64_t bind_ns;    /* 0: not waited for */
	uint64_t idle_at_ns; /* see idle.h; 0: never */
	uint64_t trust_ns;   /* 0: confirmed */
	bool bound;	/* its policy's outbound SA, as far as we asked; see
		       child_set_bound() */
	bool lost;	/* the SAD no longer has both: it is rekeyed at once */
	bool more_ts;	/* the peer takes others than these in another one */
	bool draining;	/* its outbound SA was asked to leave the SAD */
	bool succeeded; /* another one is there in its place, events say */
	/* See child_cpus.h. */
	bool of_cpus; /* one of several; of ours before that, it is to be */
	bool no_more; /* the fall-back: the peer takes none beside those */
	uint8_t cpu;  /* a worker's number and 1; 0: the fall-back */
	/* What of it is to be seen besides. */
	uint32_t view_id;
	uint16_t encr, encr_key_bits, integ, ke;
	uint16_t addke[IKE_ADDKES]; /* KE_NONE: it is left out */
	bool esn, encap;
	uint32_t stream; /* of its IKE SA when the first was described */
	uint64_t installed_ns;
	struct recorded recorded;
	struct ike_sa *sa; /* under which it is, once it is bound or listed */
	struct child_sa *next;
};

LIST_HEAD(child_list, child_sa);
LIST_HEAD(ike_list, ike_sa);

/* Virtual IPs of an IKE SA; see cp.h. */
struct cp;

enum ike_state {
	IKE_ST_INIT, /* IKE_SA_INIT is under way */
	IKE_ST_AUTH, /* keys are there, IKE_AUTH is under way */
	IKE_ST_ESTABLISHED,
	IKE_ST_DELETING, /* we said DELETE */
	IKE_ST_DEAD,	 /* over; answers what it has answered before */
};

enum exchange_kind {
	EX_NONE,
	EX_INIT,
	EX_RESUME, /* IKE_SESSION_RESUME, in place of that */
	EX_INTERMEDIATE,
	EX_AUTH,
	EX_CHILD,     /* CREATE_CHILD_SA of a CHILD SA, new or rekeyed */
	EX_REKEY_IKE, /* CREATE_CHILD_SA of the IKE SA itself */
	EX_INFO,
	EX_MOBIKE, /* INFORMATIONAL, see mobike.h */
};

/* Which one of these it is. */
enum mobike_kind {
	MOBIKE_NONE,
	MOBIKE_UPDATE, /* we are elsewhere */
	MOBIKE_CHECK,  /* is the peer where it says? */
	MOBIKE_ADDRS,  /* our additional ones */
	MOBIKE_ASK,    /* liveness, through a NAT */
};

#define COOKIE2_BYTES 16U

/* What an exchange waits for; each names the question whose answer comes. */
enum exchange_step {
	STEP_RESPONSE, /* the peer's */
	STEP_RESOLVE,  /* EX_INIT: the peer's address */
	STEP_RESOLVED, /* it is there */
	STEP_KE,
	STEP_TICKET, /* EX_RESUME: to be opened */
	STEP_AUTH_MAKE,
	STEP_AUTH_PLAIN, /* the same for a peer without our PPK */
	STEP_AUTH_CHECK,
	STEP_PPK,
	STEP_GETSPI,
	STEP_ADD_IN,
	STEP_ADD_OUT,
	STEP_BIND,
	STEP_DRAIN, /* of an outbound SA, before DELETE is sent */
};

struct exchange {
	enum exchange_kind kind;
	enum exchange_step step;
	uint64_t token; /* of the question; 0: none */
	uint32_t message_id;
	struct ke *ke;	    /* owned; ke_shared() is g^ir */
	uint16_t ke_method; /* of ke */
	struct nonce ni, nr;
	struct followup *followup; /* owned; NULL: there are none */
	struct chosen chosen;	   /* its spi is not used */
	struct child_sa *child;	   /* owned until it is installed */
	uint32_t old_spi_in; /* of the child that is rekeyed or deleted, or 0 */
	struct ike_sa *heir; /* EX_REKEY_IKE: owned until it takes over */
	unsigned int restarts;	  /* INVALID_KE_PAYLOAD so far */
	struct nonce rival_nonce; /* the lower one of the peer's rekeying of the
				     same, done meanwhile; empty: none */
	uint64_t rival_spi; /* EX_REKEY_IKE: our SPI of what that made, or 0 */
	uint32_t rival_spi_in; /* EX_CHILD: likewise; it may be gone again */
	uint16_t child_error;  /* enum ike_notify_type; 0: none */
	bool initial_contact;  /* EX_AUTH: the peer says so */
	bool childless;	       /* EX_AUTH: it asks for no CHILD SA */
	bool wants_ticket;     /* EX_AUTH: the peer asks for one */
	bool no_tfc;	  /* the peer takes no TFC padding (section 1.3.1) */
	bool transport;	  /* the peer says USE_TRANSPORT_MODE */
	bool single_pair; /* ours: the peer takes one pair of addresses alone */
	bool more_ts;	  /* the peer's: another child takes what this leaves */
	bool deletes_ike; /* EX_INFO: ours says so */
	enum mobike_kind mobike;	/* EX_MOBIKE */
	uint8_t cookie2[COOKIE2_BYTES]; /* MOBIKE_CHECK */
};

struct early {
	size_t len;
	uint8_t octets[];
};

struct ike_sa {
	struct engine *e;
	uint32_t id;
	enum ike_state state;
	bool initiator;
	struct conn *conn; /* NULL: a responder's before IKE_AUTH */
	struct ike_path path;
	struct ike_path asked_by; /* by which the peer's request came; its reply
				     goes back by the same, section 2.11 */
	uint64_t spi_i, spi_r;
	bool nat_local, nat_remote; /* who is behind one */
	bool knows_nats;	    /* the peer says how it sees addresses */
	bool fragments;		    /* both sides take them */
	bool uses_ppk;		    /* one is mixed into its keys */
	bool has_keys;
	bool is_again; /* the peer has sent its last request again */
	/* See redirect.h. */
	bool takes_redirect;	/* the peer does */
	bool is_sent_on;	/* with IKE_AUTH, and hence without a child */
	unsigned int redirects; /* of ours, since then */
	uint64_t redirects_since_ns;
	struct addr redirected_from; /* if there were any */
	struct gateway *redirect_to; /* owned; NULL: nowhere. In IKE_ST_INIT it is a
					name, whose address is waited for */
	/* See mobike.h. */
	bool mobike; /* both sides have it */
	bool began;  /* the first IKE SA in whose place it is was ours */
	bool tells_update, tells_check,
		tells_addrs;	 /* as soon as its turn comes */
	struct addr *peer_addrs; /* owned; others than the one in use */
	unsigned int n_peer_addrs;
	uint8_t mapped[HASH_SHA1_BYTES]; /* how the peer saw our address; zeros:
					    it did not say */
	/* See stream.h. */
	uint64_t stream_token;	  /* of one that is being opened; 0: none is */
	uint64_t stream_asked_ns; /* since then */
	bool stream_is_good;	  /* the peer was heard by the one in use */
	bool tells_stream;	  /* the peer shall know it, or be missed */
	uint32_t on_stream;	  /* as it was when it was touched last */
	uint32_t keeps_stream;	  /* of which was told that it stays */
	struct early *early; /* owned; by it, a request that came too early */
	LIST_ENTRY(ike_sa) of_stream;
	bool takes_childless; /* the peer does, see RFC 6023; of the handshake */
	struct gathered *gathered[2]; /* owned; of a request, of a response */
	struct keys keys;
	struct chosen suite; /* of the handshake; its spi is not used */
	struct identity local_id, peer_id; /* type 0: not known yet */
	uint8_t peer_id_reserved[3];	   /* of its ID payload, as received */
	uint32_t peer_methods;		   /* see methods.h; 0: it said none */
	/* Of signatures that it takes: a bit for each enum ike_hash; 0: it has no
	 * RFC 7427. */
	uint16_t peer_hashes;

	/* Of the handshake; freed when it is over. */
	struct nonce ni, nr;
	struct octets first_i, first_r; /* messages of IKE_SA_INIT */
	struct octets cookie;
	struct ppk *ppk;     /* both sides say USE_PPK; else NULL */
	struct proof *proof; /* owned; NULL: nobody signs, as far as is known */
	struct intermediate *intermediate; /* both sides take it; else NULL */
	struct ticket *by_ticket; /* which it resumes, see ticket.h; or NULL */
	/* See rounds.h: which one of IKE_AUTH is under way, from 0; both take several;
	 * the peer says that another follows; what its first request asks for. */
	uint8_t round;
	bool takes_rounds, round_follows;
	struct exchange *round_asked; /* owned; NULL: nothing is put aside */
	unsigned int restarts;	      /* COOKIE and INVALID_KE_PAYLOAD so far */
	uint64_t half_open_ns; /* ends when it is not established by then, or has
				  no address of its peer */
	struct ike_sa *next_stranger; /* of its bucket */
	struct addr stranger_addr;    /* by which it stands there */
	bool is_stranger;	      /* in the engine's table of them */

	/* Windows of size 1, RFC 7296 section 2.3. */
	struct exchange ours, peers;
	struct exchange *aside; /* the peer's, see followup.h; NULL: none */
	uint32_t next_ours, next_peers;
	struct octets request;	/* ours, until its exchange ends */
	uint64_t request_after; /* it left with the record of that number */
	struct octets frozen;	/* see record_freeze() */
	unsigned int tries;
	uint64_t resend_ns;  /* 0: nothing to send again */
	struct octets reply; /* to the peer's last, with next_peers - 1 */
	uint64_t reply_after;

	struct cp *cp; /* owned; NULL: neither side has a virtual IP */
	const struct child_conf *wanted; /* to be made first; NULL: none */
	struct ts_first wanted_first;	 /* by the packet that waits for it */
	struct wish *wishes;		 /* owned: further ones, in wish.c */
	unsigned int attempts;		 /* to make it, before this one */
	struct child_sa *children;	 /* owned */
	uint64_t begun_ns; /* it was made here, or its first message came */
	uint64_t heard_ns; /* last authenticated message of the peer's */
	uint64_t rekey_ns, expire_ns; /* 0: never */
	uint64_t replaced_ns;	     /* it goes then, see unique.h; 0: not so */
	struct ticketing *ticketing; /* owned, see ticket.h; NULL: nothing yet */
	struct proven *proven;	     /* owned, see proven.h; NULL: no ticket */
	/* See reauth.h. */
	uint64_t reauth_ns;	   /* 0: never */
	unsigned int reauth_tries; /* so far */
	uint32_t elder; /* view id of the one whose place it takes, or 0 */
	bool delete_wanted;
	bool begins_anew; /* when it is over */
	bool failed;	  /* an event said why; its end is no news */
	bool is_remade;	  /* it has been made as another one with an elder */
	bool has_heir;	  /* another has its children; it is to be deleted */
	uint32_t heir_of; /* view id of the one that the peer's rekeying of made
			     this one; 0: that of none */
	bool is_spare;	  /* of two heirs the one that goes, events say */
	uint64_t drop_ns; /* the peer was to delete it by then; 0: not so */
	/* The peer's rekeying made it, and the peer may not have it yet: until it
	 * is heard from, or then, nothing is begun here; 0: not so. */
	uint64_t quiet_ns;
	struct heap_node due; /* as it was when it was touched last */
	bool touched;
	bool lingers; /* counted in n_lingering */
	struct ike_sa *next_touched;
	/* See sa_of_peer(). */
	LIST_ENTRY(ike_sa) of_peer;
	uint64_t peer_hash;
	struct ike_sa *next_dead;

	struct recorded recorded;

	/* See view.h. */
	uint32_t view_id;
	uint64_t established_ns; /* 0: not yet */
	bool is_changed, is_told;
	struct ike_sa *next_changed;
};

#define STRANGER_BUCKETS 1024U
#define CONN_BUCKETS	 1024U
#define HOST_BITS	 12U /* of a hash of addresses */
#define BOUND_BUCKETS	 1024U
#define SPI_BUCKETS	 4096U
#define PEER_BUCKETS	 4096U
#define STREAM_BUCKETS	 1024U
#define NEAR_BUCKET_BITS 12U
#define NEAR_BITS	 128U /* of an address */

/* In order; see post.h. */
struct post;
struct post_queue {
	struct post *first;
	struct post *last; /* if there is a first */
};

struct engine {
	struct engine_calls calls;
	struct ike_options options;
	struct creds *creds;	   /* a reference; NULL: there are none */
	struct statuses *statuses; /* a reference: fetched so far */
	struct cert_cache *certs;  /* a reference: peers', as they were read */
	struct proof_list fetching;
	struct fetch_queue unasked; /* until one of wanted is free */
	struct fetch_wait_list waits[WAIT_BUCKETS]; /* by their keys */
	struct wanted_status wanted[WANTED_MAX];
	struct staple staples[STAPLES_MAX];
	struct conn *conns, **conns_end;  /* in the order of loading */
	struct conn *named[CONN_BUCKETS]; /* by their names */
	struct conn_host_list hosts[1U << HOST_BITS]; /* by their peers' addresses */
	struct conn_list_head others; /* whose peer may be elsewhere */
	uint64_t conn_orders;	      /* given so far */
	struct pool *pools;	      /* of virtual IPs; see pool.h */
	struct ike_sa **slots;	      /* by id; NULL: free */
	uint32_t n_slots;
	uint32_t *free_slots; /* a stack, with room for all of them */
	uint32_t n_free;
	/*
	 * Half-open SAs that peers' first messages made, by the peer's address;
	 * whoever has as many as one address may have is turned away, so a
	 * bucket is short.
	 */
	struct ike_sa *strangers[STRANGER_BUCKETS];
	unsigned int n_strangers;
	uint64_t stranger_key; /* nobody knows whose bucket is whose */
	unsigned int n_lingering;
	/* What strangers cause, in the span of time that began then. */
	uint64_t trouble_since_ns;
	unsigned int n_trouble;
	struct bucket invalid[IKE_ALERT_N]; /* see invalid_message() */
	struct heap due;	     /* the SAs, with room for all of them */
	struct ike_sa *touched;	     /* see sa_touch() */
	struct ike_sa *dead;	     /* see sa_reap() */
	struct ike_sa *changed;	     /* to be told of, see view.h */
	struct departure *departing; /* in child_depart.c */
	/* In child_lists.c; of bound ones by their policies. */
	struct child_list bound[BOUND_BUCKETS], replaced;
	struct child_list by_spi[SPI_BUCKETS]; /* inbound ones; of IKE SAs' lists */
	struct child_list by_policy[BOUND_BUCKETS]; /* the same ones */
	/* In child_near.c; how many have a prefix of that length, by policy. */
	struct child_list near[1U << NEAR_BUCKET_BITS];
	uint32_t near_bits[BOUND_BUCKETS][NEAR_BITS + 1];
	uint64_t near_orders; /* given so far */
	struct ike_list by_peer[PEER_BUCKETS];
	struct ike_list by_stream[STREAM_BUCKETS]; /* in stream.c */
	struct later *later;			   /* in later.c */
	struct ticket *tickets;			   /* in ticket.c: peers' */
	bool has_young;	    /* one may take another's place, see elder */
	uint32_t initiated; /* view id of the IKE SA of the last initiation */
	uint32_t views;	    /* ids given out for that */
	unsigned int n_sas, n_half_open;
	uint32_t spi_mask; /* hides slots in SPIs */
	uint32_t tokens;   /* begins anywhere: what an earlier engine asked for
			    answers nothing here */
	uint64_t now_ns;   /* of the call that runs */
	struct {
		struct addr peer;
		uint64_t until_ns; /* 0: nobody looks */
		uint64_t second_ns;
		unsigned int told, untold; /* in that second, and since */
	} trace;			   /* in trace.c */
	uint64_t orphans_ns; /* until then there may be, see engine_orphans() */
	/* See record.h and post.h. */
	bool records_are_kept;
	uint64_t records;  /* made so far: the last octets are their number */
	uint64_t recorded; /* so many of them are kept */
	struct ike_record record[2]; /* one may wait for the next */
	unsigned int record_at;	     /* which one waits, or would */
	bool record_waits;
	struct post_queue fresh, waiting;
	/* See takeover.h. */
	uint16_t generation;
	bool took_over;
	uint8_t cookie_secret[2][32];
	uint8_t cookie_version;
	uint64_t cookie_since_ns[2];	/* 0: before the first call */
	uint8_t room[MESSAGE_MAX];	/* for a message that is being made */
	uint8_t fragments[MESSAGE_MAX]; /* and for those that it is cut into */
};

/* --- sa.c: life and lookup */

struct ike_sa *sa_new(struct engine *e, bool initiator,
		      const struct ike_path *path);
struct ike_sa *sa_by_spi(const struct engine *e, uint64_t spi_local);
struct ike_sa *sa_by_id(const struct engine *e, uint32_t id);

/*
 * Others whose peer may be the same, as they were when the last call into the engine
 * ended: which are, is to be seen. The one behind after, at first NULL; NULL: no more.
 */
struct ike_sa *sa_of_peer(const struct ike_sa *sa, const struct ike_sa *after);

/* Of one that was touched; and of one that is over. */
void sa_list_peer(struct ike_sa *sa);
void sa_unlist_peer(struct ike_sa *sa);

/* A half-open one that the peer's first message made; NULL: none. */
struct ike_sa *sa_by_first(const struct engine *e, const struct ike_path *path,
			   struct slice message);

/* Half-open ones of peers at this address. */
unsigned int sa_strangers_at(const struct engine *e, const struct addr *remote);

/* Is there room for one more half-open SA of a peer at this address? */
bool sa_may_come(const struct engine *e, const struct addr *remote);

/* It is one that a peer's first message made, until it is half-open no more. */
void sa_set_stranger(struct ike_sa *sa);

/*
 * Somebody who has proved nothing has caused an event or a refusal. False: more
 * than need be told of. Many of them make cookies wanted.
 */
bool engine_note_trouble(struct engine *e);
bool engine_is_in_trouble(const struct engine *e);
uint64_t sa_spi_local(const struct ike_sa *sa);

/* The only function that changes sa->state. */
void sa_set_state(struct ike_sa *sa, enum ike_state state);

/*
 * It is over: children leave the SAD, an event says why, and nothing finds it
 * any more. Its memory stays until sa_reap(), at the end of a call into the
 * engine, so that whoever has a pointer to it may go on.
 */
void sa_close(struct ike_sa *sa, const char *why);

/* The same, but the last reply is still given again, should it be lost: for as
 * long as a peer asks again, or some seconds if it did not authenticate. */
void sa_linger(struct ike_sa *sa, const char *why);

/* A lingering one, when its time is up. */
void sa_bury(struct ike_sa *sa);

/* The last thing in every call into the engine. */
void sa_reap(struct engine *e);

/* It is over, or given up: what it owns goes, SAs that it was making too. */
void exchange_end(struct ike_sa *sa, struct exchange *x);

/* Its times begin: rekeying and the end, as the connection says. */
void sa_start_life(struct ike_sa *sa);

/* So many seconds from now, less a random part of rand_s; 0: never. */
uint64_t sa_after(struct ike_sa *sa, uint32_t s, uint32_t rand_s);

/* What only the handshake needed. */
void sa_handshake_done(struct ike_sa *sa);

/*
 * Of an engine that ended, with its own slot and SPI. 0; -EINVAL: they can't be, or
 * the slot is taken; -ENOMEM. No SA is made before sa_placed(), once for all.
 */
int sa_may_be_placed(struct engine *e, const struct ike_sa *sa);
void sa_place(struct engine *e, struct ike_sa *sa);
void sa_placed(struct engine *e);

bool octets_set(struct octets *o, struct slice s);
void octets_free(struct octets *o); /* wipes */

/* --- tell.c: what others are told */

void sa_event(const struct ike_sa *sa, enum ike_event_kind kind,
	      const struct child_sa *child, const char *text);

/* It is up in another one's place; of a child elder_spi_in, else elder_id. */
void sa_event_heir(const struct ike_sa *sa, const struct child_sa *child,
		   uint32_t elder_id, uint32_t elder_spi_in);

/* Of strangers not more than need be told of. */
void sa_alert(const struct ike_sa *sa, enum ike_alert alert);

/* Something to be counted; sa NULL: of no IKE SA. */
void sa_count(const struct engine *e, const struct ike_sa *sa,
	      enum ike_count what);

/*
 * A message that is of no use: counted, and an alert unless there were many of late.
 *
 * sa   whose it would be; NULL: nobody's
 */
void invalid_message(struct engine *e, const struct ike_sa *sa,
		     const struct ike_path *path, enum ike_alert alert);

/* A message, as its header says. */
void sa_count_message(const struct engine *e, const struct ike_sa *sa,
		      const struct ike_header *h, bool out);

/* From now on its messages go this way. */
void sa_move(struct ike_sa *sa, const struct ike_path *path);

/* --- conns.c: connections as loaded */

struct conn *conn_hold(struct conn *c);
void conn_drop(struct conn *c);
struct conn *conn_by_name(const struct engine *e, const char *name);

/* Of that name, or the first for NULL; NULL: there is none. */
const struct child_conf *conn_wanted(const struct conn *c, const char *name);

/*
 * Held: the one of that name, if it has the child; else one that stands for it. Such
 * a one has the default proposals, so that a rekeying of the IKE SA that is under
 * way may end, and a child without any. NULL: out of memory.
 *
 * child   NULL: none is wanted
 */
struct conn *conn_take(const struct engine *e, const char *name,
		       const char *child, const struct child_conf **conf);

/*
 * The one that fits an IKE_SA_INIT request best: of those for its addresses
 * whose proposals have something in common with the offer, the one that names
 * them most exactly. Without any, the best by addresses alone and false.
 *
 * offer   body of the SA payload
 * out     set to NULL when there is none for the addresses
 */
bool conn_for_offer(struct engine *e, const struct ike_path *path,
		    struct slice offer, struct conn **out,
		    struct chosen *chosen);

/*
 * The one for a peer that says who it is, and perhaps whom it wants (else me is
 * NULL): what its identity and then its address match most exactly, among those
 * that would have agreed to the suite of this SA. NULL: none.
 */
struct conn *conn_for_peer(const struct ike_sa *sa, const struct identity *me);

/* --- seal.c: protection */

/* Of a message that is all there, for this path. What comes out may be several
 * datagrams, one behind the other. */
bool message_seal(struct ike_sa *sa, const struct ike_path *path,
		  struct ike_builder *m, struct slice *out);

/* --- message.c: windows, retransmission */

/* A message under way: header written, SK open where the SA has keys. */
void message_begin(struct ike_sa *sa, struct ike_builder *m,
		   enum ike_exchange exchange, bool response, uint32_t id);

/* Sends our request and keeps it until its response; false: it did not fit. */
bool request_send(struct ike_sa *sa, struct ike_builder *m, bool first);

/* Sends the reply to the peer's request and keeps it. */
bool reply_send(struct ike_sa *sa, struct ike_builder *m);

/* A reply that is one notification. */
void reply_notify(struct ike_sa *sa, enum ike_exchange exchange, uint16_t type,
		  struct slice data);

/* The peer's request is not well formed: it is told, and the IKE SA is over on both
 * sides, without a DELETE (section 2.21.3). */
void reply_syntax(struct ike_sa *sa, enum ike_exchange exchange,
		  const char *why);
void request_resend(struct ike_sa *sa);

/* One that an engine before this one sent. */
void request_take_over(struct ike_sa *sa);

/* A response outside of any SA (section 1.5), not protected. */
void notify_unprotected(struct engine *e, const struct ike_path *path,
			const struct ike_header *h, uint16_t type,
			struct slice data);

/* --- questions: set what the exchange waits for, then ask */

/* Of ours, and of the peer's as the parser bounds it, in place of what was there;
 * false: no memory, or no chance. */
MUST_CHECK bool nonce_make(struct ike_sa *sa, struct nonce *n);
MUST_CHECK bool nonce_take(struct nonce *n, struct slice body);
void nonce_free(struct nonce *n);

/* The lower one of two that are not needed any more, in place of what was there. */
void nonce_take_lower(struct nonce *n, struct nonce *a, struct nonce *b);
const struct nonce *nonce_lower(const struct nonce *a, const struct nonce *b);
bool nonce_is_lower(const struct nonce *a, const struct nonce *b);

/* Of a question; the second for an exchange, which waits for it from now on. */
uint64_t token_next(const struct ike_sa *sa);
uint64_t token_new(struct ike_sa *sa, struct exchange *x,
		   enum exchange_step step);
bool ask_ke(struct ike_sa *sa, struct exchange *x, const struct ke_alg *alg,
	    struct slice peer);

/* --- commands.c */

/* What brings a child up, when nobody asks for it by name. */
struct cause {
	unsigned int attempts;	     /* before this one */
	const struct ike_sa *not_by; /* another one is to have it; or NULL */
	const struct ts_first *first; /* of a packet that waits for it; or NULL */
	const struct ike_sa *sent_on; /* whose peer sends us there; or NULL */
	const struct gateway *gateway;
};

/* engine_initiate() from inside a call into the engine. */
int sa_initiate(struct engine *e, const char *conn, const char *child,
		const struct cause *cause);

/* By an IKE SA of its own, whatever there is. wanted NULL: without a child. */
int sa_initiate_ike(struct engine *e, struct conn *c,
		    const struct child_conf *wanted, const struct cause *cause);

/*
 * The way to the peer: to the first of its addresses to which there is one. Where
 * no local address is named, from the one by which it is reached.
 */
bool conn_path(const struct engine *e, const struct conn_conf *c,
	       struct ike_path *out);

/* Is it one of this host's? */
bool addr_is_here(const struct engine *e, const struct addr *a);

/* The same to that gateway alone. */
bool conn_path_to(const struct engine *e, const struct conn_conf *c,
		  const struct addr *gateway, struct ike_path *out);

/* --- time.c: what is due */

/* Whatever waits to be started, if nothing is under way. */
void sa_next(struct ike_sa *sa);

/* When it wants to be looked at, by what it is now; UINT64_MAX: never. */
uint64_t sa_deadline(const struct ike_sa *sa);

/*
 * Its deadline may be another one than before: it is computed again when the call
 * into the engine ends. Whatever a call finds is touched, and what is new or
 * changes its state; who gives another IKE SA something to do touches that.
 */
void sa_touch(struct ike_sa *sa);
void sa_retime_touched(struct engine *e);
void sa_untime(struct ike_sa *sa); /* no more */

/* --- wish.c: children to be made when their turn comes */

/* conf is one of conn's, which is held; first is NULL, or of a packet that waits.
 * false: no memory. */
bool wish_add(struct ike_sa *sa, struct conn *conn,
	      const struct child_conf *conf, const struct ts_first *first,
	      uint64_t at_ns);

/* Of the first one; 0: there is none. */
uint64_t wish_at_ns(const struct ike_sa *sa);
void wish_begin(struct ike_sa *sa);

/* Of that policy, for that packet; NULL: any. */
bool wish_has(const struct ike_sa *sa, uint32_t policy,
	      const struct ts_first *first);

/* How many of that policy, under whichever IKE SA. */
unsigned int wishes_of(const struct engine *e, uint32_t policy);
void wishes_move(struct ike_sa *to, struct ike_sa *from);

/* Each is to be made by another IKE SA. */
void wishes_pass(struct ike_sa *sa);

/* They go, each with an event unless why is "". */
void wishes_fail(struct ike_sa *sa, const char *why);

#endif
