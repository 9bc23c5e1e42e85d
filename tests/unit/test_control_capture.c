// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a client wants to have captured, and what becomes of its connection.
 */
#include "tests/unit/control_fixture.h"

#include "ctrl/control/capture.h"

static int read_one(const char *key, const char *value,
		    struct capture_request *out, struct error *e)
{
	struct vici_builder b;
	int err;

	vici_start(&b, VICI_CMD_RESPONSE, NULL);
	if (key)
		vici_str(&b, key, value);
	assert_true(vici_finish(&b));
	err = capture_request_read(slice_of(b.ptr + 5, b.len - 5), out, e);
	vici_builder_free(&b);
	return err;
}

static void nothing_asked_is_everything_for_a_while(void **state)
{
	struct capture_request q;
	struct error e;

	(void)state;
	assert_int_equal(read_one(NULL, NULL, &q, &e), 0);
	assert_int_equal(q.filter.sides, CAPTURE_CLEAR | CAPTURE_CIPHER);
	assert_int_equal(q.filter.policy, CAPTURE_ANY_POLICY);
	assert_int_equal(q.filter.spi, 0);
	assert_int_equal(q.filter.drop, DROP_NONE);
	assert_int_equal(q.filter.snaplen, CAPTURE_SNAPLEN_MAX);
	assert_int_equal(q.filter.time_s, CAPTURE_TIME_S);
	assert_int_equal(q.filter.count, 0);
	assert_string_equal(q.policy, "");
}

static void values_are_read(void **state)
{
	struct capture_request q;
	struct error e;

	(void)state;
	assert_int_equal(read_one("sa", "0x1001", &q, &e), 0);
	assert_int_equal(q.filter.spi, 0x1001);
	assert_int_equal(read_one("sa", "4097", &q, &e), 0);
	assert_int_equal(q.filter.spi, 0x1001);
	assert_int_equal(read_one("policy", "site/net", &q, &e), 0);
	assert_string_equal(q.policy, "site/net");
	assert_int_equal(read_one("drop", "icv", &q, &e), 0);
	assert_int_equal(q.filter.drop, DROP_ICV);
	assert_int_equal(read_one("drop", "any", &q, &e), 0);
	assert_int_equal(q.filter.drop, CAPTURE_ANY_DROP);
	assert_int_equal(read_one("side", "before", &q, &e), 0);
	assert_int_equal(q.filter.sides, CAPTURE_CLEAR);
	assert_int_equal(read_one("side", "after", &q, &e), 0);
	assert_int_equal(q.filter.sides, CAPTURE_CIPHER);
	assert_int_equal(read_one("count", "5", &q, &e), 0);
	assert_int_equal(q.filter.count, 5);
	assert_int_equal(read_one("snaplen", "64", &q, &e), 0);
	assert_int_equal(q.filter.snaplen, 64);
	assert_int_equal(read_one("timeout", "3600", &q, &e), 0);
	assert_int_equal(q.filter.time_s, 3600);
}

static void what_makes_no_sense_is_refused(void **state)
{
	static const struct {
		const char *key, *value, *why;
	} bad[] = {
		{ "sa", "255", "no SPI" },
		{ "sa", "0x100000000", "no SPI" },
		{ "sa", "0x", "no SPI" },
		{ "sa", "x", "no SPI" },
		{ "sa", "0x1001 ", "visible" },
		{ "policy", "", "visible" },
		{ "drop", "none", "no reason" },
		{ "drop", "spi_unknown", "tcpdump" },
		{ "drop", "link_tx", "tcpdump" },
		{ "side", "both", "before or after" },
		{ "count", "0", "from 1" },
		{ "snaplen", "63", "from 64 to 4096" },
		{ "snaplen", "4097", "from 64 to 4096" },
		{ "timeout", "3601", "to 3600" },
		{ "timeout", "-1", "to 3600" },
		{ "file", "x", "nothing else" },
	};
	struct capture_request q;
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(read_one(bad[i].key, bad[i].value, &q, &e),
				 -EINVAL);
		assert_non_null(strstr(e.text, bad[i].why));
	}
}

