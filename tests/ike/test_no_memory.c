// SPDX-License-Identifier: BSD-2-Clause
/*
 * An engine without memory: every exchange, by either side, and each allocation of
 * either engine in turn refused. Nothing is used that is not there, and in the end
 * both sides have the same IKE SAs and pairs. What the lab allocates for itself is
 * there always.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ctrl/ike/sa.h"
#include "tests/support/ike_settle.h"

#ifdef __SANITIZE_ADDRESS__
#define IS_SANITIZED true
#else
#define IS_SANITIZED false
#endif

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* --- memory */

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t n, size_t bytes);
void *__libc_realloc(void *at, size_t bytes);

static unsigned int allocations, refused; /* refused: from 1; 0: none */
static unsigned int in_lab;
static bool counts;

#ifndef __SANITIZE_ADDRESS__
static bool is_refused(void)
{
	return counts && !in_lab && ++allocations == refused;
}

void *malloc(size_t bytes)
{
	return is_refused() ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t n, size_t bytes)
{
	return is_refused() ? NULL : __libc_calloc(n, bytes);
}

void *realloc(void *at, size_t bytes)
{
	return is_refused() ? NULL : __libc_realloc(at, bytes);
}
#endif

/* --- the lab, which has always some */

static struct engine_calls real; /* of both sides */

static void on_send(void *ctx, const struct ike_path *path, struct slice d)
{
	in_lab++;
	real.send(ctx, path, d);
	in_lab--;
}

static void on_sadb(void *ctx, const struct sadb_request *q)
{
	in_lab++;
	real.sadb(ctx, q);
	in_lab--;
}

static void on_keystore(void *ctx, const struct keystore_request *q)
{
	in_lab++;
	real.keystore(ctx, q);
	in_lab--;
}

static void on_ke(void *ctx, struct ke_job *job)
{
	in_lab++;
	real.ke(ctx, job);
	in_lab--;
}

static void on_event(void *ctx, const struct ike_event *e)
{
	in_lab++;
	real.event(ctx, e);
	in_lab--;
}

static struct ike_lab *lab_of_both(bool make_before_break)
{
	struct ike_lab *lab = lab_new(1);

	lab->options.make_before_break = make_before_break;
	lab_set_options(lab, &lab->options);
	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = lab_conn(lab, i, SETTLE_IKE, SETTLE_PFS);
		struct engine_calls *calls = &lab->side[i].engine->calls;

		lab_add_child(&c, i);
		c.dpd_delay = 60;
		lab_load(lab, i, &c);
		conn_fini(&c);
		real = *calls;
		calls->send = on_send;
		calls->sadb = on_sadb;
		calls->keystore = on_keystore;
		calls->ke = on_ke;
		calls->event = on_event;
	}
	return lab;
}

/* --- exchanges */

static void initiate(struct engine *e, uint64_t now_ns)
{
	engine_initiate(e, "peer", "net", now_ns);
}

static void make_another(struct engine *e, uint64_t now_ns)
{
	engine_initiate(e, "peer", "more", now_ns);
}

static void rekey_child(struct engine *e, uint64_t now_ns)
{
	engine_rekey(e, "peer", "net", now_ns);
}

static void rekey_ike(struct engine *e, uint64_t now_ns)
{
	engine_rekey(e, "peer", NULL, now_ns);
}

static void reauthenticate(struct engine *e, uint64_t now_ns)
{
	engine_reauth(e, "peer", now_ns);
}

static void delete_child(struct engine *e, uint64_t now_ns)
{
	engine_terminate(e, "peer", "net", now_ns);
}

static void delete_ike(struct engine *e, uint64_t now_ns)
{
	engine_terminate(e, "peer", NULL, now_ns);
}

static const struct scenario {
	const char *name;
	void (*begin)(struct engine *e, uint64_t now_ns);
	bool is_up, make_before_break;
} scenarios[] = {
	{ "handshake", initiate, false, false },
	{ "another child", make_another, true, false },
	{ "rekey child", rekey_child, true, false },
	{ "rekey IKE SA", rekey_ike, true, false },
	{ "reauthenticate", reauthenticate, true, false },
	{ "reauthenticate, make before break", reauthenticate, true, true },
	{ "delete child", delete_child, true, false },
	{ "delete IKE SA", delete_ike, true, false },
};

static void run_on(struct ike_lab *lab, unsigned int minutes)
{
	for (unsigned int i = 0; i < minutes; i++) {
		assert_true(lab_run(lab, 60 * LAB_S));
		lab->side[0].n_events = lab->side[1].n_events = 0;
	}
}

static bool agree(const struct ike_lab *lab)
{
	unsigned int pairs = lab_sas(&lab->side[0], false) / 2;

	return lab_agree(lab, pairs) &&
	       settle_ike_sas(lab, 0) == settle_ike_sas(lab, 1);
}

/* False: there are not so many allocations. */
static bool refuse(const struct scenario *s, unsigned int side, unsigned int n)
{
	struct ike_lab *lab = lab_of_both(s->make_before_break);

	if (s->is_up) {
		initiate(lab->side[0].engine, lab->now_ns);
		assert_true(lab_run(lab, 10 * LAB_S));
		assert_true(lab_agree(lab, 1));
	}
	allocations = 0;
	refused = n;
	counts = true;
	s->begin(lab->side[side].engine, lab->now_ns);
	assert_true(lab_run(lab, 20 * LAB_S));
	counts = false;
	run_on(lab, 13);
	if (!agree(lab))
		fail_msg("%s of side %u, allocation %u: %u and %u IKE SAs, %u and %u SAs",
			 s->name, side, n, settle_ike_sas(lab, 0),
			 settle_ike_sas(lab, 1), lab_sas(&lab->side[0], false),
			 lab_sas(&lab->side[1], false));
	lab_free(lab);
	return allocations >= n;
}

static void every_allocation_of_every_exchange_may_fail(void **state)
{
	(void)state;
	if (IS_SANITIZED) {
		printf("skip: the sanitizer's allocator is its own\n");
		skip();
	}
	for (size_t i = 0; i < ARRAY_LEN(scenarios); i++)
		for (unsigned int side = 0; side < 2; side++)
			for (unsigned int n = 1; refuse(&scenarios[i], side, n);
			     n++)
				;
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(every_allocation_of_every_exchange_may_fail),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
