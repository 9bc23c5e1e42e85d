// SPDX-License-Identifier: BSD-2-Clause
/*
 * The compiled list says of every flow what the linear reference says.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/sadb/classify.h"
#include "include/proto.h"
#include "tests/support/policies.h"

#define GEN	 7
#define LISTS	 60U
#define LIST_MAX 300U
#define FLOWS	 400U
#define HUB	 3000U

static struct chance chance;

static void assert_equal_verdicts(const struct policy *list, size_t n,
				  const struct spd_image *image,
				  const struct flow *f)
{
	for (enum dp_dir dir = DIR_OUT; dir <= DIR_IN; dir++) {
		struct policy_verdict is = policy_lookup(list, n, f, dir);
		struct spd_verdict got = classify_lookup(image, f, dir);

		assert_int_equal(got.gen, GEN);
		assert_int_equal(got.matched, is.policy != NULL);
		assert_int_equal(got.hidden, is.hidden);
		if (!is.policy)
			continue;
		assert_int_equal(got.id, is.policy->id);
		assert_int_equal(got.action, is.policy->action);
		assert_int_equal(got.populated, is.policy->pfp != 0);
		assert_int_equal(got.on_demand,
				 is.policy->on_demand || is.policy->pfp);
	}
}

static void check_list(const struct policy *list, size_t n)
{
	struct spd_image image;

	assert_int_equal(classify_compile(list, n, GEN, &image), 0);
	for (uint32_t i = 0; i < FLOWS; i++) {
		const struct flow f = policies_flow(&chance, list, n);

		assert_equal_verdicts(list, n, &image, &f);
	}
	image_free(&image);
}

static void compiled_list_says_what_the_reference_says(void **state)
{
	struct policy list[LIST_MAX];

	(void)state;
	chance.state = 0x9e3779b97f4a7c15U;
	for (uint32_t i = 0; i < LISTS; i++) {
		size_t n = 1 + chance_number(&chance, LIST_MAX);

		policies_any(&chance, list, n);
		check_list(list, n);
	}
}

static void compiled_hub_says_what_the_reference_says(void **state)
{
	struct policy *list = calloc(HUB, sizeof(*list));

	(void)state;
	assert_non_null(list);
	chance.state = 1;
	policies_hub(list, HUB);
	check_list(list, HUB);
	free(list);
}

/* --- what overlaps, which an SA's rules are made of */

static struct policy everything(uint32_t id, uint16_t tunnel)
{
	const struct prefix all = { .net = addr_from_v4(0) };

	return (struct policy){
		.id = id,
		.dirs = SPD_BOTH,
		.action = SPD_PROTECT,
		.selector = selector_between(&all, &all, PROTO_ANY),
		.tunnel = { tunnel, tunnel },
	};
}

static void policies_of_two_tunnels_have_no_flow_in_common(void **state)
{
	const struct policy list[] = { everything(0, 1), everything(1, 5),
				       everything(2, 0), everything(3, 5) };
	struct spd_image image;
	uint32_t places[4];

	(void)state;
	assert_int_equal(classify_compile(list, 4, GEN, &image), 0);
	for (uint32_t i = 0; i < 4; i++) {
		size_t n;

		assert_int_equal(classify_overlaps(&image, &list[i], DIR_OUT,
						   places, 4, &n),
				 0);
		/* The fourth is never asked: the second takes all of it. */
		assert_int_equal(n, 1);
		assert_int_equal(places[0], i < 3 ? i : 1);
	}
	image_free(&image);
}

/* What leaves in the clear by an unprotected interface is not theirs. */
static void policies_of_tunnels_restrict_no_other_packet(void **state)
{
	struct policy p = everything(0, 1);
	struct spd_image image;

	(void)state;
	assert_int_equal(classify_compile(&p, 1, GEN, &image), 0);
	assert_int_equal(image.block[0].head.restricts, 0);
	image_free(&image);
	p.tunnel[DIR_IN] = 0;
	assert_int_equal(classify_compile(&p, 1, GEN, &image), 0);
	assert_int_equal(image.block[0].head.restricts, 1);
	image_free(&image);
}

static void tunnel_out_of_range_is_refused(void **state)
{
	const struct policy p = everything(0, TUNNELS_MAX + 1);
	struct spd_image image;

	(void)state;
	assert_int_equal(classify_compile(&p, 1, GEN, &image), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compiled_list_says_what_the_reference_says),
		cmocka_unit_test(compiled_hub_says_what_the_reference_says),
		cmocka_unit_test(policies_of_two_tunnels_have_no_flow_in_common),
		cmocka_unit_test(policies_of_tunnels_restrict_no_other_packet),
		cmocka_unit_test(tunnel_out_of_range_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
