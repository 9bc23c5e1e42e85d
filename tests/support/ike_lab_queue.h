/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of the lab of engines, and what is under way there. */
#ifndef CYG_TESTS_IKE_LAB_QUEUE_H
#define CYG_TESTS_IKE_LAB_QUEUE_H

#include "tests/support/ike_lab.h"

enum lab_item_kind {
	ITEM_DATAGRAM,
	ITEM_SADB,
	ITEM_KEYSTORE,
	ITEM_TICKET,
	ITEM_KE,
	ITEM_VERIFY,
	ITEM_FETCHED,
	ITEM_USED,
	ITEM_SWEEP,
	ITEM_RECORD,   /* from a side to its keeper */
	ITEM_RECORDED, /* and back */
	ITEM_OPENED,   /* a stream; number 0: there is none */
	ITEM_CLOSED,
};

struct lab_item {
	enum lab_item_kind kind;
	uint64_t at_ns;
	unsigned int side; /* to whom */
	struct ike_path path;
	size_t len;
	uint8_t *octets; /* owned */
	struct sadb_answer sadb;
	struct keystore_answer keystore;
	struct ticket_answer ticket;
	struct sadb_event event;
	struct ke_job *job;
	struct verify_job *verify;
	struct slice cert; /* borrowed: pki.h has it */
	enum status_kind status;
	struct ike_record *record; /* owned */
	uint32_t number;
	uint64_t token;
};

struct lab_item *lab_push(struct ike_lab *lab, enum lab_item_kind kind,
			  unsigned int side, uint64_t after_ns);
void lab_item_free(struct lab_item *i);

/* To this side, when answers come. */
struct lab_item *lab_push_answer(struct lab_side *s, enum lab_item_kind kind);

/* Each is counted; is it the one that is refused? */
bool lab_question_is_refused(struct ike_lab *lab);

/* The SAD is asked; what was swept is over. */
void lab_on_sadb(void *ctx, const struct sadb_request *q);
void lab_sweep(struct lab_side *s);

/* Outbound SAs that are bound here and armed there. */
unsigned int lab_matched(const struct lab_side *from, const struct lab_side *to);

/* --- ike_lab_stream.c */

/* The message comes to the other side, if the stream is there. */
void lab_stream_send(struct lab_side *s, const struct ike_path *path,
		     struct slice message);
void lab_on_stream_open(void *ctx, const char *conn,
			const struct ike_path *path, uint64_t token);
void lab_on_stream_keep(void *ctx, uint32_t stream);
void lab_on_stream_close(void *ctx, uint32_t stream);

/* Of an engine that is killed: the process that has them closes them. */
void lab_drop_streams(struct lab_side *s);

/* A fresh one of its generation, without connections. */
void lab_engine_new(struct lab_side *s);

#endif
