/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CRLs, OCSP responses and certificates that are wanted: when each is fetched, from
 * where, and for how long it is good. Certificates are wanted for strangers: there is a
 * part of all for them, and none is kept. Who wants one may be taken over, and so may who fetches it: how
 * often is decided here, and where it may lead. Reads no clock and asks nobody itself.
 * Control thread.
 */
#ifndef CYG_DAEMON_FETCHES_H
#define CYG_DAEMON_FETCHES_H

#include <stdbool.h>

#include "ctrl/daemon/helper_seam.h"

#define FETCHES_ID	      32	   /* octets */
#define FETCHES_TOKEN	      (1ULL << 63) /* set in theirs, and in nobody else's */
#define FETCHES_AT_ONCE	      4
#define FETCHES_MAX	      64 /* that are known of */
#define FETCHES_CERTS_AT_ONCE 2	 /* of those, certificates */
#define FETCHES_CERTS_MAX     16
#define FETCHES_MOVES_MAX     3
#define FETCHES_ADDRS_MAX     3	    /* of a name, one after the other */
#define FETCHES_QUEUED_S      10    /* until its turn, else it is refused */
#define FETCHES_LATE_S	      10    /* from then on, for all of it */
#define FETCHES_FAILED_S      60    /* until it is tried again */
#define FETCHES_LEAST_S	      60    /* that what was fetched is good for */
#define FETCHES_UNSAID_S      3600  /* where it does not say */
#define FETCHES_MOST_S	      86400 /* whatever it says: nobody verified it */

struct fetches;

struct fetch_wish {
	uint8_t id[FETCHES_ID]; /* the same for what is the same */
	enum fetch_kind kind;
	struct http_url url;
	bool is_configured; /* it may lead to an address of any kind */
	uint32_t n_request;
	uint8_t request[FETCH_REQUEST_MAX]; /* of FETCH_OCSP */
};

struct fetches_calls {
	/* Asks for the host; fetches_found() follows, with the token. */
	int (*lookup)(void *ctx, uint64_t token, const char *host,
		      struct error *e);
	/* Connects, and has it fetched: fetches_piece() and fetches_done(). */
	int (*fetch)(void *ctx, const struct helper_msg_fetch *m,
		     const struct addr *addr, struct error *e);
	/* Is it this host's own? */
	bool (*is_own)(void *ctx, const struct addr *addr);
	/* octets empty: why says it. Borrowed for the call. */
	void (*fetched)(void *ctx, const uint8_t id[FETCHES_ID],
			struct slice octets, const char *why);
	/* The cache. recall: false, or octets to be given to free(). */
	void (*keep)(void *ctx, const uint8_t id[FETCHES_ID], int64_t until_s,
		     struct slice octets);
	bool (*recall)(void *ctx, const uint8_t id[FETCHES_ID], int64_t now_s,
		       uint8_t **octets, size_t *len);
	void *ctx;
};

/* What time it is. */
struct fetches_now {
	uint64_t ns; /* CLOCK_MONOTONIC */
	int64_t s;   /* Unix time */
};

/* NULL: out of memory. calls is copied. fetches_free(NULL) is fine. */
struct fetches *fetches_new(const struct fetches_calls *calls);
void fetches_free(struct fetches *f);

/* fetched() follows, once for all who want it meanwhile, or is called at once. */
void fetches_want(struct fetches *f, const struct fetch_wish *w,
		  struct fetches_now now);

/* Is it kept? Then fetched() is called at once. */
bool fetches_recall(struct fetches *f, const uint8_t id[FETCHES_ID],
		    int64_t now_s);

/* What failed may be tried again at once. */
void fetches_flush(struct fetches *f);

/* May fetching begin? At first not. Where it may not any more, what was under way
 * has failed. */
void fetches_set_ready(struct fetches *f, bool ready, struct fetches_now now);

/* Answers; one that nobody waits for any more is left out. */
void fetches_found(struct fetches *f, uint64_t token,
		   const struct lookup_result *r, struct fetches_now now);
void fetches_piece(struct fetches *f, uint64_t token, struct slice octets,
		   struct fetches_now now);
void fetches_done(struct fetches *f, const struct helper_msg_fetched *m,
		  struct fetches_now now);

/* When fetches_timeout() wants to be called, CLOCK_MONOTONIC; UINT64_MAX: never. */
uint64_t fetches_deadline(const struct fetches *f);
void fetches_timeout(struct fetches *f, struct fetches_now now);

#endif
