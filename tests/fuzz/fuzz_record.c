// SPDX-License-Identifier: BSD-2-Clause
/*
 * Records of engines that ended in the middle of an exchange, changed as an input
 * says, and an engine that takes over from them. A record is refused, or it is an
 * SA that the engine can go on with: whatever is answered, and in whatever order,
 * it comes to rest, and when everything is deleted there is nothing left. What it
 * asks of the SAD may be nonsense: that is the SAD's to refuse.
 *
 * Input: a choice of records, changes to them, steps. Records are made here, so
 * seeds outlive their format.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/daemon/keystore.h"
#include "tests/fuzz/input.h"
#include "tests/support/ike_forge.h"
#include "tests/support/ike_settle.h"

#define RECORDS_MAX 8U
#define PENDING_MAX 64U
#define STEPS_MAX   32U
#define ROUNDS_MAX  1000U
#define YEAR_NS	    (365ULL * 86400 * LAB_S)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_record: broken: %s\n", what);
	abort();
}

/* --- records as they were kept */

struct records {
	struct ike_record at[RECORDS_MAX];
	unsigned int n;
};

static void begin_child(struct ike_lab *lab)
{
	engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
}

static void begin_ike(struct ike_lab *lab)
{
	engine_rekey(lab->side[0].engine, "peer", NULL, lab->now_ns);
}

static void begin_delete(struct ike_lab *lab)
{
	engine_terminate(lab->side[0].engine, "peer", "net", lab->now_ns);
}

static void begin_end(struct ike_lab *lab)
{
	engine_terminate(lab->side[1].engine, "peer", NULL, lab->now_ns);
	require(lab_run(lab, LAB_S), "an end");
}

static void begin_nothing(struct ike_lab *lab)
{
	(void)lab;
}

static void (*const begins[])(struct ike_lab *lab) = {
	begin_nothing, begin_child, begin_ike, begin_delete, begin_end
};

#define N_BEGINS (sizeof(begins) / sizeof(begins[0]))

/* IKE SAs first. */
static void take_kind(struct records *r, const struct lab_side *s,
		      enum ike_record_kind kind)
{
	for (unsigned int i = 0; i < s->n_kept; i++) {
		if (s->kept[i]->kind != kind)
			continue;
		require(r->n < RECORDS_MAX, "room for records");
		memcpy(&r->at[r->n++], s->kept[i],
		       offsetof(struct ike_record, octets) + s->kept[i]->len);
	}
}

/* Of side 0; the peer does not answer any more. */
static void record(struct records *r, void (*begin)(struct ike_lab *lab))
{
	struct ike_lab *lab = settle_lab_up(1, SETTLE_PFS);

	if (begin != begin_end)
		lab_kill(lab, 1);
	begin(lab);
	require(lab_run(lab, LAB_S), "a second");
	take_kind(r, &lab->side[0], RECORD_IKE);
	take_kind(r, &lab->side[0], RECORD_CHILD);
	require(r->n > 0, "records");
	lab_free(lab);
}

static const struct records *records_of(uint8_t which)
{
	static struct records all[N_BEGINS];
	struct records *r = &all[which % N_BEGINS];

	if (!r->n)
		record(r, begins[which % N_BEGINS]);
	return r;
}

/* --- who is asked */

struct shell {
	struct engine *engine;
	struct conn_conf conn;
	uint64_t now_ns;
	uint64_t random;
	struct sadb_answer sadb[PENDING_MAX];
	struct keystore_answer keystore[PENDING_MAX];
	struct ke_job *ke[PENDING_MAX];
	unsigned int n_sadb, n_keystore, n_ke;
};

static void on_send(void *ctx, const struct ike_path *path, struct slice d)
{
	(void)ctx;
	(void)path;
	require(d.len && d.len <= MESSAGE_MAX, "what is sent was kept");
}

static void on_sadb(void *ctx, const struct sadb_request *q)
{
	struct shell *s = ctx;

	if (!q->token || s->n_sadb == PENDING_MAX)
		return;
	s->sadb[s->n_sadb] = (struct sadb_answer){ .token = q->token,
						   .verb = q->verb,
						   .id = q->id };
	if (q->verb == SADB_GETSPI)
		s->sadb[s->n_sadb].id.spi = 0x9000 + s->n_sadb;
	s->n_sadb++;
}

