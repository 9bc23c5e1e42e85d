// SPDX-License-Identifier: BSD-2-Clause
/* From the kernel's addresses to the entries of BPF's map. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ctrl/dp/locals.h"

/* broadcast NULL: none. */
static struct nl_addr addr_of(const char *local, const char *broadcast)
{
	struct nl_addr a = { .local = addr_from_v4(inet_addr(local)) };

	if (broadcast) {
		a.broadcast = addr_from_v4(inet_addr(broadcast));
		a.has_broadcast = true;
	}
	return a;
}

/* 0: not in the map. */
static enum local_kind kind_of(const struct local_map *map, const char *text)
{
	const struct addr a = addr_from_v4(inet_addr(text));
	const struct local *l = local_find(map, &a);

	return l ? l->kind : 0;
}

static const struct local_map nothing = { .n = 0 };

/* Where nothing was; how many are left out. */
static size_t map_of(const struct nl_addr *addrs, size_t n,
		     struct local_map *out)
{
	size_t left_out;

	assert_int_equal(local_map_of(addrs, n, &nothing, false, out, &left_out),
			 0);
	return left_out;
}

static void addresses_and_broadcasts_have_their_kinds(void **state)
{
	const struct nl_addr addrs[] = { addr_of("192.0.2.1", "192.0.2.255"),
					 addr_of("10.1.0.1", NULL) };
	struct local_map map;

	(void)state;
	assert_int_equal(map_of(addrs, 2, &map), 0);
	assert_int_equal(map.n, 3);
	assert_int_equal(kind_of(&map, "192.0.2.1"), LOCAL_UNICAST);
	assert_int_equal(kind_of(&map, "192.0.2.255"), LOCAL_BROADCAST);
	assert_int_equal(kind_of(&map, "10.1.0.1"), LOCAL_UNICAST);
	assert_int_equal(kind_of(&map, "10.1.0.2"), 0);
}

static void address_that_is_anothers_broadcast_is_an_address(void **state)
{
	const struct nl_addr addrs[] = { addr_of("10.1.0.1", "10.1.0.9"),
					 addr_of("10.1.0.9", NULL),
					 addr_of("10.1.0.2", "10.1.0.9") };
	struct local_map map;

	(void)state;
	map_of(addrs, 3, &map);
	assert_int_equal(map.n, 3);
	assert_int_equal(kind_of(&map, "10.1.0.9"), LOCAL_UNICAST);
}

static void no_addresses_are_an_empty_map(void **state)
{
	struct local_map map;

	(void)state;
	assert_int_equal(map_of(NULL, 0, &map), 0);
	assert_int_equal(map.n, 0);
	assert_int_equal(kind_of(&map, "10.1.0.1"), 0);
}

static void what_was_known_is_kept_beside_what_was_read(void **state)
{
	const struct nl_addr before[] = { addr_of("10.1.0.1", "10.1.0.255") };
	const struct nl_addr now[] = { addr_of("10.1.0.255", NULL) };
	struct local_map was, map;
	size_t left_out;

	(void)state;
	map_of(before, 1, &was);
	assert_int_equal(local_map_of(now, 1, &was, true, &map, &left_out), 0);
	assert_int_equal(map.n, 2);
	assert_int_equal(kind_of(&map, "10.1.0.1"), LOCAL_UNICAST);
	assert_int_equal(kind_of(&map, "10.1.0.255"), LOCAL_UNICAST);
}

/* n addresses from 10.0.0.0 on, each with a broadcast in 11.0.0.0. */
static struct nl_addr *many(uint32_t n)
{
	struct nl_addr *addrs = calloc(n, sizeof(*addrs));

	assert_non_null(addrs);
	for (uint32_t i = 0; i < n; i++)
		addrs[i] = (struct nl_addr){
			.local = addr_from_v4(htonl(0x0a000000U + i)),
			.broadcast = addr_from_v4(htonl(0x0b000000U + i)),
			.has_broadcast = true,
		};
	return addrs;
}

static void all_the_room_of_the_map_is_for_addresses_first(void **state)
{
	const uint32_t n = ADDR_MAX - 1;
	struct nl_addr *addrs = many(n);
	struct local_map map;

	(void)state;
	assert_int_equal(map_of(addrs, n, &map), n - 1);
	assert_int_equal(map.n, ADDR_MAX);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(local_find(&map, &addrs[i].local)->kind,
				 LOCAL_UNICAST);
	free(addrs);
}

static void newcomers_never_take_the_room_of_what_was_there(void **state)
{
	const struct nl_addr outer = addr_of("192.0.2.1", NULL);
	struct nl_addr *addrs = many(ADDR_MAX + 1);
	struct local_map was, map;
	size_t left_out;

	(void)state;
	map_of(&outer, 1, &was);
	addrs[ADDR_MAX] = outer;
	assert_int_equal(local_map_of(addrs, ADDR_MAX + 1, &was, false, &map,
				      &left_out),
			 0);
	assert_int_equal(left_out, ADDR_MAX + 1);
	assert_int_equal(kind_of(&map, "192.0.2.1"), LOCAL_UNICAST);
	free(addrs);
}

static void addresses_beyond_the_map_are_counted(void **state)
{
	struct nl_addr *addrs = many(ADDR_MAX + 5);
	struct local_map map;

	(void)state;
	for (uint32_t i = 0; i < ADDR_MAX + 5; i++)
		addrs[i].has_broadcast = false;
	assert_int_equal(map_of(addrs, ADDR_MAX + 5, &map), 5);
	assert_int_equal(map.n, ADDR_MAX);
	free(addrs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_and_broadcasts_have_their_kinds),
		cmocka_unit_test(
			address_that_is_anothers_broadcast_is_an_address),
		cmocka_unit_test(no_addresses_are_an_empty_map),
		cmocka_unit_test(what_was_known_is_kept_beside_what_was_read),
		cmocka_unit_test(all_the_room_of_the_map_is_for_addresses_first),
		cmocka_unit_test(newcomers_never_take_the_room_of_what_was_there),
		cmocka_unit_test(addresses_beyond_the_map_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
