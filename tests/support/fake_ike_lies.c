// SPDX-License-Identifier: BSD-2-Clause
/* Messages of the right form that say what is not so, or come without end: the
 * link goes on, unless its queue is full, and nothing else changes. */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "ctrl/wire/ike_cert.h"
#include "tests/support/fake_ike.h"

#define EVENTS	  65536U
#define VIEWS	  20000U
#define RECORDS	  20000U
#define TOKENS	  1000U
#define QUESTIONS 600000U
#define URL	  "http://192.0.2.2/"

static void say_ctl(struct fake *f, const char *name)
{
	fake_say(name,
		 fake_ctl_answers(f) ? "the link goes on" : "the link ends");
}

static void run_ready_twice(struct fake *f, const char *name)
{
	struct ike_msg_ready ready;

	memset(&ready, 0xff, sizeof(ready));
	for (int i = 0; i < 100; i++)
		fake_send(f->ctl, IKE_MSG_READY, &ready, sizeof(ready));
	say_ctl(f, name);
}

static void run_shown(struct fake *f, const char *name)
{
	const struct ike_msg_empty shown = { 0 };

	for (int i = 0; i < 1000; i++)
		fake_send(f->ctl, IKE_MSG_SHOWN, &shown, sizeof(shown));
	say_ctl(f, name);
}

/* All octets the same: lengths, kinds and counts lie, no string ends. */
static void send_views(const struct fake *f, int octet)
{
	struct ike_sa_view ike;
	struct child_sa_view child;

	memset(&ike, octet, sizeof(ike));
	memset(&child, octet, sizeof(child));
	ike.id = child.id = child.ike_id = (uint32_t)octet;
	ike.state = child.state = SA_VIEW_UP;
	fake_send(f->ctl, IKE_MSG_IKE_VIEW, &ike, sizeof(ike));
	fake_send(f->ctl, IKE_MSG_CHILD_VIEW, &child, sizeof(child));
}

static void run_views(struct fake *f, const char *name)
{
	for (int octet = 0; octet <= UINT8_MAX; octet++)
		send_views(f, octet);
	say_ctl(f, name);
}

static void run_many_views(struct fake *f, const char *name)
{
	struct ike_sa_view ike = { .state = SA_VIEW_UP };
	struct child_sa_view child = { .state = SA_VIEW_UP };

	memcpy(ike.conn, f->conn.name, sizeof(ike.conn));
	for (uint32_t i = VIEWS; i--;) {
		ike.id = child.id = child.ike_id = i;
		fake_send(f->ctl, IKE_MSG_IKE_VIEW, &ike, sizeof(ike));
		fake_send(f->ctl, IKE_MSG_CHILD_VIEW, &child, sizeof(child));
	}
	say_ctl(f, name);
}

static void run_done(struct fake *f, const char *name)
{
	struct ike_msg_done done = { .n = UINT32_MAX };

	for (uint32_t i = 0; i < TOKENS; i++) {
		done.token = i;
		done.err = i & 1 ? INT32_MAX : INT32_MIN;
		fake_send(f->ctl, IKE_MSG_DONE, &done, sizeof(done));
		done.err = 0;
		fake_send(f->ctl, IKE_MSG_DONE, &done, sizeof(done));
	}
	say_ctl(f, name);
}

static void run_event_lies(struct fake *f, const char *name)
{
	struct ike_msg_event event;

	for (int octet = 1; octet <= UINT8_MAX; octet++) {
		memset(&event, octet, sizeof(event));
		fake_send(f->ctl, IKE_MSG_EVENT, &event, sizeof(event));
		event.kind = (uint32_t)octet % (IKE_EV_FAILED + 2);
		fake_send(f->ctl, IKE_MSG_EVENT, &event, sizeof(event));
	}
	say_ctl(f, name);
}

/* Of no certificate, of lengths that lie, of a kind that there is not. */
static void run_wants(struct fake *f, const char *name)
{
	static struct ike_msg_want want;

	for (int octet = 0; octet <= UINT8_MAX; octet++) {
		memset(&want, octet, sizeof(want));
		fake_send(f->ctl, IKE_MSG_WANT, &want, sizeof(want));
		want.kind = FETCH_CRL;
		want.n_request = 0;
		want.n_path = 1;
		want.bytes[0] = CERTIFICATE_MAX_BYTES;
		fake_send(f->ctl, IKE_MSG_WANT, &want, sizeof(want));
		want.kind = FETCH_CERT; /* with a path, and of no address */
		want.n_request = IKE_CERT_HASH_BYTES;
		fake_send(f->ctl, IKE_MSG_WANT, &want, sizeof(want));
		want.n_path = 0;
		fake_send(f->ctl, IKE_MSG_WANT, &want,
			  ike_seam_want_bytes(&want));
	}
	/* And one that is right, which this configuration does not let. */
	want.n_request += (uint32_t)strlen(URL);
	memcpy(want.request + IKE_CERT_HASH_BYTES, URL, strlen(URL));
	fake_send(f->ctl, IKE_MSG_WANT, &want, ike_seam_want_bytes(&want));
	say_ctl(f, name);
}

