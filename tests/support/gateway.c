// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/gateway.h"

#include <arpa/inet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/dp/esp.h"
#include "ctrl/dp/plug.h"
#include "ctrl/sadb/policy.h"
#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/ah.h"
#include "include/proto.h"

#define VNET_BYTES ((uint32_t)sizeof(struct virtio_net_hdr))

static const uint8_t host_mac[6] = { 0x02, 0, 0, 0, 0, 0x99 };

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "gateway: %s\n", what);
	abort();
}

static struct secret key_of(uint32_t bytes, uint8_t first)
{
	struct secret s = { .len = bytes };

	for (uint32_t i = 0; i < bytes; i++)
		s.octets[i] = (uint8_t)(first + i);
	return s;
}

static struct sa_rule rule_of(const char *local, const char *remote, bool accept)
{
	struct prefix l, r;

	must(!prefix_parse(local, &l), local);
	must(!prefix_parse(remote, &r), remote);
	return (struct sa_rule){ selector_between(&l, &r, PROTO_UDP), accept };
}

static struct sa_rt *add_sa(struct gateway *g, const struct gateway_spec *spec,
			    bool spread, enum dp_dir dir,
			    const struct sa_rule *rules, size_t n)
{
	const struct encr_alg *encr =
		encr_by_name(spec->encr ? spec->encr : "null");
	const struct integ_alg *integ =
		spec->integ ? integ_by_name(spec->integ) : &integ_none;
	struct secret encr_key, integ_key;
	struct sa_spec sa = {
		.dir = dir,
		.spi = GATEWAY_SPI,
		.saddr = addr_of("192.0.2.1"),
		.daddr = addr_of("192.0.2.2"),
		.protocol = spec->encr ? IKE_PROTO_ESP : IKE_PROTO_AH,
		.encr = encr,
		.integ = integ,
		.encr_key = &encr_key,
		.integ_key = &integ_key,
		.replay_window = GATEWAY_WINDOW,
		.esn = spec->esn,
		.spread = spread,
		.rules = rules,
		.n_rules = n,
	};
	struct sa_ref ref;
	struct error e;

	must(encr && integ, "unknown algorithm");
	encr_key = key_of(encr_key_bytes(encr), 0x10);
	integ_key = key_of(integ->key_bytes, 0x80);
	must(!sad_add(g->sad, &sa, &ref, &e), "sad_add");
	return sad_get(g->sad, ref);
}

/* Another gateway's worker may be the second of its SAD. */
static void add_sas(struct gateway *g, const struct gateway_spec *spec,
		    const struct crypto_backend *backend, bool spread)
{
	const struct sa_rule ours[] = {
		rule_of("10.1.0.0/16", "10.2.0.0/16", true),
		rule_of("2001:db8:1::/48", "2001:db8:2::/48", true),
	};
	const struct sa_rule peers[] = {
		rule_of("10.2.0.0/16", GATEWAY_DENIED, false),
		rule_of("10.2.0.0/16", "10.1.0.0/16", true),
		rule_of("2001:db8:2::/48", "2001:db8:1::/48", true),
	};
	uint64_t whole;

	g->sad = sad_new(backend, 2);
	must(g->sad, "sad_new");
	g->out = add_sa(g, spec, spread, DIR_OUT, ours, 2);
	g->in = add_sa(g, spec, spread, DIR_IN, peers, 3);
	memcpy(&whole, &g->out->ref, sizeof(whole));
	atomic_store(&g->policies.binding[GATEWAY_POLICY], whole);
	atomic_store(&g->policies.gen, GATEWAY_POLICY_GEN);
}

struct gateway *gateway_new(const struct gateway_spec *spec)
{
	const struct crypto_backend *backend;

	must(!crypto_choose(CRYPTO_AUTO, &backend), "crypto_choose");
	return gateway_new_with(spec, backend);
}

