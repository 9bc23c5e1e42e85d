// SPDX-License-Identifier: BSD-2-Clause
/*
 * The engine on real sockets, for tests against other implementations: one
 * connection "peer" with one child "net", a SAD that only says what it was asked,
 * and one pre-shared key.
 *
 *     peer LOCAL REMOTE LOCAL_TS REMOTE_TS IKE ESP PSK [DPD_S [SPEED
 *          [PPK_ID PPK PPK_REQUIRED]]]
 *
 * LOCAL_TS and REMOTE_TS are lists such as 10.1.0.0/24,10.3.0.0/24[17/53-99], with the
 * numbers of a protocol and of ports. LOCAL_TS may be vip:ADDR, an address that is
 * asked of the peer (of zeros: any), and REMOTE_TS pool:PREFIX, from which the peer
 * gets one; they are dynamic then. A REMOTE_TS of pfp:LIST takes all selectors of each
 * CHILD SA from the packet that it is for.
 *
 * An empty PPK_ID or PPK is none. Its clock runs SPEED times as fast as the world's. Commands come by standard
 * input, a line each: initiate, rekey [net], terminate [net], acquire PROTOCOL SADDR
 * SPORT DADDR DPORT (a packet waits), quit; those that are there at once with
 * datagrams are first. What happens goes to standard output, a line each:
 *
 *     event ike-up | ike-down | child-up | child-down | ike-moved | alert |
 *           failed TEXT
 *     sa in|out SPI ENCR ENCR_KEY INTEG INTEG_KEY SPORT DPORT SELECTORS
 *     bound SPI
 *     deleted in|out SPI
 *     down SPI
 *     vip ADDR
 *     dns ADDR
 *     given ADDR
 *     esp OCTETS
 *
 * The last but four is the inbound SPI of a child that went down; its SA may stay
 * for what is under way. The last is a packet of ESP in UDP; it is not opened, and
 * taken for one that its SA accepted.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/ike/engine.h"
#include "tests/support/ike_answers.h"

#define DATAGRAM_MAX 65535
#define POLICY	     7 /* the child's */

struct peer {
	struct engine *engine;
	struct addr local;
	uint64_t speed;
	int fd[2]; /* ports 500 and 4500 */
	struct ike_answers answers;
};

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "peer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(const struct peer *p)
{
	return p->speed * clock_ns();
}

/* --- calls of the engine */

static void on_send(void *ctx, const struct ike_path *path, struct slice d)
{
	const struct peer *p = ctx;
	bool natt = path->local_port == IKE_NATT_PORT;
	uint8_t octets[DATAGRAM_MAX] = { 0 };
	size_t marker = natt ? IKE_NON_ESP_BYTES : 0;
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(path->remote_port),
		.sin_addr.s_addr = addr_v4_be(&path->remote),
	};

	memcpy(octets + marker, d.ptr, d.len);
	if (sendto(p->fd[natt], octets, marker + d.len, 0,
		   (const struct sockaddr *)&to, sizeof(to)) < 0)
		fprintf(stderr, "peer: sendto: %s\n", strerror(errno));
}

static void put_hex(const uint8_t *octets, unsigned int n)
{
	printf(" ");
	for (unsigned int i = 0; i < n; i++)
		printf("%02x", octets[i]);
	if (!n)
		printf("-");
}

static void put_selectors(const struct sadb_sa *sa)
{
	char a[ADDR_STR_MAX], b[ADDR_STR_MAX], c[ADDR_STR_MAX], d[ADDR_STR_MAX];

	for (unsigned int i = 0; i < sa->n_selectors; i++) {
		const struct sadb_selector *s = &sa->selectors[i];

		addr_str(&s->local_min, a);
		addr_str(&s->local_max, b);
		addr_str(&s->remote_min, c);
		addr_str(&s->remote_max, d);
		printf(" %s-%s=%s-%s", a, b, c, d);
		if (s->protocol)
			printf("[%u/%u-%u=%u-%u]", s->protocol,
			       s->local_port_min, s->local_port_max,
			       s->remote_port_min, s->remote_port_max);
	}
}

static void tell_sa(const struct sadb_request *q)
{
	const struct sadb_sa *sa = &q->sa;

	printf("sa %s %u %u", q->id.dir == SADB_IN ? "in" : "out", q->id.spi,
	       sa->encr);
	put_hex(sa->encr_key, sa->encr_key_len);
	printf(" %u", sa->integ);
	put_hex(sa->integ_key, sa->integ_key_len);
	printf(" %u %u", sa->encap_sport, sa->encap_dport);
	put_selectors(sa);
	printf("\n");
}

