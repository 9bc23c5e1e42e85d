// SPDX-License-Identifier: BSD-2-Clause
/*
 * Inbound SAs in their two maps: one by its slot, others that have the same low
 * bits of the SPI beside it, and none any more when it is gone, whichever came
 * and went first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/model/status.h"
#include "tests/bpf/run.h"

#define SPI_ONE	  0x30000005U
#define SPI_OTHER (SPI_ONE + SAS_DEFAULT) /* of the same slot */
#define SPI_THIRD (SPI_ONE + 2 * SAS_DEFAULT)

#define SA_ONE	 ((struct sa_ref){ .id = 101, .gen = 1 })
#define SA_OTHER ((struct sa_ref){ .id = 102, .gen = 2 })
#define SA_THIRD ((struct sa_ref){ .id = 103, .gen = 3 })

static struct fixture fx;

static struct programs *programs(void)
{
	return fx.programs[GW_BYPASS];
}

static struct sad_key key_of(uint32_t spi)
{
	struct sad_key key = { .spi = htonl(spi), .protocol = PROTO_ESP };

	assert_int_equal(addr_parse(GATEWAY_OUT, &key.daddr), 0);
	return key;
}

static void add(uint32_t spi, struct sa_ref sa)
{
	const struct sad_key key = key_of(spi);

	assert_int_equal(programs_add_inbound(programs(), &key, sa), 0);
}

static void del(uint32_t spi)
{
	const struct sad_key key = key_of(spi);

	assert_int_equal(programs_del_inbound(programs(), &key), 0);
}

/* A descriptor; the caller's. */
static int map_fd(const char *name)
{
	struct map_status maps[64];
	size_t n = programs_maps(programs(), maps, ARRAY_LEN(maps));

	for (size_t i = 0; i < n; i++)
		if (strcmp(maps[i].name, name) == 0)
			return bpf_map_get_fd_by_id(maps[i].id);
	fail_msg("no map %s", name);
	return -1;
}

/* sa.gen 0: it is unknown. */
static void assert_esp(const char *daddr, uint8_t protocol, uint32_t spi,
		       struct sa_ref sa)
{
	const struct row row = {
		.frame = { .saddr = STRANGER,
			   .daddr = daddr,
			   .protocol = protocol,
			   .spi = spi },
		.drop = sa.gen ? DROP_NONE : DROP_SPI_UNKNOWN,
		.pass = PASS_STEER_IN,
		.sa = sa,
	};
	const struct row_case c = { &fx, PROGRAM_UNPROTECTED, &row };
	struct frame f;

	row_build(&c, &f);
	assert_row(&c, &f);
}

static void assert_found(uint32_t spi, struct sa_ref sa)
{
	assert_esp(GATEWAY_OUT, PROTO_ESP, spi, sa);
}

static void assert_unknown(uint32_t spi)
{
	assert_found(spi, (struct sa_ref){ 0 });
}

/* Out of the map `sad`, and out of its slot it is found. */
static void assert_in_its_slot(uint32_t spi, struct sa_ref sa)
{
	const struct sad_key key = key_of(spi);
	int fd = map_fd("sad");

	assert_int_equal(bpf_map_delete_elem(fd, &key), 0);
	assert_found(spi, sa);
	assert_int_equal(programs_del_inbound(programs(), &key), -ENOENT);
	assert_unknown(spi);
	close(fd);
}

static void slot_alone_finds_an_sa(void **state)
{
	(void)state;
	add(SPI_ONE, SA_ONE);
	assert_in_its_slot(SPI_ONE, SA_ONE);
}

static void sa_keeps_its_slot_whoever_comes_and_goes(void **state)
{
	(void)state;
	add(SPI_ONE, SA_ONE);
	add(SPI_OTHER, SA_OTHER);
	del(SPI_OTHER);
	assert_in_its_slot(SPI_ONE, SA_ONE);
}

static void slot_is_of_one_destination_and_protocol(void **state)
{
	(void)state;
	add(SPI_ONE, SA_ONE);
	assert_esp(GATEWAY_IN, PROTO_ESP, SPI_ONE, (struct sa_ref){ 0 });
	assert_esp(GATEWAY_OUT, PROTO_AH, SPI_ONE, (struct sa_ref){ 0 });
	assert_unknown(SPI_OTHER);
	assert_found(SPI_ONE, SA_ONE);
	del(SPI_ONE);
}

static void all_that_share_a_slot_are_found(void **state)
{
	(void)state;
	add(SPI_ONE, SA_ONE);
	add(SPI_OTHER, SA_OTHER);
	assert_found(SPI_ONE, SA_ONE);
	assert_found(SPI_OTHER, SA_OTHER);
	del(SPI_OTHER);
	assert_found(SPI_ONE, SA_ONE);
	assert_unknown(SPI_OTHER);
	del(SPI_ONE);
	assert_unknown(SPI_ONE);
}

static void those_beside_a_slot_stay_when_it_becomes_another_one_s(void **state)
{
	(void)state;
	add(SPI_ONE, SA_ONE);
	add(SPI_OTHER, SA_OTHER);
	del(SPI_ONE);
	assert_unknown(SPI_ONE);
	assert_found(SPI_OTHER, SA_OTHER);
	add(SPI_THIRD, SA_THIRD);
	assert_found(SPI_THIRD, SA_THIRD);
	assert_found(SPI_OTHER, SA_OTHER);
	del(SPI_OTHER);
	del(SPI_THIRD);
	assert_unknown(SPI_OTHER);
	assert_unknown(SPI_THIRD);
}

static void spi_in_another_life_is_another_sa(void **state)
{
	(void)state;
	add(SPI_ONE, SA_ONE);
	del(SPI_ONE);
	add(SPI_ONE, SA_OTHER);
	assert_found(SPI_ONE, SA_OTHER);
	del(SPI_ONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slot_alone_finds_an_sa),
		cmocka_unit_test(sa_keeps_its_slot_whoever_comes_and_goes),
		cmocka_unit_test(slot_is_of_one_destination_and_protocol),
		cmocka_unit_test(all_that_share_a_slot_are_found),
		cmocka_unit_test(
			those_beside_a_slot_stay_when_it_becomes_another_one_s),
		cmocka_unit_test(spi_in_another_life_is_another_sa),
	};
	int failed = 1;

	if (fixture_start(&fx))
		failed = cmocka_run_group_tests_name("sad", tests, NULL, NULL);
	fixture_stop(&fx);
	return failed;
}
