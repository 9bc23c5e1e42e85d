/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names of peers: when each is asked for in DNS, and what it resolved to. One
 * that a connection has is asked for when it is loaded, and again whenever IKE
 * wants to know; how often, is decided here, for who wants to know may be taken
 * over. Names of gateways to which peers redirect us are asked for as IKE says: so
 * many at a time, and for so long none in the place of one of them. Reads no clock and
 * asks nobody itself. Control thread.
 */
#ifndef CYG_DAEMON_NAMES_H
#define CYG_DAEMON_NAMES_H

#include <stdbool.h>

#include "ctrl/daemon/lookup.h"
#include "ctrl/model/conn.h"

#define NAMES_LATE_NS ((LOOKUP_MAX_MS + 3000) * 1000000ULL)

#define NAMES_GATEWAYS_MAX   16U
#define NAMES_GATEWAY_NS     (10 * 1000000000ULL) /* from its answer on */
#define NAMES_GATEWAYS_ASKED 4U			  /* of LOOKUPS_MAX */

struct names;

struct names_calls {
	/*
	 * Asks for it; names_done() follows, with the token.
	 *
	 * slot   below LOOKUPS_MAX, free until then
	 *
	 * 0, or negative with e filled: it can't.
	 */
	int (*begin)(void *ctx, uint32_t slot, uint64_t token, const char *host,
		     struct error *e);
	/* The slot is free: it has an answer, or is given up. */
	void (*over)(void *ctx, uint32_t slot);
	/* why is "" if there is an address; borrowed for the call. */
	void (*resolved)(void *ctx, const struct conn_peer *peer,
			 const char *why);
	/* The answer to names_ask_gateway(); n, up to CONN_ADDRS_MAX, is 0 if there
	 * is a why. */
	void (*gateway)(void *ctx, const char *host, const struct addr *addrs,
			uint32_t n, const char *why);
	/* "the resolver …", for a failure: who was asked, and what to do. */
	void (*explain)(void *ctx, enum lookup_outcome outcome,
			struct error *out);
	void *ctx;
};

/* NULL: out of memory. calls is copied. names_free(NULL) is fine. */
struct names *names_new(const struct names_calls *calls);
void names_free(struct names *n);

/* These are the connections from now on. 0 or -ENOMEM: some names are left out. */
int names_set(struct names *n, const struct conn_conf *conns, size_t n_conns,
	      uint64_t now_ns);

bool names_are_none(const struct names *n);

/* What is known of their names goes into these connections. */
void names_fill(const struct names *n, struct conn_conf *conns, size_t n_conns);

/* May lookups begin? At first not. */
void names_set_ready(struct names *n, bool ready, uint64_t now_ns);

/* Lookups may not begin until somebody says so again, and those that are under way
 * or to begin fail. */
void names_fail_all(struct names *n, const char *why, uint64_t now_ns);

/* IKE wants to know; urgent: somebody waits for it. */
void names_ask(struct names *n, const char *conn, bool urgent, uint64_t now_ns);

/* IKE wants to know that one's, as of dns_is_name(), once: for a redirection. */
void names_ask_gateway(struct names *n, const char *host, uint64_t now_ns);

/* The answer to begin(); one that nobody waits for any more is left out. */
void names_done(struct names *n, uint64_t token, const struct lookup_result *r,
		uint64_t now_ns);
void names_fail(struct names *n, uint64_t token, const char *why,
		uint64_t now_ns);

/* Tells again what every name resolved to. */
void names_tell_all(const struct names *n);

/* When names_timeout() wants to be called; UINT64_MAX: never. */
uint64_t names_deadline(const struct names *n);
void names_timeout(struct names *n, uint64_t now_ns);

#endif
