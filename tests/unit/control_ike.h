/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A control server behind which IKE seems to be spoken: fixed connections and
 * SAs, and commands that are written down and answered by whoever runs a case.
 */
#ifndef CYG_TESTS_CONTROL_IKE_H
#define CYG_TESTS_CONTROL_IKE_H

#include "tests/unit/control_fixture.h"

#include "ctrl/base/clock.h"
#include "ctrl/model/ike_redirect.h"

#define N_CONNS	       2
#define N_IKE	       2
#define N_CHILD	       3
#define PATH_MAX_BYTES 512

/* What a command said. */
struct heard {
	uint64_t token;
	enum control_verb verb;
	char conn[CONN_NAME_MAX];
	char child[CONN_NAME_MAX]; /* "": none */
	uint32_t ike_id, child_id;
	bool force, reauth;
	struct ike_redirect redirect;
};

struct ike {
	struct fixture f; /* first: helpers of the fixture take it */
	struct child_conf children[N_CONNS][2];
	struct conn_conf conns[N_CONNS];
	struct ike_sa_view sas[N_IKE];
	struct child_sa_view child_sas[N_CHILD];
	size_t n_sas, n_child_sas;
	bool no_memory;
	unsigned int sas_taken;
	struct heard heard[4];
	unsigned int n_heard;
	bool at_once; /* a command is answered within its call */
	int at_once_err;
	struct control_event at_once_event; /* if it has a name */
	unsigned int at_once_more;	    /* how often it comes again */
};

/* --- what there is */

