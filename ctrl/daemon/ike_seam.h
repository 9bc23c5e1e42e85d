/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages between ctl and ike, over a seam (ctrl/base/seam.h). Connections
 * cross it with their proposals as text: pointers mean nothing there.
 *
 * ctl believes nothing that ike says: what comes from it is checked where it is
 * used, and strings are ended here.
 */
#ifndef CYG_DAEMON_IKE_SEAM_H
#define CYG_DAEMON_IKE_SEAM_H

#include "ctrl/base/seam.h"
#include "ctrl/daemon/fetch.h"
#include "ctrl/ike/engine.h"
#include "ctrl/model/mismatch.h"
#include "ctrl/model/record.h"
#include "ctrl/model/sas.h"
#include "ctrl/model/stream.h"
#include "ctrl/pki/certificate.h"
#include "ctrl/pki/trust.h"

enum ike_msg {
	/* ctl to ike */
	IKE_MSG_SOCKETS = 1, /* with descriptors: ports 500 and 4500 */
	IKE_MSG_SADB,	     /* with the descriptor of a link to dp */
	IKE_MSG_OPTIONS,     /* struct ike_options */
	IKE_MSG_CONN, /* as many ROUNDs and then CHILDs follow as it says */
	IKE_MSG_CHILD,
	IKE_MSG_LOADED, /* those were all that there are now, or that are others */
	IKE_MSG_COMMAND,
	IKE_MSG_STOP, /* to end when its last SA has, or after a second */
	IKE_MSG_KEYSTORE_ANSWER, /* struct keystore_answer */
	IKE_MSG_GENERATION,	 /* to a fresh one, before all connections */
	IKE_MSG_RESTORE,	 /* struct ike_record; before LOADED */
	IKE_MSG_RECORDED,
	IKE_MSG_RESOLVED,
	IKE_MSG_POOL,	/* struct pool_conf; as CONN, before LOADED */
	IKE_MSG_LEASED, /* struct pool_lease, to a fresh one; before RESTORE */
	IKE_MSG_TRACE,
	IKE_MSG_REDIRECT,
	IKE_MSG_UNLOAD,	       /* as CONN, before LOADED */
	IKE_MSG_TICKET_ANSWER, /* struct ticket_answer */
	IKE_MSG_CREDS_BEGIN,   /* those of before are valid until CREDS_END */
	IKE_MSG_CRED,
	IKE_MSG_CREDS_END, /* those were all; to a fresh one, before CONN */
	IKE_MSG_STREAMS,   /* with the descriptor of a link to stream */
	IKE_MSG_STREAM_REFUSED,
	IKE_MSG_FETCHED,    /* the answer to WANT, in pieces */
	IKE_MSG_FETCH_ANEW, /* all of FETCHED so far is to be forgotten */
	IKE_MSG_ROUND,	    /* struct auth_round */
	IKE_MSG_GATEWAY_RESOLVED,
	/* ike to ctl */
	IKE_MSG_READY = 64, /* first; its privileges are gone */
	IKE_MSG_SHOWN, /* the answer to LOADED: views of all SAs came before */
	IKE_MSG_DONE,
	IKE_MSG_EVENT,
	IKE_MSG_IKE_VIEW,	  /* struct ike_sa_view */
	IKE_MSG_CHILD_VIEW,	  /* struct child_sa_view */
	IKE_MSG_KEYSTORE_REQUEST, /* struct keystore_request */
	IKE_MSG_RECORD,		  /* struct ike_record, but for its end */
	IKE_MSG_RESOLVE,
	IKE_MSG_COUNTS,
	IKE_MSG_LEASE, /* struct pool_lease */
	IKE_MSG_TRACED,
	IKE_MSG_TICKET_REQUEST, /* struct ticket_request */
	IKE_MSG_STREAM_OPEN,
	IKE_MSG_WANT,
	IKE_MSG_RESOLVE_GATEWAY,
};

struct proposals_text {
	uint32_t n;
	uint32_t protocol; /* enum ike_protocol; of all of them */
	/* One behind the other, each with its NUL; as far as there are any. */
	char text[PROPOSALS_MAX * PROPOSAL_STR_MAX];
};

