// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/sadb/sad.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <urcu-qsbr.h>

#include "ctrl/sadb/quiescent.h"
#include "ctrl/wire/ah.h"
#include "include/limits.h"
#include "include/proto.h"

struct sad {
	const struct crypto_backend *backend;
	struct crypto_thread *crypto; /* owned; the control thread's */
	struct crypto_thread *of_worker[WORKERS_MAX]; /* owned */
	uint32_t workers;
	uint32_t next_owner; /* control thread */
	/* Control thread: slots that were used and are free, as a stack; how many
	 * were ever used; the lives of each so far. The kernel gives memory for
	 * what was touched, so that a table this large costs as much as is used. */
	uint32_t free_id[SAD_MAX];
	uint32_t n_free;
	uint32_t n_used;
	uint32_t gen[SAD_MAX];
	/* Written by the control thread, read by workers. */
	_Atomic(struct sa_rt *) slot[SAD_MAX];
	/* Likewise: by the low bits of its SPI an inbound SA that is in TCP, or was;
	 * as one word. */
	_Atomic uint64_t in_tcp[SAD_MAX];
};

static int make_threads(struct sad *sad)
{
	int err = sad->backend->thread_new(&sad->crypto);

	for (uint32_t i = 0; !err && i < sad->workers; i++)
		err = sad->backend->thread_new(&sad->of_worker[i]);
	return err;
}

static void free_threads(const struct sad *sad)
{
	for (uint32_t i = 0; i < sad->workers; i++)
		sad->backend->thread_free(sad->of_worker[i]);
	sad->backend->thread_free(sad->crypto);
}

struct sad *sad_new(const struct crypto_backend *backend, uint32_t workers)
{
	struct sad *sad = calloc(1, sizeof(*sad));

	if (!sad)
		return NULL;
	sad->backend = backend;
	sad->workers = workers;
	if (make_threads(sad)) {
		free_threads(sad);
		free(sad);
		return NULL;
	}
	quiescent_init();
	return sad;
}

static void key_free(const struct sa_rt *sa, struct crypto_key *key)
{
	for (uint32_t i = 0; key && i < sa->sad->workers; i++)
		sa->backend->key_forget(sa->sad->of_worker[i], key);
	sa->backend->key_free(key);
}

static void sa_free(struct sa_rt *sa)
{
	if (!sa)
		return;
	for (uint32_t i = 1; sa->keys && i < sa->sad->workers; i++)
		key_free(sa, sa->keys[i]);
	free(sa->keys);
	key_free(sa, sa->key);
	replay_free(&sa->replay);
	rules_free((struct rules *)atomic_load(&sa->rules));
	free((struct sa_way *)atomic_load(&sa->way));
	free(sa);
}

static void sa_release(struct rcu_head *head)
{
	quiescent_acquire();
	sa_free(caa_container_of(head, struct sa_rt, rcu));
}

void sad_free(struct sad *sad)
{
	if (!sad)
		return;
	for (uint32_t i = 0; i < sad->n_used; i++)
		sa_free(atomic_load(&sad->slot[i]));
	quiescent_drain();
	free_threads(sad);
	free(sad);
}

struct crypto_thread *sad_crypto(const struct sad *sad, uint32_t worker)
{
	return sad->of_worker[worker];
}

static void describe_esp(struct sa_rt *sa, const struct encr_alg *encr,
			 const struct integ_alg *integ)
{
	sa->iv_bytes = encr->iv_bytes;
	sa->icv_bytes = (uint8_t)esp_icv_bytes(encr, integ);
	/* RFC 4303 section 2.4: next header ends on a 4-octet border. */
	sa->align_bytes = encr->block_bytes > 4 ? encr->block_bytes : 4;
	sa->counter_mode = encr->counter_mode;
	sa->head_bytes = (uint8_t)(ESP_HEADER_BYTES + sa->iv_bytes);
	sa->trailer_bytes = ESP_TRAILER_BYTES;
	sa->tail_bytes = sa->icv_bytes;
}

static void describe_ah(struct sa_rt *sa, const struct integ_alg *integ)
{
	sa->iv_bytes = integ->iv_bytes;
	sa->icv_bytes = integ->icv_bytes;
	sa->align_bytes = 1;
	sa->head_bytes = (uint8_t)ah_bytes(addr_is_v4(&sa->saddr) ? 4 : 6,
					   ah_icv_bytes(integ));
}

