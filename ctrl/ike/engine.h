/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IKEv2 engine (RFC 7296), without input or output of its own: datagrams,
 * answers, commands and the time go in; datagrams, questions, events and the
 * next deadline come out. It blocks on nothing and reads no clock.
 *
 * What it asks (of the SAD, the keystore, the threads for key exchange and
 * signatures) is answered later, in any order, by the call of the same name; a late answer
 * for what is gone is dropped here. Calls go out from inside engine_*() and
 * must not call back into the engine. One thread.
 */
#ifndef CYG_IKE_ENGINE_H
#define CYG_IKE_ENGINE_H

#include "ctrl/base/secret.h"
#include "ctrl/base/slice.h"
#include "ctrl/crypto/ke.h"
#include "ctrl/ike/verify.h"
#include "ctrl/model/conn.h"
#include "ctrl/model/ike_alert.h"
#include "ctrl/model/ike_counts.h"
#include "ctrl/model/ike_options.h"
#include "ctrl/model/ike_redirect.h"
#include "ctrl/model/keystore.h"
#include "ctrl/model/pool.h"
#include "ctrl/model/record.h"
#include "ctrl/model/sadb.h"
#include "ctrl/model/sas.h"
#include "ctrl/model/stream.h"
#include "ctrl/model/ticket.h"
#include "ctrl/pki/creds.h"

struct engine;

/*
 * Where a datagram comes from or goes to; ports in host order. By TCP it is a message
 * of a stream (RFC 9329), and the ports are the stream's.
 */
struct ike_path {
	struct addr local;
	struct addr remote;
	uint16_t local_port;
	uint16_t remote_port;
	uint16_t dscp;	 /* of what goes out */
	uint32_t stream; /* 0: by UDP */
};

/*
 * A key exchange, for a thread of its own: a private value, if ke is NULL, and
 * with the peer's public value the shared secret, in ke. Handed over with the
 * call, handed back with engine_ke_done().
 */
struct ke_job {
	uint64_t token;
	const struct ke_alg *alg;
	struct ke *ke;
	uint8_t peer[KE_PUBLIC_MAX_BYTES];
	size_t peer_len; /* 0: only a private value is wanted */
	int err;
};

/* Does what a job asks for. Any thread. ke_job_free() wipes; NULL is fine. */
void ke_job_run(struct ke_job *job);
void ke_job_free(struct ke_job *job);

enum ike_event_kind {
	IKE_EV_IKE_UP,
	IKE_EV_IKE_DOWN,
	IKE_EV_CHILD_UP,
	IKE_EV_CHILD_DOWN,
	IKE_EV_IKE_MOVED, /* path is where it goes on, its view's where it was */
	IKE_EV_ALERT,	  /* beside what else is told: see alert */
	IKE_EV_FAILED,	  /* an attempt: see text; the last kind */
};

/* Borrowed for the call. */
struct ike_event {
	enum ike_event_kind kind;
	const char *conn;  /* "" when none was found */
	const char *child; /* "" unless it is a child's */
	uint32_t ike_id;   /* as in struct ike_sa_view */
	struct ike_path path;
	uint32_t spi_in, spi_out; /* host order; of a child */
	const char *text;	  /* in plain words; "" when all is well */
	/* Of what is up: in whose place it comes; 0: nobody's. */
	uint32_t elder_id;     /* of an IKE SA */
	uint32_t elder_spi_in; /* of a child */
	bool succeeded; /* what is down: another one is there in its place */
	enum ike_alert alert;
};

#define IKE_TRACE_TEXT_MAX 1024 /* with the NUL */
#define IKE_TRACE_PER_S	   100	/* messages that are told of */

/* A message with the peer that is looked at; borrowed for the call. */
struct ike_traced {
	const struct ike_path *path;
	bool out;
	uint64_t spi_i, spi_r;
	uint8_t exchange; /* enum ike_exchange */
	bool response;
	uint32_t message_id;
	unsigned int untold; /* before it, of too many */
	const char *text;    /* its payloads, or what is wrong with it */
};

