// SPDX-License-Identifier: BSD-2-Clause
/* A connection that comes over VICI brings its certificates: they are there first. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/control/vici.h"
#include "ctrl/daemon/apply.h"
#include "tests/support/pki.h"

static char told[256];
static int verdict; /* of certificates */

static void tell(const char *what)
{
	strncat(told, what, sizeof(told) - strlen(told) - 1);
}

static int on_certs(void *ctx, const struct cert_list *named, struct error *e)
{
	(void)ctx;
	assert_int_equal(named->n, 1);
	tell("certs ");
	return verdict ? error_set(e, verdict, "no room for it") : 0;
}

static int on_install(void *ctx, const struct config *c,
		      struct conn_conf *conns, size_t n, struct error *e)
{
	(void)ctx;
	(void)c;
	(void)e;
	assert_int_equal(n, 1);
	assert_int_equal(conns[0].local_auth.n_certs, 1);
	tell("install ");
	return 0;
}

static void on_load(void *ctx, const struct conn_conf *conn,
		    const struct conn_conf *was)
{
	(void)ctx;
	(void)conn;
	tell(was ? "change " : "load ");
}

static void on_changed(void *ctx, bool conns)
{
	(void)ctx;
	(void)conns;
	tell("changed ");
}

static void on_later(void *ctx)
{
	(void)ctx;
}

static int load(struct apply *a, struct slice octets, struct error *e)
{
	const struct control_loads loads = apply_loads(a);
	struct vici_packet packet;
	struct vici_builder b;
	int err;

	vici_start(&b, VICI_CMD_RESPONSE, NULL);
	vici_section(&b, "vpn");
	vici_section(&b, "local");
	vici_list(&b, "certs");
	vici_list_octets(&b, octets);
	vici_list_end(&b);
	vici_section_end(&b);
	vici_section(&b, "remote");
	vici_section_end(&b);
	vici_section_end(&b);
	assert_true(vici_finish(&b));
	assert_true(vici_packet_parse(slice_of(b.ptr + 4, b.len - 4), &packet));
	err = loads.load_conn(loads.ctx, 1, packet.body, e);
	vici_builder_free(&b);
	return err;
}

static void assert_told(const char *want)
{
	assert_string_equal(told, want);
	told[0] = '\0';
}

static void certificates_come_before_who_names_them(void **state)
{
	static const struct pki_cert moon = { .name = "moon" };
	const struct apply_calls calls = { .certs = on_certs,
					   .install = on_install,
					   .load = on_load,
					   .changed = on_changed,
					   .later = on_later };
	struct config *config = calloc(1, sizeof(*config));
	struct apply *a = apply_new(config, NULL, "f", &calls);
	struct error e;

	(void)state;
	assert_non_null(a);
	pki_make(&moon);
	verdict = -E2BIG;
	assert_int_equal(load(a, pki_der("moon"), &e), -E2BIG);
	assert_string_equal(e.text, "no room for it");
	assert_told("certs ");
	verdict = 0;
	assert_int_equal(load(a, pki_der("moon"), &e), 0);
	assert_told("certs install changed load ");
	assert_int_equal(load(a, slice_of("moon", 4), &e), -ENOENT);
	assert_told("");
	apply_free(a);
	config_free(config);
	pki_end();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificates_come_before_who_names_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
