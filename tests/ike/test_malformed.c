// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every message of every exchange, changed in one place by somebody who has the
 * sender's keys: its header, and each payload removed, doubled, moved, marked as
 * critical, cut, full of zeros, or lying about its length. What becomes of each is in a table, a
 * letter for a change (RFC 7296 sections 2.5, 2.21 and 3). Afterwards both sides
 * have the same in any case; and if the message was dropped, what the exchange was
 * to make, for it is sent again.
 *
 *     =  taken, as the genuine one is
 *     .  dropped                  -  and counted as invalid
 *     ~  dropped, of no IKE SA    !  a response taken for a request
 *     V  INVALID_MAJOR_VERSION    C  UNSUPPORTED_CRITICAL_PAYLOAD, of that type
 *     S  INVALID_SYNTAX, and the IKE SA is over: a fatal one
 *     c  UNSUPPORTED_CRITICAL_PAYLOAD, and there is no IKE SA
 *     K  INVALID_KE_PAYLOAD       T  TS_UNACCEPTABLE
 *     A  AUTHENTICATION_FAILED
 *     <  the last response again
 *     x  a response that ends its exchange without success
 *     X  and the IKE SA with it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/ike/exchanges.h"
#include "tests/support/ike_change.h"
#include "tests/support/ike_forge.h"
#include "tests/support/ike_settle.h"

#define ROWS_MAX     8
#define OTHER	     99 /* an exchange that is none */
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* --- the messages */

static void ask_whether_alive(struct ike_lab *lab, unsigned int side)
{
	struct ike_sa *sa = forge_sa(lab, side);

	sa->e->now_ns = lab->now_ns;
	info_liveness(sa);
	sa_touch(sa);
	sa_reap(sa->e);
}

static void be_up(struct ike_lab *lab)
{
	settle_initiate(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 1));
	for (unsigned int i = 0; i < 2; i++) { /* none is either side's first */
		ask_whether_alive(lab, i);
		assert_true(lab_run(lab, LAB_S));
	}
}

static void be_up_for_more(struct ike_lab *lab)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = lab_conn(lab, i, SETTLE_IKE, SETTLE_PFS);

		lab_add_child(&c, i);
		c.dpd_delay = 60;
		lab_load(lab, i, &c);
		conn_fini(&c);
	}
	be_up(lab);
}

/* One side is to have its child up. */
static void start_on(struct ike_lab *lab, unsigned int side)
{
	struct conn_conf c = lab_conn(lab, side, SETTLE_IKE, SETTLE_PFS);

	c.dpd_delay = 60;
	c.children[0].start_action = CHILD_START;
	lab_load(lab, side, &c);
	conn_fini(&c);
	be_up(lab);
}

static void be_up_and_start(struct ike_lab *lab)
{
	start_on(lab, 0);
}

static void be_up_and_be_started(struct ike_lab *lab)
{
	start_on(lab, 1);
}

static void initiate(struct ike_lab *lab, unsigned int side)
{
	(void)side;
	settle_initiate(lab);
}

static void make_another(struct ike_lab *lab, unsigned int side)
{
	assert_int_equal(engine_initiate(lab->side[side].engine, "peer", "more",
					 lab->now_ns),
			 0);
}

static void rekey_child(struct ike_lab *lab, unsigned int side)
{
	assert_int_equal(engine_rekey(lab->side[side].engine, "peer", "net",
				      lab->now_ns),
			 1);
}

static void rekey_ike(struct ike_lab *lab, unsigned int side)
{
	assert_int_equal(engine_rekey(lab->side[side].engine, "peer", NULL,
				      lab->now_ns),
			 1);
}

static void delete_child(struct ike_lab *lab, unsigned int side)
{
	assert_int_equal(engine_terminate(lab->side[side].engine, "peer", "net",
					  lab->now_ns),
			 1);
}

