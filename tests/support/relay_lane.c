// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fates of frames: a number is drawn for each decision from seed, direction and
 * the frame's number. One that is to be overtaken is held until the frame of its
 * place has come, and then stands in line for as long as the path delays.
 */
#include "tests/support/relay_lane.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/virtio_net.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <string.h>

#include "ctrl/base/clock.h"

#define HOLD_NS	  (5 * NS_PER_MS)
#define IKE_PORT  500U
#define NATT_PORT 4500U

enum draw { DRAW_DROP, DRAW_DUP, DRAW_PLACES, DRAW_DUP_PLACES };

/* --- where frames are: nothing overflows, there are as many places as frames */

void lane_drop(struct lane *l, struct frame *f)
{
	l->free[l->n_free++] = f;
}

static void put(struct queue *q, struct frame *f)
{
	q->at[(q->head + q->n++) % QUEUE_FRAMES] = f;
}

static struct frame *take(struct queue *q)
{
	struct frame *f = q->at[q->head];

	q->head = (q->head + 1) % QUEUE_FRAMES;
	q->n--;
	return f;
}

struct frame *lane_take_free(struct lane *l)
{
	return l->free[--l->n_free];
}

/* --- fate */

/* splitmix64's finalizer. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* 0 to below - 1, as good as evenly. */
static uint64_t draw(const struct lane *l, uint64_t number, enum draw what,
		     uint64_t below)
{
	return mix(mix(mix(l->script->seed ^ l->salt) + number) + what) % below;
}

static enum kind classify_udp(const struct udphdr *udp, size_t bytes)
{
	static const uint8_t marker[4]; /* RFC 3948 section 2.2 */
	uint16_t from = ntohs(udp->source), to = ntohs(udp->dest);

	if (from == IKE_PORT || to == IKE_PORT)
		return KIND_IKE;
	if (from != NATT_PORT && to != NATT_PORT)
		return KIND_CLEAR;
	if (bytes < sizeof(*udp) + sizeof(marker) ||
	    memcmp(udp + 1, marker, sizeof(marker)) == 0)
		return KIND_IKE; /* or a keepalive */
	return KIND_ESP;
}

static enum kind classify(const struct frame *f)
{
	const size_t l2 = sizeof(struct virtio_net_hdr) + sizeof(struct ethhdr);
	const struct ethhdr *eth = (const void *)(f->octets + l2 - sizeof(*eth));
	const struct iphdr *ip = (const void *)(eth + 1);
	size_t l4;

	if (f->bytes < l2 + sizeof(*ip) || eth->h_proto != htons(ETH_P_IP))
		return KIND_OTHER;
	l4 = l2 + ip->ihl * 4U;
	if (ip->protocol == IPPROTO_ESP)
		return KIND_ESP;
	if (ip->protocol != IPPROTO_UDP || f->bytes < l4 + sizeof(struct udphdr))
		return KIND_CLEAR;
	return classify_udp((const void *)(f->octets + l4), f->bytes - l4);
}

/* --- on the way */

static void depart(struct lane *l, struct frame *f, uint64_t now_ns)
{
	if (f->number > l->last_out)
		l->last_out = f->number;
	else if (f->number < l->last_out) {
		l->overtaken++;
		if (l->last_out - f->number > l->places)
			l->places = l->last_out - f->number;
	}
	f->due_ns = now_ns + l->script->delay_ns;
	put(&l->line, f);
}

static bool goes_before(const struct frame *a, const struct frame *b)
{
	return a->place != b->place ? a->place < b->place
				    : a->number > b->number;
}

/* Those held whose place has come, in order. */
static void release(struct lane *l, uint64_t place, uint64_t now_ns)
{
	for (;;) {
		uint32_t first = 0;

		for (uint32_t i = 1; i < l->n_held; i++)
			if (goes_before(l->held[i], l->held[first]))
				first = i;
		if (!l->n_held || l->held[first]->place > place)
			return;
		depart(l, l->held[first], now_ns);
		l->held[first] = l->held[--l->n_held];
	}
}

static void hold(struct lane *l, struct frame *f, uint64_t number,
		 uint64_t places, uint64_t now_ns)
{
	f->number = number;
	f->place = number + places;
	f->held_ns = now_ns;
	l->held[l->n_held++] = f;
}

static void duplicate(struct lane *l, const struct frame *f, uint64_t places,
		      uint64_t now_ns)
{
	struct frame *twin;

	if (!l->n_free) {
		l->lost++;
		return;
	}
	l->duplicated++;
	twin = lane_take_free(l);
	memcpy(twin->octets, f->octets, f->bytes);
	twin->bytes = f->bytes;
	twin->kind = f->kind;
	hold(l, twin, f->number, places, now_ns);
}

static void meet_fate(struct lane *l, struct frame *f, uint64_t now_ns)
{
	const struct script *s = l->script;
	uint64_t number = ++l->n_fates, places = s->reorder + 1;

	if (draw(l, number, DRAW_DROP, 1000) < s->drop_permille) {
		l->dropped++;
		lane_drop(l, f);
	} else {
		hold(l, f, number, draw(l, number, DRAW_PLACES, places), now_ns);
		if (draw(l, number, DRAW_DUP, 1000) < s->dup_permille)
			duplicate(l, f, draw(l, number, DRAW_DUP_PLACES, places),
				  now_ns);
	}
	release(l, number, now_ns);
}

void lane_arrive(struct lane *l, struct frame *f, uint64_t now_ns)
{
	f->kind = classify(f);
	l->got[f->kind]++;
	if (l->script->only[f->kind])
		meet_fate(l, f, now_ns);
	else
		put(&l->ready, f);
}

/* --- out */

void lane_advance(struct lane *l, uint64_t now_ns)
{
	for (uint32_t i = 0; i < l->n_held; i++)
		if (l->held[i]->held_ns + HOLD_NS <= now_ns) {
			release(l, UINT64_MAX, now_ns);
			break;
		}
	while (l->line.n && l->line.at[l->line.head]->due_ns <= now_ns)
		put(&l->ready, take(&l->line));
}

uint64_t lane_next_due(const struct lane *l)
{
	uint64_t due = UINT64_MAX;

	if (l->line.n)
		due = l->line.at[l->line.head]->due_ns;
	for (uint32_t i = 0; i < l->n_held; i++)
		if (l->held[i]->held_ns + HOLD_NS < due)
			due = l->held[i]->held_ns + HOLD_NS;
	return due;
}

struct frame *lane_take_ready(struct lane *l)
{
	return take(&l->ready);
}

void lane_init(struct lane *l, const struct script *s, uint32_t direction,
	       struct frame *frames)
{
	memset(l, 0, sizeof(*l));
	l->script = s;
	l->salt = mix(direction);
	for (uint32_t i = 0; i < QUEUE_FRAMES; i++)
		lane_drop(l, &frames[i]);
}
