// SPDX-License-Identifier: BSD-2-Clause
/*
 * VICI packets (without their length field) that load a connection, a secret or an authority:
 * either a model that keeps its promises or an error of one line that shows no
 * key. What was taken is put where there is something already, and taken away
 * again. Start from the seeds in tests/fuzz/corpus/load, which swanctl sent.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/control/shared.h"
#include "ctrl/control/vici.h"
#include "ctrl/daemon/conn_message.h"
#include "ctrl/daemon/loaded.h"
#include "tests/fuzz/conn_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_error(const struct error *e, const char *head)
{
	require(strnlen(e->text, sizeof(e->text)) < sizeof(e->text));
	require(strncmp(e->text, head, strlen(head)) == 0);
	require(e->text[strlen(head)] && !strchr(e->text, '\n') &&
		!shows_key(e->text));
}

/* Twice: the second time in its own place. */
static void put_and_drop(const struct conn_conf *conn)
{
	struct config c = { .file = (char *)"f" };
	struct conn_list list;
	struct error e = { "" };

	for (int i = 0; i < 2; i++) {
		if (loaded_put_conn(&c, conn, &list, &e) == 0) {
			loaded_swap_conns(&c, &list);
			require(c.n_conns == 1 && conn_equal(c.conns, conn));
		} else {
			check_error(&e, "");
		}
		conn_list_free(&list);
	}
	if (c.n_conns) {
		require(loaded_drop_conn(&c, conn->name, &list, &e) == 0);
		loaded_swap_conns(&c, &list);
		conn_list_free(&list);
		require(c.n_conns == 0);
	}
	free(c.conns);
}

static void check_conn(struct slice body)
{
	struct cert_list certs = { .n = 0 };
	struct error e = { "" };
	struct conn_conf conn;

	if (conn_message_read(body, &conn, &certs, &e)) {
		check_error(&e, vici_valid(body) ? "load-conn: " : "malformed");
	} else {
		require(conn_ok(&conn) && conn.from_vici);
		require(auth_is_of(&conn.local_auth, &certs) &&
			auth_is_of(&conn.remote_auth, &certs));
		for (int i = 0; i < conn.n_more_local + conn.n_more_remote; i++)
			require(auth_is_of(&conn.more_rounds[i].auth, &certs));
		put_and_drop(&conn);
		conn_fini(&conn);
	}
	cert_list_free(&certs);
}

static void check_authority(struct slice body)
{
	struct cert_list certs = { .n = 0 };
	struct error e = { "" };
	struct authority a;

	if (authority_message_read(body, &a, &certs, &e))
		check_error(&e, vici_valid(body) ? "load-authority: "
						 : "malformed");
	else
		require(a.from_vici && uris_ok(&a.crl_uris) &&
			uris_ok(&a.ocsp_uris) &&
			memchr(a.cert_uri_base, 0, sizeof(a.cert_uri_base)) &&
			cert_list_find(&certs, CERT_CA, &a.ca));
	cert_list_free(&certs);
}

static void check_shared(struct slice body)
{
	struct config c = { .file = (char *)"f" };
	struct error e = { "" };
	struct psk_conf psk;

	if (shared_read(body, &psk, &e)) {
		check_error(&e, "");
		return;
	}
	require(psk.key.len >= 1 && psk.key.len <= SECRET_MAX_BYTES &&
		psk.n_owners <= SHARED_OWNERS_MAX && psk.from_vici &&
		strnlen(psk.name, sizeof(psk.name)) < sizeof(psk.name));
	require(loaded_put_psk(&c, &psk, &e) == 0 && c.n_psks == 1);
	psk_fini(&psk);
	loaded_clear_psks(&c);
	require(c.n_psks == 0);
	free(c.psks);
}

static bool is_named(const struct vici_packet *p, const char *name)
{
	return p->name.len == strlen(name) &&
	       memcmp(p->name.ptr, name, p->name.len) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct vici_packet packet;

	if (!vici_packet_parse(slice_of(data, len), &packet))
		return 0;
	if (is_named(&packet, "load-shared"))
		check_shared(packet.body);
	else if (is_named(&packet, "load-authority"))
		check_authority(packet.body);
	else
		check_conn(packet.body);
	return 0;
}