static void delete_ike(struct ike_lab *lab, unsigned int side)
{
	assert_int_equal(engine_terminate(lab->side[side].engine, "peer", NULL,
					  lab->now_ns),
			 1);
}

/* A letter for a change, as ike_change.h has them in order. */
struct row {
	uint8_t payload;
	char verdicts[CHANGE_P_N + 1];
};

#define REQUEST	 false
#define RESPONSE true

/* clang-format off */
static const struct message {
	const char *name;
	void (*prepare)(struct ike_lab *lab); /* or NULL */
	void (*begin)(struct ike_lab *lab, unsigned int side);
	unsigned int nth; /* datagram from there on */
	bool response;
	bool may_differ; /* in the end: the sender does as if nothing was changed */
	char verdicts[CHANGE_N + 1];
	struct row rows[ROWS_MAX];
} messages[] = {
	{ "IKE_SA_INIT, request", NULL, initiate, 0, REQUEST, false,
	  "=..=V--=--~~-------=-=c=c--",
	  { { IKE_PL_SA, "--==-----" }, { IKE_PL_KE, "--==----." },
	    { IKE_PL_NONCE, "--==----=" }, { IKE_PL_NOTIFY, "====----=" } } },
	{ "IKE_SA_INIT, response", NULL, initiate, 1, RESPONSE, false,
	  "~=.=.--=--~~-------=.=-=---",
	  { { IKE_PL_SA, ".-==-----" }, { IKE_PL_KE, ".-==----X" },
	    { IKE_PL_NONCE, ".-==----=" }, { IKE_PL_NOTIFY, "====----=" } } },
	{ "IKE_AUTH, request", NULL, initiate, 2, REQUEST, false,
	  "~~.=V~.=.<SS--------S=c=cSS",
	  { { IKE_PL_ID_I, "SS==SSSSA" }, { IKE_PL_AUTH, "AS==SSSSA" },
	    { IKE_PL_SA, "=S==SSSSS" }, { IKE_PL_TS_I, "TS==SSSSS" },
	    { IKE_PL_TS_R, "TS==SSSSS" }, { IKE_PL_NOTIFY, "====SSSS=" } } },
	{ "IKE_AUTH, response", NULL, initiate, 3, RESPONSE, false,
	  "~~.=.~.=....--------X=-=---",
	  { { IKE_PL_ID_R, "X-==----X" }, { IKE_PL_AUTH, "X-==----X" },
	    { IKE_PL_SA, "x-==-----" }, { IKE_PL_TS_I, "x-==-----" },
	    { IKE_PL_TS_R, "x-==-----" }, { IKE_PL_NOTIFY, "====----=" } } },
	{ "CREATE_CHILD_SA, new child, request", be_up_for_more, make_another, 0, REQUEST, false,
	  "~~.=V~.=.<SS--------S=C=CSS",
	  { { IKE_PL_SA, "SS==SSSSS" }, { IKE_PL_NONCE, "SS==SSSS=" },
	    { IKE_PL_KE, "KS==SSSSS" }, { IKE_PL_TS_I, "TS==SSSSS" },
	    { IKE_PL_TS_R, "TS==SSSSS" }, { IKE_PL_NOTIFY, "====SSSS=" } } },
	{ "CREATE_CHILD_SA, new child, response", be_up_for_more, make_another, 1, RESPONSE, false,
	  "~~.=.~.=....--------x=-=---",
	  { { IKE_PL_SA, "x-==-----" }, { IKE_PL_NONCE, "x-==----=" },
	    { IKE_PL_KE, "x-==----x" }, { IKE_PL_TS_I, "x-==-----" },
	    { IKE_PL_TS_R, "x-==-----" }, { IKE_PL_NOTIFY, "====----=" } } },
	{ "CREATE_CHILD_SA, rekeyed child, request", be_up, rekey_child, 0, REQUEST, false,
	  "~~.=V~.=.<SS--------S=C=CSS",
	  { { IKE_PL_NOTIFY, "====SSSS=" }, { IKE_PL_SA, "SS==SSSSS" },
	    { IKE_PL_NONCE, "SS==SSSS=" }, { IKE_PL_KE, "KS==SSSSS" },
	    { IKE_PL_TS_I, "TS==SSSSS" }, { IKE_PL_TS_R, "TS==SSSSS" } } },
	{ "CREATE_CHILD_SA, rekeyed child, response", be_up, rekey_child, 1, RESPONSE, false,
	  "~~.=.~.=....--------x=-=---",
	  { { IKE_PL_SA, "x-==-----" }, { IKE_PL_NONCE, "x-==----=" },
	    { IKE_PL_KE, "x-==----x" }, { IKE_PL_TS_I, "x-==-----" },
	    { IKE_PL_TS_R, "x-==-----" }, { IKE_PL_NOTIFY, "====----=" } } },
	{ "CREATE_CHILD_SA, IKE SA, request", be_up, rekey_ike, 0, REQUEST, false,
	  "~~.=V~.=.<SS--------S=C=CSS",
	  { { IKE_PL_SA, "SS==SSSSS" }, { IKE_PL_NONCE, "SS==SSSS=" },
	    { IKE_PL_KE, "SS==SSSSS" }, { IKE_PL_NOTIFY, "====SSSS=" } } },
	{ "CREATE_CHILD_SA, IKE SA, response", be_up, rekey_ike, 1, RESPONSE, false,
	  "~~.=.~.=....--------x=-=---",
	  { { IKE_PL_SA, "x-==-----" }, { IKE_PL_NONCE, "x-==----=" },
	    { IKE_PL_KE, "x-==----x" }, { IKE_PL_NOTIFY, "====----=" } } },
	{ "DELETE of a child, request", be_up, delete_child, 0, REQUEST, true,
	  "~~.=V~.=.<SS--------==C=CSS",
	  { { IKE_PL_DELETE, "====SSSS=" }, { IKE_PL_NOTIFY, "====SSSS=" } } },
	{ "DELETE of a child, response", be_up, delete_child, 1, RESPONSE, false,
	  "~~.=.~.=....--------==-=---",
	  { { IKE_PL_DELETE, "====----=" }, { IKE_PL_NOTIFY, "====----=" } } },
	{ "DELETE of the IKE SA, request", be_up, delete_ike, 0, REQUEST, false,
	  "~~.=V~.=.<SS--------==C=CSS",
	  { { IKE_PL_DELETE, "====SSSS=" }, { IKE_PL_NOTIFY, "====SSSS=" } } },
	{ "DELETE of the IKE SA, response", be_up, delete_ike, 1, RESPONSE, false,
	  "~~.=.~.=....--------==-=---",
	  { { IKE_PL_NOTIFY, "====----=" } } },
	{ "liveness, request", be_up, ask_whether_alive, 0, REQUEST, false,
	  "~~.=V~.=.<SS--------==C=CSS",
	  { { IKE_PL_NOTIFY, "====SSSS=" } } },
	{ "liveness, response", be_up, ask_whether_alive, 1, RESPONSE, false,
	  "~~.=.~.=....--------==-=---",
	  { { IKE_PL_NOTIFY, "====----=" } } },
};
/* clang-format on */