/* No member may be NULL but those that say so. */
struct engine_calls {
	void (*send)(void *ctx, const struct ike_path *path,
		     struct slice datagram); /* a non-ESP marker is not in it */
	void (*sadb)(void *ctx, const struct sadb_request *q);
	void (*keystore)(void *ctx, const struct keystore_request *q);
	/* Of tickets, see engine_ticket_answer(); it need not be answered. NULL:
	 * there are none, and who brings one is told so. */
	void (*ticket)(void *ctx, const struct ticket_request *q);
	void (*ke)(void *ctx, struct ke_job *job);
	/* A peer's signature and certificates, for a thread of its own, with the
	 * time of the day: handed over, handed back with engine_verified(). NULL:
	 * there are no creds. */
	void (*verify)(void *ctx, struct verify_job *job);
	/* What is to be fetched for a certificate of a peer that is believed but for
	 * that, see engine_fetched(). NULL: nothing is. */
	void (*want)(void *ctx, const struct status_want *w);
	void (*event)(void *ctx, const struct ike_event *e);
	/* Something to be counted, of a connection or of none (""). NULL:
	 * nobody counts. */
	void (*count)(void *ctx, const char *conn, enum ike_count what);
	/* As engine_trace() asked for; NULL: nobody may. */
	void (*traced)(void *ctx, const struct ike_traced *t);
	/* SAs whose state changed, when a call ends; both NULL: nobody looks. */
	void (*ike_view)(void *ctx, const struct ike_sa_view *v);
	void (*child_view)(void *ctx, const struct child_sa_view *v);
	/* An address of a pool that somebody got or gave back; NULL likewise. */
	void (*lease)(void *ctx, const struct pool_lease *l);
	/* For whoever keeps records, see engine_kept(); NULL: nobody does. */
	void (*record)(void *ctx, const struct ike_record *r);
	bool (*random)(void *ctx, void *out, size_t len);
	/* The address from which this host would reach the peer; false: there
	 * is no way. */
	bool (*source)(void *ctx, const struct addr *remote, struct addr *local);
	/*
	 * Which addresses has the name of that connection's peer now? Answered by
	 * engine_resolved(). urgent: somebody waits for it; else it may be left
	 * out. NULL: nobody can say.
	 */
	void (*resolve)(void *ctx, const char *conn, bool urgent);
	/*
	 * Which addresses has that name, as of dns_is_name(), of a gateway to
	 * which a peer redirects us? Answered by engine_gateway_resolved().
	 * NULL: nobody can say.
	 */
	void (*resolve_gateway)(void *ctx, const char *host);
	/*
	 * A TCP connection from path's local address to its remote one and port,
	 * answered by engine_stream_opened(). NULL: there are none.
	 */
	void (*stream_open)(void *ctx, const char *conn,
			    const struct ike_path *path, uint64_t token);
	/* An IKE SA that is up has it; and nobody has it any more. Whoever has
	 * stream_open has these. */
	void (*stream_keep)(void *ctx, uint32_t stream);
	void (*stream_close)(void *ctx, uint32_t stream);
	void *ctx;
};

/* NULL: out of memory. engine_free(NULL) is fine; while records are kept it leaves
 * the SAs where they are, for another engine. */
struct engine *engine_new(const struct engine_calls *calls);
void engine_free(struct engine *e);

/* From now on; until then they are ike_options_default(). */
void engine_set_options(struct engine *e, const struct ike_options *options);

/* By what sides prove themselves from now on, but for signatures' keys, which are the
 * keystore's; handshakes under way keep what they have. Takes a reference; empty
 * ones and NULL are the same: there is nothing. */
void engine_set_creds(struct engine *e, struct creds *creds);

/*
 * A connection, new or in place of the one of that name; SAs that are up keep
 * what they were made from. Copied. 0 or -ENOMEM.
 */
