// SPDX-License-Identifier: BSD-2-Clause
/* What ctl gives to ike, and what it gives again when something changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/daemon/ike_link.h"

#define CONNS 4

/* ike's end, and what came. */
struct fixture {
	char folder[32];
	struct event_base *base;
	int listener;
	struct seam *ike;
	struct ike_link *link;
	struct conn_conf first[CONNS], second[CONNS];
	unsigned int conns, unloads, loadings;
	char conn[CONN_NAME_MAX], unloaded[CONN_NAME_MAX];
	bool rest_stays;
	/* Certificates: octets that came, whether all did, and before connections. */
	size_t cred_bytes;
	unsigned int creds_whole;
	bool creds_first;
};

static const uint8_t long_crl[40000];

static void on_message(void *ctx, uint16_t type, const void *msg,
		       const int *fds, size_t n_fds)
{
	struct fixture *f = ctx;
	struct conn_conf conn;

	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	if (type == IKE_MSG_CREDS_BEGIN) {
		f->cred_bytes = 0;
	} else if (type == IKE_MSG_CRED) {
		f->cred_bytes += ((const struct ike_msg_cred *)msg)->len;
	} else if (type == IKE_MSG_CREDS_END) {
		f->creds_whole++;
		f->creds_first = f->conns == 0;
	} else if (type == IKE_MSG_CONN && ike_seam_get_conn(msg, &conn)) {
		f->conns++;
		memcpy(f->conn, conn.name, sizeof(f->conn));
	} else if (type == IKE_MSG_UNLOAD) {
		const struct ike_msg_unload *m = msg;

		f->unloads++;
		memcpy(f->unloaded, m->conn, sizeof(f->unloaded));
	} else if (type == IKE_MSG_LOADED) {
		const struct ike_msg_loaded *m = msg;

		f->loadings++;
		f->rest_stays = m->rest_stays;
		event_base_loopbreak(f->base);
	}
}

static void on_ike_down(void *ctx, const char *why)
{
	(void)ctx;
	fail_msg("%s", why);
}

static void on_ready(void *ctx, bool has_sadb)
{
	(void)ctx;
	(void)has_sadb;
}

static bool on_next_cred(void *ctx, size_t *at, enum cred_kind *kind,
			 struct slice *octets)
{
	(void)ctx;
	*kind = *at ? CRED_CRL : CRED_CA;
	*octets = slice_of(long_crl, *at ? sizeof(long_crl) : 7);
	return (*at)++ < 2;
}

static void on_ended(void *ctx)
{
	(void)ctx;
}

static void on_link(evutil_socket_t listener, short what, void *ctx)
{
	const struct ike_msg_ready ready = { .has_sockets = true };
	struct fixture *f = ctx;
	const struct seam_spec spec = { .base = f->base,
					.kinds = ike_seam_to_ike,
					.n_kinds = ike_seam_to_ike_n,
					.on_message = on_message,
					.on_down = on_ike_down,
					.ctx = f };

	(void)what;
	assert_int_equal(seam_new(&spec, seam_accept(listener), &f->ike), 0);
	seam_send(f->ike, IKE_MSG_READY, &ready, sizeof(ready));
}

static void fill(struct conn_conf *conns)
{
	for (unsigned int i = 0; i < CONNS; i++) {
		conn_init(&conns[i]);
		snprintf(conns[i].name, sizeof(conns[i].name), "c%u", i);
	}
}

/* Until LOADED, from which on counts are from 0. */
static void run(struct fixture *f)
{
	const struct timeval limit = { .tv_sec = 10 };
	unsigned int before = f->loadings;

	event_base_loopexit(f->base, &limit);
	event_base_dispatch(f->base);
	assert_int_equal(f->loadings, before + 1);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct ike_link_spec spec = { .ready = on_ready,
				      .ended = on_ended,
				      .next_cred = on_next_cred };
	char path[64];
	struct error e;

	assert_non_null(f);
	fill(f->first);
	fill(f->second);
	f->base = event_base_new();
	strcpy(f->folder, "/tmp/test_ike_link.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(path, sizeof(path), "%s/ike", f->folder);
	f->listener = seam_listen(path, 0600, &e);
	assert_true(f->listener >= 0);
	event_base_once(f->base, f->listener, EV_READ, on_link, f, NULL);
	spec.base = f->base;
	spec.folder = f->folder;
	spec.conns = f->first;
	spec.n_conns = CONNS;
	spec.ctx = f;
	event_base_priority_init(f->base, 2);
	assert_int_equal(ike_link_new(&spec, &f->link, &e), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char path[64];

	seam_free(f->ike);
	ike_link_free(f->link);
	close(f->listener);
	snprintf(path, sizeof(path), "%s/ike", f->folder);
	unlink(path);
	rmdir(f->folder);
	event_base_free(f->base);
	free(f);
	return 0;
}

static void started(struct fixture *f)
{
	run(f);
	assert_int_equal(f->conns, CONNS);
	assert_false(f->rest_stays);
	f->conns = f->unloads = 0;
}

static void ike_is_given_all_connections_at_first(void **state)
{
	started(*state);
}

/* With ten thousand of them each change was one of all. */
static void only_the_connection_that_changed_is_given_again(void **state)
{
	struct fixture *f = *state;

	started(f);
	f->second[2].dpd_delay = 17;
	ike_link_load(f->link, f->second, CONNS);
	run(f);
	assert_int_equal(f->conns, 1);
	assert_string_equal(f->conn, "c2");
	assert_int_equal(f->unloads, 0);
	assert_true(f->rest_stays);
}

static void connection_that_is_gone_is_named(void **state)
{
	struct fixture *f = *state;

	started(f);
	ike_link_load(f->link, f->second + 1, CONNS - 1);
	run(f);
	assert_int_equal(f->conns, 0);
	assert_int_equal(f->unloads, 1);
	assert_string_equal(f->unloaded, "c0");
	ike_link_load(f->link, f->first, CONNS);
	run(f);
	assert_int_equal(f->conns, 1);
	assert_string_equal(f->conn, "c0");
}

static void certificates_come_before_connections(void **state)
{
	struct fixture *f = *state;

	run(f);
	assert_int_equal(f->creds_whole, 1);
	assert_true(f->creds_first);
	assert_int_equal(f->cred_bytes, 7 + sizeof(long_crl));
	ike_link_put_creds(f->link);
	ike_link_load(f->link, f->first, CONNS);
	run(f);
	assert_int_equal(f->creds_whole, 2);
	assert_int_equal(f->cred_bytes, 7 + sizeof(long_crl));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			ike_is_given_all_connections_at_first, setup, teardown),
		cmocka_unit_test_setup_teardown(
			only_the_connection_that_changed_is_given_again, setup,
			teardown),
		cmocka_unit_test_setup_teardown(connection_that_is_gone_is_named,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			certificates_come_before_connections, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
