// SPDX-License-Identifier: BSD-2-Clause
/* A configuration crosses the seam between ctl and dp, piece by piece. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/daemon/dp_seam.h"

struct crossing {
	struct config *to;
	unsigned int commits;
	int fails_at; /* this piece, from 1; 0: none */
	int pieces;
};

static int cross(void *ctx, enum dp_msg type, const void *msg, size_t bytes)
{
	struct crossing *c = ctx;

	if (++c->pieces == c->fails_at)
		return -ENOBUFS;
	for (size_t i = 0; i < dp_seam_to_dp_n; i++)
		if (dp_seam_to_dp[i].type == type)
			assert_int_equal(dp_seam_to_dp[i].least, bytes);
	if (type != DP_MSG_COMMIT)
		return dp_seam_get_piece(c->to, (uint16_t)type, msg);
	c->commits++;
	dp_seam_get_gateway(c->to, msg);
	return 0;
}

static struct config from;
static struct manual_conf manual[2];
static struct policy_conf policies[2];
static struct conn_conf conns[2];
static struct child_conf children[3];

static int fill(void **state)
{
	struct gateway_conf *g = &from.gateway;

	(void)state;
	g->default_action = SPD_DISCARD;
	g->crypto = CRYPTO_OPENSSL;
	strcpy(g->socket, "/run/x");
	g->n_ifaces = 2;
	g->ifaces[0] = (struct iface_conf){ .name = "lan0",
					    .place = { "first.conf", 3, 17 } };
	g->ifaces[1] = (struct iface_conf){ .name = "wan0",
					    .role = IFACE_UNPROTECTED,
					    .place = { "second.conf", 1, 2 } };
	for (size_t i = 0; i < 2; i++) {
		manual[i].encr = encr_by_id(ENCR_AES_CBC, 128);
		manual[i].integ = integ_by_id(INTEG_HMAC_SHA2_256_128);
		manual[i].in.spi = 0x1000 + (uint32_t)i;
		manual[i].out.encr_key = (struct secret){ { 7, 8, 9 }, 3 };
		policies[i].manual = i;
		policies[i].action = SPD_PROTECT;
		conn_init(&conns[i]);
		conns[i].n_children = 1 + i;
		conns[i].children = &children[i];
	}
	for (size_t i = 0; i < 3; i++) {
		child_init(&children[i]);
		children[i].policy = 10 + (uint32_t)i;
	}
	strcpy(conns[1].name, "paris");
	strcpy(children[2].name, "net");
	from.manual = manual;
	from.policies = policies;
	from.conns = conns;
	from.n_manual = from.n_policies = from.n_conns = 2;
	return 0;
}

static void configuration_arrives_as_it_was(void **state)
{
	struct config *to = calloc(1, sizeof(*to));
	struct crossing c = { .to = to };
	struct suites suites;

	(void)state;
	assert_int_equal(dp_seam_put_config(&from, cross, &c), 0);
	assert_int_equal(c.commits, 1);
	assert_int_equal(to->gateway.default_action, SPD_DISCARD);
	assert_int_equal(to->gateway.crypto, CRYPTO_OPENSSL);
	assert_string_equal(to->gateway.socket, "/run/x");
	assert_int_equal(to->gateway.n_ifaces, 2);
	assert_string_equal(to->gateway.ifaces[1].name, "wan0");
	assert_string_equal(to->gateway.ifaces[0].place.file, "first.conf");
	assert_string_equal(to->gateway.ifaces[1].place.file, "second.conf");
	assert_int_equal(to->gateway.ifaces[0].place.column, 17);
	assert_int_equal(to->n_manual, 2);
	assert_ptr_equal(to->manual[1].encr, manual[1].encr);
	assert_ptr_equal(to->manual[1].integ, manual[1].integ);
	assert_int_equal(to->manual[1].in.spi, 0x1001);
	assert_true(secret_equal(&to->manual[0].out.encr_key,
				 &manual[0].out.encr_key));
	assert_int_equal(to->n_policies, 2);
	assert_int_equal(to->policies[1].manual, 1);
	assert_int_equal(to->n_conns, 2);
	assert_string_equal(to->conns[1].name, "paris");
	assert_int_equal(to->conns[0].n_children, 1);
	assert_int_equal(to->conns[1].n_children, 2);
	assert_int_equal(to->conns[1].children[0].policy, 11);
	suites_of(&children[1].proposals, &suites);
	suites.modes = 1U << SADB_TUNNEL;
	assert_memory_equal(&to->conns[1].children[0].suites, &suites,
			    sizeof(suites));
	config_free(to);
}