/* The constant part but key and rules, and what differs from 0. */
static void sa_describe(struct sa_rt *sa, const struct sa_spec *spec)
{
	sa->dir = spec->dir;
	sa->spi_be = htonl(spec->spi);
	sa->saddr = spec->saddr;
	sa->daddr = spec->daddr;
	sa->peer = spec->saddr;
	sa->peer_port_be = htons(spec->encap_sport);
	sa->udp = spec->encap_dport != 0;
	sa->transport = spec->mode == SADB_TRANSPORT;
	sa->ah = spec->protocol == IKE_PROTO_AH;
	outer_init(&sa->outer, sa_protocol(sa), &sa->saddr, &sa->daddr,
		   htons(spec->encap_sport), htons(spec->encap_dport),
		   &spec->outer);
	if (spec->stream)
		outer_set_stream(&sa->outer, spec->stream);
	sa->tfc_bytes = spec->outer.tfc_bytes;
	sa->dummies = spec->outer.dummies;
	if (sa->ah)
		describe_ah(sa, spec->integ);
	else
		describe_esp(sa, spec->encr, spec->integ);
	sa->esn = spec->esn;
	if (spec->dir == DIR_IN)
		sa->if_id = spec->if_id;
	sa->narrow = spec->narrow;
	sa->fragment_after = spec->fragment_after;
	sa->kept = spec->kept;
	sa->limited = spec->limits != NULL;
	if (spec->limits)
		sa->limits = *spec->limits;
	atomic_init(&sa->seq, spec->seq);
	atomic_init(&sa->count.edge, spec->seq);
}

/* One for each worker where they use it at once and the backend's are one
 * thread's. */
static int make_keys(const struct sad *sad, struct sa_rt *sa,
		     const struct crypto_key_spec *key)
{
	int err = sa->backend->key_new(sad->crypto, key, &sa->key);

	if (err || !sa->spread || sa->backend->keys_are_shared)
		return err;
	sa->keys = calloc(sad->workers, sizeof(struct crypto_key *));
	if (!sa->keys)
		return -ENOMEM;
	sa->keys[0] = sa->key;
	for (uint32_t i = 1; !err && i < sad->workers; i++)
		err = sa->backend->key_new(sad->crypto, key, &sa->keys[i]);
	return err;
}

static int add_key(const struct sad *sad, struct sa_rt *sa,
		   const struct sa_spec *spec, struct error *e)
{
	const struct crypto_key_spec key = {
		.encr = spec->encr,
		.integ = spec->integ,
		.encr_key = spec->encr_key,
		.integ_key = spec->integ_key,
		.esn = spec->esn,
	};
	int err = make_keys(sad, sa, &key);

	if (err)
		return error_set(e, err, "%s cannot use the keys for %s: %s",
				 sa->backend->name, spec->encr->name,
				 strerror(-err));
	return 0;
}

/* RFC 4303 section 3.4.3: without integrity there is none, for any forged number
 * would move it. */
static uint32_t window_of(const struct sa_spec *spec)
{
	return esp_icv_bytes(spec->encr, spec->integ) ? spec->replay_window : 0;
}

static int sa_fill(const struct sad *sad, struct sa_rt *sa,
		   const struct sa_spec *spec, struct error *e)
{
	int err = 0;

	sa_describe(sa, spec);
	atomic_init(&sa->rules, rules_new(spec->rules, spec->n_rules));
	if (!atomic_load(&sa->rules))
		err = -ENOMEM;
	if (!err && spec->dir == DIR_IN)
		err = replay_init(&sa->replay, window_of(spec), spec->esn);
	if (err)
		return error_set(e, err, "cannot make an SA: %s",
				 strerror(-err));
	if (spec->dir == DIR_IN && spec->seq)
		replay_start(&sa->replay, spec->seq);
	return add_key(sad, sa, spec, e);
}

/* Where there is one worker, it is the owner either way. */
static void share_out(struct sad *sad, struct sa_rt *sa,
		      const struct sa_spec *spec)
{
	sa->of_cpus = spec->of_cpus;
	sa->cpu = spec->of_cpus ? spec->cpu : 0;
	sa->spread = spec->spread && !sa->of_cpus && sad->workers > 1;
	if (sa->cpu)
		sa->owner = (sa->cpu - 1U) % sad->workers;
	else if (!sa->spread)
		sa->owner = sad->next_owner++ % sad->workers;
	if (sa->of_cpus && !sa->cpu)
		sa->owner |= SA_FALL_BACK;
}