static struct gateway *make(const struct gateway_spec *spec,
			    const struct crypto_backend *backend, bool spread)
{
	struct gateway *g = calloc(1, sizeof(*g));
	int ends[2];

	must(g, "out of memory");
	must(spec->frames <= GATEWAY_FRAMES_MAX, "too many frames");
	must(!nexthop_link_init(&g->link), "nexthop_link_init");
	must(!worker_init(&g->w, spec->frames, &g->link), "worker_init");
	must(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends),
	     "socketpair");
	add_sas(g, spec, backend, spread);
	port_mem_init(&g->inside, &g->w.umem, GATEWAY_INSIDE);
	port_mem_init(&g->outside, &g->w.umem, GATEWAY_OUTSIDE);
	plug_first(&g->w, &g->inside.port);
	plug_first(&g->w, &g->outside.port);
	g->w.host.fd = ends[0];
	g->host_fd = ends[1];
	memcpy(g->w.host.mac, host_mac, sizeof(host_mac));
	g->w.magic = GATEWAY_MAGIC;
	g->w.head_token = GATEWAY_TOKEN;
	worker_serve(&g->w, g->sad, 0);
	g->w.policies = &g->policies;
	g->w.drops = g->drops;
	g->w.passes = g->passes;
	g->w.mss_clamp = true;
	return g;
}

struct gateway *gateway_new_with(const struct gateway_spec *spec,
				 const struct crypto_backend *backend)
{
	return make(spec, backend, false);
}

struct gateway *gateway_new_spread(const struct gateway_spec *spec,
				   const struct crypto_backend *backend)
{
	return make(spec, backend, true);
}

static void sa_encapsulate(struct sa_rt *sa)
{
	sa->udp = true;
	outer_init(&sa->outer, PROTO_UDP, &sa->saddr, &sa->daddr,
		   htons(IKE_NATT_PORT), htons(IKE_NATT_PORT), NULL);
	sa->peer_port_be = htons(IKE_NATT_PORT);
}

static void sa_move(struct sa_rt *sa)
{
	sa->saddr = sa->peer = addr_of("2001:db8:ffff::1");
	sa->daddr = addr_of("2001:db8:ffff::2");
	outer_init(&sa->outer, sa_protocol(sa), &sa->saddr, &sa->daddr, 0, 0,
		   NULL);
	if (sa->ah)
		sa->head_bytes =
			(uint8_t)ah_bytes(6, sa->iv_bytes + sa->icv_bytes);
}

void gateway_outer_v6(struct gateway *g)
{
	sa_move(g->out);
	sa_move(g->in);
}

void gateway_encapsulate(struct gateway *g)
{
	sa_encapsulate(g->out);
	sa_encapsulate(g->in);
}

/* The inbound SA is the peer's. */
static void sa_transport(struct gateway *g, struct sa_rt *sa)
{
	const bool out = sa->dir == DIR_OUT;
	const struct addr *local = out ? &sa->saddr : &sa->daddr;
	const struct addr *remote = out ? &sa->daddr : &sa->saddr;
	const struct sa_rule rule = {
		.selector = {
			.local_min = *local,
			.local_max = *local,
			.remote_min = *remote,
			.remote_max = *remote,
			.local_port_max = UINT16_MAX,
			.remote_port_max = UINT16_MAX,
		},
		.accept = true,
	};

	sa->transport = true;
	must(!sad_set_rules(g->sad, sa->ref, &rule, 1), "sad_set_rules");
}

void gateway_transport(struct gateway *g)
{
	sa_transport(g, g->out);
	sa_transport(g, g->in);
}

void gateway_free(struct gateway *g)
{
	if (g->w.host.fd >= 0)
		close(g->w.host.fd);
	close(g->host_fd);
	worker_fini(&g->w);
	nexthop_link_fini(&g->link);
	sad_free(g->sad);
	free(g);
}

struct ip_header gateway_inner(void)
{
	return (struct ip_header){
		.version = 4,
		.total_bytes = 100,
		.id = 0x1234,
		.fragment = IPV4_DF,
		.ttl = 64,
		.protocol = PROTO_UDP,
		.saddr = addr_of("10.1.0.5"),
		.daddr = addr_of("10.2.0.7"),
	};
}

struct ip_header gateway_inner_v6(void)
{
	return (struct ip_header){
		.version = 6,
		.total_bytes = 100,
		.ttl = 64,
		.protocol = PROTO_UDP,
		.saddr = addr_of("2001:db8:1::5"),
		.daddr = addr_of("2001:db8:2::7"),
	};
}

