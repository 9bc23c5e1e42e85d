// SPDX-License-Identifier: BSD-2-Clause
/*
 * Manual SAs that follow the configuration while a gateway runs: what is the
 * same is not touched, what is refused changes nothing, and keys that come back
 * go on where they ended.
 */
#include <errno.h>
#include <sys/stat.h>

#include "tests/unit/manual_fixture.h"

static void pair_serves_its_policies(void **state)
{
	struct fixture *f = *state;

	apply(f, CONF(ONE, NET_1 POLICY("more", "10.3.0.0/16", "one")));
	assert_int_equal(spi_of(out_of(f, 0)), 0x1002);
	assert_ptr_equal(out_of(f, 0), out_of(f, 1));
	assert_true(has_inbound(f, 0x1001));
}

static void pair_that_is_the_same_is_not_touched(void **state)
{
	static const char *const same[] = {
		CONF(PAIR("renamed", SA("in", "0x1001", KEY_A),
			  SA("out", "0x1002", KEY_B)),
		     POLICY("net", "10.2.0.0/16", "renamed")),
		CONF(ONE TWO, NET_1 POLICY("more", "10.3.0.0/16", "two")),
		CONF(TWO ONE, NET_1),
	};
	struct fixture *f = *state;
	struct sa_rt *sa;

	apply(f, CONF(ONE, NET_1));
	sa = out_of(f, 0);
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		apply(f, same[i]);
		assert_non_null(sa);
		assert_ptr_equal(out_of(f, 0), sa);
	}
}

static void pair_stays_when_its_policy_is_another(void **state)
{
	struct fixture *f = *state;
	struct sa_rt *sa;

	apply(f, CONF(ONE, NET_1));
	sa = out_of(f, 0);
	apply(f, CONF(ONE, POLICY("net", "10.9.0.0/16", "one")));
	assert_non_null(sa);
	assert_ptr_equal(out_of(f, 0), sa);
}

static void pair_that_is_gone_is_removed(void **state)
{
	struct fixture *f = *state;

	apply(f, CONF(ONE TWO, NET_1));
	apply(f, CONF(TWO, POLICY("net", "10.2.0.0/16", "two")));
	assert_int_equal(spi_of(out_of(f, 0)), 0x2002);
	assert_false(has_inbound(f, 0x1001));
	assert_true(has_inbound(f, 0x2001));
	assert_int_equal(sad_count(f->s->sad), 2);
}

static void keys_that_come_back_go_on(void **state)
{
	struct fixture *f = *state;

	apply(f, CONF(ONE, NET_1));
	assert_int_equal(out_of(f, 0)->seq, 0);
	atomic_store(out_of(f, 0)->kept->used, 1234);
	apply(f, GATEWAY);
	apply(f, CONF(ONE, NET_1));
	assert_int_equal(out_of(f, 0)->seq, 1234);
	assert_true(atomic_load(&out_of(f, 0)->kept->limit) > 1234);
}

/* --- what else a pair may be */

static void pair_can_be_in_udp(void **state)
{
	struct fixture *f = *state;
	const uint16_t ports[] = { htons(4500), htons(1024) };
	const struct sa_rt *in, *out;
	const uint8_t *udp;

	apply(f, OTHER_ONE("aes128gcm16", "encap = yes\nremote_port = 1024\n"));
	in = inbound(f);
	out = out_of(f, 0);
	udp = out->outer.octets + OUTER_MAX - UDP_HEADER_BYTES;
	assert_true(in->udp);
	assert_int_equal(ntohs(in->peer_port_be), 1024);
	assert_true(out->udp);
	assert_int_equal(ntohs(out->peer_port_be), 4500);
	assert_memory_equal(udp, ports, sizeof(ports));
}

static void extended_numbers_that_come_back_go_on(void **state)
{
	const uint64_t sent = (7ULL << 32) + 5, received = (3ULL << 32) + 1;
	struct fixture *f = *state;

	apply(f, OTHER_ONE("aes128gcm16-esn", ""));
	assert_true(inbound(f)->esn && out_of(f, 0)->esn);
	atomic_store(out_of(f, 0)->kept->used, sent);
	atomic_store(inbound(f)->kept->used, received);
	apply(f, GATEWAY);
	apply(f, OTHER_ONE("aes128gcm16-esn", ""));
	assert_true(out_of(f, 0)->seq == sent);
	assert_true(atomic_load(&out_of(f, 0)->kept->limit) > sent);
	assert_true(inbound(f)->replay.top == received);
}