static void what_does_not_get_through_is_told(void **state)
{
	(void)state;
	for (int at = 1; at <= 12; at++) {
		struct config *to = calloc(1, sizeof(*to));
		struct crossing c = { .to = to, .fails_at = at };

		assert_int_equal(dp_seam_put_config(&from, cross, &c), -ENOBUFS);
		assert_int_equal(c.pieces, at);
		assert_int_equal(c.commits, 0);
		config_free(to);
	}
}

static void what_does_not_fit_is_refused(void **state)
{
	struct config *to = calloc(1, sizeof(*to));
	struct dp_msg_iface iface = { .file = "" };
	struct dp_msg_manual m = { .encr = UINT16_MAX };
	struct dp_msg_policy p = { .conf.action = SPD_PROTECT };
	struct dp_msg_child child = { .conf = { .n_local_ts = 1,
						.n_remote_ts = 1 } };
	struct dp_msg_conn conn = { .conf.n_children = 0 };

	(void)state;
	assert_int_equal(dp_seam_get_piece(to, DP_MSG_CHILD, &child), -EINVAL);
	assert_int_equal(dp_seam_get_piece(to, DP_MSG_MANUAL, &m), -EINVAL);
	assert_int_equal(dp_seam_get_piece(to, DP_MSG_POLICY, &p), -EINVAL);
	assert_int_equal(dp_seam_get_piece(to, DP_MSG_LOOK, &p), -EINVAL);
	for (int i = 0; i < IFACE_MAX; i++)
		assert_int_equal(dp_seam_get_piece(to, DP_MSG_IFACE, &iface), 0);
	assert_int_equal(dp_seam_get_piece(to, DP_MSG_IFACE, &iface), -EINVAL);
	p.conf.action = SPD_BYPASS;
	for (int i = 0; i < SPD_MAX; i++)
		assert_int_equal(dp_seam_get_piece(to, DP_MSG_POLICY, &p), 0);
	assert_int_equal(dp_seam_get_piece(to, DP_MSG_POLICY, &p), -EINVAL);
	assert_int_equal(dp_seam_get_piece(to, DP_MSG_CONN, &conn), 0);
	assert_int_equal(dp_seam_get_piece(to, DP_MSG_CHILD, &child), -EINVAL);
	to->n_entries = SPD_MAX - 2;
	for (int i = 0; i < 2; i++)
		assert_int_equal(dp_seam_get_piece(to, DP_MSG_CHILD, &child), 0);
	assert_int_equal(dp_seam_get_piece(to, DP_MSG_CHILD, &child), -EINVAL);
	config_free(to);
}

static void every_message_fits_a_seam(void **state)
{
	(void)state;
	for (size_t i = 0; i < dp_seam_to_dp_n; i++)
		assert_true(dp_seam_to_dp[i].bytes <= SEAM_MESSAGE_MAX);
	for (size_t i = 0; i < dp_seam_to_ctl_n; i++)
		assert_true(dp_seam_to_ctl[i].bytes <= SEAM_MESSAGE_MAX);
	for (size_t i = 0; i < dp_seam_from_ike_n; i++)
		assert_true(dp_seam_from_ike[i].bytes <= SEAM_MESSAGE_MAX);
	for (size_t i = 0; i < dp_seam_to_ike_n; i++)
		assert_true(dp_seam_to_ike[i].bytes <= SEAM_MESSAGE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configuration_arrives_as_it_was),
		cmocka_unit_test(what_does_not_get_through_is_told),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(every_message_fits_a_seam),
	};

	return cmocka_run_group_tests(tests, fill, NULL);
}