void gateway_packet(uint8_t *at, const struct ip_header *h)
{
	ip_build(at, h);
	for (uint32_t i = ip_least_bytes(h->version); i < h->total_bytes; i++)
		at[i] = (uint8_t)i;
}

struct dp_meta gateway_meta(const struct gateway *g, enum dp_dir dir)
{
	return (struct dp_meta){
		.magic = GATEWAY_MAGIC,
		.sa = dir == DIR_OUT ? g->out->ref : g->in->ref,
		.policy_id = GATEWAY_POLICY,
		.policy_gen = GATEWAY_POLICY_GEN,
		.l3_off = ETH_HEADER_BYTES,
		.dir = (uint8_t)dir,
	};
}

struct host_tag gateway_tag(void)
{
	return (struct host_tag){
		.magic = GATEWAY_MAGIC,
		.policy_id = GATEWAY_POLICY,
		.policy_gen = GATEWAY_POLICY_GEN,
	};
}

/* Twelve octets of addresses, tags up to where the type is, the packet. */
static uint32_t put_frame(uint8_t *at, const void *addresses, uint32_t l3_off,
			  const uint8_t *l3, uint32_t bytes)
{
	static const uint8_t tag[4] = { 0x81, 0x00, 0x00, 0x64 };
	uint16_t type = bytes && l3[0] >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP;
	uint32_t head = 12;

	must(bytes <= UINT16_MAX, "packet too long");
	memcpy(at, addresses, head);
	for (; head + ETH_TYPE_BYTES + sizeof(tag) <= l3_off; head += 4)
		memcpy(at + head, tag, sizeof(tag));
	at[head] = (uint8_t)(type >> 8);
	at[head + 1] = (uint8_t)type;
	head += ETH_TYPE_BYTES;
	memcpy(at + head, l3, bytes);
	return head + bytes;
}

void gateway_give_meta(struct gateway *g, struct port_mem *port,
		       const struct dp_meta *meta, const uint8_t *l3,
		       uint32_t bytes)
{
	static const uint8_t addresses[12] = { 2, 0, 0, 0, 0, 1,
					       2, 0, 0, 0, 0, 2 };
	uint8_t frame[PORT_MEM_FRAME_MAX];
	uint32_t n = put_frame(frame, addresses, meta->l3_off, l3, bytes);

	must(port_mem_give(port, meta, sizeof(*meta), frame, n), "give");
	g->given++;
}

void gateway_give(struct gateway *g, enum dp_dir dir, const uint8_t *l3,
		  uint32_t bytes)
{
	struct dp_meta meta = gateway_meta(g, dir);

	gateway_give_meta(g, dir == DIR_OUT ? &g->inside : &g->outside, &meta,
			  l3, bytes);
}

void gateway_host_give(struct gateway *g, const struct host_tag *tag,
		       const uint8_t *l3, uint32_t bytes)
{
	uint8_t frame[VNET_BYTES + PORT_MEM_FRAME_MAX] = { 0 };
	size_t n = VNET_BYTES + put_frame(frame + VNET_BYTES, tag,
					  ETH_HEADER_BYTES, l3, bytes);

	must(write(g->host_fd, frame, n) == (ssize_t)n, "host write");
	g->given++;
}

/* How many packets the host would see in it. */
static uint32_t segments(const struct virtio_net_hdr *vnet, uint32_t bytes)
{
	if (!vnet->gso_size)
		return 1;
	return (bytes - vnet->hdr_len + vnet->gso_size - 1U) / vnet->gso_size;
}

uint32_t gateway_host_take(struct gateway *g, uint8_t *l3, uint8_t dmac[6])
{
	const size_t around = VNET_BYTES + ETH_HEADER_BYTES;
	uint8_t frame[VNET_BYTES + HOST_FRAME_MAX];
	ssize_t got = read(g->host_fd, frame, sizeof(frame));
	struct virtio_net_hdr vnet;

	if (got <= 0)
		return 0;
	must((size_t)got > around, "the host got less than a frame");
	memcpy(&vnet, frame, sizeof(vnet));
	g->to_host += segments(&vnet, (uint32_t)got - VNET_BYTES);
	memcpy(dmac, frame + VNET_BYTES, 6);
	memcpy(l3, frame + around, (size_t)got - around);
	return (uint32_t)((size_t)got - around);
}

