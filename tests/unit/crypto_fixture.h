/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The crypto backends that are tested, ipsec-mb with its code for older CPUs
 * too, and the suites of each. A group of tests runs for each:
 *
 *     for (size_t i = 0; i < ARRAY_LEN(backends); i++)
 *             if (backend_may_run(&backends[i]))
 *                     failed += cmocka_run_group_tests_name(
 *                             backends[i].name, tests, backend_take,
 *                             backend_give_back);
 */
#ifndef CYG_TESTS_CRYPTO_FIXTURE_H
#define CYG_TESTS_CRYPTO_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctrl/crypto/alg.h"
#include "ctrl/crypto/crypto.h"
#include "tests/support/old_cpu.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

struct tested_backend {
	const char *name;
	const struct crypto_backend *backend;
	enum old_cpu cpu;
};

static const struct tested_backend backends[] = {
	{ "openssl", &crypto_openssl, CPU_AS_IS },
	{ "ipsec-mb", &crypto_ipsec_mb, CPU_AS_IS },
	{ "ipsec-mb with AVX2", &crypto_ipsec_mb, CPU_AVX2 },
	{ "ipsec-mb with AVX", &crypto_ipsec_mb, CPU_AVX },
	{ "ipsec-mb with SSE", &crypto_ipsec_mb, CPU_SSE },
};

/* The group's, and what is its thread's. */
static const struct crypto_backend *backend;
static struct crypto_thread *thread;
static bool on_this_cpu;

/* Before main() takes a backend: that each cipher stands with each MAC. */
static bool want_all_pairs;

static inline bool backend_may_run(const struct tested_backend *b)
{
	const bool needs_aes = b->backend == &crypto_ipsec_mb;

	if ((needs_aes && !old_cpu_pretend(CPU_SSE)) ||
	    !old_cpu_pretend(b->cpu)) {
		print_message("skipped: this CPU can't run %s\n", b->name);
		return false;
	}
	print_message("%s:\n", b->name);
	backend = b->backend;
	on_this_cpu = b->cpu == CPU_AS_IS;
	return true;
}

/* An algorithm pair as an operator names it; integ NULL with an AEAD, and where
 * it only encrypts. */
struct suite {
	const char *encr;
	const char *integ;
	bool esn;
};

#define SUITES_MAX 512

/* What protects ESP and the backend has, with and without extended numbers: each
 * cipher with one MAC and each MAC with one cipher, or all pairs, but not with the
 * code for older CPUs. */
static struct suite suites[SUITES_MAX];
static size_t n_suites;
static size_t n_verifying; /* of them, and first: those with integrity */

static inline const struct integ_alg *suite_integ(const struct suite *suite)
{
	return suite->integ ? integ_by_name(suite->integ) : &integ_none;
}

static inline bool suite_encrypts(const struct suite *suite)
{
	const enum encr_id id = encr_by_name(suite->encr)->id;

	return id != ENCR_NULL && id != ENCR_NULL_AES_GMAC;
}

static inline void suites_add(const struct encr_alg *encr,
			      const struct integ_alg *integ, bool verifying)
{
	const char *name = integ->id == INTEG_NONE ? NULL : integ->name;

	if (esp_pair_misfit(encr, integ) || !backend->has(encr, integ) ||
	    verifying != (esp_icv_bytes(encr, integ) != 0))
		return;
	assert_true(n_suites + 2 <= SUITES_MAX);
	suites[n_suites++] = (struct suite){ encr->name, name, false };
	suites[n_suites++] = (struct suite){ encr->name, name, true };
}

static inline int backend_take(void **state)
{
	(void)state;
	n_suites = 0;
	for (size_t i = 0; encr_at(i); i++) {
		suites_add(encr_at(i), &integ_none, true);
		for (size_t j = 0; integ_at(j); j++)
			if ((want_all_pairs && on_this_cpu) || i == 0 || j == 0)
				suites_add(encr_at(i), integ_at(j), true);
	}
	n_verifying = n_suites;
	for (size_t i = 0; encr_at(i); i++)
		suites_add(encr_at(i), &integ_none, false);
	return backend->thread_new(&thread);
}

static inline int backend_give_back(void **state)
{
	(void)state;
	backend->thread_free(thread);
	thread = NULL;
	return 0;
}

#endif