/* --- one of them, changed */

struct run {
	struct ike_lab *lab;
	const struct message *m;
	unsigned int from, to; /* sides */
	unsigned int sent;     /* since it was begun */
	struct ike_path path;  /* as it arrives */
	uint8_t octets[LAB_DATAGRAM_MAX];
	size_t len;
	bool is_caught;
	bool is_judged;	      /* the network works again */
	struct octets answer; /* owned: the first that came back */
	struct ike_header header;
};

static bool on_sent(struct ike_lab *lab, unsigned int side,
		    const struct ike_path *path, struct slice d)
{
	struct run *r = lab->owner;

	if (r->is_judged || r->sent++ < r->m->nth)
		return true;
	if (!r->is_caught) {
		memcpy(r->octets, d.ptr, d.len);
		r->len = d.len;
		r->from = side;
		r->to = !side;
		r->path = (struct ike_path){ .local = path->remote,
					     .remote = path->local,
					     .local_port = path->remote_port,
					     .remote_port = path->local_port };
		r->is_caught = true;
	} else if (side == r->to && !r->answer.len) {
		assert_true(octets_set(&r->answer, d));
	}
	return false;
}

/* NULL: there is none, or not yet. */
static struct ike_sa *sa_of(const struct run *r, unsigned int side)
{
	bool sent_by_initiator = r->header.flags & IKE_FLAG_I;
	bool initiator = (side == r->from) == sent_by_initiator;