const uint8_t *gateway_sent(const struct port_mem *port, uint32_t index,
			    uint32_t *bytes)
{
	const uint8_t *frame;

	must(index < port->tx_n, "no such frame was transmitted");
	frame = port_mem_sent(port, index, bytes);
	*bytes -= ETH_HEADER_BYTES;
	return frame + ETH_HEADER_BYTES;
}

uint32_t gateway_sent_large(const struct port_mem *port, uint32_t *index,
			    uint8_t *l3)
{
	uint8_t frame[PORT_MEM_FRAME_MAX];
	uint32_t bytes = port_mem_sent_whole(port, index, frame);

	must(bytes, "no such frame was transmitted");
	memcpy(l3, frame + ETH_HEADER_BYTES, bytes - ETH_HEADER_BYTES);
	return bytes - ETH_HEADER_BYTES;
}

void gateway_reset(struct gateway *g)
{
	must(g->inside.rx_at == g->inside.rx_n, "inside not yet received");
	must(g->outside.rx_at == g->outside.rx_n, "outside not yet received");
	g->sent += port_mem_sent_n(&g->inside) + port_mem_sent_n(&g->outside);
	g->inside.port.more_in_tx = g->outside.port.more_in_tx = 0;
	port_mem_reset(&g->inside);
	port_mem_reset(&g->outside);
}

static void sa_restart(struct sa_rt *sa, uint64_t seq)
{
	memset(&sa->count, 0, sizeof(sa->count));
	if (sa->dir == DIR_OUT) {
		sa->seq = seq;
		return;
	}
	sa->replay.top = seq;
	memset(sa->replay.bitmap, 0,
	       sa->replay.blocks * sizeof(*sa->replay.bitmap));
}

static void nexthops_restart(struct gateway *g)
{
	struct nexthop_query query;
	struct nexthop nh;

	while (gateway_asked(g, &query))
		;
	while (spsc_pop(&g->link.answers, &nh))
		;
	atomic_store(&g->link.fib.gen, 1);
	nexthop_cache_init(&g->w.nexthops, &g->link);
}

/* What is drawn differs from draw to draw, until the pool is empty. */
static void random_restart(struct random_pool *pool)
{
	const uint32_t draw = 16; /* of an IV */

	for (uint32_t i = 0; i < RANDOM_POOL_BYTES; i += draw)
		memset(pool->octets + i, (int)(i / draw + 1), draw);
	pool->used = 0;
}

void hold_too_long(struct worker *w, uint32_t index)
{
	w->hold[index].deadline_ns = 1;
	w->hold_due_ns = 1;
}

void fragments_too_long(struct worker *w)
{
	struct datagram *d;

	for (uint32_t i = 0; i < 2; i++)
		TAILQ_FOREACH(d, &w->reassembly.by_age[i], by_age)
	d->deadline_ns = 1;
}

void gateway_restart(struct gateway *g, uint64_t seq)
{
	uint8_t l3[HOST_FRAME_MAX], dmac[6];

	/* The worker empties its hold itself, as if none had an answer. */
	for (uint32_t i = 0; i < g->w.held; i++)
		hold_too_long(&g->w, i);
	fragments_too_long(&g->w);
	worker_step(&g->w);
	while (gateway_host_take(g, l3, dmac))
		;
	gateway_reset(g);
	nexthops_restart(g);
	random_restart(&g->w.random);
	sa_restart(g->out, seq);
	sa_restart(g->in, seq);
	memset(g->drops, 0, sizeof(g->drops));
	memset(g->passes, 0, sizeof(g->passes));
	g->w.icmp_errors = (struct bucket){ 0 };
	g->inside.tx_room = g->outside.tx_room = PORT_MEM_ROOM;
	g->given = g->sent = g->to_host = 0;
}

struct nexthop gateway_hop(const struct gateway *g, struct addr dst,
			   enum nexthop_kind kind, uint32_t ifindex)
{
	return (struct nexthop){
		.dst = dst,
		.gen = atomic_load(&g->link.fib.gen),
		.kind = kind,
		.drop = kind == NH_NONE ? DROP_NO_ROUTE : DROP_NONE,
		.ifindex = ifindex,
		.role = ifindex == GATEWAY_INSIDE ? IFACE_PROTECTED
						  : IFACE_UNPROTECTED,
		.mtu = GATEWAY_MTU,
		.link = { 0x02, 0, 0, 0, 2, (uint8_t)ifindex, 0x02, 0, 0, 0, 1,
			  (uint8_t)ifindex },
		.link_bytes = 12,
		.expires_ns = UINT64_MAX,
	};
}

