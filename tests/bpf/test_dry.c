// SPDX-License-Identifier: BSD-2-Clause
/*
 * A dry run of the programs says what becomes of a packet: of every row of the
 * tables what stands there, of flows by chance what happens to real packets of
 * them afterwards, known ones or not. And it leaves no map another than it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/libbpf.h>

#include "ctrl/dp/dry.h"
#include "tests/bpf/digest.h"
#include "tests/bpf/rows_guard.h"
#include "tests/bpf/rows_ipv6.h"
#include "tests/bpf/rows_protected.h"
#include "tests/bpf/rows_tunnel.h"
#include "tests/bpf/rows_quote.h"
#include "tests/bpf/rows_unprotected.h"
#include "tests/bpf/rows_vlan.h"
#include "tests/bpf/run.h"
#include "tests/support/policies.h"

#include <cygnet.skel.h>

#define FLOWS 1000U
#define TIMES 4U   /* of which a flow's later ones meet the flow cache */
#define SAS   256U /* room for them: the fewer slots are to be compared */

static struct fixture fx;
static struct dry *dry[GW_MAX];

static struct dry_note dry_run(const struct row_case *c, const struct frame *f)
{
	const struct dry_packet p = {
		.frame = f->octets,
		.bytes = f->bytes,
		.ifindex = ingress_of(c),
		.from = c->row->from ? if_nametoindex(c->row->from) : 0,
	};
	struct dry_note note;
	int err;

	if (c->program == PROGRAM_GUARD)
		err = dry_guard(dry[c->row->on], &p, &note);
	else if (c->program == PROGRAM_TUNNEL)
		err = dry_tunnel(dry[c->row->on], &p, &note);
	else
		err = dry_edge(dry[c->row->on], &p, &note);
	assert_int_equal(err, 0);
	return note;
}

/* --- the tables --- */

/* A dry run's packet came by the first queue, unmarked, and is one. */
static bool is_plain(const struct row *row)
{
	return !row->queue && !row->mark && !row->gso_segs;
}

static void assert_note(const struct row *row, const struct dry_note *note)
{
	const bool steered = row->pass == PASS_STEER_OUT && !row->drop;
	const struct sa_ref sa = row->sa.gen ? row->sa : SA_OUT;

	if (note->drop != row->drop || (!row->drop && note->pass != row->pass))
		fail_msg("%s: dropped as %s, passed as %s", row->name,
			 drop_name((enum drop_reason)note->drop),
			 pass_name((enum pass_reason)note->pass));
	if (!steered)
		return;
	assert_int_equal(note->spd.id,
			 row->policy_id ? row->policy_id : POLICY_PROTECT);
	assert_int_equal(note->spd.gen, POLICY_GEN);
	assert_int_equal(note->sa.gen, row->no_sa ? 0 : sa.gen);
	assert_int_equal(note->sa.id, row->no_sa ? 0 : sa.id);
}

static void assert_table(enum program program, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct row_case c = { &fx, program, &rows[i] };
		struct dry_note note;
		struct frame f;

		if (!is_plain(&rows[i]))
			continue;
		row_build(&c, &f);
		note = dry_run(&c, &f);
		assert_note(&rows[i], &note);
	}
}

#define TABLE(program, rows) assert_table(program, rows, ARRAY_LEN(rows))

/* --- the tables, and what they leave --- */

static void digest_of(const struct programs *p, struct digest *out)
{
	digest_maps(programs_skeleton(p)->obj, out);
}

/* Of all gateways, which have counters of their own. */
static void digest_every(struct digest out[GW_MAX])
{
	for (int on = 0; on < GW_MAX; on++)
		digest_of(fx.programs[on], &out[on]);
}

static void every_row_of_the_tables_is_foretold_and_leaves_nothing(void **state)
{
	static struct digest before[GW_MAX], after[GW_MAX];

	(void)state;
	digest_every(before);
	TABLE(PROGRAM_PROTECTED, rows_protected);
	TABLE(PROGRAM_UNPROTECTED, rows_unprotected);
	TABLE(PROGRAM_GUARD, rows_guard);
	TABLE(PROGRAM_UNPROTECTED, quote_rows_unprotected);
	TABLE(PROGRAM_GUARD, quote_rows_guard);
	TABLE(PROGRAM_PROTECTED, rows6_protected);
	TABLE(PROGRAM_UNPROTECTED, rows6_unprotected);
	TABLE(PROGRAM_GUARD, rows6_guard);
	TABLE(PROGRAM_PROTECTED, vlan_rows_protected);
	TABLE(PROGRAM_UNPROTECTED, vlan_rows_unprotected);
	TABLE(PROGRAM_GUARD, vlan_rows_guard);
	TABLE(PROGRAM_PROTECTED, tunnel_rows_protected);
	TABLE(PROGRAM_UNPROTECTED, tunnel_rows_unprotected);
	TABLE(PROGRAM_GUARD, tunnel_rows_guard);
	TABLE(PROGRAM_TUNNEL, rows_tunnel);
	digest_every(after);
	for (int on = 0; on < GW_MAX; on++)
		assert_same_maps(&before[on], &after[on]);
}