	return sa_by_spi(r->lab->side[side].engine,
			 initiator ? r->header.spi_i : r->header.spi_r);
}

static bool is_response(const struct run *r)
{
	return r->header.flags & IKE_FLAG_R;
}

/* Until it is sent; it does not arrive, nor what comes after it. */
static void await(struct run *r, const struct message *m, unsigned int side)
{
	*r = (struct run){ .m = m, .lab = settle_lab(side + 1, SETTLE_PFS) };
	if (m->prepare)
		m->prepare(r->lab);
	r->lab->owner = r;
	r->lab->sent = on_sent;
	m->begin(r->lab, side);
	while (!r->is_caught)
		assert_true(lab_step(r->lab));
	assert_true(ike_header_parse(slice_of(r->octets, r->len), &r->header));
	assert_int_equal(is_response(r), m->response);
	r->lab->side[0].n_events = r->lab->side[1].n_events = 0;
}

static void deliver(struct run *r, uint8_t *octets, size_t len)
{
	engine_input(r->lab->side[r->to].engine, &r->path, octets, len,
		     r->lab->now_ns);
	assert_true(lab_run(r->lab, LAB_S));
}

/* --- what became of it */

/* On the side that received it. */
struct outcome {
	bool is_there, waits;
	enum ike_state state;
	enum exchange_kind kind;
	unsigned int failed, ikes_up, pairs_up, pairs_down;
	uint64_t invalid, invalid_spi;
};

static struct outcome outcome_of(const struct run *r)
{
	const struct lab_side *s = &r->lab->side[r->to];
	const struct ike_sa *sa = sa_of(r, r->to);
	struct outcome o = {
		.is_there = sa && sa->state != IKE_ST_DEAD,
		.failed = lab_count(s, IKE_EV_FAILED),
		.ikes_up = lab_count(s, IKE_EV_IKE_UP),
		.pairs_up = lab_count(s, IKE_EV_CHILD_UP),
		.pairs_down = lab_count(s, IKE_EV_CHILD_DOWN),
		.invalid = s->counts.n[IKE_COUNT_INVALID] +
			   s->nobodys.n[IKE_COUNT_INVALID],
		.invalid_spi = s->nobodys.n[IKE_COUNT_INVALID_SPI],
	};

	if (!o.is_there)
		return o;
	o.state = sa->state;
	o.kind = sa->ours.kind;
	o.waits = sa->ours.kind != EX_NONE && sa->ours.step == STEP_RESPONSE &&
		  sa->ours.message_id == r->header.message_id;
	return o;
}

static char letter_of_notify(const struct ike_notify *n, bool is_there)
{
	switch (n->type) {
	case IKE_N_INVALID_MAJOR_VERSION:
		return 'V';
	case IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD:
		return is_there ? 'C' : 'c';
	case IKE_N_INVALID_SYNTAX:
		return is_there ? 's' : 'S';
	case IKE_N_INVALID_KE_PAYLOAD:
		return 'K';
	case IKE_N_TS_UNACCEPTABLE:
		return 'T';
	case IKE_N_AUTHENTICATION_FAILED:
		return 'A';
	default:
		return '*';
	}
}