bool gateway_asked(struct gateway *g, struct nexthop_query *query)
{
	return spsc_pop(&g->link.queries, query);
}

void gateway_answer(struct gateway *g, const struct nexthop *nh)
{
	must(spsc_push(&g->link.answers, nh), "answers are full");
}

void gateway_know(struct gateway *g, const struct nexthop *nh)
{
	struct nexthop_query query;

	nexthop_lookup(&g->w.nexthops, &nh->dst, 0);
	while (gateway_asked(g, &query))
		;
	gateway_answer(g, nh);
	nexthop_learn(&g->w.nexthops);
}

void gateway_know_all(struct gateway *g)
{
	struct nexthop peer =
		gateway_hop(g, *sa_daddr(g->out), NH_PORT, GATEWAY_OUTSIDE);
	struct nexthop inner =
		gateway_hop(g, gateway_inner().daddr, NH_PORT, GATEWAY_INSIDE);

	gateway_know(g, &peer);
	gateway_know(g, &inner);
	inner.dst = gateway_inner_v6().daddr;
	gateway_know(g, &inner);
}

uint32_t gateway_text(const struct gateway *g, const uint8_t *inner,
		      uint32_t inner_bytes, uint8_t *text)
{
	uint32_t bytes = esp_text_bytes(g->out, inner_bytes);
	uint32_t pad_bytes = bytes - inner_bytes - ESP_TRAILER_BYTES;

	memcpy(text, inner, inner_bytes);
	for (uint32_t i = 0; i < pad_bytes; i++)
		text[inner_bytes + i] = (uint8_t)(i + 1);
	text[bytes - 2] = (uint8_t)pad_bytes;
	text[bytes - 1] =
		inner_bytes && inner[0] >> 4 == 6 ? PROTO_IPV6 : PROTO_IPIP;
	return bytes;
}

uint32_t gateway_seal(struct gateway *g, const uint8_t *text,
		      uint32_t text_bytes, uint8_t *l3)
{
	struct sa_rt *sa = g->out;
	uint64_t seq = ++sa->seq;
	struct ip_header outer = {
		.version = addr_is_v4(&sa->saddr) ? 4 : 6,
		.total_bytes = esp_outer_bytes(sa, text_bytes) +
			       (sa->transport ? sa->outer.ip_bytes : 0U),
		.ttl = 64,
		.protocol = PROTO_ESP,
		.saddr = sa->saddr,
		.daddr = sa->daddr,
	};
	const uint32_t header = ip_least_bytes(outer.version);
	struct crypto_op op = {
		.esp = l3 + header,
		.text_bytes = text_bytes,
		.seq_hi = (uint32_t)(seq >> 32),
	};
	struct builder b = wr_init(op.esp, outer.total_bytes - header);

	ip_build(l3, &outer);
	wr_u32(&b, ntohl(sa->spi_be));
	wr_u32(&b, (uint32_t)seq);
	for (uint32_t i = 0; i < sa->iv_bytes; i++)
		wr_u8(&b, (uint8_t)(seq >> 8 * (i % 8)));
	wr_bytes(&b, text, text_bytes);
	must(wr_ok(&b), "text too long");
	sa->backend->seal(g->w.crypto, sa->key, &op, 1);
	must(op.ok, "seal");
	return outer.total_bytes;
}

static bool fits(const struct gateway *g, uint32_t mtu, uint32_t inner_bytes)
{
	uint32_t text = esp_text_bytes(g->out, inner_bytes);

	return esp_outer_bytes(g->out, text) <= mtu;
}

bool gateway_fills(const struct gateway *g, uint32_t mtu, uint32_t inner_bytes)
{
	return fits(g, mtu, inner_bytes) && !fits(g, mtu, inner_bytes + 1);
}

uint32_t gateway_packet_bytes(struct slice l3)
{
	struct packet_parts p;

	return packet_read(l3, &p) ? p.total : 0;
}

