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
#include "tests/bpf/rows_guard.h"
#include "tests/bpf/rows_ipv6.h"
#include "tests/bpf/rows_protected.h"
#include "tests/bpf/rows_quote.h"
#include "tests/bpf/rows_unprotected.h"
#include "tests/bpf/rows_vlan.h"
#include "tests/bpf/run.h"
#include "tests/support/policies.h"

#include <cygnet.skel.h>

#define FLOWS	   1000U
#define TIMES	   4U	/* of which a flow's later ones meet the flow cache */
#define SAS	   256U /* room for them: the fewer slots are to be compared */
#define VALUES_MAX 65536U

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

static void every_row_of_the_tables_is_foretold(void **state)
{
	struct counters before = { 0 }, after = { 0 };

	(void)state;
	for (int on = 0; on < GW_MAX; on++)
		programs_counters(fx.programs[on], &before);
	TABLE(PROGRAM_PROTECTED, rows_protected);
	TABLE(PROGRAM_UNPROTECTED, rows_unprotected);
	TABLE(PROGRAM_GUARD, rows_guard);
	TABLE(PROGRAM_GUARD, quote_rows_guard);
	TABLE(PROGRAM_PROTECTED, rows6_protected);
	TABLE(PROGRAM_UNPROTECTED, rows6_unprotected);
	TABLE(PROGRAM_GUARD, rows6_guard);
	TABLE(PROGRAM_PROTECTED, vlan_rows_protected);
	TABLE(PROGRAM_UNPROTECTED, vlan_rows_unprotected);
	TABLE(PROGRAM_GUARD, vlan_rows_guard);
	for (int on = 0; on < GW_MAX; on++)
		programs_counters(fx.programs[on], &after);
	assert_memory_equal(&before, &after, sizeof(before));
}

/* --- what the maps hold --- */

/* FNV-1a, of whole words. */
static uint64_t hash_more(uint64_t hash, const void *from, size_t bytes)
{
	const uint8_t *at = from;
	uint64_t word;

	for (size_t i = 0; i < bytes; i += sizeof(word)) {
		size_t left = bytes - i;

		word = 0;
		memcpy(&word, at + i, left < sizeof(word) ? left : sizeof(word));
		hash = (hash ^ word) * 0x100000001b3ULL;
	}
	return hash;
}

static uint64_t hash_entry(const struct bpf_map_info *info, const void *key,
			   const void *value, size_t bytes)
{
	return hash_more(hash_more(1, key, info->key_size), value, bytes);
}

/* One of 100,000 entries takes its time entry by entry. */
static uint64_t hash_array(int fd, const struct bpf_map_info *info)
{
	static uint8_t values[VALUES_MAX];
	static uint32_t keys[VALUES_MAX / 4];
	uint32_t n, from = 0, *in = NULL;
	uint64_t sum = 0;
	int err;

	assert_true(info->value_size <= sizeof(values));
	do {
		n = (uint32_t)(sizeof(values) / info->value_size);
		n = n < ARRAY_LEN(keys) ? n : ARRAY_LEN(keys);
		err = bpf_map_lookup_batch(fd, in, &from, keys, values, &n,
					   NULL);
		assert_true(!err || errno == ENOENT); /* that was the last */
		for (uint32_t i = 0; i < n; i++)
			sum += hash_entry(info, &keys[i],
					  values + (size_t)i * info->value_size,
					  info->value_size);
		in = &from;
	} while (!err);
	return sum;
}

/* Of an XSKMAP, which shows none of its values, 0. */
static uint64_t hash_each(int fd, const struct bpf_map_info *info)
{
	static uint8_t value[VALUES_MAX];
	uint8_t key[64], next[64];
	size_t bytes = info->value_size;
	uint64_t sum = 0;
	bool more;

	if (info->type == BPF_MAP_TYPE_PERCPU_ARRAY)
		bytes = (bytes + 7) / 8 * 8 * (size_t)libbpf_num_possible_cpus();
	assert_true(info->key_size <= sizeof(key) && bytes <= sizeof(value));
	more = !bpf_map_get_next_key(fd, NULL, next);
	while (more) {
		memcpy(key, next, info->key_size);
		if (!bpf_map_lookup_elem(fd, key, value))
			sum += hash_entry(info, key, value, bytes);
		more = !bpf_map_get_next_key(fd, key, next);
	}
	return sum;
}

/* Of all entries, in no order. */
static uint64_t hash_map(int fd)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	return info.type == BPF_MAP_TYPE_ARRAY ? hash_array(fd, &info)
					       : hash_each(fd, &info);
}

/* The lists in force are maps by themselves. */
static uint64_t hash_list(int outer_fd)
{
	const uint32_t zero = 0;
	uint64_t sum;
	uint32_t id;
	int fd;

	assert_int_equal(bpf_map_lookup_elem(outer_fd, &zero, &id), 0);
	fd = bpf_map_get_fd_by_id(id);
	assert_true(fd >= 0);
	sum = hash_map(fd);
	close(fd);
	return sum;
}

#define MAPS_MAX 40

struct digest {
	size_t n;
	uint64_t sum[MAPS_MAX];
	const char *name[MAPS_MAX];
};

/* Of which the flows by chance are asked. */
static const enum instance asked[] = { GW_BYPASS, GW_DISCARD, GW_KERNEL };

/* All that the real programs have, their own data included. */
static void digest_maps(const struct programs *p, struct digest *out)
{
	const struct cygnet_bpf *real = programs_skeleton(p);
	struct bpf_map *map;

	*out = (struct digest){ 0 };
	bpf_object__for_each_map(map, real->obj)
	{
		if (bpf_map__fd(map) < 0)
			continue;
		assert_true(out->n + 1 < MAPS_MAX);
		out->name[out->n] = bpf_map__name(map);
		out->sum[out->n++] = hash_map(bpf_map__fd(map));
	}
	out->name[out->n] = "the list in force";
	out->sum[out->n++] = hash_list(bpf_map__fd(real->maps.spd));
}

static void assert_same_maps(const struct digest *a, const struct digest *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++)
		if (a->sum[i] != b->sum[i])
			fail_msg("%s is not what it was", a->name[i]);
}

/* --- flows by chance --- */

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

struct trial {
	struct row row;
	struct row_case c;
	struct frame frame;
	struct dry_note note;
};

static void trial_make(struct chance *c, struct trial *t)
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
	row_build(&t->c, &t->frame);
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
		digest_maps(fx.programs[asked[i]], &out[i]);
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
		trial_make(&c, &trials[i]);
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
	digest_maps(p, &before);
	assert_row(&c, &f);
	digest_maps(p, &after);
	assert_int_equal(maps_that_differ(&before, &after), 2);
	assert_int_equal(programs_bind(p, POLICY_NO_SA, SA_OUT), 0);
	digest_maps(p, &before);
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
		cmocka_unit_test(every_row_of_the_tables_is_foretold),
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