/* 0: it is no response. */
static char letter_of_answer(const struct run *r, bool is_there)
{
	struct ike_payloads p = { .n = 0 };
	const struct slice answer = slice_of(r->answer.ptr, r->answer.len);
	struct ike_notify n;
	struct ike_header h;
	struct remade a;

	assert_true(ike_header_parse(answer, &h));
	if (!(h.flags & IKE_FLAG_R))
		return 0;
	if (h.message_id != r->header.message_id)
		return '<';
	remake_from(&a, answer, sa_of(r, r->from));
	for (unsigned int i = 0; i < a.n; i++)
		p.at[p.n++] = (struct ike_payload){ .type = a.at[i].type,
						    .body = a.at[i].body };
	if (!ike_find_error(&p, &n))
		return is_response(r) ? '!' : '=';
	if (n.type == IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD)
		assert_true(n.data.len == 1 &&
			    (n.data.ptr[0] == CHANGE_TO_UNKNOWN ||
			     n.data.ptr[0] == CHANGE_TO_V1));
	return letter_of_notify(&n, is_there);
}

static char dropped(const struct outcome *before, const struct outcome *after)
{
	if (after->invalid_spi > before->invalid_spi)
		return '~';
	return after->invalid > before->invalid ? '-' : '.';
}

/* But for what is counted. */
static bool is_same(const struct outcome *a, const struct outcome *b)
{
	return a->is_there == b->is_there && a->waits == b->waits &&
	       a->state == b->state && a->kind == b->kind &&
	       a->failed == b->failed && a->ikes_up == b->ikes_up &&
	       a->pairs_up == b->pairs_up && a->pairs_down == b->pairs_down;
}

static char letter_of_response(const struct outcome *before,
			       const struct outcome *after,
			       const struct outcome *genuine)
{
	if (after->waits || (!before->waits && is_same(before, after)))
		return dropped(before, after);
	if (is_same(after, genuine))
		return '=';
	return after->is_there && after->state != IKE_ST_DELETING ? 'x' : 'X';
}

static char judge(struct run *r, uint8_t *octets, size_t len,
		  const struct outcome *genuine)
{
	struct outcome before = outcome_of(r), after;
	char letter = 0;

	deliver(r, octets, len);
	after = outcome_of(r);
	if (r->answer.len)
		letter = letter_of_answer(r, after.is_there);
	if (!letter && is_response(r))
		letter = letter_of_response(&before, &after, genuine);
	return letter ? letter : dropped(&before, &after);
}

/* All that is lost comes again; both sides have the same in the end. */
static void settle(struct run *r, const char *what, unsigned int n,
		   bool dropped, const unsigned int *ikes_and_pairs)
{
	struct ike_lab *lab = r->lab;

	r->is_judged = true;
	for (unsigned int i = 0; i < 12; i++) {
		lab->side[0].n_events = lab->side[1].n_events = 0;
		assert_true(lab_run(lab, 50 * LAB_S));
	}
	if (dropped)
		settle_assert(lab, what, n, ikes_and_pairs[0],
			      ikes_and_pairs[1]);
	else if (!r->m->may_differ)
		settle_assert_same(lab, what, n);
	octets_free(&r->answer);
	lab_free(lab);
}

/* --- all of them */

struct reference {
	struct outcome outcome;
	unsigned int ikes_and_pairs[2]; /* in the end */
	struct remade message;
};

static void take_reference(const struct message *m, unsigned int side,
			   struct reference *out)
{
	struct run r;

	await(&r, m, side);
	remake_from(&out->message, slice_of(r.octets, r.len), sa_of(&r, r.to));
	deliver(&r, r.octets, r.len);
	out->outcome = outcome_of(&r);
	r.is_judged = true;
	r.lab->side[0].n_events = r.lab->side[1].n_events = 0;
	assert_true(lab_run(r.lab, 30 * LAB_S));
	out->ikes_and_pairs[0] = settle_ike_sas(r.lab, 0);
	out->ikes_and_pairs[1] = lab_sas(&r.lab->side[0], false) / 2;
	settle(&r, m->name, CHANGE_N, false, NULL);
}