/* UDP from 10.1.0.0/16 without GATEWAY_DENIED to 10.2.0.0/16, or from
 * 2001:db8:1::/48 to 2001:db8:2::/48. */
static bool addrs_selected(uint8_t version, const uint8_t *from,
			   const uint8_t *to)
{
	static const uint8_t net[5] = { 0x20, 0x01, 0x0d, 0xb8, 0x00 };

	if (version == 4)
		return memcmp(from + 12, "\x0a\x01", 2) == 0 && from[14] != 9 &&
		       memcmp(to + 12, "\x0a\x02", 2) == 0;
	return memcmp(from, net, 5) == 0 && memcmp(to, net, 5) == 0 &&
	       from[5] == 1 && to[5] == 2;
}

/* RFC 4301 section 6.2. What is quoted is read as the worker does. */
static bool quote_selected(struct slice l3, const struct packet_parts *p)
{
	const uint8_t types[] = { 3, 4, 5, 11, 12 };
	struct slice s = l3, headers;
	struct ip_header q;
	uint8_t type;

	if (p->offset || p->protocol != (p->version == 4 ? 1 : 58) ||
	    !rd_slice(&s, p->headers, &headers) || !rd_u8(&s, &type) ||
	    (p->version == 4 ? !memchr(types, type, sizeof(types)) : type > 127))
		return false;
	s = slice_of(l3.ptr, p->total);
	return rd_slice(&s, p->headers + 8, &headers) &&
	       ip_parse_quote(s, &q) && q.version == p->version &&
	       addr_equal(&q.saddr, &p->to) && q.protocol == PROTO_UDP &&
	       addrs_selected(q.version, q.daddr.octets, q.saddr.octets);
}

bool gateway_selected(struct slice l3)
{
	struct packet_parts p;

	if (!packet_read(l3, &p))
		return false;
	return (p.protocol == PROTO_UDP &&
		addrs_selected(p.version, p.from.octets, p.to.octets)) ||
	       quote_selected(l3, &p);
}

static enum drop_reason esp_fault(const struct sa_rt *sa, struct slice l3)
{
	struct packet_parts p;
	uint32_t least;

	must(packet_read(l3, &p), "no packet");
	if (p.offset || p.more)
		return DROP_NONE; /* the others may come */
	least = p.headers + ESP_HEADER_BYTES + sa->iv_bytes + sa->align_bytes +
		sa->icv_bytes;
	if (p.protocol == PROTO_UDP)
		return DROP_NONE; /* ESP may be in it */
	if (p.protocol != PROTO_ESP || p.total < least ||
	    (p.total - least) % sa->align_bytes)
		return DROP_ESP_LENGTH;
	return memcmp(l3.ptr + p.headers, &sa->spi_be, 4) ? DROP_SA_GONE
							  : DROP_NONE;
}

enum drop_reason gateway_port_fault(const struct gateway *g, enum dp_dir dir,
				    const struct dp_meta *meta, struct slice l3)
{
	const struct sa_rt *sa = dir == DIR_OUT ? g->out : g->in;

	if (meta->magic != GATEWAY_MAGIC || meta->dir > DIR_IN)
		return DROP_META_MISSING;
	if (meta->l3_off != ETH_HEADER_BYTES || !gateway_packet_bytes(l3))
		return DROP_IP_MALFORMED;
	if (memcmp(&meta->sa, &sa->ref, sizeof(meta->sa)) != 0)
		return DROP_SA_GONE;
	return dir == DIR_OUT ? DROP_NONE : esp_fault(sa, l3);
}

enum drop_reason gateway_host_fault(const struct host_tag *tag,
				    uint32_t frame_bytes, struct slice l3)
{
	if (frame_bytes < ETH_HEADER_BYTES || tag->magic != GATEWAY_MAGIC)
		return DROP_HOST_UNTAGGED;
	if (tag->policy_gen != GATEWAY_POLICY_GEN)
		return DROP_POLICY_STALE;
	if (!gateway_packet_bytes(l3))
		return DROP_HOST_READ;
	return tag->policy_id == GATEWAY_POLICY ? DROP_NONE : DROP_NO_SA;
}