/* --- what is refused changes nothing */

static void assert_refused(struct fixture *f, const char *text, int err,
			   const char *why)
{
	struct sa_rt *sa = out_of(f, 0);
	uint32_t n = sad_count(f->s->sad);
	struct error e;

	assert_int_equal(try(f, text, &e), err);
	assert_non_null(strstr(e.text, why));
	drain(f);
	assert_ptr_equal(out_of(f, 0), sa);
	assert_int_equal(sad_count(f->s->sad), n);
}

static void other_keys_under_an_spi_in_use_are_refused(void **state)
{
	struct fixture *f = *state;

	apply(f, CONF(ONE, NET_1));
	assert_refused(f,
		       CONF(TWO PAIR("one", SA("in", "0x1001", KEY_A),
				     SA("out", "0x1002",
					"0x80818283848586878889"
					"8a8b8c8d8e8f90919293")),
			    NET_1),
		       -EBUSY,
		       "manual.one.out differs, but its SPI 0x00001002 "
		       "is in use");
}

static void other_form_under_an_spi_in_use_is_refused(void **state)
{
	static const char *const others[] = {
		OTHER_ONE("aes128gcm16-esn", ""),
		OTHER_ONE("aes128gcm16", "encap = yes\n"),
		OTHER_ONE("aes128gcm16", "spread = yes\n"),
		OTHER_ONE("aes128gcm16", "set_dscp = 46\n"),
		OTHER_ONE("aes128gcm16", "fragment = after\n"),
		OTHER_ONE("aes128gcm16", "if_id_in = 42\n"),
	};
	struct fixture *f = *state;

	apply(f, CONF(ONE, NET_1));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_refused(f, others[i], -EBUSY,
			       "manual.one.in differs, but its SPI 0x00001001 "
			       "is in use");
	apply(f, GATEWAY);
	apply(f, OTHER_ONE("aes128gcm16", "encap = yes\n"));
	assert_refused(f,
		       OTHER_ONE("aes128gcm16",
				 "encap = yes\n remote_port = 4501\n"),
		       -EBUSY, "differs, but its SPI 0x00001001 is in use");
	apply(f, GATEWAY);
	apply(f, OWN_ONE(""));
	assert_false(out_of(f, 0)->transport);
	assert_refused(f, OWN_ONE("mode = transport\n"), -EBUSY,
		       "differs, but its SPI 0x00001001 is in use");
	apply(f, GATEWAY);
	apply(f, OWN_ONE("mode = transport\n"));
	assert_true(out_of(f, 0)->transport);
}

#define AH_SA(dir, spi)                             \
	dir " { spi = " spi "\n integ_key = " KEY_A \
	    "0102030405060708090a0b0c\n }\n"
#define AH_ONE                                                             \
	CONF("one { local_addrs = 192.0.2.1\n remote_addrs = 192.0.2.2\n " \
	     "ah_proposals = sha256\n" AH_SA("in", "0x1001")               \
		     AH_SA("out", "0x1002") "}\n",                         \
	     NET_1)

static void pair_of_ah_is_not_that_of_esp_under_its_spi(void **state)
{
	struct fixture *f = *state;

	apply(f, AH_ONE);
	assert_true(out_of(f, 0)->ah);
	assert_refused(f, CONF(ONE, NET_1), -EBUSY,
		       "differs, but its SPI 0x00001001 is in use");
}

#define GMAC_SA(dir, spi, key) \
	dir " { spi = " spi "\n integ_key = " key "\n }\n"
#define GMAC_PAIR(name, in, out)                                        \
	name " { local_addrs = 192.0.2.1\n remote_addrs = 192.0.2.2\n " \
	     "ah_proposals = aes128gmac\n" in out "}\n"

/* Each counts under its own key, which is that of its MAC. */
static void pairs_of_gmac_have_each_their_state(void **state)
{
	struct fixture *f = *state;

	apply(f, CONF(GMAC_PAIR("one", GMAC_SA("in", "0x1001", KEY_A),
				GMAC_SA("out", "0x1002", KEY_B))
			      GMAC_PAIR("two", GMAC_SA("in", "0x2001", KEY_C),
					GMAC_SA("out", "0x2002", KEY_D)),
		      NET_1 POLICY("far", "10.3.0.0/16", "two")));
	assert_true(out_of(f, 0)->ah && out_of(f, 1)->ah);
	assert_non_null(out_of(f, 1)->kept);
}