static void on_sadb(void *ctx, const struct sadb_request *q)
{
	struct peer *p = ctx;

	if (q->verb == SADB_ADD)
		tell_sa(q);
	else if (q->verb == SADB_UPDATE)
		printf("bound %u\n", q->id.spi);
	else if (q->verb == SADB_DELETE)
		printf("deleted %s %u\n", q->id.dir == SADB_IN ? "in" : "out",
		       q->id.spi);
	ike_answers_sadb(&p->answers, q);
}

static void on_keystore(void *ctx, const struct keystore_request *q)
{
	struct peer *p = ctx;

	ike_answers_keystore(&p->answers, q);
}

static void on_ke(void *ctx, struct ke_job *job)
{
	struct peer *p = ctx;

	ike_answers_ke(&p->answers, job);
}

static void on_event(void *ctx, const struct ike_event *e)
{
	static const char *const names[] = {
		[IKE_EV_IKE_UP] = "ike-up",
		[IKE_EV_IKE_DOWN] = "ike-down",
		[IKE_EV_CHILD_UP] = "child-up",
		[IKE_EV_CHILD_DOWN] = "child-down",
		[IKE_EV_IKE_MOVED] = "ike-moved",
		[IKE_EV_ALERT] = "alert",
		[IKE_EV_FAILED] = "failed",
	};

	(void)ctx;
	if (e->kind == IKE_EV_CHILD_DOWN)
		printf("down %u\n", e->spi_in);
	printf("event %s %s\n", names[e->kind], e->text);
}

static void put_addrs(const char *what, const struct addr *addrs, uint8_t n)
{
	char text[ADDR_STR_MAX];

	for (uint8_t i = 0; i < n; i++)
		printf("%s %s\n", what, addr_str(&addrs[i], text));
}

static void on_ike_view(void *ctx, const struct ike_sa_view *v)
{
	(void)ctx;
	if (v->state != SA_VIEW_UP)
		return;
	put_addrs("vip", v->local_vips, v->n_local_vips);
	put_addrs("dns", v->dns, v->n_dns);
	put_addrs("given", v->remote_vips, v->n_remote_vips);
}

static void on_child_view(void *ctx, const struct child_sa_view *v)
{
	(void)ctx;
	(void)v;
}

static bool on_random(void *ctx, void *out, size_t len)
{
	(void)ctx;
	return getrandom(out, len, 0) == (ssize_t)len;
}

static bool on_source(void *ctx, const struct addr *remote, struct addr *local)
{
	const struct peer *p = ctx;

	(void)remote;
	*local = p->local;
	return true;
}

static void answer_all(struct peer *p)
{
	ike_answers_give(&p->answers, p->engine, now_ns(p));
}

/* --- what comes in */

/* As the data path tells of an SA's first packet. */
static void receive_esp(struct peer *p, const uint8_t *octets, size_t len)
{
	struct slice s = slice_of(octets, len);
	struct sadb_event used = {
		.verb = SADB_USED,
		.id = { .daddr = p->local, .dir = SADB_IN },
	};

	if (!rd_u32(&s, &used.id.spi))
		return; /* a keepalive */
	printf("esp");
	put_hex(octets, (unsigned int)len);
	printf("\n");
	engine_sadb_event(p->engine, &used, now_ns(p));
}

static void receive(struct peer *p, bool natt)
{
	uint8_t octets[DATAGRAM_MAX];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t got = recvfrom(p->fd[natt], octets, sizeof(octets),
			       MSG_DONTWAIT, (struct sockaddr *)&from, &len);
	size_t marker = natt ? IKE_NON_ESP_BYTES : 0;
	static const uint8_t zeros[IKE_NON_ESP_BYTES];
	struct ike_path path;

	if (got > 0 && natt &&
	    (got < (ssize_t)marker || memcmp(octets, zeros, marker) != 0))
		receive_esp(p, octets, (size_t)got);
	if (got < (ssize_t)marker || memcmp(octets, zeros, marker) != 0)
		return;
	path = (struct ike_path){
		.local = p->local,
		.remote = addr_from_v4(from.sin_addr.s_addr),
		.local_port = natt ? IKE_NATT_PORT : IKE_PORT,
		.remote_port = ntohs(from.sin_port),
	};
	engine_input(p->engine, &path, octets + marker, (size_t)got - marker,
		     now_ns(p));
}

