// SPDX-License-Identifier: BSD-2-Clause
/* The snapshot as monitoring reads it: rows, labels, and the form of the whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/control/metrics.h"

#define N_TUNNELS 3

static int start(void **state)
{
	struct status *s = calloc(1, sizeof(*s));
	struct tunnel_status *t;

	if (!s)
		return -1;
	*state = s;
	t = calloc(N_TUNNELS, sizeof(*t));
	if (!t)
		return -1;
	s->tunnels = t;
	s->n_tunnels = N_TUNNELS;
	s->uptime_s = 77;
	s->n_ike = 2;
	s->counters.drops[DROP_REPLAY].pkts = 9;
	s->streams.open = 6;
	s->streams.n[STREAM_COUNT_ESP_FULL] = 8;
	for (size_t i = 0; i < N_TUNNELS; i++)
		t[i].failure.ago_s = STATUS_NEVER_S;
	strcpy(t[0].name, "hq/net");
	t[0].n_sas = 1;
	t[0].in.pkts = 5;
	t[0].out.bytes = 700;
	t[0].in.drops[DROP_REPLAY] = 3;
	t[0].in.drops[DROP_ICV] = 1;
	strcpy(t[1].name, "hq/lab");
	t[1].state = TUNNEL_DOWN;
	t[1].start_action = CHILD_START;
	t[1].failure.ago_s = 4;
	s->certs = calloc(2, sizeof(*s->certs));
	if (!s->certs)
		return -1;
	s->n_certs = 2;
	s->certs[0] = (struct cert_status){ .subject = "CN=\"moon",
					    .from = "/x/moon.pem",
					    .kind = "own",
					    .id.octets = { 0xab, 1 },
					    .not_after_s = 1767225600 };
	s->certs[1] = (struct cert_status){ .subject = "CN=ca",
					    .kind = "ca",
					    .not_after_s = -1 };
	strcpy(t[2].name, "a\"b\\c");
	t[2].state = TUNNEL_TRAP;
	return 0;
}

static int stop(void **state)
{
	status_free(*state);
	return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

/* free() it. */
static char *written(const struct status *s)
{
	struct evbuffer *b = evbuffer_new();
	char *text;
	size_t len;

	assert_non_null(b);
	assert_true(metrics_write(s, b));
	len = evbuffer_get_length(b);
	text = malloc(len + 1);
	assert_non_null(text);
	assert_int_equal(evbuffer_remove(b, text, len), len);
	text[len] = '\0';
	evbuffer_free(b);
	return text;
}

static void assert_rows(const struct status *s, const char *const *rows,
			size_t n)
{
	char *text = written(s);

	for (size_t i = 0; i < n; i++) {
		char line[256];

		snprintf(line, sizeof(line), "\n%s\n", rows[i]);
		if (!strstr(text, line))
			fail_msg("there is no row %s", rows[i]);
	}
	free(text);
}

static void every_tunnel_has_its_rows_up_or_not(void **state)
{
	static const char *const rows[] = {
		"cygnet_tunnel_up{tunnel=\"hq/net\"} 1",
		"cygnet_tunnel_up{tunnel=\"hq/lab\"} 0",
		"cygnet_tunnel_wanted{tunnel=\"hq/lab\"} 1",
		"cygnet_tunnel_failing{tunnel=\"hq/lab\"} 1",
		"cygnet_tunnel_failing{tunnel=\"hq/net\"} 0",
		"cygnet_tunnel_sas{tunnel=\"hq/net\"} 1",
		"cygnet_tunnel_packets_total{tunnel=\"hq/net\",direction=\"in\"} 5",
		"cygnet_tunnel_packets_total{tunnel=\"hq/lab\",direction=\"in\"} 0",
		"cygnet_tunnel_bytes_total{tunnel=\"hq/net\",direction=\"out\"} 700",
		"cygnet_tunnel_dropped_packets_total{tunnel=\"hq/net\",direction=\"in\"} 4",
	};

	assert_rows(*state, rows, sizeof(rows) / sizeof(rows[0]));
}

static void the_gateway_has_its_own(void **state)
{
	static const char *const rows[] = {
		"cygnet_build_info{version=\"" CYG_VERSION "\"} 1",
		"cygnet_uptime_seconds 77",
		"cygnet_ike_sas{state=\"up\"} 2",
		"cygnet_dropped_packets_total{reason=\"replay\"} 9",
		"cygnet_dropped_packets_total{reason=\"icv\"} 0",
		"cygnet_tcp_connections 6",
		"cygnet_tcp_events_total{what=\"esp_full\"} 8",
		"cygnet_tcp_events_total{what=\"accepted\"} 0",
	};

	assert_rows(*state, rows, sizeof(rows) / sizeof(rows[0]));
}

static void every_certificate_has_its_end(void **state)
{
	static const char *const rows[] = {
		"cygnet_certificate_not_after_seconds{subject=\"CN=\\\"moon\",file=\"/x/moon.pem\",kind=\"own\",sha256=\"ab01000000000000\"} 1767225600",
		"cygnet_certificate_not_after_seconds{subject=\"CN=ca\",file=\"\",kind=\"ca\",sha256=\"0000000000000000\"} -1",
	};

	assert_rows(*state, rows, sizeof(rows) / sizeof(rows[0]));
}

static void a_name_cannot_end_its_label(void **state)
{
	static const char *const rows[] = {
		"cygnet_tunnel_up{tunnel=\"a\\\"b\\\\c\"} 0",
	};

	assert_rows(*state, rows, 1);
}

/* OpenMetrics 1.0: a family's rows follow its head, and the end is marked. */
static void every_row_stands_below_the_head_of_its_family(void **state)
{
	char *text = written(*state), *rest = NULL, family[128] = "";
	char *line = strtok_r(text, "\n", &rest), *last = line;

	for (; line; line = strtok_r(NULL, "\n", &rest)) {
		last = line;
		if (sscanf(line, "# TYPE %127s", family) == 1 || line[0] == '#')
			continue;
		if (strncmp(line, family, strlen(family)) != 0)
			fail_msg("'%s' is not of '%s'", line, family);
	}
	assert_string_equal(last, "# EOF");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_tunnel_has_its_rows_up_or_not),
		CASE(the_gateway_has_its_own),
		CASE(every_certificate_has_its_end),
		CASE(a_name_cannot_end_its_label),
		CASE(every_row_stands_below_the_head_of_its_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