/* at: the payload that is changed; NULL: the whole. */
static char verdict(const struct message *m, unsigned int side,
		    const struct reference *ref, unsigned int what,
		    const unsigned int *at)
{
	uint8_t octets[LAB_DATAGRAM_MAX];
	struct remade changed;
	struct run r;
	size_t len;
	char letter;

	await(&r, m, side);
	remake_from(&changed, slice_of(r.octets, r.len), sa_of(&r, r.to));
	if (at) {
		change_payload(&changed, *at, what);
	} else {
		change_message(&changed, what);
	}
	len = remake_to(&changed, sa_of(&r, r.from), octets);
	if (!at)
		len = change_octets(octets, len, what);
	letter = judge(&r, octets, len, &ref->outcome);
	settle(&r, m->name, what, strchr(".-~", letter), ref->ikes_and_pairs);
	return letter;
}

static const char *wanted_of(const struct message *m, uint8_t payload)
{
	for (unsigned int i = 0; i < ROWS_MAX; i++)
		if (m->rows[i].payload == payload)
			return m->rows[i].verdicts;
	return "a row of its own";
}

/* False, and a line that says so: it is another one than the table has. */
static bool same(const struct message *m, unsigned int side, const char *what,
		 const char *wanted, const char *got)
{
	if (strcmp(wanted, got) == 0)
		return true;
	print_error("%s of side %u, %s: wanted \"%s\"\n%*sgot \"%s\"\n",
		    m->name, side, what, wanted, 8, "", got);
	return false;
}

static bool payload_is_judged(const struct message *m, unsigned int side,
			      const struct reference *ref, unsigned int at)
{
	uint8_t type = ref->message.at[at].type;
	char got[CHANGE_P_N + 1] = "";

	for (unsigned int i = 0; i < CHANGE_P_N; i++)
		got[i] = verdict(m, side, ref, i, &at);
	return same(m, side, ike_payload_name(type), wanted_of(m, type), got);
}

static bool message_is_judged(const struct message *m, unsigned int side)
{
	char got[CHANGE_N + 1] = "";
	struct reference ref;
	bool good;

	take_reference(m, side, &ref);
	for (unsigned int i = 0; i < CHANGE_N; i++)
		got[i] = verdict(m, side, &ref, i, NULL);
	good = same(m, side, "the message", m->verdicts, got);
	for (unsigned int i = 0; i < ref.message.n; i++)
		good &= payload_is_judged(m, side, &ref, i);
	return good;
}

static void every_change_of_every_message_has_its_verdict(void **state)
{
	bool good = true;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(messages); i++)
		for (unsigned int side = 0;
		     side < (messages[i].prepare ? 2U : 1U); side++)
			good &= message_is_judged(&messages[i], side);
	assert_true(good);
}

/* --- out of state */

static const uint8_t exchanges[] = { IKE_EXCH_IKE_SA_INIT, IKE_EXCH_IKE_AUTH,
				     IKE_EXCH_CREATE_CHILD_SA,
				     IKE_EXCH_INFORMATIONAL, OTHER };

/* In that state it gets an empty request of each exchange, and a response. */
static const struct state {
	const char *name;
	const char *waits_for; /* it, or its peer: one of messages[] */
	bool comes;	       /* that does */
	char verdicts[2 * ARRAY_LEN(exchanges) + 1];
} states[] = {
	{ "a responder before IKE_AUTH", "IKE_AUTH, request", false,
	  "--S.S.S.S." },
	{ "an initiator in IKE_AUTH", "IKE_AUTH, response", false, "--.X......" },
	{ "nothing under way", "liveness, request", false, "--S.S.=.S." },
	{ "a request under way", "CREATE_CHILD_SA, IKE SA, response", false,
	  "--S.Sx=.S." },
	{ "a DELETE under way", "DELETE of the IKE SA, response", false,
	  "--S.S.=XS." },
	{ "deleted by the peer", "DELETE of the IKE SA, request", true,
	  "--........" },
	{ "deleted here", "DELETE of the IKE SA, response", true, "--~~~~~~~~" },
};