static void on_keystore(void *ctx, const struct keystore_request *q)
{
	struct shell *s = ctx;

	if (s->n_keystore < PENDING_MAX)
		keystore_serve(NULL, 0, q, &s->keystore[s->n_keystore++]);
}

static void on_ke(void *ctx, struct ke_job *job)
{
	struct shell *s = ctx;

	require(s->n_ke < PENDING_MAX, "few key exchanges");
	ke_job_run(job);
	s->ke[s->n_ke++] = job;
}

static void on_event(void *ctx, const struct ike_event *e)
{
	(void)ctx;
	for (const char *at = e->text; *at; at++)
		require((unsigned char)*at >= ' ' && *at != 0x7f,
			"an event is plain text");
}

static void on_record(void *ctx, const struct ike_record *r)
{
	(void)ctx;
	require(r->number && r->len <= IKE_RECORD_MAX, "a record");
}

static bool on_random(void *ctx, void *out, size_t len)
{
	struct shell *s = ctx;
	uint8_t *at = out;

	for (size_t i = 0; i < len; i++) {
		s->random = s->random * 6364136223846793005ULL + 1;
		at[i] = (uint8_t)(s->random >> 56);
	}
	return true;
}

static bool on_source(void *ctx, const struct addr *remote, struct addr *local)
{
	(void)ctx;
	*local = *remote;
	return true;
}

static void shell_init(struct shell *s, uint8_t how)
{
	const struct engine_calls calls = {
		.send = on_send,
		.sadb = on_sadb,
		.keystore = on_keystore,
		.ke = on_ke,
		.event = on_event,
		.record = on_record,
		.random = on_random,
		.source = on_source,
		.ctx = s,
	};
	struct ike_lab *lab = lab_new(1); /* for its connection alone */

	*s = (struct shell){ .now_ns = lab->now_ns + LAB_S };
	s->engine = engine_new(&calls);
	require(s->engine != NULL, "memory");
	s->conn = lab_conn(lab, 0, SETTLE_IKE, SETTLE_PFS);
	s->conn.dpd_delay = how & 1 ? 60 : 0;
	if (how & 2)
		require(!engine_load(s->engine, &s->conn), "memory");
	lab_free(lab);
}

static void shell_fini(struct shell *s)
{
	engine_free(s->engine);
	while (s->n_ke)
		ke_job_free(s->ke[--s->n_ke]);
	conn_fini(&s->conn);
}

/* --- records as they are given */

static void edit(struct slice *in, struct ike_record *r)
{
	uint32_t at = take_u16(in) % (r->len + 1), out = 1, put = 1;

	if (take(in) & 0x80) {
		out = take(in);
		put = take(in);
	}
	out = out < r->len - at ? out : r->len - at;
	put = put < IKE_RECORD_MAX - r->len ? put : IKE_RECORD_MAX - r->len;
	memmove(r->octets + at + put, r->octets + at + out, r->len - at - out);
	for (uint32_t i = 0; i < put; i++)
		r->octets[at + i] = take(in);
	r->len += put - out;
}

/* The id that it says itself. */
static void mend_id(struct ike_record *r)
{
	struct slice s = slice_of(r->octets, r->len);
	uint8_t version;
	uint32_t id;

	if (rd_u8(&s, &version) && rd_u32(&s, &id))
		r->id = id;
}

static void restore(struct shell *s, struct slice *in, uint8_t how)
{
	struct records given = *records_of(take(in));

	for (uint32_t n = take(in) % 6; n; n--) {
		struct ike_record *r = &given.at[take(in) % given.n];

		edit(in, r);
		mend_id(r);
	}
	if (how & 4)
		engine_kept(s->engine, true);
	for (unsigned int i = 0; i < given.n; i++) {
		unsigned int at = how & 8 ? given.n - 1 - i : i;
		uint32_t before = s->engine->n_sas;
		int err = engine_restore(s->engine, &given.at[at]);

		require(!err || err == -EINVAL || err == -ENOMEM, "errors");
		require(!err || s->engine->n_sas == before,
			"of what is refused nothing is there");
	}
	if (how & 16)
		engine_kept(s->engine, true);
	engine_restored(s->engine, s->now_ns);
}