static void acquire(struct peer *p, const char *line)
{
	struct sadb_event e = { .verb = SADB_ACQUIRE, .policy = POLICY };
	unsigned int protocol, sport, dport;
	char saddr[64], daddr[64];

	must(sscanf(line, "acquire %u %63s %u %63s %u", &protocol, saddr,
		    &sport, daddr, &dport) == 5 &&
		     !addr_parse(saddr, &e.packet.local_min) &&
		     !addr_parse(daddr, &e.packet.remote_min),
	     line);
	e.packet.protocol = (uint8_t)protocol;
	e.packet.local_max = e.packet.local_min;
	e.packet.remote_max = e.packet.remote_min;
	e.packet.local_port_min = e.packet.local_port_max = (uint16_t)sport;
	e.packet.remote_port_min = e.packet.remote_port_max = (uint16_t)dport;
	engine_sadb_event(p->engine, &e, now_ns(p));
}

/* false: quit. */
static bool command(struct peer *p)
{
	char line[128], verb[64] = "", child[64] = "";
	const char *name;
	int err = 0;

	if (!fgets(line, sizeof(line), stdin))
		return false;
	sscanf(line, "%63s %63s", verb, child);
	name = *child ? child : NULL;
	if (strcmp(verb, "quit") == 0)
		return false;
	if (strcmp(verb, "initiate") == 0)
		err = engine_initiate(p->engine, "peer", NULL, now_ns(p));
	else if (strcmp(verb, "acquire") == 0)
		acquire(p, line);
	else if (strcmp(verb, "rekey") == 0)
		engine_rekey(p->engine, "peer", name, now_ns(p));
	else if (strcmp(verb, "terminate") == 0)
		engine_terminate(p->engine, "peer", name, now_ns(p));
	if (err)
		printf("event failed %s\n", strerror(-err));
	return true;
}

static int wait_ms(const struct peer *p)
{
	uint64_t at = engine_deadline(p->engine), now = now_ns(p);

	if (at == UINT64_MAX)
		return -1;
	return at > now ? (int)((at - now) / p->speed / NS_PER_MS) + 1 : 0;
}

static void run(struct peer *p)
{
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
				{ .fd = p->fd[0], .events = POLLIN },
				{ .fd = p->fd[1], .events = POLLIN } };

	for (;;) {
		answer_all(p);
		fflush(stdout);
		poll(fds, 3, wait_ms(p));
		if (fds[0].revents && !command(p))
			return;
		answer_all(p);
		if (fds[1].revents)
			receive(p, false);
		if (fds[2].revents)
			receive(p, true);
		engine_timeout(p->engine, now_ns(p));
	}
}

/* --- start */

static int bind_port(const struct addr *local, uint16_t port)
{
	const struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = addr_v4_be(local),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(fd >= 0 && !bind(fd, (const struct sockaddr *)&at, sizeof(at)),
	     "bind");
	return fd;
}

static void set_proposals(const char *text, enum ike_protocol protocol,
			  struct proposals *out)
{
	struct error e;

	out->n = 1;
	if (proposal_parse(text, protocol, &out->at[0], &e)) {
		fprintf(stderr, "peer: %s\n", e.text);
		exit(2);
	}
}

/* Writes into text. */
static size_t read_ts(char *text, struct ts_conf *out)
{
	char *more = NULL;
	size_t n = 0;

	for (char *one = strtok_r(text, ",", &more); one;
	     one = strtok_r(NULL, ",", &more)) {
		unsigned int protocol = 0, min = 0, max = 65535;
		char *ports = strchr(one, '[');

		must(n < CONN_TS_MAX, one);
		if (ports) {
			*ports++ = '\0';
			sscanf(ports, "%u/%u-%u", &protocol, &min, &max);
		}
		out[n] = (struct ts_conf){ .protocol = (uint8_t)protocol,
					   .port_min = (uint16_t)min,
					   .port_max = (uint16_t)max };
		must(!prefix_parse(one, &out[n++].net), one);
	}
	return n;
}

/* What stands behind that word: then the side is dynamic; else NULL. */
static const char *behind(const char *text, const char *word)
{
	size_t len = strlen(word);

	return strncmp(text, word, len) == 0 ? text + len : NULL;
}