/* --- flows by chance --- */

/* Of which the flows by chance are asked. */
static const enum instance asked[] = { GW_BYPASS, GW_DISCARD, GW_KERNEL };

static const char *const hosts[] = {
	LAN_HOST,      LAN_NEIGHBOUR,  LAN_BY_SOURCE, LAN_LOST,
	GATEWAY_IN,    GATEWAY_OUT,    WAN_HOST,      OTHER_HOST,
	FAR_HOST,      FAR_DISCARDED,  FAR_BLACKHOLE, TCP_HOST,
	NO_SA_HOST,    ON_DEMAND_HOST, BYPASSED_HOST, STRANGER,
	LAN_BROADCAST, MULTICAST,      LINK_LOCAL,
};

static const char *const hosts6[] = {
	LAN_HOST6,   LAN_NEIGHBOUR6, LAN_BY_SOURCE6,  GATEWAY_IN6, GATEWAY_OUT6,
	OTHER_HOST6, FAR_HOST6,	     PROTECTED_HOST6, STRANGER6,   LINK_LOCAL6,
};

static const uint8_t protocols[] = {
	PROTO_UDP, PROTO_UDP, PROTO_TCP, PROTO_ICMP, PROTO_ICMPV6,
	PROTO_ESP, PROTO_AH,  47,	 PROTO_SCTP,
};

static const uint16_t ports[] = { 0x800, 0x8000, 67, 500, 4500, 443, 5201 };

#define PICK(c, array) array[chance_number(c, ARRAY_LEN(array))]

/* Of ICMP errors: unreachable, too big or fragmentation needed, time exceeded. */
static const uint16_t errors[] = { 0x0301, 0x0304, 0x0b00 };
static const uint16_t errors6[] = { 0x0100, 0x0200, 0x0300 };

/* Every sixth packet is an error about another one. */
static void quote_by_chance(struct chance *c, bool six, struct frame_spec *f)
{
	if (chance_number(c, 6))
		return;
	f->protocol = six ? PROTO_ICMPV6 : PROTO_ICMP;
	f->port = six ? PICK(c, errors6) : PICK(c, errors);
	f->about = six ? PICK(c, hosts6) : PICK(c, hosts);
	f->to = six ? PICK(c, hosts6) : PICK(c, hosts);
	f->about_protocol = PICK(c, protocols);
	f->about_port = PICK(c, ports);
	f->about_spi = SPI_ESP;
}

/* Every fourth one is cut: this is the first fragment of it, or a later one. */
static void cut_by_chance(struct chance *c, bool six, struct frame_spec *f)
{
	const bool first = chance_number(c, 2);

	if (chance_number(c, 4))
		return;
	f->udp_bytes = 1400;
	if (six)
		f->ext = (struct frame_ext){ 1, { EXT_FRAGMENT } };
	f->overwrite.at = six ? AT6_FRAGMENT : AT_FRAGMENT;
	f->overwrite.value =
		six ? (first ? 0x0001 : 0x0018) : (first ? 0x2000 : 0x0003);
}

/* So that no fragment is another packet's. */
static void put_id(struct frame *f, bool six, uint16_t id)
{
	if (!six)
		frame_wr16(f, AT_FRAGMENT - 2, id);
	else if (f->octets[AT6_NEXT] == EXT_FRAGMENT)
		frame_wr16(f, AT6_FRAGMENT + 4, id);
}

struct trial {
	struct row row;
	struct row_case c;
	struct frame frame;
	struct dry_note note;
};

static void trial_make(struct chance *c, uint16_t id, struct trial *t)
{
	const bool six = chance_number(c, 4) == 0;
	const uint32_t from = chance_number(c, 3);

	t->row = (struct row){
		.on = PICK(c, asked),
		.frame = {
			.saddr = six ? PICK(c, hosts6) : PICK(c, hosts),
			.daddr = six ? PICK(c, hosts6) : PICK(c, hosts),
			.protocol = PICK(c, protocols),
			.port = PICK(c, ports),
			.spi = chance_number(c, 2) ? SPI_ESP : SPI_AH,
		},
	};
	t->c = (struct row_case){
		.fx = &fx,
		.program = (enum program)chance_number(c, PROGRAM_GUARD + 1),
		.row = &t->row,
	};
	if (t->c.program == PROGRAM_GUARD && from)
		t->row.from = from == 1 ? "prot" : "other";
	quote_by_chance(c, six, &t->row.frame);
	cut_by_chance(c, six, &t->row.frame);
	row_build(&t->c, &t->frame);
	put_id(&t->frame, six, id);
}

