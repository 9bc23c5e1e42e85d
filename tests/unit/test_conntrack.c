// SPDX-License-Identifier: BSD-2-Clause
/* Types as kernels tell them, made by hand, and what is found in them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <bpf/btf.h>

#include "ctrl/dp/conntrack.h"

/* As x86-64 has them in Linux 6.1; offsets in bits. */
#define WORD	  64U
#define NFCT_AT	  (104U * 8)
#define TUPLES_AT (16U * 8)
#define STATUS_AT (128U * 8)
#define HASH_SIZE 56U
#define IN_HASH	  (16U * 8)
#define DST_AT	  (20U * 8)

/* What a case leaves out or has in another place. */
struct kernel {
	bool no_skb, no_nfct, no_conn, no_status;
	uint32_t dst_at, tuple_size; /* 0: as above */
};

static int u64_id;

/* Of two members at most; a name of NULL is none. Types of members do not
 * matter. */
static void add_struct(struct btf *btf, const char *name, uint32_t size,
		       const char *first, uint32_t first_at, const char *second,
		       uint32_t second_at)
{
	assert_true(btf__add_struct(btf, name, size) > 0);
	if (first)
		assert_int_equal(btf__add_field(btf, first, u64_id, first_at, 0),
				 0);
	if (second)
		assert_int_equal(
			btf__add_field(btf, second, u64_id, second_at, 0), 0);
}

static int find(const struct kernel *k, struct conntrack_layout *out)
{
	struct btf *btf = btf__new_empty();
	int err;

	assert_non_null(btf);
	u64_id = btf__add_int(btf, "long unsigned int", 8, 0);
	if (!k->no_skb)
		add_struct(btf, "sk_buff", 232, k->no_nfct ? NULL : "_nfct",
			   NFCT_AT, "len", NFCT_AT + WORD);
	add_struct(btf, "nf_conntrack_tuple", k->tuple_size ? k->tuple_size : 40,
		   "src", 0, "dst", k->dst_at ? k->dst_at : DST_AT);
	add_struct(btf, "nf_conntrack_tuple_hash", HASH_SIZE, "hnnode", 0,
		   "tuple", IN_HASH);
	if (!k->no_conn)
		add_struct(btf, "nf_conn", 248, "tuplehash", TUPLES_AT,
			   k->no_status ? NULL : "status", STATUS_AT);
	memset(out, 0xff, sizeof(*out));
	err = conntrack_find_in(btf, out);
	btf__free(btf);
	return err;
}

static void assert_nothing_found(const struct kernel *k, int err)
{
	static const struct conntrack_layout none;
	struct conntrack_layout got;

	assert_int_equal(find(k, &got), err);
	assert_memory_equal(&got, &none, sizeof(got));
}

static void what_the_guard_reads_is_found(void **state)
{
	static const struct kernel k;
	struct conntrack_layout got;

	(void)state;
	assert_int_equal(find(&k, &got), 0);
	assert_int_equal(got.skb_nfct, 104);
	assert_int_equal(got.status, 128);
	assert_int_equal(got.tuple, 16 + 16);
	assert_int_equal(got.reply_tuple, 16 + 56 + 16);
}

static void a_kernel_without_connections_has_nothing_to_be_seen(void **state)
{
	static const struct kernel k = { .no_nfct = true, .no_conn = true };

	(void)state;
	assert_nothing_found(&k, 0);
}

static void types_that_are_not_told_are_missed(void **state)
{
	static const struct kernel no_skb = { .no_skb = true };
	static const struct kernel no_conn = { .no_conn = true };

	(void)state;
	assert_nothing_found(&no_skb, -ENOENT);
	assert_nothing_found(&no_conn, -ENOENT);
}

static void types_of_another_form_are_refused(void **state)
{
	static const struct kernel kernels[] = {
		{ .no_nfct = true },
		{ .no_status = true },
		{ .dst_at = DST_AT + 32 },
		{ .tuple_size = 48 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++)
		assert_nothing_found(&kernels[i], -EPROTO);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_guard_reads_is_found),
		cmocka_unit_test(
			a_kernel_without_connections_has_nothing_to_be_seen),
		cmocka_unit_test(types_that_are_not_told_are_missed),
		cmocka_unit_test(types_of_another_form_are_refused),
	};

	return cmocka_run_group_tests_name("conntrack", tests, NULL, NULL);
}
