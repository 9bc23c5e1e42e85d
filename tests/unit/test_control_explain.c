// SPDX-License-Identifier: BSD-2-Clause
/*
 * cygnet-explain, from a packet to the callback and back: what it takes, answers
 * that come later, refusals, and every field of the answer.
 */
#include "tests/unit/control_fixture.h"

#include <time.h>

#include "include/proto.h"

static time_t now_s = 1000;

int clock_gettime(clockid_t clock, struct timespec *out)
{
	(void)clock;
	*out = (struct timespec){ .tv_sec = now_s };
	return 0;
}

struct asked {
	struct fixture f; /* first: helpers of the fixture take it */
	int answer;	  /* of the next callback */
	unsigned int calls;
	uint64_t token;
	struct explain_words words;
};

static int on_explain(void *ctx, uint64_t token,
		      const struct explain_words *words, struct error *e)
{
	struct asked *a = ctx;

	a->calls++;
	a->token = token;
	a->words = *words;
	return a->answer ? error_set(e, a->answer, "it can't be said") : 0;
}

static int start_asked(void **state)
{
	struct asked *a = calloc(1, sizeof(*a));

	if (!a)
		return -1;
	*state = a;
	a->f.callbacks = (struct control_callbacks){
		.status = take_snapshot,
		.explain = on_explain,
		.ctx = a,
	};
	return start_server(&a->f);
}

static int start_alone(void **state)
{
	struct asked *a = calloc(1, sizeof(*a));

	if (!a)
		return -1;
	*state = a;
	return start_server(&a->f);
}

#define ASKED_CASE(name) \
	cmocka_unit_test_setup_teardown(name, start_asked, stop)

#define ASK(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define FLOW	 "source", "10.1.0.2", "destination", "10.2.0.2", "protocol", "udp"

/* A client that has asked, with pairs of a key and a value. */
static int asking(struct asked *a, const char *const *pairs)
{
	int fd = client_new(&a->f);
	struct vici_builder b;

	vici_start(&b, VICI_CMD_REQUEST, "cygnet-explain");
	for (; *pairs; pairs += 2)
		vici_str(&b, pairs[0], pairs[1]);
	assert_true(vici_finish(&b));
	put_octets(fd, b.ptr, b.len);
	vici_builder_free(&b);
	run_loop(&a->f);
	return fd;
}

static void assert_silent(struct asked *a, int fd)
{
	char octet;

	run_loop(&a->f);
	assert_true(recv(fd, &octet, 1, MSG_PEEK) < 0 && errno == EAGAIN);
}

/* Everything in an answer: NAME{ … } and key=value, one behind the other. */
static void read_all(struct vici_packet packet, char *out, size_t room)
{
	struct vici_reader r = vici_read(packet.body);
	struct vici_elem elem;
	size_t len = 0;

	do {
		assert_true(vici_next(&r, &elem));
		if (elem.type == VICI_SECTION_START)
			len += (size_t)snprintf(out + len, room - len, "%.*s{ ",
						(int)elem.name.len,
						(const char *)elem.name.ptr);
		else if (elem.type == VICI_SECTION_END)
			len += (size_t)snprintf(out + len, room - len, "} ");
		else if (elem.type == VICI_KEY_VALUE)
			len += (size_t)snprintf(out + len, room - len,
						"%.*s=%.*s ", (int)elem.name.len,
						(const char *)elem.name.ptr,
						(int)elem.value.len,
						(const char *)elem.value.ptr);
		assert_true(len < room);
	} while (elem.type != VICI_END);
}

static void assert_said(struct asked *a, int fd, const char *want)
{
	char text[4096] = "";

	read_all(take_packet(&a->f, fd), text, sizeof(text));
	assert_string_equal(text, want);
	assert_answers(&a->f, fd);
	close(fd);
}

static void assert_refused(struct asked *a, int fd, const char *why)
{
	char want[512];

	snprintf(want, sizeof(want), "success=no errmsg=%s ", why);
	assert_said(a, fd, want);
}

/* --- cases */

static struct explanation sealed(void)
{
	struct explanation x = {
		.question = { .source_port = 40000,
			      .destination_port = 53,
			      .protocol = PROTO_UDP },
		.outcome = EXPLAIN_SEALED,
		.n_steps = 2,
		.step = { { .place = EXPLAIN_AT_PROTECTED,
			    .pass = PASS_STEER_OUT,
			    .iface = "lan0" },
			  { .place = EXPLAIN_AT_WORKER,
			    .pass = PASS_WORKER_TX } },
		.policy = { .id = 3,
			    .matched = 1,
			    .action = SPD_PROTECT,
			    .name = "net",
			    .tunnel = "to-b" },
		.sa = { .spi = 0x1001, .udp = 1 },
		.way = { .mtu = 1500,
			 .inner_mtu = 1438,
			 .resolved = 1,
			 .iface = "wan0" },
	};

	assert_int_equal(addr_parse("10.1.0.2", &x.question.source), 0);
	assert_int_equal(addr_parse("10.2.0.2", &x.question.destination), 0);
	assert_int_equal(addr_parse("192.0.2.1", &x.sa.local), 0);
	assert_int_equal(addr_parse("192.0.2.2", &x.sa.remote), 0);
	assert_int_equal(addr_parse("192.0.2.9", &x.way.hop), 0);
	return x;
}