/* NULL: there is none that ESP of that kind can be carried in. */
static struct sa_rt *find_carrier(const struct sad *sad,
				  const struct sa_spec *spec)
{
	struct sa_rt *ah = sad_get(sad, spec->carrier);

	return ah && ah->ah && ah->transport && ah->dir == spec->dir &&
			       spec->protocol == IKE_PROTO_ESP &&
			       !spec->encap_dport &&
			       addr_equal(&ah->saddr, &spec->saddr) &&
			       addr_equal(&ah->daddr, &spec->daddr)
		       ? ah
		       : NULL;
}

static uint64_t word_of(struct sa_ref ref)
{
	uint64_t whole;

	memcpy(&whole, &ref, sizeof(whole));
	return whole;
}

static struct sa_ref ref_of(uint64_t whole)
{
	struct sa_ref ref;

	memcpy(&ref, &whole, sizeof(ref));
	return ref;
}

static uint32_t place_of(uint32_t spi)
{
	return spi % SAD_MAX;
}

/* Is its place among those in TCP another one's? One that is gone has none. */
static bool is_taken(const struct sad *sad, uint32_t spi, const struct sa_rt *sa)
{
	const struct sa_rt *has =
		sad_get(sad, ref_of(atomic_load(&sad->in_tcp[place_of(spi)])));

	return has && has != sa;
}

/* It stays, whichever way the SA goes later. */
static void enter_stream(struct sad *sad, const struct sa_rt *sa)
{
	atomic_store_explicit(&sad->in_tcp[place_of(ntohl(sa->spi_be))],
			      word_of(sa->ref), memory_order_release);
}

static bool stream_fits(const struct sa_spec *spec)
{
	return spec->protocol != IKE_PROTO_AH && spec->mode == SADB_TUNNEL &&
	       !spec->encap_dport && !spec->carrier.gen;
}

/* A packet goes through both in one walk, so whoever has the one has the other. */
static void be_carried(struct sa_rt *sa, const struct sa_rt *ah)
{
	sa->carrier_bytes = ah->head_bytes;
	sa->carried = ah->dir == DIR_IN;
	sa->spread = ah->spread;
	sa->owner = ah->owner;
	if (ah->dir == DIR_OUT)
		atomic_init(&sa->then, word_of(ah->ref));
}

/* Generation 0 is no SA. */
static uint32_t next_gen(uint32_t gen)
{
	return gen == UINT32_MAX ? 1 : gen + 1;
}

static struct sa_ref take_slot(struct sad *sad)
{
	uint32_t id = sad->n_free ? sad->free_id[--sad->n_free] : sad->n_used++;

	sad->gen[id] = next_gen(sad->gen[id]);
	return (struct sa_ref){ .id = id, .gen = sad->gen[id] };
}

/* RFC 4302: why AH can't be made of that; NULL: it can. */
static const char *ah_misfit(const struct sa_spec *spec)
{
	if (spec->encr->id != ENCR_NULL)
		return "AH encrypts nothing";
	if (spec->integ->id == INTEG_NONE)
		return "AH without integrity protects nothing";
	if (spec->encap_dport)
		return "AH covers the addresses that a NAT changes: it is never in UDP (RFC 3948 section 1)";
	return NULL;
}

int sad_add(struct sad *sad, const struct sa_spec *spec, struct sa_ref *ref,
	    struct error *e)
{
	struct sa_rt *sa, *carrier = NULL;
	const char *misfit;
	int err;

	if (sad_count(sad) == SAD_MAX)
		return error_set(e, -ENOSPC, "more than %u SAs", SAD_MAX);
	misfit = spec->protocol == IKE_PROTO_AH
			 ? ah_misfit(spec)
			 : esp_pair_misfit(spec->encr, spec->integ);
	if (misfit)
		return error_set(e, -EINVAL, "%s with %s: %s", spec->encr->name,
				 spec->integ->name, misfit);
	if (spec->carrier.gen && !(carrier = find_carrier(sad, spec)))
		return error_set(e, -EINVAL, "no AH that ESP can be in");
	if (spec->stream && !stream_fits(spec))
		return error_set(e, -EINVAL,
				 "TCP carries ESP in tunnel mode alone");
	if (spec->stream && spec->dir == DIR_IN && is_taken(sad, spec->spi, NULL))
		return error_set(e, -EEXIST, "two SPIs in TCP are too alike");
	sa = aligned_alloc(_Alignof(struct sa_rt), sizeof(*sa));
	if (!sa)
		return error_set(e, -ENOMEM, "no memory for an SA");
	memset(sa, 0, sizeof(*sa));
	sa->sad = sad;
	sa->backend = crypto_backend_for(sad->backend, spec->encr, spec->integ);
	if (carrier)
		be_carried(sa, carrier);
	else if (spec->dir == DIR_OUT)
		share_out(sad, sa, spec);
	err = sa_fill(sad, sa, spec, e);
	if (err) {
		sa_free(sa);
		return err;
	}
	sa->ref = take_slot(sad);
	atomic_store_explicit(&sad->slot[sa->ref.id], sa, memory_order_release);
	if (spec->stream && sa->dir == DIR_IN)
		enter_stream(sad, sa);
	if (carrier && sa->dir == DIR_IN)
		atomic_store_explicit(&carrier->then, word_of(sa->ref),
				      memory_order_release);
	*ref = sa->ref;
	return 0;
}