/* --- steps */

static void answer_sadb(struct shell *s, unsigned int at, int err)
{
	struct sadb_answer a = s->sadb[at];

	a.err = err;
	s->sadb[at] = s->sadb[--s->n_sadb];
	engine_sadb_answer(s->engine, &a, s->now_ns);
}

static void answer_ke(struct shell *s, unsigned int at)
{
	struct ke_job *job = s->ke[at];

	s->ke[at] = s->ke[--s->n_ke];
	engine_ke_done(s->engine, job, s->now_ns);
}

static void answer_all(struct shell *s)
{
	while (s->n_sadb || s->n_ke || s->n_keystore) {
		if (s->n_sadb)
			answer_sadb(s, 0, 0);
		else if (s->n_ke)
			answer_ke(s, 0);
		else
			engine_keystore_answer(s->engine,
					       &s->keystore[--s->n_keystore],
					       s->now_ns);
	}
}

static void command(struct shell *s, uint8_t how)
{
	const char *child = how & 0x80 ? "net" : NULL;

	switch (how % 5) {
	case 0:
		engine_rekey(s->engine, "peer", child, s->now_ns);
		break;
	case 1:
		engine_terminate(s->engine, "peer", child, s->now_ns);
		break;
	case 2:
		engine_initiate(s->engine, "peer", child, s->now_ns);
		break;
	case 3:
		require(!engine_load(s->engine, &s->conn), "memory");
		break;
	case 4:
		engine_unload(s->engine, "peer");
		break;
	}
}

static void told(struct shell *s, struct slice *in)
{
	static const uint8_t verbs[] = { SADB_USED, SADB_EXPIRE, SADB_MAPPING,
					 SADB_NEW_EPOCH };
	uint8_t how = take(in);
	struct sadb_event event = { .verb = verbs[how % 4] };

	for (uint32_t i = 1; i < s->engine->n_slots; i++)
		if (s->engine->slots[i] && s->engine->slots[i]->children)
			event.id = how & 0x80
					   ? s->engine->slots[i]->children->out
					   : s->engine->slots[i]->children->in;
	engine_sadb_event(s->engine, &event, s->now_ns);
}

static void step(struct shell *s, struct slice *in)
{
	static const int errors[] = { 0, 0, -ENOENT, -EEXIST, -ENOMEM };
	uint8_t what = take(in);

	switch (what % 6) {
	case 0:
	case 1:
		if (s->n_sadb)
			answer_sadb(s, take(in) % s->n_sadb,
				    errors[what / 6 % 5]);
		break;
	case 2:
		if (s->n_ke)
			answer_ke(s, take(in) % s->n_ke);
		break;
	case 3:
		s->now_ns += LAB_S / 1000 << take(in) % 20;
		engine_timeout(s->engine, s->now_ns);
		require(engine_deadline(s->engine) > s->now_ns,
			"what is due is done");
		break;
	case 4:
		command(s, take(in));
		break;
	case 5:
		told(s, in);
		break;
	}
}

/* Until it waits for nothing, or for longer than anybody lives. */
static void come_to_rest(struct shell *s)
{
	unsigned int rounds = 0;

	for (;;) {
		uint64_t at_ns;

		require(rounds++ < ROUNDS_MAX, "it comes to rest");
		answer_all(s);
		at_ns = engine_deadline(s->engine);
		if (at_ns == UINT64_MAX || at_ns > s->now_ns + YEAR_NS)
			return;
		if (at_ns > s->now_ns)
			s->now_ns = at_ns;
		engine_timeout(s->engine, s->now_ns);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	uint8_t how = take(&in);
	struct shell s;

	shell_init(&s, how);
	restore(&s, &in, how);
	for (unsigned int n = 0; n < STEPS_MAX && in.len; n++)
		step(&s, &in);
	answer_all(&s);
	engine_kept(s.engine, false);
	engine_terminate(s.engine, "peer", NULL, s.now_ns);
	come_to_rest(&s);
	require(!s.engine->n_sas, "no IKE SA is left");
	shell_fini(&s);
	return 0;
}
