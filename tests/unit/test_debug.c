// SPDX-License-Identifier: BSD-2-Clause
/*
 * `cygnet debug`: what a client may ask, what it hears of each message, and how
 * that is shown.
 */
#include "tests/unit/control_ike.h"

#include <event2/buffer.h>

#include "ctrl/cli/debug.h"
#include "ctrl/control/debug.h"
#include "ctrl/daemon/ike_seam.h"

static struct addr asked_peer;
static uint32_t asked_s;

static int on_debug(void *ctx, const struct addr *peer, uint32_t seconds,
		    struct error *e)
{
	(void)ctx;
	asked_peer = *peer;
	asked_s = seconds;
	return seconds == 13 ? error_set(e, -ENOTCONN, "no IKE") : 0;
}

static int start_debug(void **state)
{
	struct ike *i;
	struct error e;

	if (start_ike(state))
		return -1;
	i = *state;
	control_server_free(i->f.server);
	i->f.callbacks.debug = on_debug;
	asked_s = 0;
	return server_new(&i->f, i->f.path, &i->f.server, &e);
}

#define DEBUG_CASE(name) \
	cmocka_unit_test_setup_teardown(name, start_debug, stop)

static void assert_answered(struct ike *i, const char *const *args,
			    const char *want)
{
	int fd = client_new(&i->f);

	put_request(fd, DEBUG_COMMAND, args);
	assert_response(i, fd, want);
	close(fd);
}

static void peer_and_time_are_read(void **state)
{
	struct ike *i = *state;
	const struct addr want = addr_of("2001:db8::2");

	assert_answered(i, ARGS("peer=2001:db8::2"), "success=yes");
	assert_int_equal(asked_s, DEBUG_S);
	assert_true(addr_equal(&asked_peer, &want));
	assert_answered(i, ARGS("peer=192.0.2.2", "for=3600"), "success=yes");
	assert_int_equal(asked_s, 3600);
	assert_answered(i, ARGS("peer=192.0.2.2", "for=13"),
			"success=no errmsg=no IKE");
}

static void what_is_wrong_is_named(void **state)
{
	static const char number[] =
		"success=no errmsg=argument 'for' must be a number of seconds "
		"from 1 to 3600";
	struct ike *i = *state;

	assert_answered(i, NULL, "success=no errmsg=argument 'peer' is missing");
	assert_answered(i, ARGS("peer=site"),
			"success=no errmsg=argument 'peer' must be an address");
	assert_answered(i, ARGS("peer=192.0.2.2", "for=0"), number);
	assert_answered(i, ARGS("peer=192.0.2.2", "for=3601"), number);
	assert_answered(i, ARGS("peer=192.0.2.2", "for=-1"), number);
	assert_answered(i, ARGS("peer=192.0.2.2", "for=1s"), number);
	assert_answered(i, ARGS("peer=192.0.2.2", "who=1"),
			"success=no errmsg=this command takes the values peer and "
			"for, and nothing else");
	assert_int_equal(asked_s, 0);
}

static struct control_traced message(void)
{
	return (struct control_traced){ .out = true,
					.local = addr_of("192.0.2.1"),
					.remote = addr_of("192.0.2.2"),
					.local_port = 500,
					.remote_port = 4500,
					.spi_i = 0x12,
					.exchange = "IKE_AUTH",
					.message_id = 1,
					.text = "AUTH(psk)" };
}

static void who_is_registered_hears_of_messages_and_of_the_end(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f), other = client_new(&i->f);
	struct control_traced t = message();

	register_for(i, fd, DEBUG_COMMAND);
	register_for(i, other, "log");
	control_server_traced(i->f.server, &t);
	assert_string_equal(
		take_event(i, fd, DEBUG_COMMAND),
		"direction=out local-host=192.0.2.1 local-port=500 "
		"remote-host=192.0.2.2 remote-port=4500 "
		"initiator-spi=0000000000000012 responder-spi=0000000000000000 "
		"exchange=IKE_AUTH response=no message-id=1 text=AUTH(psk)");
	t.out = false;
	t.response = true;
	t.untold = 7;
	control_server_traced(i->f.server, &t);
	assert_has(take_event(i, fd, DEBUG_COMMAND), "untold=7");
	control_server_traced_end(i->f.server, "time");
	assert_string_equal(take_event(i, fd, DEBUG_COMMAND), "end=time");
	assert_silent(i, other);
	close(fd);
	close(other);
}