/* What is no name, and more names than anybody is redirected to. */
static void run_gateways(struct fake *f, const char *name)
{
	struct ike_msg_resolve_gateway m;

	for (int octet = 0; octet <= UINT8_MAX; octet++) {
		memset(m.host, octet, sizeof(m.host));
		fake_send(f->ctl, IKE_MSG_RESOLVE_GATEWAY, &m, sizeof(m));
		memset(m.host, 0, sizeof(m.host));
		snprintf(m.host, sizeof(m.host), "gw%d.example.net", octet);
		fake_send(f->ctl, IKE_MSG_RESOLVE_GATEWAY, &m, sizeof(m));
	}
	say_ctl(f, name);
}

static void run_events(struct fake *f, const char *name)
{
	struct ike_msg_event event = { .kind = IKE_EV_FAILED };

	memset(event.text, 'x', sizeof(event.text) - 1);
	for (uint32_t i = 0; i < EVENTS; i++) {
		event.kind = i % (IKE_EV_FAILED + 1);
		event.ike_id = i;
		fake_send(f->ctl, IKE_MSG_EVENT, &event, sizeof(event));
	}
	say_ctl(f, name);
}

static void send_record(const struct fake *f, const struct ike_record *r,
			size_t octets)
{
	fake_send(f->ctl, IKE_MSG_RECORD, r,
		  offsetof(struct ike_record, octets) + octets);
}

static void run_record_lies(struct fake *f, const char *name)
{
	struct ike_record r = { .id = 1 };

	r.len = IKE_RECORD_MAX; /* and none of them is there */
	send_record(f, &r, 0);
	r.len = UINT32_MAX;
	send_record(f, &r, 100);
	r.len = 100;
	r.kind = UINT8_MAX;
	send_record(f, &r, 100);
	r.kind = RECORD_CHILD;
	r.more = UINT8_MAX;
	send_record(f, &r, IKE_RECORD_MAX);
	say_ctl(f, name);
}

/* A moment that never ends. */
static void run_more(struct fake *f, const char *name)
{
	struct ike_record r = { .more = 1, .len = IKE_RECORD_MAX };

	for (uint32_t i = 0; i < RECORDS; i++) {
		r.id = r.number = i + 1;
		send_record(f, &r, IKE_RECORD_MAX);
	}
	say_ctl(f, name);
}

static void run_records(struct fake *f, const char *name)
{
	struct ike_record r = { .len = IKE_RECORD_MAX };

	for (uint32_t i = 0; i < RECORDS; i++) {
		r.id = r.number = i + 1;
		r.kind = i & 1 ? RECORD_CHILD : RECORD_IKE;
		send_record(f, &r, IKE_RECORD_MAX);
	}
	say_ctl(f, name);
}

/* Questions whose answers nobody reads. */
static void run_deaf(struct fake *f, const char *name)
{
	const struct sadb_request q = { .token = 1, .verb = UINT8_MAX };
	uint32_t i = 0;

	while (i < QUESTIONS && fake_send(f->dp, DP_MSG_REQUEST, &q, sizeof(q)))
		i++;
	fake_say(name, i < QUESTIONS ? "the link ends" : "the link goes on");
}

static void run_deaf_keystore(struct fake *f, const char *name)
{
	const struct keystore_request q = fake_psk_make(f);
	uint32_t i = 0;

	while (i < QUESTIONS &&
	       fake_send(f->ctl, IKE_MSG_KEYSTORE_REQUEST, &q, sizeof(q)))
		i++;
	fake_say(name, i < QUESTIONS ? "the link ends" : "the link goes on");
}

const struct attempt fake_lies[] = {
	{ "lie-ready-twice", run_ready_twice },
	{ "lie-shown", run_shown },
	{ "lie-views", run_views },
	{ "lie-many-views", run_many_views },
	{ "lie-done", run_done },
	{ "lie-event", run_event_lies },
	{ "flood-events", run_events },
	{ "lie-wants", run_wants },
	{ "lie-gateways", run_gateways },
	{ "lie-record", run_record_lies },
	{ "flood-more", run_more },
	{ "flood-records", run_records },
	{ "flood-deaf-sadb", run_deaf },
	{ "flood-deaf-keystore", run_deaf_keystore },
	{ NULL, NULL },
};