/* head: of the struct, and no pointer in it. */
struct ike_msg_conn {
	_Alignas(struct conn_conf) uint8_t head[CONN_HEAD_BYTES];
	struct proposals_text proposals;
};

struct ike_msg_child {
	_Alignas(struct child_conf) uint8_t head[CHILD_HEAD_BYTES];
	struct proposals_text proposals;
};

struct ike_msg_empty {
	uint32_t nothing;
};

/* Of a connection that is not there any more. */
struct ike_msg_unload {
	char conn[CONN_NAME_MAX];
};

/* A certificate, a raw public key or a CRL, as creds_add() takes it. */
struct ike_msg_cred {
	uint32_t kind;	     /* enum cred_kind */
	uint32_t len;	     /* of the octets here, at least 1 */
	uint32_t rest_bytes; /* that follow in messages right behind it; 0: none */
	uint8_t octets[CERTIFICATE_MAX_BYTES]; /* as far as there are any */
};

struct ike_msg_loaded {
	uint32_t rest_stays; /* yes or no: connections that did not come again are
				what they were; SHOWN is no answer to that */
};

struct ike_msg_ready {
	uint8_t has_sockets; /* an earlier ctl gave them */
	uint8_t has_sadb;
	uint16_t generation; /* that an earlier ctl gave */
};

struct ike_msg_generation {
	uint16_t generation; /* see engine_set_generation() */
};

struct ike_msg_recorded {
	uint32_t number; /* see engine_recorded() */
};

enum ike_command {
	IKE_CMD_INITIATE,
	IKE_CMD_TERMINATE,
	IKE_CMD_REKEY,
	IKE_CMD_REAUTH,
	IKE_CMD_ORPHANS, /* see engine_orphans(); of no connection */
};

struct ike_msg_command {
	uint64_t token; /* comes back in IKE_MSG_DONE */
	uint32_t command;
	char conn[CONN_NAME_MAX];
	char child[CONN_NAME_MAX]; /* "": none named */
	uint32_t ike_id, child_id; /* as of struct ike_target */
	uint32_t force;		   /* yes or no: TERMINATE */
};

struct ike_msg_done {
	uint64_t token;
	int32_t err; /* as of engine_initiate() */
	uint32_t n;  /* SAs that were found; INITIATE: engine_initiated() */
};

#define IKE_EVENT_TEXT_MAX    MISMATCH_STR_MAX /* the longest text */
#define IKE_RESOLVED_TEXT_MAX 768

struct ike_msg_event {
	uint32_t kind; /* enum ike_event_kind */
	uint32_t ike_id;
	struct ike_path path;
	uint32_t spi_in, spi_out;
	uint32_t elder_id, elder_spi_in;
	uint32_t succeeded; /* yes or no */
	uint32_t alert;	    /* enum ike_alert */
	char conn[CONN_NAME_MAX];
	char child[CONN_NAME_MAX];
	char text[IKE_EVENT_TEXT_MAX]; /* as far as there is any */
};

/* What happened since it was told last; conn "": of none. */
struct ike_msg_counts {
	char conn[CONN_NAME_MAX];
	struct ike_counts more;
};

struct ike_msg_redirect {
	uint64_t token; /* comes back in IKE_MSG_DONE */
	struct ike_redirect what;
};

struct ike_msg_resolve {
	char conn[CONN_NAME_MAX]; /* whose peer's name it is */
	uint32_t urgent;	  /* yes or no: somebody waits for it */
};

/* A name to which a peer redirects us; answered by GATEWAY_RESOLVED. */
struct ike_msg_resolve_gateway {
	char host[CONN_HOST_MAX];
};

/* TCP: answered by stream's UP or DOWN, or by REFUSED. */
struct ike_msg_stream_open {
	char conn[CONN_NAME_MAX];
	uint64_t token;
	struct stream_ends ends; /* no local port */
};

struct ike_msg_stream_refused {
	uint64_t token;
};

/* Of a name; asked for or not. */
struct ike_msg_resolved {
	char conn[CONN_NAME_MAX];
	uint32_t n; /* 0, and the text says why */
	struct addr addrs[CONN_ADDRS_MAX];
	char text[IKE_RESOLVED_TEXT_MAX];
};