static inline struct addr addr_of(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static inline struct ts_conf ts_of(const char *text)
{
	struct ts_conf ts = { .port_max = UINT16_MAX };

	assert_int_equal(prefix_parse(text, &ts.net), 0);
	return ts;
}

static inline struct identity id_of(const char *text)
{
	struct identity id = { 0 };
	struct error e;

	assert_int_equal(identity_parse(text, &id, &e), 0);
	return id;
}

static inline void fill_child(struct child_conf *c, const char *name,
			      const char *remote)
{
	child_init(c);
	child_times(c);
	strcpy(c->name, name);
	c->local_ts[0] = ts_of("10.1.0.0/16");
	c->remote_ts[0] = ts_of(remote);
	c->n_local_ts = c->n_remote_ts = 1;
}

static inline void fill_conns(struct ike *i)
{
	struct conn_conf *site = &i->conns[0], *branch = &i->conns[1];

	conn_init(site);
	conn_times(site);
	strcpy(site->name, "site");
	site->local_id = id_of("moon.example.org");
	site->remote_id = id_of("sun.example.org");
	assert_int_equal(
		prefix_parse("198.51.100.2", &site->remote_addrs[0].net), 0);
	site->remote_addrs[0].any = false;
	site->dpd_delay = 30;
	*branch = *site;
	strcpy(branch->name, "branch");
	branch->from_vici = true;
	fill_child(&i->children[0][0], "net", "10.2.0.0/16");
	fill_child(&i->children[0][1], "both", "10.3.0.0/16");
	fill_child(&i->children[1][0], "lazy", "10.4.0.0/16");
	fill_child(&i->children[1][1], "both", "10.5.0.0/16");
	i->children[1][0].start_action = CHILD_TRAP;
	i->children[1][0].remote_ts[0].protocol = 6;
	i->children[1][0].remote_ts[0].port_min = 80;
	i->children[1][0].remote_ts[0].port_max = 90;
	for (size_t k = 0; k < N_CONNS; k++) {
		i->conns[k].children = i->children[k];
		i->conns[k].n_children = 2;
	}
}

static inline struct sadb_selector selector_of(const char *local_max,
					       const char *remote_max)
{
	return (struct sadb_selector){
		.local_min = addr_of("10.1.0.0"),
		.local_max = addr_of(local_max),
		.remote_min = addr_of("10.2.0.0"),
		.remote_max = addr_of(remote_max),
		.local_port_max = UINT16_MAX,
		.remote_port_max = UINT16_MAX,
	};
}

static inline void fill_child_sa(struct child_sa_view *c, uint32_t id,
				 uint32_t ike_id, const char *name)
{
	*c = (struct child_sa_view){
		.id = id,
		.ike_id = ike_id,
		.state = SA_VIEW_UP,
		.policy = 7,
		.spi_in = 0x1001,
		.spi_out = 0xc0ffee01,
		.encr = ENCR_AES_GCM_16,
		.encr_key_bits = 256,
		.installed_ns = 900 * NS_PER_S,
		.rekey_ns = 4600 * NS_PER_S,
		.expire_ns = 4960 * NS_PER_S,
		.n_selectors = 2,
		.in = { .pkts = 118, .bytes = 99120, .idle_s = 1 },
		.out = { .idle_s = UINT64_MAX },
	};
	strcpy(c->name, name);
	c->selectors[0] = selector_of("10.1.255.255", "10.2.255.255");
	c->selectors[1] = selector_of("10.1.255.255", "10.2.0.9");
}

static inline void fill_sas(struct ike *i)
{
	i->sas[0] = (struct ike_sa_view){
		.id = 3,
		.state = SA_VIEW_UP,
		.initiator = true,
		.conn = "site",
		.spi_i = 0x0123456789abcdef,
		.spi_r = 0x42,
		.local = addr_of("192.0.2.1"),
		.remote = addr_of("198.51.100.2"),
		.local_port = 500,
		.remote_port = 4500,
		.local_id = id_of("moon.example.org"),
		.remote_id = id_of("sun.example.org"),
		.encr = ENCR_AES_CBC,
		.encr_key_bits = 128,
		.integ = INTEG_HMAC_SHA2_256_128,
		.prf = PRF_HMAC_SHA2_256,
		.ke = KE_CURVE25519,
		.established_ns = 700 * NS_PER_S,
		.rekey_ns = 4600 * NS_PER_S,
		.reauth_ns = 8200 * NS_PER_S,
	};
	i->sas[1] = i->sas[0];
	i->sas[1].id = 4;
	i->sas[1].state = SA_VIEW_CONNECTING;
	i->sas[1].established_ns = i->sas[1].rekey_ns = i->sas[1].reauth_ns = 0;
	strcpy(i->sas[1].conn, "branch");
	i->n_sas = 2;
	fill_child_sa(&i->child_sas[0], 11, 3, "net");
	fill_child_sa(&i->child_sas[1], 12, 4, "both");
	fill_child_sa(&i->child_sas[2], 13, 3, "both");
	i->n_child_sas = 3;
}

/* --- the callbacks */

static inline struct sas *take_sas(void *ctx)
{
	struct sas *s = calloc(1, sizeof(*s));
	struct ike *i = ctx;

	i->sas_taken++;
	if (i->no_memory || !s) {
		free(s);
		return NULL;
	}
	s->ike = calloc(N_IKE, sizeof(*s->ike));
	s->child = calloc(N_CHILD, sizeof(*s->child));
	s->drops = calloc(N_CHILD, sizeof(*s->drops));
	assert_true(s->ike && s->child && s->drops);
	s->drops[0].in[DROP_REPLAY] = 3;
	s->drops[0].lost_in = 7;
	s->drops[0].out[DROP_LIFETIME] = 2;
	memcpy(s->ike, i->sas, sizeof(i->sas));
	memcpy(s->child, i->child_sas, sizeof(i->child_sas));
	s->n_ike = i->n_sas;
	s->n_child = i->n_child_sas;
	return s;
}

static inline const struct conn_conf **take_conns(void *ctx, size_t *n)
{
	struct ike *i = ctx;
	const struct conn_conf **all = calloc(N_CONNS, sizeof(*all));

	assert_non_null(all);
	for (*n = 0; *n < N_CONNS; ++*n)
		all[*n] = &i->conns[*n];
	return all;
}

static inline void take_command(void *ctx, const struct control_command *c)
{
	struct ike *i = ctx;
	struct heard *h = &i->heard[i->n_heard++ % 4];

	*h = (struct heard){ .token = c->token,
			     .verb = c->verb,
			     .ike_id = c->ike_id,
			     .child_id = c->child_id,
			     .force = c->force,
			     .reauth = c->reauth };
	if (c->redirect)
		h->redirect = *c->redirect;
	strcpy(h->conn, c->conn);
	strcpy(h->child, c->child ? c->child : "");
	for (unsigned int k = 0; i->at_once_event.conn && k <= i->at_once_more;
	     k++)
		control_server_event(i->f.server, &i->at_once_event);
	if (i->at_once)
		control_server_done(i->f.server, c->token, i->at_once_err, 1);
}

static inline int start_ike(void **state)
{
	struct ike *i = calloc(1, sizeof(*i));

	if (!i)
		return -1;
	*state = i;
	fill_conns(i);
	fill_sas(i);
	i->f.callbacks = (struct control_callbacks){
		.status = take_snapshot,
		.sas = take_sas,
		.conns = take_conns,
		.command = take_command,
		.ctx = i,
	};
	return start_server(&i->f);
}

#define IKE_CASE(name) cmocka_unit_test_setup_teardown(name, start_ike, stop)

/* --- requests and answers */

/* "key=value" each, up to a NULL; values without '=' are a list's name. */
static inline void put_request(int fd, const char *command,
			       const char *const *args)
{
	struct vici_builder b;

	vici_start(&b, VICI_CMD_REQUEST, command);
	for (; args && *args; args++) {
		char key[PATH_MAX_BYTES];
		char *value;

		snprintf(key, sizeof(key), "%s", *args);
		value = strchr(key, '=');
		if (value) {
			*value = '\0';
			vici_str(&b, key, value + 1);
		} else {
			vici_list(&b, key);
			vici_list_end(&b);
		}
	}
	assert_true(vici_finish(&b));
	put_octets(fd, b.ptr, b.len);
	vici_builder_free(&b);
}

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/*
 * A message as text: "a{b=c d[e f]}", so that a case compares all of it or
 * looks for a piece of it.
 */
static inline const char *text_of(struct slice body)
{
	static char text[16384];
	struct vici_reader r = vici_read(body);
	struct vici_elem elem;
	size_t len = 0;

	text[0] = '\0';
	while (vici_next(&r, &elem) && elem.type != VICI_END) {
		bool opens = elem.type == VICI_SECTION_START ||
			     elem.type == VICI_LIST_START;
		bool closes = elem.type == VICI_SECTION_END ||
			      elem.type == VICI_LIST_END;
		char last = len ? text[len - 1] : '{';
		const char *blank =
			last == '{' || last == '[' || closes ? "" : " ";

		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "%s%.*s%s%.*s%s", blank,
			(int)elem.name.len, (const char *)elem.name.ptr,
			elem.type == VICI_KEY_VALUE ? "=" : "",
			(int)elem.value.len, (const char *)elem.value.ptr,
			!opens && !closes		  ? ""
			: elem.type == VICI_SECTION_START ? "{"
			: elem.type == VICI_LIST_START	  ? "["
			: elem.type == VICI_SECTION_END	  ? "}"
							  : "]");
		assert_true(len < sizeof(text));
	}
	return text;
}

