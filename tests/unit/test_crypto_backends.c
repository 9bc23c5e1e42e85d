// SPDX-License-Identifier: BSD-2-Clause
/*
 * The crypto backends against each other: OpenSSL's is the reference, and on any
 * batch of any packets under any key ipsec-mb's gives the same octets, with its
 * code for this CPU and for older ones. It is assembly, which no sanitizer
 * looks into: every packet stands hard against a page that nobody may touch,
 * with known octets at its other end. And which backend is chosen.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "include/proto.h"
#include "tests/unit/crypto_fixture.h"

#define BATCH_MAX_PKTS 64U
#define TEXT_MAX_BYTES 1500U
#define BATCHES	       2U  /* of a suite, of which there are hundreds */
#define MIXED	       40U /* suites in turn */
#define ROOM_BYTES     4096U
#define GUARD	       0xa5

/* A packet of a batch: a page, and one after or before it that is out of bounds. */
struct place {
	uint8_t *page;
	uint8_t *esp;
	uint32_t bytes;
};

/* A batch as one backend has it. */
struct side {
	const struct crypto_backend *backend;
	struct crypto_thread *thread;
	struct crypto_key *key;
	uint8_t *pages;
	struct place at[BATCH_MAX_PKTS];
	struct crypto_op ops[BATCH_MAX_PKTS];
};

struct run {
	const struct suite *suite;
	struct side ours, reference;
	struct side ours_plain, reference_plain; /* what stands elsewhere */
	unsigned int n;
};

static void random_fill(uint8_t *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		at[i] = (uint8_t)random();
}

/* --- places: forbidden, room, forbidden, room, … forbidden */

static void places_new(struct side *s)
{
	const size_t bytes = (2 * BATCH_MAX_PKTS + 1) * ROOM_BYTES;

	assert_int_equal(sysconf(_SC_PAGESIZE), ROOM_BYTES);
	s->pages = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);
	assert_ptr_not_equal(s->pages, MAP_FAILED);
	for (unsigned int i = 0; i < BATCH_MAX_PKTS; i++) {
		s->at[i].page = s->pages + (2 * i + 1) * ROOM_BYTES;
		assert_int_equal(mprotect(s->at[i].page, ROOM_BYTES,
					  PROT_READ | PROT_WRITE),
				 0);
	}
}

static void places_free(const struct side *s)
{
	munmap(s->pages, (2 * BATCH_MAX_PKTS + 1) * ROOM_BYTES);
}

/* At the end of its page, or at the start. */
static void place_packet(struct side *s, unsigned int i, bool at_end,
			 const uint8_t *octets, uint32_t bytes)
{
	struct place *p = &s->at[i];

	memset(p->page, GUARD, ROOM_BYTES);
	p->bytes = bytes;
	p->esp = at_end ? p->page + ROOM_BYTES - bytes : p->page;
	memcpy(p->esp, octets, bytes);
	s->ops[i].esp = p->esp;
}

static void assert_guarded(const struct side *s, unsigned int i)
{
	const struct place *p = &s->at[i];
	uint8_t differ = 0;

	for (const uint8_t *at = p->page; at < p->esp; at++)
		differ |= *at ^ GUARD;
	for (const uint8_t *at = p->esp + p->bytes; at < p->page + ROOM_BYTES;
	     at++)
		differ |= *at ^ GUARD;
	assert_int_equal(differ, 0);
}

/* --- a run */

static void side_key(struct side *s, const struct crypto_key_spec *spec)
{
	s->backend->key_free(s->key);
	s->key = NULL;
	assert_int_equal(s->backend->key_new(s->thread, spec, &s->key), 0);
}

static void take_random_keys(struct run *r)
{
	struct secret encr_key, integ_key;
	const struct crypto_key_spec spec = {
		.encr = encr_by_name(r->suite->encr),
		.integ = suite_integ(r->suite),
		.encr_key = &encr_key,
		.integ_key = &integ_key,
		.esn = r->suite->esn,
	};

	encr_key.len = encr_key_bytes(spec.encr);
	integ_key.len = spec.integ->key_bytes;
	random_fill(encr_key.octets, encr_key.len);
	random_fill(integ_key.octets, integ_key.len);
	side_key(&r->ours, &spec);
	side_key(&r->reference, &spec);
}

/* Where the packet has its plaintext, there is none of it. */
static void stand_elsewhere(struct side *s, struct side *plain, unsigned int i,
			    bool at_end, uint32_t before_text)
{
	uint8_t *text = s->at[i].esp + before_text;

	place_packet(plain, i, at_end, text, s->at[i].bytes - before_text);
	s->ops[i].from = plain->at[i].esp;
	memset(text, GUARD, s->ops[i].text_bytes);
}