struct ike_msg_gateway_resolved {
	char host[CONN_HOST_MAX];
	uint32_t n; /* 0, and the text says why */
	struct addr addrs[CONN_ADDRS_MAX];
	char text[IKE_RESOLVED_TEXT_MAX];
};

/* See engine_trace(). */
struct ike_msg_trace {
	uint64_t until_ns;
	struct addr peer;
};

/* struct ike_traced. */
struct ike_msg_traced {
	struct ike_path path;
	uint64_t spi_i, spi_r;
	uint32_t message_id;
	uint32_t untold;
	uint8_t out, response; /* yes or no */
	uint8_t exchange;
	char text[IKE_TRACE_TEXT_MAX]; /* as far as there is any */
};

/*
 * A CRL that is about a certificate, or what a responder of OCSP says of it: from
 * where, the certificate says, or an authority, and nobody else. Only for those in a path that is
 * trusted: those that issued it follow it, as far as there is room, without the root. Or
 * a certificate that is elsewhere, of which there is no path: only where the
 * configuration lets it.
 */
struct ike_msg_want {
	uint32_t kind; /* enum fetch_kind */
	uint32_t n_request;
	uint32_t n_path; /* certificates, at least 1; of FETCH_CERT none */
	uint32_t bytes[TRUST_CHAIN_MAX]; /* of each of them */
	/* Of FETCH_OCSP: ocsp_ask()'s; of FETCH_CERT ike_cert_url_parse()'s data. */
	uint8_t request[FETCH_REQUEST_MAX];
	uint8_t path[2 * CERTIFICATE_MAX_BYTES]; /* their DER; as far as there is any */
};

#define IKE_FETCHED_MAX 16384

/* Sent as far as there are octets. */
struct ike_msg_fetched {
	/* Which one it was wanted for; of FETCH_CERT the request's SHA-256. */
	uint8_t cert[CERTIFICATE_SHA256];
	uint32_t kind;
	uint32_t more; /* yes or no: these are not the last ones */
	uint32_t n;    /* the first one has none: it is not to be had now */
	uint8_t octets[IKE_FETCHED_MAX];
};

#define IKE_FETCHED_LEAST offsetof(struct ike_msg_fetched, octets)

/* What each side may be sent. */
extern const struct seam_kind ike_seam_to_ike[];
extern const size_t ike_seam_to_ike_n;
extern const struct seam_kind ike_seam_to_ctl[];
extern const size_t ike_seam_to_ctl_n;

/* Into messages, of which no octet that is to be sent is left as it was. */
void ike_seam_put_conn(struct ike_msg_conn *out, const struct conn_conf *conn);
void ike_seam_put_child(struct ike_msg_child *out,
			const struct child_conf *child);
void ike_seam_put_event(struct ike_msg_event *out, const struct ike_event *e);
void ike_seam_put_traced(struct ike_msg_traced *out, const struct ike_traced *t);

/* How much of one is to be sent. */
size_t ike_seam_conn_bytes(const struct ike_msg_conn *m);
size_t ike_seam_child_bytes(const struct ike_msg_child *m);
size_t ike_seam_cred_bytes(const struct ike_msg_cred *m);
size_t ike_seam_event_bytes(const struct ike_msg_event *m);
size_t ike_seam_traced_bytes(const struct ike_msg_traced *m);
size_t ike_seam_want_bytes(const struct ike_msg_want *m);

/* And back; false: not what ike_seam_put_*() made. conn->children is NULL, and so is
 * conn->more_rounds. */
bool ike_seam_get_conn(const struct ike_msg_conn *m, struct conn_conf *conn);
bool ike_seam_get_child(const struct ike_msg_child *m, struct child_conf *child);

/* A string of ike's, or of helper's, for logs and terminals: ended, no octet of it acts there. */
void ike_seam_plain(char *text, size_t max);

/* Borrows m's strings, which are made plain. */
void ike_seam_get_event(struct ike_msg_event *m, struct ike_event *e);
void ike_seam_get_traced(struct ike_msg_traced *m, struct ike_traced *t);

/* Of WANT, which are m's; request: empty of FETCH_CRL. false: lengths or a kind
 * that there cannot be. */
MUST_CHECK bool ike_seam_get_want(const struct ike_msg_want *m,
				  struct slice path[TRUST_CHAIN_MAX],
				  struct slice *request);

#endif