int engine_load(struct engine *e, const struct conn_conf *conn);

/* false: there is none of that name. */
bool engine_unload(struct engine *e, const char *name);

/*
 * A pool, new or in place of the one of that name: with the same addresses it keeps
 * its leases, else peers keep theirs for as long as their IKE SAs last. Copied. 0
 * or -ENOMEM.
 */
int engine_load_pool(struct engine *e, const struct pool_conf *pool);
bool engine_unload_pool(struct engine *e, const char *name);

/* An address as it was told of by an engine that ended, after its pool was loaded:
 * who had it gets it again, if no record says that he has it. What cannot be is
 * left out. */
void engine_restore_lease(struct engine *e, const struct pool_lease *lease);

/* The datagram is decrypted in place. */
void engine_input(struct engine *e, const struct ike_path *path,
		  uint8_t *datagram, size_t len, uint64_t now_ns);
void engine_timeout(struct engine *e, uint64_t now_ns);

/*
 * The stream is there whose opening has this token; or there will be none, path is
 * NULL. Nobody wants it: it is closed.
 *
 * path   with the stream's number, and the ports that it has
 */
void engine_stream_opened(struct engine *e, uint64_t token,
			  const struct ike_path *path, uint64_t now_ns);

/* A stream of either side is there no more. */
void engine_stream_closed(struct engine *e, uint32_t stream, uint64_t now_ns);

/* When engine_timeout() wants to be called; UINT64_MAX: never. */
uint64_t engine_deadline(const struct engine *e);

void engine_sadb_answer(struct engine *e, const struct sadb_answer *a,
			uint64_t now_ns);
void engine_sadb_event(struct engine *e, const struct sadb_event *event,
		       uint64_t now_ns);
void engine_keystore_answer(struct engine *e, const struct keystore_answer *a,
			    uint64_t now_ns);
void engine_ticket_answer(struct engine *e, const struct ticket_answer *a,
			  uint64_t now_ns);
void engine_ke_done(struct engine *e, struct ke_job *job, uint64_t now_ns);
void engine_verified(struct engine *e, struct verify_job *job, uint64_t now_ns);

/*
 * A CRL or a response of OCSP that was wanted, by however many: one that is under way
 * is not wanted again. It need not be answered, and what nobody waits for is dropped.
 * What it says is believed only as far as it is signed.
 *
 * sha256   of the certificate for which it was wanted
 * octets   borrowed for the call; empty: it is not to be had
 */
void engine_fetched(struct engine *e, const uint8_t sha256[CERTIFICATE_SHA256],
		    enum status_kind kind, struct slice octets, uint64_t now_ns);

/* What was fetched so far is forgotten: whoever comes next wants it again. */
void engine_fetch_anew(struct engine *e);

/* Whoever was to fetch is gone, and another one is there: what is not answered is
 * wanted of that one. */
void engine_fetch_again(struct engine *e, uint64_t now_ns);

/*
 * Brings a child up, and the IKE SA that it needs, unless one of that connection
 * is there or on its way. child NULL: the first; without any, the IKE SA alone.
 *
 * 0, -EALREADY (it is up), -ENOENT (no such connection or child), -EADDRNOTAVAIL
 * (no remote address to go to, or no way there: an event, too), -ENODATA (it is made
 * for packets alone, from which it takes selectors), -ENOMEM. How it ends is an
 * event.
 */
int engine_initiate(struct engine *e, const char *conn, const char *child,
		    uint64_t now_ns);

/* Right after that was 0: the ike_id that the attempt's events have. */
uint32_t engine_initiated(const struct engine *e);

/* What a command is about. */
struct ike_target {
	const char *conn;
	const char *child; /* NULL: IKE SAs themselves */
	uint32_t ike_id;   /* as views have them: that one alone; 0: all */
	uint32_t child_id;
};