int sad_remove(struct sad *sad, struct sa_ref ref)
{
	struct sa_rt *sa = sad_get(sad, ref);

	if (!sa)
		return -ENOENT;
	atomic_store_explicit(&sad->slot[ref.id], NULL, memory_order_release);
	sad->free_id[sad->n_free++] = ref.id;
	quiescent_defer(&sa->rcu, sa_release);
	return 0;
}

int sad_set_rules(struct sad *sad, struct sa_ref ref,
		  const struct sa_rule *rules, size_t n_rules)
{
	struct sa_rt *sa = sad_get(sad, ref);
	struct rules *now;

	if (!sa)
		return -ENOENT;
	now = rules_new(rules, n_rules);
	if (!now)
		return -ENOMEM;
	rules_retire((struct rules *)atomic_exchange(&sa->rules, now));
	return 0;
}

static void way_release(struct rcu_head *head)
{
	quiescent_acquire();
	free(caa_container_of(head, struct sa_way, rcu));
}

static void set_way(struct sa_rt *sa, struct sa_way *now)
{
	struct sa_way *was = (struct sa_way *)atomic_exchange(&sa->way, now);

	if (was)
		quiescent_defer(&was->rcu, way_release);
}

int sad_move_ends(struct sad *sad, struct sa_ref ref, const struct sa_ends *to)
{
	struct sa_rt *sa = sad_get(sad, ref);
	struct sa_way *now;

	if (!sa)
		return -ENOENT;
	if (sa->ah || sa->transport || sa->carrier_bytes)
		return -EOPNOTSUPP;
	if (to->stream && sa->dir == DIR_IN &&
	    is_taken(sad, ntohl(sa->spi_be), sa))
		return -EEXIST;
	now = calloc(1, sizeof(*now));
	if (!now)
		return -ENOMEM;
	now->outer = sa->outer;
	now->saddr = to->saddr;
	now->daddr = to->daddr;
	outer_move(&now->outer, to->dport ? PROTO_UDP : PROTO_ESP, &to->saddr,
		   &to->daddr, htons(to->sport), htons(to->dport));
	if (to->stream)
		outer_set_stream(&now->outer, to->stream);
	set_way(sa, now);
	if (to->stream && sa->dir == DIR_IN)
		enter_stream(sad, sa);
	return 0;
}

int sad_move(struct sad *sad, struct sa_ref ref, const struct addr *daddr,
	     uint16_t dport)
{
	struct sa_rt *sa = sad_get(sad, ref);
	struct sa_way *now;

	if (!sa)
		return -ENOENT;
	if (sa->dir != DIR_OUT || !sa->udp ||
	    addr_is_v4(daddr) != addr_is_v4(&sa->saddr))
		return -EINVAL;
	now = calloc(1, sizeof(*now));
	if (!now)
		return -ENOMEM;
	now->outer = sa->outer;
	now->saddr = sa->saddr;
	now->daddr = *daddr;
	outer_turn(&now->outer, daddr, htons(dport));
	set_way(sa, now);
	return 0;
}

uint32_t sad_count(const struct sad *sad)
{
	return sad->n_used - sad->n_free;
}

struct sa_rt *sad_get(const struct sad *sad, struct sa_ref ref)
{
	struct sa_rt *sa;

	if (ref.id >= SAD_MAX)
		return NULL;
	sa = atomic_load_explicit(&sad->slot[ref.id], memory_order_acquire);
	return sa && sa->ref.gen == ref.gen ? sa : NULL;
}

struct sa_rt *sad_of_stream(const struct sad *sad, uint32_t spi)
{
	const uint64_t whole = atomic_load_explicit(&sad->in_tcp[place_of(spi)],
						    memory_order_acquire);
	struct sa_rt *sa = sad_get(sad, ref_of(whole));

	return sa && ntohl(sa->spi_be) == spi && sa_stream(sa) ? sa : NULL;
}