static void load_pool(struct peer *p, const char *addrs, struct conn_conf *c)
{
	struct pool_conf pool = { .name = "pool", .n_attrs = 1 };
	struct prefix net;

	must(!prefix_parse(addrs, &net), addrs);
	pool_set_prefix(&pool, &net);
	pool.attrs[0] = (struct pool_attr){ IKE_ATTR_IP4_DNS, { p->local, 32 } };
	must(!engine_load_pool(p->engine, &pool), "engine_load_pool");
	snprintf(c->pools[c->n_pools++], sizeof(c->pools[0]), "pool");
}

static void load_ts(struct peer *p, char **argv, struct conn_conf *c,
		    struct child_conf *child)
{
	const struct ts_conf dynamic = { .dynamic = true,
					 .port_max = UINT16_MAX };
	const char *vip = behind(argv[3], "vip:");
	const char *addrs = behind(argv[4], "pool:");
	const char *pfp = behind(argv[4], "pfp:");

	child->n_local_ts = child->n_remote_ts = 1;
	child->local_ts[0] = child->remote_ts[0] = dynamic;
	if (vip)
		must(!addr_parse(vip, &c->vips[c->n_vips++]), vip);
	else
		child->n_local_ts = read_ts(argv[3], child->local_ts);
	if (addrs)
		load_pool(p, addrs, c);
	else
		child->n_remote_ts = read_ts(
			argv[4] + (pfp ? strlen("pfp:") : 0), child->remote_ts);
	if (pfp)
		child->pfp = PFP_LOCAL | PFP_REMOTE | PFP_PROTOCOL | PFP_PORTS;
}

static void take_ppk(struct peer *p, char **argv, struct conn_conf *c)
{
	struct ike_options o = ike_options_default();
	struct error e;

	must(!identity_parse(argv[10], &c->ppk_id, &e), argv[10]);
	must(ike_answers_ppk(&p->answers, argv[11]), "PPK too long");
	c->ppk_required = strcmp(argv[12], "yes") == 0;
	o.has_ppks = argv[11][0];
	engine_set_options(p->engine, &o);
}

static void load(struct peer *p, int argc, char **argv)
{
	struct child_conf *child = calloc(1, sizeof(*child));
	struct conn_conf c;

	must(child, "calloc");
	conn_init(&c);
	child_init(child);
	snprintf(c.name, sizeof(c.name), "peer");
	snprintf(child->name, sizeof(child->name), "net");
	c.n_local_addrs = c.n_remote_addrs = 1;
	c.local_addrs[0] = (struct conn_addr){ .net = { p->local, 32 } };
	c.remote_addrs[0] = (struct conn_addr){ .net = { .bits = 32 } };
	must(!addr_parse(argv[2], &c.remote_addrs[0].net.net), argv[2]);
	child->policy = POLICY;
	load_ts(p, argv, &c, child);
	set_proposals(argv[5], IKE_PROTO_IKE, &c.proposals);
	set_proposals(argv[6], IKE_PROTO_ESP, &child->proposals);
	c.dpd_delay = argc > 8 ? (uint32_t)strtoul(argv[8], NULL, 10) : 0;
	if (argc > 12)
		take_ppk(p, argv, &c);
	c.rekey_time = child->rekey_time = child->life_time = 0;
	c.children = child;
	c.n_children = 1;
	must(!engine_load(p->engine, &c), "engine_load");
	conn_fini(&c);
}

int main(int argc, char **argv)
{
	static struct peer p = { .speed = 1 };
	const struct engine_calls calls = {
		.send = on_send,
		.sadb = on_sadb,
		.keystore = on_keystore,
		.ke = on_ke,
		.event = on_event,
		.ike_view = on_ike_view,
		.child_view = on_child_view,
		.random = on_random,
		.source = on_source,
		.ctx = &p,
	};

	if (argc < 8) {
		fprintf(stderr,
			"usage: peer LOCAL REMOTE LOCAL_TS REMOTE_TS IKE ESP PSK [DPD_S [SPEED [PPK_ID PPK PPK_REQUIRED]]]\n");
		return 2;
	}
	must(!addr_parse(argv[1], &p.local), argv[1]);
	must(ike_answers_psk(&p.answers, argv[7]), "key too long");
	if (argc > 9)
		p.speed = strtoull(argv[9], NULL, 10);
	must(p.speed > 0, "speed");
	p.fd[0] = bind_port(&p.local, IKE_PORT);
	p.fd[1] = bind_port(&p.local, IKE_NATT_PORT);
	p.engine = engine_new(&calls);
	must(p.engine, "engine_new");
	load(&p, argc, argv);
	printf("ready\n");
	run(&p);
	engine_free(p.engine);
	return 0;
}