/*
 * Deletes IKE SAs, or children. How many were found, of each of which an event will say
 * that it is over.
 *
 * An attempt that no peer has answered yet ends at once.
 *
 * force   IKE SAs end at once: the peer is told once, if nothing that it was
 *         asked is under way, and its answer is not waited for
 */
unsigned int engine_terminate_some(struct engine *e, const struct ike_target *t,
				   bool force, uint64_t now_ns);

/* Rekeys IKE SAs, or children; likewise. */
unsigned int engine_rekey_some(struct engine *e, const struct ike_target *t,
			       uint64_t now_ns);

/* Reauthenticates IKE SAs, with all their children; likewise. */
unsigned int engine_reauth_some(struct engine *e, const struct ike_target *t,
				uint64_t now_ns);

/* The same of all IKE SAs of that connection, or children of that name. */
unsigned int engine_terminate(struct engine *e, const char *conn,
			      const char *child, uint64_t now_ns);

unsigned int engine_rekey(struct engine *e, const char *conn, const char *child,
			  uint64_t now_ns);

unsigned int engine_reauth(struct engine *e, const char *conn, uint64_t now_ns);

/* Sends clients elsewhere that follow (RFC 5685), when each has nothing else to do. How
 * many there are. */
unsigned int engine_redirect(struct engine *e, const struct ike_redirect *r,
			     uint64_t now_ns);

/*
 * This host has other addresses, or other ways: IKE SAs that are elsewhere now move
 * (RFC 4555), or are made anew where their peers don't follow.
 */
void engine_addresses_changed(struct engine *e, uint64_t now_ns);

/*
 * The data path has SAs of an engine of which nobody kept records. Their peers have
 * them, too: for a minute they are not told that there are none (INITIAL_CONTACT).
 */
void engine_orphans(struct engine *e, uint64_t now_ns);

/* Tells of each message with that peer until then; peer NULL: of none any more. */
void engine_trace(struct engine *e, const struct addr *peer, uint64_t until_ns);

/* Tells the views of all SAs again, and all leases. */
void engine_show(struct engine *e);

/* --- takeover: what one engine recorded, another goes on with */

/*
 * Somebody keeps records from now on: those of all established SAs are sent, and
 * every datagram and every DELETE to the SAD waits until the records that it
 * depends on are kept. Or nobody does: what waits, leaves. At the start: nobody.
 */
void engine_kept(struct engine *e, bool kept);

/* All records up to that number are kept. */
void engine_recorded(struct engine *e, uint32_t number, uint64_t now_ns);

/* How many engines took over before this one: no IV is used twice under one key.
 * First of all. */
void engine_set_generation(struct engine *e, uint16_t generation);

/*
 * A record of an engine that ended: of IKE SAs first, after the connections were
 * loaded, and before anything else than engine_kept().
 *
 * 0; -EINVAL: it is not whole, or not one of ours; -ENOMEM. Then nothing of it is
 * there.
 */
int engine_restore(struct engine *e, const struct ike_record *r);

/* That was all: if there was any, SAs are claimed, requests sent again. */
void engine_restored(struct engine *e, uint64_t now_ns);

/*
 * What the name of that connection's peer resolved to, asked or not: from there
 * the peer comes, and who waits for it goes there. Without an address it stays
 * what it was, and who waits fails.
 *
 * why   in plain words; n is 0
 */
void engine_resolved(struct engine *e, const char *conn,
		     const struct addr *addrs, size_t n, const char *why,
		     uint64_t now_ns);

/*
 * The answer to resolve_gateway(): whoever waits for that name goes to the first of
 * the addresses to which there is a way, or fails. An answer that nobody waits for
 * any more does nothing.
 *
 * why   in plain words; n is 0
 */
void engine_gateway_resolved(struct engine *e, const char *host,
			     const struct addr *addrs, size_t n,
			     const char *why, uint64_t now_ns);

/* How many IKE SAs there are, half-open ones among them. */
unsigned int engine_count(const struct engine *e, unsigned int *half_open);

#endif