static void assert_fares_so(struct trial *t)
{
	const struct dry_note *note = &t->note;

	t->row.drop = (enum drop_reason)note->drop;
	t->row.pass = (enum pass_reason)note->pass;
	t->row.policy_id = note->spd.id;
	t->row.sa = note->sa;
	t->row.no_sa = !note->sa.gen;
	assert_row(&t->c, &t->frame);
}

static void digest_all(struct digest *out)
{
	for (size_t i = 0; i < ARRAY_LEN(asked); i++)
		digest_of(fx.programs[asked[i]], &out[i]);
}

/* How many kinds of outcomes there were. */
static uint32_t dry_run_all(struct trial *trials)
{
	static struct digest before[ARRAY_LEN(asked)], after[ARRAY_LEN(asked)];
	uint32_t outcomes[DROP_MAX + PASS_MAX] = { 0 }, kinds = 0;

	digest_all(before);
	for (uint32_t i = 0; i < FLOWS; i++) {
		struct dry_note *note = &trials[i].note;

		*note = dry_run(&trials[i].c, &trials[i].frame);
		outcomes[note->drop ? note->drop : DROP_MAX + note->pass]++;
	}
	digest_all(after);
	for (size_t i = 0; i < ARRAY_LEN(asked); i++)
		assert_same_maps(&before[i], &after[i]);
	for (uint32_t i = 0; i < ARRAY_LEN(outcomes); i++)
		kinds += outcomes[i] != 0;
	return kinds;
}

static void flows_by_chance_fare_as_foretold_and_nothing_shows_it(void **state)
{
	static struct trial trials[FLOWS];
	struct chance c = { 20261127 };

	(void)state;
	for (uint32_t i = 0; i < FLOWS; i++)
		trial_make(&c, (uint16_t)(i + 1), &trials[i]);
	assert_true(dry_run_all(trials) > 12); /* else it says little */
	for (uint32_t i = 0; i < FLOWS * TIMES; i++)
		assert_fares_so(&trials[i / TIMES]);
	/* Flows that are known by now are none to it. */
	dry_run_all(trials);
	for (uint32_t i = 0; i < FLOWS; i++)
		assert_fares_so(&trials[i]);
}

static uint32_t maps_that_differ(const struct digest *a, const struct digest *b)
{
	uint32_t differ = 0;

	for (size_t i = 0; i < a->n; i++)
		differ += a->sum[i] != b->sum[i];
	return differ;
}

/* Else a trace would not be seen. */
static void real_packet_or_another_sa_shows_in_the_maps(void **state)
{
	static const struct row row = { .pass = PASS_STEER_OUT };
	const struct row_case c = { &fx, PROGRAM_PROTECTED, &row };
	struct programs *p = fx.programs[GW_BYPASS];
	static struct digest before, after;
	struct frame f;

	(void)state;
	row_build(&c, &f);
	f.octets[AT_SPORT]++; /* a flow that nobody knows */
	digest_of(p, &before);
	assert_row(&c, &f);
	digest_of(p, &after);
	assert_int_equal(maps_that_differ(&before, &after), 2);
	assert_int_equal(programs_bind(p, POLICY_NO_SA, SA_OUT), 0);
	digest_of(p, &before);
	assert_int_equal(maps_that_differ(&before, &after), 1);
	assert_int_equal(programs_bind(p, POLICY_NO_SA, (struct sa_ref){ 0 }),
			 0);
}

static void packet_of_no_interface_is_refused(void **state)
{
	const struct row row = { .ingress = NULL };
	const struct row_case c = { &fx, PROGRAM_PROTECTED, &row };
	struct dry_packet p = { .ifindex = 9999 };
	struct dry_note note;
	struct frame f;

	(void)state;
	row_build(&c, &f);
	p.frame = f.octets;
	p.bytes = f.bytes;
	assert_int_equal(dry_edge(dry[GW_BYPASS], &p, &note), -ENODEV);
	assert_int_equal(dry_guard(dry[GW_BYPASS], &p, &note), -ENODEV);
}

static bool open_dry(void)
{
	struct error e;

	for (int on = 0; on < GW_MAX; on++)
		if (dry_open(fx.programs[on], &dry[on], &e)) {
			printf("# %s\n", e.text);
			return false;
		}
	return true;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_row_of_the_tables_is_foretold_and_leaves_nothing),
		cmocka_unit_test(
			flows_by_chance_fare_as_foretold_and_nothing_shows_it),
		cmocka_unit_test(real_packet_or_another_sa_shows_in_the_maps),
		cmocka_unit_test(packet_of_no_interface_is_refused),
	};
	int failed = 1;

	for (int on = 0; on < GW_MAX; on++)
		fx.sas[on] = SAS;
	if (fixture_start(&fx) && open_dry())
		failed = cmocka_run_group_tests_name("dry", tests, NULL, NULL);
	for (int on = 0; on < GW_MAX; on++)
		dry_close(dry[on]);
	fixture_stop(&fx);
	return failed;
}