/* What it says may be anything. */
static void message_crosses_processes_and_is_made_plain(void **state)
{
	const struct ike_path path = { .local_port = 500 };
	const struct ike_traced t = { .path = &path,
				      .out = true,
				      .spi_r = 3,
				      .exchange = 35,
				      .response = true,
				      .message_id = 4,
				      .untold = 5,
				      .text = "IDi(a\033[2Jb)" };
	struct ike_msg_traced m;
	struct ike_traced back;

	(void)state;
	ike_seam_put_traced(&m, &t);
	assert_int_equal(ike_seam_traced_bytes(&m),
			 offsetof(struct ike_msg_traced, text) + 12);
	ike_seam_get_traced(&m, &back);
	assert_string_equal(back.text, "IDi(a?[2Jb)");
	assert_int_equal(back.path->local_port, 500);
	assert_true(back.out && back.response);
	assert_int_equal(back.spi_r, 3);
	assert_int_equal(back.exchange, 35);
	assert_int_equal(back.message_id, 4);
	assert_int_equal(back.untold, 5);
	memset(m.text, 'x', sizeof(m.text));
	ike_seam_get_traced(&m, &back);
	assert_int_equal(strlen(back.text), sizeof(m.text) - 1);
}

/* --- the client */

static void times_have_units(void **state)
{
	static const struct {
		const char *text;
		unsigned int s; /* 0: it is none */
	} rows[] = { { "60", 60 },   { "60s", 60 }, { "2m", 120 },
		     { "1h", 3600 }, { "0", 0 },    { "0s", 0 },
		     { "2h", 0 },    { "3601", 0 }, { "61m", 0 },
		     { "1d", 0 },    { "", 0 },	    { "s", 0 },
		     { "-1", 0 },    { "1 s", 0 },  { "99999999999999999", 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned int s = 0;

		assert_int_equal(debug_parse_time(rows[i].text, &s),
				 rows[i].s != 0);
		if (rows[i].s)
			assert_int_equal(s, rows[i].s);
	}
}

static struct node *event_of(const struct control_traced *t)
{
	struct evbuffer *to = evbuffer_new();
	const struct sink sink = { .topics = 1U << TOPIC_DEBUG, .to = to };
	struct vici_packet packet;
	struct node *root;
	size_t len;

	assert_true(debug_tell(&sink, t));
	len = evbuffer_get_length(to);
	assert_true(vici_packet_parse(
		slice_of(evbuffer_pullup(to, -1) + LENGTH_BYTES,
			 len - LENGTH_BYTES),
		&packet));
	root = node_parse(packet.body);
	evbuffer_free(to);
	assert_non_null(root);
	return root;
}

static void message_is_a_line(void **state)
{
	struct control_traced t = message();
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct node *event;

	(void)state;
	setenv("TZ", "UTC", 1);
	event = event_of(&t);
	debug_say(3600, event, out);
	node_free(event);
	t.out = false;
	t.response = true;
	t.untold = 3;
	event = event_of(&t);
	debug_say(3601, event, out);
	node_free(event);
	fclose(out);
	assert_string_equal(
		text, "01:00:00 out IKE_AUTH request 1: AUTH(psk)\n"
		      "01:00:01 (3 messages before this one were too many)\n"
		      "01:00:01 in  IKE_AUTH response 1: AUTH(psk)\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DEBUG_CASE(peer_and_time_are_read),
		DEBUG_CASE(what_is_wrong_is_named),
		DEBUG_CASE(who_is_registered_hears_of_messages_and_of_the_end),
		cmocka_unit_test(message_crosses_processes_and_is_made_plain),
		cmocka_unit_test(times_have_units),
		cmocka_unit_test(message_is_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