static inline void register_for(struct ike *i, int fd, const char *event)
{
	put_packet(fd, VICI_EVENT_REGISTER, event);
	assert_int_equal(take_packet(&i->f, fd).type, VICI_EVENT_CONFIRM);
}

/* The next packet is this event; its text, until the next one. */
static inline const char *take_event(struct ike *i, int fd, const char *name)
{
	struct vici_packet packet = take_packet(&i->f, fd);

	assert_int_equal(packet.type, VICI_EVENT);
	assert_int_equal(packet.name.len, strlen(name));
	assert_memory_equal(packet.name.ptr, name, packet.name.len);
	return text_of(packet.body);
}

/* The next packet is a response of exactly this. */
static inline void assert_response(struct ike *i, int fd, const char *want)
{
	struct vici_packet packet = take_packet(&i->f, fd);

	assert_int_equal(packet.type, VICI_CMD_RESPONSE);
	assert_string_equal(text_of(packet.body), want);
}

static inline void assert_has(const char *text, const char *piece)
{
	if (!strstr(text, piece))
		fail_msg("no '%s' in '%s'", piece, text);
}

static inline void assert_lacks(const char *text, const char *piece)
{
	if (strstr(text, piece))
		fail_msg("'%s' in '%s'", piece, text);
}

/* Nothing comes. */
static inline void assert_silent(struct ike *i, int fd)
{
	char octet;

	run_loop(&i->f);
	assert_int_equal(recv(fd, &octet, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
}

/* --- what happens */

static inline void done(struct ike *i, unsigned int heard, int err,
			unsigned int n)
{
	control_server_done(i->f.server, i->heard[heard].token, err, n);
}

static inline void happens(struct ike *i, enum control_event_kind kind,
			   const char *conn, const char *child, const char *text)
{
	const struct control_event e = {
		.kind = kind,
		.conn = conn,
		.child = child,
		.text = text,
	};

	control_server_event(i->f.server, &e);
}

/* A client that asked, and whose command has arrived. */
static inline int asking(struct ike *i, const char *command,
			 const char *const *args)
{
	unsigned int before = i->n_heard;
	int fd = client_new(&i->f);

	put_request(fd, command, args);
	run_loop(&i->f);
	assert_int_equal(i->n_heard, before + 1);
	return fd;
}

#endif