static void answer_comes_later_and_has_every_field(void **state)
{
	struct asked *a = *state;
	const struct explanation x = sealed();
	int fd = asking(a, ASK(FLOW, "source-port", "40000", "destination-port",
			       "53", "in", "lan0"));

	assert_int_equal(a->calls, 1);
	assert_string_equal(a->words.source, "10.1.0.2");
	assert_string_equal(a->words.destination, "10.2.0.2");
	assert_string_equal(a->words.protocol, "udp");
	assert_string_equal(a->words.source_port, "40000");
	assert_string_equal(a->words.destination_port, "53");
	assert_string_equal(a->words.in, "lan0");
	assert_silent(a, fd);
	control_server_explained(a->f.server, a->token + 1, &x);
	assert_silent(a, fd);
	control_server_explained(a->f.server, a->token, &x);
	assert_said(
		a, fd,
		"verdict=protected flow{ source=10.1.0.2 destination=10.2.0.2 "
		"protocol=17 source_port=40000 destination_port=53 } "
		"steps{ 1{ at=protected interface=lan0 decision=steer_out "
		"text=to a worker, to be protected } "
		"2{ at=worker decision=worker_tx "
		"text=worker: transmitted, protected or decrypted } } "
		"policy{ name=net policy=3 action=protect tunnel=to-b } "
		"sa{ spi=0x00001001 local=192.0.2.1 remote=192.0.2.2 encap=yes } "
		"next_hop{ address=192.0.2.9 interface=wan0 resolved=yes "
		"mtu=1500 inner_mtu=1438 } ");
	control_server_explained(a->f.server, a->token, &x); /* answered */
}

static void what_is_not_known_is_not_said(void **state)
{
	struct asked *a = *state;
	struct explanation x = sealed();
	int fd = asking(a, ASK(FLOW));

	x.question.protocol = PROTO_ESP;
	x.question.source_port = x.question.destination_port = 0;
	x.question.spi = 0x2002;
	x.outcome = EXPLAIN_DROPPED;
	x.n_steps = 1;
	x.step[0] = (struct explain_step){ .place = EXPLAIN_AT_GUARD,
					   .drop = DROP_DEFAULT_DISCARD };
	x.policy.matched = 0;
	x.sa.spi = 0;
	x.way.iface[0] = '\0';
	control_server_explained(a->f.server, a->token, &x);
	assert_said(
		a, fd,
		"verdict=dropped flow{ source=10.1.0.2 destination=10.2.0.2 "
		"protocol=50 spi=0x00002002 } steps{ 1{ at=guard "
		"decision=default_discard text=no policy matched and "
		"gateway.default is discard } } remedy=no policy covers it, and "
		"gateway.default is discard: add a policy that does ");
}

static void who_can_not_say_refuses_at_once_or_later(void **state)
{
	struct asked *a = *state;
	struct error e;
	int fd;

	a->answer = -EINVAL;
	assert_refused(a, asking(a, ASK(FLOW)), "it can't be said");
	a->answer = 0;
	fd = asking(a, ASK(FLOW));
	assert_silent(a, fd);
	error_set(&e, -ENODEV, "there is no interface");
	control_server_loaded(a->f.server, a->token, -ENODEV, &e);
	assert_refused(a, fd, "there is no interface");
}

static void answer_that_never_comes_is_a_refusal_in_time(void **state)
{
	struct asked *a = *state;
	const struct explanation x = sealed();
	int fd = asking(a, ASK(FLOW));

	now_s += CONTROL_WAIT_S;
	assert_refused(a, fd,
		       "no answer in time; what was to be loaded may be later");
	control_server_explained(a->f.server, a->token, &x);
}

#define TAKES                                                           \
	"this command takes the values source, destination, protocol, " \
	"source-port, destination-port and in, and nothing else"
#define VISIBLE " must be given once, as 1 to 63 visible ASCII characters"

static void question_that_is_none_is_refused(void **state)
{
	static const char long_word[] =
		"0123456789012345678901234567890123456789012345678901234567890123";
	struct asked *a = *state;

	assert_refused(a, asking(a, ASK(NULL)), "argument 'source' is missing");
	assert_refused(a, asking(a, ASK("source", "1", "destination", "2")),
		       "argument 'protocol' is missing");
	assert_refused(a, asking(a, ASK(FLOW, "port", "1")), TAKES);
	assert_refused(a, asking(a, ASK(FLOW, "in", "a", "in", "b")),
		       "argument 'in'" VISIBLE);
	assert_refused(a, asking(a, ASK(FLOW, "in", "")),
		       "argument 'in'" VISIBLE);
	assert_refused(a, asking(a, ASK(FLOW, "in", "a b")),
		       "argument 'in'" VISIBLE);
	assert_refused(a, asking(a, ASK(FLOW, "in", long_word)),
		       "argument 'in'" VISIBLE);
	assert_int_equal(a->calls, 0);
	assert_silent(a, asking(a, ASK(FLOW, "in", long_word + 1)));
}

static void without_a_data_path_there_is_nobody_to_ask(void **state)
{
	struct asked *a = *state;

	assert_refused(a, asking(a, ASK(FLOW)), "there is no data path here");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ASKED_CASE(answer_comes_later_and_has_every_field),
		ASKED_CASE(what_is_not_known_is_not_said),
		ASKED_CASE(who_can_not_say_refuses_at_once_or_later),
		ASKED_CASE(answer_that_never_comes_is_a_refusal_in_time),
		ASKED_CASE(question_that_is_none_is_refused),
		cmocka_unit_test_setup_teardown(
			without_a_data_path_there_is_nobody_to_ask, start_alone,
			stop),
	};

	return cmocka_run_group_tests_name("control_explain", tests, NULL, NULL);
}