static void reasons_are_those_that_workers_count(void **state)
{
	(void)state;
	assert_true(capture_sees(DROP_NO_SA));
	assert_true(capture_sees(DROP_CRYPTO));
	assert_false(capture_sees(DROP_STEER_FAILED));
	assert_false(capture_sees(DROP_WORKER_DIED));
}

/* --- the connection */

struct taken {
	int fd; /* a duplicate; -1: none */
	uint64_t token;
	int err;
	uint8_t answer[64];
	size_t answer_bytes;
};

static struct taken taken;

static int on_capture(void *ctx, const struct control_capture *q,
		      struct error *e)
{
	(void)ctx;
	if (taken.err)
		return error_set(e, taken.err, "not now");
	taken.token = q->token;
	taken.fd = dup(q->fd);
	taken.answer_bytes = q->answer.len;
	memcpy(taken.answer, q->answer.ptr, q->answer.len);
	return 0;
}

static int start_capture(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	taken = (struct taken){ .fd = -1 };
	*state = f;
	f->callbacks = (struct control_callbacks){ .status = take_snapshot,
						   .capture = on_capture,
						   .ctx = f };
	return start_server(f);
}

static int stop_capture(void **state)
{
	if (taken.fd >= 0)
		close(taken.fd);
	return stop(state);
}

static int ask(struct fixture *f)
{
	int client = client_new(f);

	put_packet(client, VICI_CMD_REQUEST, CAPTURE_COMMAND);
	run_loop(f);
	return client;
}

static bool is_closed(int fd)
{
	uint8_t octet;

	return recv(fd, &octet, 1, MSG_DONTWAIT) == 0;
}

static void client_that_is_granted_its_capture_is_not_the_servers(void **state)
{
	struct fixture *f = *state;
	struct error e;
	uint8_t got[64];
	int client = ask(f);

	assert_true(taken.fd >= 0);
	control_server_capturing(f->server, taken.token, 0, &e);
	run_loop(f);
	assert_false(is_closed(client));
	put_octets(taken.fd, taken.answer, taken.answer_bytes);
	assert_int_equal(recv(client, got, sizeof(got), MSG_DONTWAIT),
			 taken.answer_bytes);
	assert_int_equal(got[LENGTH_BYTES], VICI_CMD_RESPONSE);
	close(taken.fd);
	taken.fd = -1;
	assert_true(is_closed(client));
	close(client);
}

/* Read by the fixture's own hands. */
static void assert_refused(struct fixture *f, int client, const char *why)
{
	uint8_t got[256] = { 0 };
	ssize_t n;

	run_loop(f);
	n = recv(client, got, sizeof(got), MSG_DONTWAIT);
	assert_true(n > LENGTH_BYTES);
	assert_non_null(memmem(got, (size_t)n, why, strlen(why)));
	assert_false(is_closed(client));
	close(client);
}

static void client_that_is_refused_stays_with_the_server(void **state)
{
	struct fixture *f = *state;
	struct error e;
	int client = ask(f);

	error_set(&e, -EBUSY, "another one");
	control_server_capturing(f->server, taken.token, -EBUSY, &e);
	assert_refused(f, client, "another one");
	taken.err = -EAGAIN;
	assert_refused(f, ask(f), "not now");
}

static void client_that_left_meanwhile_is_nobody(void **state)
{
	struct fixture *f = *state;
	struct error e;

	close(ask(f));
	run_loop(f);
	control_server_capturing(f->server, taken.token, 0, &e);
	run_loop(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_asked_is_everything_for_a_while),
		cmocka_unit_test(values_are_read),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(reasons_are_those_that_workers_count),
		cmocka_unit_test_setup_teardown(
			client_that_is_granted_its_capture_is_not_the_servers,
			start_capture, stop_capture),
		cmocka_unit_test_setup_teardown(
			client_that_is_refused_stays_with_the_server,
			start_capture, stop_capture),
		cmocka_unit_test_setup_teardown(
			client_that_left_meanwhile_is_nobody, start_capture,
			stop_capture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