/* --- ESP in AH */

#define INNER(in, a, out, b)                                                 \
	PAIR_OF("inner", "aes128gcm16", "bundle = outer\n", SA("in", in, a), \
		SA("out", out, b))
#define INNER_1 INNER("0x1001", KEY_A, "0x1002", KEY_B)
#define OUTER(in, out)                                                  \
	"outer { local_addrs = 192.0.2.1\n remote_addrs = 192.0.2.2\n " \
	"mode = transport\n ah_proposals = sha256\n" AH_SA("in", in)    \
		AH_SA("out", out) "}\n"
#define BUNDLE(pairs) CONF(pairs, POLICY("net", "10.2.0.0/16", "inner"))

static void bundle_is_made_in_either_order_and_not_touched(void **state)
{
	static const char *const orders[] = {
		BUNDLE(INNER_1 OUTER("0x2001", "0x2002")),
		BUNDLE(OUTER("0x2001", "0x2002") INNER_1),
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < 2; i++) {
		const struct sa_rt *esp, *ah;

		apply(f, GATEWAY);
		apply(f, orders[i]);
		esp = out_of(f, 0);
		ah = sad_get(f->s->sad, sa_then(esp));
		assert_non_null(ah);
		assert_true(ah->ah && !esp->ah);
		assert_int_equal(esp->carrier_bytes, ah->head_bytes);
		apply(f, orders[1 - i]);
		assert_ptr_equal(out_of(f, 0), esp);
		assert_int_equal(sad_count(f->s->sad), 4);
	}
}

/* One would go on in what is gone, or carry what it does not know. */
static void half_of_a_bundle_does_not_change(void **state)
{
	struct fixture *f = *state;

	apply(f, BUNDLE(INNER_1 OUTER("0x2001", "0x2002")));
	assert_refused(f, BUNDLE(INNER_1 OUTER("0x3001", "0x3002")), -EBUSY,
		       "manual.inner.in differs, but its SPI");
	assert_refused(f,
		       BUNDLE(INNER("0x3001", KEY_C, "0x3002", KEY_D)
				      OUTER("0x2001", "0x2002")),
		       -EBUSY, "manual.outer.in differs, but its SPI");
	apply(f, BUNDLE(INNER("0x3001", KEY_C, "0x3002", KEY_D)
				OUTER("0x4001", "0x4002")));
	assert_int_equal(spi_of(out_of(f, 0)), 0x3002);
	assert_int_equal(sad_count(f->s->sad), 4);
}

static void spi_that_still_drains_is_refused(void **state)
{
	struct fixture *f = *state;
	struct error e;

	apply(f, CONF(ONE, NET_1));
	assert_int_equal(try(f, GATEWAY, &e), 0);
	assert_int_equal(try(f, CONF(ONE, NET_1), &e), -EBUSY);
	assert_non_null(strstr(e.text, "still being removed; try again"));
	drain(f);
	apply(f, CONF(ONE, NET_1));
}

static void policies_that_are_refused_leave_the_pairs(void **state)
{
	struct fixture *f = *state;

	apply(f, CONF(ONE, NET_1));
	f->s->policies_err = -E2BIG;
	assert_refused(f, CONF(ONE TWO, NET_1), -E2BIG, "policies");
	f->s->policies_err = 0;
	assert_false(has_inbound(f, 0x2001));
	apply(f, CONF(ONE TWO, NET_1));
}

static unsigned int mapped_files(const struct fixture *f)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[1024];
	unsigned int n = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		n += strstr(line, f->folder) != NULL;
	fclose(maps);
	return n;
}

/* IKE has all SPIs that may be given out. */
static void pair_that_finds_no_room_leaves_no_state_open(void **state)
{
	struct fixture *f = *state;
	struct sadb_request q = { .verb = SADB_GETSPI,
				  .id = { .dir = SADB_IN } };
	struct error e;

	assert_int_equal(addr_parse("192.0.2.1", &q.id.daddr), 0);
	for (uint32_t i = 0; i < SIDE_SAS; i++)
		side_call(f->s, &q);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(try(f, CONF(ONE, NET_1), &e), -ENOSPC);
		drain(f);
	}
	quiescent_drain(); /* their pages go when no worker can see them */
	assert_int_equal(mapped_files(f), 0);
}

