/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arguments of a request: read, checked and bounded in one place, so that
 * no command sees a malformed one. Pure functions.
 */
#ifndef CYG_CONTROL_REQUESTS_H
#define CYG_CONTROL_REQUESTS_H

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/base/range.h"
#include "ctrl/model/conn.h"
#include "ctrl/model/ike_redirect.h"

#define REQUEST_TIMEOUT_MAX_S 3600
#define CERT_WORD_MAX	      16 /* with the NUL */

enum argument {
	ARG_IKE = 1 << 0,
	ARG_CHILD = 1 << 1,
	ARG_IKE_ID = 1 << 2,
	ARG_CHILD_ID = 1 << 3,
	ARG_TIMEOUT = 1 << 4,
	ARG_LOGLEVEL = 1 << 5,
	ARG_NOBLOCK = 1 << 6, /* these six: yes or no */
	ARG_TRAP = 1 << 7,
	ARG_DROP = 1 << 8,
	ARG_PASS = 1 << 9,
	ARG_FORCE = 1 << 10,
	ARG_REAUTH = 1 << 11,
	ARG_NAME =
		1 << 12, /* of a connection or a pool, or the one below: not both */
	ARG_ID = 1 << 13,	   /* of a secret */
	ARG_INIT_LIMITS = 1 << 14, /* yes or no, as the one below */
	ARG_ALL = 1 << 15,
	ARG_TYPE = 1 << 16, /* these three are of certificates */
	ARG_FLAG = 1 << 17,
	ARG_SUBJECT = 1 << 18,
	ARG_LEASES = 1 << 19,  /* yes or no */
	ARG_PEER_IP = 1 << 20, /* these three are of redirect */
	ARG_PEER_ID = 1 << 21,
	ARG_GATEWAY = 1 << 22,
};

struct arguments {
	unsigned int given; /* enum argument; of yes or no: those with yes */
	char ike[CONN_NAME_MAX];
	char child[CONN_NAME_MAX];
	char name[CONN_NAME_MAX];
	uint32_t ike_id, child_id;
	int32_t timeout_ms; /* 0: none; negative: don't wait */
	int32_t loglevel;   /* 1 unless it is given */
	struct range peer_ip;
	struct identity peer_id;
	struct gateway gateway;
	/* Of strongSwan's words; "" : any. */
	char cert_type[CERT_WORD_MAX], cert_flag[CERT_WORD_MAX];
	struct identity subject;
};

/*
 * body    of a request, valid
 * known   enum argument that the command takes
 *
 * 0, or -EINVAL with e naming the argument: unknown, given twice, a list or
 * section, not a number or out of range, no name that could be one.
 */
MUST_CHECK int arguments_read(struct slice body, unsigned int known,
			      struct arguments *out, struct error *e);

/* Of a filter: was it given, and is it another one? */
bool filter_excludes(const struct arguments *args, enum argument filter,
		     const char *name);

#endif