/* It is as it was. */
static void assert_only_read(const struct side *s, const struct side *plain,
			     unsigned int i, uint32_t before_text)
{
	if (!s->ops[i].from)
		return;
	assert_guarded(plain, i);
	assert_memory_equal(plain->at[i].esp, s->at[i].esp + before_text,
			    s->ops[i].text_bytes);
}

/* The same random packets on both sides. */
static void take_random_batch(struct run *r)
{
	const struct encr_alg *encr = encr_by_name(r->suite->encr);
	const uint32_t block = encr->block_bytes > 4 ? encr->block_bytes : 4,
		       before = ESP_HEADER_BYTES + encr->iv_bytes,
		       around = before +
				esp_icv_bytes(encr, suite_integ(r->suite));
	uint8_t octets[ROOM_BYTES];

	r->n = 1 + (unsigned int)random() % BATCH_MAX_PKTS;
	for (unsigned int i = 0; i < r->n; i++) {
		const uint32_t blocks =
			(uint32_t)random() % (TEXT_MAX_BYTES / block + 1);
		const bool at_end = random() % 2;

		r->ours.ops[i] = r->reference.ops[i] = (struct crypto_op){
			.text_bytes = blocks * block,
			.seq_hi = (uint32_t)random(),
		};
		random_fill(octets, around + blocks * block);
		place_packet(&r->ours, i, at_end, octets,
			     around + blocks * block);
		place_packet(&r->reference, i, at_end, octets,
			     around + blocks * block);
		if (random() % 2)
			stand_elsewhere(&r->ours, &r->ours_plain, i, at_end,
					before);
		if (random() % 2)
			stand_elsewhere(&r->reference, &r->reference_plain, i,
					at_end, before);
	}
}

/* A bit of some packets, the same on both sides; in the high half of the
 * sequence number too, which they do not hold. */
static void tamper(struct run *r, unsigned int i)
{
	const uint32_t bits = 8 * r->ours.at[i].bytes + 32;
	const uint32_t bit = (uint32_t)random() % bits;

	if (bit >= bits - 32) {
		r->ours.ops[i].seq_hi ^= 1U << bit % 32;
		r->reference.ops[i].seq_hi ^= 1U << bit % 32;
		return;
	}
	r->ours.at[i].esp[bit / 8] ^= (uint8_t)(1U << bit % 8);
	r->reference.at[i].esp[bit / 8] ^= (uint8_t)(1U << bit % 8);
}

static void assert_same(const struct run *r)
{
	for (unsigned int i = 0; i < r->n; i++) {
		assert_true(r->ours.ops[i].ok == r->reference.ops[i].ok);
		assert_memory_equal(r->ours.at[i].esp, r->reference.at[i].esp,
				    r->ours.at[i].bytes);
		assert_guarded(&r->ours, i);
	}
}

static void seal(struct side *s, unsigned int n)
{
	s->backend->seal(s->thread, s->key, s->ops, n);
}

static void open(struct side *s, unsigned int n)
{
	s->backend->open(s->thread, s->key, s->ops, n);
}

static void run_batch(struct run *r, bool with_tampering)
{
	const uint32_t before =
		ESP_HEADER_BYTES + encr_by_name(r->suite->encr)->iv_bytes;
	bool tampered[BATCH_MAX_PKTS] = { false };

	take_random_batch(r);
	seal(&r->ours, r->n);
	seal(&r->reference, r->n);
	assert_same(r);
	for (unsigned int i = 0; i < r->n; i++) {
		assert_true(r->ours.ops[i].ok);
		tampered[i] = with_tampering && random() % 4 == 0;
		if (tampered[i])
			tamper(r, i);
	}
	open(&r->ours, r->n);
	open(&r->reference, r->n);
	assert_same(r);
	for (unsigned int i = 0; i < r->n; i++) {
		assert_true(r->ours.ops[i].ok || tampered[i]);
		if (!r->ours.ops[i].ok || tampered[i])
			continue;
		assert_only_read(&r->ours, &r->ours_plain, i, before);
		assert_only_read(&r->reference, &r->reference_plain, i, before);
	}
}

static void run_start(struct run *r)
{
	memset(r, 0, sizeof(*r));
	r->ours.backend = backend;
	r->ours.thread = thread;
	r->reference.backend = &crypto_openssl;
	places_new(&r->ours);
	places_new(&r->reference);
	places_new(&r->ours_plain);
	places_new(&r->reference_plain);
}