static void counter_mode_without_state_is_refused(void **state)
{
	struct fixture *f = *state;
	struct error e;

	assert_int_equal(mkdir(f->folder, 0700), 0);
	assert_int_equal(chmod(f->folder, 0777), 0);
	assert_int_equal(try(f, CONF(ONE, NET_1), &e), -EPERM);
	assert_non_null(strstr(e.text, "manual.one.in: state folder"));
	assert_int_equal(sad_count(f->s->sad), 0);
}

#define INTEG_A                                          \
	"integ_key = 0x000102030405060708090a0b0c0d0e0f" \
	"101112131415161718191a1b1c1d1e1f\n"
#define CBC(esp)                                                            \
	CONF(PAIR_OF("one", esp, "",                                        \
		     "in { spi = 0x1001\n encr_key = "                      \
		     "0x000102030405060708090a0b0c0d0e0f\n" INTEG_A "}\n",  \
		     "out { spi = 0x1002\n encr_key = "                     \
		     "0x202122232425262728292a2b2c2d2e2f\n" INTEG_A "}\n"), \
	     NET_1)

/* Nobody could tell the half that is in no packet. */
static void extended_numbers_without_state_are_refused(void **state)
{
	struct fixture *f = *state;
	struct error e;

	assert_int_equal(mkdir(f->folder, 0700), 0);
	assert_int_equal(chmod(f->folder, 0777), 0);
	assert_int_equal(try(f, CBC("aes128-sha256-esn"), &e), -EPERM);
	assert_non_null(strstr(e.text, "manual.one.in: state folder"));
	assert_int_equal(sad_count(f->s->sad), 0);
	apply(f, CBC("aes128-sha256"));
	assert_int_equal(sad_count(f->s->sad), 2);
}

/* --- pairs that were added */

static void added_pair_takes_a_policy_over_and_gives_it_back(void **state)
{
	const char *file = CONF(ONE, NET_1 POLICY("more", "10.3.0.0/16", "one"));
	struct fixture *f = *state;
	struct sa_rt *sa;

	apply(f, file);
	sa = out_of(f, 0);
	apply_config(f, with_added(file, ADDED(SA("in", "0x2001", KEY_C),
					       SA("out", "0x2002", KEY_D))));
	assert_int_equal(spi_of(out_of(f, 0)), 0x2002);
	assert_ptr_equal(out_of(f, 1), sa);
	assert_true(has_inbound(f, 0x1001));
	assert_true(has_inbound(f, 0x2001));
	apply(f, file);
	assert_ptr_equal(out_of(f, 0), sa);
	assert_false(has_inbound(f, 0x2001));
}

static void half_a_pair_is_one_sa(void **state)
{
	struct fixture *f = *state;

	apply_config(f, with_added(CONF(ONE, NET_1),
				   ADDED(SA("in", "0x2001", KEY_C), "")));
	assert_int_equal(spi_of(out_of(f, 0)), 0x1002);
	assert_true(has_inbound(f, 0x2001));
	assert_int_equal(sad_count(f->s->sad), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(pair_serves_its_policies),
		CASE(pair_that_is_the_same_is_not_touched),
		CASE(pair_stays_when_its_policy_is_another),
		CASE(pair_that_is_gone_is_removed),
		CASE(keys_that_come_back_go_on),
		CASE(pair_can_be_in_udp),
		CASE(extended_numbers_that_come_back_go_on),
		CASE(other_keys_under_an_spi_in_use_are_refused),
		CASE(other_form_under_an_spi_in_use_is_refused),
		CASE(pair_of_ah_is_not_that_of_esp_under_its_spi),
		CASE(pairs_of_gmac_have_each_their_state),
		CASE(bundle_is_made_in_either_order_and_not_touched),
		CASE(half_of_a_bundle_does_not_change),
		CASE(spi_that_still_drains_is_refused),
		CASE(policies_that_are_refused_leave_the_pairs),
		CASE(pair_that_finds_no_room_leaves_no_state_open),
		CASE(counter_mode_without_state_is_refused),
		CASE(extended_numbers_without_state_are_refused),
		CASE(added_pair_takes_a_policy_over_and_gives_it_back),
		CASE(half_a_pair_is_one_sa),
	};

	log_set_level(LOG_LVL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