static const struct message *find_message(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(messages); i++)
		if (strcmp(messages[i].name, name) == 0)
			return &messages[i];
	fail_msg("no message %s", name);
	return NULL;
}

/* An empty one, such as the receiver would take next. */
static size_t forge(struct run *r, uint8_t exchange, bool response,
		    uint8_t *octets)
{
	struct ike_sa *sender = sa_of(r, r->from);
	const struct ike_sa *receiver = sa_of(r, r->to);
	struct remade m = { .header = r->header, .is_protected = true };
	struct slice made;
	size_t len;

	m.header.exchange = exchange;
	m.header.flags = (uint8_t)((sender->initiator ? IKE_FLAG_I : 0) |
				   (response ? IKE_FLAG_R : 0));
	if (receiver)
		m.header.message_id = response ? receiver->ours.message_id
					       : receiver->next_peers;
	len = remake_to(&m, sender, octets);
	made = slice_of(octets, len);
	assert_true(ike_header_parse(made, &r->header));
	return len;
}

static char verdict_in(const struct state *s, unsigned int side,
		       uint8_t exchange, bool response)
{
	const struct outcome none = { .is_there = false };
	uint8_t octets[LAB_DATAGRAM_MAX];
	struct run r;
	char letter;

	await(&r, find_message(s->waits_for), side);
	if (s->comes)
		deliver(&r, r.octets, r.len);
	octets_free(&r.answer);
	letter = judge(&r, octets, forge(&r, exchange, response, octets), &none);
	octets_free(&r.answer);
	lab_free(r.lab);
	return letter;
}

static void messages_out_of_state_have_their_verdicts(void **state)
{
	bool good = true;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		const struct state *s = &states[i];
		char got[sizeof(s->verdicts)] = "";

		for (size_t k = 0; k < ARRAY_LEN(exchanges); k++)
			for (unsigned int response = 0; response < 2; response++)
				got[2 * k + response] =
					verdict_in(s, 0, exchanges[k], response);
		good &= same(find_message(s->waits_for), 0, s->name,
			     s->verdicts, got);
	}
	assert_true(good);
}

/* Whichever side starts them; not at once, lest it be for ever. */
static void children_that_end_so_start_again(void **state)
{
	static const struct message from[] = {
		{ .prepare = be_up_and_start, .begin = rekey_child },
		{ .prepare = be_up_and_be_started, .begin = rekey_child },
	};

	(void)state;
	for (unsigned int side = 0; side < 2; side++) {
		uint8_t octets[LAB_DATAGRAM_MAX];
		struct remade changed;
		struct run r;

		await(&r, &from[side], 0);
		remake_from(&changed, slice_of(r.octets, r.len), sa_of(&r, 1));
		change_message(&changed, CHANGE_EMPTY);
		r.is_judged = true;
		deliver(&r, octets, remake_to(&changed, sa_of(&r, 0), octets));
		assert_true(lab_run(r.lab, 5 * LAB_S));
		assert_true(lab_agree(r.lab, 0));
		assert_true(lab_run(r.lab, 15 * LAB_S));
		assert_true(lab_agree(r.lab, 1));
		assert_int_equal(settle_ike_sas(r.lab, 0), 1);
		assert_int_equal(settle_ike_sas(r.lab, 1), 1);
		lab_free(r.lab);
	}
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(every_change_of_every_message_has_its_verdict),
		cmocka_unit_test(messages_out_of_state_have_their_verdicts),
		cmocka_unit_test(children_that_end_so_start_again),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