static void run_end(const struct run *r)
{
	r->ours.backend->key_free(r->ours.key);
	r->reference.backend->key_free(r->reference.key);
	places_free(&r->ours);
	places_free(&r->reference);
	places_free(&r->ours_plain);
	places_free(&r->reference_plain);
}

static void run_all(bool with_tampering)
{
	static struct run r;

	for (size_t s = 0; s < n_suites; s++) {
		run_start(&r);
		r.suite = &suites[s];
		for (unsigned int i = 0; i < BATCHES; i++) {
			take_random_keys(&r);
			run_batch(&r, with_tampering);
		}
		run_end(&r);
	}
}

static void any_batch_is_sealed_and_opened_as_by_the_reference(void **state)
{
	(void)state;
	srandom(1);
	run_all(false);
}

static void any_tampered_batch_is_opened_as_by_the_reference(void **state)
{
	(void)state;
	srandom(2);
	run_all(true);
}

/* As a worker does: what a batch left in the manager is of no use to the next. */
static void batches_of_several_suites_in_turn_are_as_by_the_reference(void **state)
{
	static struct run runs[MIXED];

	(void)state;
	srandom(3);
	for (size_t i = 0; i < MIXED; i++) {
		run_start(&runs[i]);
		runs[i].suite = &suites[(size_t)random() % n_suites];
		take_random_keys(&runs[i]);
	}
	for (unsigned int i = 0; i < 10 * MIXED; i++)
		run_batch(&runs[(size_t)random() % MIXED], true);
	for (size_t i = 0; i < MIXED; i++)
		run_end(&runs[i]);
}

/* --- the choice */

static const struct crypto_backend *chosen(enum crypto_choice choice,
					   enum old_cpu cpu, int err)
{
	const struct crypto_backend *out = NULL;

	assert_true(old_cpu_pretend(cpu));
	assert_int_equal(crypto_choose(choice, &out), err);
	return out;
}

static void ipsec_mb_is_chosen_where_the_cpu_has_aes(void **state)
{
	(void)state;
	if (!old_cpu_pretend(CPU_SSE)) {
		print_message("skipped: this CPU has no AES instructions\n");
		skip();
	}
	assert_ptr_equal(chosen(CRYPTO_AUTO, CPU_AS_IS, 0), &crypto_ipsec_mb);
	assert_ptr_equal(chosen(CRYPTO_AUTO, CPU_SSE, 0), &crypto_ipsec_mb);
	assert_ptr_equal(chosen(CRYPTO_IPSEC_MB, CPU_SSE, 0), &crypto_ipsec_mb);
}

static void openssl_is_chosen_where_the_cpu_lacks_aes(void **state)
{
	(void)state;
	assert_ptr_equal(chosen(CRYPTO_AUTO, CPU_WITHOUT_AES, 0),
			 &crypto_openssl);
}

static void openssl_is_chosen_where_it_is_asked_for(void **state)
{
	(void)state;
	assert_ptr_equal(chosen(CRYPTO_OPENSSL, CPU_AS_IS, 0), &crypto_openssl);
}

static void ipsec_mb_is_refused_where_the_cpu_lacks_aes(void **state)
{
	(void)state;
	chosen(CRYPTO_IPSEC_MB, CPU_WITHOUT_AES, -ENOTSUP);
}

int main(void)
{
	const struct CMUnitTest choice[] = {
		cmocka_unit_test(ipsec_mb_is_chosen_where_the_cpu_has_aes),
		cmocka_unit_test(openssl_is_chosen_where_the_cpu_lacks_aes),
		cmocka_unit_test(openssl_is_chosen_where_it_is_asked_for),
		cmocka_unit_test(ipsec_mb_is_refused_where_the_cpu_lacks_aes),
	};
	const struct CMUnitTest equal[] = {
		cmocka_unit_test(
			any_batch_is_sealed_and_opened_as_by_the_reference),
		cmocka_unit_test(
			any_tampered_batch_is_opened_as_by_the_reference),
		cmocka_unit_test(
			batches_of_several_suites_in_turn_are_as_by_the_reference),
	};
	int failed = cmocka_run_group_tests_name("choice", choice, NULL, NULL);

	want_all_pairs = true;
	for (size_t i = 0; i < ARRAY_LEN(backends); i++)
		if (backends[i].backend != &crypto_openssl &&
		    backend_may_run(&backends[i]))
			failed +=
				cmocka_run_group_tests_name(backends[i].name,
							    equal, backend_take,
							    backend_give_back);
	return failed != 0;
}