/* RFC 4303 sections 2.4 and 2.6, RFC 4301 section 5.2, RFC 6040 section 4.2. */
enum drop_reason gateway_text_fault(struct slice text, uint8_t outer_tos)
{
	const uint8_t *trailer = text.ptr + text.len - ESP_TRAILER_BYTES;
	uint8_t pad_bytes = trailer[0], next_header = trailer[1];
	struct packet_parts p;

	if (pad_bytes + ESP_TRAILER_BYTES > text.len)
		return DROP_PADDING;
	for (int i = 1; i <= pad_bytes; i++)
		if (trailer[-i] != pad_bytes - i + 1)
			return DROP_PADDING;
	if (next_header != PROTO_IPIP && next_header != PROTO_IPV6)
		return next_header == PROTO_NONE ? DROP_DUMMY : DROP_NEXT_HEADER;
	text.len -= pad_bytes + ESP_TRAILER_BYTES;
	if (!packet_read(text, &p) ||
	    (p.version == 6) != (next_header == PROTO_IPV6))
		return DROP_INNER_MALFORMED;
	if (!gateway_selected(text))
		return DROP_SELECTOR;
	return (outer_tos & ECN_MASK) == ECN_CE && !(p.tos & ECN_MASK)
		       ? DROP_ECN
		       : DROP_NONE;
}

uint64_t gateway_dropped(const struct gateway *g)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < DROP_MAX; i++)
		sum += g->drops[i].pkts;
	return sum;
}

bool gateway_host_waits(const struct gateway *g)
{
	struct pollfd fd = { .fd = g->w.host.fd, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

/* false: it was seen before. */
static bool see(bool *seen, uint64_t addr)
{
	bool *it = &seen[addr / FRAME_BYTES];

	if (*it)
		return false;
	return *it = true;
}

static bool see_port(bool *seen, const struct port_mem *port)
{
	for (uint32_t i = port->rx_at; i < port->rx_n; i++)
		if (!see(seen, port->rx[i].addr))
			return false;
	for (uint32_t i = 0; i < port->tx_n; i++)
		if (!see(seen, port->tx[i].addr))
			return false;
	for (uint32_t i = 0; i < port->port.n_pieces; i++)
		if (!see(seen, port->port.pieces[i].addr))
			return false;
	return true;
}

/* Of packets that are not whole, and none besides. */
static bool see_pieces(bool *seen, const struct reassembly *r)
{
	uint32_t frames = 0;

	for (uint32_t i = 0; i < r->frames_max; i++)
		for (uint32_t k = 0; k < CHUNKS_MAX; k++)
			if (r->at[i].chunks & 1U << k) {
				frames++;
				if (!see(seen, r->at[i].frame[k]))
					return false;
			}
	return frames == r->frames;
}

bool gateway_frames_balance(const struct gateway *g)
{
	const struct worker *w = &g->w;
	bool seen[GATEWAY_FRAMES_MAX] = { false };

	for (uint32_t i = 0; i < w->umem.free_count; i++)
		if (!see(seen, w->umem.free_stack[i]))
			return false;
	for (uint32_t i = 0; i < w->held; i++)
		if (!see(seen, w->hold[i].frame))
			return false;
	return see_pieces(seen, &w->reassembly) && see_port(seen, &g->inside) &&
	       see_port(seen, &g->outside) && worker_frames_balance(w);
}

bool gateway_books_balance(struct gateway *g)
{
	uint8_t l3[HOST_FRAME_MAX], dmac[6];
	uint64_t waiting = port_mem_waiting_n(&g->inside) +
			   port_mem_waiting_n(&g->outside);
	uint64_t made = g->passes[PASS_WORKER_ICMP].pkts +
			g->passes[PASS_WORKER_FRAGMENT].pkts +
			g->passes[PASS_WORKER_SEGMENT].pkts +
			g->passes[PASS_WORKER_DUMMY].pkts;

	while (gateway_host_take(g, l3, dmac))
		;
	return gateway_frames_balance(g) && !g->drops[DROP_NONE].pkts &&
	       g->given + made == g->sent + port_mem_sent_n(&g->inside) +
					  port_mem_sent_n(&g->outside) +
					  gateway_dropped(g) + g->w.held +
					  g->passes[PASS_WORKER_PMTU].pkts +
					  g->w.reassembly.pieces +
					  g->passes[PASS_WORKER_WHOLE].pkts +
					  g->to_host + waiting;
}
