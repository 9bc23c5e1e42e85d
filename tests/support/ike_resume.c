// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/ike_resume.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/ike/ticket.h"
#include "tests/support/ike_settle.h"

static bool listen(struct ike_lab *lab, unsigned int side,
		   const struct ike_path *path, struct slice datagram)
{
	struct tape *t = lab->owner;
	struct ike_header h;

	(void)path;
	assert_true(ike_header_parse(datagram, &h));
	if (t->length < sizeof(t->exchange))
		t->exchange[t->length++] = h.exchange;
	if (h.exchange == RESUME && side == 0 && !t->first_len) {
		memcpy(t->first, datagram.ptr, datagram.len);
		t->first_len = datagram.len;
	}
	return h.exchange != t->refused;
}

void resume_watch(struct ike_lab *lab, struct tape *t)
{
	lab->sent = listen;
	lab->owner = t;
}

unsigned int resume_heard(const struct tape *t, uint8_t exchange)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < t->length; i++)
		n += t->exchange[i] == exchange;
	return n;
}

void resume_load(struct ike_lab *lab, unsigned int side,
		 void (*change)(struct conn_conf *c))
{
	struct conn_conf c = lab_conn(lab, side, IKE, ESP);
	struct error e;

	assert_int_equal(identity_parse(side ? "sun" : "moon", &c.local_id, &e),
			 0);
	assert_int_equal(identity_parse(side ? "moon" : "sun", &c.remote_id, &e),
			 0);
	c.resumption = true;
	if (change)
		change(&c);
	lab_load(lab, side, &c);
	conn_fini(&c);
}

void resume_begin(struct ike_lab *lab)
{
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
}

struct ike_lab *resume_lab_with(struct tape *t,
				void (*change)(struct conn_conf *c))
{
	struct ike_lab *lab = lab_new(1);

	*t = (struct tape){ .length = 0 };
	resume_watch(lab, t);
	resume_load(lab, 0, change);
	resume_load(lab, 1, NULL);
	resume_begin(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_non_null(lab->side[0].engine->tickets);
	return lab;
}

struct ike_lab *resume_lab(struct tape *t)
{
	return resume_lab_with(t, NULL);
}

struct lab_fate resume_lose_all(struct ike_lab *lab, unsigned int n)
{
	(void)lab;
	(void)n;
	return (struct lab_fate){ .copies = 0 };
}

void resume_cut(struct ike_lab *lab)
{
	struct tape *t = lab->owner;

	lab->fate = resume_lose_all;
	assert_int_equal(
		engine_rekey(lab->side[0].engine, "peer", NULL, lab->now_ns), 1);
	assert_true(lab_run(lab, 400 * LAB_S));
	assert_int_equal(settle_ike_sas(lab, 0), 0);
	lab->fate = NULL;
	t->length = 0;
}

void resume_restart(struct ike_lab *lab)
{
	lab_kill(lab, 1);
	lab_take_over(lab, 1);
	assert_int_equal(settle_ike_sas(lab, 1), 0);
}

void resume_assert_up(const struct ike_lab *lab, const char *text)
{
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_int_equal(settle_ike_sas(lab, 1), 1);
	for (unsigned int i = 0; i < 2; i++)
		assert_string_equal(lab_text(&lab->side[i], IKE_EV_IKE_UP),
				    text);
}

void resume_comes_in_full(struct ike_lab *lab, struct tape *t,
			  unsigned int resume)
{
	resume_begin(lab);
	assert_true(lab_run(lab, 60 * LAB_S));
	resume_assert_up(lab, "");
	assert_int_equal(resume_heard(t, RESUME), resume);
	assert_int_equal(resume_heard(t, INIT), 2);
}

void resume_run_hours(struct ike_lab *lab, unsigned int hours)
{
	for (unsigned int i = 0; i < 4 * hours; i++) {
		lab->side[0].n_events = lab->side[1].n_events = 0;
		assert_true(lab_run(lab, HOUR / 4));
	}
}

void resume_never_unique(struct conn_conf *c)
{
	c->unique = UNIQUE_NEVER;
}
