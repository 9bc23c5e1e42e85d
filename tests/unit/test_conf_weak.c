// SPDX-License-Identifier: BSD-2-Clause
/* What is broken, and what needs no keys or no window: keys by hand, and children
 * that negotiate, where gateway.allow_weak_algorithms says yes. */
#include "tests/unit/conf_text.h"

#include <errno.h>

#include "ctrl/conf/conf.h"

#define ALLOW	      "allow_weak_algorithms = yes\n"
#define GATEWAY	      "gateway {\nprotected = lan0\nunprotected = wan0\n" ALLOW "}\n"
#define SA(spi, keys) "{\nspi = " spi "\n" keys "}\n"
#define PAIR(proposal, keys, more)                           \
	GATEWAY "manual {\none {\nlocal_addrs = 192.0.2.1\n" \
		"remote_addrs = 192.0.2.2\n"                 \
		"esp_proposals = " proposal "\n" more        \
		"in " SA("0x1001", keys) "out " SA("0x1002", keys) "}\n}\n"
#define ENCR(key)	"encr_key = " key "\n"
#define INTEG(key)	"integ_key = " key "\n"
#define CHILD(proposal) CONN("default", proposal)
#define CONN(ike, proposal)                                       \
	GATEWAY "connections {\na {\nremote_addrs = 192.0.2.2\n"  \
		"proposals = " ike "\n"                           \
		"local { auth = psk\n}\nremote { auth = psk\n}\n" \
		"children {\nnet {\nremote_ts = 10.2.0.0/16\n"    \
		"esp_proposals = " proposal "\n}\n}\n}\n}\n"

static struct config *parsed(const char *text)
{
	struct config *c;
	struct error e;

	if (conf_parse("f", slice_of(text, strlen(text)), &c, &e))
		fail_msg("%s", e.text);
	return c;
}

static void assert_refused(const char *text, const char *wanted)
{
	struct config *c;
	struct error e;

	assert_int_equal(conf_parse("f", slice_of(text, strlen(text)), &c, &e),
			 -EINVAL);
	assert_string_equal(e.text, wanted);
}

static void weak_pair_by_hand_is_taken_where_it_is_allowed(void **state)
{
	struct config *c =
		parsed(PAIR("3des-md5", ENCR(KEY24) INTEG(KEY16), ""));

	(void)state;
	assert_true(c->gateway.allow_weak_algorithms);
	assert_ptr_equal(c->manual[0].encr, encr_by_name("3des"));
	assert_ptr_equal(c->manual[0].integ, integ_by_name("md5"));
	assert_int_equal(c->manual[0].replay_window, 64);
	config_free(c);
}

static void weak_child_is_taken_where_it_is_allowed(void **state)
{
	struct config *c = parsed(CHILD("3des-des-md5, aes128, aes256-sha256"));
	const struct proposals *p = &c->conns[0].children[0].proposals;

	(void)state;
	assert_int_equal(p->n, 3);
	assert_int_equal(p->at[0].n_encr, 2);
	assert_int_equal(p->at[1].n_integ, 0);
	config_free(c);
}

static void weak_ike_is_taken_where_it_is_allowed(void **state)
{
	struct config *c = parsed(
		CONN("3des-md5-modp1024, aes128-sha1-modp768-modp1024s160",
		     "default"));
	const struct proposals *p = &c->conns[0].proposals;

	(void)state;
	assert_int_equal(p->n, 2);
	assert_ptr_equal(p->at[0].prf[0], prf_by_name("prfmd5"));
	assert_int_equal(p->at[1].n_ke, 2);
	config_free(c);
}

static void suites_stand_beside_proposals(void **state)
{
	struct config *c = parsed(CONN("VPN-B, default", "vpn-a, aes128gcm16, "
							 "suite-b-gmac-128"));
	const struct proposals *ike = &c->conns[0].proposals;
	const struct proposals *esp = &c->conns[0].children[0].proposals;

	(void)state;
	assert_int_equal(ike->n, 3);
	assert_ptr_equal(ike->at[0].prf[0], prf_by_name("prfaesxcbc"));
	assert_int_equal(esp->n, 3);
	assert_ptr_equal(esp->at[0].encr[0], encr_by_name("3des"));
	assert_true(esp->at[0].no_ke);
	assert_ptr_equal(esp->at[2].encr[0], encr_by_name("aes128gmac"));
	config_free(c);
}

static void null_has_no_encryption_key(void **state)
{
	struct config *c = parsed(PAIR("null-sha256", INTEG(KEY32), ""));

	(void)state;
	assert_ptr_equal(c->manual[0].encr, encr_by_name("null"));
	assert_int_equal(c->manual[0].in.encr_key.len, 0);
	assert_int_equal(c->manual[0].in.integ_key.len, 32);
	config_free(c);
}

static void encryption_alone_has_neither_integrity_key_nor_window(void **state)
{
	struct config *c = parsed(PAIR("aes128", ENCR(KEY16), ""));

	(void)state;
	assert_ptr_equal(c->manual[0].integ, &integ_none);
	assert_int_equal(c->manual[0].replay_window, 0);
	config_free(c);
	config_free(parsed(PAIR("aes128", ENCR(KEY16), "replay_window = 0\n")));
}

static void encryption_alone_asks_for_no_window_and_no_esn(void **state)
{
	static const char fault[] =
		" asks for what needs integrity: without it neither replays "
		"are found nor extended numbers; write aes128 and "
		"replay_window = 0";
	char wanted[512];

	(void)state;
	snprintf(wanted, sizeof(wanted), "f:11:17: manual.one.replay_window%s",
		 fault);
	assert_refused(PAIR("aes128", ENCR(KEY16), "replay_window = 64\n"),
		       wanted);
	snprintf(wanted, sizeof(wanted), "f:10:17: manual.one.esp_proposals%s",
		 fault);
	assert_refused(PAIR("aes128-esn", ENCR(KEY16), ""), wanted);
}

static void peer_of_encryption_alone_is_not_followed(void **state)
{
	(void)state;
	assert_refused(
		PAIR("aes128", ENCR(KEY16), "encap = yes\nfollow = yes\n"),
		"f:12:10: manual.one.follow asks for what needs integrity: "
		"without it anybody is the peer; remove the line");
}

static void integrity_key_of_encryption_alone_is_refused(void **state)
{
	(void)state;
	assert_refused(PAIR("aes128", ENCR(KEY16) INTEG(KEY32), ""),
		       "f:14:13: manual.one.in.integ_key does not go with "
		       "aes128, which needs none; remove the line");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weak_pair_by_hand_is_taken_where_it_is_allowed),
		cmocka_unit_test(weak_child_is_taken_where_it_is_allowed),
		cmocka_unit_test(weak_ike_is_taken_where_it_is_allowed),
		cmocka_unit_test(suites_stand_beside_proposals),
		cmocka_unit_test(null_has_no_encryption_key),
		cmocka_unit_test(
			encryption_alone_has_neither_integrity_key_nor_window),
		cmocka_unit_test(encryption_alone_asks_for_no_window_and_no_esn),
		cmocka_unit_test(peer_of_encryption_alone_is_not_followed),
		cmocka_unit_test(integrity_key_of_encryption_alone_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
